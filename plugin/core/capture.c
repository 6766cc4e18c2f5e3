/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture.c - from packets to connections. */
#include "capture_parts.h"

#include "datagrams.h"
#include "duplicates.h"
#include "followed.h"
#include "overlap.h"
#include "stood_still.h"
#include "time_order.h"
#include "unread.h"

/* Of so many packets, prints are kept before it is known whether there will be another interface. */
#define PRINTS_AHEAD 16384

/* Connections between the same endpoints that may be open at once. */
#define OVERLAPS_MAX 4

/* Connections of one millisecond whose copies are waited for: where more begin, the oldest is given up. */
#define CANDIDATES_MAX 4096

/* Stands for all of them, and is no record's section or interface. */
#define ANY UINT32_MAX

struct source {
    struct vsock_key key;
    struct vsock_capture_source capture_source;
    int64_t seen_from, seen_until; /* where it stands for ANY interface of its section */
};

struct vsock_capture *vsock_capture_new(wmem_allocator_t *memory)
{
    struct vsock_capture *c = wmem_new0(memory, struct vsock_capture);

    c->memory = memory;
    c->streams = wmem_array_new(memory, sizeof(struct vsock_stream *));
    c->cid_pairs = vsock_table_new_listed(memory);
    c->cids = vsock_table_new_listed(memory);
    c->datagrams = vsock_table_new_listed(memory);
    c->storms = wmem_array_new(memory, sizeof(struct vsock_storm *));
    c->tuples = vsock_table_new(memory);
    c->chunks = wmem_array_new(memory, sizeof(struct vsock_record *));
    c->prints = wmem_array_new(memory, sizeof(struct vsock_print *));
    c->endpoints = vsock_table_new(memory);
    c->sources = vsock_table_new_listed(memory);
    c->spare_duplicates = wmem_stack_new(memory);
    c->candidates = wmem_queue_new(memory);
    return c;
}

/* ---- records ---- */

struct vsock_record *vsock_capture_record(const struct vsock_capture *c, uint32_t number)
{
    uint32_t i = number - 1;

    return *(struct vsock_record **)wmem_array_index(c->chunks, i / VSOCK_CHUNK) + i % VSOCK_CHUNK;
}

const struct vsock_print *vsock_capture_print(const struct vsock_capture *c, uint32_t number)
{
    uint32_t i = number - 1;
    const struct vsock_print *chunk =
        *(const struct vsock_print **)wmem_array_index(c->prints, i / VSOCK_CHUNK);

    return chunk ? &chunk[i % VSOCK_CHUNK] : NULL;
}

static bool keeps_prints(const struct vsock_capture *c)
{
    return c->is_of_several || c->source_count > 1 || c->records < PRINTS_AHEAD;
}

/* Of the record that is about to be appended. */
static void append_print(struct vsock_capture *c, const struct vsock_packet *p)
{
    struct vsock_print *chunk = NULL;

    if (c->records % VSOCK_CHUNK == 0) {
        if (keeps_prints(c))
            chunk = wmem_alloc_array(c->memory, struct vsock_print, VSOCK_CHUNK);
        wmem_array_append_one(c->prints, chunk);
    } else {
        chunk = *(struct vsock_print **)wmem_array_index(c->prints, c->records / VSOCK_CHUNK);
    }
    if (chunk)
        chunk[c->records % VSOCK_CHUNK] = vsock_print_of(p);
}

static struct vsock_record *append_record(struct vsock_capture *c, const struct vsock_arrival *at)
{
    struct vsock_record *record;

    if (c->records % VSOCK_CHUNK == 0) {
        struct vsock_record *chunk = (struct vsock_record *)vsock_spare_take(
            &c->spare_chunks, c->memory, VSOCK_CHUNK * sizeof(struct vsock_record));

        wmem_array_append_one(c->chunks, chunk);
    }
    record = vsock_capture_record(c, ++c->records);
    *record = (struct vsock_record){
        .frame = at->frame, .layer = at->layer, .time = at->time, .offset = VSOCK_OFFSET_NONE};
    return record;
}

/* ---- streams ---- */

const struct vsock_stream *vsock_capture_stream(const struct vsock_capture *c, uint32_t index)
{
    return *(struct vsock_stream **)wmem_array_index(c->streams, index);
}

static uint64_t pack(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* Its endpoints are in an order of their own, whoever sends. `side`: which one the sender is, 0 the lower. */
static struct vsock_key key_of(const struct vsock_packet *p, const struct vsock_arrival *at, uint8_t *side)
{
    struct vsock_endpoint src = vsock_source(p), dst = vsock_destination(p);
    uint64_t place = pack(at->section, at->interface);

    *side = !(src.cid < dst.cid || (src.cid == dst.cid && src.port <= dst.port));
    if (*side == 0)
        return (struct vsock_key){{src.cid, dst.cid, pack(src.port, dst.port), place}};
    return (struct vsock_key){{dst.cid, src.cid, pack(dst.port, src.port), place}};
}

void vsock_capture_give_back(struct vsock_capture *c, struct vsock_rw *released)
{
    while (released) {
        struct vsock_rw *next = released->next;

        released->next = c->spare_rws;
        c->spare_rws = released;
        released = next;
    }
}

/* NULL where there are as many as there may be. */
static struct vsock_rw *take_rw(struct vsock_capture *c)
{
    struct vsock_rw *rw = c->spare_rws;

    if (rw) {
        c->spare_rws = rw->next;
        return rw;
    }
    if (c->rws_max > 0 && c->rws == c->rws_max) {
        c->rws_left_out++;
        return NULL;
    }
    c->rws++;
    return wmem_new(c->memory, struct vsock_rw);
}

struct vsock_key vsock_endpoints_key(const struct vsock_tuple *t)
{
    struct vsock_key key = t->key;

    key.word[3] = pack(ANY, ANY);
    return key;
}

/* Gives the tuple the number that its endpoints have, wherever recorded. For vsock_table_foreach(), too. */
static void number_pair(void *tuple, void *capture)
{
    struct vsock_capture *c = (struct vsock_capture *)capture;
    struct vsock_tuple *t = (struct vsock_tuple *)tuple;
    struct vsock_endpoints *e =
        (struct vsock_endpoints *)vsock_table_get(&c->endpoints, vsock_endpoints_key(t), sizeof(*e));

    if (!e->first || t->pair < e->first->pair)
        e->first = t;
    t->pair = e->first->pair;
}

static struct vsock_capture_source *get_source(struct vsock_capture *c, const struct vsock_arrival *at)
{
    struct vsock_key key = {{at->section, at->interface}}, section_key = {{at->section, ANY}};
    struct source *source = (struct source *)vsock_table_get(&c->sources, key, sizeof(*source)), *section;

    if (source->capture_source.seen_until)
        return &source->capture_source;
    section = (struct source *)vsock_table_get(&c->sources, section_key, sizeof(*section));
    if (!section->capture_source.seen_until) {
        section->seen_from = at->time;
        section->seen_until = VSOCK_TIME_NONE;
    }
    section->capture_source.seen_from = source->capture_source.seen_from = &section->seen_from;
    section->capture_source.seen_until = source->capture_source.seen_until = &section->seen_until;
    if (++c->source_count == 2)
        vsock_table_foreach(&c->tuples, number_pair, c);
    return &source->capture_source;
}

const struct vsock_time_order *vsock_source_order(const void *source)
{
    return &((const struct source *)source)->capture_source.order;
}

static struct vsock_cid_pair *get_cid_pair(struct vsock_capture *c, const struct vsock_capture_source *source,
                                           uint64_t low, uint64_t high)
{
    struct vsock_cid_pair *p = vsock_cid_pair_get(&c->cid_pairs, source, low, high);

    if (!p->cid[0]) {
        p->cid[0] = vsock_cid_get(&c->cids, source, low, high);
        p->cid[1] = vsock_cid_get(&c->cids, source, high, low);
    }
    return p;
}

static struct vsock_tuple *find_tuple(struct vsock_capture *c, struct vsock_key key)
{
    struct vsock_tuple *t = c->recent;

    if (!t || !vsock_key_equal(&t->key, &key))
        t = (struct vsock_tuple *)vsock_table_find(&c->tuples, key);
    if (t)
        c->recent = t;
    return t;
}

static struct vsock_tuple *new_tuple(struct vsock_capture *c, struct vsock_key key,
                                     const struct vsock_arrival *at)
{
    struct vsock_tuple *t = (struct vsock_tuple *)vsock_table_get(&c->tuples, key, sizeof(*t));

    c->recent = t;
    t->pair = wmem_array_get_count(c->streams); /* the one about to begin */
    t->source = get_source(c, at);
    t->cids = get_cid_pair(c, t->source, key.word[0], key.word[1]);
    if (c->source_count > 1)
        number_pair(t, c);
    return t;
}

/* The newest that has not ended, of a stream and those that it overlaps. */
static struct vsock_stream *find_open(struct vsock_stream *s)
{
    while (s && s->conn.ended)
        s = s->overlap ? s->overlap->older : NULL;
    return s;
}

/* What is overlapped by so many others is not told from them any more. */
static void limit_overlaps(struct vsock_capture *c, struct vsock_stream *newest)
{
    struct vsock_stream *s = newest;

    for (unsigned i = 1; i < OVERLAPS_MAX && s->overlap; i++)
        s = s->overlap->older;
    if (!s->overlap)
        return;
    vsock_capture_give_back(c, vsock_conn_release(&s->overlap->older->conn));
    s->overlap = NULL;
}

/* Does the other side of a new connection's client know this one, which has not ended? One that both sides
 * have shut is about to. */
static bool is_held(const struct vsock_stream *s, const struct vsock_conn *next)
{
    uint8_t server = next->client ^ 1;
    bool open = s->conn.state == VSOCK_STATE_OPEN || s->conn.state == VSOCK_STATE_HALF_CLOSED ||
                s->conn.state == VSOCK_STATE_MIDSTREAM;

    return !s->conn.ended && open && s->conn.type == next->type &&
           (s->conn.spoke[server] != VSOCK_TIME_NONE || s->conn.client == server);
}

/* Which connection the other side may hold when the next one is asked for. Requests that came to nothing
 * change nothing there. */
static void find_held(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_stream *previous)
{
    bool came_to_nothing = previous->conn.from_request &&
                           !(previous->conn.completeness & ~(VSOCK_COMPLETE_REQUEST | VSOCK_COMPLETE_RST));
    const struct vsock_stream *stream = previous;
    struct vsock_held *held;

    if (came_to_nothing)
        stream = previous->held ? previous->held->stream : NULL;
    if (!stream || !is_held(stream, &s->conn))
        return;
    held = wmem_new(c->memory, struct vsock_held);
    *held = (struct vsock_held){stream, stream->last.time};
    s->held = held;
}

/* The stream takes the place of the one before, which may be open still, as may one that that one overlaps.
 */
static void supersede(struct vsock_capture *c, struct vsock_stream *s, struct vsock_stream *previous,
                      int64_t time)
{
    struct vsock_stream *open = find_open(previous);

    previous->superseded_time = time;
    vsock_capture_give_back(c, vsock_conn_release(&previous->conn));
    if (!open || s->conn.client == VSOCK_SIDE_UNKNOWN)
        return;
    find_held(c, s, previous);
    s->overlap = wmem_new0(c->memory, struct vsock_overlap);
    s->overlap->older = open;
    s->overlap->proved = previous->overlap && previous->overlap->proved;
    s->conn.overlaps = open->conn.overlaps;
    limit_overlaps(c, s);
}

static struct vsock_stream *start_stream(struct vsock_capture *c, struct vsock_tuple *t,
                                         const struct vsock_packet *p, uint8_t side, int64_t time)
{
    struct vsock_stream *s =
        (struct vsock_stream *)vsock_spare_take(&c->spare_streams, c->memory, sizeof(*s));
    struct vsock_stream *previous = t->newest;

    *s = (struct vsock_stream){0};
    s->index = wmem_array_get_count(c->streams);
    wmem_array_append_one(c->streams, s);
    s->previous = previous ? previous->index : VSOCK_STREAM_UNKNOWN;
    s->pair = t->pair;
    s->source = t->source;
    s->side[side] = vsock_source(p);
    s->side[side ^ 1] = vsock_destination(p);
    s->cid_pair = t->cids;
    vsock_stream_start(s, p, side);
    s->conn.row[0] = s->conn.row[1] = *t->source->seen_from;
    if (previous)
        supersede(c, s, previous, time);
    t->newest = s;
    return s;
}

/* ---- connections that were captured twice ---- */

static bool is_candidate_no_more(const struct vsock_stream *s, int64_t now)
{
    int64_t since = now - s->conn.request.time; /* below 0 where times go back */

    return s->conn.ended || since > VSOCK_DUPLICATE_TIME_MAX || since < -VSOCK_DUPLICATE_TIME_MAX;
}

void vsock_capture_dismiss(struct vsock_capture *c, struct vsock_stream *s)
{
    if (!s->candidate)
        return;
    s->candidate = false;
    wmem_stack_push(c->spare_duplicates, s->duplicates);
    s->duplicates = NULL;
}

/* A new connection may turn out to be captured twice: from its REQUEST on, packets wait for copies. Only
 * those of the last millisecond cost memory for it, and not too many of them. */
static void make_candidate(struct vsock_capture *c, struct vsock_stream *s)
{
    while (wmem_queue_count(c->candidates) > 0) {
        struct vsock_stream *oldest = (struct vsock_stream *)wmem_queue_peek(c->candidates);

        if (wmem_queue_count(c->candidates) < CANDIDATES_MAX &&
            !is_candidate_no_more(oldest, s->conn.request.time))
            break;
        vsock_capture_dismiss(c, oldest);
        wmem_queue_pop(c->candidates);
    }
    wmem_queue_push(c->candidates, s);
    s->candidate = true;
    if (wmem_stack_count(c->spare_duplicates) > 0)
        s->duplicates = (struct vsock_duplicates *)wmem_stack_pop(c->spare_duplicates);
    else
        s->duplicates = wmem_new(c->memory, struct vsock_duplicates);
    s->duplicates->first = s->duplicates->count = 0;
}

/* Is this packet the second copy of one that was already taken? The REQUEST's is what proves that there are
 * any. */
static bool take_copy(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_packet *p,
                      uint8_t side, int64_t time, uint64_t *findings, uint32_t *skip)
{
    if (!s->duplicates)
        return false;
    if (!s->candidate)
        return vsock_duplicates_take(s->duplicates, p, side, skip);
    if (is_candidate_no_more(s, time)) {
        vsock_capture_dismiss(c, s);
        return false;
    }
    if (p->virtio.op != VSOCK_OP_REQUEST || !vsock_duplicates_take(s->duplicates, p, side, skip))
        return false;
    s->candidate = false;
    *findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_DUPLICATE_CAPTURE);
    return true;
}

/* ---- diagnoses ---- */

struct vsock_stream_diagnosis **vsock_diagnosis_find(struct vsock_stream_diagnosis **list,
                                                     enum vsock_code code, uint8_t side)
{
    while (*list && ((*list)->diagnosis.code != code || (*list)->diagnosis.side != side))
        list = &(*list)->next;
    return list;
}

void vsock_diagnosis_collect(wmem_allocator_t *memory, struct vsock_stream_diagnosis **list,
                             const struct vsock_diagnosis *diagnosis)
{
    struct vsock_stream_diagnosis **same = vsock_diagnosis_find(list, diagnosis->code, diagnosis->side);

    if (*same) {
        vsock_diagnosis_merge(&(*same)->diagnosis, diagnosis);
        return;
    }
    *same = wmem_new(memory, struct vsock_stream_diagnosis);
    **same = (struct vsock_stream_diagnosis){.diagnosis = *diagnosis};
}

static void drop_diagnosis(const struct vsock_capture *c, struct vsock_stream_diagnosis **d)
{
    struct vsock_stream_diagnosis *dropped = *d;

    *d = dropped->next;
    wmem_free(c->memory, dropped);
}

/* Overruns that the receiver has consumed were none: a record is missing. Those up to now share that fate. */
static void settle_overruns(struct vsock_capture *c, struct vsock_stream *s, uint8_t sender)
{
    struct vsock_stream_diagnosis **overrun =
        vsock_diagnosis_find(&s->diagnoses, VSOCK_CODE_CREDIT_OVERRUN, sender);
    struct vsock_diagnosis loss;

    if (!*overrun)
        return;
    loss = (*overrun)->diagnosis;
    drop_diagnosis(c, overrun);
    loss.code = VSOCK_CODE_CAPTURE_LOSS;
    loss.severity = VSOCK_SEVERITY_NOTE;
    loss.figures = (struct vsock_figures){.others = loss.figures.count};
    vsock_diagnosis_collect(c->memory, &s->diagnoses, &loss);
}

static void note_unassociated(struct vsock_capture *c, const struct vsock_packet *p, uint32_t malformed,
                              const struct vsock_arrival *at)
{
    struct vsock_mark mark = {.frame = at->frame, .time = at->time};
    struct vsock_diagnoses found = {.count = 0};

    vsock_packet_diagnose(p->virtio.op, malformed, 0, &mark, &found);
    for (unsigned i = 0; i < found.count; i++) {
        found.list[i].place = vsock_place_of_last(c, false);
        vsock_diagnosis_collect(c->memory, &c->unassociated, &found.list[i]);
    }
}

/* ---- what the future tells of packets before ---- */

static void resolve_overruns(struct vsock_awaited *a, uint8_t sender, enum vsock_overrun outcome)
{
    for (struct vsock_record_ext *ext = a->overruns[sender]; ext; ext = ext->next)
        ext->overrun = (unsigned)outcome & 3;
    a->overruns[sender] = NULL;
}

static struct vsock_record_ext *new_ext(struct vsock_capture *c, struct vsock_record_ext content)
{
    struct vsock_record_ext *ext =
        (struct vsock_record_ext *)vsock_spare_take(&c->spare_exts, c->memory, sizeof(*ext));

    *ext = content;
    ext->answered_time = ext->resumed_time = VSOCK_TIME_NONE;
    return ext;
}

/* With nothing but these findings; NULL where there are too many kinds of such. */
static struct vsock_record_ext *shared_ext(struct vsock_capture *c, uint64_t findings)
{
    for (unsigned i = 0; i < VSOCK_SHARED_EXTS_MAX; i++) {
        if (!c->shared_exts[i])
            c->shared_exts[i] = new_ext(c, (struct vsock_record_ext){.findings = findings, .shared = true});
        if (c->shared_exts[i]->findings == findings)
            return c->shared_exts[i];
    }
    return NULL;
}

/* The record's, to be written to. */
static struct vsock_record_ext *own_ext(struct vsock_capture *c, struct vsock_record *r)
{
    if (!r->ext)
        r->ext = new_ext(c, (struct vsock_record_ext){0});
    else if (r->ext->shared)
        r->ext = new_ext(c, (struct vsock_record_ext){.findings = r->ext->findings});
    return r->ext;
}

/* The stall of a side that began with record `began` is over with the newest one. Of two that began there,
 * the later one counts. */
static void note_stall_end(struct vsock_capture *c, uint32_t began, uint8_t side)
{
    struct vsock_record_ext *ext;

    if (!vsock_capture_has_record(c, began))
        return;
    ext = own_ext(c, vsock_capture_record(c, began));
    ext->stall_end = c->records;
    ext->waits = side & 1;
}

static void resolve_awaited(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_step *step,
                            uint8_t sender, int64_t time)
{
    uint8_t receiver = sender ^ 1;
    struct vsock_awaited *a = s->awaited;

    if (step->rst_kind == VSOCK_RST_WINDOW_OVERRUN) {
        resolve_overruns(a, receiver, VSOCK_OVERRUN_RESET);
    } else if (step->flow.recovered && a->overruns[receiver]) {
        resolve_overruns(a, receiver, VSOCK_OVERRUN_RECOVERED);
        settle_overruns(c, s, receiver);
    }
    if (step->flow.answers.record != 0 && a->asked[receiver]) {
        a->asked[receiver]->answered_time = time;
        a->asked[receiver] = NULL;
    }
    if (step->in_stream && a->reopened[sender]) {
        a->reopened[sender]->resumed_time = time;
        a->reopened[sender] = NULL;
    }
}

static void note_outcomes(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_step *step,
                          uint8_t sender, int64_t time)
{
    if (s->awaited)
        resolve_awaited(c, s, step, sender, time);
    note_stall_end(c, step->flow.stall.record, sender ^ 1);
    for (uint8_t side = 0; side < 2; side++)
        note_stall_end(c, step->flow.settled[side], side);
}

/* What this packet waits for the future to tell. */
static void expect_outcomes(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_step *step,
                            uint8_t sender, struct vsock_record_ext *ext)
{
    bool exceeds = step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED);
    bool reopens = step->flow.stall.record != 0;

    if (!exceeds && !reopens && !step->flow.asks)
        return;
    if (!s->awaited)
        s->awaited = wmem_new0(c->memory, struct vsock_awaited);
    if (exceeds) {
        ext->next = s->awaited->overruns[sender];
        s->awaited->overruns[sender] = ext;
    }
    if (step->flow.asks)
        s->awaited->asked[sender] = ext;
    if (reopens)
        s->awaited->reopened[sender ^ 1] = ext;
}

/* ---- connections between the same endpoints at once ---- */

/* Whether a RW exceeds its credit is told by its record and its diagnosis alike: they go together, or not at
 * all. */
static bool is_of_overrun(const struct vsock_stream_diagnosis *d)
{
    return d->diagnosis.code == VSOCK_CODE_CREDIT_OVERRUN ||
           (d->diagnosis.code == VSOCK_CODE_CAPTURE_LOSS && d->diagnosis.figures.others > 0);
}

/* What was found in it since that REQUEST may be of the other one. */
static void forget_findings(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_mark *since)
{
    bool whole = s->conn.request.record == since->record;
    uint64_t kept = VSOCK_FOUND_OF_OVERLAP | (whole ? 0 : VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED));
    struct vsock_stream_diagnosis **d = &s->diagnoses;

    while (*d) {
        if (whole || ((*d)->diagnosis.time >= since->time && !is_of_overrun(*d)))
            drop_diagnosis(c, d);
        else
            d = &(*d)->next;
    }
    for (uint32_t i = s->last_record; i > since->record && vsock_capture_has_record(c, i);) {
        struct vsock_record *r = vsock_capture_record(c, i);

        if (vsock_record_findings(r) & ~kept)
            own_ext(c, r)->findings &= kept;
        i = r->previous;
    }
}

/* It took nobody's place: there are two machines. */
static void prove_overlap(struct vsock_capture *c, struct vsock_stream *s, uint32_t frame)
{
    struct vsock_diagnosis one = vsock_diagnosis_start(VSOCK_CODE_CID_SHARED, &s->conn.request);
    struct vsock_cid_pair *p = s->cid_pair;

    if (s->overlap && s->overlap->reused)
        s->overlap->reused->findings &=
            ~(VSOCK_FOUND_BIT(VSOCK_FOUND_REUSED) | VSOCK_FOUND_BIT(VSOCK_FOUND_RETRIED));
    one.last_frame = frame;
    one.figures.others = 1;
    one.proved = true;
    if (p->overlaps) {
        vsock_diagnosis_merge(p->overlaps, &one);
        return;
    }
    p->overlaps = wmem_new(c->memory, struct vsock_diagnosis);
    *p->overlaps = one;
}

/* `taker` is about to take the packet. */
static void note_overlap(struct vsock_capture *c, struct vsock_stream *newest, struct vsock_stream *taker,
                         const struct vsock_packet *p, const struct vsock_record *r)
{
    bool overlapped = newest->conn.overlaps, proved = vsock_overlap_note(newest, taker, p, r->sender);

    if (newest->conn.overlaps && !overlapped) {
        for (struct vsock_stream *s = newest; s; s = s->overlap ? s->overlap->older : NULL) {
            s->conn.overlaps = true;
            forget_findings(c, s, &newest->conn.request);
        }
    }
    if (proved)
        prove_overlap(c, newest, r->frame);
    taker->superseded_time = VSOCK_TIME_NONE;
}

/* ---- a packet ---- */

/* Is there more about the packet than findings? */
static bool has_figures(const struct vsock_step *step, struct vsock_split_part part)
{
    const struct vsock_flow_step *f = &step->flow;

    return part.skip > 0 || part.lacks || step->unconsumed > 0 || step->waited > 0 || f->info.ahead > 0 ||
           f->info.backwards > 0 || f->info.shrunk > 0 || f->exceeded > 0 || f->stall.record != 0 ||
           f->answers.record != 0 || f->asks;
}

/* NULL where nothing about the packet is rare. CREDIT_UPDATE is not: its op says it. */
static struct vsock_record_ext *make_ext(struct vsock_capture *c, const struct vsock_step *step,
                                         struct vsock_split_part part)
{
    struct vsock_record_ext *shared;

    if (step->findings == 0 && part.skip == 0 && !part.lacks && step->flow.answers.record == 0)
        return NULL;
    shared = has_figures(step, part) ? NULL : shared_ext(c, step->findings);
    if (shared)
        return shared;
    return new_ext(c, (struct vsock_record_ext){
                          .findings = step->findings,
                          .payload_skip = part.skip,
                          .part_missing = part.lacks,
                          .ahead = step->flow.info.ahead,
                          .unconsumed = (uint32_t)MIN(step->unconsumed, UINT32_MAX),
                          .waited = (uint32_t)MIN(step->waited / 1000000, UINT32_MAX),
                          .exceeded = step->flow.exceeded,
                          .backwards = step->flow.info.backwards,
                          .shrunk = step->flow.info.shrunk,
                          .stall = step->flow.stall.record,
                          .stall_cause = (uint8_t)step->flow.stall_cause,
                          .answers = step->flow.answers.record,
                          .asks = step->flow.asks,
                      });
}

static void fill_record(struct vsock_record *r, const struct vsock_conn *c, const struct vsock_step *step)
{
    const struct vsock_window *own = &c->flow.window[r->sender], *peer = &c->flow.window[r->sender ^ 1];

    if (step->flow.has_offset)
        r->offset = step->flow.offset;
    r->acks = step->flow.acks;
    r->rst_kind = (unsigned)step->rst_kind & 15;
    r->in_stream = step->in_stream;
    r->has_credit = step->has_credit;
    r->has_window = step->has_credit && own->advertised;
    r->in_flight = (uint32_t)MIN(vsock_window_in_flight(own), UINT32_MAX);
    r->peer_in_flight = (uint32_t)MIN(vsock_window_in_flight(peer), UINT32_MAX);
    r->peer_buf_alloc = own->buf_alloc;
    r->fwd_news = step->flow.fwd_news;
    r->uncapped = c->flow.uncapped[r->sender];
    r->peer_uncapped = c->flow.uncapped[r->sender ^ 1];
}

/* Of the stream's next packet, which has been taken. */
static void note_wraps(struct vsock_capture *c, struct vsock_stream *s)
{
    const uint64_t consumed[2] = {s->conn.flow.window[0].consumed, s->conn.flow.window[1].consumed};

    vsock_wrap_note(c->memory, &s->wraps, s->packets + 1, consumed);
}

static struct vsock_stream_data *new_data(struct vsock_capture *c)
{
    struct vsock_stream_data *data =
        (struct vsock_stream_data *)vsock_spare_take(&c->spare_data, c->memory, sizeof(*data));

    *data = (struct vsock_stream_data){0};
    return data;
}

/* Before a packet; and after it, what nothing was written to comes back. */
static void lend_pending(struct vsock_capture *c, struct vsock_flow *flow)
{
    if (flow->pending)
        return;
    if (!c->lent_pending) {
        c->lent_pending =
            (struct vsock_pending *)vsock_spare_take(&c->spare_pending, c->memory, sizeof(*c->lent_pending));
        *c->lent_pending = vsock_nothing_pending;
    }
    flow->pending = c->lent_pending;
}

static void take_back_pending(struct vsock_capture *c, struct vsock_flow *flow)
{
    if (flow->pending != c->lent_pending)
        return;
    if (flow->quiet)
        flow->pending = NULL;
    else
        c->lent_pending = NULL;
}

static void step_stream(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_stream *previous,
                        const struct vsock_packet *p, uint32_t malformed, struct vsock_record *r)
{
    struct vsock_mark at = {.record = c->records, .frame = r->frame, .time = r->time};
    struct vsock_rw *rw = p->virtio.op == VSOCK_OP_RW ? take_rw(c) : NULL;
    struct vsock_split_part part = {0};
    struct vsock_diagnoses found;
    struct vsock_step step;

    found.count = 0;
    if (p->virtio.op == VSOCK_OP_RW && !s->data)
        s->data = new_data(c);
    lend_pending(c, &s->conn.flow);
    step = vsock_stream_take(s, previous, p, malformed, r->sender, &at, rw, &c->thresholds, &found);
    take_back_pending(c, &s->conn.flow);
    if (rw && !step.flow.rw_kept) {
        rw->next = step.flow.released;
        step.flow.released = rw;
    }
    vsock_capture_give_back(c, step.flow.released);
    if (step.findings & VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST))
        make_candidate(c, s);
    if (step.in_stream) {
        part = vsock_split_take(&s->data->split[r->sender], &s->source->layout, p);
        if (vsock_unrecorded_take(&s->data->blanks, &s->source->kernel, p, &at, c->thresholds.large_payload))
            step.findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_PAYLOAD_NOT_RECORDED);
    }
    if (s->duplicates)
        vsock_duplicates_wait(s->duplicates, p, r->sender, part.skip);
    fill_record(r, &s->conn, &step);
    note_wraps(c, s);

    note_outcomes(c, s, &step, r->sender, r->time);
    r->ext = make_ext(c, &step, part);
    if (r->ext)
        expect_outcomes(c, s, &step, r->sender, r->ext);
    if (s->overlap && step.findings & VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST))
        s->overlap->reused = own_ext(c, r);
    for (unsigned i = 0; i < found.count; i++)
        vsock_diagnosis_collect(c->memory, &s->diagnoses, &found.list[i]);
    vsock_cid_pair_take(s->cid_pair, s, &step, &at, c->memory);
    vsock_stood_still_take(s, p, &step, r->sender, &at, c->memory);
    if (step.flow.told > 0)
        vsock_cid_pair_take_told(s->cid_pair, s, r->sender, step.flow.told);
}

/* Of a packet that the stream has taken. `before`: the last one between its endpoints. */
static void note_order(struct vsock_capture *c, struct vsock_stream *s, const struct vsock_record *r,
                       const struct vsock_mark *before)
{
    struct vsock_time_order *order = &s->source->order;
    bool went_back = order->back > 0 || r->time < order->last;

    if (before->record == 0)
        return;
    s->order = MAX(s->order, (uint8_t)vsock_order_of(before->time, r->time));
    if (went_back && vsock_answers_a_later_one(c, c->records)) /* where no time did, none can */
        order->answers++;
}

/* `begins`: a connection begins with the packet, if it is followed. */
static bool is_left_out(const struct vsock_capture *c, const struct vsock_tuple *t,
                        const struct vsock_packet *p, bool begins)
{
    if (begins)
        return !vsock_may_begin(c, p);
    return t->left_out;
}

/* The connection before is over, or its other side holds it: what becomes of it is not known. */
static void leave_out(struct vsock_capture *c, struct vsock_tuple *t, const struct vsock_packet *p,
                      uint32_t malformed, const struct vsock_arrival *at)
{
    if (t->newest && t->newest->superseded_time == VSOCK_TIME_NONE) {
        t->newest->superseded_time = at->time;
        vsock_capture_give_back(c, vsock_conn_release(&t->newest->conn));
    }
    vsock_cid_pair_hear(t->cids, at->time);
    vsock_leave_out(c, p, at);
    if (malformed != 0)
        note_unassociated(c, p, malformed, at);
}

/* A packet of that tuple, sent by `side`, whose headers are whole. */
static const struct vsock_record *take_packet(struct vsock_capture *c, struct vsock_tuple *t, uint8_t side,
                                              const struct vsock_packet *p, uint32_t malformed,
                                              const struct vsock_arrival *at)
{
    const struct vsock_stream *previous = NULL;
    struct vsock_stream *s = t->newest;
    struct vsock_step copied = {0};
    struct vsock_record *r;
    struct vsock_mark before;
    bool copy, begins;
    uint32_t skip = 0;

    if (s && s->overlap && p->virtio.op != VSOCK_OP_REQUEST)
        s = vsock_overlap_find(s, p, side, at->time);
    before = s ? s->last : (struct vsock_mark){0};
    copy = s && take_copy(c, s, p, side, at->time, &copied.findings, &skip);
    begins = !s || (!copy && vsock_conn_begins(&s->conn, p, side, at->time));
    t->left_out = is_left_out(c, t, p, begins);
    if (t->left_out) {
        leave_out(c, t, p, malformed, at);
        return NULL;
    }
    append_print(c, p);
    r = append_record(c, at);
    r->sender = side;
    r->copy = copy;
    if (begins) {
        previous = s;
        s = start_stream(c, t, p, side, at->time);
    } else if (!r->copy && t->newest->overlap) {
        note_overlap(c, t->newest, s, p, r);
    }
    if (r->copy)
        r->ext = make_ext(c, &copied, (struct vsock_split_part){.skip = skip});
    else
        step_stream(c, s, previous, p, malformed, r);
    if (!r->copy)
        vsock_resets_take(c, &t->resets, p, side, &s->last, s, NULL);
    r->stream = s;
    r->previous = s->last_record;
    r->number = ++s->packets;
    r->client = s->conn.client;
    r->state = (unsigned)s->conn.state & 15;
    r->completeness = s->conn.completeness;
    s->last_record = c->records;
    if (!r->copy)
        note_order(c, s, r, &before);
    if (s != t->newest && s->conn.ended)
        vsock_capture_give_back(c, vsock_conn_release(&s->conn));
    return r;
}

static void take_datagram(struct vsock_capture *c, struct vsock_tuple *t, uint8_t side,
                          const struct vsock_packet *p, const struct vsock_arrival *at)
{
    struct vsock_datagrams *d =
        (struct vsock_datagrams *)vsock_table_get(&c->datagrams, t->key, sizeof(struct vsock_datagrams));
    struct vsock_mark mark = {.record = c->records, .frame = at->frame, .time = at->time};

    c->datagram_packets++;
    d->side[side] = vsock_source(p);
    d->side[side ^ 1] = vsock_destination(p);
    d->source = t->source;
    vsock_datagrams_take(d, p->virtio.op, side, &mark);
    vsock_resets_take(c, &t->resets, p, side, &mark, NULL, d);
    vsock_cid_pair_hear(t->cids, at->time);
}

static const struct vsock_record *take_any(struct vsock_capture *c, struct vsock_tuple *t, uint8_t side,
                                           const struct vsock_packet *p, uint32_t malformed,
                                           const struct vsock_arrival *at)
{
    vsock_cid_take(t->cids->cid[side], at->time);
    if (vsock_has_whole_header(p))
        *t->source->seen_until = at->time;
    if (vsock_is_datagram(p))
        take_datagram(c, t, side, p, at);
    else if (vsock_is_of_connection(p))
        return take_packet(c, t, side, p, malformed, at);
    if (malformed != 0)
        note_unassociated(c, p, malformed, at);
    return NULL;
}

/* Of endpoints that are not followed; where it was recorded, and whose they are, may be known. */
static void take_unfollowed(struct vsock_capture *c, struct vsock_key key, uint8_t side,
                            const struct vsock_packet *p, uint32_t malformed, const struct vsock_arrival *at)
{
    struct vsock_mark mark = {.frame = at->frame, .time = at->time};
    struct vsock_key place = {{at->section, at->interface}};
    struct source *source = (struct source *)vsock_table_find(&c->sources, place);
    struct vsock_cid_pair *pair =
        source ? vsock_cid_pair_find(&c->cid_pairs, &source->capture_source, key.word[0], key.word[1]) : NULL;

    if (pair) {
        vsock_cid_take(pair->cid[side], at->time);
        vsock_cid_pair_hear(pair, at->time);
    }
    if (source && vsock_has_whole_header(p))
        *source->capture_source.seen_until = at->time;
    if (vsock_has_whole_header(p))
        vsock_leave_out(c, p, at);
    if (malformed != 0)
        note_unassociated(c, p, malformed, at);
    if (source)
        vsock_time_order_take(&source->capture_source.order, &mark, vsock_place_of_last(c, false));
}

const struct vsock_record *vsock_capture_take(struct vsock_capture *c, const struct vsock_packet *p,
                                              uint32_t malformed, const struct vsock_arrival *arrival)
{
    struct vsock_arrival at = *arrival;
    const struct vsock_record *r;
    struct vsock_mark mark;
    struct vsock_tuple *t;
    struct vsock_key key;
    uint8_t side;

    if (!VSOCK_HAS_MON(p, dst_port))
        return NULL;
    if (at.untimed) {
        at.time = c->latest;
        c->untimed++;
    }
    c->end = c->packets++ == 0 ? at.time : MAX(c->end, at.time);
    c->latest = at.time;
    key = key_of(p, &at, &side);
    t = find_tuple(c, key);
    if (!t && !vsock_may_begin(c, p)) {
        take_unfollowed(c, key, side, p, malformed, &at);
        return NULL;
    }
    if (!t)
        t = new_tuple(c, key, &at); /* of packets in no stream, too: for vsock_capture_pair() */
    r = take_any(c, t, side, p, malformed, &at);
    mark = (struct vsock_mark){.record = r ? c->records : 0, .frame = at.frame, .time = at.time};
    vsock_time_order_take(&t->source->order, &mark, vsock_place_of_last(c, r));
    return r;
}

void vsock_capture_pass(struct vsock_capture *c, int64_t time)
{
    if (c->packets == 0)
        return;
    c->end = MAX(c->end, time);
    for (unsigned i = 0; i < wmem_array_get_count(c->sources.all); i++) {
        struct source *source = *(struct source **)wmem_array_index(c->sources.all, i);
        int64_t *seen_until = source->capture_source.seen_until;

        if (*seen_until != VSOCK_TIME_NONE)
            *seen_until = MAX(*seen_until, time);
    }
}

/* What is asked of a packet that began to wait; of most, nothing. */
static struct vsock_wait open_wait(const struct vsock_capture *c, const struct vsock_record *r, uint8_t side)
{
    const struct vsock_stream *s = r->stream;
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, side);
    struct vsock_wait wait = {0};

    if (!vsock_flow_is_stalled(&s->conn.flow, side) || vsock_capture_record(c, stall->began.record) != r)
        return wait;
    wait.side = side;
    wait.time = vsock_stream_open_stall(s, side);
    wait.ends_in = s->conn.ended ? s->conn.reset.record : 0;
    wait.superseded = !s->conn.ended && s->superseded_time != VSOCK_TIME_NONE;
    return wait;
}

struct vsock_wait vsock_capture_wait(const struct vsock_capture *c, const struct vsock_record *r)
{
    struct vsock_wait longest = {0};

    if (!r->has_credit || r->stream->conn.overlaps)
        return longest;
    if (r->ext && r->ext->stall_end != 0)
        longest = (struct vsock_wait){.time = vsock_capture_record(c, r->ext->stall_end)->time - r->time,
                                      .side = r->ext->waits,
                                      .ends_in = r->ext->stall_end};
    for (uint8_t side = 0; side < 2; side++) {
        struct vsock_wait wait = open_wait(c, r, side);

        if (wait.time > longest.time)
            longest = wait;
    }
    return longest;
}

uint32_t vsock_capture_pair(const struct vsock_capture *c, const struct vsock_packet *p,
                            const struct vsock_arrival *at)
{
    uint8_t side;
    struct vsock_key key = key_of(p, at, &side);
    const struct vsock_tuple *t = (const struct vsock_tuple *)vsock_table_find(&c->tuples, key);

    if (!t || (t->left_out && !t->newest))
        return VSOCK_STREAM_UNKNOWN;
    return t->pair;
}

const struct vsock_datagrams *vsock_capture_datagrams(const struct vsock_capture *c,
                                                      const struct vsock_packet *p,
                                                      const struct vsock_arrival *at)
{
    uint8_t side;
    struct vsock_key key = key_of(p, at, &side);

    return (const struct vsock_datagrams *)vsock_table_find(&c->datagrams, key);
}
