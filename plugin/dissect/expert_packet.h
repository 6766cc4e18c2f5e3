/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_packet.h - the expert infos vsock.malformed.*, for what core/malformed.h finds. */
#ifndef VSOCK_DISSECT_EXPERT_PACKET_H
#define VSOCK_DISSECT_EXPERT_PACKET_H

#include <epan/packet.h>

#include "builtin.h"
#include "core/malformed.h"
#include "header.h"

extern const struct vsock_fields vsock_malformed_fields;

/* Adds an expert info for each finding (VSOCK_MALFORMED_BIT()s) to the item that it is about. Returns the
 * severity of the worst, PI_...; 0 where there is none. */
int vsock_malformed_show(packet_info *pinfo, const struct vsock_packet *packet, uint32_t findings,
                         const struct vsock_header_items *items);

#endif
