/* SPDX-License-Identifier: GPL-2.0-or-later
 * life.c - what went wrong in one connection. */
#include "life.h"

#include "malformed.h"

#define SECOND INT64_C(1000000000)

/* A RESPONSE that comes so late is worth a word; Linux's connect() has given up after two seconds
 * (VSOCK_DEFAULT_CONNECT_TIMEOUT). */
#define SLOW_CONNECT SECOND
#define LOST_CONNECT (2 * SECOND)

#define HANG_AFTER (10 * SECOND)

/* Above this Linux makes a packet of more than one buffer since 6.17, which some virtual machine monitors
 * could not read (firecracker issue 5475, cloud-hypervisor issue 7672). They read what guests send: what the
 * host sends comes in the guest's own buffers. */
#define LARGE_SEND 32768

#define HAS(event, finding) (((event)->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)) != 0)

static uint8_t other(uint8_t side)
{
    return side ^ 1;
}

struct vsock_life vsock_life_start(const struct vsock_conn *c, bool loopback)
{
    return (struct vsock_life){
        .exact = c->exact,
        .degenerate = c->degenerate,
        .loopback = loopback,
        .client = VSOCK_SIDE_UNKNOWN,
        .type = c->type,
        .shut_time = VSOCK_NEVER,
    };
}

/* About data that `side` sends; of a RST, about its sender. */
static struct vsock_diagnosis start(enum vsock_code code, uint8_t side, uint32_t frame, int64_t time)
{
    struct vsock_diagnosis d = vsock_diagnosis_start(code, frame, time);

    d.side = side;
    d.figures.count = 1;
    return d;
}

static void add(struct vsock_diagnoses *found, struct vsock_diagnosis d)
{
    if (found->count < VSOCK_LIFE_DIAGNOSES_MAX)
        found->list[found->count++] = d;
}

/* ---- what a packet proves ---- */

void vsock_packet_diagnose(const struct vsock_packet *p, uint32_t malformed, uint8_t side, uint32_t frame,
                           int64_t time, struct vsock_diagnoses *found)
{
    if (malformed & VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_LONG) && p->virtio.op == VSOCK_OP_RW)
        add(found, start(VSOCK_CODE_KERNEL_TAP_BUG, side, frame, time));
    if (malformed &
        (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_CID_BITS) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_CID_RESERVED)))
        add(found, start(VSOCK_CODE_CID_ANOMALY, side, frame, time));
}

static void diagnose_connect(struct vsock_life *life, const struct vsock_event *e,
                             struct vsock_diagnoses *found)
{
    struct vsock_diagnosis d;

    if (!HAS(e, RESPONSE) || !life->exact)
        return;
    life->connect_time = e->connect_time;
    if (e->connect_time < SLOW_CONNECT)
        return;
    d = start(VSOCK_CODE_CONNECT_SLOW, other(e->side), life->first_frame, life->first_time);
    d.last_frame = e->frame;
    if (e->connect_time >= LOST_CONNECT)
        vsock_diagnosis_worsen(&d);
    d.figures.longest = e->connect_time;
    add(found, d);
}

/* A time that has passed; by a clock that went back, none. */
static int64_t forward(int64_t passed)
{
    return passed > 0 ? passed : 0;
}

/* What the sender has shut may be gone for its own reasons; a socket that nobody had closed may not. */
static void diagnose_reset(const struct vsock_life *life, const struct vsock_event *e, enum vsock_code code,
                           struct vsock_diagnoses *found)
{
    struct vsock_diagnosis d = start(code, e->side, e->frame, e->time);

    d.figures.total = forward(e->time - life->first_time);
    if (e->has_credit) {
        d.figures.bytes = e->peer_in_flight;
        d.figures.limit = e->packet->virtio.buf_alloc;
    }
    add(found, d);
}

/* The receiver reads until the sender has shut, then no more, and resets: what came last was not read. */
static void diagnose_lost_data(const struct vsock_life *life, const struct vsock_event *e,
                               struct vsock_diagnoses *found)
{
    const struct vsock_tally *sender = &life->side[other(e->side)], *receiver = &life->side[e->side];
    struct vsock_diagnosis d;

    if (!e->has_credit || e->peer_in_flight == 0)
        return;
    if (!(sender->shut & VSOCK_SHUTDOWN_SEND) || receiver->shut != 0)
        return;
    if (!sender->peer_stamped_at_shut || sender->peer_fwd_cnt_at_shut == 0 ||
        e->packet->virtio.fwd_cnt != sender->peer_fwd_cnt_at_shut)
        return;
    d = start(VSOCK_CODE_DATA_LOST_AT_CLOSE, other(e->side), e->frame, e->time);
    d.figures.bytes = e->peer_in_flight;
    add(found, d);
}

/* A RST without a socket proves that a connection is gone only where there was one: where the REQUEST was not
 * captured, data must have met it. */
static bool was_open(const struct vsock_life *life)
{
    return life->exact || life->side[0].rws + life->side[1].rws > 0;
}

static void diagnose_rst(const struct vsock_life *life, const struct vsock_event *e,
                         struct vsock_diagnoses *found)
{
    struct vsock_diagnosis d;

    if (e->packet->virtio.op != VSOCK_OP_RST)
        return;
    switch (e->rst_kind) {
    case VSOCK_RST_CONNECT_ABANDONED:
        d = start(VSOCK_CODE_CONNECT_ABANDONED, e->side, e->frame, e->time);
        d.figures.longest = forward(life->connect_time);
        add(found, d);
        break;
    case VSOCK_RST_CLOSE_TIMEOUT:
        d = start(VSOCK_CODE_CLOSE_TIMEOUT, e->side, e->frame, e->time);
        d.figures.longest = e->waited;
        d.figures.bytes = e->has_credit ? e->in_flight : 0;
        add(found, d);
        break;
    case VSOCK_RST_NO_SOCKET:
        if (was_open(life))
            diagnose_reset(life, e, VSOCK_CODE_PEER_GONE, found);
        break;
    case VSOCK_RST_ABORTED:
        diagnose_reset(life, e, VSOCK_CODE_RESET_ABORTED, found);
        break;
    case VSOCK_RST_QUEUE_OVERFLOW:
        diagnose_reset(life, e, VSOCK_CODE_RESET_QUEUE_OVERHEAD, found);
        break;
    case VSOCK_RST_WINDOW_OVERRUN: /* without an overrun, it had made its own buffer smaller */
        diagnose_reset(life, e,
                       life->side[other(e->side)].overran ? VSOCK_CODE_RESET_AFTER_OVERRUN
                                                          : VSOCK_CODE_RESET_ABORTED,
                       found);
        break;
    case VSOCK_RST_NONE:
    case VSOCK_RST_REFUSED: /* counted by port: timeline.h */
    case VSOCK_RST_CLOSE_ACK:
    case VSOCK_RST_TRAILING:
    case VSOCK_RST_FOREIGN_TYPE:
        break;
    }
    diagnose_lost_data(life, e, found);
}

static void diagnose_counters(const struct vsock_event *e, struct vsock_diagnoses *found)
{
    struct vsock_diagnosis d;

    if (HAS(e, CREDIT_EXCEEDED)) {
        d = start(VSOCK_CODE_CREDIT_OVERRUN, e->side, e->frame, e->time);
        d.figures.bytes = e->exceeded;
        add(found, d);
    }
    if (HAS(e, FWD_CNT_AT_START) || HAS(e, FWD_CNT_AHEAD)) {
        d = start(VSOCK_CODE_CREDIT_COUNTER_AHEAD, e->side, e->frame, e->time);
        d.figures.bytes = HAS(e, FWD_CNT_AT_START) ? e->packet->virtio.fwd_cnt : e->ahead;
        add(found, d);
    }
    if (HAS(e, FWD_CNT_BACKWARDS)) {
        d = start(VSOCK_CODE_CREDIT_COUNTER_BACKWARDS, e->side, e->frame, e->time);
        d.figures.bytes = e->backwards;
        add(found, d);
    }
    if (HAS(e, UNSEEN_DATA)) {
        d = start(VSOCK_CODE_CAPTURE_LOSS, other(e->side), e->frame, e->time);
        d.figures.bytes = e->ahead;
        add(found, d);
    }
}

static void diagnose_shrink(const struct vsock_life *life, const struct vsock_event *e,
                            struct vsock_diagnoses *found)
{
    bool at_once = HAS(e, BUF_ALLOC_BELOW_IN_FLIGHT);
    struct vsock_diagnosis d;

    if (!at_once && !HAS(e, WINDOW_OVERRUN_AFTER_SHRINK))
        return;
    d = start(VSOCK_CODE_BUFFER_SHRUNK, at_once ? other(e->side) : e->side, e->frame, e->time);
    d.figures.limit = at_once ? e->packet->virtio.buf_alloc : life->side[other(e->side)].buf_alloc;
    d.figures.bytes = (at_once ? e->peer_in_flight : e->in_flight) - d.figures.limit;
    add(found, d);
}

static void diagnose_messages(const struct vsock_life *life, const struct vsock_event *e,
                              struct vsock_diagnoses *found)
{
    if (HAS(e, MESSAGE_TOO_BIG)) { /* by its RW, or by a shrink of the buffer that is to hold it */
        uint8_t sender = e->packet->virtio.op == VSOCK_OP_RW ? e->side : other(e->side);
        struct vsock_diagnosis d = start(VSOCK_CODE_MESSAGE_TOO_BIG, sender, e->frame, e->time);

        d.figures.limit = life->side[other(sender)].buf_alloc;
        add(found, d);
    }
    if (HAS(e, MESSAGE_TRUNCATED))
        add(found, start(VSOCK_CODE_MESSAGE_TRUNCATED,
                         life->side[e->side].message_open ? e->side : other(e->side), e->frame, e->time));
}

/* ---- who waits ---- */

static bool is_stall(enum vsock_stall_cause cause, int64_t length, const struct vsock_thresholds *t)
{
    return length >= (cause == VSOCK_STALL_SLOW_READER ? t->stall_note : t->stall_warning);
}

static enum vsock_code code_of(enum vsock_stall_cause cause)
{
    switch (cause) {
    case VSOCK_STALL_NOT_READING:
        return VSOCK_CODE_STALL_RECEIVER_NOT_READING;
    case VSOCK_STALL_SLOW_READER:
        return VSOCK_CODE_STALL_SLOW_READER;
    case VSOCK_STALL_OWN_CAP:
        return VSOCK_CODE_STALL_OWN_CAP;
    case VSOCK_STALL_UNDECIDED:
    case VSOCK_STALL_UPDATE_LATE:
    case VSOCK_STALL_SHRUNK:
        break;
    }
    return VSOCK_CODE_STALL_UNDECIDED;
}

static struct vsock_diagnosis stalled(const struct vsock_life *life, enum vsock_code code, uint8_t sender,
                                      uint32_t frame, int64_t began, int64_t length)
{
    struct vsock_diagnosis d = start(code, sender, frame, began);
    uint8_t limits = code == VSOCK_CODE_STALL_OWN_CAP ? sender : other(sender);

    d.figures.longest = d.figures.total = length;
    d.figures.limit = life->side[limits].buf_alloc;
    return d;
}

static void diagnose_stall(struct vsock_life *life, const struct vsock_event *e,
                           const struct vsock_thresholds *t, struct vsock_diagnoses *found)
{
    int64_t length = e->time - e->stall_began;
    struct vsock_diagnosis d;

    if (!HAS(e, STALL_ENDED))
        return;
    life->stalls++;
    life->total_stall = vsock_time_sum(life->total_stall, length);
    if (length > life->longest_stall)
        life->longest_stall = length;
    if (!is_stall(e->stall_cause, length, t))
        return;
    d = stalled(life, code_of(e->stall_cause), other(e->side), e->stall_frame, e->stall_began, length);
    d.last_frame = e->frame;
    add(found, d);
}

static struct vsock_diagnosis unanswered(const struct vsock_life *life, uint8_t asker, int64_t until)
{
    const struct vsock_tally *tally = &life->side[asker];
    struct vsock_diagnosis d =
        start(VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, asker, tally->asked_frame, tally->asked_time);

    d.figures.longest = until - tally->asked_time;
    return d;
}

static bool is_late(const struct vsock_tally *asker, int64_t until, const struct vsock_thresholds *t)
{
    return asker->asked_frame != 0 && t->credit_request_timeout > 0 &&
           until - asker->asked_time >= t->credit_request_timeout;
}

static void take_questions(struct vsock_life *life, const struct vsock_event *e,
                           const struct vsock_thresholds *t, struct vsock_diagnoses *found)
{
    struct vsock_tally *asker = &life->side[other(e->side)];

    if (e->answers) {
        if (is_late(asker, e->time, t)) {
            struct vsock_diagnosis d = unanswered(life, other(e->side), e->time);

            d.last_frame = e->frame;
            add(found, d);
        }
        asker->asked_frame = 0;
    }
    if (e->asks) {
        life->side[e->side].asked_frame = e->frame;
        life->side[e->side].asked_time = e->time;
    }
}

/* ---- half closed, and silent ---- */

/* The side that has said it sends no more, and waits for the other; or VSOCK_SIDE_UNKNOWN. */
static uint8_t who_waits_for_the_end(const struct vsock_life *life)
{
    if (life->state != VSOCK_STATE_HALF_CLOSED || life->degenerate)
        return VSOCK_SIDE_UNKNOWN;
    if (life->side[0].shut & VSOCK_SHUTDOWN_SEND)
        return 0;
    return life->side[1].shut & VSOCK_SHUTDOWN_SEND ? 1 : VSOCK_SIDE_UNKNOWN;
}

static struct vsock_diagnosis hanging(const struct vsock_life *life, int64_t until)
{
    struct vsock_diagnosis d =
        start(VSOCK_CODE_HALF_CLOSE_HANG, who_waits_for_the_end(life), life->last_frame, life->last_time);

    d.figures.longest = until - life->last_time;
    return d;
}

/* Who waits for the end has data to read before that: the silence may be its own. */
static bool has_to_read(const struct vsock_life *life, uint8_t waits)
{
    return life->side[waits].unread > 0;
}

/* What it read may not have been captured when it was sent. */
static bool has_read(const struct vsock_life *life, const struct vsock_event *e)
{
    const struct vsock_tally *tally = &life->side[e->side];

    return e->has_credit && tally->stamped && e->packet->virtio.fwd_cnt != tally->fwd_cnt;
}

/* A silence that the other side ends was only long; one that ends with a RST, or by who waited, was a hang.
 * Called before tally_stamp(). */
static void diagnose_silence(const struct vsock_life *life, const struct vsock_event *e,
                             struct vsock_diagnoses *found)
{
    uint8_t waits = who_waits_for_the_end(life);
    struct vsock_diagnosis d;

    if (waits == VSOCK_SIDE_UNKNOWN || e->time - life->last_time < HANG_AFTER)
        return;
    if (e->side != waits && e->packet->virtio.op != VSOCK_OP_RST)
        return;
    if (has_to_read(life, waits) || (e->side == waits && has_read(life, e)))
        return;
    d = hanging(life, e->time);
    d.last_frame = e->frame;
    add(found, d);
}

/* ---- summing up ---- */

static void tally_window(struct vsock_tally *sender, int64_t window)
{
    if (!sender->has_window || window < sender->lowest_window)
        sender->lowest_window = window;
    sender->has_window = true;
}

static void tally_stamp(struct vsock_life *life, const struct vsock_event *e)
{
    struct vsock_tally *tally = &life->side[e->side];

    if (!e->has_credit)
        return;
    if (tally->stamped && tally->fwd_cnt != e->packet->virtio.fwd_cnt)
        tally->moved = true;
    tally->stamped = true;
    tally->fwd_cnt = e->packet->virtio.fwd_cnt;
    tally->buf_alloc = e->packet->virtio.buf_alloc;
    tally->spoke_frame = e->frame;
    tally->unread = e->peer_in_flight;
    life->side[other(e->side)].unread = e->in_flight;
    if (e->has_window)
        tally_window(tally, e->window);
    tally_window(&life->side[other(e->side)],
                 (int64_t)e->packet->virtio.buf_alloc - (int64_t)e->peer_in_flight);
}

static void tally_rw(struct vsock_life *life, const struct vsock_event *e)
{
    struct vsock_tally *tally = &life->side[e->side];
    uint32_t length = e->packet->virtio.len;

    tally->rws++;
    tally->bytes += length;
    if (life->type == VSOCK_TYPE_SEQPACKET)
        tally->message_open = !(e->packet->virtio.flags & VSOCK_SEQ_EOM);
    if (length <= LARGE_SEND || e->packet->mon.src_cid == VSOCK_CID_HOST)
        return;
    if (life->large_count++ == 0) {
        life->large_frame = e->frame;
        life->large_time = e->time;
        life->large_side = e->side;
    }
    if (length > life->largest)
        life->largest = length;
}

static void tally_shutdown(struct vsock_life *life, const struct vsock_event *e)
{
    struct vsock_tally *tally = &life->side[e->side];
    const struct vsock_tally *peer = &life->side[other(e->side)];

    if (e->packet->virtio.flags & VSOCK_SHUTDOWN_SEND && !(tally->shut & VSOCK_SHUTDOWN_SEND)) {
        tally->peer_stamped_at_shut = peer->stamped;
        tally->peer_fwd_cnt_at_shut = peer->fwd_cnt;
    }
    if (life->shut_time == VSOCK_NEVER)
        life->shut_time = e->time;
    tally->shut |= e->packet->virtio.flags & (VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
}

/* What was sent beyond all that was allowed, and is consumed all the same, was allowed by a packet that is
 * not in the capture. */
static void tally_overrun(struct vsock_life *life, const struct vsock_event *e)
{
    struct vsock_tally *tally = &life->side[e->side], *peer = &life->side[other(e->side)];

    if (HAS(e, CREDIT_EXCEEDED) && !tally->overran) {
        tally->overran = true;
        tally->allowed = peer->fwd_cnt + (uint32_t)(e->in_flight - e->exceeded);
    }
    if (e->has_credit && (int32_t)(e->packet->virtio.fwd_cnt - peer->allowed) > 0)
        peer->overran = false;
}

static void sum_up(struct vsock_life *life, const struct vsock_event *e)
{
    struct vsock_tally *tally = &life->side[e->side];

    tally->packets++;
    tally->updates += e->packet->virtio.op == VSOCK_OP_CREDIT_UPDATE;
    if (e->counted)
        tally_rw(life, e);
    if (HAS(e, SHUTDOWN))
        tally_shutdown(life, e);
    tally_overrun(life, e);
    if (life->rst_kind == VSOCK_RST_NONE && e->rst_kind != VSOCK_RST_FOREIGN_TYPE &&
        e->rst_kind != VSOCK_RST_NONE) {
        life->rst_kind = e->rst_kind;
        life->rst_side = e->side;
    }
    life->state = e->state;
    life->last_frame = e->frame;
    life->last_time = e->time;
}

void vsock_life_take(struct vsock_life *life, const struct vsock_event *e, const struct vsock_thresholds *t,
                     struct vsock_diagnoses *found)
{
    found->count = 0;
    if (life->first_frame == 0) {
        life->first_frame = e->frame;
        life->first_time = e->time;
    }
    vsock_packet_diagnose(e->packet, e->malformed, e->side, e->frame, e->time, found);
    if (!life->degenerate) { /* nothing else can be said where nothing tells the sides apart */
        diagnose_silence(life, e, found);
        tally_stamp(life, e);
        diagnose_connect(life, e, found);
        diagnose_counters(e, found);
        diagnose_shrink(life, e, found);
        diagnose_messages(life, e, found);
        diagnose_stall(life, e, t, found);
        take_questions(life, e, t, found);
        if (life->rst_kind == VSOCK_RST_NONE)
            diagnose_rst(life, e, found);
    }
    sum_up(life, e);
}

/* ---- what only the end tells ---- */

bool vsock_life_unanswered(const struct vsock_ending *ending, int64_t requested,
                           const struct vsock_thresholds *t)
{
    if (ending->conn->completeness & ~(VSOCK_COMPLETE_REQUEST | VSOCK_COMPLETE_RST))
        return false; /* a RESPONSE, or what only a connection has */
    return t->connect_timeout > 0 && ending->known_until - requested >= t->connect_timeout;
}

int64_t vsock_life_open_stall(const struct vsock_ending *ending, uint8_t sender)
{
    const struct vsock_stall *stall = &ending->conn->flow.stall[sender];

    if (!stall->open)
        return 0;
    return (stall->frozen ? stall->until : ending->known_until) - stall->time;
}

/* Nothing was heard of the receiver since, although it was asked, or although it has taken a whole buffer and
 * never said that it consumed any. */
static bool is_update_missing(const struct vsock_life *life, const struct vsock_conn *c, uint8_t sender)
{
    const struct vsock_tally *receiver = &life->side[other(sender)];
    const struct vsock_window *w = &c->flow.window[sender];

    if (receiver->spoke_frame > c->flow.stall[sender].frame)
        return false;
    if (life->side[sender].asked_frame != 0)
        return true;
    return life->exact && !receiver->moved && w->sent >= w->buf_alloc;
}

static enum vsock_code open_stall_code(const struct vsock_life *life, const struct vsock_conn *c,
                                       uint8_t sender, int64_t length)
{
    const struct vsock_stall *stall = &c->flow.stall[sender];

    if (stall->own_cap)
        return VSOCK_CODE_STALL_OWN_CAP;
    if (stall->word > stall->time && stall->word - stall->time >= length / 2)
        return VSOCK_CODE_STALL_RECEIVER_NOT_READING;
    return is_update_missing(life, c, sender) ? VSOCK_CODE_STALL_UPDATE_MISSING : VSOCK_CODE_STALL_UNDECIDED;
}

/* Returns whether the sender waits, and why is not known. */
static bool end_waiting(const struct vsock_life *life, const struct vsock_ending *ending, uint8_t sender,
                        const struct vsock_thresholds *t, struct vsock_diagnoses *found)
{
    const struct vsock_stall *stall = &ending->conn->flow.stall[sender];
    int64_t length = vsock_life_open_stall(ending, sender);
    struct vsock_diagnosis d;
    enum vsock_code code;

    if (!stall->open || length < t->stall_warning)
        return false;
    code = open_stall_code(life, ending->conn, sender, length);
    d = stalled(life, code, sender, stall->frame, stall->time, length);
    d.lasting = true;
    add(found, d);
    return !stall->shrunk && (code == VSOCK_CODE_STALL_UPDATE_MISSING || code == VSOCK_CODE_STALL_UNDECIDED);
}

/* Why the connection broke is not known, or known not to be something else. */
static bool broke(const struct vsock_life *life)
{
    switch (life->rst_kind) {
    case VSOCK_RST_NO_SOCKET:
    case VSOCK_RST_ABORTED:
    case VSOCK_RST_QUEUE_OVERFLOW:
        return true;
    case VSOCK_RST_WINDOW_OVERRUN: /* that is why */
    case VSOCK_RST_NONE:
    case VSOCK_RST_REFUSED:
    case VSOCK_RST_CLOSE_ACK:
    case VSOCK_RST_CLOSE_TIMEOUT:
    case VSOCK_RST_CONNECT_ABANDONED:
    case VSOCK_RST_TRAILING:
    case VSOCK_RST_FOREIGN_TYPE:
        break;
    }
    return false;
}

void vsock_life_end(const struct vsock_life *life, const struct vsock_ending *ending,
                    const struct vsock_thresholds *t, struct vsock_diagnoses *found)
{
    uint8_t waiter = who_waits_for_the_end(life);
    bool waits = false;
    struct vsock_diagnosis d;

    found->count = 0;
    if (life->degenerate)
        return;
    for (uint8_t side = 0; side < 2; side++) {
        waits |= end_waiting(life, ending, side, t, found);
        if (is_late(&life->side[side], ending->known_until, t)) {
            d = unanswered(life, side, ending->known_until);
            d.lasting = true;
            d.figures.others = 1;
            add(found, d);
        }
    }
    if (waiter != VSOCK_SIDE_UNKNOWN && !has_to_read(life, waiter) &&
        ending->known_until - life->last_time >= HANG_AFTER) {
        d = hanging(life, ending->known_until);
        d.lasting = true;
        add(found, d);
    }
    if (life->large_frame != 0 && !life->loopback && (waits || broke(life))) {
        d = start(VSOCK_CODE_LARGE_SEND_RISK, life->large_side, life->large_frame, life->large_time);
        d.last_frame = life->last_frame;
        d.figures.count = life->large_count;
        d.figures.bytes = life->largest;
        add(found, d);
    }
}
