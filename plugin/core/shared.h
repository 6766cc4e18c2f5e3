/* SPDX-License-Identifier: GPL-2.0-or-later
 * shared.h - which CIDs are several machines at once. Since Linux 7.0 each network namespace may have CIDs of
 * its own (child_ns_mode "local"), and vsockmon records all of them, without a word of which. KubeVirt gives
 * every machine CID 3 so. What judges by a CID, by two of them, or by a server's endpoint alone, whoever
 * connects, has to ask here first: there, it would take what one machine does for what another does. Sources:
 * net/vmw_vsock/af_vsock.c; KubeVirt VEP 222. */
#ifndef VSOCK_CORE_SHARED_H
#define VSOCK_CORE_SHARED_H

#include "cross_stream.h"

struct vsock_shared;

/* Looks at the whole capture. What it returns is the allocator's. */
struct vsock_shared *vsock_shared_find(const struct vsock_capture *capture, wmem_allocator_t *memory);

/* Is one of the stream's CIDs several machines, proved or likely? CID 2 alone is not asked: it is the host of
 * whoever dials it. `shared` may be NULL: none is. */
bool vsock_is_shared(const struct vsock_shared *shared, const struct vsock_stream *stream);

/* The same of two CIDs. */
bool vsock_is_shared_pair(const struct vsock_shared *shared, const struct vsock_cid_pair *pair);

/* Adds a diagnosis a CID, where a stream of it is selected. */
void vsock_shared_tell(const struct vsock_shared *shared, GHashTable *selected, GArray *found);

#endif
