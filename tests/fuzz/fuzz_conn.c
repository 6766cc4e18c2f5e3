/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_conn.c - generations of a connection between two endpoints: core/stream.h, and core/conn.h and all
 * that it stands on. Input: 1 byte, whose lowest bit says whether both endpoints are the same, and steps. */
#include "check_diagnosis.h"
#include "check_flow.h"
#include "core/malformed.h"
#include "core/stream.h"
#include "rws.h"
#include "steps.h"

static void check_conn(const struct vsock_conn *c, uint32_t record)
{
    CHECK(c->state >= VSOCK_STATE_REQUESTED && c->state <= VSOCK_STATE_MIDSTREAM);
    CHECK(c->client <= VSOCK_SIDE_UNKNOWN && c->lower < 2);
    CHECK(c->completeness < 2 * VSOCK_COMPLETE_RST);
    CHECK((c->shut[0] | c->shut[1]) <= (VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND));
    CHECK(c->from_request == ((c->completeness & VSOCK_COMPLETE_REQUEST) != 0));
    CHECK(c->ended == ((c->completeness & VSOCK_COMPLETE_RST) != 0));
    CHECK_IMPLIES(c->degenerate, c->client == VSOCK_SIDE_UNKNOWN);
    check_flow(&c->flow, record);
}

/* What never changes, and what never goes back. */
static void check_lasting(const struct vsock_conn *was, const struct vsock_pending *was_pending,
                          const struct vsock_conn *is)
{
    CHECK(is->packets == was->packets + 1);
    CHECK(is->type == was->type && is->from_request == was->from_request &&
          is->degenerate == was->degenerate);
    CHECK((was->completeness & ~is->completeness) == 0);
    CHECK((was->shut[0] & ~is->shut[0]) == 0 && (was->shut[1] & ~is->shut[1]) == 0);
    CHECK_IMPLIES(was->ended, is->state == was->state && is->completeness == was->completeness);
    for (uint8_t side = 0; side < 2; side++) /* nothing answers after the end */
        CHECK_IMPLIES(was->ended,
                      is->flow.pending->credit_request[side].open == was_pending->credit_request[side].open);
    CHECK_IMPLIES(was->client_spoke, is->client_spoke);
    CHECK_IMPLIES(was->client != VSOCK_SIDE_UNKNOWN, is->client == was->client);
}

static void check_rst(const struct vsock_step *did, const struct vsock_conn *is, const struct step *step)
{
    uint64_t ends = VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSED) | VSOCK_FOUND_BIT(VSOCK_FOUND_REFUSED) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_PROTOCOL_ERROR) | VSOCK_FOUND_BIT(VSOCK_FOUND_ABANDONED) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSE_TIMEOUT) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSED_TOO_SOON) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_RESET_NO_SOCKET) | VSOCK_FOUND_BIT(VSOCK_FOUND_RESET) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSED_BY_RESET);
    uint64_t found = did->findings & ends;

    CHECK((did->rst_kind != VSOCK_RST_NONE) == (step->packet.virtio.op == VSOCK_OP_RST));
    CHECK(did->rst_kind <= VSOCK_RST_NOT_WAITED_FOR);
    CHECK((found & (found - 1)) == 0); /* one end at most */
    CHECK_IMPLIES(found != 0, is->ended);
    CHECK(FOUND(did->findings, UNCONSUMED_AT_CLOSE) == (did->unconsumed > 0));
    CHECK_IMPLIES(did->unconsumed > 0, did->rst_kind == VSOCK_RST_CLOSE_ACK ||
                                           did->rst_kind == VSOCK_RST_NO_SOCKET ||
                                           did->rst_kind == VSOCK_RST_NOT_WAITED_FOR);
    CHECK(FOUND(did->findings, CLOSED_TOO_SOON) ==
          (did->rst_kind == VSOCK_RST_NOT_WAITED_FOR && !is->overlaps));
    CHECK(FOUND(did->findings, CLOSE_TIMEOUT) == (did->rst_kind == VSOCK_RST_CLOSE_TIMEOUT));
    CHECK_IMPLIES(did->rst_kind == VSOCK_RST_CLOSE_TIMEOUT, did->waited > 0);
    CHECK_IMPLIES(FOUND(did->findings, QUEUE_OVERFLOW_SUSPECTED), did->rst_kind == VSOCK_RST_QUEUE_OVERFLOW);
}

static void check_findings(const struct vsock_step *did, const struct vsock_conn *was,
                           const struct vsock_conn *is, const struct step *step)
{
    bool has_credit = vsock_conn_has_credit(is, &step->packet);

    CHECK(did->findings < VSOCK_FOUND_BIT(VSOCK_FOUND_COUNT));
    CHECK(did->before == was->state && did->after == is->state);
    CHECK((did->flow.findings & ~did->findings) == 0);
    CHECK(FOUND(did->findings, REQUEST) == (step->packet.virtio.op == VSOCK_OP_REQUEST &&
                                            step->packet.virtio.type == is->type && !was->ended));
    CHECK(FOUND(did->findings, STALL_ENDED) == (did->flow.stall.record != 0));
    CHECK_IMPLIES(did->in_stream, step->packet.virtio.op == VSOCK_OP_RW && !was->ended && !is->degenerate &&
                                      step->packet.virtio.type == is->type);
    if (has_credit)
        check_flow_step(&did->flow, &step->packet, &step->at);
    else
        CHECK(!did->flow.rw_kept && !did->flow.released && did->flow.findings == 0);
    if (has_credit)
        check_said(&is->flow, &step->packet, step->side);
    check_rst(did, is, step);
}

static void check_stats(const struct vsock_stream *s, const struct step *step)
{
    const struct vsock_stream_stats *stats = &s->stats;

    CHECK(stats->side[0].packets + stats->side[1].packets == s->conn.packets);
    for (uint8_t side = 0; side < 2; side++) {
        CHECK(stats->side[side].rws + stats->side[side].updates <= stats->side[side].packets);
        CHECK(stats->side[side].spoke <= step->at.record);
    }
    CHECK(stats->first.record > 0 && stats->first.record <= s->last.record);
    CHECK(s->last.record == step->at.record);
    CHECK((s->conn.rst_kind != VSOCK_RST_NONE) == s->conn.ended);
    CHECK((s->conn.reset.record != 0) == s->conn.ended);
    CHECK((s->conn.request.record != 0) == s->conn.from_request);
    CHECK((s->conn.response.record != 0) == ((s->conn.completeness & VSOCK_COMPLETE_RESPONSE) != 0));
    CHECK(stats->longest_stall >= 0);
    CHECK_IMPLIES(stats->stalls == 0, stats->total_stall == 0);
    CHECK((s->data->large_count > 0) == (s->data->large.record != 0));
}

/* The smallest window that each side had, where the packets with credit are asked one by one. */
struct lowest {
    bool has[2];
    int64_t window[2], effective[2];
};

static const struct lowest nothing_yet = {.effective = {INT64_MAX, INT64_MAX}};

static void check_lowest(struct lowest *lowest, const struct vsock_stream *s, bool has_credit)
{
    for (uint8_t side = 0; side < 2; side++) {
        const struct vsock_window *w = &s->conn.flow.window[side];
        int64_t left = vsock_window_left(w);

        if (has_credit && w->advertised && (!lowest->has[side] || left < lowest->window[side])) {
            lowest->has[side] = true;
            lowest->window[side] = left;
        }
        left = vsock_window_left_capped(w, vsock_flow_own_buffer(&s->conn.flow, side));
        if (has_credit && w->advertised)
            lowest->effective[side] = MIN(lowest->effective[side], left);
        CHECK_IMPLIES(lowest->has[side],
                      vsock_stream_lowest_effective(s, side) ==
                          (s->conn.flow.uncapped[side] ? lowest->window[side] : lowest->effective[side]));
        CHECK(s->stats.side[side].has_window == lowest->has[side]);
        CHECK_IMPLIES(lowest->has[side], s->stats.side[side].lowest_window == lowest->window[side]);
    }
}

/* As many as fill the list would say that one more may have been dropped. */
static void check_found(const struct vsock_diagnoses *found, const struct vsock_mark *at)
{
    CHECK(found->count + 1 < VSOCK_DIAGNOSES_MAX);
    for (unsigned i = 0; i < found->count; i++) {
        check_diagnosis(&found->list[i], at->frame, TIME_LIMIT);
        CHECK(found->list[i].last_frame == at->frame);
    }
}

static const struct vsock_thresholds thresholds = {0}; /* whatever can be said is */

static void take(struct vsock_stream *s, const struct vsock_stream *previous, const struct step *step,
                 struct lowest *lowest)
{
    struct vsock_conn was = s->conn;
    struct vsock_pending was_pending = *s->conn.flow.pending;
    struct vsock_rw *rw = lend_rw();
    struct vsock_diagnoses found = {.count = 0};
    struct vsock_step did = vsock_stream_take(s, previous, &step->packet, vsock_malformed(&step->packet),
                                              step->side, &step->at, rw, &thresholds, &found);

    if (!did.flow.rw_kept)
        give_back_rw(rw);
    give_back_rws(did.flow.released);
    check_conn(&s->conn, step->at.record);
    check_lasting(&was, &was_pending, &s->conn);
    check_findings(&did, &was, &s->conn, step);
    check_stats(s, step);
    check_lowest(lowest, s, did.has_credit && !s->conn.degenerate);
    check_found(&found, &step->at);
    CHECK(lent == s->conn.flow.window[0].unconsumed_rws + s->conn.flow.window[1].unconsumed_rws);
}

static struct vsock_stream begin(const struct step *step, bool degenerate,
                                 struct vsock_capture_source *source, struct vsock_stream_data *data,
                                 struct vsock_pending *pending)
{
    struct vsock_endpoint client = vsock_source(&step->packet), server = vsock_destination(&step->packet);
    struct vsock_stream s = {.side = {client, degenerate ? client : server}, .source = source, .data = data};

    *data = (struct vsock_stream_data){0};
    vsock_stream_start(&s, &step->packet, step->side);
    *pending = vsock_nothing_pending;
    s.conn.flow.pending = pending;
    CHECK(s.conn.degenerate == degenerate);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct steps steps = {.input = {data, size}};
    bool degenerate = take_number(&steps.input, 1) & 1;
    struct history history = {{0}, {0}, {0}};
    struct vsock_stream stream, previous; /* of which nobody looks at the data */
    struct vsock_stream_data carried;
    struct vsock_pending pending;
    int64_t seen_until = 0;
    struct vsock_capture_source source = {.seen_until = &seen_until};
    struct lowest lowest = nothing_yet;
    bool begun = false;

    while (more_steps(&steps)) {
        struct step step = take_step(&steps, &history);
        bool begins = !begun || vsock_conn_begins(&stream.conn, &step.packet, step.side, step.at.time);
        const struct vsock_stream *before = begins && begun ? &previous : NULL;

        if (degenerate)
            step.side = 0; /* whoever sends it */
        if (begins && begun) {
            give_back_rws(vsock_conn_release(&stream.conn));
            CHECK(lent == 0);
            previous = stream;
        }
        if (begins) {
            stream = begin(&step, degenerate, &source, &carried, &pending);
            lowest = nothing_yet;
        }
        begun = true;
        take(&stream, before, &step, &lowest);
    }
    if (begun)
        give_back_rws(vsock_conn_release(&stream.conn));
    CHECK(lent == 0);
    return 0;
}
