/* SPDX-License-Identifier: GPL-2.0-or-later
 * stall.h - a sender that may not send: since when, until when, and what the packets in between prove of why.
 * The tap sees a stall begin late (what the sender queued is charged before it is recorded) and end exactly,
 * so a stall's time is a lower bound. Whether the sender had more to say cannot be seen while it lasts. */
#ifndef VSOCK_CORE_STALL_H
#define VSOCK_CORE_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "credit.h"
#include "mark.h"

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

#define VSOCK_STALL_CAUSE_NAMES(NAME)                                                                        \
    NAME(VSOCK_STALL_NOT_READING, "Receiver not reading")                                                    \
    NAME(VSOCK_STALL_UNDECIDED, "Undecided")                                                                 \
    NAME(VSOCK_STALL_SLOW_READER, "Slow reader")                                                             \
    NAME(VSOCK_STALL_UPDATE_LATE, "Update late")                                                             \
    NAME(VSOCK_STALL_SHRUNK, "Buffer shrunk")                                                                \
    NAME(VSOCK_STALL_OWN_CAP, "Sender's own cap")

const char *vsock_stall_cause_name(enum vsock_stall_cause cause);

struct vsock_stall {
    bool open;
    bool own_cap;
    bool shrunk;
    bool frozen;             /* the receiver has shut its side, at `until` */
    uint32_t buffer;         /* bytes, that were full when it began: the receiver's, or with own_cap the
                                sender's own */
    struct vsock_mark began; /* by the packet that shut the window */
    struct vsock_mark ended; /* by the one that opened it again, once it is not open */
    uint64_t consumed;       /* when it began */
    int64_t progress;    /* when the receiver last said that it had read more; when it began if it did not */
    int64_t proved;      /* the longest time after which it spoke and had read nothing */
    int64_t until;       /* with frozen: the sender may not send for another reason since */
    uint32_t reopenings; /* by little, so far in this direction */
};

/* The window is shut from now on: the receiver's `buffer` is full, or with `own_cap` the sender's own. */
void vsock_stall_begin(struct vsock_stall *stall, const struct vsock_window *window,
                       const struct vsock_mark *at, uint32_t buffer, bool own_cap, bool shrunk);

/* The receiver has spoken, and the window is still shut. */
void vsock_stall_still_shut(struct vsock_stall *stall, const struct vsock_credit_info *info, int64_t time);

/* The receiver has shut its side: nothing that comes later says anything of the wait. */
void vsock_stall_freeze(struct vsock_stall *stall, int64_t time);

/* Has the receiver itself said that it was not reading, for so much of these `length` nanoseconds that it
 * explains the stall: a second, or half of it? */
bool vsock_stall_proved(const struct vsock_stall *stall, int64_t length);

/* The window is open again. `asked`: how long the sender's CREDIT_REQUEST had no answer until now, 0 if it
 * did not ask. Returns why the window was shut: else, what covers less than half of the time explains
 * nothing. */
enum vsock_stall_cause vsock_stall_end(struct vsock_stall *stall, const struct vsock_window *window,
                                       const struct vsock_mark *at, int64_t asked);

/* No verdict: the sender was not waiting after all, or gave up sending. */
void vsock_stall_drop(struct vsock_stall *stall);

#endif
