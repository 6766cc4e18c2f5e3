/* SPDX-License-Identifier: GPL-2.0-or-later
 * packet_menu.c - entries in the context menu of the packet list, of packets of a stream: filters on that
 * stream. None for its graph: neither plugin_if.h nor funnel.h opens one; graphs of the profile follow the
 * selected packet instead. */
#include "compat.h"

#include <epan/funnel.h>
#include <epan/plugin_if.h>

#include "tap.h"

#define FIELD "vsock.stream"

/* `infos`: of struct field_info, of the packet that was clicked. */
static void apply(GPtrArray *infos, const char *more)
{
    for (unsigned i = 0; infos && i < infos->len; i++) {
        field_info *info = (field_info *)g_ptr_array_index(infos, i);
        char *filter;

        if (!g_str_equal(info->hfinfo->abbrev, FIELD))
            continue;
        filter = g_strdup_printf(FIELD " == %u%s", (unsigned)compat_field_uint(info), more);
        plugin_if_apply_filter(filter, true);
        g_free(filter);
        return;
    }
}

static void show_stream(void *data _U_, GPtrArray *infos)
{
    apply(infos, "");
}

static void show_diagnosed(void *data _U_, GPtrArray *infos)
{
    apply(infos, " && vsock.diagnosis");
}

void vsock_packet_menu_register(void)
{
    compat_register_packet_menu("vsock/Only this stream", FIELD, show_stream);
    compat_register_packet_menu("vsock/What is diagnosed of this stream", FIELD, show_diagnosed);
}
