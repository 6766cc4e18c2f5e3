/* SPDX-License-Identifier: GPL-2.0-or-later
 * seen.c - the same packets, and what their times tell of the sides. */
#include "seen.h"

#include <stdlib.h>

#include "align.h"

/* Packets of each direction that have to tell which side is which; where the recordings are not of one time
 * by their clocks, more: there, the same ports may have been used again. */
#define TELLING_MIN 2
#define TELLING_MIN_APART 6

/* For one contradiction, so many are to be there if the sides are exchanged. */
#define CONTRADICTIONS 8

#define COMPARED 32 /* packets of a direction, to tell whether they are alike */

/* What one side sent, in one recording. */
struct sent {
    struct vsock_sequence prints;
    uint32_t *records;
};

static uint32_t count_sent(const struct vsock_capture *c, const struct vsock_stream *s, uint8_t side)
{
    uint32_t count = 0;

    for (uint32_t i = s->last_record; i != 0;) {
        const struct vsock_record *r = vsock_capture_record(c, i);

        count += r->sender == side && !r->copy;
        i = r->previous;
    }
    return count;
}

static struct sent gather(const struct vsock_capture *c, const struct vsock_stream *s, uint8_t side,
                          wmem_allocator_t *scratch)
{
    uint32_t count = count_sent(c, s, side), at = count;
    struct vsock_print *prints = wmem_alloc_array(scratch, struct vsock_print, count + 1);
    uint32_t *records = wmem_alloc_array(scratch, uint32_t, count + 1);

    for (uint32_t i = s->last_record; i != 0;) {
        const struct vsock_record *r = vsock_capture_record(c, i);
        const struct vsock_print *print = vsock_capture_print(c, i);

        if (r->sender == side && !r->copy) {
            records[--at] = i;
            prints[at] = print ? *print : (struct vsock_print){i << 3, 1}; /* like no other */
        }
        i = r->previous;
    }
    return (struct sent){{prints, count}, records};
}

/* Of the first packets of the two, how many are the same. */
uint32_t vsock_seen_alike(const struct vsock_capture *c, const struct vsock_stream *one,
                          const struct vsock_stream *other, wmem_allocator_t *scratch)
{
    uint32_t alike = 0;

    for (uint8_t side = 0; side < 2; side++) {
        struct sent a = gather(c, one, side, scratch), b = gather(c, other, side, scratch);
        uint32_t count = MIN(COMPARED, MIN(a.prints.count, b.prints.count));

        for (uint32_t i = 0; i < count; i++)
            alike += vsock_print_equal(a.prints.prints[i], b.prints.prints[i]);
    }
    wmem_free_all(scratch);
    return alike;
}

/* ---- the same packets ---- */

static void add_packet(const struct vsock_capture *c, GArray *out, const struct sent sent[2], uint32_t i,
                       uint32_t j, bool from_host)
{
    struct vsock_seen one = {.record = {sent[0].records[i], sent[1].records[j]}, .from_host = from_host};
    int64_t here = vsock_capture_record(c, one.record[0])->time;

    one.by =
        (struct vsock_sighting){.at = here, .ahead = vsock_capture_record(c, one.record[1])->time - here};
    one.tells = vsock_print_equal(sent[0].prints.prints[i], sent[1].prints.prints[j]) &&
                !vsock_print_is_repeated(sent[0].prints, i) && !vsock_print_is_repeated(sent[1].prints, j);
    g_array_append_val(out, one);
}

bool vsock_seen_add(const struct vsock_capture *c, const struct vsock_views *views, GArray *out,
                    wmem_allocator_t *scratch)
{
    unsigned before = out->len;
    uint32_t alike = 0, least = 0;

    for (uint8_t side = 0; side < 2; side++) {
        const struct sent sent[2] = {gather(c, views->of[0], side, scratch),
                                     gather(c, views->of[1], side, scratch)};
        uint32_t *other = wmem_alloc_array(scratch, uint32_t, sent[0].prints.count + 1);

        vsock_align(sent[0].prints, sent[1].prints, other, scratch);
        least += MIN(sent[0].prints.count, sent[1].prints.count);
        for (uint32_t i = 0; i < sent[0].prints.count; i++) {
            if (other[i] == VSOCK_ALONE)
                continue;
            alike += vsock_print_equal(sent[0].prints.prints[i], sent[1].prints.prints[other[i]]);
            add_packet(c, out, sent, i, other[i], side == vsock_host_side(views->of[0]));
        }
    }
    wmem_free_all(scratch);
    if (alike > 0 && alike * 2 >= least)
        return true;
    g_array_set_size(out, before);
    return false;
}

/* ---- which side is which ---- */

static int by_time(const void *a, const void *b)
{
    const struct vsock_seen *s = (const struct vsock_seen *)a, *t = (const struct vsock_seen *)b;

    if (s->by.at != t->by.at)
        return s->by.at < t->by.at ? -1 : 1;
    return s->record[0] < t->record[0] ? -1 : s->record[0] > t->record[0];
}

/* Had the first recording been the host's, or the second one. Returns contradictions. */
static uint32_t try_host(const GArray *seen, bool first, struct vsock_bounds *bounds)
{
    struct vsock_sighting *list = g_new(struct vsock_sighting, seen->len);
    uint32_t contradictions;

    for (unsigned i = 0; i < seen->len; i++) {
        const struct vsock_seen *s = &g_array_index(seen, struct vsock_seen, i);

        list[i] = s->by;
        list[i].bound = !s->tells               ? VSOCK_BOUND_NONE
                        : s->from_host == first ? VSOCK_BOUND_UPPER
                                                : VSOCK_BOUND_LOWER;
    }
    contradictions = vsock_clocks_bound(list, seen->len, bounds);
    g_free(list);
    return contradictions;
}

/* By their clocks, do the two have any time in common? */
static bool is_at_one_time(const GArray *seen)
{
    int64_t first[2] = {INT64_MAX, INT64_MAX}, last[2] = {INT64_MIN, INT64_MIN};

    for (unsigned i = 0; i < seen->len; i++) {
        const struct vsock_sighting *s = &g_array_index(seen, struct vsock_seen, i).by;

        first[0] = MIN(first[0], s->at);
        last[0] = MAX(last[0], s->at);
        first[1] = MIN(first[1], s->at + s->ahead);
        last[1] = MAX(last[1], s->at + s->ahead);
    }
    return first[0] <= last[1] && first[1] <= last[0];
}

static bool tells_enough(const GArray *seen)
{
    unsigned least = is_at_one_time(seen) ? TELLING_MIN : TELLING_MIN_APART, count[2] = {0, 0};

    for (unsigned i = 0; i < seen->len; i++) {
        const struct vsock_seen *s = &g_array_index(seen, struct vsock_seen, i);

        count[s->from_host] += s->tells;
    }
    return count[0] >= least && count[1] >= least;
}

int vsock_seen_host(GArray *seen, struct vsock_bounds **bounds, bool *is_set)
{
    struct vsock_bounds *if_host[2];
    uint32_t wrong[2];
    int host;

    *bounds = NULL;
    if (!tells_enough(seen))
        return -1;
    qsort(seen->data, seen->len, sizeof(struct vsock_seen), by_time);
    for (int i = 0; i < 2; i++) {
        if_host[i] = g_new(struct vsock_bounds, seen->len);
        wrong[i] = try_host(seen, i == 0, if_host[i]);
    }
    host = wrong[1] < wrong[0];
    g_free(if_host[1 - host]);
    *bounds = if_host[host];
    *is_set = wrong[host] > 0;
    return wrong[host] * CONTRADICTIONS < wrong[1 - host] ? host : -1;
}
