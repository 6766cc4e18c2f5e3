/* SPDX-License-Identifier: GPL-2.0-or-later
 * reader.c - writes to Wireshark's FIFO. What is read, the reader and the parent are waited for together. */
#define _GNU_SOURCE
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LOOK_ROUND 1000 /* ms: is the parent there? */
#define LOOK_SOON 20    /* ms: has the reader come? */
#define MEETING 10000   /* ms that he has for that after a failure */
#define LAST_WORDS 2000 /* ms that a reader who is slow gets when all is to end */

static volatile sig_atomic_t told_to_end;
static sigset_t waiting_mask;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

void vsock_reader_catch_signals(void)
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

bool vsock_reader_told_to_end(void)
{
    return told_to_end != 0;
}

void vsock_reader_wait(struct vsock_reader *reader, int file, bool room, int ms)
{
    struct pollfd files[] = {
        {.fd = file, .events = POLLIN},
        {.fd = reader->fifo, .events = room ? POLLOUT : 0},
    };
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};

    if (ppoll(files, G_N_ELEMENTS(files), &time, &waiting_mask) > 0 &&
        files[1].revents & (POLLERR | POLLNVAL))
        reader->over = true;
    if (getppid() != reader->parent)
        reader->over = true;
}

void vsock_reader_flush(struct vsock_reader *reader)
{
    gint64 patience = 0;
    guint written = 0;

    while (written < reader->out->len && !reader->over) {
        ssize_t wrote = write(reader->fifo, reader->out->data + written, reader->out->len - written);

        if (wrote > 0) {
            written += (guint)wrote;
            continue;
        }
        if (wrote < 0 && errno != EAGAIN && errno != EINTR) {
            if (errno != EPIPE)
                fprintf(stderr, "%s: the capture could not be written: %s\n", reader->program,
                        g_strerror(errno));
            reader->over = true;
            break;
        }
        if (told_to_end && patience == 0)
            patience = g_get_monotonic_time() + (gint64)LAST_WORDS * 1000;
        if (patience != 0 && g_get_monotonic_time() > patience)
            reader->over = true;
        else
            vsock_reader_wait(reader, -1, true, LOOK_ROUND);
    }
    g_byte_array_set_size(reader->out, 0);
}

/* Opening it blocks until somebody reads; who is to read may die before. */
bool vsock_reader_open(struct vsock_reader *reader, const char *path)
{
    reader->fifo = -1;
    while (!told_to_end && !reader->over) {
        reader->fifo = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (reader->fifo >= 0)
            return true;
        if (errno != ENXIO) {
            fprintf(stderr, "%s: %s could not be opened: %s\n", reader->program, path, g_strerror(errno));
            return false;
        }
        vsock_reader_wait(reader, -1, false, LOOK_SOON);
    }
    return false;
}

void vsock_reader_meet(const char *path, pid_t parent)
{
    for (int waited = 0; waited < MEETING && getppid() == parent; waited += LOOK_SOON) {
        static int kept; /* open until this process ends */

        kept = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (kept >= 0 || errno != ENXIO)
            return;
        g_usleep((gulong)LOOK_SOON * 1000);
    }
}
