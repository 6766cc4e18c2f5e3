/* SPDX-License-Identifier: GPL-2.0-or-later
 * align.h - two recordings of what one side of a connection sent: which packet of the one is which of the
 * other. vsock keeps packets in order and sends none again, so both are the same sequence, but for records
 * that one of them lacks. After such a hole the rest is found by two packets in a row that are the same. */
#ifndef VSOCK_CORE_ALIGN_H
#define VSOCK_CORE_ALIGN_H

#include <wsutil/wmem/wmem.h>

#include "fingerprint.h"

#define VSOCK_ALONE UINT32_MAX /* instead of an index */

struct vsock_sequence {
    const struct vsock_print *prints;
    uint32_t count;
};

/* Sets `of_a[i]` to the index in `b` of the packet that is `a`'s i-th, or VSOCK_ALONE. A pair in the same
 * place between two others need not be equal: it was altered, then. Pairs that cross others were reordered.
 * Both are `doubtful[i]`, which is `a.count` zeros before: where records are missing, they may be two
 * packets, each of which one recording lacks. */
void vsock_align(struct vsock_sequence a, struct vsock_sequence b, uint32_t *of_a, bool *doubtful,
                 wmem_allocator_t *memory);

/* Is there another packet next to it that could be taken for it? */
bool vsock_print_is_repeated(struct vsock_sequence s, uint32_t i);

#endif
