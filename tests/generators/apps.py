# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-made captures of the protocols that plugin/apps dissects: the bytes are such as the programs send.

Names, field numbers and JSON follow kata-containers' agent.proto and health.proto, containerd's streaming.proto,
hcsshim's internal/gcs and internal/guest, systemd's sd_notify(3), and the init of AWS' Nitro enclaves.
"""
import json
import struct

from generators.vsock import CREDIT_UPDATE, Connection, RST, RW, SEQPACKET, SHUTDOWN, capture

REQUEST, RESPONSE, DATA = 1, 2, 3
REMOTE_CLOSED, REMOTE_OPEN, NO_DATA = 1, 2, 4


def varint(value):
    out, value = b"", value % (1 << 64)
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, value):
    """A protobuf field: a number is a varint, text and bytes have a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(*values):
    """Fields 1, 2, ...; None is absent."""
    return b"".join(field(number, value) for number, value in enumerate(values, 1) if value is not None)


def ttrpc(type, stream_id, body=b"", flags=0, length=None):
    return struct.pack(">IIBB", len(body) if length is None else length, stream_id, type, flags) + body


def request(stream_id, method, payload=None, seconds=None, metadata=None, flags=0, more=b""):
    service, method = method.split("/")
    timeout = None if seconds is None else seconds * 1_000_000_000
    return ttrpc(REQUEST, stream_id, fields(service, method, payload, timeout, metadata) + more, flags)


def response(stream_id, payload=None, status=b""):
    return ttrpc(RESPONSE, stream_id, fields(status, payload))


def cut(record, lost):
    """The record as a snaplen would leave it."""
    record.captured = len(record.data) - lost
    return record


def keep_little(record):
    record.captured = 100
    return record


def closed(x):
    return [x.c(SHUTDOWN, flags=3), x.s(RST)]


HOST = (2, 3417250221)
SANDBOX = "6f0d3c2b"
CHECK, SERVING = "grpc.Health/Check", b"\x08\x01"


def kata():
    """kata's runtime asks its agent in the guest."""
    agent = "grpc.AgentService/"
    x = Connection(1024, "kata: a call each way of failing to be simple", client=HOST, server_cid=42)
    yield from x.opened()
    yield from (x.c(RW, request(1, CHECK, seconds=30)), x.s(CREDIT_UPDATE),
                x.s(RW, response(1, SERVING), after=0.004))
    sandbox = field(1, "kata") + field(2, "10.0.0.1") + field(5, SANDBOX)
    trace = fields("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    yield from (x.c(RW, request(3, agent + "CreateSandbox", sandbox, seconds=60, metadata=trace)),
                x.s(RW, response(3), after=0.25))
    x.comment = "two calls at once: the second one fails, the first one is answered 2 s later"
    yield from (x.c(RW, request(5, agent + "WaitProcess", fields(SANDBOX, SANDBOX))),
                x.c(RW, request(7, agent + "StatsContainer", fields("gone"), seconds=60)),
                x.s(RW, response(7, status=fields(5, "invalid container id"))),
                x.s(RW, response(5, field(1, 137)), after=2))
    x.comment = "two requests in a packet, then both responses in one"
    yield from (x.c(RW, request(9, agent + "GetGuestDetails", field(1, 1)) + request(11, CHECK)),
                x.s(RW, response(9, field(1, 134217728) + field(2, field(1, "3.2.0"))) + response(11, SERVING)))
    x.comment = "a request cut in its header, its response in its body, twice"
    asked, answered = request(13, agent + "ReadStdout", fields(SANDBOX, SANDBOX, 32768)), \
        response(13, field(1, b"hello from the container\n"))
    yield from (x.c(RW, asked[:4]), x.c(RW, asked[4:]), x.s(RW, answered[:12]), x.s(RW, answered[12:30]),
                x.s(RW, answered[30:]))
    x.comment = "a request and the beginning of the next in a packet"
    both = request(15, CHECK) + request(17, CHECK)
    yield from (x.c(RW, both[:40]), x.c(RW, both[40:]), x.s(RW, response(15, SERVING)),
                x.s(RW, response(17, SERVING)))
    yield from closed(x)


def streams():
    """containerd's streaming service: what a call without a single response looks like."""
    stream = "containerd.services.streaming.v1.Streaming/Stream"
    init = fields("types.containerd.io/containerd.services.streaming.v1.StreamInit", fields("io-1"))
    x = Connection(1024, "two streams of data, one ended by the client, one by the server", client=(2, 3417250222),
                   server_cid=42)
    yield from x.opened()
    namespace = fields("containerd-namespace-ttrpc", "default")
    yield from (x.c(RW, request(1, stream, metadata=namespace, flags=REMOTE_OPEN)),
                x.c(RW, ttrpc(DATA, 1, init)), x.s(RW, ttrpc(DATA, 1)),
                x.c(RW, request(3, stream, init, flags=REMOTE_CLOSED)), x.s(RW, ttrpc(DATA, 3, init)),
                x.c(RW, ttrpc(DATA, 1, flags=REMOTE_CLOSED | NO_DATA)), x.s(RW, response(1)),
                x.s(RW, ttrpc(DATA, 3, flags=REMOTE_CLOSED | NO_DATA)))
    yield from closed(x)


def wrong_ttrpc():
    x = Connection(1024, "wrong: a length of 5 MiB; the rest of the packet is data, the next packet is not",
                   client=(2, 1), server_cid=42)
    yield from (*x.opened(), x.c(RW, request(1, CHECK)), x.c(RW, ttrpc(REQUEST, 3, b"junk", length=5 << 20)),
                x.c(RW, request(5, CHECK)), x.s(RW, response(5, SERVING)))
    x = Connection(1024, "not wrong: a length of 4 MiB, of which little was captured", client=(2, 2), server_cid=42)
    yield from (*x.opened(), x.c(RW, ttrpc(REQUEST, 1, fields(*CHECK.split("/")), length=4 << 20)))
    x = Connection(1024, "wrong: an even stream id; type 4; a body that is no protobuf; a field beyond its message",
                   client=(2, 3), server_cid=42)
    yield from (*x.opened(), x.c(RW, request(1, CHECK)), x.c(RW, request(2, CHECK)), x.c(RW, ttrpc(4, 5, b"junk")),
                x.c(RW, ttrpc(REQUEST, 7, fields(*CHECK.split("/")) + b"\xff\xff")),
                x.s(RW, ttrpc(RESPONSE, 7, fields(b"") + b"\x12\x05abc")))
    x = Connection(1024, "odd: unknown fields, an unknown status, a response by the client",
                   client=(2, 4), server_cid=42)
    yield from (*x.opened(), x.c(RW, request(1, CHECK, seconds=-1, more=field(9, "new") + field(10, 7))),
                x.s(RW, response(1, status=fields(77, "größer"))), x.c(RW, response(1, SERVING)),
                x.s(RW, response(1, SERVING)), x.s(RW, ttrpc(RESPONSE, 1, b"\0\0")),
                x.s(RW, response(99, SERVING)), x.c(RW, ttrpc(REQUEST, 3)), x.s(RW, ttrpc(RESPONSE, 3)))
    x = Connection(1024, "1000 fields; 1001, of which the last is not shown", client=(2, 11), server_cid=42)
    yield from (*x.opened(), x.c(RW, request(1, CHECK, more=field(9, 1) * 998)),
                x.c(RW, request(3, CHECK, more=field(9, 1) * 999)))
    x = Connection(1024, "payload that is no protobuf: bytes; a field of 2^31 - 1 bytes", client=(2, 10),
                   server_cid=42)
    yield from (*x.opened(), x.c(RW, request(1, CHECK, b"\xff\xff")),
                x.s(RW, response(1, varint(1 << 3 | 2) + varint((1 << 31) - 1))))
    x = Connection(1024, "two requests that fill the receiver's buffer", client=(2, 12), server_cid=42, buf_alloc=60)
    yield from (*x.opened(), x.c(RW, request(1, CHECK) + request(3, CHECK)))
    x = Connection(1024, "the last bytes of each packet were not captured", client=(2, 9), server_cid=42)
    yield from (*x.opened(), *(cut(record, 3) for record in (x.c(RW, request(1, CHECK, b"abc")),
                                                             x.s(RW, response(1, SERVING)))),
                cut(x.c(RW, request(3, CHECK)), 24), x.c(RW, request(5, CHECK)))
    x = Connection(1024, "mid-stream: a whole response is proof enough", client=(2, 5), server_cid=42)
    yield from (x.s(RW, response(21, SERVING)), x.c(RW, request(23, CHECK)), x.s(RW, response(23, SERVING)))
    x = Connection(1024, "not ttrpc, on the same port: gvproxy", client=(42, 6), server_cid=2)
    yield from (*x.opened(), x.c(RW, b"POST /connect HTTP/1.1\r\nHost: \r\n\r\n"))
    x = Connection(1024, "not ttrpc: HTTP/2, whose SETTINGS are on stream 0", client=(42, 7), server_cid=2)
    yield from (*x.opened(), x.s(RW, b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0"))
    odd = (("an even stream id", ttrpc(REQUEST, 2, fields(*CHECK.split("/")))),
           ("an unknown flag", request(1, CHECK, flags=8)), ("a name too short", request(1, "gr/Check")),
           ("a response with something behind it", response(1, SERVING) + b"\0"),
           ("a response without a status", ttrpc(RESPONSE, 1, field(2, SERVING))))
    for port, (what, first) in enumerate(odd, 30):
        x = Connection(1024, f"not ttrpc: {what}", client=(42, port), server_cid=2)
        yield from (*x.opened(), x.c(RW, first))
    x = Connection(1024, "not ttrpc: a header as good as any, and no service's name", client=(42, 8), server_cid=2)
    yield from (*x.opened(), x.c(RW, ttrpc(REQUEST, 1, field(1, "\x01\x02\x03\x04"))),
                x.c(RW, ttrpc(DATA, 1, b"data")))


def ttrpc_story():
    for story in (kata, streams, wrong_ttrpc):
        yield from story()


def notification(port, comment, *parts, **fields):
    """A connection of a guest's PID 1, which binds to the highest free privileged port."""
    x = Connection(port, comment, client=(42, 1023), **fields)
    yield from (*x.opened(), *(x.c(RW, part, flags=1 if fields else 0) for part in parts), *closed(x))


def sd_notify():
    """Messages as systemd 257 sends them to systemd-vmspawn: each in a connection of its own."""
    vmspawn = 2918434207
    yield from notification(vmspawn, "PID 1 has its signal handlers", b"X_SYSTEMD_SIGNALS_LEVEL=2")
    yield from notification(vmspawn, "booted", b"READY=1\nSTATUS=Ready.")
    yield from notification(vmspawn, "a line cut in two", b"X_SYSTEMD_UNIT_ACTIVE=multi-us",
                            b"er.target\nSTATUS=Up\n", b"X_NEXT=1")
    yield from notification(vmspawn, "too little at first to say what it is", b"EXI",
                            b"T_STATUS=0\nX_SYSTEMD_SHUTDOWN=powe", b"roff")
    yield from notification(vmspawn + 1, "SEQPACKET: a packet is a message, and so is the next", b"READY=1",
                            b"STATUS=Ready.", type=SEQPACKET)
    yield from notification(vmspawn, "a line without an assignment; empty lines; control characters",
                            "STATUS=50 % of fsck…\nrest\n\r\n=\n".encode(), b"X_A=\x07b\xff\n")
    x = Connection(vmspawn, "the end of a line was not captured", client=(42, 1023))
    yield from (*x.opened(), cut(x.c(RW, b"READY=1\nSTATUS=Ready."), 3), x.c(RW, b"X_A=1\n"), *closed(x))
    x = Connection(vmspawn, "nor was the middle of this one", client=(42, 1023))
    yield from (*x.opened(), x.c(RW, b"STATUS=Re"), cut(x.c(RW, b"ad"), 1), x.c(RW, b"y."), *closed(x))
    lines = b"READY=1\n" + b"\n" * 4083
    yield from notification(vmspawn, "a message of 4096 bytes, all that a receiver takes", lines, b"X_A=", b"1")
    yield from notification(vmspawn, "a byte more: what a packet cuts stays cut", lines + b"\n", b"X_A=", b"1")
    yield from notification(vmspawn, "not sd_notify: other variables", b"PATH=/usr/bin\nREADY=1\n")
    yield from notification(vmspawn, "not sd_notify: bytes", b"READY=1\0\xff\n")
    yield from notification(vmspawn, "not sd_notify: a control character", b"READY=1\x7f\n")


def nitro():
    x = Connection(9000, "an enclave has booted; its parent sends the byte back", client=(16, 1795162311),
                   server_cid=3)
    yield from (*x.opened(), x.c(RW, b"\xb7"), x.s(RW, b"\xb7"), *closed(x))
    x = Connection(9000, "something else on port 9000", client=(42, 50000))
    yield from (*x.opened(), x.c(RW, b"\xb7\xb7"), x.s(RW, b"\xb6"), *closed(x))
    x = Connection(9001, "the byte on another port", client=(42, 50001))
    yield from (*x.opened(), x.c(RW, b"\xb7"), *closed(x))


GCS_REQUEST, GCS_RESPONSE, GCS_NOTIFY = 0x10000000, 0x20000000, 0x30000000
CREATE, START, EXECUTE, WAIT, NEGOTIATE = 0x100101, 0x100201, 0x100501, 0x100601, 0x100B01
POD = "9d7f0b0e"
ACTIVITY = "3f1c0e62-8d1d-4a41-9b0a-5d6f3c9e7a10"


def gcs(type, id, body, size=None):
    return struct.pack("<IIQ", type, 16 + len(body) if size is None else size, id) + body


def gcs_json(**values):
    return json.dumps(values, separators=(",", ":")).encode()


def ask(id, procedure, **values):
    """As the host writes it: Go's JSON encoder ends with a line feed."""
    return gcs(GCS_REQUEST | procedure, id, gcs_json(ContainerId=POD, ActivityId=ACTIVITY, **values) + b"\n")


def answer(id, procedure, **values):
    return gcs(GCS_RESPONSE | procedure, id, gcs_json(**{"Result": 0, "ActivityId": ACTIVITY} | values))


def exited():
    return gcs(GCS_NOTIFY | CREATE, 0, gcs_json(ContainerId=POD, ActivityId=ACTIVITY, Type="UnexpectedExit",
                                                Operation="None", Result=0))


def gcs_story():
    x = Connection(0x40000000, "hcsshim: the guest connects, the host asks; the guest writes header and body apart")

    def guest(message):
        return [x.c(RW, message[:16]), x.c(RW, message[16:])]

    yield from x.opened()
    yield from (x.s(RW, ask(0, NEGOTIATE, MinimumVersion=4, MaximumVersion=4)),
                *guest(answer(0, NEGOTIATE, Version=4, Capabilities={"RuntimeOsType": "Linux"})))
    yield from (x.s(RW, ask(1, CREATE, ContainerConfig='{"SchemaVersion":{"Major":2,"Minor":1}}')),
                *guest(answer(1, CREATE)))
    x.comment = "three requests in a packet; answered out of order, one with an error, around a notification"
    yield from (x.s(RW, ask(2, START) + ask(3, EXECUTE, Settings={"ProcessParameters": '{"CommandArgs":["sh"]}'}) +
                    ask(4, WAIT, ProcessId=7, TimeoutInMs=0xFFFFFFFF)),
                *guest(answer(3, EXECUTE, ProcessId=7)),
                *guest(answer(2, START, Result=-1070137075, ErrorMessage="container already started")),
                *guest(exited()), x.c(RW, answer(4, WAIT, ExitCode=137), after=1.5))
    x.comment = "cut in its header"
    asked = ask(5, 0x100301)
    yield from (x.s(RW, asked[:7]), x.s(RW, asked[7:]), *guest(answer(5, 0x100301)))
    yield from closed(x)
    x = Connection(50000, "on another port: the heuristic", client=(42, 50002))
    yield from (*x.opened(), x.s(RW, ask(0, 0x200101, PropertyType="LogForwardService")),
                x.c(RW, answer(0, 0x200101)), *closed(x))
    x = Connection(0x40000000, "wrong: sizes of 15 and of 5 MiB, class 4, category 3; odd: an unknown procedure, "
                   "no body, no JSON", client=(42, 50003))
    yield from (*x.opened(), x.s(RW, gcs(GCS_REQUEST | CREATE, 0, b"{}", size=15)),
                x.s(RW, gcs(GCS_REQUEST | CREATE, 1, b"{}", size=5 << 20)),
                x.s(RW, gcs(0x40000000 | CREATE, 2, b"{}")),
                x.s(RW, gcs(GCS_REQUEST | 0x300101, 3, b"{}")), x.s(RW, gcs(GCS_REQUEST | 0x10FF01, 4, b"{}")),
                x.s(RW, gcs(GCS_REQUEST | START, 5, b"")), x.s(RW, gcs(GCS_REQUEST | START, 6, b"\xff\xfe{[[[")),
                *closed(x))
    x = Connection(0x40000000, "the last bytes of each packet were not captured", client=(42, 50005))
    yield from (*x.opened(), cut(x.s(RW, ask(0, START)), 9), cut(x.c(RW, answer(0, START)), 60), *closed(x))
    x = Connection(0x40000000, "wrong: a response of more than 64 KiB; one of 64 KiB and a larger request are not",
                   client=(42, 50004))
    large, larger = b'"%s"' % (b"x" * 65518), b'"%s"' % (b"x" * 65519)
    yield from (*x.opened(), keep_little(x.s(RW, gcs(GCS_REQUEST | 0x100901, 0, larger))),
                keep_little(x.c(RW, gcs(GCS_RESPONSE | 0x100901, 0, large))),
                keep_little(x.c(RW, gcs(GCS_RESPONSE | 0x100901, 0, larger))), *closed(x))
    x = Connection(50000, "not GCS: no JSON; an unknown procedure", client=(42, 50006))
    yield from (*x.opened(), x.s(RW, gcs(GCS_REQUEST | CREATE, 0, b"[" * 48)),
                x.s(RW, gcs(GCS_REQUEST | 0x10FF01, 0, b"{" * 48)))


def packed():
    """More than is shown: of Info, of a message's payloads, of what a frame has layers for (500, Wireshark's limit)."""
    x = Connection(1024, "600 requests in a packet, then their responses")
    numbers = range(1, 1201, 2)
    yield from (*x.opened(), x.c(RW, b"".join(request(n, CHECK, b"\x08\x01") for n in numbers)),
                x.s(RW, b"".join(response(n, SERVING) for n in numbers)))
    x.comment = "a request with 260 payloads of 100 fields each, of which 25,000 are shown"
    yield from (x.c(RW, request(1201, CHECK, more=field(3, b"\x08\x01" * 100) * 260)), *closed(x))
    x = Connection(0x40000000, "600 requests in a packet, then their responses", client=(42, 50007))
    yield from (*x.opened(), x.s(RW, b"".join(gcs(GCS_REQUEST | START, n, b"{}") for n in range(600))),
                x.c(RW, b"".join(gcs(GCS_RESPONSE | START, n, b"{}") for n in range(600))), *closed(x))


CAPTURES = {
    "ttrpc.pcapng": capture(ttrpc_story),
    "sd_notify.pcapng": capture(sd_notify),
    "nitro.pcapng": capture(nitro),
    "gcs.pcapng": capture(gcs_story),
    "packed.pcapng": capture(packed),
}
