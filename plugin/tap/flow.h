/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow.h - the flow graph. */
#ifndef VSOCK_TAP_FLOW_H
#define VSOCK_TAP_FLOW_H

void vsock_flow_register(int proto);

#endif
