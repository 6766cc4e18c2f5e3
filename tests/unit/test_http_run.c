/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_http_run.c - up to where bytes are HTTP/1. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/http_run.h"

#define GET "GET / HTTP/1.1\r\nHost: vsock\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define UPGRADED "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp \r\n\r\n"

/* From memory of just that size: reading beyond it is an error under ASan. */
static struct vsock_http_run run_of(const char *bytes, size_t length, bool after_connect)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    struct vsock_http_run run = vsock_http_run(copy, (uint32_t)length, after_connect);

    g_free(copy);
    g_assert_cmpuint(run.length, <=, length);
    if (run.then != VSOCK_HTTP_OTHER)
        g_assert_cmpuint(run.length, ==, length);
    return run;
}

static void check(const char *bytes, size_t length, bool after_connect, size_t run, enum vsock_http_then then)
{
    struct vsock_http_run r = run_of(bytes, length, after_connect);

    g_assert_cmpuint(r.length, ==, run);
    g_assert_cmpint(r.then, ==, then);
}

#define SIZE(literal) (sizeof(literal) - 1)
#define ENDS(literal) check(literal, SIZE(literal), false, SIZE(literal), VSOCK_HTTP_ENDS)
#define UNKNOWN(literal) check(literal, SIZE(literal), false, SIZE(literal), VSOCK_HTTP_UNKNOWN)
#define OTHER(http, rest) check(http rest, SIZE(http rest), false, SIZE(http), VSOCK_HTTP_OTHER)

static void a_message_ends_with_its_header_or_with_the_body_that_it_tells_of(void)
{
    ENDS(GET);
    ENDS("GET / HTTP/1.1\nHost: vsock\n\n");
    ENDS("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    ENDS("POST / HTTP/1.1\r\ncontent-length:\t3\r\n\r\nabc");
    UNKNOWN("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc");
    UNKNOWN("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\nabc");
    ENDS(OK "Content-Length: 3\r\n\r\nabc");
    ENDS("HTTP/1.1 100 Continue\r\n\r\n");
    ENDS("HTTP/1.1 204 No Content\r\n\r\n");
    ENDS("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n");
    ENDS("");
}

static void a_message_may_not_tell_where_it_ends(void)
{
    UNKNOWN("GET / HT");
    UNKNOWN("GET / HTTP/1.1\r\nHost: vsock\r\n");
    UNKNOWN(OK "\r\n");
    UNKNOWN(OK "\r\n\1\2");
    UNKNOWN(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n");
    UNKNOWN("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void behind_it_another_message_may_begin_or_something_else(void)
{
    ENDS(GET GET);
    ENDS(GET "\r\n" GET);
    UNKNOWN(GET "GE");
    UNKNOWN(GET "M-SEARCH");
    UNKNOWN(GET "HTTP/1.1 20");
    UNKNOWN(GET "\r\n");
    OTHER(GET, "G\0");
    OTHER(GET, "get / HTTP/1.1\r\n\r\n");
    OTHER(GET, "SSH-2.0-x\r\n");
    OTHER(GET, " ");
    OTHER(GET, "FTP/1");
    OTHER(GET GET, "\x2a");
    OTHER(GET, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG");
    OTHER("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "\x2a\0");
    OTHER("", "\x2a\0");
}

static void what_may_be_a_response_is_no_body_of_one(void)
{
    UNKNOWN(OK "Content-Length: 20\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"); /* as to HEAD */
}

static void an_upgrade_that_is_granted_ends_it(void)
{
    struct vsock_http_run r = run_of(UPGRADED, SIZE(UPGRADED), false);

    g_assert_true(r.turned);
    g_assert_cmpuint(r.upgrade_length, ==, 4);
    g_assert_cmpmem(&UPGRADED[r.upgrade], r.upgrade_length, "tcp ", 4);
    OTHER(UPGRADED, GET);
    g_assert_false(run_of(GET, SIZE(GET), false).turned);
    g_assert_cmpuint(run_of("HTTP/1.1 101 x\r\n\r\n", 18, false).upgrade_length, ==, 0);
}

static void so_does_a_tunnel_that_is_granted(void)
{
    static const char granted[] = OK "\r\n", refused[] = "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n";

    check(granted, SIZE(granted), true, SIZE(granted), VSOCK_HTTP_ENDS);
    check(OK "\r\n\x16", SIZE(granted) + 1, true, SIZE(granted), VSOCK_HTTP_OTHER);
    g_assert_true(run_of(granted, SIZE(granted), true).turned);
    g_assert_false(run_of(refused, SIZE(refused), true).turned);
    g_assert_true(run_of("CONNECT a:1 HTTP/1.1\r\n\r\n", 24, false).connect);
    g_assert_false(run_of(GET, SIZE(GET), false).connect);
    g_assert_false(run_of("CONNECT a:1 HTTP/1.1\r\n\r\n" GET, 24 + SIZE(GET), false).connect);
}

#define TEST(name) g_test_add_func("/http_run/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_message_ends_with_its_header_or_with_the_body_that_it_tells_of);
    TEST(a_message_may_not_tell_where_it_ends);
    TEST(behind_it_another_message_may_begin_or_something_else);
    TEST(what_may_be_a_response_is_no_body_of_one);
    TEST(an_upgrade_that_is_granted_ends_it);
    TEST(so_does_a_tunnel_that_is_granted);
    return g_test_run();
}
