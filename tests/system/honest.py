#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Much traffic as programs make it is dissected whole, however much of it there is. Takes runner.py's options, and kinds.

bench/honest_payload.py makes it: the healthy twins of what hostile.py has. What was recorded of real programs follows,
very often, one connection after another. Counts only, no times.
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import honest_payload
from generators import vsock
from lib import pcapng, runner

# A capture, how often, and a filter for what is shown of it: some 20 MB each. 3,000 connections with TLS are among them.
RECORDED = {"tls.pcapng.gz": (3000, "tls.handshake.certificate"), "http.pcapng.gz": (3000, "http"),
            "ssh.pcapng.gz": (1500, "ssh"), "payload-grpc.pcapng": (10_000, "grpc")}

CLIENTS = 100_000  # ports from here on are clients', of whom each copy has others
PORTS = (16, 20, 32 + 16, 32 + 20)  # offsets, in both headers
STEP = 10_000  # nanoseconds


def with_ports_of(record, copy):
    record = bytearray(record)
    for offset in PORTS:
        [port] = struct.unpack_from("<I", record, offset)
        if port > CLIENTS:
            struct.pack_into("<I", record, offset, (port + copy) % 2**32)
    return bytes(record)


def repeated(name, copies):
    records = [packet.data for packet in pcapng.packets(pcapng.read(runner.CAPTURES / name))]
    return (with_ports_of(record, copy * 8) for copy in range(copies) for record in records)


def write(path, packets):
    when = vsock.START
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(pcapng.section() + pcapng.interface())
        for data in packets:
            when += STEP
            file.write(pcapng.packet(when, data, len(data), 0))
    path.chmod(0o644)


def numbers(path, wanted, options):
    return runner.tshark(path, ["-Y", wanted, "-T", "fields", "-e", "frame.number"], options).split()


def check(kind, path, packets, wanted, least, options):
    write(path, packets)
    dissected, undissected = (numbers(path, each, options) for each in (wanted, "vsock.payload.undissected"))
    print(f"{kind}: {path.stat().st_size} bytes, {len(dissected)} packets dissected, {len(undissected)} not")
    path.unlink()
    if undissected:
        sys.exit(f"{kind}: packet {undissected[0]} is the first that is not dissected")
    if len(dissected) < least:
        sys.exit(f"{kind}: {least} packets at least should be dissected; it would be silent of nothing")


def main(options):
    with runner.bench(options) as (folder, _):
        path = pathlib.Path(folder, "honest.pcapng")
        for kind, (_, count, wanted) in honest_payload.KINDS.items():
            if kind in (options.names or honest_payload.KINDS):
                # Up to 40 messages are in a packet.
                check(kind, path, honest_payload.packets(kind), wanted, count // 50, options)
        for name, (copies, wanted) in RECORDED.items():
            if name in (options.names or RECORDED):
                check(name, path, repeated(name, copies), wanted, copies, options)


main(runner.parse_arguments())
