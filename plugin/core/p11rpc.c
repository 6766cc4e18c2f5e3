/* SPDX-License-Identifier: GPL-2.0-or-later
 * p11rpc.c - p11-kit's messages. */
#include "p11rpc.h"

#include <string.h>

#include "bytes.h"

#define VERSION_MAX 15       /* 2 is the highest of p11-kit 0.26 */
#define LENGTH_MAX (1 << 28) /* ours: of options or a body; p11-kit has none */
#define FIRST_ID 16

/* C_Initialize: its number, its signature behind its length, the first of its values: an array that is there,
 * behind its length. */
static const char initialize[] = "\0\0\0\1\0\0\0\5ayyay\1\0\0\0\x29PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1";
#define INITIALIZE (sizeof(initialize) - 1)
#define OPTIONS_MAX 255 /* ours, of the first message: a module's name */

/* An id has never so many bits that its first byte is not 0, as a version's is. Version 0 is a byte in front
 * of the first id. */
uint32_t vsock_p11rpc_size(const uint8_t *bytes, uint32_t length)
{
    uint32_t options, body;

    if (bytes[0] != 0)
        return bytes[0] <= VERSION_MAX ? VSOCK_P11RPC_VERSION_SIZE : 0;
    if (length < 5)
        return UINT32_MAX;
    if (vsock_big_endian(bytes) == 0)
        return bytes[4] == FIRST_ID ? VSOCK_P11RPC_VERSION_SIZE : 0;
    if (length < VSOCK_P11RPC_HEADER)
        return UINT32_MAX;
    options = vsock_big_endian(bytes + 4);
    body = vsock_big_endian(bytes + 8);
    return options <= LENGTH_MAX && body <= LENGTH_MAX ? VSOCK_P11RPC_HEADER + options + body : 0;
}

bool vsock_is_p11rpc(const uint8_t *bytes, size_t length, uint32_t *lacks)
{
    const uint8_t *header = bytes + VSOCK_P11RPC_VERSION_SIZE;
    size_t begin = VSOCK_P11RPC_VERSION_SIZE + VSOCK_P11RPC_HEADER;

    *lacks = 0;
    if (length < begin || bytes[0] > VERSION_MAX || vsock_big_endian(header) != FIRST_ID ||
        vsock_big_endian(header + 4) > OPTIONS_MAX || vsock_big_endian(header + 8) < INITIALIZE ||
        vsock_big_endian(header + 8) > UINT16_MAX)
        return false;
    begin += vsock_big_endian(header + 4);
    if (length < begin + INITIALIZE) {
        *lacks = (uint32_t)(begin + INITIALIZE - length);
        return true;
    }
    return memcmp(bytes + begin, initialize, INITIALIZE) == 0;
}
