/* SPDX-License-Identifier: GPL-2.0-or-later
 * left_open.c - connections that nobody closes. A pool looks alike, but for how it is opened: at once, or
 * while those before are in use; and it uses them again. */
#include "left_open.h"

#define IDLE_LONG (30 * VSOCK_SECOND)
/* So long, and longer than any that was closed. */
#define IDLE_MIN (5 * VSOCK_SECOND)

#define OPENED_OVER (10 * VSOCK_SECOND)

/* Workers that may each use one at a time: the next so many may be opened before one is done with. */
#define WORKERS 8

/* One CID that has left connections to one endpoint open. */
struct user {
    struct vsock_key key;
    uint64_t client_cid;
    struct vsock_endpoint server;
    bool closed_any;
    GArray *opened; /* of const struct vsock_stream *, in the order of their REQUESTs */
};

struct users {
    struct vsock_table table;
    bool closed_any;
    int64_t longest_idle; /* of all that were closed, before that */
};

static void take_opened(struct users *all, const struct vsock_stream *s)
{
    uint8_t client = vsock_stream_client(s);
    struct user *u = (struct user *)vsock_table_get(&all->table, vsock_service_key(s), sizeof(*u));

    if (!u->opened)
        u->opened = g_array_new(FALSE, FALSE, sizeof(const struct vsock_stream *));
    u->client_cid = s->side[client].cid;
    u->server = s->side[client ^ 1];
    g_array_append_val(u->opened, s);
}

static void take_closed(struct users *all, const struct vsock_stream *s)
{
    struct user *u = (struct user *)vsock_table_find(&all->table, vsock_service_key(s));

    all->longest_idle = MAX(all->longest_idle, s->stats.idle_before_end);
    all->closed_any = true;
    if (u)
        u->closed_any = true;
}

/* Those that are open first: who has closed all has no place in the table. */
static void take_streams(struct users *all, const struct vsock_capture *c, bool closed)
{
    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);
        bool was_closed = s->stats.idle_before_end != VSOCK_TIME_NONE;

        if (!s->conn.from_request || s->conn.degenerate || s->conn.response.record == 0 ||
            was_closed != closed)
            continue;
        if (closed)
            take_closed(all, s);
        else
            take_opened(all, s);
    }
}

static const struct vsock_stream *opened(const struct user *u, unsigned i)
{
    return g_array_index(u->opened, const struct vsock_stream *, i);
}

/* After others were opened, which a client that keeps connections for later does only while all are in use.
 */
static bool was_used_again(const struct user *u, unsigned i)
{
    return i + WORKERS < u->opened->len &&
           opened(u, i)->last.time > opened(u, i + WORKERS)->conn.request.time;
}

/* Was it used, and is it idle for so long that it was forgotten? */
static bool is_left(const struct users *all, const struct vsock_stream *s)
{
    int64_t idle = vsock_stream_known_until(s) - s->last.time;

    if (s->stats.side[0].rws + s->stats.side[1].rws == 0 || s->superseded_time != VSOCK_TIME_NONE)
        return false;
    return idle >= IDLE_LONG || (all->closed_any && idle >= IDLE_MIN && idle > all->longest_idle);
}

/* Those that were used again are the figure `others`. */
static void count_left(const struct users *all, const struct user *u, GHashTable *selected,
                       struct vsock_diagnosis *d)
{
    for (unsigned i = 0; i < u->opened->len; i++) {
        const struct vsock_stream *s = opened(u, i);

        if (was_used_again(u, i))
            d->figures.others++;
        if (was_used_again(u, i) || !is_left(all, s))
            continue;
        if (d->figures.count++ == 0) {
            d->first_frame = s->stats.first.frame;
            d->place = vsock_place(s->stats.first.record);
            d->time = s->stats.first.time;
        }
        d->last_frame = MAX(d->last_frame, s->last.frame);
        d->selected |= vsock_is_selected(selected, s->index);
        d->figures.longest = MAX(d->figures.longest, vsock_stream_known_until(s) - s->last.time);
        d->figures.total = MAX(d->figures.total, s->stats.first.time - d->time);
    }
}

static void tell_user(const struct users *all, const struct user *u, GHashTable *selected, GArray *found)
{
    struct vsock_diagnosis d =
        vsock_diagnosis_start(VSOCK_CODE_CONNECTIONS_LEFT_OPEN, &(struct vsock_mark){.record = 0});

    if (u->closed_any || u->opened->len < VSOCK_LEFT_OPEN_MIN)
        return;
    count_left(all, u, selected, &d);
    if (!d.selected || d.figures.count < VSOCK_LEFT_OPEN_MIN || d.figures.total < OPENED_OVER ||
        d.figures.others * 10 > d.figures.count)
        return;
    d.figures.of = u->opened->len;
    d.src_scope = VSOCK_SCOPE_CID;
    d.src.cid = u->client_cid;
    d.dst_scope = VSOCK_SCOPE_ENDPOINT;
    d.dst = u->server;
    g_array_append_val(found, d);
}

void vsock_left_open_judge(const struct vsock_capture *c, GHashTable *selected, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct users all = {.table = vsock_table_new_listed(memory)};

    take_streams(&all, c, false);
    take_streams(&all, c, true);
    for (unsigned i = 0; i < wmem_array_get_count(all.table.all); i++) {
        struct user *u = *(struct user **)wmem_array_index(all.table.all, i);

        tell_user(&all, u, selected, found);
        g_array_free(u->opened, TRUE);
    }
    wmem_destroy_allocator(memory);
}
