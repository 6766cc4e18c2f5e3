/* SPDX-License-Identifier: GPL-2.0-or-later
 * streams_table.h - Statistics > vsock Streams, -z vsock,streams-table. */
#ifndef VSOCK_TAP_STREAMS_TABLE_H
#define VSOCK_TAP_STREAMS_TABLE_H

void vsock_streams_table_register(void);

#endif
