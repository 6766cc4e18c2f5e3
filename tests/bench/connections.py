#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a capture of many connections, for measuring what a connection costs; nothing of it is stored.

connections.py FILE [CONNECTIONS [RWS]]     each of: REQUEST, RESPONSE, RWS times RW and CREDIT_UPDATE, SHUTDOWN, RST;
                                            every hundredth is refused, every thousandth aborted
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import vsock
from lib import pcapng

SERVER = (2, 1024)


def story(number, rws):
    client = (3 + number % 16, 0x40000000 + number // 16)
    out, back = {"src": client, "dst": SERVER}, {"src": SERVER, "dst": client}
    yield vsock.packet(vsock.REQUEST, **out)
    if number % 100 == 99:
        yield vsock.packet(vsock.RST, buf_alloc=0, **back)
        return
    yield vsock.packet(vsock.RESPONSE, **back)
    for done in range(rws):
        yield vsock.packet(vsock.RW, b"0123456789", fwd_cnt=0, **out)
        yield vsock.packet(vsock.CREDIT_UPDATE, fwd_cnt=10 * (done + 1), **back)
    if number % 1000 != 500:
        yield vsock.packet(vsock.SHUTDOWN, flags=3, **out)
    yield vsock.packet(vsock.RST, fwd_cnt=10 * rws, **back)


def main():
    path, connections, rws = sys.argv[1], *map(int, (sys.argv[2:] + ["100000", "1"][len(sys.argv) - 2:])[:2])
    when = vsock.START
    with open(path, "wb") as file:
        file.write(pcapng.section() + pcapng.interface())
        for number in range(connections):
            for data in story(number, rws):
                when += 10_000
                file.write(pcapng.packet(when, data))


main()
