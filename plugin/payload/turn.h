/* SPDX-License-Identifier: GPL-2.0-or-later
 * turn.h - where a connection turns into something else: behind the header of the PROXY protocol, and where
 * it was HTTP's: core/http_run.h. There each direction turns by itself, behind a message of which it is known
 * that it ends there: so a client may go on in a tunnel before the server has granted it. On the first pass,
 * and for it alone: a later one has to know. */
#ifndef VSOCK_PAYLOAD_TURN_H
#define VSOCK_PAYLOAD_TURN_H

#include <epan/conversation.h>

#include "handoff.h"

struct vsock_turn {
    enum vsock_payload_whose whose;
    uint32_t length; /* of the first so many bytes; the rest has to be asked for again */
    bool drop;       /* the connection is no more HTTP's */
};

void vsock_turn_register(void);

/* The dissector of HTTP. */
dissector_handle_t vsock_turn_http(void);

/* Is it a connection of which HTTP has been seen? What is nobody's is HTTP's there, perhaps. */
bool vsock_turn_follows(uint32_t stream);

/* Of what `sender` (0 or 1) is about to have handed over. from_beginning: the connection is captured so. */
struct vsock_turn vsock_turn_of(tvbuff_t *tvb, const struct vsock_handoff *handoff, unsigned sender,
                                bool from_beginning);

/* What became of it: a dissector may want to see it again, from somewhere on. */
void vsock_turn_taken(const struct vsock_handoff *handoff, unsigned sender, conversation_t *conversation,
                      const struct vsock_payload_answer *answer);

#endif
