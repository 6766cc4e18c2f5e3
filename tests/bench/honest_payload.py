# SPDX-License-Identifier: GPL-2.0-or-later
"""Much traffic as programs make it: the healthy twins of hostile_payload.py. All of it is to be dissected.

A kind is a function of KINDS that yields a capture's packets; its first line says what they are. `count`: of what.
"""
import gzip
import json
import random
import struct

from bench.hostile_payload import (CHALLENGE, CLIENT, GRPC, MQTT_4, P9, PREFACE, SERVER, Contents, Talk, adb, der, field, frame2, gcs,
                                   handshake, headers2, literal, mqtt, p9, pieces, tls, ttrpc, tunnel, varint)
from generators.vsock import CREDIT_UPDATE, RST, RW, SHUTDOWN

# A virtio packet's payload, as Linux makes it of one large write.
PACKET = 64 << 10


def talk_of(number, opening=(), port=1024):
    return Talk(number, Contents("", b"", opening, port=port))


def says(talk, sender, data, size=PACKET):
    """What a program writes at once; the other side reads it and says so."""
    for piece in pieces(data, size):
        yield talk.packet(sender, RW, piece)
    yield talk.packet(1 - sender, CREDIT_UPDATE)


def closed(talk):
    yield talk.packet(CLIENT, SHUTDOWN, flags=3)
    yield talk.packet(SERVER, RST)


# ---- TLS ----

def oid(*bytes_of):
    return der(6, bytes(bytes_of))


def named(*values):
    attribute = {"C": 6, "O": 10, "OU": 11, "CN": 3}
    return der(0x30, b"".join(der(0x31, der(0x30, oid(0x55, 4, attribute[kind]) + der(12, value))) for kind, value in values))


def extension(number, value, critical=False):
    return der(0x30, oid(0x55, 0x1D, number) + (der(1, b"\xff") if critical else b"") + der(4, value))


def certificate(rng, subject, issuer, names):
    """Of RSA with 2048 bits, with what authorities put into one."""
    algorithm = der(0x30, oid(0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 1, 11) + der(5, b""))
    key = der(0x30, der(2, b"\0" + b"\xc1" + rng.randbytes(255)) + der(2, b"\1\0\1"))
    access = der(0x30, b"".join(der(0x30, oid(0x2B, 6, 1, 5, 5, 7, 48, kind) + der(0x86, b"http://ca.example.com/issuing-authority-3"))
                                for kind in (1, 2)))
    extensions = [
        extension(15, der(3, b"\5\xa0"), True),
        extension(37, der(0x30, oid(0x2B, 6, 1, 5, 5, 7, 3, 1) + oid(0x2B, 6, 1, 5, 5, 7, 3, 2))),
        extension(19, der(0x30, b""), True),
        extension(14, der(4, rng.randbytes(20))),
        extension(35, der(0x30, der(0x80, rng.randbytes(20)))),
        extension(17, der(0x30, b"".join(der(0x82, each) for each in names))),
        extension(31, der(0x30, der(0x30, der(0xA0, der(0xA0, der(0x86, b"http://crl.example.com/issuing-authority-3.crl")))))),
        extension(32, der(0x30, der(0x30, oid(0x67, 0x81, 12, 1, 2, 1)))),
        der(0x30, oid(0x2B, 6, 1, 5, 5, 7, 1, 1) + der(4, access)),
        der(0x30, oid(0x2B, 6, 1, 4, 1, 0xD6, 0x79, 2, 4, 2) + der(4, der(4, rng.randbytes(240)))),
    ]
    body = der(0x30, der(0xA0, der(2, b"\2")) + der(2, rng.randbytes(16)) + algorithm + issuer +
               der(0x30, der(23, b"250101000000Z") + der(23, b"270101000000Z")) + subject +
               der(0x30, der(0x30, oid(0x2A, 0x86, 0x48, 0x86, 0xF7, 13, 1, 1, 1) + der(5, b"")) + der(3, b"\0" + key)) +
               der(0xA3, der(0x30, b"".join(extensions))))
    return der(0x30, body + algorithm + der(3, b"\0" + rng.randbytes(256)))


def sized(size, data):
    return len(data).to_bytes(size, "big") + data


def tls_extension(number, data):
    return struct.pack(">HH", number, len(data)) + data


def client_hello(rng):
    ciphers = b"".join(struct.pack(">H", each) for each in (
        0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC009, 0xC013, 0xC00A, 0xC014, 0x9C, 0x9D, 0x2F, 0x35))
    extensions = (tls_extension(0, sized(2, b"\0" + sized(2, b"agent.sandbox.example.com"))) + tls_extension(23, b"") +
                  tls_extension(0xFF01, b"\0") + tls_extension(10, sized(2, bytes.fromhex("001d001700180019"))) +
                  tls_extension(11, b"\1\0") + tls_extension(35, b"") + tls_extension(16, sized(2, b"\2h2\x08http/1.1")) +
                  tls_extension(5, b"\1\0\0\0\0") +
                  tls_extension(13, sized(2, bytes.fromhex("0403080404010503080505010806060102010203"))))
    body = b"\3\3" + rng.randbytes(32) + sized(1, rng.randbytes(32)) + sized(2, ciphers) + b"\1\0"
    body += sized(2, extensions + tls_extension(21, b"\0" * max(0, 512 - len(body) - len(extensions) - 10)))
    return tls(22, handshake(1, body))


def tls_handshakes(count):
    """TLS 1.2 with a leaf's certificate and its authority's, one connection after another"""
    rng = random.Random(1)
    root = named(("C", b"US"), ("O", b"Example Trust Services"), ("CN", b"Example Root CA 1"))
    middle = named(("C", b"US"), ("O", b"Example Trust Services"), ("OU", b"Machines"), ("CN", b"Example Issuing CA 3"))
    leaf = named(("C", b"US"), ("O", b"Example"), ("OU", b"Sandboxes"), ("CN", b"agent.sandbox.example.com"))
    names = [b"agent%d.sandbox.example.com" % each for each in range(5)]
    chain = b"".join(sized(3, each) for each in (certificate(rng, leaf, middle, names), certificate(rng, middle, root, [])))
    for number in range(count):
        talk = talk_of(number)
        yield from talk.opened()
        yield from says(talk, CLIENT, client_hello(rng))
        server_hello = b"\3\3" + rng.randbytes(32) + sized(1, rng.randbytes(32)) + b"\xc0\x2f\0" + sized(
            2, tls_extension(0xFF01, b"\0") + tls_extension(16, sized(2, b"\2h2")) + tls_extension(23, b""))
        key = b"\3\0\x1d" + sized(1, rng.randbytes(32)) + b"\x08\4" + sized(2, rng.randbytes(256))
        yield from says(talk, SERVER, tls(22, handshake(2, server_hello)) + tls(22, handshake(11, sized(3, chain))) +
                        tls(22, handshake(12, key)) + tls(22, handshake(14, b"")))
        yield from says(talk, CLIENT, tls(22, handshake(16, sized(1, rng.randbytes(32)))) + tls(20, b"\1") +
                        tls(22, rng.randbytes(40)))
        ticket = tls(22, handshake(4, b"\0\0\x1c\x20" + sized(2, rng.randbytes(192))))
        yield from says(talk, SERVER, ticket + tls(20, b"\1") + tls(22, rng.randbytes(40)))
        yield from says(talk, CLIENT, tls(23, rng.randbytes(400)))
        yield from says(talk, SERVER, tls(23, rng.randbytes(1500)))
        yield from closed(talk)


# ---- HTTP/1 and what it turns to ----

def masked(rng, text):
    mask = rng.randbytes(4)
    return b"\x81" + bytes([0x80 | len(text)]) + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))


def websocket(count):
    """WebSocket's small texts, each in a packet, both ways"""
    rng = random.Random(2)
    talk = talk_of(0, CHALLENGE)
    yield from talk.opened()
    for number in range(count // 2):
        yield from says(talk, CLIENT, masked(rng, b"{\"method\":\"get\",\"id\":%d}" % number))
        text = b"{\"id\":%d,\"result\":{\"cpu\":0.%d}}" % (number, number % 97)
        yield from says(talk, SERVER, b"\x81" + bytes([len(text)]) + text)


def tunnel_random(count):
    """a tunnel of what is encrypted, but not TLS: MiB of it"""
    rng = random.Random(3)
    talk = talk_of(0, tunnel(4460))
    yield from talk.opened()
    for number in range(count * 16):
        yield from says(talk, number % 2, rng.randbytes(PACKET))


def tunnel_small(count):
    """the same in packets of 1,000 bytes"""
    rng = random.Random(3)
    talk = talk_of(0, tunnel(4460))
    yield from talk.opened()
    for number in range(count * 1048):
        yield from says(talk, number % 2, rng.randbytes(1000))


def tunnel_ssh(count):
    """a tunnel to SSH's port: MiB of it"""
    rng = random.Random(4)
    talk = talk_of(0, tunnel(22))
    yield from talk.opened()
    yield from says(talk, CLIENT, b"SSH-2.0-OpenSSH_9.2\r\n")
    yield from says(talk, SERVER, b"SSH-2.0-OpenSSH_9.2\r\n")
    for number in range(count * 32):
        yield from says(talk, number % 2, rng.randbytes(32 << 10))


def http(first, kind, body, *more):
    fields = ["Host: machine", "User-Agent: Go-http-client/1.1", "Accept: application/json", f"Content-Type: {kind}",
              f"Content-Length: {len(body)}", "Date: Fri, 27 Nov 2026 00:00:00 GMT", *more]
    return (first + "\r\n" + "".join(each + "\r\n" for each in fields) + "\r\n").encode() + body


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def jsonrpc(count):
    """JSON-RPC requests of 2 KB over HTTP, and what they are answered"""
    talk = talk_of(0)
    yield from talk.opened()
    for number in range(count):
        drives = [{"drive_id": f"disk{each}", "path_on_host": f"/var/lib/machines/{number}/disk{each}.img",
                   "is_root_device": each == 0, "is_read_only": False,
                   "rate_limiter": {"bandwidth": {"size": 1048576, "refill_time": 100}}} for each in range(10)]
        call = compact({"jsonrpc": "2.0", "id": number, "method": "machine.configure", "params": {"drives": drives}})
        yield from says(talk, CLIENT, http("POST /rpc HTTP/1.1", "application/json", call))
        answer = compact({"jsonrpc": "2.0", "id": number, "result": {"state": "ok"}})
        yield from says(talk, SERVER, http("HTTP/1.1 200 OK", "application/json", answer))


def pod(number):
    """As the kubelet's /pods lists one."""
    name = f"web-frontend-{number:05d}-x7k2p"
    token = "/var/run/secrets/kubernetes.io/serviceaccount"
    conditions = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "metadata": {
            "name": name, "generateName": "web-frontend-", "namespace": "default",
            "uid": f"6f1ed002-ab5f-42e5-b1d8-{number:012d}",
            "resourceVersion": str(4711 + number), "creationTimestamp": "2026-11-27T00:00:00Z",
            "labels": {"app": "web", "pod-template-hash": "5d59d67564", "tier": "frontend"},
            "annotations": {"kubernetes.io/config.seen": "2026-11-27T00:00:01.123456789Z", "kubernetes.io/config.source": "api"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-frontend",
                                 "uid": "5c0a1b4e-7a51-4c07-9d3a-5a4e4f2f8c11", "controller": True,
                                 "blockOwnerDeletion": True}]},
        "spec": {
            "volumes": [{"name": "kube-api-access-2x9wq", "projected": {
                "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
            "containers": [{
                "name": "web", "image": "registry.example.com/web/frontend:1.27.3",
                "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                "volumeMounts": [{"name": "kube-api-access-2x9wq", "readOnly": True, "mountPath": token}],
                "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "IfNotPresent"}],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "nodeName": "node-7"},
        "status": {
            "phase": "Running",
            "conditions": [{"type": each, "status": "True", "lastProbeTime": None,
                            "lastTransitionTime": "2026-11-27T00:00:02Z"} for each in conditions],
            "hostIP": "10.0.0.7", "podIP": f"10.244.{number // 250}.{number % 250}", "startTime": "2026-11-27T00:00:00Z",
            "qosClass": "Burstable"}}


def pods(number):
    return compact({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod(each) for each in range(number)]})


def kubelet(count):
    """the kubelet's lists of 110 pods, asked for again and again"""
    body = pods(110)
    request = b"GET /pods HTTP/1.1\r\nHost: node-7:10250\r\nUser-Agent: kube-probe/1.30\r\nAccept: application/json\r\n\r\n"
    talk = talk_of(0)
    yield from talk.opened()
    for _ in range(count):
        yield from says(talk, CLIENT, request)
        yield from says(talk, SERVER, http("HTTP/1.1 200 OK", "application/json", body), 32 << 10)


def json_mib(count):
    """a MiB of JSON over HTTP, once for each"""
    body = pods(110)
    body = pods((1 << 20) * 110 // len(body) - 1)
    for number in range(count):
        talk = talk_of(number)
        yield from talk.opened()
        yield from says(talk, CLIENT, b"GET /pods HTTP/1.1\r\nHost: node-7:10250\r\nAccept: application/json\r\n\r\n")
        yield from says(talk, SERVER, http("HTTP/1.1 200 OK", "application/json", body))
        yield from closed(talk)


def json_gzip(count):
    """the kubelet's lists of 30 pods, compressed, in chunks"""
    body = gzip.compress(pods(30), mtime=0)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces(body, 4096)) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    talk = talk_of(0)
    yield from talk.opened()
    for _ in range(count):
        yield from says(talk, CLIENT, b"GET /pods HTTP/1.1\r\nHost: node-7:10250\r\nAccept-Encoding: gzip\r\n\r\n")
        yield from says(talk, SERVER, head + chunks)


# ---- HTTP/2 ----

def grpc_message(number):
    state = varint(8) + varint(number * 37) + field(2, b"running")
    body = varint(1 << 3) + varint(number) + field(2, b"/run/machines/%d" % number) + field(3, state)
    return struct.pack(">BI", 0, len(body)) + body


def grpc_stream(count):
    """a stream of gRPC, a message in each DATA frame, and a frame in each packet"""
    talk = talk_of(0, [(CLIENT, PREFACE + GRPC + frame2(0, grpc_message(0), 1, 1)),
                       (SERVER, frame2(4) + headers2(1, b"\x88", literal(b"content-type", b"application/grpc")))])
    yield from talk.opened()
    for number in range(count):
        yield from says(talk, SERVER, frame2(0, grpc_message(number), 0, 1))


def grpc_written_together(count):
    """the same, 40 frames in each packet"""
    talk = talk_of(0, [(CLIENT, PREFACE + GRPC + frame2(0, grpc_message(0), 1, 1)),
                       (SERVER, frame2(4) + headers2(1, b"\x88", literal(b"content-type", b"application/grpc")))])
    yield from talk.opened()
    for number in range(0, count, 40):
        yield from says(talk, SERVER, b"".join(frame2(0, grpc_message(each), 0, 1) for each in range(number, number + 40)))


def grpc_calls(count):
    """calls of gRPC, each a stream of its own"""
    talk = talk_of(0, [(CLIENT, PREFACE), (SERVER, frame2(4))])
    yield from talk.opened()
    for number in range(count):
        stream = 2 * number + 1
        grpc = literal(b"content-type", b"application/grpc")
        yield from says(talk, CLIENT, headers2(stream, b"\x83\x86", literal(b":path", b"/svc.A/M"), grpc) +
                        frame2(0, grpc_message(number), 1, stream))
        yield from says(talk, SERVER, headers2(stream, b"\x88", grpc) + frame2(0, grpc_message(number), 0, stream) +
                        headers2(stream, literal(b"grpc-status", b"0"), flags=5))


def grpc_gzip(count):
    """the same, of messages of 2 KB, compressed"""
    grpc = literal(b"content-type", b"application/grpc")
    coding = literal(b"grpc-encoding", b"gzip")
    talk = talk_of(0, [(CLIENT, PREFACE), (SERVER, frame2(4))])
    yield from talk.opened()
    for number in range(count):
        stream = 2 * number + 1
        message = gzip.compress(b"".join(field(2, grpc_message(number * 50 + each)[5:]) for each in range(50)), mtime=0)
        message = struct.pack(">BI", 1, len(message)) + message
        yield from says(talk, CLIENT, headers2(stream, b"\x83\x86", literal(b":path", b"/svc.A/M"), grpc, coding) +
                        frame2(0, message, 1, stream))
        yield from says(talk, SERVER, headers2(stream, b"\x88", grpc, coding) + frame2(0, message, 0, stream) +
                        headers2(stream, literal(b"grpc-status", b"0"), flags=5))


# ---- others ----

def ttrpc_calls(count):
    """ttrpc's calls, as a runtime's agent gets them"""
    talk = talk_of(0)
    yield from talk.opened()
    for number in range(count):
        call = (field(1, b"grpc.AgentService") + field(2, b"StatsContainer") + field(3, field(1, b"%064x" % number)) +
                varint(4 << 3) + varint(60_000_000_000))
        yield from says(talk, CLIENT, ttrpc(2 * number + 1, 1, call))
        stats = b"".join(field(2, varint(8) + varint(each * 9973) + varint(16) + varint(each)) for each in range(40))
        yield from says(talk, SERVER, ttrpc(2 * number + 1, 2, field(2, stats)))


def p9_reads(count):
    """a file's reads over 9P"""
    rng = random.Random(5)
    talk = talk_of(0, [(CLIENT, P9)], port=564)
    yield from talk.opened()
    for number in range(count):
        yield from says(talk, CLIENT, p9(116, struct.pack("<IQI", 1, number * 8192, 8192), 1))
        yield from says(talk, SERVER, p9(117, struct.pack("<I", 8192) + rng.randbytes(8192), 1))


def mqtt_telemetry(count):
    """MQTT's PUBLISH with JSON"""
    talk = talk_of(0, [(CLIENT, MQTT_4), (SERVER, b"\x20\2\0\0")])
    yield from talk.opened()
    for number in range(count):
        values = b"{\"temperature\":21.%d,\"load\":0.%d}" % (number % 10, number % 100)
        yield from says(talk, CLIENT, mqtt(0x30, sized(2, b"machines/7/telemetry") + values))


def gcs_calls(count):
    """GCS's requests, and what they are answered"""
    talk = talk_of(0, port=0x40000000)
    yield from talk.opened()
    for number in range(count):
        body = compact({"ContainerId": "00000000-0000-0000-0000-000000000000", "ActivityId": "6f1ed002-ab5f-42e5-b1d8-000000000000",
                        "Request": compact({"ResourceType": "Memory", "RequestType": "Update", "Settings": {"SizeInMB": number}}).decode()})
        yield from says(talk, CLIENT, gcs(body, number))
        yield from says(talk, SERVER, gcs(b"{\"Result\":0,\"ActivityId\":\"6f1ed002-ab5f-42e5-b1d8-000000000000\"}", number, 0x20100101))


def adb_shell(count):
    """a shell's output over ADB"""
    talk = talk_of(0, [(CLIENT, adb(b"CNXN", b"host::"))], port=5555)
    yield from talk.opened()
    for number in range(count):
        yield from says(talk, SERVER, adb(b"WRTE", b"line %d of what a shell prints\n" % number * 10))
        yield from says(talk, CLIENT, adb(b"OKAY"))


# Its packets; how much of it there is; and a filter for what is shown of it.
KINDS = {function.__name__: (function, count, shown) for function, count, shown in (
    (tls_handshakes, 3000, "tls.handshake.certificate"), (websocket, 50_000, "websocket"),
    (tunnel_random, 20, "http"), (tunnel_small, 20, "http"), (tunnel_ssh, 20, "vsock.payload && frame.len > 30000"),
    (jsonrpc, 5000, "json"), (kubelet, 120, "json"), (json_mib, 20, "json"), (json_gzip, 60, "json"),
    (grpc_stream, 50_000, "grpc"), (grpc_written_together, 50_000, "grpc"), (grpc_calls, 10_000, "grpc"), (grpc_gzip, 2000, "grpc"),
    (ttrpc_calls, 10_000, "ttrpc"), (p9_reads, 5000, "9p"), (mqtt_telemetry, 30_000, "mqtt"), (gcs_calls, 10_000, "gcs"),
    (adb_shell, 10_000, "adb"))}


def packets(kind, count=None):
    function, usual, _ = KINDS[kind]
    return function(count or usual)
