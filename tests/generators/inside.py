# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-made captures of what is spoken inside: streams that turn from HTTP, or a proxy's header, to something else.

Nothing of HTTP whose dissector goes by its last request, as to HEAD, and for HTTP in a tunnel. One story a server port;
the bytes are such as the programs send: gvisor-tap-vsock's gvforwarder, Docker's attach, a proxy asked to CONNECT.
"""
import ipaddress
import struct

from generators.payload import Dialogue, cut, get, http, lines, mqtt, mqtt_string, ok, text, tls_turns
from generators.vsock import capture

POST = http("POST /connect HTTP/1.1", "Host: ", "User-Agent: Go-http-client/1.1", "Content-Length: 0")
UPGRADED = http("HTTP/1.1 101 UPGRADED", "Content-Type: application/vnd.docker.raw-stream", "Connection: Upgrade",
                "Upgrade: tcp")
ATTACH = http("POST /v1.43/containers/a1/attach?stream=1 HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: tcp",
              "Content-Length: 0")
CONNECT = http("CONNECT kms.eu-west-1.amazonaws.com:443 HTTP/1.1", "Host: kms.eu-west-1.amazonaws.com:443")
GRANTED = http("HTTP/1.1 200 Connection established")
SSH = b"SSH-2.0-OpenSSH_10.0\r\n"
MQTT = mqtt(1, mqtt_string("MQTT") + bytes([4, 2]) + struct.pack(">H", 60) + mqtt_string("vsock"))


def turns_tunnel():
    (_, hello), (_, flight), *_ = tls_turns()
    x = Dialogue(8701, "CONNECT, then TLS, once it is granted")
    yield from (*x.opened(), *x.ask(CONNECT), *x.answer(GRANTED), *x.ask(hello), *x.answer(flight), *x.closed())
    x = Dialogue(8702, "CONNECT with a ClientHello behind it in the same RW, before it is granted")
    yield from (*x.opened(), *x.ask(CONNECT + hello), *x.answer(GRANTED), *x.answer(flight), *x.closed())
    x = Dialogue(8703, "CONNECT that is refused; then a GET")
    refused = http("HTTP/1.1 403 Forbidden", "Content-Length: 3", body=b"no\n")
    yield from (*x.opened(), *x.ask(CONNECT), *x.answer(refused), *x.ask(get("/else")), *x.answer(ok(b"else\n")),
                *x.closed())


def turns_upgrade():
    x = Dialogue(8711, "Docker's attach: 101 Upgrade to tcp, then SSH as one says it, the first of it with the 101")
    yield from (*x.opened(), *x.ask(ATTACH), *x.answer(UPGRADED + SSH), *x.ask(SSH), *x.closed())
    x = Dialogue(8712, "the same, then bytes that nobody knows")
    yield from (*x.opened(), *x.ask(ATTACH), *x.answer(UPGRADED), *x.ask(b"ls -l\n"),
                *x.answer(b"\1\0\0\0\0\0\0\6hello\n"), *x.ask(b"GO ON\n"), *x.closed())
    x = Dialogue(8713, "101 Upgrade to websocket, which HTTP's dissector goes on with")
    asked = http("GET /socket HTTP/1.1", "Host: vsock", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
    granted = http("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    yield from (*x.opened(), *x.ask(asked), *x.answer(granted + b"\x81\5hello"),
                *x.ask(b"\x81\x85\0\0\0\0vsock"), *x.answer(b"\x81\3bye"), *x.closed())


def turns_not():
    """HTTP goes on."""
    x = Dialogue(8721, "a body, which is told of, that is no HTTP, in a packet of its own; then a request")
    body = bytes(range(128, 228))
    post = http("POST /upload HTTP/1.1", "Host: vsock", f"Content-Length: {len(body)}")
    yield from (*x.opened(), *x.ask(post, body), *x.answer(ok(b"stored\n")), *x.ask(get("/next")),
                *x.answer(ok(b"next\n")), *x.closed())
    x = Dialogue(8722, "chunks, each in an RW; then a request")
    begin = http("POST /chunks HTTP/1.1", "Host: vsock", "Transfer-Encoding: chunked")
    yield from (*x.opened(), *x.ask(begin, b"5\r\n\x80\x81\x82\x83\x84\r\n", b"0\r\n\r\n"), *x.answer(ok(b"stored\n")),
                *x.ask(get("/next")), *x.answer(ok(b"next\n")), *x.closed())
    x = Dialogue(8723, "a body until the end")
    yield from (*x.opened(), *x.ask(get("/shutdown")),
                *x.answer(http("HTTP/1.0 200 OK", "Content-Type: application/octet-stream"), body, body[::-1]),
                *x.closed())
    x = Dialogue(8724, "an empty line between requests")
    yield from (*x.opened(), *x.ask(get("/one"), b"\r\n" + get("/two")), *x.answer(ok(b"one\n"), ok(b"two\n")), *x.closed())
    x = Dialogue(8725, "mid-stream: the end of a response, and its next request", before=(5000, 70000))
    yield from (*x.ask(get("/under-way")), *x.answer(body, ok(b"on its way\n")), *x.closed())


def turns_odd():
    x = Dialogue(8731, "a GET that is answered by SSH")
    yield from (*x.opened(), *x.ask(get("/")), *x.answer(SSH + b"Invalid SSH identification string.\r\n"), *x.closed())
    for i in (50, len(POST), len(POST) + 1, len(POST) + 4):
        x = Dialogue(8732, f"POST /connect and SSH, cut after {i} bytes", client=(3, 900000 + i))
        yield from (*x.opened(), *x.ask(*cut(POST + SSH, i)), *x.answer(SSH), *x.closed())
    x = Dialogue(8733, "17 pieces that nobody knows behind POST /connect, then HTTP, which is not asked for any more")
    yield from (*x.opened(), *x.ask(POST, *[bytes(range(64))] * 17, get("/late")), *x.closed())


def turns():
    for story in (turns_tunnel, turns_upgrade, turns_not, turns_odd):
        yield from story()


VM, GATEWAY, OTHER_VM = (bytes.fromhex(address) for address in ("5a94efe40cee", "5a94efe40cdd", "525400123456"))
ADDRESSES = {VM: "192.168.127.2", GATEWAY: "192.168.127.1", OTHER_VM: "192.168.127.3"}
FIN, SYN, PSH, ACK = 1, 2, 8, 16


def checksum(data):
    total = sum(struct.unpack(f">{len(data + data[:len(data) % 2]) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ether(src, dst, kind, body):
    return dst + src + struct.pack(">H", kind) + body


def arp(src, dst, operation):
    return ether(src, b"\xff" * 6 if operation == 1 else dst, 0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) +
                 src + ipaddress.ip_address(ADDRESSES[src]).packed + (bytes(6) if operation == 1 else dst) +
                 ipaddress.ip_address(ADDRESSES[dst]).packed)


def ipv4(src, dst, protocol, body):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, protocol, 0) + \
        ipaddress.ip_address(ADDRESSES[src]).packed + ipaddress.ip_address(ADDRESSES[dst]).packed
    return ether(src, dst, 0x0800, head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body)


def ipv6(src, dst, protocol, body):
    link = {VM: "fe80::5894:efff:fee4:cee", GATEWAY: "fe80::5894:efff:fee4:cdd"}
    return ether(src, dst, 0x86DD, struct.pack(">IHBB", 6 << 28, len(body), protocol, 255) +
                 ipaddress.ip_address(link[src]).packed + ipaddress.ip_address(link[dst]).packed + body)


def udp(src, dst, ports, body):
    return ipv4(src, dst, 17, struct.pack(">HHHH", *ports, 8 + len(body), 0) + body)


def dns(name, address=None):
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0\0\1\0\1"
    if not address:
        return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question
    return struct.pack(">HHHHHH", 7, 0x8180, 1, 1, 0, 0) + question + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + \
        ipaddress.ip_address(address).packed


class Tcp:
    """A connection of a VM with port 80 of the gateway."""

    def __init__(self, vm, port):
        self.vm, self.ports, self.sent = vm, {vm: port, GATEWAY: 80}, {vm: 1000, GATEWAY: 5000}

    def segment(self, src, flags, body=b"", again=False):
        dst = self.vm if src == GATEWAY else GATEWAY
        sequence = self.sent[src] - (len(body) if again else 0)
        head = struct.pack(">HHIIBBHHH", self.ports[src], self.ports[dst], sequence,
                           self.sent[dst] if flags & ACK else 0, 5 << 4, flags, 64240, 0, 0)
        packet = ipv4(src, dst, 6, head + body)
        pseudo = packet[26:34] + struct.pack(">HH", 6, len(head + body))
        head = head[:16] + struct.pack(">H", checksum(pseudo + head + body)) + head[18:]
        if not again:
            self.sent[src] += len(body) + bool(flags & (SYN | FIN))
        return ipv4(src, dst, 6, head + body)


def le16(*frames):
    return b"".join(struct.pack("<H", len(frame)) + frame for frame in frames)


def be32(*frames):
    return b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)


def network(x, framed, vm=VM):
    """What a VM without another card does first: who is the gateway, a name, a page."""
    page, tcp = ok(lines(20)), Tcp(vm, 40000)
    yield from (*x.ask(framed(arp(vm, GATEWAY, 1))), *x.answer(framed(arp(GATEWAY, vm, 2))))
    yield from (*x.ask(framed(udp(vm, GATEWAY, (50000, 53), dns("vsock.example")))),
                *x.answer(framed(udp(GATEWAY, vm, (53, 50000), dns("vsock.example", "192.168.127.1")))))
    yield from (*x.ask(framed(tcp.segment(vm, SYN))), *x.answer(framed(tcp.segment(GATEWAY, SYN | ACK))))
    asked = tcp.segment(vm, ACK), tcp.segment(vm, PSH | ACK, get("/within"))
    yield from x.ask(framed(*asked), comment="two frames in one RW")
    parts = cut(page, 40, 150)  # the first within the header
    yield from x.answer(framed(*(tcp.segment(GATEWAY, ACK, part) for part in parts)),
                        comment=f"{len(parts)} frames in one RW: a page in as many segments")
    yield from x.answer(framed(tcp.segment(GATEWAY, ACK, parts[-1], again=True)), comment="the last of them again")
    yield from (*x.ask(framed(tcp.segment(vm, FIN | ACK))), *x.answer(framed(tcp.segment(GATEWAY, FIN | ACK))),
                *x.ask(framed(tcp.segment(vm, ACK))))


def ethernet():
    x = Dialogue(1024, "gvforwarder: Ethernet behind POST /connect, which nobody answers", client=(3, 900002))
    yield from (*x.opened(), *x.ask(POST), *network(x, le16), *x.closed())
    x = Dialogue(5555, "QEMU: Ethernet from the first byte, on ADB's port", client=(3, 900003))
    yield from (*x.opened(), *network(x, be32, OTHER_VM), *x.closed())
    x = Dialogue(1024, "POST and the first frame in one RW; then the gateway", client=(3, 900004))
    yield from (*x.opened(), *x.ask(POST + le16(arp(VM, GATEWAY, 1))), *x.answer(le16(arp(GATEWAY, VM, 2))), *x.closed())
    x = Dialogue(1024, "IPv6 first; then a frame that is none, an empty one, one of a protocol that nobody knows, ARP",
                 client=(3, 900005))
    neighbour = ipv6(VM, GATEWAY, 58, bytes.fromhex("870027a600000000fe800000000000005894effffee40cdd"
                                                    "01015a94efe40cee"))
    yield from (*x.opened(), *x.ask(be32(neighbour), be32(b"short"), be32(b""),
                                    be32(ether(VM, GATEWAY, 0x88B5, b"experiment")), be32(arp(VM, GATEWAY, 1)),
                                    b"\xff\xff\xff\xffno frame", be32(arp(VM, GATEWAY, 1))), *x.closed())


def not_ethernet():
    """Each a packet that has something of a frame."""
    good = arp(VM, GATEWAY, 1)
    wrong = bytearray(ipv4(VM, GATEWAY, 17, bytes(8)))
    wrong[24] ^= 1
    odd = (("a length of one more", struct.pack("<H", len(good) + 1) + good + b"\0"), ("a group that sends", le16(good[:6] +
           b"\1" + good[7:])), ("IPv4 with a wrong checksum", le16(bytes(wrong))), ("no header", le16(good[:13])),
           ("big-endian 16 bits", struct.pack(">H", len(good)) + good),
           ("little-endian 32 bits", struct.pack("<I", len(good)) + good), ("no length", good))
    for port, (what, first) in enumerate(odd, 910000):
        x = Dialogue(1024, f"no Ethernet: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def ethernet_stories():
    for story in (ethernet, not_ethernet):
        yield from story()


def json_be32(**value):
    return struct.pack(">I", len(text(**value))) + text(**value)


def json_le32(**value):
    return struct.pack("<I", len(text(**value))) + text(**value)


def json_line(**value):
    return text(**value) + b"\n"


def json_nul(**value):
    return text(**value) + b"\0"


def json_dialogue(x, framed):
    """An agent in a guest is asked, and answers."""
    yield from (*x.opened(), *x.answer(framed(type="ready")), *x.ask(framed(type="exec", id=1, argv=["ls", "-l"])))
    result = framed(type="exec_result", id=1, exit=0, stdout="total 0\n" * 30)
    yield from (*x.answer(*cut(result, 2, 100), comment="a message in three RWs"),
                *x.ask(framed(type="ping", id=2) + framed(type="ping", id=3), comment="two messages in an RW"),
                *x.answer(framed(type="pong", id=2), framed(type="pong", id=3)), *x.closed())


def json_stories():
    for port, framed in ((8741, json_be32), (8742, json_le32), (8743, json_line), (8744, json_nul)):
        yield from json_dialogue(Dialogue(port, framed.__name__), framed)
    x = Dialogue(8745, "a length that is the same both ways; the next one tells")
    yield from (*x.opened(), *x.ask(json_le32(text="x" * (65792 - len(text(text=""))))), *x.ask(json_le32(id=2)),
                *x.answer(json_le32(id=2)), *x.closed())
    x = Dialogue(8746, "lines, then bytes that are no JSON, a line again, an empty one, one with CR LF")
    yield from (*x.opened(), *x.ask(json_line(op="upload", size=4)), *x.ask(b"\x80\x81\x82\x83"),
                *x.ask(json_line(op="list"), b"\n", b'{"op": "end"}\r\n', json_line(op="no") + b"\x80\x81"), *x.closed())
    x = Dialogue(8747, "an object alone, twice: no framing")
    yield from (*x.opened(), *x.ask(text(id=1)), *x.ask(text(id=2)), *x.closed())
    x = Dialogue(8748, "an object that goes on for 200 bytes, and its line never ends")
    yield from (*x.opened(), *x.ask(text(id=1, text="x" * 200)[:100]), *x.closed())
    x = Dialogue(8749, "what looks like a length of 1 MiB, and is none: what follows is data")
    yield from (*x.opened(), *x.ask(b"\0\x10\0\0" + b'{"' + bytes(30)), *x.ask(bytes(30)), *x.closed())


def json_not_framed():
    odd = (("a length of one more", struct.pack(">I", 10) + text(id=1) + b"x"), ("a length of one less",
           struct.pack(">I", 9) + text(id=11)), ("no object", struct.pack(">I", 4) + b'"ab"'),
           ("a brace and no name", struct.pack(">I", 4) + b"{ab}"), ("text", b"{hello}\n"),
           ("bytes in a string", b'{"a": "\1\2"}\n'), ("something behind the object", b'{"a": 1} and more\n'),
           ("a body of HTTP", ok(json_line(a=1), "application/json")), ("a record of TLS", tls_turns()[0][1]))
    for port, (what, first) in enumerate(odd, 920000):
        x = Dialogue(1024, f"no framed JSON: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def framed_json():
    for story in (json_stories, json_not_framed):
        yield from story()


def execute(command, sentinel=b"", end=b"\n", **more):
    return sentinel + text(execute=command, **more) + end


def returned(value, sentinel=b"", **more):
    return sentinel + text(**{"return": value}, **more) + b"\n"


def failed(kind, desc):
    return text(error={"class": kind, "desc": desc}) + b"\n"


def agent(what, port, **more):
    """A host asks the QEMU guest agent of guest 3."""
    return Dialogue(3101, what, client=(2, port), server_cid=3, **more)


SYNC, DELIMITED = "guest-sync", "guest-sync-delimited"


def qga_stories():
    x = agent("as libvirt does: in step behind a sentinel, then commands; a response in pieces, two errors", 930000)
    info = {"name": "Debian GNU/Linux", "kernel-release": "6.12.63", "version": "13 (trixie)", "machine": "x86_64",
            "id": "debian"}
    yield from (*x.opened(), *x.ask(execute(DELIMITED, b"\xff", arguments={"id": 7})), *x.answer(returned(7, b"\xff")),
                *x.ask(execute("guest-get-osinfo")), *x.answer(*cut(returned(info), 30, 90), after=0.02),
                *x.ask(execute("guest-get-time-zone")), *x.answer(failed("CommandNotFound", "not there")),
                *x.ask(execute("guest-file-open", arguments={"path": "/none"})),
                *x.answer(failed("GenericError", "failed to open file '/none'"), after=2), *x.closed())
    x = agent("with ids; two requests in an RW, and two at once", 930001)
    yield from (*x.opened(), *x.ask(execute("guest-ping", id="a"), execute("guest-info", id={"n": 2})),
                *x.answer(returned({}, id="a"), returned({"version": "9.2"}, id={"n": 2})),
                *x.ask(execute("guest-get-users", id=3) + execute("guest-get-time", id=4)),
                *x.answer(returned([], id=3) + returned(1764230400, id=4)), *x.closed())
    x = agent("commands that say nothing if they succeed: what comes next answers the next one", 930002)
    yield from (*x.opened(), *x.ask(execute("guest-suspend-ram")), *x.ask(execute(SYNC, arguments={"id": 8}), after=60),
                *x.answer(returned(8)), *x.ask(execute("guest-suspend-disk")),
                *x.answer(failed("GenericError", "not supported")), *x.ask(execute("guest-shutdown")), *x.closed())
    x = agent("a sentinel ends what was left unanswered", 930003)
    yield from (*x.opened(), *x.ask(execute("guest-fsfreeze-freeze")),
                *x.ask(execute(DELIMITED, b"\xff", arguments={"id": 9}), after=5), *x.answer(returned(9, b"\xff")), *x.closed())
    x = agent("without an end of line, one behind another, then white space", 930004)
    yield from (*x.opened(), *x.ask(execute("guest-ping", end=b"")), *x.answer(returned({})),
                *x.ask(execute("guest-ping", end=b"") + execute("guest-info", end=b"")),
                *x.answer(returned({}), returned([])), *x.ask(b"\n \n"), *x.closed())
    x = agent("mid-stream: a response to what the capture lacks, then a request; then no message, and another's", 930005,
              before=(500, 700))
    yield from (*x.answer(returned(5, b"\xff")), *x.ask(execute("guest-ping")), *x.answer(returned({})), *x.ask(text(other=1)),
                *x.ask(b"\x80\x81\x82"), *x.closed())


def qga_not():
    odd = (("QMP", text(QMP={"version": {}}) + b"\r\n"), ("QMP's command", execute("query-status")),
           ("no command's name", text(execute=1) + b"\n"), ("a sentinel and bytes", b"\xff\xff\0\1 no message"),
           ("something behind it", execute("guest-ping", end=b"and more")))
    for port, (what, first) in enumerate(odd, 940000):
        x = agent(f"no agent: {what}", port)
        yield from (*x.opened(), *x.ask(first), *x.closed())


def call(method, **more):
    return text(method=method, **more) + b"\0"


def reply(parameters=None, **more):
    return text(**more, **({} if parameters is None else {"parameters": parameters})) + b"\0"


def varlink_stories():
    describe, subscribe = "io.systemd.Hostname.Describe", "io.systemd.Resolve.Monitor.SubscribeQueryResults"
    x = Dialogue(3102, "a call, one for several replies, one for none, an error, two at once", client=(3, 950000))
    yield from (*x.opened(), *x.ask(call(describe)), *x.answer(*cut(reply({"Hostname": "vm", "MachineID": "1"}), 20)),
                *x.ask(call(subscribe, parameters={}, more=True)),
                *x.answer(reply({"state": 1}, continues=True), reply({"state": 2}, continues=True), after=0.5),
                *x.answer(reply({"state": 3}, continues=False)),
                *x.ask(call("org.example.more.Log", parameters={"text": "hello"}, oneway=True)),
                *x.ask(call("io.systemd.Machine.List")),
                *x.answer(reply({"name": "a"}, error="io.systemd.Machine.NoSuchMachine"), after=3),
                *x.ask(call(describe) + call("org.varlink.service.GetInfo")),
                *x.answer(reply({}) + reply({"vendor": "v"})), *x.closed())
    x = Dialogue(3102, "a reply to nothing, by the client; no message; an upgrade, and what comes then is another's",
                 client=(3, 950001))
    yield from (*x.opened(), *x.ask(call(describe)), *x.ask(reply({})), *x.answer(reply({}), reply({"to": "nothing"})),
                *x.answer(b"\x80\x81"), *x.ask(call("org.example.more.Shell", upgrade=True)), *x.answer(reply({})),
                *x.ask(SSH), *x.closed())
    x = Dialogue(3102, "a call, then its NUL", client=(3, 950002))
    yield from (*x.opened(), *x.ask(*cut(call(describe), -1)), *x.answer(reply({})), *x.closed())


def varlink_not():
    for port, method in enumerate(("start", "a.B", "io.systemd.describe", "io..systemd.Do", "io.systemd-.Do",
                                   "-io.systemd.Do"), 960000):
        x = Dialogue(3102, f"no varlink: {method}", client=(3, port))
        yield from (*x.opened(), *x.ask(call(method)), *x.closed())
    x = Dialogue(3102, "no varlink: a line", client=(3, 960009))
    yield from (*x.opened(), *x.ask(json_line(method="io.systemd.Hostname.Describe")), *x.closed())


def qga_sentinel():
    x = agent("qemu-ga as it is: the sentinel is an error to it, which answers no request", 930006)
    yield from (*x.opened(), *x.ask(execute(DELIMITED, b"\xff", arguments={"id": 7})),
                *x.answer(failed("GenericError", "JSON parse error"), returned(7, b"\xff")),
                *x.ask(execute("guest-nothing", b"\xff")),
                *x.answer(failed("GenericError", "JSON parse error") +
                          failed("CommandNotFound", "not there")), *x.ask(execute("guest-ping")), *x.answer(returned({})),
                *x.closed())


def calls():
    for story in (qga_stories, qga_not, varlink_stories, varlink_not, qga_sentinel):
        yield from story()


HANDSHAKE = b"PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1"
P11_ERROR, P11_INITIALIZE, P11_FINALIZE, P11_SLOTS, P11_OPEN, P11_LOGIN, P11_SIGN = 0, 1, 2, 4, 10, 18, 43
PIN_INCORRECT = 0xA0


def p11_array(data):
    return struct.pack(">I", len(data)) + data


def p11(number, call_number, signature, values=b"", options=b""):
    """A message; `number`: of the request and its response."""
    body = struct.pack(">I", call_number) + p11_array(signature.encode()) + values
    return struct.pack(">III", number, len(options), len(body)) + options + body


def p11_parts(message):
    """As p11-kit writes it: header, options, body."""
    options = struct.unpack(">I", message[4:8])[0]
    return [part for part in cut(message, 12, 12 + options) if part] if options else cut(message, 12)


def p11_initialize(options=b""):
    return p11(16, P11_INITIALIZE, "ayyay", b"\1" + p11_array(HANDSHAKE) + b"\0\1" + p11_array(b"\0"), options)


def p11_failed(number, error):
    return p11(number, P11_ERROR, "u", struct.pack(">Q", error))


def p11_session(x, version, options=b""):
    """A PIN that is wrong, then bytes signed: a number of 64 bits each but for arrays."""
    session = struct.pack(">Q", 1)
    yield from (*x.opened(), *x.ask(version), *x.answer(version), *x.ask(*p11_parts(p11_initialize(options))),
                *x.answer(*p11_parts(p11(16, P11_INITIALIZE, ""))))
    for number, call_number, asked, given, answered, back in (
            (17, P11_SLOTS, "yfu", b"\1" + struct.pack(">I", 2), "au", b"\1" + struct.pack(">IQ", 1, 0)),
            (18, P11_OPEN, "uu", struct.pack(">QQ", 0, 4), "u", session),
            (19, P11_LOGIN, "uuay", session + struct.pack(">Q", 1) + b"\1" + p11_array(b"1234"), None, PIN_INCORRECT),
            (20, P11_SIGN, "uayfy", session + b"\1" + p11_array(bytes(32)) + struct.pack(">I", 64), "ay",
             b"\1" + p11_array(bytes(64)))):
        answer = p11_failed(number, back) if answered is None else p11(number, call_number, answered, back)
        yield from (*x.ask(*p11_parts(p11(number, call_number, asked, given, options))),
                    *x.answer(*p11_parts(answer), after=0.3))


def p11_stories():
    x = Dialogue(1111, "p11-kit's writes: a header, a body", client=(3, 980000))
    yield from (*p11_session(x, b"\2"), *x.ask(*p11_parts(p11(21, P11_FINALIZE, ""))),
                *x.answer(*p11_parts(p11(21, P11_FINALIZE, ""))), *x.closed())
    x = Dialogue(1111, "with options, version 0", client=(3, 980001))
    yield from (*p11_session(x, b"\0", b"my-hsm"), *x.closed())
    x = Dialogue(1111, "two requests in an RW, answered the other way round; a call of tomorrow; no message", client=(3, 980002))
    yield from (*x.opened(), *x.ask(b"\2"), *x.answer(b"\1"), *x.ask(p11_initialize()), *x.answer(p11(16, P11_INITIALIZE, "")),
                *x.ask(p11(17, P11_SLOTS, "yfu", bytes(5)) + p11(18, P11_FINALIZE, "")),
                *x.answer(p11(18, P11_FINALIZE, "") + p11_failed(17, 0x80000001)), *x.ask(p11(19, 200, "u", bytes(8))),
                *x.answer(p11(30, P11_FINALIZE, ""), b"\x80\x81\x82"), *x.closed())


def p11_not():
    odd = (("a small number, and bytes", b"\2\0\0\0\x10" + bytes(range(100))), ("another handshake", b"\2" + p11_initialize().replace(
        b"GNOME", b"OTHER")), ("another call", b"\2" + p11(16, P11_FINALIZE, "") + bytes(60)),
           ("another number", b"\2" + p11(17, P11_INITIALIZE, "ayyay", b"\1" + p11_array(HANDSHAKE) + bytes(6))))
    for port, (what, first) in enumerate(odd, 990000):
        x = Dialogue(1024, f"no p11-kit: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def p11_all():
    for story in (p11_stories, p11_not):
        yield from story()


NBD_GREETING = b"NBDMAGICIHAVEOPT\0\3"
NBD_FLAGS = b"\0\0\0\3"
NBD_EXPORT_NAME, NBD_LIST, NBD_GO, NBD_STRUCTURED = 1, 3, 7, 8
NBD_ACK, NBD_INFO, NBD_UNSUPPORTED = 1, 3, 0x80000001
NBD_READ, NBD_WRITE, NBD_DISCONNECT, NBD_FLUSH, NBD_TRIM = range(5)
NBD_DONE, NBD_DATA, NBD_HOLE, NBD_ERROR = 1, 1, 2, 0x8001
EINVAL = 22


def nbd_option(option, data=b""):
    return b"IHAVEOPT" + struct.pack(">II", option, len(data)) + data


def nbd_option_reply(option, reply, data=b""):
    return struct.pack(">QIII", 0x3E889045565A9, option, reply, len(data)) + data


def nbd_request(command, cookie, offset=0, count=0, flags=0, data=b""):
    return struct.pack(">IHHQQI", 0x25609513, flags, command, cookie, offset, count) + data


def nbd_reply(cookie, data=b"", error=0):
    return struct.pack(">IIQ", 0x67446698, error, cookie) + data


def nbd_chunk(kind, cookie, data=b"", flags=NBD_DONE):
    return struct.pack(">IHHQI", 0x668E33EF, flags, kind, cookie, len(data)) + data


NBD_ASK_GO = nbd_option(NBD_GO, struct.pack(">I", 4) + b"disk" + struct.pack(">H", 0))
NBD_GONE = nbd_option_reply(NBD_GO, NBD_INFO, struct.pack(">HQH", 0, 1 << 20, 0x0D)) + nbd_option_reply(NBD_GO, NBD_ACK)
BLOCK = bytes(range(64))


NBD_ASK_EXPORT = nbd_option(NBD_EXPORT_NAME, b"disk")


def nbd_export(size, zeroes=124):
    """What a server answers to EXPORT_NAME."""
    return struct.pack(">QH", size, 0x0D) + bytes(zeroes)


def nbd_opened(x, structured):
    yield from (*x.opened(), *x.answer(NBD_GREETING), *x.ask(NBD_FLAGS), *x.ask(nbd_option(NBD_STRUCTURED)),
                *x.answer(nbd_option_reply(NBD_STRUCTURED, NBD_ACK if structured else NBD_UNSUPPORTED)), *x.ask(NBD_ASK_GO),
                *x.answer(*cut(NBD_GONE, 32)))


def nbd_stories():
    x = Dialogue(10809, "nbdkit's port: simple replies; read, write, an error, at once and in pieces", client=(3, 995000))
    yield from nbd_opened(x, False)
    yield from (*x.ask(nbd_request(NBD_READ, 1, 512, 64)), *x.answer(nbd_reply(1), BLOCK, after=0.2),
                *x.ask(*cut(nbd_request(NBD_WRITE, 2, 0, 64, data=BLOCK), 28)), *x.answer(nbd_reply(2)),
                *x.ask(nbd_request(NBD_READ, 3, 1 << 20, 64)), *x.answer(nbd_reply(3, error=EINVAL)),
                *x.ask(nbd_request(NBD_READ, 4, 0, 64) + nbd_request(NBD_FLUSH, 5) + nbd_request(NBD_TRIM, 6, 0, 4096, 1)),
                *x.answer(nbd_reply(5) + nbd_reply(4, BLOCK) + nbd_reply(6)), *x.ask(nbd_request(NBD_DISCONNECT, 7)),
                *x.closed())
    x = Dialogue(1024, "structured replies: data and a hole, an error", client=(3, 995001))
    yield from nbd_opened(x, True)
    yield from (*x.ask(nbd_request(NBD_READ, 1, 0, 128)),
                *x.answer(nbd_chunk(NBD_DATA, 1, struct.pack(">Q", 0) + BLOCK, 0),
                          nbd_chunk(NBD_HOLE, 1, struct.pack(">QI", 64, 64)), after=0.2),
                *x.ask(nbd_request(NBD_READ, 2, 1 << 20, 64)),
                *x.answer(nbd_chunk(NBD_ERROR, 2, struct.pack(">IH", EINVAL, 4) + b"no!!")), *x.ask(NBD_UNKNOWN), *x.closed())
    x = Dialogue(1024, "the old style, which does not negotiate; a cookie that is used again", client=(3, 995002))
    yield from (*x.opened(), *x.answer(b"NBDMAGIC" + struct.pack(">QQI", 0x420281861253, 1 << 20, 1) + bytes(124)),
                *x.ask(nbd_request(NBD_READ, 1, 0, 64)), *x.answer(nbd_reply(1, BLOCK)),
                *x.ask(nbd_request(NBD_READ, 1, 64, 32)), *x.answer(nbd_reply(1, BLOCK[:32])), *x.answer(nbd_reply(9)), *x.closed())


def nbd_exports():
    """By EXPORT_NAME, with zeroes and without; of such a size that nothing would be taken for a client's flags."""
    for number, (flags, zeroes, size) in enumerate(((1, 124, 1 << 20), (3, 0, 1 << 20), (3, 0, 5 << 40))):
        x = Dialogue(10809, f"by EXPORT_NAME, {zeroes} zeroes, an export of {size >> 20} MiB", client=(3, 995010 + number))
        yield from (*x.opened(), *x.answer(NBD_GREETING), *x.ask(struct.pack(">I", flags)), *x.ask(NBD_ASK_EXPORT),
                    *x.answer(*cut(nbd_export(size, zeroes), 3)), *x.ask(nbd_request(NBD_READ, 1, 0, 64)),
                    *x.answer(nbd_reply(1, BLOCK)), *x.closed())


NBD_UNKNOWN = nbd_request(200, 3, 0, 64)


def nbd_not():
    odd = (("half of a greeting", b"NBDMAGIC" + bytes(20)), ("an option", NBD_ASK_GO), ("a request", nbd_request(NBD_READ, 1)))
    for port, (what, first) in enumerate(odd, 996000):
        x = Dialogue(1024, f"no NBD of which the server greets: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def nbd_all():
    for story in (nbd_stories, nbd_not, nbd_exports):
        yield from story()


def tpkt(body):
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body


def x224(kind, body=b"", dst=0, src=0):
    """A request for a connection (0xe0), or its confirmation (0xd0)."""
    return tpkt(struct.pack(">BBHHB", 6 + len(body), kind, dst, src, 0) + body)


def x224_data(body):
    return tpkt(b"\2\xf0\x80" + body)


def rdp_negotiation(kind, protocols):
    return struct.pack("<BBHI", kind, 0, 8, protocols)


RDP_COOKIE = b"Cookie: mstshash=user\r\n"
RDP_REQUEST = x224(0xE0, RDP_COOKIE + rdp_negotiation(1, 3))
RDP_CONFIRM = x224(0xD0, rdp_negotiation(2, 1), src=0x1234)
SHORT_HELLO = bytes.fromhex("160301002f0100002b0303") + bytes(range(32)) + bytes.fromhex("00000413011302" "0100")
ERECT_DOMAIN, ATTACH_USER = b"\4\1\0\1\0", b"\x28"


def rdp():
    (_, hello), (_, flight), *_ = tls_turns()
    x = Dialogue(3389, "xrdp, as Hyper-V's enhanced sessions ask it: a cookie and the request to negotiate; then TLS")
    yield from (*x.opened(), *x.ask(RDP_REQUEST), *x.answer(RDP_CONFIRM), *x.ask(hello), *x.answer(flight), *x.closed())
    x = Dialogue(3390, "no cookie, and no TLS: messages of TPKT, two in an RW")
    yield from (*x.opened(), *x.ask(x224(0xE0, rdp_negotiation(1, 0))), *x.answer(x224(0xD0, src=0x1234)),
                *x.ask(x224_data(ERECT_DOMAIN) + x224_data(ATTACH_USER)), *x.closed())


def rdp_not():
    odd = (("S7's request", x224(0xE0, bytes.fromhex("c1020100c2020102c0010a"), src=1)), ("a confirmation", RDP_CONFIRM),
           ("lengths that do not agree", tpkt(RDP_REQUEST[4:] + b"\0")), ("a cookie of another", x224(0xE0, b"Cookie: abcdefgh\r\n")),
           ("a request of 9 bytes", x224(0xE0, rdp_negotiation(1, 0)[:2] + b"\t\0\0\0\0\0")))
    for port, (what, first) in enumerate(odd, 970000):
        x = Dialogue(1024, f"no RDP: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def rdp_stories():
    for story in (rdp, rdp_not):
        yield from story()


VNC_VERSION = b"RFB 003.008\n"
VNC_NONE, VNC_OK = b"\1", bytes(4)
VNC_PIXELS = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


def vnc():
    x = Dialogue(5900, "a screen: versions, no security, a desktop of 2 x 1, its pixels", client=(3, 998000))
    name = b"guest"
    yield from (*x.opened(), *x.answer(VNC_VERSION), *x.ask(VNC_VERSION), *x.answer(b"\1" + VNC_NONE), *x.ask(VNC_NONE),
                *x.answer(VNC_OK), *x.ask(b"\1"),
                *x.answer(struct.pack(">HH", 2, 1) + VNC_PIXELS + struct.pack(">I", len(name)) + name),
                *x.ask(struct.pack(">BxHi", 2, 1, 0)), *x.ask(struct.pack(">BBHHHH", 3, 0, 0, 0, 2, 1)),
                *x.answer(*cut(struct.pack(">BxHHHHHi", 0, 1, 0, 0, 2, 1, 0) + bytes(8), 18)),
                *x.ask(struct.pack(">BBxxI", 4, 1, 0xFF0D)), *x.closed())


def vnc_not():
    odd = (("a line", b"RFB is a protocol\n"), ("no end of the line", VNC_VERSION[:11] + b" "), ("letters", b"RFB 00x.00y\n"))
    for port, (what, first) in enumerate(odd, 998100):
        x = Dialogue(1024, f"no VNC: {what}", client=(3, port))
        yield from (*x.opened(), *x.answer(first), *x.closed())


SPICE_AUTH, SPICE_MINI = 1, 8 | 2 | 1  # what is chosen; what a side can
SPICE_MAIN = 1
SPICE_TICKET = bytes(range(128))
SPICE_INIT, SPICE_ATTACH = 103, 104  # of the main channel: the server's, the client's


def spice_link(body, major=2):
    return b"REDQ" + struct.pack("<III", major, 2, len(body)) + body


def spice_data(kind, body=b""):
    return struct.pack("<HI", kind, len(body)) + body


SPICE_ASK = spice_link(struct.pack("<IBBIIII", 0, SPICE_MAIN, 0, 1, 0, 18, SPICE_MINI))
SPICE_ANSWER = spice_link(struct.pack("<I162xIIII", 0, 1, 0, 178, SPICE_MINI))
SPICE_OPENED = ((True, SPICE_ASK), (False, SPICE_ANSWER), (True, struct.pack("<I", SPICE_AUTH)), (True, SPICE_TICKET),
                (False, bytes(4)))
SPICE_FIRST = spice_data(SPICE_INIT, struct.pack("<8I", 1, 0, 1, 2, 0, 10, 0, 0))


def spice():
    x = Dialogue(5930, "a client's main channel: link, ticket, mini headers", client=(3, 999000))
    yield from x.opened()
    for by_client, said in (*SPICE_OPENED, (False, SPICE_FIRST), (True, spice_data(SPICE_ATTACH))):
        yield from (x.ask if by_client else x.answer)(said)
    yield from x.closed()


def spice_not():
    odd = (("another magic", b"QEDR" + SPICE_ASK[4:]), ("another version", spice_link(bytes(22), major=3)),
           ("too small", spice_link(bytes(17))), ("too large", spice_link(bytes(4097))[:100]))
    for port, (what, first) in enumerate(odd, 999100):
        x = Dialogue(1024, f"no SPICE: {what}", client=(3, port))
        yield from (*x.opened(), *x.ask(first), *x.closed())


def screens():
    for story in (vnc, vnc_not, spice, spice_not):
        yield from story()


def proxy_line(family, *values):
    """The PROXY protocol's header, version 1."""
    return " ".join(["PROXY", family, *map(str, values)]).encode() + b"\r\n"


def proxy_more(kind, value):
    """What else a header of version 2 tells."""
    return struct.pack(">BH", kind, len(value)) + value


def proxy_block(addresses=b"", *more, command=0x21, family=0x11):
    """The same, version 2."""
    told = addresses + b"".join(more)
    return PROXY_SIGNATURE + struct.pack(">BBH", command, family, len(told)) + told


PROXY_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY_IPV4 = ipaddress.ip_address("192.0.2.7").packed + ipaddress.ip_address("192.0.2.1").packed + struct.pack(">HH", 56324, 443)
PROXY_IPV6 = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("2001:db8::1").packed + struct.pack(">HH", 56324, 443)
PROXY_LINE = proxy_line("TCP4", "192.0.2.7", "192.0.2.1", 56324, 443)
PROXY_AUTHORITY = proxy_more(2, b"vsock.example")
PROXY_LOCAL = proxy_block(command=0x20, family=0)


def proxy():
    (_, hello), (_, flight), *_ = tls_turns()
    x = Dialogue(8751, "PROXY's line, a request behind it in the same RW; and another")
    yield from (*x.opened(), *x.ask(PROXY_LINE + get("/one")), *x.answer(ok(b"one\n")), *x.ask(get("/two")),
                *x.answer(ok(b"two\n")), *x.closed())
    x = Dialogue(8752, "PROXY's line in an RW of its own, as systemd-socket-proxyd sends it, then TLS")
    yield from (*x.opened(), *x.ask(proxy_line("TCP6", "2001:db8::7", "2001:db8::1", 56324, 443), hello), *x.answer(flight),
                *x.closed())
    x = Dialogue(8753, "PROXY UNKNOWN, then what nobody knows, in 17 RWs, and a request that is not looked at")
    yield from (*x.opened(), *x.ask(proxy_line("UNKNOWN"), *[bytes(range(64))] * 17, get("/late")), *x.closed())
    x = Dialogue(8754, "version 2 with a name; then the server speaks first, as it may not before the header: SSH")
    yield from (*x.opened(), *x.ask(proxy_block(PROXY_IPV4, PROXY_AUTHORITY)), *x.answer(SSH), *x.ask(SSH), *x.closed())
    x = Dialogue(8755, "version 2, of a proxy's own (LOCAL), then MQTT in pieces")
    yield from (*x.opened(), *x.ask(PROXY_LOCAL + MQTT[:1], MQTT[1:9], MQTT[9:]), *x.answer(mqtt(2, b"\0\0")), *x.closed())
    x = Dialogue(8756, "version 2, then POST /connect, then a frame, all in one RW")
    yield from (*x.opened(), *x.ask(proxy_block(PROXY_IPV6, family=0x21) + POST + le16(arp(VM, GATEWAY, 1))),
                *x.answer(le16(arp(GATEWAY, VM, 2))), *x.closed())
    x = Dialogue(8757, "the longest header, and one that says it is a byte longer")
    yield from (*x.opened(), *x.ask(proxy_block(PROXY_IPV4, bytes(3060)) + get("/longest")), *x.closed())
    x = Dialogue(8757, "one that says it is a byte longer", client=(3, 900757))
    yield from (*x.opened(), *x.ask(proxy_block(PROXY_IPV4, bytes(3061)) + get("/longer")), *x.closed())


def proxy_not():
    longest = proxy_line("UNKNOWN", "x" * 91)
    for said in (longest, proxy_line("UNKNOWN", "x" * 92), proxy_line("TCP5", "192.0.2.7", "192.0.2.1", 1, 2),
                 b"PROXY is what this is called\r\n", PROXY_LINE[:-2] + b"\n", b"PROXY TCP4 192.0.2.7\t192.0.2.1 1 2\r\n",
                 proxy_block(PROXY_IPV4, command=0x11), proxy_block(PROXY_IPV4, command=0x22),
                 proxy_block(PROXY_IPV4, family=0x41), proxy_block(PROXY_IPV4, family=0x13), proxy_block(PROXY_IPV4[:-1]),
                 proxy_block(PROXY_IPV6[:-1], family=0x21)):
        x = Dialogue(8761, f"{said[:20]}: the first is the longest line, the others are none", client=(3, 910000 + len(said)))
        yield from (*x.opened(), *x.ask(said), *x.closed())
    x = Dialogue(8762, "a header behind the first bytes, and in a body")
    post = http("POST /upload HTTP/1.1", "Host: vsock", f"Content-Length: {len(PROXY_LINE)}")
    yield from (*x.opened(), *x.ask(post, PROXY_LINE), *x.answer(ok(b"stored\n")), *x.closed())
    x = Dialogue(8763, "a second header", client=(3, 910763))
    yield from (*x.opened(), *x.ask(PROXY_LINE + PROXY_LINE + get("/")), *x.closed())
    x = Dialogue(8764, "a connection whose beginning was not captured", before=(5000, 70000))
    yield from (*x.ask(PROXY_LINE + get("/under-way")), *x.closed())


def proxies():
    for story in (proxy, proxy_not):
        yield from story()


class Talk:
    """What two programs say to each other, in turn: (is it the client?, bytes). `fields`: what of it shows."""

    def __init__(self, fields, *turns):
        self.fields, self.turns = fields.split(), turns

    def said(self, client):
        """By one side, in all."""
        return b"".join(said for by_client, said in self.turns if by_client == client)


def cut_turns(turns, client, pieces):
    """The turns with those of one side cut where `pieces` says: of its bytes, up to where each piece goes."""
    at = 0
    for by_client, said in turns:
        if by_client != client:
            yield by_client, [said]
            continue
        yield by_client, cut(said, *(p - at for p in pieces if at < p < at + len(said)))
        at += len(said)


def cuts(talk):
    """A capture of the talk, whole, cut in two at each place of either side, and in pieces of 4 bytes: of sixteen
        packets that nobody knows, the next one is not looked at."""
    def stories():
        variants = [(True, ())]
        for client in (True, False):
            length = len(talk.said(client))
            variants += [(client, (place,)) for place in range(1, length)] + [(client, tuple(range(4, length, 4)))]
        for number, (client, places) in enumerate(variants):
            x = Dialogue(7000, f"cut after {places[:1] if len(places) < 2 else 'every 4 bytes'}", client=(42, 70000 + number))
            yield from x.opened()
            for by_client, pieces in cut_turns(talk.turns, client, places):
                yield from (x.ask if by_client else x.answer)(*pieces)
            yield from x.closed()
    return capture(stories)()


def json_talk(framed):
    """The second side speaks in two messages at once. Of a first value that has come without what ends it, nothing says
        yet how it is framed: so that is compared where a length is in front."""
    framing = "jsonframe.framing jsonframe.length jsonframe.number " if framed in (json_be32, json_le32) else ""
    return Talk(framing + "json.key json.value.string json.value.number", (True, framed(method="start", id=1)),
                (False, framed(result="ok", id=1) + framed(event="started")), (True, framed(method="stop", id=2)))


DIALOGUES = {
    "HTTP that turns": Talk("http.request.method http.response.code mqtt.msgtype mqtt.clientid",
                            (True, ATTACH), (False, UPGRADED), (True, MQTT), (False, mqtt(2, b"\0\0"))),
    "HTTP that turns at once": Talk("http.request.method mqtt.msgtype mqtt.clientid", (True, POST + MQTT),
                                    (False, mqtt(2, b"\0\0"))),
    "Ethernet behind POST": Talk("http.request.method ethframe.length arp.opcode dns.qry.name dns.a",
                                 (True, POST), (True, le16(arp(VM, GATEWAY, 1))), (False, le16(arp(GATEWAY, VM, 2))),
                                 (True, le16(udp(VM, GATEWAY, (50000, 53), dns("vsock.example")))),
                                 (False, le16(udp(GATEWAY, VM, (53, 50000), dns("vsock.example", "192.168.127.1")),
                                              arp(GATEWAY, VM, 1)))),
    "Ethernet from the first byte": Talk("ethframe.length arp.opcode ipv6.nxt icmpv6.type ip.src",
                                         (True, be32(arp(VM, GATEWAY, 1), arp(VM, GATEWAY, 1))),
                                         (False, be32(ipv4(GATEWAY, VM, 17, bytes(8))) + be32(arp(GATEWAY, VM, 2)))),
    "QEMU guest agent": Talk("qga.execute qga.id qga.return qga.error.class qga.sentinel json.key",
                             (True, execute(DELIMITED, b"\xff", arguments={"id": 7})), (False, returned(7, b"\xff")),
                             (True, execute("guest-ping", id="a") + execute("guest-exec", id="b")),
                             (False, returned({}, id="a") + failed("GenericError", "no")), (True, execute("guest-info"))),
    "varlink": Talk("varlink.method varlink.error varlink.continues varlink.oneway json.key",
                    (True, call("io.systemd.Hostname.Describe")), (False, reply({"Hostname": "vm"})),
                    (True, call("org.example.Log", oneway=True) + call("org.example.Get", more=True)),
                    (False, reply({}, continues=True) + reply({}, error="org.example.No"))),
    "p11-kit": Talk("p11rpc.version p11rpc.id p11rpc.call p11rpc.signature p11rpc.error p11rpc.options",
                    (True, b"\2"), (False, b"\1"), (True, p11_initialize(b"hsm")), (False, p11(16, P11_INITIALIZE, "")),
                    (True, p11(17, P11_SLOTS, "yfu", bytes(5))), (False, p11_failed(17, 5))),
    "p11-kit, version 0": Talk("p11rpc.version p11rpc.id p11rpc.call p11rpc.error", (True, b"\0"), (False, b"\0"),
                               (True, p11_initialize()), (False, p11(16, P11_INITIALIZE, "")),
                               (True, p11(17, P11_FINALIZE, "")), (False, p11_failed(17, 5))),
    "NBD": Talk("nbdframe.kind nbdframe.option nbdframe.command nbdframe.cookie nbdframe.error nbd.type nbd.handle nbd.data",
                (False, NBD_GREETING), (True, NBD_FLAGS + NBD_ASK_GO), (False, NBD_GONE),
                (True, nbd_request(NBD_READ, 1, 0, 16) + nbd_request(NBD_WRITE, 2, 0, 8, data=BLOCK[:8])),
                (False, nbd_reply(1, BLOCK[:16]) + nbd_reply(2)), (True, nbd_request(NBD_READ, 3, 0, 8)),
                (False, nbd_reply(3, BLOCK[:8]))),
    "NBD, by EXPORT_NAME": Talk("nbdframe.kind nbdframe.export.size nbdframe.export.flags nbd.type nbd.data",
                                (False, NBD_GREETING), (True, b"\0\0\0\1" + NBD_ASK_EXPORT), (False, nbd_export(5 << 40)),
                                (True, nbd_request(NBD_READ, 1, 0, 16)), (False, nbd_reply(1, BLOCK[:16]))),
    "NBD, structured": Talk("nbdframe.kind nbdframe.chunk nbdframe.offset nbdframe.error nbdframe.length nbd.type",
                            (False, NBD_GREETING), (True, NBD_FLAGS + nbd_option(NBD_STRUCTURED)),
                            (False, nbd_option_reply(NBD_STRUCTURED, NBD_ACK)), (True, nbd_request(NBD_READ, 1, 0, 24)),
                            (False, nbd_chunk(NBD_DATA, 1, struct.pack(">Q", 0) + BLOCK[:16], 0) +
                             nbd_chunk(NBD_HOLE, 1, struct.pack(">QI", 16, 8)))),
    "PROXY, a line": Talk("proxy.src.ipv4 proxy.dstport http.request.method http.response.code",
                          (True, PROXY_LINE + get("/")), (False, ok(b"yes\n")), (True, get("/more"))),
    "PROXY, version 2": Talk("proxy.src.ipv4 proxy.dstport mqtt.msgtype mqtt.clientid",
                             (True, proxy_block(PROXY_IPV4, PROXY_AUTHORITY) + MQTT), (False, mqtt(2, b"\0\0"))),
    "PROXY, then what turns": Talk("proxy.v2.cmd http.request.method ethframe.length arp.opcode",
                                   (True, PROXY_LOCAL + POST + le16(arp(VM, GATEWAY, 1))), (False, le16(arp(GATEWAY, VM, 2)))),
    "VNC": Talk("vnc.server_proto_ver vnc.client_proto_ver", (False, VNC_VERSION), (True, VNC_VERSION)),
    "SPICE": Talk("spice.magic spice.channel_type spice.auth_select_client spice.ticket_client spice.ticket_server "
                  "spice.message_size", *SPICE_OPENED, (False, SPICE_FIRST), (True, spice_data(SPICE_ATTACH))),
    "RDP to TLS": Talk("rdp.rt_cookie rdp.neg_type cotp.type tls.handshake.type tls.handshake.ciphersuite",
                       (True, RDP_REQUEST), (False, RDP_CONFIRM), (True, SHORT_HELLO), (False, RDP_CONFIRM)),
    "RDP": Talk("rdp.rt_cookie rdp.neg_type cotp.type tpkt.length", (True, RDP_REQUEST), (False, RDP_CONFIRM),
                (True, x224_data(ERECT_DOMAIN) + x224_data(ATTACH_USER)), (False, x224_data(b"\x2e\0\0\3"))),
} | {framed.__name__: json_talk(framed) for framed in (json_be32, json_le32, json_line, json_nul)}


CAPTURES = {
    "inside-calls.pcapng": capture(calls),
    "inside-nbd.pcapng": capture(nbd_all),
    "inside-p11.pcapng": capture(p11_all),
    "inside-proxy.pcapng": capture(proxies),
    "inside-rdp.pcapng": capture(rdp_stories),
    "inside-screens.pcapng": capture(screens),
    "inside-json.pcapng": capture(framed_json),
    "inside-ethernet.pcapng": capture(ethernet_stories),
    "inside-turns.pcapng": capture(turns),
}
