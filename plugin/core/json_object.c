/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_object.c - what a JSON object has. */
#include "json_object.h"

#include <string.h>

#include <glib.h>

bool vsock_json_is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool vsock_json_may_begin(uint8_t c)
{
    return c == '{' || c == '[' || c == '"' || c == '-' || g_ascii_isdigit(c) || c == 't' || c == 'f' ||
           c == 'n';
}

static size_t skip_space(const uint8_t *bytes, size_t length, size_t at)
{
    while (at < length && vsock_json_is_space(bytes[at]))
        at++;
    return at;
}

bool vsock_json_begins(const uint8_t *bytes, size_t length)
{
    size_t next;

    if (length < 2 || (bytes[0] != '{' && bytes[0] != '['))
        return false;
    next = skip_space(bytes, length, 1);
    if (next == length)
        return false;
    return bytes[0] == '{' ? bytes[next] == '"' || bytes[next] == '}'
                           : bytes[next] == ']' || vsock_json_may_begin(bytes[next]);
}

size_t vsock_json_end(const uint8_t *bytes, size_t length, bool *text)
{
    size_t depth = 0;
    bool in_string = false;

    *text = true;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = bytes[i];

        if (c < ' ' && !vsock_json_is_space(c)) {
            *text = false;
            return 0;
        }
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* Where the string that begins at `at` ends, behind its quote; 0 if it does not. */
static size_t end_of_string(const uint8_t *bytes, size_t length, size_t at)
{
    for (size_t i = at + 1; i < length; i++) {
        if (bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            return i + 1;
    }
    return 0;
}

/* The same of any value; of a number or a word, what is behind it tells. */
static size_t end_of_value(const uint8_t *bytes, size_t length, size_t at)
{
    if (bytes[at] == '"')
        return end_of_string(bytes, length, at);
    if (bytes[at] == '{' || bytes[at] == '[') {
        bool text;
        size_t end = vsock_json_end(bytes + at, length - at, &text);

        return end > 0 ? at + end : 0;
    }
    for (size_t i = at; i < length; i++) {
        if (vsock_json_is_space(bytes[i]) || bytes[i] == ',' || bytes[i] == '}' || bytes[i] == ']')
            return i > at ? i : 0;
    }
    return 0;
}

/* Is the name anywhere, in quotes? Most objects that are asked for one have it not, and a look costs much
 * less than going through the members. */
static bool has_name(const uint8_t *bytes, size_t length, const char *name, size_t name_length)
{
    const uint8_t *end = bytes + length, *at = bytes;

    while (at < end && (at = (const uint8_t *)memchr(at, '"', (size_t)(end - at)))) {
        at++;
        if ((size_t)(end - at) > name_length && memcmp(at, name, name_length) == 0 && at[name_length] == '"')
            return true;
    }
    return false;
}

struct vsock_json_part vsock_json_member(const uint8_t *bytes, uint32_t length, uint32_t object,
                                         const char *name)
{
    const struct vsock_json_part none = {0, 0};
    size_t name_length = strlen(name), at = object;

    if (object >= length || bytes[object] != '{' ||
        !has_name(bytes + object, length - object, name, name_length))
        return none;
    do {
        size_t key = skip_space(bytes, length, at + 1), end, value;
        bool is;

        end = key < length && bytes[key] == '"' ? end_of_string(bytes, length, key) : 0;
        if (end == 0)
            return none;
        is = end - key - 2 == name_length && memcmp(bytes + key + 1, name, name_length) == 0;
        at = skip_space(bytes, length, end);
        if (at == length || bytes[at] != ':')
            return none;
        value = skip_space(bytes, length, at + 1);
        end = value < length ? end_of_value(bytes, length, value) : 0;
        if (end == 0)
            return none;
        if (is)
            return (struct vsock_json_part){(uint32_t)value, (uint32_t)(end - value)};
        at = skip_space(bytes, length, end);
    } while (at < length && bytes[at] == ',');
    return none;
}

struct vsock_json_part vsock_json_text(const uint8_t *bytes, struct vsock_json_part value)
{
    if (value.length < 2 || bytes[value.begin] != '"')
        return (struct vsock_json_part){0, 0};
    return (struct vsock_json_part){value.begin + 1, value.length - 2};
}

bool vsock_json_is(const uint8_t *bytes, struct vsock_json_part value, const char *word)
{
    return value.length == strlen(word) && memcmp(bytes + value.begin, word, value.length) == 0;
}
