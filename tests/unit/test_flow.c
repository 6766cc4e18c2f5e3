/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_flow.c - flow control, packet by packet. A test's name is the rule it checks.
 * C, the client, sends the data; S, the server, has a buffer of 1000 bytes and consumes it. */
#include <glib.h>

#include "core/flow.h"
#include "packet.h"

#define C 0
#define S 1
#define MS INT64_C(1000000)

static struct vsock_flow flow;
static struct vsock_pending pending;
static struct vsock_flow_step step;
static struct vsock_rw rws[64];
static uint32_t record; /* of the packet, from 1 */
static int64_t now;

/* What the next packet of each side carries. */
static uint32_t buf_alloc[2], fwd_cnt[2];
static uint16_t type;

static void take(uint8_t side, enum vsock_op op, uint32_t length, uint32_t flags)
{
    struct record r = sound_record(op, length);
    struct vsock_packet p;
    struct vsock_mark at;

    SET_VIRTIO(&r, type, type);
    SET_VIRTIO(&r, flags, flags);
    SET_VIRTIO(&r, buf_alloc, buf_alloc[side]);
    SET_VIRTIO(&r, fwd_cnt, fwd_cnt[side]);
    p = read_record(&r);
    at = mark(++record, now);
    g_assert_cmpuint(record, <, G_N_ELEMENTS(rws));
    step = vsock_flow_step(&flow, &p, side, &at, &rws[record]);
}

static void start(bool from_request)
{
    flow = vsock_flow_start(from_request);
    pending = vsock_nothing_pending;
    flow.pending = &pending;
    record = 0;
    now = 0;
    type = VSOCK_TYPE_STREAM;
    buf_alloc[C] = buf_alloc[S] = 1000;
    fwd_cnt[C] = fwd_cnt[S] = 0;
}

static void open_flow(void)
{
    start(true);
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
}

static void rw(uint32_t length)
{
    take(C, VSOCK_OP_RW, length, 0);
}

static void update(uint32_t consumed)
{
    fwd_cnt[S] = consumed;
    take(S, VSOCK_OP_CREDIT_UPDATE, 0, 0);
}

#define FOUND(finding) VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)
#define ASSERT_FOUND(set) g_assert_cmphex(step.findings, ==, (set))
#define ASSERT_STALL(began, why)                                                                             \
    g_assert_cmpuint(step.stall.record, ==, began);                                                          \
    g_assert_cmpint(step.stall_cause, ==, why)

/* ---- windows ---- */

static void the_window_is_the_buffer_less_what_is_in_flight(void)
{
    open_flow();
    rw(600);
    ASSERT_FOUND(0);
    g_assert_cmpint(vsock_window_left(&flow.window[C]), ==, 400);
    g_assert_cmpint(vsock_window_left(&flow.window[S]), ==, 1000);
    update(500);
    g_assert_cmpint(vsock_window_left(&flow.window[C]), ==, 900);
}

static void a_full_buffer_is_a_zero_window_and_said_once(void)
{
    open_flow();
    rw(1000);
    ASSERT_FOUND(FOUND(ZERO_WINDOW));
    take(C, VSOCK_OP_CREDIT_UPDATE, 0, 0);
    ASSERT_FOUND(0);
}

static void the_senders_own_buffer_caps_it(void)
{
    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(299);
    ASSERT_FOUND(0);
    rw(1);
    ASSERT_FOUND(FOUND(ZERO_EFFECTIVE_WINDOW));
    g_assert_true(flow.pending->stall[C].open);
    rw(1); /* so it does not cap */
    ASSERT_FOUND(0);
    g_assert_false(flow.pending->stall[C].open);
    g_assert_true(flow.uncapped[C]);
}

static void a_packet_across_the_senders_own_buffers_size_is_not_capped(void)
{
    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(299);
    rw(2);
    ASSERT_FOUND(0);
    g_assert_true(flow.uncapped[C]);
    g_assert_false(flow.pending->stall[C].open);
}

static void exceeding_counts_from_the_highest_edge(void)
{
    open_flow();
    rw(1000);
    rw(5);
    ASSERT_FOUND(FOUND(CREDIT_EXCEEDED));
    g_assert_cmpuint(step.exceeded, ==, 5);
}

static void what_was_allowed_before_the_capture_is_not_known(void)
{
    start(false);
    update(1000);
    rw(5000);
    ASSERT_FOUND(FOUND(ZERO_WINDOW));
}

static void a_shrink_cannot_make_a_violation(void)
{
    open_flow();
    rw(600);
    buf_alloc[S] = 500;
    update(0);
    ASSERT_FOUND(FOUND(BUF_ALLOC_SHRUNK) | FOUND(BUF_ALLOC_BELOW_IN_FLIGHT));
    g_assert_cmpuint(step.info.shrunk, ==, 500);
    rw(400);
    ASSERT_FOUND(FOUND(WINDOW_OVERRUN_AFTER_SHRINK));
    rw(1);
    ASSERT_FOUND(FOUND(CREDIT_EXCEEDED));
}

static void a_shrink_that_leaves_room_is_only_a_shrink(void)
{
    open_flow();
    rw(400);
    buf_alloc[S] = 500;
    update(0);
    ASSERT_FOUND(FOUND(BUF_ALLOC_SHRUNK));
}

static void consuming_beyond_an_overrun_explains_it(void)
{
    open_flow();
    rw(1000);
    rw(1000);
    update(1000);
    g_assert_false(step.recovered);
    update(1001);
    g_assert_true(step.recovered);
    update(2000);
    g_assert_false(step.recovered);
}

static void an_overrun_of_who_may_send_no_more_can_be_explained_too(void)
{
    open_flow();
    take(S, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_RCV); /* which C has not heard of yet: it does not wait */
    rw(1001);
    ASSERT_FOUND(FOUND(CREDIT_EXCEEDED) | FOUND(ZERO_WINDOW));
    g_assert_false(flow.pending->stall[C].open);
    update(1001);
    g_assert_true(step.recovered);
}

static void buffers_of_4_gib_are_no_trouble(void)
{
    start(true);
    buf_alloc[C] = buf_alloc[S] = UINT32_MAX;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(UINT32_MAX - 1);
    ASSERT_FOUND(0);
    rw(1);
    ASSERT_FOUND(FOUND(ZERO_WINDOW));
    rw(1);
    ASSERT_FOUND(FOUND(CREDIT_EXCEEDED));
}

/* ---- counters ---- */

static void consumption_acknowledges_the_newest_whole_rw(void)
{
    open_flow();
    rw(100); /* record 3 */
    rw(100);
    rw(100);
    update(250);
    g_assert_cmpuint(step.acks, ==, 4);
    update(260);
    g_assert_cmpuint(step.acks, ==, 0);
    update(300);
    g_assert_cmpuint(step.acks, ==, 5);
}

static void consuming_what_nobody_sent_is_unseen_data(void)
{
    open_flow();
    rw(100);
    update(107);
    ASSERT_FOUND(FOUND(UNSEEN_DATA));
    g_assert_cmpuint(step.info.ahead, ==, 7);
}

static void consuming_where_nothing_was_sent_is_ahead(void)
{
    open_flow();
    update(7);
    ASSERT_FOUND(FOUND(FWD_CNT_AHEAD));
}

static void counting_before_the_start_is_said_as_such(void)
{
    start(true);
    fwd_cnt[C] = 7;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    ASSERT_FOUND(FOUND(FWD_CNT_AT_START));
    fwd_cnt[S] = 9;
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    ASSERT_FOUND(FOUND(FWD_CNT_AT_START));
}

static void going_backwards_is_found(void)
{
    open_flow();
    rw(100);
    update(100);
    update(60);
    ASSERT_FOUND(FOUND(FWD_CNT_BACKWARDS));
    g_assert_cmpuint(step.info.backwards, ==, 40);
}

static void midstream_bounds_raise_no_alarm(void)
{
    start(false);
    rw(100);
    ASSERT_FOUND(0);
    update(0x90000000);
    ASSERT_FOUND(0);
    g_assert_cmpuint(step.acks, ==, 0);
    update(0x90001000); /* sent before the capture began */
    ASSERT_FOUND(0);
    start(false);
    update(0);
    update(7); /* nor where nothing was seen to be sent */
    ASSERT_FOUND(0);
    rw(1000);
    ASSERT_FOUND(FOUND(ZERO_WINDOW)); /* a lower bound of what is in flight suffices for that */
}

/* ---- stalls ---- */

static void silence_proves_nothing(void)
{
    open_flow();
    rw(1000); /* record 3 */
    now = 500 * MS;
    update(1000);
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
}

static void speaking_without_progress_proves_not_reading(void)
{
    open_flow();
    rw(1000);
    now = 500 * MS;
    take(S, VSOCK_OP_RW, 5, 0);
    now = 1000 * MS;
    update(1000);
    ASSERT_STALL(3, VSOCK_STALL_NOT_READING);
}

static void what_was_said_early_proves_nothing_of_the_rest(void)
{
    open_flow();
    rw(1000);
    now = 499 * MS;
    take(S, VSOCK_OP_RW, 5, 0);
    now = 1000 * MS;
    update(1000);
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
}

static void a_second_without_reading_is_proof_however_long_the_stall(void)
{
    for (int64_t spoke = 999; spoke <= 1000; spoke++) {
        open_flow();
        rw(1000);
        now = spoke * MS;
        take(S, VSOCK_OP_RW, 5, 0);
        now = 60000 * MS;
        update(1000);
        ASSERT_STALL(3, spoke < 1000 ? VSOCK_STALL_UNDECIDED : VSOCK_STALL_NOT_READING);
        g_assert_cmpint(flow.pending->stall[C].proved, ==, spoke * MS);
    }
}

static void not_reading_is_proved_from_what_was_read_last(void)
{
    start(true);
    buf_alloc[S] = 500;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(400);
    buf_alloc[S] = 100;
    update(0); /* record 4: the window is 300 bytes too small */
    now = 700 * MS;
    update(100); /* it reads */
    now = 1500 * MS;
    update(100);
    g_assert_cmpint(flow.pending->stall[C].proved, ==, 800 * MS);
    now = 2000 * MS;
    update(400);
    ASSERT_STALL(4, VSOCK_STALL_SHRUNK);
}

static void a_stall_remembers_the_buffer_that_was_full(void)
{
    start(true);
    buf_alloc[C] = 5000;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(1000);
    buf_alloc[S] = 5000;
    update(0);
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
    g_assert_cmpuint(flow.pending->stall[C].buffer, ==, 1000);
    g_assert_cmpuint(flow.pending->stall[C].ended.record, ==, 4);

    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(300);
    g_assert_cmpuint(flow.pending->stall[C].buffer, ==, 300);
    g_assert_cmpuint(flow.pending->stall[C].ended.record, ==, 0);
}

static void sending_shows_that_nobody_waited(void)
{
    open_flow();
    rw(1000);
    now = 500 * MS;
    rw(5); /* record 4: an update must have come that was not captured */
    now = 600 * MS;
    update(1005);
    ASSERT_STALL(4, VSOCK_STALL_UNDECIDED);
}

static void growing_the_own_buffer_ends_the_own_cap(void)
{
    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(300);
    buf_alloc[C] = 1000;
    take(C, VSOCK_OP_CREDIT_UPDATE, 0, 0);
    g_assert_false(flow.pending->stall[C].open);
}

static void who_has_shut_down_waits_no_more(void)
{
    open_flow();
    rw(600);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    buf_alloc[S] = 500;
    update(0);
    g_assert_false(flow.pending->stall[C].open);
}

static void the_receivers_shutdown_stops_the_clock(void)
{
    open_flow();
    rw(1000);
    now = 10 * MS;
    take(S, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_RCV);
    now = 500 * MS;
    update(0);
    g_assert_true(flow.pending->stall[C].open);
    g_assert_cmpint(flow.pending->stall[C].until, ==, 10 * MS);
}

static void a_second_opening_by_little_is_a_slow_reader(void)
{
    start(true);
    buf_alloc[C] = buf_alloc[S] = 262144;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(262144);
    update(1000);
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
    rw(1000);
    update(2000);
    ASSERT_STALL(5, VSOCK_STALL_SLOW_READER);
}

static void opening_by_what_linux_withholds_is_undecided(void)
{
    start(true);
    buf_alloc[C] = buf_alloc[S] = 262144;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(262144);
    update(200000);
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
    rw(200000);
    update(400000);
    ASSERT_STALL(5, VSOCK_STALL_UNDECIDED);
}

static void an_unanswered_question_makes_the_update_late(void)
{
    open_flow();
    rw(1000);
    now = 500 * MS;
    take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
    now = 1000 * MS;
    update(1000);
    ASSERT_STALL(3, VSOCK_STALL_UPDATE_LATE);
    open_flow();
    rw(1000);
    now = 999 * MS;
    take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
    now = 1000 * MS;
    update(1000); /* at once */
    ASSERT_STALL(3, VSOCK_STALL_UNDECIDED);
}

static void a_shrink_can_begin_a_stall(void)
{
    open_flow();
    rw(600);
    buf_alloc[S] = 500;
    update(0); /* record 4 */
    update(600);
    ASSERT_STALL(4, VSOCK_STALL_SHRUNK);
}

static void keeping_to_the_own_buffer_is_the_senders_choice(void)
{
    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(300);
    update(0);
    update(300);
    ASSERT_STALL(3, VSOCK_STALL_OWN_CAP);
}

static void the_senders_shutdown_ends_a_stall_without_a_verdict(void)
{
    open_flow();
    rw(1000);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    update(1000);
    ASSERT_STALL(0, 0);
}

/* Of side C as a sender: where its stall began that is over without the window's having opened. */
#define ASSERT_SETTLED(began) g_assert_cmpuint(step.settled[C], ==, began)

static void who_gives_up_to_send_settles_its_stall(void)
{
    open_flow();
    rw(1000);
    ASSERT_SETTLED(0);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_RCV); /* of the other direction */
    ASSERT_SETTLED(0);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_SETTLED(3);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_SETTLED(0);
}

static void the_receivers_shutdown_settles_a_stall_once(void)
{
    open_flow();
    rw(1000);
    take(S, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_SETTLED(0);
    take(S, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_RCV);
    ASSERT_SETTLED(3);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_SETTLED(0);
}

static void a_stall_that_ends_or_was_none_is_not_settled(void)
{
    open_flow();
    rw(1000);
    update(500);
    g_assert_cmpuint(step.stall.record, ==, 3);
    ASSERT_SETTLED(0);
    rw(500);
    rw(1); /* it was not waiting */
    ASSERT_SETTLED(0);
}

static void a_larger_own_buffer_settles_the_own_cap(void)
{
    start(true);
    buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0, 0);
    take(S, VSOCK_OP_RESPONSE, 0, 0);
    rw(300);
    buf_alloc[C] = 400;
    take(C, VSOCK_OP_CREDIT_UPDATE, 0, 0);
    ASSERT_SETTLED(3);
}

static void fwd_cnt_is_news_where_it_is_another(void)
{
    open_flow();
    g_assert_false(step.fwd_news);
    rw(100);
    update(50);
    g_assert_true(step.fwd_news);
    update(50);
    g_assert_false(step.fwd_news);
    update(49); /* backwards */
    g_assert_true(step.fwd_news);
}

static void a_first_fwd_cnt_is_news_unless_it_is_0(void)
{
    start(false);
    fwd_cnt[S] = 7;
    take(S, VSOCK_OP_CREDIT_UPDATE, 0, 0);
    g_assert_true(step.fwd_news);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0, 0);
    g_assert_false(step.fwd_news);
}

static void a_stall_stays_open_to_the_end(void)
{
    open_flow();
    rw(1000);
    g_assert_true(flow.pending->stall[C].open);
    vsock_flow_end(&flow);
    g_assert_true(flow.pending->stall[C].open);
    g_assert_cmpuint(flow.pending->stall[C].began.record, ==, 3);
}

/* ---- questions ---- */

static void any_packet_answers_a_credit_request(void)
{
    open_flow();
    take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
    ASSERT_FOUND(FOUND(CREDIT_REQUEST));
    g_assert_true(step.asks);
    take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
    g_assert_false(step.asks); /* the first still waits */
    take(S, VSOCK_OP_RW, 5, 0);
    g_assert_cmpuint(step.answers.record, ==, 3);
    take(S, VSOCK_OP_RW, 5, 0);
    g_assert_cmpuint(step.answers.record, ==, 0);
}

static void asking_twice_in_vain_is_said(void)
{
    open_flow();
    rw(1000);
    for (int i = 0; i < 3; i++) {
        take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
        update(0);
        ASSERT_FOUND(i == 0 ? 0 : FOUND(CREDIT_REQUEST_REPEATED));
    }
    take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
    update(10);
    ASSERT_FOUND(0);
}

static void progress_between_questions_is_progress(void)
{
    for (uint32_t sent = 999; sent <= 1000; sent++) { /* whether or not anybody waits */
        open_flow();
        rw(sent);
        take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
        update(0);
        update(500);
        take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
        update(500);
        ASSERT_FOUND(0);
    }
}

static void asking_with_nothing_in_flight_asks_for_nothing(void)
{
    open_flow();
    for (int i = 0; i < 3; i++) {
        take(C, VSOCK_OP_CREDIT_REQUEST, 0, 0);
        update(0);
        ASSERT_FOUND(0);
    }
}

/* ---- messages ---- */

static void open_seqpacket(void)
{
    open_flow();
    type = VSOCK_TYPE_SEQPACKET;
}

static void a_message_that_fills_the_buffer_must_end_there(void)
{
    open_seqpacket();
    rw(999);
    ASSERT_FOUND(0);
    rw(1);
    ASSERT_FOUND(FOUND(ZERO_WINDOW) | FOUND(MESSAGE_TOO_BIG));
    open_seqpacket();
    rw(999);
    take(C, VSOCK_OP_RW, 1, VSOCK_SEQ_EOM);
    ASSERT_FOUND(FOUND(ZERO_WINDOW));
}

static void a_message_that_was_consumed_has_ended(void)
{
    open_seqpacket();
    rw(600); /* its EOM is not captured */
    update(700);
    ASSERT_FOUND(FOUND(UNSEEN_DATA));
    rw(400);
    ASSERT_FOUND(0);
    open_seqpacket();
    rw(600);
    update(600);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_FOUND(0);
}

static void a_shrink_can_make_a_message_too_big(void)
{
    open_seqpacket();
    rw(600);
    buf_alloc[S] = 500;
    update(0);
    ASSERT_FOUND(FOUND(BUF_ALLOC_SHRUNK) | FOUND(BUF_ALLOC_BELOW_IN_FLIGHT) | FOUND(MESSAGE_TOO_BIG));
}

static void streams_have_no_messages(void)
{
    open_flow();
    rw(1000);
    ASSERT_FOUND(FOUND(ZERO_WINDOW));
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_FOUND(0);
    g_assert_cmphex(vsock_flow_end(&flow), ==, 0);
}

static void the_end_cuts_a_message(void)
{
    open_seqpacket();
    rw(5);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_RCV);
    ASSERT_FOUND(0);
    take(C, VSOCK_OP_SHUTDOWN, 0, VSOCK_SHUTDOWN_SEND);
    ASSERT_FOUND(FOUND(MESSAGE_TRUNCATED));
    g_assert_cmphex(vsock_flow_end(&flow), ==, 0);
    open_seqpacket();
    rw(5);
    g_assert_cmphex(vsock_flow_end(&flow), ==, FOUND(MESSAGE_TRUNCATED));
}

static void a_record_ends_with_a_message(void)
{
    open_seqpacket();
    take(C, VSOCK_OP_RW, 5, VSOCK_SEQ_EOR);
    ASSERT_FOUND(FOUND(EOR_WITHOUT_EOM));
    take(C, VSOCK_OP_RW, 5, VSOCK_SEQ_EOR | VSOCK_SEQ_EOM);
    ASSERT_FOUND(0);
}

static void an_rw_without_data_is_noted(void)
{
    open_flow();
    rw(0);
    ASSERT_FOUND(FOUND(ZERO_LENGTH));
    update(0);
    g_assert_cmpuint(step.acks, ==, 0);
}

static void trailing_packets_move_figures_and_find_nothing(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5000);
    struct vsock_packet p = read_record(&r);

    open_flow();
    step = vsock_flow_trail(&flow, &p, C, 3, &rws[3]);
    ASSERT_FOUND(0);
    g_assert_cmpuint(vsock_window_in_flight(&flow.window[C]), ==, 5000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/flow/" #name, name)
    TEST(the_window_is_the_buffer_less_what_is_in_flight);
    TEST(a_full_buffer_is_a_zero_window_and_said_once);
    TEST(the_senders_own_buffer_caps_it);
    TEST(a_packet_across_the_senders_own_buffers_size_is_not_capped);
    TEST(exceeding_counts_from_the_highest_edge);
    TEST(what_was_allowed_before_the_capture_is_not_known);
    TEST(a_shrink_cannot_make_a_violation);
    TEST(a_shrink_that_leaves_room_is_only_a_shrink);
    TEST(consuming_beyond_an_overrun_explains_it);
    TEST(an_overrun_of_who_may_send_no_more_can_be_explained_too);
    TEST(buffers_of_4_gib_are_no_trouble);
    TEST(consumption_acknowledges_the_newest_whole_rw);
    TEST(consuming_what_nobody_sent_is_unseen_data);
    TEST(consuming_where_nothing_was_sent_is_ahead);
    TEST(counting_before_the_start_is_said_as_such);
    TEST(going_backwards_is_found);
    TEST(midstream_bounds_raise_no_alarm);
    TEST(silence_proves_nothing);
    TEST(speaking_without_progress_proves_not_reading);
    TEST(what_was_said_early_proves_nothing_of_the_rest);
    TEST(a_second_without_reading_is_proof_however_long_the_stall);
    TEST(not_reading_is_proved_from_what_was_read_last);
    TEST(a_stall_remembers_the_buffer_that_was_full);
    TEST(sending_shows_that_nobody_waited);
    TEST(growing_the_own_buffer_ends_the_own_cap);
    TEST(who_has_shut_down_waits_no_more);
    TEST(the_receivers_shutdown_stops_the_clock);
    TEST(a_second_opening_by_little_is_a_slow_reader);
    TEST(opening_by_what_linux_withholds_is_undecided);
    TEST(an_unanswered_question_makes_the_update_late);
    TEST(a_shrink_can_begin_a_stall);
    TEST(keeping_to_the_own_buffer_is_the_senders_choice);
    TEST(the_senders_shutdown_ends_a_stall_without_a_verdict);
    TEST(who_gives_up_to_send_settles_its_stall);
    TEST(the_receivers_shutdown_settles_a_stall_once);
    TEST(a_stall_that_ends_or_was_none_is_not_settled);
    TEST(a_larger_own_buffer_settles_the_own_cap);
    TEST(fwd_cnt_is_news_where_it_is_another);
    TEST(a_first_fwd_cnt_is_news_unless_it_is_0);
    TEST(a_stall_stays_open_to_the_end);
    TEST(any_packet_answers_a_credit_request);
    TEST(asking_twice_in_vain_is_said);
    TEST(progress_between_questions_is_progress);
    TEST(asking_with_nothing_in_flight_asks_for_nothing);
    TEST(a_message_that_was_consumed_has_ended);
    TEST(a_shrink_can_make_a_message_too_big);
    TEST(a_message_that_fills_the_buffer_must_end_there);
    TEST(streams_have_no_messages);
    TEST(the_end_cuts_a_message);
    TEST(a_record_ends_with_a_message);
    TEST(an_rw_without_data_is_noted);
    TEST(trailing_packets_move_figures_and_find_nothing);
    return g_test_run();
}
