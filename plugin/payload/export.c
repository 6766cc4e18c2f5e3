/* SPDX-License-Identifier: GPL-2.0-or-later
 * export.c - File > Export PDUs to File, and tshark -U: "VSOCK" writes what was handed to other dissectors,
 * "VSOCK frames" the vsockmon records themselves, which turns a capture of `-i any` into one of
 * LINKTYPE_VSOCK. */
#include "compat.h"

#include <epan/exported_pdu.h>
#include <epan/tap.h>
#include <wiretap/wtap.h>

#include "handoff.h"
#include "payload.h"

static int payload_tap = -1;
static int record_tap = -1;

void vsock_export_register(void)
{
    payload_tap = register_export_pdu_tap("VSOCK");
    record_tap = register_export_pdu_tap_with_encap("VSOCK frames", WTAP_ENCAP_VSOCK);
}

static void queue(int tap, packet_info *pinfo, tvbuff_t *tvb, exp_pdu_data_t *data)
{
    data->tvb_captured_length = tvb_captured_length(tvb);
    data->tvb_reported_length = tvb_reported_length(tvb);
    data->pdu_tvb = tvb;
    tap_queue_packet(tap, pinfo, data);
}

void vsock_export_record(packet_info *pinfo, tvbuff_t *tvb)
{
    if (have_tap_listener(record_tap))
        queue(record_tap, pinfo, tvb,
              wmem_new0(pinfo->pool, exp_pdu_data_t)); /* no tags: a record as it is */
}

bool vsock_export_wanted(void)
{
    return have_tap_listener(payload_tap);
}

void vsock_export_payload(packet_info *pinfo, tvbuff_t *tvb, const char *dissector, const char *heuristic,
                          uint32_t port)
{
    exp_pdu_data_item_t number = {exp_pdu_data_dissector_table_num_value_size,
                                  exp_pdu_data_dissector_table_num_value_populate_data,
                                  GUINT_TO_POINTER(port)};
    const exp_pdu_data_item_t *items[] = {&exp_pdu_data_src_port,
                                          &exp_pdu_data_dst_port,
                                          &exp_pdu_data_port_type,
                                          &exp_pdu_data_orig_frame_num,
                                          &number,
                                          NULL};

    exp_pdu_data_t *data;

    if (dissector)
        data = export_pdu_create_common_tags(pinfo, dissector, EXP_PDU_TAG_DISSECTOR_NAME);
    else if (heuristic)
        data = export_pdu_create_common_tags(pinfo, heuristic, EXP_PDU_TAG_HEUR_DISSECTOR_NAME);
    else
        data = export_pdu_create_tags(pinfo, VSOCK_PORT_TABLE, EXP_PDU_TAG_DISSECTOR_TABLE_NAME, items);
    queue(payload_tap, pinfo, tvb, data);
}
