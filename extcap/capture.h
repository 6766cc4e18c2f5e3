/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture.h - records from a device of its own, until told to end. */
#ifndef VSOCK_EXTCAP_CAPTURE_H
#define VSOCK_EXTCAP_CAPTURE_H

#include "form.h"

/* 0, or the program's exit status when it has said on stderr what is wrong. Ends at SIGINT, SIGTERM and
 * SIGHUP, and when the reader of the FIFO or the parent process, which is Wireshark or tshark, is gone. */
int vsock_capture_run(const struct vsock_form *form);

#endif
