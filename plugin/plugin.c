/* SPDX-License-Identifier: GPL-2.0-or-later
 * plugin.c - the symbols that Wireshark's loader looks up, nothing else.
 * plugin_describe is looked up since 4.2, where <wsutil/plugins.h> names its bits; 4.0 ships no such header.
 */
#include "compat.h"

#include "packet-vsock.h"

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

WS_DLL_PUBLIC_DEF const char plugin_version[] = VSOCK_PLUGIN_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC_DEF void plugin_register(void)
{
    static proto_plugin vsock = {vsock_plugin_register, vsock_plugin_handoff};

    proto_register_plugin(&vsock);
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);
WS_DLL_PUBLIC_DEF uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
