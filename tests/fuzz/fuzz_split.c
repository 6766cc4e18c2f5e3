/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_split.c - RWs that vhost splits, and packets that were captured twice: core/fragment.h and
 * core/duplicates.h. Input: for each packet 1 byte, whose bit 0 is the side, and bits 1-2 say whether it
 * waits for its copy, or may be one; virtio.len and the record's payload in 3 bytes each; 1 byte of
 * virtio.fwd_cnt.
 */
#include "../unit/packet.h"
#include "check.h"
#include "core/duplicates.h"
#include "core/fragment.h"

static struct vsock_packet take_rw(struct input *in)
{
    struct record r;

    r = sound_record(VSOCK_OP_RW, (uint32_t)take_number(in, 3));
    r.length = (uint32_t)VSOCK_HEADERS_MAX + (uint32_t)take_number(in, 3);
    SET_VIRTIO(&r, fwd_cnt, take_number(in, 1));
    return read_record(&r);
}

static void check_split(struct vsock_split *s, enum vsock_tap_layout *layout, const struct vsock_packet *rw)
{
    enum vsock_tap_layout known = *layout;
    struct vsock_split_part part = vsock_split_take(s, layout, rw);

    CHECK(*layout == VSOCK_TAP_UNKNOWN || *layout == VSOCK_TAP_REMAINING || *layout == VSOCK_TAP_WHOLE);
    CHECK_IMPLIES(known != VSOCK_TAP_UNKNOWN, *layout != VSOCK_TAP_UNKNOWN);
    CHECK_IMPLIES(*layout == VSOCK_TAP_REMAINING, part.skip == 0);
    CHECK_IMPLIES(part.skip > 0, part.skip + rw->payload_length <= rw->payload_present);
    CHECK_IMPLIES(s->whole == 0, s->first == 0 && s->sent == 0);
    CHECK_IMPLIES(s->whole > 0, s->sent > 0 && s->sent < s->whole && s->first > 0);
}

/* The packets that wait, a list like core/duplicates.c's ring, that grows at one end and is searched from the
 * other. */
static void check_duplicates(struct vsock_duplicates *d, const struct vsock_packet *p, uint8_t side,
                             bool waits)
{
    uint32_t before = d->count, skip = UINT32_MAX;

    if (waits) {
        vsock_duplicates_wait(d, p, side, side);
        CHECK(d->count == (before < VSOCK_DUPLICATES_MAX ? before + 1 : before));
    } else {
        bool taken = vsock_duplicates_take(d, p, side, &skip);

        CHECK(d->count == before - taken);
        CHECK(skip == (taken ? side : UINT32_MAX));
    }
    CHECK(d->count <= VSOCK_DUPLICATES_MAX && d->first < VSOCK_DUPLICATES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct vsock_split split[2] = {{0, 0, 0}, {0, 0, 0}};
    enum vsock_tap_layout layout = VSOCK_TAP_UNKNOWN;
    struct vsock_duplicates duplicates;

    duplicates.first = duplicates.count = 0;
    while (in.left >= 8) {
        uint8_t kind = (uint8_t)take_number(&in, 1), side = kind & 1;
        struct vsock_packet rw = take_rw(&in);

        check_split(&split[side], &layout, &rw);
        if (kind & 2)
            check_duplicates(&duplicates, &rw, side, (kind & 4) != 0);
    }
    return 0;
}
