/* SPDX-License-Identifier: GPL-2.0-or-later
 * p11rpc.h - PKCS #11 through a stream, as p11-kit speaks it. Each side begins with a byte, its version; then
 * come messages: the call's id, the lengths of options and of a body, each big-endian of 32 bits, options,
 * body. A client's ids count from 16, its first call is C_Initialize, which says whose protocol this is.
 * Sources: p11-kit's p11-kit/rpc-transport.c, rpc-message.[ch], rpc-client.c (rpc_C_Initialize). */
#ifndef VSOCK_CORE_P11RPC_H
#define VSOCK_CORE_P11RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VSOCK_P11RPC_VERSION_SIZE 1
#define VSOCK_P11RPC_HEADER 12

/* How long the message is, or the version, that begins with the bytes, of which there is one at least;
 * UINT32_MAX if they do not tell; 0 if they are none. */
uint32_t vsock_p11rpc_size(const uint8_t *bytes, uint32_t length);

/* Does a client's stream begin so? *lacks: how many bytes more it takes to be sure, if it may. */
bool vsock_is_p11rpc(const uint8_t *bytes, size_t length, uint32_t *lacks);

#endif
