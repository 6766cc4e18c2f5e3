/* SPDX-License-Identifier: GPL-2.0-or-later
 * columns.h - a packet in one line: addresses, Protocol and Info. */
#ifndef VSOCK_DISSECT_COLUMNS_H
#define VSOCK_DISSECT_COLUMNS_H

#include <epan/packet.h>

#include "core/malformed.h"

/* Sets the packet's addresses and ports, as far as they were captured. */
void vsock_set_addresses(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *packet);

/* Fills Protocol and Info; `malformed` is the set of findings of core/malformed.h. */
void vsock_set_columns(packet_info *pinfo, const struct vsock_packet *packet, uint32_t malformed);

#endif
