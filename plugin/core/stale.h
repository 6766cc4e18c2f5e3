/* SPDX-License-Identifier: GPL-2.0-or-later
 * stale.h - requests whose endpoints are those of a connection that never ended: its other side holds it
 * still. Linux takes no notice of such a REQUEST (virtio_transport_recv_connected(), measured with 6.12.117);
 * monitors refuse it. It comes of a client that has forgotten the connection: one that was restored from a
 * snapshot counts its ports from the start again (superfly/firecracker issue 7, firecracker pull request
 * 5688). */
#ifndef VSOCK_CORE_STALE_H
#define VSOCK_CORE_STALE_H

#include "shared.h"

struct vsock_stale;

/* Looks at the whole capture. What it returns is the allocator's. */
struct vsock_stale *vsock_stale_find(const struct vsock_capture *capture, const struct vsock_shared *shared,
                                     wmem_allocator_t *memory);

/* Is that why the stream's REQUEST came to nothing? `stale` may be NULL: no. */
bool vsock_is_stale(const struct vsock_stale *stale, const struct vsock_stream *stream);

/* Adds a diagnosis a client's CID and a server's, where a stream of it is selected. Once. */
void vsock_stale_tell(struct vsock_stale *stale, GHashTable *selected, GArray *found);

#endif
