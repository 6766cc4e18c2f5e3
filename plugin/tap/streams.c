/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.c - one row a connection: -z vsock,streams, for people and as JSON, and a table of the GUI (-z
 * vsock,streams-table). */
#include "compat.h"

#include <epan/stat_tap_ui.h>
#include <inttypes.h>
#include <stdio.h>

#include "dissect/connection.h"
#include "report.h"
#include "tap.h"

#define COMMAND "vsock,streams"

/* ---- rows ---- */

/* What is told of a stream: by itself, so that it outlives its session. */
struct row {
    uint32_t session, stream;
    struct vsock_endpoint client, server;
    bool client_is_known;            /* if not, it is the one with the larger port */
    struct vsock_side_stats out, in; /* what the client sent, and the server */
    uint32_t first_frame, last_frame;
    int64_t start;    /* its first packet, since the capture's; this and what follows in nanoseconds */
    int64_t connect;  /* from the REQUEST to its answer; or VSOCK_TIME_NONE */
    int64_t duration; /* from its first packet to its last, or until which somebody waited */
    int64_t lowest_effective[2]; /* the client's window, and the server's; where they have one */
    uint32_t stalls;             /* that of the end included */
    int64_t longest_stall, total_stall;
    enum vsock_state state;
    enum vsock_rst_kind rst_kind; /* VSOCK_RST_NONE where it had no RST */
};

static int64_t connect_time(const struct vsock_conn *c)
{
    const struct vsock_mark *answer = &c->response;

    if (answer->record == 0 && c->rst_kind == VSOCK_RST_REFUSED)
        answer = &c->reset;
    return c->from_request && answer->record != 0 ? answer->time - c->request.time : VSOCK_TIME_NONE;
}

static void add_open_stall(struct row *r, const struct vsock_stream *s, uint8_t side)
{
    int64_t length = vsock_stream_open_stall(s, side);
    int64_t until = vsock_time_sum(s->conn.flow.stall[side].began.time, length);

    r->stalls += s->conn.flow.stall[side].open;
    r->total_stall = vsock_time_sum(r->total_stall, length);
    r->longest_stall = MAX(r->longest_stall, length);
    if (length > 0)
        r->duration = MAX(r->duration, until - s->stats.first.time);
}

static struct row make_row(const struct vsock_stream *s, int64_t capture_start)
{
    uint8_t client = vsock_stream_client(s);
    struct row r = {
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
static const char *end_text(const struct row *r)
{
    if (r->rst_kind != VSOCK_RST_NONE)
        return val_to_str_const(r->rst_kind, vsock_rst_kind_names, "Unknown");
    return val_to_str_const(r->state, vsock_state_names, "Unknown");
}

static uint32_t gather(struct vsock_report *report, const struct vsock_capture *capture)
{
    const struct vsock_selection *only = vsock_report_selection(report);
    uint32_t count = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        struct row row;

        if (only && !g_hash_table_contains(only->streams, GUINT_TO_POINTER(i)))
            continue;
        row = make_row(vsock_capture_stream(capture, i), capture->start);
        row.session = report->sessions;
        g_array_append_val(report->rows, row);
        count++;
    }
    return count;
}

/* ---- columns ---- */

enum column {
    STREAM,
    CLIENT,
    SERVER,
    PACKETS_OUT,
    BYTES_OUT,
    PACKETS_IN,
    BYTES_IN,
    START,
    CONNECT,
    DURATION,
    LOWEST_WINDOW,
    LOWEST_EFFECTIVE,
    STALLS,
    LONGEST_STALL,
    TOTAL_STALL,
    UPDATES,
    END,
    FILTER,

    COLUMNS
};

/* The GUI sorts a column by the type of its first row, so all have the same: that which is here, or text.
 * Wireshark 4.0 and 4.4 show each FLOAT with six decimals. */
static const struct {
    const char *title; /* tshark's; NULL: it has none */
    int width;         /* in tshark; negative: to the left */
    int decimals;
    stat_tap_table_item gui;
} columns[COLUMNS] = {
    [STREAM] = {"Stream", 6, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stream", "%u"}},
    [CLIENT] = {"Client", -16, 0, {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Client", "%s"}},
    [SERVER] = {"Server", -16, 0, {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Server", "%s"}},
    [PACKETS_OUT] = {"Pkts ->", 8, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to server", "%u"}},
    [BYTES_OUT] = {"Bytes ->", 12, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes to server", "%u"}},
    [PACKETS_IN] = {"Pkts <-", 8, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to client", "%u"}},
    [BYTES_IN] = {"Bytes <-", 12, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes to client", "%u"}},
    [START] = {"Start s", 11, 6, {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Start (s)", "%.6f"}},
    [CONNECT] = {"Connect s", 11, 6, {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Connect (s)", "%.6f"}},
    [DURATION] = {"Duration s", 11, 6, {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Duration (s)", "%.6f"}},
    [LOWEST_WINDOW] = {"Lowest win", 11, 0, {TABLE_ITEM_INT, TAP_ALIGN_RIGHT, "Lowest window", "%d"}},
    [LOWEST_EFFECTIVE] = {"Lowest eff",
                          11,
                          0,
                          {TABLE_ITEM_INT, TAP_ALIGN_RIGHT, "Lowest effective window", "%d"}},
    [STALLS] = {"Stalls", 6, 0, {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stalls", "%u"}},
    [LONGEST_STALL] = {"Longest s", 11, 6, {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Longest stall (s)", "%.6f"}},
    [TOTAL_STALL] = {"Total s", 11, 6, {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Total stall (s)", "%.6f"}},
    [UPDATES] = {"Upd/RW", 6, 2, {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Updates per RW", "%s"}},
    [END] = {"End", -1, 0, {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "End", "%s"}},
    [FILTER] = {NULL, 0, 0, {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Filter", "%s"}},
};

struct cell {
    bool known; /* if it is a number */
    double number;
    char text[48]; /* a dash where it is not known */
};

static double seconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

static void set_endpoint(struct cell *cell, struct vsock_endpoint e)
{
    snprintf(cell->text, sizeof(cell->text), VSOCK_ENDPOINT_FORMAT, e.cid, e.port);
}

static int64_t lowest(const struct row *r, int64_t out, int64_t in)
{
    return MIN(r->out.has_window ? out : INT64_MAX, r->in.has_window ? in : INT64_MAX);
}

static void set_cells(struct cell *cells, const struct row *r)
{
    uint32_t rws = r->out.rws + r->in.rws, updates = r->out.updates + r->in.updates;
    int64_t window = lowest(r, r->out.lowest_window, r->in.lowest_window);
    int64_t effective = lowest(r, r->lowest_effective[0], r->lowest_effective[1]);
    bool stalled = r->stalls > 0;
    const struct {
        bool known;
        double number;
    } figures[COLUMNS] = {
        [STREAM] = {true, r->stream},
        [PACKETS_OUT] = {true, r->out.packets},
        [BYTES_OUT] = {true, (double)r->out.bytes},
        [PACKETS_IN] = {true, r->in.packets},
        [BYTES_IN] = {true, (double)r->in.bytes},
        [START] = {true, seconds(r->start)},
        [CONNECT] = {r->connect != VSOCK_TIME_NONE, seconds(r->connect)},
        [DURATION] = {true, seconds(r->duration)},
        [LOWEST_WINDOW] = {window != INT64_MAX, (double)window},
        [LOWEST_EFFECTIVE] = {window != INT64_MAX, (double)effective},
        [STALLS] = {true, r->stalls},
        [LONGEST_STALL] = {stalled, seconds(r->longest_stall)},
        [TOTAL_STALL] = {stalled, seconds(r->total_stall)},
        [UPDATES] = {rws > 0, (double)updates / MAX(rws, 1)},
    };

    for (unsigned i = 0; i < COLUMNS; i++) {
        cells[i] = (struct cell){figures[i].known, figures[i].number, "-"};
        if (!figures[i].known)
            continue;
        snprintf(cells[i].text, sizeof(cells[i].text), "%.*f", columns[i].decimals, figures[i].number);
    }
    set_endpoint(&cells[CLIENT], r->client);
    set_endpoint(&cells[SERVER], r->server);
    g_strlcpy(cells[END].text, end_text(r), sizeof(cells[END].text));
    snprintf(cells[FILTER].text, sizeof(cells[FILTER].text), "vsock.stream == %u", r->stream);
}

/* ---- for people ---- */

static void print_cell(unsigned column, const char *text)
{
    int width = columns[column].width;
    const char *gap = column == 0 ? "" : width < 0 && columns[column - 1].width > 0 ? "  " : " ";

    if (!columns[column].title)
        return;
    printf("%s%*s", gap, width, text);
}

static void print_row(const struct vsock_report *report, const struct row *r)
{
    struct cell cells[COLUMNS];

    set_cells(cells, r);
    if (report->sessions > 1)
        printf("%7u ", r->session);
    for (unsigned i = 0; i < COLUMNS; i++)
        print_cell(i, cells[i].text);
    printf("\n");
}

static void draw_text(const struct vsock_report *report)
{
    printf("vsock streams%s%s; the client is the side that connects, \"->\" what it sends\n",
           report->filter ? ", of those with packets that match " : "", report->filter ? report->filter : "");
    if (report->sessions > 1)
        printf("%7s ", "Session");
    for (unsigned i = 0; i < COLUMNS; i++)
        print_cell(i, columns[i].title);
    printf("\n");
    for (unsigned i = 0; i < report->rows->len; i++)
        print_row(report, &g_array_index(report->rows, struct row, i));
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

static void add_members(json_dumper *json, const struct vsock_report *report, const void *row)
{
    const struct row *r = (const struct row *)row;

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
    vsock_json_string(json, "state", val_to_str_const(r->state, vsock_state_names, "Unknown"));
    vsock_json_string(json, "rst_kind", r->rst_kind == VSOCK_RST_NONE ? NULL : end_text(r));
}

/* ---- a table of the GUI ---- */

/* A stream has its row from its first packet on that the table's filter lets through; the row tells it whole.
 * epan calls nobody at the end, so a row is written again with each packet. A table lives in its user
 * interface's one static description, so what belongs to it is static, too, and the same however many ask for
 * it. */

/* One a row, with the texts that it shows. */
struct shown {
    unsigned row;
    struct cell cells[COLUMNS];
};

static stat_tap_table_item gui_columns[COLUMNS];
static GHashTable *shown_streams; /* vsock.stream of the open session -> struct shown */
static GPtrArray *all_shown;      /* by row: those of ended sessions, too; owns them */

static void forget(void)
{
    if (!all_shown)
        return;
    g_hash_table_destroy(shown_streams);
    g_ptr_array_free(all_shown, TRUE);
    all_shown = NULL;
}

void vsock_streams_end_session(void)
{
    if (all_shown)
        g_hash_table_remove_all(shown_streams);
}

/* Rows cannot be taken out of a table, only emptied. */
static void reset(stat_tap_table *table)
{
    static const stat_tap_table_item_type empty[COLUMNS];

    for (unsigned i = 0; i < COLUMNS; i++)
        gui_columns[i] = columns[i].gui;
    for (unsigned row = 0; row < table->num_elements; row++)
        stat_tap_init_table_row(table, row, COLUMNS, empty);
    g_hash_table_remove_all(shown_streams);
    g_ptr_array_set_size(all_shown, 0);
}

/* The table of before, if there was one, went with its window. */
static void start(stat_tap_table_ui *ui)
{
    stat_tap_table *table = stat_tap_find_table(ui, ui->title);

    if (!all_shown) {
        shown_streams = g_hash_table_new(NULL, NULL);
        all_shown = g_ptr_array_new_with_free_func(g_free);
    }
    if (!table) {
        table = stat_tap_init_table(ui->title, COLUMNS, 0, NULL);
        stat_tap_add_table(ui, table);
    }
    reset(table);
}

static struct shown *get_shown(const struct vsock_stream *s)
{
    struct shown *shown = (struct shown *)g_hash_table_lookup(shown_streams, GUINT_TO_POINTER(s->index));

    if (shown)
        return shown;
    shown = g_new0(struct shown, 1);
    shown->row = all_shown->len;
    g_ptr_array_add(all_shown, shown);
    g_hash_table_insert(shown_streams, GUINT_TO_POINTER(s->index), shown);
    return shown;
}

/* As wide as any number of 64 bits. */
#define PADDED 20

/* Text sorts by its bytes, and a blank is the first: so numbers sort with blanks before them, what is not
 * known before all numbers, and those below 0 before all others; among themselves these do not. All are shown
 * to the right. */
static void pad(char *text, size_t size)
{
    size_t length = strlen(text), wanted = text[0] == '-' ? PADDED + length : PADDED;

    if (length >= wanted || wanted >= size)
        return;
    memmove(text + wanted - length, text, length + 1);
    memset(text, ' ', wanted - length);
}

static bool is_number(unsigned column)
{
    return columns[column].gui.align == TAP_ALIGN_RIGHT;
}

static bool fits(stat_tap_table_item_enum type, const struct cell *cell)
{
    if (type == TABLE_ITEM_UINT)
        return cell->known && cell->number >= 0 && cell->number <= UINT32_MAX;
    if (type == TABLE_ITEM_INT)
        return cell->known && cell->number >= INT32_MIN && cell->number <= INT32_MAX;
    return type == TABLE_ITEM_STRING || cell->known;
}

static stat_tap_table_item_type item_of(unsigned column, const struct cell *cell)
{
    stat_tap_table_item_type item = {.type = gui_columns[column].type};

    if (item.type == TABLE_ITEM_UINT)
        item.value.uint_value = (unsigned)cell->number;
    else if (item.type == TABLE_ITEM_INT)
        item.value.int_value = (int)cell->number;
    else if (item.type == TABLE_ITEM_FLOAT)
        item.value.float_value = cell->number;
    else
        item.value.string_value = cell->text;
    return item;
}

/* The whole column, until the table is reset: what a type's items cannot say, texts can. */
static void turn_into_text(stat_tap_table *table, unsigned column)
{
    gui_columns[column].type = TABLE_ITEM_STRING;
    gui_columns[column].field_format = "%s";
    for (unsigned row = 0; row < all_shown->len; row++) {
        const struct shown *shown = (const struct shown *)g_ptr_array_index(all_shown, row);
        stat_tap_table_item_type item = item_of(column, &shown->cells[column]);

        if (row < table->num_elements)
            stat_tap_set_field_data(table, row, column, &item);
    }
}

static void show(stat_tap_table *table, const struct vsock_stream *s)
{
    struct row row = make_row(s, vsock_track_capture()->start);
    struct shown *shown = get_shown(s);
    stat_tap_table_item_type items[COLUMNS];

    set_cells(shown->cells, &row);
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (is_number(i))
            pad(shown->cells[i].text, sizeof(shown->cells[i].text));
        if (!fits(gui_columns[i].type, &shown->cells[i]))
            turn_into_text(table, i);
        items[i] = item_of(i, &shown->cells[i]);
    }
    stat_tap_init_table_row(table, shown->row, COLUMNS, items);
}

static tap_packet_status take(void *listener, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                              const void *data, tap_flags_t flags _U_)
{
    stat_data_t *window = (stat_data_t *)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;

    if (!tap->record)
        return TAP_PACKET_DONT_REDRAW;
    show(g_array_index(window->stat_tap_data->tables, stat_tap_table *, 0), tap->record->stream);
    return TAP_PACKET_REDRAW;
}

void vsock_streams_register(void)
{
    static const struct vsock_report_kind report = {COMMAND, sizeof(struct row), gather, draw_text,
                                                    add_members};
    static stat_tap_table_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = "vsock Streams",
        .tap_name = "vsock",
        .cli_string = COMMAND "-table",
        .stat_tap_init_cb = start,
        .packet_func = take,
        .stat_tap_reset_table_cb = reset,
        .nfields = COLUMNS,
        .fields = gui_columns,
    };

    vsock_report_register(&report);
    for (unsigned i = 0; i < COLUMNS; i++)
        gui_columns[i] = columns[i].gui;
    register_stat_tap_table_ui(&ui);
    register_shutdown_routine(forget);
}
