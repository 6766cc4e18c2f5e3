/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake.h - what Wireshark asks of a plugin, for the stand-ins of the tests. Each includes it once. */
#ifndef VSOCK_TESTS_FAKE_H
#define VSOCK_TESTS_FAKE_H

#include "compat.h"

#include <epan/proto.h>

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

WS_DLL_PUBLIC_DEF const char plugin_version[] = "0";
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

/* What it does as protocols are registered, and once they are. */
static void fake_register(void);
static void fake_handoff(void);

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC_DEF void plugin_register(void)
{
    static proto_plugin plugin = {fake_register, fake_handoff};

    proto_register_plugin(&plugin);
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);
WS_DLL_PUBLIC_DEF uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif

#endif
