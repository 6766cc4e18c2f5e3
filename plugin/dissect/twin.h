/* SPDX-License-Identifier: GPL-2.0-or-later
 * twin.h - the same packet, where the capture has it from both sides: core/twins.h. What is the same is known
 * when the capture has been seen, so it shows on later passes only. */
#ifndef VSOCK_DISSECT_TWIN_H
#define VSOCK_DISSECT_TWIN_H

#include "track.h"
#include "verdicts.h"

extern const struct vsock_fields vsock_twin_fields;

/* Adds its fields, and expert infos. Returns the severity of the worst of these, PI_...; 0 where there is
 * none. */
int vsock_twin_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_record *record,
                    const struct vsock_header_items *items);

#endif
