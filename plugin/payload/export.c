/* SPDX-License-Identifier: GPL-2.0-or-later
 * export.c - handing packets to Export PDU. */
#include "compat.h"

#include "export.h"

#include <epan/exported_pdu.h>
#include <epan/tap.h>
#include <wiretap/wtap.h>

#include "handoff.h"

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

void vsock_export_named(packet_info *pinfo, tvbuff_t *tvb, const char *dissector)
{
    queue(payload_tap, pinfo, tvb,
          export_pdu_create_common_tags(pinfo, dissector, EXP_PDU_TAG_DISSECTOR_NAME));
}

void vsock_export_heuristic(packet_info *pinfo, tvbuff_t *tvb, const char *short_name)
{
    queue(payload_tap, pinfo, tvb,
          export_pdu_create_common_tags(pinfo, short_name, EXP_PDU_TAG_HEUR_DISSECTOR_NAME));
}

void vsock_export_port(packet_info *pinfo, tvbuff_t *tvb, uint32_t port)
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

    queue(payload_tap, pinfo, tvb,
          export_pdu_create_tags(pinfo, VSOCK_PORT_TABLE, EXP_PDU_TAG_DISSECTOR_TABLE_NAME, items));
}
