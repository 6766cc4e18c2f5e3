/* SPDX-License-Identifier: GPL-2.0-or-later
 * connection.h - what the record of a packet shows: the fields and links of its connection, and its findings.
 */
#ifndef VSOCK_DISSECT_CONNECTION_H
#define VSOCK_DISSECT_CONNECTION_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "builtin.h"
#include "core/life.h"
#include "header.h"
#include "track.h"

extern const struct vsock_fields vsock_connection_fields;
void vsock_analysis_register_preferences(module_t *preferences);

/* Adds the connection's fields and expert infos to the packet's tree. */
void vsock_analysis_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_packet *packet,
                         const struct vsock_record *record, const struct vsock_header_items *items);

/* What the Info column says in front of a packet with this finding of its connection (below
 * VSOCK_FOUND_CREDIT_FIRST), as "Reused", or NULL. */
const char *vsock_analysis_tag(unsigned finding);

/* Sets what the preferences here say. */
void vsock_analysis_thresholds(struct vsock_thresholds *thresholds);

extern const value_string vsock_state_names[];
extern const value_string vsock_rst_kind_names[];

#endif
