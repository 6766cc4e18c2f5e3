/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_reassembly.c - a connection's payload, and dissectors that say anything to it: core/reassembly.h.
 * Input: 1 byte of what the connection is, 1 of the limit, and for each packet 8 bytes: what it is; its
 * length (2) and how many of its last bytes were not captured; what dissectors say to its first offer (2),
 * and to any other (2). */
#include <string.h>

#include "check.h"
#include "core/reassembly.h"

#define PACKET_SIZE 8
#define PACKETS_MAX 256
#define LENGTH_MAX 4096 /* of a packet */
#define NOTHING UINT64_MAX
#define LOOKS_FREELY 8192
#define LOOKS_MAX 65536
#define SMALL 1024

enum kind {
    SENDER = 1,
    IN_STREAM = 2,
    END_OF_MESSAGE = 4,
    SENDER_GAP = 8,
    RECEIVER_GAP = 16,
    ENDS_SENDER = 32,
    ENDS_RECEIVER = 64,
};

/* A step that was taken, and what there was of its PDU then. */
struct taken {
    struct vsock_payload_step step;
    unsigned segments;
};

/* What is known of one side's stream from the steps so far. Places are offsets in the stream. */
struct side {
    uint64_t sent;
    uint64_t consumed; /* up to where dissectors have taken what they got, or it was said to be given up */
    uint64_t captured;
};

static struct run {
    struct vsock_reassembly reassembly;
    struct side side[2];
    const struct vsock_payload *packet;
    struct vsock_payload_answer answer[2];
    struct vsock_looks looks;
    uint64_t looked; /* bytes of offers */
    uint32_t frame;
    uint64_t owed;      /* where what a dissector wants more of begins, while no step has it; or NOTHING */
    unsigned asked;     /* offers in this packet */
    uint32_t at;        /* up to where this packet's bytes were in steps */
    bool handed_over;   /* they were, just now: what a dissector leaves over of them comes next */
    bool only_plain;    /* the packet's only step so far is to be handed over */
    wmem_array_t *done; /* struct taken */
} * run;

static uint8_t byte_at(uint8_t side, uint64_t place)
{
    return (uint8_t)((place + 1 + side * UINT64_C(7777)) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void fill(uint8_t *bytes, uint32_t count, uint8_t side, uint64_t place)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = byte_at(side, place + i);
}

static void check_pdu(const struct vsock_payload_step *s)
{
    const struct vsock_pdu *pdu = s->pdu;
    const struct vsock_segment *segments = NULL;
    unsigned count = vsock_pdu_segments(pdu, s->captured, &segments);
    uint32_t last = 0;

    CHECK(s->captured <= s->reported && s->captured <= run->reassembly.limit + LENGTH_MAX);
    CHECK(pdu->message == run->reassembly.seqpacket && pdu->sender < 2);
    for (uint32_t i = 0; i < s->captured; i++)
        CHECK(vsock_pdu_bytes(pdu)[i] == byte_at(pdu->sender, pdu->offset + i));
    for (unsigned i = 0; i < count; i++) {
        CHECK(segments[i].frame > last && segments[i].frame <= run->frame);
        CHECK(segments[i].end > pdu->start + (i > 0 ? segments[i - 1].end - pdu->start : 0));
        last = segments[i].frame;
    }
    CHECK(count == 0 || segments[count - 1].end - pdu->start >= s->captured);
    CHECK((count == 0) == (s->captured == 0));
}

/* The packet's bytes are in steps one after the other, and what a dissector leaves over of them once more. */
static void check_own(const struct vsock_payload_step *s)
{
    CHECK(s->offset <= run->packet->length && s->length <= run->packet->length - s->offset);
    if (s->length == 0)
        return;
    CHECK(s->offset == run->at || (run->handed_over && s->offset + s->length == run->at));
    run->handed_over = s->action == VSOCK_ACT_HAND_OVER || s->action == VSOCK_ACT_OFFER;
    run->at = s->offset + s->length;
}

/* A dissector gets bytes in order, and never again what it or another has taken. */
static void consume(uint8_t side, uint64_t from, uint64_t to)
{
    CHECK(from >= run->side[side].consumed && to >= from);
    run->side[side].consumed = to;
}

static struct vsock_payload_answer ask(const struct vsock_payload_step *s)
{
    struct side *side = &run->side[run->packet->sender];
    struct vsock_payload_answer a = run->answer[run->asked++ > 0];
    uint64_t from = s->pdu ? s->pdu->offset : run->packet->offset + s->offset;
    uint32_t length = s->pdu ? s->captured : s->length;

    run->looked += s->pdu ? s->captured : 0;
    CHECK(run->looked == run->looks.bytes);
    CHECK(run->looked <= LOOKS_MAX + run->reassembly.limit + LENGTH_MAX +
                             4 * (run->side[0].captured + run->side[1].captured));
    CHECK(length > 0 && run->owed == NOTHING);
    a.offset = a.offset & 0x80 ? length - MIN(length, a.offset & 0x7f) : a.offset;
    if (!a.taken) {
        CHECK(from >= side->consumed);
    } else if (a.more == 0 || !s->may_ask || a.offset >= length) {
        consume(run->packet->sender, from, from + length);
    } else {
        consume(run->packet->sender, from, from + a.offset);
        run->owed = from + a.offset;
    }
    return a;
}

static struct vsock_payload_answer take_step(void *user, const struct vsock_payload_step *s)
{
    bool plain = s->action == VSOCK_ACT_HAND_OVER && s->offset == 0 && s->length == run->packet->captured;
    struct run *of_run = (struct run *)user;
    struct taken taken = {*s, 0};
    const struct vsock_segment *segments;

    CHECK(of_run == run);
    CHECK((s->pdu == NULL) == (s->action == VSOCK_ACT_HAND_OVER || s->action == VSOCK_ACT_SKIP));
    CHECK_IMPLIES(s->dissectable, s->action == VSOCK_ACT_END && s->captured > 0);
    CHECK_IMPLIES(s->may_ask, run->reassembly.may_join && !run->reassembly.seqpacket);
    check_own(s);
    if (s->pdu) {
        check_pdu(s);
        taken.segments = vsock_pdu_segments(s->pdu, s->captured, &segments);
        run->owed = s->pdu->offset == run->owed ? NOTHING : run->owed;
    }
    run->only_plain &= plain;
    wmem_array_append_one(run->done, taken);
    if (s->dissectable)
        consume(s->pdu->sender, s->pdu->offset, s->pdu->offset + s->captured);
    if (s->action == VSOCK_ACT_HAND_OVER || s->action == VSOCK_ACT_OFFER)
        return ask(s);
    return (struct vsock_payload_answer){0};
}

/* What may be open after a packet, and how large. */
static void check_side(uint8_t number)
{
    const struct vsock_payload_side *side = &run->reassembly.side[number];
    const struct vsock_pdu *open = side->open;

    CHECK(side->rejected <= VSOCK_REJECTED_MAX);
    if (!open)
        return;
    CHECK(side->skip == 0 && open->sender == number && open->offset >= run->side[number].consumed);
    CHECK(open->length <= run->reassembly.limit || open->message || open->undecided);
    CHECK_IMPLIES(VSOCK_WANTED_IS_KNOWN(open->wanted),
                  open->wanted > open->length && open->wanted <= run->reassembly.limit);
    CHECK_IMPLIES(open->undecided, open->length < VSOCK_UNDECIDED_MAX);
}

/* A PDU that was open ends in a step; only of first bytes nothing is said, they were shown as data. */
static void check_none_is_lost(const struct vsock_pdu *was, const struct vsock_pdu *is, unsigned before)
{
    bool told = !was || was == is || was->undecided;

    for (unsigned i = before; i < wmem_array_get_count(run->done) && !told; i++) {
        const struct vsock_payload_step *s = &((const struct taken *)wmem_array_index(run->done, i))->step;

        told = s->pdu == was && (s->action == VSOCK_ACT_OFFER || s->action == VSOCK_ACT_END);
    }
    CHECK(told);
}

static void check_packet(bool was_plain)
{
    const struct vsock_payload *p = run->packet;
    const struct vsock_payload_side *sender = &run->reassembly.side[p->sender];
    const struct vsock_payload_side *receiver = &run->reassembly.side[p->sender ^ 1];
    bool stream = !run->reassembly.seqpacket && p->in_stream;

    CHECK_IMPLIES(stream, run->at == p->captured);
    CHECK(run->owed == NOTHING || (sender->open && sender->open->offset == run->owed));
    CHECK_IMPLIES(p->ends_sender || (stream && p->captured < p->length), !sender->open);
    CHECK_IMPLIES(p->ends_receiver || p->receiver_gap, !receiver->open);
    CHECK_IMPLIES(p->receiver_gap, receiver->skip == 0);
    if (was_plain && stream && !p->receiver_gap && !p->ends_receiver && !run->answer[0].taken)
        CHECK(run->only_plain && run->asked == (p->captured > 0));
    check_side(0);
    check_side(1);
}

static struct vsock_payload_answer take_answer(struct input *in)
{
    uint8_t kind = (uint8_t)take_number(in, 1);
    const uint32_t more[] = {0, VSOCK_MORE_ANY, VSOCK_MORE_UNTIL_END, 1 + (uint32_t)(kind >> 3) * 13};

    return (struct vsock_payload_answer){
        .taken = kind & 1, .more = more[kind >> 1 & 3], .offset = (uint32_t)take_number(in, 1)};
}

static void take_packet(struct input *in, uint32_t frame)
{
    uint8_t kind = (uint8_t)take_number(in, 1), bytes[LENGTH_MAX];
    struct vsock_payload p = {
        .bytes = bytes,
        .length = (uint32_t)take_number(in, 2) % LENGTH_MAX,
        .frame = frame,
        .sender = kind & SENDER,
        .in_stream = (kind & IN_STREAM) != 0,
        .end_of_message = (kind & END_OF_MESSAGE) != 0,
        .sender_gap = (kind & SENDER_GAP) != 0,
        .receiver_gap = (kind & RECEIVER_GAP) != 0,
        .ends_sender = (kind & ENDS_SENDER) != 0,
        .ends_receiver = (kind & ENDS_RECEIVER) != 0,
    };
    struct side *side = &run->side[p.sender];
    const struct vsock_payload_side *sides = run->reassembly.side;
    const struct vsock_pdu *open[2] = {sides[0].open, sides[1].open};
    bool was_plain = vsock_payload_is_plain(&sides[p.sender]);
    unsigned before = wmem_array_get_count(run->done);
    uint32_t missing = (uint32_t)take_number(in, 1);

    p.captured = p.length - MIN(p.length, missing);
    side->sent += p.sender_gap ? 7 : 0; /* so that bytes of either side of it do not fit together */
    run->side[p.sender ^ 1].sent += p.receiver_gap ? 7 : 0;
    p.offset = side->sent;
    fill(bytes, p.captured, p.sender, p.offset);
    if (p.in_stream) {
        side->sent += p.length;
        side->captured += p.captured;
    }
    run->packet = &p;
    run->frame = frame;
    run->owed = NOTHING;
    run->answer[0] = take_answer(in);
    run->answer[1] = take_answer(in);
    run->asked = run->at = 0;
    run->handed_over = false;
    run->only_plain = true;
    vsock_reassembly_take(&run->reassembly, &p, run);
    check_packet(was_plain);
    check_none_is_lost(open[0], sides[0].open, before);
    check_none_is_lost(open[1], sides[1].open, before);
}

/* Later passes: every step has what it had, and no more is kept than twice what was captured. */
static void check_later(void)
{
    uint64_t kept = 0;

    for (unsigned i = 0; i < wmem_array_get_count(run->done); i++) {
        const struct taken *t = (const struct taken *)wmem_array_index(run->done, i);
        const struct vsock_segment *segments;
        bool seen = !t->step.pdu;

        if (!seen) {
            check_pdu(&t->step);
            CHECK(vsock_pdu_segments(t->step.pdu, t->step.captured, &segments) == t->segments);
        }
        for (unsigned j = 0; j < i && !seen; j++) {
            const struct vsock_pdu *before = ((const struct taken *)wmem_array_index(run->done, j))->step.pdu;

            seen = before && before->bytes == t->step.pdu->bytes;
        }
        kept += seen ? 0 : wmem_array_get_count(t->step.pdu->bytes);
    }
    CHECK(kept <= 2 * (run->side[0].captured + run->side[1].captured));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    uint8_t kind = (uint8_t)take_number(&in, 1);
    uint64_t limit = take_number(&in, 1) << (kind >> 4 & 7);
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    struct run this_run = {
        .reassembly =
            vsock_reassembly_start(scope, NULL, take_step, limit, kind & 1, (kind & 2) != 0, (kind & 4) != 0),
        .done = wmem_array_new(scope, sizeof(struct taken)),
    };

    run = &this_run;
    run->reassembly.looks = &run->looks;
    run->looks.freely = LOOKS_FREELY;
    run->looks.most = LOOKS_MAX;
    run->looks.small = SMALL;
    for (uint32_t frame = 1; in.left >= PACKET_SIZE && frame <= PACKETS_MAX; frame++)
        take_packet(&in, frame);
    check_later();
    run = NULL;
    wmem_destroy_allocator(scope);
    return 0;
}
