/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_datagrams.c - what becomes of packets of type DGRAM, and which are said to be refused. A test's name
 * is the rule it checks. C sends the datagrams, S is to take them. */
#include "core/datagrams.h"
#include "story.h"

static struct connection datagrams_between(uint64_t client_cid, uint32_t client_port, uint64_t cid,
                                           uint32_t port)
{
    struct connection c = between(client_cid, client_port, cid, port);

    c.type = VSOCK_TYPE_DGRAM;
    return c;
}

static struct connection begin(void)
{
    begin_capture();
    return datagrams_between(2, 123, 42, 123);
}

static struct vsock_diagnosis refused(void)
{
    return judge_for(VSOCK_CODE_DATAGRAM_REFUSED, NULL);
}

static void assert_healthy(void)
{
    unsigned others;

    g_assert_cmpuint(judge_for(VSOCK_CODE_DATAGRAM_REFUSED, &others).figures.count, ==, 0);
    g_assert_cmpuint(others, ==, 0);
}

static void refuse_datagram(const struct connection *c)
{
    struct connection copy = *c;

    g_assert_null(rw(&copy, 8));
    g_assert_null(no_socket(&copy, S));
}

/* ---- in no stream ---- */

static void whatever_their_operation_they_are_in_no_stream(void)
{
    struct connection c = begin();

    for (int op = VSOCK_OP_INVALID; op <= VSOCK_OP_CREDIT_REQUEST + 1; op++) {
        g_assert_null(take(&c, C, (enum vsock_op)op, 8));
        g_assert_null(take(&c, S, (enum vsock_op)op, 0));
    }
    g_assert_cmpuint(stream_count(), ==, 0);
    g_assert_cmpuint(capture->records, ==, 0);
    g_assert_cmpuint(capture->packets, ==, 18);
    g_assert_cmpuint(capture->datagram_packets, ==, 18);
}

static void a_stream_between_the_same_endpoints_goes_on(void)
{
    struct connection c = begin(), stream = c;
    const struct vsock_record *r;

    stream.type = VSOCK_TYPE_STREAM;
    open_connection(&stream);
    refuse_datagram(&c);
    r = rw(&stream, 100);
    g_assert_cmpuint(r->state, ==, VSOCK_STATE_OPEN);
    g_assert_cmpuint(r->number, ==, 3);
    g_assert_cmphex(vsock_record_findings(r), ==, 0);
    g_assert_cmpuint(stream_count(), ==, 1);
    g_assert_cmpuint(refused().figures.count, ==, 1);
}

static void what_is_cut_is_none(void)
{
    struct connection c = begin();
    struct record r = record_of(&c, C, VSOCK_OP_RW, 8);

    take_cut(&r, VSOCK_HEADERS_MAX - 1);
    g_assert_cmpuint(capture->datagram_packets, ==, 0);
    take_cut(&r, VSOCK_HEADERS_MAX);
    g_assert_cmpuint(capture->datagram_packets, ==, 1);
}

static void they_are_known_by_their_endpoints_and_where_they_were_recorded(void)
{
    struct connection c = begin(), other = datagrams_between(2, 124, 42, 123);
    struct vsock_arrival here = {0}, there = {.interface = 1};
    struct record r = record_of(&c, C, VSOCK_OP_RW, 8), back = record_of(&c, S, VSOCK_OP_RST, 0);
    struct record of_other = record_of(&other, C, VSOCK_OP_RW, 8);
    struct vsock_packet p = read_record(&r), q = read_record(&back), o = read_record(&of_other);

    take_cut(&r, UINT32_MAX);
    g_assert_nonnull(vsock_capture_datagrams(capture, &p, &here));
    g_assert_true(vsock_capture_datagrams(capture, &q, &here) == vsock_capture_datagrams(capture, &p, &here));
    g_assert_null(vsock_capture_datagrams(capture, &p, &there));
    g_assert_null(vsock_capture_datagrams(capture, &o, &here));
}

static void a_malformed_one_is_told_of_as_any_packet(void)
{
    struct connection c = begin();
    struct record r = record_of(&c, C, VSOCK_OP_RW, 8);

    SET_VIRTIO(&r, src_cid, UINT64_C(1) << 32);
    take_cut(&r, UINT32_MAX);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CID_ANOMALY, NULL).figures.count, ==, 1);
}

/* A REQUEST had no answer while the capture went on, if only with datagrams. */
static void the_capture_goes_on_with_them(void)
{
    struct connection c = begin(), stream = between(42, 5000, 2, 9999);

    request(&stream);
    after(3 * SECOND);
    rw(&c, 8);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CONNECT_UNANSWERED, NULL).figures.count, ==, 1);
}

/* ---- refused ---- */

static void those_that_a_rst_answers_are_counted_once_for_a_pair_of_endpoints(void)
{
    struct connection c = begin();
    struct vsock_diagnosis d;

    for (int i = 0; i < 3; i++) { /* frames 1 to 6 */
        refuse_datagram(&c);
        after(60 * SECOND);
    }
    rw(&c, 8);
    d = refused();
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(d.figures.count, ==, 3);
    g_assert_cmpuint(d.figures.of, ==, 4);
    g_assert_cmpint(d.figures.total, ==, 120 * SECOND + 2 * MS);
    g_assert_cmpuint(d.first_frame, ==, 2);
    g_assert_cmpuint(d.last_frame, ==, 6);
    g_assert_cmpuint(d.stream, ==, VSOCK_STREAM_NONE);
    g_assert_cmpint(d.src_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpuint(d.src.cid, ==, 2);
    g_assert_cmpuint(d.dst.cid, ==, 42);
}

static void those_that_are_taken_are_healthy(void)
{
    struct connection c = begin();

    for (int i = 0; i < 5; i++)
        rw(&c, 8);
    assert_healthy();
}

static void who_answers_by_a_datagram_took_those_before(void)
{
    struct connection c = begin();

    rw(&c, 8);
    take(&c, S, VSOCK_OP_RW, 8);
    no_socket(&c, S);
    assert_healthy();
    rw(&c, 8);
    no_socket(&c, S);
    g_assert_cmpuint(refused().figures.count, ==, 1);
}

static void each_is_refused_once(void)
{
    struct connection c = begin();

    refuse_datagram(&c);
    no_socket(&c, S);
    g_assert_cmpuint(refused().figures.count, ==, 1);
}

static void only_a_rst_of_the_same_type_refuses_a_datagram(void)
{
    struct connection c = begin(), stream = c;

    stream.type = VSOCK_TYPE_STREAM;
    rw(&c, 8);
    no_socket(&stream, S);
    assert_healthy();
}

static void a_rst_that_answers_no_datagram_says_nothing(void)
{
    struct connection c = begin();

    no_socket(&c, S);
    take(&c, C, VSOCK_OP_REQUEST, 0); /* of that type: nobody knows what it means */
    no_socket(&c, S);
    no_socket(&c, C);
    assert_healthy();
}

static void two_pairs_of_endpoints_are_told_apart(void)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    begin();
    for (uint64_t guest = 42; guest < 44; guest++) {
        struct connection c = datagrams_between(2, 123, guest, 123);

        refuse_datagram(&c);
    }
    vsock_judge(capture, NULL, found);
    g_assert_cmpuint(found->len, ==, 2);
    g_assert_cmpuint(g_array_index(found, struct vsock_diagnosis, 1).dst.cid, ==, 43);
    g_array_free(found, TRUE);
}

static void of_three_senders_or_more_one_record_tells(void)
{
    struct vsock_diagnosis d;

    begin();
    for (uint32_t port = 1; port <= 3; port++) {
        struct connection c = datagrams_between(2, port, 42, 123);

        rw(&c, 8);
        refuse_datagram(&c);
        after(SECOND);
    }
    d = refused();
    g_assert_cmpuint(d.figures.count, ==, 3);
    g_assert_cmpuint(d.figures.of, ==, 6);
    g_assert_cmpint(d.figures.total, ==, 2 * SECOND + 4 * MS);
    g_assert_cmpint(d.src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpint(d.dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
}

static void they_are_told_where_a_packet_of_theirs_is_selected(void)
{
    struct connection c = begin();
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    refuse_datagram(&c);
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 0);
    only.datagrams = g_hash_table_new(NULL, NULL);
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 0);
    g_hash_table_add(only.datagrams, *(void **)wmem_array_index(capture->datagrams.all, 0));
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 1);
    g_hash_table_destroy(only.streams);
    g_hash_table_destroy(only.datagrams);
    g_array_free(found, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/datagrams/" #name, name)
    TEST(whatever_their_operation_they_are_in_no_stream);
    TEST(a_stream_between_the_same_endpoints_goes_on);
    TEST(what_is_cut_is_none);
    TEST(they_are_known_by_their_endpoints_and_where_they_were_recorded);
    TEST(a_malformed_one_is_told_of_as_any_packet);
    TEST(the_capture_goes_on_with_them);
    TEST(those_that_a_rst_answers_are_counted_once_for_a_pair_of_endpoints);
    TEST(those_that_are_taken_are_healthy);
    TEST(who_answers_by_a_datagram_took_those_before);
    TEST(each_is_refused_once);
    TEST(only_a_rst_of_the_same_type_refuses_a_datagram);
    TEST(a_rst_that_answers_no_datagram_says_nothing);
    TEST(two_pairs_of_endpoints_are_told_apart);
    TEST(of_three_senders_or_more_one_record_tells);
    TEST(they_are_told_where_a_packet_of_theirs_is_selected);
    return g_test_run();
}
