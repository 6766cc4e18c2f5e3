/* SPDX-License-Identifier: GPL-2.0-or-later
 * fragment.h - which bytes of a record are the packet's, where the kernel's tap records too many.
 * vhost splits a packet over the guest's receive buffers; each part is a packet, and a record, of its own.
 * Kernels with the bug record the wrong part of the whole: "remaining": all bytes not yet sent, so that this
 * packet's come first (6.1.64 on, 6.3 to 6.6); "whole": everything from the first byte, so that this packet's
 * lie at a running offset (6.7 to 7.0). Only the second record of a split packet tells the two apart: it
 * holds fewer bytes than the first, or as many. Fixed by "vsock/virtio: fix length and offset in tap skb for
 * split packets" (7.1, stable kernels of May 2026). */
#ifndef VSOCK_CORE_FRAGMENT_H
#define VSOCK_CORE_FRAGMENT_H

#include <stdbool.h>

#include "wire.h"

enum vsock_tap_layout {
    VSOCK_TAP_UNKNOWN = 0,
    VSOCK_TAP_REMAINING,
    VSOCK_TAP_WHOLE,
};

/* One sender's packet that is being split. Zero-initialised where there is none. */
struct vsock_split {
    uint32_t whole; /* bytes in the first part's record: the length of the whole; 0: nothing is being split */
    uint32_t first; /* bytes of the first part: a shorter one is the last, as receive buffers are alike */
    uint32_t sent;  /* bytes of it in the parts so far */
};

/* Where the bytes of an RW are. */
struct vsock_split_part {
    uint32_t skip; /* payload bytes of its record that come before the packet's own */
    bool lacks;    /* parts of the packet that was being split are missing before it */
};

/* Takes a connection's next RW, of either kind. `layout` is what this capture's kernel does, learned here. */
struct vsock_split_part vsock_split_take(struct vsock_split *split, enum vsock_tap_layout *layout,
                                         const struct vsock_packet *rw);

#endif
