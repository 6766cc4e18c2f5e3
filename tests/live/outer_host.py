# SPDX-License-Identifier: GPL-2.0-or-later
"""outer_host.py SOCKET - the virtual machine's host in the nested scenario, behind a vsock device that speaks over
UNIX sockets, as vhost-device-vsock does: the guest's connections to port P come to SOCKET_P, and "connect P" on
SOCKET is one to the guest."""
import pathlib
import socket
import sys
import threading

PORT = 9999
ECHO, GOES, DIALS = 9001, 9002, 9003  # what is asked of it there
NOBODY = 9004  # in the guest


def serve(path, port, what):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"{path}_{port}")
        listener.listen(1)
        while True:
            server, _ = listener.accept()
            what(server)
            server.close()


def echo(server):
    for data in iter(lambda: server.recv(65536), b""):
        server.sendall(data)


def go(server):
    server.recv(100)


def dial(path, server):
    """What it hears of a port of the guest where nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(f"connect {NOBODY}\n".encode())
        try:
            heard = client.recv(100)
        except OSError as error:
            heard = str(error).encode()
    server.sendall(heard or b"nothing")


def main():
    path = pathlib.Path(sys.argv[1])
    for port, what in ((ECHO, echo), (GOES, go), (DIALS, lambda server: dial(path, server))):
        threading.Thread(target=serve, args=(path, port, what), daemon=True).start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"{path}_{PORT}")
        listener.listen(1)
        server, _ = listener.accept()
    server.sendall(b"The outer host has heard: " + server.recv(100))
    assert server.recv(1) == b""
    server.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(path))
        client.sendall(f"connect {PORT}\n".encode())
        assert client.recv(100).startswith(b"OK ")
        client.sendall(b"Hello from the outer host!")
        assert client.recv(100) == b"3 has heard: Hello from the outer host!"
    threading.Event().wait()


main()
