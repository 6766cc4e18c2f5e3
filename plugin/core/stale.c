/* SPDX-License-Identifier: GPL-2.0-or-later
 * stale.c - requests on endpoints that the other side holds. */
#include "stale.h"

/* A request that may be stale. */
struct candidate {
    const struct vsock_stream *stream;
    struct candidate *before_on_held, *before_at_listener;
    bool dropped;
};

/* A connection that never ended, by its address. */
struct held {
    struct vsock_key key;
    struct candidate *latest;
    bool told;
};

/* A server as one client CID sees it. */
struct listener {
    struct vsock_key key;
    struct candidate *latest; /* that was refused since it accepted last */
    bool refuses;             /* ... requests between endpoints that nobody holds, too */
};

/* Two CIDs, of which the first dials the second. */
struct pair {
    struct vsock_key key;
    struct vsock_diagnosis found;
};

struct vsock_stale {
    wmem_array_t *candidates; /* of struct candidate *, in the order of their requests */
    wmem_map_t *streams;      /* those that are stale */
    struct vsock_table holds, listeners;
    wmem_allocator_t *memory;
};

static bool is_refused(const struct vsock_conn *c)
{
    return c->rst_kind == VSOCK_RST_REFUSED && c->rst_side != c->client && c->late_response.record == 0;
}

static bool is_accepted(const struct vsock_conn *c)
{
    return c->response.record != 0 || c->late_response.record != 0;
}

/* Its own sender has ended it, and no packet had reached that. */
static bool is_given_up(const struct vsock_conn *c)
{
    return c->rst_kind == VSOCK_RST_CONNECT_ABANDONED && !is_accepted(c);
}

/* Of a server that says nothing to anybody more is wrong than these endpoints. */
static bool is_ignored(const struct vsock_stream *s, const struct vsock_thresholds *thresholds)
{
    const struct vsock_cid *server = s->cid_pair->cid[s->conn.client ^ 1];

    return vsock_stream_unanswered(s, thresholds) && server->packets > 0 &&
           server->spoke >= s->conn.request.time;
}

static bool is_candidate(const struct vsock_stream *s, const struct vsock_shared *shared,
                         const struct vsock_thresholds *thresholds)
{
    const struct vsock_conn *c = &s->conn;

    if (!s->held || c->client == VSOCK_SIDE_UNKNOWN || c->overlaps || is_accepted(c) ||
        vsock_is_shared(shared, s))
        return false;
    return is_refused(c) || is_given_up(c) || is_ignored(s, thresholds);
}

static struct listener *get_listener(struct vsock_stale *stale, const struct vsock_stream *s)
{
    return (struct listener *)vsock_table_get(&stale->listeners, vsock_service_key(s),
                                              sizeof(struct listener));
}

static struct vsock_key held_key(const struct vsock_stream *held)
{
    return (struct vsock_key){{(uintptr_t)held}};
}

static struct held *get_held(struct vsock_stale *stale, const struct vsock_stream *held)
{
    return (struct held *)vsock_table_get(&stale->holds, held_key(held), sizeof(struct held));
}

/* Who accepts between these endpoints does not hold another connection there: before, nobody listened. Of
 * what never refused there is nothing to take back, and nothing is kept. */
static void take_acceptance(struct vsock_stale *stale, const struct vsock_stream *s)
{
    struct listener *listener = (struct listener *)vsock_table_find(&stale->listeners, vsock_service_key(s));
    struct held *held =
        s->held ? (struct held *)vsock_table_find(&stale->holds, held_key(s->held->stream)) : NULL;

    if (listener) {
        listener->latest = NULL;
        listener->refuses = false;
    }
    if (!held)
        return;
    for (struct candidate *c = held->latest; c; c = c->before_on_held)
        c->dropped = true;
    held->latest = NULL;
}

/* Who refuses whatever comes does not for what it holds. */
static void take_refusal(struct listener *listener)
{
    listener->refuses = true;
    for (struct candidate *c = listener->latest; c; c = c->before_at_listener)
        c->dropped = true;
    listener->latest = NULL;
}

static void take_candidate(struct vsock_stale *stale, const struct vsock_stream *s)
{
    struct listener *listener = get_listener(stale, s);
    struct held *held = get_held(stale, s->held->stream);
    struct candidate *c = wmem_new0(stale->memory, struct candidate);

    c->stream = s;
    c->before_on_held = held->latest;
    held->latest = c;
    if (is_refused(&s->conn)) {
        c->dropped = listener->refuses;
        c->before_at_listener = listener->latest;
        listener->latest = c;
    }
    wmem_array_append_one(stale->candidates, c);
}

static void take_stream(struct vsock_stale *stale, const struct vsock_stream *s,
                        const struct vsock_shared *shared, const struct vsock_thresholds *thresholds)
{
    if (is_candidate(s, shared, thresholds))
        take_candidate(stale, s);
    else if (is_accepted(&s->conn))
        take_acceptance(stale, s);
    else if (is_refused(&s->conn))
        take_refusal(get_listener(stale, s));
}

static struct candidate *candidate_at(const struct vsock_stale *stale, unsigned i)
{
    return *(struct candidate **)wmem_array_index(stale->candidates, i);
}

struct vsock_stale *vsock_stale_find(const struct vsock_capture *capture, const struct vsock_shared *shared,
                                     wmem_allocator_t *memory)
{
    struct vsock_stale *stale = wmem_new0(memory, struct vsock_stale);

    *stale = (struct vsock_stale){
        .candidates = wmem_array_new(memory, sizeof(struct candidate *)),
        .streams = wmem_map_new(memory, g_direct_hash, g_direct_equal),
        .holds = vsock_table_new(memory),
        .listeners = vsock_table_new(memory),
        .memory = memory,
    };
    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(capture, i);

        if (s->conn.from_request && s->conn.client != VSOCK_SIDE_UNKNOWN)
            take_stream(stale, s, shared, &capture->thresholds);
    }
    for (unsigned i = 0; i < wmem_array_get_count(stale->candidates); i++) {
        struct candidate *c = candidate_at(stale, i);

        if (!c->dropped)
            wmem_map_insert(stale->streams, c->stream, c);
    }
    return stale;
}

bool vsock_is_stale(const struct vsock_stale *stale, const struct vsock_stream *s)
{
    return stale && wmem_map_lookup(stale->streams, s);
}

/* ---- what is told ---- */

static struct vsock_diagnosis diagnosis_of(const struct vsock_stream *s, bool selected)
{
    const struct vsock_conn *c = &s->conn;
    struct vsock_diagnosis one = vsock_diagnosis_start(VSOCK_CODE_STALE_CONNECTION, &c->request);

    if (c->ended)
        one.last_frame = c->reset.frame;
    one.selected = selected;
    one.type = (uint8_t)c->type;
    one.src_scope = VSOCK_SCOPE_CID;
    one.src.cid = s->side[c->client].cid;
    one.dst_scope = VSOCK_SCOPE_ENDPOINT;
    one.dst = s->side[c->client ^ 1];
    one.figures.count = 1;
    one.figures.of = s->held->stream->index;
    one.figures.others = is_refused(c);
    one.figures.longest = vsock_time_passed(s->held->spoke, c->request.time);
    return one;
}

static void add(struct vsock_diagnosis *sum, const struct vsock_diagnosis *one, struct held *held)
{
    int64_t unheard = sum->figures.count == 0 ? one->figures.longest : sum->figures.longest; /* the first */

    vsock_diagnosis_add(sum, one);
    vsock_diagnosis_extend(sum, one->time);
    sum->figures.longest = unheard;
    sum->figures.limit += !held->told;
    held->told = true;
    if (sum->dst.port != one->dst.port)
        sum->dst_scope = VSOCK_SCOPE_CID;
}

void vsock_stale_tell(struct vsock_stale *stale, GHashTable *selected, GArray *found)
{
    struct vsock_table pairs = vsock_table_new_listed(stale->memory);

    for (unsigned i = 0; i < wmem_array_get_count(stale->candidates); i++) {
        const struct candidate *c = candidate_at(stale, i);
        struct vsock_diagnosis one = diagnosis_of(c->stream, vsock_is_selected(selected, c->stream->index));
        struct vsock_key key = {{(uintptr_t)c->stream->source, one.src.cid, one.dst.cid}};
        struct pair *pair;

        if (c->dropped)
            continue;
        pair = (struct pair *)vsock_table_get(&pairs, key, sizeof(*pair));
        add(&pair->found, &one, get_held(stale, c->stream->held->stream));
    }
    for (unsigned i = 0; i < wmem_array_get_count(pairs.all); i++) {
        const struct pair *p = *(struct pair **)wmem_array_index(pairs.all, i);

        if (p->found.selected)
            g_array_append_val(found, p->found);
    }
}
