/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.c - the protocols of core/contents.h as heuristic dissectors. */
#include "compat.h"

#include "known.h"

#include "core/contents.h"
#include "handoff.h"

static dissector_handle_t ssh, http, http2, tls, mqtt, ninep, adb, json;

typedef bool (*is_known)(const uint8_t *bytes, size_t length);

static bool is(is_known rule, tvbuff_t *tvb)
{
    unsigned length = tvb_captured_length(tvb);

    return length > 0 && rule(tvb_get_ptr(tvb, 0, (int)length), length);
}

/* The rest of the connection, both ways, is the same protocol's. */
static bool take_connection(is_known rule, dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo,
                            proto_tree *tree, void *data)
{
    if (!is(rule, tvb))
        return false;
    vsock_claim(pinfo, handle);
    pinfo->can_desegment = pinfo->saved_can_desegment; /* which epan takes one from at every call */
    return call_dissector_only(handle, tvb, pinfo, tree, data) != 0;
}

static compat_bool find_ssh(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_ssh, ssh, tvb, pinfo, tree, data);
}

static compat_bool find_http(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_http, http, tvb, pinfo, tree, data);
}

static compat_bool find_http2(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_http2, http2, tvb, pinfo, tree, data);
}

static compat_bool find_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_tls, tls, tvb, pinfo, tree, data);
}

static compat_bool find_mqtt(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_mqtt, mqtt, tvb, pinfo, tree, data);
}

static compat_bool find_9p(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_9p, ninep, tvb, pinfo, tree, data);
}

static compat_bool find_adb(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return take_connection(vsock_is_adb, adb, tvb, pinfo, tree, data);
}

/* What follows an object may be anything, so this claims no more than it. */
static compat_bool find_json(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    if (tvb_captured_length(tvb) < tvb_reported_length(tvb) || !is(vsock_is_json, tvb))
        return false;
    call_dissector_only(json, tvb, pinfo, tree, NULL); /* it would take TCP's data for HTTP's */
    return true;
}

static void add(dissector_handle_t *handle, dissector_handle_t found, heur_dissector_t heuristic,
                const char *description, const char *short_name)
{
    if (!found)
        return;
    *handle = found;
    heur_dissector_add(VSOCK_HEURISTIC_LIST, heuristic, description, short_name,
                       dissector_handle_get_protocol_index(found), HEURISTIC_ENABLE);
}

void vsock_known_add(void)
{
    dissector_table_t tcp = find_dissector_table("tcp.port");

    add(&ssh, find_dissector("ssh"), find_ssh, "SSH over vsock", "ssh_vsock");
    add(&http, find_dissector("http-over-tcp"), find_http, "HTTP over vsock", "http_vsock");
    add(&http2, find_dissector("http2"), find_http2, "HTTP2 over vsock", "http2_vsock");
    add(&tls, find_dissector("tls"), find_tls, "TLS over vsock", "tls_vsock");
    add(&mqtt, find_dissector("mqtt"), find_mqtt, "MQTT over vsock", "mqtt_vsock");
    add(&ninep, dissector_get_uint_handle(tcp, 564), find_9p, "9P over vsock",
        "9p_vsock"); /* no name in 4.0 */
    add(&adb, find_dissector("adb"), find_adb, "ADB over vsock", "adb_vsock");
    add(&json, find_dissector("json"), find_json, "JSON over vsock", "json_vsock");
}
