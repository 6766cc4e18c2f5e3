/* SPDX-License-Identifier: GPL-2.0-or-later
 * cross_stream.h - what only many connections together tell: ports that refuse, listeners that are lost,
 * scans, gaps that streams did not survive, streams that wait as one. The caller owns all memory: one server
 * per endpoint that was dialled (on CID 2: and per client CID), one target per server and client CID, one
 * prober per two CIDs, one pair per two CIDs whichever dials. All are zero-initialised, but for their names.
 * Nothing here is told apart by where it was recorded: that is the caller's, too. */
#ifndef VSOCK_CORE_CROSS_STREAM_H
#define VSOCK_CORE_CROSS_STREAM_H

#include <wsutil/wmem/wmem.h>

#include "diagnosis.h"
#include "stream.h"

/* ---- who answered requests, and how ---- */

/* Ten ports within a second are a scan, three refusals in a row a lost listener. */
#define VSOCK_SCAN_PORTS 10
#define VSOCK_LOST_REFUSALS 3

/* An endpoint that was dialled. CID 2 is the host of whoever dials it, which is not the same one for all
 * where a guest is a host itself: what it does for one client says nothing about what it does for another. */
struct vsock_server {
    struct vsock_endpoint endpoint;
    uint64_t client_cid;  /* where vsock_server_is_of_one_client() */
    uint32_t accepted[2]; /* in the whole capture: STREAM, SEQPACKET */

    /* While vsock_attempts_judge() goes through the capture. */
    uint32_t accepted_so_far, open;
    struct vsock_attempt *run[VSOCK_LOST_REFUSALS - 1]; /* refusals in a row, until they are enough */
    uint32_t refused_in_a_row;
    struct vsock_diagnosis losing; /* the latest run of enough refusals */
    struct vsock_diagnosis lost;   /* the longest; figures.count 0: there was none */

    /* Streams that were open for long, and carried nothing. */
    struct vsock_diagnosis idle;
};

/* Whether the endpoint has a server for each CID that dials it, and not one for all. */
bool vsock_server_is_of_one_client(struct vsock_endpoint endpoint);

/* A server as one client CID sees it. */
struct vsock_target {
    struct vsock_server *server;
    uint64_t client_cid;
    uint32_t requests, accepted;
    struct vsock_diagnosis refused, mismatch[2], unanswered;
    uint32_t own_fault, itself; /* of the refused */
};

/* Two CIDs, of which the first dials the second: may be probing its ports. */
struct vsock_prober {
    uint64_t client_cid, server_cid;
    struct {
        uint32_t port;
        int64_t time;          /* it refused last */
    } ports[VSOCK_SCAN_PORTS]; /* the latest, oldest first */
    unsigned count;
    struct vsock_attempt *newest;
    struct vsock_diagnosis scan;
};

enum vsock_outcome {
    VSOCK_OUTCOME_ACCEPTED,
    VSOCK_OUTCOME_REFUSED,
    VSOCK_OUTCOME_ENDED, /* of a connection that was accepted */
};

/* What became of a REQUEST, in the order of the capture. */
struct vsock_attempt {
    enum vsock_outcome outcome;
    struct vsock_mark at;
    uint16_t type;
    bool selected;  /* of a stream that the user wants to know of */
    bool own_fault; /* REFUSED by the client itself */
    bool itself;    /* ... because it is the endpoint that it dialled */
    struct vsock_server *server;
    struct vsock_target *target;
    struct vsock_prober *prober;

    /* vsock_attempts_judge()'s own. */
    bool explained;
    struct vsock_attempt *before; /* the prober's attempt that was refused before */
};

/* Fills in what servers, targets and probers are found to be. Each refusal counts once: as a mismatch of
 * types, for a lost listener, for a scan, or as it is. */
void vsock_attempts_judge(struct vsock_attempt *attempts, size_t n);

/* A REQUEST of the target that had no answer. `selected`, here and below: as an attempt's. */
void vsock_target_unanswered(struct vsock_target *target, const struct vsock_mark *at, bool selected);

/* A connection of the server that was accepted, and may have been open and empty for long. */
void vsock_server_idle(struct vsock_server *server, const struct vsock_stream *stream, bool selected);

/* Each returns false where there is nothing to say, or of no stream that was selected. */
bool vsock_target_diagnose(const struct vsock_target *target, enum vsock_code code, unsigned type,
                           struct vsock_diagnosis *d);
bool vsock_server_diagnose(const struct vsock_server *server, enum vsock_code code,
                           struct vsock_diagnosis *d);
bool vsock_prober_diagnose(const struct vsock_prober *prober, struct vsock_diagnosis *d);

/* ---- two CIDs over time ---- */

#define VSOCK_TOGETHER_MAX 8

/* A silence of both CIDs that ended with a new connection. */
struct vsock_gap {
    int64_t from, until;
};

struct vsock_waited {
    uint32_t stream;
    uint32_t frame; /* where the wait ended */
    int64_t from, until;
};

struct vsock_cid_pair {
    const struct vsock_capture_source *source;
    uint64_t low_cid, high_cid;
    wmem_array_t *gaps; /* of struct vsock_gap; the owner of the pair fills it; NULL while there is none */
    bool spoke;
    int64_t last_time;
    struct vsock_gap gap; /* the latest; until 0: none */
    bool gap_told;
    struct vsock_waited waited[VSOCK_TOGETHER_MAX]; /* the latest long stalls that ended, oldest first */
    unsigned waited_count;
    struct vsock_diagnosis together; /* figures.count 0: none */
    uint32_t together_streams[VSOCK_TOGETHER_MAX];
};

/* Any packet of the pair. */
void vsock_cid_pair_take(struct vsock_cid_pair *pair, int64_t time);

/* A connection that was requested at `requested` is open now. Returns true, once, where it is the first after
 * a silence: pair->gap is to be kept. */
bool vsock_cid_pair_opened(struct vsock_cid_pair *pair, int64_t requested);

/* A stall of `stream` has ended. */
void vsock_cid_pair_waited(struct vsock_cid_pair *pair, const struct vsock_waited *waited);

/* Of the streams that waited as one, the caller's filter leaves so many. Returns false where they are too
 * few. */
bool vsock_cid_pair_diagnose(const struct vsock_cid_pair *pair, unsigned selected, struct vsock_diagnosis *d);

/* Was the connection, that has not ended, orphaned by one of the gaps of its CIDs (in the order of time)? */
bool vsock_stream_orphaned(const struct vsock_stream *stream, const struct vsock_gap *gaps, size_t count,
                           struct vsock_diagnosis *d);

#endif
