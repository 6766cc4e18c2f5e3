/* SPDX-License-Identifier: GPL-2.0-or-later
 * json.h - a report for machines: one object a line. */
#ifndef VSOCK_REPORT_JSON_H
#define VSOCK_REPORT_JSON_H

#include "report.h"

/* Members of an object; null where the text is NULL, the scope NONE, the figure not known. Seconds are given
 * in nanoseconds. */
void vsock_json_string(json_dumper *json, const char *name, const char *value);
void vsock_json_endpoint(json_dumper *json, const char *name, enum vsock_scope scope,
                         struct vsock_endpoint endpoint);
void vsock_json_number(json_dumper *json, const char *name, int64_t value, bool known);
void vsock_json_seconds(json_dumper *json, const char *name, int64_t value, bool known);

/* An object that has begun; and its end, which adds it as a line. */
json_dumper vsock_json_line_begin(void);
void vsock_json_line_end(json_dumper *json, GString *out);

/* All rows, an object a line. */
void vsock_report_add_json(GString *out, const struct vsock_report *report);

#endif
