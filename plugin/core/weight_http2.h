/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight_http2.h - what it costs to dissect HTTP/2 (RFC 9113): see weight.h. A body is dissected when its
 * last frame has come, all of it, in however many packets it was: so what it has had is kept, of each body
 * that is not at its end. It may be JSON, or gRPC's messages of protobuf; header fields that could tell are
 * compressed. */
#ifndef VSOCK_CORE_WEIGHT_HTTP2_H
#define VSOCK_CORE_WEIGHT_HTTP2_H

#include <wsutil/wmem/wmem_core.h>
#include <wsutil/wmem/wmem_list.h>
#include <wsutil/wmem/wmem_map.h>

#include "weight.h"

/* One direction of a connection. */
struct vsock_http2_side {
    wmem_allocator_t *scope;
    bool grpc;          /* a header has named its content type */
    wmem_map_t *bodies; /* struct body, by the stream's number */
};

struct vsock_http2_side *vsock_http2_side_start(wmem_allocator_t *scope);

/* `side` learns of the frames that are there as a whole: each is to be weighed with it once. NULL: bodies
 * weigh nothing, for who wants to know where frames end. */
struct vsock_weight vsock_weigh_http2(struct vsock_http2_side *side, const uint8_t *bytes, uint32_t length,
                                      struct vsock_weight_limit limit);

#endif
