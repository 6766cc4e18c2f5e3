/* SPDX-License-Identifier: GPL-2.0-or-later
 * stall.c - since when a sender may not send, and why. */
#include "stall.h"

#include <glib.h>

/* Linux may withhold credit until this little is left of the buffer (VIRTIO_VSOCK_MAX_PKT_BUF_SIZE): a
 * receiver that tells of more at once may have read it long before. */
#define WITHHELD_BELOW 65536

/* So long without reading is no matter of packets that crossed, however long the stall was. */
#define PROVES VSOCK_SECOND

void vsock_stall_begin(struct vsock_stall *s, const struct vsock_window *w, const struct vsock_mark *at,
                       uint32_t buffer, bool own_cap, bool shrunk)
{
    *s = (struct vsock_stall){
        .open = true,
        .own_cap = own_cap,
        .shrunk = shrunk,
        .began = *at,
        .consumed = w->consumed,
        .buffer = buffer,
        .progress = at->time,
        .reopenings = s->reopenings,
    };
}

void vsock_stall_still_shut(struct vsock_stall *s, const struct vsock_credit_info *info, int64_t time)
{
    if (info->shrunk > 0)
        s->shrunk = true;
    if (info->advance > 0) /* it is reading, if too little */
        s->progress = time;
    else if (info->shrunk == 0 && time - s->progress > s->proved)
        s->proved = time - s->progress;
}

void vsock_stall_freeze(struct vsock_stall *s, int64_t time)
{
    if (!s->open || s->frozen)
        return;
    s->frozen = true;
    s->until = time;
}

void vsock_stall_drop(struct vsock_stall *s)
{
    s->open = false;
}

/* What the receiver had read when it spoke at last was little: more would be no reason to wait for. */
static bool reopened_by_little(const struct vsock_stall *s, const struct vsock_window *w)
{
    uint64_t read = w->consumed - s->consumed;

    return vsock_window_in_flight(w) > 0 && read + WITHHELD_BELOW < w->buf_alloc;
}

bool vsock_stall_proved(const struct vsock_stall *s, int64_t length)
{
    return s->proved > 0 && s->proved >= MIN(PROVES, length / 2);
}

enum vsock_stall_cause vsock_stall_end(struct vsock_stall *s, const struct vsock_window *w,
                                       const struct vsock_mark *at, int64_t asked)
{
    bool by_little = reopened_by_little(s, w);
    int64_t length = at->time - s->began.time;

    s->open = false;
    s->ended = *at;
    if (by_little)
        s->reopenings++;
    if (s->own_cap)
        return VSOCK_STALL_OWN_CAP;
    if (vsock_stall_proved(s, length))
        return VSOCK_STALL_NOT_READING;
    if (s->shrunk)
        return VSOCK_STALL_SHRUNK;
    if (asked > 0 && asked >= length / 2)
        return VSOCK_STALL_UPDATE_LATE;
    return by_little && s->reopenings > 1 ? VSOCK_STALL_SLOW_READER : VSOCK_STALL_UNDECIDED;
}

#define NAMED(value, name)                                                                                   \
    case value:                                                                                              \
        return name;

const char *vsock_stall_cause_name(enum vsock_stall_cause cause)
{
    switch (cause) {
        VSOCK_STALL_CAUSE_NAMES(NAMED)
    }
    return NULL;
}
