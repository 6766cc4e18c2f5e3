/* SPDX-License-Identifier: GPL-2.0-or-later
 * columns.c - a packet in one line, as TCP's: ports, what it is, then the figures that matter for it. */
#include "compat.h"

#include "columns.h"

#include <wsutil/utf8_entities.h>

#include "connection.h"
#include "expert_connection.h"
#include "names.h"
#include "services.h"
#include "text.h"

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
    static const char *const tags[] = {
        [VSOCK_OP_INVALID] = "INVALID",
        [VSOCK_OP_REQUEST] = "REQUEST",
        [VSOCK_OP_RESPONSE] = "RESPONSE",
        [VSOCK_OP_RST] = "RST",
        [VSOCK_OP_SHUTDOWN] = "SHUTDOWN",
        [VSOCK_OP_RW] = "RW",
        [VSOCK_OP_CREDIT_UPDATE] = "CREDIT_UPDATE",
        [VSOCK_OP_CREDIT_REQUEST] = "CREDIT_REQUEST",
    };

    return op < array_length(tags) ? tags[op] : NULL;
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

/* " Len=13" */
static void add_figure(struct vsock_text *t, const char *name, uint64_t figure)
{
    vsock_text_add(t, name);
    vsock_text_add_uint(t, figure);
}

static void add_op(struct vsock_text *t, const struct vsock_packet *p)
{
    const char *op = op_tag(p->virtio.op);

    vsock_text_add(t, "[");
    if (op)
        vsock_text_add(t, op);
    else
        add_figure(t, "Unknown op ", p->virtio.op);
    vsock_text_add(t, op ? flags_tag(p) : "");
    vsock_text_add(t, "]");
    if (vsock_is_datagram(p) || (p->virtio.op == VSOCK_OP_REQUEST && p->virtio.type != VSOCK_TYPE_STREAM)) {
        vsock_text_add(t, " ");
        vsock_text_add(t, val_to_str_const(p->virtio.type, vsock_type_names, "Unknown type"));
    }
    if (p->virtio.op == VSOCK_OP_RW || p->virtio.len > 0)
        add_figure(t, " Len=", p->virtio.len);
}

/* What the packet's sender says of its buffer; " PeerWin=65536" is what the other side may send now. */
static void add_credit(struct vsock_text *t, const struct vsock_packet *p, const struct vsock_record *r)
{
    uint16_t op = p->virtio.op;
    bool update = op == VSOCK_OP_CREDIT_UPDATE, response = op == VSOCK_OP_RESPONSE;
    bool tells = (response || op == VSOCK_OP_RW) && r && r->has_credit && r->fwd_news;

    if (update || response || op == VSOCK_OP_REQUEST)
        add_figure(t, " Buf=", p->virtio.buf_alloc);
    if (update || tells)
        add_figure(t, " Fwd=", p->virtio.fwd_cnt);
    if ((update || response) && r && r->has_credit) {
        vsock_text_add(t, " PeerWin=");
        vsock_text_add_int(t, vsock_record_peer_window(r, p->virtio.buf_alloc));
    }
}

/* All that can be said of a record without a virtio header. */
static void add_vsockmon(struct vsock_text *t, const struct vsock_packet *p)
{
    vsock_text_add(t, "[");
    vsock_text_add(t, val_to_str_const(p->mon.op, vsockmon_op_names, "Unknown op"));
    vsock_text_add(t, "]");
    if (VSOCK_HAS_MON(p, len) && p->mon.transport != VSOCKMON_TRANSPORT_VIRTIO && p->payload_length > 0)
        add_figure(t, " Len=", p->payload_length);
}

const char *vsock_op_label(const struct vsock_packet *p, char *buffer, size_t size)
{
    struct vsock_text t = vsock_text_start(buffer, size);

    add_op(&t, p);
    return buffer;
}

static void add_summary(struct vsock_text *t, const struct vsock_packet *p, const struct vsock_record *record)
{
    if (VSOCK_HAS_VIRTIO(p, op))
        add_op(t, p);
    else if (VSOCK_HAS_MON(p, op))
        add_vsockmon(t, p);
    if (VSOCK_HAS_VIRTIO(p, fwd_cnt))
        add_credit(t, p, record);
    if (record && record->in_stream && record->has_window) {
        vsock_text_add(t, " Win=");
        vsock_text_add_int(t, vsock_record_window(record));
    }
    if (record && record->rst_kind != VSOCK_RST_NONE) {
        vsock_text_add(t, " ");
        vsock_text_add(t, val_to_str_const(record->rst_kind, vsock_rst_kind_names, "?"));
    }
}

const char *vsock_summary(const struct vsock_packet *p, const struct vsock_record *record, char *buffer,
                          size_t size)
{
    struct vsock_text t = vsock_text_start(buffer, size);

    add_summary(&t, p, record);
    return buffer;
}

#define ERRORS                                                                                               \
    (VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_TRUNCATED) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_HEADER_MISMATCH) | \
     VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_OP_MISMATCH) | VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_PAYLOAD_SHORT))

static void add_port(struct vsock_text *t, uint64_t cid, uint32_t port)
{
    const char *service = vsock_service_name(cid, port);

    if (service) {
        vsock_text_add(t, service);
        vsock_text_add(t, "(");
    }
    vsock_text_add_uint(t, port);
    vsock_text_add(t, service ? ")" : "");
}

/* "4051313149 → ssh(22) " */
static void add_ports(struct vsock_text *t, const struct vsock_packet *p)
{
    add_port(t, p->mon.src_cid, p->mon.src_port);
    vsock_text_add(t, " " UTF8_RIGHTWARDS_ARROW " ");
    add_port(t, p->mon.dst_cid, p->mon.dst_port);
    vsock_text_add(t, " ");
}

static void add_tag(struct vsock_text *t, const char *tag)
{
    vsock_text_add(t, "[");
    vsock_text_add(t, tag);
    vsock_text_add(t, "] ");
}

/* "[Reused] [Zero window] ": what a reader of the packet list must not miss. */
static void add_tags(struct vsock_text *t, const struct vsock_record *r)
{
    uint64_t findings = vsock_record_findings(r);
    char figures[64];
    const char *waits = vsock_wait_tag(r, figures, sizeof(figures));

    if (waits)
        add_tag(t, waits);
    if (r->copy)
        vsock_text_add(t, "[Copy] ");
    for (unsigned i = 0; i < VSOCK_FOUND_COUNT && findings >> i != 0; i++) {
        const char *tag;

        if (!(findings & VSOCK_FOUND_BIT(i)))
            continue;
        tag = vsock_finding_tag(r, i, figures, sizeof(figures));
        if (tag)
            add_tag(t, tag);
    }
}

static void set_line(packet_info *pinfo, const struct vsock_packet *p, const struct vsock_record *record,
                     const char *note)
{
    char buffer[512];
    struct vsock_text t = vsock_text_start(buffer, sizeof(buffer));

    if (VSOCK_HAS_MON(p, dst_port))
        add_ports(&t, p);
    add_summary(&t, p, record);
    vsock_text_add(&t, note);
    col_add_str(pinfo->cinfo, COL_INFO, buffer);
}

void vsock_set_columns(packet_info *pinfo, const struct vsock_packet *p, const struct vsock_record *record)
{
    col_set_str(pinfo->cinfo, COL_PROTOCOL, "VSOCK");
    if (col_get_writable(pinfo->cinfo, COL_INFO))
        set_line(pinfo, p, record, "");
}

void vsock_tag_columns(packet_info *pinfo, uint32_t malformed, const struct vsock_record *record)
{
    char tags[512];
    struct vsock_text t = vsock_text_start(tags, sizeof(tags));

    if (malformed & ERRORS)
        vsock_text_add(&t, "[Malformed] ");
    if (record)
        add_tags(&t, record);
    if (t.used > 0)
        col_prepend_fence_fstr(pinfo->cinfo, COL_INFO, "%s", tags);
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
