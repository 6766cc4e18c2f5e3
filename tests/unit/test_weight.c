/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_weight.c - what it costs to dissect bytes. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/weight.h"

#define MESSAGE VSOCK_WEIGHT_MESSAGE
#define TOKEN VSOCK_WEIGHT_TOKEN

static const struct vsock_weight_limit unlimited = {UINT64_MAX, UINT32_MAX};

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
    g_assert_cmpuint(m.units, ==, MESSAGE);
    return m.size;
}
#define SIZE_OF(weigh, literal) size_of(weigh, literal, sizeof(literal) - 1, sizeof(literal) - 1)

static void a_message_tells_its_size(void)
{
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tls, "\x17\3\3\x01\2"), ==, 5 + 258);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_http2, "\1\2\3\4\0\0\0\0\0"), ==, 9 + 0x10203);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_http2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ==, 24);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\xc0\0"), ==, 2);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\x85\1"), ==, 3 + 133);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\xff\xff\xff\x7f"), ==, 5 + 268435455);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\7\1\0\0\x6c\0\0"), ==, 263);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\xff\xff\xff\xff\x6c\0\0"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab\ncd"), ==, 3);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab\r\n"), ==, 3);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_line, "ab"), ==, 2);
}

static void half_a_header_tells_none(void)
{
    g_assert_cmpuint(SIZE_OF(vsock_weigh_tls, "\x17\3\3\x01"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_http2, "\1\2\3\4\0\0\0\0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\xc0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\x85"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_mqtt, "\x30\xff\xff\xff\xff\1"), ==,
                     0); /* it has no more than 4 bytes */
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\7\0\0\0\x6c\0"), ==, 0);
    g_assert_cmpuint(SIZE_OF(vsock_weigh_9p, "\6\0\0\0\x6c\0\0"), ==, 0); /* less than its header */
}

static struct vsock_weight weigh_pings(uint32_t bytes, struct vsock_weight_limit limit)
{
    uint8_t pings[100];
    struct vsock_weight w;

    for (unsigned i = 0; i < sizeof(pings); i++)
        pings[i] = i % 2 == 0 ? 0xc0 : 0;
    w = vsock_weigh_messages(vsock_weigh_mqtt, NULL, pings, bytes, limit);
    g_assert_cmpuint(w.units, ==, w.messages * MESSAGE);
    return w;
}

static void messages_are_whole_or_not_at_all(void)
{
    struct vsock_weight w = weigh_pings(100, (struct vsock_weight_limit){10 * MESSAGE, UINT32_MAX});

    g_assert_cmpuint(w.length, ==, 20);
    g_assert_cmpuint(w.messages, ==, 10);
    g_assert_cmpuint(weigh_pings(100, (struct vsock_weight_limit){10 * MESSAGE - 1, UINT32_MAX}).length, ==,
                     18);
    g_assert_cmpuint(weigh_pings(100, (struct vsock_weight_limit){UINT64_MAX, 7}).length, ==, 14);
    g_assert_cmpuint(weigh_pings(100, unlimited).length, ==, 100);
    g_assert_cmpuint(weigh_pings(99, unlimited).length, ==, 99); /* whoever gets it asks for the last byte */
    g_assert_cmpuint(weigh_pings(100, (struct vsock_weight_limit){0, UINT32_MAX}).length, ==, 0);
}

static struct vsock_weight weigh_tls(uint32_t length, uint32_t messages)
{
    uint8_t *bytes = make("\x17\3\3\0\4abcd\x17\3\3\0\x10", 14, length);
    struct vsock_weight w = vsock_weigh_messages(vsock_weigh_tls, NULL, bytes, length,
                                                 (struct vsock_weight_limit){UINT64_MAX, messages});

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

static uint64_t tokens_of(const char *json)
{
    return (vsock_units_of_json((const uint8_t *)json, (uint32_t)strlen(json)) - MESSAGE) / TOKEN;
}

static void json_weighs_as_much_as_it_has_tokens(void)
{
    g_assert_cmpuint(tokens_of("{}"), ==, 1);
    g_assert_cmpuint(tokens_of("{\"a\":[1,2]}"), ==, 4);
    g_assert_cmpuint(tokens_of("{\"{[,:\":1}"), ==, 2);    /* none within a string */
    g_assert_cmpuint(tokens_of("{\"a\\\"{[\":1}"), ==, 3); /* but for an escape */
    g_assert_cmpuint(tokens_of("{\"0123456789012345678901234567890123456789012345678901234567890123\""), ==,
                     2);
}

static void json_is_given_whole_or_not_at_all(void)
{
    static const char json[] = "{\"a\":1}";
    const uint8_t *bytes = (const uint8_t *)json;
    struct vsock_weight_limit limit = {MESSAGE + 2 * TOKEN, UINT32_MAX};

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

    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){UINT64_MAX, 1}).length, ==, 13);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 2, 9}).length, ==, 13);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 2, 9}).units, ==, MESSAGE + 2);
    g_assert_cmpuint(weigh_http(two, (struct vsock_weight_limit){MESSAGE + 1, 9}).length, ==, 0);
    g_assert_cmpuint(weigh_http(body, (struct vsock_weight_limit){MESSAGE + 4, 9}).length, ==, 23);
    g_assert_cmpuint(weigh_http(body, (struct vsock_weight_limit){MESSAGE + 3, 9}).length, ==, 14);
}

static void a_body_may_end_without_a_line_feed(void)
{
    struct vsock_weight_limit one = {UINT64_MAX, 1};

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
        g_assert_cmpuint(weigh_http(text, unlimited).units, ==, MESSAGE + 3 + 2 * TOKEN);
        g_free(text);
    }
    g_assert_cmpuint(weigh_http("HTTP/1.1 200\nContent-Type: text/csv\n\n1,2,3\n", unlimited).units, ==,
                     MESSAGE + 3);
    /* Those of the message before, but not of the next one's. */
    text = g_strdup("POST /\nContent-Type: a/json\n\n[]GET /\n\nPOST /\n\n[,,]\n");
    g_assert_cmpuint(weigh_http(text, unlimited).units, ==, 2 * MESSAGE + 6 + TOKEN);
    g_free(text);
}

static void a_part_of_several_is_a_message(void)
{
    static const char parts[] =
        "HTTP/1.1 200\nContent-Type: multipart/mixed\n\n--x\nContent-Type: a/json\n\n[,]\n--x--\n";

    g_assert_cmpuint(weigh_http(parts, unlimited).units, ==, 3 * MESSAGE + 5 + 3 * TOKEN + 1);
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
    vsock_weight_add_packet(&left, 127);
    g_assert_cmpuint(left.units, ==, VSOCK_WEIGHT_OF_CAPTURE + 64 + 1);
    vsock_weight_spend(&left, 100);
    g_assert_cmpuint(left.units, ==, VSOCK_WEIGHT_OF_CAPTURE - 35);
    vsock_weight_spend(&left, UINT64_MAX);
    g_assert_cmpuint(left.units, ==, 0);
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
    TEST(of_what_is_cut_the_last_message_may_go_on_in_the_next_packet);
    TEST(json_weighs_as_much_as_it_has_tokens);
    TEST(json_is_given_whole_or_not_at_all);
    TEST(http_is_messages_and_lines);
    TEST(http_is_cut_where_a_message_begins_or_behind_its_header);
    TEST(a_body_may_end_without_a_line_feed);
    TEST(marks_count_in_bodies_that_are_said_to_have_some);
    TEST(a_part_of_several_is_a_message);
    TEST(nothing_weighs_nothing);
    TEST(a_packet_and_its_bytes_add_to_what_a_capture_begins_with);
    TEST(ordinary_traffic_spends_nothing_of_what_a_capture_begins_with);
    return g_test_run();
}
