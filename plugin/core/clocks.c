/* SPDX-License-Identifier: GPL-2.0-or-later
 * clocks.c - bounds, carried on in time. */
#include "clocks.h"

#include <glib.h>

#include "diagnosis.h"

#define MILLION 1000000

/* Before the first bound. */
static const struct vsock_bounds none = {INT64_MIN, INT64_MAX};

/* By how much bounds widen in that time. */
static int64_t drift(int64_t time)
{
    return ABS(time) / MILLION * VSOCK_DRIFT_MAX + ABS(time) % MILLION * VSOCK_DRIFT_MAX / MILLION;
}

static void widen(struct vsock_bounds *b, int64_t by)
{
    if (b->lower != INT64_MIN)
        b->lower = vsock_time_sum(b->lower, -by);
    if (b->upper != INT64_MAX)
        b->upper = vsock_time_sum(b->upper, by);
}

/* Returns whether it contradicts: then what was known no longer holds. */
static bool narrow(struct vsock_bounds *b, const struct vsock_sighting *s)
{
    bool contradicts = (s->bound == VSOCK_BOUND_UPPER && s->ahead < b->lower) ||
                       (s->bound == VSOCK_BOUND_LOWER && s->ahead > b->upper);

    if (contradicts)
        *b = none;
    if (s->bound == VSOCK_BOUND_UPPER)
        b->upper = MIN(b->upper, s->ahead);
    if (s->bound == VSOCK_BOUND_LOWER)
        b->lower = MAX(b->lower, s->ahead);
    return contradicts;
}

/* What is known so far, carried on from sighting to sighting. */
struct walk {
    const struct vsock_sightings *sightings;
    struct vsock_bounds known;
    int64_t at; /* of the sighting before */
    bool begun;
};

/* Returns whether this one contradicts those before. */
static bool step(struct walk *w, uint32_t i)
{
    struct vsock_sighting s = w->sightings->get(w->sightings->context, i);

    if (w->begun)
        widen(&w->known, drift(s.at - w->at));
    w->begun = true;
    w->at = s.at;
    return narrow(&w->known, &s);
}

uint32_t vsock_clocks_contradict(const struct vsock_sightings *sightings)
{
    struct walk w = {sightings, none, 0, false};
    uint32_t contradictions = 0;

    for (uint32_t i = 0; i < sightings->count; i++)
        contradictions += step(&w, i);
    return contradictions;
}

void vsock_clocks_bound(const struct vsock_sightings *sightings, struct vsock_bounds *bounds)
{
    struct walk forward = {sightings, none, 0, false}, back = forward;

    for (uint32_t i = 0; i < sightings->count; i++) {
        step(&forward, i);
        bounds[i] = forward.known;
    }
    for (uint32_t i = sightings->count; i-- > 0;) {
        step(&back, i);
        bounds[i].lower = MAX(bounds[i].lower, back.known.lower);
        bounds[i].upper = MIN(bounds[i].upper, back.known.upper);
    }
}
