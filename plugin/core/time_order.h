/* SPDX-License-Identifier: GPL-2.0-or-later
 * time_order.h - packets that are earlier than the one before them. Order is a matter of one interface of a
 * section: of several, one is often recorded late, or appended, and no connection spans two. Times go back
 * where files were joined in another order than theirs, where a writer's threads overtake each other, and
 * where the clock was set back: there alone the packets' order is what happened. An answer that is earlier
 * than what it answers tells. */
#ifndef VSOCK_CORE_TIME_ORDER_H
#define VSOCK_CORE_TIME_ORDER_H

#include "judge.h"

/* Of less, nothing is said unless a verdict rests on it: processors that record at once stamp a packet before
 * they have its place (dev_queue_xmit_nit() and tpacket_rcv() of Linux). */
#define VSOCK_STEP_BACK (VSOCK_SECOND / 1000)

/* Of a source: the next packet. `at->record`: 0 where it has none. `place`: as in diagnosis.h. */
void vsock_time_order_take(struct vsock_time_order *order, const struct vsock_mark *at, uint64_t place);

/* How far the times of a connection go back from the packet `before` to one at `time`. */
enum vsock_order vsock_order_of(int64_t before, int64_t time);

/* Does the packet, whose record that is by number, and which its stream has taken, answer one that is later
 * by its time: a REQUEST, or the newest RW that it says is consumed? */
bool vsock_answers_a_later_one(const struct vsock_capture *capture, uint32_t number);

/* What the order of a capture's times leaves of other verdicts. */
struct vsock_order_verdict {
    const struct vsock_capture *capture;
    uint8_t *streams; /* enum vsock_order by vsock.stream: the worst between its endpoints */
    bool slight;      /* a verdict rests on an order that is slightly broken */
};

struct vsock_order_verdict vsock_time_order_find(const struct vsock_capture *capture,
                                                 wmem_allocator_t *memory);

/* May a diagnosis of that stream be told? It is called likely where it may not be true. */
bool vsock_time_order_allows(struct vsock_order_verdict *verdict, const struct vsock_stream *stream,
                             struct vsock_diagnosis *d);

/* Calls likely what is said of many streams, and adds what there is to say of the order itself, where any
 * packet of such a source is selected. `only` as in vsock_judge(). */
void vsock_time_order_judge(const struct vsock_order_verdict *verdict, const struct vsock_selection *only,
                            GArray *found);

#endif
