/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_pcapng.c - the extcap's blocks, byte by byte. A test's name is the rule it checks. */
#include <glib.h>
#include <string.h>

#include "pcapng.h"

static uint32_t at(const GByteArray *out, size_t place)
{
    uint32_t value;

    g_assert_cmpuint(place + sizeof(value), <=, out->len);
    memcpy(&value, out->data + place, sizeof(value));
    return value;
}

/* The block that begins there: its length is told at both ends, in whole words. */
static uint32_t block_length(const GByteArray *out, size_t place, uint32_t type)
{
    uint32_t length = at(out, place + 4);

    g_assert_cmphex(at(out, place), ==, type);
    g_assert_cmpuint(length % 4, ==, 0);
    g_assert_cmpuint(at(out, place + length - 4), ==, length);
    return length;
}

/* The length of an option's value, which begins at *value; 0 if there is none. Options are from `place` to
 * `end`. */
static size_t option(const GByteArray *out, size_t place, size_t end, uint16_t wanted, const guint8 **value)
{
    while (place + 4 <= end) {
        uint16_t code, length;

        memcpy(&code, out->data + place, 2);
        memcpy(&length, out->data + place + 2, 2);
        *value = out->data + place + 4;
        if (code == wanted)
            return length;
        place += 4 + (length + 3U) / 4 * 4;
    }
    return 0;
}

static void text_is(const GByteArray *out, size_t place, size_t end, uint16_t code, const char *text)
{
    const guint8 *value = NULL;
    size_t length = option(out, place, end, code, &value);

    g_assert_cmpmem(value, length, text, strlen(text));
}

static GByteArray *started(const char *kernel, const char *filter)
{
    GByteArray *out = g_byte_array_new();

    vsock_pcapng_start(out, &(struct vsock_pcapng_start){.kernel = kernel,
                                                         .application = "a program",
                                                         .interface = "vsockmon-cap0",
                                                         .filter = filter,
                                                         .linktype = 271,
                                                         .snaplen = 96});
    return out;
}

static void a_section_names_kernel_and_program(void)
{
    GByteArray *out = started("Linux 6.1.0-50-amd64", NULL);
    uint32_t length = block_length(out, 0, 0x0a0d0d0a);

    g_assert_cmphex(at(out, 8), ==, 0x1a2b3c4d);
    g_assert_cmphex(at(out, 12), ==, 0x00000001);
    g_assert_cmphex(at(out, 16), ==, 0xffffffff);
    g_assert_cmphex(at(out, 20), ==, 0xffffffff);
    text_is(out, 24, length - 4, 3, "Linux 6.1.0-50-amd64");
    text_is(out, 24, length - 4, 4, "a program");
    g_byte_array_free(out, TRUE);
}

static void an_interface_names_device_filter_and_unit_of_time(void)
{
    GByteArray *out = started("Linux 7", "link[0] = 1");
    size_t begin = block_length(out, 0, 0x0a0d0d0a), end = begin + block_length(out, begin, 1);
    const guint8 *value = NULL;
    size_t length;

    g_assert_cmpuint(end, ==, out->len);
    g_assert_cmpuint(at(out, begin + 8), ==, 271);
    g_assert_cmpuint(at(out, begin + 12), ==, 96);
    text_is(out, begin + 16, end - 4, 2, "vsockmon-cap0");
    text_is(out, begin + 16, end - 4, 12, "Linux 7");
    text_is(out, begin + 16, end - 4, 9, "\x09");
    length = option(out, begin + 16, end - 4, 11, &value);
    g_assert_cmpmem(value, length, "\0link[0] = 1", 12);
    g_byte_array_free(out, TRUE);
}

static void what_is_not_known_is_left_out(void)
{
    GByteArray *out = started(NULL, "");
    size_t begin = block_length(out, 0, 0x0a0d0d0a);
    const guint8 *value = NULL;

    g_assert_cmpuint(option(out, 24, begin - 4, 3, &value), ==, 0);
    g_assert_cmpuint(option(out, begin + 16, out->len - 4, 11, &value), ==, 0);
    g_byte_array_free(out, TRUE);
}

static void a_filter_longer_than_an_option_is_cut(void)
{
    char *filter = g_strnfill(70000, 'x');
    GByteArray *out = started(NULL, filter);
    size_t begin = block_length(out, 0, 0x0a0d0d0a);
    const guint8 *value = NULL;

    block_length(out, begin, 1);
    g_assert_cmpuint(option(out, begin + 16, out->len - 4, 11, &value), ==, UINT16_MAX);
    g_byte_array_free(out, TRUE);
    g_free(filter);
}

static void a_packet_has_its_time_in_halves_and_is_padded(void)
{
    for (uint32_t captured = 0; captured < 9; captured++) {
        GByteArray *out = g_byte_array_new();

        vsock_pcapng_packet(out, 0x1122334455667788, (const uint8_t *)"12345678", captured, 4000);
        g_assert_cmpuint(block_length(out, 0, 6), ==, 32 + (captured + 3) / 4 * 4);
        g_assert_cmpuint(at(out, 8), ==, 0);
        g_assert_cmphex(at(out, 12), ==, 0x11223344);
        g_assert_cmphex(at(out, 16), ==, 0x55667788);
        g_assert_cmpuint(at(out, 20), ==, captured);
        g_assert_cmpuint(at(out, 24), ==, 4000);
        g_assert_cmpmem(out->data + 28, captured, "12345678", captured);
        for (size_t i = 28 + captured; i < out->len - 4; i++)
            g_assert_cmpuint(out->data[i], ==, 0);
        g_byte_array_free(out, TRUE);
    }
}

static void statistics_count_what_was_received_and_dropped(void)
{
    GByteArray *out = g_byte_array_new();
    const uint64_t received = 5000000000, dropped = 7;
    const guint8 *value = NULL;

    vsock_pcapng_statistics(out, 1, received, dropped);
    block_length(out, 0, 5);
    g_assert_cmpuint(option(out, 20, out->len - 4, 4, &value), ==, sizeof(received));
    g_assert_cmpmem(value, 8, &received, 8);
    g_assert_cmpuint(option(out, 20, out->len - 4, 5, &value), ==, sizeof(dropped));
    g_assert_cmpmem(value, 8, &dropped, 8);
    g_byte_array_free(out, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/pcapng/" #name, name)
    TEST(a_section_names_kernel_and_program);
    TEST(an_interface_names_device_filter_and_unit_of_time);
    TEST(what_is_not_known_is_left_out);
    TEST(a_filter_longer_than_an_option_is_cut);
    TEST(a_packet_has_its_time_in_halves_and_is_padded);
    TEST(statistics_count_what_was_received_and_dropped);
    return g_test_run();
}
