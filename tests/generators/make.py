#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the hand-made captures: packets that no kernel sends, each with a comment that says what is odd about it.

make.py           writes them into tests/captures
make.py --check   fails if a stored one differs from what would be written
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import apps, both, gallery_stories, inside, payload
from generators.vsock import (CONNECT, CONTROL, CREDIT_REQUEST, CREDIT_UPDATE, Connection, DGRAM, GUEST, HOST, INVALID,
                              NO_INFO, NO_SOCKET, PAYLOAD, REQUEST, RESPONSE, RST, RW, Record, SEQPACKET, SHUTDOWN,
                              START, UNKNOWN, capture, packet, section, virtio, vsockmon)
from lib import pcapng, runner


def clock():
    """The first packet is another protocol's; then the clock jumps to the end of what pcapng can say, and back."""
    refused = Connection(1024, "refused, some centuries after the capture's first packet")
    early = Connection(1025, "refused, at the beginning of time")
    return section([
        Record("not of vsock: LINKTYPE_USER0", b"hello", at=0, interface=1),
        refused.c(REQUEST, at=16_000_000_000), refused.s(RST, **NO_SOCKET),
        early.c(REQUEST, at=-START / 1e9), early.s(RST, **NO_SOCKET)], others=[147])


def clock_far():
    """Times in seconds that no clock shows: 2^62 of them, and back. A tree of statistics counts bursts by such times."""
    hello = packet(RW, b"hello")
    return b"".join([pcapng.section(), pcapng.interface(resolution=0),
                     *[pcapng.packet(when, hello) for when in (1, 2**62, 2, 2**61, 2**63 - 1, 3)]])


def headers():
    """What is valid, as far as it goes: every op, type, flag, named CID, and numbers that do not fit 31 bits."""
    ops = ((REQUEST, "REQUEST"), (RESPONSE, "RESPONSE"), (RST, "RST"), (RW, "RW"), (CREDIT_UPDATE, "CREDIT_UPDATE"),
           (CREDIT_REQUEST, "CREDIT_REQUEST"))
    for op, name in ops:
        yield name, packet(op, b"hello" if op == RW else b"", buf_alloc=65536, fwd_cnt=7)
    for flags, name in ((1, "rcv"), (2, "send"), (3, "rcv and send")):
        yield f"SHUTDOWN {name}", packet(SHUTDOWN, flags=flags)
    for flags, name in ((0, "no flag"), (1, "EOM"), (2, "EOR alone"), (3, "EOM and EOR")):
        yield f"SEQPACKET RW, {name}", packet(RW, b"message", type=SEQPACKET, flags=flags)
    yield "SEQPACKET REQUEST", packet(REQUEST, type=SEQPACKET)
    yield "DGRAM RW with a flag: nothing is known of its flags", packet(RW, b"datagram", type=DGRAM, flags=4)
    yield "CID 0 connects to CID 0xffffffff", packet(REQUEST, src=(0, 1024), dst=(0xFFFFFFFF, 22))
    yield "loopback dialled as CID 2", packet(REQUEST, src=(1, 1024), dst=(2, 22))
    yield "loopback answered from CID 2", packet(RST, src=(2, 22), dst=(1, 1024), buf_alloc=0)
    yield "the largest of everything", packet(RW, b"x", src=(0xFFFFFFFE, 0xFFFFFFFF), dst=(0x80000000, 0x80000000),
                                              buf_alloc=0xFFFFFFFF, fwd_cnt=0xFFFFFFFF)
    yield "transport NO_INFO, connect", vsockmon(op=CONNECT, transport=NO_INFO, length=0)
    yield "transport NO_INFO, 5 bytes of payload", vsockmon(transport=NO_INFO, length=0) + b"hello"
    yield "transport UNKNOWN, 8 bytes of header, 5 of payload", \
        vsockmon(transport=UNKNOWN, length=8) + bytes(range(8)) + b"hello"
    yield "transport UNKNOWN, control", vsockmon(op=CONTROL, transport=UNKNOWN, length=0)
    yield "vsockmon operation UNKNOWN on transport NO_INFO", vsockmon(op=0, transport=NO_INFO, length=0)


def malformed():
    good = packet(RW, b"hello")
    yield "nothing is wrong with this one", good
    yield "truncated: an empty record", b""
    yield "truncated: 31 bytes, one short of the vsockmon header", good[:31]
    yield "truncated: 75 bytes, one short of both headers", packet(CREDIT_UPDATE)[:75]
    yield "truncated: a transport header of 65535 bytes", packet(RW, b"hello", mon={"length": 65535})
    yield "truncated: transport UNKNOWN with half its header", vsockmon(transport=UNKNOWN, length=8) + bytes(4)
    for field, value in (("src", (43, GUEST[1])), ("src", (GUEST[0], 1)), ("dst", (3, HOST[1])), ("dst", (HOST[0], 1))):
        yield f"header_mismatch: virtio's {field} is {value[0]}:{value[1]}", \
            vsockmon(op=CONTROL) + virtio(op=CREDIT_UPDATE, **{field: value})
    for op, mon_op in ((REQUEST, PAYLOAD), (RST, CONNECT), (RW, CONTROL), (CREDIT_REQUEST, UNKNOWN)):
        yield f"op_mismatch: vsockmon {mon_op}, virtio {op}", packet(op, mon={"op": mon_op})
    yield "payload_short: 5 bytes of 6", packet(RW, b"hello", length=6)
    yield "payload_short: 0 bytes of 4294967295", packet(RW, length=0xFFFFFFFF)
    yield "trans_len: 0 on VIRTIO, so that the header counts as payload", packet(RW, b"hello", mon={"length": 0})
    yield "trans_len: 26, up to the virtio length", packet(RW, b"hello", mon={"length": 26})
    yield "trans_len: 43, the header's last byte counts as payload", packet(RW, b"hello", mon={"length": 43})
    yield "trans_len: 48, four unknown bytes behind the header", \
        vsockmon(length=48) + virtio(length=5) + b"\xde\xad\xbe\xef" + b"hello"
    yield "trans_len: 4 on NO_INFO", vsockmon(op=CONNECT, transport=NO_INFO, length=4) + bytes(4)
    yield "unknown_transport: 3", vsockmon(transport=3, length=4) + b"\xde\xad\xbe\xef" + b"hello"
    yield "unknown_op: vsockmon 5 on NO_INFO", vsockmon(op=5, transport=NO_INFO, length=0)
    yield "unknown_op: virtio 0", packet(INVALID)
    yield "unknown_op: virtio 8", packet(8)
    yield "unknown_type: 0", packet(REQUEST, type=0)
    yield "unknown_type: 4", packet(RW, b"hello", type=4, flags=1)
    yield "unknown_flags: 4 on SHUTDOWN", packet(SHUTDOWN, flags=7)
    yield "unknown_flags: none on SHUTDOWN", packet(SHUTDOWN, flags=0)
    yield "unknown_flags: 1 on a STREAM's RW", packet(RW, b"hello", flags=1)
    yield "unknown_flags: 4 on a SEQPACKET's RW", packet(RW, b"hello", type=SEQPACKET, flags=5)
    yield "unknown_flags: 0x80000000 on REQUEST", packet(REQUEST, flags=0x80000000)
    yield "reserved: 0x0100", packet(CREDIT_UPDATE, mon={"reserved": 0x0100})
    yield "cid_bits: source", packet(CREDIT_UPDATE, src=(1 << 32 | 42, 1))
    yield "cid_bits: destination, all bits", packet(CREDIT_UPDATE, dst=(0xFFFFFFFFFFFFFFFF, 1))
    yield "cid_bits: virtio alone", vsockmon(op=CONTROL) + virtio(op=CREDIT_UPDATE, src=(1 << 63, GUEST[1]))
    yield "unexpected_payload: 4 bytes on CREDIT_UPDATE", packet(CREDIT_UPDATE, b"wxyz")
    yield "unexpected_payload: 4 bytes on NO_INFO, connect", vsockmon(op=CONNECT, transport=NO_INFO, length=0) + b"wxyz"
    yield "cid_reserved: from the hypervisor", packet(RW, b"hello", src=(0, 1))
    yield "cid_reserved: to anyone", packet(RW, b"hello", dst=(0xFFFFFFFF, 1))
    yield "cid_reserved: not without payload", packet(RW, src=(0, 1))
    yield "payload_long: the tap's bug on RW", packet(RW, b"hello, and what is left of the packet", length=5)
    yield "payload_long: a byte behind CREDIT_UPDATE", packet(CREDIT_UPDATE, b"x", length=0)


def cuts():
    """One packet, captured with every snaplen there is."""
    data = packet(RW, b"hello", type=SEQPACKET, flags=3, fwd_cnt=7)
    for size in range(len(data) + 1):
        yield Record(f"{size} of {len(data)} bytes", data, size)


def connections():
    """How connections begin and end, one story a server port; the time runs on from story to story."""
    x = Connection(101, "requested again after 2.1 s without an answer", client=(42, 1))
    yield from (x.c(REQUEST, at=0), x.c(REQUEST, at=2.1), x.s(RESPONSE))
    x = Connection(102, "the same endpoints used again while open")
    yield from (*x.opened(), *x.opened())
    x = Connection(103, "data before the response, which comes late")
    yield from (x.c(REQUEST), x.s(RW, b"hello"), x.s(RESPONSE))
    x = Connection(104, "two responses")
    yield from (*x.opened(), x.s(RESPONSE))
    x = Connection(105, "data after the sender's own shutdown")
    yield from (*x.opened(), x.c(SHUTDOWN, flags=2), x.s(RW, b"fine"), x.c(RW, b"late"))
    x = Connection(106, "a response whose request was not captured")
    yield from (x.s(RESPONSE), x.c(RW, b"hello"))
    x = Connection(107, "mid-stream: offsets are known from the receiver's first word on")
    yield from (x.c(RW, b"hello"), x.s(CREDIT_UPDATE, fwd_cnt=0x90000000), x.c(RW, b"world"), x.s(RST, fwd_cnt=9))
    x = Connection(108, "reset, then a response of a request that was not captured")
    yield from (*x.opened(), x.s(RST), x.s(RESPONSE), x.c(RW, b"hello"))
    x = Connection(109, "the client gives up its own request, which has no answer yet")
    yield from (x.c(REQUEST), x.c(RST))
    x = Connection(110, "abandoned: the response came too late for the client")
    yield from (*x.opened(), x.c(RST, **NO_SOCKET), x.s(SHUTDOWN, flags=3))
    x = Connection(111, "aborted by a live socket; data after that, answered without a socket")
    yield from (*x.opened(), x.c(RW, b"hello"), x.s(RST), x.c(RW, b"world"), x.s(RST, **NO_SOCKET))
    x = Connection(112, "ten small packets fill the queue of a 5760-byte buffer", buf_alloc=5760)
    yield from (*x.opened(), *(x.c(RW, bytes(200)) for _ in range(10)), x.s(RST))
    x = Connection(113, "a byte more than the buffer holds", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, bytes(1001)), x.s(RST))
    x = Connection(114, "a RST without a socket right behind data: how some monitors close")
    yield from (*x.opened(), x.c(RW, b"hello"), x.s(RST, **NO_SOCKET))
    x = Connection(115, "a packet of type 7 does not count, and its RST ends nothing")
    yield from (*x.opened(), x.c(RW, b"hello", type=7), x.s(RST, type=7, **NO_SOCKET), x.c(RW, b"world"))
    x = Connection(116, "a mid-stream RST without a socket")
    yield from (x.c(RW, b"hello"), x.s(RST, **NO_SOCKET))
    x = Connection(117, "a lone RST")
    yield x.s(RST)
    x = Connection(118, "answered after 2.5 s: slow, but answered")
    yield from (x.c(REQUEST, at=4), x.s(RESPONSE, at=6.5))
    x = Connection(119, "refused after 2.5 s")
    yield from (x.c(REQUEST, at=7), x.s(RST, at=9.5, **NO_SOCKET))
    x = Connection(120, "never answered")
    yield x.c(REQUEST, at=10)
    x = Connection(121, "closed, and never acknowledged: Firecracker's timeout of 2 s")
    yield from (*x.opened(at=11), x.s(SHUTDOWN, flags=3), x.s(RST, at=13.1))
    x = Connection(122, "7 bytes were not captured")
    yield from (*x.opened(), x.c(RW, b"hello "), x.s(CREDIT_UPDATE, fwd_cnt=13), x.c(RW, b"world"))
    x = Connection(123, "closed while 3 bytes each way had not been consumed")
    yield from (*x.opened(), x.c(RW, b"hello"), x.s(RW, b"you"), x.c(SHUTDOWN, flags=3), x.s(RST, fwd_cnt=2))
    x = Connection(0xFFFFFFFE, "ports above 2^31 on both sides", client=(42, 0x80000001))
    yield from (*x.opened(), x.c(RW, b"hello"))
    x = Connection(126, "a client that only read, and acknowledges the server's close without a socket")
    yield from (*x.opened(), x.s(RW, b"hello"), x.s(SHUTDOWN, flags=3), x.c(RST, **NO_SOCKET))
    x = Connection(127, "a client that only read, and closes without a socket after 2 s")
    yield from (*x.opened(), x.s(RW, b"hello"), x.c(RST, after=2, **NO_SOCKET))
    x = Connection(128, "mid-stream, reset, then requested: nothing was open")
    yield from (x.s(RESPONSE), x.s(RST), x.c(REQUEST))
    x = Connection(129, "both stop sending, one closes, and waits 8 s in vain")
    yield from (*x.opened(), x.c(SHUTDOWN, flags=2), x.s(SHUTDOWN, flags=2), x.c(SHUTDOWN, flags=3),
                x.c(RST, after=8.2))
    x = Connection(130, "a SHUTDOWN of nothing")
    yield from (*x.opened(), x.c(SHUTDOWN, flags=0))
    x = Connection(131, "begins with 7 bytes consumed: the peer's error, and no gap")
    yield from (x.c(REQUEST), x.s(RESPONSE, fwd_cnt=7), x.c(RW, b"hello"))
    x = Connection(125, "asked within 2 s of the capture's end: it may yet be answered")
    yield x.c(REQUEST)


def credit():
    """Flow control, one story a server port. The client sends, unless said otherwise."""
    x = Connection(501, "the window shuts for 5 ms", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 600), x.c(RW, 400), x.s(CREDIT_UPDATE, fwd_cnt=1000, after=0.005), x.c(RW, 5))
    x = Connection(502, "shut for 0.5 s while the receiver speaks without reading", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.s(RW, b"busy", after=0.3), x.s(CREDIT_UPDATE, fwd_cnt=1000, after=0.2))
    x = Connection(503, "shut for 1.5 s, and asking for credit in vain for 1.4 s of it", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(CREDIT_REQUEST, after=0.1),
                x.s(CREDIT_UPDATE, fwd_cnt=1000, after=1.4))
    x = Connection(504, "opened by little, twice: a slow reader", buf_alloc=262144)
    yield from (*x.opened(), x.c(RW, 262144), x.s(CREDIT_UPDATE, fwd_cnt=1000, after=0.2), x.c(RW, 1000),
                x.s(CREDIT_UPDATE, fwd_cnt=2000, after=0.2))
    x = Connection(505, "the receiver shrinks its buffer below what is in flight")
    yield from (*x.opened(), x.c(RW, 200000), x.s(CREDIT_UPDATE, buf_alloc=65536),
                x.s(CREDIT_UPDATE, buf_alloc=65536, fwd_cnt=200000, after=0.2))
    x = Connection(506, "the sender keeps to its own buffer of 1000 bytes for 0.2 s")
    yield from (x.c(REQUEST, buf_alloc=1000), x.s(RESPONSE), x.c(RW, 1000, buf_alloc=1000),
                x.s(CREDIT_UPDATE, fwd_cnt=1000, after=0.2))
    x = Connection(507, "the sender does not keep to its own buffer: no stall")
    yield from (x.c(REQUEST, buf_alloc=1000), x.s(RESPONSE), x.c(RW, 1000, buf_alloc=1000),
                x.c(RW, 1000, buf_alloc=1000, after=2), x.s(CREDIT_UPDATE, fwd_cnt=2000, after=2))
    x = Connection(508, "shut for 1.2 s, until the RST", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.s(RST, after=1.2))
    x = Connection(509, "shut for 2 s, but the sender had nothing more to say", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(SHUTDOWN, flags=2), x.s(CREDIT_UPDATE, fwd_cnt=1000, after=2))
    x = Connection(510, "1 byte too many", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(RW, 1))
    x = Connection(511, "1 byte too many, and reset for it", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(RW, 1), x.s(RST))
    x = Connection(512, "1000 bytes too many for what was captured, but consumed", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(RW, 1000), x.s(CREDIT_UPDATE, fwd_cnt=2000))
    x = Connection(513, "sent into a window that a shrink has shut, as an earlier advertisement allowed")
    yield from (*x.opened(), x.c(RW, 100000), x.s(CREDIT_UPDATE, buf_alloc=65536), x.c(RW, 100000),
                x.s(CREDIT_UPDATE, buf_alloc=65536, fwd_cnt=200000))
    x = Connection(514, "the count goes backwards by 300", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 600), x.s(CREDIT_UPDATE, fwd_cnt=500), x.s(CREDIT_UPDATE, fwd_cnt=200))
    x = Connection(515, "700 bytes consumed where none were sent")
    yield from (*x.opened(), x.s(CREDIT_UPDATE, fwd_cnt=700), x.c(RW, 5), x.s(CREDIT_UPDATE, fwd_cnt=705))
    x = Connection(516, "a count that is not of this connection: both sides begin with one")
    yield from (x.c(REQUEST, fwd_cnt=300), x.s(RESPONSE, fwd_cnt=400), x.c(RW, 5, fwd_cnt=300))
    x = Connection(517, "7 bytes missing")
    yield from (*x.opened(), x.c(RW, 5), x.s(CREDIT_UPDATE, fwd_cnt=12))
    x = Connection(518, "asked and answered after 20 ms")
    yield from (*x.opened(), x.c(RW, 5), x.c(CREDIT_REQUEST), x.s(CREDIT_UPDATE, fwd_cnt=5, after=0.02))
    x = Connection(519, "asked three times, and never anything new", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000))
    for _ in range(3):
        yield from (x.c(CREDIT_REQUEST, after=0.01), x.s(CREDIT_UPDATE, after=0.01))
    yield x.s(CREDIT_UPDATE, fwd_cnt=1000, after=0.01)
    x = Connection(520, "asked, and never answered while the capture goes on")
    yield from (*x.opened(), x.c(RW, 5), x.c(CREDIT_REQUEST))
    x = Connection(521, "an RW without data")
    yield from (*x.opened(), x.c(RW))
    x = Connection(522, "SEQPACKET: a whole message, and one that a SHUTDOWN cuts", type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 5), x.c(RW, 5, flags=1), x.c(RW, 5), x.c(SHUTDOWN, flags=2))
    x = Connection(523, "SEQPACKET: a message that a RST cuts", type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 5), x.s(RST))
    x = Connection(524, "SEQPACKET: a message that fills the buffer and goes on", type=SEQPACKET, buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 999), x.c(RW, 1), x.s(CREDIT_UPDATE))
    x = Connection(525, "SEQPACKET: a message that just fits", type=SEQPACKET, buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 999), x.c(RW, 1, flags=1), x.s(CREDIT_UPDATE, fwd_cnt=1000))
    x = Connection(526, "SEQPACKET: a record's end that is no message's end", type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 5, flags=2))
    x = Connection(527, "a buffer of 2^32-1 bytes, filled up", buf_alloc=0xFFFFFFFF)
    gib = 1 << 30
    yield from (*x.opened(), *(x.c(RW, gib) for _ in range(3)), x.c(RW, gib - 1),
                x.s(CREDIT_UPDATE, fwd_cnt=0xFFFFFFFF))
    x = Connection(528, "5 GiB each way: the counters wrap", buf_alloc=0xFFFFFFFF)
    yield from x.opened()
    for i in range(5):
        yield from (x.c(RW, gib, fwd_cnt=i * gib % (1 << 32)), x.s(RW, gib, fwd_cnt=(i + 1) * gib % (1 << 32)))
    yield x.c(CREDIT_UPDATE, fwd_cnt=5 * gib % (1 << 32))
    x = Connection(529, "mid-stream, with counters above 2^31")
    yield from (x.c(RW, 1000, fwd_cnt=0xF0000000), x.s(CREDIT_UPDATE, fwd_cnt=0xE0000000),
                x.c(RW, 262144, fwd_cnt=0xF0000000), x.s(CREDIT_UPDATE, fwd_cnt=0xE0040000))
    x = Connection(530, "mid-stream, bytes that may be of before the capture: no alarm")
    yield from (x.s(CREDIT_UPDATE, fwd_cnt=1000), x.s(CREDIT_UPDATE, fwd_cnt=5000), x.c(RW, 5))
    x = Connection(532, "an update is missing: the sender went on, so it did not wait for 1.9 s", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), *(x.c(RW, 100, after=0.2) for _ in range(9)),
                x.s(CREDIT_UPDATE, fwd_cnt=1900, after=0.1))
    x = Connection(533, "SEQPACKET: the end of a message is missing, but it was consumed", type=SEQPACKET, buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 600), x.s(CREDIT_UPDATE, fwd_cnt=700), x.c(RW, 400), x.c(RW, 1, flags=1))
    x = Connection(534, "a shrink after the sender's shutdown: nobody waits")
    yield from (*x.opened(), x.c(RW, 200000), x.c(SHUTDOWN, flags=2), x.s(CREDIT_UPDATE, buf_alloc=65536),
                x.s(CREDIT_UPDATE, buf_alloc=65536, after=2))
    x = Connection(535, "full, asked, and 10 ms later another connection in its place", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(CREDIT_REQUEST), *x.opened(after=0.01), x.c(RW, 5, after=2))
    x = Connection(536, "asked twice in vain, but 500 bytes were read in between", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(CREDIT_REQUEST), x.s(CREDIT_UPDATE), x.s(CREDIT_UPDATE, fwd_cnt=500),
                x.c(CREDIT_REQUEST), x.s(CREDIT_UPDATE, fwd_cnt=500))
    x = Connection(537, "DGRAM has no credit", type=DGRAM, buf_alloc=0)
    yield from (x.c(RW, 100), x.s(RW, 100), x.c(RW, 100))
    x = Connection(538, "mid-stream: an advertisement before the capture may have allowed it")
    yield from (x.s(CREDIT_UPDATE, buf_alloc=65536, fwd_cnt=1000), x.c(RW, 100000))
    x = Connection(539, "full for 10 ms when the receiver shuts down; the RST comes 1.5 s later", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.s(SHUTDOWN, flags=3, after=0.01), x.c(RST, after=1.5))
    x = Connection(540, "SEQPACKET: the buffer shrinks below an open message", type=SEQPACKET, buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 600), x.s(CREDIT_UPDATE, buf_alloc=500))
    x = Connection(531, "shut for 1.1 s and until the capture's end", buf_alloc=1000)
    yield from (*x.opened(), x.c(RW, 1000), x.c(CREDIT_UPDATE, after=1.1))


def copies():
    """A connection that was captured twice, as `-i any` does with two vsockmon devices; then one that was not."""
    x = Connection(201, "each packet twice", client=(1, 50000), server_cid=1)
    records = [*x.opened(), x.c(RW, b"same"), x.c(RW, b"same"), x.s(CREDIT_UPDATE, fwd_cnt=8),
               x.c(SHUTDOWN, flags=3), x.s(RST, fwd_cnt=8), x.s(RST, fwd_cnt=8)]
    for i, record in enumerate(records):
        for late in (0, 0.0005):
            yield Record(record.comment, record.data, at=0.01 * i + late)
            record.comment = None
    x = Connection(203, "the response comes before the copy of the request", client=(1, 50003), server_cid=1)
    yield from (x.c(REQUEST, at=0.5), x.s(RESPONSE, at=0.50001), x.c(REQUEST, at=0.50002), x.s(RESPONSE, at=0.50003))
    x = Connection(202, "refused and tried again at once: no copy", client=(1, 50001), server_cid=1)
    yield from (x.c(REQUEST, at=1), x.s(RST, at=1.0001, **NO_SOCKET), x.c(REQUEST, at=1.0002), x.s(RESPONSE, at=1.0003))


def tap_whole():
    """The kernel's tap bug of 6.7 to 7.0: every part of a split packet is recorded with the whole of it."""
    x = Connection(301, "10000 bytes in parts of 4052, each recorded as all 10000", client=HOST, server_cid=42)
    whole = "".join(f"{i:9}\n" for i in range(1000)).encode()
    yield from x.opened()
    for start in range(0, len(whole), 4052):
        yield x.c(RW, whole, length=len(whole[start:start + 4052]))
    yield x.s(CREDIT_UPDATE, fwd_cnt=len(whole))
    yield x.c(RW, b"and one that is not split\n")


def one_tuple(interface):
    x = Connection(401, f"interface {interface}")
    for record in (*x.opened(), x.c(RW, b"hello")):
        record.interface = interface
        yield record


def interfaces():
    """The same endpoints on two interfaces of one section, and in a second section: three connections."""
    first = [record for pair in zip(one_tuple(0), one_tuple(1)) for record in pair]
    return section(first, interfaces=2) + section(one_tuple(0))


def sections():
    """The first section ends with a REQUEST; the second was recorded an hour later. Nothing went unanswered."""
    first, second = Connection(402, "asked when the capture stopped"), Connection(403, "an hour later")
    return section([first.c(REQUEST)]) + section(second.opened(at=3600))


def one_by_one(story):
    """Each packet in a connection of its own: the guest's port differs from packet to packet."""
    port = struct.pack("<I", GUEST[1])
    return lambda: section(Record(comment, data.replace(port, struct.pack("<I", GUEST[1] + i)))
                           for i, (comment, data) in enumerate(story()))


CAPTURES = {
    "headers.pcapng": one_by_one(headers),
    "malformed.pcapng": one_by_one(malformed),
    "cuts.pcapng": capture(cuts),
    "connections.pcapng": capture(connections),
    "credit.pcapng": capture(credit),
    "copies.pcapng": capture(copies),
    "tap-whole.pcapng": capture(tap_whole),
    "interfaces.pcapng": interfaces,
    "sections.pcapng": sections,
    "clock.pcapng": clock,
    "clock-far.pcapng": clock_far,
} | payload.CAPTURES | inside.CAPTURES | apps.CAPTURES | both.CAPTURES | gallery_stories.CAPTURES


def main():
    check = sys.argv[1:] == ["--check"]
    for name, make in CAPTURES.items():
        path, data = runner.CAPTURES / name, make()
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            sys.exit(f"{path} is not what make.py writes: run tests/generators/make.py, then review the goldens")


if __name__ == "__main__":
    main()
