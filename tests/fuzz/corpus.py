#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes what the fuzz targets start from, out of the stored captures: FOLDER/wire, FOLDER/credit and so on.

corpus.py FOLDER    see each target's head comment for what an input is, and steps.h for steps
"""
import hashlib
import pathlib
import shutil
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import pcapng, runner

HEADERS = 32 + 44

RW, FOREIGN = 5, 0x40
RW_OF_STREAM = 2  # fuzz_reassembly.c's IN_STREAM
MICROSECONDS, MILLISECONDS, SECONDS, JUMPS = range(4)
FWD_CNT_AS_GIVEN, LENGTH_AS_GIVEN = 0, 1
LOOPBACK, HOST = 3 << 5, 4 << 5
# Each word of vsock-filter's, and each way to join them, once at least; then what is wrong.
EXPRESSIONS = ("port 22", "src cid 42", "dst cid host or local", "src and dst cid hypervisor", "cid any",
               "not src port 10004 or 10006", "portrange 10004-10012", "dst portrange 2147483648-0xffffffff",
               "src addr host-9999 or 42:4051313149", "op rw or rst && not (port 1024 and type stream)",
               "! op credit-update", "op request or response or shutdown or credit-request or invalid",
               "op unknown or connect or disconnect or control or payload", "type seqpacket or dgram",
               "transport virtio or none or unknown", "(((cid 4294967338)) || PORT 0x40000000)", "",
               "prot 5", "port", "src op rw", "cid 18446744073709551616", "portrange 9-5", "(port 5", "port 5)", "not",
               "port \u00e9 x", "port " + "5 or " * 250 + "5", "(" * 51)
STEPS = 100  # of one input: it is changed thousands of times


class Record:
    """A record as it was captured: its linktype's own header is left out. Time: in microseconds."""

    def __init__(self, data, length, time):
        self.data, self.length, self.time = data, length, time
        self.whole = len(data) >= HEADERS
        if self.whole:
            (self.src_cid, self.dst_cid, self.src_port, self.dst_port, self.size, self.type, self.op, self.flags,
             self.buf_alloc, self.fwd_cnt) = struct.unpack_from("<QQIIIHHIII", data, 32)

    @property
    def source(self):
        return self.src_cid, self.src_port

    @property
    def endpoints(self):
        return tuple(sorted([self.source, (self.dst_cid, self.dst_port)]))


def records(capture):
    """Of a stored capture."""
    found = []
    for packet in pcapng.packets(pcapng.read(runner.CAPTURES / capture)):
        before = pcapng.BEFORE_RECORD.get(packet.linktype)
        if before is not None:
            found.append(Record(packet.data[before:], packet.length - before, packet.time))
    return found


def delay(microseconds):
    """The unit and the number of it that say about the same."""
    if microseconds < 0:
        return JUMPS, 0xFFFF
    for unit, size in (MICROSECONDS, 1), (MILLISECONDS, 1000), (SECONDS, 1_000_000):
        if microseconds <= 0xFFFF * size:
            return unit, microseconds // size
    return JUMPS, 1


def step(record, before, side, choice=0):
    unit, number = delay(int(record.time - before.time))  # some captures have nanoseconds
    foreign = FOREIGN if record.op > 7 or record.type > 3 else 0
    kind = side | (record.op & 7) << 1 | (record.type & 3) << 4 | foreign
    modes = record.flags & 3 | unit << 2 | FWD_CNT_AS_GIVEN << 4 | LENGTH_AS_GIVEN << 6
    return struct.pack("<BBHIIIB", kind, modes, number, record.size, record.buf_alloc, record.fwd_cnt, choice)


def side_of(record):
    return int(record.source != record.endpoints[0])


def pairs(records):
    return zip(records, [records[0], *records])


def connections(records):
    """Lists of records between the same endpoints."""
    found = {}
    for record in records:
        if record.whole:
            found.setdefault(record.endpoints, []).append(record)
    return found.values()


def wire(records):
    for record in records:
        yield struct.pack("<IB", record.length - len(record.data), len(record.data) // 2 & 0xFF) + record.data[:96]


def of_connections(head):
    def steps(records):
        for connection in connections(records):
            for first in range(0, len(connection), STEPS):
                part = connection[first:first + STEPS]
                yield head + b"".join(step(record, before, side_of(record)) for record, before in pairs(part))
    return steps


def diagnose(records):
    """Servers and clients get the numbers that there is room for; see fuzz_diagnose.c."""
    servers, clients, steps, last = {}, {}, [], None
    for record in records:
        if not record.whole:
            continue
        client, server = record.endpoints[::-1] if record.endpoints[0][1] < record.endpoints[1][1] else record.endpoints
        choice = servers.setdefault(server, len(servers)) % 16 | clients.setdefault(client[0], len(clients)) % 2 << 4
        choice |= LOOPBACK if record.src_cid == 1 or record.dst_cid == 1 else HOST if server[0] == 2 else 0
        steps.append(step(record, last or record, int(record.source != client), choice))
        last = record
    for first in range(0, len(steps), STEPS):
        yield b"\x00" + b"".join(steps[first:first + STEPS])


def watch(records):
    """The same, each with all that may be printed at the end; see fuzz_watch.c."""
    for steps in diagnose(records):
        yield from (bytes([ending << 6]) + steps[1:] for ending in range(4))


def split(records):
    for connection in connections(records):
        rws = [record for record in connection if record.op == RW]
        yield b"".join(struct.pack("<B", side_of(rw) | (2 if number % 2 else 6)) + struct.pack("<I", rw.size)[:3] +
                       struct.pack("<I", max(rw.length - HEADERS, 0))[:3] + bytes([rw.fwd_cnt & 0xFF])
                       for number, rw in enumerate(rws[:STEPS]))


def contents(records):
    for record in records:
        if record.whole and record.op == RW:
            yield record.data[HEADERS:HEADERS + 128]


def reassembly(records):
    """What dissectors say is as good as any: it comes out of what the packets say."""
    for connection in connections(records):
        packets = b""
        for record in connection[:STEPS]:
            payload = max(record.length - HEADERS, 0)
            kind = side_of(record) | (record.op == RW) << 1 | (record.flags & 1) << 2 | (record.op == 3) * 0x60
            packets += struct.pack("<BHBI", kind, payload % 4096, min(record.length - len(record.data), 255),
                                   (record.size * 0x9E3779B1 ^ record.fwd_cnt) & 0xFFFFFFFF)
        yield struct.pack("<BB", record.type - 1 & 1 | 0x56, 255) + packets
    # Who takes one byte of an offer, and wants more of what is left.
    yield b"\x76\xff" + struct.pack("<BHBI", RW_OF_STREAM, 20, 0, 0x01030103) * 250


def filters(records):
    """Some for each capture, on a record each, captured in one way or another."""
    whole = [record for record in records if record.whole]
    for number in range(len(whole) % 8, len(EXPRESSIONS) if whole else 0, 8):
        record = whole[number * len(whole) // len(EXPRESSIONS)]
        yield bytes([number % 3]) + record.data[:HEADERS] + EXPRESSIONS[number].encode()


TARGETS = {"wire": wire, "credit": of_connections(b"\x01"), "conn": of_connections(b"\x00"), "diagnose": diagnose, "watch": watch,
           "split": split, "contents": contents, "reassembly": reassembly,
           "filter": filters}


def main():
    folder = pathlib.Path(sys.argv[1])
    captures = [records(capture) for capture in runner.stored_captures()]
    for target, inputs_of in TARGETS.items():
        inputs = {data for capture in captures for data in inputs_of(capture) if data}
        shutil.rmtree(folder / target, ignore_errors=True)  # libFuzzer adds to it
        (folder / target).mkdir(parents=True)
        for data in inputs:
            (folder / target / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        print(f"{folder / target}: {len(inputs)} inputs from {len(captures)} captures")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
