#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge.py FOLDER - holds what was captured and printed live against what traffic.py did.

FOLDER is what the virtual machine left. Takes runner.py's options: the tshark here reads with display filters.
"""
import itertools
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import extcap
import filters
import traffic
from lib import pcapng, runner

# Of each conversation, in this order; what else a kernel sends between them is its own matter. Ports are the
# server's: the kernel chooses the client's, which is any number (#).
PACKETS = {
    traffic.STREAM: (
        "# → 10001 [REQUEST] Buf=262144",
        "10001 → # [RESPONSE] Buf=262144 PeerWin=262144",
        "# → 10001 [RW] Len=10 Win=262134",
        "10001 → # [RW] Len=9 Win=262135",
        "# → 10001 [SHUTDOWN rcv|send]",
        "10001 → # [RST] Close acknowledged",
    ),
    traffic.SEQPACKET: (
        "# → 10002 [REQUEST] Seqpacket Buf=262144",
        "10002 → # [RESPONSE] Buf=262144 PeerWin=262144",
        "# → 10002 [RW, EOM] Len=9 Win=262135",
        "# → 10002 [RW, EOM] Len=15 Win=262120",
        "# → 10002 [SHUTDOWN rcv|send]",
        "10002 → # [RST] Close acknowledged",
    ),
    traffic.HALF_CLOSE: (
        "# → 10003 [RW] Len=17 Win=262127",
        "# → 10003 [SHUTDOWN send]",
        "10003 → # [RW] Len=16 Win=262128",
        "10003 → # [SHUTDOWN rcv|send]",
        "# → 10003 [RST] Close acknowledged",
    ),
    traffic.STALL: (
        "10004 → # [RESPONSE] Buf=65536 PeerWin=65536",
        "# → 10004 [RW] Len=8192 Win=57344",
        "[Zero window] # → 10004 [RW] Len=8192 Win=0",
        "10004 → # [RW] Len=4 Win=262140",
        "[Stall #.# s] 10004 → # [CREDIT_UPDATE] Buf=65536 Fwd=# PeerWin=#",
        "# → 10004 [RW] Len=7 Win=#",
    ),
    traffic.REFUSED: (
        "# → 1592614637 [REQUEST] Buf=262144",
        "1592614637 → # [RST] Refused",
    ),
}

# client's bytes, server's bytes, stalls, end
STREAMS = {
    "10001": ("10", "9", "0", "Close acknowledged"),
    "10002": ("24", "0", "0", "Close acknowledged"),
    "10003": ("17", "16", "0", "Close acknowledged"),
    "10004": ("65543", "4", "1", "Close acknowledged"),
    "1592614637": ("0", "0", "0", "Refused"),
}

EXPERT = (
    "1 Sequence vsock Long stall; the receiver spoke meanwhile and had consumed nothing: its application was not reading",
    "1 Sequence vsock Connection refused",
    "1 Sequence vsock Zero window: the receiver's buffer is full",
)

DIAGNOSES = {
    "warn stall-receiver-not-reading":
        "1:# could not send for #.# s with a buffer of 65536 bytes full at 1:10004, which spoke "
        "meanwhile: that it read no packet to its end is proved for #.# s of it.",
    "note connect-refused": "1:1592614637 refused 1 of 1 request from CID 1, and accepted none.",
}
SLOW_MACHINE = {"note connect-slow", "warn connect-slow"}  # true, if it is

STREAM_ROW = re.compile(r" +\d+  1:\d+ +1:(?P<port>\d+) +\d+ +(?P<sent>\d+) +\d+ +(?P<received>\d+)(?: +[\d.]+){3} +"
                        r"-?\d+ +-?\d+ +(?P<stalls>\d+) .* (?P<end>[A-Z][a-z ]+)")


def pattern(text):
    return re.compile(re.escape(text).replace(r"\#", r"\d+"))


class Printed:
    """What one tshark printed: the packets while they came, and its reports at the end."""

    def __init__(self, folder, interface):
        self.interface = interface
        text = folder.joinpath(f"{interface}.txt").read_text()
        self.log = folder.joinpath(f"{interface}.log").read_text()
        packets, _, self.reports = text.partition("\n\n")
        self.packets = [line.partition(" VSOCK ")[2].partition(" ")[2].strip() for line in packets.splitlines()]
        self.lines = [" ".join(line.split()) for line in self.reports.splitlines()]
        self.wrong = [f"not printed: {what}" for what in self.missing()]

    def missing(self):
        for wanted in PACKETS.values():
            rest = iter(self.packets)
            lacking = (text for text in wanted if not any(pattern(text).fullmatch(line) for line in rest))
            yield from itertools.islice(lacking, 1)  # it has used up the rest
        found = {row["port"]: (row["sent"], row["received"], row["stalls"], row["end"])
                 for row in map(STREAM_ROW.fullmatch, self.reports.splitlines()) if row}
        yield from (f"stream {port}: {row}, but {found.get(port)}" for port, row in STREAMS.items()
                    if found.get(port) != row)
        yield from (text for text in (*EXPERT, *DIAGNOSES.values()) if not self.reports_have(text))

    def reports_have(self, text):
        return any(pattern(text).fullmatch(line) for line in self.lines)

    def diagnoses(self):
        return {" ".join(line.split()[:2]) for line in self.lines if re.match("(note|warn|error) [a-z-]+ ", line)}

    def check(self):
        unexpected = self.diagnoses() - set(DIAGNOSES) - SLOW_MACHINE
        self.wrong += [f"a false alarm: {code}" for code in unexpected]
        self.wrong += [f"not captured: {line}" for line in self.log.splitlines() if "dropped" in line]
        for line in self.wrong:
            print(f"{self.interface}: {line}")
        if not self.wrong:
            print(f"{self.interface}: {len(self.packets)} packets, {len(STREAMS)} streams, "
                  f"{' and '.join(sorted(self.diagnoses()))}: as it should be")
        return not self.wrong


class Reader:
    """Reads what was captured, with display filters."""

    COLUMNS = ("frame.time_epoch", "vsock.src_port", "vsock.dst_port", "vsock.virtio.op", "vsock.virtio.len",
               "vsock.virtio.fwd_cnt")

    def __init__(self, folder, bench, environment, tshark):
        self.folder, self.bench, self.environment, self.tshark = folder, pathlib.Path(bench), environment, tshark

    def packets(self, name, display_filter):
        copy = runner.readable(self.folder / f"{name}.pcapng", self.bench)
        command = [self.tshark, "-n", "-r", copy, "-Y", display_filter, "-T", "fields"]
        # Each capture by the extcap has a device of its own, which stamps a time of its own.
        columns = self.COLUMNS[1:] if name.partition("-")[0] == "vsockmon" else self.COLUMNS
        command += [argument for column in columns for argument in ("-e", column)]
        return runner.call(command, self.environment, check=True).stdout.splitlines()


def filter_is_good(reader, interface, name, words, display_filter):
    everything, wanted = reader.packets(interface, "vsock"), reader.packets(interface, display_filter)
    kept = reader.packets(f"{interface}-{name}", "frame")
    if kept != wanted:
        print(f"{interface}: {words} kept {len(kept)} packets instead of {len(wanted)}; the difference:",
              *sorted(set(kept) ^ set(wanted))[:5], sep="\n    ")
    elif not 2 < len(wanted) < len(everything):
        print(f"{interface}: {words} tells nothing, it keeps {len(wanted)} packets of {len(everything)}")
    else:
        print(f"{interface}: {words} kept {len(kept)} packets of {len(everything)}: as it should be")
        return True
    return False


def check_filters(folder, options):
    with runner.bench(options) as (bench, environment):
        reader = Reader(folder, bench, environment, options.tshark)
        good = [filter_is_good(reader, interface, *tried)
                for interface in ("vsockmon0", "any") for tried in filters.tried(folder)]
        good += [filter_is_good(reader, "vsockmon", *tried)
                 for tried in itertools.islice(filters.tried(folder), extcap.FILTERS, None)]
        return [*good, filter_is_good(reader, "vsockmon", "form", *extcap.FORM), whole_headers(reader)]


def whole_headers(reader):
    """Of the extcap's capture of headers only: all packets, and no more than was asked of each."""
    short, whole = (reader.packets(name, "vsock") for name in ("vsockmon-headers", "vsockmon"))
    longest = max(len(packet.data) for packet in pcapng.packets(pcapng.read(reader.folder / "vsockmon-headers.pcapng")))
    is_so = short == whole and longest == extcap.HEADERS
    print(f"vsockmon-headers: {len(short)} packets of {len(whole)}, at most {longest} bytes: "
          f"{'as it should be' if is_so else 'WRONG'}")
    return is_so


def check_origin(folder):
    """What the extcap has recorded says on which device and kernel."""
    found = {}
    for kind, block in pcapng.blocks(pcapng.read(folder / "vsockmon.pcapng")):
        if kind in (pcapng.SECTION, pcapng.INTERFACE):
            found[kind] = dict(pcapng.options(block[24 if kind == pcapng.SECTION else 16:-4]))
    kernel, name = found[pcapng.SECTION][3].decode(), found[pcapng.INTERFACE][2].decode()
    is_so = kernel == f"Linux {(folder / 'guest.log').read_text().splitlines()[0]}" and \
        re.fullmatch(r"vsockmon-cap\d", name)
    print(f"vsockmon: recorded from {name} by {kernel}: {'as it should be' if is_so else 'WRONG'}")
    return bool(is_so)


def check_watch(folder, device, packets):
    """vsockwatch tells beside tshark what that does, of as many packets."""
    *told, last = map(json.loads, (folder / f"vsockwatch-{device.interface}.txt").read_text().splitlines())
    back = {row["taken_back"] for row in told if "taken_back" in row}
    codes = {f"{row['severity']} {row['code']}" for row in told if "code" in row and row["code"] not in back}
    is_so = (codes, last["packets"], last["dropped"]) == (device.diagnoses(), packets, 0)
    print(f"vsockwatch, {device.interface}: {last['packets']} packets of {packets}, {' and '.join(sorted(codes))}: "
          f"{'as it should be' if is_so else 'WRONG'}")
    return is_so


def main():
    options = runner.parse_arguments()
    folder = pathlib.Path(*options.names).resolve()
    device, cooked, own = (Printed(folder, interface) for interface in ("vsockmon0", "any", "vsockmon"))
    good = [device.check(), cooked.check(), own.check(), check_origin(folder), *check_filters(folder, options)]
    for watched in (device, own):
        packets = sum(1 for _ in pcapng.packets(pcapng.read(folder / f"{watched.interface}.pcapng")))
        good.append(check_watch(folder, watched, packets))
    if device.reports != cooked.reports:
        print("any: its reports are not those of vsockmon0")
        good.append(False)
    return 0 if all(good) else 1


sys.exit(main())
