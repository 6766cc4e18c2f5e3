/* SPDX-License-Identifier: GPL-2.0-or-later
 * datagrams.c - which datagrams were refused. */
#include "datagrams.h"

#include "repeats.h"

void vsock_datagrams_take(struct vsock_datagrams *d, uint16_t op, uint8_t side, const struct vsock_mark *at)
{
    struct vsock_datagrams_sent *own = &d->sent[side], *others = &d->sent[side ^ 1];

    if (op == VSOCK_OP_RW) {
        own->count++;
        own->waiting++;
        others->waiting = 0;
    } else if (op == VSOCK_OP_RST && others->waiting > 0) {
        others->waiting--;
        if (others->refused++ == 0)
            others->first = *at;
        others->last = *at;
    }
}

/* ---- what is told ---- */

/* Pairs of endpoints that differ in the sender's port alone. */
struct receiver {
    struct vsock_key key;
    unsigned pairs;
    struct vsock_diagnosis all;
};

static struct receiver *get_receiver(struct vsock_table *receivers, const struct vsock_datagrams *d,
                                     uint8_t sender)
{
    struct vsock_endpoint to = d->side[sender ^ 1];
    struct vsock_key key = {{d->key.word[3], d->side[sender].cid, to.cid, to.port}};

    return (struct receiver *)vsock_table_get(receivers, key, sizeof(struct receiver));
}

static struct vsock_diagnosis refusal_of(const struct vsock_datagrams *d, uint8_t sender, bool selected)
{
    const struct vsock_datagrams_sent *sent = &d->sent[sender];
    struct vsock_diagnosis one = vsock_diagnosis_start(VSOCK_CODE_DATAGRAM_REFUSED, &sent->first);

    one.place++; /* it has no record: behind the one before */
    one.last_frame = sent->last.frame;
    one.selected = selected;
    one.src_scope = one.dst_scope = VSOCK_SCOPE_ENDPOINT;
    one.src = d->side[sender];
    one.dst = d->side[sender ^ 1];
    one.figures.count = sent->refused;
    one.figures.of = sent->count;
    vsock_diagnosis_extend(&one, sent->last.time);
    return one;
}

/* One record says it of all. */
static void add_pair(struct receiver *r, const struct vsock_diagnosis *one)
{
    struct vsock_diagnosis *all = &r->all;
    uint64_t of = all->figures.of + one->figures.of;
    int64_t until = MAX(all->time + all->figures.total, one->time + one->figures.total);

    vsock_diagnosis_add(all, one);
    if (r->pairs++ == 0)
        return;
    all->src_scope = VSOCK_SCOPE_CID;
    all->figures.of = of;
    all->figures.total = vsock_time_passed(all->time, until);
}

static void tell(GArray *found, const struct vsock_diagnosis *d)
{
    if (d->selected)
        g_array_append_vals(found, d, 1);
}

void vsock_datagrams_judge(const struct vsock_capture *c, const struct vsock_selection *only, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct vsock_table receivers = vsock_table_new_listed(memory);
    GArray *refusals = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    GPtrArray *of = g_ptr_array_new(); /* each one's receiver */

    for (unsigned i = 0; i < 2 * wmem_array_get_count(c->datagrams.all); i++) {
        const struct vsock_datagrams *d =
            *(struct vsock_datagrams **)wmem_array_index(c->datagrams.all, i / 2);
        bool selected = !only || (only->datagrams && g_hash_table_contains(only->datagrams, d));
        struct vsock_diagnosis one;
        struct receiver *r;

        if (d->sent[i % 2].refused == 0)
            continue;
        one = refusal_of(d, i % 2, selected);
        r = get_receiver(&receivers, d, i % 2);
        add_pair(r, &one);
        g_array_append_val(refusals, one);
        g_ptr_array_add(of, r);
    }
    for (unsigned i = 0; i < refusals->len; i++) {
        if (((struct receiver *)of->pdata[i])->pairs < VSOCK_REPEATS_MIN)
            tell(found, &g_array_index(refusals, struct vsock_diagnosis, i));
    }
    for (unsigned i = 0; i < wmem_array_get_count(receivers.all); i++) {
        const struct receiver *r = *(struct receiver **)wmem_array_index(receivers.all, i);

        if (r->pairs >= VSOCK_REPEATS_MIN)
            tell(found, &r->all);
    }
    g_ptr_array_free(of, TRUE);
    g_array_free(refusals, TRUE);
    wmem_destroy_allocator(memory);
}
