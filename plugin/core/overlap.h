/* SPDX-License-Identifier: GPL-2.0-or-later
 * overlap.h - connections that are open at once between the very same endpoints. One machine has one at most:
 * a REQUEST while the one before is open means that its sender has lost it. But where network namespaces have
 * CIDs of their own (shared.h), the tap records two machines' packets under one name. Counters tell which
 * connection a packet is of, as far as they differ: each side's fwd_cnt only ever grows, up to what the other
 * side sent. */
#ifndef VSOCK_CORE_OVERLAP_H
#define VSOCK_CORE_OVERLAP_H

#include "record.h"

/* Of a connection that began while an older one between its endpoints was open. */
struct vsock_overlap {
    struct vsock_stream *older;
    struct vsock_record_ext *reused; /* the REQUEST's, where it says REUSED or RETRIED */
    uint64_t unsettled[2]; /* bytes of each side taken for the newer one's, that may be the older one's */
    bool went_on[2];       /* each side has sent what can only be the older one's */
    bool may_go_on[2];     /* ... or what may be */
    uint32_t fwd_cnt[2];   /* of the latest of those */
    bool proved;           /* there are two */
};

/* The stream that a packet of `side`, which is no REQUEST, is of: `newest`, or an older one. */
struct vsock_stream *vsock_overlap_find(struct vsock_stream *newest, const struct vsock_packet *packet,
                                        uint8_t side, int64_t time);

/* The packet is about to be taken by `taker`. Where it shows that an older one goes on, the newest is not
 * judged by its credit any more: conn.overlaps. Returns whether that is proved now, and was not before. */
bool vsock_overlap_note(struct vsock_stream *newest, const struct vsock_stream *taker,
                        const struct vsock_packet *packet, uint8_t side);

#endif
