#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsock.diagnosis is on the frames that -z vsock,diagnose,json names first and last, with its code and severity, and
on no others; on the second pass only. Of every stored capture. Takes runner.py's options.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

# Codes may differ in severity within a frame: a list of each, in the order of the report.
FIELDS = ["-T", "fields", "-e", "frame.number", "-e", "vsock.diagnosis", "-e", "vsock.diagnosis.error", "-e",
          "vsock.diagnosis.warn", "-e", "vsock.diagnosis.note"]
SEVERITIES = ("error", "warn", "note")


def named(report):
    """{frame: (codes in the report's order, how many of each severity)}"""
    frames = {}
    for line in report:
        row = json.loads(line)
        for frame in sorted({row["first_frame"], row["last_frame"]}):
            codes, counts = frames.setdefault(frame, ([], dict.fromkeys(SEVERITIES, 0)))
            codes.append(row["code"])
            counts[row["severity"]] += 1
    return {frame: (codes, [min(counts[severity], 1) for severity in SEVERITIES])
            for frame, (codes, counts) in frames.items()}


def shown(table):
    frames = {}
    for line in table:
        frame, codes, *severities = line.split("\t")
        frames[int(frame)] = codes.split(","), [int(bool(severity)) for severity in severities]
    return frames


def check(capture):
    report = ["-z", "vsock,diagnose,json"]
    lines = runner.tshark(capture, ["-2", "-Y", "vsock.diagnosis", *FIELDS, *report], options).splitlines()
    expected = named(line for line in lines if line.startswith("{"))
    twice = shown(line for line in lines if not line.startswith("{"))
    if twice != expected:
        different = {frame: (expected.get(frame), twice.get(frame)) for frame in expected.keys() | twice.keys()
                     if expected.get(frame) != twice.get(frame)}
        sys.exit(f"{capture}: frame: (in the report, on the packet):\n{different}")
    return len(expected)


def check_first_pass(capture):
    table = runner.tshark(capture, ["-Y", "vsock.diagnosis", *FIELDS], options)
    if table:
        sys.exit(f"{capture}: on the first pass, of which nobody knows the end:\n{table}")


def check_read_filter(capture, dropped):
    """A diagnosis of a packet that a read filter has dropped shows on no other."""
    table = runner.tshark(capture, ["-2", "-R", f"!({dropped})", "-Y", "vsock.diagnosis", *FIELDS], options)
    if table:
        sys.exit(f"{capture}: without {dropped}, there still is\n{table}")


options = runner.parse_arguments()
frames = sum(check(capture) for capture in runner.stored_captures())
check_first_pass("gallery/01-libkrun-own-cap.pcapng")
check_read_filter("gallery/01-libkrun-own-cap.pcapng", "frame.number == 8")
print(f"{frames} frames")
sys.exit(0 if frames > 200 else "too few frames were there to check")
