/* SPDX-License-Identifier: GPL-2.0-or-later
 * archive.c - diagnoses of what was forgotten. */
#include "archive.h"

#include "subject.h"

struct archived {
    struct vsock_subject subject;
    struct vsock_diagnosis diagnosis;
};

struct vsock_archive vsock_archive_new(void)
{
    return (struct vsock_archive){
        .rows = g_hash_table_new_full(vsock_subject_hash, vsock_subject_equal, g_free, NULL)};
}

void vsock_archive_free(struct vsock_archive *archive)
{
    g_hash_table_destroy(archive->rows);
}

/* There may be several, each at another time. */
static bool is_of_an_event(enum vsock_code code)
{
    return code == VSOCK_CODE_STOOD_STILL || code == VSOCK_CODE_RESTORED_OR_RESTARTED;
}

static struct vsock_subject key_of(const struct vsock_diagnosis *d)
{
    struct vsock_subject key = vsock_subject_of(d);

    if (is_of_an_event(d->code))
        key.unused = d->first_frame;
    return key;
}

static bool is_worse(const struct vsock_diagnosis *d, const struct vsock_diagnosis *than)
{
    if (d->severity != than->severity)
        return d->severity > than->severity;
    if (d->streams != than->streams)
        return d->streams > than->streams;
    return d->figures.count > than->figures.count;
}

/* The worse of both, from the first one's beginning to the last one's end. */
static void join(struct vsock_diagnosis *d, const struct vsock_diagnosis *more)
{
    struct vsock_diagnosis before = *d;

    if (is_worse(more, d))
        *d = *more;
    if (before.place < more->place) {
        d->first_frame = before.first_frame;
        d->place = before.place;
        d->time = before.time;
    }
    d->last_frame = MAX(before.last_frame, more->last_frame);
}

static struct archived *new_row(struct vsock_subject key, const struct vsock_diagnosis *d)
{
    struct archived *row = g_new(struct archived, 1);

    *row = (struct archived){key, *d};
    return row;
}

void vsock_archive_add(struct vsock_archive *archive, const struct vsock_diagnosis *d)
{
    struct vsock_subject key = key_of(d);
    struct archived *row = (struct archived *)g_hash_table_lookup(archive->rows, &key);

    if (row) {
        join(&row->diagnosis, d);
        return;
    }
    if (g_hash_table_size(archive->rows) == VSOCK_ARCHIVE_MAX) {
        archive->lost[d->code][d->severity]++;
        archive->all_lost++;
        return;
    }
    g_hash_table_add(archive->rows, new_row(key, d));
}

void vsock_archive_tell(const struct vsock_archive *archive, GArray *rows)
{
    GHashTable *told;
    GHashTableIter all;
    void *key;

    if (g_hash_table_size(archive->rows) == 0)
        return;
    told = g_hash_table_new(NULL, NULL);
    for (unsigned i = 0; i < rows->len; i++) {
        struct vsock_diagnosis *d = &g_array_index(rows, struct vsock_diagnosis, i);
        struct vsock_subject subject = key_of(d);
        struct archived *row = (struct archived *)g_hash_table_lookup(archive->rows, &subject);

        if (!row)
            continue;
        join(d, &row->diagnosis);
        g_hash_table_add(told, row);
    }
    g_hash_table_iter_init(&all, archive->rows);
    while (g_hash_table_iter_next(&all, &key, NULL)) {
        const struct archived *row = (const struct archived *)key;

        if (!g_hash_table_contains(told, key))
            g_array_append_val(rows, row->diagnosis);
    }
    g_hash_table_destroy(told);
    g_array_sort(rows, vsock_diagnosis_compare);
}
