/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.c - the protocols of core/contents.h as heuristic dissectors: Wireshark has no sound ones for them,
 * or only behind TCP. */
#include "compat.h"

#include "core/contents.h"
#include "handoff.h"

static dissector_handle_t ssh, http, http2, tls, mqtt, ninep, adb, json;

static bool is(bool (*rule)(const uint8_t *, size_t), tvbuff_t *tvb)
{
    unsigned length = tvb_captured_length(tvb);

    return length > 0 && rule(tvb_get_ptr(tvb, 0, (int)length), length);
}

/* The rest of the connection, both ways, is the same protocol's. */
static bool take_connection(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                            void *data)
{
    vsock_claim(pinfo, handle);
    pinfo->can_desegment = pinfo->saved_can_desegment; /* which epan takes one from at every call */
    return call_dissector_only(handle, tvb, pinfo, tree, data) != 0;
}

/* A heuristic has no data of its own to go by: so each is a function. */
#define FIND_CONNECTION(name, handle)                                                                        \
    static bool is_##name(tvbuff_t *tvb)                                                                     \
    {                                                                                                        \
        return is(vsock_is_##name, tvb);                                                                     \
    }                                                                                                        \
    static compat_bool find_##name(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)          \
    {                                                                                                        \
        return is_##name(tvb) && take_connection(handle, tvb, pinfo, tree, data);                            \
    }

FIND_CONNECTION(ssh, ssh)
FIND_CONNECTION(http, http)
FIND_CONNECTION(http2, http2)
FIND_CONNECTION(tls, tls)
FIND_CONNECTION(mqtt, mqtt)
FIND_CONNECTION(9p, ninep)
FIND_CONNECTION(adb, adb)

static bool is_json(tvbuff_t *tvb)
{
    return tvb_captured_length(tvb) == tvb_reported_length(tvb) && is(vsock_is_json, tvb);
}

/* What follows an object may be anything, so this claims no more than it. */
static compat_bool find_json(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    if (!is_json(tvb))
        return false;
    call_dissector_only(json, tvb, pinfo, tree, NULL); /* it would take TCP's data for HTTP's */
    return true;
}

/* As core/weight.h does it. */
static struct vsock_weight weigh_http(const void *context _U_, tvbuff_t *tvb, struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);

    return vsock_weigh_http(tvb_get_ptr(tvb, 0, (int)length), length, limit);
}

static struct vsock_weight weigh_json(const void *context _U_, tvbuff_t *tvb, struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);

    return vsock_weigh_json(tvb_get_ptr(tvb, 0, (int)length), length, limit);
}

/* context: vsock_weigh_message * */
static struct vsock_weight weigh_messages(const void *context, tvbuff_t *tvb, struct vsock_weight_limit limit)
{
    uint32_t length = tvb_captured_length(tvb);

    return vsock_weigh_messages(*(const vsock_weigh_message *)context, NULL, tvb_get_ptr(tvb, 0, (int)length),
                                length, limit);
}

/* `weigh`: of one message; NULL where it is not known how many there are. */
static void add(dissector_handle_t handle, heur_dissector_t heuristic, bool (*recognizes)(tvbuff_t *),
                const vsock_weigh_message *weigh, const char *description, const char *short_name)
{
    if (!handle)
        return;
    vsock_heuristic_add(heuristic, recognizes, description, short_name, handle);
    if (weigh)
        vsock_scale_add(handle, weigh_messages, weigh);
}

void vsock_known_add(void)
{
    static const vsock_weigh_message weigh_http2 = vsock_weigh_http2, weigh_tls = vsock_weigh_tls,
                                     weigh_mqtt = vsock_weigh_mqtt, weigh_9p = vsock_weigh_9p;

    add(ssh = find_dissector("ssh"), find_ssh, is_ssh, NULL, "SSH over vsock", "ssh_vsock");
    add(http = find_dissector("http-over-tcp"), find_http, is_http, NULL, "HTTP over vsock", "http_vsock");
    add(http2 = find_dissector("http2"), find_http2, is_http2, &weigh_http2, "HTTP2 over vsock",
        "http2_vsock");
    add(tls = find_dissector("tls"), find_tls, is_tls, &weigh_tls, "TLS over vsock", "tls_vsock");
    add(mqtt = find_dissector("mqtt"), find_mqtt, is_mqtt, &weigh_mqtt, "MQTT over vsock", "mqtt_vsock");
    ninep = dissector_get_uint_handle(find_dissector_table("tcp.port"), 564); /* no name in 4.0 */
    add(ninep, find_9p, is_9p, &weigh_9p, "9P over vsock", "9p_vsock");
    add(adb = find_dissector("adb"), find_adb, is_adb, NULL, "ADB over vsock", "adb_vsock");
    add(json = find_dissector("json"), find_json, is_json, NULL, "JSON over vsock", "json_vsock");
    if (http)
        vsock_scale_add(http, weigh_http, NULL);
    if (json)
        vsock_scale_add(json, weigh_json, NULL);
}
