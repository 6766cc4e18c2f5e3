/* SPDX-License-Identifier: GPL-2.0-or-later
 * apps.c - what the application dissectors share. */
#include "compat.h"

#include "apps.h"

#include <epan/exceptions.h>
#include <epan/proto_data.h>
#include <epan/strutil.h>

/* Of a packet's data for a protocol: its first message is in the Info column. call.c counts with key 0. */
#define INFO_KEY UINT32_MAX

int vsock_app_protocol(const char *name, const char *short_name, const char *filter_name)
{
    if (proto_get_id_by_filter_name(filter_name) != -1)
        return -1;
    return proto_register_protocol(name, short_name, filter_name);
}

void vsock_app_begin_info(packet_info *pinfo, int proto, const char *column)
{
    col_set_str(pinfo->cinfo, COL_PROTOCOL, column);
    col_clear(pinfo->cinfo, COL_INFO); /* up to the fence behind vsock's tags, or the message before */
    if (p_get_proto_data(pinfo->pool, pinfo, proto, INFO_KEY))
        col_append_str(pinfo->cinfo, COL_INFO, ", ");
    else
        p_add_proto_data(pinfo->pool, pinfo, proto, INFO_KEY, GUINT_TO_POINTER(1));
}

void vsock_app_end_info(packet_info *pinfo)
{
    col_set_fence(pinfo->cinfo, COL_INFO);
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
