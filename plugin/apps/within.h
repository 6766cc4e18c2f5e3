/* SPDX-License-Identifier: GPL-2.0-or-later
 * within.h - dissecting a packet of another network that is within this one: its addresses, ports and
 * conversations are its own. */
#ifndef VSOCK_APPS_WITHIN_H
#define VSOCK_APPS_WITHIN_H

#include <epan/packet.h>

/* Lets `handle` dissect it, columns included, but for those of addresses: the packet's stay those of vsock,
 * and so does all else of pinfo, also when something is thrown. `index`: how many such packets have come
 * before in the frame: what dissectors keep of a frame is by layer, of which each packet gets some of its
 * own. */
void vsock_dissect_within(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          unsigned index);

#endif
