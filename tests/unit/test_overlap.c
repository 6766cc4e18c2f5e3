/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_overlap.c - connections between the same endpoints at once, from their packets. A test's name is the
 * rule it checks. Two guests with CID 3, in namespaces of their own, are dialled from port 5000, which a
 * program chose. */
#include "core/judge.h"
#include "story.h"

static struct connection one, two;
static GArray *report;

static void begin(void)
{
    begin_capture();
    one = between(2, 5000, 3, 1024);
    one.buf_alloc[S] = 262144;
    two = one;
}

static uint32_t stream_of(const struct vsock_record *r)
{
    return r->stream->index;
}

static void assert_stream(const struct vsock_record *r, uint32_t index)
{
    g_assert_cmpuint(stream_of(r), ==, index);
}

/* The client sends, the server reads it. */
static void say(struct connection *c, uint32_t length, uint32_t index)
{
    rw(c, length);
    c->fwd_cnt[S] += length;
    assert_stream(take(c, S, VSOCK_OP_CREDIT_UPDATE, 0), index);
}

/* And the server answers. */
static void ask(struct connection *c, uint32_t length, uint32_t index)
{
    say(c, length, index);
    assert_stream(take(c, S, VSOCK_OP_RW, length), index);
    c->fwd_cnt[C] += length;
    assert_stream(take(c, C, VSOCK_OP_CREDIT_UPDATE, 0), index);
}

static void close_one(struct connection *c)
{
    shut(c, C, 3);
    take(c, S, VSOCK_OP_RST, 0);
}

static const struct vsock_diagnosis *find(enum vsock_code code)
{
    return first_of_code(report, code);
}

static bool is_proved(void)
{
    const struct vsock_diagnosis *d;

    if (report)
        g_array_free(report, TRUE);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    vsock_judge(capture, NULL, report);
    d = find(VSOCK_CODE_CID_SHARED);
    g_assert_true(!d || d->proved);
    return d;
}

/* Nothing that takes one machine's packets for the other's. */
static void assert_nothing_else(void)
{
    const uint64_t odd =
        VSOCK_FOUND_BIT(VSOCK_FOUND_REUSED) | VSOCK_FOUND_BIT(VSOCK_FOUND_TRAILING) |
        VSOCK_FOUND_BIT(VSOCK_FOUND_DATA_AFTER_RESET) | VSOCK_FOUND_BIT(VSOCK_FOUND_DATA_AFTER_SHUTDOWN) |
        VSOCK_FOUND_BIT(VSOCK_FOUND_RESET) | VSOCK_FOUND_BIT(VSOCK_FOUND_UNSEEN_DATA) |
        VSOCK_FOUND_BIT(VSOCK_FOUND_FWD_CNT_BACKWARDS) | VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED);

    g_assert_true(is_proved());
    g_assert_cmpuint(report->len, ==, 1);
    for (uint32_t i = 1; i <= capture->records; i++)
        g_assert_cmphex(vsock_record_findings(vsock_capture_record(capture, i)) & odd, ==, 0);
}

static void assert_closed(uint32_t streams)
{
    g_assert_cmpuint(stream_count(), ==, streams);
    for (uint32_t i = 0; i < streams; i++)
        g_assert_cmpint(stream_at(i)->conn.state, ==, VSOCK_STATE_CLOSED);
}

/* ---- two machines ---- */

static void ask_one(void)
{
    begin();
    open_connection(&one);
    ask(&one, 100, 0);
}

static void open_both(uint32_t said)
{
    begin();
    open_connection(&one);
    say(&one, said, 0);
    open_connection(&two);
}

static void a_connection_that_goes_on_beside_another_one_with_its_endpoints_proves_two(void)
{
    const struct vsock_diagnosis *d;

    open_both(7);
    g_assert_false(is_proved());
    say(&one, 10, 0);
    g_assert_false(is_proved());
    say(&two, 5, 1);
    g_assert_true(is_proved());
    d = find(VSOCK_CODE_CID_SHARED);
    g_assert_cmpuint(d->dst.cid, ==, 3);
    g_assert_cmpuint(d->figures.others, ==, 1);
    g_assert_cmpuint(d->first_frame, ==, 5);
    g_assert_cmpuint(d->last_frame, ==, 10);
    close_one(&two);
    close_one(&one);
    assert_nothing_else();
    assert_closed(2);
}

static void it_does_not_matter_which_closes_first(void)
{
    open_both(7);
    say(&one, 10, 0);
    say(&two, 5, 1);
    close_one(&one);
    say(&two, 6, 1);
    close_one(&two);
    assert_nothing_else();
    assert_closed(2);
}

static void the_older_one_tells_again_that_it_has_closed(void)
{
    ask_one();
    open_connection(&two);
    close_one(&one);
    assert_stream(take(&one, S, VSOCK_OP_RST, 0), 0);
    ask(&two, 40, 1);
    shut(&two, C, 3);
    assert_stream(take(&one, S, VSOCK_OP_RST, 0), 0);
    assert_stream(take(&two, S, VSOCK_OP_RST, 0), 1);
    assert_stream(take(&two, S, VSOCK_OP_RST, 0), 1);
    assert_nothing_else();
    assert_closed(2);
}

static void the_newer_one_may_close_before_the_older_one_speaks_again(void)
{
    open_both(7);
    say(&two, 5, 1);
    close_one(&two);
    g_assert_false(is_proved());
    say(&one, 10, 0);
    close_one(&one);
    assert_nothing_else();
    assert_closed(2);
}

static void a_second_close_without_a_request_proves_two(void)
{
    open_both(5);
    say(&two, 5, 1);
    close_one(&two);
    g_assert_false(is_proved());
    close_one(&one);
    assert_nothing_else();
    assert_closed(2);
}

static void connections_that_are_alike_cannot_be_told_apart_until_both_have_closed(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    close_one(&one);
    close_one(&two);
    assert_nothing_else();
    assert_closed(2);
}

static void both_sides_that_go_on_prove_two(void)
{
    ask_one();
    open_connection(&two);
    ask(&one, 100, 0);
    assert_nothing_else();
    ask(&two, 40, 1);
    ask(&one, 10, 0);
    ask(&two, 500, 1);
    close_one(&one);
    close_one(&two);
    assert_nothing_else();
    assert_closed(2);
    g_assert_cmpuint(stream_at(0)->stats.side[C].bytes, ==, 210);
    g_assert_cmpuint(stream_at(1)->stats.side[C].bytes, ==, 540);
}

static void what_does_not_fit_one_window_is_the_other_s(void)
{
    begin();
    one.buf_alloc[S] = two.buf_alloc[S] = 1000;
    open_connection(&one);
    say(&one, 10, 0);
    open_connection(&two);
    assert_stream(rw(&two, 900), 1);
    assert_stream(rw(&one, 900), 0);
    update(&one, 910);
    update(&two, 900);
    assert_nothing_else();
}

static void requests_at_once_are_answered_both(void)
{
    begin();
    assert_stream(request(&one), 0);
    after(SECOND);
    assert_stream(request(&two), 1);
    assert_stream(take(&one, S, VSOCK_OP_RESPONSE, 0), 1);
    assert_stream(take(&two, S, VSOCK_OP_RESPONSE, 0), 0);
    begin();
    request(&one);
    after(SECOND);
    request(&two);
    assert_stream(no_socket(&one, S), 1);
    assert_stream(no_socket(&two, S), 0);
}

static void one_machine_may_refuse_what_the_other_has_open(void)
{
    begin();
    open_connection(&one);
    ask(&one, 7, 0);
    refuse(&two);
    ask(&one, 10, 0);
    ask(&one, 3, 0);
    close_one(&one);
    g_assert_true(is_proved());
    g_assert_cmpuint(report->len, ==, 2);
    g_assert_nonnull(find(VSOCK_CODE_CONNECT_REFUSED));
    g_assert_cmpint(stream_at(0)->conn.state, ==, VSOCK_STATE_CLOSED);
}

static void a_third_one_is_known_to_overlap(void)
{
    struct connection three;

    open_both(7);
    say(&one, 10, 0);
    say(&two, 5, 1);
    three = two;
    open_connection(&three);
    g_assert_cmphex(vsock_record_findings(vsock_capture_record(capture, stream_at(2)->conn.request.record)),
                    ==, VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST));
    say(&one, 10, 0);
    assert_nothing_else();
}

static void many_that_overlap_are_not_all_looked_at(void)
{
    begin();
    for (unsigned i = 0; i < 5; i++) {
        open_connection(&one);
        one.buf_alloc[C]++;
    }
    one.buf_alloc[C] -= 4;
    one.fwd_cnt[S] = 0;
    assert_stream(take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0), 4); /* newest */
    take(&one, S, VSOCK_OP_RST, 0);
    assert_stream(take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0), 4);
    after(2 * SECOND);
    assert_stream(take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0), 1);
}

/* ---- one machine ---- */

static void a_machine_that_lost_its_connection_is_one(void)
{
    ask_one();
    after(20 * SECOND);
    open_connection(&two);
    ask(&two, 300, 1);
    close_one(&two);
    g_assert_false(is_proved());
    g_assert_true(vsock_record_findings(vsock_capture_record(capture, stream_at(1)->conn.request.record)) &
                  VSOCK_FOUND_BIT(VSOCK_FOUND_REUSED));
}

/* Its kernel acknowledges the close, and tells again when its program closes, too. */
static void rsts_that_follow_a_close_are_its_own(void)
{
    open_both(100);
    say(&two, 100, 1);
    close_one(&two);
    assert_stream(take(&two, S, VSOCK_OP_RST, 0), 1);
    assert_stream(take(&two, S, VSOCK_OP_RST, 0), 1);
    g_assert_false(is_proved());
    g_assert_cmpint(stream_at(0)->conn.state, ==, VSOCK_STATE_OPEN);
}

/* A program that shuts what has ended is answered that there is no socket. */
static void a_shutdown_after_the_end_is_no_second_close(void)
{
    open_both(100);
    say(&two, 100, 1);
    close_one(&two);
    shut(&two, S, 3);
    no_socket(&two, C);
    g_assert_false(is_proved());
}

/* The server still holds the older one: it ignores the REQUEST, and speaks. */
static void a_server_that_did_not_accept_the_newer_one_may_hold_the_older_one(void)
{
    ask_one();
    request(&two);
    one.fwd_cnt[S] = 100;
    assert_stream(take(&one, S, VSOCK_OP_RW, 50), 0);
    assert_stream(no_socket(&one, C), 0);
    assert_stream(take(&two, C, VSOCK_OP_RST, 0), 1);
    g_assert_false(is_proved());
    g_assert_cmpint(stream_at(0)->conn.state, ==, VSOCK_STATE_RESET);
}

/* Linux takes no notice of a REQUEST on an open connection. */
static void a_client_that_asks_again_for_what_it_has_is_one(void)
{
    ask_one();
    request(&two);
    ask(&one, 10, 0);
    ask(&one, 10, 0);
    close_one(&one);
    g_assert_false(is_proved());
    g_assert_cmpint(stream_at(0)->conn.state, ==, VSOCK_STATE_CLOSED);
}

static void bytes_that_were_not_captured_prove_nothing(void)
{
    ask_one();
    open_connection(&two);
    ask(&two, 30, 1);
    two.fwd_cnt[S] += 500;
    assert_stream(take(&two, S, VSOCK_OP_CREDIT_UPDATE, 0), 1);
    ask(&two, 30, 1);
    g_assert_false(is_proved());
    g_assert_nonnull(find(VSOCK_CODE_CAPTURE_LOSS));
}

/* The same question that the older one had asked was not captured. */
static void bytes_that_were_not_captured_prove_nothing_even_if_the_older_one_had_them(void)
{
    ask_one();
    open_connection(&two);
    two.fwd_cnt[S] = 100;
    take(&two, S, VSOCK_OP_CREDIT_UPDATE, 0);
    ask(&two, 30, 1);
    ask(&two, 30, 1);
    close_one(&two);
    g_assert_false(is_proved());
}

static void a_counter_that_goes_back_proves_nothing_by_itself(void)
{
    ask_one();
    open_connection(&two);
    ask(&two, 30, 1);
    ask(&two, 30, 1);
    two.fwd_cnt[S] = 20;
    take(&two, S, VSOCK_OP_CREDIT_UPDATE, 0);
    g_assert_false(is_proved());
    g_assert_nonnull(find(VSOCK_CODE_CREDIT_COUNTER_BACKWARDS));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/overlap/" #name, name)
    TEST(a_connection_that_goes_on_beside_another_one_with_its_endpoints_proves_two);
    TEST(it_does_not_matter_which_closes_first);
    TEST(the_older_one_tells_again_that_it_has_closed);
    TEST(the_newer_one_may_close_before_the_older_one_speaks_again);
    TEST(a_second_close_without_a_request_proves_two);
    TEST(connections_that_are_alike_cannot_be_told_apart_until_both_have_closed);
    TEST(both_sides_that_go_on_prove_two);
    TEST(what_does_not_fit_one_window_is_the_other_s);
    TEST(requests_at_once_are_answered_both);
    TEST(one_machine_may_refuse_what_the_other_has_open);
    TEST(a_third_one_is_known_to_overlap);
    TEST(many_that_overlap_are_not_all_looked_at);
    TEST(a_machine_that_lost_its_connection_is_one);
    TEST(rsts_that_follow_a_close_are_its_own);
    TEST(a_shutdown_after_the_end_is_no_second_close);
    TEST(a_server_that_did_not_accept_the_newer_one_may_hold_the_older_one);
    TEST(a_client_that_asks_again_for_what_it_has_is_one);
    TEST(bytes_that_were_not_captured_prove_nothing);
    TEST(bytes_that_were_not_captured_prove_nothing_even_if_the_older_one_had_them);
    TEST(a_counter_that_goes_back_proves_nothing_by_itself);
    return g_test_run();
}
