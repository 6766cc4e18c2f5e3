/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight.c - what it costs to dissect bytes. */
#include "weight.h"

#include <string.h>

#include <glib.h>

#include "bytes.h"
#include "http_line.h"
#include "unpack.h"

/* Of a packet's messages that are looked up, those before that cost a unit more. */
#define MESSAGES_OF_UNIT 8
/* The same of a WebSocket message's fragments. */
#define FRAGMENTS_OF_UNIT 32

struct vsock_weight_left vsock_weight_start(void)
{
    return (struct vsock_weight_left){VSOCK_WEIGHT_OF_CAPTURE};
}

void vsock_weight_add_packet(struct vsock_weight_left *left, uint32_t payload_length)
{
    left->units += VSOCK_WEIGHT_OF_PACKET + payload_length / VSOCK_BYTES_OF_UNIT;
}

uint64_t vsock_weight_cost(uint64_t units, uint32_t length)
{
    return units - MIN(units, length / VSOCK_FREE_BYTES_OF_UNIT);
}

void vsock_weight_spend(struct vsock_weight_left *left, uint64_t units)
{
    left->units -= MIN(units, left->units);
}

uint64_t vsock_weight_most(const struct vsock_weight_limit *limit, uint32_t length)
{
    if (!limit->left)
        return limit->units;
    return MIN(limit->units, limit->left->units + length / VSOCK_FREE_BYTES_OF_UNIT);
}

static bool exceeds(const struct vsock_weight_limit *limit, uint64_t units, uint32_t length)
{
    return units > limit->units || (limit->left && vsock_weight_cost(units, length) > limit->left->units);
}

/* ---- messages that tell their lengths ---- */

static bool fits(const struct vsock_weight *before, struct vsock_weighed_message *m, uint32_t end,
                 const struct vsock_weight_limit *limit)
{
    if (m->looked_up && m->units <= UINT32_MAX)
        m->units += before->messages / MESSAGES_OF_UNIT;
    return m->units <= limit->units - before->units && !exceeds(limit, before->units + m->units, end);
}

struct vsock_weight vsock_weigh_messages(vsock_weigh_message weigh, const void *context, const uint8_t *bytes,
                                         uint32_t length, struct vsock_weight_limit limit)
{
    struct vsock_weight w = {0};
    bool within = true;

    for (uint64_t at = 0, next; at < length; at = next) {
        struct vsock_weighed_message m = weigh(context, bytes + at, length - (uint32_t)at);

        next = m.size == 0 ? length : at + m.size;
        within = within && w.messages < limit.messages && fits(&w, &m, (uint32_t)MIN(next, length), &limit);
        if (within) {
            w.length = (uint32_t)MIN(next, length);
            w.units += m.units;
            w.messages++;
            continue;
        }
        w.work += m.work;
        if (limit.stop)
            break;
        if (next > length)
            w.beyond = (uint32_t)MIN(next - length, UINT32_MAX);
    }
    return w;
}

/* `size` 0: it does not tell. */
static struct vsock_weighed_message message(uint64_t size)
{
    return (struct vsock_weighed_message){.size = size, .units = VSOCK_WEIGHT_MESSAGE};
}

/* One of which each so many bytes, as far as they are there, may be an item. */
static struct vsock_weighed_message list(uint64_t size, uint32_t length, unsigned bytes_of_unit)
{
    struct vsock_weighed_message m = message(size);

    m.units += (size == 0 ? length : MIN(size, length)) / bytes_of_unit;
    return m;
}

/* Bytes of which each, or every `bytes_of_unit`, may be an item. Many small items are much alike: where bytes
 * vary, as in keys, signatures and what is encrypted, or as text does, there are fewer. */
static uint64_t units_of_varied(const uint8_t *bytes, uint32_t length, const uint8_t eighths[3])
{
    const uint32_t block = 64;
    uint64_t units = 0;

    for (uint32_t at = 0, size; at < length; at += size) {
        uint64_t seen[4] = {0};
        uint32_t varied = 0;

        size = MIN(block, length - at);
        for (uint32_t i = 0; i < size; i++) {
            uint64_t bit = UINT64_C(1) << (bytes[at + i] & 63), *group = &seen[bytes[at + i] >> 6];

            varied += (*group & bit) ? 0 : 1;
            *group |= bit;
        }
        units += (uint64_t)size * eighths[varied * 2 >= size ? 2 : varied * 4 >= size ? 1 : 0];
    }
    return units / 8;
}

/* A handshake has lists, certificates above all; other records nothing that could be read. */
struct vsock_weighed_message vsock_weigh_tls(const void *context, const uint8_t *bytes, uint32_t length)
{
    static const uint8_t eighths[3] = {16, 4, 2};
    const uint8_t handshake = 22;
    struct vsock_weighed_message m;

    (void)context;
    if (length < 5)
        return message(0);
    m = message(UINT64_C(5) + (bytes[3] << 8 | bytes[4]));
    if (bytes[0] == handshake)
        m.units += units_of_varied(bytes, (uint32_t)MIN(m.size, length), eighths);
    return m;
}

/* The length behind the type is in groups of 7 bits, the lowest first, of which each but the last has bit 7.
 * A PUBLISH has a payload, others have lists of topics. */
struct vsock_weighed_message vsock_weigh_mqtt(const void *context, const uint8_t *bytes, uint32_t length)
{
    const uint8_t publish = 3;
    uint64_t rest = 0;
    uint32_t at = 1;

    (void)context;
    do {
        if (at == length || at == 5)
            return message(0);
        rest |= (uint64_t)(bytes[at] & 0x7f) << 7 * (at - 1);
    } while (bytes[at++] & 0x80);
    return bytes[0] >> 4 == publish ? message(at + rest) : list(at + rest, length, 1);
}

struct vsock_weighed_message vsock_weigh_9p(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint32_t size = length >= 7 ? vsock_little_endian(bytes) : 0;

    (void)context;
    return message(size < 7 ? 0 : size);
}

/* A line with a version, or a packet (RFC 4253). Once it is encrypted, the length in front is as any other
 * number of 32 bits: most often larger than what there is, and Wireshark takes it for one as well. */
struct vsock_weighed_message vsock_weigh_ssh(const void *context, const uint8_t *bytes, uint32_t length)
{
    if (length >= 4 && memcmp(bytes, "SSH-", 4) == 0)
        return vsock_weigh_line(context, bytes, length);
    return message(length < 4 ? 0 : UINT64_C(4) + vsock_big_endian(bytes));
}

struct vsock_weighed_message vsock_weigh_adb(const void *context, const uint8_t *bytes, uint32_t length)
{
    (void)context;
    return message(length < 24 ? 0 : UINT64_C(24) + vsock_little_endian(bytes + 12));
}

/* RFC 1006; what begins otherwise is RDP's fast path, whose messages tell their length in one byte or two. */
struct vsock_weighed_message vsock_weigh_tpkt(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint32_t size = length >= 4 ? (uint32_t)bytes[2] << 8 | bytes[3] : 0;

    (void)context;
    if (length >= 4 && bytes[0] != 3)
        size = bytes[1] & 0x80 ? (uint32_t)(bytes[1] & 0x7f) << 8 | bytes[2] : bytes[1];
    return message(size < 2 ? 0 : size);
}

struct vsock_weighed_message vsock_weigh_line(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint32_t size = 0;

    (void)context;
    while (size < length && bytes[size] != '\n' && bytes[size] != '\r')
        size++;
    return message(MIN(size + 1, length));
}

/* ---- what is text in messages of others ---- */

/* `mask`: four bytes that each is to be combined with, in turn. */
static uint64_t units_of_masked_marks(const uint8_t *bytes, uint32_t length, const uint8_t *mask)
{
    uint64_t units = length / VSOCK_BYTES_OF_UNIT;

    for (uint32_t i = 0; i < length; i++) {
        switch (bytes[i] ^ mask[i % 4]) {
        case '{':
        case '[':
        case '\\':
            units += VSOCK_WEIGHT_BRACKET;
            break;
        case ',':
        case ':':
        case '<':
        case '&':
        case '=':
            units += VSOCK_WEIGHT_TOKEN;
            break;
        }
    }
    return units;
}

uint64_t vsock_units_of_marks(const uint8_t *bytes, uint32_t length)
{
    static const uint8_t none[4];

    return units_of_masked_marks(bytes, length, none);
}

uint64_t vsock_units_beyond_random(uint64_t units, uint32_t length)
{
    return units > length / 8 ? units - length / 8 : 0;
}

/* A message's fragments but the last lack FIN; a control frame (8 and above) may stand between them. */
static uint32_t units_of_fragment(uint32_t *before, uint8_t first)
{
    const uint8_t fin = 0x80, control = 8;
    uint32_t units = *before / FRAGMENTS_OF_UNIT;

    if ((first & fin) && (first & 0xf) >= control)
        return 0;
    *before = (first & fin) ? 0 : *before + 1;
    return units;
}

/* RFC 6455: two bytes, a length of up to eight more, a mask of four if there is one. */
struct vsock_weighed_message vsock_weigh_websocket(const void *context, const uint8_t *bytes, uint32_t length)
{
    static const uint8_t none[4];
    bool masked = length > 1 && (bytes[1] & 0x80);
    uint8_t first = bytes[0];
    uint64_t size = length > 1 ? bytes[1] & 0x7f : 0, marks;
    uint32_t longer = size == 126 ? 2 : size == 127 ? 8 : 0, head = 2 + longer + (masked ? 4 : 0);
    struct vsock_weighed_message m;

    if (length < head)
        return message(0);
    for (uint32_t i = 0; i < longer; i++)
        size = (i == 0 ? 0 : size << 8) | bytes[2 + i];
    size = MIN(size, UINT32_MAX);
    m = message(head + size);
    length = (uint32_t)MIN(size, length - head);
    marks = units_of_masked_marks(bytes + head, length, masked ? bytes + head - 4 : none);
    m.units += vsock_units_beyond_random(marks, length);
    if (context)
        m.units += units_of_fragment(*(uint32_t *const *)context, first);
    return m;
}

/* Of what may be anything: as many items as its bytes may be. */
static uint64_t units_of_anything(const uint8_t *bytes, uint32_t length)
{
    static const uint8_t eighths[3] = {80, 16, 4};
    uint64_t units = units_of_varied(bytes, length, eighths);

    return MAX(VSOCK_WEIGHT_MESSAGE, units);
}

struct vsock_weighed_message vsock_weigh_screen(const void *context, const uint8_t *bytes, uint32_t length)
{
    (void)context;
    return (struct vsock_weighed_message){.size = length, .units = units_of_anything(bytes, length)};
}

struct vsock_weighed_message vsock_weigh_tunnel(const void *context, const uint8_t *bytes, uint32_t length)
{
    if (length >= 3 && bytes[0] >= 20 && bytes[0] <= 24 && bytes[1] == 3 && bytes[2] <= 4)
        return vsock_weigh_tls(context, bytes, length);
    length = MIN(length, 64);
    return (struct vsock_weighed_message){.size = length, .units = units_of_anything(bytes, length)};
}

/* ---- JSON ---- */

uint64_t vsock_units_of_json(const uint8_t *bytes, uint32_t length)
{
    uint64_t units = VSOCK_WEIGHT_MESSAGE + length / VSOCK_BYTES_OF_UNIT;
    bool in_string = false;

    for (uint32_t i = 0; i < length; i++) {
        switch (bytes[i]) {
        case '"':
            in_string = !in_string;
            break;
        case '\\': /* the parser begins anew behind it */
            units += VSOCK_WEIGHT_BRACKET;
            i++;
            break;
        case '{':
        case '[':
            units += in_string ? 0 : VSOCK_WEIGHT_BRACKET;
            break;
        case ',':
        case ':':
            units += in_string ? 0 : VSOCK_WEIGHT_TOKEN;
            break;
        }
    }
    return units;
}

struct vsock_weight vsock_weigh_json(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit)
{
    uint64_t units = vsock_units_of_json(bytes, length);

    if (exceeds(&limit, units, length))
        return (struct vsock_weight){0};
    return (struct vsock_weight){.length = length, .units = units, .messages = 1};
}

/* ---- HTTP/1 ---- */

#define NONE UINT32_MAX

/* What a body has that dissectors make items of. */
enum http_items {
    HTTP_LINES,
    HTTP_MARKS, /* as JSON has them, or what is like it */
    HTTP_BYTES, /* it is binary, and each few bytes may be one */
};

/* How a body is packed (RFC 9110, 8.4.1), of what epan unpacks. */
enum http_coding {
    HTTP_PLAIN,
    HTTP_ZLIB,
    HTTP_UNKNOWN, /* nothing here unpacks it, and it may become whatever it likes */
};

/* Of what message a line is. */
struct http {
    bool in_header;
    enum http_items items;
    enum http_coding coding;
    bool chunked;
};

static bool contains(const uint8_t *bytes, uint32_t length, const char *word)
{
    for (uint32_t i = 0; i < length; i++) {
        if (vsock_http_begins_with(bytes + i, length - i, word))
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

    if (length <= version || !vsock_http_begins_with(line + length - version, version, " HTTP/1."))
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
    return method >= 3 && vsock_http_begins_with(line + method, length - method, " /");
}

/* Where in a line a message begins. */
static uint32_t message_in(const uint8_t *line, uint32_t length)
{
    uint32_t at = response_in(line, length);

    if (at == NONE)
        at = request_in(line, length);
    return at == NONE && is_request(line, length) ? 0 : at;
}

static bool contains_any(const uint8_t *line, uint32_t length, const char *const *words)
{
    for (; *words; words++) {
        if (contains(line, length, *words))
            return true;
    }
    return false;
}

/* What a field says the body is made of. */
static enum http_items items_of(const uint8_t *line, uint32_t length)
{
    static const char *const marked[] = {"json", "xml", "urlencoded", NULL};
    static const char *const listed[] = {"cbor", "dns", "grpc", "proto", "msgpack", "pk",
                                         "ocsp", "ipp", "wap",  "gif",   NULL};

    if (contains_any(line, length, marked))
        return HTTP_MARKS;
    return contains_any(line, length, listed) ? HTTP_BYTES : HTTP_LINES;
}

static uint64_t units_of_items(enum http_items items, const uint8_t *line, uint32_t length)
{
    switch (items) {
    case HTTP_LINES:
        break;
    case HTTP_MARKS:
        return vsock_units_of_marks(line, length);
    case HTTP_BYTES:
        return length;
    }
    return 0;
}

static enum http_coding coding_of(const uint8_t *line, uint32_t length)
{
    static const char *const by_zlib[] = {"gzip", "deflate", NULL}, *const by_others[] = {"br", "zstd", NULL};

    if (contains_any(line, length, by_zlib))
        return HTTP_ZLIB;
    return contains_any(line, length, by_others) ? HTTP_UNKNOWN : HTTP_PLAIN;
}

/* What fields say of how the body is written. */
static void take_coding(struct http *h, const uint8_t *line, uint32_t length)
{
    static const char content[] = "Content-Encoding:", transfer[] = "Transfer-Encoding:";

    if (vsock_http_begins_with(line, length, content))
        h->coding = coding_of(line + strlen(content), length - (uint32_t)strlen(content));
    else if (vsock_http_begins_with(line, length, transfer))
        h->chunked = contains(line, length, "chunked");
}

static uint64_t units_of_line(struct http *h, const uint8_t *line, uint32_t length)
{
    if (h->in_header)
        take_coding(h, line, length);
    if (vsock_http_begins_with(line, length, "--")) /* a part of several; its header is within the body */
        return VSOCK_WEIGHT_MESSAGE;
    if (vsock_http_begins_with(line, length, "Content-Type:")) {
        h->items = items_of(line, length);
        return VSOCK_WEIGHT_MESSAGE; /* of whoever shows the body */
    }
    return VSOCK_WEIGHT_LINE + (h->in_header ? 0 : units_of_items(h->items, line, length));
}

enum vsock_http_next vsock_http_next(const uint8_t *bytes, uint32_t length)
{
    if (vsock_http_begins_with(bytes, length, "CONNECT "))
        return VSOCK_HTTP_TUNNEL;
    if (length < 12 || !vsock_http_begins_with(bytes, length, "HTTP/1.") || memcmp(bytes + 8, " 101", 4) != 0)
        return VSOCK_HTTP_GOES_ON;
    return contains(bytes, length, "websocket") ? VSOCK_HTTP_WEBSOCKET : VSOCK_HTTP_TUNNEL;
}

/* context: const enum http_items * */
static uint64_t units_of_unpacked(const void *context, const uint8_t *bytes, uint32_t length)
{
    enum http_items items = *(const enum http_items *)context;
    uint64_t units = units_of_items(items, bytes, length);

    for (const uint8_t *end = bytes + length;
         (bytes = (const uint8_t *)memchr(bytes, '\n', (size_t)(end - bytes))); bytes++)
        units += VSOCK_WEIGHT_LINE;
    return units;
}

/* A body that begins there, of which so many units may be. */
static struct vsock_unpacked body_of(const struct http *h, const uint8_t *bytes, uint32_t length,
                                     uint64_t most)
{
    uint32_t text;

    if (h->coding == HTTP_ZLIB)
        return vsock_unpack(bytes, length, h->chunked, units_of_unpacked, &h->items, most);
    vsock_http_line(bytes, length, &text);
    if (h->coding == HTTP_UNKNOWN && length > 0 && message_in(bytes, text) != 0)
        return (struct vsock_unpacked){.length = length, .units = UINT64_MAX};
    return (struct vsock_unpacked){0};
}

/* The rest of what begins with a header: its body, if it is packed, is unpacked to know what it weighs. */
static bool take_packed(struct vsock_weight *w, const struct http *h, const uint8_t *bytes, uint32_t length,
                        const struct vsock_weight_limit *limit, struct vsock_weight *whole)
{
    uint64_t most = vsock_weight_most(limit, length);
    struct vsock_unpacked body =
        body_of(h, bytes + w->length, length - w->length, most - MIN(most, w->units));

    if (body.units == UINT64_MAX)
        return limit->units == UINT64_MAX;
    if (exceeds(limit, w->units + body.units, w->length + body.length)) {
        whole->work += body.work;
        return false;
    }
    w->length += body.length;
    w->units += body.units;
    return true;
}

struct vsock_weight vsock_weigh_http(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit)
{
    struct vsock_weight w = {0}, whole = {0}; /* whole: up to where it can be cut */
    struct http h = {0};

    while (w.length < length) {
        const uint8_t *line = bytes + w.length;
        uint32_t text, size = vsock_http_line(line, length - w.length, &text), begin = message_in(line, text);

        if (begin != NONE) {
            w.units += begin > 0 ? units_of_line(&h, line, begin) : 0;
            if (exceeds(&limit, w.units, w.length + begin))
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
        if (exceeds(&limit, w.units, w.length) || w.messages > limit.messages)
            return whole;
        if (h.in_header && text == 0) {
            h.in_header = false;
            whole = w;
            if (h.coding != HTTP_PLAIN && !take_packed(&w, &h, bytes, length, &limit, &whole))
                return whole;
        }
    }
    return w;
}
