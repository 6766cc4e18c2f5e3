/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.h - the report of connections, a row each; and its rows and cells for a table of the GUI. */
#ifndef VSOCK_REPORT_STREAMS_H
#define VSOCK_REPORT_STREAMS_H

#include "report.h"

#define VSOCK_STREAMS_COMMAND "vsock,streams"

/* What one recording has of a connection. */
struct vsock_stream_view {
    uint32_t stream;
    uint32_t out, in; /* packets that the client sent, and the server */
};

/* What is told of a stream: by itself, so that it outlives its session. */
struct vsock_stream_row {
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
    bool has_views;                   /* it was recorded on both sides, and this is of one of them */
    struct vsock_stream_view view[2]; /* then: the host's, the guest's */
    enum vsock_rst_kind rst_kind;     /* VSOCK_RST_NONE where it had no RST */
};

enum vsock_stream_column_number {
    VSOCK_STREAM_STREAM,
    VSOCK_STREAM_CLIENT,
    VSOCK_STREAM_SERVER,
    VSOCK_STREAM_PACKETS_OUT,
    VSOCK_STREAM_BYTES_OUT,
    VSOCK_STREAM_PACKETS_IN,
    VSOCK_STREAM_BYTES_IN,
    VSOCK_STREAM_START,
    VSOCK_STREAM_CONNECT,
    VSOCK_STREAM_DURATION,
    VSOCK_STREAM_LOWEST_WINDOW,
    VSOCK_STREAM_LOWEST_EFFECTIVE,
    VSOCK_STREAM_STALLS,
    VSOCK_STREAM_LONGEST_STALL,
    VSOCK_STREAM_TOTAL_STALL,
    VSOCK_STREAM_UPDATES,
    VSOCK_STREAM_END,
    VSOCK_STREAM_FILTER,

    VSOCK_STREAM_COLUMNS
};

struct vsock_stream_column {
    const char *title; /* NULL: not in the text */
    int width;         /* in the text; negative: to the left */
    int decimals;
};

extern const struct vsock_stream_column vsock_stream_columns[VSOCK_STREAM_COLUMNS];

struct vsock_stream_cell {
    bool known; /* if it is a number */
    double number;
    char text[48]; /* a dash where it is not known */
};

/* Its rows are struct vsock_stream_row. */
extern const struct vsock_report_kind vsock_streams;

struct vsock_stream_row vsock_stream_row_of(const struct vsock_stream *stream, int64_t capture_start);

/* VSOCK_STREAM_COLUMNS cells. */
void vsock_stream_set_cells(struct vsock_stream_cell *cells, const struct vsock_stream_row *row);

#endif
