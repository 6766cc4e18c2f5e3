/* SPDX-License-Identifier: GPL-2.0-or-later
 * connection.c - the fields and links of a packet's connection. */
#include "compat.h"

#include "connection.h"

#include <epan/tfs.h>

#include "names.h"
#include "tree_util.h"

#define NAMED(value, name) {value, name},

const value_string vsock_state_names[] = {VSOCK_STATE_NAMES(NAMED){0, NULL}};

const value_string vsock_rst_kind_names[] = {VSOCK_RST_KIND_NAMES(NAMED){0, NULL}};

static int hf_stream = -1, hf_stream_pnum = -1, hf_from_client = -1, hf_state = -1;
static int hf_completeness = -1, hf_completeness_request = -1, hf_completeness_response = -1;
static int hf_completeness_data = -1, hf_completeness_shutdown_client = -1;
static int hf_completeness_shutdown_server = -1, hf_completeness_rst = -1, hf_time_relative = -1;
static int hf_time_delta = -1, hf_connect_time = -1, hf_request_in = -1, hf_response_in = -1;
static int hf_reset_in = -1, hf_offset = -1, hf_next_offset = -1, hf_rst_kind = -1;

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
     {"Reset in", "vsock.reset_in", FT_FRAMENUM, BASE_NONE, NULL, 0, "The connection's first RST", HFILL}},
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

static int ett_completeness = -1, ett_timestamps = -1;

static int *const subtrees[] = {&ett_completeness, &ett_timestamps};

const struct vsock_fields vsock_connection_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .subtrees = subtrees,
    .subtree_count = array_length(subtrees),
};

static void add_link(proto_tree *tree, tvbuff_t *tvb, int hf, const struct vsock_mark *to,
                     const struct vsock_record *r)
{
    uint32_t frame = vsock_track_frame(to->record);

    if (frame != 0 && frame != r->frame)
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
    const struct vsock_conn *c = &r->stream->conn;

    switch (p->virtio.op) {
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
    case VSOCK_OP_RST:
        add_link(tree, tvb, hf_request_in, &c->request, r);
        add_link(tree, tvb, hf_response_in, &c->response, r);
        add_link(tree, tvb, hf_reset_in, &c->reset, r);
        break;
    }
}

/* On the packet that answers the REQUEST. */
static void show_connect_time(proto_tree *tree, tvbuff_t *tvb, const struct vsock_record *r)
{
    const struct vsock_conn *c = &r->stream->conn;

    if (!c->from_request)
        return;
    if (VSOCK_RECORD_HAS(r, RESPONSE))
        vsock_add_time(tree, tvb, hf_connect_time, c->response.time - c->request.time);
    else if (r->rst_kind == VSOCK_RST_REFUSED)
        vsock_add_time(tree, tvb, hf_connect_time, c->reset.time - c->request.time);
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
    proto_item *item;
    proto_tree *times;

    if (!proto_field_is_referenced(tree, hf_time_relative) && !proto_field_is_referenced(tree, hf_time_delta))
        return; /* a filter on something else, say: it saves the look-up */
    times = proto_tree_add_subtree(tree, tvb, 0, 0, ett_timestamps, &item, "Timestamps");
    proto_item_set_generated(item);
    vsock_add_time(times, tvb, hf_time_relative, r->time - r->stream->stats.first.time);
    vsock_add_time(times, tvb, hf_time_delta,
                   r->previous != 0 ? r->time - vsock_track_record(r->previous)->time : 0);
}

void vsock_connection_show(tvbuff_t *tvb, proto_tree *tree, const struct vsock_packet *p,
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
