/* SPDX-License-Identifier: GPL-2.0-or-later
 * contents.h - protocols that are known by their first bytes, whatever the port.
 * A rule asks for what nothing else begins with. Too few bytes are no match: whoever asks may ask again when
 * there are more. Sources: RFC 4253, 4.2; RFC 9112, 3 and 4; RFC 9113, 3.4; RFC 8446, 5.1; MQTT 3.1.1, 3.1;
 * Plan 9's version(5), as Linux's 9P; adb's protocol.txt; RFC 8259;
 * [MS-RDPBCGR] 2.2.1.1; RFC 6143, 7.1.1; SPICE's protocol.h; HAProxy's proxy-protocol.txt, 2. */
#ifndef VSOCK_CORE_CONTENTS_H
#define VSOCK_CORE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of what the bytes are the beginning, as far as it goes. */
bool vsock_is_ssh(const uint8_t *bytes, size_t length);
bool vsock_is_http(const uint8_t *bytes, size_t length);
bool vsock_is_http2(const uint8_t *bytes, size_t length);
#define VSOCK_TLS_HANDSHAKE 22
#define VSOCK_TLS_NEEDED 9 /* bytes, to tell */
bool vsock_is_tls(const uint8_t *bytes, size_t length);
bool vsock_is_mqtt(const uint8_t *bytes, size_t length);
bool vsock_is_9p(const uint8_t *bytes, size_t length);
bool vsock_is_adb(const uint8_t *bytes, size_t length);

/* RDP's request for a connection, which TPKT and X.224 carry as they do for others: it is RDP's by a cookie
 * or a request for its security. */
bool vsock_is_rdp(const uint8_t *bytes, size_t length);

/* What VNC's server begins with, and its client: "RFB 003.008\n", a version. */
#define VSOCK_VNC_NEEDED 12 /* bytes */
bool vsock_is_vnc(const uint8_t *bytes, size_t length);

/* A link message of SPICE, of either side. */
bool vsock_is_spice(const uint8_t *bytes, size_t length);

/* The PROXY protocol's header, version 1 or 2, which a proxy puts in front of what it passes on. How long
 * that is: 0 if there is none; more than `length` if it is not whole, so far as these bytes tell. */
size_t vsock_proxy_header(const uint8_t *bytes, size_t length);
bool vsock_is_proxy(const uint8_t *bytes, size_t length);

/* One JSON object, all of it, with nothing but white space around it. */
bool vsock_is_json(const uint8_t *bytes, size_t length);

#endif
