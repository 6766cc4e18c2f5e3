# SPDX-License-Identifier: GPL-2.0-or-later
"""Hand-made captures of failures that people reported, and of healthy traffic that looks like trouble.

A story's name is its file's; its docstring cites the report and says what happened. GALLERY says, for each, what
-z vsock,diagnose has to find. What a driver or monitor does is as its source has it: buffers, counters, ports.
Payload is left out, as a snaplen would, where no story needs it.
"""
import struct

from generators import both
from generators.vsock import (CREDIT_REQUEST, CREDIT_UPDATE, Connection, DGRAM, NO_SOCKET, REQUEST, RESPONSE, RST, RW,
                              SEQPACKET, SHUTDOWN, STREAM, capture)

RCV, SEND = 1, 2
HOST_CID = 2
LINUX, FIRECRACKER, LIBKRUN, HYPERKIT = 262144, 65536, 8 << 20, 131072  # default receive buffers
HYBRID = 1 << 30  # host ports of monitors that put a Unix socket behind vsock begin there
KATA_AGENT = 1024


class Talk(Connection):
    """A connection whose sides stamp their packets with what the story says that they have read.

    `buffers`: of client and server; `read`: bytes that they had read before the capture.
    `reads`, of a packet: bytes that its sender has read since its last one.
    """

    def __init__(self, port, comment, client=(3, 3000001), server_cid=HOST_CID, buffers=(LINUX, LINUX), read=(0, 0),
                 **fields):
        super().__init__(port, comment, client=client, server_cid=server_cid, **fields)
        self.buffers = dict(zip((self.client, self.server), buffers))
        self.read = dict(zip((self.client, self.server), read))

    def send(self, src, dst, op, payload=b"", reads=0, **more):
        if op == REQUEST:
            self.read = {src: 0, dst: 0}
        self.read = self.read | {src: self.read[src] + reads}
        stamp = {"buf_alloc": self.buffers[src], "fwd_cnt": self.read[src] & 0xFFFFFFFF}
        return super().send(src, dst, op, payload, **stamp | more)

    def refused(self, took=0.0001, **more):
        return [self.c(REQUEST, **more), self.s(RST, **NO_SOCKET, after=took)]

    def closed(self, **more):
        """By the client. Linux acknowledges, and tells again when its program closes, too."""
        return [self.c(SHUTDOWN, flags=RCV | SEND, **more), self.s(RST), self.s(RST)]

    def asked(self, question, answer, **more):
        """A short exchange, all of which is read."""
        return [self.c(RW, question, **more), self.s(RW, answer, reads=question),
                self.c(CREDIT_UPDATE, reads=answer)]


class Pulse(Talk):
    """A healthy connection beside the story: a byte each way every 5 s, by which the capture is known to go on."""

    def __init__(self, client=(3, 3000000), server_cid=HOST_CID):
        super().__init__(9000, "a byte each way every 5 s", client=client, server_cid=server_cid)
        self.answered = 0

    def beats(self, count):
        for _ in range(count):
            yield self.c(RW, 1, after=4.999, reads=self.answered)
            yield self.s(RW, 1, reads=1)
            self.answered = 1


def host_side(number=1, port=700000):
    """A client on the host, of a kernel with vhost-vsock."""
    return HOST_CID, port + number


def hybrid(number=1):
    """A client on the host, behind a monitor's Unix socket."""
    return HOST_CID, HYBRID + number


def of_another_guest():
    """What shows, at the end of a story on the host, that the capture went on."""
    pulse = Pulse(client=(7, 3000000))
    yield from (*pulse.opened(), *pulse.beats(1))


def within_one_machine():
    """The same in a guest whose way to the host is the story."""
    pulse = Pulse(client=(1, 3000000), server_cid=1)
    yield from (*pulse.opened(), *pulse.beats(1))


def with_times(records):
    """Each record with its own time, wherever it comes to stand."""
    when = -0.001
    for record in records:
        when = record.at = when + record.after if record.at is None else record.at
        yield record


# Flow control.


def own_cap():
    """libkrun/libkrun#772: a stream from guest to host stops for good after 256 KiB.

    The guest's Linux (since c0e42fb0e054) keeps no more in flight than its own buffer holds; libkrun 1.18, with a
    buffer of 8 MiB, waits for more before it tells what it has read.
    """
    pulse, x = Pulse(), Talk(5000, "libkrun has 8 MiB of buffer, the guest stops at 256 KiB", buffers=(LINUX, LIBKRUN))
    yield from (*pulse.opened(), *x.opened())
    yield from (x.c(RW, 65536) for _ in range(4))
    yield from pulse.beats(6)


def own_cap_fixed():
    """libkrun/libkrun#656, which fixed that: libkrun tells by the guest's buffer, whatever its own."""
    x = Talk(5000, "libkrun tells every 128 KiB", buffers=(LINUX, LIBKRUN))
    yield from x.opened()
    for _ in range(4):
        yield from (*(x.c(RW, 65536) for _ in range(4)), x.s(CREDIT_UPDATE, reads=131072),
                    x.s(CREDIT_UPDATE, reads=131072))
    yield from x.closed()


def queue_overhead():
    """libkrun/libkrun#795: Linux 6.12.94 in the guest resets (ENOBUFS) a stream of small packets from the host.

    113 packets of 300 bytes fill the memory of a buffer of 64 KiB, at 576 bytes of overhead each.
    """
    x = Talk(5001, "packets of 300 bytes, unread", client=hybrid(), server_cid=3, buffers=(LIBKRUN, 65536))
    yield from (*x.opened(), *(x.c(RW, 300, after=0.00001) for _ in range(114)), x.s(RST))


def queue_overhead_upload():
    """gominimal/minimal#869: uploads to the guest die of ENOBUFS, with 455 packets queued and credit left.

    libkrun cuts what it sends to packets of less than a KiB when the guest is slow; 455 is 262144 / 576.
    """
    x = Talk(5002, "an upload in packets of 550 bytes", client=hybrid(), server_cid=3, buffers=(LIBKRUN, LINUX))
    yield from (*x.opened(), x.c(RW, 65536), x.s(CREDIT_UPDATE, reads=65536),
                *(x.c(RW, 550, after=0.00001) for _ in range(456)), x.s(RST))


def request_unanswered():
    """rust-vmm/vhost-device#494: an echo of 1 MiB at a time hangs, after a CREDIT_REQUEST that nobody answers.

    Recorded in the guest. The monitor fills the guest's buffer, the guest's echo fills the monitor's (and counts no
    packet as consumed that was read in part), and the monitor asks the guest for credit.
    """
    pulse = Pulse()
    x = Talk(1234, "an echo; the host asks for credit", client=(2, 1025), server_cid=3, buffers=(65536, LINUX))
    yield from (*pulse.opened(), *x.opened(), *(x.c(RW, 65536) for _ in range(4)), x.s(RW, 32768), x.s(RW, 32768),
                x.c(CREDIT_REQUEST), *pulse.beats(6))


def update_per_write():
    """rust-vmm/vhost-device#326: a CREDIT_UPDATE for every packet. No failure: -z vsock,streams has the ratio."""
    x = Talk(1234, "an update per write", buffers=(LINUX, 65536))
    yield from x.opened()
    for _ in range(12):
        yield from (x.c(RW, 4096), x.s(CREDIT_UPDATE, reads=4096))
    yield from x.closed()


def firecracker_stall():
    """firecracker-microvm/firecracker#1751: iperf from guest to host stops for 15 s and more, then goes on."""
    x = Talk(5201, "iperf; the monitor tells nothing for 15 s", buffers=(LINUX, FIRECRACKER))
    yield from x.opened()
    for wait in (0.001, 0.001, 15, 0.001):
        yield from (x.c(RW, 32768), x.c(RW, 32768), x.s(CREDIT_UPDATE, reads=65536, after=wait))
    yield from x.closed()


def no_throughput():
    """cloud-hypervisor/cloud-hypervisor#1001, #3497: after an EWOULDBLOCK of the monitor's, throughput is 0.

    Two streams, of which the second one's sender waits for credit. The first one's could send and does not: that
    is nothing that packets prove.
    """
    pulse = Pulse()
    idle = Talk(5201, "the host stops with credit left", client=hybrid(1), server_cid=3, buffers=(65536, LINUX))
    full = Talk(5201, "the guest has no credit left", client=hybrid(2), server_cid=3, buffers=(65536, LINUX))
    yield from (*pulse.opened(), *idle.opened(), idle.c(RW, 65536), idle.s(CREDIT_UPDATE, reads=65536))
    yield from (*full.opened(), full.s(RW, 32768), full.c(CREDIT_UPDATE, reads=32768), full.s(RW, 32768),
                full.s(RW, 32768), *pulse.beats(6))


def half_closed_receiver():
    """moby/hyperkit#28 (and #78, #92): once the host has shut its side, the guest is told of no credit any more."""
    pulse = Pulse()
    x = Talk(2376, "the host has said all, the guest's answer is longer than 128 KiB", client=(2, 1025), server_cid=3,
             buffers=(HYPERKIT, LINUX))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 120), x.s(CREDIT_UPDATE, reads=120), x.c(SHUTDOWN, flags=SEND),
                *(x.s(RW, 32768) for _ in range(4)), *pulse.beats(6))


def viosock_counter():
    """virtio-win/kvm-guest-drivers-windows#865: no more than 256 KiB ever reach a Windows guest; EAGAIN then.

    The driver leaves fwd_cnt at 0. Recorded on the host.
    """
    pulse = Pulse()
    x = Talk(5003, "the Windows guest's fwd_cnt stays 0", client=host_side(), server_cid=3)
    yield from (*pulse.opened(), *x.opened(), *(x.c(RW, 16384) for _ in range(16)), *pulse.beats(6))


def tiny_buffer():
    """rcore-os/virtio-drivers#110, DragonOS-Community/DragonOS#1960: the host stops after 468 + 468 + 88 bytes.

    The guest's driver has a buffer of 1024 bytes and does not tell when the program has emptied it. vhost cuts to
    the guest's receive buffers of 512 bytes.
    """
    pulse = Pulse()
    x = Talk(KATA_AGENT, "a request of more than 1024 bytes", client=host_side(), server_cid=3, buffers=(LINUX, 1024))
    yield from (*pulse.opened(), *x.opened(), *(x.c(RW, size) for size in (468, 468, 88)), *pulse.beats(6))


def counter_of_all():
    """gramineproject/gramine-tdx#24, #25: the second connection hangs: its fwd_cnt begins where the first one ended.

    The guest counts for all connections together. Linux 6.7 and later on the host sends nothing then.
    """
    pulse = Pulse()
    one = Talk(6379, "the first connection", client=host_side(1), server_cid=3)
    two = Talk(6379, "the second one's fwd_cnt begins at 5000", client=host_side(2), server_cid=3)
    yield from (*pulse.opened(), *one.opened(), one.c(RW, 5000), one.s(CREDIT_UPDATE, reads=5000), *one.closed(),
                two.c(REQUEST), two.s(RESPONSE, reads=5000), *pulse.beats(6))


def overrun_dropped():
    """tinylabscom/mvm#2207 (fixes #2203): downloads arrive truncated: the monitor sends more than it has credit for.

    The guest's Linux, of before 2026, drops what does not fit and says nothing.
    """
    x = Talk(5004, "the monitor ignores the guest's credit", buffers=(LINUX, 65536))
    yield from (*x.opened(), x.c(RW, 200), x.s(CREDIT_UPDATE, reads=200), *(x.s(RW, 60000) for _ in range(5)),
                x.s(SHUTDOWN, flags=RCV | SEND), x.c(CREDIT_UPDATE, reads=240000), x.c(RST), x.s(RST, **NO_SOCKET))


def counter_wraps():
    """rcore-os/virtio-drivers#267: the guest's driver panics when fwd_cnt wraps. Here it does not: a wrap is normal.

    What the panic leaves on the wire is a guest that says nothing more.
    """
    sent = (1 << 32) - 3000
    x = Talk(5005, "mid-stream: fwd_cnt goes from 4294964296 over 0 to 2904", server_cid=3, client=host_side(),
             buffers=(LINUX, LINUX), read=(0, sent))
    yield x.s(CREDIT_UPDATE)
    for _ in range(4):
        yield from (x.c(RW, 1476), x.s(CREDIT_UPDATE, reads=1476))
    yield from x.closed()


def overrun_closed():
    """intel/MigTD#314, #316: a migration ends in "Broken pipe": the TD's driver does not manage buffer space at all.

    It sends 240000 bytes into a buffer of 65536, of which the host's Linux 6.6 drops what does not fit; then it
    gives up. (Linux of 2026 resets instead: vhost-*.pcapng.gz have that from a real kernel.)
    """
    x = Talk(1234, "a TD that keeps to no credit", client=(33, 3000001), buffers=(65536, 65536))
    yield from (*x.opened(), *(x.c(RW, 16000) for _ in range(15)), x.s(CREDIT_UPDATE, reads=64000), *x.closed())


def credit_in_request():
    """rcore-os/tgoskits#1724: POLLOUT stays away: the guest took no notice of the credit in a CREDIT_REQUEST.

    Every packet carries credit: the window is open from the CREDIT_REQUEST on, and is seen so. That the guest does
    not send is nothing that packets prove.
    """
    pulse = Pulse()
    x = Talk(5006, "the host's CREDIT_REQUEST says that it has read all", buffers=(65536, 65536))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 65536), x.s(RW, 65536), x.s(CREDIT_REQUEST, reads=65536),
                x.c(CREDIT_UPDATE, reads=65536), *pulse.beats(3))


def small_beside_large():
    """gitlab.com/vsock/vsock#1: one socket's many small packets delay another's: they share one queue.

    No failure: the times are in -z vsock,srt, packets and bytes of each in -z vsock,streams.
    """
    many = Talk(5007, "many packets of 10 bytes", client=(3, 3000001))
    other = Talk(5008, "a request now and then", client=(3, 3000002))
    yield from (*many.opened(), *other.opened())
    for _ in range(5):
        yield from (other.c(RW, 100), *(many.c(RW, 10, after=0.0001) for _ in range(20)),
                    many.s(CREDIT_UPDATE, reads=200), other.s(RW, 100, reads=100), other.c(CREDIT_UPDATE, reads=100))
    yield from (*many.closed(), *other.closed())


def shrunk():
    """Linux d05bc313788f (get_credit underflow), CVE-2026-23069: a buffer that shrinks below what is in flight.

    Linux of before January 2026 then took the window for nearly 4 GiB.
    """
    x = Talk(5009, "the receiver lowers SO_VM_SOCKETS_BUFFER_SIZE to 64 KiB")
    yield from (*x.opened(), x.c(RW, 65536), x.c(RW, 65536), x.c(RW, 65536), x.s(CREDIT_UPDATE, buf_alloc=65536))
    x.buffers = x.buffers | {x.server: 65536}
    yield from (x.s(CREDIT_UPDATE, reads=196608, after=0.02), *x.closed())


# Resets, lost data, half close.


def large_send():
    """cloud-hypervisor/cloud-hypervisor#7672; firecracker#5475, libkrun#535, #674, base/base#1444 (Nitro).

    A guest with Linux 6.17 hands over 64 KiB in pieces, of which the monitor reads none: the packet is dropped.
    """
    pulse, x = Pulse(), Talk(8080, "a POST whose first packet is of 64 KiB", buffers=(LINUX, 65536))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 65536), *pulse.beats(6))


def eof_as_close():
    """cloud-hypervisor/cloud-hypervisor#8300, fix #8372: the answer is lost when the client on the host shuts its side.

    The monitor makes SHUTDOWN(rcv|send) of it. On the wire that is a client that closes before the answer came, as
    clients may: vsock.connection.unconsumed_at_close has the bytes.
    """
    x = Talk(5010, "the host's SHUT_WR becomes a whole SHUTDOWN", client=hybrid(), server_cid=3,
             buffers=(FIRECRACKER, LINUX))
    yield from (*x.opened(), x.c(RW, 200), x.s(RW, 4096, reads=200), *x.closed())


def notify_socket():
    """rust-vmm/vhost-device#874: systemd in the guest waits for ever for the end of its vmm.notify_socket.

    systemd sends, shuts its side, and reads to the end; vhost-device-vsock does not pass the end on.
    """
    pulse, x = Pulse(), Talk(14318, "READY=1, and the end", buffers=(LINUX, 65536))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, b"READY=1\n"), x.s(CREDIT_UPDATE, reads=8),
                x.c(SHUTDOWN, flags=SEND), *pulse.beats(6))


def docker_run():
    """arcboxlabs/arcbox#269: docker run hangs after the container's exit: the guest's end of data is not passed on."""
    pulse = Pulse()
    x = Talk(2375, "docker's attach", client=(2, 50001), server_cid=3)
    yield from (*pulse.opened(), *x.opened(), *x.asked(300, 120), x.s(RW, 3), x.c(CREDIT_UPDATE, reads=3),
                x.s(SHUTDOWN, flags=SEND), *pulse.beats(6))


def one_hint():
    """rcore-os/virtio-drivers#136 (oxidecomputer/propolis#1102 has the reverse): the connection is never closed.

    The driver sends one hint only; Linux acknowledges a SHUTDOWN of both.
    """
    pulse = Pulse()
    x = Talk(5011, "the guest closes with the send hint alone", buffers=(1024, LINUX))
    yield from (*pulse.opened(), *x.opened(), *x.asked(100, 100), x.c(SHUTDOWN, flags=SEND), *pulse.beats(6))


def tail_lost():
    """moby/hyperkit#62: the end of what the guest sent is lost.

    The monitor stops reading when the guest closes, although 38560 bytes are still in its buffer.
    """
    x = Talk(5012, "100000 bytes, of which 61440 are read", buffers=(LINUX, HYPERKIT))
    yield from (*x.opened(), *(x.c(RW, 20000) for _ in range(5)), x.s(CREDIT_UPDATE, reads=61440),
                x.c(SHUTDOWN, flags=RCV | SEND), x.s(RST))


def no_payload():
    """virtio-win/kvm-guest-drivers-windows#1623: connections are made, and no data ever comes.

    The Windows guest's driver has stopped sending data; its control packets go through. Recorded on the host.
    """
    for number in range(3):
        x = Talk(5013, "no data in 20 s", client=(3, 3000001 + number))
        yield from (*x.opened(), x.s(SHUTDOWN, flags=RCV | SEND, after=20), x.c(RST))


# Connecting.


def refused_and_ignored():
    """virtio-win/kvm-guest-drivers-windows#551: connect() in a Windows guest never returns.

    The host refused it 20 us later; that the driver takes no notice is not to be seen.
    """
    x = Talk(5014, "refused at once")
    yield from (x.c(REQUEST), x.s(RST, **NO_SOCKET, after=0.00002))


def backlog_full():
    """firecracker-microvm/firecracker#6208 (review): ECONNRESET in the guest; the host's listener is full."""
    live = [Talk(5015, "accepted", client=(3, 3000001 + i), buffers=(LINUX, FIRECRACKER)) for i in range(6)]
    for x in live[:5]:
        yield from (*x.opened(), x.c(RW, 50))
    for number in range(2):
        yield from Talk(5015, "refused", client=(3, 3000011 + number)).refused()
    yield from (*live[5].opened(), live[5].c(RW, 50))
    for number in range(2):
        yield from Talk(5015, "refused", client=(3, 3000021 + number)).refused()
    for x in live:
        yield from (x.s(CREDIT_UPDATE, reads=50), *x.closed())


def restored():
    """firecracker-microvm/firecracker#5969, fix #5958; cocoonstack/cocoon#140: connections to the host time out.

    After a restored snapshot the monitor does not look into the guest's queue any more.
    """
    x = Talk(5016, "before the snapshot", buffers=(LINUX, FIRECRACKER))
    yield from (*x.opened(), *x.asked(100, 100), *x.closed())
    for number in range(4):
        x = Talk(5016, "after the restore", client=(3, 3000011 + number))
        yield x.c(REQUEST, after=3 if number else 40)
    yield from within_one_machine()


def resumed():
    """firecracker-microvm/firecracker#6074 (and #6100, #5882): after pause and resume, what the host opened hangs.

    Connections from the guest work. The host's new requests never reach the guest: no capture there has them.
    """
    old = Talk(5017, "opened by the host before the pause", client=hybrid(), server_cid=3,
               buffers=(FIRECRACKER, LINUX))
    new = Talk(5018, "opened by the guest after it", buffers=(LINUX, FIRECRACKER))
    yield from (*old.opened(), *old.asked(100, 100), *(packet for _ in range(5) for packet in old.asked(100, 100)),
                *new.opened(after=25))
    for _ in range(3):
        yield from new.asked(100, 100, after=5)
    yield from new.closed()


def zombies():
    """firecracker-microvm/firecracker#4736; cloud-hypervisor#7759, #7263: connections live on after a restore.

    Nobody tells the guest that their other ends are gone.
    """
    old = [Talk(5019, "of before the restore", client=(3, 3000001 + i), buffers=(LINUX, 65536)) for i in range(2)]
    for x in old:
        yield from x.opened()
    for _ in range(5):
        for x in old:
            yield from x.asked(100, 100)
    new = Talk(5019, "after the restore", client=(3, 3000011), buffers=(LINUX, 65536))
    yield from new.opened(after=60)
    for _ in range(3):
        yield from new.asked(100, 100, after=5)
    yield from new.closed()


def slow_accept():
    """firecracker-microvm/firecracker#5995, #6208: bursts of connect timeouts: the monitor waits in its own connect().

    Linux has given up after 2 s, and rejects the RESPONSE that comes then.
    """
    pulse, x = Pulse(), Talk(5020, "answered after 2.6 s", buffers=(LINUX, FIRECRACKER))
    yield from (*pulse.opened(), x.c(REQUEST), x.s(RESPONSE, after=2.6), x.c(RST, **NO_SOCKET), *pulse.beats(1))


def refused_late():
    """libkrun#684: the guest's kernel refuses after 5 s, when its machine goes on: the program has given up long before."""
    yield from Talk(1024, "refused after 5 s", client=host_side(), server_cid=3, buffers=(8388608, LINUX)).refused(took=5)
    x = Talk(1024, "accepted", client=host_side(1), server_cid=3, buffers=(8388608, LINUX))
    yield from (*x.opened(after=1), *x.asked(100, 100), *x.closed())


def too_early():
    """firecracker-microvm/firecracker#1253: a connection to the guest is dropped while the guest still boots."""
    for number, after in ((1, 0), (2, 0.5)):
        yield from Talk(5021, "nobody listens yet", client=hybrid(number), server_cid=3,
                        buffers=(FIRECRACKER, LINUX)).refused(after=after)
    x = Talk(5021, "now it does", client=hybrid(3), server_cid=3, buffers=(FIRECRACKER, LINUX))
    yield from (*x.opened(after=0.5), *x.asked(100, 100), *x.closed())


def kata_refused():
    """kata-containers/kata-containers#28, #1631, #2968, #4205, #5662; runtime#576: "timed out connecting to vsock".

    The reports cannot tell who did not answer. Here the guest is up, and its kernel refuses: the agent does not
    listen (or the debug console, port 1026, in #4205). Recorded on the host.
    """
    for number in range(37):
        yield from Talk(KATA_AGENT, "the agent is not there", client=host_side(number),
                        server_cid=2794582612).refused(after=0.8)


def kata_unanswered():
    """The same reports, and kata-containers/runtime#1319: here the guest takes the requests, and does not answer."""
    for number in range(10):
        yield Talk(KATA_AGENT, "no answer", client=host_side(number), server_cid=2794582612).c(REQUEST, after=2.5)
    yield from of_another_guest()


def between_guests():
    """stefano-garzarella/iperf-vsock#7, microvm-nix/microvm.nix#275: a guest that dials another one times out.

    vhost-vsock passes on to the host alone. Recorded on the host, which both guests talk to.
    """
    pulses = [Pulse(client=(3, 3000000)), Pulse(client=(4, 3000000))]
    for pulse in pulses:
        yield from pulse.opened()
    for number in range(3):
        yield Talk(5201, "no answer", client=(3, 3000001 + number), server_cid=4).c(REQUEST)
        for pulse in pulses:
            yield from pulse.beats(1)


def keeps_buffers():
    """virtio-win/kvm-guest-drivers-windows#953, #960: after a while nothing reaches a Windows guest any more.

    Its driver keeps all 128 receive buffers. The host accepts what the guest requests: that is neither delivered nor
    recorded. On the host; another guest's connection goes on.
    """
    other = Pulse(client=(7, 3000000))
    x = Talk(9999, "128 packets, and no buffer is left")
    yield from (*other.opened(), *x.opened(), *(x.s(RW, 1024) for _ in range(128)),
                x.c(CREDIT_UPDATE, reads=131072), *other.beats(1))
    for number in range(3):
        yield Talk(9999, "accepted, and never told", client=(3, 3000002 + number)).c(REQUEST)
        yield from other.beats(1)


def kata_large_cid():
    """kata-containers/kata-containers#4131: "ttrpc: closed": Linux 4.19 fails with a CID as large as 16773120."""
    for number in range(4):
        yield Talk(KATA_AGENT, "no answer", client=host_side(number), server_cid=16773120).c(REQUEST, after=2.5)
    yield from of_another_guest()


def listener_lost():
    """hermit-os/kernel#2433: the first connection works, all later ones are refused: the listener is gone."""
    x = Talk(1234, "the first one", client=host_side(1), server_cid=3)
    yield from (*x.opened(), *x.asked(100, 100), *x.closed())
    for number in range(4):
        yield from Talk(1234, "refused", client=host_side(2 + number), server_cid=3).refused(after=1)


def agent_lost():
    """An agent that serves three ports, one with SOCK_SEQPACKET, ends; its clients try again and again."""
    ports = {1024: STREAM, 1026: STREAM, 1028: SEQPACKET}
    for port, type in ports.items():
        x = Talk(port, "the agent answers", client=host_side(1), server_cid=3, type=type)
        yield from (*x.opened(), x.c(RW, 100, flags=type - STREAM), x.s(CREDIT_UPDATE, reads=100), *x.closed())
    for number in range(4):
        for port, type in ports.items():
            yield from Talk(port, "refused", client=host_side(2 + number), server_cid=3, type=type).refused(after=0.2)


def left_open():
    """incus-spawn#312, #253: a proxy of the host opens a connection to the guest for each request.

    That the other end has closed never reaches it: none is ever closed, and each takes longer than the last.
    """
    for number in range(60):
        x = Talk(8444, "one request, and never closed", client=host_side(number), server_cid=3)
        yield from (*x.opened(after=0.3), x.c(RW, 200), x.s(RW, 900, reads=200, after=0.02 + number / 1000),
                    x.c(CREDIT_UPDATE, reads=900))
    x = Talk(22, "what goes on", client=host_side(99), server_cid=3)
    yield from (*x.opened(after=6), *x.asked(20, 20), *x.closed())


def stale_reset():
    """cloud-hypervisor/cloud-hypervisor#8692: a late RST of the connection before ends the next one's request.

    Both sides have closed at once; the monitor answers the guest's RST by a RST, when systemd has already dialled
    again from the same port. Linux's connect() gives ECONNRESET, and the RESPONSE is rejected.
    """
    pulse, x = Pulse(), Talk(8888, "systemd's notifications", client=(3, 3000001), buffers=(LINUX, FIRECRACKER))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 36), x.s(CREDIT_UPDATE, reads=36),
                x.c(SHUTDOWN, flags=RCV | SEND), x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST), x.s(RST),
                x.c(REQUEST), x.s(RST, **NO_SOCKET, after=0.00003), x.s(RESPONSE, after=0.00003),
                x.c(RST, **NO_SOCKET), *pulse.beats(1))


def ports_again(number):
    """A host's client, behind a Unix socket of a monitor that has been restored."""
    return Talk(52, "on ports that begin anew", client=hybrid(number), server_cid=3, buffers=(FIRECRACKER, LINUX))


def kept_by_the_guest(count):
    """Connections of before the restore, which the guest is never told of."""
    old = [ports_again(number) for number in range(count)]
    for x in old:
        yield from (*x.opened(), *x.asked(100, 300))


def stale_ignored():
    """firecracker-microvm/firecracker#5688 (a pull request): after a restore the host's first connections time out.

    The monitor counts its host ports from 2^30 again, over connections that the guest still has: Linux takes no
    notice of such a REQUEST, and the monitor resets it when its client has gone. Recorded in the guest.
    """
    yield from kept_by_the_guest(2)
    pulse = Pulse(client=(3, 3000101))
    yield from pulse.opened(after=45)
    for number in range(2):
        x = ports_again(number)
        yield from (x.c(REQUEST), *pulse.beats(2), x.c(RST, after=0.001))
    x = ports_again(2)
    yield from (*x.opened(), *x.asked(20, 20), *pulse.beats(1), *x.closed())


def stale_refused():
    """superfly/firecracker#7: the same, where what the guest still has is refused. Recorded in the guest."""
    yield from kept_by_the_guest(4)
    for number in range(4):
        yield from ports_again(number).refused(after=45 if number == 0 else 0.5)
    x = ports_again(4)
    yield from (*x.opened(after=0.5), *x.asked(20, 20), *x.closed())


def restored_elsewhere():
    """A monitor that goes on counting where it was, as Firecracker does since #5688, and what the guest kept goes on."""
    old = [ports_again(number) for number in range(2)]
    for x in old:
        yield from (*x.opened(), *x.asked(100, 300))
    for number in range(2, 4):
        x = ports_again(number)
        yield from (*x.opened(after=45 if number == 2 else 1), *x.asked(20, 20), *x.closed())
    for x in old:
        yield from x.asked(100, 300)
    # A machine that began anew accepts whatever it had held.
    x = ports_again(0)
    yield from (*x.opened(after=5), *x.asked(20, 20), *x.closed())


def reset_after_restore():
    """cloud-hypervisor/cloud-hypervisor#7958, kata-containers#13791: after a restore all connections are reset at once.

    The monitor does not know them any more, and nobody asked. Recorded in the guest.
    """
    old = [Talk(52 + number % 2, "of before the restore", client=(3, 3000001 + number), buffers=(LINUX, FIRECRACKER))
           for number in range(8)]
    for x in old:
        yield from (*x.opened(), *x.asked(100, 100))
    yield from (x.s(RST, **NO_SOCKET, after=60 if x is old[0] else 0.00002) for x in old)
    for number in range(8):
        x = Talk(52 + number % 2, "after it", client=(3, 3000101 + number), buffers=(LINUX, FIRECRACKER))
        yield from (*x.opened(), *x.asked(100, 100))


def paused():
    """A guest that is paused for 12 s, as by virsh suspend, a snapshot, or a migration.

    Its agent is asked on two connections meanwhile. Recorded on the host; another guest's connection goes on.
    """
    other = Pulse(client=(7, 3000000))
    agent = [Talk(KATA_AGENT, "the agent answers at once", client=host_side(i), server_cid=3) for i in range(2)]
    yield from other.opened()
    for x in agent:
        yield from (*x.opened(), x.c(RW, 60), x.s(CREDIT_UPDATE, reads=60), x.s(RW, 30),
                    x.c(CREDIT_UPDATE, reads=30))
    yield from (agent[0].c(RW, 60, after=1), agent[1].c(RW, 60), *other.beats(2))
    for x in agent:
        yield from (x.s(CREDIT_UPDATE, reads=60, after=1 if x is agent[0] else 0.001), x.s(RW, 30),
                    x.c(CREDIT_UPDATE, reads=30))
    for x in agent:
        yield from x.closed()


def head_of_line():
    """apple/containerization#712: a proxy hangs: one reader holds up the queue that all connections share.

    Four streams run out of credit one after the other, and go on at once, 20 s later. (In the report they never
    did: then each is a stall of its own, to the end.)
    """
    all_four = [Talk(5022 + i, "stalled", client=(3, 3000001 + i), buffers=(LINUX, 65536)) for i in range(4)]
    for x in all_four:
        yield from (*x.opened(), x.c(RW, 32768), x.s(CREDIT_UPDATE, reads=32768), x.c(RW, 32768), x.c(RW, 32768))
    yield all_four[0].s(CREDIT_UPDATE, reads=65536, after=20)
    yield from (x.s(CREDIT_UPDATE, reads=65536) for x in all_four[1:])
    for x in all_four:
        yield from x.closed()


def waits_together(streams, seconds):
    """Each of them fills its buffer of 64 KiB; the first that is read lets the others go on."""
    for x in streams:
        yield x.c(RW, 32768)
        yield x.c(RW, 32768)
    yield streams[0].s(CREDIT_UPDATE, reads=65536, after=seconds)
    yield from (x.s(CREDIT_UPDATE, reads=65536) for x in streams[1:])


def head_of_line_twice():
    """The same twice: three streams wait for 3 s, then four for 2 s, of which two are of those before."""
    all_five = [Talk(5022 + i, "stalled", client=(3, 3000001 + i), buffers=(LINUX, 65536)) for i in range(5)]
    for x in all_five:
        yield from x.opened()
    yield from waits_together(all_five[:3], 3)
    yield from waits_together(all_five[1:], 2)
    for x in all_five:
        yield from x.closed()


# Addresses, ports, time.


def http_for_frames():
    """anthropics/claude-code#29932: two programs share port 1024: the guest takes "HTTP" for a frame's size.

    1213486160 bytes, it thinks. Nothing is wrong with vsock: the packet list shows what is really spoken.
    """
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    x = Talk(1024, "a frame for the wrong program")
    yield from (*x.opened(), x.c(RW, b"\0\0\0\x0c" + b"{\"id\": 1000}"), x.s(RW, answer, reads=16),
                *x.closed(reads=len(answer)))


def frames_for_http():
    """A health check asks in HTTP, and an agent answers with a message behind its length, little-endian."""
    answer = b'{"error": "too large"}'
    x = Talk(1024, "a GET for an agent that frames what it says", client=(3, 3000002))
    asked = b"GET /healthz HTTP/1.1\r\nHost: vm\r\n\r\n"
    yield from (*x.opened(), x.c(RW, asked), x.s(RW, struct.pack("<I", len(answer)) + answer, reads=len(asked)),
                *x.closed(reads=4 + len(answer)))


def framed_and_http():
    """Programs that frame what they say, and others that speak HTTP; and one that does both."""
    hello, refused = b"\0\0\0\x09{\"id\": 1}", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    x = Talk(1024, "a message behind its length, and the answer", client=(3, 3000003))
    yield from (*x.opened(), x.c(RW, hello), x.s(RW, hello, reads=len(hello)), *x.closed(reads=len(hello)))
    x = Talk(1024, "HTTP that is refused", client=(3, 3000004))
    yield from (*x.opened(), x.c(RW, b"GET / HTTP/1.1\r\n\r\n"), x.s(RW, refused, reads=18), *x.closed(reads=len(refused)))
    x = Talk(1024, "a proxy is told where to, behind a length, and then both speak HTTP", client=(3, 3000005))
    yield from (*x.opened(), x.c(RW, hello), x.c(RW, b"GET / HTTP/1.1\r\n\r\n"), x.s(RW, refused, reads=len(hello) + 18),
                *x.closed(reads=len(refused)))


def cid_of_33_bits():
    """canonical/lxd#9426, #10300; urunc-dev/urunc#688; oasis-core#6122: CIDs that are taken or cannot be.

    A CID is 64 bits wide in packets and 32 in sockets: what works between drivers names another machine in a
    program. (That two guests have one CID shows on no wire.)
    """
    x = Talk(8443, "a guest whose CID was not limited to 32 bits", client=((1 << 32) + 5, 3000001))
    yield from (*x.opened(), *x.asked(100, 100), *x.closed())


def wrong_cid():
    """aws/aws-nitro-enclaves-cli#699; coproduct-opensource/nucleus#2395: the enclave is dialled by the wrong CID.

    Recorded in the parent instance (CID 3): the enclave's CID is 16.
    """
    for number in range(3):
        yield Talk(5005, "there is no CID 18", client=(3, 3000001 + number), server_cid=18).c(REQUEST, after=2.5)
    x = Talk(5005, "the enclave", client=(3, 3000011), server_cid=16)
    yield from (*x.opened(after=2.5), *x.asked(100, 100), *x.closed())


def no_sshd():
    """systemd/systemd#43364 (and #42496, #40161, #42188): ssh vsock/3 is refused: sshd's socket is not there."""
    yield from Talk(22, "no listener", client=host_side(), server_cid=3).refused()


def slow_proxy():
    """aws/aws-nitro-enclaves-cli#413, nitro-enclaves-acm#121: requests through the proxy take 7 s.

    Connecting and flow control are fast: the time is between request and answer (vsock.time_delta).
    """
    x = Talk(8000, "an answer after 7 s", client=(16, 3000001), server_cid=3)
    yield from (*x.opened(), x.c(RW, 517), x.s(CREDIT_UPDATE, reads=517), x.s(RW, 1800, after=7),
                x.c(CREDIT_UPDATE, reads=1800), *x.closed())


# What else diagnoses name, and no row of the survey has alone.


def port_scan():
    """berney/vsockscan, nmap --vsock: ports 1 to 30, one after the other."""
    for port in range(1, 31):
        yield from Talk(port, "closed", client=host_side(port), server_cid=3).refused()


def wrong_type():
    """A client with SOCK_STREAM at a listener with SOCK_SEQPACKET: ECONNRESET, as if nobody listened."""
    x = Talk(5030, "SEQPACKET", client=(3, 3000001), type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 100, flags=1), x.s(CREDIT_UPDATE, reads=100), *x.closed())
    for number in range(2):
        yield from Talk(5030, "STREAM", client=(3, 3000011 + number)).refused()


def slow_connect():
    """As firecracker#5995, below Linux's limit: 1.4 s until the RESPONSE."""
    x = Talk(5031, "answered after 1.4 s", buffers=(LINUX, FIRECRACKER))
    yield from (x.c(REQUEST), x.s(RESPONSE, after=1.4), *x.asked(100, 100), *x.closed())


def not_reading():
    """A program that has stopped reading, and still sends: 30 s with a full buffer."""
    x = Talk(5032, "the server sends, and does not read", buffers=(LINUX, 65536))
    yield from (*x.opened(), x.c(RW, 65536))
    yield from (x.s(RW, 10, after=5) for _ in range(6))
    yield from (x.c(CREDIT_UPDATE, reads=60), x.s(CREDIT_UPDATE, reads=65536), x.c(RW, 65536),
                x.s(CREDIT_UPDATE, reads=65536), *x.closed())


def credit_leak():
    """arcboxlabs/arcbox#256, moby/hyperkit#84: a monitor's write() takes 8 KiB of 64, and the rest is thrown away.

    The host's program asks, is answered, and asks again, so it has read what there was to read. What was thrown away is
    never counted as consumed: the guest's window shrinks by it until nothing can be sent.
    """
    pulse, x = Pulse(), Talk(1024, "each answer of 64 KiB leaves 56 unread", client=(2, 50010), server_cid=3)
    yield from (*pulse.opened(), *x.opened())
    for _ in range(4):
        yield from (x.c(RW, 40), x.s(RW, 65536, reads=40), x.c(CREDIT_UPDATE, reads=8192), *pulse.beats(1))
    yield from (x.c(RW, 40), x.s(RW, 32768, reads=40), x.c(RW, 40, after=1), *pulse.beats(2))


def thrown_away():
    """arcboxlabs/arcbox#256: an answer is cut off after 8 KiB. The same, where the host's program waits for the rest.

    It gives up after 5 s, and the monitor closes.
    """
    pulse, x = Pulse(), Talk(1024, "8 KiB of 64 are handed on", client=(2, 50009), server_cid=3)
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 40), x.s(RW, 65536, reads=40), x.s(RW, 18),
                x.c(CREDIT_UPDATE, reads=8192), *pulse.beats(1), *x.closed())


def enough_read():
    """Readers that have all they want, and close: at once, within a packet; and a program on Linux that had read some
    packets, and was killed after a while."""
    x = Talk(1024, "as much as was wanted", client=hybrid(), server_cid=3, buffers=(FIRECRACKER, LINUX))
    yield from (*x.opened(), x.c(RW, 40), x.s(RW, 60000, reads=40), x.c(CREDIT_UPDATE, reads=8192),
                *x.closed(after=0.5))
    x = Talk(1025, "a reader that is killed", client=host_side(), server_cid=3)
    yield from (*x.opened(), x.c(RW, 40), *(x.s(RW, 30000) for _ in range(4)), x.c(CREDIT_UPDATE, reads=60000),
                *x.closed(after=5))


def reads_in_parts():
    """The same exchanges with a program that reads 8 KiB of each answer, asks again, and reads the rest in the end."""
    pulse, x = Pulse(), Talk(1024, "each answer is read in parts", client=(2, 50010), server_cid=3)
    yield from (*pulse.opened(), *x.opened())
    for _ in range(3):
        yield from (x.c(RW, 40), x.s(RW, 65536, reads=40), x.c(CREDIT_UPDATE, reads=8192), *pulse.beats(1))
    yield from (x.c(RW, 40), x.s(RW, 65536, reads=40), x.c(CREDIT_UPDATE, reads=180224), x.c(RW, 40),
                x.s(RW, 200000, reads=40), x.c(CREDIT_UPDATE, reads=257344), *pulse.beats(3), *x.closed())


def not_read():
    """tinylabscom/mvm#1489, #1491: an agent that serves one connection at a time waits for a probe that says nothing.

    133 bytes of the next connection lie unread for 32 s. The guest's kernel tells of what is read: of 100 bytes, on
    another connection.
    """
    told = Talk(9001, "the guest tells of 100 bytes", client=(3, 3000002))
    probe = Talk(5252, "a probe that says nothing", client=hybrid(1), server_cid=3, buffers=(FIRECRACKER, LINUX))
    x = Talk(5252, "nobody reads it", client=hybrid(2), server_cid=3, buffers=(FIRECRACKER, LINUX))
    yield from (*told.opened(), *told.asked(100, 100), *probe.opened(), *x.opened(after=0.05), x.c(RW, 133))
    yield from (*told.asked(100, 100, after=16), *told.asked(100, 100, after=16))


def told_rarely():
    """The same silence of a libkrun that reads all, and tells of each half of its buffer only."""
    pulse, x = Pulse(), Talk(5252, "a line of a log now and then", buffers=(LINUX, LIBKRUN))
    yield from (*pulse.opened(), *x.opened())
    for _ in range(4):
        yield from (x.c(RW, 133), *pulse.beats(3))


def sender_was_done():
    """The same, but the sender had sent all that it had, as much as the buffer holds: nobody was kept from sending."""
    x = Talk(5032, "64 KiB are all that there is to send", buffers=(LINUX, 65536))
    yield from (*x.opened(), x.c(RW, 65536))
    yield from (x.s(RW, 10, after=5) for _ in range(6))
    yield from (x.c(CREDIT_UPDATE, reads=60), x.s(CREDIT_UPDATE, reads=65536), *x.closed(after=2))


def gave_up():
    """As recorded of vhost-device-vsock: a client fills the server's buffer, of which nobody says that it was read.
    Its program has a timeout of 12 s, and closes; so does that of a second client, which had been read before."""
    x = Talk(9001, "64 KiB that nobody reads, given up after 12 s", buffers=(LINUX, 65536))
    y = Talk(9001, "the same, of which the first 64 KiB were read", client=(3, 3000002), buffers=(LINUX, 65536))
    yield from (*x.opened(), x.c(RW, 65536), *y.opened(), y.c(RW, 65536), y.s(CREDIT_UPDATE, reads=65536),
                y.c(RW, 65536), x.c(SHUTDOWN, flags=RCV | SEND, after=12), x.s(RST),
                y.c(SHUTDOWN, flags=SEND, after=0.5), y.s(CREDIT_UPDATE, reads=65536),
                y.s(SHUTDOWN, flags=RCV | SEND), y.c(RST))


def healthy_done():
    """Clients that had no more to send: as much as the server's buffer holds, and a byte less, closed 9 and 20 s later."""
    x = Talk(9001, "64 KiB are all that there is to send", buffers=(LINUX, 65536))
    y = Talk(9001, "a byte less", client=(3, 3000002), buffers=(LINUX, 65536))
    yield from (*x.opened(), x.c(RW, 65536), *y.opened(), y.c(RW, 65535), x.c(SHUTDOWN, flags=SEND, after=9),
                x.s(CREDIT_UPDATE, reads=65536), x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST),
                y.c(SHUTDOWN, flags=SEND, after=11), y.s(CREDIT_UPDATE, reads=65535),
                y.s(SHUTDOWN, flags=RCV | SEND), y.c(RST))


def update_late():
    """A monitor asks a driver for credit, which answers after 12 s, with a larger buffer than the one that was full."""
    x = Talk(1234, "the host asks for credit", client=hybrid(), server_cid=3, buffers=(FIRECRACKER, LINUX))
    yield from (*x.opened(), *(x.c(RW, 65536) for _ in range(4)), x.c(CREDIT_REQUEST),
                x.s(CREDIT_UPDATE, reads=262144, buf_alloc=4 * LINUX, after=12), x.c(RW, 1000),
                x.s(CREDIT_UPDATE, reads=1000, buf_alloc=4 * LINUX), *x.closed())


def nested_hosts():
    """A guest, CID 3, that is the host of guest 42: CID 2 means its host to the one, and itself to the other.

    What CID 2 accepts from 3, it refuses from 42. One listener would be lost, one of another type, one without data.
    """
    x = Talk(1024, "the outer host accepts")
    yield from (*x.opened(), *x.asked(100, 100), *x.closed())
    for number in range(3):
        yield from Talk(1024, "nobody listens on the inner host", client=(42, 3000001 + number)).refused()
    x = Talk(5034, "the outer host's is SEQPACKET", client=(3, 3000002), type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 100, flags=1), x.s(CREDIT_UPDATE, reads=100), *x.closed())
    yield from Talk(5034, "nobody listens on the inner host", client=(42, 3000004)).refused()
    idle = [Talk(5035, "idle", client=client) for client in ((3, 3000003), (3, 3000004), (42, 3000005))]
    for x in idle:
        yield from x.opened()
    yield idle[0].c(SHUTDOWN, flags=RCV | SEND, after=20)
    yield idle[0].s(RST)
    for x in idle[1:]:
        yield from x.closed()


def several_machines():
    """KubeVirt VEP 222, Linux 7.0: two machines of a node have CID 3, each in its pod's network namespace.

    Both are asked on port 1024, by a program in each namespace. The second one's agent is not up. Then one has a
    listener for SEQPACKET, the other refuses STREAM on that port. netns-7.3.4.pcapng.gz has the kind from a real
    kernel.
    """
    for number in range(4):
        x = Talk(1024, "the first machine's agent", client=(2, 311285888 + number), server_cid=3)
        yield from (*x.opened(after=2), *x.asked(100, 100), *x.closed())
        yield from Talk(1024, "the second one's is not there", client=(2, 2369801423 + number),
                        server_cid=3).refused(after=1)
    x = Talk(5000, "SEQPACKET", client=(2, 311285892), server_cid=3, type=SEQPACKET)
    yield from (*x.opened(), x.c(RW, 100, flags=1), x.s(CREDIT_UPDATE, reads=100), *x.closed())
    yield from Talk(5000, "STREAM", client=(2, 2369801427), server_cid=3).refused()


def same_endpoints():
    """The same, where programs on the host bind the same ports in both namespaces: two connections have one name.

    The newer one closes first, or the older one; data goes both ways, or one way; or there is none at all.
    """
    def both(port):
        return [Talk(1024, machine, client=(2, port), server_cid=3) for machine in ("the first", "the second")]

    first, second = both(5000)
    yield from (*first.opened(), *first.asked(100, 200), *second.opened(), *second.asked(40, 60),
                *first.asked(10, 20, after=1), *second.closed(), *first.asked(10, 20, after=1), *first.closed())
    first, second = both(5001)
    yield from (*first.opened(), *first.asked(100, 200), *second.opened(), *first.closed(after=1),
                *second.asked(40, 60), *second.closed())
    first, second = both(5002)
    yield from (*first.opened(), first.c(RW, 7), first.s(CREDIT_UPDATE, reads=7), *second.opened())
    for x, size in ((first, 10), (second, 5), (first, 10), (second, 6)):
        yield from (x.c(RW, size, after=1), x.s(CREDIT_UPDATE, reads=size))
    yield from (*second.closed(), *first.closed())
    first, second = both(5003)
    yield from (*first.opened(), *second.opened(after=1), *first.closed(after=1), *second.closed(after=1))


def started_again():
    """One machine: its guest is started again, so that its client ports begin elsewhere, and finds no listener.

    The host's end of a connection of before is still there, until its program closes it.
    """
    old = Talk(9999, "before", client=(3, 311285888))
    yield from (*old.opened(), *old.asked(100, 100))
    for number in range(4):
        yield from Talk(9999, "after", client=(3, 2369801423 + number)).refused(after=1 if number else 20)
    yield old.s(SHUTDOWN, flags=RCV | SEND)
    yield old.c(RST, **NO_SOCKET)


def chosen_ports():
    """One machine: a program of the host lets Linux take its port, others bind theirs, and the listener goes."""
    x = Talk(9999, "a port that Linux took", client=(2, 311285888), server_cid=3)
    yield from (*x.opened(), *x.asked(100, 100))
    for number in range(2):
        for first in (700, 50001):
            yield from Talk(9999, "a port that was bound", client=(2, first + number), server_cid=3).refused(after=1)
    yield from (*x.asked(100, 100, after=1), *x.closed())


def connection_lost():
    """A machine that was reset answers the next packet, 12 s later: it knows no such connection."""
    x = Talk(5033, "alive", client=host_side(), server_cid=3)
    yield from (*x.opened(), *x.asked(100, 100), x.c(RW, 100, after=12), x.s(RST, **NO_SOCKET))


def time_refused():
    """libkrun/libkrun#841, indexable-inc/index#1719: libkrun tells guests the time by a datagram to port 123.

    A kernel that has no datagrams answers each by a RST of that type. No stream is harmed, not even the one that
    happens to have the same endpoints.
    """
    pulse = Pulse()
    x = Talk(123, "a stream between the endpoints of datagrams", client=(HOST_CID, 123), server_cid=3)
    time = Talk(123, "the time, which nobody takes", client=x.client, server_cid=3, type=DGRAM, buffers=(LIBKRUN, 0))
    yield from (*pulse.opened(), *x.opened())
    for minute in range(3):
        yield from (time.c(RW, bytes(8)), time.s(RST, **NO_SOCKET, after=0.0001), *x.asked(20, 20), *pulse.beats(6))
    yield from x.closed()


def datagrams():
    """libkrun with a kernel of its own: datagrams both ways, the time each minute. None is refused."""
    pulse = Pulse()
    time = Talk(123, "the time", client=(HOST_CID, 123), server_cid=3, type=DGRAM, buffers=(LIBKRUN, 0))
    control = Talk(1024, "a request to libkrun", client=(3, 1295227277), type=DGRAM, buffers=(0, 0))
    answer = Talk(1025, "and its answer", client=control.client, type=DGRAM, buffers=(0, 0))
    yield from pulse.opened()
    for _ in range(2):
        yield from (time.c(RW, bytes(8)), control.c(RW, bytes(8)), answer.c(RW, bytes(24)), answer.s(RW, bytes(4)),
                    *pulse.beats(6))


def resets_without_end():
    """libkrun/libkrun#344: a connection that the host refuses is reset thousands of times, at 100 % of a CPU."""
    pulse = Pulse()
    x = Talk(620, "refused again and again", client=(3, 1295227278), buffers=(LINUX, LIBKRUN))
    yield from (*pulse.opened(), x.c(REQUEST))
    yield from (x.s(RST, **NO_SOCKET, after=0.0003) for _ in range(150))
    yield from pulse.beats(1)


def resets_of_both():
    """cloud-hypervisor/cloud-hypervisor#8692's kind, without an end: each side answers the other's RST by a RST."""
    pulse = Pulse()
    x = Talk(8888, "closed, then reset by both", buffers=(LINUX, FIRECRACKER))
    yield from (*pulse.opened(), *x.opened(), x.c(RW, 40), x.s(CREDIT_UPDATE, reads=40),
                x.c(SHUTDOWN, flags=RCV | SEND), x.s(RST))
    for _ in range(60):
        yield from (x.c(RST, **NO_SOCKET, after=0.0001), x.s(RST, **NO_SOCKET, after=0.0001))
    yield from pulse.beats(1)


def one_port_again():
    """A client that is bound to one port connects 120 times in 5 s; each time libkrun, and Linux, close by a RST."""
    x = Talk(8080, "from one port", buffers=(LINUX, LIBKRUN))
    for _ in range(120):
        yield from (*x.opened(after=0.03), *x.asked(100, 100), x.s(RST, **NO_SOCKET), x.c(RST))


def not_waited_for():
    """aws/aws-nitro-enclaves-samples#22: the server gets ECONNRESET. The client shuts both ways, and does not wait."""
    for number in range(2):
        x = Talk(5005, "closed and reset as soon as all is sent", client=host_side(number), server_cid=16)
        yield from (*x.opened(after=2), x.c(RW, 8), x.c(RW, 6000, after=0.00002),
                    x.c(SHUTDOWN, flags=RCV | SEND, after=0.00002), x.c(RST, after=0.00005))


def closes_that_wait():
    """What a client may do instead; one whose data is all read may reset, and one that waited in vain for a while."""
    x = Talk(5005, "shuts one way, and waits for the other side", client=host_side(), server_cid=16)
    yield from (*x.opened(), x.c(RW, 6000), x.c(SHUTDOWN, flags=SEND), x.s(CREDIT_UPDATE, reads=6000),
                x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST))
    x = Talk(5006, "all is read before it closes", client=host_side(), server_cid=16)
    yield from (*x.opened(), *x.asked(6000, 100), x.c(SHUTDOWN, flags=RCV | SEND), x.c(RST, after=0.00005))
    x = Talk(5007, "both close at once", client=host_side(), server_cid=16)
    yield from (*x.opened(), x.c(RW, 100), x.c(SHUTDOWN, flags=RCV | SEND), x.s(SHUTDOWN, flags=RCV | SEND),
                x.c(RST), x.s(RST))
    x = Talk(5008, "resets what the server sends after the close", client=host_side(), server_cid=16)
    yield from (*x.opened(), x.c(RW, 100), x.c(SHUTDOWN, flags=RCV | SEND), x.s(RW, 10), x.c(RST, **NO_SOCKET))


# The capture itself.


def snapped(x, src, dst, value, length, **more):
    """An RW of `length` bytes that are all `value`, with a snaplen of 160."""
    there = min(length, 84)
    record = x.send(src, dst, RW, bytes([value]) * there, length=length, **more)
    record.uncaptured = length - there
    return record


def not_recorded():
    """Linux 3a3e3d90cbc7: a guest's tap records nothing of what is larger than 32404 bytes.

    6693731487a8 makes such packets of several buffers, and 4b0bf10eb077 copies none of these: the records have the
    right length, and zeros where the kernel initialises memory. A host asks for two files, with a snaplen of 160.
    """
    ask = b"GET /file HTTP/1.1\r\nHost: guest\r\n\r\n"
    x = Talk(8080, "two files of a guest", client=host_side(), server_cid=3)
    yield from (*x.opened(), x.c(RW, ask))
    yield x.s(RW, b"HTTP/1.1 200 OK\r\nContent-Length: 106000\r\n\r\n", reads=len(ask))
    yield from (snapped(x, x.server, x.client, 0, 65536), snapped(x, x.server, x.client, 0, 40464))
    yield from (x.c(CREDIT_UPDATE, reads=106043), x.c(RW, ask))
    yield x.s(RW, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", reads=len(ask))
    yield from (x.c(CREDIT_UPDATE, reads=43), *x.closed())
def client_gone():
    """cloud-hypervisor#3485: the host's socat has gone when the monitor wants to write "OK" to it.

    The monitor resets the connection that the guest has just accepted: its program reads 0 bytes.
    """
    for number in range(6):
        x = Talk(1111, "reset as soon as it is accepted", client=hybrid(number), server_cid=3,
                 buffers=(FIRECRACKER, LINUX))
        yield from (*x.opened(after=1), x.c(RST, after=0.00006))
    x = Talk(1111, "one that works", client=hybrid(6), server_cid=3, buffers=(FIRECRACKER, LINUX))
    yield from (*x.opened(after=1), x.c(RW, 5), x.s(CREDIT_UPDATE, reads=5), *x.closed())


def dial_timeout():
    """kata-containers#11321: runtime-rs dials with a timeout of 30 ms, and the guest answers after 45 ms."""
    for number in range(8):
        x = Talk(KATA_AGENT, "too late", client=host_side(number), server_cid=2057012271)
        yield from (x.c(REQUEST, after=0.03), x.s(RESPONSE, after=0.045), x.c(RST, **NO_SOCKET))


def notifications_slow():
    """microvm.nix#474, #493, #568: each of systemd's notifications takes 2 s.

    The end of data is not passed on to socat, which gives up after its -T2.
    """
    for number in range(5):
        x = Talk(8888, "STATUS=..., and a wait of 2 s", client=(3, 3000001 + number), buffers=(LINUX, FIRECRACKER))
        yield from (*x.opened(), x.c(RW, 30), x.c(SHUTDOWN, flags=SEND),
                    x.s(SHUTDOWN, flags=RCV | SEND, reads=30, after=2.001), x.c(RST))


def accepted_and_closed():
    """vm0-ai/vm0#17555: the host accepts and closes at once, the guest comes again after 10 ms, for ever."""
    for number in range(12):
        x = Talk(5000, "accepted, and closed at once", client=(3, 3000001 + number), buffers=(LINUX, FIRECRACKER))
        yield from (*x.opened(after=0.01), x.s(SHUTDOWN, flags=RCV | SEND, after=0.0003), x.c(RST))


def proxy_without_server():
    """aws-nitro-enclaves-cli#549: vsock-proxy cannot reach its server, and closes after 3 s.

    The TLS hello of the enclave is never read. Recorded in the parent instance (CID 3): the enclave's CID is 16.
    """
    x = Talk(8002, "the server is there", client=(16, 3000001), server_cid=3)
    yield from (*x.opened(), *x.asked(517, 4096), *x.closed())
    for number in range(4):
        x = Talk(8002, "EHOSTUNREACH after 3.07 s", client=(16, 3000011 + number), server_cid=3)
        yield from (*x.opened(after=1), x.c(RW, 517), x.s(SHUTDOWN, flags=RCV | SEND, after=3.07), x.c(RST))


def relay_at_its_limit():
    """stackrox/stackrox#17243: a relay that serves so many at a time closes at once what is more.

    Recorded on the host, which has many guests. Each sends its report on a connection, and none comes again soon.
    """
    first = [Talk(818, "a report of 64 KiB", client=(10 + number, 3000001)) for number in range(2)]
    for x in first:
        yield from (*x.opened(), x.c(RW, 32768), x.s(CREDIT_UPDATE, reads=32768))
    for number in range(3):
        x = Talk(818, "one too many", client=(20 + number, 3000001))
        yield from (*x.opened(), x.c(RW, 32768), x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST))
    for x in first:
        yield from (x.c(RW, 32768), x.s(CREDIT_UPDATE, reads=32768), *x.closed())


def answer_not_read():
    """virtio-win/kvm-guest-drivers-windows#789: recv() in a Windows guest returns the first answer only.

    The client is run again and again, and ended after 12 s. Recorded on the host.
    """
    x = Talk(9999, "the first answer is read", client=(3, 50100))
    yield from (*x.opened(), *x.asked(100, 20), *x.closed())
    x = Talk(9999, "the second is not", client=(3, 50101))
    yield from (*x.opened(after=3), x.c(RW, 100), x.s(RW, 20, reads=100), *x.closed(after=12))


def closed_by_reset():
    """libkrun, whose host program has gone while its buffer was full: RST (0,0), and what was in it is lost."""
    x = Talk(5050, "an upload of which 64 KiB are never read", buffers=(LINUX, 65536))
    yield from (*x.opened(), *(x.c(RW, 32768) for _ in range(2)), x.s(CREDIT_UPDATE, reads=65536),
                *(x.c(RW, 32768) for _ in range(2)), x.s(RST, **NO_SOCKET, after=0.5))


def reset_with_data_unread():
    """A driver that gives up each connection after 2 s, with what it was sent unread."""
    for number in range(5):
        x = Talk(5051, "given up", client=host_side(number), server_cid=3, buffers=(LINUX, 65536))
        yield from (*x.opened(after=1), *x.asked(60, 40), x.c(RW, 20000 + number), x.s(RST, after=2))


# Healthy.


def zeros():
    """dd if=/dev/zero bs=64k, which ends with a smaller block, beside a connection with contents."""
    pulse, x = Pulse(), Talk(5201, "a megabyte of zeros")
    yield from (*pulse.opened(), *pulse.beats(1), *x.opened())
    for _ in range(16):
        yield from (snapped(x, x.client, x.server, 0, 65536), x.s(CREDIT_UPDATE, reads=65536))
    yield from (snapped(x, x.client, x.server, 0, 1000), x.s(CREDIT_UPDATE, reads=1000), *x.closed())


def disk_image():
    """An upload of a disk that begins with zeros: taken for not recorded at first, until the next block shows better."""
    x = Talk(5201, "a disk that begins with zeros")
    yield from (*x.opened(), x.c(RW, b"name: disk"), x.s(CREDIT_UPDATE, reads=10))
    for value in (0, 1, 0):
        yield from (snapped(x, x.client, x.server, value, 65536), x.s(CREDIT_UPDATE, reads=65536))
    yield from x.closed()


def large_writes():
    """A file of which some blocks are zeros, others are not."""
    x = Talk(5201, "a file with a hole")
    yield from (*x.opened(), x.c(RW, b"name: hole"), x.s(CREDIT_UPDATE, reads=10))
    for value in (1, 0, 0, 0):
        yield from (snapped(x, x.client, x.server, value, 65536), x.s(CREDIT_UPDATE, reads=65536))
    yield from x.closed()


def full_speed():
    """16 MiB in RWs of 64 KiB: the window is shut again and again, for milliseconds."""
    x = Talk(5201, "full speed")
    yield from x.opened()
    for _ in range(64):
        yield from (*(x.c(RW, 65536, after=0.0001) for _ in range(4)), x.s(CREDIT_UPDATE, reads=262144, after=0.004))
    yield from x.closed()


def long_wrap():
    """More than 4 GiB, from the REQUEST on: both counters wrap. Packets of 1 GiB stand for many."""
    giant = 1 << 30
    x = Talk(5201, "both directions wrap", buffers=(2 * giant, 2 * giant))
    yield from x.opened()
    for _ in range(6):
        yield from (x.c(RW, giant), x.s(RW, giant, reads=giant), x.c(CREDIT_UPDATE, reads=giant))
    yield from x.closed()


def reuse():
    """The same four-tuple three times, each time closed before."""
    x = Talk(5040, "three times")
    for size in (1000, 200000, 10):
        yield from (*x.opened(), x.c(RW, size), x.s(CREDIT_UPDATE, reads=size), *x.closed())


def mid_stream():
    """Connections that began before the capture: one in full flight, one that is closed."""
    x = Talk(5041, "under way: the first RW shuts a window of which nothing is known", read=(7000, 123456789))
    yield from (x.c(RW, 65536), x.s(CREDIT_UPDATE, reads=0), x.c(RW, 65536), x.s(CREDIT_UPDATE, reads=131072),
                x.s(RW, 50), x.c(CREDIT_UPDATE, reads=50))
    x = Talk(5042, "closed before long", client=(3, 3000002), read=(100, 100))
    yield from x.closed()


def half_close():
    """The client shuts its side, the server answers for 30 s, then closes."""
    x = Talk(5043, "a long answer to a short question")
    yield from (*x.opened(), x.c(RW, 100), x.s(CREDIT_UPDATE, reads=100), x.c(SHUTDOWN, flags=SEND))
    for _ in range(6):
        yield from (x.s(RW, 30000, after=5), x.c(CREDIT_UPDATE, reads=30000))
    yield from (x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST), x.c(RST))


def keep_alive():
    """An idle connection: a byte each way every 5 s for 2 minutes, another one that says nothing for all of them."""
    pulse = Pulse()
    idle = Talk(5044, "idle for 2 minutes, then used again", client=(3, 3000001))
    yield from (*pulse.opened(), *idle.opened(), *idle.asked(100, 100), *pulse.beats(24), *idle.asked(100, 100),
                *idle.closed())


def pool():
    """60 connections to one port, opened as a pool is: at once, and used by turns for a minute."""
    all_of_it = [Talk(8444, "one of a pool", client=(3, 3000001 + number)) for number in range(60)]
    for x in all_of_it:
        yield from (*x.opened(), *x.asked(300, 40))
    for x in all_of_it:
        yield from x.asked(100, 5000, after=1)
    yield from all_of_it[0].asked(100, 5000, after=40)


def idle_both():
    """apple/containerization#678: an idle gRPC connection, 15 minutes in which nobody speaks, then another client."""
    idle = Talk(1024, "idle, and well", client=host_side(1), server_cid=3)
    yield from (*idle.opened(), *idle.asked(90, 60), *idle.asked(200, 40))
    for number in (2, 3):
        x = Talk(1024, "another client", client=host_side(number), server_cid=3)
        yield from (*x.opened(after=900 / number), *x.asked(90, 60), *x.closed())


def event():
    """Two programs wait for an event, for a minute; it comes to both at once. Nobody stood still: nothing was owed."""
    both = [Talk(5045, "waits for an event", client=(3, 3000001 + number)) for number in range(2)]
    for x in both:
        yield from (*x.opened(), x.c(RW, 60), x.s(CREDIT_UPDATE, reads=60))
    for x in both:
        yield from (x.s(RW, 200, after=60 if x is both[0] else 0.001), x.c(CREDIT_UPDATE, reads=200))
    for x in both:
        yield from x.closed()


def event_untold():
    """The same with a libkrun that never tells of so little: what is not said to be read is not owed either."""
    both = [Talk(5046, "waits for an event", client=(3, 3000001 + number), buffers=(LINUX, LIBKRUN))
            for number in range(2)]
    for x in both:
        yield from (*x.opened(), x.c(RW, 60), x.s(RW, 10), x.c(CREDIT_UPDATE, reads=10), x.c(RW, 60))
    for x in both:
        yield from (x.s(RW, 200, after=60 if x is both[0] else 0.001), x.c(CREDIT_UPDATE, reads=200))
    for x in both:
        yield from x.closed()


def messages_beside():
    """The same of a Linux before 6.8, which tells of every SEQPACKET message, and of each read from a small buffer.

    What it does there it does not do for other connections.
    """
    messages = Talk(5147, "SEQPACKET, each message is told of", client=(3, 3000001), type=SEQPACKET)
    small = Talk(5148, "a buffer of 64 KiB, each read is told of", client=(3, 3000002), buffers=(LINUX, 65536))
    both = [Talk(5149, "waits for an event", client=(3, 3000003 + number)) for number in range(2)]
    yield from (*messages.opened(), messages.c(RW, 60, flags=1), messages.s(CREDIT_UPDATE, reads=60),
                *small.opened(), small.c(RW, 60), small.s(CREDIT_UPDATE, reads=60))
    for x in both:
        yield from (*x.opened(), x.c(RW, 60))
    for x in both:
        yield from (x.s(RW, 200, reads=60, after=60 if x is both[0] else 0.001), x.c(CREDIT_UPDATE, reads=200))
    for x in (messages, small, *both):
        yield from x.closed()


def late_answers():
    """A server that works for 2 s after the end of what it was sent, then answers, several times."""
    for number in range(5):
        x = Talk(9100, "an answer after 2 s", client=(3, 3000001 + number))
        yield from (*x.opened(), x.c(RW, 5000), x.c(SHUTDOWN, flags=SEND), x.s(RW, 40, reads=5000, after=2),
                    x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST))


def probes():
    """Is anybody listening? Connections that are closed at once, by who asks: by SHUTDOWN, and by RST."""
    for number in range(12):
        x = Talk(9101, "a health check", client=(3, 3000001 + number))
        yield from (*x.opened(after=2), *x.closed())
    for number in range(2):
        x = Talk(9102, "a probe that its monitor ends by a reset", client=hybrid(number), server_cid=3)
        yield from (*x.opened(after=2), x.c(RST, after=0.002))


def idle_closed():
    """A server that closes idle connections after a minute, all at once: by SHUTDOWN, and nothing was restored."""
    all_of_it = [Talk(9103, "closed when idle", client=host_side(number), server_cid=3) for number in range(4)]
    for x in all_of_it:
        yield from (*x.opened(), *x.asked(100, 200))
    for x in all_of_it:
        yield from (x.s(SHUTDOWN, flags=RCV | SEND, after=60 if x is all_of_it[0] else 0.001), x.c(RST))


def answers_untold():
    """A server that reads, answers and closes, and never tells what it has read: nothing was left unread."""
    for number in range(6):
        x = Talk(9104, "answered, and not told", client=(3, 3000001 + number))
        yield from (*x.opened(), x.c(RW, 300), x.s(RW, 5000), x.c(CREDIT_UPDATE, reads=5000),
                    x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST))


def closed_by_libkrun():
    """libkrun closes with RST (0,0) when the host's program does, and sends no SHUTDOWN.

    The guest's Linux gives its program all the data, then the end of it. libkrun's unix.rs: push_reset().
    """
    for number in range(5):
        x = Talk(8080, "RST (0,0) behind the answer", client=(3, 3000001 + number), buffers=(LINUX, LIBKRUN))
        yield from (*x.opened(), x.c(RW, 18), x.s(RW, 45, reads=18), x.s(RST, **NO_SOCKET), x.c(RST))
        x = Talk(8080, "RST (0,0) once the guest has read", client=(3, 3000101 + number), buffers=(LINUX, LIBKRUN))
        yield from (*x.opened(), *x.asked(18, 45), x.s(RST, **NO_SOCKET), x.c(RST))


def closed_by_alioth():
    """alioth closes so, too, always from port 1024, and never tells what it consumed: nothing is known to be lost."""
    for _ in range(5):
        x = Talk(5052, "RST (0,0) at the end", client=(HOST_CID, 1024), server_cid=3, buffers=(212992, LINUX))
        yield from (*x.opened(), x.c(RW, 60), x.s(CREDIT_UPDATE, reads=60), x.s(RW, 60), x.c(RST, **NO_SOCKET),
                    x.s(RST))


def uploads_to_libkrun():
    """libkrun closes with RST (0,0) while the guest still sends, and has told nothing of what it read.

    A machine that had lost the connection would have answered the first packet, not the latest.
    """
    for number, pause in enumerate((0.4, 0.001)):
        x = Talk(5140, "a log, until the host's program ends", client=(3, 3000001 + number), buffers=(LINUX, LIBKRUN))
        yield from (*x.opened(), *(x.c(RW, 120, after=pause) for _ in range(int(12 * max(1, 0.1 / pause)))),
                    x.s(RST, **NO_SOCKET, after=0.0001), x.c(RST))


def closed_by_force():
    """rcore's virtio-drivers, force_close(): a stamped RST after a finished exchange."""
    for number in range(5):
        x = Talk(5053, "a stamped RST at the end", client=host_side(number), server_cid=3, buffers=(LINUX, 1024))
        yield from (*x.opened(), *x.asked(60, 40), x.s(RST))


def many():
    """40 short connections to one port within a second."""
    for number in range(40):
        x = Talk(8080, "one of many", client=(3, 3000001 + number))
        yield from (*x.opened(), *x.asked(300, 5000), *x.closed())


# The order of a capture's times.


def two_files():
    """What a ring buffer of two files holds: a connection is torn, one is in the first, one begins in the second."""
    x, y, z = (Talk(5000 + i, "a question every second", client=(3, 3000001 + i)) for i in range(3))
    first = [*x.opened(), *y.opened(), *x.asked(60000, 40), *x.asked(60000, 40, after=1), *y.asked(10, 10)]
    y.lost = [y.c(RW, 10, after=2), y.s(RST, **NO_SOCKET)]
    second = [*z.opened(after=1), *x.asked(60000, 40), *z.asked(10, 10), *x.asked(60000, 40, after=1), *x.closed(),
              *z.closed()]
    records = list(with_times(first + y.lost + second))
    cut = len(first + y.lost)
    return records[:cut], records[cut:]


def joined_backwards():
    """mergecap -a takes the files as they are named: here the second one first."""
    first, second = two_files()
    return second + first


def one_late():
    """A writer that is not Linux: one of its threads is late by a packet. The answer comes before the question's data."""
    x = Talk(5000, "a CREDIT_UPDATE overtakes the data that it is of", buffers=(LINUX, 65536))
    records = list(with_times([*x.opened(), *x.asked(60, 40), *x.asked(65536, 40, after=0.02), x.c(RW, 65536, after=0.02),
                               x.s(CREDIT_UPDATE, reads=65536, after=0.02), *x.closed()]))
    records[-4], records[-5] = records[-5], records[-4]
    return records


def clock_set_back():
    """NTP sets the clock of the machine that records back by a minute, while two connections talk."""
    x, y = (Talk(5000 + i, "talks while the clock is set", client=(3, 3000001 + i)) for i in range(2))
    yield from with_times([*x.opened(), *y.opened(), *x.asked(60, 40), x.c(RW, 60, after=1), x.s(RW, 40, reads=60, at=-59),
                           x.c(CREDIT_UPDATE, reads=40), *y.asked(50, 50), *x.closed(), y.c(RW, 10, after=2),
                           y.s(RST, **NO_SOCKET)])


def processors_overtake():
    """Two processors record at once: a packet is stamped first, and gets its place second. Nothing depends on it."""
    x, y = (Talk(5000 + i, "processors overtake each other", client=(3, 3000001 + i)) for i in range(2))
    records = list(with_times([*x.opened(), *y.opened(), *x.asked(60, 40), *y.asked(60, 40, after=0.000004),
                               *x.closed(), *y.closed()]))
    records[6], records[7] = records[7], records[6]
    return records


def interfaces_appended():
    """mergecap -a with the later file first, each of an interface of its own: no connection is in both."""
    late, early = (Talk(5000, "of one interface", client=(3, 3000001)) for _ in range(2))
    records = [*late.opened(at=100), *late.asked(60, 40, after=1), late.c(REQUEST, at=110),
               *early.opened(at=0), *early.asked(60, 40, after=1), *early.closed(), early.c(REQUEST, after=0.001)]
    for record in records[6:]:
        record.interface = 1
    return records


# File without its suffix: the story, and what is found in it: the most severe is the diagnosis.
def without_rw():
    """Recorded with the capture filter of `vsock-filter not op rw`: what is read was sent, and nobody miscounts."""
    records = []
    for number in range(12):
        x = Talk(8080, "asked, answered, and closed by the server at once", client=(3, 3000001 + number))
        records += [*x.opened(), *x.asked(60, 600), x.s(SHUTDOWN, flags=RCV | SEND), x.c(RST)]
    idle = [Talk(8081, "asked, answered, and kept", client=(3, 3000101 + number)) for number in range(3)]
    for x in idle:
        records += [*x.opened(), x.c(RW, 60), x.s(CREDIT_UPDATE, reads=60), x.s(RW, 600), x.c(CREDIT_UPDATE, reads=600)]
    x = Talk(8082, "the capture goes on", client=(3, 3000201))
    records += [*x.opened(after=6), *x.closed()]
    for record in with_times(records):
        [op] = struct.unpack_from("<H", record.data, 62)
        if op != RW:
            yield record


def packets_lost():
    """A ring that ran over: of three connections one record each is missing, and nothing is wrong with any of them."""
    pulse = Pulse()
    no_response = Talk(5150, "the RESPONSE", client=(3, 3000001))
    first_data = Talk(5151, "the first RW", client=(3, 3000002))
    later_data = Talk(5152, "the second RW", client=(3, 3000003))
    yield from (*pulse.opened(), no_response.c(REQUEST), no_response.s(CREDIT_UPDATE),
                *first_data.opened(), first_data.s(RW, 200, reads=60), first_data.c(CREDIT_UPDATE, reads=200),
                *first_data.closed(), *later_data.opened(), *later_data.asked(60, 200),
                later_data.s(RW, 200, reads=60), later_data.c(CREDIT_UPDATE, reads=200), *later_data.closed(),
                *pulse.beats(1))


def packet_lost():
    """One record is missing, an enclave's first RW of one connection; nothing is wrong with any of them."""
    for number in range(9):
        x = Talk(5005, "a question and its answer", client=(16, 3000001 + number), server_cid=3)
        question = [x.c(RW, 60)] if number != 2 else []
        yield from (*x.opened(), *question, x.s(RW, 200, reads=60), x.c(CREDIT_UPDATE, reads=200), *x.closed())


GALLERY = {
    "01-libkrun-own-cap": (own_cap, "warn stall-own-cap"),
    "02-libkrun-own-cap-fixed": (own_cap_fixed,),
    "03-libkrun-queue-overhead": (queue_overhead, "error reset-queue-overhead"),
    "04-minimal-queue-overhead": (queue_overhead_upload, "error reset-queue-overhead"),
    "05-vhost-device-credit-request": (request_unanswered, "warn credit-request-unanswered",
                                       "warn stall-undecided"),
    "06-vhost-device-update-per-write": (update_per_write,),
    "07-firecracker-stall": (firecracker_stall, "note stall-undecided"),
    "08-cloud-hypervisor-no-throughput": (no_throughput, "warn stall-undecided"),
    "09-hyperkit-half-closed": (half_closed_receiver, "warn stall-update-missing"),
    "10-viosock-fwd-cnt": (viosock_counter, "warn stall-update-missing"),
    "11-virtio-drivers-tiny-buffer": (tiny_buffer, "warn stall-update-missing"),
    "12-gramine-fwd-cnt-of-all": (counter_of_all, "error credit-counter-ahead"),
    "13-mvm-overrun": (overrun_dropped, "error credit-overrun"),
    "14-virtio-drivers-wrap": (counter_wraps,),
    "15-migtd-overrun": (overrun_closed, "error credit-overrun", "warn data-lost-at-close"),
    "16-tgoskits-credit-in-request": (credit_in_request,),
    "17-small-beside-large": (small_beside_large,),
    "18-linux-buffer-shrunk": (shrunk, "warn buffer-shrunk"),
    "19-cloud-hypervisor-large-send": (large_send, "warn stall-update-missing", "note large-send-risk"),
    "20-cloud-hypervisor-eof-as-close": (eof_as_close,),
    "21-vhost-device-notify-socket": (notify_socket, "note half-close-hang"),
    "22-arcbox-docker-run": (docker_run, "note half-close-hang"),
    "23-virtio-drivers-one-hint": (one_hint, "note half-close-hang"),
    "24-hyperkit-tail-lost": (tail_lost, "warn data-lost-at-close"),
    "25-viosock-no-data": (no_payload, "note no-data"),
    "26-viosock-refused": (refused_and_ignored, "note connect-refused"),
    "27-firecracker-backlog": (backlog_full, "warn connect-refused"),
    "28-firecracker-restored": (restored, "warn connect-unanswered"),
    "29-firecracker-resumed": (resumed, "note orphaned-stream"),
    "30-firecracker-zombies": (zombies, "note orphaned-stream"),
    "31-firecracker-slow-accept": (slow_accept, "warn connect-slow", "note connect-abandoned"),
    "32-firecracker-too-early": (too_early, "note connect-refused"),
    "33-kata-agent-refused": (kata_refused, "warn connect-refused"),
    "33-kata-agent-unanswered": (kata_unanswered, "warn connect-unanswered"),
    "34-kata-large-cid": (kata_large_cid, "warn connect-unanswered"),
    "36-hermit-listener-lost": (listener_lost, "warn listener-lost"),
    "37-containerization-head-of-line": (head_of_line, "warn head-of-line"),
    "38-claude-code-port-1024": (http_for_frames, "note protocol-mismatch"),
    "39-lxd-cid-of-33-bits": (cid_of_33_bits, "note cid-anomaly"),
    "40-nitro-wrong-cid": (wrong_cid, "warn connect-unanswered"),
    "41-systemd-no-sshd": (no_sshd, "note connect-refused"),
    "43-nitro-slow-proxy": (slow_proxy,),
    "more-accept-and-close": (accepted_and_closed, "note accept-and-close"),
    "more-agent-lost": (agent_lost, "warn listener-lost"),
    "more-between-guests": (between_guests, "warn connect-unanswered"),
    "more-client-gone": (client_gone, "note connect-abandoned"),
    "more-closed-by-reset": (closed_by_reset, "note closed-by-reset"),
    "more-cid-chosen-ports": (chosen_ports, "warn listener-lost"),
    "more-clock-set-back": (clock_set_back, "warn peer-gone", "note clock-set-back"),
    "more-cid-shared": (several_machines, "warn connect-refused", "note cid-shared", "note connect-refused"),
    "more-cid-shared-endpoints": (same_endpoints, "note cid-shared"),
    "more-cid-started-again": (started_again, "warn listener-lost"),
    "more-closed-too-soon": (not_waited_for, "note closed-too-soon"),
    "more-closed-unread": (proxy_without_server, "note closed-unread"),
    "more-closed-unread-of-many": (relay_at_its_limit, "note closed-unread"),
    "more-connect-slow": (slow_connect, "note connect-slow"),
    "more-refused-late": (refused_late, "warn connect-refused"),
    "more-datagram-refused": (time_refused, "note datagram-refused"),
    "more-dial-timeout": (dial_timeout, "note connect-abandoned"),
    "more-frames-for-http": (frames_for_http, "note protocol-mismatch"),
    "more-half-close-slow": (notifications_slow, "note half-close-slow"),
    "more-keeps-buffers": (keeps_buffers, "warn connect-unanswered"),
    "more-left-open": (left_open, "note connections-left-open"),
    "more-data-thrown-away": (thrown_away, "note data-lost-at-close"),
    "more-credit-leak": (credit_leak, "warn credit-leak"),
    "more-head-of-line-twice": (head_of_line_twice, "warn head-of-line"),
    "more-nested-hosts": (nested_hosts, "warn connect-refused", "note connect-refused"),
    "more-one-late": (one_late, "warn out-of-order"),
    "more-out-of-order": (joined_backwards, "warn out-of-order", "warn peer-gone"),
    "more-paused": (paused, "warn stood-still"),
    "more-no-rw": (without_rw, "note capture-loss"),
    "more-packets-lost": (packets_lost, "note capture-loss"),
    "more-packet-lost": (packet_lost, "note capture-loss"),
    "more-peer-gone": (connection_lost, "warn peer-gone"),
    "more-not-read": (not_read, "note not-read"),
    "more-answer-not-read": (answer_not_read, "note not-read"),
    "more-port-scan": (port_scan, "warn port-scan"),
    "more-payload-not-recorded": (not_recorded, "note payload-not-recorded"),
    "more-receiver-not-reading": (not_reading, "warn stall-receiver-not-reading"),
    "more-restored-resets": (reset_after_restore, "warn restored-or-restarted"),
    "more-reset-aborted": (reset_with_data_unread, "error reset-aborted"),
    "more-reset-storm": (resets_without_end, "warn reset-storm", "note connect-refused"),
    "more-reset-storm-of-both": (resets_of_both, "warn reset-storm"),
    "more-gave-up": (gave_up, "note stall-undecided"),
    "more-sender-was-done": (sender_was_done, "note stall-receiver-not-reading"),
    "more-update-late": (update_late, "warn credit-request-unanswered", "note stall-undecided"),
    "more-stale-ignored": (stale_ignored, "warn stale-connection"),
    "more-stale-refused": (stale_refused, "warn stale-connection"),
    "more-stale-reset": (stale_reset, "warn stale-reset"),
    "more-type-mismatch": (wrong_type, "warn connect-type-mismatch"),
    "healthy-answers-untold": (answers_untold,),
    "healthy-closed-by-alioth": (closed_by_alioth,),
    "healthy-closed-by-force": (closed_by_force,),
    "healthy-closed-by-libkrun": (closed_by_libkrun,),
    "healthy-closes-that-wait": (closes_that_wait,),
    "healthy-counter-wrap": (long_wrap,),
    "healthy-enough-read": (enough_read,),
    "healthy-datagrams": (datagrams,),
    "healthy-event": (event,),
    "healthy-event-untold": (event_untold,),
    "healthy-disk-image": (disk_image,),
    "healthy-framed-and-http": (framed_and_http,),
    "healthy-full-speed": (full_speed,),
    "healthy-half-close": (half_close,),
    "healthy-idle": (idle_both,),
    "healthy-idle-closed": (idle_closed,),
    "healthy-interfaces-appended": (interfaces_appended,),
    "healthy-keep-alive": (keep_alive,),
    "healthy-large-writes": (large_writes,),
    "healthy-late-answers": (late_answers,),
    "healthy-many": (many,),
    "healthy-messages-beside": (messages_beside,),
    "healthy-mid-stream": (mid_stream,),
    "healthy-one-port-again": (one_port_again,),
    "healthy-pool": (pool,),
    "healthy-processors-overtake": (processors_overtake,),
    "healthy-probes": (probes,),
    "healthy-reads-in-parts": (reads_in_parts,),
    "healthy-restored": (restored_elsewhere,),
    "healthy-reuse": (reuse,),
    "healthy-done": (healthy_done,),
    "healthy-told-rarely": (told_rarely,),
    "healthy-uploads-to-libkrun": (uploads_to_libkrun,),
    "healthy-zeros": (zeros,),
}

# Real kernels against drivers and monitors that are scripts, and programs that come to an end: what tests/live/record
# leaves of monitors.py and kernels.py. What is found in them.
RECORDED = {
    "accept-and-close.pcapng": ["note accept-and-close"],
    "both-after-restart.pcapng.gz": [],
    "both-before-restart.pcapng.gz": [],
    "both-kernels.pcapng.gz": ["note delivered-late", "note stall-undecided", "note connect-refused"],
    "both-not-read.pcapng.gz": ["note stall-undecided"],
    "both-request-lost.pcapng.gz": ["warn connect-unanswered"],
    "both-split.pcapng.gz": [],
    "both-talks.pcapng.gz": ["note connect-refused"],
    "both-word-held.pcapng.gz": ["warn stall-word-held"],
    "both-word-lost.pcapng.gz": ["warn not-delivered"],
    "credit-before-response.pcapng": ["note connect-refused"],
    "datagrams.pcapng": ["note datagram-refused"],
    "force-close.pcapng": [],
    "gone-when-accepted.pcapng": ["note connect-abandoned"],
    "half-close.pcapng": ["note half-close-slow"],
    "kept-buffers.pcapng.gz": ["warn connect-unanswered"],
    "killed.pcapng": [],
    "large-writes-6.12.pcapng.gz": [],
    "large-writes-6.17.pcapng.gz": ["note payload-not-recorded"],
    "large-writes-7.3.pcapng.gz": [],
    "libkrun-close.pcapng": [],
    "namespaces.pcapng": ["warn connect-refused", "note cid-shared", "note connect-refused"],
    "not-read.pcapng": ["note not-read"],
    "stale-reset.pcapng": ["warn stale-reset"],
    "still-open.pcapng": ["warn stale-connection"],
    "guest-gone.pcapng": [],
    "broken-pipe.pcapng": ["note closed-by-reset", "note connect-refused"],
    "vhost-device.pcapng.gz": ["warn connect-unanswered", "note stall-undecided", "note connect-refused"],
    "to-a-sibling.pcapng": ["warn connect-unanswered"],
    "unacknowledged.pcapng": ["note close-timeout"],
}

CAPTURES = {f"gallery/{name}.pcapng": capture(story) for name, (story, *_) in GALLERY.items()}
EXPECTED = {f"gallery/{name}.pcapng": expected for name, (_, *expected) in GALLERY.items()}
EXPECTED |= {f"gallery/recorded-{name}": expected for name, expected in RECORDED.items()}
EXPECTED |= both.EXPECTED
