/* SPDX-License-Identifier: GPL-2.0-or-later
 * columns.c - a packet in one line, as TCP's: ports, what it is, then the figures that matter for it. */
#include "compat.h"

#include "columns.h"

#include <wsutil/utf8_entities.h>

#include "analysis.h"
#include "credit.h"
#include "names.h"
#include "services.h"

void vsock_set_addresses(packet_info *pinfo, tvbuff_t *tvb, const struct vsock_packet *p)
{
    if (VSOCK_HAS_MON(p, src_cid)) {
        vsock_set_cid_address(&pinfo->src, tvb, offsetof(struct vsockmon_wire, src_cid));
        copy_address_shallow(&pinfo->net_src, &pinfo->src);
    }
    if (VSOCK_HAS_MON(p, dst_cid)) {
        vsock_set_cid_address(&pinfo->dst, tvb, offsetof(struct vsockmon_wire, dst_cid));
        copy_address_shallow(&pinfo->net_dst, &pinfo->dst);
    }
    /* There is no port type for vsock, and another protocol's would show and filter as that one's ports. */
    pinfo->ptype = PT_NONE;
    pinfo->srcport = p->mon.src_port;
    pinfo->destport = p->mon.dst_port;
}

/* The name of a virtio op in the Info column, as in the specification; NULL if it has none. */
static const char *op_tag(uint16_t op)
{
    switch ((enum vsock_op)op) {
    case VSOCK_OP_INVALID:
        return "INVALID";
    case VSOCK_OP_REQUEST:
        return "REQUEST";
    case VSOCK_OP_RESPONSE:
        return "RESPONSE";
    case VSOCK_OP_RST:
        return "RST";
    case VSOCK_OP_SHUTDOWN:
        return "SHUTDOWN";
    case VSOCK_OP_RW:
        return "RW";
    case VSOCK_OP_CREDIT_UPDATE:
        return "CREDIT_UPDATE";
    case VSOCK_OP_CREDIT_REQUEST:
        return "CREDIT_REQUEST";
    }
    return NULL;
}

/* What the flags add to the op: " rcv|send", ", EOM, EOR". */
static const char *flags_tag(const struct vsock_packet *p)
{
    static const char *const shutdown[] = {"", " rcv", " send", " rcv|send"};
    static const char *const message[] = {"", ", EOM", ", EOR", ", EOM, EOR"};
    uint32_t defined = vsock_defined_flags(p);

    if (defined == 0)
        return "";
    return (p->virtio.op == VSOCK_OP_SHUTDOWN ? shutdown : message)[p->virtio.flags & defined];
}

/* Text that grows in a buffer, and is cut where that ends. */
struct text {
    char *buffer;
    size_t size, used;
};

static void append(struct text *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void append(struct text *t, const char *format, ...)
{
    va_list arguments;
    int length;

    if (t->used >= t->size)
        return;
    va_start(arguments, format);
    length = vsnprintf(t->buffer + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        t->used += (size_t)length;
}

static void append_op(struct text *t, const struct vsock_packet *p)
{
    const char *op = op_tag(p->virtio.op);

    if (op)
        append(t, "[%s%s]", op, flags_tag(p));
    else
        append(t, "[Unknown op %u]", p->virtio.op);
    if (p->virtio.op == VSOCK_OP_REQUEST && p->virtio.type != VSOCK_TYPE_STREAM)
        append(t, " %s", val_to_str_const(p->virtio.type, vsock_type_names, "Unknown type"));
    if (p->virtio.op == VSOCK_OP_RW || p->virtio.len > 0)
        append(t, " Len=%u", p->virtio.len);
}

static void append_credit(struct text *t, const struct vsock_packet *p)
{
    switch (p->virtio.op) {
    case VSOCK_OP_REQUEST:
    case VSOCK_OP_RESPONSE:
        append(t, " Buf=%u", p->virtio.buf_alloc);
        break;
    case VSOCK_OP_CREDIT_UPDATE:
        append(t, " Buf=%u Fwd=%u", p->virtio.buf_alloc, p->virtio.fwd_cnt);
        break;
    }
}

/* All that can be said of a record without a virtio header. */
static void append_vsockmon(struct text *t, const struct vsock_packet *p)
{
    append(t, "[%s]", val_to_str_const(p->mon.op, vsockmon_op_names, "Unknown op"));
    if (VSOCK_HAS_MON(p, len) && p->mon.transport != VSOCKMON_TRANSPORT_VIRTIO && p->payload_length > 0)
        append(t, " Len=%u", p->payload_length);
}

const char *vsock_op_label(const struct vsock_packet *p, char *buffer, size_t size)
{
    struct text t = {buffer, size, 0};

    append_op(&t, p);
    return buffer;
}

const char *vsock_summary(const struct vsock_packet *p, const struct vsock_record *record, char *buffer,
                          size_t size)
{
    struct text t = {buffer, size, 0};

    buffer[0] = '\0';
    if (VSOCK_HAS_VIRTIO(p, op))
        append_op(&t, p);
    else if (VSOCK_HAS_MON(p, op))
        append_vsockmon(&t, p);
    if (VSOCK_HAS_VIRTIO(p, fwd_cnt))
        append_credit(&t, p);
    if (record && record->counted && record->has_window)
        append(&t, " Win=%" PRId64, vsock_credit_window(record));
    if (record && record->rst_kind != VSOCK_RST_NONE)
        append(&t, " %s", val_to_str_const(record->rst_kind, vsock_rst_kind_names, "?"));
    return buffer;
}

#define ERRORS                                                                                               \
    (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_TRUNCATED) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_HEADER_MISMATCH) | \
     VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_OP_MISMATCH) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_SHORT))

static void append_port(struct text *t, const char *service, uint32_t port)
{
    if (service)
        append(t, "%s(%u)", service, port);
    else
        append(t, "%u", port);
}

/* "4051313149 → ssh(22) " */
static const char *ports(const struct vsock_packet *p, char *buffer, size_t size)
{
    const char *src = vsock_service_name(p->mon.src_cid, p->mon.src_port);
    const char *dst = vsock_service_name(p->mon.dst_cid, p->mon.dst_port);
    struct text t = {buffer, size, 0};

    append_port(&t, src, p->mon.src_port);
    append(&t, " " UTF8_RIGHTWARDS_ARROW " ");
    append_port(&t, dst, p->mon.dst_port);
    append(&t, " ");
    return buffer;
}

/* "[Reused] [Zero window] ": what a reader of the packet list must not miss. */
static const char *tags(const struct vsock_record *r, char *buffer, size_t size)
{
    uint64_t findings = vsock_record_findings(r);
    struct text t = {buffer, size, 0};
    char figures[32];

    if (r->copy)
        append(&t, "[Copy] ");
    for (unsigned i = 0; i < VSOCK_FOUND_COUNT && findings >> i != 0; i++) {
        const char *tag;

        if (!(findings & VSOCK_FOUND_BIT(i)))
            continue;
        tag = i < VSOCK_FOUND_CREDIT_FIRST ? vsock_analysis_tag(i)
                                           : vsock_credit_tag(r, i, figures, sizeof(figures));
        if (tag)
            append(&t, "[%s] ", tag);
    }
    return buffer;
}

/* Behind what must not be missed, which stays when another dissector writes the rest. */
static void set_line(packet_info *pinfo, const struct vsock_packet *p, const struct vsock_record *record,
                     const char *note)
{
    char ports_text[256] = "", summary_text[128];

    if (VSOCK_HAS_MON(p, dst_port))
        ports(p, ports_text, sizeof(ports_text));
    col_add_fstr(pinfo->cinfo, COL_INFO, "%s%s%s", ports_text,
                 vsock_summary(p, record, summary_text, sizeof(summary_text)), note);
}

void vsock_set_columns(packet_info *pinfo, const struct vsock_packet *p, uint32_t malformed,
                       const struct vsock_record *record)
{
    char tags_text[512] = "";

    col_set_str(pinfo->cinfo, COL_PROTOCOL, "VSOCK");
    if (!col_get_writable(pinfo->cinfo, COL_INFO))
        return;
    if (record)
        tags(record, tags_text, sizeof(tags_text));
    if (tags_text[0] != '\0' || malformed & ERRORS) {
        col_add_fstr(pinfo->cinfo, COL_INFO, "%s%s", malformed & ERRORS ? "[Malformed] " : "", tags_text);
        col_set_fence(pinfo->cinfo, COL_INFO);
    }
    set_line(pinfo, p, record, "");
}

void vsock_set_columns_of_part(packet_info *pinfo, const struct vsock_packet *p,
                               const struct vsock_record *record)
{
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "VSOCK");
    if (col_get_writable(pinfo->cinfo, COL_INFO))
        set_line(pinfo, p, record,
                 p->virtio.type == VSOCK_TYPE_SEQPACKET ? " [message fragment]"
                                                        : " [segment of a reassembled PDU]");
}
