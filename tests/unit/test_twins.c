/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_twins.c - connections that were recorded on both sides, and what only looks so. */
#include "two_views.h"

static void which_side_is_which(void)
{
    begin_two(0);
    talk(&to_host, 3);
    find();
    g_assert_cmpuint(wmem_array_get_count(twins->sides), ==, 1);
    g_assert_cmpint(vsock_view_of(twins, stream_at(0)->source), ==, VSOCK_VIEW_GUEST); /* it asks */
    g_assert_cmpint(vsock_view_of(twins, stream_at(1)->source), ==, VSOCK_VIEW_HOST);
    g_assert_true(vsock_twin_stream(twins, stream_at(0)) == stream_at(1));
    g_assert_true(vsock_twin_stream(twins, stream_at(1)) == stream_at(0));
    g_assert_cmpuint(vsock_twin_of(twins, 1), ==, 2);
    g_assert_cmpuint(vsock_twin_of(twins, 2), ==, 1);
}

static void the_other_way_round(void)
{
    begin_two(-3600 * SECOND);
    talk(&to_guest, 6);
    find();
    g_assert_cmpint(vsock_view_of(twins, stream_at(0)->source), ==, VSOCK_VIEW_HOST);
    assert_all_paired();
}

/* In the middle: what each packet took, since both took the same. */
static void delays(void)
{
    begin_two(7200 * SECOND);
    talk(&to_host, 8);
    find();
    for (uint32_t i = 1; i <= capture->records; i++) {
        struct vsock_delay delay = vsock_twin_delay(twins, i);

        g_assert_true(delay.known);
        g_assert_cmpint(ABS(delay.time - UNDER_WAY), <=, delay.within);
        g_assert_cmpint(delay.within, <, 2 * UNDER_WAY);
    }
}

static void a_packet_is_late(void)
{
    struct vsock_delay delay;
    uint32_t late;

    begin_two(7200 * SECOND);
    talk(&to_host, 8);
    under_way = 3 * SECOND;
    tell(&to_host, S, VSOCK_OP_CREDIT_UPDATE, 0);
    under_way = UNDER_WAY;
    late = late_record;
    now += 4 * SECOND;
    to_host.fwd_cnt[C]++;
    talk_on(&to_host, 3);
    find();
    delay = vsock_twin_delay(twins, late);
    g_assert_true(delay.known);
    g_assert_cmpint(ABS(delay.time - 3 * SECOND), <=, delay.within);
    g_assert_cmpint(delay.within, <, 10 * MS);
}

/* Two devices of one machine: each has all packets, the one later than the other, whoever sent. */
static void one_machine_twice(void)
{
    begin_two(0);
    one_clock = true;
    talk(&to_host, 8);
    find();
    g_assert_null(twins->twin);
    g_assert_null(vsock_twin_stream(twins, stream_at(0)));
    g_assert_cmpint(vsock_view_of(twins, stream_at(0)->source), ==, VSOCK_VIEW_NONE);
    g_assert_cmpuint(vsock_twin_of(twins, 1), ==, 0);
    g_assert_false(vsock_twin_delay(twins, 1).known);
}

static void loopback_has_no_two_sides(void)
{
    struct connection loopback = between(1, 50000, 1, 9999);

    begin_two(0);
    talk(&loopback, 8);
    find();
    g_assert_null(twins->twin);
}

static void siblings_have_no_host(void)
{
    struct connection siblings = between(3, 50000, 4, 9999);

    begin_two(0);
    talk(&siblings, 8);
    find();
    g_assert_null(twins->twin);
}

/* A third recording of the same endpoints: which two belong together is not known. */
static void more_than_two(void)
{
    begin_two(0);
    talk(&to_host, 8);
    interface = 7;
    open_connection(&to_host);
    find();
    g_assert_null(twins->twin);
}

/* Two recordings an hour apart, in which a fixed port is used: too little tells. */
static void too_little_tells(void)
{
    begin_two(3600 * SECOND);
    talk(&to_host, 2);
    find();
    g_assert_null(twins->twin);
    begin_two(0); /* of one time */
    talk(&to_host, 2);
    find();
    g_assert_nonnull(twins->twin);
}

static void generations_in_order(void)
{
    begin_two(0);
    for (int i = 0; i < 3; i++) {
        talk(&to_host, 5 + i);
        tell_no_socket(&to_host, S);
    }
    find();
    g_assert_cmpuint(stream_count(), ==, 6);
    assert_all_paired();
}

/* The guest's recording began with the second connection. */
static void one_began_later(void)
{
    begin_two(0);
    seen_by = HOST_ALONE;
    talk(&to_host, 5);
    tell_no_socket(&to_host, S);
    seen_by = BOTH;
    talk(&to_host, 9);
    find();
    g_assert_cmpuint(stream_count(), ==, 3);
    g_assert_null(vsock_twin_stream(twins, stream_at(0)));
    g_assert_true(vsock_twin_stream(twins, stream_at(1)) == stream_at(2));
}

static void one_began_in_the_middle(void)
{
    begin_two(0);
    seen_by = HOST_ALONE;
    talk(&to_host, 5);
    seen_by = BOTH;
    talk_on(&to_host, 5);
    find();
    g_assert_true(vsock_twin_stream(twins, stream_at(0)) == stream_at(1));
    g_assert_cmpuint(vsock_twin_of(twins, 1), ==, 0);
    g_assert_cmpuint(vsock_twin_of(twins, capture->records), !=, 0);
}

/* Other packets between the same endpoints are another connection. */
static void unlike(void)
{
    begin_two(0);
    seen_by = HOST_ALONE;
    talk(&to_host, 9);
    seen_by = GUEST_ALONE;
    to_host.fwd_cnt[C] = to_host.fwd_cnt[S] = 5000;
    talk_on(&to_host, 9);
    find();
    g_assert_null(twins->twin);
}

static struct vsock_diagnosis told(const GArray *found, enum vsock_code code)
{
    const struct vsock_diagnosis *d = first_of_code(found, code);

    return d ? *d : (struct vsock_diagnosis){.stream = VSOCK_STREAM_NONE};
}

static void judged_once(void)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    begin_two(0);
    talk(&to_host, 5);
    lose_both(&to_host);
    tell(&refused, C, VSOCK_OP_REQUEST, 0);
    tell_no_socket(&refused, S);
    g_assert_cmpuint(stream_count(), ==, 4);
    g_assert_cmpuint(vsock_judge(capture, NULL, found), ==, 2);
    g_assert_cmpuint(told(found, VSOCK_CODE_CONNECT_REFUSED).figures.of, ==, 1);
    g_assert_cmpuint(found->len, ==, 2); /* and peer-gone */
    g_array_free(found, TRUE);
}

/* Who asks for one of two views is told of the one that is judged. */
static void judged_once_of_either(void)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};

    begin_two(0);
    talk(&to_host, 5);
    lose_both(&to_host);
    for (unsigned i = 0; i < 2; i++) {
        g_hash_table_remove_all(only.streams);
        g_hash_table_add(only.streams, GUINT_TO_POINTER(i));
        g_array_set_size(found, 0);
        g_assert_cmpuint(vsock_judge(capture, &only, found), ==, 1);
        g_assert_cmpuint(told(found, VSOCK_CODE_PEER_GONE).stream, ==, 1); /* the host's */
    }
    g_hash_table_destroy(only.streams);
    g_array_free(found, TRUE);
}

/* Of one interface, prints are kept of the first packets alone. */
static void nothing_is_kept_of_one(void)
{
    struct connection c = between(3, 50000, 2, 9999);

    begin_capture();
    open_connection(&c);
    g_assert_nonnull(vsock_capture_print(capture, 1));
    while (capture->records < 20000)
        rw(&c, 1);
    g_assert_null(vsock_capture_print(capture, 20000));
    find();
    g_assert_null(twins->twin);
    begin_capture();
    capture->is_of_several = true;
    open_connection(&c);
    while (capture->records < 20000)
        rw(&c, 1);
    g_assert_nonnull(vsock_capture_print(capture, 20000));
}

#define ADD(test) g_test_add_func("/twins/" #test, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
    ADD(which_side_is_which);
    ADD(the_other_way_round);
    ADD(delays);
    ADD(a_packet_is_late);
    ADD(one_machine_twice);
    ADD(loopback_has_no_two_sides);
    ADD(siblings_have_no_host);
    ADD(more_than_two);
    ADD(too_little_tells);
    ADD(generations_in_order);
    ADD(one_began_later);
    ADD(one_began_in_the_middle);
    ADD(unlike);
    ADD(judged_once);
    ADD(judged_once_of_either);
    ADD(nothing_is_kept_of_one);
    return g_test_run();
}
