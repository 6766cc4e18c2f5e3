/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake_follow.c - a plugin for the tests alone: turns the box with the sub-stream in the window of Follow >
 * ttrpc Stream, when a capture has been read. A line on stderr for each stream: the sub-streams that are
 * found one after another upwards, then downwards. Where Wireshark has no such box, it says so. */
#include "fake.h"

#include <dlfcn.h>
#include <stdio.h>

#include <epan/follow.h>
#include <epan/tap.h>

#define STREAMS 100 /* more than the capture has */

typedef bool nearest_function(unsigned stream, unsigned id, bool down, unsigned *found);
typedef nearest_function *get_function(register_follow_t *follower);

static char listener;

/* Declared since 4.4 alone. */
static nearest_function *find_nearest(void)
{
    register_follow_t *follower = get_follow_by_name("ttrpc");
    get_function *get;

    *(void **)&get = dlsym(RTLD_DEFAULT, "get_follow_sub_stream_id_func");
    return get && follower ? get(follower) : NULL;
}

static void turn(nearest_function *nearest, unsigned stream)
{
    unsigned id = 0, found;

    if (!nearest(stream, 0, false, &found))
        return;
    fprintf(stderr, "%u:", stream);
    for (; nearest(stream, id, false, &found); id = found + 1)
        fprintf(stderr, " %u", found);
    fprintf(stderr, " |");
    for (id = INT32_MAX; id > 0 && nearest(stream, id, true, &found); id = found - 1)
        fprintf(stderr, " %u", found);
    fprintf(stderr, "\n");
}

static void draw(void *data _U_)
{
    nearest_function *nearest = find_nearest();

    if (!nearest)
        fprintf(stderr, "no box\n");
    for (unsigned stream = 0; nearest && stream < STREAMS; stream++)
        turn(nearest, stream);
}

static void fake_register(void)
{
}

static void fake_handoff(void)
{
    if (register_tap_listener("frame", &listener, NULL, TL_REQUIRES_NOTHING, NULL, NULL, draw, NULL))
        fprintf(stderr, "no tap\n");
}
