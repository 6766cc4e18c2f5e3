/* SPDX-License-Identifier: GPL-2.0-or-later
 * filter_check.h - does libpcap take that filter? */
#ifndef VSOCK_EXTCAP_FILTER_CHECK_H
#define VSOCK_EXTCAP_FILTER_CHECK_H

#include <pcap/pcap.h>

/* What is wrong with that capture filter of vsockmon's records, in libpcap's words, for g_free(); NULL if
 * nothing is. */
char *vsock_filter_check(const char *filter);

/* The same of what is being captured, which keeps to it from now on. */
char *vsock_filter_set(pcap_t *pcap, const char *filter);

#endif
