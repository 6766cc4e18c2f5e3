/* SPDX-License-Identifier: GPL-2.0-or-later
 * columns.h - a packet in one line: addresses, Protocol and Info. */
#ifndef VSOCK_DISSECT_COLUMNS_H
#define VSOCK_DISSECT_COLUMNS_H

#include <epan/packet.h>

#include "core/malformed.h"
#include "track.h"

/* Sets the packet's addresses and ports, as far as they were captured. */
void vsock_set_addresses(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *packet);

/* Fills Protocol and Info. `record` may be NULL. */
void vsock_set_columns(packet_info *pinfo, const struct vsock_packet *packet,
                       const struct vsock_record *record);

/* Once they are filled, and spoilt by dissectors that want more than this packet has: fills them again, and
 * says that it is a part of something. */
void vsock_set_columns_of_part(packet_info *pinfo, const struct vsock_packet *packet,
                               const struct vsock_record *record);

/* Puts what must not be missed in front of Info: `malformed` is the set of findings of core/malformed.h. Once
 * all dissectors are through: many put a comma behind what they find in Info. */
void vsock_tag_columns(packet_info *pinfo, uint32_t malformed, const struct vsock_record *record);

/* Writes what the packet is, as "[RW] Len=13": the Info column without its ports. Returns `buffer`. */
const char *vsock_summary(const struct vsock_packet *packet, const struct vsock_record *record, char *buffer,
                          size_t size);

/* Writes its shortest form: the operation, and the payload's length. Only for packets of a connection. */
const char *vsock_op_label(const struct vsock_packet *packet, char *buffer, size_t size);

#endif
