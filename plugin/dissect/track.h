/* SPDX-License-Identifier: GPL-2.0-or-later
 * track.h - the open file's account (core/capture.h), and epan's passes over it: the first takes packets,
 * later ones look up what they did. All it hands out lives until the file is closed, or, with -M, the session
 * ends. */
#ifndef VSOCK_DISSECT_TRACK_H
#define VSOCK_DISSECT_TRACK_H

#include <epan/conversation.h>
#include <epan/packet.h>

#include "core/capture.h"

/* `ended` (NULL for none) is called with the account before it goes: tshark -M ends sessions while it runs.
 * `thresholds` says what the preferences say, once packets come. */
void vsock_track_register(void (*thresholds)(struct vsock_thresholds *), void (*ended)(void));

/* Takes the packet on the first pass, with what its payload is filled with, and looks it up on later ones.
 * NULL where the headers were cut, or are not virtio's, or of a datagram: such a packet is in no stream.
 * Makes the stream the conversation that epan finds for the packet: for what is inside, and for the packet
 * list's bracket of related packets. */
const struct vsock_record *vsock_track(packet_info *pinfo, tvbuff_t *tvb, struct vsock_packet *packet,
                                       uint32_t malformed);

/* The account; never NULL while a file is open. */
const struct vsock_capture *vsock_track_capture(void);

/* The record of a frame that was dissected before, or NULL. */
const struct vsock_record *vsock_track_find(uint32_t frame);

/* A record by its number, from 1. */
const struct vsock_record *vsock_track_record(uint32_t number);

/* The number of a record that it has handed out. */
uint32_t vsock_track_number(const struct vsock_record *record);

/* The frame that shows a record: 0 where there is none, since the number is 0, or a read filter has dropped
 * the packet and given its number to another. */
uint32_t vsock_track_frame(uint32_t number);

/* How many streams there are so far: one more than the largest vsock.stream. */
uint32_t vsock_track_stream_count(void);

/* An index that stands for the packet's two endpoints, wherever recorded: that of the first stream between
 * them; VSOCK_STREAM_UNKNOWN where they are not followed. Only for packets that vsock_track() was called for,
 * and with their ports captured. */
uint32_t vsock_track_pair(const packet_info *pinfo, const struct vsock_packet *packet);

/* The datagrams between the packet's endpoints, or NULL. Only for packets as above. */
const struct vsock_datagrams *vsock_track_datagrams(const packet_info *pinfo,
                                                    const struct vsock_packet *packet);

/* The packet's time in nanoseconds since the epoch; what no capture holds in earnest is clamped. */
int64_t vsock_packet_time(const packet_info *pinfo);

#endif
