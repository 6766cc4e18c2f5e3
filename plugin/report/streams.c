/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.c - one row a connection: for people, or the members of a JSON object. */
#include "streams.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/judged_once.h"
#include "json.h"

/* ---- rows ---- */

static int64_t connect_time(const struct vsock_conn *c)
{
    const struct vsock_mark *answer = &c->response;

    if (answer->record == 0 && c->rst_kind == VSOCK_RST_REFUSED)
        answer = &c->reset;
    return c->from_request && answer->record != 0 ? answer->time - c->request.time : VSOCK_TIME_NONE;
}

static void add_open_stall(struct vsock_stream_row *r, const struct vsock_stream *s, uint8_t side)
{
    int64_t length = vsock_stream_open_stall(s, side);
    int64_t until = vsock_time_sum(vsock_flow_stall(&s->conn.flow, side)->began.time, length);

    r->stalls += vsock_flow_stall(&s->conn.flow, side)->open;
    r->total_stall = vsock_time_sum(r->total_stall, length);
    r->longest_stall = MAX(r->longest_stall, length);
    if (length > 0)
        r->duration = MAX(r->duration, until - s->stats.first.time);
}

struct vsock_stream_row vsock_stream_row_of(const struct vsock_stream *s, int64_t capture_start)
{
    uint8_t client = vsock_stream_client(s);
    struct vsock_stream_row r = {
        .stream = s->index,
        .client = s->side[client],
        .server = s->side[client ^ 1],
        .client_is_known = s->conn.client != VSOCK_SIDE_UNKNOWN,
        .out = s->stats.side[client],
        .in = s->stats.side[client ^ 1],
        .first_frame = s->stats.first.frame,
        .last_frame = s->last.frame,
        .start = s->stats.first.time - capture_start,
        .connect = connect_time(&s->conn),
        .duration = s->last.time - s->stats.first.time,
        .lowest_effective = {vsock_stream_lowest_effective(s, client),
                             vsock_stream_lowest_effective(s, client ^ 1)},
        .stalls = s->stats.stalls,
        .longest_stall = s->stats.longest_stall,
        .total_stall = s->stats.total_stall,
        .state = s->conn.state,
        .rst_kind = s->conn.rst_kind,
    };

    add_open_stall(&r, s, 0);
    add_open_stall(&r, s, 1);
    return r;
}

/* How it ended, or else its state. */
static const char *end_text(const struct vsock_stream_row *r)
{
    if (r->rst_kind != VSOCK_RST_NONE)
        return vsock_rst_kind_name(r->rst_kind);
    return vsock_state_name(r->state);
}

static struct vsock_stream_view view_of(const struct vsock_stream *s)
{
    uint8_t client = vsock_stream_client(s);

    return (struct vsock_stream_view){s->index, s->stats.side[client].packets,
                                      s->stats.side[client ^ 1].packets};
}

static void add_views(struct vsock_stream_row *r, const struct vsock_views *views)
{
    if (!views)
        return;
    r->has_views = true;
    r->view[0] = view_of(views->of[0]);
    r->view[1] = view_of(views->of[1]);
}

/* A connection that was recorded on both sides has one row. */
static uint32_t gather_once(struct vsock_report *report, const struct vsock_capture *capture,
                            const struct vsock_twins *twins, const struct vsock_selection *only)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(capture, i);
        struct vsock_stream_row row;

        if (only && !g_hash_table_contains(only->streams, GUINT_TO_POINTER(i)))
            continue;
        row = vsock_stream_row_of(s, capture->start);
        row.session = report->sessions;
        add_views(&row, vsock_views_of(twins, s));
        g_array_append_val(report->rows, row);
        count++;
    }
    return count;
}

static uint32_t gather(struct vsock_report *report, const struct vsock_capture *capture,
                       const struct vsock_selection *only)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    const struct vsock_twins *twins = vsock_twins_find(capture, memory);
    struct vsock_selection judged;
    uint32_t count;

    if (twins->views) {
        judged = vsock_select_views(twins, only);
        count = gather_once(report, capture, twins, &judged);
        vsock_selection_clear(&judged);
    } else {
        count = gather_once(report, capture, twins, only);
    }
    wmem_destroy_allocator(memory);
    return count;
}

/* ---- columns ---- */

const struct vsock_stream_column vsock_stream_columns[VSOCK_STREAM_COLUMNS] = {
    [VSOCK_STREAM_STREAM] = {"Stream", 6, 0},
    [VSOCK_STREAM_CLIENT] = {"Client", -16, 0},
    [VSOCK_STREAM_SERVER] = {"Server", -16, 0},
    [VSOCK_STREAM_PACKETS_OUT] = {"Pkts ->", 8, 0},
    [VSOCK_STREAM_BYTES_OUT] = {"Bytes ->", 12, 0},
    [VSOCK_STREAM_PACKETS_IN] = {"Pkts <-", 8, 0},
    [VSOCK_STREAM_BYTES_IN] = {"Bytes <-", 12, 0},
    [VSOCK_STREAM_START] = {"Start s", 11, 6},
    [VSOCK_STREAM_CONNECT] = {"Connect s", 11, 6},
    [VSOCK_STREAM_DURATION] = {"Duration s", 11, 6},
    [VSOCK_STREAM_LOWEST_WINDOW] = {"Lowest win", 11, 0},
    [VSOCK_STREAM_LOWEST_EFFECTIVE] = {"Lowest eff", 11, 0},
    [VSOCK_STREAM_STALLS] = {"Stalls", 6, 0},
    [VSOCK_STREAM_LONGEST_STALL] = {"Longest s", 11, 6},
    [VSOCK_STREAM_TOTAL_STALL] = {"Total s", 11, 6},
    [VSOCK_STREAM_UPDATES] = {"Upd/RW", 6, 2},
    [VSOCK_STREAM_END] = {"End", -1, 0},
    [VSOCK_STREAM_FILTER] = {NULL, 0, 0},
};

static double seconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

static void set_endpoint(struct vsock_stream_cell *cell, struct vsock_endpoint e)
{
    snprintf(cell->text, sizeof(cell->text), VSOCK_ENDPOINT_FORMAT, e.cid, e.port);
}

static int64_t lowest(const struct vsock_stream_row *r, int64_t out, int64_t in)
{
    return MIN(r->out.has_window ? out : INT64_MAX, r->in.has_window ? in : INT64_MAX);
}

void vsock_stream_set_cells(struct vsock_stream_cell *cells, const struct vsock_stream_row *r)
{
    uint32_t rws = r->out.rws + r->in.rws, updates = r->out.updates + r->in.updates;
    int64_t window = lowest(r, r->out.lowest_window, r->in.lowest_window);
    int64_t effective = lowest(r, r->lowest_effective[0], r->lowest_effective[1]);
    bool stalled = r->stalls > 0;
    const struct {
        bool known;
        double number;
    } figures[VSOCK_STREAM_COLUMNS] = {
        [VSOCK_STREAM_STREAM] = {true, r->stream},
        [VSOCK_STREAM_PACKETS_OUT] = {true, r->out.packets},
        [VSOCK_STREAM_BYTES_OUT] = {true, (double)r->out.bytes},
        [VSOCK_STREAM_PACKETS_IN] = {true, r->in.packets},
        [VSOCK_STREAM_BYTES_IN] = {true, (double)r->in.bytes},
        [VSOCK_STREAM_START] = {true, seconds(r->start)},
        [VSOCK_STREAM_CONNECT] = {r->connect != VSOCK_TIME_NONE, seconds(r->connect)},
        [VSOCK_STREAM_DURATION] = {true, seconds(r->duration)},
        [VSOCK_STREAM_LOWEST_WINDOW] = {window != INT64_MAX, (double)window},
        [VSOCK_STREAM_LOWEST_EFFECTIVE] = {window != INT64_MAX, (double)effective},
        [VSOCK_STREAM_STALLS] = {true, r->stalls},
        [VSOCK_STREAM_LONGEST_STALL] = {stalled, seconds(r->longest_stall)},
        [VSOCK_STREAM_TOTAL_STALL] = {stalled, seconds(r->total_stall)},
        [VSOCK_STREAM_UPDATES] = {rws > 0, (double)updates / MAX(rws, 1)},
    };

    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++) {
        cells[i] = (struct vsock_stream_cell){figures[i].known, figures[i].number, "-"};
        if (!figures[i].known)
            continue;
        snprintf(cells[i].text, sizeof(cells[i].text), "%.*f", vsock_stream_columns[i].decimals,
                 figures[i].number);
    }
    set_endpoint(&cells[VSOCK_STREAM_CLIENT], r->client);
    set_endpoint(&cells[VSOCK_STREAM_SERVER], r->server);
    g_strlcpy(cells[VSOCK_STREAM_END].text, end_text(r), sizeof(cells[VSOCK_STREAM_END].text));
    snprintf(cells[VSOCK_STREAM_FILTER].text, sizeof(cells[VSOCK_STREAM_FILTER].text), "vsock.stream == %u",
             r->stream);
}

/* ---- for people ---- */

static void add_cell(GString *out, unsigned column, const char *text)
{
    int width = vsock_stream_columns[column].width;
    const char *gap = column == 0 ? "" : width < 0 && vsock_stream_columns[column - 1].width > 0 ? "  " : " ";

    if (!vsock_stream_columns[column].title)
        return;
    g_string_append_printf(out, "%s%*s", gap, width, text);
}

static void add_row(GString *out, const struct vsock_report *report, const struct vsock_stream_row *r)
{
    struct vsock_stream_cell cells[VSOCK_STREAM_COLUMNS];

    vsock_stream_set_cells(cells, r);
    if (report->sessions > 1)
        g_string_append_printf(out, "%7u ", r->session);
    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++)
        add_cell(out, i, cells[i].text);
    if (r->has_views)
        g_string_append_printf(out,
                               "; packets on the host: %u, %u (stream %u); in the guest: %u, %u (stream %u)",
                               r->view[0].out, r->view[0].in, r->view[0].stream, r->view[1].out,
                               r->view[1].in, r->view[1].stream);
    g_string_append_c(out, '\n');
}

static void add_text(GString *out, const struct vsock_report *report)
{
    g_string_append_printf(
        out, "vsock streams%s%s; the client is the side that connects, \"->\" what it sends\n",
        report->filter ? ", of those with packets that match " : "", report->filter ? report->filter : "");
    if (report->sessions > 1)
        g_string_append_printf(out, "%7s ", "Session");
    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++)
        add_cell(out, i, vsock_stream_columns[i].title);
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < report->rows->len; i++) {
        add_row(out, report, &g_array_index(report->rows, struct vsock_stream_row, i));
        vsock_report_drain(report, out);
    }
}

/* ---- for machines ---- */

static void add_side(json_dumper *json, const char *name, const struct vsock_side_stats *side,
                     int64_t lowest_effective)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_object(json);
    vsock_json_number(json, "packets", side->packets, true);
    vsock_json_number(json, "bytes", (int64_t)side->bytes, true);
    vsock_json_number(json, "rws", side->rws, true);
    vsock_json_number(json, "credit_updates", side->updates, true);
    vsock_json_number(json, "lowest_window", side->lowest_window, side->has_window);
    vsock_json_number(json, "lowest_effective_window", lowest_effective, side->has_window);
    json_dumper_end_object(json);
}

static void add_view(json_dumper *json, const char *name, const struct vsock_stream_view *view)
{
    json_dumper_set_member_name(json, name);
    json_dumper_begin_object(json);
    vsock_json_number(json, "stream", view->stream, true);
    vsock_json_number(json, "packets_from_client", view->out, true);
    vsock_json_number(json, "packets_from_server", view->in, true);
    json_dumper_end_object(json);
}

static void add_members(json_dumper *json, const struct vsock_report *report, const void *row)
{
    const struct vsock_stream_row *r = (const struct vsock_stream_row *)row;

    if (report->sessions > 1)
        vsock_json_number(json, "session", r->session, true);
    vsock_json_number(json, "stream", r->stream, true);
    vsock_json_endpoint(json, "client", VSOCK_SCOPE_ENDPOINT, r->client);
    vsock_json_endpoint(json, "server", VSOCK_SCOPE_ENDPOINT, r->server);
    json_dumper_set_member_name(json, "client_is_known");
    json_dumper_value_anyf(json, r->client_is_known ? "true" : "false");
    vsock_json_number(json, "first_frame", r->first_frame, true);
    vsock_json_number(json, "last_frame", r->last_frame, true);
    add_side(json, "from_client", &r->out, r->lowest_effective[0]);
    add_side(json, "from_server", &r->in, r->lowest_effective[1]);
    vsock_json_seconds(json, "start_s", r->start, true);
    vsock_json_seconds(json, "connect_s", r->connect, r->connect != VSOCK_TIME_NONE);
    vsock_json_seconds(json, "duration_s", r->duration, true);
    vsock_json_number(json, "stalls", r->stalls, true);
    vsock_json_seconds(json, "longest_stall_s", r->longest_stall, true);
    vsock_json_seconds(json, "total_stall_s", r->total_stall, true);
    vsock_json_string(json, "state", vsock_state_name(r->state));
    vsock_json_string(json, "rst_kind", r->rst_kind == VSOCK_RST_NONE ? NULL : end_text(r));
    if (!r->has_views)
        return;
    add_view(json, "on_host", &r->view[0]);
    add_view(json, "in_guest", &r->view[1]);
}

const struct vsock_report_kind vsock_streams = {VSOCK_STREAMS_COMMAND, sizeof(struct vsock_stream_row),
                                                gather, add_text, add_members};
