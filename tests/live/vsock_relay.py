# SPDX-License-Identifier: GPL-2.0-or-later
"""vsock_relay.py CID PORT - joins stdin and stdout to a vsock connection, as an ssh's ProxyCommand. Only for the virtual
machine."""
import os
import socket
import sys
import threading


def copy(read, write, end):
    for data in iter(lambda: read(65536), b""):
        write(data)
    end()


client = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
client.connect((int(sys.argv[1]), int(sys.argv[2])))
threading.Thread(target=copy, args=(lambda size: os.read(0, size), client.sendall, lambda: client.shutdown(socket.SHUT_WR)),
                 daemon=True).start()
copy(client.recv, lambda data: os.write(1, data), lambda: None)
