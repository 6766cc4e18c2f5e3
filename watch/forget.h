/* SPDX-License-Identifier: GPL-2.0-or-later
 * forget.h - keeps an account (core/capture.h) small: of packets, the latest records are kept; of
 * connections, those that are open, and the latest of those that are over. What is forgotten has to be judged
 * before. Streams are counted anew then, from 0, and vsock_forget_number() has the numbers that they had. */
#ifndef VSOCK_WATCH_FORGET_H
#define VSOCK_WATCH_FORGET_H

#include "core/capture.h"

/* For each connection: packets, of which the records are kept. */
#define VSOCK_FORGET_RECORDS 4

/* Those that are open, for each that is over. */
#define VSOCK_FORGET_OPEN 4

struct vsock_forget {
    uint32_t
        connections;  /* that are over, of which the latest are kept; 0: nothing is forgotten but records */
    uint32_t records; /* that are kept */
    uint32_t over, open; /* connections that were forgotten; the latter had not ended */
    uint32_t due;        /* it is time when there are so many streams, tuples or datagrams */
    uint32_t looked;     /* number of records when connections were last looked at */
    GArray *numbers;     /* vsock.stream, by index, of the streams that were kept then */
};

/* Of so many that are over, once there are twice as many. `forgets` false: of none, but their packets. */
struct vsock_forget vsock_forget_new(uint32_t connections, bool forgets);
void vsock_forget_clear(struct vsock_forget *forget);

/* Forgets records, if it is time. What was found of them stays. */
void vsock_forget_records(const struct vsock_forget *forget, struct vsock_capture *capture);

/* Is it time to forget connections? */
bool vsock_forget_is_due(const struct vsock_forget *forget, const struct vsock_capture *capture);

/* Forgets connections. `tell` is called with each of them before it is gone. */
void vsock_forget_connections(struct vsock_forget *forget, struct vsock_capture *capture,
                              void (*tell)(const struct vsock_stream *stream, void *context), void *context);

/* vsock.stream of the stream that has this index now. */
uint32_t vsock_forget_number(const struct vsock_forget *forget, uint32_t index);

#endif
