/* SPDX-License-Identifier: GPL-2.0-or-later
 * form.h - what the extcap is asked: Wireshark's form, and the arguments that it makes of it. */
#ifndef VSOCK_EXTCAP_FORM_H
#define VSOCK_EXTCAP_FORM_H

#include <stdbool.h>
#include <stdio.h>

#define VSOCK_FORM_BUFFER 16 /* MiB */
#define VSOCK_FORM_BUFFER_MAX 1024
#define VSOCK_FORM_HEADERS 96   /* bytes of a record: both headers, and what later ones may grow by */
#define VSOCK_FORM_WHOLE 262144 /* more than any record has */

/* What the program is to do. */
enum vsock_form_job {
    VSOCK_FORM_NOTHING,
    VSOCK_FORM_INTERFACES,
    VSOCK_FORM_DLTS,
    VSOCK_FORM_CONFIG,
    VSOCK_FORM_CAPTURE,
    VSOCK_FORM_CHECK_FILTER, /* a capture filter and no capture: is it one? */
    VSOCK_FORM_CLEAN_UP,     /* after Wireshark has killed one, since 4.6 */
    VSOCK_FORM_RIGHTS,       /* may it record? */
    VSOCK_FORM_VERSION,
    VSOCK_FORM_HELP,
};

/* The texts are those of the arguments, not copies. */
struct vsock_form {
    enum vsock_form_job job;
    const char *interface, *fifo;
    const char *capture_filter; /* vsock-filter's words, or libpcap's with their link[...] */
    const char *cids, *ports, *left_out,
        *ops; /* any of these; nothing asked of those that are NULL or empty */
    bool headers_only;
    unsigned buffer; /* MiB */
    /* Of vsockguest's alone: how ssh gets there. */
    const char *host, *user, *identity, *proxy_command;
    unsigned ssh_port; /* 0: ssh's own */
    bool sudo;
};

/* False, with what is wrong for g_free(), if these arguments mean nothing. */
bool vsock_form_read(struct vsock_form *form, int argc, char **argv, char **wrong);

/* Describes the form to Wireshark; vsockguest's begins with how ssh gets there. */
void vsock_form_print(FILE *out, bool guest);

/* The capture filter of the whole form in libpcap's words, for g_free(), empty if all is wanted; NULL, with
 * what is wrong for g_free(), if it is none. Whether libpcap takes libpcap's words, it has to say. */
char *vsock_form_filter(const struct vsock_form *form, char **wrong);

#endif
