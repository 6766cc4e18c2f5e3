# SPDX-License-Identifier: GPL-2.0-or-later
"""The extcap vsockguest through ssh and sshd themselves: into another network namespace, over IP; and over vsock, where
what ssh says is vsock as well, and has to be left out. Only for the virtual machine.

Ends with what is wrong. sshd is run as systemd's units for vsock do: a process a connection, which is its stdin.
"""
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

import extcap
import traffic
from capturing import END, END_COUNT, Capture, wait_until
from extcap import check, wait_for_devices

SSHD = "/usr/sbin/sshd"
PROXY = pathlib.Path("/usr/lib/systemd/systemd-ssh-proxy")  # since systemd 256
RELAY = "/live/vsock_relay.py"
SSH_PORT = 22
NAMESPACE, ADDRESS, OTHER_ADDRESS = "guest", "192.0.2.2", "192.0.2.1"
HOME = pathlib.Path("/root")

# What root's shell in the guest needs; /etc, as far as ssh and sshd do; and who may log in.
APPLETS = ("sh", "cat", "uname")
FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
                   "nobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/ssh/sshd_config": "HostKey /etc/ssh/host_key\nUsePAM no\nPasswordAuthentication no\n",
    # The lines of vsock/* are systemd's own (20-systemd-ssh-proxy.conf).
    "/root/.ssh/config": f"""Host *
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    IdentityFile /root/.ssh/key
Host vsock/*
    ProxyCommand {PROXY} %h %p
    ProxyUseFdpass yes
    CheckHostIP no
Host behind-a-name
    ProxyCommand python3 {RELAY} 1 %p
""",
}


def prepare():
    for applet in APPLETS:
        path = pathlib.Path("/usr/bin", applet)
        if not path.exists():
            path.symlink_to("/bin/busybox")
    for name, text in FILES.items():
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pathlib.Path("/run/sshd").mkdir(parents=True, exist_ok=True)
    for folder in (HOME, HOME / ".ssh"):
        folder.chmod(0o700)
    for key in ("/root/.ssh/key", "/etc/ssh/host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    shutil.copy("/root/.ssh/key.pub", "/root/.ssh/authorized_keys")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def make_namespace():
    """The guest: reached over IP, and its devices are not ours."""
    ip("netns", "add", NAMESPACE)
    ip("link", "add", "outside", "type", "veth", "peer", "name", "inside", "netns", NAMESPACE)
    ip("address", "add", f"{OTHER_ADDRESS}/24", "dev", "outside")
    ip("link", "set", "outside", "up")
    ip("-n", NAMESPACE, "address", "add", f"{ADDRESS}/24", "dev", "inside")
    ip("-n", NAMESPACE, "link", "set", "inside", "up")
    return subprocess.Popen(["ip", "netns", "exec", NAMESPACE, SSHD, "-D", "-e"])


def devices_in_namespace():
    listed = subprocess.run(["ip", "-n", NAMESPACE, "-o", "link", "show"], check=True, capture_output=True, text=True)
    return "vsockmon" in listed.stdout


def listen_on_vsock():
    listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    listener.bind((socket.VMADDR_CID_ANY, SSH_PORT))
    listener.listen(8)

    def serve():
        while True:
            connection, _ = listener.accept()
            with connection:
                subprocess.Popen([SSHD, "-i", "-e"], stdin=connection, stdout=connection)

    threading.Thread(target=serve, daemon=True).start()


def ports(data):
    """Source and destination of each packet."""
    records = [body[20:] for kind, body in extcap.blocks(data) if kind == extcap.PACKET]
    return [struct.unpack_from("<II", record, 16) for record in records]


def record(folder, name, what, is_there, *options):
    """One recording: all that passes is in it but ssh, and the device goes with it."""
    command = ["tshark", "-n", "-q", "-i", "vsockguest", "-o", "extcap.vsockguest.headersonly:true"]
    for option in options:
        command += ["-o", f"extcap.vsockguest.{option}"]
    capture = Capture(folder, name, command)
    wait_until(capture.has_begun, f"{name} captures")
    wait_until(is_there, f"{name} has a device in the guest")
    traffic.refused()
    traffic.refused()
    wait_until(lambda: capture.file.read_bytes().count(END) >= 2 * END_COUNT, f"{name} has the packets")
    capture.end()
    found = ports(capture.file.read_bytes())
    wanted = [pair for pair in found if traffic.REFUSED in pair]
    print(f"{what}: {len(found)} packets, {len(wanted)} of them asked for, "
          f"{sum(SSH_PORT in pair for pair in found)} of ssh's own")
    check(f"{what}: all is recorded, and nothing of ssh", len(wanted) == 4 and found == wanted)
    wait_until(lambda: not is_there(), f"{name} has removed its device")


def run(folder):
    if not pathlib.Path(SSHD).exists():
        print("ssh: NOT TRIED, there is no sshd")
        return
    prepare()
    server = make_namespace()
    record(folder, "ssh-namespace", "ssh over IP, into another network namespace",
           lambda: devices_in_namespace() and not extcap.devices(), f"host:{ADDRESS}")
    server.terminate()
    listen_on_vsock()

    def is_here():
        return extcap.devices() == {"vsockmon-ssh0"}

    record(folder, "ssh-proxy", "ssh over vsock, as a ProxyCommand says", is_here, "host:guest",
           f"proxycommand:python3 {RELAY} 1 %p")
    record(folder, "ssh-name", "ssh over vsock, as the guest finds", is_here, "host:behind-a-name")
    if PROXY.exists():
        record(folder, "ssh-systemd", "ssh over vsock, by systemd's proxy", is_here, "host:vsock/1")
    else:
        print("ssh: systemd's proxy NOT TRIED, it is not there")
    check("ssh: no device is left", wait_for_devices(()))
