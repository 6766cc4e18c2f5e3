/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsockguest.c - the extcap that records in a guest, through ssh: a program of its own, since vsockmon's file
 * has rights that ssh is not to be near. */
#include "guest.h"
#include "program.h"

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

int main(int argc, char **argv)
{
    static const struct vsock_program program = {
        .name = "vsockguest",
        .display = "vsock inside a guest, through ssh",
        .help = help,
        .guest = true,
        .capture = vsock_guest_run,
    };

    return vsock_program_run(&program, argc, argv);
}
