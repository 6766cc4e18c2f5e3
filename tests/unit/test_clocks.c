/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_clocks.c - what packets tell of two clocks. Times are microseconds here. */
#include <glib.h>

#include "core/clocks.h"

#define US INT64_C(1000)
#define SECOND (1000000 * US)

static struct vsock_bounds bounds[8];

static struct vsock_sighting seen(int64_t at, int64_t ahead, enum vsock_bound bound)
{
    return (struct vsock_sighting){at, ahead, bound};
}

static struct vsock_sighting get(const void *list, uint32_t i)
{
    return ((const struct vsock_sighting *)list)[i];
}

/* Sets the bounds, and returns how often they are contradicted. */
static uint32_t bound(const struct vsock_sighting *list, uint32_t count)
{
    const struct vsock_sightings sightings = {count, get, list};

    vsock_clocks_bound(&sightings, bounds);
    return vsock_clocks_contradict(&sightings);
}

static void assert_bounds(const struct vsock_bounds *b, int64_t lower, int64_t upper)
{
    g_assert_true(vsock_bounds_known(b));
    g_assert_cmpint(b->lower, ==, lower);
    g_assert_cmpint(b->upper, ==, upper);
}

static void each_direction_bounds_one_side(void)
{
    const struct vsock_sighting list[] = {seen(0, 130 * US, VSOCK_BOUND_UPPER),
                                          seen(0, 80 * US, VSOCK_BOUND_LOWER),
                                          seen(0, 120 * US, VSOCK_BOUND_UPPER)};

    g_assert_cmpuint(bound(list, 3), ==, 0);
    for (int i = 0; i < 3; i++)
        assert_bounds(&bounds[i], 80 * US, 120 * US);
    g_assert_cmpint(vsock_bounds_middle(&bounds[0]), ==, 100 * US);
}

static void one_direction_alone_tells_nothing(void)
{
    const struct vsock_sighting list[] = {seen(0, 130 * US, VSOCK_BOUND_UPPER),
                                          seen(5, 120 * US, VSOCK_BOUND_UPPER)};

    g_assert_cmpuint(bound(list, 2), ==, 0);
    g_assert_false(vsock_bounds_known(&bounds[0]));
    g_assert_false(vsock_bounds_known(&bounds[1]));
}

/* 600 us a second. */
static void bounds_widen_with_time(void)
{
    const struct vsock_sighting list[] = {
        seen(0, 130 * US, VSOCK_BOUND_UPPER), seen(0, 80 * US, VSOCK_BOUND_LOWER),
        seen(SECOND, 0, VSOCK_BOUND_NONE), seen(3 * SECOND, 100 * US, VSOCK_BOUND_LOWER)};

    g_assert_cmpuint(bound(list, 4), ==, 0);
    assert_bounds(&bounds[0], 80 * US, 130 * US);
    assert_bounds(&bounds[2], -520 * US, 730 * US);
}

static void contradictions_at_its_boundary(void)
{
    struct vsock_sighting list[] = {seen(0, 100 * US, VSOCK_BOUND_UPPER),
                                    seen(0, 100 * US, VSOCK_BOUND_LOWER)};

    g_assert_cmpuint(bound(list, 2), ==, 0);
    list[1].ahead++;
    g_assert_cmpuint(bound(list, 2), ==, 1);
    list[1].at = SECOND; /* enough for it to drift */
    g_assert_cmpuint(bound(list, 2), ==, 0);
}

/* What holds before and after a clock was set is known there. */
static void a_clock_is_set(void)
{
    const struct vsock_sighting list[] = {
        seen(0, 20 * US, VSOCK_BOUND_UPPER),
        seen(0, 10 * US, VSOCK_BOUND_LOWER),
        seen(0, 20 * US, VSOCK_BOUND_UPPER),
        seen(1, 5 * SECOND + 10 * US, VSOCK_BOUND_LOWER),
        seen(1, 5 * SECOND + 20 * US, VSOCK_BOUND_UPPER),
    };

    g_assert_cmpuint(bound(list, 5), ==, 1);
    assert_bounds(&bounds[0], 10 * US, 20 * US);
    assert_bounds(&bounds[4], 5 * SECOND + 10 * US, 5 * SECOND + 20 * US);
}

/* Any times: nothing overflows. */
static void far_times(void)
{
    const int64_t far = INT64_C(4000000000) * SECOND;
    const struct vsock_sighting list[] = {seen(-far, 2 * far, VSOCK_BOUND_UPPER),
                                          seen(far, -2 * far, VSOCK_BOUND_LOWER),
                                          seen(-far, 2 * far, VSOCK_BOUND_LOWER)};

    bound(list, 3);
    bound(NULL, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clocks/each_direction_bounds_one_side", each_direction_bounds_one_side);
    g_test_add_func("/clocks/one_direction_alone_tells_nothing", one_direction_alone_tells_nothing);
    g_test_add_func("/clocks/bounds_widen_with_time", bounds_widen_with_time);
    g_test_add_func("/clocks/contradictions_at_its_boundary", contradictions_at_its_boundary);
    g_test_add_func("/clocks/a_clock_is_set", a_clock_is_set);
    g_test_add_func("/clocks/far_times", far_times);
    return g_test_run();
}
