/* SPDX-License-Identifier: GPL-2.0-or-later
 * stream.c - one connection as a whole. */
#include "stream.h"

#include "malformed.h"

#define HANG_AFTER (10 * VSOCK_SECOND)

/* After a half close; many of them are worth a word: endings.h. */
#define SLOW_END VSOCK_SECOND
/* A window that nothing opens any more, for so long, is a failure whatever the reason. */
#define OPEN_WARN (10 * VSOCK_SECOND)

/* Data that nobody reads for so long, until its sender gives up; or at all. */
#define GIVEN_UP_AFTER (3 * VSOCK_SECOND)
#define READ_LATE (10 * VSOCK_SECOND)

/* A receiver that leaves more unconsumed after each of so many exchanges miscounts. In one that rested for so
 * long, both sides have said what they had to say. */
#define LEAKING 3
#define RESTED (VSOCK_SECOND / 100)

/* A receiver that has all it wants closes sooner. */
#define READ_NO_MORE VSOCK_SECOND

/* Who has more to send does so within milliseconds of being allowed to. */
#define DONE_AFTER VSOCK_SECOND

/* Above this Linux makes a packet of more than one buffer since 6.17, which some virtual machine monitors
 * could not read (firecracker issue 5475, cloud-hypervisor issue 7672). They read what guests send: what the
 * host sends comes in the guest's own buffers. */
#define LARGE_SEND 32768

/* So long without a word: what both have said so far is all. */
#define SPEECHLESS (3 * VSOCK_SECOND)

/* A packet that was taken. */
struct taken {
    const struct vsock_packet *p;
    const struct vsock_mark *at;
    const struct vsock_step *step;
    uint8_t side; /* its sender */

    /* Before it. */
    bool advertised;   /* its sender's fwd_cnt was known */
    bool message_open; /* its sender owed an EOM */
    bool overran;      /* its receiver had sent more than it was allowed */
    bool had_shut;     /* its sender had sent SHUTDOWN(SEND) */
    bool stalled;      /* its sender had no window */
    bool had_closed;   /* its sender had sent SHUTDOWN both ways */
};

#define HAS(t, finding) (((t)->step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)) != 0)

void vsock_stream_start(struct vsock_stream *s, const struct vsock_packet *first, uint8_t side)
{
    bool degenerate = s->side[0].cid == s->side[1].cid && s->side[0].port == s->side[1].port;

    s->conn = vsock_conn_start(first, side, degenerate);
    s->stats.side[0].lowest_effective = s->stats.side[1].lowest_effective = INT64_MAX;
    s->superseded_time = s->stats.shut_time = s->stats.idle_before_end = VSOCK_TIME_NONE;
}

/* ---- what is asked of a stream ---- */

int64_t vsock_stream_known_until(const struct vsock_stream *s)
{
    if (s->conn.ended)
        return s->conn.reset.time;
    if (s->superseded_time != VSOCK_TIME_NONE)
        return s->superseded_time;
    return s->source->has_own_clock ? s->source->own_until : *s->source->seen_until;
}

uint8_t vsock_stream_client(const struct vsock_stream *s)
{
    if (s->conn.client != VSOCK_SIDE_UNKNOWN)
        return s->conn.client;
    return s->side[0].port > s->side[1].port ? 0 : 1;
}

bool vsock_stream_unanswered(const struct vsock_stream *s, const struct vsock_thresholds *t)
{
    if (!s->conn.from_request || s->conn.completeness & ~(VSOCK_COMPLETE_REQUEST | VSOCK_COMPLETE_RST))
        return false; /* a RESPONSE, or what only a connection has */
    if (s->conn.server_spoke)
        return false; /* it took the request, and its RESPONSE was not captured */
    return t->connect_timeout > 0 && vsock_stream_known_until(s) - s->conn.request.time >= t->connect_timeout;
}

int64_t vsock_stream_lowest_effective(const struct vsock_stream *s, uint8_t sender)
{
    const struct vsock_side_stats *stats = &s->stats.side[sender];

    return s->conn.flow.uncapped[sender] ? stats->lowest_window : stats->lowest_effective;
}

int64_t vsock_stream_open_stall(const struct vsock_stream *s, uint8_t sender)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);

    if (!vsock_flow_is_stalled(&s->conn.flow, sender))
        return 0;
    return (stall->frozen ? stall->until : vsock_stream_known_until(s)) - stall->began.time;
}

struct vsock_thresholds vsock_thresholds_usual(void)
{
    const int64_t millisecond = VSOCK_SECOND / 1000;

    return (struct vsock_thresholds){
        .connect_timeout = VSOCK_USUAL_CONNECT_TIMEOUT * millisecond,
        .stall_note = VSOCK_USUAL_STALL_NOTE * millisecond,
        .stall_warning = VSOCK_USUAL_STALL_WARNING * millisecond,
        .credit_request_timeout = VSOCK_USUAL_CREDIT_REQUEST_TIMEOUT * millisecond,
        .late = VSOCK_USUAL_LATE * millisecond,
        .large_payload = VSOCK_USUAL_LARGE_PAYLOAD,
        .followed = VSOCK_USUAL_FOLLOWED,
    };
}

bool vsock_answer_late(const struct vsock_thresholds *t, int64_t asked, int64_t until)
{
    return t->credit_request_timeout > 0 && until - asked >= t->credit_request_timeout;
}

bool vsock_stall_counts(enum vsock_stall_cause cause, int64_t length, const struct vsock_thresholds *t)
{
    return length >= (cause == VSOCK_STALL_SLOW_READER ? t->stall_note : t->stall_warning);
}

/* Bytes sent to `side` that it has not consumed. */
static uint64_t unread(const struct vsock_stream *s, uint8_t side)
{
    return vsock_window_in_flight(&s->conn.flow.window[vsock_other_side(side)]);
}

/* The size of its receive buffer, as it advertised it last. */
static uint32_t buffer_of(const struct vsock_stream *s, uint8_t side)
{
    return s->conn.flow.window[vsock_other_side(side)].buf_alloc;
}

/* ---- what a packet proves ---- */

/* About data that `side` sends; of a RST, about its sender. Where there is no room for more, the last gives
 * way. */
static struct vsock_diagnosis *add(struct vsock_diagnoses *found, enum vsock_code code, uint8_t side,
                                   const struct vsock_mark *at)
{
    struct vsock_diagnosis *d = &found->list[found->count];

    if (found->count + 1 < VSOCK_DIAGNOSES_MAX)
        found->count++;
    *d = vsock_diagnosis_start(code, at);
    d->side = side;
    d->figures.count = 1;
    return d;
}

void vsock_packet_diagnose(uint16_t op, uint32_t malformed, uint8_t side, const struct vsock_mark *at,
                           struct vsock_diagnoses *found)
{
    if (malformed & VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_LONG) && op == VSOCK_OP_RW)
        add(found, VSOCK_CODE_KERNEL_TAP_BUG, side, at);
    if (malformed &
        (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_CID_BITS) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_CID_RESERVED)))
        add(found, VSOCK_CODE_CID_ANOMALY, side, at);
}

static void diagnose_connect(const struct vsock_stream *s, const struct taken *t,
                             struct vsock_diagnoses *found)
{
    int64_t time = t->at->time - s->conn.request.time;
    struct vsock_diagnosis *d;

    if (!HAS(t, RESPONSE) || !s->conn.from_request || time < VSOCK_SLOW_CONNECT)
        return;
    d = add(found, VSOCK_CODE_CONNECT_SLOW, vsock_other_side(t->side), &s->conn.request);
    vsock_diagnosis_end(d, t->at);
    d->figures.longest = time;
    if (time >= VSOCK_LOST_CONNECT)
        vsock_diagnosis_worsen(d);
}

/* What the sender has shut may be gone for its own reasons; a socket that nobody had closed may not. */
static void diagnose_reset(const struct vsock_stream *s, const struct taken *t, enum vsock_code code,
                           struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d = add(found, code, t->side, t->at);

    d->figures.total = vsock_time_passed(s->stats.first.time, t->at->time);
    d->figures.bytes = s->conn.reset_unread;
    d->figures.limit = buffer_of(s, t->side);
}

/* The receiver reads until the sender has shut, then no more, and resets: what came last was not read. */
static void diagnose_lost_data(const struct vsock_stream *s, const struct taken *t,
                               struct vsock_diagnoses *found)
{
    const struct vsock_side_stats *sender = &s->stats.side[vsock_other_side(t->side)];
    struct vsock_diagnosis *d;

    if (!t->step->has_credit || unread(s, t->side) == 0)
        return;
    if (!(s->conn.shut[vsock_other_side(t->side)] & VSOCK_SHUTDOWN_SEND) || s->conn.shut[t->side] != 0)
        return;
    if (!sender->peer_advertised_at_shut || sender->peer_fwd_cnt_at_shut == 0 ||
        t->p->virtio.fwd_cnt != sender->peer_fwd_cnt_at_shut)
        return;
    d = add(found, VSOCK_CODE_DATA_LOST_AT_CLOSE, vsock_other_side(t->side), t->at);
    d->figures.bytes = unread(s, t->side);
    vsock_diagnosis_worsen(d);
}

/* The receiver closes, long after it took a part of a packet and no more. Linux counts whole packets,
 * whatever its program has read of them, so this is a monitor's or a driver's word. */
static void diagnose_abandoned_data(const struct vsock_stream *s, const struct taken *t,
                                    struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d;
    int64_t since;

    if (!s->data || !s->data->in_part[t->side] || !t->step->has_credit || t->step->flow.info.advance > 0)
        return;
    since = t->at->time - s->data->moved_at[t->side];
    if (since < READ_NO_MORE || t->had_closed || s->conn.shut[t->side] != VSOCK_SHUTDOWN_BOTH)
        return;
    d = add(found, VSOCK_CODE_DATA_LOST_AT_CLOSE, vsock_other_side(t->side), t->at);
    d->figures.bytes = unread(s, t->side);
    d->figures.longest = since;
}

/* A side of which nothing was ever seen is silent since the stream's first packet, at least. */
static void diagnose_close_timeout(const struct vsock_stream *s, const struct taken *t,
                                   struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_CLOSE_TIMEOUT, t->side, t->at);
    int64_t spoke = s->conn.spoke[vsock_other_side(t->side)];
    int64_t since = spoke != VSOCK_TIME_NONE ? spoke : s->stats.first.time;

    d->figures.longest = t->step->waited - t->step->waited % 1000000; /* in whole ms, as records have it */
    d->figures.total = vsock_time_passed(since, t->at->time);
    d->figures.bytes = unread(s, vsock_other_side(t->side));
}

static void diagnose_too_soon(const struct vsock_stream *s, const struct taken *t,
                              struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_CLOSED_TOO_SOON, t->side, t->at);

    d->figures.longest = vsock_time_passed(s->conn.full_time[t->side], t->at->time);
    d->figures.bytes = vsock_conn_untaken(&s->conn, t->side);
    d->figures.limit = unread(s, t->side);
}

/* The stream's first RST. */
static void diagnose_rst(const struct vsock_stream *s, const struct taken *t, struct vsock_diagnoses *found)
{
    switch (t->step->rst_kind) {
    case VSOCK_RST_CLOSE_TIMEOUT:
        diagnose_close_timeout(s, t, found);
        break;
    case VSOCK_RST_NOT_WAITED_FOR:
        diagnose_too_soon(s, t, found);
        break;
    case VSOCK_RST_NO_SOCKET:
        if (HAS(t, RESET_NO_SOCKET))
            diagnose_reset(s, t, VSOCK_CODE_PEER_GONE, found);
        else if (s->conn.reset_unread > 0)
            diagnose_reset(s, t, VSOCK_CODE_CLOSED_BY_RESET, found);
        break;
    case VSOCK_RST_ABORTED:
        if (HAS(t, RESET))
            diagnose_reset(s, t, VSOCK_CODE_RESET_ABORTED, found);
        break;
    case VSOCK_RST_QUEUE_OVERFLOW:
        diagnose_reset(s, t, VSOCK_CODE_RESET_QUEUE_OVERHEAD, found);
        break;
    case VSOCK_RST_WINDOW_OVERRUN: /* without an overrun, it had made its own buffer smaller */
        diagnose_reset(s, t, t->overran ? VSOCK_CODE_RESET_AFTER_OVERRUN : VSOCK_CODE_RESET_ABORTED, found);
        break;
    case VSOCK_RST_NONE:
    case VSOCK_RST_REFUSED: /* counted by port: requests.h, endings.h */
    case VSOCK_RST_CONNECT_ABANDONED:
    case VSOCK_RST_CLOSE_ACK:
    case VSOCK_RST_TRAILING:
    case VSOCK_RST_FOREIGN_TYPE:
        break;
    }
    diagnose_lost_data(s, t, found);
}

/* The capture may lack what was sent: only likely. */
static void diagnose_ahead(const struct taken *t, struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_CREDIT_COUNTER_AHEAD, t->side, t->at);

    d->figures.bytes = t->step->flow.info.ahead;
    d->doubtful = true;
}

static void diagnose_counters(const struct taken *t, struct vsock_diagnoses *found)
{
    const struct vsock_flow_step *flow = &t->step->flow;

    if (HAS(t, CREDIT_EXCEEDED))
        add(found, VSOCK_CODE_CREDIT_OVERRUN, t->side, t->at)->figures.bytes = flow->exceeded;
    if (HAS(t, FWD_CNT_AT_START))
        add(found, VSOCK_CODE_CREDIT_COUNTER_AHEAD, t->side, t->at)->figures.bytes = t->p->virtio.fwd_cnt;
    if (HAS(t, FWD_CNT_AHEAD))
        diagnose_ahead(t, found);
    if (HAS(t, FWD_CNT_BACKWARDS))
        add(found, VSOCK_CODE_CREDIT_COUNTER_BACKWARDS, t->side, t->at)->figures.bytes = flow->info.backwards;
    if (HAS(t, UNSEEN_DATA))
        add(found, VSOCK_CODE_CAPTURE_LOSS, vsock_other_side(t->side), t->at)->figures.bytes =
            flow->info.ahead;
}

static void diagnose_shrink(const struct vsock_stream *s, const struct taken *t,
                            struct vsock_diagnoses *found)
{
    bool at_once = HAS(t, BUF_ALLOC_BELOW_IN_FLIGHT);
    uint8_t sender = at_once ? vsock_other_side(t->side) : t->side;
    struct vsock_diagnosis *d;

    if (!at_once && !HAS(t, WINDOW_OVERRUN_AFTER_SHRINK))
        return;
    d = add(found, VSOCK_CODE_BUFFER_SHRUNK, sender, t->at);
    d->figures.limit = buffer_of(s, vsock_other_side(sender));
    d->figures.bytes = unread(s, vsock_other_side(sender)) - d->figures.limit;
}

static void diagnose_messages(const struct vsock_stream *s, const struct taken *t,
                              struct vsock_diagnoses *found)
{
    if (HAS(t, MESSAGE_TOO_BIG)) { /* by its RW, or by a shrink of the buffer that is to hold it */
        uint8_t sender = t->p->virtio.op == VSOCK_OP_RW ? t->side : vsock_other_side(t->side);

        add(found, VSOCK_CODE_MESSAGE_TOO_BIG, sender, t->at)->figures.limit =
            buffer_of(s, vsock_other_side(sender));
    }
    if (HAS(t, MESSAGE_TRUNCATED))
        add(found, VSOCK_CODE_MESSAGE_TRUNCATED, t->message_open ? t->side : vsock_other_side(t->side),
            t->at);
}

/* ---- who waits ---- */

enum vsock_code vsock_stall_code(enum vsock_stall_cause cause)
{
    static const enum vsock_code codes[] = {
        [VSOCK_STALL_NOT_READING] = VSOCK_CODE_STALL_RECEIVER_NOT_READING,
        [VSOCK_STALL_UNDECIDED] = VSOCK_CODE_STALL_UNDECIDED,
        [VSOCK_STALL_SLOW_READER] = VSOCK_CODE_STALL_SLOW_READER,
        [VSOCK_STALL_UPDATE_LATE] = VSOCK_CODE_STALL_UNDECIDED,
        [VSOCK_STALL_SHRUNK] = VSOCK_CODE_STALL_UNDECIDED,
        [VSOCK_STALL_OWN_CAP] = VSOCK_CODE_STALL_OWN_CAP,
    };

    return codes[cause];
}

static struct vsock_diagnosis *add_stall(struct vsock_diagnoses *found, enum vsock_code code,
                                         enum vsock_stall_cause cause, uint8_t sender,
                                         const struct vsock_stall *stall, int64_t length)
{
    struct vsock_diagnosis *d = add(found, code, sender, &stall->began);

    d->cause = (uint8_t)cause;
    d->figures.longest = d->figures.total = length;
    d->figures.proved = cause == VSOCK_STALL_NOT_READING ? stall->proved : 0;
    d->figures.limit = stall->buffer;
    if (cause == VSOCK_STALL_NOT_READING || cause == VSOCK_STALL_OWN_CAP)
        vsock_diagnosis_worsen(d);
    return d;
}

static void diagnose_stall(struct vsock_stream *s, const struct taken *t,
                           const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, vsock_other_side(t->side));
    enum vsock_stall_cause cause = t->step->flow.stall_cause;
    int64_t length;

    if (!HAS(t, STALL_ENDED))
        return;
    length = t->at->time - stall->began.time;
    s->stats.stalls++;
    s->stats.total_stall = vsock_time_sum(s->stats.total_stall, length);
    s->stats.longest_stall = MAX(s->stats.longest_stall, length);
    if (vsock_stall_counts(cause, length, thresholds))
        vsock_diagnosis_end(
            add_stall(found, vsock_stall_code(cause), cause, vsock_other_side(t->side), stall, length),
            t->at);
}

static struct vsock_diagnosis *add_unanswered(struct vsock_diagnoses *found, uint8_t asker,
                                              const struct vsock_mark *asked, int64_t until)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, asker, asked);

    d->figures.longest = until - asked->time;
    return d;
}

static void diagnose_answer(const struct taken *t, const struct vsock_thresholds *thresholds,
                            struct vsock_diagnoses *found)
{
    const struct vsock_mark *asked = &t->step->flow.answers;

    if (asked->record != 0 && vsock_answer_late(thresholds, asked->time, t->at->time))
        vsock_diagnosis_end(add_unanswered(found, vsock_other_side(t->side), asked, t->at->time), t->at);
}

/* ---- half closed, and silent ---- */

/* The side that has said it sends no more, and waits for the other; or VSOCK_SIDE_UNKNOWN. */
static uint8_t who_waits_for_the_end(const struct vsock_stream *s)
{
    const struct vsock_conn *c = &s->conn;

    if (c->state != VSOCK_STATE_HALF_CLOSED || c->degenerate)
        return VSOCK_SIDE_UNKNOWN;
    if (c->shut[0] & VSOCK_SHUTDOWN_SEND)
        return 0;
    return c->shut[1] & VSOCK_SHUTDOWN_SEND ? 1 : VSOCK_SIDE_UNKNOWN;
}

static struct vsock_diagnosis *add_hang(const struct vsock_stream *s, struct vsock_diagnoses *found,
                                        uint8_t waits, int64_t until)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_HALF_CLOSE_HANG, waits, &s->last);

    d->figures.longest = until - s->last.time;
    return d;
}

/* What it read may not have been captured when it was sent. */
static bool has_read(const struct vsock_stream *s, const struct vsock_packet *p, uint8_t side)
{
    const struct vsock_window *w = &s->conn.flow.window[vsock_other_side(side)];

    return vsock_conn_has_credit(&s->conn, p) && w->advertised && p->virtio.fwd_cnt != (uint32_t)w->consumed;
}

/* A silence that the other side ends was only long; one that ends with a RST, or by who waited, was a hang.
 * Who waits for the end and has data to read before that may be silent by itself. Before the packet is taken.
 */
static void diagnose_silence(struct vsock_stream *s, const struct vsock_packet *p, uint8_t side,
                             const struct vsock_mark *at, struct vsock_diagnoses *found)
{
    uint8_t waits = who_waits_for_the_end(s);
    bool ends = p->virtio.op == VSOCK_OP_RST || p->virtio.op == VSOCK_OP_SHUTDOWN;
    int64_t silence = at->time - s->last.time;

    if (waits == VSOCK_SIDE_UNKNOWN || silence < SLOW_END)
        return;
    if (unread(s, waits) > 0 || (side == waits && has_read(s, p, side)))
        return;
    if (silence >= HANG_AFTER && (side == waits || p->virtio.op == VSOCK_OP_RST))
        add_hang(s, found, waits, at->time)->last_frame = at->frame;
    else if (ends && !s->stats.data_since_shut && vsock_time_passed(s->stats.shut_time, at->time) >= SLOW_END)
        s->stats.end_of_wait = *at; /* not by a clock that went back meanwhile */
}

/* ---- summing up ---- */

static void note_window(struct vsock_side_stats *sender, const struct vsock_window *w)
{
    int64_t left = vsock_window_left(w);

    if (!sender->has_window || left < sender->lowest_window)
        sender->lowest_window = left;
    sender->has_window = true;
}

/* Where in the other side's data it has come to. `released` are the RWs that it has taken whole, the last
 * first. */
static void note_place(struct vsock_stream *s, const struct taken *t)
{
    const struct vsock_window *w = &s->conn.flow.window[vsock_other_side(t->side)];
    const struct vsock_flow_step *flow = &t->step->flow;

    if (!s->data || (flow->info.advance == 0 && flow->info.backwards == 0))
        return;
    s->data->moved_at[t->side] = t->at->time;
    s->data->in_part[t->side] = s->conn.from_request && flow->info.ahead == 0 && flow->info.backwards == 0 &&
                                vsock_window_in_flight(w) > 0 &&
                                (!flow->released || flow->released->end != w->consumed);
}

/* The cap moves with any packet of either side. */
static void note_effective(struct vsock_stream *s, uint8_t sender)
{
    struct vsock_side_stats *stats = &s->stats.side[sender];
    const struct vsock_flow *flow = &s->conn.flow;
    int64_t left = vsock_window_left_capped(&flow->window[sender], vsock_flow_own_buffer(flow, sender));

    if (flow->window[sender].advertised)
        stats->lowest_effective = MIN(stats->lowest_effective, left);
}

static void note_credit(struct vsock_stream *s, const struct taken *t)
{
    struct vsock_side_stats *own = &s->stats.side[t->side];
    const struct vsock_flow_step *flow = &t->step->flow;
    const struct vsock_window *w = s->conn.flow.window;

    if (!t->step->has_credit)
        return;
    own->moved |= t->advertised && (flow->info.advance > 0 || flow->info.backwards > 0);
    own->spoke = t->at->record;
    note_place(s, t);
    if (w[t->side].advertised && (t->p->virtio.op == VSOCK_OP_RW || !own->has_window))
        note_window(own, &w[t->side]);
    if (flow->info.advance == 0 || flow->info.shrunk > 0 || !t->advertised) /* else it has grown */
        note_window(&s->stats.side[vsock_other_side(t->side)], &w[vsock_other_side(t->side)]);
    note_effective(s, 0);
    note_effective(s, 1);
}

/* The sender begins the next exchange, with the stream at `sent`. What was left before stays so in a leak:
 * where all of it is consumed, the receiver had only not told yet of the latest. */
static void end_exchange(struct vsock_exchanges *e, uint64_t sent, uint64_t consumed)
{
    uint64_t left = sent - consumed, left_before = e->sent - e->consumed;

    if (e->rested && consumed >= e->sent)
        e->leaking = left > 0;
    else if (e->rested && left > left_before && consumed > e->consumed)
        e->leaking++;
    else if (left < left_before)
        e->leaking = 0;
    *e = (struct vsock_exchanges){.sent = sent, .consumed = consumed, .leaking = e->leaking};
}

static void note_exchange(struct vsock_stream *s, const struct taken *t)
{
    const struct vsock_window *w = &s->conn.flow.window[t->side];
    struct vsock_exchanges *own = &s->data->side[t->side].exchanges;

    if (!w->advertised || !t->step->has_credit)
        return;
    if (own->answered)
        end_exchange(own, w->sent - t->p->virtio.len, w->consumed);
    s->data->side[vsock_other_side(t->side)].exchanges.answered = true;
}

static void note_rest(struct vsock_stream *s, const struct taken *t)
{
    if (!s->data || t->at->time - s->last.time < RESTED)
        return;
    for (int side = 0; side < 2; side++)
        s->data->side[side].exchanges.rested = true;
}

static void end_unread(struct vsock_unread *u, enum vsock_unread_outcome outcome, uint64_t bytes,
                       const struct vsock_mark *at)
{
    u->outcome = outcome;
    u->bytes = bytes;
    u->until = *at;
}

/* A server that has read nothing at all: endings.h. */
static bool is_server_that_read_nothing(const struct vsock_stream *s, uint8_t side)
{
    return s->conn.from_request && side != s->conn.client && !s->stats.side[side].answered &&
           s->conn.flow.window[vsock_other_side(side)].consumed == 0;
}

/* The receiver closes, and leaves what it had long enough to read. */
static bool drops_unread(const struct vsock_stream *s, const struct taken *t)
{
    const struct vsock_flow *flow = &s->conn.flow;
    uint8_t sender = vsock_other_side(t->side);

    return HAS(t, SHUTDOWN) && s->conn.shut[t->side] == VSOCK_SHUTDOWN_BOTH && !t->had_closed &&
           s->conn.shut[sender] == 0 && t->step->flow.info.advance == 0 && !t->stalled &&
           !vsock_flow_is_stalled(flow, sender) && !vsock_flow_pending(flow)->message[sender].open &&
           !is_server_that_read_nothing(s, t->side);
}

/* The receiver has spoken: what is unread now is so from here on. Who waits to send may not come to read, and
 * a full buffer is a stall. */
static void end_silence(struct vsock_stream *s, const struct taken *t)
{
    struct vsock_unread *u = &s->data->side[vsock_other_side(t->side)].unread;
    const struct vsock_window *w = &s->conn.flow.window[vsock_other_side(t->side)];
    uint32_t advance = t->step->flow.info.advance;

    if (!t->step->has_credit)
        return;
    if (u->outcome == VSOCK_UNREAD_GIVEN_UP && s->side[t->side].cid == VSOCK_CID_LOCAL && advance == 0)
        u->proved = true; /* loopback: the word of a Linux kernel */
    if (u->outcome != VSOCK_UNREAD_STILL)
        return;
    if (u->since.record != 0 && !t->stalled && t->step->flow.stall.record == 0 && advance > 0 &&
        s->conn.from_request && w->consumed == advance && t->at->time - u->since.time >= READ_LATE)
        end_unread(u, VSOCK_UNREAD_LATE, advance, t->at);
    else if (u->since.record != 0 && t->at->time - u->since.time >= READ_LATE && drops_unread(s, t))
        end_unread(u, VSOCK_UNREAD_DROPPED, vsock_window_in_flight(w), t->at);
    else
        u->since = vsock_window_in_flight(w) > 0 ? *t->at : (struct vsock_mark){0};
}

/* Was the receiver free to read what the packet's sender had sent? A message without its end cannot be read.
 */
static bool could_be_read(const struct vsock_stream *s, const struct taken *t)
{
    return unread(s, vsock_other_side(t->side)) > 0 && !t->stalled && !t->message_open &&
           s->conn.shut[vsock_other_side(t->side)] == 0 &&
           !vsock_flow_is_stalled(&s->conn.flow, vsock_other_side(t->side));
}

/* The sender sends, or gives up. */
static void note_unread(struct vsock_stream *s, const struct taken *t, bool first_rst)
{
    struct vsock_unread *u = &s->data->side[t->side].unread;
    bool closes = first_rst || s->conn.shut[t->side] == VSOCK_SHUTDOWN_BOTH;

    if (u->outcome != VSOCK_UNREAD_STILL)
        return;
    if (t->step->in_stream && t->p->virtio.len > 0 && u->since.record == 0)
        u->since = *t->at;
    if (u->since.record != 0 && closes && !t->had_closed && could_be_read(s, t) &&
        t->at->time - u->since.time >= GIVEN_UP_AFTER)
        end_unread(u, VSOCK_UNREAD_GIVEN_UP, unread(s, vsock_other_side(t->side)), t->at);
}

static void note_rw(struct vsock_stream *s, const struct taken *t)
{
    struct vsock_side_stats *own = &s->stats.side[t->side];
    uint32_t length = t->p->virtio.len;

    s->data->run =
        s->data->run > 0 && t->at->time - s->data->last_rw <= VSOCK_RUN_PAUSE ? s->data->run + 1 : 1;
    s->data->last_rw = t->at->time;
    own->rws++;
    vsock_opening_add(&s->data->side[t->side].opening, t->at, own->bytes, t->p->payload,
                      t->p->payload ? MIN(t->p->payload_captured, length) : 0);
    own->bytes += length;
    own->answered |= s->stats.side[vsock_other_side(t->side)].rws > 0;
    s->stats.data_since_shut |= s->stats.shut_time != VSOCK_TIME_NONE;
    own->sent = t->at->record;
    note_exchange(s, t);
    if (length <= LARGE_SEND || t->p->mon.src_cid == VSOCK_CID_HOST)
        return;
    if (s->data->large_count++ == 0) {
        s->data->large = *t->at;
        s->data->large_side = t->side;
    }
    s->data->largest = MAX(s->data->largest, length);
}

static void note_shutdown(struct vsock_stream *s, const struct taken *t)
{
    struct vsock_side_stats *own = &s->stats.side[t->side];
    const struct vsock_window *w = &s->conn.flow.window[t->side];

    if (t->p->virtio.flags & VSOCK_SHUTDOWN_SEND && !t->had_shut) {
        own->peer_advertised_at_shut = w->advertised;
        own->peer_fwd_cnt_at_shut = (uint32_t)w->consumed;
    }
    if (s->stats.shut_time == VSOCK_TIME_NONE)
        s->stats.shut_time = t->at->time;
}

static void sum_up(struct vsock_stream *s, const struct taken *t)
{
    struct vsock_side_stats *own = &s->stats.side[t->side];

    if (s->stats.idle_before_end == VSOCK_TIME_NONE && (s->conn.ended || HAS(t, SHUTDOWN)))
        s->stats.idle_before_end = s->conn.packets > 1 ? vsock_time_passed(s->last.time, t->at->time) : 0;
    note_rest(s, t);
    own->packets++;
    own->updates += t->p->virtio.op == VSOCK_OP_CREDIT_UPDATE;
    if (t->step->in_stream)
        note_rw(s, t);
    if (HAS(t, SHUTDOWN))
        note_shutdown(s, t);
    s->last = *t->at;
}

/* Findings that a diagnosis comes of. */
#define TELLING                                                                                              \
    (VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED) | VSOCK_FOUND_BIT(VSOCK_FOUND_FWD_CNT_AT_START) |          \
     VSOCK_FOUND_BIT(VSOCK_FOUND_FWD_CNT_AHEAD) | VSOCK_FOUND_BIT(VSOCK_FOUND_FWD_CNT_BACKWARDS) |           \
     VSOCK_FOUND_BIT(VSOCK_FOUND_UNSEEN_DATA) | VSOCK_FOUND_BIT(VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT) |     \
     VSOCK_FOUND_BIT(VSOCK_FOUND_WINDOW_OVERRUN_AFTER_SHRINK) |                                              \
     VSOCK_FOUND_BIT(VSOCK_FOUND_MESSAGE_TOO_BIG) | VSOCK_FOUND_BIT(VSOCK_FOUND_MESSAGE_TRUNCATED) |         \
     VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE) | VSOCK_FOUND_BIT(VSOCK_FOUND_STALL_ENDED) |                      \
     VSOCK_FOUND_BIT(VSOCK_FOUND_SHUTDOWN))

static void diagnose(struct vsock_stream *s, const struct taken *t, bool first_rst,
                     const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found)
{
    if (t->step->findings & TELLING) {
        diagnose_connect(s, t, found);
        diagnose_counters(t, found);
        diagnose_shrink(s, t, found);
        diagnose_messages(s, t, found);
        diagnose_stall(s, t, thresholds, found);
        diagnose_abandoned_data(s, t, found);
    }
    diagnose_answer(t, thresholds, found);
    if (first_rst)
        diagnose_rst(s, t, found);
}

/* Why the window is shut: as vsock_stall_end() would say it. */
static enum vsock_stall_cause open_stall_cause(const struct vsock_flow *flow, uint8_t sender, int64_t length)
{
    const struct vsock_stall *stall = vsock_flow_stall(flow, sender);
    const struct vsock_credit_request *asked = &vsock_flow_pending(flow)->credit_request[sender];

    if (stall->own_cap)
        return VSOCK_STALL_OWN_CAP;
    if (vsock_stall_proved(stall, length))
        return VSOCK_STALL_NOT_READING;
    if (stall->shrunk)
        return VSOCK_STALL_SHRUNK;
    if (asked->open && asked->at.time - stall->began.time <= length / 2)
        return VSOCK_STALL_UPDATE_LATE;
    return VSOCK_STALL_UNDECIDED;
}

/* A side shuts down while its window is shut: it may have nothing to send, or have waited in vain. After so
 * long it is worth a note: data fill the buffer, and nobody said that they were read. */
static void diagnose_giving_up(const struct vsock_stream *s, const struct taken *t,
                               struct vsock_diagnoses *found)
{
    const struct vsock_flow *flow = &s->conn.flow;
    const struct vsock_stall *stall = vsock_flow_stall(flow, t->side);
    enum vsock_stall_cause cause;
    struct vsock_diagnosis *d;
    int64_t length;

    if (!vsock_flow_is_stalled(flow, t->side) || stall->frozen || s->conn.ended ||
        t->p->virtio.op != VSOCK_OP_SHUTDOWN || !(t->p->virtio.flags & VSOCK_SHUTDOWN_SEND))
        return;
    length = t->at->time - stall->began.time;
    if (length < OPEN_WARN)
        return;
    cause = open_stall_cause(flow, t->side, length);
    d = add_stall(found, vsock_stall_code(cause), cause, t->side, stall, length);
    d->last_frame = t->at->frame;
    d->last_record = t->at->record;
    d->gave_up = true;
    vsock_diagnosis_soften(d);
}

struct vsock_step vsock_stream_take(struct vsock_stream *s, const struct vsock_stream *previous,
                                    const struct vsock_packet *p, uint32_t malformed, uint8_t side,
                                    const struct vsock_mark *at, struct vsock_rw *rw,
                                    const struct vsock_thresholds *thresholds, struct vsock_diagnoses *found)
{
    const struct vsock_flow *flow = &s->conn.flow;
    bool was_ended = s->conn.ended;
    struct vsock_step step;
    struct taken t = {
        .p = p,
        .at = at,
        .step = &step,
        .side = side,
        .advertised = flow->window[vsock_other_side(side)].advertised,
        .message_open = !flow->quiet && flow->pending->message[side].open,
        .overran = !flow->quiet && flow->pending->excess[vsock_other_side(side)].open,
        .had_shut = s->conn.shut[side] & VSOCK_SHUTDOWN_SEND,
        .stalled = vsock_flow_is_stalled(flow, side),
        .had_closed = s->conn.shut[side] == VSOCK_SHUTDOWN_BOTH,
    };

    if (s->conn.packets == 0)
        s->stats.first = *at;
    if (malformed != 0)
        vsock_packet_diagnose(p->virtio.op, malformed, side, at, found);
    if (!s->conn.overlaps) {
        diagnose_silence(s, p, side, at, found);
        diagnose_giving_up(s, &t, found);
    }
    step = vsock_conn_step(&s->conn, previous ? &previous->conn : NULL, p, side, at, rw);
    if (!s->conn.degenerate && !s->conn.overlaps) { /* nothing else can be said where nothing tells the sides,
                                                       or the connections, apart */
        note_credit(s, &t);
        if (s->data) {
            end_silence(s, &t);
            note_unread(s, &t, s->conn.ended && !was_ended);
        }
        diagnose(s, &t, s->conn.ended && !was_ended, thresholds, found);
    }
    sum_up(s, &t);
    return step;
}

/* ---- what only the end tells ---- */

bool vsock_stream_was_done(const struct vsock_stream *s, uint8_t sender)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);
    int64_t until = vsock_stream_known_until(s);

    if (stall->open || stall->ended.record == 0 || s->stats.side[sender].sent > stall->ended.record)
        return false;
    if (s->conn.shut[sender] & VSOCK_SHUTDOWN_SEND)
        return true; /* itself, and later: before, it would have been waiting no more */
    if (s->conn.shut[vsock_other_side(sender)] & VSOCK_SHUTDOWN_RCV)
        until = MIN(until, s->stats.shut_time);
    return until - stall->ended.time >= DONE_AFTER;
}

/* Nothing was heard of the receiver since, although it was asked, or although it has taken a whole buffer and
 * never said that it consumed any. */
static bool is_update_missing(const struct vsock_stream *s, uint8_t sender)
{
    const struct vsock_side_stats *receiver = &s->stats.side[vsock_other_side(sender)];
    const struct vsock_flow *flow = &s->conn.flow;
    const struct vsock_window *w = &flow->window[sender];

    if (receiver->spoke > vsock_flow_stall(flow, sender)->began.record)
        return false;
    if (vsock_flow_pending(flow)->credit_request[sender].open)
        return true;
    return s->conn.from_request && !receiver->moved && w->sent >= w->buf_alloc;
}

/* Has the receiver left more and more unconsumed, until the window was shut, and is it known that nothing
 * comes back? */
static bool is_leak(const struct vsock_stream *s, uint8_t sender, int64_t length)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);

    return s->data && s->data->side[sender].exchanges.leaking >= LEAKING && !stall->shrunk &&
           (vsock_stall_proved(stall, length) || length >= OPEN_WARN);
}

static void add_leak(const struct vsock_stream *s, uint8_t sender, int64_t length,
                     struct vsock_diagnoses *found)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_CREDIT_LEAK, sender, &stall->began);

    d->lasting = true;
    d->figures.count = s->data->side[sender].exchanges.leaking;
    d->figures.bytes = unread(s, vsock_other_side(sender));
    d->figures.limit = stall->buffer;
    d->figures.longest = length;
}

/* Returns whether the sender waits, and why is not known. */
static bool end_waiting(const struct vsock_stream *s, uint8_t sender, const struct vsock_thresholds *t,
                        struct vsock_diagnoses *found)
{
    const struct vsock_stall *stall = vsock_flow_stall(&s->conn.flow, sender);
    int64_t length = vsock_stream_open_stall(s, sender);
    enum vsock_stall_cause cause;
    enum vsock_code code;
    struct vsock_diagnosis *d;

    if (!stall->open || length < t->stall_warning)
        return false;
    if (is_leak(s, sender, length)) {
        add_leak(s, sender, length, found);
        return false;
    }
    cause = open_stall_cause(&s->conn.flow, sender, length);
    code = vsock_stall_code(cause);
    if (code == VSOCK_CODE_STALL_UNDECIDED && is_update_missing(s, sender))
        code = VSOCK_CODE_STALL_UPDATE_MISSING;
    d = add_stall(found, code, cause, sender, stall, length);
    d->lasting = true;
    if (length >= OPEN_WARN)
        vsock_diagnosis_worsen(d);
    return !stall->shrunk && (code == VSOCK_CODE_STALL_UPDATE_MISSING || code == VSOCK_CODE_STALL_UNDECIDED);
}

static void end_asking(const struct vsock_stream *s, uint8_t side, const struct vsock_thresholds *t,
                       struct vsock_diagnoses *found)
{
    const struct vsock_credit_request *asked = &vsock_flow_pending(&s->conn.flow)->credit_request[side];
    int64_t until = vsock_stream_known_until(s);
    struct vsock_diagnosis *d;

    if (!asked->open || !vsock_answer_late(t, asked->at.time, until))
        return;
    d = add_unanswered(found, side, &asked->at, until);
    d->lasting = true;
    d->figures.others = 1;
}

/* Why the connection broke is not known; of a window overrun, it is. A RST that loses nothing may be a close.
 */
static bool broke(const struct vsock_conn *c)
{
    if (c->rst_kind == VSOCK_RST_NO_SOCKET)
        return c->reset_answers || c->reset_unread > 0;
    return (c->rst_kind == VSOCK_RST_ABORTED && c->reset_unread > 0) ||
           c->rst_kind == VSOCK_RST_QUEUE_OVERFLOW;
}

static void end_large_sends(const struct vsock_stream *s, struct vsock_diagnoses *found)
{
    struct vsock_diagnosis *d = add(found, VSOCK_CODE_LARGE_SEND_RISK, s->data->large_side, &s->data->large);

    d->last_frame = s->last.frame;
    d->figures.count = s->data->large_count;
    d->figures.bytes = s->data->largest;
}

static struct vsock_said said(const struct vsock_stream *s, uint8_t side)
{
    return (struct vsock_said){
        .opening = &s->data->side[side].opening,
        .bytes = s->stats.side[side].bytes,
        .last = s->stats.side[side].sent,
    };
}

/* Has either side ended the connection, or has nobody said anything for long? */
static bool came_to_nothing(const struct vsock_stream *s, int64_t until)
{
    return s->conn.ended || s->stats.shut_time != VSOCK_TIME_NONE || until - s->data->last_rw >= SPEECHLESS;
}

static void end_mismatch(const struct vsock_stream *s, uint8_t http, struct vsock_diagnoses *found)
{
    struct vsock_said of_http = said(s, http), framed = said(s, vsock_other_side(http));
    const struct vsock_mark *a = &of_http.opening->at, *b = &framed.opening->at;
    struct vsock_diagnosis *d;
    uint32_t number;

    if (!s->conn.from_request || s->conn.type != VSOCK_TYPE_STREAM ||
        s->conn.flow.window[vsock_other_side(http)].sent != framed.bytes ||
        !vsock_is_mismatch(&of_http, &framed, &number))
        return;
    d = add(found, VSOCK_CODE_PROTOCOL_MISMATCH, http, a->record < b->record ? a : b);
    vsock_diagnosis_end(d, a->record < b->record ? b : a);
    d->figures.limit = number;
}

void vsock_stream_end(const struct vsock_stream *s, const struct vsock_thresholds *t,
                      struct vsock_diagnoses *found)
{
    int64_t until = vsock_stream_known_until(s);
    uint8_t waits = who_waits_for_the_end(s);
    bool stuck = false;

    if (s->conn.degenerate || s->conn.overlaps)
        return;
    for (uint8_t side = 0; side < 2; side++) {
        stuck |= end_waiting(s, side, t, found);
        end_asking(s, side, t, found);
    }
    if (waits != VSOCK_SIDE_UNKNOWN && unread(s, waits) == 0 && until - s->last.time >= HANG_AFTER)
        add_hang(s, found, waits, until)->lasting = true;
    if (s->data && s->data->large_count > 0 && s->side[0].cid != VSOCK_CID_LOCAL &&
        (stuck || broke(&s->conn)))
        end_large_sends(s, found);
    for (uint8_t side = 0; side < 2 && s->data && came_to_nothing(s, until); side++)
        end_mismatch(s, side, found);
}
