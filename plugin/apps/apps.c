/* SPDX-License-Identifier: GPL-2.0-or-later
 * apps.c - what the application dissectors share. */
#include "compat.h"

#include "apps.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>
#include <epan/strutil.h>
#include <wsutil/utf8_entities.h>

/* Of a packet's data for a protocol, on this pass: struct vsock_app_frame. call.c has others. */
#define FRAME_KEY 0

/* Messages that the Info column tells of. It has room for more, but to add to a long text costs more than to
 * dissect a short message. */
#define INFO_MESSAGES 20

/* Messages that are dissected one after another. What is kept of the frame is looked for once: epan has it in
 * a list, which the messages make longer. */
struct run {
    const struct vsock_app *app;
    struct vsock_app_frame *frame;
};

static struct vsock_app_frame *find_frame(packet_info *pinfo, int proto)
{
    return (struct vsock_app_frame *)p_get_proto_data(pinfo->pool, pinfo, proto, FRAME_KEY);
}

const struct vsock_app_frame *vsock_app_frame_of(packet_info *pinfo, int proto)
{
    return find_frame(pinfo, proto);
}

static struct vsock_app_frame *get_frame(packet_info *pinfo, int proto)
{
    struct vsock_app_frame *frame = find_frame(pinfo, proto);

    if (!frame) {
        frame = wmem_new0(pinfo->pool, struct vsock_app_frame);
        frame->calls = vsock_calls_of_frame(pinfo, proto);
        p_add_proto_data(pinfo->pool, pinfo, proto, FRAME_KEY, frame);
    }
    return frame;
}

/* The packet's first message replaces vsock's text, but for what is wrong; the others follow it. */
static void begin_info(packet_info *pinfo, const struct run *run)
{
    const struct vsock_app *app = run->app;

    col_set_str(pinfo->cinfo, COL_PROTOCOL, app->column ? app->column : app->short_name);
    col_clear(pinfo->cinfo, COL_INFO); /* up to the fence behind vsock's tags, or the message before */
    if (run->frame->in_info > 0)
        col_append_str(pinfo->cinfo, COL_INFO, ", ");
}

/* Leaves the column as it is, until whoever called vsock's payload puts that right. */
static void end_info(packet_info *pinfo, const struct run *run)
{
    begin_info(pinfo, run);
    col_append_str(pinfo->cinfo, COL_INFO, UTF8_HORIZONTAL_ELLIPSIS);
    col_set_fence(pinfo->cinfo, COL_INFO);
    col_set_writable(pinfo->cinfo, COL_INFO, FALSE);
}

static int dissect_message(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, void *data)
{
    const struct run *run = (const struct run *)data;
    const struct vsock_app *app = run->app;
    proto_item *item;

    tvb_ensure_bytes_exist(tvb, 0, (int)app->header_size); /* else nothing tells that it is one */
    item = proto_tree_add_item(top, app->proto, tvb, 0, -1, ENC_NA);
    if (run->frame->in_info == INFO_MESSAGES)
        end_info(pinfo, run);
    if (run->frame->in_info < INFO_MESSAGES)
        begin_info(pinfo, run);
    run->frame->in_info++;
    app->show(tvb, pinfo, top, proto_item_add_subtree(item, *app->subtrees[0]), run->frame);
    col_set_fence(pinfo->cinfo, COL_INFO);
    return (int)tvb_captured_length(tvb);
}

static unsigned size_of(packet_info *pinfo, tvbuff_t *tvb, int offset, const struct run *run)
{
    unsigned told = run->app->told_size ? run->app->told_size(pinfo, tvb, offset, run->frame) : 0;

    return told > 0 ? told : run->app->message_size(tvb, offset);
}

static unsigned message_size(packet_info *pinfo, tvbuff_t *tvb, int offset, void *data)
{
    const struct run *run = (const struct run *)data;
    const struct vsock_app *app = run->app;
    unsigned size;

    if (!tvb_bytes_exist(tvb, offset, (int)app->header_size))
        return app->header_size;
    size = size_of(pinfo, tvb, offset, run);
    if (size == VSOCK_APP_SIZE_UNKNOWN && pinfo->can_desegment > 0)
        return 0; /* epan asks for another packet */
    if (size == VSOCK_APP_SIZE_UNKNOWN)
        size = 0;
    if (size != 0 && app->message_tail)
        size += app->message_tail(pinfo, tvb, offset, run->frame);
    return size != 0 ? size : (unsigned)tvb_reported_length_remaining(tvb, offset);
}

static bool is_recognized(const struct vsock_app *app, tvbuff_t *tvb)
{
    struct vsock_look look = vsock_look_at(tvb);

    return app->recognize(&look);
}

static bool is_its_own(packet_info *pinfo, tvbuff_t *tvb, const struct run *run)
{
    const struct vsock_app *app = run->app;

    if (app->strict && !is_recognized(app, tvb))
        return false;
    return !app->leaves || !tvb_bytes_exist(tvb, 0, (int)app->header_size) ||
           size_of(pinfo, tvb, 0, run) != 0;
}

/* For what the app lacks to be sure of its protocol or its framing. */
static bool ask_for_more(const struct vsock_app *app, tvbuff_t *tvb, packet_info *pinfo)
{
    uint32_t more = app->lacks ? app->lacks(tvb) : 0;

    if (more == 0 || pinfo->can_desegment == 0)
        return false;
    pinfo->desegment_offset = 0;
    pinfo->desegment_len = more == VSOCK_APP_SIZE_UNKNOWN ? DESEGMENT_ONE_MORE_SEGMENT : more;
    return true;
}

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_, void *app_data)
{
    struct run run = {.app = (const struct vsock_app *)app_data};

    if (run.app->pick) {
        run.app = run.app->pick(tvb);
        if (!run.app)
            return ask_for_more((const struct vsock_app *)app_data, tvb, pinfo)
                       ? (int)tvb_captured_length(tvb)
                       : 0;
        vsock_claim(pinfo, run.app->handle);
    }
    if (run.app->told_size)
        run.frame = get_frame(pinfo, run.app->proto);
    if (!is_its_own(pinfo, tvb, &run))
        return 0;
    run.frame = get_frame(pinfo, run.app->proto);
    if (run.app->header_size == 0)
        return dissect_message(tvb, pinfo, tree, &run);
    tcp_dissect_pdus(tvb, pinfo, tree, TRUE, run.app->header_size, message_size, dissect_message, &run);
    return (int)tvb_captured_length(tvb);
}

/* ---- what it costs ---- */

/* Bytes of an app's messages. */
struct weighing {
    const struct vsock_app *app;
    tvbuff_t *tvb;
    const uint8_t *bytes; /* the tvb's first */
};

static struct vsock_weighed_message weigh_message(const void *context, const uint8_t *bytes, uint32_t length)
{
    const struct weighing *w = (const struct weighing *)context;
    struct vsock_weighed_message m = {.units = VSOCK_WEIGHT_MESSAGE,
                                      .looked_up = w->app->message_units != NULL};
    int offset = (int)(bytes - w->bytes);

    if (length < w->app->header_size)
        return m;
    m.size = w->app->message_size(w->tvb, offset);
    m.size = m.size == VSOCK_APP_SIZE_UNKNOWN ? 0 : m.size;
    if (w->app->message_units)
        m.units += w->app->message_units(w->tvb, offset, offset + (int)MIN(m.size ? m.size : length, length));
    return m;
}

static struct vsock_weight weigh(const void *context, tvbuff_t *tvb, const struct vsock_handoff *handoff _U_,
                                 struct vsock_weight_limit limit)
{
    struct weighing w = {.app = (const struct vsock_app *)context, .tvb = tvb};
    uint32_t length = tvb_captured_length(tvb);

    if (w.app->pick)
        w.app = w.app->pick(tvb);
    if (!w.app)
        return (struct vsock_weight){.length = length};
    w.bytes = tvb_get_ptr(tvb, 0, (int)length);
    if (w.app->header_size == 0) { /* all of it is one message */
        struct vsock_weight lines;

        limit.messages = UINT32_MAX;
        lines = vsock_weigh_messages(vsock_weigh_line, NULL, w.bytes, length, limit);
        lines.messages = 1;
        return lines;
    }
    return vsock_weigh_messages(weigh_message, &w, w.bytes, length, limit);
}

bool vsock_app_try(struct vsock_app *app, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    if (!is_recognized(app, tvb))
        return false;
    if (app->lacks && app->lacks(tvb) > 0)
        return ask_for_more(app, tvb, pinfo);
    vsock_claim(pinfo, app->handle);
    dissect(tvb, pinfo, tree, NULL, app);
    return true;
}

/* Another framing of a protocol. */
static void register_variant(struct vsock_app *app)
{
    if (!app->of->handle)
        return;
    app->name = app->of->name;
    app->short_name = wmem_strdup_printf(wmem_epan_scope(), "%s (%s)", app->of->short_name, app->variant);
    app->filter_name = wmem_strdup_printf(wmem_epan_scope(), "%s_%s", app->of->filter_name, app->variant);
    app->column = app->of->column ? app->of->column : app->of->short_name;
    app->proto = app->of->proto;
    app->handle = register_dissector_with_data(app->filter_name, dissect, app->proto, app);
}

void vsock_app_register(struct vsock_app *app)
{
    expert_module_t *experts;

    if (app->of) {
        register_variant(app);
        return;
    }
    if (proto_get_id_by_filter_name(app->filter_name) != -1)
        return;
    app->proto = proto_register_protocol(app->name, app->short_name, app->filter_name);
    proto_register_field_array(app->proto, app->fields, app->field_count);
    for (size_t i = 0; i < array_length(app->subtrees) && app->subtrees[i]; i++)
        proto_register_subtree_array(&app->subtrees[i], 1);
    experts = expert_register_protocol(app->proto);
    for (size_t i = 0; i < array_length(app->experts) && app->experts[i]; i++)
        vsock_expert_register(experts, app->experts[i]);
    app->handle = register_dissector_with_data(app->filter_name, dissect, app->proto, app);
}

void vsock_app_attach(const struct vsock_app *app)
{
    const char *title, *name;

    if (!app->handle || !vsock_takes_dissectors())
        return;
    if (app->port != 0)
        dissector_add_uint(VSOCK_PORT_TABLE, app->port, app->handle);
    else if (!app->of)
        dissector_add_for_decode_as(VSOCK_PORT_TABLE, app->handle);
    vsock_scale_add(app->handle, weigh, app);
    if (!app->heuristic)
        return;
    title = wmem_strdup_printf(wmem_epan_scope(), "%s over vsock", app->short_name);
    name = wmem_strdup_printf(wmem_epan_scope(), "%s_vsock", app->filter_name);
    vsock_heuristic_add(app->heuristic, app->recognize, title, name, app->handle);
}

const char *vsock_app_printable(packet_info *pinfo, const char *text)
{
    return text ? compat_format_text(pinfo->pool, text) : "?";
}

const char *vsock_app_keep(const char *text)
{
    static wmem_map_t *texts;
    char *kept;

    if (!text)
        return NULL;
    if (!texts)
        texts = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_str_hash, g_str_equal);
    kept = (char *)wmem_map_lookup(texts, text);
    if (!kept) {
        kept = wmem_strdup(wmem_file_scope(), text);
        wmem_map_insert(texts, kept, kept);
    }
    return kept;
}

void vsock_app_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data)
{
    gboolean writable = col_get_writable(pinfo->cinfo, -1);
    unsigned layers = wmem_list_count(pinfo->layers);

    if (!handle)
        return;
    col_set_writable(pinfo->cinfo, -1, FALSE);
    TRY
    {
        call_dissector_with_data(handle, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        col_set_writable(pinfo->cinfo, -1, writable);
        vsock_layers_leave(pinfo, layers);
    }
    ENDTRY;
}
