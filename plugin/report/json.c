/* SPDX-License-Identifier: GPL-2.0-or-later
 * json.c - members, and a report as lines. */
#include "json.h"

#include <inttypes.h>

void vsock_json_string(json_dumper *json, const char *name, const char *value)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, value);
}

void vsock_json_endpoint(json_dumper *json, const char *name, enum vsock_scope scope,
                         struct vsock_endpoint endpoint)
{
    char *text = vsock_scope_text(scope, endpoint);

    vsock_json_string(json, name, text);
    g_free(text);
}

void vsock_json_number(json_dumper *json, const char *name, int64_t value, bool known)
{
    json_dumper_set_member_name(json, name);
    if (known)
        json_dumper_value_anyf(json, "%" PRId64, value);
    else
        json_dumper_value_string(json, NULL);
}

void vsock_json_seconds(json_dumper *json, const char *name, int64_t value, bool known)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

    json_dumper_set_member_name(json, name);
    if (known)
        json_dumper_value_anyf(json, "%s%" PRIu64 ".%09" PRIu64, value < 0 ? "-" : "", size / 1000000000,
                               size % 1000000000);
    else
        json_dumper_value_string(json, NULL);
}

json_dumper vsock_json_line_begin(void)
{
    json_dumper json = {.output_string = g_string_new(NULL)};

    json_dumper_begin_object(&json);
    return json;
}

void vsock_json_line_end(json_dumper *json, GString *out)
{
    json_dumper_end_object(json);
    json_dumper_finish(json);
    g_string_append_printf(out, "%s\n", g_strchomp(json->output_string->str));
    g_string_free(json->output_string, TRUE);
}

void vsock_report_add_json(GString *out, const struct vsock_report *r)
{
    for (unsigned i = 0; i < r->rows->len; i++) {
        json_dumper json = vsock_json_line_begin();

        if (r->capture)
            vsock_json_string(&json, "capture", r->capture);
        r->kind->add_members(&json, r, r->rows->data + i * r->kind->row_size);
        vsock_json_line_end(&json, out);
        vsock_report_drain(r, out);
    }
}
