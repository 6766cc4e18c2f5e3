/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnoses.h - the report of what is wrong, for tshark and for a window. */
#ifndef VSOCK_TAP_DIAGNOSES_H
#define VSOCK_TAP_DIAGNOSES_H

#include "report.h"

extern const struct vsock_report_kind vsock_diagnoses;

/* For people; to be freed. */
char *vsock_diagnoses_text(const struct vsock_report *report);

#endif
