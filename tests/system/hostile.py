#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that mean harm: what is said of them, and what they may cost. Takes runner.py's options.

bench/hostile_input.py writes them; bench/README.md has what larger ones cost. What is asserted of memory is growth: the
peak of many packets less that of few, per packet, beyond what tshark itself keeps of each. What would take time that grows with the square is large enough to
run into the timeout that the build sets for this test, and takes seconds where it does not.
"""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import hostile_input
from generators import vsock
from lib import runner

FEW = 3_000

# How many streams a capture of so many packets has; the others have one.
STREAMS = {
    "ports": FEW, "same_time": FEW, "cids": FEW, "collisions": FEW, "interfaces": FEW, "sections": FEW,
    "flapping": FEW // 3, "refusals": FEW // 2, "lone": FEW, "spoken": FEW // 2, "closed": FEW // 5,
    "findings": FEW // 6, "messages": FEW // 10, "http_headers": FEW // 10,
}

# Packets, tshark's arguments, and how many bytes a packet may cost. A connection costs 1,500 and more, as it
# is summed up packet by packet.
FILTER = ("-Y", "frame.number == 0")
MEMORY = {
    "ports": (60_000, ("-q", "-z", "conv,vsock"), 1600),
    "same_time": (60_000, FILTER, 1150),
    "cids": (48_000, ("-T", "fields", "-e", "_ws.col.Source", "-e", "_ws.col.Destination"), 2100),
    "interfaces": (60_000, FILTER, 1300),
    "lone": (60_000, FILTER, 2000),
    "spoken": (60_000, FILTER, 1400),
    "closed": (60_000, FILTER, 750),
    "findings": (60_000, ("-q", "-z", "vsock,diagnose"), 1200),
    "flapping": (60_000, ("-q", "-z", "vsock,diagnose"), 1000),
    "copies": (60_000, FILTER, 300),
    "credit": (60_000, ("-q", "-z", "vsock,diagnose"), 400),
    "lengths": (60_000, ("-q", "-z", "vsock,diagnose"), 500),
    "message": (60_000, ("-o", "vsock.reassembly_limit:64", *FILTER), 350),
    "http_header": (60_000, ("-o", "vsock.reassembly_limit:64", *FILTER), 400),
}

FLOOD = 463_000  # packets: 50 MB
FOLLOWED = 100_000
FLOOD_MEMORY_MAX = 230 << 20  # beyond what tshark takes of itself, which is 170 to 190 MiB in 4.0

# Of 12 MB of hostile_payload.py's kinds, in packets of up to 64,000 bytes: how many packets may be dissected as a whole.
DISSECTED_MAX = {
    "ttrpc_data.packed": 5, "ttrpc_requests.streams": 5, "gcs_requests.packed": 5, "gcs_strings.packed": 40,
    "json_ones.packed": 30, "http_json.packed": 30, "http_tunnel_http.packed": 5, "websocket.packed": 5,
    "http2_data.packed": 5, "http2_indexed.packed": 100, "http2_json.packed": 40, "grpc_fields.packed": 80,
    "tls_certificates.packed": 80, "ssh_packets.packed": 40, "mqtt_topics.packed": 120, "mqtt_pings.packed": 5,
    "9p_small.packed": 20, "http_zip_lines.packed": 5, "http_zip_json.packed": 5, "grpc_zipped.packed": 5,
}
PAYLOAD_MEMORY_MAX = 280 << 20  # beyond what tshark takes for nothing

GREEDY = """
local greedy = Proto("greedy", "Always wants one byte more")
local bytes = 0
function greedy.dissector(tvb, pinfo)
    bytes = bytes + tvb:len()
    pinfo.desegment_offset, pinfo.desegment_len = 0, 1
    return tvb:len()
end
DissectorTable.get("vsock.port"):add_for_decode_as(greedy)
local tap = Listener.new("frame")
function tap.packet() end
function tap.draw() print(bytes) end
"""
GREEDY_MAX = 300 << 20  # bytes shown: 256 MiB freely, then what has grown by a sixteenth


class Bench:
    """Where captures are written and tshark runs."""

    def __init__(self, folder, environment):
        self.folder, self.environment = pathlib.Path(folder), environment

    def write(self, kind, packets):
        path = self.folder / f"{kind}.pcapng"
        hostile_input.write(path, kind, packets)
        path.chmod(0o644)
        return path

    def store(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        path.chmod(0o644)
        return path

    def run(self, capture, *arguments):
        """tshark's output; and its peak memory in bytes."""
        command = [options.tshark, "-n", "-r", str(capture), *arguments]
        output, usage = runner.measure(command, self.environment, stdout=subprocess.PIPE)
        return output, usage.ru_maxrss * 1024


def expect(what, wanted, got):
    print(f"{what}: {got}")
    if wanted != got:
        sys.exit(f"{what}: {wanted} were wanted")


def check_outcome(bench, kind):
    """Nothing breaks, each stream is told apart, and the report for people stays a report."""
    capture = bench.write(kind, FEW)
    told, _ = bench.run(capture, "-q", "-z", "vsock,streams,json", "-z", "vsock,diagnose")
    rows = [line for line in told.splitlines() if line.startswith("{")]
    report = [line for line in told.splitlines() if not line.startswith("{")]
    expect(f"{kind}: streams", STREAMS.get(kind, 1), len({json.loads(row)["stream"] for row in rows}))
    if not 1 <= len(report) < 150 or not any(line.startswith("vsock: ") for line in report):
        sys.exit(f"{kind}: a report of {len(report)} lines:\n{told[-2000:]}")
    bugs, _ = bench.run(capture, "-2", "-O", "vsock,http,tls,ttrpc,gcs", "-Y",
                        '_ws.expert.message matches "(?i)dissector bug|exception"')
    expect(f"{kind}: bugs", "", bugs)
    capture.unlink()


def check_memory(bench, kind, packets, arguments, most):
    peaks, without = [], []
    for number in (packets // 10, packets):
        capture = bench.write(kind, number)
        peaks.append(bench.run(capture, *arguments)[1])
        without.append(bench.run(capture, "--disable-protocol", "vsock", *FILTER)[1])
        capture.unlink()
    own, cost = ((many - few) / (packets - packets // 10) for few, many in (without, peaks))
    cost -= own
    print(f"{kind} {' '.join(arguments)}: {cost:.0f} bytes a packet, beside tshark's own {own:.0f}")
    if cost > most:
        sys.exit(f"{kind}: more than {most}")


def check_flood(bench, kind):
    """50 MB of packets that are a connection each, in two passes: no more are followed than may be, and it is said."""
    capture = bench.write(kind, FLOOD)
    told, peak = bench.run(capture, "-2", "-q", "-z", "vsock,diagnose,json")
    without = bench.run(capture, "-2", "--disable-protocol", "vsock", *FILTER)[1]
    left_out = [row for row in map(json.loads, told.splitlines()) if row["code"] == "not-followed"]
    print(f"{kind}, {FLOOD} packets: {peak >> 20} MiB, without the plugin {without >> 20} MiB")
    expect(f"{kind}: not followed", 1, len(left_out))
    followed = FLOOD - left_out[0]["figures"]["packets"]
    if not 0 < followed <= FOLLOWED:
        sys.exit(f"{kind}: {followed} are followed")
    if peak - without > FLOOD_MEMORY_MAX:
        sys.exit(f"{kind}: more than {FLOOD_MEMORY_MAX >> 20} MiB")
    capture.unlink()


def check_keys(bench):
    """Where hashes can be chosen, or collide by accident, these take longer than ctest waits."""
    for kind in ("collisions", "sections"):
        capture = bench.write(kind, 300_000)
        told, _ = bench.run(capture, "-o", "vsock.followed_connections:0", "-T", "fields", "-e", "vsock.stream",
                            "-Y", "frame.number == 300000")
        expect(f"{kind}: the last stream", "299999", told.strip())
        capture.unlink()


def check_dissected(bench, kind, most):
    """No more are dissected than the limit allows, the rest says so, and it is the same in one pass and in two."""
    capture = bench.write(kind, 120_000)
    whole = ("-Y", "frame.len > 5000 && !vsock.payload.undissected", "-T", "fields", "-e", "frame.number")
    told, _ = bench.run(capture, "-2", *whole)
    number = len(told.split())
    print(f"{kind}: {number} packets are dissected as a whole")
    if number > most:
        sys.exit(f"{kind}: more than {most}")
    if told != bench.run(capture, *whole)[0]:
        sys.exit(f"{kind}: not the same in one pass")
    capture.unlink()


def check_payload_memory(bench):
    nothing = bench.run(bench.write("ports", 1), *FILTER)[1]
    for kind in ("json_ones.messages", "http_json.messages", "http_json.cut", "gcs_bodies.messages", "http2_json.packed"):
        capture = bench.write(kind, 120_000)
        peak = bench.run(capture, "-2", *FILTER)[1] - nothing
        print(f"{kind}: {peak >> 20} MiB")
        if peak > PAYLOAD_MEMORY_MAX:
            sys.exit(f"{kind}: more than {PAYLOAD_MEMORY_MAX >> 20} MiB")
        capture.unlink()


def check_greedy(bench):
    script = bench.store("greedy.lua", GREEDY.encode())
    told, _ = bench.run(bench.write("http_header", 20_000), "-q", "-X", f"lua_script:{script}", "-d", "vsock.port==1024,greedy")
    print(f"a dissector that always wants more was shown {told.strip()} bytes")
    if not 0 < int(told) <= GREEDY_MAX:
        sys.exit(f"more than {GREEDY_MAX}, or none")


def too_large_and_next(port):
    """A STREAM and a SEQPACKET connection: what is larger than 16 KiB, then what is not."""
    big = b'{"big": "' + b"x" * 60_000 + b'"}'
    stream = vsock.Connection(port, "a POST that is too large, then a GET")
    yield from stream.opened()
    yield stream.c(vsock.RW, b"POST /big HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(big))
    for at in range(0, len(big), 4000):
        yield stream.c(vsock.RW, big[at:at + 4000])
    yield stream.c(vsock.RW, b"GET /next HTTP/1.1\r\n\r\n")
    messages = vsock.Connection(port + 1, "a message that is too large, then one that is not, then one that never ends",
                                type=vsock.SEQPACKET)
    yield from messages.opened()
    for at in range(0, len(big), 4000):
        yield messages.c(vsock.RW, big[at:at + 4000], flags=1 if at + 4000 >= len(big) else 0)
    yield messages.c(vsock.RW, b'{"next": 1}', flags=1)
    for _ in range(30):
        yield messages.c(vsock.RW, b"x" * 4000)


def check_recovery(bench):
    capture = bench.store("recovery.pcapng", vsock.section(list(too_large_and_next(8000))))
    limit = ("-o", "vsock.reassembly_limit:16")
    notes, _ = bench.run(capture, "-2", *limit, "-Y", "vsock.reassembly.limit", "-T", "fields", "-e", "frame.number")
    expect("noted in frames", "3 27 44", " ".join(notes.split()))
    decoded, _ = bench.run(capture, "-2", *limit, "-Y", "http.request || json", "-T", "fields", "-e", "frame.number",
                           "-e", "http.request.uri", "-e", "json.key")
    # Half an object is no JSON, so nobody takes what there is of the message.
    expect("decoded", "3 /big 20 /next 39 next", " ".join(decoded.split()))
    notes, _ = bench.run(capture, "-2", "-Y", "vsock.reassembly.limit")
    expect("with the default limit", "", notes)


def check_flow_graph(bench):
    """epan has 16 bits for a conversation's number: two with the same one it draws as one."""
    capture = bench.write("ports", 65_538)
    graph, _ = bench.run(capture, "-q", "-z", "flow,vsock,standard,vsock.stream in {0, 65536, 65537}")
    items = re.findall(r"^(\d+) *\|.*\|Stream (\d+): ", graph, re.M)
    expect("flow graph: streams", "0 65536 65537", " ".join(stream for _, stream in items))
    expect("flow graph: numbers", 3, len({number for number, _ in items}))
    expect("flow graph: lines between them", 2, len(re.findall("^-+$", graph, re.M)))


def main():
    with runner.bench(options) as (folder, environment):
        bench = Bench(folder, environment)
        check_recovery(bench)
        check_greedy(bench)
        for kind in hostile_input.KINDS:
            check_outcome(bench, kind)
        for kind, most in DISSECTED_MAX.items():
            check_dissected(bench, kind, most)
        check_keys(bench)
        check_flow_graph(bench)
        plugin = pathlib.Path(options.plugins, options.series, "epan", "vsock.so")
        if b"__asan_init" in plugin.read_bytes():
            print("memory: not measured with AddressSanitizer, which keeps what was freed")
            return
        for kind, limits in MEMORY.items():
            check_memory(bench, kind, *limits)
        check_payload_memory(bench)
        for kind in ("ports", "cids"):
            check_flood(bench, kind)


options = runner.parse_arguments()
main()
