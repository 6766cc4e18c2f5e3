/* SPDX-License-Identifier: GPL-2.0-or-later
 * services.c - the user's names for CIDs and ports, and the services that have a port of their own. */
#include "compat.h"

#include "services.h"

#include <epan/addr_resolv.h>
#include <epan/strutil.h>
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

/* A row of either table of the user's. */
struct user_name {
    char *cid;       /* of a service's port: decimal, or empty for any */
    unsigned number; /* the CID; or the port */
    char *name;
    /* The same, printable and in UTF-8, which a profile need not be: nothing behind this checks again, and
     * the name goes to terminals and into XML. Only in rows that epan has copied, which are those it gives
     * out. */
    char *shown;
};

static struct user_name *cid_names, *services;
static unsigned cid_name_count, service_count;

UAT_DEC_CB_DEF(cid_names, number, struct user_name)
UAT_CSTRING_CB_DEF(cid_names, name, struct user_name)
UAT_CSTRING_CB_DEF(services, cid, struct user_name)
UAT_DEC_CB_DEF(services, number, struct user_name)
UAT_CSTRING_CB_DEF(services, name, struct user_name)

static char *printable(const char *text)
{
    char *scratch, *copy;

    if (!text)
        return NULL;
    scratch = compat_format_text(NULL, text);
    copy = g_strdup(scratch);
    wmem_free(NULL, scratch);
    return copy;
}

static void *copy_name(void *dest, const void *source, size_t size _U_)
{
    const struct user_name *from = (const struct user_name *)source;

    *(struct user_name *)dest = (struct user_name){
        .cid = g_strdup(from->cid),
        .number = from->number,
        .name = g_strdup(from->name),
        .shown = printable(from->name),
    };
    return dest;
}

static void free_name(void *record)
{
    g_free(((struct user_name *)record)->cid);
    g_free(((struct user_name *)record)->name);
    g_free(((struct user_name *)record)->shown);
}

static compat_bool check_service(void *record, char **error)
{
    const char *cid = ((const struct user_name *)record)->cid;

    *error = NULL;
    if (cid && *cid != '\0' && !g_ascii_string_to_unsigned(cid, 10, 0, UINT64_MAX, NULL, NULL))
        *error = g_strdup_printf("\"%s\" is not a CID: a decimal number, or nothing for any CID", cid);
    return *error == NULL;
}

void vsock_services_register(module_t *preferences)
{
    static uat_field_t cid_columns[] = {
        UAT_FLD_DEC(cid_names, number, "CID", "The CID, as a decimal number"),
        UAT_FLD_CSTRING(cid_names, name, "Name", "What to show for it"),
        UAT_END_FIELDS,
    };
    static uat_field_t service_columns[] = {
        UAT_FLD_CSTRING(services, cid, "CID", "The CID that listens, as a decimal number; empty for any"),
        UAT_FLD_DEC(services, number, "Port", "The port"),
        UAT_FLD_CSTRING(services, name, "Name", "What to show for it"),
        UAT_END_FIELDS,
    };

    prefs_register_uat_preference(preferences, "cid_names", "CID names",
                                  "Names for virtual machines, shown while physical addresses are resolved",
                                  uat_new("vsock CID names", sizeof(struct user_name), "vsock_cids", TRUE,
                                          &cid_names, &cid_name_count, UAT_AFFECTS_DISSECTION, NULL,
                                          copy_name, NULL, free_name, NULL, NULL, cid_columns));
    prefs_register_uat_preference(preferences, "service_names", "Service names",
                                  "Names for ports, shown while transport names are resolved",
                                  uat_new("vsock service names", sizeof(struct user_name), "vsock_services",
                                          TRUE, &services, &service_count, UAT_AFFECTS_DISSECTION, NULL,
                                          copy_name, check_service, free_name, NULL, NULL, service_columns));
}

const char *vsock_user_cid_name(uint64_t cid)
{
    if (!gbl_resolv_flags.mac_name)
        return NULL;
    for (unsigned i = 0; i < cid_name_count; i++) {
        if (cid_names[i].number == cid)
            return cid_names[i].shown;
    }
    return NULL;
}

static const char *user_service_name(uint64_t cid, uint32_t port)
{
    const char *any = NULL;

    for (unsigned i = 0; i < service_count; i++) {
        const struct user_name *s = &services[i];

        if (s->number != port)
            continue;
        if (!s->cid || *s->cid == '\0')
            any = s->shown;
        else if (g_ascii_strtoull(s->cid, NULL, 10) == cid)
            return s->shown;
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
