/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnosis_codes.c - one row a code: all that is known of it. The hints name what helped those who reported
 * such failures. diagnosis_text.c says what stands in braces. */
#include "diagnosis.h"

#include <stddef.h>

#include "stall.h"
#include "stream.h"

#define WARN VSOCK_SEVERITY_WARN
#define NOTE VSOCK_SEVERITY_NOTE
#define ERROR VSOCK_SEVERITY_ERROR

/* ---- sentences and hints that depend on the figures ---- */

#define REFUSED "{dst} refused {count} of {of:request} from {src}{span}, and accepted {accepted}"
#define LATE "{count?its RST|the slowest RST} came {whole_ms} s after {count?the|its} request"

static const char *sentence_of_refused(const struct vsock_diagnosis *d)
{
    if (d->dialled_itself)
        return "{count} of {of:request} from {src} to {dst} ended in a RST of the socket that had asked: it "
               "dialled itself";
    if (d->own_fault)
        return "{count} of {of:request} from {src} to {dst} ended in a RST of the client itself (EPROTO)";
    if (d->figures.longest >= VSOCK_LOST_CONNECT)
        return REFUSED "; " LATE ": Linux gives up after 2 s unless told otherwise";
    if (d->figures.longest >= VSOCK_SLOW_CONNECT)
        return REFUSED "; " LATE;
    return REFUSED;
}

static const char *next_of_refused(const struct vsock_diagnosis *d)
{
    if (d->dialled_itself)
        return "a socket that is bound to the port it connects to cannot work: bind another port, or none";
    if (d->own_fault)
        return "another packet than a RESPONSE reached the client: which one, just before the RST?";
    if (d->shared)
        return "several machines have this CID (cid-shared): is anything listening on the one that was "
               "meant?";
    if (d->figures.longest >= VSOCK_SLOW_CONNECT)
        return "what kept the server's machine, or its monitor, busy? Is anything listening there, on that "
               "CID and port, with this socket type?";
    if (d->figures.others > 0)
        return "it also accepts: was its listener not up yet, restarted, or its backlog full?";
    return "is anything listening there, on that CID and port, with this socket type?";
}

/* Of a request without an answer, who was not heard of says most. */
static const char *sentence_of_silence(const struct vsock_diagnosis *d)
{
    switch (d->heard) {
    case VSOCK_HEARD_NEVER:
        return "nothing at all ever came from {dst_cid}: {count} of {of:request} from {src} to {dst} had no "
               "answer in time";
    case VSOCK_HEARD_BEFORE:
        return "{count} of {of:request} from {src} to {dst} had no answer in time; accepted: {accepted}; "
               "nothing came from {dst_cid} since: the last packet was {longest.1} s before";
    case VSOCK_HEARD_SHARED:
        return "{count} of {of:request} from {src} to {dst} had no answer in time; accepted: {accepted}; "
               "which of the machines with that CID it was is not known";
    case VSOCK_HEARD_SINCE:
        break;
    }
    return "{count} of {of:request} from {src} to {dst} had no answer in time; accepted: {accepted}; other "
           "packets came from {dst_cid} since";
}

/* What vhost does of this is in drivers/vhost/vsock.c: it records what it puts into a guest's buffers, and
 * passes on to the host alone; sysctl net.vsock.g2h_fallback is in net/vmw_vsock/af_vsock.c of Linux 7.2. */
static const char *next_of_silent_guest(bool alive)
{
    if (alive)
        return "that guest is up, and took the request: Linux would have answered it by itself. Which driver "
               "does it have?";
    return "that guest's driver had a buffer for the request: without one, Linux records nothing, and "
           "connect() fails with ETIMEDOUT. A Linux that runs answers by itself: has that machine stopped? "
           "After a restore: does its monitor still serve its queues?";
}

static const char *next_of_silent_host(bool alive, bool from_outside)
{
    if (alive)
        return "does anybody listen there? A host's Linux would have refused it; a monitor may not answer "
               "what it refuses";
    if (from_outside)
        return "that guest takes no packets: the host answers by itself, but what a guest has no buffer for "
               "is neither delivered nor recorded. Does its driver give its receive buffers back, or has it "
               "stopped? (Captured in a guest that has guests: its own host is silent)";
    return "captured in the guest: does anybody listen on the host, and does the monitor answer what it "
           "refuses? After a restore: does it still serve the guest's queues? Captured on the host: that "
           "guest takes no packets, as its driver keeps its receive buffers, or has stopped";
}

/* Where a packet is between the two recordings: vhost records what it puts into a guest's buffers, and what
 * it takes from its queue (drivers/vhost/vsock.c); the driver what it puts into the queue, and what it takes
 * from its buffers (net/vmw_vsock/virtio_transport.c). */
static const char *next_of_way(const struct vsock_diagnosis *d)
{
    bool back = d->code == VSOCK_CODE_STALL_WORD_HELD || d->settled == VSOCK_SETTLED_ANSWER_LOST;
    uint64_t to = back ? d->src.cid : d->dst.cid;

    if (to == VSOCK_CID_HOST)
        return "it was in the guest's transmit queue, and the host took it from there late or never: was "
               "vhost's "
               "worker, or the monitor, kept from running? Was the queue's notification lost?";
    return "it was in the guest's receive buffers, and its driver took it from there late or never: was the "
           "guest "
           "paused, or out of CPU time? Was its interrupt lost?";
}

static const char *next_of_silence(const struct vsock_diagnosis *d)
{
    bool alive = d->heard == VSOCK_HEARD_SINCE;

    if (d->settled == VSOCK_SETTLED_NEVER_ARRIVED || d->settled == VSOCK_SETTLED_ANSWER_LOST)
        return next_of_way(d);
    switch (d->way) {
    case VSOCK_WAY_NOWHERE:
        break;
    case VSOCK_WAY_TO_GUEST:
        return next_of_silent_guest(alive);
    case VSOCK_WAY_TO_HOST:
    case VSOCK_WAY_TO_HOST_FROM_OUTSIDE:
        return next_of_silent_host(alive, d->way == VSOCK_WAY_TO_HOST_FROM_OUTSIDE);
    case VSOCK_WAY_BETWEEN_GUESTS:
        return "vhost-vsock passes nothing from guest to guest: a proxy on the host has to. A host that is a "
               "guest itself, with Linux 7.2 or later, sends what is for none of its guests to its own host, "
               "unless its sysctl g2h_fallback is 0 (then connect() fails with ENODEV). In a Nitro parent: "
               "is it the enclave's CID?";
    }
    return "which machine is to have that CID? Guests have 3 and more; loopback (1) answers by itself";
}

#define HELD                                                                                                 \
    ", whose endpoints are those of {limit?a connection|connections} that never ended, and that it still "   \
    "holds: {limit?|the first is }stream {of}, last heard of {longest.1} s before"

static const char *sentence_of_stale(const struct vsock_diagnosis *d)
{
    if (d->figures.others == d->figures.count)
        return "{dst} refused {count:request} from {src}{span}" HELD;
    if (d->figures.others == 0)
        return "{dst} did not answer {count:request} from {src}{span}" HELD;
    return "{dst} refused {others} and did not answer {late} of {count:request} from {src}{span}" HELD;
}

static const char *sentence_of_slow(const struct vsock_diagnosis *d)
{
    if (d->severity >= VSOCK_SEVERITY_WARN)
        return "{dst} took {whole_ms} s to accept {src}: Linux gives up after 2 s unless told otherwise";
    return "{dst} took {whole_ms} s to accept {src}";
}

static const char *sentence_of_abandoned(const struct vsock_diagnosis *d)
{
    if (d->figures.others == d->figures.count)
        return "{src} no longer wanted {count} of {of:connection} to {dst}{span}: it reset {count?it|each} "
               "after {longest} s{at_most}, and no response was captured";
    if (d->figures.others > 0)
        return "{src} no longer wanted {count} of {of:connection} to {dst}{span}: it reset each after "
               "{longest} s{at_most}, when the response came; {others} before any was captured";
    return "{src} no longer wanted {count} of {of:connection} to {dst}{span}: it reset {count?it|each} when "
           "the response came, after {longest} s{at_most}";
}

/* What comes so soon, no timeout was too short for. */
static const char *next_of_abandoned(const struct vsock_diagnosis *d)
{
    if (d->figures.longest < 10000000)
        return "had the client's program gone already? A monitor whose Unix socket has been closed resets "
               "what it has just opened; an interrupted connect(), and a probe that connects through "
               "libkrun, look the same";
    return "was the client interrupted, or its connect timeout too short for this server? Compare "
           "connect-slow";
}

static const char *sentence_of_mismatch(const struct vsock_diagnosis *d)
{
    if (d->type == VSOCK_TYPE_STREAM)
        return "{dst} refused {count:STREAM request} from {src}; all that it ever accepted here ({others}) "
               "{others?was|were} SEQPACKET";
    return "{dst} refused {count:SEQPACKET request} from {src}; all that it ever accepted here ({others}) "
           "{others?was|were} STREAM";
}

static const char *sentence_of_lost(const struct vsock_diagnosis *d)
{
    if (d->port_count > 1 && d->figures.of == 0)
        return "{ports} had accepted {others:connection}{client}; then, from within a second on, each "
               "refused all: {count:request}{span}; none of the accepted was still open then";
    if (d->port_count > 1)
        return "{ports} had accepted {others:connection}{client}; then, from within a second on, each "
               "refused all: {count:request}{span}; {of} of the accepted {of?was|were} still open then";
    if (d->figures.of == 0)
        return "{dst} had accepted {others:connection}{client}, then refused {count:request} in a row{span}; "
               "none of those it had accepted was still open then";
    return "{dst} had accepted {others:connection}{client}, then refused {count:request} in a row{span}; "
           "{of} of the accepted {of?was|were} still open then";
}

static const char *next_of_lost(const struct vsock_diagnosis *d)
{
    if (d->port_count > 1)
        return "did one program that serves all these ports end, an agent for instance, or its machine begin "
               "anew?";
    if (d->figures.of > 0)
        return "is the program still accepting? Its backlog may be full of connections that it has not taken";
    return "did the listening program end, or close its listener after the first connection?";
}

/* What every stall but that of the sender's own cap has in common. */
#define STALLED "{src} could not send{stall} with a buffer of {limit:byte} full at {dst}"

static const char *sentence_of_missing(const struct vsock_diagnosis *d)
{
    if (d->cause == VSOCK_STALL_UPDATE_LATE)
        return STALLED ", which was asked for credit and never spoke since";
    if (d->cause == VSOCK_STALL_SHRUNK)
        return STALLED ", which had made it smaller and never spoke since";
    return STALLED ", which never spoke since";
}

static const char *sentence_of_undecided(const struct vsock_diagnosis *d)
{
    if (d->cause == VSOCK_STALL_SHRUNK)
        return STALLED ", which had made it smaller{done}";
    if (d->cause == VSOCK_STALL_UPDATE_LATE && (d->lasting || d->gave_up))
        return STALLED ", which was asked for credit and did not answer{done}";
    if (d->cause == VSOCK_STALL_UPDATE_LATE)
        return STALLED ", which was asked for credit and answered late{done}";
    return STALLED "; for most of that time nothing tells whether that side was reading{done}";
}

/* Linux withholds credit while more than VIRTIO_VSOCK_MAX_PKT_BUF_SIZE is left of its buffer. */
static const char *next_of_undecided(const struct vsock_diagnosis *d)
{
    if (d->cause == VSOCK_STALL_SHRUNK)
        return "SO_VM_SOCKETS_BUFFER_SIZE was lowered on an open connection: lower it before";
    if (d->cause == VSOCK_STALL_UPDATE_LATE)
        return "which driver or monitor is it? Linux answers a CREDIT_REQUEST at once";
    if (d->figures.limit > 65536)
        return "did the receiving program read all the time? Linux may tell only when less than 64 KiB of "
               "its buffer is left";
    return "did the receiving program read all the time? If so, its driver or monitor did not tell: Linux, "
           "with a buffer of 64 KiB or less, tells at each read";
}

static const char *sentence_of_undelivered(const struct vsock_diagnosis *d)
{
    if (d->figures.longest > 0)
        return "{count:packet} that {src} sent last did not reach {dst}, which could not send for "
               "{longest} s, to "
               "the end, for want of {count?its|their} word of credit";
    return "{count:packet} that {src} sent last did not reach {dst}, whose recording goes on";
}

static const char *sentence_of_unanswered(const struct vsock_diagnosis *d)
{
    if (d->figures.others == 0)
        return "{dst} was late to answer {late:credit request} of {src}; the longest wait was {longest} s";
    if (d->figures.others == d->figures.count)
        return "{dst} never answered {others:credit request} of {src}, which waited {longest} s";
    return "{dst} was late to answer {late:credit request} of {src}, and never answered {others} more; the "
           "longest wait was {longest} s";
}

static const char *sentence_of_restart(const struct vsock_diagnosis *d)
{
    if (d->figures.bytes > 0)
        return "{src} reset all {count:open stream} with {dst} at once, unasked, after {longest.1} s in "
               "which none of them had spoken; {bytes:byte} sent to it {bytes?was|were} not read";
    return "{src} reset all {count:open stream} with {dst} at once, unasked, after {longest.1} s in which "
           "none of them had spoken";
}

static const char *sentence_of_storm(const struct vsock_diagnosis *d)
{
    if (d->figures.others > 0)
        return "{src} and {dst} sent each other {count:RST} in {total} s that answer nothing: {others} of "
               "them came from the latter";
    return "{src} sent {count:RST} to {dst} in {total} s that answer nothing";
}

static const char *sentence_of_waiting_together(const struct vsock_diagnosis *d)
{
    if (d->figures.others == 1)
        return "{count:stream} between {src} and {dst} were all stalled for {longest} s, and went on within "
               "0.1 s of each other; the first that was stalled is stream {of}";
    return "{count:stream} between {src} and {dst} were stalled together {others} times, up to {limit} of "
           "them at once and for {longest} s at most, and each time went on within 0.1 s of each other; the "
           "first that was stalled is stream {of}";
}

/* It said nothing to anybody else either. */
static bool was_quiet(const struct vsock_diagnosis *d)
{
    return d->figures.total >= d->figures.longest;
}

static const char *sentence_of_still(const struct vsock_diagnosis *d)
{
    if (was_quiet(d))
        return "{dst} stood still for {longest.1} s: it owed answers on {count:stream}, said nothing to "
               "anybody, and then went on with all of them within 0.1 s";
    return "something on {dst} stood still for {longest.1} s: it owed answers on {count:stream}, gave none "
           "while it spoke on others, and then went on with all of them within 0.1 s";
}

static const char *next_of_still(const struct vsock_diagnosis *d)
{
    if (was_quiet(d))
        return "was that machine, or its monitor, paused, suspended, or out of CPU time then? Its log, and "
               "its clock, may tell";
    return "which program or thread serves all of these streams, and what did it wait for then?";
}

static const char *sentence_of_not_read(const struct vsock_diagnosis *d)
{
    if (d->unread == VSOCK_UNREAD_GIVEN_UP)
        return "{dst} had not read {bytes:byte} of {src} for {longest} s, though it had room for more, when "
               "that gave up and closed";
    if (d->unread == VSOCK_UNREAD_LATE)
        return "{dst} read nothing of {src} for {longest} s, though it had room for more, then {bytes:byte}";
    if (d->unread == VSOCK_UNREAD_DROPPED)
        return "{dst} had not read {bytes:byte} of {src} for {longest} s, though it had room for more, when "
               "it "
               "closed";
    return "{dst} has not read {bytes:byte} of {src} for {longest} s, to the end, though it has room for "
           "more";
}

static const char *sentence_of_close_timeout(const struct vsock_diagnosis *d)
{
    if (d->figures.bytes > 0)
        return "{dst} did not acknowledge that {src} closed, within {longest.1} s: by its last word it had "
               "{bytes:byte} left to read, and it had been silent for {total.1} s by then";
    return "{dst} did not acknowledge that {src} closed, within {longest.1} s: it had nothing left to read, "
           "and it had been silent for {total.1} s by then";
}

/* Linux acknowledges by itself once all is read: virtio_transport_recv_connected(); 3 ms with 6.12.117. */
static const char *next_of_close_timeout(const struct vsock_diagnosis *d)
{
    if (d->figures.bytes > 0)
        return "why did that side neither read to the end nor close? It may hold a descriptor open";
    return "that side's driver or monitor did not acknowledge, or its machine had stopped: Linux does it by "
           "itself where nothing is left to read, whatever its program does";
}

static const char *sentence_of_lost_data(const struct vsock_diagnosis *d)
{
    if (d->figures.longest == 0)
        return "{bytes:byte} that {src} had sent before it shut down {bytes?was|were} not read when {dst} "
               "ended the connection, although it had been reading before";
    return "{bytes:byte} that {src} had sent {bytes?was|were} not read when {dst} closed: it had stopped "
           "within a packet {longest} s before";
}

/* Linux counts whole packets: virtio_transport_stream_do_dequeue(). */
static const char *next_of_lost_data(const struct vsock_diagnosis *d)
{
    if (d->figures.longest == 0)
        return "did the receiver close before it had read to the end? Monitors are known to lose what is "
               "left in their buffers";
    return "Linux counts whole packets: so it is a monitor or driver that took a part. Does it hand on the "
           "rest when its own socket takes only a part? Or had the program behind it stopped reading?";
}

#define TOO_SOON                                                                                             \
    "{src} closed its connection to {dst}, and reset it {longest.6} s later without waiting for that side: "

static const char *sentence_of_too_soon(const struct vsock_diagnosis *d)
{
    if (d->figures.limit == 0)
        return TOO_SOON "{bytes:byte} that it had sent {bytes?was|were} not read yet";
    if (d->figures.bytes == 0)
        return TOO_SOON "it left {limit:byte} of what that had sent unread";
    return TOO_SOON
        "{bytes:byte} that it had sent {bytes?was|were} not read yet, and it left {limit:byte} of what "
        "that had sent unread";
}

#define LOST_BYTES                                                                                           \
    "{bytes:byte} that {bytes?was|were} read {bytes?is|are} not in the capture, in {count:gap} of "          \
    "{of:stream}"
#define LOST_RECORDS                                                                                         \
    "{others} more {others?packet was|packets were} read than any captured packet allows: likely, what "     \
    "allowed {others?it|them} is not in the capture"

static const char *sentence_of_disorder(const struct vsock_diagnosis *d)
{
    if (d->figures.others > 0)
        return "{count:packet} {count?is|are} earlier than the one before, by {longest.6} s{at_most}; "
               "{others:stream} with such packets {others?is|are} not judged";
    return "{count:packet} {count?is|are} earlier than the one before, by {longest.6} s{at_most}";
}

static const char *sentence_of_set_back(const struct vsock_diagnosis *d)
{
    if (d->figures.count == 1)
        return "the clock that stamps the packets went back by {longest} s: {others:answer} {others?is|are} "
               "earlier than what {others?it answers|they answer}";
    return "the clock that stamps the packets went back {count} times, by {longest} s at most: "
           "{others:answer} {others?is|are} earlier than what {others?it answers|they answer}";
}

/* reordercap takes a packet without a time for the earliest of all. */
static const char *next_of_disorder(const struct vsock_diagnosis *d)
{
    if (d->untimed)
        return "were files joined out of order? Some packets have no time: reordercap would put these first. "
               "Join the files again, in their order (mergecap -a)";
    return "reordercap FILE SORTED.pcapng, and look at SORTED.pcapng. But where the clock was set back, the "
           "packets are in order as they are";
}

static const char *sentence_of_loss(const struct vsock_diagnosis *d)
{
    if (d->figures.others == 0)
        return LOST_BYTES;
    return d->figures.bytes == 0 ? LOST_RECORDS : LOST_BYTES "; " LOST_RECORDS;
}

static const char *sentence_of_shared(const struct vsock_diagnosis *d)
{
    if (d->proved)
        return "{dst} is several machines: {others:connection} began while another one was open between the "
               "very same endpoints, and that one went on";
    return "{dst} is several machines: a port there refused {count:request} of one run of client ports, and "
           "accepted those of another meanwhile";
}

/* ---- the codes ---- */

#define STALL_FIGURES                                                                                        \
    {                                                                                                        \
        .count = "stalls", .limit = "buffer_bytes", .longest = "longest_s", .total = "total_s"               \
    }
#define PROVED_STALL_FIGURES                                                                                 \
    {                                                                                                        \
        .count = "stalls", .limit = "buffer_bytes", .longest = "longest_s", .total = "total_s",              \
        .proved = "proved_s"                                                                                 \
    }

/* Where a preference decides, the meaning has its default. Laid out by hand, as tables of fields are. */
/* clang-format off */
const struct vsock_code_row vsock_codes[VSOCK_CODE_COUNT] = {
    [VSOCK_CODE_CONNECT_REFUSED] = {
        .name = "connect-refused",
        .usual = NOTE, .worst = WARN,
        .figures = {.count = "refused", .of = "requests", .others = "accepted", .longest = "answer_s",
                    .total = "span_s"},
        .meaning = "requests of one CID to one port were answered by a RST; a warning from three on, or where one "
                   "came 2 s or more after its request",
        .choose_sentence = sentence_of_refused,
        .choose_next = next_of_refused,
    },
    [VSOCK_CODE_CONNECT_UNANSWERED] = {
        .name = "connect-unanswered",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "unanswered", .of = "requests", .others = "accepted", .longest = "unheard_s",
                    .total = "span_s"},
        .meaning = "requests of one CID to one port had no answer within vsock.connect_timeout (2 s)",
        .choose_sentence = sentence_of_silence,
        .choose_next = next_of_silence,
    },
    [VSOCK_CODE_STALE_RESET] = {
        .name = "stale-reset",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "reset", .of = "requests", .total = "span_s"},
        .meaning = "a request was answered by a RST, then by the RESPONSE: the RST was of a connection before",
        .sentence = "{count} of {of:request} from {src} to {dst} {count?was|were} ended by a RST that was not the "
                    "answer: the RESPONSE came behind it, and Linux had given up by then (ECONNRESET)",
        .next = "a late RST of the connection before from the same port: which side sent it, and for what? "
                "Monitors are known to answer a RST by a RST. The client may try again, from another port",
    },
    [VSOCK_CODE_STALE_CONNECTION] = {
        .name = "stale-connection",
        .usual = WARN, .worst = WARN, .likely = true,
        .figures = {.count = "stale", .of = "first_held_stream", .others = "refused", .limit = "held_streams",
                    .longest = "held_silence_s", .total = "span_s"},
        .meaning = "requests were refused, or had no answer, whose endpoints are those of a connection that never "
                   "ended: the other side holds it still; one diagnosis for two CIDs",
        .choose_sentence = sentence_of_stale,
        .next = "was the client's machine, or its monitor, restored from a snapshot or restarted? Then it counts "
                "its ports from the start, over connections that the other side kept (Linux takes no notice of "
                "such a request). Close those at the other side, or dial from other ports",
    },
    [VSOCK_CODE_CONNECT_SLOW] = {
        .name = "connect-slow",
        .usual = NOTE, .worst = WARN,
        .figures = {.longest = "connect_s"},
        .meaning = "a RESPONSE came 1 s or more after its REQUEST; a warning from 2 s on",
        .choose_sentence = sentence_of_slow,
        .next = "what kept the server's machine busy? A monitor that connects on its own thread delays "
                "all others",
    },
    [VSOCK_CODE_CONNECT_ABANDONED] = {
        .name = "connect-abandoned",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "abandoned", .of = "requests", .others = "without_response", .longest = "connect_s", .total = "span_s"},
        .meaning = "a client reset connections to one port when their RESPONSEs came, before any data",
        .choose_sentence = sentence_of_abandoned,
        .choose_next = next_of_abandoned,
    },
    [VSOCK_CODE_CONNECT_TYPE_MISMATCH] = {
        .name = "connect-type-mismatch",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "refused", .of = "requests", .others = "accepted_of_other_type", .total = "span_s"},
        .meaning = "requests were refused by a port that only ever accepted the other socket type",
        .choose_sentence = sentence_of_mismatch,
        .next = "the client's socket type must be the listener's: SOCK_STREAM or SOCK_SEQPACKET",
    },
    [VSOCK_CODE_LISTENER_LOST] = {
        .name = "listener-lost",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "refused", .of = "open", .others = "accepted_before", .total = "span_s"},
        .meaning = "a port that had accepted connections refused three requests in a row; several ports of "
                   "one CID within a second are told together",
        .choose_sentence = sentence_of_lost,
        .choose_next = next_of_lost,
    },
    [VSOCK_CODE_PORT_SCAN] = {
        .name = "port-scan",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "refused", .total = "span_s"},
        .meaning = "requests to ten ports or more of one CID were refused within a second",
        .sentence = "{dst} refused {count:request} from {src}{span}, to 10 ports or more within a second",
        .next = "who looks for open ports there? A client that tries port after port looks the same",
    },
    [VSOCK_CODE_ACCEPT_AND_CLOSE] = {
        .name = "accept-and-close",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "connections", .longest = "open_s", .total = "span_s"},
        .meaning = "ten connections or more in a row were accepted, and closed by the server within a second "
                   "without a byte; each time the client came again at once",
        .sentence = "{dst} accepted {count:connection} from {src} in a row, in {total} s, and closed each within "
                    "{longest} s, without a byte either way; the client came again at once",
        .next = "why does that server close at once? Its log: it may be full, or fail to reach what it stands "
                "for. A client that waits longer each time would not load it so",
    },
    [VSOCK_CODE_DATAGRAM_REFUSED] = {
        .name = "datagram-refused",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "refused", .of = "datagrams", .total = "span_s"},
        .meaning = "datagrams (type Dgram) were answered by a RST of their type",
        .sentence = "{dst} refused {count} of {of:datagram} from {src}{span}: a RST of their type answered "
                    "{count?it|each}",
        .next = "a Linux without datagrams of vsock, which mainline has not, answers so, and what they carry is lost; no "
                "stream is harmed. libkrun sends guests the time so, to port 123: is the guest's clock set in "
                "another way?",
    },
    [VSOCK_CODE_PEER_GONE] = {
        .name = "peer-gone",
        .usual = WARN, .worst = WARN,
        .figures = {.total = "age_s"},
        .meaning = "a packet of an open connection was answered by a RST without a socket",
        .sentence = "{src} did not know its connection to {dst}: it answered a packet with a RST "
                    "without a socket, {total} s after the first one here",
        .next = "was that machine, or its monitor, reset or restored, so that it lost the connection? A "
                "Linux program that ends, for whatever reason, sends a SHUTDOWN instead",
    },
    [VSOCK_CODE_CLOSED_BY_RESET] = {
        .name = "closed-by-reset",
        .usual = NOTE, .worst = NOTE,
        .figures = {.bytes = "unconsumed_bytes", .limit = "buffer_bytes", .total = "age_s"},
        .meaning = "a RST without a socket, that answers nothing, ended an open connection whose sender had "
                   "filled the other side's buffer",
        .sentence = "{src} ended its connection to {dst} by a RST without a socket, unasked, after {total} s; "
                    "{bytes:byte} of a full buffer of {limit} {bytes?was|were} not read",
        .next = "they are lost. libkrun and alioth close like this when the program at their end does: why "
                "had it stopped reading?",
    },
    [VSOCK_CODE_RESET_ABORTED] = {
        .name = "reset-aborted",
        .usual = ERROR, .worst = ERROR,
        .figures = {.bytes = "unconsumed_bytes", .limit = "buffer_bytes", .total = "age_s"},
        .meaning = "a live socket reset an open connection, with data that it had not read",
        .sentence = "{src} reset its connection to {dst} after {total} s, with {bytes:byte} unread of a "
                    "buffer of {limit}",
        .next = "why did that side give up a live connection? Its program's or monitor's log at this "
                "time",
    },
    [VSOCK_CODE_RESET_QUEUE_OVERHEAD] = {
        .name = "reset-queue-overhead",
        .usual = ERROR, .worst = ERROR, .likely = true,
        .figures = {.bytes = "unconsumed_bytes", .limit = "buffer_bytes", .total = "age_s"},
        .meaning = "a live socket reset an open connection, since too many small packets had filled its "
                   "queue",
        .sentence = "{src} reset its connection to {dst} after {total} s, with {bytes:byte} unread of a "
                    "buffer of {limit}: so many small packets that their overhead filled it, not their "
                    "bytes",
        .next = "a Linux that refuses more than buffer / 576 packets (6.12.94 to 6.12.100 and their "
                "like): update it, read sooner, or send larger packets",
    },
    [VSOCK_CODE_RESET_AFTER_OVERRUN] = {
        .name = "reset-after-overrun",
        .usual = ERROR, .worst = ERROR,
        .figures = {.bytes = "unconsumed_bytes", .limit = "buffer_bytes", .total = "age_s"},
        .meaning = "a live socket reset an open connection, since it was sent more than it had allowed",
        .sentence = "{src} reset its connection to {dst} after {total} s, with {bytes:byte} unread of a "
                    "buffer of {limit}: the other side had sent more than it was allowed",
        .next = "the sender is at fault: see credit-overrun",
    },
    [VSOCK_CODE_RESTORED_OR_RESTARTED] = {
        .name = "restored-or-restarted",
        .usual = NOTE, .worst = WARN, .likely = true,
        .figures = {.count = "streams", .bytes = "unconsumed_bytes", .longest = "silence_s"},
        .meaning = "one CID ended three open connections or more with another at once, by RSTs that nobody asked "
                   "for; a warning after a silence of 10 s, or with bytes unread",
        .choose_sentence = sentence_of_restart,
        .next = "was that machine or its monitor restored from a snapshot, or restarted, or the program that had "
                "them all? Connections of before do not survive that: the other side has to connect anew",
    },
    [VSOCK_CODE_RESET_STORM] = {
        .name = "reset-storm",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "resets", .others = "of_other_side", .total = "span_s"},
        .meaning = "a hundred RSTs or more between two endpoints, within 10 s, answered nothing",
        .choose_sentence = sentence_of_storm,
        .next = "a loop of the monitor or driver that sends them, most likely: is it busy, at 100 % of a CPU? One RST "
                "ends a connection, and none answers a RST. libkrun is known to have reset a refused connection "
                "without end",
    },
    [VSOCK_CODE_CREDIT_OVERRUN] = {
        .name = "credit-overrun",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "packets", .bytes = "exceeded_bytes"},
        .meaning = "a side sent more than the other ever allowed",
        .sentence = "{src} sent {bytes:byte} more than {dst} ever allowed, in {count:packet}",
        .next = "the sender must keep to buf_alloc - (sent - fwd_cnt): its monitor or driver does not. "
                "Draw vsock.credit.window",
    },
    [VSOCK_CODE_CREDIT_COUNTER_AHEAD] = {
        .name = "credit-counter-ahead",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "packets", .bytes = "ahead_bytes"},
        .meaning = "a side says, by its fwd_cnt, that it consumed what nobody sent",
        .sentence = "{src} says that it consumed what nobody was seen to send: {bytes:byte}, in "
                    "{count:packet} to {dst}",
        .next = "does that side count fwd_cnt per connection, from 0? If data was sent before the first "
                "packet seen here, the capture misses it",
    },
    [VSOCK_CODE_CREDIT_COUNTER_BACKWARDS] = {
        .name = "credit-counter-backwards",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "packets", .bytes = "back_bytes"},
        .meaning = "a side takes back, by its fwd_cnt, what it had consumed",
        .sentence = "{src} takes back what it had consumed: {bytes:byte}, in {count:packet} to {dst}",
        .next = "fwd_cnt only ever grows, modulo 2^32: a bug of that side's, or two captures mixed into "
                "one",
    },
    [VSOCK_CODE_BUFFER_SHRUNK] = {
        .name = "buffer-shrunk",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "packets", .bytes = "beyond_bytes", .limit = "buffer_bytes"},
        .meaning = "a receive buffer was made smaller than what was in flight to it",
        .sentence = "{dst} shrank its buffer to {limit:byte} while {src} had {in_flight} in flight",
        .next = "SO_VM_SOCKETS_BUFFER_SIZE was lowered on an open connection: lower it before. Linux "
                "before January 2026 overruns such a window",
    },
    [VSOCK_CODE_CREDIT_LEAK] = {
        .name = "credit-leak",
        .usual = WARN, .worst = WARN, .likely = true,
        .figures = {.count = "exchanges", .bytes = "unconsumed_bytes", .limit = "buffer_bytes",
                    .longest = "longest_s"},
        .meaning = "after each of three exchanges or more a side left more unconsumed, though its program "
                   "read and asked again, until the other could send no more; instead of "
                   "stall-receiver-not-reading",
        .sentence = "{dst} miscounts what it reads, or throws it away: after each of {count:exchange} it "
                    "left more of what {src} had sent unconsumed, until that could send no more, for "
                    "{longest} s{to_end}, with {bytes:byte} in flight into a buffer of {limit}",
        .next = "does the monitor or driver there count all that it takes, and hand on all of it? One that "
                "writes to a socket that takes only a part is known to lose the rest",
    },
    [VSOCK_CODE_STALL_RECEIVER_NOT_READING] = {
        .name = "stall-receiver-not-reading",
        .usual = NOTE, .worst = WARN,
        .figures = PROVED_STALL_FIGURES,
        .meaning = "a sender had no window for vsock.stall_warning (1 s) or longer; the receiver spoke "
                   "meanwhile, and had read nothing for a second, or for half of the stall; a note where "
                   "the sender had no more to send",
        .sentence = STALLED ", which spoke meanwhile: that it read no packet to its end is proved for {proved} s of "
                    "it{done}",
        .next = "what does the receiving program wait for? It has data to read",
    },
    [VSOCK_CODE_STALL_SLOW_READER] = {
        .name = "stall-slow-reader",
        .usual = NOTE, .worst = NOTE,
        .figures = STALL_FIGURES,
        .meaning = "a sender had no window for vsock.stall_note (100 ms) or longer; the receiver reads "
                   "little at a time",
        .sentence = STALLED ", which reads little at a time{done}",
        .next = "the receiving program is the bottleneck; a larger buffer helps with bursts only",
    },
    [VSOCK_CODE_STALL_OWN_CAP] = {
        .name = "stall-own-cap",
        .usual = NOTE, .worst = WARN,
        .figures = STALL_FIGURES,
        .meaning = "a sender waited for vsock.stall_warning (1 s) or longer; the receiver has room, but "
                   "the sender keeps to its own buffer's size as well; a note where it had no more to send",
        .sentence = "{src} had as much in flight to {dst} as its own buffer holds ({limit:byte}), "
                    "though not the other's, for {total} s{to_end}: Linux since January 2026 sends no "
                    "more then{done}",
        .next = "raise the sender's own SO_VM_SOCKETS_BUFFER_SIZE, or have the other side tell of what "
                "it read sooner",
    },
    [VSOCK_CODE_STALL_UPDATE_MISSING] = {
        .name = "stall-update-missing",
        .usual = WARN, .worst = WARN, .likely = true,
        .figures = STALL_FIGURES,
        .meaning = "a sender had no window for vsock.stall_warning (1 s) or longer, and to the end; the "
                   "receiver was asked and silent, or never said that it read",
        .choose_sentence = sentence_of_missing,
        .next = "does the other side send CREDIT_UPDATEs when its program reads, and answer "
                "CREDIT_REQUESTs? Its driver or monitor is suspected, if its program reads",
    },
    [VSOCK_CODE_STALL_UNDECIDED] = {
        .name = "stall-undecided",
        .usual = NOTE, .worst = WARN,
        .figures = STALL_FIGURES,
        .meaning = "a sender had no window for vsock.stall_warning (1 s) or longer, for any other reason; "
                   "a warning where nothing opened it for 10 s, to the end; a note where the sender shut down "
                   "after 10 s",
        .choose_sentence = sentence_of_undecided,
        .choose_next = next_of_undecided,
    },
    [VSOCK_CODE_CREDIT_REQUEST_UNANSWERED] = {
        .name = "credit-request-unanswered",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "requests", .others = "never_answered", .longest = "longest_wait_s"},
        .meaning = "a CREDIT_REQUEST had no answer within vsock.credit_request_timeout (1 s)",
        .choose_sentence = sentence_of_unanswered,
        .next = "which driver or monitor is it? Linux always answers; viosock and libkrun are known not "
                "to",
    },
    [VSOCK_CODE_NOT_READ] = {
        .name = "not-read",
        .usual = NOTE, .worst = NOTE,
        .figures = {.bytes = "unread_bytes", .longest = "unread_s"},
        .meaning = "nobody read for 10 s what a side had sent, or for 3 s until it gave up and closed, though "
                   "there was room for more; where the receiver's machine is known to tell of what it reads",
        .choose_sentence = sentence_of_not_read,
        .next = "is the program there busy with another connection? One that serves one at a time waits for "
                "a client that says nothing: which connections to that port are open, and silent?",
    },
    [VSOCK_CODE_STALL_WORD_HELD] = {
        .name = "stall-word-held",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "stalls", .limit = "buffer_bytes", .longest = "longest_s", .total = "total_s",
                    .proved = "held_s"},
        .meaning = "a sender had no window for vsock.stall_warning (1 s) or longer, and for half of that time or more "
                   "the word that opened it was under way; where both sides were recorded, instead of other stalls",
        .sentence = "{src} could not send{stall} while the word of {dst} that opens its window was under way: that "
                    "was sent {proved} s before it arrived",
        .choose_next = next_of_way,
    },
    [VSOCK_CODE_NOT_DELIVERED] = {
        .name = "not-delivered",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "packets", .longest = "stalled_s"},
        .meaning = "what a side sent last did not reach the other one, whose recording goes on for a second or more: "
                   "three packets or more, or one that would end a stall",
        .choose_sentence = sentence_of_undelivered,
        .choose_next = next_of_way,
    },
    [VSOCK_CODE_DELIVERED_LATE] = {
        .name = "delivered-late",
        .usual = NOTE, .worst = WARN,
        .figures = {.count = "packets", .longest = "longest_s", .proved = "uncertainty_s"},
        .meaning = "packets were under way from one side to the other for vsock.delivered_late (100 ms) or longer; a "
                   "warning from 1 s on",
        .sentence = "{count:packet} of {src} reached {dst} late: after {longest} s at most, give or take {proved} s",
        .choose_next = next_of_way,
    },
    [VSOCK_CODE_ALTERED] = {
        .name = "altered",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "packets"},
        .meaning = "a packet arrived with another header, or other bytes of payload, than it was sent with; payload is "
                   "compared by its first 16 bytes, and not where the kernel's tap is known to record it wrongly",
        .sentence = "{count:packet} of {src} reached {dst} with another header or payload than {count?it was|they were} "
                    "sent with",
        .next = "compare it with vsock.twin, which is the same packet on the other side: what is between the two, a "
                "device, a monitor or a proxy, changes it",
    },
    [VSOCK_CODE_REORDERED] = {
        .name = "reordered",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "packets"},
        .meaning = "packets of one side arrived in another order than they were sent in, which vsock rules out; of packets "
                   "that look the same it is not known",
        .sentence = "{count:packet} of {src} did not reach {dst} in the order in which {count?it was|they were} sent",
        .next = "sort the other side's packets by vsock.twin: what is between the two, a device or a monitor, does not "
                "keep to the order of the queue",
    },
    [VSOCK_CODE_HALF_CLOSE_HANG] = {
        .name = "half-close-hang",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.longest = "silence_s"},
        .meaning = "one side ended its data, then nobody spoke for 10 s",
        .sentence = "{src} said that it sends no more; then neither it nor {dst} said anything for "
                    "{longest} s{to_end}",
        .next = "was the end of data passed on to the program? Proxies and monitors are known to drop a "
                "SHUTDOWN of one way. A driver that means to close has to shut both",
    },
    [VSOCK_CODE_HALF_CLOSE_SLOW] = {
        .name = "half-close-slow",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "streams", .of = "of_streams", .longest = "longest_s", .total = "total_s"},
        .meaning = "in three connections or more to one port, one side ended its data, and a second or more "
                   "later, without data meanwhile, one side closed",
        .sentence = "in {count} of {of:stream}{client} to {dst}, one side said that it sends no more, and "
                    "nothing came of it before one of them closed, {longest} s later at most; {total} s in all",
        .next = "was the end of data passed on to the program? A proxy that is not told waits for a timeout of "
                "its own (socat -t, -T) before it closes",
    },
    [VSOCK_CODE_CLOSE_TIMEOUT] = {
        .name = "close-timeout",
        .usual = NOTE, .worst = NOTE,
        .figures = {.bytes = "unconsumed_bytes", .longest = "waited_s", .total = "silent_s"},
        .meaning = "a SHUTDOWN both ways was not acknowledged (Linux waits 8 s for that)",
        .choose_sentence = sentence_of_close_timeout,
        .choose_next = next_of_close_timeout,
    },
    [VSOCK_CODE_CLOSED_TOO_SOON] = {
        .name = "closed-too-soon",
        .usual = NOTE, .worst = NOTE,
        .figures = {.bytes = "unconsumed_bytes", .limit = "left_bytes", .longest = "waited_s"},
        .meaning = "a side shut the connection both ways, and reset it within 1.5 s, before the other side had closed "
                   "or answered, with bytes under way",
        .choose_sentence = sentence_of_too_soon,
        .next = "the other side may get ECONNRESET, and lose them. Who wants an answer, or to know that all has "
                "arrived, shuts one way (SHUT_WR) and reads to the end; a driver has to wait for the RST of the other "
                "side, as Linux does for 8 s",
    },
    [VSOCK_CODE_DATA_LOST_AT_CLOSE] = {
        .name = "data-lost-at-close",
        .usual = NOTE, .worst = WARN,
        .figures = {.bytes = "unconsumed_bytes", .longest = "stopped_s"},
        .meaning = "a receiver stopped reading at the sender's SHUTDOWN, with bytes left to read (a warning), or "
                   "within a packet, and closed a second or more later (a note)",
        .choose_sentence = sentence_of_lost_data,
        .choose_next = next_of_lost_data,
    },
    [VSOCK_CODE_CLOSED_UNREAD] = {
        .name = "closed-unread",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "closed", .of = "accepted", .bytes = "unconsumed_bytes", .total = "span_s"},
        .meaning = "three connections or more to one port were closed by the server, which had consumed nothing of "
                   "what the client had sent",
        .sentence = "{dst} closed {count} of {of:connection} that it had accepted{client}{span}, and had "
                    "consumed nothing of what it was sent ({bytes:byte} at most)",
        .next = "does a proxy listen there that cannot reach its own server, or a server that takes no more at once? "
                "Its log at this time",
    },
    [VSOCK_CODE_ORPHANED_STREAM] = {
        .name = "orphaned-stream",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.longest = "gap_s", .total = "silence_s"},
        .meaning = "a connection that was in full run, or on which a side waits, is silent since a gap of 10 s or "
                   "more, after which others were opened",
        .sentence = "the stream between {src} and {dst} has not spoken since a silence of {longest.1} s "
                    "between the two CIDs, after which new streams were opened: {total.1} s in all",
        .next = "was the machine paused, or restored from a snapshot? Connections of before do not "
                "survive that: the program has to connect anew",
    },
    [VSOCK_CODE_NO_DATA] = {
        .name = "no-data",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "streams", .longest = "longest_s"},
        .meaning = "three connections or more to one port were open for 5 s, and never carried a byte",
        .sentence = "{count:stream}{client} to {dst} were open for 5 s or more ({longest.1} s at most), "
                    "and never carried a byte",
        .next = "who should speak first? A guest driver that no longer sends looks like this: "
                "handshakes work, data does not",
    },
    [VSOCK_CODE_CONNECTIONS_LEFT_OPEN] = {
        .name = "connections-left-open",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.count = "streams", .of = "opened", .others = "used_again", .longest = "idle_s",
                    .total = "span_s"},
        .meaning = "fifty connections or more of one CID to one port were opened one after another, used, and "
                   "never closed",
        .sentence = "{count:connection} of {src} to {dst}, opened one after another in {total.1} s, "
                    "{count?was|were} used once and never closed; the oldest is idle for {longest.1} s",
        .next = "who was to close them? A client that forgets to, or a proxy or monitor that does not pass the "
                "end on. Each keeps a descriptor and a buffer at both ends",
    },
    [VSOCK_CODE_HEAD_OF_LINE] = {
        .name = "head-of-line",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "streams", .of = "first_stream", .others = "times", .limit = "most_at_once",
                    .longest = "together_s"},
        .meaning = "three connections or more waited at once for a second, and went on at once; it takes the "
                   "place of their stalls",
        .choose_sentence = sentence_of_waiting_together,
        .next = "one reader may hold up a queue that all streams share: look at who should have read the "
                "stream that was stalled first",
    },
    [VSOCK_CODE_STOOD_STILL] = {
        .name = "stood-still",
        .usual = NOTE, .worst = WARN, .likely = true,
        .figures = {.count = "streams", .longest = "still_s", .total = "quiet_s"},
        .meaning = "a CID owed answers on two connections or more, gave none for 5 s, and went on with all at "
                   "once; a warning from 10 s on",
        .choose_sentence = sentence_of_still,
        .choose_next = next_of_still,
    },
    [VSOCK_CODE_LARGE_SEND_RISK] = {
        .name = "large-send-risk",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.count = "packets", .bytes = "largest_bytes"},
        .meaning = "a connection was reset or got stuck after a packet of more than 32768 bytes that "
                   "was not the host's",
        .sentence = "the connection between {src} and {dst} broke or got stuck after {count:packet} of "
                    "more than 32768 bytes ({bytes} at most)",
        .next = "senders with Linux 6.17 or later hand over such packets in pieces, which some monitors "
                "cannot read: does it work with writes of 32 KiB at most?",
    },
    [VSOCK_CODE_PROTOCOL_MISMATCH] = {
        .name = "protocol-mismatch",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.count = "streams", .limit = "read_as_length"},
        .meaning = "one side speaks HTTP, the other puts a length of 32 bits in front of what it says",
        .sentence = "{src} speaks HTTP, and {dst} puts a length in front of what it says: read as one, the "
                    "first 4 bytes of {src} are {limit}, which {dst} may have printed as a size",
        .next = "do the two programs belong together? on vsock, several use the same ports: is another one "
                "listening there than was meant?",
    },
    [VSOCK_CODE_MESSAGE_TOO_BIG] = {
        .name = "message-too-big",
        .usual = ERROR, .worst = ERROR,
        .figures = {.count = "messages", .limit = "buffer_bytes"},
        .meaning = "a SEQPACKET message fills the receiver's buffer and goes on: the rest can never fit",
        .sentence = "{src} sends a message that fills the buffer of {dst}, {limit:byte}, and goes on: "
                    "the rest can never fit",
        .next = "a message must be smaller than the receiver's SO_VM_SOCKETS_BUFFER_SIZE: raise it "
                "there, or send less at once",
    },
    [VSOCK_CODE_MESSAGE_TRUNCATED] = {
        .name = "message-truncated",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "ends"},
        .meaning = "a SEQPACKET message has no end",
        .sentence = "the last message of {src} to {dst} has no end",
        .next = "was a send() interrupted, or the sender killed? The receiver never sees that message",
    },
    [VSOCK_CODE_CID_SHARED] = {
        .name = "cid-shared",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.count = "mixed_answers", .others = "same_endpoints"},
        .meaning = "one CID is several machines at once, in network namespaces of their own (proved where two "
                   "connections with the same endpoints were open at once): what judges by "
                   "a CID, or by a server's port alone, is not told of it",
        .choose_sentence = sentence_of_shared,
        .next = "network namespaces may have CIDs of their own since Linux 7.0, as KubeVirt's have: tell the "
                "machines apart by the client ports, of which each counts its own, or record in one of them",
    },
    [VSOCK_CODE_CAPTURE_LOSS] = {
        .name = "capture-loss",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "gaps", .of = "streams", .others = "credit_records", .bytes = "missing_bytes"},
        .meaning = "bytes that were read are not in the capture",
        .choose_sentence = sentence_of_loss,
        .filter = "vsock.analysis.unseen_data || vsock.analysis.fwd_cnt_ahead || "
                  "vsock.analysis.credit_record_missing || vsock.analysis.credit_exceeded",
        .next = "figures and payloads of these streams have holes. Record with a larger buffer (dumpcap "
                "-B 64) and a snaplen (-s 160), and without a capture filter that leaves packets of a "
                "connection out; see vsock.analysis.unseen_data",
    },
    [VSOCK_CODE_KERNEL_TAP_BUG] = {
        .name = "kernel-tap-bug",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "packets", .of = "streams"},
        .meaning = "records hold bytes that are not their packets'",
        .sentence = "{count:record} {count?holds|hold} more bytes than {count?its|their} packet: a "
                    "known bug of the kernel's tap with packets that vhost splits",
        .filter = "vsock.surplus",
        .next = "nothing is wrong on the wire: only this packet's bytes are shown. Fixed in Linux 7.1, "
                "and in stable kernels of May 2026",
    },
    [VSOCK_CODE_PAYLOAD_NOT_RECORDED] = {
        .name = "payload-not-recorded",
        .usual = NOTE, .worst = NOTE, .likely = true,
        .figures = {.count = "packets", .of = "streams", .bytes = "missing_bytes"},
        .meaning = "all payload above 32404 bytes is one byte over and over, and smaller payload is not",
        .sentence = "the kernel did not record the payload of {count:packet} in {of:stream}, {bytes:byte} in "
                    "all: a known bug of its tap with what is larger than 32404 bytes",
        .filter = "vsock.analysis.payload_not_recorded",
        .next = "nothing is wrong on the wire: lengths and credit are right, contents are lost. Fixed in "
                "Linux 7.1, and in stable kernels of May 2026; scripts/doctor FILE names the kernel",
    },
    [VSOCK_CODE_CID_ANOMALY] = {
        .name = "cid-anomaly",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "packets", .of = "streams"},
        .meaning = "a CID has more than 32 bits, or is one that no socket has",
        .sentence = "{count:packet} {count?has|have} a CID of more than 32 bits, or data from or to a "
                    "CID that no socket has",
        .filter = "vsock.malformed.cid_bits || vsock.malformed.cid_reserved",
        .next = "who assigned that CID? Guests have 3 to 4294967294; see vsock.malformed.cid_bits and "
                ".cid_reserved",
    },
    [VSOCK_CODE_OUT_OF_ORDER] = {
        .name = "out-of-order",
        .usual = NOTE, .worst = WARN,
        .figures = {.count = "packets", .others = "not_judged", .longest = "back_s"},
        .meaning = "packets of one interface are earlier than the one before them, by a millisecond or more; streams "
                   "that this tears are not judged (a warning), and what is said of many together is only likely",
        .choose_sentence = sentence_of_disorder,
        .filter = "frame.time_delta < 0",
        .choose_next = next_of_disorder,
    },
    [VSOCK_CODE_CLOCK_SET_BACK] = {
        .name = "clock-set-back",
        .usual = NOTE, .worst = NOTE,
        .figures = {.count = "packets", .others = "answers", .longest = "back_s"},
        .meaning = "packets are earlier than the one before them, and answers than what they answer: the packets are in "
                   "order, and the clock went back",
        .choose_sentence = sentence_of_set_back,
        .filter = "frame.time_delta < 0",
        .next = "the packets are in the order in which they came: reordercap would mix them up. Times across such a "
                "place are too short. Was the clock set then, as by NTP, or the machine restored?",
    },
    [VSOCK_CODE_NOT_FOLLOWED] = {
        .name = "not-followed",
        .usual = WARN, .worst = WARN,
        .figures = {.count = "packets", .others = "requests"},
        .meaning = "there are more connections than vsock.followed_connections: of the others nothing is known",
        .sentence = "{count:packet} {count?is|are} of connections that are not followed, {others:REQUEST} among "
                    "{count?it|them}: there are too many",
        .filter = "vsock.analysis.not_followed",
        .next = "what else is said here is of the connections before. Who asks for so many? To follow all, at up to 3 KB "
                "each: -o vsock.followed_connections:0",
    },
};
