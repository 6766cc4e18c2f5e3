/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_ethernet.c - Ethernet frames in a stream. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/ethernet.h"
#include "core/weight.h"

#define ADDRESSES "\x5a\x94\xef\xe4\x0c\xdd\x5a\x94\xef\xe4\x0c\xee"
#define ARP ADDRESSES "\x08\x06\0\1\x08\0\6\4\0\1zzzzzzzzzzzzzzzzzzzz"
#define IPV4                                                                                                 \
    ADDRESSES "\x08\0\x45\0\0\x1c\0\1\0\0\x40\1\0\0\xc0\xa8\x7f\2\xc0\xa8\x7f\1\x08\0\xf7\xfd\0\1\0\1"
#define IPV6 ADDRESSES "\x86\xdd\x60\0\0\0\0\x08\x3a\xffssssssssssssssssddddddddddddddddicmpicmp"

/* A frame of the literal, its IPv4 checksum put right, behind a length of `length` (0: its own). */
struct framed {
    uint8_t bytes[200];
    size_t length;
};

static void put_checksum(uint8_t *ip)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < 20; i += 2)
        sum += i == 10 ? 0u : (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8);
    ip[11] = (uint8_t)~sum;
}

static struct framed frame_of(const char *literal, size_t size, size_t header, size_t length)
{
    struct framed f = {.length = header + size};

    memcpy(f.bytes + header, literal, size);
    if (f.bytes[header + 12] == 8 && f.bytes[header + 13] == 0)
        put_checksum(f.bytes + header + 14);
    length = length ? length : size;
    if (header == 2) {
        f.bytes[0] = (uint8_t)length;
        f.bytes[1] = (uint8_t)(length >> 8);
    } else {
        f.bytes[2] = (uint8_t)(length >> 8);
        f.bytes[3] = (uint8_t)length;
    }
    return f;
}
#define LE16(literal, length) frame_of(literal, sizeof(literal) - 1, 2, length)
#define BE32(literal, length) frame_of(literal, sizeof(literal) - 1, 4, length)

/* From memory of just that size: reading beyond it is an error under ASan. */
static bool is(bool (*rule)(const uint8_t *, size_t), const struct framed *f, size_t length)
{
    uint8_t *copy = (uint8_t *)g_memdup2(f->bytes, length);
    bool result = rule(copy, length);

    g_free(copy);
    return result;
}

static void check_cuts(struct framed f, bool (*rule)(const uint8_t *, size_t), size_t needed)
{
    for (size_t i = 0; i <= f.length; i++)
        g_assert_cmpint(is(rule, &f, i), ==, i >= needed);
}

static void a_frame_is_known_by_its_header_and_its_packets(void)
{
    check_cuts(LE16(ARP, 0), vsock_is_ethernet_le16, 2 + 14 + 8);
    check_cuts(LE16(IPV4, 0), vsock_is_ethernet_le16, 2 + 14 + 20);
    check_cuts(LE16(IPV6, 0), vsock_is_ethernet_le16, 2 + 14 + 8);
    check_cuts(BE32(ARP, 0), vsock_is_ethernet_be32, 4 + 14 + 8);
    check_cuts(BE32(IPV4, 0), vsock_is_ethernet_be32, 4 + 14 + 20);
    check_cuts(BE32(IPV6, 0), vsock_is_ethernet_be32, 4 + 14 + 8);
}

static void neither_framing_is_the_other(void)
{
    check_cuts(LE16(IPV4, 0), vsock_is_ethernet_be32, SIZE_MAX);
    check_cuts(BE32(IPV4, 0), vsock_is_ethernet_le16, SIZE_MAX);
}

static void the_packet_fills_the_frame_or_that_is_padded(void)
{
    check_cuts(LE16(ARP, 41), vsock_is_ethernet_le16, SIZE_MAX);
    check_cuts(LE16(ARP, 43), vsock_is_ethernet_le16, SIZE_MAX);
    check_cuts(LE16(ARP, 60), vsock_is_ethernet_le16, 2 + 14 + 8);
    check_cuts(LE16(IPV4, 41), vsock_is_ethernet_le16, SIZE_MAX);
    check_cuts(LE16(IPV4, 60), vsock_is_ethernet_le16, 2 + 14 + 20);
    check_cuts(LE16(IPV6, 60), vsock_is_ethernet_le16, SIZE_MAX);
    check_cuts(LE16(IPV6, 63), vsock_is_ethernet_le16, SIZE_MAX);
}

/* The frame with one byte changed. */
static void check_changed(struct framed f, size_t at, uint8_t value)
{
    f.bytes[at] = value;
    g_assert_false(is(vsock_is_ethernet_le16, &f, f.length));
}

static void a_byte_that_is_wrong_is_enough(void)
{
    check_changed(LE16(ARP, 0), 2 + 6, 0x5b);  /* a group that sends */
    check_changed(LE16(ARP, 0), 2 + 13, 0x08); /* another protocol */
    check_changed(LE16(ARP, 0), 2 + 14 + 7, 3);
    check_changed(LE16(ARP, 0), 2 + 14 + 4, 8);
    check_changed(LE16(IPV4, 0), 2 + 14, 0x55);
    check_changed(LE16(IPV4, 0), 2 + 14, 0x44);
    check_changed(LE16(IPV4, 0), 2 + 14 + 10, 0);
    check_changed(LE16(IPV6, 0), 2 + 14, 0x40);
    check_changed(LE16(IPV6, 0), 2 + 14 + 6, 99);
}

static void random_bytes_are_none(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    struct framed f = {.length = 64};

    for (unsigned i = 0; i < 100000; i++) {
        for (size_t at = 0; at < f.length; at++)
            f.bytes[at] = (uint8_t)g_rand_int(random);
        if (i % 2) /* with all but the packet's own bytes as they should be */
            memcpy(f.bytes, "\x40\0" ADDRESSES "\x08", 15);
        g_assert_false(is(vsock_is_ethernet_le16, &f, f.length) || is(vsock_is_ethernet_be32, &f, f.length));
    }
}

static uint64_t units(const char *literal, size_t size)
{
    uint8_t *copy = (uint8_t *)g_memdup2(literal, size);
    uint64_t result = vsock_units_of_ethernet(copy, (uint32_t)size);

    g_free(copy);
    return result;
}

static void a_frame_weighs_what_its_packet_may(void)
{
    static const char tcp[] =
        ADDRESSES "\x08\0\x45\0\0\x28\0\0\0\0\x40\6\0\0sssdddd"
                  "\x01\xbb\xc0\0....aaaa\x50\x10wwccuuaaaabbbbccccddddeeeeffffgggghhhh";
    uint64_t layers = UINT64_C(3) * VSOCK_WEIGHT_MESSAGE;

    for (size_t i = 0; i < sizeof(tcp); i++)
        g_assert_cmpuint(units(tcp, i), >=, layers);
    g_assert_cmpuint(units(tcp, sizeof(tcp)), <=, layers + 2);
    g_assert_cmpuint(units(ARP, 42), ==, layers + 7);
    g_assert_cmpuint(units(IPV4, 42), ==, layers + 2);
    g_assert_cmpuint(units(IPV6, 62), ==, layers + 2);
}

#define TEST(name) g_test_add_func("/ethernet/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_frame_is_known_by_its_header_and_its_packets);
    TEST(neither_framing_is_the_other);
    TEST(the_packet_fills_the_frame_or_that_is_padded);
    TEST(a_byte_that_is_wrong_is_enough);
    TEST(random_bytes_are_none);
    TEST(a_frame_weighs_what_its_packet_may);
    return g_test_run();
}
