/* SPDX-License-Identifier: GPL-2.0-or-later
 * names.h - numbers to words: ops, types, transports, CIDs; and the address type that shows a CID in columns.
 */
#ifndef VSOCK_DISSECT_NAMES_H
#define VSOCK_DISSECT_NAMES_H

#include <epan/packet.h>

extern const value_string vsockmon_op_names[];
extern const value_string vsockmon_transport_names[];
extern const value_string vsock_type_names[];
extern const value_string vsock_op_names[];

/* The name of a CID that means the same on every machine (linux/vm_sockets.h), or NULL. */
const char *vsock_cid_name(uint64_t cid);

/* Registers the address type. Once, before anything is dissected. */
void vsock_names_register(void);

/* Makes the 8 bytes at `offset` the CID that `addr` shows. The tvb's data must outlive the address. */
void vsock_set_cid_address(address *addr, tvbuff_t *tvb, int offset);

#endif
