/* SPDX-License-Identifier: GPL-2.0-or-later
 * nitro.c - how a Nitro enclave says that it has booted: a byte to port 9000 of its parent (CID 3), which
 * sends it back. A byte alone proves little, so there is no heuristic: the port has to be 9000, or Decode As
 * to say so.
 * Sources: github.com/aws/aws-nitro-enclaves-sdk-bootstrap init/init.c (enclave_ready);
 * aws-nitro-enclaves-cli src/common/mod.rs (ENCLAVE_READY_VSOCK_PORT).
 */
#include "compat.h"

#include "apps.h"
#include "payload/handoff.h"

#define ENCLAVE_READY_PORT 9000
#define HEARTBEAT 0xb7

static const value_string value_names[] = {
    {HEARTBEAT, "Heartbeat"},
    {0, NULL},
};

static int proto_nitro = -1;
static int hf_value = -1;
static int ett_nitro = -1;

static hf_register_info fields[] = {
    {&hf_value,
     {"Value", "nitro_heartbeat.value", FT_UINT8, BASE_HEX, VALS(value_names), 0,
      "From the enclave: it has booted; from the parent: the same, sent back", HFILL}},
};

static dissector_handle_t nitro_handle;

/* What else there is on port 9000 is left to whoever knows it. */
static bool is_heartbeat(tvbuff_t *tvb)
{
    uint8_t byte;

    if (tvb_reported_length(tvb) != 1 || tvb_captured_length(tvb) != 1)
        return false;
    tvb_memcpy(tvb, &byte, 0, 1);
    return byte == HEARTBEAT;
}

static int dissect_nitro(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    bool to_parent = pinfo->destport == ENCLAVE_READY_PORT;
    proto_item *item;

    if (!is_heartbeat(tvb))
        return 0;
    vsock_app_begin_info(pinfo, proto_nitro, "Nitro");
    col_append_str(pinfo->cinfo, COL_INFO, to_parent ? "Heartbeat: the enclave has booted" : "Heartbeat");
    vsock_app_end_info(pinfo);
    item = proto_tree_add_item(tree, proto_nitro, tvb, 0, -1, ENC_NA);
    proto_tree_add_item(proto_item_add_subtree(item, ett_nitro), hf_value, tvb, 0, 1, ENC_NA);
    return 1;
}

void proto_register_nitro(void);
void proto_register_nitro(void)
{
    static int *ett[] = {&ett_nitro};

    proto_nitro = vsock_app_protocol("Nitro Enclaves heartbeat", "Nitro heartbeat", "nitro_heartbeat");
    if (proto_nitro == -1)
        return;
    proto_register_field_array(proto_nitro, fields, array_length(fields));
    proto_register_subtree_array(ett, array_length(ett));
    nitro_handle = register_dissector("nitro_heartbeat", dissect_nitro, proto_nitro);
}

void proto_reg_handoff_nitro(void);
void proto_reg_handoff_nitro(void)
{
    if (nitro_handle && vsock_takes_dissectors())
        dissector_add_uint(VSOCK_PORT_TABLE, ENCLAVE_READY_PORT, nitro_handle);
}
