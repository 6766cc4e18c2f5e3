/* SPDX-License-Identifier: GPL-2.0-or-later
 * verdict.h - what is printed of a capture, and what that means for the exit status. */
#ifndef VSOCK_WATCH_VERDICT_H
#define VSOCK_WATCH_VERDICT_H

#include "intake.h"

/* As scripts/check has it: of several captures, the highest counts. */
enum vsock_status {
    VSOCK_STATUS_GOOD,   /* it looked at streams, and found nothing worse than a note */
    VSOCK_STATUS_WRONG,  /* a warning or an error, or a packet that is malformed to that degree */
    VSOCK_STATUS_FAILED, /* it could not look, or no stream could be judged */
};

struct vsock_form {
    bool json;           /* an object a line, instead of text */
    bool streams;        /* a row a connection, instead of diagnoses */
    bool strict;         /* notes count as warnings do */
    uint32_t remembered; /* connections that are over */
};

/* Prints. `name`: of one capture of several, for the objects of JSON; or NULL. */
void vsock_verdict_print(const struct vsock_intake *intake, const struct vsock_form *form, const char *name);

/* Of a capture that was read to its end; complains of what it could not look at. */
enum vsock_status vsock_verdict_status(const struct vsock_intake *intake, const struct vsock_form *form,
                                       const char *name);

/* What was given up to keep the account small, to be freed; NULL where nothing was. */
char *vsock_verdict_forgotten(const struct vsock_intake *intake);

/* What a path is called: - is standard input. */
const char *vsock_name_of(const char *path);

/* "vsockwatch: NAME: WHAT", on standard error. */
void vsock_complain(const char *name, const char *what);

/* A name that does nothing to a terminal; to be freed. */
char *vsock_printable(const char *name);

#endif
