/* SPDX-License-Identifier: GPL-2.0-or-later
 * guest.c - runs ssh, and turns what it brings into pcapng. The guest ends when its stdin does: when this
 * process closes that, or has ended, however that came. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "filter_check.h"
#include "guest_command.h"
#include "reader.h"
#include "relay.h"

#define PROGRAM "vsockguest"
#define APPLICATION PROGRAM " " VSOCK_VERSION " (wireshark-vsock)"
#define LOOK_ROUND 500  /* ms */
#define LAST_WORDS 3000 /* ms that ssh gets to bring what is left, and the guest to clean up */
#define SAID_MAX 4096   /* bytes of the last that ssh and the guest have said */

enum end { IN, OUT, ERR, ENDS };

struct guest {
    struct vsock_reader reader;
    struct vsock_relay relay;
    const char *fifo;
    int ends[ENDS]; /* ssh's stdin, which is written to, stdout and stderr */
    pid_t ssh;
    GByteArray *said;
    bool ended; /* stdout has */
    bool asked; /* by Wireshark, and not the guest's own doing */
};

static void close_end(struct guest *guest, enum end end)
{
    if (guest->ends[end] >= 0)
        close(guest->ends[end]);
    guest->ends[end] = -1;
}

/* In the child: Ctrl+C of a terminal is for this program alone. */
static void begin_ssh(int ends[ENDS], char **command)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    for (int end = 0; end < ENDS; end++)
        if (dup2(ends[end], end) < 0)
            _exit(127);
    execvp(command[0], command);
    dprintf(STDERR_FILENO, "ssh could not be run: %s\n", g_strerror(errno));
    _exit(127);
}

static bool start_ssh(struct guest *guest, char **command)
{
    int pipes[ENDS][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    bool good = true;

    for (int end = 0; end < ENDS && good; end++)
        good = pipe2(pipes[end], O_CLOEXEC) == 0;
    if (good)
        guest->ssh = fork();
    if (good && guest->ssh == 0)
        begin_ssh((int[ENDS]){pipes[IN][0], pipes[OUT][1], pipes[ERR][1]}, command);
    good = good && guest->ssh > 0;
    for (int end = 0; end < ENDS; end++) {
        int ours = end == IN ? 1 : 0;

        if (pipes[end][1 - ours] >= 0)
            close(pipes[end][1 - ours]);
        guest->ends[end] = pipes[end][ours];
        if (good && end != IN)
            fcntl(guest->ends[end], F_SETFL, O_NONBLOCK);
    }
    return good;
}

/* Keeps the last of what is said. */
static void listen_to(struct guest *guest)
{
    uint8_t bytes[SAID_MAX];
    ssize_t length;

    while (guest->ends[ERR] >= 0 && (length = read(guest->ends[ERR], bytes, sizeof(bytes))) != 0) {
        if (length < 0)
            return;
        g_byte_array_append(guest->said, bytes, (guint)length);
        if (guest->said->len > SAID_MAX)
            g_byte_array_remove_range(guest->said, 0, guest->said->len - SAID_MAX);
    }
    close_end(guest, ERR);
}

/* Relays what has come. False, having said so, if that is no capture. */
static bool relay(struct guest *guest)
{
    static uint8_t bytes[65536];
    ssize_t length = read(guest->ends[OUT], bytes, sizeof(bytes));
    char *wrong;

    if (length == 0)
        guest->ended = true;
    if (length <= 0)
        return true;
    if (!vsock_relay_take(&guest->relay, bytes, (size_t)length, guest->reader.out, &wrong)) {
        fprintf(stderr, PROGRAM ": %s\n", wrong);
        g_free(wrong);
        return false;
    }
    if (guest->reader.out->len == 0)
        return true;
    if (guest->reader.fifo < 0 && !vsock_reader_open(&guest->reader, guest->fifo))
        return vsock_reader_told_to_end() || guest->reader.over;
    vsock_reader_flush(&guest->reader);
    return true;
}

static bool record(struct guest *guest)
{
    bool good = true;

    while (good && !guest->ended && !guest->reader.over && !vsock_reader_told_to_end()) {
        vsock_reader_wait(&guest->reader, guest->ends[OUT], false, LOOK_ROUND);
        listen_to(guest);
        good = relay(guest);
    }
    return good;
}

/* Has the guest end, and takes what is left. */
static bool finish(struct guest *guest, bool good)
{
    gint64 patience = g_get_monotonic_time() + (gint64)LAST_WORDS * 1000;
    bool parent = getppid() == guest->reader.parent;

    close_end(guest, IN);
    while (!guest->ended && g_get_monotonic_time() < patience) {
        struct vsock_reader nobody = {.fifo = -1, .parent = getppid()};

        vsock_reader_wait(&nobody, guest->ends[OUT], false, LOOK_ROUND / 5);
        listen_to(guest);
        if (good && parent && !guest->reader.over) {
            good = relay(guest);
        } else {
            char bytes[4096];

            guest->ended = read(guest->ends[OUT], bytes, sizeof(bytes)) == 0;
        }
    }
    return good;
}

/* Waits for it, and kills it if it does not end. */
static void end_ssh(struct guest *guest)
{
    gint64 patience = g_get_monotonic_time() + (gint64)LAST_WORDS * 1000;
    bool killed = false;

    close_end(guest, OUT);
    while (waitpid(guest->ssh, NULL, WNOHANG) == 0) {
        listen_to(guest);
        if (!killed && g_get_monotonic_time() > patience) {
            kill(guest->ssh, SIGKILL);
            killed = true;
        }
        g_usleep(10000);
    }
    listen_to(guest);
    close_end(guest, ERR);
}

/* What the recorder has counted as lost: tcpdump's words, or dumpcap's. */
static void tell_of_losses(const char *said)
{
    GRegex *regex =
        g_regex_new("\\b(\\d+) packets? dropped by kernel|received/dropped on interface [^\\n]*: \\d+/(\\d+)",
                    G_REGEX_CASELESS, 0, NULL);
    GMatchInfo *match = NULL;

    if (g_regex_match(regex, said, 0, &match)) {
        char *one = g_match_info_fetch(match, 1), *other = g_match_info_fetch(match, 2);
        const char *count = one && *one ? one : other;

        if (count && strcmp(count, "0") != 0)
            fprintf(stderr,
                    PROGRAM
                    ": %s packets were lost in the guest: its buffer was full. Have it larger, or record "
                    "headers only.\n",
                    count);
        g_free(one);
        g_free(other);
    }
    g_match_info_free(match);
    g_regex_unref(regex);
}

/* It comes from another machine: nothing that a terminal would take for a command. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text != '\n' && !g_ascii_isprint(*text))
            *text = '?';
}

/* Says how it ended. True if that is as it should be. */
static bool conclude(struct guest *guest, bool good)
{
    char *said = g_strndup((const char *)guest->said->data, guest->said->len);

    make_printable(said);
    tell_of_losses(said);
    if (!guest->asked) {
        fprintf(stderr, PROGRAM ": recording in the guest %s. It was said:\n%s",
                guest->relay.state == VSOCK_RELAY_GREETING ? "has not begun" : "has ended",
                *said ? said : "nothing\n");
    }
    g_free(said);
    return good && guest->asked;
}

static int run(struct guest *guest, char **command)
{
    bool good;

    vsock_reader_catch_signals();
    guest->reader.out = g_byte_array_new();
    guest->said = g_byte_array_new();
    if (start_ssh(guest, command)) {
        good = record(guest);
        guest->asked = vsock_reader_told_to_end() || guest->reader.over;
        good = finish(guest, good);
        end_ssh(guest);
        good = conclude(guest, good);
    } else {
        fprintf(stderr, PROGRAM ": ssh could not be run: %s\n", g_strerror(errno));
        good = false;
    }
    for (int end = 0; end < ENDS; end++)
        close_end(guest, (enum end)end);
    g_byte_array_free(guest->reader.out, TRUE);
    g_byte_array_free(guest->said, TRUE);
    vsock_relay_free(&guest->relay);
    return good ? 0 : 1;
}

/* ssh itself is left out where it goes over vsock, by its port: for sure if what was typed says so, else as
 * the guest finds. */
static bool goes_over_vsock(const struct vsock_form *form)
{
    return (form->host && g_str_has_prefix(form->host, "vsock")) ||
           (form->proxy_command && g_strrstr(form->proxy_command, "vsock")) ||
           (form->proxy_command && g_strrstr(form->proxy_command, "VSOCK"));
}

static char *without_ssh(const struct vsock_form *form, const char *filter)
{
    struct vsock_filter_mistake mistake;
    char *words = g_strdup_printf("not port %u", vsock_guest_port(form)),
         *port = vsock_filter(words, VSOCK_ENCAPSULATION_NONE, &mistake),
         *whole = *filter ? g_strdup_printf("%s and %s", filter, port) : g_strdup(port);

    g_free(words);
    g_free(port);
    return whole;
}

int vsock_guest_run(const struct vsock_form *form)
{
    pid_t parent = getppid();
    char *wrong, *filter = vsock_form_filter(form, &wrong), *over_vsock = NULL, **command = NULL;
    int status = 1;

    if (filter)
        over_vsock = without_ssh(form, filter);
    if (filter)
        wrong = vsock_filter_check(over_vsock);
    if (!wrong)
        command = vsock_guest_command(form, goes_over_vsock(form) ? over_vsock : filter, over_vsock, &wrong);
    if (wrong) {
        fprintf(stderr, PROGRAM ": %s\n", wrong);
        g_free(wrong);
    } else {
        struct guest guest = {
            .reader = {.program = PROGRAM, .fifo = -1, .parent = parent},
            .relay = {.application = APPLICATION,
                      .filters = {goes_over_vsock(form) ? over_vsock : filter, over_vsock}},
            .fifo = form->fifo,
            .ends = {-1, -1, -1},
        };

        status = run(&guest, command);
        if (guest.reader.fifo >= 0)
            close(guest.reader.fifo);
        else if (status != 0)
            vsock_reader_meet(form->fifo, parent);
    }
    if (!command)
        vsock_reader_meet(form->fifo, parent);
    g_strfreev(command);
    g_free(filter);
    g_free(over_vsock);
    return status;
}
