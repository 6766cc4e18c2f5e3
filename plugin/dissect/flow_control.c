/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_control.c - flow control as fields. In the names, "window" is the packet's sender's; "peer_window" its
 * receiver's, which the packet has just moved. */
#include "compat.h"

#include "flow_control.h"

#include <epan/tfs.h>

#include "tree_util.h"

#define NAMED(value, name) {value, name},
static const value_string stall_cause_names[] = {VSOCK_STALL_CAUSE_NAMES(NAMED){0, NULL}};

static int hf_in_flight = -1, hf_window = -1, hf_effective_window = -1, hf_peer_in_flight = -1;
static int hf_peer_window = -1, hf_peer_effective_window = -1, hf_at_least = -1, hf_acks_frame = -1;
static int hf_ack_rtt = -1, hf_stall_time = -1, hf_stall_began_in = -1, hf_stall_cause = -1;
static int hf_credit_request_in = -1, hf_credit_request_rtt = -1, hf_consumed = -1, hf_edge = -1;
static int hf_stall_ends_in = -1, hf_stalled_for = -1;

static hf_register_info fields[] = {
    {&hf_in_flight,
     {"Bytes in flight", "vsock.credit.in_flight", FT_UINT32, BASE_DEC, NULL, 0,
      "Sent by this packet's sender, and not said to be consumed", HFILL}},
    {&hf_window,
     {"Window", "vsock.credit.window", FT_INT64, BASE_DEC, NULL, 0,
      "Bytes this packet's sender may still send: the receiver's buffer less what is in flight; negative "
      "after an overrun or a shrink",
      HFILL}},
    {&hf_effective_window,
     {"Effective window", "vsock.credit.effective_window", FT_INT64, BASE_DEC, NULL, 0,
      "The window, capped at the sender's own buffer as Linux does since January 2026; not of a sender that "
      "was seen to send beyond that",
      HFILL}},
    {&hf_peer_in_flight,
     {"Peer's bytes in flight", "vsock.credit.peer_in_flight", FT_UINT32, BASE_DEC, NULL, 0,
      "Sent by the other side, and not said to be consumed", HFILL}},
    {&hf_peer_window,
     {"Peer's window", "vsock.credit.peer_window", FT_INT64, BASE_DEC, NULL, 0,
      "Bytes that the other side may still send; this packet may just have opened it", HFILL}},
    {&hf_peer_effective_window,
     {"Peer's effective window", "vsock.credit.peer_effective_window", FT_INT64, BASE_DEC, NULL, 0,
      "That window, capped at the other side's own buffer, unless it was seen to send beyond that", HFILL}},
    {&hf_consumed,
     {"Consumed up to", "vsock.credit.consumed", FT_UINT64, BASE_DEC, NULL, 0,
      "Stream offset up to which this packet's sender has consumed what the other side sent: fwd_cnt, which "
      "goes round at 4 GiB, at full length",
      HFILL}},
    {&hf_edge,
     {"Allows up to", "vsock.credit.edge", FT_UINT64, BASE_DEC, NULL, 0,
      "Stream offset up to which the other side may send: what is consumed, and this packet's buf_alloc",
      HFILL}},
    {&hf_at_least,
     {"Lower bound", "vsock.credit.at_least", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0,
      "The figures are bounds, since the connection began before the capture: at least so much in flight, at "
      "most such a window",
      HFILL}},
    {&hf_acks_frame,
     {"Consumes the data in", "vsock.analysis.acks_frame", FT_FRAMENUM, BASE_NONE,
      FRAMENUM_TYPE(FT_FRAMENUM_ACK), 0, "Newest packet whose data is wholly consumed now", HFILL}},
    {&hf_ack_rtt,
     {"Time until it was consumed", "vsock.analysis.ack_rtt", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "From that packet to this", HFILL}},
    {&hf_stall_time,
     {"Stall time", "vsock.analysis.stall_time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "How long the other side's window was shut, until this packet opened it: a lower bound", HFILL}},
    {&hf_stall_began_in,
     {"Stall began in", "vsock.analysis.stall_began_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The packet that shut the window", HFILL}},
    {&hf_stall_cause,
     {"Stall cause", "vsock.analysis.stall_cause", FT_UINT8, BASE_DEC, VALS(stall_cause_names), 0,
      "As far as the packets prove it", HFILL}},
    {&hf_stall_ends_in,
     {"Stall ends in", "vsock.analysis.stall_ends_in", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "On the packet that shut a window: the one that opened it, or after which nobody waited: a SHUTDOWN or "
      "the RST; absent where the capture ends first",
      HFILL}},
    {&hf_stalled_for,
     {"Stalled for", "vsock.analysis.stalled_for", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "On the packet that shut a window: until that packet, or the capture's end; on the second pass",
      HFILL}},
    {&hf_credit_request_in,
     {"Answers the credit request in", "vsock.analysis.credit_request_in", FT_FRAMENUM, BASE_NONE,
      FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL}},
    {&hf_credit_request_rtt,
     {"Credit request round trip", "vsock.analysis.credit_request_rtt", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "From that request to this answer", HFILL}},
};

static int ett_credit = -1;

static int *const subtrees[] = {&ett_credit};

const struct vsock_fields vsock_credit_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

static void show_figures(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p,
                         const struct vsock_record *r)
{
    uint32_t own = p->virtio.buf_alloc;
    int64_t consumed = vsock_record_consumed(r, p->virtio.fwd_cnt);
    proto_item *item;
    proto_tree *credit = proto_tree_add_subtree(tree, tvb, 0, 0, ett_credit, &item, "Credit");

    proto_item_set_generated(item);
    vsock_add_uint(credit, tvb, hf_in_flight, r->in_flight);
    if (r->has_window) {
        vsock_add_int64(credit, tvb, hf_window, vsock_record_window(r));
        vsock_add_int64(credit, tvb, hf_effective_window, vsock_record_effective_window(r, own));
    }
    vsock_add_uint(credit, tvb, hf_peer_in_flight, r->peer_in_flight);
    vsock_add_int64(credit, tvb, hf_peer_window, vsock_record_peer_window(r, own));
    vsock_add_int64(credit, tvb, hf_peer_effective_window, vsock_record_peer_effective_window(r, own));
    if (consumed >= 0) { /* no stream has a place before its beginning */
        vsock_add_uint64(credit, tvb, hf_consumed, (uint64_t)consumed);
        vsock_add_uint64(credit, tvb, hf_edge, (uint64_t)consumed + own);
    }
    if (!r->stream->conn.from_request)
        proto_item_set_generated(proto_tree_add_boolean(credit, hf_at_least, tvb, 0, 0, TRUE));
}

/* A link to an earlier packet, and the time since. */
static void show_since(proto_tree *tree, tvbuff_t *tvb, int hf_frame, int hf_time, uint32_t record,
                       int64_t now)
{
    uint32_t frame = vsock_track_frame(record);

    if (record == 0)
        return;
    if (frame != 0)
        vsock_add_uint(tree, tvb, hf_frame, frame);
    vsock_add_time(tree, tvb, hf_time, now - vsock_track_record(record)->time);
}

static void show_wait(proto_tree *tree, tvbuff_t *tvb, const struct vsock_record *r)
{
    struct vsock_wait wait = vsock_capture_wait(vsock_track_capture(), r);
    uint32_t frame = vsock_track_frame(wait.ends_in);

    if (wait.time <= 0)
        return;
    if (frame != 0)
        vsock_add_uint(tree, tvb, hf_stall_ends_in, frame);
    vsock_add_time(tree, tvb, hf_stalled_for, wait.time);
}

void vsock_credit_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
                       const struct vsock_record *r)
{
    if (!r->has_credit)
        return;
    show_figures(tree, tvb, p, r);
    show_since(tree, tvb, hf_acks_frame, hf_ack_rtt, r->acks, r->time);
    show_wait(tree, tvb, r);
    if (!r->ext)
        return;
    show_since(tree, tvb, hf_stall_began_in, hf_stall_time, r->ext->stall, r->time);
    if (r->ext->stall != 0)
        vsock_add_uint(tree, tvb, hf_stall_cause, r->ext->stall_cause);
    show_since(tree, tvb, hf_credit_request_in, hf_credit_request_rtt, r->ext->answers, r->time);
}
