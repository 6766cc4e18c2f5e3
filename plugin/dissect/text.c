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

void vsock_text_fill(struct vsock_text *t, const char *part)
{
    size_t room = t->size - t->used - 1;

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
    vsock_text_add(t, "-");
    vsock_text_add_uint(t, port);
}
