/* SPDX-License-Identifier: GPL-2.0-or-later
 * qga.c - the QEMU guest agent, which listens on vsock where it is told so (qemu-ga -m vsock-listen):
 * requests and responses in JSON, by contents on any port. Which request a response answers is told by their
 * order, and the id, if there is one. Sources: core/qga.h.
 */
#include "compat.h"

#include "apps.h"

#include "core/qga.h"
#include "json_body.h"

#define TEXT_MAX 120 /* bytes of a name or an id that are kept, or shown in Info */

static int hf_sentinel = -1, hf_execute = -1, hf_id = -1, hf_return = -1, hf_class = -1, hf_desc = -1,
           hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_sentinel,
     {"Sentinel", "qga.sentinel", FT_UINT8, BASE_HEX, NULL, 0,
      "0xff in front: what was sent before it and is not whole is to be forgotten", HFILL}},
    {&hf_execute,
     {"Execute", "qga.execute", FT_STRING, BASE_NONE, NULL, 0,
      "The command; of the request, on its response as well", HFILL}},
    {&hf_id, {"Id", "qga.id", FT_STRING, BASE_NONE, NULL, 0, "As JSON: a response has its request's", HFILL}},
    {&hf_return, {"Return", "qga.return", FT_STRING, BASE_NONE, NULL, 0, "As JSON", HFILL}},
    {&hf_class, {"Error class", "qga.error.class", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_desc, {"Error description", "qga.error.desc", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_data, {"Data", "qga.data", FT_BYTES, BASE_NONE, NULL, 0, "What is no message", HFILL}},
    VSOCK_CALL_FIELDS(hf_call, "qga", NULL, "Since the request"),
};

static int ett_qga = -1;

static struct vsock_expert failed = {"qga.failed", PI_NOTE, "The command failed", .group = PI_RESPONSE_CODE};
static struct vsock_expert no_message = {"qga.no_message", PI_NOTE, "No request or response",
                                         .group = PI_UNDECODED};
static struct vsock_expert undecoded = {"qga.undecoded", PI_NOTE, "Not shown as JSON: too large",
                                        .group = PI_UNDECODED};

static struct vsock_app app;

/* ---- the call ---- */

struct answer {
    const struct vsock_qga_message *message;
    const char *id; /* or NULL */
};

static bool may_answer(const struct vsock_call *call, const void *data)
{
    const struct answer *a = (const struct answer *)data;

    return g_strcmp0(call->service, a->id) == 0 &&
           vsock_qga_may_answer(call->method ? call->method : "", a->message->kind, a->message->sentinel);
}

/* NULL if it is not there. */
static const char *text_of(tvbuff_t *tvb, packet_info *pinfo, struct vsock_json_part part)
{
    return vsock_json_part_text(tvb, pinfo, part, TEXT_MAX);
}

/* A sentinel in front of a request is a call of its own, which an error answers, or nothing does. */
static void begin_sentinel(packet_info *pinfo, struct vsock_app_frame *frame, const struct answer *a)
{
    struct vsock_call *call = vsock_call_in_order(pinfo, frame->calls, VSOCK_CALL_REQUEST, may_answer, a);

    if (call && !PINFO_FD_VISITED(pinfo))
        call->method = VSOCK_QGA_OF_SENTINEL;
}

/* `service` has the request's id. NULL also for what answers no request: the error of a sentinel. */
static struct vsock_call *find_call(tvbuff_t *tvb, packet_info *pinfo, struct vsock_app_frame *frame,
                                    const struct vsock_qga_message *m)
{
    struct answer a = {m, text_of(tvb, pinfo, m->id)};
    bool request = m->kind == VSOCK_QGA_REQUEST;
    struct vsock_call *call;

    if (request && m->sentinel)
        begin_sentinel(pinfo, frame, &a);
    call = vsock_call_in_order(pinfo, frame->calls, request ? VSOCK_CALL_REQUEST : VSOCK_CALL_ANSWER,
                               may_answer, &a);
    if (request && call && !PINFO_FD_VISITED(pinfo)) {
        call->service = vsock_app_keep(a.id);
        call->method = vsock_app_keep(text_of(tvb, pinfo, m->execute));
    }
    return call && g_strcmp0(call->method, VSOCK_QGA_OF_SENTINEL) == 0 ? NULL : call;
}

/* ---- showing ---- */

static proto_item *show_part(tvbuff_t *tvb, proto_tree *tree, int hf, struct vsock_json_part part)
{
    if (part.length == 0)
        return NULL;
    return proto_tree_add_item(tree, hf, tvb, (int)part.begin, (int)part.length, ENC_UTF_8);
}

static void show_summary(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                         const struct vsock_qga_message *m, const struct vsock_call *call)
{
    static const char *const kinds[] = {"", "", "Return", "Error"};
    const char *execute = m->kind == VSOCK_QGA_REQUEST ? text_of(tvb, pinfo, m->execute)
                          : call                       ? call->method
                                                       : NULL;
    const char *class = text_of(tvb, pinfo, m->error_class), *what = kinds[m->kind];

    what = wmem_strdup_printf(pinfo->pool, "%s%s%s%s%s", what, *what && execute ? " " : "",
                              execute ? vsock_app_printable(pinfo, execute) : "", class ? ": " : "",
                              class ? vsock_app_printable(pinfo, class) : "");
    col_append_str(pinfo->cinfo, COL_INFO, what);
    proto_item_append_text(tree, ", %s", what);
}

static void show_parts(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct vsock_qga_message *m,
                       const struct vsock_call *call)
{
    if (m->sentinel)
        proto_tree_add_item(tree, hf_sentinel, tvb, 0, 1, ENC_NA);
    show_part(tvb, tree, hf_execute, m->execute);
    if (m->kind != VSOCK_QGA_REQUEST && call && call->method)
        proto_item_set_generated(proto_tree_add_string(tree, hf_execute, tvb, 0, 0, call->method));
    show_part(tvb, tree, hf_id, m->id);
    show_part(tvb, tree, hf_return, m->returned);
    show_part(tvb, tree, hf_class, m->error_class);
    show_part(tvb, tree, hf_desc, m->error_desc);
    if (m->kind == VSOCK_QGA_ERROR)
        expert_add_info(pinfo, tree, &failed.id);
    vsock_call_show(pinfo, tree, tvb, call,
                    m->kind == VSOCK_QGA_REQUEST ? VSOCK_CALL_REQUEST : VSOCK_CALL_ANSWER, &hf_call);
}

static void show_data(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, struct vsock_json_part part,
                      struct vsock_expert *why)
{
    proto_item *item = proto_tree_add_item(tree, hf_data, tvb, (int)part.begin, (int)part.length, ENC_NA);

    expert_add_info(pinfo, item, &why->id);
}

static void show_qga(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                     struct vsock_app_frame *frame)
{
    uint32_t length = tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)length);
    struct vsock_qga_message m = vsock_qga_message_of(bytes, length);

    if (m.kind == VSOCK_QGA_NONE && vsock_qga_size(bytes, length) == length && m.object.length == 0) {
        col_append_str(pinfo->cinfo, COL_INFO, "End of line");
        return;
    }
    if (m.kind == VSOCK_QGA_NONE) {
        col_append_str(pinfo->cinfo, COL_INFO, "No message");
        show_data(tvb, pinfo, tree, (struct vsock_json_part){0, length}, &no_message);
    } else {
        const struct vsock_call *call = find_call(tvb, pinfo, frame, &m);
        tvbuff_t *object = tvb_new_subset_length(tvb, (int)m.object.begin, (int)m.object.length);

        show_summary(tvb, pinfo, tree, &m, call);
        show_parts(tvb, pinfo, tree, &m, call);
        if (vsock_json_body_show(object, pinfo, top) != VSOCK_JSON_BODY_SHOWN)
            show_data(tvb, pinfo, tree, m.object, &undecoded);
    }
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb));
}

/* ---- recognising ---- */

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    uint32_t length = (uint32_t)tvb_captured_length_remaining(tvb, offset);

    return vsock_qga_size(tvb_get_ptr(tvb, offset, (int)length), length);
}

static bool is_qga(const struct vsock_look *look)
{
    uint32_t more;

    return vsock_json_recognize(look, vsock_is_qga, &more);
}

static uint32_t lacks(tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);
    uint32_t more;

    vsock_json_recognize(&look, vsock_is_qga, &more);
    return more;
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "QEMU guest agent", "QGA", "qga", .subtrees = {&ett_qga},
    .fields = fields, .field_count = array_length(fields), .experts = {&failed, &no_message, &undecoded},
    .recognize = is_qga, .lacks = lacks, .heuristic = dissect_heuristic, .show = show_qga,
    .header_size = 1, .message_size = message_size, .leaves = true, .message_units = vsock_json_body_units,
};
/* clang-format on */

void proto_register_qga(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_qga(void)
{
    vsock_json_body_find();
    vsock_app_attach(&app);
}
