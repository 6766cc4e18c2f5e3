# SPDX-License-Identifier: GPL-2.0-or-later
"""What is inside captures that mean harm: protocols at their dearest, packed in every way that vsock has.

A kind is a protocol's contents (a row of CONTENTS) in a shape (a function of SHAPES), as in "mqtt_pings.packed".
"""
import gzip
import inspect
import itertools
import struct

from generators.vsock import REQUEST, RESPONSE, RW, SEQPACKET, packet

CLIENT, SERVER = 0, 1
PORT = 1024


class Contents:
    """What is said on a connection: `opening` in packets of their own, then `unit` again and again, by `sender`."""

    def __init__(self, about, unit, opening=(), sender=CLIENT, port=PORT):
        self.about, self.unit, self.opening, self.sender, self.port = about, unit, opening, sender, port


# ---- what messages are made of ----

def varint(number):
    groups = [number >> shift & 127 for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes(group | 128 for group in groups[:-1]) + bytes(groups[-1:])


def field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value


def ttrpc(stream_id, kind, body, flags=0):
    return struct.pack(">IIBB", len(body), stream_id, kind, flags) + body


CALL = field(1, b"svc.A") + field(2, b"M")


def gcs(body, number=1, kind=0x10100101):
    return struct.pack("<IIQ", kind, 16 + len(body), number) + body


def post(body, kind="text/plain", *more):
    fields = [f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return ("POST / HTTP/1.1\r\n" + "".join(each + "\r\n" for each in fields) + "\r\n").encode() + body


def chunked(body, size, kind="text/plain"):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + size]), body[at:at + size]) for at in range(0, len(body), size))
    return b"POST / HTTP/1.1\r\nContent-Type: " + kind.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def frame2(kind, body=b"", flags=0, stream=0):
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame2(4)


def literal(name, value):
    """A header field, kept in HPACK's table."""
    return b"\x40" + hpack_length(len(name)) + name + hpack_length(len(value)) + value


def hpack_length(length):
    return bytes([length]) if length < 127 else b"\x7f" + varint(length - 127)


def headers2(stream, *fields, flags=4):
    return frame2(1, b"".join(fields), flags, stream)


GRPC = headers2(1, b"\x83\x86", literal(b":path", b"/svc.A/M"), literal(b"content-type", b"application/grpc"))


def tls(kind, body):
    return struct.pack(">BHH", kind, 0x303, len(body)) + body


def handshake(kind, body):
    return struct.pack(">I", kind << 24 | len(body)) + body


def hello(ciphers=b"\x13\x01", extensions=b""):
    body = b"\x03\x03" + b"r" * 32 + b"\0" + struct.pack(">H", len(ciphers)) + ciphers + b"\1\0"
    return tls(22, handshake(1, body + struct.pack(">H", len(extensions)) + extensions))


def der(tag, body):
    size = len(body)
    head = bytes([size]) if size < 128 else b"\x83" + struct.pack(">I", size)[1:]
    return bytes([tag]) + head + body


def certificate():
    """One whose subject has thousands of names."""
    name = der(0x31, der(0x30, der(6, b"\x55\x04\x03") + der(12, b"a")))
    names = der(0x30, name * 800)
    algorithm = der(0x30, der(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"))
    tbs = der(0x30, b"\xa0\3\2\1\2" + der(2, b"\1") + algorithm + der(0x30, b"") +
              der(0x30, der(23, b"250101000000Z") * 2) + names)
    return der(0x30, tbs + algorithm + der(3, b"\0"))


def certificates():
    one = certificate()
    one = struct.pack(">I", len(one))[1:] + one
    return tls(22, handshake(11, struct.pack(">I", len(one))[1:] + one))


def ssh(body):
    padding = 4 + -(len(body) + 9) % 8
    return struct.pack(">IB", 1 + len(body) + padding, padding) + body + b"\0" * padding


def ssh_kexinit():
    names = b",".join([b"aes128-ctr"] * 80)
    return ssh(b"\x14" + b"c" * 16 + (struct.pack(">I", len(names)) + names) * 8 + struct.pack(">IIBI", 0, 0, 0, 0))


def mqtt(kind, body):
    return bytes([kind]) + varint(len(body)) + body


MQTT_4 = mqtt(0x10, b"\0\4MQTT\4\2\0\x3c\0\1a")
MQTT_5 = mqtt(0x10, b"\0\4MQTT\5\2\0\x3c\0\0\1a")


def p9(kind, body, tag=0):
    return struct.pack("<IBH", 7 + len(body), kind, tag) + body


P9 = p9(100, struct.pack("<IH", 65536, 8) + b"9P2000.L", 0xFFFF)


def adb(command, body=b""):
    number = struct.unpack("<I", command)[0]
    return struct.pack("<4sIIIII", command, 1, 1, len(body), sum(body), number ^ 0xFFFFFFFF) + body


VERSION = b"RFB 003.008\n"
SCREEN = [(SERVER, VERSION), (CLIENT, VERSION), (SERVER, b"\1\1"), (CLIENT, b"\1"), (SERVER, bytes(4)), (CLIENT, b"\1"),
          (SERVER, struct.pack(">HHBB14xI", 640, 480, 32, 24, 1) + b"a")]


def rectangles(count, body, side=0, encoding=0):
    """Of VNC, each `side` wide and high."""
    return struct.pack(">BxH", 0, count) + (struct.pack(">HHHHI", 0, 0, side, side, encoding) + body) * count


def link(body):
    return b"REDQ" + struct.pack("<III", 2, 2, len(body)) + body


MAIN_CHANNEL = [(CLIENT, link(struct.pack("<IBBIIII", 0, 1, 0, 1, 0, 18, 11))),
                (SERVER, link(struct.pack("<I162xIIII", 0, 1, 0, 178, 11))), (CLIENT, struct.pack("<I", 1)),
                (CLIENT, bytes(128)), (SERVER, bytes(4))]
CHALLENGE = [(CLIENT, b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\n\r\n"),
             (SERVER, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")]


def tunnel(port):
    return [(CLIENT, b"CONNECT host:%d HTTP/1.1\r\n\r\n" % port), (SERVER, b"HTTP/1.1 200 OK\r\n\r\n")]


def upgrade(to):
    return [(CLIENT, b"GET / HTTP/1.1\r\nUpgrade: %s\r\nConnection: Upgrade\r\n\r\n" % to),
            (SERVER, b"HTTP/1.1 101 Switching\r\nUpgrade: %s\r\nConnection: Upgrade\r\n\r\n" % to)]


ONES = b"{\"a\":[" + b"1," * 30_000 + b"1]}"
NESTED = b"{\"a\":" + b"[" * 400 + b"]" * 400 + b"}"
ESCAPES = b"{\"a\":\"" + b"\\n" * 30_000 + b"\"}"
KEYS = b"{" + b",".join([b"\"\":1"] * 12_000) + b"}"
STRINGS = b"{\"a\":[" + b"\"\"," * 20_000 + b"1]}"
XML = b"<a>" + b"<b/>" * 15_000 + b"</a>"
PAIRS = b"a=b&" * 15_000
PARTS = b"--x\r\nContent-Type: text/plain\r\n\r\n\r\n"
PNG = b"\x89PNG\r\n\x1a\n" + (struct.pack(">I", 0) + b"tIME" + b"\0" * 4) * 5000
GIF = b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1a\0" * 12_000
JPEG = b"\xff\xd8" + b"\xff\xfe\0\2" * 15_000
MSGPACK = b"\xdc\xff\xff" + b"\1" * 60_000
CBOR = b"\x9f" + b"\1" * 60_000
DNS = struct.pack(">HHHHHH", 1, 0, 4000, 0, 0, 0) + b"\1a\0\0\1\0\1" * 4000


def zipped(data):
    return gzip.compress(data, mtime=0)


CONTENTS = {
    # ours
    "ttrpc_data": Contents("ttrpc's smallest messages", ttrpc(1, 2, b""), [(CLIENT, ttrpc(1, 1, CALL))]),
    "ttrpc_requests": Contents("ttrpc's smallest requests", ttrpc(1, 1, CALL)),
    "ttrpc_fields": Contents("ttrpc requests of 990 fields", ttrpc(1, 1, CALL + b"\x78\1" * 990)),
    "ttrpc_metadata": Contents("ttrpc requests with metadata", ttrpc(1, 1, CALL + field(5, field(1, b"a") + field(2, b"")) * 300)),
    "ttrpc_payloads": Contents("ttrpc data of 20,000 fields", ttrpc(1, 3, b"\x08\1" * 20_000), [(CLIENT, ttrpc(1, 1, CALL))]),
    "ttrpc_nested": Contents("ttrpc requests of 300 empty payloads", ttrpc(1, 1, CALL + field(3, b"") * 300)),
    "ttrpc_status": Contents("ttrpc responses of 300 statuses", ttrpc(1, 2, field(1, b"\x08\5\x12\1a") * 300), [(CLIENT, ttrpc(1, 1, CALL))]),
    "gcs_requests": Contents("GCS requests with {}", gcs(b"{}"), port=0x40000000),
    "gcs_headers": Contents("GCS's smallest messages", gcs(b""), port=0x40000000),
    "gcs_bodies": Contents("GCS bodies of 30,000 numbers", gcs(ONES), port=0x40000000),
    "gcs_strings": Contents("GCS bodies of 20,000 strings", gcs(STRINGS), port=0x40000000),
    "gcs_large": Contents("GCS bodies of 3 MiB", gcs(b"{\"a\":[" + b"1," * (3 << 19) + b"1]}"), port=0x40000000),
    "sd_notify": Contents("sd_notify's assignments", b"A=\n", [(CLIENT, b"READY=1\n")]),
    "nitro": Contents("heartbeats", b"\xb7", port=9000),
    # JSON
    "json_ones": Contents("JSON of numbers", ONES),
    "json_nested": Contents("JSON, nested", NESTED),
    "json_escapes": Contents("JSON of escapes", ESCAPES),
    "json_keys": Contents("JSON of members", KEYS),
    "json_strings": Contents("JSON of empty strings", STRINGS),
    "json_small": Contents("JSON's smallest objects", b"{}"),
    # HTTP/1
    "http_requests": Contents("HTTP requests", b"GET / HTTP/1.1\r\n\r\n"),
    "http_responses": Contents("HTTP responses", b"HTTP/1.1 200 \r\n\r\n", [(CLIENT, b"GET / HTTP/1.1\r\n\r\n")], SERVER),
    "http_short": Contents("HTTP/0.9", b"GET /\r\n\r\n", [(CLIENT, b"GET / HTTP/1.1\r\n\r\n")]),
    "http_lines": Contents("a header of empty fields", b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 15_000 + b"\r\n"),
    "http_cookies": Contents("a header of cookies", b"GET / HTTP/1.1\r\nCookie: " + b"a=b; " * 12_000 + b"\r\n\r\n"),
    "http_query": Contents("a URI of parameters", b"GET /?" + b"a=b&" * 15_000 + b" HTTP/1.1\r\n\r\n"),
    "http_chunks": Contents("chunks of a byte", chunked(b"a" * 10_000, 1)),
    "http_chunks_json": Contents("chunked JSON", chunked(ONES, 1000, "application/json")),
    "http_json": Contents("JSON over HTTP", post(ONES, "application/json")),
    "http_xml": Contents("XML over HTTP", post(XML, "text/xml")),
    "http_form": Contents("a form over HTTP", post(PAIRS, "application/x-www-form-urlencoded")),
    "http_text": Contents("lines of text over HTTP", post(b"\n" * 60_000)),
    "http_parts": Contents("parts over HTTP", post(PARTS * 1500 + b"--x--", "multipart/mixed; boundary=x")),
    "http_png": Contents("PNG over HTTP", post(PNG, "image/png")),
    "http_gif": Contents("GIF over HTTP", post(GIF, "image/gif")),
    "http_jpeg": Contents("JPEG over HTTP", post(JPEG, "image/jpeg")),
    "http_msgpack": Contents("MessagePack over HTTP", post(MSGPACK, "application/msgpack")),
    "http_cbor": Contents("CBOR over HTTP", post(CBOR, "application/cbor")),
    "http_protobuf": Contents("protobuf over HTTP", post(b"\x08\1" * 20_000, "application/x-protobuf")),
    "http_grpc": Contents("gRPC over HTTP/1", post(struct.pack(">BI", 0, 2) * 1 + b"\x08\1", "application/grpc")),
    "http_dns": Contents("DNS over HTTP", post(DNS, "application/dns-message")),
    "http_nested": Contents("HTTP over HTTP", post(b"GET / HTTP/1.1\r\n\r\n" * 2000, "message/http")),
    "http_zip_text": Contents("16 MiB in 16 KiB over HTTP", post(zipped(b"a" * (16 << 20)), "text/plain", "Content-Encoding: gzip")),
    "http_zip_json": Contents("1 MiB of JSON in 1 KiB", post(zipped(b"{\"a\":[" + b"1," * (1 << 19) + b"1]}"), "application/json", "Content-Encoding: gzip")),
    "http_zip_xml": Contents("1 MiB of XML in 4 KiB", post(zipped(b"<a>" + b"<b/>" * (1 << 18) + b"</a>"), "text/xml", "Content-Encoding: gzip")),
    "http_zip_lines": Contents("16 MiB of lines in 16 KiB", post(zipped(b"\n" * (16 << 20)), "text/plain", "Content-Encoding: gzip")),
    "http_tunnel_mqtt": Contents("MQTT in a tunnel", b"\xc0\0", tunnel(1883)),
    "http_tunnel_http": Contents("HTTP in a tunnel", b"GET / HTTP/1.1\r\n\r\n", tunnel(80)),
    "http_tunnel_9p": Contents("9P in a tunnel", p9(121, b""), tunnel(564)),
    "http_tunnel_tls": Contents("TLS in a tunnel", tls(23, b""), [*tunnel(443), (CLIENT, hello())]),
    "http_tunnel_dns": Contents("DNS in a tunnel", struct.pack(">H", 12) + b"\0" * 12, tunnel(53)),
    "http_tunnel_bgp": Contents("BGP in a tunnel", b"\xff" * 16 + b"\0\x13\4", tunnel(179)),
    "websocket": Contents("WebSocket's pings", b"\x89\0", CHALLENGE, SERVER),
    "websocket_text": Contents("WebSocket's texts", b"\x81\1a", CHALLENGE, SERVER),
    "websocket_json": Contents("JSON over WebSocket", b"\x81\x7e" + struct.pack(">H", len(ONES)) + ONES, CHALLENGE, SERVER),
    "http_upgrade_h2c": Contents("HTTP/2 by Upgrade", frame2(6, b"\0" * 8), [*upgrade(b"h2c"), (CLIENT, PREFACE)]),
    # HTTP/2
    "http2_settings": Contents("HTTP/2's SETTINGS", frame2(4), [(CLIENT, PREFACE)]),
    "http2_many_settings": Contents("SETTINGS of 2,700", frame2(4, b"\0\4\0\0\xff\xff" * 2700), [(CLIENT, PREFACE)]),
    "http2_data": Contents("HTTP/2's empty DATA", frame2(0, b"", 0, 1), [(CLIENT, PREFACE + headers2(1, b"\x83\x86"))]),
    "http2_headers": Contents("HEADERS, small", headers2(1, b"\x83"), [(CLIENT, PREFACE)]),
    "http2_indexed": Contents("HEADERS of 16,000 fields", headers2(1, b"\x83" * 16_000), [(CLIENT, PREFACE)]),
    "http2_bomb": Contents("HEADERS of 16,000 fields of 4 KB",
                           headers2(1, b"\xbe" * 16_000), [(CLIENT, PREFACE + headers2(1, literal(b"a", b"b" * 4000)))]),
    "http2_continuation": Contents("CONTINUATION, empty", frame2(9, b"", 0, 1), [(CLIENT, PREFACE + headers2(1, b"\x83", flags=0))]),
    "http2_push": Contents("PUSH_PROMISE", frame2(5, b"\0\0\0\2\x83", 4, 1), [(CLIENT, PREFACE)]),
    "http2_json": Contents("JSON over HTTP/2", frame2(0, b"{\"a\":[" + b"1," * 8000 + b"1]}", 1, 1),
                           [(CLIENT, PREFACE + headers2(1, b"\x83\x86", literal(b"content-type", b"application/json")))]),
    "http2_streams": Contents("the same, with a header each", headers2(1, b"\x83\x86", literal(b"content-type", b"application/json")) +
                              frame2(0, b"{\"a\":[" + b"1," * 8000 + b"1]}", 1, 1), [(CLIENT, PREFACE)]),
    "grpc_messages": Contents("gRPC's smallest messages", frame2(0, struct.pack(">BI", 0, 0) * 3000, 0, 1), [(CLIENT, PREFACE + GRPC)]),
    "grpc_fields": Contents("gRPC messages of 8,000 fields", frame2(0, struct.pack(">BI", 0, 16_000) + b"\x08\1" * 8000, 0, 1), [(CLIENT, PREFACE + GRPC)]),
    "grpc_zipped": Contents("gRPC messages of 1 MiB in 1 KiB", frame2(0, struct.pack(">BI", 1, len(zipped(b"\x08\1" * (1 << 19)))) + zipped(b"\x08\1" * (1 << 19)), 0, 1),
                            [(CLIENT, PREFACE + headers2(1, b"\x83\x86", literal(b":path", b"/svc.A/M"), literal(b"content-type", b"application/grpc"), literal(b"grpc-encoding", b"gzip")))]),
    # TLS
    "tls_records": Contents("TLS's empty records", tls(23, b""), [(CLIENT, hello())]),
    "tls_alerts": Contents("alerts", tls(21, b"\1\0"), [(CLIENT, hello())]),
    "tls_ciphers": Contents("hellos of 8,000 ciphers", hello(b"\x13\1" * 8000)),
    "tls_extensions": Contents("hellos of 4,000 extensions", hello(extensions=b"\xff\x01\0\0" * 4000)),
    "tls_groups": Contents("hellos of 8,000 groups", hello(extensions=struct.pack(">HHH", 10, 16_002, 16_000) + b"\0\x17" * 8000)),
    "tls_alpn": Contents("hellos of 8,000 protocols", hello(extensions=struct.pack(">HHH", 16, 16_002, 16_000) + b"\1a" * 8000)),
    "tls_handshakes": Contents("4,000 handshake messages a record", tls(22, handshake(0, b"") * 4000), [(CLIENT, hello())]),
    "tls_certificates": Contents("certificates of 800 names", certificates(), [(CLIENT, hello())], SERVER),
    # SSH
    "ssh_packets": Contents("SSH's smallest packets", ssh(b"\2"), [(CLIENT, b"SSH-2.0-a\r\n"), (SERVER, b"SSH-2.0-a\r\n")]),
    "ssh_kexinit": Contents("SSH's lists of names", ssh_kexinit(), [(CLIENT, b"SSH-2.0-a\r\n"), (SERVER, b"SSH-2.0-a\r\n")]),
    "ssh_banners": Contents("SSH's versions", b"SSH-2.0-a\r\n"),
    "ssh_lines": Contents("lines after a version", b"\n", [(CLIENT, b"SSH-2.0-a\r\n")]),
    # others
    "mqtt_pings": Contents("MQTT's pings", b"\xc0\0", [(CLIENT, MQTT_4)]),
    "mqtt_topics": Contents("SUBSCRIBE to 16,000", mqtt(0x82, b"\0\1" + b"\0\0\0" * 16_000), [(CLIENT, MQTT_4)]),
    "mqtt_unsubscribe": Contents("UNSUBSCRIBE from 16,000", mqtt(0xA2, b"\0\1" + b"\0\0" * 16_000), [(CLIENT, MQTT_4)]),
    "mqtt_suback": Contents("SUBACK of 60,000", mqtt(0x90, b"\0\1" + b"\0" * 60_000), [(CLIENT, MQTT_4)]),
    "mqtt_properties": Contents("PUBLISH of 12,000 properties", mqtt(0x30, b"\0\1a" + varint(60_000) + b"\x26\0\0\0\0" * 12_000), [(CLIENT, MQTT_5)]),
    "mqtt_publish": Contents("PUBLISH, small", mqtt(0x30, b"\0\1a"), [(CLIENT, MQTT_4)]),
    "9p_small": Contents("9P's smallest", p9(121, b""), [(CLIENT, P9)]),
    "9p_walk": Contents("Twalk of 25,000 names", p9(110, struct.pack("<IIH", 1, 2, 25_000) + b"\0\0" * 25_000), [(CLIENT, P9)]),
    "9p_rwalk": Contents("Rwalk of 4,000 qids", p9(111, struct.pack("<H", 4000) + b"\0" * 13 * 4000), [(CLIENT, P9)], SERVER),
    "9p_readdir": Contents("Rreaddir of 2,500", p9(41, struct.pack("<I", 60_000) + (b"\0" * 13 + b"\0" * 8 + b"\0" + b"\0\0") * 2500), [(CLIENT, P9)], SERVER),
    "vnc_tiles": Contents("VNC's tiles of a byte", rectangles(15, b"\0" * 3969, 1008, 5), SCREEN, SERVER),
    "vnc_rectangles": Contents("VNC's empty rectangles", rectangles(5000, b""), SCREEN, SERVER),
    "spice_small": Contents("SPICE's smallest messages", struct.pack("<HI", 104, 0), MAIN_CHANNEL),
    "adb": Contents("ADB's messages", adb(b"OKAY"), [(CLIENT, adb(b"CNXN", b"host::"))]),
}


# ---- shapes ----

class Talk:
    """A connection's packets."""

    def __init__(self, number, contents, **fields):
        client, server = (3 + number % 16, 0x20000000 + number // 16), (2, contents.port)
        self.ends = (client, server), (server, client)
        self.contents, self.fields = contents, fields
        self.sent = [0, 0]

    def packet(self, sender, op, payload=b"", **more):
        src, dst = self.ends[sender]
        self.sent[sender] += len(payload)
        return packet(op, payload, src=src, dst=dst, fwd_cnt=self.sent[1 - sender] & 0xFFFFFFFF, **self.fields | more)

    def opened(self, **more):
        yield self.packet(CLIENT, REQUEST)
        yield self.packet(SERVER, RESPONSE)
        for sender, payload in self.contents.opening:
            yield self.packet(sender, RW, payload, **more)

    def says(self, payload, **more):
        return self.packet(self.contents.sender, RW, payload, **more)


def full(contents, size):
    """Whole units, of at most so many bytes together, or one."""
    return contents.unit * max(size // len(contents.unit), 1)


def pieces(data, size):
    return (data[at:at + size] for at in range(0, len(data), size))


def whole_units(contents, size, most):
    """packets of whole units of `size` bytes together, or of one unit in pieces of `most`"""
    talk = Talk(0, contents)
    yield from talk.opened()
    while True:
        for piece in pieces(full(contents, size), most):
            yield talk.says(piece)


def packed(contents):
    """packets of 60,000 bytes, full of whole units"""
    return whole_units(contents, 60_000, 64_000)


def small(contents):
    """packets of 1,000 bytes, of whole units where these are smaller"""
    return whole_units(contents, 1000, 1000)


def cut(contents):
    """packets of 997 bytes, whose ends cut units"""
    talk, rest = Talk(0, contents), b""
    yield from talk.opened()
    while True:
        data = rest + full(contents, 100_000)
        size = len(data) // 997 * 997
        rest = data[size:]
        for piece in pieces(data[:size], 997):
            yield talk.says(piece)


def streams(contents):
    """the same as packed, each on a connection of its own"""
    for number in itertools.count():
        talk = Talk(number, contents)
        yield from talk.opened()
        for piece in pieces(full(contents, 60_000), 64_000):
            yield talk.says(piece)


def messages(contents):
    """SEQPACKET messages of 1 MiB"""
    talk = Talk(0, contents, type=SEQPACKET)
    yield from talk.opened(flags=1)
    data = full(contents, 1 << 20)
    while True:
        for at in range(0, len(data), 60_000):
            yield talk.says(data[at:at + 60_000], flags=1 if at + 60_000 >= len(data) else 0)


def records(contents):
    """records of 200,000 bytes, which no kernel makes"""
    talk = Talk(0, contents)
    yield from talk.opened()
    while True:
        for piece in pieces(full(contents, 200_000), 200_000):
            yield talk.says(piece)


SHAPES = {function.__name__: function for function in (packed, small, cut, streams, messages, records)}


def bounded(packets, size):
    """As many as have `size` bytes."""
    for each in packets:
        yield each
        size -= len(each)
        if size <= 0:
            return


def describe(kind):
    contents, shape = kind.split(".")
    return f"{CONTENTS[contents].about}: {inspect.getdoc(SHAPES[shape])}"


def packets(kind, size):
    contents, shape = kind.split(".")
    return bounded(SHAPES[shape](CONTENTS[contents]), size)


KINDS = [f"{contents}.{shape}" for contents in CONTENTS for shape in SHAPES]
