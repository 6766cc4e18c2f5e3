# SPDX-License-Identifier: GPL-2.0-or-later
"""What -z vsock,diagnose,json and -z vsock,streams,json say, without what may differ."""
import re

FRAMES = {"first_frame", "last_frame", "alike_frames"}  # with a read filter, others
# Codes of what two recordings of a connection tell together.
BETWEEN_TWO_RECORDINGS = {"not-delivered", "delivered-late", "altered", "reordered", "stall-word-held"}
TOLD_FRAMES = re.compile(r", as at frames [\d, ]+")  # alike_frames, in a sentence


def without(left_out, row):
    """A diagnosis or a stream without these keys, its figures' too."""
    kept = {key: value for key, value in row.items() if key not in left_out}
    if "text" in kept and left_out & FRAMES:
        kept["text"] = TOLD_FRAMES.sub("", kept["text"])
        kept["figures"] = {key: value for key, value in kept["figures"].items() if key not in left_out}
    return kept
