/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_restarts.c - connections that one machine ends all at once. A test's name is the rule it checks. */
#include "core/restarts.h"
#include "story.h"

#define STREAMS 4

static struct connection c[STREAMS];
static struct vsock_diagnosis found;
static unsigned others; /* what else was found */

/* Connections that were used. */
static void begin(void)
{
    begin_capture();
    for (unsigned i = 0; i < STREAMS; i++) {
        c[i] = between(42, 1024 + i, 43, 9999);
        c[i].buf_alloc[S] = 65536;
        open_connection(&c[i]);
        rw(&c[i], 10);
        take(&c[i], S, VSOCK_OP_RW, 20);
    }
}

static bool is_told(void)
{
    found = judge_for(VSOCK_CODE_RESTORED_OR_RESTARTED, &others);
    return found.figures.count > 0;
}

static void three_that_are_reset_at_once_and_unasked_are_a_restart(void)
{
    begin();
    shut(&c[3], C, 3);
    take(&c[3], S, VSOCK_OP_RST, 0);
    after(5 * SECOND);
    no_socket(&c[0], S);
    no_socket(&c[1], S);
    g_assert_false(is_told());
    no_socket(&c[2], S);
    g_assert_true(is_told());
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.bytes, ==, 0);
    g_assert_cmpuint(found.src.cid, ==, 43);
    g_assert_cmpuint(found.dst.cid, ==, 42);
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(others, ==, 0);
}

static void after_ten_seconds_or_with_bytes_unread_it_is_a_warning(void)
{
    begin();
    after(11 * SECOND);
    for (unsigned i = 0; i < STREAMS; i++)
        no_socket(&c[i], S);
    g_assert_true(is_told());
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpint(found.figures.longest, >=, 11 * SECOND);
    begin();
    rw(&c[1], 100);
    after(2 * SECOND);
    for (unsigned i = 0; i < STREAMS; i++)
        take(&c[i], S, VSOCK_OP_RST, 0); /* stamped: 10 bytes of each were not read either */
    g_assert_true(is_told());
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpuint(found.figures.bytes, ==, 140);
    g_assert_cmpuint(others, ==, 0); /* reset-aborted */
}

static bool is_told_if_apart(int64_t time)
{
    begin();
    after(5 * SECOND);
    for (unsigned i = 0; i < STREAMS; i++) {
        no_socket(&c[i], S);
        after(time);
    }
    return is_told();
}

static void they_end_within_a_tenth_of_a_second(void)
{
    g_assert_true(is_told_if_apart(50 * MS));
    g_assert_false(is_told_if_apart(51 * MS));
}

/* As libkrun closes when its programs do. */
static void who_answers_and_closes_is_not_restarted(void)
{
    begin();
    for (unsigned i = 0; i < STREAMS; i++)
        no_socket(&c[i], S);
    g_assert_false(is_told());
}

static void who_closes_others_so_has_the_habit(void)
{
    struct connection other = between(42, 2000, 43, 9999);

    begin();
    open_connection(&other);
    rw(&other, 10);
    after(2 * SECOND);
    no_socket(&other, S);
    after(2 * SECOND);
    for (unsigned i = 0; i < STREAMS; i++)
        no_socket(&c[i], S);
    g_assert_false(is_told());
}

static void a_machine_that_goes_on_with_another_was_not_restarted(void)
{
    begin();
    after(2 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        no_socket(&c[i], S);
    take(&c[3], S, VSOCK_OP_RW, 20);
    g_assert_false(is_told());
}

static void a_rst_that_answers_is_of_one_connection(void)
{
    begin();
    after(5 * SECOND);
    for (unsigned i = 0; i < STREAMS; i++) {
        rw(&c[i], 10);
        no_socket(&c[i], S);
    }
    g_assert_false(is_told());
    g_assert_cmpuint(others, >, 0); /* peer-gone */
}

#define TEST(name) g_test_add_func("/restarts/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(three_that_are_reset_at_once_and_unasked_are_a_restart);
    TEST(after_ten_seconds_or_with_bytes_unread_it_is_a_warning);
    TEST(they_end_within_a_tenth_of_a_second);
    TEST(who_answers_and_closes_is_not_restarted);
    TEST(who_closes_others_so_has_the_habit);
    TEST(a_machine_that_goes_on_with_another_was_not_restarted);
    TEST(a_rst_that_answers_is_of_one_connection);
    return g_test_run();
}
