/* SPDX-License-Identifier: GPL-2.0-or-later
 * delivery.c - what one side sent, and what the other has of it. */
#include "delivery.h"

/* A packet that crossed others did so within that many of its stream. */
#define CROSS_MAX 128

const struct vsock_stream *vsock_view_of_side(const struct vsock_views *v, uint8_t side)
{
    return v->of[side != vsock_host_side(v->of[0])];
}

bool vsock_is_senders_view(const struct vsock_twins *t, const struct vsock_record *r)
{
    const struct vsock_views *v = vsock_views_of(t, r->stream);

    return v && vsock_view_of_side(v, r->sender) == r->stream;
}

/* ---- packets that are missing on the other side ---- */

/* What a side sent after the last packet that the other side has. */
static struct vsock_tail find_tail(const struct vsock_twins *t, const struct vsock_stream *s, uint8_t side)
{
    struct vsock_tail tail = {.stream = NULL};

    for (uint32_t i = s->last_record; i != 0;) {
        const struct vsock_record *r = vsock_capture_record(t->capture, i);

        if (r->sender == side && vsock_twin_of(t, i) != 0) {
            tail.stream = tail.packets > 0 ? s : NULL;
            break;
        }
        if (r->sender == side && !r->copy) {
            tail.last = tail.packets++ == 0 ? i : tail.last;
            tail.first = i;
        }
        i = r->previous;
    }
    return tail;
}

/* Has the receiver said that it consumed some of these? */
static bool is_covered(const struct vsock_twins *t, const struct vsock_tail *tail, uint8_t receiver)
{
    for (uint32_t i = tail->stream->last_record; i > tail->first;) {
        const struct vsock_record *r = vsock_capture_record(t->capture, i);

        if (r->sender == receiver && r->acks >= tail->first)
            return true;
        i = r->previous;
    }
    return false;
}

/* When it is to have arrived, by the receiver's clock. */
static int64_t arrival_of(const struct vsock_twins *t, const struct vsock_views *v,
                          const struct vsock_tail *tail)
{
    bool from_host = v->of[0] == tail->stream;
    int64_t time = vsock_capture_record(t->capture, tail->first)->time;

    return vsock_time_sum(time, from_host ? v->sides->ahead_at_end : -v->sides->ahead_at_end);
}

/* Until when the receiver's side of the connection would have taken it. */
static int64_t taken_until(const struct vsock_stream *s)
{
    int64_t until = s->source->order.last;

    if (s->conn.ended)
        until = MIN(until, s->conn.reset.time);
    if (s->superseded_time != VSOCK_TIME_NONE)
        until = MIN(until, s->superseded_time);
    return until;
}

/* The receiver waits to send, to the end, and its sender's own view has that window open. */
static bool opens_window(const struct vsock_stream *sender_view, const struct vsock_stream *receiver_view,
                         uint8_t receiver)
{
    return vsock_flow_stall(&receiver_view->conn.flow, receiver)->open &&
           !vsock_flow_stall(&sender_view->conn.flow, receiver)->open &&
           vsock_stream_open_stall(receiver_view, receiver) >= VSOCK_UNDELIVERED_TIME;
}

/* Of the packets that `side` sent last, and that the other side lacks: were they not delivered? */
static bool is_undelivered(const struct vsock_twins *t, const struct vsock_views *v, uint8_t side,
                           struct vsock_tail *tail)
{
    const struct vsock_stream *sent = vsock_view_of_side(v, side), *got = vsock_view_of_side(v, side ^ 1);

    if (!tail->stream || v->sides->lacks[v->of[1] == got])
        return false;
    tail->opens = opens_window(sent, got, side ^ 1);
    if (tail->packets < VSOCK_UNDELIVERED_MIN && !tail->opens)
        return false;
    return vsock_time_passed(arrival_of(t, v, tail), taken_until(got)) >= VSOCK_UNDELIVERED_TIME &&
           !is_covered(t, tail, side ^ 1);
}

void vsock_delivery_find(struct vsock_twins *t)
{
    for (unsigned k = 0; k < wmem_array_get_count(t->sides); k++) {
        struct vsock_sides *sides = *(struct vsock_sides **)wmem_array_index(t->sides, k);

        for (unsigned i = 0; i < 2 * sides->count; i++) {
            struct vsock_views *v = &sides->connections[i / 2];
            uint8_t side = i % 2;
            struct vsock_tail *tail = &v->undelivered[side];

            *tail = find_tail(t, vsock_view_of_side(v, side), side);
            if (!is_undelivered(t, v, side, tail))
                tail->stream = NULL;
        }
    }
}

/* ---- packets that both have ---- */

static bool is_altered(const struct vsock_twins *t, uint32_t record, uint32_t twin)
{
    const struct vsock_print *one = vsock_capture_print(t->capture, record),
                             *other = vsock_capture_print(t->capture, twin);

    return one && other && !vsock_print_equal(*one, *other);
}

/* The packet that its side sent before, and that has a twin; 0 if it is not near. */
static uint32_t before_it(const struct vsock_twins *t, const struct vsock_record *r)
{
    uint8_t side = r->sender;
    uint32_t at = r->previous;

    for (int i = 0; i < CROSS_MAX && at != 0; i++) {
        r = vsock_capture_record(t->capture, at);
        if (r->sender == side && vsock_twin_of(t, at) != 0)
            return at;
        at = r->previous;
    }
    return 0;
}

static bool is_crossed(const struct vsock_twins *t, const struct vsock_record *r, uint32_t twin)
{
    uint32_t before = before_it(t, vsock_capture_record(t->capture, twin));

    /* Of the receiver's view: the packet before it was sent after it. */
    if (!vsock_is_senders_view(t, r))
        return false;
    return before != 0 && vsock_capture_record(t->capture, vsock_twin_of(t, before))->number > r->number;
}

static bool is_missing(const struct vsock_twins *t, const struct vsock_record *r, uint32_t record)
{
    const struct vsock_views *v = vsock_views_of(t, r->stream);
    const struct vsock_tail *tail = v ? &v->undelivered[r->sender] : NULL;

    return tail && tail->stream == r->stream && record >= tail->first && !r->copy;
}

unsigned vsock_delivery_of(const struct vsock_twins *t, uint32_t record)
{
    const struct vsock_record *r = vsock_capture_record(t->capture, record);
    struct vsock_delay delay = vsock_twin_delay(t, record);
    uint32_t twin = vsock_twin_of(t, record);
    int64_t late = t->capture->thresholds.late;
    unsigned found = 0;

    if (twin == 0)
        return is_missing(t, r, record) ? VSOCK_NOT_DELIVERED : 0;
    if (late > 0 && delay.known && delay.time - delay.within >= late)
        found |= VSOCK_DELIVERED_LATE;
    if (is_altered(t, record, twin))
        found |= VSOCK_DELIVERED_ALTERED;
    if (is_crossed(t, r, twin) || is_crossed(t, vsock_capture_record(t->capture, twin), record))
        found |= VSOCK_DELIVERED_CROSSED;
    return found;
}
