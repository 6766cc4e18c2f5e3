/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_stale.c - requests on endpoints that the other side holds. A test's name is the rule it checks. */
#include "core/stale.h"
#include "story.h"

static struct connection old[3], again[3], fresh, alive;
static struct vsock_diagnosis found;
static unsigned others; /* what else was found */

/* Three connections of CID 2 to port 52 of CID 42, used and never ended; and one that shows that CID 42
 * lives. */
static void begin(void)
{
    begin_capture();
    alive = between(42, 900, 2, 9000);
    open_connection(&alive);
    for (unsigned i = 0; i < 3; i++) {
        again[i] = old[i] = between(2, 1024 + i, 42, 52);
        open_connection(&old[i]);
        rw(&old[i], 10);
        update(&old[i], 10);
    }
    fresh = between(2, 2048, 42, 52);
    after(45 * SECOND);
}

static void say_that_it_lives(int64_t until)
{
    after(until);
    alive.fwd_cnt[C] = 0;
    rw(&alive, 1);
    alive.fwd_cnt[S]++;
    take(&alive, S, VSOCK_OP_RW, 1);
}

static bool is_told(void)
{
    found = judge_for(VSOCK_CODE_STALE_CONNECTION, &others);
    return found.figures.count > 0;
}

static unsigned count_of(enum vsock_code code)
{
    return (unsigned)judge_for(code, NULL).figures.count;
}

static void a_request_that_is_refused_while_its_endpoints_are_held_is_stale(void)
{
    begin();
    refuse(&again[1]);
    g_assert_true(is_told());
    g_assert_cmpuint(others, ==, 0);
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpuint(found.figures.of, ==, 2); /* its stream */
    g_assert_cmpuint(found.figures.others, ==, 1);
    g_assert_cmpint(found.figures.longest, ==, 45 * SECOND + 4 * MS);
    g_assert_cmpuint(found.dst.port, ==, 52);
    g_assert_cmpuint(found.last_frame, ==, found.first_frame + 1);
}

static void one_that_has_no_answer_is_while_the_server_speaks_to_others(void)
{
    begin();
    request(&again[0]);
    say_that_it_lives(2 * SECOND - 2 * MS);
    g_assert_false(is_told());
    g_assert_cmpuint(others, ==, 0);
    say_that_it_lives(0);
    g_assert_true(is_told());
    g_assert_cmpuint(others, ==, 0);
    g_assert_cmpuint(found.figures.others, ==, 0);
    begin();
    request(&again[0]);
    after(3 * SECOND);
    old[1].fwd_cnt[C] = 0;
    rw(&old[1], 1); /* of the client */
    g_assert_false(is_told());
    g_assert_cmpuint(count_of(VSOCK_CODE_CONNECT_UNANSWERED), ==, 1);
}

static void one_that_its_own_sender_resets_is_whenever_that_is(void)
{
    for (int64_t wait = MS; wait <= 30 * SECOND; wait += 30 * SECOND - MS) {
        begin();
        request(&again[0]);
        after(wait);
        take(&again[0], C, VSOCK_OP_RST, 0);
        g_assert_true(is_told());
        g_assert_cmpuint(others, ==, 0);
        g_assert_cmpuint(found.figures.others, ==, 0);
    }
}

static void a_client_that_another_packet_reached_has_failed_by_itself(void)
{
    begin();
    request(&again[0]);
    take(&again[0], S, VSOCK_OP_CREDIT_REQUEST, 0);
    g_assert_cmpuint(stream_at(1)->last_record, <, capture->records); /* of the new one */
    take(&again[0], C, VSOCK_OP_RST, 0);
    g_assert_false(is_told());
    g_assert_true(judge_for(VSOCK_CODE_CONNECT_REFUSED, NULL).own_fault);
}

static void several_of_two_cids_are_told_once_whatever_the_port(void)
{
    begin();
    refuse(&again[0]);
    refuse(&again[1]);
    refuse(&again[2]);
    refuse(&again[0]); /* once more */
    g_assert_true(is_told());
    g_assert_cmpuint(others, ==, 0); /* nor is the listener lost */
    g_assert_cmpuint(found.figures.count, ==, 4);
    g_assert_cmpuint(found.figures.limit, ==, 3);
    g_assert_cmpint(found.figures.longest, ==, 45 * SECOND + 8 * MS); /* of the first */
    g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpint(found.figures.total, ==, 6 * MS);
    begin();
    fresh.end[S].port = 53;
    open_connection(&fresh);
    refuse(&again[0]);
    refuse(&fresh);
    g_assert_true(is_told());
    g_assert_cmpuint(found.figures.count, ==, 2);
    g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_CID);
}

static void what_ended_is_held_no_more(void)
{
    begin();
    no_socket(&old[0], S);
    refuse(&again[0]);
    shut(&old[1], C, 3); /* it will have ended soon, however */
    refuse(&again[1]);
    g_assert_false(is_told());
    g_assert_cmpuint(count_of(VSOCK_CODE_CONNECT_REFUSED), ==, 2);
    begin();
    shut(&old[2], C, 2);
    refuse(&again[2]);
    g_assert_true(is_told());
    g_assert_cmpuint(found.figures.count, ==, 1);
}

static void a_request_that_is_accepted_after_all_is_nothing(void)
{
    begin();
    open_connection(&again[0]);
    g_assert_false(is_told());
    g_assert_cmpuint(others, ==, 0);
}

static void who_accepts_there_in_the_end_held_nothing(void)
{
    begin();
    refuse(&again[0]);
    after(SECOND);
    open_connection(&again[0]);
    g_assert_false(is_told());
    g_assert_cmpuint(count_of(VSOCK_CODE_CONNECT_REFUSED), ==, 1);
    begin();
    refuse(&again[0]);
    take(&old[0], S, VSOCK_OP_RW, 5); /* until it is told, and lets go */
    no_socket(&old[0], C);
    open_connection(&again[0]);
    g_assert_true(is_told());
}

static void who_refuses_other_endpoints_as_well_does_not_listen(void)
{
    begin();
    refuse(&again[0]);
    g_assert_true(is_told());
    refuse(&fresh);
    g_assert_false(is_told());
    refuse(&again[1]);
    g_assert_false(is_told());
    g_assert_cmpuint(count_of(VSOCK_CODE_LISTENER_LOST), ==, 3);
    fresh.end[C].port++;
    open_connection(&fresh);
    refuse(&again[2]);
    g_assert_true(is_told());
    g_assert_cmpuint(found.figures.count, ==, 1);
}

static void another_type_is_another_matter(void)
{
    begin();
    again[0].type = VSOCK_TYPE_SEQPACKET;
    refuse(&again[0]);
    g_assert_false(is_told());
    g_assert_cmpuint(count_of(VSOCK_CODE_CONNECT_TYPE_MISMATCH), ==, 1);
}

static void a_guest_may_dial_a_host_that_holds_it(void)
{
    begin();
    rw(&alive, 1);
    after(20 * SECOND);
    refuse(&alive);
    g_assert_true(is_told());
    g_assert_cmpuint(found.src.cid, ==, 42);
    g_assert_cmpuint(found.dst.cid, ==, 2);
}

static void a_connection_that_began_before_the_capture_is_held_if_the_server_spoke(void)
{
    begin_capture();
    old[0] = between(2, 1024, 42, 52);
    rw(&old[0], 10);
    refuse(&old[0]);
    g_assert_false(is_told());
    begin_capture();
    rw(&old[0], 10);
    update(&old[0], 10);
    refuse(&old[0]);
    g_assert_true(is_told());
}

static void others_are_told_where_one_of_them_is_selected(void)
{
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};
    GArray *report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    begin();
    refuse(&again[0]);
    refuse(&again[1]);
    g_hash_table_add(only.streams, GUINT_TO_POINTER(5));
    vsock_judge(capture, &only, report);
    g_assert_cmpuint(report->len, ==, 1);
    g_assert_cmpuint(g_array_index(report, struct vsock_diagnosis, 0).figures.count, ==, 2);
    g_hash_table_remove_all(only.streams);
    g_hash_table_add(only.streams, GUINT_TO_POINTER(1)); /* what is held */
    g_array_set_size(report, 0);
    vsock_judge(capture, &only, report);
    g_assert_cmpuint(report->len, ==, 0);
    g_array_free(report, TRUE);
    g_hash_table_destroy(only.streams);
}

#define TEST(name) g_test_add_func("/stale/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_request_that_is_refused_while_its_endpoints_are_held_is_stale);
    TEST(one_that_has_no_answer_is_while_the_server_speaks_to_others);
    TEST(one_that_its_own_sender_resets_is_whenever_that_is);
    TEST(a_client_that_another_packet_reached_has_failed_by_itself);
    TEST(several_of_two_cids_are_told_once_whatever_the_port);
    TEST(what_ended_is_held_no_more);
    TEST(a_request_that_is_accepted_after_all_is_nothing);
    TEST(who_accepts_there_in_the_end_held_nothing);
    TEST(who_refuses_other_endpoints_as_well_does_not_listen);
    TEST(another_type_is_another_matter);
    TEST(a_guest_may_dial_a_host_that_holds_it);
    TEST(a_connection_that_began_before_the_capture_is_held_if_the_server_spoke);
    TEST(others_are_told_where_one_of_them_is_selected);
    return g_test_run();
}
