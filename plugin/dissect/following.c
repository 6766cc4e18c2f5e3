/* SPDX-License-Identifier: GPL-2.0-or-later
 * following.c - what Wireshark's Follow shows of a packet of a stream. */
#include "compat.h"

#include "following.h"

#include "names.h"

static void set_node(address *addr, unsigned *port, const struct vsock_endpoint *endpoint)
{
    vsock_copy_cid_address(NULL, addr, endpoint->cid);
    *port = endpoint->port;
}

static void set_nodes(follow_info_t *info, const struct vsock_record *r, uint8_t client)
{
    if (info->client_ip.type != AT_NONE)
        return;
    set_node(&info->client_ip, &info->client_port, &r->stream->side[client]);
    set_node(&info->server_ip, &info->server_port, &r->stream->side[client ^ 1]);
}

struct vsock_followed vsock_follow(follow_info_t *info, const packet_info *pinfo,
                                   const struct vsock_record *record)
{
    uint8_t client = vsock_stream_client(record->stream);

    set_nodes(info, record, client);
    return (struct vsock_followed){.info = info, .pinfo = pinfo, .is_server = record->sender != client};
}

static void add_bytes(const struct vsock_followed *f, const uint8_t *bytes, unsigned length)
{
    follow_record_t *record = g_new0(follow_record_t, 1);

    record->is_server = f->is_server;
    record->packet_num = f->pinfo->num;
    record->abs_ts = f->pinfo->abs_ts;
    record->data = g_byte_array_append(g_byte_array_sized_new(length), bytes, length);
    f->info->bytes_written[f->is_server] += length;
    f->info->payload = g_list_prepend(f->info->payload, record);
}

void vsock_follow_add_gap(const struct vsock_followed *f, uint64_t bytes, const char *why)
{
    char *text = g_strdup_printf("[%" PRIu64 " bytes %s]", bytes, why);

    add_bytes(f, (const uint8_t *)text, (unsigned)strlen(text));
    g_free(text);
}

void vsock_follow_add(const struct vsock_followed *f, tvbuff_t *tvb, int offset, uint32_t length,
                      const char *why)
{
    int captured = tvb ? tvb_captured_length_remaining(tvb, offset) : 0;
    uint32_t there = MIN((uint32_t)MAX(captured, 0), length);

    if (there > 0)
        add_bytes(f, tvb_get_ptr(tvb, offset, (int)there), there);
    if (there < length)
        vsock_follow_add_gap(f, length - there, why);
}

char *vsock_follow_no_address_filter(address *src _U_, address *dst _U_, int src_port _U_, int dst_port _U_)
{
    return NULL;
}

char *vsock_follow_port_text(wmem_allocator_t *scope, unsigned port)
{
    return wmem_strdup_printf(scope, "%u", port);
}
