/* SPDX-License-Identifier: GPL-2.0-or-later
 * duplicates.c - telling a packet from its copy. */
#include "duplicates.h"

#include "fingerprint.h"

static void forget(struct vsock_duplicates *d, uint32_t index)
{
    /* Moves the older ones up by one place: order is kept, and the ring has no holes. */
    for (; index > 0; index--)
        d->waiting[(d->first + index) % VSOCK_DUPLICATES_MAX] =
            d->waiting[(d->first + index - 1) % VSOCK_DUPLICATES_MAX];
    d->first = (d->first + 1) % VSOCK_DUPLICATES_MAX;
    d->count--;
}

void vsock_duplicates_wait(struct vsock_duplicates *d, const struct vsock_packet *packet, uint8_t side,
                           uint32_t payload_skip)
{
    uint32_t last;

    if (d->count == VSOCK_DUPLICATES_MAX)
        forget(d, 0);
    last = (d->first + d->count++) % VSOCK_DUPLICATES_MAX;
    d->waiting[last].digest = vsock_header_digest(packet);
    d->waiting[last].side = side;
    d->waiting[last].payload_skip = payload_skip;
}

bool vsock_duplicates_take(struct vsock_duplicates *d, const struct vsock_packet *packet, uint8_t side,
                           uint32_t *payload_skip)
{
    uint64_t digest = vsock_header_digest(packet);

    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t at = (d->first + i) % VSOCK_DUPLICATES_MAX;

        if (d->waiting[at].digest == digest && d->waiting[at].side == side) {
            *payload_skip = d->waiting[at].payload_skip;
            forget(d, i);
            return true;
        }
    }
    return false;
}
