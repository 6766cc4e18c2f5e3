/* SPDX-License-Identifier: GPL-2.0-or-later
 * tap.c - handing packets to the tables and graphs. */
#include "compat.h"

#include "tap.h"

#include <epan/tap.h>

#include "dissect/names.h"
#include "listener.h"
#include "payload/payload.h"
#include "report/delays.h"

static int vsock_tap = -1;

void vsock_taps_register(int proto)
{
    vsock_tap =
        register_tap("vsock"); /* conversation tables listen to the tap of the protocol's filter name */
    vsock_conversations_register(proto);
    vsock_follow_register(proto);
    vsock_flow_register(proto);
    vsock_diagnoses_register();
    vsock_packet_menu_register();
    vsock_streams_register();
    vsock_listener_register(&vsock_delays);
    vsock_tree_register();
    vsock_srt_register(proto);
}

void vsock_taps_end_session(void)
{
    vsock_listeners_end_session();
    vsock_streams_end_session();
}

void vsock_taps_queue(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *p,
                      const struct vsock_record *record)
{
    struct vsock_tap *tap;

    if (!VSOCK_HAS_MON(p, dst_port) || !have_tap_listener(vsock_tap))
        return;
    tap = wmem_new0(pinfo->pool, struct vsock_tap);
    tap->packet = *p;
    tap->record = record;
    vsock_set_endpoint_address(pinfo->pool, &tap->src, vsock_source(p));
    vsock_set_endpoint_address(pinfo->pool, &tap->dst, vsock_destination(p));
    tap->payload = vsock_payload_tvb(tvb, p, record);
    tap_queue_packet(vsock_tap, pinfo, tap);
}
