/* SPDX-License-Identifier: GPL-2.0-or-later
 * known.h - heuristics for protocols that Wireshark has no sound ones for, or only behind TCP. */
#ifndef VSOCK_PAYLOAD_KNOWN_H
#define VSOCK_PAYLOAD_KNOWN_H

/* Adds a heuristic dissector for each to the list of vsock. Once the list and the protocols are registered.
 */
void vsock_known_add(void);

#endif
