/* SPDX-License-Identifier: GPL-2.0-or-later
 * nitro.c - how a Nitro enclave says that it has booted: a byte to port 9000 of its parent (CID 3), which
 * sends it back. A byte alone proves little, so there is no heuristic: the port has to be 9000, or Decode As
 * to say so.
 * Sources: github.com/aws/aws-nitro-enclaves-sdk-bootstrap init/init.c (enclave_ready);
 * aws-nitro-enclaves-cli src/common/mod.rs (ENCLAVE_READY_VSOCK_PORT).
 */
#include "compat.h"

#include "apps.h"

#define ENCLAVE_READY_PORT 9000
#define HEARTBEAT 0xb7

static const value_string value_names[] = {
    {HEARTBEAT, "Heartbeat"},
    {0, NULL},
};

static int hf_value = -1;
static int ett_nitro = -1;

static hf_register_info fields[] = {
    {&hf_value,
     {"Value", "nitro_heartbeat.value", FT_UINT8, BASE_HEX, VALS(value_names), 0,
      "From the enclave: it has booted; from the parent: the same, sent back", HFILL}},
};

/* What else there is on port 9000 is left to whoever knows it. */
static bool is_heartbeat(const struct vsock_look *look)
{
    return look->reported == 1 && look->captured == 1 && look->bytes[0] == HEARTBEAT;
}

static void show_heartbeat(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top _U_, proto_tree *tree,
                           struct vsock_app_frame *frame _U_)
{
    bool to_parent = pinfo->destport == ENCLAVE_READY_PORT;

    col_append_str(pinfo->cinfo, COL_INFO, to_parent ? "Heartbeat: the enclave has booted" : "Heartbeat");
    proto_tree_add_item(tree, hf_value, tvb, 0, 1, ENC_NA);
}

/* clang-format off */
static struct vsock_app app = {
    "Nitro Enclaves heartbeat", "Nitro heartbeat", "nitro_heartbeat", .column = "Nitro",
    .subtrees = {&ett_nitro}, .fields = fields, .field_count = array_length(fields),
    .port = ENCLAVE_READY_PORT, .recognize = is_heartbeat, .strict = true, .show = show_heartbeat,
};
/* clang-format on */

void proto_register_nitro(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_nitro(void)
{
    vsock_app_attach(&app);
}
