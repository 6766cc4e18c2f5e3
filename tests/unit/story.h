/* SPDX-License-Identifier: GPL-2.0-or-later
 * story.h - captures for the core's tests, told packet by packet. Each packet takes a millisecond. */
#ifndef VSOCK_TESTS_UNIT_STORY_H
#define VSOCK_TESTS_UNIT_STORY_H

#include <glib.h>

#include "core/judge.h"
#include "core/malformed.h"
#include "packet.h"

#define C 0 /* sides of a connection; those of its stream, too, where the client is the smaller endpoint */
#define S 1
#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct vsock_capture *capture;
static wmem_allocator_t *memory;
static int64_t now;
static uint32_t frame, section, interface, layer; /* of the next packet; frame: the one before */
static enum vsock_fill fill;                      /* of what is sent from now on */
static const char *says;                          /* the first bytes of the next RW; NULL: not captured */
static uint32_t says_length;
static bool untimed;            /* the next packet has no time */
static bool frames_stand_still; /* as where a read filter drops all packets but one */

static inline void begin_capture(void)
{
    if (memory)
        wmem_destroy_allocator(memory);
    memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    capture = vsock_capture_new(memory);
    capture->thresholds = (struct vsock_thresholds){
        .connect_timeout = 2 * SECOND,
        .stall_note = 100 * MS,
        .stall_warning = SECOND,
        .credit_request_timeout = SECOND,
    };
    now = 10 * SECOND;
    fill = VSOCK_FILL_UNKNOWN;
    frame = section = interface = layer = 0;
}

/* A record of which the first `captured` bytes are there. */
static inline const struct vsock_record *take_cut(const struct record *r, uint32_t captured)
{
    struct vsock_packet p = read_cut(r, captured);
    struct vsock_arrival arrival = {
        .section = section,
        .interface = interface,
        .frame = frames_stand_still ? 1 : ++frame,
        .layer = (uint8_t)layer,
        .untimed = untimed,
        .time = now,
    };

    p.fill = fill;
    p.payload = (const uint8_t *)says;
    p.payload_captured = says_length;
    says = NULL;
    now += MS;
    untimed = false;
    return vsock_capture_take(capture, &p, vsock_malformed(&p), &arrival);
}

static inline const struct vsock_record *take(struct connection *c, uint8_t side, enum vsock_op op,
                                              uint32_t length)
{
    struct record r = record_of(c, side, op, length);

    c->flags = 0;
    return take_cut(&r, UINT32_MAX);
}

static inline void after(int64_t time)
{
    now += time - MS; /* which a packet takes */
}

static inline const struct vsock_record *request(struct connection *c)
{
    c->fwd_cnt[C] = c->fwd_cnt[S] = 0;
    return take(c, C, VSOCK_OP_REQUEST, 0);
}

/* Returns its REQUEST. */
static inline const struct vsock_record *open_connection(struct connection *c)
{
    const struct vsock_record *r = request(c);

    take(c, S, VSOCK_OP_RESPONSE, 0);
    return r;
}

static inline const struct vsock_record *rw(struct connection *c, uint32_t length)
{
    return take(c, C, VSOCK_OP_RW, length);
}

/* The server has read so much. */
static inline const struct vsock_record *update(struct connection *c, uint32_t consumed)
{
    c->fwd_cnt[S] = consumed;
    return take(c, S, VSOCK_OP_CREDIT_UPDATE, 0);
}

static inline const struct vsock_record *shut(struct connection *c, uint8_t side, uint32_t how)
{
    c->flags = how;
    return take(c, side, VSOCK_OP_SHUTDOWN, 0);
}

static inline const struct vsock_record *no_socket(const struct connection *c, uint8_t side)
{
    struct connection none = *c;

    none.buf_alloc[side] = none.fwd_cnt[side] = 0;
    return take(&none, side, VSOCK_OP_RST, 0);
}

/* The server's machine loses the connection, as the next packet shows. */
static inline void lose(struct connection *c)
{
    after(2 * SECOND);
    rw(c, 10);
    no_socket(c, S);
}

static inline void refuse(struct connection *c)
{
    request(c);
    no_socket(c, S);
}

static inline const struct vsock_stream *stream_at(uint32_t index)
{
    g_assert_cmpuint(index, <, wmem_array_get_count(capture->streams));
    return vsock_capture_stream(capture, index);
}

static inline uint32_t stream_count(void)
{
    return wmem_array_get_count(capture->streams);
}

/* The number of a record, by which others refer to it. */
static inline uint32_t number_of(const struct vsock_record *r)
{
    for (uint32_t i = 1; i <= capture->records; i++) {
        if (vsock_capture_record(capture, i) == r)
            return i;
    }
    g_assert_not_reached();
}

/* The first one of that code in an array of struct vsock_diagnosis, or NULL. */
static inline const struct vsock_diagnosis *first_of_code(const GArray *list, enum vsock_code code)
{
    for (unsigned i = 0; i < list->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(list, struct vsock_diagnosis, i);

        if (d->code == code)
            return d;
    }
    return NULL;
}

/* What is said of the capture by that code, once at most: figures.count is 0 where it is not said. `others`:
 * how many others are said; may be NULL. */
static inline struct vsock_diagnosis judge_for(enum vsock_code code, unsigned *others)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    struct vsock_diagnosis said = {.figures = {.count = 0}};
    unsigned times = 0;

    vsock_judge(capture, NULL, list);
    for (unsigned i = 0; i < list->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(list, struct vsock_diagnosis, i);

        if (d->code != code)
            continue;
        said = *d;
        times++;
    }
    g_assert_cmpuint(times, <=, 1);
    if (others)
        *others = list->len - times;
    g_array_free(list, TRUE);
    return said;
}

#endif
