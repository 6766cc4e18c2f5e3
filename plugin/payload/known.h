/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.h - protocols that are known by their contents. */
#ifndef VSOCK_PAYLOAD_KNOWN_H
#define VSOCK_PAYLOAD_KNOWN_H

#include <epan/packet.h>

/* Adds them to the list of heuristics, and what they weigh. Once all other dissectors are registered. */
void vsock_known_add(void);

/* The PROXY protocol's dissector, NULL if there is none. */
dissector_handle_t vsock_known_proxy(void);

#endif
