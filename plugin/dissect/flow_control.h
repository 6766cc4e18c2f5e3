/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_control.h - what the record of a packet shows of flow control: windows, acknowledgements, stalls, what
 * is wrong. */
#ifndef VSOCK_DISSECT_FLOW_CONTROL_H
#define VSOCK_DISSECT_FLOW_CONTROL_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "builtin.h"
#include "core/life.h"
#include "header.h"
#include "track.h"

extern const struct vsock_fields vsock_credit_fields;
void vsock_credit_register_preferences(module_t *preferences);

/* Adds the fields and expert infos of flow control to the packet's tree. */
void vsock_credit_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_packet *packet,
                       const struct vsock_record *record, const struct vsock_header_items *items);

/* What the Info column says in front of a packet with this finding of flow control, as "Stall 8.2 s", or
 * NULL. It may be written to `buffer`. */
const char *vsock_credit_tag(const struct vsock_record *record, unsigned finding, char *buffer, size_t size);

/* What the packet's sender may still send; only with record->has_window. */
int64_t vsock_credit_window(const struct vsock_record *record);

/* Sets what the preferences here say. */
void vsock_credit_thresholds(struct vsock_thresholds *thresholds);

#endif
