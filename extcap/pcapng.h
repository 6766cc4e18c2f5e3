/* SPDX-License-Identifier: GPL-2.0-or-later
 * pcapng.h - writes the blocks of a capture from one interface, appended to bytes of the caller's.
 * In this machine's byte order, as pcapng leaves it to the writer. Source: the pcapng draft,
 * ietf.org/archive/id/draft-ietf-opsawg-pcapng. */
#ifndef VSOCK_EXTCAP_PCAPNG_H
#define VSOCK_EXTCAP_PCAPNG_H

#include <glib.h>
#include <stdint.h>

/* The first two blocks. NULL or empty texts are left out; the filter is libpcap's. */
struct vsock_pcapng_start {
    const char *kernel;      /* as in "Linux 6.1.0-50-amd64", which scripts/doctor and scripts/check read */
    const char *application; /* that writes this */
    const char *interface;
    const char *filter;
    uint16_t linktype;
    uint32_t snaplen; /* bytes */
};

void vsock_pcapng_start(GByteArray *out, const struct vsock_pcapng_start *start);

/* A packet: `time` in ns since 1970; `captured` bytes of a record of `length`. */
void vsock_pcapng_packet(GByteArray *out, uint64_t time, const uint8_t *bytes, uint32_t captured,
                         uint32_t length);

/* Counts since the beginning: what was received, and what of that was lost since nobody read it in time. */
void vsock_pcapng_statistics(GByteArray *out, uint64_t time, uint64_t received, uint64_t dropped);

#endif
