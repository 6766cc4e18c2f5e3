/* SPDX-License-Identifier: GPL-2.0-or-later
 * header.h - the fields of one packet, exactly as they are on the wire, up to where the capture was cut.
 * Field names and types: the contract in docs/reference.md. */
#ifndef VSOCK_DISSECT_HEADER_H
#define VSOCK_DISSECT_HEADER_H

#include <epan/packet.h>

#include "builtin.h"
#include "core/record.h"

/* What the judgement after the fields hangs its expert infos on. NULL where the item is not there (a cut, or
 * no tree). */
struct vsock_header_items {
    proto_tree *tree;   /* the protocol's subtree */
    proto_item *packet; /* its item */
    proto_item *src_cid, *dst_cid, *op, *transport, *transport_len, *reserved;
    proto_item *virtio; /* the transport header's subtree */
    proto_item *virtio_len, *virtio_type, *virtio_op, *virtio_flags;
};

extern const struct vsock_fields vsock_header_fields;

/* Adds the headers' items to the tree and fills `items`; only the protocol's own item, which then stands for
 * all, where no field of vsock is asked for. Throws nothing: stops where the captured bytes end. */
void vsock_header_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *packet,
                       struct vsock_header_items *items);

/* Adds the packet's payload, and what else its record holds. `skip`: bytes of that which come before it. */
void vsock_payload_show(tvbuff_t *tvb, const struct vsock_packet *packet, const struct vsock_record *record,
                        const struct vsock_header_items *items);

#endif
