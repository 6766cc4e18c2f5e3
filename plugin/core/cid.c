/* SPDX-License-Identifier: GPL-2.0-or-later
 * cid.c - one CID as a capture shows it. */
#include "cid.h"

struct vsock_cid *vsock_cid_get(struct vsock_table *cids, const struct vsock_capture_source *source,
                                uint64_t cid, uint64_t other)
{
    struct vsock_key key = {{(uintptr_t)source, cid, vsock_cid_is_of_one_client(cid) ? other : 0}};

    return (struct vsock_cid *)vsock_table_get(cids, key, sizeof(struct vsock_cid));
}

void vsock_cid_take(struct vsock_cid *c, int64_t time)
{
    c->spoke_before = c->packets++ == 0 ? VSOCK_TIME_NONE : c->spoke;
    c->spoke = MAX(c->spoke_before, time);
}

uint64_t vsock_cid_guest(const struct vsock_cid *c)
{
    return c->key.word[2];
}
