/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_weight.c - what it costs to dissect bytes. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "core/weight.h"
#include "core/weight_http2.h"

#define MESSAGE VSOCK_WEIGHT_MESSAGE
#define TOKEN VSOCK_WEIGHT_TOKEN

static const struct vsock_weight_limit unlimited = {.units = UINT64_MAX, .messages = UINT32_MAX};

/* Bytes that begin with a literal, NULs included, then zeros: from memory of just that size. */
static uint8_t *make(const char *literal, size_t literal_length, size_t length)
{
    uint8_t *bytes = (uint8_t *)g_malloc0(length);

    memcpy(bytes, literal, MIN(literal_length, length));
    return bytes;
}

static uint64_t size_of(vsock_weigh_message weigh, const char *literal, size_t literal_length, size_t length)
{
    uint8_t *bytes = make(literal, literal_length, length);
    struct vsock_weighed_message m = weigh(NULL, bytes, (uint32_t)length);

    g_free(bytes);
    g_assert_cmpuint(m.units, >=, MESSAGE);
    return m.size;
}
#define SIZE_OF(weigh, literal) size_of(weigh, literal, sizeof(literal) - 1, sizeof(literal) - 1)

static void a_message_tells_its_size(void)
{
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tls, "\x17\3\3\x01\2"), ==, 5 + 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_ssh, "\0\0\1\2"), ==, 4 + 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_ssh, "SSH-2.0-a\r\n"), ==, 10);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_adb, "OKAY\0\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0\0\0\0\0"), ==, 24 + 259);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x89\0"), ==, 2);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x81\x81\1\2\3\4a"), ==, 7);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x81\x7e\1\2"), ==, 4 + 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x81\x7f\0\0\0\0\0\0\1\2"), ==, 10 + 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\xc0\0"), ==, 2);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\x85\1"), ==, 3 + 133);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\xff\xff\xff\x7f"), ==, 5 + 268435455);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\7\1\0\0\x6c\0\0"), ==, 263);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\xff\xff\xff\xff\x6c\0\0"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tpkt, "\3\0\1\2"), ==, 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tpkt, "\0\x81\2\0"), ==, 258); /* RDP's fast path */
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tpkt, "\0\x08\0\0"), ==, 8);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab\ncd"), ==, 3);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab\r\n"), ==, 3);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab"), ==, 2);
}

static void half_a_header_tells_none(void)
{
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tls, "\x17\3\3\x01"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_ssh, "\0\0\1"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_adb, "OKAY\0\0\0\0\0\0\0\0\3\1\0\0\0\0\0\0\0\0\0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x89"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x81\x7f\0\0\0\0\0\0\1"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_websocket, "\x81\x81\1\2\3"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\xc0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\x85"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\xff\xff\xff\xff\1"), ==,
                     0); /* it has no more than 4 bytes */
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tpkt, "\3\0\1"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tpkt, "\3\0\0\1"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\7\0\0\0\x6c\0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\6\0\0\0\x6c\0\0"), ==, 0); /* less than its header */
}

static struct vsock_weight weigh_pings(uint32_t bytes, struct vsock_weight_limit limit)
{
    uint8_t pings[100];
    struct vsock_weight w;

    for (unsigned i = 0; i < sizeof(pings); i++)
        pings[i] = i % 2 == 0 ? 0x30 : 0;
    w = vsock_weigh_messages(vsock_weigh_mqtt, NULL, pings, bytes, limit);
    g_assert_cmpuint(w.units, ==, w.messages * UINT64_C(1) * MESSAGE);
    return w;
}

static void messages_are_whole_or_not_at_all(void)
{
    struct vsock_weight w =
        weigh_pings(100, (struct vsock_weight_limit){UINT64_C(10) * MESSAGE, UINT32_MAX, false, NULL});

    g_assert_cmpuint(w.length, ==, 20);
    g_assert_cmpuint(w.messages, ==, 10);
    g_assert_cmpuint(
        weigh_pings(100, (struct vsock_weight_limit){UINT64_C(10) * MESSAGE - 1, UINT32_MAX, false, NULL})
            .length,
        ==, 18);
    g_assert_cmpuint(weigh_pings(100, (struct vsock_weight_limit){UINT64_MAX, 7, false, NULL}).length, ==,
                     14);
    g_assert_cmpuint(weigh_pings(100, unlimited).length, ==, 100);
    g_assert_cmpuint(weigh_pings(99, unlimited).length, ==, 99); /* whoever gets it asks for the last byte */
    g_assert_cmpuint(weigh_pings(100, (struct vsock_weight_limit){0, UINT32_MAX, false, NULL}).length, ==, 0);
}

static struct vsock_weighed_message weigh_and_count(const void *context, const uint8_t *bytes,
                                                    uint32_t length)
{
    ++**(unsigned *const *)context;
    return vsock_weigh_line(NULL, bytes, length);
}

/* Else to hand over thousands of messages in parts would take the square of their number. */
static void whoever_wants_the_first_messages_alone_does_not_look_at_the_others(void)
{
    static const uint8_t lines[100] = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
    unsigned count = 0, *context = &count;

    vsock_weigh_messages(weigh_and_count, &context, lines, 10,
                         (struct vsock_weight_limit){UINT64_MAX, 3, true, NULL});
    g_assert_cmpuint(count, ==, 4);
    vsock_weigh_messages(weigh_and_count, &context, lines, 10,
                         (struct vsock_weight_limit){UINT64_MAX, 3, false, NULL});
    g_assert_cmpuint(count, ==, 14);
}

static struct vsock_weight weigh_tls(uint32_t length, uint32_t messages)
{
    uint8_t *bytes = make("\x17\3\3\0\4abcd\x17\3\3\0\x10", 14, length);
    struct vsock_weight w = vsock_weigh_messages(
        vsock_weigh_tls, NULL, bytes, length, (struct vsock_weight_limit){UINT64_MAX, messages, false, NULL});

    g_free(bytes);
    return w;
}

static void of_what_is_cut_the_last_message_may_go_on_in_the_next_packet(void)
{
    g_assert_cmpuint(weigh_tls(20, 1).length, ==, 9);
    g_assert_cmpuint(weigh_tls(20, 1).beyond, ==, 10);
    g_assert_cmpuint(weigh_tls(30, 1).beyond, ==, 0);
    g_assert_cmpuint(weigh_tls(20, 2).length, ==, 20);
    g_assert_cmpuint(weigh_tls(20, 2).beyond, ==, 0); /* it is not cut: whoever gets it asks for the rest */
    g_assert_cmpuint(weigh_tls(12, 1).beyond, ==, 0); /* it does not tell */
}

static uint64_t units_of(vsock_weigh_message weigh, const char *literal, size_t literal_length, size_t length)
{
    uint8_t *bytes = make(literal, literal_length, length);
    struct vsock_weighed_message m = weigh(NULL, bytes, (uint32_t)length);

    g_free(bytes);
    return m.units;
}
#define UNITS_OF(weigh, literal, length) units_of(weigh, literal, sizeof(literal) - 1, length)

static void what_may_be_a_list_weighs_by_its_bytes(void)
{
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tls, "\x17\3\3\0\x64", 105), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tls, "\x16\3\3\0\x64", 105), ==, MESSAGE + 105 * 2);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tls, "\x16\3\3\0\x64", 55), ==,
                     MESSAGE + 55 * 2); /* what there is */
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tls, "\x16\3\3\0\x64", 200), ==, MESSAGE + 105 * 2);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_mqtt, "\x30\x64", 102), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_mqtt, "\x82\x64", 102), ==, MESSAGE + 102);
}

/* Of these bytes, each once in `repeat`. */
static struct vsock_weighed_message weigh_varied(vsock_weigh_message weigh, const char *head,
                                                 uint32_t head_length, unsigned repeat)
{
    uint8_t bytes[64];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(0x80 + i / repeat);
    memcpy(bytes, head, head_length);
    return weigh(NULL, bytes, sizeof(bytes));
}

static void what_varies_as_keys_do_weighs_less_than_small_items(void)
{
    static const char handshake[] = "\x16\3\3\0\x3b"; /* of 64 bytes, with 4 others in front */

    g_assert_cmpuint(weigh_varied(vsock_weigh_tls, handshake, 5, 1).units, ==, MESSAGE + 64 / 4);
    g_assert_cmpuint(weigh_varied(vsock_weigh_tls, handshake, 5, 3).units, ==, MESSAGE + 64 / 2);
    g_assert_cmpuint(weigh_varied(vsock_weigh_tls, handshake, 5, 8).units, ==, MESSAGE + 64 * 2);
    g_assert_cmpuint(weigh_varied(vsock_weigh_tunnel, "", 0, 2).units, ==, 64 / 2);
    g_assert_cmpuint(weigh_varied(vsock_weigh_tunnel, "", 0, 3).units, ==, UINT64_C(64) * 2);
    g_assert_cmpuint(weigh_varied(vsock_weigh_tunnel, "", 0, 8).units, ==, UINT64_C(64) * 10);
}

static void a_websocket_message_weighs_by_its_marks_under_the_mask(void)
{
    g_assert_cmpuint(UNITS_OF(vsock_weigh_websocket, "\x81\4,,,,", 6), ==, MESSAGE + 4 * TOKEN);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_websocket, "\x81\x84\1\2\3\4-./(", 10), ==, MESSAGE + 4 * TOKEN);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_websocket, "\x81\x84\1\2\3\4,,,,", 10), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_websocket, "\x82\x7e\0\x40,,", 68), ==,
                     MESSAGE + 2 + 2 * TOKEN - 8);
}

static void a_websocket_message_weighs_more_the_more_fragments_it_has(void)
{
    static const uint8_t fragment[] = {0, 0}, ping[] = {0x89, 0}, end[] = {0x80, 0};
    uint32_t fragments = 0, *context = &fragments;

    for (unsigned i = 0; i < 32; i++)
        g_assert_cmpuint(vsock_weigh_websocket(&context, fragment, 2).units, ==, MESSAGE);
    g_assert_cmpuint(vsock_weigh_websocket(&context, fragment, 2).units, ==, MESSAGE + 1);
    g_assert_cmpuint(vsock_weigh_websocket(&context, ping, 2).units, ==, MESSAGE);
    g_assert_cmpuint(vsock_weigh_websocket(&context, end, 2).units, ==, MESSAGE + 1);
    g_assert_cmpuint(vsock_weigh_websocket(&context, end, 2).units, ==, MESSAGE);
}

static void a_screen_weighs_by_its_bytes_and_is_never_cut(void)
{
    g_assert_cmpuint(UNITS_OF(vsock_weigh_screen, "\xc0\0\xc0\0", 4), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_screen, "\xc0\0", 100), ==, UINT64_C(100) * 10);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_screen, "\x17\3\3\0\x64", 105), ==, UINT64_C(105) * 10);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_screen, "RFB 003.008\n"), ==, 12);
}

static void a_tunnel_weighs_by_its_bytes_unless_it_is_of_tls(void)
{
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tunnel, "\x17\3\3\0\x64", 105), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tunnel, "\xc0\0\xc0\0", 4), ==, MESSAGE);
    g_assert_cmpuint(UNITS_OF(vsock_weigh_tunnel, "\xc0\0", 100), ==, UINT64_C(64) * 10);
}

static enum vsock_http_next next_of(const char *text)
{
    return vsock_http_next((const uint8_t *)text, (uint32_t)strlen(text));
}

static void http_turns_to_what_is_asked_for_or_granted(void)
{
    g_assert_cmpint(next_of("CONNECT a:1 HTTP/1.1\r\n\r\n"), ==, VSOCK_HTTP_TUNNEL);
    g_assert_cmpint(next_of("HTTP/1.1 101 a\r\nUpgrade: WebSocket\r\n\r\n"), ==, VSOCK_HTTP_WEBSOCKET);
    g_assert_cmpint(next_of("HTTP/1.1 101 a\r\nUpgrade: h2c\r\n\r\n"), ==, VSOCK_HTTP_TUNNEL);
    g_assert_cmpint(next_of("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), ==, VSOCK_HTTP_GOES_ON);
    g_assert_cmpint(next_of("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101"), ==, VSOCK_HTTP_GOES_ON);
    g_assert_cmpint(next_of("HTTP/1.1 10"), ==, VSOCK_HTTP_GOES_ON);
}

/* gzip's of `size` zeros, in no more than 200 bytes for 100 KB; free it with g_free(). */
static uint8_t *zeros_of_gzip(uint32_t size, uint32_t *length)
{
    uint8_t *zeros = (uint8_t *)g_malloc0(size), *packed = (uint8_t *)g_malloc0(size + 100);
    z_stream zlib = {0};

    g_assert_cmpint(deflateInit2(&zlib, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), ==, Z_OK);
    zlib.next_in = zeros;
    zlib.avail_in = size;
    zlib.next_out = packed;
    zlib.avail_out = size + 100;
    g_assert_cmpint(deflate(&zlib, Z_FINISH), ==, Z_STREAM_END);
    *length = (uint32_t)zlib.total_out;
    deflateEnd(&zlib);
    g_free(zeros);
    return packed;
}

/* ---- HTTP/2 ---- */

struct http2 {
    wmem_allocator_t *scope;
    struct vsock_http2_side *side;
    GByteArray *bytes;
};

static struct http2 http2_start(void)
{
    struct http2 h = {.scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE), .bytes = g_byte_array_new()};

    h.side = vsock_http2_side_start(h.scope);
    return h;
}

static void http2_end(struct http2 *h)
{
    g_byte_array_unref(h->bytes);
    wmem_destroy_allocator(h->scope);
}

static void add_frame(struct http2 *h, uint8_t type, uint8_t flags, uint8_t stream, const void *body,
                      uint32_t length)
{
    uint8_t header[9] = {
        length >> 16 & 0xff, length >> 8 & 0xff, length & 0xff, type, flags, 0, 0, 0, stream};

    g_byte_array_append(h->bytes, header, sizeof(header));
    g_byte_array_append(h->bytes, (const guint8 *)body, length);
}

static struct vsock_weight weigh_frames(struct http2 *h, struct vsock_weight_limit limit)
{
    struct vsock_weight w = vsock_weigh_http2(h->side, h->bytes->data, h->bytes->len, limit);

    g_byte_array_set_size(h->bytes, 0);
    return w;
}

/* Of one frame alone, its end excepted. */
static uint64_t units_of_frame(struct http2 *h, uint8_t type, uint8_t flags, const void *body,
                               uint32_t length)
{
    add_frame(h, type, flags, 1, body, length);
    return weigh_frames(h, unlimited).units;
}

static void http2_is_frames(void)
{
    static const uint8_t zeros[100];
    struct http2 h = http2_start();

    g_byte_array_append(h.bytes, (const guint8 *)"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    add_frame(&h, 4, 0, 0, zeros, 0);
    g_assert_cmpuint(weigh_frames(&h, unlimited).messages, ==, 2);
    g_assert_cmpuint(units_of_frame(&h, 6, 0, zeros, 8), ==, MESSAGE + 1);
    g_assert_cmpuint(units_of_frame(&h, 1, 4, zeros, 91), ==, 2 * MESSAGE + 100);
    g_assert_cmpuint(units_of_frame(&h, 0, 1, ",,", 2), ==, MESSAGE + 2 * TOKEN);
    add_frame(&h, 4, 0, 0, zeros, 100);
    g_byte_array_set_size(h.bytes, 50);
    g_assert_cmpuint(weigh_frames(&h, unlimited).length, ==, 50);
    http2_end(&h);
}

static void frames_weigh_more_the_more_there_are_before_them(void)
{
    struct http2 h = http2_start();

    for (unsigned i = 0; i < 16; i++)
        add_frame(&h, 6, 0, 0, "", 0);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, 16 * MESSAGE + 8);
    for (unsigned i = 0; i < 64; i++)
        units_of_frame(&h, 0, 0, "", 0);
    g_assert_cmpuint(units_of_frame(&h, 0, 1, "", 0), ==, MESSAGE + 1); /* the body has 64 */
    g_assert_cmpuint(units_of_frame(&h, 0, 1, "", 0), ==, MESSAGE);
    http2_end(&h);
}

static uint64_t units_of_a_frame_of_grpc_after_100(struct http2 *h)
{
    for (unsigned i = 0; i < 100; i++)
        units_of_frame(h, 0, 0, "\0\0\0\0\0", 5);
    return units_of_frame(h, 0, 1, "\0\0\0\0\0", 5);
}

static void frames_of_grpc_weigh_the_same_once_its_content_type_was_seen(void)
{
    static const char type[] = "\x5f\x10"
                               "application/grpc",
                      compressed[] = "\x5f\x8b\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64";
    struct http2 h = http2_start();

    g_assert_cmpuint(units_of_a_frame_of_grpc_after_100(&h), ==, 2 * MESSAGE + 1);
    units_of_frame(&h, 1, 4, type, sizeof(type) - 1);
    g_assert_cmpuint(units_of_a_frame_of_grpc_after_100(&h), ==, UINT64_C(2) * MESSAGE);
    http2_end(&h);
    h = http2_start();
    units_of_frame(&h, 1, 4, compressed, sizeof(compressed) - 1);
    g_assert_cmpuint(units_of_a_frame_of_grpc_after_100(&h), ==, UINT64_C(2) * MESSAGE);
    http2_end(&h);
}

static void add_packed_frame(struct http2 *h, uint8_t flags, const char *head, uint32_t head_length,
                             const uint8_t *packed, uint32_t length)
{
    GByteArray *body = g_byte_array_new();

    g_byte_array_append(body, (const guint8 *)head, head_length);
    g_byte_array_append(body, packed, length);
    add_frame(h, 0, flags, 1, body->data, body->len);
    g_byte_array_unref(body);
}

static void a_packed_message_of_grpc_weighs_what_it_becomes(void)
{
    const uint32_t size = 64 * 500; /* of zeros, of which each two are a field */
    struct vsock_weight_limit limit = {UINT64_MAX - 1, UINT32_MAX, false, NULL};
    struct http2 h = http2_start();
    uint32_t length;
    uint8_t *packed = zeros_of_gzip(size, &length);
    char head[] = {1, 0, 0, 0, (char)length};
    uint64_t units = 2 * MESSAGE + size / 2 * VSOCK_WEIGHT_FIELD_OF_GRPC + size / VSOCK_BYTES_OF_UNIT;

    g_assert_cmpuint(length, <, 128);
    add_packed_frame(&h, 0, head, 5, packed, length);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, units);
    add_packed_frame(&h, 0, head, 5, packed, length / 2); /* in two */
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, UINT64_C(2) * MESSAGE);
    add_frame(&h, 0, 0, 1, packed + length / 2, length - length / 2);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, units - MESSAGE);
    limit.units = units - 1;
    add_packed_frame(&h, 0, head, 5, packed, length);
    g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 0);
    g_free(packed);
    http2_end(&h);
}

static void a_packed_body_of_http2_weighs_at_its_end_what_it_becomes(void)
{
    const uint32_t size = 1000 * VSOCK_BYTES_OF_UNIT;
    const uint64_t units = MESSAGE + 2 * 1000; /* that it is unpacked, and of text as much */
    const struct vsock_weight_limit limit = {units - 1, UINT32_MAX, false, NULL};
    struct http2 h = http2_start();
    uint32_t length;
    uint8_t *packed = zeros_of_gzip(size, &length);

    add_frame(&h, 0, 1, 1, packed, length);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, units);
    add_frame(&h, 0, 0, 1, packed, length);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, MESSAGE);
    add_frame(&h, 0, 1, 1, packed, 0);
    g_assert_cmpuint(weigh_frames(&h, unlimited).units, ==, units);
    add_frame(&h, 0, 1, 1, packed, length);
    g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 0);
    add_frame(&h, 0, 1, 1, packed, length);
    g_assert_cmpuint(weigh_frames(&h, limit).work, >, 500);
    g_free(packed);
    http2_end(&h);
}

static void a_body_in_many_frames_is_dissected_up_to_what_is_at_once(void)
{
    struct http2 h = http2_start();
    struct vsock_weight_limit limit = {10 * TOKEN + MESSAGE, UINT32_MAX, false, NULL};

    for (unsigned i = 0; i < 7; i++) {
        add_frame(&h, 0, 0, 1, ",,", 2);
        g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 11);
    }
    for (unsigned i = 0; i < 7; i++) {
        add_frame(&h, 0, 0, 3, ",,", 2); /* another stream's */
        g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 11);
    }
    for (unsigned i = 0; i < 5; i++) {
        add_frame(&h, 0, i == 4, 1, ",,,,", 4);
        g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 0);
    }
    add_frame(&h, 0, 0, 1, ",,", 2); /* of the next body */
    g_assert_cmpuint(weigh_frames(&h, limit).length, ==, 11);
    http2_end(&h);
}

static void grpc_weighs_by_fields_and_a_message_may_be_in_many_frames(void)
{
    /* a number of two bytes, text with marks, 8 bytes, 4 bytes */
    static const uint8_t message[] = "\0\0\0\0\x17\x08\x80\1\x12\4abcd\x19"
                                     "12345678"
                                     "\x1d"
                                     "1234";
    const uint32_t length = sizeof(message) - 1;
    struct http2 h = http2_start();
    uint64_t units = 0;

    g_assert_cmpuint(units_of_frame(&h, 0, 1, message, length), ==,
                     2 * MESSAGE + 4 * VSOCK_WEIGHT_FIELD_OF_GRPC);
    for (uint32_t i = 0; i < length; i++)
        units += units_of_frame(&h, 0, 0, message + i, 1) - MESSAGE;
    g_assert_cmpuint(units, ==, MESSAGE + 4 * VSOCK_WEIGHT_FIELD_OF_GRPC);
    g_assert_cmpuint(units_of_frame(&h, 0, 1, message, length), ==,
                     2 * MESSAGE + 4 * VSOCK_WEIGHT_FIELD_OF_GRPC);
    g_assert_cmpuint(units_of_frame(&h, 0, 1, "\1\0\0\0\2ab", 7), ==,
                     UINT64_C(2) * MESSAGE); /* it cannot be unpacked */
    http2_end(&h);
}

static uint64_t units_of_text(const char *json)
{
    return vsock_units_of_json((const uint8_t *)json, (uint32_t)strlen(json)) - MESSAGE;
}

static void json_weighs_as_much_as_it_has_tokens(void)
{
    const unsigned bracket = VSOCK_WEIGHT_BRACKET;

    g_assert_cmpuint(units_of_text("{}"), ==, bracket);
    g_assert_cmpuint(units_of_text("{\"a\":[1,2]}"), ==, 2 * bracket + 2 * TOKEN);
    g_assert_cmpuint(units_of_text("{\"{[,:\":1}"), ==, bracket + TOKEN);        /* none within a string */
    g_assert_cmpuint(units_of_text("{\"a\\\"{[\":1}"), ==, 2 * bracket + TOKEN); /* but for an escape */
    g_assert_cmpuint(units_of_text("{\"0123456789012345678901234567890123456789012345678901234567890123\""),
                     ==, bracket + 2);
}

static void json_is_given_whole_or_not_at_all(void)
{
    static const char json[] = "{\"a\":1}";
    const uint8_t *bytes = (const uint8_t *)json;
    struct vsock_weight_limit limit = {MESSAGE + VSOCK_WEIGHT_BRACKET + TOKEN, UINT32_MAX, false, NULL};

    g_assert_cmpuint(vsock_weigh_json(bytes, 7, limit).length, ==, 7);
    g_assert_cmpuint(vsock_weigh_json(bytes, 7, limit).units, ==, limit.units);
    limit.units--;
    g_assert_cmpuint(vsock_weigh_json(bytes, 7, limit).length, ==, 0);
    g_assert_cmpuint(vsock_weigh_json(bytes, 7, limit).units, ==, 0);
}

static struct vsock_weight weigh_http(const char *text, struct vsock_weight_limit limit)
{
    return vsock_weigh_http((const uint8_t *)text, (uint32_t)strlen(text), limit);
}

static void http_is_messages_and_lines(void)
{
    struct vsock_weight w =
        weigh_http("GET / HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\n\nbody\nof lines", unlimited);

    g_assert_cmpuint(w.messages, ==, 2);
    g_assert_cmpuint(w.units, ==, 2 * MESSAGE + 5 * VSOCK_WEIGHT_LINE);
    g_assert_cmpuint(weigh_http("CONNECT a:1 HTTP/1.1\n", unlimited).messages, ==, 1);
    g_assert_cmpuint(weigh_http("GET /a\n", unlimited).messages, ==, 1);
    g_assert_cmpuint(weigh_http("Get /a\nGE /\nHTTP/2\n HTTP/1.1\nGET a\n\nPUT", unlimited).messages, ==, 0);
}

static void http_is_cut_where_a_message_begins_or_behind_its_header(void)
{
    static const char two[] = "GET /1\nA: b\n\nGET /2\n\n", body[] = "HTTP/1.1 200\n\nab\ncd\nef\n";

    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){UINT64_MAX, 1, false, NULL}).length, ==, 13);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 2, 9, false, NULL}).length, ==,
                     13);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 2, 9, false, NULL}).units, ==,
                     MESSAGE + 2);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 1, 9, false, NULL}).length, ==, 0);
    g_assert_cmpuint(weigh_http(body, (struct vsock_weight_limit){MESSAGE + 4, 9, false, NULL}).length, ==,
                     23);
    g_assert_cmpuint(weigh_http(body, (struct vsock_weight_limit){MESSAGE + 3, 9, false, NULL}).length, ==,
                     14);
}

static void a_body_may_end_without_a_line_feed(void)
{
    struct vsock_weight_limit one = {UINT64_MAX, 1, false, NULL};

    g_assert_cmpuint(weigh_http("HTTP/1.1 200\n\n{}HTTP/1.1 200\n\n{}", one).length, ==, 16);
    g_assert_cmpuint(weigh_http("POST /1\n\n{}POST /2 HTTP/1.1\n\n{}", one).length, ==, 11);
    g_assert_cmpuint(
        weigh_http("HTTP/1.1 200\n\n\"GET / HTTP/1.1\" 200\nHTTP/1.x 200\nHTTP/1.12200", one).messages, ==,
        1);
}

static void marks_count_in_bodies_that_are_said_to_have_some(void)
{
    static const char *const marked[] = {"application/json", "text/xml; charset=utf-8",
                                         "APPLICATION/SOAP+XML", "application/x-www-form-urlencoded"};
    char *text;

    for (size_t i = 0; i < G_N_ELEMENTS(marked); i++) {
        text = g_strdup_printf("HTTP/1.1 200\nCONTENT-TYPE: %s\n\n[1,2]\n", marked[i]);
        g_assert_cmpuint(weigh_http(text, unlimited).units, ==,
                         2 * MESSAGE + 2 + VSOCK_WEIGHT_BRACKET + TOKEN);
        g_free(text);
    }
    g_assert_cmpuint(weigh_http("HTTP/1.1 200\nContent-Type: text/csv\n\n1,2,3\n", unlimited).units, ==,
                     2 * MESSAGE + 2);
    g_assert_cmpuint(weigh_http("HTTP/1.1 200\nContent-Type: a/cbor\n\n12345678\n", unlimited).units, ==,
                     2 * MESSAGE + 2 + 8);
    /* Those of the message before, but not of the next one's. */
    text = g_strdup("POST /\nContent-Type: a/json\n\n[]GET /\n\nPOST /\n\n[,,]\n");
    g_assert_cmpuint(weigh_http(text, unlimited).units, ==, 3 * MESSAGE + 5 + VSOCK_WEIGHT_BRACKET);
    g_free(text);
}

/* "%" stands for what is packed. */
static struct vsock_weight weigh_packed_http(const char *text, uint32_t size, struct vsock_weight_limit limit)
{
    GByteArray *bytes = g_byte_array_new();
    const char *place = strchr(text, '%');
    uint32_t length;
    uint8_t *packed = zeros_of_gzip(size, &length);
    struct vsock_weight w;

    g_byte_array_append(bytes, (const guint8 *)text, (guint)(place - text));
    g_byte_array_append(bytes, packed, length);
    g_byte_array_append(bytes, (const guint8 *)place + 1, (guint)strlen(place + 1));
    w = vsock_weigh_http(bytes->data, bytes->len, limit);
    g_byte_array_unref(bytes);
    g_free(packed);
    return w;
}

static void a_body_that_is_packed_weighs_what_it_becomes(void)
{
    const uint32_t size = 1000 * VSOCK_BYTES_OF_UNIT;
    const struct vsock_weight_limit most = {2 * MESSAGE + 3 + 1000, UINT32_MAX, false, NULL},
                                    less = {2 * MESSAGE + 2 + 1000, UINT32_MAX, false, NULL};
    static const char one[] = "HTTP/1.1 200\ncontent-encoding: x-gzip\n\n%HTTP/1.1 200",
                      head[] = "HTTP/1.1 200\ncontent-encoding: x-gzip\n\n";

    g_assert_cmpuint(weigh_packed_http(one, size, unlimited).units, ==, 2 * MESSAGE + 2 + 1000);
    g_assert_cmpuint(weigh_packed_http(one, size, unlimited).messages, ==, 2);
    g_assert_cmpuint(weigh_packed_http(one, size, most).length, >, sizeof(head) - 1);
    g_assert_cmpuint(weigh_packed_http(one, size, most).work, ==, 0);
    g_assert_cmpuint(weigh_packed_http(one, size * 2, less).length, ==, sizeof(head) - 1);
    g_assert_cmpuint(weigh_packed_http(one, size * 2, less).work, >, 1000); /* it took that to know */
    g_assert_cmpuint(weigh_packed_http("HTTP/1.1 200\nContent-Encoding: none\n\n%", size, unlimited).units, <,
                     UINT64_C(100) * MESSAGE);
    g_assert_cmpuint(weigh_packed_http("HTTP/1.1 200\nA: gzip\n\n%", size, unlimited).units, <, 1000);
    g_assert_cmpuint(
        weigh_packed_http("HTTP/1.1 200\nContent-Type: a/cbor\nContent-Encoding: gzip\n\n%", size, unlimited)
            .units,
        ==, 2 * MESSAGE + 2 + 1000 + size);
}

static void a_body_that_may_become_anything_is_not_taken(void)
{
    static const char brotli[] = "HTTP/1.1 200\nContent-Encoding: br\n\nabc",
                      header[] = "HTTP/1.1 200\nContent-Encoding: br\n\nHTTP/1.1 200\n\nabc";
    const struct vsock_weight_limit limit = {1000, UINT32_MAX, false, NULL};

    g_assert_cmpuint(weigh_http(brotli, limit).length, ==, sizeof(brotli) - 1 - 3);
    g_assert_cmpuint(weigh_http(brotli, unlimited).length, ==, sizeof(brotli) - 1);
    g_assert_cmpuint(weigh_http(header, limit).length, ==, sizeof(header) - 1); /* it has no body */
}

static void a_part_of_several_is_a_message(void)
{
    static const char parts[] =
        "HTTP/1.1 200\nContent-Type: multipart/mixed\n\n--x\nContent-Type: a/json\n\n[,]\n--x--\n";

    g_assert_cmpuint(weigh_http(parts, unlimited).units, ==, 5 * MESSAGE + 3 + VSOCK_WEIGHT_BRACKET + TOKEN);
    g_assert_cmpuint(weigh_http(parts, unlimited).messages, ==, 1);
}

static void nothing_weighs_nothing(void)
{
    g_assert_cmpuint(weigh_http("", unlimited).length, ==, 0);
    g_assert_cmpuint(vsock_weigh_messages(vsock_weigh_tls, NULL, NULL, 0, unlimited).units, ==, 0);
}

static void a_packet_and_its_bytes_add_to_what_a_capture_begins_with(void)
{
    struct vsock_weight_left left = vsock_weight_start();

    g_assert_cmpuint(left.units, ==, VSOCK_WEIGHT_OF_CAPTURE);
    vsock_weight_add_packet(&left, 63);
    g_assert_cmpuint(left.units, ==, VSOCK_WEIGHT_OF_CAPTURE + VSOCK_WEIGHT_OF_PACKET + 1);
    vsock_weight_spend(&left, 100);
    g_assert_cmpuint(left.units, ==, VSOCK_WEIGHT_OF_CAPTURE + VSOCK_WEIGHT_OF_PACKET - 99);
    vsock_weight_spend(&left, UINT64_MAX);
    g_assert_cmpuint(left.units, ==, 0);
}

/* A capture that has nothing left. */
static void what_is_cheap_for_its_bytes_is_free_however_much_there_is(void)
{
    struct vsock_weight_left none = {0}, one = {1};
    struct vsock_weight_limit limit = {UINT64_MAX, UINT32_MAX, false, &none};
    uint8_t record[2 * MESSAGE] = {0x17, 3, 3, 0, 2 * MESSAGE - 5};

    g_assert_cmpuint(vsock_weight_cost(10, 20), ==, 0);
    g_assert_cmpuint(vsock_weight_cost(11, 20), ==, 1);
    g_assert_cmpuint(vsock_weigh_messages(vsock_weigh_tls, NULL, record, 2 * MESSAGE, limit).length, ==,
                     UINT64_C(2) * MESSAGE);
    record[4]--; /* it is a byte shorter, which is half a unit */
    g_assert_cmpuint(vsock_weigh_messages(vsock_weigh_tls, NULL, record, 2 * MESSAGE - 2, limit).length, ==,
                     0);
    limit.left = &one;
    g_assert_cmpuint(vsock_weigh_messages(vsock_weigh_tls, NULL, record, 2 * MESSAGE - 2, limit).length, ==,
                     2 * MESSAGE - 2);
    limit.left = &none;
    limit.units = MESSAGE - 1; /* at once, it is bounded even so */
    record[4]++;
    g_assert_cmpuint(vsock_weigh_messages(vsock_weigh_tls, NULL, record, 2 * MESSAGE, limit).length, ==, 0);
}

static void json_of_a_capture_that_has_nothing_left_is_bounded_where_it_is_dense(void)
{
    static const char usual[] = "{\"name\":\"a disk of the second machine, the larger one\"}",
                      dense[] = "{\"a\":[1,1,1,1,1,1,1,1]}";
    struct vsock_weight_left none = {0};
    struct vsock_weight_limit limit = {UINT64_MAX, UINT32_MAX, false, &none};

    g_assert_cmpuint(vsock_weigh_json((const uint8_t *)usual, sizeof(usual) - 1, limit).length, ==,
                     sizeof(usual) - 1);
    g_assert_cmpuint(vsock_weigh_json((const uint8_t *)dense, sizeof(dense) - 1, limit).length, ==, 0);
    g_assert_cmpuint(
        weigh_http("POST / HTTP/1.1\r\nContent-Type: text/json\r\n\r\n[1,1,1,1,1,1,1,1,1,1,1,1]", limit)
            .length,
        <, 60);
}

/* A list of a MiB as programs write it: a token in 9 bytes. */
static void a_mib_of_json_is_dissected(void)
{
    static const char item[] = "{\"name\":\"a disk of the second machine\",\"size\":1048576,\"used\":true},";
    GString *text = g_string_new("{\"items\":[");
    struct vsock_weight w;

    while (text->len < 1 << 20)
        g_string_append(text, item);
    w = vsock_weigh_json((const uint8_t *)text->str, (uint32_t)text->len,
                         (struct vsock_weight_limit){VSOCK_WEIGHT_OF_PDU, UINT32_MAX, false, NULL});
    g_assert_cmpuint(w.length, ==, text->len);
    g_string_free(text, TRUE);
}

/* What programs do, one message a packet and three fields of JSON, is never cut. */
static void ordinary_traffic_spends_nothing_of_what_a_capture_begins_with(void)
{
    static const char json[] = "{\"method\":\"log\",\"line\":1,\"text\":\"hello\"}";
    struct vsock_weight w = vsock_weigh_json((const uint8_t *)json, sizeof(json) - 1, unlimited);

    g_assert_cmpuint(w.units, <, VSOCK_WEIGHT_OF_PACKET);
    g_assert_cmpuint(weigh_http("GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n", unlimited).units, <,
                     VSOCK_WEIGHT_OF_PACKET);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/weight/" #name, name)
    TEST(a_message_tells_its_size);
    TEST(half_a_header_tells_none);
    TEST(messages_are_whole_or_not_at_all);
    TEST(whoever_wants_the_first_messages_alone_does_not_look_at_the_others);
    TEST(of_what_is_cut_the_last_message_may_go_on_in_the_next_packet);
    TEST(what_may_be_a_list_weighs_by_its_bytes);
    TEST(what_varies_as_keys_do_weighs_less_than_small_items);
    TEST(a_websocket_message_weighs_by_its_marks_under_the_mask);
    TEST(a_websocket_message_weighs_more_the_more_fragments_it_has);
    TEST(a_screen_weighs_by_its_bytes_and_is_never_cut);
    TEST(a_tunnel_weighs_by_its_bytes_unless_it_is_of_tls);
    TEST(http_turns_to_what_is_asked_for_or_granted);
    TEST(http2_is_frames);
    TEST(frames_weigh_more_the_more_there_are_before_them);
    TEST(frames_of_grpc_weigh_the_same_once_its_content_type_was_seen);
    TEST(a_packed_message_of_grpc_weighs_what_it_becomes);
    TEST(a_packed_body_of_http2_weighs_at_its_end_what_it_becomes);
    TEST(a_body_in_many_frames_is_dissected_up_to_what_is_at_once);
    TEST(grpc_weighs_by_fields_and_a_message_may_be_in_many_frames);
    TEST(a_mib_of_json_is_dissected);
    TEST(json_weighs_as_much_as_it_has_tokens);
    TEST(json_is_given_whole_or_not_at_all);
    TEST(http_is_messages_and_lines);
    TEST(http_is_cut_where_a_message_begins_or_behind_its_header);
    TEST(a_body_may_end_without_a_line_feed);
    TEST(marks_count_in_bodies_that_are_said_to_have_some);
    TEST(a_body_that_is_packed_weighs_what_it_becomes);
    TEST(a_body_that_may_become_anything_is_not_taken);
    TEST(a_part_of_several_is_a_message);
    TEST(nothing_weighs_nothing);
    TEST(a_packet_and_its_bytes_add_to_what_a_capture_begins_with);
    TEST(what_is_cheap_for_its_bytes_is_free_however_much_there_is);
    TEST(json_of_a_capture_that_has_nothing_left_is_bounded_where_it_is_dense);
    TEST(ordinary_traffic_spends_nothing_of_what_a_capture_begins_with);
    return g_test_run();
}
