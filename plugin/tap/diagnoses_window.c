/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnoses_window.c - the report in a window. A diagnosis is judged when the capture has been seen whole;
 * tables of statistics never learn when that is, so this is a text window, of the kind that Lua scripts open.
 */
#include "compat.h"

#include "tap.h"

#include <epan/funnel.h>

#include "diagnoses.h"

#define TITLE "vsock Diagnoses"

static void draw(const struct vsock_report *report)
{
    char *text = vsock_diagnoses_text(report);

    funnel_get_funnel_ops()->set_text((funnel_text_window_t *)report->user, text);
    g_free(text);
}

static void closed(void *report)
{
    vsock_report_stop((struct vsock_report *)report);
}

static void open_window(void *data _U_)
{
    const funnel_ops_t *gui = funnel_get_funnel_ops();
    char *error = NULL;
    struct vsock_report *report;

    if (!gui || !gui->new_text_window)
        return;
    report = vsock_report_start(&vsock_diagnoses, NULL, draw, &error);
    if (!report) {
        g_free(error);
        return;
    }
    report->user = gui->new_text_window(gui->ops_id, TITLE);
    gui->set_close_cb((funnel_text_window_t *)report->user, closed, report);
    gui->retap_packets(gui->ops_id);
}

/* Not REGISTER_STAT_GROUP_GENERIC: its entries are in no menu. */
void vsock_diagnoses_window_register(void)
{
    funnel_register_menu(TITLE, REGISTER_PACKET_STAT_GROUP_UNSORTED, open_window, NULL, NULL, FALSE);
}
