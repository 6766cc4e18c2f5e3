# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest of vhost_vsock that is this process: its driver and its sockets, for stream sockets only. Only for the
virtual machine: never to be run elsewhere.

It does as Linux's driver does: tells what was read when nothing is left to read or little room is, answers a
SHUTDOWN of both ways with RST, and closes with one. Guest physical addresses are places in `memory`.
Sources: virtio 1.3, "Split Virtqueues" and "Socket Device"; linux/vhost.h; virtio_transport_common.c.
"""
import collections
import ctypes
import fcntl
import mmap
import os
import struct
import threading

SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 0x4008AF00, 0xAF01, 0x4008AF03
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE = 0x4008AF10, 0x4028AF11, 0x4008AF12
SET_VRING_KICK, SET_VRING_CALL = 0x4008AF20, 0x4008AF21
SET_GUEST_CID, SET_RUNNING = 0x4008AF60, 0x4004AF61
SEQPACKET_FEATURE, VERSION_1 = 1 << 1, 1 << 32

RX, TX = 0, 1
ENTRIES = 128
RX_SIZE = 4096  # of a buffer, as Linux's driver has them
LARGEST = 65536  # payload of a packet: VIRTIO_VSOCK_MAX_PKT_BUF_SIZE
HEADER = struct.Struct("<QQIIIHHIII")
BUFFER = 262144
PATIENCE = 60

REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST = range(1, 8)
RECEIVE, SEND, BOTH = 1, 2, 3
STREAM = 1


class Queue:
    """A split virtqueue: descriptors, then what is available, then what is used, a page's multiple each."""

    SIZE = 3 * 4096

    def __init__(self, memory, start, device, index):
        self.memory, self.start, self.taken = memory, start, 0
        self.kick, self.call = os.eventfd(0), os.eventfd(0)
        base = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + start
        for request, argument in ((SET_VRING_NUM, struct.pack("=II", index, ENTRIES)),
                                  (SET_VRING_BASE, struct.pack("=II", index, 0)),
                                  (SET_VRING_ADDR, struct.pack("=IIQQQQ", index, 0, base, base + 8192, base + 4096, 0)),
                                  (SET_VRING_KICK, struct.pack("=Ii", index, self.kick)),
                                  (SET_VRING_CALL, struct.pack("=Ii", index, self.call))):
            fcntl.ioctl(device, request, argument)

    def describe(self, entry, address, length, writable):
        struct.pack_into("<QIHH", self.memory, self.start + 16 * entry, address, length, 2 if writable else 0, 0)

    def offer(self, entry):
        at = self.start + 4096
        index, = struct.unpack_from("<H", self.memory, at + 2)
        struct.pack_into("<H", self.memory, at + 4 + 2 * (index % ENTRIES), entry)
        struct.pack_into("<H", self.memory, at + 2, (index + 1) & 0xFFFF)
        os.eventfd_write(self.kick, 1)

    def take(self):
        """Waits for a used buffer: its entry."""
        at = self.start + 8192
        while struct.unpack_from("<H", self.memory, at + 2)[0] == self.taken:
            os.eventfd_read(self.call)
        entry, _ = struct.unpack_from("<II", self.memory, at + 4 + 8 * (self.taken % ENTRIES))
        self.taken = (self.taken + 1) & 0xFFFF
        return entry


class Socket:
    """A connection's end in the guest. What it does is guarded by the guest's lock."""

    def __init__(self, guest, port, peer):
        self.guest, self.port, self.peer = guest, port, peer
        self.unread = bytearray()
        self.sent = self.consumed = self.told = 0
        self.peer_buffer = self.peer_consumed = 0
        self.state, self.peer_shutdown = "connecting", 0

    def send(self, op, flags=0, payload=b""):
        self.told = self.consumed
        cid, port = self.peer
        self.guest.transmit(HEADER.pack(self.guest.cid, cid, self.port, port, len(payload), STREAM, op, flags,
                                        self.guest.buffer, self.consumed) + payload)

    def wait(self, condition):
        if not self.guest.changed.wait_for(condition, PATIENCE):
            raise TimeoutError(f"port {self.port}, {self.state}")

    def ended(self):
        """As Linux: whoever has reset a connection has shut it down."""
        self.state, self.peer_shutdown = "reset", BOTH

    def take(self, op, flags, buffer, consumed, payload):
        self.peer_buffer, self.peer_consumed = buffer, consumed
        if op == RESPONSE:
            self.state = "open"
        elif op == RW:
            self.unread += payload
        elif op == CREDIT_REQUEST:
            self.send(CREDIT_UPDATE)
        elif op == SHUTDOWN:
            self.peer_shutdown |= flags
            if self.peer_shutdown == BOTH and not self.unread:
                self.send(RST)
                self.ended()
        elif op == RST:
            self.ended()

    def sendall(self, data):
        with self.guest.changed:
            while data:
                self.wait(lambda: self.window() > 0 or self.peer_shutdown & RECEIVE)
                if self.peer_shutdown & RECEIVE:
                    raise BrokenPipeError
                part, data = data[:min(self.window(), LARGEST)], data[min(self.window(), LARGEST):]
                self.sent += len(part)
                self.send(RW, payload=part)

    def window(self):
        return self.peer_buffer - (self.sent - self.peer_consumed)

    def recv(self, size):
        """b"" is the end."""
        with self.guest.changed:
            self.wait(lambda: self.unread or self.peer_shutdown & SEND)
            data = bytes(self.unread[:size])
            del self.unread[:size]
            self.consumed += len(data)
            room = self.guest.buffer - (self.consumed - self.told)
            if self.state == "open" and self.consumed != self.told and (room < LARGEST or not self.unread):
                self.send(CREDIT_UPDATE)
            return data

    def shutdown_send(self):
        with self.guest.changed:
            self.send(SHUTDOWN, SEND)

    def close(self):
        with self.guest.changed:
            if self.peer_shutdown == BOTH:
                self.send(RST)
            else:
                self.send(SHUTDOWN, BOTH)
                self.wait(lambda: self.state == "reset")
            del self.guest.sockets[self.port, self.peer]


class Guest:
    FEATURES = VERSION_1
    buffer = BUFFER  # of each socket

    def __init__(self, cid):
        self.cid = cid
        self.sockets, self.listening = {}, {}  # by own port and peer; by own port, those to be accepted
        self.changed = threading.Condition(threading.RLock())
        self.memory = mmap.mmap(-1, 1 << 20)
        self.device = os.open("/dev/vhost-vsock", os.O_RDWR)
        fcntl.ioctl(self.device, SET_OWNER)
        fcntl.ioctl(self.device, SET_FEATURES, struct.pack("=Q", self.FEATURES))
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        fcntl.ioctl(self.device, SET_MEM_TABLE, struct.pack("=II4Q", 1, 0, 0, len(self.memory), base, 0))
        self.received, self.sent = (Queue(self.memory, i * Queue.SIZE, self.device, i) for i in (RX, TX))
        self.buffers = 2 * Queue.SIZE
        self.outgoing = self.buffers + ENTRIES * RX_SIZE
        fcntl.ioctl(self.device, SET_GUEST_CID, struct.pack("=Q", cid))
        fcntl.ioctl(self.device, SET_RUNNING, struct.pack("=i", 1))
        for entry in range(ENTRIES):
            self.received.describe(entry, self.buffers + entry * RX_SIZE, RX_SIZE, True)
            self.received.offer(entry)
        threading.Thread(target=self.receive, daemon=True).start()

    def transmit(self, packet):
        with self.changed:
            self.memory[self.outgoing:self.outgoing + len(packet)] = packet
            self.sent.describe(0, self.outgoing, len(packet), False)
            self.sent.offer(0)
            self.sent.take()

    def give_back(self, entry):
        self.received.offer(entry)

    def receive(self):
        while True:
            entry = self.received.take()
            at = self.buffers + entry * RX_SIZE
            header = HEADER.unpack_from(self.memory, at)
            payload = self.memory[at + HEADER.size:at + HEADER.size + header[4]]
            self.give_back(entry)
            with self.changed:
                self.take(*header, payload)
                self.changed.notify_all()

    def take(self, from_cid, _, from_port, port, _length, kind, op, flags, buffer, consumed, payload):
        peer = from_cid, from_port
        socket = self.sockets.get((port, peer))
        if socket:
            socket.take(op, flags, buffer, consumed, payload)
        elif op == REQUEST and port in self.listening and kind == STREAM:
            socket = self.sockets[port, peer] = Socket(self, port, peer)
            socket.take(RESPONSE, 0, buffer, consumed, b"")
            socket.send(RESPONSE)
            self.listening[port].append(socket)
        elif op != RST:  # nobody's
            self.transmit(HEADER.pack(self.cid, from_cid, port, from_port, 0, kind, RST, 0, 0, 0))

    def connect(self, peer, port):
        with self.changed:
            socket = self.sockets[port, peer] = Socket(self, port, peer)
            socket.send(REQUEST)
            socket.wait(lambda: socket.state != "connecting")
            if socket.state != "open":
                raise ConnectionResetError
            return socket

    def listen(self, port):
        self.listening[port] = collections.deque()

    def accept(self, port):
        with self.changed:
            if not self.changed.wait_for(lambda: self.listening[port], PATIENCE):
                raise TimeoutError(f"nobody connects to port {port}")
            return self.listening[port].popleft()
