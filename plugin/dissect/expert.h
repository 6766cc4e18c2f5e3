/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert.h - an expert info whose figures are in the packet's tree alone: epan's lists (Expert Information,
 * -z expert, _ws.expert.message) make one row of those that say the same. */
#ifndef VSOCK_DISSECT_EXPERT_H
#define VSOCK_DISSECT_EXPERT_H

#include "builtin.h"

/* `message`: what the lists say; NULL for the row's summary. `text`: what the tree says instead, with
 * figures; NULL for the same. `expert` has been registered. */
void vsock_expert_add(packet_info *pinfo, proto_item *item, struct vsock_expert *expert, const char *message,
                      const char *text);

#endif
