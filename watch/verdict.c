/* SPDX-License-Identifier: GPL-2.0-or-later
 * verdict.c - reports, as tshark -z prints them, and the exit status. */
#include "verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/diagnoses.h"
#include "report/streams.h"

const char *vsock_name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

char *vsock_printable(const char *name)
{
    char *text = g_utf8_make_valid(name, -1);

    for (char *at = text; *at; at = g_utf8_next_char(at)) {
        char *after = g_utf8_next_char(at);

        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            memset(at, '?', (size_t)(after - at));
    }
    return text;
}

/* What libwiretap says of a file may have bytes of that file in it. */
void vsock_complain(const char *name, const char *what)
{
    char *subject = vsock_printable(name), *text = vsock_printable(what);

    fflush(stdout);
    fprintf(stderr, "vsockwatch: %s: %s\n", subject, text);
    g_free(text);
    g_free(subject);
}

void vsock_verdict_print(const struct vsock_intake *intake, const struct vsock_form *form, const char *name)
{
    const struct vsock_report_kind *kind = form->streams ? &vsock_streams : &vsock_diagnoses;
    char *capture = name ? g_utf8_make_valid(name, -1) : NULL;
    struct vsock_report report;

    vsock_intake_report(intake, kind, &report);
    report.capture = capture;
    vsock_report_print(&report, form->json, stdout);
    vsock_report_clear(&report);
    g_free(capture);
}

char *vsock_verdict_forgotten(const struct vsock_intake *intake)
{
    const struct vsock_forget *forget = &intake->forget;
    GString *text = g_string_new(NULL);

    if (forget->over + forget->open > 0)
        g_string_append_printf(
            text,
            "%u connections that were over were forgotten: what many tell together is told "
            "of the latest %u at a time",
            forget->over, forget->connections);
    if (forget->open > 0)
        g_string_append_printf(text, "; so were %u that had not ended, and were silent longest",
                               forget->open);
    if (intake->archive.all_lost > 0)
        g_string_append_printf(text, "; %" PRIu64 " of their diagnoses are not told any more",
                               intake->archive.all_lost);
    if (intake->capture->rws_left_out > 0)
        g_string_append_printf(
            text,
            "%s%" PRIu64 " data packets were known by their bytes alone: %u others had not "
            "been read",
            text->len > 0 ? "; " : "", intake->capture->rws_left_out, intake->capture->rws_max);
    return g_string_free(text, text->len == 0);
}

/* The worst severity of what is wrong, packets that are malformed by themselves included. */
static enum vsock_severity worst_of(const struct vsock_report *report, const struct vsock_intake *intake)
{
    enum vsock_severity worst = VSOCK_SEVERITY_CHAT;

    if (intake->malformed[1] > 0)
        worst = VSOCK_SEVERITY_WARN;
    else if (intake->malformed[0] > 0)
        worst = VSOCK_SEVERITY_NOTE;
    for (unsigned i = 0; i < report->rows->len; i++)
        worst = MAX(worst, g_array_index(report->rows, struct vsock_diagnosis, i).severity);
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        for (unsigned severity = worst + 1; severity <= VSOCK_SEVERITY_ERROR; severity++)
            worst = intake->archive.lost[code][severity] > 0 ? (enum vsock_severity)severity : worst;
    }
    return worst;
}

enum vsock_status vsock_verdict_status(const struct vsock_intake *intake, const struct vsock_form *form,
                                       const char *name)
{
    enum vsock_severity counts = form->strict ? VSOCK_SEVERITY_NOTE : VSOCK_SEVERITY_WARN, worst;
    struct vsock_report report;
    bool judged;

    if (intake->capture->packets == 0) {
        vsock_complain(name, "there is no vsock packet in it");
        return VSOCK_STATUS_FAILED;
    }
    vsock_intake_report(intake, &vsock_diagnoses, &report);
    worst = worst_of(&report, intake);
    judged = report.streams > 0 || report.datagram_packets > 0;
    vsock_report_clear(&report);
    if (!judged) {
        vsock_complain(name,
                       "none of its packets tells its stream: they are cut within their headers, or have no "
                       "virtio header");
        return VSOCK_STATUS_FAILED;
    }
    return worst >= counts ? VSOCK_STATUS_WRONG : VSOCK_STATUS_GOOD;
}
