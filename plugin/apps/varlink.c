/* SPDX-License-Identifier: GPL-2.0-or-later
 * varlink.c - varlink, as systemd speaks it over vsock too: calls and replies in JSON, by contents on any
 * port. A server answers a connection's calls in their order. Sources: core/varlink.h.
 */
#include "compat.h"

#include "apps.h"

#include <epan/tfs.h>

#include "core/json_frame.h"
#include "core/varlink.h"
#include "json_body.h"

#define NAME_MAX_KEPT 255

static int hf_method = -1, hf_error = -1, hf_more = -1, hf_continues = -1, hf_oneway = -1, hf_upgrade = -1,
           hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_method,
     {"Method", "varlink.method", FT_STRING, BASE_NONE, NULL, 0,
      "Interface and method; of the call, on its replies as well", HFILL}},
    {&hf_error, {"Error", "varlink.error", FT_STRING, BASE_NONE, NULL, 0, "Of a reply", HFILL}},
    {&hf_more,
     {"More", "varlink.more", FT_BOOLEAN, BASE_NONE, NULL, 0, "The caller takes several replies", HFILL}},
    {&hf_continues,
     {"Continues", "varlink.continues", FT_BOOLEAN, BASE_NONE, NULL, 0, "Another reply follows", HFILL}},
    {&hf_oneway,
     {"Oneway", "varlink.oneway", FT_BOOLEAN, BASE_NONE, NULL, 0, "The call has no reply", HFILL}},
    {&hf_upgrade,
     {"Upgrade", "varlink.upgrade", FT_BOOLEAN, BASE_NONE, NULL, 0,
      "Behind the reply, the connection is another protocol's", HFILL}},
    {&hf_data, {"Data", "varlink.data", FT_BYTES, BASE_NONE, NULL, 0, "What is no message", HFILL}},
    VSOCK_CALL_FIELDS(hf_call, "varlink", "The last reply", "Since the call; of the last reply"),
};

static int ett_varlink = -1;

static struct vsock_expert failed = {"varlink.failed", PI_NOTE, "The call failed", .group = PI_RESPONSE_CODE};
static struct vsock_expert no_message = {"varlink.no_message", PI_NOTE, "No call or reply",
                                         .group = PI_UNDECODED};
static struct vsock_expert undecoded = {"varlink.undecoded", PI_NOTE, "Not shown as JSON: too large",
                                        .group = PI_UNDECODED};

static struct vsock_app app;

static enum vsock_call_part part_of(const struct vsock_varlink_message *m)
{
    if (m->method.length > 0)
        return VSOCK_CALL_REQUEST;
    return m->continues ? VSOCK_CALL_OTHER : VSOCK_CALL_ANSWER;
}

static const char *text_of(tvbuff_t *tvb, packet_info *pinfo, struct vsock_json_part part)
{
    return vsock_json_part_text(tvb, pinfo, part, NAME_MAX_KEPT);
}

/* A call that has no reply waits for none. */
static struct vsock_call *find_call(tvbuff_t *tvb, packet_info *pinfo, struct vsock_app_frame *frame,
                                    const struct vsock_varlink_message *m)
{
    enum vsock_call_part part = part_of(m);
    struct vsock_call *call;

    if (part == VSOCK_CALL_REQUEST && m->oneway)
        return NULL;
    call = vsock_call_in_order(pinfo, frame->calls, part, NULL, NULL);
    if (part == VSOCK_CALL_REQUEST && call && !PINFO_FD_VISITED(pinfo))
        call->method = vsock_app_keep(text_of(tvb, pinfo, m->method));
    return call;
}

/* ---- showing ---- */

static void show_summary(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                         const struct vsock_varlink_message *m, const struct vsock_call *call)
{
    const char *text;

    if (m->method.length > 0) {
        text = wmem_strdup_printf(pinfo->pool, "Call %s%s",
                                  vsock_app_printable(pinfo, text_of(tvb, pinfo, m->method)),
                                  m->oneway ? ", oneway"
                                  : m->more ? ", more"
                                            : "");
    } else {
        text = wmem_strdup_printf(pinfo->pool, "%s%s%s%s%s", m->error.length > 0 ? "Error" : "Reply",
                                  call ? " " : "", call ? vsock_app_printable(pinfo, call->method) : "",
                                  m->continues          ? ", continues"
                                  : m->error.length > 0 ? ": "
                                                        : "",
                                  m->error.length > 0 && !m->continues
                                      ? vsock_app_printable(pinfo, text_of(tvb, pinfo, m->error))
                                      : "");
    }
    col_append_str(pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(tree, ", %s", text);
}

static void show_flag(tvbuff_t *tvb, proto_tree *tree, int hf, bool is)
{
    if (is)
        proto_tree_add_boolean(tree, hf, tvb, 0, 0, TRUE);
}

static void show_parts(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                       const struct vsock_varlink_message *m, const struct vsock_call *call)
{
    if (m->method.length > 0)
        proto_tree_add_item(tree, hf_method, tvb, (int)m->method.begin, (int)m->method.length, ENC_UTF_8);
    else if (call && call->method)
        proto_item_set_generated(proto_tree_add_string(tree, hf_method, tvb, 0, 0, call->method));
    if (m->error.length > 0) {
        proto_tree_add_item(tree, hf_error, tvb, (int)m->error.begin, (int)m->error.length, ENC_UTF_8);
        expert_add_info(pinfo, tree, &failed.id);
    }
    show_flag(tvb, tree, hf_more, m->more);
    show_flag(tvb, tree, hf_continues, m->continues);
    show_flag(tvb, tree, hf_oneway, m->oneway);
    show_flag(tvb, tree, hf_upgrade, m->upgrade);
    vsock_call_show(pinfo, tree, tvb, call, part_of(m), &hf_call);
}

static void show_data(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int length,
                      struct vsock_expert *why)
{
    expert_add_info(pinfo, proto_tree_add_item(tree, hf_data, tvb, 0, length, ENC_NA), &why->id);
}

static void show_varlink(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                         struct vsock_app_frame *frame)
{
    int length = (int)tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, length);

    if (length > 0 && bytes[length - 1] == '\0')
        length--;
    if (length == 0 || bytes[0] != '{') {
        col_append_str(pinfo->cinfo, COL_INFO, "No message");
        show_data(tvb, pinfo, tree, (int)tvb_captured_length(tvb), &no_message);
    } else {
        struct vsock_varlink_message m = vsock_varlink_message_of(bytes, (uint32_t)length);
        const struct vsock_call *call = find_call(tvb, pinfo, frame, &m);

        show_summary(tvb, pinfo, tree, &m, call);
        show_parts(tvb, pinfo, tree, &m, call);
        if (vsock_json_body_show(tvb_new_subset_length(tvb, 0, length), pinfo, top) != VSOCK_JSON_BODY_SHOWN)
            show_data(tvb, pinfo, tree, length, &undecoded);
    }
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb));
}

/* ---- recognising ---- */

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    uint32_t length = (uint32_t)tvb_captured_length_remaining(tvb, offset), size;
    const uint8_t *bytes = tvb_get_ptr(tvb, offset, (int)length);

    if (bytes[0] != '{')
        return 0;
    size = vsock_json_delimited(bytes, length, '\0');
    return size > 0 ? size : VSOCK_APP_SIZE_UNKNOWN;
}

static bool is_varlink(const struct vsock_look *look)
{
    uint32_t more;

    return vsock_json_recognize(look, vsock_is_varlink, &more);
}

static uint32_t lacks(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);
    uint32_t more;

    vsock_json_recognize(&look, vsock_is_varlink, &more);
    return more;
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "varlink", "varlink", "varlink", .subtrees = {&ett_varlink},
    .fields = fields, .field_count = array_length(fields), .experts = {&failed, &no_message, &undecoded},
    .recognize = is_varlink, .lacks = lacks, .heuristic = dissect_heuristic, .show = show_varlink,
    .header_size = 1, .message_size = message_size, .leaves = true, .message_units = vsock_json_body_units,
};
/* clang-format on */

void proto_register_varlink(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_varlink(void)
{
    vsock_json_body_find();
    vsock_app_attach(&app);
}
