/* SPDX-License-Identifier: GPL-2.0-or-later
 * source.h - packets as they come, from a device or from a stream of them, taken by a thread of its own.
 * Whoever looks at what was taken holds the lock meanwhile, and packets wait. */
#ifndef VSOCK_WATCH_SOURCE_H
#define VSOCK_WATCH_SOURCE_H

#include "intake.h"

struct vsock_source;

/* Of a device, or of a stream: "-", which is standard input, or the path of a FIFO or a file. "vsockmon",
 * where no device has that name, is one that is made, and removed at the end (device.h). Having opened it,
 * the process gives up all rights: its capabilities, and, if it is root's, it goes on as `user` (NULL:
 * nobody). No packet is looked at before. `remembered`: see vsock_intake_init(). NULL, and in `wrong` what
 * is, to be freed, where that fails. */
struct vsock_source *vsock_source_open(const char *name, const char *user, uint32_t remembered, char **wrong);

/* Begins to take packets. Signals that the process waits for are blocked by then. */
void vsock_source_start(struct vsock_source *source);

/* A descriptor that can be read once there are no more packets. */
int vsock_source_ended(const struct vsock_source *source);

struct vsock_intake *
vsock_source_intake(struct vsock_source *source); /* with the lock, or before it starts */
struct vsock_intake *vsock_source_lock(struct vsock_source *source);
void vsock_source_unlock(struct vsock_source *source);

/* Whether time passes there with no packet: not in a stream, which may have been recorded long ago. */
bool vsock_source_is_live(const struct vsock_source *source);

/* Packets that the device had and nobody took, since its buffer was full; 0 of a stream. */
uint64_t vsock_source_dropped(struct vsock_source *source);

/* Takes what the kernel has shown of a device by now, and no more. The lock is held from then on. Why there
 * are no more packets, to be freed: NULL where that is as it should be. */
char *vsock_source_stop(struct vsock_source *source);

/* Once it has been stopped. False: a thread still waits for its stream, and stays until the process ends, as
 * does what it uses. */
bool vsock_source_free(struct vsock_source *source);

#endif
