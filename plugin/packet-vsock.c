/* SPDX-License-Identifier: GPL-2.0-or-later
 * packet-vsock.c - the order in which a packet is dealt with, and where packets come from.
 * First everything that is in the packet is shown, then it is judged: a cut or a lie hides nothing before it.
 */
#include "compat.h"

#include <epan/arptypes.h>
#include <epan/exceptions.h>
#include <epan/prefs.h>
#include <wiretap/wtap.h>
#include <wsutil/report_message.h>

#include "core/malformed.h"
#include "core/wire.h"
#include "dissect/builtin.h"
#include "dissect/columns.h"
#include "dissect/connection.h"
#include "dissect/expert_connection.h"
#include "dissect/expert_packet.h"
#include "dissect/flow_control.h"
#include "dissect/header.h"
#include "dissect/names.h"
#include "dissect/services.h"
#include "dissect/track.h"
#include "dissect/twin.h"
#include "dissect/verdicts.h"
#include "payload/handoff.h"
#include "payload/known.h"
#include "payload/payload.h"
#include "payload/pdu.h"
#include "payload/share.h"
#include "tap/tap.h"

/* A name of our own: "vsock" stays the built-in's. For Lua's Dissector.get() and DLT_USER. */
#define DISSECTOR_NAME "vsockmon"

/* NULL when the plugin stepped back from a conflict. */
static dissector_handle_t vsock_handle;

static void read_packet(tvbuff_t *tvb, struct vsock_packet *packet)
{
    uint8_t bytes[VSOCK_HEADERS_MAX];
    uint32_t captured = tvb_captured_length(tvb);

    tvb_memcpy(tvb, bytes, 0, MIN(captured, sizeof(bytes)));
    vsock_packet_read(packet, bytes, captured, tvb_reported_length(tvb));
}

/* Where a snaplen cut the headers, raise what Wireshark says of every protocol then. */
static void require_captured_headers(tvbuff_t *tvb, const struct vsock_packet *packet)
{
    if (packet->captured < packet->payload_offset && packet->captured < packet->length)
        tvb_ensure_bytes_exist(tvb, 0, (int)MIN(packet->payload_offset, packet->length));
}

/* Its life, then its flow control: fields of each before what is found. Returns the severity of the worst of
 * that. */
static int show_connection(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_packet *packet,
                           const struct vsock_record *record, const struct vsock_header_items *items)
{
    int worst, worst_of_credit, worst_of_twin;

    if (items->tree)
        vsock_connection_show(tvb, items->tree, packet, record);
    worst_of_twin = vsock_twin_show(tvb, pinfo, record, items);
    worst = vsock_connection_findings_show(pinfo, packet, record, items);
    if (items->tree)
        vsock_credit_show(tvb, items->tree, packet, record);
    worst_of_credit = vsock_credit_findings_show(pinfo, packet, record, items);
    return MAX(worst, MAX(worst_of_credit, worst_of_twin));
}

/* Of the payload, whatever becomes of the packet's columns there: its tags are put in front of them. */
static void dissect_payload(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                            const struct vsock_header_items *items, const struct vsock_packet *packet,
                            uint32_t malformed, const struct vsock_record *record)
{
    gboolean writable = col_get_writable(pinfo->cinfo, COL_INFO);

    TRY
    {
        if (vsock_payload_dissect(tvb, pinfo, tree, items, packet, record) == VSOCK_PAYLOAD_SEGMENT)
            vsock_set_columns_of_part(pinfo, packet, record);
    }
    FINALLY
    {
        col_set_writable(pinfo->cinfo, COL_INFO, writable);
        vsock_tag_columns(pinfo, malformed, record);
    }
    ENDTRY;
}

static int dissect_vsock(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct vsock_packet packet;
    struct vsock_header_items items = {0};
    const struct vsock_record *record;
    uint32_t malformed;
    int worst, worst_of_connection = 0, worst_of_verdicts;

    read_packet(tvb, &packet);
    malformed = vsock_malformed(&packet);
    record = vsock_track(pinfo, tvb, &packet, malformed);

    vsock_set_addresses(pinfo, tvb, &packet);
    vsock_set_columns(pinfo, &packet, record);
    vsock_header_show(tvb, tree, &packet, &items);
    worst = vsock_malformed_show(pinfo, &packet, malformed, &items);
    if (record)
        worst_of_connection = show_connection(tvb, pinfo, &packet, record, &items);
    else
        worst_of_connection = vsock_not_followed_show(pinfo, &packet, &items);
    worst_of_verdicts = vsock_verdicts_show(tvb, pinfo, &items);
    worst = MAX(worst, worst_of_connection);
    vsock_flags_show(tvb, &items, MAX(worst, worst_of_verdicts));
    vsock_payload_show(tvb, &packet, record, &items);
    vsock_taps_queue(pinfo, tvb, &packet, record);
    vsock_export_record(pinfo, tvb);
    dissect_payload(tvb, pinfo, tree, &items, &packet, malformed, record);
    require_captured_headers(tvb, &packet);

    return (int)tvb_reported_length(tvb);
}

static const struct vsock_fields *const fields[] = {
    &vsock_header_fields,  &vsock_malformed_fields, &vsock_connection_fields, &vsock_connection_experts,
    &vsock_credit_fields,  &vsock_credit_experts,   &vsock_pdu_fields,        &vsock_share_fields,
    &vsock_verdict_fields, &vsock_twin_fields,
};

static const char *conflicting_name(void)
{
    const char *name = vsock_fields_conflict(fields, array_length(fields));

    if (!name && find_dissector_table(VSOCK_PORT_TABLE))
        name = VSOCK_PORT_TABLE;
    if (!name && has_heur_dissector_list(VSOCK_HEURISTIC_LIST))
        name = VSOCK_HEURISTIC_LIST " (heuristics)";
    if (!name && find_dissector(DISSECTOR_NAME))
        name = DISSECTOR_NAME;
    if (!name && prefs_find_module("vsock"))
        name = "vsock (preferences)";
    return name;
}

void proto_register_vsock(void);
void proto_register_vsock(void)
{
    const char *taken = conflicting_name();
    module_t *preferences;

    if (taken) {
        report_failure(
            "The vsock plugin is not used: the name \"%s\" is already taken. Is the plugin "
            "installed twice, or does this Wireshark bring these fields itself? Remove one of the two.",
            taken);
        return;
    }
    vsock_fields_register(fields, array_length(fields));
    vsock_names_register();
    preferences = prefs_register_protocol(proto_vsock, NULL);
    vsock_thresholds_register(preferences);
    vsock_payload_register(preferences);
    vsock_services_register(preferences);
    vsock_track_register(vsock_thresholds_read, vsock_taps_end_session);
    vsock_verdicts_register();
    vsock_taps_register(proto_vsock);
    vsock_handle = register_dissector(DISSECTOR_NAME, dissect_vsock, proto_vsock);
}

/* Runs after the built-in's handoff, so that the later entry, ours, is the one that stays. */
void proto_reg_handoff_vsock(void);
void proto_reg_handoff_vsock(void)
{
    if (!vsock_handle)
        return;
    vsock_handoff_fill();
    vsock_known_add();
    dissector_add_uint("wtap_encap", WTAP_ENCAP_VSOCK, vsock_handle);
    dissector_add_uint("sll.hatype", ARPHRD_VSOCKMON, vsock_handle); /* captures from `-i any` */
}
