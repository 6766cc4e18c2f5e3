/* SPDX-License-Identifier: GPL-2.0-or-later
 * follow.c - Analyze > Follow > vsock Stream (-z follow,vsock,ascii,N).
 * epan's own listener takes whoever is seen first for the client, joins over gaps, and takes port 0 for "not
 * set yet"; here the client is the side that sent the REQUEST, and what was not captured is said. In 4.0 the
 * GUI's Follow menu is closed to plugins; tshark's is not. */
#include "compat.h"

#include <epan/follow.h>

#include "dissect/names.h"
#include "tap.h"

static void set_node(address *addr, unsigned *port, const struct vsock_endpoint *endpoint)
{
    vsock_copy_cid_address(NULL, addr, endpoint->cid);
    *port = endpoint->port;
}

static void set_nodes(follow_info_t *info, const struct vsock_record *r)
{
    uint8_t client = vsock_stream_client(r->stream);

    if (info->client_ip.type != AT_NONE)
        return;
    set_node(&info->client_ip, &info->client_port, &r->stream->side[client]);
    set_node(&info->server_ip, &info->server_port, &r->stream->side[client ^ 1]);
}

static void add_bytes(follow_info_t *info, const packet_info *pinfo, bool is_server, const uint8_t *bytes,
                      unsigned length)
{
    follow_record_t *record = g_new0(follow_record_t, 1);

    record->is_server = is_server;
    record->packet_num = pinfo->num;
    record->abs_ts = pinfo->abs_ts;
    record->data = g_byte_array_append(g_byte_array_sized_new(length), bytes, length);
    info->bytes_written[is_server] += length;
    info->payload = g_list_prepend(info->payload, record);
}

static void add_gap(follow_info_t *info, const packet_info *pinfo, bool is_server, uint64_t bytes,
                    const char *why)
{
    char *text = g_strdup_printf("[%" PRIu64 " bytes %s]", bytes, why);

    add_bytes(info, pinfo, is_server, (const uint8_t *)text, (unsigned)strlen(text));
    g_free(text);
}

#define MISSING "missing in capture file"

/* What was captured of an RW's bytes, and how many were not. */
static void add_rw(follow_info_t *info, const packet_info *pinfo, bool is_server, const struct vsock_tap *tap)
{
    uint32_t length = tap->packet.virtio.len, captured = tap->payload ? tvb_captured_length(tap->payload) : 0;

    if (captured > 0)
        add_bytes(info, pinfo, is_server, tvb_get_ptr(tap->payload, 0, (int)captured), captured);
    if (captured < length)
        add_gap(info, pinfo, is_server, length - captured,
                VSOCK_RECORD_HAS(tap->record, PAYLOAD_NOT_RECORDED)
                    ? "likely not recorded: the kernel's tap does not copy packets so large"
                    : MISSING);
}

static tap_packet_status follow_packet(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                       const void *data, tap_flags_t flags _U_)
{
    follow_info_t *info = (follow_info_t *)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    const struct vsock_record *r = tap->record;
    bool is_server;

    if (!r)
        return TAP_PACKET_DONT_REDRAW;
    set_nodes(info, r);
    is_server = r->sender != vsock_stream_client(r->stream);
    if (vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_UNSEEN_DATA))
        add_gap(info, pinfo, !is_server, r->ext->ahead, MISSING);
    if (r->in_stream)
        add_rw(info, pinfo, is_server, tap);
    return TAP_PACKET_DONT_REDRAW;
}

static char *index_filter(unsigned stream, unsigned sub_stream _U_)
{
    return ws_strdup_printf("vsock.stream eq %u", stream);
}

static char *packet_filter(epan_dissect_t *edt _U_, packet_info *pinfo, unsigned *stream,
                           unsigned *sub_stream)
{
    const struct vsock_record *record = vsock_track_find(pinfo->num);

    if (!record)
        return NULL;
    *stream = record->stream->index;
    *sub_stream = 0;
    return index_filter(*stream, *sub_stream);
}

/* tshark offers IP addresses only here. */
static char *address_filter(address *src _U_, address *dst _U_, int src_port _U_, int dst_port _U_)
{
    return NULL;
}

static char *port_text(wmem_allocator_t *scope, unsigned port)
{
    return wmem_strdup_printf(scope, "%u", port);
}

void vsock_follow_register(int proto)
{
    compat_register_follow_stream(proto, "vsock", packet_filter, index_filter, address_filter, port_text,
                                  follow_packet, vsock_track_stream_count);
}
