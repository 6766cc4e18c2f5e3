/* SPDX-License-Identifier: GPL-2.0-or-later
 * gcs.c - hcsshim's bridge to the Guest Compute Service of a utility VM: a 16-byte header, then JSON. The
 * guest connects, the host asks. All numbers are little-endian.
 * Sources: github.com/microsoft/hcsshim internal/gcs/prot/protocol.go (numbers, names, the port),
 * internal/gcs/bridge.go (ids, the host's limit), internal/guest/prot/protocol.go (the parts of a type).
 */
#include "compat.h"

#include "apps.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/expert.h>

#include "call.h"
#include "payload/handoff.h"

#define GCS_PORT 0x40000000
#define HEADER_SIZE 16
#define HOST_MAX 0x10000        /* what the host takes; the guest has no limit */
#define SIZE_MAX_KEPT (4 << 20) /* ours: what is longer is not put together */

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

static int proto_gcs = -1;

static int hf_type = -1;
static int hf_class = -1;
static int hf_category = -1;
static int hf_message = -1;
static int hf_version = -1;
static int hf_procedure = -1;
static int hf_notification = -1;
static int hf_size = -1;
static int hf_id = -1;
static int hf_data = -1;
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
    {&hf_call.request_in,
     {"Request in", "gcs.request_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_REQUEST), 0, NULL,
      HFILL}},
    {&hf_call.response_in,
     {"Response in", "gcs.response_in", FT_FRAMENUM, BASE_NONE, FRAMENUM_TYPE(FT_FRAMENUM_RESPONSE), 0, NULL,
      HFILL}},
    {&hf_call.time,
     {"Response time", "gcs.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, "Since the request", HFILL}},
};

static int ett_gcs = -1;
static int ett_type = -1;

static expert_field ei_header = EI_INIT;
static expert_field ei_too_long = EI_INIT;

static ei_register_info experts[] = {
    {&ei_header,
     {"gcs.header_invalid", PI_MALFORMED, PI_ERROR, "Type or size of no message: perhaps no header",
      EXPFILL}},
    {&ei_too_long,
     {"gcs.too_long", PI_PROTOCOL, PI_WARN, "From the guest, and longer than 64 KiB: the host rejects it",
      EXPFILL}},
};

static dissector_handle_t gcs_handle;
static dissector_handle_t json_handle;

struct gcs_header {
    uint32_t type, size;
    uint64_t id;
};

static unsigned class_of(const struct gcs_header *h)
{
    return (h->type & CLASS_MASK) >> 28;
}

static void read_header(tvbuff_t *tvb, int offset, struct gcs_header *h)
{
    h->type = tvb_get_letohl(tvb, offset);
    h->size = tvb_get_letohl(tvb, offset + 4);
    h->id = tvb_get_letoh64(tvb, offset + 8);
}

static bool is_framed(const struct gcs_header *h)
{
    unsigned category = (h->type & CATEGORY_MASK) >> 20;

    return try_val_to_str(class_of(h), class_names) && try_val_to_str(category, category_names) &&
           h->size >= HEADER_SIZE && h->size <= SIZE_MAX_KEPT;
}

/* "Create"; a number where there is no name. */
static const char *name_of(packet_info *pinfo, const struct gcs_header *h)
{
    uint32_t value = h->type & ~CLASS_MASK;
    const char *name =
        try_val_to_str(value, class_of(h) == GCS_NOTIFY ? notification_names : procedure_names);

    return name ? name : wmem_strdup_printf(pinfo->pool, "0x%08x", value);
}

static void show_header(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct gcs_header *h)
{
    static int *const parts[] = {&hf_class, &hf_category, &hf_message, &hf_version, NULL};
    proto_item *size;

    proto_tree_add_bitmask(tree, tvb, 0, hf_type, ett_type, parts, ENC_LITTLE_ENDIAN);
    size = proto_tree_add_item(tree, hf_size, tvb, 4, 4, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_id, tvb, 8, 8, ENC_LITTLE_ENDIAN);
    if (h->size > HOST_MAX && class_of(h) != GCS_REQUEST)
        expert_add_info(pinfo, size, &ei_too_long);
}

static void show_procedure(tvbuff_t *tvb, proto_tree *tree, const struct gcs_header *h)
{
    int hf = class_of(h) == GCS_NOTIFY ? hf_notification : hf_procedure;

    proto_item_set_generated(proto_tree_add_uint(tree, hf, tvb, 0, 4, h->type & ~CLASS_MASK));
}

static void show_call(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct gcs_header *h)
{
    enum vsock_call_part part = class_of(h) == GCS_REQUEST ? VSOCK_CALL_REQUEST : VSOCK_CALL_ANSWER;
    const struct vsock_call *call;

    if (class_of(h) == GCS_NOTIFY) /* its id is 0, which is a request's as well */
        return;
    call = vsock_call_of(pinfo, proto_gcs, h->id, &part);
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

static void show_message(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_item *item,
                         const struct gcs_header *h)
{
    proto_tree *tree = proto_item_add_subtree(item, ett_gcs);
    const char *text = summary(pinfo, h);

    col_append_str(pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(item, ", %s", text);
    show_header(tvb, pinfo, tree, h);
    show_procedure(tvb, tree, h);
    show_call(tvb, pinfo, tree, h);
    if (h->size > HEADER_SIZE)
        vsock_app_call(json_handle, tvb_new_subset_remaining(tvb, HEADER_SIZE), pinfo, top, NULL);
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb)); /* the JSON dissector does not miss any */
}

static void show_unframed(tvbuff_t *tvb, packet_info *pinfo, proto_item *item, const struct gcs_header *h)
{
    proto_tree *tree = proto_item_add_subtree(item, ett_gcs);

    col_append_str(pinfo->cinfo, COL_INFO, "Invalid header");
    show_header(tvb, pinfo, tree, h);
    expert_add_info(pinfo, item, &ei_header);
    if (tvb_reported_length(tvb) > HEADER_SIZE)
        proto_tree_add_item(tree, hf_data, tvb, HEADER_SIZE, -1, ENC_NA);
}

static int dissect_pdu(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    struct gcs_header h;
    proto_item *item;

    read_header(tvb, 0, &h);
    vsock_app_begin_info(pinfo, proto_gcs, "GCS");
    item = proto_tree_add_item(tree, proto_gcs, tvb, 0, is_framed(&h) ? HEADER_SIZE : -1, ENC_NA);
    if (is_framed(&h))
        show_message(tvb, pinfo, tree, item, &h);
    else
        show_unframed(tvb, pinfo, item, &h);
    vsock_app_end_info(pinfo);
    return (int)tvb_captured_length(tvb);
}

/* Where a header is none, the rest of what there is. */
static unsigned pdu_length(packet_info *pinfo _U_, tvbuff_t *tvb, int offset, void *data _U_)
{
    struct gcs_header h;

    if (!tvb_bytes_exist(tvb, offset, HEADER_SIZE))
        return HEADER_SIZE;
    read_header(tvb, offset, &h);
    return is_framed(&h) ? h.size : (unsigned)tvb_reported_length_remaining(tvb, offset);
}

static int dissect_gcs(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    tcp_dissect_pdus(tvb, pinfo, tree, TRUE, HEADER_SIZE, pdu_length, dissect_pdu, data);
    return (int)tvb_captured_length(tvb);
}

/* A known message, and the first byte of JSON. The guest writes header and body apart. */
static bool is_gcs(tvbuff_t *tvb)
{
    struct gcs_header h;
    uint8_t first;

    if (!tvb_bytes_exist(tvb, 0, HEADER_SIZE + 1))
        return false;
    read_header(tvb, 0, &h);
    if (!is_framed(&h) || h.size < HEADER_SIZE + 2 ||
        !try_val_to_str(h.type & ~CLASS_MASK,
                        class_of(&h) == GCS_NOTIFY ? notification_names : procedure_names))
        return false;
    tvb_memcpy(tvb, &first, HEADER_SIZE, 1);
    return first == '{';
}

static compat_bool dissect_gcs_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_gcs(tvb))
        return FALSE;
    vsock_claim(pinfo, gcs_handle);
    dissect_gcs(tvb, pinfo, tree, data);
    return TRUE;
}

void proto_register_gcs(void);
void proto_register_gcs(void)
{
    static int *ett[] = {&ett_gcs, &ett_type};

    proto_gcs = vsock_app_protocol("Guest Compute Service bridge", "GCS", "gcs");
    if (proto_gcs == -1)
        return;
    proto_register_field_array(proto_gcs, fields, array_length(fields));
    proto_register_subtree_array(ett, array_length(ett));
    expert_register_field_array(expert_register_protocol(proto_gcs), experts, array_length(experts));
    gcs_handle = register_dissector("gcs", dissect_gcs, proto_gcs);
}

void proto_reg_handoff_gcs(void);
void proto_reg_handoff_gcs(void)
{
    if (!gcs_handle || !vsock_takes_dissectors())
        return;
    json_handle = find_dissector("json");
    dissector_add_uint(VSOCK_PORT_TABLE, GCS_PORT, gcs_handle);
    heur_dissector_add(VSOCK_HEURISTIC_LIST, dissect_gcs_heuristic, "GCS over vsock", "gcs_vsock", proto_gcs,
                       HEURISTIC_ENABLE);
}
