/* SPDX-License-Identifier: GPL-2.0-or-later
 * sd_notify.c - systemd's notifications ("READY=1") from a guest to its VMM: lines of NAME=VALUE.
 * A message is a connection, which its sender shuts down; or a packet of a SEQPACKET. Its last line needs no
 * line feed, so nothing tells a line that a packet cut from one that is over: each is shown at once, and if
 * the next packet goes on with it, the whole line is shown there.
 * Sources: sd_notify(3) and systemd(1) for the names; systemd src/libsystemd/sd-daemon/sd-daemon.c (sending),
 * src/vmspawn/vmspawn.c (receiving: to the end, then split at CR and LF).
 */
#include "compat.h"

#include "apps.h"

#include <epan/conversation.h>
#include <epan/expert.h>
#include <epan/proto_data.h>

#define MESSAGE_MAX 4096 /* systemd's NOTIFY_BUFFER_MAX: a receiver takes no more */

static struct vsock_app app;

static int hf_assignment = -1, hf_name = -1, hf_value = -1;

static hf_register_info fields[] = {
    {&hf_assignment,
     {"Assignment", "sd_notify.assignment", FT_STRING, BASE_NONE, NULL, 0, "A line, as in READY=1", HFILL}},
    {&hf_name, {"Name", "sd_notify.assignment.name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
    {&hf_value, {"Value", "sd_notify.assignment.value", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
};

static int ett_sd_notify = -1, ett_assignment = -1;

static struct vsock_expert no_assignment = {"sd_notify.no_assignment", PI_NOTE,
                                            "A line without \"=\": perhaps the rest of another",
                                            .group = PI_PROTOCOL};

/* ---- lines that packets cut ---- */

/* What one side of a connection has said so far, up to MESSAGE_MAX: kept to show a line whole. */
struct message {
    address sender;
    uint32_t port;
    bool over; /* too long, or a part was not captured */
    wmem_array_t *bytes;
};

/* A packet's place in it. */
struct part {
    const struct message *message;
    unsigned start;
};

static struct message *message_of_connection(packet_info *pinfo)
{
    conversation_t *conversation = find_or_create_conversation(pinfo);
    struct message *m = (struct message *)conversation_get_proto_data(conversation, app.proto);

    if (!m) {
        m = wmem_new0(wmem_file_scope(), struct message);
        copy_address_wmem(wmem_file_scope(), &m->sender, &pinfo->src);
        m->port = pinfo->srcport;
        m->bytes = wmem_array_new(wmem_file_scope(), 1);
        conversation_add_proto_data(conversation, app.proto, m);
    }
    return m;
}

static bool is_cut(tvbuff_t *tvb)
{
    return tvb_captured_length(tvb) < tvb_reported_length(tvb);
}

static struct part *remember(tvbuff_t *tvb, packet_info *pinfo)
{
    struct message *m = message_of_connection(pinfo);
    unsigned length = tvb_captured_length(tvb), count = wmem_array_get_count(m->bytes);
    struct part *part;

    if (m->over || m->port != pinfo->srcport || !addresses_equal(&m->sender, &pinfo->src))
        return NULL;
    if (is_cut(tvb) || length > MESSAGE_MAX - count) {
        m->over = true;
        return NULL;
    }
    wmem_array_append(m->bytes, tvb_get_ptr(tvb, 0, (int)length), length);
    part = wmem_new(wmem_file_scope(), struct part);
    *part = (struct part){.message = m, .start = count};
    p_add_proto_data(wmem_file_scope(), pinfo, app.proto, 0, part);
    return part;
}

static bool ends_line(uint8_t c)
{
    return c == '\n' || c == '\r';
}

/* How much of an unfinished line comes before this packet: its bytes in *line. */
static unsigned carried(tvbuff_t *tvb, packet_info *pinfo, const uint8_t **line)
{
    const struct part *part = (struct part *)p_get_proto_data(wmem_file_scope(), pinfo, app.proto, 0);
    const uint8_t *bytes;
    unsigned begin;

    if (pinfo->can_desegment == 0 && !is_cut(tvb)) /* no stream: a message by itself */
        return 0;
    if (!part && !PINFO_FD_VISITED(pinfo))
        part = remember(tvb, pinfo);
    if (!part || part->start == 0)
        return 0;
    bytes = (const uint8_t *)wmem_array_get_raw(part->message->bytes);
    for (begin = part->start; begin > 0 && !ends_line(bytes[begin - 1]);)
        begin--;
    *line = bytes + begin;
    return part->start - begin;
}

/* ---- showing ---- */

/* Where the line at `offset` ends: its CR or LF, or the end. */
static int line_end(tvbuff_t *tvb, int offset)
{
    int end = (int)tvb_captured_length(tvb);
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, end);

    while (offset < end && !ends_line(bytes[offset]))
        offset++;
    return offset;
}

static void show_line(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int start, int end)
{
    const char *text = (const char *)tvb_get_string_enc(pinfo->pool, tvb, start, end - start, ENC_UTF_8);
    const uint8_t *bytes = tvb_get_ptr(tvb, start, end - start);
    const uint8_t *sign = (const uint8_t *)memchr(bytes, '=', (size_t)(end - start));
    int equals;
    proto_item *item;

    item = proto_tree_add_item(tree, hf_assignment, tvb, start, end - start, ENC_UTF_8);
    col_append_str(pinfo->cinfo, COL_INFO, vsock_app_printable(pinfo, text));
    if (!sign) {
        expert_add_info(pinfo, item, &no_assignment.id);
        return;
    }
    equals = start + (int)(sign - bytes);
    tree = proto_item_add_subtree(item, ett_assignment);
    proto_tree_add_item(tree, hf_name, tvb, start, equals - start, ENC_UTF_8);
    proto_tree_add_item(tree, hf_value, tvb, equals + 1, end - equals - 1, ENC_UTF_8);
}

/* The line that earlier packets began and this one goes on with; where it ends here. */
static int show_continued_line(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    const uint8_t *before = NULL;
    unsigned length = carried(tvb, pinfo, &before);
    int end = line_end(tvb, 0);
    tvbuff_t *line;
    uint8_t *bytes;

    if (length == 0 || end == 0)
        return 0;
    bytes = (uint8_t *)wmem_alloc(pinfo->pool, length + (unsigned)end);
    memcpy(bytes, before, length);
    tvb_memcpy(tvb, bytes + length, 0, (size_t)end);
    line = tvb_new_child_real_data(tvb, bytes, length + (unsigned)end, (int)length + end);
    add_new_data_source(pinfo, line, "Whole line");
    show_line(line, pinfo, tree, 0, (int)length + end);
    return end;
}

static void show_lines(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top _U_, proto_tree *tree,
                       struct vsock_app_frame *frame _U_)
{
    int end = (int)tvb_captured_length(tvb), offset = show_continued_line(tvb, pinfo, tree), until;
    bool first = offset == 0;

    for (; offset < end; offset = until + 1) {
        until = line_end(tvb, offset);
        if (until > offset) {
            col_append_str(pinfo->cinfo, COL_INFO, first ? "" : ", ");
            show_line(tvb, pinfo, tree, offset, until);
            first = false;
        }
    }
    tvb_ensure_bytes_exist(tvb, 0, (int)tvb_reported_length(tvb));
}

/* ---- recognising ---- */

/* Whether a line begins with what systemd defines: 1 where nothing else is defined. */
static bool is_known(const char *text)
{
    static const char *const known[] = {"READY=1",
                                        "RELOADING=1",
                                        "STOPPING=1",
                                        "MONOTONIC_USEC=",
                                        "STATUS=",
                                        "NOTIFYACCESS=",
                                        "ERRNO=",
                                        "BUSERROR=",
                                        "VARLINKERROR=",
                                        "EXIT_STATUS=",
                                        "MAINPID=",
                                        "MAINPIDFDID=",
                                        "MAINPIDFD=1",
                                        "WATCHDOG=1",
                                        "WATCHDOG=trigger",
                                        "WATCHDOG_USEC=",
                                        "EXTEND_TIMEOUT_USEC=",
                                        "RESTART_RESET=1",
                                        "FDSTORE=1",
                                        "FDSTOREREMOVE=1",
                                        "FDNAME=",
                                        "FDPOLL=0",
                                        "BARRIER=1",
                                        "X_SYSTEMD_"};

    for (unsigned i = 0; i < array_length(known); i++) {
        if (g_str_has_prefix(text, known[i]))
            return true;
    }
    return false;
}

static bool is_lines(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (g_ascii_iscntrl(text[i]) && text[i] != '\t' && !ends_line((uint8_t)text[i]))
            return false;
    }
    return true;
}

/* Text to the end of what there is, the first line of it well known. */
static bool is_sd_notify(const struct vsock_look *look)
{
    char text[64 + 1];
    size_t length = MIN(look->captured, sizeof(text) - 1);

    memcpy(text, look->bytes, length);
    text[length] = '\0';
    return is_lines(text, length) && is_known(text);
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "systemd notification", "sd_notify", "sd_notify",
    .subtrees = {&ett_sd_notify, &ett_assignment}, .fields = fields, .field_count = array_length(fields),
    .experts = {&no_assignment}, .recognize = is_sd_notify, .heuristic = dissect_heuristic,
    .show = show_lines,
};
/* clang-format on */

void proto_register_sd_notify(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_sd_notify(void)
{
    vsock_app_attach(&app);
}
