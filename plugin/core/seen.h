/* SPDX-License-Identifier: GPL-2.0-or-later
 * seen.h - packets that two recordings both have; and which of the two, if one is, is the host's. */
#ifndef VSOCK_CORE_SEEN_H
#define VSOCK_CORE_SEEN_H

#include <glib.h>

#include "clocks.h"
#include "twins.h"

/* A packet, in the one recording and in the other. */
struct vsock_seen {
    uint32_t record[2];
    bool from_host;
    bool tells;    /* it can be no other packet */
    bool doubtful; /* it may be two, each of which one recording lacks: align.h */
};
static_assert(sizeof(struct vsock_seen) == 12, "there is one for every two packets");

/* When the first recording has it, by its clock, and how much later, by its own, the second has it. */
struct vsock_sighting vsock_seen_times(const struct vsock_capture *capture, const struct vsock_seen *seen);

/* Of the first packets of the two streams, how many are the same. `scratch` is emptied; and in the next. */
uint32_t vsock_seen_alike(const struct vsock_capture *capture, const struct vsock_stream *one,
                          const struct vsock_stream *other, wmem_allocator_t *scratch);

/* Adds the packets that the two streams both have to an array of struct vsock_seen, and sets `lacks` where
 * one recording has none of what the other has in their midst. Returns whether these are most of them: else
 * they are of two connections, and nothing is added. */
bool vsock_seen_add(const struct vsock_capture *capture, const struct vsock_views *views, GArray *seen,
                    bool lacks[2], wmem_allocator_t *scratch);

/* Puts them in the order of time. Returns which recording is the host's, 0 or 1, or -1: that does not show.
 * `bounds` (one each, to be freed with g_free) are of the clocks; `is_set`: one of these was set. */
int vsock_seen_host(const struct vsock_capture *capture, GArray *seen, struct vsock_bounds **bounds,
                    bool *is_set);

#endif
