/* SPDX-License-Identifier: GPL-2.0-or-later
 * within.c - dissecting a packet of another network. */
#include "compat.h"

#include "within.h"

#include <epan/exceptions.h>

#include "payload/handoff.h"

/* A packet is at most so deep, tunnels apart, and there is room for so many numbers: those behind share them.
 */
#define LAYERS_OF_PACKET 8
#define LAYERS_MAX 240

/* Nothing is known yet of who sends what to whom. */
static void forget_endpoints(packet_info *pinfo)
{
    clear_address(&pinfo->dl_src);
    clear_address(&pinfo->dl_dst);
    clear_address(&pinfo->net_src);
    clear_address(&pinfo->net_dst);
    clear_address(&pinfo->src);
    clear_address(&pinfo->dst);
    pinfo->ptype = PT_NONE;
    pinfo->srcport = pinfo->destport = 0;
    pinfo->use_conv_addr_port_endpoints = false;
    pinfo->conv_addr_port_endpoints = NULL;
    pinfo->conv_elements = NULL;
    pinfo->vlan_id = 0;
    pinfo->p2p_dir = P2P_DIR_UNKNOWN;
    pinfo->src_win_scale = pinfo->dst_win_scale = -1;
}

static void restore_endpoints(packet_info *pinfo, const packet_info *before)
{
    pinfo->dl_src = before->dl_src;
    pinfo->dl_dst = before->dl_dst;
    pinfo->net_src = before->net_src;
    pinfo->net_dst = before->net_dst;
    pinfo->src = before->src;
    pinfo->dst = before->dst;
    pinfo->ptype = before->ptype;
    pinfo->srcport = before->srcport;
    pinfo->destport = before->destport;
    pinfo->use_conv_addr_port_endpoints = before->use_conv_addr_port_endpoints;
    pinfo->conv_addr_port_endpoints = before->conv_addr_port_endpoints;
    pinfo->conv_elements = before->conv_elements;
    pinfo->vlan_id = before->vlan_id;
    pinfo->p2p_dir = before->p2p_dir;
    pinfo->src_win_scale = before->src_win_scale;
    pinfo->dst_win_scale = before->dst_win_scale;
}

/* Nothing of it is wanted again: TCP joins what is in there itself. */
static void be_alone(packet_info *pinfo)
{
    pinfo->fragmented = false;
    pinfo->can_desegment = 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    pinfo->want_pdu_tracking = 0;
    pinfo->match_uint = 0;
    pinfo->match_string = NULL;
    pinfo->noreassembly_reason = "";
}

static void be_as_before(packet_info *pinfo, const packet_info *before)
{
    pinfo->current_proto = before->current_proto;
    pinfo->fragmented = before->fragmented;
    pinfo->flags = before->flags;
    pinfo->can_desegment = before->can_desegment;
    pinfo->saved_can_desegment = before->saved_can_desegment;
    pinfo->desegment_offset = before->desegment_offset;
    pinfo->desegment_len = before->desegment_len;
    pinfo->want_pdu_tracking = before->want_pdu_tracking;
    pinfo->bytes_until_next_pdu = before->bytes_until_next_pdu;
    pinfo->match_uint = before->match_uint;
    pinfo->match_string = before->match_string;
    pinfo->noreassembly_reason = before->noreassembly_reason;
    pinfo->heur_list_name = before->heur_list_name;
    pinfo->curr_layer_num = before->curr_layer_num;
    compat_restore_stream_id(pinfo, before);
}

void vsock_dissect_within(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                          unsigned index)
{
    const packet_info before = *pinfo;
    unsigned layers = wmem_list_count(pinfo->layers),
             rooms = (LAYERS_MAX - MIN(before.curr_layer_num, LAYERS_MAX / 2)) / LAYERS_OF_PACKET;

    forget_endpoints(pinfo);
    be_alone(pinfo);
    pinfo->curr_layer_num = (uint8_t)(before.curr_layer_num + index % rooms * LAYERS_OF_PACKET);
    TRY
    {
        call_dissector(handle, tvb, pinfo, tree);
    }
    FINALLY
    {
        restore_endpoints(pinfo, &before);
        be_as_before(pinfo, &before);
        vsock_layers_leave(pinfo, layers);
    }
    ENDTRY;
}
