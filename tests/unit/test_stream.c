/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_stream.c - one connection as a whole, and what it is diagnosed as. A test's name is the rule it
 * checks. C, the client, sends the data; S, the server, has a buffer of 1000. */
#include <glib.h>

#include "core/malformed.h"
#include "core/stream.h"
#include "packet.h"

#define C 0
#define S 1
#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct vsock_stream stream;
static struct vsock_stream_data data;
static struct vsock_pending pending;
static int64_t seen_until;
static struct vsock_capture_source source = {.seen_until = &seen_until};
static struct vsock_rw rws[64];
static uint32_t record; /* of the packet, from 1 */
static int64_t now;
static struct vsock_diagnoses all; /* of all packets so far */
static const struct vsock_thresholds thresholds = {
    .connect_timeout = 2 * SECOND,
    .stall_note = 100 * MS,
    .stall_warning = SECOND,
    .credit_request_timeout = SECOND,
};
static struct connection conn;

static void start(struct connection between_whom)
{
    conn = between_whom;
    data = (struct vsock_stream_data){0};
    stream = (struct vsock_stream){.side = {conn.end[C], conn.end[S]}, .source = &source, .data = &data};
    record = 0;
    now = 10 * SECOND;
    all.count = 0;
}

static void reset_story(void)
{
    start(between(42, 1024, 43, 9999));
}

static void take_record(uint8_t side, const struct record *r)
{
    struct vsock_packet p = read_record(r);
    struct vsock_mark at = mark(++record, now);

    g_assert_cmpuint(record, <, G_N_ELEMENTS(rws));
    if (record == 1) {
        vsock_stream_start(&stream, &p, side);
        pending = vsock_nothing_pending;
        stream.conn.flow.pending = &pending;
    }
    seen_until = now;
    vsock_stream_take(&stream, NULL, &p, vsock_malformed(&p), side, &at, &rws[record], &thresholds, &all);
    g_assert_cmpuint(all.count + 1, <, VSOCK_DIAGNOSES_MAX);
    now += MS;
}

static void take(uint8_t side, enum vsock_op op, uint32_t length)
{
    struct record r = record_of(&conn, side, op, length);

    take_record(side, &r);
    conn.flags = 0;
}

static void open_stream(void)
{
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
}

static void rw(uint32_t length)
{
    take(C, VSOCK_OP_RW, length);
}

static void update(uint32_t consumed)
{
    conn.fwd_cnt[S] = consumed;
    take(S, VSOCK_OP_CREDIT_UPDATE, 0);
}

static void shut(uint8_t side, uint32_t how)
{
    conn.flags = how;
    take(side, VSOCK_OP_SHUTDOWN, 0);
}

static void no_socket(uint8_t side)
{
    uint32_t buffer = conn.buf_alloc[side], count = conn.fwd_cnt[side];

    conn.buf_alloc[side] = conn.fwd_cnt[side] = 0;
    take(side, VSOCK_OP_RST, 0);
    conn.buf_alloc[side] = buffer;
    conn.fwd_cnt[side] = count;
}

static void after(int64_t time)
{
    now += time - MS; /* which a packet takes */
}

static void end(void)
{
    seen_until = now;
    vsock_stream_end(&stream, &thresholds, &all);
}

static void assert_only(enum vsock_code code)
{
    for (unsigned i = 0; i < all.count; i++)
        g_assert_cmpstr(vsock_codes[all.list[i].code].name, ==, vsock_codes[code].name);
    g_assert_cmpuint(all.count, ==, 1);
}

static void assert_has(enum vsock_code code)
{
    for (unsigned i = 0; i < all.count; i++) {
        if (all.list[i].code == code)
            return;
    }
    g_error("no %s", vsock_codes[code].name);
}

static void assert_healthy(void)
{
    if (all.count > 0)
        g_error("%s", vsock_codes[all.list[0].code].name);
}

#define FIGURES (all.list[0].figures)

/* ---- what is summed up ---- */

static void each_side_is_summed_up_by_itself(void)
{
    const struct vsock_side_stats *client = &stream.stats.side[C], *server = &stream.stats.side[S];

    open_stream();
    rw(100);
    rw(50);
    update(150);
    take(S, VSOCK_OP_RW, 7);
    g_assert_cmpuint(client->packets, ==, 3);
    g_assert_cmpuint(client->rws, ==, 2);
    g_assert_cmpuint(client->bytes, ==, 150);
    g_assert_cmpuint(client->updates, ==, 0);
    g_assert_cmpuint(server->packets, ==, 3);
    g_assert_cmpuint(server->rws, ==, 1);
    g_assert_cmpuint(server->bytes, ==, 7);
    g_assert_cmpuint(server->updates, ==, 1);
    g_assert_cmpuint(stream.stats.first.record, ==, 1);
    g_assert_cmpuint(stream.last.record, ==, 6);
    g_assert_cmpint(stream.last.time - stream.stats.first.time, ==, 5 * MS);
}

static void data_that_is_no_part_of_the_stream_is_a_packet_only(void)
{
    open_stream();
    conn.type = VSOCK_TYPE_SEQPACKET;
    rw(100);
    conn.type = VSOCK_TYPE_STREAM;
    take(S, VSOCK_OP_RST, 0);
    rw(100); /* after the end */
    g_assert_cmpuint(stream.stats.side[C].packets, ==, 3);
    g_assert_cmpuint(stream.stats.side[C].rws, ==, 0);
    g_assert_cmpuint(stream.stats.side[C].bytes, ==, 0);
}

static void stalls_that_ended_add_up_however_short(void)
{
    open_stream();
    rw(1000);
    after(20 * MS);
    update(1000);
    rw(1000);
    after(30 * MS);
    update(2000);
    rw(1000); /* and one that did not */
    after(SECOND);
    g_assert_cmpuint(stream.stats.stalls, ==, 2);
    g_assert_cmpint(stream.stats.longest_stall, ==, 30 * MS);
    g_assert_cmpint(stream.stats.total_stall, ==, 50 * MS);
}

static void the_first_shutdown_is_remembered(void)
{
    open_stream();
    g_assert_cmpint(stream.stats.shut_time, ==, VSOCK_TIME_NONE);
    shut(S, 1);
    g_assert_cmpint(stream.stats.shut_time, ==, 10 * SECOND + 2 * MS);
    shut(C, 3);
    g_assert_cmpint(stream.stats.shut_time, ==, 10 * SECOND + 2 * MS);
}

static void large_packets_are_counted_of_either_side(void)
{
    open_stream();
    conn.buf_alloc[S] = 1000000;
    update(0);
    rw(32768);
    take(S, VSOCK_OP_RW, 40000); /* record 5 */
    rw(50000);
    g_assert_cmpuint(data.large_count, ==, 2);
    g_assert_cmpuint(data.largest, ==, 50000);
    g_assert_cmpuint(data.large_side, ==, S);
    g_assert_cmpuint(data.large.record, ==, 5);
}

/* ---- what is asked of a stream ---- */

static void what_happened_is_known_until_the_end_or_the_next_generation(void)
{
    open_stream();
    seen_until = 100 * SECOND;
    g_assert_cmpint(vsock_stream_known_until(&stream), ==, 100 * SECOND);
    stream.superseded_time = 50 * SECOND;
    g_assert_cmpint(vsock_stream_known_until(&stream), ==, 50 * SECOND);
    now = 20 * SECOND;
    no_socket(S);
    seen_until = 100 * SECOND;
    g_assert_cmpint(vsock_stream_known_until(&stream), ==, 20 * SECOND);
}

static void where_no_request_tells_the_larger_port_is_the_clients(void)
{
    open_stream();
    g_assert_cmpuint(vsock_stream_client(&stream), ==, C);
    reset_story();
    rw(5);
    g_assert_cmpuint(vsock_stream_client(&stream), ==, S);
    start(between(42, 9999, 43, 1024));
    rw(5);
    g_assert_cmpuint(vsock_stream_client(&stream), ==, C);
}

static void a_wait_at_the_end_is_as_long_as_is_known(void)
{
    open_stream();
    g_assert_cmpint(vsock_stream_open_stall(&stream, C), ==, 0);
    rw(1000);
    after(5 * SECOND);
    seen_until = now;
    g_assert_cmpint(vsock_stream_open_stall(&stream, C), ==, 5 * SECOND);
    g_assert_cmpint(vsock_stream_open_stall(&stream, S), ==, 0);
    shut(S, 1); /* from here on it waits for nothing */
    seen_until += 60 * SECOND;
    g_assert_cmpint(vsock_stream_open_stall(&stream, C), ==, 5 * SECOND);
}

static void answers_are_late_from_the_timeout_on_and_never_without_one(void)
{
    struct vsock_thresholds none = {.credit_request_timeout = 0};

    g_assert_false(vsock_answer_late(&thresholds, 5, 4 + SECOND));
    g_assert_true(vsock_answer_late(&thresholds, 5, 5 + SECOND));
    g_assert_false(vsock_answer_late(&none, 0, INT64_MAX));
}

static void only_slow_readers_are_noted_sooner(void)
{
    for (int cause = VSOCK_STALL_NOT_READING; cause <= VSOCK_STALL_OWN_CAP; cause++) {
        int64_t least = cause == VSOCK_STALL_SLOW_READER ? 100 * MS : SECOND;

        g_assert_false(vsock_stall_counts((enum vsock_stall_cause)cause, least - 1, &thresholds));
        g_assert_true(vsock_stall_counts((enum vsock_stall_cause)cause, least, &thresholds));
    }
}

/* ---- healthy lives ---- */

static void a_normal_life_has_no_diagnosis(void)
{
    open_stream();
    for (uint32_t i = 1; i <= 10; i++) {
        rw(1000);
        update(1000 * i);
    }
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    after(60 * SECOND);
    end();
    assert_healthy();
}

static void a_half_close_has_no_diagnosis(void)
{
    open_stream();
    rw(10);
    shut(C, 2);
    update(10);
    take(S, VSOCK_OP_RW, 100);
    shut(S, 3);
    take(C, VSOCK_OP_RST, 0);
    end();
    assert_healthy();
}

static void a_counter_that_wraps_has_no_diagnosis(void)
{
    reset_story();
    conn.fwd_cnt[S] = 0xfffffff0;
    update(0xfffffff0); /* mid-stream */
    rw(100);
    update(84); /* past 2^32 */
    end();
    assert_healthy();
}

static void an_idle_stream_is_healthy(void)
{
    open_stream();
    rw(10);
    update(10);
    after(3600 * SECOND);
    end();
    assert_healthy();
}

static void a_close_that_began_before_the_capture_is_no_lost_socket(void)
{
    reset_story();
    update(500);
    no_socket(C);
    end();
    assert_healthy();
}

/* ---- connecting ---- */

static void a_response_after_a_second_is_slow_and_after_two_is_lost_on_linux(void)
{
    const struct {
        int64_t time;
        unsigned count;
        enum vsock_severity severity;
    } cases[] = {{SECOND - 1, 0, VSOCK_SEVERITY_CHAT},
                 {SECOND, 1, VSOCK_SEVERITY_NOTE},
                 {2 * SECOND - 1, 1, VSOCK_SEVERITY_NOTE},
                 {2 * SECOND, 1, VSOCK_SEVERITY_WARN}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        reset_story();
        take(C, VSOCK_OP_REQUEST, 0);
        after(cases[i].time);
        take(S, VSOCK_OP_RESPONSE, 0);
        g_assert_cmpuint(all.count, ==, cases[i].count);
        if (all.count == 0)
            continue;
        assert_only(VSOCK_CODE_CONNECT_SLOW);
        g_assert_cmpint(all.list[0].severity, ==, cases[i].severity);
        g_assert_cmpint(all.list[0].side, ==, C);
        g_assert_cmpuint(all.list[0].first_frame, ==, 1001);
        g_assert_cmpuint(all.list[0].last_frame, ==, 1002);
        g_assert_cmpint(FIGURES.longest, ==, cases[i].time);
    }
}

static void a_request_is_unanswered_after_two_seconds_of_nothing(void)
{
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    seen_until += 2 * SECOND - 1;
    g_assert_false(vsock_stream_unanswered(&stream, &thresholds));
    seen_until++;
    g_assert_true(vsock_stream_unanswered(&stream, &thresholds));
    g_assert_false(vsock_stream_unanswered(&stream, &(struct vsock_thresholds){.connect_timeout = 0}));
    take(S, VSOCK_OP_RESPONSE, 0);
    seen_until += 60 * SECOND;
    g_assert_false(vsock_stream_unanswered(&stream, &thresholds));
    reset_story();
    update(0); /* nobody asked */
    seen_until += 60 * SECOND;
    g_assert_false(vsock_stream_unanswered(&stream, &thresholds));
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0); /* its program changed its buffer's size meanwhile */
    seen_until += 60 * SECOND;
    g_assert_true(vsock_stream_unanswered(&stream, &thresholds));
    update(0); /* of the server: its RESPONSE was not captured */
    g_assert_false(vsock_stream_unanswered(&stream, &thresholds));
}

/* ---- resets ---- */

static void an_open_connection_without_a_socket_has_lost_its_peer(void)
{
    open_stream();
    after(SECOND);
    rw(10);
    no_socket(S);
    end();
    assert_only(VSOCK_CODE_PEER_GONE);
    g_assert_cmpint(all.list[0].side, ==, S);
}

/* S has not spoken for a second when C sends, and its RST comes within a second. */
static void a_reset_without_a_socket_answers_at_once_and_out_of_silence(void)
{
    open_stream();
    after(SECOND - MS);
    rw(10);
    after(MS - 1);
    no_socket(S); /* it spoke a second ago, less one */
    assert_healthy();
    open_stream();
    after(SECOND);
    rw(10);
    after(SECOND);
    no_socket(S); /* too late for an answer */
    assert_healthy();
    open_stream();
    after(2 * SECOND);
    take(S, VSOCK_OP_RW, 5); /* its own word is the last one */
    after(2 * SECOND);
    no_socket(S);
    assert_healthy();
    open_stream();
    after(SECOND);
    rw(10);
    after(SECOND - 1);
    no_socket(S);
    assert_only(VSOCK_CODE_PEER_GONE);
}

/* As libkrun and alioth close, whose receivers say little of what they have read. */
static void a_reset_without_a_socket_that_answers_nothing_loses_what_fills_a_buffer(void)
{
    open_stream();
    rw(999);
    take(S, VSOCK_OP_RW, 5);
    no_socket(S);
    assert_healthy();
    open_stream();
    rw(1000);
    take(S, VSOCK_OP_RW, 5);
    no_socket(S);
    assert_only(VSOCK_CODE_CLOSED_BY_RESET);
    g_assert_cmpint(all.list[0].side, ==, S);
    g_assert_cmpuint(FIGURES.bytes, ==, 1000);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
}

/* What C sent is not lost: S gets it before the end. */
static void what_a_resets_sender_had_sent_is_not_lost(void)
{
    open_stream();
    take(S, VSOCK_OP_RW, 500);
    rw(1000);
    update(1000);
    rw(1000);
    no_socket(C);
    assert_healthy();
}

static void a_side_that_has_finished_and_closes_has_not_lost_its_peer(void)
{
    open_stream();
    after(2 * SECOND);
    shut(C, VSOCK_SHUTDOWN_SEND);
    no_socket(S);
    assert_healthy();
    open_stream();
    shut(S, VSOCK_SHUTDOWN_SEND);
    after(2 * SECOND);
    rw(10);
    no_socket(S);
    assert_healthy();
}

static void a_resets_age_is_the_connections(void)
{
    open_stream();
    rw(600);
    after(3 * SECOND);
    take(S, VSOCK_OP_RST, 0);
    assert_only(VSOCK_CODE_RESET_ABORTED);
    g_assert_cmpint(FIGURES.total, ==, 3 * SECOND + 2 * MS);
}

static void an_open_connection_can_lose_its_peer_before_any_data(void)
{
    open_stream();
    after(SECOND);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    no_socket(S);
    assert_only(VSOCK_CODE_PEER_GONE);
}

static void a_connection_that_breaks_before_it_began_by_its_clock_has_no_age(void)
{
    open_stream();
    rw(600);
    now -= 3600 * SECOND;
    take(S, VSOCK_OP_RST, 0);
    assert_only(VSOCK_CODE_RESET_ABORTED);
    g_assert_cmpint(all.list[0].figures.total, ==, 0);
}

static void data_that_meets_no_socket_mid_stream_has_lost_its_peer(void)
{
    reset_story();
    rw(10);
    no_socket(S);
    assert_only(VSOCK_CODE_PEER_GONE);
}

static void a_live_socket_that_resets_aborts(void)
{
    open_stream();
    rw(600);
    take(S, VSOCK_OP_RST, 0);
    assert_only(VSOCK_CODE_RESET_ABORTED);
    g_assert_cmpuint(FIGURES.bytes, ==, 600);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
}

/* As rcore's virtio-drivers closes (force_close), and others. */
static void a_live_socket_that_has_read_everything_closes_by_its_reset(void)
{
    open_stream();
    rw(600);
    update(600);
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
    open_stream();
    rw(600);
    conn.fwd_cnt[S] = 600; /* says the RST itself */
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
}

static void small_packets_that_fill_the_queue_are_likely_why(void)
{
    open_stream();
    conn.buf_alloc[S] = 2 * 576;
    update(0);
    rw(200);
    rw(200);
    take(S, VSOCK_OP_RST, 0);
    assert_only(VSOCK_CODE_RESET_QUEUE_OVERHEAD);
    g_assert_true(vsock_codes[all.list[0].code].likely);
}

static void an_overrun_and_the_reset_after_it_are_both_said(void)
{
    open_stream();
    rw(1000);
    rw(7);
    take(S, VSOCK_OP_RST, 0);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    g_assert_cmpint(all.list[0].code, ==, VSOCK_CODE_CREDIT_OVERRUN);
    g_assert_cmpuint(all.list[0].figures.bytes, ==, 7);
    g_assert_cmpint(all.list[1].code, ==, VSOCK_CODE_RESET_AFTER_OVERRUN);
}

static void a_reset_after_the_receivers_own_shrink_is_no_overrun(void)
{
    open_stream();
    rw(900);
    conn.buf_alloc[S] = 500;
    take(S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_BUFFER_SHRUNK);
    assert_has(VSOCK_CODE_RESET_ABORTED);
}

static void an_overrun_that_was_consumed_is_no_reason_for_a_later_reset(void)
{
    open_stream();
    rw(1000);
    rw(7);
    update(1000); /* of what was allowed, not more */
    g_assert_true(stream.conn.flow.pending->excess[C].open);
    update(1007);
    g_assert_false(stream.conn.flow.pending->excess[C].open);
    rw(900);
    conn.buf_alloc[S] = 500;
    take(S, VSOCK_OP_RST, 0);
    assert_has(VSOCK_CODE_RESET_ABORTED);
}

static void an_overrun_of_the_resetter_itself_is_no_reason_for_its_reset(void)
{
    open_stream();
    take(S, VSOCK_OP_RW, 262145);
    assert_only(VSOCK_CODE_CREDIT_OVERRUN);
    rw(900);
    conn.buf_alloc[S] = 500;
    take(S, VSOCK_OP_RST, 0);
    assert_has(VSOCK_CODE_RESET_ABORTED);
}

static void what_comes_after_the_end_is_no_second_reset(void)
{
    open_stream();
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    no_socket(C);
    take(S, VSOCK_OP_RST, 0);
    end();
    assert_healthy();
}

/* ---- counters ---- */

static void sending_up_to_the_edge_is_no_overrun(void)
{
    open_stream();
    rw(1000);
    assert_healthy();
}

static void a_counter_that_starts_above_zero_is_ahead(void)
{
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    conn.fwd_cnt[S] = 1;
    take(S, VSOCK_OP_RESPONSE, 0);
    assert_only(VSOCK_CODE_CREDIT_COUNTER_AHEAD);
    g_assert_cmpuint(FIGURES.bytes, ==, 1);
}

static void consuming_what_nobody_sent_is_ahead(void)
{
    open_stream();
    update(700);
    assert_only(VSOCK_CODE_CREDIT_COUNTER_AHEAD);
    g_assert_cmpuint(FIGURES.bytes, ==, 700);
}

static void consuming_more_than_was_seen_is_loss(void)
{
    open_stream();
    rw(100);
    update(130);
    assert_only(VSOCK_CODE_CAPTURE_LOSS);
    g_assert_cmpuint(FIGURES.bytes, ==, 30);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void a_counter_that_goes_back_is_backwards(void)
{
    open_stream();
    rw(500);
    update(500);
    update(499);
    assert_only(VSOCK_CODE_CREDIT_COUNTER_BACKWARDS);
    g_assert_cmpuint(FIGURES.bytes, ==, 1);
}

static void a_smaller_buffer_is_a_shrink_only_below_what_is_in_flight(void)
{
    open_stream();
    rw(400);
    conn.buf_alloc[S] = 400;
    update(0);
    assert_healthy();
    conn.buf_alloc[S] = 399;
    update(0);
    assert_only(VSOCK_CODE_BUFFER_SHRUNK);
    g_assert_cmpuint(FIGURES.bytes, ==, 1);
    g_assert_cmpuint(FIGURES.limit, ==, 399);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void data_that_an_earlier_window_covers_tells_of_the_shrink(void)
{
    open_stream();
    rw(400);
    conn.buf_alloc[S] = 500;
    update(0);
    rw(200); /* the edge of before is 1000 */
    assert_only(VSOCK_CODE_BUFFER_SHRUNK);
    g_assert_cmpuint(FIGURES.bytes, ==, 100);
}

static void the_lowest_window_is_the_senders_whoever_made_it_so(void)
{
    open_stream();
    rw(400);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, 600);
    conn.buf_alloc[S] = 300;
    update(0);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, -100);
    update(400);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, -100);
    g_assert_cmpint(stream.stats.side[S].lowest_window, ==, 262144);
}

static void the_lowest_effective_window_is_capped_at_the_senders_own_buffer(void)
{
    open_stream();
    conn.buf_alloc[C] = 500;
    rw(400);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, 600);
    g_assert_cmpint(vsock_stream_lowest_effective(&stream, C), ==, 100);
    g_assert_cmpint(vsock_stream_lowest_effective(&stream, S), ==, 500);
    update(400);
    conn.buf_alloc[C] = 50; /* whatever tells of it */
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    g_assert_cmpint(vsock_stream_lowest_effective(&stream, C), ==, 50);
}

static void a_sender_beyond_its_own_buffer_has_no_effective_window_of_its_own(void)
{
    open_stream();
    conn.buf_alloc[C] = 500;
    rw(500);
    g_assert_cmpint(vsock_stream_lowest_effective(&stream, C), ==, 0);
    rw(1);
    g_assert_cmpint(vsock_stream_lowest_effective(&stream, C), ==, 499);
}

static void a_buffer_that_shrinks_while_it_is_read_lowers_the_window(void)
{
    open_stream();
    rw(400);
    conn.buf_alloc[S] = 300;
    update(200);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, 100);
}

static void the_first_word_of_a_side_opens_the_others_window(void)
{
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    g_assert_true(stream.stats.side[S].has_window);
    g_assert_false(stream.stats.side[C].has_window);
    conn.fwd_cnt[S] = 100; /* whatever it counts from */
    take(S, VSOCK_OP_RESPONSE, 0);
    g_assert_true(stream.stats.side[C].has_window);
    g_assert_cmpint(stream.stats.side[C].lowest_window, ==, 1000);
}

static void of_two_shrinks_the_worse_one_is_told(void)
{
    open_stream();
    conn.buf_alloc[S] = 10000;
    update(0);
    rw(5000);
    conn.buf_alloc[S] = 1000;
    update(0);
    conn.buf_alloc[S] = 10000;
    update(5000);
    rw(3500);
    conn.buf_alloc[S] = 3000;
    update(5000);
    g_assert_cmpuint(all.count, ==, 2);
    vsock_diagnosis_merge(&all.list[0], &all.list[1]);
    g_assert_cmpuint(FIGURES.count, ==, 2);
    g_assert_cmpuint(FIGURES.bytes, ==, 4000);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
}

/* ---- stalls ---- */

static void a_stall_that_ends_within_a_second_is_how_full_speed_looks(void)
{
    open_stream();
    rw(1000);
    after(SECOND - 1);
    update(1000);
    end();
    assert_healthy();
}

static void a_stall_of_a_second_without_a_word_is_undecided(void)
{
    open_stream();
    rw(1000);
    after(SECOND);
    update(1000);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
    g_assert_cmpint(FIGURES.longest, ==, SECOND);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void a_receiver_that_spoke_and_had_read_nothing_was_not_reading(void)
{
    open_stream();
    rw(1000);
    after(900 * MS);
    take(S, VSOCK_OP_RW, 5);
    after(100 * MS);
    update(1000);
    end();
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
    g_assert_cmpint(all.list[0].severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpint(FIGURES.proved, ==, 900 * MS);
}

static void a_stall_names_the_buffer_that_was_full(void)
{
    open_stream();
    rw(1000);
    after(SECOND);
    conn.buf_alloc[S] = 5000;
    update(0);
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
}

static void a_receiver_that_reads_little_is_slow(void)
{
    open_stream();
    conn.buf_alloc[S] = 262144;
    update(0);
    rw(262144);
    update(1000);
    rw(1000);
    after(99 * MS);
    update(2000);
    assert_healthy();
    rw(1000);
    after(100 * MS);
    update(3000);
    end();
    assert_only(VSOCK_CODE_STALL_SLOW_READER);
    g_assert_cmpint(FIGURES.longest, ==, 100 * MS);
}

static void a_stall_that_a_shrink_made_is_undecided(void)
{
    open_stream();
    rw(600);
    conn.buf_alloc[S] = 500;
    update(0);
    after(SECOND);
    update(600);
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_BUFFER_SHRUNK);
    assert_has(VSOCK_CODE_STALL_UNDECIDED);
    g_assert_cmpuint(all.list[1].cause, ==, VSOCK_STALL_SHRUNK);
}

static void an_update_that_comes_late_although_asked_for_is_undecided(void)
{
    open_stream();
    rw(1000);
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(SECOND);
    update(1000);
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_STALL_UNDECIDED);
    assert_has(VSOCK_CODE_CREDIT_REQUEST_UNANSWERED);
    g_assert_cmpuint(all.list[0].cause, ==, VSOCK_STALL_UPDATE_LATE);
}

static void a_sender_that_keeps_to_its_own_buffer_waits_for_itself(void)
{
    reset_story();
    conn.buf_alloc[C] = 300;
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(300);
    after(SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_OWN_CAP);
    g_assert_true(all.list[0].lasting);
    g_assert_cmpuint(FIGURES.limit, ==, 300);
}

static void a_full_buffer_of_which_nothing_was_ever_heard_lacks_an_update(void)
{
    open_stream();
    rw(1000);
    after(SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_UPDATE_MISSING);
    g_assert_true(all.list[0].lasting);
}

static void a_wait_of_less_than_a_second_at_the_end_is_nothing(void)
{
    open_stream();
    rw(1000);
    after(SECOND - 1);
    end();
    assert_healthy();
}

static void a_receiver_that_consumed_before_may_just_not_read(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(1000);
    after(SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
}

static void a_counter_that_never_moves_from_where_it_began_lacks_an_update(void)
{
    reset_story();
    take(C, VSOCK_OP_REQUEST, 0);
    conn.fwd_cnt[S] = 100;
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(1000);
    after(SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_CREDIT_COUNTER_AHEAD);
    assert_has(VSOCK_CODE_STALL_UPDATE_MISSING);
}

static void what_was_consumed_before_the_capture_is_no_missing_update(void)
{
    reset_story();
    conn.fwd_cnt[S] = 5000;
    update(5000);
    rw(1000);
    after(SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
}

static void a_question_without_answer_makes_the_update_missing(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(1000);
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(2 * SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_STALL_UPDATE_MISSING);
    assert_has(VSOCK_CODE_CREDIT_REQUEST_UNANSWERED);
}

static void a_receiver_that_speaks_to_the_end_and_reads_nothing_is_not_reading(void)
{
    open_stream();
    rw(1000);
    after(900 * MS);
    take(S, VSOCK_OP_RW, 5);
    after(200 * MS);
    end();
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void a_word_at_the_start_of_a_silence_proves_nothing_of_it(void)
{
    open_stream();
    rw(1000);
    after(100 * MS);
    take(S, VSOCK_OP_RW, 5);
    after(2 * SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
}

static void ten_seconds_to_the_end_are_a_warning_whatever_the_reason(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        open_stream();
        rw(100);
        update(100);
        rw(1000);
        after(10 * SECOND - missing);
        end();
        assert_only(VSOCK_CODE_STALL_UNDECIDED);
        g_assert_cmpint(all.list[0].severity, ==, missing ? VSOCK_SEVERITY_NOTE : VSOCK_SEVERITY_WARN);
    }
}

static void ten_seconds_that_ended_are_no_warning_by_themselves(void)
{
    open_stream();
    rw(1000);
    after(20 * SECOND);
    update(1000);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
    g_assert_cmpint(all.list[0].severity, ==, VSOCK_SEVERITY_NOTE);
}

static void the_reason_of_a_stall_that_lasts_is_told_too(void)
{
    open_stream();
    rw(600);
    conn.buf_alloc[S] = 500;
    update(0);
    after(SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    g_assert_cmpuint(all.list[1].cause, ==, VSOCK_STALL_SHRUNK);

    open_stream();
    rw(1000);
    take(S, VSOCK_OP_RW, 5); /* a word, too early to prove anything */
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(900 * MS);
    rw(0); /* the sender's own word */
    after(200 * MS);
    end();
    g_assert_cmpuint(all.list[0].cause, ==, VSOCK_STALL_UPDATE_LATE);

    open_stream();
    rw(1000);
    after(600 * MS);
    take(C, VSOCK_OP_CREDIT_REQUEST, 0); /* too late to explain it */
    after(500 * MS);
    end();
    g_assert_cmpuint(all.list[0].cause, ==, VSOCK_STALL_UNDECIDED);
}

/* ---- receivers that miscount ---- */

#define RESTED (10 * MS)

/* The sender's data, the receiver's own, of which it has consumed so much then, and a rest. */
static void exchange(uint8_t sender, uint32_t length, uint32_t consumed, int64_t rest)
{
    take(sender, VSOCK_OP_RW, length);
    conn.fwd_cnt[sender ^ 1] = consumed;
    take(sender ^ 1, VSOCK_OP_RW, 10);
    after(rest);
}

/* Fills what is left of a buffer of 1000 bytes, and then the receiver asks again, and reads nothing. */
static void fill_and_ask(uint8_t sender, uint32_t length)
{
    take(sender, VSOCK_OP_RW, length);
    after(SECOND);
    take(sender ^ 1, VSOCK_OP_RW, 10);
    end();
}

static void a_receiver_that_leaves_more_after_each_of_three_exchanges_miscounts(void)
{
    for (uint8_t sender = C; sender <= S; sender++) {
        open_stream();
        conn.buf_alloc[C] = conn.buf_alloc[S] = 1000;
        take(C, VSOCK_OP_CREDIT_UPDATE, 0);
        exchange(sender, 250, 100, RESTED);
        exchange(sender, 250, 200, RESTED);
        exchange(sender, 250, 300, RESTED);
        fill_and_ask(sender, 550);
        assert_only(VSOCK_CODE_CREDIT_LEAK);
        g_assert_cmpint(all.list[0].side, ==, sender);
        g_assert_cmpuint(FIGURES.count, ==, 3);
        g_assert_cmpuint(FIGURES.bytes, ==, 1000);
        g_assert_cmpuint(FIGURES.limit, ==, 1000);
        g_assert_cmpint(FIGURES.longest, ==, SECOND + MS);
        g_assert_true(all.list[0].lasting);
    }
}

static void after_two_exchanges_it_may_be_chance(void)
{
    open_stream();
    exchange(C, 250, 100, RESTED);
    exchange(C, 250, 200, RESTED);
    fill_and_ask(C, 700);
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void who_sends_and_reads_nothing_does_not_miscount(void)
{
    open_stream();
    for (unsigned i = 0; i < 4; i++)
        exchange(C, 200, 0, RESTED);
    fill_and_ask(C, 200);
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void who_reads_the_rest_later_does_not_miscount(void)
{
    open_stream();
    exchange(C, 250, 100, RESTED);
    exchange(C, 250, 200, RESTED);
    exchange(C, 250, 600, RESTED); /* less is left than before */
    exchange(C, 250, 700, RESTED);
    fill_and_ask(C, 700);
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void who_tells_one_exchange_late_does_not_miscount(void)
{
    open_stream();
    exchange(C, 100, 0, RESTED);
    exchange(C, 150, 100, RESTED);
    exchange(C, 200, 250, RESTED);
    exchange(C, 250, 450, RESTED);
    fill_and_ask(C, 750);
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void while_both_send_without_a_rest_nothing_is_an_exchange(void)
{
    open_stream();
    for (uint32_t i = 1; i <= 4; i++)
        exchange(C, 200, i * 50, RESTED - 2 * MS);
    fill_and_ask(C, 400);
    assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void a_window_that_was_shut_for_too_short_a_time_may_be_read_yet(void)
{
    for (int64_t missing = 1; missing >= 0; missing--) {
        open_stream();
        for (uint32_t i = 1; i <= 3; i++)
            exchange(C, 250, i * 100, RESTED);
        rw(550);
        after(10 * SECOND - missing);
        end();
        assert_only(missing ? VSOCK_CODE_STALL_UNDECIDED : VSOCK_CODE_CREDIT_LEAK);
    }
}

static void a_window_that_a_shrink_has_shut_is_no_leak(void)
{
    open_stream();
    for (uint32_t i = 1; i <= 3; i++)
        exchange(C, 250, i * 100, RESTED);
    conn.buf_alloc[S] = 450;
    update(300);
    after(10 * SECOND);
    end();
    assert_only(VSOCK_CODE_STALL_UNDECIDED);
}

/* ---- senders that had no more to send ---- */

static void stalled_and_opened(void)
{
    open_stream();
    rw(1000);
    after(2 * SECOND);
    update(1000);
}

static bool was_done(void)
{
    seen_until = now;
    return vsock_stream_was_done(&stream, C);
}

static void who_sends_nothing_for_a_second_although_it_may_was_done(void)
{
    stalled_and_opened(); /* at the packet before `now` */
    after(SECOND - 1);
    g_assert_false(was_done());
    now++;
    g_assert_true(was_done());
    g_assert_false(vsock_stream_was_done(&stream, S));
}

static void who_shuts_down_then_was_done(void)
{
    stalled_and_opened();
    shut(C, VSOCK_SHUTDOWN_SEND);
    g_assert_true(was_done());
}

static void who_goes_on_was_not_done(void)
{
    stalled_and_opened();
    rw(1);
    after(20 * SECOND);
    g_assert_false(was_done());
    shut(C, VSOCK_SHUTDOWN_SEND);
    g_assert_false(was_done());
}

static void who_may_send_no_more_was_not_done(void)
{
    stalled_and_opened();
    shut(S, VSOCK_SHUTDOWN_RCV);
    after(20 * SECOND);
    g_assert_false(was_done());

    stalled_and_opened();
    take(S, VSOCK_OP_RST, 0);
    after(20 * SECOND);
    g_assert_false(was_done());
}

static void who_still_waits_was_not_done(void)
{
    open_stream();
    rw(1000);
    after(20 * SECOND);
    g_assert_false(was_done());
}

static void who_never_waited_was_not_done(void)
{
    open_stream();
    rw(5);
    after(20 * SECOND);
    g_assert_false(was_done());
}

static void who_has_shut_down_does_not_wait(void)
{
    open_stream();
    rw(1000);
    shut(C, 3);
    after(20 * SECOND);
    end();
    assert_healthy();
}

static void who_shuts_down_after_ten_seconds_may_have_waited_in_vain(void)
{
    for (unsigned i = 0; i < 4; i++) {
        static const uint32_t ways[] = {VSOCK_SHUTDOWN_SEND, VSOCK_SHUTDOWN_BOTH};

        open_stream();
        rw(1000);
        after(10 * SECOND - i / 2);
        shut(C, ways[i % 2]);
        if (i >= 2) {
            assert_healthy();
            continue;
        }
        assert_only(VSOCK_CODE_STALL_UNDECIDED);
        g_assert_true(all.list[0].gave_up);
        g_assert_cmpint(all.list[0].severity, ==, VSOCK_SEVERITY_NOTE);
        g_assert_cmpint(FIGURES.longest, ==, 10 * SECOND);
        shut(C, ways[1]); /* it has told */
        g_assert_cmpuint(all.count, ==, 1);
    }
}

static void who_shuts_down_with_room_or_reads_no_more_does_not_give_up(void)
{
    open_stream();
    rw(999);
    after(20 * SECOND);
    shut(C, VSOCK_SHUTDOWN_SEND);
    assert_healthy();

    open_stream();
    rw(1000);
    after(20 * SECOND);
    shut(C, VSOCK_SHUTDOWN_RCV); /* it may still wait */
    assert_healthy();

    open_stream();
    rw(1000);
    after(SECOND);
    shut(S, VSOCK_SHUTDOWN_RCV); /* nothing would be taken */
    after(20 * SECOND);
    shut(C, VSOCK_SHUTDOWN_BOTH);
    assert_healthy();
}

static void who_shuts_down_was_not_read_if_the_receiver_says_so(void)
{
    open_stream();
    rw(1000);
    after(9 * SECOND);
    take(S, VSOCK_OP_RW, 5);
    after(SECOND);
    shut(C, VSOCK_SHUTDOWN_BOTH);
    assert_has(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
}

static void a_question_is_late_after_a_second(void)
{
    open_stream();
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(SECOND - 1);
    update(0);
    assert_healthy();
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(SECOND);
    update(0);
    end();
    assert_only(VSOCK_CODE_CREDIT_REQUEST_UNANSWERED);
    g_assert_false(all.list[0].lasting);
    g_assert_cmpint(FIGURES.longest, ==, SECOND);
    g_assert_cmpuint(FIGURES.others, ==, 0);
}

static void a_question_without_answer_is_counted_apart_from_late_ones(void)
{
    open_stream();
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(SECOND);
    update(0);
    take(C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(3 * SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    vsock_diagnosis_merge(&all.list[0], &all.list[1]);
    g_assert_cmpuint(FIGURES.count, ==, 2);
    g_assert_cmpuint(FIGURES.others, ==, 1);
    g_assert_cmpint(FIGURES.longest, ==, 3 * SECOND);
}

/* ---- ends ---- */

static void half_closed_and_silent_for_ten_seconds_is_likely_a_hang(void)
{
    open_stream();
    shut(C, 2);
    after(10 * SECOND - 1);
    end();
    assert_healthy();
    now += 1;
    end();
    assert_only(VSOCK_CODE_HALF_CLOSE_HANG);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void an_answer_after_a_long_silence_was_no_hang(void)
{
    open_stream();
    shut(C, 2);
    after(15 * SECOND);
    take(S, VSOCK_OP_RW, 5);
    end();
    assert_healthy();
}

static void a_silence_that_the_waiting_side_ends_was_a_hang(void)
{
    open_stream();
    shut(C, 2);
    after(15 * SECOND);
    shut(C, 1);
    assert_only(VSOCK_CODE_HALF_CLOSE_HANG);
    g_assert_cmpint(FIGURES.longest, ==, 15 * SECOND);
}

/* What ends the wait: a SHUTDOWN or RST a second after the last packet, and no data since the half close. */
static void a_half_close_that_brings_nothing_for_a_second_is_noted(void)
{
    const struct vsock_mark *end_of_wait = &stream.stats.end_of_wait;

    open_stream();
    rw(10);
    shut(C, VSOCK_SHUTDOWN_SEND);
    update(10);
    after(SECOND - 1);
    shut(S, 3);
    g_assert_cmpuint(end_of_wait->record, ==, 0);
    open_stream();
    rw(10);
    shut(C, VSOCK_SHUTDOWN_SEND);
    update(10); /* it has read, and that is all */
    after(SECOND);
    shut(S, 3);
    take(C, VSOCK_OP_RST, 0);
    g_assert_cmpuint(end_of_wait->record, ==, 6);
    assert_healthy();
    open_stream();
    shut(S, VSOCK_SHUTDOWN_SEND); /* by either side */
    after(SECOND);
    take(C, VSOCK_OP_RST, 0);
    g_assert_cmpuint(end_of_wait->record, ==, 4);
    open_stream();
    shut(C, VSOCK_SHUTDOWN_SEND);
    after(2 * SECOND);
    take(S, VSOCK_OP_RW, 5); /* it was working */
    after(2 * SECOND);
    shut(S, 3);
    g_assert_cmpuint(end_of_wait->record, ==, 0);
}

static void a_half_close_of_a_side_that_has_yet_to_read_is_no_wait(void)
{
    open_stream();
    take(S, VSOCK_OP_RW, 5);
    shut(C, VSOCK_SHUTDOWN_SEND);
    after(2 * SECOND);
    shut(C, 3);
    g_assert_cmpuint(stream.stats.end_of_wait.record, ==, 0);
}

static void a_hang_is_not_noted_as_slow_too(void)
{
    open_stream();
    shut(C, VSOCK_SHUTDOWN_SEND);
    after(10 * SECOND);
    shut(C, 3); /* the side that waits has given up */
    assert_only(VSOCK_CODE_HALF_CLOSE_HANG);
    g_assert_cmpuint(stream.stats.end_of_wait.record, ==, 0);
    open_stream();
    shut(C, VSOCK_SHUTDOWN_SEND);
    after(10 * SECOND);
    shut(S, 3); /* it was only long */
    assert_healthy();
    g_assert_cmpuint(stream.stats.end_of_wait.record, ==, 4);
}

static void who_reads_late_does_not_hang(void)
{
    open_stream();
    shut(C, 2);
    take(S, VSOCK_OP_RW, 100);
    after(15 * SECOND);
    end(); /* it may read yet */
    assert_healthy();
    conn.fwd_cnt[C] = 100;
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    assert_healthy();
    after(15 * SECOND);
    conn.fwd_cnt[C] = 130; /* of which nothing was seen */
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    assert_only(VSOCK_CODE_CAPTURE_LOSS);
    after(15 * SECOND);
    end(); /* it has read all, and the other side is silent */
    assert_has(VSOCK_CODE_HALF_CLOSE_HANG);
}

static void not_receiving_is_not_waiting(void)
{
    open_stream();
    shut(C, 1);
    after(15 * SECOND);
    end();
    assert_healthy();
}

static void a_close_that_is_not_acknowledged_times_out(void)
{
    open_stream();
    rw(6);
    shut(C, 3);
    after(8 * SECOND);
    take(C, VSOCK_OP_RST, 0);
    end();
    assert_only(VSOCK_CODE_CLOSE_TIMEOUT);
    g_assert_cmpint(FIGURES.longest, ==, 8 * SECOND);
    g_assert_cmpuint(FIGURES.bytes, ==, 6);
    g_assert_cmpint(FIGURES.total, ==, 8 * SECOND + 2 * MS); /* since the RESPONSE */
    open_stream();
    shut(C, 3);
    after(8 * SECOND + MS - 1);
    take(C, VSOCK_OP_RST, 0);
    g_assert_cmpint(FIGURES.longest, ==, 8 * SECOND); /* whole milliseconds */
    g_assert_cmpuint(FIGURES.bytes, ==, 0);
    reset_story(); /* began before the capture, and only one side was seen */
    rw(6);
    shut(C, 3);
    after(8 * SECOND);
    no_socket(C);
    assert_only(VSOCK_CODE_CLOSE_TIMEOUT);
    g_assert_cmpint(FIGURES.total, ==, 8 * SECOND + MS);
    g_assert_cmpuint(FIGURES.bytes, ==, 6);
    open_stream();
    rw(6);
    shut(C, 3);
    after(3 * SECOND);
    update(6); /* read, and yet not acknowledged */
    after(5 * SECOND);
    take(C, VSOCK_OP_RST, 0);
    g_assert_cmpint(FIGURES.total, ==, 5 * SECOND);
    g_assert_cmpuint(FIGURES.bytes, ==, 0);
}

static void who_does_not_wait_for_the_other_side_closes_too_soon(void)
{
    open_stream();
    rw(8);
    rw(600);
    take(S, VSOCK_OP_RW, 5);
    rw(1);
    update(8);
    shut(C, 3);
    take(C, VSOCK_OP_RST, 0);
    end();
    assert_only(VSOCK_CODE_CLOSED_TOO_SOON);
    g_assert_cmpuint(all.list[0].side, ==, C);
    g_assert_cmpuint(FIGURES.bytes, ==, 601);
    g_assert_cmpuint(FIGURES.limit, ==, 5);
    g_assert_cmpint(FIGURES.longest, ==, MS);
}

static void data_is_lost_when_a_reader_stops_at_the_senders_shutdown(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(50);
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    take(S, VSOCK_OP_RST, 0); /* a trailing one says nothing more */
    assert_only(VSOCK_CODE_DATA_LOST_AT_CLOSE);
    g_assert_cmpuint(FIGURES.bytes, ==, 50);
    g_assert_cmpint(all.list[0].side, ==, C);
}

/* The server has taken so much of two packets of 100 bytes, and closes so long after. */
static void stop_at(uint32_t consumed, int64_t wait)
{
    open_stream();
    rw(100);
    rw(100);
    update(consumed);
    after(wait);
    shut(S, 3);
}

static void data_is_lost_when_a_reader_stops_within_a_packet_and_closes_a_second_later(void)
{
    stop_at(30, SECOND);
    assert_only(VSOCK_CODE_DATA_LOST_AT_CLOSE);
    g_assert_cmpint(all.list[0].severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(FIGURES.bytes, ==, 170);
    g_assert_cmpint(FIGURES.longest, ==, SECOND);
    g_assert_cmpint(all.list[0].side, ==, C);
    take(C, VSOCK_OP_RST, 0);
    assert_only(VSOCK_CODE_DATA_LOST_AT_CLOSE);
    stop_at(130, SECOND);
    assert_only(VSOCK_CODE_DATA_LOST_AT_CLOSE);
    g_assert_cmpuint(FIGURES.bytes, ==, 70);
}

static void a_reader_that_has_what_it_wants_closes_sooner(void)
{
    stop_at(30, SECOND - 1);
    assert_healthy();
}

/* As Linux counts, however its program ended. */
static void a_reader_that_stops_between_packets_may_have_read_more(void)
{
    stop_at(100, 5 * SECOND);
    assert_healthy();
    stop_at(200, 5 * SECOND);
    assert_healthy();
}

static void a_reader_that_tells_at_its_close_alone_had_read_on(void)
{
    open_stream();
    rw(100);
    update(30);
    after(5 * SECOND);
    conn.fwd_cnt[S] = 60;
    shut(S, 3);
    assert_healthy();
}

static void where_a_packet_began_is_not_known_of_what_was_not_captured(void)
{
    reset_story();
    update(1000);
    rw(100);
    update(1030); /* or of what was sent before */
    after(5 * SECOND);
    shut(S, 3);
    assert_healthy();
}

static void a_reader_that_closes_its_other_half_or_resets_has_not_closed(void)
{
    open_stream();
    rw(100);
    update(30);
    after(5 * SECOND);
    shut(S, 2);
    no_socket(S);
    assert_healthy();
}

static void closing_without_ever_reading_loses_nothing(void)
{
    open_stream();
    rw(100);
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
}

static void closing_while_still_reading_loses_nothing(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(50);
    rw(50);
    shut(C, 3);
    conn.fwd_cnt[S] = 150;
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
}

static void a_receiver_that_goes_on_after_the_senders_shutdown_loses_nothing(void)
{
    open_stream();
    rw(5);
    update(5);
    rw(5);
    shut(C, 2);
    take(S, VSOCK_OP_RW, 7); /* it has not read the rest yet */
    update(10);
    take(S, VSOCK_OP_RW, 7);
    shut(S, 3);
    conn.fwd_cnt[C] = 14;
    take(C, VSOCK_OP_RST, 0);
    end();
    assert_healthy();
}

static void a_second_shutdown_is_not_when_the_reader_stopped(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(50);
    shut(C, 2);
    update(120); /* it went on */
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
}

static void a_receiver_that_had_shut_down_itself_loses_nothing(void)
{
    open_stream();
    rw(100);
    update(100);
    rw(50);
    shut(S, 1);
    shut(C, 3);
    take(S, VSOCK_OP_RST, 0);
    assert_healthy();
}

/* ---- large packets ---- */

static void large_story(uint32_t length)
{
    open_stream();
    conn.buf_alloc[S] = 262144;
    update(0);
    rw(length);
}

static void a_reset_after_a_large_packet_may_be_its_fault(void)
{
    large_story(32768);
    no_socket(S); /* a close, maybe */
    end();
    assert_healthy();
    large_story(32769);
    no_socket(S);
    end();
    assert_healthy();
    large_story(32768);
    after(SECOND);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    no_socket(S);
    end();
    assert_only(VSOCK_CODE_PEER_GONE);
    large_story(32769);
    after(SECOND);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    no_socket(S);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    g_assert_cmpint(all.list[1].code, ==, VSOCK_CODE_LARGE_SEND_RISK);
    g_assert_cmpuint(all.list[1].first_frame, ==, 1004);
    g_assert_cmpuint(all.list[1].last_frame, ==, 1006);
}

static void within_one_machine_no_monitor_reads_large_packets(void)
{
    large_story(65536);
    stream.side[0].cid = stream.side[1].cid = VSOCK_CID_LOCAL;
    after(SECOND);
    take(C, VSOCK_OP_CREDIT_UPDATE, 0);
    no_socket(S);
    end();
    assert_only(VSOCK_CODE_PEER_GONE);
}

static void what_the_host_sends_no_monitor_reads(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 65536);

    open_stream();
    conn.buf_alloc[S] = 262144;
    update(0);
    SET_MON(&r, src_cid, VSOCK_CID_HOST);
    SET_VIRTIO(&r, src_cid, VSOCK_CID_HOST);
    after(SECOND);
    take_record(C, &r);
    no_socket(S);
    end();
    assert_only(VSOCK_CODE_PEER_GONE);
}

static void a_queue_that_overflows_after_a_large_packet_may_be_its_fault(void)
{
    large_story(40000);
    update(40000);
    conn.buf_alloc[S] = 2 * 576;
    update(40000);
    rw(200);
    rw(200);
    take(S, VSOCK_OP_RST, 0);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_RESET_QUEUE_OVERHEAD);
    assert_has(VSOCK_CODE_LARGE_SEND_RISK);
}

static void a_large_packet_that_overran_the_window_needs_no_other_reason(void)
{
    open_stream();
    rw(40000);
    take(S, VSOCK_OP_RST, 0);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_CREDIT_OVERRUN);
    assert_has(VSOCK_CODE_RESET_AFTER_OVERRUN);
}

static void a_stall_after_a_large_packet_may_be_its_fault(void)
{
    large_story(65536);
    rw(262144 - 65536);
    after(SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_STALL_UPDATE_MISSING);
    assert_has(VSOCK_CODE_LARGE_SEND_RISK);
}

static void a_stall_that_a_shrink_made_is_not_the_large_packets_fault(void)
{
    large_story(65536);
    conn.buf_alloc[S] = 30000;
    update(0);
    after(SECOND);
    end();
    g_assert_cmpuint(all.count, ==, 2);
    assert_has(VSOCK_CODE_BUFFER_SHRUNK);
    assert_has(VSOCK_CODE_STALL_UPDATE_MISSING);
}

/* ---- messages and packets ---- */

static void messages_are_too_big_or_have_no_end(void)
{
    reset_story();
    conn.type = VSOCK_TYPE_SEQPACKET;
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(999);
    assert_healthy();
    rw(1);
    assert_only(VSOCK_CODE_MESSAGE_TOO_BIG);
    g_assert_cmpuint(FIGURES.limit, ==, 1000);
    shut(C, 3);
    assert_has(VSOCK_CODE_MESSAGE_TRUNCATED);
}

static void the_truncated_message_is_its_senders(void)
{
    reset_story();
    conn.type = VSOCK_TYPE_SEQPACKET;
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(10);
    no_socket(S);
    assert_has(VSOCK_CODE_MESSAGE_TRUNCATED);
    g_assert_cmpint(all.list[0].side == C && all.list[0].code == VSOCK_CODE_MESSAGE_TRUNCATED, ==, TRUE);
}

static void a_record_with_surplus_is_the_taps_bug_on_rw_only(void)
{
    struct record r;

    open_stream();
    r = sound_record(VSOCK_OP_RW, 10);
    r.length += 5;
    take_record(C, &r);
    assert_only(VSOCK_CODE_KERNEL_TAP_BUG);
    r = sound_record(VSOCK_OP_CREDIT_UPDATE, 0);
    r.length += 5;
    take_record(C, &r);
    assert_only(VSOCK_CODE_KERNEL_TAP_BUG);
}

static void a_wide_cid_is_an_anomaly(void)
{
    struct record r = sound_record(VSOCK_OP_REQUEST, 0);

    reset_story();
    SET_MON(&r, src_cid, 0x10000002a);
    take_record(C, &r);
    assert_only(VSOCK_CODE_CID_ANOMALY);
}

static void a_message_that_its_own_sender_cuts_off_is_its_own(void)
{
    reset_story();
    conn.type = VSOCK_TYPE_SEQPACKET;
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(10);
    take(C, VSOCK_OP_RST, 0);
    g_assert_cmpint(all.list[0].code, ==, VSOCK_CODE_MESSAGE_TRUNCATED);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void a_shrink_can_make_the_senders_message_too_big(void)
{
    reset_story();
    conn.type = VSOCK_TYPE_SEQPACKET;
    take(C, VSOCK_OP_REQUEST, 0);
    take(S, VSOCK_OP_RESPONSE, 0);
    rw(600);
    conn.buf_alloc[S] = 600;
    update(0);
    assert_only(VSOCK_CODE_MESSAGE_TOO_BIG);
    g_assert_cmpuint(FIGURES.limit, ==, 600);
    g_assert_cmpint(all.list[0].side, ==, C);
}

static void of_an_endpoint_with_itself_only_packets_are_judged(void)
{
    struct record r;

    start(between(1, 7, 1, 7));
    take(C, VSOCK_OP_REQUEST, 0);
    after(5 * SECOND);
    take(C, VSOCK_OP_RESPONSE, 0);
    rw(300000);
    shut(C, 2);
    after(20 * SECOND);
    take(C, VSOCK_OP_RST, 0);
    end();
    assert_healthy();
    r = sound_record(VSOCK_OP_RW, 10);
    r.length += 5;
    take_record(C, &r);
    assert_only(VSOCK_CODE_KERNEL_TAP_BUG);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/stream/" #name, name)
    TEST(each_side_is_summed_up_by_itself);
    TEST(data_that_is_no_part_of_the_stream_is_a_packet_only);
    TEST(stalls_that_ended_add_up_however_short);
    TEST(the_first_shutdown_is_remembered);
    TEST(large_packets_are_counted_of_either_side);
    TEST(what_happened_is_known_until_the_end_or_the_next_generation);
    TEST(where_no_request_tells_the_larger_port_is_the_clients);
    TEST(a_wait_at_the_end_is_as_long_as_is_known);
    TEST(answers_are_late_from_the_timeout_on_and_never_without_one);
    TEST(only_slow_readers_are_noted_sooner);
    TEST(a_normal_life_has_no_diagnosis);
    TEST(a_half_close_has_no_diagnosis);
    TEST(a_counter_that_wraps_has_no_diagnosis);
    TEST(an_idle_stream_is_healthy);
    TEST(a_close_that_began_before_the_capture_is_no_lost_socket);
    TEST(a_response_after_a_second_is_slow_and_after_two_is_lost_on_linux);
    TEST(a_request_is_unanswered_after_two_seconds_of_nothing);
    TEST(an_open_connection_without_a_socket_has_lost_its_peer);
    TEST(a_reset_without_a_socket_answers_at_once_and_out_of_silence);
    TEST(a_reset_without_a_socket_that_answers_nothing_loses_what_fills_a_buffer);
    TEST(what_a_resets_sender_had_sent_is_not_lost);
    TEST(a_side_that_has_finished_and_closes_has_not_lost_its_peer);
    TEST(a_resets_age_is_the_connections);
    TEST(an_open_connection_can_lose_its_peer_before_any_data);
    TEST(a_connection_that_breaks_before_it_began_by_its_clock_has_no_age);
    TEST(data_that_meets_no_socket_mid_stream_has_lost_its_peer);
    TEST(a_live_socket_that_resets_aborts);
    TEST(a_live_socket_that_has_read_everything_closes_by_its_reset);
    TEST(small_packets_that_fill_the_queue_are_likely_why);
    TEST(an_overrun_and_the_reset_after_it_are_both_said);
    TEST(a_reset_after_the_receivers_own_shrink_is_no_overrun);
    TEST(an_overrun_that_was_consumed_is_no_reason_for_a_later_reset);
    TEST(an_overrun_of_the_resetter_itself_is_no_reason_for_its_reset);
    TEST(what_comes_after_the_end_is_no_second_reset);
    TEST(sending_up_to_the_edge_is_no_overrun);
    TEST(a_counter_that_starts_above_zero_is_ahead);
    TEST(consuming_what_nobody_sent_is_ahead);
    TEST(consuming_more_than_was_seen_is_loss);
    TEST(a_counter_that_goes_back_is_backwards);
    TEST(a_smaller_buffer_is_a_shrink_only_below_what_is_in_flight);
    TEST(data_that_an_earlier_window_covers_tells_of_the_shrink);
    TEST(the_lowest_window_is_the_senders_whoever_made_it_so);
    TEST(the_lowest_effective_window_is_capped_at_the_senders_own_buffer);
    TEST(a_sender_beyond_its_own_buffer_has_no_effective_window_of_its_own);
    TEST(a_buffer_that_shrinks_while_it_is_read_lowers_the_window);
    TEST(the_first_word_of_a_side_opens_the_others_window);
    TEST(of_two_shrinks_the_worse_one_is_told);
    TEST(a_stall_that_ends_within_a_second_is_how_full_speed_looks);
    TEST(a_stall_of_a_second_without_a_word_is_undecided);
    TEST(a_receiver_that_spoke_and_had_read_nothing_was_not_reading);
    TEST(a_receiver_that_reads_little_is_slow);
    TEST(a_stall_that_a_shrink_made_is_undecided);
    TEST(an_update_that_comes_late_although_asked_for_is_undecided);
    TEST(a_sender_that_keeps_to_its_own_buffer_waits_for_itself);
    TEST(a_full_buffer_of_which_nothing_was_ever_heard_lacks_an_update);
    TEST(a_wait_of_less_than_a_second_at_the_end_is_nothing);
    TEST(a_receiver_that_consumed_before_may_just_not_read);
    TEST(a_counter_that_never_moves_from_where_it_began_lacks_an_update);
    TEST(what_was_consumed_before_the_capture_is_no_missing_update);
    TEST(a_question_without_answer_makes_the_update_missing);
    TEST(a_receiver_that_speaks_to_the_end_and_reads_nothing_is_not_reading);
    TEST(a_word_at_the_start_of_a_silence_proves_nothing_of_it);
    TEST(a_stall_names_the_buffer_that_was_full);
    TEST(ten_seconds_to_the_end_are_a_warning_whatever_the_reason);
    TEST(ten_seconds_that_ended_are_no_warning_by_themselves);
    TEST(the_reason_of_a_stall_that_lasts_is_told_too);
    TEST(a_receiver_that_leaves_more_after_each_of_three_exchanges_miscounts);
    TEST(after_two_exchanges_it_may_be_chance);
    TEST(who_sends_and_reads_nothing_does_not_miscount);
    TEST(who_reads_the_rest_later_does_not_miscount);
    TEST(who_tells_one_exchange_late_does_not_miscount);
    TEST(while_both_send_without_a_rest_nothing_is_an_exchange);
    TEST(a_window_that_was_shut_for_too_short_a_time_may_be_read_yet);
    TEST(a_window_that_a_shrink_has_shut_is_no_leak);
    TEST(who_sends_nothing_for_a_second_although_it_may_was_done);
    TEST(who_shuts_down_then_was_done);
    TEST(who_goes_on_was_not_done);
    TEST(who_may_send_no_more_was_not_done);
    TEST(who_still_waits_was_not_done);
    TEST(who_never_waited_was_not_done);
    TEST(who_has_shut_down_does_not_wait);
    TEST(who_shuts_down_after_ten_seconds_may_have_waited_in_vain);
    TEST(who_shuts_down_with_room_or_reads_no_more_does_not_give_up);
    TEST(who_shuts_down_was_not_read_if_the_receiver_says_so);
    TEST(a_question_is_late_after_a_second);
    TEST(a_question_without_answer_is_counted_apart_from_late_ones);
    TEST(half_closed_and_silent_for_ten_seconds_is_likely_a_hang);
    TEST(an_answer_after_a_long_silence_was_no_hang);
    TEST(a_silence_that_the_waiting_side_ends_was_a_hang);
    TEST(a_half_close_that_brings_nothing_for_a_second_is_noted);
    TEST(a_half_close_of_a_side_that_has_yet_to_read_is_no_wait);
    TEST(a_hang_is_not_noted_as_slow_too);
    TEST(who_reads_late_does_not_hang);
    TEST(not_receiving_is_not_waiting);
    TEST(a_close_that_is_not_acknowledged_times_out);
    TEST(who_does_not_wait_for_the_other_side_closes_too_soon);
    TEST(data_is_lost_when_a_reader_stops_at_the_senders_shutdown);
    TEST(data_is_lost_when_a_reader_stops_within_a_packet_and_closes_a_second_later);
    TEST(a_reader_that_has_what_it_wants_closes_sooner);
    TEST(a_reader_that_stops_between_packets_may_have_read_more);
    TEST(a_reader_that_tells_at_its_close_alone_had_read_on);
    TEST(where_a_packet_began_is_not_known_of_what_was_not_captured);
    TEST(a_reader_that_closes_its_other_half_or_resets_has_not_closed);
    TEST(closing_without_ever_reading_loses_nothing);
    TEST(closing_while_still_reading_loses_nothing);
    TEST(a_receiver_that_goes_on_after_the_senders_shutdown_loses_nothing);
    TEST(a_second_shutdown_is_not_when_the_reader_stopped);
    TEST(a_receiver_that_had_shut_down_itself_loses_nothing);
    TEST(a_reset_after_a_large_packet_may_be_its_fault);
    TEST(within_one_machine_no_monitor_reads_large_packets);
    TEST(what_the_host_sends_no_monitor_reads);
    TEST(a_queue_that_overflows_after_a_large_packet_may_be_its_fault);
    TEST(a_large_packet_that_overran_the_window_needs_no_other_reason);
    TEST(a_stall_after_a_large_packet_may_be_its_fault);
    TEST(a_stall_that_a_shrink_made_is_not_the_large_packets_fault);
    TEST(messages_are_too_big_or_have_no_end);
    TEST(the_truncated_message_is_its_senders);
    TEST(a_record_with_surplus_is_the_taps_bug_on_rw_only);
    TEST(a_wide_cid_is_an_anomaly);
    TEST(a_message_that_its_own_sender_cuts_off_is_its_own);
    TEST(a_shrink_can_make_the_senders_message_too_big);
    TEST(of_an_endpoint_with_itself_only_packets_are_judged);
    return g_test_run();
}
