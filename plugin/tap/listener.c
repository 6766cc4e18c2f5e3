/* SPDX-License-Identifier: GPL-2.0-or-later
 * listener.c - listening, sessions, and arguments of -z. */
#include "compat.h"

#include "listener.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/followed.h"
#include "core/malformed.h"
#include "tap.h"

static GList *listeners;

/* ---- sessions ---- */

static void forget_selection(struct vsock_listener *l)
{
    g_hash_table_remove_all(l->selection.streams);
    g_hash_table_remove_all(l->selection.datagrams);
    wmem_free_all(l->memory);
    l->selection.unassociated = NULL;
    l->tapped = false;
}

static void gather(struct vsock_listener *l)
{
    vsock_report_gather(&l->report, vsock_track_capture(), l->report.filter ? &l->selection : NULL);
}

void vsock_listeners_end_session(void)
{
    for (GList *at = listeners; at; at = at->next) {
        struct vsock_listener *l = (struct vsock_listener *)at->data;

        if (l->tapped)
            gather(l);
        forget_selection(l);
    }
}

/* ---- listening ---- */

static void reset(void *listener)
{
    struct vsock_listener *l = (struct vsock_listener *)listener;

    forget_selection(l);
    vsock_report_reset(&l->report);
    if (l->on_reset)
        l->on_reset(l->user);
}

static tap_packet_status take(void *listener, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                              const void *data _U_, tap_flags_t flags _U_)
{
    ((struct vsock_listener *)listener)->tapped = true;
    return TAP_PACKET_REDRAW;
}

static tap_packet_status select_stream(void *listener, packet_info *pinfo, epan_dissect_t *edt _U_,
                                       const void *data, tap_flags_t flags _U_)
{
    struct vsock_listener *l = *(struct vsock_listener **)listener;
    const struct vsock_tap *tap = (const struct vsock_tap *)data;
    struct vsock_mark mark = {.frame = pinfo->num, .time = vsock_packet_time(pinfo)};
    const struct vsock_datagrams *datagrams = NULL;
    struct vsock_diagnoses found = {.count = 0};

    if (tap->record) {
        g_hash_table_add(l->selection.streams, GUINT_TO_POINTER(tap->record->stream->index));
        return TAP_PACKET_REDRAW;
    }
    if (vsock_is_datagram(&tap->packet))
        datagrams = vsock_track_datagrams(pinfo, &tap->packet);
    if (datagrams)
        g_hash_table_add(l->selection.datagrams, (void *)datagrams);
    else if (vsock_has_whole_header(&tap->packet))
        found.list[found.count++] = vsock_not_followed(&tap->packet, &mark);
    vsock_packet_diagnose(tap->packet.virtio.op, vsock_malformed(&tap->packet), 0, &mark, &found);
    for (unsigned i = 0; i < found.count; i++)
        vsock_diagnosis_collect(l->memory, &l->selection.unassociated, &found.list[i]);
    return TAP_PACKET_REDRAW;
}

/* The open session is told as it is now, and goes on. */
static void draw(void *listener)
{
    struct vsock_listener *l = (struct vsock_listener *)listener;
    struct vsock_report before = l->report;
    unsigned rows = before.rows->len;

    gather(l);
    l->draw(l);
    g_array_set_size(before.rows, rows);
    l->report = before;
}

static void finish(void *listener)
{
    struct vsock_listener *l = (struct vsock_listener *)listener;

    listeners = g_list_remove(listeners, l);
    if (l->on_finish)
        l->on_finish(l->user);
    g_hash_table_destroy(l->selection.streams);
    g_hash_table_destroy(l->selection.datagrams);
    wmem_destroy_allocator(l->memory);
    vsock_report_clear(&l->report);
    g_free(l);
}

void vsock_listener_stop(struct vsock_listener *l)
{
    if (l->report.filter)
        remove_tap_listener(&l->selector);
    remove_tap_listener(l);
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
struct vsock_listener *vsock_listener_start(const struct vsock_report_kind *kind, const char *filter,
                                            void (*on_draw)(const struct vsock_listener *), char **error)
{
    struct vsock_listener *l = g_new0(struct vsock_listener, 1);

    vsock_report_init(&l->report, kind, filter);
    l->draw = on_draw;
    l->selection.streams = g_hash_table_new(NULL, NULL);
    l->selection.datagrams = g_hash_table_new(NULL, NULL);
    l->memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    l->selector = l;
    listeners = g_list_append(listeners, l);
    *error = listen_to(l, NULL, reset, take, draw, finish);
    if (*error) {
        finish(l);
        return NULL;
    }
    if (filter)
        *error = listen_to(&l->selector, filter, NULL, select_stream, NULL, NULL);
    if (!*error)
        return l;
    remove_tap_listener(l);
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

static void draw_json(const struct vsock_listener *l)
{
    vsock_report_print(&l->report, true, stdout);
}

static void draw_text(const struct vsock_listener *l)
{
    vsock_report_print(&l->report, false, stdout);
}

static bool listen_as(const char *argument, const struct vsock_report_kind *kind)
{
    const char *rest = after_word(argument, kind->command), *filter = rest ? after_word(rest, "json") : NULL;
    void (*on_draw)(const struct vsock_listener *) = filter ? draw_json : draw_text;
    char *error = NULL;

    if (!rest) {
        fprintf(stderr, "tshark: invalid \"-z %s\" argument: it is \"-z %s[,json][,FILTER]\"\n", argument,
                kind->command);
        return false;
    }
    if (!filter)
        filter = rest;
    if (!vsock_listener_start(kind, *filter ? filter : NULL, on_draw, &error)) {
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

void vsock_listener_register(const struct vsock_report_kind *kind)
{
    stat_tap_ui ui = {REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, kind->command, start, 0, NULL};

    register_stat_tap_ui(&ui, (void *)kind);
}
