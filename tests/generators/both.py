# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of a host (interface 0) and of its guest (interface 1), merged as mergecap -I none does: by time, each
packet in both, with times of two clocks."""
from generators.vsock import (CREDIT_UPDATE, HOST, NO_SOCKET, RST, RW, SHUTDOWN, Connection, Record, section)

DELAY = 0.00003  # seconds from the one side's recording to the other's
AHEAD = 7200.5  # by so many seconds the guest's clock is ahead of the host's, ...
PPM = 100  # ... and gains so much more

GUEST_CID = 42
BOTH, HOST_ONLY, GUEST_ONLY = (0, 1), (0,), (1,)


class Sides:
    """What both record. Times are the host's, in seconds since the start."""

    def __init__(self, ahead=AHEAD, ppm=PPM):
        self.ahead, self.ppm = ahead, ppm
        self.now, self.records = 0.0, []

    def guest_time(self, time):
        return self.ahead + time * (1 + self.ppm / 1e6)

    def say(self, *records, after=0.001, delay=DELAY, seen=BOTH, received=None):
        """Each is sent `after` the one before. `seen`: by whom it is recorded; `received`: what arrives instead."""
        for record in records:
            self.now += after
            from_host = record.data[0] == HOST[0]
            sent, arrived = (0, 1) if from_host else (1, 0)
            for side, when in ((sent, self.now), (arrived, self.now + delay)):
                if side not in seen:
                    continue
                data = received if received and side == arrived else record.data
                at = self.guest_time(when) if side == 1 else when
                self.records.append(Record(record.comment if side == sent else None, data, at=at, interface=side,
                                           uncaptured=record.uncaptured))

    def wait(self, seconds):
        self.now += seconds

    def capture(self):
        return section(sorted(self.records, key=lambda record: record.at), interfaces=2)


def from_guest(port, comment, client_port=50000, **fields):
    return Connection(port, comment, client=(GUEST_CID, client_port), **fields)


def from_host(port, comment, client_port=60000, **fields):
    return Connection(port, comment, client=(HOST[0], client_port), server_cid=GUEST_CID, **fields)


def talk(sides, x, questions=5):
    """Questions and answers, and a close."""
    sides.say(*x.opened())
    asked = answered = 0
    for i in range(questions):
        question, answer = f"question {i} to {x.server[1]}\n".encode(), f"answer {i}: {'x' * i * 10}\n".encode()
        sides.say(x.c(RW, question, fwd_cnt=answered))
        asked += len(question)
        sides.say(x.s(CREDIT_UPDATE, fwd_cnt=asked), x.s(RW, answer, fwd_cnt=asked))
        answered += len(answer)
    close(sides, x, asked, answered)


def close(sides, x, asked=0, answered=0):
    sides.say(x.c(SHUTDOWN, flags=3, fwd_cnt=answered), x.s(RST, fwd_cnt=asked))


def two_views():
    """Both connect; the same ports twice; a refusal; a bulk transfer; a guest's clock hours ahead, and too fast."""
    sides = Sides()
    for i in range(2):
        talk(sides, from_guest(9999, f"the guest asks, connection {i}"))
        sides.wait(10)
        talk(sides, from_host(1024, f"the host asks, connection {i}"))
    refused = from_guest(4444, "refused")
    sides.say(refused.opened()[0], refused.s(RST, **NO_SOCKET))
    sides.wait(30)
    bulk = from_host(1025, "40 RWs, with a credit update for each four", client_port=60001)
    sides.say(*bulk.opened())
    for i in range(40):
        sides.say(bulk.c(RW, bytes([i]) * 600), after=0.0001)
        if i % 4 == 3:
            sides.say(bulk.s(CREDIT_UPDATE, fwd_cnt=600 * (i + 1)), after=0.0002)
    close(sides, bulk, asked=600 * 40)
    return sides.capture()


CAPTURES = {"both-sides.pcapng": two_views}
