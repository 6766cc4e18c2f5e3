/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose_window.h - the report of -z vsock,diagnose in a window: Statistics > vsock Diagnoses. */
#ifndef VSOCK_TAP_DIAGNOSE_WINDOW_H
#define VSOCK_TAP_DIAGNOSE_WINDOW_H

void vsock_diagnose_window_register(void);

#endif
