# SPDX-License-Identifier: GPL-2.0-or-later
"""From a number to a capture: what happened between some endpoints, told truly or not, recorded well or badly.

A Session has conversations, whose packets are as two kernels make them that keep to the credit they have: they read or
do not, wait or give up, close or are gone, and begin again. Of a session that is `honest`, the recorder may only begin
late, keep headers alone, or see packets twice; its clock may do anything. In all others packets lie, or get lost.
"""
import random
import struct

from fuzz import speech
from generators import vsock
from generators.vsock import (CREDIT_REQUEST, CREDIT_UPDATE, DGRAM, NO_SOCKET, REQUEST, RESPONSE, RST, RW, SEQPACKET,
                              SHUTDOWN, STREAM)
from lib import pcapng

MAX = 2**32 - 1
EOM, EOR = 1, 2
RCV, SEND = 1, 2

CIDS = (1, 2, 2, 2, 3, 42, 43, MAX - 1)
ODD_CIDS = (0, MAX, 2**32 + 3, 2**64 - 1)
BUFFERS = (1, 60, 128, 1000, 4096, 65536, 262144, 262144, 262144, MAX)
EDGES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 43, 44, 45, 127, 128, 0x7FFF, 0x8000, 0xFFFF, 65536, 262144, 0x7FFFFFFF,
         0x80000000, MAX)
PACKETS_MAX = 120  # of a conversation's data
RECORD_MAX = 65536  # bytes of payload that a packet of Linux has

# LINKTYPE_, and what is before vsockmon's header there: of a packet to us, ARPHRD_VSOCKMON.
BEFORE = {pcapng.VSOCK: b"", pcapng.SLL: struct.pack(">HHH8xH", 0, 826, 0, 0),
          pcapng.SLL2: struct.pack(">HHIHBB8x", 0, 0, 2, 826, 0, 0)}

# Where whole fields are in a record, from its start, and their size.
FIELDS = ((0, 8), (8, 8), (16, 4), (20, 4), (24, 2), (26, 2), (28, 2), (30, 2), (32, 8), (40, 8), (48, 4), (52, 4),
          (56, 4), (60, 2), (62, 2), (64, 4), (68, 4), (72, 4))

# Of a stream, what an honest session never has.
BROKEN = {"credit-overrun", "credit-counter-ahead", "credit-counter-backwards", "buffer-shrunk", "message-too-big",
          "reset-after-overrun", "capture-loss", "kernel-tap-bug", "cid-anomaly"}


# ---- what happens ----

class Side:
    """One end of a connection. Counters are of bytes since it began."""

    def __init__(self, chance, address, before):
        self.address, self.buffer = address, chance.choice(BUFFERS)
        self.sent = self.read = self.told = before  # told: as its last packet says
        self.unread = []  # bytes of each message that came; of a STREAM, of each packet
        self.reads = chance.choice((1, 1, 1, 0.3, 0.05, 0))  # how likely, after a packet
        self.is_done = False  # it sends no more


class Conversation:
    """Yields the packets of a connection between two endpoints, and of those after it."""

    def __init__(self, chance, client, server, turns, is_honest):
        self.chance, self.addresses, self.turns, self.is_honest = chance, (client, server), turns, is_honest
        self.type = chance.choice((STREAM, STREAM, STREAM, SEQPACKET))
        self.piece = chance.choice((1, 7, 40, 200, 4052, RECORD_MAX, RECORD_MAX, RECORD_MAX))
        self.is_greedy = not is_honest and chance.random() < 0.2  # sends what it may not
        self.was_reset = False
        self.is_whole = True  # each connection was recorded from its beginning on

    def packets(self):
        """Endpoints that are honest are only used again after a RST."""
        for number in range(self.chance.choice((1, 1, 1, 1, 2, 3))):
            yield from self.connection(number > 0 and self.is_honest or self.chance.random() < 0.85)
            if self.is_honest and not self.was_reset:
                return

    def packet(self, sender, op, payload=b"", **fields):
        sender.told = sender.read
        self.was_reset = op == RST
        other = self.other(sender)
        fields = {"type": self.type, "buf_alloc": sender.buffer, "fwd_cnt": sender.read & MAX} | fields
        return vsock.Record(None, vsock.packet(op, payload, sender.address, other.address, **fields))

    def other(self, side):
        return self.server if side is self.client else self.client

    def connection(self, is_known):
        """`is_known`: from its beginning on."""
        self.is_whole &= is_known
        before = 0 if is_known else self.chance.choice((0, 5000, MAX - 100, 1 << 40))
        self.client, self.server = (Side(self.chance, address, before) for address in self.addresses)
        self.left, self.is_over = PACKETS_MAX, False
        self.message = {}  # bytes of the one that is under way, by its receiver
        if is_known:
            yield from self.beginning()
        for by_client, data in self.turns:
            sender = self.client if by_client else self.server
            if self.is_over or self.left <= 0:
                break
            if not sender.is_done:
                yield from self.say(sender, data)
                yield from self.meanwhile(sender)
        if not self.is_over:
            yield from self.end()

    def beginning(self):
        yield self.packet(self.client, REQUEST)
        how = self.chance.randrange(16)
        self.is_over = how < 3
        if how == 0:
            yield self.packet(self.server, RST, **NO_SOCKET)
        elif how == 1:
            yield self.packet(self.server, RESPONSE)
            yield self.packet(self.client, RST, **NO_SOCKET)
        elif how > 2:
            yield self.packet(self.server, RESPONSE)

    # -- data --

    def room(self, sender):
        receiver = self.other(sender)
        return RECORD_MAX if self.is_greedy else receiver.buffer - (sender.sent - receiver.told)

    def read(self, side):
        """Some of what came, or all; of a SEQPACKET, whole messages."""
        count = len(side.unread) if self.type == SEQPACKET or self.chance.random() < 0.5 else 1
        side.read += sum(side.unread[:count])
        del side.unread[:count]

    def say(self, sender, data):
        receiver = self.other(sender)
        if self.type == SEQPACKET and not self.is_greedy:
            data = data[:min(receiver.buffer, RECORD_MAX * 4) - 1]
        while self.left > 0 and not self.is_over:
            while self.room(sender) <= 0 and data and not self.is_over:
                yield from self.wait(sender)
            if self.is_over:
                return
            count = min(len(data), self.piece, RECORD_MAX, max(self.room(sender), 0))
            part, data = data[:count], data[count:]
            ends = EOM | self.chance.choice((0, 0, EOR)) if self.type == SEQPACKET and not data else 0
            self.left -= 1
            sender.sent += count
            self.arrive(receiver, count, ends)
            yield self.packet(sender, RW, part, flags=ends)
            if self.chance.random() < receiver.reads:
                self.read(receiver)
            if not data:
                break
        if data:
            self.is_over = self.type == SEQPACKET  # a message without its end is the last

    def arrive(self, receiver, count, ends):
        if self.type == STREAM:
            receiver.unread.append(count)
            return
        whole = self.message.pop(receiver, 0) + count
        if ends:
            receiver.unread.append(whole)
        else:
            self.message[receiver] = whole

    def wait(self, sender):
        """The receiver has no room, as far as the sender knows."""
        receiver, how = self.other(sender), self.chance.randrange(8)
        if how == 0:
            yield from self.end()
        elif how < 4:
            yield self.packet(sender, CREDIT_REQUEST)
            if self.chance.random() < 0.8:
                self.read(receiver)
                yield self.packet(receiver, CREDIT_UPDATE)
        else:
            self.read(receiver)
            yield self.packet(receiver, CREDIT_UPDATE)
        if receiver.reads == 0 and self.chance.random() < 0.5:
            yield from self.end()
        self.left -= 1
        self.is_over |= self.left <= 0

    def meanwhile(self, sender):
        receiver, how = self.other(sender), self.chance.randrange(12)
        if how < 3:
            self.read(receiver)
            yield self.packet(receiver, CREDIT_UPDATE)
        elif how == 3:
            receiver.buffer = min(receiver.buffer * 2, MAX)
            yield self.packet(receiver, CREDIT_UPDATE)
        elif how == 4 and not sender.is_done:
            sender.is_done = True
            yield self.packet(sender, SHUTDOWN, flags=SEND)
        elif how == 5 and not self.is_honest:
            receiver.buffer = self.chance.choice(BUFFERS)
            yield self.packet(receiver, CREDIT_UPDATE)

    # -- the end --

    def end(self):
        if self.is_over:
            return
        self.is_over = True
        first, second = self.chance.sample((self.client, self.server), 2)
        how = self.chance.randrange(10)
        if self.chance.random() < 0.7:
            self.read(first)
            self.read(second)
        if how == 0:
            yield self.packet(first, RST)
        elif how == 1:
            yield self.packet(first, RST, **NO_SOCKET)
        elif how == 2:
            yield self.packet(first, SHUTDOWN, flags=RCV)
        elif how == 3:
            yield self.packet(first, SHUTDOWN, flags=SEND)
            yield self.packet(second, SHUTDOWN, flags=RCV | SEND)
            yield self.packet(first, RST)
        elif how > 4:
            yield self.packet(first, SHUTDOWN, flags=RCV | SEND)
            yield self.packet(second, RST)
            if how > 7:
                yield self.packet(second, RST, **NO_SOCKET)


def stray(chance):
    """A packet that belongs to nothing, or not even that."""
    how = chance.randrange(5)
    if how == 0:
        return vsock.Record(None, chance.randbytes(chance.choice((0, 1, 31, 32, 33, 75, 76, 77, 300))))
    if how == 1:
        return vsock.Record(None, vsock.vsockmon(op=chance.randrange(7), transport=chance.randrange(4),
                                                 length=chance.choice(EDGES) & 0xFFFF) + chance.randbytes(50))
    type = chance.choice((DGRAM, STREAM, SEQPACKET, 0, 7)) if how == 2 else STREAM
    data = chance.randbytes(chance.choice((0, 1, 20)))
    return vsock.Record(None, vsock.packet(chance.randrange(10), data, endpoint(chance, True), endpoint(chance, True),
                                           type=type, flags=chance.randrange(4)))


def endpoint(chance, is_odd=False):
    return chance.choice(CIDS + ODD_CIDS if is_odd else CIDS), chance.choice((1024, 1023, 0x50000000, MAX, MAX - 1, 0))


# ---- how it was recorded ----

def lie(chance, record):
    """A field of the headers is another, in one of them or in both."""
    data = bytearray(record.data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at, size = chance.choice(FIELDS)
        value = chance.choice((*EDGES, int.from_bytes(data[at:at + size], "little") + chance.choice((-1, 1, 100))))
        for place in (at, at + 32) if at < 24 and chance.random() < 0.5 else (at,):
            data[place:place + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    record.data = bytes(data[:len(record.data)])


def harm(chance, record, likely):
    """What became of a packet on its way to the file: as many records as are returned."""
    if chance.random() < likely:
        lie(chance, record)
    if chance.random() < likely / 4:
        record.data += chance.randbytes(chance.choice((1, 60, 4052)))
    if chance.random() < likely / 4:
        record.data = record.data[:chance.randrange(len(record.data) + 1)]
    if chance.random() < likely / 4:
        record.data = speech.twist_bytes(chance, record.data)
    if chance.random() < likely:
        record.captured = chance.randrange(len(record.data) + 1)
    return [record] * chance.choices((1, 0, 2), (1, likely / 2, likely / 2))[0]


def steady(chance, at):
    return at + round(chance.expovariate(1 / 2e6))


def with_pauses(chance, at):
    return at + round(chance.choices((1e6, 1e9, 2e10), (60, 2, 1))[0] * chance.random())


def still(_, at):
    return at


def shaky(chance, at):
    return max(0, at + round(1e6 * chance.uniform(-1, 2)))


def broken(chance, at):
    """To the ends of what a capture can say; what Wireshark keeps of it has fewer bits."""
    return at + 1000 if chance.random() < 0.9 else chance.choice(
        (0, 1, 2**63 - 1, 2**63, 2**64 - 1, MAX * 10**9, 2**31 * 10**9, chance.getrandbits(64)))


CLOCKS = (steady, steady, steady, with_pauses, with_pauses, still, shaky, broken)


class Session:
    """Of a seed: `capture`, a pcapng section; `count`, of its packets; is_honest, and what it is called."""

    def __init__(self, seed):
        self.seed, chance = seed, random.Random(f"session {seed}")
        self.is_honest = chance.random() < 0.4
        self.likely = 0 if self.is_honest else chance.choice((0, 0.01, 0.05, 0.3))
        records = list(self.interleaved(chance))
        self.clock = chance.choice(CLOCKS)
        self.capture, self.count = self.recorded(chance, records)

    def interleaved(self, chance):
        count = chance.choice((1, 1, 2, 3, 5, 8, 40))
        self.conversations = [self.conversation(chance, count, number) for number in range(count)]
        under_way = [each.packets() for each in self.conversations]
        while under_way:
            one = chance.choice(under_way)
            for _ in range(chance.choice((1, 1, 3, 20))):
                record = next(one, None)
                if record is None:
                    under_way.remove(one)
                    break
                yield record
            if chance.random() < self.likely / 4:
                yield stray(chance)

    def conversation(self, chance, count, number):
        speak, ports = chance.choice(speech.PROTOCOLS)
        turns = list(speak(chance))
        if chance.random() < 0.4:
            turns = speech.twist(chance, turns)
        if count > 10:
            turns = turns[:3]
        port = chance.choice(ports) or chance.choice((1024, 50_000, chance.getrandbits(32)))
        client, server = chance.choice(CIDS), chance.choice(CIDS)
        if client > 2 and server > 2 and self.is_honest:
            server = 2
        client_port = chance.choice((1023, 0x50000000, chance.getrandbits(32)))
        if self.is_honest:
            client_port = 0x50000000 + number
        if chance.random() < 0.02:
            client, client_port = server, port  # it talks to itself
        return Conversation(chance, (client, client_port), (server, port), turns, self.is_honest)

    def recorded(self, chance, records):
        linktypes = [chance.choice((pcapng.VSOCK, pcapng.VSOCK, pcapng.VSOCK, pcapng.SLL, pcapng.SLL2))
                     for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        resolution = chance.choice((9, 9, 9, 6, 3, 0))
        snaplen = chance.choice((None, None, None, 160, 96))
        if self.likely:
            records = [each for record in records for each in harm(chance, record, self.likely)]
        if chance.random() < self.likely:
            records.sort(key=lambda _: chance.random())
        out, at, count = [pcapng.section(), *(pcapng.interface(each, resolution) for each in linktypes)], vsock.START, 0
        is_twice = self.clock is steady and chance.random() < 0.1
        if is_twice:  # it is the copy of a REQUEST that tells
            self.is_honest &= all(each.is_whole for each in self.conversations)
        for record in records:
            at = min(self.clock(chance, at), 2**64 - 10_000)
            interface = chance.randrange(len(linktypes)) if self.likely else 0
            data = BEFORE[linktypes[interface]] + record.data
            kept = data[:snaplen] if record.captured is None else data[:record.captured]
            for copy in range(1 + is_twice):
                out.append(pcapng.packet((at + 7000 * copy) // 10 ** (9 - resolution), kept, len(data), interface))
                count += 1
            at += 10_000 * is_twice
        return b"".join(out), count
