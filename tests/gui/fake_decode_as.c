/* SPDX-License-Identifier: GPL-2.0-or-later
 * fake_decode_as.c - a plugin for the tests alone: chooses Analyze > Decode As for sharkd, which has no such
 * request. The preference fake_decode_as.choice, "PORT=DISSECTOR" or nothing, takes effect when the next
 * capture is read, as the GUI's choice does; the one before is taken back. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#include <epan/prefs.h>
#include <wsutil/report_message.h>

#include "payload/handoff.h"

static const char *choice = "";
static unsigned chosen_port; /* 0: nothing is chosen */

/* What the GUI ends up calling in every series; what lies between differs. */
static void choose(void)
{
    const char *name = strchr(choice, '=');
    dissector_handle_t handle = name ? find_dissector(name + 1) : NULL;

    if (name && !handle) {
        report_failure("fake_decode_as: cannot choose \"%s\"", choice);
        exit(1);
    }
    if (chosen_port != 0)
        dissector_reset_uint(VSOCK_PORT_TABLE, chosen_port);
    chosen_port = (unsigned)strtoul(choice, NULL, 10);
    if (chosen_port != 0)
        dissector_change_uint(VSOCK_PORT_TABLE, chosen_port, handle);
}

static void fake_register(void)
{
    int proto = proto_register_protocol("Fake Decode As", "FakeDecodeAs", "fake_decode_as");

    prefs_register_string_preference(prefs_register_protocol(proto, NULL), "choice", "Choice",
                                     "PORT=DISSECTOR, or nothing", &choice);
    register_init_routine(choose);
}

static void fake_handoff(void)
{
}
