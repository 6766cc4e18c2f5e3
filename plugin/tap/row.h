/* SPDX-License-Identifier: GPL-2.0-or-later
 * row.h - what a table of streams shows of one: by itself, so that it outlives its session. */
#ifndef VSOCK_TAP_ROW_H
#define VSOCK_TAP_ROW_H

#include "core/stream.h"

struct vsock_row {
    uint32_t session, stream;
    struct vsock_endpoint client,
        server; /* where it is not known, the client is the one with the larger port */
    bool client_is_known;
    struct vsock_side_stats out, in; /* what the client sent, and the server */
    uint32_t first_frame, last_frame;
    int64_t start;    /* its first packet, since the capture's; this and what follows in nanoseconds */
    int64_t connect;  /* from the REQUEST to its answer, with has_connect */
    int64_t duration; /* from its first packet to its last */
    bool has_connect;
    bool has_window;
    int64_t lowest_window; /* of both ways; bytes */
    uint32_t stalls;       /* that of the end included */
    int64_t longest_stall, total_stall;
    uint32_t rws, updates; /* both ways */
    enum vsock_state state;
    enum vsock_rst_kind rst_kind; /* VSOCK_RST_NONE where it had no RST */
};

/* `capture_start`: as struct vsock_capture has it. */
struct vsock_row vsock_row_make(const struct vsock_stream *stream, int64_t capture_start);

/* How it ended, or else its state. */
const char *vsock_row_end(const struct vsock_row *row);

#endif
