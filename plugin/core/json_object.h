/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_object.h - what a JSON object has, without a tree of it. Source: RFC 8259. */
#ifndef VSOCK_CORE_JSON_OBJECT_H
#define VSOCK_CORE_JSON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of some bytes; length 0: it is not there. */
struct vsock_json_part {
    uint32_t begin, length;
};

/* White space of JSON. */
bool vsock_json_is_space(uint8_t byte);

/* May a value begin with the byte? */
bool vsock_json_may_begin(uint8_t byte);

/* Do the bytes begin an object or an array, by its bracket and what comes next? */
bool vsock_json_begins(const uint8_t *bytes, size_t length);

/* Where the object or array that the bytes begin with ends, behind its last bracket; 0 if it does not. *text:
 * is all of it, as far as it goes, text? */
size_t vsock_json_end(const uint8_t *bytes, size_t length, bool *text);

/* The value of the object's own first member of that name, a string with its quotes, if it is all there.
 * Names are compared as they are written. The object begins at `object`; the part is of `bytes`. */
struct vsock_json_part vsock_json_member(const uint8_t *bytes, uint32_t length, uint32_t object,
                                         const char *name);

/* What is between the quotes of a value that is a string; else nothing. */
struct vsock_json_part vsock_json_text(const uint8_t *bytes, struct vsock_json_part value);

/* Is the value that word? */
bool vsock_json_is(const uint8_t *bytes, struct vsock_json_part value, const char *word);

#endif
