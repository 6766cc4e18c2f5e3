/* SPDX-License-Identifier: GPL-2.0-or-later
 * srt.c - response times of the protocol itself: of connecting, of asking for credit, and how long data waits
 * to be consumed. What answers is not always an application: a CREDIT_REQUEST is answered by the kernel. */
#include "compat.h"

#include <epan/srt_table.h>

#include "dissect/tree_util.h"
#include "tap.h"

enum row {
    CONNECT, /* from the REQUEST to the RESPONSE */
    CREDIT_REQUEST,
    CONSUME, /* from an RW to the packet that says that all of it is consumed */

    ROWS
};

static const char *const rows[ROWS] = {
    [CONNECT] = "Connect",
    [CREDIT_REQUEST] = "Credit request",
    [CONSUME] = "Consume",
};

static void start(struct register_srt *srt _U_, GArray *tables)
{
    srt_stat_table *table = init_srt_table("vsock", NULL, tables, ROWS, "Answer", NULL, NULL);

    for (int i = 0; i < ROWS; i++)
        init_srt_table_row(table, i, rows[i]);
}

static void add(srt_stat_table *table, enum row row, uint32_t record, packet_info *pinfo)
{
    nstime_t time;

    if (record == 0)
        return;
    time = vsock_nstime(vsock_track_record(record)->time);
    add_srt_table_data(table, row, &time, pinfo);
}

static tap_packet_status take(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                              tap_flags_t flags _U_)
{
    const srt_data_t *srt = (const srt_data_t *)listener;
    srt_stat_table *table = g_array_index(srt->srt_array, srt_stat_table *, 0);
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    const struct vsock_record *r = tap->record;

    if (!r || r->copy)
        return TAP_PACKET_DONT_REDRAW;
    if (VSOCK_RECORD_HAS(r, RESPONSE))
        add(table, CONNECT, r->stream->conn.request.record, pinfo);
    if (r->ext)
        add(table, CREDIT_REQUEST, r->ext->answers, pinfo);
    add(table, CONSUME, r->acks, pinfo);
    return TAP_PACKET_REDRAW;
}

void vsock_srt_register(int proto)
{
    register_srt_table(proto, "vsock", 1, take, start, NULL);
}
