/* SPDX-License-Identifier: GPL-2.0-or-later
 * endings.c - what the ends of many connections tell. */
#include "endings.h"

/* A server that closes so soon has looked at nothing; a client that comes again so soon did not wait. */
#define CLOSED_WITHIN VSOCK_SECOND
#define AGAIN_WITHIN (VSOCK_SECOND / 2)

/* There may be one of these for every packet: what few have is NULL while there is none. */

/* A server of which there is something to tell, whoever its clients are. */
struct server {
    struct vsock_key key; /* words: source, its CID, its port */
    uint32_t accepted, streams;
    struct vsock_diagnosis *slow, *unread;
};

/* A server, as one client CID sees it. */
struct service {
    struct vsock_key key; /* vsock_service_key() */
    uint32_t requests;
    uint32_t stamped; /* of the abandoned */
    struct vsock_diagnosis *abandoned;
    struct loop *loop;
};

/* Connections in a row that were accepted and closed. */
struct loop {
    struct vsock_diagnosis run;  /* the latest */
    struct vsock_diagnosis most; /* the most */
    int64_t until;
};

/* A stream while it is looked at. */
struct ending {
    const struct vsock_stream *stream;
    struct service *service; /* this and the next, once it is taken */
    struct server *of_all;
    uint8_t client, server;
    bool selected;
    wmem_allocator_t *memory;
};

struct endings {
    const struct vsock_stale *stale;
    const struct vsock_thresholds *thresholds;
    struct vsock_table services, servers;
};

static struct vsock_key server_key(const struct ending *e)
{
    struct vsock_endpoint to = e->stream->side[e->server];

    return (struct vsock_key){{(uintptr_t)e->stream->source, to.cid, to.port}};
}

static struct ending ending_of(const struct endings *all, const struct vsock_stream *s, bool selected)
{
    uint8_t client = vsock_stream_client(s);

    return (struct ending){s, NULL, NULL, client, client ^ 1, selected, all->services.memory};
}

static void add(struct vsock_diagnosis *sum, enum vsock_code code, const struct ending *e,
                const struct vsock_mark *at)
{
    struct vsock_diagnosis one = vsock_diagnosis_start(code, at);

    one.figures.count = 1;
    one.selected = e->selected;
    one.src_scope = VSOCK_SCOPE_CID;
    one.src.cid = e->stream->side[e->client].cid;
    one.dst_scope = VSOCK_SCOPE_ENDPOINT;
    one.dst = e->stream->side[e->server];
    if (sum->figures.count > 0 && sum->src.cid != one.src.cid)
        sum->src_scope = VSOCK_SCOPE_NONE; /* of several */
    vsock_diagnosis_add(sum, &one);
}

/* Returns the sum, which is made where there is none. */
static struct vsock_diagnosis *count(struct vsock_diagnosis **sum, enum vsock_code code,
                                     const struct ending *e, const struct vsock_mark *at)
{
    if (!*sum)
        *sum = wmem_new0(e->memory, struct vsock_diagnosis);
    add(*sum, code, e, at);
    return *sum;
}

/* ---- what one stream adds ---- */

static bool is_abandoned(const struct endings *all, const struct ending *e)
{
    return e->stream->conn.rst_kind == VSOCK_RST_CONNECT_ABANDONED &&
           !vsock_is_stale(all->stale, e->stream) && !vsock_stream_unanswered(e->stream, all->thresholds);
}

static void take_abandoned(const struct ending *e)
{
    const struct vsock_conn *c = &e->stream->conn;
    struct vsock_diagnosis *sum;
    int64_t until = c->response.record != 0 ? c->response.time : c->reset.time;
    int64_t waited = vsock_time_passed(c->request.time, until);

    sum = count(&e->service->abandoned, VSOCK_CODE_CONNECT_ABANDONED, e, &c->reset);
    vsock_diagnosis_extend(sum, c->reset.time);
    e->service->stamped += c->reset_stamped && c->response.record != 0;
    sum->figures.longest = MAX(sum->figures.longest, waited);
    sum->figures.others += c->response.record == 0;
}

static bool is_slow_end(const struct ending *e)
{
    return e->stream->stats.end_of_wait.record != 0;
}

static void take_slow_end(const struct ending *e)
{
    const struct vsock_stream_stats *stats = &e->stream->stats;
    int64_t wait = stats->end_of_wait.time - stats->shut_time;
    struct vsock_diagnosis *sum;

    sum = count(&e->of_all->slow, VSOCK_CODE_HALF_CLOSE_SLOW, e, &stats->end_of_wait);
    sum->figures.longest = MAX(sum->figures.longest, wait);
    sum->figures.total = vsock_time_sum(sum->figures.total, wait);
}

/* Who answers has read, whatever it says of that. */
static bool is_unread(const struct ending *e)
{
    const struct vsock_conn *c = &e->stream->conn;
    bool by_stamp = !c->ended || c->close.record != c->reset.record || c->reset_stamped;

    return c->response.record != 0 && c->from_request && c->closer == e->server && c->close_unread > 0 &&
           by_stamp && c->flow.window[e->client].consumed == 0 && !e->stream->stats.side[e->server].answered;
}

static void take_unread(const struct ending *e)
{
    const struct vsock_conn *c = &e->stream->conn;
    struct vsock_diagnosis *sum;

    sum = count(&e->of_all->unread, VSOCK_CODE_CLOSED_UNREAD, e, &c->close);
    vsock_diagnosis_extend(sum, c->close.time);
    sum->figures.bytes = MAX(sum->figures.bytes, c->close_unread);
}

static bool is_accepted_and_closed(const struct ending *e)
{
    const struct vsock_conn *c = &e->stream->conn;

    return c->response.record != 0 && c->closer == e->server && !vsock_conn_carried_data(c) &&
           c->close.time - c->response.time <= CLOSED_WITHIN;
}

static bool is_worse(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    return a->selected != b->selected ? a->selected : a->figures.count > b->figures.count;
}

static void take_loop(const struct ending *e)
{
    const struct vsock_conn *c = &e->stream->conn;
    bool is_one = is_accepted_and_closed(e);
    struct loop *loop = e->service->loop;
    struct vsock_diagnosis *run;

    if (is_one && !loop)
        loop = e->service->loop = wmem_new0(e->memory, struct loop);
    if (!loop)
        return;
    run = &loop->run;
    if (!is_one || c->request.time - loop->until > AGAIN_WITHIN)
        run->figures.count = 0;
    if (!is_one)
        return;
    add(run, VSOCK_CODE_ACCEPT_AND_CLOSE, e, &c->close);
    vsock_diagnosis_extend(run, c->close.time);
    run->figures.longest = MAX(run->figures.longest, vsock_time_passed(c->response.time, c->close.time));
    loop->until = c->close.time;
    if (is_worse(run, &loop->most))
        loop->most = *run;
}

/* ---- what is told ---- */

static void tell(GArray *found, const struct vsock_diagnosis *d, unsigned least)
{
    if (d && d->selected && d->figures.count >= least)
        g_array_append_vals(found, d, 1);
}

/* `of`: so many, of which these are some. */
static void tell_of(GArray *found, struct vsock_diagnosis *d, uint32_t of, unsigned least)
{
    if (d)
        d->figures.of = of;
    tell(found, d, least);
}

static void tell_service(const struct service *s, GArray *found)
{
    if (s->abandoned && (s->stamped < s->abandoned->figures.count || s->stamped >= VSOCK_ABANDONED_MIN))
        tell_of(found, s->abandoned, s->requests, 1);
    if (s->loop)
        tell(found, &s->loop->most, VSOCK_ACCEPTED_AND_CLOSED_MIN);
}

static void tell_server(const struct server *s, GArray *found)
{
    tell_of(found, s->slow, s->streams, VSOCK_SLOW_ENDS_MIN);
    tell_of(found, s->unread, s->accepted, VSOCK_CLOSED_UNREAD_MIN);
}

/* Of a server of which nothing is told, nothing is kept: most are such, and there may be one a connection. */
static void note_told(struct endings *all, const struct ending *e)
{
    if (is_abandoned(all, e) || is_slow_end(e) || is_unread(e) || is_accepted_and_closed(e))
        vsock_table_get(&all->servers, server_key(e), sizeof(struct server));
}

static void take(struct endings *all, struct ending *e)
{
    e->of_all = (struct server *)vsock_table_find(&all->servers, server_key(e));
    if (!e->of_all)
        return;
    e->service = (struct service *)vsock_table_get(&all->services, vsock_service_key(e->stream),
                                                   sizeof(struct service));
    e->of_all->streams++;
    e->service->requests += e->stream->conn.from_request;
    e->of_all->accepted += e->stream->conn.response.record != 0;
    if (is_abandoned(all, e))
        take_abandoned(e);
    if (is_slow_end(e))
        take_slow_end(e);
    if (is_unread(e))
        take_unread(e);
    take_loop(e);
}

static void look_at_all(struct endings *all, const struct vsock_capture *c, GHashTable *selected, bool notes)
{
    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);
        struct ending e = ending_of(all, s, vsock_is_selected(selected, i));

        if (s->conn.degenerate)
            continue;
        if (notes)
            note_told(all, &e);
        else
            take(all, &e);
    }
}

void vsock_endings_judge(const struct vsock_capture *c, const struct vsock_stale *stale, GHashTable *selected,
                         GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct endings of = {stale, &c->thresholds, vsock_table_new_listed(memory),
                         vsock_table_new_listed(memory)};
    struct service **services;
    struct server **servers;

    look_at_all(&of, c, selected, true);
    look_at_all(&of, c, selected, false);
    services = (struct service **)wmem_array_get_raw(of.services.all);
    for (unsigned i = 0; i < wmem_array_get_count(of.services.all); i++)
        tell_service(services[i], found);
    servers = (struct server **)wmem_array_get_raw(of.servers.all);
    for (unsigned i = 0; i < wmem_array_get_count(of.servers.all); i++)
        tell_server(servers[i], found);
    wmem_destroy_allocator(memory);
}
