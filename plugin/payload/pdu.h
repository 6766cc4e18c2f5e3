/* SPDX-License-Identifier: GPL-2.0-or-later
 * pdu.h - bytes of one direction that belong together: several packets' payload, to be dissected as one.
 * Not epan's fragment tables: vsock neither reorders nor repeats, dissectors must be offered what is there so
 * far (on every pass what it was on the first), and a PDU may turn out to end within a packet, for which
 * fragment_truncate() would be needed, which libwireshark does not export. */
#ifndef VSOCK_PAYLOAD_PDU_H
#define VSOCK_PAYLOAD_PDU_H

#include <epan/packet.h>

#include "dissect/builtin.h"

/* vsock_pdu.wanted, where it is no number of bytes. */
#define VSOCK_PDU_ANY_MORE UINT64_MAX        /* to be offered again with the next packet */
#define VSOCK_PDU_UNTIL_END (UINT64_MAX - 1) /* ends when its sender stops sending */
#define VSOCK_PDU_IS_KNOWN(wanted) ((wanted) < VSOCK_PDU_UNTIL_END)

/* Of file scope. It grows on the first pass only. */
struct vsock_pdu {
    bool message;            /* a SEQPACKET's, as opposed to what a dissector takes for a PDU in a STREAM */
    uint8_t sender;          /* side 0 or 1 */
    uint64_t offset;         /* in the stream, of the first byte */
    uint64_t wanted;         /* bytes in all, or one of the above */
    uint64_t length;         /* bytes so far, those included that were not captured */
    bool broken;             /* nothing is kept behind bytes that were not captured */
    uint64_t offered;        /* bytes that dissectors have looked at, each offer counted */
    uint64_t offered_at;     /* bytes there were at the last offer */
    uint32_t reassembled_in; /* the frame in which a dissector took it; 0 if none has (yet) */
    wmem_array_t *bytes;     /* those that were kept */
    wmem_array_t *segments;  /* where they are from */
};

extern const struct vsock_fields vsock_pdu_fields;

struct vsock_pdu *vsock_pdu_new(uint8_t sender, bool message, uint64_t offset);

/* Appends `length` bytes of the tvb, of which some may not have been captured. */
void vsock_pdu_append(struct vsock_pdu *pdu, tvbuff_t *tvb, uint32_t offset, uint32_t length, uint32_t frame);

/* A PDU of the bytes from `at` on, which another dissector call has left over. The old one stays as it is. */
struct vsock_pdu *vsock_pdu_split(const struct vsock_pdu *pdu, uint32_t at);

uint32_t vsock_pdu_kept(const struct vsock_pdu *pdu);

/* The first `kept` bytes, said to be `reported` long, as a data source of the packet. */
tvbuff_t *vsock_pdu_tvb(const struct vsock_pdu *pdu, packet_info *pinfo, tvbuff_t *parent, uint32_t kept,
                        uint32_t reported);

/* The packets that the first `kept` bytes are from. */
void vsock_pdu_show_segments(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t kept);

/* In a packet that is part of it, a link to where it was dissected, if it was, and not in `frame` itself. */
void vsock_pdu_show_link(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t frame);

#endif
