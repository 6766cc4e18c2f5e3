/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture.c - from a vsockmon device to pcapng in a FIFO.
 * Nothing blocks: the packets, the reader and the parent are waited for together. libpcap's immediate mode is
 * not used: with it, the kernel keeps each record in a slot of 64 KiB, and few fit; a record waits for
 * READ_LATER at most. */
#define _GNU_SOURCE
#include "capture.h"

#include <errno.h>
#include <glib.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "filter_check.h"
#include "pcapng.h"
#include "reader.h"
#include "rights.h"

#define APPLICATION "vsockmon " VSOCK_VERSION " (wireshark-vsock)"
#define LINKTYPE_VSOCK 271
#define READ_LATER 100  /* ms until the kernel shows a record that is alone */
#define LOOK_ROUND 1000 /* ms: is the parent there, have packets been dropped? */
#define AT_ONCE 1000    /* packets before looking round */
#define ENOUGH 65536    /* bytes to be written at once */
#define NS_PER_S UINT64_C(1000000000)

struct capture {
    pcap_t *pcap;
    struct vsock_reader reader;
    struct pcap_stat statistics;
    gint64 looked; /* when, in us */
};

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (struct capture *)(void *)user;
    uint64_t time = (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec; /* which are ns */

    vsock_pcapng_packet(capture->reader.out, time, bytes, header->caplen, header->len);
    if (capture->reader.out->len >= ENOUGH)
        vsock_reader_flush(&capture->reader);
    if (capture->reader.over)
        pcap_breakloop(capture->pcap);
}

/* False, having said so, if libpcap cannot go on. */
static bool take_all(struct capture *capture)
{
    int took;

    do {
        took = pcap_dispatch(capture->pcap, AT_ONCE, take, (u_char *)capture);
    } while (took == AT_ONCE && !capture->reader.over && !vsock_reader_told_to_end());
    if (took == PCAP_ERROR)
        fprintf(stderr, "vsockmon: recording has ended: %s\n", pcap_geterr(capture->pcap));
    vsock_reader_flush(&capture->reader);
    return took != PCAP_ERROR;
}

/* Tells of lost packets soon: not every reader waits for the end. */
static void look_round(struct capture *capture, bool at_the_end)
{
    struct pcap_stat statistics;
    gint64 time = g_get_monotonic_time();

    if (!at_the_end && time - capture->looked < (gint64)LOOK_ROUND * 1000)
        return;
    capture->looked = time;
    if (pcap_stats(capture->pcap, &statistics) != 0)
        return;
    if (at_the_end || statistics.ps_drop != capture->statistics.ps_drop) {
        vsock_pcapng_statistics(capture->reader.out, now(), statistics.ps_recv, statistics.ps_drop);
        vsock_reader_flush(&capture->reader);
    }
    capture->statistics = statistics;
}

static bool record(struct capture *capture, unsigned buffer)
{
    bool good = true;

    while (good && !capture->reader.over && !vsock_reader_told_to_end()) {
        vsock_reader_wait(&capture->reader, pcap_get_selectable_fd(capture->pcap), false, LOOK_ROUND);
        if (!capture->reader.over)
            good = take_all(capture);
        look_round(capture, false);
    }
    if (good && !capture->reader.over) { /* what the kernel has not shown yet */
        vsock_reader_wait(&capture->reader, pcap_get_selectable_fd(capture->pcap), false, 2 * READ_LATER);
        good = take_all(capture);
    }
    look_round(capture, true);
    if (capture->statistics.ps_drop > 0)
        fprintf(stderr,
                "vsockmon: %u packets were lost: a buffer of %u MiB was full. Have it larger, or record "
                "headers only.\n",
                capture->statistics.ps_drop, buffer);
    return good;
}

static char *kernel(void)
{
    struct utsname name;

    return uname(&name) == 0 ? g_strdup_printf("%s %s", name.sysname, name.release) : NULL;
}

static char *open_error(pcap_t *pcap, int status)
{
    const char *more = pcap_geterr(pcap);

    return g_strdup_printf("%s%s%s", pcap_statustostr(status), *more ? ": " : "", more);
}

/* As the form says. 0, or libpcap's error. */
static int set_up(pcap_t *pcap, const struct vsock_form *form)
{
    int status = pcap_set_snaplen(pcap, form->headers_only ? VSOCK_FORM_HEADERS : VSOCK_FORM_WHOLE);

    if (status == 0)
        status = pcap_set_buffer_size(pcap, (int)form->buffer * 1024 * 1024);
    if (status == 0)
        status = pcap_set_timeout(pcap, READ_LATER);
    if (status == 0)
        status = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    return status;
}

/* Opens the device, and gives up every right that took. NULL, with what is wrong, if it cannot. */
static pcap_t *open_device(const char *name, const struct vsock_form *form, char **wrong)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *pcap = pcap_create(name, error);
    int status;

    if (!pcap) {
        *wrong = g_strdup(error);
        return NULL;
    }
    status = set_up(pcap, form);
    if (status == 0)
        status = pcap_activate(pcap);
    if (status < 0)
        *wrong = open_error(pcap, status);
    else if (pcap_datalink(pcap) != DLT_VSOCK)
        *wrong = g_strdup("this libpcap does not know vsockmon; 1.9 does");
    else if (pcap_get_tstamp_precision(pcap) != PCAP_TSTAMP_PRECISION_NANO)
        *wrong = g_strdup("this libpcap has no nanoseconds");
    else if (!vsock_rights_keep(-1))
        *wrong = g_strdup_printf("rights could not be given up: %s", g_strerror(errno));
    else if (pcap_setnonblock(pcap, 1, error) != 0)
        *wrong = g_strdup(error);
    if (*wrong) {
        pcap_close(pcap);
        return NULL;
    }
    return pcap;
}

static bool record_device(struct capture *capture, const struct vsock_form *form, const char *device,
                          const char *filter)
{
    char *running = kernel();
    const struct vsock_pcapng_start start = {
        .kernel = running,
        .application = APPLICATION,
        .interface = device,
        .filter = filter,
        .linktype = LINKTYPE_VSOCK,
        .snaplen = form->headers_only ? VSOCK_FORM_HEADERS : VSOCK_FORM_WHOLE,
    };
    bool good = true;

    if (vsock_reader_open(&capture->reader, form->fifo)) {
        capture->reader.out = g_byte_array_new();
        vsock_pcapng_start(capture->reader.out, &start);
        vsock_reader_flush(&capture->reader);
        good = record(capture, form->buffer);
        g_byte_array_free(capture->reader.out, TRUE);
        close(capture->reader.fifo);
    } else {
        good = vsock_reader_told_to_end() || capture->reader.over;
    }
    g_free(running);
    return good;
}

static int failed(char *wrong)
{
    fprintf(stderr, "vsockmon: %s\n", wrong);
    g_free(wrong);
    return 1;
}

/* With the device there: what is wrong, which may have been said (then it is empty). */
static char *run_on(const struct vsock_device *device, const struct vsock_form *form, const char *filter,
                    pid_t parent)
{
    struct capture capture = {.reader = {.program = "vsockmon", .parent = parent, .fifo = -1}};
    char *wrong = NULL;

    capture.pcap = open_device(device->name, form, &wrong);
    if (!capture.pcap)
        return wrong;
    wrong = *filter ? vsock_filter_set(capture.pcap, filter) : NULL;
    if (!wrong && !record_device(&capture, form, device->name, filter))
        wrong = g_strdup("");
    pcap_close(capture.pcap);
    return wrong;
}

int vsock_capture_run(const struct vsock_form *form)
{
    struct vsock_device device;
    pid_t parent = getppid();
    char *wrong, *filter = vsock_form_filter(form, &wrong);
    int status = 0;

    if (!filter) {
        status = failed(wrong);
        vsock_reader_meet(form->fifo, parent);
        return status;
    }
    wrong = *filter ? vsock_filter_check(filter) : NULL;
    if (!wrong && !vsock_rights_suffice()) {
        char *mend = vsock_rights_mend();

        wrong = g_strdup_printf("You may not record: %s", mend);
        g_free(mend);
    }
    if (!wrong) {
        vsock_reader_catch_signals();
        if (vsock_device_make(&device, &wrong)) {
            wrong = run_on(&device, form, filter, parent);
            vsock_device_remove(&device);
        }
    }
    if (wrong && *wrong)
        status = failed(wrong);
    else if (wrong) {
        g_free(wrong);
        status = 1;
    }
    if (status != 0)
        vsock_reader_meet(form->fifo, parent);
    g_free(filter);
    return status;
}
