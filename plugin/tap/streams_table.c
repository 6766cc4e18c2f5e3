/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams_table.c - the streams as a table of the GUI. A stream has its row from its first packet on that the
 * table's filter lets through; the row tells it whole. epan calls nobody at the end, so a row is written
 * again with each packet. A table lives in its user interface's one static description, so what belongs to it
 * is static, too, and the same however many ask for it. */
#include "compat.h"

#include <epan/stat_tap_ui.h>
#include <inttypes.h>
#include <stdio.h>

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
    [CONNECT] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Connect (s)", "%s"},
    [DURATION] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Duration (s)", "%.6f"},
    [LOWEST_WINDOW] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Lowest window", "%s"},
    [STALLS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stalls", "%u"},
    [LONGEST_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Longest stall (s)", "%.6f"},
    [TOTAL_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Stalls (s)", "%.6f"},
    [UPDATES] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Updates per RW", "%.2f"},
    [END] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "End", "%s"},
};

/* One a row, with the strings that it shows. */
struct shown {
    unsigned row;
    char client[32], server[32], connect[24], lowest_window[24];
};

static GHashTable *shown_streams; /* vsock.stream of the open session -> struct shown */
static GPtrArray *all_shown;      /* those of ended sessions, too; owns them */

static void forget(void)
{
    if (!all_shown)
        return;
    g_hash_table_destroy(shown_streams);
    g_ptr_array_free(all_shown, TRUE);
    all_shown = NULL;
}

void vsock_streams_table_end_session(void)
{
    if (all_shown)
        g_hash_table_remove_all(shown_streams);
}

/* Rows cannot be taken out of a table, only emptied. */
static void reset(stat_tap_table *table)
{
    static const stat_tap_table_item_type empty[COLUMNS];

    for (unsigned row = 0; row < table->num_elements; row++)
        stat_tap_init_table_row(table, row, COLUMNS, empty);
    g_hash_table_remove_all(shown_streams);
    g_ptr_array_set_size(all_shown, 0);
}

/* The table of before, if there was one, went with its window. */
static void start(stat_tap_table_ui *ui)
{
    const char *const title = "vsock Streams";
    stat_tap_table *table = stat_tap_find_table(ui, title);

    if (!all_shown) {
        shown_streams = g_hash_table_new(NULL, NULL);
        all_shown = g_ptr_array_new_with_free_func(g_free);
    }
    if (!table) {
        table = stat_tap_init_table(title, COLUMNS, 0, NULL);
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

static void set_endpoint(char *text, size_t size, struct vsock_endpoint e)
{
    snprintf(text, size, "%" PRIu64 "-%u", e.cid, e.port);
}

/* What may not be known, so that columns have no number. */
static void set_strings(struct shown *shown, const struct vsock_row *r)
{
    set_endpoint(shown->client, sizeof(shown->client), r->client);
    set_endpoint(shown->server, sizeof(shown->server), r->server);
    g_strlcpy(shown->connect, "-", sizeof(shown->connect));
    g_strlcpy(shown->lowest_window, "-", sizeof(shown->lowest_window));
    if (r->has_connect)
        snprintf(shown->connect, sizeof(shown->connect), "%.6f", (double)r->connect / 1e9);
    if (r->has_window)
        snprintf(shown->lowest_window, sizeof(shown->lowest_window), "%" PRId64, r->lowest_window);
}

static void show(stat_tap_table *table, const struct vsock_stream *s)
{
    struct vsock_row r = vsock_row_make(s, vsock_track_capture()->start);
    struct shown *shown = get_shown(s);
    stat_tap_table_item_type items[COLUMNS] = {{.type = TABLE_ITEM_NONE}};

    set_strings(shown, &r);
    show_number(&items[STREAM], r.stream);
    show_text(&items[CLIENT], shown->client);
    show_text(&items[SERVER], shown->server);
    show_number(&items[PACKETS_OUT], r.out.packets);
    show_float(&items[BYTES_OUT], (double)r.out.bytes);
    show_number(&items[PACKETS_IN], r.in.packets);
    show_float(&items[BYTES_IN], (double)r.in.bytes);
    show_float(&items[START], (double)r.start / 1e9);
    show_text(&items[CONNECT], shown->connect);
    show_float(&items[DURATION], (double)r.duration / 1e9);
    show_text(&items[LOWEST_WINDOW], shown->lowest_window);
    show_number(&items[STALLS], r.stalls);
    show_float(&items[LONGEST_STALL], (double)r.longest_stall / 1e9);
    show_float(&items[TOTAL_STALL], (double)r.total_stall / 1e9);
    show_float(&items[UPDATES], r.rws > 0 ? (double)r.updates / r.rws : 0);
    show_text(&items[END], vsock_row_end(&r));
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
