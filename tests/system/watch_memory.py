#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsockwatch forgets what is over: its memory stays the same, and what it says of stored captures does, too. Takes
runner.py's options.
"""
import json
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner, verdict
from lib.expectations import finish, hold as expect

ALL = "10000000"  # connections: none is forgotten
ENOUGH = "100"  # for every stored capture to be told of as without a limit
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
FROM_CLIENT, FROM_SERVER = 0, 1
START = 18 * 10**17  # nanoseconds
RWS_MAX = 1 << 22  # VSOCK_INTAKE_RWS
PCAP = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 271)
PACKET = struct.Struct("<IIII QQIIHHHH QQIIIHHIII")
# op, vsockmon's op, who sends it, payload, fwd_cnt
STORY = ((1, 1, FROM_CLIENT, 0, 0), (2, 1, FROM_SERVER, 0, 0), (5, 4, FROM_CLIENT, 100, 0), (6, 3, FROM_SERVER, 0, 100),
         (4, 2, FROM_CLIENT, 0, 0), (3, 2, FROM_SERVER, 0, 100))
REFUSED = ((1, 1, FROM_CLIENT, 0, 0), (3, 2, FROM_SERVER, 0, 0))


def watch(options, *arguments, **more):
    return runner.call([pathlib.Path(options.plugins).with_name("vsockwatch"), *arguments], ENVIRONMENT, **more)


def packet(time, port, op, mon_op, side, length, fwd_cnt):
    """Of a connection from 3:port to 2:9999, whose buffers are those of Linux."""
    ends = (3, 2, port, 9999) if side == FROM_CLIENT else (2, 3, 9999, port)
    flags, buf_alloc = 3 if op == 4 else 0, 0 if (op, fwd_cnt) == (3, 0) else 262144
    return PACKET.pack(*divmod(time, 10**9), 76 + length, 76 + length, *ends, mon_op, 2, 44, 0, *ends, length, 1, op, flags,
                       buf_alloc, fwd_cnt) + bytes(length)


def connections(number, refused=-1):
    """One after another, as a pcap file's bytes, piece by piece. Of each hundred, that one is refused."""
    time = START
    yield PCAP
    for i in range(number):
        for what in REFUSED if i % 100 == refused else STORY:
            time += 20_000
            yield packet(time, (1 << 21) + i, *what)


def exchanges(number):
    """Of one connection: data, and word that they were read; as above."""
    time, read = START, 0
    yield PCAP
    for what in STORY[:2]:
        time += 20_000
        yield packet(time, 1 << 21, *what)
    for _ in range(number):
        read = (read + 100) & 0xFFFFFFFF
        for op, mon_op, side, length, fwd_cnt in STORY[2:4]:
            time += 20_000
            yield packet(time, 1 << 21, op, mon_op, side, length, read if fwd_cnt else 0)


def unread(number):
    """Of one connection: data that nobody reads."""
    time = START
    yield PCAP
    for what in STORY[:2]:
        time += 20_000
        yield packet(time, 1 << 21, *what)
    for first in range(0, number, 1 << 16):
        yield packet(time, 1 << 21, 5, 4, FROM_CLIENT, 1, 0) * min(1 << 16, number - first)


def stored(options):
    def both(name):
        with open(runner.CAPTURES / name, "rb") as file:
            return [(run.stdout, run.returncode) for run in
                    (watch(options, *form, "--remember", number, "-", stdin=file, preexec_fn=lambda: file.seek(0))
                     for form in ([], ["--json"]) for number in (ALL, ENOUGH))]

    wrong = [name for name, runs in zip(runner.stored_captures(), runner.each(both, runner.stored_captures()))
             if runs[0] != runs[1] or runs[2] != runs[3]]
    expect(f"of every stored capture, the same is told if records and connections are forgotten beyond {ENOUGH}", not wrong,
           *wrong)


def stored_with_next_to_nothing(options):
    """What is true of single connections is known of them alone. Several that wait as one, or fail alike, are told of one
    by one where only one is known at a time; what two recordings of one tell together is not told then."""
    def of_streams(name, number):
        with open(runner.CAPTURES / name, "rb") as file:
            run = watch(options, "--json", "--remember", number, "-", stdin=file)
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        return {(row["code"], row["stream"]) for row in rows
                if row["stream"] is not None and row["code"] not in verdict.BETWEEN_TWO_RECORDINGS}, run.stderr

    def compare(name):
        whole, _ = of_streams(name, ALL)
        some, said = of_streams(name, "1")
        return name, whole - some, said

    runs = list(runner.each(compare, runner.stored_captures()))
    expect("remembering but one at a time, nothing is lost of single connections that are over",
           not any(lost for _, lost, said in runs if "had not ended" not in said), *runs)
    expect("what was given up is said", sum("connections that were over were forgotten" in said for *_, said in runs) > 50)


def flat(options):
    peaks = {}
    with runner.open_folder() as folder:
        path = folder / "capture"
        for number in (20_000, 80_000):
            with open(path, "wb") as file:  # piece by piece: a process that begins has our memory, too
                file.writelines(connections(number))
            path.chmod(0o644)
            output, usage = runner.measure([pathlib.Path(options.plugins).with_name("vsockwatch"), "--remember", "1000", path],
                                           ENVIRONMENT, stdout=subprocess.PIPE)
            peaks[number] = usage.ru_maxrss
    expect("memory does not grow with connections that are over", peaks[80_000] - peaks[20_000] < 2048, peaks)
    expect("all of them are counted", f"in 80000 streams; looked at {80_000 * len(STORY)} packets" in output, output)


def never_read(options):
    """Of data that nobody reads, a number of packets is kept."""
    more = 1000
    with subprocess.Popen(runner.as_nobody([pathlib.Path(options.plugins).with_name("vsockwatch"), "-"]), stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT) as run:
        for piece in unread(RWS_MAX + more):
            run.stdin.write(piece)
        run.stdin.close()
        said = run.stderr.read().decode()
    expect("of what nobody reads, as many packets are kept as may be, and that is said",
           f"{more} data packets were known by their bytes alone: {RWS_MAX} others" in said, said)


def counters(text):
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: value for name, _, value in lines
            if name.partition("{")[0].endswith(("_total", "_bucket", "_sum", "_count"))}


def live(options):
    """As it goes on, counters are the same, and what is forgotten is not taken back."""
    program = pathlib.Path(options.plugins).with_name("vsockwatch")
    found = {}
    with runner.open_folder() as folder:
        folder.chmod(0o777)
        for number in (ALL, "100"):
            run = subprocess.run(runner.as_nobody([program, "--remember", number, "--metrics", folder / "metrics", "-i", "-"]),
                                 input=b"".join(connections(20_000, refused=99)), capture_output=True, env=ENVIRONMENT)
            found[number] = counters((folder / "metrics").read_text())
    said = run.stdout.decode()
    expect("counters count what is forgotten", found[ALL] == found["100"] and
           found[ALL]['vsock_connections_refused_total{cid="2",port="9999"}'] == "200", *found.values())
    expect("nothing is taken back since it was forgotten", "taken back" not in said and "connect-refused" in said, said)
    expect("the summary says what was given up", "connections that were over were forgotten" in said.splitlines()[-1], said)


def arguments(options):
    for number in ("0", "-1", "x", "", "10000001", "99999999999999999999"):
        run = watch(options, "--remember", number, "-", stdin=subprocess.DEVNULL)
        expect(f"--remember '{number}' is refused", run.returncode == 2 and "--remember" in run.stderr, run)


def main():
    options = runner.parse_arguments()
    for part in (flat, never_read, stored, stored_with_next_to_nothing, live, arguments):
        part(options)
    finish()


if __name__ == "__main__":
    main()
