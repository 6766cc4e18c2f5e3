/* SPDX-License-Identifier: GPL-2.0-or-later
 * connection.h - what the record of a packet shows: the fields and links of its connection, and its findings.
 */
#ifndef VSOCK_DISSECT_CONNECTION_H
#define VSOCK_DISSECT_CONNECTION_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "core/life.h"
#include "header.h"
#include "track.h"

/* A filter name that Wireshark already has, or NULL. To be asked before registering. */
const char *vsock_analysis_conflict(void);
void vsock_analysis_register(int proto, module_t *preferences);

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
