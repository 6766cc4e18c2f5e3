/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - sessions, one after another. */
#include "report.h"

#include "json.h"

#define DRAIN_AT 65536 /* bytes */

void vsock_report_init(struct vsock_report *r, const struct vsock_report_kind *kind, const char *filter)
{
    *r = (struct vsock_report){
        .kind = kind,
        .filter = g_strdup(filter),
        .rows = g_array_new(FALSE, FALSE, (unsigned)kind->row_size),
    };
}

static void print(GString *text, FILE *file)
{
    fwrite(text->str, 1, text->len, file);
    g_string_truncate(text, 0);
}

void vsock_report_drain(const struct vsock_report *r, GString *out)
{
    if (r->printed_to && out->len >= DRAIN_AT)
        print(out, r->printed_to);
}

void vsock_report_print(const struct vsock_report *r, bool as_json, FILE *file)
{
    struct vsock_report printed = *r;
    GString *text = g_string_new(NULL);

    printed.printed_to = file;
    if (as_json)
        vsock_report_add_json(text, &printed);
    else
        r->kind->add_text(text, &printed);
    print(text, file);
    g_string_free(text, TRUE);
}

void vsock_report_reset(struct vsock_report *r)
{
    g_array_set_size(r->rows, 0);
    r->sessions = r->streams = r->packets = r->datagram_packets = 0;
}

void vsock_report_clear(struct vsock_report *r)
{
    g_array_free(r->rows, TRUE);
    g_free(r->filter);
}

void vsock_report_gather(struct vsock_report *r, const struct vsock_capture *capture,
                         const struct vsock_selection *only)
{
    if (!capture || capture->packets == 0)
        return;
    if (r->sessions++ == 0)
        r->start = capture->start;
    r->end = capture->end;
    r->packets += capture->packets;
    r->datagram_packets += capture->datagram_packets;
    r->streams += r->kind->gather(r, capture, only);
}
