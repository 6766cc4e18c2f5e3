/* SPDX-License-Identifier: GPL-2.0-or-later
 * call.c - which response belongs to which request. */
#include "compat.h"

#include "call.h"

#include <epan/conversation.h>
#include <epan/proto_data.h>

#include "dissect/tree_util.h"

/* Keys of a packet's data for a protocol. */
#define OF_ALL_PASSES 1 /* an array of calls, or NULL, by message */
#define OF_THIS_PASS 1  /* struct vsock_frame_calls */

struct vsock_calls {
    struct vsock_caller *caller[2]; /* who has begun calls; NULL */
    wmem_map_t *calls;              /* by id: a later request with an id takes it over */

    wmem_tree_t *notes; /* uint64_t, by the answer's frame and id: those that were asked for; or NULL */

    /* Of calls in order, whose ids are ours: from `oldest` up to `next` they wait for an answer. */
    const struct vsock_caller *client;
    uint64_t oldest, next;
};

struct vsock_frame_calls {
    int proto;
    struct vsock_calls *connection;
    wmem_array_t *kept; /* NULL if the first pass found none */
    unsigned next;      /* message of the frame */
};

static struct vsock_calls *get_connection(packet_info *pinfo, int proto)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    struct vsock_calls *c = (struct vsock_calls *)conversation_get_proto_data(conversation, proto);

    if (!c) {
        c = wmem_new0(wmem_file_scope(), struct vsock_calls);
        c->calls = wmem_map_new(wmem_file_scope(), wmem_int64_hash, g_int64_equal);
        conversation_add_proto_data(conversation, proto, c);
    }
    return c;
}

struct vsock_frame_calls *vsock_calls_of_frame(packet_info *pinfo, int proto)
{
    struct vsock_frame_calls *f =
        (struct vsock_frame_calls *)p_get_proto_data(pinfo->pool, pinfo, proto, OF_THIS_PASS);

    if (!f) {
        f = wmem_new0(pinfo->pool, struct vsock_frame_calls);
        f->proto = proto;
        f->kept = (wmem_array_t *)p_get_proto_data(wmem_file_scope(), pinfo, proto, OF_ALL_PASSES);
        p_add_proto_data(pinfo->pool, pinfo, proto, OF_THIS_PASS, f);
    }
    return f;
}

static bool is_from(const packet_info *pinfo, const struct vsock_caller *caller)
{
    return pinfo->srcport == caller->port && addresses_equal(&pinfo->src, &caller->from);
}

/* The packet's sender. Of a connection, there are two. */
static const struct vsock_caller *get_caller(packet_info *pinfo, struct vsock_calls *c)
{
    struct vsock_caller **free = c->caller[0] ? &c->caller[1] : &c->caller[0];

    if (c->caller[0] && is_from(pinfo, c->caller[0]))
        return c->caller[0];
    if (!*free) {
        *free = wmem_new(wmem_file_scope(), struct vsock_caller);
        copy_address_wmem(wmem_file_scope(), &(*free)->from, &pinfo->src);
        (*free)->port = pinfo->srcport;
    }
    return *free;
}

static struct vsock_call *begin(packet_info *pinfo, struct vsock_calls *connection, uint64_t id)
{
    struct vsock_call *call = wmem_new0(wmem_file_scope(), struct vsock_call);

    call->id = id;
    call->client = get_caller(pinfo, connection);
    call->request_frame = pinfo->num;
    call->request_time = pinfo->abs_ts;
    wmem_map_insert(connection->calls, &call->id, call);
    return call;
}

bool vsock_call_from_client(const packet_info *pinfo, const struct vsock_call *call)
{
    return is_from(pinfo, call->client);
}

static struct vsock_call *decide(packet_info *pinfo, struct vsock_frame_calls *f, uint64_t id,
                                 enum vsock_call_part part)
{
    struct vsock_call *call;

    if (!f->connection)
        f->connection = get_connection(pinfo, f->proto);
    if (part == VSOCK_CALL_REQUEST)
        call = begin(pinfo, f->connection, id);
    else
        call = (struct vsock_call *)wmem_map_lookup(f->connection->calls, &id);
    if (call && part == VSOCK_CALL_ANSWER && call->response_frame == 0 &&
        !vsock_call_from_client(pinfo, call))
        call->response_frame = pinfo->num;
    return call;
}

static void keep(packet_info *pinfo, struct vsock_frame_calls *f, struct vsock_call *call)
{
    if (!f->kept) {
        f->kept = wmem_array_sized_new(wmem_file_scope(), sizeof(struct vsock_call *), 1);
        p_add_proto_data(wmem_file_scope(), pinfo, f->proto, OF_ALL_PASSES, f->kept);
    }
    wmem_array_append_one(f->kept, call);
}

/* What the first pass has kept of the frame's next message. */
static struct vsock_call *recall(struct vsock_frame_calls *f)
{
    unsigned at = f->next++;

    if (!f->kept || at >= wmem_array_get_count(f->kept))
        return NULL;
    return *(struct vsock_call **)wmem_array_index(f->kept, at);
}

struct vsock_call *vsock_call_of(packet_info *pinfo, struct vsock_frame_calls *calls, uint64_t id,
                                 enum vsock_call_part *part)
{
    struct vsock_call *call;

    if (PINFO_FD_VISITED(pinfo)) {
        call = recall(calls);
    } else {
        call = decide(pinfo, calls, id, *part);
        keep(pinfo, calls, call);
        calls->next++;
    }
    if (*part == VSOCK_CALL_ANSWER && call && vsock_call_from_client(pinfo, call))
        *part = VSOCK_CALL_OTHER;
    return call;
}

uint64_t vsock_call_note(packet_info *pinfo, struct vsock_frame_calls *calls, uint64_t id)
{
    uint32_t key[] = {pinfo->num, (uint32_t)(id >> 32), (uint32_t)id};
    wmem_tree_key_t keys[] = {{array_length(key), key}, {0, NULL}};
    struct vsock_calls *c;
    struct vsock_call *call;
    const uint64_t *note = NULL;

    if (!calls->connection)
        calls->connection = get_connection(pinfo, calls->proto);
    c = calls->connection;
    if (PINFO_FD_VISITED(pinfo)) {
        note = c->notes ? (const uint64_t *)wmem_tree_lookup32_array(c->notes, keys) : NULL;
        return note ? *note : 0;
    }
    call = (struct vsock_call *)wmem_map_lookup(c->calls, &id);
    if (!call || call->note == 0 || vsock_call_from_client(pinfo, call))
        return 0;
    if (!c->notes)
        c->notes = wmem_tree_new(wmem_file_scope());
    wmem_tree_insert32_array(c->notes, keys, &call->note);
    return call->note;
}

/* ---- by id ---- */

const struct vsock_calls *vsock_calls_of(const struct vsock_frame_calls *frame)
{
    return frame->connection;
}

struct nearest {
    uint64_t wanted, id;
    bool down, found;
};

static void look_nearer(void *key, void *call _U_, void *context)
{
    struct nearest *n = (struct nearest *)context;
    uint64_t id = *(const uint64_t *)key;

    if (n->down ? id > n->wanted : id < n->wanted)
        return;
    if (!n->found || (n->down ? id > n->id : id < n->id))
        n->id = id;
    n->found = true;
}

bool vsock_call_nearest(const struct vsock_calls *calls, uint64_t id, bool down, uint64_t *nearest)
{
    struct nearest n = {.wanted = id, .down = down};

    wmem_map_foreach(calls->calls, look_nearer, &n);
    *nearest = n.id;
    return n.found;
}

/* ---- in order ---- */

#define WAITING_MAX 64 /* where some requests have no answer, and others are looked through each time */

static void forget_up_to(struct vsock_calls *c, uint64_t id)
{
    for (; c->oldest < id; c->oldest++)
        wmem_map_remove(c->calls, &c->oldest);
}

static struct vsock_call *begin_in_order(packet_info *pinfo, struct vsock_calls *c, bool all_answered)
{
    if (!c->client)
        c->client = get_caller(pinfo, c);
    if (!is_from(pinfo, c->client))
        return NULL;
    if (!all_answered && c->next - c->oldest == WAITING_MAX)
        forget_up_to(c, c->oldest + 1);
    return begin(pinfo, c, c->next++);
}

static struct vsock_call *answer_in_order(packet_info *pinfo, struct vsock_calls *c, bool last,
                                          vsock_call_may_answer may, const void *message)
{
    if (!c->client || is_from(pinfo, c->client))
        return NULL;
    for (uint64_t id = c->oldest; id < c->next; id++) {
        struct vsock_call *call = (struct vsock_call *)wmem_map_lookup(c->calls, &id);

        if (may && !may(call, message))
            continue;
        if (last) {
            call->response_frame = pinfo->num;
            forget_up_to(c, id + 1);
        }
        return call;
    }
    return NULL;
}

struct vsock_call *vsock_call_in_order(packet_info *pinfo, struct vsock_frame_calls *calls,
                                       enum vsock_call_part part, vsock_call_may_answer may,
                                       const void *message)
{
    struct vsock_call *call;

    if (PINFO_FD_VISITED(pinfo))
        return recall(calls);
    if (!calls->connection)
        calls->connection = get_connection(pinfo, calls->proto);
    if (part == VSOCK_CALL_REQUEST)
        call = begin_in_order(pinfo, calls->connection, may == NULL);
    else
        call = answer_in_order(pinfo, calls->connection, part == VSOCK_CALL_ANSWER, may, message);
    keep(pinfo, calls, call);
    calls->next++;
    return call;
}

void vsock_call_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const struct vsock_call *call,
                     enum vsock_call_part part, const struct vsock_call_fields *hf)
{
    nstime_t time;

    if (!call)
        return;
    if (part != VSOCK_CALL_REQUEST)
        vsock_add_uint(tree, tvb, hf->request_in, call->request_frame);
    else if (call->response_frame != 0)
        vsock_add_uint(tree, tvb, hf->response_in, call->response_frame);
    if (part != VSOCK_CALL_ANSWER)
        return;
    nstime_delta(&time, &pinfo->abs_ts, &call->request_time);
    proto_item_set_generated(proto_tree_add_time(tree, hf->time, tvb, 0, 0, &time));
}
