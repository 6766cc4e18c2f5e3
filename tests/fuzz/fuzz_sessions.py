#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads sessions that chance has made up with the whole plugin, under AddressSanitizer and UndefinedBehaviorSanitizer.

A session is made from its number, and does the same each time (session.py has what happens in it, speech.py what is
said). TOGETHER of them are sections of one capture, and have one command line, made from their number: an output, one
pass or two, filters, preferences at their ends, Decode As, and every table. What has to hold:

- no crash, report of a sanitizer, leak of ours, "Dissector bug", hang, nor anything else on stderr
- JSON and PDML are well-formed
- diagnoses and streams do not depend on the pass, on what is shown, nor on what is said inside vsock
- a session that is honest is not told that its connections break rules

Where TOGETHER fail, each is looked at alone. What failed is kept, and the command line that repeats it printed, as is
the session of --seed NUMBER whether it fails or not. Options as fuzz_plugin.py's.
"""
import json
import pathlib
import random
import re
import resource
import shutil
import sys
import time
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fuzz import checked, session
from lib import known, runner, verdict

TOGETHER = 16
SHORT = 96  # sessions, where no number is given
CPU_SECONDS = 120  # for a run, which takes 5
LINES_MAX = 60  # of what is said of a failure; the last one is how to repeat it
MEMORY_MAX = 3000  # MiB of a run, sanitizers included
WHOLE_STACKS_EVERY = 8  # of those that have a command line: leaks are looked for

OUTPUTS = (["-V"], ["-V", "-x"], ["-x"], ["-O", "vsock,ttrpc,gcs"], ["-q"], ["-T", "json"], ["-T", "json", "-x"],
           ["-T", "jsonraw"], ["-T", "pdml"], ["-T", "psml"], ["-T", "ek"], ["-T", "tabs"], ["-T", "fields"])
READ_FILTERS = ("frame.number == 0", "vsock.stream.pnum % 2 == 1", "vsock.virtio.op != 5", "vsock.src_port < 100000",
                "!vsock.stream || vsock.stream < 3", "vsock.analysis.stall || vsock.rst.kind")
DISPLAY_FILTERS = ("vsock.credit.window < 100", "http || tls || ttrpc || gcs", "vsock.reassembled_in",
                   "_ws.expert.severity >= note", "vsock.stream == 1", "vsock.surplus || vsock.trans_data")
TAPS = ("vsock,diagnose", "vsock,diagnose,vsock.port < 9000", "vsock,streams", "vsock,streams,vsock.stream == 1",
        "vsock,streams-table", "vsock,srt", "vsock,srt,vsock.stream > 0", "vsock,tree", "vsock,tree,vsock.port > 0",
        "conv,vsock", "endpoints,vsock", "flow,vsock,standard", "flow,any,standard", "expert", "expert,note,vsock",
        "io,phs", "follow,http,ascii,0", "follow,tls,ascii,0")
FOLLOWED_AS = ("ascii", "hex", "raw", "ebcdic", "yaml")
VERDICTS = ("vsock,diagnose,json", "vsock,streams,json")

TIMES = ("vsock.connect_timeout", "vsock.stall_note", "vsock.stall_warning", "vsock.credit_request_timeout")
UINT_MAX = 2**32 - 1
SWITCHES = ("vsock.desegment_streams", "vsock.try_heuristic_first", "vsock.tcp_heuristics")
NAMES = ('uat:vsock_cids:"42","web-vm"', 'uat:vsock_services:"","1024","agent"')
DECODED_AS = ("http", "http2", "tls", "ssh", "json", "xml", "protobuf", "mqtt", "9p", "adb", "ttrpc", "sd_notify",
              "gcs", "data-text-lines", "syslog", "dns", "mysql", "mongo", "pgsql", "smtp", "rtsp", "vnc", "gdb", "memcache",
              "data")

# What Wireshark itself says on stderr: with -M; and of a flow graph that has more than 40 endpoints.
WIRESHARKS_OWN = re.compile(r"^resetting session\.\n|^.*g_string_erase: assertion .*\n\n?", re.M)

# What packet-grpc.c says of a message in HTTP/2 whose headers have no content type, and others of their own strings.
OF_GRPC = re.compile(r"^.*g_str_has_prefix: assertion 'str != NULL' failed\n\n?", re.M)
WITHOUT_GRPC = ["--disable-protocol", "grpc"]


# ---- a command line ----

def settings_of(chance):
    """Those that the diagnoses depend on, and all others."""
    times = [f"{name}:{chance.choice((0, 1, UINT_MAX))}" for name in TIMES if chance.random() < 0.4]
    others = [f"{name}:{chance.choice(('TRUE', 'FALSE'))}" for name in SWITCHES]
    if chance.random() < 0.3:
        others.append(f"vsock.reassembly_limit:{chance.choice((0, 1, UINT_MAX))}")
    others += [f"tls.keylog_file:{runner.CAPTURES / 'tls.keylog'}"] * (chance.random() < 0.5)
    others += NAMES if chance.random() < 0.5 else ()
    return ([word for setting in each for word in ("-o", setting)] for each in (times, others))


def decode_as(chance):
    if chance.random() < 0.7:
        return []
    ports = chance.sample((22, 1024, 1883, 5201, 5555, 8080, 50_000, 50051, 0x40000000), 4)
    return [word for port in ports for word in ("-d", f"vsock.port=={port},{chance.choice(DECODED_AS)}")]


class Command:
    """`arguments` are those that chance has chosen; `times`, of these, what diagnoses depend on. `numbers_anew`: the
    numbers of frames and streams are not those of one pass over all; `others`: passes that tell the same. -M is given
    few sessions to begin, as Wireshark keeps 10 MB of each."""

    def __init__(self, number, fields, packets):
        chance = random.Random(f"command {number}")
        self.output = list(chance.choice(OUTPUTS))
        if "fields" in self.output:
            self.output += [word for field in fields for word in ("-e", field)]
        self.times, others = settings_of(chance)
        begin_anew = ["-M", str(packets // chance.choice((2, 5, 20)) + 1)]
        filtered = ["-2", "-R", chance.choice(READ_FILTERS)]
        self.passes = chance.choice(([], [], ["-2"], ["-2"], ["-2"], begin_anew, filtered))
        shown = ["-Y", chance.choice(DISPLAY_FILTERS)] if chance.random() < 0.25 else []
        taps = [*TAPS, *VERDICTS, *(f"follow,vsock,{chance.choice(FOLLOWED_AS)},{number}" for number in range(4))]
        chance.shuffle(taps)
        names = chance.choice(([], ["-n"], ["-N", "mnNtdv"]))
        self.arguments = [*names, *self.passes, *shown, *self.output, *self.times, *others, *decode_as(chance),
                          *(word for tap in taps for word in ("-z", tap))]
        self.has_verdicts = "-M" not in self.passes
        self.numbers_anew = "-M" in self.passes or "-R" in self.passes
        self.others = [] if self.numbers_anew else ["-2", "-R", "frame.number == 0"]

    def judging(self, *passes):
        return [*passes, "-q", *self.times, *(word for tap in VERDICTS for word in ("-z", tap))]


# ---- what has to hold ----

def malformed(output, text):
    """Why that is no JSON or XML, of so much of the text as it should be; None if it is."""
    kind = output[1] if output[0] == "-T" else None
    try:
        if kind in ("json", "jsonraw"):
            json.JSONDecoder(object_pairs_hook=lambda _: None).raw_decode(text)
        elif kind == "ek":
            for line in text.splitlines():
                if line.startswith(('{"index"', '{"timestamp"')):
                    json.loads(line, object_pairs_hook=lambda _: None)
        elif kind in ("pdml", "psml"):
            xml.etree.ElementTree.fromstring(text[:text.index(f"</{kind}>") + 7])
    except (ValueError, xml.etree.ElementTree.ParseError) as error:
        return f"-T {kind} is not well-formed: {error}"
    return None


def verdicts_in(text, left_out=frozenset()):
    """The diagnoses and streams, a dictionary each."""
    rows = [json.loads(line, parse_float=str) for line in text.splitlines()
            if line.startswith(('{"code":', '{"stream":'))]
    rows.sort(key=lambda row: "code" in row)
    return [verdict.without(left_out, row) for row in rows]


def differences(one, other):
    if one == other:
        return []
    return [f"{len(one)} diagnoses and streams, and {len(other)} in other passes; not in both, or not in this order:",
            *(f"  only in the first: {row}" for row in one if row not in other),
            *(f"  only in the second: {row}" for row in other if row not in one)]


def false_alarms(sessions, rows):
    """Diagnoses that an honest session cannot have."""
    end = 0
    for each in sessions:
        first, end = end + 1, end + each.count
        yield from (f"session {each.seed} is honest, and has {row}" for row in rows
                    if each.is_honest and row.get("code") in session.BROKEN and first <= row["first_frame"] <= end)


class Bench:
    def __init__(self, options, folder, base):
        self.options, self.folder, self.runs, self.most = options, folder, 0, 0
        whole = checked.environment(options, base)
        self.leaks = checked.with_whole_stacks(whole)
        self.plain = checked.with_asan(whole, "detect_leaks=0")
        self.fields = known.fields_in(runner.call([options.tshark, "-G", "fields"], self.plain).stdout)

    def call(self, path, arguments, environment):
        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))

        self.runs += 1
        command = [self.options.tshark, "-r", path, *arguments]
        return runner.call(command, environment, errors="replace", preexec_fn=limit)

    def tshark(self, path, arguments, environment):
        """What it printed, and what is wrong with it."""
        result = self.call(path, arguments, environment)
        said = WIRESHARKS_OWN.sub("", result.stderr)
        if OF_GRPC.search(said) and not OF_GRPC.search(self.call(path, [*WITHOUT_GRPC, *arguments], environment).stderr):
            said = OF_GRPC.sub("", said)
        found = checked.complaints(result.returncode, result.stdout, said)
        found += self.dear()
        return result.stdout, [*dict.fromkeys(found), self.again(path, arguments, environment)] if found else []

    def again(self, path, arguments, environment):
        command = checked.again([self.options.tshark, "-r", path, *arguments], environment, self.options.plugins)
        return f"again: {command}"

    def dear(self):
        """Has the run that ended taken more memory than any before, and too much?"""
        before, self.most = self.most, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        return [f"it took {self.most} MiB"] if self.most > max(before, MEMORY_MAX) else []

    def look(self, path, sessions, number):
        """All that is wrong with the sessions in a capture, as text."""
        command = Command(number, self.fields, sum(each.count for each in sessions))
        environment = self.leaks if number % WHOLE_STACKS_EVERY == 0 else self.plain
        shown, found = self.tshark(path, command.arguments, environment)
        if found:
            return found
        found = [malformed(command.output, shown)]
        other, wrong = self.tshark(path, command.judging(*command.others), self.plain)
        found += wrong
        if command.has_verdicts:
            found += differences(verdicts_in(shown, verdict.FRAMES), verdicts_in(other, verdict.FRAMES))
        found += false_alarms(sessions, verdicts_in(other if command.numbers_anew else shown))
        found = [line for line in found if line]
        return [*found, self.again(path, command.arguments, self.plain)] if found else []

    def write(self, sessions, name):
        path = self.folder / name
        path.write_bytes(b"".join(each.capture for each in sessions))
        path.chmod(0o644)
        return path

    def keep(self, path):
        self.options.keep.mkdir(parents=True, exist_ok=True)
        return pathlib.Path(shutil.copy(path, self.options.keep))

    def check(self, sessions, number, name):
        """Returns whether nothing was wrong; keeps what was."""
        path = self.write(sessions, name)
        found = self.look(path, sessions, number)
        if found:
            lines = "\n".join(found).replace(str(path), str(self.keep(path))).splitlines()
            print(f"FAILED: {name}:", *lines[:LINES_MAX], *lines[LINES_MAX:][-1:], sep="\n    ", flush=True)
        elif self.options.seed is not None:
            command = Command(number, self.fields, sessions[0].count)
            print(self.again(self.keep(path), command.arguments, self.plain))
        path.unlink()
        return not found


def parse_arguments():
    parser = runner.argument_parser("Reads sessions that are made up with the plugin under sanitizers")
    parser.add_argument("--preload", default="", help="the sanitizers' libraries, as LD_PRELOAD takes them")
    parser.add_argument("--keep", default="fuzz-failures", type=pathlib.Path, help="folder for captures that failed")
    parser.add_argument("--first", default=0, type=int, help=f"the first session's number, a multiple of {TOGETHER}")
    parser.add_argument("--sessions", default=SHORT, type=int, help="how many")
    parser.add_argument("--seed", type=int, help="only this session, with the command line that it has among others")
    options = parser.parse_args()
    options.keep = options.keep.absolute()
    return options


def main():
    options = parse_arguments()
    began, packets, failed = time.monotonic(), 0, []
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.sessions)
    batches = {}
    for seed in seeds:
        batches.setdefault(seed // TOGETHER, []).append(seed)
    with runner.bench(options) as (folder, base):
        bench = Bench(options, pathlib.Path(folder), base)
        for number, members in batches.items():
            sessions = [session.Session(seed) for seed in members]
            packets += sum(each.count for each in sessions)
            if bench.check(sessions, number, f"sessions-{members[0]}-{members[-1]}.pcapng"):
                continue
            alone = [each.seed for each in sessions if not bench.check([each], number, f"session-{each.seed}.pcapng")]
            failed += alone or [members]
    print(f"{len(seeds)} sessions from {seeds[0]} on, {packets} packets, {bench.runs} runs of {options.tshark} "
          f"{options.series}, {'with' if options.preload else 'WITHOUT'} sanitizers, {time.monotonic() - began:.0f} s: "
          f"{len(failed)} failed{': ' if failed else ''}{', '.join(map(str, failed))}")
    return f"what failed is in {options.keep}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())
