/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose.h - what is wrong with a capture: -z vsock,diagnose[,json][,FILTER]. */
#ifndef VSOCK_TAP_DIAGNOSE_H
#define VSOCK_TAP_DIAGNOSE_H

void vsock_diagnose_register(void);

#endif
