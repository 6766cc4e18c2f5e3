/* SPDX-License-Identifier: GPL-2.0-or-later
 * unpack.h - what compressed bytes become, told before a dissector unpacks them: gzip, zlib and deflate (RFC
 * 1952, 1950, 1951), which HTTP calls gzip and deflate (RFC 9110, 8.4.1). With zlib, as epan does it. What
 * they become is looked at in pieces, and not kept. */
#ifndef VSOCK_CORE_UNPACK_H
#define VSOCK_CORE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

/* What some unpacked bytes weigh: see weight.h. */
typedef uint64_t (*vsock_weigh_unpacked)(const void *context, const uint8_t *bytes, uint32_t length);

struct vsock_unpacked {
    uint32_t length; /* of the compressed bytes that were taken: up to their end, or where they are wrong */
    uint64_t units;  /* what they become weighs, and that it is unpacked */
    uint64_t work;   /* units: of unpacking alone */
};

/* A body that begins there, in chunks (RFC 9112, 7.1) or not. Ends where it weighs more than `most`. */
struct vsock_unpacked vsock_unpack(const uint8_t *bytes, uint32_t length, bool chunked,
                                   vsock_weigh_unpacked weigh, const void *context, uint64_t most);

#endif
