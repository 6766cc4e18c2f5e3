/* SPDX-License-Identifier: GPL-2.0-or-later
 * track.c - from packets to connections: the first pass in capture order, and a record of it for later
 * passes. A connection is known by where it was recorded (pcapng section and interface) and by its two
 * endpoints; the newest generation between them takes every packet until another begins. */
#include "compat.h"

#include "track.h"

#include <wiretap/wtap.h>

/* Everything that belongs to the open file. The memory is of file scope, and goes with it. */
static struct {
    wmem_map_t *tuples;   /* a set of struct tuple */
    struct tuple *recent; /* of the packet before, most likely this one's too; NULL at first */
    wmem_map_t *pairs;    /* the first of them between two endpoints, wherever recorded */
    wmem_array_t *chunks; /* of struct vsock_record *: CHUNK records each, in the order of the capture */
    uint32_t records;
    uint32_t searched;  /* index of the record behind the last that was looked for: saves time, no more */
    int64_t last_place; /* in the file, of the packet that the last record is of */
    uint32_t streams;
    struct vsock_rw *spare; /* to be used again before new ones are made */
    wmem_stack_t *spare_copies;
    wmem_queue_t *trials; /* streams that may turn out to be captured twice, in the order of their REQUESTs */
    wmem_map_t *places;   /* section and interface -> struct place */
} file;

#define CHUNK 1024

/* Connections of one millisecond whose copies are waited for: where more begin, the oldest is given up. */
#define TRIALS_MAX 4096

/* One interface of one section: a kernel, most likely, and a stretch of time. */
struct place {
    enum vsock_tap_layout layout;
    int64_t *seen_until; /* of the section */
};

struct tuple {
    uint32_t section, interface;
    struct vsock_endpoint low, high; /* in an order of their own, whoever sends */
    struct vsock_stream *newest;     /* generation; no part of the key */
    struct place *place;
    uint32_t pair; /* index of the first stream between the endpoints, wherever recorded */
};

/* Keys come from packets, and somebody may have chosen them: hence a hash that nobody can foresee. */
static unsigned tuple_hash(const void *key)
{
    const struct tuple *t = (const struct tuple *)key;
    const uint64_t words[] = {t->low.cid, t->high.cid, (uint64_t)t->low.port << 32 | t->high.port,
                              (uint64_t)t->section << 32 | t->interface};

    return wmem_strong_hash((const uint8_t *)words, sizeof(words));
}

static bool same_endpoint(const struct vsock_endpoint *a, const struct vsock_endpoint *b)
{
    return a->cid == b->cid && a->port == b->port;
}

static gboolean tuple_equal(const void *a, const void *b)
{
    const struct tuple *s = (const struct tuple *)a, *t = (const struct tuple *)b;

    return s->section == t->section && s->interface == t->interface && same_endpoint(&s->low, &t->low) &&
           same_endpoint(&s->high, &t->high);
}

static unsigned pair_hash(const void *key)
{
    const struct tuple *t = (const struct tuple *)key;
    struct tuple pair = {.low = t->low, .high = t->high};

    return tuple_hash(&pair);
}

static gboolean pair_equal(const void *a, const void *b)
{
    const struct tuple *s = (const struct tuple *)a, *t = (const struct tuple *)b;

    return same_endpoint(&s->low, &t->low) && same_endpoint(&s->high, &t->high);
}

static void start_file(void)
{
    memset(&file, 0, sizeof(file));
    file.tuples = wmem_map_new(wmem_file_scope(), tuple_hash, tuple_equal);
    file.pairs = wmem_map_new(wmem_file_scope(), pair_hash, pair_equal);
    file.chunks = wmem_array_new(wmem_file_scope(), sizeof(struct vsock_record *));
    file.places = wmem_map_new(wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    file.spare_copies = wmem_stack_new(wmem_file_scope());
    file.trials = wmem_queue_new(wmem_file_scope());
}

static void end_file(void)
{
    memset(&file, 0, sizeof(file));
}

void vsock_track_register(void)
{
    register_init_routine(start_file);
    register_cleanup_routine(end_file);
}

uint32_t vsock_track_stream_count(void)
{
    return file.streams;
}

static int64_t nanoseconds(const nstime_t *time)
{
    const int64_t limit = INT64_C(4000000000); /* seconds: the year 2096; differences stay within 64 bits */
    int64_t seconds = (int64_t)time->secs;

    return CLAMP(seconds, -limit, limit) * INT64_C(1000000000) + time->nsecs;
}

int64_t vsock_packet_time(const packet_info *pinfo)
{
    return nanoseconds(&pinfo->abs_ts);
}

int64_t vsock_capture_start(const packet_info *pinfo)
{
    nstime_t start;

    nstime_delta(&start, &pinfo->abs_ts, &pinfo->rel_ts);
    return nanoseconds(&start);
}

/* ---- records ---- */

static struct vsock_record *record_at(uint32_t i)
{
    return *(struct vsock_record **)wmem_array_index(file.chunks, i / CHUNK) + i % CHUNK;
}

static struct vsock_record *append_record(uint32_t frame, uint8_t layer)
{
    struct vsock_record *record;

    if (file.records % CHUNK == 0) {
        struct vsock_record *chunk = wmem_alloc_array(wmem_file_scope(), struct vsock_record, CHUNK);

        wmem_array_append_one(file.chunks, chunk);
    }
    record = record_at(file.records++);
    *record = (struct vsock_record){.frame = frame, .layer = layer, .offset = VSOCK_OFFSET_NONE};
    return record;
}

static bool is_until(uint32_t i, uint32_t frame, uint8_t layer)
{
    const struct vsock_record *r = record_at(i);

    return r->frame < frame || (r->frame == frame && r->layer <= layer);
}

/* How many records there are until (frame, layer), that one included. Looks around where the last search
 * ended, in steps that double, since most searches are for a packet close by. */
static uint32_t count_until(uint32_t frame, uint8_t layer)
{
    uint32_t low = file.searched, high = low,
             step = 1; /* those below `low` are until it, from `high` on not */

    for (; high < file.records && is_until(high, frame, layer); step *= 2) {
        low = high + 1;
        high += MIN(step, file.records - high);
    }
    for (; low > 0 && !is_until(low - 1, frame, layer); step *= 2) {
        high = low - 1;
        low -= MIN(step, low);
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (is_until(middle, frame, layer))
            low = middle + 1;
        else
            high = middle;
    }
    file.searched = low;
    return low;
}

/* The last record of (frame, layer) or before, or NULL. A read filter (tshark -2 -R) gives the number of a
 * packet that it drops to the next one: the record of that is the later one. */
static const struct vsock_record *last_until(uint32_t frame, uint8_t layer)
{
    uint32_t count = count_until(frame, layer);

    return count > 0 ? record_at(count - 1) : NULL;
}

static const struct vsock_record *find_record(uint32_t frame, uint8_t layer)
{
    const struct vsock_record *r = last_until(frame, layer);

    return r && r->frame == frame && r->layer == layer ? r : NULL;
}

/* On the first pass: the record of this packet, if epan shows it again, as it does where there is a read
 * filter. */
static const struct vsock_record *find_same(const packet_info *pinfo)
{
    const struct vsock_record *r = file.records > 0 ? record_at(file.records - 1) : NULL;

    return r && r->frame == pinfo->num && r->layer == pinfo->curr_layer_num &&
                   file.last_place == pinfo->fd->file_off
               ? r
               : NULL;
}

int64_t vsock_track_time_of(uint32_t frame)
{
    const struct vsock_record *r = vsock_track_find(frame);

    return r ? r->time : VSOCK_TIME_NONE;
}

int64_t vsock_track_previous_time(const struct vsock_record *r)
{
    return r->previous == UINT32_MAX ? VSOCK_TIME_NONE : record_at(r->previous)->time;
}

const struct vsock_record *vsock_track_find(uint32_t frame)
{
    const struct vsock_record *r = last_until(frame, UINT8_MAX);

    return r && r->frame == frame ? r : NULL;
}

/* ---- streams ---- */

static uint32_t interface_of(const wtap_rec *rec)
{
    if (rec->rec_type != REC_TYPE_PACKET || !(rec->presence_flags & WTAP_HAS_INTERFACE_ID))
        return 0;
    return rec->rec_header.packet_header.interface_id;
}

/* Fills the key, and returns which side the packet's sender is: 0 for `low`, 1 for `high`. */
static uint8_t make_tuple(struct tuple *t, const packet_info *pinfo, const struct vsock_packet *p)
{
    struct vsock_endpoint src = vsock_source(p), dst = vsock_destination(p);
    bool src_is_low = src.cid < dst.cid || (src.cid == dst.cid && src.port <= dst.port);

    *t = (struct tuple){
        .section = (pinfo->rec->presence_flags & WTAP_HAS_SECTION_NUMBER) ? pinfo->rec->section_number : 0,
        .interface = interface_of(pinfo->rec),
        .low = src_is_low ? src : dst,
        .high = src_is_low ? dst : src,
    };
    return src_is_low ? 0 : 1;
}

static void give_back(struct vsock_rw *released)
{
    while (released) {
        struct vsock_rw *next = released->next;

        released->next = file.spare;
        file.spare = released;
        released = next;
    }
}

static struct vsock_rw *take_rw(void)
{
    struct vsock_rw *rw = file.spare;

    if (!rw)
        return wmem_new(wmem_file_scope(), struct vsock_rw);
    file.spare = rw->next;
    return rw;
}

/* NOLINTNEXTLINE(misc-no-recursion): once, and no deeper */
static struct place *get_place(uint32_t section, uint32_t interface)
{
    uint64_t key = (uint64_t)section << 32 | interface;
    struct place *place = (struct place *)wmem_map_lookup(file.places, &key);

    if (place)
        return place;
    place = wmem_new0(wmem_file_scope(), struct place);
    wmem_map_insert(file.places, wmem_memdup(wmem_file_scope(), &key, sizeof(key)), place);
    if (interface == UINT32_MAX) { /* stands for the whole section, and no record's interface */
        place->seen_until = wmem_new(wmem_file_scope(), int64_t);
        *place->seen_until = VSOCK_TIME_NONE;
    } else {
        place->seen_until = get_place(section, UINT32_MAX)->seen_until;
    }
    return place;
}

static struct tuple *get_tuple(const struct tuple *key)
{
    struct tuple *t, *first;

    if (file.recent && tuple_equal(file.recent, key))
        return file.recent;
    t = file.recent = (struct tuple *)wmem_map_lookup(file.tuples, key);
    if (t)
        return t;
    t = file.recent = (struct tuple *)wmem_memdup(wmem_file_scope(), key, sizeof(*key));
    wmem_map_insert(file.tuples, t, t);
    t->place = get_place(t->section, t->interface);
    first = (struct tuple *)wmem_map_lookup(file.pairs, t);
    t->pair = first ? first->pair : file.streams; /* which is the one about to begin */
    if (!first)
        wmem_map_insert(file.pairs, t, t);
    return t;
}

static struct vsock_stream *start_stream(packet_info *pinfo, struct tuple *t, const struct vsock_packet *p,
                                         uint8_t side)
{
    struct vsock_stream *s = wmem_new0(wmem_file_scope(), struct vsock_stream), *previous = t->newest;

    s->index = file.streams++;
    s->previous = previous ? previous->index : UINT32_MAX;
    s->pair = t->pair;
    s->place = t->place;
    s->side[0] = t->low;
    s->side[1] = t->high;
    s->first_time = vsock_packet_time(pinfo);
    s->request_time = s->response_time = s->reset_time = s->superseded_time = VSOCK_TIME_NONE;
    s->last_record = UINT32_MAX;
    s->conn = vsock_conn_start(p, side, same_endpoint(&t->low, &t->high));
    s->conversation = conversation_new_by_id(pinfo->num, CONVERSATION_NONE, s->index);
    if (previous) {
        previous->superseded_time = s->first_time;
        give_back(vsock_conn_release(&previous->conn));
    }
    t->newest = s;
    return s;
}

static bool is_trial_over(const struct vsock_stream *s, int64_t now)
{
    return s->conn.ended || now - s->request_time > VSOCK_COPY_TIME_MAX;
}

static void end_trial(struct vsock_stream *s)
{
    if (!s->on_trial)
        return;
    s->on_trial = false;
    wmem_stack_push(file.spare_copies, s->copies);
    s->copies = NULL;
}

/* A new connection may turn out to be captured twice: from its REQUEST on, packets wait for copies. Only
 * those of the last millisecond cost memory for it, and not too many of them. */
static void start_trial(struct vsock_stream *s)
{
    while (wmem_queue_count(file.trials) > 0) {
        struct vsock_stream *oldest = (struct vsock_stream *)wmem_queue_peek(file.trials);

        if (wmem_queue_count(file.trials) < TRIALS_MAX && !is_trial_over(oldest, s->request_time))
            break;
        end_trial(oldest);
        wmem_queue_pop(file.trials);
    }
    wmem_queue_push(file.trials, s);
    s->on_trial = true;
    if (wmem_stack_count(file.spare_copies) > 0)
        s->copies = (struct vsock_copies *)wmem_stack_pop(file.spare_copies);
    else
        s->copies = wmem_new(wmem_file_scope(), struct vsock_copies);
    s->copies->first = s->copies->count = 0;
}

/* Is this packet the second copy of one that was already taken? The REQUEST's is what proves that there are
 * any. */
static bool take_copy(struct vsock_stream *s, const struct vsock_packet *p, const struct vsock_record *r,
                      uint64_t *findings, uint32_t *skip)
{
    if (!s->copies)
        return false;
    if (!s->on_trial)
        return vsock_copies_take(s->copies, p, r->sender, skip);
    if (is_trial_over(s, r->time)) {
        end_trial(s);
        return false;
    }
    if (p->virtio.op != VSOCK_OP_REQUEST || !vsock_copies_take(s->copies, p, r->sender, skip))
        return false;
    s->on_trial = false;
    *findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_DUPLICATE_CAPTURE);
    return true;
}

static void note_landmarks(struct vsock_stream *s, const struct vsock_step *step,
                           const struct vsock_record *r)
{
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST)) {
        s->request_frame = r->frame;
        s->request_time = r->time;
        start_trial(s);
    }
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE)) {
        s->response_frame = r->frame;
        s->response_time = r->time;
    }
    if (s->reset_frame == 0 && step->rst_kind != VSOCK_RST_NONE && step->rst_kind != VSOCK_RST_FOREIGN_TYPE) {
        s->reset_frame = r->frame;
        s->reset_time = r->time;
    }
}

/* ---- what the future tells of packets before ---- */

static void resolve_overruns(struct vsock_stream *s, uint8_t sender, enum vsock_overrun outcome)
{
    for (struct vsock_rare *rare = s->overruns[sender]; rare; rare = rare->next)
        rare->overrun = (uint8_t)outcome;
    s->overruns[sender] = NULL;
}

static void note_outcomes(struct vsock_stream *s, const struct vsock_step *step, uint8_t sender, int64_t time)
{
    uint8_t receiver = sender ^ 1;

    if (step->rst_kind == VSOCK_RST_WINDOW_OVERRUN)
        resolve_overruns(s, receiver, VSOCK_OVERRUN_RESET);
    else if (step->flow.recovered)
        resolve_overruns(s, receiver, VSOCK_OVERRUN_RECOVERED);
    if (step->flow.answers_frame != 0 && s->question[receiver]) {
        s->question[receiver]->answered_time = time;
        s->question[receiver] = NULL;
    }
    if (step->counted && s->reopened[sender]) {
        s->reopened[sender]->resumed_time = time;
        s->reopened[sender] = NULL;
    }
}

/* What this packet waits for the future to tell. */
static void expect_outcomes(struct vsock_stream *s, const struct vsock_step *step, uint8_t sender,
                            struct vsock_rare *rare)
{
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED)) {
        rare->next = s->overruns[sender];
        s->overruns[sender] = rare;
    }
    if (step->flow.asks)
        s->question[sender] = rare;
    if (step->flow.stall_frame != 0)
        s->reopened[sender ^ 1] = rare;
}

/* ---- a packet ---- */

/* NULL where nothing about the packet is rare. CREDIT_UPDATE is not: its op says it. */
static struct vsock_rare *make_rare(const struct vsock_step *step, uint64_t findings,
                                    struct vsock_split_part part)
{
    struct vsock_rare *rare;

    if (findings == 0 && part.skip == 0 && !part.lacks && step->flow.answers_frame == 0)
        return NULL;
    rare = wmem_new0(wmem_file_scope(), struct vsock_rare);
    rare->findings = findings;
    rare->payload_skip = part.skip;
    rare->part_missing = part.lacks;
    rare->ahead = step->flow.stamp.ahead;
    rare->unconsumed = (uint32_t)MIN(step->unconsumed, UINT32_MAX);
    rare->waited = (uint32_t)MIN(step->waited / 1000000, UINT32_MAX);
    rare->exceeded = step->flow.exceeded;
    rare->backwards = step->flow.stamp.backwards;
    rare->shrunk = step->flow.stamp.shrunk;
    rare->stall_frame = step->flow.stall_frame;
    rare->stall_cause = (uint8_t)step->flow.stall_cause;
    rare->answers_frame = step->flow.answers_frame;
    rare->asks = step->flow.asks;
    rare->answered_time = rare->resumed_time = VSOCK_TIME_NONE;
    return rare;
}

static void note_credit(struct vsock_record *r, const struct vsock_conn *c, const struct vsock_packet *p)
{
    const struct vsock_window *own = &c->flow.window[r->sender], *peer = &c->flow.window[r->sender ^ 1];

    r->has_credit = vsock_conn_has_credit(c, p);
    r->has_window = r->has_credit && own->stamped;
    r->in_flight = (uint32_t)MIN(vsock_window_in_flight(own), UINT32_MAX);
    r->peer_in_flight = (uint32_t)MIN(vsock_window_in_flight(peer), UINT32_MAX);
    r->peer_buf_alloc = own->buf_alloc;
}

static void step_stream(struct vsock_stream *s, const struct vsock_stream *previous,
                        const struct vsock_packet *p, struct vsock_record *r)
{
    struct vsock_rw *rw = p->virtio.op == VSOCK_OP_RW ? take_rw() : NULL;
    struct vsock_step step =
        vsock_conn_step(&s->conn, previous ? &previous->conn : NULL, p, r->sender, r->frame, r->time, rw);
    struct vsock_split_part part = {0};
    struct vsock_rare *rare;

    if (rw && !step.flow.rw_kept) {
        rw->next = step.flow.released;
        step.flow.released = rw;
    }
    give_back(step.flow.released);
    note_landmarks(s, &step, r);
    if (step.counted)
        part = vsock_split_take(&s->split[r->sender], &s->place->layout, p);
    if (step.flow.has_offset)
        r->offset = step.flow.offset;
    r->acks_frame = step.flow.acks_frame;
    r->rst_kind = (unsigned)step.rst_kind & 15;
    r->counted = step.counted;
    note_credit(r, &s->conn, p);
    if (s->copies)
        vsock_copies_wait(s->copies, p, r->sender, part.skip);

    note_outcomes(s, &step, r->sender, r->time);
    rare = make_rare(&step, step.findings, part);
    r->rare = rare;
    if (rare)
        expect_outcomes(s, &step, r->sender, rare);
}

static const struct vsock_record *take_packet(packet_info *pinfo, const struct vsock_packet *p)
{
    uint32_t index = file.records;
    struct vsock_record *r = append_record(pinfo->num, pinfo->curr_layer_num);
    uint64_t findings = 0;
    uint32_t skip = 0;
    struct tuple key, *t;
    const struct vsock_stream *previous = NULL;
    struct vsock_stream *s;

    file.last_place = pinfo->fd->file_off;
    r->time = vsock_packet_time(pinfo);
    r->sender = make_tuple(&key, pinfo, p);
    t = get_tuple(&key);
    s = t->newest;
    r->copy = s && take_copy(s, p, r, &findings, &skip);
    if (!s || (!r->copy && vsock_conn_begins(&s->conn, p))) {
        previous = s;
        s = start_stream(pinfo, t, p, r->sender);
    }
    if (!r->copy)
        step_stream(s, previous, p, r);
    else
        r->rare = make_rare(&(struct vsock_step){0}, findings, (struct vsock_split_part){.skip = skip});

    r->stream = s;
    r->previous = s->last_record;
    r->number = ++s->packets;
    r->client = s->conn.client;
    r->state = (unsigned)s->conn.state & 15;
    r->completeness = s->conn.completeness;
    s->last_record = index;
    s->conversation->last_frame = pinfo->num;
    *t->place->seen_until = MAX(*t->place->seen_until, r->time);
    return r;
}

uint32_t vsock_track_pair(const packet_info *pinfo, const struct vsock_packet *p)
{
    struct tuple key;
    const struct tuple *first;

    make_tuple(&key, pinfo, p);
    first = (const struct tuple *)wmem_map_lookup(file.pairs, &key);
    return first ? first->pair : 0;
}

int64_t vsock_stream_known_until(const struct vsock_stream *s)
{
    if (s->reset_frame != 0)
        return s->reset_time;
    return s->superseded_time != VSOCK_TIME_NONE ? s->superseded_time : *s->place->seen_until;
}

const struct vsock_record *vsock_track(packet_info *pinfo, const struct vsock_packet *p)
{
    const struct vsock_record *record;

    if (!VSOCK_HAS_VIRTIO(p, fwd_cnt) || p->mon.transport_len != sizeof(struct virtio_vsock_wire)) {
        struct tuple key;

        if (!PINFO_FD_VISITED(pinfo) && VSOCK_HAS_MON(p, dst_port)) {
            make_tuple(&key, pinfo, p); /* for vsock_track_pair() */
            get_tuple(&key);
        }
        return NULL;
    }
    if (PINFO_FD_VISITED(pinfo))
        record = find_record(pinfo->num, pinfo->curr_layer_num);
    else
        record = find_same(pinfo);
    if (!record && !PINFO_FD_VISITED(pinfo))
        record = take_packet(pinfo, p);
    if (record) /* by index: endpoints would mix generations, and miss loopback dialled through another CID */
        conversation_set_elements_by_id(pinfo, CONVERSATION_NONE, record->stream->index);
    return record;
}
