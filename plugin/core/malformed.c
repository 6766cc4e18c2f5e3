/* SPDX-License-Identifier: GPL-2.0-or-later
 * malformed.c - one question a finding, each answered from fields that were captured. */
#include "malformed.h"

static bool is_virtio(const struct vsock_packet *p)
{
    return p->mon.transport == VSOCKMON_TRANSPORT_VIRTIO;
}

bool vsock_is_known_op(uint16_t virtio_op)
{
    return virtio_op >= VSOCK_OP_REQUEST && virtio_op <= VSOCK_OP_CREDIT_REQUEST;
}

static bool is_truncated(const struct vsock_packet *p)
{
    return p->length < p->payload_offset;
}

static bool has_header_mismatch(const struct vsock_packet *p)
{
    return (VSOCK_HAS_VIRTIO(p, src_cid) && p->virtio.src_cid != p->mon.src_cid) ||
           (VSOCK_HAS_VIRTIO(p, dst_cid) && p->virtio.dst_cid != p->mon.dst_cid) ||
           (VSOCK_HAS_VIRTIO(p, src_port) && p->virtio.src_port != p->mon.src_port) ||
           (VSOCK_HAS_VIRTIO(p, dst_port) && p->virtio.dst_port != p->mon.dst_port);
}

static bool has_op_mismatch(const struct vsock_packet *p)
{
    return VSOCK_HAS_VIRTIO(p, op) && p->mon.op != vsock_mon_op_of(p->virtio.op);
}

static bool is_payload_short(const struct vsock_packet *p)
{
    return VSOCK_HAS_VIRTIO(p, len) && !is_truncated(p) && p->payload_present < p->virtio.len;
}

static bool is_payload_long(const struct vsock_packet *p)
{
    return VSOCK_HAS_VIRTIO(p, len) && p->payload_present > p->virtio.len;
}

static bool has_wrong_trans_len(const struct vsock_packet *p)
{
    if (!VSOCK_HAS_MON(p, len))
        return false;
    if (p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO)
        return p->mon.transport_len != 0;
    return is_virtio(p) && p->mon.transport_len != sizeof(struct virtio_vsock_wire);
}

static bool has_unknown_transport(const struct vsock_packet *p)
{
    return p->mon.transport > VSOCKMON_TRANSPORT_VIRTIO;
}

static bool has_unknown_op(const struct vsock_packet *p)
{
    return p->mon.op > VSOCKMON_OP_PAYLOAD || (VSOCK_HAS_VIRTIO(p, op) && !vsock_is_known_op(p->virtio.op));
}

static bool has_unknown_type(const struct vsock_packet *p)
{
    return VSOCK_HAS_VIRTIO(p, type) &&
           (p->virtio.type < VSOCK_TYPE_STREAM || p->virtio.type > VSOCK_TYPE_DGRAM);
}

uint32_t vsock_defined_flags(const struct vsock_packet *p)
{
    if (p->virtio.op == VSOCK_OP_SHUTDOWN)
        return VSOCK_SHUTDOWN_BOTH;
    if (p->virtio.op == VSOCK_OP_RW && p->virtio.type == VSOCK_TYPE_SEQPACKET)
        return VSOCK_SEQ_EOM | VSOCK_SEQ_EOR;
    return 0;
}

static bool has_unknown_flags(const struct vsock_packet *p)
{
    /* What an unknown op or type, or the unmerged DGRAM, may put here is not known either. */
    if (!VSOCK_HAS_VIRTIO(p, flags) || !vsock_is_known_op(p->virtio.op) || has_unknown_type(p) ||
        p->virtio.type == VSOCK_TYPE_DGRAM)
        return false;
    if (p->virtio.op == VSOCK_OP_SHUTDOWN && p->virtio.flags == 0)
        return true;
    return (p->virtio.flags & ~vsock_defined_flags(p)) != 0;
}

static bool is_wide(uint64_t cid)
{
    return cid > UINT32_MAX;
}

static bool has_wide_cid(const struct vsock_packet *p)
{
    return is_wide(p->mon.src_cid) || is_wide(p->mon.dst_cid) || is_wide(p->virtio.src_cid) ||
           is_wide(p->virtio.dst_cid);
}

/* What virtio.len says, if the header has it; where it was not captured, nothing is known. */
static bool carries_payload(const struct vsock_packet *p)
{
    if (is_virtio(p) && p->mon.transport_len >= VSOCK_WIRE_END(virtio_vsock_wire, len))
        return p->virtio.len > 0;
    return p->payload_present > 0;
}

static bool has_unexpected_payload(const struct vsock_packet *p)
{
    if (VSOCK_HAS_VIRTIO(p, op))
        return p->virtio.len > 0 && vsock_is_known_op(p->virtio.op) && p->virtio.op != VSOCK_OP_RW;
    return !is_virtio(p) && p->payload_present > 0 && p->mon.op >= VSOCKMON_OP_CONNECT &&
           p->mon.op <= VSOCKMON_OP_CONTROL;
}

static bool has_reserved_cid(const struct vsock_packet *p)
{
    return p->mon.op == VSOCKMON_OP_PAYLOAD && carries_payload(p) &&
           (p->mon.src_cid == VSOCK_CID_HYPERVISOR || p->mon.dst_cid == VSOCK_CID_HYPERVISOR ||
            p->mon.src_cid == VSOCK_CID_ANY || p->mon.dst_cid == VSOCK_CID_ANY);
}

uint32_t vsock_malformed(const struct vsock_packet *p)
{
    uint32_t found = 0;

#define JUDGE(finding, answer) found |= (answer) ? VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_##finding) : 0
    JUDGE(TRUNCATED, is_truncated(p));
    JUDGE(HEADER_MISMATCH, has_header_mismatch(p));
    JUDGE(OP_MISMATCH, has_op_mismatch(p));
    JUDGE(PAYLOAD_SHORT, is_payload_short(p));
    JUDGE(TRANS_LEN, has_wrong_trans_len(p));
    JUDGE(UNKNOWN_TRANSPORT, has_unknown_transport(p));
    JUDGE(UNKNOWN_OP, has_unknown_op(p));
    JUDGE(UNKNOWN_TYPE, has_unknown_type(p));
    JUDGE(UNKNOWN_FLAGS, has_unknown_flags(p));
    JUDGE(RESERVED, p->mon.reserved != 0);
    JUDGE(CID_BITS, has_wide_cid(p));
    JUDGE(UNEXPECTED_PAYLOAD, has_unexpected_payload(p));
    JUDGE(CID_RESERVED, has_reserved_cid(p));
    JUDGE(PAYLOAD_LONG, is_payload_long(p));
#undef JUDGE
    return found;
}
