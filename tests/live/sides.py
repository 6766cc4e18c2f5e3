# SPDX-License-Identifier: GPL-2.0-or-later
"""sides.py FOLDER [NAME...] - records connections on both sides: NAME.pcapng is the host's, from vsockmon0, and
NAME-guest.pcap what its guest has sent and taken, by a clock of its own. Only for the virtual machine: never to be run
elsewhere.

The guest is a process (virtual_guest.py), which stamps a packet before its device gets it, and when it takes one, as
Linux's driver does (virtio_transport.c). What is between the two is vhost_vsock. Each scenario asserts what the
programs got.
"""
import contextlib
import os
import pathlib
import struct
import subprocess
import sys
import time

import scenarios
import virtual_guest
from scenarios import HOST, SAME_PORT, connect, listen, read_all
from virtual_guest import CREDIT_REQUEST, CREDIT_UPDATE, HEADER, REQUEST, RESPONSE, RST, RW, SHUTDOWN

CID = 42
TALK, BULK, NOBODY = 9999, 1024, 4444  # ports
BUFFER = 16384  # bytes, of the guest's sockets
AHEAD, PPM = 7_200_250_000_000, 100  # the guest's clock: nanoseconds, and how many it gains of each million

# linux/vsockmon.h: a record's header, and which op of virtio's is which of its own; and pcap's, in nanoseconds.
MONITOR = struct.Struct("<QQIIHHHxx")
CONNECT, DISCONNECT, CONTROL, PAYLOAD = 1, 2, 3, 4
MONITOR_OP = {REQUEST: CONNECT, RESPONSE: CONNECT, RST: DISCONNECT, SHUTDOWN: DISCONNECT, RW: PAYLOAD,
              CREDIT_UPDATE: CONTROL, CREDIT_REQUEST: CONTROL}
VIRTIO = 2
PCAP = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 271)


class Recorded(virtual_guest.Guest):
    """A guest that records. Packets of `holds` and all behind them wait for release(); of `loses`, none gets out. Both
    are asked with the packet's op."""

    buffer = BUFFER

    def __init__(self, path, ahead=AHEAD):
        self.holds = self.loses = lambda op: False
        self.waiting = []
        self.path, self.ahead, self.began = path, ahead, time.time_ns()
        self.file = path.open("wb")
        self.file.write(PCAP)
        super().__init__(CID)

    def stamp(self, packet):
        source, to, source_port, port, _, _, op, *_ = HEADER.unpack_from(packet)
        data = MONITOR.pack(source, to, source_port, port, MONITOR_OP[op], VIRTIO, HEADER.size) + packet
        now = time.time_ns()
        now += self.ahead + (now - self.began) * PPM // 10**6
        self.file.write(struct.pack("<IIII", *divmod(now, 10**9), len(data), len(data)) + data)

    def transmit(self, packet):
        with self.changed:
            op = HEADER.unpack_from(packet)[6]
            self.stamp(packet)
            if self.waiting or self.holds(op):
                self.waiting.append(packet)
            elif not self.loses(op):
                super().transmit(packet)

    def release(self):
        with self.changed:
            self.holds = lambda op: False
            for packet in self.waiting:
                super().transmit(packet)
            self.waiting.clear()

    def take(self, *header_and_payload):
        *header, payload = header_and_payload
        self.stamp(HEADER.pack(*header) + payload)
        super().take(*header_and_payload)

    def end(self):
        """As its machine does."""
        if not self.file.closed:
            os.close(self.device)
            self.file.close()


def close(client, server):
    """The client first; a guest's waits for what is said of that."""
    closing = scenarios.in_background(client.close)
    assert server.recv(1) == b""
    server.close()
    closing.join()


def receive(side, length):
    data = b""
    while len(data) < length:
        data += side.recv(9000)
    return data


def talk(guest, questions=6, own_port=SAME_PORT, about=b"weather"):
    """The guest asks its host, and is answered."""
    with listen(TALK) as listener:
        client = guest.connect((HOST, TALK), own_port)
        server, _ = listener.accept()
        for number in range(questions):
            question, answer = b"%d, of the %s" % (number, about), b"answer %d, %s" % (number, b"x" * number)
            client.sendall(question)
            assert server.recv(100) == question
            server.sendall(answer)
            assert client.recv(100) == answer
        close(client, server)


def ask(guest):
    """The other way round."""
    guest.listen(BULK)
    client = connect(CID, BULK)
    server = guest.accept(BULK)
    for number in range(4):
        client.sendall(b"%d, the host asks" % number)
        assert server.recv(100) == b"%d, the host asks" % number
    close(client, server)


def talks(guest):
    """Both ask, twice with the same ports; nobody listens; one side shuts its half first."""
    for about in (b"weather", b"night"):
        talk(guest, about=about)
        ask(guest)
        time.sleep(1)
    with contextlib.suppress(ConnectionResetError):
        guest.connect((HOST, NOBODY), SAME_PORT)
        raise AssertionError("somebody listened")
    with listen(TALK) as listener:
        client = guest.connect((HOST, TALK), SAME_PORT)
        server, _ = listener.accept()
        client.sendall(b"all of it")
        client.shutdown_send()
        assert read_all(server) == b"all of it"
        server.sendall(b"and the answer")
        server.close()
        assert client.recv(100) == b"and the answer" and client.recv(100) == b""
        client.close()


def split(guest):
    """What the host sends is larger than the guest's buffers of 4 KiB: vhost splits it."""
    talk(guest)
    guest.listen(BULK)
    client = connect(CID, BULK)
    server = guest.accept(BULK)
    data = bytes(number % 251 for number in range(40000))
    sender = scenarios.in_background(client.sendall, data)
    assert receive(server, len(data)) == data
    sender.join()
    server.sendall(data)
    assert receive(client, len(data)) == data
    close(client, server)
    talk(guest)


def fill(guest):
    """Two ends: the host's program has filled the guest's buffer, and goes on to send."""
    guest.listen(BULK)
    client = connect(CID, BULK)
    server = guest.accept(BULK)
    sender = scenarios.in_background(scenarios.fails, OSError, client.sendall, bytes(BUFFER + 1000))
    with guest.changed:
        server.wait(lambda: len(server.unread) == BUFFER)
    return client, server, sender


def word_held(guest):
    """The guest's program reads at once; what says so leaves the guest 4 s later."""
    talk(guest)
    client, server, sender = fill(guest)
    guest.holds = lambda op: op == CREDIT_UPDATE
    assert len(server.recv(BUFFER)) == BUFFER
    time.sleep(4)
    assert sender.is_alive()
    guest.release()
    sender.join()
    assert len(server.recv(BUFFER)) == 1000
    close(client, server)
    talk(guest)


def word_lost(guest):
    """The same, and it never leaves: the host's program waits."""
    talk(guest)
    client, server, sender = fill(guest)
    guest.loses = lambda op: op == CREDIT_UPDATE
    assert len(server.recv(BUFFER)) == BUFFER
    guest.loses = lambda op: False
    for number in range(4):
        time.sleep(1)
        talk(guest, questions=1, own_port=SAME_PORT + 1 + number)
    assert sender.is_alive()


def not_read(guest):
    """The guest's program does not read for 4 s: nothing is held back."""
    talk(guest)
    client, server, sender = fill(guest)
    time.sleep(4)
    assert len(server.recv(BUFFER)) == BUFFER
    sender.join()
    assert len(server.recv(BUFFER)) == 1000
    close(client, server)
    talk(guest)


def request_lost(guest):
    """A REQUEST that never leaves the guest."""
    talk(guest)
    guest.loses = lambda op: op == REQUEST
    with guest.changed:
        lost = guest.sockets[SAME_PORT, (HOST, TALK)] = virtual_guest.Socket(guest, SAME_PORT, (HOST, TALK))
        lost.send(REQUEST)
        del guest.sockets[SAME_PORT, (HOST, TALK)]
    guest.loses = lambda op: False
    for number in range(4):
        time.sleep(1)
        talk(guest, questions=1, own_port=SAME_PORT + 1 + number)


def restart(guest):
    """The guest's machine ends while connections are open, and starts again: the same CID, the same ports; its clock
    is another one."""
    talk(guest)
    guest.listen(BULK)
    clients = [connect(CID, BULK) for _ in range(2)]
    for client in clients:
        server = guest.accept(BULK)
        client.sendall(b"before")
        assert server.recv(10) == b"before"
    time.sleep(1)
    guest.end()
    for client in clients:
        assert scenarios.fails(ConnectionResetError, client.send, b"after")
        client.close()
    time.sleep(1)
    again = Recorded(guest.path.with_name("restart-again.pcap"), AHEAD - 3 * 10**9)
    talk(again, about=b"night")
    ask(again)
    time.sleep(1)
    again.end()


def record(folder, scenario):
    name = scenario.__name__.replace("_", "-")
    guest = Recorded(folder / f"{name}-guest.pcap")
    scenarios.record(folder, name, scenario, guest)
    guest.end()


SCENARIOS = (talks, split, word_held, word_lost, not_read, request_lost, restart)


def main():
    folder, *names = sys.argv[1:]
    subprocess.run(["modprobe", "vhost_vsock"], check=True)
    for scenario in SCENARIOS:
        if not names or scenario.__name__.replace("_", "-") in names:
            record(pathlib.Path(folder), scenario)


if __name__ == "__main__":
    main()
