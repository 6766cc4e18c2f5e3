/* SPDX-License-Identifier: GPL-2.0-or-later
 * ethernet.h - Ethernet frames in a stream, each behind its length. Sources: gvisor-tap-vsock
 * pkg/types/handshake.go and pkg/tap/protocol.go (16 bits, little-endian); QEMU net/stream.c and net/net.c
 * (32 bits, big-endian; the longest frame); RFC 791, 826 and 8200. */
#ifndef VSOCK_CORE_ETHERNET_H
#define VSOCK_CORE_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VSOCK_ETHERNET_HEADER 14
#define VSOCK_ETHERNET_MAX (4096 + 65536) /* QEMU's NET_BUFSIZE */

/* Does the stream begin with a frame of ARP, IPv4 or IPv6, whose own lengths and checksum agree with the one
 * in front? Rules as in contents.h. */
bool vsock_is_ethernet_le16(const uint8_t *bytes, size_t length);
bool vsock_is_ethernet_be32(const uint8_t *bytes, size_t length);

/* What it costs to dissect a frame with all that is in it, so far as it is there: see weight.h. */
uint64_t vsock_units_of_ethernet(const uint8_t *frame, uint32_t length);

#endif
