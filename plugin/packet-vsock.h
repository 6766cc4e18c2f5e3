/* SPDX-License-Identifier: GPL-2.0-or-later
 * packet-vsock.h - the dissector's entry points for the plugin loader. */
#ifndef VSOCK_PACKET_VSOCK_H
#define VSOCK_PACKET_VSOCK_H

void vsock_plugin_register(void);
void vsock_plugin_handoff(void);

#endif
