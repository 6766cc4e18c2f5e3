/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_duplicates.c - telling a packet from its copy. A test's name is the rule it checks. */
#include <glib.h>

#include "core/duplicates.h"
#include "packet.h"

static struct vsock_duplicates duplicates;
static uint32_t skip;

static bool take(uint8_t side, uint32_t fwd_cnt)
{
    struct record r = sound_record(VSOCK_OP_CREDIT_UPDATE, 0);
    struct vsock_packet p;

    SET_VIRTIO(&r, fwd_cnt, fwd_cnt);
    p = read_record(&r);
    if (vsock_duplicates_take(&duplicates, &p, side, &skip))
        return true;
    vsock_duplicates_wait(&duplicates, &p, side, fwd_cnt * 10);
    return false;
}

static void reset(void)
{
    duplicates = (struct vsock_duplicates){.count = 0};
}

static void every_second_of_equal_packets_is_the_copy(void)
{
    reset();
    g_assert_false(take(0, 1));
    g_assert_true(take(0, 1));
    g_assert_false(take(0, 1)); /* the same again, in earnest */
    g_assert_true(take(0, 1));
}

static void duplicates_may_come_late(void)
{
    reset();
    g_assert_false(take(0, 1));
    g_assert_false(take(0, 2));
    g_assert_false(take(1, 1)); /* the other side's */
    g_assert_true(take(0, 1));
    g_assert_false(take(0, 3));
    g_assert_true(take(0, 2));
    g_assert_cmpuint(skip, ==, 20);
    g_assert_true(take(0, 3));
    g_assert_true(take(1, 1));
    g_assert_cmpuint(duplicates.count, ==, 0);
}

static void the_oldest_is_given_up_when_too_many_wait(void)
{
    reset();
    for (uint32_t i = 0; i <= VSOCK_DUPLICATES_MAX; i++)
        g_assert_false(take(0, i));
    g_assert_cmpuint(duplicates.count, ==, VSOCK_DUPLICATES_MAX);
    g_assert_true(take(0, VSOCK_DUPLICATES_MAX));
    g_assert_true(take(0, 1));
    g_assert_false(take(0, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/duplicates/" #name, name)
    TEST(every_second_of_equal_packets_is_the_copy);
    TEST(duplicates_may_come_late);
    TEST(the_oldest_is_given_up_when_too_many_wait);
    return g_test_run();
}
