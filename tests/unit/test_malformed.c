/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_malformed.c - one packet judged by itself. A test's name is the rule it checks. */
#include <glib.h>

#include "core/malformed.h"
#include "packet.h"

static uint32_t judge(const struct record *r)
{
    struct vsock_packet p = read_record(r);

    return vsock_malformed(&p);
}

#define FOUND(finding) VSOCK_MALFORMED_BIT(VSOCK_MALFORMED_##finding)

static void sound_packets_have_no_finding(void)
{
    for (enum vsock_op op = VSOCK_OP_REQUEST; op <= VSOCK_OP_CREDIT_REQUEST; op++) {
        struct record r = sound_record(op, op == VSOCK_OP_RW ? 5 : 0);

        if (op == VSOCK_OP_SHUTDOWN)
            SET_VIRTIO(&r, flags, VSOCK_SHUTDOWN_SEND);
        g_assert_cmphex(judge(&r), ==, 0);
    }
}

static void a_cut_never_makes_a_finding(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    for (uint32_t cut = 0; cut <= r.length; cut++) {
        struct vsock_packet p = read_cut(&r, cut);

        g_assert_cmphex(vsock_malformed(&p), ==, 0);
    }
}

static void a_cut_keeps_the_findings_before_it(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_MON(&r, reserved, 1);
    SET_VIRTIO(&r, type, 9);
    for (uint32_t cut = 0; cut <= r.length; cut++) {
        struct vsock_packet p = read_cut(&r, cut);
        uint32_t expected = (cut >= 32 ? FOUND(RESERVED) : 0) | (cut >= 62 ? FOUND(UNKNOWN_TYPE) : 0);

        g_assert_cmphex(vsock_malformed(&p), ==, expected);
    }
}

static void payload_of_a_cut_header_is_not_known(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_MON(&r, dst_cid, VSOCK_CID_ANY);
    SET_VIRTIO(&r, dst_cid, VSOCK_CID_ANY);
    SET_VIRTIO(&r, len, 0);
    g_assert_cmphex(judge(&r), ==, FOUND(PAYLOAD_LONG));
    for (uint32_t cut = 0; cut < 60; cut++) { /* virtio.len ends at 60 */
        struct vsock_packet p = read_cut(&r, cut);

        g_assert_cmphex(vsock_malformed(&p), ==, 0);
    }
}

static void a_record_shorter_than_its_headers_is_truncated(void)
{
    struct record r = sound_record(VSOCK_OP_CREDIT_UPDATE, 0);

    for (r.length = 0; r.length < VSOCK_HEADERS_MAX; r.length++)
        g_assert_cmphex(judge(&r), ==, FOUND(TRUNCATED));
}

static void the_two_headers_must_name_the_same_endpoints(void)
{
    struct record r;

#define DIFFER(field)                                                                                        \
    r = sound_record(VSOCK_OP_RESPONSE, 0);                                                                  \
    SET_VIRTIO(&r, field, 77);                                                                               \
    g_assert_cmphex(judge(&r), ==, FOUND(HEADER_MISMATCH))
    DIFFER(src_cid);
    DIFFER(dst_cid);
    DIFFER(src_port);
    DIFFER(dst_port);
#undef DIFFER
}

static void the_two_operations_must_belong_together(void)
{
    struct record r = sound_record(VSOCK_OP_RST, 0);

    SET_MON(&r, op, VSOCKMON_OP_CONTROL);
    g_assert_cmphex(judge(&r), ==, FOUND(OP_MISMATCH));
}

static void length_and_record_must_agree(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_VIRTIO(&r, len, 6);
    g_assert_cmphex(judge(&r), ==, FOUND(PAYLOAD_SHORT));
    SET_VIRTIO(&r, len, 4);
    g_assert_cmphex(judge(&r), ==, FOUND(PAYLOAD_LONG));
}

static void transport_header_length_must_be_the_transport_s(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_MON(&r, len, 45);
    SET_VIRTIO(&r, len, 4);
    g_assert_cmphex(judge(&r), ==, FOUND(TRANS_LEN));

    SET_MON(&r, transport, VSOCKMON_TRANSPORT_NO_INFO);
    g_assert_cmphex(judge(&r), ==, FOUND(TRANS_LEN));
    SET_MON(&r, len, 0);
    g_assert_cmphex(judge(&r), ==, 0);

    SET_MON(&r, transport, VSOCKMON_TRANSPORT_UNKNOWN); /* may have a header of any length */
    SET_MON(&r, len, 45);
    g_assert_cmphex(judge(&r), ==, 0);
}

static void unknown_numbers_are_found(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_MON(&r, transport, 3);
    g_assert_cmphex(judge(&r), ==, FOUND(UNKNOWN_TRANSPORT));

    for (unsigned op = 0; op <= 9; op++) {
        r = sound_record((enum vsock_op)op, 0);
        if (op == VSOCK_OP_INVALID || op > VSOCK_OP_CREDIT_REQUEST)
            g_assert_cmphex(judge(&r), ==, FOUND(UNKNOWN_OP));
    }

    r = sound_record(VSOCK_OP_RW, 5);
    for (unsigned type = 0; type <= 5; type++) {
        SET_VIRTIO(&r, type, type);
        g_assert_cmphex(judge(&r), ==,
                        type >= VSOCK_TYPE_STREAM && type <= VSOCK_TYPE_DGRAM ? 0 : FOUND(UNKNOWN_TYPE));
    }
}

static void flags_must_be_defined_for_the_op_and_type(void)
{
    struct record r = sound_record(VSOCK_OP_SHUTDOWN, 0);

    for (uint32_t flags = 0; flags <= 4; flags++) {
        SET_VIRTIO(&r, flags, flags);
        g_assert_cmphex(judge(&r), ==, flags >= 1 && flags <= 3 ? 0 : FOUND(UNKNOWN_FLAGS));
    }
    r = sound_record(VSOCK_OP_RW, 5);
    SET_VIRTIO(&r, flags, VSOCK_SEQ_EOM);
    g_assert_cmphex(judge(&r), ==, FOUND(UNKNOWN_FLAGS));
    SET_VIRTIO(&r, type, VSOCK_TYPE_SEQPACKET);
    g_assert_cmphex(judge(&r), ==, 0);
    SET_VIRTIO(&r, flags, 4);
    g_assert_cmphex(judge(&r), ==, FOUND(UNKNOWN_FLAGS));
    SET_VIRTIO(&r, type, VSOCK_TYPE_DGRAM); /* nothing is known of its flags */
    g_assert_cmphex(judge(&r), ==, 0);
}

static void cids_have_32_bits(void)
{
    struct record r = sound_record(VSOCK_OP_CREDIT_UPDATE, 0);

    SET_MON(&r, dst_cid, UINT64_C(1) << 32);
    SET_VIRTIO(&r, dst_cid, UINT64_C(1) << 32);
    g_assert_cmphex(judge(&r), ==, FOUND(CID_BITS));
}

static void only_rw_carries_payload(void)
{
    struct record r = sound_record(VSOCK_OP_CREDIT_UPDATE, 4);

    g_assert_cmphex(judge(&r), ==, FOUND(UNEXPECTED_PAYLOAD));
    SET_VIRTIO(&r, op, 9); /* who knows what an unknown op carries */
    SET_MON(&r, op, VSOCKMON_OP_UNKNOWN);
    g_assert_cmphex(judge(&r), ==, FOUND(UNKNOWN_OP));
}

static void reserved_cids_carry_no_payload(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    SET_MON(&r, dst_cid, VSOCK_CID_ANY);
    SET_VIRTIO(&r, dst_cid, VSOCK_CID_ANY);
    g_assert_cmphex(judge(&r), ==, FOUND(CID_RESERVED));
    SET_MON(&r, dst_cid, VSOCK_CID_HYPERVISOR);
    SET_VIRTIO(&r, dst_cid, VSOCK_CID_HYPERVISOR);
    g_assert_cmphex(judge(&r), ==, FOUND(CID_RESERVED));
    SET_VIRTIO(&r, op, VSOCK_OP_REQUEST);
    SET_MON(&r, op, VSOCKMON_OP_CONNECT);
    SET_VIRTIO(&r, len, 0);
    r.length = VSOCK_HEADERS_MAX;
    g_assert_cmphex(judge(&r), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/malformed/" #name, name)
    TEST(sound_packets_have_no_finding);
    TEST(a_cut_never_makes_a_finding);
    TEST(a_cut_keeps_the_findings_before_it);
    TEST(payload_of_a_cut_header_is_not_known);
    TEST(a_record_shorter_than_its_headers_is_truncated);
    TEST(the_two_headers_must_name_the_same_endpoints);
    TEST(the_two_operations_must_belong_together);
    TEST(length_and_record_must_agree);
    TEST(transport_header_length_must_be_the_transport_s);
    TEST(unknown_numbers_are_found);
    TEST(flags_must_be_defined_for_the_op_and_type);
    TEST(cids_have_32_bits);
    TEST(only_rw_carries_payload);
    TEST(reserved_cids_carry_no_payload);
    return g_test_run();
}
