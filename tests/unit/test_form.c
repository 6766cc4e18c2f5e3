/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_form.c - the extcap's arguments, and the filter of its form. A test's name is the rule it checks. */
#include <glib.h>
#include <string.h>

#include "form.h"

/* A name, and arguments up to NULL. */
static bool read(struct vsock_form *form, char **wrong, const char *const *arguments)
{
    char *argv[32] = {(char *)"vsockmon"};
    int argc = 1;

    for (; *arguments; arguments++)
        argv[argc++] = (char *)*arguments;
    return vsock_form_read(form, argc, argv, wrong);
}

#define READ(form, wrong, ...) read(form, wrong, (const char *const[]){__VA_ARGS__, NULL})

static void refused_for(const char *why, const char *const *arguments)
{
    struct vsock_form form;
    char *wrong;

    g_assert_false(read(&form, &wrong, arguments));
    g_assert_nonnull(strstr(wrong, why));
    g_free(wrong);
}

#define REFUSED_FOR(why, ...) refused_for(why, (const char *const[]){__VA_ARGS__, NULL})

static void filter_is(const struct vsock_form *form, const char *filter)
{
    char *wrong, *made = vsock_form_filter(form, &wrong);

    g_assert_cmpstr(wrong, ==, NULL);
    g_assert_cmpstr(made, ==, filter);
    g_free(made);
}

static void no_filter_for(const struct vsock_form *form, const char *why)
{
    char *wrong, *made = vsock_form_filter(form, &wrong);

    g_assert_null(made);
    g_assert_nonnull(strstr(wrong, why));
    g_free(wrong);
}

static void arguments_come_in_any_order(void)
{
    struct vsock_form form;
    char *wrong;

    g_assert_true(READ(&form, &wrong, "--headers-only", "--buffer", "64", "--capture", "--ports=22", "--fifo",
                       "/tmp/x", "--extcap-interface", "vsockmon", "--cids", "3", "--ops", "rw",
                       "--leave-out-ports", "1"));
    g_assert_cmpint(form.job, ==, VSOCK_FORM_CAPTURE);
    g_assert_cmpstr(form.fifo, ==, "/tmp/x");
    g_assert_cmpstr(form.interface, ==, "vsockmon");
    g_assert_cmpstr(form.ports, ==, "22");
    g_assert_cmpstr(form.cids, ==, "3");
    g_assert_cmpstr(form.ops, ==, "rw");
    g_assert_cmpstr(form.left_out, ==, "1");
    g_assert_true(form.headers_only);
    g_assert_cmpuint(form.buffer, ==, 64);
}

static void what_is_not_asked_is_the_default(void)
{
    struct vsock_form form;
    char *wrong;

    g_assert_true(READ(&form, &wrong, "--extcap-interfaces", "--extcap-version=4.0"));
    g_assert_cmpint(form.job, ==, VSOCK_FORM_INTERFACES);
    g_assert_cmpuint(form.buffer, ==, VSOCK_FORM_BUFFER);
    g_assert_false(form.headers_only);
    filter_is(&form, "");
}

static void a_filter_without_a_capture_is_checked(void)
{
    struct vsock_form form;
    char *wrong;

    g_assert_true(
        READ(&form, &wrong, "--extcap-capture-filter", "port 22", "--extcap-interface", "vsockmon"));
    g_assert_cmpint(form.job, ==, VSOCK_FORM_CHECK_FILTER);
    g_assert_true(READ(&form, &wrong, "--capture", "--extcap-capture-filter", "port 22"));
    g_assert_cmpint(form.job, ==, VSOCK_FORM_CAPTURE);
}

static void what_is_no_argument_is_refused(void)
{
    REFUSED_FOR("--no-such is no option", "--no-such");
    REFUSED_FOR("--fifo is no option, or lacks its value", "--capture", "--fifo");
    REFUSED_FOR("stray is too much", "--capture", "stray");
    REFUSED_FOR("-x is no option", "-x");
    REFUSED_FOR("is no option", "--headers-only=1");
}

static void a_buffer_is_1_to_1024_mib(void)
{
    struct vsock_form form;
    char *wrong;

    g_assert_true(READ(&form, &wrong, "--buffer", "1"));
    g_assert_true(READ(&form, &wrong, "--buffer", "1024"));
    REFUSED_FOR("0 is no number", "--buffer", "0");
    REFUSED_FOR("1025 is no number", "--buffer", "1025");
    REFUSED_FOR("-1 is no number", "--buffer", "-1");
    REFUSED_FOR("1x is no number", "--buffer", "1x");
    REFUSED_FOR(" is no number", "--buffer", "");
    REFUSED_FOR("18446744073709551617 is no number", "--buffer", "18446744073709551617");
}

static void values_of_a_field_are_alternatives_and_fields_are_not(void)
{
    filter_is(&(struct vsock_form){.ports = "22"}, "((link[16:4] = 0x16000000 or link[20:4] = 0x16000000))");
    filter_is(&(struct vsock_form){.ops = "connect, payload"},
              "((link[24:2] = 0x0100 or link[24:2] = 0x0400))");
    filter_is(&(struct vsock_form){.ops = "control", .capture_filter = "transport none"},
              "(link[24:2] = 0x0300) and (link[26:2] = 0x0100)");
}

static void left_out_ports_are_left_out(void)
{
    filter_is(&(struct vsock_form){.left_out = "22", .ops = "control"},
              "not ((link[16:4] = 0x16000000 or link[20:4] = 0x16000000)) and (link[24:2] = 0x0300)");
}

static void empty_fields_ask_nothing(void)
{
    filter_is(
        &(struct vsock_form){.cids = "", .ports = " , ;", .left_out = "", .ops = ",", .capture_filter = "  "},
        "");
}

static void a_range_of_ports_is_one(void)
{
    char *wrong, *made = vsock_form_filter(&(struct vsock_form){.ports = "5000-5010"}, &wrong);

    g_assert_nonnull(strstr(made, ">= 5000 and "));
    g_assert_nonnull(strstr(made, "<= 5010"));
    g_free(made);
}

static void mistakes_name_their_field(void)
{
    no_filter_for(&(struct vsock_form){.cids = "x"}, "CIDs: x is no CID");
    no_filter_for(&(struct vsock_form){.ports = "22, 4294967296"}, "Ports: 4294967296 is no port");
    no_filter_for(&(struct vsock_form){.ports = "9-5"}, "Ports: 9-5 ends before it begins");
    no_filter_for(&(struct vsock_form){.left_out = "ssh"}, "Leave out ports: ssh is no port");
    no_filter_for(&(struct vsock_form){.ops = "rww"}, "Did you mean rw?");
    no_filter_for(&(struct vsock_form){.capture_filter = "prot 5"}, "Capture filter: prot is not understood");
}

/* Whatever is typed is one value, and never words of the language. */
static void a_value_is_one_word(void)
{
    no_filter_for(&(struct vsock_form){.cids = "3) or (cid 4"}, "CIDs: 3) is none");
    no_filter_for(&(struct vsock_form){.cids = "3 or cid 4"}, "CIDs: or is no CID");
    no_filter_for(&(struct vsock_form){.ports = "22|23"}, "Ports: 22|23 is none");
    no_filter_for(&(struct vsock_form){.ports = "link[0]"}, "Ports: link[0] is none");
    no_filter_for(&(struct vsock_form){.ops = "$(reboot)"}, "Operations: $(reboot) is none");
    no_filter_for(&(struct vsock_form){.left_out = "22`id`"}, "is none");
    no_filter_for(&(struct vsock_form){.cids = "\xff\xfe"}, "CIDs: ");
    no_filter_for(&(struct vsock_form){.ports = "and"}, "Ports: and is no port");
}

static void what_has_brackets_is_libpcaps(void)
{
    filter_is(&(struct vsock_form){.capture_filter = "link[24:2] = 0x0100"}, "(link[24:2] = 0x0100)");
}

static void a_very_long_list_is_refused(void)
{
    GString *list = g_string_new(NULL);

    for (int i = 0; i < 100000; i++)
        g_string_append(list, "1,");
    no_filter_for(&(struct vsock_form){.cids = list->str}, "more than 200 questions");
    g_string_free(list, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/form/" #name, name)
    TEST(arguments_come_in_any_order);
    TEST(what_is_not_asked_is_the_default);
    TEST(a_filter_without_a_capture_is_checked);
    TEST(what_is_no_argument_is_refused);
    TEST(a_buffer_is_1_to_1024_mib);
    TEST(values_of_a_field_are_alternatives_and_fields_are_not);
    TEST(left_out_ports_are_left_out);
    TEST(empty_fields_ask_nothing);
    TEST(a_range_of_ports_is_one);
    TEST(mistakes_name_their_field);
    TEST(a_value_is_one_word);
    TEST(what_has_brackets_is_libpcaps);
    TEST(a_very_long_list_is_refused);
    return g_test_run();
}
