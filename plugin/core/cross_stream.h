/* SPDX-License-Identifier: GPL-2.0-or-later
 * cross_stream.h - what only many connections together tell; here, gaps that streams did not survive; in
 * head_of_line.h, streams that wait as one; in requests.h, who answered requests. Interfaces and sections are
 * told apart: another one may be another kernel, or another day. `selected`: the streams that the user asked
 * for. All streams are judged; a diagnosis is reported if one of its streams is selected. */
#ifndef VSOCK_CORE_CROSS_STREAM_H
#define VSOCK_CORE_CROSS_STREAM_H

#include "capture.h"
#include "cid.h"

/* `selected`: a set of GUINT_TO_POINTER(vsock.stream), or NULL for all. */
static inline bool vsock_is_selected(GHashTable *selected, uint32_t stream)
{
    return !selected || g_hash_table_contains(selected, GUINT_TO_POINTER(stream));
}

/* A silence of both CIDs that ended with a new connection. */
struct vsock_gap {
    int64_t from, until;
};

/* Two CIDs, whichever connects. */
struct vsock_cid_pair {
    struct vsock_key key;     /* words: source, lower CID, higher CID */
    struct vsock_cid *cid[2]; /* lower, higher */
    wmem_array_t *gaps;       /* of struct vsock_gap, in the order of time; NULL while there is none */
    bool spoke;
    int64_t last_time;
    struct vsock_gap silence; /* the latest, while no connection began since; until 0: none */
    wmem_array_t *waits;      /* of struct vsock_waited, in the capture's order; NULL while there is none */
    struct vsock_told
        told[2][2]; /* by the lower CID, or both where they are one, and the higher; STREAM, SEQPACKET */
    struct vsock_diagnosis *overlaps; /* CID_SHARED: connections that overlap; NULL while there is none */
};

struct vsock_cid_pair *vsock_cid_pair_get(struct vsock_table *cid_pairs,
                                          const struct vsock_capture_source *source, uint64_t low,
                                          uint64_t high);

/* NULL where there is none. */
struct vsock_cid_pair *vsock_cid_pair_find(const struct vsock_table *cid_pairs,
                                           const struct vsock_capture_source *source, uint64_t low,
                                           uint64_t high);

/* The stream's server as one client CID sees it. Words: source, the client's CID, the server's, its port. */
struct vsock_key vsock_service_key(const struct vsock_stream *stream);

/* One of them has sent a packet, of a stream or not. */
void vsock_cid_pair_hear(struct vsock_cid_pair *pair, int64_t time);

/* The stream, which is of the pair, has taken a packet. */
void vsock_cid_pair_take(struct vsock_cid_pair *pair, const struct vsock_stream *stream,
                         const struct vsock_step *step, const struct vsock_mark *at,
                         wmem_allocator_t *memory);

/* Was the stream, that has not ended, orphaned by one of the gaps of its CIDs? */
bool vsock_stream_orphaned(const struct vsock_stream *stream, struct vsock_diagnosis *d);

#endif
