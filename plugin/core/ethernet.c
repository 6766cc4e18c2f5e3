/* SPDX-License-Identifier: GPL-2.0-or-later
 * ethernet.c - Ethernet frames in a stream. */
#include "ethernet.h"

#include <glib.h>

#include "weight.h"

#define IPV4 0x0800
#define ARP 0x0806
#define IPV6 0x86dd

#define SHORTEST 60 /* what is shorter may be padded up to here: an Ethernet's shortest frame */

static unsigned big_endian(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* ---- recognising ---- */

/* Does a packet of so many bytes fill the frame? */
static bool fills(unsigned packet, uint32_t frame)
{
    return VSOCK_ETHERNET_HEADER + packet == frame ||
           (VSOCK_ETHERNET_HEADER + packet < frame && frame == SHORTEST);
}

static bool is_arp(const uint8_t *packet, size_t there, uint32_t frame)
{
    return there >= 8 && big_endian(packet) == 1 && big_endian(packet + 2) == IPV4 && packet[4] == 6 &&
           packet[5] == 4 && packet[6] == 0 && (packet[7] == 1 || packet[7] == 2) && fills(28, frame);
}

static bool is_ipv4(const uint8_t *packet, size_t there, uint32_t frame)
{
    size_t header = there > 0 && packet[0] >> 4 == 4 ? (packet[0] & 15u) * 4 : 0;
    uint32_t sum = 0;

    if (header < 20 || there < header || big_endian(packet + 2) < header ||
        !fills(big_endian(packet + 2), frame))
        return false;
    for (size_t i = 0; i < header; i += 2)
        sum += big_endian(packet + i);
    sum = (sum & 0xffff) + (sum >> 16);
    return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/* With a next header that is a protocol guests speak, or an extension. */
static bool is_ipv6(const uint8_t *packet, size_t there, uint32_t frame)
{
    static const uint8_t known[] = {0, 6, 17, 43, 44, 58, 60};

    if (there < 8 || packet[0] >> 4 != 6 || !fills(40 + big_endian(packet + 4), frame))
        return false;
    for (size_t i = 0; i < sizeof(known); i++) {
        if (packet[6] == known[i])
            return true;
    }
    return false;
}

/* A frame of `length` bytes, the first of which are there. A group sends nothing. */
static bool is_frame(const uint8_t *frame, size_t there, uint32_t length)
{
    const uint8_t *packet = frame + VSOCK_ETHERNET_HEADER;

    if (there < VSOCK_ETHERNET_HEADER || length > VSOCK_ETHERNET_MAX || (frame[6] & 1))
        return false;
    there = MIN(there, length) - VSOCK_ETHERNET_HEADER;
    switch (big_endian(frame + 12)) {
    case ARP:
        return is_arp(packet, there, length);
    case IPV4:
        return is_ipv4(packet, there, length);
    case IPV6:
        return is_ipv6(packet, there, length);
    default:
        return false;
    }
}

bool vsock_is_ethernet_le16(const uint8_t *bytes, size_t length)
{
    uint32_t frame = length >= 2 ? bytes[0] | (uint32_t)bytes[1] << 8 : 0;

    return frame >= VSOCK_ETHERNET_HEADER && is_frame(bytes + 2, length - 2, frame);
}

bool vsock_is_ethernet_be32(const uint8_t *bytes, size_t length)
{
    uint32_t frame = length >= 4 && bytes[0] == 0 ? (uint32_t)bytes[1] << 16 | big_endian(bytes + 2) : 0;

    return frame >= VSOCK_ETHERNET_HEADER && is_frame(bytes + 4, length - 4, frame);
}

/* ---- what it costs ---- */

/* What TCP carries: text, or a handshake of TLS with its lists; else most often what nobody shows byte by
 * byte. */
static uint64_t units_of_tcp(const uint8_t *payload, uint32_t length)
{
    if (length >= 3 && payload[0] == 22 && payload[1] == 3)
        return length;
    return vsock_units_beyond_random(vsock_units_of_marks(payload, length), length) +
           length / VSOCK_BYTES_OF_UNIT;
}

/* A datagram is lists, as of DNS; but for QUIC's, which is encrypted. */
static uint64_t units_of_udp(const uint8_t *datagram, uint32_t length)
{
    bool quic = length >= 4 && (big_endian(datagram) == 443 || big_endian(datagram + 2) == 443);

    return length / (quic ? VSOCK_BYTES_OF_UNIT : 4);
}

/* Of what an IP packet carries. */
static uint64_t units_of_carried(uint8_t protocol, const uint8_t *bytes, uint32_t length)
{
    uint32_t header;

    if (protocol == 17)
        return units_of_udp(bytes, length);
    if (protocol != 6)
        return length / 4;
    header = length > 12 ? (bytes[12] >> 4) * 4u : length;
    header = MIN(header, length);
    return units_of_tcp(bytes + header, length - header);
}

uint64_t vsock_units_of_ethernet(const uint8_t *frame, uint32_t length)
{
    const uint64_t layers = UINT64_C(3) * VSOCK_WEIGHT_MESSAGE;
    const uint8_t *packet = frame + VSOCK_ETHERNET_HEADER;
    uint32_t header;

    if (length <= VSOCK_ETHERNET_HEADER)
        return layers;
    length -= VSOCK_ETHERNET_HEADER;
    switch (big_endian(frame + 12)) {
    case IPV4:
        header = (packet[0] & 15u) * 4;
        if (length > MAX(header, 20))
            return layers + units_of_carried(packet[9], packet + header, length - header);
        return layers;
    case IPV6:
        if (length > 40)
            return layers + units_of_carried(packet[6], packet + 40, length - 40);
        return layers;
    default:
        return layers + length / 4;
    }
}
