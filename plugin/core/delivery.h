/* SPDX-License-Identifier: GPL-2.0-or-later
 * delivery.h - what became of packets between the two sides that recorded them.
 * A record that one side lacks need not be a packet that never came: recorders lose records. So a packet is
 * called not delivered only at the end of what its sender said, where the other side's recording goes on for
 * a second, lacks nothing in the middle of any connection, and nothing that its receiver said later covers
 * it: three such packets in a row, or one that opens a window which the other side takes for shut. And where
 * a recording is known to lack records, none is called altered or reordered: it may be two that were lost. */
#ifndef VSOCK_CORE_DELIVERY_H
#define VSOCK_CORE_DELIVERY_H

#include "twins.h"

/* From so many packets in a row on, it is no record that was lost. */
#define VSOCK_UNDELIVERED_MIN 3

/* While the other side's recording goes on for so long. */
#define VSOCK_UNDELIVERED_TIME VSOCK_SECOND

/* Finds the packets that were not delivered, for all that follows. */
void vsock_delivery_find(struct vsock_twins *twins);

/* What is to be said of a packet. */
enum vsock_delivery {
    VSOCK_DELIVERED_LATE = 1 << 0, /* later than thresholds.late, however its delay is uncertain */
    VSOCK_DELIVERED_ALTERED = 1 << 1,
    VSOCK_DELIVERED_CROSSED = 1 << 2, /* it arrived behind one that was sent after it, or before such a one */
    VSOCK_NOT_DELIVERED = 1 << 3,
};

/* Returns bits of enum vsock_delivery. */
unsigned vsock_delivery_of(const struct vsock_twins *twins, uint32_t record);

/* Was the packet recorded where it was sent? */
bool vsock_is_senders_view(const struct vsock_twins *twins, const struct vsock_record *record);

/* The view that was recorded where that side is. */
const struct vsock_stream *vsock_view_of_side(const struct vsock_views *views, uint8_t side);

#endif
