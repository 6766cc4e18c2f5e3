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

/* Adds expert infos to the packet's tree: of its connection's life; of flow control. Returns the severity of
 * the worst, PI_...; 0 where there is none. */
int vsock_connection_findings_show(packet_info *pinfo, const struct vsock_packet *packet,
                                   const struct vsock_record *record, const struct vsock_header_items *items);
int vsock_credit_findings_show(packet_info *pinfo, const struct vsock_packet *packet,
                               const struct vsock_record *record, const struct vsock_header_items *items);

/* The same of a packet that has no record: says whether its connection is not followed. */
int vsock_not_followed_show(packet_info *pinfo, const struct vsock_packet *packet,
                            const struct vsock_header_items *items);

/* Marks a packet of which such an expert info, or one of expert_packet.h, is a note or worse. */
#define VSOCK_FLAGGED_FROM PI_NOTE
void vsock_flags_show(tvbuff_t *tvb, const struct vsock_header_items *items, int worst);

/* How long somebody waits whose window the packet shut, as "Stalled 8.2 s, until 45", where that is worth a
 * note; NULL where not. It is written to `buffer`. On the second pass. */
const char *vsock_wait_tag(const struct vsock_record *record, char *buffer, size_t size);

/* What the Info column says in front of a packet with this finding, as "Reused" or "Stall 8.2 s"; NULL where
 * nothing. It may be written to `buffer`. */
const char *vsock_finding_tag(const struct vsock_record *record, unsigned finding, char *buffer, size_t size);

#endif
