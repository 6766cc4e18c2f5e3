/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake_window.c - a plugin for the tests alone: gives tshark or sharkd a text window that is stderr (sharkd
 * answers on stdout), and chooses Statistics > vsock Diagnoses before a capture is read. When the window has
 * been drawn it presses buttons, which FAKE_WINDOW names by their first letters: N, O, and C for Close. It
 * says where they lead, and what is in the window after each. R is no button: packets go, as when a file is
 * closed. */
#include "fake.h"

#include <stdio.h>
#include <string.h>

#include <epan/funnel.h>
#include <epan/plugin_if.h>
#include <epan/tap.h>

static char window, listener;
static funnel_bt_t *buttons[2];
static text_win_close_cb_t close_window;
static void *closes;
static char filter[200], *shown;

static funnel_text_window_t *open_window(funnel_ops_id_t *id _U_, const char *title)
{
    fprintf(stderr, "opened: %s\n", title);
    return (funnel_text_window_t *)(void *)&window;
}

static void set_text(funnel_text_window_t *at, const char *text)
{
    if ((void *)at != &window)
        fprintf(stderr, "another window\n");
    g_free(shown);
    shown = g_strdup(text);
}

static void set_close_cb(funnel_text_window_t *at _U_, text_win_close_cb_t callback, void *data)
{
    close_window = callback;
    closes = data;
}

static void add_button(funnel_text_window_t *at _U_, funnel_bt_t *button, const char *label)
{
    fprintf(stderr, "button: %s\n", label);
    buttons[label[0] == 'O'] = button;
}

static const char *get_filter(funnel_ops_id_t *id _U_)
{
    return filter;
}

static void apply_filter(GHashTable *data)
{
    g_strlcpy(filter, (const char *)g_hash_table_lookup(data, "filter_string"), sizeof(filter));
    fprintf(stderr, "filter: %s\n", filter);
}

static void go_to(GHashTable *data)
{
    fprintf(stderr, "packet: %u\n", GPOINTER_TO_UINT(g_hash_table_lookup(data, "frame_nr")));
}

static void close_it(void)
{
    close_window(closes);
    for (unsigned i = 0; i < 2; i++)
        buttons[i]->free_fcn(buttons[i]);
    fprintf(stderr, "closed\n");
}

/* Those that listen are drawn in the order in which the last came first: this after the window. */
static void press(void *data _U_)
{
    static const char *next;

    if (!next)
        next = g_getenv("FAKE_WINDOW") ? g_getenv("FAKE_WINDOW") : "";
    if (!shown)
        return;
    fprintf(stderr, "%s", shown);
    while (*next) {
        char key = *next++;

        if (key == 'C')
            close_it();
        else if (key == 'R')
            reset_tap_listeners();
        else
            buttons[key == 'O']->func((funnel_text_window_t *)(void *)&window, buttons[key == 'O']->data);
        fprintf(stderr, "%.*s\n", (int)strcspn(shown, "\n"), shown);
    }
}

static void retap(funnel_ops_id_t *id _U_)
{
}

static void choose(const char *name, register_stat_group_t group, funnel_menu_callback callback, void *data,
                   compat_bool retaps _U_)
{
    if (strcmp(name, "vsock Diagnoses") != 0)
        return;
    fprintf(stderr, "chosen: %s, group %d\n", name, group == REGISTER_PACKET_STAT_GROUP_UNSORTED);
    if (register_tap_listener("frame", &listener, NULL, TL_REQUIRES_NOTHING, NULL, NULL, press, NULL))
        fprintf(stderr, "no tap\n");
    callback(data);
}

static void fake_register(void)
{
}

static void fake_handoff(void)
{
    static const funnel_ops_t gui = {
        .new_text_window = open_window,
        .set_text = set_text,
        .set_close_cb = set_close_cb,
        .add_button = add_button,
        .get_filter = get_filter,
        .retap_packets = retap,
    };

    plugin_if_register_gui_cb(PLUGIN_IF_FILTER_ACTION_APPLY, apply_filter);
    plugin_if_register_gui_cb(PLUGIN_IF_GOTO_FRAME, go_to);
    funnel_set_funnel_ops(&gui);
    funnel_register_all_menus(choose);
}
