/* SPDX-License-Identifier: GPL-2.0-or-later
 * p11rpc.c - PKCS #11 through a stream, as p11-kit speaks it (p11-kit server, and modules whose "remote:" is
 * vsock:cid=...;port=...): a program's calls to a token that another machine has. What a call is given and
 * gives back stays bytes. Sources: core/p11rpc.h; codes of errors are of OASIS PKCS #11 3.0, pkcs11t.h.
 */
#include "compat.h"

#include "apps.h"

#include "core/p11rpc.h"
#include "dissect/tree_util.h"

#define CALL_ERROR 0 /* of a response alone */

static const value_string call_names[] = {
    {CALL_ERROR, "Error"},
    {1, "C_Initialize"},
    {2, "C_Finalize"},
    {3, "C_GetInfo"},
    {4, "C_GetSlotList"},
    {5, "C_GetSlotInfo"},
    {6, "C_GetTokenInfo"},
    {7, "C_GetMechanismList"},
    {8, "C_GetMechanismInfo"},
    {9, "C_InitToken"},
    {10, "C_OpenSession"},
    {11, "C_CloseSession"},
    {12, "C_CloseAllSessions"},
    {13, "C_GetSessionInfo"},
    {14, "C_InitPIN"},
    {15, "C_SetPIN"},
    {16, "C_GetOperationState"},
    {17, "C_SetOperationState"},
    {18, "C_Login"},
    {19, "C_Logout"},
    {20, "C_CreateObject"},
    {21, "C_CopyObject"},
    {22, "C_DestroyObject"},
    {23, "C_GetObjectSize"},
    {24, "C_GetAttributeValue"},
    {25, "C_SetAttributeValue"},
    {26, "C_FindObjectsInit"},
    {27, "C_FindObjects"},
    {28, "C_FindObjectsFinal"},
    {29, "C_EncryptInit"},
    {30, "C_Encrypt"},
    {31, "C_EncryptUpdate"},
    {32, "C_EncryptFinal"},
    {33, "C_DecryptInit"},
    {34, "C_Decrypt"},
    {35, "C_DecryptUpdate"},
    {36, "C_DecryptFinal"},
    {37, "C_DigestInit"},
    {38, "C_Digest"},
    {39, "C_DigestUpdate"},
    {40, "C_DigestKey"},
    {41, "C_DigestFinal"},
    {42, "C_SignInit"},
    {43, "C_Sign"},
    {44, "C_SignUpdate"},
    {45, "C_SignFinal"},
    {46, "C_SignRecoverInit"},
    {47, "C_SignRecover"},
    {48, "C_VerifyInit"},
    {49, "C_Verify"},
    {50, "C_VerifyUpdate"},
    {51, "C_VerifyFinal"},
    {52, "C_VerifyRecoverInit"},
    {53, "C_VerifyRecover"},
    {54, "C_DigestEncryptUpdate"},
    {55, "C_DecryptDigestUpdate"},
    {56, "C_SignEncryptUpdate"},
    {57, "C_DecryptVerifyUpdate"},
    {58, "C_GenerateKey"},
    {59, "C_GenerateKeyPair"},
    {60, "C_WrapKey"},
    {61, "C_UnwrapKey"},
    {62, "C_DeriveKey"},
    {63, "C_SeedRandom"},
    {64, "C_GenerateRandom"},
    {65, "C_WaitForSlotEvent"},
    {66, "C_LoginUser"},
    {67, "C_SessionCancel"},
    {68, "C_MessageEncryptInit"},
    {69, "C_EncryptMessage"},
    {70, "C_EncryptMessageBegin"},
    {71, "C_EncryptMessageNext"},
    {72, "C_MessageEncryptFinal"},
    {73, "C_MessageDecryptInit"},
    {74, "C_DecryptMessage"},
    {75, "C_DecryptMessageBegin"},
    {76, "C_DecryptMessageNext"},
    {77, "C_MessageDecryptFinal"},
    {78, "C_MessageSignInit"},
    {79, "C_SignMessage"},
    {80, "C_SignMessageBegin"},
    {81, "C_SignMessageNext"},
    {82, "C_MessageSignFinal"},
    {83, "C_MessageVerifyInit"},
    {84, "C_VerifyMessage"},
    {85, "C_VerifyMessageBegin"},
    {86, "C_VerifyMessageNext"},
    {87, "C_MessageVerifyFinal"},
    {88, "C_InitToken2"},
    {89, "C_DeriveKey2"},
    {0, NULL},
};

static const val64_string error_names[] = {
    {0x0, "CKR_OK"},
    {0x1, "CKR_CANCEL"},
    {0x2, "CKR_HOST_MEMORY"},
    {0x3, "CKR_SLOT_ID_INVALID"},
    {0x5, "CKR_GENERAL_ERROR"},
    {0x6, "CKR_FUNCTION_FAILED"},
    {0x7, "CKR_ARGUMENTS_BAD"},
    {0x8, "CKR_NO_EVENT"},
    {0x9, "CKR_NEED_TO_CREATE_THREADS"},
    {0xa, "CKR_CANT_LOCK"},
    {0x10, "CKR_ATTRIBUTE_READ_ONLY"},
    {0x11, "CKR_ATTRIBUTE_SENSITIVE"},
    {0x12, "CKR_ATTRIBUTE_TYPE_INVALID"},
    {0x13, "CKR_ATTRIBUTE_VALUE_INVALID"},
    {0x1b, "CKR_ACTION_PROHIBITED"},
    {0x20, "CKR_DATA_INVALID"},
    {0x21, "CKR_DATA_LEN_RANGE"},
    {0x30, "CKR_DEVICE_ERROR"},
    {0x31, "CKR_DEVICE_MEMORY"},
    {0x32, "CKR_DEVICE_REMOVED"},
    {0x40, "CKR_ENCRYPTED_DATA_INVALID"},
    {0x41, "CKR_ENCRYPTED_DATA_LEN_RANGE"},
    {0x42, "CKR_AEAD_DECRYPT_FAILED"},
    {0x50, "CKR_FUNCTION_CANCELED"},
    {0x51, "CKR_FUNCTION_NOT_PARALLEL"},
    {0x54, "CKR_FUNCTION_NOT_SUPPORTED"},
    {0x60, "CKR_KEY_HANDLE_INVALID"},
    {0x62, "CKR_KEY_SIZE_RANGE"},
    {0x63, "CKR_KEY_TYPE_INCONSISTENT"},
    {0x64, "CKR_KEY_NOT_NEEDED"},
    {0x65, "CKR_KEY_CHANGED"},
    {0x66, "CKR_KEY_NEEDED"},
    {0x67, "CKR_KEY_INDIGESTIBLE"},
    {0x68, "CKR_KEY_FUNCTION_NOT_PERMITTED"},
    {0x69, "CKR_KEY_NOT_WRAPPABLE"},
    {0x6a, "CKR_KEY_UNEXTRACTABLE"},
    {0x70, "CKR_MECHANISM_INVALID"},
    {0x71, "CKR_MECHANISM_PARAM_INVALID"},
    {0x82, "CKR_OBJECT_HANDLE_INVALID"},
    {0x90, "CKR_OPERATION_ACTIVE"},
    {0x91, "CKR_OPERATION_NOT_INITIALIZED"},
    {0xa0, "CKR_PIN_INCORRECT"},
    {0xa1, "CKR_PIN_INVALID"},
    {0xa2, "CKR_PIN_LEN_RANGE"},
    {0xa3, "CKR_PIN_EXPIRED"},
    {0xa4, "CKR_PIN_LOCKED"},
    {0xb0, "CKR_SESSION_CLOSED"},
    {0xb1, "CKR_SESSION_COUNT"},
    {0xb3, "CKR_SESSION_HANDLE_INVALID"},
    {0xb4, "CKR_SESSION_PARALLEL_NOT_SUPPORTED"},
    {0xb5, "CKR_SESSION_READ_ONLY"},
    {0xb6, "CKR_SESSION_EXISTS"},
    {0xb7, "CKR_SESSION_READ_ONLY_EXISTS"},
    {0xb8, "CKR_SESSION_READ_WRITE_SO_EXISTS"},
    {0xc0, "CKR_SIGNATURE_INVALID"},
    {0xc1, "CKR_SIGNATURE_LEN_RANGE"},
    {0xd0, "CKR_TEMPLATE_INCOMPLETE"},
    {0xd1, "CKR_TEMPLATE_INCONSISTENT"},
    {0xe0, "CKR_TOKEN_NOT_PRESENT"},
    {0xe1, "CKR_TOKEN_NOT_RECOGNIZED"},
    {0xe2, "CKR_TOKEN_WRITE_PROTECTED"},
    {0xf0, "CKR_UNWRAPPING_KEY_HANDLE_INVALID"},
    {0xf1, "CKR_UNWRAPPING_KEY_SIZE_RANGE"},
    {0xf2, "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT"},
    {0x100, "CKR_USER_ALREADY_LOGGED_IN"},
    {0x101, "CKR_USER_NOT_LOGGED_IN"},
    {0x102, "CKR_USER_PIN_NOT_INITIALIZED"},
    {0x103, "CKR_USER_TYPE_INVALID"},
    {0x104, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"},
    {0x105, "CKR_USER_TOO_MANY_TYPES"},
    {0x110, "CKR_WRAPPED_KEY_INVALID"},
    {0x112, "CKR_WRAPPED_KEY_LEN_RANGE"},
    {0x113, "CKR_WRAPPING_KEY_HANDLE_INVALID"},
    {0x114, "CKR_WRAPPING_KEY_SIZE_RANGE"},
    {0x115, "CKR_WRAPPING_KEY_TYPE_INCONSISTENT"},
    {0x120, "CKR_RANDOM_SEED_NOT_SUPPORTED"},
    {0x121, "CKR_RANDOM_NO_RNG"},
    {0x130, "CKR_DOMAIN_PARAMS_INVALID"},
    {0x140, "CKR_CURVE_NOT_SUPPORTED"},
    {0x150, "CKR_BUFFER_TOO_SMALL"},
    {0x160, "CKR_SAVED_STATE_INVALID"},
    {0x170, "CKR_INFORMATION_SENSITIVE"},
    {0x180, "CKR_STATE_UNSAVEABLE"},
    {0x190, "CKR_CRYPTOKI_NOT_INITIALIZED"},
    {0x191, "CKR_CRYPTOKI_ALREADY_INITIALIZED"},
    {0x1a0, "CKR_MUTEX_BAD"},
    {0x1a1, "CKR_MUTEX_NOT_LOCKED"},
    {0x1b0, "CKR_NEW_PIN_MODE"},
    {0x1b1, "CKR_NEXT_OTP"},
    {0x1c0, "CKR_EXCEEDED_MAX_ITERATIONS"},
    {0x1c1, "CKR_FIPS_SELF_TEST_FAILED"},
    {0x1c2, "CKR_LIBRARY_LOAD_FAILED"},
    {0x1c3, "CKR_PIN_TOO_WEAK"},
    {0x1c4, "CKR_PUBLIC_KEY_INVALID"},
    {0x200, "CKR_FUNCTION_REJECTED"},
    {0x201, "CKR_TOKEN_RESOURCE_EXCEEDED"},
    {0x202, "CKR_OPERATION_CANCEL_FAILED"},
    {0x203, "CKR_KEY_EXHAUSTED"},
    {0x204, "CKR_PENDING"},
    {0x205, "CKR_SESSION_ASYNC_NOT_SUPPORTED"},
    {0x206, "CKR_SEED_RANDOM_REQUIRED"},
    {0x207, "CKR_OPERATION_NOT_VALIDATED"},
    {0x208, "CKR_TOKEN_NOT_INITIALIZED"},
    {0x209, "CKR_PARAMETER_SET_NOT_SUPPORTED"},
    {0, NULL},
};

static int hf_version = -1, hf_id = -1, hf_options_length = -1, hf_body_length = -1, hf_options = -1,
           hf_call = -1, hf_signature = -1, hf_error = -1, hf_values = -1, hf_data = -1;
static struct vsock_call_fields hf_calls = {-1, -1, -1};

static hf_register_info fields[] = {
    {&hf_version,
     {"Version", "p11rpc.version", FT_UINT8, BASE_DEC, NULL, 0,
      "Of the protocol: the client's highest, or the one that the server has chosen", HFILL}},
    {&hf_id,
     {"Id", "p11rpc.id", FT_UINT32, BASE_DEC, NULL, 0, "Of the call: a response has its request's", HFILL}},
    {&hf_options_length,
     {"Options length", "p11rpc.options_length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
    {&hf_body_length, {"Body length", "p11rpc.body_length", FT_UINT32, BASE_DEC, NULL, 0, "In bytes", HFILL}},
    {&hf_options,
     {"Options", "p11rpc.options", FT_STRING, BASE_NONE, NULL, 0, "The client's name of the module", HFILL}},
    {&hf_call,
     {"Call", "p11rpc.call", FT_UINT32, BASE_DEC, VALS(call_names), 0,
      "Of the request, on a response that says that it failed as well", HFILL}},
    {&hf_signature,
     {"Signature", "p11rpc.signature", FT_STRING, BASE_NONE, NULL, 0, "The types of the values", HFILL}},
    {&hf_error,
     {"Error", "p11rpc.error", FT_UINT64, BASE_HEX | BASE_VAL64_STRING, VALS64(error_names), 0,
      "What the call has returned", HFILL}},
    {&hf_values,
     {"Values", "p11rpc.values", FT_BYTES, BASE_NONE, NULL, 0, "What the call is given, or gives back",
      HFILL}},
    {&hf_data, {"Data", "p11rpc.data", FT_BYTES, BASE_NONE, NULL, 0, "What is no message", HFILL}},
    VSOCK_CALL_FIELDS(hf_calls, "p11rpc", NULL, "Since the request"),
};

static int ett_p11rpc = -1;

static struct vsock_expert failed = {"p11rpc.failed", PI_NOTE, "The call failed", .group = PI_RESPONSE_CODE};
static struct vsock_expert no_message = {"p11rpc.no_message", PI_NOTE, "No call", .group = PI_UNDECODED};

static struct vsock_app app;

/* ---- showing ---- */

/* Both sides' messages look alike: the server's are responses. epan has its port here. */
static bool is_response(const packet_info *pinfo)
{
    return pinfo->srcport == pinfo->match_uint && pinfo->destport != pinfo->match_uint;
}

static void add_text(packet_info *pinfo, proto_tree *tree, const char *text)
{
    col_append_str(pinfo->cinfo, COL_INFO, text);
    proto_item_append_text(tree, ", %s", text);
}

static void show_version(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    proto_tree_add_item(tree, hf_version, tvb, 0, 1, ENC_NA);
    add_text(pinfo, tree, wmem_strdup_printf(pinfo->pool, "Version %u", *tvb_get_ptr(tvb, 0, 1)));
}

static void show_data(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    add_text(pinfo, tree, "No message");
    expert_add_info(pinfo, proto_tree_add_item(tree, hf_data, tvb, 0, -1, ENC_NA), &no_message.id);
}

/* Of a response whose call failed, from `at` on. */
static void show_error(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int at,
                       const struct vsock_call *call)
{
    uint64_t error = tvb_get_ntoh64(tvb, at);
    const char *name = try_val64_to_str(error, error_names);

    if (call && call->method)
        vsock_add_uint(tree, tvb, hf_call, str_to_val(call->method, call_names, CALL_ERROR));
    proto_tree_add_item(tree, hf_error, tvb, at, 8, ENC_BIG_ENDIAN);
    expert_add_info(pinfo, tree, &failed.id);
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "%s failed: %s", call && call->method ? call->method : "Call",
                                name ? name : wmem_strdup_printf(pinfo->pool, "0x%" PRIx64, error)));
}

/* A call's number, the types of its values, the values. */
static void show_body(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int at,
                      const struct vsock_call *call)
{
    uint32_t number = tvb_get_ntohl(tvb, at), signature = tvb_get_ntohl(tvb, at + 4);
    const char *name = try_val_to_str(number, call_names);

    proto_tree_add_item(tree, hf_call, tvb, at, 4, ENC_BIG_ENDIAN);
    at += 8;
    if (signature > (uint32_t)tvb_reported_length_remaining(tvb, at)) {
        expert_add_info(pinfo, tree, &no_message.id);
        return;
    }
    proto_tree_add_item(tree, hf_signature, tvb, at, (int)signature, ENC_ASCII);
    at += (int)signature;
    if (number == CALL_ERROR && is_response(pinfo)) {
        show_error(tvb, pinfo, tree, at, call);
        return;
    }
    add_text(pinfo, tree,
             wmem_strdup_printf(pinfo->pool, "%s%s", name ? name : "Call that is not known",
                                is_response(pinfo) ? " returns" : ""));
    if (tvb_reported_length_remaining(tvb, at) > 0)
        proto_tree_add_item(tree, hf_values, tvb, at, -1, ENC_NA);
}

/* `method` has its name. */
static const struct vsock_call *find_call(tvbuff_t *tvb, packet_info *pinfo, struct vsock_app_frame *frame,
                                          int body, enum vsock_call_part *part)
{
    struct vsock_call *call = vsock_call_of(pinfo, frame->calls, tvb_get_ntohl(tvb, 0), part);

    if (*part == VSOCK_CALL_REQUEST && !PINFO_FD_VISITED(pinfo) && tvb_bytes_exist(tvb, body, 4))
        call->method = try_val_to_str(tvb_get_ntohl(tvb, body), call_names);
    return call;
}

static void show_p11rpc(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top _U_, proto_tree *tree,
                        struct vsock_app_frame *frame)
{
    enum vsock_call_part part = is_response(pinfo) ? VSOCK_CALL_ANSWER : VSOCK_CALL_REQUEST;
    uint32_t length = tvb_captured_length(tvb), options, body;
    const struct vsock_call *call;

    if (tvb_reported_length(tvb) == VSOCK_P11RPC_VERSION_SIZE) {
        show_version(tvb, pinfo, tree);
        return;
    }
    if (vsock_p11rpc_size(tvb_get_ptr(tvb, 0, (int)length), length) < VSOCK_P11RPC_HEADER) {
        show_data(tvb, pinfo, tree);
        return;
    }
    proto_tree_add_item(tree, hf_id, tvb, 0, 4, ENC_BIG_ENDIAN);
    proto_tree_add_item_ret_uint(tree, hf_options_length, tvb, 4, 4, ENC_BIG_ENDIAN, &options);
    proto_tree_add_item_ret_uint(tree, hf_body_length, tvb, 8, 4, ENC_BIG_ENDIAN, &body);
    call = find_call(tvb, pinfo, frame, VSOCK_P11RPC_HEADER + (int)options, &part);
    vsock_call_show(pinfo, tree, tvb, call, part, &hf_calls);
    if (options > 0)
        proto_tree_add_item(tree, hf_options, tvb, VSOCK_P11RPC_HEADER, (int)options, ENC_UTF_8);
    show_body(tvb, pinfo, tree, VSOCK_P11RPC_HEADER + (int)options, call);
}

/* ---- recognising ---- */

static unsigned message_size(tvbuff_t *tvb, int offset)
{
    uint32_t length = (uint32_t)tvb_captured_length_remaining(tvb, offset);

    return vsock_p11rpc_size(tvb_get_ptr(tvb, offset, (int)length), length);
}

static uint32_t lacks(tvbuff_t *tvb)
{
    uint32_t length = tvb_captured_length(tvb), more = 0;

    vsock_is_p11rpc(tvb_get_ptr(tvb, 0, (int)length), length, &more);
    return more;
}

/* Where bytes were cut off, there are no more to wait for. */
static bool is_p11rpc(const struct vsock_look *look)
{
    uint32_t more;

    return vsock_is_p11rpc(look->bytes, look->captured, &more) &&
           (more == 0 || look->captured == look->reported);
}

static compat_bool dissect_heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data _U_)
{
    return vsock_app_try(&app, tvb, pinfo, tree);
}

/* clang-format off */
static struct vsock_app app = {
    "PKCS #11 through p11-kit", "P11RPC", "p11rpc", .subtrees = {&ett_p11rpc},
    .fields = fields, .field_count = array_length(fields), .experts = {&failed, &no_message},
    .recognize = is_p11rpc, .lacks = lacks, .heuristic = dissect_heuristic, .show = show_p11rpc,
    .header_size = 1, .message_size = message_size, .leaves = true,
};
/* clang-format on */

void proto_register_p11rpc(void)
{
    vsock_app_register(&app);
}

void proto_reg_handoff_p11rpc(void)
{
    vsock_app_attach(&app);
}
