/* SPDX-License-Identifier: GPL-2.0-or-later
 * news.h - which diagnoses of a verdict were not in the verdicts before, of the same capture as it grows:
 * each is told once, and again where it has become more severe. One that a later verdict has not any more,
 * since packets showed that it was otherwise, is taken back. */
#ifndef VSOCK_WATCH_NEWS_H
#define VSOCK_WATCH_NEWS_H

#include "report/report.h"

struct vsock_news;

struct vsock_news *vsock_news_new(void);
void vsock_news_free(struct vsock_news *news);

enum vsock_news_form {
    VSOCK_NEWS_LINES,
    VSOCK_NEWS_OBJECTS, /* of JSON, a line each */
    VSOCK_NEWS_JOURNAL, /* entries (journal.h), and nothing is appended */
};

/* Appends a line of each that is new in this report of diagnoses. `has_forgotten`: since the last one,
 * connections were forgotten. */
void vsock_news_add(struct vsock_news *news, const struct vsock_report *report, bool has_forgotten,
                    enum vsock_news_form form, GString *out);

#endif
