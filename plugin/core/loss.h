/* SPDX-License-Identifier: GPL-2.0-or-later
 * loss.h - captures that lack packets: a ring that ran over, a capture filter that keeps some operations
 * only. What rests on a packet that nobody saw may then have another reason than the other side. */
#ifndef VSOCK_CORE_LOSS_H
#define VSOCK_CORE_LOSS_H

#include "cross_stream.h"

/* Is it proved that packets are missing? */
bool vsock_lacks_packets(const struct vsock_capture *capture);

/* Of a stream where they are: bytes that nobody was seen to send are missing, too. */
void vsock_loss_explain(struct vsock_diagnosis *d);

#endif
