# SPDX-License-Identifier: GPL-2.0-or-later
"""The extcap vsockmon, live: nobody has made a device, and none is left. Only for the virtual machine.

Leaves captures for judge.py, and ends with what is wrong otherwise.
"""
import contextlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import filters
import traffic
from capturing import Capture, LiveTshark, LiveWatch, wait_until

NET = pathlib.Path("/sys/class/net")
NOBODY = 65534
CAP_NET_ADMIN, CAP_NET_RAW = 12, 13
SOON = 30  # seconds, on an emulated processor; one is the rule
HEADERS = 96  # bytes that are kept of a record where only they are wanted
FILTERS = 4  # of filters.py's, those that are not tried: this is a slow machine
STATISTICS, PACKET = 5, 6  # types of blocks
# What is typed into the form, as preferences, with a word for it and the display filter that means the same.
FORM_OPTIONS = ("-o", f"extcap.vsockmon.ports:10003-10004,{traffic.REFUSED}", "-o", "extcap.vsockmon.leaveoutports:10003",
                "-o", "extcap.vsockmon.cids:local", "-o", "extcap.vsockmon.buffer:4")
FORM = ("the form", f"vsock.port in {{10003..10004, {traffic.REFUSED}}} && !(vsock.port == 10003) && vsock.cid == 1")


def check(what, is_so):
    print(f"extcap: {what}: {'as it should be' if is_so else 'WRONG'}", flush=True)
    if not is_so:
        sys.exit(f"extcap: not so: {what}")


def devices():
    return {path.name for path in NET.iterdir() if path.name.startswith("vsockmon")}


def wait_for_devices(names):
    names, deadline = set(names), time.monotonic() + SOON
    while devices() != names and time.monotonic() < deadline:
        time.sleep(0.1)
    if devices() != names:
        print(f"extcap: there are {devices()}, not {names}")
    return devices() == names


def children(pid, name):
    """Processes of that name whose parent it is."""
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            comm, _, rest = status.read_text().partition("(")[2].rpartition(")")
            if comm == name and int(rest.split()[1]) == pid:
                yield int(status.parent.name)


def recording(folder, name, *options):
    return Capture(folder, name, ["tshark", "-n", "-q", "-i", "vsockmon", *options])


def extcap():
    return next(path for path in pathlib.Path("/usr").rglob("extcap/vsockmon") if path.is_file())


def every_option(folder):
    """All at once, each with a device of its own; no module is loaded before, and none of another has a device."""
    subprocess.run(["ip", "link", "del", "vsockmon0"], check=True)
    subprocess.run(["modprobe", "-r", "vsockmon"], check=True)
    listed = subprocess.run(["tshark", "-D"], capture_output=True, text=True, check=True).stdout
    check("tshark -D lists it where there is no device", "vsockmon (vsock of" in listed and not devices())
    captures = [LiveTshark(folder, "vsockmon"), LiveWatch(folder, "vsockmon"),
                recording(folder, "vsockmon-headers", "-o", "extcap.vsockmon.headersonly:true"),
                recording(folder, "vsockmon-form", *FORM_OPTIONS),
                *(recording(folder, f"vsockmon-{name}", "-f", words)
                  for name, words, _ in itertools.islice(filters.tried(folder), FILTERS, None))]
    for capture in captures:
        wait_until(capture.has_begun, f"{capture.name} captures")
    check("each has a device", wait_for_devices(f"vsockmon-cap{number}" for number in range(len(captures))))
    traffic.run()
    for capture in captures:
        wait_until(capture.has_all, f"{capture.name} has the last packet")
    for capture in captures:
        capture.end()
    check("no device is left", wait_for_devices(()))


def killed(folder):
    """Other devices are left alone, also those whose names it would have."""
    for name in ("vsockmon0", "vsockmon-cap0"):
        subprocess.run(["ip", "link", "add", name, "type", "vsockmon"], check=True)
    others = {"vsockmon0", "vsockmon-cap0"}
    for what, victim in (("tshark", lambda pid: pid), ("the extcap", lambda pid: next(children(pid, "vsockmon"))),
                         ("dumpcap", lambda pid: next(children(pid, "dumpcap"))), ("vsockwatch", lambda pid: pid)):
        its_own = what == "vsockwatch"
        capture = LiveWatch(pathlib.Path("/tmp"), "vsockmon") if its_own else recording(folder, f"killed-{what.split()[-1]}")
        wait_until(capture.has_begun, f"{capture.name} captures")
        check(f"it makes one more, before {what} is killed", wait_for_devices(others | {"vsockmon-cap1"}))
        os.kill(victim(capture.process.pid), signal.SIGKILL)
        began = time.monotonic()
        check("its device is gone, others are not", wait_for_devices(others))
        print(f"extcap: {time.monotonic() - began:.1f} s after {what} was killed")
        with contextlib.suppress(ProcessLookupError):
            capture.process.send_signal(signal.SIGINT)
        capture.process.wait(SOON)
    for name in others:
        subprocess.run(["ip", "link", "del", name], check=True)


def rights(folder):
    """What a user needs: the capabilities of the file, as setcap gives them."""
    program = extcap()
    home = pathlib.Path("/home/nobody")
    home.mkdir(parents=True)
    os.chown(home, NOBODY, NOBODY)
    command = ["tshark", "-n", "-i", "vsockmon", "-c", "4", "-w", "his.pcapng"]

    def run():
        return subprocess.Popen(command, user=NOBODY, group=NOBODY, extra_groups=[], cwd=home,
                                env=dict(os.environ, HOME=str(home)), stderr=subprocess.PIPE, text=True)

    refused = run()
    said = refused.communicate(timeout=SOON)[1]
    (folder / "refused.txt").write_text(said)
    check("without rights, it says what gives them", f"sudo setcap cap_net_admin,cap_net_raw=ep {program}" in said)
    check("and nothing is left", not devices())

    magic, permitted = 0x02000001, 1 << CAP_NET_ADMIN | 1 << CAP_NET_RAW  # VFS_CAP_REVISION_2, effective
    os.setxattr(program, "security.capability", struct.pack("<5I", magic, permitted, 0, 0, 0))
    allowed = run()
    check("with them, he has a device", wait_for_devices(["vsockmon-cap0"]))
    pid = next(children(allowed.pid, "vsockmon"))
    wait_until(lambda: (home / "his.pcapng").exists(), "his capture begins")
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    check("but no capability any more while he records", "CapPrm:\t0000000000000000" in status)
    traffic.refused()
    traffic.refused()
    print(allowed.communicate(timeout=SOON)[1])
    check("the capture is his", (home / "his.pcapng").stat().st_uid == NOBODY)
    shutil.copy(home / "his.pcapng", folder)
    check("nothing is left", wait_for_devices(()))


def blocks(data):
    """(type, body) of each whole block."""
    while len(data) >= 12:
        kind, length = struct.unpack_from("<II", data)
        yield kind, data[8:length - 4]
        data = data[length:]


def flood(megabytes):
    client, server = traffic.connect(traffic.STREAM)
    for _ in range(megabytes * 16):
        client.sendall(bytes(65536))
        left = 65536
        while left:
            left -= len(server.recv(left))
    traffic.close(client, server)


def slow_reader():
    """Who does not read in time loses packets, and is told how many."""
    fifo = "/tmp/slow.fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([extcap(), "--capture", "--extcap-interface", "vsockmon", "--fifo", fifo, "--buffer", "1"],
                               stderr=subprocess.PIPE, text=True)
    with open(fifo, "rb", buffering=0) as reader:
        wait_until(devices, "a device")
        time.sleep(1)
        flood(8)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        data = reader.read()
        while True:
            more = reader.read()
            if not more:
                break
            data += more
    said = process.communicate(timeout=SOON)[1]
    read = list(blocks(data))
    received, dropped = (struct.unpack_from("<Q", read[-1][1], place)[0] for place in (16, 28))
    packets = sum(kind == PACKET for kind, _ in read)
    print(f"extcap: {packets} packets read, {received} received, {dropped} lost; {said.strip()}")
    check("the last block tells of what was lost", read[-1][0] == STATISTICS and dropped > 0)
    check("all others are there", packets + dropped == received)
    check("it is told on stderr as well", f"{dropped} packets were lost" in said and process.returncode == 0)
    check("no device is left behind", wait_for_devices(()))


def reader_gone():
    """A FIFO that nobody reads any more, while nothing is recorded."""
    fifo = "/tmp/gone.fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen([extcap(), "--capture", "--extcap-interface", "vsockmon", "--fifo", fifo])
    with open(fifo, "rb", buffering=0) as reader:
        reader.read(4)
    check("it ends with its reader", process.wait(SOON) == 0 and wait_for_devices(()))


# What runs in the guest runs here, and so does what is recorded.
SSH = """#!/bin/busybox sh
for last; do :; done
exec /bin/busybox sh -c "$last"
"""


def through_ssh(folder):
    """vsockguest's script with a real kernel and dumpcap; ssh is a stand-in, of an address that is IP's. With ssh and
    sshd themselves: real_ssh.py."""
    before = dict(os.environ)
    stub = pathlib.Path("/tmp/stub")
    stub.mkdir()
    (stub / "ssh").write_text(SSH)
    (stub / "ssh").chmod(0o755)
    for applet in ("sh", "cat", "uname"):
        (stub / applet).symlink_to("/bin/busybox")
    os.environ.update(PATH=f"{stub}:{os.environ['PATH']}", SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    command = ["tshark", "-n", "-q", "-i", "vsockguest", "-o", "extcap.vsockguest.host:guest", "-o",
               "extcap.vsockguest.headersonly:true"]
    capture = Capture(folder, "vsockguest", command)
    wait_until(capture.has_begun, "vsockguest captures")
    check("a device is in the guest", wait_for_devices(["vsockmon-ssh0"]))
    traffic.refused()
    traffic.refused()
    wait_until(capture.has_all, "vsockguest has the packets")
    capture.end()
    check("and none at the end", wait_for_devices(()))
    check("the capture names it", b"vsockmon-ssh0" in capture.file.read_bytes())
    for what, victim in (("tshark", lambda pid: pid), ("the extcap", lambda pid: next(children(pid, "vsockguest")))):
        capture = Capture(folder, f"vsockguest-{what.split()[-1]}", command)
        wait_until(capture.has_begun, f"{capture.name} captures")
        wait_for_devices(["vsockmon-ssh0"])
        os.kill(victim(capture.process.pid), signal.SIGKILL)
        check(f"{what} is killed, and the guest has no device", wait_for_devices(()))
        with contextlib.suppress(ProcessLookupError):
            capture.process.send_signal(signal.SIGINT)
        capture.process.wait(SOON)
    os.environ.clear()
    os.environ.update(before)


def ring(folder):
    """What a long capture costs, as docs/recording.md says: bytes a packet, and what is lost at full speed."""
    subprocess.run(["ip", "link", "add", "vsockmon0", "up", "type", "vsockmon"], check=True)
    ring = pathlib.Path("/tmp/ring")
    ring.mkdir()
    for snaplen in ("96", "262144"):
        process = subprocess.Popen(["dumpcap", "-q", "-i", "vsockmon0", "-s", snaplen, "-B", "16", "-b", "filesize:1000",
                                    "-b", "files:3", "-w", str(ring / f"{snaplen}.pcapng")], stderr=subprocess.PIPE, text=True)
        wait_until(lambda: list(ring.glob(f"{snaplen}_*")), "a ring begins")
        time.sleep(1)
        began = time.monotonic()
        flood(32)
        took = time.monotonic() - began
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=SOON)[1].strip().splitlines()[-1]
        files = sorted(ring.glob(f"{snaplen}_*"))
        packets = sum(kind == PACKET for file in files for kind, _ in blocks(file.read_bytes()))
        size = sum(file.stat().st_size for file in files)
        print(f"extcap: ring with a snaplen of {snaplen}: 32 MiB in {took:.2f} s; {len(files)} files, {size / packets:.1f} "
              f"bytes a packet; {said}")
        check("there are no more files than three", 0 < len(files) <= 3)
    subprocess.run(["ip", "link", "del", "vsockmon0"], check=True)


def service():
    """What systemd would run for vsockmon.service."""
    unit = next(pathlib.Path("/usr/lib/systemd/system").glob("vsockmon.service")).read_text()
    start, stop = (re.search(f"^{key}=(.*)$", unit, re.M)[1].split() for key in ("ExecStart", "ExecStop"))
    subprocess.run(start, check=True)
    check("the service has vsockmon0", devices() == {"vsockmon0"})
    check("and it is up", int((NET / "vsockmon0/flags").read_text(), 16) & 1)
    check("one that is there is left as it is", subprocess.run(start).returncode != 0 and devices() == {"vsockmon0"})
    subprocess.run(stop, check=True)
    check("and none is left", not devices())


def run(folder):
    every_option(folder)
    killed(folder)
    rights(folder)
    slow_reader()
    reader_gone()
    service()
    through_ssh(folder)
    ring(folder)
