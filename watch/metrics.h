/* SPDX-License-Identifier: GPL-2.0-or-later
 * metrics.h - figures of what has been watched so far, in Prometheus' text format, as node_exporter's
 * textfile collector reads it. Counters never go back. Labels are bounded: of servers, the first
 * VSOCK_METRICS_SERVERS have their own, and all others share one. Source:
 * prometheus.io/docs/instrumenting/exposition_formats. */
#ifndef VSOCK_WATCH_METRICS_H
#define VSOCK_WATCH_METRICS_H

#include "intake.h"
#include "report/report.h"

#define VSOCK_METRICS_SERVERS 100

struct vsock_metrics;

struct vsock_metrics *vsock_metrics_new(void);
void vsock_metrics_free(struct vsock_metrics *metrics);

/* How many diagnoses there are, from a report of them. */
void vsock_metrics_note(struct vsock_metrics *metrics, const struct vsock_report *report);

/* The stream is about to be forgotten. */
void vsock_metrics_forget(const struct vsock_stream *stream, void *metrics);

/* All of them, of what was taken so far. */
GString *vsock_metrics_text(struct vsock_metrics *metrics, const struct vsock_intake *intake,
                            uint64_t dropped);

/* Puts the text in the place of the file, at once: who reads it gets the old or the new one. NULL, or what is
 * wrong, to be freed. */
char *vsock_metrics_write(const char *path, const GString *text);

#endif
