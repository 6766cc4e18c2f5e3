/* SPDX-License-Identifier: GPL-2.0-or-later
 * capture.c - from a vsockmon device to pcapng in a FIFO.
 * Nothing blocks: the packets, the reader and the parent are waited for together. libpcap's immediate mode is
 * not used: with it, the kernel keeps each record in a slot of 64 KiB, and few fit; a record waits for
 * READ_LATER at most. */
#define _GNU_SOURCE
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "pcapng.h"
#include "rights.h"

#define APPLICATION "vsockmon " VSOCK_VERSION " (wireshark-vsock)"
#define LINKTYPE_VSOCK 271
#define READ_LATER 100  /* ms until the kernel shows a record that is alone */
#define LOOK_ROUND 1000 /* ms: is the parent there, have packets been dropped? */
#define LOOK_SOON 20    /* ms: has the reader come? */
#define MEETING 10000   /* ms that he has for that after a failure */
#define LAST_WORDS 2000 /* ms that a reader who is slow gets when all is to end */
#define AT_ONCE 1000    /* packets before looking round */
#define ENOUGH 65536    /* bytes to be written at once */
#define NS_PER_S UINT64_C(1000000000)

struct capture {
    pcap_t *pcap;
    int fifo;
    pid_t parent;
    GByteArray *out;
    bool over; /* the reader or the parent is gone */
    struct pcap_stat statistics;
    gint64 looked; /* when, in us */
};

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

/* Signals come while something is waited for, and at no other time. */
static sigset_t waiting_mask;

static void catch_signals(void)
{
    static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        sigaction(ends[i], &action, NULL);
        sigaddset(&blocked, ends[i]);
    }
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        sigdelset(&waiting_mask, ends[i]);
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Waits, for some ms, for packets if they are wanted, and for the reader: that he takes more, or is gone. */
static void wait_for(struct capture *capture, bool packets, bool room, int ms)
{
    struct pollfd files[] = {
        {.fd = packets ? pcap_get_selectable_fd(capture->pcap) : -1, .events = POLLIN},
        {.fd = capture->fifo, .events = room ? POLLOUT : 0},
    };
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};

    if (ppoll(files, G_N_ELEMENTS(files), &time, &waiting_mask) > 0 &&
        files[1].revents & (POLLERR | POLLNVAL))
        capture->over = true;
    if (getppid() != capture->parent)
        capture->over = true;
}

/* Writes all that is to be written, unless the reader has gone, or does not read when all is to end. */
static void flush(struct capture *capture)
{
    gint64 patience = 0;
    guint written = 0;

    while (written < capture->out->len && !capture->over) {
        ssize_t wrote = write(capture->fifo, capture->out->data + written, capture->out->len - written);

        if (wrote > 0) {
            written += (guint)wrote;
            continue;
        }
        if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
            if (errno != EPIPE)
                fprintf(stderr, "vsockmon: the capture could not be written: %s\n", g_strerror(errno));
            capture->over = true;
            break;
        }
        if (told_to_end && patience == 0)
            patience = g_get_monotonic_time() + (gint64)LAST_WORDS * 1000;
        if (patience != 0 && g_get_monotonic_time() > patience)
            capture->over = true;
        else
            wait_for(capture, false, true, LOOK_ROUND);
    }
    g_byte_array_set_size(capture->out, 0);
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (struct capture *)(void *)user;
    uint64_t time = (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec; /* which are ns */

    vsock_pcapng_packet(capture->out, time, bytes, header->caplen, header->len);
    if (capture->out->len >= ENOUGH)
        flush(capture);
    if (capture->over)
        pcap_breakloop(capture->pcap);
}

/* False, having said so, if libpcap cannot go on. */
static bool take_all(struct capture *capture)
{
    int took;

    do {
        took = pcap_dispatch(capture->pcap, AT_ONCE, take, (u_char *)capture);
    } while (took == AT_ONCE && !capture->over && !told_to_end);
    if (took == PCAP_ERROR)
        fprintf(stderr, "vsockmon: recording has ended: %s\n", pcap_geterr(capture->pcap));
    flush(capture);
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
        vsock_pcapng_statistics(capture->out, now(), statistics.ps_recv, statistics.ps_drop);
        flush(capture);
    }
    capture->statistics = statistics;
}

static bool record(struct capture *capture, unsigned buffer)
{
    bool good = true;

    while (good && !capture->over && !told_to_end) {
        wait_for(capture, true, false, LOOK_ROUND);
        if (!capture->over)
            good = take_all(capture);
        look_round(capture, false);
    }
    if (good && !capture->over) { /* what the kernel has not shown yet */
        wait_for(capture, true, false, 2 * READ_LATER);
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

/* Opening it blocks until somebody reads; who is to read may die before. */
static bool open_fifo(struct capture *capture, const char *path)
{
    capture->fifo = -1;
    while (!told_to_end && !capture->over) {
        capture->fifo = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (capture->fifo >= 0)
            return true;
        if (errno != ENXIO) {
            fprintf(stderr, "vsockmon: %s could not be opened: %s\n", path, g_strerror(errno));
            return false;
        }
        wait_for(capture, false, false, LOOK_SOON);
    }
    return false;
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

static char *filter_error(pcap_t *pcap)
{
    return g_strdup_printf("Capture filter: %s", pcap_geterr(pcap));
}

/* Compiles it; and sets it, where the capture is one. */
static char *set_filter(pcap_t *pcap, const char *filter, bool alive)
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

char *vsock_capture_check(const char *filter)
{
    pcap_t *pcap = pcap_open_dead(DLT_VSOCK, VSOCK_FORM_WHOLE);
    char *wrong = set_filter(pcap, filter, false);

    pcap_close(pcap);
    return wrong;
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

    if (open_fifo(capture, form->fifo)) {
        capture->out = g_byte_array_new();
        vsock_pcapng_start(capture->out, &start);
        flush(capture);
        good = record(capture, form->buffer);
        g_byte_array_free(capture->out, TRUE);
        close(capture->fifo);
    } else {
        good = told_to_end || capture->over;
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
    struct capture capture = {.parent = parent, .fifo = -1};
    char *wrong = NULL;

    capture.pcap = open_device(device->name, form, &wrong);
    if (!capture.pcap)
        return wrong;
    wrong = *filter ? set_filter(capture.pcap, filter, true) : NULL;
    if (!wrong && !record_device(&capture, form, device->name, filter))
        wrong = g_strdup("");
    pcap_close(capture.pcap);
    return wrong;
}

/* After a failure: tshark 4.0 waits for ever where an extcap has ended before its reader came, so he is
 * waited for. He sees the end of the FIFO when this process ends. */
static void meet_reader(const char *path, pid_t parent)
{
    for (int waited = 0; waited < MEETING && getppid() == parent; waited += LOOK_SOON) {
        if (open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) >= 0 || errno != ENXIO)
            return;
        g_usleep(LOOK_SOON * 1000);
    }
}

int vsock_capture_run(const struct vsock_form *form)
{
    struct vsock_device device;
    pid_t parent = getppid();
    char *wrong, *filter = vsock_form_filter(form, &wrong);
    int status = 0;

    if (!filter) {
        status = failed(wrong);
        meet_reader(form->fifo, parent);
        return status;
    }
    wrong = *filter ? vsock_capture_check(filter) : NULL;
    if (!wrong && !vsock_rights_suffice()) {
        char *mend = vsock_rights_mend();

        wrong = g_strdup_printf("You may not record: %s", mend);
        g_free(mend);
    }
    if (!wrong) {
        catch_signals();
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
        meet_reader(form->fifo, parent);
    g_free(filter);
    return status;
}
