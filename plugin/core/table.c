/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.c - things by their keys. */
#include "table.h"

#include <string.h>

#define CACHE_LINE 64

void *vsock_alloc_aligned(wmem_allocator_t *memory, size_t size)
{
    char *start = (char *)wmem_alloc0(memory, size + CACHE_LINE - 1);

    return start + (0 - (uintptr_t)start) % CACHE_LINE;
}

static unsigned key_hash(const void *key)
{
    return wmem_strong_hash((const uint8_t *)key, sizeof(struct vsock_key));
}

gboolean vsock_key_equal(const void *key, const void *other)
{
    return memcmp(key, other, sizeof(struct vsock_key)) == 0;
}

struct vsock_table vsock_table_new(wmem_allocator_t *memory)
{
    return (struct vsock_table){memory, wmem_map_new(memory, key_hash, vsock_key_equal),
                                wmem_array_new(memory, sizeof(void *))};
}

void *vsock_table_get(struct vsock_table *t, struct vsock_key key, size_t size)
{
    void *thing = wmem_map_lookup(t->map, &key);

    if (thing)
        return thing;
    thing = vsock_alloc_aligned(t->memory, size);
    memcpy(thing, &key, sizeof(key));
    wmem_map_insert(t->map, thing, thing);
    wmem_array_append_one(t->all, thing);
    return thing;
}
