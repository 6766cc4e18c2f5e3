/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - listening, sessions, arguments of -z, and lines of JSON. */
#include "compat.h"

#include "report.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/malformed.h"
#include "tap.h"

static GList *reports; /* that listen */

/* ---- sessions ---- */

const struct vsock_selection *vsock_report_selection(const struct vsock_report *r)
{
    return r->filter ? &r->selection : NULL;
}

static void forget_selection(struct vsock_report *r)
{
    g_hash_table_remove_all(r->selection.streams);
    g_hash_table_remove_all(r->selection.datagrams);
    wmem_free_all(r->memory);
    r->selection.unassociated = NULL;
    r->tapped = false;
}

static void gather(struct vsock_report *r)
{
    const struct vsock_capture *capture = vsock_track_capture();

    if (!capture || capture->packets == 0)
        return;
    if (r->sessions++ == 0)
        r->start = capture->start;
    r->end = capture->end;
    r->packets += capture->packets;
    r->datagram_packets += capture->datagram_packets;
    r->streams += r->kind->gather(r, capture);
}

void vsock_reports_end_session(void)
{
    for (GList *at = reports; at; at = at->next) {
        struct vsock_report *r = (struct vsock_report *)at->data;

        if (r->tapped)
            gather(r);
        forget_selection(r);
    }
}

/* ---- listening ---- */

static void reset(void *listener)
{
    struct vsock_report *r = (struct vsock_report *)listener;

    forget_selection(r);
    g_array_set_size(r->rows, 0);
    r->sessions = r->streams = r->packets = r->datagram_packets = 0;
    if (r->on_reset)
        r->on_reset(r->user);
}

static tap_packet_status take(void *listener, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                              const void *data _U_, tap_flags_t flags _U_)
{
    ((struct vsock_report *)listener)->tapped = true;
    return TAP_PACKET_REDRAW;
}

static tap_packet_status select_stream(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                       const void *data, tap_flags_t flags _U_)
{
    struct vsock_report *r = *(struct vsock_report **)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    struct vsock_mark mark = {.frame = pinfo->num, .time = vsock_packet_time(pinfo)};
    struct vsock_diagnoses found = {.count = 0};

    if (tap->record) {
        g_hash_table_add(r->selection.streams, GUINT_TO_POINTER(tap->record->stream->index));
        return TAP_PACKET_REDRAW;
    }
    if (vsock_is_datagram(&tap->packet))
        g_hash_table_add(r->selection.datagrams, (void *)vsock_track_datagrams(pinfo, &tap->packet));
    vsock_packet_diagnose(tap->packet.virtio.op, vsock_malformed(&tap->packet), 0, &mark, &found);
    for (unsigned i = 0; i < found.count; i++)
        vsock_diagnosis_collect(r->memory, &r->selection.unassociated, &found.list[i]);
    return TAP_PACKET_REDRAW;
}

/* The open session is told as it is now, and goes on. */
static void draw(void *listener)
{
    struct vsock_report *r = (struct vsock_report *)listener, before = *r;
    unsigned rows = r->rows->len;

    gather(r);
    r->draw(r);
    g_array_set_size(r->rows, rows);
    *r = before;
}

static void finish(void *listener)
{
    struct vsock_report *r = (struct vsock_report *)listener;

    reports = g_list_remove(reports, r);
    if (r->on_finish)
        r->on_finish(r->user);
    g_hash_table_destroy(r->selection.streams);
    g_hash_table_destroy(r->selection.datagrams);
    wmem_destroy_allocator(r->memory);
    g_array_free(r->rows, TRUE);
    g_free(r->filter);
    g_free(r);
}

void vsock_report_stop(struct vsock_report *r)
{
    if (r->filter)
        remove_tap_listener(&r->selector);
    remove_tap_listener(r);
}

/* Returns what register_tap_listener() has against it, or NULL. */
static char *listen_to(void *listener, const char *filter, tap_reset_cb on_reset, tap_packet_cb on_packet,
                       tap_draw_cb on_draw, tap_finish_cb on_finish)
{
    GString *error = register_tap_listener("vsock", listener, filter, TL_REQUIRES_NOTHING, on_reset,
                                           on_packet, on_draw, on_finish);

    return error ? g_string_free(error, FALSE) : NULL;
}

/* The first listener owns what both share: Wireshark finishes it at its end, if nobody stops it before. */
struct vsock_report *vsock_report_start(const struct vsock_report_kind *kind, const char *filter,
                                        void (*on_draw)(const struct vsock_report *), char **error)
{
    struct vsock_report *r = g_new0(struct vsock_report, 1);

    r->kind = kind;
    r->filter = g_strdup(filter);
    r->draw = on_draw;
    r->rows = g_array_new(FALSE, FALSE, (unsigned)kind->row_size);
    r->selection.streams = g_hash_table_new(NULL, NULL);
    r->selection.datagrams = g_hash_table_new(NULL, NULL);
    r->memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    r->selector = r;
    reports = g_list_append(reports, r);
    *error = listen_to(r, NULL, reset, take, draw, finish);
    if (*error) {
        finish(r);
        return NULL;
    }
    if (filter)
        *error = listen_to(&r->selector, filter, NULL, select_stream, NULL, NULL);
    if (!*error)
        return r;
    remove_tap_listener(r);
    return NULL;
}

/* ---- arguments ---- */

/* "rest" of "wordrest" or "word,rest"; NULL where the argument does not begin with that word. */
static const char *after_word(const char *argument, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(argument, word, length) != 0)
        return NULL;
    if (argument[length] == ',')
        return argument + length + 1;
    return argument[length] == '\0' ? argument + length : NULL;
}

static void draw_json(const struct vsock_report *r)
{
    for (unsigned i = 0; i < r->rows->len; i++) {
        json_dumper json = {.output_string = g_string_new(NULL)};

        json_dumper_begin_object(&json);
        r->kind->add_members(&json, r, r->rows->data + i * r->kind->row_size);
        json_dumper_end_object(&json);
        json_dumper_finish(&json);
        printf("%s\n", g_strchomp(json.output_string->str));
        g_string_free(json.output_string, TRUE);
    }
}

static bool listen_as(const char *argument, const struct vsock_report_kind *kind)
{
    const char *rest = after_word(argument, kind->command), *filter = rest ? after_word(rest, "json") : NULL;
    void (*on_draw)(const struct vsock_report *) = filter ? draw_json : kind->draw_text;
    char *error = NULL;

    if (!rest) {
        fprintf(stderr, "tshark: invalid \"-z %s\" argument: it is \"-z %s[,json][,FILTER]\"\n", argument,
                kind->command);
        return false;
    }
    if (!filter)
        filter = rest;
    if (!vsock_report_start(kind, *filter ? filter : NULL, on_draw, &error)) {
        fprintf(stderr, "tshark: Couldn't register %s tap: %s\n", kind->command, error);
        g_free(error);
        return false;
    }
    return true;
}

static compat_stat_result start(const char *argument, void *kind)
{
    if (!listen_as(argument, (const struct vsock_report_kind *)kind))
        COMPAT_STAT_FAILED;
    COMPAT_STAT_STARTED;
}

void vsock_report_register(const struct vsock_report_kind *kind)
{
    stat_tap_ui ui = {REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, kind->command, start, 0, NULL};

    register_stat_tap_ui(&ui, (void *)kind);
}

/* ---- JSON ---- */

void vsock_json_string(json_dumper *json, const char *name, const char *value)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, value);
}

void vsock_json_endpoint(json_dumper *json, const char *name, enum vsock_scope scope,
                         struct vsock_endpoint endpoint)
{
    char *text = vsock_scope_text(scope, endpoint);

    vsock_json_string(json, name, text);
    g_free(text);
}

void vsock_json_number(json_dumper *json, const char *name, int64_t value, bool known)
{
    json_dumper_set_member_name(json, name);
    if (known)
        json_dumper_value_anyf(json, "%" PRId64, value);
    else
        json_dumper_value_string(json, NULL);
}

void vsock_json_seconds(json_dumper *json, const char *name, int64_t value, bool known)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

    json_dumper_set_member_name(json, name);
    if (known)
        json_dumper_value_anyf(json, "%s%" PRIu64 ".%09" PRIu64, value < 0 ? "-" : "", size / 1000000000,
                               size % 1000000000);
    else
        json_dumper_value_string(json, NULL);
}
