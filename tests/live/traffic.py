# SPDX-License-Identifier: GPL-2.0-or-later
"""A conversation of each kind over vsock's loopback. Only for the virtual machine: never to be run elsewhere.

The ports are judge.py's as well, by number.
"""
import socket
import time

STREAM, SEQPACKET, HALF_CLOSE, STALL, REFUSED = 10001, 10002, 10003, 10004, 0x5EED5EED
BUFFER = 65536


def connect(port, kind=socket.SOCK_STREAM, buffer=None):
    """Client's and server's ends."""
    with socket.socket(socket.AF_VSOCK, kind) as listener:
        if buffer:
            listener.setsockopt(socket.AF_VSOCK, socket.SO_VM_SOCKETS_BUFFER_SIZE, buffer)
        listener.bind((socket.VMADDR_CID_ANY, port))
        listener.listen(1)
        client = socket.socket(socket.AF_VSOCK, kind)
        client.settimeout(30)
        client.connect((1, port))  # VMADDR_CID_LOCAL, which Python names since 3.14
        server, _ = listener.accept()
        server.settimeout(30)
        return client, server


def close(client, server):
    """The client first, and the server when it has heard of that."""
    client.close()
    assert server.recv(1) == b""
    server.close()


def stream():
    client, server = connect(STREAM)
    client.sendall(b"a question")
    assert server.recv(100) == b"a question"
    server.sendall(b"an answer")
    assert client.recv(100) == b"an answer"
    close(client, server)


def seqpacket():
    client, server = connect(SEQPACKET, socket.SOCK_SEQPACKET)
    for message in (b"a message", b"another message"):
        client.send(message)
    assert [server.recv(100), server.recv(100)] == [b"a message", b"another message"]
    close(client, server)


def half_close():
    client, server = connect(HALF_CLOSE)
    client.sendall(b"all I have to say")
    client.shutdown(socket.SHUT_WR)
    assert (server.recv(100), server.recv(100)) == (b"all I have to say", b"")
    server.sendall(b"and yet I answer")
    server.close()
    assert (client.recv(100), client.recv(100)) == (b"and yet I answer", b"")
    client.close()


def stall():
    """A server that has something to say, but does not read for longer than its buffer lasts."""
    client, server = connect(STALL, buffer=BUFFER)
    client.setblocking(False)
    sent = 0
    try:
        while True:
            sent += client.send(bytes(8192))
    except BlockingIOError:
        pass
    assert sent == BUFFER
    time.sleep(2)
    server.sendall(b"busy")  # in the second half of the stall, however slow this machine: that proves the cause
    while sent:
        sent -= len(server.recv(sent))
    client.settimeout(30)
    client.sendall(b"at last")
    assert (server.recv(100), client.recv(100)) == (b"at last", b"busy")
    close(client, server)


def refused():
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    try:
        client.connect((1, REFUSED))
    except ConnectionResetError:
        client.close()
        return
    raise AssertionError("somebody listened")


def run():
    """The refused one is the last of all."""
    for kind in (stream, seqpacket, half_close, stall, refused):
        kind()
        print(f"{kind.__name__}: as it should be")
