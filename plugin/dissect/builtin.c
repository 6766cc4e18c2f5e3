/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtin.c - living on Wireshark's own `vsock` protocol.
 * A second field with a name that is taken would be legal in epan, but then 4.0 and 4.4 look up quoted value
 * names (vsock.virtio.op == "Credit request") among the older field's only, and a different type crashes the
 * filter compiler. */
#include "builtin.h"

int vsock_builtin_protocol(void)
{
    int proto = proto_get_id_by_filter_name("vsock");

    return proto > 0 ? proto : proto_register_protocol("vSocket", "vsock", "vsock");
}

const char *vsock_builtin_conflict(const hf_register_info *shared, size_t shared_count,
                                   const hf_register_info *own, size_t own_count)
{
    for (size_t i = 0; i < shared_count; i++) {
        const header_field_info *theirs = proto_registrar_get_byname(shared[i].hfinfo.abbrev);

        if (theirs && theirs->type != shared[i].hfinfo.type)
            return shared[i].hfinfo.abbrev;
    }
    for (size_t i = 0; i < own_count; i++) {
        if (proto_registrar_get_byname(own[i].hfinfo.abbrev))
            return own[i].hfinfo.abbrev;
    }
    return NULL;
}

const char *vsock_builtin_expert_conflict(const ei_register_info *own, size_t own_count)
{
    for (size_t i = 0; i < own_count; i++) {
        if (proto_registrar_get_byname(own[i].eiinfo.name))
            return own[i].eiinfo.name;
    }
    return NULL;
}

void vsock_builtin_adopt_fields(int proto, hf_register_info *shared, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        header_field_info *theirs = proto_registrar_get_byname(shared[i].hfinfo.abbrev);

        if (theirs) {
            *shared[i].p_id = theirs->id;
            /* The built-in calls op 7 "Credit response" and knows no SEQPACKET; it has no blurbs. */
            theirs->strings = shared[i].hfinfo.strings;
            theirs->blurb = shared[i].hfinfo.blurb;
        } else {
            proto_register_field_array(proto, &shared[i], 1);
        }
    }
}
