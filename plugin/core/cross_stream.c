/* SPDX-License-Identifier: GPL-2.0-or-later
 * cross_stream.c - what many connections together tell. */
#include "cross_stream.h"

#define SECOND INT64_C(1000000000)

#define SCAN_WITHIN SECOND

/* So many refusals of one port are more than bad luck. */
#define REFUSALS_WARN 3

#define GAP_MIN (10 * SECOND)
#define SPOKE_BEFORE_GAP (2 * SECOND)
#define ORPHANED_AFTER (10 * SECOND)

#define IDLE_MIN (5 * SECOND)
#define IDLE_STREAMS 3

#define TOGETHER_MIN SECOND         /* that streams waited at once */
#define TOGETHER_ENDS (SECOND / 10) /* and went on within */
#define TOGETHER_STREAMS 3

/* ---- requests ---- */

static int type_index(uint16_t type)
{
    switch (type) {
    case VSOCK_TYPE_STREAM:
        return 0;
    case VSOCK_TYPE_SEQPACKET:
        return 1;
    }
    return -1;
}

/* How long it went on; a clock may go back. */
static void extend(struct vsock_diagnosis *sum, int64_t until)
{
    if (until - sum->time > sum->figures.total)
        sum->figures.total = until - sum->time;
}

static void count(struct vsock_diagnosis *sum, enum vsock_code code, const struct vsock_mark *at,
                  bool selected)
{
    struct vsock_diagnosis one = vsock_diagnosis_start(code, at);

    one.figures.count = 1;
    one.selected = selected;
    if (sum->figures.count == 0) {
        *sum = one;
        return;
    }
    vsock_diagnosis_merge(sum, &one);
    extend(sum, at->time);
}

static bool is_mismatch(const struct vsock_attempt *a)
{
    int type = type_index(a->type);

    return type >= 0 && a->server->accepted[type] == 0 && a->server->accepted[1 - type] > 0;
}

static bool is_worse(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    return a->selected != b->selected ? a->selected : a->figures.count > b->figures.count;
}

static void explain_as_lost(struct vsock_attempt *a)
{
    struct vsock_server *s = a->server;

    count(&s->losing, VSOCK_CODE_LISTENER_LOST, &a->at, a->selected);
    if (is_worse(&s->losing, &s->lost))
        s->lost = s->losing;
    a->explained = true;
}

static void refuse_in_a_row(struct vsock_attempt *a)
{
    struct vsock_server *s = a->server;

    if (s->accepted_so_far == 0)
        return;
    if (s->refused_in_a_row < VSOCK_LOST_REFUSALS - 1) {
        s->run[s->refused_in_a_row++] = a;
        return;
    }
    if (s->refused_in_a_row == VSOCK_LOST_REFUSALS - 1) { /* enough */
        s->refused_in_a_row++;
        s->losing = (struct vsock_diagnosis){.selected = false};
        for (unsigned i = 0; i < VSOCK_LOST_REFUSALS - 1; i++)
            explain_as_lost(s->run[i]);
        s->losing.figures.others = s->accepted_so_far;
        s->losing.figures.of = s->open;
    }
    explain_as_lost(a);
}

static void look_for_lost_listener(struct vsock_attempt *a)
{
    struct vsock_server *s = a->server;

    switch (a->outcome) {
    case VSOCK_OUTCOME_ACCEPTED:
        s->accepted_so_far++;
        s->open++;
        s->refused_in_a_row = 0;
        break;
    case VSOCK_OUTCOME_ENDED:
        s->open -= s->open > 0;
        break;
    case VSOCK_OUTCOME_REFUSED:
        if (!a->explained && !a->own_fault)
            refuse_in_a_row(a);
        break;
    }
}

/* Puts the port last among the latest that refused; one that is there already only moves. */
static void note_port(struct vsock_prober *p, uint32_t port, int64_t time)
{
    unsigned i = 0;

    while (i < p->count && p->ports[i].port != port)
        i++;
    if (i == p->count && p->count < VSOCK_SCAN_PORTS)
        p->count++;
    else if (i == p->count)
        i = 0; /* full: the oldest goes */
    for (; i + 1 < p->count; i++)
        p->ports[i] = p->ports[i + 1];
    p->ports[p->count - 1].port = port;
    p->ports[p->count - 1].time = time;
}

static void look_for_scan(struct vsock_attempt *a)
{
    struct vsock_prober *p = a->prober;

    if (a->outcome != VSOCK_OUTCOME_REFUSED || a->explained || a->own_fault)
        return;
    if (p->newest &&
        a->at.time < p->newest->at.time) { /* by a clock that goes back, nothing is within a second */
        p->newest = NULL;
        p->count = 0;
    }
    a->before = p->newest;
    p->newest = a;
    note_port(p, a->server->endpoint.port, a->at.time);
    if (p->count < VSOCK_SCAN_PORTS || a->at.time - p->ports[0].time > SCAN_WITHIN)
        return;
    for (; a && !a->explained && p->newest->at.time - a->at.time <= SCAN_WITHIN; a = a->before) {
        a->explained = true;
        count(&p->scan, VSOCK_CODE_PORT_SCAN, &a->at, a->selected);
    }
    extend(&p->scan, p->newest->at.time);
}

static void count_by_target(struct vsock_attempt *a)
{
    struct vsock_target *t = a->target;

    if (a->outcome == VSOCK_OUTCOME_ACCEPTED)
        t->accepted++;
    if (a->outcome != VSOCK_OUTCOME_REFUSED)
        return;
    if (!a->own_fault && is_mismatch(a)) {
        count(&t->mismatch[type_index(a->type)], VSOCK_CODE_CONNECT_TYPE_MISMATCH, &a->at, a->selected);
        return;
    }
    if (a->explained)
        return;
    count(&t->refused, VSOCK_CODE_CONNECT_REFUSED, &a->at, a->selected);
    t->own_fault += a->own_fault;
    t->itself += a->itself;
}

void vsock_attempts_judge(struct vsock_attempt *attempts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int type = type_index(attempts[i].type);

        if (attempts[i].outcome == VSOCK_OUTCOME_ACCEPTED && type >= 0)
            attempts[i].server->accepted[type]++;
    }
    for (size_t i = 0; i < n; i++) {
        struct vsock_attempt *a = &attempts[i];

        a->explained = a->outcome == VSOCK_OUTCOME_REFUSED && !a->own_fault && is_mismatch(a);
        look_for_lost_listener(a);
    }
    for (size_t i = 0; i < n; i++)
        look_for_scan(&attempts[i]);
    for (size_t i = 0; i < n; i++)
        count_by_target(&attempts[i]);
}

bool vsock_server_is_of_one_client(struct vsock_endpoint endpoint)
{
    return endpoint.cid == VSOCK_CID_HOST;
}

void vsock_target_unanswered(struct vsock_target *t, const struct vsock_mark *at, bool selected)
{
    count(&t->unanswered, VSOCK_CODE_CONNECT_UNANSWERED, at, selected);
}

void vsock_server_idle(struct vsock_server *server, const struct vsock_stream *s, bool selected)
{
    int64_t until = vsock_stream_known_until(s), idle;

    if (s->stats.shut_time != VSOCK_TIME_NONE)
        until = MIN(until, s->stats.shut_time);
    idle = until - s->conn.response.time;
    if (s->conn.degenerate || s->stats.side[0].rws + s->stats.side[1].rws > 0 || idle < IDLE_MIN)
        return;
    count(&server->idle, VSOCK_CODE_NO_DATA, &s->stats.first, selected);
    server->idle.figures.longest = MAX(server->idle.figures.longest, idle);
}

static void name_ends(struct vsock_diagnosis *d, const uint64_t *client_cid, const struct vsock_server *s)
{
    d->dst_scope = VSOCK_SCOPE_ENDPOINT;
    d->dst = s->endpoint;
    if (!client_cid)
        return;
    d->src_scope = VSOCK_SCOPE_CID;
    d->src.cid = *client_cid;
}

bool vsock_target_diagnose(const struct vsock_target *t, enum vsock_code code, unsigned type,
                           struct vsock_diagnosis *d)
{
    if (code == VSOCK_CODE_CONNECT_TYPE_MISMATCH)
        *d = t->mismatch[type];
    else
        *d = code == VSOCK_CODE_CONNECT_REFUSED ? t->refused : t->unanswered;
    if (d->figures.count == 0 || !d->selected)
        return false;
    name_ends(d, &t->client_cid, t->server);
    d->figures.of = t->requests;
    d->figures.others = t->accepted;
    if (code == VSOCK_CODE_CONNECT_TYPE_MISMATCH) {
        d->type = type == 0 ? VSOCK_TYPE_STREAM : VSOCK_TYPE_SEQPACKET;
        d->figures.others = t->server->accepted[1 - type];
    }
    if (code == VSOCK_CODE_CONNECT_REFUSED) {
        d->own_fault = t->own_fault == d->figures.count;
        d->dialled_itself = t->itself == d->figures.count;
        if (d->figures.count >= REFUSALS_WARN)
            vsock_diagnosis_worsen(d);
    }
    return true;
}

bool vsock_server_diagnose(const struct vsock_server *s, enum vsock_code code, struct vsock_diagnosis *d)
{
    *d = code == VSOCK_CODE_LISTENER_LOST ? s->lost : s->idle;
    name_ends(d, vsock_server_is_of_one_client(s->endpoint) ? &s->client_cid : NULL, s);
    return d->selected && d->figures.count >= (code == VSOCK_CODE_LISTENER_LOST ? 1 : IDLE_STREAMS);
}

bool vsock_prober_diagnose(const struct vsock_prober *p, struct vsock_diagnosis *d)
{
    *d = p->scan;
    d->src_scope = d->dst_scope = VSOCK_SCOPE_CID;
    d->src.cid = p->client_cid;
    d->dst.cid = p->server_cid;
    return d->selected && d->figures.count > 0;
}

/* ---- two CIDs over time ---- */

void vsock_cid_pair_take(struct vsock_cid_pair *p, int64_t time)
{
    if (p->spoke && time - p->last_time >= GAP_MIN) {
        p->gap = (struct vsock_gap){.from = p->last_time, .until = time};
        p->gap_told = false;
    }
    if (!p->spoke || time > p->last_time)
        p->last_time = time;
    p->spoke = true;
}

bool vsock_cid_pair_opened(struct vsock_cid_pair *p, int64_t requested)
{
    if (p->gap.until == 0 || p->gap_told || requested < p->gap.until)
        return false;
    p->gap_told = true;
    return true;
}

bool vsock_stream_orphaned(const struct vsock_stream *s, const struct vsock_gap *gaps, size_t n,
                           struct vsock_diagnosis *d)
{
    const struct vsock_mark *last = &s->last;
    int64_t known_until = vsock_stream_known_until(s);
    bool living = s->conn.state == VSOCK_STATE_OPEN || s->conn.state == VSOCK_STATE_HALF_CLOSED ||
                  s->conn.state == VSOCK_STATE_MIDSTREAM;
    size_t low = 0, high = n;

    while (low < high) { /* the first gap that begins when it spoke last, or later */
        size_t middle = low + (high - low) / 2;

        if (gaps[middle].from < last->time)
            low = middle + 1;
        else
            high = middle;
    }
    if (!living || s->conn.ended || low == n || gaps[low].from - last->time > SPOKE_BEFORE_GAP ||
        known_until - gaps[low].until < ORPHANED_AFTER)
        return false;
    *d = vsock_diagnosis_start(VSOCK_CODE_ORPHANED_STREAM, last);
    d->lasting = true;
    d->figures.longest = gaps[low].until - gaps[low].from;
    d->figures.total = known_until - last->time;
    return true;
}

/* ---- streams that wait as one ---- */

/* Collects the streams, of those that went on soon after the one at `first`, that had waited with it for long
 * enough; sets for how long all of them did. */
static unsigned find_together(const struct vsock_cid_pair *p, unsigned first, uint32_t streams[],
                              int64_t *overlap)
{
    const struct vsock_waited *w = p->waited;
    unsigned n = 0;

    *overlap = w[first].until - w[first].from;
    for (unsigned i = first; i < p->waited_count; i++) {
        unsigned known = 0;

        if (w[i].until - w[first].until > TOGETHER_ENDS || w[first].until - w[i].from < TOGETHER_MIN)
            continue;
        while (known < n && streams[known] != w[i].stream)
            known++;
        if (known < n)
            continue;
        streams[n++] = w[i].stream;
        *overlap = MIN(*overlap, w[first].until - w[i].from);
    }
    return n;
}

static void note_together(struct vsock_cid_pair *p, unsigned first)
{
    const struct vsock_waited *last = &p->waited[p->waited_count - 1];
    struct vsock_diagnosis d =
        vsock_diagnosis_start(VSOCK_CODE_HEAD_OF_LINE, &(struct vsock_mark){.frame = p->waited[first].frame,
                                                                            .time = p->waited[first].from});
    uint32_t streams[VSOCK_TOGETHER_MAX];

    d.last_frame = last->frame;
    d.figures.count = find_together(p, first, streams, &d.figures.longest);
    d.src_scope = d.dst_scope = VSOCK_SCOPE_CID;
    d.src.cid = p->low_cid;
    d.dst.cid = p->high_cid;
    if (d.figures.count < TOGETHER_STREAMS || d.figures.count <= p->together.figures.count)
        return;
    p->together = d;
    for (unsigned i = 0; i < d.figures.count; i++)
        p->together_streams[i] = streams[i];
}

bool vsock_cid_pair_diagnose(const struct vsock_cid_pair *p, unsigned selected, struct vsock_diagnosis *d)
{
    *d = p->together;
    d->figures.count = selected;
    return selected >= TOGETHER_STREAMS;
}

void vsock_cid_pair_waited(struct vsock_cid_pair *p, const struct vsock_waited *waited)
{
    if (waited->until - waited->from < TOGETHER_MIN)
        return;
    if (p->waited_count == VSOCK_TOGETHER_MAX) {
        for (unsigned i = 0; i + 1 < VSOCK_TOGETHER_MAX; i++)
            p->waited[i] = p->waited[i + 1];
        p->waited_count--;
    }
    p->waited[p->waited_count++] = *waited;
    for (unsigned first = 0; first + 1 < p->waited_count; first++)
        note_together(p, first);
}
