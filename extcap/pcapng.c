/* SPDX-License-Identifier: GPL-2.0-or-later
 * pcapng.c - a section header, an interface, its packets and its statistics. */
#include "pcapng.h"

#include <string.h>

enum block_type { BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };

enum option_code {
    OPTION_END = 0,
    SECTION_OS = 3,
    SECTION_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_RESOLUTION = 9,
    INTERFACE_FILTER = 11,
    INTERFACE_OS = 12,
    STATISTICS_RECEIVED = 4,
    STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU
#define NANOSECONDS 9 /* 10^-9 */
#define FILTER_OF_LIBPCAP 0

static void put16(GByteArray *out, uint16_t value)
{
    g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static void put32(GByteArray *out, uint32_t value)
{
    g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static void put_bytes(GByteArray *out, const void *bytes, size_t length)
{
    static const guint8 padding[3];

    g_byte_array_append(out, bytes, (guint)length);
    g_byte_array_append(out, padding, (guint)(-length & 3));
}

/* Where the block begins, for end_block(). */
static guint begin_block(GByteArray *out, enum block_type type)
{
    put32(out, type);
    put32(out, 0);
    return out->len - 8;
}

static void end_block(GByteArray *out, guint begin)
{
    uint32_t length = out->len - begin + 4;

    put32(out, length);
    memcpy(out->data + begin + 4, &length, sizeof(length));
}

static void put_option(GByteArray *out, enum option_code code, const void *value, size_t length)
{
    put16(out, (uint16_t)code);
    put16(out, (uint16_t)length);
    put_bytes(out, value, length);
}

static void put_text(GByteArray *out, enum option_code code, const char *text)
{
    if (text && *text)
        put_option(out, code, text, MIN(strlen(text), UINT16_MAX));
}

static void put_filter(GByteArray *out, const char *filter)
{
    GByteArray *value;

    if (!filter || !*filter)
        return;
    value = g_byte_array_new();
    g_byte_array_append(value, &(const guint8){FILTER_OF_LIBPCAP}, 1);
    g_byte_array_append(value, (const guint8 *)filter, (guint)MIN(strlen(filter), UINT16_MAX - 1));
    put_option(out, INTERFACE_FILTER, value->data, value->len);
    g_byte_array_free(value, TRUE);
}

/* Blocks that have a time have it in halves. */
static void put_time(GByteArray *out, uint64_t time)
{
    put32(out, (uint32_t)(time >> 32));
    put32(out, (uint32_t)time);
}

void vsock_pcapng_start(GByteArray *out, const struct vsock_pcapng_start *start)
{
    const uint64_t unknown_length = UINT64_MAX;
    guint block = begin_block(out, BLOCK_SECTION);

    put32(out, BYTE_ORDER_MAGIC);
    put16(out, 1); /* version 1.0 */
    put16(out, 0);
    g_byte_array_append(out, (const guint8 *)&unknown_length, sizeof(unknown_length));
    put_text(out, SECTION_OS, start->kernel);
    put_text(out, SECTION_APPLICATION, start->application);
    put_option(out, OPTION_END, "", 0);
    end_block(out, block);

    block = begin_block(out, BLOCK_INTERFACE);
    put16(out, start->linktype);
    put16(out, 0);
    put32(out, start->snaplen);
    put_text(out, INTERFACE_NAME, start->interface);
    put_option(out, INTERFACE_RESOLUTION, &(const guint8){NANOSECONDS}, 1);
    put_filter(out, start->filter);
    put_text(out, INTERFACE_OS, start->kernel);
    put_option(out, OPTION_END, "", 0);
    end_block(out, block);
}

void vsock_pcapng_packet(GByteArray *out, uint64_t time, const uint8_t *bytes, uint32_t captured,
                         uint32_t length)
{
    guint block = begin_block(out, BLOCK_PACKET);

    put32(out, 0); /* the interface */
    put_time(out, time);
    put32(out, captured);
    put32(out, length);
    put_bytes(out, bytes, captured);
    end_block(out, block);
}

void vsock_pcapng_statistics(GByteArray *out, uint64_t time, uint64_t received, uint64_t dropped)
{
    guint block = begin_block(out, BLOCK_STATISTICS);

    put32(out, 0); /* the interface */
    put_time(out, time);
    put_option(out, STATISTICS_RECEIVED, &received, sizeof(received));
    put_option(out, STATISTICS_DROPPED, &dropped, sizeof(dropped));
    put_option(out, OPTION_END, "", 0);
    end_block(out, block);
}
