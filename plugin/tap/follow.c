/* SPDX-License-Identifier: GPL-2.0-or-later
 * follow.c - Analyze > Follow > vsock Stream (-z follow,vsock,ascii,N). In 4.0 the GUI's Follow menu is
 * closed to plugins; tshark's is not. */
#include "compat.h"

#include "dissect/following.h"
#include "tap.h"

/* Why an RW's bytes were not captured. */
static const char *why_not_there(const struct vsock_record *r)
{
    return VSOCK_RECORD_HAS(r, PAYLOAD_NOT_RECORDED)
               ? "likely not recorded: the kernel's tap does not copy packets so large"
               : VSOCK_FOLLOW_MISSING;
}

static tap_packet_status follow_packet(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                       const void *data, tap_flags_t flags _U_)
{
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    const struct vsock_record *r = tap->record;
    struct vsock_followed sender, peer;

    if (!r)
        return TAP_PACKET_DONT_REDRAW;
    sender = peer = vsock_follow((follow_info_t *)listener, pinfo, r);
    peer.is_server = !sender.is_server;
    if (vsock_record_findings(r) & VSOCK_FOUND_BIT(VSOCK_FOUND_UNSEEN_DATA))
        vsock_follow_add_gap(&peer, r->ext->ahead, VSOCK_FOLLOW_MISSING);
    if (r->in_stream)
        vsock_follow_add(&sender, tap->payload, 0, tap->packet.virtio.len, why_not_there(r));
    return TAP_PACKET_DONT_REDRAW;
}

static char *index_filter(unsigned stream, unsigned sub_stream _U_)
{
    return ws_strdup_printf("vsock.stream eq %u", stream);
}

static char *packet_filter(epan_dissect_t *edt _U_, packet_info *pinfo, unsigned *stream,
                           unsigned *sub_stream)
{
    const struct vsock_record *record = vsock_track_find(pinfo->num);

    if (!record)
        return NULL;
    *stream = record->stream->index;
    *sub_stream = 0;
    return index_filter(*stream, *sub_stream);
}

void vsock_follow_register(int proto)
{
    compat_register_follow_stream(proto, "vsock", packet_filter, index_filter, vsock_follow_no_address_filter,
                                  vsock_follow_port_text, follow_packet, vsock_track_stream_count, NULL);
}
