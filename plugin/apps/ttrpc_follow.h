/* SPDX-License-Identifier: GPL-2.0-or-later
 * ttrpc_follow.h - Analyze > Follow > ttrpc Stream (-z follow,ttrpc,ascii,N,ID), from Wireshark 4.4 on: what
 * was said in one call. The stream is vsock's, and the call's id is what epan calls a sub-stream. */
#ifndef VSOCK_APPS_TTRPC_FOLLOW_H
#define VSOCK_APPS_TTRPC_FOLLOW_H

#include "apps.h"

/* What is behind a message's header: so many bytes, of which `tvb` has from `offset` on what was captured. */
struct vsock_ttrpc_body {
    uint32_t stream_id;
    tvbuff_t *tvb;
    int offset;
    uint32_t length;
};

void vsock_ttrpc_follow_register(int proto);

/* To be called for every message, once it is known which call it is of. */
void vsock_ttrpc_follow_take(packet_info *pinfo, struct vsock_app_frame *frame, struct vsock_ttrpc_body body);

#endif
