#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsockwatch says of every stored capture what tshark says of it, byte for byte: diagnoses as text and as JSON, and
streams. Takes runner.py's options, names of captures, and --quick for what needs no tshark: files that cannot be read,
and the exit status.
"""
import difflib
import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
from time import sleep

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

FORMS = (("vsock,diagnose", []), ("vsock,diagnose,json", ["--json"]), ("vsock,streams", ["--streams"]))
NOTES = {"vsock.malformed.cid_reserved", "vsock.malformed.payload_long"}  # as scripts/check has it
SLL, SLL2, VSOCK, ETHERNET = 113, 276, 271, 1


def program(options):
    return pathlib.Path(options.plugins).with_name("vsockwatch")


def watch(options, *arguments, **more):
    """As nobody, who is whom tshark runs as here."""
    return runner.call([program(options), *arguments], {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **more)


def malformed_filter(options, environment):
    """Of packets that are malformed to the degree of a warning."""
    fields = runner.call([options.tshark, "-G", "fields"], environment).stdout.splitlines()
    names = [line.split("\t")[2] for line in fields if "\tvsock.malformed." in line]
    return " || ".join(name for name in names if name not in NOTES)


def expected_status(diagnoses, malformed):
    """What scripts/check makes of a report, and of packets that are malformed."""
    first = diagnoses.partition("\n")[0]
    if "there is no vsock packet" in first or "no stream could be judged" in first or " in 0 streams;" in first:
        return 2
    return int(bool(malformed) or any(line.startswith(("warn ", "error ")) for line in diagnoses.splitlines()))


def differences(path, options, environment, malformed):
    """What tells both programs apart; nothing where they agree."""
    listeners = [argument for command, _ in FORMS for argument in ("-z", command)]
    both = runner.call([options.tshark, "-n", "-r", path, *listeners, "-Y", malformed, "-T", "fields", "-e", "frame.number"],
                       environment)
    lines = both.stdout.splitlines(True)
    bad = [line for line in lines if line.strip().isdigit()]
    theirs = "".join(line for line in lines if not line.strip().isdigit())
    runs = [watch(options, *arguments, path) for _, arguments in FORMS]
    ours = "".join(run.stdout for run in (reversed(runs) if theirs.startswith("vsock streams") else runs))
    wrong = list(difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), "tshark", "vsockwatch"))
    if both.returncode == 0 and runs[0].returncode != expected_status(runs[0].stdout, bad):
        wrong.append(f"exit status {runs[0].returncode}, and not {expected_status(runs[0].stdout, bad)}\n")
    if (both.returncode == 0) != (runs[0].stderr == "" or "packet" in runs[0].stderr):
        wrong.append(f"tshark ends with {both.returncode}: {both.stderr}; vsockwatch says: {runs[0].stderr}\n")
    return "".join(wrong)


# ---- captures that are made here ----

def pcap(link, *packets, magic=0xA1B23C4D):
    """Of (time in ns, bytes, length)."""
    blocks = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for time, data, length in packets:
        blocks.append(struct.pack("<IIII", time // 10**9, time % 10**9, len(data), length) + data)
    return b"".join(blocks)


def vsock(op, payload=b"", ports=(1024, 9999), swap=False):
    """A record of STREAM from CID 3 to 2, or back."""
    ends = (3, 2, *ports) if not swap else (2, 3, *reversed(ports))
    mon_op = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4}.get(op, 3)
    return struct.pack("<QQIIHHHH", *ends, mon_op, 2, 44, 0) + \
        struct.pack("<QQIIIHHIII", *ends, len(payload), 1, op, 3 if op == 4 else 0, 262144, 0) + payload


def cooked(link, record, hatype=826, protocol=0):
    if link == SLL:
        return struct.pack(">HHH8sH", 0, hatype, 0, b"", protocol) + record
    return struct.pack(">HHIHBB8s", protocol, 0, 7, hatype, 0, 0, b"") + record


def timed(*records):
    return [(10**18 + i * 10**6, record, len(record)) for i, record in enumerate(records)]


def made():
    """Neighbours of what is stored: what is vsock in it, and what is not."""
    refused = (vsock(1), vsock(3, swap=True))
    yield "ethernet", pcap(ETHERNET, *timed(*refused))
    yield "empty", pcap(VSOCK)
    for link, name in ((SLL, "sll"), (SLL2, "sll2")):
        for protocol in (0, 4, 0x600, 0x601, 0x800, 0xFFFF):
            yield f"{name}-protocol-{protocol:x}", pcap(link, *timed(*(cooked(link, r, 826, protocol) for r in refused)))
        for hatype in (1, 772, 825, 827, 824):
            yield f"{name}-hatype-{hatype}", pcap(link, *timed(*(cooked(link, r, hatype) for r in refused)))
        whole = cooked(link, refused[0])
        for cut in range(0, len(whole) + 1, 3):
            yield f"{name}-cut-{cut}", pcap(link, (10**18, whole[:cut], len(whole)), *timed(cooked(link, refused[1])))
        yield f"{name}-length", pcap(link, (10**18, whole, 10), *timed(cooked(link, refused[1])))
    for cut in range(0, 77, 4):
        yield f"cut-{cut}", pcap(VSOCK, (10**18, refused[0][:cut], 76), *timed(refused[1]))
        yield f"short-{cut}", pcap(VSOCK, (10**18, refused[0][:cut], cut), *timed(refused[1]))
        yield f"length-{cut}", pcap(VSOCK, (10**18, refused[0], cut), *timed(refused[1]))
    carried = (vsock(1), vsock(2, swap=True), vsock(5, bytes(10)))
    yield "length-payload", pcap(VSOCK, *((10**18, r, min(len(r), 80)) for r in carried))
    yield "no-time", pcap(VSOCK, *((0, r, len(r)) for r in refused))
    yield "time-late", pcap(VSOCK, *timed(refused[0]), (0, refused[1], 76), *timed(refused[0]))
    yield "far-apart", pcap(VSOCK, (0, refused[0], 76), (4 * 10**18, refused[1], 76))


# ---- what needs no tshark ----

def expect(what, is_so):
    print(f"{'yes' if is_so else 'NO '}  {what}")
    return is_so


def check_quickly(folder, options):
    hello = (runner.CAPTURES / "hello.pcapng").read_bytes()
    files = {"hello": hello, "packed.gz": gzip.compress(hello), "cut": hello[:-30], "text": b"not a capture\n" * 9,
             "empty": b"", "quiet": pcap(VSOCK), "headers": pcap(VSOCK, (10**18, vsock(1)[:40], 76)),
             "refused": pcap(VSOCK, *timed(*(vsock(op, ports=(port, 9999), swap=op == 3) for port in range(99)
                                             for op in (1, 3)))),
             "many": pcap(VSOCK, *timed(*(vsock(1, ports=(port, 9999)) for port in range(1, 2001)))),
             "good": pcap(VSOCK, *timed(vsock(1), vsock(2, swap=True), vsock(4), vsock(3, swap=True))),
             "bad\x1b[2Jname": b"", "bad-version": b"XCP\0\x1b[2Jv9\0" + bytes(200)}  # NetXRay's, whose version is told
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644)
    hello_text = watch(options, folder / "hello").stdout

    def ends(name, status, *words, arguments=()):
        run = watch(options, *arguments, folder / name)
        return expect(f"{name}: status {status}{''.join(f', {word}' for word in words)}",
                      run.returncode == status and all(word in run.stderr for word in words) and
                      (run.stderr != "") == (status == 2) and "\x1b" not in run.stderr)

    piped = subprocess.run(runner.as_nobody([program(options), "-"]), input=files["packed.gz"], capture_output=True)
    several = watch(options, folder / "hello", folder / "refused", folder / "good")
    objects = watch(options, "--json", folder / "hello", folder / "good", folder / "hello").stdout.splitlines()
    rows = [json.loads(row) for row in watch(options, "--json", "--streams", folder / "many", folder / "good").stdout.splitlines()]
    usage = watch(options)
    return all([
        ends("hello", 0), ends("hello", 1, arguments=["--strict"]), ends("good", 0), ends("packed.gz", 0), ends("refused", 1),
        ends("cut", 2, "it ends within a packet"), ends("missing", 2, "No such file"), ends("text", 2), ends("empty", 2),
        ends("quiet", 2, "there is no vsock packet"), ends("headers", 2, "none of its packets tells its stream"),
        ends("bad\x1b[2Jname", 2), ends("bad-version", 2, "[2Jv9"), ends("", 2),
        expect("what could be read of a file that is cut is judged", "vsock: " in watch(options, folder / "cut").stdout),
        expect("standard input, compressed", (piped.returncode, piped.stdout.decode()) == (0, hello_text)),
        expect("several files have their names, and the highest status", several.returncode == 1 and
               several.stdout.startswith(f"==> {folder}/hello\n{hello_text}==> {folder}/refused\n")),
        expect("so have objects", objects and all(line.startswith(f'{{"capture":"{folder}/hello","') for line in objects)),
        expect("also more than are printed at once", [row["capture"] for row in rows] ==
               2000 * [f"{folder}/many"] + [f"{folder}/good"] and [row["stream"] for row in rows] == [*range(2000), 0]),
        expect("no file is an error", usage.returncode == 2 and not usage.stdout and "--help" in usage.stderr),
        expect("--help helps", watch(options, "--help").stdout.startswith("vsockwatch - ")),
    ])


def status_of(process):
    return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines() if ":\t" in line)


def roots(folder, options):
    """Root's files are opened, and root's rights given up, before there is a packet."""
    usage = watch(options, "--user", "nobody", folder / "hello")
    good = expect("only root goes on as another user", usage.returncode == 2 and "only root" in usage.stderr)
    if os.getuid() != 0:
        return good
    hello = (runner.CAPTURES / "hello.pcapng").read_bytes()
    (folder / "secret").write_bytes(hello)
    (folder / "secret").chmod(0o600)
    told = watch(options, folder / "hello").stdout
    names = [folder / "secret", "-", folder / "secret"]
    with subprocess.Popen([program(options), *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        run.stdin.write(hello[:100])
        run.stdin.flush()
        found = status_of(run.pid)
        for _ in range(500):
            if int(found["CapEff"], 16) != 0:
                sleep(1 / 50)  # seconds
                found = status_of(run.pid)
        output = run.communicate(hello[100:])[0].decode()
    poor = subprocess.run(["setpriv", "--bounding-set=-all", program(options), folder / "secret"], capture_output=True)
    other = subprocess.run([program(options), "--user", "nosuchuser", folder / "secret"], capture_output=True, text=True)
    unseen = watch(options, folder / "secret")
    return all([
        good, expect("it is nobody, and has no group and no capability",
                     (found["Uid"].split(), found["Groups"].strip(), int(found["CapPrm"], 16), found["NoNewPrivs"]) ==
                     ([str(runner.NOBODY)] * 4, "", 0, "1")),
        expect("and reads root's files", output.count(told) == 3 and unseen.returncode == 2),
        expect("root that may not become nobody has no capability then", poor.stdout.decode() == told),
        expect("but becomes whom it is told to, or nothing is read",
               (other.returncode, other.stdout) == (2, "") and "no user nosuchuser" in other.stderr),
    ])


def changing(folder, options):
    """A file that grows or is cut while it is read, whenever that happens: what was there is judged."""
    one = [vsock(op, ports=(port, 9999), swap=op == 3) for port in range(8_000) for op in (1, 3)]
    content = pcap(VSOCK, *timed(*one))
    path, good = folder / "changing", True
    for change in (len(content) // 3, len(content) // 2 + 7, 2 * len(content)):
        for wait in range(3):
            path.write_bytes(content)
            path.chmod(0o644)
            with subprocess.Popen(runner.as_nobody([program(options), path]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as run:
                sleep(wait / 50)  # seconds
                os.truncate(path, change)  # what it grows by are zeros: no packets
                said, errors = run.communicate()
            good &= run.returncode in (1, 2) and (run.returncode == 2) == (errors != "") and errors.count("\n") <= 1 and \
                (said.startswith("vsock: ") or change < len(content))
    return expect("a file that grows or is cut meanwhile is read as far as it goes", good)


def main():
    options = runner.parse_arguments("--quick")
    with runner.bench(options) as (folder, environment):
        folder = pathlib.Path(folder)
        if options.quick:
            return int(not all([check_quickly(folder, options), roots(folder, options), changing(folder, options)]))
        malformed = malformed_filter(options, environment)
        captures = {name: runner.CAPTURES / name for name in runner.chosen_captures(options.names)}
        if not options.names:
            for name, content in made():
                path = folder / f"{name}.pcap"
                path.write_bytes(content)
                path.chmod(0o644)
                captures[path.name] = path
        paths = {name: folder / name.replace("/", "-") for name in captures}
        for name, path in captures.items():
            if path != paths[name]:
                paths[name].write_bytes(path.read_bytes())
                paths[name].chmod(0o644)
        wrong = list(runner.each(lambda name: differences(paths[name], options, environment, malformed), captures))
    for name, text in zip(captures, wrong):
        if text:
            print(f"{name}:\n{text}")
    print(f"{len(captures)} captures, {sum(map(bool, wrong))} of them differ")
    return int(any(wrong))


if __name__ == "__main__":
    sys.exit(main())
