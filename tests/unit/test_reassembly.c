/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_reassembly.c - which bytes are dissected together, and when. A test's name is the rule it checks.
 * What a packet leads to is checked as text, a step a clause:
 *
 *     over? 0+5                the packet's bytes, 5 from 0 on, go to a dissector; "?" if that may ask for
 * more add 0+5 of 9             they become part of a PDU that has 9 bytes then undecided 0+5 of 5       the
 * same, of a stream's first bytes offer? 0+5 of 9          and that PDU is offered end gap 0+5 of 9 as 12 and
 * ends; it is dissected as one of 12 bytes. "unused" instead: it is not skip 0+5                 they are
 * data */
#include <setjmp.h>
#include <string.h>

#include <glib.h>

#include "core/reassembly.h"

#define LIMIT 1000

static wmem_allocator_t *scope;
static struct vsock_reassembly reassembly;
static struct vsock_looks looks;
static uint8_t sent_bytes[40000]; /* of either side: each byte tells its place */
static uint64_t sent[2];          /* by side */
static uint32_t frame;            /* of the last packet */
static GString *done;             /* by it */
static wmem_array_t *steps;       /* of all packets */
static jmp_buf *way_out;          /* for a dissector that does not come back */

/* What dissectors are going to say, in this order; then none takes anything. */
static struct vsock_payload_answer answers[64];
static unsigned answers_left, next_answer;

static void tell(const struct vsock_payload_step *s)
{
    static const char *const actions[] = {"over", "add", "undecided", "offer", "end", "skip"};
    static const char *const endings[] = {"whole", "gap", "cut", "ended", "limit", "no_beginning"};

    g_string_append_printf(done, "%s%s%s", done->len > 0 ? "; " : "", actions[s->action],
                           s->may_ask ? "?" : "");
    if (s->action == VSOCK_ACT_END)
        g_string_append_printf(done, " %s", endings[s->ending]);
    g_string_append_printf(done, " %u+%u", s->offset, s->length);
    if (s->pdu)
        g_string_append_printf(done, " of %u", s->captured);
    if (s->action == VSOCK_ACT_END && s->dissectable)
        g_string_append_printf(done, " as %u", s->reported);
    else if (s->action == VSOCK_ACT_END)
        g_string_append(done, " unused");
}

static void check_bytes(const struct vsock_payload_step *s)
{
    if (s->pdu && s->captured > 0)
        g_assert_cmpmem(vsock_pdu_bytes(s->pdu), s->captured, sent_bytes + s->pdu->offset, s->captured);
}

static struct vsock_payload_answer take_step(void *user, const struct vsock_payload_step *s)
{
    uint32_t *of_frame = (uint32_t *)user;

    g_assert_true(of_frame == &frame);
    tell(s);
    check_bytes(s);
    wmem_array_append(steps, s, 1);
    if (s->action != VSOCK_ACT_HAND_OVER && s->action != VSOCK_ACT_OFFER)
        return (struct vsock_payload_answer){0};
    if (way_out)
        longjmp(*way_out, 1);
    if (next_answer == answers_left)
        return (struct vsock_payload_answer){0};
    return answers[next_answer++];
}

static void start(uint64_t limit, bool seqpacket, bool may_join, bool from_beginning)
{
    if (scope)
        wmem_free_all(scope);
    else
        scope = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    steps = wmem_array_new(scope, sizeof(struct vsock_payload_step));
    looks = vsock_looks_start();
    reassembly = vsock_reassembly_start(scope, &looks, take_step, limit, seqpacket, may_join, from_beginning);
    sent[0] = sent[1] = 0;
    frame = 0;
    answers_left = next_answer = 0;
}

static void start_stream(void)
{
    start(LIMIT, false, true, true);
}

static void start_seqpacket(void)
{
    start(LIMIT, true, true, true);
}

static void answer(uint32_t offset, uint32_t more)
{
    g_assert_cmpuint(answers_left, <, G_N_ELEMENTS(answers));
    answers[answers_left++] = (struct vsock_payload_answer){.taken = true, .offset = offset, .more = more};
}

static const char *take(struct vsock_payload packet)
{
    packet.frame = ++frame;
    g_string_truncate(done, 0);
    vsock_reassembly_take(&reassembly, &packet, &frame);
    return done->str;
}

static struct vsock_payload make(uint8_t side, uint32_t length, uint32_t captured)
{
    struct vsock_payload packet = {.bytes = captured > 0 ? sent_bytes + sent[side] : NULL,
                                   .captured = captured,
                                   .length = length,
                                   .offset = sent[side],
                                   .sender = side,
                                   .in_stream = true};

    sent[side] += length;
    return packet;
}

static const char *rw(uint8_t side, uint32_t length)
{
    return take(make(side, length, length));
}

static const char *cut_rw(uint8_t side, uint32_t length, uint32_t captured)
{
    return take(make(side, length, captured));
}

static const char *fragment(uint32_t length, bool end_of_message)
{
    struct vsock_payload packet = make(0, length, length);

    packet.end_of_message = end_of_message;
    return take(packet);
}

static const char *shutdown(uint8_t side)
{
    return take((struct vsock_payload){.sender = side, .ends_sender = true});
}

static const char *rst(uint8_t side)
{
    return take((struct vsock_payload){.sender = side, .ends_sender = true, .ends_receiver = true});
}

/* The other side says that it has consumed more of `side` than was captured. */
static const char *gap(uint8_t side)
{
    return take((struct vsock_payload){.sender = side ^ 1, .receiver_gap = true});
}

#define CHECK_STEPS(did, expected) g_assert_cmpstr(did, ==, expected)

/* ---- whose it is ---- */

static void a_packet_that_is_taken_is_simply_handed_over(void)
{
    start_stream();
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "over? 0+5");
    CHECK_STEPS(rw(0, 5), "over? 0+5"); /* decided: none of it is kept for another look */
}

static void first_bytes_that_nobody_takes_are_offered_with_more(void)
{
    start_stream();
    CHECK_STEPS(rw(0, 10), "over? 0+10; undecided 0+10 of 10");
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 15");
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 20");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void sixty_four_bytes_are_enough_to_decide(void)
{
    start_stream();
    CHECK_STEPS(rw(0, VSOCK_UNDECIDED_MAX), "over? 0+64");
    CHECK_STEPS(rw(0, 5), "over? 0+5");

    start_stream();
    CHECK_STEPS(rw(0, VSOCK_UNDECIDED_MAX - 1), "over? 0+63; undecided 0+63 of 63");
    CHECK_STEPS(rw(0, 1), "offer? 0+1 of 64");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

/* The step's taker takes `length` bytes of it, and says that the rest is another's. */
static void answer_again(uint32_t length)
{
    answers[answers_left++] = (struct vsock_payload_answer){.taken = true, .offset = length, .again = true};
}

/* Nobody takes it, though it is as a stream's first bytes. */
static void answer_anew(void)
{
    answers[answers_left++] = (struct vsock_payload_answer){.anew = true};
}

static void the_rest_of_a_packet_may_be_anothers(void)
{
    start_stream();
    answer_again(20);
    answer_anew();
    CHECK_STEPS(rw(0, 25), "over? 0+25; over? 20+5; undecided 20+5 of 5");
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10");
    CHECK_STEPS(rw(0, 5), "over? 0+5");

    start_stream(); /* of nothing, there is no rest */
    answer_again(25);
    CHECK_STEPS(rw(0, 25), "over? 0+25");
}

static void the_rest_of_an_offer_may_be_anothers(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 10);
    answer_again(8);
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 15; offer? 0+5 of 7"); /* two bytes are of the packet before */

    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 10);
    answer_again(12);
    answer_anew();
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 15; offer? 2+3 of 3");
    CHECK_STEPS(rw(0, 70), "offer? 0+70 of 73");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

/* The step's taker takes `length` bytes of it, as what is in front of another protocol. */
static void answer_prefix(uint32_t length, bool again)
{
    answers[answers_left++] =
        (struct vsock_payload_answer){.taken = true, .offset = length, .again = again, .prefix = true};
}

static void what_follows_a_prefix_is_as_first_bytes(void)
{
    start_stream(); /* in the same packet */
    answer_prefix(20, true);
    CHECK_STEPS(rw(0, 25), "over? 0+25; over? 20+5; undecided 20+5 of 5");
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10");
    CHECK_STEPS(rw(0, 5), "over? 0+5");

    start_stream(); /* in the next one */
    answer_prefix(20, false);
    CHECK_STEPS(rw(0, 20), "over? 0+20");
    CHECK_STEPS(rw(0, 5), "over? 0+5; undecided 0+5 of 5");

    start_stream(); /* behind one that was in two packets */
    answer(0, VSOCK_MORE_ANY);
    rw(0, 10);
    answer_prefix(12, true);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 15; offer? 2+3 of 3");
    CHECK_STEPS(rw(0, 70), "offer? 0+70 of 73");
}

static void behind_a_prefix_may_be_two(void)
{
    start_stream();
    answer_prefix(20, true);
    answer_again(3);
    answer(0, 0);
    CHECK_STEPS(rw(0, 25), "over? 0+25; over? 20+5; over? 23+2");

    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 10);
    answer_prefix(12, true);
    answer_again(3);
    answer(0, 0);
    CHECK_STEPS(rw(0, 10), "offer? 0+10 of 20; offer? 2+8 of 8; offer? 5+5 of 5");
}

static void what_begins_anew_is_not_in_vain_yet(void)
{
    start_stream();
    answer(0, 0);
    rw(0, 5);
    answer_anew();
    CHECK_STEPS(rw(0, 5), "over? 0+5; undecided 0+5 of 5");
    for (unsigned i = 0; i < VSOCK_REJECTED_MAX - 2; i++)
        rw(0, 100);
    g_assert_false(vsock_payload_is_rejected(&reassembly.side[0]));
    rw(0, 100);
    g_assert_true(vsock_payload_is_rejected(&reassembly.side[0]));
    g_assert_cmpuint(reassembly.side[0].rejected_in, ==, frame);
    answer_anew(); /* in vain once is in vain for good */
    CHECK_STEPS(rw(0, 5), "over? 0+5");
    g_assert_true(vsock_payload_is_rejected(&reassembly.side[0]));
    g_assert_cmpuint(reassembly.side[0].rejected_in, ==, frame - 1);
}

static void first_bytes_are_known_only_where_the_beginning_was_captured(void)
{
    start(LIMIT, false, true, false);
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void undecided_bytes_may_turn_out_to_be_part_of_more(void)
{
    start_stream();
    rw(0, 5);
    answer(0, 3);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10");
    CHECK_STEPS(rw(0, 2), "add 0+2 of 12");
    CHECK_STEPS(rst(1), "end ended 0+0 of 12 as 12");
}

static void undecided_bytes_end_without_a_word(void)
{
    start_stream();
    rw(0, 5);
    CHECK_STEPS(shutdown(0), "");
    start_stream();
    rw(0, 5);
    CHECK_STEPS(gap(0), "");
    CHECK_STEPS(rw(0, 5), "over? 0+5; undecided 0+5 of 5");
}

static void sixteen_packets_in_vain_are_enough(void)
{
    const struct vsock_payload_side *side = &reassembly.side[0];

    start_stream();
    for (unsigned i = 0; i < VSOCK_REJECTED_MAX - 1; i++)
        rw(0, 100);
    g_assert_false(vsock_payload_is_rejected(side) || vsock_payload_is_plain(side));
    rw(0, 100);
    g_assert_true(vsock_payload_is_rejected(side) && vsock_payload_is_plain(side));
    for (unsigned i = 0; i < 300; i++)
        rw(0, 100);
    g_assert_true(vsock_payload_is_rejected(side));
    g_assert_false(vsock_payload_is_rejected(&reassembly.side[1]));

    answer(0, 10); /* by a dissector that was chosen since */
    rw(0, 5);
    g_assert_true(vsock_payload_is_rejected(side) && !vsock_payload_is_plain(side));
}

static void what_was_taken_once_is_never_in_vain(void)
{
    start_stream();
    for (unsigned i = 0; i < VSOCK_REJECTED_MAX - 1; i++)
        rw(0, 100);
    answer(0, 0);
    for (unsigned i = 0; i < 300; i++)
        rw(0, 100);
    g_assert_false(vsock_payload_is_rejected(&reassembly.side[0]));
}

static void looks_at_undecided_bytes_count_as_in_vain(void)
{
    start_stream();
    for (unsigned i = 0; i < VSOCK_REJECTED_MAX; i++)
        rw(0, 1);
    g_assert_true(vsock_payload_is_rejected(&reassembly.side[0]));
    g_assert_false(vsock_payload_is_plain(&reassembly.side[0])); /* they are still joined */
    CHECK_STEPS(gap(0), "");
    CHECK_STEPS(rw(0, 1), "over? 0+1"); /* no more first bytes */
}

/* ---- what a dissector asks for ---- */

static void a_dissector_gets_as_many_bytes_as_it_asked_for(void)
{
    start_stream();
    answer(0, 10);
    CHECK_STEPS(rw(0, 5), "over? 0+5; add 0+5 of 5");
    CHECK_STEPS(rw(0, 9), "add 0+9 of 14");
    answer(0, 0);
    answer(0, 0);
    CHECK_STEPS(rw(0, 4), "offer? 0+1 of 15; over? 1+3");
}

static void one_more_packet_is_offered_as_it_comes(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(rw(0, 5), "over? 0+5; add 0+5 of 5");
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10");
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 15");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void until_the_end_is_whole_when_the_sender_ends(void)
{
    start_stream();
    answer(0, VSOCK_MORE_UNTIL_END);
    rw(0, 5);
    CHECK_STEPS(rw(0, 5), "add 0+5 of 10");
    CHECK_STEPS(shutdown(1), "");
    CHECK_STEPS(shutdown(0), "end whole 0+0 of 10 as 10");
    CHECK_STEPS(rst(0), "");
}

static void a_dissector_may_leave_the_end_of_a_packet(void)
{
    start_stream();
    answer(3, 2);
    CHECK_STEPS(rw(0, 5), "over? 0+5; add 3+2 of 2");
    answer(0, 0);
    CHECK_STEPS(rw(0, 2), "offer? 0+2 of 4");
}

static void a_dissector_may_leave_the_end_of_an_offer(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 5);
    answer(8, 3);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10; add 3+2 of 2");
    answer(0, 0);
    CHECK_STEPS(rw(0, 3), "offer? 0+3 of 5");
}

static void what_is_left_may_begin_before_the_packet(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 5);
    answer(1, 3);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10; add 0+5 of 9");
    answer(0, 0);
    CHECK_STEPS(rw(0, 3), "offer? 0+3 of 12");
}

static void to_ask_for_more_from_the_end_on_is_to_ask_for_nothing(void)
{
    start_stream();
    answer(5, 10);
    CHECK_STEPS(rw(0, 5), "over? 0+5");
    answer(0, 1);
    rw(0, 5);
    answer(6, 10);
    CHECK_STEPS(rw(0, 1), "offer? 0+1 of 6");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void an_offer_that_is_refused_is_over(void)
{
    start_stream();
    answer(0, 1);
    rw(0, 5);
    CHECK_STEPS(rw(0, 2), "offer? 0+1 of 6; over? 1+1");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void nobody_may_ask_where_nothing_is_joined(void)
{
    start(LIMIT, false, false, true);
    answer(0, 10);
    CHECK_STEPS(rw(0, 5), "over 0+5");
    CHECK_STEPS(rw(0, 5), "over 0+5");
    start(LIMIT, false, false, true);
    CHECK_STEPS(rw(0, 5), "over 0+5"); /* nor are first bytes joined */
    CHECK_STEPS(rw(0, 5), "over 0+5");
}

static void each_side_has_its_own(void)
{
    start_stream();
    answer(0, 10);
    rw(0, 5);
    answer(0, 2);
    CHECK_STEPS(rw(1, 7), "over? 0+7; add 0+7 of 7");
    answer(0, 0);
    CHECK_STEPS(rw(1, 2), "offer? 0+2 of 9");
    answer(0, 0);
    CHECK_STEPS(rw(0, 10), "offer? 0+10 of 15");
}

static void a_packet_that_is_not_of_the_stream_adds_nothing(void)
{
    struct vsock_payload packet;

    start_stream();
    packet = make(0, 5, 5);
    packet.in_stream = false;
    CHECK_STEPS(take(packet), "");
}

/* ---- why it ends ---- */

static void a_gap_ends_what_the_other_side_sends(void)
{
    start_stream();
    answer(0, 10);
    rw(0, 5);
    CHECK_STEPS(gap(1), "");
    CHECK_STEPS(gap(0), "end gap 0+0 of 5 as 5");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void a_missing_part_ends_what_the_sender_sends(void)
{
    struct vsock_payload packet;

    start_stream();
    answer(0, 10);
    rw(0, 5);
    packet = make(0, 5, 5);
    packet.sender_gap = true;
    CHECK_STEPS(take(packet), "end gap 0+0 of 5 as 5; over? 0+5");
}

static void nothing_is_dissected_in_a_packet_of_the_other_side_with_payload(void)
{
    struct vsock_payload packet;

    start_stream();
    answer(0, 10);
    rw(0, 5);
    packet = make(1, 1, 1);
    packet.receiver_gap = true;
    CHECK_STEPS(take(packet), "end gap 0+0 of 5 unused; over? 0+1; undecided 0+1 of 1");
}

static void what_was_cut_ends_there(void)
{
    start_stream();
    answer(0, 20);
    rw(0, 5);
    CHECK_STEPS(cut_rw(0, 10, 4), "add 0+4 of 9; end cut 0+0 of 9 as 25");
    CHECK_STEPS(rw(0, 5), "over? 0+5");

    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 5);
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(cut_rw(0, 10, 4), "offer? 0+4 of 9; end cut 0+0 of 9 as 9"); /* how long, nobody said */

    start_stream();
    answer(0, 20);
    rw(0, 5);
    CHECK_STEPS(cut_rw(0, 10, 0), "end cut 0+0 of 5 as 25");
}

static void a_packet_that_was_cut_is_not_joined(void)
{
    start_stream();
    answer(0, 10);
    CHECK_STEPS(cut_rw(0, 10, 5), "over 0+5");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
    start_stream();
    CHECK_STEPS(cut_rw(0, 10, 5), "over 0+5"); /* nobody's first bytes either */
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void a_reset_ends_both_sides(void)
{
    start_stream();
    answer(0, 10);
    rw(0, 5);
    answer(0, 10);
    rw(1, 6);
    CHECK_STEPS(rst(1), "end ended 0+0 of 6 as 6; end ended 0+0 of 5 as 5");
}

static void payload_that_ends_its_sender_is_taken_first(void)
{
    struct vsock_payload packet;

    start_stream();
    answer(0, 10);
    rw(0, 5);
    packet = make(0, 2, 2);
    packet.ends_sender = true;
    CHECK_STEPS(take(packet), "add 0+2 of 7; end ended 0+0 of 7 as 7");
}

static void a_dissector_that_does_not_come_back_ends_the_packet(void)
{
    jmp_buf here;

    start_stream();
    answer(0, 1);
    rw(0, 5);
    if (setjmp(here) == 0) {
        way_out = &here;
        rw(0, 3);
    }
    way_out = NULL;
    CHECK_STEPS(done->str, "offer? 0+1 of 6");
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

/* ---- limits ---- */

static void a_pdu_may_be_as_large_as_the_limit(void)
{
    start_stream();
    answer(0, LIMIT - 5);
    CHECK_STEPS(rw(0, 5), "over? 0+5; add 0+5 of 5");
    answer(0, 0);
    CHECK_STEPS(rw(0, LIMIT - 5), "offer? 0+995 of 1000");
}

static void one_that_is_larger_is_dissected_at_once_and_the_rest_is_skipped(void)
{
    start_stream();
    answer(0, LIMIT - 4);
    CHECK_STEPS(rw(0, 5), "over? 0+5; end limit 0+5 of 5 as 5");
    CHECK_STEPS(rw(0, 990), "skip 0+990");
    answer(0, 0);
    CHECK_STEPS(rw(0, 10), "skip 0+6; over? 6+4");
}

static void one_that_grows_beyond_the_limit_is_dissected_as_far_as_it_goes(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 5);
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(rw(0, LIMIT - 5), "offer? 0+995 of 1000");
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(rw(0, 1), "offer? 0+1 of 1001; end limit 0+1 of 1001 as 1001");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void nothing_after_one_until_the_end_that_is_too_large_is_dissected(void)
{
    start_stream();
    answer(0, VSOCK_MORE_UNTIL_END);
    rw(0, 5);
    CHECK_STEPS(rw(0, LIMIT - 5), "add 0+995 of 1000");
    CHECK_STEPS(rw(0, 1), "end limit 0+1 of 1001 as 1001");
    CHECK_STEPS(rw(0, 5), "skip 0+5");
    CHECK_STEPS(gap(0), ""); /* what was skipped is no longer known */
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void what_a_cut_hides_is_skipped_as_well(void)
{
    start_stream();
    answer(0, LIMIT);
    rw(0, 5); /* 1000 to be skipped */
    CHECK_STEPS(cut_rw(0, 999, 100), "skip 0+100");
    answer(0, 0);
    CHECK_STEPS(rw(0, 2), "skip 0+1; over? 1+1");
}

static void a_tail_may_be_too_large(void)
{
    start_stream();
    answer(0, 1);
    rw(0, 5);
    answer(2, LIMIT);
    CHECK_STEPS(rw(0, 1), "offer? 0+1 of 6; end limit 0+1 of 4 as 4");
    CHECK_STEPS(rw(0, LIMIT), "skip 0+1000");
    CHECK_STEPS(rw(0, 5), "over? 0+5");
}

static void no_limit_is_beyond_what_epan_can_take(void)
{
    start(UINT64_MAX, false, true, true);
    g_assert_cmpuint(reassembly.limit, ==, VSOCK_REASSEMBLY_LIMIT_MAX);
}

static const struct vsock_payload_step *step_at(unsigned i)
{
    return (const struct vsock_payload_step *)wmem_array_index(steps, i);
}

static unsigned count_offers(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < wmem_array_get_count(steps); i++)
        count += step_at(i)->action == VSOCK_ACT_OFFER;
    return count;
}

/* A dissector that always wants more gets 100 bytes at a time: `to`, as many as there are then. */
static const char *grow_to(unsigned to)
{
    const char *did = "";

    while (sent[0] < to) {
        answers_left = next_answer = 0;
        answer(0, VSOCK_MORE_ANY);
        did = rw(0, 100);
    }
    return did;
}

static void start_to_grow(void)
{
    start(100000, false, true, true);
    g_assert_cmpuint(looks.freely, ==, 32 << 20);
    g_assert_cmpuint(looks.most, ==, 96 << 20);
    g_assert_cmpuint(looks.small, ==, 64 << 10);
    looks.freely = 27500;
    looks.most = 100000;
}

static void one_that_was_looked_at_much_is_offered_when_it_has_grown_by_a_quarter(void)
{
    start_to_grow();
    CHECK_STEPS(grow_to(2400), "offer? 0+100 of 2400"); /* 200 + 300 + ... + 2300 were seen before: 27500 */
    g_assert_cmpuint(count_offers(), ==, 23);
    CHECK_STEPS(grow_to(2900), "add 0+100 of 2900");
    CHECK_STEPS(grow_to(3000), "offer? 0+100 of 3000");
    g_assert_cmpuint(count_offers(), ==, 24);

    start_to_grow();
    looks.freely--;
    CHECK_STEPS(grow_to(2400), "add 0+100 of 2400");
}

static void so_is_one_that_is_not_small(void)
{
    start_to_grow();
    looks.small = 1000;
    CHECK_STEPS(grow_to(1000), "offer? 0+100 of 1000");
    CHECK_STEPS(grow_to(1200), "add 0+100 of 1200");
    CHECK_STEPS(grow_to(1300), "offer? 0+100 of 1300");
}

static void looks_count_in_all_connections(void)
{
    struct vsock_looks before;

    start_to_grow();
    grow_to(2500);
    before = looks;
    g_assert_cmpuint(before.bytes, ==, 29900);
    start_to_grow();
    looks = before;
    grow_to(500);
    CHECK_STEPS(grow_to(600), "add 0+100 of 600");
    CHECK_STEPS(grow_to(700), "offer? 0+100 of 700");
}

static void a_shorter_packet_may_be_the_last(void)
{
    start_to_grow();
    grow_to(2600);
    answer(0, VSOCK_MORE_ANY);
    CHECK_STEPS(rw(0, 99), "offer? 0+99 of 2699");
    CHECK_STEPS(rw(0, 99), "add 0+99 of 2798");
    looks.bytes = looks.most + 1;
    CHECK_STEPS(rw(0, 1), "add 0+1 of 2799"); /* not any more */
}

static void in_the_end_one_is_offered_when_it_has_doubled(void)
{
    start_to_grow();
    grow_to(2400);
    looks.bytes = looks.most + 1;
    CHECK_STEPS(grow_to(4700), "add 0+100 of 4700");
    CHECK_STEPS(grow_to(4800), "offer? 0+100 of 4800");
    CHECK_STEPS(grow_to(9500), "add 0+100 of 9500");
    CHECK_STEPS(grow_to(9600), "offer? 0+100 of 9600");
}

static void a_number_that_was_named_is_enough(void)
{
    start_to_grow();
    grow_to(2500);
    answer(0, 1);
    CHECK_STEPS(grow_to(3000), "offer? 0+100 of 3000");
    answers_left = next_answer = 0;
    answer(0, 1);
    answer(0, 1);
    answer(0, 1);
    CHECK_STEPS(rw(0, 99), "offer? 0+99 of 3099"); /* shorter than the one before */
    CHECK_STEPS(rw(0, 2), "offer? 0+1 of 3100; offer? 1+1 of 3101");
    looks.bytes = looks.most + 1;
    CHECK_STEPS(rw(0, 1), "add 0+1 of 3102"); /* not for ever */
}

/* Of 3000 bytes a dissector takes some; is the rest offered with the next packet? */
static const char *take_of_much(uint32_t taken, uint64_t looked)
{
    start_to_grow();
    grow_to(2900);
    answers_left = next_answer = 0;
    answer(taken, VSOCK_MORE_ANY);
    looks.bytes = looked;
    rw(0, 100);
    return rw(0, 100);
}

static void who_takes_little_at_a_time_is_offered_less_often(void)
{
    CHECK_STEPS(take_of_much(176, 50000), "offer? 0+100 of 2924");
    CHECK_STEPS(take_of_much(175, 50000), "add 0+100 of 2925"); /* less than a sixteenth of 2825 */
    CHECK_STEPS(take_of_much(1500, 98000), "offer? 0+100 of 1600");
    CHECK_STEPS(take_of_much(1499, 98000), "add 0+100 of 1601"); /* less than half of 3000 */
}

static void looks_at_what_is_left_are_bounded(void)
{
    uint64_t looked = 0;

    start_to_grow();
    for (unsigned i = 0; i < 3000; i++) {
        answers_left = next_answer = 0;
        answer(1, VSOCK_MORE_ANY);
        rw(0, 10);
    }
    for (unsigned i = 0; i < wmem_array_get_count(steps); i++)
        looked += step_at(i)->action == VSOCK_ACT_OFFER ? step_at(i)->captured : 0;
    g_assert_cmpuint(looked, ==, looks.bytes);
    g_assert_cmpuint(looked, >, looks.most);
    g_assert_cmpuint(looked, <, looks.most + 4 * sent[0]);
}

static void what_is_not_dissected_of_a_message_is_nobodys(void)
{
    start_stream();
    answers[answers_left++] = (struct vsock_payload_answer){.taken = true, .skip = 7};
    answer(0, 0);
    CHECK_STEPS(rw(0, 5), "over? 0+5");
    CHECK_STEPS(rw(0, 5), "skip 0+5");
    CHECK_STEPS(rw(0, 5), "skip 0+2; over? 2+3");

    start_stream();
    answer(0, VSOCK_MORE_ANY);
    answers[answers_left++] = (struct vsock_payload_answer){.taken = true, .skip = 7};
    rw(0, 5);
    CHECK_STEPS(rw(0, 5), "offer? 0+5 of 10");
    CHECK_STEPS(rw(0, 9), "skip 0+7; over? 7+2");
}

/* ---- messages ---- */

static void a_packet_that_is_a_message_is_simply_handed_over(void)
{
    start_seqpacket();
    CHECK_STEPS(fragment(5, true), "over 0+5");
    CHECK_STEPS(fragment(0, true), "");
    answer(0, 10);
    CHECK_STEPS(fragment(5, true), "over 0+5"); /* more of it there is not */
}

static void a_message_is_joined_up_to_its_end(void)
{
    start_seqpacket();
    CHECK_STEPS(fragment(5, false), "add 0+5 of 5");
    CHECK_STEPS(fragment(5, false), "add 0+5 of 10");
    CHECK_STEPS(fragment(5, true), "end whole 0+5 of 15 as 15");
    CHECK_STEPS(fragment(5, true), "over 0+5");
}

static void messages_are_joined_whatever_the_preference(void)
{
    start(LIMIT, true, false, true);
    CHECK_STEPS(fragment(5, false), "add 0+5 of 5");
    CHECK_STEPS(fragment(5, true), "end whole 0+5 of 10 as 10");
}

static void a_message_that_was_not_sent_whole_is_not_dissected(void)
{
    start_seqpacket();
    fragment(5, false);
    CHECK_STEPS(rst(0), "end ended 0+0 of 5 unused");
    start_seqpacket();
    fragment(5, false);
    CHECK_STEPS(gap(0), "end gap 0+0 of 5 unused");
    CHECK_STEPS(fragment(5, true), "over 0+5"); /* the receiver has consumed whole ones */
}

static void a_message_that_was_cut_is_dissected_as_long_as_it_was(void)
{
    struct vsock_payload packet;

    start_seqpacket();
    packet = make(0, 10, 4);
    CHECK_STEPS(take(packet), "add 0+10 of 4");
    CHECK_STEPS(fragment(5, true), "end cut 0+5 of 4 as 15"); /* nothing is kept behind what was cut */
    CHECK_STEPS(fragment(5, true), "over 0+5");
}

static void a_message_may_have_begun_before_the_capture(void)
{
    start(LIMIT, true, true, false);
    CHECK_STEPS(fragment(5, true), "end no_beginning 0+5 of 5 unused");
    CHECK_STEPS(fragment(5, true), "over 0+5");
    start(LIMIT, true, true, false);
    CHECK_STEPS(fragment(5, false), "add 0+5 of 5");
    CHECK_STEPS(fragment(LIMIT, false), "add 0+1000 of 1005");
    CHECK_STEPS(fragment(5, false), "add 0+5 of 1005"); /* no more is kept than the limit and a packet */
    CHECK_STEPS(fragment(5, true), "end no_beginning 0+5 of 1005 unused");
    CHECK_STEPS(fragment(5, false), "add 0+5 of 5");
    CHECK_STEPS(fragment(5, true), "end whole 0+5 of 10 as 10");
}

static void a_missing_part_leaves_unknown_where_messages_begin(void)
{
    struct vsock_payload packet;

    start_seqpacket();
    fragment(5, false);
    packet = make(0, 5, 5);
    packet.sender_gap = packet.end_of_message = true;
    CHECK_STEPS(take(packet), "end gap 0+0 of 5 unused; end no_beginning 0+5 of 5 unused");
    CHECK_STEPS(fragment(5, true), "over 0+5");
}

static void a_message_may_be_as_large_as_the_limit(void)
{
    start_seqpacket();
    fragment(LIMIT - 5, false);
    CHECK_STEPS(fragment(5, true), "end whole 0+5 of 1000 as 1000");
}

static void one_message_that_is_larger_is_dissected_and_its_rest_skipped(void)
{
    start_seqpacket();
    fragment(LIMIT - 5, false);
    CHECK_STEPS(fragment(6, false), "end limit 0+6 of 1001 as 1001");
    CHECK_STEPS(fragment(5, false), "skip 0+5");
    CHECK_STEPS(fragment(5, true), "skip 0+5");
    CHECK_STEPS(fragment(5, true), "over 0+5");

    start_seqpacket();
    fragment(LIMIT - 5, false);
    CHECK_STEPS(fragment(6, true), "end limit 0+6 of 1001 as 1001");
    CHECK_STEPS(fragment(5, true), "over 0+5");
}

static void messages_that_nobody_takes_are_in_vain_as_well(void)
{
    start_seqpacket();
    for (unsigned i = 0; i < VSOCK_REJECTED_MAX; i++)
        fragment(5, true);
    g_assert_true(vsock_payload_is_rejected(&reassembly.side[0]));
}

/* ---- what is kept ---- */

static const struct vsock_payload_step *last_step(void)
{
    return step_at(wmem_array_get_count(steps) - 1);
}

/* "1:5 2:10": 5 bytes of frame 1, up to the tenth of frame 2. */
static void check_segments(const struct vsock_payload_step *step, const char *expected)
{
    const struct vsock_segment *segments = NULL;
    unsigned count = vsock_pdu_segments(step->pdu, step->captured, &segments);
    GString *found = g_string_new(NULL);

    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(found, "%s%u:%u", i > 0 ? " " : "", segments[i].frame,
                               MIN(segments[i].end - step->pdu->start, step->captured));
    g_assert_cmpstr(found->str, ==, expected);
    g_string_free(found, TRUE);
}

static void a_pdu_knows_the_packets_it_is_from(void)
{
    start_stream();
    answer(2, 9);
    rw(0, 5);
    rw(0, 4);
    answer(0, 0);
    rw(0, 8);
    check_segments(step_at(1), "1:3");
    check_segments(step_at(2), "1:3 2:7");
    check_segments(step_at(3), "1:3 2:7 3:12");
    g_assert_cmpuint(step_at(1)->pdu->reassembled_in, ==, 3);
}

static void bytes_of_one_packet_are_one_segment(void)
{
    start_stream();
    answer(0, 1);
    rw(0, 5);
    answer(0, 1);
    answer(0, 1);
    rw(0, 3);
    check_segments(last_step(), "1:5 2:8");
}

static void a_segment_without_bytes_is_none(void)
{
    start_seqpacket();
    fragment(0, false);
    check_segments(last_step(), "");
    fragment(5, false);
    check_segments(last_step(), "2:5");
}

/* A tail of more than was before it stays where it is, one of less is copied. */
static void a_tail_has_its_own_packets(void)
{
    start_stream();
    answer(0, VSOCK_MORE_ANY);
    rw(0, 5);
    answer(2, VSOCK_MORE_ANY);
    rw(0, 5);
    check_segments(step_at(2), "1:5 2:10");
    check_segments(step_at(3), "1:3 2:8");
    g_assert_true(step_at(3)->pdu->bytes == step_at(2)->pdu->bytes);
    g_assert_cmpuint(step_at(3)->pdu->reassembled_in, ==, 0);
    answer(7, VSOCK_MORE_ANY);
    rw(0, 2);
    check_segments(step_at(4), "1:3 2:8 3:10");
    check_segments(step_at(5), "2:1 3:3");
    g_assert_true(step_at(5)->pdu->bytes != step_at(4)->pdu->bytes);
    answer(0, 0);
    rw(0, 3);
    check_segments(step_at(6), "2:1 3:3 4:6");
    for (unsigned i = 1; i < wmem_array_get_count(steps); i++)
        check_bytes(step_at(i)); /* as they were */
    check_segments(step_at(2), "1:5 2:10");
    g_assert_cmpuint(step_at(2)->pdu->reassembled_in, ==, 2);
    g_assert_cmpuint(step_at(4)->pdu->reassembled_in, ==, 3);
    g_assert_cmpuint(step_at(6)->pdu->reassembled_in, ==, 4);
}

static void a_pdu_that_nobody_got_is_not_said_to_be_dissected(void)
{
    start_seqpacket();
    fragment(5, false);
    rst(0);
    g_assert_cmpuint(last_step()->pdu->reassembled_in, ==, 0);
    start_stream();
    rw(0, 5);
    rw(0, 5);
    g_assert_cmpuint(last_step()->pdu->reassembled_in, ==, 0);
}

#define TEST(name) g_test_add_func("/reassembly/" #name, name)

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    done = g_string_new(NULL);
    for (unsigned i = 0; i < sizeof(sent_bytes); i++)
        sent_bytes[i] = (uint8_t)(i * 2654435761u >> 24);

    TEST(a_packet_that_is_taken_is_simply_handed_over);
    TEST(first_bytes_that_nobody_takes_are_offered_with_more);
    TEST(sixty_four_bytes_are_enough_to_decide);
    TEST(first_bytes_are_known_only_where_the_beginning_was_captured);
    TEST(the_rest_of_a_packet_may_be_anothers);
    TEST(the_rest_of_an_offer_may_be_anothers);
    TEST(what_follows_a_prefix_is_as_first_bytes);
    TEST(behind_a_prefix_may_be_two);
    TEST(what_begins_anew_is_not_in_vain_yet);
    TEST(undecided_bytes_may_turn_out_to_be_part_of_more);
    TEST(undecided_bytes_end_without_a_word);
    TEST(sixteen_packets_in_vain_are_enough);
    TEST(what_was_taken_once_is_never_in_vain);
    TEST(looks_at_undecided_bytes_count_as_in_vain);
    TEST(a_dissector_gets_as_many_bytes_as_it_asked_for);
    TEST(one_more_packet_is_offered_as_it_comes);
    TEST(until_the_end_is_whole_when_the_sender_ends);
    TEST(a_dissector_may_leave_the_end_of_a_packet);
    TEST(a_dissector_may_leave_the_end_of_an_offer);
    TEST(what_is_left_may_begin_before_the_packet);
    TEST(to_ask_for_more_from_the_end_on_is_to_ask_for_nothing);
    TEST(an_offer_that_is_refused_is_over);
    TEST(nobody_may_ask_where_nothing_is_joined);
    TEST(each_side_has_its_own);
    TEST(a_packet_that_is_not_of_the_stream_adds_nothing);
    TEST(a_gap_ends_what_the_other_side_sends);
    TEST(a_missing_part_ends_what_the_sender_sends);
    TEST(nothing_is_dissected_in_a_packet_of_the_other_side_with_payload);
    TEST(what_was_cut_ends_there);
    TEST(a_packet_that_was_cut_is_not_joined);
    TEST(a_reset_ends_both_sides);
    TEST(payload_that_ends_its_sender_is_taken_first);
    TEST(a_dissector_that_does_not_come_back_ends_the_packet);
    TEST(a_pdu_may_be_as_large_as_the_limit);
    TEST(one_that_is_larger_is_dissected_at_once_and_the_rest_is_skipped);
    TEST(one_that_grows_beyond_the_limit_is_dissected_as_far_as_it_goes);
    TEST(nothing_after_one_until_the_end_that_is_too_large_is_dissected);
    TEST(what_a_cut_hides_is_skipped_as_well);
    TEST(a_tail_may_be_too_large);
    TEST(no_limit_is_beyond_what_epan_can_take);
    TEST(one_that_was_looked_at_much_is_offered_when_it_has_grown_by_a_quarter);
    TEST(so_is_one_that_is_not_small);
    TEST(looks_count_in_all_connections);
    TEST(a_shorter_packet_may_be_the_last);
    TEST(in_the_end_one_is_offered_when_it_has_doubled);
    TEST(a_number_that_was_named_is_enough);
    TEST(who_takes_little_at_a_time_is_offered_less_often);
    TEST(looks_at_what_is_left_are_bounded);
    TEST(what_is_not_dissected_of_a_message_is_nobodys);
    TEST(a_packet_that_is_a_message_is_simply_handed_over);
    TEST(a_message_is_joined_up_to_its_end);
    TEST(messages_are_joined_whatever_the_preference);
    TEST(a_message_that_was_not_sent_whole_is_not_dissected);
    TEST(a_message_that_was_cut_is_dissected_as_long_as_it_was);
    TEST(a_message_may_have_begun_before_the_capture);
    TEST(a_missing_part_leaves_unknown_where_messages_begin);
    TEST(a_message_may_be_as_large_as_the_limit);
    TEST(one_message_that_is_larger_is_dissected_and_its_rest_skipped);
    TEST(messages_that_nobody_takes_are_in_vain_as_well);
    TEST(a_pdu_knows_the_packets_it_is_from);
    TEST(bytes_of_one_packet_are_one_segment);
    TEST(a_segment_without_bytes_is_none);
    TEST(a_tail_has_its_own_packets);
    TEST(a_pdu_that_nobody_got_is_not_said_to_be_dissected);
    status = g_test_run();
    g_string_free(done, TRUE);
    wmem_destroy_allocator(scope);
    return status;
}
