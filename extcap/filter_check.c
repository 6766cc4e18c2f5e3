/* SPDX-License-Identifier: GPL-2.0-or-later
 * filter_check.c - compiles a capture filter, with a device or without. */
#include "filter_check.h"

#include <glib.h>

#include "form.h"

static char *filter_error(pcap_t *pcap)
{
    return g_strdup_printf("Capture filter: %s", pcap_geterr(pcap));
}

/* Compiles it; and sets it, where the capture is one. */
static char *compile(pcap_t *pcap, const char *filter, bool alive)
{
    struct bpf_program program;
    char *wrong = NULL;

    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return filter_error(pcap);
    if (alive && pcap_setfilter(pcap, &program) != 0)
        wrong = filter_error(pcap);
    pcap_freecode(&program);
    return wrong;
}

char *vsock_filter_check(const char *filter)
{
    pcap_t *pcap = pcap_open_dead(DLT_VSOCK, VSOCK_FORM_WHOLE);
    char *wrong = compile(pcap, filter, false);

    pcap_close(pcap);
    return wrong;
}

char *vsock_filter_set(pcap_t *pcap, const char *filter)
{
    return compile(pcap, filter, true);
}
