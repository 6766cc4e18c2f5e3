/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_unrecorded.c - payload that the kernel's tap did not copy. A test's name is the rule it checks. C, the
 * client, sends the data. */
#include "story.h"

#define LARGE (VSOCK_TAP_COPIES_MAX + 1)

static struct connection one, two;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    one.buf_alloc[S] = two.buf_alloc[S] = 262144;
    open_connection(&one);
    open_connection(&two);
}

/* Sends an RW; is its payload taken for not recorded? */
static bool send_from(struct connection *c, uint8_t side, uint32_t length, enum vsock_fill filled)
{
    const struct vsock_record *r;

    c->fwd_cnt[side ^ 1] += length; /* it was read, says the next packet */
    fill = filled;
    r = take(c, side, VSOCK_OP_RW, length);
    fill = VSOCK_FILL_UNKNOWN;
    return VSOCK_RECORD_HAS(r, PAYLOAD_NOT_RECORDED);
}

static bool content(struct connection *c, uint32_t length)
{
    return send_from(c, C, length, VSOCK_FILL_CONTENT);
}

static bool blank(struct connection *c, uint32_t length)
{
    return send_from(c, C, length, VSOCK_FILL_BLANK);
}

/* The diagnosis; its count is 0 if there is none. */
static struct vsock_diagnosis judge(void)
{
    return judge_for(VSOCK_CODE_PAYLOAD_NOT_RECORDED, NULL);
}

static uint64_t judged(void)
{
    return judge().figures.count;
}

/* ---- bytes ---- */

static enum vsock_fill fill_with(uint8_t value, uint32_t captured)
{
    uint8_t bytes[64];

    memset(bytes, value, captured);
    return vsock_fill_of(bytes, captured);
}

static void memory_that_a_kernel_has_filled_is_blank(void)
{
    g_assert_cmpint(fill_with(0, 16), ==, VSOCK_FILL_BLANK);
    g_assert_cmpint(fill_with(0xaa, 16), ==, VSOCK_FILL_BLANK);
    g_assert_cmpint(fill_with('A', 16), ==, VSOCK_FILL_CONTENT); /* as tests send */
    g_assert_cmpint(fill_with(0xff, 16), ==, VSOCK_FILL_CONTENT);
}

static void a_few_blank_bytes_say_nothing(void)
{
    g_assert_cmpint(fill_with(0, 15), ==, VSOCK_FILL_UNKNOWN);
    g_assert_cmpint(fill_with(0xaa, 15), ==, VSOCK_FILL_UNKNOWN);
    g_assert_cmpint(fill_with('A', 1), ==, VSOCK_FILL_CONTENT);
    g_assert_cmpint(fill_with(0, 1), ==, VSOCK_FILL_UNKNOWN);
    g_assert_cmpint(vsock_fill_of(NULL, 0), ==, VSOCK_FILL_UNKNOWN);
}

static void two_values_are_content(void)
{
    uint8_t bytes[64] = {0};

    bytes[63] = 1;
    g_assert_cmpint(vsock_fill_of(bytes, 64), ==, VSOCK_FILL_CONTENT);
    g_assert_cmpint(vsock_fill_of(bytes, 63), ==, VSOCK_FILL_BLANK);
    bytes[0] = 1;
    g_assert_cmpint(vsock_fill_of(bytes, 2), ==, VSOCK_FILL_CONTENT);
}

/* ---- packets ---- */

static void large_payload_without_content_beside_small_with_is_not_recorded(void)
{
    struct vsock_diagnosis d;

    begin();
    g_assert_false(content(&one, VSOCK_TAP_COPIES_MAX));
    g_assert_true(blank(&one, LARGE));
    g_assert_true(blank(&one, 60000));
    d = judge();
    g_assert_cmpuint(d.figures.count, ==, 2);
    g_assert_cmpuint(d.figures.of, ==, 1);
    g_assert_cmpuint(d.figures.bytes, ==, LARGE + 60000);
    g_assert_cmpuint(d.first_frame, ==, frame - 1);
    g_assert_cmpuint(d.last_frame, ==, frame);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
}

static void so_it_is_where_the_other_side_sends_what_has_content(void)
{
    begin();
    send_from(&one, S, 100, VSOCK_FILL_CONTENT);
    g_assert_true(blank(&one, LARGE));
    g_assert_true(send_from(&one, S, LARGE, VSOCK_FILL_BLANK));
    g_assert_cmpuint(judged(), ==, 2);
}

static void so_are_messages(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    one.type = VSOCK_TYPE_SEQPACKET;
    one.buf_alloc[S] = 262144;
    open_connection(&one);
    one.flags = VSOCK_SEQ_EOM;
    content(&one, 100);
    g_assert_true(blank(&one, 65536));
    one.flags = VSOCK_SEQ_EOM;
    g_assert_true(blank(&one, 34464));
    g_assert_cmpuint(judged(), ==, 2);
}

static void a_packet_of_the_size_that_is_copied_is_data(void)
{
    begin();
    content(&one, 100);
    g_assert_false(blank(&one, VSOCK_TAP_COPIES_MAX));
    g_assert_cmpuint(judged(), ==, 0);
}

static void zeros_alone_are_data(void)
{
    begin();
    for (unsigned i = 0; i < 20; i++)
        g_assert_false(blank(&one, 65536));
    g_assert_false(blank(&one, 1000));
    g_assert_cmpuint(judged(), ==, 0);
}

static void zeros_are_data_whatever_other_streams_say(void)
{
    begin();
    content(&two, 100);
    g_assert_false(blank(&one, 65536));
    content(&two, 100);
    g_assert_false(blank(&one, 65536));
    g_assert_cmpuint(judged(), ==, 0);
}

static void zeros_are_data_where_small_packets_have_them_too(void)
{
    begin();
    content(&one, 100);
    blank(&two, 3732); /* as a proxy passes on what it got */
    g_assert_false(blank(&one, 65536));
    g_assert_cmpuint(judged(), ==, 0);
}

static void a_few_zeros_do_not_make_large_ones_data(void)
{
    begin();
    content(&one, 100);
    send_from(&one, C, 4, VSOCK_FILL_UNKNOWN);
    g_assert_true(blank(&one, LARGE));
    g_assert_cmpuint(judged(), ==, 1);
}

static void a_kernel_that_recorded_one_records_all(void)
{
    begin();
    content(&one, 100);
    content(&one, LARGE);
    g_assert_false(blank(&one, 60000));
    g_assert_false(blank(&two, 60000));
    g_assert_cmpuint(judged(), ==, 0);
}

static void what_came_too_late_to_keep_it_from_dissectors_still_counts(void)
{
    begin();
    g_assert_false(blank(&one, 60000));
    content(&one, 100);
    g_assert_true(blank(&one, 60000));
    g_assert_cmpuint(judged(), ==, 2);
}

static void once_a_kernel_is_suspected_all_streams_are_judged_by_it(void)
{
    begin();
    content(&one, 100);
    blank(&one, LARGE);
    g_assert_true(blank(&two, LARGE));
    g_assert_cmpuint(judge().figures.of, ==, 2);
}

static void what_was_taken_for_not_recorded_may_turn_out_to_be_data(void)
{
    const struct vsock_tap_kernel *kernel;

    begin();
    content(&one, 100);
    g_assert_true(blank(&one, 60000)); /* the first sectors of a disk, as it turns out */
    kernel = &stream_at(0)->source->kernel;
    g_assert_false(vsock_unrecorded_refuted(kernel, VSOCK_LARGE_PAYLOAD_BY_BYTES));
    content(&one, 60000);
    g_assert_true(vsock_unrecorded_refuted(kernel, VSOCK_LARGE_PAYLOAD_BY_BYTES));
    g_assert_false(vsock_unrecorded_refuted(kernel, VSOCK_LARGE_PAYLOAD_NOT_RECORDED));
    g_assert_false(blank(&one, 60000));
    g_assert_cmpuint(judged(), ==, 0);
}

static void the_rest_of_an_upload_of_zeros_shows_that_it_was_one(void)
{
    begin();
    content(&one, 200);
    blank(&one, 65536);
    blank(&one, 4464);
    g_assert_false(blank(&one, 65536));
    g_assert_cmpuint(judged(), ==, 0);
}

static void a_snaplen_leaves_enough_or_says_nothing(void)
{
    begin();
    content(&one, 100);
    g_assert_false(send_from(&one, C, 65536, VSOCK_FILL_UNKNOWN));
    g_assert_cmpuint(judged(), ==, 0);
    g_assert_true(blank(&one, 65536));
    g_assert_cmpuint(judged(), ==, 1);
}

static void interfaces_and_sections_are_kernels_of_their_own(void)
{
    begin();
    content(&one, 100);
    interface = 1;
    content(&one, 100);
    g_assert_true(blank(&one, LARGE));
    interface = 0;
    content(&one, LARGE);
    g_assert_false(blank(&one, LARGE));
    section = 1;
    content(&one, 100);
    g_assert_true(blank(&one, LARGE));
    g_assert_cmpuint(judged(), ==, 2);
}

/* Those kernels record the whole with each part: that is large, and was not copied. */
static void parts_of_a_large_packet_are_not_recorded_either(void)
{
    struct record part;

    begin();
    content(&one, 100);
    part = record_of(&one, C, VSOCK_OP_RW, 60000);
    SET_VIRTIO(&part, len, 3732);
    fill = VSOCK_FILL_BLANK;
    g_assert_true(VSOCK_RECORD_HAS(take_cut(&part, UINT32_MAX), PAYLOAD_NOT_RECORDED));
    g_assert_true(VSOCK_RECORD_HAS(take_cut(&part, UINT32_MAX), PAYLOAD_NOT_RECORDED));
    g_assert_cmpuint(judge().figures.bytes, ==, UINT64_C(2) * 3732);
}

static void who_knows_the_kernel_need_not_guess(void)
{
    begin();
    capture->thresholds.large_payload = VSOCK_LARGE_PAYLOAD_NOT_RECORDED;
    g_assert_true(content(&one, LARGE)); /* memory that nobody initialised */
    g_assert_true(send_from(&one, C, LARGE, VSOCK_FILL_UNKNOWN));
    g_assert_true(blank(&one, LARGE));
    g_assert_false(content(&one, VSOCK_TAP_COPIES_MAX));
    g_assert_false(blank(&one, VSOCK_TAP_COPIES_MAX));
    g_assert_cmpuint(judged(), ==, 3);
    begin();
    capture->thresholds.large_payload = VSOCK_LARGE_PAYLOAD_RECORDED;
    content(&one, 100);
    g_assert_false(blank(&one, LARGE));
    g_assert_cmpuint(judged(), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/unrecorded/" #name, name)
    TEST(memory_that_a_kernel_has_filled_is_blank);
    TEST(a_few_blank_bytes_say_nothing);
    TEST(two_values_are_content);
    TEST(large_payload_without_content_beside_small_with_is_not_recorded);
    TEST(so_it_is_where_the_other_side_sends_what_has_content);
    TEST(so_are_messages);
    TEST(a_packet_of_the_size_that_is_copied_is_data);
    TEST(zeros_alone_are_data);
    TEST(zeros_are_data_whatever_other_streams_say);
    TEST(zeros_are_data_where_small_packets_have_them_too);
    TEST(a_few_zeros_do_not_make_large_ones_data);
    TEST(a_kernel_that_recorded_one_records_all);
    TEST(what_came_too_late_to_keep_it_from_dissectors_still_counts);
    TEST(once_a_kernel_is_suspected_all_streams_are_judged_by_it);
    TEST(what_was_taken_for_not_recorded_may_turn_out_to_be_data);
    TEST(the_rest_of_an_upload_of_zeros_shows_that_it_was_one);
    TEST(a_snaplen_leaves_enough_or_says_nothing);
    TEST(interfaces_and_sections_are_kernels_of_their_own);
    TEST(parts_of_a_large_packet_are_not_recorded_either);
    TEST(who_knows_the_kernel_need_not_guess);
    return g_test_run();
}
