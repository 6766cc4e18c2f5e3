#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsock-filter: tcpdump must keep, of every record of every stored capture, those that tshark's display filter
of the same meaning keeps; as recorded from vsockmon0, and from -i any both ways, among frames of other devices.

vsock_filter.py --pairs    prints the pairs, a tab between capture and display filter, to try them on a live device:
                           dumpcap -i vsockmon0 -f "$(scripts/vsock-filter EXPRESSION)" -w FILE
                           must keep what tshark -r ALL -Y FILTER keeps of a capture without a filter.

Takes runner.py's options.
"""
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import vsock
from lib import pcapng, runner
from lib.pcapng import SLL, SLL2, VSOCK

SCRIPT = runner.TOP / "scripts" / "vsock-filter"
ENCAPSULATIONS = {"vsock": [], "sll": ["--linux-sll"], "sll2": ["--linux-sll2"]}
HEADERS = 76  # bytes of a record; what follows no filter looks at
ARPHRD_ETHER, ARPHRD_VSOCKMON = 1, 826

# A vsock-filter of one question each, and the display filter that means the same.
QUESTIONS = {
    "cid 42": "vsock.cid == 42",
    "src cid 42": "vsock.src_cid == 42",
    "dst cid 42": "vsock.dst_cid == 42",
    "src or dst cid 1": "vsock.cid == 1",
    "src and dst cid 1": "vsock.src_cid == 1 && vsock.dst_cid == 1",
    "cid host": "vsock.cid == 2",
    "dst cid host": "vsock.dst_cid == 2",
    "cid local": "vsock.cid == 1",
    "cid hypervisor": "vsock.cid == 0",
    "cid any": "vsock.cid == 0xffffffff",
    "cid 4294967338": "vsock.cid == 4294967338",
    "cid 18446744073709551615": "vsock.cid == 18446744073709551615",
    "port 22": "vsock.port == 22",
    "src port 10004": "vsock.src_port == 10004",
    "dst port 10004": "vsock.dst_port == 10004",
    "dst or src port 1024": "vsock.port == 1024",
    "dst and src port 10002": "vsock.src_port == 10002 && vsock.dst_port == 10002",
    "port 4051313149": "vsock.port == 4051313149",
    "port 0x40000000": "vsock.port == 0x40000000",
    "portrange 10004-10012": "vsock.port in {10004..10012}",
    "src portrange 5000-9000": "vsock.src_port in {5000..9000}",
    "dst portrange 10004-10004": "vsock.dst_port == 10004",
    "src portrange 2147483648-4294967295": "vsock.src_port >= 2147483648",
    "portrange 0-1023": "vsock.port <= 1023",
    "addr 42:4051313149": "(vsock.src_cid == 42 && vsock.src_port == 4051313149) || "
                          "(vsock.dst_cid == 42 && vsock.dst_port == 4051313149)",
    "src addr host-9999": "vsock.src_cid == 2 && vsock.src_port == 9999",
    "dst addr local-10004": "vsock.dst_cid == 1 && vsock.dst_port == 10004",
    "op request": "vsock.virtio.op == Request",
    "op response": "vsock.virtio.op == Response",
    "op rst": "vsock.virtio.op == Rst",
    "op shutdown": "vsock.virtio.op == Shutdown",
    "op rw": "vsock.virtio.op == RW",
    "op credit-update": 'vsock.virtio.op == "Credit update"',
    "op credit-request": 'vsock.virtio.op == "Credit request"',
    "op invalid": "vsock.virtio.op == 0",
    "op unknown": "vsock.op == Unknown",
    "op connect": "vsock.op == Connect",
    "op disconnect": "vsock.op == Disconnect",
    "op control": "vsock.op == Control",
    "op payload": "vsock.op == Payload",
    "type stream": "vsock.virtio.type == Stream",
    "type seqpacket": "vsock.virtio.type == Seqpacket",
    "type dgram": "vsock.virtio.type == Dgram",
    "transport virtio": "vsock.trans == Virtio",
    "transport none": 'vsock.trans == "No info"',
    "transport unknown": "vsock.trans == Unknown",
}

# How questions are joined: "and" and "or" are equally strong, from left to right; a value alone repeats.
JOINED = {
    "port 10004 and not op credit-update": '(vsock.port == 10004) && !(vsock.virtio.op == "Credit update")',
    "not op rw": "!(vsock.virtio.op == RW)",
    "NOT Type Stream": "!(vsock.virtio.type == Stream)",
    "! ! port 22": "vsock.port == 22",
    "not port 22 and op rw": "!(vsock.port == 22) && (vsock.virtio.op == RW)",
    "not (port 22 and op rw)": "!((vsock.port == 22) && (vsock.virtio.op == RW))",
    "op rst or shutdown and port 10004": "((vsock.virtio.op == Rst) || (vsock.virtio.op == Shutdown)) && "
                                         "(vsock.port == 10004)",
    "port 10004 and op rw or rst": "((vsock.port == 10004) && (vsock.virtio.op == RW)) || (vsock.virtio.op == Rst)",
    "port 10004 && (op rw || op rst)": "(vsock.port == 10004) && ((vsock.virtio.op == RW) || (vsock.virtio.op == Rst))",
    "src port 10004 or 10006 or cid 42": "(vsock.src_port == 10004) || (vsock.src_port == 10006) || (vsock.cid == 42)",
    "dst cid 42 or host and not src port 22": "((vsock.dst_cid == 42) || (vsock.dst_cid == 2)) && "
                                              "!(vsock.src_port == 22)",
    "op invalid or unknown": "(vsock.virtio.op == 0) || (vsock.op == Unknown)",
}

# What is wrong, a word of what is said, and where the caret is.
MISTAKES = {
    "prot 5": ("Did you mean port?", 0),
    "src prot 5": ("one of cid, port, portrange, addr should be", 4),
    "src op rw": ("src does not go with op", 0),
    "port": ("a value is missing after port", 4),
    "(port)": ("a value is missing after port", 5),
    "port x": ("x is no port", 5),
    "port 4294967296": ("from 0 to 4294967295", 5),
    "port -1": ("-1 is no port", 5),
    "cid 18446744073709551616": ("from 0 to 18446744073709551615", 4),
    "cid hots": ("hypervisor, local, host, any", 4),
    "op rww": ("Did you mean rw?", 3),
    "type tcp": ("there are stream, seqpacket, dgram", 5),
    "portrange 9": ("as in 1024-2047", 10),
    "portrange 9-5": ("ends before it begins", 10),
    "portrange 5-x": ("x is no port", 12),
    "addr 3.5": ("as in 3:1024", 5),
    "addr x-5": ("x is no CID", 5),
    "port 5 port 6": ('"and" or "or" is missing before it', 7),
    "port 5 & 6": ("& is too much here", 7),
    "port 5)": (") is too much here", 6),
    "op rw and (port 5": ("not closed", 10),
    "(port 5 port 6)": ("closing parenthesis", 8),
    "port 5 or": ("the expression ends where", 9),
    "5": ("5 is not understood here", 0),
    "()": (") is not understood here", 1),
    "src or dst": ("or is not understood here", 4),
    "not": ("the expression ends where", 3),
    "port 5 or src": ("the expression ends where one of cid, port, portrange, addr should follow", 13),
    "port é x": ("é is no port", 5),
    "é port": ("é is not understood here", 0),
    "not " * 51 + "port 5": ("more than 50", 200),
    "(" * 51: ("more than 50", 50),
    "port " + "5 or " * 200 + "5": ("more than 200 questions", 1005),
}


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)


def capture_filter(expression, encapsulation):
    return run(*ENCAPSULATIONS[encapsulation], "--", expression).stdout.rstrip("\n")


PRINTED = (
    (["--any"], "link[2:2] = 826"),
    (["--linux-sll"], "link[2:2] = 826"),
    (["--linux-sll2"], "link[8:2] = 826"),
    (["port", "22"], "(link[16:4] = 0x16000000 or link[20:4] = 0x16000000)"),
    (["--any", "src", " port\n22"], "link[2:2] = 826 and link[32:4] = 0x16000000"),
    (["--linux-sll2", "dst port 22"], "link[8:2] = 826 and link[40:4] = 0x16000000"),
)


def check_options():
    for arguments, wanted in PRINTED:
        printed = run(*arguments).stdout
        if printed != f"{wanted}\n":
            sys.exit(f"{arguments}: wanted {wanted}, got {printed}")
    for arguments in ([], ["--any", "--linux-sll2", "port", "5"], ["--sll", "port", "5"], ["-1"]):
        if run(*arguments).returncode != 2:
            sys.exit(f"{arguments} should be refused")
    for word in ("portrange A-B", "addr CID:PORT", "credit-request", "--linux-sll2"):
        if word not in run("--help").stdout:
            sys.exit(f"--help does not tell of {word}")


def check_script():
    """What scripts/vsock-filter is: the program, where it was built, and how to build it where it was not."""
    with tempfile.TemporaryDirectory() as top:
        script = pathlib.Path(top, "scripts", SCRIPT.name)
        script.parent.mkdir()
        shutil.copy(SCRIPT, script)
        before = subprocess.run([script, "port", "22"], capture_output=True, text=True)
        built = pathlib.Path(top, "build/test-gcc", PROGRAM.name)
        built.parent.mkdir(parents=True)
        shutil.copy(PROGRAM, built)
        after = subprocess.run([script, "port", "22"], capture_output=True, text=True)
    if before.returncode != 2 or "scripts/quickstart" not in before.stderr or after.stdout != run("port", "22").stdout:
        sys.exit(f"{SCRIPT}: {before} {after}")


def check_mistakes():
    for expression, (words, place) in MISTAKES.items():
        result = run("--", expression)
        lines = result.stderr.splitlines()
        if (result.returncode, result.stdout, lines[1:]) != (2, "", [f"    {expression}", " " * (4 + place) + "^"]) or \
                words not in lines[0]:
            sys.exit(f"{expression}: wanted \"{words}\" and a caret at {place}, got {result.returncode} and:\n"
                     f"{result.stdout}{result.stderr}")
    print(f"{len(MISTAKES)} mistakes are explained")


def stored_records():
    """The headers of every packet of every stored capture, as (where it is from, bytes, the record's length)."""
    for capture in runner.stored_captures():
        for number, packet in enumerate(pcapng.packets(pcapng.read(runner.CAPTURES / capture)), 1):
            before = pcapng.BEFORE_RECORD.get(packet.linktype)
            if before is None:  # another protocol's
                continue
            if packet.linktype == VSOCK or ARPHRD_VSOCKMON in struct.unpack_from(">2xH4xH", packet.data):
                yield f"{capture} {number}", packet.data[before:before + HEADERS], packet.length - before


def odd_records():
    """What no stored capture has: records that end before virtio's header does, and other transports with its bytes.

    Of up to 41 bytes: in a file with -i any's 20 bytes, `len` is that much more than the live record's.
    """
    for size in range(32, 42):
        yield f"{size} bytes of a record", vsock.packet()[:size], size
    for transport in (vsock.UNKNOWN, vsock.NO_INFO, 3):
        record = vsock.packet(vsock.CREDIT_REQUEST, type=vsock.DGRAM, mon={"transport": transport})
        yield f"transport {transport}", record, len(record)


def different(records):
    """One of each: without what no filter looks at, most are equal."""
    return list({(record[:32], record[56:64], len(record), length >= 64): (where, record, length)
                 for where, record, length in records}.values())


def cooked(linktype, hardware_type):
    """The header that libpcap puts before a frame of -i any; 4 is PACKET_OUTGOING, 0 the protocol."""
    if linktype == SLL:
        return struct.pack(">HHHQH", 4, hardware_type, 0, 0, 0)
    return struct.pack(">HHIHBBQ", 0, 0, 3, hardware_type, 4, 0, 0)


def pcap(linktype, records):
    """A capture whose times are the records' numbers, from 1. On -i any, before each comes the same of an Ethernet
    device, at 0 s, which no filter may keep."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)]
    for number, (_, record, length) in enumerate(records, 1):
        if linktype == VSOCK:
            out += [struct.pack("<IIII", number, 0, len(record), length), record]
            continue
        for time, hardware_type in ((0, ARPHRD_ETHER), (number, ARPHRD_VSOCKMON)):
            header = cooked(linktype, hardware_type)
            out += [struct.pack("<IIII", time, 0, len(header + record), len(header) + length), header + record]
    return b"".join(out)


def tcpdump_keeps(capture, expression):
    """The records' numbers."""
    result = subprocess.run(runner.as_nobody(["tcpdump", "-n", "-r", "-", "-w", "-", expression]),
                            input=capture, capture_output=True)
    if b"expression rejects all packets" in result.stderr:
        return set()
    if result.returncode != 0:
        sys.exit(f"tcpdump refuses {expression}\n{result.stderr.decode()}")
    kept, data = set(), result.stdout[24:]
    while data:
        time, _, captured = struct.unpack_from("<III", data)
        kept.add(time)
        data = data[16 + captured:]
    return kept


class Tshark:
    """Which records of a capture display filters keep."""

    def __init__(self, folder, environment, capture):
        self.environment = environment
        self.path = pathlib.Path(folder, "records.pcap")
        self.path.write_bytes(capture)
        self.path.chmod(0o644)

    def keeps(self, display_filter):
        command = [options.tshark, "-r", self.path, "-Y", f"vsock && ({display_filter})", "-T", "fields", "-e",
                   "frame.number"]
        result = runner.call(command, self.environment)
        if result.returncode != 0:
            sys.exit(f"tshark refuses {display_filter}\n{result.stderr}")
        return {int(line) for line in result.stdout.split()}


def looked_at(records):
    """The numbers of the records that a capture filter can judge: not those cut within the headers, nor those
    too short on the device."""
    return {number for number, (_, record, length) in enumerate(records, 1)
            if length >= 32 and (len(record) == length or len(record) >= 64)}


def compare(expression, kept, expected, records, where):
    for number in sorted(kept ^ expected)[:5]:
        verdict = "keeps" if number in kept else "does not keep"
        print(f"{expression} ({where}): tcpdump {verdict} {records[number - 1][0] if number else 'an Ethernet frame'}")
    return kept == expected


def chosen_pairs():
    """The questions, what is joined by hand, and some that chance joins, the same in every run."""
    yield from QUESTIONS.items()
    yield from JOINED.items()
    chance = random.Random(271)
    sign = {"and": "&&", "or": "||"}
    for _ in range(12):
        (a, in_a), (b, in_b), (c, in_c) = chance.sample(list(QUESTIONS.items()), 3)
        first, second = chance.choices(["and", "or"], k=2)
        yield f"not {a} {first} ({b} {second} {c})", f"!({in_a}) {sign[first]} (({in_b}) {sign[second]} ({in_c}))"


def check_filters():
    stored = list(stored_records())
    records = different(stored + list(odd_records()))
    judged = looked_at(records)
    linktypes = {"sll": SLL, "sll2": SLL2, "vsock": VSOCK}
    captures = {name: pcap(linktype, records) for name, linktype in linktypes.items()}
    kept_by = {}
    with runner.bench(options) as (folder, environment):
        tshark = Tshark(folder, environment, captures["vsock"])
        good = True
        for expression, display_filter in chosen_pairs():
            expected = tshark.keeps(display_filter) & judged
            kept_by[expression] = len(expected)
            for name, capture in captures.items():
                kept = tcpdump_keeps(capture, capture_filter(expression, name)) & (judged | {0})
                good = compare(expression, kept, expected, records, name) and good
    never = [expression for expression in QUESTIONS if kept_by[expression] in (0, len(judged))]
    if never:
        sys.exit(f"no record tells these apart from nothing or everything: {never}")
    for name in ("sll", "sll2"):
        kept = tcpdump_keeps(captures[name], capture_filter("", name))
        good = compare("", kept, set(range(1, len(records) + 1)), records, name) and good
    print(f"{len(kept_by)} filters on {len(judged)} different records of {len(stored)}, from vsockmon0 and from -i any")
    sys.exit(0 if good else 1)


if sys.argv[1:] == ["--pairs"]:
    print("\n".join("\t".join(pair) for pair in chosen_pairs()))
    sys.exit()
if not shutil.which("tcpdump"):
    sys.exit("tcpdump: not found; install tcpdump")
options = runner.parse_arguments()
PROGRAM = pathlib.Path(options.plugins).with_name("vsock-filter")
check_options()
check_script()
check_mistakes()
check_filters()
