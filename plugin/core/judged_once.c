/* SPDX-License-Identifier: GPL-2.0-or-later
 * judged_once.c - which of two views. */
#include "judged_once.h"

/* It is the client's, which had no answer, and said nothing since: the other view has a RESPONSE. */
static bool is_unheard(const struct vsock_stream *asked, const struct vsock_stream *answered)
{
    return asked->conn.from_request && asked->packets == 1 && answered->conn.response.record != 0;
}

/* The better of two to judge by. */
static bool is_better(const struct vsock_twins *t, const struct vsock_stream *one,
                      const struct vsock_stream *other)
{
    if (one->conn.from_request != other->conn.from_request)
        return one->conn.from_request;
    if (is_unheard(one, other) != is_unheard(other, one))
        return is_unheard(one, other);
    if (one->packets != other->packets)
        return one->packets > other->packets;
    return vsock_view_of(t, one->source) == VSOCK_VIEW_HOST;
}

bool vsock_is_judged_view(const struct vsock_twins *t, const struct vsock_stream *s)
{
    const struct vsock_stream *other = vsock_twin_stream(t, s);

    return !other || is_better(t, s, other);
}

static void add_all_datagrams(GHashTable *set, const struct vsock_capture *c)
{
    for (unsigned i = 0; i < wmem_array_get_count(c->datagrams.all); i++)
        g_hash_table_add(set, *(struct vsock_datagrams **)wmem_array_index(c->datagrams.all, i));
}

struct vsock_selection vsock_select_views(const struct vsock_twins *t, const struct vsock_selection *only)
{
    const struct vsock_capture *c = t->capture;
    struct vsock_selection judged = {.streams = g_hash_table_new(NULL, NULL),
                                     .unassociated = only ? only->unassociated : c->unassociated};

    for (uint32_t i = 0; i < wmem_array_get_count(c->streams); i++) {
        const struct vsock_stream *s = vsock_capture_stream(c, i), *other = vsock_twin_stream(t, s);

        if (only && !g_hash_table_contains(only->streams, GUINT_TO_POINTER(i)))
            continue;
        if (other && !vsock_is_judged_view(t, s))
            s = other;
        g_hash_table_add(judged.streams, GUINT_TO_POINTER(s->index));
    }
    if (only) {
        judged.datagrams = only->datagrams ? g_hash_table_ref(only->datagrams) : NULL;
    } else {
        judged.datagrams = g_hash_table_new(NULL, NULL);
        add_all_datagrams(judged.datagrams, c);
    }
    return judged;
}

void vsock_selection_clear(struct vsock_selection *views)
{
    g_hash_table_unref(views->streams);
    if (views->datagrams)
        g_hash_table_unref(views->datagrams);
}
