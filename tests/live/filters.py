# SPDX-License-Identifier: GPL-2.0-or-later
"""The capture filters to try live, each with the display filter that means the same: some of tests/system/vsock_filter.py's.

Stored captures cannot tell whether the kernel, which filters for vsockmon0, or libpcap, which does for -i any, keeps
the same live: there, `len` and the place of the record are others.
"""
import traffic

EXPRESSIONS = (
    "src port 10004",
    "portrange 10004-10012",
    "type seqpacket",
    "op rw",
    "not op rw",
    "port 10004 and not op credit-update",
)


def tried(folder):
    """(name, vsock-filter's words, display filter); each keeps the last packets too, for the end to be seen."""
    pairs = dict(line.split("\t") for line in folder.joinpath("pairs").read_text().splitlines())
    for number, expression in enumerate(EXPRESSIONS):
        yield (f"filter{number}", f"({expression}) or port {traffic.REFUSED}",
               f"({pairs[expression]}) || vsock.port == {traffic.REFUSED}")
