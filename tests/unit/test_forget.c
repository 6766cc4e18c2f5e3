/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_forget.c - what is forgotten of an account, and what is still known then. A test's name is the rule it
 * checks. */
#include "../../watch/forget.h"

#include "core/capture_parts.h"
#include "core/overlap.h"
#include "story.h"

static struct vsock_forget forget;
static unsigned told; /* connections that were about to be forgotten */

static void begin(uint32_t connections)
{
    if (forget.numbers)
        vsock_forget_clear(&forget);
    forget = vsock_forget_new(connections, true);
    told = 0;
    begin_capture();
}

static void count(const struct vsock_stream *s, void *context)
{
    g_assert_true(s == stream_at(s->index));
    g_assert_null(context);
    told++;
}

static void forget_some(void)
{
    vsock_forget_connections(&forget, capture, count, NULL);
}

/* Connections of one machine, that close in order. */
static void open_and_close(uint32_t port, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        struct connection c = between(3, port + i, 2, 9999);

        open_connection(&c);
        rw(&c, 10);
        update(&c, 10);
        shut(&c, C, VSOCK_SHUTDOWN_BOTH);
        no_socket(&c, S);
    }
}

static void who_needs_no_record_has_it_forgotten_once_there_are_twice_as_many(void)
{
    struct connection c = between(3, 1024, 2, 9999);

    begin(100);
    open_connection(&c);
    while (capture->records < 799) {
        c.fwd_cnt[S] = 0;
        rw(&c, 0);
        vsock_forget_records(&forget, capture);
    }
    g_assert_cmpuint(capture->forgotten, ==, 0);
    rw(&c, 0);
    vsock_forget_records(&forget, capture);
    g_assert_cmpuint(capture->forgotten, ==, 400);
    g_assert_false(vsock_capture_has_record(capture, 400));
    g_assert_true(vsock_capture_has_record(capture, 401));
    g_assert_true(vsock_capture_record(capture, 401)->stream == stream_at(0));
}

/* Many of them, of another connection: what was waited for is forgotten. */
static void let_records_pass(void)
{
    struct connection busy = between(3, 77, 2, 77);

    for (unsigned i = 0; i < 3000; i++)
        refuse(&busy);
    vsock_forget_records(&forget, capture);
}

static void a_stall_is_told_of_whose_beginning_is_forgotten(void)
{
    struct connection c = between(3, 1024, 2, 9999);
    struct vsock_diagnosis d;

    begin(100);
    open_connection(&c);
    rw(&c, 1000);
    let_records_pass();
    g_assert_false(vsock_capture_has_record(capture, 3));
    update(&c, 1000);
    d = judge_for(VSOCK_CODE_STALL_RECEIVER_NOT_READING, NULL);
    if (d.figures.count == 0)
        d = judge_for(VSOCK_CODE_STALL_UNDECIDED, NULL);
    g_assert_cmpuint(d.first_frame, ==, 3);
    g_assert_cmpuint(d.last_frame, ==, frame);
}

static void an_overrun_is_settled_that_is_forgotten(void)
{
    struct connection c = between(3, 1024, 2, 9999);

    begin(100);
    open_connection(&c);
    rw(&c, 1000);
    for (unsigned i = 0; i < 3; i++)
        rw(&c, 1);
    let_records_pass();
    rw(&c, 1);
    let_records_pass();
    g_assert_cmpuint(judge_for(VSOCK_CODE_CREDIT_OVERRUN, NULL).figures.count, ==, 4);
    update(&c, 1004);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CREDIT_OVERRUN, NULL).figures.count, ==, 0);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CAPTURE_LOSS, NULL).figures.others, ==, 4);
}

static void the_latest_that_are_over_are_kept_with_their_numbers(void)
{
    begin(10);
    open_and_close(1000, 19);
    g_assert_false(vsock_forget_is_due(&forget, capture));
    open_and_close(2000, 1);
    g_assert_true(vsock_forget_is_due(&forget, capture));
    forget_some();
    g_assert_cmpuint(told, ==, 10);
    g_assert_cmpuint(forget.over, ==, 10);
    g_assert_cmpuint(stream_count(), ==, 10);
    for (uint32_t i = 0; i < 10; i++) {
        g_assert_cmpuint(stream_at(i)->index, ==, i);
        g_assert_cmpuint(vsock_forget_number(&forget, i), ==, i + 10);
    }
    g_assert_false(vsock_forget_is_due(&forget, capture));
    open_and_close(3000, 10);
    forget_some();
    g_assert_cmpuint(vsock_forget_number(&forget, 0), ==, 20);
    g_assert_cmpuint(stream_at(0)->side[1].port, ==, 3000);
}

static void what_is_open_is_kept(void)
{
    struct connection c = between(3, 900, 2, 9999);

    begin(10);
    open_connection(&c);
    open_and_close(1000, 20);
    forget_some();
    g_assert_cmpuint(stream_count(), ==, 11);
    g_assert_cmpuint(vsock_forget_number(&forget, 0), ==, 0);
    g_assert_cmpuint(vsock_forget_number(&forget, 1), ==, 11);
    rw(&c, 10); /* goes on with it */
    g_assert_cmpuint(stream_count(), ==, 11);
    g_assert_cmpuint(stream_at(0)->packets, ==, 3);
}

static void of_those_that_are_open_the_silent_are_given_up(void)
{
    begin(10);
    for (uint32_t i = 0; i < 41; i++) {
        struct connection c = between(3, 1000 + i, 2, 9999);

        open_connection(&c);
    }
    forget_some();
    g_assert_cmpuint(forget.open, ==, 1);
    g_assert_cmpuint(stream_at(0)->side[1].port, ==, 1001);
}

static void a_request_is_over_that_nobody_answers_for_a_minute(void)
{
    struct connection c = between(3, 900, 2, 9999);

    begin(10);
    request(&c);
    open_and_close(1000, 20);
    forget_some();
    g_assert_cmpuint(vsock_forget_number(&forget, 0), ==, 0);
    after(60 * SECOND);
    open_and_close(2000, 20);
    forget_some();
    g_assert_cmpuint(vsock_forget_number(&forget, 0), !=, 0);
    g_assert_cmpuint(forget.open, ==, 0);
}

static void what_came_again_after_it_was_forgotten_is_new(void)
{
    struct connection c = between(3, 1000, 2, 9999);

    begin(1);
    open_and_close(1000, 3);
    forget_some();
    g_assert_cmpuint(stream_count(), ==, 1);
    open_connection(&c);
    g_assert_cmpuint(stream_count(), ==, 2);
    g_assert_cmpuint(stream_at(1)->previous, ==, VSOCK_STREAM_UNKNOWN);
    g_assert_cmpuint(vsock_forget_number(&forget, 1), ==, 3);
}

static void what_a_request_finds_held_is_kept_for_it(void)
{
    struct connection old = between(2, 1024, 42, 52), again = old;
    struct vsock_diagnosis d;

    begin(10);
    open_and_close(500, 3); /* so that its number is another */
    open_connection(&old);
    rw(&old, 10);
    update(&old, 10);
    open_and_close(1000, 20);
    after(45 * SECOND);
    refuse(&again);
    forget_some();
    d = judge_for(VSOCK_CODE_STALE_CONNECTION, NULL);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpuint(vsock_forget_number(&forget, (uint32_t)d.figures.of), ==, 3);
    open_and_close(2000, 20);
    forget_some();
    g_assert_cmpuint(judge_for(VSOCK_CODE_STALE_CONNECTION, NULL).figures.count, ==, 0);
}

/* Those that wait as one are told together, as long as they are known. */
static void waits_are_of_the_same_streams_as_before(void)
{
    struct connection c[3];

    begin(10);
    open_and_close(500, 20);
    for (unsigned i = 0; i < 3; i++) {
        c[i] = between(3, 1000 + i, 2, 5000 + i);
        open_connection(&c[i]);
        rw(&c[i], 1000);
    }
    after(3 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        update(&c[i], 1000);
    g_assert_cmpuint(judge_for(VSOCK_CODE_HEAD_OF_LINE, NULL).figures.count, ==, 3);
    forget_some();
    g_assert_cmpuint(judge_for(VSOCK_CODE_HEAD_OF_LINE, NULL).figures.count, ==, 3);
    for (unsigned i = 0; i < 3; i++)
        no_socket(&c[i], S);
    open_and_close(2000, 20);
    forget_some();
    g_assert_cmpuint(judge_for(VSOCK_CODE_HEAD_OF_LINE, NULL).figures.count, ==, 0);
}

static void a_storm_goes_with_its_endpoints(void)
{
    struct connection c = between(3, 600, 2, 9999);

    begin(10);
    for (unsigned i = 0; i < 150; i++)
        no_socket(&c, S);
    forget_some();
    g_assert_cmpuint(judge_for(VSOCK_CODE_RESET_STORM, NULL).figures.count, ==, 150);
    open_and_close(1000, 20);
    forget_some();
    g_assert_cmpuint(judge_for(VSOCK_CODE_RESET_STORM, NULL).figures.count, ==, 0);
    no_socket(&c, S);
    g_assert_cmpuint(wmem_array_get_count(capture->storms), ==, 0);
}

static void connections_that_overlap_go_together(void)
{
    struct connection c = between(3, 600, 2, 9999), newer = c;

    begin(10);
    open_connection(&c);
    rw(&c, 10);
    update(&c, 10);
    open_connection(&newer);
    g_assert_nonnull(stream_at(1)->overlap);
    open_and_close(1000, 20);
    forget_some();
    g_assert_true(stream_at(1)->overlap->older == stream_at(0));
    shut(&newer, C, VSOCK_SHUTDOWN_BOTH);
    no_socket(&newer, S);
    no_socket(&c, S);
    open_and_close(2000, 20);
    forget_some();
    g_assert_cmpuint(stream_count(), ==, 10);
}

static void copies_are_known_of_those_that_are_kept(void)
{
    struct connection c = between(3, 600, 2, 9999);

    begin(1);
    open_and_close(1000, 3);
    now -= MS;
    request(&c);
    now -= MS;
    forget_some();
    request(&c);
    g_assert_cmpuint(stream_count(), ==, 2);
    g_assert_cmpuint(stream_at(1)->packets, ==, 2);
}

static void of_many_endpoints_of_datagrams_the_first_are_forgotten(void)
{
    begin(10);
    for (uint32_t i = 0; i < 25; i++) {
        struct connection c = between(3, 1000 + i, 2, 9999);

        c.type = VSOCK_TYPE_DGRAM;
        take(&c, C, VSOCK_OP_RW, 10);
    }
    g_assert_true(vsock_forget_is_due(&forget, capture));
    forget_some();
    g_assert_cmpuint(wmem_array_get_count(capture->datagrams.all), ==, 10);
    g_assert_cmpuint(capture->tuples.count, ==, 10);
}

static void of_many_cids_those_that_are_used_stay(void)
{
    struct connection c = between(3, 1024, 2, 9999);

    begin(10);
    open_connection(&c);
    for (uint64_t cid = 100; cid < 140; cid++) {
        struct connection other = between(cid, 1024, 2, 9999);

        refuse(&other);
    }
    forget_some();
    g_assert_cmpuint(wmem_array_get_count(capture->cid_pairs.all), ==, 11);
    g_assert_cmpuint(wmem_array_get_count(capture->cids.all), ==, 22);
    g_assert_cmpuint(capture->cids.count, ==, 22);
    rw(&c, 10);
    g_assert_cmpuint(wmem_array_get_count(capture->cid_pairs.all), ==, 11);
}

static void nothing_is_forgotten_but_records_where_nobody_wants_it(void)
{
    begin(10);
    vsock_forget_clear(&forget);
    forget = vsock_forget_new(10, false);
    open_and_close(1000, 100);
    g_assert_false(vsock_forget_is_due(&forget, capture));
    vsock_forget_records(&forget, capture);
    g_assert_cmpuint(capture->forgotten, ==, 6 * 100 - 40);
}

static void rws_that_nobody_reads_are_kept_up_to_a_number(void)
{
    struct connection c = between(3, 1024, 2, 9999);

    begin(10);
    capture->rws_max = 5;
    open_connection(&c);
    for (unsigned i = 0; i < 5; i++)
        rw(&c, 10);
    g_assert_cmpuint(capture->rws_left_out, ==, 0);
    rw(&c, 10);
    g_assert_cmpuint(capture->rws_left_out, ==, 1);
    /* of two CIDs, the lower one's side is the first */
    g_assert_cmpuint(vsock_window_in_flight(&stream_at(0)->conn.flow.window[1]), ==, 60);
    update(&c, 60); /* they can be used again */
    for (unsigned i = 0; i < 5; i++)
        rw(&c, 10);
    g_assert_cmpuint(capture->rws_left_out, ==, 1);
    g_assert_cmpuint(capture->rws, ==, 5);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/forget/" #name, name)
    TEST(who_needs_no_record_has_it_forgotten_once_there_are_twice_as_many);
    TEST(a_stall_is_told_of_whose_beginning_is_forgotten);
    TEST(an_overrun_is_settled_that_is_forgotten);
    TEST(the_latest_that_are_over_are_kept_with_their_numbers);
    TEST(what_is_open_is_kept);
    TEST(of_those_that_are_open_the_silent_are_given_up);
    TEST(a_request_is_over_that_nobody_answers_for_a_minute);
    TEST(what_came_again_after_it_was_forgotten_is_new);
    TEST(what_a_request_finds_held_is_kept_for_it);
    TEST(waits_are_of_the_same_streams_as_before);
    TEST(a_storm_goes_with_its_endpoints);
    TEST(connections_that_overlap_go_together);
    TEST(copies_are_known_of_those_that_are_kept);
    TEST(of_many_endpoints_of_datagrams_the_first_are_forgotten);
    TEST(of_many_cids_those_that_are_used_stay);
    TEST(rws_that_nobody_reads_are_kept_up_to_a_number);
    TEST(nothing_is_forgotten_but_records_where_nobody_wants_it);
    return g_test_run();
}
