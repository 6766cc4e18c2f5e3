/* SPDX-License-Identifier: GPL-2.0-or-later
 * record.h - what one packet did: made when it is taken, and kept for all that shows it later. */
#ifndef VSOCK_CORE_RECORD_H
#define VSOCK_CORE_RECORD_H

#include "stream.h"

#define VSOCK_OFFSET_NONE UINT64_MAX

/* What became of an RW that exceeded its credit. */
enum vsock_overrun {
    VSOCK_OVERRUN_PENDING = 0,
    VSOCK_OVERRUN_RESET,     /* a RST followed: it was one */
    VSOCK_OVERRUN_RECOVERED, /* it was consumed: the advertisement that allowed it was not captured */
};

/* What few packets have: beside the record, not in it. Records of others are 0 where there is none. Who has
 * nothing but findings, as packets that begin and end a connection, shares one with others. */
struct vsock_record_ext {
    uint64_t findings;     /* VSOCK_FOUND_BIT()s */
    uint32_t ahead;        /* bytes that this packet says it consumed, and nobody saw sent */
    uint32_t payload_skip; /* payload bytes of the record that come before the packet's own (the tap's bug) */
    uint32_t unconsumed;   /* bytes, with UNCONSUMED_AT_CLOSE */
    uint32_t waited;       /* milliseconds, with CLOSE_TIMEOUT */
    uint64_t exceeded;     /* bytes, with CREDIT_EXCEEDED */
    uint32_t backwards, shrunk; /* bytes, with the findings of that name */
    uint32_t stall;             /* record of where the stall began that ends here */
    uint32_t answers;           /* record of the CREDIT_REQUEST that is answered here */
    uint8_t stall_cause;        /* enum vsock_stall_cause */
    bool part_missing;          /* parts of a packet that vhost split are missing before this one */
    bool shared;                /* by all records with these findings: it is not written to any more */

    /* Of the future, so for later passes only. */
    unsigned overrun : 2;          /* enum vsock_overrun, with CREDIT_EXCEEDED */
    unsigned asks : 1;             /* a CREDIT_REQUEST that waits for an answer */
    unsigned waits : 1;            /* with stall_end: the side that waited */
    uint32_t stall_end;            /* record of where the stall is over that began here; 0 while it is not */
    int64_t answered_time;         /* when that came; or VSOCK_TIME_NONE, as the next */
    int64_t resumed_time;          /* when the sender of a stall that ends here went on */
    struct vsock_record_ext *next; /* of an unresolved overrun */
};

static_assert(sizeof(struct vsock_record_ext) <= 80, "of all packets, where one means harm");

/* One a packet, so 64 bytes. */
struct vsock_record {
    struct vsock_stream *stream;
    struct vsock_record_ext *ext; /* NULL for most */
    uint64_t offset;              /* in the stream, of an RW's first byte, or VSOCK_OFFSET_NONE */
    int64_t time;                 /* nanoseconds since the epoch */
    uint32_t frame;
    uint32_t number;         /* in the stream, from 1 */
    uint32_t previous;       /* the stream's record before, or 0 */
    uint32_t acks;           /* record of the newest RW that this packet says is wholly consumed, or 0 */
    uint32_t in_flight;      /* of the packet's sender, after it */
    uint32_t peer_in_flight; /* of its receiver */
    uint32_t peer_buf_alloc; /* the receiver's buffer as last advertised; with has_window */
    unsigned layer : 8;      /* of the frame's layers, which one */
    unsigned sender : 1;     /* side 0 or 1 */
    unsigned client : 2;     /* side 0 or 1, or VSOCK_SIDE_UNKNOWN */
    unsigned state : 4;      /* enum vsock_state, after it */
    unsigned rst_kind : 4;   /* enum vsock_rst_kind */
    unsigned completeness : 6;
    unsigned in_stream : 1;     /* an RW that is part of the stream */
    unsigned copy : 1;          /* the second copy of a packet that was captured twice: it did nothing */
    unsigned has_credit : 1;    /* in_flight and peer_in_flight mean something */
    unsigned has_window : 1;    /* and so does peer_buf_alloc */
    unsigned fwd_news : 1;      /* with has_credit: fwd_cnt is not what its sender said before, or 0 */
    unsigned uncapped : 1;      /* the sender does not keep to its own buffer's size, as was seen by now */
    unsigned peer_uncapped : 1; /* nor the receiver to its own */
};
static_assert(sizeof(struct vsock_record) <= 64, "a record is kept for every packet");

static inline uint64_t vsock_record_findings(const struct vsock_record *r)
{
    return r->ext ? r->ext->findings : 0;
}

#define VSOCK_RECORD_HAS(r, finding)                                                                         \
    ((vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)) != 0)

/* Payload bytes of the record that come before the packet's own. `r` may be NULL. */
static inline uint32_t vsock_record_payload_skip(const struct vsock_record *r)
{
    return r && r->ext ? r->ext->payload_skip : 0;
}

/* What the packet's sender may still send; only with has_window. */
static inline int64_t vsock_record_window(const struct vsock_record *r)
{
    return (int64_t)r->peer_buf_alloc - r->in_flight;
}

/* The same as its sender keeps to it, whose own buffer that is; only with has_window. */
static inline int64_t vsock_record_effective_window(const struct vsock_record *r, uint32_t buf_alloc)
{
    uint32_t cap = r->uncapped || r->peer_buf_alloc < buf_alloc ? r->peer_buf_alloc : buf_alloc;

    return (int64_t)cap - r->in_flight;
}

/* What the packet's receiver may still send: as much as it says to have room for. Only with has_credit. */
static inline int64_t vsock_record_peer_window(const struct vsock_record *r, uint32_t buf_alloc)
{
    return (int64_t)buf_alloc - r->peer_in_flight;
}

static inline int64_t vsock_record_peer_effective_window(const struct vsock_record *r, uint32_t buf_alloc)
{
    uint32_t cap =
        r->has_window && !r->peer_uncapped && r->peer_buf_alloc < buf_alloc ? r->peer_buf_alloc : buf_alloc;

    return (int64_t)cap - r->peer_in_flight;
}

/* The stream offset up to which the packet's sender has consumed what the other side sent: its fwd_cnt, at
 * full length. Negative where a counter went back below its beginning. Only with has_credit. */
static inline int64_t vsock_record_consumed(const struct vsock_record *r, uint32_t fwd_cnt)
{
    return (int64_t)vsock_wrap_extend(r->stream->wraps, r->number, r->sender ^ 1, fwd_cnt);
}

#endif
