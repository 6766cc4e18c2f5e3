/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_both_sides.c - what two recordings tell together: what was held back, lost, late, altered. */
#include "core/delivery.h"
#include "two_views.h"

static struct connection filled;

/* Which side is which, and by which clocks. */
static void begin(void)
{
    begin_two(3600 * SECOND);
    talk(&to_host, 8);
    filled = between(2, 60000, 42, 1024); /* whose server has room for 1000 bytes */
}

/* The recordings go on. */
static void go_on(int64_t time)
{
    for (int64_t until = now + time; now < until; now += SECOND / 10)
        talk_on(&to_host, 1);
}

static void fill_window(void)
{
    tell(&filled, C, VSOCK_OP_REQUEST, 0);
    tell(&filled, S, VSOCK_OP_RESPONSE, 0);
    for (int i = 0; i < 4; i++)
        tell(&filled, C, VSOCK_OP_RW, 250);
    filled.fwd_cnt[S] = 1000;
}

/* The server's word, and that the client goes on. */
static void open_window(int64_t held)
{
    under_way = held;
    tell(&filled, S, VSOCK_OP_CREDIT_UPDATE, 0);
    under_way = UNDER_WAY;
    now += held;
    tell(&filled, C, VSOCK_OP_RW, 10);
    go_on(3 * SECOND);
}

static void a_word_is_held(void)
{
    struct vsock_diagnosis d;
    unsigned others;

    begin();
    fill_window();
    open_window(4 * SECOND);
    d = judge_for(VSOCK_CODE_STALL_WORD_HELD, &others);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpint(d.figures.proved, >, 3 * SECOND);
    g_assert_cmpuint(d.src.port, ==, 60000);
    g_assert_cmpuint(others, ==, 0); /* neither stall-undecided nor delivered-late */
}

/* Half of the stall, at least: the rest is the receiver's. */
static void a_word_is_held_for_half_of_it(void)
{
    begin();
    fill_window();
    now += 1900 * MS;
    open_window(2 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_STALL_WORD_HELD, NULL).figures.count, ==, 1);
    begin();
    fill_window();
    now += 2100 * MS;
    open_window(2 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_STALL_WORD_HELD, NULL).figures.count, ==, 0);
    g_assert_cmpuint(judge_for(VSOCK_CODE_DELIVERED_LATE, NULL).figures.count, ==, 1);
}

static void a_brief_stall_is_none(void)
{
    begin();
    fill_window();
    open_window(990 * MS);
    g_assert_cmpuint(judge_for(VSOCK_CODE_STALL_WORD_HELD, NULL).figures.count, ==, 0);
}

static void nothing_was_said(void)
{
    struct vsock_diagnosis d;

    begin();
    fill_window();
    now += 4 * SECOND;
    open_window(UNDER_WAY);
    d = judge_for(VSOCK_CODE_STALL_UNDECIDED, NULL);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpint(d.settled, ==, VSOCK_SETTLED_SAID_NOTHING);
}

/* It would have opened the window, and never arrived. */
static void a_word_is_lost(void)
{
    struct vsock_diagnosis d;

    begin();
    fill_window();
    tell_alone(GUEST_ALONE, &filled, S, VSOCK_OP_CREDIT_UPDATE, 0);
    go_on(5 * SECOND);
    d = judge_for(VSOCK_CODE_NOT_DELIVERED, NULL);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpint(d.figures.longest, >, 4 * SECOND);
    g_assert_cmpint(d.figures.longest, <, 8 * SECOND); /* by its own clock */
    g_assert_cmpuint(d.src.port, ==, 1024);
}

static void lose_last(int packets)
{
    begin();
    tell(&to_guest, C, VSOCK_OP_REQUEST, 0);
    tell(&to_guest, S, VSOCK_OP_RESPONSE, 0);
    talk_on(&to_guest, 1);
    seen_by = HOST_ALONE;
    for (int i = 0; i < packets; i++)
        tell(&to_guest, C, VSOCK_OP_RW, (uint32_t)(i + 1));
    seen_by = BOTH;
}

/* A record or two that are missing are a recorder's. */
static void the_last_packets_are_lost(void)
{
    lose_last(VSOCK_UNDELIVERED_MIN - 1);
    go_on(3 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_NOT_DELIVERED, NULL).figures.count, ==, 0);
    lose_last(VSOCK_UNDELIVERED_MIN);
    go_on(3 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_NOT_DELIVERED, NULL).figures.count, ==, VSOCK_UNDELIVERED_MIN);
}

/* They may still be under way. */
static void the_recording_ends(void)
{
    lose_last(5);
    go_on(500 * MS);
    g_assert_cmpuint(judge_for(VSOCK_CODE_NOT_DELIVERED, NULL).figures.count, ==, 0);
}

/* The receiver says that it read them. */
static void the_receiver_has_them(void)
{
    lose_last(5);
    to_guest.fwd_cnt[S] += 1 + 2 + 3 + 4 + 5;
    tell(&to_guest, S, VSOCK_OP_CREDIT_UPDATE, 0);
    go_on(3 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_NOT_DELIVERED, NULL).figures.count, ==, 0);
}

/* A recording that lacks one packet may lack others. */
static void the_recorder_loses_records(void)
{
    lose_last(5);
    tell_alone(HOST_ALONE, &to_guest, C, VSOCK_OP_RW, 6);
    tell(&to_guest, C, VSOCK_OP_RW, 7);
    go_on(3 * SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_NOT_DELIVERED, NULL).figures.count, ==, 0);
}

static void take_so_long(int64_t time)
{
    begin();
    tell(&to_guest, C, VSOCK_OP_REQUEST, 0);
    tell(&to_guest, S, VSOCK_OP_RESPONSE, 0);
    under_way = time;
    tell(&to_guest, C, VSOCK_OP_RW, 10);
    under_way = UNDER_WAY;
    now += time;
    go_on(SECOND);
}

static void a_packet_is_late(void)
{
    take_so_long(99 * MS);
    g_assert_cmpuint(judge_for(VSOCK_CODE_DELIVERED_LATE, NULL).figures.count, ==, 0);
    take_so_long(101 * MS);
    g_assert_cmpint(judge_for(VSOCK_CODE_DELIVERED_LATE, NULL).severity, ==, VSOCK_SEVERITY_NOTE);
    take_so_long(1100 * MS);
    g_assert_cmpint(judge_for(VSOCK_CODE_DELIVERED_LATE, NULL).severity, ==, VSOCK_SEVERITY_WARN);
    capture->thresholds.late = 0; /* never */
    g_assert_cmpuint(judge_for(VSOCK_CODE_DELIVERED_LATE, NULL).figures.count, ==, 0);
}

/* Records of one packet, of which the receiver's says another length of data consumed. */
static void a_packet_is_altered(void)
{
    struct record sent, arrived;

    begin();
    sent = record_of(&to_host, C, VSOCK_OP_CREDIT_UPDATE, 0);
    to_host.buf_alloc[C]++;
    arrived = record_of(&to_host, C, VSOCK_OP_CREDIT_UPDATE, 0);
    to_host.buf_alloc[C]--;
    record_at(&sent, false, now);
    record_at(&arrived, true, now + UNDER_WAY);
    now += MS;
    go_on(SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_ALTERED, NULL).figures.count, ==, 1);
    find();
    g_assert_cmpuint(vsock_delivery_of(twins, 37), ==, VSOCK_DELIVERED_ALTERED);
    g_assert_cmpuint(vsock_delivery_of(twins, 36), ==, 0);
}

static void packets_are_reordered(void)
{
    struct record one, other;

    begin();
    one = record_of(&to_host, C, VSOCK_OP_RW, 12);
    other = record_of(&to_host, C, VSOCK_OP_RW, 13);
    record_at(&one, false, now);
    record_at(&other, false, now + 1);
    record_at(&other, true, now + UNDER_WAY);
    record_at(&one, true, now + UNDER_WAY + 1);
    now += MS;
    go_on(SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_REORDERED, NULL).figures.count, ==, 1);
    find();
    g_assert_cmpuint(vsock_twin_of(twins, 37), ==, 40);
    g_assert_cmpuint(vsock_twin_of(twins, 38), ==, 39);
    g_assert_cmpuint(vsock_delivery_of(twins, 37), ==, VSOCK_DELIVERED_CROSSED);
    g_assert_cmpuint(vsock_delivery_of(twins, 40), ==, VSOCK_DELIVERED_CROSSED);
    g_assert_cmpuint(vsock_delivery_of(twins, 41), ==, 0);
}

/* A record that one recording lacks, anywhere. */
static void lose_one(int seen_by_one)
{
    tell_alone(seen_by_one, &to_host, C, VSOCK_OP_RW, 20);
    tell(&to_host, C, VSOCK_OP_RW, 21);
}

/* Each recording lacks one of two packets in a row: that is no packet that was altered, in recordings that
 * are known to lack records. */
static void neighbours_are_lost(void)
{
    for (int once_more = HOST_ALONE; once_more <= GUEST_ALONE; once_more++) {
        begin();
        tell(&to_host, C, VSOCK_OP_RW, 9);
        tell_alone(HOST_ALONE, &to_host, C, VSOCK_OP_RW, 10);
        tell_alone(GUEST_ALONE, &to_host, C, VSOCK_OP_RW, 11);
        tell(&to_host, C, VSOCK_OP_RW, 12);
        tell(&to_host, C, VSOCK_OP_RW, 13);
        go_on(SECOND);
        g_assert_cmpuint(judge_for(VSOCK_CODE_ALTERED, NULL).figures.count, ==, 1);
        lose_one(once_more);
        g_assert_cmpuint(judge_for(VSOCK_CODE_ALTERED, NULL).figures.count, ==, 0);
        find();
        g_assert_cmpuint(vsock_twin_of(twins, 39), ==, 0);
        g_assert_cmpuint(vsock_twin_of(twins, 40), ==, 0);
        g_assert_cmpuint(vsock_twin_of(twins, 41), ==, 42);
    }
}

/* ... nor one that was overtaken, where two are the same. */
static void one_of_two_is_lost_in_each(void)
{
    begin();
    tell(&to_host, C, VSOCK_OP_RW, 9);
    tell_alone(GUEST_ALONE, &to_host, C, VSOCK_OP_RW, 14);
    tell(&to_host, C, VSOCK_OP_RW, 11);
    tell_alone(HOST_ALONE, &to_host, C, VSOCK_OP_RW, 14);
    tell(&to_host, C, VSOCK_OP_RW, 12);
    go_on(SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_REORDERED, NULL).figures.count, ==, 1);
    lose_one(HOST_ALONE);
    g_assert_cmpuint(judge_for(VSOCK_CODE_REORDERED, NULL).figures.count, ==, 0);
}

static struct vsock_diagnosis unanswered(int request_seen_by, int answer_seen_by, int64_t then)
{
    begin();
    seen_by = request_seen_by;
    tell(&refused, C, VSOCK_OP_REQUEST, 0);
    if (answer_seen_by != BOTH) {
        seen_by = answer_seen_by;
        tell(&refused, S, VSOCK_OP_RESPONSE, 0);
    }
    seen_by = BOTH;
    go_on(then);
    return judge_for(VSOCK_CODE_CONNECT_UNANSWERED, NULL);
}

static void requests_without_an_answer(void)
{
    g_assert_cmpint(unanswered(GUEST_ALONE, BOTH, 3 * SECOND).settled, ==, VSOCK_SETTLED_NEVER_ARRIVED);
    g_assert_cmpint(unanswered(BOTH, BOTH, 3 * SECOND).settled, ==, VSOCK_SETTLED_NEVER_ANSWERED);
    g_assert_cmpint(unanswered(BOTH, HOST_ALONE, 3 * SECOND).settled, ==, VSOCK_SETTLED_ANSWER_LOST);
    /* The guest's recording lacks it: nothing is known of how it was sent. */
    g_assert_cmpint(unanswered(HOST_ALONE, BOTH, 3 * SECOND).settled, ==, VSOCK_SETTLED_BY_NOTHING);
}

/* The guest's clock is an hour ahead: by that, all that is open in the host's recording would be old. */
static void open_at_the_end(void)
{
    begin();
    tell(&refused, C, VSOCK_OP_REQUEST, 0);
    go_on(SECOND);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CONNECT_UNANSWERED, NULL).figures.count, ==, 0);
    g_assert_cmpint(vsock_stream_known_until(stream_at(0)) - vsock_stream_known_until(stream_at(1)), >,
                    3599 * SECOND);
}

#define ADD(test) g_test_add_func("/both_sides/" #test, test)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
    ADD(a_word_is_held);
    ADD(a_word_is_held_for_half_of_it);
    ADD(a_brief_stall_is_none);
    ADD(nothing_was_said);
    ADD(a_word_is_lost);
    ADD(the_last_packets_are_lost);
    ADD(the_recording_ends);
    ADD(the_receiver_has_them);
    ADD(the_recorder_loses_records);
    ADD(a_packet_is_late);
    ADD(a_packet_is_altered);
    ADD(packets_are_reordered);
    ADD(neighbours_are_lost);
    ADD(one_of_two_is_lost_in_each);
    ADD(requests_without_an_answer);
    ADD(open_at_the_end);
    return g_test_run();
}
