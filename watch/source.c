/* SPDX-License-Identifier: GPL-2.0-or-later
 * source.c - packets as they come: a device by libpcap, a stream by libwiretap. */
#define _GNU_SOURCE
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../extcap/device.h"
#include "file.h"
#include "privileges.h"

#define OWN_DEVICE "vsockmon" /* as the extcap is called; devices that the kernel names have a number */

#define SNAPLEN 262144
#define BUFFER (8 * 1024 * 1024) /* bytes that wait in the kernel while a verdict is found */
#define READ_LATER 100           /* ms until the kernel shows a packet that is alone */
#define AT_ONCE 1000             /* packets before looking whether all is to end */

struct vsock_source {
    GMutex lock;
    struct vsock_intake intake;
    GThread *thread; /* NULL once it has ended */
    int ended[2];    /* a pipe */
    int stopping;    /* for g_atomic_int_get() */
    char *wrong;     /* why it ended */
    pcap_t *pcap;    /* of a device; else NULL */
    bool has_own;    /* the next is there */
    struct vsock_device own;
    enum vsock_link link;
    bool nanoseconds;
    int stream; /* a descriptor; the next, once it is read */
    struct vsock_file *file;
};

/* ---- a device ---- */

static char *explain(pcap_t *pcap, int status)
{
    const char *what = pcap_statustostr(status), *more = pcap_geterr(pcap);

    return *more && strcmp(what, more) != 0 ? g_strdup_printf("%s: %s", what, more) : g_strdup(what);
}

static bool set_link(struct vsock_source *source)
{
    switch (pcap_datalink(source->pcap)) {
    case DLT_VSOCK:
        source->link = VSOCK_LINK_VSOCK;
        return true;
    case DLT_LINUX_SLL:
        source->link = VSOCK_LINK_SLL;
        return true;
    case DLT_LINUX_SLL2:
        source->link = VSOCK_LINK_SLL2;
        return true;
    default:
        return false;
    }
}

/* 0, or libpcap's error. Nanoseconds where there are any. */
static int set_up(pcap_t *pcap)
{
    int status = pcap_set_snaplen(pcap, SNAPLEN);

    if (status == 0)
        status = pcap_set_buffer_size(pcap, BUFFER);
    if (status == 0)
        status = pcap_set_timeout(pcap, READ_LATER);
    if (status == 0 && pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) != 0)
        status = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_MICRO);
    return status;
}

/* For as long as it is looked at. */
static char *make_device(struct vsock_source *source)
{
    char *wrong = NULL;

#ifdef VSOCK_WITH_DEVICES
    source->has_own = vsock_device_make(&source->own, &wrong);
#else
    wrong = g_strdup("this vsockwatch cannot make a device: it was built without libmnl");
#endif
    return wrong;
}

static void remove_device(struct vsock_source *source)
{
#ifdef VSOCK_WITH_DEVICES
    if (source->has_own)
        vsock_device_remove(&source->own);
#else
    (void)source;
#endif
}

static char *open_device(struct vsock_source *source, const char *name)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    int status;

    source->pcap = pcap_create(name, error);
    if (!source->pcap)
        return g_strdup(error);
    status = set_up(source->pcap);
    if (status == 0)
        status = pcap_activate(source->pcap);
    if (status < 0)
        return explain(source->pcap, status);
    source->nanoseconds = pcap_get_tstamp_precision(source->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    if (pcap_setnonblock(source->pcap, 1, error) != 0)
        return g_strdup(error);
    return set_link(source) ? NULL
                            : g_strdup("vsock is not recorded there: it is on vsockmon devices, and on any");
}

/* False: no more can be taken. */
static bool take_frame(struct vsock_source *source, const struct vsock_frame *frame)
{
    bool took;

    g_mutex_lock(&source->lock);
    took = vsock_intake_take(&source->intake, frame);
    g_mutex_unlock(&source->lock);
    if (!took && !source->wrong)
        source->wrong = g_strdup(VSOCK_INTAKE_FULL);
    return took;
}

static void take_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct vsock_source *source = (struct vsock_source *)(void *)user;
    const struct vsock_frame frame = {
        .bytes = bytes,
        .captured = header->caplen,
        .length = header->len,
        .link = source->link,
        .time = vsock_time_at(header->ts.tv_sec, (int)header->ts.tv_usec * (source->nanoseconds ? 1 : 1000)),
    };

    if (!take_frame(source, &frame))
        pcap_breakloop(source->pcap);
}

/* Until all is to end, and then what there still is. */
static void take_from_device(struct vsock_source *source)
{
    struct pollfd waits = {.fd = pcap_get_selectable_fd(source->pcap), .events = POLLIN};
    bool last;
    int took;

    do {
        last = g_atomic_int_get(&source->stopping);
        poll(&waits, 1, 2 * READ_LATER);
        took = pcap_dispatch(source->pcap, AT_ONCE, take_packet, (u_char *)source);
    } while (took >= 0 && (!last || took == AT_ONCE));
    if (took < 0 && !source->wrong)
        source->wrong = g_strdup(pcap_geterr(source->pcap));
}

/* ---- a stream ---- */

/* Now, since the process may not open it any more later. */
static char *open_stream(struct vsock_source *source, const char *path)
{
    source->stream = vsock_file_descriptor(path);
    return source->stream < 0 ? g_strdup(g_strerror(errno)) : NULL;
}

static void take_from_stream(struct vsock_source *source)
{
    struct vsock_frame frame;
    bool goes_on = true;

    vsock_files_begin();
    source->file = vsock_file_open_descriptor(source->stream, &source->wrong);
    if (!source->file)
        return;
    while (goes_on && !g_atomic_int_get(&source->stopping) &&
           vsock_file_read(source->file, &frame, &source->wrong))
        goes_on = take_frame(source, &frame);
}

/* ---- both ---- */

static void *run(void *data)
{
    struct vsock_source *source = (struct vsock_source *)data;

    if (source->pcap)
        take_from_device(source);
    else
        take_from_stream(source);
    close(source->ended[1]);
    return NULL;
}

static char *open_own_device(struct vsock_source *source)
{
    char *wrong = make_device(source);

    return wrong ? wrong : open_device(source, source->own.name);
}

/* Linux has no device with a / in its name: dev_valid_name() of net/core/dev.c. */
static bool is_stream(const char *name)
{
    return strcmp(name, "-") == 0 || strchr(name, '/');
}

static char *open_named(struct vsock_source *source, const char *name)
{
    if (is_stream(name))
        return open_stream(source, name);
    if (strcmp(name, OWN_DEVICE) == 0 && if_nametoindex(name) == 0)
        return open_own_device(source);
    return open_device(source, name);
}

struct vsock_source *vsock_source_open(const char *name, const char *user, uint32_t remembered, char **wrong)
{
    struct vsock_source *source = g_new0(struct vsock_source, 1);

    *wrong = open_named(source, name);
    if (!*wrong)
        *wrong = vsock_privileges_give_up(user);
    if (!*wrong && pipe2(source->ended, O_CLOEXEC) != 0)
        *wrong = g_strdup(g_strerror(errno));
    if (!*wrong) {
        vsock_intake_init(&source->intake, remembered, true);
        return source;
    }
    if (source->pcap)
        pcap_close(source->pcap);
    remove_device(source);
    g_free(source);
    return NULL;
}

void vsock_source_start(struct vsock_source *source)
{
    g_mutex_init(&source->lock);
    source->thread = g_thread_new("packets", run, source);
}

int vsock_source_ended(const struct vsock_source *source)
{
    return source->ended[0];
}

struct vsock_intake *vsock_source_intake(struct vsock_source *source)
{
    return &source->intake;
}

struct vsock_intake *vsock_source_lock(struct vsock_source *source)
{
    g_mutex_lock(&source->lock);
    return &source->intake;
}

void vsock_source_unlock(struct vsock_source *source)
{
    g_mutex_unlock(&source->lock);
}

bool vsock_source_is_live(const struct vsock_source *source)
{
    return source->pcap != NULL;
}

uint64_t vsock_source_dropped(struct vsock_source *source)
{
    struct pcap_stat statistics;

    if (!source->pcap || pcap_stats(source->pcap, &statistics) != 0)
        return 0;
    return statistics.ps_drop;
}

/* A stream may never give another packet, nor end: its thread is left to the end of the process then. */
char *vsock_source_stop(struct vsock_source *source)
{
    struct pollfd ended = {.fd = source->ended[0], .events = POLLIN};
    bool joins;

    g_atomic_int_set(&source->stopping, 1);
    joins = source->pcap || poll(&ended, 1, 0) > 0;
    if (joins) {
        g_thread_join(source->thread);
        source->thread = NULL;
    }
    g_mutex_lock(&source->lock);
    return joins ? g_strdup(source->wrong) : NULL;
}

bool vsock_source_free(struct vsock_source *source)
{
    if (source->thread)
        return false;
    if (source->pcap)
        pcap_close(source->pcap);
    remove_device(source);
    if (source->file)
        vsock_file_close(source->file);
    vsock_intake_clear(&source->intake);
    close(source->ended[0]);
    g_free(source->wrong);
    g_mutex_unlock(&source->lock);
    g_mutex_clear(&source->lock);
    g_free(source);
    return true;
}
