# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs say to each other over vsock, made from chance: turns of (is it the client?, bytes).

A function a protocol: what it makes is as the protocol wants it. twist() makes of it what no program would send.
"""
import gzip
import json
import struct

from generators import apps, payload
from generators.vsock import RW
from lib import pcapng, runner

LONG = (0, 1, 10, 100, 1000, 1448, 4096, 9000, 40_000)  # bytes of a body


def text(chance, size=None):
    size = chance.choice(LONG) if size is None else size
    return (b"the quick brown fox, line %d\n" % size * (size // 24 + 1))[:size]


def noise(chance, size=None):
    return chance.randbytes(chance.choice(LONG) if size is None else size)


def value(chance, depth=0):
    """Any value of JSON."""
    kind = chance.randrange(7 if depth < 4 else 5)
    if kind < 5:
        return (None, True, chance.randrange(-9, 1 << 40), "größer\u0000\\\"", chance.random())[kind]
    inside = [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    return inside if kind == 5 else {f"name{i}": each for i, each in enumerate(inside)}


def document(chance):
    return json.dumps({"id": chance.randrange(100), "value": value(chance)}).encode()


# ---- HTTP ----

def chunked(chance, body):
    size, out = chance.choice((1, 7, 100, 4096)), b""
    for piece in payload.every(body[:200 * size], size) if body else ():
        out += b"%x%s\r\n%s\r\n" % (len(piece), chance.choice((b"", b"", b";name=value")), piece)
    return out + b"0\r\n" + chance.choice((b"", b"Trailer: yes\r\n")) + b"\r\n"


def multipart(chance):
    return b"".join(b"--x\r\nContent-Disposition: form-data; name=\"n%d\"\r\n\r\n%s\r\n" % (i, text(chance, 20))
                    for i in range(chance.randrange(4))) + b"--x--\r\n"


CONTENTS = (
    ("text/plain", text), ("application/json", document), ("application/octet-stream", noise), ("image/png", noise),
    ("application/xml", lambda chance: b"<?xml version='1.0'?><a b='c'><d>" + text(chance) + b"</d></a>"),
    ("multipart/form-data; boundary=x", multipart), ("application/grpc", lambda _: payload.grpc("text")),
    ("application/x-www-form-urlencoded", lambda chance: b"a=1&b=%20&" * chance.randrange(200)),
    ("text/plain\r\nContent-Encoding: gzip", lambda chance: gzip.compress(text(chance), mtime=0)),
)


def http_message(chance, first, may_end=False):
    kind, make = chance.choice(CONTENTS)
    body, how = make(chance), chance.randrange(3)
    if how == 0:
        return payload.http(first, f"Content-Type: {kind}", "Transfer-Encoding: chunked", body=chunked(chance, body))
    if how == 1 and may_end:
        return payload.http(first, f"Content-Type: {kind}", body=body)
    return payload.http(first, f"Content-Type: {kind}", f"Content-Length: {len(body)}", body=body)


def http(chance):
    for _ in range(chance.randint(1, 5)):
        if chance.random() < 0.6:
            yield True, payload.get("/" + "x" * chance.choice((1, 20, 3000)))
        else:
            yield True, http_message(chance, f"{chance.choice(('POST', 'PUT', 'PATCH'))} /a?b=c HTTP/1.1")
        status = chance.choice(("200 OK", "404 Not Found", "204 No Content", "304 Not Modified", "500 Oops"))
        yield False, http_message(chance, f"HTTP/1.{chance.randrange(2)} {status}", may_end=True)


def websocket_frame(chance, mask):
    body, first = text(chance, chance.choice((0, 5, 125, 126, 3000))), chance.choice((0x81, 0x82, 0x01, 0x88, 0x89))
    bit = 0x80 if mask else 0
    size = bytes([bit | len(body)]) if len(body) < 126 else struct.pack(">BH", bit | 126, len(body))
    return bytes([first]) + size + (b"\0\0\0\0" if mask else b"") + body


def websocket(chance):
    yield True, payload.http("GET /socket HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
    yield False, payload.http("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    for _ in range(chance.randrange(12)):
        mask = chance.random() < 0.5
        yield mask, websocket_frame(chance, mask)


def http2(chance):
    yield True, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + payload.http2(payload.SETTINGS, struct.pack(">HI", 3, 100))
    yield False, payload.http2(payload.SETTINGS) + payload.http2(payload.SETTINGS, flags=payload.ACK)
    for stream in range(1, 2 * chance.randint(1, 6), 2):
        headers = payload.hpack((3, 6), _4="/helloworld.Greeter/SayHello", _1="vsock",
                                _31=chance.choice(("application/grpc", "application/json", "text/plain")))
        body = chance.choice((payload.grpc("x" * chance.randrange(120)), document(chance), text(chance)))
        yield True, payload.http2(payload.HEADERS, headers, payload.END_HEADERS, stream) + \
            payload.http2(payload.DATA, body, payload.END_STREAM, stream)
        yield False, payload.http2(payload.HEADERS, payload.hpack((8,), _31="application/grpc"),
                                   payload.END_HEADERS, stream) + payload.http2(payload.DATA, body, 0, stream)
        yield chance.random() < 0.5, payload.http2(chance.randrange(12), noise(chance, chance.choice((0, 4, 5, 8, 40))),
                                                   chance.randrange(256), chance.choice((0, stream)))


# ---- what is real ----

def turns_of(capture):
    """What client and server said in turn in the first connection of a stored capture."""
    port, turns = None, []
    for packet in pcapng.packets(pcapng.read(runner.CAPTURES / capture)):
        if len(packet.data) < 76:
            continue
        _, dst_port, length, _, op = struct.unpack_from("<IIIHH", packet.data, 48)
        port = dst_port if port is None else port
        if op == RW:
            turns.append((dst_port == port, packet.data[76:76 + length]))
    return turns


def tls(_):
    return turns_of("tls.pcapng.gz")


def ssh(_):
    return turns_of("ssh.pcapng.gz")


# ---- what has messages ----

def mqtt(chance):
    connect = payload.mqtt_string("MQTT") + bytes([chance.choice((4, 5)), 2]) + struct.pack(">H", 60)
    yield True, payload.mqtt(1, connect + payload.mqtt_string("vsock"))
    yield False, payload.mqtt(2, b"\0\0")
    for number in range(chance.randrange(8)):
        message = payload.mqtt_string("vm/1") + text(chance)
        yield chance.random() < 0.7, payload.mqtt(*chance.choice((
            (3, message), (3, message, 2), (8, struct.pack(">H", number) + payload.mqtt_string("vm/#") + b"\0", 2),
            (9, struct.pack(">HB", number, 0)), (12,), (13,), (14,))))


def ninep_message(kind, tag, body=b""):
    return struct.pack("<IBH", 7 + len(body), kind, tag) + body


def ninep(chance):
    version = struct.pack("<IH", 8192, 8) + b"9P2000.L"
    yield True, ninep_message(100, 0xFFFF, version)
    yield False, ninep_message(101, 0xFFFF, version)
    for tag in range(chance.randrange(10)):
        ask = chance.choice((110, 112, 116, 118, 120, 24, 40))
        yield True, ninep_message(ask, tag, noise(chance, chance.choice((0, 4, 17, 60))))
        yield False, ninep_message(ask + 1, tag, struct.pack("<I", 40) + noise(chance, 40))


def adb_message(command, first, second, body=b""):
    return command + struct.pack("<IIII", first, second, len(body), sum(body)) + \
        bytes(255 - byte for byte in command) + body


def adb(chance):
    yield True, adb_message(b"CNXN", 0x01000001, 1 << 20, b"host::features=shell_v2")
    yield False, adb_message(b"AUTH", 1, 0, noise(chance, 20))
    for number in range(chance.randrange(10)):
        command, body = chance.choice(((b"OPEN", b"shell:ls\0"), (b"OKAY", b""), (b"WRTE", text(chance)),
                                       (b"CLSE", b"")))
        yield chance.random() < 0.5, adb_message(command, number, number + 1, body)


def json_lines(chance):
    for _ in range(chance.randint(1, 8)):
        yield chance.random() < 0.5, document(chance) + chance.choice((b"", b"\n"))


def protobuf(chance, depth=0):
    out = b""
    for _ in range(chance.randrange(6)):
        inside = (chance.randrange(1 << 40), text(chance, 9), noise(chance, 5))[chance.randrange(3)]
        if depth < 3 and chance.random() < 0.3:
            inside = protobuf(chance, depth + 1)
        out += apps.field(chance.randint(1, 20), inside)
    return out


def ttrpc(chance):
    many = chance.choice((1, 1, 1, 20, 200))
    for call in range(chance.randint(1, 12)):
        number, method = 2 * call + 1, chance.choice(("Check", "CreateSandbox", "ReadStdout"))
        yield True, b"".join(apps.request(number + 2 * i, f"grpc.AgentService/{method}", protobuf(chance),
                                          seconds=chance.choice((None, -1, 60))) for i in range(many))
        yield False, b"".join(chance.choice((apps.response(number + 2 * i, protobuf(chance)),
                                             apps.response(number, status=apps.fields(5, "gone")),
                                             apps.ttrpc(apps.DATA, number, protobuf(chance), chance.randrange(8))))
                              for i in range(many))


def sd_notify(chance):
    lines = (b"READY=1", b"STATUS=50 %", b"X_SYSTEMD_UNIT_ACTIVE=multi-user.target", b"EXIT_STATUS=0", b"", b"rest",
             b"X_A=\x07", b"ERRNO=2")
    yield True, b"\n".join([b"READY=1", *chance.choices(lines, k=chance.choice((0, 1, 5, 1200)))])


def gcs(chance):
    for id in range(chance.randint(1, 8)):
        procedure = chance.choice((apps.CREATE, apps.START, apps.EXECUTE, apps.WAIT, apps.NEGOTIATE, 0x200101))
        yield False, b"".join(apps.ask(id + i, procedure, Settings=value(chance))
                              for i in range(chance.choice((1, 1, 3, 120))))
        yield True, apps.answer(id, procedure, Value=value(chance))
        if chance.random() < 0.2:
            yield True, apps.exited()


def nitro(chance):
    yield True, b"\xb7" * chance.choice((1, 1, 2))
    yield False, b"\xb7"


def iperf3(chance):
    yield True, b"abcdefghijklmnopqrstuvwxyz1234567890\0"
    yield False, b"\x09"
    body = document(chance)
    yield True, struct.pack(">I", len(body)) + body


def anything(chance):
    for _ in range(chance.randint(1, 8)):
        yield chance.random() < 0.5, chance.choice((text, noise, protobuf))(chance)


# The ports that each is spoken on; None is any.
PROTOCOLS = ((http, (8080, 80, None)), (websocket, (8080, None)), (http2, (50051, None)), (tls, (8443, None)),
             (ssh, (22, None)), (mqtt, (1883, None)), (ninep, (564, None)), (adb, (5555, None)), (json_lines, (None,)),
             (ttrpc, (1024, None)), (sd_notify, (None,)), (gcs, (0x40000000, None)), (nitro, (9000,)),
             (iperf3, (5201,)), (anything, (22, 1024, 5555, 0xFFFFFFFF, None)))


# ---- what no program sends ----

def twist_bytes(chance, data):
    """Some bytes are others."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 30)) if data else 0):
        data[chance.randrange(len(data))] = chance.choice((0, 1, 0x0A, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(data)


def twist_part(chance, data):
    """A part is missing, or there twice, or there many times."""
    begin = chance.randrange(len(data) + 1)
    end = min(begin + chance.choice((1, 4, 16, 100)), len(data))
    return data[:begin] + data[begin:end] * chance.choice((0, 0, 2, 40)) + data[end:]


def twist_end(chance, data):
    return data[:chance.randrange(len(data) + 1)] + chance.choice((b"", noise(chance, 30)))


def twist(chance, turns):
    """`turns`, of which some are not as they were."""
    twisted = []
    for client, data in turns:
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            data = chance.choice((twist_bytes, twist_part, twist_end))(chance, data)
        twisted += [(client ^ (chance.random() < 0.05), data)] * chance.choice((1, 1, 1, 1, 1, 1, 0, 2))
    return twisted
