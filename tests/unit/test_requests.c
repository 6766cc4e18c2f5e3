/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_requests.c - what became of requests, and what that is diagnosed as. A test's name is the rule it
 * checks. */
#include <glib.h>

#include "core/requests.h"
#include "packet.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct vsock_stream streams[64]; /* one an attempt, of one client */
static unsigned count, marks;
static int64_t now, seen_until;
static uint64_t server_cid;
static struct vsock_capture_source source = {.seen_until = &seen_until};
static GHashTable *selected; /* NULL: all */
static GArray *report;
static struct vsock_diagnosis found;
static wmem_allocator_t *memory;
static struct vsock_table cids;
static struct vsock_cid_pair pairs[2]; /* of the client and the two servers' CIDs: 2 and 3 */

static void begin(void)
{
    g_clear_pointer(&selected, g_hash_table_destroy);
    count = marks = 0;
    now = seen_until = SECOND;
    server_cid = 3;
    if (memory)
        wmem_destroy_allocator(memory);
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    cids = vsock_table_new_listed(memory);
    for (unsigned i = 0; i < 2; i++)
        pairs[i].cid[1] = vsock_cid_get(&cids, &source, 2 + i, 42);
}

static struct vsock_mark mark_now(void)
{
    struct vsock_mark at = mark(++marks, now);

    seen_until = MAX(seen_until, now);
    now += MS;
    return at;
}

static struct vsock_stream *request(unsigned port)
{
    struct vsock_stream *s = &streams[count];

    *s = (struct vsock_stream){
        .index = count++,
        .source = &source,
        .cid_pair = &pairs[server_cid - 2],
        .superseded_time = VSOCK_TIME_NONE,
        .side = {{.cid = 42, .port = 5000}, {.cid = server_cid, .port = 1024 + port}},
        .conn = {.from_request = true, .client = 0, .rst_side = 1, .type = VSOCK_TYPE_STREAM},
        .stats = {.shut_time = VSOCK_TIME_NONE},
    };
    s->conn.completeness = VSOCK_COMPLETE_REQUEST;
    return s;
}

static struct vsock_conn *refuse_one(unsigned port)
{
    struct vsock_stream *s = request(port);

    s->conn.rst_kind = VSOCK_RST_REFUSED;
    s->conn.ended = true;
    s->conn.reset = s->conn.request = mark_now();
    return &s->conn;
}

static void refuse(unsigned port, unsigned times)
{
    while (times-- > 0)
        refuse_one(port);
}

static struct vsock_conn *accept_one(unsigned port)
{
    struct vsock_stream *s = request(port);

    s->conn.response = s->conn.request = mark_now();
    s->conn.completeness |= VSOCK_COMPLETE_RESPONSE;
    s->stats.side[0].rws = 1;
    return &s->conn;
}

static void end(struct vsock_conn *c)
{
    c->ended = true;
    c->reset = mark_now();
}

static void judge(void)
{
    struct vsock_capture capture = {.thresholds = {.connect_timeout = 2 * SECOND}, .cids = cids};

    g_clear_pointer(&report, g_array_unref);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    capture.streams = wmem_array_new(NULL, sizeof(struct vsock_stream *));
    for (unsigned i = 0; i < count; i++) {
        const struct vsock_stream *s = &streams[i];

        wmem_array_append_one(capture.streams, s);
    }
    vsock_requests_judge(&capture, NULL, NULL, NULL, selected, report);
    wmem_destroy_array(capture.streams);
}

/* Whether it was told, of a port or, without its number, of a CID. */
static bool is_told(enum vsock_code code, unsigned port)
{
    for (unsigned i = 0; i < report->len; i++) {
        found = g_array_index(report, struct vsock_diagnosis, i);
        if (found.code == code && (found.dst_scope == VSOCK_SCOPE_CID || found.dst.port == 1024 + port))
            return true;
    }
    return false;
}

static bool is_refused(unsigned port)
{
    return is_told(VSOCK_CODE_CONNECT_REFUSED, port);
}

static bool is_mismatch(unsigned port, uint16_t type)
{
    return is_told(VSOCK_CODE_CONNECT_TYPE_MISMATCH, port) && found.type == type;
}

static bool is_lost(unsigned port)
{
    return is_told(VSOCK_CODE_LISTENER_LOST, port);
}

static bool is_scanned(void)
{
    return is_told(VSOCK_CODE_PORT_SCAN, 0);
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
    refuse_one(0)->rst_side = 0;
    judge();
    g_assert_true(is_refused(0));
    g_assert_true(found.own_fault);
    g_assert_false(found.dialled_itself);
}

static void a_type_that_a_port_never_took_is_a_mismatch(void)
{
    begin();
    refuse_one(0)->type = VSOCK_TYPE_SEQPACKET;
    accept_one(0); /* later: the port is known all the same */
    judge();
    g_assert_true(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_cmpint(found.type, ==, VSOCK_TYPE_SEQPACKET);
    g_assert_cmpuint(found.figures.others, ==, 1);
    g_assert_false(is_refused(0));
}

static void a_port_that_took_both_types_has_no_mismatch(void)
{
    begin();
    accept_one(0);
    accept_one(0)->type = VSOCK_TYPE_SEQPACKET;
    refuse_one(0)->type = VSOCK_TYPE_SEQPACKET;
    judge();
    g_assert_false(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_true(is_refused(0));
}

static void an_unknown_type_is_no_mismatch(void)
{
    begin();
    accept_one(0);
    refuse_one(0)->type = 7;
    judge();
    g_assert_true(is_refused(0));
}

static void a_port_that_accepted_and_refuses_three_times_is_lost(void)
{
    begin();
    accept_one(0);
    refuse(0, 2);
    judge();
    g_assert_false(is_lost(0));
    g_assert_true(is_refused(0));
    begin();
    accept_one(0);
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
    accept_one(0);
    refuse(0, 2);
    accept_one(0);
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
    end(accept_one(0));
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
    g_assert_false(is_scanned());
    g_assert_true(is_refused(0));
    begin();
    for (unsigned port = 0; port < 10; port++)
        refuse(port, 2);
    judge();
    g_assert_true(is_scanned());
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
    return is_scanned();
}

static void ten_ports_in_more_than_a_second_are_none(void)
{
    g_assert_true(is_scan_within(SECOND));
    g_assert_cmpint(found.figures.total, ==, SECOND);
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
    g_assert_true(is_scanned());
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
    g_assert_false(is_scanned()); /* six ports since */
    g_assert_true(is_refused(0));
    g_assert_cmpint(found.figures.total, >=, 0);
}

static void what_was_refused_before_the_clock_went_back_is_no_part_of_a_scan(void)
{
    begin();
    refuse(10, 1);
    now -= 10 * SECOND;
    for (unsigned port = 0; port < 10; port++)
        refuse(port, 1);
    judge();
    g_assert_true(is_scanned());
    g_assert_cmpuint(found.figures.count, ==, 10);
    g_assert_true(is_refused(10));
}

static void of_a_listener_that_is_lost_twice_the_longer_time_is_told(void)
{
    begin();
    accept_one(0);
    refuse(0, 3);
    accept_one(0);
    refuse(0, 4);
    accept_one(0);
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

/* Of the streams, by number. */
static void select_only(unsigned stream)
{
    g_clear_pointer(&selected, g_hash_table_destroy);
    selected = g_hash_table_new(NULL, NULL);
    g_hash_table_add(selected, GUINT_TO_POINTER(stream));
}

static void a_filter_changes_what_is_told_and_not_what_is_found(void)
{
    begin();
    accept_one(0);
    refuse_one(0)->type = VSOCK_TYPE_SEQPACKET;
    refuse(1, 3);
    select_only(1);
    judge();
    g_assert_true(is_mismatch(0, VSOCK_TYPE_SEQPACKET)); /* although the acceptance was not selected */
    g_assert_false(is_refused(1));
    select_only(3);
    judge();
    g_assert_false(is_mismatch(0, VSOCK_TYPE_SEQPACKET));
    g_assert_true(is_refused(1));
    g_assert_cmpuint(found.figures.count, ==, 3);
}

static void of_a_listener_that_is_lost_twice_the_time_that_was_selected_is_told(void)
{
    begin();
    accept_one(0);
    refuse(0, 4);
    accept_one(0);
    refuse(0, 3);
    select_only(7);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.others, ==, 2);
}

static void a_lost_listener_is_no_part_of_a_scan(void)
{
    begin();
    accept_one(0);
    refuse(0, 3);
    for (unsigned port = 1; port < 10; port++)
        refuse(port, 1);
    judge();
    g_assert_true(is_lost(0));
    g_assert_false(is_scanned()); /* nine ports */
}

/* When Linux has given up: libkrun issue 684. */
static void a_late_refusal_is_no_missing_answer(void)
{
    for (unsigned late = 0; late < 2; late++) {
        struct vsock_conn *c;

        begin();
        c = refuse_one(0);
        c->completeness |= VSOCK_COMPLETE_RST;
        c->reset.time = c->request.time + 2 * SECOND - 1 + late;
        judge();
        g_assert_cmpuint(report->len, ==, 1);
        g_assert_true(is_refused(0));
        g_assert_cmpint(found.severity, ==, late ? VSOCK_SEVERITY_WARN : VSOCK_SEVERITY_NOTE);
        g_assert_cmpint(found.figures.longest, ==, 2 * SECOND - 1 + late);
    }
}

static void who_gives_up_itself_had_no_answer(void)
{
    struct vsock_conn *c;

    begin();
    c = refuse_one(0);
    c->completeness |= VSOCK_COMPLETE_RST;
    c->rst_side = 0;
    c->rst_kind = VSOCK_RST_CONNECT_ABANDONED;
    c->reset.time = c->request.time + 2 * SECOND;
    judge();
    g_assert_cmpuint(report->len, ==, 1);
    g_assert_true(is_told(VSOCK_CODE_CONNECT_UNANSWERED, 0));
}

static void requests_without_answer_are_counted_by_port(void)
{
    begin();
    request(0)->conn.request = mark(5, SECOND);
    request(0)->conn.request = mark(8, 3 * SECOND);
    request(0)->conn.request = mark(9, 3 * SECOND + 1); /* may have an answer yet */
    seen_until = 5 * SECOND;
    judge();
    g_assert_true(is_told(VSOCK_CODE_CONNECT_UNANSWERED, 0));
    g_assert_cmpuint(found.figures.count, ==, 2);
    g_assert_cmpuint(found.figures.of, ==, 3);
    g_assert_cmpint(found.figures.total, ==, 2 * SECOND);
}

/* A request at 5 s, of which there is no answer. */
static void let_one_go_unanswered(void)
{
    request(0)->conn.request = mark(5, 5 * SECOND);
    seen_until = 8 * SECOND;
    judge();
    g_assert_true(is_told(VSOCK_CODE_CONNECT_UNANSWERED, 0));
}

static void who_does_not_answer_was_heard_of_before_or_since_or_never(void)
{
    begin();
    let_one_go_unanswered();
    g_assert_cmpint(found.heard, ==, VSOCK_HEARD_NEVER);
    begin();
    vsock_cid_take(pairs[1].cid[1], 2 * SECOND);
    vsock_cid_take(pairs[1].cid[1], SECOND); /* by a clock that went back */
    let_one_go_unanswered();
    g_assert_cmpint(found.heard, ==, VSOCK_HEARD_BEFORE);
    g_assert_cmpint(found.figures.longest, ==, 3 * SECOND);
    begin();
    vsock_cid_take(pairs[1].cid[1], 5 * SECOND);
    let_one_go_unanswered();
    g_assert_cmpint(found.heard, ==, VSOCK_HEARD_SINCE);
    g_assert_cmpint(found.figures.longest, ==, 0);
}

/* Between these two. */
static enum vsock_way way_of(uint64_t client, uint64_t server)
{
    struct vsock_stream *s = request(0);

    s->conn.request = mark(5, 5 * SECOND);
    s->side[0].cid = client;
    s->side[1].cid = server;
    seen_until = 8 * SECOND;
    judge();
    g_assert_true(is_told(VSOCK_CODE_CONNECT_UNANSWERED, 0));
    return found.way;
}

static void requests_go_to_a_guest_or_to_the_host_or_between_guests(void)
{
    begin();
    g_assert_cmpint(way_of(2, 3), ==, VSOCK_WAY_TO_GUEST);
    begin();
    g_assert_cmpint(way_of(1, 3), ==, VSOCK_WAY_TO_GUEST);
    begin();
    g_assert_cmpint(way_of(42, 3), ==, VSOCK_WAY_BETWEEN_GUESTS);
    begin();
    g_assert_cmpint(way_of(42, 42), ==, VSOCK_WAY_NOWHERE);
    begin();
    g_assert_cmpint(way_of(42, VSOCK_CID_ANY), ==, VSOCK_WAY_NOWHERE);
    begin();
    g_assert_cmpint(way_of(2, 2), ==, VSOCK_WAY_NOWHERE);
    begin();
    g_assert_cmpint(way_of(3, 2), ==, VSOCK_WAY_TO_HOST);
}

static void a_capture_with_several_guests_of_a_host_is_the_hosts(void)
{
    static struct vsock_capture_source elsewhere;

    begin(); /* with guest 42 */
    vsock_cid_get(&cids, &elsewhere, 2, 43);
    vsock_cid_get(&cids, &source, 2, 1); /* loopback */
    g_assert_cmpint(way_of(42, 2), ==, VSOCK_WAY_TO_HOST);
    begin();
    vsock_cid_get(&cids, &source, 2, 43);
    g_assert_cmpint(way_of(42, 2), ==, VSOCK_WAY_TO_HOST_FROM_OUTSIDE);
}

static void what_was_requested_has_its_type(void)
{
    begin();
    refuse_one(0)->type = VSOCK_TYPE_SEQPACKET;
    refuse_one(1)->type = VSOCK_TYPE_SEQPACKET;
    refuse_one(1);
    judge();
    g_assert_true(is_refused(0));
    g_assert_cmpuint(found.type, ==, VSOCK_TYPE_SEQPACKET);
    g_assert_true(is_refused(1));
    g_assert_cmpuint(found.type, ==, 0);
}

static void lose(unsigned port, int64_t time)
{
    accept_one(port);
    now = time;
    refuse(port, 3);
}

static void ports_of_a_machine_that_are_lost_within_a_second_are_told_together(void)
{
    begin();
    lose(0, 10 * SECOND);
    now = SECOND;
    end(accept_one(1));
    lose(1, 11 * SECOND);
    now = SECOND;
    lose(2, 11 * SECOND + 1);
    judge();
    g_assert_true(is_lost(2)); /* on its own */
    g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(found.port_count, ==, 2);
    g_assert_cmpuint(found.ports[0], ==, 1024);
    g_assert_cmpuint(found.ports[1], ==, 1025);
    g_assert_cmpuint(found.figures.count, ==, 6);
    g_assert_cmpuint(found.figures.others, ==, 3);
    g_assert_cmpuint(found.figures.of, ==, 2);
    g_assert_cmpint(found.figures.total, ==, SECOND + 2 * MS);
    g_assert_cmpuint(report->len, ==, 2);
    found = g_array_index(report, struct vsock_diagnosis, 1);
    g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpuint(found.dst.port, ==, 1026);
}

static void ports_of_two_machines_are_told_apart(void)
{
    begin();
    lose(0, 10 * SECOND);
    server_cid = 2;
    now = SECOND;
    lose(1, 10 * SECOND);
    judge();
    g_assert_cmpuint(report->len, ==, 2);
    for (unsigned port = 0; port < 2; port++) {
        g_assert_true(is_lost(port));
        g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
    }
}

/* Another one, without data, open since 0. */
static struct vsock_stream *idle_until(int64_t time)
{
    struct vsock_stream *s = request(0);

    s->conn.response = s->stats.first = mark(++marks, 0);
    s->conn.completeness |= VSOCK_COMPLETE_RESPONSE;
    s->conn.ended = true;
    s->conn.reset = mark(++marks, time);
    return s;
}

static void three_streams_open_for_five_seconds_without_data_are_said(void)
{
    struct vsock_stream *shut;

    begin();
    idle_until(5 * SECOND);
    idle_until(9 * SECOND);
    idle_until(5 * SECOND - 1);
    idle_until(5 * SECOND)->conn.completeness |= VSOCK_COMPLETE_DATA;
    idle_until(5 * SECOND)->conn.flow.window[1].consumed = 1; /* of what was not captured */
    idle_until(5 * SECOND)->conn.degenerate = true;
    shut = idle_until(20 * SECOND);
    shut->stats.shut_time = 5 * SECOND - 1;                    /* no longer open */
    idle_until(5 * SECOND - 1)->stats.shut_time = 20 * SECOND; /* after its end, by its clock */
    judge();
    g_assert_false(is_told(VSOCK_CODE_NO_DATA, 0));
    shut->stats.shut_time = 5 * SECOND;
    judge();
    g_assert_true(is_told(VSOCK_CODE_NO_DATA, 0));
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpint(found.figures.longest, ==, 9 * SECOND);
}

static void the_host_is_judged_by_each_of_its_guests(void)
{
    begin();
    server_cid = 2;
    accept_one(0);
    refuse(0, 3);
    server_cid = 3;
    accept_one(1);
    refuse(1, 3);
    judge();
    g_assert_true(is_lost(0));
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(found.src.cid, ==, 42);
    g_assert_true(is_lost(1));
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_NONE);
}

#define TEST(name) g_test_add_func("/requests/" #name, name)

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
    TEST(what_was_refused_before_the_clock_went_back_is_no_part_of_a_scan);
    TEST(of_a_listener_that_is_lost_twice_the_longer_time_is_told);
    TEST(a_filter_changes_what_is_told_and_not_what_is_found);
    TEST(of_a_listener_that_is_lost_twice_the_time_that_was_selected_is_told);
    TEST(a_lost_listener_is_no_part_of_a_scan);
    TEST(a_late_refusal_is_no_missing_answer);
    TEST(who_gives_up_itself_had_no_answer);
    TEST(requests_without_answer_are_counted_by_port);
    TEST(who_does_not_answer_was_heard_of_before_or_since_or_never);
    TEST(requests_go_to_a_guest_or_to_the_host_or_between_guests);
    TEST(a_capture_with_several_guests_of_a_host_is_the_hosts);
    TEST(what_was_requested_has_its_type);
    TEST(ports_of_a_machine_that_are_lost_within_a_second_are_told_together);
    TEST(ports_of_two_machines_are_told_apart);
    TEST(three_streams_open_for_five_seconds_without_data_are_said);
    TEST(the_host_is_judged_by_each_of_its_guests);
    return g_test_run();
}
