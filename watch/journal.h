/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal.h - entries of systemd's journal, with fields that journalctl selects by: CODE, SEVERITY, STREAM,
 * and of both ends CID and PORT. Where libsystemd was not there when this was built, it is told by lines
 * alone. Sources: sd_journal_send(3), systemd.journal-fields(7). */
#ifndef VSOCK_WATCH_JOURNAL_H
#define VSOCK_WATCH_JOURNAL_H

#include <stdbool.h>

#include "subject.h"

/* Does standard output lead there? Never without libsystemd. */
bool vsock_journal_is_output(void);

/* Writes an entry on a diagnosis. Severity is CHAT where that has been taken back. */
void vsock_journal_tell(const struct vsock_subject *subject, enum vsock_severity severity,
                        const char *message);

#endif
