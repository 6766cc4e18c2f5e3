/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - arguments of -z, and lines of JSON. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "rest" of "wordrest" or "word,rest"; NULL where the argument does not begin with that word. */
static const char *after_word(const char *argument, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(argument, word, length) != 0)
        return NULL;
    if (argument[length] == ',')
        return argument + length + 1;
    return argument[length] == '\0' ? argument + length : NULL;
}

static bool listen_as(const char *argument, const struct vsock_report *report)
{
    const char *rest = after_word(argument, report->command),
               *filter = rest ? after_word(rest, "json") : NULL;
    void (*draw)(struct vsock_lives *) = filter ? report->draw_json : report->draw_text;
    char *error = NULL;

    if (!rest) {
        fprintf(stderr, "tshark: invalid \"-z %s\" argument: it is \"-z %s[,json][,FILTER]\"\n", argument,
                report->command);
        return false;
    }
    if (!filter)
        filter = rest;
    if (!vsock_lives_start(*filter ? filter : NULL, draw, &error)) {
        fprintf(stderr, "tshark: Couldn't register %s tap: %s\n", report->command, error);
        g_free(error);
        return false;
    }
    return true;
}

static compat_stat_result start(const char *argument, void *report)
{
    if (!listen_as(argument, (const struct vsock_report *)report))
        COMPAT_STAT_FAILED;
    COMPAT_STAT_STARTED;
}

void vsock_report_register(const struct vsock_report *report)
{
    stat_tap_ui ui = {REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, report->command, start, 0, NULL};

    register_stat_tap_ui(&ui, (void *)report);
}

void vsock_json_begin(json_dumper *json)
{
    *json = (json_dumper){.output_string = g_string_new(NULL)};
    json_dumper_begin_object(json);
}

void vsock_json_end(json_dumper *json)
{
    json_dumper_end_object(json);
    json_dumper_finish(json);
    printf("%s\n", g_strchomp(json->output_string->str));
    g_string_free(json->output_string, TRUE);
}

void vsock_json_string(json_dumper *json, const char *name, const char *value)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, value);
}

void vsock_json_number(json_dumper *json, const char *name, int64_t value)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%" PRId64, value);
}

void vsock_json_seconds(json_dumper *json, const char *name, int64_t value)
{
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%s%" PRIu64 ".%09" PRIu64, value < 0 ? "-" : "", size / 1000000000,
                           size % 1000000000);
}
