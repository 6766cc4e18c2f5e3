/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_mismatch.c - two programs that do not speak the same. A test's name is the rule it checks. */
#include <string.h>

#include "story.h"

#define REFUSED "HTTP/1.1 404 Not Found\r\n\r\n"
#define GET "GET / HTTP/1.1\r\n\r\n"

static struct connection c;

static void say(uint8_t side, const char *bytes, size_t length)
{
    says = bytes;
    says_length = (uint32_t)length;
    take(&c, side, VSOCK_OP_RW, (uint32_t)length);
    c.fwd_cnt[side ^ 1] += (uint32_t)length;
}

#define SAY(side, literal) say(side, literal, sizeof(literal) - 1)
#define FRAMED "\0\0\0\4{\"\"}"

static struct connection fresh(void)
{
    struct connection fresh = between(42, 1024, 2, 9999);

    fresh.buf_alloc[S] = 262144;
    return fresh;
}

static void begin(void)
{
    begin_capture();
    c = fresh();
    open_connection(&c);
}

static struct vsock_diagnosis judged(void)
{
    shut(&c, C, 3);
    return judge_for(VSOCK_CODE_PROTOCOL_MISMATCH, NULL);
}

static void a_message_behind_its_length_is_refused_in_http(void)
{
    struct vsock_diagnosis d;

    begin();
    SAY(C, FRAMED);
    SAY(S, REFUSED);
    d = judged();
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpuint(d.figures.limit, ==, 1213486160); /* "HTTP" */
    g_assert_cmpuint(d.first_frame, ==, 3);
    g_assert_cmpuint(d.last_frame, ==, 4);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
    begin();
    SAY(C, "\4\0\0\0abcd");
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.limit, ==, 1347703880);
}

static void a_request_of_http_is_answered_by_a_message_behind_its_length(void)
{
    begin();
    SAY(C, GET);
    SAY(S, FRAMED);
    g_assert_cmpuint(judged().figures.limit, ==, 1195725856); /* "GET " */
    begin();
    SAY(C, "POST / HTTP/1.1\r\n\r\n"); /* as in front of Ethernet */
    SAY(S, FRAMED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
}

static void pieces_are_put_together(void)
{
    begin();
    SAY(C, "\0\0");
    SAY(C, "\0\4");
    SAY(C, "{\"\"}");
    SAY(S, "HTTP");
    SAY(S, "/1.1 4");
    SAY(S, "04 Not Found\r\n\r\n");
    g_assert_cmpuint(judged().figures.count, ==, 1);
}

static void a_length_that_is_none_tells_nothing(void)
{
    begin();
    SAY(C, "\0\0\0\5{\"\"}");
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, "\0\0\0\1x");
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, "{\"text\": \"JSON in a line\"}\n");
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
}

static void a_stream_that_goes_on_tells_nothing(void)
{
    begin();
    SAY(C, FRAMED);
    SAY(S, REFUSED);
    SAY(C, FRAMED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, FRAMED);
    SAY(C, GET); /* to a proxy, which was told where to */
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, GET);
    SAY(S, FRAMED);
    SAY(C, GET);
    g_assert_cmpuint(judged().figures.count, ==, 0);
}

static void an_answer_that_is_no_refusal_tells_nothing(void)
{
    begin();
    SAY(C, FRAMED);
    SAY(S, "HTTP/1.1 200 OK\r\n\r\n");
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, FRAMED);
    SAY(S, "HTTP/1.1 ");
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, FRAMED);
    SAY(S, FRAMED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    SAY(C, "\x16\3\1\0\6\1\0\0\2\3\3"); /* of TLS */
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
}

static void what_is_open_is_told_of_after_three_silent_seconds(void)
{
    struct connection another;

    for (unsigned more = 0; more < 2; more++) {
        begin();
        SAY(C, FRAMED);
        SAY(S, REFUSED);
        after(3 * SECOND + (int64_t)more - 1);
        another = fresh();
        another.end[C].port++;
        request(&another);
        g_assert_cmpuint(judge_for(VSOCK_CODE_PROTOCOL_MISMATCH, NULL).figures.count, ==, more);
    }
}

static void what_the_capture_lacks_tells_nothing(void)
{
    begin();
    SAY(C, FRAMED);
    SAY(S, REFUSED);
    c.fwd_cnt[S] += 100; /* the server has read more than was seen */
    take(&c, S, VSOCK_OP_CREDIT_UPDATE, 0);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin_capture(); /* mid-stream */
    c = fresh();
    SAY(C, FRAMED);
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
    begin();
    rw(&c, 8); /* not captured */
    c.fwd_cnt[S] += 8;
    SAY(S, REFUSED);
    g_assert_cmpuint(judged().figures.count, ==, 0);
}

#define TEST(name) g_test_add_func("/mismatch/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_message_behind_its_length_is_refused_in_http);
    TEST(a_request_of_http_is_answered_by_a_message_behind_its_length);
    TEST(pieces_are_put_together);
    TEST(a_length_that_is_none_tells_nothing);
    TEST(a_stream_that_goes_on_tells_nothing);
    TEST(an_answer_that_is_no_refusal_tells_nothing);
    TEST(what_is_open_is_told_of_after_three_silent_seconds);
    TEST(what_the_capture_lacks_tells_nothing);
    return g_test_run();
}
