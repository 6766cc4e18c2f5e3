/* SPDX-License-Identifier: GPL-2.0-or-later
 * ttrpc_follow.c - Analyze > Follow > ttrpc Stream. */
#include "compat.h"

#include "ttrpc_follow.h"

#include <epan/tap.h>

#include "dissect/following.h"
#include "dissect/track.h"

/* What a frame hands to those who follow: all of its messages at once, as epan's queue of what is tapped has
 * room for 5000. */
struct vsock_followed_calls {
    uint32_t first_id;
    wmem_array_t *bodies; /* struct vsock_ttrpc_body; NULL where nobody follows */
};

static int protocol = -1, tap = -1;
static wmem_map_t *streams; /* struct vsock_calls by vsock.stream */

static void remember_calls(const packet_info *pinfo, const struct vsock_frame_calls *calls)
{
    const struct vsock_record *record = vsock_track_find(pinfo->num);

    if (record)
        wmem_map_insert(streams, GUINT_TO_POINTER(record->stream->index), (void *)vsock_calls_of(calls));
}

static struct vsock_followed_calls *begin_frame(packet_info *pinfo, const struct vsock_frame_calls *calls,
                                                uint32_t first_id)
{
    struct vsock_followed_calls *f = wmem_new0(pinfo->pool, struct vsock_followed_calls);

    f->first_id = first_id;
    if (!PINFO_FD_VISITED(pinfo))
        remember_calls(pinfo, calls);
    if (have_tap_listener(tap)) {
        f->bodies = wmem_array_new(pinfo->pool, sizeof(struct vsock_ttrpc_body));
        tap_queue_packet(tap, pinfo, f);
    }
    return f;
}

void vsock_ttrpc_follow_take(packet_info *pinfo, struct vsock_app_frame *frame, struct vsock_ttrpc_body body)
{
    if (!COMPAT_FOLLOW_SUB_STREAMS)
        return;
    if (!frame->followed)
        frame->followed = begin_frame(pinfo, frame->calls, body.stream_id);
    if (frame->followed->bodies)
        wmem_array_append_one(frame->followed->bodies, body);
}

static tap_packet_status follow_frame(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                      const void *data, tap_flags_t flags _U_)
{
    follow_info_t *info = (follow_info_t *)listener;
    wmem_array_t *bodies = ((const struct vsock_followed_calls *)data)->bodies;
    const struct vsock_record *record = vsock_track_find(pinfo->num);
    struct vsock_followed sender;

    if (!record)
        return TAP_PACKET_DONT_REDRAW;
    sender = vsock_follow(info, pinfo, record);
    for (unsigned i = 0; i < wmem_array_get_count(bodies); i++) {
        const struct vsock_ttrpc_body *b = (const struct vsock_ttrpc_body *)wmem_array_index(bodies, i);

        if (info->substream_id == b->stream_id)
            vsock_follow_add(&sender, b->tvb, b->offset, b->length, VSOCK_FOLLOW_MISSING);
    }
    return TAP_PACKET_DONT_REDRAW;
}

static char *index_filter(unsigned stream, unsigned id)
{
    return ws_strdup_printf("vsock.stream eq %u and ttrpc.stream_id eq %u", stream, id);
}

/* Of the calls in a packet, the first. */
static char *packet_filter(epan_dissect_t *edt _U_, packet_info *pinfo, unsigned *stream, unsigned *id)
{
    const struct vsock_record *record = vsock_track_find(pinfo->num);
    const struct vsock_app_frame *frame = vsock_app_frame_of(pinfo, protocol);

    if (!record || !frame || !frame->followed)
        return NULL;
    *stream = record->stream->index;
    *id = frame->followed->first_id;
    return index_filter(*stream, *id);
}

/* The call next to that id, up or down: for the window's box with the sub-stream. Calls whose request was not
 * captured are not among them. */
static bool nearest_call(unsigned stream, unsigned id, bool down, unsigned *nearest)
{
    const struct vsock_calls *calls =
        (const struct vsock_calls *)wmem_map_lookup(streams, GUINT_TO_POINTER(stream));
    uint64_t found;

    if (!calls || !vsock_call_nearest(calls, id, down, &found))
        return false;
    *nearest = (unsigned)found;
    return true;
}

void vsock_ttrpc_follow_register(int proto)
{
    if (!COMPAT_FOLLOW_SUB_STREAMS)
        return;
    protocol = proto;
    tap = register_tap("ttrpc");
    streams = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    compat_register_follow_stream(proto, "ttrpc", packet_filter, index_filter, vsock_follow_no_address_filter,
                                  vsock_follow_port_text, follow_frame, vsock_track_stream_count,
                                  nearest_call);
}
