/* SPDX-License-Identifier: GPL-2.0-or-later
 * rws.h - the RWs that a caller of the core lends it: each on its own, so that a sanitizer sees what is used
 * after it was given back, or never is. */
#ifndef VSOCK_TESTS_FUZZ_RWS_H
#define VSOCK_TESTS_FUZZ_RWS_H

#include "check.h"
#include "core/credit.h"

static unsigned lent; /* and not given back */

static inline struct vsock_rw *lend_rw(void)
{
    struct vsock_rw *rw = (struct vsock_rw *)malloc(sizeof(*rw));

    CHECK(rw);
    lent++;
    return rw;
}

static inline void give_back_rw(struct vsock_rw *rw)
{
    CHECK(lent > 0);
    lent--;
    free(rw);
}

static inline void give_back_rws(struct vsock_rw *list)
{
    while (list) {
        struct vsock_rw *next = list->next;

        give_back_rw(list);
        list = next;
    }
}

#endif
