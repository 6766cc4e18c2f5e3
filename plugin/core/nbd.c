/* SPDX-License-Identifier: GPL-2.0-or-later
 * nbd.c - NBD's messages. */
#include "nbd.h"

#include <string.h>

#include <glib.h>

#include "bytes.h"

#define LARGEST (UINT64_C(1) << 28) /* ours; servers take 32 to 64 MiB at once */
#define FLAGS_MAX 3                 /* of a client: two are defined */

/* What a message begins with, and where in it is how much follows its header: 0 if nothing does. */
static const struct {
    enum vsock_nbd_kind kind;
    uint8_t magic_size;
    const char *magic;
    uint8_t header, length_at, length_size;
    bool if_write; /* only then */
} messages[] = {
    {VSOCK_NBD_GREETING, 16, "NBDMAGICIHAVEOPT", 18, 0, 0, false},
    {VSOCK_NBD_OLD_GREETING, 16, "NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53", 152, 0, 0, false},
    {VSOCK_NBD_OPTION, 8, "IHAVEOPT", 16, 12, 4, false},
    {VSOCK_NBD_OPTION_REPLY, 8, "\x00\x03\xe8\x89\x04\x55\x65\xa9", 20, 16, 4, false},
    {VSOCK_NBD_REQUEST, 4, "\x25\x60\x95\x13", 28, 24, 4, true},
    {VSOCK_NBD_EXTENDED_REQUEST, 4, "\x21\xe4\x1c\x71", 32, 24, 8, true},
    {VSOCK_NBD_SIMPLE_REPLY, 4, "\x67\x44\x66\x98", 16, 0, 0, false},
    {VSOCK_NBD_CHUNK, 4, "\x66\x8e\x33\xef", 20, 16, 4, false},
    {VSOCK_NBD_EXTENDED_CHUNK, 4, "\x6e\x8a\x27\x8c", 32, 24, 8, false},
};

#define COMMAND_AT 6 /* in both requests, of 16 bits */

/* The message whose magic the bytes are the beginning of, or more than it; -1 if none is. */
static int find(const uint8_t *bytes, uint32_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        if (memcmp(bytes, messages[i].magic, MIN(length, messages[i].magic_size)) == 0)
            return (int)i;
    }
    return -1;
}

static bool may_be_flags(const uint8_t *bytes, uint32_t length)
{
    static const uint8_t zero[3] = {0, 0, 0};

    return memcmp(bytes, zero, MIN(length, sizeof(zero))) == 0 && (length < 4 || bytes[3] <= FLAGS_MAX);
}

enum vsock_nbd_kind vsock_nbd_kind_of(const uint8_t *bytes, uint32_t length)
{
    int i = find(bytes, length);

    if (length >= 4 && may_be_flags(bytes, length))
        return VSOCK_NBD_CLIENT_FLAGS;
    return i >= 0 && length >= messages[i].magic_size ? messages[i].kind : VSOCK_NBD_NONE;
}

uint32_t vsock_nbd_size(const uint8_t *bytes, uint32_t length)
{
    uint64_t size, follows = 0;
    int i = find(bytes, length);

    if (may_be_flags(bytes, length))
        return length < 4 ? UINT32_MAX : 4;
    if (i < 0)
        return 0;
    if (length < (messages[i].length_size > 0 ? messages[i].header : messages[i].magic_size))
        return UINT32_MAX;
    if (messages[i].length_size == 4)
        follows = vsock_big_endian(bytes + messages[i].length_at);
    else if (messages[i].length_size == 8)
        follows = (uint64_t)vsock_big_endian(bytes + messages[i].length_at) << 32 |
                  vsock_big_endian(bytes + messages[i].length_at + 4);
    if (messages[i].if_write && (bytes[COMMAND_AT] << 8 | bytes[COMMAND_AT + 1]) != VSOCK_NBD_WRITE)
        follows = 0;
    size = messages[i].header + MIN(follows, LARGEST);
    return size <= LARGEST ? (uint32_t)size : 0;
}

bool vsock_nbd_may_be_export(uint8_t first)
{
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        if (messages[i].kind >= VSOCK_NBD_SIMPLE_REPLY && (uint8_t)messages[i].magic[0] == first)
            return false;
    }
    return true;
}

bool vsock_is_nbd(const uint8_t *bytes, size_t length)
{
    enum vsock_nbd_kind kind =
        length < 16 ? VSOCK_NBD_NONE : vsock_nbd_kind_of(bytes, (uint32_t)MIN(length, UINT32_MAX));

    return kind == VSOCK_NBD_GREETING || kind == VSOCK_NBD_OLD_GREETING;
}
