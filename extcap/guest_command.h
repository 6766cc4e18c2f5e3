/* SPDX-License-Identifier: GPL-2.0-or-later
 * guest_command.h - how ssh is called to record in a guest. */
#ifndef VSOCK_EXTCAP_GUEST_COMMAND_H
#define VSOCK_EXTCAP_GUEST_COMMAND_H

#include "form.h"

/* The arguments, for g_strfreev(), the first of which is "ssh". NULL, with what is wrong for g_free(), if
 * what was typed is no host, no user, and so on. The filters are libpcap's: what is recorded, and what is if
 * ssh itself goes over vsock. Nothing of it passes a shell here; the guest's gets each argument quoted. */
char **vsock_guest_command(const struct vsock_form *form, const char *filter, const char *filter_over_vsock,
                           char **wrong);

/* The port of the guest that ssh goes to. */
unsigned vsock_guest_port(const struct vsock_form *form);

#endif
