/* SPDX-License-Identifier: GPL-2.0-or-later
 * event.c - a packet's record as an event. */
#include "compat.h"

#include "event.h"

#include "core/malformed.h"
#include "dissect/flow_control.h"

struct vsock_event vsock_event_make(const struct vsock_tap *tap)
{
    static const struct vsock_rare nothing;
    const struct vsock_record *r = tap->record;
    const struct vsock_rare *rare = r->rare ? r->rare : &nothing;
    struct vsock_event e = {
        .packet = &tap->packet,
        .frame = r->frame,
        .time = r->time,
        .side = r->sender,
        .state = (enum vsock_state)r->state,
        .rst_kind = (enum vsock_rst_kind)r->rst_kind,
        .findings = rare->findings,
        .malformed = vsock_malformed(&tap->packet),
        .counted = r->counted,
        .has_credit = r->has_credit,
        .has_window = r->has_window,
        .in_flight = r->in_flight,
        .peer_in_flight = r->peer_in_flight,
        .exceeded = rare->exceeded,
        .ahead = rare->ahead,
        .backwards = rare->backwards,
        .waited = (int64_t)rare->waited * 1000000,
        .stall_frame = rare->stall_frame,
        .stall_cause = (enum vsock_stall_cause)rare->stall_cause,
        .asks = rare->asks,
        .answers = rare->answers_frame != 0,
    };

    if (r->has_window)
        e.window = vsock_credit_window(r);
    if (r->stream->request_frame != 0)
        e.connect_time = r->time - r->stream->request_time;
    if (rare->stall_frame != 0)
        e.stall_began = vsock_track_time_of(rare->stall_frame);
    return e;
}
