/* SPDX-License-Identifier: GPL-2.0-or-later
 * payload_step.h - one step of dealing with a packet's payload, and what it shows. A step is decided on by
 * payload.c, on the first pass, and taken in the same way on every pass. */
#ifndef VSOCK_PAYLOAD_PAYLOAD_STEP_H
#define VSOCK_PAYLOAD_PAYLOAD_STEP_H

#include <epan/packet.h>

#include "core/wire.h"
#include "dissect/builtin.h"
#include "dissect/track.h"
#include "payload.h"
#include "pdu.h"

/* Why a PDU ends. */
enum vsock_pdu_ending {
    END_WHOLE,        /* it is complete */
    END_GAP,          /* bytes that were sent in its middle are missing */
    END_CUT,          /* of a packet that is part of it, not all bytes were captured */
    END_ENDED,        /* the sender sends no more, or was reset */
    END_LIMIT,        /* it is too large, or was offered too often */
    END_NO_BEGINNING, /* nothing tells that its first packet is the first of the message */
};

enum vsock_payload_action {
    ACT_HAND_OVER, /* the packet's own bytes, from `offset` on, go to a dissector */
    ACT_ADD,       /* the packet's own bytes become part of a PDU */
    ACT_HOLD,      /* the same, though no dissector wants them so far */
    ACT_OFFER,     /* so far as it is there, the PDU is offered to a dissector, which may want more */
    ACT_END,       /* the PDU is dissected as it is, whole or not */
    ACT_SKIP,      /* bytes of a PDU that was too large */
};

struct vsock_payload_step {
    enum vsock_payload_action action;
    enum vsock_pdu_ending ending; /* with ACT_END */
    uint32_t offset, length; /* of the packet's payload, what this is about; 0 where it has no part in it */
    const struct vsock_pdu *pdu; /* NULL with ACT_HAND_OVER and ACT_SKIP */
    uint32_t kept;               /* bytes of the PDU that are there now */
    bool worth;                  /* with ACT_END: those are dissected */
};

/* What a dissector said. */
struct vsock_payload_answer {
    bool taken;
    uint32_t offset; /* where what it wants more of begins, in what it was offered */
    uint32_t more;   /* bytes, DESEGMENT_ONE_MORE_SEGMENT, or DESEGMENT_UNTIL_FIN; 0 if it wants none */
};

/* What a packet_info says of who talks to whom. A dissector within may change it. */
struct vsock_payload_endpoints {
    address src, dst, net_src, net_dst;
    uint32_t srcport, destport;
    port_type ptype;
    struct conversation_element *elements;
};

/* Who may yet take the payload of one side of a connection. */
enum vsock_interest {
    VSOCK_INTEREST_OPEN,  /* any dissector */
    VSOCK_INTEREST_PORTS, /* heuristics have looked at enough of it in vain */
    VSOCK_INTEREST_NONE,  /* and there is no dissector at its ports: only one that is chosen later */
};

/* A packet that is being dealt with. */
struct vsock_payload_context {
    packet_info *pinfo;
    proto_tree *tree, *vsock_tree; /* for other dissectors; for what is said of vsock */
    proto_item *item;              /* for expert infos */
    tvbuff_t *record_tvb;
    tvbuff_t *tvb; /* the packet's own payload; NULL if none was captured */
    const struct vsock_packet *packet;
    const struct vsock_record *record; /* NULL if the packet is in no connection */
    uint32_t captured;                 /* bytes of tvb */
    bool cut;                          /* the packet had more than those */
    bool may_ask;                      /* a dissector may ask for more than one packet has */
    bool whole;                        /* a packet has all of what it is about, or can get it */
    dissector_handle_t chosen;         /* see struct vsock_handoff */
    enum vsock_interest interest[2];   /* of each side */
    unsigned limit_kib;                /* the preference, for messages */

    /* vsock_payload_begin() fills these. */
    struct vsock_payload_endpoints endpoints; /* vsock's */
    enum vsock_payload_shown shown;           /* so far */
};

extern const struct vsock_fields vsock_payload_step_fields;

/* Before the first step and after the last. */
void vsock_payload_begin(struct vsock_payload_context *context);
void vsock_payload_finish(struct vsock_payload_context *context);

/* The place of the packet's first byte in the stream, as far as it is known. */
uint64_t vsock_payload_offset(const struct vsock_record *record);

struct vsock_payload_answer vsock_payload_take(struct vsock_payload_context *context,
                                               const struct vsock_payload_step *step);

#endif
