/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_credit.c - one direction's counters. A test's name is the rule it checks. */
#include <glib.h>

#include "core/credit.h"

static struct vsock_rw rws[8], *released;

static struct vsock_window start(bool from_request)
{
    released = NULL;
    return vsock_window_start(from_request);
}

static unsigned released_count(void)
{
    unsigned n = 0;

    for (const struct vsock_rw *rw = released; rw; rw = rw->next)
        n++;
    return n;
}

static void consumption_releases_whole_rws(void)
{
    struct vsock_window w = start(true);

    for (int i = 0; i < 3; i++)
        vsock_window_send(&w, 100, i + 1, &rws[i]);
    g_assert_cmpuint(vsock_window_advertise(&w, 1000, 199, &released).ahead, ==, 0);
    g_assert_cmpuint(released_count(), ==, 1);
    g_assert_cmpuint(w.unconsumed_rws, ==, 2);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 101);
    vsock_window_advertise(&w, 1000, 300, &released);
    g_assert_cmpuint(released_count(), ==, 3);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 0);
}

static void consuming_more_than_was_sent_is_unseen_data(void)
{
    struct vsock_window w = start(true);

    vsock_window_send(&w, 100, 0 + 1, &rws[0]);
    g_assert_cmpuint(vsock_window_advertise(&w, 1000, 150, &released).ahead, ==, 50);
    g_assert_cmpuint(w.sent, ==, 150);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 0);
    g_assert_cmpuint(w.unconsumed_rws, ==, 0);
}

static void counters_survive_the_wrap(void)
{
    struct vsock_window w = start(true);

    for (int i = 0; i < 5; i++) {
        vsock_window_send(&w, 0x40000000, i + 1, &rws[i]);
        g_assert_cmpuint(vsock_window_advertise(&w, UINT32_MAX, (uint32_t)w.sent, &released).ahead, ==, 0);
    }
    g_assert_cmphex(w.sent, ==, 0x140000000);
    g_assert_cmphex(w.consumed, ==, 0x140000000);
    g_assert_cmpuint(released_count(), ==, 5);
}

static void going_backwards_is_not_unseen_data(void)
{
    struct vsock_window w = start(true);

    vsock_window_send(&w, 100, 0 + 1, &rws[0]);
    vsock_window_advertise(&w, 1000, 100, &released);
    g_assert_cmpuint(vsock_window_advertise(&w, 1000, 60, &released).ahead, ==, 0);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 40);
}

static void what_came_before_the_first_stamp_counts_as_consumed_midstream(void)
{
    struct vsock_window w = start(false);

    vsock_window_send(&w, 100, 0 + 1, &rws[0]);
    g_assert_false(w.based);
    g_assert_cmpuint(vsock_window_advertise(&w, 1000, 0x90000000, &released).ahead, ==, 0);
    g_assert_true(w.based);
    g_assert_cmphex(w.sent, ==, 0x90000000);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 0);
    g_assert_cmpuint(released_count(), ==, 1);
    vsock_window_send(&w, 100, 1 + 1, &rws[1]);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 100);
}

static void of_an_rw_that_is_not_kept_the_bytes_count(void)
{
    struct vsock_window w = start(true);

    vsock_window_send(&w, 5000, 1, &rws[0]);
    vsock_window_send(&w, 5000, 2, NULL);
    vsock_window_send(&w, 5000, 3, &rws[1]);
    g_assert_cmpuint(vsock_window_in_flight(&w), ==, 15000);
    g_assert_cmpuint(w.unconsumed_rws, ==, 2);
    vsock_window_advertise(&w, 65536, 14999, &released);
    g_assert_cmpuint(released_count(), ==, 1);
    g_assert_cmpuint(w.queued, ==, 1);
    vsock_window_advertise(&w, 65536, 15000, &released);
    g_assert_cmpuint(released_count(), ==, 2);
    g_assert_cmpuint(w.queued, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/credit/" #name, name)
    TEST(consumption_releases_whole_rws);
    TEST(consuming_more_than_was_sent_is_unseen_data);
    TEST(counters_survive_the_wrap);
    TEST(going_backwards_is_not_unseen_data);
    TEST(what_came_before_the_first_stamp_counts_as_consumed_midstream);
    TEST(of_an_rw_that_is_not_kept_the_bytes_count);
    return g_test_run();
}
