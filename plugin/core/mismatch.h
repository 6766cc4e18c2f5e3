/* SPDX-License-Identifier: GPL-2.0-or-later
 * mismatch.h - two programs that do not speak the same: what one side has said is one message behind its
 * length of 32 bits, and what the other has said is HTTP. Who reads that as a length may tell of a message of
 * 1213486160 bytes, which is "HTTP" (anthropics/claude-code#29932). Sources: RFC 9112, 3 and 4. */
#ifndef VSOCK_CORE_MISMATCH_H
#define VSOCK_CORE_MISMATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "mark.h"

#define VSOCK_OPENING_MAX 10 /* up to the first digit of an HTTP response's status */

/* How a side of a connection begins. */
struct vsock_opening {
    struct vsock_mark at; /* its first RW */
    uint8_t bytes[VSOCK_OPENING_MAX];
    uint8_t count; /* of these, without a gap */
};

/* `offset` bytes were before those of an RW, the first `captured` of which are there. */
void vsock_opening_add(struct vsock_opening *opening, const struct vsock_mark *at, uint64_t offset,
                       const uint8_t *bytes, uint32_t captured);

/* What a side has said in all. */
struct vsock_said {
    const struct vsock_opening *opening;
    uint64_t bytes;
    uint32_t last; /* record of its last RW */
};

/* Has the one said HTTP and the other a single message behind its length, and did nobody say more once the
 * later of the two was there, but its sender? *number: the first four bytes of the HTTP as such a length. */
bool vsock_is_mismatch(const struct vsock_said *http, const struct vsock_said *framed, uint32_t *number);

#endif
