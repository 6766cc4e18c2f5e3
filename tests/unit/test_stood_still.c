/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_stood_still.c - machines that gave no answers for a while. A test's name is the rule it checks. S, the
 * server, is the one that may stand still; its buffer has 1000 bytes. */
#include "core/stood_still.h"
#include "story.h"

static struct connection one, two, three;
static struct vsock_diagnosis found;
static unsigned others; /* what else was found */

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    three = between(42, 1026, 43, 9998);
}

/* A question that is read at once, as the server tells, and its answer. */
static void ask(struct connection *c)
{
    rw(c, 10);
    update(c, c->fwd_cnt[S] + 10);
    take(c, S, VSOCK_OP_RW, 10);
    c->fwd_cnt[C] += 10;
    take(c, C, VSOCK_OP_CREDIT_UPDATE, 0);
}

static void open_all(void)
{
    struct connection *all[] = {&one, &two, &three};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        open_connection(all[i]);
        ask(all[i]);
    }
}

/* Half a minute passes before both say something. */
static void answer_late(void)
{
    after(30 * SECOND);
    take(&one, S, VSOCK_OP_RW, 10);
    take(&two, S, VSOCK_OP_RW, 10);
}

static bool stood_still(void)
{
    found = judge_for(VSOCK_CODE_STOOD_STILL, &others);
    return found.figures.count > 0;
}

/* Both are asked; then, so long after the first question, both are read. */
static void wait_for_both(int64_t time)
{
    begin();
    open_all();
    rw(&one, 10);
    rw(&two, 10);
    after(time - MS);
    update(&one, 20);
    update(&two, 20);
}

static void two_streams_that_wait_for_five_seconds_and_go_on_at_once_stood_still(void)
{
    wait_for_both(5 * SECOND); /* 5 s and 1 ms for the first */
    g_assert_true(stood_still());
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(found.figures.count, ==, 2);
    g_assert_cmpint(found.figures.longest, ==, 5 * SECOND);
    g_assert_cmpint(found.figures.total, >, 5 * SECOND);
    g_assert_cmpint(found.dst_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(found.dst.cid, ==, 43);
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_NONE);
    g_assert_cmpuint(found.first_frame, ==, 19);
    g_assert_cmpuint(found.last_frame, ==, 22);
    wait_for_both(5 * SECOND - MS);
    g_assert_false(stood_still());
    wait_for_both(10 * SECOND);
    g_assert_true(stood_still());
    g_assert_cmpint(found.severity, ==, VSOCK_SEVERITY_WARN);
}

/* Whichever of both went on first. */
static void its_place_is_where_its_first_frame_is(void)
{
    begin();
    open_all();
    rw(&one, 10);
    rw(&two, 10);
    after(5 * SECOND);
    update(&two, 20);
    update(&one, 20);
    g_assert_true(stood_still());
    g_assert_cmpuint(found.first_frame, ==, 19);
    g_assert_cmpuint(found.place, ==, vsock_place(19));
}

static void by_a_clock_that_was_set_back_it_was_silent_for_no_time(void)
{
    begin();
    open_all();
    after(-3600 * SECOND);
    rw(&one, 10);
    rw(&two, 10);
    after(5 * SECOND);
    update(&one, 20);
    update(&two, 20);
    g_assert_true(stood_still());
    g_assert_cmpint(found.figures.total, ==, 0);
    g_assert_cmpint(found.figures.longest, >=, 5 * SECOND);
}

static void one_stream_alone_waits_for_its_own_reader(void)
{
    begin();
    open_all();
    rw(&one, 10);
    after(20 * SECOND);
    update(&one, 20);
    g_assert_false(stood_still());
}

/* The second one's answer comes so long after the first one's. */
static bool are_one(int64_t apart)
{
    begin();
    open_all();
    rw(&one, 10);
    rw(&two, 10);
    after(20 * SECOND);
    update(&one, 20);
    after(apart);
    update(&two, 20);
    return stood_still();
}

static void they_go_on_within_a_tenth_of_a_second(void)
{
    g_assert_true(are_one(100 * MS));
    g_assert_false(are_one(101 * MS));
}

static void who_has_read_and_has_nothing_to_say_is_idle(void)
{
    begin();
    open_all();
    rw(&one, 10);
    update(&one, 20);
    rw(&two, 10);
    update(&two, 20);
    after(60 * SECOND);
    take(&one, S, VSOCK_OP_RW, 100); /* an event that both have subscribed to */
    take(&two, S, VSOCK_OP_RW, 100);
    g_assert_false(stood_still());
}

static void who_is_not_asked_is_idle(void)
{
    begin();
    open_all();
    after(60 * SECOND);
    ask(&one);
    ask(&two);
    g_assert_false(stood_still());
}

/* As libkrun and alioth do, and Linux before 6.8 with little data. */
static void who_never_tells_of_so_little_may_have_read_it(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    for (unsigned i = 0; i < 2; i++) {
        after(30 * SECOND);
        rw(&one, 10);
        rw(&two, 10);
        answer_late();
    }
    g_assert_false(stood_still());
}

static void who_tells_when_it_is_asked_may_not_tell_otherwise(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    rw(&one, 10);
    take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    update(&one, 10);
    rw(&one, 10);
    rw(&two, 10);
    answer_late();
    g_assert_false(stood_still());
}

static void less_than_it_tells_of_elsewhere_may_have_been_read(void)
{
    begin();
    open_all(); /* it tells of 10 bytes */
    rw(&one, 9);
    rw(&two, 9);
    answer_late();
    g_assert_false(stood_still());
}

/* Both wait for the same event, and `teacher` tells of what it reads. */
static bool is_taught(struct connection *teacher)
{
    begin();
    open_connection(teacher);
    ask(teacher);
    open_connection(&one);
    open_connection(&two);
    rw(&one, 10);
    rw(&two, 10);
    answer_late();
    return stood_still();
}

/* Linux tells of every SEQPACKET message, and before 6.8 of every read from a buffer of 64 KiB or less. */
static void who_tells_with_another_type_or_a_smaller_buffer_may_not_tell_here(void)
{
    struct connection messages = between(42, 1027, 43, 9997), smaller = between(42, 1028, 43, 9996),
                      as_large = smaller;

    messages.type = VSOCK_TYPE_SEQPACKET;
    messages.flags = VSOCK_SEQ_EOM;
    smaller.buf_alloc[S]--;
    g_assert_false(is_taught(&messages));
    g_assert_false(is_taught(&smaller));
    g_assert_true(is_taught(&as_large));
}

static void a_full_buffer_has_not_been_read(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    rw(&one, 1000);
    rw(&two, 1000);
    after(7 * SECOND);
    update(&one, 1000);
    update(&two, 1000);
    g_assert_true(stood_still());
    g_assert_cmpuint(others, ==, 0); /* stalls, which it explains */
}

static void a_full_queue_that_three_wait_for_is_a_head_of_line(void)
{
    struct connection *all[] = {&one, &two, &three};

    begin();
    open_all();
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        rw(all[i], 1000);
    after(7 * SECOND);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        update(all[i], 1010);
    g_assert_false(stood_still());
    g_assert_cmpuint(others, >, 0);
}

static void requests_are_answered_by_a_machine_that_runs(void)
{
    begin();
    request(&one);
    request(&two);
    after(7 * SECOND);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    no_socket(&two, S);
    g_assert_true(stood_still());
    g_assert_cmpuint(others, ==, 1); /* of the refused one: it is, and that says how late it was */
    g_assert_cmpint(found.figures.total, ==, found.figures.longest); /* it was never heard before */
}

/* Its programs read when they want to: of three that wait, one is read while the others are not. */
static void a_machine_that_served_another_did_not_stand_still(void)
{
    begin();
    open_all();
    rw(&three, 10);
    rw(&one, 10);
    rw(&two, 10);
    after(6 * SECOND);
    update(&three, 20);
    after(6 * SECOND);
    update(&one, 20);
    update(&two, 20);
    g_assert_false(stood_still());
}

static void it_may_speak_to_others_meanwhile(void)
{
    begin();
    open_all();
    rw(&one, 10);
    rw(&two, 10);
    for (unsigned i = 0; i < 7; i++) {
        after(SECOND);
        ask(&three);
    }
    update(&one, 20);
    update(&two, 20);
    g_assert_true(stood_still());
    g_assert_cmpint(found.figures.total, <, found.figures.longest);
}

static void who_gave_up_is_owed_nothing(void)
{
    begin();
    open_all();
    rw(&one, 10);
    rw(&two, 10);
    after(SECOND);
    take(&one, C, VSOCK_OP_RST, 0);
    take(&two, C, VSOCK_OP_RST, 0);
    after(20 * SECOND);
    no_socket(&one, S);
    no_socket(&two, S);
    g_assert_false(stood_still());
}

#define TEST(name) g_test_add_func("/stood_still/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(two_streams_that_wait_for_five_seconds_and_go_on_at_once_stood_still);
    TEST(its_place_is_where_its_first_frame_is);
    TEST(by_a_clock_that_was_set_back_it_was_silent_for_no_time);
    TEST(one_stream_alone_waits_for_its_own_reader);
    TEST(they_go_on_within_a_tenth_of_a_second);
    TEST(who_has_read_and_has_nothing_to_say_is_idle);
    TEST(who_is_not_asked_is_idle);
    TEST(who_never_tells_of_so_little_may_have_read_it);
    TEST(who_tells_when_it_is_asked_may_not_tell_otherwise);
    TEST(less_than_it_tells_of_elsewhere_may_have_been_read);
    TEST(who_tells_with_another_type_or_a_smaller_buffer_may_not_tell_here);
    TEST(a_full_buffer_has_not_been_read);
    TEST(a_full_queue_that_three_wait_for_is_a_head_of_line);
    TEST(requests_are_answered_by_a_machine_that_runs);
    TEST(a_machine_that_served_another_did_not_stand_still);
    TEST(it_may_speak_to_others_meanwhile);
    TEST(who_gave_up_is_owed_nothing);
    return g_test_run();
}
