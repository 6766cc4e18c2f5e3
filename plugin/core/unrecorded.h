/* SPDX-License-Identifier: GPL-2.0-or-later
 * unrecorded.h - payload that is not the packet's, since the kernel's tap did not copy it.
 * Linux makes a packet of more than 32404 bytes of several buffers since "vsock/virtio: Allocate nonlinear
 * SKBs for handling large transmit buffers" (6693731487a8; 6.17, stable 6.12.68), and its tap copied none of
 * these until "vsock/virtio: fix empty payload in tap skb for non-linear buffers" (3a3e3d90cbc7; 7.1, stable
 * 7.0.9, 6.18.32 and 6.12.90). Such a record has the right length, and whatever was in the memory:
 * 00 where the kernel initialises it (CONFIG_INIT_ON_ALLOC_DEFAULT_ON, as Debian's does), PAGE_POISON where
 * it is debugged, anything elsewhere.
 *
 * A program may send such bytes as well. So they are taken for the kernel's only where all that is large is
 * so on the interface, while small packets of the same stream have content, and no small packet has nothing
 * but such bytes. This is decided on each packet by what was captured before it, and stays so; the verdict is
 * that of all. */
#ifndef VSOCK_CORE_UNRECORDED_H
#define VSOCK_CORE_UNRECORDED_H

#include <stdbool.h>

#include "diagnosis.h"

/* SKB_WITH_OVERHEAD() of 32 KiB (PAGE_ALLOC_COSTLY_ORDER), less the headers. Measured on 6.12.88 and 6.17.13.
 */
#define VSOCK_TAP_COPIES_MAX 32404

/* Fewer blank bytes say nothing. */
#define VSOCK_FILL_MIN 16

/* Of enum vsock_fill, for an RW's payload as far as it was captured. */
enum vsock_fill vsock_fill_of(const uint8_t *payload, uint32_t captured);

/* Tells the core of an RW's bytes, of which some were captured: where they are, and what they are. */
void vsock_rw_set_payload(struct vsock_packet *rw, const uint8_t *payload);

/* What is known of the kernel that recorded. */
enum vsock_large_payload {
    VSOCK_LARGE_PAYLOAD_BY_BYTES, /* nothing but what packets tell */
    VSOCK_LARGE_PAYLOAD_RECORDED,
    VSOCK_LARGE_PAYLOAD_NOT_RECORDED,
};

/* What the packets of one interface have told of its kernel. Zero-initialised. */
struct vsock_tap_kernel {
    bool records_large; /* a large packet came with content */
    bool blanks_sent;   /* a small packet came without: programs send such bytes here */
    bool suspected;     /* a stream had small packets with content, and large ones without */
};

/* What one stream's packets have. Zero-initialised. */
struct vsock_blanks {
    struct vsock_mark first; /* large packet without content; with count */
    uint64_t bytes;
    uint32_t count, last_frame;
    bool has_content; /* in a small packet */
};

/* Takes an RW of the stream. Returns whether its payload is taken for not recorded. */
bool vsock_unrecorded_take(struct vsock_blanks *blanks, struct vsock_tap_kernel *kernel,
                           const struct vsock_packet *rw, const struct vsock_mark *at,
                           enum vsock_large_payload known);

/* Do later packets show that what looked so was sent? */
bool vsock_unrecorded_refuted(const struct vsock_tap_kernel *kernel, enum vsock_large_payload known);

/* At the end: was payload of the stream likely not recorded? */
bool vsock_unrecorded_judge(const struct vsock_blanks *blanks, const struct vsock_tap_kernel *kernel,
                            enum vsock_large_payload known, struct vsock_diagnosis *diagnosis);

#endif
