/* SPDX-License-Identifier: GPL-2.0-or-later
 * both_sides.c - what two recordings tell together. */
#include "both_sides.h"

#include "cross_stream.h"
#include "judged_once.h"

struct judgement {
    const struct vsock_twins *twins;
    GArray *found;
};

/* ---- requests ---- */

/* The recordings of that guest and its host, of which the stream is in one; NULL if the other one is not
 * there. */
static const struct vsock_sides *find_sides(const struct vsock_twins *t, const struct vsock_stream *s)
{
    uint8_t guest = vsock_host_side(s) ^ 1;

    for (unsigned i = 0; i < wmem_array_get_count(t->sides); i++) {
        const struct vsock_sides *sides = *(struct vsock_sides **)wmem_array_index(t->sides, i);
        const struct vsock_stream *one = sides->connections[0].of[1];

        if ((sides->source[0] == s->source || sides->source[1] == s->source) &&
            one->side[vsock_host_side(one) ^ 1].cid == s->side[guest].cid)
            return sides;
    }
    return NULL;
}

/* Did the other side record when it was sent, and for a second more? */
static bool other_recorded(const struct vsock_sides *sides, const struct vsock_stream *s)
{
    bool from_host = sides->source[0] == s->source;
    int64_t time = vsock_time_sum(s->conn.request.time, from_host ? sides->ahead : -sides->ahead);
    int64_t since = INT64_MAX;

    for (unsigned i = 0; i < sides->count; i++)
        since = MIN(since, sides->connections[i].of[from_host]->stats.first.time);
    return since < time &&
           vsock_time_passed(time, sides->source[from_host]->order.last) >= VSOCK_UNDELIVERED_TIME;
}

enum vsock_settled vsock_request_settled(const struct vsock_twins *t, const struct vsock_stream *s)
{
    const struct vsock_stream *other = vsock_twin_stream(t, s);
    const struct vsock_sides *sides;

    if (!t->views || s->conn.client == VSOCK_SIDE_UNKNOWN)
        return VSOCK_SETTLED_BY_NOTHING;
    if (other)
        return other->conn.response.record != 0 ? VSOCK_SETTLED_ANSWER_LOST : VSOCK_SETTLED_NEVER_ANSWERED;
    sides = find_sides(t, s);
    if (!sides ||
        (vsock_view_of(t, s->source) == VSOCK_VIEW_HOST) != (s->side[s->conn.client].cid == VSOCK_CID_HOST))
        return VSOCK_SETTLED_BY_NOTHING;
    return other_recorded(sides, s) ? VSOCK_SETTLED_NEVER_ARRIVED : VSOCK_SETTLED_BY_NOTHING;
}

/* ---- what is told of a connection ---- */

static struct vsock_mark mark_of(const struct vsock_twins *t, uint32_t record)
{
    const struct vsock_record *r = vsock_capture_record(t->capture, record);

    return (struct vsock_mark){.record = record, .frame = r->frame, .time = r->time};
}

static struct vsock_diagnosis start(const struct vsock_twins *t, enum vsock_code code,
                                    const struct vsock_stream *s, uint8_t sender, uint32_t record)
{
    struct vsock_mark at = mark_of(t, record);
    struct vsock_diagnosis d = vsock_diagnosis_start(code, &at);

    d.stream = s->index;
    d.streams = 1;
    d.src_scope = d.dst_scope = VSOCK_SCOPE_ENDPOINT;
    d.side = sender;
    d.src = s->side[sender];
    d.dst = s->side[sender ^ 1];
    d.figures.count = 1;
    d.selected = true;
    return d;
}

static void tell(struct judgement *j, const struct vsock_diagnosis *d)
{
    if (d->figures.count > 0)
        g_array_append_vals(j->found, d, 1);
}

static void judge_tail(struct judgement *j, const struct vsock_views *v, uint8_t side)
{
    const struct vsock_tail tail = v->undelivered[side];
    struct vsock_diagnosis d;
    struct vsock_mark last;

    if (!tail.stream)
        return;
    d = start(j->twins, VSOCK_CODE_NOT_DELIVERED, tail.stream, side, tail.first);
    last = mark_of(j->twins, tail.last);
    vsock_diagnosis_end(&d, &last);
    d.figures.count = tail.packets;
    if (tail.opens)
        d.figures.longest = vsock_stream_open_stall(vsock_view_of_side(v, side ^ 1), side ^ 1);
    tell(j, &d);
}

/* A word that opened a window of the view, and was under way for half of the time that this was shut, or
 * more. */
struct word {
    bool held;
    int64_t length, under_way;
};

static struct word look_at_word(const struct vsock_twins *t, uint32_t record)
{
    const struct vsock_record *r = vsock_capture_record(t->capture, record);
    struct vsock_delay delay = vsock_twin_delay(t, record);
    struct word word = {.held = false};

    if (!VSOCK_RECORD_HAS(r, STALL_ENDED) || !delay.known || vsock_is_senders_view(t, r))
        return word;
    word.length = r->time - vsock_capture_record(t->capture, r->ext->stall)->time;
    word.under_way = MIN(delay.time - delay.within, word.length);
    word.held = word.length >= t->capture->thresholds.stall_warning && word.under_way >= word.length / 2;
    return word;
}

static void judge_word(const struct vsock_twins *t, const struct vsock_stream *s, uint32_t record,
                       struct vsock_diagnosis *held)
{
    const struct vsock_record *r = vsock_capture_record(t->capture, record);
    struct vsock_mark at = mark_of(t, record);
    struct word word = look_at_word(t, record);
    struct vsock_diagnosis one;

    if (!word.held)
        return;
    one = start(t, VSOCK_CODE_STALL_WORD_HELD, s, r->sender ^ 1, r->ext->stall);
    vsock_diagnosis_end(&one, &at);
    one.figures.limit = vsock_capture_record(t->capture, r->ext->stall)->peer_buf_alloc;
    one.figures.longest = one.figures.total = word.length;
    one.figures.proved = word.under_way;
    vsock_diagnosis_add(held, &one);
}

/* ---- packets ---- */

static void judge_delay(const struct vsock_twins *t, const struct vsock_stream *s, uint32_t record,
                        struct vsock_diagnosis *late)
{
    struct vsock_delay delay = vsock_twin_delay(t, record);
    struct vsock_diagnosis one = start(t, VSOCK_CODE_DELIVERED_LATE, s,
                                       (uint8_t)vsock_capture_record(t->capture, record)->sender, record);

    one.figures.longest = delay.time;
    one.figures.proved = MAX(delay.within - late->figures.proved, 0); /* of all, the most */
    if (delay.time - delay.within >= VSOCK_SECOND)
        vsock_diagnosis_worsen(&one);
    vsock_diagnosis_add(late, &one);
}

/* What was found so far of the packets of one side. */
struct packets {
    struct vsock_diagnosis late, altered, reordered, held;
};

static void add_packet(const struct vsock_twins *t, const struct vsock_stream *s, uint32_t record,
                       enum vsock_code code, struct vsock_diagnosis *all)
{
    struct vsock_diagnosis one =
        start(t, code, s, (uint8_t)vsock_capture_record(t->capture, record)->sender, record);

    vsock_diagnosis_add(all, &one);
}

/* A packet of the sender's view. */
static void judge_packet(const struct vsock_twins *t, const struct vsock_stream *s, uint32_t record,
                         struct packets *found)
{
    unsigned delivery = vsock_delivery_of(t, record);

    if (delivery & VSOCK_DELIVERED_LATE && !look_at_word(t, vsock_twin_of(t, record)).held)
        judge_delay(t, s, record, &found->late);
    if (delivery & VSOCK_DELIVERED_ALTERED)
        add_packet(t, s, record, VSOCK_CODE_ALTERED, &found->altered);
    if (delivery & VSOCK_DELIVERED_CROSSED)
        add_packet(t, s, record, VSOCK_CODE_REORDERED, &found->reordered);
}

/* ---- stalls of one view ---- */

static bool is_stall(enum vsock_code code)
{
    return code == VSOCK_CODE_STALL_UNDECIDED || code == VSOCK_CODE_STALL_SLOW_READER ||
           code == VSOCK_CODE_STALL_RECEIVER_NOT_READING || code == VSOCK_CODE_STALL_UPDATE_MISSING;
}

/* Is it what the other one explains: as the same side of the same connection, in any view? */
static bool is_explained(const struct vsock_twins *t, const struct vsock_diagnosis *d,
                         const struct vsock_diagnosis *by)
{
    const struct vsock_stream *s, *twin;
    bool held = by->code == VSOCK_CODE_STALL_WORD_HELD;

    if (d->stream == VSOCK_STREAM_NONE || by->stream == VSOCK_STREAM_NONE || !is_stall(d->code))
        return false;
    s = vsock_capture_stream(t->capture, d->stream);
    twin = vsock_twin_stream(t, s);
    if (by->stream != s->index && !(twin && by->stream == twin->index))
        return false;
    if (held)
        return d->side == by->side && by->figures.proved * 2 >= d->figures.total;
    return by->figures.longest > 0 && d->side == (by->side ^ 1) && d->lasting;
}

struct explained {
    const struct vsock_twins *twins;
    const GArray *by;
};

static bool is_to_go(const struct vsock_diagnosis *d, void *context)
{
    const struct explained *e = (const struct explained *)context;

    for (unsigned i = 0; i < e->by->len; i++) {
        if (is_explained(e->twins, d, &g_array_index(e->by, struct vsock_diagnosis, i)))
            return true;
    }
    return false;
}

/* In the receiver's own recording, did it say nothing since the sender's window was shut? */
static bool said_nothing(const struct vsock_twins *t, const struct vsock_stream *s,
                         const struct vsock_diagnosis *d)
{
    struct vsock_delay delay = vsock_twin_delay(t, d->last_record);

    if (!d->lasting)
        return delay.known && (delay.time + delay.within) * 10 <= d->figures.longest;
    return vsock_flow_stall(&vsock_view_of_side(vsock_views_of(t, s), d->side ^ 1)->conn.flow, d->side)->open;
}

static void settle_stalls(const struct vsock_twins *t, GArray *found)
{
    for (unsigned i = 0; i < found->len; i++) {
        struct vsock_diagnosis *d = &g_array_index(found, struct vsock_diagnosis, i);
        const struct vsock_stream *s;

        if (d->code != VSOCK_CODE_STALL_UNDECIDED && d->code != VSOCK_CODE_STALL_UPDATE_MISSING)
            continue;
        s = d->stream != VSOCK_STREAM_NONE ? vsock_capture_stream(t->capture, d->stream) : NULL;
        if (s && vsock_views_of(t, s) && said_nothing(t, s, d))
            d->settled = VSOCK_SETTLED_SAID_NOTHING;
    }
}

static void judge_views(struct judgement *j, const struct vsock_views *v)
{
    const struct vsock_twins *t = j->twins;

    for (uint8_t side = 0; side < 2; side++) {
        const struct vsock_stream *s = vsock_view_of_side(v, side);
        struct packets packets = {.late = {.figures = {.count = 0}}};

        for (uint32_t i = s->last_record; i != 0;) {
            const struct vsock_record *r = vsock_capture_record(t->capture, i);

            if (r->sender == side)
                judge_packet(t, s, i, &packets);
            else
                judge_word(t, s, i, &packets.held);
            i = r->previous;
        }
        judge_tail(j, v, side);
        tell(j, &packets.late);
        tell(j, &packets.altered);
        tell(j, &packets.reordered);
        tell(j, &packets.held);
    }
}

void vsock_both_sides_judge(const struct vsock_twins *t, GHashTable *selected, GArray *found)
{
    struct judgement j = {t, g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis))};
    struct explained explained = {t, j.found};

    for (uint32_t i = 0; i < t->streams && t->views; i++) {
        const struct vsock_stream *s = vsock_capture_stream(t->capture, i);

        if (t->views[i] && vsock_is_judged_view(t, s) && vsock_is_selected(selected, i))
            judge_views(&j, t->views[i]);
    }
    if (j.found->len > 0)
        vsock_diagnoses_drop(found, is_to_go, &explained);
    settle_stalls(t, found);
    g_array_append_vals(found, j.found->data, j.found->len);
    g_array_free(j.found, TRUE);
}
