/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_unpack.c - what compressed bytes become. A test's name is the rule it checks. */
#include <string.h>

#include <glib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "core/unpack.h"
#include "core/weight.h"

enum form { DEFLATE = -MAX_WBITS, ZLIB = MAX_WBITS, GZIP = MAX_WBITS + 16 };

static const enum form forms[] = {GZIP, ZLIB, DEFLATE};

static GByteArray *pack(enum form form, const void *bytes, size_t length)
{
    z_stream zlib = {0};
    GByteArray *packed = g_byte_array_new();
    int status;

    g_assert_cmpint(deflateInit2(&zlib, 9, Z_DEFLATED, form, 9, Z_DEFAULT_STRATEGY), ==, Z_OK);
    g_byte_array_set_size(packed, (guint)deflateBound(&zlib, length));
    zlib.next_in = (const Bytef *)bytes;
    zlib.avail_in = (uInt)length;
    zlib.next_out = packed->data;
    zlib.avail_out = packed->len;
    status = deflate(&zlib, Z_FINISH);
    g_assert_cmpint(status, ==, Z_STREAM_END);
    g_byte_array_set_size(packed, (guint)zlib.total_out);
    deflateEnd(&zlib);
    return packed;
}

static uint64_t commas(const void *context, const uint8_t *bytes, uint32_t length)
{
    uint64_t units = 0;

    (void)context;
    for (uint32_t i = 0; i < length; i++)
        units += bytes[i] == ',' ? 1 : 0;
    return units;
}

static struct vsock_unpacked unpack(const GByteArray *packed, bool chunked, uint64_t most)
{
    return vsock_unpack(packed->data, packed->len, chunked, commas, NULL, most);
}

static void what_bytes_become_weighs(void)
{
    static const char text[] = "[1,2,3,4]";

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        GByteArray *packed = pack(forms[i], text, sizeof(text) - 1);
        struct vsock_unpacked u = unpack(packed, false, UINT64_MAX);

        g_assert_cmpuint(u.length, ==, packed->len);
        g_assert_cmpuint(u.units, ==, 3);
        g_assert_cmpuint(u.work, ==, 0);
        g_byte_array_unref(packed);
    }
}

static void to_unpack_weighs_too(void)
{
    const size_t length = (size_t)100 * VSOCK_BYTES_OF_UNIT;
    char *text = (char *)g_malloc0(length);
    GByteArray *packed = pack(GZIP, text, length);

    g_assert_cmpuint(unpack(packed, false, UINT64_MAX).units, ==, 100);
    g_assert_cmpuint(unpack(packed, false, UINT64_MAX).work, ==, 100);
    g_byte_array_unref(packed);
    g_free(text);
}

static void it_ends_with_the_body(void)
{
    static const char next[] = "HTTP/1.1 200 OK";
    GByteArray *packed = pack(GZIP, ",", 1);
    guint length = packed->len;

    g_byte_array_append(packed, (const guint8 *)next, sizeof(next));
    g_assert_cmpuint(unpack(packed, false, UINT64_MAX).length, ==, length);
    g_byte_array_unref(packed);
}

static void it_ends_where_it_weighs_more_than_may_be(void)
{
    const uint32_t size = 1 << 24;
    char *text = (char *)g_malloc0(size);
    GByteArray *packed = pack(GZIP, text, size);
    struct vsock_unpacked u = unpack(packed, false, 1000);

    g_assert_cmpuint(u.units, >, 1000);
    g_assert_cmpuint(u.units, <, 2000);
    g_assert_cmpuint(u.length, <, packed->len);
    u = unpack(packed, false, size / VSOCK_BYTES_OF_UNIT);
    g_assert_cmpuint(u.units, ==, size / VSOCK_BYTES_OF_UNIT);
    g_assert_cmpuint(u.length, ==, packed->len);
    g_byte_array_unref(packed);
    g_free(text);
}

static void what_is_not_packed_is_left(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\n\r\n";

    g_assert_cmpuint(
        vsock_unpack((const uint8_t *)text, sizeof(text) - 1, false, commas, NULL, UINT64_MAX).length, ==, 0);
    g_assert_cmpuint(vsock_unpack(NULL, 0, false, commas, NULL, UINT64_MAX).length, ==, 0);
}

static void what_is_cut_or_wrong_weighs_as_far_as_it_goes(void)
{
    char text[4000];
    GByteArray *packed;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i % 7 == 0 ? ',' : i * i >> 3 & 0x7f);
    packed = pack(GZIP, text, sizeof(text));
    for (guint length = 1; length < packed->len; length++) {
        struct vsock_unpacked u = vsock_unpack(packed->data, length, false, commas, NULL, UINT64_MAX);

        g_assert_cmpuint(u.length, ==, length);
        g_assert_cmpuint(u.units, <=, 1000);
    }
    memset(packed->data + packed->len / 2, 0xff, packed->len / 2);
    g_assert_cmpuint(unpack(packed, false, UINT64_MAX).length, <=, packed->len);
    g_assert_cmpuint(unpack(packed, false, UINT64_MAX).units, >, 10);
    g_byte_array_unref(packed);
}

/* In chunks of `size`, each behind its length. */
static GByteArray *chunks_of(const GByteArray *packed, guint size)
{
    GByteArray *chunked = g_byte_array_new();

    for (guint at = 0; at < packed->len; at += size) {
        guint length = MIN(size, packed->len - at);
        char *head = g_strdup_printf("%x;a=b\r\n", length);

        g_byte_array_append(chunked, (const guint8 *)head, (guint)strlen(head));
        g_byte_array_append(chunked, packed->data + at, length);
        g_byte_array_append(chunked, (const guint8 *)"\r\n", 2);
        g_free(head);
    }
    g_byte_array_append(chunked, (const guint8 *)"0\r\n\r\n", 5);
    return chunked;
}

static void chunks_are_one_body_however_it_is_cut(void)
{
    static const char text[] = "[1,2,3,4,a,b,c,d]";

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        GByteArray *packed = pack(forms[i], text, sizeof(text) - 1);

        for (guint size = 1; size <= packed->len; size++) {
            GByteArray *chunked = chunks_of(packed, size);
            struct vsock_unpacked u = unpack(chunked, true, UINT64_MAX);

            g_assert_cmpuint(u.units, ==, 7);
            g_assert_cmpuint(u.length, <=, chunked->len);
            g_assert_cmpuint(u.length, >=, chunked->len - 7);
            g_byte_array_unref(chunked);
        }
        g_byte_array_unref(packed);
    }
}

static void a_chunk_that_says_more_than_there_is_ends_it(void)
{
    GByteArray *chunked = g_byte_array_new();

    g_byte_array_append(chunked, (const guint8 *)"ffffffff\r\n\x1f\x8b", 12);
    g_assert_cmpuint(unpack(chunked, true, UINT64_MAX).length, ==, 12);
    g_byte_array_set_size(chunked, 8); /* a length without an end */
    g_assert_cmpuint(unpack(chunked, true, UINT64_MAX).length, ==, 0);
    g_byte_array_unref(chunked);
}

#define TEST(rule) g_test_add_func("/unpack/" #rule, rule)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(what_bytes_become_weighs);
    TEST(to_unpack_weighs_too);
    TEST(it_ends_with_the_body);
    TEST(it_ends_where_it_weighs_more_than_may_be);
    TEST(what_is_not_packed_is_left);
    TEST(what_is_cut_or_wrong_weighs_as_far_as_it_goes);
    TEST(chunks_are_one_body_however_it_is_cut);
    TEST(a_chunk_that_says_more_than_there_is_ends_it);
    return g_test_run();
}
