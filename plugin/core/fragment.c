/* SPDX-License-Identifier: GPL-2.0-or-later
 * fragment.c - which bytes of a record are the packet's. */
#include "fragment.h"

static bool continues(const struct vsock_split *s, const struct vsock_packet *rw)
{
    return s->whole > 0 && rw->virtio.len <= s->whole - s->sent;
}

static uint32_t take_part(struct vsock_split *s, const struct vsock_packet *rw)
{
    uint32_t offset = s->sent;

    s->sent += rw->virtio.len;
    if (s->sent >= s->whole)
        *s = (struct vsock_split){0};
    return offset;
}

uint32_t vsock_split_take(struct vsock_split *s, enum vsock_tap_layout *layout, const struct vsock_packet *rw)
{
    uint32_t present = rw->payload_present, length = rw->virtio.len;

    /* Stronger than what follows: two packets of one length in a row, with a record missing, look like WHOLE.
     */
    if (continues(s, rw) && present == s->whole - s->sent) {
        *layout = VSOCK_TAP_REMAINING;
        take_part(s, rw);
        return 0;
    }
    if (continues(s, rw) && present == s->whole && *layout != VSOCK_TAP_REMAINING) {
        *layout = VSOCK_TAP_WHOLE;
        return take_part(s, rw);
    }
    *s = (struct vsock_split){0};
    if (present > length && length > 0)
        *s = (struct vsock_split){.whole = present, .sent = length};
    return 0;
}
