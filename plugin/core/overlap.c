/* SPDX-License-Identifier: GPL-2.0-or-later
 * overlap.c - which of the connections between the same endpoints a packet is of. */
#include "overlap.h"

/* So long after a RST, packets may come that were sent before it was known. */
#define STRAGGLE_MAX INT64_C(1000000000)

static struct vsock_stream *older(const struct vsock_stream *s)
{
    return s->overlap ? s->overlap->older : NULL;
}

/* ---- what counters tell ---- */

/* How far the packet's fwd_cnt is beyond what its sender had consumed; a smaller one is very far beyond. */
static uint32_t advance(const struct vsock_window *w, const struct vsock_packet *p)
{
    return p->virtio.fwd_cnt - (uint32_t)w->consumed;
}

static bool has_room(const struct vsock_window *w, const struct vsock_packet *p)
{
    return p->virtio.op != VSOCK_OP_RW || !w->advertised || vsock_window_left(w) >= p->virtio.len;
}

/* Does the packet go on where its sender had stopped in that stream? `more`: bytes that may have been sent to
 * it there, beside those that are known. */
static bool continues(const struct vsock_stream *s, const struct vsock_packet *p, uint8_t side, uint64_t more)
{
    const struct vsock_window *w = &s->conn.flow.window[vsock_other_side(side)];

    return p->virtio.type == s->conn.type && w->advertised &&
           advance(w, p) <= vsock_window_in_flight(w) + more && has_room(&s->conn.flow.window[side], p);
}

/* An older one has to be open, and its sender's buffer as it was. */
static bool fits_older(const struct vsock_stream *s, const struct vsock_packet *p, uint8_t side,
                       uint64_t more)
{
    return !s->conn.ended && s->conn.state != VSOCK_STATE_REQUESTED && continues(s, p, side, more) &&
           p->virtio.buf_alloc == s->conn.flow.window[vsock_other_side(side)].buf_alloc;
}

/* Bytes of the side that were taken for the newest one's and may not be: nobody has consumed them there. */
static uint64_t unsettled(const struct vsock_overlap *o, const struct vsock_stream *newest, uint8_t side)
{
    uint64_t in_flight = vsock_window_in_flight(&newest->conn.flow.window[side]);

    return MIN(o->unsettled[side], in_flight);
}

/* `o`: the newest one's. */
static struct vsock_stream *find_fitting(const struct vsock_overlap *o, const struct vsock_stream *newest,
                                         const struct vsock_packet *p, uint8_t side)
{
    uint64_t more = unsettled(o, newest, vsock_other_side(side));

    for (struct vsock_stream *s = o->older; s; s = older(s)) {
        if (fits_older(s, p, side, more))
            return s;
    }
    return NULL;
}

/* What came after the newest one's end. A connection that closed in order leaves RSTs behind, nothing else.
 */
static bool is_straggler(const struct vsock_stream *s, const struct vsock_packet *p, uint8_t side,
                         int64_t time)
{
    if (p->virtio.op != VSOCK_OP_RST &&
        (s->conn.rst_kind == VSOCK_RST_CLOSE_ACK || time - s->conn.reset.time > STRAGGLE_MAX))
        return false;
    return continues(s, p, side, 0);
}

static bool fits_newest(const struct vsock_stream *s, const struct vsock_packet *p, uint8_t side,
                        int64_t time)
{
    if (s->conn.ended)
        return is_straggler(s, p, side, time);
    if (s->conn.state == VSOCK_STATE_REQUESTED) /* nothing but its answer, or the client's own RST */
        return p->virtio.op == VSOCK_OP_RST;
    return continues(s, p, side, 0);
}

/* ---- what operations tell ---- */

static struct vsock_stream *find_requested(struct vsock_stream *newest, uint8_t server)
{
    struct vsock_stream *s = newest;

    while (s && (s->conn.ended || s->conn.state != VSOCK_STATE_REQUESTED || s->conn.client == server))
        s = older(s);
    return s;
}

static struct vsock_stream *find_latest(struct vsock_stream *newest)
{
    struct vsock_stream *latest = newest;

    for (struct vsock_stream *s = older(newest); s; s = older(s)) {
        if (s->last_record > latest->last_record)
            latest = s;
    }
    return latest;
}

/* The stream whose other side has closed, and waits for this RST. */
static struct vsock_stream *find_closing(struct vsock_stream *newest, const struct vsock_packet *p,
                                         uint8_t side)
{
    struct vsock_stream *closing = NULL;

    for (struct vsock_stream *s = newest; s; s = older(s)) {
        if (s->conn.ended || s->conn.shut[vsock_other_side(side)] != VSOCK_SHUTDOWN_BOTH)
            continue;
        if (!closing || (!continues(closing, p, side, 0) && continues(s, p, side, 0)))
            closing = s;
    }
    return closing;
}

/* An older stream that has just closed. Linux acknowledges a close, and tells again when its program closes,
 * too. */
static struct vsock_stream *find_closed(struct vsock_stream *newest, const struct vsock_packet *p,
                                        uint8_t side, int64_t time)
{
    struct vsock_stream *s = older(newest);

    while (s && !(s->conn.rst_kind == VSOCK_RST_CLOSE_ACK && s->conn.rst_side == side &&
                  time - s->conn.reset.time <= STRAGGLE_MAX && continues(s, p, side, 0)))
        s = older(s);
    return s;
}

static struct vsock_stream *find_reset(struct vsock_stream *newest, const struct vsock_packet *p,
                                       uint8_t side, int64_t time)
{
    struct vsock_stream *closing = find_closing(newest, p, side);
    struct vsock_stream *closed = find_closed(newest, p, side, time);

    return closing && (!closed || continues(closing, p, side, 0)) ? closing : closed;
}

struct vsock_stream *vsock_overlap_find(struct vsock_stream *newest, const struct vsock_packet *p,
                                        uint8_t side, int64_t time)
{
    const struct vsock_overlap *o = newest->overlap;
    struct vsock_stream *found = NULL;

    if (!o)
        return newest;
    if (p->virtio.op == VSOCK_OP_RESPONSE || vsock_is_no_socket(p))
        found = find_requested(newest, side);
    if (!found && vsock_is_no_socket(p)) /* it answers what was said last */
        found = find_latest(newest);
    if (!found && p->virtio.op == VSOCK_OP_RST)
        found = find_reset(newest, p, side, time);
    if (!found && p->virtio.op != VSOCK_OP_RESPONSE && !fits_newest(newest, p, side, time))
        found = find_fitting(o, newest, p, side);
    return found ? found : newest;
}

/* ---- what is proved ---- */

/* Bytes that the older one's side has consumed were sent there, whatever they were taken for. */
static void settle(struct vsock_overlap *o, struct vsock_stream *newest, const struct vsock_stream *s,
                   const struct vsock_packet *p, uint8_t side)
{
    const struct vsock_window *w = &s->conn.flow.window[vsock_other_side(side)];
    uint64_t in_flight = vsock_window_in_flight(w), consumed = advance(w, p);
    uint64_t moved =
        consumed > in_flight ? MIN(consumed - in_flight, unsettled(o, newest, vsock_other_side(side))) : 0;

    o->unsettled[vsock_other_side(side)] -= moved;
    vsock_window_unsend(&newest->conn.flow.window[vsock_other_side(side)], moved);
}

/* The packet fits the older one; `only`: and not the newest. */
static void note_older(struct vsock_stream *newest, const struct vsock_stream *s,
                       const struct vsock_packet *p, uint8_t side, bool only)
{
    struct vsock_overlap *o = newest->overlap;

    if (only)
        settle(o, newest, s, p, side);
    else if (p->virtio.op == VSOCK_OP_RW)
        o->unsettled[side] += p->virtio.len;
    o->went_on[side] |= only;
    o->may_go_on[side] = true;
    o->fwd_cnt[side] = p->virtio.fwd_cnt;
}

/* A fwd_cnt never goes back: what is behind that of the older one is another's. */
static bool is_behind(const struct vsock_overlap *o, const struct vsock_packet *p, uint8_t side)
{
    return o->may_go_on[side] && (int32_t)(o->fwd_cnt[side] - p->virtio.fwd_cnt) > 0;
}

/* A client may ask again for what it has (Linux takes no notice): one that is answered has two sockets, if
 * the older one goes on. So does a server that has accepted the newest one; until then it may hold the older
 * one still. */
static bool is_doubtful(const struct vsock_stream *newest)
{
    const bool *went_on = newest->overlap->went_on;
    uint8_t client = newest->conn.client;
    bool accepted = newest->conn.response.record != 0;
    bool refused = newest->conn.rst_kind == VSOCK_RST_REFUSED && newest->conn.rst_side != client;

    return ((accepted || refused) && went_on[client]) || (accepted && went_on[vsock_other_side(client)]);
}

bool vsock_overlap_note(struct vsock_stream *newest, const struct vsock_stream *taker,
                        const struct vsock_packet *p, uint8_t side)
{
    struct vsock_overlap *o = newest->overlap;
    const struct vsock_stream *fitting;
    bool behind;

    if (p->virtio.op == VSOCK_OP_RESPONSE &&
        taker == newest) /* until then, the older one may have been all there was */
        o->went_on[0] = o->went_on[1] = o->may_go_on[0] = o->may_go_on[1] = false;
    if (p->virtio.op == VSOCK_OP_RESPONSE || p->virtio.type != newest->conn.type ||
        (p->virtio.op == VSOCK_OP_RST && find_closing(newest, p, side) == NULL))
        return false;
    fitting = find_fitting(o, newest, p, side);
    behind = !fitting && newest->conn.response.record != 0 && is_behind(o, p, side);
    if (fitting)
        note_older(newest, fitting, p, side, taker != newest || !continues(newest, p, side, 0));
    newest->conn.overlaps |= is_doubtful(newest) || behind;
    if (o->proved || !newest->conn.overlaps || !(behind || (o->went_on[0] && o->went_on[1])))
        return false;
    o->proved = true;
    return true;
}
