/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture_parts.h - what a capture is made of: capture.c's own, and that of what forgets parts of it again.
 */
#ifndef VSOCK_CORE_CAPTURE_PARTS_H
#define VSOCK_CORE_CAPTURE_PARTS_H

#include "capture.h"
#include "reset_storm.h"

#define VSOCK_CHUNK 1024 /* records that are allocated at once */

/* Two endpoints, and where they were recorded. */
struct vsock_tuple {
    struct vsock_key key;
    struct vsock_stream *newest; /* generation */
    struct vsock_cid_pair *cids; /* of its sides */
    struct vsock_capture_source *source;
    uint32_t pair; /* index of the first stream between the endpoints, wherever recorded */
    bool left_out; /* its newest connection is not followed */
    struct vsock_resets resets;
};

/* Two endpoints, wherever recorded. Only where there is more than one source: else a tuple is the same. */
struct vsock_endpoints {
    struct vsock_key key;
    const struct vsock_tuple *first;
};

/* The key of a tuple's endpoints, wherever recorded. */
struct vsock_key vsock_endpoints_key(const struct vsock_tuple *tuple);

/* Where the packet that was taken last stands in the order of diagnoses: vsock_place(). */
static inline uint64_t vsock_place_of_last(const struct vsock_capture *capture, bool has_record)
{
    return vsock_place(capture->records) + (has_record ? 0 : capture->packets);
}

/* Takes back RWs that a connection does not need any more, for those to come. */
void vsock_capture_give_back(struct vsock_capture *capture, struct vsock_rw *released);

/* Nobody waits for a copy of the stream's packets any more. */
void vsock_capture_dismiss(struct vsock_capture *capture, struct vsock_stream *stream);

#endif
