/* SPDX-License-Identifier: GPL-2.0-or-later
 * wire.c - bytes to struct vsock_packet. */
#include "wire.h"

/* The part of [start, start + size) that is below `end`, in bytes. */
static uint32_t overlap(uint32_t start, uint32_t size, uint32_t end)
{
    if (end <= start)
        return 0;
    return end - start < size ? end - start : size;
}

static inline uint64_t read16(const uint8_t *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8;
}

static inline uint64_t read32(const uint8_t *b)
{
    return read16(b) | read16(b + 2) << 16;
}

/* A little-endian number of 2, 4 or 8 bytes at `offset`, or 0 where not all of it is within `available`.
 * Written so that compilers make one load of it: the headers of each packet are read, whatever is shown. */
static inline uint64_t number(const uint8_t *bytes, uint32_t available, size_t offset, size_t size)
{
    if (offset + size > available)
        return 0;
    if (size == 2)
        return read16(bytes + offset);
    if (size == 4)
        return read32(bytes + offset);
    return read32(bytes + offset) | read32(bytes + offset + 4) << 32;
}

#define FIELD(bytes, available, wire, field)                                                                 \
    number(bytes, available, offsetof(struct wire, field), sizeof(((struct wire *)0)->field))

static void read_mon(struct vsock_packet *p, const uint8_t *bytes)
{
#define MON(field) FIELD(bytes, p->mon_captured, vsockmon_wire, field)
    p->mon.src_cid = MON(src_cid);
    p->mon.dst_cid = MON(dst_cid);
    p->mon.src_port = (uint32_t)MON(src_port);
    p->mon.dst_port = (uint32_t)MON(dst_port);
    p->mon.op = (uint16_t)MON(op);
    p->mon.transport = (uint16_t)MON(transport);
    p->mon.transport_len = (uint16_t)MON(len);
    p->mon.reserved = (uint16_t)MON(reserved);
#undef MON
}

static void read_virtio(struct vsock_packet *p, const uint8_t *bytes)
{
#define VIRTIO(field) FIELD(bytes, p->virtio_captured, virtio_vsock_wire, field)
    p->virtio.src_cid = VIRTIO(src_cid);
    p->virtio.dst_cid = VIRTIO(dst_cid);
    p->virtio.src_port = (uint32_t)VIRTIO(src_port);
    p->virtio.dst_port = (uint32_t)VIRTIO(dst_port);
    p->virtio.len = (uint32_t)VIRTIO(len);
    p->virtio.type = (uint16_t)VIRTIO(type);
    p->virtio.op = (uint16_t)VIRTIO(op);
    p->virtio.flags = (uint32_t)VIRTIO(flags);
    p->virtio.buf_alloc = (uint32_t)VIRTIO(buf_alloc);
    p->virtio.fwd_cnt = (uint32_t)VIRTIO(fwd_cnt);
#undef VIRTIO
}

static void locate_payload(struct vsock_packet *p)
{
    p->payload_offset = (uint32_t)sizeof(struct vsockmon_wire) + p->mon.transport_len;
    p->payload_present = p->length > p->payload_offset ? p->length - p->payload_offset : 0;
    p->payload_length = p->payload_present;
    if (VSOCK_HAS_VIRTIO(p, len) && p->virtio.len < p->payload_present)
        p->payload_length = p->virtio.len;
}

void vsock_packet_read(struct vsock_packet *p, const uint8_t *bytes, uint32_t captured, uint32_t length)
{
    const uint32_t mon_size = sizeof(struct vsockmon_wire), virtio_size = sizeof(struct virtio_vsock_wire);

    *p = (struct vsock_packet){.length = length, .captured = captured};
    p->mon_captured = overlap(0, mon_size, captured);
    read_mon(p, bytes);
    if (p->mon_captured < mon_size) {
        p->payload_offset = mon_size;
        return;
    }
    if (p->mon.transport == VSOCKMON_TRANSPORT_VIRTIO) {
        uint32_t header_size = p->mon.transport_len < virtio_size ? p->mon.transport_len : virtio_size;

        p->virtio_captured = overlap(mon_size, header_size, captured);
        read_virtio(p, bytes + mon_size);
    }
    locate_payload(p);
}

enum vsockmon_op vsock_mon_op_of(uint16_t virtio_op)
{
    switch ((enum vsock_op)virtio_op) {
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
        return VSOCKMON_OP_CONNECT;
    case VSOCK_OP_RST:
    case VSOCK_OP_SHUTDOWN:
        return VSOCKMON_OP_DISCONNECT;
    case VSOCK_OP_CREDIT_UPDATE:
    case VSOCK_OP_CREDIT_REQUEST:
        return VSOCKMON_OP_CONTROL;
    case VSOCK_OP_RW:
        return VSOCKMON_OP_PAYLOAD;
    case VSOCK_OP_INVALID:
        break;
    }
    return VSOCKMON_OP_UNKNOWN;
}

bool vsock_has_whole_header(const struct vsock_packet *p)
{
    return VSOCK_HAS_VIRTIO(p, fwd_cnt) && p->mon.transport_len == sizeof(struct virtio_vsock_wire);
}

bool vsock_is_datagram(const struct vsock_packet *p)
{
    return vsock_has_whole_header(p) && p->virtio.type == VSOCK_TYPE_DGRAM;
}

bool vsock_is_of_connection(const struct vsock_packet *p)
{
    return vsock_has_whole_header(p) && p->virtio.type != VSOCK_TYPE_DGRAM;
}

uint32_t vsock_rw_captured(const struct vsock_packet *p)
{
    return p->virtio.op == VSOCK_OP_RW && p->captured > p->payload_offset ? p->captured - p->payload_offset
                                                                          : 0;
}

bool vsock_is_no_socket(const struct vsock_packet *p)
{
    return p->virtio.op == VSOCK_OP_RST && p->virtio.buf_alloc == 0 && p->virtio.fwd_cnt == 0;
}

bool vsock_is_loopback(const struct vsock_packet *p)
{
    return p->mon.src_cid == VSOCK_CID_LOCAL || p->mon.dst_cid == VSOCK_CID_LOCAL;
}

struct vsock_endpoint vsock_source(const struct vsock_packet *p)
{
    return (struct vsock_endpoint){vsock_is_loopback(p) ? VSOCK_CID_LOCAL : p->mon.src_cid, p->mon.src_port};
}

struct vsock_endpoint vsock_destination(const struct vsock_packet *p)
{
    return (struct vsock_endpoint){vsock_is_loopback(p) ? VSOCK_CID_LOCAL : p->mon.dst_cid, p->mon.dst_port};
}
