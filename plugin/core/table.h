/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.h - things of one kind, each known by a key. Keys come from packets, and somebody may have chosen
 * them: hence a hash that nobody can foresee. */
#ifndef VSOCK_CORE_TABLE_H
#define VSOCK_CORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <wsutil/wmem/wmem.h>

/* Words mean what the kind of things is told apart by; those that it is not are 0. */
struct vsock_key {
    uint64_t word[4];
};

/* wmem's map takes 64 bytes a thing, of which there may be several for each packet; this takes about 20. */
struct vsock_table {
    wmem_allocator_t *memory;
    uint32_t *hashes;  /* by slot; 0: an empty one */
    void **things;     /* likewise */
    uint32_t slots;    /* a power of two, or 0 */
    uint32_t count;    /* of things */
    wmem_array_t *all; /* pointers, in the order in which they were made; NULL where nobody asks */
    char *slab;        /* memory for the next ones */
    size_t slab_left;
    void *spare; /* things that were dropped: spare.h; all are of one size */
};

struct vsock_table vsock_table_new(wmem_allocator_t *memory);
struct vsock_table vsock_table_new_listed(wmem_allocator_t *memory); /* with `all` */

gboolean vsock_key_equal(const void *key, const void *other);

/* Things begin with their key. A new one is zeroed otherwise. */
void *vsock_table_get(struct vsock_table *table, struct vsock_key key, size_t size);

/* NULL where there is none. */
void *vsock_table_find(const struct vsock_table *table, struct vsock_key key);

/* In no order. */
void vsock_table_foreach(const struct vsock_table *table, void (*function)(void *thing, void *context),
                         void *context);

/* An array of those elements that are kept, in the place of `all`, which is freed. */
wmem_array_t *vsock_array_keep(wmem_allocator_t *memory, wmem_array_t *all, size_t size,
                               bool (*is_kept)(const void *element, void *context), void *context);

/* The thing is no more; its memory is the next one's. `all` is left to the caller. */
void vsock_table_drop(struct vsock_table *table, void *thing);

#endif
