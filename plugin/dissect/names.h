/* SPDX-License-Identifier: GPL-2.0-or-later
 * names.h - numbers to words: ops, types, transports, CIDs; and the address type that shows a CID in columns.
 */
#ifndef VSOCK_DISSECT_NAMES_H
#define VSOCK_DISSECT_NAMES_H

#include <epan/packet.h>

#include "core/wire.h"

extern const value_string vsockmon_op_names[];
extern const value_string vsockmon_transport_names[];
extern const value_string vsock_type_names[];
extern const value_string vsock_op_names[];

/* The name of a CID, or NULL: the user's, or that of a CID which means the same everywhere
 * (linux/vm_sockets.h). */
const char *vsock_cid_name(uint64_t cid);

/* Registers the address types. Once, before anything is dissected. */
void vsock_names_register(void);

/* Makes `addr` show the CID in the 8 bytes at `offset`. The tvb's data must outlive the address. */
void vsock_set_cid_address(address *addr, tvbuff_t *tvb, int offset);

/* The same with a copy of the CID in `scope`. */
void vsock_copy_cid_address(wmem_allocator_t *scope, address *addr, uint64_t cid);

/* Makes `addr` an endpoint, which shows as CID:PORT, the text of vsock.addr.
 * epan's own port handling is no use: it formats ports with %d, and only those of TCP, UDP and SCTP. */
void vsock_set_endpoint_address(wmem_allocator_t *scope, address *addr, struct vsock_endpoint endpoint);

#endif
