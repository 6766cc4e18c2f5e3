#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes captures that mean harm, of any size, for measuring what they cost; nothing of it is stored.

hostile_input.py OUT.pcapng KIND [PACKETS]

A kind is a function below: it yields the packets, and its first line says what is wrong with them. Packets are 10 us
apart unless their kind says otherwise.
"""
import inspect
import itertools
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import hostile_payload
from generators import vsock
from generators.vsock import CREDIT_UPDATE, NO_SOCKET, REQUEST, RESPONSE, RST, RW, SEQPACKET, SHUTDOWN, packet
from lib import pcapng

STEP = 10_000  # nanoseconds
SERVER = (2, 1024)
MAX = 2**32 - 1


class Packet:
    """A record. `uncaptured`: bytes it had on the device beyond `data`. `interface`: None begins a section."""

    def __init__(self, data, interface=0, uncaptured=0, step=STEP):
        self.data, self.interface, self.uncaptured, self.step = data, interface, uncaptured, step


def client(number):
    return 3 + number % 16, 0x20000000 + number // 16


def both(number):
    """The fields of what a client sends, and of what it is sent."""
    return {"src": client(number), "dst": SERVER}, {"src": SERVER, "dst": client(number)}


def opened(number, **fields):
    out, back = both(number)
    yield Packet(packet(REQUEST, **out, **fields))
    yield Packet(packet(RESPONSE, **back, **fields))


def sent(number, payloads, **fields):
    """What the client sends; all of it is consumed at once."""
    out, back = both(number)
    total = 0
    for payload in payloads:
        total += len(payload)
        yield Packet(packet(RW, payload, **out, **fields))
        yield Packet(packet(CREDIT_UPDATE, fwd_cnt=total & MAX, **back, **fields))


# ---- connections ----

def ports(packets):
    """REQUESTs, each from and to other ports"""
    for number in range(packets):
        yield Packet(packet(REQUEST, src=(3, number), dst=(2, MAX - number)))


def same_time(packets):
    """the same, all of the same nanosecond"""
    for each in ports(packets):
        each.step = 0
        yield each


def cids(packets):
    """REQUESTs, each from and to other 64-bit CIDs"""
    for number in range(packets):
        yield Packet(packet(REQUEST, src=(2**63 + number * 0x9E3779B9, 5), dst=(number * 0x9E3779B97F4A7C15 % 2**62, 6)))


def collisions(packets):
    """REQUESTs with CIDs that a sum of products takes for one"""
    for number in range(packets):
        yield Packet(packet(REQUEST, src=(number, 5), dst=(2**62 - 31 * number, 6)))


def interfaces(packets):
    """REQUESTs between two endpoints on 20,000 interfaces, in turn"""
    for number in range(packets):
        yield Packet(packet(REQUEST, src=(3, 5), dst=(2, 6)), interface=number % 20_000)


def sections(packets):
    """REQUESTs between two endpoints, each in its own pcapng section"""
    for _ in range(packets):
        yield Packet(packet(REQUEST, src=(3, 5), dst=(2, 6)), interface=None)


def flapping(packets):
    """REQUEST, RESPONSE, RST between two endpoints, again and again"""
    out, back = both(0)
    for number in range(packets):
        kind = number % 3
        yield Packet(packet(REQUEST, **out) if kind == 0 else packet(RESPONSE, **back) if kind == 1
                     else packet(RST, **back, **NO_SOCKET))


def refusals(packets):
    """a REQUEST and its refusal, each to another port"""
    for number in range(packets // 2):
        ends = {"src": (3, number), "dst": (2, MAX - number)}
        yield Packet(packet(REQUEST, **ends))
        yield Packet(packet(RST, src=ends["dst"], dst=ends["src"], **NO_SOCKET))


def between(number):
    """The fields of what a client sends, and of what it is sent, of which each has another port."""
    client, server = (3, 0x20000000 + number), (2, MAX - number)
    return {"src": client, "dst": server}, {"src": server, "dst": client}


def lone(packets):
    """RWs of connections that began before the capture, each from and to other ports"""
    for number in range(packets):
        yield Packet(packet(RW, b"x", **between(number)[0]))


def spoken(packets):
    """a REQUEST and an RW, each from and to other ports"""
    for number in range(packets // 2):
        out, _ = between(number)
        yield Packet(packet(REQUEST, **out))
        yield Packet(packet(RW, b"x", **out))


def closed(packets):
    """connections of a byte that come to their end, as short as they can be"""
    for number in range(packets // 5):
        out, back = between(number)
        yield Packet(packet(REQUEST, **out))
        yield Packet(packet(RESPONSE, **back))
        yield Packet(packet(RW, b"x", **out))
        yield Packet(packet(SHUTDOWN, flags=3, **out))
        yield Packet(packet(RST, **back, **NO_SOCKET))


def copies(packets):
    """a connection of which each packet is doubled"""
    for each in itertools.islice(itertools.chain(opened(0), sent(0, itertools.repeat(b"10 bytes !"))), packets // 2):
        yield each
        yield Packet(each.data, step=1000)


# ---- figures ----

def lengths(packets):
    """RWs of 2^32-1 bytes, of which 64 were captured; buf_alloc and fwd_cnt change between 0 and 2^32-1"""
    yield from opened(0)
    for number in range(packets - 2):
        yield Packet(packet(RW, b"x" * 64, **both(0)[number % 2], length=MAX, buf_alloc=MAX * (number // 2 % 2),
                            fwd_cnt=MAX * (number // 4 % 2)), uncaptured=MAX - 64 - 76 if number % 3 else 0)


def credit(packets):
    """a connection whose every packet breaks the rules of credit, and none is ever consumed"""
    yield from opened(0, buf_alloc=1000)
    for number in range(packets - 2):
        yield Packet(packet(RW, b"x" * (number % 7 + 1), **both(0)[number % 2], buf_alloc=1000 + number % 3,
                            fwd_cnt=2**31 * (number % 4 // 2)))


def findings(packets):
    """connections of 6 packets, each an overrun, a counter that goes back, a shrunk buffer and a reset"""
    for number in range(packets // 6):
        out, back = both(number)
        yield from opened(number, buf_alloc=1000)
        yield Packet(packet(RW, b"x" * 200, **out, buf_alloc=1000))
        yield Packet(packet(CREDIT_UPDATE, **back, buf_alloc=100, fwd_cnt=50))
        yield Packet(packet(RW, b"x" * 1500, **out, buf_alloc=1000))
        yield Packet(packet(RST, **back, buf_alloc=100, fwd_cnt=20))


def headers(packets):
    """headers that lie: lengths, operations, transports, and records that end within them"""
    whole = packet(RW, b"x" * 20)
    for number in range(packets):
        lie = struct.pack("<HHHH", number % 7, number // 7 % 4, 44 if number % 2 else number * 31 % 65536, number % 3)
        data = whole[:24] + lie + whole[32:]
        yield Packet(data[:32 + number % 65])


# ---- payload ----

def message(packets):
    """a SEQPACKET message that never ends: 1,000 bytes a packet, no EOM"""
    yield from opened(0, type=SEQPACKET)
    yield from itertools.islice(sent(0, itertools.repeat(b"x" * 1000), type=SEQPACKET), packets - 2)


def messages(packets):
    """SEQPACKET messages that never end, one on each of many connections, 8 packets of 100 bytes each"""
    for number in range(packets // 10):
        yield from opened(number, type=SEQPACKET)
        for _ in range(8):
            yield Packet(packet(RW, b"x" * 100, **both(number)[0], type=SEQPACKET))


def stream_of(packets, first, rest):
    """One connection that sends `first`, then `rest` again and again."""
    yield from opened(0)
    yield from itertools.islice(sent(0, itertools.chain([first], itertools.cycle(rest))), packets - 2)


def http_header(packets):
    """an HTTP header that never ends, 16 bytes a packet"""
    return stream_of(packets, b"GET / HTTP/1.1\r\nX: ", [b"x" * 16])


def http_headers(packets):
    """HTTP headers that never end, one on each of many connections, 8 packets of 16 bytes each"""
    for number in range(packets // 10):
        yield from opened(number)
        for part in range(8):
            yield Packet(packet(RW, b"x" * 16 if part else b"GET / HTTP/1.1\r\nX: ", **both(number)[0]))


def http_length(packets):
    """an HTTP body whose length is said to be 2^63-1"""
    return stream_of(packets, b"POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n", [b"x" * 100])


def http_limit(packets):
    """an HTTP body just as long as the default limit, then another"""
    head = b"POST / HTTP/1.1\r\nContent-Length: 16777000\r\n\r\n"
    return stream_of(packets, head, [b"x" * 1000] * 16777 + [head])


def http_chunks(packets):
    """an HTTP body in chunks of 5 bytes that never end, each cut in two by a packet's end"""
    return stream_of(packets, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", [b"cde\r\n5\r\nab"])


def http_chunk_ends(packets):
    """the same, but each packet ends with a chunk"""
    return stream_of(packets, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", [b"5\r\nabcde\r\n"])


def tls(packets):
    """TLS records of 16 KiB, 16 bytes a packet, after half a ClientHello"""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    return stream_of(packets, hello, [b"\x17\x03\x03\x40\x00" + b"x" * 11] + [b"x" * 16] * 1023)


def ttrpc(packets):
    """ttrpc messages of 4 MiB, 16 bytes a packet"""
    head = struct.pack(">IIBB", 4 << 20, 1, 1, 0) + b"\x0a\x04abcd"
    return stream_of(packets, head, [b"x" * 16])


def ttrpc_small(packets):
    """packets of 64,000 bytes full of the smallest ttrpc messages: a hundredth as many as asked for"""
    first = struct.pack(">IIBB", 8, 1, 1, 0) + b"\x0a\x06abcdef"
    return stream_of(packets // 100, first, [struct.pack(">IIBB", 0, 1, 2, 0) * 6400])


def gcs(packets):
    """gcs requests with 64-bit ids that a simple hash takes for one"""
    yield from itertools.islice(gcs_requests(), packets)


def gcs_requests():
    ends = {"src": (3, 0x50000000), "dst": (2, 0x40000000)}
    yield Packet(packet(REQUEST, **ends))
    yield Packet(packet(RESPONSE, src=ends["dst"], dst=ends["src"]))
    for number in itertools.count():
        yield Packet(packet(RW, struct.pack("<IIQ", 0x10100101, 18, number << 32 | number) + b"{}",
                            src=ends["dst"], dst=ends["src"]))


KINDS = {function.__name__: function for function in (
    ports, same_time, cids, collisions, interfaces, sections, flapping, refusals, lone, spoken, closed, copies, lengths,
    credit, findings, headers, message, messages, http_header, http_headers, http_length, http_limit, http_chunks,
    http_chunk_ends, tls, ttrpc, ttrpc_small, gcs)}


ALL = [*KINDS, *hostile_payload.KINDS]


def describe(kind):
    return inspect.getdoc(KINDS[kind]) if kind in KINDS else hostile_payload.describe(kind)


def make(kind, packets):
    """Of contents in a shape, which vary in size, as many bytes as so many packets of 100 have."""
    if kind in KINDS:
        return KINDS[kind](packets)
    return map(Packet, hostile_payload.packets(kind, packets * 100))


# ---- the file ----

def write(path, kind, packets):
    """Interfaces are described when they are first used, and before them those with smaller numbers."""
    when, known = vsock.START, 0
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(pcapng.section())
        for each in make(kind, packets):
            if each.interface is None:
                file.write(pcapng.section())
                known = 0
            while known <= (each.interface or 0):
                file.write(pcapng.interface())
                known += 1
            when += each.step
            length = min(len(each.data) + each.uncaptured, MAX)
            file.write(pcapng.packet(when, each.data, length, each.interface or 0))


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in ALL:
        sys.exit(__doc__ + "\n" + "\n".join(f"{kind:16} {describe(kind)}" for kind in ALL))
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 100_000)


if __name__ == "__main__":
    main()
