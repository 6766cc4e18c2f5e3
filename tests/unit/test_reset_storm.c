/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_reset_storm.c - RSTs that answer nothing, and how many of them are a storm. A test's name is the rule
 * it checks. C is the client, or would be; S resets. */
#include "core/reset_storm.h"
#include "story.h"

#include "core/datagrams.h"

static struct connection begin(void)
{
    begin_capture();
    return between(42, 5000, 43, 9999);
}

static struct vsock_diagnosis storm(void)
{
    return judge_for(VSOCK_CODE_RESET_STORM, NULL);
}

static void assert_calm(void)
{
    g_assert_cmpuint(storm().figures.count, ==, 0);
}

/* Each a millisecond after the one before. */
static void reset_again(const struct connection *c, uint8_t side, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        no_socket(c, side);
}

/* ---- how many, how fast ---- */

static void a_hundred_between_endpoints_that_nobody_had_seen_are_a_storm(void)
{
    struct connection c = begin();
    struct vsock_diagnosis d;
    unsigned others;

    reset_again(&c, S, 99);
    assert_calm();
    reset_again(&c, S, 1);
    d = judge_for(VSOCK_CODE_RESET_STORM, &others);
    g_assert_cmpuint(others, ==, 0);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpuint(d.figures.count, ==, 100);
    g_assert_cmpuint(d.figures.others, ==, 0);
    g_assert_cmpint(d.figures.total, ==, 99 * MS);
    g_assert_cmpuint(d.first_frame, ==, 1);
    g_assert_cmpuint(d.last_frame, ==, 100);
    g_assert_cmpuint(d.stream, ==, 0);
    g_assert_cmpuint(d.src.cid, ==, 43);
    g_assert_cmpuint(d.dst.cid, ==, 42);
}

static void all_that_follow_are_of_the_same_storm(void)
{
    struct connection c = begin();

    reset_again(&c, S, 2000);
    g_assert_cmpuint(storm().figures.count, ==, 2000);
    g_assert_cmpint(storm().figures.total, ==, 1999 * MS);
}

static void the_hundred_must_come_within_ten_seconds(void)
{
    struct connection c = begin();

    for (int i = 0; i < 300; i++) {
        no_socket(&c, S);
        after(10 * SECOND / 99 + 1);
    }
    assert_calm();
    c = begin();
    for (int i = 0; i < 100; i++) {
        no_socket(&c, S);
        after(10 * SECOND / 99);
    }
    g_assert_cmpuint(storm().figures.count, ==, 100);
}

static void wherever_they_begin(void)
{
    struct connection c = begin();

    reset_again(&c, S, 60);
    after(12 * SECOND);
    reset_again(&c, S, 60);
    after(9 * SECOND);
    reset_again(&c, S, 60); /* frame 121 */
    g_assert_cmpuint(storm().figures.count, ==, 120);
    g_assert_cmpuint(storm().first_frame, ==, 61);
}

static void of_several_storms_the_worst_is_told(void)
{
    struct connection c = begin();

    reset_again(&c, S, 150);
    after(60 * SECOND);
    reset_again(&c, S, 200);
    after(60 * SECOND);
    reset_again(&c, S, 120);
    g_assert_cmpuint(storm().figures.count, ==, 200);
    g_assert_cmpuint(storm().first_frame, ==, 151);
    g_assert_cmpuint(storm().last_frame, ==, 350);
}

static void a_clock_that_jumps_makes_none(void)
{
    struct connection c = begin();

    reset_again(&c, S, 99);
    now -= 3600 * SECOND;
    reset_again(&c, S, 99);
    assert_calm();
    reset_again(&c, S, 1);
    g_assert_cmpuint(storm().figures.count, ==, 100);
}

/* ---- where they come ---- */

static void a_storm_on_an_open_connection_ends_it_once(void)
{
    struct connection c = begin();
    unsigned others;

    open_connection(&c);
    rw(&c, 100);
    update(&c, 100);
    after(2 * SECOND);
    reset_again(&c, S, 99);
    assert_calm();
    reset_again(&c, S, 1);
    g_assert_cmpuint(judge_for(VSOCK_CODE_RESET_STORM, &others).figures.count, ==, 100);
    g_assert_cmpuint(others, ==, 0); /* neither peer-gone nor anything else */
}

static void on_a_closed_one_what_acknowledges_the_close_is_not_of_it(void)
{
    struct connection c = begin();
    unsigned others;

    open_connection(&c);
    shut(&c, C, VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
    reset_again(&c, S, 101);
    assert_calm();
    reset_again(&c, S, 1);
    g_assert_cmpuint(judge_for(VSOCK_CODE_RESET_STORM, &others).figures.count, ==, 100);
    g_assert_cmpuint(others, ==, 0);
}

static void a_request_is_refused_once(void)
{
    struct connection c = begin();
    unsigned others;

    request(&c);
    reset_again(&c, S, 100);
    assert_calm();
    reset_again(&c, S, 1);
    g_assert_cmpuint(judge_for(VSOCK_CODE_RESET_STORM, &others).figures.count, ==, 100);
    g_assert_cmpuint(others, ==, 1); /* connect-refused: it was */
}

static void resets_that_answer_resets_are_a_storm_of_both(void)
{
    struct connection c = begin();
    struct vsock_diagnosis d;

    for (int i = 0; i < 60; i++) {
        no_socket(&c, S);
        no_socket(&c, C);
        no_socket(&c, S);
    }
    d = storm();
    g_assert_cmpuint(d.figures.count, ==, 180);
    g_assert_cmpuint(d.figures.others, ==, 60);
    g_assert_cmpuint(d.src.cid, ==, 43);
}

static void stamped_ones_count_as_well(void)
{
    struct connection c = begin();

    for (int i = 0; i < 100; i++)
        take(&c, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(storm().figures.count, ==, 100);
}

static void endpoints_are_told_apart(void)
{
    begin();
    for (uint32_t port = 1; port <= 200; port++) {
        struct connection c = between(42, port, 43, 9999);

        no_socket(&c, S);
    }
    assert_calm();
}

static void of_datagrams_too(void)
{
    struct connection c = begin();
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    c.type = VSOCK_TYPE_DGRAM;
    reset_again(&c, S, 100);
    g_assert_cmpuint(storm().figures.count, ==, 100);
    g_assert_cmpuint(storm().stream, ==, VSOCK_STREAM_NONE);
    g_assert_cmpuint(storm().src.cid, ==, 43);
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 0);
    only.datagrams = g_hash_table_new(NULL, NULL);
    g_hash_table_add(only.datagrams, *(void **)wmem_array_index(capture->datagrams.all, 0));
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 1);
    g_hash_table_destroy(only.streams);
    g_hash_table_destroy(only.datagrams);
    g_array_free(found, TRUE);
}

static void storms_of_three_connections_to_one_server_are_told_together(void)
{
    begin();
    for (uint32_t port = 1; port <= 3; port++) {
        struct connection c = between(42, 50000 + port, 43, 9999);

        reset_again(&c, S, 100 + port);
    }
    g_assert_cmpuint(storm().streams, ==, 3);
    g_assert_cmpuint(storm().figures.count, ==, 103);
}

/* ---- what is none ---- */

static void requests_from_one_port_that_are_refused_are_answered(void)
{
    struct connection c = begin();

    for (int i = 0; i < 300; i++)
        refuse(&c);
    assert_calm();
}

static void ports_that_are_probed_are_answered(void)
{
    begin();
    for (uint32_t port = 1; port <= 300; port++) {
        struct connection c = between(42, 5000, 43, port);

        refuse(&c);
    }
    assert_calm();
}

/* Linux acknowledges at once, and tells again when its program closes, too. */
static void connections_from_one_port_may_be_closed_again_and_again(void)
{
    struct connection c = begin();

    for (int i = 0; i < 200; i++) {
        open_connection(&c);
        shut(&c, C, VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
        reset_again(&c, S, 2);
    }
    assert_calm();
}

static void both_may_close_at_once(void)
{
    struct connection c = begin();

    for (int i = 0; i < 200; i++) {
        open_connection(&c);
        shut(&c, C, VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
        shut(&c, S, VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
        take(&c, C, VSOCK_OP_RST, 0);
        take(&c, S, VSOCK_OP_RST, 0);
        reset_again(&c, S, 1);
    }
    assert_calm();
}

/* As libkrun and alioth do, and virtio-drivers. */
static void a_side_may_close_by_a_reset_and_the_other_one_too(void)
{
    struct connection c = begin();

    for (int i = 0; i < 200; i++) {
        open_connection(&c);
        rw(&c, 10);
        update(&c, 10);
        no_socket(&c, S);
        take(&c, C, VSOCK_OP_RST, 0);
    }
    reset_again(&c, S, 90); /* with those of the last connection, too few */
    assert_calm();
}

static void each_packet_may_be_answered_by_who_has_lost_the_connection(void)
{
    struct connection c = begin();

    open_connection(&c);
    for (int i = 0; i < 300; i++)
        rw(&c, 10);
    reset_again(&c, S, 300);
    assert_calm();
}

/* Nothing tells the sides apart. */
static void who_dials_itself_is_answered_by_itself(void)
{
    struct connection c;

    begin();
    c = between(42, 5000, 42, 5000);
    for (int i = 0; i < 300; i++)
        refuse(&c);
    for (int i = 0; i < 300; i++) {
        request(&c);
        after(2 * MS); /* no copy */
    }
    reset_again(&c, S, 300);
    assert_calm();
    reset_again(&c, S, 100);
    g_assert_cmpuint(storm().figures.count, ==, 100);
}

static void what_was_captured_twice_counts_once(void)
{
    struct connection c = begin();

    for (int i = 0; i < 60; i++) { /* within a millisecond, as copies are */
        request(&c);
        now -= MS;
        take(&c, C, VSOCK_OP_REQUEST, 0);
        for (int n = 0; n < 3; n++) {
            no_socket(&c, S);
            now -= MS;
            no_socket(&c, S);
        }
    }
    g_assert_cmpuint(storm().figures.count, ==, 120);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/reset_storm/" #name, name)
    TEST(a_hundred_between_endpoints_that_nobody_had_seen_are_a_storm);
    TEST(all_that_follow_are_of_the_same_storm);
    TEST(the_hundred_must_come_within_ten_seconds);
    TEST(wherever_they_begin);
    TEST(of_several_storms_the_worst_is_told);
    TEST(a_clock_that_jumps_makes_none);
    TEST(a_storm_on_an_open_connection_ends_it_once);
    TEST(on_a_closed_one_what_acknowledges_the_close_is_not_of_it);
    TEST(a_request_is_refused_once);
    TEST(resets_that_answer_resets_are_a_storm_of_both);
    TEST(stamped_ones_count_as_well);
    TEST(endpoints_are_told_apart);
    TEST(of_datagrams_too);
    TEST(storms_of_three_connections_to_one_server_are_told_together);
    TEST(requests_from_one_port_that_are_refused_are_answered);
    TEST(ports_that_are_probed_are_answered);
    TEST(connections_from_one_port_may_be_closed_again_and_again);
    TEST(both_may_close_at_once);
    TEST(a_side_may_close_by_a_reset_and_the_other_one_too);
    TEST(each_packet_may_be_answered_by_who_has_lost_the_connection);
    TEST(who_dials_itself_is_answered_by_itself);
    TEST(what_was_captured_twice_counts_once);
    return g_test_run();
}
