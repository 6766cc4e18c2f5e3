/* SPDX-License-Identifier: GPL-2.0-or-later
 * twins.h - a connection that was recorded on its host and in its guest: two streams of one capture, which
 * are views of one connection, and which packet of the one is which of the other. Endpoints are the same, on
 * two interfaces or in two sections; so they are where one machine was recorded twice. What tells is time:
 * with the one of the two as the host's recording, no packet arrives before it was sent, and with the other,
 * many do. Where both would do, or neither, nothing is a twin. Loopback has no two sides; a guest's traffic
 * with a sibling has no host's side. */
#ifndef VSOCK_CORE_TWINS_H
#define VSOCK_CORE_TWINS_H

#include "capture.h"

/* vsock.view. Numbers are filter values. */
enum vsock_view {
    VSOCK_VIEW_NONE = 0, /* of a recording that has no other side here */
    VSOCK_VIEW_HOST = 1,
    VSOCK_VIEW_GUEST = 2,
};

#define VSOCK_VIEW_NAMES(NAME)                                                                               \
    NAME(VSOCK_VIEW_HOST, "Host")                                                                            \
    NAME(VSOCK_VIEW_GUEST, "Guest")

struct vsock_views;

/* A host's recording and one of its guest's. */
struct vsock_sides {
    const struct vsock_capture_source *source[2]; /* the host's, the guest's */
    struct vsock_views *connections;
    unsigned count;         /* of these */
    bool lacks[2];          /* records that the other one has are missing in the host's, or the guest's */
    bool is_set;            /* their clocks were set meanwhile, one or the other, or contradict each other */
    int64_t ahead;          /* the guest's clock, at the first packet: the middle of its bounds */
    int64_t ahead_at_end;   /* ... at the last */
    int64_t within, widest; /* half of what is between the bounds: at the least, and at most */
};

/* What one side sent last, and the other side does not have. */
struct vsock_tail {
    const struct vsock_stream *stream; /* the sender's view; NULL: there is none */
    uint32_t first, last;              /* records */
    uint32_t packets;
    bool opens; /* the window of the other side, which takes it for shut to the end */
};

/* Streams of one connection: in the host's recording and in the guest's. */
struct vsock_views {
    const struct vsock_stream *of[2];
    const struct vsock_sides *sides;
    struct vsock_tail undelivered[2]; /* by side, of what it sent: delivery.h's */
};

struct vsock_twins {
    const struct vsock_capture *capture;
    uint32_t records, streams; /* the capture had when they were looked for; later ones have no twins */
    wmem_array_t *sides;       /* of struct vsock_sides *; what follows is NULL where there are none */
    uint32_t *twin;            /* by record: the other's number; 0: it has none */
    uint32_t *figure; /* in microseconds: of the earlier of two records, how long the packet was under way, a
                         signed number; of the later, how uncertain that is */
    const struct vsock_views **views; /* by stream; NULL: of a connection with one view */
};

/* Looks at the whole capture. What it returns is the allocator's, and holds of what the capture has now.
 * Tells the sources, too, that have clocks of their own (struct vsock_capture_source). Of a capture of which
 * records are forgotten, nothing is a twin. */
struct vsock_twins *vsock_twins_find(const struct vsock_capture *capture, wmem_allocator_t *memory);

/* The number of the same packet's record in the other view; 0: it has none. */
uint32_t vsock_twin_of(const struct vsock_twins *twins, uint32_t record);

/* Both views of the stream's connection, or NULL where it has one. */
const struct vsock_views *vsock_views_of(const struct vsock_twins *twins, const struct vsock_stream *stream);

/* The other one, or NULL. */
const struct vsock_stream *vsock_twin_stream(const struct vsock_twins *twins,
                                             const struct vsock_stream *stream);

enum vsock_view vsock_view_of(const struct vsock_twins *twins, const struct vsock_capture_source *source);

/* How long a packet was under way, from the sender's recording to the receiver's, in nanoseconds. */
struct vsock_delay {
    bool known;
    int64_t time, within; /* it may be so much more, or less */
};

struct vsock_delay vsock_twin_delay(const struct vsock_twins *twins, uint32_t record);

/* The side of the stream that is the host's; of a stream that has one. */
uint8_t vsock_host_side(const struct vsock_stream *stream);

#endif
