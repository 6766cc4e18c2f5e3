/* SPDX-License-Identifier: GPL-2.0-or-later
 * requests.c - who answered requests, and how. */
#include "requests.h"

#include "both_sides.h"

#include <string.h>

#define SCAN_WITHIN VSOCK_SECOND

/* Listeners whose loss showed within this of each other went together. */
#define LOST_WITHIN VSOCK_SECOND

/* So many refusals of one port are more than bad luck. */
#define REFUSALS_WARN 3

#define IDLE_MIN (5 * VSOCK_SECOND)
#define IDLE_STREAMS 3

/* Refusals in a row, of a server that had accepted. */
struct loss {
    struct attempt *run[VSOCK_LOST_REFUSALS]; /* the first ones */
    struct vsock_diagnosis losing;            /* the latest in a row */
    struct vsock_diagnosis lost;              /* the longest that were enough */
};

/* Of these there may be one each for every packet: what few have is apart, NULL where there is none. */

/* An endpoint that was dialled, of which there is something to tell. */
struct server {
    struct vsock_key key;
    uint32_t accepted[2]; /* in the whole capture: STREAM, SEQPACKET */
    struct vsock_diagnosis *idle;

    /* While judge_attempt() goes through the capture. */
    uint32_t accepted_so_far, open;
    struct loss *loss;
};

/* Refusals, one a port, oldest first. */
struct probes {
    struct attempt *latest[VSOCK_SCAN_PORTS];
    unsigned count;
    struct vsock_diagnosis *scan;
};

/* Two CIDs, of which the first dials the second: may be probing its ports. */
struct prober {
    struct vsock_key key;
    struct probes *probes;
};

/* A server as one client CID sees it. */
struct target {
    struct vsock_key key; /* vsock_service_key() */
    struct server *server;
    struct prober *prober;
    const struct vsock_cid *cid; /* the server's */
    uint32_t requests, accepted;
    struct vsock_diagnosis *refused, *mismatch, *unanswered, *stale_reset;
    uint32_t own_fault, itself; /* of the refused */
    bool shared;                /* several machines, so each refusal stands for itself */
};

enum outcome {
    ACCEPTED,
    REFUSED,
    ENDED, /* of a connection that was accepted */
};

/* What became of a REQUEST. */
struct attempt {
    enum outcome outcome;
    struct vsock_mark at;
    const struct vsock_conn *conn;
    struct target *target;
    bool selected;
    bool explained;
    enum vsock_settled settled; /* of one that had no answer */
    struct attempt *before;     /* the prober's attempt that was refused before */
};

/* Where packets were recorded. */
struct place {
    struct vsock_key key;
    unsigned guests; /* that talk to CID 2 */
};

struct requests {
    const struct vsock_twins *twins;
    const struct vsock_shared *shared;
    const struct vsock_stale *stale;
    struct vsock_table servers, targets, probers, places;
    GArray *attempts; /* in the order of the capture, once all streams were looked at */
    wmem_allocator_t *memory;
};

static uint64_t client_cid(const struct target *t)
{
    return t->key.word[1];
}

static struct vsock_endpoint endpoint_of(const struct target *t)
{
    return (struct vsock_endpoint){.cid = t->key.word[2], .port = (uint32_t)t->key.word[3]};
}

static struct vsock_key server_key(const struct vsock_stream *s)
{
    uint64_t from = s->side[vsock_stream_client(s)].cid, source = (uintptr_t)s->source;
    struct vsock_endpoint to = s->side[vsock_stream_client(s) ^ 1];

    return (struct vsock_key){{source, vsock_cid_is_of_one_client(to.cid) ? from : 0, to.cid, to.port}};
}

static struct server *get_server(struct requests *r, const struct vsock_stream *s)
{
    return (struct server *)vsock_table_get(&r->servers, server_key(s), sizeof(struct server));
}

static struct target *get_target(struct requests *r, const struct vsock_stream *s)
{
    struct vsock_key target = vsock_service_key(s), prober = target;
    struct target *t = (struct target *)vsock_table_get(&r->targets, target, sizeof(*t));

    if (t->server)
        return t;
    t->shared = vsock_is_shared(r->shared, s);
    t->server = get_server(r, s);
    prober.word[3] = 0; /* whatever the port */
    t->prober = (struct prober *)vsock_table_get(&r->probers, prober, sizeof(*t->prober));
    t->cid = s->cid_pair->cid[vsock_stream_client(s) ^ 1];
    return t;
}

static int type_index(uint16_t type)
{
    return type == VSOCK_TYPE_STREAM ? 0 : type == VSOCK_TYPE_SEQPACKET ? 1 : -1;
}

static void name_ends(struct vsock_diagnosis *d, const struct target *t)
{
    bool of_server = d->code == VSOCK_CODE_LISTENER_LOST || d->code == VSOCK_CODE_NO_DATA;

    d->dst_scope = d->code == VSOCK_CODE_PORT_SCAN ? VSOCK_SCOPE_CID : VSOCK_SCOPE_ENDPOINT;
    d->dst = endpoint_of(t);
    if (of_server && !vsock_cid_is_of_one_client(d->dst.cid))
        return;
    d->src_scope = VSOCK_SCOPE_CID;
    d->src.cid = client_cid(t);
}

static void add(struct vsock_diagnosis *sum, enum vsock_code code, const struct attempt *a)
{
    struct vsock_diagnosis one = vsock_diagnosis_start(code, &a->at);

    one.figures.count = 1;
    one.selected = a->selected;
    one.type = (uint8_t)a->conn->type;
    one.settled = code == VSOCK_CODE_CONNECT_UNANSWERED ? a->settled : VSOCK_SETTLED_BY_NOTHING;
    name_ends(&one, a->target);
    vsock_diagnosis_add(sum, &one);
    vsock_diagnosis_extend(sum, a->at.time);
}

/* Returns the sum, which is made where there is none. */
static struct vsock_diagnosis *count(const struct requests *r, struct vsock_diagnosis **sum,
                                     enum vsock_code code, const struct attempt *a)
{
    if (!*sum)
        *sum = wmem_new0(r->memory, struct vsock_diagnosis);
    add(*sum, code, a);
    return *sum;
}

/* ---- what a stream tells of its REQUEST ---- */

static void add_attempt(struct requests *r, struct attempt a, enum outcome outcome,
                        const struct vsock_mark *at)
{
    a.outcome = outcome;
    a.at = *at;
    g_array_append_val(r->attempts, a);
}

/* For how long a connection that was accepted has been open and empty, if that is long; else 0. */
static int64_t idle_time(const struct vsock_stream *s)
{
    int64_t until = vsock_stream_known_until(s), idle;

    if (s->stats.shut_time != VSOCK_TIME_NONE)
        until = MIN(until, s->stats.shut_time);
    idle = until - s->conn.response.time;
    return s->conn.degenerate || vsock_conn_carried_data(&s->conn) || idle < IDLE_MIN ? 0 : idle;
}

static void take_idle(const struct requests *r, struct attempt a, const struct vsock_stream *s)
{
    struct vsock_diagnosis *sum;
    int64_t idle = idle_time(s);

    if (a.target->shared || idle == 0)
        return;
    sum = count(r, &a.target->server->idle, VSOCK_CODE_NO_DATA, &a);
    sum->figures.longest = MAX(sum->figures.longest, idle);
}

/* The RST was of a connection before, and the server accepted. */
static bool is_stale_reset(const struct vsock_conn *c)
{
    return c->rst_kind == VSOCK_RST_REFUSED && c->rst_side != c->client && c->late_response.record != 0;
}

static void take_stale_reset(struct requests *r, struct attempt a)
{
    int type = type_index(a.conn->type);
    struct vsock_diagnosis *sum;

    if (type >= 0)
        a.target->server->accepted[type]++;
    a.at = a.conn->reset;
    sum = count(r, &a.target->stale_reset, VSOCK_CODE_STALE_RESET, &a);
    sum->last_frame = MAX(sum->last_frame, a.conn->late_response.frame);
    add_attempt(r, a, ACCEPTED, &a.conn->late_response);
    add_attempt(r, a, ENDED, &a.conn->late_response);
}

/* A RST is an answer, however late: connect-refused says how late, or stale-reset. */
static bool is_unanswered(const struct vsock_stream *s, const struct vsock_thresholds *thresholds)
{
    return s->conn.rst_kind != VSOCK_RST_REFUSED && vsock_stream_unanswered(s, thresholds);
}

/* Of a server of which nothing is told, nothing is kept: most are such, and there may be one a connection. */
static bool is_told(const struct vsock_stream *s, const struct vsock_thresholds *thresholds)
{
    const struct vsock_conn *c = &s->conn;

    return c->from_request && (c->rst_kind == VSOCK_RST_REFUSED || is_unanswered(s, thresholds) ||
                               (c->response.record != 0 && idle_time(s) > 0));
}

static bool has_server(const struct requests *r, const struct vsock_stream *s)
{
    return vsock_table_find(&r->servers, server_key(s));
}

static void take_request(struct requests *r, const struct vsock_stream *s,
                         const struct vsock_thresholds *thresholds, bool selected)
{
    const struct vsock_conn *c = &s->conn;
    struct target *t = get_target(r, s);
    struct attempt a = {.at = c->request, .conn = c, .target = t, .selected = selected};
    int type = type_index(c->type);

    t->requests++;
    if (vsock_is_stale(r->stale, s))
        return;
    if (is_unanswered(s, thresholds)) {
        if (r->twins)
            a.settled = vsock_request_settled(r->twins, s);
        count(r, &t->unanswered, VSOCK_CODE_CONNECT_UNANSWERED, &a);
    }
    if (is_stale_reset(c))
        take_stale_reset(r, a);
    else if (c->rst_kind == VSOCK_RST_REFUSED)
        add_attempt(r, a, REFUSED, &c->reset);
    if (c->response.record == 0)
        return;
    t->accepted++;
    if (type >= 0)
        t->server->accepted[type]++;
    add_attempt(r, a, ACCEPTED, &c->response);
    if (c->ended)
        add_attempt(r, a, ENDED, &c->reset);
    take_idle(r, a, s);
}

/* ---- what refusals come of ---- */

/* The client ended it itself. */
static bool is_own_fault(const struct attempt *a)
{
    return a->conn->degenerate || a->conn->rst_side == a->conn->client;
}

static bool is_mismatch(const struct attempt *a)
{
    const uint32_t *accepted = a->target->server->accepted;
    int type = type_index(a->conn->type);

    return type >= 0 && accepted[type] == 0 && accepted[1 - type] > 0;
}

static bool is_worse(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    return a->selected != b->selected ? a->selected : a->figures.count > b->figures.count;
}

static void refuse_in_a_row(const struct requests *r, struct attempt *a)
{
    struct server *s = a->target->server;
    struct vsock_diagnosis *losing;

    if (s->accepted_so_far == 0)
        return;
    if (!s->loss)
        s->loss = wmem_new0(r->memory, struct loss);
    losing = &s->loss->losing;
    if (losing->figures.count < VSOCK_LOST_REFUSALS)
        s->loss->run[losing->figures.count] = a;
    add(losing, VSOCK_CODE_LISTENER_LOST, a);
    if (losing->figures.count < VSOCK_LOST_REFUSALS)
        return;
    if (losing->figures.count == VSOCK_LOST_REFUSALS) { /* enough */
        for (unsigned i = 0; i < VSOCK_LOST_REFUSALS; i++)
            s->loss->run[i]->explained = true;
        losing->figures.others = s->accepted_so_far;
        losing->figures.of = s->open;
    }
    a->explained = true;
    if (is_worse(losing, &s->loss->lost))
        s->loss->lost = *losing;
}

static void judge_attempt(const struct requests *r, struct attempt *a)
{
    struct server *s = a->target->server;

    switch (a->outcome) {
    case ACCEPTED:
        s->accepted_so_far++;
        s->open++;
        if (s->loss)
            s->loss->losing.figures.count = 0;
        break;
    case ENDED:
        s->open -= s->open > 0;
        break;
    case REFUSED:
        if (is_own_fault(a) || a->target->shared)
            break;
        a->explained = is_mismatch(a);
        if (a->explained)
            count(r, &a->target->mismatch, VSOCK_CODE_CONNECT_TYPE_MISMATCH, a);
        else
            refuse_in_a_row(r, a);
        break;
    }
}

/* Puts it last among the latest refusals, instead of the one of its port or, if they are enough, the oldest.
 */
static void note_port(struct probes *p, struct attempt *a)
{
    unsigned i = 0;

    while (i < p->count && p->latest[i]->target != a->target)
        i++;
    if (i == p->count && p->count < VSOCK_SCAN_PORTS)
        p->count++;
    else if (i == p->count)
        i = 0;
    for (; i + 1 < p->count; i++)
        p->latest[i] = p->latest[i + 1];
    p->latest[p->count - 1] = a;
}

static struct probes *get_probes(const struct requests *r, struct prober *p)
{
    if (!p->probes)
        p->probes = wmem_new0(r->memory, struct probes);
    return p->probes;
}

static void look_for_scan(const struct requests *r, struct attempt *a)
{
    const struct attempt *newest = a;
    struct probes *p;

    if (a->outcome != REFUSED || a->explained || is_own_fault(a) || a->target->shared)
        return;
    p = get_probes(r, a->target->prober);
    a->before = p->count > 0 ? p->latest[p->count - 1] : NULL;
    if (a->before && a->at.time < a->before->at.time) {
        a->before = NULL; /* by a clock that goes back, nothing is within a second */
        p->count = 0;
    }
    note_port(p, a);
    if (p->count < VSOCK_SCAN_PORTS || a->at.time - p->latest[0]->at.time > SCAN_WITHIN)
        return;
    for (; a && !a->explained && newest->at.time - a->at.time <= SCAN_WITHIN; a = a->before) {
        a->explained = true;
        count(r, &p->scan, VSOCK_CODE_PORT_SCAN, a);
    }
    if (p->scan)
        vsock_diagnosis_extend(p->scan, newest->at.time);
}

static void count_as_refused(const struct requests *r, const struct attempt *a)
{
    struct target *t = a->target;
    struct vsock_diagnosis *sum;

    if (a->outcome != REFUSED || a->explained)
        return;
    sum = count(r, &t->refused, VSOCK_CODE_CONNECT_REFUSED, a);
    if (!is_own_fault(a))
        sum->figures.longest =
            MAX(sum->figures.longest, vsock_time_passed(a->conn->request.time, a->at.time));
    t->own_fault += is_own_fault(a);
    t->itself += a->conn->degenerate;
}

/* ---- what is told ---- */

static void tell(GArray *found, const struct vsock_diagnosis *d, unsigned least)
{
    if (d && d->selected && d->figures.count >= least)
        g_array_append_vals(found, d, 1);
}

static bool is_guest(uint64_t cid)
{
    return cid > VSOCK_CID_HOST && cid < VSOCK_CID_ANY;
}

static struct place *get_place(struct requests *r, uint64_t source)
{
    struct vsock_key key = {{source}};

    return (struct place *)vsock_table_get(&r->places, key, sizeof(struct place));
}

static enum vsock_way way_of(struct requests *r, const struct target *t)
{
    uint64_t client = client_cid(t), server = endpoint_of(t).cid;

    if (server == VSOCK_CID_HOST && is_guest(client))
        return get_place(r, t->key.word[0])->guests > 1 ? VSOCK_WAY_TO_HOST_FROM_OUTSIDE : VSOCK_WAY_TO_HOST;
    if (!is_guest(server) || client == server)
        return VSOCK_WAY_NOWHERE;
    return is_guest(client) ? VSOCK_WAY_BETWEEN_GUESTS : VSOCK_WAY_TO_GUEST;
}

/* Whom requests went to that had no answer, and whether anything was ever heard of it. */
static void describe_silence(struct requests *r, const struct target *t)
{
    struct vsock_diagnosis *d = t->unanswered;

    d->way = way_of(r, t);
    if (t->shared) {
        d->heard = VSOCK_HEARD_SHARED;
    } else if (t->cid->packets == 0) {
        d->heard = VSOCK_HEARD_NEVER;
    } else if (t->cid->spoke < d->time) {
        d->heard = VSOCK_HEARD_BEFORE;
        d->figures.longest = d->time - t->cid->spoke;
    } else {
        d->heard = VSOCK_HEARD_SINCE;
    }
}

static void tell_refused(const struct target *t, GArray *found)
{
    struct vsock_diagnosis *d = t->refused;

    if (!d)
        return;
    d->figures.of = t->requests;
    d->figures.others = t->accepted;
    d->own_fault = t->own_fault == d->figures.count;
    d->shared = t->shared;
    d->dialled_itself = t->itself == d->figures.count;
    if (d->figures.count >= REFUSALS_WARN || d->figures.longest >= VSOCK_LOST_CONNECT)
        vsock_diagnosis_worsen(d);
    tell(found, d, 1);
}

static void tell_unanswered(struct requests *r, const struct target *t, GArray *found)
{
    if (!t->unanswered)
        return;
    t->unanswered->figures.of = t->requests;
    t->unanswered->figures.others = t->accepted;
    describe_silence(r, t);
    tell(found, t->unanswered, 1);
}

/* Requests of one type, and what was accepted is of the other. */
static void tell_mismatch(const struct target *t, GArray *found)
{
    if (!t->mismatch)
        return;
    t->mismatch->figures.of = t->requests;
    t->mismatch->figures.others = t->server->accepted[1 - type_index(t->mismatch->type)];
    tell(found, t->mismatch, 1);
}

static void tell_target(struct requests *r, const struct target *t, GArray *found)
{
    tell_refused(t, found);
    if (t->stale_reset)
        t->stale_reset->figures.of = t->requests;
    tell(found, t->stale_reset, 1);
    tell_unanswered(r, t, found);
    tell_mismatch(t, found);
}

static bool is_lost(const struct server *s)
{
    return s->loss && s->loss->lost.figures.count >= VSOCK_LOST_REFUSALS;
}

static bool is_same_machine(const struct server *a, const struct server *b)
{
    return memcmp(a->key.word, b->key.word, 3 * sizeof(a->key.word[0])) == 0;
}

static int by_machine_and_time(const void *a, const void *b)
{
    const struct server *s = *(struct server *const *)a, *t = *(struct server *const *)b;
    int machine = memcmp(s->key.word, t->key.word, 3 * sizeof(s->key.word[0]));

    if (machine != 0)
        return machine;
    if (s->loss->lost.time != t->loss->lost.time)
        return s->loss->lost.time < t->loss->lost.time ? -1 : 1;
    return s->loss->lost.dst.port < t->loss->lost.dst.port ? -1
                                                           : s->loss->lost.dst.port > t->loss->lost.dst.port;
}

static void add_lost_port(struct vsock_diagnosis *all, const struct vsock_diagnosis *lost)
{
    int64_t until = MAX(all->time + all->figures.total, lost->time + lost->figures.total);

    all->dst_scope = VSOCK_SCOPE_CID;
    if (all->port_count < VSOCK_PORTS_NAMED)
        all->ports[all->port_count] = lost->dst.port;
    all->port_count++;
    all->figures.of += lost->figures.of;
    vsock_diagnosis_merge(all, lost);
    all->figures.total = until - all->time;
}

/* Several ports of one machine that are lost at once are one trouble. */
static void tell_lost(const struct requests *r, GArray *found)
{
    struct server **servers = (struct server **)wmem_array_get_raw(r->servers.all);
    GPtrArray *lost = g_ptr_array_new();
    unsigned next;

    for (unsigned i = 0; i < wmem_array_get_count(r->servers.all); i++) {
        if (is_lost(servers[i]))
            g_ptr_array_add(lost, servers[i]);
    }
    g_ptr_array_sort(lost, by_machine_and_time);
    for (unsigned i = 0; i < lost->len; i = next) {
        const struct server *first = (const struct server *)lost->pdata[i];
        struct vsock_diagnosis all = first->loss->lost;

        all.ports[0] = all.dst.port;
        all.port_count = 1;
        for (next = i + 1; next < lost->len; next++) {
            const struct server *s = (const struct server *)lost->pdata[next];

            if (!is_same_machine(first, s) || s->loss->lost.time - first->loss->lost.time > LOST_WITHIN)
                break;
            add_lost_port(&all, &s->loss->lost);
        }
        tell(found, &all, 1);
    }
    g_ptr_array_free(lost, TRUE);
}

static void tell_all(struct requests *r, GArray *found)
{
    struct target **targets = (struct target **)wmem_array_get_raw(r->targets.all);
    struct server **servers = (struct server **)wmem_array_get_raw(r->servers.all);
    struct prober **probers = (struct prober **)wmem_array_get_raw(r->probers.all);

    for (unsigned i = 0; i < wmem_array_get_count(r->targets.all); i++)
        tell_target(r, targets[i], found);
    tell_lost(r, found);
    for (unsigned i = 0; i < wmem_array_get_count(r->servers.all); i++)
        tell(found, servers[i]->idle, IDLE_STREAMS);
    for (unsigned i = 0; i < wmem_array_get_count(r->probers.all); i++) {
        if (probers[i]->probes)
            tell(found, probers[i]->probes->scan, 1);
    }
}

static int in_capture_order(const void *a, const void *b)
{
    const struct attempt *s = (const struct attempt *)a, *t = (const struct attempt *)b;

    return s->at.record < t->at.record ? -1 : s->at.record > t->at.record;
}

static void judge_attempts(const struct requests *r)
{
    struct attempt *all = (struct attempt *)(void *)r->attempts->data;

    g_array_sort(r->attempts, in_capture_order);
    for (unsigned i = 0; i < r->attempts->len; i++)
        judge_attempt(r, &all[i]);
    for (unsigned i = 0; i < r->attempts->len; i++)
        look_for_scan(r, &all[i]);
    for (unsigned i = 0; i < r->attempts->len; i++)
        count_as_refused(r, &all[i]);
}

/* The capture of a host has several guests' packets, one of a guest its own alone. */
static void count_guests(struct requests *r, const struct vsock_table *cids)
{
    for (unsigned i = 0; i < wmem_array_get_count(cids->all); i++) {
        const struct vsock_cid *cid = *(struct vsock_cid **)wmem_array_index(cids->all, i);

        if (is_guest(vsock_cid_guest(cid)))
            get_place(r, cid->key.word[0])->guests++;
    }
}

void vsock_requests_judge(const struct vsock_capture *c, const struct vsock_twins *twins,
                          const struct vsock_shared *shared, const struct vsock_stale *stale,
                          GHashTable *selected, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct requests r = {twins,
                         shared,
                         stale,
                         vsock_table_new_listed(memory),
                         vsock_table_new_listed(memory),
                         vsock_table_new_listed(memory),
                         vsock_table_new(memory),
                         g_array_new(FALSE, FALSE, sizeof(struct attempt)),
                         memory};

    count_guests(&r, &c->cids);
    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        if (is_told(s, &c->thresholds))
            get_server(&r, s);
    }
    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        if (s->conn.from_request && has_server(&r, s))
            take_request(&r, s, &c->thresholds, vsock_is_selected(selected, i));
    }
    judge_attempts(&r);
    tell_all(&r, found);
    g_array_free(r.attempts, TRUE);
    wmem_destroy_allocator(memory);
}
