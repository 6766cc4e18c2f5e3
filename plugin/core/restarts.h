/* SPDX-License-Identifier: GPL-2.0-or-later
 * restarts.h - connections that one machine ends all at once, unasked: it was restored or restarted, likely.
 */
#ifndef VSOCK_CORE_RESTARTS_H
#define VSOCK_CORE_RESTARTS_H

#include "shared.h"

#define VSOCK_RESTART_STREAMS 3

/* Adds such ends, in the place of what is in `found` of their streams' ends. */
void vsock_restarts_judge(const struct vsock_capture *capture, const struct vsock_shared *shared,
                          GHashTable *selected, GArray *found);

#endif
