/* SPDX-License-Identifier: GPL-2.0-or-later
 * row.c - a stream's row. */
#include "compat.h"

#include "row.h"

#include "dissect/connection.h"

static void set_connect(struct vsock_row *r, const struct vsock_conn *c)
{
    const struct vsock_mark *answer = &c->response;

    if (!c->from_request)
        return;
    if (answer->record == 0 && c->rst_kind == VSOCK_RST_REFUSED)
        answer = &c->reset;
    r->has_connect = answer->record != 0;
    r->connect = r->has_connect ? answer->time - c->request.time : 0;
}

static void set_stalls(struct vsock_row *r, const struct vsock_stream *s)
{
    r->stalls = s->stats.stalls;
    r->longest_stall = s->stats.longest_stall;
    r->total_stall = s->stats.total_stall;
    for (uint8_t side = 0; side < 2; side++) {
        int64_t length = vsock_stream_open_stall(s, side);

        r->stalls += s->conn.flow.stall[side].open;
        r->total_stall = vsock_time_sum(r->total_stall, length);
        r->longest_stall = MAX(r->longest_stall, length);
    }
}

static void set_window(struct vsock_row *r, const struct vsock_side_stats *side)
{
    if (!side->has_window)
        return;
    r->lowest_window = r->has_window ? MIN(r->lowest_window, side->lowest_window) : side->lowest_window;
    r->has_window = true;
}

struct vsock_row vsock_row_make(const struct vsock_stream *s, int64_t capture_start)
{
    uint8_t client = vsock_stream_client(s);
    struct vsock_row r = {
        .stream = s->index,
        .client = s->side[client],
        .server = s->side[client ^ 1],
        .client_is_known = s->conn.client != VSOCK_SIDE_UNKNOWN,
        .out = s->stats.side[client],
        .in = s->stats.side[client ^ 1],
        .first_frame = s->stats.first.frame,
        .last_frame = s->last.frame,
        .start = s->stats.first.time - capture_start,
        .duration = s->last.time - s->stats.first.time,
        .rws = s->stats.side[0].rws + s->stats.side[1].rws,
        .updates = s->stats.side[0].updates + s->stats.side[1].updates,
        .state = s->conn.state,
        .rst_kind = s->conn.rst_kind,
    };

    set_connect(&r, &s->conn);
    set_stalls(&r, s);
    set_window(&r, &r.out);
    set_window(&r, &r.in);
    return r;
}

const char *vsock_row_end(const struct vsock_row *r)
{
    if (r->rst_kind != VSOCK_RST_NONE)
        return val_to_str_const(r->rst_kind, vsock_rst_kind_names, "Unknown");
    return val_to_str_const(r->state, vsock_state_names, "Unknown");
}
