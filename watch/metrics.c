/* SPDX-License-Identifier: GPL-2.0-or-later
 * metrics.c - figures for Prometheus. */
#define _GNU_SOURCE
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/streams.h"

/* Nanoseconds: from loopback's to the two seconds after which Linux gives up. */
static const int64_t connect_buckets[] = {
    VSOCK_SECOND / 10000, VSOCK_SECOND / 1000, VSOCK_SECOND / 100, VSOCK_SECOND / 10,
    VSOCK_SECOND / 2,     VSOCK_SECOND,        2 * VSOCK_SECOND,   5 * VSOCK_SECOND,
};
#define BUCKETS G_N_ELEMENTS(connect_buckets)

/* What became of connections to a server. */
struct served {
    uint64_t opened, refused, open;
};

enum {
    FORGOTTEN, /* connections that are */
    KEPT,      /* counted anew each time */
    PARTS
};

/* By the endpoint that was connected to. */
struct server {
    struct vsock_key key; /* CID, port */
    struct served part[PARTS];
};

struct sums {
    uint64_t connected[BUCKETS + 1]; /* the last: all of them */
    int64_t connect_time;
    uint64_t ended[VSOCK_RST_NOT_WAITED_FOR + 1]; /* by enum vsock_rst_kind */
    uint64_t stalled;
    int64_t longest_stall; /* that goes on */
};

struct vsock_metrics {
    uint32_t diagnoses[VSOCK_CODE_COUNT][VSOCK_SEVERITY_ERROR + 1];
    struct vsock_table servers; /* in the order in which they got their labels */
    struct server others;
    struct sums part[PARTS];
};

/* ---- summing up ---- */

struct vsock_metrics *vsock_metrics_new(void)
{
    struct vsock_metrics *metrics = g_new0(struct vsock_metrics, 1);

    metrics->servers = vsock_table_new_listed(wmem_allocator_new(WMEM_ALLOCATOR_BLOCK));
    return metrics;
}

void vsock_metrics_free(struct vsock_metrics *metrics)
{
    wmem_destroy_allocator(metrics->servers.memory);
    g_free(metrics);
}

void vsock_metrics_note(struct vsock_metrics *metrics, const struct vsock_report *report)
{
    memset(metrics->diagnoses, 0, sizeof(metrics->diagnoses));
    for (unsigned i = 0; i < report->rows->len; i++) {
        const struct vsock_diagnosis *d = &g_array_index(report->rows, struct vsock_diagnosis, i);

        metrics->diagnoses[d->code][d->severity]++;
    }
}

static struct server *server_at(const struct vsock_metrics *metrics, unsigned i)
{
    return *(struct server **)wmem_array_index(metrics->servers.all, i);
}

/* The first ones that are met have labels of their own, and keep them. */
static struct server *server_of(struct vsock_metrics *metrics, struct vsock_endpoint endpoint)
{
    struct vsock_key key = {{endpoint.cid, endpoint.port}};
    struct server *server = (struct server *)vsock_table_find(&metrics->servers, key);

    if (server)
        return server;
    if (wmem_array_get_count(metrics->servers.all) == VSOCK_METRICS_SERVERS)
        return &metrics->others;
    return (struct server *)vsock_table_get(&metrics->servers, key, sizeof(*server));
}

static void add_connect_time(struct sums *sums, int64_t time)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        sums->connected[i] += time <= connect_buckets[i];
    sums->connected[BUCKETS]++;
    sums->connect_time = vsock_time_sum(sums->connect_time, MAX(time, 0));
}

static void add_open_stall(struct sums *sums, const struct vsock_stream *s)
{
    int64_t longest = MAX(vsock_stream_open_stall(s, 0), vsock_stream_open_stall(s, 1));

    if (longest <= 0)
        return;
    sums->stalled++;
    sums->longest_stall = MAX(sums->longest_stall, longest);
}

static bool goes_on(const struct vsock_stream *s)
{
    return !s->conn.ended && s->superseded_time == VSOCK_TIME_NONE &&
           (s->conn.state == VSOCK_STATE_OPEN || s->conn.state == VSOCK_STATE_HALF_CLOSED ||
            s->conn.state == VSOCK_STATE_MIDSTREAM);
}

static void add_stream(struct vsock_metrics *metrics, unsigned part, const struct vsock_stream *s)
{
    struct vsock_stream_row row = vsock_stream_row_of(s, 0);
    struct served *served = &server_of(metrics, row.server)->part[part];
    struct sums *sums = &metrics->part[part];

    served->opened += (s->conn.completeness & VSOCK_COMPLETE_RESPONSE) != 0;
    served->refused += row.rst_kind == VSOCK_RST_REFUSED;
    if (row.connect != VSOCK_TIME_NONE && s->conn.completeness & VSOCK_COMPLETE_RESPONSE)
        add_connect_time(sums, row.connect);
    if (row.rst_kind != VSOCK_RST_NONE)
        sums->ended[row.rst_kind]++;
    if (part == FORGOTTEN || !goes_on(s))
        return;
    served->open++;
    add_open_stall(sums, s);
}

void vsock_metrics_forget(const struct vsock_stream *s, void *metrics)
{
    add_stream((struct vsock_metrics *)metrics, FORGOTTEN, s);
}

static void add_streams(struct vsock_metrics *metrics, const struct vsock_capture *capture)
{
    metrics->part[KEPT] = (struct sums){0};
    metrics->others.part[KEPT] = (struct served){0};
    for (unsigned i = 0; i < wmem_array_get_count(metrics->servers.all); i++)
        server_at(metrics, i)->part[KEPT] = (struct served){0};
    for (uint32_t i = 0; i < wmem_array_get_count(capture->streams); i++)
        add_stream(metrics, KEPT, vsock_capture_stream(capture, i));
}

/* ---- the text ---- */

static void begin(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_number(GString *out, const char *name, const char *type, const char *help, uint64_t value)
{
    begin(out, name, type, help);
    g_string_append_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* Whatever the locale: with a point. */
static void add_seconds(GString *out, int64_t time)
{
    g_string_append_printf(out, "%" PRId64 ".%09d\n", time / VSOCK_SECOND, (int)(time % VSOCK_SECOND));
}

static uint64_t number_of(const struct server *server, size_t member)
{
    uint64_t sum = 0;

    for (unsigned part = 0; part < PARTS; part++)
        sum += *(const uint64_t *)(const void *)((const char *)&server->part[part] + member);
    return sum;
}

static void add_servers(GString *out, const struct vsock_metrics *metrics, const char *name, const char *type,
                        const char *help, size_t member)
{
    begin(out, name, type, help);
    for (unsigned i = 0; i < wmem_array_get_count(metrics->servers.all); i++) {
        const struct server *server = server_at(metrics, i);

        g_string_append_printf(out, "%s{cid=\"%" PRIu64 "\",port=\"%" PRIu64 "\"} %" PRIu64 "\n", name,
                               server->key.word[0], server->key.word[1], number_of(server, member));
    }
    g_string_append_printf(out, "%s{cid=\"other\",port=\"other\"} %" PRIu64 "\n", name,
                           number_of(&metrics->others, member));
}

static void add_connect_times(GString *out, const struct sums *forgotten, const struct sums *kept)
{
    begin(out, "vsock_connect_seconds", "histogram", "From a request to its being accepted.");
    for (unsigned i = 0; i < BUCKETS; i++)
        g_string_append_printf(out, "vsock_connect_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
                               (double)connect_buckets[i] / VSOCK_SECOND,
                               forgotten->connected[i] + kept->connected[i]);
    g_string_append_printf(
        out, "vsock_connect_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\nvsock_connect_seconds_sum ",
        forgotten->connected[BUCKETS] + kept->connected[BUCKETS]);
    add_seconds(out, vsock_time_sum(forgotten->connect_time, kept->connect_time));
    g_string_append_printf(out, "vsock_connect_seconds_count %" PRIu64 "\n",
                           forgotten->connected[BUCKETS] + kept->connected[BUCKETS]);
}

static void add_connections(GString *out, const struct vsock_metrics *metrics)
{
    const struct sums *forgotten = &metrics->part[FORGOTTEN], *kept = &metrics->part[KEPT];

    add_servers(out, metrics, "vsock_connections_open", "gauge", "Connections that are open, by server.",
                offsetof(struct served, open));
    add_servers(out, metrics, "vsock_connections_opened_total", "counter",
                "Connections that were accepted, by server.", offsetof(struct served, opened));
    add_servers(out, metrics, "vsock_connections_refused_total", "counter",
                "Requests that were refused, by server.", offsetof(struct served, refused));
    begin(out, "vsock_connections_ended_total", "counter",
          "RSTs that ended a connection or a request, by what they mean.");
    for (unsigned kind = VSOCK_RST_NONE + 1; kind < G_N_ELEMENTS(kept->ended); kind++)
        g_string_append_printf(out, "vsock_connections_ended_total{kind=\"%s\"} %" PRIu64 "\n",
                               vsock_rst_kind_name((enum vsock_rst_kind)kind),
                               forgotten->ended[kind] + kept->ended[kind]);
    add_connect_times(out, forgotten, kept);
}

static void add_stalls(GString *out, const struct sums *sums, const struct vsock_intake *intake)
{
    begin(out, "vsock_stall_seconds_total", "counter",
          "Time that senders had to wait, of stalls that ended, by cause.");
    for (unsigned cause = VSOCK_STALL_NOT_READING; cause <= VSOCK_STALL_OWN_CAP; cause++) {
        g_string_append_printf(out, "vsock_stall_seconds_total{cause=\"%s\"} ",
                               vsock_stall_cause_name((enum vsock_stall_cause)cause));
        add_seconds(out, intake->stall_time[cause]);
    }
    add_number(out, "vsock_stalled_connections", "gauge", "Open connections of which a side may not send.",
               sums->stalled);
    begin(out, "vsock_stalled_seconds_max", "gauge",
          "For how long the one that waits longest has been waiting.");
    g_string_append(out, "vsock_stalled_seconds_max ");
    add_seconds(out, sums->longest_stall);
}

static void add_diagnoses(GString *out, const struct vsock_metrics *metrics,
                          const struct vsock_archive *archive)
{
    begin(out, "vsock_diagnoses", "gauge", "Rows of the report on all that was seen so far.");
    for (unsigned code = 0; code < VSOCK_CODE_COUNT; code++) {
        for (unsigned severity = VSOCK_SEVERITY_NOTE; severity <= VSOCK_SEVERITY_ERROR; severity++) {
            uint32_t number = metrics->diagnoses[code][severity] + archive->lost[code][severity];

            if (number > 0)
                g_string_append_printf(out, "vsock_diagnoses{code=\"%s\",severity=\"%s\"} %u\n",
                                       vsock_codes[code].name,
                                       vsock_severity_name((enum vsock_severity)severity), number);
        }
    }
}

GString *vsock_metrics_text(struct vsock_metrics *metrics, const struct vsock_intake *intake,
                            uint64_t dropped)
{
    GString *out = g_string_new(NULL);

    add_streams(metrics, intake->capture);
    add_number(out, "vsock_packets_total", "counter", "Packets that were seen.", intake->capture->packets);
    add_number(out, "vsock_bytes_total", "counter", "Bytes of their records, headers included.",
               intake->bytes);
    add_number(out, "vsock_capture_dropped_packets_total", "counter",
               "Packets that were lost since they came faster than they were taken.", dropped);
    add_connections(out, metrics);
    add_number(out, "vsock_connections_given_up_total", "counter",
               "Connections that were forgotten though they had not ended, since there were too many.",
               intake->forget.open);
    add_stalls(out, &metrics->part[KEPT], intake);
    add_diagnoses(out, metrics, &intake->archive);
    return out;
}

/* ---- the file ---- */

static bool write_all(int file, const GString *text)
{
    size_t done = 0;

    while (done < text->len) {
        ssize_t wrote = write(file, text->str + done, text->len - done);

        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return true;
}

char *vsock_metrics_write(const char *path, const GString *text)
{
    char *fresh = g_strdup_printf("%s.new", path), *wrong = NULL;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool good = file >= 0 && write_all(file, text);

    if (file >= 0)
        good = close(file) == 0 && good;
    if (!good || rename(fresh, path) != 0)
        wrong = g_strdup_printf("it could not be written: %s", g_strerror(errno));
    if (wrong && file >= 0)
        unlink(fresh);
    g_free(fresh);
    return wrong;
}
