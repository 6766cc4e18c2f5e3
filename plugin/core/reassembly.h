/* SPDX-License-Identifier: GPL-2.0-or-later
 * reassembly.h - which bytes of a connection's payload are dissected together, and when.
 * vsock loses and reorders nothing, so bytes are joined in the order of the capture. What the capture lacks
 * ends the PDU that is open when it shows, with a note; dissection goes on with the next packet.
 *
 * Packets are taken once, in order. Each yields steps, and the caller takes each step as it comes: some make
 * a dissector an offer, whose answer decides on the next step. Steps stay valid and stay the same, so that
 * they can be taken again later, with the same bytes.
 *
 * Limits, whatever packets and dissectors say: of each direction one PDU is open, of at most the limit and
 * one packet. One that grows beyond is dissected as far as it goes, with a note; so is one that is said to be
 * larger, at once. The rest is data, and what follows is dissected again. What is kept is never more than
 * twice the payload in the capture; how often it is looked at is bounded, for all of a capture's connections.
 */
#ifndef VSOCK_CORE_REASSEMBLY_H
#define VSOCK_CORE_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include <wsutil/wmem/wmem_array.h>

/* A stream's first bytes are joined up to here, for heuristics that cannot decide on fewer. */
#define VSOCK_UNDECIDED_MAX 64

/* Packets of a direction whose contents heuristics look at in vain, before nobody is asked to any more: their
 * number is what a packet costs most for. */
#define VSOCK_REJECTED_MAX 16

/* In bytes: above it, lengths would not fit epan's. */
#define VSOCK_REASSEMBLY_LIMIT_MAX (UINT32_C(1) << 30)

/* What a dissector may want more of, where that is no number of bytes: DESEGMENT_ONE_MORE_SEGMENT and
 * DESEGMENT_UNTIL_FIN of epan. */
#define VSOCK_MORE_ANY 0x0fffffffu
#define VSOCK_MORE_UNTIL_END 0x0ffffffeu

/* vsock_pdu.wanted, likewise. */
#define VSOCK_WANTED_ANY UINT64_MAX             /* to be offered again with the next packet */
#define VSOCK_WANTED_UNTIL_END (UINT64_MAX - 1) /* ends when its sender stops sending */
#define VSOCK_WANTED_IS_KNOWN(wanted) ((wanted) < VSOCK_WANTED_UNTIL_END)

/* Bytes of one direction that are dissected as one: several packets' payload. It grows while it is open. */
struct vsock_pdu {
    bool message;            /* a SEQPACKET's, as opposed to what a dissector takes for a PDU in a STREAM */
    bool undecided;          /* a stream's first bytes, of which no dissector has taken any */
    bool broken;             /* bytes of it were not captured: those behind are not kept */
    uint8_t sender;          /* side 0 or 1 */
    uint64_t offset;         /* in the stream, of the first byte */
    uint64_t wanted;         /* bytes in all, or one of the above */
    uint64_t length;         /* bytes so far, those included that were not captured */
    uint64_t offered_at;     /* bytes there were at the last offer */
    uint32_t reassembled_in; /* the frame in which a dissector took it; 0 if none has (yet) */

    /* The captured bytes, and the packets that they are from. Both begin with those of the PDUs before that
     * left this one over. */
    wmem_array_t *bytes, *segments;
    uint32_t start;         /* of the PDU in `bytes` */
    uint32_t first_segment; /* in `segments` */
};

/* What a PDU has of one packet. */
struct vsock_segment {
    uint32_t frame;
    uint32_t end; /* in vsock_pdu.bytes */
};

/* Why a PDU ends. */
enum vsock_pdu_ending {
    VSOCK_PDU_WHOLE,        /* it is complete */
    VSOCK_PDU_GAP,          /* bytes that were sent in its middle are missing */
    VSOCK_PDU_CUT,          /* of a packet that is part of it, not all bytes were captured */
    VSOCK_PDU_ENDED,        /* the sender sends no more, or was reset */
    VSOCK_PDU_LIMIT,        /* it is too large */
    VSOCK_PDU_NO_BEGINNING, /* nothing tells that its first packet is the first of the message */
};

enum vsock_payload_action {
    VSOCK_ACT_HAND_OVER,     /* the packet's own bytes, from `offset` on, go to a dissector */
    VSOCK_ACT_ADD,           /* the packet's own bytes become part of a PDU */
    VSOCK_ACT_ADD_UNDECIDED, /* the same, though no dissector wants them so far */
    VSOCK_ACT_OFFER, /* so far as it is there, the PDU is offered to a dissector, which may want more */
    VSOCK_ACT_END,   /* the PDU is dissected as it is, whole or not */
    VSOCK_ACT_SKIP,  /* bytes of a PDU that was too large */
};

/* Who is to get a step's bytes: whoever takes the step decides. */
enum vsock_payload_whose {
    VSOCK_WHOSE_CHOSEN, /* by earlier packets, by the port, or by the contents */
    VSOCK_WHOSE_ANEW,   /* whatever earlier packets have chosen, these are as a stream's first bytes */
    VSOCK_WHOSE_HTTP,   /* the other direction has turned from HTTP to something else, this one not yet */
    VSOCK_WHOSE_PREFIX, /* by the contents: what follows is as a stream's first bytes */
};

struct vsock_payload_step {
    enum vsock_payload_action action;
    enum vsock_payload_whose whose; /* CHOSEN, unless whoever takes the step decides otherwise */
    enum vsock_pdu_ending ending;   /* with END */
    uint32_t offset, length; /* of the packet's payload, what this is about; 0 where it has no part in it */
    const struct vsock_pdu *pdu; /* NULL with HAND_OVER and SKIP */
    uint32_t captured;  /* bytes of the PDU that are there now: this, and `length` of the packet's own,
                         * may be made less by whoever takes the step, and the answer says so */
    uint32_t reported;  /* how long those are said to be */
    uint32_t dissected; /* how many of them, or of the packet's from `offset` on, dissectors get: all,
                         * unless whoever takes the step decides on less */
    bool in_parts;      /* whoever takes the step decides: not at once */
    bool dissectable;   /* with END: those are dissected */
    bool may_ask;       /* with HAND_OVER and OFFER: the dissector may ask for more */
};

/* What a dissector said to what it was handed over or offered. */
struct vsock_payload_answer {
    bool taken;
    uint32_t offset; /* where what it wants more of begins, in what it got */
    uint32_t more;   /* bytes, or VSOCK_MORE_*; 0 if it wants none */
    uint32_t skip;   /* bytes behind the packet that are nobody's: they belong to what was not dissected */
    bool anew;       /* the bytes were as a stream's first ones: so much was not known of it */
    bool again;      /* those from `offset` on were not in the step: they are another's */
    bool prefix;     /* it was taken, and what follows is as a stream's first bytes */
};

/* A packet, as far as payload goes. */
struct vsock_payload {
    const uint8_t *bytes; /* its own payload, so far as it was captured */
    uint32_t captured;    /* bytes of that */
    uint32_t length;      /* as it was sent: at least as many */
    uint64_t offset;      /* in the stream, of the first */
    uint32_t frame;
    uint8_t sender; /* side 0 or 1 */
    bool in_stream; /* its payload is part of the connection's */
    bool end_of_message;
    bool sender_gap;    /* of what its sender has sent before, bytes are missing from the capture */
    bool receiver_gap;  /* the same of its receiver */
    bool ends_sender;   /* its sender sends nothing after it */
    bool ends_receiver; /* nor does its receiver */
};

typedef struct vsock_payload_answer (*vsock_payload_take)(void *user, const struct vsock_payload_step *step);

/* What one side is in the middle of. */
struct vsock_payload_side {
    struct vsock_pdu *open;
    uint64_t skip;        /* bytes to come of a PDU that was too large; of a message: not 0 until its EOM */
    uint32_t last_added;  /* bytes that the last packet added to `open` */
    uint32_t rejected_in; /* the last of these packets: it was still looked at */
    uint8_t rejected;     /* packets of which no dissector took any, before one first took some */
    bool taken;           /* some of it, once */
    bool decided;         /* a dissector took some, or its first bytes were in vain */
    bool synced;          /* SEQPACKET: it is known where messages begin */
};

/* What dissectors have looked at more than once, in all of a capture's connections, and may. A PDU that grows
 * packet by packet is looked at from its beginning each time, which would cost the square of its length. So
 * it is offered when it has grown by a quarter, a shorter packet may end it, or it has the bytes that a
 * dissector has named; while it is small, with each packet, up to `freely`. Beyond `most`, only when it has
 * doubled. What a dissector leaves over counts as seen, unless that has taken a sixteenth of it. */
struct vsock_looks {
    uint64_t bytes;
    uint64_t freely, most; /* of these */
    uint32_t small;        /* PDU, in bytes */
};

struct vsock_looks vsock_looks_start(void);

/* One connection. */
struct vsock_reassembly {
    wmem_allocator_t *scope; /* of PDUs: what steps point to */
    struct vsock_looks *looks;
    vsock_payload_take take;
    uint32_t limit; /* of a PDU, in bytes */
    bool seqpacket;
    bool may_join; /* dissectors may ask for more than one packet has */
    struct vsock_payload_side side[2];
};

/* For a connection that `from_beginning` is captured or not. */
struct vsock_reassembly vsock_reassembly_start(wmem_allocator_t *scope, struct vsock_looks *looks,
                                               vsock_payload_take take, uint64_t limit, bool seqpacket,
                                               bool may_join, bool from_beginning);

/* Decides on the packet's steps, each of which is given to `take`. That may not come back (an exception): the
 * state is sound then, and the packet has no more steps. */
void vsock_reassembly_take(struct vsock_reassembly *reassembly, const struct vsock_payload *packet,
                           void *user);

/* The step of a packet whose payload, from `at` on, goes to a dissector. `reassembly` may be NULL. */
struct vsock_payload_step vsock_payload_hand_over(const struct vsock_reassembly *reassembly,
                                                  const struct vsock_payload *packet, uint32_t at);

/* Have heuristics looked at enough of a side's payload in vain? */
static inline bool vsock_payload_is_rejected(const struct vsock_payload_side *side)
{
    return side->rejected == VSOCK_REJECTED_MAX;
}

/* Does a STREAM's next packet simply go to the dissector for its port or connection, if there is one? */
static inline bool vsock_payload_is_plain(const struct vsock_payload_side *side)
{
    return vsock_payload_is_rejected(side) && !side->open && side->skip == 0;
}

/* A PDU's bytes, and the packets that the first `captured` of them are from: from *first on, as many as it
 * returns. */
const uint8_t *vsock_pdu_bytes(const struct vsock_pdu *pdu);
unsigned vsock_pdu_segments(const struct vsock_pdu *pdu, uint32_t captured,
                            const struct vsock_segment **first);

#endif
