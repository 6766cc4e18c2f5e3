/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsockguest.c - the extcap that records in a guest, through ssh: a program of its own, since vsockmon's file
 * has rights that ssh is not to be near. Source: Wireshark's manual page extcap(4). */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "filter_check.h"
#include "form.h"
#include "guest.h"

#define INTERFACE "vsockguest"
#define USAGE 2 /* exit status */

static const char help[] =
    "vsockguest - an extcap: lets Wireshark and tshark record vsock inside a guest, through ssh.\n"
    "\n"
    "    tshark -i vsockguest -o extcap.vsockguest.host:GUEST -q -z vsock,diagnose\n"
    "\n"
    "Wireshark calls it with\n"
    "    --extcap-interfaces | --extcap-dlts | --extcap-config\n"
    "    --capture --extcap-interface vsockguest --fifo FILE [--extcap-capture-filter WORDS] and the "
    "form's:\n"
    "    --host HOST [--user USER] [--ssh-port PORT] [--identity FILE] [--proxy-command COMMAND] [--sudo]\n"
    "    and vsockmon's, whose --help has them.\n"
    "While it records, the guest has a device vsockmon-sshN. ssh has to get in without asking.\n";

static int refuse(char *wrong)
{
    fprintf(stderr, "vsockguest: %s\n", wrong);
    g_free(wrong);
    return USAGE;
}

/* Wireshark shows the first line of what is printed, and takes nothing for good. */
static int check_filter(const struct vsock_form *form)
{
    char *wrong, *filter = vsock_form_filter(form, &wrong);

    if (filter && *filter)
        wrong = vsock_filter_check(filter);
    if (wrong)
        puts(wrong);
    g_free(wrong);
    g_free(filter);
    return 0;
}

static int do_job(const struct vsock_form *form)
{
    switch (form->job) {
    case VSOCK_FORM_INTERFACES:
        puts("extcap {version=" VSOCK_VERSION "}{display=vsock}");
        puts("interface {value=" INTERFACE "}{display=vsock inside a guest, through ssh}");
        break;
    case VSOCK_FORM_DLTS:
        puts("dlt {number=271}{name=VSOCK}{display=Linux vsock, by vsockmon}");
        break;
    case VSOCK_FORM_CONFIG:
        vsock_form_print(stdout, true);
        break;
    case VSOCK_FORM_CAPTURE:
        if (!form->fifo)
            return refuse(g_strdup("--fifo is missing"));
        return vsock_guest_run(form);
    case VSOCK_FORM_CHECK_FILTER:
        return check_filter(form);
    case VSOCK_FORM_CLEAN_UP: /* that is done by itself */
    case VSOCK_FORM_RIGHTS:   /* it wants none */
        break;
    case VSOCK_FORM_VERSION:
        puts("vsockguest " VSOCK_VERSION);
        break;
    case VSOCK_FORM_NOTHING:
    case VSOCK_FORM_HELP:
        fputs(help, stdout);
        break;
    }
    return 0;
}

static bool wants_interface(enum vsock_form_job job)
{
    return job == VSOCK_FORM_DLTS || job == VSOCK_FORM_CONFIG || job == VSOCK_FORM_CAPTURE ||
           job == VSOCK_FORM_CHECK_FILTER;
}

int main(int argc, char **argv)
{
    struct vsock_form form;
    char *wrong;

    if (!vsock_form_read(&form, argc, argv, &wrong))
        return refuse(wrong);
    if (wants_interface(form.job) && (!form.interface || strcmp(form.interface, INTERFACE) != 0))
        return refuse(g_strdup_printf("--extcap-interface should be %s", INTERFACE));
    return do_job(&form);
}
