/* SPDX-License-Identifier: GPL-2.0-or-later
 * gcs.c - hcsshim's bridge to the Guest Compute Service of a utility VM: a 16-byte header, then JSON. The
 * guest connects, the host asks. All numbers are little-endian.
 * Sources: github.com/microsoft/hcsshim internal/gcs/prot/protocol.go (numbers, names, the port),
 * internal/gcs/bridge.go (ids, the host's limit), internal/guest/prot/protocol.go (the parts of a type).
 */
#include "compat.h"

#include "apps.h"
#include "core/bytes.h"

#include "call.h"

#define GCS_PORT 0x40000000
#define HEADER_SIZE 16
#define HOST_MAX 0x10000        /* what the host takes; the guest has no limit */
#define SIZE_MAX_KEPT (4 << 20) /* ours: what is longer is not put together */
/* Ours: of a body that is shown as JSON, which takes some 80 MB then. See core/weight.h. */
#define BODY_UNITS_MAX 200000

#define CLASS_MASK 0xf0000000
#define CATEGORY_MASK 0x0ff00000
#define MESSAGE_MASK 0x000fff00
#define VERSION_MASK 0x000000ff

enum gcs_class {
    GCS_REQUEST = 1,
    GCS_RESPONSE = 2,
    GCS_NOTIFY = 3,
};

static const value_string class_names[] = {
    {GCS_REQUEST, "Request"},
    {GCS_RESPONSE, "Response"},
    {GCS_NOTIFY, "Notify"},
    {0, NULL},
};

static const value_string category_names[] = {
    {1, "Compute system"},
    {2, "Compute service"},
    {0, NULL},
};

/* Of a request or a response: its type without the class. */
static const value_string procedure_names[] = {
    {0x00100101, "Create"},
    {0x00100201, "Start"},
    {0x00100301, "ShutdownGraceful"},
    {0x00100401, "ShutdownForced"},
    {0x00100501, "ExecuteProcess"},
    {0x00100601, "WaitForProcess"},
    {0x00100701, "SignalProcess"},
    {0x00100801, "ResizeConsole"},
    {0x00100901, "GetProperties"},
    {0x00100a01, "ModifySettings"},
    {0x00100b01, "NegotiateProtocol"},
    {0x00100c01, "DumpStacks"},
    {0x00100d01, "DeleteContainerState"},
    {0x00100e01, "UpdateContainer"},
    {0x00100f01, "LifecycleNotification"},
    {0x00200101, "ModifyServiceSettings"},
    {0, NULL},
};

static const value_string notification_names[] = {
    {0x00100101, "Container"},
    {0, NULL},
};

static struct vsock_app app;

static int hf_type = -1, hf_class = -1, hf_category = -1, hf_message = -1, hf_version = -1;
static int hf_procedure = -1, hf_notification = -1, hf_size = -1, hf_id = -1, hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_type,
     {"Type", "gcs.type", FT_UINT32, BASE_HEX, NULL, 0, "What the message is, in four parts", HFILL}},
    {&hf_class, {"Class", "gcs.type.class", FT_UINT32, BASE_DEC, VALS(class_names), CLASS_MASK, NULL, HFILL}},
    {&hf_category,
     {"Category", "gcs.type.category", FT_UINT32, BASE_DEC, VALS(category_names), CATEGORY_MASK, NULL,
      HFILL}},
    {&hf_message, {"Message", "gcs.type.message", FT_UINT32, BASE_DEC, NULL, MESSAGE_MASK, NULL, HFILL}},
    {&hf_version, {"Version", "gcs.type.version", FT_UINT32, BASE_DEC, NULL, VERSION_MASK, NULL, HFILL}},
    {&hf_procedure,
     {"Procedure", "gcs.procedure", FT_UINT32, BASE_HEX, VALS(procedure_names), 0,
      "What a request asks for, or a response answers", HFILL}},
    {&hf_notification,
     {"Notification", "gcs.notification", FT_UINT32, BASE_HEX, VALS(notification_names), 0, "What happened",
      HFILL}},
    {&hf_size, {"Size", "gcs.size", FT_UINT32, BASE_DEC, NULL, 0, "With the 16 bytes of the header", HFILL}},
    {&hf_id,
     {"Id", "gcs.id", FT_UINT64, BASE_DEC, NULL, 0, "A response has its request's; a notification 0", HFILL}},
    {&hf_data, {"Data", "gcs.data", FT_BYTES, BASE_NONE, NULL, 0, "What is not taken for a message", HFILL}},
    VSOCK_CALL_FIELDS(hf_call, "gcs", NULL, "Since the request"),
};

static int ett_gcs = -1, ett_type = -1;

static struct vsock_expert header_invalid = {
    "gcs.header_invalid", PI_ERROR, "Type or size of no message: perhaps no header", .group = PI_MALFORMED};
static struct vsock_expert too_long = {"gcs.too_long", PI_WARN,
                                       "From the guest, and longer than 64 KiB: the host rejects it",
                                       .group = PI_PROTOCOL};

static struct vsock_expert body_undecoded = {"gcs.body.undecoded", PI_NOTE, "Not shown as JSON: too large",
                                             .group = PI_UNDECODED};

static dissector_handle_t json_handle;

struct gcs_header {
    uint32_t type, size;
    uint64_t id;
};

static unsigned class_of(const struct gcs_header *h)
{
    return (h->type & CLASS_MASK) >> 28;
}

/* Of HEADER_SIZE bytes. */
static struct gcs_header header_of(const uint8_t *bytes)
{
    return (struct gcs_header){
        .type = vsock_little_endian(bytes),
        .size = vsock_little_endian(bytes + 4),
        .id = vsock_little_endian(bytes + 8) | (uint64_t)vsock_little_endian(bytes + 12) << 32,
    };
}

static struct gcs_header read_header(tvbuff_t *tvb, int offset)
{
    return header_of(tvb_get_ptr(tvb, offset, HEADER_SIZE));
}

static bool is_framed(const struct gcs_header *h)
{
    unsigned category = (h->type & CATEGORY_MASK) >> 20;

    return try_val_to_str(class_of(h), class_names) && try_val_to_str(category, category_names) &&
           h->size >= HEADER_SIZE && h->size <= SIZE_MAX_KEPT;
}

/* "Create", or NULL. */
static const char *known_name(const struct gcs_header *h)
{
    return try_val_to_str(h->type & ~CLASS_MASK,
                          class_of(h) == GCS_NOTIFY ? notification_names : procedure_names);
}

static const char *name_of(packet_info *pinfo, const struct gcs_header *h)
{
    const char *name = known_name(h);

    return name ? name : wmem_strdup_printf(pinfo->pool, "0x%08x", h->type & ~CLASS_MASK);
}

static void show_header(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct gcs_header *h)
{
    static int *const parts[] = {&hf_class, &hf_category, &hf_message, &hf_version, NULL};
    proto_item *size;

    proto_tree_add_bitmask(tree, tvb, 0, hf_type, ett_type, parts, ENC_LITTLE_ENDIAN);
    size = proto_tree_add_item(tree, hf_size, tvb, 4, 4, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_id, tvb, 8, 8, ENC_LITTLE_ENDIAN);
    if (h->size > HOST_MAX && class_of(h) != GCS_REQUEST)
        expert_add_info(pinfo, size, &too_long.id);
}

static void show_procedure(tvbuff_t *tvb, proto_tree *tree, const struct gcs_header *h)
{
    int hf = class_of(h) == GCS_NOTIFY ? hf_notification : hf_procedure;

    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 4, h->type & ~CLASS_MASK));
}

static void show_call(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct gcs_header *h,
                      struct vsock_frame_calls *calls)
{
    enum vsock_call_part part = class_of(h) == GCS_REQUEST ? VSOCK_CALL_REQUEST : VSOCK_CALL_ANSWER;
    const struct vsock_call *call;

    if (class_of(h) == GCS_NOTIFY) /* its id is 0, which is a request's as well */
        return;
    call = vsock_call_of(pinfo, calls, h->id, &part);
    vsock_call_show(pinfo, tree, tvb, call, part, &hf_call);
}

/* "Request 3 Create"; a notification's id is always 0. */
static const char *summary(packet_info *pinfo, const struct gcs_header *h)
{
    const char *class_name = val_to_str_const(class_of(h), class_names, "");

    if (class_of(h) == GCS_NOTIFY)
        return wmem_strdup_printf(pinfo->pool, "%s %s", class_name, name_of(pinfo, h));
    return wmem_strdup_printf(pinfo->pool, "%s %" PRIu64 " %s", class_name, h->id, name_of(pinfo, h));
}

/* Of a message from `offset` to `end`, as far as it is there. */
static uint64_t body_units(tvbuff_t *tvb, int offset, int end)
{
    int length = end - offset - HEADER_SIZE;

    return length > 0 ? vsock_units_of_json(tvb_get_ptr(tvb, offset + HEADER_SIZE, length), (uint32_t)length)
                      : 0;
}

static uint64_t message_units(tvbuff_t *tvb, int offset, int end)
{
    uint64_t units = body_units(tvb, offset, end);

    return units <= BODY_UNITS_MAX ? units : 0;
}

static void show_body(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree)
{
    if (body_units(tvb, 0, (int)tvb_captured_length(tvb)) <= BODY_UNITS_MAX)
        vsock_app_call(json_handle, tvb_new_subset_remaining(tvb, HEADER_SIZE), pinfo, top, NULL);
    else
        expert_add_info(pinfo, proto_tree_add_item(tree, hf_data, tvb, HEADER_SIZE, -1, ENC_NA),
                        &body_undecoded.id);
}

static void show_message(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                         const struct gcs_header *h, struct vsock_frame_calls *calls)
{
    const char *text = summary(pinfo, h);

    col_append_str(pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(tree, ", %s", text);
    proto_item_set_len(tree, HEADER_SIZE);
    show_header(tvb, pinfo, tree, h);
    show_procedure(tvb, tree, h);
    show_call(tvb, pinfo, tree, h, calls);
    if (h->size > HEADER_SIZE)
        show_body(tvb, pinfo, top, tree);
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb)); /* the JSON dissector does not miss any */
}

static void show_gcs(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                     struct vsock_app_frame *frame)
{
    struct gcs_header h = read_header(tvb, 0);

    if (is_framed(&h)) {
        show_message(tvb, pinfo, top, tree, &h, frame->calls);
        return;
    }
    col_append_str(pinfo->cinfo, COL_INFO, "Invalid header");
    show_header(tvb, pinfo, tree, &h);
    expert_add_info(pinfo, tree, &header_invalid.id);
    if (tvb_reported_length(tvb) > HEADER_SIZE)
        proto_tree_add_item(tree, hf_data, tvb, HEADER_SIZE, -1, ENC_NA);
}

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    struct gcs_header h = read_header(tvb, offset);

    return is_framed(&h) ? h.size : 0;
}

/* A known message, and the first byte of JSON. The guest writes header and body apart. */
static bool is_gcs(const struct vsock_look *look)
{
    struct gcs_header h;

    if (look->captured <= HEADER_SIZE || look->bytes[HEADER_SIZE] != '{')
        return false;
    h = header_of(look->bytes);
    return is_framed(&h) && h.size >= HEADER_SIZE + 2 && known_name(&h);
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "Guest Compute Service bridge", "GCS", "gcs", .subtrees = {&ett_gcs, &ett_type},
    .fields = fields, .field_count = array_length(fields), .experts = {&header_invalid, &too_long, &body_undecoded},
    .port = GCS_PORT, .recognize = is_gcs, .heuristic = dissect_heuristic,
    .show = show_gcs, .header_size = HEADER_SIZE, .message_size = message_size, .message_units = message_units,
};
/* clang-format on */

void proto_register_gcs(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_gcs(void)
{
    json_handle = find_dissector("json");
    vsock_app_attach(&app);
}
