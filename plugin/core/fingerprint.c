/* SPDX-License-Identifier: GPL-2.0-or-later
 * fingerprint.c - headers and payload, as numbers. */
#include "fingerprint.h"

static uint64_t mix(uint64_t digest, uint64_t value)
{
    /* The step of FNV-1a, over words. */
    return (digest ^ value) * UINT64_C(0x100000001b3);
}

uint64_t vsock_header_digest(const struct vsock_packet *p)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);

    digest = mix(digest, p->virtio.src_cid);
    digest = mix(digest, p->virtio.dst_cid);
    digest = mix(digest, (uint64_t)p->virtio.src_port << 32 | p->virtio.dst_port);
    digest = mix(digest, (uint64_t)p->virtio.len << 32 | (uint32_t)p->virtio.type << 16 | p->virtio.op);
    digest = mix(digest, (uint64_t)p->virtio.flags << 32 | p->virtio.buf_alloc);
    return mix(digest, p->virtio.fwd_cnt);
}

/* All bits of the digest in 32. The last step of MurmurHash3, as FNV moves bits up only. */
static uint32_t fold(uint64_t digest)
{
    digest ^= digest >> 33;
    digest *= UINT64_C(0xff51afd7ed558ccd);
    return (uint32_t)(digest ^ digest >> 33);
}

/* Are these bytes what was sent? Some kernels' taps record others: see fragment.h and unrecorded.h. */
static bool is_own(const struct vsock_packet *p)
{
    return p->payload_present <= p->virtio.len && p->fill != VSOCK_FILL_BLANK;
}

static uint32_t payload_print(const struct vsock_packet *p)
{
    uint32_t length = VSOCK_PRINT_PAYLOAD;
    uint64_t digest;

    if (p->virtio.len < length)
        length = p->virtio.len;
    if (length == 0 || !p->payload || p->payload_captured < length || !is_own(p))
        return 0;
    digest = length;
    for (uint32_t i = 0; i < length; i++)
        digest = mix(digest, p->payload[i]);
    return fold(digest) | 1;
}

struct vsock_print vsock_print_of(const struct vsock_packet *p)
{
    return (struct vsock_print){(fold(vsock_header_digest(p)) & ~7u) | (p->virtio.op & 7), payload_print(p)};
}
