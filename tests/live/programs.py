# SPDX-License-Identifier: GPL-2.0-or-later
"""programs.py FOLDER [NAME...] - records what real programs say to each other over loopback: all that are installed, or
those named. Only for the virtual machine: never to be run elsewhere.

nbd     nbdkit, which is asked by nbdinfo; structured replies, then simple ones
qga     qemu-ga, whose client is Python
p11     p11-kit's server in front of SoftHSM's token, whose client is OpenSC's pkcs11-tool with p11-kit's module
notify  systemd-notify, which tells a server in Python
gvproxy gvisor-tap-vsock's, whose client is Python: it puts in the frames of a tap device, as gvforwarder does
json    an agent and its client, both in Python, whose messages are JSON behind a length
"""
import fcntl
import http.server
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

import capturing
import scenarios

LOCAL = 1  # VMADDR_CID_LOCAL
HOST = 2  # where gvproxy listens: connections of the host to itself are loopback's
NBD, NBD_SIMPLE, AGENT, TOKEN, NOTIFY, FRAMED, NETWORK = 10809, 10810, 3101, 1111, 5555, 1024, 1025
CLIENT_MODULE = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"
SOFTHSM = "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"


def listens(port, cid=LOCAL):
    """As /proc does not say: by connecting, before anything is recorded."""
    try:
        scenarios.connect(cid, port).close()
    except OSError:
        return False
    return True


class Server:
    """A program that serves a port, until it is left."""

    def __init__(self, command, port, cid=LOCAL, **environment):
        self.process = subprocess.Popen(command, env=os.environ | environment)
        capturing.wait_until(lambda: listens(port, cid), f"{command[0]} listens")

    def end(self):
        self.process.terminate()
        self.process.wait()


def run(*command, **environment):
    print(*command, flush=True)
    subprocess.run(command, env=os.environ | environment, check=True, timeout=capturing.PATIENCE)


def nbd():
    disk = ["nbdkit", "--foreground", "--vsock", "--exit-with-parent"]
    servers = [Server([*disk, "--port", str(NBD), "memory", "64k"], NBD),
               Server([*disk, "--no-sr", "--port", str(NBD_SIMPLE), "data", "size=4096", "data=1 2 3 4"], NBD_SIMPLE)]

    def talk():
        run("nbdinfo", f"nbd+vsock://{LOCAL}:{NBD}/")
        run("nbdcopy", f"nbd+vsock://{LOCAL}:{NBD_SIMPLE}/", "/tmp/copy")

    return servers, talk


def qga():
    server = Server(["qemu-ga", "-m", "vsock-listen", "-p", f"{LOCAL}:{AGENT}", "-t", "/tmp", "-f", "/tmp/qga.pid"], AGENT)

    def talk():
        with scenarios.connect(LOCAL, AGENT) as client, client.makefile("rb") as answers:
            client.sendall(b'\xff{"execute": "guest-sync-delimited", "arguments": {"id": 7}}\n')
            while b"7" not in answers.readline():
                pass
            for command in ("guest-ping", "guest-get-osinfo", "guest-get-timezone", "guest-nothing"):
                client.sendall(json.dumps({"execute": command}).encode() + b"\n")
                answers.readline()

    return [server], talk


def p11():
    pathlib.Path("/tmp/tokens").mkdir(exist_ok=True)
    pathlib.Path("/tmp/softhsm2.conf").write_text("directories.tokendir = /tmp/tokens\n")
    hsm = {"SOFTHSM2_CONF": "/tmp/softhsm2.conf"}
    run("softhsm2-util", "--init-token", "--free", "--label", "vsock", "--pin", "1234", "--so-pin", "5678", **hsm)
    address = f"vsock:cid={LOCAL};port={TOKEN}"
    server = Server(["p11-kit", "server", "--foreground", "--provider", SOFTHSM, "--name", address, "pkcs11:token=vsock"],
                    TOKEN, **hsm)

    def talk():
        tool = ["pkcs11-tool", "--module", CLIENT_MODULE]
        where = {"P11_KIT_SERVER_ADDRESS": address}
        run(*tool, "--list-token-slots", **where)
        run(*tool, "--login", "--pin", "1234", "--list-objects", **where)

    return [server], talk


def notify():
    listener = socket.socket(socket.AF_VSOCK, socket.SOCK_SEQPACKET)
    listener.bind((socket.VMADDR_CID_ANY, NOTIFY))
    listener.listen(8)

    def serve():
        while True:
            side, _ = listener.accept()
            while side.recv(4096):
                pass
            side.close()

    threading.Thread(target=serve, daemon=True).start()

    def talk():
        run("systemd-notify", "--ready", "--status=up", NOTIFY_SOCKET=f"vsock:{LOCAL}:{NOTIFY}")

    return [], talk


TAP = "tap0"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000  # of linux/if_tun.h
NETWORK_VM, NETWORK_VM_MAC = "192.168.127.2", "5a:94:ef:e4:0c:ee"  # which gvproxy keeps for its first machine
NETWORK_DNS, NETWORK_HOST = "192.168.127.1", "192.168.127.254"
PAGE_PORT = 8000


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"The host has this page.\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def open_tap():
    run("modprobe", "-a", "tun", "vhost_vsock")  # gvproxy takes the machine's CID, which is HOST with vhost
    run("ip", "link", "set", "lo", "up")
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", TAP.encode(), IFF_TAP | IFF_NO_PI))
    pathlib.Path(f"/proc/sys/net/ipv6/conf/{TAP}/disable_ipv6").write_text("1")
    run("ip", "link", "set", TAP, "address", NETWORK_VM_MAC, "up")
    run("ip", "address", "add", f"{NETWORK_VM}/24", "dev", TAP)
    return tap


def look_up(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(capturing.PATIENCE)
        question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, 1, 1)
        client.sendto(question, (NETWORK_DNS, 53))
        client.recv(1500)


def put_in_frames(tap, connection):
    """Until the connection ends. Each frame is behind its length, of 16 bits."""
    frames = connection.makefile("rb")

    def take_out():
        while length := frames.read(2):
            os.write(tap, frames.read(struct.unpack("<H", length)[0]))

    def put_in():
        while True:
            frame = os.read(tap, 65536)
            connection.sendall(struct.pack("<H", len(frame)) + frame)

    for pump in (take_out, put_in):
        threading.Thread(target=pump, daemon=True).start()


def gvproxy():
    tap = open_tap()
    etc = pathlib.Path("/etc")  # it does not start without these
    etc.mkdir(exist_ok=True)
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    server = Server(["gvproxy", "-listen", f"vsock://:{NETWORK}"], NETWORK, HOST)
    page = http.server.HTTPServer(("127.0.0.1", PAGE_PORT), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()

    def talk():
        connection = scenarios.connect(HOST, NETWORK)
        connection.settimeout(None)
        connection.sendall(b"POST /connect HTTP/1.1\r\nHost: 2\r\nContent-Length: 0\r\n\r\n")
        put_in_frames(tap, connection)
        look_up("host.containers.internal")
        urllib.request.urlopen(f"http://{NETWORK_HOST}:{PAGE_PORT}/page").read()
        time.sleep(1)  # for the inner connection's last acknowledgement
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    return [server], talk


def framed():
    """Of what is installed, nothing speaks this: the framing is that of vm0's agent."""
    def read(side):
        length = struct.unpack(">I", side.recv(4, socket.MSG_WAITALL))[0]
        return json.loads(side.recv(length, socket.MSG_WAITALL))

    def write(side, **message):
        data = json.dumps(message).encode()
        side.sendall(struct.pack(">I", len(data)))
        side.sendall(data)

    listener = scenarios.listen(FRAMED)

    def serve():
        side, _ = listener.accept()
        for _ in range(2):
            write(side, type="exec_result", id=read(side)["id"], exit=0, stdout="total 0\n" * 20)
        side.close()

    def talk():
        server = scenarios.in_background(serve)
        with scenarios.connect(LOCAL, FRAMED) as client:
            for number in (1, 2):
                write(client, type="exec", id=number, argv=["ls", "-l"])
                read(client)
            server.join()

    return [], talk


PROGRAMS = {"nbd": (nbd, "nbdkit"), "qga": (qga, "qemu-ga"), "p11": (p11, "p11-kit"), "notify": (notify, "systemd-notify"),
            "gvproxy": (gvproxy, "gvproxy"), "json": (framed, "python3")}


def is_installed(program):
    return any((pathlib.Path(folder) / program).exists() for folder in os.environ["PATH"].split(":"))


def main():
    folder, names = pathlib.Path(sys.argv[1]), sys.argv[2:] or list(PROGRAMS)
    for name in names:
        prepare, program = PROGRAMS[name]
        if not is_installed(program):
            print(f"{name}: there is no {program}")
            continue
        servers, talk = prepare()
        time.sleep(1)  # for what was asked before
        scenarios.record(folder, name, lambda _, talk=talk: talk(), {})
        for server in servers:
            server.end()


if __name__ == "__main__":
    main()
