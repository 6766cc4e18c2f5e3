#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a capture of many connections, for measuring what a connection costs; nothing of it is stored.

connections.py FILE [CONNECTIONS [RWS]]     each of: REQUEST, RESPONSE, RWS times RW and CREDIT_UPDATE, SHUTDOWN, RST;
                                            every hundredth is refused, every thousandth aborted
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "captures"))
import make

SERVER = (2, 1024)


def story(number, rws):
    client = (3 + number % 16, 0x40000000 + number // 16)
    out, back = {"src": client, "dst": SERVER}, {"src": SERVER, "dst": client}
    yield make.packet(make.REQUEST, **out)
    if number % 100 == 99:
        yield make.packet(make.RST, buf_alloc=0, **back)
        return
    yield make.packet(make.RESPONSE, **back)
    for done in range(rws):
        yield make.packet(make.RW, b"0123456789", fwd_cnt=0, **out)
        yield make.packet(make.CREDIT_UPDATE, fwd_cnt=10 * (done + 1), **back)
    if number % 1000 != 500:
        yield make.packet(make.SHUTDOWN, flags=3, **out)
    yield make.packet(make.RST, fwd_cnt=10 * rws, **back)


def main():
    path, connections, rws = sys.argv[1], *map(int, (sys.argv[2:] + ["100000", "1"][len(sys.argv) - 2:])[:2])
    when = make.START
    with open(path, "wb") as file:
        file.write(make.block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(make.block(1, struct.pack("<HHI", make.LINKTYPE_VSOCK, 0, 0) + make.option(9, b"\x09") + make.option(0, b"")))
        for number in range(connections):
            for data in story(number, rws):
                when += 10_000
                file.write(make.block(6, struct.pack("<IIIII", 0, when >> 32, when & 0xFFFFFFFF, len(data), len(data))
                                      + data + bytes(-len(data) % 4)))


main()
