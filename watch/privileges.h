/* SPDX-License-Identifier: GPL-2.0-or-later
 * privileges.h - giving up what the process may do more than others, before it looks at what anybody can have
 * made. */
#ifndef VSOCK_WATCH_PRIVILEGES_H
#define VSOCK_WATCH_PRIVILEGES_H

#include <stdbool.h>

/* May the process, being root's, open files that it will not be allowed to once it has given that up? */
bool vsock_privileges_are_roots(void);

/* Gives up all capabilities for good; a process of root's goes on as `user`, or as nobody where that is NULL
 * (user ID 65534 if there is no such name). Where the kernel lets root become nobody else, as in a container
 * that has one user, it stays root without capabilities, but for a `user` that was asked for. There is one
 * thread yet. NULL, or what is wrong, to be freed. */
char *vsock_privileges_give_up(const char *user);

#endif
