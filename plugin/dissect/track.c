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
    wmem_map_t *pairs;    /* the first of them between two endpoints, wherever recorded */
    wmem_array_t *chunks; /* of struct vsock_record *: CHUNK records each, in the order of the capture */
    uint32_t records;
    uint32_t streams;
    struct vsock_rw *spare; /* to be used again before new ones are made */
    enum vsock_tap_layout layout;
    int64_t seen_until;
} file;

#define CHUNK 1024

struct tuple {
    uint32_t section, interface;
    struct vsock_endpoint low, high; /* in an order of their own, whoever sends */
    struct vsock_stream *newest;     /* generation; no part of the key */
    uint32_t pair;                   /* index of the first stream between the endpoints, wherever recorded */
};

static unsigned tuple_hash(const void *key)
{
    const struct tuple *t = (const struct tuple *)key;
    uint64_t hash = t->low.cid * 31 + t->high.cid;

    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)t->low.port << 32 | t->high.port);
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t)t->section << 32 | t->interface);
    return (unsigned)(hash ^ hash >> 32);
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
    file.seen_until = VSOCK_TIME_NONE;
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

int64_t vsock_track_seen_until(void)
{
    return file.seen_until;
}

int64_t vsock_packet_time(const packet_info *pinfo)
{
    const int64_t limit = INT64_C(4000000000); /* seconds: the year 2096; differences stay within 64 bits */
    int64_t seconds = (int64_t)pinfo->abs_ts.secs;

    return CLAMP(seconds, -limit, limit) * INT64_C(1000000000) + pinfo->abs_ts.nsecs;
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

/* The index of the first record of (frame, layer) or later. */
static uint32_t lower_bound(uint32_t frame, uint8_t layer)
{
    uint32_t low = 0, high = file.records;

    if (high > 0 && record_at(high - 1)->frame < frame) /* the first pass */
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct vsock_record *r = record_at(middle);

        if (r->frame < frame || (r->frame == frame && r->layer < layer))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct vsock_record *find_record(uint32_t frame, uint8_t layer)
{
    uint32_t i = lower_bound(frame, layer);
    const struct vsock_record *r = i < file.records ? record_at(i) : NULL;

    return r && r->frame == frame && r->layer == layer ? r : NULL;
}

const struct vsock_record *vsock_track_find(uint32_t frame)
{
    uint32_t i = lower_bound(frame, 0);
    const struct vsock_record *r = i < file.records ? record_at(i) : NULL;

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
    bool loopback = vsock_is_loopback(p);
    struct vsock_endpoint src = {loopback ? VSOCK_CID_LOCAL : p->mon.src_cid, p->mon.src_port};
    struct vsock_endpoint dst = {loopback ? VSOCK_CID_LOCAL : p->mon.dst_cid, p->mon.dst_port};
    bool src_is_low = src.cid < dst.cid || (src.cid == dst.cid && src.port <= dst.port);

    *t = (struct tuple){
        .section = pinfo->rec->presence_flags & WTAP_HAS_SECTION_NUMBER ? pinfo->rec->section_number : 0,
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

static struct tuple *get_tuple(const struct tuple *key)
{
    struct tuple *t = (struct tuple *)wmem_map_lookup(file.tuples, key), *first;

    if (t)
        return t;
    t = (struct tuple *)wmem_memdup(wmem_file_scope(), key, sizeof(*key));
    wmem_map_insert(file.tuples, t, t);
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
    s->side[0] = t->low;
    s->side[1] = t->high;
    s->first_time = vsock_packet_time(pinfo);
    s->last_time = s->request_time = s->response_time = s->reset_time = VSOCK_TIME_NONE;
    s->conn = vsock_conn_start(p, side, same_endpoint(&t->low, &t->high));
    s->conversation = conversation_new_by_id(pinfo->num, CONVERSATION_NONE, s->index);
    if (previous)
        give_back(vsock_conn_release(&previous->conn));
    t->newest = s;
    return s;
}

/* Is this REQUEST the copy of the one that has just begun the stream? From then on, every packet has a copy.
 */
static bool is_copied_request(const struct vsock_stream *s, const struct vsock_packet *p, int64_t time)
{
    return p->virtio.op == VSOCK_OP_REQUEST && s->conn.exact && !s->conn.ended &&
           time - s->request_time <= VSOCK_COPY_TIME_MAX && vsock_header_digest(p) == s->request_digest;
}

/* Is this packet the second copy of one that was already taken? */
static bool take_copy(struct vsock_stream *s, const struct vsock_packet *p, uint8_t side, int64_t time,
                      uint64_t *findings)
{
    if (s->copies)
        return vsock_copies_take(s->copies, p, side);
    if (!is_copied_request(s, p, time))
        return false;
    s->copies = wmem_new0(wmem_file_scope(), struct vsock_copies);
    *findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_DUPLICATE_CAPTURE);
    return true;
}

static void note_landmarks(struct vsock_stream *s, const struct vsock_packet *p,
                           const struct vsock_step *step, uint32_t frame, int64_t time)
{
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST)) {
        s->request_frame = frame;
        s->request_time = time;
        s->request_digest = vsock_header_digest(p);
    }
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE)) {
        s->response_frame = frame;
        s->response_time = time;
    }
    if (s->reset_frame == 0 && step->rst_kind != VSOCK_RST_NONE && step->rst_kind != VSOCK_RST_FOREIGN_TYPE) {
        s->reset_frame = frame;
        s->reset_time = time;
    }
}

static void step_stream(struct vsock_stream *s, const struct vsock_stream *previous,
                        const struct vsock_packet *p, int64_t time, struct vsock_record *r)
{
    struct vsock_rw *rw = p->virtio.op == VSOCK_OP_RW ? take_rw() : NULL;
    struct vsock_step step =
        vsock_conn_step(&s->conn, previous ? &previous->conn : NULL, p, r->sender, time, rw);

    if (rw && !step.rw_kept) {
        rw->next = step.released;
        step.released = rw;
    }
    give_back(step.released);
    note_landmarks(s, p, &step, r->frame, time);
    r->unseen = step.unseen;
    r->counted = step.rw_kept;
    if (step.rw_kept)
        r->payload_skip = vsock_split_take(&s->split[r->sender], &file.layout, p);
    if (step.has_offset)
        r->offset = step.offset;
    if (step.findings & VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSE_TIMEOUT))
        r->figure = (uint32_t)MIN(step.waited / 1000000, UINT32_MAX);
    else
        r->figure = (uint32_t)MIN(step.unconsumed, UINT32_MAX);
    r->findings |= step.findings;
    r->rst_kind = (uint8_t)step.rst_kind;
}

static const struct vsock_record *take_packet(packet_info *pinfo, const struct vsock_packet *p)
{
    struct vsock_record *r = append_record(pinfo->num, (uint8_t)pinfo->curr_layer_num);
    int64_t time = vsock_packet_time(pinfo);
    struct tuple key, *t;
    struct vsock_stream *s, *previous = NULL;

    r->sender = make_tuple(&key, pinfo, p);
    t = get_tuple(&key);
    s = t->newest;
    if (s)
        r->copy = take_copy(s, p, r->sender, time, &r->findings);
    if (!r->copy && vsock_conn_begins(s ? &s->conn : NULL, p)) {
        previous = s;
        s = start_stream(pinfo, t, p, r->sender);
    }
    if (!r->copy)
        step_stream(s, previous, p, time, r);

    r->stream = s;
    r->previous_time = s->last_time;
    r->number = ++s->packets;
    r->client = s->conn.client;
    r->state = (uint8_t)s->conn.state;
    r->completeness = s->conn.completeness;
    s->last_time = time;
    s->conversation->last_frame = pinfo->num;
    file.seen_until = MAX(file.seen_until, time);
    return r;
}

const struct vsock_record *vsock_track(packet_info *pinfo, const struct vsock_packet *p)
{
    const struct vsock_record *record;

    if (!VSOCK_HAS_VIRTIO(p, fwd_cnt) || p->mon.transport_len != sizeof(struct virtio_vsock_wire))
        return NULL;
    record = find_record(pinfo->num, (uint8_t)pinfo->curr_layer_num);
    if (!record && !PINFO_FD_VISITED(pinfo))
        record = take_packet(pinfo, p);
    if (record) /* by index: endpoints would mix generations, and miss loopback dialled through another CID */
        conversation_set_elements_by_id(pinfo, CONVERSATION_NONE, record->stream->index);
    return record;
}
