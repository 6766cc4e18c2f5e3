/* SPDX-License-Identifier: GPL-2.0-or-later
 * forget.c - what an account can do without. Its parts point to each other: what points to a stream that is
 * forgotten is forgotten with it, or it is kept for that. */
#include "forget.h"

#include "core/capture_parts.h"
#include "core/datagrams.h"
#include "core/head_of_line.h"
#include "core/overlap.h"
#include "core/stood_still.h"

/* A request is over that had no answer for so long. */
#define NO_ANSWER (60 * VSOCK_SECOND)

/* Connections are looked at after so many times the records that are kept, for what grows without them. */
#define LOOK_AFTER 16

/* Of gaps of two CIDs, and of waits on their connections, the latest. */
#define EVENTS_MAX 4096

struct vsock_forget vsock_forget_new(uint32_t connections, bool forgets)
{
    return (struct vsock_forget){
        .connections = forgets ? connections : 0,
        .records = connections * VSOCK_FORGET_RECORDS,
        .due = 2 * connections,
        .numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
    };
}

void vsock_forget_clear(struct vsock_forget *f)
{
    g_array_free(f->numbers, TRUE);
}

uint32_t vsock_forget_number(const struct vsock_forget *f, uint32_t index)
{
    return index < f->numbers->len ? g_array_index(f->numbers, uint32_t, index) : index + f->over + f->open;
}

static struct vsock_stream *stream_at(const struct vsock_capture *c, uint32_t i)
{
    return *(struct vsock_stream **)wmem_array_index(c->streams, i);
}

/* ---- records ---- */

/* Stands for all that are forgotten, of overruns that nobody knows yet what became of. */
static struct vsock_record_ext forgotten_overrun;

/* Nothing waits any more for what becomes of this packet. It is the oldest of those that are waited for. */
static void stop_waiting(struct vsock_stream *s, uint8_t sender, const struct vsock_record_ext *ext)
{
    struct vsock_awaited *a = s->awaited;

    if (s->overlap && s->overlap->reused == ext)
        s->overlap->reused = NULL;
    for (uint8_t side = 0; side < 2 && a; side++) {
        if (a->asked[side] == ext)
            a->asked[side] = NULL;
        if (a->reopened[side] == ext)
            a->reopened[side] = NULL;
    }
    if (!a || !a->overruns[sender])
        return;
    if (a->overruns[sender] == ext)
        a->overruns[sender] = &forgotten_overrun;
    else if (a->overruns[sender] != &forgotten_overrun)
        a->overruns[sender]->next = NULL;
}

static void forget_record(struct vsock_capture *c, uint32_t number)
{
    struct vsock_record *r = vsock_capture_record(c, number);
    struct vsock_record **chunk;
    struct vsock_print **prints;

    if (r->ext && !r->ext->shared) {
        stop_waiting(r->stream, r->sender, r->ext);
        vsock_spare_give(&c->spare_exts, r->ext);
    }
    if (number % VSOCK_CHUNK != 0)
        return;
    chunk = (struct vsock_record **)wmem_array_index(c->chunks, number / VSOCK_CHUNK - 1);
    vsock_spare_give(&c->spare_chunks, *chunk);
    *chunk = NULL;
    prints = (struct vsock_print **)wmem_array_index(c->prints, number / VSOCK_CHUNK - 1);
    wmem_free(c->memory, *prints);
    *prints = NULL;
}

static void forget_records_until(struct vsock_capture *c, uint32_t number)
{
    while (c->forgotten < number)
        forget_record(c, ++c->forgotten);
}

void vsock_forget_records(const struct vsock_forget *f, struct vsock_capture *c)
{
    if (c->records - c->forgotten >= 2 * f->records)
        forget_records_until(c, c->records - f->records);
}

/* ---- which connections ---- */

struct search {
    struct vsock_capture *capture;
    bool *gone;        /* of each stream, by its index */
    uint32_t *index;   /* the one that it gets, if it is kept */
    GPtrArray *tuples; /* all of them */
    GHashTable *kept_pairs, *kept_cids;
};

static bool is_over(const struct vsock_capture *c, const struct vsock_stream *s)
{
    return s->conn.ended || s->superseded_time != VSOCK_TIME_NONE ||
           (s->conn.state == VSOCK_STATE_REQUESTED && c->latest - s->last.time >= NO_ANSWER);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Whose last record is this one, or before, is not among the latest `max` of these. */
static uint32_t last_of_others(GArray *last_records, uint32_t max)
{
    if (last_records->len <= max)
        return 0;
    g_array_sort(last_records, by_number);
    return g_array_index(last_records, uint32_t, last_records->len - 1 - max);
}

/* What went on least lately. */
static void choose(const struct vsock_forget *f, struct search *all)
{
    uint32_t streams = wmem_array_get_count(all->capture->streams), until[2];
    GArray *last[2] = {g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                       g_array_new(FALSE, FALSE, sizeof(uint32_t))};

    for (uint32_t i = 0; i < streams; i++) {
        const struct vsock_stream *s = stream_at(all->capture, i);

        g_array_append_val(last[is_over(all->capture, s)], s->last_record);
    }
    until[0] = last_of_others(last[0], f->connections * VSOCK_FORGET_OPEN);
    until[1] = last_of_others(last[1], f->connections);
    for (uint32_t i = 0; i < streams; i++) {
        const struct vsock_stream *s = stream_at(all->capture, i);

        all->gone[i] = s->last_record <= until[is_over(all->capture, s)];
    }
    g_array_free(last[0], TRUE);
    g_array_free(last[1], TRUE);
}

static struct vsock_stream *older(const struct vsock_stream *s)
{
    return s->overlap ? s->overlap->older : NULL;
}

/* Between the same endpoints, packets are of the newest or of one that it overlaps: they go together. */
static void keep_overlaps(const struct search *all, const struct vsock_tuple *t)
{
    bool kept = false;

    for (const struct vsock_stream *s = t->newest; s; s = older(s))
        kept |= !all->gone[s->index];
    for (const struct vsock_stream *s = kept ? t->newest : NULL; s; s = older(s))
        all->gone[s->index] = false;
}

/* What the other side may hold, as its requests are judged by it. */
static void keep_held(const struct search *all)
{
    uint32_t streams = wmem_array_get_count(all->capture->streams);
    GArray *held = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t i = 0; i < streams; i++) {
        const struct vsock_stream *s = stream_at(all->capture, i);

        if (!all->gone[i] && s->held)
            g_array_append_val(held, s->held->stream->index);
    }
    for (unsigned i = 0; i < held->len; i++)
        all->gone[g_array_index(held, uint32_t, i)] = false;
    g_array_free(held, TRUE);
}

/* ---- what points to them ---- */

static bool is_element_kept(const void *element, void *search)
{
    return !((const struct search *)search)->gone[(*(struct vsock_stream *const *)element)->index];
}

static void forget_tuple(struct vsock_capture *c, struct vsock_tuple *t)
{
    struct vsock_key key = vsock_endpoints_key(t);
    struct vsock_endpoints *e = (struct vsock_endpoints *)vsock_table_find(&c->endpoints, key);

    if (e && e->first == t)
        vsock_table_drop(&c->endpoints, e);
    vsock_resets_forget(c, &t->resets);
    vsock_table_drop(&c->tuples, t);
}

/* Those that stay are the search's. */
static void forget_tuples(struct search *all)
{
    struct vsock_capture *c = all->capture;
    GPtrArray *kept = g_ptr_array_new();

    c->recent = NULL;
    for (unsigned i = 0; i < all->tuples->len; i++) {
        struct vsock_tuple *t = (struct vsock_tuple *)all->tuples->pdata[i];
        const struct vsock_stream *storm = vsock_resets_storm_stream(&t->resets);

        if ((!t->newest || all->gone[t->newest->index]) && !vsock_table_find(&c->datagrams, t->key)) {
            forget_tuple(c, t);
            continue;
        }
        if (storm && all->gone[storm->index])
            vsock_resets_forget_storm(c, &t->resets);
        if (t->newest && all->gone[t->newest->index])
            t->newest = NULL;
        g_ptr_array_add(kept, t);
    }
    g_ptr_array_free(all->tuples, TRUE);
    all->tuples = kept;
}

static void forget_candidates(const struct search *all)
{
    wmem_queue_t *candidates = all->capture->candidates;

    for (unsigned i = wmem_queue_count(candidates); i > 0; i--) {
        struct vsock_stream *s = (struct vsock_stream *)wmem_queue_pop(candidates);

        if (all->gone[s->index])
            vsock_capture_dismiss(all->capture, s);
        else
            wmem_queue_push(candidates, s);
    }
}

/* Of a stream that stays. */
static void forget_others(struct search *all, struct vsock_stream *s)
{
    struct vsock_capture *c = all->capture;

    if (s->overlap && all->gone[s->overlap->older->index]) {
        wmem_free(c->memory, s->overlap);
        s->overlap = NULL;
    }
    if (s->held && all->gone[s->held->stream->index]) {
        wmem_free(c->memory, (void *)s->held);
        s->held = NULL;
    }
    if (s->wraps) { /* they are for who shows packets */
        wmem_destroy_array(s->wraps);
        s->wraps = NULL;
    }
}

/* How far times go back is passed on, from a generation to the next. */
static void forget_previous(const struct search *all, struct vsock_stream *s)
{
    if (s->previous == VSOCK_STREAM_UNKNOWN)
        return;
    if (all->gone[s->previous]) {
        s->order = MAX(s->order, stream_at(all->capture, s->previous)->order);
        s->previous = VSOCK_STREAM_UNKNOWN;
    } else {
        s->previous = all->index[s->previous];
    }
}

static bool is_wait_kept(const void *element, void *search)
{
    return !((const struct search *)search)->gone[((const struct vsock_waited *)element)->stream];
}

static bool is_still_kept(const void *element, void *search)
{
    return !((const struct search *)search)->gone[((const struct vsock_still *)element)->stream];
}

/* Whether an element is kept since it is among the latest. */
static bool is_late(const void *element, void *left)
{
    unsigned *more = (unsigned *)left;

    (void)element;
    if (*more == 0)
        return true;
    (*more)--;
    return false;
}

static wmem_array_t *keep_latest(wmem_allocator_t *memory, wmem_array_t *all, size_t size)
{
    unsigned more = wmem_array_get_count(all);

    if (more <= EVENTS_MAX)
        return all;
    more -= EVENTS_MAX;
    return vsock_array_keep(memory, all, size, is_late, &more);
}

static void forget_waits(struct search *all, struct vsock_cid_pair *p)
{
    wmem_allocator_t *memory = all->capture->memory;

    if (p->gaps)
        p->gaps = keep_latest(memory, p->gaps, sizeof(struct vsock_gap));
    if (!p->waits)
        return;
    p->waits = vsock_array_keep(memory, p->waits, sizeof(struct vsock_waited), is_wait_kept, all);
    p->waits = keep_latest(memory, p->waits, sizeof(struct vsock_waited));
    for (unsigned i = 0; i < wmem_array_get_count(p->waits); i++) {
        struct vsock_waited *w = (struct vsock_waited *)wmem_array_index(p->waits, i);

        w->stream = all->index[w->stream];
    }
}

static void forget_stills(struct search *all, struct vsock_cid *cid)
{
    wmem_allocator_t *memory = all->capture->memory;

    if (!cid->stills)
        return;
    cid->stills = vsock_array_keep(memory, cid->stills, sizeof(struct vsock_still), is_still_kept, all);
    cid->stills = keep_latest(memory, cid->stills, sizeof(struct vsock_still));
    if (wmem_array_get_count(cid->stills) == 0) { /* who judges looks at the first one */
        wmem_destroy_array(cid->stills);
        cid->stills = NULL;
        return;
    }
    for (unsigned i = 0; i < wmem_array_get_count(cid->stills); i++) {
        struct vsock_still *w = (struct vsock_still *)wmem_array_index(cid->stills, i);

        w->stream = all->index[w->stream];
    }
}

/* ---- what has no end: endpoints ---- */

static bool is_pair_kept(const void *element, void *search)
{
    return g_hash_table_contains(((const struct search *)search)->kept_pairs, *(void *const *)element);
}

static bool is_cid_kept(const void *element, void *search)
{
    return g_hash_table_contains(((const struct search *)search)->kept_cids, *(void *const *)element);
}

static void destroy(wmem_array_t *array)
{
    if (array)
        wmem_destroy_array(array);
}

static void find_kept_pairs(struct search *all)
{
    for (uint32_t i = 0; i < wmem_array_get_count(all->capture->streams); i++)
        g_hash_table_add(all->kept_pairs, stream_at(all->capture, i)->cid_pair);
    for (unsigned i = 0; i < all->tuples->len; i++)
        g_hash_table_add(all->kept_pairs, ((struct vsock_tuple *)all->tuples->pdata[i])->cids);
}

/* CIDs that no connection has that is kept, where there are very many. */
static void forget_cids(struct search *all, unsigned max)
{
    struct vsock_capture *c = all->capture;
    wmem_array_t *pairs = c->cid_pairs.all, *cids = c->cids.all;

    if (wmem_array_get_count(pairs) <= max)
        return;
    all->kept_pairs = g_hash_table_new(NULL, NULL);
    all->kept_cids = g_hash_table_new(NULL, NULL);
    find_kept_pairs(all);
    for (unsigned i = 0; i < wmem_array_get_count(pairs); i++) {
        struct vsock_cid_pair *p = *(struct vsock_cid_pair **)wmem_array_index(pairs, i);

        if (is_pair_kept(&p, all)) {
            g_hash_table_add(all->kept_cids, p->cid[0]);
            g_hash_table_add(all->kept_cids, p->cid[1]);
        }
    }
    for (unsigned i = 0; i < wmem_array_get_count(cids); i++) {
        struct vsock_cid *cid = *(struct vsock_cid **)wmem_array_index(cids, i);

        if (is_cid_kept(&cid, all))
            continue;
        destroy(cid->stills);
        vsock_table_drop(&c->cids, cid);
    }
    for (unsigned i = 0; i < wmem_array_get_count(pairs); i++) {
        struct vsock_cid_pair *p = *(struct vsock_cid_pair **)wmem_array_index(pairs, i);

        if (is_pair_kept(&p, all))
            continue;
        destroy(p->gaps);
        destroy(p->waits);
        wmem_free(c->memory, p->overlaps);
        vsock_table_drop(&c->cid_pairs, p);
    }
    c->cid_pairs.all = vsock_array_keep(c->memory, pairs, sizeof(void *), is_pair_kept, all);
    c->cids.all = vsock_array_keep(c->memory, cids, sizeof(void *), is_cid_kept, all);
    g_hash_table_destroy(all->kept_pairs);
    g_hash_table_destroy(all->kept_cids);
}

/* Those between endpoints that were met first. Their tuples go where they have nothing else. */
static void forget_datagrams(struct search *all, unsigned max)
{
    struct vsock_capture *c = all->capture;
    unsigned count = wmem_array_get_count(c->datagrams.all), more = count > max ? count - max : 0;

    for (unsigned i = 0; i < more; i++) {
        struct vsock_datagrams *d = *(struct vsock_datagrams **)wmem_array_index(c->datagrams.all, i);
        struct vsock_tuple *t = (struct vsock_tuple *)vsock_table_find(&c->tuples, d->key);

        vsock_resets_forget_storm(c, &t->resets);
        vsock_table_drop(&c->datagrams, d);
    }
    if (more > 0)
        c->datagrams.all = vsock_array_keep(c->memory, c->datagrams.all, sizeof(void *), is_late, &more);
}

/* ---- connections ---- */

static void forget_stream(struct vsock_capture *c, struct vsock_stream *s)
{
    struct vsock_stream_diagnosis *next;

    for (struct vsock_stream_diagnosis *d = s->diagnoses; d; d = next) {
        next = d->next;
        wmem_free(c->memory, d);
    }
    vsock_capture_give_back(c, vsock_conn_release(&s->conn));
    destroy(s->wraps);
    wmem_free(c->memory, s->duplicates);
    wmem_free(c->memory, s->overlap);
    wmem_free(c->memory, (void *)s->held);
    wmem_free(c->memory, s->awaited);
    vsock_spare_give(&c->spare_data, s->data);
    vsock_spare_give(&c->spare_pending, s->conn.flow.pending);
    vsock_spare_give(&c->spare_streams, s);
}

/* `gone` and `index` are by the indices that were. */
static void forget_streams(struct vsock_forget *f, struct search *all)
{
    struct vsock_capture *c = all->capture;
    uint32_t streams = wmem_array_get_count(c->streams);
    GPtrArray *gone = g_ptr_array_new();
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));

    for (uint32_t i = 0; i < streams; i++) {
        struct vsock_stream *s = stream_at(c, i);
        uint32_t number = vsock_forget_number(f, i);

        forget_previous(all, s);
        if (all->gone[i]) {
            g_ptr_array_add(gone, s);
        } else {
            forget_others(all, s);
            g_array_append_val(numbers, number);
        }
    }
    c->streams = vsock_array_keep(c->memory, c->streams, sizeof(struct vsock_stream *), is_element_kept, all);
    for (uint32_t i = 0; i < numbers->len; i++)
        stream_at(c, i)->index = i;
    for (unsigned i = 0; i < gone->len; i++) {
        struct vsock_stream *s = (struct vsock_stream *)gone->pdata[i];

        *(is_over(c, s) ? &f->over : &f->open) += 1;
        forget_stream(c, s);
    }
    g_ptr_array_free(gone, TRUE);
    g_array_free(f->numbers, TRUE);
    f->numbers = numbers;
}

static void add_tuple(void *tuple, void *tuples)
{
    g_ptr_array_add((GPtrArray *)tuples, tuple);
}

/* Where streams get another index, and until which record those that go have any. */
static uint32_t find_indices(struct search *all, void (*tell)(const struct vsock_stream *, void *),
                             void *context)
{
    uint32_t next = 0, until = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(all->capture->streams); i++) {
        const struct vsock_stream *s = stream_at(all->capture, i);

        if (!all->gone[i]) {
            all->index[i] = next++;
            continue;
        }
        until = MAX(until, s->last_record);
        tell(s, context);
    }
    return until;
}

bool vsock_forget_is_due(const struct vsock_forget *f, const struct vsock_capture *c)
{
    if (f->connections == 0)
        return false;
    return wmem_array_get_count(c->streams) >= f->due || c->tuples.count >= f->due ||
           c->records - f->looked >= LOOK_AFTER * f->records;
}

void vsock_forget_connections(struct vsock_forget *f, struct vsock_capture *c,
                              void (*tell)(const struct vsock_stream *, void *), void *context)
{
    uint32_t streams = wmem_array_get_count(c->streams), until;
    struct search all = {.capture = c,
                         .gone = g_new0(bool, streams),
                         .index = g_new0(uint32_t, streams),
                         .tuples = g_ptr_array_new()};

    choose(f, &all);
    vsock_table_foreach(&c->tuples, add_tuple, all.tuples);
    for (unsigned i = 0; i < all.tuples->len; i++)
        keep_overlaps(&all, (const struct vsock_tuple *)all.tuples->pdata[i]);
    keep_held(&all);
    until = find_indices(&all, tell, context);
    forget_records_until(c, MAX(until, c->records - MIN(c->records, f->records)));
    forget_datagrams(&all, f->connections);
    forget_tuples(&all);
    forget_candidates(&all);
    for (unsigned i = 0; i < wmem_array_get_count(c->cid_pairs.all); i++)
        forget_waits(&all, *(struct vsock_cid_pair **)wmem_array_index(c->cid_pairs.all, i));
    for (unsigned i = 0; i < wmem_array_get_count(c->cids.all); i++)
        forget_stills(&all, *(struct vsock_cid **)wmem_array_index(c->cids.all, i));
    forget_streams(f, &all);
    forget_cids(&all, f->connections);
    f->due = MAX(wmem_array_get_count(c->streams), all.tuples->len) + f->connections;
    f->looked = c->records;
    g_ptr_array_free(all.tuples, TRUE);
    g_free(all.index);
    g_free(all.gone);
}
