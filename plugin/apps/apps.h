/* SPDX-License-Identifier: GPL-2.0-or-later
 * apps.h - dissectors for protocols that live on vsock and that Wireshark lacks, and what they share.
 * Each is there for Decode As ("vsock.port"); those whose first bytes tell them are heuristics of "vsock".
 * Wireshark registers plugins' protocols in no promised order, and after all of them calls their handoffs: so
 * an app registers itself alone, and attaches itself to vsock in its handoff. */
#ifndef VSOCK_APPS_APPS_H
#define VSOCK_APPS_APPS_H

#include <epan/packet.h>

#include "call.h"
#include "core/weight.h"
#include "dissect/builtin.h"
#include "payload/handoff.h"

/* A message's size: it does not end with what there is, and does not tell where it does. */
#define VSOCK_APP_SIZE_UNKNOWN UINT_MAX

/* A frame's messages of a protocol, on one pass. */
struct vsock_app_frame {
    unsigned in_info; /* of them, in the Info column */
    struct vsock_frame_calls *calls;
    struct vsock_followed_calls *followed; /* of whoever follows a protocol's calls; else NULL */
};

/* A protocol, as its file describes it. */
struct vsock_app {
    const char *name, *short_name, *filter_name;
    const char *column; /* what the Protocol column shows; NULL: the short name */
    int *subtrees[4];   /* its own first */
    hf_register_info *fields;
    int field_count;
    struct vsock_expert *experts[8];

    uint32_t port; /* 0: for Decode As only */
    vsock_recognizer recognize;
    /* How many bytes more it takes to be sure, or VSOCK_APP_SIZE_UNKNOWN; 0: none. NULL: never any. */
    uint32_t (*lacks)(tvbuff_t *tvb);
    heur_dissector_t heuristic;
    bool strict; /* what it does not recognize is left to others, whoever chose it */
    bool leaves; /* the same of what begins no message: the other side may speak something else */

    /* Shows a message, in `tree` (its item and subtree), and adds it to Info. top: for other dissectors. */
    void (*show)(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                 struct vsock_app_frame *frame);

    /* A stream's messages begin with so many bytes, which tell how long one is with them: 0 if they are none,
     * and the rest of what there is is shown as one; or VSOCK_APP_SIZE_UNKNOWN. */
    unsigned header_size;
    unsigned (*message_size)(tvbuff_t *tvb, int offset);
    /* How long it is, where only the connection tells; 0: as message_size() says. NULL: always that. */
    unsigned (*told_size)(packet_info *pinfo, tvbuff_t *tvb, int offset, struct vsock_app_frame *frame);
    /* How many bytes follow that, where only the connection tells. NULL: none. */
    unsigned (*message_tail)(packet_info *pinfo, tvbuff_t *tvb, int offset, struct vsock_app_frame *frame);
    /* What one costs beyond VSOCK_WEIGHT_MESSAGE, so far as it is there; NULL: nothing. */
    uint64_t (*message_units)(tvbuff_t *tvb, int offset, int end);

    /* One protocol may be framed in several ways, each an app with the protocol's as `of`: it has no names
     * and fields of its own, and is told by the protocol's `pick` where the protocol was chosen by Decode As.
     */
    struct vsock_app *of;
    const char *variant;
    const struct vsock_app *(*pick)(tvbuff_t *tvb); /* NULL: nothing tells yet */

    int proto;
    dissector_handle_t handle; /* NULL if this Wireshark brings the protocol: twice would abort it */
};

/* For proto_register_*() and proto_reg_handoff_*(). */
void vsock_app_register(struct vsock_app *app);
void vsock_app_attach(const struct vsock_app *app);

/* What plugin.c lists. */
void proto_register_ethframe(void);
void proto_register_gcs(void);
void proto_register_jsonframe(void);
void proto_register_nbdframe(void);
void proto_register_nitro(void);
void proto_register_p11rpc(void);
void proto_register_qga(void);
void proto_register_sd_notify(void);
void proto_register_ttrpc(void);
void proto_register_varlink(void);
void proto_reg_handoff_ethframe(void);
void proto_reg_handoff_gcs(void);
void proto_reg_handoff_jsonframe(void);
void proto_reg_handoff_nbdframe(void);
void proto_reg_handoff_nitro(void);
void proto_reg_handoff_p11rpc(void);
void proto_reg_handoff_qga(void);
void proto_reg_handoff_sd_notify(void);
void proto_reg_handoff_ttrpc(void);
void proto_reg_handoff_varlink(void);

/* For the heuristic: takes the connection if it recognizes the first bytes, or asks for more of them. */
bool vsock_app_try(struct vsock_app *app, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree);

/* What there is of the protocol in the packet that was dissected last, or NULL. */
const struct vsock_app_frame *vsock_app_frame_of(packet_info *pinfo, int proto);

/* The text as it can be shown in a line: what cannot be printed is escaped. `text` may be NULL. */
const char *vsock_app_printable(packet_info *pinfo, const char *text);

/* A copy that is there until the file is closed, the same for the same text. `text` may be NULL. */
const char *vsock_app_keep(const char *text);

/* Lets a dissector of Wireshark's decode a body, in its own tree but without a say in the columns. However
 * many bodies a frame has, epan is left room for layers. handle: may be NULL. data: what that dissector
 * expects of its caller. */
void vsock_app_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data);

#endif
