/* SPDX-License-Identifier: GPL-2.0-or-later
 * credit.c - how far one direction's sender and receiver have come. */
#include "credit.h"

#include <stddef.h>

/* Linux copies packets of up to so many bytes into the one before them (GOOD_COPY_LEN). */
#define MERGED_MAX 128

struct vsock_window vsock_window_start(bool from_request)
{
    return (struct vsock_window){.based = from_request};
}

void vsock_window_send(struct vsock_window *w, uint32_t length, uint32_t record, struct vsock_rw *rw)
{
    w->sent += length;
    if (!rw)
        return;
    *rw = (struct vsock_rw){.end = w->sent, .record = record, .queued = length > MERGED_MAX};
    w->queued += rw->queued;
    if (w->unconsumed_rws > 0)
        w->newest->next = rw;
    else
        w->oldest = rw;
    w->newest = rw;
    w->unconsumed_rws++;
}

void vsock_window_unsend(struct vsock_window *w, uint64_t bytes)
{
    struct vsock_rw *rw = w->oldest;

    w->sent -= bytes;
    for (uint32_t i = 0; i < w->unconsumed_rws; i++, rw = rw->next) {
        if ((int64_t)(rw->end - w->sent) > 0)
            rw->end = w->sent;
    }
}

/* Hands back the RWs that end at or before what is consumed. */
static void release(struct vsock_window *w, struct vsock_rw **released)
{
    while (w->unconsumed_rws > 0 && (int64_t)(w->oldest->end - w->consumed) <= 0) {
        struct vsock_rw *rw = w->oldest;

        w->oldest = rw->next;
        w->unconsumed_rws--;
        w->queued -= rw->queued;
        rw->next = *released;
        *released = rw;
    }
}

/* The first word of a receiver whose sender's start was not captured: what was seen before counts as
 * consumed. */
static void rebase(struct vsock_window *w, uint32_t fwd_cnt, struct vsock_rw **released)
{
    struct vsock_rw *unknown = NULL;

    w->consumed = w->sent;
    release(w, &unknown);
    while (unknown) { /* which of them were consumed is not known: none is the one that this packet
                         acknowledges */
        struct vsock_rw *next = unknown->next;

        unknown->next = *released;
        unknown->record = 0;
        *released = unknown;
        unknown = next;
    }
    w->sent = w->consumed = fwd_cnt;
    w->based = true;
}

static void consume(struct vsock_window *w, uint32_t fwd_cnt, struct vsock_credit_info *info)
{
    uint32_t advance = fwd_cnt - (uint32_t)w->consumed;
    uint32_t back = (uint32_t)w->consumed - fwd_cnt; /* the other way round */
    uint64_t in_flight = vsock_window_in_flight(w);

    if (advance <= in_flight) {
        info->advance = advance;
        w->consumed += advance;
    } else if (advance - in_flight <= back) { /* ahead of what was seen is nearer than back */
        info->advance = advance;
        info->ahead = (uint32_t)(advance - in_flight);
        w->consumed += advance;
        w->sent = w->consumed;
    } else {
        info->backwards = back;
        w->consumed -= info->backwards;
    }
}

struct vsock_credit_info vsock_window_advertise(struct vsock_window *w, uint32_t buf_alloc, uint32_t fwd_cnt,
                                                struct vsock_rw **released)
{
    struct vsock_credit_info info = {0};
    bool first = !w->advertised;

    if (w->based) {
        consume(w, fwd_cnt, &info);
        release(w, released);
    } else {
        rebase(w, fwd_cnt, released);
    }
    if (!first && buf_alloc < w->buf_alloc)
        info.shrunk = w->buf_alloc - buf_alloc;
    w->buf_alloc = buf_alloc;
    w->advertised = true;
    if (first || (int64_t)(w->consumed + buf_alloc - w->edge) > 0)
        w->edge = w->consumed + buf_alloc;
    return info;
}
