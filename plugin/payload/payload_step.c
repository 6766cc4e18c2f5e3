/* SPDX-License-Identifier: GPL-2.0-or-later
 * payload_step.c - what a step of dealing with a payload shows. */
#include "compat.h"

#include "payload_step.h"

#include <epan/expert.h>

#include "dissect/expert_blurb.h"
#include "handoff.h"

static expert_field ei_gap = EI_INIT;
static expert_field ei_cut = EI_INIT;
static expert_field ei_ended = EI_INIT;
static expert_field ei_limit = EI_INIT;
static expert_field ei_no_beginning = EI_INIT;

static ei_register_info experts[] = {
    {&ei_gap,
     {"vsock.reassembly.gap", PI_REASSEMBLE, PI_NOTE, "Bytes are missing from the capture",
      EXPFILL_BLURB(
          "What is dissected ends here; it shows only when the receiver has consumed more than was seen")}},
    {&ei_cut,
     {"vsock.reassembly.cut", PI_REASSEMBLE, PI_NOTE, "A packet of the PDU was not captured whole",
      EXPFILL_BLURB("By the snaplen; what is dissected ends there")}},
    {&ei_ended,
     {"vsock.reassembly.ended", PI_REASSEMBLE, PI_NOTE, "The connection ended within a PDU",
      EXPFILL_BLURB("Its sender ended before the rest of it")}},
    {&ei_limit,
     {"vsock.reassembly.limit", PI_REASSEMBLE, PI_NOTE, "The PDU is too large to be reassembled",
      EXPFILL_BLURB("Larger than vsock.reassembly_limit: dissected as far as that goes")}},
    {&ei_no_beginning,
     {"vsock.reassembly.no_beginning", PI_REASSEMBLE, PI_CHAT, "The beginning of the message may be missing",
      EXPFILL_BLURB("A SEQPACKET message that may have begun before the capture")}},
};

const struct vsock_fields vsock_payload_step_fields = {
    .experts = experts,
    .expert_count = array_length(experts),
};

uint64_t vsock_payload_offset(const struct vsock_record *r)
{
    return r && r->offset != VSOCK_OFFSET_NONE ? r->offset : 0;
}

static struct vsock_payload_endpoints save_endpoints(const packet_info *pinfo)
{
    return (struct vsock_payload_endpoints){pinfo->src,     pinfo->dst,          pinfo->net_src,
                                            pinfo->net_dst, pinfo->srcport,      pinfo->destport,
                                            pinfo->ptype,   pinfo->conv_elements};
}

static void restore_endpoints(packet_info *pinfo, const struct vsock_payload_endpoints *e)
{
    pinfo->src = e->src;
    pinfo->dst = e->dst;
    pinfo->net_src = e->net_src;
    pinfo->net_dst = e->net_dst;
    pinfo->srcport = e->srcport;
    pinfo->destport = e->destport;
    pinfo->ptype = e->ptype;
    pinfo->conv_elements = e->elements;
}

void vsock_payload_begin(struct vsock_payload_context *c)
{
    c->endpoints = save_endpoints(c->pinfo);
}

/* The packet's line shows the innermost endpoints, as TCP's does; the connection stays what the packet list's
 * bracket and conversation filters go by. */
void vsock_payload_finish(struct vsock_payload_context *c)
{
    c->pinfo->conv_elements = c->endpoints.elements;
    col_set_writable(c->pinfo->cinfo, COL_PROTOCOL, true);
}

/* What is handed over. */
struct bytes {
    tvbuff_t *tvb;
    uint8_t sender;  /* side 0 or 1 */
    uint64_t offset; /* in the stream, of the first */
    bool may_ask;    /* the dissector may ask for more */
    bool whole;      /* they are all that a dissector could want */
};

static struct vsock_handoff describe(const struct vsock_payload_context *c, const struct bytes *bytes)
{
    const struct vsock_stream *s = c->record ? c->record->stream : NULL;
    struct vsock_handoff h = {
        .src_port = c->packet->mon.src_port,
        .dst_port = c->packet->mon.dst_port,
        .chosen = c->chosen,
        .skip_contents = c->interest[bytes->sender] != VSOCK_INTEREST_OPEN,
        .offset = bytes->offset,
    };

    if (!s)
        return h;
    h.stream = s->index;
    h.src_port = s->side[bytes->sender].port;
    h.dst_port = s->side[bytes->sender ^ 1].port;
    h.has_server = c->record->client != VSOCK_SIDE_UNKNOWN;
    if (h.has_server)
        h.server_port = s->side[c->record->client ^ 1].port;
    return h;
}

static struct vsock_payload_answer hand_over(struct vsock_payload_context *c, const struct bytes *bytes)
{
    packet_info *pinfo = c->pinfo;
    bool fragmented = pinfo->fragmented;
    struct vsock_handoff h = describe(c, bytes);
    struct vsock_payload_answer answer = {0};

    restore_endpoints(pinfo, &c->endpoints);
    pinfo->can_desegment = bytes->may_ask ? 2 : 0;
    pinfo->fragmented = fragmented || !bytes->whole; /* so that what it lacks is not called malformed */
    answer.taken = vsock_hand_over(bytes->tvb, pinfo, c->tree, &h);
    if (answer.taken && bytes->may_ask) {
        answer.offset = (uint32_t)pinfo->desegment_offset;
        answer.more = pinfo->desegment_len;
    }
    pinfo->can_desegment = 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    pinfo->fragmented = fragmented;
    return answer;
}

/* What nobody takes is shown as data, as under TCP. */
static void show_data(struct vsock_payload_context *c, uint32_t offset, uint32_t length)
{
    bool all = offset == 0 && length == c->captured && !c->cut;

    if (length > 0 && c->tree)
        call_data_dissector(all ? c->tvb : tvb_new_subset_length(c->tvb, (int)offset, (int)length), c->pinfo,
                            c->tree);
}

/* Several PDUs share the packet's line in the list: those that come later add to it. */
static void note_shown(struct vsock_payload_context *c, bool dissected)
{
    if (dissected) {
        c->shown = VSOCK_PAYLOAD_DISSECTED;
        col_set_fence(c->pinfo->cinfo, COL_INFO);
        col_set_writable(c->pinfo->cinfo, COL_PROTOCOL, false);
    } else if (c->shown == VSOCK_PAYLOAD_BYTES) {
        c->shown = VSOCK_PAYLOAD_SEGMENT;
    }
}

static struct vsock_payload_answer take_own(struct vsock_payload_context *c,
                                            const struct vsock_payload_step *step)
{
    struct bytes own = {
        .sender = c->record ? c->record->sender : 0,
        .offset = vsock_payload_offset(c->record) + step->offset,
        .may_ask = c->may_ask && !c->cut,
        .whole = c->whole,
    };
    struct vsock_payload_answer a = {0};

    if (c->chosen || c->interest[own.sender] != VSOCK_INTEREST_NONE) {
        own.tvb = tvb_new_subset_remaining(c->tvb, (int)step->offset);
        a = hand_over(c, &own);
    }
    if (!a.taken)
        show_data(c, step->offset, c->captured - step->offset);
    else
        note_shown(c, a.more == 0 || a.offset > 0);
    return a;
}

static struct vsock_payload_answer take_offer(struct vsock_payload_context *c,
                                              const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    tvbuff_t *tvb = vsock_pdu_tvb(pdu, c->pinfo, c->record_tvb, step->kept, step->kept);
    struct bytes so_far = {tvb, pdu->sender, pdu->offset, c->may_ask, true};
    struct vsock_payload_answer a = hand_over(c, &so_far);

    if (!a.taken) {
        show_data(c, step->offset, step->length);
        return a;
    }
    note_shown(c, a.more == 0 || a.offset > 0);
    if (a.more == 0 || a.offset > 0)
        vsock_pdu_show_segments(pdu, c->vsock_tree, tvb, step->kept);
    else
        vsock_pdu_show_link(pdu, c->vsock_tree, c->record_tvb, c->pinfo->num);
    return a;
}

static void say_why(struct vsock_payload_context *c, const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    const char *what = pdu->message ? "message" : "PDU";

    switch (step->ending) {
    case END_WHOLE:
        break;
    case END_GAP:
        expert_add_info_format(c->pinfo, c->item, &ei_gap,
                               "A %s is incomplete: bytes that were sent with it are missing from the "
                               "capture; %u were there",
                               what, step->kept);
        break;
    case END_CUT:
        expert_add_info_format(c->pinfo, c->item, &ei_cut,
                               "A %s is incomplete: the capture does not hold all bytes of its packets; "
                               "%u are there",
                               what, step->kept);
        break;
    case END_ENDED:
        if (pdu->message) /* vsock.analysis.message_truncated says it */
            break;
        expert_add_info_format(
            c->pinfo, c->item, &ei_ended, "A %s is incomplete: %s after %u byte%s of it", what,
            pdu->sender == c->record->sender ? "its sender ended" : "the connection was reset", step->kept,
            step->kept == 1 ? "" : "s");
        break;
    case END_LIMIT:
        expert_add_info_format(
            c->pinfo, c->item, &ei_limit,
            "A %s is dissected with the %u byte%s that are there: it is larger than the limit of "
            "%u KiB (the preference vsock.reassembly_limit)",
            what, step->kept, step->kept == 1 ? "" : "s", c->limit_kib);
        break;
    case END_NO_BEGINNING:
        expert_add_info_format(c->pinfo, c->item, &ei_no_beginning,
                               "This ends a message whose beginning may be missing from the capture: it is "
                               "not dissected");
        break;
    }
}

static struct vsock_payload_endpoints swapped(const struct vsock_payload_endpoints *e)
{
    return (struct vsock_payload_endpoints){e->dst,      e->src,     e->net_dst, e->net_src,
                                            e->destport, e->srcport, e->ptype,   e->elements};
}

/* A packet of the other side may end a PDU (a RST, a fwd_cnt that shows a gap): it is dissected as its
 * sender's, and leaves that packet's line in the list alone. */
static struct vsock_payload_answer hand_over_end(struct vsock_payload_context *c, tvbuff_t *tvb,
                                                 const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    struct bytes all = {tvb, pdu->sender, pdu->offset, false, step->ending == END_WHOLE};
    bool foreign = pdu->sender != c->record->sender;
    bool writable = col_get_writable(c->pinfo->cinfo, -1);
    struct vsock_payload_endpoints own = c->endpoints;
    struct vsock_payload_answer a;

    if (foreign) {
        c->endpoints = swapped(&own);
        col_set_writable(c->pinfo->cinfo, -1, false);
    }
    a = hand_over(c, &all);
    if (foreign) {
        col_set_writable(c->pinfo->cinfo, -1, writable);
        c->endpoints = own;
        restore_endpoints(c->pinfo, &own);
    } else if (a.taken) {
        note_shown(c, true);
    }
    return a;
}

/* How long an ended PDU is. What a snaplen cut is said to be so by Wireshark itself; what else is missing is
 * not. */
static uint32_t reported_length(const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    uint64_t length = step->kept;

    if (pdu->message)
        length = pdu->length;
    else if (step->ending == END_CUT && VSOCK_PDU_IS_KNOWN(pdu->wanted))
        length = MAX(pdu->wanted, length);
    return (uint32_t)MIN(length, INT_MAX);
}

static void take_end(struct vsock_payload_context *c, const struct vsock_payload_step *step)
{
    const struct vsock_pdu *pdu = step->pdu;
    struct vsock_payload_answer a = {0};

    say_why(c, step);
    if (step->worth) {
        tvbuff_t *tvb = vsock_pdu_tvb(pdu, c->pinfo, c->record_tvb, step->kept, reported_length(step));

        a = hand_over_end(c, tvb, step);
        vsock_pdu_show_segments(pdu, c->vsock_tree, tvb, step->kept);
    }
    if (!a.taken && c->tvb)
        show_data(c, step->offset, MIN(step->length, c->captured - MIN(step->offset, c->captured)));
}

struct vsock_payload_answer vsock_payload_take(struct vsock_payload_context *c,
                                               const struct vsock_payload_step *step)
{
    switch (step->action) {
    case ACT_HAND_OVER:
        return take_own(c, step);
    case ACT_OFFER:
        return take_offer(c, step);
    case ACT_END:
        take_end(c, step);
        break;
    case ACT_ADD:
        note_shown(c, false);
        vsock_pdu_show_link(step->pdu, c->vsock_tree, c->record_tvb, c->pinfo->num);
        break;
    case ACT_HOLD:
        vsock_pdu_show_link(step->pdu, c->vsock_tree, c->record_tvb, c->pinfo->num);
        break;
    case ACT_SKIP:
        show_data(c, step->offset, step->length);
        break;
    }
    return (struct vsock_payload_answer){0};
}
