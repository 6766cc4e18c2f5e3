/* SPDX-License-Identifier: GPL-2.0-or-later
 * tree.h - how many packets of each kind: -z vsock,tree, and Statistics > vsock. */
#ifndef VSOCK_TAP_TREE_H
#define VSOCK_TAP_TREE_H

void vsock_tree_register(void);

#endif
