/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_text.c - text that grows in a buffer. A test's name is the rule it checks. */
#include <glib.h>

#include "dissect/text.h"

static void parts_follow_each_other(void)
{
    char buffer[32];
    struct vsock_text t = vsock_text_start(buffer, sizeof(buffer));

    g_assert_cmpstr(buffer, ==, "");
    vsock_text_add(&t, "Len=");
    vsock_text_add_uint(&t, 13);
    vsock_text_add(&t, " ");
    vsock_text_add_endpoint(&t, 2, 9999);
    g_assert_cmpstr(buffer, ==, "Len=13 2:9999");
    g_assert_cmpuint(t.used, ==, 13);
}

static void numbers_are_whole_from_end_to_end(void)
{
    char buffer[96];
    struct vsock_text t = vsock_text_start(buffer, sizeof(buffer));

    vsock_text_add_uint(&t, 0);
    vsock_text_add(&t, " ");
    vsock_text_add_uint(&t, UINT64_MAX);
    vsock_text_add(&t, " ");
    vsock_text_add_int(&t, INT64_MIN);
    vsock_text_add(&t, " ");
    vsock_text_add_int(&t, INT64_MAX);
    vsock_text_add(&t, " ");
    vsock_text_add_int(&t, -1);
    g_assert_cmpstr(buffer, ==, "0 18446744073709551615 -9223372036854775808 9223372036854775807 -1");
}

static void what_does_not_fit_is_cut(void)
{
    char buffer[8] = "#######";
    struct vsock_text t = vsock_text_start(buffer, 7);

    vsock_text_add(&t, "abcd");
    vsock_text_add_uint(&t, 12345);
    g_assert_cmpstr(buffer, ==, "abcd12");
    vsock_text_add(&t, "e");
    g_assert_cmpstr(buffer, ==, "abcd12");
    g_assert_cmpuint(t.used, ==, 6);
    g_assert_cmpint(buffer[7], ==, '\0'); /* as it was: nothing is written behind */
    t = vsock_text_start(buffer, 1);
    vsock_text_add(&t, "a");
    g_assert_cmpstr(buffer, ==, "");
}

static void no_character_is_cut(void)
{
    static const char text[] = "a\xe2\x86\x92"
                               "b\xf0\x9f\x98\x80";
    static const size_t whole[] = {0, 1, 1, 1, 4, 5,
                                   5, 5, 5, 9, 9}; /* bytes, by how many there is room for */

    for (size_t room = 0; room < G_N_ELEMENTS(whole); room++) {
        char buffer[16];
        struct vsock_text t = vsock_text_start(buffer, room + 1);

        vsock_text_add(&t, text);
        g_assert_cmpuint(strlen(buffer), ==, whole[room]);
        g_assert_cmpuint(t.used, ==, whole[room]);
        g_assert_true(g_utf8_validate(buffer, -1, NULL));
    }
}

static void nothing_follows_what_was_cut(void)
{
    char buffer[8];
    struct vsock_text t = vsock_text_start(buffer, 3);

    vsock_text_add(&t, "a\xe2\x86\x92");
    vsock_text_add(&t, "b");
    g_assert_cmpstr(buffer, ==, "a");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/text/" #name, name)
    TEST(parts_follow_each_other);
    TEST(numbers_are_whole_from_end_to_end);
    TEST(what_does_not_fit_is_cut);
    TEST(no_character_is_cut);
    TEST(nothing_follows_what_was_cut);
    return g_test_run();
}
