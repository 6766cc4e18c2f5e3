/* SPDX-License-Identifier: GPL-2.0-or-later
 * services.h - names that people give: to CIDs, and to what listens on a port.
 * The user's own tables (Preferences, Protocols, vsock) come first, then a list of services whose port means
 * one thing only. Wireshark's switches decide whether they are shown: -N m for CIDs, -N t for services. */
#ifndef VSOCK_DISSECT_SERVICES_H
#define VSOCK_DISSECT_SERVICES_H

#include <epan/prefs.h>

/* Adds the two tables to the preferences of vsock. */
void vsock_services_register(module_t *preferences);

/* The user's name for a CID, or NULL; NULL too while Wireshark does not resolve physical addresses. */
const char *vsock_user_cid_name(uint64_t cid);

/* The name of what listens on a port, or NULL; NULL too while Wireshark does not resolve transport names. */
const char *vsock_service_name(uint64_t cid, uint32_t port);

#endif
