/* SPDX-License-Identifier: GPL-2.0-or-later
 * cid.h - one CID as a capture shows it: whether it was ever heard of, and when last. CID 2 is the host of
 * whoever dials it, which is not the same one for all where a guest is a host itself: it is kept for each of
 * its guests. */
#ifndef VSOCK_CORE_CID_H
#define VSOCK_CORE_CID_H

#include "stream.h"
#include "table.h"

/* The least that a machine has told of having read, by an unasked CREDIT_UPDATE that nothing but its reading
 * was the reason for: see unread.h. */
struct vsock_told {
    uint32_t bytes;  /* 0: nothing yet */
    uint32_t buffer; /* the size of the buffer that these were in */
};

struct vsock_cid {
    struct vsock_key key;
    uint32_t packets;          /* that it sent */
    struct vsock_told told[2]; /* as soon as all was read; STREAM, SEQPACKET */
    int64_t spoke;             /* when it sent the last of those packets */
    int64_t spoke_before;      /* ... and the one before, or VSOCK_TIME_NONE */
    wmem_array_t *stills;      /* of struct vsock_still, in the capture's order; NULL while there is none */
};

/* What one machine does for one client says nothing about what it does for another. */
static inline bool vsock_cid_is_of_one_client(uint64_t cid)
{
    return cid == VSOCK_CID_HOST;
}

/* `other`: at the other end. */
struct vsock_cid *vsock_cid_get(struct vsock_table *cids, const struct vsock_capture_source *source,
                                uint64_t cid, uint64_t other);

/* It has sent a packet. */
void vsock_cid_take(struct vsock_cid *cid, int64_t time);

/* Of a CID 2: the guest whose host it is; 0 for any other CID. */
uint64_t vsock_cid_guest(const struct vsock_cid *cid);

#endif
