/* SPDX-License-Identifier: GPL-2.0-or-later
 * fragment.c - which bytes of a record are the packet's. */
#include "fragment.h"

/* The parts so far have `sent` bytes. */
static void advance(struct vsock_split *s, uint32_t sent)
{
    s->sent = sent;
    if (s->sent >= s->whole)
        *s = (struct vsock_split){0};
}

struct vsock_split_part vsock_split_take(struct vsock_split *s, enum vsock_tap_layout *layout,
                                         const struct vsock_packet *rw)
{
    uint32_t present = rw->payload_present, length = rw->virtio.len;
    bool unfinished = s->whole > 0, continues = unfinished && length <= s->whole - s->sent;

    /* Stronger than what follows: two packets of one length in a row, with a record missing, look like WHOLE.
     */
    if (continues && present == s->whole - s->sent) {
        *layout = VSOCK_TAP_REMAINING;
        advance(s, s->sent + length);
        return (struct vsock_split_part){0};
    }
    if (continues && present == s->whole && *layout != VSOCK_TAP_REMAINING) {
        /* Where records hold the whole, they do not say which part theirs is. */
        uint32_t offset = length < s->first ? s->whole - length : s->sent;
        struct vsock_split_part part = {.skip = offset, .lacks = offset > s->sent};

        *layout = VSOCK_TAP_WHOLE;
        advance(s, offset + length);
        return part;
    }
    *s = (struct vsock_split){0};
    if (present > length && length > 0)
        *s = (struct vsock_split){.whole = present, .first = length, .sent = length};
    return (struct vsock_split_part){.lacks = unfinished};
}
