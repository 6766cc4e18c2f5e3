/* SPDX-License-Identifier: GPL-2.0-or-later
 * handoff.c - choosing a dissector, and calling it. */
#include "compat.h"

#include "handoff.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>
#include <epan/show_exception.h>

#include "dissect/builtin.h"

/* Ports that one protocol alone uses, of those that Wireshark knows. See services.c for their sources. */
static const struct {
    uint32_t port;
    const char *dissector;
} known_ports[] = {
    {22, "ssh"},
    {5201, "iperf3_tcp"}, /* since 4.2 */
    {5555, "adb"},
};

static dissector_table_t port_table;
static heur_dissector_list_t heuristics;

static compat_bool heuristics_first = true;
static compat_bool tcp_heuristics = false;

void vsock_handoff_register(module_t *preferences)
{
    port_table = register_dissector_table(VSOCK_PORT_TABLE, "vsock port", proto_vsock, FT_UINT32, BASE_DEC);
    heuristics = compat_register_heuristics(VSOCK_HEURISTIC_LIST, "vsock payload", proto_vsock);
    vsock_decode_as_register();
    vsock_export_register();
    prefs_register_bool_preference(preferences, "try_heuristic_first", "Look at the contents before the port",
                                   "Ask the heuristic dissectors first, then the one for the port; not the "
                                   "other way round. Decode As goes before both",
                                   &heuristics_first);
    prefs_register_bool_preference(preferences, "tcp_heuristics", "Use TCP's heuristic dissectors as well",
                                   "Ask the heuristic dissectors of TCP after those of vsock. Many of them "
                                   "accept what merely looks like their protocol",
                                   &tcp_heuristics);
}

void vsock_handoff_fill(void)
{
    vsock_decode_as_fill();
    for (size_t i = 0; i < array_length(known_ports); i++) {
        dissector_handle_t handle = find_dissector(known_ports[i].dissector);

        if (handle)
            dissector_add_uint(VSOCK_PORT_TABLE, known_ports[i].port, handle);
    }
}

bool vsock_takes_dissectors(void)
{
    return port_table != NULL;
}

bool vsock_has_port_dissector(uint32_t src_port, uint32_t dst_port)
{
    return dissector_get_uint_handle(port_table, src_port) || dissector_get_uint_handle(port_table, dst_port);
}

/* A call in progress. */
struct call {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree;
    const struct vsock_handoff *handoff;
    struct tcpinfo tcp;

    /* Who took it: one of these. */
    dissector_handle_t dissector;
    uint32_t port; /* that led to it, if one did */
    const heur_dtbl_entry_t *heuristic;
};

/* Some of TCP's dissectors need what TCP hands them: of 4.0's, which Decode As offers, rpc, rtmpt, nbt and
 * ldss reject bytes without it, and HTTP keeps by the sequence number how far it has read a body in chunks.
 * Which do without is not to be seen, so those that are TCP's get it; others may take it for something else.
 */
static void *data_for(struct call *c, dissector_handle_t handle)
{
    return vsock_expects_tcp(handle) ? &c->tcp : NULL;
}

static bool try_chosen(struct call *c)
{
    c->dissector = c->handoff->chosen;
    return c->dissector &&
           call_dissector_only(c->dissector, c->tvb, c->pinfo, c->tree, data_for(c, c->dissector)) != 0;
}

static bool try_port(struct call *c, uint32_t port, bool by_user)
{
    if ((dissector_is_uint_changed(port_table, port) != 0) != by_user)
        return false;
    c->dissector = dissector_get_uint_handle(port_table, port);
    c->port = port;
    return c->dissector &&
           compat_dissector_try_uint(port_table, port, c->tvb, c->pinfo, c->tree, data_for(c, c->dissector));
}

static bool try_ports(struct call *c, bool by_user)
{
    const struct vsock_handoff *h = c->handoff;
    uint32_t client = h->src_port == h->server_port ? h->dst_port : h->src_port;

    return try_port(c, h->server_port, by_user) || (client != h->server_port && try_port(c, client, by_user));
}

/* What our heuristics recognize, and whose that is. To ask one through epan costs 700 instructions, most of
 * what is spent on the first packets of a stream that nobody knows: where the list has ours alone, it is
 * asked only if one will take the bytes. */
static struct {
    vsock_recognizer recognize[32];
    dissector_handle_t handle[32];
    unsigned count;
    unsigned listed; /* all of the list, others' included; 0 until they are counted */
} ours;

struct vsock_look vsock_look_at(tvbuff_t *tvb)
{
    uint32_t captured = tvb_captured_length(tvb);

    return (struct vsock_look){.bytes = tvb_get_ptr(tvb, 0, (int)captured),
                               .captured = captured,
                               .reported = tvb_reported_length(tvb)};
}

void vsock_heuristic_add(heur_dissector_t heuristic, vsock_recognizer recognizes, const char *description,
                         const char *short_name, dissector_handle_t handle)
{
    g_assert(ours.count < array_length(ours.recognize));
    ours.handle[ours.count] = handle;
    ours.recognize[ours.count++] = recognizes;
    heur_dissector_add(VSOCK_HEURISTIC_LIST, heuristic, description, short_name,
                       dissector_handle_get_protocol_index(handle), HEURISTIC_ENABLE);
}

bool vsock_heuristic_is_enabled(const char *short_name)
{
    const heur_dtbl_entry_t *entry = find_heur_dissector_by_unique_short_name(short_name);

    return entry && entry->enabled;
}

/* Whose these bytes look like; NULL if nobody's. */
static dissector_handle_t recognize(const struct vsock_look *look)
{
    for (unsigned i = 0; i < ours.count; i++) {
        if (ours.recognize[i](look))
            return ours.handle[i];
    }
    return NULL;
}

static bool is_recognized(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);

    return recognize(&look) != NULL;
}

static void count_one(const char *table _U_, heur_dtbl_entry_t *entry _U_, void *data _U_)
{
    ours.listed++;
}

static bool list_is_ours(void)
{
    if (ours.listed == 0) /* all have been added by now */
        heur_dissector_table_foreach(VSOCK_HEURISTIC_LIST, count_one, NULL);
    return ours.listed == ours.count;
}

static bool try_heuristic_list(struct call *c, heur_dissector_list_t list)
{
    heur_dtbl_entry_t *entry;

    if (!dissector_try_heuristic(list, c->tvb, c->pinfo, c->tree, &entry, &c->tcp))
        return false;
    c->heuristic = entry;
    return true;
}

static bool try_heuristics(struct call *c)
{
    if (c->handoff->skip_contents)
        return false;
    return ((!list_is_ours() || is_recognized(c->tvb)) && try_heuristic_list(c, heuristics)) ||
           (tcp_heuristics && try_heuristic_list(c, find_heur_dissector_list("tcp")));
}

static bool try_all(struct call *c)
{
    if (try_chosen(c) || try_ports(c, true))
        return true;
    if (heuristics_first)
        return try_heuristics(c) || try_ports(c, false);
    return try_ports(c, false) || try_heuristics(c);
}

/* ---- what it costs ---- */

static struct {
    dissector_handle_t handle;
    struct vsock_scale scale;
} scales[40];
static unsigned scale_count;

void vsock_scale_add(dissector_handle_t handle, vsock_weigh weigh, const void *context)
{
    g_assert(scale_count < array_length(scales));
    scales[scale_count].handle = handle;
    scales[scale_count++].scale = (struct vsock_scale){weigh, context};
}

bool vsock_is_users_choice(const struct vsock_handoff *h)
{
    return dissector_is_uint_changed(port_table, h->src_port) != 0 ||
           dissector_is_uint_changed(port_table, h->dst_port) != 0;
}

static dissector_handle_t of_ports(const struct vsock_handoff *h)
{
    uint32_t client = h->src_port == h->server_port ? h->dst_port : h->src_port;
    dissector_handle_t handle = dissector_get_uint_handle(port_table, h->server_port);

    return handle ? handle : dissector_get_uint_handle(port_table, client);
}

bool vsock_is_nobodys(const struct vsock_look *look, const struct vsock_handoff *h)
{
    if (h->chosen || of_ports(h))
        return false;
    return h->skip_contents || (!tcp_heuristics && list_is_ours() && !recognize(look));
}

/* See try_all(). */
dissector_handle_t vsock_likely_taker(tvbuff_t *tvb, const struct vsock_handoff *h)
{
    dissector_handle_t of_port = of_ports(h), of_contents = NULL;
    struct vsock_look look;

    if (h->chosen)
        return h->chosen;
    if (!h->skip_contents && (heuristics_first || !of_port)) {
        look = vsock_look_at(tvb);
        of_contents = recognize(&look);
    }
    return of_contents ? of_contents : of_port;
}

const struct vsock_scale *vsock_scale_of(tvbuff_t *tvb, const struct vsock_handoff *h)
{
    dissector_handle_t handle = vsock_likely_taker(tvb, h);

    for (unsigned i = 0; handle && i < scale_count; i++) {
        if (scales[i].handle == handle)
            return &scales[i].scale;
    }
    return NULL;
}

/* ---- calling it ---- */

/* The dissector that a heuristic one has just chosen for the connection: a Wireshark that reads the export
 * may not have the heuristic. */
static dissector_handle_t chosen_by_heuristic(const struct call *c)
{
    conversation_t *conversation = find_conversation_pinfo(c->pinfo, 0);

    return conversation ? conversation_get_dissector(conversation, c->pinfo->num) : NULL;
}

/* What was taken, but for what a dissector wants to see again, with more. */
static void export(const struct call *c)
{
    dissector_handle_t dissector = c->heuristic ? chosen_by_heuristic(c) : c->dissector;
    const char *name = dissector ? dissector_handle_get_dissector_name(dissector) : NULL;
    tvbuff_t *tvb = c->tvb;

    if (c->pinfo->can_desegment > 0 && c->pinfo->desegment_len > 0) {
        if (c->pinfo->desegment_offset == 0)
            return;
        tvb = tvb_new_subset_length(tvb, 0,
                                    (int)MIN((uint32_t)c->pinfo->desegment_offset, tvb_reported_length(tvb)));
    }
    vsock_export_payload(c->pinfo, tvb, name, c->heuristic ? c->heuristic->short_name : NULL, c->port);
}

void vsock_layers_leave(packet_info *pinfo, unsigned layers_before)
{
    const unsigned kept = 100; /* in frame.protocols */

    while (wmem_list_count(pinfo->layers) > MAX(layers_before, kept))
        wmem_list_remove_frame(pinfo->layers, wmem_list_tail(pinfo->layers));
}

void vsock_claim(packet_info *pinfo, dissector_handle_t handle)
{
    if (!PINFO_FD_VISITED(pinfo))
        conversation_set_dissector_from_frame_number(find_or_create_conversation(pinfo), pinfo->num, handle);
}

struct vsock_payload_answer vsock_hand_over(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                            const struct vsock_handoff *h)
{
    struct call c = {.tvb = tvb, .pinfo = pinfo, .tree = tree, .handoff = h};
    struct vsock_payload_answer answer = {0};
    const char *proto = pinfo->current_proto;
    uint32_t match = pinfo->match_uint;
    uint8_t layer = pinfo->curr_layer_num;
    unsigned layers = wmem_list_count(pinfo->layers);
    bool fragmented = pinfo->fragmented;
    volatile bool taken = false;

    c.tcp.seq = (uint32_t)h->offset;
    c.tcp.nxtseq = c.tcp.seq + tvb_reported_length(tvb);
    compat_tcpinfo_set_stream(&c.tcp, h->stream);
    pinfo->can_desegment = h->may_ask ? 2 : 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    pinfo->fragmented = fragmented || !h->whole; /* so that what it lacks is not called malformed */
    pinfo->match_uint = h->server_port;          /* by which dissectors tell requests from responses */
    TRY
    {
        taken = try_all(&c);
        if (taken && vsock_export_wanted())
            export(&c);
    }
    CATCH6(BoundsError, FragmentBoundsError, ReportedBoundsError, ContainedBoundsError, ScsiBoundsError,
           ReassemblyError)
    {
        /* Also the first two, after which most dissectors stop: behind a cut PDU may be a whole one. */
        taken = true;
        pinfo->desegment_len = 0;
        show_exception(tvb, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    answer.taken = taken;
    if (taken && h->may_ask) { /* who rejects it may have asked for more all the same */
        answer.offset = (uint32_t)pinfo->desegment_offset;
        answer.more = pinfo->desegment_len;
    }
    pinfo->current_proto = proto;
    pinfo->match_uint = match;
    pinfo->curr_layer_num = layer; /* what was thrown has left it as it was */
    vsock_layers_leave(pinfo, layers);
    pinfo->can_desegment = 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = 0;
    pinfo->fragmented = fragmented;
    return answer;
}
