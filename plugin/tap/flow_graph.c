/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_graph.c - Statistics > Flow Graph, "vsock Flows" (-z flow,vsock,standard).
 * A node is an endpoint, not a CID: on loopback both sides have the same one, and 4.0 cannot draw an arrow
 * from a node to itself; a connection of an endpoint with itself is left out. */
#include "dissect/columns.h"
#include "sequence_analysis.h"
#include "tap.h"

static void set_node(address *node, const address *endpoint)
{
    free_address(node);
    copy_address(node, endpoint);
}

/* By this number epan draws lines between conversations and colours them, and it has 16 bits for it. Streams
 * beyond share the last three in turn, so that a stream and the next are told apart, and those whose lower 16
 * bits are the same; the comment says which stream it is. */
static uint16_t conversation_number(uint32_t stream)
{
    return (uint16_t)(stream < UINT16_MAX - 2 ? stream : UINT16_MAX - stream % 3);
}

static tap_packet_status flow_packet(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                     const void *data, tap_flags_t flags _U_)
{
    seq_analysis_info_t *info = (seq_analysis_info_t *)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    seq_analysis_item_t *item;
    char text[128];

    if (!tap->record || tap->record->copy || addresses_equal(&tap->src, &tap->dst))
        return TAP_PACKET_DONT_REDRAW;
    item = sequence_analysis_create_sai_with_addresses(pinfo, info);
    if (!item)
        return TAP_PACKET_DONT_REDRAW;
    set_node(&item->src_addr, &tap->src);
    set_node(&item->dst_addr, &tap->dst);
    item->frame_number = pinfo->num;
    item->frame_label = g_strdup(vsock_op_label(&tap->packet, text, sizeof(text)));
    item->comment = ws_strdup_printf("Stream %u: %s", tap->record->stream->index,
                                     vsock_summary(&tap->packet, tap->record, text, sizeof(text)));
    item->conv_num = conversation_number(tap->record->stream->index);
    item->line_style = 1;
    item->display = TRUE;
    sequence_analysis_use_color_filter(pinfo, item);
    g_queue_push_tail(info->items, item);
    return TAP_PACKET_REDRAW;
}

void vsock_flow_register(int proto)
{
    if (COMPAT_FLOW_GRAPH)
        register_seq_analysis("vsock", "vsock Flows", proto, NULL, 0, flow_packet);
}
