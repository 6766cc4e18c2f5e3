/* SPDX-License-Identifier: GPL-2.0-or-later
 * varlink.h - varlink's calls and replies: objects of JSON, each in front of a NUL. A server answers a
 * connection's calls one after another. Source: varlink.org, "Method Call", "Interface Definition". */
#ifndef VSOCK_CORE_VARLINK_H
#define VSOCK_CORE_VARLINK_H

#include "json_object.h"

/* Parts are of the message's bytes; strings are without their quotes. */
struct vsock_varlink_message {
    struct vsock_json_part method;         /* of a call; a reply has none */
    struct vsock_json_part error;          /* of a reply */
    bool more, continues, oneway, upgrade; /* is it there, and true? */
};

struct vsock_varlink_message vsock_varlink_message_of(const uint8_t *bytes, uint32_t length);

/* Does a stream begin with a call, whole, of a method with an interface's name? *lacks: as in json_frame.h, 1
 * where the NUL has not come yet. */
bool vsock_is_varlink(const uint8_t *bytes, size_t length, uint32_t *lacks);

#endif
