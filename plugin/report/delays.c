/* SPDX-License-Identifier: GPL-2.0-or-later
 * delays.c - how long packets are under way from one side to the other. */
#include "delays.h"

#include <inttypes.h>

#include "core/twins.h"
#include "json.h"

/* Between a host and one of its guests, in one direction. */
struct row {
    uint32_t session;
    uint64_t from, to;              /* CIDs */
    uint32_t packets;               /* that the sender's side has, of connections that both have */
    uint32_t missing;               /* of these, those that the other side does not have */
    uint32_t timed;                 /* of the others, those whose delay is known */
    int64_t least, median, most_of; /* all but one in a hundred take so long, or less */
    int64_t largest, within;        /* it may be so much more, or less */
    uint32_t frame;                 /* of the largest one, where it was sent */
    int64_t when;                   /* that is, since the capture's start */
};

struct delay {
    int64_t time;
    uint32_t record;
};

static int by_length(const void *a, const void *b)
{
    const struct delay *d = (const struct delay *)a, *e = (const struct delay *)b;

    if (d->time != e->time)
        return d->time < e->time ? -1 : 1;
    return d->record < e->record ? -1 : d->record > e->record;
}

static void add_packet(struct row *row, GArray *delays, const struct vsock_twins *t, uint32_t record)
{
    const struct vsock_delay delay = vsock_twin_delay(t, record);

    row->packets++;
    row->missing += vsock_twin_of(t, record) == 0;
    if (delay.known) {
        struct delay one = {delay.time, record};

        g_array_append_val(delays, one);
    }
}

/* Packets that a side of the connection sent. */
static void add_packets(struct row *row, GArray *delays, const struct vsock_twins *t,
                        const struct vsock_views *v, bool from_guest)
{
    const struct vsock_stream *s = v->of[from_guest];
    uint8_t side = vsock_host_side(s) ^ from_guest;

    row->from = s->side[side].cid;
    row->to = s->side[side ^ 1].cid;
    for (uint32_t i = s->last_record; i != 0;) {
        const struct vsock_record *r = vsock_capture_record(t->capture, i);

        if (r->sender == side && !r->copy)
            add_packet(row, delays, t, i);
        i = r->previous;
    }
}

/* Of so many parts of a thousand, the longest. */
static const struct delay *delay_at(const GArray *delays, unsigned thousandths)
{
    return &g_array_index(delays, struct delay, (uint64_t)(delays->len - 1) * thousandths / 1000);
}

static void sum_up(struct row *row, GArray *delays, const struct vsock_twins *t)
{
    const struct vsock_record *largest;
    uint32_t record;

    row->timed = delays->len;
    if (delays->len == 0)
        return;
    g_array_sort(delays, by_length);
    row->least = delay_at(delays, 0)->time;
    row->median = delay_at(delays, 500)->time;
    row->most_of = delay_at(delays, 990)->time;
    row->largest = delay_at(delays, 1000)->time;
    record = delay_at(delays, 1000)->record;
    largest = vsock_capture_record(t->capture, record);
    row->within = vsock_twin_delay(t, record).within;
    row->frame = largest->frame;
    row->when = largest->time - t->capture->start;
}

static bool is_chosen(const struct vsock_views *v, const struct vsock_selection *only)
{
    return !only || g_hash_table_contains(only->streams, GUINT_TO_POINTER(v->of[0]->index)) ||
           g_hash_table_contains(only->streams, GUINT_TO_POINTER(v->of[1]->index));
}

static uint32_t add_rows(struct vsock_report *report, const struct vsock_twins *t,
                         const struct vsock_sides *sides, const struct vsock_selection *only)
{
    uint32_t count = 0;

    for (int from_guest = 0; from_guest < 2; from_guest++) {
        GArray *delays = g_array_new(FALSE, FALSE, sizeof(struct delay));
        struct row row = {.session = report->sessions};

        count = 0;
        for (unsigned i = 0; i < sides->count; i++) {
            if (!is_chosen(&sides->connections[i], only))
                continue;
            add_packets(&row, delays, t, &sides->connections[i], from_guest);
            count++;
        }
        sum_up(&row, delays, t);
        g_array_free(delays, TRUE);
        if (row.packets > 0)
            g_array_append_val(report->rows, row);
    }
    return count;
}

static uint32_t gather(struct vsock_report *report, const struct vsock_capture *capture,
                       const struct vsock_selection *only)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    const struct vsock_twins *t = vsock_twins_find(capture, memory);
    uint32_t count = 0;

    for (unsigned i = 0; i < wmem_array_get_count(t->sides); i++)
        count += add_rows(report, t, *(struct vsock_sides **)wmem_array_index(t->sides, i), only);
    wmem_destroy_allocator(memory);
    return count;
}

static double microseconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e3;
}

static void add_row(GString *out, const struct vsock_report *report, const struct row *r)
{
    if (report->sessions > 1)
        g_string_append_printf(out, "%7u ", r->session);
    g_string_append_printf(out, "%10" PRIu64 " %10" PRIu64 " %9u %8u", r->from, r->to, r->packets,
                           r->missing);
    if (r->timed > 0)
        g_string_append_printf(out, " %11.0f %11.0f %11.0f %11.0f %9u %13.6f %8.0f\n", microseconds(r->least),
                               microseconds(r->median), microseconds(r->most_of), microseconds(r->largest),
                               r->frame, (double)r->when / 1e9, microseconds(r->within));
    else
        g_string_append(
            out, "           -           -           -           -         -             -        -\n");
}

static void add_text(GString *out, const struct vsock_report *report)
{
    if (report->rows->len == 0) {
        g_string_append(out, "vsock delays: no connection was recorded on both of its sides\n");
        return;
    }
    g_string_append_printf(
        out, "vsock delays%s%s, in microseconds, from one side's recording to the other's\n",
        report->filter ? ", of streams with packets that match " : "", report->filter ? report->filter : "");
    if (report->sessions > 1)
        g_string_append_printf(out, "%7s ", "Session");
    g_string_append_printf(out, "%10s %10s %9s %8s %11s %11s %11s %11s %9s %13s %8s\n", "From CID", "To CID",
                           "Packets", "Missing", "Smallest", "Median", "99 %", "Largest", "In frame", "At s",
                           "+/-");
    for (unsigned i = 0; i < report->rows->len; i++)
        add_row(out, report, &g_array_index(report->rows, struct row, i));
}

static void add_members(json_dumper *json, const struct vsock_report *report, const void *row)
{
    const struct row *r = (const struct row *)row;
    bool known = r->timed > 0;

    if (report->sessions > 1)
        vsock_json_number(json, "session", r->session, true);
    vsock_json_number(json, "from_cid", (int64_t)r->from, true);
    vsock_json_number(json, "to_cid", (int64_t)r->to, true);
    vsock_json_number(json, "packets", r->packets, true);
    vsock_json_number(json, "missing", r->missing, true);
    vsock_json_number(json, "timed", r->timed, true);
    vsock_json_seconds(json, "smallest_s", r->least, known);
    vsock_json_seconds(json, "median_s", r->median, known);
    vsock_json_seconds(json, "percentile_99_s", r->most_of, known);
    vsock_json_seconds(json, "largest_s", r->largest, known);
    vsock_json_number(json, "largest_in_frame", r->frame, known);
    vsock_json_seconds(json, "largest_at_s", r->when, known);
    vsock_json_seconds(json, "largest_uncertainty_s", r->within, known);
}

const struct vsock_report_kind vsock_delays = {VSOCK_DELAYS_COMMAND, sizeof(struct row), gather, add_text,
                                               add_members};
