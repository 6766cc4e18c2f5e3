/* SPDX-License-Identifier: GPL-2.0-or-later
 * decode_as.h - Analyze > Decode As, and -d vsock.port==PORT,PROTOCOL. */
#ifndef VSOCK_PAYLOAD_DECODE_AS_H
#define VSOCK_PAYLOAD_DECODE_AS_H

#include <epan/packet.h>

/* Once the table exists, and before anything is offered for it: epan accepts no offer otherwise. */
void vsock_decode_as_register(void);

/* Offers everything that TCP's Decode As offers, and a few more. */
void vsock_decode_as_fill(void);

/* Does this dissector expect TCP's per-packet data? Those do that are registered with TCP. */
bool vsock_expects_tcp(dissector_handle_t handle);

#endif
