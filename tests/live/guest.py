#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""guest.py FOLDER - captures live from vsockmon0 and from -i any while traffic.py runs. Only for the virtual machine.

tshark captures all; dumpcap, what each filter of filters.py keeps. Leaves NAME.pcapng, NAME.txt (what was printed) and
NAME.log (what was printed to stderr) of each capture in FOLDER, which has "pairs" for filters.py.
"""
import pathlib
import signal
import subprocess
import sys
import time

import filters
import traffic

PATIENCE = 120  # seconds, on an emulated processor that may have to share a busy real one
# Its REQUEST and its RST have the port twice each: in vsockmon's header and in virtio's.
END = traffic.REFUSED.to_bytes(4, "little")
END_COUNT = 4
VSOCK_FILTER = "/live/vsock-filter"
REPORTS = ("-z", "vsock,streams", "-z", "vsock,diagnose", "-z", "expert")


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE} s: {what}")
        time.sleep(0.2)


class Capture:
    """A program that captures to a file."""

    def __init__(self, folder, name, command):
        self.name = name
        self.file, self.printed = folder / f"{name}.pcapng", folder / f"{name}.txt"
        with self.printed.open("wb") as output, (folder / f"{name}.log").open("wb") as errors:
            self.process = subprocess.Popen([*command, "-w", self.file], stdout=output, stderr=errors)

    def has_begun(self):
        """dumpcap makes the file when it has opened the device and set the filter."""
        if self.process.poll() is not None:
            sys.exit(f"{self.name} has ended with {self.process.returncode}; see {self.name}.log")
        return self.file.exists() and self.file.stat().st_size > 0

    def has_all(self):
        return self.file.read_bytes().count(END) >= END_COUNT

    def end(self):
        """As Ctrl+C does: tshark then prints its reports."""
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(PATIENCE) != 0:
            sys.exit(f"{self.name} has failed with {self.process.returncode}; see {self.name}.log")


class LiveTshark(Capture):
    def __init__(self, folder, interface):
        super().__init__(folder, interface, ["tshark", "-n", "-l", "-P", "-i", interface, *REPORTS])

    def has_all(self):
        return super().has_all() and f"{traffic.REFUSED} → " in self.printed.read_text()


def filtering(folder, interface, *options):
    for name, words, _ in filters.tried(folder):
        capture_filter = subprocess.run([VSOCK_FILTER, *options, words], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout.strip()
        yield Capture(folder, f"{interface}-{name}", ["dumpcap", "-q", "-i", interface, "-f", capture_filter])


def main():
    folder = pathlib.Path(sys.argv[1])
    captures = [LiveTshark(folder, "vsockmon0"), LiveTshark(folder, "any"),
                *filtering(folder, "vsockmon0"), *filtering(folder, "any", "--any")]
    for capture in captures:
        wait_until(capture.has_begun, f"{capture.name} captures")
    traffic.run()
    for capture in captures:
        wait_until(capture.has_all, f"{capture.name} has the last packet")
    for capture in captures:
        capture.end()
        print(f"{capture.name}: captured")


if __name__ == "__main__":
    main()
