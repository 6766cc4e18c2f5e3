/* SPDX-License-Identifier: GPL-2.0-or-later
 * files.h - captures in files, each judged on its own. */
#ifndef VSOCK_WATCH_FILES_H
#define VSOCK_WATCH_FILES_H

#include "verdict.h"

/* Prints what is wrong in each, and on standard error what could not be read; of several, each is headed by
 * its name. Before it looks into any, the process gives up its rights, for `user` (privileges.h); root has
 * opened all by then. Returns the exit status, an enum vsock_status: of several files the highest. */
int vsock_files_run(char *const *paths, int count, const struct vsock_form *form, const char *user);

#endif
