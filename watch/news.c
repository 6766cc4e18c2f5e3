/* SPDX-License-Identifier: GPL-2.0-or-later
 * news.c - which diagnoses are new. */
#include "news.h"

#include "journal.h"
#include "report/diagnoses.h"
#include "report/json.h"
#include "subject.h"

struct told {
    struct vsock_subject subject;
    enum vsock_severity severity; /* as it was told */
    unsigned seen;                /* in that verdict, last */
};

struct vsock_news {
    GHashTable *told;  /* of struct told, which are their own keys */
    unsigned verdicts; /* so far */
};

struct vsock_news *vsock_news_new(void)
{
    struct vsock_news *news = g_new0(struct vsock_news, 1);

    news->told = g_hash_table_new_full(vsock_subject_hash, vsock_subject_equal, g_free, NULL);
    return news;
}

void vsock_news_free(struct vsock_news *news)
{
    g_hash_table_destroy(news->told);
    g_free(news);
}

/* ---- lines ---- */

/* "2026-11-27T08:40:00.123456Z" */
static void add_time(GString *out, int64_t time)
{
    int64_t seconds = time / VSOCK_SECOND, rest = time % VSOCK_SECOND;
    GDateTime *date;
    char *text;

    if (rest < 0) {
        seconds--;
        rest += VSOCK_SECOND;
    }
    date = g_date_time_new_from_unix_utc(seconds);
    text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");
    g_string_append_printf(out, "%s.%06uZ", text, (unsigned)(rest / 1000));
    g_free(text);
    g_date_time_unref(date);
}

static void add_words(GString *out, const struct vsock_report *report, const struct vsock_diagnosis *d)
{
    char *text = vsock_diagnosis_text(d), *filter = vsock_diagnosis_filter(d);
    const char *next = vsock_diagnosis_next(d);

    g_string_append_printf(out, "%s (", vsock_codes[d->code].name);
    vsock_diagnoses_add_whose(out, report, d, ", ");
    vsock_diagnoses_add_where(out, report, d);
    g_string_append_printf(out, ") %s. Next: %s%s", text, next, g_str_has_suffix(next, "?") ? "" : ".");
    if (filter)
        g_string_append_printf(out, " Filter: %s", filter);
    g_free(filter);
    g_free(text);
}

static void add_line(GString *out, const struct vsock_report *report, const struct vsock_diagnosis *d)
{
    add_time(out, d->time);
    g_string_append_printf(out, " %-5s ", vsock_severity_name(d->severity));
    add_words(out, report, d);
    g_string_append_c(out, '\n');
}

static void tell_journal(const struct vsock_report *report, const struct vsock_diagnosis *d)
{
    struct vsock_subject subject = vsock_subject_of(d);
    GString *message = g_string_new(NULL);

    add_words(message, report, d);
    vsock_journal_tell(&subject, d->severity, message->str);
    g_string_free(message, TRUE);
}

static void add_object(GString *out, const struct vsock_report *report, const struct vsock_diagnosis *d)
{
    struct vsock_report one = *report;

    one.rows = g_array_new(FALSE, FALSE, sizeof(*d));
    g_array_append_val(one.rows, *d);
    vsock_report_add_json(out, &one);
    g_array_free(one.rows, TRUE);
}

static void add_taken_back_object(GString *out, const struct vsock_subject *s, const char *src,
                                  const char *dst)
{
    json_dumper object = vsock_json_line_begin();

    vsock_json_string(&object, "taken_back", vsock_codes[s->code].name);
    vsock_json_number(&object, "stream", s->stream, s->stream != VSOCK_STREAM_NONE);
    vsock_json_string(&object, "src", src);
    vsock_json_string(&object, "dst", dst);
    vsock_json_line_end(&object, out);
}

static char *taken_back_words(const struct vsock_subject *s, const char *src, const char *dst)
{
    GString *words = g_string_new(NULL);

    g_string_append_printf(words, "taken back: %s", vsock_codes[s->code].name);
    if (s->stream != VSOCK_STREAM_NONE)
        g_string_append_printf(words, " of stream %u", s->stream);
    g_string_append_printf(words, "%s%s%s%s; later packets show otherwise", src ? ", from " : "",
                           src ? src : "", dst ? ", to " : "", dst ? dst : "");
    return g_string_free(words, FALSE);
}

static void add_taken_back_line(GString *out, int64_t time, const char *words)
{
    add_time(out, time);
    g_string_append_printf(out, " %s\n", words);
}

/* ---- in the form that is wanted ---- */

static void add_fresh(GString *out, enum vsock_news_form form, const struct vsock_report *report,
                      const struct vsock_diagnosis *d)
{
    switch (form) {
    case VSOCK_NEWS_LINES:
        add_line(out, report, d);
        break;
    case VSOCK_NEWS_OBJECTS:
        add_object(out, report, d);
        break;
    case VSOCK_NEWS_JOURNAL:
        tell_journal(report, d);
        break;
    }
}

static void add_taken_back(GString *out, enum vsock_news_form form, const struct vsock_report *report,
                           const struct vsock_subject *s)
{
    char *src =
        vsock_scope_text((enum vsock_scope)s->src_scope, (struct vsock_endpoint){s->src_cid, s->src_port});
    char *dst =
        vsock_scope_text((enum vsock_scope)s->dst_scope, (struct vsock_endpoint){s->dst_cid, s->dst_port});
    char *words = taken_back_words(s, src, dst);

    switch (form) {
    case VSOCK_NEWS_LINES:
        add_taken_back_line(out, report->end, words);
        break;
    case VSOCK_NEWS_OBJECTS:
        add_taken_back_object(out, s, src, dst);
        break;
    case VSOCK_NEWS_JOURNAL:
        vsock_journal_tell(s, VSOCK_SEVERITY_CHAT, words);
        break;
    }
    g_free(words);
    g_free(src);
    g_free(dst);
}

/* ---- what is new ---- */

static struct told *find(struct vsock_news *news, const struct vsock_diagnosis *d)
{
    struct vsock_subject subject = vsock_subject_of(d);
    struct told *told = (struct told *)g_hash_table_lookup(news->told, &subject);

    if (told)
        return told;
    told = g_new0(struct told, 1);
    told->subject = subject;
    told->severity = VSOCK_SEVERITY_CHAT;
    g_hash_table_add(news->told, told);
    return told;
}

static gint by_time(const void *a, const void *b)
{
    const struct vsock_diagnosis *first = *(const struct vsock_diagnosis *const *)a;
    const struct vsock_diagnosis *second = *(const struct vsock_diagnosis *const *)b;

    return first->place != second->place ? (first->place < second->place ? -1 : 1)
                                         : vsock_diagnosis_compare(first, second);
}

/* What is told no more of its stream may be told of many by now: only where no other of that code is left, it
 * is certain that it was wrong; and not where it may have been forgotten. */
static void take_back(struct vsock_news *news, const struct vsock_report *report, const bool *is_told,
                      bool has_forgotten, enum vsock_news_form form, GString *out)
{
    GHashTableIter all;
    void *key;

    g_hash_table_iter_init(&all, news->told);
    while (g_hash_table_iter_next(&all, &key, NULL)) {
        const struct told *told = (const struct told *)key;

        if (told->seen == news->verdicts || (is_told[told->subject.code] && !has_forgotten))
            continue;
        if (!has_forgotten)
            add_taken_back(out, form, report, &told->subject);
        g_hash_table_iter_remove(&all);
    }
}

void vsock_news_add(struct vsock_news *news, const struct vsock_report *report, bool has_forgotten,
                    enum vsock_news_form form, GString *out)
{
    GPtrArray *fresh = g_ptr_array_new();
    bool is_told[VSOCK_CODE_COUNT] = {false};

    news->verdicts++;
    for (unsigned i = 0; i < report->rows->len; i++) {
        struct vsock_diagnosis *d = &g_array_index(report->rows, struct vsock_diagnosis, i);
        struct told *told = find(news, d);

        is_told[d->code] = true;
        told->seen = news->verdicts;
        if (told->severity >= d->severity)
            continue;
        told->severity = d->severity;
        g_ptr_array_add(fresh, d);
    }
    g_ptr_array_sort(fresh, by_time);
    for (unsigned i = 0; i < fresh->len; i++)
        add_fresh(out, form, report, (const struct vsock_diagnosis *)fresh->pdata[i]);
    take_back(news, report, is_told, has_forgotten, form, out);
    g_ptr_array_free(fresh, TRUE);
}
