/* SPDX-License-Identifier: GPL-2.0-or-later
 * reader.h - who reads what is captured: Wireshark's FIFO, and when all is to end. Nothing here blocks for
 * longer than it says. */
#ifndef VSOCK_EXTCAP_READER_H
#define VSOCK_EXTCAP_READER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct vsock_reader {
    const char *program; /* in what is said on stderr */
    int fifo;            /* -1 before it is opened */
    pid_t parent;        /* Wireshark or tshark */
    GByteArray *out;     /* what is to be written */
    bool over;           /* the reader or the parent is gone */
};

/* From here on, SIGHUP, SIGINT and SIGTERM come while something is waited for, and at no other time. */
void vsock_reader_catch_signals(void);
bool vsock_reader_told_to_end(void);

/* Waits, for some ms, until there is something to read in the file, which may be -1, or more can be written
 * if that is wanted. Finds out whether the reader and the parent are there. */
void vsock_reader_wait(struct vsock_reader *reader, int file, bool room, int ms);

/* False, having said so, if it cannot be opened; also if it need not be any more. */
bool vsock_reader_open(struct vsock_reader *reader, const char *path);

/* Writes all of `out`, unless the reader has gone, or does not read when all is to end. Empties it. */
void vsock_reader_flush(struct vsock_reader *reader);

/* After a failure: tshark 4.0 waits for ever where an extcap has ended before its reader came, so he is
 * waited for. He sees the end of the FIFO when this process ends. */
void vsock_reader_meet(const char *path, pid_t parent);

#endif
