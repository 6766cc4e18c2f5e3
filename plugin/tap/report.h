/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.h - what -z vsock,diagnose and -z vsock,streams have in common: arguments, choosing streams,
 * sessions, JSON. A report is drawn from the account that the core keeps. A filter selects the streams with a
 * matching packet; each is told whole, so a read filter chooses what may match, and no more. tshark -M ends
 * sessions while it runs: each is judged by itself when it ends, and its rows are kept until the report is
 * drawn. */
#ifndef VSOCK_TAP_REPORT_H
#define VSOCK_TAP_REPORT_H

#include <epan/packet.h>
#include <wsutil/json_dumper.h>

#include "core/judge.h"

struct vsock_report;

/* A command of tshark's -z: "COMMAND[,json][,FILTER]". */
struct vsock_report_kind {
    const char *command;
    size_t row_size;
    /* Adds the rows of the open session to report->rows. Returns how many streams it looked at. */
    uint32_t (*gather)(struct vsock_report *report, const struct vsock_capture *capture);
    /* For people: all rows. For machines: the members of a row's object. */
    void (*draw_text)(const struct vsock_report *report);
    void (*add_members)(json_dumper *json, const struct vsock_report *report, const void *row);
};

struct vsock_report {
    const struct vsock_report_kind *kind;
    char *filter; /* NULL: all streams */

    /* What is drawn: of all sessions, in their order. */
    GArray *rows;
    uint32_t sessions; /* rows of a later one say its number, from 1 */
    uint32_t streams, packets, datagram_packets;
    int64_t start, end; /* of the first session; of the last */

    /* report.c's own. */
    void (*draw)(const struct vsock_report *report);
    void *user;                       /* the caller's, as the next two, which may be NULL */
    void (*on_reset)(void *user);     /* the packets that were drawn are no longer there */
    void (*on_finish)(void *user);    /* the report goes: stopped, or at Wireshark's end */
    bool tapped;                      /* it has seen a packet since it was reset, or a session ended */
    struct vsock_selection selection; /* with a filter */
    wmem_allocator_t *memory;         /* of the selection */
    struct vsock_report *selector;    /* itself: what the second listener is known by */
};

/* Makes the command known. Where its argument or filter is wrong, it says so on stderr and ends the program,
 * as tshark's own statistics do. `kind` has to last. */
void vsock_report_register(const struct vsock_report_kind *kind);

/* Starts to listen, until it is stopped or Wireshark ends; `draw` is called when there is something to show,
 * maybe more than once. Sets *error, to be freed, and returns NULL where the filter is wrong. `filter` may be
 * NULL. */
struct vsock_report *vsock_report_start(const struct vsock_report_kind *kind, const char *filter,
                                        void (*draw)(const struct vsock_report *), char **error);

/* Stops listening, and frees everything. */
void vsock_report_stop(struct vsock_report *report);

/* What is selected; NULL for everything. */
const struct vsock_selection *vsock_report_selection(const struct vsock_report *report);

/* To be called before the account of a session goes. */
void vsock_reports_end_session(void);

/* Members of an object; null where the text is NULL, the scope NONE, the figure not known. Seconds are given
 * in nanoseconds. */
void vsock_json_string(json_dumper *json, const char *name, const char *value);
void vsock_json_endpoint(json_dumper *json, const char *name, enum vsock_scope scope,
                         struct vsock_endpoint endpoint);
void vsock_json_number(json_dumper *json, const char *name, int64_t value, bool known);
void vsock_json_seconds(json_dumper *json, const char *name, int64_t value, bool known);

#endif
