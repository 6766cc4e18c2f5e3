/* SPDX-License-Identifier: GPL-2.0-or-later
 * rights.h - what recording needs, what gives it, and giving it up. Source: capabilities(7). */
#ifndef VSOCK_EXTCAP_RIGHTS_H
#define VSOCK_EXTCAP_RIGHTS_H

#include <stdbool.h>

/* To make a device, CAP_NET_ADMIN; to open it, CAP_NET_RAW. */
bool vsock_rights_suffice(void);

/* What to do where they do not suffice, with the command, for g_free(). */
char *vsock_rights_mend(void);

/* Gives up all capabilities but this one, or all if it is -1. False, with errno, if the kernel refuses. */
bool vsock_rights_keep(int capability);

#endif
