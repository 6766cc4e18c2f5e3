/* SPDX-License-Identifier: GPL-2.0-or-later
 * qga.c - the QEMU guest agent's messages. */
#include "qga.h"

#include <string.h>

#include <glib.h>

#include "json_frame.h"

#define PREFIX "guest-" /* of all requests */

static uint32_t sentinels(const uint8_t *bytes, size_t length)
{
    uint32_t count = 0;

    while (count < length && bytes[count] == VSOCK_QGA_SENTINEL)
        count++;
    return count;
}

static bool is_of_agent(const uint8_t *bytes, struct vsock_json_part execute)
{
    return execute.length > strlen(PREFIX) && memcmp(bytes + execute.begin, PREFIX, strlen(PREFIX)) == 0;
}

static enum vsock_qga_kind kind_of(const struct vsock_qga_message *m, struct vsock_json_part error)
{
    if (m->execute.length > 0)
        return VSOCK_QGA_REQUEST;
    if (error.length > 0)
        return VSOCK_QGA_ERROR;
    return m->returned.length > 0 ? VSOCK_QGA_RETURN : VSOCK_QGA_NONE;
}

struct vsock_qga_message vsock_qga_message_of(const uint8_t *bytes, uint32_t length)
{
    uint32_t begin = sentinels(bytes, length), end;
    struct vsock_qga_message m = {VSOCK_QGA_NONE, .sentinel = begin > 0};
    struct vsock_json_part error;
    bool text;

    while (begin < length && vsock_json_is_space(bytes[begin]))
        begin++;
    if (begin == length || bytes[begin] != '{')
        return m;
    end = (uint32_t)vsock_json_end(bytes + begin, length - begin, &text);
    m.object = (struct vsock_json_part){begin, end > 0 ? end : length - begin};
    m.execute = vsock_json_text(bytes, vsock_json_member(bytes, length, begin, "execute"));
    m.id = vsock_json_member(bytes, length, begin, "id");
    m.returned = vsock_json_member(bytes, length, begin, "return");
    error = vsock_json_member(bytes, length, begin, "error");
    if (error.length > 0) {
        uint32_t error_end = error.begin + error.length;

        m.error_class = vsock_json_text(bytes, vsock_json_member(bytes, error_end, error.begin, "class"));
        m.error_desc = vsock_json_text(bytes, vsock_json_member(bytes, error_end, error.begin, "desc"));
    }
    m.kind = kind_of(&m, error);
    return m;
}

uint32_t vsock_qga_size(const uint8_t *bytes, uint32_t length)
{
    uint32_t begin = sentinels(bytes, length), at = begin, end;
    bool text = true;

    while (at < length && vsock_json_is_space(bytes[at]))
        at++;
    if (at == length) /* white space alone is no part of a message */
        return begin > 0 ? UINT32_MAX : at;
    if (bytes[at] != '{')
        return 0;
    end = (uint32_t)vsock_json_end(bytes + at, length - at, &text);
    if (end == 0)
        return text ? UINT32_MAX : 0;
    at += end;
    while (at < length && vsock_json_is_space(bytes[at]) && bytes[at] != '\n')
        at++;
    return at < length && bytes[at] == '\n' ? at + 1 : at;
}

bool vsock_is_qga(const uint8_t *bytes, size_t length, uint32_t *lacks)
{
    uint32_t begin = sentinels(bytes, length);
    struct vsock_qga_message m;
    size_t end;
    bool text;

    *lacks = 0;
    if (begin == length || bytes[begin] != '{' || !vsock_json_begins(bytes + begin, length - begin))
        return false;
    if (begin == 0 && vsock_json_member(bytes, (uint32_t)length, 0, "execute").length == 0)
        return false; /* most have none, and that is cheap to see */
    end = vsock_json_end(bytes + begin, length - begin, &text);
    if (end == 0 && (!text || length > VSOCK_JSON_UNENDED_MAX))
        return false;
    m = vsock_qga_message_of(bytes, (uint32_t)length);
    if (m.kind == VSOCK_QGA_REQUEST && !is_of_agent(bytes, m.execute))
        return false;
    if (end == 0 && (begin > 0 || m.kind == VSOCK_QGA_REQUEST)) {
        *lacks = UINT32_MAX;
        return true;
    }
    end += begin;
    if (end < length && !vsock_json_is_space(bytes[end]) && bytes[end] != '{' &&
        bytes[end] != VSOCK_QGA_SENTINEL)
        return false;
    return m.kind == VSOCK_QGA_REQUEST || (begin > 0 && m.kind != VSOCK_QGA_NONE);
}

bool vsock_qga_may_answer(const char *execute, enum vsock_qga_kind kind, bool sentinel)
{
    static const char *const silent[] = {"guest-shutdown", "guest-suspend-disk", "guest-suspend-ram",
                                         "guest-suspend-hybrid"};

    if (strcmp(execute, VSOCK_QGA_OF_SENTINEL) == 0)
        return kind == VSOCK_QGA_ERROR && !sentinel;
    if (kind == VSOCK_QGA_ERROR && !sentinel)
        return true;
    if (sentinel || strcmp(execute, "guest-sync-delimited") == 0)
        return sentinel && strcmp(execute, "guest-sync-delimited") == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(silent); i++) {
        if (strcmp(execute, silent[i]) == 0)
            return false;
    }
    return true;
}
