/* SPDX-License-Identifier: GPL-2.0-or-later
 * export.h - File > Export PDUs to File, and tshark -U: "VSOCK" writes what was handed to other dissectors,
 * "VSOCK frames" the vsockmon records themselves, which turns a capture of `-i any` into one of
 * LINKTYPE_VSOCK.
 */
#ifndef VSOCK_PAYLOAD_EXPORT_H
#define VSOCK_PAYLOAD_EXPORT_H

#include <epan/packet.h>

void vsock_export_register(void);

/* A whole record, as it came. */
void vsock_export_record(packet_info *pinfo, tvbuff_t *tvb);

/* Is anybody listening to what follows? */
bool vsock_export_wanted(void);

/* What a dissector took: one with a name; a heuristic one by its short name; one that only its port leads to.
 */
void vsock_export_named(packet_info *pinfo, tvbuff_t *tvb, const char *dissector);
void vsock_export_heuristic(packet_info *pinfo, tvbuff_t *tvb, const char *short_name);
void vsock_export_port(packet_info *pinfo, tvbuff_t *tvb, uint32_t port);

#endif
