/* SPDX-License-Identifier: GPL-2.0-or-later
 * intake.c - from records to the account of a capture.
 * Sources: tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, LINKTYPE_LINUX_SLL2.html, whose numbers are
 * big-endian; ARPHRD_VSOCKMON of linux/if_arp.h. */
#include "intake.h"

#include "core/malformed.h"

#define ARPHRD_VSOCKMON 826
#define LENGTH_MAX INT32_MAX /* of a record; Wireshark takes no longer ones */

/* What is larger is an Ethernet type, and Wireshark goes by that; the device's records have 0. */
#define PROTOCOL_MAX 0x600

/* Cooked headers, by enum vsock_link: bytes, and where numbers stand. */
static const struct cooked {
    uint32_t length, protocol, hatype;
} cooked[] = {
    [VSOCK_LINK_SLL] = {16, 14, 2},
    [VSOCK_LINK_SLL2] = {20, 0, 8},
};

static unsigned number_at(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

void vsock_intake_init(struct vsock_intake *intake)
{
    *intake = (struct vsock_intake){.memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK)};
    intake->capture = vsock_capture_new(intake->memory);
    intake->capture->thresholds = vsock_thresholds_usual();
}

void vsock_intake_clear(struct vsock_intake *intake)
{
    wmem_destroy_allocator(intake->memory);
}

/* Takes the cooked header off. False: what follows is not vsockmon's. */
static bool uncook(struct vsock_frame *frame)
{
    const struct cooked *header = &cooked[frame->link];

    if (frame->captured < header->length || number_at(frame->bytes + header->hatype) != ARPHRD_VSOCKMON ||
        number_at(frame->bytes + header->protocol) > PROTOCOL_MAX)
        return false;
    frame->bytes += header->length;
    frame->captured -= header->length;
    frame->length -= header->length;
    return true;
}

static bool is_vsock(struct vsock_frame *frame)
{
    switch (frame->link) {
    case VSOCK_LINK_VSOCK:
        return true;
    case VSOCK_LINK_SLL:
    case VSOCK_LINK_SLL2:
        return uncook(frame);
    case VSOCK_LINK_OTHER:
        break;
    }
    return false;
}

static void add_stall(struct vsock_intake *intake, const struct vsock_record *r)
{
    int64_t *sum = &intake->stall_time[r->ext->stall_cause];
    const struct vsock_record *began = vsock_capture_record(intake->capture, r->ext->stall);

    *sum = vsock_time_sum(*sum, vsock_time_passed(began->time, r->time));
}

static const struct vsock_record *take(struct vsock_intake *intake, const struct vsock_frame *frame)
{
    struct vsock_arrival at = {.section = frame->section,
                               .interface = frame->interface,
                               .frame = intake->frames,
                               .untimed = frame->untimed,
                               .time = frame->time};
    struct vsock_packet packet;
    const struct vsock_record *r;
    uint32_t malformed;

    vsock_packet_read(&packet, frame->bytes, frame->captured, frame->length);
    if (vsock_rw_captured(&packet) > 0)
        vsock_rw_set_payload(&packet, frame->bytes + packet.payload_offset);
    malformed = vsock_malformed(&packet);
    if (malformed != 0)
        intake->malformed[(malformed & ~VSOCK_MALFORMED_NOTES) != 0]++;
    if (intake->capture->packets == 0)
        intake->capture->start = intake->first_time;
    intake->bytes += frame->length;
    r = vsock_capture_take(intake->capture, &packet, malformed, &at);
    if (r && VSOCK_RECORD_HAS(r, STALL_ENDED))
        add_stall(intake, r);
    return r;
}

const struct vsock_record *vsock_intake_take(struct vsock_intake *intake, const struct vsock_frame *frame)
{
    struct vsock_frame inner = *frame;

    if (intake->frames++ == 0)
        intake->first_time = frame->time;
    inner.length = MIN(inner.length, LENGTH_MAX);
    inner.captured = MIN(inner.captured, inner.length);
    return is_vsock(&inner) ? take(intake, &inner) : NULL;
}
