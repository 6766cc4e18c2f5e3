/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_frame.c - JSON in a stream. */
#include "json_frame.h"

#include <string.h>

#include <glib.h>

#include "bytes.h"
#include "json_object.h"

/* ---- a length in front ---- */

enum agreement {
    DISAGREES,
    AGREES_SO_FAR,
    AGREES,
};

/* Do the length, and the first and last byte of the value, agree? A program may end it with a line feed. */
static enum agreement agree(const uint8_t *bytes, size_t length, uint32_t value)
{
    size_t there = MIN(length - 4, value), end;
    bool text;

    if (value < 2 || value > VSOCK_JSON_FIRST_MAX || !vsock_json_begins(bytes + 4, there))
        return DISAGREES;
    end = vsock_json_end(bytes + 4, there, &text);
    if (end == 0)
        return text && there < value ? AGREES_SO_FAR : DISAGREES;
    while (end < there && vsock_json_is_space(bytes[4 + end]))
        end++;
    if (end < there)
        return DISAGREES;
    return there == value ? AGREES : AGREES_SO_FAR;
}

static struct vsock_json_frame framed_by_length(const uint8_t *bytes, size_t length)
{
    struct vsock_json_frame f = {VSOCK_JSON_NOT_FRAMED, .ambiguous = false};
    uint32_t big, little;
    enum agreement of_big, of_little;

    if (length < 6 || (bytes[4] != '{' && bytes[4] != '['))
        return f;
    big = vsock_big_endian(bytes);
    little = GUINT32_SWAP_LE_BE(big);
    of_big = agree(bytes, length, big);
    of_little = agree(bytes, length, little);
    if (of_big == AGREES || (of_big == AGREES_SO_FAR && of_little != AGREES)) {
        f.framing = VSOCK_JSON_BE32;
        f.ambiguous = big == little;
        if (of_big == AGREES_SO_FAR)
            f.lacks = (of_little == AGREES_SO_FAR ? MIN(big, little) : big) - (uint32_t)(length - 4);
    } else if (of_little != DISAGREES) {
        f.framing = VSOCK_JSON_LE32;
        f.lacks = of_little == AGREES_SO_FAR ? little - (uint32_t)(length - 4) : 0;
    }
    return f;
}

/* ---- a byte behind ---- */

static struct vsock_json_frame framed_by_end(const uint8_t *bytes, size_t length)
{
    struct vsock_json_frame f = {VSOCK_JSON_NOT_FRAMED, .ambiguous = false};
    bool text;
    size_t end;

    if (bytes[0] != '{' || !vsock_json_begins(bytes, length))
        return f;
    end = vsock_json_end(bytes, length, &text);
    if (end == 0 && text && length <= VSOCK_JSON_UNENDED_MAX) {
        f.framing = VSOCK_JSON_LINES;
        f.lacks = UINT32_MAX;
    } else if (end > 0 && end < length && bytes[end] == '\0') {
        f.framing = VSOCK_JSON_NUL;
    } else if (end > 0 && end < length) {
        if (bytes[end] == '\r')
            end++;
        if (end < length && bytes[end] == '\n' && (end + 1 == length || vsock_json_may_begin(bytes[end + 1])))
            f.framing = VSOCK_JSON_LINES;
    }
    return f;
}

struct vsock_json_frame vsock_json_frame_of(const uint8_t *bytes, size_t length)
{
    struct vsock_json_frame none = {VSOCK_JSON_NOT_FRAMED, .ambiguous = false};

    if (length < 2)
        return none;
    return bytes[0] == '{' ? framed_by_end(bytes, length) : framed_by_length(bytes, length);
}

uint32_t vsock_json_delimited(const uint8_t *bytes, uint32_t length, uint8_t end)
{
    const uint8_t *found = length > 0 ? (const uint8_t *)memchr(bytes, end, length) : NULL;

    return found ? (uint32_t)(found - bytes) + 1 : 0;
}
