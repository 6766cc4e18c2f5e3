/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsock_filter.c - the program vsock-filter: prints the capture filter for what its arguments say in words.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

static const char usage[] = "usage: vsock-filter [-h] [--any | --linux-sll2] [expression ...]\n";

static const char help[] =
    "\n"
    "prints the capture filter for vsock that libpcap has no words for.\n"
    "\n"
    "    dumpcap -i vsockmon0 -f \"$(vsock-filter port 1024 and not op credit-update)\" -w vsock.pcapng\n"
    "    dumpcap -i any -f \"$(vsock-filter --any src cid 3)\" -w vsock.pcapng\n"
    "    tcpdump -i any -w vsock.pcap \"$(vsock-filter --linux-sll2 op connect or disconnect)\"\n"
    "\n"
    "The language is that of pcap-filter(7): \"and\" and \"or\" are equally strong and go from left to "
    "right, \"not\" is\n"
    "stronger than both, and a value alone repeats the words before the last one: \"port 22 or 1024\".\n"
    "\n"
    "    [SIDE] cid CID           a CID, or hypervisor, local, host, any (0, 1, 2, 4294967295), as the "
    "packet has it\n"
    "    [SIDE] port PORT         numbers may be hexadecimal, as in 0x40000000\n"
    "    [SIDE] portrange A-B     from A to B\n"
    "    [SIDE] addr CID:PORT     an endpoint\n"
    "    op NAME                  request, response, rst, shutdown, rw, credit-update, credit-request, "
    "invalid;\n"
    "                             or what vsockmon calls them: connect (request, response), disconnect "
    "(rst,\n"
    "                             shutdown), payload (rw), control (credit-update, credit-request), unknown\n"
    "    type NAME                stream, seqpacket, dgram\n"
    "    transport NAME           virtio, none, unknown\n"
    "    not, and, or, ( )        also !, &&, ||\n"
    "\n"
    "SIDE is src, dst, \"src or dst\" (what is meant without one) or \"src and dst\". Packets without "
    "virtio's header have\n"
    "no type, and none of the first row's ops. Records too short for vsockmon's header are never kept.\n"
    "\n"
    "To keep the headers alone, which all but the contents can be told from, record with a snaplen of 96 (-s "
    "96).\n"
    "\n"
    "positional arguments:\n"
    "  expression            see above; no need to quote but for ( ) ! && ||\n"
    "\n"
    "options:\n"
    "  -h, --help            show this help message and exit\n"
    "  --any, --linux-sll    for -i any of dumpcap, tshark and Wireshark (LINUX_SLL); without an expression, "
    "all vsock\n"
    "  --linux-sll2          for -i any of tcpdump, from 4.99 on (LINUX_SLL2)\n";

static void refuse(const char *what)
{
    fprintf(stderr, "%svsock-filter: error: %s\n", usage, what);
    exit(2);
}

/* Characters of UTF-8 before that byte. */
static int column(const char *text, size_t place)
{
    int characters = 0;

    for (size_t i = 0; i < place; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return characters;
}

static enum vsock_encapsulation option(const char *argument, enum vsock_encapsulation before)
{
    enum vsock_encapsulation now = VSOCK_ENCAPSULATION_NONE;

    if (strcmp(argument, "-h") == 0 || strcmp(argument, "--help") == 0) {
        printf("%s%s", usage, help);
        exit(0);
    }
    if (strcmp(argument, "--any") == 0 || strcmp(argument, "--linux-sll") == 0)
        now = VSOCK_ENCAPSULATION_SLL;
    else if (strcmp(argument, "--linux-sll2") == 0)
        now = VSOCK_ENCAPSULATION_SLL2;
    else
        refuse("there is no such option; --help has all");
    if (before != VSOCK_ENCAPSULATION_NONE && before != now)
        refuse("--any and --linux-sll2 do not go together");
    return now;
}

/* The arguments that are no options, with one space between words. */
static char *expression_of(int argc, char **argv, enum vsock_encapsulation *encapsulation)
{
    GString *expression = g_string_new(NULL);
    gboolean options = TRUE;
    char **words, *result;

    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = FALSE;
        else if (options && argv[i][0] == '-')
            *encapsulation = option(argv[i], *encapsulation);
        else
            g_string_append_printf(expression, "%s ", argv[i]);
    }
    words = g_strsplit_set(expression->str, " \t\n\r\v\f", -1);
    g_string_truncate(expression, 0);
    for (char **word = words; *word; word++)
        if (**word)
            g_string_append_printf(expression, "%s%s", expression->len > 0 ? " " : "", *word);
    g_strfreev(words);
    result = g_string_free(expression, FALSE);
    return result;
}

int main(int argc, char **argv)
{
    enum vsock_encapsulation encapsulation = VSOCK_ENCAPSULATION_NONE;
    struct vsock_filter_mistake mistake;
    char *expression = expression_of(argc, argv, &encapsulation), *filter;
    int status = 0;

    if (!*expression && encapsulation == VSOCK_ENCAPSULATION_NONE)
        refuse("an expression is missing; --help has the words");
    filter = vsock_filter(expression, encapsulation, &mistake);
    if (filter) {
        puts(filter);
    } else {
        fprintf(stderr, "vsock-filter: %s\n    %s\n    %*s^\n", mistake.message, expression,
                column(expression, mistake.place), "");
        g_free(mistake.message);
        status = 2;
    }
    g_free(filter);
    g_free(expression);
    return status;
}
