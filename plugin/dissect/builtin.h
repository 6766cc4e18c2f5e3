/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtin.h - living on Wireshark's own `vsock` protocol instead of beside it.
 * Filters, saved profiles and scripts made for the built-in dissector carry on; it has been the same since
 * 2016. */
#ifndef VSOCK_DISSECT_BUILTIN_H
#define VSOCK_DISSECT_BUILTIN_H

#include <epan/expert.h>
#include <epan/packet.h>

/* An expert info; it may be of another protocol as well. */
struct vsock_expert {
    const char *name;
    int severity; /* PI_... */
    const char *summary;
    const char *blurb; /* for what the summary does not say; or NULL */
    int group;         /* PI_... */
    expert_field id;   /* once it is registered */
};

void vsock_expert_register(expert_module_t *module, struct vsock_expert *expert);

/* What a module adds to the protocol. */
struct vsock_fields {
    hf_register_info *shared; /* these the built-in may have, with the same types: they become its own */
    size_t shared_count;
    hf_register_info *own;
    size_t own_count;
    struct vsock_expert *(*next_expert)(size_t i); /* the i-th, from 0; NULL behind the last */
    int *const *subtrees;
    size_t subtree_count;
};

/* The protocol `vsock`: Wireshark's own, or one registered here where this Wireshark has none. */
extern int proto_vsock;

/* The first filter name of these that cannot be had, or NULL. To be asked before anything is registered. */
const char *vsock_fields_conflict(const struct vsock_fields *const *modules, size_t count);

/* Sets `proto_vsock`, and adds all of these to it. */
void vsock_fields_register(const struct vsock_fields *const *modules, size_t count);

#endif
