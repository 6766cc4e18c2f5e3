/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight_http2.c - what it costs to dissect HTTP/2. */
#include "weight_http2.h"

#include <string.h>

#include <glib.h>
#include <wsutil/wmem/wmem_array.h>

#include "unpack.h"

#define HEADER_SIZE 9
#define GRPC_HEADER_SIZE 5 /* whether it is compressed, its length */

/* Frames of a body before one that cost a unit more. Not of gRPC's, which is dissected as it comes. */
#define FRAMES_OF_UNIT 64
#define FRAMES_OF_UNIT_OF_GRPC 4096

enum frame_type {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_PUSH_PROMISE = 5,
    FRAME_CONTINUATION = 9,
};

enum frame_flags {
    FLAG_END_STREAM = 1,
    FLAG_PADDED = 8,
};

/* Where in a message of protobuf one is. */
enum place {
    AT_TAG,
    AT_VARINT,
    AT_LENGTH,
    AT_BYTES,
};

/* A stream's, from its first byte on. */
struct body {
    uint32_t stream;
    uint64_t units;  /* of what is dissected at once: the body, or gRPC's message */
    uint32_t frames; /* so far: epan looks through them for each that comes */
    bool begun, grpc;
    wmem_array_t *packed; /* what is to be unpacked: the body, or gRPC's message, so far; NULL if it is not */

    uint32_t head; /* bytes of gRPC's header so far */
    uint64_t left; /* of its message */
    bool compressed;
    enum place place;
    uint8_t shift;
    uint64_t number; /* that is being read, or bytes left of a field */
};

struct vsock_http2_side *vsock_http2_side_start(wmem_allocator_t *scope)
{
    struct vsock_http2_side *side = wmem_new(scope, struct vsock_http2_side);

    side->scope = scope;
    side->grpc = false;
    side->bodies = wmem_map_new(scope, g_int_hash, g_int_equal);
    return side;
}

static struct body *body_of(struct vsock_http2_side *side, uint32_t stream)
{
    struct body *body = (struct body *)wmem_map_lookup(side->bodies, &stream);

    if (!body) {
        body = wmem_new0(side->scope, struct body);
        body->stream = stream;
        wmem_map_insert(side->bodies, &body->stream, body);
    }
    return body;
}

static void drop_packed(struct body *body)
{
    if (body->packed)
        wmem_destroy_array(body->packed);
    body->packed = NULL;
}

static void forget(struct body *body)
{
    drop_packed(body);
    *body = (struct body){.stream = body->stream};
}

/* ---- what is in bodies ---- */

/* Bytes that are weighed. */
struct weighing {
    struct vsock_http2_side *side;
    uint64_t most;   /* of what is dissected at once */
    uint64_t unpack; /* what may still be unpacked, to see what it weighs */
    uint64_t work;   /* of unpacking what has come since this was 0 */
};

static void add_packed(const struct weighing *w, struct body *b, const uint8_t *bytes, uint32_t length)
{
    if (!b->packed)
        b->packed = wmem_array_new(w->side->scope, 1);
    wmem_array_append(b->packed, bytes, length);
}

/* More than may be. */
#define TOO_MUCH (2 * VSOCK_WEIGHT_OF_PDU)

/* All of it has come: what it becomes weighs, which is dissected now. */
static uint64_t weigh_packed(struct weighing *w, struct body *b, vsock_weigh_unpacked weigh,
                             const void *context)
{
    struct vsock_unpacked u = {.units = TOO_MUCH};

    if (!b->packed)
        return 0;
    if (w->unpack > 0)
        u = vsock_unpack((const uint8_t *)wmem_array_get_raw(b->packed), wmem_array_get_count(b->packed),
                         false, weigh, context, w->unpack);
    drop_packed(b);
    w->work += u.work;
    if (u.units > w->unpack)
        u.units = MAX(u.units, TOO_MUCH);
    w->unpack -= MIN(u.units, w->unpack);
    return u.units;
}

/* A number, or what a tag says comes next, ends. */
static void end_number(struct body *b)
{
    static const uint8_t fixed_size[8] = {[1] = 8, [5] = 4};

    if (b->place == AT_TAG) {
        b->place = (b->number & 7) == 0 ? AT_VARINT : (b->number & 7) == 2 ? AT_LENGTH : AT_BYTES;
        b->number = b->place == AT_BYTES ? fixed_size[b->number & 7] : 0;
    } else if (b->place == AT_LENGTH) {
        b->place = AT_BYTES;
    } else {
        b->place = AT_TAG;
    }
    b->shift = 0;
    if (b->place == AT_BYTES && b->number == 0)
        b->place = AT_TAG;
    if (b->place != AT_BYTES)
        b->number = 0;
}

/* Takes some of a message's bytes; returns how many. */
static uint32_t take_field(struct body *b, const uint8_t *bytes, uint32_t length)
{
    if (b->place == AT_BYTES) {
        length = (uint32_t)MIN(b->number, length);
        b->number -= length;
        if (b->number == 0)
            b->place = AT_TAG;
        return length;
    }
    if (b->place == AT_TAG && b->shift == 0)
        b->units += VSOCK_WEIGHT_FIELD_OF_GRPC;
    if (b->shift < 63)
        b->number |= (uint64_t)(*bytes & 0x7f) << b->shift;
    b->shift = (uint8_t)MIN(b->shift + 7, 63);
    if (!(*bytes & 0x80))
        end_number(b);
    return 1;
}

static void begin_message(struct body *b)
{
    b->head = 0;
    b->place = AT_TAG;
    b->shift = 0;
    b->number = 0;
}

static void take_head(struct body *b, uint8_t byte)
{
    if (b->head == 0) {
        b->left = 0;
        b->units = 0; /* what was before is shown by now */
        b->compressed = byte != 0;
    } else {
        b->left = b->left << 8 | byte;
    }
    b->head++;
}

static void take_fields(struct body *b, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t at = 0; at < length;)
        at += take_field(b, bytes + at, length - at);
}

/* context: struct body * const *, whose fields these are. */
static uint64_t units_of_unpacked_fields(const void *context, const uint8_t *bytes, uint32_t length)
{
    struct body *b = *(struct body *const *)context;
    uint64_t before = b->units;

    take_fields(b, bytes, length);
    before = b->units - before;
    b->units -= before;
    return before;
}

/* Some bytes of a message. */
static void take_message(struct weighing *w, struct body *b, const uint8_t *bytes, uint32_t length)
{
    if (b->compressed)
        add_packed(w, b, bytes, length);
    else
        take_fields(b, bytes, length);
    b->left -= length;
    if (b->compressed && b->left == 0)
        b->units += weigh_packed(w, b, units_of_unpacked_fields, &b);
}

/* gRPC's messages, which may begin and end within frames. Returns what was added. */
static uint64_t take_grpc(struct weighing *w, struct body *b, const uint8_t *bytes, uint32_t length)
{
    uint64_t units = 0;

    for (uint32_t at = 0, taken; at < length; at += taken) {
        uint64_t before = b->units;

        if (b->head < GRPC_HEADER_SIZE) {
            take_head(b, bytes[at]);
            units += b->head == 1 ? VSOCK_WEIGHT_MESSAGE : 0;
            taken = 1;
        } else {
            taken = (uint32_t)MIN(b->left, length - at);
            take_message(w, b, bytes + at, taken);
            units += b->units - before;
        }
        if (b->head == GRPC_HEADER_SIZE && b->left == 0)
            begin_message(b);
    }
    return units;
}

/* gzip, or zlib (RFC 1950, 2.2). */
static bool is_packed(const uint8_t *bytes, uint32_t length)
{
    return length >= 2 && ((bytes[0] == 0x1f && bytes[1] == 0x8b) ||
                           (bytes[0] == 0x78 && (bytes[0] << 8 | bytes[1]) % 31 == 0));
}

static uint64_t units_of_unpacked_text(const void *context, const uint8_t *bytes, uint32_t length)
{
    (void)context;
    return vsock_units_of_marks(bytes, length);
}

static uint64_t take_data(struct weighing *w, struct body *b, const uint8_t *bytes, uint32_t length)
{
    uint64_t text = vsock_units_of_marks(bytes, length);

    if (length == 0)
        return 0;
    if (!b->begun)
        b->grpc = bytes[0] <= 1;
    if (b->packed || (!b->begun && is_packed(bytes, length)))
        add_packed(w, b, bytes, length);
    b->begun = true;
    if (!g_ascii_isprint(bytes[0]) && !g_ascii_isspace(bytes[0]))
        text = vsock_units_beyond_random(text, length);
    if (b->grpc)
        return text + take_grpc(w, b, bytes, length);
    b->units += text;
    return text;
}

/* ---- frames ---- */

/* A DATA frame that is there as a whole. */
static uint64_t units_of_data(struct weighing *w, const uint8_t *frame, uint32_t size)
{
    uint32_t stream =
        ((uint32_t)(frame[5] & 0x7f) << 24) | (uint32_t)frame[6] << 16 | frame[7] << 8 | frame[8];
    uint32_t begin = HEADER_SIZE + (frame[4] & FLAG_PADDED ? 1 : 0);
    struct body *body = body_of(w->side, stream);
    uint64_t units = body->frames++ / (w->side->grpc && body->grpc ? FRAMES_OF_UNIT_OF_GRPC : FRAMES_OF_UNIT);

    if (size > begin)
        units += take_data(w, body, frame + begin, size - begin);
    if ((frame[4] & FLAG_END_STREAM) && !body->grpc) {
        uint64_t unpacked = weigh_packed(w, body, units_of_unpacked_text, NULL);

        body->units += unpacked;
        units += unpacked;
    }
    if (body->units > w->most)
        units = UINT64_MAX; /* the dissector is to wait for its end in vain */
    if (frame[4] & FLAG_END_STREAM)
        forget(body);
    return units;
}

/* Do header fields have gRPC's content type, as it is or compressed (RFC 7541, appendix B)? */
static bool names_grpc(const uint8_t *bytes, uint32_t length)
{
    static const char plain[] = "application/grpc", compressed[] = "\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65";

    for (uint32_t i = 0; i < length; i++) {
        if (length - i >= sizeof(plain) - 1 && memcmp(bytes + i, plain, sizeof(plain) - 1) == 0)
            return true;
        if (length - i >= sizeof(compressed) - 1 &&
            memcmp(bytes + i, compressed, sizeof(compressed) - 1) == 0)
            return true;
    }
    return false;
}

static uint64_t units_of_frame(struct weighing *w, const uint8_t *frame, uint32_t size, uint32_t there)
{
    switch (frame[3]) {
    case FRAME_DATA:
        return w->side && size <= there ? units_of_data(w, frame, size) : 0;
    case FRAME_HEADERS:
    case FRAME_PUSH_PROMISE:
    case FRAME_CONTINUATION: /* a byte may be a field of kilobytes */
        if (w->side)
            w->side->grpc |= names_grpc(frame, MIN(size, there));
        return VSOCK_WEIGHT_MESSAGE + MIN(size, there);
    }
    return MIN(size, there) / 16; /* SETTINGS above all */
}

/* context: struct weighing *const * */
static struct vsock_weighed_message weigh(const void *context, const uint8_t *bytes, uint32_t length)
{
    struct weighing *w = *(struct weighing *const *)context;
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const uint32_t preface_length = sizeof(preface) - 1;
    struct vsock_weighed_message m = {.units = VSOCK_WEIGHT_MESSAGE, .looked_up = true};
    uint64_t units;

    if (length >= preface_length && memcmp(bytes, preface, preface_length) == 0) {
        m.size = preface_length;
    } else if (length >= HEADER_SIZE) {
        m.size = HEADER_SIZE + ((uint32_t)bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
        w->work = 0;
        units = units_of_frame(w, bytes, (uint32_t)m.size, length);
        m.units = units == UINT64_MAX ? units : m.units + units;
        m.work = w->work;
    }
    return m;
}

struct vsock_weight vsock_weigh_http2(struct vsock_http2_side *side, const uint8_t *bytes, uint32_t length,
                                      struct vsock_weight_limit limit)
{
    struct weighing w = {side, MIN(limit.units, VSOCK_WEIGHT_OF_PDU), vsock_weight_most(&limit, length), 0},
                    *context = &w;

    if (limit.units == UINT64_MAX)
        w.most = UINT64_MAX;
    return vsock_weigh_messages(weigh, &context, bytes, length, limit);
}
