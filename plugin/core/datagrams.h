/* SPDX-License-Identifier: GPL-2.0-or-later
 * datagrams.h - packets of type DGRAM. They are in no stream: they open none, and end none. Mainline Linux
 * has no such sockets, and answers each by a RST of that type (virtio_transport_recv_pkt()); libkrun, with a
 * kernel of its own, sends sockets' traffic by them, and the time. */
#ifndef VSOCK_CORE_DATAGRAMS_H
#define VSOCK_CORE_DATAGRAMS_H

#include "judge.h"

/* What one side sent to the other. */
struct vsock_datagrams_sent {
    uint32_t count;   /* of its RWs */
    uint32_t waiting; /* those that may be refused yet: who sends datagrams itself takes them */
    uint32_t refused;
    struct vsock_mark first, last; /* RSTs that refused them; no records, but those before */
};

/* Between two endpoints, where they were recorded. */
struct vsock_datagrams {
    struct vsock_key key; /* capture.c's; the last word: where */
    struct vsock_endpoint side[2];
    const struct vsock_capture_source *source;
    struct vsock_datagrams_sent sent[2];
};

/* `at`: with the record before it. */
void vsock_datagrams_take(struct vsock_datagrams *datagrams, uint16_t op, uint8_t side,
                          const struct vsock_mark *at);

/* Adds those that were refused, where a packet of these endpoints is selected. `only` as in vsock_judge(). */
void vsock_datagrams_judge(const struct vsock_capture *capture, const struct vsock_selection *only,
                           GArray *found);

#endif
