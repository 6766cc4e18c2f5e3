/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_conn.c - generations of a connection between two endpoints: core/conn.h and all that it stands on.
 * Input: 1 byte, whose lowest bit says whether both endpoints are the same, and steps. */
#include "check_flow.h"
#include "core/conn.h"
#include "rws.h"
#include "steps.h"

static void check_conn(const struct vsock_conn *c, uint32_t frame)
{
    CHECK(c->state >= VSOCK_STATE_REQUESTED && c->state <= VSOCK_STATE_MIDSTREAM);
    CHECK(c->client <= VSOCK_SIDE_UNKNOWN && c->lower < 2);
    CHECK(c->completeness < 2 * VSOCK_COMPLETE_RST);
    CHECK((c->shut[0] | c->shut[1]) <= (VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND));
    CHECK(c->exact == ((c->completeness & VSOCK_COMPLETE_REQUEST) != 0));
    CHECK(c->ended == ((c->completeness & VSOCK_COMPLETE_RST) != 0));
    CHECK_IMPLIES(c->degenerate, c->client == VSOCK_SIDE_UNKNOWN);
    CHECK_IMPLIES(c->ended, !c->flow.question[0].open && !c->flow.question[1].open);
    check_flow(&c->flow, frame);
}

/* What never changes, and what never goes back. */
static void check_lasting(const struct vsock_conn *was, const struct vsock_conn *is)
{
    CHECK(is->packets == was->packets + 1);
    CHECK(is->type == was->type && is->exact == was->exact && is->degenerate == was->degenerate);
    CHECK((was->completeness & ~is->completeness) == 0);
    CHECK((was->shut[0] & ~is->shut[0]) == 0 && (was->shut[1] & ~is->shut[1]) == 0);
    CHECK_IMPLIES(was->ended, is->state == was->state && is->completeness == was->completeness);
    CHECK_IMPLIES(was->client_spoke, is->client_spoke);
    CHECK_IMPLIES(was->client != VSOCK_SIDE_UNKNOWN, is->client == was->client);
}

static void check_rst(const struct vsock_step *did, const struct vsock_conn *is, const struct step *step)
{
    uint64_t ends = VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSED) | VSOCK_FOUND_BIT(VSOCK_FOUND_REFUSED) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_PROTOCOL_ERROR) | VSOCK_FOUND_BIT(VSOCK_FOUND_ABANDONED) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSE_TIMEOUT) |
                    VSOCK_FOUND_BIT(VSOCK_FOUND_RESET_NO_SOCKET) | VSOCK_FOUND_BIT(VSOCK_FOUND_RESET);
    uint64_t found = did->findings & ends;

    CHECK((did->rst_kind != VSOCK_RST_NONE) == (step->packet.virtio.op == VSOCK_OP_RST));
    CHECK(did->rst_kind <= VSOCK_RST_FOREIGN_TYPE);
    CHECK((found & (found - 1)) == 0); /* one end at most */
    CHECK_IMPLIES(found != 0, is->ended);
    CHECK(FOUND(did->findings, UNCONSUMED_AT_CLOSE) == (did->unconsumed > 0));
    CHECK_IMPLIES(did->unconsumed > 0, did->rst_kind == VSOCK_RST_CLOSE_ACK);
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
    CHECK(FOUND(did->findings, STALL_ENDED) == (did->flow.stall_frame != 0));
    CHECK_IMPLIES(did->counted, step->packet.virtio.op == VSOCK_OP_RW && !was->ended && !is->degenerate &&
                                    step->packet.virtio.type == is->type);
    if (has_credit)
        check_flow_step(&did->flow, &step->packet, step->frame);
    else
        CHECK(!did->flow.rw_kept && !did->flow.released && did->flow.findings == 0);
    if (has_credit)
        check_said(&is->flow, &step->packet, step->side);
    check_rst(did, is, step);
}

static void take(struct vsock_conn *conn, const struct vsock_conn *previous, const struct step *step)
{
    struct vsock_conn was = *conn;
    struct vsock_rw *rw = lend_rw();
    struct vsock_step did =
        vsock_conn_step(conn, previous, &step->packet, step->side, step->frame, step->time, rw);

    if (!did.flow.rw_kept)
        give_back_rw(rw);
    give_back_rws(did.flow.released);
    check_conn(conn, step->frame);
    check_lasting(&was, conn);
    check_findings(&did, &was, conn, step);
    CHECK(lent == conn->flow.window[0].unconsumed_rws + conn->flow.window[1].unconsumed_rws);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct steps steps = {.input = {data, size}};
    bool degenerate = take_number(&steps.input, 1) & 1;
    struct history history = {{0}, {0}, {0}};
    struct vsock_conn conn, previous;
    bool begun = false;

    while (more_steps(&steps)) {
        struct step step = take_step(&steps, &history);
        bool begins = !begun || vsock_conn_begins(&conn, &step.packet);
        const struct vsock_conn *before = begins && begun ? &previous : NULL;

        if (begins && begun) {
            give_back_rws(vsock_conn_release(&conn));
            CHECK(lent == 0);
            previous = conn;
        }
        if (begins)
            conn = vsock_conn_start(&step.packet, degenerate ? 0 : step.side, degenerate);
        begun = true;
        if (degenerate)
            step.side = 0; /* whoever sends it */
        take(&conn, before, &step);
    }
    if (begun)
        give_back_rws(vsock_conn_release(&conn));
    CHECK(lent == 0);
    return 0;
}
