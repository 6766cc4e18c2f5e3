#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""guest.py FOLDER - captures live from vsockmon0 and from -i any while traffic.py runs, then with the extcaps
(extcap.py, real_ssh.py). Only for the virtual machine.

tshark captures all, and vsockwatch watches; dumpcap captures what each filter of filters.py keeps.
Leaves NAME.pcapng, NAME.txt (what was printed) and
NAME.log (what was printed to stderr) of each capture in FOLDER, which has "pairs" for filters.py.
"""
import pathlib
import subprocess
import sys

import extcap
import filters
import real_ssh
import traffic
from capturing import Capture, LiveTshark, LiveWatch, wait_until

VSOCK_FILTER = "/live/vsock-filter"


def filtering(folder, interface, *options):
    for name, words, _ in filters.tried(folder):
        capture_filter = subprocess.run([VSOCK_FILTER, *options, words], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout.strip()
        yield Capture(folder, f"{interface}-{name}", ["dumpcap", "-q", "-i", interface, "-f", capture_filter])


def main():
    folder = pathlib.Path(sys.argv[1])
    captures = [LiveTshark(folder, "vsockmon0"), LiveTshark(folder, "any"), LiveWatch(folder, "vsockmon0"),
                *filtering(folder, "vsockmon0"), *filtering(folder, "any", "--any")]
    for capture in captures:
        wait_until(capture.has_begun, f"{capture.name} captures")
    traffic.run()
    for capture in captures:
        wait_until(capture.has_all, f"{capture.name} has the last packet")
    for capture in captures:
        capture.end()
        print(f"{capture.name}: captured")
    extcap.run(folder)
    real_ssh.run(folder)


if __name__ == "__main__":
    main()
