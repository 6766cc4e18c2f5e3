/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams.h - one row a connection: -z vsock,streams[,json][,FILTER], and Statistics > vsock Streams. */
#ifndef VSOCK_TAP_STREAMS_H
#define VSOCK_TAP_STREAMS_H

void vsock_streams_register(void);

#endif
