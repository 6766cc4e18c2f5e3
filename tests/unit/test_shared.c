/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_shared.c - which CIDs are several machines, from their packets. A test's name is the rule it checks.
 * Ports are counted by two namespaces of a host, of which each has a guest with CID 3. */
#include "core/judge.h"
#include "story.h"

#define ONE 311285888u
#define OTHER 2369801423u

static uint32_t ports[2];
static uint64_t host, guest;
static struct connection kept; /* the first one's, while the story goes on */
static GArray *report;

static void begin(uint32_t one, uint32_t other)
{
    begin_capture();
    ports[0] = one;
    ports[1] = other;
    host = 2;
    guest = 3;
}

static void accept_at(uint32_t client_port, uint32_t port)
{
    struct connection c = between(host, client_port, guest, port);

    open_connection(&c);
    rw(&c, 7);
    update(&c, 7);
}

static void refuse_at(uint32_t client_port, uint32_t port)
{
    struct connection c = between(host, client_port, guest, port);

    refuse(&c);
}

/* Port 1024 accepts the first one, or refuses the second. */
static void accept_one(void)
{
    accept_at(ports[0]++, 1024);
}

static void refuse_other(unsigned times)
{
    while (times-- > 0)
        refuse_at(ports[1]++, 1024);
}

static void open_one(void)
{
    kept = between(host, ports[0]++, guest, 1024);
    open_connection(&kept);
}

static void go_on(void)
{
    rw(&kept, 10);
    update(&kept, 10);
}

static const struct vsock_diagnosis *find(enum vsock_code code)
{
    return first_of_code(report, code);
}

/* One that must be there. */
static const struct vsock_diagnosis *found_one(enum vsock_code code)
{
    const struct vsock_diagnosis *d = find(code);

    if (!d)
        g_error("%s was not found", vsock_codes[code].name);
    return d;
}

static const struct vsock_diagnosis *judge_only(const struct vsock_selection *only)
{
    if (report)
        g_array_free(report, TRUE);
    report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    vsock_judge(capture, only, report);
    return find(VSOCK_CODE_CID_SHARED);
}

static bool is_shared(void)
{
    return judge_only(NULL) != NULL;
}

/* ---- what makes it likely ---- */

static void two_counters_of_which_one_is_refused_while_the_other_goes_on_are_two_machines(void)
{
    const struct vsock_diagnosis *d;

    begin(ONE, OTHER);
    open_one();
    refuse_other(4);
    go_on();
    d = judge_only(NULL);
    g_assert_nonnull(d);
    g_assert_cmpint(d->dst_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(d->dst.cid, ==, 3);
    g_assert_cmpint(d->src_scope, ==, VSOCK_SCOPE_NONE);
    g_assert_cmpuint(d->figures.count, ==, 4);
    g_assert_cmpuint(d->first_frame, ==, 3);
    g_assert_cmpuint(d->last_frame, ==, 10);
    g_assert_cmpint(d->severity, ==, VSOCK_SEVERITY_NOTE);
    g_assert_null(find(VSOCK_CODE_LISTENER_LOST));
    g_assert_true(found_one(VSOCK_CODE_CONNECT_REFUSED)->shared);
}

static void one_refusal_may_be_bad_luck(void)
{
    begin(ONE, OTHER);
    open_one();
    refuse_other(1);
    go_on();
    refuse_other(1); /* after its last word */
    g_assert_false(is_shared());
    go_on();
    g_assert_true(is_shared());
}

static void a_connection_goes_on_when_both_sides_do(void)
{
    begin(ONE, OTHER);
    open_one();
    refuse_other(2);
    rw(&kept, 10);
    g_assert_false(is_shared());
    no_socket(&kept, S);
    g_assert_false(is_shared());
}

static void a_connection_goes_on_when_its_client_does_and_is_not_refused(void)
{
    begin(ONE, OTHER);
    open_one();
    refuse_other(2);
    rw(&kept, 10);
    after(SECOND - MS);
    no_socket(&kept, S);
    g_assert_false(is_shared());

    begin(ONE, OTHER);
    open_one();
    refuse_other(2);
    rw(&kept, 10);
    after(SECOND);
    no_socket(&kept, S); /* not to that */
    g_assert_true(is_shared());

    begin(ONE, OTHER);
    open_one();
    refuse_other(2);
    rw(&kept, 10);
    after(SECOND - MS);
    rw(&kept, 10);
    g_assert_false(is_shared());
    rw(&kept, 10);
    g_assert_true(is_shared());
}

static void what_a_machine_that_starts_again_is_sent_says_nothing(void)
{
    begin(ONE, OTHER);
    open_one();
    rw(&kept, 10);
    after(5 * SECOND); /* it starts again */
    refuse_other(4);
    rw(&kept, 10);
    no_socket(&kept, S);
    after(5 * SECOND);
    accept_at(ports[0]++, 1025);
    g_assert_false(is_shared());
}

static void two_counters_that_take_turns_are_in_use_at_once(void)
{
    begin(ONE, OTHER);
    accept_one();
    refuse_other(1);
    accept_one();
    refuse_other(1);
    g_assert_false(is_shared());
    accept_one();
    g_assert_true(is_shared());
}

static void guests_that_dial_their_hosts_are_told_apart_as_well(void)
{
    const struct vsock_diagnosis *d;

    begin(ONE, OTHER);
    host = 3;
    guest = 2;
    open_one();
    refuse_other(3);
    go_on();
    d = judge_only(NULL);
    g_assert_nonnull(d);
    g_assert_cmpuint(d->dst.cid, ==, 3);
    g_assert_null(find(VSOCK_CODE_LISTENER_LOST));
}

static void a_counter_goes_round(void)
{
    begin(UINT32_MAX - 1, OTHER);
    open_one();
    refuse_at(OTHER, 1024);
    refuse_at(OTHER - 1, 1024); /* sent in another order */
    go_on();
    g_assert_true(is_shared());
    begin(ONE, UINT32_MAX);
    open_one();
    refuse_at(UINT32_MAX, 1024);
    refuse_at(0x100001, 1024); /* too far to have followed */
    go_on();
    g_assert_false(is_shared());
}

static void refusals_of_several_counters_add_up(void)
{
    begin(ONE, OTHER);
    accept_one();
    refuse_at(OTHER, 1024);
    refuse_at(3619044348u, 1024);
    accept_one();
    g_assert_true(is_shared());
}

/* ---- what does not ---- */

static void one_counter_is_one_machine(void)
{
    begin(ONE, ONE + 1);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_LISTENER_LOST));
}

/* What is dialled elsewhere counts, too. */
static void a_counter_jumps(void)
{
    begin(ONE, ONE + 65536);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
    begin(ONE, ONE + 65536 + 1);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_true(is_shared());
    begin(ONE, ONE + 65536 + 1);
    open_one();
    after(SECOND);
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
}

static void a_machine_that_was_started_again_is_one(void)
{
    begin(ONE, OTHER);
    accept_one();
    open_one();
    go_on();
    after(20 * SECOND);
    refuse_other(4);
    shut(&kept, S, 3); /* its other end waits for it still */
    no_socket(&kept, C);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_LISTENER_LOST));
}

static void ports_that_programs_choose_are_no_counters(void)
{
    begin(ONE, 5001);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
    begin(5001, OTHER);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_LISTENER_LOST));
}

static void ports_from_2_30_on_are_a_monitor_s(void)
{
    begin(ONE, 1u << 30);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
    begin((1u << 30) + 7, 1u << 30);
    open_one();
    refuse_other(4);
    go_on();
    g_assert_false(is_shared());
}

static void ports_that_are_drawn_are_no_counters(void)
{
    begin(ONE, OTHER);
    open_one();
    for (unsigned i = 0; i < 4; i++)
        refuse_at(OTHER + i * 123456789, 1024);
    go_on();
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_LISTENER_LOST));
}

static void what_another_port_accepts_says_nothing(void)
{
    begin(ONE, OTHER);
    open_one();
    for (unsigned i = 0; i < 4; i++)
        refuse_at(ports[1]++, 1025);
    go_on();
    g_assert_false(is_shared());
}

static void two_counters_that_are_both_accepted_say_nothing(void)
{
    begin(ONE, OTHER);
    open_one();
    accept_at(ports[1]++, 1024);
    refuse_other(4); /* the same one was accepted before */
    go_on();
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_LISTENER_LOST));
}

static void two_counters_that_are_both_refused_say_nothing(void)
{
    begin(ONE, OTHER);
    accept_one();
    refuse_other(2);
    refuse_at(ports[0]++, 1024);
    accept_one();
    g_assert_false(is_shared());
}

static void a_listener_that_is_late_is_one(void)
{
    begin(ONE, OTHER);
    refuse_other(4);
    open_one();
    go_on();
    g_assert_false(is_shared());
}

static void what_a_client_resets_itself_is_not_refused(void)
{
    begin(ONE, OTHER);
    open_one();
    for (unsigned i = 0; i < 4; i++) {
        struct connection c = between(host, ports[1]++, guest, 1024);

        request(&c);
        take(&c, C, VSOCK_OP_RST, 0);
    }
    go_on();
    g_assert_false(is_shared());
}

static void another_interface_is_another_kernel(void)
{
    begin(ONE, OTHER);
    open_one();
    interface = 1;
    refuse_other(4);
    interface = 0;
    go_on();
    g_assert_false(is_shared());
}

/* ---- what is not told then ---- */

/* Two machines, and what they are taken for where nothing tells them apart. */
static void tell_apart(void)
{
    begin(ONE, OTHER);
    open_one();
    refuse_other(2);
}

static void a_type_that_another_machine_takes_is_no_mismatch(void)
{
    struct connection c = between(2, 1014517083, 3, 5000);

    tell_apart();
    c.type = VSOCK_TYPE_SEQPACKET;
    open_connection(&c);
    refuse_at(ports[1]++, 5000);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_CONNECT_TYPE_MISMATCH));
    go_on();
    g_assert_true(is_shared());
    g_assert_null(find(VSOCK_CODE_CONNECT_TYPE_MISMATCH));
}

static void ports_that_several_machines_refuse_are_no_scan(void)
{
    tell_apart();
    for (unsigned port = 1; port <= 10; port++)
        refuse_at(ports[1]++, port);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_PORT_SCAN));
    go_on();
    g_assert_true(is_shared());
    g_assert_null(find(VSOCK_CODE_PORT_SCAN));
}

static void idle_connections_to_several_machines_are_not_counted_together(void)
{
    tell_apart();
    for (unsigned i = 0; i < 3; i++) {
        struct connection c = between(2, ports[0]++, 3, 1025);

        open_connection(&c);
    }
    after(6 * SECOND);
    rw(&kept, 10);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_NO_DATA));
    update(&kept, 10);
    g_assert_true(is_shared());
    g_assert_null(find(VSOCK_CODE_NO_DATA));
}

static void a_stream_is_not_orphaned_by_another_machine_s(void)
{
    struct connection old = between(2, ports[0], 3, 1025);

    tell_apart();
    open_connection(&old);
    rw(&old, 10);
    after(20 * SECOND);
    accept_at(ports[1]++, 1025);
    after(20 * SECOND);
    rw(&kept, 10);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_ORPHANED_STREAM));
    update(&kept, 10);
    g_assert_true(is_shared());
    g_assert_null(find(VSOCK_CODE_ORPHANED_STREAM));
}

static void streams_of_several_machines_do_not_wait_as_one(void)
{
    struct connection waits[3];

    tell_apart();
    for (unsigned i = 0; i < 3; i++) {
        waits[i] = between(2, ports[0]++, 3, 1025);
        open_connection(&waits[i]);
        rw(&waits[i], 1000);
    }
    after(2 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        update(&waits[i], 1000);
    g_assert_false(is_shared());
    g_assert_nonnull(find(VSOCK_CODE_HEAD_OF_LINE));
    go_on();
    g_assert_true(is_shared());
    g_assert_null(find(VSOCK_CODE_HEAD_OF_LINE));
}

static void what_was_heard_of_the_cid_may_be_another_machine_s(void)
{
    struct connection c = between(2, ports[1], 3, 1025);

    tell_apart();
    request(&c);
    after(3 * SECOND);
    rw(&kept, 10);
    g_assert_false(is_shared());
    g_assert_cmpint(found_one(VSOCK_CODE_CONNECT_UNANSWERED)->heard, ==, VSOCK_HEARD_BEFORE);
    update(&kept, 10);
    g_assert_true(is_shared());
    g_assert_cmpint(found_one(VSOCK_CODE_CONNECT_UNANSWERED)->heard, ==, VSOCK_HEARD_SHARED);
}

static void another_cid_is_judged_as_ever(void)
{
    tell_apart();
    go_on();
    guest = 4;
    accept_at(ports[0]++, 1024);
    for (unsigned i = 0; i < 3; i++)
        refuse_at(ports[0]++, 1024);
    g_assert_true(is_shared());
    g_assert_cmpuint(found_one(VSOCK_CODE_LISTENER_LOST)->dst.cid, ==, 4);
}

static void it_is_told_of_where_a_stream_of_the_cid_is_selected(void)
{
    struct vsock_selection only = {.streams = g_hash_table_new(NULL, NULL)};

    tell_apart();
    go_on();
    guest = 4;
    accept_at(ports[0]++, 1024);
    g_hash_table_add(only.streams, GUINT_TO_POINTER(3));
    g_assert_null(judge_only(&only));
    g_hash_table_add(only.streams, GUINT_TO_POINTER(2));
    g_assert_nonnull(judge_only(&only));
    g_hash_table_destroy(only.streams);
}

#define TEST(name) g_test_add_func("/shared/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
    TEST(two_counters_of_which_one_is_refused_while_the_other_goes_on_are_two_machines);
    TEST(one_refusal_may_be_bad_luck);
    TEST(a_connection_goes_on_when_both_sides_do);
    TEST(a_connection_goes_on_when_its_client_does_and_is_not_refused);
    TEST(what_a_machine_that_starts_again_is_sent_says_nothing);
    TEST(two_counters_that_take_turns_are_in_use_at_once);
    TEST(guests_that_dial_their_hosts_are_told_apart_as_well);
    TEST(a_counter_goes_round);
    TEST(refusals_of_several_counters_add_up);
    TEST(one_counter_is_one_machine);
    TEST(a_counter_jumps);
    TEST(a_machine_that_was_started_again_is_one);
    TEST(ports_that_programs_choose_are_no_counters);
    TEST(ports_from_2_30_on_are_a_monitor_s);
    TEST(ports_that_are_drawn_are_no_counters);
    TEST(what_another_port_accepts_says_nothing);
    TEST(two_counters_that_are_both_accepted_say_nothing);
    TEST(two_counters_that_are_both_refused_say_nothing);
    TEST(a_listener_that_is_late_is_one);
    TEST(what_a_client_resets_itself_is_not_refused);
    TEST(another_interface_is_another_kernel);
    TEST(a_type_that_another_machine_takes_is_no_mismatch);
    TEST(ports_that_several_machines_refuse_are_no_scan);
    TEST(idle_connections_to_several_machines_are_not_counted_together);
    TEST(a_stream_is_not_orphaned_by_another_machine_s);
    TEST(streams_of_several_machines_do_not_wait_as_one);
    TEST(what_was_heard_of_the_cid_may_be_another_machine_s);
    TEST(another_cid_is_judged_as_ever);
    TEST(it_is_told_of_where_a_stream_of_the_cid_is_selected);
    return g_test_run();
}
