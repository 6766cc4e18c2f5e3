#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""look_live.py - captures from the list's vsockmon, then from vsockmon0, in Wireshark's window while traffic.py runs, and
looks at the plugin's windows as they follow. Only for the virtual machine; live_guest says as whom.
"""
import pathlib
import re
import subprocess
import sys

import desktop
import traffic
from desktop import EXTCAP, NOTHING_OPEN, Failure, Wireshark, expect, find, names, text_of, wait_for, widgets

desktop.TIMEOUT = 120  # the processor is emulated
PICTURE = 1270, 620
LEFT_OUT = traffic.STREAM
FILTER = subprocess.run(["./vsock-filter", f"not port {LEFT_OUT}"], check=True, stdout=subprocess.PIPE,
                        text=True).stdout.strip()
TITLE = f"vsockmon0 ({FILTER})"
STREAMS = len((traffic.SEQPACKET, traffic.HALF_CLOSE, traffic.STALL, traffic.REFUSED))  # of one traffic.run()
INFO = ("[REQUEST] Seqpacket", "[RW, EOM] Len=9", "[SHUTDOWN send]", "[Zero window] ", "[Stall ", "[RST] Refused")


class Counter:
    """The status bar's number of packets. It is looked for once: that takes long."""

    def __init__(self, wireshark):
        self.label = next(w for w in widgets(wireshark.main) if w.get_name() == "No Packets")

    def packets(self):
        found = re.match(r"Packets: (\d+)", self.label.get_name())
        return int(found[1]) if found else 0


class Diagnoses:
    """The window, and what its first line counts."""

    def __init__(self, wireshark):
        wireshark.choose("Statistics", "vsock Diagnoses")
        self.window = wireshark.window("vsock Diagnoses")
        self.text = wait_for("text", lambda: next((w for w in widgets(self.window) if text_of(w)), None))

    def have(self, streams, packets):
        text = " ".join(text_of(self.text).split())  # the window wraps it
        return f" in {streams} streams; looked at {packets} packets " in text


def talk(counter, before):
    """Lets traffic.py run. Returns how many packets there are when they do not get more."""
    traffic.run()
    seen = [before]

    def all_have_come():
        seen.append(counter.packets())
        return seen[-1] > before and len(seen) > 9 and len(set(seen[-9:])) == 1

    wait_for("packet that was captured live", all_have_come)
    return seen[-1]


def look_at_packets(wireshark, count):
    cells = [name for name in names(find(wireshark.main, "tree", "Packet list")) if name]
    expect("the packet list", ["Window", "In flight", "Stall", str(count), *map(str, range(STREAMS))], cells)
    expect("the packets' Info", INFO, [text for cell in cells for text in INFO if text in cell])
    if any(f"→ {LEFT_OUT} " in cell for cell in cells):
        raise Failure(f"the capture filter kept port {LEFT_OUT}")
    print(f"{count} packets: as they should be", flush=True)


def streams_of(window):
    """Rows of the table: each has two endpoints, and a CID and a port in no other cell."""
    return sum(bool(re.fullmatch(r"\d+:\d+", name)) for name in names(window)) // 2


def look_at_what_follows(wireshark, counter, diagnoses, before):
    """The diagnoses are drawn anew while packets come; a table of statistics is filled when it is told to."""
    wireshark.choose("Statistics", "vsock Streams")
    table = wireshark.window("vsock Streams")
    wait_for("streams in the table", lambda: streams_of(table) == STREAMS)
    after = talk(counter, before)
    wait_for("diagnoses of all packets", lambda: diagnoses.have(2 * STREAMS, after))
    next(w for w in widgets(table) if w.get_name() == "Apply").do_action(0)
    wait_for("all streams in the table", lambda: streams_of(table) == 2 * STREAMS)
    print(f"{after} packets: diagnosed while they came", flush=True)
    return after


def look_at_restart(wireshark, counter, diagnoses):
    wireshark.choose("Capture", "Restart")
    wait_for("fresh capture", lambda: counter.packets() == 0)
    count = talk(counter, 0)
    wait_for("diagnoses of the fresh capture", lambda: diagnoses.have(STREAMS, count))
    look_at_packets(wireshark, count)
    return count


def look_at_stop(wireshark, counter, diagnoses, before):
    wireshark.choose("Capture", "Stop")
    wireshark.window(f"*{TITLE}")
    traffic.run()
    if counter.packets() != before or not diagnoses.have(STREAMS, before):
        raise Failure("a capture that was stopped goes on")


def look_from_the_list():
    """By a double click; the extcap makes a device of its own."""
    with Wireshark(NOTHING_OPEN, "-o", "gui.ask_unsaved:FALSE") as wireshark:
        wireshark.capture_from(EXTCAP)
        wireshark.place(wireshark.main.get_name(), PICTURE)  # before packets come, so that the last ones are in sight
        talk(Counter(wireshark), 0)
        cells = names(find(wireshark.main, "tree", "Packet list"))
        expect("the packets' Info", INFO, [text for cell in cells for text in INFO if text in cell])
        wireshark.shot(wireshark.main, "list-live", PICTURE)
        wireshark.choose("Capture", "Stop")
        wireshark.window(f"*{EXTCAP}")
        wait_for("end of the device", lambda: not list(pathlib.Path("/sys/class/net").glob("vsockmon-cap*")))
        print("from the list: as it should be", flush=True)


def main():
    look_from_the_list()
    with Wireshark(f"Capturing from {TITLE}", "-o", "gui.ask_unsaved:FALSE", "-k", "-i", "vsockmon0",
                   "-f", FILTER) as wireshark:
        counter = Counter(wireshark)
        count = talk(counter, 0)
        look_at_packets(wireshark, count)
        diagnoses = Diagnoses(wireshark)
        wait_for("diagnoses", lambda: diagnoses.have(STREAMS, count))
        look_at_what_follows(wireshark, counter, diagnoses, count)
        wireshark.shot(wireshark.main, "live", PICTURE)
        wireshark.shot(diagnoses.window, "live-diagnoses", (1000, 480))
        count = look_at_restart(wireshark, counter, diagnoses)
        look_at_stop(wireshark, counter, diagnoses, count)
        wireshark.shot(wireshark.main, "live-stopped", PICTURE)


try:
    main()
except Failure as failure:
    sys.exit(f"look_live.py: {failure}")
