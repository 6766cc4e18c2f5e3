/* SPDX-License-Identifier: GPL-2.0-or-later
 * services.c - the user's names for CIDs and ports, and the services that have a port of their own. */
#include "compat.h"

#include "services.h"

#include <epan/addr_resolv.h>
#include <epan/uat.h>
#include <wsutil/strtoi.h>

#include "core/wire.h"

/* Ports that one program alone uses. Port 1024 has six claimants, 1025 and 8888 two each: such are left out.
 */
static const struct {
    uint32_t port;
    const char *name;
} known_services[] = {
    {22, "ssh"},                  /* systemd-ssh-generator(8): sshd on vsock port 22 */
    {620, "tsi"},                 /* libkrun, src/devices/src/virtio/vsock/defs.rs */
    {823, "trace-cmd"},           /* trace-cmd, tracecmd/include/trace-local.h */
    {1026, "kata-debug-console"}, /* kata-containers, agent.debug_console_vport */
    {4050, "tdx-qgs"},            /* QEMU, quote-generation-socket */
    {5201, "iperf3"},             /* iperf3 --vsock */
    {5555, "adb"},                /* adb connect vsock:CID:5555 */
    {7777, "vm-startup"},         /* ChromeOS, system_api/constants/vm_tools.h, as the next seven */
    {7778, "tremplin-listener"},
    {7779, "crash-listener"},
    {8889, "garcon"},
    {8890, "tremplin"},
    {9001, "vsh"},
    {9901, "arc-host-clock"},
    {7000, "nitro-enclave-loader"}, /* aws-nitro-enclaves-cli, ENCLAVE_VSOCK_LOADER_PORT */
    {9000, "nitro-heartbeat"},      /* aws-nitro-enclaves-cli, src/enclave_proc/commands.rs */
    {10809, "nbd"},                 /* libnbd, nbd+vsock: */
    {22099, "virtsock-stress"},     /* linuxkit/virtsock */
    {50000, "wsl-init"},            /* WSL, src/shared/inc/lxinitshared.h, as the next five */
    {50001, "wsl-plan9"},
    {50002, "wsl-drvfs"},
    {50003, "wsl-drvfs-admin"},
    {50004, "wsl-virtiofs"},
    {50005, "wsl-crash-dump"},
    {0x40000000, "gcs"}, /* hcsshim, internal/gcs/prot/protocol.go */
};

struct cid_name {
    unsigned cid;
    char *name;
};

struct user_service {
    char *cid; /* decimal, or empty for any */
    unsigned port;
    char *name;
};

static struct cid_name *cid_names;
static unsigned cid_name_count;
static struct user_service *user_services;
static unsigned user_service_count;

UAT_DEC_CB_DEF(cid_names, cid, struct cid_name)
UAT_CSTRING_CB_DEF(cid_names, name, struct cid_name)
UAT_CSTRING_CB_DEF(user_services, cid, struct user_service)
UAT_DEC_CB_DEF(user_services, port, struct user_service)
UAT_CSTRING_CB_DEF(user_services, name, struct user_service)

static void *copy_cid_name(void *dest, const void *source, size_t size _U_)
{
    const struct cid_name *from = (const struct cid_name *)source;
    struct cid_name *to = (struct cid_name *)dest;

    to->cid = from->cid;
    to->name = g_strdup(from->name);
    return dest;
}

static void free_cid_name(void *record)
{
    g_free(((struct cid_name *)record)->name);
}

static void *copy_user_service(void *dest, const void *source, size_t size _U_)
{
    const struct user_service *from = (const struct user_service *)source;
    struct user_service *to = (struct user_service *)dest;

    to->cid = g_strdup(from->cid);
    to->port = from->port;
    to->name = g_strdup(from->name);
    return dest;
}

static void free_user_service(void *record)
{
    g_free(((struct user_service *)record)->cid);
    g_free(((struct user_service *)record)->name);
}

static compat_bool check_user_service(void *record, char **error)
{
    const struct user_service *s = (const struct user_service *)record;

    *error = NULL;
    if (s->cid && *s->cid != '\0' && !g_ascii_string_to_unsigned(s->cid, 10, 0, UINT64_MAX, NULL, NULL))
        *error = g_strdup_printf("\"%s\" is not a CID: a decimal number, or nothing for any CID", s->cid);
    return *error == NULL;
}

static void register_cid_names(module_t *preferences)
{
    static uat_field_t columns[] = {
        UAT_FLD_DEC(cid_names, cid, "CID", "The CID, as a decimal number"),
        UAT_FLD_CSTRING(cid_names, name, "Name", "What to show for it"),
        UAT_END_FIELDS,
    };
    uat_t *cids =
        uat_new("vsock CID names", sizeof(struct cid_name), "vsock_cids", TRUE, &cid_names, &cid_name_count,
                UAT_AFFECTS_DISSECTION, NULL, copy_cid_name, NULL, free_cid_name, NULL, NULL, columns);

    prefs_register_uat_preference(preferences, "cid_names", "CID names",
                                  "Names for virtual machines, shown while physical addresses are resolved",
                                  cids);
}

static void register_service_names(module_t *preferences)
{
    static uat_field_t columns[] = {
        UAT_FLD_CSTRING(user_services, cid, "CID",
                        "The CID that listens, as a decimal number; empty for any"),
        UAT_FLD_DEC(user_services, port, "Port", "The port"),
        UAT_FLD_CSTRING(user_services, name, "Name", "What to show for it"),
        UAT_END_FIELDS,
    };
    uat_t *services = uat_new("vsock service names", sizeof(struct user_service), "vsock_services", TRUE,
                              &user_services, &user_service_count, UAT_AFFECTS_DISSECTION, NULL,
                              copy_user_service, check_user_service, free_user_service, NULL, NULL, columns);

    prefs_register_uat_preference(preferences, "service_names", "Service names",
                                  "Names for ports, shown while transport names are resolved", services);
}

void vsock_services_register(module_t *preferences)
{
    register_cid_names(preferences);
    register_service_names(preferences);
}

const char *vsock_user_cid_name(uint64_t cid)
{
    if (!gbl_resolv_flags.mac_name)
        return NULL;
    for (unsigned i = 0; i < cid_name_count; i++) {
        if (cid_names[i].cid == cid)
            return cid_names[i].name;
    }
    return NULL;
}

static const char *user_service_name(uint64_t cid, uint32_t port)
{
    const char *any = NULL;

    for (unsigned i = 0; i < user_service_count; i++) {
        const struct user_service *s = &user_services[i];

        if (s->port != port)
            continue;
        if (!s->cid || *s->cid == '\0')
            any = s->name;
        else if (g_ascii_strtoull(s->cid, NULL, 10) == cid)
            return s->name;
    }
    return any;
}

const char *vsock_service_name(uint64_t cid, uint32_t port)
{
    const char *name;

    if (!gbl_resolv_flags.transport_name)
        return NULL;
    name = user_service_name(cid, port);
    for (size_t i = 0; !name && i < array_length(known_services); i++) {
        if (known_services[i].port == port)
            name = known_services[i].name;
    }
    return name;
}
