/* SPDX-License-Identifier: GPL-2.0-or-later
 * device.h - a vsockmon device that lives as long as who made it. */
#ifndef VSOCK_EXTCAP_DEVICE_H
#define VSOCK_EXTCAP_DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <sys/types.h>

struct vsock_device {
    char name[IF_NAMESIZE];
    int leash; /* a guardian holds the other end: when this one is closed, it removes the device */
    pid_t guardian;
};

/* Makes a device with a name that nobody has, and sets it up. False, with what is wrong for g_free(), if it
 * cannot. A process of its own makes it and removes it: when this one says so, or has ended, however that
 * was. So this is for a process that has no threads yet, nor files that others wait for the end of. */
bool vsock_device_make(struct vsock_device *device, char **wrong);

/* Returns when it is gone. */
void vsock_device_remove(struct vsock_device *device);

#endif
