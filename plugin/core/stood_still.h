/* SPDX-License-Identifier: GPL-2.0-or-later
 * stood_still.h - a machine, or the one worker of it, that owed answers on several connections, gave none for
 * long, and then went on with all of them at once. What it owes must be sure: an answer to a REQUEST, or to
 * have read bytes that fill its buffer, or as many as it tells of elsewhere as soon as it has read them.
 * Bytes of which many receivers never tell are not owed, and who has nothing to do is idle. */
#ifndef VSOCK_CORE_STOOD_STILL_H
#define VSOCK_CORE_STOOD_STILL_H

#include "shared.h"

#define VSOCK_STILL_STREAMS 2

/* A stream of the CID's on which it let the other side wait, and went on. */
struct vsock_still {
    uint32_t stream;
    struct vsock_mark from, until; /* of the packet that was to be answered, and of its next one */
    int64_t spoke; /* when it had last spoken to anybody before it went on; or VSOCK_TIME_NONE */
    bool full;     /* its buffer was full: a stall, and told of as such, too */
};

/* The stream has taken a packet of `side`. */
void vsock_stood_still_take(struct vsock_stream *stream, const struct vsock_packet *packet,
                            const struct vsock_step *step, uint8_t side, const struct vsock_mark *at,
                            wmem_allocator_t *memory);

/* Adds the CIDs that stood still, in the place of what is in `found` of these waits. */
void vsock_stood_still_judge(const struct vsock_capture *capture, const struct vsock_shared *shared,
                             GHashTable *selected, GArray *found);

#endif
