/* SPDX-License-Identifier: GPL-2.0-or-later
 * unrecorded.c - payload that the kernel's tap did not copy. */
#include "unrecorded.h"

#include <string.h>

/* linux/poison.h */
#define PAGE_POISON 0xaa

enum vsock_fill vsock_fill_of(const uint8_t *payload, uint32_t captured)
{
    if (captured == 0)
        return VSOCK_FILL_UNKNOWN;
    if (memcmp(payload, payload + 1, captured - 1) != 0) /* each byte with the next */
        return VSOCK_FILL_CONTENT;
    if (payload[0] != 0 && payload[0] != PAGE_POISON)
        return VSOCK_FILL_CONTENT;
    return captured < VSOCK_FILL_MIN ? VSOCK_FILL_UNKNOWN : VSOCK_FILL_BLANK;
}

void vsock_rw_set_payload(struct vsock_packet *rw, const uint8_t *payload)
{
    uint32_t captured = vsock_rw_captured(rw);

    rw->payload = payload;
    rw->payload_captured = MIN(captured, rw->payload_length);
    rw->fill = vsock_fill_of(payload, captured);
}

/* Of a part of what vhost splits, such kernels record the whole: that is what was copied, or not. */
static bool is_large(const struct vsock_packet *p)
{
    return p->payload_present > VSOCK_TAP_COPIES_MAX;
}

bool vsock_unrecorded_refuted(const struct vsock_tap_kernel *kernel, enum vsock_large_payload known)
{
    return known == VSOCK_LARGE_PAYLOAD_BY_BYTES && (kernel->records_large || kernel->blanks_sent);
}

static bool is_not_recorded(const struct vsock_tap_kernel *kernel, enum vsock_large_payload known)
{
    switch (known) {
    case VSOCK_LARGE_PAYLOAD_BY_BYTES:
        return kernel->suspected && !vsock_unrecorded_refuted(kernel, known);
    case VSOCK_LARGE_PAYLOAD_RECORDED:
        return false;
    case VSOCK_LARGE_PAYLOAD_NOT_RECORDED:
        return true;
    }
    return false;
}

static void count(struct vsock_blanks *blanks, const struct vsock_packet *rw, const struct vsock_mark *at)
{
    if (blanks->count++ == 0)
        blanks->first = *at;
    blanks->last_frame = at->frame;
    blanks->bytes += rw->virtio.len;
}

bool vsock_unrecorded_take(struct vsock_blanks *blanks, struct vsock_tap_kernel *kernel,
                           const struct vsock_packet *rw, const struct vsock_mark *at,
                           enum vsock_large_payload known)
{
    bool large = is_large(rw), blank = rw->fill == VSOCK_FILL_BLANK, content = rw->fill == VSOCK_FILL_CONTENT;
    bool counts = large && (blank || known == VSOCK_LARGE_PAYLOAD_NOT_RECORDED);

    if (large)
        kernel->records_large |= content;
    else
        kernel->blanks_sent |= blank;
    blanks->has_content |= content && !large;
    if (counts)
        count(blanks, rw, at);
    kernel->suspected |= blanks->has_content && blanks->count > 0;
    return counts && is_not_recorded(kernel, known);
}

bool vsock_unrecorded_judge(const struct vsock_blanks *blanks, const struct vsock_tap_kernel *kernel,
                            enum vsock_large_payload known, struct vsock_diagnosis *d)
{
    if (blanks->count == 0 || !is_not_recorded(kernel, known))
        return false;
    *d = vsock_diagnosis_start(VSOCK_CODE_PAYLOAD_NOT_RECORDED, &blanks->first);
    d->last_frame = blanks->last_frame;
    d->figures.count = blanks->count;
    d->figures.bytes = blanks->bytes;
    return true;
}
