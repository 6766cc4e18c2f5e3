/* SPDX-License-Identifier: GPL-2.0-or-later
 * privileges.c - giving them up. Sources: capabilities(7), user_namespaces(7), setgroups(2). */
#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <glib.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../extcap/rights.h"

#define NOBODY 65534 /* user and group, where no name says so: Linux's overflowuid */

bool vsock_privileges_are_roots(void)
{
    return geteuid() == 0;
}

static bool become(uid_t user, gid_t group)
{
    return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0;
}

/* Has the process no capability for it, or its namespace no such user? */
static bool is_refused(void)
{
    return errno == EPERM || errno == EINVAL;
}

static char *failed(void)
{
    return g_strdup_printf("rights could not be given up: %s", g_strerror(errno));
}

static char *become_another(const char *user)
{
    /* cppcheck-suppress getpwnamCalled ; there is but one thread yet */
    const struct passwd *entry = getpwnam(user ? user : "nobody");

    if (user && !entry)
        return g_strdup_printf("there is no user %s", user);
    if (!become(entry ? entry->pw_uid : NOBODY, entry ? entry->pw_gid : NOBODY) && (user || !is_refused()))
        return failed();
    return NULL;
}

char *vsock_privileges_give_up(const char *user)
{
    char *wrong = NULL;

    if (vsock_privileges_are_roots())
        wrong = become_another(user);
    else if (user)
        wrong = g_strdup("only root can go on as another user");
    if (!wrong && (!vsock_rights_keep(-1) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
        wrong = failed();
    return wrong;
}
