/* SPDX-License-Identifier: GPL-2.0-or-later
 * malformed.h - what is wrong with one packet, judged by itself.
 * Each finding is judged from the bytes that are there: a snaplen cut hides findings, it never makes one.
 * Sources: virtio 1.3, "Socket Device"; linux/vsockmon.h; the tap in net/vmw_vsock/virtio_transport_common.c.
 */
#ifndef VSOCK_CORE_MALFORMED_H
#define VSOCK_CORE_MALFORMED_H

#include "wire.h"

enum vsock_malformed {
    /* The record, as it was on the device, is too short for its headers. */
    VSOCK_MALFORMED_TRUNCATED,
    /* The two headers name different CIDs or ports. Linux copies one from the other. */
    VSOCK_MALFORMED_HEADER_MISMATCH,
    /* The vsockmon op is not the one that Linux derives from the virtio op. */
    VSOCK_MALFORMED_OP_MISMATCH,
    /* The record holds fewer payload bytes than virtio.len says. */
    VSOCK_MALFORMED_PAYLOAD_SHORT,
    /* A transport header of another length than its transport has: 44 for VIRTIO, 0 for NO_INFO. */
    VSOCK_MALFORMED_TRANS_LEN,
    VSOCK_MALFORMED_UNKNOWN_TRANSPORT,
    VSOCK_MALFORMED_UNKNOWN_OP,
    /* Neither STREAM nor SEQPACKET, nor the DGRAM that libkrun uses. */
    VSOCK_MALFORMED_UNKNOWN_TYPE,
    /* Flag bits that nothing defines for this op and type, or a SHUTDOWN that shuts nothing. */
    VSOCK_MALFORMED_UNKNOWN_FLAGS,
    VSOCK_MALFORMED_RESERVED,
    /* A CID above 32 bits; in virtio the upper half is reserved, and no socket address can name one. */
    VSOCK_MALFORMED_CID_BITS,
    /* Payload on an op that carries none. */
    VSOCK_MALFORMED_UNEXPECTED_PAYLOAD,
    /* Payload from or to the hypervisor's CID (0) or the wildcard (0xffffffff). */
    VSOCK_MALFORMED_CID_RESERVED,
    /* More payload bytes in the record than virtio.len says. On RW, Linux 6.1.64 to 7.0 does this to packets
     * that it splits over small receive buffers (fixed by "fix length and offset in tap skb for split
     * packets", 7.1). */
    VSOCK_MALFORMED_PAYLOAD_LONG,

    VSOCK_MALFORMED_COUNT
};
static_assert(VSOCK_MALFORMED_COUNT <= 32, "findings fit a 32-bit set");

#define VSOCK_MALFORMED_BIT(finding) (UINT32_C(1) << (finding))

/* Those that are but notes: others are warnings or errors. */
#define VSOCK_MALFORMED_NOTES                                                                                \
    (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_CID_RESERVED) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_LONG))

/* The set of findings on this packet, as VSOCK_MALFORMED_BIT()s; 0 on a packet that is as it should be. */
uint32_t vsock_malformed(const struct vsock_packet *packet);

/* Is it an operation that virtio defines? INVALID is not. */
bool vsock_is_known_op(uint16_t virtio_op);

/* The bits of virtio.flags that the packet's op and type define. Only for known ops and types. */
uint32_t vsock_defined_flags(const struct vsock_packet *packet);

#endif
