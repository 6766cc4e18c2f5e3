/* SPDX-License-Identifier: GPL-2.0-or-later
 * qga.h - the QEMU guest agent's requests and responses: objects of JSON, one behind another, a line each as
 * the agent writes them. A byte of 0xff may be in front: of a request, by which the agent forgets half of one
 * before; of a response, that of guest-sync-delimited. Sources: QEMU qga/main.c, qga/qapi-schema.json,
 * docs/interop/qmp-spec. */
#ifndef VSOCK_CORE_QGA_H
#define VSOCK_CORE_QGA_H

#include "json_object.h"

#define VSOCK_QGA_SENTINEL 0xff

/* What stands for a sentinel in front of a request, where the request has its command: to the agent, which
 * reads JSON, it is an error, of which it tells before it answers the request. */
#define VSOCK_QGA_OF_SENTINEL "\xff"

enum vsock_qga_kind {
    VSOCK_QGA_NONE, /* nothing that the agent or its client says; or white space */
    VSOCK_QGA_REQUEST,
    VSOCK_QGA_RETURN,
    VSOCK_QGA_ERROR,
};

/* Parts are of the message's bytes; strings are without their quotes, but for the id and what is returned. */
struct vsock_qga_message {
    enum vsock_qga_kind kind;
    bool sentinel;
    struct vsock_json_part object; /* as far as it is there */
    struct vsock_json_part execute, id, returned, error_class, error_desc;
};

struct vsock_qga_message vsock_qga_message_of(const uint8_t *bytes, uint32_t length);

/* How long the message is that begins with the bytes, and the line's end behind it; UINT32_MAX if it does not
 * end with them; 0 if they are none. */
uint32_t vsock_qga_size(const uint8_t *bytes, uint32_t length);

/* Does a stream begin so: with a request of the agent's, or a response behind a sentinel? *lacks: as in
 * json_frame.h. */
bool vsock_is_qga(const uint8_t *bytes, size_t length, uint32_t *lacks);

/* May a response answer that request, or VSOCK_QGA_OF_SENTINEL? The agent takes one after another; some say
 * nothing if they succeed. */
bool vsock_qga_may_answer(const char *execute, enum vsock_qga_kind kind, bool sentinel);

#endif
