/* SPDX-License-Identifier: GPL-2.0-or-later
 * relay.h - what guest.sh sends, turned into pcapng: bytes as they come, in any pieces, from whoever that is.
 */
#ifndef VSOCK_EXTCAP_RELAY_H
#define VSOCK_EXTCAP_RELAY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct vsock_relay {
    const char *application;
    const char *filters[2]; /* libpcap's: what guest.sh was given */
    /* All of the rest is 0 before the first call. */
    enum { VSOCK_RELAY_GREETING, VSOCK_RELAY_HEADER, VSOCK_RELAY_PACKETS } state;
    GByteArray
        *in; /* not used yet: no more than a packet, or the greeting and what a login prints before it */
    char *device, *kernel;
    bool over_vsock, swapped, nanoseconds;
};

/* Appends blocks to `out`. False, with what is wrong for g_free(), if that is no capture of vsockmon. */
bool vsock_relay_take(struct vsock_relay *relay, const uint8_t *bytes, size_t length, GByteArray *out,
                      char **wrong);

void vsock_relay_free(struct vsock_relay *relay);

#endif
