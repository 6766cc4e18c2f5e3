/* SPDX-License-Identifier: GPL-2.0-or-later
 * bytes.h - numbers of 32 bits in payload, wherever they stand. */
#ifndef VSOCK_CORE_BYTES_H
#define VSOCK_CORE_BYTES_H

#include <stdint.h>

static inline uint32_t vsock_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint32_t vsock_little_endian(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif
