/* SPDX-License-Identifier: GPL-2.0-or-later
 * http_run.c - up to where bytes are messages of HTTP/1. */
#include "http_run.h"

#include <string.h>

#include <glib.h>

#include "http_line.h"

#define LONGEST_METHOD 32 /* ours; the longest that is registered has 17 */

/* A message's header. */
struct header {
    uint32_t length; /* 0: it is not whole */
    unsigned status; /* of a response; 0 of a request */
    bool connect;
    bool has_length, encoded; /* encoded: by chunks, or in another way that does not tell the length */
    uint64_t body;            /* as it tells */
    uint32_t upgrade, upgrade_length;
};

/* Does a message begin here, as far as the bytes tell? A method, or a version; empty lines may come before.
 */
static bool may_begin(const uint8_t *bytes, uint32_t length)
{
    uint32_t i, begin = 0;

    while (begin < length && (bytes[begin] == '\r' || bytes[begin] == '\n'))
        begin++;
    for (i = begin; i < length && i - begin < LONGEST_METHOD; i++) {
        if (bytes[i] == ' ')
            return i > begin;
        if (bytes[i] == '/')
            return i - begin == 4 && memcmp(bytes + begin, "HTTP", 4) == 0;
        if (!g_ascii_isupper(bytes[i]) && bytes[i] != '-')
            return false;
    }
    return i == length;
}

static uint64_t read_number(const uint8_t *text, uint32_t length)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < length && g_ascii_isdigit(text[i]) && value <= UINT32_MAX; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* Where the value of a field begins in its line, if it is called so; 0. */
static uint32_t value_of(const uint8_t *line, uint32_t length, const char *name)
{
    uint32_t at = (uint32_t)strlen(name);

    if (!vsock_http_begins_with(line, length, name))
        return 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at;
}

static void read_first_line(struct header *h, const uint8_t *line, uint32_t length)
{
    const uint32_t version = sizeof("HTTP/1.1 ") - 1;

    h->connect = vsock_http_begins_with(line, length, "CONNECT ");
    if (vsock_http_begins_with(line, length, "HTTP/1.") && length > version)
        h->status = (unsigned)read_number(line + version, MIN(length - version, 3));
}

/* `begin`: of the line, in the bytes. */
static void read_field(struct header *h, const uint8_t *bytes, uint32_t begin, uint32_t length)
{
    const uint8_t *line = bytes + begin;
    uint32_t value;

    if ((value = value_of(line, length, "Content-Length:")) != 0) {
        h->has_length = true;
        h->body = read_number(line + value, length - value);
    } else if (value_of(line, length, "Transfer-Encoding:") != 0) {
        h->encoded = true;
    } else if ((value = value_of(line, length, "Upgrade:")) != 0) {
        h->upgrade = begin + value;
        h->upgrade_length = length - value;
    }
}

/* Of the message at `begin`. */
static struct header read_header(const uint8_t *bytes, uint32_t length, uint32_t begin)
{
    struct header h = {0};
    bool first = true;

    for (uint32_t at = begin, next; at < length; at = next) {
        uint32_t text;

        next = at + vsock_http_line(bytes + at, length - at, &text);
        if (bytes[next - 1] != '\n')
            break;
        if (text == 0 && !first) {
            h.length = next - begin;
            break;
        }
        if (text > 0 && first)
            read_first_line(&h, bytes + at, text);
        else if (text > 0)
            read_field(&h, bytes, at, text);
        first = first && text == 0;
    }
    return h;
}

static bool turns(const struct header *h, bool after_connect)
{
    return h->status == 101 || (after_connect && h->status / 100 == 2);
}

/* A message's body, in bytes; UINT64_MAX if that cannot be told. */
static uint64_t body_of(const struct header *h, bool after_connect)
{
    if (h->status / 100 == 1 || h->status == 204 || h->status == 304 || turns(h, after_connect))
        return 0;
    if (h->encoded || (h->status != 0 && !h->has_length))
        return UINT64_MAX;
    return h->has_length ? h->body : 0;
}

struct vsock_http_run vsock_http_run(const uint8_t *bytes, uint32_t length, bool after_connect)
{
    struct vsock_http_run run = {.then = VSOCK_HTTP_ENDS};

    while (run.length < length) {
        uint32_t at = run.length;
        struct header h = {0};
        uint64_t body;

        if (run.turned || !may_begin(bytes + at, length - at)) {
            run.then = VSOCK_HTTP_OTHER;
            return run;
        }
        h = read_header(bytes, length, at);
        body = body_of(&h, after_connect);
        run.length = length;
        run.then = VSOCK_HTTP_UNKNOWN;
        /* Of a response to HEAD, what looks like its body may be the next response. */
        if (h.length == 0 || body > length - at - h.length ||
            (body > 0 && vsock_http_begins_with(bytes + at + h.length, length - at - h.length, "HTTP/1.")))
            return run;
        run.length = at + h.length + (uint32_t)body;
        run.then = VSOCK_HTTP_ENDS;
        run.connect = h.connect;
        run.turned = turns(&h, after_connect);
        if (run.turned) {
            run.upgrade = h.upgrade;
            run.upgrade_length = h.upgrade_length;
        }
    }
    return run;
}
