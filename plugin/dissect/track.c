/* SPDX-License-Identifier: GPL-2.0-or-later
 * track.c - memory, passes and interfaces for core/capture.h. */
#include "compat.h"

#include "track.h"

#include <wiretap/wtap.h>

static struct vsock_capture *capture; /* of the open file; its memory is of file scope, and goes with that */
static uint32_t searched;             /* number of the record that was found last: saves time, no more */

static void (*read_thresholds)(struct vsock_thresholds *);
static void (*on_end)(void);

static void start_file(void)
{
    capture = vsock_capture_new(wmem_file_scope());
    searched = 0;
}

static void end_file(void)
{
    if (on_end)
        on_end();
    capture = NULL;
}

void vsock_track_register(void (*thresholds)(struct vsock_thresholds *), void (*ended)(void))
{
    read_thresholds = thresholds;
    on_end = ended;
    register_init_routine(start_file);
    register_cleanup_routine(end_file);
}

const struct vsock_capture *vsock_track_capture(void)
{
    return capture;
}

uint32_t vsock_track_stream_count(void)
{
    return capture ? wmem_array_get_count(capture->streams) : 0;
}

static int64_t nanoseconds(const nstime_t *time)
{
    return vsock_time_at((int64_t)time->secs, time->nsecs);
}

int64_t vsock_packet_time(const packet_info *pinfo)
{
    return nanoseconds(&pinfo->abs_ts);
}

/* ---- records by frame ---- */

const struct vsock_record *vsock_track_record(uint32_t number)
{
    return vsock_capture_record(capture, number);
}

static bool is_until(uint32_t number, uint32_t frame)
{
    return vsock_track_record(number)->frame <= frame;
}

/* The last record of the frame or before, or NULL. A read filter (tshark -2 -R) gives the number of a packet
 * that it drops to the next one: the record of that is the later one. */
static const struct vsock_record *last_until(uint32_t frame)
{
    uint32_t low = 0, high = capture ? capture->records
                                     : 0; /* those up to `low` are until it, behind `high` none is */

    for (uint32_t number = searched; number <= searched + 1 && low < high;
         number++) { /* most likely the next one */
        if (number > 0 && number < high && is_until(number, frame) && !is_until(number + 1, frame))
            low = high = number;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (is_until(middle + 1, frame))
            low = middle + 1;
        else
            high = middle;
    }
    searched = low;
    return low > 0 ? vsock_track_record(low) : NULL;
}

const struct vsock_record *vsock_track_find(uint32_t frame)
{
    const struct vsock_record *r = last_until(frame);

    return r && r->frame == frame ? r : NULL;
}

uint32_t vsock_track_number(const struct vsock_record *r)
{
    last_until(r->frame);
    while (searched > 1 && vsock_track_record(searched) != r) /* several have that frame: see above */
        searched--;
    return searched;
}

uint32_t vsock_track_frame(uint32_t number)
{
    const struct vsock_record *r, *next;

    if (number == 0)
        return 0;
    r = vsock_track_record(number);
    next = number < capture->records ? vsock_track_record(number + 1) : NULL;
    return next && next->frame == r->frame && next->layer <= r->layer ? 0 : r->frame;
}

/* ---- packets ---- */

static struct vsock_arrival arrival_of(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    struct vsock_arrival at = {
        .section = (rec->presence_flags & WTAP_HAS_SECTION_NUMBER) ? rec->section_number : 0,
        .frame = pinfo->num,
        .layer = pinfo->curr_layer_num,
        .time = vsock_packet_time(pinfo),
        .untimed = !(rec->presence_flags & WTAP_HAS_TS) || nstime_is_zero(&pinfo->abs_ts),
    };

    if (rec->rec_type == REC_TYPE_PACKET && rec->presence_flags & WTAP_HAS_INTERFACE_ID)
        at.interface = rec->rec_header.packet_header.interface_id;
    return at;
}

uint32_t vsock_track_pair(const packet_info *pinfo, const struct vsock_packet *p)
{
    struct vsock_arrival at = arrival_of(pinfo);

    return vsock_capture_pair(capture, p, &at);
}

const struct vsock_datagrams *vsock_track_datagrams(const packet_info *pinfo, const struct vsock_packet *p)
{
    struct vsock_arrival at = arrival_of(pinfo);

    return vsock_capture_datagrams(capture, p, &at);
}

/* What the packet's relative time is counted from: the capture's first packet, vsock or not. */
static int64_t capture_start(const packet_info *pinfo)
{
    nstime_t start;

    nstime_delta(&start, &pinfo->abs_ts, &pinfo->rel_ts);
    return nanoseconds(&start);
}

/* The packet that was taken last: epan may show it again on the first pass, as it does where there is a read
 * filter. */
static struct {
    uint32_t frame;
    uint8_t layer;
    int64_t file_offset;
    const struct vsock_record *record;
} last;

static bool is_last(const packet_info *pinfo)
{
    return capture->packets > 0 && last.frame == pinfo->num && last.layer == pinfo->curr_layer_num &&
           last.file_offset == pinfo->fd->file_off;
}

/* Does the file begin with several interfaces? epan calls one "unknown" that is not there, or has no name. */
static bool is_of_several(const packet_info *pinfo)
{
    const char *name = pinfo->epan ? compat_interface_name(pinfo->epan, 1) : NULL;

    return name && strcmp(name, "unknown") != 0;
}

/* A packet that is alone, and has nothing inside, is related to none. */
static void keep_conversation(const struct vsock_record *r, const packet_info *pinfo)
{
    struct vsock_stream *s = r->stream;

    if (s->packets == 1 && !r->in_stream)
        return;
    if (!s->conversation)
        s->conversation = conversation_new_by_id(s->stats.first.frame, CONVERSATION_NONE, s->index);
    ((conversation_t *)s->conversation)->last_frame = pinfo->num;
}

static const struct vsock_record *take(packet_info *pinfo, tvbuff_t *tvb, struct vsock_packet *p,
                                       uint32_t malformed)
{
    struct vsock_arrival at = arrival_of(pinfo);
    uint32_t captured = vsock_rw_captured(p);

    if (capture->packets == 0) { /* the preferences have been read by now */
        read_thresholds(&capture->thresholds);
        capture->start = capture_start(pinfo);
        capture->is_of_several = is_of_several(pinfo);
    }
    if (captured > 0)
        vsock_rw_set_payload(p, tvb_get_ptr(tvb, (int)p->payload_offset, (int)captured));
    last.record = vsock_capture_take(capture, p, malformed, &at);
    last.frame = at.frame;
    last.layer = at.layer;
    last.file_offset = pinfo->fd->file_off;
    if (last.record)
        keep_conversation(last.record, pinfo);
    return last.record;
}

/* The record of a packet of a connection that was taken on the first pass, or NULL. Those of its frame are
 * the last ones that have its number, layer by layer: a read filter may have dropped others with it. */
static const struct vsock_record *find(const packet_info *pinfo)
{
    const struct vsock_record *r = vsock_track_find(pinfo->num);

    for (uint32_t number = searched; r && r->layer > pinfo->curr_layer_num; number--) {
        const struct vsock_record *before = number > 1 ? vsock_track_record(number - 1) : NULL;

        r = before && before->frame == r->frame && before->layer < r->layer ? before : NULL;
    }
    return r && r->layer == pinfo->curr_layer_num ? r : NULL;
}

const struct vsock_record *vsock_track(packet_info *pinfo, tvbuff_t *tvb, struct vsock_packet *p,
                                       uint32_t malformed)
{
    const struct vsock_record *r;

    if (PINFO_FD_VISITED(pinfo))
        r = vsock_is_of_connection(p) ? find(pinfo) : NULL;
    else
        r = is_last(pinfo) ? last.record : take(pinfo, tvb, p, malformed);
    if (r) /* by index: endpoints would mix generations, and miss loopback dialled through another CID */
        conversation_set_elements_by_id(pinfo, CONVERSATION_NONE, r->stream->index);
    return r;
}
