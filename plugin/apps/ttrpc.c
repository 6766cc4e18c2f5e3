/* SPDX-License-Identifier: GPL-2.0-or-later
 * ttrpc.c - containerd's ttrpc: calls as gRPC's, with a 10-byte header in place of HTTP/2. Kata's agent
 * speaks it on vsock port 1024, which others claim as well: so by content, or Decode As.
 * Sources: github.com/containerd/ttrpc PROTOCOL.md, request.proto (Request, Response, KeyValue), channel.go
 * (flags); google/rpc/status.proto and code.proto of googleapis.
 */
#include "compat.h"

#include "apps.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/expert.h>
#include <epan/tfs.h>

#include "call.h"
#include "dissect/tree_util.h"
#include "payload/handoff.h"
#include "protobuf.h"

#define HEADER_SIZE 10
#define LENGTH_MAX (4 << 20) /* peers reject what is longer */
#define NAME_MAX_KEPT 255    /* of a service's or method's name */
#define FIELDS_SHOWN 1000    /* of a message's outermost fields, against a tree of millions */
#define PAYLOAD_FIELDS_SHOWN 50000

enum ttrpc_type {
    TTRPC_REQUEST = 1,
    TTRPC_RESPONSE = 2,
    TTRPC_DATA = 3,
};

enum ttrpc_flags {
    TTRPC_REMOTE_CLOSED = 1,
    TTRPC_REMOTE_OPEN = 2,
    TTRPC_NO_DATA = 4,
};

/* Field numbers. */
enum ttrpc_request {
    REQUEST_SERVICE = 1,
    REQUEST_METHOD = 2,
    REQUEST_PAYLOAD = 3,
    REQUEST_TIMEOUT_NANO = 4,
    REQUEST_METADATA = 5,
};

enum ttrpc_response {
    RESPONSE_STATUS = 1,
    RESPONSE_PAYLOAD = 2,
};

enum rpc_status {
    STATUS_CODE = 1,
    STATUS_MESSAGE = 2,
};

static const value_string type_names[] = {
    {TTRPC_REQUEST, "Request"},
    {TTRPC_RESPONSE, "Response"},
    {TTRPC_DATA, "Data"},
    {0, NULL},
};

/* google.rpc.Code */
static const value_string code_names[] = {
    {0, "OK"},
    {1, "CANCELLED"},
    {2, "UNKNOWN"},
    {3, "INVALID_ARGUMENT"},
    {4, "DEADLINE_EXCEEDED"},
    {5, "NOT_FOUND"},
    {6, "ALREADY_EXISTS"},
    {7, "PERMISSION_DENIED"},
    {8, "RESOURCE_EXHAUSTED"},
    {9, "FAILED_PRECONDITION"},
    {10, "ABORTED"},
    {11, "OUT_OF_RANGE"},
    {12, "UNIMPLEMENTED"},
    {13, "INTERNAL"},
    {14, "UNAVAILABLE"},
    {15, "DATA_LOSS"},
    {16, "UNAUTHENTICATED"},
    {0, NULL},
};

static int proto_ttrpc = -1;

static int hf_length = -1;
static int hf_stream_id = -1;
static int hf_type = -1;
static int hf_flags = -1;
static int hf_flags_remote_closed = -1;
static int hf_flags_remote_open = -1;
static int hf_flags_no_data = -1;
static int hf_service = -1;
static int hf_method = -1;
static int hf_timeout = -1;
static int hf_metadata = -1;
static int hf_metadata_key = -1;
static int hf_metadata_value = -1;
static int hf_status = -1;
static int hf_status_code = -1;
static int hf_status_message = -1;
static int hf_payload = -1;
static int hf_unknown_field = -1;
static int hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_length,
     {"Length", "ttrpc.length", FT_UINT32, BASE_DEC, NULL, 0, "Bytes behind the 10-byte header", HFILL}},
    {&hf_stream_id,
     {"Stream id", "ttrpc.stream_id", FT_UINT32, BASE_DEC, NULL, 0, "The call; a client's are odd", HFILL}},
    {&hf_type, {"Type", "ttrpc.type", FT_UINT8, BASE_DEC, VALS(type_names), 0, NULL, HFILL}},
    {&hf_flags, {"Flags", "ttrpc.flags", FT_UINT8, BASE_HEX, NULL, 0, "Of calls that stream", HFILL}},
    {&hf_flags_remote_closed,
     {"Remote closed", "ttrpc.flags.remote_closed", FT_BOOLEAN, 8, TFS(&tfs_set_notset), TTRPC_REMOTE_CLOSED,
      "The sender sends no more data on this stream", HFILL}},
    {&hf_flags_remote_open,
     {"Remote open", "ttrpc.flags.remote_open", FT_BOOLEAN, 8, TFS(&tfs_set_notset), TTRPC_REMOTE_OPEN,
      "The sender will send data on this stream", HFILL}},
    {&hf_flags_no_data,
     {"No data", "ttrpc.flags.no_data", FT_BOOLEAN, 8, TFS(&tfs_set_notset), TTRPC_NO_DATA,
      "No message, not even an empty one", HFILL}},
    {&hf_service,
     {"Service", "ttrpc.service", FT_STRING, BASE_NONE, NULL, 0,
      "Of the request, on the call's other messages as well", HFILL}},
    {&hf_method,
     {"Method", "ttrpc.method", FT_STRING, BASE_NONE, NULL, 0,
      "Of the request, on the call's other messages as well", HFILL}},
    {&hf_timeout,
     {"Timeout", "ttrpc.timeout", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, "How long the client will wait",
      HFILL}},
    {&hf_metadata,
     {"Metadata", "ttrpc.metadata", FT_NONE, BASE_NONE, NULL, 0, "A key and a value, of the request", HFILL}},
    {&hf_metadata_key, {"Key", "ttrpc.metadata.key", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_metadata_value, {"Value", "ttrpc.metadata.value", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_status, {"Status", "ttrpc.status", FT_NONE, BASE_NONE, NULL, 0, "How the call ended", HFILL}},
    {&hf_status_code,
     {"Code", "ttrpc.status.code", FT_INT32, BASE_DEC, VALS(code_names), 0, "google.rpc.Code", HFILL}},
    {&hf_status_message, {"Message", "ttrpc.status.message", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_payload,
     {"Payload", "ttrpc.payload", FT_BYTES, BASE_NONE, NULL, 0,
      "The method's own message, which the ProtoBuf dissector shows", HFILL}},
    {&hf_unknown_field,
     {"Unknown field", "ttrpc.unknown_field", FT_BYTES, BASE_NONE, NULL, 0, "Tag included", HFILL}},
    {&hf_data,
     {"Data", "ttrpc.data", FT_BYTES, BASE_NONE, NULL, 0, "What is not taken for a message's parts", HFILL}},
    {&hf_call.request_in,
     {"Request in", "ttrpc.request_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL,
      HFILL}},
    {&hf_call.response_in,
     {"Response in", "ttrpc.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0,
      "The response, or the server's last data", HFILL}},
    {&hf_call.time,
     {"Response time", "ttrpc.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
      "Since the request; of a response, or of the server's last data", HFILL}},
};

static int ett_ttrpc = -1;
static int ett_flags = -1;
static int ett_metadata = -1;
static int ett_status = -1;

static expert_field ei_too_long = EI_INIT;
static expert_field ei_unknown_type = EI_INIT;
static expert_field ei_even_stream_id = EI_INIT;
static expert_field ei_status = EI_INIT;
static expert_field ei_malformed = EI_INIT;
static expert_field ei_many_fields = EI_INIT;
static expert_field ei_payload_undecoded = EI_INIT;

static ei_register_info experts[] = {
    {&ei_too_long,
     {"ttrpc.too_long", PI_PROTOCOL, PI_ERROR, "Longer than 4 MiB: peers reject the message", EXPFILL}},
    {&ei_unknown_type,
     {"ttrpc.unknown_type", PI_PROTOCOL, PI_WARN, "No known message type: perhaps no header", EXPFILL}},
    {&ei_even_stream_id,
     {"ttrpc.even_stream_id", PI_PROTOCOL, PI_WARN, "A request with an even stream id: servers reject it",
      EXPFILL}},
    {&ei_status, {"ttrpc.status.error", PI_RESPONSE_CODE, PI_NOTE, "The call failed", EXPFILL}},
    {&ei_malformed,
     {"ttrpc.malformed", PI_MALFORMED, PI_ERROR, "No protobuf field that fits the message", EXPFILL}},
    {&ei_many_fields, {"ttrpc.many_fields", PI_UNDECODED, PI_NOTE, "More fields than are shown", EXPFILL}},
    {&ei_payload_undecoded,
     {"ttrpc.payload.undecoded", PI_UNDECODED, PI_NOTE, "Not shown as protobuf: it is none, or too large",
      EXPFILL}},
};

static dissector_handle_t ttrpc_handle;
static dissector_handle_t protobuf_handle;

struct ttrpc_header {
    uint32_t length, stream_id;
    uint8_t type, flags;
};

/* A message on its way through: where it is shown, and what is known of it. */
struct ttrpc_message {
    struct ttrpc_header header;
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *top, *tree;
    proto_item *item;
    int end;
    struct vsock_call *call; /* or NULL */
    enum vsock_call_part part;
};

/* ---- reading ---- */

static void read_header(tvbuff_t *tvb, int offset, struct ttrpc_header *h)
{
    uint8_t bytes[2];

    h->length = tvb_get_ntohl(tvb, offset);
    h->stream_id = tvb_get_ntohl(tvb, offset + 4);
    tvb_memcpy(tvb, bytes, offset + 8, sizeof(bytes));
    h->type = bytes[0];
    h->flags = bytes[1];
}

/* Whether its length is to be believed: else a stream that was lost track of would be joined to nonsense. */
static bool is_framed(const struct ttrpc_header *h)
{
    return h->length <= LENGTH_MAX && h->type >= TTRPC_REQUEST && h->type <= TTRPC_DATA;
}

/* A string that is a message's field and was captured whole, or NULL. */
static const char *find_text(wmem_allocator_t *scope, tvbuff_t *tvb, int end, uint32_t number)
{
    struct vsock_protobuf_field f;
    int offset = HEADER_SIZE;

    while (vsock_protobuf_next(tvb, &offset, end, &f)) {
        if (f.number != number || f.wire != VSOCK_PROTOBUF_LEN)
            continue;
        if (!tvb_bytes_exist(tvb, f.value_start, f.end - f.value_start))
            return NULL;
        return (const char *)tvb_get_string_enc(scope, tvb, f.value_start,
                                                MIN(f.end - f.value_start, NAME_MAX_KEPT), ENC_UTF_8);
    }
    return NULL;
}

/* A stream of data from the server may end without a response: the last of it is the answer then. */
static enum vsock_call_part part_of(const struct ttrpc_header *h)
{
    if (h->type == TTRPC_REQUEST)
        return VSOCK_CALL_REQUEST;
    if (h->type == TTRPC_RESPONSE || (h->flags & TTRPC_REMOTE_CLOSED))
        return VSOCK_CALL_ANSWER;
    return VSOCK_CALL_OTHER;
}

static void find_call(struct ttrpc_message *m)
{
    m->part = part_of(&m->header);
    m->call = vsock_call_of(m->pinfo, proto_ttrpc, m->header.stream_id, &m->part);
    if (m->part == VSOCK_CALL_REQUEST && m->call && !PINFO_FD_VISITED(m->pinfo)) {
        m->call->service = find_text(wmem_file_scope(), m->tvb, m->end, REQUEST_SERVICE);
        m->call->method = find_text(wmem_file_scope(), m->tvb, m->end, REQUEST_METHOD);
    }
}

/* ---- showing ---- */

/* "grpc.Health/Check", or NULL. */
static const char *name_of_call(const struct ttrpc_message *m)
{
    if (!m->call || (!m->call->service && !m->call->method))
        return NULL;
    return wmem_strdup_printf(m->pinfo->pool, "%s/%s", vsock_app_printable(m->pinfo, m->call->service),
                              vsock_app_printable(m->pinfo, m->call->method));
}

static void append_text(const struct ttrpc_message *m, const char *text)
{
    col_append_str(m->pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(m->item, "%s", text);
}

static void show_summary(const struct ttrpc_message *m)
{
    const char *type = val_to_str_const(m->header.type, type_names, "Message");
    const char *name = name_of_call(m);

    append_text(m, wmem_strdup_printf(m->pinfo->pool, "%s %u", type, m->header.stream_id));
    if (name)
        append_text(m, wmem_strdup_printf(m->pinfo->pool, " %s", name));
    if (m->header.type == TTRPC_DATA && (m->header.flags & TTRPC_REMOTE_CLOSED))
        append_text(m, ", last");
}

static void show_header(const struct ttrpc_message *m)
{
    static int *const flags[] = {&hf_flags_remote_closed, &hf_flags_remote_open, &hf_flags_no_data, NULL};
    proto_item *stream_id;

    proto_tree_add_item(m->tree, hf_length, m->tvb, 0, 4, ENC_BIG_ENDIAN);
    stream_id = proto_tree_add_item(m->tree, hf_stream_id, m->tvb, 4, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(m->tree, hf_type, m->tvb, 8, 1, ENC_NA);
    proto_tree_add_bitmask(m->tree, m->tvb, 9, hf_flags, ett_flags, flags, ENC_NA);
    if (m->header.type == TTRPC_REQUEST && m->header.stream_id % 2 == 0)
        expert_add_info(m->pinfo, stream_id, &ei_even_stream_id);
}

static void show_call(const struct ttrpc_message *m)
{
    if (!m->call)
        return;
    if (m->part != VSOCK_CALL_REQUEST && m->call->service)
        proto_item_set_generated(proto_tree_add_string(m->tree, hf_service, m->tvb, 0, 0, m->call->service));
    if (m->part != VSOCK_CALL_REQUEST && m->call->method)
        proto_item_set_generated(proto_tree_add_string(m->tree, hf_method, m->tvb, 0, 0, m->call->method));
    vsock_call_show(m->pinfo, m->tree, m->tvb, m->call, m->part, &hf_call);
}

/* What Wireshark's protobuf dissector knows gRPC's messages by, so that it finds the type in the user's
 * .proto files; NULL where there is no telling. */
static char *payload_type(const struct ttrpc_message *m)
{
    const char *name = name_of_call(m);

    if (!name)
        return NULL;
    return wmem_strdup_printf(m->pinfo->pool, "application/grpc,/%s,%s", name,
                              vsock_call_from_client(m->pinfo, m->call) ? "request" : "response");
}

/* Whether Wireshark's protobuf dissector can be trusted with it: in 4.0, a length beyond the message makes it
 * read on or give up with an assertion, and millions of fields overflow the tree. */
static bool is_protobuf(tvbuff_t *tvb, int start, int end)
{
    struct vsock_protobuf_field f;
    int offset = start, n = 0;

    while (n < PAYLOAD_FIELDS_SHOWN && vsock_protobuf_next(tvb, &offset, end, &f))
        n++;
    return offset == end;
}

static void show_payload(const struct ttrpc_message *m, int start, int end)
{
    proto_item *item = proto_tree_add_item(m->tree, hf_payload, m->tvb, start, end - start, ENC_NA);

    if (!is_protobuf(m->tvb, start, end))
        expert_add_info(m->pinfo, item, &ei_payload_undecoded);
    else if (end > start)
        vsock_app_call(protobuf_handle, tvb_new_subset_length(m->tvb, start, end - start), m->pinfo, m->top,
                       payload_type(m));
}

static void show_unknown_field(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    proto_item *item =
        proto_tree_add_item(m->tree, hf_unknown_field, m->tvb, f->start, f->end - f->start, ENC_NA);

    proto_item_append_text(item, " (number %u)", f->number);
}

static void show_text(proto_tree *tree, const struct ttrpc_message *m, int hf,
                      const struct vsock_protobuf_field *f)
{
    proto_tree_add_item(tree, hf, m->tvb, f->value_start, f->end - f->value_start, ENC_UTF_8);
}

static void show_metadata(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    proto_item *item = proto_tree_add_item(m->tree, hf_metadata, m->tvb, f->start, f->end - f->start, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_metadata);
    struct vsock_protobuf_field part;
    int offset = f->value_start;

    for (int n = 0; n < FIELDS_SHOWN && vsock_protobuf_next(m->tvb, &offset, f->end, &part); n++) {
        if (part.number <= 2 && part.wire == VSOCK_PROTOBUF_LEN)
            show_text(tree, m, part.number == 1 ? hf_metadata_key : hf_metadata_value, &part);
    }
}

static void show_timeout(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    nstime_t timeout = vsock_nstime((int64_t)f->varint);

    proto_tree_add_time(m->tree, hf_timeout, m->tvb, f->value_start, f->end - f->value_start, &timeout);
}

static void show_request_field(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    if (f->number == REQUEST_SERVICE && f->wire == VSOCK_PROTOBUF_LEN)
        show_text(m->tree, m, hf_service, f);
    else if (f->number == REQUEST_METHOD && f->wire == VSOCK_PROTOBUF_LEN)
        show_text(m->tree, m, hf_method, f);
    else if (f->number == REQUEST_PAYLOAD && f->wire == VSOCK_PROTOBUF_LEN)
        show_payload(m, f->value_start, f->end);
    else if (f->number == REQUEST_TIMEOUT_NANO && f->wire == VSOCK_PROTOBUF_VARINT)
        show_timeout(m, f);
    else if (f->number == REQUEST_METADATA && f->wire == VSOCK_PROTOBUF_LEN)
        show_metadata(m, f);
    else
        show_unknown_field(m, f);
}

struct status {
    int32_t code;
    const char *message;
};

static void show_status_field(const struct ttrpc_message *m, proto_tree *tree,
                              const struct vsock_protobuf_field *f, struct status *status)
{
    if (f->number == STATUS_CODE && f->wire == VSOCK_PROTOBUF_VARINT) {
        status->code = (int32_t)f->varint;
        proto_tree_add_int(tree, hf_status_code, m->tvb, f->value_start, f->end - f->value_start,
                           status->code);
    } else if (f->number == STATUS_MESSAGE && f->wire == VSOCK_PROTOBUF_LEN) {
        show_text(tree, m, hf_status_message, f);
        status->message = (const char *)tvb_get_string_enc(m->pinfo->pool, m->tvb, f->value_start,
                                                           f->end - f->value_start, ENC_UTF_8);
    }
}

static void show_status(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    proto_item *item = proto_tree_add_item(m->tree, hf_status, m->tvb, f->start, f->end - f->start, ENC_NA);
    proto_tree *tree = proto_item_add_subtree(item, ett_status);
    struct status status = {0, NULL};
    struct vsock_protobuf_field part;
    int offset = f->value_start;
    const char *name, *message;

    for (int n = 0; n < FIELDS_SHOWN && vsock_protobuf_next(m->tvb, &offset, f->end, &part); n++)
        show_status_field(m, tree, &part, &status);
    name = try_val_to_str((uint32_t)status.code, code_names);
    if (!name)
        name = wmem_strdup_printf(m->pinfo->pool, "code %d", status.code);
    message = status.message ? vsock_app_printable(m->pinfo, status.message) : NULL;
    if (status.code == 0) /* which proto3 leaves out */
        proto_item_set_generated(proto_tree_add_int(tree, hf_status_code, m->tvb, f->start, 0, 0));
    else
        expert_add_info_format(m->pinfo, item, &ei_status, "The call failed: %s%s%s", name,
                               message ? ": " : "", message ? message : "");
    append_text(m, wmem_strdup_printf(m->pinfo->pool, ": %s", name));
    if (message)
        append_text(m, wmem_strdup_printf(m->pinfo->pool, " (%s)", message));
}

static void show_response_field(const struct ttrpc_message *m, const struct vsock_protobuf_field *f)
{
    if (f->number == RESPONSE_STATUS && f->wire == VSOCK_PROTOBUF_LEN)
        show_status(m, f);
    else if (f->number == RESPONSE_PAYLOAD && f->wire == VSOCK_PROTOBUF_LEN)
        show_payload(m, f->value_start, f->end);
    else
        show_unknown_field(m, f);
}

/* What is left of the message where no field could be read. */
static void show_rest(const struct ttrpc_message *m, int offset, expert_field *why)
{
    if (offset == m->end)
        return;
    tvb_ensure_bytes_exist(m->tvb, offset, m->end - offset); /* it may be the capture that ends here */
    expert_add_info(m->pinfo, proto_tree_add_item(m->tree, hf_data, m->tvb, offset, m->end - offset, ENC_NA),
                    why);
}

static void show_fields(const struct ttrpc_message *m)
{
    struct vsock_protobuf_field f;
    int offset = HEADER_SIZE, n = 0;

    for (; n < FIELDS_SHOWN && vsock_protobuf_next(m->tvb, &offset, m->end, &f); n++) {
        if (m->header.type == TTRPC_REQUEST)
            show_request_field(m, &f);
        else
            show_response_field(m, &f);
    }
    show_rest(m, offset, n == FIELDS_SHOWN ? &ei_many_fields : &ei_malformed);
}

static void show_body(const struct ttrpc_message *m)
{
    if (m->header.type != TTRPC_DATA)
        show_fields(m);
    else if (!(m->header.flags & TTRPC_NO_DATA) || m->end > HEADER_SIZE)
        show_payload(m, HEADER_SIZE, m->end);
}

/* ---- dissecting ---- */

static void show_unframed(const struct ttrpc_message *m)
{
    append_text(m, m->header.length > LENGTH_MAX ? "Message too long" : "Unknown message type");
    show_header(m);
    expert_add_info(m->pinfo, m->item, m->header.length > LENGTH_MAX ? &ei_too_long : &ei_unknown_type);
    if (tvb_reported_length(m->tvb) > HEADER_SIZE)
        proto_tree_add_item(m->tree, hf_data, m->tvb, HEADER_SIZE, -1, ENC_NA);
}

static void show_message(struct ttrpc_message *m)
{
    m->end = HEADER_SIZE + (int)m->header.length;
    find_call(m);
    show_summary(m);
    show_header(m);
    show_call(m);
    show_body(m);
}

static int dissect_pdu(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct ttrpc_message m = {.tvb = tvb, .pinfo = pinfo, .top = tree};

    read_header(tvb, 0, &m.header);
    m.item = proto_tree_add_protocol_format(tree, proto_ttrpc, tvb, 0, -1, "ttrpc, ");
    m.tree = proto_item_add_subtree(m.item, ett_ttrpc);
    vsock_app_begin_info(pinfo, proto_ttrpc, "ttrpc");
    if (is_framed(&m.header))
        show_message(&m);
    else
        show_unframed(&m);
    vsock_app_end_info(pinfo);
    return (int)tvb_captured_length(tvb);
}

/* Where a header is none, or tells of more than a peer would take, the rest of what there is. */
static unsigned pdu_length(packet_info *pinfo _U_, tvbuff_t *tvb, int offset, void *data _U_)
{
    struct ttrpc_header h;

    if (!tvb_bytes_exist(tvb, offset, HEADER_SIZE))
        return HEADER_SIZE;
    read_header(tvb, offset, &h);
    return is_framed(&h) ? HEADER_SIZE + h.length : (unsigned)tvb_reported_length_remaining(tvb, offset);
}

static int dissect_ttrpc(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    tcp_dissect_pdus(tvb, pinfo, tree, TRUE, HEADER_SIZE, pdu_length, dissect_pdu, data);
    return (int)tvb_captured_length(tvb);
}

/* ---- recognising ---- */

static bool is_name_character(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/';
}

/* A request begins with its service's name: as much of it as there is has to look like one. */
static bool begins_with_service(tvbuff_t *tvb, const struct ttrpc_header *h)
{
    enum { SHORTEST = 3 };
    uint8_t bytes[2 + 127];
    unsigned size = MIN(tvb_captured_length(tvb) - HEADER_SIZE, sizeof(bytes));

    tvb_memcpy(tvb, bytes, HEADER_SIZE, size);
    if (size < 2 + SHORTEST || bytes[0] != (REQUEST_SERVICE << 3 | VSOCK_PROTOBUF_LEN))
        return false;
    if (bytes[1] < SHORTEST || bytes[1] > 127 || 2U + bytes[1] > h->length)
        return false;
    for (unsigned i = 2; i < MIN(size, 2U + bytes[1]); i++) {
        if (!is_name_character(bytes[i]))
            return false;
    }
    return true;
}

/* Of a stream whose beginning was not captured: a whole response, and nothing behind it. */
static bool is_lone_response(tvbuff_t *tvb, const struct ttrpc_header *h)
{
    uint8_t tag;

    if (h->flags != 0 || h->length < 2 || tvb_reported_length(tvb) != HEADER_SIZE + h->length ||
        tvb_captured_length(tvb) <= HEADER_SIZE)
        return false;
    tvb_memcpy(tvb, &tag, HEADER_SIZE, 1);
    return tag == (RESPONSE_STATUS << 3 | VSOCK_PROTOBUF_LEN);
}

static bool is_ttrpc(tvbuff_t *tvb)
{
    struct ttrpc_header h;

    if (!tvb_bytes_exist(tvb, 0, HEADER_SIZE))
        return false;
    read_header(tvb, 0, &h);
    if (!is_framed(&h) || h.stream_id % 2 == 0 || h.flags > 7)
        return false;
    if (h.type == TTRPC_REQUEST)
        return begins_with_service(tvb, &h);
    return h.type == TTRPC_RESPONSE && is_lone_response(tvb, &h);
}

static compat_bool dissect_ttrpc_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_ttrpc(tvb))
        return FALSE;
    vsock_claim(pinfo, ttrpc_handle);
    dissect_ttrpc(tvb, pinfo, tree, data);
    return TRUE;
}

void proto_register_ttrpc(void);
void proto_register_ttrpc(void)
{
    static int *ett[] = {&ett_ttrpc, &ett_flags, &ett_metadata, &ett_status};

    proto_ttrpc = vsock_app_protocol("ttrpc", "ttrpc", "ttrpc");
    if (proto_ttrpc == -1)
        return;
    proto_register_field_array(proto_ttrpc, fields, array_length(fields));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_ttrpc), experts, array_length(experts));
    ttrpc_handle = register_dissector("ttrpc", dissect_ttrpc, proto_ttrpc);
}

void proto_reg_handoff_ttrpc(void);
void proto_reg_handoff_ttrpc(void)
{
    if (!ttrpc_handle || !vsock_takes_dissectors())
        return;
    protobuf_handle = find_dissector("protobuf");
    dissector_add_for_decode_as(VSOCK_PORT_TABLE, ttrpc_handle);
    heur_dissector_add(VSOCK_HEURISTIC_LIST, dissect_ttrpc_heuristic, "ttrpc over vsock", "ttrpc_vsock",
                       proto_ttrpc, HEURISTIC_ENABLE);
}
