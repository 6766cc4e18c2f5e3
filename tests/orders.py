#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is inside the payload must not depend on the pass, nor on the order in which packets are looked at.

Of every capture with payload that is decoded: each field of each packet with one pass and with two (tshark), and each
packet's whole tree and columns when they are asked for forwards, backwards and shuffled (sharkd, as a GUI would).
Links to other frames, and what is known of the future only, are left out of the first. Takes golden.py's options.
"""
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import golden
import passes

CAPTURES = sorted(path.name for pattern in ("payload-*", "http*", "ssh*", "tls*.pcapng*", "tap-whole*", "vhost-6.1*",
                                            "seqpacket*", "ttrpc*", "sd_notify*", "nitro*", "gcs*")
                  for path in (golden.TESTS / "captures").glob(pattern))


# What dissectors within say of the future, or of what they looked at last, over TCP as well.
NOT_OURS = {"", "text", "http.request_number", "http.response_number", "http.response_for.uri", "http.request.full_uri",
            "tls.handshake.random_time", "tls.handshake.random_bytes"}


def links(options):
    """The names of all fields that are frame numbers."""
    listed = golden.run(golden.Case(r"links - -G fields | ^F\t.*\tFT_FRAMENUM\t"), options)
    return {line.split("\t")[2] for line in listed.splitlines()}


def fields_of(capture, extra, left_out, options):
    """A list of (name, value), in the order of the tree, for each packet."""
    text = golden.run(golden.Case(shlex.join(["pdml", capture, *extra, "-T", "pdml"])), options)
    packets = xml.etree.ElementTree.fromstring(text)
    result = []
    for packet in packets:
        inside = [proto for proto in packet if proto.get("name") not in ("geninfo", "frame")]
        result.append([(field.get("name"), field.get("show"), field.get("value"))
                       for proto in inside for field in proto.iter("field")
                       if field.get("name") not in left_out and not field.get("name").startswith("_ws.expert")])
        result[-1] += [(proto.get("name"), None, None) for proto in inside]
    return result


def compare_passes(capture, left_out, options):
    once, twice = (fields_of(capture, extra, left_out, options) for extra in ([], ["-2"]))
    different = [f"{capture}, frame {number}, one pass and two:\n  {sorted(set(a) - set(b), key=str)}\n"
                 f"  {sorted(set(b) - set(a), key=str)}"
                 for number, (a, b) in enumerate(zip(once, twice, strict=True), 1) if a != b]
    return len(once), different


def filters(tree):
    """The filter that each item of sharkd's tree would match, in order."""
    for item in tree:
        name = item.get("f", "").split(" ")[0]
        if name not in NOT_OURS and not name.startswith("frame["):
            yield item["f"]
        yield from filters(item.get("n", ()))


class Sharkd:
    """One sharkd with one capture loaded: its first pass is done."""

    def __init__(self, capture, options, folder, environment):
        near = pathlib.Path(shutil.which(options.tshark)).parent
        sharkd = shutil.which("sharkd", path=f"{near}:{os.environ['PATH']}")
        if not sharkd:
            sys.exit("sharkd: not found; it comes with Wireshark (Debian: wireshark-common)")
        self.process = subprocess.Popen(golden.unprivileged([sharkd, "-"]), env=environment, cwd="/", text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ask("load", file=golden.readable(capture, folder))

    def ask(self, method, **parameters):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "result" not in answer:
            sys.exit(f"sharkd: {answer}")
        return answer["result"]

    def look_at(self, numbers):
        """Each frame's columns, and the fields of its tree but for the Frame block."""
        answers = {number: self.ask("frame", frame=number, proto=True, columns=True) for number in numbers}
        return {number: [*answer["col"], *filters(answer["tree"][1:])] for number, answer in answers.items()}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare_orders(capture, count, options):
    different = []
    shuffled = list(range(1, count + 1))
    random.Random(1).shuffle(shuffled)
    seen = []
    with golden.bench(options) as (folder, environment):
        for numbers in (range(1, count + 1), range(count, 0, -1), shuffled):
            sharkd = Sharkd(capture, options, folder, environment)
            seen.append(sharkd.look_at(numbers))
            sharkd.close()
    for name, other in (("backwards", seen[1]), ("shuffled", seen[2])):
        different += [f"{capture}, frame {number}, {name}:\n  {a}\n  {b}" for number in seen[0]
                      for a, b in [(seen[0][number], other[number])] if a != b]
    return different


def main():
    options = golden.parse_arguments()
    left_out = links(options) | passes.FUTURE | NOT_OURS
    different = []
    for capture in CAPTURES:
        count, found = compare_passes(capture, left_out, options)
        found += compare_orders(capture, count, options)
        print(f"{capture}: {count} packets, {len(found)} differences")
        different += found
    return "\n".join(different) or 0


if __name__ == "__main__":
    sys.exit(main())
