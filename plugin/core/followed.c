/* SPDX-License-Identifier: GPL-2.0-or-later
 * followed.c - how many connections of a capture are followed. */
#include "followed.h"

#include "capture_parts.h"

/* A pair of CIDs, and an interface, keep nearly as much as a connection. */
static bool is_full(const struct vsock_capture *c)
{
    uint64_t kept = (uint64_t)wmem_array_get_count(c->streams) + c->cid_pairs.count + c->source_count;

    return c->thresholds.followed > 0 &&
           kept >= MAX(c->thresholds.followed, c->packets / VSOCK_FOLLOWED_PACKETS);
}

/* Once connections were left out, what does not ask for one may be of these. */
bool vsock_may_begin(const struct vsock_capture *c, const struct vsock_packet *p)
{
    bool asks = vsock_is_of_connection(p) && p->virtio.op == VSOCK_OP_REQUEST;

    return (asks || !c->left_out) && !is_full(c);
}

struct vsock_diagnosis vsock_not_followed(const struct vsock_packet *p, const struct vsock_mark *at)
{
    struct vsock_diagnosis d = vsock_diagnosis_start(VSOCK_CODE_NOT_FOLLOWED, at);

    d.figures.count = 1;
    d.figures.others = vsock_is_of_connection(p) && p->virtio.op == VSOCK_OP_REQUEST;
    return d;
}

void vsock_leave_out(struct vsock_capture *c, const struct vsock_packet *p, const struct vsock_arrival *at)
{
    struct vsock_mark mark = {.frame = at->frame, .time = at->time};
    struct vsock_diagnosis d = vsock_not_followed(p, &mark);

    c->left_out = true;
    d.place = vsock_place_of_last(c, false);
    vsock_diagnosis_collect(c->memory, &c->unassociated, &d);
}
