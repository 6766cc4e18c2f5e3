/* SPDX-License-Identifier: GPL-2.0-or-later
 * credit.h - one direction of a connection: what its sender has sent, what its receiver says it consumed and
 * has room for, and how long the sender had to wait for it. The wire's counters are 32 bits and wrap; ours
 * are extended to 64, and every difference is meant modulo 2^32. Sources: virtio 1.3, "Buffer Space
 * Management"; net/vmw_vsock/virtio_transport_common.c. */
#ifndef VSOCK_CORE_CREDIT_H
#define VSOCK_CORE_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

/* An RW whose bytes are not all consumed yet. The caller owns the memory: it hands one in with every RW, and
 * gets it back through `released` lists. */
struct vsock_rw {
    struct vsock_rw *next;
    uint64_t end;    /* stream offset of the byte after its last */
    uint32_t record; /* the packet's; 0 where it does not matter */
    bool queued;
};

struct vsock_window {
    uint64_t sent;     /* stream offset of the byte after the last that was sent */
    uint64_t consumed; /* of the first byte that the receiver has not said it consumed */
    uint64_t edge;     /* of the byte after the last that any advertisement has allowed; a shrink leaves it */
    uint32_t buf_alloc; /* the receiver's buffer, as it last advertised */
    bool based; /* the counters' start is known: from the REQUEST, or from the receiver's first fwd_cnt */
    bool advertised; /* the receiver has sent its buf_alloc and fwd_cnt: consumed, edge and buf_alloc are its
                        word */
    uint32_t unconsumed_rws;
    uint32_t queued;                  /* of them: too large for Linux to merge with the one before */
    struct vsock_rw *oldest, *newest; /* valid while unconsumed_rws > 0 */
};

/* What buf_alloc and fwd_cnt of a receiver's packet changed. */
struct vsock_credit_info {
    uint32_t advance;   /* bytes newly consumed */
    uint32_t ahead;     /* ... of which these were never seen to be sent */
    uint32_t backwards; /* bytes that were consumed before, and now are not */
    uint32_t shrunk;    /* bytes that the buffer lost */
};

/* A window at the start of a connection whose REQUEST was captured, or of any other. */
struct vsock_window vsock_window_start(bool from_request);

/* The sender sends an RW of `length` bytes. `rw` is kept until the bytes are consumed; NULL: that it was
 * there is not kept, but for its bytes. */
void vsock_window_send(struct vsock_window *window, uint32_t length, uint32_t record, struct vsock_rw *rw);

/* So many of the bytes in flight were none: they were taken for this sender's. */
void vsock_window_unsend(struct vsock_window *window, uint64_t bytes);

/* The receiver sends a packet with its buf_alloc and fwd_cnt. Prepends RWs that are wholly consumed now to
 * *released: the newest comes first. */
struct vsock_credit_info vsock_window_advertise(struct vsock_window *window, uint32_t buf_alloc,
                                                uint32_t fwd_cnt, struct vsock_rw **released);

/* Bytes that the sender has sent and the receiver has not said it consumed. */
static inline uint64_t vsock_window_in_flight(const struct vsock_window *window)
{
    return window->sent - window->consumed;
}

/* Bytes that the sender may still send; negative after an overrun or a shrink. Only while `advertised`. */
static inline int64_t vsock_window_left(const struct vsock_window *window)
{
    return (int64_t)window->buf_alloc - (int64_t)vsock_window_in_flight(window);
}

/* The same for a sender that also caps what is in flight at its own buffer, `own_buf_alloc`, as Linux does
 * since January 2026 (8ee784fdf006). */
static inline int64_t vsock_window_left_capped(const struct vsock_window *window, uint32_t own_buf_alloc)
{
    uint32_t cap = own_buf_alloc < window->buf_alloc ? own_buf_alloc : window->buf_alloc;

    return (int64_t)cap - (int64_t)vsock_window_in_flight(window);
}

#endif
