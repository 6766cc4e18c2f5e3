/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight.c - what it costs to dissect bytes. */
#include "weight.h"

#include <string.h>

#include <glib.h>

struct vsock_weight_left vsock_weight_start(void)
{
    return (struct vsock_weight_left){VSOCK_WEIGHT_OF_CAPTURE};
}

void vsock_weight_add_packet(struct vsock_weight_left *left, uint32_t payload_length)
{
    left->units += VSOCK_WEIGHT_OF_PACKET + payload_length / VSOCK_BYTES_OF_UNIT;
}

void vsock_weight_spend(struct vsock_weight_left *left, uint64_t units)
{
    left->units -= MIN(units, left->units);
}

/* ---- messages that tell their lengths ---- */

static bool fits(const struct vsock_weight *w, uint64_t units, struct vsock_weight_limit limit)
{
    return w->messages < limit.messages && units <= limit.units - w->units;
}

struct vsock_weight vsock_weigh_messages(vsock_weigh_message weigh, const void *context, const uint8_t *bytes,
                                         uint32_t length, struct vsock_weight_limit limit)
{
    struct vsock_weight w = {0};
    bool within = true;

    for (uint64_t at = 0, next; at < length; at = next) {
        struct vsock_weighed_message m = weigh(context, bytes + at, length - (uint32_t)at);

        next = m.size == 0 ? length : at + m.size;
        within = within && fits(&w, m.units, limit);
        if (within) {
            w.length = (uint32_t)MIN(next, length);
            w.units += m.units;
            w.messages++;
        } else if (next > length) {
            w.beyond = (uint32_t)MIN(next - length, UINT32_MAX);
        }
    }
    return w;
}

static struct vsock_weighed_message message(uint64_t size)
{
    return (struct vsock_weighed_message){size, VSOCK_WEIGHT_MESSAGE};
}

struct vsock_weighed_message vsock_weigh_tls(const void *context, const uint8_t *bytes, uint32_t length)
{
    (void)context;
    return message(length < 5 ? 0 : UINT64_C(5) + (bytes[3] << 8 | bytes[4]));
}

struct vsock_weighed_message vsock_weigh_http2(const void *context, const uint8_t *bytes, uint32_t length)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const uint32_t preface_length = sizeof(preface) - 1;

    (void)context;
    if (length >= preface_length && memcmp(bytes, preface, preface_length) == 0)
        return message(preface_length);
    return message(length < 9 ? 0 : UINT64_C(9) + (bytes[0] << 16 | bytes[1] << 8 | bytes[2]));
}

/* The length behind the type is in groups of 7 bits, the lowest first, of which each but the last has bit 7.
 */
struct vsock_weighed_message vsock_weigh_mqtt(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint64_t rest = 0;
    uint32_t at = 1;

    (void)context;
    do {
        if (at == length || at == 5)
            return message(0);
        rest |= (uint64_t)(bytes[at] & 0x7f) << 7 * (at - 1);
    } while (bytes[at++] & 0x80);
    return message(at + rest);
}

struct vsock_weighed_message vsock_weigh_9p(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint32_t size = 0;

    (void)context;
    if (length >= 7)
        size = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return message(size < 7 ? 0 : size);
}

struct vsock_weighed_message vsock_weigh_line(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint32_t size = 0;

    (void)context;
    while (size < length && bytes[size] != '\n' && bytes[size] != '\r')
        size++;
    return message(MIN(size + 1, length));
}

/* ---- JSON ---- */

uint64_t vsock_units_of_json(const uint8_t *bytes, uint32_t length)
{
    uint64_t tokens = 0;
    bool in_string = false;

    for (uint32_t i = 0; i < length; i++) {
        switch (bytes[i]) {
        case '"':
            in_string = !in_string;
            break;
        case '\\': /* the parser begins anew behind it */
            tokens++;
            i++;
            break;
        case '{':
        case '[':
        case ',':
        case ':':
            tokens += !in_string;
            break;
        }
    }
    return VSOCK_WEIGHT_MESSAGE + tokens * VSOCK_WEIGHT_TOKEN + length / 16;
}

struct vsock_weight vsock_weigh_json(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit)
{
    uint64_t units = vsock_units_of_json(bytes, length);

    if (units > limit.units)
        return (struct vsock_weight){0};
    return (struct vsock_weight){.length = length, .units = units, .messages = 1};
}

/* ---- HTTP/1 ---- */

#define NONE UINT32_MAX

/* Of what message a line is. */
struct http {
    bool in_header;
    bool marked; /* its body is said to be JSON or the like */
};

static bool begins_with(const uint8_t *bytes, uint32_t length, const char *word)
{
    size_t size = strlen(word);

    return length >= size && g_ascii_strncasecmp((const char *)bytes, word, size) == 0;
}

static bool contains(const uint8_t *bytes, uint32_t length, const char *word)
{
    for (uint32_t i = 0; i < length; i++) {
        if (begins_with(bytes + i, length - i, word))
            return true;
    }
    return false;
}

/* "HTTP/1.1 200 OK" in a line; NONE if it is not. The body before may end without a line feed. */
static uint32_t response_in(const uint8_t *line, uint32_t length)
{
    const uint32_t size = sizeof("HTTP/1.1 2") - 1;

    for (uint32_t i = 0; i + size <= length; i++) {
        const uint8_t *next = (const uint8_t *)memchr(line + i, 'H', length - i);

        i = next ? (uint32_t)(next - line) : length;
        if (i + size <= length && memcmp(line + i, "HTTP/1.", 7) == 0 && line[i + 8] == ' ' &&
            g_ascii_isdigit(line[i + 9]))
            return i;
    }
    return NONE;
}

/* "GET /path HTTP/1.1" at the end of a line: where its method begins. */
static uint32_t request_in(const uint8_t *line, uint32_t length)
{
    const uint32_t version = sizeof(" HTTP/1.1") - 1;
    uint32_t at;

    if (length <= version || !begins_with(line + length - version, version, " HTTP/1."))
        return NONE;
    at = length - version;
    while (at > 0 && line[at - 1] != ' ')
        at--;
    if (at == 0)
        return NONE;
    for (at--; at > 0 && g_ascii_isupper(line[at - 1]);)
        at--;
    return at;
}

/* Does a line begin with "GET /"? A version is missing then, and yet it is taken for a request. */
static bool is_request(const uint8_t *line, uint32_t length)
{
    const uint32_t longest = 16;
    uint32_t method = 0;

    while (method < MIN(length, longest) && g_ascii_isupper(line[method]))
        method++;
    return method >= 3 && begins_with(line + method, length - method, " /");
}

/* Where in a line a message begins. */
static uint32_t message_in(const uint8_t *line, uint32_t length)
{
    uint32_t at = response_in(line, length);

    if (at == NONE)
        at = request_in(line, length);
    return at == NONE && is_request(line, length) ? 0 : at;
}

/* Does a field say that the body is of a kind of which each mark begins an item? */
static bool tells_marks(const uint8_t *line, uint32_t length)
{
    return contains(line, length, "json") || contains(line, length, "xml") ||
           contains(line, length, "urlencoded");
}

static uint64_t units_of_marks(const uint8_t *line, uint32_t length)
{
    uint64_t marks = 0;

    for (uint32_t i = 0; i < length; i++) {
        switch (line[i]) {
        case '{':
        case '[':
        case ',':
        case ':':
        case '\\':
        case '<':
        case '&':
        case '=':
            marks++;
            break;
        }
    }
    return marks * VSOCK_WEIGHT_TOKEN + length / 16;
}

static uint64_t units_of_line(struct http *h, const uint8_t *line, uint32_t length)
{
    if (begins_with(line, length, "--")) /* a part of several; its header is within the body */
        return VSOCK_WEIGHT_MESSAGE;
    if (begins_with(line, length, "Content-Type:"))
        h->marked = tells_marks(line, length);
    return VSOCK_WEIGHT_LINE + (h->marked && !h->in_header ? units_of_marks(line, length) : 0);
}

/* How long the first line is with its end, which *text is without. */
static uint32_t line_size(const uint8_t *bytes, uint32_t length, uint32_t *text)
{
    const uint8_t *end = (const uint8_t *)memchr(bytes, '\n', length);

    *text = end ? (uint32_t)(end - bytes) : length;
    length = end ? *text + 1 : length;
    if (*text > 0 && bytes[*text - 1] == '\r')
        --*text;
    return length;
}

struct vsock_weight vsock_weigh_http(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit)
{
    struct vsock_weight w = {0}, whole = {0}; /* whole: up to where it can be cut */
    struct http h = {0};

    while (w.length < length) {
        const uint8_t *line = bytes + w.length;
        uint32_t text, size = line_size(line, length - w.length, &text), begin = message_in(line, text);

        if (begin != NONE) {
            w.units += begin > 0 ? units_of_line(&h, line, begin) : 0;
            if (w.units > limit.units)
                return whole;
            whole = w;
            whole.length += begin;
            h = (struct http){.in_header = true};
            w.units += VSOCK_WEIGHT_MESSAGE;
            w.messages++;
        } else {
            w.units += units_of_line(&h, line, text);
        }
        w.length += size;
        if (w.units > limit.units || w.messages > limit.messages)
            return whole;
        if (h.in_header && text == 0) {
            h.in_header = false;
            whole = w;
        }
    }
    return w;
}
