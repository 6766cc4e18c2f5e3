/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_blurb.h - EXPFILL for a finding whose text does not say all: the blurb is in `tshark -G fields`, in
 * Wireshark's status bar and in docs/reference.md. epan keeps what is there when it registers the finding. */
#ifndef VSOCK_DISSECT_EXPERT_BLURB_H
#define VSOCK_DISSECT_EXPERT_BLURB_H

#include <epan/expert.h>

#define EXPFILL_BLURB(blurb)                                                                                 \
    0, NULL, 0,                                                                                              \
    {                                                                                                        \
        0,                                                                                                   \
        {                                                                                                    \
            NULL, NULL, FT_NONE, BASE_NONE, NULL, 0, blurb, HFILL                                            \
        }                                                                                                    \
    }

#endif
