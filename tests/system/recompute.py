#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The credit figures of every packet, computed again from the raw header fields, must be those that are shown.

Shares no code with the plugin. Captures that hold packets twice, or two connections under one name, are left out. Takes
runner.py's options.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

RAW = ("frame.number frame.interface_id vsock.src_cid vsock.dst_cid vsock.src_port vsock.dst_port vsock.virtio.len "
       "vsock.virtio.type vsock.virtio.op vsock.virtio.buf_alloc vsock.virtio.fwd_cnt").split()
SHOWN = [f"vsock.credit.{peer}{name}" for peer in ("", "peer_") for name in ("in_flight", "window", "effective_window")]
SHOWN += ["vsock.credit.consumed", "vsock.credit.edge", "vsock.credit.at_least"]
REQUEST, RESPONSE, RST, RW = 1, 2, 3, 5


class Direction:
    """What one endpoint has sent (tx) and the other has consumed (fwd), since ever; its buffer once it spoke."""

    def __init__(self, exact):
        self.tx = self.fwd = 0
        self.buffer, self.known = None, exact
        self.uncapped = False  # it was seen to send beyond its own buffer

    def stamp(self, buffer, fwd):
        if not self.known:
            self.tx = self.fwd = fwd
        else:
            step, flying = (fwd - self.fwd) % 2**32, self.tx - self.fwd
            if step > flying and 2**32 - step < step - flying:  # backwards is nearer than ahead
                step -= 2**32
            self.fwd += step
            self.tx = max(self.tx, self.fwd)
        self.buffer, self.known = buffer, True

    def left(self, own):
        """The window, and the same capped at the sender's own buffer."""
        window = self.buffer - (self.tx - self.fwd)
        return window, window if own is None else min(window, own - (self.tx - self.fwd))

    def send(self, length, own, over):
        before = self.left(own) if self.buffer is not None else None
        self.tx += length
        if before and length and not over:
            self.uncapped |= before[0] > 0 and (before[1] <= 0 or self.left(own)[1] < 0)


def figures(direction, own):
    flying = direction.tx - direction.fwd
    if direction.buffer is None:
        return [str(flying), "", ""]
    window, capped = direction.left(own)
    return [str(flying), str(window), str(window if direction.uncapped else capped)]


def offsets(direction):
    """Up to where the packet's sender has consumed, and allows."""
    return [str(direction.fwd), str(direction.fwd + direction.buffer)] if direction.fwd >= 0 else ["", ""]


def recompute(rows):
    connections = {}
    for row in rows:
        number, interface, src, dst, sport, dport, length, kind, op, buffer, fwd = row
        src, dst = (1, 1) if 1 in (src, dst) else (src, dst)
        sender, receiver = (src, sport), (dst, dport)
        key = interface, frozenset((sender, receiver))
        state = connections.get(key)
        if op == RESPONSE and state is not None and state["unanswered"]:  # the RST was not the answer
            state["over"] = state["unanswered"] = False
        if state is None or op == REQUEST or (op == RESPONSE and state["over"] and kind == state["kind"]):
            state = {"kind": kind, "over": False, "unanswered": op == REQUEST, "exact": op == REQUEST,
                     sender: Direction(op == REQUEST), receiver: Direction(op == REQUEST)}
            connections[key] = state
        no_socket = op == RST and buffer == fwd == 0
        if op == RST and kind == state["kind"]:
            state["over"] = True
        if kind != state["kind"] or kind not in (1, 2) or no_socket or sender == receiver:
            yield number, [""] * 9
            continue
        sent, received = state[sender], state[receiver]
        received.stamp(buffer, fwd)
        if op == RW:
            sent.send(length, received.buffer, state["over"])
        bound = "" if state["exact"] else "1"
        yield number, figures(sent, received.buffer) + figures(received, sent.buffer) + offsets(received) + [bound]


def check(capture):
    arguments = [f"-e{field}" for field in RAW + SHOWN]
    output = runner.tshark(capture, ["-Y", "vsock.virtio.fwd_cnt", "-T", "fields", *arguments], options)
    lines = [line.split("\t") for line in output.splitlines()]
    rows = [[int(value or 0) for value in line[:len(RAW)]] for line in lines]
    for line, (number, expected) in zip(lines, recompute(rows), strict=True):
        if [value.replace("True", "1") for value in line[len(RAW):]] != expected:
            sys.exit(f"{capture} {number}: shown {line[len(RAW):]}, computed {expected}")
    print(f"{capture}: {len(rows)} packets")
    return len(rows)


options = runner.parse_arguments()
LEFT_OUT = {"any-two.pcapng", "copies.pcapng", "cuts.pcapng", "malformed.pcapng", "interfaces.pcapng",
            "payload-copies.pcapng", "sections.pcapng", "gallery/more-cid-shared-endpoints.pcapng"}
checked = sum(check(capture) for capture in runner.stored_captures() if capture not in LEFT_OUT)
sys.exit(0 if checked > 5000 else f"only {checked} packets were there to check")
