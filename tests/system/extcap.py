#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The extcap vsockmon as Wireshark calls it, without the right to record: it is listed, describes its form, judges
filters, says what gives the right, and takes any argument for what it is. Takes runner.py's options.

What it records is for tests/live, in a virtual machine.
"""
import pathlib
import re
import shutil
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

INTERFACE = ("--extcap-interface", "vsockmon")
NO_FILTERS = {
    "port": "Capture filter: a value is missing after port",
    "tcp port 80": "Capture filter: tcp is not understood here",
    "link[24:2] =": "Capture filter: ",  # of libpcap's own words, libpcap's own
    "port 5\nport 6": 'Capture filter: port is too much here: "and" or "or" is missing',
    "link[0] = 1\n\n]": "Capture filter: ",
}
FILTERS = ("", " ", "port 22", "not port 22 and cid 3", "link[16:4] = 0x16000000", "NOT (op rw)")
WORDS = ("", "-1", "$(reboot)", "`id`", "; id", "../../etc/passwd", "%s%n%x", "\x1b[31m", "é", "0" * 100000, "(" * 100000,
         "not " * 30000, "port 1 or " * 10000 + "port 1", "link[" * 10000, "1," * 50000, "a=b", "{value=x}", "--", "-")
VALUES = ("--cids", "--ports", "--leave-out-ports", "--ops", "--extcap-capture-filter", "--buffer", "--fifo",
          "--extcap-interface")


def expect(what, is_so, *shown):
    if not is_so:
        sys.exit("\n".join([f"not so: {what}", *(str(text)[:2000] for text in shown)]))
    print(f"yes  {what}")


class Extcap:
    def __init__(self, options):
        self.tshark = options.tshark
        built = pathlib.Path(options.plugins).with_name("extcap_folder")
        self.context = runner.bench(options)
        self.built = built

    def __enter__(self):
        folder, self.environment = self.context.__enter__()
        self.folder = pathlib.Path(folder)
        place = pathlib.Path(shutil.copytree(self.built, self.folder / "extcap"))
        place.chmod(0o755)
        self.program = place / "vsockmon"
        self.program.chmod(0o755)
        self.environment |= {"WIRESHARK_EXTCAP_DIR": str(place)}
        return self

    def __exit__(self, *error):
        return self.context.__exit__(*error)

    def run(self, *arguments):
        return runner.call([self.program, *arguments], self.environment, timeout=60, errors="replace")

    def wireshark(self, *arguments):
        return runner.call([self.tshark, *arguments], self.environment, timeout=60)


def is_listed(extcap):
    listed = extcap.wireshark("-D")
    expect("tshark -D lists it", re.search(r"^\d+\. vsockmon \(vsock", listed.stdout, re.M), listed)
    types = extcap.wireshark("-i", "vsockmon", "-L")
    expect("tshark -L has its link type", "VSOCK (Linux vsock" in types.stdout + types.stderr, types)


def form_is_told(extcap):
    said = extcap.run("--extcap-config", *INTERFACE).stdout
    calls = re.findall(r"^arg \{number=\d\}\{call=(--[a-z-]+)\}\{display=[^{}]+\}\{type=(\w+)\}(?:\{\w+=[^{}]*\})*$",
                       said, re.M)
    expect("every line of the form is one", len(calls) == len(said.splitlines()) - said.count("\nvalue {arg=3}"), said)
    for call, kind in calls:
        arguments = [call] if kind == "boolflag" else [call, "1"]
        expect(f"{call} is an argument", extcap.run(*arguments).returncode == 0)
    for op in re.findall(r"^value \{arg=3\}\{value=([^}]+)\}", said, re.M):
        result = extcap.run("--ops", op, "--extcap-capture-filter", "", *INTERFACE)
        expect(f"{op} is an operation", (result.returncode, result.stdout) == (0, ""), result)


def filters_are_judged(extcap):
    for words, wanted in NO_FILTERS.items():
        result = extcap.run("--extcap-capture-filter", words, *INTERFACE)
        expect(f"{words!r} is no filter", result.returncode == 0 and result.stdout.startswith(wanted) and
               result.stdout.count("\n") == 1, result)
    for words in FILTERS:
        result = extcap.run("--extcap-capture-filter", words, *INTERFACE)
        expect(f"{words!r} is one", (result.returncode, result.stdout) == (0, ""), result)


def right_is_told(extcap):
    mending = "sudo setcap cap_net_admin,cap_net_raw=ep "
    result = extcap.run("--capture", *INTERFACE, "--fifo", extcap.folder / "none")
    expect("without the right, it says what gives it", result.returncode == 1 and mending in result.stderr, result)
    result = extcap.wireshark("-i", "vsockmon", "-w", "/dev/null")
    expect("tshark passes that on, and ends", result.returncode != 0 and mending in result.stderr, result)
    for name, value in (("--ports", "x"), ("--extcap-capture-filter", "tcp"), ("--extcap-capture-filter", "link[")):
        result = extcap.run("--capture", *INTERFACE, "--fifo", extcap.folder / "none", name, value)
        expect(f"{name} {value} is told first", result.returncode == 1 and mending not in result.stderr and
               result.stderr.startswith("vsockmon: "), result)
    result = extcap.wireshark("-i", "vsockmon", "-f", "tcp port 80", "-w", "/dev/null")
    expect("tshark says what is wrong in a filter", result.returncode != 0 and "tcp is not understood" in result.stderr,
           result)


def any_argument_is_taken_for_what_it_is(extcap):
    crashes = []
    for word in WORDS:
        for name in VALUES:
            for job in ("--capture", "--extcap-config"):
                result = extcap.run(job, *INTERFACE, "--fifo", extcap.folder / "none", name, word)
                if result.returncode not in (0, 1, 2):
                    crashes.append((name, word[:20], signal.Signals(-result.returncode).name, result.stderr[-500:]))
    expect(f"{len(WORDS)} odd words are values of all arguments", not crashes, *crashes)
    for arguments, status in (((), 0), (("--no-such",), 2), (("--capture",), 2), (("--capture", *INTERFACE), 2),
                              (("--extcap-config", "--extcap-interface", "eth0"), 2), (("--extcap-config",), 2),
                              (("stray",), 2), (("--extcap-cleanup-postkill", *INTERFACE), 0), (("--help",), 0)):
        result = extcap.run(*arguments)
        expect(f"{' '.join(arguments) or 'nothing'}: exit status {status}", result.returncode == status, result)


def main():
    with Extcap(runner.parse_arguments()) as extcap:
        for part in (is_listed, form_is_told, filters_are_judged, right_is_told, any_argument_is_taken_for_what_it_is):
            part(extcap)


main()
