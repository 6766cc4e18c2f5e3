/* SPDX-License-Identifier: GPL-2.0-or-later
 * delays.h - the report of packets between two sides that were both recorded: a row a direction. */
#ifndef VSOCK_REPORT_DELAYS_H
#define VSOCK_REPORT_DELAYS_H

#include "report.h"

#define VSOCK_DELAYS_COMMAND "vsock,delay"

extern const struct vsock_report_kind vsock_delays;

#endif
