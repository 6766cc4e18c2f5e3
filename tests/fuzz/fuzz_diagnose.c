/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_diagnose.c - a capture, from its packets to its report: core/capture.h, core/record.h, core/judge.h
 * and core/diagnosis.h. Input: 1 byte, whose bits choose thresholds, and steps (capture_steps.h). */
#include <string.h>

#include "capture_steps.h"
#include "check_diagnosis.h"
#include "check_flow.h"
#include "check_memory.h"
#include "core/endings.h"
#include "core/judge.h"
#include "core/judged_once.h"
#include "core/left_open.h"
#include "core/malformed.h"
#include "core/repeats.h"
#include "core/requests.h"
#include "core/reset_storm.h"

static struct {
    wmem_allocator_t *memory;
    struct vsock_capture *capture;
    struct capture_steps steps;
    uint32_t rws;
} run;

/* ---- what a packet did ---- */

/* A link to an earlier packet of the stream. */
static void check_link(const struct vsock_record *r, uint32_t number)
{
    CHECK(number < run.capture->records);
    if (number > 0)
        CHECK(vsock_capture_record(run.capture, number)->stream == r->stream);
}

static void check_ext(const struct vsock_record *r)
{
    const struct vsock_record_ext *ext = r->ext;

    CHECK(ext->findings < VSOCK_FOUND_BIT(VSOCK_FOUND_COUNT));
    check_link(r, ext->stall);
    check_link(r, ext->answers);
    CHECK((ext->stall != 0) == VSOCK_RECORD_HAS(r, STALL_ENDED));
    CHECK((ext->stall != 0) == (ext->stall_cause != 0) && ext->stall_cause <= VSOCK_STALL_OWN_CAP);
    CHECK_IMPLIES(VSOCK_RECORD_HAS(r, PAYLOAD_NOT_RECORDED), r->in_stream);
    CHECK((ext->exceeded > 0) == VSOCK_RECORD_HAS(r, CREDIT_EXCEEDED));
    CHECK((ext->unconsumed > 0) == VSOCK_RECORD_HAS(r, UNCONSUMED_AT_CLOSE));
    CHECK_IMPLIES(ext->asks, VSOCK_RECORD_HAS(r, CREDIT_REQUEST));
    CHECK(ext->overrun == VSOCK_OVERRUN_PENDING);
    CHECK(ext->answered_time == VSOCK_TIME_NONE && ext->resumed_time == VSOCK_TIME_NONE);
    CHECK_IMPLIES(ext->payload_skip > 0, r->in_stream || r->copy);
    CHECK_IMPLIES(ext->shared, (ext->stall | ext->answers | ext->stall_end | ext->ahead | ext->payload_skip |
                                ext->unconsumed | ext->waited | ext->backwards | ext->shrunk) == 0 &&
                                   !ext->part_missing && !ext->asks && !ext->next);
}

static void check_place(const struct vsock_record *r, const struct vsock_packet *p)
{
    const struct vsock_stream *s = r->stream;
    struct vsock_endpoint src = vsock_source(p), dst = vsock_destination(p);
    const struct vsock_record *previous = r->previous ? vsock_capture_record(run.capture, r->previous) : NULL;

    CHECK(s && s == vsock_capture_stream(run.capture, s->index));
    CHECK((uintptr_t)s % 64 == 0); /* a cache line */
    CHECK(s->side[r->sender].cid == src.cid && s->side[r->sender].port == src.port);
    CHECK(s->side[r->sender ^ 1].cid == dst.cid && s->side[r->sender ^ 1].port == dst.port);
    CHECK(s->last_record == run.capture->records && s->packets == r->number);
    CHECK((previous != NULL) == (r->number > 1));
    CHECK_IMPLIES(previous, previous->stream == s && previous->number + 1 == r->number);
    CHECK(s->pair <= s->index);
    CHECK_IMPLIES(s->previous != VSOCK_STREAM_UNKNOWN, s->previous < s->index);
    CHECK(*s->source->seen_until == r->time);
    CHECK(vsock_stream_client(s) < 2);
}

static void check_conn(const struct vsock_record *r)
{
    const struct vsock_conn *c = &r->stream->conn;

    CHECK(r->client == c->client && r->state == (unsigned)c->state && r->completeness == c->completeness);
    CHECK_IMPLIES(r->rst_kind != VSOCK_RST_NONE && r->rst_kind != VSOCK_RST_FOREIGN_TYPE, c->ended);
    CHECK_IMPLIES(!r->stream->candidate && r->stream->duplicates, c->from_request);
    CHECK(c->packets <= r->stream->packets);
    check_flow(&c->flow, run.capture->records);
}

static void check_record(const struct vsock_record *r, const struct vsock_packet *p,
                         const struct vsock_arrival *at)
{
    bool is_rw = p->virtio.op == VSOCK_OP_RW;

    CHECK(r == vsock_capture_record(run.capture, run.capture->records));
    CHECK(r->frame == at->frame && r->layer == at->layer && r->time == at->time);
    check_place(r, p);
    check_conn(r);
    check_link(r, r->acks);
    if (r->ext)
        check_ext(r);
    CHECK_IMPLIES(r->offset != VSOCK_OFFSET_NONE || r->in_stream, is_rw && !r->copy);
    CHECK_IMPLIES(r->has_window, r->has_credit);
    CHECK_IMPLIES(r->has_window, vsock_record_window(r) <= r->peer_buf_alloc);
    CHECK_IMPLIES(r->copy, !r->has_credit && r->acks == 0 && r->rst_kind == VSOCK_RST_NONE);
    CHECK_IMPLIES(r->copy, (vsock_record_findings(r) & ~VSOCK_FOUND_BIT(VSOCK_FOUND_DUPLICATE_CAPTURE)) == 0);
    CHECK_IMPLIES(vsock_record_payload_skip(r) > 0,
                  vsock_record_payload_skip(r) + p->payload_length <= p->payload_present);
}

static void check_capture(const struct vsock_packet *p, const struct vsock_arrival *at)
{
    uint32_t streams = wmem_array_get_count(run.capture->streams);

    CHECK(run.capture->end >= at->time);
    CHECK(run.capture->records <= run.capture->packets && streams <= run.capture->records);
    CHECK(wmem_array_get_count(run.capture->cid_pairs.all) <= run.capture->packets);
    CHECK_IMPLIES(streams > 0 && run.capture->thresholds.followed == 0,
                  vsock_capture_pair(run.capture, p, at) <= streams);
    CHECK_IMPLIES(run.capture->left_out, run.capture->thresholds.followed > 0);
}

/* ---- a stream, at the end ---- */

static void check_cid_pair(const struct vsock_cid_pair *pair)
{
    const struct vsock_gap *gaps =
        pair->gaps ? (const struct vsock_gap *)wmem_array_get_raw(pair->gaps) : NULL;

    CHECK(pair->spoke && pair->key.word[1] <= pair->key.word[2]);
    CHECK_IMPLIES(pair->waits, wmem_array_get_count(pair->waits) > 0);
    for (unsigned i = 0; gaps && i < wmem_array_get_count(pair->gaps); i++) {
        CHECK(gaps[i].from < gaps[i].until);
        CHECK_IMPLIES(i > 0, gaps[i].from >= gaps[i - 1].until);
    }
}

/* Each code at most once a direction. */
static void check_once(const struct vsock_stream_diagnosis *list)
{
    for (const struct vsock_stream_diagnosis *d = list; d; d = d->next) {
        check_diagnosis(&d->diagnosis, run.steps.frame, TIME_LIMIT);
        for (const struct vsock_stream_diagnosis *e = d->next; e; e = e->next)
            CHECK(d->diagnosis.code != e->diagnosis.code || d->diagnosis.side != e->diagnosis.side);
    }
}

static const struct vsock_diagnosis *find(const struct vsock_stream *s, enum vsock_code code, uint8_t side)
{
    const struct vsock_stream_diagnosis *d = s->diagnoses;

    while (d && (d->diagnosis.code != code || d->diagnosis.side != side))
        d = d->next;
    return d ? &d->diagnosis : NULL;
}

/* What a stream is said to have overrun is what its records have become. */
static void check_overruns(const struct vsock_stream *s, uint8_t side)
{
    const struct vsock_diagnosis *overrun = find(s, VSOCK_CODE_CREDIT_OVERRUN, side);
    const struct vsock_diagnosis *loss = find(s, VSOCK_CODE_CAPTURE_LOSS, side);
    uint64_t recovered = 0, others = 0;

    for (uint32_t i = s->last_record; i > 0; i = vsock_capture_record(run.capture, i)->previous) {
        const struct vsock_record *r = vsock_capture_record(run.capture, i);

        if (r->sender != side || !VSOCK_RECORD_HAS(r, CREDIT_EXCEEDED))
            continue;
        recovered += r->ext->overrun == VSOCK_OVERRUN_RECOVERED;
        others += r->ext->overrun != VSOCK_OVERRUN_RECOVERED;
    }
    CHECK((overrun ? overrun->figures.count : 0) == others);
    CHECK((loss ? loss->figures.others : 0) == recovered);
}

static void check_end(const struct vsock_stream *s)
{
    struct vsock_diagnoses found = {.count = 0};

    CHECK(s->conn.packets > 0 && s->stats.first.record <= s->last.record);
    CHECK(s->last.record <= s->last_record);
    check_once(s->diagnoses);
    check_cid_pair(s->cid_pair);
    vsock_stream_end(s, &run.capture->thresholds, &found);
    CHECK(found.count + 1 < VSOCK_DIAGNOSES_MAX); /* as many would say that one more was dropped */
    for (unsigned i = 0; i < found.count; i++)
        CHECK(found.list[i].lasting || found.list[i].code == VSOCK_CODE_LARGE_SEND_RISK ||
              found.list[i].code == VSOCK_CODE_PROTOCOL_MISMATCH);
    for (uint8_t side = 0; side < 2; side++) {
        check_overruns(s, side);
        CHECK_IMPLIES(!vsock_flow_stall(&s->conn.flow, side)->open, vsock_stream_open_stall(s, side) == 0);
    }
}

/* Every RW is kept by one stream, or spare: none by two. */
static void check_rws_of_all(void)
{
    uint64_t kept = 0;

    for (const struct vsock_rw *rw = run.capture->spare_rws; rw; rw = rw->next)
        CHECK(++kept <= run.rws);
    for (uint32_t i = 0; i < wmem_array_get_count(run.capture->streams); i++) {
        const struct vsock_flow *f = &vsock_capture_stream(run.capture, i)->conn.flow;

        kept += f->window[0].unconsumed_rws + f->window[1].unconsumed_rws;
    }
    CHECK(kept <= run.rws);
}

/* ---- the report ---- */

static void check_words(const struct vsock_diagnosis *d)
{
    char *text = vsock_diagnosis_text(d), *src = vsock_scope_text(d->src_scope, d->src);
    const char *next = vsock_diagnosis_next(d);

    CHECK(text[0] != '\0' && !strpbrk(text, "{}|\n"));
    CHECK(!g_ascii_islower(text[0]));
    CHECK(next && next[0] != '\0');
    CHECK((src != NULL) == (d->src_scope != VSOCK_SCOPE_NONE));
    g_free(text);
    g_free(src);
}

static bool is_of_many(enum vsock_code code)
{
    return code <= VSOCK_CODE_STALE_CONNECTION ||
           (code >= VSOCK_CODE_CONNECT_TYPE_MISMATCH && code <= VSOCK_CODE_PORT_SCAN) ||
           code == VSOCK_CODE_CONNECT_ABANDONED || code == VSOCK_CODE_ACCEPT_AND_CLOSE ||
           code == VSOCK_CODE_DATAGRAM_REFUSED || code == VSOCK_CODE_HALF_CLOSE_SLOW ||
           code == VSOCK_CODE_CLOSED_UNREAD || code == VSOCK_CODE_NO_DATA ||
           code == VSOCK_CODE_CONNECTIONS_LEFT_OPEN || code == VSOCK_CODE_HEAD_OF_LINE ||
           code == VSOCK_CODE_STOOD_STILL || code == VSOCK_CODE_RESTORED_OR_RESTARTED ||
           code == VSOCK_CODE_CID_SHARED;
}

/* In no stream are datagrams, too. */
static bool may_be_of_none(enum vsock_code code)
{
    return is_of_many(code) || code == VSOCK_CODE_RESET_STORM;
}

static void check_scope(const struct vsock_diagnosis *d)
{
    const struct vsock_stream *s;

    CHECK_IMPLIES(d->stream != VSOCK_STREAM_NONE, d->streams == 1);
    if (d->streams > 1) { /* of one stream, what many share */
        CHECK(d->streams >= VSOCK_REPEATS_MIN && !is_of_many(d->code) && d->code < VSOCK_CODE_CAPTURE_LOSS);
        CHECK(d->src_scope != d->dst_scope && d->src_scope != VSOCK_SCOPE_NONE && d->span >= 0);
        CHECK(d->examples[0] >= d->first_frame && d->examples[0] <= d->last_frame);
        return;
    }
    if (d->stream == VSOCK_STREAM_NONE) {
        CHECK(may_be_of_none(d->code) || d->code >= VSOCK_CODE_CAPTURE_LOSS);
        CHECK((d->dst_scope != VSOCK_SCOPE_NONE) == may_be_of_none(d->code));
        return;
    }
    CHECK(!is_of_many(d->code) && d->code < VSOCK_CODE_CAPTURE_LOSS);
    CHECK(d->stream < wmem_array_get_count(run.capture->streams));
    s = vsock_capture_stream(run.capture, d->stream);
    CHECK(d->src_scope == VSOCK_SCOPE_ENDPOINT && d->dst_scope == VSOCK_SCOPE_ENDPOINT);
    CHECK(d->src.cid == s->side[d->side].cid && d->src.port == s->side[d->side].port);
    CHECK(d->dst.cid == s->side[d->side ^ 1].cid && d->dst.port == s->side[d->side ^ 1].port);
}

static void check_counts(const struct vsock_diagnosis *d)
{
    uint64_t count = d->figures.count;

    CHECK_IMPLIES(d->code == VSOCK_CODE_CONNECT_REFUSED || d->code == VSOCK_CODE_CONNECT_UNANSWERED,
                  count <= d->figures.of && d->figures.others <= d->figures.of);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CONNECT_TYPE_MISMATCH,
                  count <= d->figures.of && d->figures.others > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_STALE_CONNECTION,
                  d->figures.others <= count && d->figures.of < wmem_array_get_count(run.capture->streams));
    CHECK_IMPLIES(d->code == VSOCK_CODE_LISTENER_LOST, count >= VSOCK_LOST_REFUSALS && d->figures.others > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_LISTENER_LOST, d->figures.of <= d->figures.others);
    CHECK_IMPLIES(d->code == VSOCK_CODE_PORT_SCAN, count >= VSOCK_SCAN_PORTS);
    CHECK_IMPLIES(d->code == VSOCK_CODE_NO_DATA, count >= 3);
    CHECK_IMPLIES(d->code == VSOCK_CODE_STOOD_STILL, count >= 2);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CONNECTIONS_LEFT_OPEN,
                  count >= VSOCK_LEFT_OPEN_MIN && count + d->figures.others <= d->figures.of);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CONNECT_ABANDONED,
                  count <= d->figures.of && d->figures.others <= count);
    CHECK_IMPLIES(d->code == VSOCK_CODE_RESET_STORM,
                  count >= VSOCK_STORM_RSTS && d->figures.others <= count / 2);
    CHECK_IMPLIES(d->code == VSOCK_CODE_DATAGRAM_REFUSED, count > 0 && count <= d->figures.of);
    CHECK_IMPLIES(d->code == VSOCK_CODE_ACCEPT_AND_CLOSE, count >= VSOCK_ACCEPTED_AND_CLOSED_MIN);
    CHECK_IMPLIES(d->code == VSOCK_CODE_HALF_CLOSE_SLOW,
                  count >= VSOCK_SLOW_ENDS_MIN && count <= d->figures.of && d->figures.longest > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_CLOSED_UNREAD,
                  count >= VSOCK_CLOSED_UNREAD_MIN && count <= d->figures.of && d->figures.bytes > 0);
    CHECK_IMPLIES(d->code == VSOCK_CODE_HEAD_OF_LINE, count >= 3 && d->figures.others > 0);
    if (d->code >= VSOCK_CODE_CAPTURE_LOSS) /* each stream once, and packets in none */
        CHECK(d->figures.of <= wmem_array_get_count(run.capture->streams) && d->figures.of <= count);
}

static const struct vsock_diagnosis *at(const GArray *report, unsigned i)
{
    return &g_array_index(report, struct vsock_diagnosis, i);
}

static bool is_refusal(enum vsock_code code)
{
    return code == VSOCK_CODE_CONNECT_REFUSED || code == VSOCK_CODE_CONNECT_TYPE_MISMATCH ||
           code == VSOCK_CODE_LISTENER_LOST || code == VSOCK_CODE_PORT_SCAN || code == VSOCK_CODE_STALE_RESET;
}

static uint64_t refusals_of(const struct vsock_diagnosis *d)
{
    if (d->code == VSOCK_CODE_STALE_CONNECTION)
        return d->figures.others;
    return is_refusal(d->code) ? d->figures.count : 0;
}

/* Each refusal counts once; of a connection with two views, that of the one that is judged. A client's own
 * RST that gave up what a stale connection did not answer is none. */
static void check_refusals(const GArray *report)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    const struct vsock_twins *twins = vsock_twins_find(run.capture, memory);
    uint64_t told = 0, all = 0, refused = 0;
    bool given_up = false;

    for (unsigned i = 0; i < report->len; i++) {
        told += refusals_of(at(report, i));
        given_up |= at(report, i)->code == VSOCK_CODE_STALE_CONNECTION;
    }
    for (uint32_t i = 0; i < wmem_array_get_count(run.capture->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(run.capture, i);

        all += s->conn.rst_kind == VSOCK_RST_REFUSED;
        refused += s->conn.rst_kind == VSOCK_RST_REFUSED && vsock_is_judged_view(twins, s);
    }
    wmem_destroy_allocator(memory);
    CHECK(told <= all);
    CHECK_IMPLIES(refused > 0, told > 0 || given_up);
}

static void check_report(const GArray *report)
{
    for (unsigned i = 0; i < report->len; i++) {
        check_diagnosis(at(report, i), run.steps.frame, TIME_LIMIT);
        check_scope(at(report, i));
        check_counts(at(report, i));
        check_words(at(report, i));
        if (i == 0)
            continue;
        CHECK(vsock_diagnosis_compare(at(report, i - 1), at(report, i)) <= 0);
        check_two(at(report, i - 1), at(report, i));
    }
}

/* ---- who is selected ---- */

static GArray *judge(const struct vsock_selection *only, uint32_t expected)
{
    GArray *report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    CHECK(vsock_judge(run.capture, only, report) == expected);
    check_report(report);
    return report;
}

static bool same(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    return vsock_diagnosis_compare(a, b) == 0 && a->figures.count == b->figures.count &&
           a->figures.of == b->figures.of && a->figures.others == b->figures.others &&
           a->figures.bytes == b->figures.bytes && a->figures.longest == b->figures.longest;
}

/* Judging changes nothing, and all streams are everything. */
static void check_all_selected(const GArray *report)
{
    uint32_t streams = wmem_array_get_count(run.capture->streams);
    struct vsock_selection all = {.streams = g_hash_table_new(NULL, NULL),
                                  .datagrams = g_hash_table_new(NULL, NULL),
                                  .unassociated = run.capture->unassociated};
    GArray *again;

    for (uint32_t i = 0; i < streams; i++)
        g_hash_table_add(all.streams, GUINT_TO_POINTER(i));
    for (uint32_t i = 0; i < wmem_array_get_count(run.capture->datagrams.all); i++)
        g_hash_table_add(all.datagrams, *(void **)wmem_array_index(run.capture->datagrams.all, i));
    again = judge(&all, streams);
    CHECK(again->len == report->len);
    for (unsigned i = 0; i < report->len; i++)
        CHECK(same(at(again, i), at(report, i)));
    g_array_free(again, TRUE);
    g_hash_table_destroy(all.streams);
    g_hash_table_destroy(all.datagrams);
}

static bool is_told(const GArray *report, const struct vsock_diagnosis *d)
{
    for (unsigned i = 0; i < report->len; i++) {
        if (same(at(report, i), d))
            return true;
    }
    return false;
}

/* One stream's problems are told alike whoever else is selected, and no other's with them. */
static void check_one_selected(const GArray *report, uint32_t stream)
{
    struct vsock_selection one = {.streams = g_hash_table_new(NULL, NULL)};
    GArray *only;
    unsigned own = 0, expected = 0;

    g_hash_table_add(one.streams, GUINT_TO_POINTER(stream));
    only = judge(&one, 1);
    for (unsigned i = 0; i < report->len; i++)
        expected += at(report, i)->stream == stream;
    for (unsigned i = 0; i < only->len; i++) {
        CHECK(at(only, i)->stream == stream || at(only, i)->stream == VSOCK_STREAM_NONE);
        CHECK_IMPLIES(at(only, i)->stream == stream, is_told(report, at(only, i)));
        own += at(only, i)->stream == stream;
    }
    CHECK(own == expected);
    g_array_free(only, TRUE);
    g_hash_table_destroy(one.streams);
}

/* ---- one capture ---- */

static void start(uint8_t thresholds)
{
    int64_t ms = INT64_C(1000000);

    memset(&run, 0, sizeof(run));
    start_memory();
    run.memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    run.capture = vsock_capture_new(run.memory);
    run.capture->thresholds = (struct vsock_thresholds){
        .connect_timeout = thresholds & 1 ? 0 : 2000 * ms,
        .stall_note = thresholds & 2 ? 0 : 100 * ms,
        .stall_warning = thresholds & 2 ? 0 : 1000 * ms,
        .credit_request_timeout = thresholds & 4 ? 0 : 1000 * ms,
        .followed = thresholds & 8 ? 3 : 0,
    };
}

static void take(void)
{
    struct vsock_arrival arrival;
    struct step step = take_packet(&run.steps, &arrival);
    const struct vsock_packet *p = &step.packet;
    uint32_t packets = run.capture->packets, records = run.capture->records;
    bool has_ends = VSOCK_HAS_MON(p, dst_port);
    bool is_whole = VSOCK_HAS_VIRTIO(p, fwd_cnt) && p->mon.transport_len == 44;
    bool has_stream = is_whole && p->virtio.type != VSOCK_TYPE_DGRAM;
    const struct vsock_record *r = vsock_capture_take(run.capture, p, vsock_malformed(p), &arrival);

    run.rws += p->virtio.op == VSOCK_OP_RW;
    CHECK_IMPLIES(r, has_stream);
    CHECK_IMPLIES(has_stream && !run.capture->left_out, r);
    CHECK(run.capture->records == records + (r != NULL));
    CHECK(run.capture->packets == packets + has_ends);
    if (has_ends) {
        check_capture(p, &arrival);
        CHECK_IMPLIES(is_whole && !has_stream && !run.capture->left_out,
                      vsock_capture_datagrams(run.capture, p, &arrival));
    }
    if (r)
        check_record(r, p, &arrival);
}

static void check_verdict(void)
{
    uint32_t streams = wmem_array_get_count(run.capture->streams);
    GArray *report = judge(NULL, streams);

    check_refusals(report);
    check_all_selected(report);
    if (streams > 0)
        check_one_selected(report, run.steps.frame % streams);
    g_array_free(report, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};

    start((uint8_t)take_number(&input, 1));
    run.steps.steps.input = input;
    while (more_steps(&run.steps.steps))
        take();
    for (uint32_t i = 0; i < wmem_array_get_count(run.capture->streams); i++)
        check_end(vsock_capture_stream(run.capture, i));
    check_once(run.capture->unassociated);
    check_rws_of_all();
    check_verdict();
    wmem_destroy_allocator(run.memory);
    return 0;
}
