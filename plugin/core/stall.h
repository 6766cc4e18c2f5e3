/* SPDX-License-Identifier: GPL-2.0-or-later
 * stall.h - a sender that may not send: since when, until when, and what the packets in between prove of why.
 * The tap sees a stall begin late (what the sender queued is charged before it is recorded) and end exactly,
 * so a stall's time is a lower bound. Whether the sender had more to say cannot be seen while it lasts. */
#ifndef VSOCK_CORE_STALL_H
#define VSOCK_CORE_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "credit.h"

/* vsock.analysis.stall_cause. Numbers are filter values. */
enum vsock_stall_cause {
    VSOCK_STALL_NOT_READING = 1, /* proved: the receiver spoke meanwhile, and its fwd_cnt had not moved */
    VSOCK_STALL_UNDECIDED =
        2, /* it was silent, then had read much: drained late, or told late as Linux does */
    VSOCK_STALL_SLOW_READER = 3, /* it was silent, then had read little, and not for the first time */
    VSOCK_STALL_UPDATE_LATE = 4, /* it was silent although the sender asked (CREDIT_REQUEST) */
    VSOCK_STALL_SHRUNK = 5,      /* the receiver made its buffer smaller */
    VSOCK_STALL_OWN_CAP = 6,     /* the receiver has room; the sender keeps to its own, smaller buffer */
};

struct vsock_stall {
    bool open;
    bool own_cap;
    bool shrunk;
    bool spoke;          /* the receiver spoke meanwhile without progress */
    uint32_t frame;      /* that shut the window */
    int64_t time;        /* and when, in nanoseconds */
    uint64_t consumed;   /* then */
    uint32_t reopenings; /* by little, so far in this direction */
};

/* The window is shut from now on. */
void vsock_stall_begin(struct vsock_stall *stall, const struct vsock_window *window, uint32_t frame,
                       int64_t time, bool own_cap, bool shrunk);

/* The receiver has spoken, and the window is still shut. */
void vsock_stall_word(struct vsock_stall *stall, const struct vsock_stamp *stamp);

/* The window is open again. `asked`: the sender's CREDIT_REQUEST had no answer until now. Returns why it was
 * shut. */
enum vsock_stall_cause vsock_stall_end(struct vsock_stall *stall, const struct vsock_window *window,
                                       bool asked);

/* No verdict: the sender was not waiting after all, or gave up sending. */
void vsock_stall_drop(struct vsock_stall *stall);

#endif
