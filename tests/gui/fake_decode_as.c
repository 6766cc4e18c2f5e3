/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake_decode_as.c - a plugin for the tests alone: chooses Analyze > Decode As for sharkd, which has no such
 * request. The preference fake_decode_as.choice, "PORT=DISSECTOR" or nothing, takes effect when the next
 * capture is read, as the GUI's choice does; the one before is taken back. */
#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include <epan/prefs.h>
#include <wsutil/report_message.h>

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#include "payload/handoff.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = "0";
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

static const char *choice = "";
static unsigned chosen_port; /* 0: nothing is chosen */

/* What the GUI ends up calling in every series; what lies between differs. */
static void choose(void)
{
    const char *name = strchr(choice, '=');
    dissector_handle_t handle = name ? find_dissector(name + 1) : NULL;

    if (name && !handle) {
        report_failure("fake_decode_as: cannot choose \"%s\"", choice);
        exit(1);
    }
    if (chosen_port != 0)
        dissector_reset_uint(VSOCK_PORT_TABLE, chosen_port);
    chosen_port = (unsigned)strtoul(choice, NULL, 10);
    if (chosen_port != 0)
        dissector_change_uint(VSOCK_PORT_TABLE, chosen_port, handle);
}

static void do_register(void)
{
    int proto = proto_register_protocol("Fake Decode As", "FakeDecodeAs", "fake_decode_as");

    prefs_register_string_preference(prefs_register_protocol(proto, NULL), "choice", "Choice",
                                     "PORT=DISSECTOR, or nothing", &choice);
    register_init_routine(choose);
}

static void do_nothing(void)
{
}

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC_DEF void plugin_register(void)
{
    static proto_plugin plugin = {do_register, do_nothing};

    proto_register_plugin(&plugin);
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);
WS_DLL_PUBLIC_DEF uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
