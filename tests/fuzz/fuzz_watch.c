/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_watch.c - vsockwatch's way of a packet, but for who reads and prints it: bytes with a time and a
 * place, to the account (watch/intake.h), which forgets, to diagnoses, as text, JSON, news and metrics.
 * Input: 1 byte, whose bits 0 to 3 are how many connections are remembered, less one, 4 to 5 how often it is
 * looked at, and 6 to 7 what is printed at the end (enum ending): a run that printed all would print for five
 * sixths of its time. And steps (capture_steps.h). What a record begins with, and whether it has a time, is
 * chosen by its buf_alloc. */
#include <string.h>

#include "capture_steps.h"
#include "check_memory.h"
#include "metrics.h"
#include "news.h"
#include "report/diagnoses.h"
#include "report/json.h"
#include "report/streams.h"

#define PAYLOAD_MAX 64 /* bytes that are captured */
#define COOKED_MAX 20

static struct {
    struct vsock_intake intake;
    struct vsock_news *news;
    struct vsock_metrics *metrics;
    struct capture_steps steps;
    uint32_t remembered, forgotten;
    unsigned look_every; /* packets */
} run;

enum link_choice {
    LINK_SLL = 1,
    LINK_SLL2,
    LINK_SLL_CUT,
    LINK_OTHER,
    UNTIMED,
};

enum ending {
    END_DIAGNOSES,
    END_STREAMS,
    END_NEWS,
    END_METRICS,
};

/* ---- what is printed ---- */

static void check_text(GString *text, bool is_json, unsigned rows)
{
    unsigned lines = 0;

    CHECK(g_utf8_validate(text->str, (gssize)text->len, NULL));
    for (size_t i = 0; i < text->len; i++)
        lines += text->str[i] == '\n';
    CHECK_IMPLIES(is_json, lines == rows);
    CHECK(lines >= rows);
    g_string_free(text, TRUE);
}

static void check_report(const struct vsock_report_kind *kind)
{
    GString *text = g_string_new(NULL), *json = g_string_new(NULL);
    struct vsock_report report;

    vsock_intake_report(&run.intake, kind, &report);
    CHECK(report.packets == run.intake.capture->packets);
    kind->add_text(text, &report);
    vsock_report_add_json(json, &report);
    check_text(text, false, report.rows->len);
    check_text(json, true, report.rows->len);
    vsock_report_clear(&report);
}

static uint32_t count_forgotten(void)
{
    return run.intake.forget.over + run.intake.forget.open;
}

static void tell_news(const struct vsock_report *report)
{
    GString *out = g_string_new(NULL);

    vsock_news_add(run.news, report, count_forgotten() != run.forgotten,
                   run.steps.frame & 1 ? VSOCK_NEWS_OBJECTS : VSOCK_NEWS_LINES, out);
    run.forgotten = count_forgotten();
    check_text(out, false, 0);
}

static void tell_metrics(const struct vsock_report *report)
{
    vsock_metrics_note(run.metrics, report);
    check_text(vsock_metrics_text(run.metrics, &run.intake, 0), false, 0);
}

/* As live.c does: both. */
static void look(bool news, bool metrics)
{
    struct vsock_report report;

    vsock_intake_report(&run.intake, &vsock_diagnoses, &report);
    if (news)
        tell_news(&report);
    if (metrics)
        tell_metrics(&report);
    vsock_report_clear(&report);
}

static void print_at_end(enum ending ending)
{
    switch (ending) {
    case END_DIAGNOSES:
        check_report(&vsock_diagnoses);
        break;
    case END_STREAMS:
        check_report(&vsock_streams);
        break;
    case END_NEWS:
    case END_METRICS:
        look(ending == END_NEWS, ending == END_METRICS);
        break;
    }
}

/* ---- packets ---- */

/* A cooked header in front of the record; or not the whole of it. */
static uint32_t cook(uint8_t *bytes, enum vsock_link link)
{
    static const uint8_t sll[16] = {[2] = 826 >> 8, [3] = 826 & 0xFF},
                         sll2[COOKED_MAX] = {[8] = 826 >> 8, [9] = 826 & 0xFF};
    uint32_t length = link == VSOCK_LINK_SLL ? sizeof(sll) : sizeof(sll2);

    memcpy(bytes, link == VSOCK_LINK_SLL ? sll : sll2, length);
    return length;
}

static enum vsock_link link_of(unsigned choice)
{
    switch (choice) {
    case LINK_SLL:
    case LINK_SLL_CUT:
        return VSOCK_LINK_SLL;
    case LINK_SLL2:
        return VSOCK_LINK_SLL2;
    case LINK_OTHER:
        return VSOCK_LINK_OTHER;
    default:
        return VSOCK_LINK_VSOCK;
    }
}

/* In memory of its very size, so that a sanitizer sees what is read beyond it. */
static void take(void)
{
    struct vsock_arrival at;
    struct step step = take_packet(&run.steps, &at);
    unsigned choice = step.packet.virtio.buf_alloc & 15;
    uint8_t bytes[COOKED_MAX + VSOCK_HEADERS_MAX + PAYLOAD_MAX] = {0}, *copy;
    enum vsock_link link = link_of(choice);
    uint32_t head = link == VSOCK_LINK_SLL || link == VSOCK_LINK_SLL2 ? cook(bytes, link) : 0, captured;
    struct vsock_frame frame;

    memcpy(bytes + head, step.record.bytes, sizeof(step.record.bytes));
    memset(bytes + head + sizeof(step.record.bytes), (int)(choice & 4 ? step.packet.virtio.fwd_cnt : 0),
           PAYLOAD_MAX);
    captured = MIN(head + step.packet.captured, head + VSOCK_HEADERS_MAX + PAYLOAD_MAX);
    captured = choice == LINK_SLL_CUT ? head - 1 : captured;
    copy = (uint8_t *)g_memdup2(bytes, MAX(captured, 1));
    frame = (struct vsock_frame){.bytes = copy,
                                 .captured = captured,
                                 .length = step.record.length > UINT32_MAX - head ? UINT32_MAX
                                                                                  : head + step.record.length,
                                 .link = link,
                                 .section = at.section,
                                 .interface = at.interface,
                                 .untimed = choice == UNTIMED,
                                 .time = at.time};
    CHECK(vsock_intake_take(&run.intake, &frame));
    g_free(copy);
}

/* ---- one run ---- */

static void start(uint8_t choices)
{
    static const unsigned look_every[] = {64, 16, 256, 2};

    start_memory();
    memset(&run, 0, sizeof(run));
    run.remembered = (choices & 15) + 1u;
    run.look_every = look_every[choices >> 4 & 3];
    vsock_intake_init(&run.intake, run.remembered, true);
    run.news = vsock_news_new();
    run.metrics = vsock_metrics_new();
    run.intake.forgetting = vsock_metrics_forget;
    run.intake.forgetting_context = run.metrics;
}

/* What is kept has a limit, whatever comes. */
static void check_bounds(void)
{
    const struct vsock_capture *c = run.intake.capture;

    CHECK(c->records - c->forgotten <= 2 * run.intake.forget.records);
    CHECK(g_hash_table_size(run.intake.archive.rows) <= VSOCK_ARCHIVE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t choices = (uint8_t)take_number(&input, 1);

    start(choices);
    run.steps.steps.input = input;
    while (more_steps(&run.steps.steps)) {
        take();
        check_bounds();
        if (run.steps.steps.taken % run.look_every == 0)
            look(true, true);
    }
    print_at_end((enum ending)(choices >> 6));
    vsock_news_free(run.news);
    vsock_metrics_free(run.metrics);
    vsock_intake_clear(&run.intake);
    return 0;
}
