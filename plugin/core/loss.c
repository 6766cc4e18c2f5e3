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

bool vsock_lacks_packets(const struct vsock_capture *c)
{
    unsigned ahead = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i);

        ahead |= who_is_ahead(s);
        if (is_told_of_loss(s) || is_response_missing(s) || ahead == 3)
            return true;
    }
    return false;
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
