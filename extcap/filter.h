/* SPDX-License-Identifier: GPL-2.0-or-later
 * filter.h - from words for vsock to a capture filter of libpcap's, which has none. The language is that of
 * pcap-filter(7); vsock_filter.c's help lists its words. */
#ifndef VSOCK_EXTCAP_FILTER_H
#define VSOCK_EXTCAP_FILTER_H

#include <stddef.h>

/* What stands before the record in what is captured. */
enum vsock_encapsulation {
    VSOCK_ENCAPSULATION_NONE, /* from vsockmon's device: LINKTYPE_VSOCK */
    VSOCK_ENCAPSULATION_SLL,  /* -i any of dumpcap, tshark and Wireshark: LINKTYPE_LINUX_SLL */
    VSOCK_ENCAPSULATION_SLL2, /* -i any of tcpdump, from 4.99 on: LINKTYPE_LINUX_SLL2 */
};

/* What is wrong, and the byte of the expression where it is. */
struct vsock_filter_mistake {
    char *message; /* the caller's, for g_free() */
    size_t place;
};

/* libpcap's expression, the caller's for g_free(); NULL if the mistake is filled in. An empty expression is
 * all that is vsock: nothing to ask but the hardware type of -i any. Any bytes will do as the expression. */
char *vsock_filter(const char *expression, enum vsock_encapsulation encapsulation,
                   struct vsock_filter_mistake *mistake);

#endif
