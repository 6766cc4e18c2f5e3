/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_cross_stream.c - what many connections together are diagnosed as. A test's name is the rule it checks.
 */
#include <glib.h>

#include "core/cross_stream.h"
#include "packet.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

/* ---- requests ---- */

static struct vsock_server servers[16];
static struct vsock_target targets[16]; /* of one client */
static struct vsock_prober prober;
static struct vsock_attempt attempts[64];
static unsigned count;
static int64_t now;
static struct vsock_diagnosis found;

static void begin(void)
{
    memset(servers, 0, sizeof(servers));
    memset(targets, 0, sizeof(targets));
    prober = (struct vsock_prober){.client_cid = 2, .server_cid = 3};
    for (unsigned i = 0; i < G_N_ELEMENTS(servers); i++) {
        servers[i].endpoint = (struct vsock_endpoint){.cid = 3, .port = 1024 + i};
        targets[i].server = &servers[i];
        targets[i].client_cid = 2;
    }
    count = 0;
    now = SECOND;
}

static struct vsock_attempt *attempt(unsigned port, enum vsock_outcome outcome)
{
    struct vsock_attempt *a = &attempts[count];

    *a = (struct vsock_attempt){
        .outcome = outcome,
        .at = mark(++count, now),
        .type = VSOCK_TYPE_STREAM,
        .selected = true,
        .server = &servers[port],
        .target = &targets[port],
        .prober = &prober,
    };
    targets[port].requests += outcome != VSOCK_OUTCOME_ENDED;
    now += MS;
    return a;
}

static void refuse(unsigned port, unsigned times)
{
    while (times-- > 0)
        attempt(port, VSOCK_OUTCOME_REFUSED);
}

static void judge(void)
{
    vsock_attempts_judge(attempts, count);
}

static bool is_refused(unsigned port)
{
    return vsock_target_diagnose(&targets[port], VSOCK_CODE_CONNECT_REFUSED, 0, &found);
}

static bool is_mismatch(unsigned port, uint16_t type)
{
    return vsock_target_diagnose(&targets[port], VSOCK_CODE_CONNECT_TYPE_MISMATCH, type - 1, &found);
}

static bool is_lost(unsigned port)
{
    return vsock_server_diagnose(&servers[port], VSOCK_CODE_LISTENER_LOST, &found);
}

static void three_refusals_of_a_port_are_a_warning(void)
{
    begin();
    refuse(0, 2);
    judge();
    g_assert_true(is_refused(0));
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_NOTE);
    begin();
    refuse(0, 3);
    judge();
    g_assert_true(is_refused(0));
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.of, ==, 3);
    g_assert_cmpuint(found.first_frame, ==, 1001);
    g_assert_cmpuint(found.last_frame, ==, 1003);
    g_assert_cmpint(found.figures.total, ==, 2 * MS);
    g_assert_cmpuint(found.dst.port, ==, 1024);
    g_assert_false(is_refused(1));
    g_assert_false(is_lost(0)); /* it never was there */
}

static void refusals_that_the_client_makes_itself_are_its_own(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_REFUSED)->own_fault = true;
    judge();
    g_assert_true(is_refused(0));
    g_assert_true(found.own_fault);
    g_assert_false(found.dialled_itself);
}

static void a_type_that_a_port_never_took_is_a_mismatch(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_REFUSED)->type = VSOCK_TYPE_SEQPACKET;
    attempt(0, VSOCK_OUTCOME_ACCEPTED); /* later: the port is known all the same */
    judge();
    g_assert_true(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_cmpint(found.type, ==, VSOCK_TYPE_SEQPACKET);
    g_assert_cmpuint(found.figures.others, ==, 1);
    g_assert_false(is_mismatch(0, VSOCK_TYPE_STREAM));
    g_assert_false(is_refused(0));
}

static void a_port_that_took_both_types_has_no_mismatch(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    attempt(0, VSOCK_OUTCOME_ACCEPTED)->type = VSOCK_TYPE_SEQPACKET;
    attempt(0, VSOCK_OUTCOME_REFUSED)->type = VSOCK_TYPE_SEQPACKET;
    judge();
    g_assert_false(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_true(is_refused(0));
}

static void an_unknown_type_is_no_mismatch(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    attempt(0, VSOCK_OUTCOME_REFUSED)->type = 7;
    judge();
    g_assert_true(is_refused(0));
}

static void a_port_that_accepted_and_refuses_three_times_is_lost(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 2);
    judge();
    g_assert_false(is_lost(0));
    g_assert_true(is_refused(0));
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 5);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpuint(found.figures.count, ==, 5);
    g_assert_cmpuint(found.figures.others, ==, 1);
    g_assert_cmpuint(found.figures.of, ==, 1); /* still open */
    g_assert_false(is_refused(0));
}

static void accepting_in_between_keeps_the_listener(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 2);
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 2);
    judge();
    g_assert_false(is_lost(0));
    g_assert_true(is_refused(0));
    g_assert_cmpuint(found.figures.count, ==, 4);
}

static void refusals_before_the_first_accept_stay_refusals(void)
{
    begin();
    refuse(0, 4);
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    attempt(0, VSOCK_OUTCOME_ENDED);
    refuse(0, 3);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.of, ==, 0);
    g_assert_true(is_refused(0));
    g_assert_cmpuint(found.figures.count, ==, 4);
}

static void ten_ports_within_a_second_are_a_scan(void)
{
    begin();
    for (unsigned port = 0; port < 9; port++)
        refuse(port, 2);
    judge();
    g_assert_false(vsock_prober_diagnose(&prober, &found));
    g_assert_true(is_refused(0));
    begin();
    for (unsigned port = 0; port < 10; port++)
        refuse(port, 2);
    judge();
    g_assert_true(vsock_prober_diagnose(&prober, &found));
    g_assert_cmpuint(found.figures.count, ==, 20);
    g_assert_cmpint(found.figures.total, ==, 19 * MS);
    for (unsigned port = 0; port < 10; port++)
        g_assert_false(is_refused(port));
}

/* The last of ten ports refuses so long after the first. */
static bool is_scan_within(int64_t time)
{
    begin();
    for (unsigned port = 0; port < 9; port++)
        refuse(port, 1);
    now = SECOND + time;
    refuse(9, 1);
    judge();
    return vsock_prober_diagnose(&prober, &found);
}

static void ten_ports_in_more_than_a_second_are_none(void)
{
    g_assert_true(is_scan_within(SECOND));
    g_assert_false(is_scan_within(SECOND + 1));
    g_assert_true(is_refused(9));
}

static void only_the_latest_ten_ports_make_a_scan(void)
{
    begin();
    refuse(0, 1);
    now += 10 * SECOND;
    for (unsigned port = 1; port <= 10; port++)
        refuse(port, 1);
    judge();
    g_assert_true(vsock_prober_diagnose(&prober, &found));
    g_assert_cmpuint(found.figures.count, ==, 10);
    g_assert_true(is_refused(0));
    g_assert_false(is_refused(1));
}

/* In between, one refusal came from before the capture, by its time. */
static void a_scan_begins_anew_when_the_clock_goes_back(void)
{
    begin();
    for (unsigned port = 0; port < 5; port++)
        refuse(port, 1);
    now -= 10 * SECOND;
    refuse(0, 1);
    now += 10 * SECOND;
    refuse(0, 1);
    for (unsigned port = 5; port < 10; port++)
        refuse(port, 1);
    judge();
    g_assert_false(vsock_prober_diagnose(&prober, &found)); /* six ports since */
    g_assert_true(is_refused(0));
    g_assert_cmpint(found.figures.total, >=, 0);
}

static void of_a_listener_that_is_lost_twice_the_longer_time_is_told(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 3);
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 4);
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 3);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpuint(found.figures.count, ==, 4);
    g_assert_cmpuint(found.figures.others, ==, 2);
    g_assert_cmpuint(found.figures.of, ==, 2);
    g_assert_cmpuint(found.first_frame, ==, 1006);
    g_assert_cmpuint(found.last_frame, ==, 1009);
    g_assert_cmpint(found.figures.total, ==, 3 * MS);
    g_assert_false(is_refused(0));
}

static void select_only(unsigned first, unsigned last)
{
    for (unsigned i = 0; i < count; i++)
        attempts[i].selected = i >= first && i <= last;
}

static void a_filter_changes_what_is_told_and_not_what_is_found(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    attempt(0, VSOCK_OUTCOME_REFUSED)->type = VSOCK_TYPE_SEQPACKET;
    refuse(1, 3);
    select_only(1, 1);
    judge();
    g_assert_true(is_mismatch(0, VSOCK_TYPE_SEQPACKET)); /* although the acceptance was not selected */
    g_assert_false(is_refused(1));
    select_only(3, 3);
    memset(servers, 0, sizeof(servers));
    memset(targets, 0, sizeof(targets));
    for (unsigned i = 0; i < 2; i++)
        targets[i].server = &servers[i];
    judge();
    g_assert_false(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_true(is_refused(1));
    g_assert_cmpuint(found.figures.count, ==, 3);
}

static void of_a_listener_that_is_lost_twice_the_time_that_was_selected_is_told(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 4);
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 3);
    select_only(7, 7);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.others, ==, 2);
}

static void a_lost_listener_is_no_part_of_a_scan(void)
{
    begin();
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 3);
    for (unsigned port = 1; port < 10; port++)
        refuse(port, 1);
    judge();
    g_assert_true(is_lost(0));
    g_assert_false(vsock_prober_diagnose(&prober, &found)); /* nine ports */
}

static void requests_without_answer_are_counted_by_port(void)
{
    struct vsock_mark first = mark(5, SECOND), second = mark(8, 3 * SECOND);

    begin();
    targets[0].requests = 3;
    vsock_target_unanswered(&targets[0], &first, true);
    vsock_target_unanswered(&targets[0], &second, true);
    g_assert_true(vsock_target_diagnose(&targets[0], VSOCK_CODE_CONNECT_UNANSWERED, 0, &found));
    g_assert_cmpuint(found.figures.count, ==, 2);
    g_assert_cmpuint(found.figures.of, ==, 3);
    g_assert_cmpint(found.figures.total, ==, 2 * SECOND);
}

static struct vsock_stream idle = {.stats = {.shut_time = VSOCK_TIME_NONE}};

/* Another one, open since 0. */
static void end_idle(int64_t time)
{
    idle.conn.ended = true;
    idle.conn.reset.time = time;
    vsock_server_idle(&servers[0], &idle, true);
}

static void three_streams_open_for_five_seconds_without_data_are_said(void)
{
    begin();
    end_idle(5 * SECOND);
    end_idle(9 * SECOND);
    end_idle(5 * SECOND - 1);
    idle.stats.side[1].rws = 1;
    end_idle(5 * SECOND);
    idle.stats.side[1].rws = 0;
    idle.conn.degenerate = true;
    end_idle(5 * SECOND);
    idle.conn.degenerate = false;
    idle.stats.shut_time = 5 * SECOND - 1; /* no longer open */
    end_idle(20 * SECOND);
    g_assert_false(vsock_server_diagnose(&servers[0], VSOCK_CODE_NO_DATA, &found));
    idle.stats.shut_time = 5 * SECOND;
    end_idle(20 * SECOND);
    g_assert_true(vsock_server_diagnose(&servers[0], VSOCK_CODE_NO_DATA, &found));
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpint(found.figures.longest, ==, 9 * SECOND);
}

static void the_host_is_judged_by_each_of_its_guests(void)
{
    begin();
    servers[0].endpoint.cid = 2;
    servers[0].client_cid = targets[0].client_cid = 42;
    g_assert_true(vsock_server_is_of_one_client(servers[0].endpoint));
    g_assert_false(vsock_server_is_of_one_client(servers[1].endpoint));
    attempt(0, VSOCK_OUTCOME_ACCEPTED);
    attempt(1, VSOCK_OUTCOME_ACCEPTED);
    refuse(0, 3);
    refuse(1, 3);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(found.src.cid, ==, 42);
    g_assert_true(is_lost(1));
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_NONE);
}

/* ---- gaps ---- */

static void a_silence_of_ten_seconds_is_a_gap_once_streams_open_again(void)
{
    struct vsock_cid_pair p = {.low_cid = 2, .high_cid = 3};

    vsock_cid_pair_take(&p, SECOND);
    vsock_cid_pair_take(&p, 11 * SECOND - 1);
    g_assert_false(vsock_cid_pair_opened(&p, 11 * SECOND - 1));
    vsock_cid_pair_take(&p, 21 * SECOND - 1);
    g_assert_false(vsock_cid_pair_opened(&p, 21 * SECOND - 2)); /* requested before its end */
    g_assert_true(vsock_cid_pair_opened(&p, 21 * SECOND - 1));
    g_assert_cmpint(p.gap.from, ==, 11 * SECOND - 1);
    g_assert_false(vsock_cid_pair_opened(&p, 22 * SECOND)); /* is told once */
}

static void a_stream_that_spoke_just_before_the_gap_and_never_again_is_orphaned(void)
{
    struct vsock_gap gap = {.from = 100 * SECOND, .until = 110 * SECOND};
    int64_t seen_until = 120 * SECOND;
    struct vsock_capture_source source = {.seen_until = &seen_until};
    struct vsock_stream s = {.source = &source, .superseded_time = VSOCK_TIME_NONE};

    s.conn.state = VSOCK_STATE_OPEN;
    s.last = mark(7, 98 * SECOND);
    g_assert_true(vsock_stream_orphaned(&s, &gap, 1, &found));
    g_assert_cmpint(found.figures.longest, ==, 10 * SECOND);
    g_assert_cmpint(found.figures.total, ==, 22 * SECOND);
    g_assert_true(found.lasting);
    s.last.time = 98 * SECOND - 1; /* idle since long */
    g_assert_false(vsock_stream_orphaned(&s, &gap, 1, &found));
    s.last.time = 110 * SECOND; /* it spoke again */
    g_assert_false(vsock_stream_orphaned(&s, &gap, 1, &found));
    s.last.time = 100 * SECOND;
    seen_until--; /* it may yet */
    g_assert_false(vsock_stream_orphaned(&s, &gap, 1, &found));
    seen_until++;
    s.conn.state = VSOCK_STATE_CLOSED;
    g_assert_false(vsock_stream_orphaned(&s, &gap, 1, &found));
    s.conn.state = VSOCK_STATE_OPEN;
    g_assert_false(vsock_stream_orphaned(&s, &gap, 0, &found)); /* an idle stream alone */
}

/* ---- head of line ---- */

static struct vsock_cid_pair together;

static void wait_for(uint32_t stream, int64_t from, int64_t until)
{
    struct vsock_waited waited = {.stream = stream, .frame = stream + 1, .from = from, .until = until};

    vsock_cid_pair_waited(&together, &waited);
}

static void three_streams_that_wait_and_go_on_together_share_a_queue(void)
{
    together = (struct vsock_cid_pair){.low_cid = 2, .high_cid = 3};
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 3000 * MS, 5050 * MS);
    g_assert_cmpuint(together.together.figures.count, ==, 0);
    wait_for(3, 4000 * MS, 5100 * MS);
    g_assert_true(vsock_cid_pair_diagnose(&together, 3, &found));
    g_assert_cmpuint(together.together.figures.count, ==, 3);
    g_assert_cmpint(found.figures.longest, ==, SECOND);
    g_assert_false(vsock_cid_pair_diagnose(&together, 2, &found)); /* a filter left two */
}

static void streams_that_go_on_later_are_on_their_own(void)
{
    together = (struct vsock_cid_pair){.low_cid = 2, .high_cid = 3};
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(3, 0, 5101 * MS);
    g_assert_cmpuint(together.together.figures.count, ==, 0);
}

static void streams_that_overlap_too_little_are_on_their_own(void)
{
    together = (struct vsock_cid_pair){.low_cid = 2, .high_cid = 3};
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(3, 4001 * MS, 5090 * MS);
    g_assert_cmpuint(together.together.figures.count, ==, 0);
}

static void one_stream_is_one_however_often_it_waits(void)
{
    together = (struct vsock_cid_pair){.low_cid = 2, .high_cid = 3};
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(2, 0, 5060 * MS); /* the other direction */
    g_assert_cmpuint(together.together.figures.count, ==, 0);
}

#define TEST(name) g_test_add_func("/cross_stream/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(three_refusals_of_a_port_are_a_warning);
    TEST(refusals_that_the_client_makes_itself_are_its_own);
    TEST(a_type_that_a_port_never_took_is_a_mismatch);
    TEST(a_port_that_took_both_types_has_no_mismatch);
    TEST(an_unknown_type_is_no_mismatch);
    TEST(a_port_that_accepted_and_refuses_three_times_is_lost);
    TEST(accepting_in_between_keeps_the_listener);
    TEST(refusals_before_the_first_accept_stay_refusals);
    TEST(ten_ports_within_a_second_are_a_scan);
    TEST(ten_ports_in_more_than_a_second_are_none);
    TEST(only_the_latest_ten_ports_make_a_scan);
    TEST(a_scan_begins_anew_when_the_clock_goes_back);
    TEST(of_a_listener_that_is_lost_twice_the_longer_time_is_told);
    TEST(a_filter_changes_what_is_told_and_not_what_is_found);
    TEST(of_a_listener_that_is_lost_twice_the_time_that_was_selected_is_told);
    TEST(a_lost_listener_is_no_part_of_a_scan);
    TEST(requests_without_answer_are_counted_by_port);
    TEST(three_streams_open_for_five_seconds_without_data_are_said);
    TEST(the_host_is_judged_by_each_of_its_guests);
    TEST(a_silence_of_ten_seconds_is_a_gap_once_streams_open_again);
    TEST(a_stream_that_spoke_just_before_the_gap_and_never_again_is_orphaned);
    TEST(three_streams_that_wait_and_go_on_together_share_a_queue);
    TEST(streams_that_go_on_later_are_on_their_own);
    TEST(streams_that_overlap_too_little_are_on_their_own);
    TEST(one_stream_is_one_however_often_it_waits);
    return g_test_run();
}
