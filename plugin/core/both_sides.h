/* SPDX-License-Identifier: GPL-2.0-or-later
 * both_sides.h - what is wrong between two sides that were both recorded, and what the one's recording
 * settles of the other's. */
#ifndef VSOCK_CORE_BOTH_SIDES_H
#define VSOCK_CORE_BOTH_SIDES_H

#include "delivery.h"

/* What became of a REQUEST that had no answer. */
enum vsock_settled vsock_request_settled(const struct vsock_twins *twins, const struct vsock_stream *stream);

/* Adds what happened between the two sides, and takes away what that explains. `selected`: of the views that
 * are judged. */
void vsock_both_sides_judge(const struct vsock_twins *twins, GHashTable *selected, GArray *found);

#endif
