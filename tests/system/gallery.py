#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each capture of the gallery gives its diagnosis, nothing more severe, and the same in one pass as in two.

generators/gallery_stories.py has the list. Healthy captures, also those of real kernels, give none. Every code that
there is has a capture that shows it. Takes runner.py's options.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import gallery_stories
from lib import known, runner

SEVERITIES = ["note", "warn", "error"]
HEALTHY = ["half-close.pcapng", "host-guest.pcapng", "http.pcapng.gz", "nested.pcapng", "seqpacket.pcapng",
           "seqpacket-large.pcapng", "siblings.pcapng", "ssh.pcapng.gz", "tls.pcapng.gz"]
# What is no failure that anybody reported, but one of a capture or of a single packet.
OTHERS = [("connections.pcapng",), ("credit.pcapng",), ("vhost-6.1.0.pcapng.gz",),
          ("nested.pcapng", "-o", "vsock.followed_connections:4")]


def diagnose(capture, *more):
    output = runner.tshark(capture, ["-q", "-z", "vsock,diagnose,json", *more], options)
    return [json.loads(line) for line in output.splitlines()]


def check(capture, expected):
    found = diagnose(capture)
    if found != diagnose(capture, "-2"):
        sys.exit(f"{capture}: other diagnoses in two passes than in one")
    said = sorted({f"{row['severity']} {row['code']}" for row in found})
    if said != sorted(expected):
        sys.exit(f"{capture}: expected {sorted(expected)}, found {said}")
    ranks = [SEVERITIES.index(line.split()[0]) for line in expected]
    if any(rank > ranks[0] for rank in ranks[1:]):
        sys.exit(f"{capture}: {expected[0]} is to be the diagnosis, and another is more severe")
    if capture.startswith("gallery/healthy-") and found:
        sys.exit(f"{capture}: healthy captures have no diagnosis")
    return {row["code"] for row in found}


options = runner.parse_arguments()
stored = {f"gallery/{path.name}" for path in (runner.CAPTURES / "gallery").iterdir()}
if stored != set(gallery_stories.EXPECTED):
    sys.exit(f"in the folder or in gallery_stories.py, and not in both: {sorted(stored ^ set(gallery_stories.EXPECTED))}")
shown = set()
for name, expected in gallery_stories.EXPECTED.items():
    shown |= check(name, expected)
for name in HEALTHY:
    check(name, [])
print(f"{len(stored)} captures, {len(shown)} of {len(known.codes())} codes")
for other in OTHERS:
    shown |= {row["code"] for row in diagnose(*other)}
missing = known.codes() - shown
sys.exit(f"no capture shows {sorted(missing)}" if missing or not known.codes() else 0)
