/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose_window.c - the report in a window. A diagnosis is judged when the capture has been seen whole;
 * tables of statistics never learn when that is, so this is a text window, of the kind that Lua scripts open.
 */
#include "compat.h"

#include "diagnose_window.h"

#include <epan/funnel.h>

#include "diagnose.h"

#define TITLE "vsock Diagnoses"

static void draw(struct vsock_lives *lives)
{
    char *text = vsock_diagnose_report(lives);

    funnel_get_funnel_ops()->set_text((funnel_text_window_t *)lives->user, text);
    g_free(text);
}

static void closed(void *lives)
{
    vsock_lives_stop((struct vsock_lives *)lives);
}

static void open_window(void *data _U_)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    char *error = NULL;
    struct vsock_lives *lives;

    if (!gui || !gui->new_text_window)
        return;
    lives = vsock_lives_start(NULL, draw, &error);
    if (!lives) {
        g_free(error);
        return;
    }
    lives->user = gui->new_text_window(gui->ops_id, TITLE);
    gui->set_close_cb((funnel_text_window_t *)lives->user, closed, lives);
    gui->retap_packets(gui->ops_id);
}

/* Not REGISTER_STAT_GROUP_GENERIC: its entries are in no menu. */
void vsock_diagnose_window_register(void)
{
    funnel_register_menu(TITLE, REGISTER_PACKET_STAT_GROUP_UNSORTED, open_window, NULL, NULL, FALSE);
}
