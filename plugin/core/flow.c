/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow.c - what each packet does to a connection's flow control. */
#include "flow.h"

#include <stddef.h>

#define FIND(step, finding) ((step)->findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_##finding))

const struct vsock_pending vsock_nothing_pending = {.stall = {{0}}};

struct vsock_flow vsock_flow_start(bool from_request)
{
    return (struct vsock_flow){.window = {vsock_window_start(from_request), vsock_window_start(from_request)},
                               .from_request = from_request,
                               .quiet = true};
}

static int64_t left_capped(const struct vsock_flow *f, uint8_t sender)
{
    return vsock_window_left_capped(&f->window[sender], vsock_flow_own_buffer(f, sender));
}

/* ---- credit of the packet's sender, as the receiver of the other side's data ---- */

static void find_in_credit_info(const struct vsock_flow *f, const struct vsock_packet *p,
                                const struct vsock_window *w, bool nothing_sent, struct vsock_flow_step *step)
{
    const struct vsock_credit_info *info = &step->info;
    bool at_start = p->virtio.op == VSOCK_OP_REQUEST || p->virtio.op == VSOCK_OP_RESPONSE;

    if (at_start && p->virtio.fwd_cnt != 0)
        FIND(step, FWD_CNT_AT_START);
    else if (info->ahead > 0 && f->from_request && nothing_sent)
        FIND(step, FWD_CNT_AHEAD);
    else if (info->ahead > 0 && f->from_request)
        FIND(step, UNSEEN_DATA);
    if (info->backwards > 0)
        FIND(step, FWD_CNT_BACKWARDS);
    if (info->shrunk > 0)
        FIND(step, BUF_ALLOC_SHRUNK);
    if (info->shrunk > 0 && vsock_window_left(w) < 0)
        FIND(step, BUF_ALLOC_BELOW_IN_FLIGHT);
}

/* Messages are consumed whole, so one of which something is consumed has ended: its EOM was not captured. And
 * one that the receiver's buffer, shrunk meanwhile, cannot hold can never be consumed. */
static void find_in_open_message(struct vsock_message *m, const struct vsock_window *w,
                                 struct vsock_flow_step *step)
{
    if (!m->open)
        return;
    if (step->info.ahead > 0 || (int64_t)(w->consumed - m->start) > 0) {
        *m = (struct vsock_message){0};
    } else if (step->info.shrunk > 0 && m->bytes >= w->buf_alloc && !m->too_big) {
        m->too_big = true;
        FIND(step, MESSAGE_TOO_BIG);
    }
}

static void take_credit_info(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side,
                             struct vsock_flow_step *step)
{
    struct vsock_window *w = &f->window[vsock_other_side(side)];
    bool nothing_sent = w->sent == 0;
    struct vsock_excess *excess;

    step->fwd_news = p->virtio.fwd_cnt != (uint32_t)w->consumed;
    step->info = vsock_window_advertise(w, p->virtio.buf_alloc, p->virtio.fwd_cnt, &step->released);
    step->acks = step->info.advance > 0 && step->released ? step->released->record : 0;
    find_in_credit_info(f, p, w, nothing_sent, step);
    if (f->quiet)
        return;
    excess = &f->pending->excess[vsock_other_side(side)];
    step->recovered = excess->open && (int64_t)(w->consumed - excess->edge) > 0;
    if (step->recovered)
        excess->open = false;
    find_in_open_message(&f->pending->message[vsock_other_side(side)], w, step);
    if (step->info.advance > 0)
        f->pending->credit_request[vsock_other_side(side)].unproductive = 0;
}

/* ---- credit requests ---- */

static void ask(struct vsock_flow *f, uint8_t side, const struct vsock_mark *at, struct vsock_flow_step *step)
{
    struct vsock_credit_request *q = &f->pending->credit_request[side];

    FIND(step, CREDIT_REQUEST);
    if (q->open)
        return;
    q->open = true;
    f->quiet = false;
    q->at = *at;
    step->asks = true;
}

/* Whatever the packet's sender says answers the other side's request. */
static void answer(struct vsock_flow *f, uint8_t side, struct vsock_flow_step *step)
{
    struct vsock_credit_request *q = &f->pending->credit_request[vsock_other_side(side)];

    if (f->quiet || !q->open)
        return;
    q->open = false;
    if (step->info.advance == 0 && vsock_window_in_flight(&f->window[vsock_other_side(side)]) > 0)
        q->unproductive++;
    step->answers = q->at;
    if (q->unproductive > 1)
        FIND(step, CREDIT_REQUEST_REPEATED);
}

/* ---- data ---- */

static void find_in_message(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side,
                            struct vsock_flow_step *step)
{
    struct vsock_message *m = &f->pending->message[side];
    const struct vsock_window *w = &f->window[side];
    bool eom = p->virtio.flags & VSOCK_SEQ_EOM;

    if (p->virtio.flags & VSOCK_SEQ_EOR && !eom)
        FIND(step, EOR_WITHOUT_EOM);
    if (eom) {
        *m = (struct vsock_message){0};
        return;
    }
    if (!m->open)
        m->start = step->offset;
    m->open = true;
    f->quiet = false;
    m->bytes += p->virtio.len;
    if (w->advertised && m->bytes >= w->buf_alloc && !m->too_big) {
        m->too_big = true;
        FIND(step, MESSAGE_TOO_BIG);
    }
}

static void find_in_window(struct vsock_flow *f, uint8_t side, int64_t left_before, int64_t capped_before,
                           struct vsock_flow_step *step)
{
    const struct vsock_window *w = &f->window[side];
    int64_t left = vsock_window_left(w);

    if (!f->from_request) {
        /* What was advertised before the capture is not known: a larger buffer may have allowed anything. */
    } else if ((int64_t)(w->sent - w->edge) > 0) {
        step->exceeded = w->sent - w->edge;
        if (!f->pending->excess[side].open)
            f->pending->excess[side] = (struct vsock_excess){.open = true, .edge = w->edge};
        f->quiet = false;
        FIND(step, CREDIT_EXCEEDED);
    } else if (left < 0) { /* an earlier, larger advertisement still covers it */
        FIND(step, WINDOW_OVERRUN_AFTER_SHRINK);
    }
    if (left <= 0 && left_before > 0)
        FIND(step, ZERO_WINDOW);
    else if (left > 0 && left_capped(f, side) <= 0 && capped_before > 0 && !f->uncapped[side])
        FIND(step, ZERO_EFFECTIVE_WINDOW);
}

static void take_rw(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side, uint32_t record,
                    struct vsock_rw *rw, struct vsock_flow_step *step)
{
    struct vsock_window *w = &f->window[side];
    int64_t left_before = vsock_window_left(w), capped_before = left_capped(f, side);

    step->has_offset = w->based;
    step->offset = w->sent;
    step->rw_kept = true;
    vsock_window_send(w, p->virtio.len, record, rw);
    if (p->virtio.len == 0)
        FIND(step, ZERO_LENGTH);
    if (p->virtio.type == VSOCK_TYPE_SEQPACKET)
        find_in_message(f, p, side, step);
    if (!w->advertised || p->virtio.len == 0)
        return;
    if (left_before > 0 && (capped_before <= 0 || left_capped(f, side) < 0))
        f->uncapped[side] = true; /* it went on, or further, where a sender that caps would have stopped */
    find_in_window(f, side, left_before, capped_before, step);
}

static uint64_t end_message(struct vsock_message *m)
{
    bool truncated = m->open;

    *m = (struct vsock_message){0};
    return truncated ? VSOCK_FOUND_BIT(VSOCK_FOUND_MESSAGE_TRUNCATED) : 0;
}

/* A stall is over, and nobody will know whether the sender had more to say. */
static void settle(const struct vsock_stall *s, uint32_t *settled)
{
    if (s->open && !s->frozen)
        *settled = s->began.record;
}

static void take_shutdown(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side, int64_t time,
                          struct vsock_flow_step *step)
{
    if (p->virtio.flags & VSOCK_SHUTDOWN_SEND) {
        f->finished[side] = true;
        settle(&f->pending->stall[side], &step->settled[side]);
        vsock_stall_drop(&f->pending->stall[side]);
        step->findings |= end_message(&f->pending->message[side]);
    }
    if (p->virtio.flags & VSOCK_SHUTDOWN_RCV) {
        f->finished[vsock_other_side(side)] = true;
        settle(&f->pending->stall[vsock_other_side(side)], &step->settled[vsock_other_side(side)]);
        vsock_stall_freeze(&f->pending->stall[vsock_other_side(side)], time);
    }
}

/* ---- who waits ---- */

static bool is_shut(const struct vsock_flow *f, uint8_t sender)
{
    return f->uncapped[sender] ? vsock_window_left(&f->window[sender]) <= 0 : left_capped(f, sender) <= 0;
}

static void begin_stall(struct vsock_flow *f, uint8_t sender, const struct vsock_mark *at, bool shrunk)
{
    const struct vsock_window *w = &f->window[sender];
    bool own_cap = vsock_window_left(w) > 0;

    vsock_stall_begin(&f->pending->stall[sender], w, at,
                      own_cap ? vsock_flow_own_buffer(f, sender) : w->buf_alloc, own_cap, shrunk);
    f->quiet = false;
}

/* `sender`'s own packet: one that shows that it was not waiting, or an RW that shuts its window. */
static void judge_sender(struct vsock_flow *f, const struct vsock_packet *p, uint8_t sender,
                         const struct vsock_mark *at, struct vsock_flow_step *step)
{
    struct vsock_stall *s = &f->pending->stall[sender];
    bool sends = p->virtio.op == VSOCK_OP_RW && p->virtio.len > 0;

    if (!f->quiet && s->open && (sends || !is_shut(f, sender))) {
        if (!sends)
            settle(s, &step->settled[sender]);
        vsock_stall_drop(s);
    }
    if (sends && is_shut(f, sender) && !f->finished[sender])
        begin_stall(f, sender, at, false);
}

/* A packet of the side that `sender` may be waiting for. `asked`: see vsock_stall_end. */
static void judge_receiver(struct vsock_flow *f, uint8_t sender, const struct vsock_mark *at, int64_t asked,
                           struct vsock_flow_step *step)
{
    struct vsock_stall *s = &f->pending->stall[sender];

    if (f->quiet && step->info.shrunk == 0)
        return;
    if (s->open && s->frozen)
        return;
    if (s->open && is_shut(f, sender)) {
        vsock_stall_still_shut(s, &step->info, at->time);
    } else if (s->open) {
        step->stall = s->began;
        step->stall_cause = vsock_stall_end(s, &f->window[sender], at, asked);
    } else if (step->info.shrunk > 0 && is_shut(f, sender) && !f->finished[sender]) {
        begin_stall(f, sender, at, true);
    }
}

static bool is_quiet(const struct vsock_flow *f)
{
    for (int side = 0; side < 2; side++) {
        if (f->pending->stall[side].open || f->pending->message[side].open || f->pending->excess[side].open ||
            f->pending->credit_request[side].open || f->pending->credit_request[side].unproductive > 0)
            return false;
    }
    return true;
}

/* Not where the buffer's size changed: Linux tells of that. */
static uint32_t told_unasked(const struct vsock_packet *p, const struct vsock_window *w,
                             uint32_t buffer_before, const struct vsock_flow_step *step)
{
    bool unasked = p->virtio.op == VSOCK_OP_CREDIT_UPDATE && step->answers.record == 0;

    if (!unasked || step->info.ahead > 0 || w->buf_alloc != buffer_before || vsock_window_in_flight(w) > 0)
        return 0;
    return step->info.advance;
}

struct vsock_flow_step vsock_flow_step(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side,
                                       const struct vsock_mark *at, struct vsock_rw *rw)
{
    struct vsock_flow_step step = {0};
    uint32_t buffer_before = f->window[vsock_other_side(side)].buf_alloc;
    int64_t asked;

    take_credit_info(f, p, side, &step);
    answer(f, side, &step);
    step.told = told_unasked(p, &f->window[vsock_other_side(side)], buffer_before, &step);
    switch ((enum vsock_op)p->virtio.op) {
    case VSOCK_OP_RW:
        take_rw(f, p, side, at->record, rw, &step);
        break;
    case VSOCK_OP_SHUTDOWN:
        take_shutdown(f, p, side, at->time, &step);
        break;
    case VSOCK_OP_CREDIT_REQUEST:
        ask(f, side, at, &step);
        break;
    case VSOCK_OP_CREDIT_UPDATE:
    case VSOCK_OP_INVALID:
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
    case VSOCK_OP_RST:
        break;
    }
    if (f->window[side].advertised)
        judge_sender(f, p, side, at, &step);
    asked = step.answers.record != 0 ? at->time - step.answers.time : 0;
    judge_receiver(f, vsock_other_side(side), at, asked, &step);
    if (!f->quiet)
        f->quiet = is_quiet(f);
    return step;
}

uint64_t vsock_flow_end(struct vsock_flow *f)
{
    return f->quiet ? 0 : end_message(&f->pending->message[0]) | end_message(&f->pending->message[1]);
}

struct vsock_flow_step vsock_flow_trail(struct vsock_flow *f, const struct vsock_packet *p, uint8_t side,
                                        uint32_t record, struct vsock_rw *rw)
{
    struct vsock_flow_step step = {0};

    take_credit_info(f, p, side, &step);
    step.findings = 0;
    step.info.ahead = 0;
    if (p->virtio.op == VSOCK_OP_RW) {
        step.has_offset = f->window[side].based;
        step.offset = f->window[side].sent;
        step.rw_kept = true;
        vsock_window_send(&f->window[side], p->virtio.len, record, rw);
    }
    return step;
}
