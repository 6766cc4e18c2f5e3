/* SPDX-License-Identifier: GPL-2.0-or-later
 * conversations.h - the tables of conversations and endpoints, and "this conversation" in the packet list. */
#ifndef VSOCK_TAP_CONVERSATIONS_H
#define VSOCK_TAP_CONVERSATIONS_H

void vsock_conversations_register(int proto);

#endif
