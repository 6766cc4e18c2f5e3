/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.c - -z vsock,streams, and a table of the GUI (-z vsock,streams-table): one row a connection. */
#include "compat.h"

#include <epan/stat_tap_ui.h>

#include "listener.h"
#include "report/streams.h"
#include "tap.h"

/* The GUI sorts a column by the type of its first row, so all have the same: that which is here, or text.
 * Wireshark 4.0 and 4.4 show each FLOAT with six decimals. */
static const stat_tap_table_item columns[VSOCK_STREAM_COLUMNS] = {
    [VSOCK_STREAM_STREAM] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stream", "%u"},
    [VSOCK_STREAM_CLIENT] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Client", "%s"},
    [VSOCK_STREAM_SERVER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Server", "%s"},
    [VSOCK_STREAM_PACKETS_OUT] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to server", "%u"},
    [VSOCK_STREAM_BYTES_OUT] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes to server", "%u"},
    [VSOCK_STREAM_PACKETS_IN] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Packets to client", "%u"},
    [VSOCK_STREAM_BYTES_IN] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Bytes to client", "%u"},
    [VSOCK_STREAM_START] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Start (s)", "%.6f"},
    [VSOCK_STREAM_CONNECT] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Connect (s)", "%.6f"},
    [VSOCK_STREAM_DURATION] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Duration (s)", "%.6f"},
    [VSOCK_STREAM_LOWEST_WINDOW] = {TABLE_ITEM_INT, TAP_ALIGN_RIGHT, "Lowest window", "%d"},
    [VSOCK_STREAM_LOWEST_EFFECTIVE] = {TABLE_ITEM_INT, TAP_ALIGN_RIGHT, "Lowest effective window", "%d"},
    [VSOCK_STREAM_STALLS] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Stalls", "%u"},
    [VSOCK_STREAM_LONGEST_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Longest stall (s)", "%.6f"},
    [VSOCK_STREAM_TOTAL_STALL] = {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Total stall (s)", "%.6f"},
    [VSOCK_STREAM_UPDATES] = {TABLE_ITEM_STRING, TAP_ALIGN_RIGHT, "Updates per RW", "%s"},
    [VSOCK_STREAM_END] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "End", "%s"},
    [VSOCK_STREAM_FILTER] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Filter", "%s"},
};

/* A stream has its row from its first packet on that the table's filter lets through; the row tells it whole.
 * epan calls nobody at the end, so a row is written again with each packet. A table lives in its user
 * interface's one static description, so what belongs to it is static, too, and the same however many ask for
 * it. */

/* One a row, with the texts that it shows. */
struct shown {
    unsigned row;
    struct vsock_stream_cell cells[VSOCK_STREAM_COLUMNS];
};

static stat_tap_table_item gui_columns[VSOCK_STREAM_COLUMNS];
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
    static const stat_tap_table_item_type empty[VSOCK_STREAM_COLUMNS];

    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++)
        gui_columns[i] = columns[i];
    for (unsigned row = 0; row < table->num_elements; row++)
        stat_tap_init_table_row(table, row, VSOCK_STREAM_COLUMNS, empty);
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
        table = stat_tap_init_table(ui->title, VSOCK_STREAM_COLUMNS, 0, NULL);
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
    return columns[column].align == TAP_ALIGN_RIGHT;
}

static bool fits(stat_tap_table_item_enum type, const struct vsock_stream_cell *cell)
{
    if (type == TABLE_ITEM_UINT)
        return cell->known && cell->number >= 0 && cell->number <= UINT32_MAX;
    if (type == TABLE_ITEM_INT)
        return cell->known && cell->number >= INT32_MIN && cell->number <= INT32_MAX;
    return type == TABLE_ITEM_STRING || cell->known;
}

static stat_tap_table_item_type item_of(unsigned column, const struct vsock_stream_cell *cell)
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
    struct vsock_stream_row row = vsock_stream_row_of(s, vsock_track_capture()->start);
    struct shown *shown = get_shown(s);
    stat_tap_table_item_type items[VSOCK_STREAM_COLUMNS];

    vsock_stream_set_cells(shown->cells, &row);
    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++) {
        if (is_number(i))
            pad(shown->cells[i].text, sizeof(shown->cells[i].text));
        if (!fits(gui_columns[i].type, &shown->cells[i]))
            turn_into_text(table, i);
        items[i] = item_of(i, &shown->cells[i]);
    }
    stat_tap_init_table_row(table, shown->row, VSOCK_STREAM_COLUMNS, items);
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
    static stat_tap_table_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = "vsock Streams",
        .tap_name = "vsock",
        .cli_string = VSOCK_STREAMS_COMMAND "-table",
        .stat_tap_init_cb = start,
        .packet_func = take,
        .stat_tap_reset_table_cb = reset,
        .nfields = VSOCK_STREAM_COLUMNS,
        .fields = gui_columns,
    };

    vsock_listener_register(&vsock_streams);
    for (unsigned i = 0; i < VSOCK_STREAM_COLUMNS; i++)
        gui_columns[i] = columns[i];
    register_stat_tap_table_ui(&ui);
    register_shutdown_routine(forget);
}
