/* SPDX-License-Identifier: GPL-2.0-or-later
 * connection.c - a packet's record as fields, links and expert infos. Nothing is decided here: core/conn.c
 * did. A new finding is a line in core/finding.h, a row in `rows`, a unit test, a capture and a golden. */
#include "compat.h"

#include "connection.h"

#include <epan/expert.h>
#include <epan/tfs.h>

#include "expert_blurb.h"
#include "names.h"
#include "tree_util.h"

const value_string vsock_state_names[] = {
    {VSOCK_STATE_REQUESTED, "Requested"},
    {VSOCK_STATE_OPEN, "Open"},
    {VSOCK_STATE_HALF_CLOSED, "Half closed"},
    {VSOCK_STATE_CLOSING, "Closing"},
    {VSOCK_STATE_CLOSED, "Closed"},
    {VSOCK_STATE_REFUSED, "Refused"},
    {VSOCK_STATE_RESET, "Reset"},
    {VSOCK_STATE_MIDSTREAM, "Mid-stream"},
    {0, NULL},
};

const value_string vsock_rst_kind_names[] = {
    {VSOCK_RST_REFUSED, "Refused"},
    {VSOCK_RST_CLOSE_ACK, "Close acknowledged"},
    {VSOCK_RST_CLOSE_TIMEOUT, "Close timeout"},
    {VSOCK_RST_CONNECT_ABANDONED, "Connect abandoned"},
    {VSOCK_RST_NO_SOCKET, "No such socket"},
    {VSOCK_RST_ABORTED, "Aborted"},
    {VSOCK_RST_QUEUE_OVERFLOW, "Receiver queue overflow"},
    {VSOCK_RST_WINDOW_OVERRUN, "After a window overrun"},
    {VSOCK_RST_TRAILING, "Trailing"},
    {VSOCK_RST_FOREIGN_TYPE, "Answers a packet of another type"},
    {0, NULL},
};

static int hf_stream = -1;
static int hf_stream_pnum = -1;
static int hf_from_client = -1;
static int hf_state = -1;
static int hf_completeness = -1;
static int hf_completeness_request = -1;
static int hf_completeness_response = -1;
static int hf_completeness_data = -1;
static int hf_completeness_shutdown_client = -1;
static int hf_completeness_shutdown_server = -1;
static int hf_completeness_rst = -1;
static int hf_time_relative = -1;
static int hf_time_delta = -1;
static int hf_connect_time = -1;
static int hf_request_in = -1;
static int hf_response_in = -1;
static int hf_reset_in = -1;
static int hf_offset = -1;
static int hf_next_offset = -1;
static int hf_rst_kind = -1;

static hf_register_info fields[] = {
    {&hf_stream,
     {"Stream index", "vsock.stream", FT_UINT32, BASE_DEC, NULL, 0,
      "From 0; a connection from its REQUEST on: another REQUEST between the same endpoints begins another",
      HFILL}},
    {&hf_stream_pnum,
     {"Stream packet number", "vsock.stream.pnum", FT_UINT32, BASE_DEC, NULL, 0, "Counted from 1", HFILL}},
    {&hf_from_client,
     {"From the client", "vsock.from_client", FT_BOOLEAN, BASE_NONE, TFS(&tfs_yes_no), 0,
      "The client is the side that sent the REQUEST; absent where that was not captured", HFILL}},
    {&hf_state,
     {"State", "vsock.state", FT_UINT8, BASE_DEC, VALS(vsock_state_names), 0,
      "Of the connection, after this packet", HFILL}},
    {&hf_completeness,
     {"Completeness", "vsock.completeness", FT_UINT8, BASE_DEC, NULL, 0,
      "What the connection has seen so far, this packet included", HFILL}},
    {&hf_completeness_request,
     {"Request", "vsock.completeness.request", FT_BOOLEAN, 8, TFS(&tfs_present_absent),
      VSOCK_COMPLETE_REQUEST, NULL, HFILL}},
    {&hf_completeness_response,
     {"Response", "vsock.completeness.response", FT_BOOLEAN, 8, TFS(&tfs_present_absent),
      VSOCK_COMPLETE_RESPONSE, NULL, HFILL}},
    {&hf_completeness_data,
     {"Data", "vsock.completeness.data", FT_BOOLEAN, 8, TFS(&tfs_present_absent), VSOCK_COMPLETE_DATA, NULL,
      HFILL}},
    {&hf_completeness_shutdown_client,
     {"Shutdown by the client", "vsock.completeness.shutdown_client", FT_BOOLEAN, 8, TFS(&tfs_present_absent),
      VSOCK_COMPLETE_SHUTDOWN_CLIENT, NULL, HFILL}},
    {&hf_completeness_shutdown_server,
     {"Shutdown by the server", "vsock.completeness.shutdown_server", FT_BOOLEAN, 8, TFS(&tfs_present_absent),
      VSOCK_COMPLETE_SHUTDOWN_SERVER, NULL, HFILL}},
    {&hf_completeness_rst,
     {"Rst", "vsock.completeness.rst", FT_BOOLEAN, 8, TFS(&tfs_present_absent), VSOCK_COMPLETE_RST, NULL,
      HFILL}},
    {&hf_time_relative,
     {"Time since first packet in this stream", "vsock.time_relative", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      NULL, HFILL}},
    {&hf_time_delta,
     {"Time since previous packet in this stream", "vsock.time_delta", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      NULL, HFILL}},
    {&hf_connect_time,
     {"Connect time", "vsock.connect.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "From the REQUEST to the RESPONSE, or to the RST that refused it", HFILL}},
    {&hf_request_in,
     {"Request in", "vsock.request_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0,
      "The connection's REQUEST", HFILL}},
    {&hf_response_in,
     {"Response in", "vsock.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
      "The connection's RESPONSE", HFILL}},
    {&hf_reset_in,
     {"Ended by the Rst in", "vsock.reset_in", FT_FRAMENUM, BASE_NONE, NULL, 0, "The connection's first RST",
      HFILL}},
    {&hf_offset,
     {"Stream offset", "vsock.offset", FT_UINT64, BASE_DEC, NULL, 0,
      "Of an RW's first byte, from 0; jumps over bytes that were not captured", HFILL}},
    {&hf_next_offset,
     {"Next stream offset", "vsock.next_offset", FT_UINT64, BASE_DEC, NULL, 0,
      "Of the byte after an RW's last", HFILL}},
    {&hf_rst_kind,
     {"Kind of Rst", "vsock.rst.kind", FT_UINT8, BASE_DEC, VALS(vsock_rst_kind_names), 0,
      "What a RST means for its connection", HFILL}},
};

static int ett_completeness = -1;
static int ett_timestamps = -1;

static expert_field ei_request = EI_INIT;
static expert_field ei_response = EI_INIT;
static expert_field ei_shutdown = EI_INIT;
static expert_field ei_closed = EI_INIT;
static expert_field ei_unconsumed_at_close = EI_INIT;
static expert_field ei_refused = EI_INIT;
static expert_field ei_protocol_error = EI_INIT;
static expert_field ei_abandoned = EI_INIT;
static expert_field ei_close_timeout = EI_INIT;
static expert_field ei_reset_no_socket = EI_INIT;
static expert_field ei_reset = EI_INIT;
static expert_field ei_retried = EI_INIT;
static expert_field ei_reused = EI_INIT;
static expert_field ei_degenerate = EI_INIT;
static expert_field ei_unanswered = EI_INIT;
static expert_field ei_midstream = EI_INIT;
static expert_field ei_trailing = EI_INIT;
static expert_field ei_data_after_reset = EI_INIT;
static expert_field ei_data_before_response = EI_INIT;
static expert_field ei_data_after_shutdown = EI_INIT;
static expert_field ei_response_without_request = EI_INIT;
static expert_field ei_duplicate_response = EI_INIT;
static expert_field ei_type_changed = EI_INIT;
static expert_field ei_duplicate_capture = EI_INIT;

/* A row a finding, at its index; what the future adds comes last. */
#define UNANSWERED VSOCK_FOUND_CREDIT_FIRST

static ei_register_info experts[] = {
    [VSOCK_FOUND_REQUEST] = {&ei_request,
                             {"vsock.connection.request", PI_SEQUENCE, PI_CHAT, "Connection requested",
                              EXPFILL}},
    [VSOCK_FOUND_RESPONSE] = {&ei_response,
                              {"vsock.connection.response", PI_SEQUENCE, PI_CHAT, "Connection accepted",
                               EXPFILL}},
    [VSOCK_FOUND_SHUTDOWN] = {&ei_shutdown,
                              {"vsock.connection.shutdown", PI_SEQUENCE, PI_CHAT, "Shutdown",
                               EXPFILL_BLURB("A side will send no more, or receive no more, or both")}},
    [VSOCK_FOUND_CLOSED] = {&ei_closed,
                            {"vsock.connection.closed", PI_SEQUENCE, PI_CHAT, "Connection closed",
                             EXPFILL_BLURB("The normal end, after a SHUTDOWN both ways: vsock.rst.kind 2")}},
    [VSOCK_FOUND_UNCONSUMED_AT_CLOSE] = {&ei_unconsumed_at_close,
                                         {"vsock.connection.unconsumed_at_close", PI_SEQUENCE, PI_CHAT,
                                          "Closed with data that was not consumed", EXPFILL}},
    [VSOCK_FOUND_REFUSED] =
        {&ei_refused,
         {"vsock.connection.refused", PI_SEQUENCE, PI_NOTE, "Connection refused",
          EXPFILL_BLURB(
              "Nobody listens, the backlog is full, or the socket types differ: vsock.rst.kind 1")}},
    [VSOCK_FOUND_PROTOCOL_ERROR] =
        {&ei_protocol_error,
         {"vsock.connection.protocol_error", PI_SEQUENCE, PI_WARN,
          "The client gave up its own request: a packet other than a RESPONSE reached it "
          "(EPROTO)",
          EXPFILL}},
    [VSOCK_FOUND_ABANDONED] = {&ei_abandoned,
                               {"vsock.connection.abandoned", PI_SEQUENCE, PI_NOTE,
                                "Connect abandoned: the client had stopped waiting for the response",
                                EXPFILL_BLURB("vsock.rst.kind 4")}},
    [VSOCK_FOUND_CLOSE_TIMEOUT] = {&ei_close_timeout,
                                   {"vsock.connection.close_timeout", PI_SEQUENCE, PI_NOTE,
                                    "Close timeout: the peer did not acknowledge the shutdown",
                                    EXPFILL_BLURB("vsock.rst.kind 3")}},
    [VSOCK_FOUND_RESET_NO_SOCKET] = {&ei_reset_no_socket,
                                     {"vsock.connection.reset_no_socket", PI_SEQUENCE, PI_WARN,
                                      "Connection reset: the peer has no such socket",
                                      EXPFILL_BLURB("A crash, a kill, a restart: vsock.rst.kind 5")}},
    [VSOCK_FOUND_RESET] = {&ei_reset,
                           {"vsock.connection.reset", PI_SEQUENCE, PI_ERROR, "Connection reset",
                            EXPFILL_BLURB(
                                "By a live socket, on an open connection: vsock.rst.kind 6, 7 or 8")}},
    [VSOCK_FOUND_RETRIED] = {&ei_retried,
                             {"vsock.connection.retried", PI_SEQUENCE, PI_NOTE,
                              "Connection requested again: the request before had no answer", EXPFILL}},
    [VSOCK_FOUND_REUSED] = {&ei_reused,
                            {"vsock.connection.reused", PI_SEQUENCE, PI_WARN,
                             "New connection between the same endpoints while the one before was open",
                             EXPFILL}},
    [VSOCK_FOUND_DEGENERATE] = {&ei_degenerate,
                                {"vsock.connection.degenerate", PI_SEQUENCE, PI_NOTE,
                                 "Both endpoints are the same: Linux cannot use such a connection", EXPFILL}},
    [VSOCK_FOUND_MIDSTREAM] = {&ei_midstream,
                               {"vsock.analysis.midstream", PI_SEQUENCE, PI_CHAT,
                                "The connection began before the capture", EXPFILL}},
    [VSOCK_FOUND_TRAILING] = {&ei_trailing,
                              {"vsock.analysis.trailing", PI_SEQUENCE, PI_CHAT,
                               "Trails the end of its connection",
                               EXPFILL_BLURB(
                                   "A packet after the connection's RST: normal where both sides close")}},
    [VSOCK_FOUND_DATA_AFTER_RESET] = {&ei_data_after_reset,
                                      {"vsock.analysis.data_after_reset", PI_SEQUENCE, PI_NOTE,
                                       "Data after the connection's RST: nobody reads it", EXPFILL}},
    [VSOCK_FOUND_DATA_BEFORE_RESPONSE] = {&ei_data_before_response,
                                          {"vsock.analysis.data_before_response", PI_SEQUENCE, PI_NOTE,
                                           "Data before a RESPONSE: its record is probably missing",
                                           EXPFILL}},
    [VSOCK_FOUND_DATA_AFTER_SHUTDOWN] = {&ei_data_after_shutdown,
                                         {"vsock.analysis.data_after_shutdown", PI_SEQUENCE, PI_WARN,
                                          "Data from a side that had shut down sending", EXPFILL}},
    [VSOCK_FOUND_RESPONSE_WITHOUT_REQUEST] = {&ei_response_without_request,
                                              {"vsock.analysis.response_without_request", PI_SEQUENCE,
                                               PI_NOTE, "Response to a request that was not captured",
                                               EXPFILL}},
    [VSOCK_FOUND_DUPLICATE_RESPONSE] = {&ei_duplicate_response,
                                        {"vsock.analysis.duplicate_response", PI_SEQUENCE, PI_WARN,
                                         "Second response to the same request", EXPFILL}},
    [VSOCK_FOUND_TYPE_CHANGED] = {&ei_type_changed,
                                  {"vsock.analysis.type_changed", PI_SEQUENCE, PI_WARN,
                                   "Another socket type than the connection's", EXPFILL}},
    [VSOCK_FOUND_DUPLICATE_CAPTURE] =
        {&ei_duplicate_capture,
         {"vsock.analysis.duplicate_capture", PI_SEQUENCE, PI_CHAT,
          "This connection was captured twice; second copies are not counted",
          EXPFILL_BLURB("As with -i any and two vsockmon devices; second copies have [Copy] in Info")}},
    [UNANSWERED] = {&ei_unanswered,
                    {"vsock.connection.unanswered", PI_SEQUENCE, PI_WARN, "No answer in time",
                     EXPFILL_BLURB(
                         "Within vsock.connect_timeout, while the capture goes on; on the second pass")}},
};
static_assert(array_length(experts) == VSOCK_FOUND_CREDIT_FIRST + 1, "every finding has its row");

/* What the Info column says in front, of findings that a reader of the packet list must not miss. RSTs say
 * theirs behind the operation. */
static const char *const tags[VSOCK_FOUND_CREDIT_FIRST] = {
    [VSOCK_FOUND_RETRIED] = "Retried",
    [VSOCK_FOUND_REUSED] = "Reused",
    [VSOCK_FOUND_DEGENERATE] = "Same endpoint",
    [VSOCK_FOUND_DATA_AFTER_RESET] = "Data after reset",
    [VSOCK_FOUND_DATA_BEFORE_RESPONSE] = "Data before response",
    [VSOCK_FOUND_DATA_AFTER_SHUTDOWN] = "Data after shutdown",
    [VSOCK_FOUND_RESPONSE_WITHOUT_REQUEST] = "Response without request",
    [VSOCK_FOUND_DUPLICATE_RESPONSE] = "Duplicate response",
    [VSOCK_FOUND_TYPE_CHANGED] = "Type changed",
};

/* A preference, in milliseconds: Linux gives up a connect after so long unless told otherwise, silently
 * (VSOCK_DEFAULT_CONNECT_TIMEOUT). */
static unsigned connect_timeout = 2000;

static int *const subtrees[] = {&ett_completeness, &ett_timestamps};

const struct vsock_fields vsock_connection_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .experts = experts,
    .expert_count = array_length(experts),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

void vsock_analysis_register_preferences(module_t *preferences)
{
    prefs_register_uint_preference(preferences, "connect_timeout", "Connect timeout (ms)",
                                   "A request that has no answer for so many milliseconds is reported; Linux "
                                   "gives up after 2000; 0: never",
                                   10, &connect_timeout);
}

void vsock_analysis_thresholds(struct vsock_thresholds *thresholds)
{
    thresholds->connect_timeout = (int64_t)connect_timeout * 1000000;
}

/* ---- fields ---- */

static void add_link(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t frame, uint32_t here)
{
    if (frame != 0 && frame != here)
        vsock_add_uint(tree, tvb, hf, frame);
}

static void show_completeness(proto_tree *tree, tvbuff_t *tvb, const struct vsock_record *r)
{
    static int *const bits[] = {&hf_completeness_request,
                                &hf_completeness_response,
                                &hf_completeness_data,
                                &hf_completeness_shutdown_client,
                                &hf_completeness_shutdown_server,
                                &hf_completeness_rst,
                                NULL};
    proto_item *item =
        proto_tree_add_bitmask_value(tree, tvb, 0, hf_completeness, ett_completeness, bits, r->completeness);

    proto_item_set_generated(item);
    proto_item_set_len(item, 0);
}

/* The connection's landmarks, on each of them. */
static void show_links(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p,
                       const struct vsock_record *r)
{
    const struct vsock_stream *s = r->stream;

    switch (p->virtio.op) {
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
    case VSOCK_OP_RST:
        add_link(tree, tvb, hf_request_in, s->request_frame, r->frame);
        add_link(tree, tvb, hf_response_in, s->response_frame, r->frame);
        add_link(tree, tvb, hf_reset_in, s->reset_frame, r->frame);
        break;
    }
}

/* On the packet that answers the REQUEST. */
static void show_connect_time(proto_tree *tree, tvbuff_t *tvb, const struct vsock_record *r)
{
    const struct vsock_stream *s = r->stream;
    bool refuses = r->rst_kind == VSOCK_RST_REFUSED;

    if (s->request_time == VSOCK_TIME_NONE)
        return;
    if (vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE))
        vsock_add_time(tree, tvb, hf_connect_time, s->response_time - s->request_time);
    else if (refuses)
        vsock_add_time(tree, tvb, hf_connect_time, s->reset_time - s->request_time);
}

static void show_offsets(proto_tree *tree, tvbuff_t *tvb, const struct vsock_packet *p,
                         const struct vsock_record *r)
{
    if (r->offset == VSOCK_OFFSET_NONE)
        return;
    proto_item_set_generated(proto_tree_add_uint64(tree, hf_offset, tvb, 0, 0, r->offset));
    proto_item_set_generated(
        proto_tree_add_uint64(tree, hf_next_offset, tvb, 0, 0, r->offset + p->virtio.len));
}

static void show_timestamps(proto_tree *tree, tvbuff_t *tvb, const struct vsock_record *r)
{
    int64_t now = r->time, previous = vsock_track_previous_time(r);
    proto_item *item;
    proto_tree *times = proto_tree_add_subtree(tree, tvb, 0, 0, ett_timestamps, &item, "Timestamps");

    proto_item_set_generated(item);
    vsock_add_time(times, tvb, hf_time_relative, now - r->stream->first_time);
    vsock_add_time(times, tvb, hf_time_delta, previous == VSOCK_TIME_NONE ? 0 : now - previous);
}

static void show_fields(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
                        const struct vsock_record *r)
{
    vsock_add_uint(tree, tvb, hf_stream, r->stream->index);
    vsock_add_uint(tree, tvb, hf_stream_pnum, r->number);
    if (r->client != VSOCK_SIDE_UNKNOWN)
        proto_item_set_generated(
            proto_tree_add_boolean(tree, hf_from_client, tvb, 0, 0, r->sender == r->client));
    vsock_add_uint(tree, tvb, hf_state, r->state);
    show_completeness(tree, tvb, r);
    if (r->rst_kind != VSOCK_RST_NONE)
        vsock_add_uint(tree, tvb, hf_rst_kind, r->rst_kind);
    show_links(tree, tvb, p, r);
    show_connect_time(tree, tvb, r);
    show_offsets(tree, tvb, p, r);
    show_timestamps(tree, tvb, r);
}

/* ---- findings ---- */

/* Of the future: nothing answered the request in time, and the capture went on to tell. */
static bool is_unanswered(const struct vsock_record *r)
{
    const struct vsock_stream *s = r->stream;
    int64_t deadline = s->request_time + (int64_t)connect_timeout * 1000000;

    if (!(vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST)))
        return false;
    if (s->conn.completeness & ~(VSOCK_COMPLETE_REQUEST | VSOCK_COMPLETE_RST))
        return false; /* a RESPONSE, or what only a connection has */
    return connect_timeout > 0 && vsock_stream_known_until(s) >= deadline;
}

static const char *reset_text(const struct vsock_record *r)
{
    switch ((enum vsock_rst_kind)r->rst_kind) {
    case VSOCK_RST_QUEUE_OVERFLOW:
        return "Connection reset: likely the receiver's queue was full (too many small packets for its "
               "buffer)";
    case VSOCK_RST_WINDOW_OVERRUN:
        return "Connection reset: the other side had sent more than this side's buffer holds";
    case VSOCK_RST_NONE:
    case VSOCK_RST_REFUSED:
    case VSOCK_RST_CLOSE_ACK:
    case VSOCK_RST_CLOSE_TIMEOUT:
    case VSOCK_RST_CONNECT_ABANDONED:
    case VSOCK_RST_NO_SOCKET:
    case VSOCK_RST_ABORTED:
    case VSOCK_RST_TRAILING:
    case VSOCK_RST_FOREIGN_TYPE:
        break;
    }
    return "Connection reset by a live socket that had not been shut down";
}

static void show_finding(packet_info *pinfo, proto_item *item, const struct vsock_record *r, unsigned finding)
{
    expert_field *ei = experts[finding].ids;

    switch (finding) {
    case VSOCK_FOUND_UNCONSUMED_AT_CLOSE:
        expert_add_info_format(pinfo, item, ei, "Closed while %u bytes that were sent had not been consumed",
                               r->rare->unconsumed);
        break;
    case VSOCK_FOUND_CLOSE_TIMEOUT:
        expert_add_info_format(pinfo, item, ei,
                               "Close timeout: the peer did not acknowledge the shutdown within %u.%u s",
                               r->rare->waited / 1000, r->rare->waited % 1000 / 100);
        break;
    case VSOCK_FOUND_RESET:
        expert_add_info_format(pinfo, item, ei, "%s", reset_text(r));
        break;
    case VSOCK_FOUND_REUSED:
        expert_add_info_format(
            pinfo, item, ei,
            "New connection between the same endpoints while stream %u was open: its RST was lost, "
            "or the endpoint used again too early",
            r->stream->previous);
        break;
    default:
        expert_add_info(pinfo, item, ei);
        break;
    }
}

static void show_findings(packet_info *pinfo, proto_item *item, const struct vsock_record *r)
{
    uint64_t findings = vsock_record_findings(r);

    for (unsigned i = 0; i < VSOCK_FOUND_CREDIT_FIRST && findings >> i != 0; i++) {
        if (findings & VSOCK_FOUND_BIT(i))
            show_finding(pinfo, item, r, i);
    }
    if (is_unanswered(r))
        expert_add_info_format(pinfo, item, &ei_unanswered, "No answer within %u ms", connect_timeout);
}

void vsock_analysis_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_packet *packet,
                         const struct vsock_record *record, const struct vsock_header_items *items)
{
    if (items->tree)
        show_fields(tvb, items->tree, packet, record);
    show_findings(pinfo, items->packet, record);
}

const char *vsock_analysis_tag(unsigned finding)
{
    return tags[finding];
}
