/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsockmon.c - the extcap: Wireshark and tshark list it as an interface, and start it to record from that.
 * Source: Wireshark's manual page extcap(4). What is printed on stdout is read by Wireshark, line by line. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"
#include "filter_check.h"
#include "form.h"
#include "rights.h"

#define INTERFACE "vsockmon"
#define USAGE 2 /* exit status */

static const char help[] =
    "vsockmon - an extcap: lets Wireshark and tshark record vsock without a device made before.\n"
    "\n"
    "    tshark -i vsockmon -q -z vsock,diagnose\n"
    "    tshark -i vsockmon -f 'not port 22' -w FILE      the words of vsock-filter; --help there has them\n"
    "\n"
    "Wireshark calls it with\n"
    "    --extcap-interfaces | --extcap-dlts | --extcap-config\n"
    "    --capture --extcap-interface vsockmon --fifo FILE [--extcap-capture-filter WORDS] and the form's:\n"
    "    [--cids LIST] [--ports LIST] [--leave-out-ports LIST] [--ops LIST] [--headers-only] [--buffer MIB]\n"
    "    --may-record                 does this user? Exit status 0, or 1 and what mends it\n"
    "While it records there is a device vsockmon-capN. It wants root, or cap_net_admin and cap_net_raw.\n";

static int refuse(char *wrong)
{
    fprintf(stderr, "vsockmon: %s\n", wrong);
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

/* For who asks before he records: scripts/doctor. */
static int may_record(void)
{
    char *mend;

    if (vsock_rights_suffice())
        return 0;
    mend = vsock_rights_mend();
    puts(mend);
    g_free(mend);
    return 1;
}

static int do_job(const struct vsock_form *form)
{
    switch (form->job) {
    case VSOCK_FORM_INTERFACES:
        puts("extcap {version=" VSOCK_VERSION "}{display=vsock}");
        puts("interface {value=" INTERFACE "}{display=vsock of this machine and its guests}");
        break;
    case VSOCK_FORM_DLTS:
        puts("dlt {number=271}{name=VSOCK}{display=Linux vsock, by vsockmon}");
        break;
    case VSOCK_FORM_CONFIG:
        vsock_form_print(stdout, false);
        break;
    case VSOCK_FORM_CAPTURE:
        if (!form->fifo)
            return refuse(g_strdup("--fifo is missing"));
        return vsock_capture_run(form);
    case VSOCK_FORM_CHECK_FILTER:
        return check_filter(form);
    case VSOCK_FORM_CLEAN_UP: /* that is done by itself */
        break;
    case VSOCK_FORM_RIGHTS:
        return may_record();
    case VSOCK_FORM_VERSION:
        puts("vsockmon " VSOCK_VERSION);
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
