/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_table.c - things by their keys. A test's name is the rule it checks. */
#include <glib.h>
#include <string.h>

#include "core/table.h"

struct thing {
    struct vsock_key key;
    uint64_t value;
    char rest[37]; /* a size that no cache line has */
};

static struct vsock_table table;

static void begin(void)
{
    static wmem_allocator_t *memory;

    if (memory)
        wmem_destroy_allocator(memory);
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    table = vsock_table_new_listed(memory);
}

static struct thing *get(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return (struct thing *)vsock_table_get(&table, (struct vsock_key){{a, b, c, d}}, sizeof(struct thing));
}

static const struct thing *at(unsigned i)
{
    return *(struct thing **)wmem_array_index(table.all, i);
}

static void a_key_finds_its_thing_again(void)
{
    struct thing *thing;

    begin();
    thing = get(1, 2, 3, 4);
    thing->value = 7;
    for (uint64_t other = 0; other < 1000; other++)
        get(other, other, other, other);
    g_assert_true(get(1, 2, 3, 4) == thing);
    g_assert_cmpuint(thing->value, ==, 7);
}

static void any_word_makes_another_key(void)
{
    const struct thing *none;

    begin();
    none = get(0, 0, 0, 0);
    for (unsigned word = 0; word < 4; word++) {
        struct vsock_key key = {{0}};

        key.word[word] = UINT64_C(1) << 63;
        g_assert_false(vsock_key_equal(&none->key, &key));
        g_assert_true(vsock_table_get(&table, key, sizeof(*none)) != none);
    }
    g_assert_true(vsock_key_equal(&none->key, &(struct vsock_key){{0}}));
    g_assert_cmpuint(wmem_array_get_count(table.all), ==, 5);
}

static void a_new_thing_has_its_key_and_zeroes(void)
{
    const struct thing *thing;

    begin();
    thing = get(1, 2, 3, 4);
    g_assert_cmpuint(thing->key.word[0], ==, 1);
    g_assert_cmpuint(thing->key.word[3], ==, 4);
    g_assert_cmpuint(thing->value, ==, 0);
    for (unsigned i = 0; i < sizeof(thing->rest); i++)
        g_assert_cmpint(thing->rest[i], ==, 0);
}

static void things_of_64_bytes_have_a_cache_line_each(void)
{
    begin();
    for (uint64_t i = 0; i < 200; i++) {
        const void *thing = vsock_table_get(&table, (struct vsock_key){{i, 0, 0, 0}}, 64);

        g_assert_cmpuint((uintptr_t)thing % 64, ==, 0);
    }
}

static void no_thing_reaches_into_another(void)
{
    struct thing *things[300];

    begin();
    for (uint64_t i = 0; i < 300; i++) {
        things[i] = get(i, 0, 0, 0);
        g_assert_cmpuint((uintptr_t)things[i] % 16, ==, 0);
        memset(things[i]->rest, (int)i, sizeof(things[i]->rest));
    }
    for (uint64_t i = 0; i < 300; i++) {
        g_assert_cmpuint(things[i]->key.word[0], ==, i);
        for (unsigned byte = 0; byte < sizeof(things[i]->rest); byte++)
            g_assert_cmpint(things[i]->rest[byte], ==, (char)i);
    }
}

static void things_larger_than_what_is_taken_at_once_fit(void)
{
    const size_t size = 10000;
    char *large;

    begin();
    get(1, 0, 0, 0);
    large = (char *)vsock_table_get(&table, (struct vsock_key){{2, 0, 0, 0}}, size);
    memset(large + sizeof(struct vsock_key), 0xff, size - sizeof(struct vsock_key));
    g_assert_cmpuint(get(1, 0, 0, 0)->key.word[0], ==, 1);
    g_assert_cmpuint(get(3, 0, 0, 0)->value, ==, 0);
}

static void nothing_is_listed_where_nobody_asks(void)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    struct vsock_table unlisted = vsock_table_new(memory);
    const void *thing = vsock_table_get(&unlisted, (struct vsock_key){{1, 0, 0, 0}}, 64);

    g_assert_true(vsock_table_get(&unlisted, (struct vsock_key){{1, 0, 0, 0}}, 64) == thing);
    g_assert_null(unlisted.all);
    wmem_destroy_allocator(memory);
}

static void things_are_listed_once_in_the_order_they_were_made(void)
{
    begin();
    get(9, 0, 0, 0);
    get(1, 0, 0, 0);
    get(9, 0, 0, 0);
    get(5, 0, 0, 0);
    g_assert_cmpuint(wmem_array_get_count(table.all), ==, 3);
    g_assert_cmpuint(at(0)->key.word[0], ==, 9);
    g_assert_cmpuint(at(1)->key.word[0], ==, 1);
    g_assert_cmpuint(at(2)->key.word[0], ==, 5);
}

static void what_was_dropped_is_not_found_and_its_memory_is_the_next_ones(void)
{
    struct thing *thing;

    begin();
    get(1, 0, 0, 0)->value = 1;
    thing = get(2, 0, 0, 0);
    thing->value = 2;
    thing->rest[36] = 'x';
    vsock_table_drop(&table, thing);
    g_assert_null(vsock_table_find(&table, (struct vsock_key){{2, 0, 0, 0}}));
    g_assert_cmpuint(get(1, 0, 0, 0)->value, ==, 1);
    g_assert_true(get(3, 0, 0, 0) == thing);
    g_assert_cmpuint(thing->key.word[0], ==, 3);
    g_assert_cmpuint(thing->value, ==, 0);
    g_assert_cmpint(thing->rest[36], ==, 0);
    g_assert_true(get(4, 0, 0, 0) != thing);
}

static void count_things(void *thing, void *sum)
{
    *(uint64_t *)sum += ((const struct thing *)thing)->key.word[0];
}

/* As many as fill the slots again and again, so that chains of them wrap around the end. */
static void those_that_stay_are_found_whatever_else_comes_and_goes(void)
{
    struct thing *things[500] = {NULL};
    uint64_t sum = 0, found = 0;
    GRand *random = g_rand_new_with_seed(1);

    begin();
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)g_rand_int_range(random, 0, step < 10000 ? 500 : 20);

        if (things[i])
            vsock_table_drop(&table, things[i]);
        things[i] = things[i] ? NULL : get(i, 0, 0, 0);
    }
    for (uint32_t i = 0; i < 500; i++) {
        g_assert_true(vsock_table_find(&table, (struct vsock_key){{i, 0, 0, 0}}) == things[i]);
        sum += things[i] ? i : 0;
    }
    vsock_table_foreach(&table, count_things, &found);
    g_assert_cmpuint(found, ==, sum);
    g_assert_cmpuint(table.count, <=, 500);
    g_rand_free(random);
}

static bool is_odd(const void *element, void *calls)
{
    ++*(unsigned *)calls;
    return *(const uint64_t *)element % 2 == 1;
}

static void what_is_kept_of_an_array_stays_in_its_order(void)
{
    wmem_array_t *array;
    unsigned calls = 0;

    begin();
    array = wmem_array_new(table.memory, sizeof(uint64_t));
    for (uint64_t i = 0; i < 100; i++)
        wmem_array_append_one(array, i);
    array = vsock_array_keep(table.memory, array, sizeof(uint64_t), is_odd, &calls);
    g_assert_cmpuint(calls, ==, 100);
    g_assert_cmpuint(wmem_array_get_count(array), ==, 50);
    for (unsigned i = 0; i < 50; i++)
        g_assert_cmpuint(*(uint64_t *)wmem_array_index(array, i), ==, 2 * i + 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/table/" #name, name)
    TEST(a_key_finds_its_thing_again);
    TEST(any_word_makes_another_key);
    TEST(a_new_thing_has_its_key_and_zeroes);
    TEST(things_of_64_bytes_have_a_cache_line_each);
    TEST(no_thing_reaches_into_another);
    TEST(things_larger_than_what_is_taken_at_once_fit);
    TEST(what_was_dropped_is_not_found_and_its_memory_is_the_next_ones);
    TEST(those_that_stay_are_found_whatever_else_comes_and_goes);
    TEST(what_is_kept_of_an_array_stays_in_its_order);
    TEST(nothing_is_listed_where_nobody_asks);
    TEST(things_are_listed_once_in_the_order_they_were_made);
    return g_test_run();
}
