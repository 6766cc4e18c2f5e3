/* SPDX-License-Identifier: GPL-2.0-or-later
 * tap.h - what a packet hands to those who look at the whole capture. */
#ifndef VSOCK_TAP_TAP_H
#define VSOCK_TAP_TAP_H

#include <epan/packet.h>

#include "core/wire.h"
#include "dissect/track.h"

/* Of the tap "vsock": every packet whose endpoints were captured. It lives until the packet's dissection
 * ends. */
struct vsock_tap {
    struct vsock_packet packet;
    const struct vsock_record *record; /* NULL where the packet is in no connection */
    address src, dst;                  /* endpoints, as vsock_set_endpoint_address() makes them */
    tvbuff_t *payload; /* this packet's own bytes as far as they were captured; NULL if none */
};

/* Registers the tap and everything that listens to it. */
void vsock_taps_register(int proto);

/* To be called before the account of a session goes. */
void vsock_taps_end_session(void);

/* Hands the packet over, if anybody listens. `record` may be NULL. */
void vsock_taps_queue(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *packet,
                      const struct vsock_record *record);

/* Those that listen: each registers its windows, and its commands of tshark's -z. */
void vsock_conversations_register(int proto);
void vsock_diagnoses_register(void);
void vsock_flow_register(int proto);
void vsock_follow_register(int proto);
void vsock_packet_menu_register(void);
void vsock_srt_register(int proto);
void vsock_streams_register(void);
void vsock_tree_register(void);

/* As vsock_taps_end_session(). */
void vsock_streams_end_session(void);

#endif
