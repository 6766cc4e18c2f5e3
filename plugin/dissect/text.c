/* SPDX-License-Identifier: GPL-2.0-or-later
 * text.c - text that grows. */
#include "text.h"

#include <wsutil/to_str.h>

#define DIGITS_MAX 20 /* of 2^64 - 1 */

struct vsock_text vsock_text_start(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct vsock_text){buffer, size, 0};
}

/* As much of `part` as there is room for, down to where a UTF-8 character ends: a byte that goes on with one
 * begins with the bits 10. */
static size_t whole_characters(const char *part, size_t room)
{
    while (room > 0 && ((uint8_t)part[room] & 0xc0) == 0x80)
        room--;
    return room;
}

void vsock_text_fill(struct vsock_text *t, const char *part)
{
    size_t room = whole_characters(part, strnlen(part, t->size - t->used - 1));

    t->size = t->used + room + 1; /* nothing follows what was cut */
    memcpy(t->buffer + t->used, part, room);
    t->used += room;
    t->buffer[t->used] = '\0';
}

void vsock_text_add_uint(struct vsock_text *t, uint64_t number)
{
    char digits[DIGITS_MAX + 1];

    digits[DIGITS_MAX] = '\0';
    vsock_text_add(t, uint64_to_str_back(digits + DIGITS_MAX, number));
}

void vsock_text_add_int(struct vsock_text *t, int64_t number)
{
    if (number < 0)
        vsock_text_add(t, "-");
    vsock_text_add_uint(t, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void vsock_text_add_endpoint(struct vsock_text *t, uint64_t cid, uint32_t port)
{
    vsock_text_add_uint(t, cid);
    vsock_text_add(t, ":");
    vsock_text_add_uint(t, port);
}
