/* SPDX-License-Identifier: GPL-2.0-or-later
 * verdicts.c - when the capture is judged for its packets, and which of them are named. */
#include "compat.h"

#include "verdicts.h"

#include "core/judge.h"
#include "track.h"

/* While packets still come, as live, a judgement is soon out of date; it may take one part of so many of the
 * time. */
#define BREAK 20

/* A frame that a diagnosis names. */
struct named {
    uint32_t frame;
    uint32_t diagnosis; /* index */
};

/* What was judged last. The arrays are NULL before that, and after the file is closed. */
static struct {
    GArray *found; /* of struct vsock_diagnosis, in the order of a report */
    GArray *named; /* of struct named, by frame, then as in `found` */
    struct vsock_twins *twins;
    wmem_allocator_t *memory; /* of these */
    uint32_t packets;         /* the capture had then */
    gint64 again;             /* not before this, by g_get_monotonic_time() */
} judged;

static int hf_diagnosis = -1;

/* clang-format off */
static hf_register_info fields[] = {
    {&hf_diagnosis,
     {"Diagnosis", "vsock.diagnosis", FT_STRING, BASE_NONE, NULL, 0,
      "Code of a diagnosis (-z vsock,diagnose) that names this packet as its first or last; in the GUI, and with tshark -2",
      HFILL}},
};

static struct vsock_expert experts[] = {
    {"vsock.diagnosis.error", PI_ERROR, "Diagnosis", "An error of -z vsock,diagnose", PI_SEQUENCE, EI_INIT},
    {"vsock.diagnosis.warn", PI_WARN, "Diagnosis", "A warning of -z vsock,diagnose", PI_SEQUENCE, EI_INIT},
    {"vsock.diagnosis.note", PI_NOTE, "Diagnosis", "A note of -z vsock,diagnose", PI_SEQUENCE, EI_INIT},
};
/* clang-format on */

static struct vsock_expert *next_expert(size_t i)
{
    return i < array_length(experts) ? &experts[i] : NULL;
}

const struct vsock_fields vsock_verdict_fields = {
    .own = fields,
    .own_count = array_length(fields),
    .next_expert = next_expert,
};

static struct vsock_expert *expert_of(enum vsock_severity severity)
{
    if (severity == VSOCK_SEVERITY_ERROR)
        return &experts[0];
    return severity == VSOCK_SEVERITY_WARN ? &experts[1] : &experts[2];
}

static void forget(void)
{
    if (judged.found)
        g_array_free(judged.found, TRUE);
    if (judged.named)
        g_array_free(judged.named, TRUE);
    if (judged.memory)
        wmem_destroy_allocator(judged.memory);
    memset(&judged, 0, sizeof(judged));
}

static gint by_frame(gconstpointer a, gconstpointer b)
{
    const struct named *one = (const struct named *)a, *other = (const struct named *)b;

    if (one->frame != other->frame)
        return one->frame < other->frame ? -1 : 1;
    return one->diagnosis < other->diagnosis ? -1 : one->diagnosis > other->diagnosis;
}

/* `record`: of the packet, if it is known: a read filter may have dropped it, and given its number to
 * another. */
static uint32_t frame_of(uint32_t frame, uint32_t record)
{
    bool known = record > 0 && vsock_track_record(record)->frame == frame;

    return known ? vsock_track_frame(record) : frame;
}

uint32_t vsock_verdict_first_frame(const struct vsock_diagnosis *d)
{
    return frame_of(d->first_frame, vsock_place_record(d->place));
}

uint32_t vsock_verdict_last_frame(const struct vsock_diagnosis *d)
{
    return d->last_frame == d->first_frame ? vsock_verdict_first_frame(d)
                                           : frame_of(d->last_frame, d->last_record);
}

static void name_frame(uint32_t frame, uint32_t diagnosis)
{
    struct named named = {frame, diagnosis};

    if (frame != 0)
        g_array_append_val(judged.named, named);
}

static void judge(const struct vsock_capture *capture)
{
    gint64 before = g_get_monotonic_time();

    forget();
    judged.found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    judged.named = g_array_new(FALSE, FALSE, sizeof(struct named));
    judged.packets = capture->packets;
    judged.memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    judged.twins = vsock_twins_find(capture, judged.memory);
    vsock_delivery_find(judged.twins);
    vsock_judge_twins(judged.twins, NULL, judged.found);
    for (unsigned i = 0; i < judged.found->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(judged.found, struct vsock_diagnosis, i);

        name_frame(vsock_verdict_first_frame(d), i);
        if (d->last_frame != d->first_frame)
            name_frame(vsock_verdict_last_frame(d), i);
    }
    g_array_sort(judged.named, by_frame);
    judged.again = g_get_monotonic_time() + BREAK * (g_get_monotonic_time() - before);
}

static bool is_up_to_date(const struct vsock_capture *capture)
{
    return judged.found && (judged.packets == capture->packets || g_get_monotonic_time() < judged.again);
}

/* The first one that names this frame or a later one; their number if there is none. */
static unsigned first_of(uint32_t frame)
{
    unsigned low = 0, high = judged.named->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (g_array_index(judged.named, struct named, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_header_items *items,
                const struct vsock_diagnosis *d)
{
    proto_item *item = proto_tree_add_string(items->tree, hf_diagnosis, tvb, 0, 0, vsock_codes[d->code].name);
    struct vsock_expert *expert = expert_of(d->severity);
    char *text = vsock_diagnosis_text(d);

    proto_item_set_generated(item);
    expert_add_info_format(pinfo, items->packet, &expert->id, "%s", text);
    g_free(text);
    return expert->severity;
}

/* Judges the capture, if that is due; false while it is not to be judged. */
static bool is_judged(const packet_info *pinfo)
{
    const struct vsock_capture *capture = vsock_track_capture();

    if (!PINFO_FD_VISITED(pinfo) || !capture)
        return false;
    if (!is_up_to_date(capture))
        judge(capture);
    return true;
}

const struct vsock_twins *vsock_verdict_twins(const packet_info *pinfo)
{
    return is_judged(pinfo) ? judged.twins : NULL;
}

int vsock_verdicts_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_header_items *items)
{
    int worst = 0;

    if (!is_judged(pinfo))
        return 0;
    for (unsigned i = first_of(pinfo->num); i < judged.named->len; i++) {
        const struct named *named = &g_array_index(judged.named, struct named, i);
        int shown;

        if (named->frame != pinfo->num)
            break;
        shown =
            show(tvb, pinfo, items, &g_array_index(judged.found, struct vsock_diagnosis, named->diagnosis));
        worst = MAX(worst, shown);
    }
    return worst;
}

void vsock_verdicts_register(void)
{
    register_init_routine(forget);
    register_cleanup_routine(forget);
}
