/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow.h - a connection's flow control: both directions' windows, who waits for whom, SEQPACKET messages, and
 * what each packet says or breaks. conn.c decides which packets count. Sources: virtio 1.3, "Buffer Space
 * Management"; net/vmw_vsock/virtio_transport_common.c. */
#ifndef VSOCK_CORE_FLOW_H
#define VSOCK_CORE_FLOW_H

#include "credit.h"
#include "finding.h"
#include "mark.h"
#include "stall.h"
#include "wire.h"

/* One side's SEQPACKET message that has no EOM yet. */
struct vsock_message {
    uint64_t start; /* stream offset of its first byte */
    uint64_t bytes;
    bool open;
    bool too_big; /* was said */
};

/* One side's CREDIT_REQUEST that has no answer yet. */
struct vsock_credit_request {
    bool open;
    uint32_t unproductive; /* answers in a row that brought nothing new */
    struct vsock_mark at;
};

/* One side's RWs beyond what was allowed, until it is known what became of them. */
struct vsock_excess {
    bool open;
    uint64_t edge; /* what was allowed when the first was sent */
};

/* What goes on for more than one packet, by the side that sends. Few connections have any, so it is apart. */
struct vsock_pending {
    struct vsock_stall stall[2];
    struct vsock_message message[2];
    struct vsock_credit_request credit_request[2];
    struct vsock_excess excess[2];
};

/* Indices are sides: window[0] is of the data that side 0 sends, and so on. */
struct vsock_flow {
    struct vsock_window window[2];
    bool from_request; /* the REQUEST was captured: all that was sent was, or is known to be missing */
    bool finished[2];  /* the side may send no more: it said so, or the other side did */
    bool uncapped[2];  /* the side has sent beyond its own buffer's size: it does not cap */
    bool quiet;        /* in `pending`, nothing is open, and no request was unproductive */
    struct vsock_pending *pending; /* lent by the caller before each packet, all zero, while it is NULL; where
                                   `quiet` was never false, it is zero still, and can be taken back */
};

/* What a packet did. */
struct vsock_flow_step {
    uint64_t findings; /* VSOCK_FOUND_BIT()s */
    bool has_offset;   /* an RW whose place in the stream is known */
    uint64_t offset;   /* of its first byte */
    struct vsock_credit_info info;
    uint64_t exceeded;         /* with CREDIT_EXCEEDED: bytes beyond what was ever allowed */
    uint32_t acks;             /* record of the newest RW that is wholly consumed now; 0: none */
    struct vsock_mark answers; /* the CREDIT_REQUEST that this answers */
    uint32_t told;           /* bytes, all that were unread, of which a CREDIT_UPDATE tells unasked; else 0 */
    bool asks;               /* a CREDIT_REQUEST that waits for its answer */
    struct vsock_mark stall; /* where the stall began that ended here */
    enum vsock_stall_cause stall_cause;
    uint32_t settled[2]; /* of each side as a sender: record of where its stall began that is over without the
                            receiver's having opened its window: it gave up or made its own buffer larger, or
                            the receiver shut down; 0: none */
    bool fwd_news;       /* fwd_cnt is not what it was */
    bool recovered;      /* the receiver consumed beyond an overrun: its advertisement was not captured */
    struct vsock_rw *released; /* to give back to where they came from; NULL if none */
    bool rw_kept;              /* the vsock_rw that was handed in is in use */
};

/* A connection has the sides 0 and 1. */
static inline uint8_t vsock_other_side(uint8_t side)
{
    return side ^ 1;
}

struct vsock_flow vsock_flow_start(bool from_request);

extern const struct vsock_pending vsock_nothing_pending;

/* Never NULL. */
static inline const struct vsock_pending *vsock_flow_pending(const struct vsock_flow *flow)
{
    return flow->pending ? flow->pending : &vsock_nothing_pending;
}

static inline const struct vsock_stall *vsock_flow_stall(const struct vsock_flow *flow, uint8_t sender)
{
    return &vsock_flow_pending(flow)->stall[sender];
}

/* Is the sender's window shut, so far? */
static inline bool vsock_flow_is_stalled(const struct vsock_flow *flow, uint8_t sender)
{
    return !flow->quiet && vsock_flow_stall(flow, sender)->open;
}

/* Takes a packet that counts: of the connection's type, before its end, and with credit. */
struct vsock_flow_step vsock_flow_step(struct vsock_flow *flow, const struct vsock_packet *packet,
                                       uint8_t side, const struct vsock_mark *at, struct vsock_rw *rw);

/* The connection has ended: a message without EOM stays so. Returns findings. */
uint64_t vsock_flow_end(struct vsock_flow *flow);

/* A packet after the connection's end: its figures are kept, and nothing is found. */
struct vsock_flow_step vsock_flow_trail(struct vsock_flow *flow, const struct vsock_packet *packet,
                                        uint8_t side, uint32_t record, struct vsock_rw *rw);

/* What side `sender` may have in flight at most, for its own buffer's sake; UINT32_MAX where that is not
 * known. */
static inline uint32_t vsock_flow_own_buffer(const struct vsock_flow *flow, uint8_t sender)
{
    const struct vsock_window *incoming = &flow->window[sender ^ 1];

    return incoming->advertised ? incoming->buf_alloc : UINT32_MAX;
}

#endif
