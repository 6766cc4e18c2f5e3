#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures whose times go back say so once, and what they say to do mends them. Takes runner.py's options."""
import json
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators.vsock import REQUEST, RESPONSE, RW, Connection, section
from lib import pcapng, runner

RECORDED = ["cap-6.1.0.pcapng.gz", "cap-6.12.107.pcapng.gz", "cap-7.2.13.pcapng.gz"]


def diagnose(capture):
    output = runner.tshark(capture, ["-q", "-z", "vsock,diagnose,json"], options)
    return [json.loads(line) for line in output.splitlines()]


def codes(found):
    return sorted(row["code"] for row in found)


def of_code(found, code):
    rows = [row for row in found if row["code"] == code]
    assert len(rows) == 1, f"{code} is told {len(rows)} times"
    return rows[0]


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def mended(capture, advice, folder):
    """The capture that the advice's command makes of it."""
    command, names = shlex.split(advice)[:3], {"FILE": capture, "SORTED.pcapng,": folder / "sorted.pcapng"}
    run(*(str(names.get(word, word)) for word in command))
    (folder / "sorted.pcapng").chmod(0o644)
    return folder / "sorted.pcapng"


def check_gallery(folder):
    for name, left in (("more-one-late", []), ("more-out-of-order", ["peer-gone"])):
        capture = runner.CAPTURES / "gallery" / f"{name}.pcapng"
        disorder = of_code(diagnose(capture), "out-of-order")
        shown = runner.tshark(capture, ["-Y", disorder["filter"]], options).count("\n")
        assert shown == disorder["figures"]["packets"], f"{name}: its filter shows {shown} packets"
        found = diagnose(mended(capture, disorder["next"], folder))
        assert codes(found) == left, f"{name}, in order: {codes(found)}"
        assert not any(row["text"].startswith("Likely") for row in found), f"{name}, in order: {found}"


def check_set_back(folder):
    """Where the clock went back, the same command would tear answers from what they answer."""
    capture = runner.CAPTURES / "gallery" / "more-clock-set-back.pcapng"
    assert "would mix them up" in of_code(diagnose(capture), "clock-set-back")["next"]
    mixed = mended(capture, "reordercap FILE SORTED.pcapng, ", folder)
    assert runner.tshark(mixed, ["-Y", "vsock.analysis.data_before_response || vsock.analysis.midstream"], options)


def check_joined(name, folder):
    """A recorded capture in two files, which are joined backwards: by time, and not by time."""
    data = pcapng.read(runner.CAPTURES / name)
    count = sum(kind == pcapng.PACKET for kind, _ in pcapng.blocks(data))
    parts = [folder / f"part-{i}.pcapng" for i in range(2)]
    for path, part in zip(parts, pcapng.cut(data, (count + 1) // 2)):
        path.write_bytes(part)
    joined = folder / "joined.pcapng"
    whole = diagnose(name)
    run("mergecap", "-w", joined, *reversed(parts))
    joined.chmod(0o644)
    assert diagnose(joined) == whole, f"{name}: merged by time, it is not what it was"
    run("mergecap", "-a", "-w", joined, *reversed(parts))
    found = diagnose(joined)
    disorder = of_code(found, "out-of-order")
    invented = set(codes(found)) - set(codes(whole)) - {"out-of-order"}
    assert not invented, f"{name}: joined backwards, it invents {invented}"
    assert diagnose(mended(joined, disorder["next"], folder)) == whole, f"{name}: in order, it is not what it was"
    print(f"{name}: {disorder['text']}")


def check_untimed(folder):
    """Packets without a time make none, and are not to be taken for the earliest."""
    x, y = (Connection(5000 + i, "", client=(3, 3000001 + i)) for i in range(2))
    records = [*x.opened(), x.c(RW, b"hello"), y.c(REQUEST, at=-1), y.s(RESPONSE)]
    blocks = [data for _, data in pcapng.blocks(section(records))]
    blocks[4] = pcapng.untimed(records[2].data)
    capture = folder / "untimed.pcapng"
    capture.write_bytes(b"".join(blocks))
    assert "mergecap -a" in of_code(diagnose(capture), "out-of-order")["next"]
    capture.write_bytes(b"".join(blocks[:5]))
    assert not diagnose(capture)


options = runner.parse_arguments()
with runner.open_folder() as place:
    check_gallery(place)
    check_set_back(place)
    for recorded in RECORDED:
        check_joined(recorded, place)
    check_untimed(place)
