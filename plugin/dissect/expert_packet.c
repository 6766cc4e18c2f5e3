/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_packet.c - findings about one packet as expert infos: where each is shown, how severe it is, what it
 * says. A new finding is one enum line in core/malformed.h, one row here, one case here, a unit test and a
 * capture. */
#include "compat.h"

#include "expert_packet.h"

#include <epan/expert.h>

#include "expert_blurb.h"
#include "names.h"

static expert_field ei_truncated = EI_INIT;
static expert_field ei_header_mismatch = EI_INIT;
static expert_field ei_op_mismatch = EI_INIT;
static expert_field ei_payload_short = EI_INIT;
static expert_field ei_trans_len = EI_INIT;
static expert_field ei_unknown_transport = EI_INIT;
static expert_field ei_unknown_op = EI_INIT;
static expert_field ei_unknown_type = EI_INIT;
static expert_field ei_unknown_flags = EI_INIT;
static expert_field ei_reserved = EI_INIT;
static expert_field ei_cid_bits = EI_INIT;
static expert_field ei_unexpected_payload = EI_INIT;
static expert_field ei_cid_reserved = EI_INIT;
static expert_field ei_payload_long = EI_INIT;

static ei_register_info experts[] = {
    {&ei_truncated,
     {"vsock.malformed.truncated", PI_MALFORMED, PI_ERROR, "The record is too short for its headers",
      EXPFILL_BLURB("As it was on the device; a packet that a snaplen cut is not malformed")}},
    {&ei_header_mismatch,
     {"vsock.malformed.header_mismatch", PI_MALFORMED, PI_ERROR, "The two headers name different endpoints",
      EXPFILL}},
    {&ei_op_mismatch,
     {"vsock.malformed.op_mismatch", PI_MALFORMED, PI_ERROR,
      "The two headers' operations do not belong together", EXPFILL}},
    {&ei_payload_short,
     {"vsock.malformed.payload_short", PI_MALFORMED, PI_ERROR,
      "The record holds less payload than the packet's length", EXPFILL}},
    {&ei_trans_len,
     {"vsock.malformed.trans_len", PI_MALFORMED, PI_WARN, "Unexpected transport header length",
      EXPFILL_BLURB("Another one than the transport has")}},
    {&ei_unknown_transport,
     {"vsock.malformed.unknown_transport", PI_PROTOCOL, PI_WARN, "Unknown transport",
      EXPFILL_BLURB("A number that nothing defines")}},
    {&ei_unknown_op,
     {"vsock.malformed.unknown_op", PI_PROTOCOL, PI_WARN, "Unknown operation",
      EXPFILL_BLURB("A number that nothing defines")}},
    {&ei_unknown_type,
     {"vsock.malformed.unknown_type", PI_PROTOCOL, PI_WARN, "Unknown socket type",
      EXPFILL_BLURB("A number that nothing defines")}},
    {&ei_unknown_flags,
     {"vsock.malformed.unknown_flags", PI_PROTOCOL, PI_WARN, "Flags that mean nothing here", EXPFILL}},
    {&ei_reserved, {"vsock.malformed.reserved", PI_PROTOCOL, PI_WARN, "Reserved bytes are not 0", EXPFILL}},
    {&ei_cid_bits,
     {"vsock.malformed.cid_bits", PI_PROTOCOL, PI_WARN, "A CID has more than 32 bits", EXPFILL}},
    {&ei_unexpected_payload,
     {"vsock.malformed.unexpected_payload", PI_PROTOCOL, PI_WARN, "Payload on an operation that carries none",
      EXPFILL}},
    {&ei_cid_reserved,
     {"vsock.malformed.cid_reserved", PI_PROTOCOL, PI_NOTE, "Payload from or to a reserved CID",
      EXPFILL_BLURB("CID 0 or 4294967295")}},
    {&ei_payload_long,
     {"vsock.malformed.payload_long", PI_PROTOCOL, PI_NOTE,
      "The record holds more payload than the packet's length",
      EXPFILL_BLURB("On RW, a known bug of the kernel's tap")}},
};

const struct vsock_fields vsock_malformed_fields = {
    .experts = experts,
    .expert_count = array_length(experts),
};

static void show_truncated(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    if (p->length < sizeof(struct vsockmon_wire))
        expert_add_info_format(pinfo, item, &ei_truncated,
                               "The record has %u bytes, the vsockmon header alone needs %u", p->length,
                               (unsigned)sizeof(struct vsockmon_wire));
    else
        expert_add_info_format(pinfo, item, &ei_truncated,
                               "The record has %u bytes, its headers need %u (32 + %u)", p->length,
                               p->payload_offset, p->mon.transport_len);
}

static void show_mismatch(packet_info *pinfo, proto_item *item, const char *what, uint64_t mon,
                          uint64_t virtio)
{
    if (mon != virtio)
        expert_add_info_format(pinfo, item, &ei_header_mismatch,
                               "The two headers name different %ss: vsockmon %" PRIu64 ", virtio %" PRIu64,
                               what, mon, virtio);
}

/* Field by field: those that a snaplen cut are not judged. */
static void show_header_mismatch(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    if (VSOCK_HAS_VIRTIO(p, src_cid))
        show_mismatch(pinfo, item, "source CID", p->mon.src_cid, p->virtio.src_cid);
    if (VSOCK_HAS_VIRTIO(p, dst_cid))
        show_mismatch(pinfo, item, "destination CID", p->mon.dst_cid, p->virtio.dst_cid);
    if (VSOCK_HAS_VIRTIO(p, src_port))
        show_mismatch(pinfo, item, "source port", p->mon.src_port, p->virtio.src_port);
    if (VSOCK_HAS_VIRTIO(p, dst_port))
        show_mismatch(pinfo, item, "destination port", p->mon.dst_port, p->virtio.dst_port);
}

static void show_op_mismatch(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    uint16_t expected = (uint16_t)vsock_mon_op_of(p->virtio.op);

    expert_add_info_format(
        pinfo, item, &ei_op_mismatch,
        "vsockmon operation %u (%s) with virtio operation %u (%s), which calls for %u (%s)", p->mon.op,
        val_to_str_const(p->mon.op, vsockmon_op_names, "?"), p->virtio.op,
        val_to_str_const(p->virtio.op, vsock_op_names, "?"), expected,
        val_to_str_const(expected, vsockmon_op_names, "?"));
}

static void show_wide_cids(packet_info *pinfo, const struct vsock_packet *p,
                           const struct vsock_header_items *items)
{
    static const char text[] =
        "%s CID %" PRIu64 " (0x%" PRIx64 ") has more than 32 bits; the upper half is reserved";
    bool src = p->mon.src_cid > UINT32_MAX, dst = p->mon.dst_cid > UINT32_MAX;

    if (src)
        expert_add_info_format(pinfo, items->src_cid, &ei_cid_bits, text, "Source", p->mon.src_cid,
                               p->mon.src_cid);
    if (dst)
        expert_add_info_format(pinfo, items->dst_cid, &ei_cid_bits, text, "Destination", p->mon.dst_cid,
                               p->mon.dst_cid);
    if (!src && p->virtio.src_cid > UINT32_MAX)
        expert_add_info_format(pinfo, items->virtio, &ei_cid_bits, text, "Virtio source", p->virtio.src_cid,
                               p->virtio.src_cid);
    if (!dst && p->virtio.dst_cid > UINT32_MAX)
        expert_add_info_format(pinfo, items->virtio, &ei_cid_bits, text, "Virtio destination",
                               p->virtio.dst_cid, p->virtio.dst_cid);
}

static void show_unknown_op(packet_info *pinfo, const struct vsock_packet *p,
                            const struct vsock_header_items *items)
{
    bool mon = p->mon.op > VSOCKMON_OP_PAYLOAD;
    bool virtio = VSOCK_HAS_VIRTIO(p, op) && !vsock_is_known_op(p->virtio.op);

    if (mon)
        expert_add_info_format(pinfo, items->op, &ei_unknown_op, "Unknown vsockmon operation %u", p->mon.op);
    if (virtio)
        expert_add_info_format(pinfo, items->virtio_op, &ei_unknown_op, "Unknown virtio operation %u",
                               p->virtio.op);
}

static void show_unknown_flags(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    uint32_t unknown = p->virtio.flags & ~vsock_defined_flags(p);

    if (unknown != 0)
        expert_add_info_format(pinfo, item, &ei_unknown_flags,
                               "Flags 0x%x mean nothing on this operation and type", unknown);
    else
        expert_add_info_format(pinfo, item, &ei_unknown_flags,
                               "SHUTDOWN without a direction; Linux ignores it");
}

static void show_unexpected_payload(packet_info *pinfo, const struct vsock_packet *p,
                                    const struct vsock_header_items *items)
{
    /* A cut can leave no payload item. */
    proto_item *item = items->virtio_len ? items->virtio_len : items->packet;

    expert_add_info_format(pinfo, item, &ei_unexpected_payload,
                           "%u bytes of payload on an operation that carries none",
                           VSOCK_HAS_VIRTIO(p, len) ? p->virtio.len : p->payload_present);
}

static void show_payload_long(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    bool tap_bug = p->virtio.op == VSOCK_OP_RW && p->mon.transport_len == sizeof(struct virtio_vsock_wire);

    expert_add_info_format(
        pinfo, item, &ei_payload_long, "The record holds %u payload bytes, the packet's length is %u%s",
        p->payload_present, p->payload_length,
        tap_bug ? ": the known bug of the kernel's tap with packets that vhost splits (fixed in Linux "
                  "7.1 and stable kernels of May 2026)"
                : "");
}

static void show_finding(packet_info *pinfo, const struct vsock_packet *p, enum vsock_malformed finding,
                         const struct vsock_header_items *items)
{
    switch (finding) {
    case VSOCK_MALFORMED_TRUNCATED:
        show_truncated(pinfo, p, items->packet);
        break;
    case VSOCK_MALFORMED_HEADER_MISMATCH:
        show_header_mismatch(pinfo, p, items->virtio);
        break;
    case VSOCK_MALFORMED_OP_MISMATCH:
        show_op_mismatch(pinfo, p, items->op);
        break;
    case VSOCK_MALFORMED_PAYLOAD_SHORT:
        expert_add_info_format(pinfo, items->virtio_len, &ei_payload_short,
                               "The record holds %u payload bytes, the packet's length is %u",
                               p->payload_present, p->virtio.len);
        break;
    case VSOCK_MALFORMED_TRANS_LEN:
        expert_add_info_format(
            pinfo, items->transport_len, &ei_trans_len,
            "The transport header is said to have %u bytes, this transport's has %u", p->mon.transport_len,
            p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO ? 0u : (unsigned)sizeof(struct virtio_vsock_wire));
        break;
    case VSOCK_MALFORMED_UNKNOWN_TRANSPORT:
        expert_add_info_format(pinfo, items->transport, &ei_unknown_transport, "Unknown transport %u",
                               p->mon.transport);
        break;
    case VSOCK_MALFORMED_UNKNOWN_OP:
        show_unknown_op(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_UNKNOWN_TYPE:
        expert_add_info_format(pinfo, items->virtio_type, &ei_unknown_type, "Unknown socket type %u",
                               p->virtio.type);
        break;
    case VSOCK_MALFORMED_UNKNOWN_FLAGS:
        show_unknown_flags(pinfo, p, items->virtio_flags);
        break;
    case VSOCK_MALFORMED_RESERVED:
        expert_add_info_format(pinfo, items->reserved, &ei_reserved, "Reserved bytes are 0x%04x instead of 0",
                               p->mon.reserved);
        break;
    case VSOCK_MALFORMED_CID_BITS:
        show_wide_cids(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_UNEXPECTED_PAYLOAD:
        show_unexpected_payload(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_CID_RESERVED:
        expert_add_info_format(pinfo, items->packet, &ei_cid_reserved,
                               "Payload from CID %" PRIu64 " to CID %" PRIu64
                               "; 0 (hypervisor) and 4294967295 (any) are reserved",
                               p->mon.src_cid, p->mon.dst_cid);
        break;
    case VSOCK_MALFORMED_PAYLOAD_LONG:
        show_payload_long(pinfo, p, items->virtio_len);
        break;
    case VSOCK_MALFORMED_COUNT:
        break;
    }
}

void vsock_malformed_show(packet_info *pinfo, const struct vsock_packet *packet, uint32_t findings,
                          const struct vsock_header_items *items)
{
    for (unsigned i = 0; findings >> i != 0; i++) {
        if (findings & VSOCK_MALFORMED_BIT(i))
            show_finding(pinfo, packet, (enum vsock_malformed)i, items);
    }
}
