/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_credit.c - flow control by itself, whatever order packets come in: core/credit.h, core/flow.h and
 * core/stall.h. Input: 1 byte, whose lowest bit says whether the REQUEST was captured, and steps. A step's
 * choice says whether the connection has ended. */

#include "check_flow.h"
#include "rws.h"
#include "steps.h"

static void check_sent(const struct vsock_flow *before, const struct vsock_flow *after,
                       const struct step *step, const struct vsock_flow_step *did)
{
    const struct vsock_window *was = &before->window[step->side], *is = &after->window[step->side];

    if (step->packet.virtio.op == VSOCK_OP_RW)
        CHECK(is->sent == was->sent + step->packet.virtio.len);
    else
        CHECK(is->sent == was->sent);
    CHECK_IMPLIES(did->has_offset, did->offset == was->sent);
    CHECK(is->consumed == was->consumed); /* only the other side can say that */
}

/* Every figure of the credit info, worked out once more from the counters before and after it. */
static void check_consumed(const struct vsock_flow *before, const struct vsock_flow *after,
                           const struct step *step, const struct vsock_flow_step *did)
{
    const struct vsock_window *was = &before->window[step->side ^ 1], *is = &after->window[step->side ^ 1];
    uint64_t in_flight = vsock_window_in_flight(was);

    if (!was->based) {
        CHECK(vsock_window_in_flight(is) == 0 && did->info.advance == 0 && did->acks == 0);
        return;
    }
    CHECK(is->consumed - was->consumed == (uint64_t)did->info.advance - did->info.backwards);
    CHECK_IMPLIES(did->info.advance > in_flight,
                  did->info.advance - in_flight == did->info.ahead || did->info.ahead == 0);
    CHECK(vsock_window_in_flight(is) ==
          in_flight - did->info.advance + did->info.backwards +
              (did->info.advance > in_flight ? did->info.advance - in_flight : 0));
    CHECK_IMPLIES(was->advertised,
                  did->info.shrunk == (is->buf_alloc < was->buf_alloc ? was->buf_alloc - is->buf_alloc : 0));
    CHECK_IMPLIES(was->advertised, (int64_t)(is->edge - was->edge) >= 0);
}

static void take(struct vsock_flow *flow, struct steps *steps, struct history *history, bool *ended)
{
    struct step step = take_step(steps, history);
    struct vsock_flow before = *flow;
    struct vsock_rw *rw = lend_rw();
    struct vsock_flow_step did;

    if (step.choice == UINT8_MAX) {
        *ended = true;
        CHECK((vsock_flow_end(flow) & ~VSOCK_FOUND_BIT(VSOCK_FOUND_MESSAGE_TRUNCATED)) == 0);
        before = *flow;
    }
    if (*ended)
        did = vsock_flow_trail(flow, &step.packet, step.side, step.at.record, rw);
    else
        did = vsock_flow_step(flow, &step.packet, step.side, &step.at, rw);
    if (!did.rw_kept)
        give_back_rw(rw);
    give_back_rws(did.released);

    check_flow_step(&did, &step.packet, &step.at);
    check_flow(flow, step.at.record);
    check_said(flow, &step.packet, step.side);
    check_sent(&before, flow, &step, &did);
    if (!*ended)
        check_consumed(&before, flow, &step, &did);
    else
        CHECK(did.findings == 0 && did.stall.record == 0 && !did.asks);
    CHECK(lent == flow->window[0].unconsumed_rws + flow->window[1].unconsumed_rws);
}

static bool is_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)memory;
    size_t zeroes = 0;

    while (zeroes < size && bytes[zeroes] == 0)
        zeroes++;
    return zeroes == size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct steps steps = {.input = {data, size}};
    struct vsock_flow flow = vsock_flow_start(take_number(&steps.input, 1) & 1);
    struct vsock_pending pending = vsock_nothing_pending;
    struct history history = {{0}, {0}, {0}};
    bool ended = false, untouched = true;

    flow.pending = &pending;
    while (more_steps(&steps)) {
        take(&flow, &steps, &history, &ended);
        untouched &= flow.quiet;
        CHECK_IMPLIES(untouched, is_zero(&pending, sizeof(pending)));
    }
    for (uint8_t side = 0; side < 2; side++) {
        if (flow.window[side].unconsumed_rws == 0)
            continue;
        flow.window[side].newest->next = NULL;
        give_back_rws(flow.window[side].oldest);
    }
    CHECK(lent == 0);
    return 0;
}
