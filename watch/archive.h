/* SPDX-License-Identifier: GPL-2.0-or-later
 * archive.h - diagnoses of connections that were forgotten, and of what many of them told together, as they
 * were judged before. There are VSOCK_ARCHIVE_MAX at most; of others it is only counted how many they are. */
#ifndef VSOCK_WATCH_ARCHIVE_H
#define VSOCK_WATCH_ARCHIVE_H

#include "core/diagnosis.h"

#define VSOCK_ARCHIVE_MAX 10000

struct vsock_archive {
    GHashTable *rows; /* of struct archived, which are their own keys */
    uint32_t lost[VSOCK_CODE_COUNT][VSOCK_SEVERITY_ERROR + 1];
    uint64_t all_lost;
};

struct vsock_archive vsock_archive_new(void);
void vsock_archive_free(struct vsock_archive *archive);

/* Of the same again, the worse one is kept, with the frames of both. */
void vsock_archive_add(struct vsock_archive *archive, const struct vsock_diagnosis *diagnosis);

/* Adds to `rows`, of struct vsock_diagnosis in a report's order, what is not there, and keeps that order. */
void vsock_archive_tell(const struct vsock_archive *archive, GArray *rows);

#endif
