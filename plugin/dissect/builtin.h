/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtin.h - living on Wireshark's own `vsock` protocol instead of beside it.
 * Filters, saved profiles and scripts made for the built-in dissector carry on; it has been the same since
 * 2016. */
#ifndef VSOCK_DISSECT_BUILTIN_H
#define VSOCK_DISSECT_BUILTIN_H

#include <epan/expert.h>
#include <epan/packet.h>

/* What a module adds to the protocol. */
struct vsock_fields {
    hf_register_info *shared; /* these the built-in may have, with the same types: they become its own */
    size_t shared_count;
    hf_register_info *own;
    size_t own_count;
    ei_register_info *experts;
    size_t expert_count;
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
