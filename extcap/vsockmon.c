/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsockmon.c - the extcap: Wireshark and tshark list it as an interface, and start it to record from that. */
#include <glib.h>
#include <stdio.h>

#include "capture.h"
#include "program.h"
#include "rights.h"

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

int main(int argc, char **argv)
{
    static const struct vsock_program program = {
        .name = "vsockmon",
        .display = "vsock of this machine and its guests",
        .help = help,
        .capture = vsock_capture_run,
        .may_record = may_record,
    };

    return vsock_program_run(&program, argc, argv);
}
