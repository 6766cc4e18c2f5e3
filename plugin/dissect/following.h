/* SPDX-License-Identifier: GPL-2.0-or-later
 * following.h - what Wireshark's Follow shows of a packet of a stream: who the nodes are, bytes, and what is
 * missing of them. epan's own listener takes whoever is seen first for the client, joins over gaps, and takes
 * port 0 for "not set yet"; here the client is the side that sent the REQUEST, and what was not captured is
 * said. */
#ifndef VSOCK_DISSECT_FOLLOWING_H
#define VSOCK_DISSECT_FOLLOWING_H

#include <epan/follow.h>

#include "core/capture.h"

/* Why bytes are not there. */
#define VSOCK_FOLLOW_MISSING "missing in capture file"

/* One side's packet, as a follower's listener is shown it. */
struct vsock_followed {
    follow_info_t *info;
    const packet_info *pinfo;
    bool is_server; /* who sent what is added */
};

/* Begins with the record of the packet: it names the nodes. */
struct vsock_followed vsock_follow(follow_info_t *info, const packet_info *pinfo,
                                   const struct vsock_record *record);

/* Adds so many bytes from `offset` on: what was captured of them, and why the rest is not there. tvb: may be
 * NULL. */
void vsock_follow_add(const struct vsock_followed *f, tvbuff_t *tvb, int offset, uint32_t length,
                      const char *why);

/* Adds that bytes are not there. */
void vsock_follow_add_gap(const struct vsock_followed *f, uint64_t bytes, const char *why);

/* For register_follow_stream(): no filter, as tshark offers IP addresses only; and the port's number. */
char *vsock_follow_no_address_filter(address *src, address *dst, int src_port, int dst_port);
char *vsock_follow_port_text(wmem_allocator_t *scope, unsigned port);

#endif
