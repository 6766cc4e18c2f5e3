#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the traffic that is measured: connections that take turns, as vsock or as the same bytes over TCP.

benign_input.py FILE vsock|sides|tcp PACKETS CONNECTIONS [nobody|short|http]

A connection is a REQUEST, a RESPONSE, again and again two RWs and the CREDIT_UPDATE that consumes them, and at the
end a SHUTDOWN and a RST. Over TCP each of these is the segment that does the same: SYN, SYN-ACK, two segments, an ACK,
FIN, RST; so packets, payload and turns are equal. "sides" has each packet twice: as the host records it (interface 0)
and as its guest does. Payload is nobody's protocol, or HTTP requests, 100 bytes a packet;
"short" is nobody's, 64 bytes.
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import vsock
from lib import pcapng

LINKTYPE_RAW = 101
SERVER_PORT = 7777
BUFFER = 262144
STEP = 10_000  # nanoseconds from packet to packet, ...
UNDER_WAY = 5_000  # ... and from side to side
HOST = (2).to_bytes(8, "little")  # as a record of a packet that it sends begins

# The first are no protocol that Wireshark knows, and no text.
NOBODYS = bytes(0x9D ^ (i * 37) & 0xFF for i in range(100))
PAYLOADS = {
    "nobody": NOBODYS,
    "short": NOBODYS[:64],
    "http": b"GET /100 HTTP/1.1\r\nHost: example\r\nX-Padding: ".ljust(96, b"x") + b"\r\n\r\n",
}


def client_port(connection):
    return 20000 + connection


class Vsock:
    """The packets of one connection, each written as vsockmon does."""

    linktype = pcapng.VSOCK

    def __init__(self, connection):
        self.ends = {"src": (3, client_port(connection)), "dst": (2, SERVER_PORT)}
        self.back = {"src": self.ends["dst"], "dst": self.ends["src"]}

    def open(self):
        return [vsock.packet(vsock.REQUEST, buf_alloc=BUFFER, **self.ends),
                vsock.packet(vsock.RESPONSE, buf_alloc=BUFFER, **self.back)]

    def data(self, sent, payload):
        return vsock.packet(vsock.RW, payload, buf_alloc=BUFFER, **self.ends)

    def consumed(self, sent):
        return vsock.packet(vsock.CREDIT_UPDATE, buf_alloc=BUFFER, fwd_cnt=sent & 0xFFFFFFFF, **self.back)

    def close(self, sent):
        return [vsock.packet(vsock.SHUTDOWN, flags=3, buf_alloc=BUFFER, **self.ends),
                vsock.packet(vsock.RST, buf_alloc=BUFFER, fwd_cnt=sent & 0xFFFFFFFF, **self.back)]


class Tcp:
    """The same over IPv4."""

    linktype = LINKTYPE_RAW
    SYN, FIN, RST, ACK = 2, 1, 4, 16

    def __init__(self, connection):
        self.client = bytes((10, 0, 0, 3)), client_port(connection)
        self.server = bytes((10, 0, 0, 2)), SERVER_PORT

    def segment(self, src, dst, flags, seq, ack, payload=b""):
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0, src[0], dst[0])
        return ip + struct.pack(">HHIIBBHHH", src[1], dst[1], seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 0xFFFF,
                                0, 0) + payload

    def open(self):
        return [self.segment(self.client, self.server, self.SYN, 0, 0),
                self.segment(self.server, self.client, self.SYN | self.ACK, 0, 1)]

    def data(self, sent, payload):
        return self.segment(self.client, self.server, self.ACK, 1 + sent, 1, payload)

    def consumed(self, sent):
        return self.segment(self.server, self.client, self.ACK, 1, 1 + sent)

    def close(self, sent):
        return [self.segment(self.client, self.server, self.FIN | self.ACK, 1 + sent, 1),
                self.segment(self.server, self.client, self.RST | self.ACK, 1, 2 + sent)]


def turns(kind, packets, connections, payload):
    """PACKETS packets, or some fewer; between opening and closing, connections take turns of three packets."""
    all_of_them = [kind(number) for number in range(connections)]
    sent = [0] * connections
    for connection in all_of_them:
        yield from connection.open()
    for turn in range((packets - 4 * connections) // 3):
        number = turn % connections
        yield all_of_them[number].data(sent[number], payload)
        yield all_of_them[number].data(sent[number] + len(payload), payload)
        sent[number] += 2 * len(payload)
        yield all_of_them[number].consumed(sent[number])
    for number, connection in enumerate(all_of_them):
        yield from connection.close(sent[number])


def write(path, kind, packets, connections, contents="nobody"):
    sides, kind = kind == "sides", {"vsock": Vsock, "sides": Vsock, "tcp": Tcp}[kind]
    when = vsock.START
    with open(path, "wb") as file:
        file.write(pcapng.section() + pcapng.interface(kind.linktype) * (2 if sides else 1))
        for data in turns(kind, packets, connections, PAYLOADS[contents]):
            when += STEP
            sender = 0 if data.startswith(HOST) else 1
            file.write(pcapng.packet(when, data, interface=sender if sides else 0))
            if sides:
                file.write(pcapng.packet(when + UNDER_WAY, data, interface=1 - sender))


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:6])
