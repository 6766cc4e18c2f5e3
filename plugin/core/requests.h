/* SPDX-License-Identifier: GPL-2.0-or-later
 * requests.h - who answered requests, and how: ports that refuse, listeners that are lost, scans, connections
 * that nobody uses. */
#ifndef VSOCK_CORE_REQUESTS_H
#define VSOCK_CORE_REQUESTS_H

#include "stale.h"
#include "twins.h"

/* Ten ports within a second are a scan, three refusals in a row a lost listener. */
#define VSOCK_SCAN_PORTS 10
#define VSOCK_LOST_REFUSALS 3

/* Adds what became of the REQUESTs that are not stale. Each refusal counts once: as a mismatch of types, for
 * a lost listener, for a scan, or as it is. */
void vsock_requests_judge(const struct vsock_capture *capture, const struct vsock_twins *twins,
                          const struct vsock_shared *shared, const struct vsock_stale *stale,
                          GHashTable *selected, GArray *found);

#endif
