/* SPDX-License-Identifier: GPL-2.0-or-later
 * wrap.h - counters of 64 bits from the wire's 32. A record keeps none of what its packet says itself:
 * fwd_cnt is the lower half of how far its sender has consumed, and the upper half is known by where it
 * changed. That costs no memory but where 4 GiB have passed, or a counter jumps. */
#ifndef VSOCK_CORE_WRAP_H
#define VSOCK_CORE_WRAP_H

#include <stdint.h>

#include <wsutil/wmem/wmem.h>

/* From a packet of a stream on, until the next of these. Both are 0 before the first. */
struct vsock_wrap {
    uint32_t number;  /* of the packet in its stream, from 1 */
    uint32_t high[2]; /* upper half of the stream offset up to which what each side sent is consumed */
};

/* After the stream's packet `number`. *wraps: NULL at first, and while nothing has gone round. */
void vsock_wrap_note(wmem_allocator_t *memory, wmem_array_t **wraps, uint32_t number,
                     const uint64_t consumed[2]);

/* Up to where what `sender` sent was consumed after the stream's packet `number`, whose fwd_cnt that is. */
uint64_t vsock_wrap_extend(wmem_array_t *wraps, uint32_t number, uint8_t sender, uint32_t fwd_cnt);

#endif
