/* SPDX-License-Identifier: GPL-2.0-or-later
 * jsonframe.c - JSON messages in a stream, as the agents of sandboxes and microVMs write them: behind a
 * length of 32 bits, or each in a line, or in front of a NUL. How they are framed is told by the first
 * message, and holds for both directions. Sources: core/json_frame.h. */
#include "compat.h"

#include "apps.h"

#include <epan/conversation.h>
#include <epan/proto_data.h>

#include "core/json_frame.h"
#include "core/json_object.h"
#include "core/qga.h"
#include "core/varlink.h"
#include "json_body.h"

/* Of a packet's data for the protocol, on all passes: how many messages its sender has sent before it. call.c
 * has others. */
#define COUNT_KEY 2

static const value_string framing_names[] = {
    {VSOCK_JSON_BE32, "32 bits, big-endian"},
    {VSOCK_JSON_LE32, "32 bits, little-endian"},
    {VSOCK_JSON_LINES, "Lines"},
    {VSOCK_JSON_NUL, "NUL behind"},
    {0, NULL},
};

static int hf_framing = -1, hf_length = -1, hf_number = -1, hf_data = -1;

static hf_register_info fields[] = {
    {&hf_framing,
     {"Framing", "jsonframe.framing", FT_UINT8, BASE_DEC, VALS(framing_names), 0,
      "What tells where a message ends: a length in front, or a byte behind", HFILL}},
    {&hf_length,
     {"Length", "jsonframe.length", FT_UINT32, BASE_DEC, NULL, 0, "Of the message alone, in bytes", HFILL}},
    {&hf_number,
     {"Message", "jsonframe.number", FT_UINT32, BASE_DEC, NULL, 0,
      "Counted from 1 on, of each direction, as far as they are in the capture", HFILL}},
    {&hf_data, {"Data", "jsonframe.data", FT_BYTES, BASE_NONE, NULL, 0, "What is no JSON", HFILL}},
};

static int ett_jsonframe = -1;

static struct vsock_expert no_json = {"jsonframe.no_json", PI_NOTE, "No JSON where a message is expected",
                                      .group = PI_UNDECODED};
static struct vsock_expert undecoded = {"jsonframe.undecoded", PI_NOTE, "Not shown as JSON: too large",
                                        .group = PI_UNDECODED};

static struct vsock_app jsonframe, be32, le32, in_lines, before_nul;

/* ---- all framings ---- */

/* Of a connection. */
struct counts {
    address first; /* who spoke first */
    uint32_t port;
    uint32_t count[2]; /* of messages: of that one, and of the other */
};

static uint32_t *count_of(packet_info *pinfo)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    struct counts *c = (struct counts *)conversation_get_proto_data(conversation, jsonframe.proto);

    if (!c) {
        c = wmem_new0(wmem_file_scope(), struct counts);
        copy_address_wmem(wmem_file_scope(), &c->first, &pinfo->src);
        c->port = pinfo->srcport;
        conversation_add_proto_data(conversation, jsonframe.proto, c);
    }
    return &c->count[pinfo->srcport != c->port || !addresses_equal(&pinfo->src, &c->first)];
}

/* How many messages there were before the frame's. */
static uint32_t counted_before(packet_info *pinfo, const struct vsock_app_frame *frame)
{
    if (!PINFO_FD_VISITED(pinfo)) {
        uint32_t *count = count_of(pinfo);

        if (frame->in_info == 1 && *count > 0)
            p_add_proto_data(wmem_file_scope(), pinfo, jsonframe.proto, COUNT_KEY, GUINT_TO_POINTER(*count));
        ++*count;
    }
    return GPOINTER_TO_UINT(p_get_proto_data(wmem_file_scope(), pinfo, jsonframe.proto, COUNT_KEY));
}

static void show_data(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct vsock_expert *why)
{
    proto_item *item = proto_tree_add_item(tree, hf_data, tvb, 0, -1, ENC_NA);

    expert_add_info(pinfo, item, &why->id);
}

static void add_to_info(tvbuff_t *tvb, packet_info *pinfo)
{
    int length = MIN((int)tvb_captured_length(tvb), VSOCK_JSON_INFO_MAX);
    const char *text = (const char *)tvb_get_string_enc(pinfo->pool, tvb, 0, length, ENC_UTF_8);

    col_append_str(pinfo->cinfo, COL_INFO, vsock_app_printable(pinfo, text));
}

/* A message's JSON. */
static void show_json(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree)
{
    unsigned length = tvb_captured_length(tvb);

    if (length == 0)
        return;
    if (vsock_json_may_begin(*tvb_get_ptr(tvb, 0, 1)))
        add_to_info(tvb, pinfo);
    else
        col_append_str(pinfo->cinfo, COL_INFO, "No JSON");
    switch (vsock_json_body_show(tvb, pinfo, top)) {
    case VSOCK_JSON_BODY_SHOWN:
        break;
    case VSOCK_JSON_BODY_IS_NONE:
        show_data(tvb, pinfo, tree, &no_json);
        break;
    case VSOCK_JSON_BODY_TOO_LARGE:
        show_data(tvb, pinfo, tree, &undecoded);
        break;
    }
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb));
}

static void show_framing(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                         const struct vsock_app_frame *frame, enum vsock_json_framing framing)
{
    uint32_t number = counted_before(pinfo, frame) + frame->in_info;

    proto_item_append_text(tree, ", message %u", number);
    proto_item_set_generated(proto_tree_add_uint(tree, hf_number, tvb, 0, 0, number));
    proto_item_set_generated(proto_tree_add_uint(tree, hf_framing, tvb, 0, 0, framing));
}

static struct vsock_json_frame first_of(const struct vsock_look *look)
{
    struct vsock_json_frame none = {VSOCK_JSON_NOT_FRAMED, .ambiguous = false};

    if (look->captured == 0 || look->captured != look->reported)
        return none;
    return vsock_json_frame_of(look->bytes, look->captured);
}

/* What tells the framing is missing of the first message. */
static uint32_t lacks(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);

    return first_of(&look).lacks;
}

/* Takes the connection, but for a first message whose length is the same both ways. */
static bool find(struct vsock_app *app, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    struct vsock_look look = vsock_look_at(tvb);

    if (!app->recognize(&look) || !first_of(&look).ambiguous || lacks(tvb) > 0)
        return vsock_app_try(app, tvb, pinfo, tree);
    call_dissector_only(app->handle, tvb, pinfo, tree, NULL);
    return true;
}

static bool is_framed(const struct vsock_look *look, enum vsock_json_framing framing)
{
    return first_of(look).framing == framing;
}

/* Is it a call of a protocol that has a dissector of its own, and is not turned off? */
static bool is_of_another(const struct vsock_look *look, enum vsock_json_framing framing)
{
    uint32_t more;

    if (framing == VSOCK_JSON_LINES)
        return vsock_is_qga(look->bytes, look->captured, &more) && vsock_heuristic_is_enabled("qga_vsock");
    return vsock_is_varlink(look->bytes, look->captured, &more) &&
           vsock_heuristic_is_enabled("varlink_vsock");
}

/* ---- a length in front ---- */

static void show_behind_length(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                               const struct vsock_app_frame *frame, enum vsock_json_framing framing)
{
    show_framing(tvb, pinfo, tree, frame, framing);
    proto_tree_add_item(tree, hf_length, tvb, 0, 4,
                        framing == VSOCK_JSON_BE32 ? ENC_BIG_ENDIAN : ENC_LITTLE_ENDIAN);
    proto_item_set_len(tree, 4);
    show_json(tvb_new_subset_remaining(tvb, 4), pinfo, top, tree);
}

static void show_be32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                      struct vsock_app_frame *frame)
{
    show_behind_length(tvb, pinfo, top, tree, frame, VSOCK_JSON_BE32);
}

static void show_le32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                      struct vsock_app_frame *frame)
{
    show_behind_length(tvb, pinfo, top, tree, frame, VSOCK_JSON_LE32);
}

static unsigned size_be32(tvbuff_t *tvb, int offset)
{
    uint32_t length = tvb_get_ntohl(tvb, offset);

    return length <= VSOCK_JSON_MAX ? 4 + length : 0;
}

static unsigned size_le32(tvbuff_t *tvb, int offset)
{
    uint32_t length = tvb_get_letohl(tvb, offset);

    return length <= VSOCK_JSON_MAX ? 4 + length : 0;
}

static uint64_t units_behind_length(tvbuff_t *tvb, int offset, int end)
{
    return vsock_json_body_units(tvb, offset + 4, end);
}

static bool is_be32(const struct vsock_look *look)
{
    return is_framed(look, VSOCK_JSON_BE32);
}

static bool is_le32(const struct vsock_look *look)
{
    return is_framed(look, VSOCK_JSON_LE32);
}

static compat_bool find_be32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return find(&be32, tvb, pinfo, tree);
}

static compat_bool find_le32(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return find(&le32, tvb, pinfo, tree);
}

/* ---- a byte behind ---- */

/* The message without its end, and without white space there. */
static void show_before(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                        const struct vsock_app_frame *frame, enum vsock_json_framing framing, uint8_t end)
{
    int length = (int)tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, length);

    if (length > 0 && bytes[length - 1] == end)
        length--;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    show_framing(tvb, pinfo, tree, frame, framing);
    proto_item_set_generated(proto_tree_add_uint(tree, hf_length, tvb, 0, 0, (uint32_t)length));
    show_json(tvb_new_subset_length(tvb, 0, length), pinfo, top, tree);
}

static void show_line(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                      struct vsock_app_frame *frame)
{
    show_before(tvb, pinfo, top, tree, frame, VSOCK_JSON_LINES, '\n');
}

static void show_before_nul(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                            struct vsock_app_frame *frame)
{
    show_before(tvb, pinfo, top, tree, frame, VSOCK_JSON_NUL, '\0');
}

static unsigned size_before(tvbuff_t *tvb, int offset, uint8_t end)
{
    uint32_t length = (uint32_t)tvb_captured_length_remaining(tvb, offset);
    const uint8_t *bytes = tvb_get_ptr(tvb, offset, (int)length);
    uint32_t size = vsock_json_delimited(bytes, length, end);

    if (bytes[0] != end && bytes[0] != '\r' && !vsock_json_may_begin(bytes[0]))
        return 0;
    return size > 0 ? size : VSOCK_APP_SIZE_UNKNOWN;
}

static unsigned size_of_line(tvbuff_t *tvb, int offset)
{
    return size_before(tvb, offset, '\n');
}

static unsigned size_before_nul(tvbuff_t *tvb, int offset)
{
    return size_before(tvb, offset, '\0');
}

static bool is_in_lines(const struct vsock_look *look)
{
    return is_framed(look, VSOCK_JSON_LINES) && !is_of_another(look, VSOCK_JSON_LINES);
}

static bool is_before_nul(const struct vsock_look *look)
{
    return is_framed(look, VSOCK_JSON_NUL) && !is_of_another(look, VSOCK_JSON_NUL);
}

static compat_bool find_in_lines(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return find(&in_lines, tvb, pinfo, tree);
}

static compat_bool find_before_nul(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return find(&before_nul, tvb, pinfo, tree);
}

/* ---- the protocol ---- */

static const struct vsock_app *pick(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);
    struct vsock_json_frame f = first_of(&look);

    if (f.lacks > 0)
        return NULL;
    switch (f.framing) {
    case VSOCK_JSON_NOT_FRAMED:
        break;
    case VSOCK_JSON_BE32:
        return &be32;
    case VSOCK_JSON_LE32:
        return &le32;
    case VSOCK_JSON_LINES:
        return &in_lines;
    case VSOCK_JSON_NUL:
        return &before_nul;
    }
    return NULL;
}

/* clang-format off */
static struct vsock_app jsonframe = {
    "JSON in a stream", "Framed JSON", "jsonframe", .column = "JSON", .subtrees = {&ett_jsonframe},
    .fields = fields, .field_count = array_length(fields), .experts = {&no_json, &undecoded}, .pick = pick,
    .lacks = lacks,
};
static struct vsock_app be32 = {
    .of = &jsonframe, .variant = "be32", .subtrees = {&ett_jsonframe},
    .recognize = is_be32, .lacks = lacks, .heuristic = find_be32, .show = show_be32,
    .header_size = 4, .message_size = size_be32, .leaves = true, .message_units = units_behind_length,
};
static struct vsock_app le32 = {
    .of = &jsonframe, .variant = "le32", .subtrees = {&ett_jsonframe},
    .recognize = is_le32, .lacks = lacks, .heuristic = find_le32, .show = show_le32,
    .header_size = 4, .message_size = size_le32, .leaves = true, .message_units = units_behind_length,
};
static struct vsock_app in_lines = {
    .of = &jsonframe, .variant = "lines", .subtrees = {&ett_jsonframe},
    .recognize = is_in_lines, .lacks = lacks, .heuristic = find_in_lines, .show = show_line,
    .header_size = 1, .message_size = size_of_line, .leaves = true, .message_units = vsock_json_body_units,
};
static struct vsock_app before_nul = {
    .of = &jsonframe, .variant = "nul", .subtrees = {&ett_jsonframe},
    .recognize = is_before_nul, .lacks = lacks, .heuristic = find_before_nul, .show = show_before_nul,
    .header_size = 1, .message_size = size_before_nul, .leaves = true, .message_units = vsock_json_body_units,
};
/* clang-format on */

static struct vsock_app *const variants[] = {&be32, &le32, &in_lines, &before_nul};

void proto_register_jsonframe(void)
{
    vsock_app_register(&jsonframe);
    for (size_t i = 0; i < array_length(variants); i++)
        vsock_app_register(variants[i]);
}

void proto_reg_handoff_jsonframe(void)
{
    vsock_json_body_find();
    vsock_app_attach(&jsonframe);
    for (size_t i = 0; i < array_length(variants); i++)
        vsock_app_attach(variants[i]);
}
