/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_conn.c - the life of a connection, packet by packet. A test's name is the rule it checks. */
#include <glib.h>

#include "core/conn.h"
#include "packet.h"

#define CLIENT 0
#define SERVER 1
#define SECOND INT64_C(1000000000)
#define BUFFER 262144

/* The connection under test. Time stands still unless a test moves it. */
static struct vsock_conn conn;
static struct vsock_pending pending;
static struct vsock_step step;
static struct vsock_rw rws[2048];
static unsigned rws_used;
static struct vsock_mark at;
static int64_t now;

static struct vsock_packet make(enum vsock_op op, uint32_t length, uint32_t flags, uint32_t buf_alloc,
                                uint32_t fwd_cnt, uint16_t type)
{
    struct record r = sound_record(op, length);

    SET_VIRTIO(&r, flags, flags);
    SET_VIRTIO(&r, buf_alloc, buf_alloc);
    SET_VIRTIO(&r, fwd_cnt, fwd_cnt);
    SET_VIRTIO(&r, type, type);
    return read_record(&r);
}

static void take(uint8_t side, const struct vsock_packet *p)
{
    g_assert_cmpuint(rws_used + 1, <, G_N_ELEMENTS(rws));
    rws_used++; /* and the packet's number */
    at = mark(rws_used, now);
    step = vsock_conn_step(&conn, NULL, p, side, &at, &rws[rws_used]);
}

static void send_full(uint8_t side, enum vsock_op op, uint32_t length, uint32_t flags, uint32_t buf_alloc,
                      uint32_t fwd_cnt)
{
    struct vsock_packet p = make(op, length, flags, buf_alloc, fwd_cnt, VSOCK_TYPE_STREAM);

    take(side, &p);
}

static void send_op(uint8_t side, enum vsock_op op)
{
    send_full(side, op, 0, 0, BUFFER, 0);
}

static void send_rw(uint8_t side, uint32_t length)
{
    send_full(side, VSOCK_OP_RW, length, 0, BUFFER, 0);
}

static void shutdown_side(uint8_t side, uint32_t flags)
{
    send_full(side, VSOCK_OP_SHUTDOWN, 0, flags, BUFFER, 0);
}

static void stamped_rst(uint8_t side, uint32_t fwd_cnt)
{
    send_full(side, VSOCK_OP_RST, 0, 0, BUFFER, fwd_cnt);
}

static void no_socket_rst(uint8_t side)
{
    send_full(side, VSOCK_OP_RST, 0, 0, 0, 0);
}

static void begin(enum vsock_op op, uint8_t side, bool degenerate)
{
    struct vsock_packet p = make(op, op == VSOCK_OP_RW ? 5 : 0, 0, BUFFER, 0, VSOCK_TYPE_STREAM);

    rws_used = 0;
    now = 0;
    conn = vsock_conn_start(&p, side, degenerate);
    pending = vsock_nothing_pending;
    conn.flow.pending = &pending;
    take(side, &p);
}

static void request(void)
{
    begin(VSOCK_OP_REQUEST, CLIENT, false);
}

static void open_connection(void)
{
    request();
    send_op(SERVER, VSOCK_OP_RESPONSE);
}

#define FOUND(finding) VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)
/* Of a connection's life: test_flow.c has the others. */
#define LIFE (VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_FIRST) - 1)
#define ASSERT_FOUND(set) g_assert_cmphex(step.findings &LIFE, ==, (set))
#define ASSERT_STATE(name) g_assert_cmpint(conn.state, ==, VSOCK_STATE_##name)
#define ASSERT_RST(kind, name)                                                                               \
    g_assert_cmpint(step.rst_kind, ==, VSOCK_RST_##kind);                                                    \
    g_assert_cmpint(step.after, ==, VSOCK_STATE_##name)

/* ---- opening ---- */

static void request_then_response_opens(void)
{
    request();
    ASSERT_FOUND(FOUND(REQUEST));
    ASSERT_STATE(REQUESTED);
    g_assert_cmpint(conn.client, ==, CLIENT);
    send_op(SERVER, VSOCK_OP_RESPONSE);
    ASSERT_FOUND(FOUND(RESPONSE));
    ASSERT_STATE(OPEN);
    g_assert_cmpint(step.before, ==, VSOCK_STATE_REQUESTED);
}

static void second_response_is_a_duplicate(void)
{
    open_connection();
    send_op(SERVER, VSOCK_OP_RESPONSE);
    ASSERT_FOUND(FOUND(DUPLICATE_RESPONSE));
    ASSERT_STATE(OPEN);
}

static void response_of_the_requester_answers_nothing(void)
{
    request();
    send_op(CLIENT, VSOCK_OP_RESPONSE);
    ASSERT_FOUND(FOUND(RESPONSE_WITHOUT_REQUEST));
    ASSERT_STATE(REQUESTED);
}

static void data_before_the_response_opens_too(void)
{
    request();
    send_rw(SERVER, 5);
    ASSERT_FOUND(FOUND(DATA_BEFORE_RESPONSE));
    ASSERT_STATE(OPEN);
    send_op(SERVER, VSOCK_OP_RESPONSE); /* late, but not a second one */
    ASSERT_FOUND(FOUND(RESPONSE));
}

static void a_response_tells_the_client_of_a_request_not_captured(void)
{
    begin(VSOCK_OP_RESPONSE, SERVER, false);
    ASSERT_FOUND(FOUND(RESPONSE_WITHOUT_REQUEST) | FOUND(RESPONSE));
    ASSERT_STATE(OPEN);
    g_assert_cmpint(conn.client, ==, CLIENT);
    g_assert_false(conn.from_request);
}

static void only_the_first_packet_is_midstream(void)
{
    begin(VSOCK_OP_RW, SERVER, false);
    ASSERT_FOUND(FOUND(MIDSTREAM));
    ASSERT_STATE(MIDSTREAM);
    g_assert_cmpint(conn.client, ==, VSOCK_SIDE_UNKNOWN);
    send_rw(SERVER, 5);
    ASSERT_FOUND(0);
    ASSERT_STATE(MIDSTREAM);
}

/* ---- generations ---- */

static struct vsock_step second_request(void)
{
    struct vsock_packet p = make(VSOCK_OP_REQUEST, 0, 0, BUFFER, 0, VSOCK_TYPE_STREAM);
    struct vsock_conn next = vsock_conn_start(&p, CLIENT, false);
    struct vsock_pending of_next = vsock_nothing_pending;

    next.flow.pending = &of_next;
    at = mark(1, now);
    g_assert_true(vsock_conn_begins(&conn, &p, CLIENT, now));
    return vsock_conn_step(&next, &conn, &p, CLIENT, &at, &rws[0]);
}

static void a_request_always_begins_a_generation(void)
{
    request();
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST) | FOUND(RETRIED));
    open_connection();
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST) | FOUND(REUSED));
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST) | FOUND(REUSED));
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_RCV); /* all but over: only the RST is missing */
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST));
    stamped_rst(SERVER, 0);
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST));
    begin(VSOCK_OP_RW, CLIENT, false);
    g_assert_cmphex(second_request().findings, ==, FOUND(REQUEST));
}

static void stragglers_stay_with_the_dead_generation(void)
{
    struct vsock_packet update = make(VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, 0, VSOCK_TYPE_STREAM);
    struct vsock_packet response = make(VSOCK_OP_RESPONSE, 0, 0, BUFFER, 0, VSOCK_TYPE_STREAM);

    open_connection();
    g_assert_false(vsock_conn_begins(&conn, &response, SERVER, now));
    stamped_rst(SERVER, 0);
    g_assert_false(vsock_conn_begins(&conn, &update, SERVER, now));
    g_assert_true(vsock_conn_begins(&conn, &response, SERVER, now)); /* of a REQUEST that was not captured */
    send_op(CLIENT, VSOCK_OP_CREDIT_UPDATE);
    ASSERT_FOUND(FOUND(TRAILING));
    ASSERT_STATE(RESET);
    send_rw(CLIENT, 5);
    ASSERT_FOUND(FOUND(DATA_AFTER_RESET));
    g_assert_false(step.in_stream);
    stamped_rst(CLIENT, 0);
    ASSERT_FOUND(FOUND(TRAILING));
    ASSERT_RST(TRAILING, RESET);
}

/* ---- data ---- */

static void offsets_run_per_direction(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    g_assert_true(step.flow.has_offset);
    g_assert_cmpuint(step.flow.offset, ==, 0);
    send_rw(SERVER, 7);
    g_assert_cmpuint(step.flow.offset, ==, 0);
    send_rw(CLIENT, 50);
    g_assert_cmpuint(step.flow.offset, ==, 100);
}

static void offsets_jump_over_unseen_bytes(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    send_full(SERVER, VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, 130);
    g_assert_cmpuint(step.flow.info.ahead, ==, 30);
    send_rw(CLIENT, 10);
    g_assert_cmpuint(step.flow.offset, ==, 130);
}

static void midstream_offsets_begin_with_the_receivers_word(void)
{
    begin(VSOCK_OP_RW, CLIENT, false);
    g_assert_false(step.flow.has_offset);
    send_full(SERVER, VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, 0x80000000);
    g_assert_cmpuint(step.flow.info.ahead, ==, 0);
    send_rw(CLIENT, 5);
    g_assert_true(step.flow.has_offset);
    g_assert_cmphex(step.flow.offset, ==, 0x80000000);
}

static void data_after_own_shutdown_is_found(void)
{
    open_connection();
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    send_rw(SERVER, 5);
    ASSERT_FOUND(0);
    send_rw(CLIENT, 5);
    ASSERT_FOUND(FOUND(DATA_AFTER_SHUTDOWN));
}

static void data_into_the_others_shut_side_may_have_crossed_it(void)
{
    open_connection();
    shutdown_side(SERVER, VSOCK_SHUTDOWN_RCV);
    send_rw(CLIENT, 5);
    ASSERT_FOUND(0);
}

static void a_foreign_type_does_not_count(void)
{
    struct vsock_packet rw = make(VSOCK_OP_RW, 5, 0, 0, 77, 7);
    struct vsock_packet rst = make(VSOCK_OP_RST, 0, 0, 0, 0, 7);

    open_connection();
    take(CLIENT, &rw);
    ASSERT_FOUND(FOUND(TYPE_CHANGED));
    g_assert_false(step.in_stream);
    take(SERVER, &rst);
    ASSERT_FOUND(0);
    ASSERT_RST(FOREIGN_TYPE, OPEN);
    g_assert_false(conn.ended);
    send_rw(CLIENT, 5);
    g_assert_cmpuint(step.flow.offset, ==, 0);
}

/* ---- shutting down ---- */

static void shutdown_flags_add_up(void)
{
    open_connection();
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    ASSERT_FOUND(FOUND(SHUTDOWN));
    ASSERT_STATE(HALF_CLOSED);
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_RCV);
    ASSERT_STATE(CLOSING);
}

static void each_direction_can_be_shut_by_either_side(void)
{
    open_connection();
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_RCV); /* the same direction */
    ASSERT_STATE(HALF_CLOSED);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_SEND);
    ASSERT_STATE(CLOSING);
}

static void shutdown_of_nothing_changes_nothing(void)
{
    open_connection();
    shutdown_side(CLIENT, 0);
    ASSERT_STATE(OPEN);
}

static void completeness_tells_what_was_seen(void)
{
    open_connection();
    send_rw(CLIENT, 5);
    g_assert_cmphex(conn.completeness, ==, 0x07);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_SEND);
    g_assert_cmphex(conn.completeness, ==, 0x17);
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    g_assert_cmphex(conn.completeness, ==, 0x1f);
    stamped_rst(SERVER, 5);
    g_assert_cmphex(conn.completeness, ==, 0x3f);
}

/* ---- kinds of RST ---- */

static void rst_of_the_server_refuses(void)
{
    request();
    no_socket_rst(SERVER);
    ASSERT_RST(REFUSED, REFUSED);
    ASSERT_FOUND(FOUND(REFUSED));
    request();
    stamped_rst(SERVER, 0);
    ASSERT_RST(REFUSED, REFUSED);
}

static void stamped_rst_of_the_client_is_a_protocol_error_where_a_packet_had_reached_it(void)
{
    request();
    send_op(SERVER, VSOCK_OP_CREDIT_REQUEST);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(REFUSED, REFUSED);
    ASSERT_FOUND(FOUND(PROTOCOL_ERROR));
    request();
    stamped_rst(CLIENT, 0); /* it has waited long enough */
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
    ASSERT_FOUND(FOUND(ABANDONED));
}

static void client_that_never_spoke_abandons(void)
{
    open_connection();
    no_socket_rst(CLIENT);
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
    ASSERT_FOUND(FOUND(ABANDONED));
    request();
    no_socket_rst(CLIENT);
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
}

static void abandoning_takes_no_time(void)
{
    open_connection();
    now = SECOND;
    no_socket_rst(CLIENT);
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
    open_connection();
    now = SECOND + 1;
    no_socket_rst(CLIENT);
    ASSERT_RST(NO_SOCKET, RESET);
}

static void a_client_may_abandon_by_a_stamped_reset_and_after_a_word_without_data(void)
{
    open_connection();
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
    g_assert_true(conn.reset_stamped);
    open_connection();
    send_op(CLIENT, VSOCK_OP_CREDIT_UPDATE);
    no_socket_rst(CLIENT);
    ASSERT_RST(CONNECT_ABANDONED, CLOSED);
    g_assert_false(conn.reset_stamped);
    open_connection();
    stamped_rst(SERVER, 0); /* of the server: no */
    ASSERT_RST(ABORTED, RESET);
}

static void a_client_does_not_abandon_what_the_server_closes(void)
{
    open_connection();
    shutdown_side(SERVER, 3);
    no_socket_rst(CLIENT);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    open_connection();
    shutdown_side(SERVER, VSOCK_SHUTDOWN_SEND);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(ABORTED, RESET);
}

static void who_closes_first_is_known_with_what_it_had_not_read(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_SEND);
    g_assert_cmpint(conn.closer, ==, VSOCK_SIDE_UNKNOWN);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_RCV); /* now both */
    g_assert_cmpint(conn.closer, ==, SERVER);
    g_assert_cmpuint(conn.close_unread, ==, 100);
    shutdown_side(CLIENT, 3);
    stamped_rst(CLIENT, 0);
    g_assert_cmpint(conn.closer, ==, SERVER);
    open_connection();
    send_rw(SERVER, 7);
    stamped_rst(CLIENT, 3);
    g_assert_cmpint(conn.closer, ==, CLIENT);
    g_assert_cmpuint(conn.close_unread, ==, 4);
}

static void client_that_only_read_does_not_abandon(void)
{
    open_connection();
    send_rw(SERVER, 5);
    no_socket_rst(CLIENT);
    ASSERT_RST(NO_SOCKET, RESET);
    open_connection();
    send_rw(SERVER, 5);
    shutdown_side(SERVER, 3);
    no_socket_rst(CLIENT);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void client_that_spoke_closes_by_its_reset(void)
{
    open_connection();
    send_rw(CLIENT, 5);
    no_socket_rst(CLIENT);
    ASSERT_RST(NO_SOCKET, RESET);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
}

static void a_reset_without_a_socket_that_answers_says_that_the_connection_is_lost(void)
{
    open_connection();
    now = SECOND;
    send_rw(CLIENT, 5);
    no_socket_rst(SERVER);
    ASSERT_RST(NO_SOCKET, RESET);
    ASSERT_FOUND(FOUND(RESET_NO_SOCKET));
    g_assert_true(conn.reset_answers);
    open_connection();
    now = SECOND - 1; /* it spoke within a second */
    send_rw(CLIENT, 5);
    no_socket_rst(SERVER);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
    g_assert_false(conn.reset_answers);
}

/* A machine without the connection would have answered the first of them. */
static void a_reset_without_a_socket_answers_no_packet_of_a_row_that_was_let_pass(void)
{
    open_connection();
    now = SECOND;
    send_rw(CLIENT, 5);
    now = 2 * SECOND - 2;
    send_rw(CLIENT, 5);
    now = 2 * SECOND - 1;
    no_socket_rst(SERVER);
    ASSERT_FOUND(FOUND(RESET_NO_SOCKET));
    open_connection();
    now = SECOND;
    send_rw(CLIENT, 5);
    now = 2 * SECOND - 1;
    send_rw(CLIENT, 5);
    now = 2 * SECOND;
    no_socket_rst(SERVER);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
    open_connection();
    now = SECOND;
    send_rw(CLIENT, 5);
    now = 2 * SECOND; /* a row of its own */
    send_rw(CLIENT, 5);
    no_socket_rst(SERVER);
    ASSERT_FOUND(FOUND(RESET_NO_SOCKET));
}

static void a_response_that_nobody_asked_for_opens_nothing_that_could_be_lost(void)
{
    begin(VSOCK_OP_RESPONSE, SERVER, false);
    no_socket_rst(CLIENT);
    ASSERT_RST(NO_SOCKET, RESET);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
}

static void a_reset_tells_what_its_sender_has_not_read(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    stamped_rst(SERVER, 60);
    g_assert_cmpuint(conn.reset_unread, ==, 40);
    ASSERT_FOUND(FOUND(RESET));
    open_connection();
    send_rw(CLIENT, 100);
    stamped_rst(SERVER, 100);
    g_assert_cmpuint(conn.reset_unread, ==, 0);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
    open_connection();
    send_rw(CLIENT, BUFFER - 1); /* may have been read without a word */
    no_socket_rst(SERVER);
    g_assert_cmpuint(conn.reset_unread, ==, 0);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
    open_connection();
    send_rw(CLIENT, BUFFER);
    no_socket_rst(SERVER);
    g_assert_cmpuint(conn.reset_unread, ==, BUFFER);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET) | FOUND(UNCONSUMED_AT_CLOSE));
    g_assert_cmpuint(step.unconsumed, ==, BUFFER);
}

static void rst_after_full_shutdown_acknowledges_it(void)
{
    open_connection();
    shutdown_side(CLIENT, 3);
    now = 60 * SECOND;
    stamped_rst(SERVER, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    ASSERT_FOUND(FOUND(CLOSED));
}

static void even_a_rst_without_socket_acknowledges_a_full_shutdown(void)
{
    open_connection();
    shutdown_side(CLIENT, 3);
    no_socket_rst(SERVER);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void the_closers_own_late_rst_is_its_timeout(void)
{
    open_connection();
    shutdown_side(CLIENT, 3);
    now = 2 * SECOND;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_TIMEOUT, CLOSED);
    ASSERT_FOUND(FOUND(CLOSE_TIMEOUT));
    g_assert_cmpint(step.waited, ==, 2 * SECOND);
}

static void the_closers_own_early_rst_is_no_timeout(void)
{
    open_connection();
    shutdown_side(CLIENT, 3);
    now = SECOND;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

/* ---- who does not wait ---- */

/* The client has sent 100 bytes and closed; the server had read `read` of them before. */
static void close_with_data_under_way(uint32_t read)
{
    open_connection();
    send_rw(CLIENT, 100);
    if (read > 0)
        send_full(SERVER, VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, read);
    shutdown_side(CLIENT, 3);
}

static void who_closes_and_resets_with_data_under_way_did_not_wait(void)
{
    close_with_data_under_way(40);
    now += 1500 * SECOND / 1000;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
    ASSERT_FOUND(FOUND(CLOSED_TOO_SOON) | FOUND(UNCONSUMED_AT_CLOSE));
    g_assert_cmpuint(step.unconsumed, ==, 60);
    close_with_data_under_way(40);
    now += 1500 * SECOND / 1000 + 1;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void a_rst_without_a_socket_did_not_wait_either_unless_it_answers(void)
{
    close_with_data_under_way(0);
    no_socket_rst(CLIENT);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
    close_with_data_under_way(0);
    send_full(SERVER, VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, 40);
    no_socket_rst(CLIENT);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    close_with_data_under_way(0);
    send_full(SERVER, VSOCK_OP_CREDIT_UPDATE, 0, 0, BUFFER, 40);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
}

static void whose_data_is_all_read_needs_not_wait(void)
{
    close_with_data_under_way(100);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    ASSERT_FOUND(FOUND(CLOSED));
    open_connection();
    shutdown_side(CLIENT, 3);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void what_it_leaves_unread_itself_counts_as_well(void)
{
    open_connection();
    send_rw(SERVER, 100);
    shutdown_side(CLIENT, 3);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
    g_assert_cmpuint(step.unconsumed, ==, 100);
    open_connection();
    send_rw(SERVER, 100);
    send_full(CLIENT, VSOCK_OP_SHUTDOWN, 0, 3, BUFFER, 100);
    stamped_rst(CLIENT, 100);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void a_server_is_to_wait_as_well(void)
{
    open_connection();
    send_rw(SERVER, 100);
    shutdown_side(SERVER, 3);
    stamped_rst(SERVER, 0);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
}

static void a_rst_that_answers_data_after_the_close_waited(void)
{
    close_with_data_under_way(0);
    send_rw(SERVER, 10);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void the_other_sides_rst_and_shutdown_end_the_wait(void)
{
    close_with_data_under_way(0);
    stamped_rst(SERVER, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    for (uint32_t flags = 1; flags <= 3; flags++) {
        close_with_data_under_way(0);
        shutdown_side(SERVER, flags);
        stamped_rst(CLIENT, 0);
        ASSERT_RST(CLOSE_ACK, CLOSED);
    }
}

static void who_has_shut_one_way_has_not_closed(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    shutdown_side(CLIENT, 2);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(ABORTED, RESET);
}

/* As alioth: it answered, so it had read. Who tells of a part has not read the rest. */
static void a_receiver_that_answers_and_never_tells_has_read(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    send_rw(SERVER, 10);
    send_full(CLIENT, VSOCK_OP_SHUTDOWN, 0, 3, BUFFER, 10);
    stamped_rst(CLIENT, 10);
    ASSERT_RST(CLOSE_ACK, CLOSED);
    open_connection();
    send_rw(CLIENT, 100);
    send_full(SERVER, VSOCK_OP_RW, 10, 0, BUFFER, 40);
    send_full(CLIENT, VSOCK_OP_SHUTDOWN, 0, 3, BUFFER, 10);
    stamped_rst(CLIENT, 10);
    ASSERT_RST(NOT_WAITED_FOR, CLOSED);
}

static void a_late_rst_that_answers_the_peers_shutdown_is_no_timeout(void)
{
    open_connection();
    shutdown_side(CLIENT, 3);
    now = 5 * SECOND;
    shutdown_side(SERVER, 3);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void closing_with_unconsumed_bytes_is_said(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    send_rw(SERVER, 10);
    shutdown_side(CLIENT, 3);
    stamped_rst(SERVER, 60);
    ASSERT_FOUND(FOUND(CLOSED) | FOUND(UNCONSUMED_AT_CLOSE));
    g_assert_cmpuint(step.unconsumed, ==, 40 + 10);
}

static void rst_without_socket_on_an_open_connection(void)
{
    open_connection();
    no_socket_rst(SERVER);
    ASSERT_RST(NO_SOCKET, RESET);
}

static void half_closed_is_not_closed(void)
{
    open_connection();
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    stamped_rst(SERVER, 0);
    ASSERT_RST(ABORTED, RESET);
    ASSERT_FOUND(FOUND(CLOSED_BY_RESET));
}

static void stamped_rst_on_an_open_connection_aborts(void)
{
    open_connection();
    send_rw(CLIENT, 100);
    stamped_rst(SERVER, 0);
    ASSERT_RST(ABORTED, RESET);
    ASSERT_FOUND(FOUND(RESET));
}

static void rst_after_the_others_overrun_names_it(void)
{
    open_connection();
    send_rw(CLIENT, BUFFER);
    send_rw(CLIENT, 1);
    stamped_rst(SERVER, 0);
    ASSERT_RST(WINDOW_OVERRUN, RESET);
    ASSERT_FOUND(FOUND(RESET));
}

static void each_side_waits_from_its_own_full_shutdown_on(void)
{
    open_connection();
    shutdown_side(CLIENT, VSOCK_SHUTDOWN_SEND);
    shutdown_side(SERVER, VSOCK_SHUTDOWN_SEND); /* both directions are shut, but nobody closed */
    now = 8 * SECOND;
    shutdown_side(CLIENT, 3);
    now = 16 * SECOND;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_TIMEOUT, CLOSED);
    g_assert_cmpint(step.waited, ==, 8 * SECOND);
}

static void a_full_window_is_no_overrun(void)
{
    open_connection();
    send_rw(CLIENT, BUFFER);
    stamped_rst(SERVER, 0);
    ASSERT_RST(ABORTED, RESET);
}

static void rst_with_many_small_packets_unread_is_the_queue(void)
{
    open_connection();
    for (int i = 0; i < BUFFER / 576 - 1; i++)
        send_rw(CLIENT, 200);
    stamped_rst(SERVER, 0);
    ASSERT_RST(ABORTED, RESET);

    open_connection();
    for (int i = 0; i < BUFFER / 576; i++)
        send_rw(CLIENT, 200);
    stamped_rst(SERVER, 0);
    ASSERT_RST(QUEUE_OVERFLOW, RESET);
    ASSERT_FOUND(FOUND(RESET));
    g_assert_true(step.findings & FOUND(QUEUE_OVERFLOW_SUSPECTED));

    open_connection();
    for (int i = 0; i < BUFFER / 576; i++)
        send_rw(CLIENT, 128); /* merged into each other by Linux */
    stamped_rst(SERVER, 0);
    ASSERT_RST(ABORTED, RESET);

    open_connection();
    for (int i = 0; i < BUFFER / 576; i++)
        send_rw(CLIENT, 200);
    stamped_rst(SERVER, 200); /* the RST itself says that one was consumed */
    ASSERT_RST(ABORTED, RESET);
}

static void midstream_rst_proves_little(void)
{
    begin(VSOCK_OP_RW, CLIENT, false);
    stamped_rst(SERVER, 0);
    ASSERT_RST(TRAILING, MIDSTREAM);
    ASSERT_FOUND(0);
    g_assert_true(conn.ended);

    begin(VSOCK_OP_RW, CLIENT, false);
    no_socket_rst(SERVER);
    ASSERT_RST(NO_SOCKET, RESET);

    begin(VSOCK_OP_RW, CLIENT, false);
    shutdown_side(CLIENT, 3);
    stamped_rst(SERVER, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);
}

static void a_lone_rst_is_midstream_and_trailing(void)
{
    begin(VSOCK_OP_RST, SERVER, false);
    ASSERT_RST(TRAILING, MIDSTREAM);
    ASSERT_FOUND(FOUND(MIDSTREAM));
}

/* ---- degenerate endpoints ---- */

static void one_endpoint_for_both_sides_has_simple_rules(void)
{
    begin(VSOCK_OP_REQUEST, CLIENT, true);
    ASSERT_FOUND(FOUND(REQUEST) | FOUND(DEGENERATE));
    g_assert_cmpint(conn.client, ==, VSOCK_SIDE_UNKNOWN);
    stamped_rst(CLIENT, 0);
    ASSERT_RST(REFUSED, REFUSED);

    begin(VSOCK_OP_REQUEST, CLIENT, true);
    send_op(CLIENT, VSOCK_OP_RESPONSE);
    ASSERT_STATE(OPEN);
    send_rw(CLIENT, 5);
    g_assert_false(step.flow.has_offset);
    shutdown_side(CLIENT, 3);
    now = 10 * SECOND;
    stamped_rst(CLIENT, 0);
    ASSERT_RST(CLOSE_ACK, CLOSED);

    begin(VSOCK_OP_REQUEST, CLIENT, true);
    send_op(CLIENT, VSOCK_OP_RESPONSE);
    no_socket_rst(CLIENT);
    ASSERT_RST(ABORTED, RESET);
}

static void kept_rws_are_given_back(void)
{
    unsigned n = 0;

    open_connection();
    send_rw(CLIENT, 5);
    send_rw(SERVER, 5);
    send_rw(SERVER, 5);
    for (const struct vsock_rw *rw = vsock_conn_release(&conn); rw; rw = rw->next)
        n++;
    g_assert_cmpuint(n, ==, 3);
    g_assert_null(vsock_conn_release(&conn));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/conn/" #name, name)
    TEST(request_then_response_opens);
    TEST(second_response_is_a_duplicate);
    TEST(response_of_the_requester_answers_nothing);
    TEST(data_before_the_response_opens_too);
    TEST(a_response_tells_the_client_of_a_request_not_captured);
    TEST(only_the_first_packet_is_midstream);
    TEST(a_request_always_begins_a_generation);
    TEST(stragglers_stay_with_the_dead_generation);
    TEST(offsets_run_per_direction);
    TEST(offsets_jump_over_unseen_bytes);
    TEST(midstream_offsets_begin_with_the_receivers_word);
    TEST(data_after_own_shutdown_is_found);
    TEST(data_into_the_others_shut_side_may_have_crossed_it);
    TEST(a_foreign_type_does_not_count);
    TEST(shutdown_flags_add_up);
    TEST(each_direction_can_be_shut_by_either_side);
    TEST(shutdown_of_nothing_changes_nothing);
    TEST(completeness_tells_what_was_seen);
    TEST(rst_of_the_server_refuses);
    TEST(stamped_rst_of_the_client_is_a_protocol_error_where_a_packet_had_reached_it);
    TEST(client_that_never_spoke_abandons);
    TEST(abandoning_takes_no_time);
    TEST(a_client_may_abandon_by_a_stamped_reset_and_after_a_word_without_data);
    TEST(a_client_does_not_abandon_what_the_server_closes);
    TEST(who_closes_first_is_known_with_what_it_had_not_read);
    TEST(client_that_only_read_does_not_abandon);
    TEST(client_that_spoke_closes_by_its_reset);
    TEST(a_reset_without_a_socket_that_answers_says_that_the_connection_is_lost);
    TEST(a_reset_without_a_socket_answers_no_packet_of_a_row_that_was_let_pass);
    TEST(a_response_that_nobody_asked_for_opens_nothing_that_could_be_lost);
    TEST(a_reset_tells_what_its_sender_has_not_read);
    TEST(rst_after_full_shutdown_acknowledges_it);
    TEST(even_a_rst_without_socket_acknowledges_a_full_shutdown);
    TEST(the_closers_own_late_rst_is_its_timeout);
    TEST(the_closers_own_early_rst_is_no_timeout);
    TEST(who_closes_and_resets_with_data_under_way_did_not_wait);
    TEST(a_rst_without_a_socket_did_not_wait_either_unless_it_answers);
    TEST(whose_data_is_all_read_needs_not_wait);
    TEST(what_it_leaves_unread_itself_counts_as_well);
    TEST(a_server_is_to_wait_as_well);
    TEST(a_rst_that_answers_data_after_the_close_waited);
    TEST(the_other_sides_rst_and_shutdown_end_the_wait);
    TEST(who_has_shut_one_way_has_not_closed);
    TEST(a_receiver_that_answers_and_never_tells_has_read);
    TEST(a_late_rst_that_answers_the_peers_shutdown_is_no_timeout);
    TEST(closing_with_unconsumed_bytes_is_said);
    TEST(rst_without_socket_on_an_open_connection);
    TEST(half_closed_is_not_closed);
    TEST(stamped_rst_on_an_open_connection_aborts);
    TEST(rst_after_the_others_overrun_names_it);
    TEST(each_side_waits_from_its_own_full_shutdown_on);
    TEST(a_full_window_is_no_overrun);
    TEST(rst_with_many_small_packets_unread_is_the_queue);
    TEST(midstream_rst_proves_little);
    TEST(a_lone_rst_is_midstream_and_trailing);
    TEST(one_endpoint_for_both_sides_has_simple_rules);
    TEST(kept_rws_are_given_back);
    return g_test_run();
}
