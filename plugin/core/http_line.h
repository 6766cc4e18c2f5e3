/* SPDX-License-Identifier: GPL-2.0-or-later
 * http_line.h - the lines of HTTP/1. Source: RFC 9112, 2.2. */
#ifndef VSOCK_CORE_HTTP_LINE_H
#define VSOCK_CORE_HTTP_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* How long the first line is with its end, which *text is without; all of the bytes if that is not there. */
uint32_t vsock_http_line(const uint8_t *bytes, uint32_t length, uint32_t *text);

/* In upper or lower case, as fields' names may be. */
bool vsock_http_begins_with(const uint8_t *bytes, uint32_t length, const char *word);

#endif
