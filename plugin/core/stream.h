/* SPDX-License-Identifier: GPL-2.0-or-later
 * stream.h - one connection as a whole: its state, what each side sent, and what went wrong in it. It is
 * summed up packet by packet, in a fixed size, on the first pass; all that shows a connection reads it here.
 * What a packet proves is said at once; what only the end tells, at the end. conn.h has the rules of single
 * packets. */
#ifndef VSOCK_CORE_STREAM_H
#define VSOCK_CORE_STREAM_H

#include "conn.h"
#include "diagnosis.h"
#include "fragment.h"
#include "mismatch.h"
#include "unrecorded.h"
#include "wrap.h"

#define VSOCK_RUN_PAUSE VSOCK_SECOND

/* A RESPONSE, or a RST instead, that comes so late is worth a word; Linux's connect() has given up after two
 * seconds (VSOCK_DEFAULT_CONNECT_TIMEOUT). */
#define VSOCK_SLOW_CONNECT VSOCK_SECOND
#define VSOCK_LOST_CONNECT (2 * VSOCK_SECOND)

#define VSOCK_STREAM_UNKNOWN UINT32_MAX /* instead of an index */

/* From here on it counts. All in nanoseconds. 0: a timeout never does, a stall always. */
struct vsock_thresholds {
    int64_t connect_timeout; /* a REQUEST without answer */
    int64_t stall_note;      /* a slow reader */
    int64_t stall_warning;   /* any other stall */
    int64_t credit_request_timeout;
    int64_t late; /* from one side's recording to the other's; 0: never */

    enum vsock_large_payload large_payload; /* what the user knows of the kernel that recorded */
    uint32_t followed;                      /* connections, whatever there is of them; 0: all */
};

/* What they are unless somebody wants others, in milliseconds. Linux gives up a connect after 2 s unless told
 * otherwise, silently (VSOCK_DEFAULT_CONNECT_TIMEOUT). */
#define VSOCK_USUAL_CONNECT_TIMEOUT 2000
#define VSOCK_USUAL_STALL_NOTE 100
#define VSOCK_USUAL_STALL_WARNING 1000
#define VSOCK_USUAL_CREDIT_REQUEST_TIMEOUT 1000
#define VSOCK_USUAL_LATE 100
#define VSOCK_USUAL_LARGE_PAYLOAD VSOCK_LARGE_PAYLOAD_BY_BYTES
#define VSOCK_USUAL_FOLLOWED 100000

struct vsock_thresholds vsock_thresholds_usual(void);

/* How far times go back from a packet to the next one. */
enum vsock_order {
    VSOCK_ORDER_KEPT,
    VSOCK_ORDER_SLIGHT, /* by less than VSOCK_STEP_BACK */
    VSOCK_ORDER_BROKEN,
};

/* The times of all packets of a source, one after another: see time_order.h. */
struct vsock_time_order {
    bool begun;
    int64_t last;  /* when the packet before was */
    uint32_t back; /* packets that are earlier than the one before */
    int64_t longest;
    uint64_t place;                  /* of the first of these: see diagnosis.h */
    struct vsock_mark first, latest; /* of these; record 0: it has none */
    uint32_t answers;                /* that are earlier, by VSOCK_STEP_BACK, than what they answer */
};

/* One interface of one section: a kernel, most likely, and a stretch of time. */
struct vsock_capture_source {
    enum vsock_tap_layout layout;
    struct vsock_tap_kernel kernel;
    int64_t *seen_from;  /* of the section: when its first packet was */
    int64_t *seen_until; /* of the section: when its last packet was; not the latest, where times go back:
                            what is missing after that may stand before it */
    bool has_own_clock;  /* another side's recording is in the section, too (twins.h): */
    int64_t own_until;   /* instead, by its own clock */
    struct vsock_time_order order;
};

/* What the receiver of a side's data leaves unconsumed, exchange by exchange: from data of the one, through
 * data of the other and a rest, to the next data of the one. Who asks again has read the answer. */
struct vsock_exchanges {
    bool answered, rested;   /* so far in this one */
    uint32_t leaking;        /* so many in a row, after each of which more was left than before */
    uint64_t sent, consumed; /* stream offsets at the end of the last one */
};

enum vsock_unread_outcome {
    VSOCK_UNREAD_STILL,
    VSOCK_UNREAD_GIVEN_UP, /* its sender closed or reset the connection, after 3 s or more */
    VSOCK_UNREAD_LATE,     /* it was read after 10 s or more, and it was the first that was */
    VSOCK_UNREAD_DROPPED,  /* its receiver closed the connection, after 10 s or more */
};

/* Data that the other side, silent since, has not said it consumed. */
struct vsock_unread {
    struct vsock_mark since; /* record 0: there is none */
    struct vsock_mark until; /* with an outcome; and the next */
    uint64_t bytes;
    enum vsock_unread_outcome outcome;
    bool proved; /* the receiver itself said so later */
};

/* What one side sent. */
struct vsock_side_stats {
    uint32_t packets;
    uint32_t rws;
    uint32_t updates; /* CREDIT_UPDATEs */
    uint32_t spoke;   /* record of its last packet with credit */
    uint32_t sent;    /* ... of its last RW */
    bool has_window;
    bool moved;                   /* its fwd_cnt has changed since the first */
    bool answered;                /* it sent data when the other side had */
    bool peer_advertised_at_shut; /* when it sent SHUTDOWN(SEND), the other side's fwd_cnt was known: */
    uint32_t peer_fwd_cnt_at_shut;
    uint64_t bytes;
    int64_t lowest_window;    /* for what it sends, with has_window */
    int64_t lowest_effective; /* the same, capped at its own buffer: see vsock_stream_lowest_effective() */
};

/* What data tells. Many connections carry none, so it is apart. */
struct vsock_stream_data {
    struct {
        struct vsock_exchanges exchanges;
        struct vsock_unread unread;
        struct vsock_opening opening;
    } side[2];           /* of what it sent */
    int64_t moved_at[2]; /* when each side's fwd_cnt moved last */
    bool in_part[2];     /* ... that was to a place within an RW that was captured */
    uint8_t large_side;
    uint32_t run;    /* RWs in a row, each within VSOCK_RUN_PAUSE of the one before, up to the last one */
    int64_t last_rw; /* when that was */
    struct vsock_split split[2];
    struct vsock_blanks blanks;
    struct vsock_mark large; /* first RW, of large_side, that does not fit what many device models handle */
    uint32_t large_count;
    uint32_t largest;
};

struct vsock_stream_stats {
    struct vsock_side_stats side[2];
    struct vsock_mark first;
    int64_t shut_time; /* of the first SHUTDOWN; VSOCK_TIME_NONE while there was none */
    int64_t
        idle_before_end; /* how long it had been silent at its first SHUTDOWN or RST; or VSOCK_TIME_NONE */
    struct vsock_mark end_of_wait; /* what ended, without data, a silence that a half close had begun */
    bool data_since_shut;
    uint32_t stalls; /* that ended */
    int64_t longest_stall, total_stall;
};

/* What packets of it wait for the future to tell; by side, which sent them, but for `reopened`. */
struct vsock_awaited {
    struct vsock_record_ext *overruns[2]; /* unresolved */
    struct vsock_record_ext *asked[2];    /* its CREDIT_REQUEST that has no answer */
    struct vsock_record_ext *reopened[2]; /* the end of its stall, until it goes on */
};

/* An older connection between the same endpoints, that was open when a new one was asked for. */
struct vsock_held {
    const struct vsock_stream *stream;
    int64_t spoke; /* when anybody had last, then */
};

/* One generation of a connection. Marks are those of the capture: on the first pass the future is not known.
 * What every packet needs comes first, as in struct vsock_flow: with many connections, most of what a packet
 * costs is the cache lines that it asks for. */
struct vsock_stream {
    struct vsock_mark last;              /* its last packet */
    uint32_t packets;                    /* copies included */
    uint32_t last_record;                /* 0: none yet */
    struct vsock_payload_state *payload; /* the hand-off's own */
    struct vsock_cid_pair *cid_pair;
    void *conversation; /* epan's; NULL while there is one packet without payload */
    struct vsock_stream_data
        *data; /* NULL until its first RW, before which its caller provides it, all zero */
    struct vsock_capture_source *source;

    struct vsock_duplicates *duplicates; /* NULL unless it was captured twice, or may have been */
    struct vsock_overlap *overlap;       /* NULL unless it began while an older one was open */
    struct vsock_awaited *awaited;       /* NULL until there is any */
    wmem_array_t *wraps;                 /* of struct vsock_wrap; NULL while no counter has gone round */
    uint32_t index;                      /* vsock.stream */
    bool candidate;                      /* it may turn out to have been captured twice */
    uint8_t order;             /* enum vsock_order: the worst, from the packet before its first one on */
    bool owed_full[2];         /* what each side is to answer is owed since its buffer is full */
    struct vsock_mark owed[2]; /* what each side is to answer; record 0: nothing. stood_still.c's */
    struct vsock_stream_stats stats;
    struct vsock_conn
        conn; /* after the last packet of the first pass; what a packet shows is in its record */
    int64_t
        superseded_time; /* when the next generation between the same endpoints began; or VSOCK_TIME_NONE */
    struct vsock_endpoint side[2];
    const struct vsock_held *held; /* the one in `overlap`, if its other side had spoken on it; or NULL */
    uint32_t previous; /* of the generation before between the same endpoints, or VSOCK_STREAM_UNKNOWN */
    uint32_t pair;     /* of the first stream between the same endpoints, whatever interface */
    struct vsock_stream_diagnosis *diagnoses;
};

/* No packet, and no end, gives more. */
#define VSOCK_DIAGNOSES_MAX 16

struct vsock_diagnoses {
    struct vsock_diagnosis list[VSOCK_DIAGNOSES_MAX];
    unsigned count;
};

/* Makes a zero-initialised stream ready for its first packet. */
void vsock_stream_start(struct vsock_stream *stream, const struct vsock_packet *first, uint8_t side);

/* Takes the next packet, whose findings by itself are `malformed`, and adds what it proves to `found`.
 * Endpoints and stream of a diagnosis are left to the caller: `side` is its source's. Otherwise as
 * vsock_conn_step(). */
struct vsock_step vsock_stream_take(struct vsock_stream *stream, const struct vsock_stream *previous,
                                    const struct vsock_packet *packet, uint32_t malformed, uint8_t side,
                                    const struct vsock_mark *at, struct vsock_rw *rw,
                                    const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found);

/* What is wrong with the packet by itself, whatever connection it is in. */
void vsock_packet_diagnose(uint16_t op, uint32_t malformed, uint8_t side, const struct vsock_mark *at,
                           struct vsock_diagnoses *found);

/* Until when it is known what happened in the stream, and what did not: its RST, the next generation, or the
 * last packet seen in its section. */
int64_t vsock_stream_known_until(const struct vsock_stream *stream);

/* The client's side; where it is not known, that of the larger port. */
uint8_t vsock_stream_client(const struct vsock_stream *stream);

/* Had its REQUEST no answer in time although there was time to give one? */
bool vsock_stream_unanswered(const struct vsock_stream *stream, const struct vsock_thresholds *thresholds);

/* The smallest window that `sender` had, as it keeps to it: not to its own buffer where it was seen to send
 * beyond that. Only with has_window. */
int64_t vsock_stream_lowest_effective(const struct vsock_stream *stream, uint8_t sender);

/* For how long has `sender` been waiting at the end? 0: it does not wait. */
int64_t vsock_stream_open_stall(const struct vsock_stream *stream, uint8_t sender);

/* Is an answer late that a CREDIT_REQUEST of `asked` had `until` then, or not yet? */
bool vsock_answer_late(const struct vsock_thresholds *thresholds, int64_t asked, int64_t until);

/* What a stall that ended is called. */
enum vsock_code vsock_stall_code(enum vsock_stall_cause cause);

/* Is it a stall worth a diagnosis? */
bool vsock_stall_counts(enum vsock_stall_cause cause, int64_t length,
                        const struct vsock_thresholds *thresholds);

/* At the end: has `sender` sent nothing since its window opened again, although it could? */
bool vsock_stream_was_done(const struct vsock_stream *stream, uint8_t sender);

/* Adds what only the end tells. The connection's REQUEST, if it had no answer, is left to requests.h. */
void vsock_stream_end(const struct vsock_stream *stream, const struct vsock_thresholds *thresholds,
                      struct vsock_diagnoses *found);

#endif
