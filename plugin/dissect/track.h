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

struct vsock_endpoint {
    uint64_t cid; /* 1 for both where either is: loopback */
    uint32_t port;
};

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
    int64_t first_time, last_time, request_time, response_time, reset_time;

    /* The state machine after the last packet of the first pass; what a packet shows is in its record. */
    struct vsock_conn conn;
    struct vsock_split split[2];
    struct vsock_copies *copies; /* NULL unless this connection was captured twice */
    uint64_t request_digest;     /* vsock_header_digest() */
    uint32_t packets;            /* copies included */
    conversation_t *conversation;
};

/* What one packet did. */
struct vsock_record {
    const struct vsock_stream *stream;
    uint64_t findings;     /* VSOCK_FOUND_BIT()s */
    uint64_t offset;       /* in the stream, of an RW's first byte, or VSOCK_OFFSET_NONE */
    int64_t previous_time; /* of the stream's packet before, or VSOCK_TIME_NONE */
    uint32_t frame;
    uint32_t number;       /* in the stream, from 1 */
    uint32_t payload_skip; /* payload bytes of the record that come before the packet's own (the tap's bug) */
    uint32_t unseen;       /* bytes of the other side that this packet says it consumed and nobody saw */
    uint32_t figure;       /* bytes with UNCONSUMED_AT_CLOSE, milliseconds with CLOSE_TIMEOUT */
    uint8_t layer;         /* pinfo->curr_layer_num */
    uint8_t sender;        /* side 0 or 1 */
    uint8_t client;        /* side 0 or 1, or VSOCK_SIDE_UNKNOWN */
    uint8_t state;         /* enum vsock_state, after it */
    uint8_t rst_kind;      /* enum vsock_rst_kind */
    uint8_t completeness;
    bool counted; /* an RW that is part of the stream */
    bool copy;    /* the second copy of a packet that was captured twice: it did nothing */
};

void vsock_track_register(void);

/* Takes the packet on the first pass, looks it up on later ones. NULL where the headers were cut, or are not
 * virtio's: such a packet is in no connection. Makes the stream the conversation that epan finds for the
 * packet: for what is inside, and for the packet list's bracket of related packets. */
const struct vsock_record *vsock_track(packet_info *pinfo, const struct vsock_packet *packet);

/* The record of a frame that was dissected before, or NULL. */
const struct vsock_record *vsock_track_find(uint32_t frame);

/* How many streams there are so far: one more than the largest vsock.stream. */
uint32_t vsock_track_stream_count(void);

/* The time of the last packet seen of any stream; after the first pass, of the capture's last. */
int64_t vsock_track_seen_until(void);

/* The packet's time in nanoseconds since the epoch; what no capture holds in earnest is clamped. */
int64_t vsock_packet_time(const packet_info *pinfo);

#endif
