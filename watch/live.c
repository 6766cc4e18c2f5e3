/* SPDX-License-Identifier: GPL-2.0-or-later
 * live.c - watches packets as they come. One thread takes them; this one waits for time to pass, and then
 * finds the verdict on all that came so far. */
#define _GNU_SOURCE
#include "live.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "metrics.h"
#include "news.h"
#include "report/diagnoses.h"
#include "report/json.h"
#include "source.h"

#define LOOK_EVERY G_USEC_PER_SEC /* at most so often */
#define METRICS_EVERY ((gint64)15 * G_USEC_PER_SEC)
#define SHARE 10            /* of the time, that verdicts may take: one in so many */
#define SILENT VSOCK_SECOND /* packets that came so long ago have been taken */

struct watch {
    const struct vsock_live *live;
    struct vsock_source *source;
    struct vsock_news *news;
    enum vsock_news_form form;
    int signals;
    gint64 next; /* verdict: g_get_monotonic_time() */
    uint32_t packets;
    uint32_t forgotten; /* connections, as of the last verdict */
    struct vsock_metrics *metrics;
    gint64 next_metrics; /* the same clock */
    bool unwritten;      /* which was said */
    bool unheard;        /* nobody takes what is written */
};

/* ---- a verdict ---- */

static void write_out(struct watch *watch, GString *out)
{
    if (out->len > 0 && (fwrite(out->str, 1, out->len, stdout) != out->len || fflush(stdout) != 0))
        watch->unheard = true;
    g_string_free(out, TRUE);
}

/* With the source locked. */
static void gather(struct watch *watch, const struct vsock_intake *intake, struct vsock_report *report)
{
    if (vsock_source_is_live(watch->source))
        vsock_capture_pass(intake->capture, g_get_real_time() * 1000 - SILENT);
    vsock_intake_report(intake, &vsock_diagnoses, report);
}

static uint32_t count_forgotten(const struct vsock_intake *intake)
{
    return intake->forget.over + intake->forget.open;
}

static void look(struct watch *watch)
{
    gint64 begun = g_get_monotonic_time(), ended;
    const struct vsock_intake *intake = vsock_source_lock(watch->source);
    bool is_needed = vsock_source_is_live(watch->source) || intake->capture->packets != watch->packets;
    uint32_t forgotten = count_forgotten(intake);
    bool has_forgotten = forgotten != watch->forgotten;
    struct vsock_report report;

    watch->packets = intake->capture->packets;
    watch->forgotten = forgotten;
    if (is_needed)
        gather(watch, intake, &report);
    vsock_source_unlock(watch->source);
    if (is_needed) {
        GString *out = g_string_new(NULL);

        vsock_news_add(watch->news, &report, has_forgotten, watch->form, out);
        vsock_metrics_note(watch->metrics, &report);
        vsock_report_clear(&report);
        write_out(watch, out);
    }
    ended = g_get_monotonic_time();
    watch->next = MAX(begun + LOOK_EVERY, ended + (ended - begun) * (SHARE - 1));
}

/* ---- metrics ---- */

/* With the source locked. False, having said so once in a row, where they could not be written. */
static bool write_metrics(struct watch *watch, const struct vsock_intake *intake)
{
    uint64_t dropped = vsock_source_dropped(watch->source);
    GString *text = vsock_metrics_text(watch->metrics, intake, dropped);
    char *wrong = vsock_metrics_write(watch->live->metrics, text);
    bool good = !wrong;

    if (!good && !watch->unwritten)
        vsock_complain(watch->live->metrics, wrong);
    watch->unwritten = !good;
    g_free(wrong);
    g_string_free(text, TRUE);
    return good;
}

/* If it is time. */
static bool tell_metrics(struct watch *watch)
{
    bool good;

    if (!watch->live->metrics || g_get_monotonic_time() < watch->next_metrics)
        return true;
    good = write_metrics(watch, vsock_source_lock(watch->source));
    vsock_source_unlock(watch->source);
    watch->next_metrics = g_get_monotonic_time() + METRICS_EVERY;
    return good;
}

/* ---- the end ---- */

static void add_summary(GString *out, const struct vsock_report *report, const struct vsock_intake *intake,
                        uint64_t dropped, bool json)
{
    char *forgotten = vsock_verdict_forgotten(intake);

    GString *line = g_string_new(NULL);

    vsock_diagnoses_add_summary(line, report);
    if (json) {
        json_dumper object = vsock_json_line_begin();

        vsock_json_string(&object, "summary", g_strchomp(line->str));
        vsock_json_number(&object, "diagnoses", report->rows->len, true);
        vsock_json_number(&object, "streams", report->streams, true);
        vsock_json_number(&object, "packets", report->packets, true);
        vsock_json_number(&object, "dropped", (int64_t)dropped, true);
        vsock_json_number(&object, "forgotten", count_forgotten(intake), true);
        vsock_json_line_end(&object, out);
    } else {
        g_string_append(out, line->str);
        if (dropped > 0)
            g_string_append_printf(out,
                                   "vsockwatch: %" PRIu64 " packets were lost: they came faster than they "
                                   "were taken\n",
                                   dropped);
        if (forgotten)
            g_string_append_printf(out, "vsockwatch: %s\n", forgotten);
    }
    g_free(forgotten);
    g_string_free(line, TRUE);
}

/* Of all packets that there were; then their number, and that of diagnoses. */
static enum vsock_status end(struct watch *watch)
{
    char *wrong = vsock_source_stop(watch->source);
    uint64_t dropped = vsock_source_dropped(watch->source);
    const struct vsock_intake *intake = vsock_source_intake(watch->source);
    GString *out = g_string_new(NULL);
    struct vsock_report report;
    enum vsock_status status;

    gather(watch, intake, &report);
    vsock_news_add(watch->news, &report, count_forgotten(intake) != watch->forgotten, watch->form, out);
    add_summary(out, &report, intake, dropped, watch->live->json);
    vsock_metrics_note(watch->metrics, &report);
    if (watch->live->metrics)
        write_metrics(watch, intake);
    vsock_report_clear(&report);
    write_out(watch, out);
    if (wrong)
        vsock_complain(vsock_name_of(watch->live->source), wrong);
    if (watch->unheard)
        vsock_complain("standard output", "it could not be written");
    status = wrong || watch->unheard ? VSOCK_STATUS_FAILED : VSOCK_STATUS_GOOD;
    g_free(wrong);
    if (vsock_source_free(watch->source))
        vsock_metrics_free(watch->metrics);
    return status;
}

/* ---- waiting ---- */

/* Once the source is open: until somebody writes to a FIFO, it is not, and who waits for that can end it. */
static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* Until it is time for a verdict. False: all is to end. */
static bool wait(struct watch *watch)
{
    struct pollfd ends[] = {{.fd = watch->signals, .events = POLLIN},
                            {.fd = vsock_source_ended(watch->source), .events = POLLIN}};
    gint64 left;

    while ((left = watch->next - g_get_monotonic_time()) > 0) {
        if (poll(ends, G_N_ELEMENTS(ends), (int)(left / 1000 + 1)) > 0)
            return false;
    }
    return !watch->unheard;
}

static enum vsock_news_form form_of(const struct vsock_live *live)
{
    if (live->json)
        return VSOCK_NEWS_OBJECTS;
    return vsock_journal_is_output() ? VSOCK_NEWS_JOURNAL : VSOCK_NEWS_LINES;
}

enum vsock_status vsock_live_run(const struct vsock_live *live)
{
    struct watch watch = {.live = live, .form = form_of(live)};
    enum vsock_status status;
    char *wrong;

    watch.source = vsock_source_open(live->source, live->user, live->remembered, &wrong);
    if (!watch.source) {
        vsock_complain(vsock_name_of(live->source), wrong);
        g_free(wrong);
        return VSOCK_STATUS_FAILED;
    }
    watch.signals = open_signals();
    watch.news = vsock_news_new();
    watch.metrics = vsock_metrics_new();
    vsock_source_intake(watch.source)->forgetting = vsock_metrics_forget;
    vsock_source_intake(watch.source)->forgetting_context = watch.metrics;
    vsock_source_start(watch.source);
    if (!tell_metrics(
            &watch)) /* at once: who may not write there learns it now, and the thread ends with us */
        return VSOCK_STATUS_FAILED;
    while (wait(&watch)) {
        look(&watch);
        tell_metrics(&watch);
    }
    status = end(&watch);
    vsock_news_free(watch.news);
    return status;
}
