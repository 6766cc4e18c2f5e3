/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_control.c - flow control as fields. In the names, "window" is the packet's sender's; "peer_window" its
 * receiver's, which the packet has just moved. */
#include "compat.h"

#include "flow_control.h"

#include <epan/tfs.h>

#include "tree_util.h"

static const value_string stall_cause_names[] = {
    {VSOCK_STALL_NOT_READING, "Receiver not reading"},
    {VSOCK_STALL_UNDECIDED, "Undecided"},
    {VSOCK_STALL_SLOW_READER, "Slow reader"},
    {VSOCK_STALL_UPDATE_LATE, "Update late"},
    {VSOCK_STALL_SHRUNK, "Buffer shrunk"},
    {VSOCK_STALL_OWN_CAP, "Sender's own cap"},
    {0, NULL},
};

static int hf_in_flight = -1, hf_window = -1, hf_effective_window = -1, hf_peer_in_flight = -1;
static int hf_peer_window = -1, hf_peer_effective_window = -1, hf_at_least = -1, hf_acks_frame = -1;
static int hf_ack_rtt = -1, hf_stall_time = -1, hf_stall_began_in = -1, hf_stall_cause = -1;
static int hf_credit_request_in = -1, hf_credit_request_rtt = -1;

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
      "The window, capped at the sender's own buffer: what Linux since January 2026 lets it send", HFILL}},
    {&hf_peer_in_flight,
     {"Peer's bytes in flight", "vsock.credit.peer_in_flight", FT_UINT32, BASE_DEC, NULL, 0,
      "Sent by the other side, and not said to be consumed", HFILL}},
    {&hf_peer_window,
     {"Peer's window", "vsock.credit.peer_window", FT_INT64, BASE_DEC, NULL, 0,
      "Bytes that the other side may still send; this packet may just have opened it", HFILL}},
    {&hf_peer_effective_window,
     {"Peer's effective window", "vsock.credit.peer_effective_window", FT_INT64, BASE_DEC, NULL, 0,
      "That window, capped at the other side's own buffer", HFILL}},
    {&hf_at_least,
     {"At least", "vsock.credit.at_least", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0,
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
    uint32_t own = p->virtio.buf_alloc, cap = r->has_window ? MIN(own, r->peer_buf_alloc) : own;
    proto_item *item;
    proto_tree *credit = proto_tree_add_subtree(tree, tvb, 0, 0, ett_credit, &item, "Credit");

    proto_item_set_generated(item);
    vsock_add_uint(credit, tvb, hf_in_flight, r->in_flight);
    if (r->has_window) {
        vsock_add_int64(credit, tvb, hf_window, vsock_record_window(r));
        vsock_add_int64(credit, tvb, hf_effective_window, (int64_t)cap - r->in_flight);
    }
    vsock_add_uint(credit, tvb, hf_peer_in_flight, r->peer_in_flight);
    vsock_add_int64(credit, tvb, hf_peer_window, (int64_t)own - r->peer_in_flight);
    vsock_add_int64(credit, tvb, hf_peer_effective_window, (int64_t)cap - r->peer_in_flight);
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

void vsock_credit_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
                       const struct vsock_record *r)
{
    if (!r->has_credit)
        return;
    show_figures(tree, tvb, p, r);
    show_since(tree, tvb, hf_acks_frame, hf_ack_rtt, r->acks, r->time);
    if (!r->ext)
        return;
    show_since(tree, tvb, hf_stall_began_in, hf_stall_time, r->ext->stall, r->time);
    if (r->ext->stall != 0)
        vsock_add_uint(tree, tvb, hf_stall_cause, r->ext->stall_cause);
    show_since(tree, tvb, hf_credit_request_in, hf_credit_request_rtt, r->ext->answers, r->time);
}
