/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_frame.h - JSON in a stream, one value a message: behind its length, or in front of a line feed or a
 * NUL. Sources: the agents of sandboxes and microVMs, which write so; varlink.org, "Method Call" (NUL); RFC
 * 8259. */
#ifndef VSOCK_CORE_JSON_FRAME_H
#define VSOCK_CORE_JSON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VSOCK_JSON_MAX (16u << 20)         /* ours: what is longer is no message */
#define VSOCK_JSON_FIRST_MAX (1u << 20)    /* of the first, which is proved by its last byte */
#define VSOCK_JSON_UNENDED_MAX (64u << 10) /* of a first text that does not end yet */

enum vsock_json_framing {
    VSOCK_JSON_NOT_FRAMED,
    VSOCK_JSON_BE32, /* a length of 32 bits, big-endian */
    VSOCK_JSON_LE32,
    VSOCK_JSON_LINES,
    VSOCK_JSON_NUL,
};

struct vsock_json_frame {
    enum vsock_json_framing framing;
    bool ambiguous; /* the length is the same both ways: the next message tells */
    /* The message does not end with these bytes, and only its end proves it: how many more it lacks, or
     * UINT32_MAX if that is not told. 0: it is proved. */
    uint32_t lacks;
};

/* Of a stream's first bytes. An object or an array alone, with nothing around it, is not framed. */
struct vsock_json_frame vsock_json_frame_of(const uint8_t *bytes, size_t length);

/* How long the message is that ends with that byte, the byte included; 0 if it does not end. */
uint32_t vsock_json_delimited(const uint8_t *bytes, uint32_t length, uint8_t end);

#endif
