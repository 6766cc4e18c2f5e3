# SPDX-License-Identifier: GPL-2.0-or-later
"""monitors.py FOLDER [NAME...] - records what a real kernel says to drivers and monitors that do not do as Linux does,
and to programs that come to an end. Only for the virtual machine: never to be run elsewhere.

The machine is the host. Its guest is a script: what each port answers is what that driver's or monitor's source does,
so only the guest's half of a capture is imitated. Each scenario asserts what the host's program got.
"""
import collections
import errno
import fcntl
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

import capturing
import scenarios
import virtual_guest
from scenarios import HOST, connect, listen
from virtual_guest import CREDIT_REQUEST, CREDIT_UPDATE, HEADER, REQUEST, RESPONSE, RST, RW, STREAM

LOOPBACK = 1
DGRAM = 3  # VIRTIO_VSOCK_TYPE_DGRAM, which Linux does not have
LIBKRUN, FIRECRACKER, LINUX = 8 << 20, 65536, 262144  # receive buffers

Packet = collections.namedtuple("Packet", "peer port op")


class Scripted(virtual_guest.Guest):
    """Answers as the script of the port says; without one, nothing. `gives_back`: receive buffers are used again."""

    FEATURES = virtual_guest.VERSION_1 | virtual_guest.SEQPACKET_FEATURE

    def __init__(self, cid, gives_back=True):
        self.scripts, self.taken, self.gives_back = {}, [], gives_back
        super().__init__(cid)

    def say(self, port, peer, op, payload=b"", buffer=LIBKRUN, consumed=0, kind=STREAM, flags=0, cid=HOST):
        self.transmit(HEADER.pack(self.cid, cid, port, peer, len(payload), kind, op, flags, buffer, consumed) + payload)

    def give_back(self, entry):
        if self.gives_back:
            super().give_back(entry)

    def take(self, _cid, _own, peer, port, _length, kind, op, _flags, _buffer, _consumed, payload):
        self.taken.append(Packet(peer, port, op))
        for answer in self.scripts.get(port, {}).get(op, ()):
            answer_op, more = answer if isinstance(answer, tuple) else (answer, {})
            self.say(port, peer, answer_op, **{"consumed": len(payload), "kind": kind, **more})

    def ops(self, port):
        return [packet.op for packet in self.taken if packet.port == port]

    def wait_for(self, port, op):
        capturing.wait_until(lambda: op in self.ops(port), f"op {op} to port {port}")


NO_SOCKET = (RST, {"buffer": 0, "consumed": 0})


def failure(function, *arguments):
    """The errno, or None."""
    try:
        function(*arguments)
    except OSError as error:
        return errno.ETIMEDOUT if isinstance(error, TimeoutError) else error.errno
    return None


def connected(cid, port):
    """Two ends of a connection within the machine."""
    with listen(port) as listener:
        client = connect(cid, port)
        return client, listener.accept()[0]


# ---- how connections end ----

def libkrun_close(virtual):
    """RST (0,0) is its way to close, right behind the data or when they were read: the reader gets all of them."""
    virtual.scripts[101] = {REQUEST: [RESPONSE], RW: [(RW, {"payload": b"All of it."}), NO_SOCKET]}
    virtual.scripts[102] = {REQUEST: [RESPONSE], RW: [(RW, {"payload": b"All of it."})], CREDIT_UPDATE: [NO_SOCKET]}
    for port in (101, 102) * 3:
        client = connect(virtual.cid, port)
        client.sendall(b"Tell me.")
        assert scenarios.read_all(client) == b"All of it."
        client.close()
        time.sleep(0.1)


def force_close(virtual):
    """A stamped RST when all is said, as rcore's virtio-drivers do."""
    virtual.scripts[106] = {REQUEST: [RESPONSE], RW: [(RW, {"payload": b"pong"}), RST]}
    for _ in range(4):
        client = connect(virtual.cid, 106)
        client.sendall(b"ping")
        assert scenarios.read_all(client) == b"pong"
        client.close()
        time.sleep(0.1)


def gone_when_accepted(virtual):
    """A client that resets right behind the RESPONSE, as Firecracker and Cloud Hypervisor do when theirs has gone."""
    virtual.scripts[2000] = {RESPONSE: [(RST, {"buffer": FIRECRACKER})]}
    with listen(1111) as listener:
        for _ in range(5):
            virtual.say(2000, 1111, REQUEST, buffer=FIRECRACKER)
            server, _ = listener.accept()
            assert server.recv(10) == b""
            server.close()
            time.sleep(0.2)


def killed(_):
    """Programs that are killed, idle or with data unread, send SHUTDOWN: never a RST (0,0)."""
    script = ("import socket, sys; l = socket.socket(socket.AF_VSOCK); l.bind((-1, {port})); l.listen();"
              "print(1, flush=True); a, _ = l.accept(); {first}; print(2, flush=True); sys.stdin.read()")
    for port, first in ((1301, "a.recv(100); a.sendall(b'hello')"), (1302, "pass")):
        with subprocess.Popen([sys.executable, "-c", script.format(port=port, first=first)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as server:
            server.stdout.readline()
            client = connect(LOOPBACK, port)
            client.sendall(b"question")
            server.stdout.readline()
            time.sleep(0.5)
            server.send_signal(signal.SIGKILL)
            server.stdin.close()
        scenarios.read_all(client)
        client.close()


def unacknowledged(virtual):
    """A SHUTDOWN that the monitor never acknowledges, with nothing unread: Linux waits for 8 s, and resets."""
    virtual.scripts[120] = {REQUEST: [RESPONSE], RW: [(RW, {"payload": b"pong"})]}
    client = connect(virtual.cid, 120)
    client.sendall(b"ping")
    assert client.recv(10) == b"pong"
    client.close()
    virtual.wait_for(120, RST)


def half_close(_):
    """The client has said that all is sent, and waits; the server closes two seconds later, each time."""
    with listen(8888) as listener:
        for number in range(4):
            client = connect(LOOPBACK, 8888)
            server, _ = listener.accept()
            client.sendall(b"STATUS=Starting unit %d\n" % number)
            client.shutdown(socket.SHUT_WR)
            server.recv(100)
            time.sleep(2)
            server.close()
            assert client.recv(1) == b""
            client.close()


def accept_and_close(_):
    """The server closes whatever it accepts; its client comes again at once."""
    with listen(5000) as listener:
        for _ in range(12):
            client = connect(LOOPBACK, 5000)
            listener.accept()[0].close()
            assert client.recv(1) == b""
            client.close()


def not_read(_):
    """A server of one connection at a time: a silent first one keeps it from reading the second."""
    client, server = connected(LOOPBACK, 5251)
    for _ in range(3):  # what is seen to be read elsewhere
        client.sendall(bytes(133))
        assert len(server.recv(1000)) == 133
    with listen(5252) as listener:
        probe, waiting = connect(LOOPBACK, 5252), connect(LOOPBACK, 5252)
        accepted, _ = listener.accept()
        waiting.sendall(bytes(133))
        for _ in range(6):
            time.sleep(2)
            client.sendall(b"tick")
            server.recv(10)
        for side in (waiting, probe, accepted, client, server):
            side.close()


# ---- how they do not begin ----

def stale_reset(virtual):
    """A RST of the connection before meets the REQUEST; the RESPONSE comes too late."""
    virtual.scripts[103] = {REQUEST: [NO_SOCKET, RESPONSE]}
    for _ in range(2):
        assert failure(connect, virtual.cid, 103) == errno.ECONNRESET
        time.sleep(0.2)


def credit_before_response(virtual):
    """A CREDIT_REQUEST comes before the RESPONSE."""
    virtual.scripts[104] = {REQUEST: [CREDIT_REQUEST, RESPONSE]}
    assert failure(connect, virtual.cid, 104) == errno.EPROTO


def datagrams(virtual):
    """libkrun's datagrams of the time of day: a kernel without datagrams answers each with a RST."""
    for _ in range(3):
        virtual.say(123, 123, RW, payload=bytes(8), kind=DGRAM, buffer=0)
        time.sleep(0.5)
    virtual.wait_for(123, RST)


def still_open(virtual):
    """A REQUEST on endpoints that the host still has open is ignored; its sender resets it when it gives up."""
    with listen(1111) as listener:
        virtual.say(2001, 1111, REQUEST, buffer=FIRECRACKER)
        server, _ = listener.accept()
        virtual.say(2001, 1111, RW, payload=b"before", buffer=FIRECRACKER)
        assert server.recv(10) == b"before"
        time.sleep(3)
        answers = len(virtual.ops(2001))
        virtual.say(2001, 1111, REQUEST, buffer=FIRECRACKER)
        time.sleep(2.5)
        assert len(virtual.ops(2001)) == answers
        virtual.say(2001, 1111, RST, buffer=FIRECRACKER)
        server.close()


def to_a_sibling(virtual):
    """vhost-vsock passes nothing from one guest to another."""
    for port in (2300, 2301):
        virtual.say(port, 5201, REQUEST, buffer=LINUX, cid=virtual.cid + 1)
        time.sleep(2.5)
        assert virtual.ops(port) == []


def kept_buffers(_):
    """A driver that gives no receive buffer back: after 128 packets nothing reaches it, and nothing is recorded."""
    virtual = Scripted(44, gives_back=False)
    with listen(9999) as listener:
        virtual.say(3000, 9999, REQUEST, buffer=LINUX)
        server, _ = listener.accept()
        server.settimeout(2)
        while failure(server.sendall, bytes(1024)) is None:
            pass
        virtual.say(3000, 9999, CREDIT_UPDATE, buffer=LINUX, consumed=127 * 1024)
        time.sleep(1)
        for port in range(3100, 3103):
            virtual.say(port, 9999, REQUEST, buffer=LINUX)
            time.sleep(2.5)
            listener.accept()
            assert virtual.ops(port) == []


# ---- what send() and recv() fail with ----

def broken_pipe(virtual):
    """EPIPE: the other side has closed, takes no more, or has reset the connection. ENOTCONN: it never was one."""
    for port, end in ((1401, lambda server: server.close()), (1402, lambda server: server.shutdown(socket.SHUT_RD))):
        client, server = connected(LOOPBACK, port)
        client.sendall(b"before")
        server.recv(10)
        end(server)
        time.sleep(0.2)
        assert failure(client.send, b"after") == errno.EPIPE
        client.close()
        server.close()
    virtual.scripts[140] = {REQUEST: [(RESPONSE, {"buffer": 1000})], RW: [(RST, {"buffer": 1000})]}
    virtual.scripts[141] = {REQUEST: [(RESPONSE, {"buffer": 1000})], RW: [NO_SOCKET]}
    for port in (140, 141):
        client = connect(virtual.cid, port)
        client.sendall(b"before")
        time.sleep(0.2)
        assert failure(client.send, b"after") == errno.EPIPE
        assert client.recv(5) == b""
        client.close()
        client = connect(virtual.cid, port)
        assert failure(client.sendall, bytes(3000)) == errno.EPIPE  # while it waits
        client.close()
    virtual.scripts[142] = {REQUEST: [NO_SOCKET]}
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    assert failure(client.connect, (virtual.cid, 142)) == errno.ECONNRESET
    assert failure(client.send, b"x") == failure(client.recv, 5) == errno.ENOTCONN
    client.close()


def guest_gone(_):
    """Its machine ends: its connections, too, and no packet says so."""
    gone = Scripted(46)
    gone.scripts[150] = {REQUEST: [(RESPONSE, {"buffer": 1000})], RW: [(CREDIT_UPDATE, {"buffer": 1000})]}
    gone.scripts[151] = {REQUEST: [(RESPONSE, {"buffer": 1000})]}
    sender, receiver = connect(gone.cid, 150), connect(gone.cid, 150)
    waiting_sender, waiting_receiver = connect(gone.cid, 151), connect(gone.cid, 150)
    failed = []
    waiting = [scenarios.in_background(lambda: failed.append(failure(waiting_sender.sendall, bytes(3000)))),
               scenarios.in_background(lambda: failed.append(failure(waiting_receiver.recv, 5)))]
    sender.sendall(b"before")
    time.sleep(1)
    os.close(gone.device)
    for thread in waiting:
        thread.join()
    assert failed == [errno.ECONNRESET] * 2
    assert failure(sender.send, b"after") == failure(receiver.recv, 5) == errno.ECONNRESET
    assert failure(connect, gone.cid, 150) == errno.ENODEV
    time.sleep(1)


def nobody_there():
    """What leaves no packet: a CID that is not there; one whose guest has no driver yet."""
    assert failure(connect, 99, 77) == errno.ENODEV
    device = os.open("/dev/vhost-vsock", os.O_RDWR)
    fcntl.ioctl(device, virtual_guest.SET_OWNER)
    fcntl.ioctl(device, virtual_guest.SET_GUEST_CID, struct.pack("=Q", 47))
    failed = failure(connect, 47, 77)
    assert failed in (errno.ETIMEDOUT, errno.EHOSTUNREACH)  # the latter at once, with Linux 7
    print(f"without a driver: {errno.errorcode[failed]}")
    os.close(device)


SCENARIOS = (libkrun_close, force_close, gone_when_accepted, killed, unacknowledged, half_close, accept_and_close,
             not_read, stale_reset, credit_before_response, datagrams, still_open, to_a_sibling, kept_buffers, broken_pipe,
             guest_gone)


def main():
    folder, *names = sys.argv[1:]
    subprocess.run(["modprobe", "vhost_vsock"], check=True)
    virtual = Scripted(42)
    nobody_there()
    for scenario in SCENARIOS:
        name = scenario.__name__.replace("_", "-")
        if not names or name in names:
            scenarios.record(pathlib.Path(folder), name, scenario, virtual)


if __name__ == "__main__":
    main()
