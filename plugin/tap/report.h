/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.h - the arguments and the output that -z vsock,diagnose and -z vsock,streams have in common. */
#ifndef VSOCK_TAP_REPORT_H
#define VSOCK_TAP_REPORT_H

#include "compat.h"

#include <epan/stat_tap_ui.h>
#include <wsutil/json_dumper.h>

#include "lives.h"

/* A command of tshark's -z: "COMMAND[,json][,FILTER]". */
struct vsock_report {
    const char *command;
    void (*draw_text)(struct vsock_lives *lives); /* for people */
    void (*draw_json)(struct vsock_lives *lives); /* for machines */
};

/* Makes the command known. When it is given, listens; the first word decides for whom. Where the argument or
 * the filter is wrong, says so on stderr and ends the program, as tshark's own statistics do. `report` has to
 * last. */
void vsock_report_register(const struct vsock_report *report);

/* A line of JSON on stdout, from begin to end. Dumper and members are the caller's. */
void vsock_json_begin(json_dumper *json);
void vsock_json_end(json_dumper *json);

/* NULL makes null. */
void vsock_json_string(json_dumper *json, const char *name, const char *value);
void vsock_json_number(json_dumper *json, const char *name, int64_t value);

/* Nanoseconds as seconds. */
void vsock_json_seconds(json_dumper *json, const char *name, int64_t value);

#endif
