/* SPDX-License-Identifier: GPL-2.0-or-later
 * two_views.h - stories (story.h) that a host and its guest record, each by its own clock: interface 0 is the
 * sender's at first. */
#ifndef VSOCK_TESTS_UNIT_TWO_VIEWS_H
#define VSOCK_TESTS_UNIT_TWO_VIEWS_H

#include "core/twins.h"
#include "story.h"

#define UNDER_WAY (30 * INT64_C(1000))

enum { BOTH, HOST_ALONE, GUEST_ALONE };

static struct connection to_host, to_guest, refused;
static struct vsock_twins *twins;
static wmem_allocator_t *found_memory;
static int64_t guest_ahead, under_way;
static bool one_clock; /* both are of one machine */
static int seen_by;
static uint32_t late_record; /* of the last packet, as its receiver saw it */

static inline void begin_two(int64_t ahead)
{
    begin_capture();
    capture->thresholds.late = 100 * MS;
    to_host = between(42, 50000, 2, 9999);
    to_guest = between(2, 60000, 42, 1024);
    refused = between(42, 50001, 2, 4444);
    to_host.buf_alloc[S] = to_guest.buf_alloc[S] = 262144;
    guest_ahead = ahead;
    under_way = UNDER_WAY;
    one_clock = false;
    seen_by = BOTH;
}

static inline void record_at(const struct record *r, bool host, int64_t time)
{
    int64_t kept = now;

    if (seen_by != BOTH && host != (seen_by == HOST_ALONE))
        return;
    interface = host ? 0 : 1;
    now = host || one_clock ? time : time + guest_ahead;
    take_cut(r, UINT32_MAX);
    now = kept;
}

/* A packet, where it is sent and then where it arrives: in a millisecond, unless it takes longer. */
static inline void tell_record(const struct record *r, bool from_host)
{
    if (one_clock)
        from_host = true;
    record_at(r, from_host, now);
    record_at(r, !from_host, now + under_way);
    late_record = capture->records;
    now += MS;
}

static inline void tell(struct connection *c, uint8_t side, enum vsock_op op, uint32_t length)
{
    struct record r = record_of(c, side, op, length);

    c->flags = 0;
    tell_record(&r, c->end[side].cid == VSOCK_CID_HOST);
}

/* What one recording has, and the other lacks. */
static inline void tell_alone(int who, struct connection *c, uint8_t side, enum vsock_op op, uint32_t length)
{
    seen_by = who;
    tell(c, side, op, length);
    seen_by = BOTH;
}

static inline void tell_no_socket(const struct connection *c, uint8_t side)
{
    struct connection none = *c;

    none.buf_alloc[side] = none.fwd_cnt[side] = 0;
    tell(&none, side, VSOCK_OP_RST, 0);
}

/* So many questions, each answered, and each answer read. */
static inline void talk_on(struct connection *c, int questions)
{
    for (int i = 0; i < questions; i++) {
        tell(c, C, VSOCK_OP_RW, 10);
        c->fwd_cnt[S] += 10;
        tell(c, S, VSOCK_OP_RW, 20);
        c->fwd_cnt[C] += 20;
    }
}

static inline void talk(struct connection *c, int questions)
{
    c->fwd_cnt[C] = c->fwd_cnt[S] = 0;
    tell(c, C, VSOCK_OP_REQUEST, 0);
    tell(c, S, VSOCK_OP_RESPONSE, 0);
    talk_on(c, questions);
}

/* The server's machine loses the connection, as the next packet shows. */
static inline void lose_both(struct connection *c)
{
    now += 2 * SECOND;
    tell(c, C, VSOCK_OP_RW, 10);
    tell_no_socket(c, S);
}

static inline void find(void)
{
    if (found_memory)
        wmem_destroy_allocator(found_memory);
    found_memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    twins = vsock_twins_find(capture, found_memory);
}

/* Every packet, with the one that stands next to it. */
static inline void assert_all_paired(void)
{
    for (uint32_t i = 1; i <= capture->records; i += 2) {
        g_assert_cmpuint(vsock_twin_of(twins, i), ==, i + 1);
        g_assert_cmpuint(vsock_twin_of(twins, i + 1), ==, i);
    }
}

#endif
