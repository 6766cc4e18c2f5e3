/* SPDX-License-Identifier: GPL-2.0-or-later
 * guest.h - records in a guest, through ssh, until told to end. */
#ifndef VSOCK_EXTCAP_GUEST_H
#define VSOCK_EXTCAP_GUEST_H

#include "form.h"

/* 0, or the program's exit status when it has said on stderr what is wrong. Ends as vsock_capture_run() does,
 * and when the guest does. */
int vsock_guest_run(const struct vsock_form *form);

#endif
