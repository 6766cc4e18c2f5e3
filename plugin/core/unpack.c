/* SPDX-License-Identifier: GPL-2.0-or-later
 * unpack.c - what compressed bytes become. */
#include "unpack.h"

#include <string.h>

#include <glib.h>

#define ZLIB_CONST /* zlib only reads what it is given */
#include <zlib.h>

#include "weight.h"

#define PIECE 16384

/* zlib's: the largest window, with a header of gzip or zlib; and without a header. */
#define GZIP_OR_ZLIB (32 + MAX_WBITS)
#define RAW (-MAX_WBITS)

struct unpacking {
    z_stream zlib;
    uint8_t head[2]; /* by which zlib knows a header */
    bool over;
    uint64_t unpacked; /* bytes */
    vsock_weigh_unpacked weigh;
    const void *context;
    uint64_t weighed, most; /* units */
};

static uint64_t units_of(const struct unpacking *u)
{
    return u->weighed + u->unpacked / VSOCK_BYTES_OF_UNIT;
}

/* Takes some bytes; returns what zlib says of the last of them. */
static int take(struct unpacking *u, const uint8_t *bytes, uint32_t length)
{
    uint8_t piece[PIECE];
    int status = Z_OK;

    u->zlib.next_in = bytes;
    u->zlib.avail_in = length;
    do {
        uint32_t size;

        u->zlib.next_out = piece;
        u->zlib.avail_out = PIECE;
        status = inflate(&u->zlib, Z_SYNC_FLUSH);
        size = PIECE - u->zlib.avail_out;
        u->unpacked += size;
        u->weighed += u->weigh(u->context, piece, size);
    } while (status == Z_OK && units_of(u) <= u->most && (u->zlib.avail_in > 0 || u->zlib.avail_out == 0));
    return status;
}

/* Deflate without a header, though HTTP wants one: epan takes it as well. */
static int take_without_header(struct unpacking *u, uint32_t before, const uint8_t *bytes, uint32_t length)
{
    if (inflateReset2(&u->zlib, RAW) != Z_OK)
        return Z_DATA_ERROR;
    if (before > 0)
        take(u, u->head, before);
    return take(u, bytes, length);
}

/* Returns how many it has taken. */
static uint32_t feed(struct unpacking *u, const uint8_t *bytes, uint32_t length)
{
    uint32_t before = (uint32_t)MIN(u->zlib.total_in, sizeof(u->head));
    int status;

    for (uint32_t i = before; i < sizeof(u->head) && i - before < length; i++)
        u->head[i] = bytes[i - before];
    status = take(u, bytes, length);
    if (status == Z_DATA_ERROR && u->zlib.total_in <= sizeof(u->head) && u->unpacked == 0)
        status = take_without_header(u, before, bytes, length);
    u->over = (status != Z_OK && status != Z_BUF_ERROR) || units_of(u) > u->most;
    if (status == Z_DATA_ERROR && u->unpacked == 0)
        return 0;
    return length - u->zlib.avail_in;
}

/* A chunk's size in hexadecimal digits, and what follows in its line. Returns how long that line is, with the
 * end of the line before; 0 if it is none, or not there as a whole. */
static uint32_t chunk_head(const uint8_t *bytes, uint32_t length, uint64_t *size)
{
    uint32_t at = 0, digits = 0;
    const uint8_t *end;

    while (at < MIN(length, 2) && (bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    for (*size = 0; at < length && digits < 8 && g_ascii_isxdigit(bytes[at]); at++, digits++)
        *size = *size << 4 | (uint64_t)g_ascii_xdigit_value((char)bytes[at]);
    end = (const uint8_t *)memchr(bytes + at, '\n', length - at);
    return digits > 0 && end ? (uint32_t)(end - bytes) + 1 : 0;
}

static uint32_t feed_chunks(struct unpacking *u, const uint8_t *bytes, uint32_t length)
{
    uint32_t at = 0, head;
    uint64_t size;

    while (!u->over && at < length && (head = chunk_head(bytes + at, length - at, &size)) > 0 && size > 0) {
        at += head;
        at += feed(u, bytes + at, (uint32_t)MIN(size, length - at));
    }
    return at;
}

struct vsock_unpacked vsock_unpack(const uint8_t *bytes, uint32_t length, bool chunked,
                                   vsock_weigh_unpacked weigh, const void *context, uint64_t most)
{
    struct unpacking u = {.weigh = weigh, .context = context, .most = most};
    struct vsock_unpacked result = {0};

    if (length == 0 || inflateInit2(&u.zlib, GZIP_OR_ZLIB) != Z_OK)
        return result;
    result.length = chunked ? feed_chunks(&u, bytes, length) : feed(&u, bytes, length);
    result.units = units_of(&u);
    result.work = u.unpacked / VSOCK_BYTES_OF_UNIT;
    inflateEnd(&u.zlib);
    return result;
}
