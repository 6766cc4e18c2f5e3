/* SPDX-License-Identifier: GPL-2.0-or-later
 * pdu.c - several packets' payload as one, and the fields and notes that say so. */
#include "compat.h"

#include "pdu.h"

#include <wsutil/str_util.h>

#include "dissect/expert.h"
#include "dissect/tree_util.h"

/* What one kind of PDU is called. */
static struct kind {
    const char *what, *data_source;
    int hf_parts, hf_part, hf_count, hf_reassembled_in, hf_length;
} of_stream = {"vsock segment", "Reassembled vsock", -1, -1, -1, -1, -1},
  of_message = {"message fragment", "Reassembled vsock message", -1, -1, -1, -1, -1};

static hf_register_info fields[] = {
    {&of_stream.hf_parts,
     {"Reassembled vsock segments", "vsock.segments", FT_NONE, BASE_NONE, NULL, 0,
      "The packets of a STREAM that a PDU is from", HFILL}},
    {&of_stream.hf_part, {"vsock segment", "vsock.segment", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&of_stream.hf_count,
     {"Segment count", "vsock.segment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&of_stream.hf_reassembled_in,
     {"Reassembled PDU in frame", "vsock.reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The PDU that this packet is part of is dissected there", HFILL}},
    {&of_stream.hf_length,
     {"Reassembled PDU length", "vsock.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
    {&of_message.hf_parts,
     {"Message fragments", "vsock.message.fragments", FT_NONE, BASE_NONE, NULL, 0,
      "The packets that a SEQPACKET message is from", HFILL}},
    {&of_message.hf_part,
     {"Message fragment", "vsock.message.fragment", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&of_message.hf_count,
     {"Message fragment count", "vsock.message.fragment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&of_message.hf_reassembled_in,
     {"Message reassembled in frame", "vsock.message.reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The SEQPACKET message that this packet is part of is whole there", HFILL}},
    {&of_message.hf_length,
     {"Message length", "vsock.message.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
};

/* Laid out by hand, as tables of fields are. */
/* clang-format off */
static struct vsock_expert experts[] = {
    [VSOCK_PDU_GAP] = {.name = "vsock.reassembly.gap", PI_NOTE,
     "Bytes are missing from the capture",
     "What is dissected ends here; it shows only when the receiver has consumed more than was seen", PI_REASSEMBLE},
    [VSOCK_PDU_CUT] = {.name = "vsock.reassembly.cut", PI_NOTE,
     "A packet of the PDU was not captured whole",
     "By the snaplen; what is dissected ends there", PI_REASSEMBLE},
    [VSOCK_PDU_ENDED] = {.name = "vsock.reassembly.ended", PI_NOTE,
     "The connection ended within a PDU",
     "Its sender ended before the rest of it", PI_REASSEMBLE},
    [VSOCK_PDU_LIMIT] = {.name = "vsock.reassembly.limit", PI_NOTE,
     "The PDU is too large to be reassembled",
     "Larger than vsock.reassembly_limit: dissected as far as that goes", PI_REASSEMBLE},
    [VSOCK_PDU_NO_BEGINNING] = {.name = "vsock.reassembly.no_beginning", PI_CHAT,
     "The beginning of the message may be missing",
     "A SEQPACKET message that may have begun before the capture", PI_REASSEMBLE},
};
/* clang-format on */

static struct vsock_expert *next_expert(size_t i)
{
    return i + 1 < array_length(experts) ? &experts[i + 1] : NULL; /* of VSOCK_PDU_WHOLE nothing is said */
}

static int ett_segments = -1, ett_segment = -1;

static const struct kind *kind_of(const struct vsock_pdu *pdu)
{
    return pdu->message ? &of_message : &of_stream;
}

static int *const subtrees[] = {&ett_segments, &ett_segment};

const struct vsock_fields vsock_pdu_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .next_expert = next_expert,
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

/* A copy: while the PDU grows its bytes may move, and a packet that is on the screen keeps its tvbs. */
tvbuff_t *vsock_pdu_tvb(const struct vsock_payload_step *step, packet_info *pinfo, tvbuff_t *parent)
{
    const uint8_t *copy =
        (const uint8_t *)wmem_memdup(pinfo->pool, vsock_pdu_bytes(step->pdu), step->captured);
    tvbuff_t *tvb = tvb_new_child_real_data(parent, copy, step->captured, (int)step->reported);

    add_new_data_source(pinfo, tvb, kind_of(step->pdu)->data_source);
    return tvb;
}

void vsock_pdu_show_segments(const struct vsock_payload_step *step, proto_tree *tree, tvbuff_t *tvb)
{
    const struct kind *kind = kind_of(step->pdu);
    const struct vsock_segment *segments;
    unsigned count = vsock_pdu_segments(step->pdu, step->captured, &segments);
    uint32_t begin = 0;
    proto_item *item;
    proto_tree *subtree;

    if (!tree)
        return;
    item = proto_tree_add_none_format(tree, kind->hf_parts, tvb, 0, -1, "%u %s%s (%u byte%s)", count,
                                      kind->what, plurality(count, "", "s"), step->captured,
                                      plurality(step->captured, "", "s"));
    proto_item_set_generated(item);
    subtree = proto_item_add_subtree(item, ett_segments);
    for (unsigned i = 0; i < count; i++) {
        uint32_t end = MIN(segments[i].end - step->pdu->start, step->captured), length = end - begin;

        item =
            proto_tree_add_uint_format(subtree, kind->hf_part, tvb, (int)begin, (int)length,
                                       segments[i].frame, "Frame: %u, payload: %u-%u (%u byte%s)",
                                       segments[i].frame, begin, end - 1, length, plurality(length, "", "s"));
        proto_item_set_generated(item);
        begin = end;
    }
    vsock_add_uint(subtree, tvb, kind->hf_count, count);
    vsock_add_uint(subtree, tvb, kind->hf_length, step->captured);
}

void vsock_pdu_show_link(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t frame)
{
    if (pdu->reassembled_in != 0 && pdu->reassembled_in != frame)
        vsock_add_uint(tree, tvb, kind_of(pdu)->hf_reassembled_in, pdu->reassembled_in);
}

void vsock_pdu_show_ending(const struct vsock_payload_step *step, packet_info *pinfo, proto_item *item,
                           bool by_sender, unsigned limit_kib)
{
    const char *what = step->pdu->message ? "message" : "PDU", *s = plurality(step->captured, "", "s");
    struct vsock_expert *expert = &experts[step->ending];
    const char *text = NULL;

    switch (step->ending) {
    case VSOCK_PDU_WHOLE:
        return;
    case VSOCK_PDU_GAP:
        text = wmem_strdup_printf(pinfo->pool,
                                  "A %s is incomplete: bytes that were sent with it are missing from the "
                                  "capture; %u were there",
                                  what, step->captured);
        break;
    case VSOCK_PDU_CUT:
        text = wmem_strdup_printf(pinfo->pool,
                                  "A %s is incomplete: the capture does not hold all bytes of its packets; "
                                  "%u are there",
                                  what, step->captured);
        break;
    case VSOCK_PDU_ENDED:
        if (step->pdu->message) /* vsock.analysis.message_truncated says it */
            return;
        text = wmem_strdup_printf(pinfo->pool, "A %s is incomplete: %s after %u byte%s of it", what,
                                  by_sender ? "its sender ended" : "the connection was reset", step->captured,
                                  s);
        break;
    case VSOCK_PDU_LIMIT:
        text =
            wmem_strdup_printf(pinfo->pool,
                               "A %s is dissected with the %u byte%s that are there: it is larger than the "
                               "limit of %u KiB (the preference vsock.reassembly_limit)",
                               what, step->captured, s, limit_kib);
        break;
    case VSOCK_PDU_NO_BEGINNING:
        text = "This ends a message whose beginning may be missing from the capture: it is not dissected";
        break;
    }
    vsock_expert_add(pinfo, item, expert, NULL, text);
}
