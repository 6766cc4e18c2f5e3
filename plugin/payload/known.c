/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.c - the protocols of core/contents.h as heuristic dissectors: Wireshark has no sound ones for them,
 * or only behind TCP. */
#include "compat.h"

#include "known.h"

#include "core/contents.h"
#include "core/json_frame.h"
#include "core/qga.h"
#include "core/varlink.h"
#include "core/weight_http2.h"
#include "handoff.h"

static dissector_handle_t ssh, http, http2, tls, mqtt, ninep, adb, tpkt, rdp, wireshark_vnc, vnc, spice,
    proxy, json;

/* What Wireshark recognises the PROXY protocol with: its dissectors have no names. */
static const heur_dtbl_entry_t *wireshark_proxy;

/* struct vsock_http2_side, by stream and direction. */
static wmem_map_t *http2_sides;

/* struct http_turn, by stream. */
static wmem_map_t *http_turns;

static int call_within(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                       void *data)
{
    pinfo->can_desegment = pinfo->saved_can_desegment; /* which epan takes one from at every call */
    return call_dissector_only(handle, tvb, pinfo, tree, data);
}

/* The rest of the connection, both ways, is the same protocol's. */
static bool take_connection(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                            void *data)
{
    vsock_claim(pinfo, handle);
    return call_within(handle, tvb, pinfo, tree, data) != 0;
}

/* A heuristic has no data of its own to go by: so each is a function. */
#define FIND_CONNECTION(name, handle)                                                                        \
    static bool is_##name(const struct vsock_look *look)                                                     \
    {                                                                                                        \
        return vsock_is_##name(look->bytes, look->captured);                                                 \
    }                                                                                                        \
    static compat_bool find_##name(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)          \
    {                                                                                                        \
        struct vsock_look look = vsock_look_at(tvb);                                                         \
                                                                                                             \
        return is_##name(&look) && take_connection(handle, tvb, pinfo, tree, data);                          \
    }

FIND_CONNECTION(ssh, ssh)
FIND_CONNECTION(http, http)
FIND_CONNECTION(http2, http2)
FIND_CONNECTION(tls, tls)
FIND_CONNECTION(mqtt, mqtt)
FIND_CONNECTION(9p, ninep)
FIND_CONNECTION(adb, adb)
FIND_CONNECTION(rdp, rdp)
FIND_CONNECTION(vnc, vnc)
FIND_CONNECTION(spice, spice)

/* TPKT's dissector takes what is none for a part of it, and the one that Wireshark has for RDP's port leaves
 * what is less than a header. Behind the negotiation may be TLS, which contents tell: no message of RDP, of
 * TPKT or of the fast path, begins with the byte of its handshakes. */
static int dissect_rdp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    if (*tvb_get_ptr(tvb, 0, 1) != VSOCK_TLS_HANDSHAKE)
        return call_within(tpkt, tvb, pinfo, tree, NULL);
    if (tvb_reported_length(tvb) >= VSOCK_TLS_NEEDED || pinfo->can_desegment == 0)
        return 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = DESEGMENT_ONE_MORE_SEGMENT;
    return (int)tvb_captured_length(tvb);
}

/* VNC's dissector waits for the versions of both sides, and takes no part of one: it would wait on. */
static int dissect_vnc(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    static const char version[] = "RFB 0";
    unsigned length = tvb_reported_length(tvb);

    if (length >= VSOCK_VNC_NEEDED || pinfo->can_desegment == 0 ||
        tvb_memeql(tvb, 0, (const uint8_t *)version, MIN(length, sizeof(version) - 1)) != 0)
        return call_within(wireshark_vnc, tvb, pinfo, tree, NULL);
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = VSOCK_VNC_NEEDED - length;
    return (int)tvb_captured_length(tvb);
}

static bool is_proxy(const struct vsock_look *look)
{
    return vsock_is_proxy(look->bytes, look->captured);
}

/* A header, whole, and nothing behind it: turn.h sees to that. Wireshark's would call TCP's dissectors for
 * the rest, and 4.4's takes the connection for that: it is not its. */
static int dissect_proxy(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct vsock_look look = vsock_look_at(tvb);
    bool taken;

    if (vsock_proxy_header(look.bytes, look.captured) != look.captured)
        return 0;
    tvb = tvb_new_subset_length(tvb, 0, (int)look.captured);
    taken = wireshark_proxy->dissector(tvb, pinfo, tree, data);
    vsock_claim(pinfo, NULL);
    return taken ? (int)look.captured : 0;
}

static compat_bool find_proxy(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct vsock_look look = vsock_look_at(tvb);
    size_t header = vsock_proxy_header(look.bytes, look.captured);

    if (header <= look.captured || pinfo->can_desegment == 0)
        return dissect_proxy(tvb, pinfo, tree, data) > 0;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len =
        header == look.captured + 1 ? DESEGMENT_ONE_MORE_SEGMENT : (uint32_t)(header - look.captured);
    return true;
}

dissector_handle_t vsock_known_proxy(void)
{
    return proxy;
}

static bool is_alone(const uint8_t *bytes, size_t length)
{
    uint32_t lacks;

    return vsock_is_json(bytes, length) &&
           vsock_json_frame_of(bytes, length).framing == VSOCK_JSON_NOT_FRAMED &&
           !(vsock_is_qga(bytes, length, &lacks) && vsock_heuristic_is_enabled("qga_vsock")) &&
           !(vsock_is_varlink(bytes, length, &lacks) && vsock_heuristic_is_enabled("varlink_vsock"));
}

/* What is framed, or of a protocol of its own, is not its alone: apps/jsonframe.c, qga.c, varlink.c. */
static bool is_json(const struct vsock_look *look)
{
    return look->captured == look->reported && is_alone(look->bytes, look->captured);
}

/* What follows an object may be anything, so this claims no more than it. */
static compat_bool find_json(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct vsock_look look = vsock_look_at(tvb);

    if (!is_json(&look))
        return false;
    call_dissector_only(json, tvb, pinfo, tree, NULL); /* it would take TCP's data for HTTP's */
    return true;
}

/* What a connection of HTTP/1 turns to, behind a frame. */
struct http_turn {
    uint32_t frame;
    uint32_t fragments[2]; /* by direction: of a WebSocket message that were dissected, and it has no end */
    enum vsock_http_next next;
};

static void remember_http_turn(const struct vsock_handoff *h, enum vsock_http_next next)
{
    struct http_turn *turn;

    if (next == VSOCK_HTTP_GOES_ON)
        return;
    turn = wmem_new0(wmem_file_scope(), struct http_turn);
    turn->frame = h->frame;
    turn->next = next;
    wmem_map_insert(http_turns, GUINT_TO_POINTER(h->stream), turn);
}

/* Fragments are counted as far as they are dissected. */
static struct vsock_weight weigh_fragments(struct http_turn *turn, const uint8_t *bytes, uint32_t length,
                                           const struct vsock_handoff *h, struct vsock_weight_limit limit)
{
    const struct vsock_weight_limit unlimited = {.units = UINT64_MAX, .messages = UINT32_MAX};
    uint32_t *kept = &turn->fragments[h->src_port == h->server_port], count = *kept, *context = &count;
    struct vsock_weight w =
        vsock_weigh_messages(vsock_weigh_websocket, h->remember ? &context : NULL, bytes, length, limit);

    context = kept;
    if (h->remember)
        vsock_weigh_messages(vsock_weigh_websocket, &context, bytes, w.length, unlimited);
    return w;
}

static struct vsock_weight weigh_turned(struct http_turn *turn, tvbuff_t *tvb, const struct vsock_handoff *h,
                                        struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)length);

    if (turn->next == VSOCK_HTTP_WEBSOCKET)
        return weigh_fragments(turn, bytes, length, h, limit);
    return vsock_weigh_messages(vsock_weigh_tunnel, NULL, bytes, length, limit);
}

static struct vsock_weight weigh_http(const void *context _U_, tvbuff_t *tvb,
                                      const struct vsock_handoff *handoff, struct vsock_weight_limit limit)
{
    struct http_turn *turn =
        (struct http_turn *)wmem_map_lookup(http_turns, GUINT_TO_POINTER(handoff->stream));
    uint32_t length = tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)length);

    if (turn && handoff->frame > turn->frame)
        return weigh_turned(turn, tvb, handoff, limit);
    if (handoff->remember)
        remember_http_turn(handoff, vsock_http_next(bytes, length));
    return vsock_weigh_http(bytes, length, limit);
}

static struct vsock_weight weigh_json(const void *context _U_, tvbuff_t *tvb,
                                      const struct vsock_handoff *handoff _U_,
                                      struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);

    return vsock_weigh_json(tvb_get_ptr(tvb, 0, (int)length), length, limit);
}

static struct vsock_http2_side *http2_side_of(const struct vsock_handoff *h)
{
    uint64_t wanted = (uint64_t)h->stream << 1 | (h->src_port == h->server_port);
    struct vsock_http2_side *side = (struct vsock_http2_side *)wmem_map_lookup(http2_sides, &wanted);

    if (!side) {
        uint64_t *key = wmem_new(wmem_file_scope(), uint64_t);

        *key = wanted;
        side = vsock_http2_side_start(wmem_file_scope());
        wmem_map_insert(http2_sides, key, side);
    }
    return side;
}

static struct vsock_weight weigh_http2(const void *context _U_, tvbuff_t *tvb,
                                       const struct vsock_handoff *handoff, struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);

    return vsock_weigh_http2(handoff->remember ? http2_side_of(handoff) : NULL,
                             tvb_get_ptr(tvb, 0, (int)length), length, limit);
}

/* context: vsock_weigh_message * */
static struct vsock_weight weigh_messages(const void *context, tvbuff_t *tvb,
                                          const struct vsock_handoff *handoff _U_,
                                          struct vsock_weight_limit limit)
{
    const vsock_weigh_message *weigh = (const vsock_weigh_message *)context;
    uint32_t length = tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)length);

    return vsock_weigh_messages(*weigh, NULL, bytes, length, limit);
}

/* What that dissector gets is one such message after another. */
static void weigh_by(dissector_handle_t handle, const vsock_weigh_message *weigh)
{
    if (handle)
        vsock_scale_add(handle, weigh_messages, weigh);
}

struct wanted {
    int protocol;
    dissector_handle_t found;
};

static void keep_wanted(const char *table _U_, void *handle, void *data)
{
    struct wanted *wanted = (struct wanted *)data;

    if (dissector_handle_get_protocol_index((dissector_handle_t)handle) == wanted->protocol)
        wanted->found = (dissector_handle_t)handle;
}

/* For protocols whose dissector has no name in 4.0. */
static dissector_handle_t find_tcps(const char *protocol)
{
    struct wanted wanted = {proto_get_id_by_filter_name(protocol), NULL};

    dissector_table_foreach_handle("tcp.port", keep_wanted, &wanted);
    return wanted.found;
}

static void add(dissector_handle_t handle, heur_dissector_t heuristic, vsock_recognizer recognizes,
                const char *description, const char *short_name)
{
    if (handle)
        vsock_heuristic_add(heuristic, recognizes, description, short_name, handle);
}

static void add_scales(void)
{
    static const vsock_weigh_message weigh_tls = vsock_weigh_tls, weigh_mqtt = vsock_weigh_mqtt,
                                     weigh_9p = vsock_weigh_9p, weigh_ssh = vsock_weigh_ssh,
                                     weigh_adb = vsock_weigh_adb, weigh_websocket = vsock_weigh_websocket,
                                     weigh_tpkt = vsock_weigh_tpkt, weigh_screen = vsock_weigh_screen;

    weigh_by(tls, &weigh_tls);
    weigh_by(mqtt, &weigh_mqtt);
    weigh_by(ninep, &weigh_9p);
    weigh_by(ssh, &weigh_ssh);
    weigh_by(adb, &weigh_adb);
    weigh_by(rdp, &weigh_tpkt);
    weigh_by(vnc, &weigh_screen);
    weigh_by(spice, &weigh_screen);
    weigh_by(find_dissector("websocket"), &weigh_websocket); /* which HTTP's Upgrade leads to */
    if (http)
        vsock_scale_add(http, weigh_http, NULL);
    if (http2)
        vsock_scale_add(http2, weigh_http2, NULL);
    if (json)
        vsock_scale_add(json, weigh_json, NULL);
}

void vsock_known_add(void)
{
    add(ssh = find_dissector("ssh"), find_ssh, is_ssh, "SSH over vsock", "ssh_vsock");
    add(http = find_dissector("http-over-tcp"), find_http, is_http, "HTTP over vsock", "http_vsock");
    add(http2 = find_dissector("http2"), find_http2, is_http2, "HTTP2 over vsock", "http2_vsock");
    add(tls = find_dissector("tls"), find_tls, is_tls, "TLS over vsock", "tls_vsock");
    add(mqtt = find_dissector("mqtt"), find_mqtt, is_mqtt, "MQTT over vsock", "mqtt_vsock");
    add(ninep = find_tcps("9p"), find_9p, is_9p, "9P over vsock", "9p_vsock");
    add(adb = find_dissector("adb"), find_adb, is_adb, "ADB over vsock", "adb_vsock");
    tpkt = find_dissector("tpkt");
    if (tpkt)
        rdp = create_dissector_handle(dissect_rdp, proto_get_id_by_filter_name("rdp"));
    add(rdp, find_rdp, is_rdp, "RDP over vsock", "rdp_vsock");
    wireshark_vnc = find_tcps("vnc");
    if (wireshark_vnc)
        vnc = create_dissector_handle(dissect_vnc, proto_get_id_by_filter_name("vnc"));
    add(vnc, find_vnc, is_vnc, "VNC over vsock", "vnc_vsock");
    add(spice = find_tcps("spice"), find_spice, is_spice, "SPICE over vsock", "spice_vsock");
    wireshark_proxy = find_heur_dissector_by_unique_short_name("proxy_tcp");
    if (wireshark_proxy)
        proxy = create_dissector_handle(dissect_proxy, proto_get_id_by_filter_name("proxy"));
    add(proxy, find_proxy, is_proxy, "PROXY over vsock", "proxy_vsock");
    add(json = find_dissector("json"), find_json, is_json, "JSON over vsock", "json_vsock");
    http2_sides =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    http_turns = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    add_scales();
}
