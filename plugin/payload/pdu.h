/* SPDX-License-Identifier: GPL-2.0-or-later
 * pdu.h - several packets' payload as one tvb, and the fields and notes that say so. */
#ifndef VSOCK_PAYLOAD_PDU_H
#define VSOCK_PAYLOAD_PDU_H

#include <epan/packet.h>

#include "core/reassembly.h"
#include "dissect/builtin.h"

extern const struct vsock_fields vsock_pdu_fields;

/* What a step has of its PDU, as a data source of the packet. */
tvbuff_t *vsock_pdu_tvb(const struct vsock_payload_step *step, packet_info *pinfo, tvbuff_t *parent);

/* The packets that this is from. */
void vsock_pdu_show_segments(const struct vsock_payload_step *step, proto_tree *tree, tvbuff_t *tvb);

/* In a packet that is part of it, a link to where it was dissected, if it was, and not in `frame` itself. */
void vsock_pdu_show_link(const struct vsock_pdu *pdu, proto_tree *tree, tvbuff_t *tvb, uint32_t frame);

/* Where an ended PDU is not whole, why: its own sender's packet ends it, or one of the other side. */
void vsock_pdu_show_ending(const struct vsock_payload_step *step, packet_info *pinfo, proto_item *item,
                           bool by_sender, unsigned limit_kib);

#endif
