/* SPDX-License-Identifier: GPL-2.0-or-later
 * repeats.h - one trouble, one record: what happened to three streams or more of one client's CID and one
 * server is told once, of the worst of them. */
#ifndef VSOCK_CORE_REPEATS_H
#define VSOCK_CORE_REPEATS_H

#include "capture.h"

/* From so many streams on. */
#define VSOCK_REPEATS_MIN 3

/* Takes diagnoses of streams, an array of struct vsock_diagnosis, in the order of their streams. Those that
 * repeat become one, about no stream, as some are already; one of many is selected where one of its streams
 * is, and what is not selected goes. */
void vsock_repeats_fold(const struct vsock_capture *capture, GArray *found);

#endif
