/* SPDX-License-Identifier: GPL-2.0-or-later
 * compat.h - every difference between Wireshark 4.0, 4.2, 4.4 and 4.6 that the plugin meets; the only #if on
 * versions. config.h is not in the development packages of every series: ws_version.h is. */
#ifndef VSOCK_COMPAT_H
#define VSOCK_COMPAT_H

#include <ws_version.h>

#include <epan/packet.h>

#define VSOCK_WIRESHARK (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

/* What epan's callbacks take and return for a truth value: it became bool in 4.4, with another size. */
#if VSOCK_WIRESHARK >= 404
typedef bool compat_bool;
#else
typedef gboolean compat_bool;
#endif

#endif
