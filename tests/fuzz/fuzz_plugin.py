#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads corrupted captures with the whole plugin, under AddressSanitizer and UndefinedBehaviorSanitizer.

Without --long: each stored capture once, with one corruption of its own. With --long: each one with every corruption,
and together with another one, --seeds times. Seeds are fixed: a run does the same as the one before. Every crash,
hang, report of a sanitizer, leak of ours, "Dissector bug", and anything else that tshark complains of fails; its capture
is kept, and the command that repeats it is printed. --plugins is a plugin that is built with the sanitizers
(BUILD/checked_plugins), and --preload their libraries; without --preload they are none, and only the rest is looked for.
"""
import itertools
import os
import pathlib
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fuzz import checked
from lib import pcapng, runner

KEYLOG = runner.CAPTURES / "tls.keylog"
HANG = 600  # seconds; what takes longest takes 30 on a busy machine
BATCH = 12

# Without the plugin tshark knows none of these, and every run fails.
TAPS = ["vsock,diagnose", "vsock,diagnose,json,vsock.port<9000", "vsock,streams", "vsock,streams,json", "vsock,srt",
        "vsock,tree", "conv,vsock", "follow,vsock,hex,0", "follow,vsock,ascii,1"]

# Payload dissectors are on in each.
PREFERENCES = (
    [],
    ["vsock.tcp_heuristics:TRUE", "vsock.try_heuristic_first:TRUE"],
    ["vsock.desegment_streams:FALSE", "vsock.tcp_heuristics:TRUE"],
)


# ---- captures, as blocks of pcapng ----

def rewrite(source, target, change):
    """`change` takes a list of packets, each a block's bytes, and returns another: section by section, as a packet
    is nothing without its section's interfaces."""
    sections = []
    for kind, data in pcapng.blocks(source.read_bytes()):
        if kind == pcapng.SECTION:
            sections.append(([], []))
        sections[-1][kind == pcapng.PACKET].append(data)
    target.write_bytes(b"".join(b"".join(others + change(packets)) for others, packets in sections))


def editcap(*arguments):
    result = subprocess.run(["editcap", "-F", "pcapng", *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"editcap {shlex.join(map(str, arguments))}: {result.stderr}")


# ---- corruptions: (source, target, seed) ----

def bytes_at(rate):
    def corrupt(source, target, seed):
        editcap("-E", rate, "--seed", seed, source, target)
    return corrupt


def cut(source, target, seed):
    """A snaplen, within the headers or soon after."""
    editcap("-s", random.Random(seed).randint(1, 200), source, target)


def lost_and_doubled(source, target, seed):
    chance = random.Random(seed)

    def change(packets):
        return [packet for packet in packets for _ in range(chance.choices((0, 1, 2), (5, 90, 5))[0])]
    rewrite(source, target, change)


def reordered(source, target, seed):
    chance = random.Random(seed)

    def change(packets):
        keyed = [(at + chance.uniform(0, 4), packet) for at, packet in enumerate(packets)]
        return [packet for _, packet in sorted(keyed)]
    rewrite(source, target, change)


def clocks(source, target, seed):
    """Times that jump, by a little or to the ends of what a capture can say."""
    chance = random.Random(seed)

    def change(packets):
        changed = []
        for packet in packets:
            when = struct.unpack_from("<II", packet, 12)
            if chance.random() < 0.1:
                when = chance.choice([(0, 0), (0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFFFFF, 0xFFFFFFFF), (0x80000000, 0),
                                      (when[0] ^ 1 << chance.randrange(32), when[1])])
            changed.append(packet[:12] + struct.pack("<II", *when) + packet[20:])
        return changed
    rewrite(source, target, change)


# Of a record with both headers: where the fields are, in bytes from its start, and their size.
FIELDS = [(24, 2), (26, 2), (28, 2), (48, 4), (56, 4), (60, 2), (62, 2), (64, 4), (68, 4), (72, 4)]
EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 43, 44, 45, 127, 128, 0x7FFF, 0x8000, 0xFFFF, 65536, 262144, 0x7FFFFFFF, 0x80000000,
         0xFFFFFFFF]


def fields(source, target, seed):
    """Whole fields of the headers, which corrupting bytes hardly ever sets to what means something."""
    chance = random.Random(seed)

    def change(packets):
        changed = []
        for packet in packets:
            data = bytearray(packet)
            captured = struct.unpack_from("<I", data, 20)[0]
            if captured >= 76 and chance.random() < 0.2:
                at, size = chance.choice(FIELDS)
                value = chance.choice(EDGES) & (1 << 8 * size) - 1
                data[28 + at:28 + at + size] = value.to_bytes(size, "little")
            changed.append(bytes(data))
        return changed
    rewrite(source, target, change)


CORRUPTIONS = {"bytes 0.1 %": bytes_at(0.001), "bytes 1 %": bytes_at(0.01), "bytes 5 %": bytes_at(0.05),
               "bytes 20 %": bytes_at(0.2), "fields": fields, "cut": cut, "lost and doubled": lost_and_doubled,
               "reordered": reordered, "clocks": clocks}


def prepared(folder):
    """Each stored capture as pcapng, which is what the corruptions above read; without the secrets within, of which
    4.0's editcap writes none: tls.keylog has them, too."""
    whole = []
    for capture in runner.stored_captures():
        path, target = runner.CAPTURES / capture, folder / capture.replace("/", "-").removesuffix(".gz")
        if ".pcapng" in path.name:
            blocks = pcapng.blocks(pcapng.read(path))
            target.write_bytes(b"".join(block for kind, block in blocks if kind != pcapng.SECRETS))
        else:
            editcap(path, target)
        whole.append(target)
    return whole


# ---- one run of tshark ----

class Run:
    """A capture that is made of so many corrupted ones, and how tshark reads it.

    `whole_stacks`: see checked.with_whole_stacks(), which makes it slow: only some runs have it.
    """

    def __init__(self, capture, count, what, arguments, whole_stacks):
        self.capture, self.count, self.what, self.arguments = capture, count, what, arguments
        self.whole_stacks = whole_stacks


def arguments_of(number):
    settings = ["-o", f"tls.keylog_file:{KEYLOG}"]
    for setting in PREFERENCES[number % len(PREFERENCES)]:
        settings += ["-o", setting]
    for tap in TAPS:
        settings += ["-z", tap]
    return ["-n", "-2", "-V", *settings]


def environment_for(run, environment):
    return checked.with_whole_stacks(environment) if run.whole_stacks else environment


def perform(run, options, environment):
    keylog = runner.readable(KEYLOG, run.capture.parent)
    arguments = [argument.replace(str(KEYLOG), keylog) for argument in run.arguments]
    command = [options.tshark, *arguments, "-r", str(run.capture)]
    try:
        result = runner.call(command, environment_for(run, environment), errors="replace", timeout=options.hang)
    except subprocess.TimeoutExpired:
        return [f"it hangs: no end after {options.hang} s"], 0
    seen = len(re.findall(r"^Frame \d+: ", result.stdout, re.M))
    return checked.complaints(result.returncode, result.stdout, result.stderr), seen


def tell(run, found, options, environment):
    options.keep.mkdir(parents=True, exist_ok=True)
    kept = options.keep / run.capture.name
    shutil.copy(run.capture, kept)
    command = [options.tshark, *run.arguments, "-r", kept]
    print(f"FAILED: {run.capture.name}, {run.what}:")
    print("\n".join(f"    {line}" for line in "\n".join(found).splitlines()[:60]))
    print(f"  again: {checked.again(command, environment_for(run, environment), options.plugins)}", flush=True)


# ---- all of them ----

def corrupt(capture, kind, seed, folder):
    target = folder / f"{capture.stem}-{kind.replace(' ', '_').replace('%', 'percent')}-{seed}.pcapng"
    CORRUPTIONS[kind](capture, target, seed)
    return target


def merge(captures, target):
    """One after the other, each with interfaces of its own."""
    subprocess.run(["mergecap", "-a", "-I", "none", "-w", target, *captures], check=True, capture_output=True)


def each_once(captures, folder):
    """Every capture with one corruption, some of them in a run: starting tshark takes longer than most of them."""
    kinds = list(CORRUPTIONS)
    for number, first in enumerate(range(0, len(captures), BATCH)):
        batch = [corrupt(capture, kinds[at % len(kinds)], at + 1, folder)
                 for at, capture in enumerate(captures[first:first + BATCH], first)]
        target = folder / f"batch-{number}.pcapng"
        merge(batch, target)
        yield Run(target, len(batch), ", ".join(path.stem for path in batch), arguments_of(number), number == 0)
        for path in (*batch, target):
            path.unlink()


def everything(captures, seeds, folder):
    """Every capture with every corruption, `seeds` times, and each with the next one, corrupted, in the same time."""
    for seed, (at, capture) in itertools.product(range(1, seeds + 1), enumerate(captures)):
        for number, kind in enumerate(CORRUPTIONS, at):
            target = corrupt(capture, kind, 1000 * at + seed, folder)
            yield Run(target, 1, kind, arguments_of(number), kind == "fields")
            target.unlink()
        other, target = corrupt(captures[at - 1], "fields", seed, folder), folder / f"merged-{at}-{seed}.pcapng"
        subprocess.run(["mergecap", "-w", target, capture, other], check=True, capture_output=True)
        yield Run(target, 1, f"merged with {other.stem}", arguments_of(at), False)
        other.unlink()
        target.unlink()


def parse_arguments():
    parser = runner.argument_parser("Reads corrupted captures with the plugin under sanitizers")
    parser.add_argument("--preload", default="", help="the sanitizers' libraries, as LD_PRELOAD takes them")
    parser.add_argument("--keep", default="fuzz-failures", type=pathlib.Path, help="folder for captures that failed")
    parser.add_argument("--long", action="store_true", help="every corruption of every capture")
    parser.add_argument("--seeds", default=1, type=int, help="how many times")
    parser.add_argument("--hang", default=HANG, type=float, help="seconds that a run of tshark may take")
    parser.add_argument("captures", nargs="*", help="parts of names: only those")
    options = parser.parse_args()
    options.keep = options.keep.absolute()
    for tool in (options.tshark, "editcap", "mergecap"):
        if not shutil.which(tool):
            sys.exit(f"{tool}: not found; it comes with tshark or Wireshark")
    return options


def main():
    options = parse_arguments()
    began, runs, count, packets, failed = time.monotonic(), 0, 0, 0, 0
    with runner.bench(options) as (folder, base), tempfile.TemporaryDirectory() as sources:
        environment, folder = checked.environment(options, base), pathlib.Path(folder)
        captures = [path for path in prepared(pathlib.Path(sources))
                    if not options.captures or any(name in path.name for name in options.captures)]
        for run in everything(captures, options.seeds, folder) if options.long else each_once(captures, folder):
            os.chmod(run.capture, 0o644)
            found, seen = perform(run, options, environment)
            runs, count, packets, failed = runs + 1, count + run.count, packets + seen, failed + bool(found)
            if found:
                tell(run, found, options, environment)
    print(f"{len(captures)} stored captures, corrupted {count} times ({', '.join(CORRUPTIONS)}), {packets} packets in "
          f"{runs} runs of {options.tshark} {options.series}, {'with' if options.preload else 'WITHOUT'} sanitizers, "
          f"{time.monotonic() - began:.0f} s: {failed} failed")
    if not packets:
        return "no packet was read"
    return f"what failed is in {options.keep}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())
