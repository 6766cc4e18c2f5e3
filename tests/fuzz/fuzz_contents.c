/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_contents.c - protocols that are known by their first bytes: core/contents.h; and what it costs to
 * dissect them: core/weight.h. Input: the bytes. */
#include <string.h>

#include <glib.h>

#include "check.h"
#include "core/contents.h"
#include "core/ethernet.h"
#include "core/http_run.h"
#include "core/json_frame.h"
#include "core/nbd.h"
#include "core/p11rpc.h"
#include "core/qga.h"
#include "core/varlink.h"
#include "core/weight.h"
#include "core/weight_http2.h"

typedef bool (*rule)(const uint8_t *bytes, size_t length);

static const rule rules[] = {vsock_is_ssh,           vsock_is_http,  vsock_is_http2, vsock_is_tls,
                             vsock_is_mqtt,          vsock_is_9p,    vsock_is_adb,   vsock_is_rdp,
                             vsock_is_vnc,           vsock_is_spice, vsock_is_nbd,   vsock_is_ethernet_le16,
                             vsock_is_ethernet_be32, vsock_is_proxy};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* The bytes are the beginning of one thing at most, and more of them do not change what it is; a line of HTTP
 * or PROXY apart, of which it takes the whole to see its version or its end. */
static void check_rules(const uint8_t *bytes, size_t length)
{
    unsigned matches = 0;

    for (size_t i = 0; i < RULES; i++) {
        bool is = rules[i](bytes, length);

        matches += is;
        if (length > 0 && rules[i](bytes, length - 1) && rules[i] != vsock_is_http &&
            rules[i] != vsock_is_proxy)
            CHECK(is);
    }
    CHECK(matches + vsock_is_json(bytes, length) <= 1);
    CHECK_IMPLIES(vsock_json_frame_of(bytes, length).framing != VSOCK_JSON_NOT_FRAMED, matches == 0);
    CHECK_IMPLIES(length == 0, matches == 0);
}

/* A header that is whole is the same whatever follows it. */
static void check_proxy(const uint8_t *bytes, size_t length)
{
    size_t header = vsock_proxy_header(bytes, length);

    CHECK_IMPLIES(header > 0 && header <= length, vsock_proxy_header(bytes, header) == header);
    CHECK_IMPLIES(header > length, length <= 3072 + 16);
}

/* White space around an object changes nothing, and half an object is none. */
static void check_json(const uint8_t *bytes, size_t length)
{
    uint8_t *more = (uint8_t *)malloc(length + 2);
    bool is = vsock_is_json(bytes, length);

    CHECK(more);
    more[0] = more[length + 1] = '\n';
    if (length > 0)
        memcpy(more + 1, bytes, length);
    CHECK(vsock_is_json(more, length + 2) == is);
    CHECK_IMPLIES(is && bytes[length - 1] == '}', !vsock_is_json(bytes, length - 1));
    free(more);
}

/* What is not framed lacks nothing, and what is framed as one message alone is so with another behind it. */
static void check_json_frame(const uint8_t *bytes, size_t length)
{
    struct vsock_json_frame f = vsock_json_frame_of(bytes, length), of_two;
    uint8_t *two = (uint8_t *)malloc(2 * length + 1);

    CHECK(two);
    CHECK_IMPLIES(f.framing == VSOCK_JSON_NOT_FRAMED, f.lacks == 0 && !f.ambiguous);
    CHECK_IMPLIES(f.ambiguous, f.framing == VSOCK_JSON_BE32);
    CHECK_IMPLIES(f.lacks > 0 && f.lacks < UINT32_MAX, f.lacks + length - 4 <= VSOCK_JSON_FIRST_MAX);
    if (length > 0) {
        memcpy(two, bytes, length);
        memcpy(two + length, bytes, length);
    }
    of_two = vsock_json_frame_of(two, 2 * length);
    CHECK_IMPLIES(f.framing == VSOCK_JSON_LINES && f.lacks == 0, of_two.framing == VSOCK_JSON_LINES);
    CHECK_IMPLIES(f.framing == VSOCK_JSON_NUL, of_two.framing == VSOCK_JSON_NUL);
    free(two);
}

static void check_part(struct vsock_json_part part, size_t length)
{
    CHECK(part.begin <= length && part.length <= length - part.begin);
}

/* What is recognised is a message, of a size, unless more is asked for; parts are of the bytes. */
static void check_calls(const uint8_t *bytes, uint32_t length)
{
    struct vsock_qga_message q = vsock_qga_message_of(bytes, length);
    struct vsock_varlink_message v = vsock_varlink_message_of(bytes, length);
    uint32_t size = length > 0 ? vsock_qga_size(bytes, length) : 0, lacks;

    check_part(q.object, length);
    check_part(q.execute, length);
    check_part(q.id, length);
    check_part(q.returned, length);
    check_part(q.error_class, length);
    check_part(q.error_desc, length);
    check_part(v.method, length);
    check_part(v.error, length);
    CHECK(size <= length || size == UINT32_MAX);
    if (vsock_is_qga(bytes, length, &lacks))
        CHECK(lacks == UINT32_MAX ? size == UINT32_MAX
                                  : q.kind != VSOCK_QGA_NONE && size > 0 && size <= length);
    if (vsock_is_varlink(bytes, length, &lacks))
        CHECK(v.method.length > 0 && lacks <= 1);
}

/* Of what is recognised, the version comes first, then the first call. */
static void check_p11rpc(const uint8_t *bytes, uint32_t length)
{
    uint32_t lacks, version = VSOCK_P11RPC_VERSION_SIZE;

    if (!vsock_is_p11rpc(bytes, length, &lacks))
        return;
    CHECK(vsock_p11rpc_size(bytes, length) == version);
    CHECK(vsock_p11rpc_size(bytes + version, length - version) > VSOCK_P11RPC_HEADER);
    for (size_t i = 0; i < RULES; i++)
        CHECK(!rules[i](bytes, length));
}

/* What has a kind has a size, unless more tells it, or it is too large. */
static void check_nbd(const uint8_t *bytes, uint32_t length)
{
    uint32_t size = vsock_nbd_size(bytes, length);

    CHECK_IMPLIES(size == 0 || size == UINT32_MAX, !vsock_is_nbd(bytes, length));
    CHECK_IMPLIES(size > 0 && size < UINT32_MAX, vsock_nbd_kind_of(bytes, length) != VSOCK_NBD_NONE);
}

/* A run ends with the bytes, or where no message begins. */
static void check_http_run(const uint8_t *bytes, size_t length)
{
    struct vsock_http_run run = vsock_http_run(bytes, (uint32_t)length, length % 2 == 0);

    CHECK(run.length <= length);
    CHECK(run.then == VSOCK_HTTP_OTHER ? run.length < length : run.length == length);
    CHECK(run.upgrade + run.upgrade_length <= run.length);
    if (run.length > 0 && run.then == VSOCK_HTTP_OTHER)
        CHECK(vsock_http_run(bytes, run.length, length % 2 == 0).then == VSOCK_HTTP_ENDS);
    vsock_units_of_ethernet(bytes, (uint32_t)length);
}

typedef struct vsock_weight (*weigher)(const uint8_t *bytes, uint32_t length,
                                       struct vsock_weight_limit limit);

#define WEIGH_MESSAGES(name)                                                                                 \
    static struct vsock_weight weigh_##name(const uint8_t *bytes, uint32_t length,                           \
                                            struct vsock_weight_limit limit)                                 \
    {                                                                                                        \
        return vsock_weigh_messages(vsock_weigh_##name, NULL, bytes, length, limit);                         \
    }

WEIGH_MESSAGES(tls)
WEIGH_MESSAGES(mqtt)
WEIGH_MESSAGES(9p)
WEIGH_MESSAGES(ssh)
WEIGH_MESSAGES(adb)
WEIGH_MESSAGES(tpkt)
WEIGH_MESSAGES(websocket)
WEIGH_MESSAGES(tunnel)
WEIGH_MESSAGES(line)

static struct vsock_weight weigh_http2(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit)
{
    wmem_allocator_t *scope = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    struct vsock_weight w = vsock_weigh_http2(vsock_http2_side_start(scope), bytes, length, limit);

    wmem_destroy_allocator(scope);
    return w;
}

static const weigher weighers[] = {weigh_tls,    weigh_http2, weigh_mqtt,       weigh_9p,
                                   weigh_ssh,    weigh_adb,   weigh_tpkt,       weigh_websocket,
                                   weigh_tunnel, weigh_line,  vsock_weigh_http, vsock_weigh_json};

/* Without a limit it is all of them. Within one it is a beginning that keeps to it, and more of it where the
 * limit is higher; what that leaves can be weighed in turn, until nothing is left. */
static void check_weight(weigher weigh, const uint8_t *bytes, uint32_t length)
{
    const struct vsock_weight_limit unlimited = {UINT64_MAX, UINT32_MAX, false, NULL},
                                    one = {UINT64_MAX, 1, true, NULL};
    struct vsock_weight_left left;
    struct vsock_weight all = weigh(bytes, length, unlimited), before = {0}, w;
    uint32_t at = 0;

    CHECK(all.length == length && all.beyond == 0);
    for (uint64_t units = 0; units <= MIN(all.units, 400); units += 10) {
        w = weigh(bytes, length, (struct vsock_weight_limit){units, UINT32_MAX, false, NULL});
        CHECK(w.units <= units && w.length <= length && w.length >= before.length);
        CHECK_IMPLIES(w.length == length && length > 0, w.units == all.units && w.beyond == 0);
        before = w;
        left.units = units;
        w = weigh(bytes, length, (struct vsock_weight_limit){UINT64_MAX, UINT32_MAX, false, &left});
        CHECK(vsock_weight_cost(w.units, w.length) <= units && w.length <= length);
    }
    for (unsigned parts = 0; at < length && parts < 100; parts++, at += w.length) {
        w = weigh(bytes + at, length - at, one);
        CHECK(w.length <= length - at && w.messages <= 1);
        if (w.length == 0)
            break;
    }
}

static void check_weights(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof(weighers) / sizeof(weighers[0]); i++)
        check_weight(weighers[i], data, (uint32_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rules(data, size);
    check_proxy(data, size);
    check_json(data, size);
    check_json_frame(data, size);
    check_calls(data, (uint32_t)size);
    check_nbd(data, (uint32_t)size);
    check_p11rpc(data, (uint32_t)size);
    check_http_run(data, size);
    check_weights(data, size);
    return 0;
}
