#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture may cost (vsock.limit_dissection) takes nothing from these recorded connections, very often one after
another: all are dissected. Other traffic can reach the limit: docs/reading.md, Limits. Takes runner.py's options.
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import pcapng, runner

# A capture, and how often: some 20 MB each. 3,000 connections with TLS, and their certificates, among them.
COPIES = {"tls.pcapng.gz": 3000, "http.pcapng.gz": 3000, "ssh.pcapng.gz": 1500, "payload-grpc.pcapng": 10_000}

CLIENTS = 100_000  # ports from here on are clients', of whom each copy has others
PORTS = (16, 20, 32 + 16, 32 + 20)  # offsets, in both headers
STEP = 10_000_000  # nanoseconds between two copies


def with_ports_of(record, copy):
    record = bytearray(record)
    for offset in PORTS:
        [port] = struct.unpack_from("<I", record, offset)
        if port > CLIENTS:
            struct.pack_into("<I", record, offset, (port + copy) % 2**32)
    return bytes(record)


def repeated(name, copies):
    records = [packet.data for packet in pcapng.packets(pcapng.read(runner.CAPTURES / name))]
    yield pcapng.section() + pcapng.interface()
    for copy in range(copies):
        yield b"".join(pcapng.packet(copy * STEP + i * 1000, with_ports_of(record, copy * 8))
                       for i, record in enumerate(records))


options = runner.parse_arguments()
with runner.bench(options) as (folder, environment):
    for name, copies in COPIES.items():
        path = pathlib.Path(folder, "repeated.pcapng")
        path.write_bytes(b"".join(repeated(name, copies)))
        path.chmod(0o644)
        lost = runner.tshark(path, ["-Y", "vsock.payload.undissected"], options)
        if lost:
            sys.exit(f"{name}, {copies} times: {lost.count(chr(10))} packets are not dissected, the first\n{lost[:200]}")
        print(f"{name}, {copies} times: {path.stat().st_size} bytes, all dissected")
