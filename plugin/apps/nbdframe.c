/* SPDX-License-Identifier: GPL-2.0-or-later
 * nbdframe.c - NBD in a stream (nbdkit --vsock, nbd+vsock://): Wireshark's dissector knows requests to read
 * and write and simple replies. Each of those goes to it by itself; the rest is shown here: the handshake,
 * other commands, structured replies. How much read data is behind a simple reply, its request tells. Source:
 * core/nbd.h.
 */
#include "compat.h"

#include "apps.h"

#include "core/nbd.h"
#include "dissect/tree_util.h"

#define CHUNK_DONE 1
#define CHUNK_DATA 1
#define CHUNK_HOLE 2
#define CHUNK_ERROR 0x8000 /* of a type */
#define OPTION_EXPORT_NAME 1
/* Of what is noted of the handshake as if it were requests. Those have cookies; one with this takes its place
 * when the note has served. */
#define FLAGS_ID UINT64_C(0x4e42444d41474943)
#define EXPORT_ID UINT64_C(0x49484156454f5054)
#define OTHER_COMMAND "a command that is not known"
#define REPLY_INFO 3
#define INFO_EXPORT 0

static const value_string kind_names[] = {
    {VSOCK_NBD_GREETING, "Greeting"},
    {VSOCK_NBD_OLD_GREETING, "Greeting, old style"},
    {VSOCK_NBD_CLIENT_FLAGS, "Client flags"},
    {VSOCK_NBD_OPTION, "Option"},
    {VSOCK_NBD_OPTION_REPLY, "Option reply"},
    {VSOCK_NBD_EXPORT, "Export"},
    {VSOCK_NBD_REQUEST, "Request"},
    {VSOCK_NBD_EXTENDED_REQUEST, "Extended request"},
    {VSOCK_NBD_SIMPLE_REPLY, "Simple reply"},
    {VSOCK_NBD_CHUNK, "Chunk"},
    {VSOCK_NBD_EXTENDED_CHUNK, "Extended chunk"},
    {0, NULL},
};

static const value_string option_names[] = {
    {OPTION_EXPORT_NAME, "EXPORT_NAME"},
    {2, "ABORT"},
    {3, "LIST"},
    {5, "STARTTLS"},
    {6, "INFO"},
    {7, "GO"},
    {8, "STRUCTURED_REPLY"},
    {9, "LIST_META_CONTEXT"},
    {10, "SET_META_CONTEXT"},
    {11, "EXTENDED_HEADERS"},
    {0, NULL},
};

static const value_string reply_names[] = {
    {1, "ACK"},
    {2, "SERVER"},
    {REPLY_INFO, "INFO"},
    {4, "META_CONTEXT"},
    {0x80000001, "ERR_UNSUP"},
    {0x80000002, "ERR_POLICY"},
    {0x80000003, "ERR_INVALID"},
    {0x80000004, "ERR_PLATFORM"},
    {0x80000005, "ERR_TLS_REQD"},
    {0x80000006, "ERR_UNKNOWN"},
    {0x80000007, "ERR_SHUTDOWN"},
    {0x80000008, "ERR_BLOCK_SIZE_REQD"},
    {0x80000009, "ERR_TOO_BIG"},
    {0x8000000a, "ERR_EXT_HEADER_REQD"},
    {0, NULL},
};

static const value_string command_names[] = {
    {VSOCK_NBD_READ, "READ"},
    {VSOCK_NBD_WRITE, "WRITE"},
    {VSOCK_NBD_DISCONNECT, "DISC"},
    {3, "FLUSH"},
    {4, "TRIM"},
    {5, "CACHE"},
    {6, "WRITE_ZEROES"},
    {7, "BLOCK_STATUS"},
    {8, "RESIZE"},
    {0, NULL},
};

static const value_string chunk_names[] = {
    {0, "NONE"},
    {CHUNK_DATA, "OFFSET_DATA"},
    {CHUNK_HOLE, "OFFSET_HOLE"},
    {5, "BLOCK_STATUS"},
    {6, "BLOCK_STATUS_EXT"},
    {CHUNK_ERROR + 1, "ERROR"},
    {CHUNK_ERROR + 2, "ERROR_OFFSET"},
    {0, NULL},
};

static const value_string error_names[] = {
    {0, "none"},    {1, "EPERM"},      {5, "EIO"},      {12, "ENOMEM"},     {22, "EINVAL"},
    {28, "ENOSPC"}, {75, "EOVERFLOW"}, {95, "ENOTSUP"}, {108, "ESHUTDOWN"}, {0, NULL},
};

static int hf_kind = -1, hf_server_flags = -1, hf_client_flags = -1, hf_option = -1, hf_reply = -1,
           hf_export = -1, hf_export_size = -1, hf_export_flags = -1, hf_length = -1, hf_command = -1,
           hf_command_flags = -1, hf_cookie = -1, hf_offset = -1, hf_count = -1, hf_error = -1, hf_chunk = -1,
           hf_chunk_flags = -1, hf_data = -1;
static struct vsock_call_fields hf_call = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_kind, {"Kind", "nbdframe.kind", FT_UINT8, BASE_DEC, VALS(kind_names), 0, "Of the message", HFILL}},
    {&hf_server_flags,
     {"Server flags", "nbdframe.server_flags", FT_UINT16, BASE_HEX, NULL, 0, "Of its greeting", HFILL}},
    {&hf_client_flags, {"Client flags", "nbdframe.client_flags", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
    {&hf_option,
     {"Option", "nbdframe.option", FT_UINT32, BASE_DEC, VALS(option_names), 0,
      "Of the handshake; on its replies as well", HFILL}},
    {&hf_reply,
     {"Reply", "nbdframe.reply", FT_UINT32, BASE_DEC, VALS(reply_names), 0, "To an option", HFILL}},
    {&hf_export,
     {"Export", "nbdframe.export", FT_STRING, BASE_NONE, NULL, 0, "Its name, as the client asks for it",
      HFILL}},
    {&hf_export_size,
     {"Export size", "nbdframe.export.size", FT_UINT64, BASE_DEC, NULL, 0, "In bytes", HFILL}},
    {&hf_export_flags,
     {"Export flags", "nbdframe.export.flags", FT_UINT16, BASE_HEX, NULL, 0,
      "Of the transmission, as the server answers EXPORT_NAME", HFILL}},
    {&hf_length,
     {"Length", "nbdframe.length", FT_UINT64, BASE_DEC, NULL, 0, "Of what follows the header, in bytes",
      HFILL}},
    {&hf_command,
     {"Command", "nbdframe.command", FT_UINT16, BASE_DEC, VALS(command_names), 0,
      "Of the request; on its replies as well", HFILL}},
    {&hf_command_flags,
     {"Command flags", "nbdframe.command_flags", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL}},
    {&hf_cookie,
     {"Cookie", "nbdframe.cookie", FT_UINT64, BASE_HEX, NULL, 0, "A reply has its request's", HFILL}},
    {&hf_offset, {"Offset", "nbdframe.offset", FT_UINT64, BASE_DEC, NULL, 0, "In the export", HFILL}},
    {&hf_count,
     {"Count", "nbdframe.count", FT_UINT64, BASE_DEC, NULL, 0, "Bytes of the export that are asked for",
      HFILL}},
    {&hf_error, {"Error", "nbdframe.error", FT_UINT32, BASE_DEC, VALS(error_names), 0, NULL, HFILL}},
    {&hf_chunk, {"Chunk", "nbdframe.chunk", FT_UINT16, BASE_DEC, VALS(chunk_names), 0, "Its type", HFILL}},
    {&hf_chunk_flags,
     {"Chunk flags", "nbdframe.chunk_flags", FT_UINT16, BASE_HEX, NULL, 0, "1: the last of its reply",
      HFILL}},
    {&hf_data, {"Data", "nbdframe.data", FT_BYTES, BASE_NONE, NULL, 0, "What follows a header", HFILL}},
    VSOCK_CALL_FIELDS(hf_call, "nbdframe", "The reply, or its last chunk",
                      "Since the request; of the reply, or of its last chunk"),
};

static int ett_nbdframe = -1;

static struct vsock_expert failed = {"nbdframe.failed", PI_NOTE, "The request failed",
                                     .group = PI_RESPONSE_CODE};
static struct vsock_expert no_message = {"nbdframe.no_message", PI_NOTE, "No message", .group = PI_UNDECODED};

static struct vsock_app app;
static dissector_handle_t wireshark_nbd;

/* A message's header, as far as it has these. */
struct message {
    enum vsock_nbd_kind kind;
    int header; /* bytes */
    bool extended;
    uint16_t flags, type; /* of a command or a chunk */
    uint64_t cookie, length;
};

static struct message read_message(tvbuff_t *tvb)
{
    uint32_t length = tvb_captured_length(tvb);
    struct message m = {.kind = vsock_nbd_kind_of(tvb_get_ptr(tvb, 0, (int)length), length)};

    m.extended = m.kind == VSOCK_NBD_EXTENDED_REQUEST || m.kind == VSOCK_NBD_EXTENDED_CHUNK;
    switch (m.kind) {
    case VSOCK_NBD_REQUEST:
    case VSOCK_NBD_EXTENDED_REQUEST:
    case VSOCK_NBD_CHUNK:
    case VSOCK_NBD_EXTENDED_CHUNK:
        m.flags = tvb_get_ntohs(tvb, 4);
        m.type = tvb_get_ntohs(tvb, 6);
        m.header = m.extended ? 32 : m.kind == VSOCK_NBD_CHUNK ? 20 : 28;
        m.length = m.extended ? tvb_get_ntoh64(tvb, 24) : tvb_get_ntohl(tvb, m.header - 4);
        break;
    case VSOCK_NBD_SIMPLE_REPLY:
        m.header = 16;
        break;
    case VSOCK_NBD_NONE:
    case VSOCK_NBD_GREETING:
    case VSOCK_NBD_OLD_GREETING:
    case VSOCK_NBD_CLIENT_FLAGS:
    case VSOCK_NBD_OPTION:
    case VSOCK_NBD_OPTION_REPLY:
    case VSOCK_NBD_EXPORT:
        return m;
    }
    m.cookie = tvb_get_ntoh64(tvb, 8);
    return m;
}

/* ---- Wireshark's own dissector ---- */

/* It is a heuristic one alone. What it gets is whole. */
static int call_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    heur_dtbl_entry_t *entry = find_heur_dissector_by_unique_short_name("nbd_tcp");
    uint16_t may_ask = pinfo->can_desegment;

    pinfo->can_desegment = 0;
    if (entry && entry->enabled)
        call_heur_dissector_direct(entry, tvb, pinfo, tree, NULL);
    pinfo->can_desegment = may_ask;
    return (int)tvb_captured_length(tvb);
}

/* Does it know that? It takes flags for a part of the type, and expects read data behind an error as well. */
static bool is_known(tvbuff_t *tvb, const struct message *m, const struct vsock_call *call)
{
    if (m->kind == VSOCK_NBD_REQUEST)
        return m->flags == 0 && m->type <= VSOCK_NBD_DISCONNECT;
    if (m->kind != VSOCK_NBD_SIMPLE_REPLY || !call)
        return false;
    return call->method == command_names[VSOCK_NBD_WRITE].strptr ||
           (call->method == command_names[VSOCK_NBD_READ].strptr && tvb_get_ntohl(tvb, 4) == 0);
}

/* ---- showing ---- */

static void add_text(packet_info *pinfo, proto_tree *tree, const char *text)
{
    col_append_str(pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(tree, "%s%s", *text == ':' ? "" : ", ", text);
}

static void show_data(tvbuff_t *tvb, proto_tree *tree, int at)
{
    if (tvb_reported_length_remaining(tvb, at) > 0)
        proto_tree_add_item(tree, hf_data, tvb, at, -1, ENC_NA);
}

/* An option, of the client, may begin with an export's name. */
static void show_option(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    uint32_t option = tvb_get_ntohl(tvb, 8), length, name, at = 20;

    proto_tree_add_item(tree, hf_option, tvb, 8, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_length, tvb, 12, 4, ENC_BIG_ENDIAN);
    length = tvb_get_ntohl(tvb, 12);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "Option %s", val_to_str_const(option, option_names, "?")));
    if (length >= 4 && (option == 6 || option == 7 || option == 9 || option == 10))
        name = tvb_get_ntohl(tvb, 16);
    else
        name = option == OPTION_EXPORT_NAME ? length : 0;
    if (option == OPTION_EXPORT_NAME)
        at = 16;
    if (name > 0 && name <= length)
        proto_tree_add_item(tree, hf_export, tvb, (int)at, (int)name, ENC_UTF_8);
    show_data(tvb, tree, 16);
}

static void show_option_reply(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    uint32_t option = tvb_get_ntohl(tvb, 8), reply = tvb_get_ntohl(tvb, 12), length = tvb_get_ntohl(tvb, 16);

    proto_tree_add_item(tree, hf_option, tvb, 8, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_reply, tvb, 12, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_length, tvb, 16, 4, ENC_BIG_ENDIAN);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "%s to %s", val_to_str_const(reply, reply_names, "Reply"),
                                val_to_str_const(option, option_names, "?")));
    if (reply == REPLY_INFO && length >= 12 && tvb_get_ntohs(tvb, 20) == INFO_EXPORT)
        proto_tree_add_item(tree, hf_export_size, tvb, 22, 8, ENC_BIG_ENDIAN);
    show_data(tvb, tree, 20);
}

static void show_export(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    proto_tree_add_item(tree, hf_export_size, tvb, 0, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_export_flags, tvb, 8, 2, ENC_BIG_ENDIAN);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "Export of %" PRIu64 " bytes", tvb_get_ntoh64(tvb, 0)));
    show_data(tvb, tree, VSOCK_NBD_EXPORT_SIZE);
}

static void show_handshake(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, enum vsock_nbd_kind kind)
{
    switch (kind) {
    case VSOCK_NBD_OPTION:
        show_option(tvb, pinfo, tree);
        return;
    case VSOCK_NBD_OPTION_REPLY:
        show_option_reply(tvb, pinfo, tree);
        return;
    case VSOCK_NBD_EXPORT:
        show_export(tvb, pinfo, tree);
        return;
    case VSOCK_NBD_GREETING:
        proto_tree_add_item(tree, hf_server_flags, tvb, 16, 2, ENC_BIG_ENDIAN);
        break;
    case VSOCK_NBD_OLD_GREETING:
        proto_tree_add_item(tree, hf_export_size, tvb, 16, 8, ENC_BIG_ENDIAN);
        break;
    case VSOCK_NBD_CLIENT_FLAGS:
        proto_tree_add_item(tree, hf_client_flags, tvb, 0, 4, ENC_BIG_ENDIAN);
        break;
    case VSOCK_NBD_NONE:
    case VSOCK_NBD_REQUEST:
    case VSOCK_NBD_EXTENDED_REQUEST:
    case VSOCK_NBD_SIMPLE_REPLY:
    case VSOCK_NBD_CHUNK:
    case VSOCK_NBD_EXTENDED_CHUNK:
        break;
    }
    add_text(pinfo, tree, val_to_str_const(kind, kind_names, "?"));
}

static void show_request(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct message *m)
{
    const char *name = val_to_str_const(m->type, command_names, OTHER_COMMAND);
    uint64_t offset = tvb_get_ntoh64(tvb, 16);

    proto_tree_add_item(tree, hf_command_flags, tvb, 4, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_command, tvb, 6, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_cookie, tvb, 8, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_offset, tvb, 16, 8, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_count, tvb, 24, m->extended ? 8 : 4, ENC_BIG_ENDIAN);
    add_text(
        pinfo, tree,
        m->type == VSOCK_NBD_DISCONNECT
            ? name
            : wmem_strdup_printf(pinfo->pool, "%s %" PRIu64 " bytes at %" PRIu64, name, m->length, offset));
    show_data(tvb, tree, m->header);
}

/* Of a reply, at `at`. */
static void show_error(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int at)
{
    uint32_t error = tvb_get_ntohl(tvb, at);

    proto_tree_add_item(tree, hf_error, tvb, at, 4, ENC_BIG_ENDIAN);
    if (error == 0)
        return;
    expert_add_info(pinfo, tree, &failed.id);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, ": error %u (%s)", error,
                                val_to_str_const(error, error_names, "not known")));
}

static void show_chunk(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct message *m)
{
    proto_tree_add_item(tree, hf_chunk_flags, tvb, 4, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_chunk, tvb, 6, 2, ENC_BIG_ENDIAN);
    proto_tree_add_item(tree, hf_length, tvb, m->extended ? 24 : 16, m->extended ? 8 : 4, ENC_BIG_ENDIAN);
    if (m->extended)
        proto_tree_add_item(tree, hf_offset, tvb, 16, 8, ENC_BIG_ENDIAN);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, ": %s", val_to_str_const(m->type, chunk_names, "not known")));
    if (m->type & CHUNK_ERROR && m->length >= 4)
        show_error(tvb, pinfo, tree, m->header);
    else if ((m->type == CHUNK_DATA || m->type == CHUNK_HOLE) && m->length >= 8)
        proto_tree_add_item(tree, hf_offset, tvb, m->header, 8, ENC_BIG_ENDIAN);
}

static void show_reply(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const struct message *m,
                       const struct vsock_call *call)
{
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "Reply to %s", call ? call->method : "what is not captured"));
    if (call)
        vsock_add_uint(tree, tvb, hf_command, str_to_val(call->method, command_names, UINT16_MAX));
    proto_tree_add_item(tree, hf_cookie, tvb, 8, 8, ENC_BIG_ENDIAN);
    if (m->kind == VSOCK_NBD_SIMPLE_REPLY)
        show_error(tvb, pinfo, tree, 4);
    else
        show_chunk(tvb, pinfo, tree, m);
    show_data(tvb, tree, m->header);
}

/* ---- the call ---- */

static enum vsock_call_part part_of(const struct message *m)
{
    if (m->kind == VSOCK_NBD_REQUEST || m->kind == VSOCK_NBD_EXTENDED_REQUEST)
        return VSOCK_CALL_REQUEST;
    return m->kind == VSOCK_NBD_SIMPLE_REPLY || m->flags & CHUNK_DONE ? VSOCK_CALL_ANSWER : VSOCK_CALL_OTHER;
}

/* `method` is the command's name; the note, how much read data follows a simple reply. */
static struct vsock_call *find_call(packet_info *pinfo, struct vsock_app_frame *frame,
                                    const struct message *m, enum vsock_call_part *part)
{
    struct vsock_call *call = vsock_call_of(pinfo, frame->calls, m->cookie, part);

    if (*part == VSOCK_CALL_REQUEST && !PINFO_FD_VISITED(pinfo)) {
        call->method = val_to_str_const(m->type, command_names, OTHER_COMMAND);
        call->note = m->type == VSOCK_NBD_READ && !m->extended ? m->length : 0;
    }
    return call;
}

/* What of the handshake tells how the server answers EXPORT_NAME. */
static void note_handshake(tvbuff_t *tvb, packet_info *pinfo, struct vsock_app_frame *frame,
                           enum vsock_nbd_kind kind)
{
    enum vsock_call_part part = VSOCK_CALL_REQUEST;
    bool is_flags = kind == VSOCK_NBD_CLIENT_FLAGS;
    struct vsock_call *call;

    if (!is_flags && (kind != VSOCK_NBD_OPTION || tvb_get_ntohl(tvb, 8) != OPTION_EXPORT_NAME))
        return;
    call = vsock_call_of(pinfo, frame->calls, is_flags ? FLAGS_ID : EXPORT_ID, &part);
    if (!PINFO_FD_VISITED(pinfo))
        call->note = is_flags ? tvb_get_ntohl(tvb, 0) : 1;
}

static unsigned export_size(packet_info *pinfo, tvbuff_t *tvb, int offset, struct vsock_app_frame *frame)
{
    if (!tvb_bytes_exist(tvb, offset, 1) || !vsock_nbd_may_be_export(*tvb_get_ptr(tvb, offset, 1)) ||
        vsock_call_note(pinfo, frame->calls, EXPORT_ID) == 0)
        return 0;
    return VSOCK_NBD_EXPORT_SIZE + (vsock_call_note(pinfo, frame->calls, FLAGS_ID) & VSOCK_NBD_NO_ZEROES
                                        ? 0
                                        : VSOCK_NBD_EXPORT_ZEROES);
}

/* A reply's read data. */
static unsigned message_tail(packet_info *pinfo, tvbuff_t *tvb, int offset, struct vsock_app_frame *frame)
{
    const int header = 16;
    const uint8_t *bytes;

    if (!tvb_bytes_exist(tvb, offset, header))
        return 0;
    bytes = tvb_get_ptr(tvb, offset, header);
    if (vsock_nbd_kind_of(bytes, header) != VSOCK_NBD_SIMPLE_REPLY || tvb_get_ntohl(tvb, offset + 4) != 0)
        return 0;
    return (unsigned)vsock_call_note(pinfo, frame->calls, tvb_get_ntoh64(tvb, offset + 8));
}

static void show_nbdframe(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top, proto_tree *tree,
                          struct vsock_app_frame *frame)
{
    struct message m = {.kind = VSOCK_NBD_EXPORT};
    enum vsock_call_part part;
    const struct vsock_call *call;

    if (export_size(pinfo, tvb, 0, frame) == 0)
        m = read_message(tvb);
    part = part_of(&m);
    if (m.kind == VSOCK_NBD_NONE) {
        add_text(pinfo, tree, "No message");
        expert_add_info(pinfo, proto_tree_add_item(tree, hf_data, tvb, 0, -1, ENC_NA), &no_message.id);
        return;
    }
    proto_item_set_generated(proto_tree_add_uint(tree, hf_kind, tvb, 0, 0, m.kind));
    if (m.header == 0) {
        show_handshake(tvb, pinfo, tree, m.kind);
        note_handshake(tvb, pinfo, frame, m.kind);
        return;
    }
    call = find_call(pinfo, frame, &m, &part);
    if (part == VSOCK_CALL_REQUEST)
        show_request(tvb, pinfo, tree, &m);
    else
        show_reply(tvb, pinfo, tree, &m, call);
    vsock_call_show(pinfo, tree, tvb, call, part, &hf_call);
    if (is_known(tvb, &m, call))
        vsock_app_call(wireshark_nbd, tvb, pinfo, top, NULL);
}

/* ---- recognising ---- */

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    uint32_t length = (uint32_t)tvb_captured_length_remaining(tvb, offset);

    return vsock_nbd_size(tvb_get_ptr(tvb, offset, (int)length), length);
}

static bool is_nbd(const struct vsock_look *look)
{
    return vsock_is_nbd(look->bytes, look->captured);
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "NBD in a stream", "Framed NBD", "nbdframe", .column = "NBD", .subtrees = {&ett_nbdframe},
    .fields = fields, .field_count = array_length(fields), .experts = {&failed, &no_message},
    .recognize = is_nbd, .heuristic = dissect_heuristic, .show = show_nbdframe,
    .header_size = 1, .message_size = message_size, .told_size = export_size,
    .message_tail = message_tail, .leaves = true,
};
/* clang-format on */

void proto_register_nbdframe(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_nbdframe(void)
{
    wireshark_nbd = create_dissector_handle(call_heuristic, proto_get_id_by_filter_name("nbd"));
    vsock_app_attach(&app);
}
