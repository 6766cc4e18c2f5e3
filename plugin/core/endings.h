/* SPDX-License-Identifier: GPL-2.0-or-later
 * endings.h - what the ends of many connections to one server tell together: of slow ends, and of what was
 * left unread, whoever its clients are; of the others, those of one client's CID. */
#ifndef VSOCK_CORE_ENDINGS_H
#define VSOCK_CORE_ENDINGS_H

#include "stale.h"

/* So many stamped RSTs upon a RESPONSE are no probe; so many waits, or connections unread, are a habit; and
 * so many connections in a row, a loop. */
#define VSOCK_ABANDONED_MIN 3
#define VSOCK_SLOW_ENDS_MIN 3
#define VSOCK_CLOSED_UNREAD_MIN 3
#define VSOCK_ACCEPTED_AND_CLOSED_MIN 10

/* Requests that are stale are no endings. */
void vsock_endings_judge(const struct vsock_capture *capture, const struct vsock_stale *stale,
                         GHashTable *selected, GArray *found);

#endif
