/* SPDX-License-Identifier: GPL-2.0-or-later
 * payload.h - what is spoken over vsock: a packet's payload, joined with that of others where a dissector
 * wants more or a SEQPACKET message has more (core/reassembly.h), and handed to the dissector whose it is. */
#ifndef VSOCK_PAYLOAD_PAYLOAD_H
#define VSOCK_PAYLOAD_PAYLOAD_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "dissect/header.h"
#include "dissect/track.h"

enum vsock_payload_shown {
    VSOCK_PAYLOAD_BYTES,     /* none, or nothing but bytes */
    VSOCK_PAYLOAD_DISSECTED, /* another dissector has shown some of it, columns included */
    VSOCK_PAYLOAD_SEGMENT,   /* part of something larger; dissectors may have spoilt the columns */
};

/* Registers the preferences, and all that handoff.h does. */
void vsock_payload_register(module_t *preferences);

/* The packet's own payload, wherever in the record it lies, as far as it was captured; NULL if none was. */
tvbuff_t *vsock_payload_tvb(tvbuff_t *tvb, const struct vsock_packet *packet,
                            const struct vsock_record *record);

/* Deals with a packet's payload, and with what the packet ends. `tree` is for other dissectors, `items` for
 * what is said of vsock; `record` may be NULL. */
enum vsock_payload_shown vsock_payload_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                               const struct vsock_header_items *items,
                                               const struct vsock_packet *packet,
                                               const struct vsock_record *record);

/* Gives a whole record, as it came, to Export PDUs. */
void vsock_export_record(packet_info *pinfo, tvbuff_t *tvb);

#endif
