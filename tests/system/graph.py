#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/graph: the numbers that it draws, pictures that are whole, and what it says where it cannot draw.

The numbers are in tests/graphs, a file each; --update writes them: read them, they are claims about reality. Takes
runner.py's options.
"""
import pathlib
import shutil
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import hostile_input
from lib import runner
from lib.expectations import expect, failures, finish

GRAPHS = runner.TESTS / "graphs"
CASES = {
    "own-cap": ("gallery/01-libkrun-own-cap.pcapng", "1"),
    "stall": ("cap-7.2.13.pcapng.gz", "3"),
    "shrink": ("cap-7.2.13.pcapng.gz", "15"),
    "wrap": ("gallery/healthy-counter-wrap.pcapng", "0"),
    "both-ways": ("gallery/more-credit-leak.pcapng", "1"),
    "all": ("--all", "cap-7.2.13.pcapng.gz"),
}
# What shells, terminals, gnuplot and XML would take for more.
NAME = "a 'b' $(touch x) \x1b[31m\n<&> {=40 c} _x^2.pcapng"
POINTS = 2000  # of a line, at most: scripts/graph's POINTS_MAX


class Bench:
    def __init__(self, folder, environment):
        self.folder = pathlib.Path(folder)
        self.environment = {**environment, "TSHARK": shutil.which(options.tshark)}
        self.out = self.folder / "out"
        self.out.mkdir()
        self.out.chmod(0o777)
        self.script = shutil.copy(runner.TOP / "scripts" / "graph", folder)
        runner.let_read(self.script)

    def run(self, *arguments, **environment):
        return runner.call([sys.executable, self.script, *map(str, arguments)], self.environment | environment,
                           cwd=self.out)

    def readable(self, words):
        return [runner.readable(word, self.folder) if "pcap" in word else word for word in words]


def check_numbers(bench):
    for name, words in CASES.items():
        result = bench.run("--data", *bench.readable(words))
        path = GRAPHS / f"{name}.tsv"
        if options.update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(result.stdout)
        expect(f"{name}: exit status and complaints", (0, ""), (result.returncode, result.stderr))
        expect(f"{name}: its numbers", path.read_text() if path.exists() else f"a file {path}", result.stdout)


def is_picture(path):
    return xml.etree.ElementTree.parse(path).getroot().tag.endswith("svg")


def check_pictures(bench):
    capture = bench.folder / NAME
    shutil.copy(runner.CAPTURES / "cap-7.2.13.pcapng.gz", capture)
    capture.chmod(0o644)
    for words, file in ((("3",), "vsock-stream-3.svg"), (("15", "shrink.svg"), "shrink.svg"),
                        ((), "vsock-streams.svg")):
        result = bench.run(*(() if words else ("--all",)), capture, *words)
        expect(f"{file}: said", (0, f"{file}\n", ""), (result.returncode, result.stdout, result.stderr))
        expect(f"{file} is a picture", True, (bench.out / file).exists() and is_picture(bench.out / file))
    expect("what else was made", set(), {path.name for path in bench.out.iterdir()} - {
        "vsock-stream-3.svg", "shrink.svg", "vsock-streams.svg"})


def check_large(bench):
    """As many points as can be seen, of however many packets."""
    for kind, stream in (("credit", "0"), ("lengths", "0"), ("copies", "0")):
        path = bench.folder / f"{kind}.pcapng"
        hostile_input.write(path, kind, 30_000)
        path.chmod(0o644)
        result = bench.run("--data", path, stream)
        lines = [line.split("\t")[0] for line in result.stdout.splitlines()]
        most = max((lines.count(name) for name in set(lines)), default=0)
        expect(f"{kind}: exit status", 0, result.returncode)
        expect(f"{kind}: there are points, and not too many", True, 0 < most <= 2 * POINTS)  # of two directions


def check_complaints(bench):
    capture = runner.readable("hello.pcapng", bench.folder)
    empty = bench.folder / "empty"
    empty.write_bytes((runner.CAPTURES / "hello.pcapng").read_bytes()[:200])
    for arguments, environment, status, said in (
            ((capture, "7"), {}, 1, "there is no stream 7"),
            ((capture,), {}, 2, "which stream?"),
            ((capture, "x"), {}, 2, "which stream?"),
            ((), {}, 2, "which capture?"),
            ((capture, "0", "picture.jpg"), {}, 2, ".svg or .png"),
            ((capture, "0", "/nowhere/picture.svg"), {}, 2, "No such file"),
            (("nothing.pcapng", "0"), {}, 2, "no such file"),
            (("--all", empty), {}, 2, "there is no connection"),
            ((capture, "0"), {"TSHARK": "no-tshark"}, 2, "install tshark"),
            ((capture, "0"), {"WIRESHARK_PLUGIN_DIR": "/nonexistent"}, 2, "does not load the vsock plugin"),
            ((capture, "0"), {"GNUPLOT": "no-gnuplot"}, 2, "install gnuplot-nox")):
        result = bench.run(*arguments, **environment)
        expect(f"{arguments} {environment}", (status, True), (result.returncode, said in result.stderr))
        expect(f"{arguments} {environment}: no traceback", False, "Traceback" in result.stderr)


def main():
    with runner.bench(options) as (folder, environment):
        bench = Bench(folder, environment)
        check_numbers(bench)
        check_large(bench)
        check_complaints(bench)
        if shutil.which("gnuplot"):
            check_pictures(bench)
        else:
            failures.append("gnuplot is not there: install gnuplot-nox")
    finish()


options = runner.parse_arguments("--update")
main()
