/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.c - -z vsock,streams: one row a connection. */
#include "compat.h"

#include "streams.h"

#include <inttypes.h>
#include <stdio.h>

#include "dissect/connection.h"
#include "report.h"
#include "row.h"

#define COMMAND "vsock,streams"

static void for_each_row(const struct vsock_lives *lives, void (*show)(const struct vsock_row *row))
{
    for (uint32_t i = 0; i < vsock_lives_count(lives); i++) {
        const struct vsock_lived *lived = vsock_lives_get(lives, i);
        struct vsock_row row;

        if (!lived)
            continue;
        row = vsock_row_make(lived->stream, &lived->life, lives->start);
        show(&row);
    }
}

/* ---- for people ---- */

static void print_seconds(int64_t value, bool known)
{
    if (known)
        printf(" %11.6f", (double)value / 1e9);
    else
        printf(" %11s", "-");
}

static void print_row(const struct vsock_row *r)
{
    char *client = vsock_row_endpoint(r, r->client), *server = vsock_row_endpoint(r, r->client ^ 1);
    const struct vsock_tally *out = &r->life->side[r->client], *in = &r->life->side[r->client ^ 1];

    printf("%6u  %-16s %-16s %8u %12" PRIu64 " %8u %12" PRIu64, r->stream->index, client, server,
           out->packets, out->bytes, in->packets, in->bytes);
    print_seconds(r->start, true);
    print_seconds(r->connect, r->has_connect);
    print_seconds(r->life->last_time - r->life->first_time, true);
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
    printf("  %s\n", r->end);
    g_free(client);
    g_free(server);
}

static void draw_text(struct vsock_lives *lives)
{
    printf("vsock streams%s%s; the client is the side that connects, \"->\" what it sends\n",
           lives->filter ? ", of those with packets that match " : "", lives->filter ? lives->filter : "");
    printf("%6s  %-16s %-16s %8s %12s %8s %12s %11s %11s %11s %11s %6s %11s %11s %6s  %s\n", "Stream",
           "Client", "Server", "Pkts ->", "Bytes ->", "Pkts <-", "Bytes <-", "Start s", "Connect s",
           "Duration s", "Lowest win", "Stalls", "Longest s", "Total s", "Upd/RW", "End");
    for_each_row(lives, print_row);
}

/* ---- for machines ---- */

static void add_seconds(json_dumper *json, const char *name, int64_t value, bool known)
{
    if (known)
        vsock_json_seconds(json, name, value);
    else
        vsock_json_string(json, name, NULL);
}

static void add_tally(json_dumper *json, const char *name, const struct vsock_tally *tally)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_object(json);
    vsock_json_number(json, "packets", tally->packets);
    vsock_json_number(json, "bytes", (int64_t)tally->bytes);
    vsock_json_number(json, "rws", tally->rws);
    vsock_json_number(json, "credit_updates", tally->updates);
    if (tally->has_window)
        vsock_json_number(json, "lowest_window", tally->lowest_window);
    else
        vsock_json_string(json, "lowest_window", NULL);
    json_dumper_end_object(json);
}

static void print_object(const struct vsock_row *r)
{
    char *client = vsock_row_endpoint(r, r->client), *server = vsock_row_endpoint(r, r->client ^ 1);
    json_dumper json;

    vsock_json_begin(&json);
    vsock_json_number(&json, "stream", r->stream->index);
    vsock_json_string(&json, "client", client);
    vsock_json_string(&json, "server", server);
    json_dumper_set_member_name(&json, "client_is_known");
    json_dumper_value_anyf(&json, r->client_is_known ? "true" : "false");
    vsock_json_number(&json, "first_frame", r->life->first_frame);
    vsock_json_number(&json, "last_frame", r->life->last_frame);
    add_tally(&json, "from_client", &r->life->side[r->client]);
    add_tally(&json, "from_server", &r->life->side[r->client ^ 1]);
    vsock_json_seconds(&json, "start_s", r->start);
    add_seconds(&json, "connect_s", r->connect, r->has_connect);
    vsock_json_seconds(&json, "duration_s", r->life->last_time - r->life->first_time);
    vsock_json_number(&json, "stalls", r->stalls);
    vsock_json_seconds(&json, "longest_stall_s", r->longest_stall);
    vsock_json_seconds(&json, "total_stall_s", r->total_stall);
    vsock_json_string(&json, "state", val_to_str_const(r->life->state, vsock_state_names, "Unknown"));
    vsock_json_string(&json, "rst_kind",
                      r->life->rst_kind == VSOCK_RST_NONE
                          ? NULL
                          : val_to_str_const(r->life->rst_kind, vsock_rst_kind_names, "Unknown"));
    vsock_json_end(&json);
    g_free(client);
    g_free(server);
}

static void draw_json(struct vsock_lives *lives)
{
    for_each_row(lives, print_object);
}

void vsock_streams_register(void)
{
    static const struct vsock_report report = {COMMAND, draw_text, draw_json};

    vsock_report_register(&report);
}
