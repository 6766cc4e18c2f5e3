/* SPDX-License-Identifier: GPL-2.0-or-later
 * check_flow.h - what core/flow.h, core/credit.h and core/stall.h promise of a connection's flow control,
 * whatever was sent. */
#ifndef VSOCK_TESTS_FUZZ_CHECK_FLOW_H
#define VSOCK_TESTS_FUZZ_CHECK_FLOW_H

#include "check.h"
#include "core/flow.h"

/* The RWs that a window keeps are those that are not consumed, in order; an empty one may have nothing to be
 * consumed. */
static inline void check_rws(const struct vsock_window *w)
{
    const struct vsock_rw *rw = w->oldest;
    uint32_t queued = 0;

    for (uint32_t i = 0; i < w->unconsumed_rws; i++, rw = rw->next) {
        CHECK((int64_t)(rw->end - w->consumed) >= 0);
        CHECK((int64_t)(w->sent - rw->end) >= 0);
        CHECK_IMPLIES(i + 1 == w->unconsumed_rws, rw == w->newest);
        CHECK_IMPLIES(i + 1 < w->unconsumed_rws, (int64_t)(rw->next->end - rw->end) >= 0);
        queued += rw->queued;
    }
    CHECK(queued == w->queued);
}

static inline void check_window(const struct vsock_window *w)
{
    int64_t left = vsock_window_left(w);

    CHECK((int64_t)(w->sent - w->consumed) >= 0);
    CHECK_IMPLIES(w->advertised, w->based);
    CHECK_IMPLIES(w->advertised, (int64_t)(w->edge - (w->consumed + w->buf_alloc)) >= 0);
    CHECK(left <= w->buf_alloc);
    CHECK(vsock_window_left_capped(w, UINT32_MAX) == left);
    CHECK(vsock_window_left_capped(w, w->buf_alloc / 2) <= left);
    check_rws(w);
}

static inline void check_stall(const struct vsock_stall *s, uint32_t record)
{
    CHECK_IMPLIES(s->open, s->began.record != 0 && s->began.record <= record);
}

/* After the packet of number `record`. */
static inline void check_flow(const struct vsock_flow *f, uint32_t record)
{
    const struct vsock_pending *pending = vsock_flow_pending(f);

    for (uint8_t side = 0; side < 2; side++) {
        check_window(&f->window[side]);
        check_stall(&pending->stall[side], record);
        CHECK_IMPLIES(pending->credit_request[side].open, pending->credit_request[side].at.record != 0);
        CHECK_IMPLIES(!pending->message[side].open, pending->message[side].bytes == 0);
        CHECK_IMPLIES(f->quiet, !pending->stall[side].open && !pending->message[side].open &&
                                    !pending->excess[side].open);
        CHECK_IMPLIES(f->quiet,
                      !pending->credit_request[side].open && pending->credit_request[side].unproductive == 0);
        CHECK_IMPLIES(f->window[side ^ 1].advertised,
                      vsock_flow_own_buffer(f, side) == f->window[side ^ 1].buf_alloc);
    }
}

static inline void check_credit_info(const struct vsock_credit_info *info)
{
    CHECK(info->ahead <= info->advance);
    CHECK(info->advance == 0 || info->backwards == 0);
}

#define FOUND(findings, finding) (((findings)&VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)) != 0)

/* A packet that the flow took. */
static inline void check_flow_step(const struct vsock_flow_step *step, const struct vsock_packet *p,
                                   const struct vsock_mark *at)
{
    bool is_rw = p->virtio.op == VSOCK_OP_RW;
    uint64_t life = VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_FIRST) - 1;

    check_credit_info(&step->info);
    CHECK((step->findings & life) == 0);
    CHECK(step->findings < VSOCK_FOUND_BIT(VSOCK_FOUND_COUNT));
    CHECK(step->rw_kept == is_rw);
    CHECK_IMPLIES(step->has_offset, is_rw);
    CHECK((step->exceeded > 0) == FOUND(step->findings, CREDIT_EXCEEDED));
    CHECK_IMPLIES(step->asks, p->virtio.op == VSOCK_OP_CREDIT_REQUEST);
    CHECK(step->acks < at->record && step->answers.record < at->record);
    CHECK_IMPLIES(step->stall.record != 0, step->stall.record < at->record &&
                                               step->stall_cause >= VSOCK_STALL_NOT_READING &&
                                               step->stall_cause <= VSOCK_STALL_OWN_CAP);
}

/* What the packet's sender said of itself is what the flow knows now. */
static inline void check_said(const struct vsock_flow *f, const struct vsock_packet *p, uint8_t side)
{
    const struct vsock_window *w = &f->window[side ^ 1];

    CHECK(w->advertised && w->buf_alloc == p->virtio.buf_alloc);
    CHECK((uint32_t)w->consumed == p->virtio.fwd_cnt);
}

#endif
