/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_nbd.c - messages of NBD: core/nbd.h. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/nbd.h"

/* From memory of just that size: reading beyond it is an error under ASan. */
static uint32_t size_of(const char *bytes, uint32_t length)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    uint32_t result = vsock_nbd_size(copy, length);

    vsock_nbd_kind_of(copy, length);
    g_free(copy);
    return result;
}
#define SIZE_OF(literal) size_of(literal, sizeof(literal) - 1)
#define KIND_OF(literal) vsock_nbd_kind_of((const uint8_t *)(literal), sizeof(literal) - 1)
#define IS_NBD(literal) vsock_is_nbd((const uint8_t *)(literal), sizeof(literal) - 1)

static void a_server_greets(void)
{
    static const char greeting[] = "NBDMAGICIHAVEOPT\0\3";

    for (size_t i = 0; i < sizeof(greeting); i++)
        g_assert_cmpint(vsock_is_nbd((const uint8_t *)greeting, i), ==, i >= 16);
    g_assert_true(IS_NBD("NBDMAGIC\0\0\x42\2\x81\x86\x12\x53"));
    g_assert_false(IS_NBD("NBDMAGICIHAVEOPt\0\3"));
    g_assert_false(IS_NBD("IHAVEOPT\0\0\0\7\0\0\0\0"));
    g_assert_cmpuint(SIZE_OF("NBDMAGICIHAVEOPT"), ==, 18);
    g_assert_cmpuint(SIZE_OF("NBDMAGIC\0\0\x42\2\x81\x86\x12\x53"), ==, 152);
}

static void a_header_tells_how_much_follows(void)
{
    g_assert_cmpuint(SIZE_OF("\0\0\0\3"), ==, 4);
    g_assert_cmpuint(SIZE_OF("IHAVEOPT\0\0\0\7\0\0\1\2"), ==, 16 + 258);
    g_assert_cmpuint(SIZE_OF("\0\3\xe8\x89\4\x55\x65\xa9\0\0\0\7\0\0\0\3\0\0\0\x0c"), ==, 20 + 12);
    g_assert_cmpuint(SIZE_OF("\x67\x44\x66\x98"), ==, 16);
    g_assert_cmpuint(SIZE_OF("\x66\x8e\x33\xef\0\1\0\1\0\0\0\0\0\0\0\1\0\0\2\x08"), ==, 20 + 520);
    g_assert_cmpuint(SIZE_OF("\x6e\x8a\x27\x8c\0\1\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\x08"),
                     ==, 32 + 520);
}

static void data_follow_a_request_to_write_alone(void)
{
    g_assert_cmpuint(SIZE_OF("\x25\x60\x95\x13\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\2\0"), ==, 28);
    g_assert_cmpuint(SIZE_OF("\x25\x60\x95\x13\0\1\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\2\0"), ==,
                     28 + 512);
    g_assert_cmpuint(SIZE_OF("\x25\x60\x95\x13\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\2\0"), ==, 28);
    g_assert_cmpuint(SIZE_OF("\x21\xe4\x1c\x71\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0"), ==,
                     32 + 512);
}

static void what_is_too_large_is_none(void)
{
    g_assert_cmpuint(SIZE_OF("IHAVEOPT\0\0\0\7\x0f\xff\xff\xf0"), ==, 1 << 28);
    g_assert_cmpuint(SIZE_OF("IHAVEOPT\0\0\0\7\x0f\xff\xff\xf1"), ==, 0);
    g_assert_cmpuint(
        SIZE_OF("\x6e\x8a\x27\x8c\0\1\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"),
        ==, 0);
}

static void fewer_bytes_than_tell_may_be_any(void)
{
    g_assert_cmpuint(SIZE_OF("N"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF("\0\0\0"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF("\0\3"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF("IHAVEOPT\0\0\0\7\0\0\1"), ==, UINT32_MAX);
    g_assert_cmpint(KIND_OF("IHAVEOP"), ==, VSOCK_NBD_NONE);
    g_assert_cmpuint(SIZE_OF("\0\0\0\4"), ==, 0); /* flags that no client has */
    g_assert_cmpuint(SIZE_OF("\0\3\xe8\x8a"), ==, 0);
    g_assert_cmpuint(SIZE_OF("no"), ==, 0);
}

static void an_export_begins_as_no_reply_does(void)
{
    g_assert_true(vsock_nbd_may_be_export(0));
    g_assert_true(vsock_nbd_may_be_export(0x65));
    g_assert_false(vsock_nbd_may_be_export(0x66)); /* a chunk */
    g_assert_false(vsock_nbd_may_be_export(0x67)); /* a simple reply */
    g_assert_false(vsock_nbd_may_be_export(0x6e)); /* an extended chunk */
}

static void random_bytes_are_none(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(17);
    uint8_t bytes[64];

    for (unsigned i = 0; i < 100000; i++) {
        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (uint8_t)g_rand_int(random);
        memcpy(bytes, "NBDMAGIC", i % 3 == 0 ? 8 : i % 3);
        g_assert_false(vsock_is_nbd(bytes, sizeof(bytes)));
    }
}

#define TEST(name) g_test_add_func("/nbd/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_server_greets);
    TEST(a_header_tells_how_much_follows);
    TEST(data_follow_a_request_to_write_alone);
    TEST(what_is_too_large_is_none);
    TEST(fewer_bytes_than_tell_may_be_any);
    TEST(an_export_begins_as_no_reply_does);
    TEST(random_bytes_are_none);
    return g_test_run();
}
