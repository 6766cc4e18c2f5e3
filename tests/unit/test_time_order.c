/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_time_order.c - captures whose times go back. A test's name is the rule it checks. */
#include "story.h"

#define US INT64_C(1000)

static struct connection one, two;

static void begin(void)
{
    begin_capture();
    one = between(42, 1024, 43, 9999);
    two = between(42, 1025, 43, 9999);
    one.buf_alloc[S] = two.buf_alloc[S] = 65536;
}

/* The next packet is so much earlier than the one before it was. */
static void back(int64_t by)
{
    now -= MS + by;
}

static struct vsock_diagnosis disorder(void)
{
    return judge_for(VSOCK_CODE_OUT_OF_ORDER, NULL);
}

static struct vsock_diagnosis set_back(void)
{
    return judge_for(VSOCK_CODE_CLOCK_SET_BACK, NULL);
}

static unsigned all_that_is_said(void)
{
    unsigned others;
    uint64_t own = judge_for(VSOCK_CODE_OUT_OF_ORDER, &others).figures.count > 0;

    return (unsigned)own + others;
}

static void says_is(const struct vsock_diagnosis *d, const char *expected)
{
    char *text = vsock_diagnosis_text(d);

    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

/* ---- what is told ---- */

static void a_millisecond_back_is_told_and_less_is_not(void)
{
    begin();
    open_connection(&one);
    back(MS - 1);
    open_connection(&two);
    g_assert_cmpuint(all_that_is_said(), ==, 0);
    begin();
    open_connection(&one);
    back(MS);
    open_connection(&two);
    g_assert_cmpuint(disorder().figures.count, ==, 1);
    g_assert_cmpint(disorder().figures.longest, ==, MS);
    g_assert_cmpuint(all_that_is_said(), ==, 1);
}

static void the_same_time_is_in_order(void)
{
    begin();
    request(&one);
    back(0);
    request(&two);
    g_assert_cmpint(stream_at(0)->source->order.back, ==, 0);
}

static void it_is_told_once_with_the_first_the_last_and_the_largest(void)
{
    struct vsock_diagnosis d;

    begin();
    open_connection(&one);
    back(5 * MS);
    open_connection(&two);
    after(SECOND);
    rw(&two, 5);
    back(20 * MS);
    take(&two, S, VSOCK_OP_CREDIT_UPDATE, 0);
    back(10 * MS);
    rw(&one, 5);
    d = disorder();
    g_assert_cmpuint(d.figures.count, ==, 3);
    g_assert_cmpint(d.figures.longest, ==, 20 * MS);
    g_assert_cmpuint(d.first_frame, ==, 3);
    g_assert_cmpuint(d.last_frame, ==, 7);
    g_assert_cmpint(d.time, ==, stream_at(1)->stats.first.time);
}

static void each_interface_and_section_has_an_order_of_its_own(void)
{
    begin();
    open_connection(&one);
    now = 5 * SECOND;
    interface = 1;
    open_connection(&one);
    now = SECOND;
    section = 1;
    open_connection(&one);
    g_assert_cmpuint(all_that_is_said(), ==, 0);
    section = 0;
    open_connection(&two);
    g_assert_cmpuint(disorder().figures.count, ==, 1);
}

static void a_packet_without_a_time_has_that_of_the_one_before(void)
{
    begin();
    open_connection(&one);
    now -= 5 * SECOND;
    untimed = true;
    rw(&one, 5);
    g_assert_cmpint(stream_at(0)->last.time, ==, 10 * SECOND + MS);
    now += 5 * SECOND;
    g_assert_cmpuint(all_that_is_said(), ==, 0);
    back(2 * MS);
    open_connection(&two);
    g_assert_true(disorder().untimed);
    g_assert_nonnull(strstr(vsock_diagnosis_next(&(struct vsock_diagnosis){.code = VSOCK_CODE_OUT_OF_ORDER}),
                            "reordercap FILE SORTED.pcapng"));
}

static void datagrams_have_an_order_too(void)
{
    struct connection dgram = between(42, 1024, 2, 123);

    begin();
    dgram.type = VSOCK_TYPE_DGRAM;
    take(&dgram, C, VSOCK_OP_RW, 48);
    back(SECOND);
    take(&dgram, C, VSOCK_OP_RW, 48);
    g_assert_cmpuint(disorder().figures.count, ==, 1);
    g_assert_cmpuint(disorder().first_frame, ==, 2);
}

static void send_as_frame_1(struct connection *c, uint32_t on, int64_t at)
{
    frame = 0;
    interface = on;
    now = at;
    take(c, C, VSOCK_OP_RW, 48);
}

/* As where a read filter drops them all. */
static void the_first_is_known_without_its_number(void)
{
    struct connection dgram = between(42, 1024, 2, 123);

    begin();
    dgram.type = VSOCK_TYPE_DGRAM;
    send_as_frame_1(&dgram, 0, 9 * SECOND);
    send_as_frame_1(&dgram, 1, 9 * SECOND);
    send_as_frame_1(&dgram, 1, 2 * SECOND);
    send_as_frame_1(&dgram, 0, 5 * SECOND);
    g_assert_cmpint(disorder().time / SECOND, ==, 2);
}

/* ---- what is left of other verdicts ---- */

static void a_torn_stream_is_not_judged(void)
{
    struct vsock_diagnosis d;
    unsigned others;

    begin();
    open_connection(&one);
    rw(&one, 65536);
    rw(&one, 65536); /* the CREDIT_UPDATE that allowed it stands elsewhere */
    back(SECOND);
    take(&one, C, VSOCK_OP_CREDIT_REQUEST, 0);
    d = judge_for(VSOCK_CODE_OUT_OF_ORDER, &others);
    g_assert_cmpuint(others, ==, 0);
    g_assert_cmpuint(d.figures.others, ==, 1);
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_WARN);
    says_is(
        &d,
        "1 packet is earlier than the one before, by 1.000000 s; 1 stream with such packets is not judged");
}

static void nor_are_others_between_the_same_endpoints(void)
{
    begin();
    open_connection(&one);
    lose(&one);
    open_connection(&one);
    back(20 * SECOND);
    open_connection(&one);
    lose(&one);
    open_connection(&two);
    g_assert_cmpuint(disorder().figures.others, ==, 3);
    g_assert_cmpuint(all_that_is_said(), ==, 1);
}

static void a_stream_that_is_whole_is_judged_as_ever(void)
{
    struct vsock_diagnosis d;

    begin();
    open_connection(&one);
    back(20 * SECOND);
    open_connection(&two);
    lose(&two);
    d = judge_for(VSOCK_CODE_PEER_GONE, NULL);
    g_assert_cmpuint(d.stream, ==, 1);
    g_assert_false(d.doubtful);
    g_assert_cmpuint(disorder().figures.others, ==, 0);
    g_assert_cmpint(disorder().severity, ==, VSOCK_SEVERITY_NOTE);
}

static void what_is_said_of_many_is_only_likely_then(void)
{
    struct vsock_diagnosis d;

    begin();
    open_connection(&two);
    refuse(&one);
    d = judge_for(VSOCK_CODE_CONNECT_REFUSED, NULL);
    g_assert_false(d.doubtful);
    back(20 * SECOND);
    take(&two, C, VSOCK_OP_CREDIT_UPDATE, 0);
    d = judge_for(VSOCK_CODE_CONNECT_REFUSED, NULL);
    g_assert_true(d.doubtful);
}

/* Its answer may stand before it. */
static void a_file_that_goes_back_does_not_go_on(void)
{
    begin();
    open_connection(&two);
    now += 100 * SECOND;
    take(&two, C, VSOCK_OP_CREDIT_UPDATE, 0);
    now -= 60 * SECOND;
    request(&one);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CONNECT_UNANSWERED, NULL).figures.count, ==, 0);
    begin();
    request(&one);
    now += 2 * SECOND;
    open_connection(&two);
    g_assert_cmpuint(judge_for(VSOCK_CODE_CONNECT_UNANSWERED, NULL).figures.count, ==, 1);
}

static void a_verdict_on_order_is_likely_however_little_it_goes_back(void)
{
    struct vsock_diagnosis d;

    begin();
    open_connection(&one);
    rw(&one, 65536);
    rw(&one, 1);
    g_assert_false(judge_for(VSOCK_CODE_CREDIT_OVERRUN, NULL).doubtful);
    back(5 * US);
    take(&one, S, VSOCK_OP_CREDIT_UPDATE, 0);
    d = judge_for(VSOCK_CODE_CREDIT_OVERRUN, NULL);
    g_assert_true(d.doubtful);
    d = disorder();
    says_is(&d, "1 packet is earlier than the one before, by 0.000005 s");
    g_assert_cmpint(d.severity, ==, VSOCK_SEVERITY_NOTE);
}

static void a_verdict_that_rests_on_no_order_minds_little_of_it_not(void)
{
    begin();
    open_connection(&one);
    back(5 * US);
    take(&one, S, VSOCK_OP_CREDIT_UPDATE, 0);
    lose(&one);
    g_assert_false(judge_for(VSOCK_CODE_PEER_GONE, NULL).doubtful);
    g_assert_cmpuint(disorder().figures.count, ==, 0);
}

/* ---- clocks ---- */

static void a_response_before_its_request_is_the_clocks(void)
{
    struct vsock_diagnosis d;

    begin();
    request(&one);
    back(MS - 1);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    g_assert_cmpuint(set_back().figures.count, ==, 0);
    begin();
    request(&one);
    back(MS);
    take(&one, S, VSOCK_OP_RESPONSE, 0);
    d = set_back();
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_cmpuint(disorder().figures.count, ==, 0);
    says_is(
        &d,
        "The clock that stamps the packets went back by 0.001 s: 1 answer is earlier than what it answers");
}

static void so_is_data_consumed_before_it_was_sent(void)
{
    begin();
    open_connection(&one);
    after(SECOND);
    rw(&one, 5);
    back(500 * MS);
    update(&one, 5);
    g_assert_cmpuint(set_back().figures.others, ==, 1);
}

/* The RW may be another that a writer had overtake the one that was consumed. */
static void but_not_where_more_was_sent(void)
{
    begin();
    open_connection(&one);
    after(SECOND);
    rw(&one, 5);
    back(500 * MS);
    rw(&one, 5);
    update(&one, 5);
    g_assert_cmpuint(set_back().figures.count, ==, 0);
    g_assert_cmpuint(disorder().figures.count, ==, 1);
}

static void nor_where_more_was_consumed_than_captured(void)
{
    begin();
    open_connection(&one);
    after(SECOND);
    rw(&one, 5);
    back(500 * MS);
    update(&one, 6);
    g_assert_cmpuint(set_back().figures.count, ==, 0);
}

static void streams_are_judged_where_the_clock_was_set_back(void)
{
    struct vsock_diagnosis d;

    begin();
    open_connection(&one);
    request(&two);
    back(SECOND);
    take(&two, S, VSOCK_OP_RESPONSE, 0);
    lose(&one);
    d = judge_for(VSOCK_CODE_PEER_GONE, NULL);
    g_assert_cmpuint(d.figures.count, ==, 1);
    g_assert_false(d.doubtful); /* its own times go on */
    begin();
    open_connection(&one);
    request(&two);
    back(5 * SECOND);
    take(&two, S, VSOCK_OP_RESPONSE, 0);
    rw(&one, 65536);
    rw(&one, 1);
    g_assert_true(judge_for(VSOCK_CODE_CREDIT_OVERRUN, NULL).doubtful);
}

/* ---- what is asked for ---- */

static bool is_told_to(const struct vsock_selection *only)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    bool told;

    vsock_judge(capture, only, found);
    told = first_of_code(found, VSOCK_CODE_OUT_OF_ORDER) != NULL;
    g_array_free(found, TRUE);
    return told;
}

static void it_is_told_of_streams_of_that_interface(void)
{
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};

    begin();
    open_connection(&one);
    back(SECOND);
    open_connection(&two);
    interface = 1;
    open_connection(&one);
    g_hash_table_add(only.streams, GUINT_TO_POINTER(2));
    g_assert_false(is_told_to(&only));
    g_hash_table_add(only.streams, GUINT_TO_POINTER(0));
    g_assert_true(is_told_to(&only));
    g_hash_table_destroy(only.streams);
}

static void it_is_told_of_datagrams_of_that_interface(void)
{
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};
    struct connection dgram = between(42, 1024, 2, 123);

    begin();
    dgram.type = VSOCK_TYPE_DGRAM;
    take(&dgram, C, VSOCK_OP_RW, 48);
    back(SECOND);
    take(&dgram, C, VSOCK_OP_RW, 48);
    interface = 1;
    take(&dgram, C, VSOCK_OP_RW, 48);
    g_assert_false(is_told_to(&only));
    only.datagrams = g_hash_table_new(NULL, NULL);
    g_hash_table_add(only.datagrams, *(void **)wmem_array_index(capture->datagrams.all, 1));
    g_assert_false(is_told_to(&only));
    g_hash_table_add(only.datagrams, *(void **)wmem_array_index(capture->datagrams.all, 0));
    g_assert_true(is_told_to(&only));
    g_hash_table_destroy(only.streams);
    g_hash_table_destroy(only.datagrams);
}

static void it_is_told_with_packets_in_no_stream(void)
{
    struct vsock_stream_diagnosis odd = {
        .diagnosis = {.code = VSOCK_CODE_CID_ANOMALY, .first_frame = 1, .last_frame = 1}};
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL), .unassociated = &odd};

    begin();
    open_connection(&one);
    back(SECOND);
    open_connection(&two);
    g_assert_true(is_told_to(&only));
    g_hash_table_destroy(only.streams);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/time_order/" #name, name)
    TEST(a_millisecond_back_is_told_and_less_is_not);
    TEST(the_same_time_is_in_order);
    TEST(it_is_told_once_with_the_first_the_last_and_the_largest);
    TEST(each_interface_and_section_has_an_order_of_its_own);
    TEST(a_packet_without_a_time_has_that_of_the_one_before);
    TEST(datagrams_have_an_order_too);
    TEST(the_first_is_known_without_its_number);
    TEST(a_torn_stream_is_not_judged);
    TEST(nor_are_others_between_the_same_endpoints);
    TEST(a_stream_that_is_whole_is_judged_as_ever);
    TEST(what_is_said_of_many_is_only_likely_then);
    TEST(a_file_that_goes_back_does_not_go_on);
    TEST(a_verdict_on_order_is_likely_however_little_it_goes_back);
    TEST(a_verdict_that_rests_on_no_order_minds_little_of_it_not);
    TEST(a_response_before_its_request_is_the_clocks);
    TEST(so_is_data_consumed_before_it_was_sent);
    TEST(but_not_where_more_was_sent);
    TEST(nor_where_more_was_consumed_than_captured);
    TEST(streams_are_judged_where_the_clock_was_set_back);
    TEST(it_is_told_of_streams_of_that_interface);
    TEST(it_is_told_of_datagrams_of_that_interface);
    TEST(it_is_told_with_packets_in_no_stream);
    return g_test_run();
}
