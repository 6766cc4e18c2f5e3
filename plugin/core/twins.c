/* SPDX-License-Identifier: GPL-2.0-or-later
 * twins.c - finding the streams, and with them the packets, that were recorded on both sides. */
#include "twins.h"

#include "seen.h"

/* How many connections with the same endpoints one recording may lack. */
#define MISSING_MAX 8

#define NOT_KNOWN UINT32_MAX

/* Two endpoints, and the streams between them by where they were recorded. */
struct group {
    struct vsock_key key;
    const struct vsock_capture_source *source[2];
    GArray *streams[2]; /* of const struct vsock_stream * */
    bool has_more;      /* than two recordings */
};

/* Two recordings that have streams with the same endpoints. */
struct place {
    struct vsock_key key;
    const struct vsock_capture_source *source[2];
    GArray *views; /* of struct vsock_views, in the order of the sources */
    GArray *seen;  /* of struct vsock_seen */
    bool lacks[2]; /* by source: it has none of some records */
};

struct search {
    struct vsock_twins *twins;
    wmem_allocator_t *memory, *scratch;
    struct vsock_table groups, places;
};

/* ---- streams ---- */

uint8_t vsock_host_side(const struct vsock_stream *s)
{
    return s->side[1].cid == VSOCK_CID_HOST;
}

static bool has_two_sides(const struct vsock_stream *s)
{
    uint8_t host = vsock_host_side(s);

    return s->side[host].cid == VSOCK_CID_HOST && s->side[host ^ 1].cid > VSOCK_CID_HOST && !s->conn.overlaps;
}

/* A group's streams by recording: of which of the two. */
static int side_of(struct group *g, const struct vsock_capture_source *source)
{
    for (int i = 0; i < 2; i++) {
        if (g->source[i] == source)
            return i;
        if (g->source[i])
            continue;
        g->source[i] = source;
        g->streams[i] = g_array_new(FALSE, FALSE, sizeof(struct vsock_stream *));
        return i;
    }
    return -1;
}

static void group_streams(struct search *s)
{
    const struct vsock_capture *c = s->twins->capture;

    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *stream = vsock_capture_stream(c, i);
        struct vsock_key key = {{stream->pair}};
        struct group *g;
        int side;

        if (!has_two_sides(stream) || !vsock_capture_print(c, stream->stats.first.record))
            continue;
        g = (struct group *)vsock_table_get(&s->groups, key, sizeof(*g));
        side = side_of(g, stream->source);
        if (side < 0)
            g->has_more = true;
        else
            g_array_append_val(g->streams[side], stream);
    }
}

static const struct vsock_stream *stream_of(const GArray *streams, unsigned i)
{
    return g_array_index(streams, const struct vsock_stream *, i);
}

/* ---- generations ---- */

/* Which stream of the longer list is the other's first one: the one whose packets are most alike. Returns
 * whether one is. */
static bool find_first(const struct search *s, const GArray *longer, const GArray *shorter, unsigned *first)
{
    unsigned more = longer->len - shorter->len;
    uint32_t best = 0, same = 0;

    *first = 0;
    if (more == 0)
        return true;
    for (unsigned i = 0; i <= more && more <= MISSING_MAX; i++) {
        uint32_t alike = 0;

        for (unsigned k = 0; k < shorter->len && k < MISSING_MAX; k++)
            alike += vsock_seen_alike(s->twins->capture, stream_of(longer, i + k), stream_of(shorter, k),
                                      s->scratch);
        same = alike > best ? 1 : same + (alike == best);
        if (alike > best)
            *first = i;
        best = MAX(best, alike);
    }
    return best > 0 && same == 1;
}

static struct place *get_place(struct search *s, const struct vsock_capture_source *a,
                               const struct vsock_capture_source *b)
{
    struct vsock_key key = {{(uintptr_t)a, (uintptr_t)b}};
    struct place *p = (struct place *)vsock_table_get(&s->places, key, sizeof(*p));

    if (!p->views) {
        p->views = g_array_new(FALSE, FALSE, sizeof(struct vsock_views));
        p->seen = g_array_new(FALSE, FALSE, sizeof(struct vsock_seen));
        p->source[0] = a;
        p->source[1] = b;
    }
    return p;
}

static void pair_generations(struct search *s, const struct group *g)
{
    int a = (uintptr_t)g->source[0] > (uintptr_t)g->source[1], b = 1 - a;
    int longer = g->streams[1]->len > g->streams[0]->len;
    unsigned first;
    struct place *p;

    if (!find_first(s, g->streams[longer], g->streams[1 - longer], &first))
        return;
    p = get_place(s, g->source[a], g->source[b]);
    for (unsigned i = 0; i < g->streams[1 - longer]->len; i++) {
        struct vsock_views views = {.sides = NULL};

        views.of[longer == a ? 0 : 1] = stream_of(g->streams[longer], first + i);
        views.of[longer == a ? 1 : 0] = stream_of(g->streams[1 - longer], i);
        g_array_append_val(p->views, views);
    }
}

/* ---- what is kept ---- */

/* Rounded; of how uncertain something is, up. */
static uint32_t microseconds(int64_t time)
{
    return (uint32_t)CLAMP((time + (time < 0 ? -500 : 500)) / 1000, INT32_MIN, INT32_MAX);
}

static void keep_pair(const struct vsock_twins *t, const struct vsock_seen *s, const struct vsock_bounds *b,
                      bool first_is_host)
{
    uint32_t early = MIN(s->record[0], s->record[1]), late = MAX(s->record[0], s->record[1]);
    int64_t under_way;

    t->twin[early] = late;
    t->twin[late] = early;
    t->figure[late] = NOT_KNOWN;
    if (!vsock_bounds_known(b))
        return;
    under_way = vsock_time_sum(vsock_seen_times(t->capture, s).ahead, -vsock_bounds_middle(b));
    if (s->from_host != first_is_host)
        under_way = -under_way;
    t->figure[early] = microseconds(under_way);
    t->figure[late] = microseconds((b->upper - b->lower) / 2 + 499);
}

static void sum_up_clocks(struct vsock_sides *sides, const struct vsock_bounds *bounds, unsigned count,
                          bool first_is_host)
{
    bool found = false;

    for (unsigned i = 0; i < count; i++) {
        int64_t middle, within;

        if (!vsock_bounds_known(&bounds[i]))
            continue;
        middle = first_is_host ? vsock_bounds_middle(&bounds[i]) : -vsock_bounds_middle(&bounds[i]);
        within = (bounds[i].upper - bounds[i].lower) / 2;
        if (!found)
            sides->ahead = middle;
        sides->ahead_at_end = middle;
        sides->within = found ? MIN(sides->within, within) : within;
        sides->widest = MAX(sides->widest, within);
        found = true;
    }
}

static void alloc_twins(struct vsock_twins *t, wmem_allocator_t *memory)
{
    t->twin = wmem_alloc0_array(memory, uint32_t, t->records + 1);
    t->figure = wmem_alloc0_array(memory, uint32_t, t->records + 1);
    t->views = wmem_alloc0_array(memory, const struct vsock_views *, t->streams);
}

static void keep(struct search *s, const struct place *p, const struct vsock_bounds *bounds,
                 bool first_is_host, bool is_set)
{
    struct vsock_twins *t = s->twins;
    struct vsock_sides *sides = wmem_new0(s->memory, struct vsock_sides);

    if (!t->twin)
        alloc_twins(t, s->memory);
    sides->source[0] = p->source[!first_is_host];
    sides->source[1] = p->source[first_is_host];
    sides->lacks[0] = p->lacks[!first_is_host];
    sides->lacks[1] = p->lacks[first_is_host];
    sides->is_set = is_set;
    sides->connections = wmem_alloc_array(s->memory, struct vsock_views, p->views->len);
    sides->count = p->views->len;
    for (unsigned i = 0; i < p->views->len; i++) {
        const struct vsock_views *v = &g_array_index(p->views, struct vsock_views, i);

        sides->connections[i] = (struct vsock_views){
            .of = {v->of[!first_is_host], v->of[first_is_host]},
            .sides = sides,
        };
        t->views[v->of[0]->index] = t->views[v->of[1]->index] = &sides->connections[i];
    }
    for (unsigned i = 0; i < p->seen->len; i++)
        keep_pair(t, &g_array_index(p->seen, struct vsock_seen, i), &bounds[i], first_is_host);
    sum_up_clocks(sides, bounds, p->seen->len, first_is_host);
    wmem_array_append_one(t->sides, sides);
}

static void drop_doubtful(GArray *seen)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < seen->len; i++) {
        struct vsock_seen one = g_array_index(seen, struct vsock_seen, i);

        if (!one.doubtful)
            g_array_index(seen, struct vsock_seen, kept++) = one;
    }
    g_array_set_size(seen, kept);
}

/* Connections whose packets are not the same are left out; and where records are missing, packets that may
 * not be. */
static void pair_packets(const struct search *s, struct place *p)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < p->views->len; i++) {
        struct vsock_views views = g_array_index(p->views, struct vsock_views, i);

        if (vsock_seen_add(s->twins->capture, &views, p->seen, p->lacks, s->scratch))
            g_array_index(p->views, struct vsock_views, kept++) = views;
    }
    g_array_set_size(p->views, kept);
    if (p->lacks[0] || p->lacks[1])
        drop_doubtful(p->seen);
}

static void decide(struct search *s, struct place *p)
{
    struct vsock_bounds *bounds;
    bool is_set;
    int host;

    pair_packets(s, p);
    host = vsock_seen_host(s->twins->capture, p->seen, &bounds, &is_set);
    if (host >= 0)
        keep(s, p, bounds, host == 0, is_set);
    g_free(bounds);
}

static void search(struct search *s)
{
    group_streams(s);
    for (unsigned i = 0; i < wmem_array_get_count(s->groups.all); i++) {
        struct group *g = *(struct group **)wmem_array_index(s->groups.all, i);

        if (g->streams[0] && g->streams[1] && !g->has_more)
            pair_generations(s, g);
        for (int side = 0; side < 2; side++) {
            if (g->streams[side])
                g_array_free(g->streams[side], TRUE);
        }
    }
    for (unsigned i = 0; i < wmem_array_get_count(s->places.all); i++) {
        struct place *p = *(struct place **)wmem_array_index(s->places.all, i);

        decide(s, p);
        g_array_free(p->views, TRUE);
        g_array_free(p->seen, TRUE);
    }
}

/* ---- until when each has recorded ---- */

/* A section's last packet is by the clock of its recording, and tells nothing of the other one's; but for
 * what is between their clocks. */
static void set_end(struct vsock_capture_source *source, const struct vsock_capture_source *other,
                    int64_t ahead)
{
    int64_t until = MAX(source->order.last, vsock_time_sum(other->order.last, ahead));

    source->own_until = source->has_own_clock ? MAX(source->own_until, until) : until;
    source->has_own_clock = true;
}

static void set_ends(const struct vsock_twins *t)
{
    for (uint32_t i = 0; i < t->streams; i++)
        vsock_capture_stream(t->capture, i)->source->has_own_clock = false;
    for (unsigned i = 0; i < wmem_array_get_count(t->sides); i++) {
        const struct vsock_sides *sides = *(struct vsock_sides **)wmem_array_index(t->sides, i);
        const struct vsock_views *one = &sides->connections[0];

        set_end(one->of[0]->source, sides->source[1], -sides->ahead_at_end);
        set_end(one->of[1]->source, sides->source[0], sides->ahead_at_end);
    }
}

struct vsock_twins *vsock_twins_find(const struct vsock_capture *capture, wmem_allocator_t *memory)
{
    struct vsock_twins *t = wmem_new0(memory, struct vsock_twins);
    struct search s = {.twins = t, .memory = memory};
    wmem_allocator_t *tables;

    t->capture = capture;
    t->records = capture->records;
    t->streams = wmem_array_get_count(capture->streams);
    t->sides = wmem_array_new(memory, sizeof(struct vsock_sides *));
    if (capture->source_count < 2 || capture->forgotten > 0)
        return t;
    s.scratch = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    tables = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    s.groups = vsock_table_new_listed(tables);
    s.places = vsock_table_new_listed(tables);
    search(&s);
    set_ends(t);
    wmem_destroy_allocator(tables);
    wmem_destroy_allocator(s.scratch);
    return t;
}

/* ---- what is asked ---- */

uint32_t vsock_twin_of(const struct vsock_twins *t, uint32_t record)
{
    return t->twin && record <= t->records ? t->twin[record] : 0;
}

const struct vsock_views *vsock_views_of(const struct vsock_twins *t, const struct vsock_stream *s)
{
    return t->views && s->index < t->streams ? t->views[s->index] : NULL;
}

const struct vsock_stream *vsock_twin_stream(const struct vsock_twins *t, const struct vsock_stream *s)
{
    const struct vsock_views *views = vsock_views_of(t, s);

    return views ? views->of[views->of[0] == s] : NULL;
}

enum vsock_view vsock_view_of(const struct vsock_twins *t, const struct vsock_capture_source *source)
{
    for (unsigned i = 0; i < wmem_array_get_count(t->sides); i++) {
        const struct vsock_sides *sides = *(struct vsock_sides **)wmem_array_index(t->sides, i);

        if (sides->source[0] == source)
            return VSOCK_VIEW_HOST;
        if (sides->source[1] == source)
            return VSOCK_VIEW_GUEST;
    }
    return VSOCK_VIEW_NONE;
}

struct vsock_delay vsock_twin_delay(const struct vsock_twins *t, uint32_t record)
{
    uint32_t other = vsock_twin_of(t, record);
    uint32_t early = MIN(record, other), late = MAX(record, other);

    if (other == 0 || t->figure[late] == NOT_KNOWN)
        return (struct vsock_delay){.known = false};
    return (struct vsock_delay){
        .known = true,
        .time = (int64_t)(int32_t)t->figure[early] * 1000,
        .within = (int64_t)t->figure[late] * 1000,
    };
}
