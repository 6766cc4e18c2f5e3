/* SPDX-License-Identifier: GPL-2.0-or-later
 * call.h - which response belongs to which request, by an id that is unique within a connection, or where
 * there is none, by their order. Decided on the first pass, and kept per message: the answer is the same on
 * every pass and in any order. */
#ifndef VSOCK_APPS_CALL_H
#define VSOCK_APPS_CALL_H

#include <epan/packet.h>

enum vsock_call_part {
    VSOCK_CALL_REQUEST, /* begins the call */
    VSOCK_CALL_ANSWER,
    VSOCK_CALL_OTHER,
};

/* Who begins calls. */
struct vsock_caller {
    address from;
    uint32_t port;
};

struct vsock_call {
    uint64_t id;
    const struct vsock_caller *client;
    uint32_t request_frame, response_frame; /* response_frame: 0 until it is seen */
    nstime_t request_time;
    const char *service, *method; /* for the protocol's own use; NULL or of file scope */
    uint64_t note;                /* the same, of the request: see vsock_call_note() */
};

/* Those of a connection. */
struct vsock_calls;

/* The calls of a frame's messages, in their order. */
struct vsock_frame_calls;

/* Those of the frame that is being dissected, from where the last dissector of the protocol in it left off.
 * To be asked once for a run of messages: epan looks for it among all that is kept of the frame. */
struct vsock_frame_calls *vsock_calls_of_frame(packet_info *pinfo, int proto);

/* The call that this message begins or belongs to; NULL if the request was not captured. To be asked once for
 * every message of the protocol. *part: what the message would be; an answer from the client's side is OTHER.
 */
struct vsock_call *vsock_call_of(packet_info *pinfo, struct vsock_frame_calls *calls, uint64_t id,
                                 enum vsock_call_part *part);

/* What the request with that id, of the other side, has noted: where it tells how long its answer is, before
 * the answer is there in full. 0 if nothing. The same on every pass. */
uint64_t vsock_call_note(packet_info *pinfo, struct vsock_frame_calls *calls, uint64_t id);

/* May that message answer the call? */
typedef bool (*vsock_call_may_answer)(const struct vsock_call *call, const void *message);

/* The same of a protocol whose server answers one call after another, and whose messages do not say which:
 * that of the oldest request of those that may be meant, as far as the capture has them. Only the side that
 * has begun the first call begins others. may: NULL if every request is answered; else the oldest of more
 * than 64 that wait is forgotten. part: REQUEST, ANSWER, or OTHER, of an answer that others follow. */
struct vsock_call *vsock_call_in_order(packet_info *pinfo, struct vsock_frame_calls *calls,
                                       enum vsock_call_part part, vsock_call_may_answer may,
                                       const void *message);

/* Those of the frame's connection: on the first pass, once a message's call was asked for. */
const struct vsock_calls *vsock_calls_of(const struct vsock_frame_calls *frame);

/* The id of the call whose id is next to `id`, or is that: none above it (`down`), or none below it. */
bool vsock_call_nearest(const struct vsock_calls *calls, uint64_t id, bool down, uint64_t *nearest);

/* Whether the packet is from the side that sent the request. */
bool vsock_call_from_client(const packet_info *pinfo, const struct vsock_call *call);

/* The fields that link request and response: FT_FRAMENUM twice and FT_RELATIVE_TIME. */
struct vsock_call_fields {
    int request_in, response_in, time;
};

/* Their rows in the table of a protocol with that filter name. The last two are blurbs. */
/* clang-format off */
#define VSOCK_CALL_FIELDS(hf, filter, of_response, of_time) \
    {&(hf).request_in, {"Request in", filter ".request_in", FT_FRAMENUM, BASE_NONE, \
     FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL, HFILL}}, \
    {&(hf).response_in, {"Response in", filter ".response_in", FT_FRAMENUM, BASE_NONE, \
     FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, of_response, HFILL}}, \
    {&(hf).time, {"Response time", filter ".time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, of_time, HFILL}}
/* clang-format on */

/* call: may be NULL. */
void vsock_call_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const struct vsock_call *call,
                     enum vsock_call_part part, const struct vsock_call_fields *hf);

#endif
