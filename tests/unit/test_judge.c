/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_judge.c - the verdict on a capture, from its packets. A test's name is the rule it checks. C, the
 * client, sends the data; S, the server, has a buffer of 1000. */
#include "core/judge.h"
#include "story.h"

static struct connection one, two, three;
static GArray *report;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    three = between(42, 1026, 43, 9999);
}

/* Returns how many streams were looked at. */
static uint32_t judge_only(const struct vsock_selection *only)
{
    if (report)
        g_array_free(report, TRUE);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    return vsock_judge(capture, only, report);
}

/* Of the streams in `bits` alone. */
static uint32_t judge_streams(uint64_t bits, struct vsock_stream_diagnosis *unassociated)
{
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL), .unassociated = unassociated};
    uint32_t looked_at;

    for (unsigned i = 0; i < 64; i++) {
        if (bits >> i & 1)
            g_hash_table_add(only.streams, GUINT_TO_POINTER(i));
    }
    looked_at = judge_only(&only);
    g_hash_table_destroy(only.streams);
    return looked_at;
}

static void judge(void)
{
    judge_only(NULL);
}

static const struct vsock_diagnosis *at(unsigned i)
{
    g_assert_cmpuint(i, <, report->len);
    return &g_array_index(report, struct vsock_diagnosis, i);
}

static void assert_code(unsigned i, enum vsock_code code)
{
    g_assert_cmpstr(vsock_codes[at(i)->code].name, ==, vsock_codes[code].name);
}

static const struct vsock_diagnosis *assert_only(enum vsock_code code)
{
    assert_code(0, code);
    g_assert_cmpuint(report->len, ==, 1);
    return at(0);
}

static void assert_healthy(void)
{
    if (report->len > 0)
        g_error("%s", vsock_codes[at(0)->code].name);
}

static void assert_endpoints(const struct vsock_diagnosis *d, const struct connection *c, uint8_t src)
{
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpint(d->dst_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpuint(d->src.cid, ==, c->end[src].cid);
    g_assert_cmpuint(d->src.port, ==, c->end[src].port);
    g_assert_cmpuint(d->dst.cid, ==, c->end[src ^ 1].cid);
    g_assert_cmpuint(d->dst.port, ==, c->end[src ^ 1].port);
}

static void close_connection(struct connection *c)
{
    shut(c, C, 3);
    take(c, S, VSOCK_OP_RST, 0);
}

/* A client with a port of its own, and its attempt at `server`'s. */
static struct connection another(const struct connection *server)
{
    static uint32_t port = 5000;
    struct connection c = between(server->end[C].cid, ++port, server->end[S].cid, server->end[S].port);

    c.type = server->type;
    return c;
}

static void refuse_another(const struct connection *server)
{
    struct connection c = another(server);

    refuse(&c);
}

static void accept_another(const struct connection *server)
{
    struct connection c = another(server);

    open_connection(&c);
    rw(&c, 5);
    update(&c, 5);
}

/* ---- connections of before the capture ---- */

/* Of one that began before, it is not known that the RST's sender was silent until the capture has gone on so
 * long. */
static void a_connection_of_before_is_lost_where_a_second_of_silence_was_captured(void)
{
    for (int64_t early = 0; early < 2; early++) {
        begin();
        open_connection(&two); /* the capture's first packets, two milliseconds */
        after(SECOND - MS - early);
        rw(&one, 10);
        now -= MS;
        no_socket(&one, S);
        judge();
        if (early)
            assert_healthy();
        else
            assert_only(VSOCK_CODE_PEER_GONE);
    }
}

/* ---- reports ---- */

static void a_healthy_capture_has_no_diagnosis(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        open_connection(&one);
        rw(&one, 1000);
        update(&one, 1000);
        close_connection(&one);
    }
    judge();
    assert_healthy();
    begin();
    judge(); /* of nothing */
    assert_healthy();
}

static void a_diagnosis_names_its_stream_and_both_ends(void)
{
    const struct vsock_diagnosis *d;

    begin();
    open_connection(&one);
    open_connection(&two);
    rw(&two, 600);
    take(&two, S, VSOCK_OP_RST, 0);
    judge();
    d = assert_only(VSOCK_CODE_RESET_ABORTED);
    g_assert_cmpuint(d->stream, ==, 1);
    assert_endpoints(d, &two, S);
    g_assert_cmpuint(d->first_frame, ==, 6);
}

static void the_report_has_the_worst_first_then_the_order_of_time(void)
{
    begin();
    refuse(&one); /* a note, and the first */
    open_connection(&two);
    lose(&two); /* a warning */
    open_connection(&three);
    rw(&three, 10);
    take(&three, S, VSOCK_OP_RST, 0); /* an error */
    open_connection(&two);
    lose(&two);
    judge();
    g_assert_cmpuint(report->len, ==, 4);
    assert_code(0, VSOCK_CODE_RESET_ABORTED);
    assert_code(1, VSOCK_CODE_PEER_GONE);
    assert_code(2, VSOCK_CODE_PEER_GONE);
    g_assert_cmpint(at(1)->time, <, at(2)->time);
    assert_code(3, VSOCK_CODE_CONNECT_REFUSED);
}

static void judging_changes_nothing(void)
{
    begin();
    refuse(&one);
    open_connection(&two);
    rw(&two, 1000);
    after(SECOND);
    update(&two, 1010);
    for (unsigned i = 0; i < 3; i++) {
        judge();
        g_assert_cmpuint(report->len, ==, 3);
        assert_code(0, VSOCK_CODE_CONNECT_REFUSED);
        assert_code(1, VSOCK_CODE_STALL_UNDECIDED);
        g_assert_cmpuint(at(1)->figures.count, ==, 1);
        assert_code(2, VSOCK_CODE_CAPTURE_LOSS);
    }
}

/* The receiver says for a second that it had read nothing, then reads all. */
static void wait_for_the_reader(uint32_t consumed)
{
    rw(&one, 1000);
    after(SECOND);
    take(&one, S, VSOCK_OP_RW, 1);
    update(&one, consumed);
}

static void who_miscounts_is_not_told_to_have_stopped_reading(void)
{
    const struct vsock_diagnosis *d;

    begin();
    one.buf_alloc[S] = 2000;
    open_connection(&one);
    rw(&one, 2000);
    after(SECOND);
    take(&one, S, VSOCK_OP_RW, 1);
    update(&one, 2000); /* a stall in which it was proved not to read */
    for (uint32_t i = 1; i <= 3; i++) {
        rw(&one, 500);
        one.fwd_cnt[S] = 2000 + i * 100;
        take(&one, S, VSOCK_OP_RW, 1);
        after(SECOND);
    }
    rw(&one, 800);
    after(10 * SECOND);
    rw(&two, 1); /* until then the capture lasts */
    judge();
    d = assert_only(VSOCK_CODE_CREDIT_LEAK);
    g_assert_cmpuint(d->figures.count, ==, 3);
}

static void a_sender_that_had_no_more_to_send_is_a_note(void)
{
    const struct vsock_diagnosis *d;

    begin();
    open_connection(&one);
    wait_for_the_reader(1000);
    shut(&one, C, VSOCK_SHUTDOWN_SEND);
    judge();
    d = assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
    g_assert_true(d->was_done);
    g_assert_cmpint(d->severity, ==, VSOCK_SEVERITY_NOTE);
}

static void a_sender_that_went_on_at_least_once_was_kept_from_it(void)
{
    const struct vsock_diagnosis *d;

    begin();
    open_connection(&one);
    wait_for_the_reader(1000);
    rw(&one, 1);
    shut(&one, C, VSOCK_SHUTDOWN_SEND);
    judge();
    d = assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
    g_assert_false(d->was_done);
    g_assert_cmpint(d->severity, ==, VSOCK_SEVERITY_WARN);

    begin();
    open_connection(&one);
    wait_for_the_reader(1000);
    wait_for_the_reader(2000);
    shut(&one, C, VSOCK_SHUTDOWN_SEND);
    judge();
    d = assert_only(VSOCK_CODE_STALL_RECEIVER_NOT_READING);
    g_assert_cmpuint(d->figures.count, ==, 2);
    g_assert_true(d->was_done);
    g_assert_cmpint(d->severity, ==, VSOCK_SEVERITY_WARN);
}

static void what_the_end_tells_adds_to_what_packets_told(void)
{
    const struct vsock_diagnosis *d;

    begin();
    open_connection(&one);
    rw(&one, 1000); /* frame 3 */
    after(2 * SECOND);
    update(&one, 1000);
    rw(&one, 1000);
    after(3 * SECOND);
    open_connection(&two); /* until then the capture lasts */
    judge();
    d = assert_only(VSOCK_CODE_STALL_UNDECIDED);
    g_assert_cmpuint(d->figures.count, ==, 2);
    g_assert_cmpint(d->figures.longest, ==, 3 * SECOND + MS);
    g_assert_cmpint(d->figures.total, ==, 5 * SECOND + MS);
    g_assert_true(d->lasting);
    g_assert_false(d->was_done);
    g_assert_cmpuint(d->first_frame, ==, 3);
    g_assert_cmpuint(d->last_frame, ==, 5);
}

/* ---- selection ---- */

static void only_selected_streams_are_told_of(void)
{
    begin();
    open_connection(&one);
    rw(&one, 10);
    take(&one, S, VSOCK_OP_RST, 0);
    open_connection(&two);
    lose(&two);
    g_assert_cmpuint(judge_only(NULL), ==, 2);
    g_assert_cmpuint(report->len, ==, 2);
    g_assert_cmpuint(judge_streams(2, NULL), ==, 1);
    assert_only(VSOCK_CODE_PEER_GONE);
    g_assert_cmpuint(judge_streams(0, NULL), ==, 0);
    assert_healthy();
    g_assert_cmpuint(judge_streams(~UINT64_C(0), NULL), ==, 2); /* more than there are */
    g_assert_cmpuint(report->len, ==, 2);
}

static void what_is_said_of_many_is_judged_by_all_and_told_where_one_is_selected(void)
{
    begin();
    accept_another(&one);
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&one);
    judge_streams(1 << 2, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_LISTENER_LOST)->figures.count, ==, 3);
    judge_streams(1 << 0, NULL); /* the one that was accepted */
    assert_healthy();
    begin();
    refuse_another(&one);
    refuse_another(&one);
    judge_streams(1 << 1, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_CONNECT_REFUSED)->figures.count, ==, 2);
    g_assert_cmpuint(at(0)->figures.of, ==, 2);
}

/* ---- what repeats ---- */

/* The server resets it with so many bytes unread. */
static void abort_another(const struct connection *server, uint32_t unread)
{
    struct connection c = another(server);

    open_connection(&c);
    rw(&c, 5);
    update(&c, 5);
    rw(&c, unread);
    take(&c, S, VSOCK_OP_RST, 0);
}

static void what_three_streams_of_a_client_and_a_server_share_is_told_once_of_the_worst(void)
{
    const struct vsock_diagnosis *d;

    begin();
    abort_another(&one, 10); /* frames 1 to 6 */
    abort_another(&one, 700);
    judge();
    g_assert_cmpuint(report->len, ==, 2);
    g_assert_cmpuint(at(0)->streams, ==, 1);
    after(SECOND);
    abort_another(&one, 20);
    judge();
    d = assert_only(VSOCK_CODE_RESET_ABORTED);
    g_assert_cmpuint(d->streams, ==, 3);
    g_assert_cmpuint(d->stream, ==, VSOCK_STREAM_NONE);
    g_assert_cmpuint(d->figures.bytes, ==, 700);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_ENDPOINT);
    g_assert_cmpuint(d->src.port, ==, one.end[S].port);
    g_assert_cmpint(d->dst_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(d->first_frame, ==, 6);
    g_assert_cmpuint(d->last_frame, ==, 18);
    g_assert_cmpuint(d->examples[0], ==, 6);
    g_assert_cmpuint(d->examples[1], ==, 12);
    g_assert_cmpuint(d->examples[2], ==, 18);
    g_assert_cmpint(d->span, ==, SECOND + 11 * MS);
    abort_another(&one, 30); /* a fourth is counted, and no example */
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_RESET_ABORTED)->streams, ==, 4);
    g_assert_cmpuint(at(0)->examples[2], ==, 18);
}

static void what_happens_at_several_servers_or_on_either_side_is_told_of_each(void)
{
    struct connection elsewhere = between(42, 1, 43, 10000), of_another_client = between(44, 1, 43, 9999);

    begin();
    abort_another(&one, 10);
    abort_another(&one, 10);
    abort_another(&elsewhere, 10);
    abort_another(&of_another_client, 10);
    open_connection(&two);
    take(&two, S, VSOCK_OP_RW, 10);
    take(&two, C, VSOCK_OP_RST, 0); /* of the client */
    judge();
    g_assert_cmpuint(report->len, ==, 5);
}

static void what_repeats_is_judged_by_all_and_told_where_one_is_selected(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++)
        abort_another(&one, 10);
    open_connection(&two);
    judge_streams(1 << 1, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_RESET_ABORTED)->streams, ==, 3);
    judge_streams(1 << 3, NULL);
    assert_healthy();
}

/* ---- the capture itself ---- */

static void loss_is_summed_over_streams_that_lost_once_each(void)
{
    const struct vsock_diagnosis *d;

    begin();
    open_connection(&one);
    rw(&one, 10);
    update(&one, 13);
    take(&one, S, VSOCK_OP_RW, 10);
    one.fwd_cnt[C] = 14;
    take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0); /* both sides' data, one stream */
    open_connection(&two);
    rw(&two, 1);
    update(&two, 101);
    open_connection(&three);
    rw(&three, 1000);
    rw(&three, 1);
    update(&three, 1001); /* an overrun that was none, and no bytes are missing */
    judge();
    d = assert_only(VSOCK_CODE_CAPTURE_LOSS);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 2);
    g_assert_cmpuint(d->figures.others, ==, 1);
    g_assert_cmpuint(d->figures.bytes, ==, 3 + 4 + 100);
    g_assert_cmpuint(d->stream, ==, VSOCK_STREAM_NONE);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_NONE);
    judge_streams(1 << 1, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_CAPTURE_LOSS)->figures.bytes, ==, 100);
    judge_streams(1 << 2, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_CAPTURE_LOSS)->figures.of, ==, 0);
}

/* A record with more payload than its packet, of which so much is there. */
static void surplus(struct connection *c, uint32_t captured)
{
    struct record r = record_of(c, C, VSOCK_OP_RW, 10);

    r.length += 5;
    take_cut(&r, captured);
}

static void the_taps_bug_is_summed_whether_or_not_packets_have_a_stream(void)
{
    begin();
    open_connection(&one);
    surplus(&one, UINT32_MAX);
    surplus(&one, UINT32_MAX);
    open_connection(&two);
    surplus(&two, UINT32_MAX);
    surplus(&three, 70); /* it has no stream, nor all of its header: its length is there */
    judge();
    assert_only(VSOCK_CODE_KERNEL_TAP_BUG);
    g_assert_cmpuint(at(0)->figures.count, ==, 4);
    g_assert_cmpuint(at(0)->figures.of, ==, 2);
}

static void packets_in_no_stream_are_told_of_where_the_selection_has_them(void)
{
    begin();
    open_connection(&one);
    surplus(&two, 70);
    judge_streams(1, NULL);
    assert_healthy();
    judge_streams(0, capture->unassociated);
    g_assert_cmpuint(assert_only(VSOCK_CODE_KERNEL_TAP_BUG)->figures.count, ==, 1);
    g_assert_cmpuint(at(0)->figures.of, ==, 0);
}

/* ---- requests ---- */

static void refusals_are_counted_by_port_and_client(void)
{
    struct connection elsewhere = between(44, 1, 43, 9999);
    const struct vsock_diagnosis *d;

    begin();
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&one);
    refuse(&elsewhere);
    judge();
    g_assert_cmpuint(report->len, ==, 2);
    d = at(0);
    assert_code(0, VSOCK_CODE_CONNECT_REFUSED);
    g_assert_cmpint(d->severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.of, ==, 3);
    g_assert_cmpuint(d->src.cid, ==, 42);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(d->dst.port, ==, 9999);
    g_assert_cmpuint(d->stream, ==, VSOCK_STREAM_NONE);
    g_assert_false(d->own_fault);
    assert_code(1, VSOCK_CODE_CONNECT_REFUSED);
    g_assert_cmpuint(at(1)->src.cid, ==, 44);
}

static void each_interface_and_section_is_judged_by_itself(void)
{
    begin();
    refuse_another(&one);
    refuse_another(&one);
    interface = 1;
    refuse_another(&one);
    section = 1;
    refuse_another(&one);
    judge();
    g_assert_cmpuint(report->len, ==, 3);
    for (unsigned i = 0; i < 3; i++)
        g_assert_cmpint(at(i)->severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(at(0)->figures.count, ==, 2);
}

static void listeners_and_scans_are_of_one_interface(void)
{
    struct connection c = between(42, 1024, 43, 1);

    begin();
    accept_another(&one);
    interface = 1;
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&one);
    judge();
    assert_only(VSOCK_CODE_CONNECT_REFUSED);
    begin();
    for (; c.end[S].port <= 10; c.end[S].port++) {
        interface = c.end[S].port % 2;
        refuse(&c);
    }
    judge();
    g_assert_cmpuint(report->len, ==, 10);
    for (unsigned i = 0; i < 10; i++)
        assert_code(i, VSOCK_CODE_CONNECT_REFUSED);
}

static void a_client_that_resets_what_it_asked_for_upon_another_packet_is_at_fault_itself(void)
{
    begin();
    request(&one);
    take(&one, S, VSOCK_OP_CREDIT_UPDATE, 0);
    take(&one, C, VSOCK_OP_RST, 0);
    judge();
    g_assert_true(assert_only(VSOCK_CODE_CONNECT_REFUSED)->own_fault);
    g_assert_false(at(0)->dialled_itself);
}

static void a_socket_that_dials_itself_is_at_fault_itself(void)
{
    struct connection self = between(1, 1024, 1, 1024);

    begin();
    request(&self);
    take(&self, C, VSOCK_OP_RST, 0);
    judge();
    g_assert_true(assert_only(VSOCK_CODE_CONNECT_REFUSED)->own_fault);
    g_assert_true(at(0)->dialled_itself);
}

static void a_request_that_has_no_answer_in_time_is_unanswered(void)
{
    begin();
    request(&one);
    after(2 * SECOND - 1);
    request(&two);
    judge();
    assert_healthy();
    now = stream_at(0)->conn.request.time + 2 * SECOND;
    rw(&two, 5); /* so that the other one is answered */
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_CONNECT_UNANSWERED)->figures.count, ==, 1);
    g_assert_cmpuint(at(0)->figures.of, ==, 2);
    g_assert_cmpuint(at(0)->first_frame, ==, 1);
    judge_streams(1 << 0, NULL);
    assert_only(VSOCK_CODE_CONNECT_UNANSWERED);
    judge_streams(1 << 1, NULL);
    assert_healthy();
}

static void a_capture_of_another_time_does_not_make_a_request_wait(void)
{
    begin();
    request(&one);
    section = 1;
    after(60 * SECOND);
    open_connection(&two);
    judge();
    assert_healthy();
}

static void a_retry_ends_the_wait_of_the_request_before(void)
{
    begin();
    request(&one);
    after(SECOND);
    open_connection(&one);
    after(60 * SECOND);
    update(&one, 0);
    judge();
    assert_healthy();
}

static void a_port_that_takes_the_other_type_only_is_a_mismatch(void)
{
    struct connection seqpacket = between(42, 1, 43, 9999);

    begin();
    seqpacket.type = VSOCK_TYPE_SEQPACKET;
    refuse_another(&seqpacket);
    accept_another(&one);
    judge();
    g_assert_cmpint(assert_only(VSOCK_CODE_CONNECT_TYPE_MISMATCH)->type, ==, VSOCK_TYPE_SEQPACKET);
    g_assert_cmpuint(at(0)->figures.others, ==, 1);
    g_assert_cmpuint(at(0)->figures.of, ==, 2);
}

static void a_listener_is_lost_whoever_is_refused(void)
{
    struct connection elsewhere = between(44, 1, 43, 9999);
    const struct vsock_diagnosis *d;

    begin();
    accept_another(&one);
    refuse_another(&one);
    refuse_another(&elsewhere);
    refuse_another(&elsewhere);
    judge();
    d = assert_only(VSOCK_CODE_LISTENER_LOST);
    g_assert_cmpuint(d->figures.count, ==, 3);
    g_assert_cmpuint(d->figures.others, ==, 1);
    g_assert_cmpuint(d->figures.of, ==, 1); /* still open */
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_NONE);
    g_assert_cmpuint(d->dst.cid, ==, 43);
}

static void a_connection_that_ended_is_open_no_more(void)
{
    struct connection c;

    begin();
    c = another(&one);
    open_connection(&c);
    close_connection(&c);
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&one);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_LISTENER_LOST)->figures.of, ==, 0);
}

static void the_host_of_one_guest_is_not_the_host_of_another(void)
{
    struct connection guest = between(42, 1, 2, 9999), other = between(43, 1, 2, 9999);

    begin();
    accept_another(&guest);
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&other);
    judge();
    assert_only(VSOCK_CODE_CONNECT_REFUSED);
    for (unsigned i = 0; i < 3; i++)
        refuse_another(&guest);
    judge();
    g_assert_cmpuint(report->len, ==, 2);
    assert_code(0, VSOCK_CODE_CONNECT_REFUSED);
    assert_code(1, VSOCK_CODE_LISTENER_LOST);
    g_assert_cmpint(at(1)->src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(at(1)->src.cid, ==, 42);
}

/* Three were asked before the port accepted a fourth, and refused after it. */
static void attempts_count_when_they_were_decided_not_when_they_began(void)
{
    struct connection early[3];

    begin();
    for (unsigned i = 0; i < 3; i++) {
        early[i] = another(&one);
        request(&early[i]);
    }
    accept_another(&one);
    frames_stand_still = true; /* nor do frame numbers tell */
    for (unsigned i = 0; i < 3; i++)
        no_socket(&early[i], S);
    frames_stand_still = false;
    judge();
    assert_only(VSOCK_CODE_LISTENER_LOST);
}

static void ten_ports_of_a_cid_are_scanned(void)
{
    struct connection c = between(42, 1024, 43, 1);

    begin();
    for (; c.end[S].port <= 9; c.end[S].port++)
        refuse(&c);
    judge();
    g_assert_cmpuint(report->len, ==, 9);
    refuse(&c);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_PORT_SCAN)->figures.count, ==, 10);
    g_assert_cmpint(at(0)->src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(at(0)->src.cid, ==, 42);
    g_assert_cmpuint(at(0)->dst.cid, ==, 43);
}

static void three_connections_that_stay_empty_are_said(void)
{
    struct connection c[3];

    begin();
    for (unsigned i = 0; i < 3; i++)
        c[i] = another(&one);
    for (unsigned i = 0; i < 3; i++)
        open_connection(&c[i]);
    after(5 * SECOND);
    update(&c[0], 0);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_NO_DATA)->figures.count, ==, 3);
    g_assert_cmpuint(at(0)->dst.port, ==, 9999);
    judge_streams(1 << 2, NULL);
    g_assert_cmpuint(assert_only(VSOCK_CODE_NO_DATA)->figures.count, ==, 3);
    judge_streams(0, NULL);
    assert_healthy();
    rw(&c[1], 5);
    judge();
    assert_healthy();
}

static void a_response_without_its_request_is_no_attempt(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = another(&one);

        take(&c, S, VSOCK_OP_RESPONSE, 0);
    }
    after(60 * SECOND);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    judge();
    assert_healthy();
}

/* ---- two CIDs ---- */

static void streams_that_wait_and_go_on_as_one_are_behind_one_queue(void)
{
    struct connection *all[] = {&one, &two, &three};

    begin();
    for (unsigned i = 0; i < 3; i++) {
        open_connection(all[i]);
        rw(all[i], 1000);
    }
    after(2 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        update(all[i], 1000);
    judge();
    g_assert_cmpuint(report->len, ==, 1);
    assert_code(0, VSOCK_CODE_HEAD_OF_LINE);
    g_assert_cmpuint(at(0)->figures.count, ==, 3);
    g_assert_cmpint(at(0)->src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(at(0)->src.cid, ==, 42);
    g_assert_cmpuint(at(0)->dst.cid, ==, 43);
    g_assert_cmpuint(at(0)->figures.of, ==, 0);
    judge_streams(4, NULL); /* one of them */
    g_assert_cmpuint(assert_only(VSOCK_CODE_HEAD_OF_LINE)->figures.count, ==, 3);
}

static void a_stream_that_a_gap_has_cut_off_is_orphaned(void)
{
    begin();
    open_connection(&one);
    for (unsigned i = 1; i <= 10; i++) {
        rw(&one, 10);
        update(&one, 10 * i);
    }
    after(20 * SECOND);
    open_connection(&two);
    after(10 * SECOND);
    rw(&two, 10);
    update(&two, 10);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_ORPHANED_STREAM)->stream, ==, 0);
    g_assert_cmpint(at(0)->figures.longest, ==, 20 * SECOND);
    g_assert_cmpint(at(0)->figures.total, ==, 30 * SECOND + 3 * MS);
    rw(&one, 10); /* it lives */
    update(&one, 110);
    judge();
    assert_healthy();
}

/* ---- resets of a connection before ---- */

/* The RST is of the connection before; then the server accepts, so long after the REQUEST. */
static void reset_late(int64_t time)
{
    begin();
    open_connection(&one);
    rw(&one, 5);
    update(&one, 5);
    close_connection(&one);
    request(&one);
    no_socket(&one, S);
    after(time - MS);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    no_socket(&one, C);
}

static void a_response_behind_a_rst_tells_that_it_was_stale(void)
{
    reset_late(10 * SECOND);
    judge();
    g_assert_cmpuint(assert_only(VSOCK_CODE_STALE_RESET)->figures.count, ==, 1);
    g_assert_cmpuint(at(0)->figures.of, ==, 2);
    g_assert_cmpuint(stream_count(), ==, 2);
    g_assert_true(VSOCK_RECORD_HAS(vsock_capture_record(capture, 9), STALE_RESET));
    reset_late(10 * SECOND + MS); /* to a request that was not captured */
    judge();
    assert_code(0, VSOCK_CODE_CONNECT_REFUSED);
    g_assert_cmpuint(stream_count(), ==, 3);
}

static void a_response_to_a_client_that_gave_up_is_of_its_request(void)
{
    begin();
    request(&one);
    take(&one, S, VSOCK_OP_CREDIT_REQUEST, 0);
    take(&one, C, VSOCK_OP_RST, 0);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    no_socket(&one, C);
    judge();
    g_assert_true(assert_only(VSOCK_CODE_CONNECT_REFUSED)->own_fault);
    g_assert_cmpuint(stream_count(), ==, 1);
    g_assert_false(VSOCK_RECORD_HAS(vsock_capture_record(capture, 4), STALE_RESET));
}

/* ---- read filters ---- */

static void tell_of_many(void)
{
    struct connection c = between(42, 1024, 44, 1);

    begin();
    open_connection(&two);
    surplus(&two, UINT32_MAX);
    for (; c.end[S].port <= 10; c.end[S].port++)
        refuse(&c);
    open_connection(&one);
    rw(&one, 10);
    update(&one, 13);
    surplus(&one, UINT32_MAX);
    rw(&two, 10);
    update(&two, 25);
    judge();
}

/* The first packet of each sum is in no earlier stream, nor at an earlier time. */
static void tell_by_a_clock_that_goes_back(void)
{
    struct record wide;

    begin();
    wide = record_of(&one, C, VSOCK_OP_RW, 0);
    SET_MON(&wide, src_cid, UINT64_C(1) << 40);
    open_connection(&two);
    open_connection(&one);
    surplus(&one, UINT32_MAX);
    after(-SECOND);
    surplus(&two, UINT32_MAX);
    take_cut(&wide, 50); /* in no stream */
    after(-SECOND);
    three.end[C].cid |= UINT64_C(1) << 40;
    open_connection(&three);
    judge();
}

static void assert_as_without_a_read_filter(void (*tell)(void), unsigned diagnoses)
{
    GArray *plain;

    tell();
    plain = report;
    report = NULL;
    g_assert_cmpuint(plain->len, ==, diagnoses);
    frames_stand_still = true;
    tell();
    frames_stand_still = false;
    g_assert_cmpuint(report->len, ==, plain->len);
    for (unsigned i = 0; i < plain->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(plain, struct vsock_diagnosis, i);

        assert_code(i, d->code);
        g_assert_cmpint(at(i)->time, ==, d->time);
        g_assert_cmpint(at(i)->figures.total, ==, d->figures.total);
        g_assert_cmpuint(at(i)->figures.count, ==, d->figures.count);
    }
    g_array_free(plain, TRUE);
}

static void what_is_summed_up_under_a_read_filter_is_as_without(void)
{
    assert_as_without_a_read_filter(tell_of_many, 3);
    assert_as_without_a_read_filter(tell_by_a_clock_that_goes_back, 3);
}

static void a_read_filters_frame_numbers_change_no_verdict(void)
{
    unsigned told[2];

    for (int still = 0; still < 2; still++) {
        frames_stand_still = still;
        begin();
        accept_another(&one);
        for (unsigned i = 0; i < 3; i++)
            refuse_another(&one);
        open_connection(&one);
        rw(&one, 1000);
        take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
        after(3 * SECOND);
        update(&one, 1000);
        after(20 * SECOND);
        open_connection(&two);
        after(10 * SECOND);
        open_connection(&three);
        judge();
        told[still] = report->len;
        assert_code(0, VSOCK_CODE_LISTENER_LOST);
        assert_code(1, VSOCK_CODE_CREDIT_REQUEST_UNANSWERED);
        g_assert_cmpint(at(1)->figures.longest, ==, 3 * SECOND);
    }
    frames_stand_still = false;
    g_assert_cmpuint(told[0], ==, told[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/judge/" #name, name)
    TEST(a_connection_of_before_is_lost_where_a_second_of_silence_was_captured);
    TEST(a_healthy_capture_has_no_diagnosis);
    TEST(a_diagnosis_names_its_stream_and_both_ends);
    TEST(the_report_has_the_worst_first_then_the_order_of_time);
    TEST(judging_changes_nothing);
    TEST(who_miscounts_is_not_told_to_have_stopped_reading);
    TEST(a_sender_that_had_no_more_to_send_is_a_note);
    TEST(a_sender_that_went_on_at_least_once_was_kept_from_it);
    TEST(what_the_end_tells_adds_to_what_packets_told);
    TEST(only_selected_streams_are_told_of);
    TEST(what_is_said_of_many_is_judged_by_all_and_told_where_one_is_selected);
    TEST(what_three_streams_of_a_client_and_a_server_share_is_told_once_of_the_worst);
    TEST(what_happens_at_several_servers_or_on_either_side_is_told_of_each);
    TEST(what_repeats_is_judged_by_all_and_told_where_one_is_selected);
    TEST(loss_is_summed_over_streams_that_lost_once_each);
    TEST(the_taps_bug_is_summed_whether_or_not_packets_have_a_stream);
    TEST(packets_in_no_stream_are_told_of_where_the_selection_has_them);
    TEST(refusals_are_counted_by_port_and_client);
    TEST(each_interface_and_section_is_judged_by_itself);
    TEST(listeners_and_scans_are_of_one_interface);
    TEST(a_client_that_resets_what_it_asked_for_upon_another_packet_is_at_fault_itself);
    TEST(a_socket_that_dials_itself_is_at_fault_itself);
    TEST(a_request_that_has_no_answer_in_time_is_unanswered);
    TEST(a_capture_of_another_time_does_not_make_a_request_wait);
    TEST(a_retry_ends_the_wait_of_the_request_before);
    TEST(a_port_that_takes_the_other_type_only_is_a_mismatch);
    TEST(a_listener_is_lost_whoever_is_refused);
    TEST(a_connection_that_ended_is_open_no_more);
    TEST(the_host_of_one_guest_is_not_the_host_of_another);
    TEST(attempts_count_when_they_were_decided_not_when_they_began);
    TEST(ten_ports_of_a_cid_are_scanned);
    TEST(three_connections_that_stay_empty_are_said);
    TEST(a_response_without_its_request_is_no_attempt);
    TEST(streams_that_wait_and_go_on_as_one_are_behind_one_queue);
    TEST(a_stream_that_a_gap_has_cut_off_is_orphaned);
    TEST(a_response_behind_a_rst_tells_that_it_was_stale);
    TEST(a_response_to_a_client_that_gave_up_is_of_its_request);
    TEST(what_is_summed_up_under_a_read_filter_is_as_without);
    TEST(a_read_filters_frame_numbers_change_no_verdict);
    return g_test_run();
}
