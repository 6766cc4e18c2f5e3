#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that were recorded on both sides: every packet is paired with the right one, also where records are lost,
of which nothing is said that the other side did not do.

Which is the right one is found here by other means: equal headers, and the clocks, which the generator has set.
Of what was recorded (live/sides.py, live/inner.py), by all bytes, in order, around the time that the guest's clock says.
scripts/both does the same with two files. Takes runner.py's options.
"""
import collections
import os
import pathlib
import random
import shutil
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import both
from generators.vsock import START
from lib import pcapng, runner, verdict

LOSSES = range(8)  # seeds
RECORDED_LOSSES = range(4)
FIELDS = ("frame.number", "frame.interface_id", "frame.time_epoch", "vsock.src", "vsock.dst", "vsock.virtio.op",
          "vsock.virtio.len", "vsock.virtio.flags", "vsock.virtio.fwd_cnt", "vsock.view", "vsock.twin", "vsock.twin.delay")


# Of each recording, how many seconds the guest's clock is ahead, and no packet takes as long as that.
RECORDED = {
    "gallery/recorded-both-after-restart.pcapng.gz": (7197.25, 1),
    "gallery/recorded-both-before-restart.pcapng.gz": (7200.25, 1),
    "gallery/recorded-both-kernels.pcapng.gz": (2920570.7238, 1),
    "gallery/recorded-both-not-read.pcapng.gz": (7200.25, 1),
    "gallery/recorded-both-request-lost.pcapng.gz": (7200.25, 1),
    "gallery/recorded-both-split.pcapng.gz": (7200.25, 1),
    "gallery/recorded-both-talks.pcapng.gz": (7200.25, 1),
    "gallery/recorded-both-word-held.pcapng.gz": (7200.25, 5),
    "gallery/recorded-both-word-lost.pcapng.gz": (7200.25, 1),
}
DRIFT = 0.01  # seconds, of a recording's clocks at most
HOST_CID = (2).to_bytes(8, "little")  # as a record of a packet that it sends begins


def rows(capture):
    """A dict a packet, as text."""
    output = runner.tshark(capture, ["-2", "-T", "fields", *(f"-e{field}" for field in FIELDS)], options)
    return [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in output.splitlines()]


def host_time(row):
    """When it was, in nanoseconds, by the host's clock, since the start."""
    seconds, _, fraction = row["frame.time_epoch"].partition(".")
    time = int(seconds) * 10**9 + int(fraction.ljust(9, "0")) - START
    return time if row["frame.interface_id"] == "0" else (time - both.AHEAD * 1e9) / (1 + both.PPM / 1e6)


def expected_twins(packets):
    """Frame numbers of the same packet: equal headers, and as far apart as the generator has packets under way."""
    twins, waiting = {}, {}
    for row in sorted(packets, key=host_time):
        header = tuple(row[field] for field in FIELDS[3:9])
        before = waiting.pop(header, None)
        if before and before["frame.interface_id"] != row["frame.interface_id"] and \
                abs(host_time(row) - host_time(before) - both.DELAY * 1e9) < 2000:
            twins[before["frame.number"]] = row["frame.number"]
            twins[row["frame.number"]] = before["frame.number"]
        else:
            waiting[header] = row
    return twins


def check_pairs(capture, name):
    packets = rows(capture)
    twins = expected_twins(packets)
    wrong = [(row["frame.number"], row["vsock.twin"], twins.get(row["frame.number"], ""))
             for row in packets if row["vsock.twin"] != twins.get(row["frame.number"], "")]
    views = {(row["frame.interface_id"], row["vsock.view"]) for row in packets}
    delays = [float(row["vsock.twin.delay"]) for row in packets if row["vsock.twin.delay"]]
    print(f"{name}: {len(twins)} of {len(packets)} packets have a twin, {len(wrong)} a wrong one or none")
    if wrong or views != {("0", "1"), ("1", "2")} or not twins:
        sys.exit(f"wrong: {wrong[:9]}, views {views}")
    if len(delays) != len(twins) or any(abs(delay - both.DELAY) > 0.0001 for delay in delays):
        sys.exit(f"delays of {min(delays)} to {max(delays)}")


def lose(data, seed, sides):
    """One in a hundred records is lost, of interfaces in `sides`."""
    chance = random.Random(seed)
    return b"".join(block for kind, block in pcapng.blocks(data)
                    if kind != pcapng.PACKET or struct.unpack_from("<I", block, 8)[0] not in sides or chance.random() >= 0.01)


class Seen:
    """A record: on which side, which bytes, and when, by the host's clock. `twin`: the same packet's, on the other."""

    def __init__(self, side, data, when):
        self.side, self.data, self.when, self.twin = side, data, when, None
        self.is_sent = data.startswith(HOST_CID) == (side == 0)


def recorded(data, ahead):
    """Each packet's block, and what it is."""
    for kind, block in pcapng.blocks(data):
        seen = None
        if kind == pcapng.PACKET:
            side, high, low, captured = struct.unpack_from("<IIII", block, 8)
            when = (high << 32 | low) / 1e9 - (ahead if side == 1 else 0)
            seen = Seen(side, block[28:28 + captured], when)
        yield block, seen


def pair(packets, longest):
    """What arrives was sent, in this order and shortly before."""
    sent = collections.defaultdict(list)
    for one in sorted(packets, key=lambda one: one.when):
        if one.is_sent:
            sent[one.data].append(one)
    for one in sorted(packets, key=lambda one: one.when):
        of_then = (other for other in sent[one.data] if not other.twin and -DRIFT < one.when - other.when < longest)
        before = None if one.is_sent else next(of_then, None)
        if before:
            before.twin, one.twin = one, before


def said_of(path):
    """Of each packet, in order: the number of its twin, and the codes of its diagnoses."""
    output = runner.tshark(path, ["-2", "-T", "fields", "-e", "vsock.twin", "-e", "vsock.diagnosis"], options)
    return [line.split("\t") for line in output.splitlines()]


def is_right(seen, told, expected, told_of_expected):
    """Packets that are the same byte by byte may stand for each other."""
    if told is expected:
        return True
    alike = told or (told_of_expected if expected else None)
    return alike is not None and alike.data == seen.data and (not told or told.side != seen.side)


def check_recorded(path, blocks, may_be_said):
    """Every packet that both have is paired."""
    path.write_bytes(b"".join(block for block, _ in blocks))
    packets = [seen for _, seen in blocks if seen]
    said = said_of(path)
    told = {seen: packets[int(twin) - 1] if twin else None for seen, (twin, _) in zip(packets, said, strict=True)}
    for number, seen in enumerate(packets, 1):
        expected = seen.twin if seen.twin in told else None
        if not is_right(seen, told[seen], expected, told.get(expected)):
            sys.exit(f"{path.name}: packet {number} has twin {said[number - 1][0] or 'none'}")
    codes_told = {code for _, codes in said for code in codes.split(",") if code}
    if codes_told & verdict.BETWEEN_TWO_RECORDINGS - may_be_said:
        sys.exit(f"{path.name}: invented: {codes_told - may_be_said}")
    return codes_told


def check_recordings(folder):
    for name, (ahead, longest) in RECORDED.items():
        blocks = list(recorded(pcapng.read(runner.CAPTURES / name), ahead))
        packets = [seen for _, seen in blocks if seen]
        pair(packets, longest)
        told = check_recorded(folder / "recorded.pcapng", blocks, verdict.BETWEEN_TWO_RECORDINGS)
        for seed in RECORDED_LOSSES:
            chance = random.Random(seed)
            lossy = [(block, seen) for block, seen in blocks if not seen or chance.random() >= 0.01]
            check_recorded(folder / f"recorded-{seed}.pcapng", lossy, told)
        print(f"{name}: {sum(seen.twin is not None for seen in packets)} of {len(packets)} packets have a twin, each the right "
              f"one, also where records are lost; {' and '.join(sorted(told)) or 'nothing'} is said")


def codes(capture):
    told = runner.tshark(capture, ["-q", "-z", "vsock,diagnose"], options)
    return {line.split()[1] for line in told.splitlines() if line.startswith(("note ", "warn ", "error "))}


def check_losses(folder):
    data = (runner.CAPTURES / "both-sides.pcapng").read_bytes()
    for seed in LOSSES:
        for sides in ((0,), (1,), (0, 1)):
            path = folder / "lossy.pcapng"
            path.write_bytes(lose(data, seed, sides))
            check_pairs(path, f"seed {seed}, losses on {sides}")
            if codes(path) & verdict.BETWEEN_TWO_RECORDINGS:
                sys.exit(f"invented: {codes(path) & verdict.BETWEEN_TWO_RECORDINGS}")


NAME, DESCRIPTION = 2, 3  # options of an interface


def interface_of(data, number):
    """The capture of one interface, as one that has no other."""
    about = pcapng.option(NAME, b"vsockmon0") + pcapng.option(0, b"")
    out = [pcapng.section(), pcapng.block(pcapng.INTERFACE, pcapng.interface()[8:-8] + about)]
    for kind, block in pcapng.blocks(data):
        if kind == pcapng.PACKET and struct.unpack_from("<I", block, 8)[0] == number:
            out.append(block[:8] + struct.pack("<I", 0) + block[12:])
    return b"".join(out)


def interfaces(path):
    """The names of all, and what they are described as."""
    told = [dict(pcapng.options(block[16:-4])) for kind, block in pcapng.blocks(path.read_bytes()) if kind == pcapng.INTERFACE]
    return [(about.get(NAME), about.get(DESCRIPTION)) for about in told]


def check_script(folder):
    data = (runner.CAPTURES / "both-sides.pcapng").read_bytes()
    for number, name in enumerate(("host.pcapng", "guest.pcapng")):
        (folder / name).write_bytes(interface_of(data, number))
    for script in ("both", "tools.sh"):
        shutil.copy(runner.TOP / "scripts" / script, folder)
        runner.let_read(folder / script)
    plugins = folder / "plugins"
    shutil.copytree(options.plugins, plugins)
    folder.chmod(0o777)
    for path in (plugins, folder / "host.pcapng", folder / "guest.pcapng"):
        runner.let_read(path)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TSHARK": options.tshark,
                   "WIRESHARK_PLUGIN_DIR": str(plugins)}
    for arguments, status, words in ((("guest.pcapng", "host.pcapng", "out.pcapng"), 2, "name them the other way round"),
                                     (("host.pcapng", "guest.pcapng", "out.pcapng"), 0, "in 6 streams; looked at 264"),
                                     (("host.pcapng", "host.pcapng"), 2, "no connection in common"),
                                     (("host.pcapng", "none.pcapng"), 2, "no such file"),
                                     (("host.pcapng",), 2, "usage: both HOST GUEST")):
        result = runner.call([folder / "both", *arguments], environment, cwd=folder)
        if result.returncode != status or words not in result.stdout + result.stderr:
            sys.exit(f"both {arguments}: {result.returncode}\n{result.stdout}{result.stderr}")
        print(f"both {' '.join(arguments)}: {status}, {words}")
    without = runner.call([folder / "both", "host.pcapng", "guest.pcapng"], environment | {"WIRESHARK_PLUGIN_DIR": "/nonexistent"},
                          cwd=folder)
    said = f"both: {options.tshark} does not load the vsock plugin. {folder / 'doctor'} --decode says what mends it.\n"
    if (without.returncode, without.stdout, without.stderr) != (2, "", said):
        sys.exit(f"without the plugin: {without.returncode}\n{without.stdout}{without.stderr}")
    check_pairs(folder / "out.pcapng", "what scripts/both keeps")
    if interfaces(folder / "out.pcapng") != [(b"host", b"vsockmon0"), (b"guest", b"vsockmon0")]:
        sys.exit(f"interfaces: {interfaces(folder / 'out.pcapng')}")
    runner.call([folder / "both", "host.pcapng", "guest.pcapng", "plain.pcapng"], environment | {"EDITCAP": "/nonexistent"},
                cwd=folder, check=True)
    if interfaces(folder / "plain.pcapng") != [(b"vsockmon0", None)] * 2:
        sys.exit(f"interfaces, without editcap: {interfaces(folder / 'plain.pcapng')}")
    check_pairs(folder / "plain.pcapng", "what it keeps without editcap")


options = runner.parse_arguments()
check_pairs(runner.CAPTURES / "both-sides.pcapng", "both-sides.pcapng")
with runner.open_folder() as temporary:
    check_losses(temporary)
    check_recordings(temporary)
    check_script(temporary)
