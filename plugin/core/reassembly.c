/* SPDX-License-Identifier: GPL-2.0-or-later
 * reassembly.c - the steps in which a packet's payload is dealt with.
 * Not epan's fragment tables: vsock neither reorders nor repeats, dissectors must be offered what is there so
 * far (later on what it was then), and a PDU may turn out to end within a packet, for which
 * fragment_truncate() would be needed, which libwireshark does not export. */
#include "reassembly.h"

#include <limits.h>

/* Of vsock_reassembly: see there. To look for the end of a chunked body takes HTTP's dissector some 10 ms a
 * MiB. */
#define LOOKS_FREELY (UINT64_C(32) << 20)
#define LOOKS_MAX (UINT64_C(96) << 20)
#define SMALL (64 << 10)

/* A packet that is being taken. */
struct taking {
    struct vsock_reassembly *reassembly;
    const struct vsock_payload *packet;
    struct vsock_payload_side *side; /* its sender's */
    void *user;
};

/* ---- PDUs ---- */

const uint8_t *vsock_pdu_bytes(const struct vsock_pdu *pdu)
{
    return (const uint8_t *)wmem_array_get_raw(pdu->bytes) + pdu->start;
}

/* Of one that is open: the bytes behind are not those of another. */
static uint32_t captured_of(const struct vsock_pdu *pdu)
{
    return wmem_array_get_count(pdu->bytes) - pdu->start;
}

static struct vsock_segment *segment_of(const struct vsock_pdu *pdu, unsigned i)
{
    return (struct vsock_segment *)wmem_array_index(pdu->segments, i);
}

unsigned vsock_pdu_segments(const struct vsock_pdu *pdu, uint32_t captured,
                            const struct vsock_segment **first)
{
    unsigned count = 0;

    if (captured == 0)
        return 0;
    *first = segment_of(pdu, pdu->first_segment);
    while ((*first)[count].end - pdu->start < captured)
        count++;
    return count + 1;
}

/* Appends `length` bytes of the packet from `at` on, of which some may not have been captured. */
static void append(struct vsock_pdu *pdu, const struct vsock_payload *packet, uint32_t at, uint32_t length)
{
    uint32_t captured = MIN(packet->captured - at, length);
    unsigned count = wmem_array_get_count(pdu->segments);

    if (!pdu->broken && captured > 0) {
        struct vsock_segment segment = {packet->frame, wmem_array_get_count(pdu->bytes) + captured};

        wmem_array_append(pdu->bytes, packet->bytes + at, captured);
        if (count > 0 && segment_of(pdu, count - 1)->frame == packet->frame)
            *segment_of(pdu, count - 1) = segment;
        else
            wmem_array_append_one(pdu->segments, segment);
    }
    pdu->length += length;
    pdu->broken |= captured < length;
}

/* One that begins with `length` bytes of the packet, from `at` on. */
static struct vsock_pdu *new_pdu(const struct taking *t, uint32_t at, uint32_t length)
{
    struct vsock_pdu *pdu = wmem_new0(t->reassembly->scope, struct vsock_pdu);

    pdu->message = t->reassembly->seqpacket;
    pdu->sender = t->packet->sender;
    pdu->offset = t->packet->offset + at;
    pdu->wanted = VSOCK_WANTED_ANY;
    pdu->bytes = wmem_array_sized_new(t->reassembly->scope, 1, 64);
    pdu->segments = wmem_array_sized_new(t->reassembly->scope, sizeof(struct vsock_segment), 2);
    append(pdu, t->packet, at, length);
    return pdu;
}

static void move_to_own_arrays(struct vsock_pdu *pdu, wmem_allocator_t *scope)
{
    uint32_t captured = captured_of(pdu);
    const uint8_t *bytes = vsock_pdu_bytes(pdu);
    const struct vsock_segment *segments;
    unsigned count = vsock_pdu_segments(pdu, captured, &segments);

    pdu->bytes = wmem_array_sized_new(scope, 1, MAX(captured, 64));
    pdu->segments = wmem_array_sized_new(scope, sizeof(struct vsock_segment), MAX(count, 2));
    wmem_array_append(pdu->bytes, bytes, captured);
    for (unsigned i = 0; i < count; i++) {
        struct vsock_segment segment = {segments[i].frame, segments[i].end - pdu->start};

        wmem_array_append_one(pdu->segments, segment);
    }
    pdu->start = pdu->first_segment = 0;
}

/* The PDU of the bytes from `at` on, which a dissector has left over. The old one stays as it was. They share
 * their bytes, unless fewer would have to be copied than are left behind: so no byte is copied twice. */
static struct vsock_pdu *split(const struct taking *t, const struct vsock_pdu *pdu, uint32_t at)
{
    struct vsock_pdu *tail = wmem_new(t->reassembly->scope, struct vsock_pdu);

    *tail = *pdu;
    tail->offset += at;
    tail->length -= at;
    tail->offered_at = tail->length / (t->reassembly->looks->bytes > t->reassembly->looks->most ? 1 : 16) > at
                           ? tail->length
                           : 0;
    tail->reassembled_in = 0;
    tail->start += at;
    while (segment_of(tail, tail->first_segment)->end <= tail->start)
        tail->first_segment++;
    if (tail->start > MIN(tail->length, VSOCK_REASSEMBLY_LIMIT_MAX / 2))
        move_to_own_arrays(tail, t->reassembly->scope);
    return tail;
}

/* ---- steps ---- */

static struct vsock_payload_answer take(const struct taking *t, struct vsock_payload_step step)
{
    if (step.pdu) {
        step.captured = captured_of(step.pdu);
        step.reported = MAX(step.reported, step.captured);
        step.dissected = step.captured;
    }
    /* cppcheck-suppress returnDanglingLifetime ; an answer has no pointers */
    return t->reassembly->take(t->user, &step);
}

struct vsock_payload_step vsock_payload_hand_over(const struct vsock_reassembly *r,
                                                  const struct vsock_payload *packet, uint32_t at)
{
    return (struct vsock_payload_step){
        .action = VSOCK_ACT_HAND_OVER,
        .offset = at,
        .length = packet->captured - at,
        .dissected = packet->captured - at,
        .may_ask = r && r->may_join && !r->seqpacket && packet->captured == packet->length,
    };
}

/* `length` bytes of the packet, from `at` on, are part of its sender's open PDU now. */
static void take_added(const struct taking *t, uint32_t at, uint32_t length)
{
    const struct vsock_pdu *pdu = t->side->open;

    take(t, (struct vsock_payload_step){.action = pdu->undecided ? VSOCK_ACT_ADD_UNDECIDED : VSOCK_ACT_ADD,
                                        .offset = at,
                                        .length = length,
                                        .pdu = pdu});
}

static void note_answer(const struct taking *t, struct vsock_payload_answer a)
{
    struct vsock_payload_side *side = t->side;

    side->taken |= a.taken;
    if (side->taken || vsock_payload_is_rejected(side))
        return;
    side->rejected++;
    side->decided |= vsock_payload_is_rejected(side);
    side->rejected_in = t->packet->frame;
}

/* A message is whole, or nobody ever received it; only the capture may lack its end. And in a packet of the
 * other side that has payload of its own, a response would be taken for the answer to the request there. */
static bool is_dissectable(const struct vsock_payload *packet, const struct vsock_pdu *pdu,
                           enum vsock_pdu_ending ending)
{
    if (captured_of(pdu) == 0 || (pdu->sender != packet->sender && packet->captured > 0))
        return false;
    return !pdu->message || ending == VSOCK_PDU_WHOLE || ending == VSOCK_PDU_CUT || ending == VSOCK_PDU_LIMIT;
}

/* How long an ended PDU is. What a snaplen cut is said to be so by Wireshark itself; what else is missing is
 * not. */
static uint32_t reported_length(const struct vsock_pdu *pdu, enum vsock_pdu_ending ending)
{
    uint64_t length = pdu->length;

    if (!pdu->message && ending == VSOCK_PDU_CUT && VSOCK_WANTED_IS_KNOWN(pdu->wanted))
        length = pdu->wanted;
    return (uint32_t)MIN(length, INT_MAX);
}

/* Ends the open PDU of a side, in a packet of which `length` bytes at `at` belong to it. */
static void end_pdu(const struct taking *t, struct vsock_payload_side *side, enum vsock_pdu_ending ending,
                    uint32_t at, uint32_t length)
{
    struct vsock_pdu *pdu = side->open;
    bool dissectable;

    side->open = NULL;
    if (!pdu || pdu->undecided)
        return;
    if (ending == VSOCK_PDU_ENDED && pdu->wanted == VSOCK_WANTED_UNTIL_END)
        ending = VSOCK_PDU_WHOLE;
    dissectable = is_dissectable(t->packet, pdu, ending);
    if (dissectable)
        pdu->reassembled_in = t->packet->frame;
    take(t, (struct vsock_payload_step){.action = VSOCK_ACT_END,
                                        .ending = ending,
                                        .offset = at,
                                        .length = length,
                                        .pdu = pdu,
                                        .reported = reported_length(pdu, ending),
                                        .dissectable = dissectable});
}

/* ---- a STREAM ---- */

/* The open PDU is too large: the rest of it is data, as far as it goes. */
static void end_at_limit(const struct taking *t, uint32_t at, uint32_t length)
{
    const struct vsock_pdu *pdu = t->side->open;

    if (VSOCK_WANTED_IS_KNOWN(pdu->wanted))
        t->side->skip = pdu->wanted - pdu->length;
    else if (pdu->wanted == VSOCK_WANTED_UNTIL_END)
        t->side->skip = UINT64_MAX;
    end_pdu(t, t->side, VSOCK_PDU_LIMIT, at, length);
}

/* Makes `pdu`, of which a dissector wants more, the open one; or has it dissected as it is if that is too
 * much. `length` bytes of it are the packet's, from `at` on. Is it open? */
static bool keep_open(const struct taking *t, struct vsock_pdu *pdu, uint32_t more, uint32_t at,
                      uint32_t length)
{
    if (more == VSOCK_MORE_ANY)
        pdu->wanted = VSOCK_WANTED_ANY;
    else if (more == VSOCK_MORE_UNTIL_END)
        pdu->wanted = VSOCK_WANTED_UNTIL_END;
    else
        pdu->wanted = pdu->length + more;
    pdu->undecided = false;
    t->side->open = pdu;
    if ((VSOCK_WANTED_IS_KNOWN(pdu->wanted) ? pdu->wanted : pdu->length) <= t->reassembly->limit)
        return true;
    end_at_limit(t, at, length);
    return false;
}

/* What comes is another protocol's than what came before. */
static void begin_anew(struct vsock_payload_side *side)
{
    if (vsock_payload_is_rejected(side)) /* which stays so: later passes go by when it began */
        return;
    side->decided = side->taken = false;
    side->rejected = 0;
}

/* The packet's bytes from `at` on go to a dissector. Returns how many of them are left for another. */
static uint32_t begin_at(const struct taking *t, uint32_t at)
{
    struct vsock_payload_side *side = t->side;
    struct vsock_payload_step step = vsock_payload_hand_over(t->reassembly, t->packet, at);
    uint32_t rest = step.length;
    struct vsock_payload_answer a = take(t, step);
    bool prefix = a.prefix;

    if (a.anew)
        begin_anew(side);
    note_answer(t, a);
    if (!a.taken && !side->decided && step.may_ask && !a.again && rest < VSOCK_UNDECIDED_MAX) {
        side->open = new_pdu(t, at, rest);
        side->open->undecided = true;
        take_added(t, at, rest);
        return 0;
    }
    side->decided = true;
    side->skip = a.skip;
    if (prefix)
        begin_anew(side);
    if (a.again)
        return rest - MIN(a.offset, rest);
    if (a.taken && step.may_ask && a.more > 0 && a.offset < rest) {
        at += a.offset;
        rest -= a.offset;
        if (keep_open(t, new_pdu(t, at, rest), a.more, at, rest))
            take_added(t, at, rest);
    }
    return 0;
}

/* Nothing is open: the rest of the packet, from `at` on, goes to a dissector; or to several. */
static void begin(const struct taking *t, uint32_t at)
{
    for (uint32_t left = begin_at(t, at); left > 0;)
        left = begin_at(t, t->packet->captured - left);
}

/* Is it time to offer a PDU again? likely: it may be whole. */
static bool is_time_to_offer(const struct vsock_reassembly *r, const struct vsock_pdu *pdu, bool likely)
{
    uint64_t grown = pdu->length - pdu->offered_at, looked = r->looks->bytes;

    if (grown >= pdu->offered_at)
        return true;
    if (looked > r->looks->most)
        return false;
    return likely || grown >= pdu->offered_at / 4 ||
           (looked <= r->looks->freely && pdu->length <= r->looks->small);
}

/* What a dissector has left over of a PDU, of which the packet's last `length` bytes up to `end` are part: it
 * wants `more` behind it, or it is another's: returns how many of those bytes are to be offered at once. */
static uint32_t keep_tail(const struct taking *t, const struct vsock_pdu *pdu,
                          const struct vsock_payload_answer *a, uint32_t end, uint32_t length)
{
    uint32_t tail = (uint32_t)pdu->length - a->offset, own = MIN(tail, length);
    struct vsock_pdu *rest = split(t, pdu, a->offset);

    if (a->again) {
        rest->wanted = VSOCK_WANTED_ANY;
        rest->undecided = a->prefix;
        t->side->open = rest;
        return own;
    }
    if (keep_open(t, rest, a->more, end - own, own))
        take_added(t, end - own, own);
    return 0;
}

/* The open PDU has all that was asked for: who asked gets it. `length` bytes at `at` have just been added.
 * While a dissector has it, it is not open: what that throws may end this packet's dissection. Returns how
 * many of the bytes are to be offered anew. */
static uint32_t offer_once(const struct taking *t, uint32_t at, uint32_t length)
{
    struct vsock_payload_side *side = t->side;
    struct vsock_pdu *pdu = side->open;
    struct vsock_payload_answer a;

    side->open = NULL;
    t->reassembly->looks->bytes += pdu->length;
    pdu->offered_at = pdu->length;
    a = take(t, (struct vsock_payload_step){
                    .action = VSOCK_ACT_OFFER, .offset = at, .length = length, .pdu = pdu, .may_ask = true});
    if (a.anew)
        begin_anew(side);
    pdu->undecided |= a.anew;
    note_answer(t, a);
    if (!a.taken && pdu->undecided && !a.again && pdu->length < VSOCK_UNDECIDED_MAX) {
        side->open = pdu;
        return 0;
    }
    side->decided = true;
    if (a.prefix)
        begin_anew(side);
    if (!a.taken && !a.again)
        return 0;
    if (a.more > 0 && a.offset == 0 && !a.again) {
        keep_open(t, pdu, a.more, at, length);
        return 0;
    }
    pdu->reassembled_in = t->packet->frame;
    side->skip = a.skip;
    if ((a.again || a.more > 0) && a.offset < pdu->length)
        return keep_tail(t, pdu, &a, at + length, length);
    return 0;
}

/* It goes to a dissector; or to several. */
static void offer(const struct taking *t, uint32_t at, uint32_t length)
{
    for (uint32_t left = offer_once(t, at, length); left > 0;)
        left = offer_once(t, at + length - left, left);
}

/* Adds to the open PDU what it lacks, from `at` on; returns how much that was. */
static uint32_t go_on(const struct taking *t, uint32_t at)
{
    struct vsock_pdu *pdu = t->side->open;
    uint32_t length = t->packet->captured - at, length_before = t->side->last_added;
    bool enough = pdu->wanted == VSOCK_WANTED_ANY, named = VSOCK_WANTED_IS_KNOWN(pdu->wanted);

    if (named) {
        length = (uint32_t)MIN(pdu->wanted - pdu->length, length);
        enough = pdu->length + length == pdu->wanted;
    }
    append(pdu, t->packet, at, length);
    t->side->last_added = length;
    if (enough && is_time_to_offer(t->reassembly, pdu, named || length < length_before)) {
        offer(t, at, length);
        return length;
    }
    if (enough)
        pdu->wanted = VSOCK_WANTED_ANY;
    if (!VSOCK_WANTED_IS_KNOWN(pdu->wanted) && pdu->length > t->reassembly->limit)
        end_at_limit(t, at, length);
    else
        take_added(t, at, length);
    return length;
}

static uint32_t skip(const struct taking *t, uint32_t at)
{
    uint32_t length = (uint32_t)MIN(t->side->skip, t->packet->captured - at);

    t->side->skip -= length;
    take(t, (struct vsock_payload_step){.action = VSOCK_ACT_SKIP, .offset = at, .length = length});
    return length;
}

static void take_bytes(const struct taking *t)
{
    const struct vsock_payload *p = t->packet;
    struct vsock_payload_side *side = t->side;
    uint32_t at = 0;

    while (at < p->captured) {
        if (side->skip > 0) {
            at += skip(t, at);
        } else if (side->open) {
            at += go_on(t, at);
        } else {
            begin(t, at);
            break;
        }
    }
    if (p->captured < p->length) {
        end_pdu(t, side, VSOCK_PDU_CUT, 0, 0);
        side->skip -= MIN(side->skip, p->length - p->captured);
    }
}

/* ---- a SEQPACKET ---- */

/* A packet that is part of a message. */
static void take_fragment(const struct taking *t)
{
    const struct vsock_payload *p = t->packet;
    struct vsock_payload_side *side = t->side;
    enum vsock_pdu_ending ending;

    if (side->open)
        append(side->open, p, 0, p->length);
    else
        side->open = new_pdu(t, 0, p->length);
    if (side->open->length > t->reassembly->limit && side->synced) {
        side->skip = p->end_of_message ? 0 : UINT64_MAX;
        end_pdu(t, side, VSOCK_PDU_LIMIT, 0, p->length); /* here and now, since its end may never come */
        return;
    }
    side->open->broken |= side->open->length > t->reassembly->limit; /* it is not going to be dissected */
    if (!p->end_of_message) {
        take_added(t, 0, p->length);
        return;
    }
    ending = side->open->broken ? VSOCK_PDU_CUT : VSOCK_PDU_WHOLE;
    end_pdu(t, side, side->synced ? ending : VSOCK_PDU_NO_BEGINNING, 0, p->length);
    side->synced = true;
}

/* ---- a packet ---- */

static void take_payload(const struct taking *t)
{
    const struct vsock_payload *p = t->packet;
    struct vsock_payload_side *side = t->side;

    if (!t->reassembly->seqpacket) {
        take_bytes(t);
    } else if (side->skip > 0) { /* of a message that was too large */
        skip(t, 0);
        if (p->end_of_message)
            side->skip = 0;
    } else if (side->open || !p->end_of_message || !side->synced) {
        take_fragment(t);
    } else if (p->captured > 0) { /* the packet is a message */
        note_answer(t, take(t, vsock_payload_hand_over(t->reassembly, p, 0)));
    }
}

/* Of what a side has sent before this packet, something is known to be missing. */
static void end_at_gap(const struct taking *t, struct vsock_payload_side *side)
{
    end_pdu(t, side, VSOCK_PDU_GAP, 0, 0);
    side->skip = 0;
}

void vsock_reassembly_take(struct vsock_reassembly *r, const struct vsock_payload *p, void *user)
{
    struct vsock_payload_side *sender = &r->side[p->sender], *receiver = &r->side[p->sender ^ 1];
    struct taking t = {r, p, sender, user};

    if (p->receiver_gap) /* what comes next begins a message: the receiver has consumed whole ones */
        end_at_gap(&t, receiver);
    if (p->sender_gap) {
        end_at_gap(&t, sender);
        sender->synced = false;
    }
    if (p->in_stream)
        take_payload(&t);
    if (p->ends_sender)
        end_pdu(&t, sender, VSOCK_PDU_ENDED, 0, 0);
    if (p->ends_receiver)
        end_pdu(&t, receiver, VSOCK_PDU_ENDED, 0, 0);
}

struct vsock_looks vsock_looks_start(void)
{
    return (struct vsock_looks){.freely = LOOKS_FREELY, .most = LOOKS_MAX, .small = SMALL};
}

struct vsock_reassembly vsock_reassembly_start(wmem_allocator_t *scope, struct vsock_looks *looks,
                                               vsock_payload_take taker, uint64_t limit, bool seqpacket,
                                               bool may_join, bool from_beginning)
{
    struct vsock_payload_side side = {.synced = from_beginning, .decided = !from_beginning};

    return (struct vsock_reassembly){.scope = scope,
                                     .looks = looks,
                                     .take = taker,
                                     .limit = (uint32_t)MIN(limit, VSOCK_REASSEMBLY_LIMIT_MAX),
                                     .seqpacket = seqpacket,
                                     .may_join = may_join,
                                     .side = {side, side}};
}
