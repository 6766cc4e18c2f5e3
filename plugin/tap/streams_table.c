/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams_table.c - the streams as a table of the GUI. Its filter chooses packets, as in Wireshark's other
 * tables: epan hands over no others, and calls nobody at the end. A table lives in its user interface's one
 * static description, so what belongs to it is static, too. */
#include "compat.h"

#include "streams_table.h"

#include <epan/stat_tap_ui.h>

#include "event.h"
#include "row.h"
#include "tap.h"

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
    STALLS,
    LONGEST_STALL,
    TOTAL_STALL,
    UPDATES,
    END,

    COLUMNS
};

static stat_tap_table_item columns[COLUMNS] = {
    [STREAM] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stream", "%u"},
    [CLIENT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Client", "%s"},
    [SERVER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Server", "%s"},
    [PACKETS_OUT] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to server", "%u"},
    [BYTES_OUT] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Bytes to server", "%.0f"},
    [PACKETS_IN] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to client", "%u"},
    [BYTES_IN] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Bytes to client", "%.0f"},
    [START] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Start (s)", "%.6f"},
    [CONNECT] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Connect (s)", "%.6f"},
    [DURATION] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Duration (s)", "%.6f"},
    [LOWEST_WINDOW] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Lowest window", "%.0f"},
    [STALLS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stalls", "%u"},
    [LONGEST_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Longest stall (s)", "%.6f"},
    [TOTAL_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Stalls (s)", "%.6f"},
    [UPDATES] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Updates per RW", "%.2f"},
    [END] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "End", "%s"},
};

/* One a row. */
struct shown {
    struct vsock_life life;
    int64_t capture_start;
    unsigned row;
    char *client, *server;
};

static GHashTable *shown_streams; /* vsock.stream -> struct shown, owned */

static void free_shown(void *data)
{
    struct shown *s = (struct shown *)data;

    g_free(s->client);
    g_free(s->server);
    g_free(s);
}

static void forget(void)
{
    if (shown_streams)
        g_hash_table_destroy(shown_streams);
    shown_streams = NULL;
}

/* Rows cannot be taken out of a table, only emptied. */
static void reset(stat_tap_table *table)
{
    static const stat_tap_table_item_type empty[COLUMNS];

    for (unsigned row = 0; row < table->num_elements; row++)
        stat_tap_init_table_row(table, row, COLUMNS, empty);
    g_hash_table_remove_all(shown_streams);
}

/* The table of before, if there was one, went with its window. */
static void start(stat_tap_table_ui *ui)
{
    const char *const title = "vsock Streams";
    stat_tap_table *table = stat_tap_find_table(ui, title);

    if (!shown_streams)
        shown_streams = g_hash_table_new_full(NULL, NULL, NULL, free_shown);
    if (!table) {
        table = stat_tap_init_table(title, COLUMNS, 0, NULL);
        stat_tap_add_table(ui, table);
    }
    reset(table);
}

static struct shown *get_shown(const struct vsock_stream *s, int64_t capture_start)
{
    struct shown *shown = (struct shown *)g_hash_table_lookup(shown_streams, GUINT_TO_POINTER(s->index));
    struct vsock_row row;

    if (shown)
        return shown;
    shown = g_new0(struct shown, 1);
    shown->life = vsock_life_start(&s->conn, s->side[0].cid == VSOCK_CID_LOCAL);
    shown->capture_start = capture_start;
    shown->row = g_hash_table_size(shown_streams);
    row = vsock_row_make(s, &shown->life, capture_start);
    shown->client = vsock_row_endpoint(&row, row.client);
    shown->server = vsock_row_endpoint(&row, row.client ^ 1);
    g_hash_table_insert(shown_streams, GUINT_TO_POINTER(s->index), shown);
    return shown;
}

static void show_number(stat_tap_table_item_type *item, uint32_t value)
{
    item->type = TABLE_ITEM_UINT;
    item->value.uint_value = value;
}

static void show_float(stat_tap_table_item_type *item, double value)
{
    item->type = TABLE_ITEM_FLOAT;
    item->value.float_value = value;
}

static void show_text(stat_tap_table_item_type *item, const char *value)
{
    item->type = TABLE_ITEM_STRING;
    item->value.string_value = value;
}

static void show(stat_tap_table *table, const struct vsock_stream *s, const struct shown *shown)
{
    struct vsock_row r = vsock_row_make(s, &shown->life, shown->capture_start);
    const struct vsock_tally *out = &r.life->side[r.client], *in = &r.life->side[r.client ^ 1];
    stat_tap_table_item_type items[COLUMNS] = {{.type = TABLE_ITEM_NONE}};

    show_number(&items[STREAM], s->index);
    show_text(&items[CLIENT], shown->client);
    show_text(&items[SERVER], shown->server);
    show_number(&items[PACKETS_OUT], out->packets);
    show_float(&items[BYTES_OUT], (double)out->bytes);
    show_number(&items[PACKETS_IN], in->packets);
    show_float(&items[BYTES_IN], (double)in->bytes);
    show_float(&items[START], (double)r.start / 1e9);
    show_float(&items[CONNECT], (double)r.connect / 1e9);
    show_float(&items[DURATION], (double)(r.life->last_time - r.life->first_time) / 1e9);
    show_float(&items[LOWEST_WINDOW], (double)r.lowest_window);
    show_number(&items[STALLS], r.stalls);
    show_float(&items[LONGEST_STALL], (double)r.longest_stall / 1e9);
    show_float(&items[TOTAL_STALL], (double)r.total_stall / 1e9);
    show_float(&items[UPDATES], r.rws > 0 ? (double)r.updates / r.rws : 0);
    show_text(&items[END], r.end);
    stat_tap_init_table_row(table, shown->row, COLUMNS, items);
}

static tap_packet_status take(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                              tap_flags_t flags _U_)
{
    stat_data_t *window = (stat_data_t *)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    struct vsock_thresholds thresholds = {0};
    struct vsock_diagnoses found;
    struct vsock_event e;
    struct shown *shown;

    if (!tap->record || tap->record->copy)
        return TAP_PACKET_DONT_REDRAW;
    shown = get_shown(tap->record->stream, vsock_capture_start(pinfo));
    e = vsock_event_make(tap);
    vsock_life_take(&shown->life, &e, &thresholds, &found);
    show(g_array_index(window->stat_tap_data->tables, stat_tap_table *, 0), tap->record->stream, shown);
    return TAP_PACKET_REDRAW;
}

void vsock_streams_table_register(void)
{
    static stat_tap_table_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = "vsock Streams",
        .tap_name = "vsock",
        .cli_string = "vsock,streams-table",
        .stat_tap_init_cb = start,
        .packet_func = take,
        .stat_tap_reset_table_cb = reset,
        .nfields = COLUMNS,
        .fields = columns,
    };

    register_stat_tap_table_ui(&ui);
    register_shutdown_routine(forget);
}
