/* SPDX-License-Identifier: GPL-2.0-or-later
 * life.h - one connection as a whole, summed up packet by packet in a fixed size, and what went wrong in it.
 * What a packet proves is said at once; what only the end tells, at the end. conn.h has the rules of single
 * packets; nothing here looks at them twice. */
#ifndef VSOCK_CORE_LIFE_H
#define VSOCK_CORE_LIFE_H

#include "conn.h"
#include "diagnose.h"

#define VSOCK_NEVER INT64_MAX

/* From here on it counts. All in nanoseconds. 0: a timeout never does, a stall always. */
struct vsock_thresholds {
    int64_t connect_timeout; /* a REQUEST without answer */
    int64_t stall_note;      /* a slow reader */
    int64_t stall_warning;   /* any other stall */
    int64_t credit_request_timeout;
};

/* What a packet was in its connection, as its record has it. */
struct vsock_event {
    const struct vsock_packet *packet;
    uint32_t frame;
    int64_t time;
    uint8_t side; /* its sender */
    enum vsock_state state;
    enum vsock_rst_kind rst_kind;
    uint64_t findings;
    uint32_t malformed; /* VSOCK_MALFORMED_BIT()s */
    bool counted;       /* an RW that is part of the stream */
    bool has_credit;
    bool has_window;
    int64_t window;          /* what the sender may still send, with has_window */
    uint64_t in_flight;      /* what the sender has sent and its receiver has not consumed, with has_credit */
    uint64_t peer_in_flight; /* what the receiver has sent and the sender has not consumed, with has_credit */

    /* With the findings that they belong to. */
    uint64_t exceeded, ahead, backwards;
    int64_t connect_time; /* RESPONSE */
    int64_t waited;       /* CLOSE_TIMEOUT */
    uint32_t stall_frame; /* STALL_ENDED: where it began */
    int64_t stall_began;
    enum vsock_stall_cause stall_cause;
    bool asks; /* a CREDIT_REQUEST that waits for its answer */
    bool answers;
};

struct vsock_tally {
    uint32_t packets;
    uint32_t rws;
    uint32_t updates; /* CREDIT_UPDATEs */
    uint64_t bytes;
    int64_t lowest_window; /* for what it sends, with has_window */
    bool has_window;
    bool stamped; /* it has said its fwd_cnt: */
    bool moved;   /* and another one since */
    uint32_t fwd_cnt, buf_alloc;
    uint32_t spoke_frame; /* its last stamped packet */
    uint64_t unread;      /* bytes sent to it that it has not consumed */
    uint8_t shut;         /* VSOCK_SHUTDOWN_*, ORed */
    bool message_open;    /* SEQPACKET: it owes an EOM */
    bool peer_stamped_at_shut;
    uint32_t peer_fwd_cnt_at_shut; /* the other side's, when this one sent SHUTDOWN(SEND) */
    uint32_t asked_frame;          /* its CREDIT_REQUEST that has no answer, or 0 */
    int64_t asked_time;
    bool overran;     /* it has sent more than it was ever allowed, and the other side has not consumed it: */
    uint32_t allowed; /* the fwd_cnt that would say that it did is beyond this one */
};

/* Zero-initialised but for what vsock_life_start() sets. Indices are sides. */
struct vsock_life {
    bool exact;      /* its REQUEST was captured */
    bool degenerate; /* both endpoints are the same: nothing tells the sides apart */
    bool loopback;
    uint8_t client; /* side, or VSOCK_SIDE_UNKNOWN */
    uint16_t type;
    enum vsock_state state;
    enum vsock_rst_kind rst_kind; /* of its first RST */
    uint8_t rst_side;
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    int64_t connect_time; /* 0 while there was no RESPONSE */
    int64_t shut_time;    /* of the first SHUTDOWN; VSOCK_NEVER while there was none */
    struct vsock_tally side[2];
    uint32_t stalls; /* that ended */
    int64_t longest_stall, total_stall;
    uint32_t large_frame; /* first RW that does not fit what many device models handle, or 0 */
    int64_t large_time;
    uint8_t large_side;
    uint32_t large_count;
    uint32_t largest;
};

/* What the whole capture tells of a connection. */
struct vsock_ending {
    const struct vsock_conn *conn; /* after its last packet */
    int64_t known_until;           /* it is known what happened, and what did not, until then */
};

/* No packet, and no end, gives more. */
#define VSOCK_LIFE_DIAGNOSES_MAX 16

struct vsock_diagnoses {
    struct vsock_diagnosis list[VSOCK_LIFE_DIAGNOSES_MAX];
    unsigned count;
};

struct vsock_life vsock_life_start(const struct vsock_conn *conn, bool loopback);

/* Takes the next packet and says what it proves. Endpoints and stream are left to the caller: `side` is the
 * source's. */
void vsock_life_take(struct vsock_life *life, const struct vsock_event *event,
                     const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found);

/* What is wrong with the packet by itself, whatever connection it is in. */
void vsock_packet_diagnose(const struct vsock_packet *packet, uint32_t malformed, uint8_t side,
                           uint32_t frame, int64_t time, struct vsock_diagnoses *found);

/* Had the REQUEST, of the time `requested`, no answer in time although there was time to give one? */
bool vsock_life_unanswered(const struct vsock_ending *ending, int64_t requested,
                           const struct vsock_thresholds *thresholds);

/* What only the end tells. The connection's REQUEST, if it had no answer, is left to timeline.h. */
void vsock_life_end(const struct vsock_life *life, const struct vsock_ending *ending,
                    const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found);

/* For how long has `sender` been waiting at the end? 0: it does not wait. */
int64_t vsock_life_open_stall(const struct vsock_ending *ending, uint8_t sender);

#endif
