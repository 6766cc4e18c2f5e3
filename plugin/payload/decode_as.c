/* SPDX-License-Identifier: GPL-2.0-or-later
 * decode_as.c - Analyze > Decode As, and -d vsock.port==PORT,PROTOCOL. */
#include "compat.h"

#include <epan/decode_as.h>
#include <wsutil/utf8_entities.h>

#include "dissect/track.h"
#include "handoff.h"

/* What people speak over vsock that has no entry for a TCP port. */
static const char *const by_name[] = {"data-text-lines", "json", "xml", "syslog", "protobuf"};

/* A set of dissector_handle_t. */
static wmem_map_t *tcp_dissectors;

/* Of the sender (0) or the receiver (1). Not the packet_info's own, which a dissector within may have
 * changed. */
static uint32_t port_of(const packet_info *pinfo, unsigned end)
{
    const struct vsock_record *r = vsock_track_find(pinfo->num);

    if (!r)
        return end == 0 ? pinfo->srcport : pinfo->destport;
    return r->stream->side[r->sender ^ end].port;
}

static void *src_value(packet_info *pinfo)
{
    return GUINT_TO_POINTER(port_of(pinfo, 0));
}

static void *dst_value(packet_info *pinfo)
{
    return GUINT_TO_POINTER(port_of(pinfo, 1));
}

static void src_prompt(packet_info *pinfo, char *result)
{
    snprintf(result, MAX_DECODE_AS_PROMPT_LEN, "source (%u" UTF8_RIGHTWARDS_ARROW ")", port_of(pinfo, 0));
}

static void dst_prompt(packet_info *pinfo, char *result)
{
    snprintf(result, MAX_DECODE_AS_PROMPT_LEN, "destination (" UTF8_RIGHTWARDS_ARROW "%u)",
             port_of(pinfo, 1));
}

static void both_prompt(packet_info *pinfo, char *result)
{
    snprintf(result, MAX_DECODE_AS_PROMPT_LEN, "both (%u" UTF8_LEFT_RIGHT_ARROW "%u)", port_of(pinfo, 0),
             port_of(pinfo, 1));
}

void vsock_decode_as_register(void)
{
    static build_valid_func src_values[] = {src_value}, dst_values[] = {dst_value},
                            both_values[] = {src_value, dst_value};
    static decode_as_value_t values[] = {
        {src_prompt, 1, src_values}, {dst_prompt, 1, dst_values}, {both_prompt, 2, both_values}};
    static decode_as_t decode_as = {"vsock",
                                    VSOCK_PORT_TABLE,
                                    array_length(values),
                                    1,
                                    values,
                                    "vsock",
                                    "port(s) as",
                                    decode_as_default_populate_list,
                                    decode_as_default_reset,
                                    decode_as_default_change,
                                    NULL};

    tcp_dissectors = wmem_map_new(wmem_epan_scope(), g_direct_hash, g_direct_equal);
    register_decode_as(&decode_as);
}

static void offer(const char *table _U_, void *handle, void *user_data _U_)
{
    wmem_map_insert(tcp_dissectors, handle, handle);
    dissector_add_for_decode_as(VSOCK_PORT_TABLE, (dissector_handle_t)handle);
}

static void find_same_protocol(const char *table _U_, void *handle, void *found)
{
    dissector_handle_t *wanted = (dissector_handle_t *)found;

    if (*wanted && dissector_handle_get_protocol_index((dissector_handle_t)handle) ==
                       dissector_handle_get_protocol_index(*wanted))
        *wanted = NULL;
}

/* Not where the protocol is there already: -d takes a protocol's name, and warns if it has two dissectors. */
static void offer_by_name(const char *name)
{
    dissector_handle_t handle = find_dissector(name), wanted = handle;

    dissector_table_foreach_handle(VSOCK_PORT_TABLE, find_same_protocol, &wanted);
    if (wanted)
        dissector_add_for_decode_as(VSOCK_PORT_TABLE, handle);
}

void vsock_decode_as_fill(void)
{
    dissector_table_foreach_handle("tcp.port", offer, NULL);
    for (size_t i = 0; i < array_length(by_name); i++)
        offer_by_name(by_name[i]);
}

bool vsock_expects_tcp(dissector_handle_t handle)
{
    return wmem_map_contains(tcp_dissectors, handle);
}
