/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnoses_window.c - -z vsock,diagnose, and what is wrong in a window of the GUI: wrapped, each filter on a
 * line of its own, and buttons that lead to the packets. A diagnosis is judged when the capture has been seen
 * whole; tables of statistics never learn when that is, so this is a text window, of the kind that Lua
 * scripts open. It cannot be told how wide to be, nor tell where its cursor is (epan/funnel.h). */
#include "compat.h"

#include <epan/funnel.h>
#include <epan/plugin_if.h>

#include "dissect/verdicts.h"
#include "listener.h"
#include "report/diagnoses.h"
#include "tap.h"

#define TITLE "vsock Diagnoses"

/* Characters: what Wireshark 4.0 shows of a line in a text window of the size that it opens them with. */
#define WIDTH 70
#define INDENT 7 /* as wide as a severity and its blanks */

/* A packet that a button leads to. */
struct stop {
    uint32_t frame;
    const char *which;  /* of its diagnosis' frames: "the first", "the last", "the only one" */
    unsigned diagnosis; /* from 0, of those that are shown */
    enum vsock_code code;
};

struct window {
    funnel_text_window_t *gui;
    GArray *stops;      /* of struct stop, in the order of the text; empty while there is no capture */
    GPtrArray *filters; /* by diagnosis; texts, or NULL */
    struct stop at;     /* where the packet list was led to; frame 0: nowhere yet */
    char *body;         /* the text below that */
    char *applied;      /* the filter that a button applied last, or NULL */
};

/* ---- the text ---- */

/* "s", and a mark or none: the unit of the number before it. */
static bool is_seconds(const char *word)
{
    return word[0] == 's' && !g_ascii_isalnum(word[1]) && (word[1] == '\0' || word[2] == '\0');
}

/* Wraps the text; its first line goes on from `column`. */
static void add_wrapped(GString *out, const char *text, size_t column, int indent)
{
    char **words = g_strsplit(text, " ", -1);

    for (unsigned i = 0; words[i]; i++) {
        size_t length = strlen(words[i]),
               needed = length + (words[i + 1] && is_seconds(words[i + 1]) ? 3 : 0);

        if (i > 0 && column + 1 + needed > WIDTH) {
            g_string_append_printf(out, "\n%*s", indent, "");
            column = (size_t)indent;
        } else if (i > 0) {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, words[i]);
        column += length;
    }
    g_string_append_c(out, '\n');
    g_strfreev(words);
}

static void add_paragraph(GString *out, const char *label, const char *text)
{
    g_string_append_printf(out, "%*s%s", INDENT, "", label);
    add_wrapped(out, text, INDENT + strlen(label), INDENT + (int)strlen(label));
}

/* Alone on its line, to be selected as a whole. */
static void add_filter(GString *out, const char *filter)
{
    if (filter)
        g_string_append_printf(out, "%*sfilter:\n%*s%s\n", INDENT, "", INDENT, "", filter);
}

static void add_diagnosis(GString *out, const struct vsock_report *r, const struct vsock_diagnosis *d,
                          const char *filter)
{
    GString *text = g_string_new(NULL);
    char *sentence = vsock_diagnosis_text(d);

    g_string_append_printf(out, "\n%-*s%s\n", INDENT, vsock_severity_name(d->severity),
                           vsock_codes[d->code].name);
    vsock_diagnoses_add_whose(text, r, d, ", ");
    vsock_diagnoses_add_where(text, r, d);
    add_paragraph(out, "", text->str);
    g_string_printf(text, "%s.", sentence);
    add_paragraph(out, "", text->str);
    add_paragraph(out, "next: ", vsock_diagnosis_next(d));
    add_filter(out, filter);
    g_free(sentence);
    g_string_free(text, TRUE);
}

static void add_more(GString *out, const char *code, unsigned more)
{
    char *text =
        g_strdup_printf("%u more of %s; the packets that any of them names first or last:", more, code);

    g_string_append_c(out, '\n');
    add_wrapped(out, text, 0, 0);
    g_string_append_printf(out, "vsock.diagnosis == \"%s\"\n", code);
    g_free(text);
}

/* ---- what the buttons know ---- */

static void add_stop(struct window *w, const struct vsock_diagnosis *d, uint32_t frame, const char *which)
{
    struct stop stop = {frame, which, w->filters->len - 1, d->code};

    if (frame != 0)
        g_array_append_val(w->stops, stop);
}

static void add_stops(struct window *w, const struct vsock_diagnosis *d)
{
    uint32_t first = vsock_verdict_first_frame(d), last = vsock_verdict_last_frame(d);

    add_stop(w, d, first, first == last ? "the only one" : "the first");
    if (first != last)
        add_stop(w, d, last, "the last");
}

/* A new file may come: numbers of frames are worth nothing then. */
static void forget_packets(void *user)
{
    struct window *w = (struct window *)user;

    g_array_set_size(w->stops, 0);
    g_ptr_array_set_size(w->filters, 0);
}

static bool is_same(const struct stop *a, const struct stop *b)
{
    return a->frame == b->frame && g_str_equal(a->which, b->which) && a->code == b->code;
}

/* The index of where the packet list is, or -1. As packets come, diagnoses may have moved. */
static int find_place(const struct window *w)
{
    int place = -1;

    for (unsigned i = 0; i < w->stops->len; i++) {
        const struct stop *stop = &g_array_index(w->stops, struct stop, i);

        if (!is_same(stop, &w->at))
            continue;
        if (stop->diagnosis == w->at.diagnosis)
            return (int)i;
        place = place < 0 ? (int)i : place;
    }
    return place;
}

/* ---- the window ---- */

static void show(const struct window *w)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    int place = find_place(w);
    GString *text;

    if (!gui || !gui->set_text)
        return;
    text = g_string_new(NULL);
    if (place >= 0)
        g_string_append_printf(text, "Went to packet %u, %s that %s names (%d of %u)\n\n", w->at.frame,
                               w->at.which, vsock_codes[w->at.code].name, place + 1, w->stops->len);
    g_string_append(text, w->body);
    gui->set_text(w->gui, text->str);
    g_string_free(text, TRUE);
}

static char *body_of(struct window *w, const struct vsock_report *r)
{
    GString *out = g_string_new(NULL), *summary = g_string_new(NULL);
    unsigned shown[VSOCK_CODE_COUNT] = {0};

    forget_packets(w);
    vsock_diagnoses_add_summary(summary, r);
    add_wrapped(out, g_strchomp(summary->str), 0, INDENT);
    for (unsigned i = 0; i < r->rows->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(r->rows, struct vsock_diagnosis, i);

        if (shown[d->code]++ >= VSOCK_SHOWN_OF_A_CODE)
            continue;
        g_ptr_array_add(w->filters, vsock_diagnosis_filter(d));
        if (d->session == r->sessions)
            add_stops(w, d);
        add_diagnosis(out, r, d, (const char *)g_ptr_array_index(w->filters, w->filters->len - 1));
    }
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        if (shown[code] > VSOCK_SHOWN_OF_A_CODE)
            add_more(out, vsock_codes[code].name, shown[code] - VSOCK_SHOWN_OF_A_CODE);
    }
    g_string_free(summary, TRUE);
    return g_string_free(out, FALSE);
}

/* A text that is set anew is scrolled to its beginning: only one that differs is. */
static void draw(const struct vsock_listener *listener)
{
    struct window *w = (struct window *)listener->user;
    char *body = body_of(w, &listener->report);
    bool is_news = g_strcmp0(body, w->body) != 0;

    g_free(w->body);
    w->body = body;
    if (is_news)
        show(w);
}

static void finish(void *user)
{
    struct window *w = (struct window *)user;

    g_array_free(w->stops, TRUE);
    g_ptr_array_free(w->filters, TRUE);
    g_free(w->body);
    g_free(w->applied);
    g_free(w);
}

static void closed(void *listener)
{
    vsock_listener_stop((struct vsock_listener *)listener);
}

/* ---- buttons ---- */

/* Going and filtering may take packets anew, draw this window, even let the user close it: what comes last
 * here touches the window no more. */

/* The filter that a button applied would hide packets of other diagnoses. */
static bool hides_others(const struct window *w, const char *filter)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    const char *now = gui && gui->get_filter ? gui->get_filter(gui->ops_id) : NULL;

    return w->applied && g_strcmp0(now, w->applied) == 0 && g_strcmp0(filter, w->applied) != 0;
}

static compat_bool go_on(funnel_text_window_t *gui _U_, void *user)
{
    struct window *w = (struct window *)user;
    uint32_t frame;
    bool is_hidden;

    if (w->stops->len == 0)
        return false;
    w->at = g_array_index(w->stops, struct stop, (unsigned)(find_place(w) + 1) % w->stops->len);
    frame = w->at.frame;
    is_hidden = hides_others(w, (const char *)g_ptr_array_index(w->filters, w->at.diagnosis));
    show(w);
    if (is_hidden)
        plugin_if_apply_filter("", true);
    plugin_if_goto_frame(frame);
    return false;
}

/* Of the diagnosis that "Next packet" was at, or the first. */
static compat_bool filter_packets(funnel_text_window_t *gui _U_, void *user)
{
    struct window *w = (struct window *)user;
    int place = find_place(w);
    unsigned diagnosis = place >= 0 ? g_array_index(w->stops, struct stop, (unsigned)place).diagnosis : 0;
    char *filter;

    if (diagnosis >= w->filters->len || !g_ptr_array_index(w->filters, diagnosis))
        return false;
    filter = g_strdup((const char *)g_ptr_array_index(w->filters, diagnosis));
    g_free(w->applied);
    w->applied = g_strdup(filter);
    plugin_if_apply_filter(filter, true);
    g_free(filter);
    return false;
}

/* Wireshark frees a button after the window's closed() was called. */
static void add_button(struct window *w, const char *label, funnel_bt_cb_t func)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    funnel_bt_t *button;

    if (!gui->add_button)
        return;
    button = g_new0(funnel_bt_t, 1);
    button->tw = w->gui;
    button->func = func;
    button->data = w;
    button->free_fcn = g_free;
    gui->add_button(w->gui, button, label);
}

static void open_window(void *data _U_)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    char *error = NULL;
    struct vsock_listener *listener;
    struct window *w;

    if (!gui || !gui->new_text_window)
        return;
    listener = vsock_listener_start(&vsock_diagnoses, NULL, draw, &error);
    if (!listener) {
        g_free(error);
        return;
    }
    w = g_new0(struct window, 1);
    w->stops = g_array_new(FALSE, FALSE, sizeof(struct stop));
    w->filters = g_ptr_array_new_with_free_func(g_free);
    w->gui = gui->new_text_window(gui->ops_id, TITLE);
    listener->user = w;
    listener->on_reset = forget_packets;
    listener->on_finish = finish;
    add_button(w, "Next packet", go_on);
    add_button(w, "Only its packets", filter_packets);
    gui->set_close_cb(w->gui, closed, listener);
    gui->retap_packets(gui->ops_id);
}

/* Not REGISTER_STAT_GROUP_GENERIC: in 4.0 its entries are in no menu. No submenu, by a slash in the name,
 * either: 4.0 makes those in Tools alone, and 4.6 makes one beside the one of tree.c that has the same name.
 */
void vsock_diagnoses_register(void)
{
    vsock_listener_register(&vsock_diagnoses);
    funnel_register_menu(TITLE, REGISTER_PACKET_STAT_GROUP_UNSORTED, open_window, NULL, NULL, FALSE);
}
