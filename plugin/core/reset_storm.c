/* SPDX-License-Identifier: GPL-2.0-or-later
 * reset_storm.c - RSTs that answer nothing. The latest of them are kept, a hundred at most. */
#include "reset_storm.h"

#include "cross_stream.h"
#include "datagrams.h"

#define STORM_WITHIN (10 * VSOCK_SECOND)

#define RSTS_AT_FIRST 2 /* room for them; most endpoints have no more */

/* A RST that answers nothing. */
struct reset {
    struct vsock_mark at;
    uint8_t side;
};

/* The latest hundred of them were within 10 s, again and again. */
struct storm {
    struct vsock_mark first, last;
    uint32_t by[2]; /* RSTs of each side */
};

struct vsock_storm {
    const struct vsock_stream *stream; /* that it was in when it was one; NULL: of datagrams, the next */
    const struct vsock_datagrams *datagrams;
    struct storm now, worst;
};

struct vsock_unasked {
    struct reset *latest;       /* a ring */
    uint8_t size, first, count; /* room, where it begins, how many */
    uint8_t ends;               /* the latest of them, which may only have ended something */
    bool storms;                /* as of the latest one */
    struct vsock_storm *storm;  /* NULL while there was none */
};
static_assert(VSOCK_STORM_RSTS <= UINT8_MAX, "a ring's numbers fit a byte");

static bool is_to_itself(const struct vsock_packet *p)
{
    struct vsock_endpoint src = vsock_source(p), dst = vsock_destination(p);

    return src.cid == dst.cid && src.port == dst.port;
}

/* ---- what may be answered ---- */

static void speak(struct vsock_resets *r, const struct vsock_packet *p, uint8_t side)
{
    bool itself = is_to_itself(p), shuts = p->virtio.op == VSOCK_OP_SHUTDOWN;
    uint16_t *due = &r->due[itself ? side : side ^ 1];

    if (!itself && !shuts) /* there is a socket: what came before, it took */
        r->due[side] = 0;
    *due = (uint16_t)MIN(*due + (shuts ? 2 : 1), UINT16_MAX);
    r->may_end[side] = true;
    if (!r->unasked)
        return;
    r->unasked->count -= r->unasked->ends;
    r->unasked->ends = 0;
}

/* ---- RSTs that answer nothing ---- */

static struct reset *latest(const struct vsock_unasked *u, unsigned i)
{
    unsigned at = u->first + i;

    return &u->latest[at < u->size ? at : at - u->size];
}

static bool is_within(const struct reset *r, int64_t time)
{
    return time - r->at.time <= STORM_WITHIN && r->at.time - time <= STORM_WITHIN;
}

static void make_room(struct vsock_unasked *u, wmem_allocator_t *memory)
{
    uint8_t size = (uint8_t)MIN(2 * u->size, VSOCK_STORM_RSTS);
    struct reset *grown;

    if (u->count < u->size)
        return;
    if (u->size == VSOCK_STORM_RSTS) {
        u->first = (u->first + 1) % u->size;
        u->count--;
        return;
    }
    grown = wmem_alloc_array(memory, struct reset, size);
    for (unsigned i = 0; i < u->count; i++)
        grown[i] = *latest(u, i);
    wmem_free(memory, u->latest);
    u->latest = grown;
    u->size = size;
    u->first = 0;
}

static struct vsock_unasked *start(wmem_allocator_t *memory)
{
    struct vsock_unasked *u = wmem_new(memory, struct vsock_unasked);

    *u = (struct vsock_unasked){.size = RSTS_AT_FIRST,
                                .latest = wmem_alloc_array(memory, struct reset, RSTS_AT_FIRST)};
    return u;
}

/* `ends`: it may only have ended something. */
static void keep(struct vsock_unasked *u, struct reset reset, bool ends, wmem_allocator_t *memory)
{
    while (u->count > 0 && !is_within(latest(u, 0), reset.at.time)) {
        u->first = (u->first + 1) % u->size;
        u->count--;
    }
    make_room(u, memory);
    *latest(u, u->count++) = reset;
    u->ends = ends ? (uint8_t)MIN(u->ends + 1, u->count) : 0;
}

static uint64_t all(const struct storm *s)
{
    return (uint64_t)s->by[0] + s->by[1];
}

static void go_on(struct vsock_unasked *u, const struct reset *reset)
{
    struct storm *now = &u->storm->now;

    if (!u->storms) {
        *now = (struct storm){.first = latest(u, 0)->at};
        for (unsigned i = 0; i < u->count; i++)
            now->by[latest(u, i)->side]++;
    } else {
        now->by[reset->side]++;
    }
    now->last = reset->at;
    if (all(now) > all(&u->storm->worst))
        u->storm->worst = *now;
}

void vsock_resets_take(struct vsock_capture *c, struct vsock_resets *r, const struct vsock_packet *p,
                       uint8_t side, const struct vsock_mark *at, const struct vsock_stream *stream,
                       const struct vsock_datagrams *datagrams)
{
    struct reset reset = {*at, side};
    struct vsock_unasked *u;
    bool storms;

    if (p->virtio.op != VSOCK_OP_RST) {
        speak(r, p, side);
        return;
    }
    if (r->due[side] > 0) {
        r->due[side]--;
        return;
    }
    if (!r->unasked)
        r->unasked = start(c->memory);
    u = r->unasked;
    keep(u, reset, r->may_end[side], c->memory);
    r->may_end[side] = false;
    storms = u->count == VSOCK_STORM_RSTS && u->ends == 0;
    if (storms && !u->storm) {
        u->storm = wmem_new0(c->memory, struct vsock_storm);
        u->storm->stream = stream;
        u->storm->datagrams = datagrams;
        wmem_array_append_one(c->storms, u->storm);
    }
    if (storms)
        go_on(u, &reset);
    u->storms = storms;
}

/* ---- what is forgotten ---- */

const struct vsock_stream *vsock_resets_storm_stream(const struct vsock_resets *r)
{
    return r->unasked && r->unasked->storm ? r->unasked->storm->stream : NULL;
}

static bool is_another(const void *storm, void *forgotten)
{
    return *(struct vsock_storm *const *)storm != (struct vsock_storm *)forgotten;
}

void vsock_resets_forget_storm(struct vsock_capture *c, struct vsock_resets *r)
{
    struct vsock_storm *storm = r->unasked ? r->unasked->storm : NULL;

    if (!storm)
        return;
    c->storms = vsock_array_keep(c->memory, c->storms, sizeof(struct vsock_storm *), is_another, storm);
    wmem_free(c->memory, storm);
    r->unasked->storm = NULL;
    r->unasked->storms = false;
}

void vsock_resets_forget(struct vsock_capture *c, struct vsock_resets *r)
{
    if (!r->unasked)
        return;
    vsock_resets_forget_storm(c, r);
    wmem_free(c->memory, r->unasked->latest);
    wmem_free(c->memory, r->unasked);
    *r = (struct vsock_resets){0};
}

/* ---- what is told ---- */

static bool is_selected(const struct vsock_storm *s, const struct vsock_selection *only)
{
    if (!only)
        return true;
    if (s->stream)
        return vsock_is_selected(only->streams, s->stream->index);
    return only->datagrams && g_hash_table_contains(only->datagrams, s->datagrams);
}

void vsock_reset_storms_judge(const struct vsock_capture *c, const struct vsock_selection *only,
                              GArray *found)
{
    for (unsigned i = 0; i < wmem_array_get_count(c->storms); i++) {
        const struct vsock_storm *s = *(struct vsock_storm **)wmem_array_index(c->storms, i);
        const struct storm *worst = &s->worst;
        struct vsock_diagnosis d = vsock_diagnosis_start(VSOCK_CODE_RESET_STORM, &worst->first);
        const struct vsock_endpoint *ends = s->stream ? s->stream->side : s->datagrams->side;

        d.side = worst->by[1] > worst->by[0];
        d.selected = is_selected(s, only);
        d.stream = s->stream ? s->stream->index : VSOCK_STREAM_NONE;
        d.streams = s->stream != NULL;
        d.place += !s->stream;
        vsock_diagnosis_end(&d, &worst->last);
        d.src_scope = d.dst_scope = VSOCK_SCOPE_ENDPOINT;
        d.src = ends[d.side];
        d.dst = ends[d.side ^ 1];
        d.figures.count = all(worst);
        d.figures.others = worst->by[d.side ^ 1];
        d.figures.total = vsock_time_passed(worst->first.time, worst->last.time);
        g_array_append_val(found, d);
    }
}
