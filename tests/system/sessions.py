#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark leaves out, or forgets on its way, makes no verdict false. On every stored capture:

-2 -R FILTER    has the diagnoses and streams that there are without a filter, but for the numbers of frames, which
                tshark gives out anew: a filter chooses what is shown, never what is true.
-M COUNT        begins a new session after so many packets: tshark forgets what it knew, and counts frames and streams
                from 1 and 0 again. The diagnoses and streams are those of all sessions, one after another; of each,
                those of a capture that has its packets alone, but for times since the capture's start. And every
                table, graph and report prints something, and breaks nothing.

With a filter, captures are read GROUP at a time, as sections of one: most of a short run is tshark's start. Of sessions, the
first SESSIONS_READ are read, and where there are more than SESSIONS_MAX, it is only seen that nothing breaks. With --long,
each capture is read by itself, and all sessions are looked at. Takes runner.py's options; names are captures, below
tests/captures.
"""
import itertools
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import pcapng, runner, verdict

# No data; every other packet of a stream; one side's packets; none.
FILTERS = ("vsock.virtio.op != 5", "vsock.stream.pnum % 2 == 1", "vsock.src_port < 100000", "frame.number == 0")
GROUP = 8
COUNTS = (7, 20, 300)
SESSIONS_MAX = 4
SESSIONS_READ = 20

OF_SESSIONS = {"session", "time_relative", "start_s"}

VERDICTS = ("vsock,diagnose,json", "vsock,streams,json")
OTHER_TAPS = ("vsock,diagnose", "vsock,streams", "vsock,streams-table", "vsock,tree", "vsock,srt", "conv,vsock",
              "endpoints,vsock", "follow,vsock,hex,0", "flow,vsock,standard", "expert")
RESET = "resetting session.\n"  # on stderr, before each session but the first
# What tshark's own flow graph says of more than 40 endpoints, with -M or without.
WIRESHARKS_OWN = re.compile(r"^.*g_string_erase: assertion .*\n\n?", re.M)


class Capture:
    """Stored ones, as sections of one, in a folder of its own; and the runs of tshark. `wrong` is what it did otherwise
    than it should."""

    def __init__(self, names, options, folder, environment):
        self.name, self.options, self.environment = ", ".join(names), options, environment
        self.data = b"".join(pcapng.read(runner.CAPTURES / name) for name in names)
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.folder.chmod(0o755)
        self.path = self.folder / "whole"
        self.path.write_bytes(self.data)
        self.path.chmod(0o644)
        self.wrong, self.runs, self.sessions = [], 0, 0

    def tshark(self, about, taps, path, *arguments, resets=0):
        """What it printed, or None if it ended otherwise than it should."""
        self.runs += 1
        taps = [word for tap in taps for word in ("-z", tap)]
        result = runner.call([self.options.tshark, "-r", path, *arguments, "-q", *taps], self.environment)
        seen, said = result.stderr.count(RESET), WIRESHARKS_OWN.sub("", result.stderr.replace(RESET, "")).strip()
        if (result.returncode, seen, said) == (0, resets, ""):
            return result.stdout
        self.wrong.append(f"{about}: exit status {result.returncode}, {seen} resets of {resets} {said}")
        return None

    def verdicts(self, about, left_out, path, *arguments, others=(), resets=0):
        """The diagnoses and the streams, without the keys that are left out; None where tshark failed. `others`: taps
        that have to print something, and nothing that looks like JSON."""
        told = self.tshark(about, (*VERDICTS, *others), path, *arguments, resets=resets)
        if told is None:
            return None
        rows = [json.loads(line, parse_float=str) for line in told.splitlines() if line.startswith("{")]
        kept = [verdict.without(left_out, row) for row in rows]
        if others and len(told.splitlines()) == len(rows):
            self.wrong.append(f"{about}: no table was printed")
        return [row for row in kept if "code" in row], [row for row in kept if "code" not in row]

    def compare(self, about, wanted, got):
        """Of diagnoses and streams each, how many there are, and the first that differs."""
        for what, those, these in zip(("diagnoses", "streams"), wanted or (), got or ()):
            for one, other in itertools.zip_longest(those, these, fillvalue={}):
                if one != other:
                    self.wrong.append(f"{about}: {len(these)} {what} instead of {len(those)}; stream "
                                      f"{one.get('stream')}:\n  wanted {only(one, other)}\n  got    {only(other, one)}")
                    break


def only(one, other):
    return {key: value for key, value in one.items() if key not in other or other[key] != value}


def check_filters(capture):
    wanted = capture.verdicts(f"{capture.name} -2", verdict.FRAMES, capture.path, "-2")
    for read_filter in FILTERS:
        about = f"{capture.name} -2 -R '{read_filter}'"
        capture.compare(about, wanted, capture.verdicts(about, verdict.FRAMES, capture.path, "-2", "-R", read_filter))


def sum_of(capture, about, parts):
    """The verdicts of all parts of a capture, each read by itself, one part after another."""
    diagnoses, streams = [], []
    path = capture.folder / "part"
    for number, part in enumerate(parts, 1):
        path.write_bytes(part)
        path.chmod(0o644)
        told = capture.verdicts(f"{about}, session {number} alone", OF_SESSIONS, path)
        if told is not None:
            diagnoses, streams = diagnoses + told[0], streams + told[1]
    return diagnoses, streams


def check_sessions(capture):
    for count in COUNTS:
        parts = list(pcapng.cut(capture.data, count))
        if len(parts) == 1:
            break
        if not capture.options.long:
            parts = parts[:SESSIONS_READ]
        about = f"{capture.name} -M {count}"
        got = capture.verdicts(about, OF_SESSIONS, capture.path, "-M", str(count), "-c", str(count * len(parts)),
                               others=OTHER_TAPS, resets=len(parts) - 1)
        if len(parts) <= SESSIONS_MAX or capture.options.long:
            capture.compare(about, sum_of(capture, about, parts), got)
        capture.sessions += len(parts)


def groups_of(names, size):
    """Lists of names; of what is no pcapng, each is by itself."""
    alone = [name for name in names if pcapng.is_pcap(pcapng.read(runner.CAPTURES / name))]
    others = [name for name in names if name not in alone]
    return [*([name] for name in alone), *(others[first:first + size] for first in range(0, len(others), size))]


def main():
    options = runner.parse_arguments("--long")
    names, wrong, runs, sessions = runner.chosen_captures(options.names), 0, 0, 0
    work = [*((check_filters, group) for group in groups_of(names, 1 if options.long else GROUP)),
            *((check_sessions, [name]) for name in names)]
    with runner.bench(options) as (folder, environment):
        def check(item):
            check_it, group = item
            capture = Capture(group, options, folder, environment)
            check_it(capture)
            return capture

        for capture in runner.each(check, work):
            for what in capture.wrong:
                print(what, flush=True)
            wrong, runs, sessions = wrong + len(capture.wrong), runs + capture.runs, sessions + capture.sessions
    print(f"{len(names)} captures with {len(FILTERS)} read filters and in {sessions} sessions, {runs} runs: "
          f"{wrong} differences")
    return 1 if wrong or not sessions else 0


if __name__ == "__main__":
    sys.exit(main())
