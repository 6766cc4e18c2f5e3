/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnosis.h - what went wrong, as one record a problem: its code, severity, frames and figures; and what is
 * known of each code, its words included. A diagnosis is what the packets prove, unless its code is only
 * likely. */
#ifndef VSOCK_CORE_DIAGNOSIS_H
#define VSOCK_CORE_DIAGNOSIS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "mark.h"
#include "wire.h"

enum vsock_severity {
    VSOCK_SEVERITY_CHAT,
    VSOCK_SEVERITY_NOTE,
    VSOCK_SEVERITY_WARN,
    VSOCK_SEVERITY_ERROR,
};

/* diagnosis_codes.c has a row for each. */
enum vsock_code {
    /* Connections that never were. */
    VSOCK_CODE_CONNECT_REFUSED,
    VSOCK_CODE_CONNECT_UNANSWERED,
    VSOCK_CODE_STALE_RESET,
    VSOCK_CODE_STALE_CONNECTION,
    VSOCK_CODE_CONNECT_SLOW,
    VSOCK_CODE_CONNECT_ABANDONED,
    VSOCK_CODE_CONNECT_TYPE_MISMATCH,
    VSOCK_CODE_LISTENER_LOST,
    VSOCK_CODE_PORT_SCAN,
    VSOCK_CODE_ACCEPT_AND_CLOSE,
    VSOCK_CODE_DATAGRAM_REFUSED,

    /* Connections that broke. */
    VSOCK_CODE_PEER_GONE,
    VSOCK_CODE_CLOSED_BY_RESET,
    VSOCK_CODE_RESET_ABORTED,
    VSOCK_CODE_RESET_QUEUE_OVERHEAD,
    VSOCK_CODE_RESET_AFTER_OVERRUN,
    VSOCK_CODE_RESTORED_OR_RESTARTED,
    VSOCK_CODE_RESET_STORM,

    /* Flow control that was broken. */
    VSOCK_CODE_CREDIT_OVERRUN,
    VSOCK_CODE_CREDIT_COUNTER_AHEAD,
    VSOCK_CODE_CREDIT_COUNTER_BACKWARDS,
    VSOCK_CODE_BUFFER_SHRUNK,
    VSOCK_CODE_CREDIT_LEAK,

    /* Senders that had to wait. */
    VSOCK_CODE_STALL_RECEIVER_NOT_READING,
    VSOCK_CODE_STALL_SLOW_READER,
    VSOCK_CODE_STALL_OWN_CAP,
    VSOCK_CODE_STALL_UPDATE_MISSING,
    VSOCK_CODE_STALL_UNDECIDED,
    VSOCK_CODE_CREDIT_REQUEST_UNANSWERED,
    VSOCK_CODE_NOT_READ,

    /* Between two sides that were both recorded. */
    VSOCK_CODE_STALL_WORD_HELD,
    VSOCK_CODE_NOT_DELIVERED,
    VSOCK_CODE_DELIVERED_LATE,
    VSOCK_CODE_ALTERED,
    VSOCK_CODE_REORDERED,

    /* Ends that were not clean, and streams that went silent. */
    VSOCK_CODE_HALF_CLOSE_HANG,
    VSOCK_CODE_HALF_CLOSE_SLOW,
    VSOCK_CODE_CLOSE_TIMEOUT,
    VSOCK_CODE_CLOSED_TOO_SOON,
    VSOCK_CODE_DATA_LOST_AT_CLOSE,
    VSOCK_CODE_CLOSED_UNREAD,
    VSOCK_CODE_ORPHANED_STREAM,
    VSOCK_CODE_NO_DATA,
    VSOCK_CODE_CONNECTIONS_LEFT_OPEN,
    VSOCK_CODE_HEAD_OF_LINE,
    VSOCK_CODE_STOOD_STILL,
    VSOCK_CODE_LARGE_SEND_RISK,
    VSOCK_CODE_PROTOCOL_MISMATCH,

    /* SEQPACKET. */
    VSOCK_CODE_MESSAGE_TOO_BIG,
    VSOCK_CODE_MESSAGE_TRUNCATED,

    /* The capture itself. */
    VSOCK_CODE_CID_SHARED,
    VSOCK_CODE_CAPTURE_LOSS,
    VSOCK_CODE_KERNEL_TAP_BUG,
    VSOCK_CODE_PAYLOAD_NOT_RECORDED,
    VSOCK_CODE_CID_ANOMALY,
    VSOCK_CODE_OUT_OF_ORDER,
    VSOCK_CODE_CLOCK_SET_BACK,
    VSOCK_CODE_NOT_FOLLOWED,

    VSOCK_CODE_COUNT
};

#define VSOCK_STREAM_NONE UINT32_MAX

/* How much of an endpoint a diagnosis is about. */
enum vsock_scope {
    VSOCK_SCOPE_NONE,
    VSOCK_SCOPE_CID, /* whatever the port */
    VSOCK_SCOPE_ENDPOINT,
};

/* What a figure counts depends on the code: its row names it. */
struct vsock_figures {
    uint64_t count;
    uint64_t of;     /* ... of so many */
    uint64_t others; /* a second count */
    uint64_t bytes;
    uint64_t limit;         /* bytes, too, or a third count */
    int64_t longest, total; /* nanoseconds */
    int64_t proved;         /* of a stall: how much of it the receiver itself says that it had read nothing */
};

#define VSOCK_PORTS_NAMED 8

/* Where a request went. */
enum vsock_way {
    VSOCK_WAY_NOWHERE, /* loopback, or a CID that is no machine's */
    VSOCK_WAY_TO_GUEST,
    VSOCK_WAY_TO_HOST,
    VSOCK_WAY_TO_HOST_FROM_OUTSIDE, /* the capture has several guests of that host: it is the host's own */
    VSOCK_WAY_BETWEEN_GUESTS,
};

/* When a CID was last heard of, as seen from a request that it did not answer. */
enum vsock_heard {
    VSOCK_HEARD_NEVER,
    VSOCK_HEARD_BEFORE,
    VSOCK_HEARD_SINCE,
    VSOCK_HEARD_SHARED, /* not known: what was heard may be another machine's with that CID */
};

/* What the recording of the other side settles. */
enum vsock_settled {
    VSOCK_SETTLED_BY_NOTHING,
    VSOCK_SETTLED_NEVER_ARRIVED, /* with CONNECT_UNANSWERED: the other side does not have the REQUEST */
    VSOCK_SETTLED_NEVER_ANSWERED,
    VSOCK_SETTLED_ANSWER_LOST,
    VSOCK_SETTLED_SAID_NOTHING, /* with a stall: by its own recording, the receiver said nothing in time */
};

/* Its name in JSON; NULL for nothing. */
const char *vsock_settled_name(enum vsock_settled settled);

/* Frames that show what many streams share. */
#define VSOCK_EXAMPLES 3

struct vsock_diagnosis {
    enum vsock_code code;
    enum vsock_severity severity;
    uint32_t session; /* of several, by number; the report's */
    uint32_t stream;  /* vsock.stream, or VSOCK_STREAM_NONE */
    uint32_t streams; /* of so many, the worst one is told of (repeats.h); 0 where it is not about streams */
    uint32_t examples[VSOCK_EXAMPLES]; /* of their first frames; 0: no more */
    uint32_t first_frame, last_frame;
    uint32_t last_record; /* of one stream: of the packet at last_frame (mark.h) */
    uint64_t place;       /* of the first packet among all: frame numbers may be equal (mark.h) */
    int64_t time;         /* of the first packet, nanoseconds since the epoch */
    int64_t span;         /* with `streams`: from the first of them to the last */
    enum vsock_scope src_scope, dst_scope;
    struct vsock_endpoint src, dst; /* client and server, sender and receiver of data, or of a RST */
    uint8_t side;                   /* of src, in a stream */
    bool lasting;                   /* it was so until the connection's end, or the capture's */
    bool selected;                  /* of many streams: the user wants to know of one of them */
    bool own_fault;                 /* with CONNECT_REFUSED: the client itself ended the attempts */
    bool dialled_itself;            /* ... because it is the endpoint that it dialled */
    bool proved;                    /* with CID_SHARED: it is not only likely */
    bool shared;                    /* with CONNECT_REFUSED: several machines have one of the CIDs */
    bool doubtful;                  /* only likely, whatever its code: see time_order.h, loss.h */
    bool untimed;                   /* with OUT_OF_ORDER: packets of the capture have no time */
    uint8_t type;                   /* enum vsock_type of requests; 0: of several, or told by nothing */
    enum vsock_way way;             /* with CONNECT_UNANSWERED; and the next */
    enum vsock_heard heard;
    uint32_t ports[VSOCK_PORTS_NAMED]; /* with LISTENER_LOST: of dst; the first ones of port_count */
    uint32_t port_count;
    enum vsock_settled settled;
    uint8_t cause;  /* enum vsock_stall_cause, of the longest stall; 0: it is none */
    uint8_t unread; /* with NOT_READ: enum vsock_unread_outcome */
    bool was_done;  /* after the last stall, the sender sent nothing, although it could */
    bool gave_up;   /* the sender itself ended the last stall: it shut down */
    struct vsock_figures figures;
};

/* What the figures of a code are called; NULL where it has none of that kind. Times are in seconds there. */
struct vsock_figure_names {
    const char *count, *of, *others, *bytes, *limit, *longest, *total, *proved;
};

/* All that is known of a code. Names are what scripts depend on: never change them. */
struct vsock_code_row {
    const char *name;
    enum vsock_severity usual, worst; /* most have one; a few start milder: see vsock_diagnosis_worsen() */
    bool likely;                      /* it says what is likely, not what is proved */
    struct vsock_figure_names figures;
    const char *meaning;  /* what any diagnosis of it says: half a sentence, without figures */
    const char *sentence; /* with figures: see diagnosis_text.c */
    const char *next;     /* what to look at */
    const char *filter;   /* which packets it is about, where that is not its stream's, or its endpoints' */
    const char *(*choose_sentence)(const struct vsock_diagnosis *); /* one of several, where not NULL */
    const char *(*choose_next)(const struct vsock_diagnosis *);
};

extern const struct vsock_code_row vsock_codes[VSOCK_CODE_COUNT];

const char *vsock_severity_name(enum vsock_severity severity);

/* Adds spans of time, in nanoseconds. A capture whose clock jumps can hold more of them than 64 bits do: the
 * sum stays at the largest, or smallest, then. */
int64_t vsock_time_sum(int64_t a, int64_t b);

/* A packet's time in nanoseconds since the epoch: what no capture holds in earnest is clamped, to about the
 * years 1843 and 2096, so that differences stay within 64 bits. */
int64_t vsock_time_at(int64_t seconds, int nanoseconds);

/* A time that has passed; by a clock that went back, none. */
int64_t vsock_time_passed(int64_t from, int64_t until);

/* The place of a packet that has a record. Of one that has none, it is that of the record before it, and how
 * many packets there have been. */
uint64_t vsock_place(uint32_t record);

/* The record of the packet there; 0: it has none. */
uint32_t vsock_place_record(uint64_t place);

/* A diagnosis of the code's usual severity, about no stream and no endpoint. */
struct vsock_diagnosis vsock_diagnosis_start(enum vsock_code code, const struct vsock_mark *at);

/* What it tells of ended there. */
void vsock_diagnosis_end(struct vsock_diagnosis *diagnosis, const struct vsock_mark *at);

/* It is bad enough for the code's worst severity. */
void vsock_diagnosis_worsen(struct vsock_diagnosis *diagnosis);

/* Milder than it is: at most a note. */
void vsock_diagnosis_soften(struct vsock_diagnosis *diagnosis);

/* The same problem again, later: frames and counts add up, sizes and times keep the largest;
 * what only makes sense together stays so. */
void vsock_diagnosis_merge(struct vsock_diagnosis *diagnosis, const struct vsock_diagnosis *more);

/* The same of a sum, which has none yet where its count is 0. */
void vsock_diagnosis_add(struct vsock_diagnosis *sum, const struct vsock_diagnosis *more);

/* The sum's problems went on until then: its figure `total`. A clock may go back. */
void vsock_diagnosis_extend(struct vsock_diagnosis *sum, int64_t until);

/* Takes those away, of an array of struct vsock_diagnosis, that `is_dropped` chooses. */
void vsock_diagnoses_drop(GArray *found, bool (*is_dropped)(const struct vsock_diagnosis *, void *context),
                          void *context);

/* Two struct vsock_diagnosis, in the order of a report: the most severe first, then by time, packet, and
 * code. Returns as strcmp() does. */
int vsock_diagnosis_compare(const void *diagnosis, const void *other);

/* One sentence with the figures; to be freed. */
char *vsock_diagnosis_text(const struct vsock_diagnosis *diagnosis);

/* What to look at next. */
const char *vsock_diagnosis_next(const struct vsock_diagnosis *diagnosis);

/* A display filter, of the packets that it is about; to be freed. NULL for what is about no stream and no
 * endpoint.
 */
char *vsock_diagnosis_filter(const struct vsock_diagnosis *diagnosis);

/* An endpoint as vsock.addr has it, CID:PORT, or a CID; to be freed. NULL where the scope is NONE. */
char *vsock_scope_text(enum vsock_scope scope, struct vsock_endpoint endpoint);

#endif
