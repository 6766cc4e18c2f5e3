/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_p11rpc.c - PKCS #11 as p11-kit speaks it: core/p11rpc.h. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#include "core/p11rpc.h"

#define HANDSHAKE "PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1"
#define BODY "\0\0\0\1\0\0\0\5ayyay\1\0\0\0\x29" HANDSHAKE "\0\1\0\0\0\1\0"
#define FIRST(version, options_length, options)                                                              \
    version "\0\0\0\x10\0\0\0" options_length "\0\0\0\x42" options BODY

/* From memory of just that size: reading beyond it is an error under ASan. */
static bool is(const char *bytes, size_t length, uint32_t *lacks)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    bool result = vsock_is_p11rpc(copy, length, lacks);

    g_free(copy);
    return result;
}

static uint32_t size_of(const char *bytes, uint32_t length)
{
    uint8_t *copy = (uint8_t *)g_memdup2(bytes, length);
    uint32_t result = vsock_p11rpc_size(copy, length);

    g_free(copy);
    return result;
}
#define SIZE_OF(literal) size_of(literal, sizeof(literal) - 1)

/* With the header it may be one, and says how much tells. */
static void check_cuts(const char *bytes, size_t length, size_t needed)
{
    uint32_t lacks;

    for (size_t i = 0; i <= length; i++) {
        g_assert_cmpint(is(bytes, i, &lacks), ==, i >= 13);
        g_assert_cmpuint(lacks, ==, i >= 13 && i < needed ? needed - i : 0);
    }
}

static void it_begins_with_a_version_and_c_initialize(void)
{
    static const char plain[] = FIRST("\2", "\0", ""), named[] = FIRST("\0", "\7", "my-hsm\0");

    check_cuts(plain, sizeof(plain) - 1, 13 + 59);
    check_cuts(named, sizeof(named) - 1, 20 + 59);
}

static void what_differs_in_any_byte_that_tells_is_none(void)
{
    static const char first[] = FIRST("\2", "\0", "");
    char other[sizeof(first)];
    uint32_t lacks;

    for (size_t at = 0; at < 13 + 59; at++) {
        if (at >= 8 && at < 13) /* lengths */
            continue;
        memcpy(other, first, sizeof(first));
        other[at] ^= 0x40;
        g_assert_false(is(other, sizeof(other) - 1, &lacks));
        g_assert_cmpuint(lacks, ==, 0);
    }
    g_assert_false(is(FIRST("\x10", "\0", ""), sizeof(first) - 1, &lacks));
}

static void random_bytes_are_none(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(17);
    const char small[] = {2, 0, 0, 0, 0x10};
    char bytes[96];
    uint32_t lacks;

    for (unsigned i = 0; i < 100000; i++) {
        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (char)g_rand_int(random);
        for (size_t at = 0; at < sizeof(small) && i % 2 == 0; at++) /* as others begin with */
            bytes[at] = small[at];
        g_assert_false(is(bytes, sizeof(bytes), &lacks));
    }
}

static void a_message_has_options_and_a_body(void)
{
    g_assert_cmpuint(SIZE_OF("\0\0\0\x11\0\0\0\7\0\0\1\0"), ==, 12 + 7 + 256);
    g_assert_cmpuint(SIZE_OF("\0\0\0\x11\0\0\0\7\0\0\1"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF("\0\0\0\x11\x10\0\0\0\x10\0\0\0"), ==, 12 + (1u << 29));
    g_assert_cmpuint(SIZE_OF("\0\0\0\x11\x10\0\0\1\0\0\0\0"), ==, 0); /* larger than we take */
    g_assert_cmpuint(SIZE_OF("\0\0\0\x11\0\0\0\0\xff\xff\xff\xff"), ==, 0);
}

static void a_version_is_a_byte(void)
{
    g_assert_cmpuint(SIZE_OF("\2"), ==, 1);
    g_assert_cmpuint(SIZE_OF("\x0f\0\0\0\x10"), ==, 1);
    g_assert_cmpuint(SIZE_OF("\x10\0\0\0\x10"), ==, 0);
    g_assert_cmpuint(SIZE_OF("\0"), ==, UINT32_MAX); /* it may be an id's first byte */
    g_assert_cmpuint(SIZE_OF("\0\0\0\0"), ==, UINT32_MAX);
    g_assert_cmpuint(SIZE_OF("\0\0\0\0\x10"), ==, 1);
    g_assert_cmpuint(SIZE_OF("\0\0\0\0\x11"), ==, 0);
}

#define TEST(name) g_test_add_func("/p11rpc/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(it_begins_with_a_version_and_c_initialize);
    TEST(what_differs_in_any_byte_that_tells_is_none);
    TEST(random_bytes_are_none);
    TEST(a_message_has_options_and_a_body);
    TEST(a_version_is_a_byte);
    return g_test_run();
}
