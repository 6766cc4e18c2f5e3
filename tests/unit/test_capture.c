/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_capture.c - from packets to connections, and what each packet did there. A test's name is the rule it
 * checks. C, the client, sends the data; S, the server, has a buffer of 1000. */
#include "core/duplicates.h"
#include "core/head_of_line.h"
#include "story.h"

static struct connection one, two;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
}

#define ASSERT_FOUND(r, set) g_assert_cmphex(vsock_record_findings(r), ==, set)
#define FOUND(finding) VSOCK_FOUND_BIT(VSOCK_FOUND_##finding)

static const struct vsock_diagnosis *find_diagnosis(const struct vsock_stream_diagnosis *list,
                                                    enum vsock_code code)
{
    while (list && list->diagnosis.code != code)
        list = list->next;
    return list ? &list->diagnosis : NULL;
}

static unsigned count_diagnoses(const struct vsock_stream_diagnosis *list)
{
    unsigned n = 0;

    for (; list; list = list->next)
        n++;
    return n;
}

static unsigned count_spare_rws(void)
{
    unsigned n = 0;

    for (const struct vsock_rw *spare = capture->spare_rws; spare; spare = spare->next)
        n++;
    return n;
}

/* ---- time ---- */

static void time_that_passes_without_a_packet_is_known_time(void)
{
    const struct vsock_record *r;
    int64_t full;

    begin();
    vsock_capture_pass(capture, now + SECOND); /* nothing is known of before */
    g_assert_cmpint(capture->end, ==, 0);
    open_connection(&one);
    r = rw(&one, 1000);
    full = r->time;
    g_assert_cmpint(vsock_stream_open_stall(r->stream, r->sender), ==, 0);
    vsock_capture_pass(capture, full + 20 * SECOND);
    g_assert_cmpint(vsock_stream_open_stall(r->stream, r->sender), ==, 20 * SECOND);
    g_assert_cmpint(capture->end, ==, full + 20 * SECOND);
    vsock_capture_pass(capture, full + SECOND); /* a clock that went back takes nothing away */
    g_assert_cmpint(vsock_stream_open_stall(r->stream, r->sender), ==, 20 * SECOND);
}

/* ---- generations ---- */

static void packets_go_to_the_newest_generation_until_another_begins(void)
{
    const struct vsock_record *r;

    begin();
    g_assert_cmpuint(open_connection(&one)->stream->index, ==, 0);
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 0);
    no_socket(&one, S);
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 0); /* it crossed the RST */
    r = request(&one);
    g_assert_cmpuint(r->stream->index, ==, 1);
    ASSERT_FOUND(r, FOUND(REQUEST));
    after(SECOND);
    r = request(&one);
    ASSERT_FOUND(r, FOUND(REQUEST) | FOUND(RETRIED)); /* which the generation before tells */
    g_assert_cmpuint(take(&one, S, VSOCK_OP_RESPONSE, 0)->stream->index, ==, 2);
}

static void generations_know_of_each_other(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    g_assert_cmpuint(stream_at(0)->previous, ==, VSOCK_STREAM_UNKNOWN);
    g_assert_cmpint(stream_at(0)->superseded_time, ==, VSOCK_TIME_NONE);
    now = 100 * SECOND;
    open_connection(&one);
    g_assert_cmpint(stream_at(0)->superseded_time, ==, 100 * SECOND);
    g_assert_cmpuint(stream_at(2)->previous, ==, 0);
    g_assert_cmpint(stream_at(1)->superseded_time, ==, VSOCK_TIME_NONE);
    g_assert_cmpint(stream_at(2)->superseded_time, ==, VSOCK_TIME_NONE);
}

static void a_capture_that_begins_late_has_streams_all_the_same(void)
{
    const struct vsock_record *r;

    begin();
    r = rw(&one, 5);
    ASSERT_FOUND(r, FOUND(MIDSTREAM));
    g_assert_cmpuint(r->client, ==, VSOCK_SIDE_UNKNOWN);
    g_assert_cmpuint(r->state, ==, VSOCK_STATE_MIDSTREAM);
    g_assert_true(r->offset == VSOCK_OFFSET_NONE);
    g_assert_cmpuint(r->stream->index, ==, 0);
}

static void what_the_last_generation_kept_is_used_again(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        open_connection(&one);
        rw(&one, 10);
        rw(&one, 10);
    }
    g_assert_nonnull(stream_at(2)->conn.flow.window[C].oldest);
    g_assert_null(stream_at(1)->conn.flow.window[S].oldest);
    g_assert_null(capture->spare_rws);
    open_connection(&one); /* there are two, for all generations */
    g_assert_cmpuint(count_spare_rws(), ==, 2);
}

static void rws_that_were_read_or_count_for_nothing_are_used_again(void)
{
    begin();
    open_connection(&one);
    rw(&one, 10);
    rw(&one, 10);
    rw(&one, 10);
    update(&one, 20);
    g_assert_cmpuint(count_spare_rws(), ==, 2);
    one.type = VSOCK_TYPE_SEQPACKET;
    rw(&one, 10);
    g_assert_cmpuint(count_spare_rws(), ==, 2);
    one.type = VSOCK_TYPE_STREAM;
    rw(&one, 10);
    g_assert_cmpuint(count_spare_rws(), ==, 1);
}

/* ---- what tells connections apart ---- */

static void both_directions_are_one_stream(void)
{
    const struct vsock_record *asked, *answered;

    begin();
    asked = request(&one);
    answered = take(&one, S, VSOCK_OP_RESPONSE, 0);
    g_assert_true(asked->stream == answered->stream);
    g_assert_cmpuint(asked->sender, ==, C);
    g_assert_cmpuint(answered->sender, ==, S);
    g_assert_cmpuint(asked->stream->side[S].cid, ==, 43);
    g_assert_cmpuint(asked->stream->side[S].port, ==, 9999);
}

static void the_smaller_endpoint_is_the_first_side(void)
{
    struct connection down = between(43, 1024, 42, 9999), down_port = between(7, 9999, 7, 1024);

    begin();
    g_assert_cmpuint(request(&down)->sender, ==, 1);
    g_assert_cmpuint(stream_at(0)->conn.client, ==, 1);
    g_assert_cmpuint(stream_at(0)->side[0].cid, ==, 42);
    g_assert_cmpuint(request(&down_port)->sender, ==, 1);
    g_assert_cmpuint(stream_at(1)->side[0].port, ==, 1024);
}

static void each_interface_and_section_has_its_own_connections(void)
{
    begin();
    open_connection(&one);
    interface = 1;
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 1);
    section = 1;
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 2);
    interface = 0;
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 3);
    section = 0;
    g_assert_cmpuint(rw(&one, 5)->stream->index, ==, 0);
}

static void any_part_of_an_endpoint_makes_another_connection(void)
{
    struct connection others[] = {between(44, 1024, 43, 9999), between(42, 1025, 43, 9999),
                                  between(42, 1024, 45, 9999), between(42, 1024, 43, 9998)};

    begin();
    open_connection(&one);
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpuint(open_connection(&others[i])->stream->index, ==, i + 1);
}

static void loopback_is_one_connection_whatever_cid_was_dialled(void)
{
    struct connection dialled = between(1, 1024, 42, 9999), answer = between(1, 9999, 1, 1024);

    begin();
    request(&dialled);
    g_assert_cmpuint(take(&answer, C, VSOCK_OP_RESPONSE, 0)->stream->index, ==, 0);
    g_assert_cmpuint(stream_at(0)->side[0].cid, ==, VSOCK_CID_LOCAL);
    g_assert_cmpuint(stream_at(0)->side[1].cid, ==, VSOCK_CID_LOCAL);
    g_assert_cmpint(stream_at(0)->conn.state, ==, VSOCK_STATE_OPEN);
}

static void an_endpoint_that_dials_itself_has_no_sides(void)
{
    struct connection self = between(1, 1024, 1, 1024);

    begin();
    ASSERT_FOUND(request(&self), FOUND(REQUEST) | FOUND(DEGENERATE));
    g_assert_true(stream_at(0)->conn.degenerate);
    g_assert_cmpuint(take(&self, S, VSOCK_OP_RESPONSE, 0)->stream->index, ==, 0);
}

static void what_is_known_of_time_is_known_of_a_whole_section(void)
{
    begin();
    request(&one);
    interface = 1;
    now = 100 * SECOND;
    request(&two);
    g_assert_cmpint(vsock_stream_known_until(stream_at(0)), ==, 100 * SECOND);
    section = 1;
    now = 200 * SECOND;
    request(&two);
    g_assert_cmpint(vsock_stream_known_until(stream_at(0)), ==, 100 * SECOND);
    now = 50 * SECOND; /* what comes after it may stand before it */
    section = 0;
    rw(&two, 5);
    g_assert_cmpint(vsock_stream_known_until(stream_at(0)), ==, 50 * SECOND);
}

static void the_capture_ends_with_its_latest_packet(void)
{
    begin();
    now = -50 * SECOND; /* before 1970 */
    request(&one);
    g_assert_cmpint(capture->end, ==, -50 * SECOND);
    now = 70 * SECOND;
    rw(&one, 5);
    now = 60 * SECOND;
    rw(&one, 5);
    g_assert_cmpint(capture->end, ==, 70 * SECOND);
    g_assert_cmpuint(capture->packets, ==, 3);
}

/* ---- pairs of endpoints ---- */

static uint32_t pair_of(const struct connection *c, uint8_t side)
{
    struct record r = record_of(c, side, VSOCK_OP_RW, 5);
    struct vsock_packet p = read_record(&r);

    return vsock_capture_pair(capture, &p, &(struct vsock_arrival){.interface = interface});
}

static void a_pair_is_known_by_its_first_stream_wherever_recorded(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    open_connection(&one); /* again */
    interface = 1;
    open_connection(&two);
    g_assert_cmpuint(stream_at(0)->pair, ==, 0);
    g_assert_cmpuint(stream_at(1)->pair, ==, 1);
    g_assert_cmpuint(stream_at(2)->pair, ==, 0);
    g_assert_cmpuint(stream_at(3)->pair, ==, 1);
    g_assert_cmpuint(pair_of(&two, C), ==, 1);
    g_assert_cmpuint(pair_of(&one, S), ==, VSOCK_STREAM_UNKNOWN); /* not there */
    interface = 0;
    g_assert_cmpuint(pair_of(&one, S), ==, 0);
}

static void packets_in_no_stream_have_their_pair_before_it_has_a_stream(void)
{
    struct record cut;
    uint32_t before;

    begin();
    open_connection(&one);
    cut = record_of(&two, S, VSOCK_OP_RW, 5);
    g_assert_null(take_cut(&cut, 50));
    before = pair_of(&two, S);
    g_assert_cmpuint(open_connection(&two)->stream->pair, ==, before);
    g_assert_cmpuint(before, ==, 1);
}

/* ---- connections that were captured twice ---- */

/* The same packet once more. */
static const struct vsock_record *again(struct connection *c, uint8_t side, enum vsock_op op, uint32_t length,
                                        int64_t later)
{
    now += later - MS;
    return take(c, side, op, length);
}

static void a_request_twice_within_a_millisecond_is_captured_twice(void)
{
    const struct vsock_record *r;

    begin();
    request(&one);
    r = again(&one, C, VSOCK_OP_REQUEST, 0, MS);
    g_assert_true(r->copy);
    ASSERT_FOUND(r, FOUND(DUPLICATE_CAPTURE));
    g_assert_cmpuint(r->stream->index, ==, 0);
    g_assert_cmpuint(r->number, ==, 2);
    g_assert_cmpuint(r->state, ==, VSOCK_STATE_REQUESTED);
    begin();
    request(&one);
    r = again(&one, C, VSOCK_OP_REQUEST, 0, MS + 1);
    g_assert_false(r->copy);
    ASSERT_FOUND(r, FOUND(REQUEST) | FOUND(RETRIED));
}

static void a_request_that_is_more_than_a_millisecond_earlier_is_no_copy(void)
{
    begin();
    request(&one);
    now -= 2 * MS;
    g_assert_true(request(&one)->copy);
    begin();
    request(&one);
    now -= 2 * MS + 1;
    g_assert_false(request(&one)->copy);
}

static void copies_do_nothing_to_the_connection(void)
{
    const struct vsock_record *r;

    begin();
    request(&one);
    again(&one, C, VSOCK_OP_REQUEST, 0, 0);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    again(&one, S, VSOCK_OP_RESPONSE, 0, 0);
    rw(&one, 600);
    r = again(&one, C, VSOCK_OP_RW, 600, 0);
    g_assert_true(r->copy);
    ASSERT_FOUND(r, 0);
    g_assert_null(r->ext);
    g_assert_false(r->in_stream);
    g_assert_true(r->offset == VSOCK_OFFSET_NONE);
    g_assert_cmpuint(stream_at(0)->packets, ==, 6);
    g_assert_cmpuint(stream_at(0)->conn.packets, ==, 3);
    g_assert_cmpuint(stream_at(0)->stats.side[C].bytes, ==, 600);
    g_assert_cmpuint(vsock_window_in_flight(&stream_at(0)->conn.flow.window[C]), ==, 600);
    g_assert_cmpuint(count_diagnoses(stream_at(0)->diagnoses), ==, 0);
}

static void copies_may_come_after_other_packets(void)
{
    begin();
    request(&one);
    again(&one, C, VSOCK_OP_REQUEST, 0, 0);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    rw(&one, 10);
    g_assert_true(again(&one, S, VSOCK_OP_RESPONSE, 0, 0)->copy);
    g_assert_true(again(&one, C, VSOCK_OP_RW, 10, 5 * SECOND)->copy);
    g_assert_false(again(&one, C, VSOCK_OP_RW, 10, 0)->copy); /* the same again, in earnest */
    g_assert_cmpuint(stream_at(0)->stats.side[C].bytes, ==, 20);
}

static void equal_packets_alone_are_no_copies(void)
{
    begin();
    request(&one);
    g_assert_false(again(&one, S, VSOCK_OP_RESPONSE, 0, 0)->copy); /* all within a millisecond */
    g_assert_false(again(&one, C, VSOCK_OP_RW, 10, 0)->copy);
    g_assert_false(again(&one, C, VSOCK_OP_RW, 10, 0)->copy);
    g_assert_cmpuint(stream_at(0)->stats.side[C].bytes, ==, 20);
}

static void a_request_after_the_answer_is_no_copy(void)
{
    const struct vsock_record *r;

    begin();
    request(&one);
    now -= MS;
    no_socket(&one, S);
    now -= MS;
    r = request(&one); /* still in the same millisecond */
    g_assert_false(r->copy);
    g_assert_cmpuint(r->stream->index, ==, 1);
}

static void a_request_that_differs_is_no_copy(void)
{
    begin();
    request(&one);
    one.buf_alloc[C]++;
    g_assert_false(again(&one, C, VSOCK_OP_REQUEST, 0, 0)->copy);
}

/* How many other REQUESTs come between one and its copy; returns whether it is known as such. */
static bool is_copy_after(uint32_t others)
{
    struct connection other = between(42, 2000, 43, 9999);
    int64_t start;

    begin();
    start = now;
    request(&one);
    for (; others > 0; others--) {
        now = start;
        other.end[C].port++;
        request(&other);
    }
    now = start;
    return request(&one)->copy;
}

static void of_too_many_new_connections_the_oldest_is_given_up(void)
{
    g_assert_true(is_copy_after(4095));
    g_assert_false(is_copy_after(4096));
}

static void only_connections_of_the_last_millisecond_wait_for_copies(void)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        two.end[C].port++;
        request(&two);
        now += MS;
    }
    g_assert_cmpuint(wmem_queue_count(capture->candidates), ==, 1);
    g_assert_cmpuint(wmem_stack_count(capture->spare_duplicates), ==, 0); /* one, used again and again */
    g_assert_true(stream_at(99)->candidate);
    g_assert_null(stream_at(98)->duplicates);
}

static void who_waited_for_copies_in_vain_waits_no_more(void)
{
    begin();
    request(&one);
    g_assert_nonnull(stream_at(0)->duplicates);
    after(2 * MS);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    g_assert_null(stream_at(0)->duplicates);
    g_assert_cmpuint(wmem_stack_count(capture->spare_duplicates), ==, 1);
}

static void a_stream_that_was_captured_twice_waits_for_copies_to_its_end(void)
{
    begin();
    request(&one);
    again(&one, C, VSOCK_OP_REQUEST, 0, 0);
    after(60 * SECOND);
    open_connection(&two); /* later candidates do not end that */
    g_assert_false(stream_at(0)->candidate);
    g_assert_nonnull(stream_at(0)->duplicates);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    g_assert_true(again(&one, S, VSOCK_OP_RESPONSE, 0, 0)->copy);
}

/* ---- packets that vhost splits ---- */

/* An RW of `length` bytes in a record of `present`. */
static const struct vsock_record *part(uint32_t length, uint32_t present)
{
    struct record r = record_of(&one, C, VSOCK_OP_RW, length);

    r.length += present - length;
    return take_cut(&r, UINT32_MAX);
}

static void where_a_parts_bytes_are_is_in_its_record(void)
{
    begin();
    open_connection(&one);
    g_assert_cmpuint(vsock_record_payload_skip(part(100, 250)), ==, 0);
    g_assert_cmpuint(vsock_record_payload_skip(part(100, 250)), ==, 100);
    g_assert_cmpuint(vsock_record_payload_skip(part(50, 250)), ==, 200);
    g_assert_cmpuint(stream_at(0)->source->layout, ==, VSOCK_TAP_WHOLE);
    g_assert_cmpuint(vsock_record_payload_skip(NULL), ==, 0);
}

static void a_part_that_is_missing_is_said(void)
{
    begin();
    open_connection(&one);
    part(100, 250);
    g_assert_true(part(50, 250)->ext->part_missing); /* the last: shorter than the first */
}

static void the_copy_of_a_part_has_its_bytes_where_the_part_has(void)
{
    const struct vsock_record *r;

    begin();
    request(&one);
    again(&one, C, VSOCK_OP_REQUEST, 0, 0);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    part(100, 200);
    r = part(100, 200); /* of the first: the tap's two devices are served one after the other */
    g_assert_true(r->copy);
    g_assert_cmpuint(vsock_record_payload_skip(r), ==, 0);
    r = part(100, 200);
    g_assert_false(r->copy);
    g_assert_cmpuint(vsock_record_payload_skip(r), ==, 100);
    r = part(100, 200);
    g_assert_true(r->copy);
    g_assert_cmpuint(vsock_record_payload_skip(r), ==, 100);
}

static void each_interface_has_a_kernel_of_its_own(void)
{
    begin();
    open_connection(&one);
    part(100, 250);
    part(100, 250);
    interface = 1;
    open_connection(&one);
    g_assert_cmpint(stream_at(0)->source->layout, ==, VSOCK_TAP_WHOLE);
    g_assert_cmpint(stream_at(1)->source->layout, ==, VSOCK_TAP_UNKNOWN);
}

/* ---- records ---- */

static void records_are_numbered_in_the_capture_and_in_the_stream(void)
{
    const struct vsock_record *first, *other, *second;

    begin();
    first = request(&one);
    other = request(&two);
    layer = 3;
    second = take(&one, S, VSOCK_OP_RESPONSE, 0);
    g_assert_true(vsock_capture_record(capture, 1) == first);
    g_assert_true(vsock_capture_record(capture, 2) == other);
    g_assert_true(vsock_capture_record(capture, 3) == second);
    g_assert_cmpuint(capture->records, ==, 3);
    g_assert_cmpuint(first->number, ==, 1);
    g_assert_cmpuint(first->previous, ==, 0);
    g_assert_cmpuint(second->number, ==, 2);
    g_assert_cmpuint(second->previous, ==, 1);
    g_assert_cmpuint(other->previous, ==, 0);
    g_assert_cmpuint(stream_at(0)->last_record, ==, 3);
    g_assert_cmpint(second->time, ==, 10 * SECOND + 2 * MS);
    g_assert_cmpuint(second->frame, ==, 3);
    g_assert_cmpuint(second->layer, ==, 3);
    g_assert_cmpuint(first->layer, ==, 0);
}

static void records_stay_where_they_are(void)
{
    const struct vsock_record *first;

    begin();
    first = open_connection(&one);
    for (unsigned i = 1; i <= 3000; i++)
        take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0);
    g_assert_true(vsock_capture_record(capture, 1) == first);
    g_assert_cmpuint(vsock_capture_record(capture, 3002)->number, ==, 3002);
    g_assert_cmpuint(vsock_capture_record(capture, 1024)->number, ==, 1024);
    g_assert_cmpuint(vsock_capture_record(capture, 1025)->number, ==, 1025);
}

static void a_record_has_the_connection_as_it_was_after_the_packet(void)
{
    const struct vsock_record *asked, *answered, *data, *last;

    begin();
    asked = request(&one);
    answered = take(&one, S, VSOCK_OP_RESPONSE, 0);
    data = rw(&one, 600);
    shut(&one, C, 3);
    last = no_socket(&one, S);
    g_assert_cmpuint(asked->state, ==, VSOCK_STATE_REQUESTED);
    g_assert_cmpuint(answered->state, ==, VSOCK_STATE_OPEN);
    g_assert_cmphex(data->completeness, ==, 0x07);
    g_assert_cmpuint(last->state, ==, VSOCK_STATE_CLOSED);
    g_assert_cmpuint(last->rst_kind, ==, VSOCK_RST_CLOSE_ACK);
    g_assert_cmpuint(data->rst_kind, ==, VSOCK_RST_NONE);
    g_assert_cmpuint(data->client, ==, C);
    g_assert_false(last->has_credit); /* it says none */
}

static void a_record_has_both_sides_flow_after_the_packet(void)
{
    const struct vsock_record *r;

    begin();
    r = request(&one);
    g_assert_true(r->has_credit);
    g_assert_false(r->has_window); /* the other side has not spoken yet */
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    r = rw(&one, 600);
    g_assert_true(r->has_window && r->in_stream);
    g_assert_cmpuint(r->in_flight, ==, 600);
    g_assert_cmpuint(r->peer_buf_alloc, ==, 1000);
    g_assert_cmpint(vsock_record_window(r), ==, 400);
    g_assert_cmpuint(r->offset, ==, 0);
    r = rw(&one, 500);
    g_assert_cmpuint(r->offset, ==, 600);
    g_assert_cmpint(vsock_record_window(r), ==, -100);
    r = update(&one, 600);
    g_assert_cmpuint(r->in_flight, ==, 0);
    g_assert_cmpuint(r->peer_in_flight, ==, 500);
    g_assert_cmpuint(r->peer_buf_alloc, ==, 262144);
}

static void acks_are_the_newest_record_that_was_read_whole(void)
{
    uint32_t first, second;

    begin();
    open_connection(&one);
    first = number_of(rw(&one, 100));
    open_connection(&two);
    second = number_of(rw(&one, 100));
    g_assert_cmpuint(update(&one, 150)->acks, ==, first);
    g_assert_cmpuint(update(&one, 150)->acks, ==, 0);
    g_assert_cmpuint(update(&one, 200)->acks, ==, second);
}

static void most_packets_have_nothing_rare(void)
{
    begin();
    open_connection(&one);
    g_assert_null(rw(&one, 100)->ext);
    g_assert_null(update(&one, 100)->ext);
}

static void figures_go_with_their_findings(void)
{
    const struct vsock_record *r;

    begin();
    open_connection(&one);
    rw(&one, 1000);
    r = rw(&one, 7);
    ASSERT_FOUND(r, FOUND(CREDIT_EXCEEDED));
    g_assert_cmpuint(r->ext->exceeded, ==, 7);
    r = update(&one, 1010);
    g_assert_true(VSOCK_RECORD_HAS(r, UNSEEN_DATA));
    g_assert_cmpuint(r->ext->ahead, ==, 3);
    r = update(&one, 1000);
    g_assert_cmpuint(r->ext->backwards, ==, 10);
    one.buf_alloc[S] = 900;
    g_assert_cmpuint(update(&one, 1010)->ext->shrunk, ==, 100);
    rw(&one, 60);
    shut(&one, C, 3);
    r = take(&one, S, VSOCK_OP_RST, 0);
    ASSERT_FOUND(r, FOUND(CLOSED) | FOUND(UNCONSUMED_AT_CLOSE));
    g_assert_cmpuint(r->ext->unconsumed, ==, 60);
}

static void a_close_that_timed_out_has_waited_so_many_milliseconds(void)
{
    begin();
    open_connection(&one);
    shut(&one, C, 3);
    now += 8 * SECOND - MS + 999999;
    g_assert_cmpuint(take(&one, C, VSOCK_OP_RST, 0)->ext->waited, ==, 8000);
}

static void stalls_and_answers_refer_to_records_not_to_frames(void)
{
    const struct vsock_record *r;
    uint32_t began, asked;

    begin();
    frames_stand_still = true;
    open_connection(&one);
    open_connection(&two);
    began = number_of(rw(&one, 1000));
    asked = number_of(take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0));
    r = update(&one, 1000);
    frames_stand_still = false;
    g_assert_cmpuint(r->ext->stall, ==, began);
    g_assert_cmpuint(r->ext->answers, ==, asked);
    g_assert_cmpuint(r->ext->stall_cause, ==, VSOCK_STALL_UPDATE_LATE);
}

static void who_has_nothing_but_findings_shares_them(void)
{
    const struct vsock_record *first, *second, *third;

    begin();
    first = request(&one);
    second = request(&two);
    g_assert_nonnull(first->ext);
    g_assert_true(first->ext == second->ext);
    first = take(&one, S, VSOCK_OP_RESPONSE, 0);
    second = take(&two, S, VSOCK_OP_RESPONSE, 0);
    g_assert_true(first->ext == second->ext);
    first = rw(&one, 1000); /* both shut the window */
    second = rw(&two, 1000);
    g_assert_true(first->ext && first->ext == second->ext);
    third = update(&one, 1000);
    g_assert_cmpuint(third->ext->stall, ==, number_of(first));
    g_assert_cmpuint(first->ext->stall_end, ==, number_of(third));
    g_assert_cmphex(first->ext->findings, ==, second->ext->findings);
    g_assert_cmpuint(second->ext->stall_end, ==, 0);
    g_assert_false(third->ext->shared);
    rw(&one, 10);
    shut(&one, C, 3);
    first = take(&one, S, VSOCK_OP_RST, 0); /* both have not read as much */
    shut(&two, C, 3);
    two.fwd_cnt[S] = 990;
    second = take(&two, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(first->ext->unconsumed, ==, 10);
    g_assert_cmpuint(second->ext->unconsumed, ==, 10);
    g_assert_cmphex(first->ext->findings, ==, second->ext->findings);
    g_assert_true(first->ext != second->ext);
}

static void what_more_kinds_of_packets_found_than_are_shared_is_their_own(void)
{
    unsigned kinds = 0;

    begin();
    for (unsigned i = 0; i < VSOCK_SHARED_EXTS_MAX; i++)
        capture->shared_exts[i] = wmem_new0(memory, struct vsock_record_ext); /* of findings that none has */
    for (unsigned i = 0; i < 2; i++)
        kinds += !request(&one)->ext->shared;
    g_assert_cmpuint(kinds, ==, 2);
}

/* ---- what the future tells ---- */

static void an_overrun_is_one_when_a_rst_follows(void)
{
    const struct vsock_record *first, *second;

    begin();
    open_connection(&one);
    rw(&one, 1000);
    first = rw(&one, 1);
    second = rw(&one, 1);
    g_assert_cmpuint(first->ext->overrun, ==, VSOCK_OVERRUN_PENDING);
    take(&one, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(first->ext->overrun, ==, VSOCK_OVERRUN_RESET);
    g_assert_cmpuint(second->ext->overrun, ==, VSOCK_OVERRUN_RESET);
}

static void an_overrun_that_was_read_was_none(void)
{
    const struct vsock_record *first, *second;

    begin();
    open_connection(&one);
    rw(&one, 1000);
    first = rw(&one, 1);
    rw(&one, 1);
    update(&one, 1000);
    g_assert_cmpuint(first->ext->overrun, ==, VSOCK_OVERRUN_PENDING);
    update(&one, 1001);
    g_assert_cmpuint(first->ext->overrun, ==, VSOCK_OVERRUN_RECOVERED);
    second = rw(&one, 2000);
    g_assert_cmpuint(second->ext->overrun, ==, VSOCK_OVERRUN_PENDING);
}

static void an_overrun_of_the_resetter_is_no_reason_for_its_rst(void)
{
    const struct vsock_record *r;

    begin();
    open_connection(&one);
    r = take(&one, S, VSOCK_OP_RW, 262145);
    rw(&one, 1000);
    rw(&one, 1);
    take(&one, S, VSOCK_OP_RST, 0);
    g_assert_cmpuint(r->ext->overrun, ==, VSOCK_OVERRUN_PENDING);
}

static void a_credit_request_knows_when_it_was_answered(void)
{
    const struct vsock_record *first, *repeated, *never;
    int64_t answered;

    begin();
    open_connection(&one);
    first = take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    repeated = take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    g_assert_cmpint(first->ext->answered_time, ==, VSOCK_TIME_NONE);
    answered = now;
    update(&one, 0);
    update(&one, 0);
    never = take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    g_assert_true(first->ext->asks);
    g_assert_cmpint(first->ext->answered_time, ==, answered);
    g_assert_false(repeated->ext->asks);
    g_assert_cmpint(repeated->ext->answered_time, ==, VSOCK_TIME_NONE);
    no_socket(&one, S); /* which has no credit to tell of */
    g_assert_cmpint(never->ext->answered_time, ==, VSOCK_TIME_NONE);
}

static void the_end_of_a_stall_knows_when_its_sender_went_on(void)
{
    const struct vsock_record *r;
    int64_t resumed;

    begin();
    open_connection(&one);
    rw(&one, 1000);
    r = update(&one, 1000);
    take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0);
    take(&one, S, VSOCK_OP_RW, 5);
    g_assert_cmpint(r->ext->resumed_time, ==, VSOCK_TIME_NONE);
    resumed = now;
    rw(&one, 5);
    rw(&one, 5);
    g_assert_cmpint(r->ext->resumed_time, ==, resumed);
}

/* ---- diagnoses ---- */

static void a_streams_diagnoses_add_up_by_code_and_direction(void)
{
    const struct vsock_stream_diagnosis *list;

    begin();
    open_connection(&one);
    rw(&one, 100);
    update(&one, 101);
    update(&one, 103);
    take(&one, S, VSOCK_OP_RW, 5);
    one.fwd_cnt[C] = 7;
    take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0);
    list = stream_at(0)->diagnoses;
    g_assert_cmpuint(count_diagnoses(list), ==, 2);
    g_assert_cmpint(list->diagnosis.code, ==, VSOCK_CODE_CAPTURE_LOSS);
    g_assert_cmpuint(list->diagnosis.side, ==, C);
    g_assert_cmpuint(list->diagnosis.figures.count, ==, 2);
    g_assert_cmpuint(list->diagnosis.figures.bytes, ==, 3);
    g_assert_cmpuint(list->next->diagnosis.side, ==, S);
    g_assert_cmpuint(list->next->diagnosis.figures.bytes, ==, 2);
}

static void overruns_that_were_read_are_loss_of_the_capture(void)
{
    const struct vsock_diagnosis *loss;

    begin();
    open_connection(&one);
    rw(&one, 1000);
    rw(&one, 100); /* frame 4 */
    rw(&one, 200);
    g_assert_cmpuint(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CREDIT_OVERRUN)->figures.bytes, ==,
                     300);
    update(&one, 1001);
    g_assert_null(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CREDIT_OVERRUN));
    loss = find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CAPTURE_LOSS);
    g_assert(loss);
    g_assert_cmpint(loss->severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(loss->figures.others, ==, 2);
    g_assert_cmpuint(loss->figures.count, ==, 0);
    g_assert_cmpuint(loss->figures.bytes, ==, 0);
    g_assert_cmpuint(loss->first_frame, ==, 4);
    g_assert_cmpuint(loss->last_frame, ==, 5);
    rw(&one, 5000); /* which is one, until it is read as well */
    g_assert_nonnull(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CREDIT_OVERRUN));
}

static void an_overrun_that_led_to_a_rst_stays_one_whatever_comes_later(void)
{
    begin();
    open_connection(&one);
    rw(&one, 1000);
    rw(&one, 7);
    take(&one, S, VSOCK_OP_RST, 0);
    update(&one, 1007); /* after the end: nothing counts any more */
    g_assert_nonnull(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CREDIT_OVERRUN));
    g_assert_null(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CAPTURE_LOSS));
}

static void diagnoses_are_collected_without_end(void)
{
    struct vsock_stream_diagnosis *list = NULL;

    begin();
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        struct vsock_diagnosis d =
            vsock_diagnosis_start((enum vsock_code)code, &(struct vsock_mark){.frame = 1});

        d.figures.count = 1;
        vsock_diagnosis_collect(memory, &list, &d);
        vsock_diagnosis_collect(memory, &list, &d);
    }
    g_assert_cmpuint(count_diagnoses(list), ==, VSOCK_CODE_COUNT);
    for (; list; list = list->next)
        g_assert_cmpuint(list->diagnosis.figures.count, ==, 2);
}

/* ---- packets in no stream ---- */

static void packets_whose_headers_are_not_whole_are_in_no_stream(void)
{
    struct record cut, no_info, short_header;

    begin();
    cut = record_of(&one, C, VSOCK_OP_REQUEST, 0);
    no_info = short_header = cut;
    SET_MON(&no_info, transport, VSOCKMON_TRANSPORT_NO_INFO);
    SET_MON(&short_header, len, 43);
    g_assert_null(take_cut(&cut, 75));
    g_assert_null(take_cut(&no_info, UINT32_MAX));
    g_assert_null(take_cut(&short_header, UINT32_MAX));
    g_assert_cmpuint(stream_count(), ==, 0);
    g_assert_cmpuint(capture->records, ==, 0);
    g_assert_cmpuint(capture->packets, ==, 3);
    g_assert_null(take_cut(&cut, 20)); /* nobody knows whose */
    g_assert_cmpuint(capture->packets, ==, 3);
    g_assert_nonnull(take_cut(&cut, 76));
}

static void what_is_wrong_with_packets_in_no_stream_is_kept_apart(void)
{
    struct record wide;

    begin();
    wide = record_of(&one, C, VSOCK_OP_REQUEST, 0);
    SET_MON(&wide, src_cid, UINT64_C(1) << 40);
    take_cut(&wide, 50);
    take_cut(&wide, 50);
    g_assert_cmpuint(count_diagnoses(capture->unassociated), ==, 1);
    g_assert_cmpint(capture->unassociated->diagnosis.code, ==, VSOCK_CODE_CID_ANOMALY);
    g_assert_cmpuint(capture->unassociated->diagnosis.figures.count, ==, 2);
    g_assert_cmpuint(capture->unassociated->diagnosis.last_frame, ==, 2);
    take_cut(&wide, UINT32_MAX); /* this one has a stream */
    g_assert_cmpuint(capture->unassociated->diagnosis.figures.count, ==, 2);
    g_assert_nonnull(find_diagnosis(stream_at(0)->diagnoses, VSOCK_CODE_CID_ANOMALY));
}

/* ---- two CIDs ---- */

static const struct vsock_cid_pair *cid_pair_at(uint32_t index)
{
    g_assert_cmpuint(index, <, wmem_array_get_count(capture->cid_pairs.all));
    return *(struct vsock_cid_pair **)wmem_array_index(capture->cid_pairs.all, index);
}

static unsigned count_gaps(const struct vsock_cid_pair *pair)
{
    return pair->gaps ? wmem_array_get_count(pair->gaps) : 0;
}

static void two_cids_are_one_pair_whoever_connects(void)
{
    struct connection back = between(43, 7, 42, 8), third = between(42, 7, 44, 8);

    begin();
    open_connection(&one);
    open_connection(&two);
    open_connection(&back);
    open_connection(&third);
    interface = 1;
    open_connection(&one);
    g_assert_cmpuint(wmem_array_get_count(capture->cid_pairs.all), ==, 3);
    g_assert_true(stream_at(0)->cid_pair == stream_at(2)->cid_pair);
    g_assert_cmpuint(cid_pair_at(0)->key.word[1], ==, 42);
    g_assert_cmpuint(cid_pair_at(0)->key.word[2], ==, 43);
    g_assert_true(stream_at(4)->cid_pair != stream_at(0)->cid_pair); /* another kernel, or day */
}

static void a_silence_of_two_cids_that_a_new_connection_ends_is_a_gap(void)
{
    struct connection other = between(42, 7, 44, 8);
    const struct vsock_gap *gap;

    begin();
    open_connection(&one);
    open_connection(&other);
    now = 15 * SECOND;
    rw(&other, 5); /* of another CID */
    now = 30 * SECOND;
    rw(&one, 5); /* silent, but nothing begins */
    g_assert_cmpuint(count_gaps(cid_pair_at(0)), ==, 0);
    now = 50 * SECOND;
    open_connection(&two);
    g_assert_cmpuint(count_gaps(cid_pair_at(0)), ==, 1);
    gap = (const struct vsock_gap *)wmem_array_get_raw(cid_pair_at(0)->gaps);
    g_assert_cmpint(gap->from, ==, 30 * SECOND);
    g_assert_cmpint(gap->until, ==, 50 * SECOND);
    g_assert_cmpuint(count_gaps(cid_pair_at(1)), ==, 0);
}

static void a_response_whose_request_was_not_captured_ends_no_gap(void)
{
    begin();
    now = -100 * SECOND; /* 0 is a time like any other */
    open_connection(&one);
    now = -50 * SECOND;
    take(&two, S, VSOCK_OP_RESPONSE, 0);
    g_assert_cmpuint(count_gaps(cid_pair_at(0)), ==, 0);
}

static void stalls_that_end_are_known_to_the_pair(void)
{
    const struct vsock_waited *waited;

    begin();
    open_connection(&two);
    open_connection(&one);
    rw(&one, 1000); /* frame 5 */
    after(SECOND);
    update(&one, 1000);
    g_assert_cmpuint(wmem_array_get_count(cid_pair_at(0)->waits), ==, 1);
    waited = (const struct vsock_waited *)wmem_array_get_raw(cid_pair_at(0)->waits);
    g_assert_cmpuint(waited->stream, ==, 1);
    g_assert_cmpuint(waited->side, ==, C);
    g_assert_cmpuint(waited->cause, ==, VSOCK_STALL_UNDECIDED);
    g_assert_cmpuint(waited->from.frame, ==, 5);
    g_assert_cmpuint(waited->until.frame, ==, 6);
    g_assert_cmpint(waited->until.time - waited->from.time, ==, SECOND);
}

/* ---- read filters ---- */

/* Something of everything that links packets. */
static void tell_all(void)
{
    begin();
    open_connection(&one);
    open_connection(&two);
    rw(&two, 10);
    rw(&one, 1000);
    take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    after(2 * SECOND);
    update(&one, 1000);
    update(&two, 10);
    rw(&one, 1500);
    update(&one, 2500);
    shut(&one, C, 3);
    after(8 * SECOND);
    take(&one, C, VSOCK_OP_RST, 0);
    after(20 * SECOND);
    open_connection(&one);
}

static void assert_equal(const struct vsock_record *a, const struct vsock_record *b)
{
    static const struct vsock_record_ext none;
    const struct vsock_record_ext *x = a->ext ? a->ext : &none, *y = b->ext ? b->ext : &none;

    g_assert_cmpint(a->time, ==, b->time);
    g_assert_cmpuint(a->number, ==, b->number);
    g_assert_cmpuint(a->previous, ==, b->previous);
    g_assert_cmpuint(a->acks, ==, b->acks);
    g_assert_cmpuint(a->in_flight, ==, b->in_flight);
    g_assert_cmpuint(a->state, ==, b->state);
    g_assert_cmpuint(a->rst_kind, ==, b->rst_kind);
    g_assert_cmphex(x->findings, ==, y->findings);
    g_assert_cmpuint(x->stall, ==, y->stall);
    g_assert_cmpuint(x->stall_cause, ==, y->stall_cause);
    g_assert_cmpuint(x->answers, ==, y->answers);
    g_assert_cmpuint(x->waited, ==, y->waited);
    g_assert_cmpuint(x->overrun, ==, y->overrun);
    g_assert_cmpint(x->answered_time, ==, y->answered_time);
    g_assert_cmpint(x->resumed_time, ==, y->resumed_time);
}

static void frame_numbers_that_come_again_change_nothing(void)
{
    const struct vsock_stream_diagnosis *a, *b;
    const struct vsock_capture *plain;
    wmem_allocator_t *kept;

    tell_all();
    plain = capture;
    kept = memory;
    memory = NULL;
    frames_stand_still = true;
    tell_all();
    frames_stand_still = false;

    g_assert_cmpuint(capture->records, ==, plain->records);
    for (uint32_t i = 1; i <= capture->records; i++)
        assert_equal(vsock_capture_record(capture, i), vsock_capture_record(plain, i));
    a = vsock_capture_stream(plain, 0)->diagnoses;
    b = stream_at(0)->diagnoses;
    for (; a && b; a = a->next, b = b->next) {
        g_assert_cmpint(a->diagnosis.code, ==, b->diagnosis.code);
        g_assert_cmpint(a->diagnosis.time, ==, b->diagnosis.time);
        g_assert_cmpint(a->diagnosis.figures.longest, ==, b->diagnosis.figures.longest);
        g_assert_cmpuint(a->diagnosis.figures.count, ==, b->diagnosis.figures.count);
    }
    g_assert_true(a == NULL && b == NULL);
    wmem_destroy_allocator(kept);
}

/* ---- what a packet says of flow control, at full length, and of the future ---- */

#define ASSERT_CONSUMED(r, by, bytes) g_assert_cmpint(vsock_record_consumed(r, one.fwd_cnt[by]), ==, bytes)

static void what_is_consumed_is_known_beyond_32_bits(void)
{
    const uint32_t half = UINT32_C(1) << 31;
    const struct vsock_record *first, *low, *wrapped, *back, *other;

    begin();
    one.buf_alloc[S] = UINT32_MAX;
    first = open_connection(&one);
    rw(&one, half);
    rw(&one, half - 1);
    low = update(&one, UINT32_MAX);
    ASSERT_CONSUMED(low, S, INT64_C(0xffffffff));
    g_assert_null(stream_at(0)->wraps); /* no memory for what most never need */
    rw(&one, 2);
    wrapped = update(&one, 1);
    ASSERT_CONSUMED(wrapped, S, INT64_C(0x100000001));
    other = take(&one, C, VSOCK_OP_CREDIT_UPDATE, 0); /* the other direction has not gone round */
    ASSERT_CONSUMED(other, C, 0);
    rw(&one, half);
    rw(&one, half - 1);
    back = update(&one, 0);
    ASSERT_CONSUMED(back, S, INT64_C(0x200000000));
    g_assert_cmpint(vsock_record_consumed(low, UINT32_MAX), ==, INT64_C(0xffffffff));
    g_assert_cmpint(vsock_record_consumed(first, 0), ==, 0);
    g_assert_cmpuint(wmem_array_get_count(stream_at(0)->wraps), ==, 2);
}

static void a_counter_that_goes_back_below_0_is_negative(void)
{
    const struct vsock_record *r;

    begin();
    open_connection(&one);
    r = update(&one, UINT32_MAX);
    ASSERT_FOUND(r, FOUND(FWD_CNT_BACKWARDS));
    ASSERT_CONSUMED(r, S, -1);
    r = update(&one, 0);
    ASSERT_CONSUMED(r, S, 0);
}

static void who_is_seen_to_send_beyond_its_own_buffer_does_not_keep_to_it(void)
{
    const struct vsock_record *within, *beyond, *told;

    begin();
    one.buf_alloc[C] = 500;
    open_connection(&one);
    within = rw(&one, 500);
    g_assert_cmpint(vsock_record_window(within), ==, 500);
    g_assert_cmpint(vsock_record_effective_window(within, 500), ==, 0);
    beyond = rw(&one, 100);
    g_assert_cmpint(vsock_record_effective_window(beyond, 500), ==, 400);
    told = update(&one, 300);
    g_assert_cmpint(vsock_record_peer_effective_window(told, 1000), ==, 700);
    g_assert_cmpint(vsock_record_effective_window(within, 500), ==, 0); /* as it looked then */
}

static void assert_wait(const struct vsock_record *r, int64_t time, uint8_t side,
                        const struct vsock_record *until)
{
    struct vsock_wait wait = vsock_capture_wait(capture, r);

    g_assert_cmpint(wait.time, ==, time);
    g_assert_cmpuint(wait.side, ==, side);
    g_assert_cmpuint(wait.ends_in, ==, until ? number_of(until) : 0);
}

static void who_shuts_a_window_waits_until_it_opens(void)
{
    const struct vsock_record *shuts, *opens, *other;

    begin();
    open_connection(&one);
    other = rw(&one, 999);
    shuts = rw(&one, 1);
    assert_wait(shuts, 0, C, NULL); /* not known yet */
    after(8 * SECOND);
    opens = update(&one, 500);
    assert_wait(shuts, 8 * SECOND, C, opens);
    assert_wait(other, 0, 0, NULL);
    assert_wait(opens, 0, 0, NULL);
}

static void a_receiver_that_shrinks_makes_the_other_side_wait(void)
{
    const struct vsock_record *shrinks, *opens;

    begin();
    open_connection(&one);
    rw(&one, 600);
    one.buf_alloc[S] = 500;
    shrinks = update(&one, 0);
    after(SECOND);
    opens = update(&one, 600);
    assert_wait(shrinks, SECOND, C, opens);
}

static void a_window_that_never_opens_is_shut_to_the_end(void)
{
    const struct vsock_record *shuts, *reset;

    begin();
    open_connection(&one);
    shuts = rw(&one, 1000);
    after(20 * SECOND);
    open_connection(&two); /* so long did the capture go on */
    assert_wait(shuts, 20 * SECOND + MS, C, NULL);
    reset = no_socket(&one, S);
    assert_wait(shuts, 20 * SECOND + 2 * MS, C, reset);
    after(20 * SECOND);
    no_socket(&one, C); /* trails */
    assert_wait(shuts, 20 * SECOND + 2 * MS, C, reset);
}

static void the_next_connection_ends_the_wait_and_is_no_packet_of_it(void)
{
    const struct vsock_record *shuts;

    begin();
    open_connection(&one);
    shuts = rw(&one, 1000);
    after(20 * SECOND);
    open_connection(&one);
    assert_wait(shuts, 20 * SECOND, C, NULL);
    g_assert_true(vsock_capture_wait(capture, shuts).superseded);
}

static void a_shutdown_ends_the_wait_of_either_side(void)
{
    const struct vsock_record *shuts, *gives_up, *frozen;

    begin();
    open_connection(&one);
    shuts = rw(&one, 1000);
    after(3 * SECOND);
    gives_up = shut(&one, C, VSOCK_SHUTDOWN_RCV | VSOCK_SHUTDOWN_SEND);
    after(3 * SECOND);
    no_socket(&one, S);
    assert_wait(shuts, 3 * SECOND, C, gives_up);

    open_connection(&two);
    shuts = rw(&two, 1000);
    after(4 * SECOND);
    frozen = shut(&two, S, VSOCK_SHUTDOWN_RCV);
    after(4 * SECOND);
    no_socket(&two, C);
    assert_wait(shuts, 4 * SECOND, C, frozen);
}

static void who_sends_into_a_shut_window_was_not_waiting(void)
{
    const struct vsock_record *shuts;

    begin();
    open_connection(&one);
    shuts = rw(&one, 1000);
    after(3 * SECOND);
    rw(&one, 1);
    assert_wait(shuts, 0, 0, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/capture/" #name, name)
    TEST(time_that_passes_without_a_packet_is_known_time);
    TEST(packets_go_to_the_newest_generation_until_another_begins);
    TEST(generations_know_of_each_other);
    TEST(a_capture_that_begins_late_has_streams_all_the_same);
    TEST(what_the_last_generation_kept_is_used_again);
    TEST(rws_that_were_read_or_count_for_nothing_are_used_again);
    TEST(both_directions_are_one_stream);
    TEST(the_smaller_endpoint_is_the_first_side);
    TEST(each_interface_and_section_has_its_own_connections);
    TEST(any_part_of_an_endpoint_makes_another_connection);
    TEST(loopback_is_one_connection_whatever_cid_was_dialled);
    TEST(an_endpoint_that_dials_itself_has_no_sides);
    TEST(what_is_known_of_time_is_known_of_a_whole_section);
    TEST(the_capture_ends_with_its_latest_packet);
    TEST(a_pair_is_known_by_its_first_stream_wherever_recorded);
    TEST(packets_in_no_stream_have_their_pair_before_it_has_a_stream);
    TEST(a_request_twice_within_a_millisecond_is_captured_twice);
    TEST(a_request_that_is_more_than_a_millisecond_earlier_is_no_copy);
    TEST(copies_do_nothing_to_the_connection);
    TEST(copies_may_come_after_other_packets);
    TEST(equal_packets_alone_are_no_copies);
    TEST(a_request_after_the_answer_is_no_copy);
    TEST(a_request_that_differs_is_no_copy);
    TEST(of_too_many_new_connections_the_oldest_is_given_up);
    TEST(only_connections_of_the_last_millisecond_wait_for_copies);
    TEST(who_waited_for_copies_in_vain_waits_no_more);
    TEST(a_stream_that_was_captured_twice_waits_for_copies_to_its_end);
    TEST(where_a_parts_bytes_are_is_in_its_record);
    TEST(a_part_that_is_missing_is_said);
    TEST(the_copy_of_a_part_has_its_bytes_where_the_part_has);
    TEST(each_interface_has_a_kernel_of_its_own);
    TEST(records_are_numbered_in_the_capture_and_in_the_stream);
    TEST(records_stay_where_they_are);
    TEST(a_record_has_the_connection_as_it_was_after_the_packet);
    TEST(a_record_has_both_sides_flow_after_the_packet);
    TEST(acks_are_the_newest_record_that_was_read_whole);
    TEST(most_packets_have_nothing_rare);
    TEST(figures_go_with_their_findings);
    TEST(a_close_that_timed_out_has_waited_so_many_milliseconds);
    TEST(stalls_and_answers_refer_to_records_not_to_frames);
    TEST(who_has_nothing_but_findings_shares_them);
    TEST(what_more_kinds_of_packets_found_than_are_shared_is_their_own);
    TEST(an_overrun_is_one_when_a_rst_follows);
    TEST(an_overrun_that_was_read_was_none);
    TEST(an_overrun_of_the_resetter_is_no_reason_for_its_rst);
    TEST(a_credit_request_knows_when_it_was_answered);
    TEST(the_end_of_a_stall_knows_when_its_sender_went_on);
    TEST(a_streams_diagnoses_add_up_by_code_and_direction);
    TEST(overruns_that_were_read_are_loss_of_the_capture);
    TEST(an_overrun_that_led_to_a_rst_stays_one_whatever_comes_later);
    TEST(diagnoses_are_collected_without_end);
    TEST(packets_whose_headers_are_not_whole_are_in_no_stream);
    TEST(what_is_wrong_with_packets_in_no_stream_is_kept_apart);
    TEST(two_cids_are_one_pair_whoever_connects);
    TEST(a_silence_of_two_cids_that_a_new_connection_ends_is_a_gap);
    TEST(a_response_whose_request_was_not_captured_ends_no_gap);
    TEST(stalls_that_end_are_known_to_the_pair);
    TEST(frame_numbers_that_come_again_change_nothing);
    TEST(what_is_consumed_is_known_beyond_32_bits);
    TEST(a_counter_that_goes_back_below_0_is_negative);
    TEST(who_is_seen_to_send_beyond_its_own_buffer_does_not_keep_to_it);
    TEST(who_shuts_a_window_waits_until_it_opens);
    TEST(a_receiver_that_shrinks_makes_the_other_side_wait);
    TEST(a_window_that_never_opens_is_shut_to_the_end);
    TEST(the_next_connection_ends_the_wait_and_is_no_packet_of_it);
    TEST(a_shutdown_ends_the_wait_of_either_side);
    TEST(who_sends_into_a_shut_window_was_not_waiting);
    return g_test_run();
}
