/* SPDX-License-Identifier: GPL-2.0-or-later
 * check_diagnosis.h - what core/diagnosis.h promises of any diagnosis, and of any two. */
#ifndef VSOCK_TESTS_FUZZ_CHECK_DIAGNOSIS_H
#define VSOCK_TESTS_FUZZ_CHECK_DIAGNOSIS_H

#include "check.h"
#include "core/diagnosis.h"

/* Sizes and times that would be no reason to say anything. */
static inline void check_figures(enum vsock_code code, const struct vsock_figures *f)
{
    CHECK(f->total >= 0 && f->longest >= 0);                 /* wherever clocks go */
    CHECK((int64_t)f->bytes >= 0 && (int64_t)f->limit >= 0); /* no difference below 0 */
    CHECK_IMPLIES(code == VSOCK_CODE_CREDIT_OVERRUN, f->bytes > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_DATA_LOST_AT_CLOSE, f->bytes > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_CLOSE_TIMEOUT, f->longest > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_CLOSED_TOO_SOON, f->bytes + f->limit > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_NOT_READ, f->bytes > 0 && f->longest > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_HALF_CLOSE_HANG, f->longest > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_CONNECT_SLOW, f->longest > 0);
    CHECK_IMPLIES(code == VSOCK_CODE_CREDIT_REQUEST_UNANSWERED, f->others <= f->count);
}

static inline void check_diagnosis(const struct vsock_diagnosis *d, uint32_t last_frame, int64_t time_limit)
{
    const struct vsock_figure_names *names;

    CHECK(d->code < VSOCK_CODE_COUNT);
    names = &vsock_codes[d->code].figures;
    CHECK(names->count || names->bytes || names->longest || names->total);
    CHECK(d->severity == vsock_codes[d->code].usual || d->severity == vsock_codes[d->code].worst);
    CHECK(d->first_frame > 0 && d->first_frame <= d->last_frame && d->last_frame <= last_frame);
    CHECK(d->time >= -time_limit && d->time <= time_limit);
    CHECK(d->side < 2);
    CHECK_IMPLIES(names->count, d->figures.count + d->figures.others > 0);
    check_figures(d->code, &d->figures);
}

static inline int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* An order of all of them, and a merge that takes part of neither away. */
static inline void check_two(const struct vsock_diagnosis *a, const struct vsock_diagnosis *b)
{
    struct vsock_diagnosis merged = *a;

    CHECK(vsock_diagnosis_compare(a, a) == 0);
    CHECK(sign(vsock_diagnosis_compare(a, b)) == -sign(vsock_diagnosis_compare(b, a)));
    vsock_diagnosis_merge(&merged, b);
    CHECK(merged.first_frame <= a->first_frame && merged.first_frame <= b->first_frame);
    CHECK_IMPLIES(merged.first_frame == a->first_frame && merged.first_frame == b->first_frame,
                  merged.time == (a->place <= b->place ? a->time : b->time));
    CHECK(merged.last_frame >= a->last_frame && merged.last_frame >= b->last_frame);
    CHECK(merged.severity >= a->severity && merged.severity >= b->severity);
    CHECK(merged.figures.count == a->figures.count + b->figures.count);
    CHECK(merged.figures.bytes >= a->figures.bytes && merged.figures.longest >= b->figures.longest);
}

#endif
