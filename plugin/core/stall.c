/* SPDX-License-Identifier: GPL-2.0-or-later
 * stall.c - since when a sender may not send, and why. */
#include "stall.h"

/* Linux may withhold credit until this little is left of the buffer (VIRTIO_VSOCK_MAX_PKT_BUF_SIZE): a
 * receiver that tells of more at once may have read it long before. */
#define WITHHELD_BELOW 65536

void vsock_stall_begin(struct vsock_stall *s, const struct vsock_window *w, uint32_t frame, int64_t time,
                       bool own_cap, bool shrunk)
{
    *s = (struct vsock_stall){
        .open = true,
        .own_cap = own_cap,
        .shrunk = shrunk,
        .frame = frame,
        .time = time,
        .consumed = w->consumed,
        .word = time,
        .reopenings = s->reopenings,
    };
}

void vsock_stall_word(struct vsock_stall *s, const struct vsock_stamp *stamp, int64_t time)
{
    if (stamp->shrunk > 0)
        s->shrunk = true;
    else if (stamp->advance == 0)
        s->word = time;
    if (stamp->advance > 0)
        s->word = s->time; /* it is reading, if too little */
}

void vsock_stall_freeze(struct vsock_stall *s, int64_t time)
{
    if (s->frozen)
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

enum vsock_stall_cause vsock_stall_end(struct vsock_stall *s, const struct vsock_window *w, int64_t time,
                                       int64_t asked)
{
    bool by_little = reopened_by_little(s, w);
    int64_t half = (time - s->time) / 2;

    s->open = false;
    if (by_little)
        s->reopenings++;
    if (s->own_cap)
        return VSOCK_STALL_OWN_CAP;
    if (s->word > s->time && s->word - s->time >= half)
        return VSOCK_STALL_NOT_READING;
    if (s->shrunk)
        return VSOCK_STALL_SHRUNK;
    if (asked > 0 && asked >= half)
        return VSOCK_STALL_UPDATE_LATE;
    return by_little && s->reopenings > 1 ? VSOCK_STALL_SLOW_READER : VSOCK_STALL_UNDECIDED;
}
