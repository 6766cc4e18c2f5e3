# SPDX-License-Identifier: GPL-2.0-or-later
"""inner.py host FOLDER - records a host, and its guest in a machine of its own, with a kernel of its own: both from
their vsockmon0. The machine that runs this is the host, and runs qemu in software emulation.
inner.py guest FOLDER - what runs in that guest. record_inner starts both. Only for virtual machines: never to be run
elsewhere.

Leaves host.pcapng and inner-machine.pcapng in FOLDER. Each side asserts what its programs got.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import capturing
import scenarios
from scenarios import HOST, connect, listen

CID = 42
TALK, BULK, SLOW, LATE, NOBODY = 9999, 1024, 1025, 1026, 4444  # ports
SNAPLEN = "160"
SMALL = 32768  # bytes of a listener's buffer
PATIENCE = 1800  # seconds: an emulated processor emulates another one
capturing.PATIENCE = PATIENCE
BULK_DATA = bytes(number % 251 for number in range(100000))


def accept(listener):
    side, _ = listener.accept()
    side.settimeout(PATIENCE)
    return side


def receive(side, length):
    data = b""
    while len(data) < length:
        more = side.recv(65536)
        assert more, "the other side has ended it"
        data += more
    return data


def closed_by_other(side):
    assert side.recv(1) == b""
    side.close()


def ask(client):
    for number in range(6):
        assert scenarios.ask(client, b"%d, who asks?" % number) == b"%d, who asks? I." % number


def answer(server):
    for _ in range(6):
        server.sendall(server.recv(100) + b" I.")


def capture(folder, name):
    recorder = capturing.Capture(folder, name, ["dumpcap", "-q", "-i", "vsockmon0", "-s", SNAPLEN])
    capturing.wait_until(recorder.has_begun, f"{name} captures")
    time.sleep(2)
    return recorder


def guest(folder):
    """What each step is, host() says."""
    subprocess.run(["modprobe", "vmw_vsock_virtio_transport"], check=True)
    listeners = {port: listen(port) for port in (BULK, SLOW, LATE)}
    listeners[SLOW].setsockopt(socket.AF_VSOCK, socket.SO_VM_SOCKETS_BUFFER_SIZE, SMALL)  # its connections' as well
    recorder = capture(folder, "machine")
    client = connect(HOST, TALK)
    ask(client)
    client.sendall(BULK_DATA)
    client.close()

    server = accept(listeners[BULK])
    assert receive(server, len(BULK_DATA)) == BULK_DATA
    server.sendall(b"All of it.")
    closed_by_other(server)

    server = accept(listeners[SLOW])
    time.sleep(15)
    receive(server, SMALL + 1000)
    closed_by_other(server)

    server = accept(listeners[LATE])
    answer(server)
    closed_by_other(server)

    assert scenarios.fails(ConnectionResetError, connect, HOST, NOBODY)
    client = connect(HOST, TALK)
    ask(client)
    client.close()
    time.sleep(5)
    recorder.end()


def machine(folder, shared):
    """The guest's. On one processor: what it emulates is code that changes, and the one below is emulated, too."""
    return subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "qemu64", "-m", "400", "-nodefaults", "-no-reboot", "-display", "none",
         "-L", folder / "firmware", "-serial", f"file:{folder}/inner-console", "-kernel", folder / "vmlinux", "-initrd",
         folder / "inner.img", "-append",
         "console=ttyS0 panic=-1 mitigations=off nowatchdog tsc=reliable job=\"python3 /live/inner.py guest /share\"",
         "-rtc", "base=2027-01-01T00:00:00",
         "-virtfs", f"local,path={shared},mount_tag=share,security_model=none",
         "-device", f"vhost-vsock-pci,guest-cid={CID}"],
        preexec_fn=lambda: os.sched_setaffinity(0, {0}))


def host(folder):
    subprocess.run(["modprobe", "vhost_vsock"], check=True)
    shared = pathlib.Path("/tmp/inner")
    shared.mkdir()
    listener = listen(TALK)
    recorder = capture(folder, "host")
    began = time.monotonic()
    inner = machine(folder, shared)
    ended = threading.Event()

    def step(what):
        print(f"{time.monotonic() - began:.0f} s: {what}", flush=True)

    def wait_for_its_end():
        """Whoever waits for the guest is not to wait for one that has failed."""
        status = inner.wait()
        for path in shared.iterdir():
            shutil.copy(path, folder / f"inner-{path.name}")
        if status != 0 or (shared / "status").read_text() != "0\n":
            print("the guest has failed; see inner-guest.log and inner-console")
            sys.stdout.flush()
            os._exit(1)
        ended.set()

    threading.Thread(target=wait_for_its_end, daemon=True).start()

    server = accept(listener)
    step("the guest asks, and sends 100 kB")
    answer(server)
    assert receive(server, len(BULK_DATA)) == BULK_DATA
    closed_by_other(server)

    step("the host sends 100 kB, which vhost splits")
    client = connect(CID, BULK)
    client.sendall(BULK_DATA)
    assert client.recv(100) == b"All of it."
    client.close()

    step("the host sends to a program that does not read")
    client = connect(CID, SLOW)
    client.sendall(bytes(SMALL + 1000))
    client.close()

    step("the host asks while the guest's machine stands still")
    client = connect(CID, LATE)
    inner.send_signal(signal.SIGSTOP)
    going_on = scenarios.in_background(lambda: (time.sleep(5), inner.send_signal(signal.SIGCONT)))
    ask(client)
    going_on.join()
    client.close()

    server = accept(listener)
    step("the guest has asked where nobody listens, and asks again")
    answer(server)
    closed_by_other(server)
    assert ended.wait(PATIENCE)
    step("the guest has ended")
    recorder.end()


if __name__ == "__main__":
    {"host": host, "guest": guest}[sys.argv[1]](pathlib.Path(sys.argv[2]))
