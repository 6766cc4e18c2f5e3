/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_head_of_line.c - streams that wait as one, and what is no longer said of each. A test's name is the
 * rule it checks. */
#include <glib.h>

#include "core/head_of_line.h"
#include "packet.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static wmem_allocator_t *memory;
static struct vsock_capture capture;
static struct vsock_cid_pair *pair;
static uint32_t record;
static GHashTable *selected; /* NULL: all */
static GArray *report, *together;
static struct vsock_diagnosis found;

static void begin(void)
{
    if (memory)
        wmem_destroy_allocator(memory);
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    capture = (struct vsock_capture){.cid_pairs = vsock_table_new_listed(memory),
                                     .thresholds = {.stall_note = 100 * MS, .stall_warning = SECOND}};
    pair = (struct vsock_cid_pair *)vsock_table_get(&capture.cid_pairs, (struct vsock_key){{1, 2, 3}},
                                                    sizeof(*pair));
    record = 0;
    g_clear_pointer(&selected, g_hash_table_destroy);
    g_clear_pointer(&report, g_array_unref);
    g_clear_pointer(&together, g_array_unref);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    together = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
}

/* And what is said of the stall by itself. */
static void wait_for(uint32_t stream, int64_t from, int64_t until)
{
    struct vsock_pending pending = vsock_nothing_pending;
    struct vsock_stream s = {.index = stream, .conn = {.flow = {.pending = &pending}}};
    struct vsock_stall *stall = &pending.stall[1];
    struct vsock_diagnosis d;

    stall->began = mark(++record, from);
    stall->ended = mark(++record, until);
    vsock_cid_pair_take_stall(pair, &s, 1, VSOCK_STALL_UNDECIDED, memory);
    d = vsock_diagnosis_start(VSOCK_CODE_STALL_UNDECIDED, &stall->began);
    d.stream = stream;
    d.side = 1;
    d.cause = VSOCK_STALL_UNDECIDED;
    d.figures.count = 1;
    g_array_append_val(report, d);
}

static void select_stream(uint32_t stream)
{
    if (!selected)
        selected = g_hash_table_new(NULL, NULL);
    g_hash_table_add(selected, GUINT_TO_POINTER(stream));
}

static const struct vsock_diagnosis *told(unsigned i)
{
    g_assert_cmpuint(i, <, report->len);
    return &g_array_index(report, struct vsock_diagnosis, i);
}

/* Returns whether the streams are told to have waited as one; if not, each is still told by itself. */
static bool are_together(void)
{
    unsigned before = report->len;

    vsock_head_of_line_judge(&capture, NULL, selected, report, together);
    if (together->len == 0) {
        g_assert_cmpuint(report->len, ==, before);
        return false;
    }
    g_assert_cmpuint(together->len, ==, 1);
    found = g_array_index(together, struct vsock_diagnosis, 0);
    g_assert_cmpint(found.code, ==, VSOCK_CODE_HEAD_OF_LINE);
    return true;
}

static void three_streams_that_wait_and_go_on_together_share_a_queue(void)
{
    begin();
    wait_for(1, 1000 * MS, 5000 * MS);
    wait_for(2, 0, 5050 * MS); /* the first that was stalled */
    g_assert_false(are_together());
    wait_for(3, 4000 * MS, 5100 * MS);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.limit, ==, 3);
    g_assert_cmpuint(found.figures.others, ==, 1);
    g_assert_cmpint(found.figures.longest, ==, SECOND);
    g_assert_cmpuint(found.figures.of, ==, 2);
    g_assert_cmpuint(found.first_frame, ==, mark(3, 0).frame);
    g_assert_cmpuint(found.last_frame, ==, mark(6, 0).frame);
    g_assert_cmpuint(found.src.cid, ==, 2);
    g_assert_cmpuint(found.dst.cid, ==, 3);
    g_assert_cmpuint(report->len, ==, 0); /* and their stalls are told by that */
}

static void they_are_told_where_one_of_them_is_selected(void)
{
    for (uint32_t stream = 3; stream <= 4; stream++) {
        begin();
        for (uint32_t i = 1; i <= 3; i++)
            wait_for(i, 0, 5000 * MS);
        select_stream(stream);
        vsock_head_of_line_judge(&capture, NULL, selected, report, together);
        g_assert_cmpuint(together->len, ==, stream == 3 ? 1 : 0);
        g_assert_cmpuint(report->len, ==, 0); /* judged by all */
    }
}

static void however_many_there_are_they_are_counted(void)
{
    begin();
    for (uint32_t stream = 1; stream <= 300; stream++)
        wait_for(stream, 0, 5000 * MS);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 300);
    g_assert_cmpuint(report->len, ==, 0);
}

static void several_times_are_one_record(void)
{
    begin();
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 0, 5000 * MS);
    for (uint32_t stream = 1; stream <= 4; stream++)
        wait_for(stream, 10000 * MS, 12000 * MS);
    for (unsigned i = 0; i < 3; i++) { /* as two stalls of one direction are one diagnosis */
        g_array_remove_index(report, i + 3 - i);
        g_array_index(report, struct vsock_diagnosis, i).figures.count = 2;
    }
    g_assert_cmpuint(report->len, ==, 4);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 4);
    g_assert_cmpuint(found.figures.limit, ==, 4);
    g_assert_cmpuint(found.figures.others, ==, 2);
    g_assert_cmpint(found.figures.longest, ==, 5 * SECOND);
    g_assert_cmpuint(found.first_frame, ==, mark(1, 0).frame);
    g_assert_cmpuint(report->len, ==, 0);
}

static void the_streams_of_all_times_are_counted_once_each(void)
{
    begin();
    for (uint32_t stream = 3; stream <= 5; stream++)
        wait_for(stream, 0, 5000 * MS);
    for (uint32_t stream = 1; stream <= 4; stream++)
        wait_for(stream, 10000 * MS, 12000 * MS);
    for (uint32_t stream = 6; stream <= 8; stream++)
        wait_for(stream, 20000 * MS, 23000 * MS);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 8);
    g_assert_cmpuint(found.figures.limit, ==, 4); /* at once */
    g_assert_cmpuint(found.figures.others, ==, 3);
    g_assert_cmpint(found.figures.longest, ==, 5 * SECOND);
    g_assert_cmpuint(found.figures.of, ==, 3); /* the first that was stalled, not the first of the most */
    g_assert_cmpuint(found.first_frame, ==, mark(1, 0).frame);
    g_assert_cmpuint(found.last_frame, ==, mark(20, 0).frame);
}

static void of_times_that_cross_the_first_is_where_to_look(void)
{
    begin();
    record = 6; /* what went on earlier is taken first, wherever it began */
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 1000 * MS, 4000 * MS);
    record = 0;
    for (uint32_t stream = 4; stream <= 6; stream++)
        wait_for(stream, 0, 9000 * MS);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 6);
    g_assert_cmpuint(found.figures.of, ==, 4);
    g_assert_cmpint(found.figures.longest, ==, 9 * SECOND);
}

static void a_time_without_a_selected_stream_is_not_counted(void)
{
    begin();
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 0, 5000 * MS);
    for (uint32_t stream = 4; stream <= 7; stream++)
        wait_for(stream, 10000 * MS, 12000 * MS);
    select_stream(2);
    g_assert_true(are_together());
    g_assert_cmpuint(found.figures.count, ==, 3);
    g_assert_cmpuint(found.figures.others, ==, 1);
}

static void a_stall_that_is_none_of_these_is_still_told(void)
{
    begin();
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 0, 5000 * MS);
    wait_for(4, 6000 * MS, 9000 * MS);
    g_array_index(report, struct vsock_diagnosis, 0).figures.count = 2; /* and another one */
    g_assert_true(are_together());
    g_assert_cmpuint(report->len, ==, 2);
    g_assert_cmpuint(told(0)->stream, ==, 1);
    g_assert_cmpuint(told(1)->stream, ==, 4);
}

static void what_else_is_wrong_with_a_stream_is_still_told(void)
{
    begin();
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 0, 5000 * MS);
    for (unsigned i = 0; i < 3; i++) {
        g_array_index(report, struct vsock_diagnosis, i).code = VSOCK_CODE_PEER_GONE;
        g_array_index(report, struct vsock_diagnosis, i).cause = 0;
    }
    g_assert_true(are_together());
    g_assert_cmpuint(report->len, ==, 3);
}

static void streams_that_go_on_later_are_on_their_own(void)
{
    begin();
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(3, 0, 5101 * MS);
    g_assert_false(are_together());
}

static void streams_that_overlap_too_little_are_on_their_own(void)
{
    begin();
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(3, 4001 * MS, 5090 * MS);
    g_assert_false(are_together());
}

static void one_stream_is_one_however_often_it_waits(void)
{
    begin();
    wait_for(1, 0, 5000 * MS);
    wait_for(2, 0, 5050 * MS);
    wait_for(2, 0, 5060 * MS); /* the other direction */
    g_assert_false(are_together());
}

static void what_is_too_short_for_a_diagnosis_explains_none(void)
{
    begin();
    capture.thresholds.stall_warning = 6 * SECOND;
    for (uint32_t stream = 1; stream <= 3; stream++)
        wait_for(stream, 0, 5000 * MS);
    g_assert_true(are_together());
    g_assert_cmpuint(report->len, ==, 3); /* so those that are there are of other stalls */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/head_of_line/" #name, name)
    TEST(three_streams_that_wait_and_go_on_together_share_a_queue);
    TEST(they_are_told_where_one_of_them_is_selected);
    TEST(however_many_there_are_they_are_counted);
    TEST(several_times_are_one_record);
    TEST(the_streams_of_all_times_are_counted_once_each);
    TEST(of_times_that_cross_the_first_is_where_to_look);
    TEST(a_time_without_a_selected_stream_is_not_counted);
    TEST(a_stall_that_is_none_of_these_is_still_told);
    TEST(what_else_is_wrong_with_a_stream_is_still_told);
    TEST(streams_that_go_on_later_are_on_their_own);
    TEST(streams_that_overlap_too_little_are_on_their_own);
    TEST(one_stream_is_one_however_often_it_waits);
    TEST(what_is_too_short_for_a_diagnosis_explains_none);
    return g_test_run();
}
