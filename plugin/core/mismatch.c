/* SPDX-License-Identifier: GPL-2.0-or-later
 * mismatch.c - two programs that do not speak the same. */
#include "mismatch.h"

#include <string.h>

#include <glib.h>

#include "bytes.h"

#define SHORTEST 2 /* bytes of a message */

void vsock_opening_add(struct vsock_opening *o, const struct vsock_mark *at, uint64_t offset,
                       const uint8_t *bytes, uint32_t captured)
{
    uint32_t room = VSOCK_OPENING_MAX - o->count;

    if (o->at.record == 0)
        o->at = *at;
    if (room == 0 || offset != o->count || captured == 0)
        return;
    memcpy(o->bytes + o->count, bytes, MIN(room, captured));
    o->count += MIN(room, captured);
}

static bool begins_with(const struct vsock_opening *o, const char *text)
{
    return o->count >= strlen(text) && memcmp(o->bytes, text, strlen(text)) == 0;
}

/* By a server that does not know what it was asked. */
static bool is_refusal(const struct vsock_opening *o)
{
    return (begins_with(o, "HTTP/1.0 ") || begins_with(o, "HTTP/1.1 ")) && o->count == VSOCK_OPENING_MAX &&
           (o->bytes[9] == '4' || o->bytes[9] == '5');
}

/* Without a body, and behind which nothing turns to another protocol but by an HTTP response. */
static bool is_request(const struct vsock_opening *o)
{
    return begins_with(o, "GET /") || begins_with(o, "HEAD /");
}

bool vsock_is_mismatch(const struct vsock_said *http, const struct vsock_said *framed, uint32_t *number)
{
    uint32_t big = vsock_big_endian(framed->opening->bytes), little = GUINT32_SWAP_LE_BE(big);
    const struct vsock_said *first = is_request(http->opening) ? http : framed,
                            *second = first == http ? framed : http;

    if (framed->opening->count < 4 || framed->bytes < 4 + SHORTEST ||
        !(is_request(http->opening) || is_refusal(http->opening)))
        return false;
    if (framed->bytes != UINT64_C(4) + big && framed->bytes != UINT64_C(4) + little)
        return false;
    *number = vsock_big_endian(http->opening->bytes);
    if (framed->bytes != UINT64_C(4) + big)
        *number = GUINT32_SWAP_LE_BE(*number);
    return first->last < second->opening->at.record;
}
