/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_packet.c - findings about one packet as expert infos: where each is shown, how severe it is, what it
 * says. A new finding is one enum line in core/malformed.h, one row here, one case here, a unit test and a
 * capture. */
#include "compat.h"

#include "expert_packet.h"

#include <epan/expert.h>

#include "names.h"

/* Laid out by hand, as tables of fields are. */
/* clang-format off */
static struct vsock_expert experts[] = {
    [VSOCK_MALFORMED_TRUNCATED] = {"vsock.malformed.truncated", PI_ERROR,
     "The record is too short for its headers", "As it was on the device;"
     " a packet that a snaplen cut is not malformed", .group = PI_MALFORMED},
    [VSOCK_MALFORMED_HEADER_MISMATCH] = {"vsock.malformed.header_mismatch", PI_ERROR,
     "The two headers name different endpoints", NULL, .group = PI_MALFORMED},
    [VSOCK_MALFORMED_OP_MISMATCH] = {"vsock.malformed.op_mismatch", PI_ERROR,
     "The two headers' operations do not belong together", NULL, .group = PI_MALFORMED},
    [VSOCK_MALFORMED_PAYLOAD_SHORT] = {"vsock.malformed.payload_short", PI_ERROR,
     "The record holds less payload than the packet's length", NULL, .group = PI_MALFORMED},
    [VSOCK_MALFORMED_TRANS_LEN] = {"vsock.malformed.trans_len", PI_WARN,
     "Unexpected transport header length", "Another one than the transport has", .group = PI_MALFORMED},
    [VSOCK_MALFORMED_UNKNOWN_TRANSPORT] = {"vsock.malformed.unknown_transport", PI_WARN,
     "Unknown transport", "A number that nothing defines", .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_UNKNOWN_OP] = {"vsock.malformed.unknown_op", PI_WARN,
     "Unknown operation", "A number that nothing defines", .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_UNKNOWN_TYPE] = {"vsock.malformed.unknown_type", PI_WARN,
     "Unknown socket type", "A number that nothing defines", .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_UNKNOWN_FLAGS] = {"vsock.malformed.unknown_flags", PI_WARN,
     "Flags that mean nothing here", NULL, .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_RESERVED] = {"vsock.malformed.reserved", PI_WARN,
     "Reserved bytes are not 0", NULL, .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_CID_BITS] = {"vsock.malformed.cid_bits", PI_WARN,
     "A CID has more than 32 bits", NULL, .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_UNEXPECTED_PAYLOAD] = {"vsock.malformed.unexpected_payload", PI_WARN,
     "Payload on an operation that carries none", NULL, .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_CID_RESERVED] = {"vsock.malformed.cid_reserved", PI_NOTE,
     "Payload from or to a reserved CID", "CID 0 or 4294967295", .group = PI_PROTOCOL},
    [VSOCK_MALFORMED_PAYLOAD_LONG] = {"vsock.malformed.payload_long", PI_NOTE,
     "The record holds more payload than the packet's length",
     "On RW, a known bug of the kernel's tap", .group = PI_PROTOCOL},
};
/* clang-format on */
static_assert(array_length(experts) == VSOCK_MALFORMED_COUNT, "every finding has its row");

static struct vsock_expert *next_expert(size_t i)
{
    return i < array_length(experts) ? &experts[i] : NULL;
}

const struct vsock_fields vsock_malformed_fields = {.next_expert = next_expert};

/* The field of a finding. */
#define EI(finding) (&experts[VSOCK_MALFORMED_##finding].id)

static void show_truncated(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    if (p->length < sizeof(struct vsockmon_wire))
        expert_add_info_format(pinfo, item, EI(TRUNCATED),
                               "The record has %u bytes, the vsockmon header alone needs %u", p->length,
                               (unsigned)sizeof(struct vsockmon_wire));
    else
        expert_add_info_format(pinfo, item, EI(TRUNCATED),
                               "The record has %u bytes, its headers need %u (32 + %u)", p->length,
                               p->payload_offset, p->mon.transport_len);
}

static void show_mismatch(packet_info *pinfo, proto_item *item, const char *what, uint64_t mon,
                          uint64_t virtio)
{
    if (mon != virtio)
        expert_add_info_format(pinfo, item, EI(HEADER_MISMATCH),
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
        pinfo, item, EI(OP_MISMATCH),
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
        expert_add_info_format(pinfo, items->src_cid, EI(CID_BITS), text, "Source", p->mon.src_cid,
                               p->mon.src_cid);
    if (dst)
        expert_add_info_format(pinfo, items->dst_cid, EI(CID_BITS), text, "Destination", p->mon.dst_cid,
                               p->mon.dst_cid);
    if (!src && p->virtio.src_cid > UINT32_MAX)
        expert_add_info_format(pinfo, items->virtio, EI(CID_BITS), text, "Virtio source", p->virtio.src_cid,
                               p->virtio.src_cid);
    if (!dst && p->virtio.dst_cid > UINT32_MAX)
        expert_add_info_format(pinfo, items->virtio, EI(CID_BITS), text, "Virtio destination",
                               p->virtio.dst_cid, p->virtio.dst_cid);
}

static void show_unknown_op(packet_info *pinfo, const struct vsock_packet *p,
                            const struct vsock_header_items *items)
{
    bool mon = p->mon.op > VSOCKMON_OP_PAYLOAD;
    bool virtio = VSOCK_HAS_VIRTIO(p, op) && !vsock_is_known_op(p->virtio.op);

    if (mon)
        expert_add_info_format(pinfo, items->op, EI(UNKNOWN_OP), "Unknown vsockmon operation %u", p->mon.op);
    if (virtio)
        expert_add_info_format(pinfo, items->virtio_op, EI(UNKNOWN_OP), "Unknown virtio operation %u",
                               p->virtio.op);
}

static void show_unknown_flags(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    uint32_t unknown = p->virtio.flags & ~vsock_defined_flags(p);

    if (unknown != 0)
        expert_add_info_format(pinfo, item, EI(UNKNOWN_FLAGS),
                               "Flags 0x%x mean nothing on this operation and type", unknown);
    else
        expert_add_info_format(pinfo, item, EI(UNKNOWN_FLAGS),
                               "SHUTDOWN without a direction; Linux ignores it");
}

static void show_unexpected_payload(packet_info *pinfo, const struct vsock_packet *p,
                                    const struct vsock_header_items *items)
{
    /* A cut can leave no payload item. */
    proto_item *item = items->virtio_len ? items->virtio_len : items->packet;

    expert_add_info_format(pinfo, item, EI(UNEXPECTED_PAYLOAD),
                           "%u bytes of payload on an operation that carries none",
                           VSOCK_HAS_VIRTIO(p, len) ? p->virtio.len : p->payload_present);
}

static void show_payload_long(packet_info *pinfo, const struct vsock_packet *p, proto_item *item)
{
    bool tap_bug = p->virtio.op == VSOCK_OP_RW && p->mon.transport_len == sizeof(struct virtio_vsock_wire);

    expert_add_info_format(
        pinfo, item, EI(PAYLOAD_LONG), "The record holds %u payload bytes, the packet's length is %u%s",
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
        expert_add_info_format(pinfo, items->virtio_len, EI(PAYLOAD_SHORT),
                               "The record holds %u payload bytes, the packet's length is %u",
                               p->payload_present, p->virtio.len);
        break;
    case VSOCK_MALFORMED_TRANS_LEN:
        expert_add_info_format(
            pinfo, items->transport_len, EI(TRANS_LEN),
            "The transport header is said to have %u bytes, this transport's has %u", p->mon.transport_len,
            p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO ? 0u : (unsigned)sizeof(struct virtio_vsock_wire));
        break;
    case VSOCK_MALFORMED_UNKNOWN_TRANSPORT:
        expert_add_info_format(pinfo, items->transport, EI(UNKNOWN_TRANSPORT), "Unknown transport %u",
                               p->mon.transport);
        break;
    case VSOCK_MALFORMED_UNKNOWN_OP:
        show_unknown_op(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_UNKNOWN_TYPE:
        expert_add_info_format(pinfo, items->virtio_type, EI(UNKNOWN_TYPE), "Unknown socket type %u",
                               p->virtio.type);
        break;
    case VSOCK_MALFORMED_UNKNOWN_FLAGS:
        show_unknown_flags(pinfo, p, items->virtio_flags);
        break;
    case VSOCK_MALFORMED_RESERVED:
        expert_add_info_format(pinfo, items->reserved, EI(RESERVED), "Reserved bytes are 0x%04x instead of 0",
                               p->mon.reserved);
        break;
    case VSOCK_MALFORMED_CID_BITS:
        show_wide_cids(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_UNEXPECTED_PAYLOAD:
        show_unexpected_payload(pinfo, p, items);
        break;
    case VSOCK_MALFORMED_CID_RESERVED:
        expert_add_info_format(pinfo, items->packet, EI(CID_RESERVED),
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
