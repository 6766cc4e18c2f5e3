#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The extcap vsockguest, with an ssh that runs here what would run in a guest: what the guest's script does with the
programs of a guest, which are stand-ins; how it ends; what is said of guests where it cannot be; and that nothing that is
typed is run. Takes runner.py's options.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

SOON = 30  # seconds
TOOLS = ("cat", "env", "kill", "mktemp", "rm", "sh", "sleep", "touch", "uname")
HOSTILE = ("'; touch PWNED; '", "$(touch PWNED)", "`touch PWNED`", "x; touch PWNED", "x\ntouch PWNED\n",
           "-oProxyCommand=touch PWNED", "\"; touch PWNED; \"", "x | touch PWNED", "\\'; touch PWNED #", "%n%s", "\x1b[2J",
           "x' -o 'ProxyCommand=touch PWNED")
FIELDS = ("--host", "--user", "--identity", "--proxy-command", "--cids", "--ports", "--leave-out-ports", "--ops",
          "--extcap-capture-filter", "--ssh-port", "--buffer")
PACKET = bytes(76)
PCAP = struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 271) + struct.pack("<IIII", 1, 2, 76, 76) + PACKET

# The guest's script looks there as well.
RECORDER_IN_SBIN = any(shutil.which(name, path="/usr/sbin:/sbin") for name in ("tcpdump", "dumpcap"))

# Each call is a line of "calls". The last argument is what the guest's shell is given.
SSH = """
printf '%s\\0' "$@" >"$CALLS/ssh"
[ -z "${SSH_FAILS:-}" ] || { echo "$SSH_FAILS" >&2; exit 255; }
[ -z "${GREETING:-}" ] || echo "$GREETING"
for last; do :; done
exec sh -c "$last"
"""
IP = """
echo "ip $*" >>"$CALLS/calls"
case $2 in
add) [ -z "${IP_FAILS:-}" ] || { echo "$IP_FAILS" >&2; exit 2; } ;;
esac
"""
RECORDER = """
sleep 60 >/dev/null 2>&1 &
trap 'kill $!; echo "${STATISTICS:-0 packets dropped by kernel}" >&2; exit 0' TERM
printf '%s\\0' "$@" >"$CALLS/recorder"
echo "listening on vsockmon-ssh0" >&2
cat "$CALLS/pcap"
wait
"""


def expect(what, is_so, *shown):
    if not is_so:
        sys.exit("\n".join([f"not so: {what}", *(str(text)[:3000] for text in shown)]))
    print(f"yes  {what}")


class Guest:
    """A folder with the programs of a guest, and the extcap."""

    def __init__(self, folder, options, *programs):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for place in ("bin", "extcap"):
            (folder / place).mkdir(parents=True)
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool))
        for name, body in (("ssh", SSH), ("ip", IP), *programs):
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / "pcap").write_bytes(PCAP)
        built = pathlib.Path(options.plugins).with_name("extcap_folder") / "vsockguest"
        self.program = shutil.copy(built, folder / "extcap")
        self.fifo = folder / "fifo"
        os.mkfifo(self.fifo)
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o777)
        self.environment = {"PATH": f"{folder}/bin", "CALLS": str(folder), "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}

    def start(self, *arguments, host="guest"):
        command = [self.program, "--capture", "--extcap-interface", "vsockguest", "--fifo", self.fifo,
                   *(["--host", host] if host else []), *arguments]
        wrapped = runner.unprivileged([shutil.which("env"), "-C", self.folder, *map(str, command)])
        wrapped[0] = shutil.which(wrapped[0])  # the guest has no such program
        return subprocess.Popen(wrapped, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")

    def begin(self, *arguments, **more):
        """Until the packet is there."""
        process = self.start(*arguments, **more)
        reader = open(self.fifo, "rb", buffering=0)
        data = b""
        while PACKET not in data:
            got = reader.read(65536)
            if not got:
                expect("a packet comes", False, data, process.communicate())
            data += got
        return process, reader, data

    def end(self, process, reader):
        process.send_signal(signal.SIGTERM)
        rest = b""
        while got := reader.read(65536):
            rest += got
        reader.close()
        return process.wait(SOON), process.stderr.read(), rest

    def refused(self, *arguments, **more):
        """What is said, with its status, where nothing is recorded."""
        process = self.start(*arguments, **more)
        with open(self.fifo, "rb") as reader:
            data = reader.read()
        return process.wait(SOON), process.stderr.read(), data

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def arguments(self, program):
        return (self.folder / program).read_bytes().decode().split("\0")[:-1]

    def device_is_gone(self):
        deadline = time.monotonic() + SOON
        while time.monotonic() < deadline:
            if self.calls()[-1] == "ip link del vsockmon-ssh0":
                return True
            time.sleep(0.05)
        return False


def records(guest_of):
    for recorder in ("tcpdump", "dumpcap"):
        guest = guest_of((recorder, RECORDER))
        guest.environment["GREETING"] = "Welcome!"
        process, reader, data = guest.begin("--headers-only", "--ports", "1024", "--buffer", "4")
        expect(f"{recorder}: the capture names the guest's device and kernel",
               b"vsockmon-ssh0" in data and f"Linux {os.uname().release}".encode() in data, data)
        status, said, _ = guest.end(process, reader)
        expect("it ends when it is told to, and says nothing", (status, said) == (0, ""), status, said)
        expect("a device is made, set up and removed", guest.calls() == [
            "ip link add vsockmon-ssh0 type vsockmon", "ip link set vsockmon-ssh0 up", "ip link del vsockmon-ssh0"])
        port = "((link[16:4] = 0x00040000 or link[20:4] = 0x00040000))"
        common = ["-i", "vsockmon-ssh0", "-n", "-U", "-w", "-", "-s", "96", "-B", "4096", "--time-stamp-precision=nano",
                  "--", port]
        if recorder == "dumpcap":
            common = ["-q", "-P", "-i", "vsockmon-ssh0", "-w", "-", "-s", "96", "-B", "4", "-f", port]
        expect("it is called as it should be", guest.arguments("recorder") == common, guest.arguments("recorder"))


def leaves_out_ssh(guest_of):
    """Where that goes over vsock: sshd knows no address then."""
    port = "not (link[16:4] = {0} or link[20:4] = {0})"
    for connection, more, filter in (
            ("192.0.2.1 5 192.0.2.2 22", {}, None), ("fe80::1 5 fe80::2 22", {}, None),
            ("UNKNOWN 65535 UNKNOWN 65535", {}, port.format("0x16000000")), ("", {}, port.format("0x16000000")),
            ("UNKNOWN 65535 UNKNOWN 65535", {"arguments": ("--ssh-port", "2222")}, port.format("0xae080000")),
            ("127.0.0.1 5 127.0.0.1 22", {"host": "vsock/3"}, port.format("0x16000000")),
            ("127.0.0.1 5 127.0.0.1 22", {"arguments": ("--proxy-command", "socat - VSOCK-CONNECT:3:22")},
             port.format("0x16000000"))):
        guest = guest_of(("tcpdump", RECORDER))
        guest.environment["SSH_CONNECTION"] = connection
        process, reader, data = guest.begin(*more.get("arguments", ()), host=more.get("host", "guest"))
        guest.end(process, reader)
        words = guest.arguments("recorder")
        used = words[words.index("--") + 1] if "--" in words else None
        expect(f"from {connection or 'nowhere'} {more}, the filter is {filter}", used == filter, words)
        expect("the capture has the same", filter is None or filter.encode() in data)


def cleans_up(guest_of):
    guest = guest_of(("tcpdump", RECORDER))
    process, reader, _ = guest.begin()
    process.kill()
    process.wait(SOON)
    expect("killed, it leaves no device in the guest", guest.device_is_gone(), guest.calls())
    reader.close()
    guest = guest_of(("tcpdump", RECORDER))
    process, reader, _ = guest.begin()
    reader.close()
    (guest.folder / "pcap").write_bytes(b"")
    process.send_signal(signal.SIGTERM)
    expect("nor where its reader has gone", process.wait(SOON) == 0 and guest.device_is_gone(), guest.calls())
    guest = guest_of(("tcpdump", RECORDER))
    guest.environment["STATISTICS"] = "12 packets received by filter\n7 packets dropped by kernel"
    status, said, _ = guest.end(*guest.begin()[:2])
    expect("what was lost in the guest is told", status == 0 and "7 packets were lost in the guest" in said, said)


def says_what_is_missing(guest_of):
    vsockmon = "has no vsockmon: start one with CONFIG_VSOCKMON"
    for variables, programs, words in (
            ({"IP_FAILS": "Error: Unknown device type."}, [("tcpdump", RECORDER)], vsockmon),
            ({"IP_FAILS": "RTNETLINK answers: Operation not supported"}, [("tcpdump", RECORDER)], vsockmon),
            ({"IP_FAILS": "RTNETLINK answers: Operation not permitted"}, [("tcpdump", RECORDER)],
             "log in as root, or have sudo used"),
            ({"IP_FAILS": "odd"}, [("tcpdump", RECORDER)], "no device could be made in the guest: odd"),
            *([] if RECORDER_IN_SBIN else [({}, [], "the guest has neither tcpdump nor dumpcap")]),
            ({"SSH_FAILS": "an@guest: Permission denied (publickey)."}, [], "Permission denied (publickey)."),
            ({"SSH_FAILS": "\x1b]0;x\a\x9b2J"}, [], "?]0;x?"),
            ({"GREETING": "x" * 20000}, [("tcpdump", RECORDER)], "what came from the guest is no capture"),
            ({}, [("tcpdump", "echo 'tcpdump: no such thing' >&2; exit 1")], "tcpdump: no such thing")):
        guest = guest_of(*programs)
        guest.environment |= variables
        status, said, data = guest.refused()
        expect(f"{words}", status == 1 and words in said and "\x1b" not in said and data == b"", status, said, data)
    guest = guest_of(("tcpdump", RECORDER))
    (guest.folder / "bin/ssh").unlink()
    status, said, _ = guest.refused()
    expect("no ssh", status == 1 and "ssh could not be run" in said, said)
    status, said, _ = guest.refused(host=None)
    expect("no host", status == 1 and said.startswith("vsockguest: Host: which guest?"), said)


def nothing_typed_is_run(guest_of):
    """An argument of ssh's is what was typed, or ssh is not called at all."""
    for field in FIELDS:
        for word in HOSTILE:
            guest = guest_of(("tcpdump", RECORDER))
            arguments, more = ((), {"host": word}) if field == "--host" else ((field, word), {})
            process = guest.start(*arguments, **more)
            reads = field in ("--identity", "--proxy-command")  # these are taken as they are
            with open(guest.fifo, "rb", buffering=0) if reads else contextlib.nullcontext() as reader:
                if reader:
                    reader.read(1)
                else:
                    time.sleep(0.15)
                process.send_signal(signal.SIGTERM)
                status = process.wait(SOON)
            pwned = list(guest.folder.rglob("PWNED"))
            called = (guest.folder / "ssh").exists()
            typed = guest.arguments("ssh") if called else []
            good = not called or word in typed or f"ProxyCommand={word}" in typed
            if pwned or not good or status not in (0, 1, 2, -signal.SIGTERM):
                expect(f"{field} {word!r}", False, status, pwned, typed[:-1], process.stderr.read())
    expect(f"{len(HOSTILE)} hostile words in {len(FIELDS)} fields are no more than words", True)


def with_sudo(guest_of):
    sudo = 'printf "%s\\0" "$@" >"$CALLS/sudo"; shift 2; exec env -u SSH_CONNECTION "$@"'
    guest = guest_of(("tcpdump", RECORDER), ("sudo", sudo))
    guest.environment["SSH_CONNECTION"] = "UNKNOWN 65535 UNKNOWN 65535"
    guest.end(*guest.begin("--sudo")[:2])
    expect("sudo is asked for no password", guest.arguments("sudo")[:4] == ["-n", "--", "sh", "-c"], guest.arguments("sudo")[:4])
    expect("and ssh is left out behind it, too", "--" in guest.arguments("recorder"))


def form_is_told(guest_of, options):
    guest = guest_of()
    call = [guest.program, "--extcap-interface", "vsockguest"]
    said = runner.call([*call, "--extcap-config"], guest.environment | {"PATH": os.environ["PATH"]}).stdout
    numbers = [line.split("}")[0] for line in said.splitlines() if line.startswith("arg ")]
    expect("the form is numbered", numbers == [f"arg {{number={number}" for number in range(12)], said)
    listed = runner.call([options.tshark, "-D"], {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent",
                                                  "WIRESHARK_EXTCAP_DIR": str(guest.folder / "extcap")})
    expect("tshark -D lists it", "vsockguest (vsock inside a guest, through ssh)" in listed.stdout, listed)
    guest = guest_of(("tcpdump", RECORDER))
    environment = guest.environment | {"PATH": f"{guest.folder}/bin:{os.environ['PATH']}",
                                       "WIRESHARK_EXTCAP_DIR": str(guest.folder / "extcap"),
                                       "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    result = runner.call([options.tshark, "-i", "vsockguest", "-o", "extcap.vsockguest.host:guest", "-c", "1", "-w",
                          guest.folder / "vsock.pcapng"], environment, timeout=60, errors="replace")
    expect("tshark records with it", PACKET in (guest.folder / "vsock.pcapng").read_bytes(), result)
    expect("and the guest is clean after that", guest.device_is_gone())


def main():
    options = runner.parse_arguments()
    with runner.open_folder() as folder:
        def guest_of(*programs):
            return Guest(pathlib.Path(folder) / "it's a guest", options, *programs)

        for part in (records, leaves_out_ssh, cleans_up, says_what_is_missing, nothing_typed_is_run, with_sudo):
            print(f"\n{part.__name__}")
            part(guest_of)
        form_is_told(guest_of, options)


main()
