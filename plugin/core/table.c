/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.c - things by their keys. */
#include "table.h"

#include <string.h>

#include "spare.h"

#define CACHE_LINE 64
#define SLAB 4096

/* Zeroed. Several share an allocation; those of 64 bytes have a cache line each. */
static void *take(struct vsock_table *t, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    char *taken;

    if (t->spare)
        return memset(vsock_spare_take(&t->spare, t->memory, size), 0, size);
    if (t->slab_left < rounded) {
        char *start;

        t->slab_left = MAX(SLAB, rounded);
        start = (char *)wmem_alloc0(t->memory, t->slab_left + CACHE_LINE - 1);
        t->slab = start + (0 - (uintptr_t)start) % CACHE_LINE;
    }
    taken = t->slab;
    t->slab += rounded;
    t->slab_left -= rounded;
    return taken;
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
    return (struct vsock_table){.memory = memory, .map = wmem_map_new(memory, key_hash, vsock_key_equal)};
}

struct vsock_table vsock_table_new_listed(wmem_allocator_t *memory)
{
    struct vsock_table t = vsock_table_new(memory);

    t.all = wmem_array_new(memory, sizeof(void *));
    return t;
}

void *vsock_table_find(const struct vsock_table *t, struct vsock_key key)
{
    return wmem_map_lookup(t->map, &key);
}

void *vsock_table_get(struct vsock_table *t, struct vsock_key key, size_t size)
{
    void *thing = vsock_table_find(t, key);

    if (thing)
        return thing;
    thing = take(t, size);
    memcpy(thing, &key, sizeof(key));
    wmem_map_insert(t->map, thing, thing);
    if (t->all)
        wmem_array_append_one(t->all, thing);
    return thing;
}

void vsock_table_drop(struct vsock_table *t, void *thing)
{
    wmem_map_remove(t->map, thing);
    vsock_spare_give(&t->spare, thing);
}

wmem_array_t *vsock_array_keep(wmem_allocator_t *memory, wmem_array_t *all, size_t size,
                               bool (*is_kept)(const void *element, void *context), void *context)
{
    wmem_array_t *kept = wmem_array_new(memory, size);

    for (unsigned i = 0; i < wmem_array_get_count(all); i++) {
        const void *element = wmem_array_index(all, i);

        if (is_kept(element, context))
            wmem_array_append(kept, element, 1);
    }
    wmem_destroy_array(all);
    return kept;
}
