/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_diagnosis.c - what is known of each code, what two diagnoses make together, and their words. A test's
 * name is the rule it checks. */
#include <glib.h>

#include "core/diagnosis.h"
#include "core/stall.h"
#include "core/stream.h"
#include "packet.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct vsock_diagnosis start(enum vsock_code code, uint32_t frame, int64_t time)
{
    return vsock_diagnosis_start(code, &(struct vsock_mark){.record = 1, .frame = frame, .time = time});
}

/* ---- codes ---- */

static void every_code_has_a_name_of_its_own(void)
{
    for (unsigned i = 0; i < VSOCK_CODE_COUNT; i++) {
        for (unsigned j = 0; j < i; j++)
            g_assert_cmpstr(vsock_codes[i].name, !=, vsock_codes[j].name);
    }
}

static void every_code_has_all_that_a_report_needs(void)
{
    for (unsigned i = 0; i < VSOCK_CODE_COUNT; i++) {
        const struct vsock_code_row *row = &vsock_codes[i];

        g_test_message("%s", row->name);
        g_assert_cmpuint(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-"), ==, strlen(row->name));
        g_assert_cmpuint(strlen(row->meaning), >, 0);
        g_assert_true((row->sentence == NULL) != (row->choose_sentence == NULL));
        g_assert_true((row->next == NULL) != (row->choose_next == NULL));
        g_assert_true(row->figures.count || row->figures.bytes || row->figures.longest || row->figures.total);
    }
}

static void a_code_gets_no_milder_when_it_worsens(void)
{
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        struct vsock_diagnosis d = start((enum vsock_code)code, 1, 0);

        g_assert_cmpint(vsock_codes[code].worst, >=, d.severity);
        vsock_diagnosis_worsen(&d);
        g_assert_cmpint(d.severity, ==, vsock_codes[code].worst);
    }
}

static void severities_have_the_names_of_expert_infos(void)
{
    g_assert_cmpstr(vsock_severity_name(VSOCK_SEVERITY_CHAT), ==, "chat");
    g_assert_cmpstr(vsock_severity_name(VSOCK_SEVERITY_NOTE), ==, "note");
    g_assert_cmpstr(vsock_severity_name(VSOCK_SEVERITY_WARN), ==, "warn");
    g_assert_cmpstr(vsock_severity_name(VSOCK_SEVERITY_ERROR), ==, "error");
}

static void a_diagnosis_begins_where_its_packet_is(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_REFUSED, 7, 70);

    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_cmpuint(d.stream, ==, VSOCK_STREAM_NONE);
    g_assert_cmpuint(d.first_frame, ==, 7);
    g_assert_cmpuint(d.last_frame, ==, 7);
    g_assert_cmpint(d.time, ==, 70);
    g_assert_cmpint(d.src_scope, ==, VSOCK_SCOPE_NONE);
    g_assert_cmpint(d.dst_scope, ==, VSOCK_SCOPE_NONE);
}

/* ---- order ---- */

static void a_report_begins_with_the_worst_then_with_the_first(void)
{
    struct vsock_diagnosis note = start(VSOCK_CODE_CONNECT_REFUSED, 1, 1);
    struct vsock_diagnosis error = start(VSOCK_CODE_RESET_ABORTED, 2, 2);
    struct vsock_diagnosis later = start(VSOCK_CODE_RESET_ABORTED, 3, 3);

    g_assert_cmpint(vsock_diagnosis_compare(&error, &note), <, 0);
    g_assert_cmpint(vsock_diagnosis_compare(&later, &error), >, 0);
    g_assert_cmpint(vsock_diagnosis_compare(&error, &error), ==, 0);
}

static void at_one_time_the_order_is_by_packet_then_code_then_stream(void)
{
    struct vsock_diagnosis a = start(VSOCK_CODE_RESET_ABORTED, 2, 5), b = a;

    b.first_frame = 1;
    b.code = VSOCK_CODE_CREDIT_OVERRUN;
    g_assert_cmpint(vsock_diagnosis_compare(&b, &a), <, 0);
    b.first_frame = 2;
    g_assert_cmpint(vsock_diagnosis_compare(&b, &a), >, 0);
    b.place--;
    g_assert_cmpint(vsock_diagnosis_compare(&b, &a), <, 0);
    b.place = a.place;
    b.code = a.code;
    a.stream = 1;
    b.stream = 0;
    g_assert_cmpint(vsock_diagnosis_compare(&b, &a), <, 0);
    b.time = 6; /* which comes before all of them */
    g_assert_cmpint(vsock_diagnosis_compare(&b, &a), >, 0);
}

/* ---- merging ---- */

static void the_same_again_adds_up(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_STALL_UNDECIDED, 5, 50);
    struct vsock_diagnosis more = start(VSOCK_CODE_STALL_UNDECIDED, 3, 30);

    d.figures = (struct vsock_figures){.count = 1, .others = 1, .longest = 7, .total = 7, .limit = 100};
    more.figures = (struct vsock_figures){.count = 1, .others = 2, .longest = 9, .total = 9, .limit = 50};
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.first_frame, ==, 3);
    g_assert_cmpuint(d.last_frame, ==, 5);
    g_assert_cmpint(d.time, ==, 30);
    g_assert_cmpuint(d.figures.count, ==, 2);
    g_assert_cmpuint(d.figures.others, ==, 3);
    g_assert_cmpint(d.figures.longest, ==, 9);
    g_assert_cmpint(d.figures.total, ==, 16);
}

static void of_stalls_the_longest_names_the_buffer_and_the_cause(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_STALL_UNDECIDED, 5, 50), more = d;

    d.figures = (struct vsock_figures){.count = 1, .longest = 7, .proved = 3, .limit = 100};
    d.cause = VSOCK_STALL_SHRUNK;
    more.figures = (struct vsock_figures){.count = 1, .longest = 9, .proved = 4, .limit = 50};
    more.cause = VSOCK_STALL_UPDATE_LATE;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.figures.limit, ==, 50);
    g_assert_cmpuint(d.cause, ==, VSOCK_STALL_UPDATE_LATE);
    g_assert_cmpint(d.figures.proved, ==, 7);
    more.figures.longest = 8;
    more.figures.limit = 1000;
    more.cause = VSOCK_STALL_UNDECIDED;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.figures.limit, ==, 50);
    g_assert_cmpuint(d.cause, ==, VSOCK_STALL_UPDATE_LATE);
}

static void a_softened_diagnosis_is_at_most_a_note(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_STALL_OWN_CAP, 1, 0);

    vsock_diagnosis_worsen(&d);
    vsock_diagnosis_soften(&d);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
    d.severity = VSOCK_SEVERITY_CHAT;
    vsock_diagnosis_soften(&d);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_CHAT);
}

static void two_types_are_none(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_REFUSED, 1, 0), more = d;

    d.type = more.type = VSOCK_TYPE_SEQPACKET;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.type, ==, VSOCK_TYPE_SEQPACKET);
    more.type = VSOCK_TYPE_STREAM;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.type, ==, 0);
}

static void what_comes_later_only_ends_later(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_REFUSED, 3, 30);
    struct vsock_diagnosis more = start(VSOCK_CODE_CONNECT_REFUSED, 8, 80);

    vsock_diagnosis_worsen(&more);
    more.lasting = more.selected = true;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpuint(d.first_frame, ==, 3);
    g_assert_cmpuint(d.last_frame, ==, 8);
    g_assert_cmpint(d.time, ==, 30);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_WARN);
    g_assert_true(d.lasting && d.selected);
    vsock_diagnosis_merge(&more, &d);
    g_assert_cmpint(more.severity, ==, VSOCK_SEVERITY_WARN);
}

/* As a read filter gives them to packets that it drops; and a clock may go back. */
static void of_equal_frame_numbers_the_earlier_packet_is_told(void)
{
    struct vsock_diagnosis third = start(VSOCK_CODE_PORT_SCAN, 1, 80);
    struct vsock_diagnosis second = start(VSOCK_CODE_PORT_SCAN, 1, 90), first = second;

    third.place = 3;
    second.place = 2;
    first.place = 1;
    first.time = 70;
    vsock_diagnosis_merge(&second, &third);
    g_assert_cmpint(second.time, ==, 90);
    vsock_diagnosis_merge(&second, &first);
    g_assert_cmpint(second.time, ==, 70);
    g_assert_cmpuint(second.place, ==, 1);
}

static void sizes_keep_the_largest_but_lost_bytes_add_up(void)
{
    struct vsock_diagnosis overrun = start(VSOCK_CODE_CREDIT_OVERRUN, 1, 0), more = overrun;
    struct vsock_diagnosis loss = start(VSOCK_CODE_CAPTURE_LOSS, 1, 0), lost = loss;

    overrun.figures.bytes = lost.figures.bytes = 30;
    more.figures.bytes = loss.figures.bytes = 7;
    vsock_diagnosis_merge(&overrun, &more);
    vsock_diagnosis_merge(&loss, &lost);
    g_assert_cmpuint(overrun.figures.bytes, ==, 30);
    g_assert_cmpuint(loss.figures.bytes, ==, 37);
    loss.code = lost.code = VSOCK_CODE_PAYLOAD_NOT_RECORDED;
    vsock_diagnosis_merge(&loss, &lost);
    g_assert_cmpuint(loss.figures.bytes, ==, 67);
}

static void sizes_that_make_sense_together_stay_so(void)
{
    struct vsock_diagnosis small = start(VSOCK_CODE_BUFFER_SHRUNK, 1, 0), large = small;

    small.figures = (struct vsock_figures){.count = 1, .bytes = 500, .limit = 3000};
    large.figures = (struct vsock_figures){.count = 1, .bytes = 4000, .limit = 1000};
    for (int order = 0; order < 2; order++) {
        struct vsock_diagnosis d = order ? large : small;

        vsock_diagnosis_merge(&d, order ? &small : &large);
        g_assert_cmpuint(d.figures.bytes, ==, 4000);
        g_assert_cmpuint(d.figures.limit, ==, 1000);
    }
}

/* As where a clock was set back and forth by a century. */
static void times_never_add_up_to_less(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_STALL_UNDECIDED, 1, 0), more = d;

    d.figures.total = more.figures.total = INT64_MAX - 1;
    vsock_diagnosis_merge(&d, &more);
    g_assert_cmpint(d.figures.total, ==, INT64_MAX);
    g_assert_cmpint(vsock_time_sum(INT64_MAX - 1, 1), ==, INT64_MAX);
    g_assert_cmpint(vsock_time_sum(INT64_MIN + 1, -1), ==, INT64_MIN);
    g_assert_cmpint(vsock_time_sum(INT64_MIN + 1, -2), ==, INT64_MIN);
    g_assert_cmpint(vsock_time_sum(INT64_MAX, INT64_MIN), ==, -1);
}

/* ---- words ---- */

/* How much of src and dst is known. */
enum ends {
    ENDPOINTS,
    CLIENT_CID, /* src has no port */
    SERVER,     /* src is any */
    CIDS,
    NO_ENDS,
};

struct words {
    enum vsock_code code;
    enum ends ends;
    struct vsock_figures figures;
    bool lasting, own_fault, itself, worst, proved;
    uint8_t type, cause, unread;
    enum vsock_heard heard;
    uint32_t ports; /* that many, from 500 on */
    bool was_done;
    enum vsock_settled settled;
    const char *text;
};

static char *text_of(const struct words *w)
{
    const enum vsock_scope src[] = {
        [ENDPOINTS] = VSOCK_SCOPE_ENDPOINT, [CLIENT_CID] = VSOCK_SCOPE_CID, [CIDS] = VSOCK_SCOPE_CID};
    struct vsock_diagnosis d = start(w->code, 1, 0);

    d.src_scope = w->ends <= CLIENT_CID || w->ends == CIDS ? src[w->ends] : VSOCK_SCOPE_NONE;
    d.dst_scope = w->ends <= SERVER ? VSOCK_SCOPE_ENDPOINT : w->ends == CIDS ? VSOCK_SCOPE_CID : d.dst_scope;
    d.src = (struct vsock_endpoint){42, 4051313149};
    d.dst = (struct vsock_endpoint){2, 500};
    d.figures = w->figures;
    d.lasting = w->lasting;
    d.proved = w->proved;
    d.own_fault = w->own_fault;
    d.dialled_itself = w->itself;
    d.type = w->type;
    d.heard = w->heard;
    d.port_count = w->ports;
    for (uint32_t i = 0; i < MIN(w->ports, VSOCK_PORTS_NAMED); i++)
        d.ports[i] = d.dst.port + i;
    d.cause = w->cause;
    d.unread = w->unread;
    d.was_done = w->was_done;
    d.settled = w->settled;
    if (w->worst)
        vsock_diagnosis_worsen(&d);
    return vsock_diagnosis_text(&d);
}

#define SRC "42:4051313149"
#define DST "2:500"
#define DONE "; the sender sent nothing afterwards, though it could: it may have had no more to send"
#define TIMES(a, b) .longest = (a)*MS, .total = (b)*MS

/* clang-format off */
static const struct words words[] = {
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 1, .of = 1},
     .text = DST " refused 1 of 1 request from CID 42, and accepted none"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 2, .of = 4, .others = 2, TIMES(0, 2)},
     .text = DST " refused 2 of 4 requests from CID 42 in 0.002 s, and accepted 2"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 1, .of = 1, TIMES(999, 0)},
     .text = DST " refused 1 of 1 request from CID 42, and accepted none"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 1, .of = 1, TIMES(1000, 0)},
     .text = DST " refused 1 of 1 request from CID 42, and accepted none; its RST came 1.000 s after the request"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 2, .of = 2, TIMES(2000, 4000)},
     .text = DST " refused 2 of 2 requests from CID 42 in 4.000 s, and accepted none; the slowest RST came 2.000 s "
             "after its request: Linux gives up after 2 s unless told otherwise"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 1, .of = 1}, .own_fault = true,
     .text = "1 of 1 request from CID 42 to " DST " ended in a RST of the client itself (EPROTO)"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 2, .of = 3}, .own_fault = true, .itself = true,
     .text = "2 of 3 requests from CID 42 to " DST " ended in a RST of the socket that had asked: it "
             "dialled itself"},
    {VSOCK_CODE_CONNECT_REFUSED, CLIENT_CID, {.count = 1, .of = 2}, .type = 2,
     .text = DST " refused 1 of 2 SEQPACKET requests from CID 42, and accepted none"},
    {VSOCK_CODE_CONNECT_UNANSWERED, CLIENT_CID, {.count = 1, .of = 1}, .heard = VSOCK_HEARD_NEVER,
     .text = "Nothing at all ever came from CID 2 to CID 42: 1 of 1 request from CID 42 to " DST " had no "
             "answer in time"},
    {VSOCK_CODE_CONNECT_UNANSWERED, CLIENT_CID, {.count = 4, .of = 5, .others = 1, TIMES(2040, 0)},
     .heard = VSOCK_HEARD_BEFORE,
     .text = "4 of 5 requests from CID 42 to " DST " had no answer in time; accepted: 1; nothing came from "
             "CID 2 to CID 42 since: the last packet was 2.0 s before"},
    {VSOCK_CODE_CONNECT_UNANSWERED, CLIENT_CID, {.count = 1, .of = 2, .others = 1}, .heard = VSOCK_HEARD_SHARED,
     .text = "1 of 2 requests from CID 42 to " DST " had no answer in time; accepted: 1; which of the machines "
             "with that CID it was is not known"},
    {VSOCK_CODE_CONNECT_UNANSWERED, CLIENT_CID, {.count = 1, .of = 1}, .type = 2, .heard = VSOCK_HEARD_SINCE,
     .text = "1 of 1 SEQPACKET request from CID 42 to " DST " had no answer in time; accepted: none; other "
             "packets came from CID 2 to CID 42 since"},
    {VSOCK_CODE_STALE_RESET, CLIENT_CID, {.count = 1, .of = 2},
     .text = "1 of 2 requests from CID 42 to " DST " was ended by a RST that was not the answer: the RESPONSE "
             "came behind it, and Linux had given up by then (ECONNRESET)"},
    {VSOCK_CODE_STALE_CONNECTION, CLIENT_CID, {.count = 1, .of = 7, .others = 1, .limit = 1, TIMES(45040, 0)},
     .text = "Likely: " DST " refused 1 request from CID 42, whose endpoints are those of a connection that never "
             "ended, and that it still holds: stream 7, last heard of 45.0 s before"},
    {VSOCK_CODE_STALE_CONNECTION, CLIENT_CID, {.count = 2, .of = 7, .limit = 1, TIMES(45040, 1000)},
     .text = "Likely: " DST " did not answer 2 requests from CID 42 in 1.000 s, whose endpoints are those of a "
             "connection that never ended, and that it still holds: stream 7, last heard of 45.0 s before"},
    {VSOCK_CODE_STALE_CONNECTION, CLIENT_CID, {.count = 3, .others = 1, .limit = 2, TIMES(45040, 1000)},
     .text = "Likely: " DST " refused 1 and did not answer 2 of 3 requests from CID 42 in 1.000 s, whose "
             "endpoints are those of connections that never ended, and that it still holds: the first is stream "
             "0, last heard of 45.0 s before"},
    {VSOCK_CODE_CONNECT_SLOW, ENDPOINTS, {.count = 1, .longest = 1999999999},
     .text = DST " took 1.999 s to accept " SRC},
    {VSOCK_CODE_CONNECT_SLOW, ENDPOINTS, {.count = 1, TIMES(2600, 0)}, .worst = true,
     .text = DST " took 2.600 s to accept " SRC ": Linux gives up after 2 s unless told otherwise"},
    {VSOCK_CODE_CONNECT_ABANDONED, CLIENT_CID, {.count = 1, .of = 1, TIMES(2600, 0)},
     .text = "CID 42 no longer wanted 1 of 1 connection to " DST ": it reset it when the response came, after "
             "2.600 s"},
    {VSOCK_CODE_CONNECT_ABANDONED, CLIENT_CID, {.count = 40, .of = 41, TIMES(45, 3000)},
     .text = "CID 42 no longer wanted 40 of 41 connections to " DST " in 3.000 s: it reset each when the "
             "response came, after 0.045 s at most"},
    {VSOCK_CODE_CONNECT_ABANDONED, CLIENT_CID, {.count = 4, .of = 5, .others = 1, TIMES(45, 3000)},
     .text = "CID 42 no longer wanted 4 of 5 connections to " DST " in 3.000 s: it reset each after 0.045 s at "
             "most, when the response came; 1 before any was captured"},
    {VSOCK_CODE_CONNECT_ABANDONED, CLIENT_CID, {.count = 1, .of = 1, .others = 1, TIMES(500, 0)},
     .text = "CID 42 no longer wanted 1 of 1 connection to " DST ": it reset it after 0.500 s, and no response "
             "was captured"},
    {VSOCK_CODE_CONNECT_TYPE_MISMATCH, CLIENT_CID, {.count = 2, .of = 2, .others = 1}, .type = 1,
     .text = DST " refused 2 STREAM requests from CID 42; all that it ever accepted here (1) was "
             "SEQPACKET"},
    {VSOCK_CODE_CONNECT_TYPE_MISMATCH, CLIENT_CID, {.count = 1, .of = 1, .others = 2}, .type = 2,
     .text = DST " refused 1 SEQPACKET request from CID 42; all that it ever accepted here (2) were "
             "STREAM"},
    {VSOCK_CODE_LISTENER_LOST, SERVER, {.count = 4, .others = 1, TIMES(0, 3000)},
     .text = DST " had accepted 1 connection, then refused 4 requests in a row in 3.000 s; none of "
             "those it had accepted was still open then"},
    {VSOCK_CODE_LISTENER_LOST, CLIENT_CID, {.count = 3, .of = 1, .others = 3, TIMES(0, 2)},
     .text = DST " had accepted 3 connections from CID 42, then refused 3 requests in a row in "
             "0.002 s; 1 of the accepted was still open then"},
    {VSOCK_CODE_LISTENER_LOST, SERVER, {.count = 3, .of = 2, .others = 3, TIMES(0, 2)},
     .text = DST " had accepted 3 connections, then refused 3 requests in a row in 0.002 s; 2 of the "
             "accepted were still open then"},
    {VSOCK_CODE_LISTENER_LOST, SERVER, {.count = 6, .others = 2, TIMES(0, 3000)}, .ports = 2, .type = 2,
     .text = "Ports 500 and 501 of CID 2 had accepted 2 connections; then, from within a second on, each "
             "refused all: 6 SEQPACKET requests in 3.000 s; none of the accepted was still open then"},
    {VSOCK_CODE_LISTENER_LOST, CLIENT_CID, {.count = 30, .of = 1, .others = 12, TIMES(0, 3000)}, .ports = 10,
     .text = "Ports 500, 501, 502, 503, 504, 505, 506, 507 and 2 more of CID 2 had accepted 12 connections "
             "from CID 42; then, from within a second on, each refused all: 30 requests in 3.000 s; 1 of the "
             "accepted was still open then"},
    {VSOCK_CODE_PORT_SCAN, CIDS, {.count = 30, TIMES(0, 32)},
     .text = "CID 2 refused 30 requests from CID 42 in 0.032 s, to 10 ports or more within a second"},

    {VSOCK_CODE_ACCEPT_AND_CLOSE, CLIENT_CID, {.count = 60, TIMES(1, 625)},
     .text = DST " accepted 60 connections from CID 42 in a row, in 0.625 s, and closed each within 0.001 s, "
             "without a byte either way; the client came again at once"},
    {VSOCK_CODE_DATAGRAM_REFUSED, ENDPOINTS, {.count = 3, .of = 4, TIMES(0, 120000)},
     .text = DST " refused 3 of 4 datagrams from " SRC " in 120.000 s: a RST of their type answered each"},
    {VSOCK_CODE_DATAGRAM_REFUSED, ENDPOINTS, {.count = 1, .of = 1},
     .text = DST " refused 1 of 1 datagram from " SRC ": a RST of their type answered it"},
    {VSOCK_CODE_HALF_CLOSE_SLOW, CLIENT_CID, {.count = 30, .of = 31, TIMES(2001, 60033)},
     .text = "In 30 of 31 streams from CID 42 to " DST ", one side said that it sends no more, and nothing "
             "came of it before one of them closed, 2.001 s later at most; 60.033 s in all"},
    {VSOCK_CODE_CLOSED_UNREAD, CLIENT_CID, {.count = 25, .of = 30, .bytes = 517, TIMES(0, 97000)},
     .text = DST " closed 25 of 30 connections that it had accepted from CID 42 in 97.000 s, and had "
             "consumed nothing of what it was sent (517 bytes at most)"},
    {VSOCK_CODE_RESET_STORM, ENDPOINTS, {.count = 2000, TIMES(0, 600)},
     .text = SRC " sent 2000 RSTs to " DST " in 0.600 s that answer nothing"},
    {VSOCK_CODE_RESET_STORM, ENDPOINTS, {.count = 2001, .others = 1000, TIMES(0, 600)},
     .text = SRC " and " DST " sent each other 2001 RSTs in 0.600 s that answer nothing: 1000 of them came "
             "from the latter"},
    {VSOCK_CODE_PEER_GONE, ENDPOINTS, {.count = 1, TIMES(0, 3)},
     .text = SRC " did not know its connection to " DST ": it answered a packet with a RST "
             "without a socket, 0.003 s after the first one here"},
    {VSOCK_CODE_CLOSED_BY_RESET, ENDPOINTS, {.count = 1, .bytes = 65536, .limit = 65536, TIMES(0, 3)},
     .text = SRC " ended its connection to " DST " by a RST without a socket, unasked, after 0.003 s; "
             "65536 bytes of a full buffer of 65536 were not read"},
    {VSOCK_CODE_RESET_ABORTED, ENDPOINTS, {.count = 1, .bytes = 1, .limit = 262144, TIMES(0, 3)},
     .text = SRC " reset its connection to " DST " after 0.003 s, with 1 byte unread of a buffer of "
             "262144"},
    {VSOCK_CODE_RESET_ABORTED, ENDPOINTS, {.count = 1, .limit = 262144, TIMES(0, 3)},
     .text = SRC " reset its connection to " DST " after 0.003 s, with 0 bytes unread of a buffer "
             "of 262144"},
    {VSOCK_CODE_RESET_QUEUE_OVERHEAD, ENDPOINTS, {.count = 1, .bytes = 2000, .limit = 5760, TIMES(0, 12)},
     .text = "Likely: " SRC " reset its connection to " DST " after 0.012 s, with 2000 bytes unread of "
             "a buffer of 5760: so many small packets that their overhead filled it, not their bytes"},
    {VSOCK_CODE_RESET_AFTER_OVERRUN, ENDPOINTS, {.count = 1, .bytes = 1001, .limit = 1000, TIMES(0, 3)},
     .text = SRC " reset its connection to " DST " after 0.003 s, with 1001 bytes unread of a "
             "buffer of 1000: the other side had sent more than it was allowed"},

    {VSOCK_CODE_RESTORED_OR_RESTARTED, CIDS, {.count = 8, TIMES(60014, 0)},
     .text = "Likely: CID 42 reset all 8 open streams with CID 2 at once, unasked, after 60.0 s in which none of "
             "them had spoken"},
    {VSOCK_CODE_RESTORED_OR_RESTARTED, CIDS, {.count = 3, .bytes = 1, TIMES(500, 0)},
     .text = "Likely: CID 42 reset all 3 open streams with CID 2 at once, unasked, after 0.5 s in which none of "
             "them had spoken; 1 byte sent to it was not read"},
    {VSOCK_CODE_CREDIT_OVERRUN, ENDPOINTS, {.count = 1, .bytes = 1},
     .text = SRC " sent 1 byte more than " DST " ever allowed, in 1 packet"},
    {VSOCK_CODE_CREDIT_OVERRUN, ENDPOINTS, {.count = 2, .bytes = 37856},
     .text = SRC " sent 37856 bytes more than " DST " ever allowed, in 2 packets"},
    {VSOCK_CODE_CREDIT_COUNTER_AHEAD, ENDPOINTS, {.count = 1, .bytes = 700},
     .text = SRC " says that it consumed what nobody was seen to send: 700 bytes, in 1 packet to "
             DST},
    {VSOCK_CODE_CREDIT_COUNTER_BACKWARDS, ENDPOINTS, {.count = 2, .bytes = 1},
     .text = SRC " takes back what it had consumed: 1 byte, in 2 packets to " DST},
    {VSOCK_CODE_BUFFER_SHRUNK, ENDPOINTS, {.count = 1, .bytes = 134464, .limit = 65536},
     .text = DST " shrank its buffer to 65536 bytes while " SRC " had 200000 in flight"},

    {VSOCK_CODE_CREDIT_LEAK, ENDPOINTS, {.count = 4, .bytes = 1000, .limit = 1000, .longest = 11004 * MS},
     .lasting = true,
     .text = "Likely: " DST " miscounts what it reads, or throws it away: after each of 4 exchanges it left "
             "more of what " SRC " had sent unconsumed, until that could send no more, for 11.004 s, to the "
             "end, with 1000 bytes in flight into a buffer of 1000"},

    {VSOCK_CODE_STALL_RECEIVER_NOT_READING, ENDPOINTS,
     {.count = 1, .limit = 1000, TIMES(1200, 1200), .proved = 700 * MS}, .lasting = true,
     .text = SRC " could not send for 1.200 s, to the end, with a buffer of 1000 bytes full at "
             DST ", which spoke meanwhile: that it read no packet to its end is proved for 0.700 s of it"},
    {VSOCK_CODE_STALL_RECEIVER_NOT_READING, ENDPOINTS,
     {.count = 1, .limit = 1000, TIMES(1200, 1200), .proved = 700 * MS}, .was_done = true,
     .text = SRC " could not send for 1.200 s with a buffer of 1000 bytes full at "
             DST ", which spoke meanwhile: that it read no packet to its end is proved for 0.700 s of it"
             DONE},
    {VSOCK_CODE_STALL_SLOW_READER, ENDPOINTS, {.count = 3, .limit = 262144, TIMES(200, 500)},
     .text = SRC " could not send 3 times, for 0.500 s in all and 0.200 s at most with a buffer of "
             "262144 bytes full at " DST ", which reads little at a time"},
    {VSOCK_CODE_STALL_SLOW_READER, ENDPOINTS, {.count = 1, .limit = 1, TIMES(200, 200)}, .was_done = true,
     .text = SRC " could not send for 0.200 s with a buffer of 1 byte full at " DST
             ", which reads little at a time" DONE},
    {VSOCK_CODE_STALL_OWN_CAP, ENDPOINTS, {.count = 1, .limit = 1000, TIMES(200, 200)},
     .text = SRC " had as much in flight to " DST " as its own buffer holds (1000 bytes), though "
             "not the other's, for 0.200 s: Linux since January 2026 sends no more then"},
    {VSOCK_CODE_STALL_OWN_CAP, ENDPOINTS, {.count = 1, .limit = 1000, TIMES(200, 200)}, .was_done = true,
     .text = SRC " had as much in flight to " DST " as its own buffer holds (1000 bytes), though "
             "not the other's, for 0.200 s: Linux since January 2026 sends no more then" DONE},
    {VSOCK_CODE_STALL_OWN_CAP, ENDPOINTS, {.count = 1, .limit = 1, TIMES(30000, 30000)}, .lasting = true,
     .text = SRC " had as much in flight to " DST " as its own buffer holds (1 byte), though not "
             "the other's, for 30.000 s, to the end: Linux since January 2026 sends no more then"},
    {VSOCK_CODE_STALL_UPDATE_MISSING, ENDPOINTS, {.count = 1, .limit = 131072, TIMES(30000, 30000)},
     .lasting = true,
     .text = "Likely: " SRC " could not send for 30.000 s, to the end, with a buffer of 131072 bytes "
             "full at " DST ", which never spoke since"},
    {VSOCK_CODE_STALL_UPDATE_MISSING, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1000, 1000)},
     .lasting = true, .cause = VSOCK_STALL_UPDATE_LATE,
     .text = "Likely: " SRC " could not send for 1.000 s, to the end, with a buffer of 1 byte full at "
             DST ", which was asked for credit and never spoke since"},
    {VSOCK_CODE_STALL_UPDATE_MISSING, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1000, 1000)},
     .lasting = true, .cause = VSOCK_STALL_SHRUNK,
     .text = "Likely: " SRC " could not send for 1.000 s, to the end, with a buffer of 1 byte full at "
             DST ", which had made it smaller and never spoke since"},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1500, 1500)},
     .text = SRC " could not send for 1.500 s with a buffer of 1 byte full at " DST "; for most of "
             "that time nothing tells whether that side was reading"},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1500, 1500)}, .was_done = true,
     .text = SRC " could not send for 1.500 s with a buffer of 1 byte full at " DST "; for most of "
             "that time nothing tells whether that side was reading" DONE},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1500, 1500)},
     .cause = VSOCK_STALL_SHRUNK, .was_done = true,
     .text = SRC " could not send for 1.500 s with a buffer of 1 byte full at " DST ", which had "
             "made it smaller" DONE},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1500, 1500)},
     .cause = VSOCK_STALL_UPDATE_LATE, .was_done = true,
     .text = SRC " could not send for 1.500 s with a buffer of 1 byte full at " DST ", which was "
             "asked for credit and answered late" DONE},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1500, 1500)},
     .cause = VSOCK_STALL_UPDATE_LATE, .lasting = true,
     .text = SRC " could not send for 1.500 s, to the end, with a buffer of 1 byte full at " DST
             ", which was asked for credit and did not answer"},
    {VSOCK_CODE_STALL_UNDECIDED, ENDPOINTS, {.count = 2, .limit = 1000, TIMES(1500, 2000)}, .lasting = true,
     .text = SRC " could not send 2 times, for 2.000 s in all and 1.500 s at most, the last time to "
             "the end, with a buffer of 1000 bytes full at " DST "; for most of that time nothing tells "
             "whether that side was reading"},
    {VSOCK_CODE_STALL_WORD_HELD, ENDPOINTS, {.count = 1, .limit = 4096, .proved = 4000 * MS, TIMES(5000, 5000)},
     .text = SRC " could not send for 5.000 s while the word of " DST " that opens its window was under way: that "
             "was sent 4.000 s before it arrived"},
    {VSOCK_CODE_NOT_DELIVERED, ENDPOINTS, {.count = 3},
     .text = "3 packets that " SRC " sent last did not reach " DST ", whose recording goes on"},
    {VSOCK_CODE_NOT_DELIVERED, ENDPOINTS, {.count = 1, TIMES(12000, 0)},
     .text = "1 packet that " SRC " sent last did not reach " DST ", which could not send for 12.000 s, to the end, "
             "for want of its word of credit"},
    {VSOCK_CODE_DELIVERED_LATE, ENDPOINTS, {.count = 2, .proved = MS, TIMES(330, 0)},
     .text = "2 packets of " SRC " reached " DST " late: after 0.330 s at most, give or take 0.001 s"},
    {VSOCK_CODE_ALTERED, ENDPOINTS, {.count = 1},
     .text = "1 packet of " SRC " reached " DST " with another header or payload than it was sent with"},
    {VSOCK_CODE_REORDERED, ENDPOINTS, {.count = 2},
     .text = "2 packets of " SRC " did not reach " DST " in the order in which they were sent"},
    {VSOCK_CODE_CONNECT_UNANSWERED, CLIENT_CID, {.count = 1, .of = 1}, .heard = VSOCK_HEARD_SINCE,
     .settled = VSOCK_SETTLED_NEVER_ARRIVED,
     .text = "1 of 1 request from CID 42 to " DST " had no answer in time; accepted: none; other packets came from "
             "CID 2 to CID 42 since; the other side was recorded, too, and no such request is there: it never arrived"},
    {VSOCK_CODE_NOT_READ, ENDPOINTS, {.count = 1, .bytes = 133, TIMES(32000, 0)}, .lasting = true,
     .text = DST " has not read 133 bytes of " SRC " for 32.000 s, to the end, though it has room for "
             "more"},
    {VSOCK_CODE_NOT_READ, ENDPOINTS, {.count = 1, .bytes = 1, TIMES(3000, 0)},
     .unread = VSOCK_UNREAD_GIVEN_UP,
     .text = DST " had not read 1 byte of " SRC " for 3.000 s, though it had room for more, when that "
             "gave up and closed"},
    {VSOCK_CODE_NOT_READ, ENDPOINTS, {.count = 1, .bytes = 133, TIMES(32000, 0)},
     .unread = VSOCK_UNREAD_LATE,
     .text = DST " read nothing of " SRC " for 32.000 s, though it had room for more, then 133 bytes"},
    {VSOCK_CODE_NOT_READ, ENDPOINTS, {.count = 1, .bytes = 20, TIMES(12000, 0)},
     .unread = VSOCK_UNREAD_DROPPED,
     .text = DST " had not read 20 bytes of " SRC " for 12.000 s, though it had room for more, when it closed"},
    {VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, ENDPOINTS, {.count = 1, TIMES(1400, 0)},
     .text = DST " was late to answer 1 credit request of " SRC "; the longest wait was 1.400 s"},
    {VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, ENDPOINTS, {.count = 2, .others = 2, TIMES(8615, 0)},
     .text = DST " never answered 2 credit requests of " SRC ", which waited 8.615 s"},
    {VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, ENDPOINTS, {.count = 3, .others = 1, TIMES(1400, 0)},
     .text = DST " was late to answer 2 credit requests of " SRC ", and never answered 1 more; the "
             "longest wait was 1.400 s"},

    {VSOCK_CODE_HALF_CLOSE_HANG, ENDPOINTS, {.count = 1, TIMES(15000, 0)},
     .text = "Likely: " SRC " said that it sends no more; then neither it nor " DST " said anything "
             "for 15.000 s"},
    {VSOCK_CODE_HALF_CLOSE_HANG, ENDPOINTS, {.count = 1, TIMES(15000, 0)}, .lasting = true,
     .text = "Likely: " SRC " said that it sends no more; then neither it nor " DST " said anything "
             "for 15.000 s, to the end"},
    {VSOCK_CODE_CLOSE_TIMEOUT, ENDPOINTS, {.count = 1, .bytes = 6, TIMES(8192, 9200)},
     .text = DST " did not acknowledge that " SRC " closed, within 8.2 s: by its last word it had 6 bytes left "
             "to read, and it had been silent for 9.2 s by then"},
    {VSOCK_CODE_CLOSE_TIMEOUT, ENDPOINTS, {.count = 1, .bytes = 1, TIMES(8192, 9200)},
     .text = DST " did not acknowledge that " SRC " closed, within 8.2 s: by its last word it had 1 byte left "
             "to read, and it had been silent for 9.2 s by then"},
    {VSOCK_CODE_CLOSE_TIMEOUT, ENDPOINTS, {.count = 1, TIMES(8192, 9200)},
     .text = DST " did not acknowledge that " SRC " closed, within 8.2 s: it had nothing left to read, "
             "and it had been silent for 9.2 s by then"},
    {VSOCK_CODE_CLOSED_TOO_SOON, ENDPOINTS, {.count = 1, .bytes = 6008, TIMES(1, 0)},
     .text = SRC " closed its connection to " DST ", and reset it 0.001000 s later without waiting for that "
             "side: 6008 bytes that it had sent were not read yet"},
    {VSOCK_CODE_CLOSED_TOO_SOON, ENDPOINTS, {.count = 1, .limit = 1, TIMES(1, 0)},
     .text = SRC " closed its connection to " DST ", and reset it 0.001000 s later without waiting for that "
             "side: it left 1 byte of what that had sent unread"},
    {VSOCK_CODE_CLOSED_TOO_SOON, ENDPOINTS, {.count = 1, .bytes = 1, .limit = 2, TIMES(1, 0)},
     .text = SRC " closed its connection to " DST ", and reset it 0.001000 s later without waiting for that "
             "side: 1 byte that it had sent was not read yet, and it left 2 bytes of what that had sent unread"},
    {VSOCK_CODE_DATA_LOST_AT_CLOSE, ENDPOINTS, {.count = 1, .bytes = 57362, TIMES(5000, 0)},
     .text = "57362 bytes that " SRC " had sent were not read when " DST " closed: it had stopped within a packet "
             "5.000 s before"},
    {VSOCK_CODE_DATA_LOST_AT_CLOSE, ENDPOINTS, {.count = 1, .bytes = 176000},
     .text = "176000 bytes that " SRC " had sent before it shut down were not read when " DST " ended "
             "the connection, although it had been reading before"},
    {VSOCK_CODE_DATA_LOST_AT_CLOSE, ENDPOINTS, {.count = 1, .bytes = 1},
     .text = "1 byte that " SRC " had sent before it shut down was not read when " DST " ended the "
             "connection, although it had been reading before"},
    {VSOCK_CODE_ORPHANED_STREAM, ENDPOINTS, {TIMES(25000, 40000)},
     .text = "Likely: the stream between " SRC " and " DST " has not spoken since a silence of 25.0 s "
             "between the two CIDs, after which new streams were opened: 40.0 s in all"},
    {VSOCK_CODE_NO_DATA, SERVER, {.count = 3, TIMES(20000, 0)},
     .text = "3 streams to " DST " were open for 5 s or more (20.0 s at most), and never carried a byte"},
    {VSOCK_CODE_NO_DATA, CLIENT_CID, {.count = 3, TIMES(20000, 0)},
     .text = "3 streams from CID 42 to " DST " were open for 5 s or more (20.0 s at most), and never "
             "carried a byte"},
    {VSOCK_CODE_CONNECTIONS_LEFT_OPEN, CLIENT_CID, {.count = 375, .of = 377, .others = 2, TIMES(195312, 190040)},
     .text = "Likely: 375 connections of CID 42 to " DST ", opened one after another in 190.0 s, were used "
             "once and never closed; the oldest is idle for 195.3 s"},
    {VSOCK_CODE_STOOD_STILL, CIDS, {.count = 3, TIMES(12040, 12700)},
     .text = "Likely: CID 2 stood still for 12.0 s: it owed answers on 3 streams, said nothing to anybody, and "
             "then went on with all of them within 0.1 s"},
    {VSOCK_CODE_STOOD_STILL, CIDS, {.count = 2, TIMES(6000, 700)},
     .text = "Likely: something on CID 2 stood still for 6.0 s: it owed answers on 2 streams, gave none while it "
             "spoke on others, and then went on with all of them within 0.1 s"},
    {VSOCK_CODE_HEAD_OF_LINE, CIDS, {.count = 4, .of = 17, .others = 1, .limit = 4, TIMES(20000, 0)},
     .text = "4 streams between CID 42 and CID 2 were all stalled for 20.000 s, and went on within 0.1 s "
             "of each other; the first that was stalled is stream 17"},
    {VSOCK_CODE_HEAD_OF_LINE, CIDS, {.count = 6, .of = 17, .others = 3, .limit = 4, TIMES(20000, 0)},
     .text = "6 streams between CID 42 and CID 2 were stalled together 3 times, up to 4 of them at once and for "
             "20.000 s at most, and each time went on within 0.1 s of each other; the first that was stalled is "
             "stream 17"},
    {VSOCK_CODE_LARGE_SEND_RISK, ENDPOINTS, {.count = 1, .bytes = 100000},
     .text = "Likely: the connection between " SRC " and " DST " broke or got stuck after 1 packet of "
             "more than 32768 bytes (100000 at most)"},
    {VSOCK_CODE_PROTOCOL_MISMATCH, ENDPOINTS, {.count = 1, .limit = 1213486160},
     .text = "Likely: " SRC " speaks HTTP, and " DST " puts a length in front of what it says: read as one, "
             "the first 4 bytes of " SRC " are 1213486160, which " DST " may have printed as a size"},

    {VSOCK_CODE_MESSAGE_TOO_BIG, ENDPOINTS, {.count = 1, .limit = 500},
     .text = SRC " sends a message that fills the buffer of " DST ", 500 bytes, and goes on: the "
             "rest can never fit"},
    {VSOCK_CODE_MESSAGE_TRUNCATED, ENDPOINTS, {.count = 1},
     .text = "The last message of " SRC " to " DST " has no end"},

    {VSOCK_CODE_CID_SHARED, CIDS, {.count = 2},
     .text = "Likely: CID 2 is several machines: a port there refused 2 requests of one run of client ports, and "
             "accepted those of another meanwhile"},
    {VSOCK_CODE_CID_SHARED, CIDS, {.others = 1}, .proved = true,
     .text = "CID 2 is several machines: 1 connection began while another one was open between the very same "
             "endpoints, and that one went on"},
    {VSOCK_CODE_CAPTURE_LOSS, NO_ENDS, {.count = 1, .of = 1, .bytes = 1},
     .text = "1 byte that was read is not in the capture, in 1 gap of 1 stream"},
    {VSOCK_CODE_CAPTURE_LOSS, NO_ENDS, {.others = 1},
     .text = "1 more packet was read than any captured packet allows: likely, what allowed it is not in "
             "the capture"},
    {VSOCK_CODE_CAPTURE_LOSS, NO_ENDS, {.count = 2, .of = 2, .others = 10, .bytes = 107},
     .text = "107 bytes that were read are not in the capture, in 2 gaps of 2 streams; 10 more packets "
             "were read than any captured packet allows: likely, what allowed them is not in the capture"},
    {VSOCK_CODE_KERNEL_TAP_BUG, NO_ENDS, {.count = 1},
     .text = "1 record holds more bytes than its packet: a known bug of the kernel's tap with packets "
             "that vhost splits"},
    {VSOCK_CODE_KERNEL_TAP_BUG, NO_ENDS, {.count = 2},
     .text = "2 records hold more bytes than their packet: a known bug of the kernel's tap with packets "
             "that vhost splits"},
    {VSOCK_CODE_PAYLOAD_NOT_RECORDED, NO_ENDS, {.count = 1, .of = 1, .bytes = 65536},
     .text = "Likely: the kernel did not record the payload of 1 packet in 1 stream, 65536 bytes in all: a "
             "known bug of its tap with what is larger than 32404 bytes"},
    {VSOCK_CODE_CID_ANOMALY, NO_ENDS, {.count = 1},
     .text = "1 packet has a CID of more than 32 bits, or data from or to a CID that no socket has"},
    {VSOCK_CODE_CID_ANOMALY, NO_ENDS, {.count = 2},
     .text = "2 packets have a CID of more than 32 bits, or data from or to a CID that no socket has"},
    {VSOCK_CODE_OUT_OF_ORDER, NO_ENDS, {.count = 1, .longest = 1500 * MS},
     .text = "1 packet is earlier than the one before, by 1.500000 s"},
    {VSOCK_CODE_OUT_OF_ORDER, NO_ENDS, {.count = 3, .others = 2, .longest = 1500 * MS},
     .text = "3 packets are earlier than the one before, by 1.500000 s at most; 2 streams with such packets are not "
             "judged"},
    {VSOCK_CODE_CLOCK_SET_BACK, NO_ENDS, {.count = 1, .others = 1, .longest = 60500 * MS},
     .text = "The clock that stamps the packets went back by 60.500 s: 1 answer is earlier than what it answers"},
    {VSOCK_CODE_CLOCK_SET_BACK, NO_ENDS, {.count = 2, .others = 3, .longest = 60500 * MS},
     .text = "The clock that stamps the packets went back 2 times, by 60.500 s at most: 3 answers are earlier than "
             "what they answer"},
    {VSOCK_CODE_NOT_FOLLOWED, NO_ENDS, {.count = 1, .others = 1},
     .text = "1 packet is of connections that are not followed, 1 REQUEST among it: there are too many"},
    {VSOCK_CODE_NOT_FOLLOWED, NO_ENDS, {.count = 7, .others = 2},
     .text = "7 packets are of connections that are not followed, 2 REQUESTs among them: there are too many"},
};
/* clang-format on */

static void a_diagnosis_says_what_it_knows_in_one_sentence(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        char *text = text_of(&words[i]);

        g_assert_cmpstr(text, ==, words[i].text);
        g_free(text);
    }
}

static void what_many_streams_share_is_said_of_the_worst_with_their_number(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_PEER_GONE, 4, 0);
    char *text;

    d.src_scope = VSOCK_SCOPE_ENDPOINT;
    d.dst_scope = VSOCK_SCOPE_CID;
    d.src = (struct vsock_endpoint){42, 500};
    d.dst = (struct vsock_endpoint){2, 0};
    d.streams = 12;
    d.examples[0] = 4;
    d.examples[1] = 9;
    d.examples[2] = 17;
    d.span = 2500 * MS;
    text = vsock_diagnosis_text(&d);
    g_assert_true(g_str_has_prefix(text, "42:500 did not know its connection to CID 2: "));
    g_assert_true(g_str_has_suffix(text, "; the worst of 12 such streams in 2.500 s, as at frames 4, 9, 17"));
    g_free(text);
    d.streams = 1;
    text = vsock_diagnosis_text(&d);
    g_assert_null(strstr(text, "streams"));
    g_free(text);
}

static void every_code_is_said_above(void)
{
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        size_t i = 0;

        while (i < G_N_ELEMENTS(words) && words[i].code != code)
            i++;
        if (i == G_N_ELEMENTS(words))
            g_error("%s has no sentence in this test", vsock_codes[code].name);
    }
}

static void what_a_sentence_tells_of_has_a_name_for_scripts(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const struct vsock_figure_names *names = &vsock_codes[words[i].code].figures;
        const struct vsock_figures *f = &words[i].figures;

        g_test_message("%s", words[i].text);
        g_assert_true(names->count || f->count <= 1);
        g_assert_true(names->of || f->of == 0);
        g_assert_true(names->others || f->others == 0);
        g_assert_true(names->bytes || f->bytes == 0);
        g_assert_true(names->limit || f->limit == 0);
        g_assert_true(names->longest || f->longest == 0);
        g_assert_true(names->total || f->total == 0);
        g_assert_true(names->proved || f->proved == 0);
    }
}

static const char *next_of(enum vsock_code code, struct vsock_figures figures)
{
    struct vsock_diagnosis d = start(code, 1, 0);

    d.figures = figures;
    return vsock_diagnosis_next(&d);
}

static void what_to_look_at_next_depends_on_what_is_known(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_REFUSED, 1, 0);

    d.shared = true;
    g_assert_cmpstr(vsock_diagnosis_next(&d), ==,
                    "several machines have this CID (cid-shared): is anything listening on the one that was "
                    "meant?");
    d.own_fault = true;
    g_assert_cmpstr(vsock_diagnosis_next(&d), ==,
                    "another packet than a RESPONSE reached the client: which one, just before the RST?");
    d.dialled_itself = true;
    g_assert_cmpstr(
        vsock_diagnosis_next(&d), ==,
        "a socket that is bound to the port it connects to cannot work: bind another port, or none");
    g_assert_cmpstr(next_of(VSOCK_CODE_CONNECT_REFUSED, (struct vsock_figures){.others = 0}), ==,
                    "is anything listening there, on that CID and port, with this socket type?");
    g_assert_cmpstr(next_of(VSOCK_CODE_CONNECT_REFUSED, (struct vsock_figures){.others = 1}), ==,
                    "it also accepts: was its listener not up yet, restarted, or its backlog full?");
    g_assert_cmpstr(next_of(VSOCK_CODE_LISTENER_LOST, (struct vsock_figures){.of = 0}), ==,
                    "did the listening program end, or close its listener after the first connection?");
    g_assert_cmpstr(next_of(VSOCK_CODE_LISTENER_LOST, (struct vsock_figures){.of = 1}), ==,
                    "is the program still accepting? Its backlog may be full of connections that it has not "
                    "taken");
    d = start(VSOCK_CODE_LISTENER_LOST, 1, 0);
    d.port_count = 2;
    g_assert_cmpstr(vsock_diagnosis_next(&d), ==,
                    "did one program that serves all these ports end, an agent for instance, or its machine "
                    "begin anew?");
    g_assert_cmpstr(
        next_of(VSOCK_CODE_STOOD_STILL, (struct vsock_figures){.longest = 5, .total = 5}), ==,
        "was that machine, or its monitor, paused, suspended, or out of CPU time then? Its log, and "
        "its clock, may tell");
    g_assert_cmpstr(next_of(VSOCK_CODE_STOOD_STILL, (struct vsock_figures){.longest = 5, .total = 4}), ==,
                    "which program or thread serves all of these streams, and what did it wait for then?");
    g_assert_cmpstr(next_of(VSOCK_CODE_PEER_GONE, (struct vsock_figures){.of = 0}), ==,
                    vsock_codes[VSOCK_CODE_PEER_GONE].next);
}

static bool is_next(enum vsock_way way, enum vsock_heard heard, const char *part)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_UNANSWERED, 1, 0);

    d.way = way;
    d.heard = heard;
    return strstr(vsock_diagnosis_next(&d), part) != NULL;
}

static void who_did_not_answer_decides_where_to_look(void)
{
    g_assert_true(is_next(VSOCK_WAY_NOWHERE, VSOCK_HEARD_NEVER, "which machine is to have that CID?"));
    g_assert_true(is_next(VSOCK_WAY_TO_GUEST, VSOCK_HEARD_BEFORE, "had a buffer for the request"));
    g_assert_true(is_next(VSOCK_WAY_TO_GUEST, VSOCK_HEARD_SINCE, "that guest is up"));
    g_assert_true(
        is_next(VSOCK_WAY_TO_HOST, VSOCK_HEARD_BEFORE, "captured in the guest: does anybody listen"));
    g_assert_true(is_next(VSOCK_WAY_TO_HOST_FROM_OUTSIDE, VSOCK_HEARD_NEVER, "that guest takes no packets:"));
    g_assert_false(is_next(VSOCK_WAY_TO_HOST, VSOCK_HEARD_SINCE, "takes no packets")); /* it does */
    g_assert_false(is_next(VSOCK_WAY_TO_HOST_FROM_OUTSIDE, VSOCK_HEARD_SINCE, "takes no packets"));
    g_assert_true(is_next(VSOCK_WAY_BETWEEN_GUESTS, VSOCK_HEARD_SINCE, "nothing from guest to guest"));
    g_assert_true(is_next(VSOCK_WAY_BETWEEN_GUESTS, VSOCK_HEARD_NEVER, "g2h_fallback"));
}

static void what_to_look_at_next_of_a_stall_depends_on_its_cause(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_STALL_UNDECIDED, 1, 0);

    d.cause = VSOCK_STALL_SHRUNK;
    g_assert_cmpstr(vsock_diagnosis_next(&d), ==,
                    "SO_VM_SOCKETS_BUFFER_SIZE was lowered on an open connection: lower it before");
    d.cause = VSOCK_STALL_UPDATE_LATE;
    g_assert_cmpstr(vsock_diagnosis_next(&d), ==,
                    "which driver or monitor is it? Linux answers a CREDIT_REQUEST at once");
}

/* Linux tells of what was read at once while its buffer is no larger than that. */
static void updates_are_withheld_from_64_kib_on(void)
{
    g_assert_cmpstr(next_of(VSOCK_CODE_STALL_UNDECIDED, (struct vsock_figures){.limit = 65536}), ==,
                    "did the receiving program read all the time? If so, its driver or monitor did not tell: "
                    "Linux, with a buffer of 64 KiB or less, tells at each read");
    g_assert_cmpstr(
        next_of(VSOCK_CODE_STALL_UNDECIDED, (struct vsock_figures){.limit = 65537}), ==,
        "did the receiving program read all the time? Linux may tell only when less than 64 KiB of "
        "its buffer is left");
}

static void an_end_is_a_cid_and_a_port_or_a_cid_or_nothing(void)
{
    struct vsock_endpoint end = {.cid = UINT64_MAX, .port = UINT32_MAX};
    char *endpoint = vsock_scope_text(VSOCK_SCOPE_ENDPOINT, end),
         *cid = vsock_scope_text(VSOCK_SCOPE_CID, end);

    g_assert_cmpstr(endpoint, ==, "18446744073709551615:4294967295");
    g_assert_cmpstr(cid, ==, "18446744073709551615");
    g_assert_null(vsock_scope_text(VSOCK_SCOPE_NONE, end));
    g_free(endpoint);
    g_free(cid);
}

static void check_filter(const struct vsock_diagnosis *d, const char *wanted)
{
    char *filter = vsock_diagnosis_filter(d);

    g_assert_cmpstr(filter, ==, wanted);
    g_free(filter);
}

static void a_filter_shows_its_stream_or_what_is_known_of_its_ends(void)
{
    struct vsock_diagnosis d = start(VSOCK_CODE_CONNECT_REFUSED, 1, 0);

    d.src = (struct vsock_endpoint){3, 1024};
    d.dst = (struct vsock_endpoint){2, 80};
    d.src_scope = d.dst_scope = VSOCK_SCOPE_NONE;
    d.stream = VSOCK_STREAM_NONE;
    check_filter(&d, NULL);
    d.dst_scope = VSOCK_SCOPE_CID;
    check_filter(&d, "vsock.cid == 2");
    d.src_scope = VSOCK_SCOPE_CID;
    check_filter(&d, "vsock.cid == 3 && vsock.cid == 2");
    d.dst.cid = 3; /* as on loopback */
    check_filter(&d, "vsock.cid == 3");
    d.dst_scope = VSOCK_SCOPE_ENDPOINT;
    check_filter(&d, "vsock.cid == 3 && vsock.addr == \"3:80\"");
    d.stream = 7;
    check_filter(&d, "vsock.stream == 7");
    d.code = VSOCK_CODE_CAPTURE_LOSS;
    check_filter(&d, "vsock.analysis.unseen_data || vsock.analysis.fwd_cnt_ahead || "
                     "vsock.analysis.credit_record_missing || "
                     "vsock.analysis.credit_exceeded");
    d.src_scope = VSOCK_SCOPE_ENDPOINT;
    d.dst_scope = VSOCK_SCOPE_NONE;
    d.stream = VSOCK_STREAM_NONE;
    d.code = VSOCK_CODE_CONNECT_REFUSED;
    check_filter(&d, "vsock.addr == \"3:1024\"");
}

/* ---- times ---- */

static void no_two_times_are_too_far_apart_for_64_bits(void)
{
    int64_t first = vsock_time_at(INT64_MIN, 0), last = vsock_time_at(INT64_MAX, 999999999);

    g_assert_cmpint(vsock_time_at(12, 34), ==, 12 * SECOND + 34);
    g_assert_cmpint(vsock_time_at(-1, 5), ==, -SECOND + 5);
    g_assert_cmpint(vsock_time_at(4000000000, 1), ==, vsock_time_at(4000000001, 1));
    g_assert_cmpint(vsock_time_at(3999999999, 1), ==, vsock_time_at(4000000000, 1) - SECOND);
    g_assert_cmpint(last - first, ==, vsock_time_sum(last, -first));
    g_assert_cmpint(last - first, <, INT64_MAX);
}

static void usual_thresholds_are_those_of_the_reference(void)
{
    struct vsock_thresholds t = vsock_thresholds_usual();

    g_assert_cmpint(t.connect_timeout, ==, 2 * SECOND);
    g_assert_cmpint(t.stall_note, ==, 100 * MS);
    g_assert_cmpint(t.stall_warning, ==, SECOND);
    g_assert_cmpint(t.credit_request_timeout, ==, SECOND);
    g_assert_cmpint(t.large_payload, ==, VSOCK_LARGE_PAYLOAD_BY_BYTES);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/diagnosis/" #name, name)
    TEST(every_code_has_a_name_of_its_own);
    TEST(every_code_has_all_that_a_report_needs);
    TEST(a_code_gets_no_milder_when_it_worsens);
    TEST(severities_have_the_names_of_expert_infos);
    TEST(a_diagnosis_begins_where_its_packet_is);
    TEST(a_report_begins_with_the_worst_then_with_the_first);
    TEST(at_one_time_the_order_is_by_packet_then_code_then_stream);
    TEST(the_same_again_adds_up);
    TEST(two_types_are_none);
    TEST(of_stalls_the_longest_names_the_buffer_and_the_cause);
    TEST(a_softened_diagnosis_is_at_most_a_note);
    TEST(what_comes_later_only_ends_later);
    TEST(of_equal_frame_numbers_the_earlier_packet_is_told);
    TEST(sizes_keep_the_largest_but_lost_bytes_add_up);
    TEST(sizes_that_make_sense_together_stay_so);
    TEST(times_never_add_up_to_less);
    TEST(a_diagnosis_says_what_it_knows_in_one_sentence);
    TEST(what_many_streams_share_is_said_of_the_worst_with_their_number);
    TEST(every_code_is_said_above);
    TEST(what_a_sentence_tells_of_has_a_name_for_scripts);
    TEST(what_to_look_at_next_depends_on_what_is_known);
    TEST(who_did_not_answer_decides_where_to_look);
    TEST(what_to_look_at_next_of_a_stall_depends_on_its_cause);
    TEST(updates_are_withheld_from_64_kib_on);
    TEST(an_end_is_a_cid_and_a_port_or_a_cid_or_nothing);
    TEST(a_filter_shows_its_stream_or_what_is_known_of_its_ends);
    TEST(no_two_times_are_too_far_apart_for_64_bits);
    TEST(usual_thresholds_are_those_of_the_reference);
    return g_test_run();
}
