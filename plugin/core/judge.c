/* SPDX-License-Identifier: GPL-2.0-or-later
 * judge.c - the verdict on a capture: what each stream says, and many together. */
#include "judge.h"

#include "both_sides.h"
#include "datagrams.h"
#include "endings.h"
#include "head_of_line.h"
#include "judged_once.h"
#include "left_open.h"
#include "loss.h"
#include "repeats.h"
#include "requests.h"
#include "reset_storm.h"
#include "restarts.h"
#include "stale.h"
#include "stood_still.h"
#include "time_order.h"
#include "unread.h"

struct judgement {
    const struct vsock_capture *capture;
    const struct vsock_twins *twins;
    const struct vsock_shared *shared;
    bool lacks_packets; /* one that told of what was read may be missing, too */
    struct vsock_order_verdict order;
    GArray *found;                                 /* of struct vsock_diagnosis */
    struct vsock_diagnosis sums[VSOCK_CODE_COUNT]; /* of the whole capture, by code */
    wmem_allocator_t *memory;                      /* of the whole judgement */
    wmem_allocator_t *of_one;                      /* while a stream is judged; emptied after it */
};

/* What is no stream's own, but the capture's. */
static bool is_of_capture(enum vsock_code code)
{
    return code == VSOCK_CODE_CAPTURE_LOSS || code == VSOCK_CODE_KERNEL_TAP_BUG ||
           code == VSOCK_CODE_PAYLOAD_NOT_RECORDED || code == VSOCK_CODE_CID_ANOMALY;
}

static bool is_empty(const struct vsock_diagnosis *sum)
{
    return sum->figures.count + sum->figures.others == 0;
}

static void add_to_capture(struct judgement *j, const struct vsock_diagnosis *d, bool of_stream)
{
    struct vsock_diagnosis *sum = &j->sums[d->code];

    if (is_empty(sum))
        *sum = *d;
    else
        vsock_diagnosis_merge(sum, d);
    sum->figures.of += of_stream;
}

static void add_to_stream(struct judgement *j, const struct vsock_stream *s, struct vsock_diagnosis d)
{
    d.stream = s->index;
    d.streams = 1;
    d.src_scope = d.dst_scope = VSOCK_SCOPE_ENDPOINT;
    d.src = s->side[d.side];
    d.dst = s->side[d.side ^ 1];
    g_array_append_val(j->found, d);
}

/* Who had no more to send was not kept from it. Where it had waited before, it still was then. */
static void reconsider(const struct vsock_stream *s, struct vsock_diagnosis *d)
{
    if (d->cause == 0 || d->last_record != vsock_flow_stall(&s->conn.flow, d->side)->ended.record ||
        !vsock_stream_was_done(s, d->side))
        return;
    d->was_done = true;
    if (d->figures.count == 1)
        vsock_diagnosis_soften(d);
}

/* Who miscounts did not stop to read. */
static void drop_what_a_leak_explains(struct vsock_stream_diagnosis **all)
{
    for (struct vsock_stream_diagnosis **d = all; *d;) {
        if ((*d)->diagnosis.code == VSOCK_CODE_STALL_RECEIVER_NOT_READING &&
            *vsock_diagnosis_find(all, VSOCK_CODE_CREDIT_LEAK, (*d)->diagnosis.side))
            *d = (*d)->next;
        else
            d = &(*d)->next;
    }
}

/* All that went wrong in it: what its packets proved, and what only the end tells. */
static struct vsock_stream_diagnosis *diagnoses_of(struct judgement *j, const struct vsock_stream *s)
{
    struct vsock_stream_diagnosis *all = NULL;
    bool is_shared = vsock_is_shared(j->shared, s);
    struct vsock_diagnoses ended = {.count = 0};
    struct vsock_diagnosis orphaned, unrecorded, unread;

    for (const struct vsock_stream_diagnosis *d = s->diagnoses; d; d = d->next)
        vsock_diagnosis_collect(j->of_one, &all, &d->diagnosis);
    vsock_stream_end(s, &j->capture->thresholds, &ended);
    for (unsigned i = 0; i < ended.count; i++)
        vsock_diagnosis_collect(j->of_one, &all, &ended.list[i]);
    if (!is_shared && vsock_stream_orphaned(s, &orphaned))
        vsock_diagnosis_collect(j->of_one, &all, &orphaned);
    if (s->data && vsock_unrecorded_judge(&s->data->blanks, &s->source->kernel,
                                          j->capture->thresholds.large_payload, &unrecorded))
        vsock_diagnosis_collect(j->of_one, &all, &unrecorded);
    for (uint8_t side = 0; side < 2 && !j->lacks_packets && !is_shared; side++) {
        if (vsock_stream_unread(s, side, &unread))
            vsock_diagnosis_collect(j->of_one, &all, &unread);
    }
    drop_what_a_leak_explains(&all);
    for (struct vsock_stream_diagnosis *d = all; d; d = d->next)
        reconsider(s, &d->diagnosis);
    return all;
}

/* What is wrong with a recording is told of each. */
static bool is_selected_by_view(const struct judgement *j, const struct vsock_stream *s, GHashTable *selected)
{
    const struct vsock_stream *other = vsock_twin_stream(j->twins, s);

    return vsock_is_selected(selected, s->index) || (other && vsock_is_selected(selected, other->index));
}

static void judge_stream(struct judgement *j, const struct vsock_stream *s, GHashTable *selected)
{
    struct vsock_stream_diagnosis *all = diagnoses_of(j, s);
    bool is_selected = vsock_is_selected(selected, s->index),
         of_recording = is_selected_by_view(j, s, selected);
    uint64_t seen = 0; /* bits of what this stream was counted for */

    for (struct vsock_stream_diagnosis *d = all; d; d = d->next) {
        bool counts = d->diagnosis.figures.count > 0;
        uint64_t bit;

        if (j->lacks_packets)
            vsock_loss_explain(&d->diagnosis);
        bit = UINT64_C(1) << d->diagnosis.code;
        if (!vsock_time_order_allows(&j->order, s, &d->diagnosis))
            continue;
        d->diagnosis.selected = is_selected;
        if (!is_of_capture(d->diagnosis.code)) {
            add_to_stream(j, s, d->diagnosis);
            continue;
        }
        if (!of_recording)
            continue;
        add_to_capture(j, &d->diagnosis, counts && !(seen & bit));
        seen |= counts ? bit : 0;
    }
    if (all)
        wmem_free_all(j->of_one);
}

static void judge_capture(struct judgement *j, const struct vsock_stream_diagnosis *unassociated)
{
    for (const struct vsock_stream_diagnosis *d = unassociated; d; d = d->next)
        add_to_capture(j, &d->diagnosis, false);
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        if (!is_empty(&j->sums[code]))
            g_array_append_val(j->found, j->sums[code]);
    }
}

/* `only`: of the views that are judged. */
static uint32_t judge(struct judgement *j, const struct vsock_selection *only)
{
    const struct vsock_capture *capture = j->capture;
    struct vsock_stale *stale = vsock_stale_find(capture, j->shared, j->memory);
    GHashTable *selected = only ? only->streams : NULL;
    GArray *together = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis)), *found = j->found;
    uint32_t looked_at = 0;

    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++) {
        looked_at += vsock_is_selected(selected, i);
        judge_stream(j, vsock_capture_stream(capture, i), selected);
    }
    vsock_restarts_judge(capture, j->shared, selected, found);
    vsock_stood_still_judge(capture, j->shared, selected, found);
    vsock_both_sides_judge(j->twins, selected, found);
    vsock_head_of_line_judge(capture, j->shared, selected, found, together);
    vsock_reset_storms_judge(capture, only, found);
    vsock_repeats_fold(capture, found);
    g_array_append_vals(found, together->data, together->len);
    vsock_stale_tell(stale, selected, found);
    vsock_requests_judge(capture, j->twins, j->shared, stale, selected, found);
    vsock_endings_judge(capture, stale, selected, found);
    vsock_left_open_judge(capture, selected, found);
    vsock_datagrams_judge(capture, only, found);
    vsock_shared_tell(j->shared, selected, found);
    g_array_free(together, TRUE);
    return looked_at;
}

/* The same, where some connections have two views. */
static uint32_t judge_once(struct judgement *j, const struct vsock_selection *only)
{
    struct vsock_selection views = vsock_select_views(j->twins, only);
    uint32_t looked_at = judge(j, &views);

    vsock_selection_clear(&views);
    return looked_at;
}

uint32_t vsock_judge_twins(const struct vsock_twins *twins, const struct vsock_selection *only, GArray *found)
{
    const struct vsock_capture *capture = twins->capture;
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct judgement j = {.capture = capture,
                          .twins = twins,
                          .shared = vsock_shared_find(capture, memory),
                          .lacks_packets = vsock_lacks_packets(capture),
                          .order = vsock_time_order_find(capture, memory),
                          .found = found,
                          .memory = memory,
                          .of_one = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK_FAST)};
    uint32_t looked_at;

    looked_at = j.twins->views ? judge_once(&j, only) : judge(&j, only);

    vsock_time_order_judge(&j.order, only, found);
    judge_capture(&j, only ? only->unassociated : capture->unassociated);
    g_array_sort(found, vsock_diagnosis_compare);
    wmem_destroy_allocator(j.of_one);
    wmem_destroy_allocator(memory);
    return looked_at;
}

uint32_t vsock_judge(const struct vsock_capture *capture, const struct vsock_selection *only, GArray *found)
{
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK);
    struct vsock_twins *twins = vsock_twins_find(capture, memory);
    uint32_t looked_at;

    vsock_delivery_find(twins);
    looked_at = vsock_judge_twins(twins, only, found);
    wmem_destroy_allocator(memory);
    return looked_at;
}
