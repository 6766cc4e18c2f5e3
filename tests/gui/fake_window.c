/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake_window.c - a plugin for the tests alone: gives tshark or sharkd a text window that is stderr (sharkd
 * answers on stdout), and chooses Statistics > vsock Diagnoses before a capture is read. */
#include "compat.h"

#include <stdio.h>
#include <string.h>

#include <epan/funnel.h>

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

WS_DLL_PUBLIC_DEF const char plugin_version[] = "0";
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

static char window;

static funnel_text_window_t *open_window(funnel_ops_id_t *id _U_, const char *title)
{
    fprintf(stderr, "opened: %s\n", title);
    return (funnel_text_window_t *)(void *)&window;
}

static void set_text(funnel_text_window_t *at, const char *text)
{
    fprintf(stderr, "%s%s", (void *)at == &window ? "" : "another window: ", text);
}

static void set_close_cb(funnel_text_window_t *at _U_, text_win_close_cb_t callback _U_, void *data _U_)
{
}

static void retap(funnel_ops_id_t *id _U_)
{
}

static void choose(const char *name, register_stat_group_t group, funnel_menu_callback callback, void *data,
                   compat_bool retaps _U_)
{
    if (strcmp(name, "vsock Diagnoses") != 0)
        return;
    fprintf(stderr, "chosen: %s, group %d\n", name, group == REGISTER_PACKET_STAT_GROUP_UNSORTED);
    callback(data);
}

static void do_nothing(void)
{
}

static void handoff(void)
{
    static const funnel_ops_t gui = {
        .new_text_window = open_window,
        .set_text = set_text,
        .set_close_cb = set_close_cb,
        .retap_packets = retap,
    };

    funnel_set_funnel_ops(&gui);
    funnel_register_all_menus(choose);
}

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC_DEF void plugin_register(void)
{
    static proto_plugin plugin = {do_nothing, handoff};

    proto_register_plugin(&plugin);
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);
WS_DLL_PUBLIC_DEF uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
