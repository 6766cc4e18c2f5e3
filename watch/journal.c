/* SPDX-License-Identifier: GPL-2.0-or-later
 * journal.c - entries of systemd's journal. */
#include "journal.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#ifdef VSOCK_WITH_JOURNAL

#define SD_JOURNAL_SUPPRESS_LOCATION /* CODE_LINE and the like are of no use to anybody here */
#include <systemd/sd-journal.h>

/* Says systemd, of standard output or standard error: see systemd.exec(5), $JOURNAL_STREAM. */
bool vsock_journal_is_output(void)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    struct stat status;
    char *own;
    bool is_it;

    if (!stream || fstat(STDOUT_FILENO, &status) != 0)
        return false;
    own = g_strdup_printf("%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    is_it = strcmp(own, stream) == 0;
    g_free(own);
    return is_it;
}

static int priority_of(enum vsock_severity severity)
{
    switch (severity) {
    case VSOCK_SEVERITY_CHAT:
        return LOG_INFO;
    case VSOCK_SEVERITY_NOTE:
        return LOG_NOTICE;
    case VSOCK_SEVERITY_WARN:
        return LOG_WARNING;
    case VSOCK_SEVERITY_ERROR:
        break;
    }
    return LOG_ERR;
}

G_GNUC_PRINTF(2, 3) static void add(GPtrArray *fields, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_ptr_array_add(fields, g_strdup_vprintf(format, values));
    va_end(values);
}

static void add_end(GPtrArray *fields, uint32_t scope, uint64_t cid, uint32_t port)
{
    if (scope != VSOCK_SCOPE_NONE)
        add(fields, "CID=%" PRIu64, cid);
    if (scope == VSOCK_SCOPE_ENDPOINT)
        add(fields, "PORT=%u", port);
}

static void send(const GPtrArray *fields)
{
    struct iovec *parts = g_new(struct iovec, fields->len);

    for (unsigned i = 0; i < fields->len; i++)
        parts[i] = (struct iovec){fields->pdata[i], strlen((const char *)fields->pdata[i])};
    sd_journal_sendv(parts, (int)fields->len); /* who could be told that it failed? */
    g_free(parts);
}

void vsock_journal_tell(const struct vsock_subject *s, enum vsock_severity severity, const char *message)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);

    add(fields, "MESSAGE=%s", message);
    add(fields, "PRIORITY=%d", priority_of(severity));
    add(fields, "SYSLOG_IDENTIFIER=vsockwatch");
    add(fields, "CODE=%s", vsock_codes[s->code].name);
    add(fields, "SEVERITY=%s", vsock_severity_name(severity));
    if (s->stream != VSOCK_STREAM_NONE)
        add(fields, "STREAM=%u", s->stream);
    add_end(fields, s->src_scope, s->src_cid, s->src_port);
    add_end(fields, s->dst_scope, s->dst_cid, s->dst_port);
    send(fields);
    g_ptr_array_free(fields, TRUE);
}

#else

bool vsock_journal_is_output(void)
{
    return false;
}

void vsock_journal_tell(const struct vsock_subject *s, enum vsock_severity severity, const char *message)
{
    (void)s, (void)severity, (void)message;
}

#endif
