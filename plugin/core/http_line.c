/* SPDX-License-Identifier: GPL-2.0-or-later
 * http_line.c - the lines of HTTP/1. */
#include "http_line.h"

#include <string.h>

#include <glib.h>

uint32_t vsock_http_line(const uint8_t *bytes, uint32_t length, uint32_t *text)
{
    const uint8_t *end = (const uint8_t *)memchr(bytes, '\n', length);

    *text = end ? (uint32_t)(end - bytes) : length;
    length = end ? *text + 1 : length;
    if (*text > 0 && bytes[*text - 1] == '\r')
        --*text;
    return length;
}

bool vsock_http_begins_with(const uint8_t *bytes, uint32_t length, const char *word)
{
    size_t size = strlen(word);

    return length >= size && g_ascii_strncasecmp((const char *)bytes, word, size) == 0;
}
