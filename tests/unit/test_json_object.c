/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_json_object.c - what JSON objects have, and the calls that are such: the QEMU guest agent's,
 * varlink's. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/json_object.h"
#include "core/qga.h"
#include "core/varlink.h"

/* Bytes in memory of just that size: reading beyond it is an error under ASan. */
struct bytes {
    uint8_t *at;
    uint32_t length;
};

static struct bytes copy_of(const char *text)
{
    return (struct bytes){(uint8_t *)g_memdup2(text, strlen(text)), (uint32_t)strlen(text)};
}

static void check_part(struct bytes b, struct vsock_json_part part, const char *wanted)
{
    g_autofree char *found =
        part.length > 0 ? g_strndup((const char *)b.at + part.begin, part.length) : g_strdup("");

    g_assert_cmpstr(found, ==, wanted);
}

static void check_member(const char *object, const char *name, const char *wanted)
{
    struct bytes b = copy_of(object);

    check_part(b, vsock_json_member(b.at, b.length, 0, name), wanted);
    g_free(b.at);
}

static void a_member_is_the_objects_own_and_whole(void)
{
    check_member("{\"a\":1}", "a", "1");
    check_member("{ \"b\" : [1,{\"a\":2}] , \"a\" : \"x,}\\\"\" }", "a", "\"x,}\\\"\"");
    check_member("{\"b\":{\"a\":2},\"a\":{\"c\":[]}}", "a", "{\"c\":[]}");
    check_member("{\"a\":true", "a", ""); /* truer? */
    check_member("{\"a\":true,", "a", "true");
    check_member("{\"a\":\"x", "a", "");
    check_member("{\"a\":{\"b\":1}", "a", "{\"b\":1}");
    check_member("{\"a\":{\"b\":1", "a", "");
    check_member("{\"b\":{\"a\":1}}", "a", "");
    check_member("{\"aa\":1,\"A\":2}", "a", "");
    check_member("{\"a\":1,\"a\":2}", "a", "1");
    check_member("{\"b\" 1,\"a\":2}", "a", "");
    check_member("{\"a\":}", "a", "");
    check_member("[\"a\",1]", "a", "");
    check_member("{", "a", "");
    check_member("", "a", "");
}

/* ---- the QEMU guest agent ---- */

static bool is_qga(const char *text, bool whole)
{
    struct bytes b = copy_of(text);
    uint32_t lacks;
    bool is = vsock_is_qga(b.at, b.length, &lacks);

    g_free(b.at);
    g_assert_cmpuint(lacks, ==, is && !whole ? UINT32_MAX : 0);
    return is;
}

static void an_agents_stream_begins_with_a_command_of_guests(void)
{
    g_assert_true(is_qga("{\"execute\":\"guest-ping\"}\n", true));
    g_assert_true(is_qga("{\"execute\":\"guest-ping\"}", true));
    g_assert_true(is_qga("{\"arguments\":{\"id\":1}, \"execute\": \"guest-sync\"}\r\n{", true));
    g_assert_true(is_qga("\xff{\"execute\":\"guest-ping\"}\xff", true));
    g_assert_false(is_qga("{\"execute\":\"query-status\"}\n", true)); /* QMP */
    g_assert_false(is_qga("{\"execute\":\"guest-\"}\n", true));
    g_assert_false(is_qga("{\"execute\":7}\n", true));
    g_assert_false(is_qga("{\"method\":\"guest-ping\"}\n", true));
    g_assert_false(is_qga("{\"execute\":\"guest-ping\"}x", true));
    g_assert_false(is_qga("{\"return\":{}}\n", true)); /* without a sentinel, anybody's */
    g_assert_true(is_qga("\xff{\"return\":{}}\n", true));
    g_assert_true(is_qga("\xff{\"error\":{}}\n", true));
    g_assert_false(is_qga("\xff{\"a\":{}}\n", true));
    g_assert_false(is_qga("\xff", true));
    g_assert_false(is_qga("\xff{\"\x01", true));
}

static void a_command_that_is_not_whole_is_waited_for(void)
{
    g_assert_true(is_qga("{\"execute\":\"guest-ping\"", false));
    g_assert_true(is_qga("\xff{\"", false));
    g_assert_false(is_qga("{\"execute\":\"guest-pin", true)); /* which framed JSON waits for */
    g_assert_false(is_qga("{\"execute\":\"query-status\"", true));
}

static void check_size(const char *text, uint32_t wanted)
{
    struct bytes b = copy_of(text);

    g_assert_cmpuint(vsock_qga_size(b.at, b.length), ==, wanted);
    g_free(b.at);
}

static void a_message_of_the_agent_is_an_object_and_its_lines_end(void)
{
    check_size("{\"a\":1}", 7);
    check_size("{\"a\":1}\n", 8);
    check_size("{\"a\":1} \r\n{", 10);
    check_size("{\"a\":1}{", 7);
    check_size("\xff\xff{}\n", 5);
    check_size("\n {}", 4);
    check_size("\r\n", 2);
    check_size("\xff", UINT32_MAX);
    check_size("{\"a\":\"}", UINT32_MAX);
    check_size("{\"a\":\n1", UINT32_MAX);
    check_size("{\"\x01}", 0);
    check_size("x", 0);
}

static void a_messages_parts_tell_what_it_is(void)
{
    struct bytes b = copy_of("\xff {\"id\": {\"n\":1}, \"error\": {\"class\":\"C\", \"desc\":\"d\"}}\n");
    struct vsock_qga_message m = vsock_qga_message_of(b.at, b.length);

    g_assert_cmpint(m.kind, ==, VSOCK_QGA_ERROR);
    g_assert_true(m.sentinel);
    g_assert_cmpuint(m.object.begin, ==, 2);
    g_assert_cmpuint(m.object.length, ==, b.length - 3);
    check_part(b, m.id, "{\"n\":1}");
    check_part(b, m.error_class, "C");
    check_part(b, m.error_desc, "d");
    g_free(b.at);
}

static void a_command_that_says_nothing_is_answered_by_errors_alone(void)
{
    g_assert_true(vsock_qga_may_answer("guest-ping", VSOCK_QGA_RETURN, false));
    g_assert_false(vsock_qga_may_answer("guest-shutdown", VSOCK_QGA_RETURN, false));
    g_assert_true(vsock_qga_may_answer("guest-shutdown", VSOCK_QGA_ERROR, false));
    g_assert_false(vsock_qga_may_answer("guest-suspend-hybrid", VSOCK_QGA_RETURN, false));
}

static void a_sentinel_answers_the_command_that_asks_for_one(void)
{
    g_assert_true(vsock_qga_may_answer("guest-sync-delimited", VSOCK_QGA_RETURN, true));
    g_assert_false(vsock_qga_may_answer("guest-sync-delimited", VSOCK_QGA_RETURN, false));
    g_assert_true(vsock_qga_may_answer("guest-sync-delimited", VSOCK_QGA_ERROR, false));
    g_assert_false(vsock_qga_may_answer("guest-sync", VSOCK_QGA_RETURN, true));
    g_assert_false(vsock_qga_may_answer("guest-sync", VSOCK_QGA_ERROR, true));
}

/* ---- varlink ---- */

/* A message of varlink's with that method, and what is behind it. */
static bool is_varlink(const char *method, const char *end, size_t end_length, uint32_t wanted)
{
    g_autofree char *object = g_strdup_printf("{\"parameters\":{},\"method\":\"%s\"}", method);
    size_t length = strlen(object);
    GByteArray *bytes = g_byte_array_new();
    uint32_t lacks;
    bool is;

    g_byte_array_append(bytes, (const uint8_t *)object, (unsigned)length);
    g_byte_array_append(bytes, (const uint8_t *)end, (unsigned)end_length);
    is = vsock_is_varlink(bytes->data, bytes->len, &lacks);
    g_assert_true(!is || lacks == wanted);
    g_byte_array_free(bytes, TRUE);
    return is;
}

static void an_error_alone_answers_a_sentinel(void)
{
    g_assert_true(vsock_qga_may_answer(VSOCK_QGA_OF_SENTINEL, VSOCK_QGA_ERROR, false));
    g_assert_false(vsock_qga_may_answer(VSOCK_QGA_OF_SENTINEL, VSOCK_QGA_ERROR, true));
    g_assert_false(vsock_qga_may_answer(VSOCK_QGA_OF_SENTINEL, VSOCK_QGA_RETURN, false));
    g_assert_false(vsock_qga_may_answer(VSOCK_QGA_OF_SENTINEL, VSOCK_QGA_RETURN, true));
}

static void a_stream_of_varlink_begins_with_a_call_of_an_interface(void)
{
    g_assert_true(is_varlink("io.systemd.Hostname.Describe", "", 1, 0));
    g_assert_true(is_varlink("org.x-1.Get9", "\0{", 2, 0));
    g_assert_true(is_varlink("org.varlink.service.GetInfo", "", 0, 1)); /* whose NUL is to come */
    g_assert_false(is_varlink("io.systemd.Hostname.Describe", "\n", 1, 0));
    g_assert_false(is_varlink("a.B", "", 1, 0));
    g_assert_false(is_varlink("io.systemd.describe", "", 1, 0));
    g_assert_false(is_varlink("io.systemd.Desc-ribe", "", 1, 0));
    g_assert_false(is_varlink("io..systemd.Describe", "", 1, 0));
    g_assert_false(is_varlink("io.systemd-.Describe", "", 1, 0));
    g_assert_false(is_varlink("9io.systemd.Describe", "", 1, 0));
    g_assert_false(is_varlink("textDocument/didOpen", "", 1, 0));
    g_assert_false(is_varlink("", "", 1, 0));
    g_assert_false(is_varlink("io.systemd.", "", 1, 0));
}

static void flags_of_varlink_are_there_if_they_are_true(void)
{
    struct bytes b = copy_of("{\"more\":true,\"oneway\":false,\"continues\":1,\"error\":\"a.b.C\"}");
    struct vsock_varlink_message m = vsock_varlink_message_of(b.at, b.length);

    g_assert_true(m.more && !m.oneway && !m.continues && !m.upgrade);
    g_assert_cmpuint(m.method.length, ==, 0);
    check_part(b, m.error, "a.b.C");
    g_free(b.at);
}

#define TEST(name) g_test_add_func("/json_object/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_member_is_the_objects_own_and_whole);
    TEST(an_error_alone_answers_a_sentinel);
    TEST(an_agents_stream_begins_with_a_command_of_guests);
    TEST(a_command_that_is_not_whole_is_waited_for);
    TEST(a_message_of_the_agent_is_an_object_and_its_lines_end);
    TEST(a_messages_parts_tell_what_it_is);
    TEST(a_command_that_says_nothing_is_answered_by_errors_alone);
    TEST(a_sentinel_answers_the_command_that_asks_for_one);
    TEST(a_stream_of_varlink_begins_with_a_call_of_an_interface);
    TEST(flags_of_varlink_are_there_if_they_are_true);
    return g_test_run();
}
