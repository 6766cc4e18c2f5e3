/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture.h - a capture, from packets to connections: which stream each packet is in, and what it did there.
 * Packets are taken once, in the capture's order; judge.h says what went wrong. A connection is known by
 * where it was recorded (pcapng section and interface) and by its two endpoints; the newest generation
 * between them takes every packet until another begins, but what only an older one that is still open can
 * have sent (overlap.h). Memory is the allocator's, and is not given back before that is freed. */
#ifndef VSOCK_CORE_CAPTURE_H
#define VSOCK_CORE_CAPTURE_H

#include "fingerprint.h"
#include "record.h"
#include "spare.h"
#include "table.h"

/* So many kinds of packets that have nothing but findings share a struct vsock_record_ext each: connections
 * begin and end in fewer ways. */
#define VSOCK_SHARED_EXTS_MAX 16

/* A problem of one stream, or of packets in none; each code at most once a direction. */
struct vsock_stream_diagnosis {
    struct vsock_stream_diagnosis *next;
    struct vsock_diagnosis diagnosis;
};

struct vsock_capture {
    struct vsock_thresholds thresholds; /* the caller's, before the first packet */
    int64_t start;                      /* when the capture began; the caller's, before the first packet */
    bool is_of_several;                 /* the file names several interfaces: likewise */
    int64_t end;                        /* of the last packet, or the latest where they are out of order */
    uint32_t packets;                   /* whose endpoints were captured */
    uint32_t untimed;                   /* of these, those without a time */
    uint32_t records;                   /* numbers are 1 to this one */
    uint32_t forgotten;                 /* ... of which those up to this one are no more */
    uint32_t datagram_packets;          /* of these packets, those of type DGRAM */
    wmem_array_t *streams;              /* of struct vsock_stream *, by vsock.stream */
    struct vsock_table cid_pairs;       /* of struct vsock_cid_pair */
    struct vsock_table cids;            /* of struct vsock_cid */
    struct vsock_table datagrams;       /* of struct vsock_datagrams */
    wmem_array_t *storms;               /* of struct vsock_storm *, in the order in which they began */
    struct vsock_stream_diagnosis *unassociated; /* of packets in no stream */

    /* capture.c's own. */
    wmem_allocator_t *memory; /* of all that is kept of packets */
    struct vsock_table tuples;
    struct vsock_tuple *recent; /* of the packet before, most likely this one's too; NULL at first */
    wmem_array_t *chunks;       /* of struct vsock_record * */
    wmem_array_t *prints;       /* of struct vsock_print *, as the chunks are; none where nobody will ask */
    struct vsock_rw *spare_rws; /* to be used again before new ones are made */
    struct vsock_pending *lent_pending; /* the one that is lent; NULL: it was kept */
    uint32_t rws, rws_max;              /* RWs that were made; at most so many, 0 for any number */
    uint64_t rws_left_out;              /* those that there were too many for */
    struct vsock_record_ext *shared_exts[VSOCK_SHARED_EXTS_MAX]; /* the first ones, then NULL */
    wmem_stack_t *spare_duplicates;
    void *spare_streams, *spare_data, *spare_exts, *spare_pending,
        *spare_chunks; /* spare.h; only of what is forgotten */
    wmem_queue_t
        *candidates; /* streams that may turn out to be captured twice, in the order of their REQUESTs */
    struct vsock_table sources; /* of struct source */
    int64_t latest;             /* when the packet before was */
    bool left_out;              /* there were more connections than are followed */
    uint32_t source_count;
    struct vsock_table endpoints; /* of struct vsock_endpoints */
};

/* Where and when a packet was recorded. */
struct vsock_arrival {
    uint32_t section, interface;
    uint32_t frame;
    uint8_t layer;
    bool untimed; /* its record has no time: that of the packet before is its own, too */
    int64_t time; /* nanoseconds since the epoch */
};

struct vsock_capture *vsock_capture_new(wmem_allocator_t *memory);

/* Takes the next packet, whose findings by itself are `malformed`. Returns its record; NULL where it is in no
 * stream, since its headers were cut, or are not virtio's, or it is a datagram, or its connection is not
 * followed. */
const struct vsock_record *vsock_capture_take(struct vsock_capture *capture,
                                              const struct vsock_packet *packet, uint32_t malformed,
                                              const struct vsock_arrival *arrival);

/* Until then, no packet has come since the last one that was taken: what was waited for did not happen. For
 * who records, and knows; a capture file tells of the time of its last packet only. */
void vsock_capture_pass(struct vsock_capture *capture, int64_t time);

/* Is there that record, still? There is none of number 0. */
static inline bool vsock_capture_has_record(const struct vsock_capture *capture, uint32_t number)
{
    return number > capture->forgotten;
}

/* `number`: from 1, of a record that there is. */
struct vsock_record *vsock_capture_record(const struct vsock_capture *capture, uint32_t number);

/* What the packet's record is known by in another recording; NULL if that is not kept, as for most packets of
 * a capture that is of one interface. */
const struct vsock_print *vsock_capture_print(const struct vsock_capture *capture, uint32_t number);

const struct vsock_stream *vsock_capture_stream(const struct vsock_capture *capture, uint32_t index);

/* A sender that may not send, from the packet that shut its window on. */
struct vsock_wait {
    int64_t time;     /* for how long; 0: nobody began to wait, as far as it is known yet */
    uint32_t ends_in; /* record of the packet that ended it: it opened the window, or reset the connection, or
                         shut it down; 0 where nothing did */
    uint8_t side;     /* who waited */
    bool superseded;  /* nothing did, since another connection took its endpoints */
};

/* The one that the packet's record began, the longer of two. For later passes: on the first, it goes on. */
struct vsock_wait vsock_capture_wait(const struct vsock_capture *capture, const struct vsock_record *record);

/* An index that stands for the packet's two endpoints, wherever recorded: that of the first stream between
 * them; VSOCK_STREAM_UNKNOWN where they are not followed. Only for packets that were taken. */
uint32_t vsock_capture_pair(const struct vsock_capture *capture, const struct vsock_packet *packet,
                            const struct vsock_arrival *at);

/* The datagrams between the packet's endpoints; NULL if there are none. Only for packets that were taken. */
const struct vsock_datagrams *vsock_capture_datagrams(const struct vsock_capture *capture,
                                                      const struct vsock_packet *packet,
                                                      const struct vsock_arrival *at);

/* Of one of `sources`. One that stands for a whole section has not begun. */
const struct vsock_time_order *vsock_source_order(const void *source);

/* Where the list has a diagnosis of that code and side, or its end. */
struct vsock_stream_diagnosis **vsock_diagnosis_find(struct vsock_stream_diagnosis **list,
                                                     enum vsock_code code, uint8_t side);

/* Adds a diagnosis to the list, or to the same one that is there. */
void vsock_diagnosis_collect(wmem_allocator_t *memory, struct vsock_stream_diagnosis **list,
                             const struct vsock_diagnosis *diagnosis);

#endif
