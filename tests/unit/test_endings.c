/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_endings.c - what the ends of many connections together are diagnosed as, from their packets. A test's
 * name is the rule it checks. C is the client, S the server. */
#include "core/endings.h"
#include "story.h"

static GArray *report;
static GHashTable *selected; /* NULL: all */
static uint32_t port;        /* of the next client */

static void begin(void)
{
    g_clear_pointer(&selected, g_hash_table_destroy);
    begin_capture();
    port = 5000;
}

static struct connection next_client_of(uint64_t cid)
{
    return between(cid, ++port, 43, 9999);
}

static void select_stream(uint32_t index)
{
    if (!selected)
        selected = g_hash_table_new(NULL, NULL);
    g_hash_table_add(selected, GUINT_TO_POINTER(index));
}

static void judge(void)
{
    g_clear_pointer(&report, g_array_unref);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    vsock_endings_judge(capture, NULL, selected, report);
}

static const struct vsock_diagnosis *assert_only(enum vsock_code code)
{
    const struct vsock_diagnosis *d = &g_array_index(report, struct vsock_diagnosis, 0);

    g_assert_cmpuint(report->len, ==, 1);
    g_assert_cmpstr(vsock_codes[d->code].name, ==, vsock_codes[code].name);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(d->src.cid, ==, 42);
    g_assert_cmpint(d->dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpuint(d->dst.port, ==, 9999);
    return d;
}

static void assert_healthy(void)
{
    if (report->len > 0)
        g_error("%s", vsock_codes[g_array_index(report, struct vsock_diagnosis, 0).code].name);
}

/* ---- connect-abandoned ---- */

static void abandon(bool stamped)
{
    struct connection c = next_client_of(42);

    open_connection(&c);
    if (stamped)
        take(&c, C, VSOCK_OP_RST, 0);
    else
        no_socket(&c, C);
}

static void what_clients_abandon_is_counted_by_cid_and_server(void)
{
    struct connection c;
    const struct vsock_diagnosis *d;

    begin();
    abandon(false); /* frames 1 to 3 */
    after(SECOND);
    abandon(true);
    c = next_client_of(42);
    request(&c);
    after(300 * MS);
    take(&c, S, VSOCK_OP_RESPONSE, 0);
    no_socket(&c, C);
    c = next_client_of(42);
    open_connection(&c);
    rw(&c, 5); /* one that goes on */
    judge();
    d = assert_only(VSOCK_CODE_CONNECT_ABANDONED);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 4);
    g_assert_cmpint(d->figures.longest, ==, 300 * MS);
    g_assert_cmpint(d->figures.total, ==, SECOND + 304 * MS);
    g_assert_cmpuint(d->first_frame, ==, 3);
    g_assert_cmpuint(d->last_frame, ==, 9);
}

/* As what looks whether anybody listens does, through a monitor that closes by a reset. */
static void a_stamped_reset_or_two_may_be_a_probe(void)
{
    begin();
    abandon(true);
    abandon(true);
    judge();
    assert_healthy();
    abandon(true);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_CONNECT_ABANDONED)->figures.count, ==, 3);
}

static void what_a_client_abandons_without_a_response_is_counted_apart(void)
{
    struct connection c;

    begin();
    c = next_client_of(42);
    request(&c);
    no_socket(&c, C);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_CONNECT_ABANDONED)->figures.others, ==, 1);
}

static void a_client_that_resets_what_has_no_answer_gave_up_until_it_is_unanswered(void)
{
    for (unsigned i = 0; i < 4; i++) {
        bool late = i & 1, stamped = i & 2;
        struct connection c;

        begin();
        c = next_client_of(42);
        request(&c);
        after(2 * SECOND - MS + late * MS);
        if (stamped)
            take(&c, C, VSOCK_OP_RST, 0);
        else
            no_socket(&c, C);
        judge();
        if (late) {
            assert_healthy(); /* here: it is requests.h's */
            continue;
        }
        g_assert_cmpint(assert_only(VSOCK_CODE_CONNECT_ABANDONED)->figures.longest, ==, 2 * SECOND - MS);
    }
}

static void a_connect_that_took_less_than_nothing_by_its_clock_took_no_time(void)
{
    struct connection c;

    begin();
    c = next_client_of(42);
    request(&c);
    now -= 3600 * SECOND;
    take(&c, S, VSOCK_OP_RESPONSE, 0);
    no_socket(&c, C);
    judge();
    g_assert_cmpint(assert_only(VSOCK_CODE_CONNECT_ABANDONED)->figures.longest, ==, 0);
}

static void clients_of_several_cids_are_told_apart_and_told_where_selected(void)
{
    begin();
    for (uint64_t cid = 41; cid < 43; cid++) {
        struct connection c = next_client_of(cid);

        open_connection(&c);
        no_socket(&c, C);
    }
    judge();
    g_assert_cmpuint(report->len, ==, 2);
    select_stream(1);
    judge();
    assert_only(VSOCK_CODE_CONNECT_ABANDONED);
}

/* ---- half-close-slow ---- */

/* The client ends its data; so long after the server has read it, the server closes. */
static void end_slowly_of(uint64_t cid, int64_t wait, bool answers)
{
    struct connection c = next_client_of(cid);

    open_connection(&c);
    rw(&c, 20);
    shut(&c, C, VSOCK_SHUTDOWN_SEND);
    update(&c, 20);
    after(wait);
    if (answers)
        take(&c, S, VSOCK_OP_RW, 5);
    shut(&c, S, 3);
    take(&c, C, VSOCK_OP_RST, 0);
}

static void end_slowly(int64_t wait, bool answers)
{
    end_slowly_of(42, wait, answers);
}

static void three_half_closes_of_which_nothing_comes_for_a_second_are_slow(void)
{
    const struct vsock_diagnosis *d;

    begin();
    end_slowly(SECOND, false);
    end_slowly(2 * SECOND, false);
    judge();
    assert_healthy();
    end_slowly(SECOND - 1, false); /* not so long */
    end_slowly(3 * SECOND, true);  /* an answer */
    judge();
    assert_healthy();
    end_slowly(SECOND, false);
    judge();
    d = assert_only(VSOCK_CODE_HALF_CLOSE_SLOW);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 5);
    g_assert_cmpint(d->figures.longest, ==, 2 * SECOND + MS);
    g_assert_cmpint(d->figures.total, ==, 4 * SECOND + 3 * MS);
}

static void slow_ends_of_several_clients_are_counted_together(void)
{
    const struct vsock_diagnosis *d = NULL;

    begin();
    for (unsigned i = 0; i < 3; i++)
        end_slowly_of(42 + 2 * i, SECOND, false);
    judge();
    g_assert_cmpuint(report->len, ==, 1);
    d = &g_array_index(report, struct vsock_diagnosis, 0);
    g_assert_cmpint(d->code, ==, VSOCK_CODE_HALF_CLOSE_SLOW);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_NONE);
    g_assert_cmpuint(d->dst.port, ==, 9999);
}

static void slow_ends_need_no_request(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = between(42, 0xffff0000 + i, 43, 9999);

        rw(&c, 20);
        shut(&c, C, VSOCK_SHUTDOWN_SEND);
        after(SECOND);
        shut(&c, S, 3);
    }
    judge();
    assert_only(VSOCK_CODE_HALF_CLOSE_SLOW);
}

/* The wait is then more than the time since the SHUTDOWN. */
static void a_clock_that_goes_back_waits_for_nothing(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        rw(&c, 20);
        shut(&c, C, VSOCK_SHUTDOWN_SEND);
        now -= 10 * SECOND;
        update(&c, 20);
        after(2 * SECOND);
        shut(&c, S, 3);
        take(&c, C, VSOCK_OP_RST, 0);
    }
    judge();
    for (unsigned i = 0; i < report->len; i++)
        g_assert_cmpint(g_array_index(report, struct vsock_diagnosis, i).code, !=,
                        VSOCK_CODE_HALF_CLOSE_SLOW);
}

/* ---- closed-unread ---- */

/* The client sends `bytes`, of which the server has consumed so many when it closes. */
static void close_unread_of(uint64_t cid, uint32_t bytes, uint32_t consumed)
{
    struct connection c = next_client_of(cid);

    open_connection(&c);
    if (bytes > 0)
        rw(&c, bytes);
    after(3 * SECOND);
    c.fwd_cnt[S] = consumed;
    shut(&c, S, 3);
    take(&c, C, VSOCK_OP_RST, 0);
}

static void close_unread(uint32_t bytes, uint32_t consumed)
{
    close_unread_of(42, bytes, consumed);
}

static void what_is_left_unread_of_several_clients_is_counted_together(void)
{
    const struct vsock_diagnosis *d = NULL;

    begin();
    close_unread_of(42, 517, 0);
    close_unread_of(44, 517, 0);
    judge();
    assert_healthy();
    close_unread_of(45, 517, 0);
    close_unread_of(45, 517, 517);
    judge();
    g_assert_cmpuint(report->len, ==, 1);
    d = &g_array_index(report, struct vsock_diagnosis, 0);
    g_assert_cmpint(d->code, ==, VSOCK_CODE_CLOSED_UNREAD);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 4);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_NONE);
}

static void three_connections_that_a_server_closes_unread_are_told(void)
{
    const struct vsock_diagnosis *d;

    begin();
    close_unread(517, 0);
    close_unread(500, 0);
    close_unread(517, 1); /* it has looked */
    close_unread(0, 0);   /* at nothing, since there was nothing */
    judge();
    assert_healthy();
    close_unread(500, 0);
    judge();
    d = assert_only(VSOCK_CODE_CLOSED_UNREAD);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 5);
    g_assert_cmpuint(d->figures.bytes, ==, 517);
}

/* Not every receiver tells. */
static void a_server_that_has_answered_has_read(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        rw(&c, 500);
        take(&c, S, VSOCK_OP_RW, 5);
        shut(&c, S, 3);
    }
    judge();
    assert_healthy();
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        take(&c, S, VSOCK_OP_RW, 5); /* a greeting is no answer */
        rw(&c, 500);
        take(&c, S, VSOCK_OP_RST, 0);
    }
    judge();
    assert_only(VSOCK_CODE_CLOSED_UNREAD);
}

static void a_reset_without_a_socket_and_a_client_that_closes_say_nothing_of_what_was_read(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        rw(&c, 500);
        no_socket(&c, S);
        c = next_client_of(42);
        open_connection(&c);
        rw(&c, 500);
        shut(&c, C, 3);
        take(&c, S, VSOCK_OP_RST, 0);
    }
    judge();
    assert_healthy();
}

/* ---- accept-and-close ---- */

static void accept_and_close(int64_t open, int64_t pause)
{
    struct connection c = next_client_of(42);

    open_connection(&c);
    after(open);
    shut(&c, S, 3);
    take(&c, C, VSOCK_OP_RST, 0);
    after(pause - MS); /* the RST's */
}

static void ten_in_a_row_that_a_server_accepts_and_closes_are_a_loop(void)
{
    const struct vsock_diagnosis *d;

    begin();
    for (unsigned i = 0; i < 9; i++)
        accept_and_close(MS, 10 * MS);
    judge();
    assert_healthy();
    accept_and_close(SECOND, 10 * MS);
    judge();
    d = assert_only(VSOCK_CODE_ACCEPT_AND_CLOSE);
    g_assert_cmpuint(d->figures.count, ==, 10);
    g_assert_cmpint(d->figures.longest, ==, SECOND);
    g_assert_cmpuint(d->first_frame, ==, 3);
    g_assert_cmpuint(d->last_frame, ==, 39);
}

static void a_client_that_waits_does_not_loop(void)
{
    begin();
    for (unsigned i = 0; i < 20; i++)
        accept_and_close(MS, i % 5 == 4 ? SECOND / 2 + 1 : SECOND / 2);
    judge();
    assert_healthy();
}

static void what_lasts_or_carries_data_or_is_closed_by_the_client_ends_the_row(void)
{
    struct connection c;

    begin();
    for (unsigned i = 0; i < 30; i++) {
        accept_and_close(MS, MS);
        if (i % 9 != 8)
            continue;
        if (i == 8) {
            accept_and_close(SECOND + 1, MS);
            continue;
        }
        c = next_client_of(42);
        open_connection(&c);
        if (i == 17)
            rw(&c, 5);
        shut(&c, i == 17 ? S : C, 3);
    }
    judge();
    assert_healthy();
}

/* As where a capture filter leaves RWs out. */
static void data_that_was_not_captured_was_carried(void)
{
    begin();
    for (unsigned i = 0; i < 20; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        shut(&c, S, 3);
        c.fwd_cnt[C] = 5;
        take(&c, C, VSOCK_OP_RST, 0);
    }
    g_assert_cmpuint(judge_for(VSOCK_CODE_ACCEPT_AND_CLOSE, NULL).figures.count, ==, 0);
}

static void a_server_may_close_by_a_reset_of_either_kind(void)
{
    begin();
    for (unsigned i = 0; i < 10; i++) {
        struct connection c = next_client_of(42);

        open_connection(&c);
        if (i % 2)
            no_socket(&c, S);
        else
            take(&c, S, VSOCK_OP_RST, 0);
    }
    judge();
    assert_only(VSOCK_CODE_ACCEPT_AND_CLOSE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/endings/" #name, name)
    TEST(what_clients_abandon_is_counted_by_cid_and_server);
    TEST(a_stamped_reset_or_two_may_be_a_probe);
    TEST(what_a_client_abandons_without_a_response_is_counted_apart);
    TEST(a_client_that_resets_what_has_no_answer_gave_up_until_it_is_unanswered);
    TEST(a_connect_that_took_less_than_nothing_by_its_clock_took_no_time);
    TEST(clients_of_several_cids_are_told_apart_and_told_where_selected);
    TEST(three_half_closes_of_which_nothing_comes_for_a_second_are_slow);
    TEST(slow_ends_of_several_clients_are_counted_together);
    TEST(slow_ends_need_no_request);
    TEST(a_clock_that_goes_back_waits_for_nothing);
    TEST(what_is_left_unread_of_several_clients_is_counted_together);
    TEST(three_connections_that_a_server_closes_unread_are_told);
    TEST(a_server_that_has_answered_has_read);
    TEST(a_reset_without_a_socket_and_a_client_that_closes_say_nothing_of_what_was_read);
    TEST(ten_in_a_row_that_a_server_accepts_and_closes_are_a_loop);
    TEST(a_client_that_waits_does_not_loop);
    TEST(what_lasts_or_carries_data_or_is_closed_by_the_client_ends_the_row);
    TEST(data_that_was_not_captured_was_carried);
    TEST(a_server_may_close_by_a_reset_of_either_kind);
    return g_test_run();
}
