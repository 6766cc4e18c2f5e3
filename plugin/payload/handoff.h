/* SPDX-License-Identifier: GPL-2.0-or-later
 * handoff.h - which dissector gets a connection's payload, in this order: the one that an earlier packet
 * chose for the rest of the connection; Decode As; contents (heuristics) and ports, whichever the preference
 * puts first. Contents come first unless told otherwise: on vsock, port 1024 alone is used by six protocols.
 */
#ifndef VSOCK_PAYLOAD_HANDOFF_H
#define VSOCK_PAYLOAD_HANDOFF_H

#include <epan/packet.h>
#include <epan/prefs.h>

#include "core/reassembly.h"
#include "core/weight.h"

/* Registered here: the tables through which other dissectors attach themselves. */
#define VSOCK_PORT_TABLE "vsock.port" /* FT_UINT32; also Decode As */
#define VSOCK_HEURISTIC_LIST "vsock"

/* Whose payload it is. */
struct vsock_handoff {
    uint32_t src_port, dst_port;
    /* Tried before the other one. Where it is not known, the lower one: the one more likely to be a
     * service's, and the same for both directions. */
    uint32_t server_port;
    dissector_handle_t chosen; /* for the rest of the connection, by an earlier packet; NULL if none was */
    bool skip_contents;        /* heuristics are not to be asked */
    uint64_t offset;           /* of the first byte in the stream */
    uint32_t stream;           /* vsock.stream */
    uint32_t frame;
    bool remember; /* to be weighed: what that learns of the connection is kept, so each byte is weighed once
                    */
    bool may_ask;  /* the dissector may ask for more */
    bool whole;    /* this is all that a dissector could want */
};

/* Payload as recognizers see it: to ask a tvb costs each of them more than its rule. */
struct vsock_look {
    const uint8_t *bytes;
    uint32_t captured, reported; /* how many there are, and how many were sent */
};

struct vsock_look vsock_look_at(tvbuff_t *tvb);

/* Registers table, list, preferences, Decode As and Export PDUs. Before anything is added to the table. */
void vsock_handoff_register(module_t *preferences);

/* Fills the table: what is offered for Decode As, and the ports that mean one protocol only. Once all other
 * dissectors are registered. */
void vsock_handoff_fill(void);

/* Are table and list there, and ours? Not where the plugin has stepped back. For handoffs of protocols
 * inside. */
bool vsock_takes_dissectors(void);

/* Is a dissector attached to one of the two? */
bool vsock_has_port_dissector(uint32_t src_port, uint32_t dst_port);

/* Would a heuristic take these bytes? */
typedef bool (*vsock_recognizer)(const struct vsock_look *look);

/* Adds a heuristic of ours to the list. What `recognizes` takes is the handle's. */
void vsock_heuristic_add(heur_dissector_t heuristic, vsock_recognizer recognizes, const char *description,
                         const char *short_name, dissector_handle_t handle);

/* Has the user left it on? By its short name. */
bool vsock_heuristic_is_enabled(const char *short_name);

/* Tells what it costs to have these bytes dissected, as far as the limit goes: see core/weight.h. Only where
 * `handoff` says so is anything remembered of them: who wants to know where messages end looks twice. */
typedef struct vsock_weight (*vsock_weigh)(const void *context, tvbuff_t *tvb,
                                           const struct vsock_handoff *handoff,
                                           struct vsock_weight_limit limit);

struct vsock_scale {
    vsock_weigh weigh;
    const void *context;
};

/* What that dissector is handed is weighed so. */
void vsock_scale_add(dissector_handle_t handle, vsock_weigh weigh, const void *context);

/* Has the user chosen a dissector (Decode As) for what vsock_hand_over() would be given? */
bool vsock_is_users_choice(const struct vsock_handoff *handoff);

/* Is it known that nobody is going to take it? To ask that takes a third of the time of handing it over. */
bool vsock_is_nobodys(const struct vsock_look *look, const struct vsock_handoff *handoff);

/* Who is going to take it, most likely; NULL if nobody is. */
dissector_handle_t vsock_likely_taker(tvbuff_t *tvb, const struct vsock_handoff *handoff);

/* How that is weighed; NULL where it is not known. */
const struct vsock_scale *vsock_scale_of(tvbuff_t *tvb, const struct vsock_handoff *handoff);

/* For heuristics that have recognised their protocol: from this packet on the connection is that dissector's.
 */
void vsock_claim(packet_info *pinfo, dissector_handle_t handle);

/* Gives `tvb` to the dissector whose it is. Not taken if there is none: nothing was shown then. What that
 * throws is caught and shown here. */
struct vsock_payload_answer vsock_hand_over(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                            const struct vsock_handoff *handoff);

/* After a dissector was called, when the frame had that many layers: takes those that it added from the list,
 * but for a frame's first. epan gives up a frame ("Dissector bug") with 500, which stay when a dissector
 * returns, so that a packet of many small messages would reach it. */
void vsock_layers_leave(packet_info *pinfo, unsigned layers_before);

/* ---- what handoff.c needs of decode_as.c and export.c ---- */

/* Once the table exists, and before anything is offered for it: epan accepts no offer otherwise. */
void vsock_decode_as_register(void);

/* Offers everything that TCP's Decode As offers, and a few more. */
void vsock_decode_as_fill(void);

/* Does this dissector expect TCP's per-packet data? Those do that are registered with TCP. */
bool vsock_expects_tcp(dissector_handle_t handle);

void vsock_export_register(void);

/* Is anybody listening to what follows? */
bool vsock_export_wanted(void);

/* What a dissector took: one with a name; a heuristic one, by its short name; or, where both are NULL, one
 * that only its port leads to. */
void vsock_export_payload(packet_info *pinfo, tvbuff_t *tvb, const char *dissector, const char *heuristic,
                          uint32_t port);

#endif
