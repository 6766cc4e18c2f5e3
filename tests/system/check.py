#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/check: its exit status, that it says why it could not look, and which kernel recorded what wrongly.

Takes runner.py's options.
"""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators.vsock import CONNECT, NO_INFO, Record, section, vsockmon
from lib import pcapng, runner

SCRIPTS = ("check", "tools.sh", "recorded.sh")
STORED = ("hello.pcapng", "http.pcapng.gz", "malformed.pcapng", "tap-whole.pcapng", "cap-7.2.13.pcapng.gz",
          "vhost-7.2.13.pcapng.gz", "tap-zero-6.17.13.pcapng.gz")
HOSTILE = "x\033[31m\u009b31m\r\x07.pcapng"  # what a terminal would take for commands
HARMLESS = "x?[31m?31m??.pcapng"


def run(folder, captures, stdin=None, **environment):
    """`stdin`: bytes that come through a pipe."""
    more = {} if stdin is None else {"input": stdin.decode("latin-1"), "encoding": "latin-1"}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TSHARK": options.tshark,
                   "WIRESHARK_PLUGIN_DIR": str(folder / "plugins")} | environment
    return runner.call([folder / "check", *captures], environment, cwd=folder, **more)


def expect(status, words, result, never="\033"):
    output = result.stdout + result.stderr
    if result.returncode != status or words not in output or never in output:
        sys.exit(f"wanted {status} and \"{words}\", not {never!r}, got {result.returncode} and:\n{output}")
    print(f"{status}: {words}")


def cut(data, snaplen):
    """The capture with a snaplen."""
    out = []
    for packet in pcapng.packets(data):
        out.append(pcapng.packet(packet.time * 1000, packet.data[:snaplen], packet.length))
    return b"".join([pcapng.section(), pcapng.interface(), *out])


def write(folder, name, data):
    (folder / name).write_bytes(data)
    runner.let_read(folder / name)
    return name


def write_captures(folder):
    for capture in STORED:
        shutil.copy(runner.CAPTURES / capture, folder)
    hello = (folder / "hello.pcapng").read_bytes()
    (folder / "cut.pcapng").write_bytes(hello[:900])
    (folder / "empty.pcapng").write_bytes(hello[:28])  # pcapng's section header alone
    (folder / "snap60.pcapng").write_bytes(cut(hello, 60))
    (folder / "snap96.pcapng").write_bytes(cut(hello, 96))
    no_header = Record(None, vsockmon(op=CONNECT, transport=NO_INFO, length=0))
    (folder / "no-header.pcapng").write_bytes(section([no_header]))
    (folder / HOSTILE).write_bytes(hello)
    (folder / "-name").write_bytes(hello)
    (folder / "a folder").mkdir()


def check_status(folder):
    expect(0, "no problems found in 3 streams", run(folder, ["http.pcapng.gz"]))
    expect(0, "connect-refused", run(folder, ["hello.pcapng"]))
    expect(0, "connect-refused", run(folder, ["snap96.pcapng"]))
    expect(1, "buffer-shrunk", run(folder, ["cap-7.2.13.pcapng.gz"]))
    expect(1, "reset-after-overrun", run(folder, ["vhost-7.2.13.pcapng.gz"]))
    expect(1, "==> http.pcapng.gz", run(folder, ["cap-7.2.13.pcapng.gz", "http.pcapng.gz"]))
    # No stream of it has a warning.
    expect(1, "malformed  (packets: 37; frames 2 to 38)", run(folder, ["malformed.pcapng"]))
    expect(0, "kernel-tap-bug", run(folder, ["tap-whole.pcapng"]), never="malformed  (")

    expect(2, "usage", run(folder, []))
    expect(2, "--stricter is no option; usage", run(folder, ["--stricter", "hello.pcapng"]))
    expect(2, "no such file", run(folder, ["nothing.pcapng"]))
    expect(2, "not readable", run(folder, ["a folder"]))
    expect(2, "==> http.pcapng.gz\nvsock: no problems found", run(folder, ["nothing.pcapng", "http.pcapng.gz"]))
    expect(2, "could not read it to the end", run(folder, ["cut.pcapng", "cap-7.2.13.pcapng.gz"]))
    expect(2, "could not read it to the end", run(folder, ["cut.pcapng"]))
    expect(2, "could not read it to the end", run(folder, ["check"]))
    expect(2, "there is no vsock packet in it", run(folder, ["empty.pcapng"]))
    for capture in ("snap60.pcapng", "no-header.pcapng"):
        expect(2, "none of its packets tells its stream", run(folder, [capture]), never="no problems found")
    expect(2, "does not load the vsock plugin", run(folder, ["hello.pcapng"], WIRESHARK_PLUGIN_DIR="/nonexistent"))
    expect(2, "is not there", run(folder, ["hello.pcapng"], TSHARK="/nonexistent/tshark"))


def check_arguments(folder):
    expect(0, "Exit status 0: ", run(folder, ["-h"]))
    expect(0, "--strict makes notes count", run(folder, ["--help"]))
    expect(0, "no problems found in 3 streams", run(folder, ["--strict", "http.pcapng.gz"]))
    expect(1, "connect-refused", run(folder, ["--strict", "hello.pcapng"]))
    expect(1, "malformed  (packets: 3; frames 3 to 5)", run(folder, ["--strict", "tap-whole.pcapng"]))
    expect(0, "connect-refused", run(folder, ["--", "-name"]))
    hello = (folder / "hello.pcapng").read_bytes()
    expect(0, "connect-refused", run(folder, ["-"], stdin=hello))
    expect(0, "==> standard input", run(folder, ["http.pcapng.gz", "-"], stdin=hello))
    os.mkfifo(folder / "pipe")
    (folder / "pipe").chmod(0o666)
    with subprocess.Popen(["cp", folder / "hello.pcapng", folder / "pipe"]):
        expect(0, "connect-refused", run(folder, ["pipe"]))
    expect(2, "standard input: there is no vsock packet", run(folder, ["-"], stdin=hello[:28]))
    left = [path.name for path in folder.iterdir() if path.name.startswith("tmp")]
    if left:
        sys.exit(f"what was read from standard input is left: {left}")


def check_names(folder):
    expect(0, f"==> {HARMLESS}\n", run(folder, [HOSTILE, "http.pcapng.gz"]))
    expect(2, f"check: no {HARMLESS}: no such file", run(folder, [f"no {HOSTILE}"]))
    text = write(folder, f"text {HOSTILE}", b"no capture\n")
    expect(2, f"check: text {HARMLESS}: tshark could not read it", run(folder, [text]))
    malformed = write(folder, f"malformed {HOSTILE}", (folder / "malformed.pcapng").read_bytes())
    expect(1, f"tshark -r 'malformed {HARMLESS}' -q", run(folder, [malformed]))


# ---- which kernel ----

PARTS, ZEROCOPY, LARGE = "parts", "zerocopy", "large"
# Around each bound of scripts/recorded.sh's table; and what names do not tell.
KERNELS = {
    "5.10.0": (), "6.1.62": (), "6.1.63": (PARTS,), "6.1.192": (PARTS,), "6.2.16": (), "6.3": (PARTS,),
    "6.6.139": (PARTS,), "6.6.140": (), "6.7.0": (PARTS, ZEROCOPY), "6.12.67": (PARTS, ZEROCOPY),
    "6.12.68": (PARTS, ZEROCOPY, LARGE), "6.12.88+deb12-amd64": (PARTS, ZEROCOPY, LARGE),
    "6.12.89": (PARTS, ZEROCOPY, LARGE), "6.12.90+deb13-amd64": (), "6.13.1": (PARTS, ZEROCOPY),
    "6.16.12": (PARTS, ZEROCOPY), "6.17.0": (PARTS, ZEROCOPY, LARGE), "6.17.13+deb13-amd64": (PARTS, ZEROCOPY, LARGE),
    "6.18.31": (PARTS, ZEROCOPY, LARGE), "6.18.32": (), "6.19.6": (PARTS, ZEROCOPY, LARGE),
    "7.0.8": (PARTS, ZEROCOPY, LARGE), "7.0.9": (), "7.1.0-rc7": (), "7.1": (), "7.2.13+deb14-amd64": (),
    "6.5.9-microsoft-standard-WSL2": (PARTS,), "6.1.0-56-amd64": ("may " + PARTS,), "5.10.0-30-amd64": (),
    "6.8.0-45-generic": ("may " + PARTS, "may " + ZEROCOPY),
    "6.12.0-55.el10.x86_64": ("may " + PARTS, "may " + ZEROCOPY, "may " + LARGE),
}


def shell(folder, function, argument):
    return subprocess.run(["sh", "-c", f". ./tools.sh; . ./recorded.sh; {function} \"$1\"", "sh", argument], cwd=folder, text=True,
                          capture_output=True, check=True).stdout


def check_table(folder):
    for kernel, bugs in KERNELS.items():
        found = set(shell(folder, "tap_bugs", f"Linux {kernel}").splitlines())
        wanted = {bug if bug.startswith("may ") else f"has {bug}" for bug in bugs}
        if found != wanted:
            sys.exit(f"Linux {kernel} should have {wanted}, not {found}")
    for other in ("", "Darwin 24.0", "Windows 11", "Linux", "Linux six", "FreeBSD 14.1, with Linux 6.17.1"):
        if shell(folder, "tap_bugs", other):
            sys.exit(f"{other} is no kernel that is known")
    print(f"{len(KERNELS)} kernels")


def renamed(folder, capture, old, new):
    """The capture, recorded by another kernel; the names are as long as each other, so that options stay whole."""
    data = pcapng.read(folder / capture)
    if len(old) != len(new) or old not in data:
        sys.exit(f"{capture} cannot say {new} instead of {old}")
    return [write(folder, "renamed.pcapng", data.replace(old, new))]


def check_kernels(folder):
    zero, content = "tap-zero-6.17.13.pcapng.gz", "cap-7.2.13.pcapng.gz"
    expect(0, "recorded by Linux 6.17.13+deb13-amd64; known bugs of its tap: payload above 32404 bytes is not recorded; "
              "what MSG_ZEROCOPY sends is not recorded; packets that vhost splits are", run(folder, [zero]))
    expect(0, "payload-not-recorded", run(folder, [zero]))
    expect(0, "payload-not-recorded", run(folder, [zero], CAPINFOS="/nonexistent/capinfos"), never="recorded by")
    expect(1, "payload-not-recorded", run(folder, ["--strict", zero]))
    # What the file says goes before what the bytes look like, either way.
    expect(0, "no problems found", run(folder, renamed(folder, zero, b"6.17.13", b"6.18.32")), never="tap")
    expect(1, "payload of 3 packets", run(folder, renamed(folder, content, b"7.2.13", b"7.0.08")))
    expect(1, "buffer-shrunk", run(folder, renamed(folder, content, b"7.2.13+d", b"6.12.0-5")),
           never="payload-not-recorded")
    expect(1, "bugs that its tap may have (the name does not tell which release it is): payload above",
           run(folder, ["renamed.pcapng"]))
    # Of the interface, since what merges files names its own kernel; and of each section.
    name, = renamed(folder, zero, b"6.17.13", b"6.18.32")
    merged = (folder / name).read_bytes().replace(b"6.18.32", b"6.17.13", 1)
    write(folder, name, merged + pcapng.read(folder / content))
    expect(1, "buffer-shrunk", run(folder, [name]), never="recorded by Linux 6.17.13")
    hostile = renamed(folder, zero, b"+deb13-amd64", b"\033]0;owned!!\x07")
    expect(0, "recorded by Linux 6.17.13?]0;owned!!?; known bugs", run(folder, hostile))


def main():
    with runner.open_folder() as folder:
        shutil.copytree(options.plugins, folder / "plugins")
        for script in SCRIPTS:
            shutil.copy(runner.TOP / "scripts" / script, folder)
        write_captures(folder)
        runner.let_read(folder)
        check_table(folder)
        check_status(folder)
        check_arguments(folder)
        check_names(folder)
        check_kernels(folder)


options = runner.parse_arguments()
options.tshark = shutil.which(options.tshark)
main()
