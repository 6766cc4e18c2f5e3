/* SPDX-License-Identifier: GPL-2.0-or-later
 * turn.c - where a connection turns into something else. */
#include "compat.h"

#include "turn.h"

#include <epan/dissectors/packet-http.h>

#include "core/contents.h"
#include "core/http_run.h"
#include "known.h"

/* Of a direction. */
struct talk_side {
    bool at_boundary; /* `next` is where a message may begin, and nothing else of HTTP */
    bool turned;      /* its bytes are no more HTTP's */
    bool connect;     /* what it has asked for last is a tunnel */
    uint64_t next;    /* offset in the stream */

    /* What the last bytes that were asked about lead to, once they are taken. */
    bool ends;
    uint64_t end;
};

/* Of a connection. */
struct talk {
    bool followed; /* it has turned to what HTTP's own dissector follows */
    bool tunnel;   /* one was asked for */
    bool turned;   /* both sides know of another protocol */
    struct talk_side side[2];
};

/* By stream. */
static wmem_map_t *talks;

void vsock_turn_register(void)
{
    talks = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}

static struct talk *get_talk(uint32_t stream)
{
    return (struct talk *)wmem_map_lookup(talks, GUINT_TO_POINTER(stream));
}

bool vsock_turn_follows(uint32_t stream)
{
    return get_talk(stream) != NULL;
}

dissector_handle_t vsock_turn_http(void)
{
    static dissector_handle_t http;

    if (!http)
        http = find_dissector("http-over-tcp");
    return http;
}

/* Are these bytes HTTP's, by an earlier packet or as they look? Not where the user says so for the port. */
static bool is_https(tvbuff_t *tvb, const struct vsock_handoff *h, bool looks_so)
{
    if (vsock_is_users_choice(h) || !vsock_turn_http())
        return false;
    if (h->chosen)
        return h->chosen == vsock_turn_http();
    return looks_so && vsock_heuristic_is_enabled("http_vsock") &&
           vsock_likely_taker(tvb, h) == vsock_turn_http();
}

static struct talk *find_talk(tvbuff_t *tvb, const struct vsock_handoff *h, unsigned sender, bool looks_so,
                              bool from_beginning)
{
    struct talk *talk = get_talk(h->stream);

    if (talk || !is_https(tvb, h, looks_so))
        return talk;
    talk = wmem_new0(wmem_file_scope(), struct talk);
    talk->side[sender ^ 1].at_boundary = from_beginning; /* of its first byte */
    wmem_map_insert(talks, GUINT_TO_POINTER(h->stream), talk);
    return talk;
}

/* As HTTP's dissector does: "h2c", or what is in front of a slash. */
static bool is_followed(const uint8_t *name, uint32_t length)
{
    dissector_table_t table = find_dissector_table("http.upgrade");
    char *text = g_ascii_strdown((const char *)name, length);
    bool found = table && dissector_get_string_handle(table, text) != NULL;

    if (table && !found && strchr(text, '/')) {
        *strchr(text, '/') = '\0';
        found = dissector_get_string_handle(table, text) != NULL;
    }
    g_free(text);
    return found;
}

/* What a side's messages say of what follows them. */
static void follow(struct talk *talk, struct talk_side *side, const struct vsock_http_run *run,
                   const uint8_t *bytes)
{
    side->connect = run->connect;
    talk->tunnel |= run->connect;
    if (!run->turned)
        return;
    if (run->upgrade_length > 0 && is_followed(bytes + run->upgrade, run->upgrade_length))
        talk->followed = true;
    else
        talk->turned = true;
}

static struct vsock_turn turn_side(struct talk_side *side, const struct vsock_handoff *h, uint32_t length)
{
    bool of_another = h->chosen && h->chosen != vsock_turn_http(); /* whose the other side is already */

    side->turned = true;
    side->ends = false;
    return (struct vsock_turn){of_another ? VSOCK_WHOSE_CHOSEN : VSOCK_WHOSE_ANEW, length,
                               .drop = h->chosen == vsock_turn_http()};
}

/* Of bytes that begin where a message could. */
static struct vsock_turn turn_at_boundary(struct talk *talk, unsigned sender, const struct vsock_handoff *h,
                                          const uint8_t *bytes, uint32_t length)
{
    struct talk_side *side = &talk->side[sender];
    struct vsock_http_run run = vsock_http_run(bytes, length, talk->side[sender ^ 1].connect);

    if (talk->turned || (run.then == VSOCK_HTTP_OTHER && run.length == 0))
        return turn_side(side, h, length);
    follow(talk, side, &run, bytes);
    side->ends = run.then != VSOCK_HTTP_UNKNOWN;
    side->end = h->offset + run.length;
    return (struct vsock_turn){h->chosen && h->chosen != vsock_turn_http() ? VSOCK_WHOSE_HTTP
                                                                           : VSOCK_WHOSE_CHOSEN,
                               talk->followed ? length : run.length, .drop = false};
}

/* How many of a stream's first bytes are the header of the PROXY protocol, which has no more to say. */
static uint32_t prefix_of(tvbuff_t *tvb, const struct vsock_handoff *h, const uint8_t *bytes, uint32_t length)
{
    size_t header = h->offset == 0 && !h->chosen ? vsock_proxy_header(bytes, length) : 0;

    if (header == 0 || header > length || vsock_is_users_choice(h) || !vsock_known_proxy() ||
        !vsock_heuristic_is_enabled("proxy_vsock") || vsock_likely_taker(tvb, h) != vsock_known_proxy())
        return 0;
    return (uint32_t)header;
}

struct vsock_turn vsock_turn_of(tvbuff_t *tvb, const struct vsock_handoff *h, unsigned sender,
                                bool from_beginning)
{
    uint32_t length = tvb_captured_length(tvb), prefix;
    struct vsock_turn turn = {VSOCK_WHOSE_CHOSEN, length, .drop = false};
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)length);
    bool looks_so = vsock_is_http(bytes, length), of_http = h->chosen == vsock_turn_http();
    struct talk *talk;
    struct talk_side *side;

    prefix = from_beginning ? prefix_of(tvb, h, bytes, length) : 0;
    if (prefix > 0)
        return (struct vsock_turn){VSOCK_WHOSE_PREFIX, prefix, .drop = false};
    talk = find_talk(tvb, h, sender, looks_so, from_beginning);
    if (!talk || talk->followed)
        return turn;
    side = &talk->side[sender];
    side->ends = false;
    if (side->turned && !(looks_so && is_https(tvb, h, true))) {
        turn.whose = of_http ? VSOCK_WHOSE_ANEW : VSOCK_WHOSE_CHOSEN; /* the other side speaks HTTP again */
        return turn;
    }
    if (side->turned) /* it speaks HTTP again, as in a tunnel */
        *talk = (struct talk){0};
    if (looks_so || (side->at_boundary && side->next == h->offset))
        return turn_at_boundary(talk, sender, h, bytes, length);
    if (h->chosen && !of_http)
        turn.whose = VSOCK_WHOSE_HTTP;
    return turn;
}

/* Where a tunnel was asked for, HTTP's dissector goes by the last response for all packets: on a second pass
 * the CONNECT itself is a tunnel's, where that dissector saw none of it; and for HTTP in there it calls
 * itself, up to epan's limit. What is in the tunnel is not its business here. */
static void keep_from_tunnel(conversation_t *conversation)
{
    http_conv_t *http = (http_conv_t *)conversation_get_proto_data(
        conversation, dissector_handle_get_protocol_index(vsock_turn_http()));

    if (http && http->startframe == 0)
        http->startframe = UINT32_MAX;
}

void vsock_turn_taken(const struct vsock_handoff *h, unsigned sender, conversation_t *conversation,
                      const struct vsock_payload_answer *a)
{
    struct talk *talk = get_talk(h->stream);
    struct talk_side *side;

    if (!talk)
        return;
    if (talk->tunnel)
        keep_from_tunnel(conversation);
    side = &talk->side[sender];
    side->at_boundary = a->more > 0 || side->ends;
    side->next = a->more > 0 ? h->offset + a->offset : side->end;
}
