/* SPDX-License-Identifier: GPL-2.0-or-later
 * listener.h - who draws a report (report/report.h) in tshark or in a window: arguments, choosing streams,
 * sessions. It is drawn from the account that the core keeps. A filter selects the streams with a matching
 * packet; each is told whole, so a read filter chooses what may match, and no more. tshark -M ends sessions
 * while it runs: each is judged by itself when it ends, and its rows are kept until the report is drawn. */
#ifndef VSOCK_TAP_LISTENER_H
#define VSOCK_TAP_LISTENER_H

#include <epan/packet.h>

#include "report/report.h"

struct vsock_listener {
    struct vsock_report report; /* what is drawn */

    void *user;                    /* the caller's, as the next two, which may be NULL */
    void (*on_reset)(void *user);  /* the packets that were drawn are no longer there */
    void (*on_finish)(void *user); /* the report goes: stopped, or at Wireshark's end */

    /* listener.c's own. */
    void (*draw)(const struct vsock_listener *listener);
    bool tapped;                      /* it has seen a packet since it was reset, or a session ended */
    struct vsock_selection selection; /* with a filter */
    wmem_allocator_t *memory;         /* of the selection */
    struct vsock_listener *selector;  /* itself: what the second listener is known by */
};

/* Makes the kind known as a command of tshark's -z: "COMMAND[,json][,FILTER]". Where its argument or filter
 * is wrong, it says so on stderr and ends the program, as tshark's own statistics do. `kind` has to last. */
void vsock_listener_register(const struct vsock_report_kind *kind);

/* Starts to listen, until it is stopped or Wireshark ends; `draw` is called when there is something to show,
 * maybe more than once. Sets *error, to be freed, and returns NULL where the filter is wrong. `filter` may be
 * NULL. */
struct vsock_listener *vsock_listener_start(const struct vsock_report_kind *kind, const char *filter,
                                            void (*draw)(const struct vsock_listener *), char **error);

/* Stops listening, and frees everything. */
void vsock_listener_stop(struct vsock_listener *listener);

/* To be called before the account of a session goes. */
void vsock_listeners_end_session(void);

#endif
