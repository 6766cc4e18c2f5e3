/* SPDX-License-Identifier: GPL-2.0-or-later
 * row.h - what a table of streams shows of one. */
#ifndef VSOCK_TAP_ROW_H
#define VSOCK_TAP_ROW_H

#include "core/life.h"
#include "dissect/track.h"

struct vsock_row {
    const struct vsock_stream *stream;
    const struct vsock_life *life;
    uint8_t client; /* side; where it is not known, the one with the larger port */
    bool client_is_known;
    bool has_connect, has_window;
    int64_t start;   /* its first packet, since the capture's; this and what follows in nanoseconds */
    int64_t connect; /* from the REQUEST to its answer */
    int64_t lowest_window;
    uint32_t stalls; /* that of the end included */
    int64_t longest_stall, total_stall;
    uint32_t rws, updates; /* both ways */
    const char *end;       /* of which kind its RST was, or else its state */
};

/* Both have to outlive the row. `capture_start`: as vsock_capture_start() has it. */
struct vsock_row vsock_row_make(const struct vsock_stream *stream, const struct vsock_life *life,
                                int64_t capture_start);

/* CID-PORT, to be freed. */
char *vsock_row_endpoint(const struct vsock_row *row, uint8_t side);

#endif
