/* SPDX-License-Identifier: GPL-2.0-or-later
 * twin.c - a packet's other record, and how long it was under way. */
#include "compat.h"

#include "twin.h"

#include "expert.h"
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

/* clang-format off */
static struct row {
    unsigned delivery; /* a bit of enum vsock_delivery */
    struct vsock_expert expert;
} rows[] = {
    {VSOCK_NOT_DELIVERED, {"vsock.analysis.not_delivered", PI_WARN, "Not delivered to the other side, which was recorded, too",
     "It is among the last that its side sent; on the second pass, as the next", PI_SEQUENCE, EI_INIT}},
    {VSOCK_DELIVERED_LATE, {"vsock.analysis.delivered_late", PI_NOTE, "Delivered late to the other side",
     "It was under way for vsock.delivered_late or longer", PI_SEQUENCE, EI_INIT}},
    {VSOCK_DELIVERED_CROSSED, {"vsock.analysis.reordered", PI_ERROR, "The other side has this packet and its neighbour in another order",
     "vsock promises order", PI_SEQUENCE, EI_INIT}},
    {VSOCK_DELIVERED_ALTERED, {"vsock.analysis.altered", PI_ERROR, "The other side has this packet with another header or payload",
     "Of the payload, the first 16 bytes; not where either recording lacks packets of the other", PI_SEQUENCE, EI_INIT}},
};
/* clang-format on */

static struct vsock_expert *next_expert(size_t i)
{
    return i < array_length(rows) ? &rows[i].expert : NULL;
}

const struct vsock_fields vsock_twin_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .next_expert = next_expert,
};

static void show_delay(tvbuff_t *tvb, proto_tree *tree, struct vsock_delay delay)
{
    if (!delay.known)
        return;
    vsock_add_time(tree, tvb, hf_delay, delay.time);
    vsock_add_time(tree, tvb, hf_within, delay.within);
}

static int show_delivery(packet_info *pinfo, const struct vsock_header_items *items, unsigned delivery)
{
    int worst = 0;

    for (size_t i = 0; i < array_length(rows); i++) {
        if (!(delivery & rows[i].delivery))
            continue;
        vsock_expert_add(pinfo, items->packet, &rows[i].expert, NULL, NULL);
        worst = MAX(worst, rows[i].expert.severity);
    }
    return worst;
}

int vsock_twin_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_record *r,
                    const struct vsock_header_items *items)
{
    const struct vsock_twins *twins = vsock_verdict_twins(pinfo);
    enum vsock_view view;
    uint32_t number, frame;

    if (!twins || !twins->twin)
        return 0;
    view = vsock_view_of(twins, r->stream->source);
    if (view != VSOCK_VIEW_NONE && items->tree)
        vsock_add_uint(items->tree, tvb, hf_view, view);
    number = vsock_track_number(r);
    frame = vsock_track_frame(vsock_twin_of(twins, number));
    if (frame != 0 && items->tree) {
        vsock_add_uint(items->tree, tvb, hf_twin, frame);
        show_delay(tvb, items->tree, vsock_twin_delay(twins, number));
    }
    return show_delivery(pinfo, items, vsock_delivery_of(twins, number));
}
