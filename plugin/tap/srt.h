/* SPDX-License-Identifier: GPL-2.0-or-later
 * srt.h - how long answers take: -z vsock,srt, and Statistics > Service Response Time. */
#ifndef VSOCK_TAP_SRT_H
#define VSOCK_TAP_SRT_H

void vsock_srt_register(int proto);

#endif
