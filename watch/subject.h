/* SPDX-License-Identifier: GPL-2.0-or-later
 * subject.h - what makes two diagnoses, of two verdicts on a capture, the same one: not its figures, which
 * grow. What a scope leaves out is 0. Without padding: it is compared as bytes. */
#ifndef VSOCK_WATCH_SUBJECT_H
#define VSOCK_WATCH_SUBJECT_H

#include "core/diagnosis.h"

struct vsock_subject {
    uint64_t src_cid, dst_cid;
    uint32_t src_port, dst_port;
    uint32_t src_scope, dst_scope; /* enum vsock_scope */
    uint32_t code, stream;
    uint32_t side, unused;
};
static_assert(sizeof(struct vsock_subject) == 48, "no padding");

struct vsock_subject vsock_subject_of(const struct vsock_diagnosis *diagnosis);

/* For a GHashTable. */
unsigned vsock_subject_hash(const void *subject);
gboolean vsock_subject_equal(const void *subject, const void *other);

#endif
