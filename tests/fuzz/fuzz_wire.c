/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_wire.c - a record's headers, cut anywhere: core/wire.h and core/malformed.h.
 * Input: 4 bytes that say how much longer the record was on the device than in the capture, 1 byte that says
 * where to cut it once more, and the record's bytes. */
#include <string.h>

#include "check.h"
#include "core/malformed.h"
#include "core/wire.h"

/* Exactly what vsock_packet_read() may look at, so that a sanitizer sees it look further. */
static struct vsock_packet read_exactly(const uint8_t *bytes, uint32_t captured, uint32_t length)
{
    size_t held = captured < VSOCK_HEADERS_MAX ? captured : VSOCK_HEADERS_MAX;
    uint8_t *copy = (uint8_t *)malloc(held > 0 ? held : 1);
    struct vsock_packet p;

    CHECK(copy);
    memcpy(copy, bytes, held);
    vsock_packet_read(&p, copy, captured, length);
    free(copy);
    return p;
}

static void check_lengths(const struct vsock_packet *p)
{
    CHECK(p->mon_captured <= sizeof(struct vsockmon_wire));
    CHECK(p->virtio_captured <= sizeof(struct virtio_vsock_wire));
    CHECK(p->mon_captured + p->virtio_captured <= p->captured);
    CHECK_IMPLIES(p->virtio_captured > 0, p->mon.transport == VSOCKMON_TRANSPORT_VIRTIO);
    CHECK(p->virtio_captured <= p->mon.transport_len);
    if (p->mon_captured == sizeof(struct vsockmon_wire))
        CHECK(p->payload_offset == sizeof(struct vsockmon_wire) + p->mon.transport_len);
    else
        CHECK(p->payload_offset == sizeof(struct vsockmon_wire) && p->payload_present == 0);
    CHECK(p->payload_length <= p->payload_present);
    CHECK(p->payload_present <= p->length);
    CHECK_IMPLIES(p->payload_present > 0, p->payload_offset + p->payload_present == p->length);
    CHECK_IMPLIES(VSOCK_HAS_VIRTIO(p, len), p->payload_length <= p->virtio.len);
}

static void check_meaning(const struct vsock_packet *p)
{
    struct vsock_endpoint src = vsock_source(p), dst = vsock_destination(p);

    CHECK(vsock_mon_op_of(p->virtio.op) <= VSOCKMON_OP_PAYLOAD);
    CHECK((vsock_mon_op_of(p->virtio.op) != VSOCKMON_OP_UNKNOWN) == vsock_is_known_op(p->virtio.op));
    CHECK(src.port == p->mon.src_port && dst.port == p->mon.dst_port);
    if (vsock_is_loopback(p))
        CHECK(src.cid == VSOCK_CID_LOCAL && dst.cid == VSOCK_CID_LOCAL);
    else
        CHECK(src.cid == p->mon.src_cid && dst.cid == p->mon.dst_cid);
    CHECK(vsock_malformed(p) < VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_COUNT));
}

/* A field of the record that was cut is the one of the whole, or 0. */
#define CHECK_CUT(header, field) CHECK(cut->header.field == 0 || cut->header.field == whole->header.field)

static void check_cut(const struct vsock_packet *whole, const struct vsock_packet *cut)
{
    CHECK_CUT(mon, src_cid);
    CHECK_CUT(mon, dst_port);
    CHECK_CUT(mon, transport_len);
    CHECK_CUT(mon, reserved);
    CHECK_CUT(virtio, src_cid);
    CHECK_CUT(virtio, len);
    CHECK_CUT(virtio, op);
    CHECK_CUT(virtio, fwd_cnt);
    CHECK(cut->mon_captured <= whole->mon_captured && cut->virtio_captured <= whole->virtio_captured);
    CHECK_IMPLIES(VSOCK_HAS_VIRTIO(cut, fwd_cnt), cut->virtio.fwd_cnt == whole->virtio.fwd_cnt);
    CHECK((vsock_malformed(cut) & ~vsock_malformed(whole)) == 0); /* a cut hides, and never makes, findings */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint32_t beyond = (uint32_t)take_number(&in, 4), cut_at = (uint32_t)take_number(&in, 1);
    uint32_t captured = (uint32_t)in.left, length = captured + beyond;
    struct vsock_packet whole, cut;

    if (length < captured)
        length = UINT32_MAX;
    whole = read_exactly(in.data, captured, length);
    CHECK(whole.length == length && whole.captured == captured);
    check_lengths(&whole);
    check_meaning(&whole);
    if (cut_at > captured)
        return 0;
    cut = read_exactly(in.data, cut_at, length);
    check_lengths(&cut);
    check_meaning(&cut);
    check_cut(&whole, &cut);
    return 0;
}
