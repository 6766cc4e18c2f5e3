/* SPDX-License-Identifier: GPL-2.0-or-later
 * reset_storm.h - RSTs that answer nothing, one after the other, between two endpoints: somebody is in a loop
 * (libkrun issue 344). A RST may answer any packet of the other side but a RST; a SHUTDOWN twice, as Linux
 * does when its program closes after all; and it may end, once, what its own sender spoke on. */
#ifndef VSOCK_CORE_RESET_STORM_H
#define VSOCK_CORE_RESET_STORM_H

#include "judge.h"

#define VSOCK_STORM_RSTS 100 /* within 10 s */

/* RSTs between two endpoints, so far. Zero-initialised; capture.c's, for each pair of them. */
struct vsock_resets {
    uint16_t due[2];               /* those of each side that would answer something */
    bool may_end[2];               /* the side has spoken, and not ended it */
    struct vsock_unasked *unasked; /* NULL while there was none */
};

/* Takes a packet of `side`, between the endpoints `ends`. It is in that stream; of a datagram, in none. What
 * becomes a storm is added to the capture's. `at`: of what has no record, with the one before it. */
void vsock_resets_take(struct vsock_capture *capture, struct vsock_resets *resets,
                       const struct vsock_packet *packet, uint8_t side, const struct vsock_mark *at,
                       const struct vsock_stream *stream, const struct vsock_datagrams *datagrams);

/* The stream of the storm that there was between these endpoints; NULL if there was none. */
const struct vsock_stream *vsock_resets_storm_stream(const struct vsock_resets *resets);

/* Forgets the storm that there was. */
void vsock_resets_forget_storm(struct vsock_capture *capture, struct vsock_resets *resets);

/* Forgets all. */
void vsock_resets_forget(struct vsock_capture *capture, struct vsock_resets *resets);

/* Adds the worst storm of each pair of endpoints, where it is selected: of a stream, or of datagrams. */
void vsock_reset_storms_judge(const struct vsock_capture *capture, const struct vsock_selection *only,
                              GArray *found);

#endif
