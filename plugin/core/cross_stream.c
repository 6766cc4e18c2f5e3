/* SPDX-License-Identifier: GPL-2.0-or-later
 * cross_stream.c - two CIDs over time. */
#include "shared.h"

#include "head_of_line.h"

#define GAP_MIN (10 * VSOCK_SECOND)
#define SPOKE_BEFORE_GAP (2 * VSOCK_SECOND)
#define ORPHANED_AFTER (10 * VSOCK_SECOND)
#define FULL_RUN 10 /* RWs, each soon after the one before */

/* ---- two CIDs over time ---- */

static struct vsock_key pair_key(const struct vsock_capture_source *source, uint64_t low, uint64_t high)
{
    return (struct vsock_key){{(uintptr_t)source, low, high}};
}

struct vsock_cid_pair *vsock_cid_pair_get(struct vsock_table *pairs,
                                          const struct vsock_capture_source *source, uint64_t low,
                                          uint64_t high)
{
    return (struct vsock_cid_pair *)vsock_table_get(pairs, pair_key(source, low, high),
                                                    sizeof(struct vsock_cid_pair));
}

struct vsock_cid_pair *vsock_cid_pair_find(const struct vsock_table *pairs,
                                           const struct vsock_capture_source *source, uint64_t low,
                                           uint64_t high)
{
    return (struct vsock_cid_pair *)vsock_table_find(pairs, pair_key(source, low, high));
}

struct vsock_key vsock_service_key(const struct vsock_stream *s)
{
    uint8_t client = vsock_stream_client(s);
    struct vsock_endpoint server = s->side[client ^ 1];

    return (struct vsock_key){{(uintptr_t)s->source, s->side[client].cid, server.cid, server.port}};
}

void vsock_cid_pair_hear(struct vsock_cid_pair *p, int64_t time)
{
    if (p->spoke && time - p->last_time >= GAP_MIN)
        p->silence = (struct vsock_gap){.from = p->last_time, .until = time};
    p->last_time = p->spoke ? MAX(p->last_time, time) : time;
    p->spoke = true;
}

/* A connection that was requested then is open now. */
static void note_opened(struct vsock_cid_pair *p, const struct vsock_mark *request, wmem_allocator_t *memory)
{
    if (request->record == 0 || p->silence.until == 0 || request->time < p->silence.until)
        return;
    if (!p->gaps)
        p->gaps = wmem_array_new(memory, sizeof(struct vsock_gap));
    wmem_array_append_one(p->gaps, p->silence);
    p->silence.until = 0;
}

/* The first gap of its CIDs that began then, or later; NULL if there is none. */
static const struct vsock_gap *gap_from(const struct vsock_cid_pair *p, int64_t time)
{
    const struct vsock_gap *gaps = p->gaps ? (const struct vsock_gap *)wmem_array_get_raw(p->gaps) : NULL;
    size_t low = 0, n = p->gaps ? wmem_array_get_count(p->gaps) : 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (gaps[middle].from < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n ? &gaps[low] : NULL;
}

/* When the stream spoke last before the gap that it may not have survived: where one side waits for the other
 * since, or where both were in full run. Else nobody knows whether anybody still needs it. */
static int64_t when_it_broke_off(const struct vsock_stream *s)
{
    for (uint8_t side = 0; side < 2; side++) {
        const struct vsock_mark *owed = &s->owed[side];
        const struct vsock_gap *gap;

        if (owed->record == 0 || s->conn.spoke[side] == VSOCK_TIME_NONE)
            continue;
        gap = gap_from(s->cid_pair, s->conn.spoke[side]);
        return gap && owed->time <= gap->from ? MAX(owed->time, s->conn.spoke[side]) : s->conn.spoke[side];
    }
    return s->data && s->data->run >= FULL_RUN && s->last.time - s->data->last_rw <= VSOCK_RUN_PAUSE
               ? s->data->last_rw
               : VSOCK_TIME_NONE;
}

bool vsock_stream_orphaned(const struct vsock_stream *s, struct vsock_diagnosis *d)
{
    int64_t broke_off = when_it_broke_off(s), known_until = vsock_stream_known_until(s);
    const struct vsock_gap *gap = broke_off != VSOCK_TIME_NONE ? gap_from(s->cid_pair, broke_off) : NULL;
    bool living = s->conn.state == VSOCK_STATE_OPEN || s->conn.state == VSOCK_STATE_HALF_CLOSED ||
                  s->conn.state == VSOCK_STATE_MIDSTREAM;

    if (!living || s->conn.ended || !gap || gap->from - broke_off > SPOKE_BEFORE_GAP ||
        known_until - gap->until < ORPHANED_AFTER)
        return false;
    *d = vsock_diagnosis_start(VSOCK_CODE_ORPHANED_STREAM, &s->last);
    d->lasting = true;
    d->figures.longest = gap->until - gap->from;
    d->figures.total = known_until - broke_off;
    return true;
}

void vsock_cid_pair_take(struct vsock_cid_pair *p, const struct vsock_stream *s,
                         const struct vsock_step *step, const struct vsock_mark *at, wmem_allocator_t *memory)
{
    vsock_cid_pair_hear(p, at->time);
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE))
        note_opened(p, &s->conn.request, memory);
    if (step->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_STALL_ENDED))
        vsock_cid_pair_take_stall(p, s,
                                  vsock_flow_stall(&s->conn.flow, 0)->ended.record == at->record ? 0 : 1,
                                  step->flow.stall_cause, memory);
}
