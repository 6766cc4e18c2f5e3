/* SPDX-License-Identifier: GPL-2.0-or-later
 * head_of_line.c - streams that wait as one. */
#include "head_of_line.h"

#define TOGETHER_MIN VSOCK_SECOND         /* that streams waited at once */
#define TOGETHER_ENDS (VSOCK_SECOND / 10) /* and went on within */
#define TOGETHER_STREAMS 3

/* What ends at once stands close together: the search for more of it ends after so many of which none is. */
#define LOOK_BEYOND 64

void vsock_cid_pair_take_stall(struct vsock_cid_pair *p, const struct vsock_stream *s, uint8_t sender,
                               enum vsock_stall_cause cause, wmem_allocator_t *memory)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);
    struct vsock_waited waited = {
        .stream = s->index,
        .side = sender,
        .cause = (uint8_t)cause,
        .from = stall->began,
        .until = stall->ended,
    };

    if (waited.until.time - waited.from.time < TOGETHER_MIN)
        return;
    if (!p->waits)
        p->waits = wmem_array_new(memory, sizeof(waited));
    wmem_array_append_one(p->waits, waited);
}

/* How many of a stream's stalls, of one side and code, are told by their group. */
struct explained {
    struct vsock_key key; /* words: stream, side, code */
    uint64_t count;
};

/* What is found of one pair. */
struct search {
    const struct vsock_waited *waits;
    unsigned count;
    bool *told;                 /* of each wait, whether it is in a group */
    GArray *group;              /* of unsigned: the waits that went on with one */
    GHashTable *streams;        /* of those, a set of GUINT_TO_POINTER(vsock.stream) */
    GHashTable *all_streams;    /* the same, of all groups that are told */
    struct vsock_diagnosis sum; /* figures.count 0: nothing was found */
};

static bool are_together(const struct vsock_waited *a, const struct vsock_waited *b)
{
    int64_t between = b->until.time - a->until.time;

    return between <= TOGETHER_ENDS && between >= -TOGETHER_ENDS &&
           MIN(a->until.time, b->until.time) - MAX(a->from.time, b->from.time) >= TOGETHER_MIN;
}

static void find_group(struct search *s, unsigned first)
{
    unsigned misses = 0;

    g_array_set_size(s->group, 0);
    g_hash_table_remove_all(s->streams);
    for (unsigned i = first; i < s->count && misses < LOOK_BEYOND; i++) {
        if (s->told[i] || !are_together(&s->waits[first], &s->waits[i])) {
            misses++;
            continue;
        }
        g_array_append_val(s->group, i);
        misses += !g_hash_table_add(s->streams, GUINT_TO_POINTER(s->waits[i].stream));
    }
}

static bool is_one_selected(const struct search *s, GHashTable *selected)
{
    GHashTableIter iter;
    void *stream;

    g_hash_table_iter_init(&iter, s->streams);
    while (g_hash_table_iter_next(&iter, &stream, NULL)) {
        if (vsock_is_selected(selected, GPOINTER_TO_UINT(stream)))
            return true;
    }
    return false;
}

static const struct vsock_waited *member(const struct search *s, unsigned i)
{
    return &s->waits[g_array_index(s->group, unsigned, i)];
}

static struct vsock_diagnosis describe(const struct search *s, const struct vsock_cid_pair *pair)
{
    const struct vsock_waited *first = member(s, 0);
    int64_t from = first->from.time, until = first->until.time;
    struct vsock_diagnosis d;
    struct vsock_mark last = {0};

    for (unsigned i = 0; i < s->group->len; i++) {
        const struct vsock_waited *w = member(s, i);

        if (w->from.time < first->from.time)
            first = w;
        from = MAX(from, w->from.time);
        until = MIN(until, w->until.time);
        if (w->until.record > last.record)
            last = w->until;
    }
    d = vsock_diagnosis_start(VSOCK_CODE_HEAD_OF_LINE, &first->from);
    vsock_diagnosis_end(&d, &last);
    d.src_scope = d.dst_scope = VSOCK_SCOPE_CID;
    d.src.cid = pair->key.word[1];
    d.dst.cid = pair->key.word[2];
    d.figures.limit = g_hash_table_size(s->streams);
    d.figures.of = first->stream;
    d.figures.others = 1;
    d.figures.longest = until - from;
    return d;
}

/* Of several times: all their streams, the most of them at once, and the longest; the first time is where to
 * look. */
static void add(struct search *s, struct vsock_diagnosis d)
{
    struct vsock_diagnosis *sum = &s->sum;
    const struct vsock_diagnosis before = *sum;
    GHashTableIter iter;
    void *stream;

    g_hash_table_iter_init(&iter, s->streams);
    while (g_hash_table_iter_next(&iter, &stream, NULL))
        g_hash_table_add(s->all_streams, stream);
    if (before.figures.count == 0 || d.place < before.place)
        *sum = d;
    sum->figures.count = g_hash_table_size(s->all_streams);
    if (before.figures.count == 0)
        return;
    sum->figures.limit = MAX(before.figures.limit, d.figures.limit);
    sum->figures.others = before.figures.others + 1;
    sum->figures.longest = MAX(before.figures.longest, d.figures.longest);
    sum->last_frame = MAX(before.last_frame, d.last_frame);
    sum->last_record = MAX(before.last_record, d.last_record);
}

static struct explained *explained_of(struct vsock_table *explained, uint32_t stream, uint8_t side,
                                      enum vsock_code code)
{
    struct vsock_key key = {{stream, side, (uint64_t)code}};

    return (struct explained *)vsock_table_get(explained, key, sizeof(struct explained));
}

static void explain(struct search *s, const struct vsock_thresholds *t, struct vsock_table *explained)
{
    for (unsigned i = 0; i < s->group->len; i++) {
        const struct vsock_waited *w = member(s, i);
        enum vsock_stall_cause cause = (enum vsock_stall_cause)w->cause;

        s->told[g_array_index(s->group, unsigned, i)] = true;
        if (vsock_stall_counts(cause, w->until.time - w->from.time, t))
            explained_of(explained, w->stream, w->side, vsock_stall_code(cause))->count++;
    }
}

static void judge_pair(const struct vsock_cid_pair *pair, const struct vsock_thresholds *thresholds,
                       GHashTable *selected, struct vsock_table *explained, GArray *found)
{
    struct search s = {.waits = (const struct vsock_waited *)wmem_array_get_raw(pair->waits),
                       .count = wmem_array_get_count(pair->waits)};

    s.told = g_new0(bool, s.count);
    s.group = g_array_new(FALSE, FALSE, sizeof(unsigned));
    s.streams = g_hash_table_new(NULL, NULL);
    s.all_streams = g_hash_table_new(NULL, NULL);
    for (unsigned first = 0; first < s.count; first++) {
        if (s.told[first])
            continue;
        find_group(&s, first);
        if (g_hash_table_size(s.streams) < TOGETHER_STREAMS)
            continue;
        explain(&s, thresholds, explained);
        if (is_one_selected(&s, selected))
            add(&s, describe(&s, pair));
    }
    if (s.sum.figures.count > 0)
        g_array_append_val(found, s.sum);
    g_hash_table_destroy(s.all_streams);
    g_hash_table_destroy(s.streams);
    g_array_free(s.group, TRUE);
    g_free(s.told);
}

static bool is_explained(const struct vsock_diagnosis *d, void *explained)
{
    return d->cause != 0 &&
           explained_of((struct vsock_table *)explained, d->stream, d->side, d->code)->count ==
               d->figures.count;
}

void vsock_head_of_line_judge(const struct vsock_capture *c, const struct vsock_shared *shared,
                              GHashTable *selected, GArray *found, GArray *together)
{
    wmem_array_t *pairs = c->cid_pairs.all;
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct vsock_table explained = vsock_table_new(memory);

    for (unsigned i = 0; i < wmem_array_get_count(pairs); i++) {
        const struct vsock_cid_pair *p = *(struct vsock_cid_pair **)wmem_array_index(pairs, i);

        if (p->waits && !vsock_is_shared_pair(shared, p))
            judge_pair(p, &c->thresholds, selected, &explained, together);
    }
    vsock_diagnoses_drop(found, is_explained, &explained);
    wmem_destroy_allocator(memory);
}
