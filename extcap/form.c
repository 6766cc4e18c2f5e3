/* SPDX-License-Identifier: GPL-2.0-or-later
 * form.c - the extcap's arguments, and the filter that its form stands for.
 * Source of the protocol: Wireshark's manual page extcap(4). */
#include "form.h"

#include <getopt.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "filter.h"

enum option_code {
    OPTION_INTERFACES = 256,
    OPTION_INTERFACE,
    OPTION_DLTS,
    OPTION_CONFIG,
    OPTION_CAPTURE,
    OPTION_FIFO,
    OPTION_CAPTURE_FILTER,
    OPTION_WIRESHARK,
    OPTION_CLEAN_UP,
    OPTION_CIDS,
    OPTION_PORTS,
    OPTION_LEFT_OUT,
    OPTION_OPS,
    OPTION_HEADERS,
    OPTION_BUFFER,
    OPTION_HOST,
    OPTION_USER,
    OPTION_SSH_PORT,
    OPTION_IDENTITY,
    OPTION_PROXY,
    OPTION_SUDO,
    OPTION_RIGHTS,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option options[] = {
    {"extcap-interfaces", no_argument, NULL, OPTION_INTERFACES},
    {"extcap-interface", required_argument, NULL, OPTION_INTERFACE},
    {"extcap-dlts", no_argument, NULL, OPTION_DLTS},
    {"extcap-config", no_argument, NULL, OPTION_CONFIG},
    {"capture", no_argument, NULL, OPTION_CAPTURE},
    {"fifo", required_argument, NULL, OPTION_FIFO},
    {"extcap-capture-filter", required_argument, NULL, OPTION_CAPTURE_FILTER},
    {"extcap-version", optional_argument, NULL,
     OPTION_WIRESHARK}, /* Wireshark's, X.Y: it is all the same here */
    {"extcap-cleanup-postkill", no_argument, NULL, OPTION_CLEAN_UP},
    {"cids", required_argument, NULL, OPTION_CIDS},
    {"ports", required_argument, NULL, OPTION_PORTS},
    {"leave-out-ports", required_argument, NULL, OPTION_LEFT_OUT},
    {"ops", required_argument, NULL, OPTION_OPS},
    {"headers-only", no_argument, NULL, OPTION_HEADERS},
    {"buffer", required_argument, NULL, OPTION_BUFFER},
    {"host", required_argument, NULL, OPTION_HOST},
    {"user", required_argument, NULL, OPTION_USER},
    {"ssh-port", required_argument, NULL, OPTION_SSH_PORT},
    {"identity", required_argument, NULL, OPTION_IDENTITY},
    {"proxy-command", required_argument, NULL, OPTION_PROXY},
    {"sudo", no_argument, NULL, OPTION_SUDO},
    {"may-record", no_argument, NULL, OPTION_RIGHTS},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* Returns how many fields these are. */
static int print_way_to_guest(FILE *out)
{
    fputs("arg {number=0}{call=--host}{display=Host}{type=string}{required=true}{tooltip=As ssh has it: a "
          "name, an "
          "address, or vsock/CID with systemd's ssh proxy}{placeholder=guest.example}\n"
          "arg {number=1}{call=--user}{display=User}{type=string}{tooltip=Who logs in "
          "there}{placeholder=ssh's own}\n"
          "arg {number=2}{call=--ssh-port}{display=Port of ssh}{type=unsigned}{range=0,65535}{default=0}"
          "{tooltip=0: ssh's own}\n"
          "arg {number=3}{call=--identity}{display=Identity}{type=fileselect}{mustexist=true}{tooltip=A "
          "private key}\n"
          "arg {number=4}{call=--proxy-command}{display=ProxyCommand}{type=string}{tooltip=What ssh runs to "
          "get "
          "there, as in socat - VSOCK-CONNECT:3:22}\n"
          "arg {number=5}{call=--sudo}{display=With sudo}{type=boolflag}{default=false}{tooltip=If the user "
          "is not "
          "root there; sudo must not ask for a password}\n",
          out);
    return 6;
}

void vsock_form_print(FILE *out, bool guest)
{
    static const char *const ops[] = {"request", "response",      "rst",           "shutdown",
                                      "rw",      "credit-update", "credit-request"};
    int first = guest ? print_way_to_guest(out) : 0;

    fprintf(
        out,
        "arg {number=%d}{call=--cids}{display=CIDs}{type=string}{tooltip=Only what comes from or goes to one "
        "of "
        "these: numbers, host, local; commas between them}{placeholder=all}\n"
        "arg {number=%d}{call=--ports}{display=Ports}{type=string}{tooltip=Only what comes from or goes to "
        "one "
        "of these: numbers, and ranges as in 5000-5010; commas between them}{placeholder=all}\n"
        "arg {number=%d}{call=--leave-out-ports}{display=Leave out ports}{type=string}{tooltip=Such as 22, "
        "of an "
        "ssh over vsock that shows this capture}{placeholder=none}\n"
        "arg {number=%d}{call=--ops}{display=Operations}{type=multicheck}{tooltip=Only these. Without credit "
        "updates, windows look shut that are not}\n",
        first, first + 1, first + 2, first + 3);
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++)
        fprintf(out, "value {arg=%d}{value=%s}{display=%s}\n", first + 3, ops[i], ops[i]);
    fprintf(out,
            "arg {number=%d}{call=--headers-only}{display=Headers only}{type=boolflag}{default=false}"
            "{tooltip=The first %d bytes of each record: all but the contents can be told from them}\n"
            "arg {number=%d}{call=--buffer}{display=Buffer (MiB)}{type=unsigned}{range=1,%d}{default=%d}"
            "{tooltip=What the kernel may keep until it is read here}\n",
            first + 4, VSOCK_FORM_HEADERS, first + 5, VSOCK_FORM_BUFFER_MAX, VSOCK_FORM_BUFFER);
}

static bool read_buffer(struct vsock_form *form, const char *text, char **wrong)
{
    guint64 size;

    if (!g_ascii_string_to_unsigned(text, 10, 1, VSOCK_FORM_BUFFER_MAX, &size, NULL)) {
        *wrong = g_strdup_printf("Buffer: %s is no number of MiB from 1 to %d", text, VSOCK_FORM_BUFFER_MAX);
        return false;
    }
    form->buffer = (unsigned)size;
    return true;
}

static bool read_ssh_port(struct vsock_form *form, const char *text, char **wrong)
{
    guint64 port;

    if (!g_ascii_string_to_unsigned(text, 10, 0, UINT16_MAX, &port, NULL)) {
        *wrong = g_strdup_printf("Port of ssh: %s is none", text);
        return false;
    }
    form->ssh_port = (unsigned)port;
    return true;
}

/* False if it is none of the form's. */
static bool read_text(struct vsock_form *form, int option)
{
    const char **const texts[] = {[OPTION_INTERFACE - OPTION_INTERFACES] = &form->interface,
                                  [OPTION_FIFO - OPTION_INTERFACES] = &form->fifo,
                                  [OPTION_CAPTURE_FILTER - OPTION_INTERFACES] = &form->capture_filter,
                                  [OPTION_CIDS - OPTION_INTERFACES] = &form->cids,
                                  [OPTION_PORTS - OPTION_INTERFACES] = &form->ports,
                                  [OPTION_LEFT_OUT - OPTION_INTERFACES] = &form->left_out,
                                  [OPTION_OPS - OPTION_INTERFACES] = &form->ops,
                                  [OPTION_HOST - OPTION_INTERFACES] = &form->host,
                                  [OPTION_USER - OPTION_INTERFACES] = &form->user,
                                  [OPTION_IDENTITY - OPTION_INTERFACES] = &form->identity,
                                  [OPTION_PROXY - OPTION_INTERFACES] = &form->proxy_command};
    size_t place = (size_t)(option - OPTION_INTERFACES);

    if (option < OPTION_INTERFACES || place >= G_N_ELEMENTS(texts) || !texts[place])
        return false;
    *texts[place] = optarg;
    return true;
}

static enum vsock_form_job job_of(int option)
{
    switch (option) {
    case OPTION_INTERFACES:
        return VSOCK_FORM_INTERFACES;
    case OPTION_DLTS:
        return VSOCK_FORM_DLTS;
    case OPTION_CONFIG:
        return VSOCK_FORM_CONFIG;
    case OPTION_CAPTURE:
        return VSOCK_FORM_CAPTURE;
    case OPTION_CLEAN_UP:
        return VSOCK_FORM_CLEAN_UP;
    case OPTION_RIGHTS:
        return VSOCK_FORM_RIGHTS;
    case OPTION_VERSION:
        return VSOCK_FORM_VERSION;
    case OPTION_HELP:
        return VSOCK_FORM_HELP;
    default:
        return VSOCK_FORM_NOTHING;
    }
}

bool vsock_form_read(struct vsock_form *form, int argc, char **argv, char **wrong)
{
    int option;

    *form = (struct vsock_form){.buffer = VSOCK_FORM_BUFFER};
    *wrong = NULL;
    optind = 0; /* getopt: from the beginning */
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        enum vsock_form_job job = job_of(option);

        if (job != VSOCK_FORM_NOTHING) {
            form->job = job;
        } else if (option == OPTION_HEADERS) {
            form->headers_only = true;
        } else if (option == OPTION_BUFFER) {
            if (!read_buffer(form, optarg, wrong))
                return false;
        } else if (option == OPTION_SUDO) {
            form->sudo = true;
        } else if (option == OPTION_SSH_PORT) {
            if (!read_ssh_port(form, optarg, wrong))
                return false;
        } else if (option != OPTION_WIRESHARK && !read_text(form, option)) {
            *wrong = g_strdup_printf("%s is no option, or lacks its value", argv[optind - 1]);
            return false;
        }
    }
    if (optind < argc)
        *wrong = g_strdup_printf("%s is too much", argv[optind]);
    if (form->job == VSOCK_FORM_NOTHING && form->capture_filter)
        form->job = VSOCK_FORM_CHECK_FILTER;
    return *wrong == NULL;
}

/* One field of the form: "3, 42" of cid becomes (cid 3 or cid 42), in libpcap's words. Each value is one word
 * of the language, whatever was typed. NULL if something is wrong. */
static char *field_filter(const char *label, const char *kind, const char *typed, char **wrong)
{
    GString *expression = g_string_new(NULL);
    char **values = g_strsplit_set(typed, ", ;\t\n\r", -1), *filter = NULL;
    struct vsock_filter_mistake mistake = {NULL, 0};
    bool good = true;

    for (char **value = values; *value && good; value++) {
        if (!**value)
            continue;
        good = strspn(*value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
               strlen(*value);
        if (!good)
            *wrong = g_strdup_printf("%s: %s is none; put commas between them", label, *value);
        else
            g_string_append_printf(expression, "%s%s %s", expression->len > 0 ? " or " : "",
                                   strcmp(kind, "port") == 0 && strchr(*value, '-') ? "portrange" : kind,
                                   *value);
    }
    if (good)
        filter = vsock_filter(expression->str, VSOCK_ENCAPSULATION_NONE, &mistake);
    if (mistake.message)
        *wrong = g_strdup_printf("%s: %s", label, mistake.message);
    g_free(mistake.message);
    g_strfreev(values);
    g_string_free(expression, TRUE);
    return filter;
}

/* The language has no brackets; what vsock-filter prints, and who writes offsets himself, has. */
static char *words_filter(const char *typed, char **wrong)
{
    struct vsock_filter_mistake mistake;
    char *filter;

    if (strchr(typed, '['))
        return g_strdup(typed);
    filter = vsock_filter(typed, VSOCK_ENCAPSULATION_NONE, &mistake);
    if (!filter)
        *wrong = g_strdup_printf("Capture filter: %s", mistake.message);
    g_free(mistake.message);
    return filter;
}

char *vsock_form_filter(const struct vsock_form *form, char **wrong)
{
    const struct {
        const char *label, *kind, *typed;
        bool left_out;
    } fields[] = {
        {"CIDs", "cid", form->cids, false},
        {"Ports", "port", form->ports, false},
        {"Leave out ports", "port", form->left_out, true},
        {"Operations", "op", form->ops, false},
        {"Capture filter", NULL, form->capture_filter, false},
    };
    GString *whole = g_string_new(NULL);

    *wrong = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(fields) && !*wrong; i++) {
        const char *typed = fields[i].typed ? fields[i].typed : "";
        char *part = fields[i].kind ? field_filter(fields[i].label, fields[i].kind, typed, wrong)
                                    : words_filter(typed, wrong);

        if (part && *part)
            g_string_append_printf(whole, "%s%s(%s)", whole->len > 0 ? " and " : "",
                                   fields[i].left_out ? "not " : "", part);
        g_free(part);
    }
    return g_string_free(whole, *wrong != NULL); /* NULL if that frees it */
}
