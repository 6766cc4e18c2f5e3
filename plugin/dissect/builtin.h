/* SPDX-License-Identifier: GPL-2.0-or-later
 * builtin.h - living on Wireshark's own `vsock` protocol instead of beside it.
 * Filters, saved profiles and scripts made for the built-in dissector carry on; it has been the same since
 * 2016. */
#ifndef VSOCK_DISSECT_BUILTIN_H
#define VSOCK_DISSECT_BUILTIN_H

#include <epan/expert.h>
#include <epan/packet.h>

/* The id of the protocol `vsock`: Wireshark's own, or one registered here where this Wireshark has none. */
int vsock_builtin_protocol(void);

/* The first of these filter names that cannot be had, or NULL. The `shared` ones may exist with the same
 * type. */
const char *vsock_builtin_conflict(const hf_register_info *shared, size_t shared_count,
                                   const hf_register_info *own, size_t own_count);
const char *vsock_builtin_expert_conflict(const ei_register_info *own, size_t own_count);

/* Registers fields of which the built-in has most: those get the built-in's id, and our value names. */
void vsock_builtin_adopt_fields(int proto, hf_register_info *shared, size_t count);

#endif
