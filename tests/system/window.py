#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The window of Statistics > vsock Diagnoses must say what -z vsock,diagnose,json says, wrapped; its buttons lead there.

gui/fake_window.c plays the GUI. Takes runner.py's options; the build leaves the fake in BUILD/fakes.
"""
import json
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner
from lib.expectations import expect, finish

OPENED = ["chosen: vsock Diagnoses, group 1", "button: Next packet", "button: Only its packets"]
WIDTH = 70
SHOWN = 5  # of a code
SEVERITIES = ("error", "warn", "note")

ONE = "gallery/37-containerization-head-of-line.pcapng"
TEXT_OF_ONE = """\
vsock: 1 warning in 4 streams; looked at 40 packets up to 20.038000 s

warn   head-of-line
       frames 6 to 28, at 0.005000 s
       4 streams between CID 2 and CID 3 were all stalled for
       20.000 s, and went on within 0.1 s of each other; the first
       that was stalled is stream 0.
       next: one reader may hold up a queue that all streams share:
             look at who should have read the stream that was stalled
             first
       filter:
       vsock.cid == 2 && vsock.cid == 3
"""
ABOUT_ONE = "Went to packet {}, the {} that head-of-line names ({} of 2)"
NOWHERE = TEXT_OF_ONE.split("\n", maxsplit=1)[0]
FILTER_OF_ONE = "filter: vsock.cid == 2 && vsock.cid == 3"

# Buttons, and what they say: see fake_window.c.
PRESSED = (
    ("NNN", ["packet: 6", ABOUT_ONE.format(6, "first", 1), "packet: 28", ABOUT_ONE.format(28, "last", 2), "packet: 6",
             ABOUT_ONE.format(6, "first", 1)]),
    ("NOO", ["packet: 6", ABOUT_ONE.format(6, "first", 1)] + [FILTER_OF_ONE, ABOUT_ONE.format(6, "first", 1)] * 2),
    ("O", [FILTER_OF_ONE, NOWHERE]),
    ("RNO", [NOWHERE] * 3),  # the packets have gone: nothing is named any more
)

MANY = ("cap-7.2.13.pcapng.gz", "credit.pcapng", "connections.pcapng", "hello.pcapng", "vhost-7.2.13.pcapng.gz")


def window(capture, buttons=""):
    """What it says before a button is pressed; and what after that, in lines."""
    with runner.bench(options) as (folder, environment):
        plugins = pathlib.Path(environment["WIRESHARK_PLUGIN_DIR"], options.series, "epan")
        fake = pathlib.Path(options.plugins).parent / "fakes" / "fake_window.so"
        runner.let_read(shutil.copy(fake, plugins))
        done = runner.call([options.tshark, "-r", runner.readable(capture, folder), "-q"],
                           environment | {"FAKE_WINDOW": buttons})
    expect(f"{capture} {buttons}: exit status", 0, done.returncode)
    lines = done.stderr.splitlines()
    expect(f"{capture} {buttons}: how it opens", [OPENED[0], "opened: vsock Diagnoses", *OPENED[1:]], lines[:4])
    said = next((i for i, line in enumerate(lines) if re.match("packet: |filter: ", line)), len(lines))
    return "\n".join(lines[4:said]) + "\n", lines[said:]


def diagnoses(capture):
    """Those that the window has."""
    rows, of_code = [], {}
    for line in runner.tshark(capture, ["-q", "-z", "vsock,diagnose,json"], options).splitlines():
        if not line.startswith("{"):
            continue
        row = json.loads(line)
        of_code[row["code"]] = of_code.get(row["code"], 0) + 1
        if of_code[row["code"]] <= SHOWN:
            rows.append(row)
    return rows


def check_text(capture, text, rows):
    paragraphs = [paragraph for paragraph in text.split("\n\n") if re.match("(error|warn|note) ", paragraph)]
    expect(f"{capture}: diagnoses", [(row["severity"], row["code"]) for row in rows],
           [tuple(paragraph.split()[:2]) for paragraph in paragraphs])
    severities = [SEVERITIES.index(row["severity"]) for row in rows]
    expect(f"{capture}: the most severe first", sorted(severities), severities)
    for row, paragraph in zip(rows, paragraphs):
        where = f"{capture}: {row['code']}"
        *lines, label, shown = paragraph.rstrip("\n").split("\n") if row["filter"] else [*paragraph.split("\n"), "", ""]
        if row["filter"]:
            expect(f"{where}: its filter", ("filter:", row["filter"]), (label.strip(), shown.strip()))
        expect(f"{where}: the lines' widths", True, all(len(line) <= WIDTH for line in lines))
        words = " ".join(" ".join(lines).split())
        advice = re.sub(r"\.? ?Filter: .*$", "", row["next"])
        expect(f"{where}: what it says", (True, True), (f"{row['text']}." in words, f"next: {advice}" in words))


def check_buttons(capture, rows):
    """Every packet that is named, in order, and the first again."""
    named = [frame for row in rows for frame in dict.fromkeys((row["first_frame"], row["last_frame"]))]
    _, said = window(capture, "N" * (len(named) + 1))
    went = [int(line.removeprefix("packet: ")) for line in said if line.startswith("packet: ")]
    expect(f"{capture}: the packets that the button leads to", named + named[:1], went)


def check_filter_in_the_way(capture):
    """A filter that a button applied is taken back where it would hide what another diagnosis names."""
    _, said = window(capture, "ONNNN")
    filters = [line for line in said if line.startswith("filter: ")]
    expect(f"{capture}: of one packet", True, "Went to packet 119, the only one that buffer-shrunk names (1 of 7)" in said)
    expect(f"{capture}: filters", ["filter: vsock.stream == 15", "filter: "], filters)


def main():
    expect("the text of one", TEXT_OF_ONE, window(ONE)[0])
    for buttons, wanted in PRESSED:
        said = window(ONE, buttons)
        expect(f"{buttons}: what is said", wanted, (said[0].splitlines()[len(TEXT_OF_ONE.splitlines()):] + said[1]))
    expect("closed", ["closed"], [line for line in window(ONE, "NC")[1] if line == "closed"])
    for capture in MANY:
        rows = diagnoses(capture)
        check_text(capture, window(capture)[0], rows)
        check_buttons(capture, rows)
    check_filter_in_the_way("cap-7.2.13.pcapng.gz")
    finish()


options = runner.parse_arguments()
main()
