/* SPDX-License-Identifier: GPL-2.0-or-later
 * row.c - a stream's row. */
#include "compat.h"

#include "row.h"

#include <inttypes.h>

#include "dissect/connection.h"

static void set_client(struct vsock_row *r)
{
    uint8_t client = r->stream->conn.client;

    r->client_is_known = client != VSOCK_SIDE_UNKNOWN;
    if (r->client_is_known)
        r->client = client;
    else
        r->client = r->stream->side[0].port > r->stream->side[1].port ? 0 : 1;
}

static void set_connect(struct vsock_row *r)
{
    const struct vsock_stream *s = r->stream;

    if (s->request_frame == 0)
        return;
    if (s->response_frame != 0)
        r->connect = s->response_time - s->request_time;
    else if (r->life->rst_kind == VSOCK_RST_REFUSED)
        r->connect = s->reset_time - s->request_time;
    r->has_connect = s->response_frame != 0 || r->life->rst_kind == VSOCK_RST_REFUSED;
}

static void set_stalls(struct vsock_row *r)
{
    struct vsock_ending ending = {.conn = &r->stream->conn,
                                  .known_until = vsock_stream_known_until(r->stream)};

    r->stalls = r->life->stalls;
    r->longest_stall = r->life->longest_stall;
    r->total_stall = r->life->total_stall;
    for (uint8_t side = 0; side < 2; side++) {
        int64_t length = vsock_life_open_stall(&ending, side);

        r->stalls += ending.conn->flow.stall[side].open;
        r->total_stall = vsock_time_sum(r->total_stall, length);
        r->longest_stall = MAX(r->longest_stall, length);
    }
}

static void set_window(struct vsock_row *r)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct vsock_tally *tally = &r->life->side[side];

        if (!tally->has_window)
            continue;
        r->lowest_window = r->has_window ? MIN(r->lowest_window, tally->lowest_window) : tally->lowest_window;
        r->has_window = true;
    }
}

struct vsock_row vsock_row_make(const struct vsock_stream *stream, const struct vsock_life *life,
                                int64_t capture_start)
{
    struct vsock_row r = {
        .stream = stream,
        .life = life,
        .start = life->first_time - capture_start,
        .rws = life->side[0].rws + life->side[1].rws,
        .updates = life->side[0].updates + life->side[1].updates,
    };

    set_client(&r);
    set_connect(&r);
    set_stalls(&r);
    set_window(&r);
    if (life->rst_kind != VSOCK_RST_NONE)
        r.end = val_to_str_const(life->rst_kind, vsock_rst_kind_names, "Unknown");
    else
        r.end = val_to_str_const(life->state, vsock_state_names, "Unknown");
    return r;
}

char *vsock_row_endpoint(const struct vsock_row *r, uint8_t side)
{
    return g_strdup_printf("%" PRIu64 "-%u", r->stream->side[side].cid, r->stream->side[side].port);
}
