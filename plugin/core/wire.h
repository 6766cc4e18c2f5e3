/* SPDX-License-Identifier: GPL-2.0-or-later
 * wire.h - what a vsockmon record looks like, and its headers in host byte order.
 * The layouts are declared once, as structs of byte arrays, and read through offsetof. Everything is
 * little-endian. Sources: linux/vsockmon.h, linux/virtio_vsock.h, linux/vm_sockets.h (checked by
 * tests/unit/uapi_check.c); virtio 1.3, "Socket Device"; tcpdump.org/linktypes/LINKTYPE_VSOCK.html. */
#ifndef VSOCK_CORE_WIRE_H
#define VSOCK_CORE_WIRE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record is a vsockmon header, a transport header of vsockmon_wire.len bytes, and a payload. */

/* struct af_vsockmon_hdr */
struct vsockmon_wire {
    uint8_t src_cid[8], dst_cid[8];
    uint8_t src_port[4], dst_port[4];
    uint8_t op[2];        /* enum vsockmon_op */
    uint8_t transport[2]; /* enum vsockmon_transport */
    uint8_t len[2];       /* bytes of the transport header: skip by this, whatever the transport */
    uint8_t reserved[2];  /* 0 */
};
static_assert(sizeof(struct vsockmon_wire) == 32, "the vsockmon header is 32 bytes");

/* struct virtio_vsock_hdr */
struct virtio_vsock_wire {
    uint8_t src_cid[8], dst_cid[8]; /* the upper 32 bits are reserved, 0 */
    uint8_t src_port[4], dst_port[4];
    uint8_t len[4];       /* payload bytes; the record may hold fewer, or, by a kernel bug, more */
    uint8_t type[2];      /* enum vsock_type */
    uint8_t op[2];        /* enum vsock_op */
    uint8_t flags[4];     /* VSOCK_SHUTDOWN_* on SHUTDOWN, VSOCK_SEQ_* on RW of a SEQPACKET, else 0 */
    uint8_t buf_alloc[4]; /* size of the sender's receive buffer, in bytes */
    uint8_t fwd_cnt[4];   /* bytes the sender has consumed so far, modulo 2^32 */
};
static_assert(sizeof(struct virtio_vsock_wire) == 44, "the virtio header is 44 bytes");

/* No record needs more of its first bytes than this to be read. */
#define VSOCK_HEADERS_MAX (sizeof(struct vsockmon_wire) + sizeof(struct virtio_vsock_wire))

/* enum af_vsockmon_op */
enum vsockmon_op {
    VSOCKMON_OP_UNKNOWN = 0,
    VSOCKMON_OP_CONNECT = 1,
    VSOCKMON_OP_DISCONNECT = 2,
    VSOCKMON_OP_CONTROL = 3,
    VSOCKMON_OP_PAYLOAD = 4,
};

/* enum af_vsockmon_transport */
enum vsockmon_transport {
    VSOCKMON_TRANSPORT_UNKNOWN = 0,
    VSOCKMON_TRANSPORT_NO_INFO = 1, /* no transport header: len is 0 */
    VSOCKMON_TRANSPORT_VIRTIO = 2,  /* struct virtio_vsock_wire */
};

/* enum virtio_vsock_type */
enum vsock_type {
    VSOCK_TYPE_STREAM = 1,
    VSOCK_TYPE_SEQPACKET = 2,
    VSOCK_TYPE_DGRAM = 3, /* a proposal that Linux never merged; libkrun puts it on the wire */
};

/* enum virtio_vsock_op */
enum vsock_op {
    VSOCK_OP_INVALID = 0,
    VSOCK_OP_REQUEST = 1,
    VSOCK_OP_RESPONSE = 2,
    VSOCK_OP_RST = 3,
    VSOCK_OP_SHUTDOWN = 4,
    VSOCK_OP_RW = 5,
    VSOCK_OP_CREDIT_UPDATE = 6,
    VSOCK_OP_CREDIT_REQUEST = 7,
};

#define VSOCK_SHUTDOWN_RCV 0x1u  /* the sender will receive no more */
#define VSOCK_SHUTDOWN_SEND 0x2u /* the sender will send no more */
#define VSOCK_SHUTDOWN_BOTH (VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND)
#define VSOCK_SEQ_EOM 0x1u /* last RW of a message */
#define VSOCK_SEQ_EOR 0x2u /* last RW of a record; set together with EOM */

#define VSOCK_CID_HYPERVISOR UINT64_C(0)
#define VSOCK_CID_LOCAL UINT64_C(1) /* loopback */
#define VSOCK_CID_HOST UINT64_C(2)
#define VSOCK_CID_ANY UINT64_C(0xffffffff)

/* What a payload's bytes are, as far as they were captured: see unrecorded.h. */
enum vsock_fill {
    VSOCK_FILL_UNKNOWN = 0, /* there are none, or too few; or nobody has looked */
    VSOCK_FILL_CONTENT,
    VSOCK_FILL_BLANK, /* all of a value that a kernel fills memory with */
};

/* One record. A field whose bytes were not captured is 0; VSOCK_HAS_MON and VSOCK_HAS_VIRTIO tell. */
struct vsock_packet {
    uint32_t length;   /* bytes of the record as it was on the monitor device */
    uint32_t captured; /* bytes of it in the capture, at most length */

    uint32_t mon_captured; /* bytes of the vsockmon header that are there: 0 to 32 */
    struct {
        uint64_t src_cid, dst_cid;
        uint32_t src_port, dst_port;
        uint16_t op, transport, transport_len;
        uint16_t reserved;
    } mon;

    uint32_t virtio_captured; /* bytes of the virtio header that are there: 0 to 44; 0 on other transports */
    struct {
        uint64_t src_cid, dst_cid;
        uint32_t src_port, dst_port;
        uint32_t len;
        uint16_t type, op;
        uint32_t flags, buf_alloc, fwd_cnt;
    } virtio;

    uint32_t payload_offset;  /* from the start of the record; beyond it where the headers do not fit in */
    uint32_t payload_present; /* bytes that follow the headers in the record as it was on the device */
    uint32_t payload_length;  /* those that are this packet's: at most virtio.len where that is known */
    enum vsock_fill fill;     /* of what is present; the caller's, before an RW is taken */
    const uint8_t
        *payload; /* what was captured of it; likewise, and there until the packet is taken; or NULL */
    uint32_t payload_captured;
};

/* Were all bytes of this header field captured? */
#define VSOCK_WIRE_END(wire, field) (offsetof(struct wire, field) + sizeof(((struct wire *)0)->field))
#define VSOCK_HAS_MON(packet, field) ((packet)->mon_captured >= VSOCK_WIRE_END(vsockmon_wire, field))
#define VSOCK_HAS_VIRTIO(packet, field)                                                                      \
    ((packet)->virtio_captured >= VSOCK_WIRE_END(virtio_vsock_wire, field))

/* Reads the headers of a record of `length` bytes, of which the first `captured` are in the capture.
 * `bytes` holds the smaller of captured and VSOCK_HEADERS_MAX. Never fails: what is not there is 0. */
void vsock_packet_read(struct vsock_packet *packet, const uint8_t *bytes, uint32_t captured, uint32_t length);

/* The vsockmon op that Linux gives to a virtio op (virtio_transport_build_skb). */
enum vsockmon_op vsock_mon_op_of(uint16_t virtio_op);

/* Does all of a virtio header follow vsockmon's? */
bool vsock_has_whole_header(const struct vsock_packet *packet);

/* ... of type DGRAM: the packet is in no connection. */
bool vsock_is_datagram(const struct vsock_packet *packet);

/* ... of any other type: the packet is in a connection. */
bool vsock_is_of_connection(const struct vsock_packet *packet);

/* Is it a RST of who has no such socket? That has neither a buffer nor a count. Only with a whole header. */
bool vsock_is_no_socket(const struct vsock_packet *packet);

/* Did the packet stay within one machine? Loopback always sends from CID 1, but keeps the destination as it
 * was dialled (CID 1, 2 or the machine's own), so either side being 1 means that both are. */
bool vsock_is_loopback(const struct vsock_packet *packet);

struct vsock_endpoint {
    uint64_t cid;
    uint32_t port;
};

/* How an endpoint is written wherever one is: its CID and port, for printf. */
#define VSOCK_ENDPOINT_FORMAT "%" PRIu64 ":%u"

/* Bytes of an RW's payload that are in the capture; of other operations, which have none, 0. */
uint32_t vsock_rw_captured(const struct vsock_packet *packet);

/* The packet's endpoints as connections and tables know them: on loopback, both have CID 1. */
struct vsock_endpoint vsock_source(const struct vsock_packet *packet);
struct vsock_endpoint vsock_destination(const struct vsock_packet *packet);

#endif
