/* SPDX-License-Identifier: GPL-2.0-or-later
 * call.c - which response belongs to which request. */
#include "compat.h"

#include "call.h"

#include <epan/conversation.h>
#include <epan/proto_data.h>

#include "dissect/tree_util.h"

/* The connection's calls by id: a later request with an id takes it over. */
static wmem_map_t *calls_of_connection(packet_info *pinfo, int proto)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    wmem_map_t *calls = (wmem_map_t *)conversation_get_proto_data(conversation, proto);

    if (!calls) {
        calls = wmem_map_new(wmem_file_scope(), wmem_int64_hash, g_int64_equal);
        conversation_add_proto_data(conversation, proto, calls);
    }
    return calls;
}

/* The packet's messages count from 1: what is kept of them needs a key that is the same on every pass. */
static uint32_t number_in_packet(packet_info *pinfo, int proto)
{
    uint32_t number = GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, pinfo, proto, 0)) + 1;

    p_set_proto_data(pinfo->pool, pinfo, proto, 0, GUINT_TO_POINTER(number));
    return number;
}

static struct vsock_call *begin(packet_info *pinfo, wmem_map_t *calls, uint64_t id)
{
    struct vsock_call *call = wmem_new0(wmem_file_scope(), struct vsock_call);

    call->id = id;
    copy_address_wmem(wmem_file_scope(), &call->client, &pinfo->src);
    call->client_port = pinfo->srcport;
    call->request_frame = pinfo->num;
    call->request_time = pinfo->abs_ts;
    wmem_map_insert(calls, &call->id, call);
    return call;
}

bool vsock_call_from_client(const packet_info *pinfo, const struct vsock_call *call)
{
    return pinfo->srcport == call->client_port && addresses_equal(&pinfo->src, &call->client);
}

static struct vsock_call *decide(packet_info *pinfo, int proto, uint64_t id, enum vsock_call_part part,
                                 uint32_t number)
{
    wmem_map_t *calls = calls_of_connection(pinfo, proto);
    struct vsock_call *call;

    if (part == VSOCK_CALL_REQUEST)
        call = begin(pinfo, calls, id);
    else
        call = (struct vsock_call *)wmem_map_lookup(calls, &id);
    if (!call)
        return NULL;
    p_add_proto_data(wmem_file_scope(), pinfo, proto, number, call);
    if (part == VSOCK_CALL_ANSWER && call->response_frame == 0 && !vsock_call_from_client(pinfo, call))
        call->response_frame = pinfo->num;
    return call;
}

struct vsock_call *vsock_call_of(packet_info *pinfo, int proto, uint64_t id, enum vsock_call_part *part)
{
    uint32_t number = number_in_packet(pinfo, proto);
    struct vsock_call *call;

    if (PINFO_FD_VISITED(pinfo))
        call = (struct vsock_call *)p_get_proto_data(wmem_file_scope(), pinfo, proto, number);
    else
        call = decide(pinfo, proto, id, *part, number);
    if (*part == VSOCK_CALL_ANSWER && call && vsock_call_from_client(pinfo, call))
        *part = VSOCK_CALL_OTHER;
    return call;
}

void vsock_call_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const struct vsock_call *call,
                     enum vsock_call_part part, const struct vsock_call_fields *hf)
{
    nstime_t time;

    if (!call)
        return;
    if (part != VSOCK_CALL_REQUEST)
        vsock_add_uint(tree, tvb, hf->request_in, call->request_frame);
    else if (call->response_frame != 0)
        vsock_add_uint(tree, tvb, hf->response_in, call->response_frame);
    if (part != VSOCK_CALL_ANSWER)
        return;
    nstime_delta(&time, &pinfo->abs_ts, &call->request_time);
    proto_item_set_generated(proto_tree_add_time(tree, hf->time, tvb, 0, 0, &time));
}
