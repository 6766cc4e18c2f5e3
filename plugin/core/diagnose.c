/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose.c - codes, their names, and what two diagnoses of one problem make together. */
#include "diagnose.h"

#include <stddef.h>

#define WARN VSOCK_SEVERITY_WARN
#define NOTE VSOCK_SEVERITY_NOTE
#define ERROR VSOCK_SEVERITY_ERROR

/* Names are what scripts depend on: never change them. */
static const struct {
    const char *name;
    enum vsock_severity usual, worst;
    bool likely;
} codes[] = {
    [VSOCK_CODE_CONNECT_REFUSED] = {"connect-refused", NOTE, WARN, false},
    [VSOCK_CODE_CONNECT_UNANSWERED] = {"connect-unanswered", WARN, WARN, false},
    [VSOCK_CODE_CONNECT_SLOW] = {"connect-slow", NOTE, WARN, false},
    [VSOCK_CODE_CONNECT_ABANDONED] = {"connect-abandoned", NOTE, NOTE, false},
    [VSOCK_CODE_CONNECT_TYPE_MISMATCH] = {"connect-type-mismatch", WARN, WARN, false},
    [VSOCK_CODE_LISTENER_LOST] = {"listener-lost", WARN, WARN, false},
    [VSOCK_CODE_PORT_SCAN] = {"port-scan", WARN, WARN, false},
    [VSOCK_CODE_PEER_GONE] = {"peer-gone", WARN, WARN, false},
    [VSOCK_CODE_RESET_ABORTED] = {"reset-aborted", ERROR, ERROR, false},
    [VSOCK_CODE_RESET_QUEUE_OVERHEAD] = {"reset-queue-overhead", ERROR, ERROR, true},
    [VSOCK_CODE_RESET_AFTER_OVERRUN] = {"reset-after-overrun", ERROR, ERROR, false},
    [VSOCK_CODE_CREDIT_OVERRUN] = {"credit-overrun", ERROR, ERROR, false},
    [VSOCK_CODE_CREDIT_COUNTER_AHEAD] = {"credit-counter-ahead", ERROR, ERROR, false},
    [VSOCK_CODE_CREDIT_COUNTER_BACKWARDS] = {"credit-counter-backwards", ERROR, ERROR, false},
    [VSOCK_CODE_BUFFER_SHRUNK] = {"buffer-shrunk", WARN, WARN, false},
    [VSOCK_CODE_STALL_RECEIVER_NOT_READING] = {"stall-receiver-not-reading", WARN, WARN, false},
    [VSOCK_CODE_STALL_SLOW_READER] = {"stall-slow-reader", NOTE, NOTE, false},
    [VSOCK_CODE_STALL_OWN_CAP] = {"stall-own-cap", WARN, WARN, false},
    [VSOCK_CODE_STALL_UPDATE_MISSING] = {"stall-update-missing", WARN, WARN, true},
    [VSOCK_CODE_STALL_UNDECIDED] = {"stall-undecided", NOTE, NOTE, false},
    [VSOCK_CODE_CREDIT_REQUEST_UNANSWERED] = {"credit-request-unanswered", WARN, WARN, false},
    [VSOCK_CODE_HALF_CLOSE_HANG] = {"half-close-hang", NOTE, NOTE, true},
    [VSOCK_CODE_CLOSE_TIMEOUT] = {"close-timeout", NOTE, NOTE, false},
    [VSOCK_CODE_DATA_LOST_AT_CLOSE] = {"data-lost-at-close", WARN, WARN, false},
    [VSOCK_CODE_ORPHANED_STREAM] = {"orphaned-stream", NOTE, NOTE, true},
    [VSOCK_CODE_NO_DATA] = {"no-data", NOTE, NOTE, false},
    [VSOCK_CODE_HEAD_OF_LINE] = {"head-of-line", WARN, WARN, false},
    [VSOCK_CODE_LARGE_SEND_RISK] = {"large-send-risk", NOTE, NOTE, true},
    [VSOCK_CODE_MESSAGE_TOO_BIG] = {"message-too-big", ERROR, ERROR, false},
    [VSOCK_CODE_MESSAGE_TRUNCATED] = {"message-truncated", NOTE, NOTE, false},
    [VSOCK_CODE_CAPTURE_LOSS] = {"capture-loss", NOTE, NOTE, false},
    [VSOCK_CODE_KERNEL_TAP_BUG] = {"kernel-tap-bug", NOTE, NOTE, false},
    [VSOCK_CODE_CID_ANOMALY] = {"cid-anomaly", NOTE, NOTE, false},
};
static_assert(sizeof(codes) / sizeof(codes[0]) == VSOCK_CODE_COUNT, "every code has its row");

#define STALL_FIGURES                                                                                        \
    {                                                                                                        \
        .count = "stalls", .limit = "buffer_bytes", .longest = "longest_s", .total = "total_s"               \
    }

static const struct vsock_figure_names figures[] = {
    [VSOCK_CODE_CONNECT_REFUSED] = {.count = "refused",
                                    .of = "requests",
                                    .others = "accepted",
                                    .total = "span_s"},
    [VSOCK_CODE_CONNECT_UNANSWERED] = {.count = "unanswered",
                                       .of = "requests",
                                       .others = "accepted",
                                       .total = "span_s"},
    [VSOCK_CODE_CONNECT_SLOW] = {.longest = "connect_s"},
    [VSOCK_CODE_CONNECT_ABANDONED] = {.longest = "connect_s"},
    [VSOCK_CODE_CONNECT_TYPE_MISMATCH] = {.count = "refused",
                                          .of = "requests",
                                          .others = "accepted_of_other_type",
                                          .total = "span_s"},
    [VSOCK_CODE_LISTENER_LOST] = {.count = "refused",
                                  .of = "open",
                                  .others = "accepted_before",
                                  .total = "span_s"},
    [VSOCK_CODE_PORT_SCAN] = {.count = "refused", .total = "span_s"},
    [VSOCK_CODE_PEER_GONE] = {.total = "age_s"},
    [VSOCK_CODE_RESET_ABORTED] = {.bytes = "unconsumed_bytes", .limit = "buffer_bytes", .total = "age_s"},
    [VSOCK_CODE_RESET_QUEUE_OVERHEAD] = {.bytes = "unconsumed_bytes",
                                         .limit = "buffer_bytes",
                                         .total = "age_s"},
    [VSOCK_CODE_RESET_AFTER_OVERRUN] = {.bytes = "unconsumed_bytes",
                                        .limit = "buffer_bytes",
                                        .total = "age_s"},
    [VSOCK_CODE_CREDIT_OVERRUN] = {.count = "packets", .bytes = "exceeded_bytes"},
    [VSOCK_CODE_CREDIT_COUNTER_AHEAD] = {.count = "packets", .bytes = "ahead_bytes"},
    [VSOCK_CODE_CREDIT_COUNTER_BACKWARDS] = {.count = "packets", .bytes = "back_bytes"},
    [VSOCK_CODE_BUFFER_SHRUNK] = {.count = "packets", .bytes = "beyond_bytes", .limit = "buffer_bytes"},
    [VSOCK_CODE_STALL_RECEIVER_NOT_READING] = STALL_FIGURES,
    [VSOCK_CODE_STALL_SLOW_READER] = STALL_FIGURES,
    [VSOCK_CODE_STALL_OWN_CAP] = STALL_FIGURES,
    [VSOCK_CODE_STALL_UPDATE_MISSING] = STALL_FIGURES,
    [VSOCK_CODE_STALL_UNDECIDED] = STALL_FIGURES,
    [VSOCK_CODE_CREDIT_REQUEST_UNANSWERED] = {.count = "requests",
                                              .others = "never_answered",
                                              .longest = "longest_s"},
    [VSOCK_CODE_HALF_CLOSE_HANG] = {.longest = "silence_s"},
    [VSOCK_CODE_CLOSE_TIMEOUT] = {.bytes = "unconsumed_bytes", .longest = "waited_s"},
    [VSOCK_CODE_DATA_LOST_AT_CLOSE] = {.bytes = "unconsumed_bytes"},
    [VSOCK_CODE_ORPHANED_STREAM] = {.longest = "gap_s", .total = "silence_s"},
    [VSOCK_CODE_NO_DATA] = {.count = "streams", .longest = "longest_s"},
    [VSOCK_CODE_HEAD_OF_LINE] = {.count = "streams", .longest = "together_s"},
    [VSOCK_CODE_LARGE_SEND_RISK] = {.count = "packets", .bytes = "largest_bytes"},
    [VSOCK_CODE_MESSAGE_TOO_BIG] = {.count = "messages", .limit = "buffer_bytes"},
    [VSOCK_CODE_MESSAGE_TRUNCATED] = {.count = "ends"},
    [VSOCK_CODE_CAPTURE_LOSS] = {.count = "gaps",
                                 .of = "streams",
                                 .others = "credit_records",
                                 .bytes = "missing_bytes"},
    [VSOCK_CODE_KERNEL_TAP_BUG] = {.count = "packets", .of = "streams"},
    [VSOCK_CODE_CID_ANOMALY] = {.count = "packets", .of = "streams"},
};
static_assert(sizeof(figures) / sizeof(figures[0]) == VSOCK_CODE_COUNT, "every code has its figures");

const char *vsock_code_name(enum vsock_code code)
{
    return codes[code].name;
}

const struct vsock_figure_names *vsock_code_figures(enum vsock_code code)
{
    return &figures[code];
}

bool vsock_code_is_likely(enum vsock_code code)
{
    return codes[code].likely;
}

enum vsock_severity vsock_code_worst(enum vsock_code code)
{
    return codes[code].worst;
}

const char *vsock_severity_name(enum vsock_severity severity)
{
    switch (severity) {
    case VSOCK_SEVERITY_CHAT:
        return "chat";
    case VSOCK_SEVERITY_NOTE:
        return "note";
    case VSOCK_SEVERITY_WARN:
        return "warn";
    case VSOCK_SEVERITY_ERROR:
        return "error";
    }
    return "";
}

struct vsock_diagnosis vsock_diagnosis_start(enum vsock_code code, uint32_t frame, int64_t time)
{
    return (struct vsock_diagnosis){
        .code = code,
        .severity = codes[code].usual,
        .stream = VSOCK_STREAM_NONE,
        .first_frame = frame,
        .last_frame = frame,
        .time = time,
    };
}

void vsock_diagnosis_worsen(struct vsock_diagnosis *d)
{
    d->severity = codes[d->code].worst;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

int64_t vsock_time_sum(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

static void merge_sizes(struct vsock_diagnosis *d, const struct vsock_diagnosis *more)
{
    struct vsock_figures *f = &d->figures;

    switch ((unsigned)d->code) {
    case VSOCK_CODE_CAPTURE_LOSS:
        f->bytes += more->figures.bytes;
        break;
    case VSOCK_CODE_BUFFER_SHRUNK: /* so much beyond that buffer: of the worst packet, both */
        if (more->figures.bytes <= f->bytes)
            break;
        f->bytes = more->figures.bytes;
        f->limit = more->figures.limit;
        break;
    default:
        f->bytes = larger(f->bytes, more->figures.bytes);
        f->limit = larger(f->limit, more->figures.limit);
        break;
    }
}

void vsock_diagnosis_merge(struct vsock_diagnosis *d, const struct vsock_diagnosis *more)
{
    if (more->first_frame < d->first_frame) {
        d->first_frame = more->first_frame;
        d->time = more->time;
    }
    if (more->last_frame > d->last_frame)
        d->last_frame = more->last_frame;
    if (more->severity > d->severity)
        d->severity = more->severity;
    d->lasting |= more->lasting;
    d->picked |= more->picked;
    d->figures.count += more->figures.count;
    d->figures.total = vsock_time_sum(d->figures.total, more->figures.total);
    d->figures.others += more->figures.others;
    merge_sizes(d, more);
    if (more->figures.longest > d->figures.longest)
        d->figures.longest = more->figures.longest;
}

static int order(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

int vsock_diagnosis_compare(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    int by = order(b->severity, a->severity);

    if (by == 0)
        by = order(a->time, b->time);
    if (by == 0)
        by = order(a->first_frame, b->first_frame);
    if (by == 0)
        by = order(a->code, b->code);
    return by != 0 ? by : order(a->stream, b->stream);
}
