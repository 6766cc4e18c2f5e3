/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose.h - what is wrong with a capture: -z vsock,diagnose[,json][,FILTER]. */
#ifndef VSOCK_TAP_DIAGNOSE_H
#define VSOCK_TAP_DIAGNOSE_H

#include "lives.h"

void vsock_diagnose_register(void);

/* The report for people; to be freed. */
char *vsock_diagnose_report(struct vsock_lives *lives);

#endif
