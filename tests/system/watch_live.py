#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsockwatch -i: what it tells of a stream while that goes on, and at its end. Takes runner.py's options.

Nothing here depends on how long anything takes: what is waited for comes, or the test hangs until CTest ends it.
"""
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner
from lib.expectations import finish, hold as expect

SECOND = 10**9
START = 18 * 10**8 * SECOND
ENDS = {"C": (3, 2, 1024, 9999), "S": (2, 3, 9999, 1024)}
REQUEST, RESPONSE, RST, RW, CREDIT_UPDATE = 1, 2, 3, 5, 6


def block(kind, body):
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def start():
    """A pcapng section with one interface, of nanoseconds."""
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + \
        block(1, struct.pack("<HHI", 271, 0, 0) + struct.pack("<HHBxxx", 9, 1, 9) + struct.pack("<I", 0))


def packet(seconds, side, op, length=0, port=1024, server=9999, buf_alloc=1000, fwd_cnt=0):
    """Of a connection from 3:port to 2:server, whose buffers are small. Payload is zeros."""
    ends = [{1024: port, 9999: server}.get(end, end) for end in ENDS[side]]
    mon_op = {REQUEST: 1, RESPONSE: 1, RST: 2, RW: 4}.get(op, 3)
    if op == RST:
        buf_alloc = 0
    record = struct.pack("<QQIIHHHH", *ends, mon_op, 2, 44, 0) + \
        struct.pack("<QQIIIHHIII", *ends, length, 1, op, 0, buf_alloc, fwd_cnt) + bytes(length)
    at = START + int(seconds * SECOND)
    body = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(record), len(record))
    return block(6, body + record + bytes(-len(record) % 4))


def refusals(first, count):
    return b"".join(packet(first + i, *what, port=2000 + first + i) for i in range(count)
                    for what in (("C", REQUEST), ("S", RST)))


class Watch:
    """A run that reads a pipe of ours."""

    def __init__(self, options, *arguments, source="-", stdout=subprocess.PIPE):
        command = [str(pathlib.Path(options.plugins).with_name("vsockwatch")), *arguments, "-i", source]
        self.process = subprocess.Popen(runner.as_nobody(command), stdin=subprocess.PIPE, stdout=stdout,
                                        stderr=subprocess.PIPE, cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait_until_ready(self):
        """Until signals are waited for: before, they end it without a word."""
        blocked = 0
        while not blocked & 1 << signal.SIGTERM - 1:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
            time.sleep(0.01)

    def wait_until_asleep(self):
        status = ""
        while "Name:\tvsockwatch" not in status or "State:\tS" not in status:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            time.sleep(0.01)

    def line(self):
        return self.process.stdout.readline().decode()

    def end(self, number=None):
        """By a signal, or by the stream's end. The rest of what it tells, and its status."""
        if number:
            self.process.send_signal(number)
        else:
            self.process.stdin.close()
        rest = self.process.stdout.read().decode() if self.process.stdout else ""
        errors = self.process.stderr.read().decode()
        return rest, errors, self.process.wait()


def told_while_it_goes_on(options):
    watch = Watch(options)
    watch.send(start() + packet(0, "C", REQUEST) + packet(0, "S", RESPONSE) + packet(1, "C", RW, 1000))
    watch.send(packet(5, "S", RST, port=3000))
    stalled = watch.line()
    expect("a stall is told while it lasts, in a line with its time", stalled.startswith("2027-01-15T08:00:01.000000Z") and
           "stall-" in stalled and "stream 0, frame 3" in stalled and " Next: " in stalled and " Filter: " in stalled, stalled)
    watch.send(packet(8, "S", CREDIT_UPDATE, fwd_cnt=1000) + refusals(10, 40))
    refused = watch.line()
    while " warn  listener-lost" not in refused:  # other words, where a verdict came before there were so many
        refused = watch.line()
    expect("what comes to it is told once, if it does not get worse", "stall-" not in refused, refused)
    rest, errors, status = watch.end(signal.SIGTERM)
    expect("SIGTERM ends it, with a summary of what was seen", status == 0 and not errors and
           rest.splitlines()[-1].startswith("vsock: 1 warning, 1 note in 42 streams; looked at "), rest, errors, status)


def told_as_objects(options):
    watch = Watch(options, "--json")
    watch.send(start() + refusals(10, 1) + packet(20, "C", REQUEST, port=99) + packet(21, "S", RST, port=98))
    first = json.loads(watch.line())
    expect("an object is that of -z vsock,diagnose,json", (first["code"], first["severity"]) == ("connect-refused", "note") and
           first["filter"], first)
    watch.send(refusals(30, 40))
    worse = json.loads(watch.line())
    while worse["severity"] != "warn" or worse["code"] != "connect-refused":
        worse = json.loads(watch.line())
    rest, errors, status = watch.end()
    last = json.loads(rest.splitlines()[-1])
    expect("what becomes more severe is told again", worse["figures"]["refused"] > 1, worse)
    expect("the end of the stream is one, and the summary an object", status == 0 and not errors and
           last["summary"].startswith("vsock: ") and last["packets"] == 84 and last["dropped"] == 0, rest, errors)


def taken_back(options):
    watch = Watch(options)
    watch.send(start() + packet(0, "C", REQUEST) + packet(0.1, "S", RESPONSE) + packet(0.2, "C", RW, 1500))
    watch.send(packet(0.3, "S", RST, port=3000))
    overrun = watch.line()
    watch.send(packet(0.4, "S", CREDIT_UPDATE, fwd_cnt=1500))
    lines = [watch.line(), watch.line()]
    rest, errors, _ = watch.end(signal.SIGINT)
    expect("an overrun is told", "credit-overrun" in overrun, overrun)
    expect("and taken back, if the receiver turns out to have allowed it", any("capture-loss" in line for line in lines) and
           any(" taken back: credit-overrun of stream 0, from 3:1024" in line for line in lines) and
           "overrun" not in rest and not errors, lines, rest, errors)


def stored(options):
    """The last verdict on a stream is that on the file."""
    wrong = []

    def summaries(name):
        path = runner.CAPTURES / name
        program = pathlib.Path(options.plugins).with_name("vsockwatch")
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        with open(path, "rb") as file:
            live = runner.call([program, "-i", "-"], environment, stdin=file)
        with open(path, "rb") as file:
            whole = runner.call([program, "-"], environment, stdin=file)
        return name, live.stdout.splitlines()[-1:], whole.stdout.splitlines()[:1], live.returncode, live.stderr

    for name, live, whole, status, errors in runner.each(summaries, runner.stored_captures()):
        if live != whole or (status == 0) != (errors == "") or status not in (0, 2):
            wrong.append((name, live, whole, status, errors))
    expect("of every stored capture, the summary is the first line of the report", not wrong, *wrong)


def ends(options):
    with runner.open_folder() as folder:
        fifo = folder / "fifo"
        os.mkfifo(fifo, 0o644)
        fifo.chmod(0o644)
        watch = Watch(options, source=str(fifo))
        with open(fifo, "wb") as into:
            into.write(start() + refusals(10, 40))
        rest, errors, status = watch.end()
        expect("a FIFO is a stream", status == 0 and "connect-refused" in rest and not errors, rest, errors, status)
        watch = Watch(options, source=str(fifo))
        watch.wait_until_asleep()
        _, errors, status = watch.end(signal.SIGINT)
        expect("one that nobody writes to can be given up on", status == -signal.SIGINT and not errors, errors, status)
        for name, content in (("cut", start() + refusals(10, 40)[:-20]), ("text", b"no capture\n" * 9)):
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o644)
            rest, errors, status = Watch(options, source=str(folder / name)).end()
            expect(f"{name}: 2, with what is wrong, and what was seen", status == 2 and errors.startswith("vsockwatch: ") and
                   rest.splitlines()[-1].startswith("vsock: "), rest, errors, status)
        for name, said in ((str(folder / "none"), "No such file or directory\n"), ("no-such-device0", "")):
            rest, errors, status = Watch(options, source=name).end()
            expect(f"{name}: 2", status == 2 and not rest and errors.count("\n") == 1 and
                   errors.startswith(f"vsockwatch: {name}: {said}"), rest, errors, status)
        watch = Watch(options)
        watch.send(b"no capture\n" * 9)
        _, errors, status = watch.end()
        expect("standard input is called so", status == 2 and errors.startswith("vsockwatch: standard input: "), errors, status)
    watch = Watch(options)
    watch.wait_until_ready()
    rest, errors, status = watch.end(signal.SIGTERM)
    expect("SIGTERM ends it where nothing has come yet", status == 0 and rest == "vsock: there is no vsock packet\n", rest,
           errors, status)
    reader, writer = os.pipe()
    os.close(reader)
    watch = Watch(options, stdout=writer)
    os.close(writer)
    watch.send(start() + refusals(10, 40))
    _, errors, status = watch.end()
    expect("nobody who reads it: 2", status == 2 and "standard output" in errors, errors, status)


def figures(path):
    """Of a file of metrics: what a name and its labels have. Ends the test where a line is none of the format."""
    found = {}
    for text in path.read_text().splitlines():
        if re.fullmatch(r"# (HELP vsock_\w+ [A-Z].*\.|TYPE vsock_\w+ (counter|gauge|histogram))", text):
            continue
        line = re.fullmatch(r'(vsock_\w+(?:\{\w+="[^"\\]*"(?:,\w+="[^"\\]*")*\})?) ([0-9.]+)', text)
        if not line or line[1] in found:
            sys.exit(f"no metric, or twice: {text}")
        found[line[1]] = float(line[2])
    return found


def summed(found, name):
    return sum(value for key, value in found.items() if key == name or key.startswith(f"{name}{{"))


def metrics(options):
    with runner.open_folder() as folder:
        folder.chmod(0o777)
        path = folder / "vsock.prom"
        path.write_text("old\n")
        watch = Watch(options, "--metrics", str(path))
        opened = b"".join(packet(70 + i, *what, port=5000 + i, server=9998) for i in range(150)
                          for what in (("C", REQUEST), ("S", RESPONSE)))
        watch.send(start() + packet(0, "C", REQUEST) + packet(0.1, "S", RESPONSE) + packet(0.2, "C", RW, 1000) +
                   packet(20.2, "S", CREDIT_UPDATE, fwd_cnt=1000) + refusals(21, 40) + opened)
        rest, errors, status = watch.end()
        found = figures(path)
        expect("metrics take the file's place", status == 0 and not errors and not list(folder.glob("*.new")), rest, errors)
        expect("they count", found["vsock_packets_total"] == 4 + 80 + 300 and
               found['vsock_connections_opened_total{cid="2",port="9999"}'] == 1 and
               found['vsock_connections_open{cid="2",port="9998"}'] == 150 and
               found['vsock_connections_refused_total{cid="2",port="9999"}'] == 40 and
               found['vsock_connections_ended_total{kind="Refused"}'] == 40 and
               found['vsock_connect_seconds_bucket{le="0.1"}'] == 151 and
               found['vsock_connect_seconds_bucket{le="0.01"}'] == 150 and found["vsock_connect_seconds_count"] == 151 and
               summed(found, "vsock_stall_seconds_total") == 20 and found["vsock_stalled_connections"] == 0 and
               summed(found, "vsock_diagnoses") >= 2, found)
        watch = Watch(options, "--metrics", str(path))
        watch.send(start() + packet(0, "C", REQUEST) + packet(0.1, "S", RESPONSE) + packet(0.2, "C", RW, 1000) +
                   packet(20.2, "S", RST, port=3000))
        watch.end(), found.update(figures(path))
        expect("who waits is counted", found["vsock_stalled_connections"] == 1 and found["vsock_stalled_seconds_max"] == 20 and
               summed(found, "vsock_packets_total") == 4, found)
        (folder / "shut").mkdir(mode=0o755)
        if os.getuid() == 0:  # the folder is not nobody's
            _, errors, status = Watch(options, "--metrics", str(folder / "shut" / "vsock.prom")).end()
            expect("where they may not be written, it does not begin", status == 2 and "Permission denied" in errors, errors)


def bounded_metrics(options):
    with runner.open_folder() as folder:
        folder.chmod(0o777)
        path = folder / "vsock.prom"
        watch = Watch(options, "--metrics", str(path))
        watch.send(start() + b"".join(packet(i, *what, server=5000 + i) for i in range(150)
                                      for what in (("C", REQUEST), ("S", RST))))
        watch.end()
        found, name = figures(path), "vsock_connections_refused_total"
        expect("of more servers than have a label, the others have one", len([key for key in found if name in key]) == 101 and
               found[f'{name}{{cid="2",port="5099"}}'] == 1 and found[f'{name}{{cid="other",port="other"}}'] == 50, found)


def metrics_of_stored_captures(options):
    program, wrong = pathlib.Path(options.plugins).with_name("vsockwatch"), []

    def ends(name):
        path = folder / f"{name.replace('/', '-')}.prom"
        with open(runner.CAPTURES / name, "rb") as file:
            subprocess.run(runner.as_nobody([program, "--metrics", path, "-i", "-"]), stdin=file, capture_output=True)
        with open(runner.CAPTURES / name, "rb") as file:
            streams = runner.call([program, "--streams", "--json", "-"], {"PATH": "/usr/bin:/bin"}, stdin=file).stdout
        rows = [json.loads(text) for text in streams.splitlines()]
        if any("on_host" in row for row in rows):  # metrics count what each of two recordings has
            return name, None, None
        return name, figures(path), [row["rst_kind"] for row in rows]

    with runner.open_folder() as folder:
        folder.chmod(0o777)
        for name, found, kinds in runner.each(ends, runner.stored_captures()):
            if found is None:
                continue
            counted = {kind: found[f'vsock_connections_ended_total{{kind="{kind}"}}'] for kind in set(kinds) - {None}}
            if counted != {kind: kinds.count(kind) for kind in counted} or \
                    summed(found, "vsock_connections_refused_total") != kinds.count("Refused") or \
                    summed(found, "vsock_connections_ended_total") != len(kinds) - kinds.count(None):
                wrong.append(name)
    expect("of every stored capture, as many ends of each kind as streams have", not wrong, *wrong)


def rights(options):
    """Only root has any to give up, and a device to look at."""
    if os.getuid() != 0:
        return
    program = pathlib.Path(options.plugins).with_name("vsockwatch")
    with subprocess.Popen([program, "-i", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        run.stdin.write(start() + refusals(10, 40))
        run.stdin.flush()
        run.stdout.readline()
        status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
        words = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        run.stdin.close()
        run.stdout.read()
    expect("root's process goes on as nobody, in no group, without capabilities, and gets none",
           words["Uid"].split() == 4 * [str(runner.NOBODY)] and not words["Groups"].strip() and
           int(words["CapPrm"], 16) == int(words["CapEff"], 16) == 0 and words["NoNewPrivs"] == "1", status)
    unknown = subprocess.run([program, "--user", "no-such-user", "-i", "-"], capture_output=True, stdin=subprocess.DEVNULL)
    expect("it does not go on as somebody who is not there", unknown.returncode == 2 and b"no-such-user" in unknown.stderr)


def own_device(options):
    """Who may not make one is told so; live/extcap.py has who may."""
    program = pathlib.Path(options.plugins).with_name("vsockwatch")
    refused = subprocess.run(runner.as_nobody([program, "-i", "vsockmon"]), capture_output=True, text=True)
    expect("nobody makes no device, and it is said", refused.returncode == 2 and not refused.stdout and
           refused.stderr.startswith("vsockwatch: vsockmon: ") and "Operation not permitted" in refused.stderr, refused.stderr)


def main():
    options = runner.parse_arguments()
    for part in (told_while_it_goes_on, told_as_objects, taken_back, stored, ends, metrics, bounded_metrics,
                 metrics_of_stored_captures, own_device, rights):
        part(options)
    finish()


if __name__ == "__main__":
    main()
