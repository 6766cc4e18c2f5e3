/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.h - the arguments and the output that -z vsock,diagnose and -z vsock,streams have in common. */
#ifndef VSOCK_TAP_REPORT_H
#define VSOCK_TAP_REPORT_H

#include "compat.h"

#include <wsutil/json_dumper.h>

#include "lives.h"

/* Listens as "COMMAND[,json][,FILTER]" says; the first word decides whether it is for machines. Returns false
 * where the argument or the filter is wrong, and has said so on stderr, as tshark's own statistics do. */
bool vsock_report_start(const char *argument, const char *command,
                        void (*draw_text)(struct vsock_lives *lives),
                        void (*draw_json)(struct vsock_lives *lives));

/* A line of JSON on stdout, from begin to end. Dumper and members are the caller's. */
void vsock_json_begin(json_dumper *json);
void vsock_json_end(json_dumper *json);

/* NULL makes null. */
void vsock_json_string(json_dumper *json, const char *name, const char *value);
void vsock_json_number(json_dumper *json, const char *name, int64_t value);

/* Nanoseconds as seconds. */
void vsock_json_seconds(json_dumper *json, const char *name, int64_t value);

#endif
