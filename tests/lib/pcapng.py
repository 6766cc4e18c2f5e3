# SPDX-License-Identifier: GPL-2.0-or-later
"""Capture files: pcapng as it is read and written here, little-endian; and pcap, read only.

Source: draft-ietf-opsawg-pcapng.
"""
import collections
import gzip
import struct

SECTION, INTERFACE, UNTIMED, PACKET, SECRETS = 0x0A0D0D0A, 1, 3, 6, 10  # types of blocks

VSOCK, SLL, SLL2 = 271, 113, 276  # LINKTYPE_
BEFORE_RECORD = {VSOCK: 0, SLL: 16, SLL2: 20}  # bytes of the linktype's own header

PCAP_MAGIC = 0xA1B2C3D4

# `data` is what was captured, `length` what there was on the device; the time is in microseconds.
Packet = collections.namedtuple("Packet", "linktype data length time")


# ---- reading ----

def read(path):
    """The bytes of a capture, which may be compressed."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def blocks(data):
    """Each block's type and bytes."""
    while data:
        kind, size = struct.unpack_from("<II", data)
        yield kind, data[:size]
        data = data[size:]


def options(data):
    """The options of a block, as code and value."""
    while len(data) >= 4:
        code, size = struct.unpack_from("<HH", data)
        yield code, data[4:4 + size]
        data = data[4 + size + -size % 4:]


def is_pcap(data):
    return struct.unpack_from("<I", data)[0] == PCAP_MAGIC


def packets(data):
    """All packets of a capture."""
    return pcap_packets(data) if is_pcap(data) else pcapng_packets(data)


def pcapng_packets(data):
    interfaces = []  # linktype, and how many units of time a microsecond has
    for kind, block_data in blocks(data):
        body = block_data[8:-4]
        if kind == SECTION:
            interfaces = []
        elif kind == INTERFACE:
            resolution = dict(options(body[8:])).get(9, b"\x06")[0]
            interfaces.append((struct.unpack_from("<H", body)[0], 10 ** (resolution - 6)))
        elif kind == PACKET:
            number, high, low, captured, length = struct.unpack_from("<IIIII", body)
            linktype, units = interfaces[number]
            yield Packet(linktype, body[20:20 + captured], length, (high << 32 | low) // units)


def pcap_blocks(data):
    """As blocks() has them: the file's header as a section's, and its packets."""
    yield SECTION, data[:24]
    at = 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        yield PACKET, data[at:end]
        at = end


def pcap_packets(data):
    linktype = struct.unpack_from("<I", data, 20)[0] & 0xFFFF
    for kind, block_data in pcap_blocks(data):
        if kind == PACKET:
            seconds, fraction, _, length = struct.unpack_from("<IIII", block_data)
            yield Packet(linktype, block_data[16:], length, seconds * 1_000_000 + fraction)


def cut(data, count):
    """A capture's parts, of so many packets each. What is no packet is in every part."""
    whole, number = [], 0  # (the packet's number, or None; bytes)
    for kind, block_data in pcap_blocks(data) if is_pcap(data) else blocks(data):
        whole.append((number if kind == PACKET else None, block_data))
        number += kind == PACKET
    for first in range(0, number, count):
        yield b"".join(part for at, part in whole if at is None or first <= at < first + count)


# ---- writing ----

def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def section():
    return block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(linktype=VSOCK, resolution=9):
    """With times in units of 10^-resolution seconds: nanoseconds."""
    return block(INTERFACE, struct.pack("<HHI", linktype, 0, 0) + option(9, bytes([resolution])) + option(0, b""))


def packet(when, data, length=None, interface=0, comment=None):
    """`when`: in the interface's unit. `length`: what there was on the device, if that is not what was captured."""
    header = struct.pack("<IIIII", interface, when >> 32, when & 0xFFFFFFFF, len(data),
                         len(data) if length is None else length)
    about = option(1, comment.encode()) + option(0, b"") if comment else b""
    return block(PACKET, header + data + bytes(-len(data) % 4) + about)


def untimed(data):
    """A Simple Packet Block: of the section's first interface, without a time."""
    return block(UNTIMED, struct.pack("<I", len(data)) + data + bytes(-len(data) % 4))
