/* SPDX-License-Identifier: GPL-2.0-or-later
 * subject.c - what a diagnosis is about. */
#include "subject.h"

#include <string.h>

unsigned vsock_subject_hash(const void *subject)
{
    const struct vsock_subject *s = (const struct vsock_subject *)subject;
    uint64_t sum = (uint64_t)s->code << 32 | s->stream;

    sum = sum * 31 + s->src_cid;
    sum = sum * 31 + s->src_port;
    sum = sum * 31 + s->dst_cid;
    sum = sum * 31 + s->dst_port;
    return (unsigned)(sum ^ sum >> 32);
}

gboolean vsock_subject_equal(const void *subject, const void *other)
{
    return memcmp(subject, other, sizeof(struct vsock_subject)) == 0;
}

struct vsock_subject vsock_subject_of(const struct vsock_diagnosis *d)
{
    return (struct vsock_subject){
        .src_cid = d->src_scope != VSOCK_SCOPE_NONE ? d->src.cid : 0,
        .dst_cid = d->dst_scope != VSOCK_SCOPE_NONE ? d->dst.cid : 0,
        .src_port = d->src_scope == VSOCK_SCOPE_ENDPOINT ? d->src.port : 0,
        .dst_port = d->dst_scope == VSOCK_SCOPE_ENDPOINT ? d->dst.port : 0,
        .src_scope = d->src_scope,
        .dst_scope = d->dst_scope,
        .code = d->code,
        .stream = d->stream,
        .side = d->side,
    };
}
