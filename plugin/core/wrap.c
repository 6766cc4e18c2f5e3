/* SPDX-License-Identifier: GPL-2.0-or-later
 * wrap.c - where counters have gone round. */
#include "wrap.h"

static const struct vsock_wrap *get(wmem_array_t *wraps, uint32_t i)
{
    return (const struct vsock_wrap *)wmem_array_index(wraps, i);
}

void vsock_wrap_note(wmem_allocator_t *memory, wmem_array_t **wraps, uint32_t number,
                     const uint64_t consumed[2])
{
    struct vsock_wrap now = {number, {(uint32_t)(consumed[0] >> 32), (uint32_t)(consumed[1] >> 32)}};
    struct vsock_wrap before = {0};

    if (*wraps)
        before = *get(*wraps, wmem_array_get_count(*wraps) - 1);
    if (now.high[0] == before.high[0] && now.high[1] == before.high[1])
        return;
    if (!*wraps)
        *wraps = wmem_array_new(memory, sizeof(now));
    wmem_array_append_one(*wraps, now);
}

uint64_t vsock_wrap_extend(wmem_array_t *wraps, uint32_t number, uint8_t sender, uint32_t fwd_cnt)
{
    uint32_t low = 0, high = wraps ? wmem_array_get_count(wraps) : 0; /* before `low` all are until it */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (get(wraps, middle)->number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return (low > 0 ? (uint64_t)get(wraps, low - 1)->high[sender] << 32 : 0) | fwd_cnt;
}
