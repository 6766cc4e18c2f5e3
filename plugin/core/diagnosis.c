/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnosis.c - what two diagnoses of one problem make together, and their order. */
#include "diagnosis.h"

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

const char *vsock_settled_name(enum vsock_settled settled)
{
    switch (settled) {
    case VSOCK_SETTLED_BY_NOTHING:
        break;
    case VSOCK_SETTLED_NEVER_ARRIVED:
        return "never-arrived";
    case VSOCK_SETTLED_NEVER_ANSWERED:
        return "never-answered";
    case VSOCK_SETTLED_ANSWER_LOST:
        return "answer-lost";
    case VSOCK_SETTLED_SAID_NOTHING:
        return "said-nothing";
    }
    return NULL;
}

uint64_t vsock_place(uint32_t record)
{
    return (uint64_t)record << 32;
}

uint32_t vsock_place_record(uint64_t place)
{
    return (uint32_t)place == 0 ? (uint32_t)(place >> 32) : 0;
}

struct vsock_diagnosis vsock_diagnosis_start(enum vsock_code code, const struct vsock_mark *at)
{
    return (struct vsock_diagnosis){
        .code = code,
        .severity = vsock_codes[code].usual,
        .stream = VSOCK_STREAM_NONE,
        .first_frame = at->frame,
        .last_frame = at->frame,
        .last_record = at->record,
        .place = vsock_place(at->record),
        .time = at->time,
    };
}

void vsock_diagnosis_end(struct vsock_diagnosis *d, const struct vsock_mark *at)
{
    d->last_frame = at->frame;
    d->last_record = at->record;
}

void vsock_diagnosis_worsen(struct vsock_diagnosis *d)
{
    d->severity = vsock_codes[d->code].worst;
}

void vsock_diagnosis_soften(struct vsock_diagnosis *d)
{
    d->severity = MIN(d->severity, VSOCK_SEVERITY_NOTE);
}

int64_t vsock_time_sum(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

int64_t vsock_time_at(int64_t seconds, int nanoseconds)
{
    const int64_t limit = INT64_C(4000000000);

    return CLAMP(seconds, -limit, limit) * VSOCK_SECOND + nanoseconds;
}

int64_t vsock_time_passed(int64_t from, int64_t until)
{
    return MAX(until - from, 0);
}

static int order(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int order_of_packets(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    int by = order(a->first_frame, b->first_frame);

    return by != 0 ? by : order((int64_t)a->place, (int64_t)b->place);
}

/* Before the longest of both is set. */
static void merge_sizes(struct vsock_diagnosis *d, const struct vsock_diagnosis *more)
{
    struct vsock_figures *f = &d->figures;

    switch ((unsigned)d->code) {
    case VSOCK_CODE_STALL_RECEIVER_NOT_READING:
    case VSOCK_CODE_STALL_SLOW_READER:
    case VSOCK_CODE_STALL_OWN_CAP:
    case VSOCK_CODE_STALL_UPDATE_MISSING:
    case VSOCK_CODE_STALL_WORD_HELD:
    case VSOCK_CODE_STALL_UNDECIDED: /* of the longest stall, both */
        if (more->figures.longest <= f->longest)
            break;
        f->limit = more->figures.limit;
        d->cause = more->cause;
        break;
    case VSOCK_CODE_CAPTURE_LOSS:
    case VSOCK_CODE_PAYLOAD_NOT_RECORDED:
        f->bytes += more->figures.bytes;
        break;
    case VSOCK_CODE_BUFFER_SHRUNK: /* so much beyond that buffer: of the worst packet, both */
        if (more->figures.bytes <= f->bytes)
            break;
        f->bytes = more->figures.bytes;
        f->limit = more->figures.limit;
        break;
    default:
        f->bytes = MAX(f->bytes, more->figures.bytes);
        f->limit = MAX(f->limit, more->figures.limit);
        break;
    }
}

void vsock_diagnosis_merge(struct vsock_diagnosis *d, const struct vsock_diagnosis *more)
{
    if (order_of_packets(more, d) < 0) {
        d->first_frame = more->first_frame;
        d->place = more->place;
        d->time = more->time;
    }
    d->last_frame = MAX(d->last_frame, more->last_frame);
    d->last_record = MAX(d->last_record, more->last_record);
    d->severity = MAX(d->severity, more->severity);
    d->lasting |= more->lasting;
    d->gave_up |= more->gave_up;
    d->doubtful &= more->doubtful;
    d->selected |= more->selected;
    if (d->type != more->type)
        d->type = 0;
    if (d->settled != more->settled)
        d->settled = VSOCK_SETTLED_BY_NOTHING;
    d->figures.count += more->figures.count;
    d->figures.total = vsock_time_sum(d->figures.total, more->figures.total);
    d->figures.others += more->figures.others;
    d->figures.proved = vsock_time_sum(d->figures.proved, more->figures.proved);
    merge_sizes(d, more);
    d->figures.longest = MAX(d->figures.longest, more->figures.longest);
}

void vsock_diagnosis_add(struct vsock_diagnosis *sum, const struct vsock_diagnosis *more)
{
    if (sum->figures.count == 0)
        *sum = *more;
    else
        vsock_diagnosis_merge(sum, more);
}

void vsock_diagnosis_extend(struct vsock_diagnosis *sum, int64_t until)
{
    sum->figures.total = MAX(sum->figures.total, until - sum->time);
}

void vsock_diagnoses_drop(GArray *found, bool (*is_dropped)(const struct vsock_diagnosis *, void *),
                          void *context)
{
    struct vsock_diagnosis *list = (struct vsock_diagnosis *)(void *)found->data;
    unsigned kept = 0;

    for (unsigned i = 0; i < found->len; i++) {
        if (!is_dropped(&list[i], context))
            list[kept++] = list[i];
    }
    g_array_set_size(found, kept);
}

int vsock_diagnosis_compare(const void *diagnosis, const void *other)
{
    const struct vsock_diagnosis *a = (const struct vsock_diagnosis *)diagnosis,
                                 *b = (const struct vsock_diagnosis *)other;
    int by = order(b->severity, a->severity);

    if (by == 0)
        by = order(a->time, b->time);
    if (by == 0)
        by = order_of_packets(a, b);
    if (by == 0)
        by = order(a->code, b->code);
    return by != 0 ? by : order(a->stream, b->stream);
}
