/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_relay.c - from what a guest sends to pcapng, whatever it sends, and in whatever pieces. */
#include <glib.h>
#include <string.h>

#include "form.h"
#include "pcapng.h"
#include "relay.h"

#define GREETING "vsockguest 1 vsockmon-ssh0 1 Linux 6.1.0\n"
#define VSOCK 271

static void put32(GByteArray *out, uint32_t value, bool swapped)
{
    value = swapped ? GUINT32_SWAP_LE_BE(value) : value;
    g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static void put_header(GByteArray *out, uint32_t magic, uint32_t linktype, bool swapped)
{
    const uint32_t words[] = {magic, 0x00040002, 0, 0, 96, linktype};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        put32(out, words[i], swapped);
}

static void put_packet(GByteArray *out, uint32_t seconds, uint32_t fraction, uint32_t captured, bool swapped)
{
    const uint32_t words[] = {seconds, fraction, captured, 1000};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        put32(out, words[i], swapped);
    for (uint32_t i = 0; i < captured && captured <= 100; i++)
        g_byte_array_append(out, (const guint8 *)"x", 1);
}

static GByteArray *sent(const char *before, uint32_t magic, bool swapped)
{
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const guint8 *)before, (guint)strlen(before));
    put_header(bytes, magic, VSOCK, swapped);
    put_packet(bytes, 5, 7, 10, swapped);
    put_packet(bytes, 6, 8, 0, swapped);
    return bytes;
}

static GByteArray *wanted(uint64_t first, uint64_t second, const char *filter)
{
    const struct vsock_pcapng_start start = {.kernel = "Linux 6.1.0",
                                             .application = "test",
                                             .interface = "vsockmon-ssh0",
                                             .filter = filter,
                                             .linktype = VSOCK,
                                             .snaplen = 96};
    GByteArray *out = g_byte_array_new();

    vsock_pcapng_start(out, &start);
    vsock_pcapng_packet(out, first, (const uint8_t *)"xxxxxxxxxx", 10, 1000);
    vsock_pcapng_packet(out, second, NULL, 0, 1000);
    return out;
}

static struct vsock_relay new_relay(void)
{
    return (struct vsock_relay){.application = "test", .filters = {"tcp", "vsock"}};
}

static void expect(const GByteArray *bytes, size_t piece, const GByteArray *blocks)
{
    struct vsock_relay relay = new_relay();
    GByteArray *out = g_byte_array_new();
    char *wrong;

    for (size_t place = 0; place < bytes->len; place += piece)
        g_assert_true(
            vsock_relay_take(&relay, bytes->data + place, MIN(piece, bytes->len - place), out, &wrong));
    g_assert_cmpmem(out->data, out->len, blocks->data, blocks->len);
    g_assert_true(relay.in && relay.in->len == 0);
    g_byte_array_free(out, TRUE);
    vsock_relay_free(&relay);
}

static void any_pieces(void)
{
    static const char *const before[] = {GREETING, "hello\n\nvsockguest 1\n" GREETING};
    static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};

    for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
        for (size_t magic = 0; magic < G_N_ELEMENTS(magics); magic++)
            for (int swapped = 0; swapped <= 1; swapped++) {
                uint64_t unit = magic == 0 ? 1000 : 1;
                GByteArray *bytes = sent(before[i], magics[magic], swapped),
                           *blocks = wanted(5000000000U + 7 * unit, 6000000000U + 8 * unit, "vsock");

                for (size_t piece = 1; piece <= bytes->len; piece++)
                    expect(bytes, piece, blocks);
                g_byte_array_free(bytes, TRUE);
                g_byte_array_free(blocks, TRUE);
            }
}

static void filter_is_the_guests(void)
{
    GByteArray *bytes = sent("vsockguest 1 vsockmon-ssh0 0 Linux 6.1.0\n", 0xa1b23c4d, false),
               *blocks = wanted(5000000007U, 6000000008U, "tcp");

    expect(bytes, bytes->len, blocks);
    g_byte_array_free(bytes, TRUE);
    g_byte_array_free(blocks, TRUE);
}

static void refuse(const GByteArray *bytes, const char *words)
{
    struct vsock_relay relay = new_relay();
    GByteArray *out = g_byte_array_new();
    char *wrong;

    g_assert_false(vsock_relay_take(&relay, bytes->data, bytes->len, out, &wrong));
    g_assert_true(strstr(wrong, words) != NULL);
    g_free(wrong);
    g_byte_array_free(out, TRUE);
    vsock_relay_free(&relay);
}

static void no_capture(void)
{
    static const char *const greetings[] = {"vsockguest 1 a 2 Linux\n", "vsockguest 1 a\n",
                                            "vsockguest 1 \033 0 Linux\n"};
    GByteArray *bytes = g_byte_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(greetings); i++) {
        g_byte_array_set_size(bytes, 0);
        g_byte_array_append(bytes, (const guint8 *)greetings[i], (guint)strlen(greetings[i]));
        refuse(bytes, "no capture");
    }
    g_byte_array_set_size(bytes, 16385);
    memset(bytes->data, 'x', bytes->len);
    refuse(bytes, "no capture");
    g_byte_array_set_size(bytes, 0);
    g_byte_array_append(bytes, (const guint8 *)GREETING, (guint)strlen(GREETING));
    put_header(bytes, 0x0a0d0d0a, VSOCK, false);
    refuse(bytes, "no capture");
    g_byte_array_set_size(bytes, (guint)strlen(GREETING));
    put_header(bytes, 0xa1b2c3d4, 1, false);
    refuse(bytes, "does not know vsockmon");
    g_byte_array_set_size(bytes, (guint)strlen(GREETING));
    put_header(bytes, 0xa1b2c3d4, VSOCK, false);
    put_packet(bytes, 1, 1, VSOCK_FORM_WHOLE + 1, false);
    refuse(bytes, "torn");
    g_byte_array_free(bytes, TRUE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/any_pieces", any_pieces);
    g_test_add_func("/filter_is_the_guests", filter_is_the_guests);
    g_test_add_func("/no_capture", no_capture);
    return g_test_run();
}
