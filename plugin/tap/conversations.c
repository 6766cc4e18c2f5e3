/* SPDX-License-Identifier: GPL-2.0-or-later
 * conversations.c - Statistics > Conversations and Endpoints (-z conv,vsock, -z endpoints,vsock); the packet
 * list's Conversation Filter, Colorize Conversation, and Go > Next Packet in Conversation.
 * A row of the tables is a pair of endpoints, whichever stream. An endpoint is one address, port included:
 * epan shows ports, and puts them into filters, with %d and for few protocols. */
#include "compat.h"

#include <epan/conversation_filter.h>
#include <epan/conversation_table.h>

#include "tap.h"

static const char *conversation_field(conv_item_t *item _U_, conv_filter_type_e filter)
{
    if (filter == CONV_FT_SRC_ADDRESS)
        return "vsock.src";
    if (filter == CONV_FT_DST_ADDRESS)
        return "vsock.dst";
    return filter == CONV_FT_ANY_ADDRESS ? "vsock.addr" : CONV_FILTER_INVALID;
}

static const char *endpoint_field(endpoint_item_t *item _U_, conv_filter_type_e filter)
{
    return conversation_field(NULL, filter);
}

static tap_packet_status conversation_packet(void *table, packet_info *pinfo, epan_dissect_t *edt _U_,
                                             const void *data, tap_flags_t flags)
{
    static ct_dissector_info_t info = {conversation_field};
    conv_hash_t *hash = (conv_hash_t *)table;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;

    /* Rows differ by this id too, and the dialog's Follow Stream button takes it for the stream's index. */
    conv_id_t id = vsock_track_pair(pinfo, &tap->packet);

    if (id == VSOCK_STREAM_UNKNOWN) /* of the many that are not followed */
        return TAP_PACKET_DONT_REDRAW;
    hash->flags = flags;
    add_conversation_table_data_with_conv_id(hash, &tap->src, &tap->dst, 0, 0, id, 1, (int)pinfo->fd->pkt_len,
                                             &pinfo->rel_ts, &pinfo->abs_ts, &info, CONVERSATION_NONE);
    return TAP_PACKET_REDRAW;
}

static tap_packet_status endpoint_packet(void *table, packet_info *pinfo, epan_dissect_t *edt _U_,
                                         const void *data, tap_flags_t flags)
{
    static et_dissector_info_t info = {endpoint_field};
    conv_hash_t *hash = (conv_hash_t *)table;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    int bytes = (int)pinfo->fd->pkt_len;

    if (vsock_track_pair(pinfo, &tap->packet) == VSOCK_STREAM_UNKNOWN)
        return TAP_PACKET_DONT_REDRAW;
    hash->flags = flags;
    add_endpoint_table_data(hash, &tap->src, 0, TRUE, 1, bytes, &info, ENDPOINT_NONE);
    add_endpoint_table_data(hash, &tap->dst, 0, FALSE, 1, bytes, &info, ENDPOINT_NONE);
    return TAP_PACKET_REDRAW;
}

static compat_bool has_stream(packet_info *pinfo COMPAT_FILTER_PARAMETER)
{
    return vsock_track_find(pinfo->num) != NULL;
}

static char *stream_filter(packet_info *pinfo COMPAT_FILTER_PARAMETER)
{
    const struct vsock_record *record = vsock_track_find(pinfo->num);

    return record ? ws_strdup_printf("vsock.stream eq %u", record->stream->index) : NULL;
}

void vsock_conversations_register(int proto)
{
    register_conversation_table(proto, TRUE, conversation_packet, endpoint_packet);
    compat_register_conversation_filter("vsock", "vsock", has_stream, stream_filter);
    add_conversation_filter_protocol("vsock"); /* before those of what is inside */
}
