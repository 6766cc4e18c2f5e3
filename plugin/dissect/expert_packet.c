/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_packet.c - findings about one packet as expert infos: where each is shown, how severe it is, what it
 * says. A new finding is one enum line in core/malformed.h, one row here, a unit test and a capture. */
#include "compat.h"

#include "expert_packet.h"

#include "expert.h"
#include "names.h"

/* A finding that is to be shown: of which packet, and where. */
struct shown {
    packet_info *pinfo;
    const struct vsock_packet *p;
    const struct vsock_header_items *items;
    struct vsock_expert *expert;
};

/* In the tree, with figures. */
static void G_GNUC_PRINTF(3, 4) say(const struct shown *s, proto_item *item, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsock_expert_add(s->pinfo, item, s->expert, NULL, wmem_strdup_vprintf(s->pinfo->pool, format, arguments));
    va_end(arguments);
}

static void show_truncated(const struct shown *s)
{
    if (s->p->length < sizeof(struct vsockmon_wire))
        say(s, s->items->packet, "The record has %u bytes, the vsockmon header alone needs %u", s->p->length,
            (unsigned)sizeof(struct vsockmon_wire));
    else
        say(s, s->items->packet, "The record has %u bytes, its headers need %u (32 + %u)", s->p->length,
            s->p->payload_offset, s->p->mon.transport_len);
}

static void show_mismatch(const struct shown *s, const char *what, uint64_t mon, uint64_t virtio)
{
    if (mon != virtio)
        say(s, s->items->virtio, "The two headers name different %ss: vsockmon %" PRIu64 ", virtio %" PRIu64,
            what, mon, virtio);
}

/* Field by field: those that a snaplen cut are not judged. */
static void show_header_mismatch(const struct shown *s)
{
    const struct vsock_packet *p = s->p;

    if (VSOCK_HAS_VIRTIO(p, src_cid))
        show_mismatch(s, "source CID", p->mon.src_cid, p->virtio.src_cid);
    if (VSOCK_HAS_VIRTIO(p, dst_cid))
        show_mismatch(s, "destination CID", p->mon.dst_cid, p->virtio.dst_cid);
    if (VSOCK_HAS_VIRTIO(p, src_port))
        show_mismatch(s, "source port", p->mon.src_port, p->virtio.src_port);
    if (VSOCK_HAS_VIRTIO(p, dst_port))
        show_mismatch(s, "destination port", p->mon.dst_port, p->virtio.dst_port);
}

static void show_op_mismatch(const struct shown *s)
{
    uint16_t mon = s->p->mon.op, virtio = s->p->virtio.op, expected = (uint16_t)vsock_mon_op_of(virtio);

    say(s, s->items->op, "vsockmon operation %u (%s) with virtio operation %u (%s), which calls for %u (%s)",
        mon, val_to_str_const(mon, vsockmon_op_names, "?"), virtio,
        val_to_str_const(virtio, vsock_op_names, "?"), expected,
        val_to_str_const(expected, vsockmon_op_names, "?"));
}

static void show_trans_len(const struct shown *s)
{
    bool no_info = s->p->mon.transport == VSOCKMON_TRANSPORT_NO_INFO;

    say(s, s->items->transport_len, "The transport header is said to have %u bytes, this transport's has %u",
        s->p->mon.transport_len, no_info ? 0u : (unsigned)sizeof(struct virtio_vsock_wire));
}

static void show_unknown_transport(const struct shown *s)
{
    say(s, s->items->transport, "Unknown transport %u", s->p->mon.transport);
}

static void show_unknown_op(const struct shown *s)
{
    if (s->p->mon.op > VSOCKMON_OP_PAYLOAD)
        say(s, s->items->op, "Unknown vsockmon operation %u", s->p->mon.op);
    if (VSOCK_HAS_VIRTIO(s->p, op) && !vsock_is_known_op(s->p->virtio.op))
        say(s, s->items->virtio_op, "Unknown virtio operation %u", s->p->virtio.op);
}

static void show_unknown_type(const struct shown *s)
{
    say(s, s->items->virtio_type, "Unknown socket type %u", s->p->virtio.type);
}

static void show_unknown_flags(const struct shown *s)
{
    uint32_t unknown = s->p->virtio.flags & ~vsock_defined_flags(s->p);

    if (unknown != 0)
        say(s, s->items->virtio_flags, "Flags 0x%x mean nothing on this operation and type", unknown);
    else
        vsock_expert_add(s->pinfo, s->items->virtio_flags, s->expert,
                         "SHUTDOWN without a direction; Linux ignores it", NULL);
}

static void show_reserved(const struct shown *s)
{
    say(s, s->items->reserved, "Reserved bytes are 0x%04x instead of 0", s->p->mon.reserved);
}

static bool show_wide_cid(const struct shown *s, proto_item *item, const char *whose, uint64_t cid)
{
    if (cid > UINT32_MAX)
        say(s, item, "%s CID %" PRIu64 " (0x%" PRIx64 ") has more than 32 bits; the upper half is reserved",
            whose, cid, cid);
    return cid > UINT32_MAX;
}

static void show_wide_cids(const struct shown *s)
{
    bool src = show_wide_cid(s, s->items->src_cid, "Source", s->p->mon.src_cid);
    bool dst = show_wide_cid(s, s->items->dst_cid, "Destination", s->p->mon.dst_cid);

    if (!src)
        show_wide_cid(s, s->items->virtio, "Virtio source", s->p->virtio.src_cid);
    if (!dst)
        show_wide_cid(s, s->items->virtio, "Virtio destination", s->p->virtio.dst_cid);
}

static void show_unexpected_payload(const struct shown *s)
{
    /* A cut can leave no payload item. */
    proto_item *item = s->items->virtio_len ? s->items->virtio_len : s->items->packet;

    say(s, item, "%u bytes of payload on an operation that carries none",
        VSOCK_HAS_VIRTIO(s->p, len) ? s->p->virtio.len : s->p->payload_present);
}

static void show_reserved_cid(const struct shown *s)
{
    say(s, s->items->packet,
        "Payload from CID %" PRIu64 " to CID %" PRIu64 "; 0 (hypervisor) and 4294967295 (any) are reserved",
        s->p->mon.src_cid, s->p->mon.dst_cid);
}

static void show_payload_length(const struct shown *s)
{
    const struct vsock_packet *p = s->p;
    bool tap_bug = p->payload_present > p->virtio.len && p->virtio.op == VSOCK_OP_RW &&
                   p->mon.transport_len == sizeof(struct virtio_vsock_wire);

    say(s, s->items->virtio_len, "The record holds %u payload bytes, the packet's length is %u%s",
        p->payload_present, p->virtio.len,
        tap_bug ? ": the known bug of the kernel's tap with packets that vhost splits (fixed in Linux "
                  "7.1 and stable kernels of May 2026)"
                : "");
}

/* Laid out by hand, as tables of fields are. */
/* clang-format off */
static struct {
    void (*show)(const struct shown *);
    struct vsock_expert expert;
} rows[] = {
    [VSOCK_MALFORMED_TRUNCATED] = {show_truncated, {"vsock.malformed.truncated", PI_ERROR,
     "The record is too short for its headers",
     "As it was on the device; a packet that a snaplen cut is not malformed", .group = PI_MALFORMED}},
    [VSOCK_MALFORMED_HEADER_MISMATCH] = {show_header_mismatch, {"vsock.malformed.header_mismatch", PI_ERROR,
     "The two headers name different endpoints", .group = PI_MALFORMED}},
    [VSOCK_MALFORMED_OP_MISMATCH] = {show_op_mismatch, {"vsock.malformed.op_mismatch", PI_ERROR,
     "The two headers' operations do not belong together", .group = PI_MALFORMED}},
    [VSOCK_MALFORMED_PAYLOAD_SHORT] = {show_payload_length, {"vsock.malformed.payload_short", PI_ERROR,
     "The record holds less payload than the packet's length", .group = PI_MALFORMED}},
    [VSOCK_MALFORMED_TRANS_LEN] = {show_trans_len, {"vsock.malformed.trans_len", PI_WARN,
     "Unexpected transport header length", "Another one than the transport has", .group = PI_MALFORMED}},
    [VSOCK_MALFORMED_UNKNOWN_TRANSPORT] = {show_unknown_transport,
     {"vsock.malformed.unknown_transport", PI_WARN,
     "Unknown transport", "A number that nothing defines", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_UNKNOWN_OP] = {show_unknown_op, {"vsock.malformed.unknown_op", PI_WARN,
     "Unknown operation", "A number that nothing defines", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_UNKNOWN_TYPE] = {show_unknown_type, {"vsock.malformed.unknown_type", PI_WARN,
     "Unknown socket type", "A number that nothing defines", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_UNKNOWN_FLAGS] = {show_unknown_flags, {"vsock.malformed.unknown_flags", PI_WARN,
     "Flags that mean nothing here", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_RESERVED] = {show_reserved, {"vsock.malformed.reserved", PI_WARN,
     "Reserved bytes are not 0", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_CID_BITS] = {show_wide_cids, {"vsock.malformed.cid_bits", PI_WARN,
     "A CID has more than 32 bits", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_UNEXPECTED_PAYLOAD] = {show_unexpected_payload,
     {"vsock.malformed.unexpected_payload", PI_WARN,
     "Payload on an operation that carries none", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_CID_RESERVED] = {show_reserved_cid, {"vsock.malformed.cid_reserved", PI_NOTE,
     "Payload from or to a reserved CID", "CID 0 or 4294967295", .group = PI_PROTOCOL}},
    [VSOCK_MALFORMED_PAYLOAD_LONG] = {show_payload_length, {"vsock.malformed.payload_long", PI_NOTE,
     "The record holds more payload than the packet's length",
     "On RW, a known bug of the kernel's tap", .group = PI_PROTOCOL}},
};
/* clang-format on */
static_assert(array_length(rows) == VSOCK_MALFORMED_COUNT, "every finding has its row");

static struct vsock_expert *next_expert(size_t i)
{
    return i < array_length(rows) ? &rows[i].expert : NULL;
}

const struct vsock_fields vsock_malformed_fields = {.next_expert = next_expert};

int vsock_malformed_show(packet_info *pinfo, const struct vsock_packet *packet, uint32_t findings,
                         const struct vsock_header_items *items)
{
    int worst = 0;

    for (unsigned i = 0; findings >> i != 0; i++) {
        if (!(findings & VSOCK_MALFORMED_BIT(i)))
            continue;
        rows[i].show(&(struct shown){pinfo, packet, items, &rows[i].expert});
        worst = MAX(worst, rows[i].expert.severity);
    }
    return worst;
}
