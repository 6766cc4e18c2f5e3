/* SPDX-License-Identifier: GPL-2.0-or-later
 * clocks.h - two clocks, compared by packets that both have seen: none arrives before it was sent. Each
 * packet bounds, from the one side or the other, by how much the second clock is ahead of the first. A bound
 * holds for the time around it, too: clocks drift, but not by more than VSOCK_DRIFT_MAX. One that was set is
 * found by bounds that contradict each other; on either side of that they hold. */
#ifndef VSOCK_CORE_CLOCKS_H
#define VSOCK_CORE_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

/* Parts per million by which the one may gain on the other: Linux slews a clock by 500 at most (MAXFREQ in
 * linux/timex.h), and quartz is off by some 100. */
#define VSOCK_DRIFT_MAX 600

enum vsock_bound {
    VSOCK_BOUND_NONE,  /* it only wants to know */
    VSOCK_BOUND_UPPER, /* sent where the first clock is: the second is ahead by `ahead` at most */
    VSOCK_BOUND_LOWER, /* sent where the second clock is: ... at least */
};

/* A packet that both have seen. */
struct vsock_sighting {
    int64_t at;    /* by the first clock */
    int64_t ahead; /* when the other saw it, by the second clock, less `at` */
    enum vsock_bound bound;
};

/* Between these, the second clock is ahead; if they are known. */
struct vsock_bounds {
    int64_t lower, upper;
};

/* So many sightings, in the order of their times, which are asked for one by one: there may be one for every
 * packet. */
struct vsock_sightings {
    uint32_t count;
    struct vsock_sighting (*get)(const void *context, uint32_t i);
    const void *context;
};

/* How many of them contradict what came before. */
uint32_t vsock_clocks_contradict(const struct vsock_sightings *sightings);

/* The bounds at each of them. */
void vsock_clocks_bound(const struct vsock_sightings *sightings, struct vsock_bounds *bounds);

static inline bool vsock_bounds_known(const struct vsock_bounds *b)
{
    return b->lower != INT64_MIN && b->upper != INT64_MAX && b->lower <= b->upper;
}

/* In the middle of the bounds. */
static inline int64_t vsock_bounds_middle(const struct vsock_bounds *b)
{
    return b->lower + (b->upper - b->lower) / 2;
}

#endif
