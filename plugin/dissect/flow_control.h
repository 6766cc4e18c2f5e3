/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_control.h - what the record of a packet shows of flow control: windows, acknowledgements, stalls. */
#ifndef VSOCK_DISSECT_FLOW_CONTROL_H
#define VSOCK_DISSECT_FLOW_CONTROL_H

#include <epan/packet.h>

#include "builtin.h"
#include "track.h"

extern const struct vsock_fields vsock_credit_fields;

/* Adds the fields of flow control to the packet's tree. */
void vsock_credit_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *packet,
                       const struct vsock_record *record);

#endif
