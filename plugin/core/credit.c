/* SPDX-License-Identifier: GPL-2.0-or-later
 * credit.c - how far one direction's sender and receiver have come. */
#include "credit.h"

#include <stddef.h>

struct vsock_window vsock_window_start(bool exact)
{
    return (struct vsock_window){.exact = exact, .based = exact};
}

uint64_t vsock_window_in_flight(const struct vsock_window *w)
{
    return w->sent - w->consumed;
}

void vsock_window_send(struct vsock_window *w, uint32_t length, struct vsock_rw *rw)
{
    w->sent += length;
    *rw = (struct vsock_rw){.end = w->sent};
    if (w->unconsumed_rws > 0)
        w->newest->next = rw;
    else
        w->oldest = rw;
    w->newest = rw;
    w->unconsumed_rws++;
}

/* Hands back the RWs that end at or before what is consumed. */
static void release(struct vsock_window *w, struct vsock_rw **released)
{
    while (w->unconsumed_rws > 0 && (int64_t)(w->oldest->end - w->consumed) <= 0) {
        struct vsock_rw *rw = w->oldest;

        w->oldest = rw->next;
        w->unconsumed_rws--;
        rw->next = *released;
        *released = rw;
    }
}

/* The first word of a receiver whose sender's start was not captured: what was seen before counts as
 * consumed. */
static void rebase(struct vsock_window *w, uint32_t fwd_cnt, struct vsock_rw **released)
{
    w->consumed = w->sent;
    release(w, released);
    w->sent = w->consumed = fwd_cnt;
    w->based = true;
}

uint32_t vsock_window_stamp(struct vsock_window *w, uint32_t buf_alloc, uint32_t fwd_cnt,
                            struct vsock_rw **released)
{
    uint32_t advance = fwd_cnt - (uint32_t)w->consumed, unseen = 0;
    uint64_t in_flight = vsock_window_in_flight(w);

    w->buf_alloc = buf_alloc;
    w->stamped = true;
    if (!w->based) {
        rebase(w, fwd_cnt, released);
        return 0;
    }
    if (advance <= in_flight) {
        w->consumed += advance;
    } else if (advance - in_flight <= -advance) { /* ahead of what was seen is nearer than back */
        unseen = (uint32_t)(advance - in_flight);
        w->consumed += advance;
        w->sent = w->consumed;
    } else {
        w->consumed -= (uint32_t)-advance;
    }
    release(w, released);
    return unseen;
}
