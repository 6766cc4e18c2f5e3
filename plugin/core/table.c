/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.c - things by their keys. */
#include "table.h"

#include <string.h>

#include "spare.h"

#define CACHE_LINE 64
#define SLAB 4096
#define SLOTS_MIN 16

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

/* ---- slots: a thing is in the first that is free from the one that its hash names on ---- */

static uint32_t hash_of(const struct vsock_key *key)
{
    uint32_t hash = wmem_strong_hash((const uint8_t *)key, sizeof(*key));

    return MAX(hash, 1);
}

gboolean vsock_key_equal(const void *key, const void *other)
{
    return memcmp(key, other, sizeof(struct vsock_key)) == 0;
}

/* Where that thing is, or would be; there are slots. */
static uint32_t slot_of(const struct vsock_table *t, const struct vsock_key *key, uint32_t hash)
{
    uint32_t i = hash & (t->slots - 1);

    while (t->hashes[i] != 0 && !(t->hashes[i] == hash && vsock_key_equal(t->things[i], key)))
        i = (i + 1) & (t->slots - 1);
    return i;
}

static void put(struct vsock_table *t, void *thing, uint32_t hash)
{
    uint32_t i = slot_of(t, (const struct vsock_key *)thing, hash);

    t->hashes[i] = hash;
    t->things[i] = thing;
}

static void grow(struct vsock_table *t)
{
    struct vsock_table old = *t;

    t->slots = MAX(2 * old.slots, SLOTS_MIN);
    t->hashes = wmem_alloc0_array(t->memory, uint32_t, t->slots);
    t->things = wmem_alloc_array(t->memory, void *, t->slots);
    for (uint32_t i = 0; i < old.slots; i++) {
        if (old.hashes[i] != 0)
            put(t, old.things[i], old.hashes[i]);
    }
    wmem_free(t->memory, old.hashes);
    wmem_free(t->memory, old.things);
}

/* Those behind it, that it had kept from a better slot, move up. */
static void clear_slot(struct vsock_table *t, uint32_t hole)
{
    uint32_t mask = t->slots - 1;

    for (uint32_t i = (hole + 1) & mask; t->hashes[i] != 0; i = (i + 1) & mask) {
        if (((i - t->hashes[i]) & mask) < ((i - hole) & mask))
            continue;
        t->hashes[hole] = t->hashes[i];
        t->things[hole] = t->things[i];
        hole = i;
    }
    t->hashes[hole] = 0;
}

/* ---- things ---- */

struct vsock_table vsock_table_new(wmem_allocator_t *memory)
{
    return (struct vsock_table){.memory = memory};
}

struct vsock_table vsock_table_new_listed(wmem_allocator_t *memory)
{
    struct vsock_table t = vsock_table_new(memory);

    t.all = wmem_array_new(memory, sizeof(void *));
    return t;
}

static void *find_hashed(const struct vsock_table *t, const struct vsock_key *key, uint32_t hash)
{
    uint32_t i;

    if (t->slots == 0)
        return NULL;
    i = slot_of(t, key, hash);
    return t->hashes[i] != 0 ? t->things[i] : NULL;
}

void *vsock_table_find(const struct vsock_table *t, struct vsock_key key)
{
    return find_hashed(t, &key, hash_of(&key));
}

void *vsock_table_get(struct vsock_table *t, struct vsock_key key, size_t size)
{
    uint32_t hash = hash_of(&key);
    void *thing = find_hashed(t, &key, hash);

    if (thing)
        return thing;
    thing = take(t, size);
    memcpy(thing, &key, sizeof(key));
    if (4 * (t->count + 1) > 3 * t->slots)
        grow(t);
    put(t, thing, hash);
    t->count++;
    if (t->all)
        wmem_array_append_one(t->all, thing);
    return thing;
}

void vsock_table_drop(struct vsock_table *t, void *thing)
{
    const struct vsock_key *key = (const struct vsock_key *)thing;

    clear_slot(t, slot_of(t, key, hash_of(key)));
    t->count--;
    vsock_spare_give(&t->spare, thing);
}

void vsock_table_foreach(const struct vsock_table *t, void (*function)(void *thing, void *context),
                         void *context)
{
    for (uint32_t i = 0; i < t->slots; i++) {
        if (t->hashes[i] != 0)
            function(t->things[i], context);
    }
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
