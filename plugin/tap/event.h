/* SPDX-License-Identifier: GPL-2.0-or-later
 * event.h - from a tapped packet to what a connection's life wants to know of it. */
#ifndef VSOCK_TAP_EVENT_H
#define VSOCK_TAP_EVENT_H

#include "core/life.h"
#include "tap.h"

/* Only where the packet is in a connection, and no second copy. */
struct vsock_event vsock_event_make(const struct vsock_tap *tap);

#endif
