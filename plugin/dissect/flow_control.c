/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_control.c - flow control as fields and expert infos. Nothing is decided here but how long is too long.
 * In the names, "window" is the packet's sender's; "peer_window" its receiver's, which the packet has just
 * moved. */
#include "compat.h"

#include "flow_control.h"

#include <epan/expert.h>
#include <epan/tfs.h>
#include <wsutil/str_util.h>

#include "expert_blurb.h"
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

static int hf_in_flight = -1;
static int hf_window = -1;
static int hf_effective_window = -1;
static int hf_peer_in_flight = -1;
static int hf_peer_window = -1;
static int hf_peer_effective_window = -1;
static int hf_at_least = -1;
static int hf_acks_frame = -1;
static int hf_ack_rtt = -1;
static int hf_stall_time = -1;
static int hf_stall_began_in = -1;
static int hf_stall_cause = -1;
static int hf_credit_request_in = -1;
static int hf_credit_request_rtt = -1;

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

static expert_field ei_zero_window = EI_INIT;
static expert_field ei_zero_effective_window = EI_INIT;
static expert_field ei_credit_exceeded = EI_INIT;
static expert_field ei_credit_exceeded_reset = EI_INIT;
static expert_field ei_credit_record_missing = EI_INIT;
static expert_field ei_window_overrun_after_shrink = EI_INIT;
static expert_field ei_buf_alloc_shrunk = EI_INIT;
static expert_field ei_buf_alloc_below_in_flight = EI_INIT;
static expert_field ei_unseen_data = EI_INIT;
static expert_field ei_fwd_cnt_ahead = EI_INIT;
static expert_field ei_fwd_cnt_backwards = EI_INIT;
static expert_field ei_fwd_cnt_at_start = EI_INIT;
static expert_field ei_credit_update = EI_INIT;
static expert_field ei_credit_request = EI_INIT;
static expert_field ei_credit_request_repeated = EI_INIT;
static expert_field ei_credit_request_unanswered = EI_INIT;
static expert_field ei_queue_overflow_suspected = EI_INIT;
static expert_field ei_zero_length = EI_INIT;
static expert_field ei_message_truncated = EI_INIT;
static expert_field ei_message_too_big = EI_INIT;
static expert_field ei_eor_without_eom = EI_INIT;
static expert_field ei_stall_brief = EI_INIT;
static expert_field ei_stall = EI_INIT;
static expert_field ei_stall_long = EI_INIT;
static expert_field ei_stall_open = EI_INIT;

static ei_register_info experts[] = {
    {&ei_zero_window,
     {"vsock.analysis.zero_window", PI_SEQUENCE, PI_CHAT, "Zero window: the receiver's buffer is full",
      EXPFILL}},
    {&ei_zero_effective_window,
     {"vsock.analysis.zero_effective_window", PI_SEQUENCE, PI_CHAT,
      "Zero effective window: as much in flight as the sender's own buffer holds; Linux since January 2026 "
      "waits here",
      EXPFILL}},
    {&ei_credit_exceeded,
     {"vsock.analysis.credit_exceeded", PI_SEQUENCE, PI_WARN, "More sent than was ever allowed", EXPFILL}},
    {&ei_credit_exceeded_reset,
     {"vsock.analysis.credit_exceeded_reset", PI_SEQUENCE, PI_ERROR,
      "More sent than was ever allowed, and the receiver reset the connection for it",
      EXPFILL_BLURB("Takes the place of vsock.analysis.credit_exceeded on the second pass")}},
    {&ei_credit_record_missing,
     {"vsock.analysis.credit_record_missing", PI_SEQUENCE, PI_NOTE,
      "More sent than any captured packet allowed, but consumed: the packet that allowed it is missing",
      EXPFILL_BLURB("Takes the place of vsock.analysis.credit_exceeded on the second pass")}},
    {&ei_window_overrun_after_shrink,
     {"vsock.analysis.window_overrun_after_shrink", PI_SEQUENCE, PI_NOTE,
      "Sent into a window that is shut since the buffer shrank; an earlier advertisement covers it",
      EXPFILL}},
    {&ei_buf_alloc_shrunk,
     {"vsock.analysis.buf_alloc_shrunk", PI_SEQUENCE, PI_CHAT, "The receive buffer shrank", EXPFILL}},
    {&ei_buf_alloc_below_in_flight,
     {"vsock.analysis.buf_alloc_below_in_flight", PI_SEQUENCE, PI_NOTE,
      "The receive buffer shrank below what is in flight", EXPFILL}},
    {&ei_unseen_data,
     {"vsock.analysis.unseen_data", PI_SEQUENCE, PI_NOTE, "Consumed more than was captured",
      EXPFILL_BLURB("Bytes that were consumed are missing from the capture")}},
    {&ei_fwd_cnt_ahead,
     {"vsock.analysis.fwd_cnt_ahead", PI_SEQUENCE, PI_WARN, "Consumed bytes where none were sent", EXPFILL}},
    {&ei_fwd_cnt_backwards,
     {"vsock.analysis.fwd_cnt_backwards", PI_SEQUENCE, PI_WARN, "The count of consumed bytes went backwards",
      EXPFILL}},
    {&ei_fwd_cnt_at_start,
     {"vsock.analysis.fwd_cnt_at_start", PI_SEQUENCE, PI_WARN,
      "A new connection begins with a count of consumed bytes that is not 0", EXPFILL}},
    {&ei_credit_update, {"vsock.analysis.credit_update", PI_SEQUENCE, PI_CHAT, "Credit update", EXPFILL}},
    {&ei_credit_request, {"vsock.analysis.credit_request", PI_SEQUENCE, PI_CHAT, "Credit request", EXPFILL}},
    {&ei_credit_request_repeated,
     {"vsock.analysis.credit_request_repeated", PI_SEQUENCE, PI_NOTE,
      "Repeated credit requests bring nothing new: the receiver's application is not reading",
      EXPFILL_BLURB("On the second answer in a row that brings nothing new")}},
    {&ei_credit_request_unanswered,
     {"vsock.analysis.credit_request_unanswered", PI_SEQUENCE, PI_WARN,
      "Credit request without an answer in time",
      EXPFILL_BLURB("Within vsock.credit_request_timeout; on the second pass")}},
    {&ei_queue_overflow_suspected,
     {"vsock.analysis.queue_overflow_suspected", PI_SEQUENCE, PI_WARN,
      "Likely the receiver's queue was full: so many small packets that their overhead fills the buffer",
      EXPFILL_BLURB("With vsock.rst.kind 7")}},
    {&ei_zero_length, {"vsock.analysis.zero_length", PI_SEQUENCE, PI_NOTE, "RW without data", EXPFILL}},
    {&ei_message_truncated,
     {"vsock.analysis.message_truncated", PI_SEQUENCE, PI_NOTE, "The end of a message is missing",
      EXPFILL_BLURB("A side of a SEQPACKET ends without the EOM that it owes")}},
    {&ei_message_too_big,
     {"vsock.analysis.message_too_big", PI_SEQUENCE, PI_ERROR,
      "The message fills the receiver's buffer and goes on: the rest can never fit",
      EXPFILL_BLURB("On SEQPACKET")}},
    {&ei_eor_without_eom,
     {"vsock.analysis.eor_without_eom", PI_SEQUENCE, PI_WARN, "End of record without end of message",
      EXPFILL_BLURB("On SEQPACKET: a record ends where a message does")}},
    {&ei_stall_brief,
     {"vsock.analysis.stall_brief", PI_SEQUENCE, PI_CHAT, "Brief stall",
      EXPFILL_BLURB("The window was shut for less than vsock.stall_note")}},
    {&ei_stall,
     {"vsock.analysis.stall", PI_SEQUENCE, PI_NOTE, "Stall",
      EXPFILL_BLURB("The window was shut for vsock.stall_note or longer")}},
    {&ei_stall_long,
     {"vsock.analysis.stall_long", PI_SEQUENCE, PI_WARN, "Long stall",
      EXPFILL_BLURB("The window was shut for vsock.stall_warning or longer")}},
    {&ei_stall_open,
     {"vsock.analysis.stall_open", PI_SEQUENCE, PI_WARN, "The window never opened again",
      EXPFILL_BLURB("Shut for vsock.stall_warning or longer, until the connection ended, or the capture; on "
                    "the second pass")}},
};

/* Preferences, in milliseconds. */
static unsigned stall_note = 100;
static unsigned stall_warning = 1000;
static unsigned credit_request_timeout = 1000;

static int *const subtrees[] = {&ett_credit};

const struct vsock_fields vsock_credit_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .experts = experts,
    .expert_count = array_length(experts),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

void vsock_credit_register_preferences(module_t *preferences)
{
    prefs_register_uint_preference(
        preferences, "stall_note", "Stall (ms)",
        "A window that is shut for so many milliseconds is noted; a shorter time is chat", 10, &stall_note);
    prefs_register_uint_preference(preferences, "stall_warning", "Long stall (ms)",
                                   "A window that is shut for so many milliseconds is a warning", 10,
                                   &stall_warning);
    prefs_register_uint_preference(
        preferences, "credit_request_timeout", "Credit request timeout (ms)",
        "A credit request that has no answer for so many milliseconds is reported; 0: never", 10,
        &credit_request_timeout);
}

/* ---- fields ---- */

int64_t vsock_credit_window(const struct vsock_record *r)
{
    return (int64_t)r->peer_buf_alloc - r->in_flight;
}

static void show_figures(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p,
                         const struct vsock_record *r)
{
    uint32_t own = p->virtio.buf_alloc, cap = r->has_window ? MIN(own, r->peer_buf_alloc) : own;
    proto_item *item;
    proto_tree *credit = proto_tree_add_subtree(tree, tvb, 0, 0, ett_credit, &item, "Credit");

    proto_item_set_generated(item);
    vsock_add_uint(credit, tvb, hf_in_flight, r->in_flight);
    if (r->has_window) {
        vsock_add_int64(credit, tvb, hf_window, vsock_credit_window(r));
        vsock_add_int64(credit, tvb, hf_effective_window, (int64_t)cap - r->in_flight);
    }
    vsock_add_uint(credit, tvb, hf_peer_in_flight, r->peer_in_flight);
    vsock_add_int64(credit, tvb, hf_peer_window, (int64_t)own - r->peer_in_flight);
    vsock_add_int64(credit, tvb, hf_peer_effective_window, (int64_t)cap - r->peer_in_flight);
    if (!r->stream->conn.exact)
        proto_item_set_generated(proto_tree_add_boolean(credit, hf_at_least, tvb, 0, 0, TRUE));
}

/* A link to an earlier packet, and the time since. */
static void show_since(proto_tree *tree, tvbuff_t *tvb, int hf_frame, int hf_time, uint32_t frame,
                       int64_t now)
{
    int64_t then = vsock_track_time_of(frame);

    if (frame == 0 || then == VSOCK_TIME_NONE)
        return;
    vsock_add_uint(tree, tvb, hf_frame, frame);
    vsock_add_time(tree, tvb, hf_time, now - then);
}

static void show_fields(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p,
                        const struct vsock_record *r)
{
    if (!r->has_credit)
        return;
    show_figures(tree, tvb, p, r);
    show_since(tree, tvb, hf_acks_frame, hf_ack_rtt, r->acks_frame, r->time);
    if (!r->rare)
        return;
    show_since(tree, tvb, hf_stall_began_in, hf_stall_time, r->rare->stall_frame, r->time);
    if (r->rare->stall_frame != 0)
        vsock_add_uint(tree, tvb, hf_stall_cause, r->rare->stall_cause);
    show_since(tree, tvb, hf_credit_request_in, hf_credit_request_rtt, r->rare->answers_frame, r->time);
}

/* ---- findings ---- */

static int64_t milliseconds(unsigned n)
{
    return (int64_t)n * 1000000;
}

void vsock_credit_thresholds(struct vsock_thresholds *thresholds)
{
    thresholds->stall_note = milliseconds(stall_note);
    thresholds->stall_warning = milliseconds(stall_warning);
    thresholds->credit_request_timeout = milliseconds(credit_request_timeout);
}

static void show_exceeded(packet_info *pinfo, proto_item *item, const struct vsock_rare *rare)
{
    switch ((enum vsock_overrun)rare->overrun) {
    case VSOCK_OVERRUN_PENDING:
        expert_add_info_format(pinfo, item, &ei_credit_exceeded,
                               "%" PRIu64 " byte%s more sent than the receiver ever allowed", rare->exceeded,
                               plurality(rare->exceeded, "", "s"));
        break;
    case VSOCK_OVERRUN_RESET:
        expert_add_info_format(pinfo, item, &ei_credit_exceeded_reset,
                               "%" PRIu64
                               " byte%s more sent than the receiver ever allowed; it reset the connection",
                               rare->exceeded, plurality(rare->exceeded, "", "s"));
        break;
    case VSOCK_OVERRUN_RECOVERED:
        expert_add_info_format(pinfo, item, &ei_credit_record_missing,
                               "%" PRIu64
                               " bytes more sent than any captured packet allowed; the receiver consumed "
                               "them, so the packet that allowed it is missing from the capture",
                               rare->exceeded);
        break;
    }
}

static const char *cause_text(enum vsock_stall_cause cause)
{
    switch (cause) {
    case VSOCK_STALL_NOT_READING:
        return "the receiver spoke meanwhile and had consumed nothing: its application was not reading";
    case VSOCK_STALL_UNDECIDED:
        return "undecided: the receiver read late, or told of it late";
    case VSOCK_STALL_SLOW_READER:
        return "the receiver reads little at a time: a slow reader";
    case VSOCK_STALL_UPDATE_LATE:
        return "the sender had asked for credit, and the answer was late";
    case VSOCK_STALL_SHRUNK:
        return "the receiver had made its buffer smaller";
    case VSOCK_STALL_OWN_CAP:
        return "the receiver had room; the sender keeps to its own, smaller buffer";
    }
    return "";
}

static int64_t stall_time(const struct vsock_record *r)
{
    return r->time - vsock_track_time_of(r->rare->stall_frame);
}

static void show_stall(packet_info *pinfo, proto_item *item, const struct vsock_record *r)
{
    int64_t time = stall_time(r);
    const char *resumed = "";

    /* How a stream at full speed looks: no reason to ask why. */
    if (time < milliseconds(MIN(stall_note, stall_warning))) {
        expert_add_info_format(pinfo, item, &ei_stall_brief,
                               "The other side's window was shut for %.6f s since frame %u",
                               (double)time / 1e9, r->rare->stall_frame);
        return;
    }
    if (r->rare->resumed_time != VSOCK_TIME_NONE)
        resumed = wmem_strdup_printf(pinfo->pool, "; the sender went on after %.6f s",
                                     (double)(r->rare->resumed_time - r->time) / 1e9);
    expert_add_info_format(pinfo, item, time >= milliseconds(stall_warning) ? &ei_stall_long : &ei_stall,
                           "The other side's window was shut for %.6f s since frame %u; %s%s",
                           (double)time / 1e9, r->rare->stall_frame,
                           cause_text((enum vsock_stall_cause)r->rare->stall_cause), resumed);
}

static void show_finding(packet_info *pinfo, proto_item *item, const struct vsock_packet *p,
                         const struct vsock_record *r, enum vsock_finding finding)
{
    const struct vsock_rare *rare = r->rare;

    switch ((unsigned)finding) {
    case VSOCK_FOUND_ZERO_WINDOW:
        expert_add_info(pinfo, item, &ei_zero_window);
        break;
    case VSOCK_FOUND_ZERO_EFFECTIVE_WINDOW:
        expert_add_info(pinfo, item, &ei_zero_effective_window);
        break;
    case VSOCK_FOUND_CREDIT_EXCEEDED:
        show_exceeded(pinfo, item, rare);
        break;
    case VSOCK_FOUND_WINDOW_OVERRUN_AFTER_SHRINK:
        expert_add_info(pinfo, item, &ei_window_overrun_after_shrink);
        break;
    case VSOCK_FOUND_BUF_ALLOC_SHRUNK:
        expert_add_info_format(pinfo, item, &ei_buf_alloc_shrunk,
                               "The receive buffer shrank by %u bytes to %u", rare->shrunk,
                               p->virtio.buf_alloc);
        break;
    case VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT:
        expert_add_info_format(pinfo, item, &ei_buf_alloc_below_in_flight,
                               "The receive buffer shrank to %u bytes while %u are in flight",
                               p->virtio.buf_alloc, r->peer_in_flight);
        break;
    case VSOCK_FOUND_UNSEEN_DATA:
        expert_add_info_format(pinfo, item, &ei_unseen_data,
                               "%u bytes that the other side sent were consumed, but are not in the capture",
                               rare->ahead);
        break;
    case VSOCK_FOUND_FWD_CNT_AHEAD:
        expert_add_info_format(
            pinfo, item, &ei_fwd_cnt_ahead,
            "Says that it consumed %u bytes, but the other side was not seen to send any: a peer "
            "that does not count per connection, or a capture that misses the beginning",
            rare->ahead);
        break;
    case VSOCK_FOUND_FWD_CNT_BACKWARDS:
        expert_add_info_format(pinfo, item, &ei_fwd_cnt_backwards,
                               "The count of consumed bytes went backwards by %u", rare->backwards);
        break;
    case VSOCK_FOUND_FWD_CNT_AT_START:
        expert_add_info_format(
            pinfo, item, &ei_fwd_cnt_at_start,
            "A new connection begins with %u bytes consumed: a peer that does not count per "
            "connection",
            p->virtio.fwd_cnt);
        break;
    case VSOCK_FOUND_CREDIT_REQUEST:
        expert_add_info(pinfo, item, &ei_credit_request);
        break;
    case VSOCK_FOUND_CREDIT_REQUEST_REPEATED:
        expert_add_info(pinfo, item, &ei_credit_request_repeated);
        break;
    case VSOCK_FOUND_QUEUE_OVERFLOW_SUSPECTED:
        expert_add_info(pinfo, item, &ei_queue_overflow_suspected);
        break;
    case VSOCK_FOUND_ZERO_LENGTH:
        expert_add_info(pinfo, item, &ei_zero_length);
        break;
    case VSOCK_FOUND_MESSAGE_TRUNCATED:
        expert_add_info(pinfo, item, &ei_message_truncated);
        break;
    case VSOCK_FOUND_MESSAGE_TOO_BIG:
        expert_add_info_format(
            pinfo, item, &ei_message_too_big,
            "The message fills the receiver's buffer of %u bytes and goes on: the rest can never "
            "fit",
            p->virtio.op == VSOCK_OP_RW ? r->peer_buf_alloc : p->virtio.buf_alloc);
        break;
    case VSOCK_FOUND_EOR_WITHOUT_EOM:
        expert_add_info(pinfo, item, &ei_eor_without_eom);
        break;
    case VSOCK_FOUND_STALL_ENDED:
        show_stall(pinfo, item, r);
        break;
    }
}

/* Of the future: no answer in time, while the connection lasted to give one. */
static bool is_unanswered(const struct vsock_record *r)
{
    int64_t until;

    if (!r->rare || !r->rare->asks || credit_request_timeout == 0)
        return false;
    until = r->rare->answered_time != VSOCK_TIME_NONE ? r->rare->answered_time
                                                      : vsock_stream_known_until(r->stream);
    return until - r->time >= milliseconds(credit_request_timeout);
}

/* Of the future: the stall that this packet began, if it was never over; else NULL. */
static const struct vsock_stall *open_stall(const struct vsock_record *r)
{
    for (int side = 0; side < 2; side++) {
        const struct vsock_stall *stall = &r->stream->conn.flow.stall[side];

        if (stall->open && stall->frame == r->frame)
            return stall;
    }
    return NULL;
}

static void show_open_stall(packet_info *pinfo, proto_item *item, const struct vsock_record *r,
                            const struct vsock_stall *stall)
{
    const struct vsock_stream *s = r->stream;
    int64_t time = (stall->frozen ? stall->until : vsock_stream_known_until(s)) - r->time;
    const char *until = "the capture's end";

    if (time < milliseconds(stall_warning))
        return;
    if (stall->frozen)
        until = "the receiver shut down";
    else if (s->reset_frame != 0)
        until = "the RST";
    else if (s->superseded_time != VSOCK_TIME_NONE)
        until = "the next connection between these endpoints";
    expert_add_info_format(pinfo, item, &ei_stall_open,
                           "The window that is shut here was not opened for %.6f s, until %s",
                           (double)time / 1e9, until);
}

static void show_future(packet_info *pinfo, proto_item *item, const struct vsock_record *r)
{
    const struct vsock_stall *stall = open_stall(r);

    if (is_unanswered(r))
        expert_add_info_format(pinfo, item, &ei_credit_request_unanswered, "No answer within %u ms",
                               credit_request_timeout);
    if (stall)
        show_open_stall(pinfo, item, r, stall);
}

void vsock_credit_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_packet *p,
                       const struct vsock_record *r, const struct vsock_header_items *items)
{
    uint64_t findings = vsock_record_findings(r);

    if (items->tree)
        show_fields(items->tree, tvb, p, r);
    for (unsigned i = VSOCK_FOUND_CREDIT_FIRST; i < VSOCK_FOUND_COUNT && findings >> i != 0; i++) {
        if (findings & VSOCK_FOUND_BIT(i))
            show_finding(pinfo, items->packet, p, r, (enum vsock_finding)i);
    }
    if (p->virtio.op == VSOCK_OP_CREDIT_UPDATE && r->has_credit &&
        !(findings & VSOCK_FOUND_BIT(VSOCK_FOUND_TRAILING)))
        expert_add_info(pinfo, items->packet, &ei_credit_update);
    show_future(pinfo, items->packet, r);
}

const char *vsock_credit_tag(const struct vsock_record *r, unsigned finding, char *buffer, size_t size)
{
    switch (finding) {
    case VSOCK_FOUND_ZERO_WINDOW:
        return "Zero window";
    case VSOCK_FOUND_ZERO_EFFECTIVE_WINDOW:
        return "Zero effective window";
    case VSOCK_FOUND_CREDIT_EXCEEDED:
        return "Credit exceeded";
    case VSOCK_FOUND_WINDOW_OVERRUN_AFTER_SHRINK:
        return "Overrun after shrink";
    case VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT:
        return "Buffer below in flight";
    case VSOCK_FOUND_UNSEEN_DATA:
        return "Unseen data";
    case VSOCK_FOUND_FWD_CNT_AHEAD:
        return "Fwd_cnt ahead";
    case VSOCK_FOUND_FWD_CNT_BACKWARDS:
        return "Fwd_cnt backwards";
    case VSOCK_FOUND_FWD_CNT_AT_START:
        return "Fwd_cnt at start";
    case VSOCK_FOUND_MESSAGE_TRUNCATED:
        return "Message truncated";
    case VSOCK_FOUND_MESSAGE_TOO_BIG:
        return "Message too big";
    case VSOCK_FOUND_EOR_WITHOUT_EOM:
        return "EOR without EOM";
    case VSOCK_FOUND_STALL_ENDED:
        if (stall_time(r) < milliseconds(stall_note))
            return NULL;
        snprintf(buffer, size, "Stall %.1f s", (double)stall_time(r) / 1e9);
        return buffer;
    }
    return NULL;
}
