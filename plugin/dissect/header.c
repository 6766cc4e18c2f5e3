/* SPDX-License-Identifier: GPL-2.0-or-later
 * header.c - the fields of one packet, up to where the capture was cut. */
#include "compat.h"

#include "header.h"

#include <epan/tfs.h>
#include <wsutil/str_util.h>

#include "core/malformed.h"
#include "names.h"
#include "services.h"
#include "text.h"

/* Fields that Wireshark's built-in dissector has too, with its names and types. */
static int hf_src_cid = -1, hf_dst_cid = -1, hf_src_port = -1, hf_dst_port = -1, hf_op = -1;
static int hf_trans = -1, hf_trans_len = -1, hf_reserved = -1, hf_payload = -1;
static int hf_virtio_src_cid = -1, hf_virtio_dst_cid = -1;
static int hf_virtio_src_prot = -1; /* sic: kept as a hidden alias of src_port */
static int hf_virtio_dst_prot = -1, hf_virtio_len = -1, hf_virtio_type = -1, hf_virtio_op = -1;
static int hf_virtio_flags = -1, hf_virtio_buf_alloc = -1, hf_virtio_fwd_cnt = -1;

static hf_register_info shared_fields[] = {
    {&hf_src_cid,
     {"Source CID", "vsock.src_cid", FT_UINT64, BASE_DEC, NULL, 0, "As captured, also on loopback", HFILL}},
    {&hf_dst_cid,
     {"Destination CID", "vsock.dst_cid", FT_UINT64, BASE_DEC, NULL, 0, "As captured, also on loopback",
      HFILL}},
    {&hf_src_port, {"Source port", "vsock.src_port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_dst_port, {"Destination port", "vsock.dst_port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_op,
     {"Operation", "vsock.op", FT_UINT16, BASE_DEC, VALS(vsockmon_op_names), 0,
      "As vsockmon sums it up; vsock.virtio.op says more", HFILL}},
    {&hf_trans,
     {"Transport", "vsock.trans", FT_UINT16, BASE_DEC, VALS(vsockmon_transport_names), 0, NULL, HFILL}},
    {&hf_trans_len,
     {"Transport length", "vsock.trans_len", FT_UINT16, BASE_DEC, NULL, 0,
      "Of the transport header, in bytes", HFILL}},
    {&hf_reserved,
     {"Reserved", "vsock.reserved", FT_BYTES, BASE_NONE, NULL, 0, "Of vsockmon's header: they should be 0",
      HFILL}},
    {&hf_payload,
     {"Payload", "vsock.payload", FT_BYTES, BASE_NONE, NULL, 0,
      "This packet's: at most vsock.virtio.len bytes", HFILL}},
    {&hf_virtio_src_cid, {"Source CID", "vsock.virtio.src_cid", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_virtio_dst_cid,
     {"Destination CID", "vsock.virtio.dst_cid", FT_UINT64, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_virtio_src_prot,
     {"Source port", "vsock.virtio.src_prot", FT_UINT32, BASE_DEC, NULL, 0,
      "The built-in dissector's spelling of vsock.virtio.src_port", HFILL}},
    {&hf_virtio_dst_prot,
     {"Destination port", "vsock.virtio.dst_prot", FT_UINT32, BASE_DEC, NULL, 0,
      "The built-in dissector's spelling of vsock.virtio.dst_port", HFILL}},
    {&hf_virtio_len,
     {"Length", "vsock.virtio.len", FT_UINT32, BASE_DEC, NULL, 0,
      "Bytes of payload: what counts, whatever the record holds", HFILL}},
    {&hf_virtio_type,
     {"Type", "vsock.virtio.type", FT_UINT16, BASE_DEC, VALS(vsock_type_names), 0, NULL, HFILL}},
    {&hf_virtio_op,
     {"Operation", "vsock.virtio.op", FT_UINT16, BASE_DEC, VALS(vsock_op_names), 0, NULL, HFILL}},
    {&hf_virtio_flags,
     {"Flags", "vsock.virtio.flags", FT_UINT32, BASE_HEX, NULL, 0,
      "What they mean depends on operation and type", HFILL}},
    {&hf_virtio_buf_alloc,
     {"Buf alloc", "vsock.virtio.buf_alloc", FT_UINT32, BASE_DEC, NULL, 0,
      "Size of the sender's receive buffer, in bytes", HFILL}},
    {&hf_virtio_fwd_cnt,
     {"Fwd cnt", "vsock.virtio.fwd_cnt", FT_UINT32, BASE_DEC, NULL, 0,
      "Bytes that the sender has consumed so far, modulo 2^32", HFILL}},
};

/* Fields that only we have. */
static int hf_cid = -1, hf_port = -1, hf_addr = -1, hf_src = -1, hf_dst = -1, hf_trans_data = -1;
static int hf_surplus = -1, hf_virtio_src_port = -1, hf_virtio_dst_port = -1;
static int hf_virtio_flags_shutdown_rcv = -1, hf_virtio_flags_shutdown_send = -1;
static int hf_virtio_flags_seq_eom = -1, hf_virtio_flags_seq_eor = -1;

static hf_register_info own_fields[] = {
    {&hf_cid,
     {"Source or destination CID", "vsock.cid", FT_UINT64, BASE_DEC, NULL, 0, "As captured, also on loopback",
      HFILL}},
    {&hf_port, {"Source or destination port", "vsock.port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_addr,
     {"Source or destination endpoint", "vsock.addr", FT_STRING, BASE_NONE, NULL, 0,
      "CID:PORT, as in 3:1024, and the same with a hyphen, which needs no quotes in a filter; CID 1 on "
      "loopback, whichever was dialled",
      HFILL}},
    {&hf_src,
     {"Source endpoint", "vsock.src", FT_STRING, BASE_NONE, NULL, 0,
      "CID:PORT, as in 3:1024; CID 1 on loopback, whichever was dialled", HFILL}},
    {&hf_dst,
     {"Destination endpoint", "vsock.dst", FT_STRING, BASE_NONE, NULL, 0,
      "CID:PORT, as in 3:1024; CID 1 on loopback, whichever was dialled", HFILL}},
    {&hf_trans_data,
     {"Transport data", "vsock.trans_data", FT_BYTES, BASE_NONE, NULL, 0,
      "Bytes of the transport header that this transport does not define", HFILL}},
    {&hf_surplus,
     {"Surplus", "vsock.surplus", FT_BYTES, BASE_NONE, NULL, 0,
      "Bytes of the record that are not this packet's", HFILL}},
    {&hf_virtio_src_port,
     {"Source port", "vsock.virtio.src_port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_virtio_dst_port,
     {"Destination port", "vsock.virtio.dst_port", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
    {&hf_virtio_flags_shutdown_rcv,
     {"Receive", "vsock.virtio.flags.shutdown_rcv", FT_BOOLEAN, 32, TFS(&tfs_yes_no), VSOCK_SHUTDOWN_RCV,
      "On SHUTDOWN: the sender will receive no more data", HFILL}},
    {&hf_virtio_flags_shutdown_send,
     {"Send", "vsock.virtio.flags.shutdown_send", FT_BOOLEAN, 32, TFS(&tfs_yes_no), VSOCK_SHUTDOWN_SEND,
      "On SHUTDOWN: the sender will send no more data", HFILL}},
    {&hf_virtio_flags_seq_eom,
     {"End of message", "vsock.virtio.flags.seq_eom", FT_BOOLEAN, 32, TFS(&tfs_yes_no), VSOCK_SEQ_EOM,
      "On RW: last packet of a SEQPACKET message", HFILL}},
    {&hf_virtio_flags_seq_eor,
     {"End of record", "vsock.virtio.flags.seq_eor", FT_BOOLEAN, 32, TFS(&tfs_yes_no), VSOCK_SEQ_EOR,
      "On RW: the SEQPACKET message was sent with MSG_EOR", HFILL}},
};

static int ett_vsock = -1, ett_virtio = -1, ett_flags = -1;

static int *const subtrees[] = {&ett_vsock, &ett_virtio, &ett_flags};

const struct vsock_fields vsock_header_fields = {
    .shared = shared_fields,
    .shared_count = array_length(shared_fields),
    .own = own_fields,
    .own_count = array_length(own_fields),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

/* Walks fixed-size fields in wire order. */
struct cursor {
    proto_tree *tree;
    tvbuff_t *tvb;
    uint32_t offset;
    uint32_t end; /* of the captured part of this header */
};

/* A number that was read before: to have epan read it again takes half as long again. */
static proto_item *add_number(const struct cursor *c, int hf, uint32_t offset, uint32_t size, uint64_t value)
{
    proto_item *item =
        size == 8 ? proto_tree_add_uint64(c->tree, hf, c->tvb, (int)offset, 8, value)
                  : proto_tree_add_uint(c->tree, hf, c->tvb, (int)offset, (int)size, (uint32_t)value);
    field_info *added = PITEM_FINFO(item);

    /* What nobody asks for is stood for by the parent, or since 4.6 by an item without a field. */
    if (added && added->hfinfo->id == hf)
        FI_SET_FLAG(added, FI_LITTLE_ENDIAN);
    return item;
}

/* The next field's item; NULL from the first field on that was not all captured. */
static proto_item *take(struct cursor *c, int hf, uint32_t size, uint64_t value)
{
    proto_item *item = NULL;

    if (c->offset + size <= c->end)
        item = add_number(c, hf, c->offset, size, value);
    c->offset += size;
    return item;
}

static proto_item *take_cid(struct cursor *c, int hf, uint64_t cid)
{
    proto_item *item = take(c, hf, 8, cid);
    const char *name = item ? vsock_cid_name(cid) : NULL;

    if (name)
        proto_item_append_text(item, " (%s)", name);
    return item;
}

static void take_port(struct cursor *c, int hf, uint64_t cid, uint32_t port)
{
    proto_item *item = take(c, hf, 4, port);
    const char *service = item ? vsock_service_name(cid, port) : NULL;

    if (service)
        proto_item_append_text(item, " (%s)", service);
}

/* A number that is in the tree for filters only, at the place of the field before it. */
static void alias(const struct cursor *c, int hf, uint32_t size, uint64_t value)
{
    if (c->offset <= c->end)
        proto_item_set_hidden(add_number(c, hf, c->offset - size, size, value));
}

static void show_vsockmon(struct cursor *c, const struct vsock_packet *p, struct vsock_header_items *items)
{
    items->src_cid = take_cid(c, hf_src_cid, p->mon.src_cid);
    alias(c, hf_cid, 8, p->mon.src_cid);
    items->dst_cid = take_cid(c, hf_dst_cid, p->mon.dst_cid);
    alias(c, hf_cid, 8, p->mon.dst_cid);
    take_port(c, hf_src_port, p->mon.src_cid, p->mon.src_port);
    alias(c, hf_port, 4, p->mon.src_port);
    take_port(c, hf_dst_port, p->mon.dst_cid, p->mon.dst_port);
    alias(c, hf_port, 4, p->mon.dst_port);
    items->op = take(c, hf_op, 2, p->mon.op);
    items->transport = take(c, hf_trans, 2, p->mon.transport);
    items->transport_len = take(c, hf_trans_len, 2, p->mon.transport_len);
    if (c->offset + 2 <= c->end)
        items->reserved = proto_tree_add_item(c->tree, hf_reserved, c->tvb, (int)c->offset, 2, ENC_NA);
}

static proto_item *take_flags(struct cursor *c, const struct vsock_packet *p)
{
    static int *const shutdown_flags[] = {&hf_virtio_flags_shutdown_rcv, &hf_virtio_flags_shutdown_send,
                                          NULL};
    static int *const seqpacket_flags[] = {&hf_virtio_flags_seq_eom, &hf_virtio_flags_seq_eor, NULL};
    int *const *defined = p->virtio.op == VSOCK_OP_SHUTDOWN ? shutdown_flags : seqpacket_flags;
    proto_item *item;

    if (vsock_defined_flags(p) == 0 || c->offset + 4 > c->end)
        return take(c, hf_virtio_flags, 4, p->virtio.flags);
    item = proto_tree_add_bitmask(c->tree, c->tvb, (int)c->offset, hf_virtio_flags, ett_flags, defined,
                                  ENC_LITTLE_ENDIAN);
    c->offset += 4;
    return item;
}

static void show_virtio(struct cursor *c, const struct vsock_packet *p, struct vsock_header_items *items)
{
    take_cid(c, hf_virtio_src_cid, p->virtio.src_cid);
    take_cid(c, hf_virtio_dst_cid, p->virtio.dst_cid);
    take(c, hf_virtio_src_port, 4, p->virtio.src_port);
    alias(c, hf_virtio_src_prot, 4, p->virtio.src_port);
    take(c, hf_virtio_dst_port, 4, p->virtio.dst_port);
    alias(c, hf_virtio_dst_prot, 4, p->virtio.dst_port);
    items->virtio_len = take(c, hf_virtio_len, 4, p->virtio.len);
    items->virtio_type = take(c, hf_virtio_type, 2, p->virtio.type);
    items->virtio_op = take(c, hf_virtio_op, 2, p->virtio.op);
    items->virtio_flags = take_flags(c, p);
    take(c, hf_virtio_buf_alloc, 4, p->virtio.buf_alloc);
    take(c, hf_virtio_fwd_cnt, 4, p->virtio.fwd_cnt);
}

/* `length` bytes of the record at `offset`, of which the captured ones become the item's value; NULL if there
 * are none. */
static proto_item *show_bytes(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p, int hf,
                              const char *label, uint32_t offset, uint32_t length)
{
    uint32_t captured = p->captured > offset ? MIN(p->captured - offset, length) : 0;
    const char *unit = plurality(length, "byte", "bytes");

    if (captured == 0)
        return NULL;
    if (captured < length)
        return proto_tree_add_bytes_format(tree, hf, tvb, (int)offset, (int)captured, NULL,
                                           "%s (%u %s, %u captured)", label, length, unit, captured);
    return proto_tree_add_bytes_format(tree, hf, tvb, (int)offset, (int)captured, NULL, "%s (%u %s)", label,
                                       length, unit);
}

/* The transport header: a virtio one field by field, and as bytes whatever else its own length field spans.
 */
static void show_transport(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
                           struct vsock_header_items *items)
{
    uint32_t start = sizeof(struct vsockmon_wire), known = start + p->virtio_captured;

    if (p->virtio_captured > 0) {
        struct cursor c = {NULL, tvb, start, known};

        c.tree = proto_tree_add_subtree(tree, tvb, (int)start, (int)p->virtio_captured, ett_virtio,
                                        &items->virtio, "Virtio transport header");
        show_virtio(&c, p, items);
    }
    if (p->payload_offset > known && p->length > known)
        show_bytes(tree, tvb, p, hf_trans_data, "Transport data, not decoded", known,
                   MIN(p->payload_offset, p->length) - known);
}

static void add_endpoint(proto_tree *tree, tvbuff_t *tvb, int hf, int offset, const char *text)
{
    if (proto_field_is_referenced(tree, hf))
        proto_item_set_hidden(proto_tree_add_string(tree, hf, tvb, offset, 8, text));
}

/* As its own side's field, and as either's; there also in the spelling that every series reads unquoted. */
static void show_endpoint(proto_tree *tree, tvbuff_t *tvb, int hf, struct vsock_endpoint endpoint, int offset)
{
    char buffer[32];
    struct vsock_text t = vsock_text_start(buffer, sizeof(buffer));

    vsock_text_add_endpoint(&t, endpoint.cid, endpoint.port);
    add_endpoint(tree, tvb, hf, offset, buffer);
    add_endpoint(tree, tvb, hf_addr, offset, buffer);
    t = vsock_text_start(buffer, sizeof(buffer));
    vsock_text_add_uint(&t, endpoint.cid);
    vsock_text_add(&t, "-");
    vsock_text_add_uint(&t, endpoint.port);
    add_endpoint(tree, tvb, hf_addr, offset, buffer);
}

/* The endpoints as the conversation tables name them: loopback is one CID, whichever way it was dialled. */
static void show_endpoints(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p)
{
    bool wanted = proto_field_is_referenced(tree, hf_addr) || proto_field_is_referenced(tree, hf_src) ||
                  proto_field_is_referenced(tree, hf_dst);

    if (!wanted || !VSOCK_HAS_MON(p, dst_port))
        return;
    show_endpoint(tree, tvb, hf_src, vsock_source(p), offsetof(struct vsockmon_wire, src_cid));
    show_endpoint(tree, tvb, hf_dst, vsock_destination(p), offsetof(struct vsockmon_wire, dst_cid));
}

/* Behind the protocol's name: ", Src: 3:20000, Dst: 2:9999, RW, Len: 13". */
static void show_summary(proto_tree *tree, proto_item *item, const struct vsock_packet *p)
{
    char buffer[ITEM_LABEL_LENGTH];
    struct vsock_text t = vsock_text_start(buffer, sizeof(buffer));

    if (!VSOCK_HAS_MON(p, dst_port) || !PTREE_DATA(tree)->visible)
        return;
    vsock_text_add(&t, ", Src: ");
    vsock_text_add_endpoint(&t, p->mon.src_cid, p->mon.src_port);
    vsock_text_add(&t, ", Dst: ");
    vsock_text_add_endpoint(&t, p->mon.dst_cid, p->mon.dst_port);
    if (VSOCK_HAS_VIRTIO(p, op)) {
        vsock_text_add(&t, ", ");
        vsock_text_add(&t, val_to_str_const(p->virtio.op, vsock_op_names, "Unknown operation"));
    }
    if (VSOCK_HAS_VIRTIO(p, len) && p->virtio.len > 0) {
        vsock_text_add(&t, ", Len: ");
        vsock_text_add_uint(&t, p->virtio.len);
    }
    proto_item_append_text(item, "%s", buffer);
}

/* Where there are no items but the protocol's own, expert infos hang on that. */
static struct vsock_header_items all_on(proto_item *item)
{
    return (struct vsock_header_items){
        .packet = item,
        .src_cid = item,
        .dst_cid = item,
        .op = item,
        .transport = item,
        .transport_len = item,
        .reserved = item,
        .virtio = item,
        .virtio_len = item,
        .virtio_type = item,
        .virtio_op = item,
        .virtio_flags = item,
    };
}

void vsock_header_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
                       struct vsock_header_items *items)
{
    struct cursor c = {NULL, tvb, 0, p->mon_captured};

    if (!tree)
        return;
    items->packet = proto_tree_add_item(tree, proto_vsock, tvb, 0, -1, ENC_NA);
    if (!proto_field_is_referenced(tree, proto_vsock)) { /* nor any of its fields: nobody will look */
        *items = all_on(items->packet);
        return;
    }
    c.tree = items->tree = proto_item_add_subtree(items->packet, ett_vsock);
    show_summary(items->tree, items->packet, p);
    show_vsockmon(&c, p, items);
    show_endpoints(c.tree, tvb, p);
    show_transport(tvb, c.tree, p, items);
}

void vsock_payload_show(tvbuff_t *tvb, const struct vsock_packet *p, const struct vsock_record *record,
                        const struct vsock_header_items *items)
{
    uint32_t skip = vsock_record_payload_skip(record), start = p->payload_offset + skip;
    uint32_t end = start + p->payload_length;
    bool recorded = !record || !VSOCK_RECORD_HAS(record, PAYLOAD_NOT_RECORDED);

    if (!items->tree)
        return;
    show_bytes(items->tree, tvb, p, hf_surplus, "Surplus", p->payload_offset, skip);
    show_bytes(items->tree, tvb, p, hf_payload, recorded ? "Payload" : "Payload, likely not recorded", start,
               p->payload_length);
    show_bytes(items->tree, tvb, p, hf_surplus, "Surplus", end,
               p->payload_present - skip - p->payload_length);
}
