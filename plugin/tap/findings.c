/* SPDX-License-Identifier: GPL-2.0-or-later
 * findings.c - judges what was gathered: each life by itself, then all of them together.
 * A filter picks streams. What is said of many is judged by all, and told where a picked one is among them.
 * Servers, targets and probers are made here, with core/timeline.h's rules; they are told apart by interface
 * and section, since another one may be another kernel, or another day. */
#include "compat.h"

#include "findings.h"

struct judgement {
    struct vsock_lives *lives;
    GArray *found;                                    /* of struct vsock_diagnosis */
    struct vsock_diagnosis capture[VSOCK_CODE_COUNT]; /* of the whole capture, by code; figures.of 0: none */
    wmem_allocator_t *memory;
    wmem_map_t *servers, *targets, *probers;
    wmem_array_t *server_list, *target_list, *prober_list; /* of pointers, in the order of the capture */
    GArray *attempts;
};

/* ---- one of each ---- */

struct key {
    const struct place *place;
    uint64_t client_cid, server_cid; /* not all are used by all */
    uint32_t port;
};

static unsigned key_hash(const void *key)
{
    const struct key *k = (const struct key *)key;
    const uint64_t words[] = {k->client_cid, k->server_cid, k->port, (uintptr_t)k->place};

    return wmem_strong_hash((const uint8_t *)words, sizeof(words));
}

static gboolean key_equal(const void *a, const void *b)
{
    const struct key *k = (const struct key *)a, *l = (const struct key *)b;

    return k->place == l->place && k->client_cid == l->client_cid && k->server_cid == l->server_cid &&
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

/* Who dialled whom. */
struct dial {
    struct vsock_server *server;
    struct vsock_target *target;
    struct vsock_prober *prober;
};

static struct dial get_dial(struct judgement *j, const struct vsock_stream *s)
{
    uint8_t client = s->conn.client == VSOCK_SIDE_UNKNOWN ? 0 : s->conn.client;
    struct vsock_endpoint from = s->side[client], to = s->side[client ^ 1];
    uint64_t only_client = vsock_server_is_of_one_client(to) ? from.cid : 0;
    struct key server = {.place = s->place, .client_cid = only_client, .server_cid = to.cid, .port = to.port};
    struct key target = {.place = s->place, .client_cid = from.cid, .server_cid = to.cid, .port = to.port};
    struct key prober = {.place = s->place, .client_cid = from.cid, .server_cid = to.cid};
    struct dial d = {
        .server = (struct vsock_server *)get(j, j->servers, j->server_list, &server, sizeof(*d.server)),
        .target = (struct vsock_target *)get(j, j->targets, j->target_list, &target, sizeof(*d.target)),
        .prober = (struct vsock_prober *)get(j, j->probers, j->prober_list, &prober, sizeof(*d.prober)),
    };

    d.server->endpoint = to;
    d.server->client_cid = only_client;
    d.target->server = d.server;
    d.target->client_cid = d.prober->client_cid = from.cid;
    d.prober->server_cid = to.cid;
    return d;
}

/* ---- one stream ---- */

/* What is no stream's own, but the capture's. */
static bool is_of_capture(enum vsock_code code)
{
    return code == VSOCK_CODE_CAPTURE_LOSS || code == VSOCK_CODE_KERNEL_TAP_BUG ||
           code == VSOCK_CODE_CID_ANOMALY;
}

static void add_to_capture(struct judgement *j, struct vsock_diagnosis d, bool of_stream)
{
    struct vsock_diagnosis *sum = &j->capture[d.code];
    bool first = sum->figures.count + sum->figures.others == 0;

    if (first)
        *sum = d;
    else
        vsock_diagnosis_merge(sum, &d);
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

static void judge_life(struct judgement *j, struct vsock_lived *lived)
{
    struct vsock_ending ending = vsock_lived_ending(lived);
    struct vsock_trouble *troubles = NULL;
    struct vsock_diagnoses found;
    struct vsock_diagnosis orphaned;
    uint64_t seen = 0; /* bits of what this stream was counted for */

    vsock_lived_settle(j->lives, lived);
    for (const struct vsock_trouble *t = lived->troubles; t; t = t->next)
        vsock_trouble_add(j->memory, &troubles, &t->diagnosis);
    vsock_life_end(&lived->life, &ending, &j->lives->thresholds, &found);
    for (unsigned i = 0; i < found.count; i++)
        vsock_trouble_add(j->memory, &troubles, &found.list[i]);
    if (lived->relation->gaps &&
        vsock_life_orphaned(&lived->life, &ending,
                            (const struct vsock_gap *)wmem_array_get_raw(lived->relation->gaps),
                            wmem_array_get_count(lived->relation->gaps), &orphaned))
        vsock_trouble_add(j->memory, &troubles, &orphaned);
    for (const struct vsock_trouble *t = troubles; t; t = t->next) {
        uint64_t bit = UINT64_C(1) << t->diagnosis.code;

        if (!is_of_capture(t->diagnosis.code)) {
            add_to_stream(j, lived->stream, t->diagnosis);
            continue;
        }
        add_to_capture(j, t->diagnosis, t->diagnosis.figures.count > 0 && !(seen & bit));
        if (t->diagnosis.figures.count > 0)
            seen |= bit;
    }
}

/* ---- all of them together ---- */

static void add_attempt(struct judgement *j, const struct vsock_lived *lived, const struct dial *dial,
                        enum vsock_outcome outcome, uint32_t frame, int64_t time)
{
    const struct vsock_life *life = &lived->life;
    struct vsock_attempt a = {
        .outcome = outcome,
        .frame = frame,
        .time = time,
        .type = life->type,
        .picked = lived->picked,
        .itself = life->degenerate,
        .own_fault = life->degenerate || life->rst_side == lived->stream->conn.client,
        .server = dial->server,
        .target = dial->target,
        .prober = dial->prober,
    };

    g_array_append_val(j->attempts, a);
}

static void take_request(struct judgement *j, const struct vsock_lived *lived)
{
    const struct vsock_stream *s = lived->stream;
    struct vsock_ending ending = vsock_lived_ending(lived);
    struct dial dial;

    if (s->request_frame == 0)
        return;
    dial = get_dial(j, s);
    dial.target->requests++;
    if (vsock_life_unanswered(&ending, s->request_time, &j->lives->thresholds))
        vsock_target_unanswered(dial.target, s->request_frame, s->request_time, lived->picked);
    if (lived->life.rst_kind == VSOCK_RST_REFUSED)
        add_attempt(j, lived, &dial, VSOCK_OUTCOME_REFUSED, s->reset_frame, s->reset_time);
    if (s->response_frame == 0)
        return;
    add_attempt(j, lived, &dial, VSOCK_OUTCOME_ACCEPTED, s->response_frame, s->response_time);
    if (s->reset_frame != 0)
        add_attempt(j, lived, &dial, VSOCK_OUTCOME_ENDED, s->reset_frame, s->reset_time);
    if (!lived->life.degenerate)
        vsock_server_idle(dial.server, &lived->life, s->response_time,
                          MIN(ending.known_until, lived->life.shut_time), lived->picked);
}

static int by_frame(const void *a, const void *b)
{
    const struct vsock_attempt *s = (const struct vsock_attempt *)a, *t = (const struct vsock_attempt *)b;

    return s->frame < t->frame ? -1 : s->frame > t->frame;
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

static void judge_relations(struct judgement *j)
{
    wmem_list_frame_t *at = wmem_list_head(j->lives->relation_list);

    for (; at; at = wmem_list_frame_next(at)) {
        const struct vsock_pair *p = &((const struct vsock_relation *)wmem_list_frame_data(at))->pair;
        struct vsock_diagnosis d;
        unsigned picked = 0;

        for (unsigned i = 0; i < p->together.figures.count; i++)
            picked += vsock_lives_get(j->lives, p->together_streams[i]) != NULL;
        if (vsock_pair_diagnose(p, picked, &d))
            g_array_append_val(j->found, d);
    }
}

static void judge_capture(struct judgement *j)
{
    for (const struct vsock_trouble *t = j->lives->astray; t; t = t->next)
        add_to_capture(j, t->diagnosis, false);
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        if (j->capture[code].figures.count + j->capture[code].figures.others > 0)
            g_array_append_val(j->found, j->capture[code]);
    }
}

/* ---- the order of things ---- */

static struct judgement *start(struct vsock_lives *lives)
{
    struct judgement *j = g_new0(struct judgement, 1);

    j->lives = lives;
    j->found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    j->attempts = g_array_new(FALSE, FALSE, sizeof(struct vsock_attempt));
    j->memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    j->servers = wmem_map_new(j->memory, key_hash, key_equal);
    j->targets = wmem_map_new(j->memory, key_hash, key_equal);
    j->probers = wmem_map_new(j->memory, key_hash, key_equal);
    j->server_list = wmem_array_new(j->memory, sizeof(struct vsock_server *));
    j->target_list = wmem_array_new(j->memory, sizeof(struct vsock_target *));
    j->prober_list = wmem_array_new(j->memory, sizeof(struct vsock_prober *));
    return j;
}

static GArray *finish(struct judgement *j)
{
    GArray *found = j->found;

    g_array_free(j->attempts, TRUE);
    wmem_destroy_allocator(j->memory);
    g_free(j);
    return found;
}

static int in_order(const void *a, const void *b)
{
    return vsock_diagnosis_compare((const struct vsock_diagnosis *)a, (const struct vsock_diagnosis *)b);
}

GArray *vsock_findings(struct vsock_lives *lives, uint32_t *streams)
{
    struct judgement *j = start(lives);

    *streams = 0;
    for (uint32_t i = 0; i < vsock_lives_count(lives); i++) {
        struct vsock_lived *lived = vsock_lives_any(lives, i);

        if (!lived)
            continue;
        take_request(j, lived);
        if (!lived->picked)
            continue;
        ++*streams;
        judge_life(j, lived);
    }
    g_array_sort(j->attempts, by_frame);
    vsock_attempts_judge((struct vsock_attempt *)(void *)j->attempts->data, j->attempts->len);
    judge_targets(j);
    judge_servers(j);
    judge_relations(j);
    judge_capture(j);
    g_array_sort(j->found, in_order);
    return finish(j);
}
