/* SPDX-License-Identifier: GPL-2.0-or-later
 * fingerprint.h - what is kept of a packet so that the same packet is found again where it was recorded once
 * more: by its header, which is the same bit for bit, and by the first bytes of its payload, as far as they
 * are known to be its own. */
#ifndef VSOCK_CORE_FINGERPRINT_H
#define VSOCK_CORE_FINGERPRINT_H

#include <stdbool.h>

#include "wire.h"

/* So many bytes of payload tell packets apart; a snaplen of 96 leaves 20. */
#define VSOCK_PRINT_PAYLOAD 16

struct vsock_print {
    uint32_t header;  /* of the virtio header; the lowest three bits are of its op */
    uint32_t payload; /* of the payload's first bytes; 0: not known, or there is none */
};
static_assert(sizeof(struct vsock_print) == 8, "one is kept for every packet of several interfaces");

/* Two packets with equal virtio headers have equal digests; the reverse is near enough certain. */
uint64_t vsock_header_digest(const struct vsock_packet *packet);

struct vsock_print vsock_print_of(const struct vsock_packet *packet);

/* Can they be of one packet? */
static inline bool vsock_print_equal(struct vsock_print a, struct vsock_print b)
{
    return a.header == b.header && (a.payload == b.payload || a.payload == 0 || b.payload == 0);
}

/* Modulo 8. */
static inline unsigned vsock_print_op(struct vsock_print print)
{
    return print.header & 7;
}

#endif
