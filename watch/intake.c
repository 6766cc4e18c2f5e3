/* SPDX-License-Identifier: GPL-2.0-or-later
 * intake.c - from records to the account of a capture.
 * Sources: tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html, LINKTYPE_LINUX_SLL2.html, whose numbers are
 * big-endian; ARPHRD_VSOCKMON of linux/if_arp.h. */
#include "intake.h"

#include "core/malformed.h"
#include "report/diagnoses.h"

#define ARPHRD_VSOCKMON 826
#define LENGTH_MAX INT32_MAX /* of a record; Wireshark takes no longer ones */

/* What is larger is an Ethernet type, and Wireshark goes by that; the device's records have 0. */
#define PROTOCOL_MAX 0x600

/* Cooked headers, by enum vsock_link: bytes, and where numbers stand. */
static const struct cooked {
    uint32_t length, protocol, hatype;
} cooked[] = {
    [VSOCK_LINK_SLL] = {16, 14, 2},
    [VSOCK_LINK_SLL2] = {20, 0, 8},
};

static unsigned number_at(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

void vsock_intake_init(struct vsock_intake *intake, uint32_t remembered, bool forgets)
{
    *intake = (struct vsock_intake){.memory = wmem_allocator_new(WMEM_ALLOCATOR_BLOCK),
                                    .forget = vsock_forget_new(remembered, forgets),
                                    .archive = vsock_archive_new()};
    intake->capture = vsock_capture_new(intake->memory);
    intake->capture->thresholds = vsock_thresholds_usual();
    if (forgets) /* that is a limit, too */
        intake->capture->thresholds.followed = 0;
    intake->capture->rws_max = VSOCK_INTAKE_RWS;
}

void vsock_intake_clear(struct vsock_intake *intake)
{
    vsock_archive_free(&intake->archive);
    vsock_forget_clear(&intake->forget);
    wmem_destroy_allocator(intake->memory);
}

/* Takes the cooked header off. False: what follows is not vsockmon's. */
static bool uncook(struct vsock_frame *frame)
{
    const struct cooked *header = &cooked[frame->link];

    if (frame->captured < header->length || number_at(frame->bytes + header->hatype) != ARPHRD_VSOCKMON ||
        number_at(frame->bytes + header->protocol) > PROTOCOL_MAX)
        return false;
    frame->bytes += header->length;
    frame->captured -= header->length;
    frame->length -= header->length;
    return true;
}

static bool is_vsock(struct vsock_frame *frame)
{
    switch (frame->link) {
    case VSOCK_LINK_VSOCK:
        return true;
    case VSOCK_LINK_SLL:
    case VSOCK_LINK_SLL2:
        return uncook(frame);
    case VSOCK_LINK_OTHER:
        break;
    }
    return false;
}

static void add_stall(struct vsock_intake *intake, const struct vsock_record *r)
{
    int64_t *sum = &intake->stall_time[r->ext->stall_cause];
    const struct vsock_stall *stall = vsock_flow_stall(&r->stream->conn.flow, r->sender ^ 1);

    *sum = vsock_time_sum(*sum, vsock_time_passed(stall->began.time, r->time));
}

/* ---- verdicts on what is there, and forgetting it ---- */

static void number_streams(const struct vsock_forget *forget, GArray *diagnoses)
{
    for (unsigned i = 0; i < diagnoses->len; i++) {
        struct vsock_diagnosis *d = &g_array_index(diagnoses, struct vsock_diagnosis, i);

        if (d->stream != VSOCK_STREAM_NONE)
            d->stream = vsock_forget_number(forget, d->stream);
        if (d->code == VSOCK_CODE_STALE_CONNECTION) /* the stream that is held */
            d->figures.of = vsock_forget_number(forget, (uint32_t)d->figures.of);
    }
}

struct farewell {
    const struct vsock_intake *intake;
    GHashTable *streams; /* that are forgotten: GUINT_TO_POINTER(vsock.stream) */
};

static void say_farewell(const struct vsock_stream *s, void *farewell)
{
    struct farewell *f = (struct farewell *)farewell;

    g_hash_table_add(f->streams, GUINT_TO_POINTER(vsock_forget_number(&f->intake->forget, s->index)));
    if (f->intake->forgetting)
        f->intake->forgetting(s, f->intake->forgetting_context);
}

/* What is judged of many connections is as of now, too. */
static void forget(struct vsock_intake *intake)
{
    struct farewell farewell = {intake, g_hash_table_new(NULL, NULL)};
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));

    vsock_judge(intake->capture, NULL, found);
    number_streams(&intake->forget, found);
    vsock_forget_connections(&intake->forget, intake->capture, say_farewell, &farewell);
    for (unsigned i = 0; i < found->len && g_hash_table_size(farewell.streams) > 0; i++) {
        const struct vsock_diagnosis *d = &g_array_index(found, struct vsock_diagnosis, i);

        if (d->stream == VSOCK_STREAM_NONE ||
            g_hash_table_contains(farewell.streams, GUINT_TO_POINTER(d->stream)))
            vsock_archive_add(&intake->archive, d);
    }
    g_array_free(found, TRUE);
    g_hash_table_destroy(farewell.streams);
}

void vsock_intake_report(const struct vsock_intake *intake, const struct vsock_report_kind *kind,
                         struct vsock_report *report)
{
    vsock_report_init(report, kind, NULL);
    vsock_report_gather(report, intake->capture, NULL);
    if (kind != &vsock_diagnoses) /* who wants to see all streams has none of them forgotten */
        return;
    number_streams(&intake->forget, report->rows);
    vsock_archive_tell(&intake->archive, report->rows);
    report->streams += intake->forget.over + intake->forget.open;
}

/* ---- records ---- */

static void take(struct vsock_intake *intake, const struct vsock_frame *frame)
{
    struct vsock_arrival at = {.section = frame->section,
                               .interface = frame->interface,
                               .frame = intake->frames,
                               .untimed = frame->untimed,
                               .time = frame->time};
    struct vsock_packet packet;
    const struct vsock_record *r;
    uint32_t malformed;

    vsock_packet_read(&packet, frame->bytes, frame->captured, frame->length);
    if (vsock_rw_captured(&packet) > 0)
        vsock_rw_set_payload(&packet, frame->bytes + packet.payload_offset);
    malformed = vsock_malformed(&packet);
    if (malformed != 0)
        intake->malformed[(malformed & ~VSOCK_MALFORMED_NOTES) != 0]++;
    if (intake->capture->packets == 0)
        intake->capture->start = intake->first_time;
    intake->bytes += frame->length;
    r = vsock_capture_take(intake->capture, &packet, malformed, &at);
    if (r && VSOCK_RECORD_HAS(r, STALL_ENDED))
        add_stall(intake, r);
    vsock_forget_records(&intake->forget, intake->capture);
    if (vsock_forget_is_due(&intake->forget, intake->capture))
        forget(intake);
}

bool vsock_intake_take(struct vsock_intake *intake, const struct vsock_frame *frame)
{
    struct vsock_frame inner = *frame;

    if (intake->frames == UINT32_MAX) /* records and packets are counted in as many bits */
        return false;
    if (intake->frames++ == 0)
        intake->first_time = frame->time;
    /* A packet that says it is shorter than what was recorded of it is as long as that: see packet-frame.c of
     * Wireshark, tvb_fix_reported_length(). */
    inner.captured = MIN(inner.captured, LENGTH_MAX);
    inner.length = MIN(MAX(inner.length, inner.captured), LENGTH_MAX);
    if (is_vsock(&inner))
        take(intake, &inner);
    return true;
}
