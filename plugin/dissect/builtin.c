/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtin.c - living on Wireshark's own `vsock` protocol.
 * A second field with a name that is taken would be legal in epan, but then 4.0 and 4.4 look up quoted value
 * names (vsock.virtio.op == "Credit request") among the older field's only, and a different type crashes the
 * filter compiler. */
#include "builtin.h"

int proto_vsock = -1;

static const char *conflict(const struct vsock_fields *module)
{
    for (size_t i = 0; i < module->shared_count; i++) {
        const header_field_info *theirs = proto_registrar_get_byname(module->shared[i].hfinfo.abbrev);

        if (theirs && theirs->type != module->shared[i].hfinfo.type)
            return module->shared[i].hfinfo.abbrev;
    }
    for (size_t i = 0; i < module->own_count; i++) {
        if (proto_registrar_get_byname(module->own[i].hfinfo.abbrev))
            return module->own[i].hfinfo.abbrev;
    }
    for (size_t i = 0; module->next_expert && module->next_expert(i); i++) {
        if (proto_registrar_get_byname(module->next_expert(i)->name))
            return module->next_expert(i)->name;
    }
    return NULL;
}

const char *vsock_fields_conflict(const struct vsock_fields *const *modules, size_t count)
{
    const char *name = NULL;

    for (size_t i = 0; i < count && !name; i++)
        name = conflict(modules[i]);
    return name;
}

/* The built-in's fields get our value names: it calls op 7 "Credit response" and knows no SEQPACKET. It has
 * no blurbs. */
static void share(hf_register_info *field)
{
    header_field_info *theirs = proto_registrar_get_byname(field->hfinfo.abbrev);

    if (!theirs) {
        proto_register_field_array(proto_vsock, field, 1);
        return;
    }
    *field->p_id = theirs->id;
    theirs->strings = field->hfinfo.strings;
    theirs->blurb = field->hfinfo.blurb;
}

/* epan keeps what it is given; the blurb is in `tshark -G fields`, and in Wireshark's status bar. */
void vsock_expert_register(expert_module_t *module, struct vsock_expert *expert)
{
    ei_register_info *info = wmem_new0(wmem_epan_scope(), ei_register_info);

    expert->id = (expert_field)EI_INIT;
    info->ids = &expert->id;
    info->eiinfo.name = expert->name;
    info->eiinfo.group = expert->group;
    info->eiinfo.severity = expert->severity;
    info->eiinfo.summary = expert->summary;
    info->eiinfo.hf_info.hfinfo =
        (header_field_info){NULL, NULL, FT_NONE, BASE_NONE, NULL, 0, expert->blurb, HFILL};
    expert_register_field_array(module, info, 1);
}

void vsock_fields_register(const struct vsock_fields *const *modules, size_t count)
{
    expert_module_t *experts;

    proto_vsock = proto_get_id_by_filter_name("vsock");
    if (proto_vsock <= 0)
        proto_vsock = proto_register_protocol("vSocket", "vsock", "vsock");
    experts = expert_register_protocol(proto_vsock);
    for (size_t i = 0; i < count; i++) {
        const struct vsock_fields *module = modules[i];

        for (size_t j = 0; j < module->shared_count; j++)
            share(&module->shared[j]);
        proto_register_field_array(proto_vsock, module->own, (int)module->own_count);
        for (size_t j = 0; module->next_expert && module->next_expert(j); j++)
            vsock_expert_register(experts, module->next_expert(j));
        proto_register_subtree_array(module->subtrees, (int)module->subtree_count);
    }
}
