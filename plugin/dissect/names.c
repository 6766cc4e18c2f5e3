/* SPDX-License-Identifier: GPL-2.0-or-later
 * names.c - numbers to words.
 * The built-in's address type prints CID 2 as "host" into filters too, where it is an error; ours keeps text
 * for filters (to_str: always the number) and text for people (the name) apart. */
#include "compat.h"

#include "names.h"

#include <epan/addr_resolv.h>
#include <epan/address_types.h>
#include <epan/to_str.h>

#include "core/wire.h"

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
    {0, NULL},
};

const char *vsock_cid_name(uint64_t cid)
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

#define CID_SIZE 8
#define CID_TEXT_SIZE 21 /* 20 digits and the NUL */

static int cid_address_type = -1;

/* CID -> its number as text; lives as long as epan, since columns keep the pointer (see cid_resolved). */
static wmem_map_t *cid_texts;

static uint64_t address_cid(const address *addr)
{
    uint64_t cid;

    memcpy(&cid, addr->data, sizeof(cid));
    return GUINT64_FROM_LE(cid);
}

static int cid_to_str(const address *addr, char *buf, int buf_len)
{
    return snprintf(buf, (size_t)buf_len, "%" PRIu64, address_cid(addr)) + 1;
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

/* The packet list keeps this pointer, and others copy it unchecked: never NULL, never freed. */
static const char *cid_resolved(const address *addr)
{
    uint64_t cid = address_cid(addr);
    const char *name = gbl_resolv_flags.mac_name ? vsock_cid_name(cid) : NULL;
    char *text;

    if (name)
        return name;
    text = (char *)wmem_map_lookup(cid_texts, &cid);
    if (!text) {
        text = wmem_strdup_printf(wmem_epan_scope(), "%" PRIu64, cid);
        wmem_map_insert(cid_texts, wmem_memdup(wmem_epan_scope(), &cid, sizeof(cid)), text);
    }
    return text;
}

static int cid_resolved_len(void)
{
    return CID_TEXT_SIZE;
}

void vsock_names_register(void)
{
    cid_texts = wmem_map_new(wmem_epan_scope(), g_int64_hash, g_int64_equal);
    cid_address_type =
        address_type_dissector_register("AT_VSOCK_CID", "vsock CID", cid_to_str, cid_str_len, NULL,
                                        cid_column_filter, cid_fixed_len, cid_resolved, cid_resolved_len);
}

void vsock_set_cid_address(address *addr, tvbuff_t *tvb, int offset)
{
    set_address_tvb(addr, cid_address_type, CID_SIZE, tvb, offset);
}
