/* SPDX-License-Identifier: GPL-2.0-or-later
 * device.c - makes and removes a vsockmon device over rtnetlink, from a process that outlives the one that
 * records. A kernel removes such a device by itself only with its network namespace, and a namespace of one's
 * own takes more than the right to make devices (CAP_SYS_ADMIN). Source: rtnetlink(7), linux/if_link.h. */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rights.h"

#define KIND "vsockmon" /* Linux loads the module of that name */
#define DEVICES_MAX 100

/* What the guardian says once: 0 or errno, and the device's name. */
struct word {
    int error;
    char name[IF_NAMESIZE];
};

/* Sends a request, and waits for its answer: 0 or errno. */
static int ask(struct mnl_socket *netlink, struct nlmsghdr *request)
{
    char answer[8192];
    ssize_t length;

    request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = 1;
    if (mnl_socket_sendto(netlink, request, request->nlmsg_len) < 0)
        return errno;
    length = mnl_socket_recvfrom(netlink, answer, sizeof(answer));
    if (length < 0)
        return errno;
    if (mnl_cb_run(answer, (size_t)length, 1, mnl_socket_get_portid(netlink), NULL, NULL) < 0)
        return errno;
    return 0;
}

static struct nlmsghdr *request_of(char *buffer, uint16_t type, struct ifinfomsg **link)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

    request->nlmsg_type = type;
    *link = mnl_nlmsg_put_extra_header(request, sizeof(**link));
    (*link)->ifi_family = AF_UNSPEC;
    return request;
}

static int make_named(struct mnl_socket *netlink, const char *name)
{
    char buffer[1024];
    struct ifinfomsg *link;
    struct nlmsghdr *request = request_of(buffer, RTM_NEWLINK, &link);
    struct nlattr *info;

    request->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    link->ifi_flags = IFF_UP;
    link->ifi_change = IFF_UP;
    mnl_attr_put_strz(request, IFLA_IFNAME, name);
    info = mnl_attr_nest_start(request, IFLA_LINKINFO);
    mnl_attr_put_str(request, IFLA_INFO_KIND, KIND);
    mnl_attr_nest_end(request, info);
    return ask(netlink, request);
}

static int make_any(struct mnl_socket *netlink, char name[IF_NAMESIZE])
{
    int error = EEXIST;

    for (int number = 0; number < DEVICES_MAX && error == EEXIST; number++) {
        g_snprintf(name, IF_NAMESIZE, "vsockmon-cap%d", number);
        error = make_named(netlink, name);
    }
    return error;
}

/* By its number, which no other device gets after it. */
static void remove_numbered(struct mnl_socket *netlink, unsigned number)
{
    char buffer[1024];
    struct ifinfomsg *link;
    struct nlmsghdr *request = request_of(buffer, RTM_DELLINK, &link);

    link->ifi_index = (int)number;
    ask(netlink, request);
}

static struct mnl_socket *open_netlink(void)
{
    struct mnl_socket *netlink = mnl_socket_open(NETLINK_ROUTE);

    if (netlink && mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0) {
        mnl_socket_close(netlink);
        netlink = NULL;
    }
    return netlink;
}

/* Ctrl+C goes to all processes of a terminal; and who waits for the end of our output need not wait for this.
 */
static void stay_out_of_sight(void)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < G_N_ELEMENTS(ignored); i++)
        signal(ignored[i], SIG_IGN);
    setsid();
    for (int file = STDIN_FILENO; nothing >= 0 && file <= STDERR_FILENO; file++)
        dup2(nothing, file);
}

static void guard(int leash)
{
    struct word word = {0, ""};
    struct mnl_socket *netlink;
    unsigned number = 0;
    char end;

    stay_out_of_sight();
    vsock_rights_keep(CAP_NET_ADMIN);
    netlink = open_netlink();
    word.error = netlink ? make_any(netlink, word.name) : errno;
    if (word.error == 0)
        number = if_nametoindex(word.name);
    /* Who cannot be told has ended. */
    if (send(leash, &word, sizeof(word), MSG_NOSIGNAL) == sizeof(word))
        while (recv(leash, &end, sizeof(end), 0) < 0 && errno == EINTR)
            ;
    if (number > 0)
        remove_numbered(netlink, number);
    if (netlink)
        mnl_socket_close(netlink);
}

static char *explain(int error)
{
    if (error == EOPNOTSUPP)
        return g_strdup(
            "this kernel has no vsockmon: no module of that name, and not built in (CONFIG_VSOCKMON)");
    return g_strdup_printf("no vsockmon device could be made: %s", g_strerror(error));
}

bool vsock_device_make(struct vsock_device *device, char **wrong)
{
    struct word word = {EPIPE, ""}; /* if the guardian dies */
    int ends[2];

    *wrong = NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        *wrong = explain(errno);
        return false;
    }
    device->guardian = fork();
    if (device->guardian == 0) {
        close(ends[0]);
        guard(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    device->leash = ends[0];
    if (device->guardian < 0)
        word.error = errno;
    else if (recv(device->leash, &word, sizeof(word), 0) != sizeof(word))
        word.error = EPIPE;
    memcpy(device->name, word.name, sizeof(device->name));
    if (word.error != 0) {
        *wrong = explain(word.error);
        vsock_device_remove(device);
    }
    return word.error == 0;
}

void vsock_device_remove(struct vsock_device *device)
{
    close(device->leash);
    if (device->guardian > 0)
        while (waitpid(device->guardian, NULL, 0) < 0 && errno == EINTR)
            ;
}
