/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_fragment.c - which bytes of a record are the packet's. A test's name is the rule it checks. */
#include <glib.h>

#include "core/fragment.h"
#include "packet.h"

static struct vsock_split split;
static enum vsock_tap_layout layout;

static void reset(void)
{
    split = (struct vsock_split){0};
    layout = VSOCK_TAP_UNKNOWN;
}

static struct vsock_split_part take_part(uint32_t length, uint32_t present)
{
    struct record r = sound_record(VSOCK_OP_RW, present);
    struct vsock_packet p;

    SET_VIRTIO(&r, len, length);
    p = read_record(&r);
    return vsock_split_take(&split, &layout, &p);
}

static uint32_t take(uint32_t length, uint32_t present)
{
    return take_part(length, present).skip;
}

static void sound_records_have_nothing_before_the_payload(void)
{
    reset();
    g_assert_cmpuint(take(100, 100), ==, 0);
    g_assert_cmpuint(take(50, 50), ==, 0);
    g_assert_cmpint(layout, ==, VSOCK_TAP_UNKNOWN);
}

static void remaining_bytes_put_the_payload_first(void)
{
    reset();
    g_assert_cmpuint(take(4052, 10000), ==, 0);
    g_assert_cmpuint(take(4052, 5948), ==, 0);
    g_assert_cmpint(layout, ==, VSOCK_TAP_REMAINING);
    g_assert_cmpuint(take(1896, 1896), ==, 0);
    g_assert_cmpuint(take(4052, 10000), ==, 0); /* the next packet */
    g_assert_cmpuint(split.sent, ==, 4052);
}

static void the_whole_puts_the_payload_at_a_running_offset(void)
{
    reset();
    g_assert_cmpuint(take(4052, 10000), ==, 0);
    g_assert_cmpuint(take(4052, 10000), ==, 4052);
    g_assert_cmpint(layout, ==, VSOCK_TAP_WHOLE);
    g_assert_cmpuint(take(1896, 10000), ==, 8104);
    g_assert_cmpuint(take(4052, 10000), ==, 0); /* the next packet */
}

static void the_last_part_lies_at_the_end_of_the_whole(void)
{
    struct vsock_split_part part;

    reset();
    take(4052, 10000);
    part = take_part(1896, 10000);
    g_assert_cmpuint(part.skip, ==, 8104);
    g_assert_true(part.lacks);
    g_assert_cmpuint(split.whole, ==, 0);
}

static void what_does_not_continue_a_split_says_that_parts_are_missing(void)
{
    reset();
    g_assert_false(take_part(4052, 10000).lacks);
    g_assert_false(take_part(4052, 5948).lacks);
    g_assert_true(take_part(100, 100).lacks);
    g_assert_false(take_part(100, 100).lacks);
}

static void a_kernel_does_not_change_its_layout(void)
{
    reset();
    take(4052, 10000);
    take(4052, 5948);
    take(1896, 1896);
    take(4052, 10000);
    g_assert_cmpuint(take(4052, 10000), ==, 0); /* the parts between were not captured */
}

static void remaining_bytes_overrule_a_whole_that_was_none(void)
{
    reset();
    take(4052, 10000);
    take(4052, 10000); /* the next packet, in fact: the other parts were not captured */
    g_assert_cmpint(layout, ==, VSOCK_TAP_WHOLE);
    take(4052, 10000);
    g_assert_cmpuint(take(4052, 5948), ==, 0);
    g_assert_cmpint(layout, ==, VSOCK_TAP_REMAINING);
}

static void a_part_that_does_not_fit_begins_another_packet(void)
{
    reset();
    take(4052, 6000);
    g_assert_cmpuint(take(4052, 6000), ==, 0);
    g_assert_cmpint(layout, ==, VSOCK_TAP_UNKNOWN);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/fragment/" #name, name)
    TEST(sound_records_have_nothing_before_the_payload);
    TEST(remaining_bytes_put_the_payload_first);
    TEST(the_whole_puts_the_payload_at_a_running_offset);
    TEST(the_last_part_lies_at_the_end_of_the_whole);
    TEST(what_does_not_continue_a_split_says_that_parts_are_missing);
    TEST(a_kernel_does_not_change_its_layout);
    TEST(remaining_bytes_overrule_a_whole_that_was_none);
    TEST(a_part_that_does_not_fit_begins_another_packet);
    return g_test_run();
}
