/* SPDX-License-Identifier: GPL-2.0-or-later
 * relay.c - guest.sh's first line, then pcap. Source of the format: pcap-savefile(5). */
#include "relay.h"

#include <string.h>

#include "form.h"
#include "pcapng.h"

#define GREETING "vsockguest 1 "
#define GREETING_MAX 16384 /* bytes, with what .bashrc and its like print before it */
#define MICROSECONDS_MAGIC 0xa1b2c3d4U
#define NANOSECONDS_MAGIC 0xa1b23c4dU
#define FILE_HEADER 24
#define PACKET_HEADER 16
#define LINKTYPE_VSOCK 271
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_US 1000

static uint32_t get32(const struct vsock_relay *relay, size_t place)
{
    uint32_t value;

    memcpy(&value, relay->in->data + place, sizeof(value));
    return relay->swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

static void used(struct vsock_relay *relay, size_t length)
{
    g_byte_array_remove_range(relay->in, 0, (guint)length);
}

/* "DEVICE OVER_VSOCK KERNEL"; false if it is not. */
static bool read_greeting(struct vsock_relay *relay, const char *text)
{
    char **words = g_strsplit(text, " ", 3);
    bool good = g_strv_length(words) == 3 && (strcmp(words[1], "0") == 0 || strcmp(words[1], "1") == 0);

    for (const char *c = text; *c && good; c++)
        good = g_ascii_isprint(*c);
    if (good) {
        relay->device = g_strdup(words[0]);
        relay->over_vsock = words[1][0] == '1';
        relay->kernel = g_strdup(words[2]);
    }
    g_strfreev(words);
    return good;
}

/* 1: it is there; 0: not yet; -1: it will not come. */
static int find_greeting(struct vsock_relay *relay)
{
    const uint8_t *data = relay->in->data, *end = data + relay->in->len, *line = data, *newline;

    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        size_t length = (size_t)(newline - line);

        if (length > strlen(GREETING) && memcmp(line, GREETING, strlen(GREETING)) == 0) {
            char *text = g_strndup((const char *)line + strlen(GREETING), length - strlen(GREETING));
            bool good = read_greeting(relay, text);

            g_free(text);
            used(relay, (size_t)(newline + 1 - data));
            return good ? 1 : -1;
        }
        line = newline + 1;
    }
    return relay->in->len > GREETING_MAX ? -1 : 0;
}

static bool take_file_header(struct vsock_relay *relay, GByteArray *out, char **wrong)
{
    struct vsock_pcapng_start start = {
        .kernel = relay->kernel,
        .application = relay->application,
        .interface = relay->device,
        .filter = relay->filters[relay->over_vsock],
        .linktype = LINKTYPE_VSOCK,
    };
    uint32_t magic;

    relay->swapped = false;
    magic = get32(relay, 0);
    relay->swapped = magic != MICROSECONDS_MAGIC && magic != NANOSECONDS_MAGIC;
    magic = get32(relay, 0);
    relay->nanoseconds = magic == NANOSECONDS_MAGIC;
    if (magic != MICROSECONDS_MAGIC && magic != NANOSECONDS_MAGIC)
        *wrong = g_strdup("what came from the guest is no capture");
    else if ((get32(relay, 20) & 0xffff) != LINKTYPE_VSOCK)
        *wrong = g_strdup("the guest's libpcap does not know vsockmon; 1.9 does");
    if (*wrong)
        return false;
    start.snaplen = get32(relay, 16);
    vsock_pcapng_start(out, &start);
    used(relay, FILE_HEADER);
    return true;
}

static bool take_packets(struct vsock_relay *relay, GByteArray *out, char **wrong)
{
    size_t place = 0;

    while (relay->in->len - place >= PACKET_HEADER) {
        uint32_t captured = get32(relay, place + 8);
        uint64_t time = get32(relay, place) * NS_PER_S +
                        (uint64_t)get32(relay, place + 4) * (relay->nanoseconds ? 1 : NS_PER_US);

        if (captured > VSOCK_FORM_WHOLE) {
            *wrong = g_strdup("what came from the guest is torn");
            return false;
        }
        if (relay->in->len - place - PACKET_HEADER < captured)
            break;
        vsock_pcapng_packet(out, time, relay->in->data + place + PACKET_HEADER, captured,
                            get32(relay, place + 12));
        place += PACKET_HEADER + captured;
    }
    used(relay, place);
    return true;
}

bool vsock_relay_take(struct vsock_relay *relay, const uint8_t *bytes, size_t length, GByteArray *out,
                      char **wrong)
{
    if (!relay->in)
        relay->in = g_byte_array_new();
    *wrong = NULL;
    g_byte_array_append(relay->in, bytes, (guint)length);
    if (relay->state == VSOCK_RELAY_GREETING) {
        int found = find_greeting(relay);

        if (found < 0)
            *wrong = g_strdup("what came from the guest is no capture");
        if (found <= 0)
            return found == 0;
        relay->state = VSOCK_RELAY_HEADER;
    }
    if (relay->state == VSOCK_RELAY_HEADER) {
        if (relay->in->len < FILE_HEADER)
            return true;
        if (!take_file_header(relay, out, wrong))
            return false;
        relay->state = VSOCK_RELAY_PACKETS;
    }
    return take_packets(relay, out, wrong);
}

void vsock_relay_free(struct vsock_relay *relay)
{
    if (relay->in)
        g_byte_array_free(relay->in, TRUE);
    g_free(relay->device);
    g_free(relay->kernel);
}
