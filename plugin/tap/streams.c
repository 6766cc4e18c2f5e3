/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.c - -z vsock,streams: one row a connection. */
#include "compat.h"

#include <inttypes.h>
#include <stdio.h>

#include "dissect/connection.h"
#include "report.h"
#include "row.h"
#include "tap.h"

#define COMMAND "vsock,streams"

static uint32_t gather(struct vsock_report *report, const struct vsock_capture *capture)
{
    const struct vsock_selection *only = vsock_report_selection(report);
    uint32_t count = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        struct vsock_row row;

        if (only && !g_hash_table_contains(only->streams, GUINT_TO_POINTER(i)))
            continue;
        row = vsock_row_make(vsock_capture_stream(capture, i), capture->start);
        row.session = report->sessions;
        g_array_append_val(report->rows, row);
        count++;
    }
    return count;
}

static char *endpoint(struct vsock_endpoint e)
{
    return vsock_scope_text(VSOCK_SCOPE_ENDPOINT, e);
}

/* ---- for people ---- */

static void print_seconds(int64_t value, bool known)
{
    if (known)
        printf(" %11.6f", (double)value / 1e9);
    else
        printf(" %11s", "-");
}

static void print_row(const struct vsock_report *report, const struct vsock_row *r)
{
    char *client = endpoint(r->client), *server = endpoint(r->server);

    if (report->sessions > 1)
        printf("%7u ", r->session);
    printf("%6u  %-16s %-16s %8u %12" PRIu64 " %8u %12" PRIu64, r->stream, client, server, r->out.packets,
           r->out.bytes, r->in.packets, r->in.bytes);
    print_seconds(r->start, true);
    print_seconds(r->connect, r->has_connect);
    print_seconds(r->duration, true);
    if (r->has_window)
        printf(" %11" PRId64, r->lowest_window);
    else
        printf(" %11s", "-");
    printf(" %6u", r->stalls);
    print_seconds(r->longest_stall, r->stalls > 0);
    print_seconds(r->total_stall, r->stalls > 0);
    if (r->rws > 0)
        printf(" %6.2f", (double)r->updates / r->rws);
    else
        printf(" %6s", "-");
    printf("  %s\n", vsock_row_end(r));
    g_free(client);
    g_free(server);
}

static void draw_text(const struct vsock_report *report)
{
    printf("vsock streams%s%s; the client is the side that connects, \"->\" what it sends\n",
           report->filter ? ", of those with packets that match " : "", report->filter ? report->filter : "");
    if (report->sessions > 1)
        printf("%7s ", "Session");
    printf("%6s  %-16s %-16s %8s %12s %8s %12s %11s %11s %11s %11s %6s %11s %11s %6s  %s\n", "Stream",
           "Client", "Server", "Pkts ->", "Bytes ->", "Pkts <-", "Bytes <-", "Start s", "Connect s",
           "Duration s", "Lowest win", "Stalls", "Longest s", "Total s", "Upd/RW", "End");
    for (unsigned i = 0; i < report->rows->len; i++)
        print_row(report, &g_array_index(report->rows, struct vsock_row, i));
}

/* ---- for machines ---- */

static void add_side(json_dumper *json, const char *name, const struct vsock_side_stats *side)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_object(json);
    vsock_json_number(json, "packets", side->packets);
    vsock_json_number(json, "bytes", (int64_t)side->bytes);
    vsock_json_number(json, "rws", side->rws);
    vsock_json_number(json, "credit_updates", side->updates);
    if (side->has_window)
        vsock_json_number(json, "lowest_window", side->lowest_window);
    else
        vsock_json_string(json, "lowest_window", NULL);
    json_dumper_end_object(json);
}

static void print_object(const struct vsock_report *report, const struct vsock_row *r)
{
    char *client = endpoint(r->client), *server = endpoint(r->server);
    json_dumper json;

    vsock_json_begin(&json);
    if (report->sessions > 1)
        vsock_json_number(&json, "session", r->session);
    vsock_json_number(&json, "stream", r->stream);
    vsock_json_string(&json, "client", client);
    vsock_json_string(&json, "server", server);
    json_dumper_set_member_name(&json, "client_is_known");
    json_dumper_value_anyf(&json, r->client_is_known ? "true" : "false");
    vsock_json_number(&json, "first_frame", r->first_frame);
    vsock_json_number(&json, "last_frame", r->last_frame);
    add_side(&json, "from_client", &r->out);
    add_side(&json, "from_server", &r->in);
    vsock_json_seconds(&json, "start_s", r->start, true);
    vsock_json_seconds(&json, "connect_s", r->connect, r->has_connect);
    vsock_json_seconds(&json, "duration_s", r->duration, true);
    vsock_json_number(&json, "stalls", r->stalls);
    vsock_json_seconds(&json, "longest_stall_s", r->longest_stall, true);
    vsock_json_seconds(&json, "total_stall_s", r->total_stall, true);
    vsock_json_string(&json, "state", val_to_str_const(r->state, vsock_state_names, "Unknown"));
    vsock_json_string(&json, "rst_kind", r->rst_kind == VSOCK_RST_NONE ? NULL : vsock_row_end(r));
    vsock_json_end(&json);
    g_free(client);
    g_free(server);
}

static void draw_json(const struct vsock_report *report)
{
    for (unsigned i = 0; i < report->rows->len; i++)
        print_object(report, &g_array_index(report->rows, struct vsock_row, i));
}

void vsock_streams_register(void)
{
    static const struct vsock_report_kind streams = {COMMAND, sizeof(struct vsock_row), gather, draw_text,
                                                     draw_json};

    vsock_report_register(&streams);
}
