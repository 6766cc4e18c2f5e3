/* SPDX-License-Identifier: GPL-2.0-or-later
 * unread.c - data that lies unread. */
#include "unread.h"

/* From here on, at the capture's end. Where its sender gave up, vsock_stream_take() has seen to it. */
#define UNREAD_MIN (10 * VSOCK_SECOND)

/* Linux tells of every read where less than this is left of its buffer (VIRTIO_VSOCK_MAX_PKT_BUF_SIZE): that
 * it does so says nothing of when more is left. */
#define TOLD_ANYWAY 65536

/* ---- who tells of what it reads ---- */

/* NULL where it has no such type. */
static struct vsock_told *told_of(struct vsock_cid_pair *pair, const struct vsock_stream *s, uint8_t receiver)
{
    bool is_low = s->side[receiver].cid == pair->key.word[1];

    if (s->conn.type != VSOCK_TYPE_STREAM && s->conn.type != VSOCK_TYPE_SEQPACKET)
        return NULL;
    return &pair->told[is_low ? 0 : 1][s->conn.type - VSOCK_TYPE_STREAM];
}

static uint32_t buffer_of(const struct vsock_stream *s, uint8_t receiver)
{
    return s->conn.flow.window[receiver ^ 1].buf_alloc;
}

void vsock_cid_pair_take_told(struct vsock_cid_pair *pair, const struct vsock_stream *s, uint8_t receiver,
                              uint32_t bytes)
{
    struct vsock_told *told = told_of(pair, s, receiver);
    uint32_t buffer = buffer_of(s, receiver);

    if (!told || (uint64_t)bytes + TOLD_ANYWAY > buffer)
        return;
    if (told->bytes == 0 || bytes < told->bytes)
        *told = (struct vsock_told){.bytes = bytes, .buffer = buffer};
}

/* Would it have told of so much? With a larger buffer it may wait for more. */
static bool would_tell(const struct vsock_stream *s, uint8_t receiver, uint64_t bytes)
{
    const struct vsock_told *told = told_of(s->cid_pair, s, receiver);
    uint32_t buffer = buffer_of(s, receiver);

    if (!told || told->bytes == 0 || bytes < told->bytes)
        return false;
    return buffer <= told->buffer || bytes >= (uint64_t)told->bytes * buffer / told->buffer;
}

/* ---- what was not read ---- */

/* Neither of them waits to send, a message has its end, and nobody closes. */
static bool is_unread_at_the_end(const struct vsock_stream *s, uint8_t sender)
{
    const struct vsock_pending *pending = vsock_flow_pending(&s->conn.flow);

    return !s->conn.ended && s->conn.shut[sender ^ 1] == 0 && s->conn.shut[sender] != VSOCK_SHUTDOWN_BOTH &&
           !pending->stall[0].open && !pending->stall[1].open && !pending->message[sender].open;
}

bool vsock_stream_unread(const struct vsock_stream *s, uint8_t sender, struct vsock_diagnosis *d)
{
    const struct vsock_unread *unread = s->data ? &s->data->side[sender].unread : NULL;
    bool lasting;
    int64_t until;
    uint64_t bytes;

    if (!unread || unread->since.record == 0 || s->conn.degenerate)
        return false;
    lasting = unread->outcome == VSOCK_UNREAD_STILL;
    until = lasting ? vsock_stream_known_until(s) : unread->until.time;
    bytes = lasting ? vsock_window_in_flight(&s->conn.flow.window[sender]) : unread->bytes;
    if (lasting && (!is_unread_at_the_end(s, sender) || until - unread->since.time < UNREAD_MIN))
        return false;
    if (!unread->proved && !would_tell(s, sender ^ 1, bytes))
        return false;
    *d = vsock_diagnosis_start(VSOCK_CODE_NOT_READ, &unread->since);
    d->side = sender;
    d->last_frame = lasting ? d->first_frame : unread->until.frame;
    d->lasting = lasting;
    d->unread = (uint8_t)unread->outcome;
    d->figures = (struct vsock_figures){.count = 1, .bytes = bytes, .longest = until - unread->since.time};
    return true;
}
