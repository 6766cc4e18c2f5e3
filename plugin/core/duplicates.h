/* SPDX-License-Identifier: GPL-2.0-or-later
 * duplicates.h - telling a packet from its copy, when a connection was captured twice.
 * Every vsockmon device that is up gets each packet. An `-i any` capture on two of them holds all packets
 * twice, some microseconds apart and not always next to each other. An identical REQUEST within a millisecond
 * proves it: a connect cannot be repeated that fast without an answer in between. Source: vsock_deliver_tap
 * in net/vmw_vsock/af_vsock_tap.c. */
#ifndef VSOCK_CORE_DUPLICATES_H
#define VSOCK_CORE_DUPLICATES_H

#include <stdbool.h>

#include "wire.h"

#define VSOCK_DUPLICATE_TIME_MAX INT64_C(1000000) /* nanoseconds between a REQUEST and its copy */

/* How many packets can be waiting for their copies. When it is full the oldest is given up. */
#define VSOCK_DUPLICATES_MAX 32

struct vsock_duplicates {
    struct {
        uint64_t digest;       /* of the virtio header */
        uint32_t payload_skip; /* what was found for the packet, and holds for its copy */
        uint8_t side;
    } waiting[VSOCK_DUPLICATES_MAX]; /* a ring, oldest first */
    uint32_t first, count;
};

/* The packet, sent by `side`, begins to wait for its copy. */
void vsock_duplicates_wait(struct vsock_duplicates *duplicates, const struct vsock_packet *packet,
                           uint8_t side, uint32_t payload_skip);

/* Is this packet the copy of one that waits for it? Then that one's payload_skip is stored, and waits no
 * more. */
bool vsock_duplicates_take(struct vsock_duplicates *duplicates, const struct vsock_packet *packet,
                           uint8_t side, uint32_t *payload_skip);

#endif
