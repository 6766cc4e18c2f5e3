/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_followed.c - how many connections are followed, and what is said of the others. A test's name is the
 * rule it checks. A pair of CIDs, and an interface, count as much as a connection. */
#include "core/cross_stream.h"
#include "core/followed.h"
#include "story.h"

/* So many connections between two CIDs that are recorded on one interface. */
static void follow(uint32_t connections)
{
    begin_capture();
    capture->thresholds.followed = 2 + connections;
}

static struct connection client_at(uint32_t port)
{
    return between(42, port, 43, 9999);
}

static struct vsock_diagnosis not_followed(void)
{
    return judge_for(VSOCK_CODE_NOT_FOLLOWED, NULL);
}

static uint32_t streams(void)
{
    return wmem_array_get_count(capture->streams);
}

static void those_beyond_the_limit_are_not_followed(void)
{
    struct connection c;
    struct vsock_diagnosis d;

    follow(3);
    for (uint32_t port = 1; port <= 3; port++) {
        c = client_at(port);
        g_assert_nonnull(request(&c));
    }
    g_assert_cmpuint(not_followed().figures.count, ==, 0);
    c = client_at(4);
    g_assert_null(request(&c));
    g_assert_null(take(&c, S, VSOCK_OP_RESPONSE, 0));
    g_assert_null(rw(&c, 10));
    g_assert_cmpuint(streams(), ==, 3);
    g_assert_cmpuint(capture->packets, ==, 6);
    d = not_followed();
    g_assert_cmpuint(d.figures.count, ==, 3);
    g_assert_cmpuint(d.figures.others, ==, 1);
    g_assert_cmpuint(d.first_frame, ==, 4);
    g_assert_cmpuint(d.last_frame, ==, 6);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_WARN);
}

static void those_that_are_followed_stay_so(void)
{
    struct connection first = client_at(1), second = client_at(2);

    follow(1);
    request(&first);
    request(&second);
    g_assert_nonnull(take(&first, S, VSOCK_OP_RESPONSE, 0));
    g_assert_nonnull(rw(&first, 10));
    g_assert_null(rw(&second, 10));
}

static void connections_that_come_to_their_end_are_all_followed(void)
{
    follow(1);
    for (uint32_t port = 1; port <= 100; port++) {
        struct connection c = client_at(port);

        g_assert_nonnull(open_connection(&c));
        for (unsigned i = 0; i < (port == 1 ? 16 : 1); i++) /* the CIDs and the interface count, too */
            rw(&c, 1);
        shut(&c, C, 3);
        g_assert_nonnull(no_socket(&c, S));
    }
}

static void where_none_is_set_there_is_no_limit(void)
{
    begin_capture();
    for (uint32_t port = 1; port <= 100; port++) {
        struct connection c = client_at(port);

        g_assert_nonnull(request(&c));
    }
    g_assert_false(capture->left_out);
}

static void a_pair_of_cids_counts_as_a_connection(void)
{
    struct connection other = between(44, 1, 43, 9999), same = client_at(2), first = client_at(1);

    follow(2);
    request(&first);
    g_assert_null(request(&other)); /* it would be two more */
    follow(2);
    request(&first);
    g_assert_nonnull(request(&same));
}

static void a_generation_beyond_the_limit_leaves_its_endpoints_out(void)
{
    struct connection c = client_at(1);
    const struct vsock_record *before;

    follow(1);
    before = open_connection(&c);
    rw(&c, 1000); /* the window is shut */
    after(SECOND);
    g_assert_null(request(&c));
    after(60 * SECOND);
    g_assert_null(rw(&c, 10));
    g_assert_cmpuint(streams(), ==, 1);
    g_assert_cmpint(vsock_stream_open_stall(before->stream, C), <, 2 * SECOND); /* what is known ends there */
}

static void what_began_unseen_is_not_taken_for_another(void)
{
    struct connection c = client_at(2), first = client_at(1), next = client_at(3);

    follow(1);
    request(&first);
    g_assert_null(request(&c));
    for (unsigned i = 0; i < 100; i++) /* there is room again */
        rw(&first, 1);
    g_assert_null(take(&c, S, VSOCK_OP_RESPONSE, 0));
    g_assert_nonnull(request(&next));
    g_assert_nonnull(request(&c));
    g_assert_nonnull(take(&c, S, VSOCK_OP_RESPONSE, 0));
}

static void datagrams_between_endpoints_beyond_the_limit_are_left_out(void)
{
    struct connection c = client_at(1), datagrams = between(44, 1, 43, 1);

    datagrams.type = VSOCK_TYPE_DGRAM;
    follow(1);
    request(&c);
    rw(&datagrams, 10);
    g_assert_cmpuint(capture->datagram_packets, ==, 0);
    g_assert_cmpuint(not_followed().figures.count, ==, 1);
    g_assert_cmpuint(not_followed().figures.others, ==, 0);
}

static void a_malformed_one_is_told_of_as_any_packet(void)
{
    struct connection c = client_at(1), second = client_at(2);
    struct record r;

    follow(1);
    request(&c);
    r = record_of(&second, C, VSOCK_OP_REQUEST, 0);
    SET_MON(&r, src_cid, UINT64_C(1) << 40);
    SET_VIRTIO(&r, src_cid, UINT64_C(1) << 40);
    g_assert_null(take_cut(&r, UINT32_MAX)); /* of endpoints that are not followed */
    g_assert_cmpuint(judge_for(VSOCK_CODE_CID_ANOMALY, NULL).figures.count, ==, 1);
    c.end[C].cid = 0;
    follow(0);
    capture->thresholds.followed = 1;
    r = record_of(&c, C, VSOCK_OP_RW, 10);
    g_assert_null(take_cut(&r, UINT32_MAX)); /* the pair of CIDs is the one that may be kept */
    g_assert_null(take_cut(&r, UINT32_MAX));
    g_assert_cmpuint(judge_for(VSOCK_CODE_CID_ANOMALY, NULL).figures.count, ==, 2);
}

/* Who is heard of is not silent, whether its packets are followed or not. */
static void a_cid_is_heard_of_by_what_is_not_followed(void)
{
    struct connection c = client_at(1), second = client_at(2);
    const struct vsock_record *r;
    uint32_t packets;

    follow(1);
    r = request(&c);
    packets = r->stream->cid_pair->cid[S]->packets;
    take(&second, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(r->stream->cid_pair->cid[S]->packets, ==, packets + 1);
    g_assert_cmpint(r->stream->cid_pair->last_time, ==, now - MS);
}

static void it_is_told_where_a_packet_of_theirs_is_selected(void)
{
    struct connection c = client_at(1), second = client_at(2);
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    follow(1);
    request(&c);
    request(&second);
    vsock_judge(capture, &only, found);
    g_assert_cmpuint(found->len, ==, 0);
    only.unassociated = capture->unassociated;
    vsock_judge(capture, &only, found);
    g_assert_nonnull(first_of_code(found, VSOCK_CODE_NOT_FOLLOWED));
    g_hash_table_destroy(only.streams);
    g_array_free(found, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/followed/" #name, name)
    TEST(those_beyond_the_limit_are_not_followed);
    TEST(those_that_are_followed_stay_so);
    TEST(connections_that_come_to_their_end_are_all_followed);
    TEST(where_none_is_set_there_is_no_limit);
    TEST(a_pair_of_cids_counts_as_a_connection);
    TEST(a_generation_beyond_the_limit_leaves_its_endpoints_out);
    TEST(what_began_unseen_is_not_taken_for_another);
    TEST(datagrams_between_endpoints_beyond_the_limit_are_left_out);
    TEST(a_malformed_one_is_told_of_as_any_packet);
    TEST(a_cid_is_heard_of_by_what_is_not_followed);
    TEST(it_is_told_where_a_packet_of_theirs_is_selected);
    return g_test_run();
}
