/* SPDX-License-Identifier: GPL-2.0-or-later
 * conn.h - one generation of a connection: what each packet does to it, and how it ended.
 * vsock has no retransmission, so a REQUEST always begins a new generation, even between the same endpoints.
 * A connection has two sides, 0 and 1; the caller decides which endpoint is which, once for its whole life.
 * Sources: virtio 1.3, "Socket Device"; net/vmw_vsock/virtio_transport_common.c; what Linux 6.1, 6.12 and 7.2
 * do. */
#ifndef VSOCK_CORE_CONN_H
#define VSOCK_CORE_CONN_H

#include "finding.h"
#include "flow.h"
#include "wire.h"

/* vsock.state: after a packet. Numbers are filter values: never change them. */
enum vsock_state {
    VSOCK_STATE_REQUESTED = 1,
    VSOCK_STATE_OPEN = 2,
    VSOCK_STATE_HALF_CLOSED = 3, /* some SHUTDOWN, but data may still flow one way */
    VSOCK_STATE_CLOSING = 4,     /* both directions are shut; the RST that acknowledges it is to come */
    VSOCK_STATE_CLOSED = 5,
    VSOCK_STATE_REFUSED = 6,
    VSOCK_STATE_RESET = 7,
    VSOCK_STATE_MIDSTREAM = 8, /* began before the capture */
};

/* What each is called wherever one is. */
#define VSOCK_STATE_NAMES(NAME)                                                                              \
    NAME(VSOCK_STATE_REQUESTED, "Requested")                                                                 \
    NAME(VSOCK_STATE_OPEN, "Open")                                                                           \
    NAME(VSOCK_STATE_HALF_CLOSED, "Half closed")                                                             \
    NAME(VSOCK_STATE_CLOSING, "Closing")                                                                     \
    NAME(VSOCK_STATE_CLOSED, "Closed")                                                                       \
    NAME(VSOCK_STATE_REFUSED, "Refused")                                                                     \
    NAME(VSOCK_STATE_RESET, "Reset")                                                                         \
    NAME(VSOCK_STATE_MIDSTREAM, "Mid-stream")

/* vsock.rst.kind. A RST is stamped when it comes from a live socket (it carries that socket's credit), and
 * (0,0) when there is no socket: buf_alloc and fwd_cnt are both 0. Numbers are filter values. */
enum vsock_rst_kind {
    VSOCK_RST_NONE = 0, /* not a RST */
    VSOCK_RST_REFUSED = 1,
    VSOCK_RST_CLOSE_ACK = 2,
    VSOCK_RST_CLOSE_TIMEOUT = 3,
    VSOCK_RST_CONNECT_ABANDONED = 4,
    VSOCK_RST_NO_SOCKET = 5,
    VSOCK_RST_ABORTED = 6,
    VSOCK_RST_QUEUE_OVERFLOW = 7,
    VSOCK_RST_WINDOW_OVERRUN = 8,
    VSOCK_RST_TRAILING = 9,
    VSOCK_RST_FOREIGN_TYPE = 10,
    VSOCK_RST_NOT_WAITED_FOR = 11,
};

#define VSOCK_RST_KIND_NAMES(NAME)                                                                           \
    NAME(VSOCK_RST_REFUSED, "Refused")                                                                       \
    NAME(VSOCK_RST_CLOSE_ACK, "Close acknowledged")                                                          \
    NAME(VSOCK_RST_CLOSE_TIMEOUT, "Close timeout")                                                           \
    NAME(VSOCK_RST_CONNECT_ABANDONED, "Connect abandoned")                                                   \
    NAME(VSOCK_RST_NO_SOCKET, "No such socket")                                                              \
    NAME(VSOCK_RST_ABORTED, "Aborted")                                                                       \
    NAME(VSOCK_RST_QUEUE_OVERFLOW, "Receiver queue overflow")                                                \
    NAME(VSOCK_RST_WINDOW_OVERRUN, "After a window overrun")                                                 \
    NAME(VSOCK_RST_TRAILING, "Trailing")                                                                     \
    NAME(VSOCK_RST_FOREIGN_TYPE, "Answers a packet of another type")                                         \
    NAME(VSOCK_RST_NOT_WAITED_FOR, "Not waited for")

/* The same for those who have no table; NULL for RST_NONE. */
const char *vsock_state_name(enum vsock_state state);
const char *vsock_rst_kind_name(enum vsock_rst_kind kind);

/* vsock.completeness */
#define VSOCK_COMPLETE_REQUEST 0x01u
#define VSOCK_COMPLETE_RESPONSE 0x02u
#define VSOCK_COMPLETE_DATA 0x04u
#define VSOCK_COMPLETE_SHUTDOWN_CLIENT 0x08u
#define VSOCK_COMPLETE_SHUTDOWN_SERVER 0x10u
#define VSOCK_COMPLETE_RST 0x20u

#define VSOCK_SIDE_UNKNOWN 2

/* What every packet needs comes first, as in struct vsock_flow. */
struct vsock_conn {
    uint32_t packets;
    uint16_t type;  /* of its first packet */
    uint8_t state;  /* enum vsock_state */
    uint8_t client; /* the side that sent the REQUEST, or VSOCK_SIDE_UNKNOWN */
    uint8_t lower;  /* the side with the smaller port: the server for want of better, in completeness only */
    uint8_t completeness;
    uint8_t shut[2];   /* SHUTDOWN flags that each side has sent, ORed: they are permanent */
    bool from_request; /* its REQUEST was captured */
    bool degenerate;   /* both endpoints are the same: nothing tells the sides apart */
    bool ended;        /* its first RST was seen: all that follows is trailing */
    bool client_spoke; /* the client sent something after its REQUEST */
    bool server_spoke; /* the server told or asked of credit */
    bool overlaps;     /* another one is open between its endpoints: a packet may be the other's */
    bool late_data[2]; /* an RW came when this side had said that it receives no more */
    uint8_t last_side; /* who sent the packet before; VSOCK_SIDE_UNKNOWN at first */
    uint8_t data_side; /* who sent the latest RW; VSOCK_SIDE_UNKNOWN at first */
    uint8_t closer;    /* the side that closed first, by a full SHUTDOWN or a RST, or VSOCK_SIDE_UNKNOWN */
    int64_t spoke[2];  /* when each side sent its last packet, or VSOCK_TIME_NONE */
    int64_t row[2]; /* when its packets began that came within a second of each other, up to that one; before
                       there is any, since when one would have been captured, or VSOCK_TIME_NONE */
    struct vsock_flow flow;
    int64_t full_time[2]; /* when a side's own flags became full, in nanoseconds */
    struct vsock_mark request, response;
    struct vsock_mark close; /* the packet by which `closer` did */
    uint64_t close_unread;   /* bytes that had been sent to it then, and that it had not read by its word */
    struct vsock_mark late_response; /* one that came after the RST that ended the request */
    struct vsock_mark reset;         /* its first RST, those of a foreign type apart */
    enum vsock_rst_kind rst_kind;    /* of that */
    uint8_t rst_side;                /* who sent it */
    bool reset_stamped;              /* ... with credit: by a live socket */
    bool reset_answers;              /* it answers a packet: see conn.c */
    uint64_t reset_unread;           /* bytes sent to its sender that are known to be unread */
    int64_t reset_silence;           /* for how long neither side had spoken before it */
};

/* What a packet did. */
struct vsock_step {
    enum vsock_state before, after;
    enum vsock_rst_kind rst_kind;
    uint64_t findings;           /* VSOCK_FOUND_BIT()s, those of `flow` included */
    bool in_stream;              /* an RW that is part of the stream: before its end, and of its type */
    uint64_t unconsumed;         /* with UNCONSUMED_AT_CLOSE: bytes */
    int64_t waited;              /* with CLOSE_TIMEOUT: nanoseconds since the full SHUTDOWN */
    bool has_credit;             /* vsock_conn_has_credit(); not of one that overlaps another */
    struct vsock_flow_step flow; /* zero where not */
};

/* Does this packet, sent by `side`, begin a new generation? `current` is the last one between its endpoints.
 */
bool vsock_conn_begins(const struct vsock_conn *current, const struct vsock_packet *packet, uint8_t side,
                       int64_t time);

/* A generation about to take its first packet, sent by `side`. `degenerate`: both endpoints are the same. */
struct vsock_conn vsock_conn_start(const struct vsock_packet *first, uint8_t side, bool degenerate);

/* Takes the next packet, sent by `side`. `previous` is the generation
 * before, given with the first packet only; NULL if there is none. `rw` is for an RW to be kept in; it may be
 * used or not.
 */
struct vsock_step vsock_conn_step(struct vsock_conn *conn, const struct vsock_conn *previous,
                                  const struct vsock_packet *packet, uint8_t side,
                                  const struct vsock_mark *at, struct vsock_rw *rw);

/* Does the packet say anything of the connection's credit? Not a RST without a socket, nor one of a type that
 * is not the connection's, or has no credit at all; and nothing can be made of it where nothing tells the
 * sides apart. */
bool vsock_conn_has_credit(const struct vsock_conn *conn, const struct vsock_packet *packet);

/* Bytes that `side` has sent and the other side has not consumed, by its word. Where that never told of any,
 * and has answered since, it has read them all the same: 0. */
uint64_t vsock_conn_untaken(const struct vsock_conn *conn, uint8_t side);

/* Was data sent, as its packets show or their fwd_cnt? */
bool vsock_conn_carried_data(const struct vsock_conn *conn);

/* The RWs that the connection still keeps, to give back when the next generation takes its place. */
struct vsock_rw *vsock_conn_release(struct vsock_conn *conn);

#endif
