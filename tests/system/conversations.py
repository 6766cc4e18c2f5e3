#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every row of the conversation table, made into the filter that the GUI makes of it, must give the row's packets.

Takes runner.py's options.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

ROW = re.compile(r"^(\d+):(\d+) +<-> (\d+):(\d+) .* (\d+) +\d+ \S+ +-?\d+\.\d+ +\d+\.\d+$")


def tshark(capture, *arguments):
    return runner.tshark(capture, ["-n", *arguments], options)


def check(capture):
    table = tshark(capture, "-q", "-z", "conv,vsock")
    rows = [ROW.match(line) for line in table.splitlines() if "<->" in line]
    if not rows or not all(rows):
        sys.exit(f"{capture}: rows that are not CID:PORT <-> CID:PORT:\n{table}")
    for a_cid, a_port, b_cid, b_port, packets in (row.groups() for row in rows):
        wanted = f'vsock.addr=="{a_cid}:{a_port}" && vsock.addr=={b_cid}-{b_port}'
        if (a_cid, a_port) == (b_cid, b_port):
            wanted = f'vsock.src=="{a_cid}:{a_port}" && vsock.dst=="{a_cid}:{a_port}"'
        found = tshark(capture, "-Y", wanted).count("\n")
        if found != int(packets):
            sys.exit(f"{capture}: '{wanted}' gives {found} packets, the table says {packets}")
    print(f"{capture}: {len(rows)} rows")


options = runner.parse_arguments()
for name in ("hello.pcapng", "any.pcapng", "connections.pcapng", "interfaces.pcapng", "cuts.pcapng", "two-vsockmon.pcapng",
             "vhost-6.1.0.pcapng.gz", "cap-7.2.13.pcapng.gz"):
    check(name)
