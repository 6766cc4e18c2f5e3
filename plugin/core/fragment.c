/* SPDX-License-Identifier: GPL-2.0-or-later
 * fragment.c - which bytes of a record are the packet's. */
#include "fragment.h"

static bool continues(const struct vsock_split *s, const struct vsock_packet *rw)
{
    return s->whole > 0 && rw->virtio.len <= s->whole - s->sent;
}

/* A part that begins `offset` bytes into the whole. */
static struct vsock_split_part take_part(struct vsock_split *s, const struct vsock_packet *rw,
                                         uint32_t offset)
{
    bool lacks = offset > s->sent;

    s->sent = offset + rw->virtio.len;
    if (s->sent >= s->whole)
        *s = (struct vsock_split){0};
    return (struct vsock_split_part){.skip = offset, .lacks = lacks};
}

/* Where records hold the whole, they do not say which part theirs is. */
static uint32_t offset_of_part(const struct vsock_split *s, const struct vsock_packet *rw)
{
    return rw->virtio.len < s->first ? s->whole - rw->virtio.len : s->sent;
}

struct vsock_split_part vsock_split_take(struct vsock_split *s, enum vsock_tap_layout *layout,
                                         const struct vsock_packet *rw)
{
    uint32_t present = rw->payload_present, length = rw->virtio.len;
    bool unfinished = s->whole > 0;

    /* Stronger than what follows: two packets of one length in a row, with a record missing, look like WHOLE.
     */
    if (continues(s, rw) && present == s->whole - s->sent) {
        *layout = VSOCK_TAP_REMAINING;
        take_part(s, rw, s->sent);
        return (struct vsock_split_part){0};
    }
    if (continues(s, rw) && present == s->whole && *layout != VSOCK_TAP_REMAINING) {
        *layout = VSOCK_TAP_WHOLE;
        return take_part(s, rw, offset_of_part(s, rw));
    }
    *s = (struct vsock_split){0};
    if (present > length && length > 0)
        *s = (struct vsock_split){.whole = present, .first = length, .sent = length};
    return (struct vsock_split_part){.lacks = unfinished};
}
