#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet shows must not depend on the pass, links and findings of the future apart.

Every field of ours, of every packet of every capture, with one pass and with two. Takes golden.py's options.
"""
import shlex
import sys

import golden

FUTURE = {"vsock.response_in", "vsock.reset_in", "vsock.reassembled_in", "vsock.message.reassembled_in",
          "vsock.connection.unanswered", "vsock.analysis.stall_open", "vsock.analysis.credit_request_unanswered",
          # The first is said at once, and becomes one of the others.
          "vsock.analysis.credit_exceeded", "vsock.analysis.credit_exceeded_reset",
          "vsock.analysis.credit_record_missing",
          # Protocols of our own.
          "ttrpc.response_in", "gcs.response_in"}

OURS = r"fields - -G fields | ^F\t[^\t]*\t(vsock|ttrpc|sd_notify|nitro_heartbeat|gcs)\."


def main():
    options = golden.parse_arguments()
    listed = golden.run(golden.Case(OURS), options)
    fields = sorted({line.split("\t")[2] for line in listed.splitlines()} - FUTURE)
    print(f"{len(fields)} fields")
    if "vsock.stream" not in fields or len(fields) < 90:
        sys.exit(f"is the plugin loaded? Its fields are not there: {listed}")
    arguments = "-T fields -E separator=| -e _ws.col.Info " + " ".join(f"-e {field}" for field in fields)
    different = []
    for capture in sorted((golden.TESTS / "captures").glob("*.pcap*")):
        once, twice = (golden.run(golden.Case(shlex.join(["passes", capture.name, *passes, *arguments.split()])), options)
                       for passes in ([], ["-2"]))
        if "exit status" in once + twice:
            sys.exit(f"{capture.name}: tshark failed:\n{once}")
        print(f"{capture.name}: {once.count(chr(10))} packets")
        for number, (a, b) in enumerate(zip(once.splitlines(), twice.splitlines(), strict=True), 1):
            if a != b:
                different.append(f"{capture.name} {number}:\n  {a}\n  {b}")
    return "\n".join(different) or 0


if __name__ == "__main__":
    sys.exit(main())
