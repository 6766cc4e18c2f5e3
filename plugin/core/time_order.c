/* SPDX-License-Identifier: GPL-2.0-or-later
 * time_order.c - captures whose times go back. */
#include "time_order.h"

#include "cross_stream.h"
#include "datagrams.h"

void vsock_time_order_take(struct vsock_time_order *order, const struct vsock_mark *at, uint64_t place)
{
    if (order->begun && at->time < order->last) {
        if (order->back++ == 0) {
            order->first = *at;
            order->place = place;
        }
        order->latest = *at;
        order->longest = MAX(order->longest, order->last - at->time);
    }
    order->begun = true;
    order->last = at->time;
}

enum vsock_order vsock_order_of(int64_t before, int64_t time)
{
    if (time >= before)
        return VSOCK_ORDER_KEPT;
    return before - time < VSOCK_STEP_BACK ? VSOCK_ORDER_SLIGHT : VSOCK_ORDER_BROKEN;
}

/* Where all that was sent is consumed, no RW can have been mistaken for another. */
bool vsock_answers_a_later_one(const struct vsock_capture *capture, uint32_t number)
{
    const struct vsock_record *r = vsock_capture_record(capture, number);
    const struct vsock_conn *c = &r->stream->conn;
    int64_t question = r->time;

    if (!c->from_request)
        return false;
    if (c->response.record == number)
        question = c->request.time;
    else if (vsock_capture_has_record(capture, r->acks) && r->peer_in_flight == 0 &&
             !VSOCK_RECORD_HAS(r, UNSEEN_DATA))
        question = vsock_capture_record(capture, r->acks)->time;
    return vsock_order_of(question, r->time) == VSOCK_ORDER_BROKEN;
}

/* ---- what other verdicts are worth ---- */

static bool was_set_back(const struct vsock_stream *s)
{
    return s->source->order.answers > 0;
}

struct vsock_order_verdict vsock_time_order_find(const struct vsock_capture *c, wmem_allocator_t *memory)
{
    uint32_t count = wmem_array_get_count(c->streams);
    struct vsock_order_verdict v = {.capture = c, .streams = wmem_alloc_array(memory, uint8_t, count)};

    for (uint32_t i = 0; i < count; i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        v.streams[i] = s->order;
        if (s->previous != VSOCK_STREAM_UNKNOWN)
            v.streams[i] = MAX(v.streams[i], v.streams[s->previous]);
    }
    for (uint32_t i = count; i-- > 0;) {
        uint32_t previous = vsock_capture_stream(c, i)->previous;

        if (previous != VSOCK_STREAM_UNKNOWN)
            v.streams[previous] = MAX(v.streams[previous], v.streams[i]);
    }
    return v;
}

/* Is it judged by which of two packets came first, however close they are? */
static bool rests_on_order(enum vsock_code code)
{
    return code == VSOCK_CODE_CREDIT_OVERRUN || code == VSOCK_CODE_RESET_AFTER_OVERRUN ||
           code == VSOCK_CODE_CREDIT_COUNTER_AHEAD || code == VSOCK_CODE_CREDIT_COUNTER_BACKWARDS ||
           code == VSOCK_CODE_CAPTURE_LOSS;
}

/* Is it told of each packet by itself? */
static bool is_of_packets(enum vsock_code code)
{
    return code == VSOCK_CODE_KERNEL_TAP_BUG || code == VSOCK_CODE_PAYLOAD_NOT_RECORDED ||
           code == VSOCK_CODE_CID_ANOMALY;
}

bool vsock_time_order_allows(struct vsock_order_verdict *v, const struct vsock_stream *s,
                             struct vsock_diagnosis *d)
{
    if (is_of_packets(d->code))
        return true;
    switch ((enum vsock_order)v->streams[s->index]) {
    case VSOCK_ORDER_KEPT:
        break;
    case VSOCK_ORDER_SLIGHT:
        if (!rests_on_order(d->code))
            break;
        d->doubtful = v->slight = true;
        break;
    case VSOCK_ORDER_BROKEN:
        d->doubtful = true;
        return was_set_back(s);
    }
    return true;
}

/* ---- what is told ---- */

struct order_sums {
    const struct vsock_order_verdict *verdict;
    struct vsock_diagnosis disorder, set_back;
    bool asked_for; /* the user wants to know of packets of such a source */
};

static bool is_told(const struct vsock_order_verdict *v, const struct vsock_time_order *order)
{
    return order->back > 0 && (v->slight || order->longest >= VSOCK_STEP_BACK);
}

static void add_source(struct order_sums *sums, const struct vsock_time_order *order)
{
    bool set_back = order->answers > 0;
    struct vsock_diagnosis one =
        vsock_diagnosis_start(set_back ? VSOCK_CODE_CLOCK_SET_BACK : VSOCK_CODE_OUT_OF_ORDER, &order->first);

    vsock_diagnosis_end(&one, &order->latest);
    one.place = order->place;
    one.figures.count = order->back;
    one.figures.others = order->answers;
    one.figures.longest = order->longest;
    vsock_diagnosis_add(set_back ? &sums->set_back : &sums->disorder, &one);
}

static void count_stream(struct order_sums *sums, const struct vsock_stream *s, GHashTable *selected)
{
    if (is_told(sums->verdict, &s->source->order) && vsock_is_selected(selected, s->index))
        sums->asked_for = true;
    if (sums->verdict->streams[s->index] == VSOCK_ORDER_BROKEN && !was_set_back(s))
        sums->disorder.figures.others++;
}

static bool asks_for_datagrams(const struct vsock_order_verdict *v, const struct vsock_selection *only)
{
    wmem_array_t *all = v->capture->datagrams.all;

    for (unsigned i = 0; only->datagrams && i < wmem_array_get_count(all); i++) {
        const struct vsock_datagrams *d = *(struct vsock_datagrams **)wmem_array_index(all, i);

        if (is_told(v, &d->source->order) && g_hash_table_contains(only->datagrams, d))
            return true;
    }
    return false;
}

/* Where packets in no stream come from is not known: they ask for any source. */
static struct order_sums sum_up(const struct vsock_order_verdict *v, const struct vsock_selection *only)
{
    const struct vsock_capture *c = v->capture;
    struct order_sums sums = {.verdict = v,
                              .asked_for = !only || only->unassociated || asks_for_datagrams(v, only)};
    void **sources = (void **)wmem_array_get_raw(c->sources.all);

    for (unsigned i = 0; i < wmem_array_get_count(c->sources.all); i++) {
        const struct vsock_time_order *order = vsock_source_order(sources[i]);

        if (is_told(v, order))
            add_source(&sums, order);
    }
    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++)
        count_stream(&sums, vsock_capture_stream(c, i), only ? only->streams : NULL);
    return sums;
}

static void doubt(GArray *found)
{
    for (unsigned i = 0; i < found->len; i++) {
        struct vsock_diagnosis *d = &g_array_index(found, struct vsock_diagnosis, i);

        if (d->stream == VSOCK_STREAM_NONE && d->streams < 2)
            d->doubtful = true;
    }
}

void vsock_time_order_judge(const struct vsock_order_verdict *v, const struct vsock_selection *only,
                            GArray *found)
{
    struct order_sums sums = sum_up(v, only);

    if (MAX(sums.disorder.figures.longest, sums.set_back.figures.longest) >= VSOCK_STEP_BACK)
        doubt(found);
    if (!sums.asked_for)
        return;
    if (sums.disorder.figures.others > 0)
        vsock_diagnosis_worsen(&sums.disorder);
    sums.disorder.untimed = v->capture->untimed > 0;
    if (sums.disorder.figures.count > 0)
        g_array_append_val(found, sums.disorder);
    if (sums.set_back.figures.count > 0)
        g_array_append_val(found, sums.set_back);
}
