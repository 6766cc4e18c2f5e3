/* SPDX-License-Identifier: GPL-2.0-or-later
 * packet.h - records for the core's tests, built byte by byte as a kernel would. */
#ifndef VSOCK_TESTS_UNIT_PACKET_H
#define VSOCK_TESTS_UNIT_PACKET_H

#include <string.h>

#include "core/mark.h"
#include "core/wire.h"

struct record {
    uint8_t bytes[VSOCK_HEADERS_MAX];
    uint32_t length; /* with the payload, which the core never looks at */
};

static inline void put(uint8_t *at, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* SET_MON(record, src_cid, 42) and SET_VIRTIO(record, len, 5) write one field of one header. */
#define SET_FIELD(record, base, wire, field, value)                                                          \
    put((record)->bytes + (base) + offsetof(struct wire, field), sizeof(((struct wire *)0)->field), value)
#define SET_MON(record, field, value) SET_FIELD(record, 0, vsockmon_wire, field, value)
#define SET_VIRTIO(record, field, value)                                                                     \
    SET_FIELD(record, sizeof(struct vsockmon_wire), virtio_vsock_wire, field, value)

/* A sound packet from 42:1024 to 2:9999 with `payload` bytes. */
static inline struct record sound_record(enum vsock_op op, uint32_t payload)
{
    struct record r = {{0}, (uint32_t)VSOCK_HEADERS_MAX + payload};

    SET_MON(&r, src_cid, 42);
    SET_MON(&r, dst_cid, 2);
    SET_MON(&r, src_port, 1024);
    SET_MON(&r, dst_port, 9999);
    SET_MON(&r, op, vsock_mon_op_of((uint16_t)op));
    SET_MON(&r, transport, VSOCKMON_TRANSPORT_VIRTIO);
    SET_MON(&r, len, sizeof(struct virtio_vsock_wire));
    memcpy(r.bytes + sizeof(struct vsockmon_wire), r.bytes, VSOCK_WIRE_END(virtio_vsock_wire, dst_port));
    SET_VIRTIO(&r, len, payload);
    SET_VIRTIO(&r, type, VSOCK_TYPE_STREAM);
    SET_VIRTIO(&r, op, op);
    SET_VIRTIO(&r, buf_alloc, 262144);
    return r;
}

/* A connection, and what the next packet of each side carries. */
struct connection {
    struct vsock_endpoint end[2];
    uint32_t buf_alloc[2], fwd_cnt[2], flags;
    uint16_t type;
};

/* Side 0, the client, has room for 262144 bytes, side 1 for 1000. */
static inline struct connection between(uint64_t client_cid, uint32_t client_port, uint64_t cid,
                                        uint32_t port)
{
    return (struct connection){
        .end = {{client_cid, client_port}, {cid, port}},
        .buf_alloc = {262144, 1000},
        .type = VSOCK_TYPE_STREAM,
    };
}

static inline struct record record_of(const struct connection *c, uint8_t side, enum vsock_op op,
                                      uint32_t payload)
{
    struct record r = sound_record(op, payload);

    SET_MON(&r, src_cid, c->end[side].cid);
    SET_MON(&r, dst_cid, c->end[side ^ 1].cid);
    SET_MON(&r, src_port, c->end[side].port);
    SET_MON(&r, dst_port, c->end[side ^ 1].port);
    memcpy(r.bytes + sizeof(struct vsockmon_wire), r.bytes, VSOCK_WIRE_END(virtio_vsock_wire, dst_port));
    SET_VIRTIO(&r, type, c->type);
    SET_VIRTIO(&r, flags, c->flags);
    SET_VIRTIO(&r, buf_alloc, c->buf_alloc[side]);
    SET_VIRTIO(&r, fwd_cnt, c->fwd_cnt[side]);
    return r;
}

/* Reads it as if the capture held its first `captured` bytes. */
static inline struct vsock_packet read_cut(const struct record *r, uint32_t captured)
{
    struct vsock_packet p;

    vsock_packet_read(&p, r->bytes, captured < r->length ? captured : r->length, r->length);
    return p;
}

static inline struct vsock_packet read_record(const struct record *r)
{
    return read_cut(r, UINT32_MAX);
}

/* A packet, by its number. Its frame has another: nothing may be found by that. */
static inline struct vsock_mark mark(uint32_t record, int64_t time)
{
    return (struct vsock_mark){.record = record, .frame = record + 1000, .time = time};
}

#endif
