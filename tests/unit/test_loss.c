/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_loss.c - what is said of a capture that lacks packets. A test's name is the rule it checks. C, the
 * client, sends the data. */
#include "core/loss.h"
#include "story.h"

static struct connection one, two, three;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    three = between(42, 1026, 43, 9999);
}

static bool is_said(enum vsock_code code)
{
    return judge_for(code, NULL).figures.count > 0;
}

/* The server says that it has read what nobody was seen to send. */
static void miss_data(struct connection *c)
{
    open_connection(c);
    update(c, 10);
}

/* The same of the client. */
static void miss_answer(struct connection *c)
{
    open_connection(c);
    c->fwd_cnt[C] = 10;
    take(c, C, VSOCK_OP_CREDIT_UPDATE, 0);
}

static void a_count_that_is_ahead_of_nothing_may_be_the_captures(void)
{
    struct vsock_diagnosis d;

    begin();
    miss_data(&one);
    d = judge_for(VSOCK_CODE_CREDIT_COUNTER_AHEAD, NULL);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_true(d.doubtful);
    begin();
    request(&one);
    one.fwd_cnt[S] = 10;
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    update(&one, 20);
    g_assert_false(judge_for(VSOCK_CODE_CREDIT_COUNTER_AHEAD, NULL).doubtful);
}

static void where_bytes_are_missing_elsewhere_they_are_here_too(void)
{
    struct vsock_diagnosis d;

    begin();
    miss_data(&one);
    open_connection(&two);
    rw(&two, 10);
    update(&two, 30);
    d = judge_for(VSOCK_CODE_CAPTURE_LOSS, NULL);
    g_assert_cmpuint(d.figures.bytes, ==, 30);
    g_assert_cmpuint(d.figures.of, ==, 2);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_false(is_said(VSOCK_CODE_CREDIT_COUNTER_AHEAD));
}

static void two_servers_alike_may_both_miscount_but_not_a_client_and_a_server(void)
{
    begin();
    miss_data(&one);
    miss_data(&two);
    g_assert_false(is_said(VSOCK_CODE_CAPTURE_LOSS));
    miss_answer(&three);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CAPTURE_LOSS, NULL).figures.of, ==, 3);
    g_assert_false(is_said(VSOCK_CODE_CREDIT_COUNTER_AHEAD));
}

/* The server says that it has read what was sent. */
static void miss_nothing_from(uint32_t port)
{
    struct connection c = between(42, port, 43, 9999);

    open_connection(&c);
    rw(&c, 10);
    update(&c, 10);
}

static void who_counts_right_elsewhere_does_so_here(void)
{
    begin();
    miss_data(&one);
    for (uint32_t i = 1; i < 8; i++)
        miss_nothing_from(1024 + i);
    g_assert_true(is_said(VSOCK_CODE_CREDIT_COUNTER_AHEAD));
    miss_nothing_from(1024 + 8);
    g_assert_false(is_said(VSOCK_CODE_CREDIT_COUNTER_AHEAD));
    g_assert_true(is_said(VSOCK_CODE_CAPTURE_LOSS));
}

static void who_sends_more_was_not_confused_by_it(void)
{
    begin();
    miss_data(&one);
    rw(&one, 10);
    g_assert_false(is_said(VSOCK_CODE_CREDIT_COUNTER_AHEAD));
    g_assert_true(is_said(VSOCK_CODE_CAPTURE_LOSS));
    miss_data(&two); /* where there are two, it is no accident */
    g_assert_false(is_said(VSOCK_CODE_CAPTURE_LOSS));
}

static void a_client_that_goes_on_had_a_response(void)
{
    begin();
    miss_data(&one);
    request(&two);
    update(&two, 0); /* of the server, which may do so before it */
    g_assert_false(is_said(VSOCK_CODE_CAPTURE_LOSS));
    shut(&two, C, 3);
    g_assert_true(is_said(VSOCK_CODE_CAPTURE_LOSS));
    begin();
    miss_data(&one);
    request(&two);
    rw(&two, 10);
    g_assert_true(is_said(VSOCK_CODE_CAPTURE_LOSS));
}

#define TEST(name) g_test_add_func("/loss/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_count_that_is_ahead_of_nothing_may_be_the_captures);
    TEST(where_bytes_are_missing_elsewhere_they_are_here_too);
    TEST(two_servers_alike_may_both_miscount_but_not_a_client_and_a_server);
    TEST(who_counts_right_elsewhere_does_so_here);
    TEST(who_sends_more_was_not_confused_by_it);
    TEST(a_client_that_goes_on_had_a_response);
    return g_test_run();
}
