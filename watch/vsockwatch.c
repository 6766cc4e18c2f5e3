/* SPDX-License-Identifier: GPL-2.0-or-later
 * vsockwatch.c - says what is wrong with vsock captures: what the plugin says, without Wireshark's
 * dissection. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "live.h"

#define REMEMBERED_MAX 10000000

static const char help[] =
    "vsockwatch - says what is wrong with vsock captures, in files or as packets come\n"
    "vsockwatch [--json] [--streams] [--strict] [--user USER] [--remember N] FILE...\n"
    "vsockwatch [--json] [--metrics FILE] [--user USER] [--remember N] -i SOURCE\n"
    "\n"
    "It says what tshark -q -z vsock,diagnose -r FILE says with the plugin, without tshark. Files are of\n"
    "any format and compression that Wireshark reads; - is standard input. Each is judged on its own; of\n"
    "several, each is headed by its name.\n"
    "\n"
    "  --json      an object a line, as -z vsock,diagnose,json has it; of several files, with its\n"
    "              \"capture\"\n"
    "  --streams   a row a connection, as -z vsock,streams has it; with --json, an object\n"
    "  --strict    notes count as warnings do, for the exit status\n"
    "  --remember N\n"
    "              how many connections that are over are remembered at least (32768)\n"
    "  --user USER whom a process of root's goes on as (nobody)\n"
    "  -h, --help, -v, --version\n"
    "\n"
    "With -i, packets are looked at as they come: from vsockmon, a device that is made, and removed at the\n"
    "end; from one that records vsock already (vsockmon0, any); or from a stream of a capture, which is a\n"
    "path with a / in it, as of a FIFO, or - for standard input. Each diagnosis is told when it is\n"
    "proved, in a line or an object, and again if it becomes more severe; one that later packets refute\n"
    "is taken back. SIGINT, SIGTERM, SIGHUP and the end of a stream end it, with a summary. Of a\n"
    "connection that goes on, \"to the end\" means until now.\n"
    "\n"
    "  --metrics FILE  what was seen so far, for Prometheus' node_exporter (textfile collector), every\n"
    "                  15 seconds; FILE.new is written, and takes its place. USER has to be allowed to\n"
    "                  write there.\n"
    "\n"
    "Rights are given up before the first packet is looked at: all capabilities, and a process of root's\n"
    "opens its files and goes on as USER, or nobody, where the kernel lets it.\n"
    "\n"
    "Exit status, of several files the highest:\n"
    "  0  it looked at streams, and found nothing worse than a note\n"
    "  1  it found a warning or an error, or a packet that is malformed to that degree\n"
    "  2  it could not look: no such file, none that Wireshark reads, one that ends within a packet, no\n"
    "     vsock packet in it, none that tells its stream\n"
    "With -i, whatever it found: 0 if it was told to end, or the stream did; 2 if it could not look, or\n"
    "write.\n"
    "\n"
    "Memory does not grow with packets or time: records of the latest packets are kept, connections that\n"
    "are open (the latest 4 N of them), and the latest N of those that are over, or up to 2 N. Others are\n"
    "forgotten once they are judged, and their diagnoses are kept, up to 10,000. What many connections\n"
    "tell together is told of so many at a time. What was given up is counted, and said. With --streams,\n"
    "no connection is forgotten.\n";

/* ---- arguments ---- */

enum { OPTION_JSON = 256, OPTION_STREAMS, OPTION_STRICT, OPTION_USER, OPTION_METRICS, OPTION_REMEMBER };

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"streams", no_argument, NULL, OPTION_STREAMS},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {"user", required_argument, NULL, OPTION_USER},
    {"metrics", required_argument, NULL, OPTION_METRICS},
    {"remember", required_argument, NULL, OPTION_REMEMBER},
    {NULL, 0, NULL, 0},
};

/* Of options that do not go together, and files; NULL where they do. */
static const char *usage_error(const struct vsock_live *live, const struct vsock_form *form, int files)
{
    if (form->remembered == 0)
        return "--remember takes a number of connections, up to 10000000";
    if (!live->source)
        return files == 0 ? "which FILE?" : live->metrics ? "--metrics goes with -i" : NULL;
    if (files > 0)
        return "-i goes with no FILE";
    return form->streams || form->strict ? "-i goes with neither --streams nor --strict" : NULL;
}

/* 0 where the text is no number of connections. */
static uint32_t read_remembered(const char *text)
{
    guint64 number;

    return g_ascii_string_to_unsigned(text, 10, 1, REMEMBERED_MAX, &number, NULL) ? (uint32_t)number : 0;
}

int main(int argc, char **argv)
{
    struct vsock_form form = {.remembered = VSOCK_INTAKE_REMEMBERED};
    struct vsock_live live = {0};
    const char *wrong;
    int option;

    wmem_init(); /* without it, all keys of a map have one hash */
    while ((option = getopt_long(argc, argv, "hi:v", options, NULL)) != -1) {
        switch (option) {
        case OPTION_JSON:
            form.json = true;
            break;
        case OPTION_STREAMS:
            form.streams = true;
            break;
        case OPTION_STRICT:
            form.strict = true;
            break;
        case OPTION_METRICS:
            live.metrics = optarg;
            break;
        case OPTION_REMEMBER:
            form.remembered = read_remembered(optarg);
            break;
        case OPTION_USER:
            live.user = optarg;
            break;
        case 'i':
            live.source = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("vsockwatch " VSOCK_VERSION);
            return EXIT_SUCCESS;
        default:
            return VSOCK_STATUS_FAILED;
        }
    }
    live.json = form.json;
    live.remembered = form.remembered;
    wrong = usage_error(&live, &form, argc - optind);
    if (wrong) {
        fprintf(stderr, "vsockwatch: %s; vsockwatch --help says more\n", wrong);
        return VSOCK_STATUS_FAILED;
    }
    if (live.source)
        return vsock_live_run(&live);
    return vsock_files_run(argv + optind, argc - optind, &form, live.user);
}
