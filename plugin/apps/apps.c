/* SPDX-License-Identifier: GPL-2.0-or-later
 * apps.c - what the application dissectors share. */
#include "compat.h"

#include "apps.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>
#include <epan/proto_data.h>
#include <epan/strutil.h>

#include "payload/handoff.h"

/* Of a packet's data for a protocol: its first message is in the Info column. call.c counts with key 0. */
#define INFO_KEY UINT32_MAX

/* The packet's first message replaces vsock's text, but for what is wrong; the others follow it. */
static void begin_info(packet_info *pinfo, const struct vsock_app *app)
{
    col_set_str(pinfo->cinfo, COL_PROTOCOL, app->column ? app->column : app->short_name);
    col_clear(pinfo->cinfo, COL_INFO); /* up to the fence behind vsock's tags, or the message before */
    if (p_get_proto_data(pinfo->pool, pinfo, app->proto, INFO_KEY))
        col_append_str(pinfo->cinfo, COL_INFO, ", ");
    else
        p_add_proto_data(pinfo->pool, pinfo, app->proto, INFO_KEY, GUINT_TO_POINTER(1));
}

static int dissect_message(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, void *data)
{
    const struct vsock_app *app = (const struct vsock_app *)data;
    proto_item *item;

    tvb_ensure_bytes_exist(tvb, 0, (int)app->header_size); /* else nothing tells that it is one */
    item = proto_tree_add_item(top, app->proto, tvb, 0, -1, ENC_NA);
    begin_info(pinfo, app);
    app->show(tvb, pinfo, top, proto_item_add_subtree(item, *app->subtrees[0]));
    col_set_fence(pinfo->cinfo, COL_INFO);
    return (int)tvb_captured_length(tvb);
}

static unsigned message_size(packet_info *pinfo _U_, tvbuff_t *tvb, int offset, void *data)
{
    const struct vsock_app *app = (const struct vsock_app *)data;
    unsigned size;

    if (!tvb_bytes_exist(tvb, offset, (int)app->header_size))
        return app->header_size;
    size = app->message_size(tvb, offset);
    return size != 0 ? size : (unsigned)tvb_reported_length_remaining(tvb, offset);
}

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_, void *app_data)
{
    const struct vsock_app *app = (const struct vsock_app *)app_data;

    if (app->strict && !app->recognize(tvb))
        return 0;
    if (app->header_size == 0)
        return dissect_message(tvb, pinfo, tree, app_data);
    tcp_dissect_pdus(tvb, pinfo, tree, TRUE, app->header_size, message_size, dissect_message, app_data);
    return (int)tvb_captured_length(tvb);
}

bool vsock_app_try(struct vsock_app *app, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    if (!app->recognize(tvb))
        return false;
    vsock_claim(pinfo, app->handle);
    dissect(tvb, pinfo, tree, NULL, app);
    return true;
}

void vsock_app_register(struct vsock_app *app)
{
    expert_module_t *experts;

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
    else
        dissector_add_for_decode_as(VSOCK_PORT_TABLE, app->handle);
    if (!app->heuristic)
        return;
    title = wmem_strdup_printf(wmem_epan_scope(), "%s over vsock", app->short_name);
    name = wmem_strdup_printf(wmem_epan_scope(), "%s_vsock", app->filter_name);
    vsock_heuristic_add(app->heuristic, app->recognize, title, name, app->proto);
}

const char *vsock_app_printable(packet_info *pinfo, const char *text)
{
    /* 4.0 declares it for unsigned bytes, later series for char: neither minds a pointer to void */
    return text ? format_text(pinfo->pool, (const void *)text, strlen(text)) : "?";
}

void vsock_app_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                    void *data)
{
    gboolean writable = col_get_writable(pinfo->cinfo, -1);

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
    }
    ENDTRY;
}
