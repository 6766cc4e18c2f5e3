/* SPDX-License-Identifier: GPL-2.0-or-later
 * judge.h - the verdict on a capture: each stream by itself, then all of them together. */
#ifndef VSOCK_CORE_JUDGE_H
#define VSOCK_CORE_JUDGE_H

#include "twins.h"

/* What the user wants to know of. What is said of many streams is judged by all, and told where one of these
 * is among them. */
struct vsock_selection {
    GHashTable *streams;                         /* a set of GUINT_TO_POINTER(vsock.stream) */
    GHashTable *datagrams;                       /* a set of struct vsock_datagrams *; NULL: of none */
    struct vsock_stream_diagnosis *unassociated; /* of packets in no stream */
};

/* Adds the diagnoses to an empty array of struct vsock_diagnosis, in the order of a report. `only`: NULL for
 * everything. Returns how many streams were looked at. */
uint32_t vsock_judge(const struct vsock_capture *capture, const struct vsock_selection *only, GArray *found);

/* The same, of their capture, as it was when they were looked for: for who shows them, too. After
 * vsock_delivery_find(). */
uint32_t vsock_judge_twins(const struct vsock_twins *twins, const struct vsock_selection *only,
                           GArray *found);

#endif
