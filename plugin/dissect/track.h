/* SPDX-License-Identifier: GPL-2.0-or-later
 * track.h - which connection a packet is in, and what it did there: one record a packet, made on the first
 * pass. The only module that knows about passes and file scope. All it hands out lives until the file is
 * closed. */
#ifndef VSOCK_DISSECT_TRACK_H
#define VSOCK_DISSECT_TRACK_H

#include <epan/conversation.h>
#include <epan/packet.h>

#include "core/conn.h"
#include "core/copies.h"
#include "core/fragment.h"
#include "core/wire.h"

#define VSOCK_TIME_NONE INT64_MIN
#define VSOCK_OFFSET_NONE UINT64_MAX

/* One generation of a connection. Frames are 0 and times VSOCK_TIME_NONE while that packet was not seen: on
 * the first pass the future is not known. Times are the capture's, in nanoseconds since the epoch. */
struct vsock_stream {
    uint32_t index;    /* vsock.stream */
    uint32_t previous; /* of the generation before between the same endpoints, or UINT32_MAX */
    uint32_t pair;     /* of the first stream between the same endpoints, whatever interface */
    struct vsock_endpoint side[2];
    uint32_t request_frame, response_frame, reset_frame; /* reset: its first RST, foreign types apart */
    int64_t first_time, request_time, response_time, reset_time;
    int64_t superseded_time; /* when the next generation between the same endpoints began */

    /* The state machine after the last packet of the first pass; what a packet shows is in its record. */
    struct vsock_conn conn;
    struct vsock_split split[2];
    struct vsock_rare *overruns[2]; /* unresolved, of each side */
    struct vsock_rare *question[2]; /* each side's CREDIT_REQUEST that has no answer */
    struct vsock_rare *reopened[2]; /* the end of each side's stall, until it goes on */
    uint32_t last_record;           /* index, or UINT32_MAX */
    struct vsock_copies *copies;    /* NULL unless this connection was captured twice, or may have been */
    bool on_trial;                  /* whether it was is not proved yet */
    uint32_t packets;               /* copies included */
    conversation_t *conversation;
    struct place *place;                 /* track.c's own */
    struct vsock_payload_state *payload; /* payload.c's own; NULL until there is any */
};

/* What became of an RW that exceeded its credit. */
enum vsock_overrun {
    VSOCK_OVERRUN_PENDING = 0,
    VSOCK_OVERRUN_RESET,     /* a RST followed: it was one */
    VSOCK_OVERRUN_RECOVERED, /* it was consumed: the advertisement that allowed it was not captured */
};

/* What few packets have: beside the record, not in it. */
struct vsock_rare {
    uint64_t findings;     /* VSOCK_FOUND_BIT()s */
    uint32_t ahead;        /* bytes that this packet says it consumed, and nobody saw sent */
    uint32_t payload_skip; /* payload bytes of the record that come before the packet's own (the tap's bug) */
    uint32_t unconsumed;   /* bytes, with UNCONSUMED_AT_CLOSE */
    uint32_t waited;       /* milliseconds, with CLOSE_TIMEOUT */
    uint64_t exceeded;     /* bytes, with CREDIT_EXCEEDED */
    uint32_t backwards, shrunk; /* bytes, with the findings of that name */
    uint32_t stall_frame;       /* where the stall that ends here began */
    uint32_t answers_frame;     /* the CREDIT_REQUEST that is answered here */
    uint8_t stall_cause;        /* enum vsock_stall_cause */
    bool part_missing;          /* parts of a packet that vhost split are missing before this one */

    /* Of the future, so for later passes only. */
    uint8_t overrun;         /* enum vsock_overrun, with CREDIT_EXCEEDED */
    bool asks;               /* a CREDIT_REQUEST that waits for an answer */
    int64_t answered_time;   /* when that came */
    int64_t resumed_time;    /* when the sender of a stall that ends here went on */
    struct vsock_rare *next; /* of an unresolved overrun */
};

/* What one packet did: one a packet, so 64 bytes. */
struct vsock_record {
    struct vsock_stream *stream;
    const struct vsock_rare *rare; /* NULL for most */
    uint64_t offset;               /* in the stream, of an RW's first byte, or VSOCK_OFFSET_NONE */
    int64_t time;
    uint32_t frame;
    uint32_t number;         /* in the stream, from 1 */
    uint32_t previous;       /* index of the stream's record before, or UINT32_MAX */
    uint32_t acks_frame;     /* newest RW that this packet says is wholly consumed, or 0 */
    uint32_t in_flight;      /* of the packet's sender, after it */
    uint32_t peer_in_flight; /* of its receiver */
    uint32_t peer_buf_alloc; /* the receiver's buffer as last advertised; with has_window */
    unsigned layer : 8;      /* pinfo->curr_layer_num */
    unsigned sender : 1;     /* side 0 or 1 */
    unsigned client : 2;     /* side 0 or 1, or VSOCK_SIDE_UNKNOWN */
    unsigned state : 4;      /* enum vsock_state, after it */
    unsigned rst_kind : 4;   /* enum vsock_rst_kind */
    unsigned completeness : 6;
    unsigned counted : 1;    /* an RW that is part of the stream */
    unsigned copy : 1;       /* the second copy of a packet that was captured twice: it did nothing */
    unsigned has_credit : 1; /* in_flight and peer_in_flight mean something */
    unsigned has_window : 1; /* and so does peer_buf_alloc */
};
static_assert(sizeof(struct vsock_record) <= 64, "a record is kept for every packet");

/* Payload bytes of the record that come before the packet's own. `r` may be NULL. */
static inline uint32_t vsock_record_payload_skip(const struct vsock_record *r)
{
    return r && r->rare ? r->rare->payload_skip : 0;
}

static inline uint64_t vsock_record_findings(const struct vsock_record *r)
{
    return r->rare ? r->rare->findings : 0;
}

/* The side that is shown as the client: the one that sent the REQUEST; where that was not captured, the one
 * with the larger port. */
static inline uint8_t vsock_stream_client(const struct vsock_stream *s)
{
    if (s->conn.client != VSOCK_SIDE_UNKNOWN)
        return s->conn.client;
    return s->side[0].port > s->side[1].port ? 0 : 1;
}

void vsock_track_register(void);

/* Takes the packet on the first pass, looks it up on later ones. NULL where the headers were cut, or are not
 * virtio's: such a packet is in no connection. Makes the stream the conversation that epan finds for the
 * packet: for what is inside, and for the packet list's bracket of related packets. */
const struct vsock_record *vsock_track(packet_info *pinfo, const struct vsock_packet *packet);

/* The record of a frame that was dissected before, or NULL. */
const struct vsock_record *vsock_track_find(uint32_t frame);

/* The time of a frame's record, or VSOCK_TIME_NONE. */
int64_t vsock_track_time_of(uint32_t frame);

/* The time of the stream's record before this one, or VSOCK_TIME_NONE. */
int64_t vsock_track_previous_time(const struct vsock_record *record);

/* How many streams there are so far: one more than the largest vsock.stream. */
uint32_t vsock_track_stream_count(void);

/* Until when it is known what happened in the stream: its RST, the next generation, or the last packet seen
 * in its section (after the first pass: the section's last). */
int64_t vsock_stream_known_until(const struct vsock_stream *stream);

/* An index that stands for the packet's two endpoints, wherever recorded: that of the first stream between
 * them. Only for packets that vsock_track() was called for, and with their ports captured. */
uint32_t vsock_track_pair(const packet_info *pinfo, const struct vsock_packet *packet);

/* The packet's time in nanoseconds since the epoch; what no capture holds in earnest is clamped. */
int64_t vsock_packet_time(const packet_info *pinfo);

/* The same of what the packet's relative time is counted from: the capture's first packet, vsock or not. */
int64_t vsock_capture_start(const packet_info *pinfo);

#endif
