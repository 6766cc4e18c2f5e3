/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert.c - expert infos, as the lists and as the tree have them. */
#include "compat.h"

#include "expert.h"

/* The item of the expert info that was added last, whose label epan gives nobody; NULL where nobody asks for
 * labels. */
static proto_item *last_expert_of(proto_item *item)
{
    static int expert_id = -1;
    proto_item *last = NULL;

    if (expert_id == -1)
        expert_id = proto_get_id_by_filter_name("_ws.expert");
    for (proto_item *child = item ? item->first_child : NULL; child; child = child->next) {
        if (PNODE_FINFO(child) && PNODE_FINFO(child)->hfinfo->id == expert_id)
            last = child;
    }
    return last;
}

void vsock_expert_add(packet_info *pinfo, proto_item *item, struct vsock_expert *expert, const char *message,
                      const char *text)
{
    proto_item *shown;

    if (message)
        expert_add_info_format(pinfo, item, &expert->id, "%s", message);
    else
        expert_add_info(pinfo, item, &expert->id);
    shown = text ? last_expert_of(item) : NULL;
    if (shown) /* worded as epan does */
        proto_item_set_text(shown, "Expert Info (%s/%s): %s",
                            val_to_str_const(expert->severity, expert_severity_vals, "?"),
                            val_to_str_const(expert->group, expert_group_vals, "?"), text);
}
