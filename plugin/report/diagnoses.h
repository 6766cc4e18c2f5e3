/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnoses.h - the report of what is wrong, and parts of its text for others that tell it. */
#ifndef VSOCK_REPORT_DIAGNOSES_H
#define VSOCK_REPORT_DIAGNOSES_H

#include "report.h"

#define VSOCK_DIAGNOSES_COMMAND "vsock,diagnose"

/* One screen: of more problems of one kind, the texts say how many they are. */
#define VSOCK_SHOWN_OF_A_CODE 5

/* Its rows are struct vsock_diagnosis. */
extern const struct vsock_report_kind vsock_diagnoses;

/* "vsock: 1 warning in 4 streams; looked at 40 packets up to 20.038000 s", and a newline. */
void vsock_diagnoses_add_summary(GString *out, const struct vsock_report *report);

/* "session 2, stream 3": of a report with several sessions, and of a stream, or of several; else nothing.
 * `after` comes behind each of them. */
void vsock_diagnoses_add_whose(GString *out, const struct vsock_report *report,
                               const struct vsock_diagnosis *diagnosis, const char *after);

/* "frames 6 to 28, at 0.005000 s" */
void vsock_diagnoses_add_where(GString *out, const struct vsock_report *report,
                               const struct vsock_diagnosis *diagnosis);

#endif
