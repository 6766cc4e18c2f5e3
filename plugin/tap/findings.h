/* SPDX-License-Identifier: GPL-2.0-or-later
 * findings.h - all diagnoses of a capture, from the lives of its connections. */
#ifndef VSOCK_TAP_FINDINGS_H
#define VSOCK_TAP_FINDINGS_H

#include "lives.h"

/* In the order of a report: of struct vsock_diagnosis, to be freed. `streams`: how many were looked at. May
 * be called again when more was gathered. */
GArray *vsock_findings(struct vsock_lives *lives, uint32_t *streams);

#endif
