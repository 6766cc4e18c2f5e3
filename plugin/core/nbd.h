/* SPDX-License-Identifier: GPL-2.0-or-later
 * nbd.h - where messages of NBD end in a stream, from the handshake on, and that one begins.
 * Source: github.com/NetworkBlockDevice/nbd doc/proto.md. */
#ifndef VSOCK_CORE_NBD_H
#define VSOCK_CORE_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vsock_nbd_kind {
    VSOCK_NBD_NONE,
    VSOCK_NBD_GREETING,     /* of a server that negotiates */
    VSOCK_NBD_OLD_GREETING, /* of one that does not: transmission follows */
    VSOCK_NBD_CLIENT_FLAGS,
    VSOCK_NBD_OPTION,
    VSOCK_NBD_OPTION_REPLY,
    VSOCK_NBD_REQUEST,
    VSOCK_NBD_EXTENDED_REQUEST,
    VSOCK_NBD_SIMPLE_REPLY, /* read data, which only the request tells of, may follow */
    VSOCK_NBD_CHUNK,        /* of a structured reply */
    VSOCK_NBD_EXTENDED_CHUNK,
    VSOCK_NBD_EXPORT, /* which no bytes tell: vsock_nbd_may_be_export() */
};

enum vsock_nbd_command {
    VSOCK_NBD_READ = 0,
    VSOCK_NBD_WRITE = 1,
    VSOCK_NBD_DISCONNECT = 2,
};

/* What begins with the bytes; NONE as well where there are too few. */
enum vsock_nbd_kind vsock_nbd_kind_of(const uint8_t *bytes, uint32_t length);

/* How long that is; UINT32_MAX if it takes more bytes to tell; 0 if it is nothing, or too large. */
uint32_t vsock_nbd_size(const uint8_t *bytes, uint32_t length);

/* What a server answers to EXPORT_NAME: a size, flags, zeroes unless both sides do without. No magic: it is
 * what comes where nothing else may, but for replies of the transmission that follows. */
#define VSOCK_NBD_EXPORT_SIZE 10
#define VSOCK_NBD_EXPORT_ZEROES 124
#define VSOCK_NBD_NO_ZEROES 2 /* of a client's flags */
bool vsock_nbd_may_be_export(uint8_t first);

/* Does a server's stream begin so? */
bool vsock_is_nbd(const uint8_t *bytes, size_t length);

#endif
