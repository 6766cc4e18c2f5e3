/* SPDX-License-Identifier: GPL-2.0-or-later
 * head_of_line.h - streams between two CIDs that were all stalled at once, and went on as one: they share a
 * queue, and one reader holds it up. */
#ifndef VSOCK_CORE_HEAD_OF_LINE_H
#define VSOCK_CORE_HEAD_OF_LINE_H

#include "shared.h"

/* A stall of a second or more, that ended. */
struct vsock_waited {
    uint32_t stream;
    uint8_t side;  /* the sender's */
    uint8_t cause; /* enum vsock_stall_cause */
    struct vsock_mark from, until;
};

/* The stream, which is of the pair, has taken a packet that ended a stall of side `sender`. */
void vsock_cid_pair_take_stall(struct vsock_cid_pair *pair, const struct vsock_stream *stream, uint8_t sender,
                               enum vsock_stall_cause cause, wmem_allocator_t *memory);

/* Adds to `together` the streams that waited as one, where one of them is selected, once for each pair.
 * Takes away those of `found`, diagnoses of single streams, that are told by that. */
void vsock_head_of_line_judge(const struct vsock_capture *capture, const struct vsock_shared *shared,
                              GHashTable *selected, GArray *found, GArray *together);

#endif
