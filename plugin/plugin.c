/* SPDX-License-Identifier: GPL-2.0-or-later
 * plugin.c - the symbols that Wireshark's loader looks up, nothing else.
 * For the build of the folder above. In Wireshark's own tree tools/make-plugin-reg.py writes another one,
 * into the build, from the functions proto_register_*() and proto_reg_handoff_*() that it finds: the ones
 * that are listed here. plugin_describe is looked up since 4.2, where <wsutil/plugins.h> names its bits; 4.0
 * ships no such header.
 */
#include "compat.h"

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#include "apps/apps.h"

void proto_register_vsock(void);
void proto_reg_handoff_vsock(void);

WS_DLL_PUBLIC_DEF const char plugin_version[] = VSOCK_PLUGIN_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
WS_DLL_PUBLIC_DEF void plugin_register(void)
{
    static const proto_plugin protocols[] = {
        {proto_register_ethframe, proto_reg_handoff_ethframe},
        {proto_register_gcs, proto_reg_handoff_gcs},
        {proto_register_jsonframe, proto_reg_handoff_jsonframe},
        {proto_register_nbdframe, proto_reg_handoff_nbdframe},
        {proto_register_nitro, proto_reg_handoff_nitro},
        {proto_register_p11rpc, proto_reg_handoff_p11rpc},
        {proto_register_qga, proto_reg_handoff_qga},
        {proto_register_sd_notify, proto_reg_handoff_sd_notify},
        {proto_register_ttrpc, proto_reg_handoff_ttrpc},
        {proto_register_varlink, proto_reg_handoff_varlink},
        {proto_register_vsock, proto_reg_handoff_vsock},
    };

    for (size_t i = 0; i < array_length(protocols); i++)
        proto_register_plugin(&protocols[i]);
}

#ifdef WS_PLUGIN_DESC_DISSECTOR
WS_DLL_PUBLIC uint32_t plugin_describe(void);
WS_DLL_PUBLIC_DEF uint32_t plugin_describe(void)
{
    return WS_PLUGIN_DESC_DISSECTOR;
}
#endif
