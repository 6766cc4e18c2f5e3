/* SPDX-License-Identifier: GPL-2.0-or-later
 * varlink.c - varlink's messages. */
#include "varlink.h"

#include <glib.h>

static bool is_true(const uint8_t *bytes, uint32_t length, const char *name)
{
    return vsock_json_is(bytes, vsock_json_member(bytes, length, 0, name), "true");
}

static struct vsock_json_part method_of(const uint8_t *bytes, uint32_t length)
{
    return vsock_json_text(bytes, vsock_json_member(bytes, length, 0, "method"));
}

struct vsock_varlink_message vsock_varlink_message_of(const uint8_t *bytes, uint32_t length)
{
    return (struct vsock_varlink_message){
        .method = method_of(bytes, length),
        .error = vsock_json_text(bytes, vsock_json_member(bytes, length, 0, "error")),
        .more = is_true(bytes, length, "more"),
        .continues = is_true(bytes, length, "continues"),
        .oneway = is_true(bytes, length, "oneway"),
        .upgrade = is_true(bytes, length, "upgrade"),
    };
}

/* A method's name, behind the last dot. */
static bool is_member(const uint8_t *name, uint32_t length)
{
    if (length == 0 || !g_ascii_isupper(name[0]))
        return false;
    for (uint32_t i = 1; i < length; i++) {
        if (!g_ascii_isalnum(name[i]))
            return false;
    }
    return true;
}

/* An interface's name: two parts or more, of letters and digits, and hyphens within. */
static bool is_interface(const uint8_t *name, uint32_t length)
{
    uint32_t dots = 0;

    if (length == 0 || !g_ascii_isalpha(name[0]) || !g_ascii_isalnum(name[length - 1]))
        return false;
    for (uint32_t i = 0; i < length; i++) {
        bool hyphen = name[i] == '-', dot = name[i] == '.';

        if (!hyphen && !dot && !g_ascii_isalnum(name[i]))
            return false;
        if (dot && (!g_ascii_isalnum(name[i - 1]) || name[i + 1] == '.' || name[i + 1] == '-'))
            return false;
        dots += dot;
    }
    return dots > 0;
}

static bool is_method(const uint8_t *name, uint32_t length)
{
    uint32_t dot = length;

    while (dot > 0 && name[dot - 1] != '.')
        dot--;
    return dot > 0 && is_member(name + dot, length - dot) && is_interface(name, dot - 1);
}

bool vsock_is_varlink(const uint8_t *bytes, size_t length, uint32_t *lacks)
{
    struct vsock_json_part method;
    size_t end;
    bool text;

    *lacks = 0;
    if (length < 2 || bytes[0] != '{' || !vsock_json_begins(bytes, length))
        return false;
    method = method_of(bytes, (uint32_t)length); /* first, since most have none, and that is cheap to see */
    if (!is_method(bytes + method.begin, method.length))
        return false;
    end = vsock_json_end(bytes, length, &text);
    *lacks = end == length;
    return end > 0 && (end == length || bytes[end] == '\0');
}
