/* SPDX-License-Identifier: GPL-2.0-or-later
 * flow_graph.h - the flow graph. */
#ifndef VSOCK_TAP_FLOW_GRAPH_H
#define VSOCK_TAP_FLOW_GRAPH_H

void vsock_flow_register(int proto);

#endif
