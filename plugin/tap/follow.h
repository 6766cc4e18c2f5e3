/* SPDX-License-Identifier: GPL-2.0-or-later
 * follow.h - Follow Stream: what the two sides said, byte by byte. */
#ifndef VSOCK_TAP_FOLLOW_H
#define VSOCK_TAP_FOLLOW_H

void vsock_follow_register(int proto);

#endif
