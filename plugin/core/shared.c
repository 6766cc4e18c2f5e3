/* SPDX-License-Identifier: GPL-2.0-or-later
 * shared.c - which CIDs are several machines at once.
 *
 * Linux takes a client's port from a counter that begins anywhere and counts up, one a namespace
 * (__vsock_bind_connectible()). Two counters in use at once between two CIDs are two namespaces. Those may
 * still speak to one machine, as two containers would with a guest; and a counter that begins anew may be
 * that of a machine that was started again. But where a port accepts the one, and refuses the other
 * meanwhile, likely two machines answer. Ports that programs choose, that monitors count from 2^30 on
 * (Firecracker, Cloud Hypervisor) or draw each time (vhost-device-vsock) are no counters. What proves two
 * machines is in overlap.h. */
#include "shared.h"

/* A program may have chosen a lower one. One counter in 4096 is there, too. */
#define COUNTED_FROM (UINT32_C(1) << 20)
#define MONITOR_FROM (UINT32_C(1) << 30)
#define MONITOR_UNTIL (MONITOR_FROM + (UINT32_C(1) << 20))

/* So far a counter may have come since its last port that was seen: it serves what is said to other CIDs, and
 * what fails, too. */
#define AHEAD_MAX 65536
#define AHEAD_A_SECOND 20000
#define AHEAD_SECONDS_MAX 50000

/* Two sockets may send their REQUESTs in another order than they took their ports. */
#define BEHIND_MAX 256

/* A port that follows another so closely was counted: drawn ones do not. */
#define NEXT_MAX 64

/* Of two CIDs, and that a port accepted. With more, ports are drawn. */
#define COUNTERS_MAX 64

/* Who has no socket answers with a RST, and at once. */
#define ANSWER_MAX VSOCK_SECOND

/* One refusal may be bad luck. */
#define MIXED_MIN 2

struct counter {
    struct counter *next;
    uint32_t port; /* the latest */
    int64_t time;
    bool counts; /* one port followed another closely */
};

/* Two CIDs, of which the first dials the second. */
struct dialler {
    struct vsock_key key;
    struct counter *counters; /* those that began last first */
    unsigned known;
    struct vsock_diagnosis mixed; /* refusals of one counter while another was accepted */
};

/* What a port accepted of one counter. */
struct accepted {
    struct accepted *next;
    const struct counter *counter;
    uint32_t from,
        until;    /* records: the first REQUEST; the last one, or the last word of such a connection */
    bool refused; /* it was in between, too */
};

/* As one CID sees it, of those that refused anything. */
struct port {
    struct vsock_key key;
    struct accepted *accepted;
    unsigned known;
};

struct search {
    const struct vsock_capture *capture;
    wmem_allocator_t *memory;
    struct vsock_table diallers, ports;
    struct counter **counters; /* of each stream's client, or NULL */
};

struct shared_cid {
    struct vsock_key key;
    struct vsock_diagnosis found;
};

struct vsock_shared {
    const struct vsock_capture *capture;
    struct vsock_table cids; /* of struct shared_cid */
};

static struct vsock_endpoint client_of(const struct vsock_stream *s)
{
    return s->side[s->conn.client];
}

static struct vsock_endpoint server_of(const struct vsock_stream *s)
{
    return s->side[s->conn.client ^ 1];
}

/* ---- counters ---- */

static struct dialler *get_dialler(struct search *all, const struct vsock_stream *s)
{
    struct vsock_key key = {{(uintptr_t)s->source, client_of(s).cid, server_of(s).cid}};

    return (struct dialler *)vsock_table_get(&all->diallers, key, sizeof(struct dialler));
}

/* How far it would have counted; an earlier port, BEHIND_MAX at most, is none ahead. Ports go round. */
static uint32_t ahead(const struct counter *c, uint32_t port)
{
    uint32_t by = port - c->port;

    return by >= UINT32_MAX - BEHIND_MAX ? 0 : by;
}

static bool can_reach(const struct counter *c, uint32_t port, int64_t time)
{
    int64_t seconds = CLAMP((time - c->time) / VSOCK_SECOND, 0, AHEAD_SECONDS_MAX);

    return ahead(c, port) <= AHEAD_MAX + (uint32_t)seconds * AHEAD_A_SECOND;
}

static struct counter *find_counter(const struct dialler *d, uint32_t port, int64_t time)
{
    struct counter *nearest = NULL;

    for (struct counter *c = d->counters; c; c = c->next) {
        if (can_reach(c, port, time) && (!nearest || ahead(c, port) < ahead(nearest, port)))
            nearest = c;
    }
    return nearest;
}

static void forget_oldest(struct dialler *d)
{
    struct counter **last = &d->counters;

    while ((*last)->next)
        last = &(*last)->next;
    *last = NULL;
    d->known--;
}

static struct counter *add_counter(struct search *all, struct dialler *d)
{
    struct counter *c = wmem_new0(all->memory, struct counter);

    c->next = d->counters;
    d->counters = c;
    if (++d->known > COUNTERS_MAX)
        forget_oldest(d);
    return c;
}

static struct counter *count(struct search *all, const struct vsock_stream *s)
{
    struct dialler *d = get_dialler(all, s);
    uint32_t port = client_of(s).port;
    int64_t time = s->conn.request.time;
    struct counter *c = find_counter(d, port, time);

    if (!c)
        c = add_counter(all, d);
    else
        c->counts |= port != c->port && ahead(c, port) <= NEXT_MAX;
    c->port = port;
    c->time = time;
    return c;
}

static bool may_be_counted(const struct vsock_stream *s)
{
    uint32_t port;

    if (!s->conn.from_request || s->conn.degenerate)
        return false;
    port = client_of(s).port;
    return port >= COUNTED_FROM && !(port >= MONITOR_FROM && port < MONITOR_UNTIL);
}

/* ---- answers ---- */

static struct vsock_key port_key(struct search *all, const struct vsock_stream *s)
{
    return (struct vsock_key){{(uintptr_t)get_dialler(all, s), server_of(s).port}};
}

/* NULL where it refused nothing. */
static struct port *find_port(struct search *all, const struct vsock_stream *s)
{
    struct vsock_key key = port_key(all, s);

    return (struct port *)vsock_table_find(&all->ports, key);
}

static struct accepted *find_accepted(const struct port *p, const struct counter *c)
{
    struct accepted *a = p->accepted;

    while (a && a->counter != c)
        a = a->next;
    return a;
}

static struct accepted *add_accepted(struct search *all, struct port *p)
{
    struct accepted *a = wmem_new0(all->memory, struct accepted);

    a->next = p->accepted;
    p->accepted = a;
    p->known++;
    return a;
}

/* The record of the client's last packet that no RST answered, of those after `after`; or that itself. */
static uint32_t last_unrefused(const struct vsock_capture *capture, const struct vsock_stream *s,
                               uint32_t after)
{
    int64_t end = s->conn.ended ? s->conn.reset.time : capture->end;
    uint32_t number = s->last_record;

    if (s->superseded_time != VSOCK_TIME_NONE)
        end = MIN(end, s->superseded_time);
    while (number > after && vsock_capture_has_record(capture, number)) {
        const struct vsock_record *r = vsock_capture_record(capture, number);

        if (r->sender == s->conn.client && r->time <= end - ANSWER_MAX)
            return number;
        number = r->previous;
    }
    if (number > after && number == s->last_record && s->last.time <= end - ANSWER_MAX) /* it is no more */
        return MAX(after, s->stats.side[s->conn.client].spoke);
    return after;
}

/* The record up to which both sides had a socket: both went on, or the client did and was not refused, as by
 * a server that only reads. */
static uint32_t alive_until(const struct vsock_capture *capture, const struct vsock_stream *s)
{
    return last_unrefused(capture, s, MIN(s->stats.side[0].spoke, s->stats.side[1].spoke));
}

static void note_port(struct search *all, const struct vsock_stream *s)
{
    vsock_table_get(&all->ports, port_key(all, s), sizeof(struct port));
}

static void note_accepted(struct search *all, const struct vsock_stream *s, const struct counter *c)
{
    struct port *p = find_port(all, s);
    uint32_t request = s->conn.request.record;
    struct accepted *a = p ? find_accepted(p, c) : NULL;

    if (!p)
        return;
    if (!a) {
        if (p->known == COUNTERS_MAX)
            return;
        a = add_accepted(all, p);
        a->counter = c;
        a->from = request;
    }
    a->until = MAX(a->until, MAX(request, alive_until(all->capture, s)));
}

static bool is_meanwhile(const struct accepted *a, const struct vsock_stream *s)
{
    return a->from < s->conn.request.record && s->conn.request.record < a->until;
}

static void note_refused(struct search *all, const struct vsock_stream *s, const struct counter *c)
{
    struct accepted *own = find_accepted(find_port(all, s), c);

    if (own)
        own->refused |= is_meanwhile(own, s);
}

/* Did the port, which refused this one and had never accepted its counter, accept another then, and refuse it
 * nothing? */
static bool is_mixed(const struct port *p, const struct vsock_stream *s, const struct counter *c)
{
    const struct accepted *own = find_accepted(p, c);

    if (own && own->from < s->conn.request.record)
        return false;
    for (const struct accepted *a = p->accepted; a; a = a->next) {
        if (a->counter != c && !a->refused && (a->counter->counts || c->counts) && is_meanwhile(a, s))
            return true;
    }
    return false;
}

static void note_mixed(struct search *all, const struct vsock_stream *s, const struct counter *c)
{
    const struct port *p = find_port(all, s);
    struct vsock_diagnosis one = vsock_diagnosis_start(VSOCK_CODE_CID_SHARED, &s->conn.request);

    if (!is_mixed(p, s, c))
        return;
    one.last_frame = s->conn.reset.frame;
    one.figures.count = 1;
    vsock_diagnosis_add(&get_dialler(all, s)->mixed, &one);
}

/* By the server: a client that resets its own REQUEST tells nothing of it. */
static bool is_refused(const struct vsock_stream *s)
{
    return s->conn.rst_kind == VSOCK_RST_REFUSED && s->conn.rst_side != s->conn.client;
}

/* What is known of answers takes turns: which ports refuse, to whom these are open, whether to them alone,
 * and who is refused then. */
enum turn { TURN_PORTS, TURN_ACCEPTED, TURN_REFUSED, TURN_MIXED, TURN_COUNT };

static void look_at(struct search *all, const struct vsock_stream *s, enum turn turn)
{
    const struct counter *c = all->counters[s->index];

    if (!c)
        return;
    if (turn == TURN_PORTS && is_refused(s))
        note_port(all, s);
    else if (turn == TURN_ACCEPTED && s->conn.response.record != 0)
        note_accepted(all, s, c);
    else if (turn == TURN_REFUSED && is_refused(s))
        note_refused(all, s, c);
    else if (turn == TURN_MIXED && is_refused(s))
        note_mixed(all, s, c);
}

static void find_mixed(struct search *all)
{
    uint32_t streams = wmem_array_get_count(all->capture->streams);

    all->counters = wmem_alloc0_array(all->memory, struct counter *, MAX(streams, 1));
    for (uint32_t i = 0; i < streams; i++) {
        const struct vsock_stream *s = vsock_capture_stream(all->capture, i);

        if (may_be_counted(s))
            all->counters[i] = count(all, s);
    }
    for (unsigned turn = 0; turn < TURN_COUNT; turn++) {
        for (uint32_t i = 0; i < streams; i++)
            look_at(all, vsock_capture_stream(all->capture, i), (enum turn)turn);
    }
}

/* ---- CIDs ---- */

/* Of two CIDs it is the one that is not the host's: that is everybody's. */
static void add(struct vsock_shared *shared, uint64_t source, uint64_t client, uint64_t server,
                const struct vsock_diagnosis *found)
{
    uint64_t cid = server != VSOCK_CID_HOST ? server : client;
    struct vsock_key key = {{source, cid}};
    struct shared_cid *c = (struct shared_cid *)vsock_table_get(&shared->cids, key, sizeof(*c));

    vsock_diagnosis_add(&c->found, found);
    c->found.proved |= found->proved;
    c->found.dst_scope = VSOCK_SCOPE_CID;
    c->found.dst.cid = cid;
}

struct vsock_shared *vsock_shared_find(const struct vsock_capture *capture, wmem_allocator_t *memory)
{
    struct vsock_shared *shared = wmem_new(memory, struct vsock_shared);
    struct search all = {capture, memory, vsock_table_new_listed(memory), vsock_table_new(memory), NULL};

    *shared = (struct vsock_shared){capture, vsock_table_new_listed(memory)};
    for (unsigned i = 0; i < wmem_array_get_count(capture->cid_pairs.all); i++) {
        const struct vsock_cid_pair *p =
            *(struct vsock_cid_pair **)wmem_array_index(capture->cid_pairs.all, i);

        if (p->overlaps)
            add(shared, p->key.word[0], p->key.word[1], p->key.word[2], p->overlaps);
    }
    find_mixed(&all);
    for (unsigned i = 0; i < wmem_array_get_count(all.diallers.all); i++) {
        const struct dialler *d = *(struct dialler **)wmem_array_index(all.diallers.all, i);

        if (d->mixed.figures.count >= MIXED_MIN)
            add(shared, d->key.word[0], d->key.word[1], d->key.word[2], &d->mixed);
    }
    return shared;
}

static struct shared_cid *find_cid(const struct vsock_shared *shared, uint64_t source, uint64_t cid)
{
    struct vsock_key key = {{source, cid}};

    return (struct shared_cid *)vsock_table_find(&shared->cids, key);
}

bool vsock_is_shared_pair(const struct vsock_shared *shared, const struct vsock_cid_pair *pair)
{
    const uint64_t *of = pair->key.word; /* source, CID, CID */

    return shared && (find_cid(shared, of[0], of[1]) || find_cid(shared, of[0], of[2]));
}

bool vsock_is_shared(const struct vsock_shared *shared, const struct vsock_stream *s)
{
    return shared && vsock_is_shared_pair(shared, s->cid_pair);
}

/* ---- what is told ---- */

static void note_selected(const struct vsock_shared *shared, const struct vsock_stream *s)
{
    for (unsigned side = 0; side < 2; side++) {
        struct shared_cid *c = find_cid(shared, (uintptr_t)s->source, s->side[side].cid);

        if (c)
            c->found.selected = true;
    }
}

void vsock_shared_tell(const struct vsock_shared *shared, GHashTable *selected, GArray *found)
{
    unsigned cids = wmem_array_get_count(shared->cids.all);

    for (uint32_t i = 0; cids > 0 && i < wmem_array_get_count(shared->capture->streams); i++) {
        if (vsock_is_selected(selected, i))
            note_selected(shared, vsock_capture_stream(shared->capture, i));
    }
    for (unsigned i = 0; i < cids; i++) {
        const struct shared_cid *c = *(struct shared_cid **)wmem_array_index(shared->cids.all, i);

        if (c->found.selected)
            g_array_append_val(found, c->found);
    }
}
