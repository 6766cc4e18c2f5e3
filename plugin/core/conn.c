/* SPDX-License-Identifier: GPL-2.0-or-later
 * conn.c - the state machine. Few states; independent facts (who shut what, has it ended) are separate
 * fields. */
#include "conn.h"

#include <stddef.h>

/* Close timers of the field: 8 s in Linux, 2 s in Firecracker and Cloud Hypervisor, 30 s in hyperkit. An
 * acknowledgement of the side's own close takes far less; the record of the SHUTDOWN may be a little late. */
#define CLOSE_TIMEOUT_MIN INT64_C(1900000000)

/* Who resets a connection so soon after it has closed it did not wait for the other side. */
#define NOT_WAITED_MAX INT64_C(1500000000)

/* How long after the RESPONSE a client that stopped waiting can still answer it: it does so at once. */
#define ABANDON_TIME_MAX VSOCK_SECOND

/* What a RST without a socket answers came less than this before, with nothing before it for as long, and its
 * sender had said nothing for as long.
 */
#define ANSWER_TIME VSOCK_SECOND

/* Memory that an empty packet takes in Linux's receive queue (SKB_TRUESIZE(0) on x86-64 and arm64). The queue
 * is refused beyond buf_alloc / this many packets, however few bytes they hold (since 6.12.94 and 6.1.176).
 */
#define QUEUED_PACKET_COST 576

/* A RESPONSE that comes later is one to a REQUEST that was not captured. */
#define LATE_RESPONSE_MAX (10 * VSOCK_SECOND)

#define FIND(step, finding) ((step)->findings |= VSOCK_FOUND_BIT(VSOCK_FOUND_##finding))

/* Does a RESPONSE of `side` belong to a REQUEST that a RST had ended? Where the server had sent that, it was
 * of a connection before (cloud-hypervisor issue 8692); where the client had, it did not wait any more. */
static bool is_late_response(const struct vsock_conn *c, uint8_t side, int64_t time)
{
    return c->from_request && !c->degenerate && side != c->client &&
           (c->rst_kind == VSOCK_RST_REFUSED || c->rst_kind == VSOCK_RST_CONNECT_ABANDONED) &&
           !(c->completeness & VSOCK_COMPLETE_RESPONSE) && c->late_response.record == 0 &&
           time - c->request.time <= LATE_RESPONSE_MAX;
}

bool vsock_conn_begins(const struct vsock_conn *current, const struct vsock_packet *p, uint8_t side,
                       int64_t time)
{
    if (p->virtio.op == VSOCK_OP_REQUEST)
        return true;
    return current->ended && p->virtio.op == VSOCK_OP_RESPONSE && p->virtio.type == current->type &&
           !is_late_response(current, side, time);
}

struct vsock_conn vsock_conn_start(const struct vsock_packet *first, uint8_t side, bool degenerate)
{
    bool from_request = first->virtio.op == VSOCK_OP_REQUEST;
    struct vsock_conn conn = {
        .state = from_request ? VSOCK_STATE_REQUESTED : VSOCK_STATE_MIDSTREAM,
        .client = from_request && !degenerate ? side : VSOCK_SIDE_UNKNOWN,
        .lower = first->mon.src_port < first->mon.dst_port ? side : vsock_other_side(side),
        .type = first->virtio.type,
        .from_request = from_request,
        .degenerate = degenerate,
        .last_side = VSOCK_SIDE_UNKNOWN,
        .data_side = VSOCK_SIDE_UNKNOWN,
        .closer = VSOCK_SIDE_UNKNOWN,
        .spoke = {VSOCK_TIME_NONE, VSOCK_TIME_NONE},
        .row = {VSOCK_TIME_NONE, VSOCK_TIME_NONE},
        .flow = vsock_flow_start(from_request),
    };

    return conn;
}

static void on_request(struct vsock_conn *c, const struct vsock_conn *previous, const struct vsock_mark *at,
                       struct vsock_step *step)
{
    c->request = *at;
    c->completeness |= VSOCK_COMPLETE_REQUEST;
    FIND(step, REQUEST);
    if (c->degenerate)
        FIND(step, DEGENERATE);
    if (!previous || previous->ended)
        return;
    if (previous->state == VSOCK_STATE_REQUESTED)
        FIND(step, RETRIED);
    else if (previous->state == VSOCK_STATE_OPEN || previous->state == VSOCK_STATE_HALF_CLOSED)
        FIND(step, REUSED);
}

static void on_response(struct vsock_conn *c, uint8_t side, const struct vsock_mark *at,
                        struct vsock_step *step)
{
    if (c->completeness & VSOCK_COMPLETE_RESPONSE) {
        FIND(step, DUPLICATE_RESPONSE);
        return;
    }
    if (!c->from_request || side == c->client) {
        FIND(step, RESPONSE_WITHOUT_REQUEST);
        if (c->from_request)
            return;
        c->client = c->degenerate ? VSOCK_SIDE_UNKNOWN : vsock_other_side(side);
    }
    c->completeness |= VSOCK_COMPLETE_RESPONSE;
    c->response = *at;
    FIND(step, RESPONSE);
    if (c->state == VSOCK_STATE_REQUESTED || c->state == VSOCK_STATE_MIDSTREAM)
        c->state = VSOCK_STATE_OPEN;
}

static void on_rw(struct vsock_conn *c, uint8_t side, struct vsock_step *step)
{
    if (c->state == VSOCK_STATE_REQUESTED) { /* so there was a RESPONSE, and its record is missing */
        FIND(step, DATA_BEFORE_RESPONSE);
        c->state = VSOCK_STATE_OPEN;
    }
    if (c->shut[side] & VSOCK_SHUTDOWN_SEND && !c->degenerate)
        FIND(step, DATA_AFTER_SHUTDOWN);
    c->late_data[vsock_other_side(side)] |= (c->shut[vsock_other_side(side)] & VSOCK_SHUTDOWN_RCV) != 0;
    c->data_side = side;
    c->completeness |= VSOCK_COMPLETE_DATA;
    step->in_stream = !c->degenerate;
}

/* Neither side may send any more: each direction was shut by its sender or by its receiver. */
static bool both_directions_shut(const struct vsock_conn *c)
{
    bool from_0 = c->shut[0] & VSOCK_SHUTDOWN_SEND || c->shut[1] & VSOCK_SHUTDOWN_RCV;
    bool from_1 = c->shut[1] & VSOCK_SHUTDOWN_SEND || c->shut[0] & VSOCK_SHUTDOWN_RCV;

    return from_0 && from_1;
}

static void note_close(struct vsock_conn *c, uint8_t side, const struct vsock_mark *at)
{
    if (c->closer != VSOCK_SIDE_UNKNOWN)
        return;
    c->closer = side;
    c->close = *at;
    c->close_unread = vsock_window_in_flight(&c->flow.window[vsock_other_side(side)]);
}

static void on_shutdown(struct vsock_conn *c, const struct vsock_packet *p, uint8_t side,
                        const struct vsock_mark *at, struct vsock_step *step)
{
    uint8_t client = c->client != VSOCK_SIDE_UNKNOWN ? c->client : vsock_other_side(c->lower);
    uint8_t flags = p->virtio.flags & VSOCK_SHUTDOWN_BOTH;

    FIND(step, SHUTDOWN);
    if (flags == 0)
        return; /* Linux ignores it */
    c->completeness |= side == client ? VSOCK_COMPLETE_SHUTDOWN_CLIENT : VSOCK_COMPLETE_SHUTDOWN_SERVER;
    if (c->shut[side] != VSOCK_SHUTDOWN_BOTH && (c->shut[side] | flags) == VSOCK_SHUTDOWN_BOTH)
        c->full_time[side] = at->time;
    c->shut[side] |= flags;
    if (c->shut[side] == VSOCK_SHUTDOWN_BOTH)
        note_close(c, side, at);
    c->state = both_directions_shut(c) ? VSOCK_STATE_CLOSING : VSOCK_STATE_HALF_CLOSED;
}

/* The side that closed resets, because the other did not answer. */
static bool is_close_timeout(const struct vsock_conn *c, uint8_t side, int64_t time)
{
    return c->shut[side] == VSOCK_SHUTDOWN_BOTH && c->shut[vsock_other_side(side)] != VSOCK_SHUTDOWN_BOTH &&
           time - c->full_time[side] >= CLOSE_TIMEOUT_MIN;
}

uint64_t vsock_conn_untaken(const struct vsock_conn *c, uint8_t side)
{
    const struct vsock_window *w = &c->flow.window[side];

    if (!w->advertised || (c->data_side == vsock_other_side(side) && (w->consumed == 0 || !c->from_request)))
        return 0;
    return vsock_window_in_flight(w);
}

bool vsock_conn_carried_data(const struct vsock_conn *c)
{
    return c->completeness & VSOCK_COMPLETE_DATA ||
           (c->from_request && c->flow.window[0].consumed + c->flow.window[1].consumed > 0);
}

/* The side that closed resets at once, before the other has closed or answered, with bytes under way. What
 * reaches a side that receives no more, or has no socket any more, is answered by a RST. */
static bool is_not_waited_for(const struct vsock_conn *c, bool no_socket, uint8_t side, int64_t time)
{
    bool may_answer = c->late_data[side] || (no_socket && c->last_side == vsock_other_side(side));

    if (c->shut[side] != VSOCK_SHUTDOWN_BOTH || c->shut[vsock_other_side(side)] != 0 || may_answer)
        return false;
    return time - c->full_time[side] <= NOT_WAITED_MAX &&
           (vsock_conn_untaken(c, side) > 0 ||
            vsock_window_in_flight(&c->flow.window[vsock_other_side(side)]) > 0);
}

/* A RST from a live socket on an open connection: did its sender drop what the other side sent? */
static enum vsock_rst_kind abort_kind(const struct vsock_conn *c, uint8_t side)
{
    const struct vsock_window *peer = &c->flow.window[vsock_other_side(side)];

    if (!peer->advertised)
        return VSOCK_RST_ABORTED;
    if (vsock_window_in_flight(peer) > peer->buf_alloc)
        return VSOCK_RST_WINDOW_OVERRUN;
    if (peer->queued > 0 && peer->queued >= peer->buf_alloc / QUEUED_PACKET_COST &&
        vsock_window_in_flight(peer) < (uint64_t)peer->unconsumed_rws * QUEUED_PACKET_COST)
        return VSOCK_RST_QUEUE_OVERFLOW;
    return VSOCK_RST_ABORTED;
}

/* The client's answer to a RESPONSE that it no longer waits for. Linux's has no socket then; a monitor whose
 * program has gone meanwhile resets what it has just opened, and one that has waited long enough what had no
 * answer. Linux gives up without a word; its stamped RST (EPROTO) answers another packet than a RESPONSE. */
static bool is_abandoned(const struct vsock_conn *c, bool no_socket, uint8_t side, int64_t time)
{
    if (!c->from_request || c->client != side)
        return false;
    if (c->state == VSOCK_STATE_REQUESTED)
        return !c->client_spoke && (no_socket || c->spoke[vsock_other_side(side)] == VSOCK_TIME_NONE);
    return c->state == VSOCK_STATE_OPEN && !vsock_conn_carried_data(c) &&
           time - c->response.time <= ABANDON_TIME_MAX;
}

static enum vsock_rst_kind degenerate_rst_kind(const struct vsock_conn *c)
{
    if (c->state == VSOCK_STATE_REQUESTED)
        return VSOCK_RST_REFUSED;
    return c->state == VSOCK_STATE_CLOSING ? VSOCK_RST_CLOSE_ACK : VSOCK_RST_ABORTED;
}

static enum vsock_rst_kind first_rst_kind(const struct vsock_conn *c, const struct vsock_packet *p,
                                          uint8_t side, int64_t time)
{
    bool no_socket = vsock_is_no_socket(p);

    if (c->degenerate)
        return degenerate_rst_kind(c);
    if (is_abandoned(c, no_socket, side, time))
        return VSOCK_RST_CONNECT_ABANDONED;
    if (c->state == VSOCK_STATE_REQUESTED)
        return VSOCK_RST_REFUSED;
    if (c->state == VSOCK_STATE_CLOSING && is_not_waited_for(c, no_socket, side, time))
        return VSOCK_RST_NOT_WAITED_FOR;
    if (c->state == VSOCK_STATE_CLOSING)
        return is_close_timeout(c, side, time) ? VSOCK_RST_CLOSE_TIMEOUT : VSOCK_RST_CLOSE_ACK;
    if (no_socket)
        return VSOCK_RST_NO_SOCKET;
    return c->from_request ? abort_kind(c, side) : VSOCK_RST_TRAILING;
}

#define FOUND(finding) VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)

/* What a connection's first RST does, by its kind: the state after it, 0 for the same as before, and what is
 * found. TRAILING may acknowledge a close that began before the capture: nothing to say of it. */
static const struct {
    uint8_t after; /* enum vsock_state */
    uint64_t findings;
} endings[] = {
    [VSOCK_RST_REFUSED] = {VSOCK_STATE_REFUSED, 0}, /* by whom says what is found */
    [VSOCK_RST_CLOSE_ACK] = {VSOCK_STATE_CLOSED, FOUND(CLOSED)},
    [VSOCK_RST_CLOSE_TIMEOUT] = {VSOCK_STATE_CLOSED, FOUND(CLOSE_TIMEOUT)},
    [VSOCK_RST_CONNECT_ABANDONED] = {VSOCK_STATE_CLOSED, FOUND(ABANDONED)},
    [VSOCK_RST_NO_SOCKET] = {VSOCK_STATE_RESET, 0}, /* what was lost says what is found; and of the next */
    [VSOCK_RST_ABORTED] = {VSOCK_STATE_RESET, 0},
    [VSOCK_RST_QUEUE_OVERFLOW] = {VSOCK_STATE_RESET, FOUND(RESET) | FOUND(QUEUE_OVERFLOW_SUSPECTED)},
    [VSOCK_RST_WINDOW_OVERRUN] = {VSOCK_STATE_RESET, FOUND(RESET)},
    [VSOCK_RST_TRAILING] = {0},
    [VSOCK_RST_NOT_WAITED_FOR] = {VSOCK_STATE_CLOSED, FOUND(CLOSED_TOO_SOON)},
};

/* What either side had sent and the other, by its last word, had not consumed when the connection closed. */
static void find_unconsumed(const struct vsock_conn *c, struct vsock_step *step)
{
    if (!c->from_request || c->degenerate)
        return;
    step->unconsumed =
        vsock_window_in_flight(&c->flow.window[0]) + vsock_window_in_flight(&c->flow.window[1]);
    if (step->unconsumed > 0)
        FIND(step, UNCONSUMED_AT_CLOSE);
}

/* A machine that does not know the connection says so when a packet reaches it: the first one. It still knew
 * it when it spoke last, and when it let a packet pass. A RST (0,0) that nobody asked for is how some
 * monitors close (libkrun, alioth), also while they receive. */
static bool is_answer(const struct vsock_conn *c, uint8_t side, int64_t time)
{
    int64_t heard = c->spoke[side] != VSOCK_TIME_NONE ? c->spoke[side] : c->row[side];

    if (c->last_side != vsock_other_side(side) || time - c->row[vsock_other_side(side)] >= ANSWER_TIME)
        return false;
    return heard == VSOCK_TIME_NONE || time - heard >= ANSWER_TIME;
}

/* For how long neither side has spoken. */
static int64_t silence_until(const struct vsock_conn *c, int64_t time)
{
    int64_t spoke = c->spoke[0] > c->spoke[1] ? c->spoke[0] : c->spoke[1];

    return spoke == VSOCK_TIME_NONE ? 0 : time - spoke;
}

/* Bytes that the RST's sender has not read. A stamped RST tells. Of one without a socket, what is in flight
 * may have been read without a word: only a window that is shut is sure to be full. */
static uint64_t known_unread(const struct vsock_conn *c, bool stamped, uint8_t side)
{
    const struct vsock_window *sent_to_it = &c->flow.window[vsock_other_side(side)];

    if (!sent_to_it->advertised || (!stamped && vsock_window_left(sent_to_it) > 0))
        return 0;
    return vsock_window_in_flight(sent_to_it);
}

/* Of a RST on a connection that neither side had closed. Where the REQUEST was not captured, a RST (0,0)
 * proves that a connection was lost only if data had met it; half closed, its sender may just have finished.
 */
static void find_reset(const struct vsock_conn *c, enum vsock_rst_kind kind, struct vsock_step *step)
{
    bool open = (c->state == VSOCK_STATE_OPEN || c->state == VSOCK_STATE_MIDSTREAM) &&
                (c->from_request || c->completeness & VSOCK_COMPLETE_DATA);

    if (kind == VSOCK_RST_NO_SOCKET && open && c->reset_answers)
        FIND(step, RESET_NO_SOCKET);
    else if (kind == VSOCK_RST_ABORTED && c->reset_unread > 0)
        FIND(step, RESET);
    else
        FIND(step, CLOSED_BY_RESET);
    if (kind == VSOCK_RST_NO_SOCKET && c->reset_unread > 0) {
        step->unconsumed = c->reset_unread;
        FIND(step, UNCONSUMED_AT_CLOSE);
    }
}

static void on_rst(struct vsock_conn *c, const struct vsock_packet *p, uint8_t side,
                   const struct vsock_mark *at, struct vsock_step *step)
{
    enum vsock_rst_kind kind = first_rst_kind(c, p, side, at->time);

    c->reset_stamped = !vsock_is_no_socket(p);
    c->reset_answers = is_answer(c, side, at->time);
    c->reset_unread = known_unread(c, c->reset_stamped, side);
    c->reset_silence = silence_until(c, at->time);
    step->findings |= endings[kind].findings;
    if (kind == VSOCK_RST_REFUSED)
        step->findings |= side == c->client ? FOUND(PROTOCOL_ERROR) : FOUND(REFUSED);
    if (kind == VSOCK_RST_NO_SOCKET || kind == VSOCK_RST_ABORTED)
        find_reset(c, kind, step);
    if (kind == VSOCK_RST_CLOSE_ACK || kind == VSOCK_RST_NOT_WAITED_FOR)
        find_unconsumed(c, step);
    if (kind == VSOCK_RST_CLOSE_TIMEOUT)
        step->waited = at->time - c->full_time[side];
    step->findings |= vsock_flow_end(&c->flow);
    c->completeness |= VSOCK_COMPLETE_RST;
    if (endings[kind].after != 0)
        c->state = endings[kind].after;
    c->ended = true;
    note_close(c, side, at);
    c->reset = *at;
    c->rst_side = side;
    step->rst_kind = c->rst_kind = kind;
}

/* After the connection's RST nothing changes it any more. */
static void on_straggler(struct vsock_conn *c, const struct vsock_packet *p, uint8_t side,
                         const struct vsock_mark *at, struct vsock_step *step)
{
    if (p->virtio.op == VSOCK_OP_RESPONSE && is_late_response(c, side, at->time)) {
        c->late_response = *at;
        if (c->rst_side != c->client)
            FIND(step, STALE_RESET);
    }
    if (p->virtio.op == VSOCK_OP_RW)
        FIND(step, DATA_AFTER_RESET);
    else
        FIND(step, TRAILING);
    if (p->virtio.op == VSOCK_OP_RST)
        step->rst_kind = VSOCK_RST_TRAILING;
}

/* The receiver drops a packet of another type than its socket's before it looks at anything else, and answers
 * with a RST of that type. */
static void on_foreign(const struct vsock_packet *p, struct vsock_step *step)
{
    if (p->virtio.op == VSOCK_OP_RST)
        step->rst_kind = VSOCK_RST_FOREIGN_TYPE;
    if (!vsock_is_no_socket(p))
        FIND(step, TYPE_CHANGED);
}

bool vsock_conn_has_credit(const struct vsock_conn *c, const struct vsock_packet *p)
{
    bool credit_type = c->type == VSOCK_TYPE_STREAM || c->type == VSOCK_TYPE_SEQPACKET;

    return credit_type && p->virtio.type == c->type && !c->degenerate && !vsock_is_no_socket(p);
}

static void dispatch(struct vsock_conn *c, const struct vsock_conn *previous, const struct vsock_packet *p,
                     uint8_t side, const struct vsock_mark *at, struct vsock_step *step)
{
    switch ((enum vsock_op)p->virtio.op) {
    case VSOCK_OP_REQUEST:
        on_request(c, previous, at, step);
        return; /* not yet speech */
    case VSOCK_OP_RESPONSE:
        on_response(c, side, at, step);
        break;
    case VSOCK_OP_RST:
        on_rst(c, p, side, at, step);
        break;
    case VSOCK_OP_SHUTDOWN:
        on_shutdown(c, p, side, at, step);
        break;
    case VSOCK_OP_RW:
        on_rw(c, side, step);
        break;
    case VSOCK_OP_CREDIT_UPDATE:
    case VSOCK_OP_CREDIT_REQUEST:
        c->server_spoke |= side != c->client;
        break;
    case VSOCK_OP_INVALID:
        break;
    }
    if (side == c->client)
        c->client_spoke = true;
}

static void take_living(struct vsock_conn *c, const struct vsock_conn *previous, const struct vsock_packet *p,
                        uint8_t side, const struct vsock_mark *at, struct vsock_rw *rw,
                        struct vsock_step *step)
{
    if (step->has_credit && c->overlaps)
        step->flow = vsock_flow_trail(&c->flow, p, side, at->record, rw);
    else if (step->has_credit)
        step->flow = vsock_flow_step(&c->flow, p, side, at, rw);
    if (step->flow.stall.record != 0)
        FIND(step, STALL_ENDED);
    dispatch(c, previous, p, side, at, step);
    step->findings |= step->flow.findings;
    c->last_side = side;
    if (c->spoke[side] == VSOCK_TIME_NONE || at->time - c->spoke[side] >= ANSWER_TIME)
        c->row[side] = at->time;
    c->spoke[side] = at->time;
}

static void keep_what_is_said(struct vsock_step *step)
{
    step->findings &= VSOCK_FOUND_OF_OVERLAP;
    step->unconsumed = 0;
    step->waited = 0;
    step->has_credit = false;
    step->flow = (struct vsock_flow_step){
        .has_offset = step->flow.has_offset,
        .offset = step->flow.offset,
        .released = step->flow.released,
        .rw_kept = step->flow.rw_kept,
    };
}

struct vsock_step vsock_conn_step(struct vsock_conn *c, const struct vsock_conn *previous,
                                  const struct vsock_packet *p, uint8_t side, const struct vsock_mark *at,
                                  struct vsock_rw *rw)
{
    struct vsock_step step = {.before = c->state, .has_credit = vsock_conn_has_credit(c, p)};

    if (c->packets++ == 0 && !c->from_request && p->virtio.op != VSOCK_OP_RESPONSE)
        FIND(&step, MIDSTREAM);
    if (p->virtio.type != c->type) {
        on_foreign(p, &step);
    } else if (c->ended) {
        on_straggler(c, p, side, at, &step);
        if (step.has_credit)
            step.flow = vsock_flow_trail(&c->flow, p, side, at->record, rw);
    } else {
        take_living(c, previous, p, side, at, rw, &step);
    }
    if (c->overlaps)
        keep_what_is_said(&step);
    step.after = c->state;
    return step;
}

struct vsock_rw *vsock_conn_release(struct vsock_conn *c)
{
    struct vsock_rw *released = NULL;

    for (int side = 0; side < 2; side++) {
        struct vsock_window *w = &c->flow.window[side];

        if (w->unconsumed_rws > 0) {
            w->newest->next = released;
            released = w->oldest;
            w->unconsumed_rws = w->queued = 0;
        }
    }
    return released;
}

#define NAMED(value, name)                                                                                   \
    case value:                                                                                              \
        return name;

const char *vsock_state_name(enum vsock_state state)
{
    switch (state) {
        VSOCK_STATE_NAMES(NAMED)
    }
    return NULL;
}

const char *vsock_rst_kind_name(enum vsock_rst_kind kind)
{
    switch (kind) {
        VSOCK_RST_KIND_NAMES(NAMED)
    case VSOCK_RST_NONE:
        break;
    }
    return NULL;
}
