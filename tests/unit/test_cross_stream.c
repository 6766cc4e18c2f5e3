/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_cross_stream.c - what many connections together are diagnosed as. A test's name is the rule it checks.
 */
#include <glib.h>

#include "core/cross_stream.h"
#include "packet.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static int64_t seen_until;
static struct vsock_capture_source source = {.seen_until = &seen_until};
static struct vsock_diagnosis found;

/* ---- gaps ---- */

static struct vsock_cid_pair pair;
static wmem_allocator_t *memory;

/* Of the stream, if it is a RESPONSE requested at `requested`: not 0. Returns how many gaps there are. */
static unsigned take(int64_t time, int64_t requested)
{
    struct vsock_stream s = {.conn = {.request = mark(1, requested)}};
    struct vsock_step step = {.findings = requested != 0 ? VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE) : 0};
    struct vsock_mark at = mark(2, time);

    vsock_cid_pair_take(&pair, &s, &step, &at, memory);
    return pair.gaps ? wmem_array_get_count(pair.gaps) : 0;
}

static void a_silence_of_ten_seconds_is_a_gap_once_streams_open_again(void)
{
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    pair = (struct vsock_cid_pair){.key = {{0, 2, 3}}};
    take(SECOND, 0);
    g_assert_cmpuint(take(11 * SECOND - 1, 11 * SECOND - 1), ==, 0);
    take(21 * SECOND - 1, 0);
    g_assert_cmpuint(take(21 * SECOND - 1, 21 * SECOND - 2), ==, 0); /* requested before its end */
    g_assert_cmpuint(take(21 * SECOND - 1, 21 * SECOND - 1), ==, 1);
    g_assert_cmpint(((struct vsock_gap *)wmem_array_get_raw(pair.gaps))->from, ==, 11 * SECOND - 1);
    g_assert_cmpuint(take(22 * SECOND, 22 * SECOND), ==, 1); /* is told once */
    wmem_destroy_allocator(memory);
}

static void a_clock_that_goes_back_makes_no_gap(void)
{
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    pair = (struct vsock_cid_pair){.key = {{0, 2, 3}}};
    take(10 * SECOND, 0);
    take(5 * SECOND, 0);
    g_assert_cmpuint(take(15 * SECOND, 15 * SECOND), ==, 0);
    wmem_destroy_allocator(memory);
}

static void a_stream_that_spoke_just_before_the_gap_and_never_again_is_orphaned(void)
{
    struct vsock_gap gap = {.from = 100 * SECOND, .until = 110 * SECOND};
    struct vsock_cid_pair cids = {.gaps = wmem_array_new(NULL, sizeof(gap))};
    struct vsock_stream_data data = {.run = 0};
    struct vsock_stream s = {
        .source = &source, .superseded_time = VSOCK_TIME_NONE, .cid_pair = &cids, .data = &data};

    wmem_array_append_one(cids.gaps, gap);
    seen_until = 120 * SECOND;
    s.conn.state = VSOCK_STATE_OPEN;
    s.last = mark(7, 98 * SECOND);
    s.data->last_rw = 98 * SECOND;
    s.data->run = 10;
    g_assert_true(vsock_stream_orphaned(&s, &found));
    g_assert_cmpint(found.figures.longest, ==, 10 * SECOND);
    g_assert_cmpint(found.figures.total, ==, 22 * SECOND);
    g_assert_true(found.lasting);
    s.last.time = s.data->last_rw = 98 * SECOND - 1; /* idle since long */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.last.time = s.data->last_rw = 110 * SECOND; /* it spoke again */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.last.time = s.data->last_rw = 100 * SECOND;
    seen_until--; /* it may yet */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    seen_until++;
    s.conn.state = VSOCK_STATE_CLOSED;
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.conn.state = VSOCK_STATE_OPEN;
    g_assert_true(vsock_stream_orphaned(&s, &found));
    s.data = NULL; /* it never carried any */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.data = &data;
    s.data->run = 9; /* nobody needed it */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.data->run = 10;
    s.data->last_rw = 99 * SECOND - 1; /* nor for a second */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.data->run = 1;
    s.owed[1] = mark(7, 99 * SECOND); /* but somebody waits for an answer */
    s.conn.spoke[1] = 50 * SECOND;
    g_assert_true(vsock_stream_orphaned(&s, &found));
    g_assert_cmpint(found.figures.total, ==, 21 * SECOND);
    s.owed[1] = mark(9, 112 * SECOND); /* since after the gap */
    g_assert_false(vsock_stream_orphaned(&s, &found));
    s.conn.spoke[1] = 98 * SECOND;
    g_assert_true(vsock_stream_orphaned(&s, &found));
    s.owed[1].record = 0;
    s.data->run = 10;
    s.data->last_rw = 100 * SECOND;
    wmem_destroy_array(cids.gaps);
    cids.gaps = NULL;
    g_assert_false(vsock_stream_orphaned(&s, &found)); /* an idle stream alone */
}

#define TEST(name) g_test_add_func("/cross_stream/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_silence_of_ten_seconds_is_a_gap_once_streams_open_again);
    TEST(a_clock_that_goes_back_makes_no_gap);
    TEST(a_stream_that_spoke_just_before_the_gap_and_never_again_is_orphaned);
    return g_test_run();
}
