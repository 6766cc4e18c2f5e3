# SPDX-License-Identifier: GPL-2.0-or-later
"""scenarios.py FOLDER - records what vsock is for: a host and its guest, guests that a proxy joins, a guest that is a
host itself. Only for the virtual machine: never to be run elsewhere.

The machine is the host of guests that are its own processes. Where qemu gave it a vsock device, it is a guest, too.
"""
import pathlib
import socket
import subprocess
import sys
import threading
import time

import capturing
import virtual_guest

HOST, PORT = 2, 9999
ECHO, GOES, DIALS, NOBODY = 9001, 9002, 9003, 9004  # of outer_host.py
SAME_PORT = 50000  # of clients on both sides of the machine
VSOCK_DEVICE = "0x0013\n"  # VIRTIO_ID_VSOCK of linux/virtio_ids.h, as sysfs has it


def connect(cid, port=PORT, own_port=None):
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    client.settimeout(capturing.PATIENCE)
    if own_port:
        client.bind((socket.VMADDR_CID_ANY, own_port))
    client.connect((cid, port))
    return client


def listen(port=PORT):
    listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    listener.settimeout(capturing.PATIENCE)
    listener.bind((socket.VMADDR_CID_ANY, port))
    listener.listen(8)
    return listener


def read_all(side):
    return b"".join(iter(lambda: side.recv(65536), b""))


def ask(client, question):
    client.sendall(question)
    return client.recv(100)


def answer(server, words):
    """One question; then until the client closes."""
    question = server.recv(100)
    server.sendall(words + question)
    assert server.recv(1) == b""
    server.close()


def in_background(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    return thread


def ask_guest(virtual, question, words):
    """As its host."""
    server = in_background(lambda: answer(virtual.accept(PORT), words))
    client = connect(virtual.cid)
    assert ask(client, question) == words + question
    client.close()
    server.join()


def hello(guests):
    """The guest to its host, then the host to its guest."""
    with listen() as listener:
        server = in_background(lambda: answer(listener.accept()[0], b"The host has heard: "))
        client = guests[42].connect((HOST, PORT), SAME_PORT)
        assert ask(client, b"Hello, host!") == b"The host has heard: Hello, host!"
        client.close()
        server.join()
    ask_guest(guests[42], b"Hello, guest!", b"The guest has heard: ")


def pass_on(source, to):
    for data in iter(lambda: source.recv(32768), b""):
        to.sendall(data)
    to.shutdown(socket.SHUT_WR)


def proxy(listener, cid):
    """One connection, to the same port of another CID."""
    client, _ = listener.accept()
    server = connect(cid)
    back = in_background(pass_on, server, client)
    pass_on(client, server)
    back.join()
    server.close()
    client.close()


def siblings(guests):
    """A guest asks another for much and gets little, by way of the host."""
    question, reply = bytes(100000), b"100000 bytes, thank you."

    def serve():
        server = guests[43].accept(PORT)
        assert read_all(server) == question
        server.sendall(reply)
        server.close()

    with listen() as listener:
        others = [in_background(proxy, listener, 43), in_background(serve)]
        client = guests[42].connect((HOST, PORT), SAME_PORT)
        client.sendall(question)
        client.shutdown_send()
        assert read_all(client) == reply
        client.close()
        for thread in others:
            thread.join()


def nested(guests):
    """The guest on its own CID and its guest 42 ask their hosts, the same port from the same port; each host asks its
    guest then. Their host is played by outer_host.py, which connects when it has been left."""
    with listen() as listener:
        server = in_background(lambda: answer(listener.accept()[0], b"Your host has heard: "))
        outer, inner = connect(HOST, own_port=SAME_PORT), guests[42].connect((HOST, PORT), SAME_PORT)
        assert ask(inner, b"Hello from 42!") == b"Your host has heard: Hello from 42!"
        assert ask(outer, b"Hello from 3!") == b"The outer host has heard: Hello from 3!"
        inner.close()
        server.join()
        ask_guest(guests[42], b"Hello from your host!", b"42 has heard: ")
        outer.close()
        answer(listener.accept()[0], b"3 has heard: ")


def fails(error, function, *arguments):
    try:
        function(*arguments)
    except error:
        return True
    return False


def outside(_):
    """As a guest of vhost-device-vsock 0.3.0: nobody listens there, which it does not say; 400 kB to an echo, of which
    it takes 64 KiB; the other side closes first; nobody listens here."""
    assert fails(TimeoutError, connect, HOST, NOBODY)
    client = connect(HOST, ECHO)
    client.settimeout(12)
    assert fails(TimeoutError, client.sendall, bytes(400000))
    client.close()
    client = connect(HOST, GOES)
    client.sendall(b"Go.")
    assert client.recv(10) == b""
    client.close()
    client = connect(HOST, DIALS)
    assert client.recv(100) == b"nothing"
    client.close()


def record(folder, name, scenario, guests, *options):
    capture = capturing.Capture(folder, name, ["dumpcap", "-q", "-i", "vsockmon0", *options])
    capturing.wait_until(capture.has_begun, f"{name} captures")
    time.sleep(1)
    scenario(guests)
    time.sleep(2)  # for the last packets
    capture.end()
    print(f"{name}: captured")


def main():
    folder = pathlib.Path(sys.argv[1])
    subprocess.run(["modprobe", "vhost_vsock"], check=True)
    guests = {cid: virtual_guest.Guest(cid) for cid in (42, 43)}
    for one in guests.values():
        one.listen(PORT)
    record(folder, "host-guest", hello, guests)
    record(folder, "siblings", siblings, guests, "-s", "96")
    devices = pathlib.Path("/sys/bus/virtio/devices").glob("*/device")
    if VSOCK_DEVICE in [device.read_text() for device in devices]:
        subprocess.run(["modprobe", "vmw_vsock_virtio_transport"], check=True)
        record(folder, "nested", nested, guests)
        record(folder, "outside", outside, guests)


if __name__ == "__main__":
    main()
