/* SPDX-License-Identifier: GPL-2.0-or-later
 * text.h - text in UTF-8 that grows in a buffer, and is cut where that ends: between two characters. For what
 * is written for every packet: printf's formats take five times as long. */
#ifndef VSOCK_DISSECT_TEXT_H
#define VSOCK_DISSECT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `size` is at least 1; the text always ends with a NUL. */
struct vsock_text {
    char *buffer;
    size_t size, used;
};

/* The empty text. */
struct vsock_text vsock_text_start(char *buffer, size_t size);

/* For what vsock_text_add() has no room for. */
void vsock_text_fill(struct vsock_text *text, const char *part);

/* Inline, since the length of most parts is known to the compiler. */
static inline void vsock_text_add(struct vsock_text *text, const char *part)
{
    size_t length = strlen(part);

    if (length >= text->size - text->used) {
        vsock_text_fill(text, part);
        return;
    }
    memcpy(text->buffer + text->used, part, length + 1);
    text->used += length;
}

/* In decimal. */
void vsock_text_add_uint(struct vsock_text *text, uint64_t number);
void vsock_text_add_int(struct vsock_text *text, int64_t number);

/* An endpoint: CID:PORT. */
void vsock_text_add_endpoint(struct vsock_text *text, uint64_t cid, uint32_t port);

#endif
