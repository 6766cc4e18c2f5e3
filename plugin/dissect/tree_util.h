/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree_util.h - times as epan has them; and adding items that stand for no bytes of the packet: Wireshark
 * shows them in brackets. */
#ifndef VSOCK_DISSECT_TREE_UTIL_H
#define VSOCK_DISSECT_TREE_UTIL_H

#include <epan/packet.h>

static inline nstime_t vsock_nstime(int64_t nanoseconds)
{
    return (nstime_t){(time_t)(nanoseconds / 1000000000), (int)(nanoseconds % 1000000000)};
}

static inline void vsock_add_uint(proto_tree *tree, tvbuff_t *tvb, int hf, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 0, value));
}

static inline void vsock_add_int64(proto_tree *tree, tvbuff_t *tvb, int hf, int64_t value)
{
    proto_item_set_generated(proto_tree_add_int64(tree, hf, tvb, 0, 0, value));
}

static inline void vsock_add_uint64(proto_tree *tree, tvbuff_t *tvb, int hf, uint64_t value)
{
    proto_item_set_generated(proto_tree_add_uint64(tree, hf, tvb, 0, 0, value));
}

static inline void vsock_add_time(proto_tree *tree, tvbuff_t *tvb, int hf, int64_t nanoseconds)
{
    nstime_t t = vsock_nstime(nanoseconds);

    proto_item_set_generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &t));
}

#endif
