#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that were recorded on both sides: every packet is paired with the right one, also where records are lost,
of which nothing is said that the other side did not do.

Which is the right one is found here by other means: equal headers, and the clocks, which the generator has set.
scripts/both does the same with two files. Takes runner.py's options.
"""
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
FIELDS = ("frame.number", "frame.interface_id", "frame.time_epoch", "vsock.src", "vsock.dst", "vsock.virtio.op",
          "vsock.virtio.len", "vsock.virtio.flags", "vsock.virtio.fwd_cnt", "vsock.view", "vsock.twin", "vsock.twin.delay")


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
    shutil.copy(runner.TOP / "scripts" / "both", folder)
    plugins = folder / "plugins"
    shutil.copytree(options.plugins, plugins)
    folder.chmod(0o777)
    runner.let_read(folder / "both")
    for path in (plugins, folder / "host.pcapng", folder / "guest.pcapng"):
        runner.let_read(path)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TSHARK": options.tshark,
                   "WIRESHARK_PLUGIN_DIR": str(plugins)}
    for arguments, status, words in ((("host.pcapng", "guest.pcapng", "out.pcapng"), 0, "in 6 streams; looked at 264"),
                                     (("host.pcapng", "host.pcapng"), 2, "no connection in common"),
                                     (("host.pcapng", "none.pcapng"), 2, "no such file"),
                                     (("host.pcapng",), 2, "usage: both HOST GUEST")):
        result = runner.call([folder / "both", *arguments], environment, cwd=folder)
        if result.returncode != status or words not in result.stdout + result.stderr:
            sys.exit(f"both {arguments}: {result.returncode}\n{result.stdout}{result.stderr}")
        print(f"both {' '.join(arguments)}: {status}, {words}")
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
    check_script(temporary)
