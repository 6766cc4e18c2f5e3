/* SPDX-License-Identifier: GPL-2.0-or-later
 * left_open.h - connections that are opened one after another, used, and never closed. */
#ifndef VSOCK_CORE_LEFT_OPEN_H
#define VSOCK_CORE_LEFT_OPEN_H

#include "cross_stream.h"

#define VSOCK_LEFT_OPEN_MIN 50

/* Adds the endpoints that such connections lead to. */
void vsock_left_open_judge(const struct vsock_capture *capture, GHashTable *selected, GArray *found);

#endif
