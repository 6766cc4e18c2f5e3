/* SPDX-License-Identifier: GPL-2.0-or-later
 * check_memory.h - wmem, so that a sanitizer sees what is used of it. */
#ifndef VSOCK_TESTS_FUZZ_CHECK_MEMORY_H
#define VSOCK_TESTS_FUZZ_CHECK_MEMORY_H

#include <glib.h>

#include <stdbool.h>

/* Whatever is allocated is on its own, as a sanitizer wants it. */
static inline void start_memory(void)
{
    static bool started;

    if (started)
        return;
    started = true;
    g_setenv("WIRESHARK_DEBUG_WMEM_OVERRIDE", "simple", TRUE);
    wmem_init();
}

#endif
