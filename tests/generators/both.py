# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures of a host (interface 0) and of its guest (interface 1), merged as mergecap -I none does: by time, each
packet in both, with times of two clocks."""
from generators.vsock import (CREDIT_UPDATE, HOST, NO_SOCKET, REQUEST, RESPONSE, RST, RW, SHUTDOWN, Connection, Record, section)

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


# ---- trouble between the two ----

SMALL = 4096  # bytes of a receiver's buffer


def begin():
    """Other connections tell which side is which, and of the clocks."""
    sides = Sides()
    talk(sides, from_guest(9999, "what is in order"))
    return sides


def end(sides, seconds):
    """The recordings go on."""
    for _ in range(seconds):
        sides.wait(1)
        talk(sides, from_guest(9999, None, client_port=50001 + int(sides.now)), questions=1)
    return sides.capture()


def fill(sides, x):
    """The client fills the server's buffer."""
    sides.say(x.c(REQUEST), x.s(RESPONSE, buf_alloc=SMALL))
    for i in range(4):
        sides.say(x.c(RW, bytes([i]) * (SMALL // 4)))


def word_held():
    """The guest reads at once, and says so; the host gets to know after 5 s."""
    sides = begin()
    x = from_host(1024, "what opens the window is held back")
    fill(sides, x)
    sides.say(x.s(CREDIT_UPDATE, buf_alloc=SMALL, fwd_cnt=SMALL), delay=5)
    sides.wait(5)
    sides.say(x.c(RW, b"and on"))
    return end(sides, 2)


def word_lost():
    """The same, and it never gets there."""
    sides = begin()
    x = from_host(1024, "what opens the window never arrives")
    fill(sides, x)
    sides.say(x.s(CREDIT_UPDATE, buf_alloc=SMALL, fwd_cnt=SMALL), seen=GUEST_ONLY)
    return end(sides, 12)


def said_nothing():
    """The guest's program does not read for 5 s; nothing is held back."""
    sides = begin()
    x = from_host(1024, "nobody reads for 5 s")
    fill(sides, x)
    sides.wait(5)
    sides.say(x.s(CREDIT_UPDATE, buf_alloc=SMALL, fwd_cnt=SMALL), x.c(RW, b"and on"))
    return end(sides, 2)


def not_delivered():
    """After its fourth question, nothing of the guest's gets to the host."""
    sides = begin()
    x = from_guest(5000, "the last four packets never arrive")
    sides.say(*x.opened(), x.c(RW, b"first"), x.s(CREDIT_UPDATE, fwd_cnt=5))
    sides.say(*(x.c(RW, f"question {i}".encode()) for i in range(4)), seen=GUEST_ONLY)
    return end(sides, 3)


def request_lost():
    sides = begin()
    sides.say(from_guest(5000, "never gets to the host").c(REQUEST), seen=GUEST_ONLY)
    return end(sides, 4)


def request_unanswered():
    sides = begin()
    sides.say(from_host(1024, "gets to the guest, which does not answer").c(REQUEST))
    return end(sides, 4)


def answer_lost():
    sides = begin()
    x = from_host(1024, "the answer does not get to the host")
    sides.say(x.c(REQUEST))
    sides.say(x.s(RESPONSE), seen=GUEST_ONLY)
    return end(sides, 4)


def altered():
    """Bytes of the payload, and of the header."""
    sides = begin()
    x = from_host(1024, "one question is another one when it arrives")
    sides.say(*x.opened(), x.c(RW, b"question 1"))
    sides.say(x.c(RW, b"question 2"), received=x.c(RW, b"question X").data)
    sides.say(x.c(RW, b"question 3"), x.s(CREDIT_UPDATE, fwd_cnt=20))
    sides.say(x.s(CREDIT_UPDATE, fwd_cnt=30), received=x.s(CREDIT_UPDATE, fwd_cnt=30, buf_alloc=131072).data)
    sides.say(x.c(RW, b"question 4"), x.c(RW, b"question 5"))
    close(sides, x, asked=50)
    return end(sides, 2)


def reordered():
    sides = begin()
    x = from_host(1024, "question 3 arrives before question 2")
    sides.say(*x.opened(), x.c(RW, b"question 1"))
    sides.say(x.c(RW, b"question 2"), delay=0.0015)
    sides.say(*(x.c(RW, f"question {i}".encode()) for i in range(3, 7)), after=0.001)
    sides.say(x.s(CREDIT_UPDATE, fwd_cnt=60))
    close(sides, x, asked=60)
    return end(sides, 2)


def late():
    """The guest stands still for a third of a second: what is sent to it meanwhile is late."""
    sides = begin()
    x = from_host(1024, "three questions have to wait")
    sides.say(*x.opened(), x.c(RW, b"question 1"))
    for i in range(3):
        sides.say(x.c(RW, f"question {i + 2}".encode()), after=0.1, delay=0.33 - i * 0.1)
    sides.wait(0.3)
    sides.say(x.s(CREDIT_UPDATE, fwd_cnt=40))
    close(sides, x, asked=40)
    return end(sides, 2)


GALLERY = {  # and what is said of it
    "both-altered": (altered, "error altered"),
    "both-answer-lost": (answer_lost, "warn connect-unanswered"),
    "both-late": (late, "note delivered-late"),
    "both-not-delivered": (not_delivered, "warn not-delivered"),
    "both-reordered": (reordered, "error reordered"),
    "both-request-lost": (request_lost, "warn connect-unanswered"),
    "both-request-unanswered": (request_unanswered, "warn connect-unanswered"),
    "both-said-nothing": (said_nothing, "note stall-undecided"),
    "both-word-held": (word_held, "warn stall-word-held"),
    "both-word-lost": (word_lost, "warn not-delivered"),
}

CAPTURES = {"both-sides.pcapng": two_views} | {f"gallery/{name}.pcapng": make for name, (make, *_) in GALLERY.items()}
EXPECTED = {f"gallery/{name}.pcapng": expected for name, (_, *expected) in GALLERY.items()}
