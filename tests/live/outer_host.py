# SPDX-License-Identifier: GPL-2.0-or-later
"""outer_host.py SOCKET - the virtual machine's host in the nested scenario, behind a vsock device that speaks over
UNIX sockets, as vhost-device-vsock does: the guest's connections to port P come to SOCKET_P, and "connect P" on
SOCKET is one to the guest."""
import pathlib
import socket
import sys

PORT = 9999


def main():
    path = pathlib.Path(sys.argv[1])
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


main()
