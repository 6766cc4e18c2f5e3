/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_filter.c - what somebody typed for a capture filter: extcap/filter.h.
 * Input: 1 byte that says what stands before the record, the 76 bytes of a record's headers, and the words.
 */
#include <glib.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "core/wire.h"
#include "filter.h"

#define RECORD (sizeof(struct vsockmon_wire) + sizeof(struct virtio_vsock_wire))
#define SLL2_HEADER 20
#define INSTRUCTIONS_MAX 4096 /* Linux' BPF_MAXINSNS */

static const char not_these[] = "not ("; /* then the words, and a parenthesis */

/* As each is captured; and of -i any, the hardware type of vsockmon, 826, big-endian. */
static const struct {
    enum vsock_encapsulation encapsulation;
    int linktype;
    unsigned before, hardware_type;
} ways[] = {
    {VSOCK_ENCAPSULATION_NONE, DLT_VSOCK, 0, 0},
    {VSOCK_ENCAPSULATION_SLL, DLT_LINUX_SLL, 16, 2},
    {VSOCK_ENCAPSULATION_SLL2, DLT_LINUX_SLL2, SLL2_HEADER, 8},
};

/* What is captured of a record. */
struct captured {
    int linktype;
    unsigned size;
    uint8_t bytes[SLL2_HEADER + RECORD];
};

static struct captured capture(unsigned way, struct input *in)
{
    struct captured c = {.linktype = ways[way].linktype, .size = ways[way].before + (unsigned)RECORD};

    for (unsigned i = 0; i < RECORD; i++)
        c.bytes[ways[way].before + i] = (uint8_t)take_number(in, 1);
    if (ways[way].before > 0) {
        c.bytes[ways[way].hardware_type] = 826 >> 8;
        c.bytes[ways[way].hardware_type + 1] = 826 & 0xff;
    }
    return c;
}

/* Text of our own alone goes to libpcap, none that was typed. */
static void check_text(const char *filter)
{
    int round = 0, square = 0;

    CHECK(strspn(filter, "0123456789abcdefx link[:]|=!<>() and or not") == strlen(filter));
    for (; *filter; filter++) {
        round += (*filter == '(') - (*filter == ')');
        square += (*filter == '[') - (*filter == ']');
        CHECK(round >= 0 && square >= 0 && square <= 1);
    }
    CHECK(round == 0 && square == 0);
}

/* With what is sure of any expression. NULL: it is a mistake. */
static char *filter_of(const char *expression, unsigned way)
{
    struct vsock_filter_mistake mistake;
    char *filter = vsock_filter(expression, ways[way].encapsulation, &mistake);

    CHECK((filter == NULL) == (mistake.message != NULL));
    CHECK_IMPLIES(!filter, mistake.place <= strlen(expression));
    if (filter)
        check_text(filter);
    g_free(mistake.message);
    return filter;
}

static bool keeps(const char *filter, const struct captured *c)
{
    struct pcap_pkthdr header = {.caplen = c->size, .len = c->size};
    pcap_t *pcap = pcap_open_dead(c->linktype, 262144);
    struct bpf_program program;
    bool kept;

    /* Not optimized: the optimizer refuses what keeps nothing. */
    CHECK(pcap && pcap_compile(pcap, &program, filter, 0, PCAP_NETMASK_UNKNOWN) == 0);
    kept = pcap_offline_filter(&program, &header, c->bytes) != 0;
    pcap_freecode(&program);
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        CHECK(program.bf_len <= INSTRUCTIONS_MAX);
        CHECK((pcap_offline_filter(&program, &header, c->bytes) != 0) == kept);
        pcap_freecode(&program);
    } else {
        CHECK(strstr(pcap_geterr(pcap), "rejects all packets") && !kept);
    }
    pcap_close(pcap);
    return kept;
}

static void check_case(const char *expression, unsigned way, const char *filter)
{
    char *upper = g_ascii_strup(expression, -1), *other = filter_of(upper, way);

    CHECK(g_strcmp0(filter, other) == 0);
    g_free(other);
    g_free(upper);
}

/* One of the two keeps the record. */
static void check_negation(const char *expression, unsigned way, const char *filter, const struct captured *c)
{
    char *negation = g_strconcat(not_these, expression, ")", NULL), *other = filter_of(negation, way);

    if (other)
        CHECK(keeps(filter, c) != keeps(other, c));
    g_free(other);
    g_free(negation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned way = (unsigned)take_number(&in, 1) % G_N_ELEMENTS(ways);
    struct captured c = capture(way, &in);
    char *expression = g_strndup((const char *)in.data, in.left), *filter = filter_of(expression, way);

    check_case(expression, way, filter);
    if (filter)
        check_negation(expression, way, filter, &c);
    g_free(filter);
    g_free(expression);
    return 0;
}
