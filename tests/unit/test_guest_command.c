/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_guest_command.c - what ssh is called with: each thing typed is one argument there, and each of the
 * guest's is quoted once. */
#include <glib.h>
#include <string.h>

#include "guest_command.h"

static char **command_of(const struct vsock_form *form, const char *filter, const char *over_vsock)
{
    char *wrong;
    char **command = vsock_guest_command(form, filter, over_vsock, &wrong);

    g_assert_null(wrong);
    g_assert_nonnull(command);
    return command;
}

static const char *last(char **command)
{
    return command[g_strv_length(command) - 1];
}

static void plain(void)
{
    struct vsock_form form = {.host = "guest", .buffer = 16};
    char **command = command_of(&form, "", "x");
    guint length = g_strv_length(command);

    g_assert_cmpstr(command[0], ==, "ssh");
    g_assert_cmpstr(command[length - 3], ==, "--");
    g_assert_cmpstr(command[length - 2], ==, "guest");
    g_assert_true(g_str_has_prefix(command[length - 1], "exec sh -c '"));
    g_assert_true(g_str_has_suffix(command[length - 1], " vsockguest \"$SSH_CONNECTION\" '' 'x' 262144 16"));
    g_strfreev(command);
}

static void every_way(void)
{
    struct vsock_form form = {.host = "vsock/3",
                              .user = "root",
                              .identity = "/home/an na/.ssh/$(id)",
                              .proxy_command = "socat - \"VSOCK-CONNECT:3:22\"; true",
                              .ssh_port = 2222,
                              .sudo = true,
                              .headers_only = true,
                              .buffer = 1};
    char **command = command_of(&form, "a", "b");

    g_assert_true(g_strv_contains((const char *const *)command, "/home/an na/.ssh/$(id)"));
    g_assert_true(
        g_strv_contains((const char *const *)command, "ProxyCommand=socat - \"VSOCK-CONNECT:3:22\"; true"));
    g_assert_true(g_strv_contains((const char *const *)command, "2222"));
    g_assert_true(g_str_has_prefix(last(command), "sudo -n -- sh -c '"));
    g_assert_true(g_str_has_suffix(last(command), " 'a' 'b' 96 1"));
    g_assert_cmpuint(vsock_guest_port(&form), ==, 2222);
    form.ssh_port = 0;
    g_assert_cmpuint(vsock_guest_port(&form), ==, 22);
    g_strfreev(command);
}

/* A shell, there, makes of the line what it was made of. */
static void quoted_once(void)
{
    static const char *const hostile[] = {"'; touch x; '", "$(reboot)", "`id`",       "\\",
                                          "\n'\n",         "\"",        "a'b''c\\'d", "-- -x"};
    struct vsock_form form = {.host = "guest", .buffer = 16};

    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        char **command = command_of(&form, hostile[i], hostile[i]), **words;
        int count;

        g_assert_true(g_shell_parse_argv(last(command), &count, &words, NULL));
        g_assert_cmpint(count, ==, 10);
        g_assert_cmpstr(words[4], ==, "vsockguest");
        g_assert_cmpstr(words[6], ==, hostile[i]);
        g_assert_cmpstr(words[7], ==, hostile[i]);
        g_assert_null(strchr(words[3], '\\')); /* not every shell keeps one that is quoted */
        g_strfreev(words);
        g_strfreev(command);
    }
}

static void refused(void)
{
    static const char *const hosts[] = {
        "", "-oProxyCommand=id", "a b", "$(id)", "a;b", "a\nb", "`id`", "a'b", "a|b"};
    static const char *const users[] = {"-x", "a b", "$(id)", "a;b", "a\nb"};
    char *wrong;

    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        struct vsock_form form = {.host = hosts[i], .buffer = 16};

        g_assert_null(vsock_guest_command(&form, "", "", &wrong));
        g_assert_true(g_str_has_prefix(wrong, "Host: "));
        g_free(wrong);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(users); i++) {
        struct vsock_form form = {.host = "guest", .user = users[i], .buffer = 16};

        g_assert_null(vsock_guest_command(&form, "", "", &wrong));
        g_assert_true(g_str_has_prefix(wrong, "User: "));
        g_free(wrong);
    }
    {
        struct vsock_form form = {.host = "guest", .proxy_command = "a\nLocalCommand b", .buffer = 16};

        g_assert_null(vsock_guest_command(&form, "", "", &wrong));
        g_assert_true(g_str_has_prefix(wrong, "ProxyCommand: "));
        g_free(wrong);
    }
}

static void taken(void)
{
    static const char *const hosts[] = {"guest.example", "192.0.2.3",       "fe80::1%eth0",
                                        "vsock/3",       "unix/run/x.sock", "vsock-mux/a.sock"};

    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        struct vsock_form form = {.host = hosts[i], .user = "an.na_1-x", .buffer = 16};

        g_strfreev(command_of(&form, "", ""));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plain", plain);
    g_test_add_func("/every_way", every_way);
    g_test_add_func("/quoted_once", quoted_once);
    g_test_add_func("/refused", refused);
    g_test_add_func("/taken", taken);
    return g_test_run();
}
