/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_wire.c - bytes to struct vsock_packet. A test's name is the rule it checks. */
#include <glib.h>

#include "packet.h"

static void every_field_is_read_from_its_place(void)
{
    uint8_t bytes[VSOCK_HEADERS_MAX];
    struct vsock_packet p;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    put(bytes + 26, 2, VSOCKMON_TRANSPORT_VIRTIO);
    put(bytes + 28, 2, 44);
    vsock_packet_read(&p, bytes, 76, 76);

    g_assert_cmphex(p.mon.src_cid, ==, 0x0807060504030201);
    g_assert_cmphex(p.mon.dst_cid, ==, 0x100f0e0d0c0b0a09);
    g_assert_cmphex(p.mon.src_port, ==, 0x14131211);
    g_assert_cmphex(p.mon.dst_port, ==, 0x18171615);
    g_assert_cmphex(p.mon.op, ==, 0x1a19);
    g_assert_cmphex(p.mon.reserved, ==, 0x201f);
    g_assert_cmphex(p.virtio.src_cid, ==, 0x2827262524232221);
    g_assert_cmphex(p.virtio.dst_cid, ==, 0x302f2e2d2c2b2a29);
    g_assert_cmphex(p.virtio.src_port, ==, 0x34333231);
    g_assert_cmphex(p.virtio.dst_port, ==, 0x38373635);
    g_assert_cmphex(p.virtio.len, ==, 0x3c3b3a39);
    g_assert_cmphex(p.virtio.type, ==, 0x3e3d);
    g_assert_cmphex(p.virtio.op, ==, 0x403f);
    g_assert_cmphex(p.virtio.flags, ==, 0x44434241);
    g_assert_cmphex(p.virtio.buf_alloc, ==, 0x48474645);
    g_assert_cmphex(p.virtio.fwd_cnt, ==, 0x4c4b4a49);
}

static void payload_is_at_most_the_virtio_length(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 20000);
    struct vsock_packet p;

    SET_VIRTIO(&r, len, 4052);
    p = read_record(&r);
    g_assert_cmpuint(p.payload_offset, ==, 76);
    g_assert_cmpuint(p.payload_present, ==, 20000);
    g_assert_cmpuint(p.payload_length, ==, 4052);
}

static void payload_is_at_most_what_the_record_held(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);
    struct vsock_packet p;

    SET_VIRTIO(&r, len, UINT32_MAX);
    p = read_record(&r);
    g_assert_cmpuint(p.payload_present, ==, 5);
    g_assert_cmpuint(p.payload_length, ==, 5);
}

static void transport_header_is_skipped_by_its_own_length(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);
    struct vsock_packet p;

    SET_MON(&r, len, 48);
    p = read_record(&r);
    g_assert_cmpuint(p.payload_offset, ==, 80);
    g_assert_cmpuint(p.payload_present, ==, 1);

    SET_MON(&r, len, UINT16_MAX);
    p = read_record(&r);
    g_assert_cmpuint(p.payload_offset, ==, 32 + 65535);
    g_assert_cmpuint(p.payload_present, ==, 0);
}

static void short_transport_header_ends_the_virtio_fields(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);
    struct vsock_packet p;

    SET_MON(&r, len, 28);
    p = read_record(&r);
    g_assert_true(VSOCK_HAS_VIRTIO(&p, len));
    g_assert_false(VSOCK_HAS_VIRTIO(&p, type));
    g_assert_cmpuint(p.virtio.type, ==, 0);
    g_assert_cmpuint(p.payload_offset, ==, 60);
    g_assert_cmpuint(p.payload_length, ==, 5);
}

static void other_transports_have_no_virtio_fields(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);
    struct vsock_packet p;

    SET_MON(&r, transport, VSOCKMON_TRANSPORT_NO_INFO);
    p = read_record(&r);
    g_assert_cmpuint(p.virtio_captured, ==, 0);
    g_assert_cmpuint(p.payload_length, ==, 5);
}

static void a_cut_field_is_absent_and_those_before_it_are_not(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 5);

    for (uint32_t cut = 0; cut <= VSOCK_HEADERS_MAX; cut++) {
        struct vsock_packet p = read_cut(&r, cut);

        g_assert_cmpint(VSOCK_HAS_MON(&p, src_cid), ==, cut >= 8);
        g_assert_cmpint(VSOCK_HAS_MON(&p, dst_port), ==, cut >= 24);
        g_assert_cmpint(VSOCK_HAS_MON(&p, reserved), ==, cut >= 32);
        g_assert_cmpint(VSOCK_HAS_VIRTIO(&p, src_cid), ==, cut >= 40);
        g_assert_cmpint(VSOCK_HAS_VIRTIO(&p, len), ==, cut >= 60);
        g_assert_cmpint(VSOCK_HAS_VIRTIO(&p, fwd_cnt), ==, cut >= 76);
        g_assert_cmpuint(p.mon.dst_port, ==, cut >= 24 ? 9999 : 0);
        g_assert_cmpuint(p.virtio.len, ==, cut >= 60 ? 5 : 0);
    }
}

static void either_side_being_local_means_loopback(void)
{
    struct record r = sound_record(VSOCK_OP_REQUEST, 0);
    struct vsock_packet p = read_record(&r);

    g_assert_false(vsock_is_loopback(&p));
    SET_MON(&r, src_cid, 1); /* dialled through another CID */
    p = read_record(&r);
    g_assert_true(vsock_is_loopback(&p));
    SET_MON(&r, src_cid, 2); /* a RST for want of a socket swaps the CIDs as they were dialled */
    SET_MON(&r, dst_cid, 1);
    p = read_record(&r);
    g_assert_true(vsock_is_loopback(&p));
}

static void loopback_is_one_cid_whichever_was_dialled(void)
{
    struct record r = sound_record(VSOCK_OP_REQUEST, 0);
    struct vsock_packet p = read_record(&r);

    g_assert_cmpuint(vsock_source(&p).cid, ==, p.mon.src_cid);
    g_assert_cmpuint(vsock_destination(&p).cid, ==, p.mon.dst_cid);
    g_assert_cmpuint(vsock_source(&p).port, ==, p.mon.src_port);
    g_assert_cmpuint(vsock_destination(&p).port, ==, p.mon.dst_port);
    SET_MON(&r, src_cid, 1);
    p = read_record(&r);
    g_assert_cmpuint(p.mon.dst_cid, !=, 1);
    g_assert_cmpuint(vsock_source(&p).cid, ==, 1);
    g_assert_cmpuint(vsock_destination(&p).cid, ==, 1);
}

static void what_is_captured_of_an_rw_follows_its_headers(void)
{
    struct record r = sound_record(VSOCK_OP_RW, 10);
    struct vsock_packet p = read_record(&r);

    g_assert_cmpuint(vsock_rw_captured(&p), ==, 10);
    p.captured = p.payload_offset + 1;
    g_assert_cmpuint(vsock_rw_captured(&p), ==, 1);
    p.captured = p.payload_offset - 1;
    g_assert_cmpuint(vsock_rw_captured(&p), ==, 0);
    r = sound_record(VSOCK_OP_RST, 10);
    p = read_record(&r);
    g_assert_cmpuint(vsock_rw_captured(&p), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/wire/" #name, name)
    TEST(every_field_is_read_from_its_place);
    TEST(payload_is_at_most_the_virtio_length);
    TEST(payload_is_at_most_what_the_record_held);
    TEST(transport_header_is_skipped_by_its_own_length);
    TEST(short_transport_header_ends_the_virtio_fields);
    TEST(other_transports_have_no_virtio_fields);
    TEST(a_cut_field_is_absent_and_those_before_it_are_not);
    TEST(either_side_being_local_means_loopback);
    TEST(loopback_is_one_cid_whichever_was_dialled);
    TEST(what_is_captured_of_an_rw_follows_its_headers);
    return g_test_run();
}
