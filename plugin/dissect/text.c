/* SPDX-License-Identifier: GPL-2.0-or-later
 * text.c - text that grows. */
#include "text.h"

#include <string.h>

#define DIGITS_MAX 20 /* of 2^64 - 1 */

struct vsock_text vsock_text_start(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct vsock_text){buffer, size, 0};
}

static void add(struct vsock_text *t, const char *part, size_t length)
{
    size_t room = t->size - t->used - 1;

    if (length > room)
        length = room;
    memcpy(t->buffer + t->used, part, length);
    t->used += length;
    t->buffer[t->used] = '\0';
}

void vsock_text_add(struct vsock_text *t, const char *part)
{
    add(t, part, strlen(part));
}

void vsock_text_add_uint(struct vsock_text *t, uint64_t number)
{
    char digits[DIGITS_MAX], *first = digits + sizeof(digits);

    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    add(t, first, (size_t)(digits + sizeof(digits) - first));
}

void vsock_text_add_int(struct vsock_text *t, int64_t number)
{
    if (number < 0)
        add(t, "-", 1);
    vsock_text_add_uint(t, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void vsock_text_add_endpoint(struct vsock_text *t, uint64_t cid, uint32_t port)
{
    vsock_text_add_uint(t, cid);
    add(t, "-", 1);
    vsock_text_add_uint(t, port);
}
