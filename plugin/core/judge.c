/* SPDX-License-Identifier: GPL-2.0-or-later
 * judge.c - the verdict on a capture. Servers, targets and probers are made here, with cross_stream.h's
 * rules; they are told apart by interface and section, since another one may be another kernel, or another
 * day. */
#include "judge.h"

#include "cross_stream.h"

struct judgement {
    const struct vsock_capture *capture;
    const struct vsock_selection *only;
    GArray *found;                                 /* of struct vsock_diagnosis */
    struct vsock_diagnosis sums[VSOCK_CODE_COUNT]; /* of the whole capture, by code */
    wmem_allocator_t *memory;
    wmem_map_t *servers, *targets, *probers;
    wmem_array_t *server_list, *target_list, *prober_list; /* of pointers, in the order of the capture */
    GArray *attempts;
};

static bool is_selected(const struct judgement *j, uint32_t stream)
{
    return !j->only || g_hash_table_contains(j->only->streams, GUINT_TO_POINTER(stream));
}

/* ---- one of each ---- */

struct key {
    const struct vsock_capture_source *source;
    uint64_t client_cid, server_cid; /* not all are used by all */
    uint32_t port;
};

static unsigned key_hash(const void *key)
{
    const struct key *k = (const struct key *)key;
    const uint64_t words[] = {k->client_cid, k->server_cid, k->port, (uintptr_t)k->source};

    return wmem_strong_hash((const uint8_t *)words, sizeof(words));
}

static gboolean key_equal(const void *a, const void *b)
{
    const struct key *k = (const struct key *)a, *l = (const struct key *)b;

    return k->source == l->source && k->client_cid == l->client_cid && k->server_cid == l->server_cid &&
           k->port == l->port;
}

/* Zeroed where it is new, and then in the list, too. */
static void *get(struct judgement *j, wmem_map_t *map, wmem_array_t *list, const struct key *key, size_t size)
{
    void *thing = wmem_map_lookup(map, key);

    if (thing)
        return thing;
    thing = wmem_alloc0(j->memory, size);
    wmem_map_insert(map, wmem_memdup(j->memory, key, sizeof(*key)), thing);
    wmem_array_append_one(list, thing);
    return thing;
}

/* Who connects to whom. */
struct connect {
    struct vsock_server *server;
    struct vsock_target *target;
    struct vsock_prober *prober;
};

static struct connect get_connect(struct judgement *j, const struct vsock_stream *s)
{
    uint8_t client = s->conn.client == VSOCK_SIDE_UNKNOWN ? 0 : s->conn.client;
    struct vsock_endpoint from = s->side[client], to = s->side[client ^ 1];
    uint64_t only_client = vsock_server_is_of_one_client(to) ? from.cid : 0;
    struct key server = {
        .source = s->source, .client_cid = only_client, .server_cid = to.cid, .port = to.port};
    struct key target = {.source = s->source, .client_cid = from.cid, .server_cid = to.cid, .port = to.port};
    struct key prober = {.source = s->source, .client_cid = from.cid, .server_cid = to.cid};
    struct connect c = {
        .server = (struct vsock_server *)get(j, j->servers, j->server_list, &server, sizeof(*c.server)),
        .target = (struct vsock_target *)get(j, j->targets, j->target_list, &target, sizeof(*c.target)),
        .prober = (struct vsock_prober *)get(j, j->probers, j->prober_list, &prober, sizeof(*c.prober)),
    };

    c.server->endpoint = to;
    c.server->client_cid = only_client;
    c.target->server = c.server;
    c.target->client_cid = c.prober->client_cid = from.cid;
    c.prober->server_cid = to.cid;
    return c;
}

/* ---- one stream ---- */

/* What is no stream's own, but the capture's. */
static bool is_of_capture(enum vsock_code code)
{
    return code == VSOCK_CODE_CAPTURE_LOSS || code == VSOCK_CODE_KERNEL_TAP_BUG ||
           code == VSOCK_CODE_CID_ANOMALY;
}

static bool is_empty(const struct vsock_diagnosis *sum)
{
    return sum->figures.count + sum->figures.others == 0;
}

static void add_to_capture(struct judgement *j, const struct vsock_diagnosis *d, bool of_stream)
{
    struct vsock_diagnosis *sum = &j->sums[d->code];

    if (is_empty(sum))
        *sum = *d;
    else
        vsock_diagnosis_merge(sum, d);
    sum->figures.of += of_stream;
}

static void add_to_stream(struct judgement *j, const struct vsock_stream *s, struct vsock_diagnosis d)
{
    d.stream = s->index;
    d.src_scope = d.dst_scope = VSOCK_SCOPE_ENDPOINT;
    d.src = s->side[d.side];
    d.dst = s->side[d.side ^ 1];
    g_array_append_val(j->found, d);
}

/* All that went wrong in it: what its packets proved, and what only the end tells. */
static struct vsock_stream_diagnosis *diagnoses_of(struct judgement *j, const struct vsock_stream *s)
{
    struct vsock_stream_diagnosis *all = NULL;
    struct vsock_diagnoses ended = {.count = 0};
    wmem_array_t *gaps = s->cid_pair->gaps;
    struct vsock_diagnosis orphaned;

    for (const struct vsock_stream_diagnosis *d = s->diagnoses; d; d = d->next)
        vsock_diagnosis_collect(j->memory, &all, &d->diagnosis);
    vsock_stream_end(s, &j->capture->thresholds, &ended);
    for (unsigned i = 0; i < ended.count; i++)
        vsock_diagnosis_collect(j->memory, &all, &ended.list[i]);
    if (gaps && vsock_stream_orphaned(s, (const struct vsock_gap *)wmem_array_get_raw(gaps),
                                      wmem_array_get_count(gaps), &orphaned))
        vsock_diagnosis_collect(j->memory, &all, &orphaned);
    return all;
}

static void judge_stream(struct judgement *j, const struct vsock_stream *s)
{
    uint64_t seen = 0; /* bits of what this stream was counted for */

    for (const struct vsock_stream_diagnosis *d = diagnoses_of(j, s); d; d = d->next) {
        uint64_t bit = UINT64_C(1) << d->diagnosis.code;
        bool counts = d->diagnosis.figures.count > 0;

        if (!is_of_capture(d->diagnosis.code)) {
            add_to_stream(j, s, d->diagnosis);
            continue;
        }
        add_to_capture(j, &d->diagnosis, counts && !(seen & bit));
        seen |= counts ? bit : 0;
    }
}

/* ---- all of them together ---- */

static void add_attempt(struct judgement *j, const struct vsock_stream *s, const struct connect *connect,
                        enum vsock_outcome outcome, const struct vsock_mark *at)
{
    struct vsock_attempt a = {
        .outcome = outcome,
        .at = *at,
        .type = s->conn.type,
        .selected = is_selected(j, s->index),
        .itself = s->conn.degenerate,
        .own_fault = s->conn.degenerate || s->conn.rst_side == s->conn.client,
        .server = connect->server,
        .target = connect->target,
        .prober = connect->prober,
    };

    g_array_append_val(j->attempts, a);
}

static void take_request(struct judgement *j, const struct vsock_stream *s)
{
    const struct vsock_conn *c = &s->conn;
    struct connect connect;

    if (!c->from_request)
        return;
    connect = get_connect(j, s);
    connect.target->requests++;
    if (vsock_stream_unanswered(s, &j->capture->thresholds))
        vsock_target_unanswered(connect.target, &c->request, is_selected(j, s->index));
    if (c->rst_kind == VSOCK_RST_REFUSED)
        add_attempt(j, s, &connect, VSOCK_OUTCOME_REFUSED, &c->reset);
    if (c->response.record == 0)
        return;
    add_attempt(j, s, &connect, VSOCK_OUTCOME_ACCEPTED, &c->response);
    if (c->ended)
        add_attempt(j, s, &connect, VSOCK_OUTCOME_ENDED, &c->reset);
    vsock_server_idle(connect.server, s, is_selected(j, s->index));
}

static int in_capture_order(const void *a, const void *b)
{
    const struct vsock_attempt *s = (const struct vsock_attempt *)a, *t = (const struct vsock_attempt *)b;

    return s->at.record < t->at.record ? -1 : s->at.record > t->at.record;
}

static void judge_targets(struct judgement *j)
{
    struct vsock_diagnosis d;

    for (unsigned i = 0; i < wmem_array_get_count(j->target_list); i++) {
        const struct vsock_target *t = *(struct vsock_target **)wmem_array_index(j->target_list, i);

        if (vsock_target_diagnose(t, VSOCK_CODE_CONNECT_REFUSED, 0, &d))
            g_array_append_val(j->found, d);
        if (vsock_target_diagnose(t, VSOCK_CODE_CONNECT_UNANSWERED, 0, &d))
            g_array_append_val(j->found, d);
        for (unsigned type = 0; type < 2; type++) {
            if (vsock_target_diagnose(t, VSOCK_CODE_CONNECT_TYPE_MISMATCH, type, &d))
                g_array_append_val(j->found, d);
        }
    }
}

static void judge_servers(struct judgement *j)
{
    struct vsock_diagnosis d;

    for (unsigned i = 0; i < wmem_array_get_count(j->server_list); i++) {
        const struct vsock_server *s = *(struct vsock_server **)wmem_array_index(j->server_list, i);

        if (vsock_server_diagnose(s, VSOCK_CODE_LISTENER_LOST, &d))
            g_array_append_val(j->found, d);
        if (vsock_server_diagnose(s, VSOCK_CODE_NO_DATA, &d))
            g_array_append_val(j->found, d);
    }
    for (unsigned i = 0; i < wmem_array_get_count(j->prober_list); i++) {
        if (vsock_prober_diagnose(*(struct vsock_prober **)wmem_array_index(j->prober_list, i), &d))
            g_array_append_val(j->found, d);
    }
}

static void judge_cid_pairs(struct judgement *j)
{
    for (unsigned i = 0; i < wmem_array_get_count(j->capture->cid_pairs); i++) {
        const struct vsock_cid_pair *p =
            *(struct vsock_cid_pair **)wmem_array_index(j->capture->cid_pairs, i);
        struct vsock_diagnosis d;
        unsigned selected = 0;

        for (unsigned k = 0; k < p->together.figures.count; k++)
            selected += is_selected(j, p->together_streams[k]);
        if (vsock_cid_pair_diagnose(p, selected, &d))
            g_array_append_val(j->found, d);
    }
}

static void judge_capture(struct judgement *j)
{
    const struct vsock_stream_diagnosis *d = j->only ? j->only->unassociated : j->capture->unassociated;

    for (; d; d = d->next)
        add_to_capture(j, &d->diagnosis, false);
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        if (!is_empty(&j->sums[code]))
            g_array_append_val(j->found, j->sums[code]);
    }
}

/* ---- the order of things ---- */

static void start(struct judgement *j)
{
    j->attempts = g_array_new(FALSE, FALSE, sizeof(struct vsock_attempt));
    j->memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    j->servers = wmem_map_new(j->memory, key_hash, key_equal);
    j->targets = wmem_map_new(j->memory, key_hash, key_equal);
    j->probers = wmem_map_new(j->memory, key_hash, key_equal);
    j->server_list = wmem_array_new(j->memory, sizeof(struct vsock_server *));
    j->target_list = wmem_array_new(j->memory, sizeof(struct vsock_target *));
    j->prober_list = wmem_array_new(j->memory, sizeof(struct vsock_prober *));
}

static void finish(struct judgement *j)
{
    g_array_free(j->attempts, TRUE);
    wmem_destroy_allocator(j->memory);
}

static int in_order(const void *a, const void *b)
{
    return vsock_diagnosis_compare((const struct vsock_diagnosis *)a, (const struct vsock_diagnosis *)b);
}

uint32_t vsock_judge(const struct vsock_capture *capture, const struct vsock_selection *only, GArray *found)
{
    struct judgement j = {.capture = capture, .only = only, .found = found};
    uint32_t looked_at = 0;

    start(&j);
    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(capture, i);

        take_request(&j, s);
        if (!is_selected(&j, i))
            continue;
        looked_at++;
        judge_stream(&j, s);
    }
    g_array_sort(j.attempts, in_capture_order);
    vsock_attempts_judge((struct vsock_attempt *)(void *)j.attempts->data, j.attempts->len);
    judge_targets(&j);
    judge_servers(&j);
    judge_cid_pairs(&j);
    judge_capture(&j);
    g_array_sort(found, in_order);
    finish(&j);
    return looked_at;
}
