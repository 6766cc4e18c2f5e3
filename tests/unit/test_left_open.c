/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_left_open.c - connections that nobody closes. A test's name is the rule it checks. */
#include "core/left_open.h"
#include "story.h"

static struct connection other;
static GHashTable *selected; /* NULL: all */
static struct vsock_diagnosis found;

static void begin(void)
{
    g_clear_pointer(&selected, g_hash_table_destroy);
    begin_capture();
    other = between(42, 1000, 43, 22);
}

static struct connection number(unsigned i)
{
    return between(42, 5000 + i, 43, 8443);
}

/* A question, and its answer. */
static void use(struct connection *c)
{
    rw(c, 20);
    take(c, S, VSOCK_OP_RW, 90);
}

/* Opened, used, and left, one each `interval`. */
static void leave(unsigned from, unsigned to, int64_t interval)
{
    for (unsigned i = from; i < to; i++) {
        struct connection c = number(i);

        open_connection(&c);
        use(&c);
        after(interval - 3 * MS);
    }
}

/* So long nothing more happens. */
static void idle_for(int64_t time)
{
    after(time);
    open_connection(&other);
}

static bool are_left_open(void)
{
    GArray *report = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    bool told;

    vsock_left_open_judge(capture, selected, report);
    told = report->len > 0;
    g_assert_cmpuint(report->len, <=, 1);
    if (told)
        found = g_array_index(report, struct vsock_diagnosis, 0);
    g_array_free(report, TRUE);
    return told;
}

static void fifty_that_are_used_once_and_never_closed_are_left_open(void)
{
    begin();
    leave(0, 49, 300 * MS);
    idle_for(40 * SECOND);
    g_assert_false(are_left_open());
    begin();
    leave(0, 50, 300 * MS);
    idle_for(40 * SECOND);
    g_assert_true(are_left_open());
    g_assert_cmpint(found.code, ==, VSOCK_CODE_CONNECTIONS_LEFT_OPEN);
    g_assert_cmpuint(found.figures.count, ==, 50);
    g_assert_cmpuint(found.figures.of, ==, 50);
    g_assert_cmpint(found.figures.total, ==, INT64_C(49) * 300 * MS);
    g_assert_cmpint(found.figures.longest, >=, 54 * SECOND);
    g_assert_cmpuint(found.first_frame, ==, 1);
    g_assert_cmpuint(found.place, ==, vsock_place(1));
    g_assert_cmpuint(found.last_frame, ==, 200);
    g_assert_cmpint(found.src_scope, ==, VSOCK_SCOPE_CID);
    g_assert_cmpuint(found.src.cid, ==, 42);
    g_assert_cmpuint(found.dst.port, ==, 8443);
}

static void they_are_told_of_where_one_is_selected(void)
{
    begin();
    leave(0, 50, 300 * MS);
    idle_for(40 * SECOND);
    selected = g_hash_table_new(NULL, NULL);
    g_hash_table_add(selected, GUINT_TO_POINTER(50));
    g_assert_false(are_left_open());
    g_hash_table_add(selected, GUINT_TO_POINTER(7));
    g_assert_true(are_left_open());
    g_assert_cmpuint(found.figures.count, ==, 50);
}

static void they_are_idle_for_thirty_seconds(void)
{
    begin();
    leave(0, 50, 300 * MS);
    idle_for(30 * SECOND - 297 * MS); /* which the last one has been idle for */
    g_assert_true(are_left_open());
    begin();
    leave(0, 50, 300 * MS);
    idle_for(30 * SECOND - 298 * MS);
    g_assert_false(are_left_open());
}

/* Another connection is closed while these are opened, or after. */
static bool are_left_open_with_one_closed(bool after_all)
{
    begin();
    open_connection(&other);
    rw(&other, 5);
    leave(0, 20, 300 * MS);
    if (!after_all)
        shut(&other, C, 3); /* idle for 6 s, as the last of these will be for 7 s */
    leave(20, 60, 300 * MS);
    if (after_all)
        shut(&other, C, 3);
    other.end[C].port++;
    idle_for(7 * SECOND);
    return are_left_open();
}

static void or_for_longer_than_all_that_were_closed(void)
{
    g_assert_true(are_left_open_with_one_closed(false));
    g_assert_cmpuint(found.figures.count, ==, 60);
    g_assert_false(are_left_open_with_one_closed(true));
}

static void where_one_is_closed_they_may_all_be(void)
{
    struct connection c = number(60);

    begin();
    leave(0, 50, 300 * MS);
    open_connection(&c);
    use(&c);
    take(&c, S, VSOCK_OP_RST, 0);
    idle_for(40 * SECOND);
    g_assert_false(are_left_open());
}

static void a_pool_is_opened_at_once(void)
{
    begin();
    leave(0, 60, 10 * SECOND / 60);
    idle_for(40 * SECOND);
    g_assert_false(are_left_open());
    begin();
    leave(0, 60, 10 * SECOND / 59 + MS);
    idle_for(40 * SECOND);
    g_assert_true(are_left_open());
}

static void a_pool_uses_its_connections_again(void)
{
    begin();
    leave(0, 70, 300 * MS);
    for (unsigned i = 0; i < 7; i++) {
        struct connection c = number(i);

        use(&c);
    }
    idle_for(40 * SECOND);
    g_assert_false(are_left_open()); /* 7 of 63 */
    begin();
    leave(0, 70, 300 * MS);
    for (unsigned i = 0; i < 6; i++) {
        struct connection c = number(i);

        use(&c);
    }
    idle_for(40 * SECOND);
    g_assert_true(are_left_open());
    g_assert_cmpuint(found.figures.count, ==, 64);
}

/* Each is answered once so many more were opened. */
static bool are_left_open_with(unsigned more)
{
    begin();
    for (unsigned i = 0; i < 72; i++) {
        struct connection c = number(i), before = number(i - more);

        open_connection(&c);
        rw(&c, 10);
        after(300 * MS);
        if (i >= more)
            take(&before, S, VSOCK_OP_RW, 20);
    }
    idle_for(40 * SECOND);
    return are_left_open();
}

static void eight_at_once_are_still_one_after_another(void)
{
    g_assert_true(are_left_open_with(7));
    g_assert_false(are_left_open_with(8));
}

static void connections_without_data_are_not_left_but_unused(void)
{
    begin();
    for (unsigned i = 0; i < 60; i++) {
        struct connection c = number(i);

        open_connection(&c);
        after(300 * MS);
    }
    idle_for(40 * SECOND);
    g_assert_false(are_left_open());
}

#define TEST(name) g_test_add_func("/left_open/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(fifty_that_are_used_once_and_never_closed_are_left_open);
    TEST(they_are_told_of_where_one_is_selected);
    TEST(they_are_idle_for_thirty_seconds);
    TEST(or_for_longer_than_all_that_were_closed);
    TEST(where_one_is_closed_they_may_all_be);
    TEST(a_pool_is_opened_at_once);
    TEST(a_pool_uses_its_connections_again);
    TEST(eight_at_once_are_still_one_after_another);
    TEST(connections_without_data_are_not_left_but_unused);
    return g_test_run();
}
