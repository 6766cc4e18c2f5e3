/* SPDX-License-Identifier: GPL-2.0-or-later
 * payload.c - takes the steps that core/reassembly.h decides on: hands bytes over, and shows what became of
 * them. The first pass takes them as they are decided on, and keeps those of a packet that is not simply
 * handed over; later passes take the same steps again, in whatever order the packets come: an offer that a
 * dissector has taken is made again with the same bytes, so that it shows the same; one that it wanted more
 * of shows as what it was, a part. */
#include "compat.h"

#include "payload.h"

#include <epan/conversation.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>

#include "core/reassembly.h"
#include "handoff.h"
#include "pdu.h"
#include "share.h"
#include "turn.h"

static_assert(VSOCK_MORE_ANY == DESEGMENT_ONE_MORE_SEGMENT, "what dissectors ask for goes to core as it is");
static_assert(VSOCK_MORE_UNTIL_END == DESEGMENT_UNTIL_FIN, "what dissectors ask for goes to core as it is");

static compat_bool desegment = true;
static unsigned limit_kib = 16384;

/* An array of steps by record: of each packet that was not simply handed over. Not by frame_data: a packet
 * that passes a read filter gets another one. */
static wmem_map_t *kept_steps;

static struct vsock_looks looks;

/* Of a connection. */
struct vsock_payload_state {
    struct vsock_reassembly reassembly;
    bool has_port_dissector;
    /* The dissector that had been chosen for the rest of the connection when a frame was first seen, by the
     * first frame it was so for. epan answers with what is chosen now, for frames before as well. */
    wmem_tree_t *chosen;
    dissector_handle_t last_chosen;

    const struct vsock_record *last_record; /* the last packet that was decided on */
};

/* A packet that is being dealt with. */
struct context {
    packet_info *pinfo;
    proto_tree *tree;                       /* for other dissectors */
    const struct vsock_header_items *items; /* for what is said of vsock */
    tvbuff_t *record_tvb;
    tvbuff_t *tvb; /* the packet's own payload; NULL if none was captured */
    const struct vsock_packet *packet;
    const struct vsock_record *record;
    struct vsock_payload_state *state; /* NULL, as the record is, if the packet is in no connection */
    struct vsock_payload payload;
    dissector_handle_t chosen;       /* see struct vsock_handoff */
    packet_info before;              /* vsock's own endpoints: a dissector within may change them */
    enum vsock_payload_shown shown;  /* so far */
    struct vsock_weight share;       /* on the first pass, of the step that is being taken */
    wmem_array_t *steps;             /* NULL where the packet was simply handed over, if it was */
    struct vsock_payload_step first; /* on the first pass, where it was */
    bool first_time, handed_over;
    bool any_taken; /* a dissector has taken some of the packet's steps, prefixes apart */
    bool nobodys;   /* on the first pass, the step that is being taken: see vsock_is_nobodys() */
};

static void start_file(void)
{
    looks = vsock_looks_start();
    vsock_share_start();
}

void vsock_payload_register(module_t *preferences)
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
    vsock_handoff_register(preferences);
    vsock_share_register(preferences);
    vsock_turn_register();
    register_init_routine(start_file);
    kept_steps = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

tvbuff_t *vsock_payload_tvb(tvbuff_t *tvb, const struct vsock_packet *p, const struct vsock_record *record)
{
    uint32_t start = p->payload_offset + vsock_record_payload_skip(record);

    if (p->payload_length == 0 || p->captured <= start ||
        (record && VSOCK_RECORD_HAS(record, PAYLOAD_NOT_RECORDED)))
        return NULL;
    return tvb_new_subset_length_caplen(tvb, (int)start, (int)MIN(p->payload_length, p->captured - start),
                                        (int)MIN(p->payload_length, INT_MAX));
}

/* ---- handing over ---- */

static void set_endpoints(struct context *c, bool swapped)
{
    const packet_info *b = &c->before;

    c->pinfo->src = swapped ? b->dst : b->src;
    c->pinfo->dst = swapped ? b->src : b->dst;
    c->pinfo->net_src = swapped ? b->net_dst : b->net_src;
    c->pinfo->net_dst = swapped ? b->net_src : b->net_dst;
    c->pinfo->srcport = swapped ? b->destport : b->srcport;
    c->pinfo->destport = swapped ? b->srcport : b->destport;
    c->pinfo->ptype = b->ptype;
    c->pinfo->conv_elements = b->conv_elements;
}

/* Had they done so before this packet? */
static bool was_rejected(const struct vsock_payload_state *state, uint8_t sender, uint32_t frame)
{
    const struct vsock_payload_side *side = &state->reassembly.side[sender];

    return vsock_payload_is_rejected(side) && frame > side->rejected_in;
}

static bool is_rejected(const struct context *c, uint8_t sender)
{
    return c->state && was_rejected(c->state, sender, c->payload.frame);
}

/* The dissector that has been chosen for the connection: before this packet, or by what came before in it. */
static dissector_handle_t chosen_by_now(const struct context *c, bool first)
{
    return first || !c->record
               ? c->chosen
               : conversation_get_dissector(c->record->stream->conversation, c->record->frame);
}

/* Of what `sender` sent: fills in whose it is. */
static struct vsock_handoff handoff_of(const struct context *c, uint8_t sender, struct vsock_handoff h)
{
    const struct vsock_stream *s = c->record ? c->record->stream : NULL;

    h.chosen = chosen_by_now(c, !c->any_taken);
    h.skip_contents = is_rejected(c, sender);
    h.src_port = s ? s->side[sender].port : c->packet->mon.src_port;
    h.dst_port = s ? s->side[sender ^ 1].port : c->packet->mon.dst_port;
    h.stream = s ? s->index : 0;
    h.frame = c->pinfo->num;
    h.server_port = MIN(h.src_port, h.dst_port);
    if (s && c->record->client != VSOCK_SIDE_UNKNOWN)
        h.server_port = s->side[c->record->client ^ 1].port;
    return h;
}

static uint8_t sender_of(const struct context *c, const struct vsock_payload_step *step)
{
    return step->pdu ? step->pdu->sender : c->payload.sender;
}

static struct vsock_handoff handoff_of_step(const struct context *c, const struct vsock_payload_step *step)
{
    const struct vsock_reassembly *r = c->state ? &c->state->reassembly : NULL;
    struct vsock_handoff h = {
        .offset = step->pdu ? step->pdu->offset : c->payload.offset + step->offset,
        .may_ask = step->may_ask,
        .whole = step->action == VSOCK_ACT_END ? step->ending == VSOCK_PDU_WHOLE
                 : r                           ? r->may_join || r->seqpacket
                                               : vsock_is_datagram(c->packet),
    };

    h = handoff_of(c, sender_of(c, step), h);
    switch (step->whose) {
    case VSOCK_WHOSE_CHOSEN:
        break;
    case VSOCK_WHOSE_ANEW:
    case VSOCK_WHOSE_PREFIX:
        h.chosen = NULL;
        break;
    case VSOCK_WHOSE_HTTP:
        h.chosen = vsock_turn_http();
        break;
    }
    return h;
}

/* ---- how much of it ---- */

static bool is_for_dissectors(const struct vsock_payload_step *step)
{
    switch (step->action) {
    case VSOCK_ACT_HAND_OVER:
    case VSOCK_ACT_OFFER:
        return true;
    case VSOCK_ACT_END:
        return step->dissectable;
    case VSOCK_ACT_ADD:
    case VSOCK_ACT_ADD_UNDECIDED:
    case VSOCK_ACT_SKIP:
        break;
    }
    return false;
}

/* The packet's own bytes that a step is about. */
static tvbuff_t *own_bytes(const struct context *c, const struct vsock_payload_step *step)
{
    if (step->offset + step->length == c->payload.captured)
        return tvb_new_subset_remaining(c->tvb, (int)step->offset);
    return tvb_new_subset_length(c->tvb, (int)step->offset, (int)step->length);
}

/* A step's bytes, to be looked at. */
static tvbuff_t *bytes_of(const struct context *c, const struct vsock_payload_step *step)
{
    return step->pdu ? tvb_new_child_real_data(c->record_tvb, vsock_pdu_bytes(step->pdu), step->captured,
                                               (int)step->captured)
                     : own_bytes(c, step);
}

/* Bytes, at most, that a step hands over. */
static uint32_t captured_of(const struct vsock_payload_step *step)
{
    return step->pdu ? step->captured : step->length;
}

/* A step's bytes, without a tvb. */
static struct vsock_look look_of(const struct context *c, const struct vsock_payload_step *step)
{
    bool to_the_end = step->offset + step->length == c->payload.captured;

    if (step->pdu)
        return (struct vsock_look){vsock_pdu_bytes(step->pdu), step->captured, step->captured};
    return (struct vsock_look){c->payload.bytes + step->offset, step->length,
                               to_the_end ? tvb_reported_length(c->tvb) - step->offset : step->length};
}

/* Of most payload that nobody takes this is known at once, and there is nothing to decide. */
static bool is_nobodys(const struct context *c, const struct vsock_payload_step *step)
{
    struct vsock_handoff h = handoff_of_step(c, step);
    struct vsock_look look;

    if (!is_for_dissectors(step) || captured_of(step) == 0 || vsock_turn_follows(h.stream))
        return false;
    look = look_of(c, step);
    return vsock_is_nobodys(&look, &h);
}

/* Decides on whose a step's bytes are, and on how many of them. */
static void decide_on_turn(struct context *c, struct vsock_payload_step *step)
{
    struct vsock_handoff h = handoff_of_step(c, step);
    uint32_t captured = captured_of(step);
    struct vsock_turn turn;

    if (!is_for_dissectors(step) || c->state->reassembly.seqpacket || captured == 0)
        return;
    turn = vsock_turn_of(bytes_of(c, step), &h, sender_of(c, step), c->record->stream->conn.from_request);
    step->whose = turn.whose;
    if (turn.drop)
        conversation_set_dissector_from_frame_number(c->record->stream->conversation, c->record->frame, NULL);
    if (turn.length == captured || step->action == VSOCK_ACT_END)
        return;
    step->dissected = turn.length;
    if (step->pdu)
        step->captured = step->reported = turn.length;
    else
        step->length = turn.length;
}

/* What the steps to come go by. `decided`: the step as it would have been. */
static void note_turn(const struct context *c, const struct vsock_payload_step *decided,
                      const struct vsock_payload_step *step, struct vsock_payload_answer *a)
{
    struct vsock_handoff h = handoff_of_step(c, step);
    bool shorter = step->length < decided->length || step->captured < decided->captured;

    if (!is_for_dissectors(step) || c->state->reassembly.seqpacket)
        return;
    vsock_turn_taken(&h, sender_of(c, step), c->record->stream->conversation, a);
    a->anew = step->whose == VSOCK_WHOSE_ANEW;
    a->prefix = step->whose == VSOCK_WHOSE_PREFIX && a->taken && a->more == 0;
    a->again = shorter && a->more == 0;
    if (a->again)
        a->offset = step->pdu ? step->captured : step->length;
}

/* Decides on how much of a step's bytes dissectors get. */
static void decide_on_share(struct context *c, struct vsock_payload_step *step)
{
    struct vsock_handoff h = handoff_of_step(c, step);

    c->share = (struct vsock_weight){0};
    if (!is_for_dissectors(step))
        return;
    c->share = vsock_share_of(bytes_of(c, step), &h);
    step->dissected = c->share.length;
    step->in_parts = c->share.messages > VSOCK_SHARE_AT_ONCE;
}

/* The same for what is in no connection, of which no steps are kept. */
static void decide_on_share_of_lone(struct context *c, struct vsock_payload_step *step)
{
    const uint32_t key = 0; /* of this packet's data for vsock: what is dissected, and 1 */
    void *kept;

    if (!PINFO_FD_VISITED(c->pinfo)) {
        decide_on_share(c, step);
        vsock_share_spend(&c->share);
        if (step->dissected < step->length)
            p_add_proto_data(wmem_file_scope(), c->pinfo, proto_vsock, key,
                             GUINT_TO_POINTER(step->dissected + 1));
    } else {
        kept = p_get_proto_data(wmem_file_scope(), c->pinfo, proto_vsock, key);
        step->dissected = kept ? GPOINTER_TO_UINT(kept) - 1 : step->length;
    }
    step->in_parts = true;
}

/* From `at` on, as many bytes as are handed over at once. */
static uint32_t part_size(const struct vsock_payload_step *step, tvbuff_t *tvb, uint32_t at,
                          const struct vsock_handoff *h)
{
    uint32_t left = step->dissected - at, size = step->in_parts ? vsock_share_next(tvb, at, h) : left;

    return size > 0 ? MIN(size, left) : left;
}

/* Hands over the step's bytes, as much of them as are to be dissected. */
static struct vsock_payload_answer hand_over(struct context *c, const struct vsock_payload_step *step,
                                             tvbuff_t *tvb)
{
    struct vsock_handoff all = handoff_of_step(c, step), h = all;
    uint32_t end = tvb_captured_length(tvb), size;
    struct vsock_payload_answer a = {.taken = true};

    if (c->nobodys)
        return (struct vsock_payload_answer){0};
    set_endpoints(c, sender_of(c, step) != c->payload.sender);
    for (uint32_t at = 0; at < step->dissected && a.taken; at += size) {
        size = part_size(step, tvb, at, &h);
        h.offset = all.offset + at;
        h.may_ask = all.may_ask && at + size == end;
        if (at > 0 && !h.chosen)
            h.chosen = chosen_by_now(c, false);
        a = vsock_hand_over(at + size == end ? tvb_new_subset_remaining(tvb, (int)at)
                                             : tvb_new_subset_length(tvb, (int)at, (int)size),
                            c->pinfo, c->tree, &h);
        a.offset += at;
        a.taken |= at > 0; /* by whom the first part was */
    }
    a.skip = c->share.beyond;
    return a;
}

/* ---- what a step shows ---- */

/* What nobody takes is shown as data, as under TCP. Where nobody asks for its fields, nor for Info, which it
 * may write, nor for the frame's protocols, of which it is one, its item alone takes less than half the time:
 * for the protocol hierarchy. */
static void show_as_data(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    static int proto_data, hf_protocols;

    if (proto_data == 0) {
        proto_data = proto_get_id_by_filter_name("data");
        hf_protocols = proto_registrar_get_id_byname("frame.protocols");
    }
    if (proto_field_is_referenced(tree, proto_data) || proto_field_is_referenced(tree, hf_protocols) ||
        col_get_writable(pinfo->cinfo, COL_INFO))
        call_data_dissector(tvb, pinfo, tree);
    else
        proto_tree_add_item(tree, proto_data, tvb, 0, -1, ENC_NA);
}

/* Of bytes that were handed over, those that were not dissected. */
static void show_undissected(const struct context *c, const struct vsock_payload_step *step, tvbuff_t *tvb)
{
    if (step->dissected == tvb_captured_length(tvb))
        return;
    vsock_share_show(c->pinfo, c->items->packet, tvb, step->dissected);
    if (c->tree)
        show_as_data(tvb_new_subset_remaining(tvb, (int)step->dissected), c->pinfo, c->tree);
}

static void show_data(const struct context *c, uint32_t offset, uint32_t length)
{
    bool all = offset == 0 && length == c->payload.length;

    if (length > 0 && c->tree)
        show_as_data(all ? c->tvb : tvb_new_subset_length(c->tvb, (int)offset, (int)length), c->pinfo,
                     c->tree);
}

/* Several PDUs share the packet's line in the list: those that come later add to it. */
static void note_shown(struct context *c, bool dissected)
{
    if (dissected) {
        c->shown = VSOCK_PAYLOAD_DISSECTED;
        col_set_fence(c->pinfo->cinfo, COL_INFO);
        col_set_writable(c->pinfo->cinfo, COL_PROTOCOL, false);
    } else if (c->shown == VSOCK_PAYLOAD_BYTES) {
        c->shown = VSOCK_PAYLOAD_SEGMENT;
    }
}

/* The line is for what follows a prefix. */
static void note_dissected(struct context *c, const struct vsock_payload_step *step)
{
    if (step->whose == VSOCK_WHOSE_PREFIX)
        c->shown = VSOCK_PAYLOAD_DISSECTED;
    else if (step->dissected > 0)
        note_shown(c, true);
}

/* The packet's own bytes, or a PDU that may not be all there yet. */
static struct vsock_payload_answer take_offer(struct context *c, const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    tvbuff_t *tvb = pdu ? vsock_pdu_tvb(step, c->pinfo, c->record_tvb) : own_bytes(c, step);
    struct vsock_payload_answer a = {0};

    if (c->chosen || step->whose == VSOCK_WHOSE_HTTP || !c->state || c->state->has_port_dissector ||
        !is_rejected(c, c->payload.sender))
        a = hand_over(c, step, tvb);
    if (!a.taken) {
        show_data(c, step->offset, step->length);
    } else if (a.more == 0 || a.offset > 0) {
        note_dissected(c, step);
        show_undissected(c, step, tvb);
        if (pdu)
            vsock_pdu_show_segments(step, c->items->tree, tvb);
    } else {
        note_shown(c, false);
        if (pdu)
            vsock_pdu_show_link(pdu, c->items->tree, c->record_tvb, c->pinfo->num);
    }
    return a;
}

/* A packet of the other side may end a PDU (a RST, a fwd_cnt that shows a gap): it is dissected as its
 * sender's, and leaves that packet's line in the list alone. */
static bool hand_over_end(struct context *c, const struct vsock_payload_step *step)
{
    bool foreign = step->pdu->sender != c->payload.sender, writable = col_get_writable(c->pinfo->cinfo, -1);
    tvbuff_t *tvb = vsock_pdu_tvb(step, c->pinfo, c->record_tvb);
    bool taken;

    if (foreign)
        col_set_writable(c->pinfo->cinfo, -1, false);
    taken = hand_over(c, step, tvb).taken;
    if (taken)
        show_undissected(c, step, tvb);
    if (foreign) {
        col_set_writable(c->pinfo->cinfo, -1, writable);
        set_endpoints(c, false);
    } else if (taken && step->dissected > 0) {
        note_shown(c, true);
    }
    vsock_pdu_show_segments(step, c->items->tree, tvb);
    return taken;
}

static struct vsock_payload_answer act_on(struct context *c, const struct vsock_payload_step *step)
{
    switch (step->action) {
    case VSOCK_ACT_HAND_OVER:
    case VSOCK_ACT_OFFER:
        return take_offer(c, step);
    case VSOCK_ACT_END:
        vsock_pdu_show_ending(step, c->pinfo, c->items->packet, step->pdu->sender == c->payload.sender,
                              limit_kib);
        if (!step->dissectable || !hand_over_end(c, step))
            show_data(c, step->offset, MIN(step->length, c->payload.captured - step->offset));
        break;
    case VSOCK_ACT_ADD:
        note_shown(c, false);
        vsock_pdu_show_link(step->pdu, c->items->tree, c->record_tvb, c->pinfo->num);
        break;
    case VSOCK_ACT_ADD_UNDECIDED:
        vsock_pdu_show_link(step->pdu, c->items->tree, c->record_tvb, c->pinfo->num);
        break;
    case VSOCK_ACT_SKIP:
        show_data(c, step->offset, step->length);
        break;
    }
    return (struct vsock_payload_answer){0};
}

static struct vsock_payload_answer take_step(struct context *c, const struct vsock_payload_step *step)
{
    struct vsock_payload_answer a = act_on(c, step);

    c->any_taken |= a.taken && step->whose != VSOCK_WHOSE_PREFIX;
    return a;
}

/* ---- steps, on the first pass and later ---- */

/* A packet that is simply handed over, at once, needs no memory. */
static bool is_simple(const struct vsock_payload_step *step)
{
    return step->action == VSOCK_ACT_HAND_OVER && step->offset == 0 && step->dissected == step->length &&
           step->whose == VSOCK_WHOSE_CHOSEN && !step->in_parts;
}

static void keep(struct context *c, const struct vsock_payload_step *step)
{
    if (!c->steps && !c->handed_over && is_simple(step) && step->length == c->payload.captured) {
        c->handed_over = true;
        c->first = *step;
        return;
    }
    if (!c->steps) {
        c->steps = wmem_array_sized_new(wmem_file_scope(), sizeof(*step), 2);
        wmem_map_insert(kept_steps, c->record, c->steps);
        if (c->handed_over)
            wmem_array_append_one(c->steps, c->first);
    }
    wmem_array_append(c->steps, step, 1);
}

/* The step that was kept last: a dissector has looked at it, and wants to see it again with more. */
static void become_part(struct context *c)
{
    struct vsock_payload_step *step =
        (struct vsock_payload_step *)wmem_array_index(c->steps, wmem_array_get_count(c->steps) - 1);

    step->action = VSOCK_ACT_ADD;
}

static struct vsock_payload_answer decide_keep_and_take(void *context,
                                                        const struct vsock_payload_step *decided)
{
    struct context *c = (struct context *)context;
    struct vsock_payload_step step = *decided;
    struct vsock_payload_answer a;

    c->nobodys = is_nobodys(c, &step);
    if (!c->nobodys) {
        decide_on_turn(c, &step);
        decide_on_share(c, &step);
        vsock_share_spend(&c->share); /* before it is known who throws what */
    }
    keep(c, &step);
    a = take_step(c, &step);
    if (c->nobodys)
        return a;
    if (a.more > 0 && a.offset == 0) {
        vsock_share_return(&c->share);
        if (step.action ==
            VSOCK_ACT_OFFER) /* later passes show that it was part of something, as this does */
            become_part(c);
    }
    note_turn(c, decided, &step, &a);
    return a;
}

static void take_steps(struct context *c)
{
    if (c->first_time) {
        vsock_reassembly_take(&c->state->reassembly, &c->payload, c);
    } else if (c->steps) {
        for (unsigned i = 0; i < wmem_array_get_count(c->steps); i++)
            take_step(c, (const struct vsock_payload_step *)wmem_array_index(c->steps, i));
    } else if (c->payload.in_stream && c->payload.captured > 0) {
        c->first = vsock_payload_hand_over(c->state ? &c->state->reassembly : NULL, &c->payload, 0);
        if (!c->state)
            decide_on_share_of_lone(c, &c->first);
        take_step(c, &c->first);
    }
}

/* The packet's line shows the innermost endpoints, as TCP's does; the connection stays what the packet list's
 * bracket and conversation filters go by. */
static void take_and_restore(struct context *c)
{
    TRY
    {
        take_steps(c);
    }
    FINALLY
    {
        c->pinfo->conv_elements = c->before.conv_elements;
        col_set_writable(c->pinfo->cinfo, COL_PROTOCOL, true);
    }
    ENDTRY;
}

/* ---- a packet ---- */

static struct vsock_payload_state *get_state(const struct vsock_packet *p, const struct vsock_record *r,
                                             bool has_payload)
{
    struct vsock_stream *s = r->stream;

    if (s->payload || !has_payload)
        return s->payload;
    s->payload = wmem_new0(wmem_file_scope(), struct vsock_payload_state);
    s->payload->reassembly =
        vsock_reassembly_start(wmem_file_scope(), &looks, decide_keep_and_take, (uint64_t)limit_kib << 10,
                               p->virtio.type == VSOCK_TYPE_SEQPACKET, desegment, s->conn.from_request);
    s->payload->has_port_dissector = vsock_has_port_dissector(s->side[0].port, s->side[1].port);
    return s->payload;
}

static dissector_handle_t find_chosen(struct vsock_payload_state *state, const struct vsock_record *r,
                                      bool first_time)
{
    dissector_handle_t handle;

    if (!first_time)
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

/* Of a packet that is in no connection: a datagram's; all that a transport without a header tells is that it
 * is payload. */
static bool has_lone_payload(const struct vsock_packet *p)
{
    bool is_payload = vsock_is_datagram(p) ? p->virtio.op == VSOCK_OP_RW
                                           : p->mon.op == VSOCKMON_OP_PAYLOAD &&
                                                 p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO;

    return is_payload && p->payload_length > 0;
}

/* All but its bytes. */
static struct vsock_payload describe_payload(const struct vsock_packet *p, const struct vsock_record *r)
{
    bool reset;

    if (!r)
        return (struct vsock_payload){.length = p->payload_length, .in_stream = has_lone_payload(p)};
    reset = r->rst_kind != VSOCK_RST_NONE && r->rst_kind != VSOCK_RST_FOREIGN_TYPE;
    return (struct vsock_payload){
        .length = p->virtio.len,
        .offset = r->offset != VSOCK_OFFSET_NONE ? r->offset : 0,
        .frame = r->frame,
        .sender = r->sender,
        .in_stream = r->in_stream && (p->payload_length > 0 || p->virtio.type == VSOCK_TYPE_SEQPACKET),
        .end_of_message = (p->virtio.flags & VSOCK_SEQ_EOM) != 0,
        .sender_gap = r->ext && r->ext->part_missing,
        .receiver_gap = VSOCK_RECORD_HAS(r, UNSEEN_DATA),
        .ends_sender = reset || (p->virtio.op == VSOCK_OP_SHUTDOWN && p->virtio.flags & VSOCK_SHUTDOWN_SEND),
        .ends_receiver = reset,
    };
}

/* Is it known without asking that nobody takes the packet's payload, and does it nothing else here? */
static bool is_undissected(const struct vsock_payload_state *state, const struct vsock_payload *payload,
                           const struct vsock_record *r)
{
    return !state->has_port_dissector && !state->reassembly.seqpacket && !r->ext && payload->in_stream &&
           vsock_payload_is_plain(&state->reassembly.side[r->sender]) &&
           was_rejected(state, r->sender, r->frame);
}

enum vsock_payload_shown vsock_payload_dissect(tvbuff_t *record_tvb, packet_info *pinfo, proto_tree *tree,
                                               const struct vsock_header_items *items,
                                               const struct vsock_packet *p, const struct vsock_record *r)
{
    struct vsock_payload payload = describe_payload(p, r);
    struct vsock_payload_state *state = NULL;
    dissector_handle_t chosen = NULL;
    wmem_array_t *steps = NULL;
    bool first_time = false;
    struct context c;
    tvbuff_t *tvb;

    if (!PINFO_FD_VISITED(pinfo))
        vsock_share_add_packet(p->payload_length);
    /* Most packets without payload have nothing to do with that of others either. */
    if (!payload.in_stream && !payload.receiver_gap && !payload.ends_sender)
        return VSOCK_PAYLOAD_BYTES;
    if (r) {
        state = r->copy ? NULL : get_state(p, r, payload.in_stream);
        if (!state)
            return VSOCK_PAYLOAD_BYTES;
        first_time = !PINFO_FD_VISITED(pinfo) && state->last_record != r;
        chosen = find_chosen(state, r, first_time);
        if (!first_time)
            steps = (wmem_array_t *)wmem_map_lookup(kept_steps, r);
        else
            state->last_record = r;
        if (!chosen && !steps && is_undissected(state, &payload, r)) {
            tvb = tree ? vsock_payload_tvb(record_tvb, p, r) : NULL;
            if (tvb)
                show_as_data(tvb, pinfo, tree);
            return VSOCK_PAYLOAD_BYTES;
        }
    }
    tvb = vsock_payload_tvb(record_tvb, p, r);
    if (tvb) {
        payload.captured = tvb_captured_length(tvb);
        payload.bytes = tvb_get_ptr(tvb, 0, (int)payload.captured);
    }
    c = (struct context){.pinfo = pinfo,
                         .tree = tree,
                         .items = items,
                         .record_tvb = record_tvb,
                         .tvb = tvb,
                         .packet = p,
                         .record = r,
                         .state = state,
                         .payload = payload,
                         .chosen = chosen,
                         .before = *pinfo,
                         .steps = steps,
                         .first_time = first_time};
    take_and_restore(&c);
    return c.shown;
}
