/* SPDX-License-Identifier: GPL-2.0-or-later
 * apps.h - dissectors for protocols that live on vsock and that Wireshark lacks, and what they share.
 * Each is there for Decode As ("vsock.port"); those whose first bytes tell them are heuristics of "vsock".
 * Wireshark registers plugins' protocols in no promised order, and after all of them calls their handoffs: so
 * an app registers itself alone, and attaches itself to vsock in its handoff, if vsock_takes_dissectors(). */
#ifndef VSOCK_APPS_APPS_H
#define VSOCK_APPS_APPS_H

#include <epan/packet.h>

/* A protocol of that filter name, or -1 if this Wireshark brings it: registering it again would abort it. */
int vsock_app_protocol(const char *name, const char *short_name, const char *filter_name);

/* Begins what a message adds to the Info column: the packet's first replaces vsock's text, but for what is
 * wrong; the others follow it. column: what the Protocol column shows. */
void vsock_app_begin_info(packet_info *pinfo, int proto, const char *column);
void vsock_app_end_info(packet_info *pinfo);

/* The text as it can be shown in a line: what cannot be printed is escaped. `text` may be NULL. */
const char *vsock_app_printable(packet_info *pinfo, const char *text);

/* Lets a dissector of Wireshark's decode a body, in its own tree but without a say in the columns.
 * handle: may be NULL. data: what that dissector expects of its caller. */
void vsock_app_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data);

#endif
