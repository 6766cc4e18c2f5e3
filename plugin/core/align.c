/* SPDX-License-Identifier: GPL-2.0-or-later
 * align.c - one sequence of packets, recorded twice. */
#include "align.h"

#include <stdlib.h>

/* Behind a hole, so many packets of either are tried to find the other's place again, ... */
#define TRIED_MAX 16

/* ... each at so many places that look alike. */
#define ALIKE_MAX 4

/* Reordered by more than that, it is another packet. */
#define CROSS_MAX 64

/* Where prints are in a sequence: in the order of their headers, then of their places. */
struct entry {
    uint32_t header, place;
};

struct side {
    struct vsock_sequence s;
    struct entry *index; /* NULL until something is looked for */
    wmem_allocator_t *memory;
};

static int by_header(const void *a, const void *b)
{
    const struct entry *e = (const struct entry *)a, *f = (const struct entry *)b;

    if (e->header != f->header)
        return e->header < f->header ? -1 : 1;
    return e->place < f->place ? -1 : e->place > f->place;
}

static void make_index(struct side *side)
{
    side->index = wmem_alloc_array(side->memory, struct entry, MAX(side->s.count, 1));
    for (uint32_t i = 0; i < side->s.count; i++)
        side->index[i] = (struct entry){side->s.prints[i].header, i};
    if (side->s.count > 1)
        qsort(side->index, side->s.count, sizeof(*side->index), by_header);
}

/* The first entry of that header at `from` or behind; their number if there is none behind. */
static uint32_t search(struct side *side, uint32_t header, uint32_t from)
{
    const struct entry wanted = {header, from};
    uint32_t low = 0, high = side->s.count;

    if (!side->index)
        make_index(side);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (by_header(&side->index[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_same(const struct side *a, uint32_t i, const struct side *b, uint32_t j)
{
    return vsock_print_equal(a->s.prints[i], b->s.prints[j]);
}

/* Do they go on from here alike? One packet alone may be another that looks the same. */
static bool goes_on(const struct side *a, uint32_t i, const struct side *b, uint32_t j)
{
    if (!is_same(a, i, b, j))
        return false;
    return i + 1 >= a->s.count || j + 1 >= b->s.count || is_same(a, i + 1, b, j + 1);
}

/* How far the two have to be moved on until they are alike again. */
struct move {
    uint32_t a, b;
    bool found;
};

/* Where in `b`, from `j` on, one of the next packets of `a` is; the nearest of these. */
static struct move find(const struct side *a, uint32_t i, struct side *b, uint32_t j)
{
    struct move best = {0, 0, false};

    for (uint32_t by = 0; by < TRIED_MAX && i + by < a->s.count; by++) {
        uint32_t header = a->s.prints[i + by].header, at = search(b, header, j);

        for (uint32_t tried = 0; tried < ALIKE_MAX && at < b->s.count; tried++, at++) {
            uint32_t place = b->index[at].place;

            if (b->index[at].header != header || (best.found && by + (place - j) >= best.a + best.b))
                break;
            if (goes_on(a, i + by, b, place))
                best = (struct move){by, place - j, true};
        }
    }
    return best;
}

static struct move find_either(struct side *a, uint32_t i, struct side *b, uint32_t j)
{
    struct move forward = find(a, i, b, j), back = find(b, j, a, i);
    struct move turned = {back.b, back.a, back.found};

    if (!forward.found || (turned.found && turned.a + turned.b < forward.a + forward.b))
        return turned;
    return forward;
}

static bool is_altered(const struct side *a, uint32_t i, const struct side *b, uint32_t j,
                       const struct move *move)
{
    return move->a == 1 && move->b == 1 && vsock_print_op(a->s.prints[i]) == vsock_print_op(b->s.prints[j]);
}

/* How often a packet that looks so is among those around that place, and where it is last. */
static uint32_t count_near(struct vsock_sequence s, struct vsock_print print, int64_t around, uint32_t *last)
{
    int64_t end = MIN(around + CROSS_MAX + 1, (int64_t)s.count);
    uint32_t count = 0;

    for (int64_t i = MAX(around - CROSS_MAX, 0); i < end; i++) {
        if (!vsock_print_equal(s.prints[i], print))
            continue;
        *last = (uint32_t)i;
        count++;
    }
    return count;
}

/* What both have once thereabouts, and in another order. */
static void pair_crossed(const struct side *a, const struct side *b, uint32_t *of_a, bool *doubtful,
                         const bool *b_is_paired)
{
    int64_t ahead = 0; /* places, of the pair before */

    for (uint32_t i = 0; i < a->s.count; i++) {
        struct vsock_print print = a->s.prints[i];
        uint32_t own, place;

        if (of_a[i] != VSOCK_ALONE)
            ahead = (int64_t)of_a[i] - i;
        else if (count_near(a->s, print, i, &own) == 1 && count_near(b->s, print, i + ahead, &place) == 1 &&
                 !b_is_paired[place]) {
            of_a[i] = place;
            doubtful[i] = true;
        }
    }
}

/* The places that are left over after a hole move on by the hole: what is compared is not far from it. */
void vsock_align(struct vsock_sequence a, struct vsock_sequence b, uint32_t *of_a, bool *doubtful,
                 wmem_allocator_t *memory)
{
    struct side one = {a, NULL, memory}, other = {b, NULL, memory};
    bool *b_is_paired = wmem_alloc0_array(memory, bool, MAX(b.count, 1));
    uint32_t i = 0, j = 0;

    for (uint32_t k = 0; k < a.count; k++)
        of_a[k] = VSOCK_ALONE;
    while (i < a.count && j < b.count) {
        struct move move = {1, 1, true};
        bool same = is_same(&one, i, &other, j);

        if (!same)
            move = find_either(&one, i, &other, j);
        if (same || is_altered(&one, i, &other, j, &move)) {
            of_a[i] = j;
            doubtful[i] = !same;
            b_is_paired[j] = true;
        }
        i += move.found ? move.a : 1;
        j += move.found ? move.b : 1;
    }
    pair_crossed(&one, &other, of_a, doubtful, b_is_paired);
}

bool vsock_print_is_repeated(struct vsock_sequence s, uint32_t i)
{
    return (i > 0 && vsock_print_equal(s.prints[i], s.prints[i - 1])) ||
           (i + 1 < s.count && vsock_print_equal(s.prints[i], s.prints[i + 1]));
}
