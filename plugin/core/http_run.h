/* SPDX-License-Identifier: GPL-2.0-or-later
 * http_run.h - up to where bytes are messages of HTTP/1, one behind another. A connection may turn into
 * something else behind one: as CONNECT or an Upgrade says, or because both programs know, as
 * gvisor-tap-vsock's do behind "POST /connect". Sources: RFC 9112, 2.2, 3, 4 and 6.3; RFC 9110, 7.8
 * and 9.3.6. */
#ifndef VSOCK_CORE_HTTP_RUN_H
#define VSOCK_CORE_HTTP_RUN_H

#include <stdbool.h>
#include <stdint.h>

enum vsock_http_then {
    VSOCK_HTTP_UNKNOWN, /* the last message is not whole, or does not tell where it ends: all may be HTTP */
    VSOCK_HTTP_ENDS,    /* a message ends with the bytes */
    VSOCK_HTTP_OTHER,   /* behind the last message is what begins none */
};

struct vsock_http_run {
    uint32_t length; /* of the messages; all bytes but with OTHER */
    enum vsock_http_then then;
    bool connect; /* the last asks for a tunnel */
    bool turned; /* the last is a response that grants a tunnel, or an Upgrade: whatever follows is no HTTP */
    uint32_t upgrade, upgrade_length; /* to what, where in the bytes; length 0: it does not say */
};

/* Of bytes that begin where a message could. `after_connect`: the other side has asked for a tunnel, so that
 * a response which grants it has no body. */
struct vsock_http_run vsock_http_run(const uint8_t *bytes, uint32_t length, bool after_connect);

#endif
