/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_connection.h - the expert infos vsock.connection.* and vsock.analysis.*: what core/finding.h has of
 * a packet in its connection, and what only later packets tell of it. */
#ifndef VSOCK_DISSECT_EXPERT_CONNECTION_H
#define VSOCK_DISSECT_EXPERT_CONNECTION_H

#include <epan/prefs.h>

#include "builtin.h"
#include "header.h"
#include "track.h"

extern const struct vsock_fields vsock_connection_experts, vsock_credit_experts;

/* The preferences that say how long is too long; and what they say. */
void vsock_thresholds_register(module_t *preferences);
void vsock_thresholds_read(struct vsock_thresholds *thresholds);

/* Adds expert infos to the packet's tree: of its connection's life; of flow control. */
void vsock_connection_findings_show(packet_info *pinfo, const struct vsock_packet *packet,
                                    const struct vsock_record *record,
                                    const struct vsock_header_items *items);
void vsock_credit_findings_show(packet_info *pinfo, const struct vsock_packet *packet,
                                const struct vsock_record *record, const struct vsock_header_items *items);

/* What the Info column says in front of a packet with this finding, as "Reused" or "Stall 8.2 s"; NULL where
 * nothing. It may be written to `buffer`. */
const char *vsock_finding_tag(const struct vsock_record *record, unsigned finding, char *buffer, size_t size);

#endif
