# SPDX-License-Identifier: GPL-2.0-or-later
"""kernels.py FOLDER [NAME...] - records what only some kernels do. Only for the virtual machine: never to be run
elsewhere.

namespaces   four guests that share CID 3, each in a network namespace of its own, as KubeVirt runs them (Linux 7)
large-writes payload above 32404 bytes, whose bytes the tap of some kernels before 7.1 does not record
"""
import ctypes
import multiprocessing
import pathlib
import socket
import subprocess
import sys
import time

import monitors
import scenarios
from virtual_guest import REQUEST, RESPONSE

CLONE_NEWNET = 0x40000000  # linux/sched.h
NAMESPACE_MODE = pathlib.Path("/proc/sys/net/vsock/child_ns_mode")
SHARED_CID = 3
AGENT, MESSAGES = 1024, 5000  # ports


def in_a_namespace(listening, program):
    """A guest in a namespace of its own, which listens on the ports; and what its host's program there does."""
    def run():
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        virtual = monitors.Scripted(SHARED_CID)
        for port in (AGENT, MESSAGES):
            virtual.scripts[port] = {REQUEST: [RESPONSE if port in listening else monitors.NO_SOCKET]}
        program()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def talk():
    client = scenarios.connect(SHARED_CID, AGENT)
    client.send(b"hello")
    time.sleep(6)
    client.send(b"still here")
    time.sleep(1)


def try_again():
    time.sleep(1)
    for _ in range(4):
        assert monitors.failure(scenarios.connect, SHARED_CID, AGENT) is not None
        time.sleep(0.3)


def send_messages():
    client = socket.socket(socket.AF_VSOCK, socket.SOCK_SEQPACKET)
    client.connect((SHARED_CID, MESSAGES))
    time.sleep(5)


def ask_for_a_stream():
    time.sleep(2)
    assert monitors.failure(scenarios.connect, SHARED_CID, MESSAGES) is not None
    time.sleep(1)


def namespaces(_):
    NAMESPACE_MODE.write_text("local")
    machines = [in_a_namespace(*what) for what in (([AGENT], talk), ([], try_again), ([AGENT, MESSAGES], send_messages),
                                                   ([], ask_for_a_stream))]
    for machine in machines:
        machine.join()
        assert machine.exitcode == 0


def large_writes(_):
    client, server = monitors.connected(monitors.LOOPBACK, AGENT)
    for size in (1000, 32404, 32405, 33000, 60000):
        client.sendall(bytes([65 + size % 26]) * size)
        while size > 0:
            size -= len(server.recv(size))
        time.sleep(0.2)
    client.close()
    server.close()


def main():
    folder, *names = sys.argv[1:]
    subprocess.run(["modprobe", "vhost_vsock"], check=True)
    if NAMESPACE_MODE.exists() and (not names or "namespaces" in names):
        scenarios.record(pathlib.Path(folder), "namespaces", namespaces, None)
    if not names or "large-writes" in names:
        scenarios.record(pathlib.Path(folder), "large-writes", large_writes, None)


main()
