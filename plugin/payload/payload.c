/* SPDX-License-Identifier: GPL-2.0-or-later
 * payload.c - the steps in which a packet's payload is dealt with.
 * The first pass decides on them, takes them, and keeps those of a packet that is not simply handed over;
 * later passes take the same steps again, in whatever order the packets come: an offer that a dissector was
 * made on the first pass is made again with the same bytes, so that it shows the same. */
#include "compat.h"

#include "payload.h"

#include <epan/conversation.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>

#include "dissect/builtin.h"
#include "handoff.h"
#include "payload_step.h"
#include "pdu.h"

/* A stream's first bytes are kept, for heuristics that cannot decide on fewer. */
#define UNDECIDED_MAX 64

/* A PDU that grows packet by packet is looked at from its beginning each time, which would cost the square of
 * its length. So beyond the first of these numbers of bytes, each look counted, it is offered when it has
 * grown by a sixteenth or a shorter packet may end it; beyond the second, only when it has grown. That goes
 * for a dissector that names a number, too: it may always want one byte more. */
#define OFFERED_FREELY (UINT64_C(256) << 20)
#define OFFERED_MAX (UINT64_C(1) << 30)

/* Above what the preference may say, lengths would not fit epan's. */
#define LIMIT_KIB_MAX (1u << 20)

/* Packets of a direction whose contents heuristics look at in vain, before it is taken to be nobody's: their
 * number is what a packet costs most for. */
#define REJECTED_MAX 16

static compat_bool desegment = true;
static unsigned limit_kib = 16384;

/* What one side of a connection is in the middle of, on the first pass. */
struct direction {
    struct vsock_pdu *open;
    uint64_t skip;   /* bytes to come of a PDU that was too large; of a message: not 0 until its EOM */
    bool decided;    /* a dissector took some, or its first bytes were nobody's */
    bool held;       /* `open` is the first bytes of an undecided direction */
    bool synced;     /* SEQPACKET: the next packet is a message's first */
    uint32_t length; /* bytes that the last packet added to `open` */

    bool taken;                   /* some of it, once */
    uint32_t rejected;            /* times that nobody took any, until then */
    enum vsock_interest interest; /* after that, and on later passes */
};

/* Of a connection: its conversation's data for our protocol. */
struct payload_state {
    struct direction direction[2];
    /* The dissector that had been chosen for the rest of the connection when a frame was first seen, by the
     * first frame it was so for. epan answers with what is chosen now, for frames before as well. */
    wmem_tree_t *chosen;
    dissector_handle_t last_chosen;

    /* The last packet that was decided on, and its steps; NULL where it is simple. */
    const struct vsock_record *last_record;
    wmem_array_t *last_steps;
};

void vsock_payload_register_preferences(module_t *preferences)
{
    prefs_register_bool_preference(preferences, "desegment_streams", "Reassemble streams",
                                   "Join the payload of packets where a dissector needs more than one. "
                                   "SEQPACKET messages are always joined",
                                   &desegment);
    prefs_register_uint_preference(
        preferences, "reassembly_limit", "Reassembly limit (KiB)",
        "The largest PDU or message to reassemble, in KiB; what is larger is dissected as "
        "far as it goes",
        10, &limit_kib);
}

tvbuff_t *vsock_payload_tvb(tvbuff_t *tvb, const struct vsock_packet *p, const struct vsock_record *record)
{
    uint32_t start = p->payload_offset + vsock_record_payload_skip(record);

    if (p->payload_length == 0 || p->captured <= start)
        return NULL;
    return tvb_new_subset_length_caplen(tvb, (int)start, (int)MIN(p->payload_length, p->captured - start),
                                        (int)MIN(p->payload_length, INT_MAX));
}

/* ---- deciding on a packet's steps: the first pass ---- */

/* A packet on the first pass. */
struct first_pass {
    struct vsock_payload_context *context;
    struct direction *direction; /* its sender's */
    wmem_array_t *steps;         /* that were taken */
};

static struct vsock_payload_answer step(struct first_pass *f, struct vsock_payload_step next)
{
    if (next.pdu)
        next.kept = vsock_pdu_kept(next.pdu);
    wmem_array_append_one(f->steps, next);
    return vsock_payload_take(f->context, &next);
}

/* A message is whole, or nobody ever received it; only the capture may lack its end. And in a packet of the
 * other side that has payload of its own, a response would be taken for the answer to the request there. */
static bool is_worth_dissecting(const struct vsock_payload_context *c, const struct vsock_pdu *pdu,
                                enum vsock_pdu_ending ending)
{
    if (vsock_pdu_kept(pdu) == 0 || (pdu->sender != c->record->sender && c->captured > 0))
        return false;
    return !pdu->message || ending == END_WHOLE || ending == END_CUT || ending == END_LIMIT;
}

/* Ends the open PDU of a direction, in a packet of which `length` bytes at `offset` belong to it. */
static void end_pdu(struct first_pass *f, struct direction *d, enum vsock_pdu_ending ending, uint32_t offset,
                    uint32_t length)
{
    struct vsock_pdu *pdu = d->open;
    bool held = d->held, worth;

    d->open = NULL;
    d->held = false;
    if (!pdu || held)
        return;
    if (ending == END_ENDED && pdu->wanted == VSOCK_PDU_UNTIL_END)
        ending = END_WHOLE;
    worth = is_worth_dissecting(f->context, pdu, ending);
    if (worth)
        pdu->reassembled_in = f->context->pinfo->num;
    step(f, (struct vsock_payload_step){.action = ACT_END,
                                        .ending = ending,
                                        .offset = offset,
                                        .length = length,
                                        .pdu = pdu,
                                        .worth = worth});
}

static uint64_t limit(void)
{
    return (uint64_t)MIN(limit_kib, LIMIT_KIB_MAX) << 10;
}

/* The open PDU is too large: the rest of it is nobody's, as far as it goes. */
static void end_at_limit(struct first_pass *f, uint32_t offset, uint32_t length)
{
    struct direction *d = f->direction;
    const struct vsock_pdu *pdu = d->open;

    if (VSOCK_PDU_IS_KNOWN(pdu->wanted))
        d->skip = pdu->wanted - pdu->length;
    else if (pdu->wanted == VSOCK_PDU_UNTIL_END)
        d->skip = UINT64_MAX;
    end_pdu(f, d, END_LIMIT, offset, length);
}

/* Makes `pdu`, of which a dissector wants more, the open one; or dissects it as it is if that is too much. */
static void keep_open(struct first_pass *f, struct vsock_pdu *pdu, uint32_t more, uint32_t offset,
                      uint32_t length)
{
    struct direction *d = f->direction;

    if (more == DESEGMENT_ONE_MORE_SEGMENT)
        pdu->wanted = VSOCK_PDU_ANY_MORE;
    else if (more == DESEGMENT_UNTIL_FIN)
        pdu->wanted = VSOCK_PDU_UNTIL_END;
    else
        pdu->wanted = pdu->length + more;
    d->open = pdu;
    d->held = false;
    if (VSOCK_PDU_IS_KNOWN(pdu->wanted) ? pdu->wanted <= limit() : pdu->length <= limit())
        return;
    end_at_limit(f, offset, length);
}

/* A PDU that begins at byte `at` of the packet. */
static struct vsock_pdu *new_pdu(const struct vsock_payload_context *c, uint32_t at, bool message)
{
    return vsock_pdu_new(c->record->sender, message, vsock_payload_offset(c->record) + at);
}

static struct vsock_pdu *new_pdu_of_rest(const struct vsock_payload_context *c, uint32_t at)
{
    struct vsock_pdu *pdu = new_pdu(c, at, false);

    vsock_pdu_append(pdu, c->tvb, at, c->captured - at, c->record->frame);
    return pdu;
}

static void note_answer(const struct first_pass *f, struct vsock_payload_answer a)
{
    const struct vsock_packet *p = f->context->packet;
    struct direction *d = f->direction;

    d->taken |= a.taken;
    if (d->taken || ++d->rejected != REJECTED_MAX)
        return;
    d->decided = true;
    d->interest = vsock_has_port_dissector(p->mon.src_port, p->mon.dst_port) ? VSOCK_INTEREST_PORTS
                                                                             : VSOCK_INTEREST_NONE;
}

/* Nothing is open: the rest of the packet, from `at` on, goes to a dissector. */
static void begin(struct first_pass *f, uint32_t at)
{
    const struct vsock_payload_context *c = f->context;
    struct direction *d = f->direction;
    uint32_t rest = c->captured - at;
    struct vsock_payload_answer a =
        step(f, (struct vsock_payload_step){.action = ACT_HAND_OVER, .offset = at, .length = rest});

    note_answer(f, a);
    if (!a.taken && !d->decided && c->may_ask && !c->cut && rest < UNDECIDED_MAX) {
        d->open = new_pdu_of_rest(c, at);
        d->held = true;
        step(f,
             (struct vsock_payload_step){.action = ACT_HOLD, .offset = at, .length = rest, .pdu = d->open});
    } else {
        d->decided = true;
    }
    if (a.taken && a.more > 0 && a.offset < rest) {
        struct vsock_pdu *pdu = new_pdu_of_rest(c, at + a.offset);

        keep_open(f, pdu, a.more, at + a.offset, rest - a.offset);
        if (d->open)
            step(f, (struct vsock_payload_step){
                        .action = ACT_ADD, .offset = at + a.offset, .length = rest - a.offset, .pdu = pdu});
    }
}

/* Is it time to offer the open PDU again, to which `length` bytes have just been added? */
static bool is_time_to_offer(const struct vsock_pdu *pdu, uint32_t length, uint32_t length_before)
{
    bool grown = pdu->length - pdu->offered_at >= pdu->offered_at / 16;

    if (pdu->offered <= OFFERED_FREELY)
        return true;
    return grown || (length < length_before && pdu->offered <= OFFERED_MAX);
}

/* The open PDU has all that was asked for: who asked gets it. `length` bytes at `at` have just been added.
 * While a dissector has it, it is not open: what that throws may end this packet's dissection. */
static void offer(struct first_pass *f, uint32_t at, uint32_t length)
{
    struct direction *d = f->direction;
    struct vsock_pdu *pdu = d->open;
    bool held = d->held;
    struct vsock_payload_answer a;

    d->open = NULL;
    d->held = false;
    pdu->offered += pdu->length;
    pdu->offered_at = pdu->length;
    a = step(f, (struct vsock_payload_step){.action = ACT_OFFER, .offset = at, .length = length, .pdu = pdu});
    note_answer(f, a);
    if (a.taken && a.more > 0 && a.offset == 0) {
        d->decided = true;
        keep_open(f, pdu, a.more, at, length);
        return;
    }
    if (!a.taken && held && pdu->length < UNDECIDED_MAX) {
        d->open = pdu;
        d->held = true;
        return;
    }
    d->decided = true;
    if (a.taken)
        pdu->reassembled_in = f->context->pinfo->num;
    if (a.taken && a.more > 0 && a.offset < pdu->length) {
        uint32_t tail = (uint32_t)pdu->length - a.offset, own = MIN(tail, length);

        pdu = vsock_pdu_split(pdu, a.offset);
        keep_open(f, pdu, a.more, at + length - own, own);
        if (d->open)
            step(f, (struct vsock_payload_step){
                        .action = ACT_ADD, .offset = at + length - own, .length = own, .pdu = pdu});
    }
}

/* Adds to the open PDU what it lacks, from `at` on; returns how much that was. */
static uint32_t go_on(struct first_pass *f, uint32_t at)
{
    struct vsock_payload_context *c = f->context;
    struct vsock_pdu *pdu = f->direction->open;
    uint32_t length = c->captured - at, length_before = f->direction->length;
    bool enough = pdu->wanted == VSOCK_PDU_ANY_MORE;

    if (VSOCK_PDU_IS_KNOWN(pdu->wanted)) {
        length = (uint32_t)MIN(pdu->wanted - pdu->length, length);
        enough = pdu->length + length == pdu->wanted;
    }
    vsock_pdu_append(pdu, c->tvb, at, length, c->record->frame);
    f->direction->length = length;
    if (enough && is_time_to_offer(pdu, length, length_before)) {
        offer(f, at, length);
        return length;
    }
    if (enough)
        pdu->wanted = VSOCK_PDU_ANY_MORE;
    if (!VSOCK_PDU_IS_KNOWN(pdu->wanted) && pdu->length > limit())
        end_at_limit(f, at, length);
    else
        step(f, (struct vsock_payload_step){.action = ACT_ADD, .offset = at, .length = length, .pdu = pdu});
    return length;
}

static uint32_t skip(struct first_pass *f, uint32_t at)
{
    struct direction *d = f->direction;
    uint32_t length = (uint32_t)MIN(d->skip, f->context->captured - at);

    d->skip -= length;
    step(f, (struct vsock_payload_step){.action = ACT_SKIP, .offset = at, .length = length});
    return length;
}

/* An RW of a STREAM. */
static void take_bytes(struct first_pass *f)
{
    struct vsock_payload_context *c = f->context;
    struct direction *d = f->direction;
    uint32_t at = 0;

    while (at < c->captured) {
        if (d->skip > 0) {
            at += skip(f, at);
        } else if (d->open) {
            at += go_on(f, at);
        } else {
            begin(f, at);
            break;
        }
    }
    if (c->cut) {
        end_pdu(f, d, END_CUT, 0, 0);
        d->skip -= MIN(d->skip, c->packet->virtio.len - c->captured);
    }
}

/* The open message is too large. What is there of it is dissected here and now, since its end may never come.
 */
static void end_message_at_limit(struct first_pass *f, uint32_t length, bool last)
{
    if (!last)
        f->direction->skip = UINT64_MAX;
    end_pdu(f, f->direction, END_LIMIT, 0, length);
}

/* The rest of a message that was too large, up to its EOM. */
static void skip_fragment(struct first_pass *f, bool last)
{
    step(f, (struct vsock_payload_step){.action = ACT_SKIP, .length = f->context->captured});
    if (last)
        f->direction->skip = 0;
}

/* An RW of a SEQPACKET: a message, or a part of one. */
static void take_fragment(struct first_pass *f)
{
    struct vsock_payload_context *c = f->context;
    struct direction *d = f->direction;
    uint32_t length = c->packet->virtio.len; /* the record may lack some of it */
    bool last = (c->packet->virtio.flags & VSOCK_SEQ_EOM) != 0;

    if (d->skip > 0) {
        skip_fragment(f, last);
        return;
    }
    if (!d->open && last && d->synced) {
        if (c->captured > 0)
            note_answer(f, step(f, (struct vsock_payload_step){.action = ACT_HAND_OVER, .length = length}));
        return;
    }
    if (!d->open)
        d->open = new_pdu(c, 0, true);
    vsock_pdu_append(d->open, c->tvb, 0, length, c->record->frame);
    if (d->open->length > limit() && d->synced) {
        end_message_at_limit(f, length, last);
        return;
    }
    if (d->open->length > limit()) /* it is not going to be dissected */
        d->open->broken = true;
    if (!last) {
        step(f, (struct vsock_payload_step){.action = ACT_ADD, .length = length, .pdu = d->open});
        return;
    }
    if (!d->synced)
        end_pdu(f, d, END_NO_BEGINNING, 0, length);
    else if (d->open->broken)
        end_pdu(f, d, END_CUT, 0, length);
    else
        end_pdu(f, d, END_WHOLE, 0, length);
    d->synced = true;
}

/* ---- a packet ---- */

static struct payload_state *find_state(const struct vsock_record *r)
{
    return (struct payload_state *)conversation_get_proto_data(r->stream->conversation, proto_vsock);
}

static struct payload_state *get_state(const struct vsock_record *r)
{
    struct payload_state *state = find_state(r);

    if (state)
        return state;
    state = wmem_new0(wmem_file_scope(), struct payload_state);
    for (int side = 0; side < 2; side++) {
        state->direction[side].synced = r->stream->conn.exact;
        state->direction[side].decided = !r->stream->conn.exact; /* these are not its first bytes */
    }
    conversation_add_proto_data(r->stream->conversation, proto_vsock, state);
    return state;
}

static dissector_handle_t find_chosen(struct payload_state *state, const struct vsock_record *r,
                                      bool first_pass)
{
    dissector_handle_t handle;

    if (!first_pass)
        return state->chosen ? (dissector_handle_t)wmem_tree_lookup32_le(state->chosen, r->frame) : NULL;
    handle = conversation_get_dissector(r->stream->conversation, r->frame);
    if (handle != state->last_chosen) {
        if (!state->chosen)
            state->chosen = wmem_tree_new(wmem_file_scope());
        wmem_tree_insert32(state->chosen, r->frame, handle);
        state->last_chosen = handle;
    }
    return handle;
}

/* Is this an RW whose payload is part of its connection's? */
static bool has_payload(const struct vsock_packet *p, const struct vsock_record *r)
{
    return r->counted && (p->payload_length > 0 || p->virtio.type == VSOCK_TYPE_SEQPACKET);
}

static bool shows_gap(const struct vsock_record *r)
{
    return (vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_UNSEEN_DATA)) != 0;
}

static bool ends_sender(const struct vsock_packet *p, const struct vsock_record *r)
{
    return (p->virtio.op == VSOCK_OP_SHUTDOWN && p->virtio.flags & VSOCK_SHUTDOWN_SEND) ||
           (r->rst_kind != VSOCK_RST_NONE && r->rst_kind != VSOCK_RST_FOREIGN_TYPE);
}

/* Of what a side has sent before this packet, something is known to be missing. */
static void end_at_gap(struct first_pass *f, struct direction *d)
{
    end_pdu(f, d, END_GAP, 0, 0);
    d->skip = 0;
}

static void decide(struct vsock_payload_context *c, struct payload_state *state, wmem_array_t *steps)
{
    const struct vsock_record *r = c->record;
    struct direction *sender = &state->direction[r->sender], *receiver = &state->direction[r->sender ^ 1];
    struct first_pass f = {c, sender, steps};

    if (shows_gap(r)) /* what comes next begins a message: the receiver has consumed whole ones */
        end_at_gap(&f, receiver);
    if (r->rare && r->rare->part_missing) {
        end_at_gap(&f, sender);
        sender->synced = false;
    }
    if (has_payload(c->packet, r)) {
        if (c->packet->virtio.type == VSOCK_TYPE_SEQPACKET)
            take_fragment(&f);
        else
            take_bytes(&f);
    }
    if (ends_sender(c->packet, r))
        end_pdu(&f, sender, END_ENDED, 0, 0);
    if (ends_sender(c->packet, r) && c->packet->virtio.op == VSOCK_OP_RST)
        end_pdu(&f, receiver, END_ENDED, 0, 0);
}

/* A packet whose payload simply went to a dissector needs no memory for it. */
static bool is_simple(wmem_array_t *steps, const struct vsock_payload_context *c)
{
    const struct vsock_payload_step *first;

    if (wmem_array_get_count(steps) != 1)
        return wmem_array_get_count(steps) == 0 && !has_payload(c->packet, c->record);
    first = (const struct vsock_payload_step *)wmem_array_index(steps, 0);
    return first->action == ACT_HAND_OVER && first->offset == 0;
}

static wmem_array_t *new_steps(wmem_allocator_t *scope)
{
    return wmem_array_new(scope, sizeof(struct vsock_payload_step));
}

/* For later passes; and for the first, should epan dissect the packet on it again. */
static void keep_steps(struct vsock_payload_context *c, struct payload_state *state, wmem_array_t *steps)
{
    wmem_array_t *kept = NULL;

    if (!is_simple(steps, c)) {
        kept = new_steps(wmem_file_scope());
        wmem_array_append(kept, wmem_array_get_raw(steps), wmem_array_get_count(steps));
        p_add_proto_data(wmem_file_scope(), c->pinfo, proto_vsock, c->record->layer, kept);
    }
    state->last_record = c->record;
    state->last_steps = kept;
}

static void take_again(struct vsock_payload_context *c, wmem_array_t *steps)
{
    struct vsock_payload_step all = {.action = ACT_HAND_OVER, .length = c->captured};

    for (unsigned i = 0; steps && i < wmem_array_get_count(steps); i++)
        vsock_payload_take(c, (const struct vsock_payload_step *)wmem_array_index(steps, i));
    if (!steps && c->captured > 0 && has_payload(c->packet, c->record))
        vsock_payload_take(c, &all);
}

/* Whatever is thrown, what was decided is kept. */
static void take_on_first_pass(struct vsock_payload_context *c, struct payload_state *state)
{
    wmem_array_t *steps = new_steps(c->pinfo->pool);

    TRY
    {
        decide(c, state, steps);
    }
    FINALLY
    {
        keep_steps(c, state, steps);
    }
    ENDTRY;
}

/* Is it known without asking that nobody takes a packet's payload, and does the packet nothing else here? */
static bool is_nobodys(const struct vsock_payload_context *c, const struct payload_state *state)
{
    const struct vsock_record *r = c->record;
    const struct direction *d = &state->direction[r->sender];

    return d->interest == VSOCK_INTEREST_NONE && !c->chosen && !d->open && d->skip == 0 && !r->rare &&
           c->packet->virtio.op == VSOCK_OP_RW && c->packet->virtio.type == VSOCK_TYPE_STREAM && !c->cut;
}

static void take_nobodys(struct vsock_payload_context *c, struct payload_state *state)
{
    take_again(c, NULL);
    state->last_record = c->record;
    state->last_steps = NULL;
}

static void dissect_in_connection(struct vsock_payload_context *c)
{
    const struct vsock_record *r = c->record;
    struct payload_state *state = has_payload(c->packet, r) ? get_state(r) : find_state(r);
    bool is_first = !PINFO_FD_VISITED(c->pinfo);

    if (!state)
        return;
    c->chosen = find_chosen(state, r, is_first && state->last_record != r);
    c->interest[0] = state->direction[0].interest;
    c->interest[1] = state->direction[1].interest;
    if (is_first && state->last_record != r) {
        if (is_nobodys(c, state))
            take_nobodys(c, state);
        else
            take_on_first_pass(c, state);
        return;
    }
    if (is_first && state->last_steps) /* a read filter had it dissected, as another frame_data */
        p_add_proto_data(wmem_file_scope(), c->pinfo, proto_vsock, c->record->layer, state->last_steps);
    take_again(c,
               (wmem_array_t *)p_get_proto_data(wmem_file_scope(), c->pinfo, proto_vsock, c->record->layer));
}

/* May this packet's payload be joined with that of others, if a dissector asks for it? */
static bool may_join(const struct vsock_packet *p, const struct vsock_record *r)
{
    return r && p->virtio.type == VSOCK_TYPE_STREAM;
}

/* Is it worth a look? Most packets without payload are not. */
static bool concerns_payload(const struct vsock_packet *p, const struct vsock_record *r)
{
    if (!r) /* all that a transport without a header tells is that this is payload */
        return p->mon.op == VSOCKMON_OP_PAYLOAD && p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO &&
               p->payload_length > 0;
    return !r->copy && (has_payload(p, r) || shows_gap(r) || ends_sender(p, r));
}

enum vsock_payload_shown vsock_payload_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                               proto_tree *vsock_tree, proto_item *item,
                                               const struct vsock_packet *p,
                                               const struct vsock_record *record)
{
    struct vsock_payload_context c = {
        .pinfo = pinfo,
        .tree = tree,
        .vsock_tree = vsock_tree,
        .item = item,
        .record_tvb = tvb,
        .packet = p,
        .record = record,
        .may_ask = desegment && may_join(p, record),
        .whole = record && (desegment || !may_join(p, record)),
        .limit_kib = limit_kib,
    };
    struct vsock_payload_step all = {.action = ACT_HAND_OVER};

    if (!concerns_payload(p, record))
        return VSOCK_PAYLOAD_BYTES;
    c.tvb = vsock_payload_tvb(tvb, p, record);
    c.captured = c.tvb ? tvb_captured_length(c.tvb) : 0;
    c.cut = c.captured < (record ? p->virtio.len : p->payload_length);
    vsock_payload_begin(&c);
    TRY
    {
        if (record)
            dissect_in_connection(&c);
        else if (c.captured > 0)
            vsock_payload_take(&c, &all);
    }
    FINALLY
    {
        vsock_payload_finish(&c);
    }
    ENDTRY;
    return c.shown;
}
