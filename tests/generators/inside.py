# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-made captures of what is spoken inside: streams that turn from HTTP to something else.

Nothing of HTTP whose dissector goes by its last request, as to HEAD, and for HTTP in a tunnel. One story a server port;
the bytes are such as the programs send: gvisor-tap-vsock's gvforwarder, Docker's attach, a proxy asked to CONNECT.
"""
from generators.payload import Dialogue, cut, get, http, ok, tls_turns
from generators.vsock import capture

POST = http("POST /connect HTTP/1.1", "Host: ", "User-Agent: Go-http-client/1.1", "Content-Length: 0")
UPGRADED = http("HTTP/1.1 101 UPGRADED", "Content-Type: application/vnd.docker.raw-stream", "Connection: Upgrade",
                "Upgrade: tcp")
ATTACH = http("POST /v1.43/containers/a1/attach?stream=1 HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: tcp",
              "Content-Length: 0")
CONNECT = http("CONNECT kms.eu-west-1.amazonaws.com:443 HTTP/1.1", "Host: kms.eu-west-1.amazonaws.com:443")
GRANTED = http("HTTP/1.1 200 Connection established")
SSH = b"SSH-2.0-OpenSSH_10.0\r\n"


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


CAPTURES = {
    "inside-turns.pcapng": capture(turns),
}
