/* SPDX-License-Identifier: GPL-2.0-or-later
 * connection.h - what the record of a packet shows of its connection: fields and links. */
#ifndef VSOCK_DISSECT_CONNECTION_H
#define VSOCK_DISSECT_CONNECTION_H

#include <epan/packet.h>

#include "builtin.h"
#include "track.h"

extern const struct vsock_fields vsock_connection_fields;

/* Adds the connection's fields to the packet's tree. */
void vsock_connection_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *packet,
                           const struct vsock_record *record);

extern const value_string vsock_state_names[];
extern const value_string vsock_rst_kind_names[];

#endif
