/* SPDX-License-Identifier: GPL-2.0-or-later
 * stood_still.c - machines that gave no answers for a while. */
#include "stood_still.h"

#include "head_of_line.h"

#define STILL_MIN (5 * VSOCK_SECOND)
#define STILL_WARN (10 * VSOCK_SECOND)
#define AT_ONCE (VSOCK_SECOND / 10)

static struct vsock_cid *cid_of(const struct vsock_stream *s, uint8_t side)
{
    return s->cid_pair->cid[side]; /* a stream's side 0 is the lower endpoint */
}

/* ---- what a packet does ---- */

/* Of a SEQPACKET message Linux tells always, of other bytes as what is left of the buffer wants it. NULL: of
 * another type. */
static struct vsock_told *told_of(const struct vsock_stream *s, uint8_t side)
{
    uint16_t type = s->conn.type;

    return type == VSOCK_TYPE_STREAM || type == VSOCK_TYPE_SEQPACKET
               ? &cid_of(s, side)->told[type - VSOCK_TYPE_STREAM]
               : NULL;
}

/* It tells of bytes as soon as they are read, if they are so many. What is least for its buffer says most. */
static void learn(const struct vsock_stream *s, const struct vsock_packet *p, const struct vsock_step *step,
                  uint8_t side)
{
    const struct vsock_window *w = &s->conn.flow.window[side ^ 1];
    struct vsock_told *least = told_of(s, side), told = {step->flow.info.advance, w->buf_alloc};

    if (!least || p->virtio.op != VSOCK_OP_CREDIT_UPDATE || told.bytes == 0 ||
        step->flow.answers.record != 0 || vsock_window_in_flight(w) > 0)
        return;
    if (least->bytes == 0 || (uint64_t)told.bytes * least->buffer < (uint64_t)least->bytes * told.buffer)
        *least = told;
}

/* Would it have told of so much? With a larger buffer it may wait for more. */
static bool would_tell(const struct vsock_stream *s, uint8_t side)
{
    const struct vsock_window *w = &s->conn.flow.window[side ^ 1];
    const struct vsock_told *least = told_of(s, side);

    return least && least->bytes > 0 && w->buf_alloc <= least->buffer &&
           vsock_window_in_flight(w) >= least->bytes;
}

static bool is_full(const struct vsock_window *w)
{
    return w->advertised && vsock_window_left(w) <= 0;
}

/* Does `side` owe an answer to the packet that the other one has just sent? */
static bool owes(const struct vsock_stream *s, const struct vsock_packet *p, const struct vsock_step *step,
                 uint8_t side)
{
    const struct vsock_window *w = &s->conn.flow.window[side ^ 1];

    if (s->conn.degenerate || s->conn.ended)
        return false;
    if (p->virtio.op == VSOCK_OP_REQUEST)
        return true;
    if (!step->in_stream || !step->has_credit)
        return false;
    return is_full(w) || (w->advertised && would_tell(s, side));
}

static void went_on(struct vsock_stream *s, uint8_t side, const struct vsock_mark *at,
                    wmem_allocator_t *memory)
{
    struct vsock_cid *cid = cid_of(s, side);
    struct vsock_still still = {.stream = s->index,
                                .from = s->owed[side],
                                .until = *at,
                                .spoke = cid->spoke_before,
                                .full = s->owed_full[side]};

    if (at->time - still.from.time < STILL_MIN)
        return;
    if (!cid->stills)
        cid->stills = wmem_array_new(memory, sizeof(struct vsock_still));
    wmem_array_append_one(cid->stills, still);
}

void vsock_stood_still_take(struct vsock_stream *s, const struct vsock_packet *p,
                            const struct vsock_step *step, uint8_t side, const struct vsock_mark *at,
                            wmem_allocator_t *memory)
{
    uint8_t other = side ^ 1;

    if (s->owed[side].record != 0)
        went_on(s, side, at, memory);
    s->owed[side].record = 0;
    learn(s, p, step, side);
    if (s->conn.ended)
        s->owed[other].record = 0; /* who asked has given up */
    if (!owes(s, p, step, other))
        return;
    if (s->owed[other].record == 0)
        s->owed[other] = *at;
    s->owed_full[other] = is_full(&s->conn.flow.window[side]);
}

/* ---- the verdict ---- */

struct judgement {
    GHashTable *selected;
    GArray *found;
    GArray *head_of_line; /* of struct vsock_diagnosis; NULL before somebody asks */
    GHashTable *ends;     /* records with which waits ended that are explained, and their streams */
    const struct vsock_cid *cid;
    const struct vsock_still *stills; /* in the order in which they ended */
    unsigned count;
};

/* Waits that ended at once. */
struct row {
    unsigned first, next;
    GHashTable *streams;
    int64_t from;
    bool all_full;
};

static void find_row(const struct judgement *j, struct row *r)
{
    const struct vsock_still *w = j->stills;

    r->next = r->first;
    r->from = w[r->first].from.time;
    r->all_full = true;
    while (r->next < j->count && w[r->next].until.time - w[r->first].until.time <= AT_ONCE) {
        r->from = MIN(r->from, w[r->next].from.time);
        r->all_full &= w[r->next].full;
        g_hash_table_add(r->streams, GUINT_TO_POINTER(w[r->next].stream));
        r->next++;
    }
}

/* Did it go on with another one that had waited as long, while it let these wait? Then each waits for a
 * reader of its own. */
static bool served_another(const struct judgement *j, const struct row *r)
{
    return r->first > 0 && j->stills[r->first - 1].until.time > r->from;
}

static bool is_of_the_cid(const struct judgement *j, const struct vsock_diagnosis *d)
{
    uint64_t guest = vsock_cid_guest(j->cid), cid = j->cid->key.word[1];

    if (guest != 0)
        return (d->src.cid == cid && d->dst.cid == guest) || (d->src.cid == guest && d->dst.cid == cid);
    return d->src.cid == cid || d->dst.cid == cid;
}

/* A full queue that all waited for is said to be that. */
static bool is_head_of_line(const struct judgement *j, const struct row *r)
{
    uint32_t first = j->stills[r->first].until.record, last = j->stills[r->next - 1].until.record;

    for (unsigned i = 0; r->all_full && i < j->head_of_line->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(j->head_of_line, struct vsock_diagnosis, i);

        if (is_of_the_cid(j, d) && d->place <= vsock_place(last) && d->last_record >= first)
            return true;
    }
    return false;
}

static void add_still(const struct judgement *j, const struct vsock_still *w, struct vsock_diagnosis *d)
{
    d->first_frame = MIN(d->first_frame, w->from.frame);
    d->place = MIN(d->place, vsock_place(w->from.record));
    d->last_frame = MAX(d->last_frame, w->until.frame);
    d->selected |= vsock_is_selected(j->selected, w->stream);
    g_hash_table_insert(j->ends, GUINT_TO_POINTER(w->until.record), GUINT_TO_POINTER(w->stream));
}

static void tell(const struct judgement *j, const struct row *r)
{
    const struct vsock_still *first = &j->stills[r->first];
    struct vsock_diagnosis d = vsock_diagnosis_start(VSOCK_CODE_STOOD_STILL, &first->from);
    uint64_t guest = vsock_cid_guest(j->cid);

    d.time = r->from;
    for (unsigned i = r->first; i < r->next; i++)
        add_still(j, &j->stills[i], &d);
    d.figures.count = g_hash_table_size(r->streams);
    d.figures.longest = first->until.time - r->from;
    d.figures.total =
        vsock_time_passed(first->spoke != VSOCK_TIME_NONE ? first->spoke : r->from, first->until.time);
    if (d.figures.longest >= STILL_WARN)
        vsock_diagnosis_worsen(&d);
    d.dst_scope = VSOCK_SCOPE_CID;
    d.dst.cid = j->cid->key.word[1];
    d.src_scope = guest != 0 ? VSOCK_SCOPE_CID : VSOCK_SCOPE_NONE;
    d.src.cid = guest;
    if (d.selected)
        g_array_append_val(j->found, d);
}

static void judge_cid(const struct judgement *j)
{
    struct row r;

    for (r.first = 0; r.first < j->count; r.first = r.next) {
        r.streams = g_hash_table_new(NULL, NULL);
        find_row(j, &r);
        if (g_hash_table_size(r.streams) >= VSOCK_STILL_STREAMS && !served_another(j, &r) &&
            !is_head_of_line(j, &r))
            tell(j, &r);
        g_hash_table_destroy(r.streams);
    }
}

/* It only says that one of these waited, and not why. */
static bool is_explained(const struct vsock_diagnosis *d, void *judgement)
{
    const struct judgement *j = (const struct judgement *)judgement;
    bool of_a_wait = d->code == VSOCK_CODE_CONNECT_SLOW || d->code == VSOCK_CODE_STALL_UNDECIDED ||
                     d->code == VSOCK_CODE_CREDIT_REQUEST_UNANSWERED;
    void *record = GUINT_TO_POINTER(d->last_record);

    return of_a_wait && d->figures.count == 1 && g_hash_table_contains(j->ends, record) &&
           GPOINTER_TO_UINT(g_hash_table_lookup(j->ends, record)) == d->stream;
}

/* Whoever is selected. */
static GArray *list_head_of_line(const struct vsock_capture *c, const struct vsock_shared *shared)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    GArray *stalls = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    vsock_head_of_line_judge(c, shared, NULL, stalls, list);
    g_array_free(stalls, TRUE);
    return list;
}

static bool is_of_several_machines(const struct vsock_capture *c, const struct vsock_shared *shared,
                                   const struct vsock_still *still)
{
    return vsock_is_shared(shared, vsock_capture_stream(c, still->stream));
}

void vsock_stood_still_judge(const struct vsock_capture *c, const struct vsock_shared *shared,
                             GHashTable *selected, GArray *found)
{
    struct judgement j = {.selected = selected, .found = found, .ends = g_hash_table_new(NULL, NULL)};

    for (unsigned i = 0; i < wmem_array_get_count(c->cids.all); i++) {
        j.cid = *(struct vsock_cid **)wmem_array_index(c->cids.all, i);
        if (!j.cid->stills)
            continue;
        j.stills = (const struct vsock_still *)wmem_array_get_raw(j.cid->stills);
        j.count = wmem_array_get_count(j.cid->stills);
        if (is_of_several_machines(c, shared, j.stills))
            continue;
        if (!j.head_of_line)
            j.head_of_line = list_head_of_line(c, shared);
        judge_cid(&j);
    }
    vsock_diagnoses_drop(found, is_explained, &j);
    g_clear_pointer(&j.head_of_line, g_array_unref);
    g_hash_table_destroy(j.ends);
}
