#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""-z vsock,diagnose and vsock,streams: valid JSON with the contract's keys, the same in one pass as in two, and
a filter that picks a single stream gives that stream's diagnoses and no others. On every capture.

Takes runner.py's options.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

OF_BOTH_SIDES = {"settled", "on_host", "in_guest"}  # where a connection was recorded on both
DIAGNOSIS = {"code", "severity", "stream", "first_frame", "last_frame", "time", "time_relative", "src", "dst", "text",
             "next", "filter", "figures"}
STREAM = {"stream", "client", "server", "client_is_known", "first_frame", "last_frame", "from_client", "from_server",
          "start_s", "connect_s", "duration_s", "stalls", "longest_stall_s", "total_stall_s", "state", "rst_kind"}
FILTERS_MAX = 6  # a capture: each is one more tshark
SEVERITIES = ["error", "warn", "note"]


TAPS = ("vsock,streams,json", "vsock,diagnose,json", "vsock,streams", "vsock,diagnose")


def tshark(capture, *arguments):
    return runner.tshark(capture, ["-q", *arguments], options)


def parse(capture, output):
    """The objects among the lines, each with the keys that it must have: diagnoses, and streams."""
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    for row in rows:
        keys = DIAGNOSIS if "code" in row else STREAM
        if set(row) - OF_BOTH_SIDES != keys:
            sys.exit(f"{capture}: {sorted(set(row) ^ keys)} are missing or too many in {row}")
    return [row for row in rows if "code" in row], [row for row in rows if "code" not in row]


def check_order(capture, found):
    order = [(SEVERITIES.index(row["severity"]), row["time"]) for row in found]
    if order != sorted(order):
        sys.exit(f"{capture}: not by severity, then time: {order}")


def check_single_streams(capture, found):
    """Filters that pick one stream each must give, of each, the diagnoses that it has among all."""
    picked = sorted({row["stream"] for row in found if row["stream"] is not None})[:5]
    if not picked:
        return
    arguments = [word for stream in picked for word in ("-z", f"vsock,diagnose,json,vsock.stream=={stream}")]
    alone, _ = parse(capture, tshark(capture, *arguments))
    for stream in picked:
        if [row for row in alone if row["stream"] == stream] != [row for row in found if row["stream"] == stream]:
            sys.exit(f"{capture}: stream {stream} alone has other diagnoses than among all")


def check_filters(capture, found):
    """What a diagnosis names as its filter shows the frames that it names."""
    for wanted in list(dict.fromkeys(row["filter"] for row in found))[:FILTERS_MAX]:
        shown = set(runner.tshark(capture, ["-Y", wanted, "-T", "fields", "-e", "frame.number"], options).split())
        for row in found:
            if row["figures"].get("back_s", 0) >= 2**31:  # more seconds than Wireshark compares
                continue
            if row["filter"] == wanted and not {str(row["first_frame"]), str(row["last_frame"])} <= shown:
                sys.exit(f"{capture}: {wanted} does not show the frames of {row}")
            if not row["next"].endswith(f" Filter: {row['filter']}"):
                sys.exit(f"{capture}: 'next' does not end in its filter: {row}")


def check(capture):
    arguments = [word for tap in TAPS for word in ("-z", tap)]
    once, twice = tshark(capture, *arguments), tshark(capture, "-2", *arguments)
    if once != twice:
        sys.exit(f"{capture}: in one pass\n{once}\nand in two\n{twice}")
    found, streams = parse(capture, once)
    check_order(capture, found)
    check_single_streams(capture, found)
    check_filters(capture, found)
    print(f"{capture}: {len(streams)} streams, {len(found)} diagnoses")
    return found


options = runner.parse_arguments()
everything = [row for capture in runner.stored_captures("*.pcap*") for row in check(capture)]
codes = {row["code"] for row in everything}
print(f"{len(codes)} codes: {' '.join(sorted(codes))}")
sys.exit(0 if len(codes) >= 20 else "too few codes were there to check")
