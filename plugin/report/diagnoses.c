/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnoses.c - what is wrong: in words for people, or the members of a JSON object. */
#include "diagnoses.h"

#include <wsutil/str_util.h>

#include "json.h"

static uint32_t gather(struct vsock_report *report, const struct vsock_capture *capture,
                       const struct vsock_selection *only)
{
    unsigned first = report->rows->len;
    /* A session's may be very many: those of the first one are not copied. */
    GArray *found = first == 0 ? report->rows : g_array_new(FALSE, FALSE, sizeof(struct vsock_diagnosis));
    uint32_t streams = vsock_judge(capture, only, found);

    if (found != report->rows) {
        g_array_append_vals(report->rows, found->data, found->len);
        g_array_free(found, TRUE);
    }
    for (unsigned i = first; i < report->rows->len; i++)
        g_array_index(report->rows, struct vsock_diagnosis, i).session = report->sessions;
    return streams;
}

/* ---- for people ---- */

void vsock_diagnoses_add_whose(GString *out, const struct vsock_report *r, const struct vsock_diagnosis *d,
                               const char *after)
{
    if (r->sessions > 1)
        g_string_append_printf(out, "session %u%s", d->session, after);
    if (d->stream != VSOCK_STREAM_NONE)
        g_string_append_printf(out, "stream %u%s", d->stream, after);
    else if (d->streams > 1)
        g_string_append_printf(out, "%u streams%s", d->streams, after);
}

void vsock_diagnoses_add_where(GString *out, const struct vsock_report *r, const struct vsock_diagnosis *d)
{
    if (d->first_frame == d->last_frame)
        g_string_append_printf(out, "frame %u", d->first_frame);
    else
        g_string_append_printf(out, "frames %u to %u", d->first_frame, d->last_frame);
    g_string_append_printf(out, ", at %.6f s", (double)(d->time - r->start) / 1e9);
}

/* What to look at, and where; to be freed. `hint`: what to look at. */
static char *advice_of(const struct vsock_diagnosis *d, const char *hint)
{
    char *filter = vsock_diagnosis_filter(d), *text;

    if (!filter)
        return g_strdup(hint);
    text = g_strdup_printf("%s%s Filter: %s", hint, g_str_has_suffix(hint, "?") ? "" : ".", filter);
    g_free(filter);
    return text;
}

/* `told`: the hint that was given last for this code; it is not given twice. */
static void add_row(GString *out, const struct vsock_report *r, const struct vsock_diagnosis *d,
                    const char **told)
{
    char *text = vsock_diagnosis_text(d);
    const char *hint = vsock_diagnosis_next(d);
    char *next = advice_of(d, hint == *told ? "as above" : hint);

    g_string_append_printf(out, "\n%-5s  %s  (", vsock_severity_name(d->severity), vsock_codes[d->code].name);
    vsock_diagnoses_add_whose(out, r, d, ", ");
    vsock_diagnoses_add_where(out, r, d);
    g_string_append_printf(out, ")\n       %s.\n", text);
    g_string_append_printf(out, "       next: %s\n", next);
    *told = hint;
    g_free(next);
    g_free(text);
}

static void add_more(GString *out, const struct vsock_report *r, const char *code, unsigned more)
{
    g_string_append_printf(out, "\n%u more of %s: -z " VSOCK_DIAGNOSES_COMMAND ",json%s%s lists all\n", more,
                           code, r->filter ? "," : "", r->filter ? r->filter : "");
}

static void add_rows(GString *out, const struct vsock_report *r)
{
    unsigned shown[VSOCK_CODE_COUNT] = {0};
    const char *told[VSOCK_CODE_COUNT] = {NULL};

    if (r->sessions > 1)
        g_array_sort(r->rows, vsock_diagnosis_compare);
    for (unsigned i = 0; i < r->rows->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(r->rows, struct vsock_diagnosis, i);

        if (shown[d->code]++ < VSOCK_SHOWN_OF_A_CODE)
            add_row(out, r, d, &told[d->code]);
    }
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        if (shown[code] > VSOCK_SHOWN_OF_A_CODE)
            add_more(out, r, vsock_codes[code].name, shown[code] - VSOCK_SHOWN_OF_A_CODE);
    }
}

static void add_counts(GString *out, const GArray *found)
{
    static const char *const names[] = {
        [VSOCK_SEVERITY_ERROR] = "error", [VSOCK_SEVERITY_WARN] = "warning", [VSOCK_SEVERITY_NOTE] = "note"};
    unsigned counts[VSOCK_SEVERITY_ERROR + 1] = {0};
    const char *comma = "";

    for (unsigned i = 0; i < found->len; i++)
        counts[g_array_index(found, struct vsock_diagnosis, i).severity]++;
    for (int severity = VSOCK_SEVERITY_ERROR; severity >= VSOCK_SEVERITY_NOTE; severity--) {
        if (counts[severity] == 0)
            continue;
        g_string_append_printf(out, "%s%u %s%s", comma, counts[severity], names[severity],
                               plurality(counts[severity], "", "s"));
        comma = ", ";
    }
}

/* Of headers that a snaplen cut, nothing can be judged. */
static void add_verdict(GString *out, const struct vsock_report *r)
{
    if (r->rows->len == 0 && r->streams == 0 && r->datagram_packets == 0 && !r->filter) {
        g_string_append(out, "no stream could be judged");
        return;
    }
    if (r->rows->len > 0)
        add_counts(out, r->rows);
    else
        g_string_append(out, "no problems found");
    g_string_append_printf(out, " in %u stream%s", r->streams, plurality(r->streams, "", "s"));
    if (r->filter)
        g_string_append_printf(out, " that \"%s\" picks", r->filter);
    else if (r->datagram_packets > 0)
        g_string_append_printf(out, " and %u packet%s of datagrams", r->datagram_packets,
                               plurality(r->datagram_packets, "", "s"));
}

void vsock_diagnoses_add_summary(GString *out, const struct vsock_report *r)
{
    g_string_append(out, "vsock: ");
    if (r->packets == 0) {
        g_string_append(out, "there is no vsock packet\n");
        return;
    }
    add_verdict(out, r);
    g_string_append_printf(out, "; looked at %u packet%s", r->packets, plurality(r->packets, "", "s"));
    if (r->sessions > 1)
        g_string_append_printf(out, " of %u sessions", r->sessions);
    g_string_append_printf(out, " up to %.6f s\n", (double)(r->end - r->start) / 1e9);
}

static void add_text(GString *out, const struct vsock_report *r)
{
    vsock_diagnoses_add_summary(out, r);
    add_rows(out, r);
}

/* ---- for machines ---- */

/* Of what many streams share: how many, how long from the first to the last, and frames of the first ones. */
static void add_alike(json_dumper *json, const struct vsock_diagnosis *d)
{
    vsock_json_number(json, "alike_streams", d->streams, true);
    vsock_json_seconds(json, "alike_span_s", d->span, true);
    json_dumper_set_member_name(json, "alike_frames");
    json_dumper_begin_array(json);
    for (unsigned i = 0; i < VSOCK_EXAMPLES && d->examples[i] != 0; i++)
        json_dumper_value_anyf(json, "%u", d->examples[i]);
    json_dumper_end_array(json);
}

static void add_figures(json_dumper *json, const struct vsock_diagnosis *d)
{
    const struct vsock_figure_names *names = &vsock_codes[d->code].figures;
    const struct vsock_figures *f = &d->figures;
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{names->count, f->count},
                   {names->of, f->of},
                   {names->others, f->others},
                   {names->bytes, f->bytes},
                   {names->limit, f->limit}};

    json_dumper_set_member_name(json, "figures");
    json_dumper_begin_object(json);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (numbers[i].name)
            vsock_json_number(json, numbers[i].name, (int64_t)numbers[i].value, true);
    }
    if (names->longest)
        vsock_json_seconds(json, names->longest, f->longest, true);
    if (names->total)
        vsock_json_seconds(json, names->total, f->total, true);
    if (d->streams > 1)
        add_alike(json, d);
    if (names->proved)
        vsock_json_seconds(json, names->proved, f->proved, true);
    json_dumper_end_object(json);
}

static void add_members(json_dumper *json, const struct vsock_report *r, const void *row)
{
    const struct vsock_diagnosis *d = (const struct vsock_diagnosis *)row;
    char *text = vsock_diagnosis_text(d), *filter = vsock_diagnosis_filter(d);
    char *next = advice_of(d, vsock_diagnosis_next(d));

    if (r->sessions > 1)
        vsock_json_number(json, "session", d->session, true);
    vsock_json_string(json, "code", vsock_codes[d->code].name);
    vsock_json_string(json, "severity", vsock_severity_name(d->severity));
    vsock_json_number(json, "stream", d->stream, d->stream != VSOCK_STREAM_NONE);
    vsock_json_number(json, "first_frame", d->first_frame, true);
    vsock_json_number(json, "last_frame", d->last_frame, true);
    vsock_json_seconds(json, "time", d->time, true);
    vsock_json_seconds(json, "time_relative", d->time - r->start, true);
    vsock_json_endpoint(json, "src", d->src_scope, d->src);
    vsock_json_endpoint(json, "dst", d->dst_scope, d->dst);
    vsock_json_string(json, "text", text);
    vsock_json_string(json, "next", next);
    vsock_json_string(json, "filter", filter);
    if (d->settled != VSOCK_SETTLED_BY_NOTHING)
        vsock_json_string(json, "settled", vsock_settled_name(d->settled));
    add_figures(json, d);
    g_free(next);
    g_free(filter);
    g_free(text);
}

const struct vsock_report_kind vsock_diagnoses = {VSOCK_DIAGNOSES_COMMAND, sizeof(struct vsock_diagnosis),
                                                  gather, add_text, add_members};
