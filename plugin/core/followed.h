/* SPDX-License-Identifier: GPL-2.0-or-later
 * followed.h - how many connections of a capture are followed. Each keeps up to 3 KB, and a packet of 100
 * bytes can begin one. */
#ifndef VSOCK_CORE_FOLLOWED_H
#define VSOCK_CORE_FOLLOWED_H

#include "capture.h"

/* Beyond those that are always followed, a capture may have one connection for so many packets: the shortest
 * that carries data and comes to its end has a REQUEST, a RESPONSE, an RW, a SHUTDOWN and a RST. */
#define VSOCK_FOLLOWED_PACKETS 5

/* Is the packet, which is of nothing that is followed, followed from now on? */
bool vsock_may_begin(const struct vsock_capture *capture, const struct vsock_packet *packet);

/* What is said of a packet that is not. */
struct vsock_diagnosis vsock_not_followed(const struct vsock_packet *packet, const struct vsock_mark *at);

/* The packet, which was counted among the capture's, is not. */
void vsock_leave_out(struct vsock_capture *capture, const struct vsock_packet *packet,
                     const struct vsock_arrival *at);

#endif
