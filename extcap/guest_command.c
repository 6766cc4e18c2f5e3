/* SPDX-License-Identifier: GPL-2.0-or-later
 * guest_command.c - ssh's arguments. Source: ssh(1), ssh_config(5). ssh has its user's shell run
 * ProxyCommand, with the names of host and user in it if that asks for them: so these are not any text. */
#include "guest_command.h"

#include <glib.h>
#include <string.h>

#include "guest_script.h"

#define SSH_PORT 22
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

unsigned vsock_guest_port(const struct vsock_form *form)
{
    return form->ssh_port ? form->ssh_port : SSH_PORT;
}

static bool is_set(const char *text)
{
    return text && *text;
}

static bool is_of(const char *text, const char *characters)
{
    return *text != '-' && text[strspn(text, characters)] == '\0';
}

/* On one line, as ssh's options are. */
static bool is_line(const char *text)
{
    for (; *text; text++)
        if (g_ascii_iscntrl(*text))
            return false;
    return true;
}

static char *what_is_wrong(const struct vsock_form *form)
{
    if (!is_set(form->host))
        return g_strdup(
            "Host: which guest? As in guest.example, 192.0.2.3, or vsock/3 with systemd's ssh proxy");
    if (!is_of(form->host, LETTERS "._-:/%,"))
        return g_strdup_printf("Host: %s is no name or address", form->host);
    if (is_set(form->user) && !is_of(form->user, LETTERS "._-@"))
        return g_strdup_printf("User: %s is no name", form->user);
    if (is_set(form->identity) && !is_line(form->identity))
        return g_strdup("Identity: this is no file's name");
    if (is_set(form->proxy_command) && !is_line(form->proxy_command))
        return g_strdup("ProxyCommand: this is not one line");
    return NULL;
}

static void add(GPtrArray *arguments, const char *argument)
{
    g_ptr_array_add(arguments, g_strdup(argument));
}

/* What the guest's shell is given: one line of words, of which only $SSH_CONNECTION is not quoted as it is.
 */
static char *remote_command(const struct vsock_form *form, const char *filter, const char *filter_over_vsock)
{
    char *script = g_shell_quote(guest_script), *one = g_shell_quote(filter),
         *other = g_shell_quote(filter_over_vsock), *command;

    command = g_strdup_printf("%ssh -c %s vsockguest \"$SSH_CONNECTION\" %s %s %d %u",
                              form->sudo ? "sudo -n -- " : "exec ", script, one, other,
                              form->headers_only ? VSOCK_FORM_HEADERS : VSOCK_FORM_WHOLE, form->buffer);
    g_free(script);
    g_free(one);
    g_free(other);
    return command;
}

char **vsock_guest_command(const struct vsock_form *form, const char *filter, const char *filter_over_vsock,
                           char **wrong)
{
    /* It asks nothing, as there is nobody to answer, and finds out when the guest is gone. */
    static const char *const always[] = {"ssh",
                                         "-T",
                                         "-x",
                                         "-o",
                                         "BatchMode=yes",
                                         "-o",
                                         "ClearAllForwardings=yes",
                                         "-o",
                                         "ServerAliveInterval=15"};
    GPtrArray *arguments;

    *wrong = what_is_wrong(form);
    if (*wrong)
        return NULL;
    arguments = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        add(arguments, always[i]);
    if (form->ssh_port) {
        add(arguments, "-p");
        g_ptr_array_add(arguments, g_strdup_printf("%u", form->ssh_port));
    }
    if (is_set(form->user)) {
        add(arguments, "-l");
        add(arguments, form->user);
    }
    if (is_set(form->identity)) {
        add(arguments, "-i");
        add(arguments, form->identity);
    }
    if (is_set(form->proxy_command)) {
        add(arguments, "-o");
        g_ptr_array_add(arguments, g_strdup_printf("ProxyCommand=%s", form->proxy_command));
    }
    add(arguments, "--");
    add(arguments, form->host);
    g_ptr_array_add(arguments, remote_command(form, filter, filter_over_vsock));
    g_ptr_array_add(arguments, NULL);
    return (char **)g_ptr_array_free(arguments, FALSE);
}
