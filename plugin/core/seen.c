/* SPDX-License-Identifier: GPL-2.0-or-later
 * seen.c - the same packets, and what their times tell of the sides. */
#include "seen.h"

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

static void add_packet(GArray *out, const struct sent sent[2], uint32_t i, uint32_t j,
                       const struct vsock_seen *like)
{
    struct vsock_seen one = *like;

    one.record[0] = sent[0].records[i];
    one.record[1] = sent[1].records[j];
    one.tells = vsock_print_equal(sent[0].prints.prints[i], sent[1].prints.prints[j]) &&
                !vsock_print_is_repeated(sent[0].prints, i) && !vsock_print_is_repeated(sent[1].prints, j);
    g_array_append_val(out, one);
}

/* Between the first pair and the last of each, is there more than pairs? */
static void look_for_holes(const uint32_t *of_a, uint32_t count, bool lacks[2])
{
    uint32_t pairs = 0, first[2] = {0, UINT32_MAX}, last[2] = {0, 0};

    for (uint32_t i = 0; i < count; i++) {
        if (of_a[i] == VSOCK_ALONE)
            continue;
        first[0] = pairs++ == 0 ? i : first[0];
        first[1] = MIN(first[1], of_a[i]);
        last[0] = i;
        last[1] = MAX(last[1], of_a[i]);
    }
    for (int side = 0; side < 2 && pairs > 0; side++)
        lacks[side ^ 1] |= last[side] - first[side] + 1 > pairs;
}

bool vsock_seen_add(const struct vsock_capture *c, const struct vsock_views *views, GArray *out,
                    bool lacks[2], wmem_allocator_t *scratch)
{
    unsigned before = out->len;
    uint32_t alike = 0, least = 0;
    bool lacking[2] = {false, false};

    for (uint8_t side = 0; side < 2; side++) {
        const struct sent sent[2] = {gather(c, views->of[0], side, scratch),
                                     gather(c, views->of[1], side, scratch)};
        uint32_t *other = wmem_alloc_array(scratch, uint32_t, sent[0].prints.count + 1);
        bool *doubtful = wmem_alloc0_array(scratch, bool, sent[0].prints.count + 1);

        vsock_align(sent[0].prints, sent[1].prints, other, doubtful, scratch);
        look_for_holes(other, sent[0].prints.count, lacking);
        least += MIN(sent[0].prints.count, sent[1].prints.count);
        for (uint32_t i = 0; i < sent[0].prints.count; i++) {
            const struct vsock_seen like = {
                .from_host = side == vsock_host_side(views->of[0]),
                .doubtful = doubtful[i],
            };

            if (other[i] == VSOCK_ALONE)
                continue;
            alike += vsock_print_equal(sent[0].prints.prints[i], sent[1].prints.prints[other[i]]);
            add_packet(out, sent, i, other[i], &like);
        }
        wmem_free_all(scratch);
    }
    if (alike > 0 && alike * 2 >= least) {
        lacks[0] |= lacking[0];
        lacks[1] |= lacking[1];
        return true;
    }
    g_array_set_size(out, before);
    return false;
}

/* ---- which side is which ---- */

struct vsock_sighting vsock_seen_times(const struct vsock_capture *c, const struct vsock_seen *s)
{
    int64_t here = vsock_capture_record(c, s->record[0])->time;

    return (struct vsock_sighting){.at = here, .ahead = vsock_capture_record(c, s->record[1])->time - here};
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer capture)
{
    const struct vsock_seen *s = (const struct vsock_seen *)a, *t = (const struct vsock_seen *)b;
    const struct vsock_capture *c = (const struct vsock_capture *)capture;
    int64_t at = vsock_capture_record(c, s->record[0])->time,
            other = vsock_capture_record(c, t->record[0])->time;

    if (at != other)
        return at < other ? -1 : 1;
    return s->record[0] < t->record[0] ? -1 : s->record[0] > t->record[0];
}

/* What packets tell, had the first recording been the host's, or the second one. */
struct trial {
    const struct vsock_capture *capture;
    const GArray *seen;
    bool first_is_host;
};

static struct vsock_sighting sighting_of(const void *context, uint32_t i)
{
    const struct trial *t = (const struct trial *)context;
    const struct vsock_seen *s = &g_array_index(t->seen, struct vsock_seen, i);
    struct vsock_sighting by = vsock_seen_times(t->capture, s);

    if (s->tells)
        by.bound = s->from_host == t->first_is_host ? VSOCK_BOUND_UPPER : VSOCK_BOUND_LOWER;
    return by;
}

/* By their clocks, do the two have any time in common? */
static bool is_at_one_time(const struct vsock_capture *c, const GArray *seen)
{
    int64_t first[2] = {INT64_MAX, INT64_MAX}, last[2] = {INT64_MIN, INT64_MIN};

    for (unsigned i = 0; i < seen->len; i++) {
        const struct vsock_seen *s = &g_array_index(seen, struct vsock_seen, i);

        for (int k = 0; k < 2; k++) {
            int64_t time = vsock_capture_record(c, s->record[k])->time;

            first[k] = MIN(first[k], time);
            last[k] = MAX(last[k], time);
        }
    }
    return first[0] <= last[1] && first[1] <= last[0];
}

static bool tells_enough(const struct vsock_capture *c, const GArray *seen)
{
    unsigned least = is_at_one_time(c, seen) ? TELLING_MIN : TELLING_MIN_APART, count[2] = {0, 0};

    for (unsigned i = 0; i < seen->len; i++) {
        const struct vsock_seen *s = &g_array_index(seen, struct vsock_seen, i);

        count[s->from_host] += s->tells;
    }
    return count[0] >= least && count[1] >= least;
}

int vsock_seen_host(const struct vsock_capture *c, GArray *seen, struct vsock_bounds **bounds, bool *is_set)
{
    struct trial trials[2] = {{c, seen, true}, {c, seen, false}};
    struct vsock_sightings told[2];
    uint32_t wrong[2];
    int host;

    *bounds = NULL;
    if (!tells_enough(c, seen))
        return -1;
    g_array_sort_with_data(seen, by_time, (gpointer)c);
    for (int i = 0; i < 2; i++) {
        told[i] = (struct vsock_sightings){seen->len, sighting_of, &trials[i]};
        wrong[i] = vsock_clocks_contradict(&told[i]);
    }
    host = wrong[1] < wrong[0];
    if (wrong[host] * CONTRADICTIONS >= wrong[1 - host])
        return -1;
    *bounds = g_new(struct vsock_bounds, seen->len);
    vsock_clocks_bound(&told[host], *bounds);
    *is_set = wrong[host] > 0;
    return host;
}
