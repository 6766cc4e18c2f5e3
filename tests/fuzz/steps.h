/* SPDX-License-Identifier: GPL-2.0-or-later
 * steps.h - an input read as packets with times: STEP_SIZE bytes each, every value of which means something.
 * corpus.py writes the same from captures. Lengths and fwd_cnt can be given as such, or by what was sent
 * before, so that a few bytes reach what takes counters that fit together.
 *
 *     0      bit 0: the sender; 1-3: enum vsock_op; 4-5: its type; 6: of another op and type; 7: again
 *     1      bits 0-1: virtio.flags; 2-3: enum time_unit; 4-5: enum fwd_cnt_mode; 6-7: enum length_mode
 *     2-3    time since the packet before
 *     4-15   virtio.len, buf_alloc, fwd_cnt
 *     16     what else a target wants to choose */
#ifndef VSOCK_TESTS_FUZZ_STEPS_H
#define VSOCK_TESTS_FUZZ_STEPS_H

#include "../unit/packet.h"
#include "check.h"

#define STEP_SIZE 17

/* What vsock_packet_time() gives at most. */
#define TIME_LIMIT (INT64_C(4000000000) * INT64_C(1000000000) + INT64_C(999999999))

enum time_unit {
    MICROSECONDS,
    MILLISECONDS,
    SECONDS,
    JUMPS, /* either way, to the ends of time */
};

enum fwd_cnt_mode {
    FWD_CNT_AS_GIVEN,
    FWD_CNT_ADVANCES, /* by the lower 16 bits */
    FWD_CNT_OF_ALL,   /* that was sent, but for the lower 8 bits */
    FWD_CNT_AS_BEFORE,
};

enum length_mode {
    LENGTH_SMALL, /* the lower 16 bits */
    LENGTH_AS_GIVEN,
    LENGTH_OF_WINDOW, /* all that the receiver has room for, and by the lower 8 bits (signed) more */
    LENGTH_NONE,
};

/* What the steps so far have told of one connection. Zero-initialised. */
struct history {
    uint32_t sent[2], buf_alloc[2], fwd_cnt[2];
};

struct step {
    struct record record;
    struct vsock_packet packet;
    struct vsock_mark at;
    uint8_t side;
    uint8_t choice;
    bool again; /* a target may take the packet of the step before once more instead */
};

/* The steps of an input. Zero-initialised but for `input`. */
struct steps {
    struct input input;
    uint32_t taken;
    int64_t time;
};

static inline int64_t next_time(int64_t now, enum time_unit unit, uint16_t value)
{
    int64_t by = 0;

    switch (unit) {
    case MICROSECONDS:
        by = value * INT64_C(1000);
        break;
    case MILLISECONDS:
        by = value * INT64_C(1000000);
        break;
    case SECONDS:
        by = value * INT64_C(1000000000);
        break;
    case JUMPS:
        by = (int16_t)value * (TIME_LIMIT / INT16_MAX);
        break;
    }
    if (by > 0 && now > TIME_LIMIT - by)
        return TIME_LIMIT;
    return by < 0 && now < -TIME_LIMIT - by ? -TIME_LIMIT : now + by;
}

static inline uint32_t next_fwd_cnt(const struct history *h, uint8_t side, enum fwd_cnt_mode mode,
                                    uint32_t value)
{
    switch (mode) {
    case FWD_CNT_AS_GIVEN:
        return value;
    case FWD_CNT_ADVANCES:
        return h->fwd_cnt[side] + (uint16_t)value;
    case FWD_CNT_OF_ALL:
        return h->sent[side ^ 1] - (uint8_t)value;
    case FWD_CNT_AS_BEFORE:
        break;
    }
    return h->fwd_cnt[side];
}

static inline uint32_t next_length(const struct history *h, uint8_t side, enum length_mode mode,
                                   uint32_t value)
{
    switch (mode) {
    case LENGTH_SMALL:
        return (uint16_t)value;
    case LENGTH_AS_GIVEN:
        return value;
    case LENGTH_OF_WINDOW:
        return h->buf_alloc[side ^ 1] - (h->sent[side] - h->fwd_cnt[side ^ 1]) + (uint32_t)(int8_t)value;
    case LENGTH_NONE:
        break;
    }
    return 0;
}

/* The next step, of the connection with that history: peek_choice() helps to find which that is. Only while
 * more_steps(). */
static inline struct step take_step(struct steps *s, struct history *h)
{
    uint8_t kind = (uint8_t)take_number(&s->input, 1), modes = (uint8_t)take_number(&s->input, 1);
    uint16_t delay = (uint16_t)take_number(&s->input, 2);
    uint32_t length = (uint32_t)take_number(&s->input, 4), buf_alloc = (uint32_t)take_number(&s->input, 4);
    uint32_t fwd_cnt = (uint32_t)take_number(&s->input, 4);
    uint8_t side = kind & 1, foreign = kind >> 6 & 1;
    uint16_t op = (uint16_t)((kind >> 1 & 7) + 8 * foreign);
    struct step step = {.side = side, .choice = (uint8_t)take_number(&s->input, 1), .again = kind >> 7};
    struct record *r = &step.record;

    length = next_length(h, side, (enum length_mode)(modes >> 6 & 3), length);
    fwd_cnt = next_fwd_cnt(h, side, (enum fwd_cnt_mode)(modes >> 4 & 3), fwd_cnt);
    s->time = next_time(s->time, (enum time_unit)(modes >> 2 & 3), delay);
    *r = sound_record((enum vsock_op)op, 0);
    SET_VIRTIO(r, len, length);
    SET_VIRTIO(r, type, (kind >> 4 & 3) + 7u * foreign);
    SET_VIRTIO(r, flags, modes & 3);
    SET_VIRTIO(r, buf_alloc, buf_alloc);
    SET_VIRTIO(r, fwd_cnt, fwd_cnt);
    step.packet = read_record(r);
    step.at = mark(++s->taken, s->time);

    if (op == VSOCK_OP_RW)
        h->sent[side] += length;
    h->buf_alloc[side] = buf_alloc;
    h->fwd_cnt[side] = fwd_cnt;
    return step;
}

static inline bool more_steps(const struct steps *s)
{
    return s->input.left >= STEP_SIZE;
}

static inline uint8_t peek_choice(const struct steps *s)
{
    return s->input.data[STEP_SIZE - 1];
}

#endif
