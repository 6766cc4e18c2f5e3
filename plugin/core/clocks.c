/* SPDX-License-Identifier: GPL-2.0-or-later
 * clocks.c - bounds, carried on in time. */
#include "clocks.h"

#include <glib.h>

#include "diagnosis.h"

#define MILLION 1000000

/* Before the first bound. */
static const struct vsock_bounds none = {INT64_MIN, INT64_MAX, false};

/* By how much bounds widen in that time. */
static int64_t drift(int64_t time)
{
    return ABS(time) / MILLION * VSOCK_DRIFT_MAX + ABS(time) % MILLION * VSOCK_DRIFT_MAX / MILLION;
}

static void widen(struct vsock_bounds *b, int64_t by)
{
    if (b->lower != INT64_MIN)
        b->lower = vsock_time_sum(b->lower, -by);
    if (b->upper != INT64_MAX)
        b->upper = vsock_time_sum(b->upper, by);
}

/* Returns whether it contradicts: then what was known no longer holds. */
static bool narrow(struct vsock_bounds *b, const struct vsock_sighting *s)
{
    bool contradicts = (s->bound == VSOCK_BOUND_UPPER && s->ahead < b->lower) ||
                       (s->bound == VSOCK_BOUND_LOWER && s->ahead > b->upper);

    if (contradicts)
        *b = none;
    if (s->bound == VSOCK_BOUND_UPPER)
        b->upper = MIN(b->upper, s->ahead);
    if (s->bound == VSOCK_BOUND_LOWER)
        b->lower = MAX(b->lower, s->ahead);
    return contradicts;
}

/* What is known of each from those that come later. */
static void look_back(const struct vsock_sighting *sightings, uint32_t count, struct vsock_bounds *bounds)
{
    struct vsock_bounds later = none;

    for (uint32_t i = count; i-- > 0;) {
        if (i + 1 < count)
            widen(&later, drift(sightings[i + 1].at - sightings[i].at));
        narrow(&later, &sightings[i]);
        bounds[i].lower = MAX(bounds[i].lower, later.lower);
        bounds[i].upper = MIN(bounds[i].upper, later.upper);
    }
}

uint32_t vsock_clocks_bound(const struct vsock_sighting *sightings, uint32_t count,
                            struct vsock_bounds *bounds)
{
    struct vsock_bounds so_far = none;
    uint32_t contradictions = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            widen(&so_far, drift(sightings[i].at - sightings[i - 1].at));
        contradictions += narrow(&so_far, &sightings[i]);
        bounds[i] = so_far;
    }
    look_back(sightings, count, bounds);
    for (uint32_t i = 0; i < count; i++) {
        struct vsock_bounds *b = &bounds[i];

        b->known = b->lower != INT64_MIN && b->upper != INT64_MAX && b->lower <= b->upper;
    }
    return contradictions;
}
