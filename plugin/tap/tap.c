/* SPDX-License-Identifier: GPL-2.0-or-later
 * tap.c - handing packets to the tables and graphs. */
#include "compat.h"

#include "tap.h"

#include <epan/tap.h>

#include "conversations.h"
#include "dissect/names.h"
#include "flow.h"
#include "follow.h"

static int vsock_tap = -1;

void vsock_taps_register(int proto)
{
    vsock_tap =
        register_tap("vsock"); /* conversation tables listen to the tap of the protocol's filter name */
    vsock_conversations_register(proto);
    vsock_follow_register(proto);
    vsock_flow_register(proto);
}

/* The packet's own payload, wherever in the record it lies. */
static tvbuff_t *payload_tvb(tvbuff_t *tvb, const struct vsock_packet *p, uint32_t skip)
{
    uint32_t start = p->payload_offset + skip;

    if (p->payload_length == 0 || p->captured <= start)
        return NULL;
    return tvb_new_subset_length_caplen(tvb, (int)start, (int)MIN(p->payload_length, p->captured - start),
                                        (int)p->payload_length);
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
    tap->payload = payload_tvb(tvb, p, vsock_record_payload_skip(record));
    tap_queue_packet(vsock_tap, pinfo, tap);
}
