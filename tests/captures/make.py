#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the hand-made captures: packets that no kernel sends, each with a comment that says what is odd about it.

make.py           writes them beside this script
make.py --check   fails if a stored one differs from what would be written
"""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent
LINKTYPE_VSOCK = 271
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


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def pcapng(records):
    """records: (comment, bytes) or (comment, bytes, how many of them are captured)."""
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
           block(1, struct.pack("<HHI", LINKTYPE_VSOCK, 0, 0) + option(9, b"\x09") + option(0, b""))]
    for i, (comment, data, *captured) in enumerate(records):
        when = START + i * STEP
        kept = data[:captured[0]] if captured else data
        body = struct.pack("<IIIII", 0, when >> 32, when & 0xFFFFFFFF, len(kept), len(data))
        out.append(block(6, body + kept + bytes(-len(kept) % 4) + option(1, comment.encode()) + option(0, b"")))
    return b"".join(out)


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
        yield f"{size} of {len(data)} bytes", data, size


CAPTURES = {"headers.pcapng": headers, "malformed.pcapng": malformed, "cuts.pcapng": cuts}


def main():
    check = sys.argv[1:] == ["--check"]
    for name, records in CAPTURES.items():
        path, data = HERE / name, pcapng(records())
        if not check:
            path.write_bytes(data)
        elif not path.exists() or path.read_bytes() != data:
            sys.exit(f"{path} is not what make.py writes: run tests/captures/make.py, then review the goldens")


if __name__ == "__main__":
    main()
