#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark leaves out, or forgets on its way, makes no verdict false. On every stored capture:

-2 -R FILTER    has the diagnoses and streams that there are without a filter, but for the numbers of frames, which
                tshark gives out anew: a filter chooses what is shown, never what is true.
-M COUNT        begins a new session after so many packets: tshark forgets what it knew, and counts frames and streams
                from 1 and 0 again. The diagnoses and streams are those of all sessions, one after another; of each,
                those of a capture that has its packets alone, but for times since the capture's start. And every
                table, graph and report prints something, and breaks nothing.

Where -M makes more than SESSIONS_MAX sessions, it is only seen that nothing breaks; with --long, all are looked at.
Takes runner.py's options; names are captures, below tests/captures.
"""
import itertools
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import pcapng, runner

# No data; every other packet of a stream; one side's packets; none.
FILTERS = ("vsock.virtio.op != 5", "vsock.stream.pnum % 2 == 1", "vsock.src_port < 100000", "frame.number == 0")
COUNTS = (7, 20, 300)
SESSIONS_MAX = 4

FRAMES = {"first_frame", "last_frame"}
OF_SESSIONS = {"session", "time_relative", "start_s"}

VERDICTS = ("vsock,diagnose,json", "vsock,streams,json")
OTHER_TAPS = ("vsock,diagnose", "vsock,streams", "vsock,streams-table", "vsock,tree", "vsock,srt", "conv,vsock",
              "endpoints,vsock", "follow,vsock,ascii,0", "flow,vsock,standard", "expert")
RESET = "resetting session.\n"  # on stderr, before each session but the first
# What tshark's own flow graph says of more than 40 endpoints, with -M or without.
WIRESHARKS_OWN = re.compile(r"^.*g_string_erase: assertion .*\n\n?", re.M)


class Bench:
    """Runs tshark. `wrong` is what it did otherwise than it should."""

    def __init__(self, options, folder, environment):
        self.options, self.folder, self.environment = options, pathlib.Path(folder), environment
        self.wrong, self.runs = [], 0

    def complain(self, what):
        print(what, flush=True)
        self.wrong.append(what)

    def tshark(self, about, taps, path, *arguments, resets=0):
        """What it printed, or None if it ended otherwise than it should."""
        self.runs += 1
        taps = [word for tap in taps for word in ("-z", tap)]
        result = runner.call([self.options.tshark, "-r", path, *arguments, "-q", *taps], self.environment)
        seen, said = result.stderr.count(RESET), WIRESHARKS_OWN.sub("", result.stderr.replace(RESET, "")).strip()
        if (result.returncode, seen, said) == (0, resets, ""):
            return result.stdout
        self.complain(f"{about}: exit status {result.returncode}, {seen} resets of {resets} {said}")
        return None

    def verdicts(self, about, left_out, path, *arguments, resets=0):
        """The diagnoses and the streams, without the keys that are left out; None where tshark failed."""
        told = self.tshark(about, VERDICTS, path, *arguments, resets=resets)
        if told is None:
            return None
        rows = [json.loads(line, parse_float=str) for line in told.splitlines()]
        kept = [{key: value for key, value in row.items() if key not in left_out} for row in rows]
        return [row for row in kept if "code" in row], [row for row in kept if "code" not in row]

    def compare(self, about, wanted, got):
        """Of diagnoses and streams each, how many there are, and the first that differs."""
        for what, those, these in zip(("diagnoses", "streams"), wanted or (), got or ()):
            for one, other in itertools.zip_longest(those, these, fillvalue={}):
                if one != other:
                    self.complain(f"{about}: {len(these)} {what} instead of {len(those)}; stream {one.get('stream')}:\n"
                                  f"  wanted {only(one, other)}\n  got    {only(other, one)}")
                    break


def only(one, other):
    return {key: value for key, value in one.items() if key not in other or other[key] != value}


def check_filters(bench, capture, path):
    wanted = bench.verdicts(f"{capture} -2", FRAMES, path, "-2")
    for read_filter in FILTERS:
        about = f"{capture} -2 -R '{read_filter}'"
        bench.compare(about, wanted, bench.verdicts(about, FRAMES, path, "-2", "-R", read_filter))


def sum_of(bench, about, parts):
    """The verdicts of all parts of a capture, each read by itself, one part after another."""
    diagnoses, streams = [], []
    path = bench.folder / "part"
    for number, part in enumerate(parts, 1):
        path.write_bytes(part)
        path.chmod(0o644)
        told = bench.verdicts(f"{about}, session {number} alone", OF_SESSIONS, path)
        if told is not None:
            diagnoses, streams = diagnoses + told[0], streams + told[1]
    return diagnoses, streams


def check_sessions(bench, capture, path):
    """Returns how many sessions there were."""
    sessions = 0
    for count in COUNTS:
        parts = list(pcapng.cut(pcapng.read(runner.CAPTURES / capture), count))
        if len(parts) == 1:
            break
        about, resets = f"{capture} -M {count}", len(parts) - 1
        if bench.tshark(f"{about}, tables", OTHER_TAPS, path, "-M", str(count), resets=resets) == "":
            bench.complain(f"{about}: no table was printed")
        got = bench.verdicts(about, OF_SESSIONS, path, "-M", str(count), resets=resets)
        if len(parts) <= SESSIONS_MAX or bench.options.long:
            bench.compare(about, sum_of(bench, about, parts), got)
        sessions += len(parts)
    return sessions


def main():
    options = runner.parse_arguments("--long")
    captures, sessions = runner.chosen_captures(options.names), 0
    with runner.bench(options) as (folder, environment):
        bench = Bench(options, folder, environment)
        for capture in captures:
            path = runner.readable(capture, folder)
            check_filters(bench, capture, path)
            sessions += check_sessions(bench, capture, path)
    print(f"{len(captures)} captures with {len(FILTERS)} read filters and in {sessions} sessions, {bench.runs} runs: "
          f"{len(bench.wrong)} differences")
    return 1 if bench.wrong or not sessions else 0


if __name__ == "__main__":
    sys.exit(main())
