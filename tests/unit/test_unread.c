/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_unread.c - data that lies unread, and what is no proof of it. A test's name is the rule it checks. C,
 * the client, sends the data. */
#include "core/loss.h"
#include "core/unread.h"
#include "story.h"

#define LINUX 262144

static struct connection one, two, three;
static struct vsock_diagnosis latest;
static unsigned found;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    three = between(44, 1026, 43, 9999);
    one.buf_alloc[S] = two.buf_alloc[S] = three.buf_alloc[S] = LINUX;
}

/* The server tells of having read so much. */
static void tell_of(struct connection *c, uint32_t bytes)
{
    open_connection(c);
    rw(c, bytes);
    update(c, bytes);
}

/* Once the capture has gone on. */
static unsigned count_unread(void)
{
    take(&two, C, VSOCK_OP_CREDIT_UPDATE, 0);
    found = 0;
    if (vsock_lacks_packets(capture))
        return 0;
    for (uint32_t i = 0; i < stream_count(); i++) {
        for (uint8_t side = 0; side < 2; side++) {
            struct vsock_diagnosis d;

            if (!vsock_stream_unread(stream_at(i), side, &d))
                continue;
            d.stream = i;
            latest = d;
            found++;
        }
    }
    return found;
}

static const struct vsock_diagnosis *told(void)
{
    g_assert_cmpuint(found, ==, 1);
    g_assert_cmpint(latest.code, ==, VSOCK_CODE_NOT_READ);
    return &latest;
}

/* 133 bytes on the first connection, then nothing for so long. */
static void lie_unread(int64_t time)
{
    open_connection(&one);
    rw(&one, 133);
    after(time);
}

static void what_lies_unread_for_ten_seconds_where_less_is_told_of_was_not_read(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        begin();
        tell_of(&two, 133); /* frames 1 to 4 */
        lie_unread(10 * SECOND - missing);
        g_assert_cmpuint(count_unread(), ==, missing ? 0 : 1);
    }
    g_assert_cmpuint(told()->stream, ==, 1);
    g_assert_cmpuint(told()->first_frame, ==, 7);
    g_assert_cmpuint(told()->side, ==, C);
    g_assert_cmpuint(told()->figures.bytes, ==, 133);
    g_assert_cmpint(told()->figures.longest, ==, 10 * SECOND);
    g_assert_true(told()->lasting);
}

static void it_may_be_told_of_later_too(void)
{
    begin();
    lie_unread(10 * SECOND);
    tell_of(&two, 1);
    g_assert_cmpuint(count_unread(), ==, 1);
}

static void who_never_tells_may_have_read_it(void)
{
    begin();
    open_connection(&two);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_tells_only_of_more_may_have_read_it(void)
{
    begin();
    tell_of(&two, 134);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_tells_with_an_answer_only_may_have_read_it(void)
{
    begin();
    open_connection(&two);
    rw(&two, 1);
    two.fwd_cnt[S] = 1;
    take(&two, S, VSOCK_OP_RW, 5);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_was_asked_had_to_tell(void)
{
    begin();
    open_connection(&two);
    rw(&two, 1);
    take(&two, C, VSOCK_OP_CREDIT_REQUEST, 0);
    update(&two, 1);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_changed_its_buffer_had_to_tell(void)
{
    begin();
    open_connection(&two);
    rw(&two, 1);
    two.buf_alloc[S] *= 2;
    update(&two, 1);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void a_part_that_is_told_of_says_nothing_of_the_whole(void)
{
    begin();
    open_connection(&two);
    rw(&two, 100);
    update(&two, 50);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

/* Linux tells of each read of it. */
static void a_small_buffer_says_nothing_of_a_large_one(void)
{
    for (uint32_t more = 0; more <= 1; more++) {
        begin();
        two.buf_alloc[S] = 65536 + 132 + more;
        tell_of(&two, 133);
        one.buf_alloc[S] = two.buf_alloc[S];
        lie_unread(60 * SECOND);
        g_assert_cmpuint(count_unread(), ==, more);
    }
}

static void a_larger_buffer_may_wait_for_more(void)
{
    begin();
    tell_of(&two, 100);
    one.buf_alloc[S] = 2 * LINUX; /* so for 200 */
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
    rw(&one, 67);
    after(10 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 1);
}

static void other_socket_types_are_told_of_otherwise(void)
{
    begin();
    two.type = VSOCK_TYPE_SEQPACKET;
    two.flags = VSOCK_SEQ_EOM;
    tell_of(&two, 1);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void seqpacket_messages_are_not_read_either(void)
{
    begin();
    one.type = two.type = VSOCK_TYPE_SEQPACKET;
    open_connection(&two);
    two.flags = VSOCK_SEQ_EOM;
    rw(&two, 1);
    update(&two, 1);
    open_connection(&one);
    rw(&one, 100);
    after(20 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0); /* a message without its end cannot be read */
    one.flags = VSOCK_SEQ_EOM;
    rw(&one, 33);
    g_assert_cmpuint(count_unread(), ==, 1);
}

static void another_machines_word_says_nothing(void)
{
    begin();
    tell_of(&three, 1); /* of 44 and 43 */
    open_connection(&two);
    take(&two, S, VSOCK_OP_RW, 5); /* 42, which sends, tells; 43 does not */
    two.fwd_cnt[C] = 5;
    take(&two, C, VSOCK_OP_CREDIT_UPDATE, 0);
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

/* The client has read on one connection when the other one opens. */
static void open_beside_one_that_was_read(void)
{
    one.buf_alloc[C] = two.buf_alloc[C] = LINUX;
    open_connection(&two);
    take(&two, S, VSOCK_OP_RW, 5);
    two.fwd_cnt[C] = 5;
    take(&two, C, VSOCK_OP_CREDIT_UPDATE, 0);
    open_connection(&one);
}

static void either_side_may_not_read(void)
{
    begin();
    open_beside_one_that_was_read();
    take(&one, S, VSOCK_OP_RW, 133);
    after(10 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 1);
    g_assert_cmpuint(told()->side, ==, S);
}

static void the_receivers_own_words_begin_the_time_anew(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(9 * SECOND);
    take(&one, S, VSOCK_OP_RW, 5);
    after(10 * SECOND - 1);
    g_assert_cmpuint(count_unread(), ==, 0);
    after(1);
    g_assert_cmpuint(count_unread(), ==, 1);
    g_assert_cmpuint(told()->first_frame, ==, 8);
}

static void what_is_read_is_not_unread(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(9 * SECOND);
    update(&one, 133);
    after(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void a_sender_that_gives_up_after_three_seconds_was_not_read(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        begin();
        tell_of(&two, 1);
        lie_unread(3 * SECOND - missing);
        shut(&one, C, 3);
        take(&one, S, VSOCK_OP_RST, 0);
        g_assert_cmpuint(count_unread(), ==, missing ? 0 : 1);
    }
    g_assert_cmpuint(told()->unread, ==, VSOCK_UNREAD_GIVEN_UP);
    g_assert_false(told()->lasting);
    g_assert_cmpuint(told()->last_frame, ==, 8);
    g_assert_cmpint(told()->figures.longest, ==, 3 * SECOND);

    begin();
    tell_of(&two, 1);
    lie_unread(3 * SECOND);
    take(&one, C, VSOCK_OP_RST, 0);
    g_assert_cmpuint(count_unread(), ==, 1);

    begin();
    tell_of(&two, 1);
    lie_unread(3 * SECOND);
    no_socket(&one, C);
    g_assert_cmpuint(count_unread(), ==, 1);
}

static void who_sends_no_more_has_not_given_up(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(3 * SECOND);
    shut(&one, C, VSOCK_SHUTDOWN_SEND);
    take(&one, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_had_closed_at_once_has_not_waited(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(SECOND);
    shut(&one, C, 3);
    after(8 * SECOND);
    take(&one, C, VSOCK_OP_RST, 0); /* its close timed out */
    after(20 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_closes_itself_need_not_read(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(5 * SECOND);
    shut(&one, S, VSOCK_SHUTDOWN_RCV);
    after(20 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
    shut(&one, C, 3);
    g_assert_cmpuint(count_unread(), ==, 0);
}

/* The client of a connection on which both have read, and the server sends 30 bytes more. */
static void answer_unread(int64_t time)
{
    open_beside_one_that_was_read();
    take(&one, S, VSOCK_OP_RW, 30);
    after(time);
}

static void who_closes_after_ten_seconds_has_not_read(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        begin();
        answer_unread(10 * SECOND - missing);
        shut(&one, C, 3);
        take(&one, S, VSOCK_OP_RST, 0);
        g_assert_cmpuint(count_unread(), ==, missing ? 0 : 1);
    }
    g_assert_cmpuint(told()->unread, ==, VSOCK_UNREAD_DROPPED);
    g_assert_cmpuint(told()->side, ==, S);
    g_assert_cmpuint(told()->figures.bytes, ==, 30);
    g_assert_cmpint(told()->figures.longest, ==, 10 * SECOND);
    g_assert_cmpuint(told()->last_frame, ==, 8);
}

static void who_has_read_when_it_closes_or_was_left_did_not_drop_it(void)
{
    begin();
    answer_unread(20 * SECOND);
    one.fwd_cnt[C] = 30;
    shut(&one, C, 3); /* it has read */
    count_unread();
    g_assert_cmpuint(told()->unread, ==, VSOCK_UNREAD_LATE);

    begin();
    answer_unread(5 * SECOND);
    shut(&one, S, VSOCK_SHUTDOWN_SEND); /* the server's last word */
    after(20 * SECOND);
    shut(&one, C, 3);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void a_server_that_read_nothing_is_told_of_with_others(void)
{
    begin();
    tell_of(&two, 1);
    lie_unread(20 * SECOND);
    shut(&one, S, 3);
    g_assert_cmpuint(count_unread(), ==, 0);

    begin();
    tell_of(&two, 1);
    open_connection(&one);
    rw(&one, 7);
    update(&one, 7);
    rw(&one, 133);
    after(20 * SECOND);
    shut(&one, S, 3);
    g_assert_cmpuint(count_unread(), ==, 1);
}

/* What lies unread is all that there is room for. */
static void fill_the_window(void)
{
    begin();
    tell_of(&two, 1);
    one.buf_alloc[S] = 133;
    lie_unread(20 * SECOND);
}

static void a_full_window_is_a_stall(void)
{
    fill_the_window();
    g_assert_cmpuint(count_unread(), ==, 0);
    update(&one, 133); /* which ends it */
    g_assert_cmpuint(count_unread(), ==, 0);

    fill_the_window();
    shut(&one, C, 3);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void who_cannot_send_may_not_come_to_read(void)
{
    for (unsigned i = 0; i < 3; i++) {
        begin();
        tell_of(&two, 1);
        one.buf_alloc[C] = 1000;
        open_connection(&one);
        take(&one, S, VSOCK_OP_RW, 1000);
        rw(&one, 133);
        after(20 * SECOND);
        if (i == 1)
            shut(&one, C, 3);
        else if (i == 2)
            update(&one, 133);
        g_assert_cmpuint(count_unread(), ==, 0);
    }
}

static void the_first_that_is_read_after_ten_seconds_was_read_late(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        begin();
        tell_of(&two, 1);
        lie_unread(10 * SECOND - missing);
        update(&one, 133);
        g_assert_cmpuint(count_unread(), ==, missing ? 0 : 1);
    }
    g_assert_cmpuint(told()->unread, ==, VSOCK_UNREAD_LATE);
    g_assert_cmpuint(told()->figures.bytes, ==, 133);
}

static void who_reads_from_time_to_time_reads(void)
{
    begin();
    tell_of(&two, 1);
    tell_of(&one, 5);
    for (uint32_t i = 1; i <= 3; i++) {
        rw(&one, 133);
        after(30 * SECOND);
        update(&one, 5 + i * 133);
    }
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void on_loopback_the_receivers_own_word_proves_it(void)
{
    for (uint64_t cid = 1; cid <= 2; cid++) {
        begin();
        one = between(cid, 1024, cid == 1 ? 1 : 43, 9999);
        one.buf_alloc[S] = LINUX;
        lie_unread(3 * SECOND);
        shut(&one, C, 3);
        open_connection(&two);
        g_assert_cmpuint(count_unread(), ==, 0);
        shut(&one, S, 3);
        g_assert_cmpuint(count_unread(), ==, cid == 1 ? 1 : 0); /* whose kernel the other is, is not known */
    }
    begin();
    one = between(1, 1024, 1, 9999);
    one.buf_alloc[S] = LINUX;
    lie_unread(3 * SECOND);
    shut(&one, C, 3);
    one.fwd_cnt[S] = 133;
    shut(&one, S, 3); /* it had read it, if nobody knows when */
    open_connection(&two);
    g_assert_cmpuint(count_unread(), ==, 0);
}

static void where_packets_are_missing_the_word_of_it_may_be(void)
{
    begin();
    tell_of(&two, 1);
    update(&two, 5); /* of which 4 were not captured */
    lie_unread(60 * SECOND);
    g_assert_cmpuint(count_unread(), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/unread/" #name, name)
    TEST(what_lies_unread_for_ten_seconds_where_less_is_told_of_was_not_read);
    TEST(it_may_be_told_of_later_too);
    TEST(who_never_tells_may_have_read_it);
    TEST(who_tells_only_of_more_may_have_read_it);
    TEST(who_tells_with_an_answer_only_may_have_read_it);
    TEST(who_was_asked_had_to_tell);
    TEST(who_changed_its_buffer_had_to_tell);
    TEST(a_part_that_is_told_of_says_nothing_of_the_whole);
    TEST(a_small_buffer_says_nothing_of_a_large_one);
    TEST(a_larger_buffer_may_wait_for_more);
    TEST(other_socket_types_are_told_of_otherwise);
    TEST(seqpacket_messages_are_not_read_either);
    TEST(another_machines_word_says_nothing);
    TEST(either_side_may_not_read);
    TEST(the_receivers_own_words_begin_the_time_anew);
    TEST(what_is_read_is_not_unread);
    TEST(a_sender_that_gives_up_after_three_seconds_was_not_read);
    TEST(who_sends_no_more_has_not_given_up);
    TEST(who_had_closed_at_once_has_not_waited);
    TEST(who_closes_itself_need_not_read);
    TEST(who_closes_after_ten_seconds_has_not_read);
    TEST(who_has_read_when_it_closes_or_was_left_did_not_drop_it);
    TEST(a_server_that_read_nothing_is_told_of_with_others);
    TEST(a_full_window_is_a_stall);
    TEST(who_cannot_send_may_not_come_to_read);
    TEST(the_first_that_is_read_after_ten_seconds_was_read_late);
    TEST(who_reads_from_time_to_time_reads);
    TEST(on_loopback_the_receivers_own_word_proves_it);
    TEST(where_packets_are_missing_the_word_of_it_may_be);
    return g_test_run();
}
