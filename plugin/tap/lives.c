/* SPDX-License-Identifier: GPL-2.0-or-later
 * lives.c - gathers the lives of connections. Memory grows with connections, not with packets. */
#include "compat.h"

#include "lives.h"

#include <epan/tap.h>

#include "core/malformed.h"
#include "dissect/connection.h"
#include "dissect/flow_control.h"
#include "event.h"

/* ---- memory ---- */

static unsigned relation_hash(const void *key)
{
    const struct vsock_relation *r = (const struct vsock_relation *)key;
    const uint64_t words[] = {r->pair.low_cid, r->pair.high_cid, (uintptr_t)r->place};

    return wmem_strong_hash((const uint8_t *)words, sizeof(words));
}

static gboolean relation_equal(const void *a, const void *b)
{
    const struct vsock_relation *s = (const struct vsock_relation *)a, *t = (const struct vsock_relation *)b;

    return s->place == t->place && s->pair.low_cid == t->pair.low_cid && s->pair.high_cid == t->pair.high_cid;
}

static void forget(struct vsock_lives *l)
{
    wmem_free_all(l->memory);
    l->streams = wmem_array_new(l->memory, sizeof(struct vsock_lived *));
    l->relations = wmem_map_new(l->memory, relation_hash, relation_equal);
    l->relation_list = wmem_list_new(l->memory);
    l->astray = NULL;
    l->packets = 0;
}

static struct vsock_relation *get_relation(struct vsock_lives *l, const struct vsock_stream *s)
{
    struct vsock_relation key = {
        .place = s->place,
        .pair = {.low_cid = s->side[0].cid, .high_cid = s->side[1].cid},
    };
    struct vsock_relation *r = (struct vsock_relation *)wmem_map_lookup(l->relations, &key);

    if (r)
        return r;
    r = (struct vsock_relation *)wmem_memdup(l->memory, &key, sizeof(key));
    wmem_map_insert(l->relations, r, r);
    wmem_list_append(l->relation_list, r);
    return r;
}

static struct vsock_lived *get_lived(struct vsock_lives *l, const struct vsock_stream *s)
{
    struct vsock_lived *lived, *none = NULL;

    while (wmem_array_get_count(l->streams) <= s->index)
        wmem_array_append_one(l->streams, none);
    lived = *(struct vsock_lived **)wmem_array_index(l->streams, s->index);
    if (lived)
        return lived;
    lived = wmem_new0(l->memory, struct vsock_lived);
    lived->stream = s;
    lived->relation = get_relation(l, s);
    lived->life = vsock_life_start(&s->conn, s->side[0].cid == VSOCK_CID_LOCAL);
    lived->picked = !l->filter;
    *(struct vsock_lived **)wmem_array_index(l->streams, s->index) = lived;
    return lived;
}

uint32_t vsock_lives_count(const struct vsock_lives *l)
{
    return wmem_array_get_count(l->streams);
}

struct vsock_lived *vsock_lives_any(const struct vsock_lives *l, uint32_t stream)
{
    return *(struct vsock_lived **)wmem_array_index(l->streams, stream);
}

struct vsock_lived *vsock_lives_get(const struct vsock_lives *l, uint32_t stream)
{
    struct vsock_lived *lived = vsock_lives_any(l, stream);

    return lived && lived->picked ? lived : NULL;
}

struct vsock_ending vsock_lived_ending(const struct vsock_lived *lived)
{
    return (struct vsock_ending){
        .conn = &lived->stream->conn,
        .known_until = vsock_stream_known_until(lived->stream),
    };
}

/* ---- troubles ---- */

static struct vsock_trouble *find_trouble(struct vsock_trouble *list, enum vsock_code code, uint8_t side)
{
    while (list && (list->diagnosis.code != code || list->diagnosis.side != side))
        list = list->next;
    return list;
}

void vsock_trouble_add(wmem_allocator_t *memory, struct vsock_trouble **troubles,
                       const struct vsock_diagnosis *d)
{
    struct vsock_trouble *t = find_trouble(*troubles, d->code, d->side);

    if (t) {
        vsock_diagnosis_merge(&t->diagnosis, d);
        return;
    }
    t = wmem_new(memory, struct vsock_trouble);
    t->diagnosis = *d;
    t->next = *troubles;
    *troubles = t;
}

static bool is_recovered(const struct vsock_diagnosis *overrun)
{
    const struct vsock_record *r = vsock_track_find(overrun->last_frame);

    return r && r->rare && r->rare->overrun == VSOCK_OVERRUN_RECOVERED;
}

/* RWs beyond what was allowed share their fate until one is known; so the last one tells of all before. */
void vsock_lived_settle(struct vsock_lives *l, struct vsock_lived *lived)
{
    for (struct vsock_trouble **at = &lived->troubles; *at;) {
        struct vsock_diagnosis loss = (*at)->diagnosis;

        if (loss.code != VSOCK_CODE_CREDIT_OVERRUN || !is_recovered(&loss)) {
            at = &(*at)->next;
            continue;
        }
        *at = (*at)->next;
        loss.code = VSOCK_CODE_CAPTURE_LOSS;
        loss.severity = VSOCK_SEVERITY_NOTE;
        loss.figures = (struct vsock_figures){.others = loss.figures.count};
        vsock_trouble_add(l->memory, &lived->troubles, &loss);
        at = &lived->troubles;
    }
}

/* ---- packets ---- */

static void note_relation(struct vsock_lives *l, const struct vsock_lived *lived, const struct vsock_event *e)
{
    struct vsock_relation *r = lived->relation;

    vsock_pair_take(&r->pair, e->time);
    if (e->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE) && lived->stream->request_frame != 0 &&
        vsock_pair_opened(&r->pair, lived->stream->request_time)) {
        if (!r->gaps)
            r->gaps = wmem_array_new(l->memory, sizeof(struct vsock_gap));
        wmem_array_append_one(r->gaps, r->pair.gap);
    }
    if (e->findings & VSOCK_FOUND_BIT(VSOCK_FOUND_STALL_ENDED)) {
        struct vsock_waited waited = {
            .stream = lived->stream->index, .frame = e->frame, .from = e->stall_began, .until = e->time};

        vsock_pair_waited(&r->pair, &waited);
    }
}

static void note_astray(struct vsock_lives *l, const packet_info *pinfo, const struct vsock_packet *p)
{
    struct vsock_diagnoses found = {.count = 0};

    vsock_packet_diagnose(p, vsock_malformed(p), 0, pinfo->num, vsock_packet_time(pinfo), &found);
    for (unsigned i = 0; i < found.count; i++)
        vsock_trouble_add(l->memory, &l->astray, &found.list[i]);
}

static void note_time(struct vsock_lives *l, const packet_info *pinfo)
{
    int64_t now = vsock_packet_time(pinfo);

    if (l->packets++ == 0) {
        l->start = vsock_capture_start(pinfo);
        l->end = now;
    }
    l->end = MAX(l->end, now);
}

static tap_packet_status gather(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                tap_flags_t flags _U_)
{
    struct vsock_lives *l = (struct vsock_lives *)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    struct vsock_diagnoses found;
    struct vsock_lived *lived;
    struct vsock_event e;

    if (l->packets == 0) { /* the preferences have been read by now */
        vsock_analysis_thresholds(&l->thresholds);
        vsock_credit_thresholds(&l->thresholds);
    }
    note_time(l, pinfo);
    if (!tap->record) {
        if (!l->filter)
            note_astray(l, pinfo, &tap->packet);
        return TAP_PACKET_REDRAW;
    }
    lived = get_lived(l, tap->record->stream);
    if (tap->record->copy)
        return TAP_PACKET_REDRAW;
    e = vsock_event_make(tap);
    if (e.findings & VSOCK_FOUND_BIT(VSOCK_FOUND_CREDIT_EXCEEDED))
        vsock_lived_settle(l,
                           lived); /* what came of those before, if it is known, is no matter of this one */
    vsock_life_take(&lived->life, &e, &l->thresholds, &found);
    for (unsigned i = 0; i < found.count; i++)
        vsock_trouble_add(l->memory, &lived->troubles, &found.list[i]);
    note_relation(l, lived, &e);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status pick(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                              tap_flags_t flags _U_)
{
    struct vsock_lives *l = *(struct vsock_lives **)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;

    if (tap->record)
        get_lived(l, tap->record->stream)->picked = true;
    else
        note_astray(l, pinfo, &tap->packet);
    return TAP_PACKET_REDRAW;
}

/* ---- listening ---- */

static void reset(void *listener)
{
    forget((struct vsock_lives *)listener);
}

static void draw(void *listener)
{
    struct vsock_lives *l = (struct vsock_lives *)listener;

    l->draw(l);
}

static void finish(void *listener)
{
    struct vsock_lives *l = (struct vsock_lives *)listener;

    wmem_destroy_allocator(l->memory);
    g_free(l->filter);
    g_free(l);
}

void vsock_lives_stop(struct vsock_lives *l)
{
    if (l->filter)
        remove_tap_listener(&l->picker);
    remove_tap_listener(l);
}

/* Returns what register_tap_listener() has against it, or NULL. */
static char *listen_to(void *listener, const char *filter, tap_reset_cb on_reset, tap_packet_cb on_packet,
                       tap_draw_cb on_draw, tap_finish_cb on_finish)
{
    GString *error = register_tap_listener("vsock", listener, filter, TL_REQUIRES_NOTHING, on_reset,
                                           on_packet, on_draw, on_finish);

    return error ? g_string_free(error, FALSE) : NULL;
}

/* The first listener owns what both share: Wireshark finishes it at its end, if nobody stops it before. */
struct vsock_lives *vsock_lives_start(const char *filter, void (*on_draw)(struct vsock_lives *), char **error)
{
    struct vsock_lives *l = g_new0(struct vsock_lives, 1);

    l->memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    l->filter = g_strdup(filter);
    l->draw = on_draw;
    l->picker = l;
    forget(l);
    *error = listen_to(l, NULL, reset, gather, draw, finish);
    if (*error) {
        finish(l);
        return NULL;
    }
    if (filter)
        *error = listen_to(&l->picker, filter, NULL, pick, NULL, NULL);
    if (!*error)
        return l;
    remove_tap_listener(l);
    return NULL;
}
