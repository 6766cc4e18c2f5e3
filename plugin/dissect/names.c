/* SPDX-License-Identifier: GPL-2.0-or-later
 * names.c - numbers to words.
 * The built-in's address type prints CID 2 as "host" into filters too, where it is an error; ours keeps text
 * for filters (to_str: always the number, quoted where the series needs that) and text for people (the name)
 * apart. */
#include "compat.h"

#include "names.h"

#include <epan/addr_resolv.h>
#include <epan/address_types.h>

#include "core/wire.h"
#include "services.h"
#include "text.h"

const value_string vsockmon_op_names[] = {
    {VSOCKMON_OP_UNKNOWN, "Unknown"},       {VSOCKMON_OP_CONNECT, "Connect"},
    {VSOCKMON_OP_DISCONNECT, "Disconnect"}, {VSOCKMON_OP_CONTROL, "Control"},
    {VSOCKMON_OP_PAYLOAD, "Payload"},       {0, NULL},
};

const value_string vsockmon_transport_names[] = {
    {VSOCKMON_TRANSPORT_UNKNOWN, "Unknown"},
    {VSOCKMON_TRANSPORT_NO_INFO, "No info"},
    {VSOCKMON_TRANSPORT_VIRTIO, "Virtio"},
    {0, NULL},
};

const value_string vsock_type_names[] = {
    {VSOCK_TYPE_STREAM, "Stream"},
    {VSOCK_TYPE_SEQPACKET, "Seqpacket"},
    {VSOCK_TYPE_DGRAM, "Dgram"},
    {0, NULL},
};

const value_string vsock_op_names[] = {
    {VSOCK_OP_INVALID, "Invalid"},
    {VSOCK_OP_REQUEST, "Request"},
    {VSOCK_OP_RESPONSE, "Response"},
    {VSOCK_OP_RST, "Rst"},
    {VSOCK_OP_SHUTDOWN, "Shutdown"},
    {VSOCK_OP_RW, "RW"},
    {VSOCK_OP_CREDIT_UPDATE, "Credit update"},
    {VSOCK_OP_CREDIT_REQUEST, "Credit request"},
    /* as the Info column writes them, for filters: a number's name is the first that stands here */
    {VSOCK_OP_CREDIT_UPDATE, "CREDIT_UPDATE"},
    {VSOCK_OP_CREDIT_REQUEST, "CREDIT_REQUEST"},
    {0, NULL},
};

static const char *fixed_cid_name(uint64_t cid)
{
    switch (cid) {
    case VSOCK_CID_HYPERVISOR:
        return "hypervisor";
    case VSOCK_CID_LOCAL:
        return "local";
    case VSOCK_CID_HOST:
        return "host";
    case VSOCK_CID_ANY:
        return "any";
    }
    return NULL;
}

const char *vsock_cid_name(uint64_t cid)
{
    const char *name = vsock_user_cid_name(cid);

    return name ? name : fixed_cid_name(cid);
}

/* An address's data: the CID, and in an endpoint's the port behind it; little-endian as in the record. */
#define CID_SIZE 8
#define ENDPOINT_SIZE 12

#define CID_TEXT_SIZE 21      /* 20 digits and the NUL */
#define ENDPOINT_TEXT_SIZE 34 /* and a separator, 10 more digits, and two quotes */

static int cid_address_type = -1;
static int endpoint_address_type = -1;

static uint64_t address_cid(const address *addr)
{
    uint64_t cid;

    memcpy(&cid, addr->data, sizeof(cid));
    return GUINT64_FROM_LE(cid);
}

static uint32_t address_port(const address *addr)
{
    uint32_t port;

    memcpy(&port, (const uint8_t *)addr->data + CID_SIZE, sizeof(port));
    return GUINT32_FROM_LE(port);
}

/* Names are handed out as interned strings: the packet list keeps the pointer, others copy it unchecked, so
 * it must never be NULL and is not freed before the end. Not by g_intern_string(): at every 2048th string
 * that leaks a table of all before it, which with a million CIDs is gigabytes. */
static GStringChunk *texts;

/* CIDs whose numbers were interned lately. */
static struct {
    uint64_t cid;
    const char *text; /* NULL at first */
} recent[256];

static void end(void)
{
    memset(recent, 0, sizeof(recent));
    if (texts)
        g_string_chunk_free(texts);
    texts = NULL;
}

static const char *intern(const char *text)
{
    if (!texts)
        texts = g_string_chunk_new(4096);
    return g_string_chunk_insert_const(texts, text);
}

static int cid_to_str(const address *addr, char *buf, int buf_len)
{
    struct vsock_text t = vsock_text_start(buf, (size_t)buf_len);

    vsock_text_add_uint(&t, address_cid(addr));
    return (int)t.used + 1;
}

static int cid_str_len(const address *addr _U_)
{
    return CID_TEXT_SIZE;
}

static const char *cid_column_filter(const address *addr _U_, compat_bool is_src)
{
    return is_src ? "vsock.src_cid" : "vsock.dst_cid";
}

static int cid_fixed_len(void)
{
    return CID_SIZE;
}

/* As a number, for every line of the packet list: hence what saves a look-up by text. */
static const char *decimal_cid(uint64_t cid)
{
    size_t i = cid % array_length(recent);

    if (!recent[i].text || recent[i].cid != cid) {
        char buffer[CID_TEXT_SIZE];
        struct vsock_text decimal = vsock_text_start(buffer, sizeof(buffer));

        vsock_text_add_uint(&decimal, cid);
        recent[i].cid = cid;
        recent[i].text = intern(buffer);
    }
    return recent[i].text;
}

static const char *cid_resolved(const address *addr)
{
    uint64_t cid = address_cid(addr);
    const char *name = vsock_user_cid_name(cid);

    if (name)
        return intern(name); /* the user may change it */
    if (gbl_resolv_flags.mac_name)
        name = fixed_cid_name(cid);
    return name ? name : decimal_cid(cid);
}

static int cid_resolved_len(void)
{
    return CID_TEXT_SIZE;
}

static int endpoint_to_str(const address *addr, char *buf, int buf_len)
{
    struct vsock_text t = vsock_text_start(buf, (size_t)buf_len);

    vsock_text_add(&t, COMPAT_COLON_QUOTE);
    vsock_text_add_endpoint(&t, address_cid(addr), address_port(addr));
    vsock_text_add(&t, COMPAT_COLON_QUOTE);
    return (int)t.used + 1;
}

static int endpoint_str_len(const address *addr _U_)
{
    return ENDPOINT_TEXT_SIZE;
}

static const char *endpoint_column_filter(const address *addr _U_, compat_bool is_src)
{
    return is_src ? "vsock.src" : "vsock.dst";
}

static int endpoint_fixed_len(void)
{
    return ENDPOINT_SIZE;
}

static const char *endpoint_resolved(const address *addr)
{
    char text[256];
    uint32_t port = address_port(addr);
    const char *service = vsock_service_name(address_cid(addr), port);
    struct vsock_text t = vsock_text_start(text, sizeof(text));

    vsock_text_add(&t, cid_resolved(addr));
    vsock_text_add(&t, ":");
    if (service)
        vsock_text_add(&t, service);
    else
        vsock_text_add_uint(&t, port);
    return intern(text);
}

static int endpoint_resolved_len(void)
{
    return ENDPOINT_TEXT_SIZE;
}

void vsock_names_register(void)
{
    cid_address_type =
        address_type_dissector_register("AT_VSOCK_CID", "vsock CID", cid_to_str, cid_str_len, NULL,
                                        cid_column_filter, cid_fixed_len, cid_resolved, cid_resolved_len);
    endpoint_address_type = address_type_dissector_register(
        "AT_VSOCK_ENDPOINT", "vsock endpoint", endpoint_to_str, endpoint_str_len, NULL,
        endpoint_column_filter, endpoint_fixed_len, endpoint_resolved, endpoint_resolved_len);
    register_shutdown_routine(end);
}

void vsock_set_cid_address(address *addr, tvbuff_t *tvb, int offset)
{
    set_address_tvb(addr, cid_address_type, CID_SIZE, tvb, offset);
}

void vsock_copy_cid_address(wmem_allocator_t *scope, address *addr, uint64_t cid)
{
    cid = GUINT64_TO_LE(cid);
    alloc_address_wmem(scope, addr, cid_address_type, CID_SIZE, &cid);
}

void vsock_set_endpoint_address(wmem_allocator_t *scope, address *addr, struct vsock_endpoint endpoint)
{
    uint64_t cid = GUINT64_TO_LE(endpoint.cid);
    uint32_t port = GUINT32_TO_LE(endpoint.port);
    uint8_t data[ENDPOINT_SIZE];

    memcpy(data, &cid, sizeof(cid));
    memcpy(data + CID_SIZE, &port, sizeof(port));
    alloc_address_wmem(scope, addr, endpoint_address_type, ENDPOINT_SIZE, data);
}
