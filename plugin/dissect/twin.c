/* SPDX-License-Identifier: GPL-2.0-or-later
 * twin.c - a packet's other record, and how long it was under way. */
#include "compat.h"

#include "twin.h"

#include "tree_util.h"

#define NAMED(value, name) {value, name},

static const value_string view_names[] = {VSOCK_VIEW_NAMES(NAMED){0, NULL}};

static int hf_view = -1, hf_twin = -1, hf_delay = -1, hf_within = -1;

static hf_register_info fields[] = {
    {&hf_view,
     {"View", "vsock.view", FT_UINT8, BASE_DEC, VALS(view_names), 0,
      "Where it was recorded, in a capture that has connections from their host and from their guest; in the "
      "GUI, and with tshark -2",
      HFILL}},
    {&hf_twin,
     {"Same packet in", "vsock.twin", FT_FRAMENUM, BASE_NONE, NULL, 0,
      "The packet as it was recorded on the other side", HFILL}},
    {&hf_delay,
     {"Under way", "vsock.twin.delay", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "From where the packet's sender was recorded to where its receiver was, with what separates their "
      "clocks taken off",
      HFILL}},
    {&hf_within,
     {"Uncertain by", "vsock.twin.uncertainty", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "By so much it may have been longer or shorter under way, for all that the packets tell of the clocks",
      HFILL}},
};

const struct vsock_fields vsock_twin_fields = {
    .own = fields,
    .own_count = array_length(fields),
};

static void show_delay(tvbuff_t *tvb, proto_tree *tree, struct vsock_delay delay)
{
    if (!delay.known)
        return;
    vsock_add_time(tree, tvb, hf_delay, delay.time);
    vsock_add_time(tree, tvb, hf_within, delay.within);
}

void vsock_twin_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct vsock_record *r)
{
    const struct vsock_twins *twins = vsock_verdict_twins(pinfo);
    enum vsock_view view;
    uint32_t number, frame;

    if (!twins || !twins->twin)
        return;
    view = vsock_view_of(twins, r->stream->source);
    if (view != VSOCK_VIEW_NONE)
        vsock_add_uint(tree, tvb, hf_view, view);
    number = vsock_track_number(r);
    frame = vsock_track_frame(vsock_twin_of(twins, number));
    if (frame == 0)
        return;
    vsock_add_uint(tree, tvb, hf_twin, frame);
    show_delay(tvb, tree, vsock_twin_delay(twins, number));
}
