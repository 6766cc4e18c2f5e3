/* SPDX-License-Identifier: GPL-2.0-or-later
 * spare.h - memory of things that are no more, for the next ones of their size. The allocator would cut it
 * into pieces for others. */
#ifndef VSOCK_CORE_SPARE_H
#define VSOCK_CORE_SPARE_H

#include <wsutil/wmem/wmem.h>

/* `spares`: the list of one kind of things; NULL where it is empty. Returns what is not initialised. */
static inline void *vsock_spare_take(void **spares, wmem_allocator_t *memory, size_t size)
{
    void *thing = *spares;

    if (!thing)
        return wmem_alloc(memory, size);
    *spares = *(void **)thing;
    return thing;
}

/* `thing` may be NULL. */
static inline void vsock_spare_give(void **spares, void *thing)
{
    if (!thing)
        return;
    *(void **)thing = *spares;
    *spares = thing;
}

#endif
