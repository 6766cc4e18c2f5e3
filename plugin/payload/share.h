/* SPDX-License-Identifier: GPL-2.0-or-later
 * share.h - how much of what is handed over is dissected, of one packet and of a capture: core/weight.h.
 * Where the user has chosen the dissector (Decode As), or has switched the limits off, all of it. */
#ifndef VSOCK_PAYLOAD_SHARE_H
#define VSOCK_PAYLOAD_SHARE_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "core/weight.h"
#include "dissect/builtin.h"
#include "handoff.h"

/* Messages of one call of a dissector. Each may add some layers to the frame, of which epan has 500. */
#define VSOCK_SHARE_AT_ONCE 100

extern const struct vsock_fields vsock_share_fields;

void vsock_share_register(module_t *preferences);

/* Another file. */
void vsock_share_start(void);

/* To be called once for each packet, on the first pass. */
void vsock_share_add_packet(uint32_t payload_length);

/* What dissectors are to get of these bytes: the first `length`, at once unless they have more messages than
 * epan has layers for. On the first pass, and for it alone: a later one has to know. */
struct vsock_weight vsock_share_of(tvbuff_t *tvb, const struct vsock_handoff *handoff);

/* They get it; and want to see it again, with more. */
void vsock_share_spend(const struct vsock_weight *share);
void vsock_share_return(const struct vsock_weight *share);

/* How many of the bytes from `at` on are handed over at once: all, or as many messages as epan has layers
 * for.
 */
uint32_t vsock_share_next(tvbuff_t *tvb, uint32_t at, const struct vsock_handoff *handoff);

/* Says that the bytes from `length` on are not dissected. */
void vsock_share_show(packet_info *pinfo, proto_item *item, tvbuff_t *tvb, uint32_t length);

#endif
