/* SPDX-License-Identifier: GPL-2.0-or-later
 * program.h - what an extcap of ours is as a program: its arguments, and what it prints for Wireshark. What
 * is printed on stdout is read by Wireshark, line by line. Source: Wireshark's manual page extcap(4). */
#ifndef VSOCK_EXTCAP_PROGRAM_H
#define VSOCK_EXTCAP_PROGRAM_H

#include "form.h"

struct vsock_program {
    const char *name; /* its interface's, too */
    const char *display, *help;
    bool guest;                                    /* its form begins with how ssh gets there */
    int (*capture)(const struct vsock_form *form); /* returns the exit status */
    int (*may_record)(void);                       /* likewise; NULL: it wants no rights */
};

/* What main() returns. */
int vsock_program_run(const struct vsock_program *program, int argc, char **argv);

#endif
