/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.h - what is told of a capture, or of several sessions one after another: rows of one kind, as text
 * or as JSON. Without epan:
 * tap/listener.h is what commands of tshark and windows add. */
#ifndef VSOCK_REPORT_REPORT_H
#define VSOCK_REPORT_REPORT_H

#include <stdio.h>

#include <wsutil/json_dumper.h>

#include "core/judge.h"

struct vsock_report;

struct vsock_report_kind {
    const char *command; /* of tshark's -z */
    size_t row_size;
    /* Adds the capture's rows to report->rows. Returns how many streams it looked at. `only` may be NULL. */
    uint32_t (*gather)(struct vsock_report *report, const struct vsock_capture *capture,
                       const struct vsock_selection *only);
    /* For people: all rows. For machines: the members of a row's object. */
    void (*add_text)(GString *out, const struct vsock_report *report);
    void (*add_members)(json_dumper *json, const struct vsock_report *report, const void *row);
};

struct vsock_report {
    const struct vsock_report_kind *kind;
    const char *capture; /* a name, in UTF-8, that each object begins with; or NULL */
    FILE *printed_to;    /* while it is printed; or NULL */
    char *filter;        /* by which streams were selected; NULL: all of them */
    GArray *rows;        /* of all sessions, in their order */
    uint32_t sessions;   /* rows of a later one say its number, from 1 */
    uint32_t streams, packets, datagram_packets;
    int64_t start, end; /* of the first session; of the last */
};

/* An empty one. `kind` has to last. `filter` may be NULL. */
void vsock_report_init(struct vsock_report *report, const struct vsock_report_kind *kind, const char *filter);

/* Prints all rows, as text or as JSON. */
void vsock_report_print(const struct vsock_report *report, bool as_json, FILE *file);

/* While it is told, row by row: what is printed need not be kept. */
void vsock_report_drain(const struct vsock_report *report, GString *out);

/* Empties it again, for the same kind and filter. */
void vsock_report_reset(struct vsock_report *report);

/* Frees what it holds. */
void vsock_report_clear(struct vsock_report *report);

/* Adds a session, if it has a packet. */
void vsock_report_gather(struct vsock_report *report, const struct vsock_capture *capture,
                         const struct vsock_selection *only);

#endif
