/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose_text.h - a diagnosis in words: one sentence with the figures, and what to look at next. */
#ifndef VSOCK_TAP_DIAGNOSE_TEXT_H
#define VSOCK_TAP_DIAGNOSE_TEXT_H

#include <glib.h>

#include "core/diagnose.h"

/* What any diagnosis of that code says, as docs/reference.md has it: half a sentence, without figures. */
const char *vsock_code_meaning(enum vsock_code code);

/* To be freed. */
char *vsock_diagnosis_text(const struct vsock_diagnosis *diagnosis);

const char *vsock_diagnosis_next(const struct vsock_diagnosis *diagnosis);

/* An endpoint as vsock.addr has it, CID-PORT, or a CID. To be freed. NULL where the scope is NONE. */
char *vsock_scope_text(enum vsock_scope scope, struct vsock_endpoint endpoint);

#endif
