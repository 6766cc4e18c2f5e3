/* SPDX-License-Identifier: GPL-2.0-or-later
 * loss.c - captures that lack packets. */
#include "loss.h"

/* ---- what proves it ---- */

static bool is_told_of_loss(const struct vsock_stream *s)
{
    for (const struct vsock_stream_diagnosis *d = s->diagnoses; d; d = d->next) {
        if (d->diagnosis.code == VSOCK_CODE_CAPTURE_LOSS)
            return true;
    }
    return false;
}

/* A client sends data, and closes, when it has the RESPONSE. */
static bool is_response_missing(const struct vsock_stream *s)
{
    const struct vsock_conn *c = &s->conn;

    if (!c->from_request || c->degenerate || c->overlaps || c->response.record != 0 ||
        c->late_response.record != 0)
        return false;
    return s->stats.side[c->client].rws > 0 || c->shut[c->client] != 0;
}

/* Those that say that they consumed what nobody was seen to send: bits of 1 << (is it the client?). A machine
 * may miscount; two kinds of them do not. */
static unsigned who_is_ahead(const struct vsock_stream *s)
{
    unsigned sides = 0;

    for (const struct vsock_stream_diagnosis *d = s->diagnoses; d; d = d->next) {
        if (d->diagnosis.code == VSOCK_CODE_CREDIT_COUNTER_AHEAD && d->diagnosis.doubtful)
            sides |= 1u << (d->diagnosis.side == s->conn.client);
    }
    return sides;
}

/* Connections of a machine that counts right, for each on which it seems not to. */
#define SOUND_MIN 8

/* How one machine counts what another one sends it. */
struct counting {
    struct vsock_key key;
    uint32_t ahead, sound; /* connections */
    bool goes_on;          /* one whose sender sends more, where it is said to be ahead */
};

static void take_counting(struct vsock_table *all, const struct vsock_stream *s, uint8_t side, bool ahead)
{
    uint8_t sender = side ^ 1;
    bool is_low = s->side[side].cid == s->cid_pair->key.word[1];
    struct vsock_key key = {{(uintptr_t)s->cid_pair, is_low}};
    struct counting *c = (struct counting *)vsock_table_get(all, key, sizeof(*c));

    if (!ahead) {
        c->sound += s->conn.flow.window[sender].consumed > 0;
        return;
    }
    c->ahead++;
    c->goes_on = s->stats.side[sender].rws > 0;
}

/* Who miscounts does so on more than a few connections, and Linux (6.7 and later) never sends to it. */
static bool is_an_exception(const struct counting *c)
{
    return c->ahead > 0 && (c->sound / c->ahead >= SOUND_MIN || (c->ahead == 1 && c->goes_on));
}

static bool has_an_exception(const struct vsock_capture *c)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct vsock_table all = vsock_table_new_listed(memory);
    bool has = false;

    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);
        unsigned ahead = who_is_ahead(s);

        for (uint8_t side = 0; side < 2 && s->conn.from_request; side++)
            take_counting(&all, s, side, ahead & (1u << (side == s->conn.client)));
    }
    for (unsigned i = 0; i < wmem_array_get_count(all.all) && !has; i++)
        has = is_an_exception(*(struct counting **)wmem_array_index(all.all, i));
    wmem_destroy_allocator(memory);
    return has;
}

bool vsock_lacks_packets(const struct vsock_capture *c)
{
    unsigned ahead = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        ahead |= who_is_ahead(s);
        if (is_told_of_loss(s) || is_response_missing(s) || ahead == 3)
            return true;
    }
    return ahead != 0 && has_an_exception(c);
}

/* ---- what it is worth then ---- */

void vsock_loss_explain(struct vsock_diagnosis *d)
{
    if (d->code != VSOCK_CODE_CREDIT_COUNTER_AHEAD || !d->doubtful)
        return;
    d->code = VSOCK_CODE_CAPTURE_LOSS;
    d->severity = VSOCK_SEVERITY_NOTE;
    d->doubtful = false;
}
