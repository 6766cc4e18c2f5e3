/* SPDX-License-Identifier: GPL-2.0-or-later
 * columns.c - a packet in one line, as TCP's: ports, what it is, then the figures that matter for it. */
#include "compat.h"

#include "columns.h"

#include <wsutil/utf8_entities.h>

#include "names.h"

void vsock_set_addresses(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *p)
{
    if (VSOCK_HAS_MON(p, src_cid)) {
        vsock_set_cid_address(&pinfo->src, tvb, offsetof(struct vsockmon_wire, src_cid));
        copy_address_shallow(&pinfo->net_src, &pinfo->src);
    }
    if (VSOCK_HAS_MON(p, dst_cid)) {
        vsock_set_cid_address(&pinfo->dst, tvb, offsetof(struct vsockmon_wire, dst_cid));
        copy_address_shallow(&pinfo->net_dst, &pinfo->dst);
    }
    /* There is no port type for vsock, and another protocol's would show and filter as that one's ports. */
    pinfo->ptype = PT_NONE;
    pinfo->srcport = p->mon.src_port;
    pinfo->destport = p->mon.dst_port;
}

/* The name of a virtio op in the Info column, as in the specification; NULL if it has none. */
static const char *op_tag(uint16_t op)
{
    switch ((enum vsock_op)op) {
    case VSOCK_OP_INVALID:
        return "INVALID";
    case VSOCK_OP_REQUEST:
        return "REQUEST";
    case VSOCK_OP_RESPONSE:
        return "RESPONSE";
    case VSOCK_OP_RST:
        return "RST";
    case VSOCK_OP_SHUTDOWN:
        return "SHUTDOWN";
    case VSOCK_OP_RW:
        return "RW";
    case VSOCK_OP_CREDIT_UPDATE:
        return "CREDIT_UPDATE";
    case VSOCK_OP_CREDIT_REQUEST:
        return "CREDIT_REQUEST";
    }
    return NULL;
}

/* What the flags add to the op: " rcv|send", ", EOM, EOR". */
static const char *flags_tag(const struct vsock_packet *p)
{
    static const char *const shutdown[] = {"", " rcv", " send", " rcv|send"};
    static const char *const message[] = {"", ", EOM", ", EOR", ", EOM, EOR"};
    uint32_t defined = vsock_defined_flags(p);

    if (defined == 0)
        return "";
    return (p->virtio.op == VSOCK_OP_SHUTDOWN ? shutdown : message)[p->virtio.flags & defined];
}

static void append_virtio(column_info *cinfo, const struct vsock_packet *p)
{
    const char *op = op_tag(p->virtio.op);

    if (op)
        col_append_fstr(cinfo, COL_INFO, " [%s%s]", op, flags_tag(p));
    else
        col_append_fstr(cinfo, COL_INFO, " [Unknown op %u]", p->virtio.op);
    if (p->virtio.op == VSOCK_OP_REQUEST && p->virtio.type != VSOCK_TYPE_STREAM)
        col_append_fstr(cinfo, COL_INFO, " %s",
                        val_to_str_const(p->virtio.type, vsock_type_names, "Unknown type"));
    if (p->virtio.op == VSOCK_OP_RW || p->virtio.len > 0)
        col_append_fstr(cinfo, COL_INFO, " Len=%u", p->virtio.len);
}

static void append_credit(column_info *cinfo, const struct vsock_packet *p)
{
    switch (p->virtio.op) {
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
        col_append_fstr(cinfo, COL_INFO, " Buf=%u", p->virtio.buf_alloc);
        break;
    case VSOCK_OP_CREDIT_UPDATE:
        col_append_fstr(cinfo, COL_INFO, " Buf=%u Fwd=%u", p->virtio.buf_alloc, p->virtio.fwd_cnt);
        break;
    }
}

/* All that can be said of a record without a virtio header. */
static void append_vsockmon(column_info *cinfo, const struct vsock_packet *p)
{
    col_append_fstr(cinfo, COL_INFO, " [%s]", val_to_str_const(p->mon.op, vsockmon_op_names, "Unknown op"));
    if (VSOCK_HAS_MON(p, len) && p->mon.transport != VSOCKMON_TRANSPORT_VIRTIO && p->payload_length > 0)
        col_append_fstr(cinfo, COL_INFO, " Len=%u", p->payload_length);
}

#define ERRORS                                                                                               \
    (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_TRUNCATED) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_HEADER_MISMATCH) | \
     VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_OP_MISMATCH) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_SHORT))

void vsock_set_columns(packet_info *pinfo, const struct vsock_packet *p, uint32_t malformed)
{
    column_info *cinfo = pinfo->cinfo;

    col_set_str(cinfo, COL_PROTOCOL, "VSOCK");
    col_clear(cinfo, COL_INFO);
    if (malformed & ERRORS)
        col_append_str(cinfo, COL_INFO, "[Malformed] ");
    if (VSOCK_HAS_MON(p, dst_port))
        col_append_fstr(cinfo, COL_INFO, "%u " UTF8_RIGHTWARDS_ARROW " %u", p->mon.src_port, p->mon.dst_port);
    if (VSOCK_HAS_VIRTIO(p, op))
        append_virtio(cinfo, p);
    else if (VSOCK_HAS_MON(p, op))
        append_vsockmon(cinfo, p);
    if (VSOCK_HAS_VIRTIO(p, fwd_cnt))
        append_credit(cinfo, p);
}
