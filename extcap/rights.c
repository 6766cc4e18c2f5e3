/* SPDX-License-Identifier: GPL-2.0-or-later
 * rights.c - capabilities of this process, asked of the kernel itself: libcap would be one more library for
 * two calls. */
#include "rights.h"

#include <glib.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Version 3 has 64 capabilities in two halves; those wanted here are in the first. */
#define HALVES _LINUX_CAPABILITY_U32S_3

static struct __user_cap_header_struct this_process(void)
{
    return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

bool vsock_rights_suffice(void)
{
    const uint32_t wanted = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW;
    struct __user_cap_header_struct header = this_process();
    struct __user_cap_data_struct data[HALVES];

    memset(data, 0, sizeof(data));
    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & wanted) == wanted;
}

bool vsock_rights_keep(int capability)
{
    struct __user_cap_header_struct header = this_process();
    struct __user_cap_data_struct data[HALVES];

    memset(data, 0, sizeof(data));
    if (capability >= 0)
        data[0].effective = data[0].permitted = 1U << capability;
    return syscall(SYS_capset, &header, data) == 0;
}

/* As a shell takes it, for g_free(). */
static char *quoted_path(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+";

    return path[strspn(path, plain)] ? g_shell_quote(path) : g_strdup(path);
}

char *vsock_rights_mend(void)
{
    char path[4096], *quoted, *said;
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    struct stat file;

    if (geteuid() == 0)
        return g_strdup(
            "root has not the capabilities cap_net_admin and cap_net_raw here, as in a container. Record "
            "outside of it.");
    if (length < 0 || stat("/proc/self/exe", &file) != 0)
        return g_strdup("run this as root.");
    path[length] = '\0';
    quoted = quoted_path(path);
    if (file.st_uid == geteuid())
        said = g_strdup_printf("run this as root, or let this program of yours do it:\n"
                               "    chmod 700 %s && sudo setcap cap_net_admin,cap_net_raw=ep %s",
                               quoted, quoted);
    else
        said = g_strdup_printf("run this as root, or let the group wireshark do it, and be in it:\n"
                               "    sudo chgrp wireshark %s && sudo chmod 750 %s && sudo setcap "
                               "cap_net_admin,cap_net_raw=ep %s",
                               quoted, quoted, quoted);
    g_free(quoted);
    return said;
}
