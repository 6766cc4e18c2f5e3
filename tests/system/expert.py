#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""In lists of expert infos (-z expert), no two rows of vsock differ in figures alone. Takes runner.py's options.

But for verdicts: each tells of another failure, as -z vsock,diagnose does. They come with vsock.diagnosis.
"""
import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

ROW = re.compile(r"^ +\d+ +(\S+) +(vsock|VSOCK) +(.*)$")


def check(capture):
    output = runner.tshark(capture, ["-2", "-q", "-z", "expert", "-z", "vsock,diagnose,json"], options)
    told = set(re.findall(r'"text":"((?:[^"\\]|\\.)*)"', output))
    severity, rows = None, collections.defaultdict(set)
    for line in output.splitlines():
        heading = re.match(r"(\w+) \(\d+\)", line)
        severity = heading[1] if heading else severity
        row = ROW.match(line)
        if row and row[3] not in told:
            rows[severity, row[1], re.sub(r"\d+", "N", row[3])].add(row[3])
    twice = [sorted(texts) for texts in rows.values() if len(texts) > 1]
    if twice:
        print(f"{capture}: differ in figures alone: {twice}")
    return len(rows), not twice


options = runner.parse_arguments()
checked = list(runner.each(check, runner.chosen_captures(options.names)))
print(f"{len(checked)} captures, {sum(rows for rows, _ in checked)} rows")
sys.exit(0 if all(right for _, right in checked) and sum(rows for rows, _ in checked) > 500 else 1)
