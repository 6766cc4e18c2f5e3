#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""-z follow,ttrpc,hex,N,ID shows what was said in one call, and nothing of others. Takes runner.py's options.

It is there from Wireshark 4.4 on. gui/fake_follow.c turns the box of the window; the build leaves it in BUILD/fakes.
"""
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner
from lib.expectations import expect, finish
from lib.sharkd import Sharkd

CAPTURE = "ttrpc.pcapng"
BYTES = re.compile(r"^\t?[0-9A-F]{8}  (.{48})", re.M)
CUT = "9"  # the stream whose packets lack their last bytes
FIRST_OF_FRAME = {3: "1", 12: "9"}  # ids; 12 has those of two calls


def messages():
    """(stream, id, bytes behind the header) of every message of a known type: as the tree has them."""
    fields = "vsock.stream ttrpc.stream_id ttrpc.type ttrpc.length".split()
    rows = runner.tshark(CAPTURE, ["-2", "-Y", "ttrpc", "-T", "fields", *(f"-e{field}" for field in fields)], options)
    for row in rows.splitlines():
        stream, *of_messages = row.split("\t")
        for number, kind, length in zip(*(values.split(",") for values in of_messages)):
            if kind in "123" and int(length) < 1 << 22:
                yield stream, number, int(length)


def follow(*arguments):
    return runner.run(CAPTURE, ["-q", "-z", ",".join(("follow", "ttrpc", *arguments))], options)


def followed_bytes(stream, number):
    return sum(len(line.split()) for line in BYTES.findall(follow("hex", stream, number)))


def boxes():
    """What the box shows when it is turned up, and down: a line a stream."""
    with runner.bench(options) as (folder, environment):
        plugins = pathlib.Path(environment["WIRESHARK_PLUGIN_DIR"], options.series, "epan")
        runner.let_read(shutil.copy(pathlib.Path(options.plugins).parent / "fakes" / "fake_follow.so", plugins))
        done = runner.call([options.tshark, "-r", runner.readable(CAPTURE, folder), "-q"], environment)
    return done.stderr.splitlines()


def boxes_wanted():
    """The ids of requests."""
    ids = {}
    rows = runner.tshark(CAPTURE, ["-Y", "ttrpc.type == 1 && ttrpc.length < 4194304", "-T", "fields", "-e", "vsock.stream",
                                   "-e", "ttrpc.stream_id"], options)
    for row in rows.splitlines():
        stream, numbers = row.split("\t")
        ids.setdefault(int(stream), set()).update(map(int, numbers.split(",")))
    return [" ".join([f"{stream}:", *map(str, sorted(of)), "|", *map(str, sorted(of, reverse=True))])
            for stream, of in sorted(ids.items())]


def look_at_filters():
    """Of the packets that are selected when the window opens."""
    with runner.bench(options) as (folder, environment), Sharkd(options, folder, environment) as sharkd:
        sharkd.load(CAPTURE)
        for frame, number in FIRST_OF_FRAME.items():
            filters = [follower["filter"] for follower in sharkd.ask("frame", frame=frame)["followers"]]
            expect(f"the filter of frame {frame}", True, f"vsock.stream eq 0 and ttrpc.stream_id eq {number}" in filters)
        filters = [follower["filter"] for follower in sharkd.ask("frame", frame=4)["followers"]]
        expect("the filters of a packet that has no message", ["vsock.stream eq 0"], list(filter(None, filters)))


def look_at_calls():
    wanted = {}
    for stream, number, length in messages():
        wanted[stream, number] = wanted.get((stream, number), 0) + length
    expect("calls", True, len(wanted) > 20)
    whole = {call: length for call, length in wanted.items() if call[0] != CUT}
    expect("bytes of every call", whole, dict(zip(whole, runner.each(lambda call: followed_bytes(*call), whole))))


def look_at_text():
    expect("one of several calls in a packet", """
===================================================================
Follow: ttrpc,ascii
Filter: vsock.stream eq 0 and ttrpc.stream_id eq 9
Node 0: 2:3417250221
Node 1: 42:1024
40

.grpc.AgentService..GetGuestDetails....
\t18

.......@..
.3.2.0
===================================================================
""", follow("ascii", "0", "9"))
    expect("what was not captured", ["[3 bytes missing in capture file]", "[3 bytes missing in capture file]"],
           re.findall(r"\[.* missing .*\]", follow("ascii", CUT, "1")))
    expect("no call's id", "exit status 1", follow("ascii", "0").splitlines()[-1])


options = runner.parse_arguments()
if tuple(map(int, options.series.split("."))) < (4, 4):
    expect("the follower", False, "follow,ttrpc" in runner.run(None, ["-z", "help"], options))
    expect("the box", ["no box"], boxes())
    finish()
look_at_text()
look_at_calls()
look_at_filters()
expect("the box", boxes_wanted(), boxes())
finish()
