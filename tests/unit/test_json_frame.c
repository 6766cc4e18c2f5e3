/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_json_frame.c - JSON in a stream, and how it is framed. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/contents.h"
#include "core/ethernet.h"
#include "core/json_frame.h"
#include "core/qga.h"
#include "core/varlink.h"

/* From memory of just that size: reading beyond it is an error under ASan. */
static struct vsock_json_frame frame_of(const char *bytes, size_t length)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    struct vsock_json_frame f = vsock_json_frame_of(copy, length);

    g_free(copy);
    return f;
}

static void check(const char *bytes, size_t length, enum vsock_json_framing framing, uint32_t lacks)
{
    struct vsock_json_frame f = frame_of(bytes, length);

    g_assert_cmpint(f.framing, ==, framing);
    g_assert_cmpuint(f.lacks, ==, lacks);
}

#define CHECK(literal, framing, lacks) check(literal, sizeof(literal) - 1, VSOCK_JSON_##framing, lacks)
#define NONE(literal) CHECK(literal, NOT_FRAMED, 0)

static void a_length_agrees_with_the_first_and_the_last_byte(void)
{
    CHECK("\0\0\0\7{\"a\":1}", BE32, 0);
    CHECK("\7\0\0\0{\"a\":1}", LE32, 0);
    CHECK("\0\0\0\7[1,2,3]", BE32, 0);
    CHECK("\0\0\0\2{}", BE32, 0);
    CHECK("\0\0\0\7{\"a\":1}\0\0\0\7{", BE32, 0);
    CHECK("\0\0\0\x08{\"a\":1}\n", BE32, 0); /* as Go's encoder ends it */
    NONE("\0\0\0\7{\"a\":1 ");
    NONE("\0\0\0\x08{\"a\":1}x");
    NONE("\0\0\0\6{\"a\":1}");
    NONE("\0\0\0\7{'a':1}");
    NONE("\0\0\0\7\"abcde\"");
    NONE("\0\0\0\7[abcde]");
}

static void one_that_is_not_whole_is_waited_for(void)
{
    NONE("\0\0\0\7{");
    CHECK("\0\0\0\7{\"", BE32, 5);
    CHECK("\0\0\0\7{\"a\":1", BE32, 1);
    CHECK("\7\0\0\0{\"a\":1", LE32, 1);
    NONE("\0\0\0\7{\"\1");
    CHECK("\0\x0f\xff\xff{\"", BE32, (1u << 20) - 3);
    NONE("\0\x10\0\1{\"");
}

static void where_both_lengths_are_possible_the_end_decides(void)
{
    char bytes[4 + 256] = "\0\1\0\0{\"a\":\""; /* 65536, or 256 */

    memset(bytes + 10, 'x', sizeof(bytes) - 10);
    check(bytes, 10, VSOCK_JSON_BE32, 256 - 6);                /* whichever ends first */
    CHECK("\0\x10\0\0{\"", BE32, 4096 - 2);                    /* 1 MiB, or 4 KiB */
    check(bytes, sizeof(bytes), VSOCK_JSON_BE32, 65536 - 256); /* none ended there */
    bytes[sizeof(bytes) - 2] = '"';
    bytes[sizeof(bytes) - 1] = '}';
    check(bytes, sizeof(bytes), VSOCK_JSON_LE32, 0);
}

static void a_length_that_is_the_same_both_ways_tells_nothing(void)
{
    g_assert_true(frame_of("\0\1\1\0{\"a", 7).ambiguous);
    g_assert_false(frame_of("\0\1\2\0{\"a", 7).ambiguous);
}

static void an_object_ends_with_a_line_feed_or_a_nul(void)
{
    CHECK("{\"a\":1}\n", LINES, 0);
    CHECK("{}\r\n", LINES, 0);
    CHECK("{\"a\":\"}\\\"\"}\n{\"b", LINES, 0);
    CHECK("{\"a\":1}\0", NUL, 0);
    CHECK("{\"a\":1}\0{", NUL, 0);
    NONE("{\"a\":1}");
    NONE("{\"a\":1}\nx");
    NONE("{\"a\":1} \n");
    NONE("{a}\n");
    NONE("[1]\n");
    NONE(" {}\n");
    NONE("");
}

static void text_that_does_not_end_is_waited_for_and_not_forever(void)
{
    char *bytes = (char *)g_malloc(VSOCK_JSON_UNENDED_MAX + 1);

    CHECK("{\"", LINES, UINT32_MAX);
    CHECK("{\"a\":{}", LINES, UINT32_MAX);
    NONE("{\"a\1");
    memset(bytes, 'x', VSOCK_JSON_UNENDED_MAX + 1);
    bytes[0] = '{';
    bytes[1] = '"';
    check(bytes, VSOCK_JSON_UNENDED_MAX, VSOCK_JSON_LINES, UINT32_MAX);
    check(bytes, VSOCK_JSON_UNENDED_MAX + 1, VSOCK_JSON_NOT_FRAMED, 0);
    g_free(bytes);
}

static void a_message_ends_with_its_delimiter(void)
{
    g_assert_cmpuint(vsock_json_delimited((const uint8_t *)"{}\n{}", 5, '\n'), ==, 3);
    g_assert_cmpuint(vsock_json_delimited((const uint8_t *)"{}", 2, '\n'), ==, 0);
    g_assert_cmpuint(vsock_json_delimited(NULL, 0, '\n'), ==, 0);
}

static bool is_anything(const uint8_t *bytes, size_t length)
{
    uint32_t lacks;

    return vsock_json_frame_of(bytes, length).framing != VSOCK_JSON_NOT_FRAMED ||
           vsock_is_ethernet_le16(bytes, length) || vsock_is_ethernet_be32(bytes, length) ||
           vsock_is_qga(bytes, length, &lacks) || vsock_is_varlink(bytes, length, &lacks);
}

/* First packets of others: random bytes, also behind a sentinel, small lengths in front of random bytes, TLS,
 * HTTP with JSON in it.
 */
static void make_packet(GRand *random, uint8_t *bytes, size_t length, unsigned kind)
{
    static const char tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                      http[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":1}\n\n";

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)g_rand_int(random);
    switch (kind % 5) {
    case 1:
        memset(bytes, 0, 3);
        bytes[3] = (uint8_t)g_rand_int_range(random, 0, 96);
        break;
    case 2:
        memcpy(bytes, tls, sizeof(tls) - 1);
        break;
    case 3:
        bytes[0] = VSOCK_QGA_SENTINEL;
        bytes[1] = '{';
        break;
    case 4:
        memcpy(bytes, http, sizeof(http) - 1);
        break;
    }
}

static void nothing_is_claimed_of_what_is_others(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(17);
    uint8_t bytes[96];

    for (unsigned i = 0; i < 100000; i++) {
        make_packet(random, bytes, sizeof(bytes), i);
        g_assert_false(is_anything(bytes, sizeof(bytes)));
    }
}

#define TEST(name) g_test_add_func("/json_frame/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_length_agrees_with_the_first_and_the_last_byte);
    TEST(one_that_is_not_whole_is_waited_for);
    TEST(where_both_lengths_are_possible_the_end_decides);
    TEST(a_length_that_is_the_same_both_ways_tells_nothing);
    TEST(an_object_ends_with_a_line_feed_or_a_nul);
    TEST(text_that_does_not_end_is_waited_for_and_not_forever);
    TEST(a_message_ends_with_its_delimiter);
    TEST(nothing_is_claimed_of_what_is_others);
    return g_test_run();
}
