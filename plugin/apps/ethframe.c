/* SPDX-License-Identifier: GPL-2.0-or-later
 * ethframe.c - Ethernet frames in a stream, each behind its length: the network of a guest that has no other
 * card. How it is framed is told by the first frame that says enough, and holds for both directions.
 * Sources: core/ethernet.h. */
#include "compat.h"

#include "apps.h"

#include "core/ethernet.h"
#include "within.h"

enum framing {
    FRAMING_LE16 = 1,
    FRAMING_BE32 = 2,
};

static const value_string framing_names[] = {
    {FRAMING_LE16, "16 bits, little-endian"},
    {FRAMING_BE32, "32 bits, big-endian"},
    {0, NULL},
};

static int hf_size = -1, hf_framing = -1, hf_data = -1;

static hf_register_info fields[] = {
    {&hf_size, {"Length", "ethframe.length", FT_UINT32, BASE_DEC, NULL, 0, "Of the frame, in bytes", HFILL}},
    {&hf_framing,
     {"Framing", "ethframe.framing", FT_UINT8, BASE_DEC, VALS(framing_names), 0,
      "How the length in front of each frame is written", HFILL}},
    {&hf_data, {"Data", "ethframe.data", FT_BYTES, BASE_NONE, NULL, 0, "What is no frame", HFILL}},
};

static int ett_ethframe = -1;

static struct vsock_expert length_invalid = {
    "ethframe.length_invalid", PI_WARN, "The length of no frame: perhaps no length", .group = PI_MALFORMED};

static dissector_handle_t ethernet;

/* ---- both framings ---- */

static void show_frame(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                       const struct vsock_app_frame *frame, enum framing framing, int header)
{
    unsigned encoding = framing == FRAMING_LE16 ? ENC_LITTLE_ENDIAN : ENC_BIG_ENDIAN;
    proto_item *item;
    uint32_t length;

    item = proto_tree_add_item_ret_uint(tree, hf_size, tvb, 0, header, encoding, &length);
    proto_item_set_generated(proto_tree_add_uint(tree, hf_framing, tvb, 0, 0, framing));
    if (length < VSOCK_ETHERNET_HEADER || length > VSOCK_ETHERNET_MAX) {
        col_append_str(pinfo->cinfo, COL_INFO, "No Ethernet frame");
        expert_add_info(pinfo, item, &length_invalid.id);
        if (tvb_reported_length_remaining(tvb, header) > 0)
            proto_tree_add_item(tree, hf_data, tvb, header, -1, ENC_NA);
        return;
    }
    proto_item_set_len(tree, header);
    col_set_fence(pinfo->cinfo, COL_INFO); /* behind the frame before */
    vsock_dissect_within(ethernet, tvb_new_subset_remaining(tvb, header), pinfo, top, frame->in_info - 1);
}

static uint64_t units_of(tvbuff_t *tvb, int offset, int end)
{
    return end > offset
               ? vsock_units_of_ethernet(tvb_get_ptr(tvb, offset, end - offset), (uint32_t)(end - offset))
               : 0;
}

/* ---- each ---- */

static struct vsock_app ethframe, le16, be32;

static void show_le16(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                      struct vsock_app_frame *frame)
{
    show_frame(tvb, pinfo, top, tree, frame, FRAMING_LE16, 2);
}

static void show_be32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                      struct vsock_app_frame *frame)
{
    show_frame(tvb, pinfo, top, tree, frame, FRAMING_BE32, 4);
}

static unsigned size_le16(tvbuff_t *tvb, int offset)
{
    return 2u + tvb_get_letohs(tvb, offset);
}

static unsigned size_be32(tvbuff_t *tvb, int offset)
{
    uint32_t length = tvb_get_ntohl(tvb, offset);

    return length <= VSOCK_ETHERNET_MAX ? 4 + length : 0;
}

static uint64_t units_le16(tvbuff_t *tvb, int offset, int end)
{
    return units_of(tvb, offset + 2, end);
}

static uint64_t units_be32(tvbuff_t *tvb, int offset, int end)
{
    return units_of(tvb, offset + 4, end);
}

static bool is_le16(const struct vsock_look *look)
{
    return vsock_is_ethernet_le16(look->bytes, look->captured);
}

static bool is_be32(const struct vsock_look *look)
{
    return vsock_is_ethernet_be32(look->bytes, look->captured);
}

static compat_bool find_le16(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&le16, tvb, pinfo, tree);
}

static compat_bool find_be32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&be32, tvb, pinfo, tree);
}

static const struct vsock_app *pick(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);

    return is_le16(&look) ? &le16 : is_be32(&look) ? &be32 : NULL;
}

/* clang-format off */
static struct vsock_app ethframe = {
    "Ethernet in a stream", "Framed Ethernet", "ethframe", .subtrees = {&ett_ethframe},
    .fields = fields, .field_count = array_length(fields), .experts = {&length_invalid}, .pick = pick,
};
static struct vsock_app le16 = {
    .of = &ethframe, .variant = "le16", .subtrees = {&ett_ethframe},
    .recognize = is_le16, .heuristic = find_le16, .show = show_le16, .header_size = 2, .message_size = size_le16,
    .message_units = units_le16,
};
static struct vsock_app be32 = {
    .of = &ethframe, .variant = "be32", .subtrees = {&ett_ethframe},
    .recognize = is_be32, .heuristic = find_be32, .show = show_be32, .header_size = 4, .message_size = size_be32,
    .message_units = units_be32,
};
/* clang-format on */

void proto_register_ethframe(void)
{
    vsock_app_register(&ethframe);
    vsock_app_register(&le16);
    vsock_app_register(&be32);
}

void proto_reg_handoff_ethframe(void)
{
    ethernet = find_dissector("eth_withoutfcs");
    vsock_app_attach(&ethframe);
    vsock_app_attach(&le16);
    vsock_app_attach(&be32);
}
