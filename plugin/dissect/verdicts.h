/* SPDX-License-Identifier: GPL-2.0-or-later
 * verdicts.h - the diagnoses (core/judge.h) on the packets that they name first and last: vsock.diagnosis.
 * What is wrong is known when the capture has been seen, so they show on later passes only: in the GUI, and
 * with tshark -2.
 */
#ifndef VSOCK_DISSECT_VERDICTS_H
#define VSOCK_DISSECT_VERDICTS_H

#include <epan/packet.h>

#include "builtin.h"
#include "core/delivery.h"
#include "core/diagnosis.h"
#include "header.h"

extern const struct vsock_fields vsock_verdict_fields;

/* To be called once, when the protocol is registered. */
void vsock_verdicts_register(void);

/* Adds the code of each diagnosis that names the packet's frame, and an expert info of its severity that has
 * its sentence, to the packet. Returns the severity of the worst, PI_...; 0 where there is none. */
int vsock_verdicts_show(tvbuff_t *tvb, packet_info *pinfo, const struct vsock_header_items *items);

/* Which packets were recorded on both sides, as it was when the capture was judged last, or NULL; shows as
 * the diagnoses do. */
const struct vsock_twins *vsock_verdict_twins(const packet_info *pinfo);

/* The frames that it names, as they are numbered now: 0 where a read filter has dropped the packet. Of a
 * diagnosis of the open session. */
uint32_t vsock_verdict_first_frame(const struct vsock_diagnosis *diagnosis);
uint32_t vsock_verdict_last_frame(const struct vsock_diagnosis *diagnosis);

#endif
