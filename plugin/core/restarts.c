/* SPDX-License-Identifier: GPL-2.0-or-later
 * restarts.c - connections that one machine ends all at once. A monitor that was restored resets what it does
 * not know any more (cloud-hypervisor issue 7958). Others close by RSTs, too (libkrun, alioth): but not all
 * of their connections at once, nor silent ones, and one by one at other times. */
#include "restarts.h"

#define AT_ONCE (VSOCK_SECOND / 10)
#define SILENT_BEFORE (VSOCK_SECOND / 10) /* who answers and closes has just spoken */
#define SILENCE_WARN (10 * VSOCK_SECOND)

/* One of two CIDs, as it ends connections with the other. */
struct resetter {
    struct vsock_key key;
    const struct vsock_cid_pair *cids;
    uint8_t side;  /* lower CID, or higher */
    GArray *ended; /* by its RSTs: const struct vsock_stream * */
    GArray *spoke; /* struct span: of all their connections */
};

/* From a connection's beginning until that side spoke last. */
struct span {
    int64_t from, until;
};

struct restarts {
    struct vsock_table resetters;
    GHashTable *selected;
    GHashTable *explained; /* streams */
    GArray *found;
};

static struct vsock_key resetter_key(const struct vsock_stream *s, uint8_t side)
{
    return (struct vsock_key){{(uintptr_t)s->cid_pair, side}};
}

static struct resetter *get_resetter(struct restarts *all, const struct vsock_stream *s, uint8_t side)
{
    struct resetter *r =
        (struct resetter *)vsock_table_get(&all->resetters, resetter_key(s, side), sizeof(*r));

    if (r->cids)
        return r;
    r->cids = s->cid_pair;
    r->side = side;
    r->ended = g_array_new(FALSE, FALSE, sizeof(const struct vsock_stream *));
    r->spoke = g_array_new(FALSE, FALSE, sizeof(struct span));
    return r;
}

/* A RST of an open connection, that answers nothing and that its sender had not spoken before. */
static bool is_unasked(const struct vsock_conn *c)
{
    return c->ended && (c->rst_kind == VSOCK_RST_NO_SOCKET || c->rst_kind == VSOCK_RST_ABORTED) &&
           !c->reset_answers && c->reset_silence >= SILENT_BEFORE &&
           (c->from_request || c->completeness & VSOCK_COMPLETE_DATA);
}

/* Between two machines: none outlives itself. */
static bool is_of_two(const struct vsock_stream *s)
{
    return !s->conn.degenerate && s->side[0].cid != s->side[1].cid;
}

static void take_end(struct restarts *all, const struct vsock_stream *s)
{
    if (is_unasked(&s->conn))
        g_array_append_val(get_resetter(all, s, s->conn.rst_side)->ended, s);
}

/* Only of those that may be told of: there may be two for every packet. */
static void take_span(struct restarts *all, const struct vsock_stream *s, uint8_t side)
{
    struct span span = {s->stats.first.time, s->conn.spoke[side]};
    struct resetter *r = (struct resetter *)vsock_table_find(&all->resetters, resetter_key(s, side));

    if (r)
        g_array_append_val(r->spoke, span);
}

static void take_streams(struct restarts *all, const struct vsock_capture *c,
                         const struct vsock_shared *shared)
{
    uint32_t streams = wmem_array_get_count(c->streams);

    for (uint32_t i = 0; i < streams; i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        if (is_of_two(s) && !vsock_is_shared(shared, s))
            take_end(all, s);
    }
    for (uint32_t i = 0; i < streams && wmem_array_get_count(all->resetters.all) > 0; i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        for (uint8_t side = 0; side < 2 && is_of_two(s); side++)
            take_span(all, s, side);
    }
}

static const struct vsock_stream *ended(const struct resetter *r, unsigned i)
{
    return g_array_index(r->ended, const struct vsock_stream *, i);
}

static int by_reset(const void *a, const void *b)
{
    const struct vsock_mark *s = &(*(const struct vsock_stream *const *)a)->conn.reset,
                            *t = &(*(const struct vsock_stream *const *)b)->conn.reset;

    if (s->time != t->time)
        return s->time < t->time ? -1 : 1;
    return s->record < t->record ? -1 : s->record > t->record;
}

static int by_beginning(const void *a, const void *b)
{
    const struct span *s = (const struct span *)a, *t = (const struct span *)b;

    return s->from < t->from ? -1 : s->from > t->from;
}

/* Sorts the spans, and has each end no earlier than those before: then one of a time's predecessors lasted
 * until the last of them did. */
static void sort_spans(GArray *spans)
{
    g_array_sort(spans, by_beginning);
    for (unsigned i = 1; i < spans->len; i++) {
        struct span *span = &g_array_index(spans, struct span, i);

        span->until = MAX(span->until, span[-1].until);
    }
}

/* Is there a connection of before `from` on which that side spoke after `until`? */
static bool outlived(const struct resetter *r, int64_t from, int64_t until)
{
    unsigned low = 0, high = r->spoke->len;

    while (low < high) { /* the first that began then, or later */
        unsigned middle = low + (high - low) / 2;

        if (g_array_index(r->spoke, struct span, middle).from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && g_array_index(r->spoke, struct span, low - 1).until > until;
}

/* Each of them soon after the one before. */
static unsigned end_of_row(const struct resetter *r, unsigned first)
{
    unsigned i = first + 1;

    while (i < r->ended->len && ended(r, i)->conn.reset.time - ended(r, i - 1)->conn.reset.time <= AT_ONCE)
        i++;
    return i;
}

static bool has_burst(const struct resetter *r, unsigned first, unsigned next)
{
    for (unsigned i = first + VSOCK_RESTART_STREAMS - 1; i < next; i++) {
        if (ended(r, i)->conn.reset.time - ended(r, i + 1 - VSOCK_RESTART_STREAMS)->conn.reset.time <=
            AT_ONCE)
            return true;
    }
    return false;
}

/* Connections `first` to `last`. */
static void tell(struct restarts *all, const struct resetter *r, unsigned first, unsigned last)
{
    struct vsock_diagnosis d =
        vsock_diagnosis_start(VSOCK_CODE_RESTORED_OR_RESTARTED, &ended(r, first)->conn.reset);

    d.last_frame = ended(r, last)->conn.reset.frame;
    d.figures.count = last - first + 1;
    d.figures.longest = INT64_MAX;
    for (unsigned i = first; i <= last; i++) {
        const struct vsock_stream *s = ended(r, i);

        d.figures.longest = MIN(d.figures.longest, s->conn.reset_silence);
        d.figures.bytes += s->conn.reset_unread;
        d.selected |= vsock_is_selected(all->selected, s->index);
        g_hash_table_add(all->explained, GUINT_TO_POINTER(s->index));
    }
    if (d.figures.bytes > 0 || d.figures.longest >= SILENCE_WARN)
        vsock_diagnosis_worsen(&d);
    d.src_scope = d.dst_scope = VSOCK_SCOPE_CID;
    d.src.cid = r->cids->key.word[1 + r->side];
    d.dst.cid = r->cids->key.word[2 - r->side];
    if (d.selected)
        g_array_append_val(all->found, d);
}

/* It closes others one by one: such RSTs are its way to close. */
static bool has_the_habit(const struct resetter *r)
{
    for (unsigned i = 0, next; i < r->ended->len; i = next) {
        next = end_of_row(r, i);
        if (!has_burst(r, i, next))
            return true;
    }
    return false;
}

static void judge_resetter(struct restarts *all, struct resetter *r)
{
    g_array_sort(r->ended, by_reset);
    if (has_the_habit(r))
        return;
    sort_spans(r->spoke);
    for (unsigned i = 0, next; i < r->ended->len; i = next) {
        next = end_of_row(r, i);
        if (!outlived(r, ended(r, i)->conn.reset.time, ended(r, next - 1)->conn.reset.time))
            tell(all, r, i, next - 1);
    }
}

static bool is_of_an_end(enum vsock_code code)
{
    return code == VSOCK_CODE_PEER_GONE || code == VSOCK_CODE_CLOSED_BY_RESET ||
           code == VSOCK_CODE_RESET_ABORTED || code == VSOCK_CODE_LARGE_SEND_RISK;
}

/* What was found of each of these streams' ends is not said once more. */
static bool is_explained(const struct vsock_diagnosis *d, void *explained)
{
    return is_of_an_end(d->code) &&
           g_hash_table_contains((GHashTable *)explained, GUINT_TO_POINTER(d->stream));
}

void vsock_restarts_judge(const struct vsock_capture *c, const struct vsock_shared *shared,
                          GHashTable *selected, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct restarts all = {.resetters = vsock_table_new_listed(memory),
                           .selected = selected,
                           .explained = g_hash_table_new(NULL, NULL),
                           .found = found};

    take_streams(&all, c, shared);
    for (unsigned i = 0; i < wmem_array_get_count(all.resetters.all); i++) {
        struct resetter *r = *(struct resetter **)wmem_array_index(all.resetters.all, i);

        judge_resetter(&all, r);
        g_array_free(r->ended, TRUE);
        g_array_free(r->spoke, TRUE);
    }
    vsock_diagnoses_drop(found, is_explained, all.explained);
    g_hash_table_destroy(all.explained);
    wmem_destroy_allocator(memory);
}
