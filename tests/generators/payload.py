# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-made captures of what programs say to each other: messages cut anywhere, lost, cut off, recorded wrongly.

One story a server port. What surrounds the payload is as Linux makes it, unless the comment says otherwise.
"""
import json
import random
import struct
import zlib

from generators.vsock import (CREDIT_UPDATE, Connection, GUEST, NO_SOCKET, REQUEST, RST, RW, Record, SEQPACKET, SHUTDOWN,
                              STREAM, capture, section)
from lib import pcapng, runner

EOM, EOR = 1, 2
RCV, SEND = 1, 2
SNAPLEN = 160


class Dialogue(Connection):
    """A connection whose sides read all that has reached them before they speak, and say so in every packet.

    A packet that is made and not yielded is one that the capture lost: the receiver has read it all the same.
    `before`: bytes that client and server had sent before the capture.
    """

    def __init__(self, port, comment, before=(0, 0), **more):
        super().__init__(port, comment, **more)
        self.interface, self.type = 0, self.fields.get("type", STREAM)
        self.sent = dict(zip((self.client, self.server), before))
        self.readable = dict(self.sent)

    def send(self, src, dst, op, payload=b"", comment=None, **more):
        if op == REQUEST:
            self.sent = self.readable = {src: 0, dst: 0}
        record = super().send(src, dst, op, payload, **{"fwd_cnt": self.readable[dst]} | more)
        if op == RW:
            self.sent = self.sent | {src: self.sent[src] + more.get("length", len(payload))}
        if self.type == STREAM or more.get("flags", 0) & EOM:  # of a message, Linux reads all or nothing
            self.readable = self.readable | {src: self.sent[src]}
        record.comment = comment or record.comment
        record.interface = self.interface
        return record

    def ask(self, *pieces, **more):
        return [self.c(RW, piece, **more) for piece in pieces]

    def answer(self, *pieces, **more):
        return [self.s(RW, piece, **more) for piece in pieces]

    def closed(self):
        """By the client. The server's kernel acknowledges, and tells again when the server closes, too."""
        return [self.c(SHUTDOWN, flags=RCV | SEND), self.s(RST), self.s(RST)]


def cut(data, *places):
    """data in pieces, cut before the bytes at `places`."""
    return [data[start:end] for start, end in zip((0, *places), (*places, len(data)))]


def every(data, size):
    return cut(data, *range(size, len(data), size))


def lines(count):
    """Text of 10 bytes a line, in which every byte's place can be read."""
    return "".join(f"{i:9}\n" for i in range(count)).encode()


def http(first, *fields, body=b""):
    return "\r\n".join((first, *fields, "", "")).encode() + body


def get(target):
    return http(f"GET {target} HTTP/1.1", "Host: vsock")


def ok(body, content_type="text/plain"):
    return http("HTTP/1.1 200 OK", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", body=body)


def http_to_the_end(body):
    """A response whose body ends with the connection."""
    return http("HTTP/1.0 200 OK", "Content-Type: text/plain", body=body)


def http_in_pieces():
    x = Dialogue(8101, "a request cut inside the names of its fields; the response is whole")
    yield from (*x.opened(), *x.ask(b"GET /pieces HTTP/1.1\r\nHo", b"st: vsock\r\nUser-Ag", b"ent: by hand\r\nAcc",
                                    b"ept: */*\r\n\r\n"), x.s(CREDIT_UPDATE), *x.answer(ok(b"whole\n")), *x.closed())
    x = Dialogue(8102, "9000 bytes of body; the response is written 2048 bytes at a time")
    parts = every(ok(lines(900)), 2048)
    yield from (*x.opened(), *x.ask(get("/long")))
    for i in range(0, len(parts), 2):
        yield from (*x.answer(*parts[i:i + 2]), x.c(CREDIT_UPDATE))
    yield from x.closed()
    x = Dialogue(8103, "three requests in one RW; three responses in two, cut in the second one's body")
    requests, bodies = [get(f"/{i}") for i in (1, 2, 3)], (b"one\n", b"the second\n", b"three\n")
    responses = b"".join(map(ok, bodies))
    yield from (*x.opened(), *x.ask(b"".join(requests)), *x.answer(*cut(responses, responses.index(b"second"))),
                *x.closed())
    x = Dialogue(8104, "chunks; the first one's size, 1a, is cut in two, as is the end of the last one")
    start = http("HTTP/1.1 200 OK", "Content-Type: text/plain", "Transfer-Encoding: chunked")
    yield from (*x.opened(), *x.ask(get("/chunks")),
                *x.answer(start + b"1", b"a\r\nabcdefghijklmnopqrstuvwxyz\r\n5;last\r\n0123", b"4\r\n0\r\n", b"\r\n"),
                *x.closed())


def http_until_the_end():
    """The length is not told: the body ends with what the server sends."""
    x = Dialogue(8105, "a body until the server's SHUTDOWN(SEND)")
    yield from (*x.opened(), *x.ask(get("/shutdown")), *x.answer(*every(http_to_the_end(lines(30)), 150)),
                x.s(SHUTDOWN, flags=SEND), *x.closed())
    x = Dialogue(8106, "a body until the server closes")
    yield from (*x.opened(), *x.ask(get("/close")), *x.answer(*every(http_to_the_end(lines(30)), 150)),
                x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST), x.c(RST))
    x = Dialogue(8107, "a body until the server is gone: a RST without a SHUTDOWN")
    yield from (*x.opened(), *x.ask(get("/reset")), *x.answer(*every(http_to_the_end(lines(30)), 150)),
                x.c(CREDIT_UPDATE), x.s(RST, **NO_SOCKET))


def http_both_ways():
    x = Dialogue(8108, "both sides in pieces at once: the client stops waiting for 100, which comes then")
    body = lines(30)
    first, second, third = every(body, 100)
    post = http("POST /both HTTP/1.1", "Host: vsock", "Expect: 100-continue", "Content-Type: text/plain",
                f"Content-Length: {len(body)}")
    begin, middle, end = every(ok(body), 150)
    yield from (*x.opened(), *x.ask(post), *x.answer(b"HTTP/1.1 100 Con"), *x.ask(first, after=1),
                *x.answer(b"tinue\r\n\r\n"), *x.ask(second), *x.answer(begin), *x.ask(third), *x.answer(middle, end),
                x.c(CREDIT_UPDATE), *x.closed())


def http_at_odd_times():
    x = Dialogue(8109, "mid-stream: the end of a response, then a request and a response", before=(5000, 70000))
    yield from (*x.answer(lines(20)[-50:]), x.c(CREDIT_UPDATE), *x.ask(get("/under-way")),
                *x.answer(ok(b"on its way\n")), *x.closed())
    x = Dialogue(8110, "closed in the middle of a header; the same endpoints again")
    yield from (*x.opened(), *x.ask(b"GET /first HTTP/1.1\r\nHo"), *x.closed(),
                *x.opened(comment="the second connection"), *x.ask(get("/second")),
                *x.answer(ok(b"of the second connection\n")), *x.closed())
    x = Dialogue(8111, "both directions in the middle of a header; the same endpoints again, though nobody closed")
    yield from (*x.opened(), *x.ask(get("/first"), b"GET /next HTTP/1.1\r\nHo"), *x.answer(b"HTTP/1.1 200 OK\r\nCont"),
                *x.opened(comment="the second connection"), *x.ask(get("/second")),
                *x.answer(ok(b"of the second connection\n")), *x.closed())
    x = Dialogue(8112, "an RW without data in the middle of a header")
    yield from (*x.opened(), *x.ask(b"GET /nothing HTTP/1.1\r\nHo"), x.c(RW, comment="no data"),
                *x.ask(b"st: vsock\r\n\r\n"), *x.answer(ok(b"something\n")), *x.closed())
    x = Dialogue(8113, "reset by the server in the middle of a request: the client did not end it")
    yield from (*x.opened(), *x.ask(get("/reset")[:20]), x.s(RST))


def http_stories():
    yield from http_in_pieces()
    yield from http_until_the_end()
    yield from http_both_ways()
    yield from http_at_odd_times()


def copies_stories():
    """As `-i any` does it with two vsockmon devices."""
    x = Dialogue(8601, "request and response in pieces; every packet is captured twice")
    for record in (*x.opened(), *x.ask(*cut(get("/twice"), 15)), *x.answer(*cut(ok(b"once\n"), 30)), *x.closed()):
        yield from (record, Record(None, record.data, after=0.0002))


def tls_turns():
    """What client and server said in turn in the first connection of tls.pcapng.gz, as (from the client?, bytes)."""
    turns = []
    for packet in pcapng.packets(pcapng.read(runner.CAPTURES / "tls.pcapng.gz")):
        _, dst_port, length, _, op = struct.unpack_from("<IIIHH", packet.data, 32 + 16)
        if op == RST:
            break
        if op == RW:
            turns.append((dst_port == 8443, packet.data[76:76 + length]))
    return turns


def tls_stories():
    """The bytes of a real connection, whose keys are in tls.keylog, cut and joined where its programs did not."""
    (_, hello), (_, flight), *rest = tls_turns()
    x = Dialogue(8443, "a ClientHello in RWs of 100 bytes; the server's first flight cut in a record's header")
    yield from (*x.opened(), *x.ask(*every(hello, 100)), x.s(CREDIT_UPDATE))
    second = 5 + struct.unpack_from(">H", flight, 3)[0]
    third = second + 5 + struct.unpack_from(">H", flight, second + 3)[0]
    yield from (*x.answer(*cut(flight, second + 3, third + 4)), x.c(CREDIT_UPDATE))
    said = {who: [data for client, data in rest if client == who] for who in (True, False)}
    *requests, goodbye = said[True]
    yield from (*x.ask(b"".join(requests), comment="two records in one RW"),
                *x.answer(b"".join(said[False]), comment="four records in one RW"), *x.ask(goodbye), *x.closed())


def mqtt(kind, body=b"", flags=0):
    """A packet of MQTT 3.1.1, whose length is in groups of 7 bits, the lowest first."""
    length, rest = bytearray(), len(body)
    while not length or rest:
        rest, group = rest >> 7, rest & 0x7F
        length.append(group | (0x80 if rest else 0))
    return bytes([kind << 4 | flags]) + bytes(length) + body


def mqtt_string(text):
    return struct.pack(">H", len(text)) + text.encode()


def mqtt_stories():
    x = Dialogue(1883, "MQTT 3.1.1")
    connect = mqtt_string("MQTT") + bytes([4, 2]) + struct.pack(">H", 60) + mqtt_string("vsock")
    yield from (*x.opened(), *x.ask(mqtt(1, connect)), *x.answer(mqtt(2, b"\0\0")),
                *x.ask(mqtt(8, struct.pack(">H", 1) + mqtt_string("vm/#") + b"\0", flags=2)),
                *x.answer(mqtt(9, struct.pack(">HB", 1, 0))))
    one, two = (mqtt(3, mqtt_string(f"vm/{i}") + f"message {i}".encode()) for i in (1, 2))
    long = mqtt(3, mqtt_string("vm/3") + lines(30))
    yield from (*x.ask(one + two, comment="two PUBLISHes"),
                *x.ask(*cut(long, 1, 200), comment="a PUBLISH in three RWs, cut before its length and in its message"),
                x.s(CREDIT_UPDATE), *x.ask(mqtt(12)), *x.answer(mqtt(13)), *x.ask(mqtt(14)), *x.closed())
    x = Dialogue(1883, "a length cut in two, which Wireshark calls malformed, over TCP as well; then PINGREQ",
                 client=(GUEST[0], GUEST[1] + 1))
    yield from (*x.opened(), *x.ask(mqtt(1, connect)), *x.answer(mqtt(2, b"\0\0")), *x.ask(*cut(long, 2)),
                x.s(CREDIT_UPDATE), *x.ask(mqtt(12)), *x.answer(mqtt(13)), *x.ask(mqtt(14)), *x.closed())


SETTINGS, HEADERS, DATA, WINDOW_UPDATE = 4, 1, 0, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def http2(kind, payload=b"", flags=0, stream=0):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def hpack_text(text):
    return bytes([len(text)]) + text.encode()


def hpack(indexed, **literal):
    """Fields of HPACK's static table, then literal ones: by name, or by `_` and the name's place in that table."""
    def name(key):
        if not key.startswith("_"):
            return b"\0" + hpack_text(key.replace("_", "-"))
        index = int(key[1:])
        return bytes([index]) if index < 15 else bytes([15, index - 15])
    return bytes(0x80 | i for i in indexed) + b"".join(name(key) + hpack_text(value) for key, value in literal.items())


def grpc(text):
    """A message of gRPC, not compressed: in protobuf, field 1 is the text."""
    message = b"\x0a" + hpack_text(text)
    return struct.pack(">BI", 0, len(message)) + message


def grpc_stories():
    """One call of helloworld.Greeter/SayHello; HPACK without Huffman coding and without a dynamic table."""
    x = Dialogue(50051, "gRPC: HTTP/2's preface alone, then two frames in one RW, then a frame's header cut in two")
    call = hpack((3, 6), _4="/helloworld.Greeter/SayHello", _1="vsock", _31="application/grpc", te="trailers")
    call = http2(HEADERS, call, END_HEADERS, 1) + http2(DATA, grpc("vsock"), END_STREAM, 1)
    yield from (*x.opened(), *x.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                    http2(SETTINGS, struct.pack(">HI", 3, 100)) +
                                    http2(WINDOW_UPDATE, struct.pack(">I", 1 << 20)), *cut(call, 4)))
    begin = http2(SETTINGS) + http2(SETTINGS, flags=ACK)
    headers = http2(HEADERS, hpack((8,), _31="application/grpc"), END_HEADERS, 1)
    data = http2(DATA, grpc("Hello vsock"), 0, 1)
    trailers = http2(HEADERS, hpack((), grpc_status="0", grpc_message=""), END_HEADERS | END_STREAM, 1)
    response = headers + data + trailers
    yield from (*x.answer(begin), *x.ask(http2(SETTINGS, flags=ACK)),
                *x.answer(*cut(response, len(headers) + 9 + 3, len(headers + data) + 2),
                          comment="cut in the message's prefix, and in the header of the frame with the trailers"),
                x.c(CREDIT_UPDATE), *x.closed())


class Messages(Dialogue):
    """A SEQPACKET connection."""

    def __init__(self, port, comment, **more):
        super().__init__(port, comment, type=SEQPACKET, **more)

    def message(self, side, *pieces, flags=EOM):
        """A message, in as many RWs as there are pieces. side: self.c or self.s"""
        *begin, end = pieces
        return [*(side(RW, piece) for piece in begin), side(RW, end, flags=flags)]

    def closed_unread(self):
        """By the client. The server's kernel has nothing to say until the server closes, too."""
        return [self.c(SHUTDOWN, flags=RCV | SEND), self.s(RST)]


def text(**value):
    return json.dumps(value).encode()


def seqpacket_stories():
    """JSON. Pieces as small as these come of little credit; vhost makes pieces of the size of the guest's buffers."""
    x = Messages(8201, "three pieces, then one, then two messages back to back of which the second ends a record")
    yield from (*x.opened(), *x.message(x.c, *cut(text(method="start", id=1, name="vsock"), 10, 30)),
                x.s(CREDIT_UPDATE), *x.message(x.s, text(result="ok", id=1)), x.c(CREDIT_UPDATE),
                *x.message(x.c, text(method="log", line=1)),
                *x.message(x.c, text(method="log", line=2), flags=EOM | EOR), x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8202, "a message each way, their pieces by turns")
    one, two = cut(text(method="from the client"), 8, 16), cut(text(method="from the server"), 12, 20)
    yield from (*x.opened(), x.c(RW, one[0]), x.s(RW, two[0]), x.c(RW, one[1]), x.s(RW, two[1]),
                x.s(RW, two[2], flags=EOM), x.c(RW, one[2], flags=EOM), x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8203, "a message without data between two with")
    yield from (*x.opened(), *x.message(x.c, text(id=1)), x.c(RW, flags=EOM, comment="no data"),
                *x.message(x.c, text(id=2)), x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8204, "a message that is never finished")
    yield from (*x.opened(), *x.message(x.c, text(id=1)), x.s(CREDIT_UPDATE),
                *x.ask(*cut(text(id=2, name="vsock")[:12], 6)), *x.closed_unread())
    x = Messages(8205, "mid-stream: the end of a message, then a whole one in two pieces", before=(5000, 0))
    yield from (*x.message(x.c, text(id=1, name="vsock")[6:]), x.s(CREDIT_UPDATE),
                *x.message(x.c, *cut(text(id=2, name="vsock"), 6)), x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8206, "mid-stream: the middle and the end of a message, then one in one piece", before=(5000, 0))
    yield from (*x.message(x.c, *cut(text(id=1, name="vsock")[6:], 6)), x.s(CREDIT_UPDATE),
                *x.message(x.c, text(id=2, name="vsock")), x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8207, "closed in the middle of a message; the same endpoints again")
    yield from (*x.opened(), *x.ask(text(id=1)[:3]), *x.closed_unread(),
                *x.opened(comment="the second connection"), *x.message(x.c, *cut(text(id=2), 3)), x.s(CREDIT_UPDATE),
                *x.closed())
    x = Messages(8208, "a fragment of which the record lacks 94 of 100 bytes, with no snaplen to blame")
    yield from (*x.opened(), x.c(RW, text(id=1)[:6], length=100), x.c(RW, text(id=1)[6:], flags=EOM), x.s(CREDIT_UPDATE),
                *x.closed())


def after_loss(x):
    """Request and response that are whole, and the end."""
    return *x.ask(get("/after")), *x.answer(ok(b"decoded again\n")), *x.closed()


def gap_stories():
    """An RW is missing; what the receiver says it has read tells so, later."""
    x = Dialogue(8301, "the middle of a response is missing, as the next CREDIT_UPDATE tells")
    yield from (*x.opened(), *x.ask(get("/gap")))
    first, _, third = x.answer(*every(ok(lines(30)), 150))
    yield from (first, third, x.c(CREDIT_UPDATE), *after_loss(x))
    x = Dialogue(8302, "the end of a response is missing, as the next request tells")
    yield from (*x.opened(), *x.ask(get("/gap")), *x.answer(*every(ok(lines(30)), 150))[:2], *after_loss(x))
    x = Dialogue(8303, "the beginning of a response is missing")
    yield from (*x.opened(), *x.ask(get("/gap")), *x.answer(*every(ok(lines(30)), 150))[1:], x.c(CREDIT_UPDATE),
                *after_loss(x))
    x = Dialogue(8304, "a whole request is missing: nothing was open; its response tells")
    yield from (*x.opened(), *x.ask(get("/seen")), *x.answer(ok(b"seen\n")), x.c(CREDIT_UPDATE))
    x.ask(get("/not-seen"))
    yield from (*x.answer(ok(b"of the request that was not seen\n")), *after_loss(x))
    x = Dialogue(8305, "the middle of a request is missing: the response comes all the same")
    yield from x.opened()
    first, _, third = x.ask(*every(get("/in-three-pieces"), 20))
    yield from (first, third, *x.answer(ok(b"of the request in pieces\n")), *after_loss(x))
    x = Messages(8306, "the middle of a message is missing; then a whole one in two pieces")
    yield from x.opened()
    first, _, third = x.message(x.c, *cut(text(id=1, name="vsock"), 6, 12))
    yield from (first, third, x.s(CREDIT_UPDATE), *x.message(x.c, *cut(text(id=2, name="vsock"), 6)),
                x.s(CREDIT_UPDATE), *x.closed())
    x = Messages(8307, "the end of a message is missing; what was read tells before the next one begins")
    yield from (*x.opened(), *x.message(x.c, *cut(text(id=1, name="vsock"), 6))[:1], x.s(CREDIT_UPDATE),
                *x.message(x.c, *cut(text(id=2, name="vsock"), 6)), x.s(CREDIT_UPDATE), *x.closed())


def snaplen_stories():
    """Every record is cut after 160 bytes: 84 of payload."""
    x = Dialogue(8401, "a response whose body is cut; then a short exchange")
    yield from (*x.opened(), *x.ask(get("/cut")), *x.answer(ok(lines(20))), *after_loss(x))
    x = Dialogue(8402, "a response whose header is in two RWs, the second one cut before the header's end")
    header = http("HTTP/1.1 200 OK", "Content-Type: text/plain", "X-Long: " + "x" * 100, "Content-Length: 6",
                  body=b"hello\n")
    yield from (*x.opened(), *x.ask(get("/cut")), *x.answer(*cut(header, 25)), *after_loss(x))
    x = Dialogue(8403, "a response in four RWs, the third one cut")
    yield from (*x.opened(), *x.ask(get("/cut")), *x.answer(*cut(ok(lines(30)), 80, 130, 330)), *after_loss(x))
    x = Messages(8404, "a message in three pieces, the second one cut; then a whole one in two")
    yield from (*x.opened(), *x.message(x.c, *cut(text(id=1, lines=lines(20).decode()), 20, 170)), x.s(CREDIT_UPDATE),
                *x.message(x.c, *cut(text(id=2, name="vsock"), 6)), x.s(CREDIT_UPDATE), *x.closed())


def snapped():
    for record in snaplen_stories():
        record.captured = SNAPLEN
        yield record


REMAINING, WHOLE = range(2)


def split(x, whole, layout, flags=0):
    """A packet split by vhost for a guest with buffers of 4052 bytes, as the kernel's tap with its bug records it.

    REMAINING is Linux 6.1.64 on and 6.3 to 6.6, WHOLE is 6.7 to 7.0.
    """
    parts, start = every(whole, 4052), 0
    for part in parts:
        data = whole[start:] if layout == REMAINING else whole
        start += len(part)
        yield x.s(RW, data, length=len(part), flags=flags if start == len(whole) else 0)


def tap_bug_stories(layout):
    kernel = ("Linux 6.1", "Linux 6.7")[layout]
    three, two = lines(850), lines(450)

    def dialogue(kind, port, comment):
        x = kind(port + 10 * layout, f"{comment}; the tap of {kernel}")
        x.interface = layout
        return x
    x = dialogue(Dialogue, 8501, "a response that vhost splits in three")
    yield from (*x.opened(), *x.ask(get("/split")), *split(x, ok(three), layout), x.c(CREDIT_UPDATE),
                *split(x, ok(two), layout), x.c(CREDIT_UPDATE), *x.closed())
    x = dialogue(Dialogue, 8502, "a response that vhost splits in three, the second part missing")
    yield from (*x.opened(), *x.ask(get("/split")))
    first, _, third = split(x, ok(three), layout)
    yield from (first, third, x.c(CREDIT_UPDATE), *after_loss(x))
    x = dialogue(Messages, 8503, "a message that vhost splits in two")
    yield from (*x.opened(), *split(x, text(text=two.decode()), layout, EOM), x.c(CREDIT_UPDATE), *x.closed())


def tap_bug():
    return section((*tap_bug_stories(REMAINING), *tap_bug_stories(WHOLE)), interfaces=2)


def heuristics_stories():
    """What the bytes tell, whatever the port is known for, and before there are enough of them."""
    x = Dialogue(22, "HTTP on ssh's port")
    yield from (*x.opened(), *x.ask(get("/not-ssh")), *x.answer(ok(b"not ssh\n")), *x.closed())
    x = Dialogue(1024, "an ssh client whose first byte comes alone", client=(GUEST[0], 5001))
    yield from (*x.opened(), *x.ask(b"S", b"SH-2.0-OpenSSH_10.0\r\n"), *x.answer(b"SSH-2.0-OpenSSH_9.2\r\n"),
                *x.closed())
    x = Dialogue(1024, "a ClientHello in pieces of 3 and 4 bytes and the rest", client=(GUEST[0], 5002))
    yield from (*x.opened(), *x.ask(*cut(tls_turns()[0][1], 3, 7)), x.s(CREDIT_UPDATE), *x.closed())
    x = Dialogue(1024, "bytes that no protocol claims", client=(GUEST[0], 5003))
    noise = random.Random(5).randbytes(140)
    yield from (*x.opened(), *x.ask(*cut(noise, 10, 40)), x.s(CREDIT_UPDATE), *x.closed())
    for pieces, what in ((15, "which contents still decide on"), (16, "after which contents are not asked any more")):
        x = Dialogue(1024, f"{pieces} pieces that no protocol claims, {what}", client=(GUEST[0], 5000 + pieces))
        yield from (*x.opened(), *x.ask(*[noise[:64]] * pieces, get("/late")), x.s(CREDIT_UPDATE), *x.closed())
    x = Dialogue(1024, "the same, until the server answers in a protocol that is known", client=(GUEST[0], 5017))
    yield from (*x.opened(), *x.ask(*[noise[:64]] * 17), *x.answer(ok(b"known now\n")), *x.ask(get("/known")),
                *x.closed())
    x = Dialogue(1024, "a file that has lines like a request's", client=(GUEST[0], 5004))
    yield from (*x.opened(), *x.ask(noise[:70], b"GET /x is in my file\nand more\n", b"so is this\n"), x.s(CREDIT_UPDATE),
                *x.closed())


def packed(body, coding):
    return http("HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Encoding: {coding}",
                f"Content-Length: {len(body)}", body=body)


GZIP, ZLIB, RAW = 31, 15, -15  # zlib's wbits


def deflate(data, form):
    """By zlib itself: gzip.compress() writes another header in each series of Python."""
    stream = zlib.compressobj(wbits=form)
    return stream.compress(data) + stream.flush()


def packed_stories():
    """Bodies of HTTP/1 that are compressed: what they become decides on whether they are dissected."""
    text = json.dumps({"state": ["running"] * 20}).encode()
    unzipped = deflate(text, GZIP)
    x = Dialogue(8701, "gzip; then the same in chunks, cut in packets as well")
    chunked = http("HTTP/1.1 200 OK", "Content-Type: application/json", "Content-Encoding: gzip",
                   "Transfer-Encoding: chunked")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in every(unzipped, 7)) + b"0\r\n\r\n"
    yield from (*x.opened(), *x.ask(get("/gzip")), *x.answer(packed(unzipped, "gzip")), *x.ask(get("/chunks")),
                *x.answer(*every(chunked + chunks, 50)), *x.closed())
    x = Dialogue(8702, "deflate, with zlib's header, and without it")
    yield from (*x.opened(), *x.ask(get("/zlib")), *x.answer(packed(deflate(text, ZLIB), "deflate")), *x.ask(get("/raw")),
                *x.answer(packed(deflate(text, RAW), "deflate")), *x.closed())
    x = Dialogue(8703, "a MiB of ones in a KiB: it is not dissected; what comes after it is")
    ones = b"[" + b"1," * (1 << 19) + b"1]"
    yield from (*x.opened(), *x.ask(get("/ones")), *x.answer(packed(deflate(ones, GZIP), "gzip")),
                *x.ask(get("/after")), *x.answer(packed(unzipped, "gzip")), *x.closed())
    x = Dialogue(8704, "Brotli, of which nothing tells what it becomes: it is not dissected")
    yield from (*x.opened(), *x.ask(get("/br")), *x.answer(packed(b"\x0b\x02\x80[1,2]\x03", "br")), *x.closed())


def tagged_stories():
    """What must not be missed stays in front of Info, whatever the dissectors make of the rest."""
    x = Dialogue(8443, "TLS beyond the server's buffer of 600 bytes", buf_alloc=600)
    (_, hello), *_ = tls_turns()
    record = b"\x17\x03\x03" + struct.pack(">H", 200) + bytes(200)
    yield from (*x.opened(), *x.ask(hello), *x.ask(record), *x.ask(b"no record"), x.s(CREDIT_UPDATE), *x.closed())
    x = Dialogue(8080, "HTTP beyond the server's buffer of 50 bytes: two requests in one RW, then one in two", buf_alloc=50)
    yield from (*x.opened(), *x.ask(get("/one") + get("/two")), *x.ask(*cut(get("/three"), 10)), x.s(CREDIT_UPDATE),
                *x.closed())


CAPTURES = {
    "payload-http.pcapng": capture(http_stories),
    "payload-copies.pcapng": capture(copies_stories),
    "payload-tls-cut.pcapng": capture(tls_stories),
    "payload-mqtt.pcapng": capture(mqtt_stories),
    "payload-grpc.pcapng": capture(grpc_stories),
    "payload-seqpacket.pcapng": capture(seqpacket_stories),
    "payload-gap.pcapng": capture(gap_stories),
    "payload-snaplen.pcapng": capture(snapped),
    "payload-tap-bug.pcapng": tap_bug,
    "payload-heuristics.pcapng": capture(heuristics_stories),
    "payload-packed.pcapng": capture(packed_stories),
    "payload-tagged.pcapng": capture(tagged_stories),
}
