/* SPDX-License-Identifier: GPL-2.0-or-later
 * ttrpc.c - containerd's ttrpc: calls as gRPC's, with a 10-byte header in place of HTTP/2. Kata's agent
 * speaks it on vsock port 1024, which others claim as well: so by content, or Decode As.
 * Sources: github.com/containerd/ttrpc PROTOCOL.md, request.proto (Request, Response, KeyValue), channel.go
 * (flags); google/rpc/status.proto and code.proto of googleapis.
 */
#include "compat.h"

#include "apps.h"
#include "core/bytes.h"

#include <epan/tfs.h>

#include "call.h"
#include "dissect/tree_util.h"
#include "protobuf.h"
#include "ttrpc_follow.h"

#define HEADER_SIZE 10
#define LENGTH_MAX (4 << 20)       /* peers reject what is longer */
#define NAME_MAX_KEPT 255          /* of a service's or method's name */
#define FIELDS_SHOWN 1000          /* of a message, those of its parts included: against a tree of millions */
#define PAYLOAD_FIELDS_SHOWN 25000 /* of its payloads, the outermost */

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

/* Numbers of the fields that are looked for; the others are in the tables of what shows them. */
enum ttrpc_field {
    REQUEST_SERVICE = 1,
    REQUEST_METHOD = 2,
    REQUEST_PAYLOAD = 3,
    RESPONSE_STATUS = 1,
    RESPONSE_PAYLOAD = 2,
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

static struct vsock_app app;

static int hf_length = -1, hf_stream_id = -1, hf_type = -1;
static int hf_flags = -1, hf_flags_remote_closed = -1, hf_flags_remote_open = -1, hf_flags_no_data = -1;
static int hf_service = -1, hf_method = -1, hf_timeout = -1;
static int hf_metadata = -1, hf_metadata_key = -1, hf_metadata_value = -1;
static int hf_status = -1, hf_status_code = -1, hf_status_message = -1;
static int hf_payload = -1, hf_unknown_field = -1, hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

/* Laid out by hand, a row each. */
/* clang-format off */
static hf_register_info fields[] = {
    {&hf_length, {"Length", "ttrpc.length", FT_UINT32, BASE_DEC, NULL, 0,
     "Bytes behind the 10-byte header", HFILL}},
    {&hf_stream_id, {"Stream id", "ttrpc.stream_id", FT_UINT32, BASE_DEC, NULL, 0,
     "The call; a client's are odd", HFILL}},
    {&hf_type, {"Type", "ttrpc.type", FT_UINT8, BASE_DEC, VALS(type_names), 0, NULL, HFILL}},
    {&hf_flags, {"Flags", "ttrpc.flags", FT_UINT8, BASE_HEX, NULL, 0, "Of calls that stream", HFILL}},
    {&hf_flags_remote_closed, {"Remote closed", "ttrpc.flags.remote_closed", FT_BOOLEAN, 8,
     TFS(&tfs_set_notset), TTRPC_REMOTE_CLOSED, "The sender sends no more data on this stream", HFILL}},
    {&hf_flags_remote_open, {"Remote open", "ttrpc.flags.remote_open", FT_BOOLEAN, 8,
     TFS(&tfs_set_notset), TTRPC_REMOTE_OPEN, "The sender will send data on this stream", HFILL}},
    {&hf_flags_no_data, {"No data", "ttrpc.flags.no_data", FT_BOOLEAN, 8, TFS(&tfs_set_notset), TTRPC_NO_DATA,
     "No message, not even an empty one", HFILL}},
    {&hf_service, {"Service", "ttrpc.service", FT_STRING, BASE_NONE, NULL, 0,
     "Of the request, on the call's other messages as well", HFILL}},
    {&hf_method, {"Method", "ttrpc.method", FT_STRING, BASE_NONE, NULL, 0,
     "Of the request, on the call's other messages as well", HFILL}},
    {&hf_timeout, {"Timeout", "ttrpc.timeout", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
     "How long the client will wait", HFILL}},
    {&hf_metadata, {"Metadata", "ttrpc.metadata", FT_NONE, BASE_NONE, NULL, 0,
     "A key and a value, of the request", HFILL}},
    {&hf_metadata_key, {"Key", "ttrpc.metadata.key", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_metadata_value, {"Value", "ttrpc.metadata.value", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_status, {"Status", "ttrpc.status", FT_NONE, BASE_NONE, NULL, 0, "How the call ended", HFILL}},
    {&hf_status_code, {"Code", "ttrpc.status.code", FT_INT32, BASE_DEC, VALS(code_names), 0,
     "google.rpc.Code", HFILL}},
    {&hf_status_message, {"Message", "ttrpc.status.message", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_payload, {"Payload", "ttrpc.payload", FT_BYTES, BASE_NONE, NULL, 0,
     "The method's own message, which the ProtoBuf dissector shows", HFILL}},
    {&hf_unknown_field, {"Unknown field", "ttrpc.unknown_field", FT_BYTES, BASE_NONE, NULL, 0,
     "Tag included", HFILL}},
    {&hf_data, {"Data", "ttrpc.data", FT_BYTES, BASE_NONE, NULL, 0,
     "What is not taken for a message's parts", HFILL}},
    VSOCK_CALL_FIELDS(hf_call, "ttrpc", "The response, or the server's last data",
                      "Since the request; of a response, or of the server's last data"),
};

static int ett_ttrpc = -1, ett_flags = -1, ett_metadata = -1, ett_status = -1;

static struct vsock_expert too_long = {"ttrpc.too_long", PI_ERROR,
    "Longer than 4 MiB: peers reject the message", .group = PI_PROTOCOL};
static struct vsock_expert unknown_type = {"ttrpc.unknown_type", PI_WARN,
    "No known message type: perhaps no header", .group = PI_PROTOCOL};
static struct vsock_expert even_stream_id = {"ttrpc.even_stream_id", PI_WARN,
    "A request with an even stream id: servers reject it", .group = PI_PROTOCOL};
static struct vsock_expert status_error = {"ttrpc.status.error", PI_NOTE,
    "The call failed", .group = PI_RESPONSE_CODE};
static struct vsock_expert malformed = {"ttrpc.malformed", PI_ERROR,
    "No protobuf field that fits the message", .group = PI_MALFORMED};
static struct vsock_expert many_fields = {"ttrpc.many_fields", PI_NOTE,
    "More fields than are shown", .group = PI_UNDECODED};
static struct vsock_expert payload_undecoded = {"ttrpc.payload.undecoded", PI_NOTE,
    "Not shown as protobuf: it is none, or too large", .group = PI_UNDECODED};
/* clang-format on */

static dissector_handle_t protobuf_handle;

struct ttrpc_header {
    uint32_t length, stream_id;
    uint8_t type, flags;
};

/* A message on its way through: where it is shown, and what is known of it. */
struct message {
    struct ttrpc_header header;
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *top, *tree; /* for other dissectors; its own */
    int end;
    struct vsock_call *call; /* or NULL */
    enum vsock_call_part part;
    struct vsock_app_frame *frame;
    unsigned fields, payload_fields; /* shown so far */
    int32_t status_code;
    const char *status_message; /* or NULL */
};

/* ---- reading ---- */

/* Of HEADER_SIZE bytes. */
static struct ttrpc_header header_of(const uint8_t *bytes)
{
    return (struct ttrpc_header){
        .length = vsock_big_endian(bytes),
        .stream_id = vsock_big_endian(bytes + 4),
        .type = bytes[8],
        .flags = bytes[9],
    };
}

static struct ttrpc_header read_header(tvbuff_t *tvb, int offset)
{
    return header_of(tvb_get_ptr(tvb, offset, HEADER_SIZE));
}

/* Whether its length is to be believed: else a stream that was lost track of would be joined to nonsense. */
static bool is_framed(const struct ttrpc_header *h)
{
    return h->length <= LENGTH_MAX && h->type >= TTRPC_REQUEST && h->type <= TTRPC_DATA;
}

/* A string that is a message's field and was captured whole, or NULL. */
static const char *find_text(const struct message *m, uint32_t number)
{
    struct vsock_protobuf_field f;
    int offset = HEADER_SIZE;

    while (vsock_protobuf_next(m->tvb, &offset, m->end, &f)) {
        if (f.number != number || f.wire != VSOCK_PROTOBUF_LEN)
            continue;
        if (!tvb_bytes_exist(m->tvb, f.value_start, f.end - f.value_start))
            return NULL;
        return (const char *)tvb_get_string_enc(m->pinfo->pool, m->tvb, f.value_start,
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

static void find_call(struct message *m)
{
    m->part = part_of(&m->header);
    m->call = vsock_call_of(m->pinfo, m->frame->calls, m->header.stream_id, &m->part);
    if (m->part == VSOCK_CALL_REQUEST && m->call && !PINFO_FD_VISITED(m->pinfo)) {
        m->call->service = vsock_app_keep(find_text(m, REQUEST_SERVICE));
        m->call->method = vsock_app_keep(find_text(m, REQUEST_METHOD));
    }
}

/* ---- showing ---- */

/* "grpc.Health/Check", or NULL. */
static const char *name_of_call(const struct message *m)
{
    if (!m->call || (!m->call->service && !m->call->method))
        return NULL;
    return wmem_strdup_printf(m->pinfo->pool, "%s/%s", vsock_app_printable(m->pinfo, m->call->service),
                              vsock_app_printable(m->pinfo, m->call->method));
}

static void append_text(const struct message *m, const char *text)
{
    col_append_str(m->pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(m->tree, "%s", text);
}

static void show_summary(const struct message *m)
{
    const char *type = val_to_str_const(m->header.type, type_names, "Message");
    const char *name = name_of_call(m);

    bool last = m->header.type == TTRPC_DATA && (m->header.flags & TTRPC_REMOTE_CLOSED);

    append_text(m, wmem_strdup_printf(m->pinfo->pool, "%s %u%s%s%s", type, m->header.stream_id,
                                      name ? " " : "", name ? name : "", last ? ", last" : ""));
}

static void show_header(const struct message *m)
{
    static int *const flags[] = {&hf_flags_remote_closed, &hf_flags_remote_open, &hf_flags_no_data, NULL};
    proto_item *stream_id;

    proto_tree_add_item(m->tree, hf_length, m->tvb, 0, 4, ENC_BIG_ENDIAN);
    stream_id = proto_tree_add_item(m->tree, hf_stream_id, m->tvb, 4, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(m->tree, hf_type, m->tvb, 8, 1, ENC_NA);
    proto_tree_add_bitmask(m->tree, m->tvb, 9, hf_flags, ett_flags, flags, ENC_NA);
    if (m->header.type == TTRPC_REQUEST && m->header.stream_id % 2 == 0)
        expert_add_info(m->pinfo, stream_id, &even_stream_id.id);
}

static void show_call(const struct message *m)
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
static char *payload_type(const struct message *m)
{
    const char *name = name_of_call(m);

    if (!name)
        return NULL;
    return wmem_strdup_printf(m->pinfo->pool, "application/grpc,/%s,%s", name,
                              vsock_call_from_client(m->pinfo, m->call) ? "request" : "response");
}

/* Whether Wireshark's protobuf dissector can be trusted with it: in 4.0, a length beyond the message makes it
 * read on or give up with an assertion, and millions of fields overflow the tree. */
static bool can_be_shown(struct message *m, int start, int end)
{
    struct vsock_protobuf_field f;
    int offset = start;
    unsigned n = m->payload_fields;

    while (n < PAYLOAD_FIELDS_SHOWN && vsock_protobuf_next(m->tvb, &offset, end, &f))
        n++;
    if (offset == end)
        m->payload_fields = n;
    return offset == end;
}

typedef void field_shower(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f);

/* A field of a protobuf message; a table ends with number 0, which has what shows all others, or nothing. */
struct known_field {
    uint32_t number;
    enum vsock_protobuf_wire wire;
    int *hf;
    field_shower *show;
};

/* Moves *offset behind those that were shown. */
static void show_fields(struct message *m, proto_tree *tree, int *offset, int end,
                        const struct known_field *known)
{
    struct vsock_protobuf_field f;

    while (m->fields < FIELDS_SHOWN && vsock_protobuf_next(m->tvb, offset, end, &f)) {
        const struct known_field *k = known;

        while (k->number != 0 && (k->number != f.number || k->wire != f.wire))
            k++;
        m->fields++;
        if (k->show)
            k->show(m, tree, *k->hf, &f);
    }
}

static void show_payload(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    int start = f->value_start, length = f->end - start;
    proto_item *item = proto_tree_add_item(tree, hf, m->tvb, start, length, ENC_NA);

    if (!can_be_shown(m, start, f->end))
        expert_add_info(m->pinfo, item, &payload_undecoded.id);
    else if (length > 0)
        vsock_app_call(protobuf_handle, tvb_new_subset_length(m->tvb, start, length), m->pinfo, m->top,
                       payload_type(m));
}

static proto_item *show_whole_field(struct message *m, proto_tree *tree, int hf,
                                    const struct vsock_protobuf_field *f)
{
    return proto_tree_add_item(tree, hf, m->tvb, f->start, f->end - f->start, ENC_NA);
}

static void show_unknown(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    proto_item_append_text(show_whole_field(m, tree, hf, f), " (number %u)", f->number);
}

static void show_text(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    proto_tree_add_item(tree, hf, m->tvb, f->value_start, f->end - f->value_start, ENC_UTF_8);
}

static void show_timeout(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    nstime_t timeout = vsock_nstime((int64_t)f->varint);

    proto_tree_add_time(tree, hf, m->tvb, f->value_start, f->end - f->value_start, &timeout);
}

static void show_metadata(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    static const struct known_field known[] = {
        {1, VSOCK_PROTOBUF_LEN, &hf_metadata_key, show_text},
        {2, VSOCK_PROTOBUF_LEN, &hf_metadata_value, show_text},
        {0},
    };
    int offset = f->value_start;

    tree = proto_item_add_subtree(show_whole_field(m, tree, hf, f), ett_metadata);
    show_fields(m, tree, &offset, f->end, known);
}

static void show_status_code(struct message *m, proto_tree *tree, int hf,
                             const struct vsock_protobuf_field *f)
{
    m->status_code = (int32_t)f->varint;
    proto_tree_add_int(tree, hf, m->tvb, f->value_start, f->end - f->value_start, m->status_code);
}

static void show_status_message(struct message *m, proto_tree *tree, int hf,
                                const struct vsock_protobuf_field *f)
{
    const uint8_t *text;

    show_text(m, tree, hf, f);
    text = tvb_get_string_enc(m->pinfo->pool, m->tvb, f->value_start, f->end - f->value_start, ENC_UTF_8);
    m->status_message = vsock_app_printable(m->pinfo, (const char *)text);
}

static void show_status(struct message *m, proto_tree *tree, int hf, const struct vsock_protobuf_field *f)
{
    static const struct known_field known[] = {
        {1, VSOCK_PROTOBUF_VARINT, &hf_status_code, show_status_code},
        {2, VSOCK_PROTOBUF_LEN, &hf_status_message, show_status_message},
        {0},
    };
    proto_item *item = show_whole_field(m, tree, hf, f);
    int offset = f->value_start;
    const char *name;

    tree = proto_item_add_subtree(item, ett_status);
    m->status_code = 0; /* which proto3 leaves out */
    m->status_message = NULL;
    show_fields(m, tree, &offset, f->end, known);
    name = try_val_to_str((uint32_t)m->status_code, code_names);
    if (!name)
        name = wmem_strdup_printf(m->pinfo->pool, "code %d", m->status_code);
    if (m->status_code == 0)
        proto_item_set_generated(proto_tree_add_int(tree, hf_status_code, m->tvb, f->start, 0, 0));
    else
        expert_add_info_format(m->pinfo, item, &status_error.id, "The call failed: %s%s%s", name,
                               m->status_message ? ": " : "", m->status_message ? m->status_message : "");
    append_text(m, wmem_strdup_printf(m->pinfo->pool, ": %s", name));
    if (m->status_message)
        append_text(m, wmem_strdup_printf(m->pinfo->pool, " (%s)", m->status_message));
}

static const struct known_field request_fields[] = {
    {REQUEST_SERVICE, VSOCK_PROTOBUF_LEN, &hf_service, show_text},
    {REQUEST_METHOD, VSOCK_PROTOBUF_LEN, &hf_method, show_text},
    {REQUEST_PAYLOAD, VSOCK_PROTOBUF_LEN, &hf_payload, show_payload},
    {4, VSOCK_PROTOBUF_VARINT, &hf_timeout, show_timeout},
    {5, VSOCK_PROTOBUF_LEN, &hf_metadata, show_metadata},
    {0, VSOCK_PROTOBUF_VARINT, &hf_unknown_field, show_unknown},
};

static const struct known_field response_fields[] = {
    {RESPONSE_STATUS, VSOCK_PROTOBUF_LEN, &hf_status, show_status},
    {RESPONSE_PAYLOAD, VSOCK_PROTOBUF_LEN, &hf_payload, show_payload},
    {0, VSOCK_PROTOBUF_VARINT, &hf_unknown_field, show_unknown},
};

/* Then what is left of the message where no field could be read. */
static void show_all_fields(struct message *m, const struct known_field *known)
{
    int offset = HEADER_SIZE;
    proto_item *item;

    show_fields(m, m->tree, &offset, m->end, known);
    if (offset == m->end)
        return;
    tvb_ensure_bytes_exist(m->tvb, offset, m->end - offset); /* it may be the capture that ends here */
    item = proto_tree_add_item(m->tree, hf_data, m->tvb, offset, m->end - offset, ENC_NA);
    expert_add_info(m->pinfo, item, m->fields == FIELDS_SHOWN ? &many_fields.id : &malformed.id);
}

static void show_body(struct message *m)
{
    if (m->header.type != TTRPC_DATA)
        show_all_fields(m, m->header.type == TTRPC_REQUEST ? request_fields : response_fields);
    else if (!(m->header.flags & TTRPC_NO_DATA) || m->end > HEADER_SIZE)
        show_payload(m, m->tree, hf_payload,
                     &(struct vsock_protobuf_field){.value_start = HEADER_SIZE, .end = m->end});
}

/* ---- dissecting ---- */

static void show_unframed(const struct message *m)
{
    bool is_long = m->header.length > LENGTH_MAX;

    append_text(m, is_long ? "Message too long" : "Unknown message type");
    show_header(m);
    expert_add_info(m->pinfo, m->tree, is_long ? &too_long.id : &unknown_type.id);
    if (tvb_reported_length(m->tvb) > HEADER_SIZE)
        proto_tree_add_item(m->tree, hf_data, m->tvb, HEADER_SIZE, -1, ENC_NA);
}

static void show_message(struct message *m)
{
    m->end = HEADER_SIZE + (int)m->header.length;
    find_call(m);
    vsock_ttrpc_follow_take(m->pinfo, m->frame,
                            (struct vsock_ttrpc_body){.stream_id = m->header.stream_id,
                                                      .tvb = m->tvb,
                                                      .offset = HEADER_SIZE,
                                                      .length = m->header.length});
    show_summary(m);
    show_header(m);
    show_call(m);
    show_body(m);
}

static void show_ttrpc(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                       struct vsock_app_frame *frame)
{
    struct message m = {read_header(tvb, 0), .tvb = tvb,   .pinfo = pinfo,
                        .top = top,          .tree = tree, .frame = frame};

    proto_item_append_text(tree, ", ");
    if (is_framed(&m.header))
        show_message(&m);
    else
        show_unframed(&m);
}

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    struct ttrpc_header h = read_header(tvb, offset);

    return is_framed(&h) ? HEADER_SIZE + h.length : 0;
}

/* Fields that a payload would be shown with; 0 if there are too many. */
static uint64_t count_payload_fields(tvbuff_t *tvb, const struct vsock_protobuf_field *payload)
{
    struct vsock_protobuf_field f;
    int offset = payload->value_start;
    uint64_t n = 0;

    while (n < PAYLOAD_FIELDS_SHOWN && vsock_protobuf_next(tvb, &offset, payload->end, &f))
        n++;
    return offset == payload->end ? n : 0;
}

static uint64_t message_units(tvbuff_t *tvb, int offset, int end)
{
    struct ttrpc_header h = read_header(tvb, offset);
    uint32_t payload = h.type == TTRPC_REQUEST ? REQUEST_PAYLOAD : RESPONSE_PAYLOAD;
    struct vsock_protobuf_field f = {.value_start = offset + HEADER_SIZE, .end = end};
    uint64_t shown = 0, payload_fields = 0;

    if (h.type == TTRPC_DATA) {
        payload_fields = count_payload_fields(tvb, &f);
    } else {
        for (offset += HEADER_SIZE; shown < FIELDS_SHOWN && vsock_protobuf_next(tvb, &offset, end, &f);
             shown++) {
            if (f.number == payload && f.wire == VSOCK_PROTOBUF_LEN)
                payload_fields += count_payload_fields(tvb, &f);
        }
    }
    return VSOCK_WEIGHT_FIELD * (shown + MIN(payload_fields, PAYLOAD_FIELDS_SHOWN));
}

/* ---- recognising ---- */

static bool is_name_character(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '/';
}

/* A request begins with its service's name: as much of it as there is has to look like one. */
static bool begins_with_service(const struct vsock_look *look, const struct ttrpc_header *h)
{
    enum { SHORTEST = 3 };
    unsigned size = look->captured - HEADER_SIZE;
    const uint8_t *bytes = look->bytes + HEADER_SIZE;

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
static bool is_lone_response(const struct vsock_look *look, const struct ttrpc_header *h)
{
    return h->flags == 0 && h->length >= 2 && look->reported == HEADER_SIZE + h->length &&
           look->captured > HEADER_SIZE &&
           look->bytes[HEADER_SIZE] == (RESPONSE_STATUS << 3 | VSOCK_PROTOBUF_LEN);
}

static bool is_ttrpc(const struct vsock_look *look)
{
    struct ttrpc_header h;

    if (look->captured < HEADER_SIZE)
        return false;
    h = header_of(look->bytes);
    if (!is_framed(&h) || h.stream_id % 2 == 0 || h.flags > 7)
        return false;
    if (h.type == TTRPC_REQUEST)
        return begins_with_service(look, &h);
    return h.type == TTRPC_RESPONSE && is_lone_response(look, &h);
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "ttrpc", "ttrpc", "ttrpc",
    .subtrees = {&ett_ttrpc, &ett_flags, &ett_metadata, &ett_status},
    .fields = fields, .field_count = array_length(fields),
    .experts = {&too_long, &unknown_type, &even_stream_id, &status_error, &malformed, &many_fields,
                &payload_undecoded},
    .recognize = is_ttrpc, .heuristic = dissect_heuristic,
    .show = show_ttrpc, .header_size = HEADER_SIZE, .message_size = message_size, .message_units = message_units,
};
/* clang-format on */

void proto_register_ttrpc(void)
{
    vsock_app_register(&app);
    if (app.handle)
        vsock_ttrpc_follow_register(app.proto);
}

void proto_reg_handoff_ttrpc(void)
{
    protobuf_handle = find_dissector("protobuf");
    vsock_app_attach(&app);
}
