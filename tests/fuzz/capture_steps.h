/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture_steps.h - steps (steps.h) as packets of a capture. Bits 0 to 3 of a step's choice are the server's
 * port, bit 4 the client's CID; the others are an enum oddity. */
#ifndef VSOCK_TESTS_FUZZ_CAPTURE_STEPS_H
#define VSOCK_TESTS_FUZZ_CAPTURE_STEPS_H

#include <string.h>

#include "core/capture.h"
#include "steps.h"

enum oddity {
    NOTHING_ODD,
    OTHER_INTERFACE,
    OTHER_SECTION,
    LOOPBACK,    /* whatever CID was dialled */
    HOST,        /* is the server */
    ITSELF,      /* is the server */
    BAD_HEADERS, /* enum bad, by the port */
    SAME_FRAME,  /* number as the packet before, as after a read filter */
};

enum bad {
    MON_CUT,
    VIRTIO_CUT,
    NO_VIRTIO,
    TRANSPORT_LENGTH,
    WIDE_CID,
    RESERVED_CID,
    SURPLUS, /* payload */
    MISMATCH,
};

/* Zero-initialised but for `steps.input`. */
struct capture_steps {
    struct steps steps;
    struct history histories[UINT8_MAX + 1];
    struct step last;
    uint32_t frame;
};

static inline void name_ends(struct record *r, uint8_t side, unsigned choice)
{
    enum oddity oddity = (enum oddity)(choice >> 5);
    struct vsock_endpoint end[2] = {{42 + (choice >> 4 & 1), 1024}, {3, 1 + (choice & 15)}};

    if (oddity == LOOPBACK) {
        end[1].cid = choice & 1 ? VSOCK_CID_LOCAL : end[0].cid;
        end[side].cid = VSOCK_CID_LOCAL; /* as Linux has it */
    }
    if (oddity == HOST)
        end[1].cid = VSOCK_CID_HOST;
    if (oddity == ITSELF)
        end[1] = end[0];
    SET_MON(r, src_cid, end[side].cid);
    SET_MON(r, dst_cid, end[side ^ 1].cid);
    SET_MON(r, src_port, end[side].port);
    SET_MON(r, dst_port, end[side ^ 1].port);
    memcpy(r->bytes + sizeof(struct vsockmon_wire), r->bytes, VSOCK_WIRE_END(virtio_vsock_wire, dst_port));
}

/* Returns how many bytes of the record are captured. */
static inline uint32_t spoil(struct record *r, unsigned choice)
{
    switch ((enum bad)(choice & 7)) {
    case MON_CUT:
        return choice & 8 ? 31 : 20;
    case VIRTIO_CUT:
        return 75;
    case NO_VIRTIO:
        SET_MON(r, transport, VSOCKMON_TRANSPORT_NO_INFO);
        break;
    case TRANSPORT_LENGTH:
        SET_MON(r, len, choice & 8 ? 43 : 60);
        break;
    case WIDE_CID:
        SET_MON(r, src_cid, UINT64_MAX);
        break;
    case RESERVED_CID:
        SET_MON(r, dst_cid, VSOCK_CID_ANY);
        break;
    case SURPLUS:
        r->length += 100;
        break;
    case MISMATCH:
        SET_VIRTIO(r, src_port, 7);
        break;
    }
    return UINT32_MAX;
}

/* The next packet, and where it was recorded. */
static inline struct step take_packet(struct capture_steps *s, struct vsock_arrival *at)
{
    uint8_t peeked = peek_choice(&s->steps);
    struct step step = take_step(&s->steps, &s->histories[peeked]);
    uint8_t choice = step.choice;
    uint32_t payload = step.packet.virtio.len;

    if (step.again && s->steps.taken > 1) {
        step.packet = s->last.packet;
        step.record = s->last.record;
        choice = step.choice = s->last.choice;
    } else {
        uint32_t captured = UINT32_MAX;

        name_ends(&step.record, step.side, choice);
        step.record.length += payload < UINT32_MAX / 2 ? payload : 0;
        if (choice >> 5 == BAD_HEADERS)
            captured = spoil(&step.record, choice);
        step.packet = read_cut(&step.record, captured);
        step.packet.fill = (enum vsock_fill)(step.packet.virtio.buf_alloc % (VSOCK_FILL_BLANK + 1));
    }
    s->last = step;
    if (choice >> 5 != SAME_FRAME || s->frame == 0)
        s->frame++;
    *at = (struct vsock_arrival){
        .section = choice >> 5 == OTHER_SECTION,
        .interface = choice >> 5 == OTHER_INTERFACE,
        .frame = s->frame,
        .layer = choice & 15,
        .time = step.at.time,
    };
    return step;
}

#endif
