/* SPDX-License-Identifier: GPL-2.0-or-later
 * lives.h - the life of every connection, gathered from the tap: for what looks at streams as a whole.
 * A filter picks the streams with a matching packet; each is gathered whole. */
#ifndef VSOCK_TAP_LIVES_H
#define VSOCK_TAP_LIVES_H

#include <epan/packet.h>

#include "core/life.h"
#include "core/timeline.h"
#include "tap.h"

/* A problem of one stream; each code at most once a direction. */
struct vsock_trouble {
    struct vsock_trouble *next;
    struct vsock_diagnosis diagnosis;
};

/* Two CIDs on one interface, and when they were silent. */
struct vsock_relation {
    const struct place *place; /* with the pair's CIDs, the key */
    struct vsock_pair pair;
    wmem_array_t *gaps; /* of struct vsock_gap; NULL while there is none */
};

struct vsock_lived {
    const struct vsock_stream *stream;
    struct vsock_life life;
    struct vsock_relation *relation;
    struct vsock_trouble *troubles;
    bool picked;
};

struct vsock_lives {
    wmem_allocator_t *memory; /* of what was gathered */
    wmem_array_t *streams;    /* of struct vsock_lived *, by vsock.stream; NULL where none was seen */
    wmem_map_t *relations;
    wmem_list_t *relation_list;   /* of struct vsock_relation *, in the order of the capture */
    struct vsock_trouble *astray; /* of packets in no stream */
    struct vsock_thresholds thresholds;
    uint32_t packets;   /* second copies included */
    int64_t start, end; /* times of the capture's start, and of the last packet of ours */

    char *filter; /* NULL: all streams */
    void (*draw)(struct vsock_lives *lives);
    void *user;                 /* the caller's own */
    struct vsock_lives *picker; /* itself: what the second listener is known by */
};

/* Starts to listen, until it is stopped or Wireshark ends; `draw` is called when there is something to show,
 * maybe more than once. Sets *error, to be freed, and returns NULL where the filter is wrong. `filter` may be
 * NULL. */
struct vsock_lives *vsock_lives_start(const char *filter, void (*draw)(struct vsock_lives *lives),
                                      char **error);

/* Stops listening, and frees everything. */
void vsock_lives_stop(struct vsock_lives *lives);

/* The life of a stream, or NULL; vsock_lives_get(): of one that is to be looked at. */
struct vsock_lived *vsock_lives_any(const struct vsock_lives *lives, uint32_t stream);
struct vsock_lived *vsock_lives_get(const struct vsock_lives *lives, uint32_t stream);
uint32_t vsock_lives_count(const struct vsock_lives *lives);

/* What the end of the capture tells the connection. */
struct vsock_ending vsock_lived_ending(const struct vsock_lived *lived);

/* Adds a problem to a stream's, or to the same one before. */
void vsock_trouble_add(wmem_allocator_t *memory, struct vsock_trouble **troubles,
                       const struct vsock_diagnosis *diagnosis);

/* An overrun that the receiver consumed was none: a record is missing. To be called when all is gathered. */
void vsock_lived_settle(struct vsock_lives *lives, struct vsock_lived *lived);

#endif
