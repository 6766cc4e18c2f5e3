#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet shows must not depend on the pass, links and findings of the future apart.

Every field of ours, of every packet of every capture; and every field of the protocols inside, where there is payload
that is decoded; with one pass and with two. Takes runner.py's options.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import known, runner

FUTURE = {"vsock.response_in", "vsock.reset_in", "vsock.reassembled_in", "vsock.message.reassembled_in",
          "vsock.connection.unanswered", "vsock.analysis.stall_open", "vsock.analysis.credit_request_unanswered",
          "vsock.diagnosis", "vsock.diagnosis.error", "vsock.diagnosis.warn", "vsock.diagnosis.note",
          "vsock.analysis.stall_ends_in", "vsock.analysis.stalled_for",
          "vsock.view", "vsock.twin", "vsock.twin.delay", "vsock.twin.uncertainty",
          "vsock.analysis.not_delivered", "vsock.analysis.delivered_late", "vsock.analysis.reordered",
          "vsock.analysis.altered",
          "vsock.analysis.flags",  # which those are of, too
          # The first is said at once, and becomes one of the others.
          "vsock.analysis.credit_exceeded", "vsock.analysis.credit_exceeded_reset",
          "vsock.analysis.credit_record_missing",
          # Protocols of our own.
          "ttrpc.response_in", "gcs.response_in", "qga.response_in", "varlink.response_in", "p11rpc.response_in",
          "nbdframe.response_in"}

# What dissectors within say of the future, over TCP as well.
NOT_OURS = {"", "text", "http.request_number", "http.response_number", "http.response_for.uri", "http.request.full_uri",
            "tls.handshake.random_time", "tls.handshake.random_bytes"}

# What Info says of the future.
FUTURE_TAG = re.compile(r"\[(Peer s|S)talled [^]]*\] ")

INSIDE = ("payload-*", "http*", "ssh*", "tls*.pcapng*", "tap-whole*", "vhost-6.1*", "seqpacket*", "ttrpc*", "sd_notify*",
          "nitro*", "gcs*", "inside-turns*", "inside-json*",
          "inside-calls*")

# TCP within says in Info, on a second pass, of a segment that it is part of more; and shows it so.
OF_TCP = {"inside-ethernet.pcapng", "recorded-gvproxy.pcapng.gz"}


def compare_ours(capture, fields, options):
    """Returns how many packets there are, and the differences."""
    info = [] if capture in OF_TCP else ["-e_ws.col.Info"]
    arguments = ["-T", "fields", "-E", "separator=|", *info, *(f"-e{field}" for field in fields)]
    once, twice = (FUTURE_TAG.sub("", runner.tshark(capture, [*passes, *arguments], options))
                   for passes in ([], ["-2"]))
    different = [f"{capture}, frame {number}:\n  {a}\n  {b}"
                 for number, (a, b) in enumerate(zip(once.splitlines(), twice.splitlines(), strict=True), 1) if a != b]
    return once.count("\n"), different


def links(options):
    """The names of all fields that are frame numbers."""
    listed = runner.run(None, ["-G", "fields"], options, r"^F\t.*\tFT_FRAMENUM\t")
    return {line.split("\t")[2] for line in listed.splitlines()}


def fields_inside(capture, extra, left_out, options):
    """A list of (name, value), in the order of the tree, for each packet."""
    text = runner.run(capture, [*extra, "-T", "pdml"], options)
    packets = xml.etree.ElementTree.fromstring(text)
    result = []
    for packet in packets:
        inside = [proto for proto in packet if proto.get("name") not in ("geninfo", "frame")]
        result.append([(field.get("name"), field.get("show"), field.get("value"))
                       for proto in inside for field in proto.iter("field")
                       if field.get("name") not in left_out and not field.get("name").startswith("_ws.expert")])
        result[-1] += [(proto.get("name"), None, None) for proto in inside]
    return result


def compare_inside(capture, left_out, options):
    once, twice = (fields_inside(capture, extra, left_out, options) for extra in ([], ["-2"]))
    return [f"{capture}, frame {number}, inside:\n  {sorted(set(a) - set(b), key=str)}\n"
            f"  {sorted(set(b) - set(a), key=str)}"
            for number, (a, b) in enumerate(zip(once, twice, strict=True), 1) if a != b]


def main():
    options = runner.parse_arguments()
    fields = [field for field in known.fields(options) if field not in FUTURE]
    left_out = links(options) | FUTURE | NOT_OURS
    packets, different = 0, []
    for capture in runner.stored_captures("*.pcap*"):
        count, found = compare_ours(capture, fields, options)
        print(f"{capture}: {count} packets")
        packets, different = packets + count, different + found
    inside = sorted(capture for pattern in INSIDE for capture in runner.stored_captures(pattern))
    for capture in inside:
        different += compare_inside(capture, left_out, options)
    print("\n".join(different))
    print(f"{len(fields)} fields of {packets} packets, and all that is inside {len(inside)} captures, with one pass and "
          f"two: {len(different)} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
