# SPDX-License-Identifier: GPL-2.0-or-later
"""What hand-made captures are made of: packets as Linux makes them, connections, and pcapng around them."""
import struct

from lib import pcapng

START = 1_800_000_000_000_000_000  # nanoseconds; any fixed time
STEP = 1_000_000  # a millisecond from packet to packet

INVALID, REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST = range(8)
STREAM, SEQPACKET, DGRAM = 1, 2, 3
UNKNOWN, NO_INFO, VIRTIO = range(3)
CONNECT, DISCONNECT, CONTROL, PAYLOAD = 1, 2, 3, 4
MON_OP = {REQUEST: CONNECT, RESPONSE: CONNECT, RST: DISCONNECT, SHUTDOWN: DISCONNECT, RW: PAYLOAD,
          CREDIT_UPDATE: CONTROL, CREDIT_REQUEST: CONTROL}

GUEST = (42, 4051313149)
HOST = (2, 9999)


def vsockmon(src=GUEST, dst=HOST, op=PAYLOAD, transport=VIRTIO, length=44, reserved=0):
    return struct.pack("<QQIIHHHH", src[0], dst[0], src[1], dst[1], op, transport, length, reserved)


def virtio(src=GUEST, dst=HOST, length=0, type=STREAM, op=RW, flags=0, buf_alloc=262144, fwd_cnt=0):
    return struct.pack("<QQIIIHHIII", src[0], dst[0], src[1], dst[1], length, type, op, flags, buf_alloc, fwd_cnt)


def packet(op=RW, payload=b"", src=GUEST, dst=HOST, mon={}, **fields):
    """A record as Linux would make it, but for the vsockmon fields in `mon` and the virtio fields given."""
    fields = {"src": src, "dst": dst, "op": op, "length": len(payload)} | fields
    mon = {"src": src, "dst": dst, "op": MON_OP.get(op, UNKNOWN)} | mon
    return vsockmon(**mon) + virtio(**fields) + payload


class Record:
    """A record of the capture. `at`: seconds since its start, or `after`: since the record before.

    `uncaptured`: bytes that the packet had on the device beyond `data`.
    """

    def __init__(self, comment, data, captured=None, at=None, after=0.001, interface=0, uncaptured=0):
        self.comment, self.data, self.captured, self.uncaptured = comment, data, captured, uncaptured
        self.at, self.after, self.interface = at, after, interface


def section(records, interfaces=1, others=()):
    """`others`: linktypes of interfaces after those of vsock."""
    out = [pcapng.section(), *[pcapng.interface()] * interfaces, *map(pcapng.interface, others)]
    when = START - STEP
    for record in records:
        when = when + round(record.after * 1e9) if record.at is None else START + round(record.at * 1e9)
        out.append(pcapng.packet(when, record.data[:record.captured], len(record.data) + record.uncaptured,
                                 record.interface, record.comment))
    return b"".join(out)


class Connection:
    """A client and a server, each of whose calls is a packet; the first one carries the comment."""

    def __init__(self, port, comment, client=GUEST, server_cid=HOST[0], **fields):
        self.client, self.server = client, (server_cid, port)
        self.comment, self.fields = f"{port}: {comment}", fields

    def send(self, src, dst, op, payload=b"", at=None, after=0.001, **fields):
        """payload: bytes, or how many that are not captured."""
        comment, self.comment = self.comment, None
        fields = self.fields | fields
        if isinstance(payload, int):
            header = packet(op, src=src, dst=dst, length=payload, **fields)
            return Record(comment, header, at=at, after=after, uncaptured=payload)
        return Record(comment, packet(op, payload, src=src, dst=dst, **fields), at=at, after=after)

    def c(self, op, payload=b"", **more):
        return self.send(self.client, self.server, op, payload, **more)

    def s(self, op, payload=b"", **more):
        return self.send(self.server, self.client, op, payload, **more)

    def opened(self, **more):
        return [self.c(REQUEST, **more), self.s(RESPONSE)]


NO_SOCKET = {"buf_alloc": 0, "fwd_cnt": 0}


def capture(story):
    def make():
        records = list(story())
        return section(records, interfaces=1 + max(record.interface for record in records))
    return make
