/* SPDX-License-Identifier: GPL-2.0-or-later
 * live.h - watches packets as they come, and tells each diagnosis when it is proved. */
#ifndef VSOCK_WATCH_LIVE_H
#define VSOCK_WATCH_LIVE_H

#include <stdbool.h>

#include "verdict.h"

struct vsock_live {
    const char *source;  /* a device, the path of a stream, or "-" */
    const char *user;    /* root's process goes on as him; NULL: nobody */
    const char *metrics; /* a file; or NULL */
    uint32_t remembered; /* connections that are over */
    bool json;
};

/* Until a stream ends, or SIGINT, SIGTERM or SIGHUP. */
enum vsock_status vsock_live_run(const struct vsock_live *live);

#endif
