/* SPDX-License-Identifier: GPL-2.0-or-later
 * pdu.c - several packets' payload as one, and the fields that say so. */
#include "compat.h"

#include "pdu.h"

#include "dissect/tree_util.h"

struct segment {
    uint32_t frame;
    uint32_t length; /* bytes kept */
};

static int hf_segments = -1;
static int hf_segment = -1;
static int hf_segment_count = -1;
static int hf_reassembled_in = -1;
static int hf_reassembled_length = -1;
static int hf_message_fragments = -1;
static int hf_message_fragment = -1;
static int hf_message_fragment_count = -1;
static int hf_message_reassembled_in = -1;
static int hf_message_reassembled_length = -1;

static hf_register_info fields[] = {
    {&hf_segments,
     {"Reassembled vsock segments", "vsock.segments", FT_NONE, BASE_NONE, NULL, 0,
      "The packets of a STREAM that a PDU is from", HFILL}},
    {&hf_segment, {"vsock segment", "vsock.segment", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_segment_count, {"Segment count", "vsock.segment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_reassembled_in,
     {"Reassembled PDU in frame", "vsock.reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The PDU that this packet is part of is dissected there", HFILL}},
    {&hf_reassembled_length,
     {"Reassembled PDU length", "vsock.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
    {&hf_message_fragments,
     {"Message fragments", "vsock.message.fragments", FT_NONE, BASE_NONE, NULL, 0,
      "The packets that a SEQPACKET message is from", HFILL}},
    {&hf_message_fragment,
     {"Message fragment", "vsock.message.fragment", FT_FRAMENUM, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_message_fragment_count,
     {"Message fragment count", "vsock.message.fragment.count", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_message_reassembled_in,
     {"Message reassembled in frame", "vsock.message.reassembled_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The SEQPACKET message that this packet is part of is whole there", HFILL}},
    {&hf_message_reassembled_length,
     {"Message length", "vsock.message.reassembled.length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
};

static int ett_segments = -1;
static int ett_segment = -1;

/* What one kind of PDU is called. */
static const struct names {
    const char *what, *data_source;
    /* cppcheck-suppress unusedStructMember ; it misses the use behind names_of()-> */
    const int *parts, *part, *count, *reassembled_in, *length;
} kinds[] = {
    {"vsock segment", "Reassembled vsock", &hf_segments, &hf_segment, &hf_segment_count, &hf_reassembled_in,
     &hf_reassembled_length},
    {"message fragment", "Reassembled vsock message", &hf_message_fragments, &hf_message_fragment,
     &hf_message_fragment_count, &hf_message_reassembled_in, &hf_message_reassembled_length},
};

static const struct names *names_of(const struct vsock_pdu *pdu)
{
    return &kinds[pdu->message];
}

static int *const subtrees[] = {&ett_segments, &ett_segment};

const struct vsock_fields vsock_pdu_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

struct vsock_pdu *vsock_pdu_new(uint8_t sender, bool message, uint64_t offset)
{
    struct vsock_pdu *pdu = wmem_new0(wmem_file_scope(), struct vsock_pdu);

    pdu->sender = sender;
    pdu->message = message;
    pdu->offset = offset;
    pdu->wanted = VSOCK_PDU_ANY_MORE;
    pdu->bytes = wmem_array_sized_new(wmem_file_scope(), 1, 64);
    pdu->segments = wmem_array_sized_new(wmem_file_scope(), sizeof(struct segment), 2);
    return pdu;
}

uint32_t vsock_pdu_kept(const struct vsock_pdu *pdu)
{
    return wmem_array_get_count(pdu->bytes);
}

static const uint8_t *bytes_of(const struct vsock_pdu *pdu)
{
    return (const uint8_t *)wmem_array_get_raw(pdu->bytes);
}

static void add_segment(struct vsock_pdu *pdu, uint32_t frame, uint32_t length)
{
    unsigned count = wmem_array_get_count(pdu->segments);
    struct segment *last = count > 0 ? (struct segment *)wmem_array_index(pdu->segments, count - 1) : NULL;
    struct segment segment = {frame, length};

    if (length == 0)
        return;
    if (last && last->frame == frame)
        last->length += length;
    else
        wmem_array_append_one(pdu->segments, segment);
}

void vsock_pdu_append(struct vsock_pdu *pdu, tvbuff_t *tvb, uint32_t offset, uint32_t length, uint32_t frame)
{
    uint32_t captured = tvb ? MIN((uint32_t)tvb_captured_length_remaining(tvb, (int)offset), length) : 0;
    uint32_t kept = pdu->broken ? 0 : captured;

    pdu->length += length;
    if (captured < length)
        pdu->broken = true;
    if (kept > 0)
        wmem_array_append(pdu->bytes, tvb_get_ptr(tvb, (int)offset, (int)kept), kept);
    add_segment(pdu, frame, kept);
}

struct vsock_pdu *vsock_pdu_split(const struct vsock_pdu *pdu, uint32_t at)
{
    struct vsock_pdu *tail = vsock_pdu_new(pdu->sender, pdu->message, pdu->offset + at);
    uint32_t kept = vsock_pdu_kept(pdu), begin = 0;

    wmem_array_append(tail->bytes, bytes_of(pdu) + at, kept - at);
    tail->length = kept - at;
    tail->offered = pdu->offered;
    for (unsigned i = 0; i < wmem_array_get_count(pdu->segments); i++) {
        const struct segment *s = (const struct segment *)wmem_array_index(pdu->segments, i);
        uint32_t end = begin + s->length;

        if (end > at)
            add_segment(tail, s->frame, end - MAX(begin, at));
        begin = end;
    }
    return tail;
}

/* A copy: while the PDU grows its bytes may move, and a packet that is on the screen keeps its tvbs. */
tvbuff_t *vsock_pdu_tvb(const struct vsock_pdu *pdu, packet_info *pinfo, tvbuff_t *parent, uint32_t kept,
                        uint32_t reported)
{
    const uint8_t *copy = (const uint8_t *)wmem_memdup(pinfo->pool, bytes_of(pdu), kept);
    tvbuff_t *tvb = tvb_new_child_real_data(parent, copy, kept, (int)reported);

    add_new_data_source(pinfo, tvb, names_of(pdu)->data_source);
    return tvb;
}

/* How many of the segments the first `kept` bytes are from. */
static unsigned count_segments(const struct vsock_pdu *pdu, uint32_t kept)
{
    uint32_t begin = 0;
    unsigned i;

    for (i = 0; i < wmem_array_get_count(pdu->segments) && begin < kept; i++)
        begin += ((const struct segment *)wmem_array_index(pdu->segments, i))->length;
    return i;
}

void vsock_pdu_show_segments(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t kept)
{
    const struct names *names = names_of(pdu);
    unsigned count = count_segments(pdu, kept);
    uint32_t begin = 0;
    proto_item *item;
    proto_tree *subtree;

    if (!tree)
        return;
    item = proto_tree_add_none_format(tree, *names->parts, tvb, 0, -1, "%u %s%s (%u byte%s)", count,
                                      names->what, count == 1 ? "" : "s", kept, kept == 1 ? "" : "s");
    proto_item_set_generated(item);
    subtree = proto_item_add_subtree(item, ett_segments);
    for (unsigned i = 0; i < count; i++) {
        const struct segment *s = (const struct segment *)wmem_array_index(pdu->segments, i);
        uint32_t length = MIN(s->length, kept - begin);

        item = proto_tree_add_uint_format(subtree, *names->part, tvb, (int)begin, (int)length, s->frame,
                                          "Frame: %u, payload: %u-%u (%u byte%s)", s->frame, begin,
                                          begin + length - 1, length, length == 1 ? "" : "s");
        proto_item_set_generated(item);
        begin += length;
    }
    vsock_add_uint(subtree, tvb, *names->count, count);
    vsock_add_uint(subtree, tvb, *names->length, kept);
}

void vsock_pdu_show_link(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t frame)
{
    if (pdu->reassembled_in != 0 && pdu->reassembled_in != frame)
        vsock_add_uint(tree, tvb, *names_of(pdu)->reassembled_in, pdu->reassembled_in);
}
