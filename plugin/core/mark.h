/* SPDX-License-Identifier: GPL-2.0-or-later
 * mark.h - one packet, as later ones refer to it. Frame numbers do not tell packets apart: a read filter
 * (tshark -2 -R) gives the number of a packet that it drops to the next one. */
#ifndef VSOCK_CORE_MARK_H
#define VSOCK_CORE_MARK_H

#include <stdint.h>

#define VSOCK_TIME_NONE INT64_MIN
#define VSOCK_SECOND INT64_C(1000000000) /* in nanoseconds, as all times are */

/* Zero-initialised: no packet. */
struct vsock_mark {
    uint32_t record; /* number of the packet in its capture, from 1; 0: none */
    uint32_t frame;  /* its number for people */
    int64_t time;    /* nanoseconds since the epoch */
};

#endif
