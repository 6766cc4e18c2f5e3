/* SPDX-License-Identifier: GPL-2.0-or-later
 * unread.h - data that lies unread although the window is open, at a receiver that says nothing. Many consume
 * without saying so: Linux before 6.8 tells when its buffer is nearly used up, monitors when half of it is,
 * or never. So silence means something only where the same machine is seen to tell of as little elsewhere. */
#ifndef VSOCK_CORE_UNREAD_H
#define VSOCK_CORE_UNREAD_H

#include "cross_stream.h"

/* The pair's stream has taken a packet of side `receiver`, by which that tells, unasked, that it consumed the
 * last `bytes` bytes that were unread. */
void vsock_cid_pair_take_told(struct vsock_cid_pair *pair, const struct vsock_stream *stream,
                              uint8_t receiver, uint32_t bytes);

/* Did nobody read what `sender` had sent, for so long that it is worth a word? */
bool vsock_stream_unread(const struct vsock_stream *stream, uint8_t sender, struct vsock_diagnosis *d);

#endif
