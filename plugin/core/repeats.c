/* SPDX-License-Identifier: GPL-2.0-or-later
 * repeats.c - diagnoses that many streams share. */
#include "repeats.h"

/* The same trouble, of one side, between a client's CID and a server. */
struct repeat {
    struct vsock_key key;
    struct vsock_diagnosis worst; /* streams: how many there are, examples and frames: of all */
    int64_t until;                /* when the latest of them was */
};

static bool is_worse(const struct vsock_diagnosis *d, const struct vsock_diagnosis *than)
{
    if (d->severity != than->severity)
        return d->severity > than->severity;
    if (d->figures.longest != than->figures.longest)
        return d->figures.longest > than->figures.longest;
    if (d->figures.bytes != than->figures.bytes)
        return d->figures.bytes > than->figures.bytes;
    return d->figures.count > than->figures.count;
}

static struct repeat *find(struct vsock_table *repeats, const struct vsock_capture *c,
                           const struct vsock_diagnosis *d)
{
    const struct vsock_stream *s = vsock_capture_stream(c, d->stream);
    uint8_t client = vsock_stream_client(s);
    struct vsock_endpoint server = s->side[client ^ 1];
    uint64_t trouble = (uint64_t)d->code << 1 | (d->side == client);
    struct vsock_key key = {
        {(uintptr_t)s->source, trouble << 32 | server.port, s->side[client].cid, server.cid}};

    return (struct repeat *)vsock_table_get(repeats, key, sizeof(struct repeat));
}

static void add(struct repeat *r, const struct vsock_diagnosis *d)
{
    struct vsock_diagnosis *w = &r->worst, before = *w;

    if (before.streams == 0) {
        *w = *d;
        w->streams = 1;
        w->examples[0] = d->first_frame;
        r->until = d->time;
        return;
    }
    if (is_worse(d, w))
        *w = *d;
    for (unsigned i = 0; i < VSOCK_EXAMPLES; i++)
        w->examples[i] = i == before.streams ? d->first_frame : before.examples[i];
    w->streams = before.streams + 1;
    w->first_frame = MIN(before.first_frame, d->first_frame);
    w->last_frame = MAX(before.last_frame, d->last_frame);
    w->place = MIN(before.place, d->place);
    w->time = MIN(before.time, d->time);
    w->selected = before.selected || d->selected;
    r->until = MAX(r->until, d->time);
}

/* Of many streams: the client's ports differ. */
static struct vsock_diagnosis about_all(const struct repeat *r, const struct vsock_capture *c)
{
    struct vsock_diagnosis d = r->worst;
    uint8_t client = vsock_stream_client(vsock_capture_stream(c, d.stream));

    d.stream = VSOCK_STREAM_NONE;
    d.span = r->until - d.time;
    *(d.side == client ? &d.src_scope : &d.dst_scope) = VSOCK_SCOPE_CID;
    return d;
}

struct repeats {
    const struct vsock_capture *capture;
    struct vsock_table table;
};

/* Is it told by its repeat, or of what nobody asked for? */
static bool is_dropped(const struct vsock_diagnosis *d, void *context)
{
    struct repeats *repeats = (struct repeats *)context;

    if (!d->selected || d->stream == VSOCK_STREAM_NONE)
        return !d->selected;
    return find(&repeats->table, repeats->capture, d)->worst.streams >= VSOCK_REPEATS_MIN;
}

void vsock_repeats_fold(const struct vsock_capture *c, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct repeats repeats = {c, vsock_table_new_listed(memory)};
    const struct repeat **all;

    for (unsigned i = 0; i < found->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(found, struct vsock_diagnosis, i);

        if (d->stream != VSOCK_STREAM_NONE)
            add(find(&repeats.table, c, d), d);
    }
    vsock_diagnoses_drop(found, is_dropped, &repeats);
    all = (const struct repeat **)wmem_array_get_raw(repeats.table.all);
    for (unsigned i = 0; i < wmem_array_get_count(repeats.table.all); i++) {
        struct vsock_diagnosis d = about_all(all[i], c);

        if (d.selected && d.streams >= VSOCK_REPEATS_MIN)
            g_array_append_val(found, d);
    }
    wmem_destroy_allocator(memory);
}
