/* SPDX-License-Identifier: GPL-2.0-or-later
 * diagnose_text.c - diagnoses in words. Nothing is decided here: core/life.c and core/timeline.c did.
 * The hints name what helped those who reported such failures. */
#include "compat.h"

#include "diagnose_text.h"

#include <inttypes.h>

char *vsock_scope_text(enum vsock_scope scope, struct vsock_endpoint endpoint)
{
    switch (scope) {
    case VSOCK_SCOPE_NONE:
        break;
    case VSOCK_SCOPE_CID:
        return g_strdup_printf("%" PRIu64, endpoint.cid);
    case VSOCK_SCOPE_ENDPOINT:
        return g_strdup_printf("%" PRIu64 "-%u", endpoint.cid, endpoint.port);
    }
    return NULL;
}

/* ---- parts of sentences ---- */

static double seconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

static const char *s(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void add_count(GString *text, uint64_t n, const char *noun)
{
    g_string_append_printf(text, "%" PRIu64 " %s%s", n, noun, s(n));
}

static void add_end(GString *text, enum vsock_scope scope, struct vsock_endpoint end)
{
    if (scope == VSOCK_SCOPE_ENDPOINT)
        g_string_append_printf(text, "port %u of CID %" PRIu64, end.port, end.cid);
    else
        g_string_append_printf(text, "CID %" PRIu64, end.cid);
}

static void add_src(GString *text, const struct vsock_diagnosis *d)
{
    add_end(text, d->src_scope, d->src);
}

static void add_dst(GString *text, const struct vsock_diagnosis *d)
{
    add_end(text, d->dst_scope, d->dst);
}

static void add_both(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " and ");
    add_dst(text, d);
}

static void add_client(GString *text, const struct vsock_diagnosis *d)
{
    if (d->src_scope == VSOCK_SCOPE_NONE)
        return;
    g_string_append(text, " from ");
    add_src(text, d);
}

static void add_span(GString *text, const struct vsock_diagnosis *d)
{
    if (d->figures.count > 1)
        g_string_append_printf(text, " in %.3f s", seconds(d->figures.total));
}

/* ---- what a code means ---- */

/* Where a preference decides, with its default. */
static const char *const meanings[] = {
    [VSOCK_CODE_CONNECT_REFUSED] =
        "requests of one CID to one port were answered by a RST; a warning from three on",
    [VSOCK_CODE_CONNECT_UNANSWERED] =
        "requests of one CID to one port had no answer within vsock.connect_timeout (2 s)",
    [VSOCK_CODE_CONNECT_SLOW] = "a RESPONSE came 1 s or more after its REQUEST; a warning from 2 s on",
    [VSOCK_CODE_CONNECT_ABANDONED] = "the client no longer wanted the connection when the RESPONSE came",
    [VSOCK_CODE_CONNECT_TYPE_MISMATCH] =
        "requests were refused by a port that only ever accepted the other socket type",
    [VSOCK_CODE_LISTENER_LOST] = "a port that had accepted connections refused three requests in a row",
    [VSOCK_CODE_PORT_SCAN] = "requests to ten ports or more of one CID were refused within a second",
    [VSOCK_CODE_PEER_GONE] = "an open connection ended in a RST of a machine that has no such socket",
    [VSOCK_CODE_RESET_ABORTED] = "a live socket reset an open connection",
    [VSOCK_CODE_RESET_QUEUE_OVERHEAD] =
        "a live socket reset an open connection, since too many small packets had filled its queue",
    [VSOCK_CODE_RESET_AFTER_OVERRUN] =
        "a live socket reset an open connection, since it was sent more than it had allowed",
    [VSOCK_CODE_CREDIT_OVERRUN] = "a side sent more than the other ever allowed",
    [VSOCK_CODE_CREDIT_COUNTER_AHEAD] = "a side says, by its fwd_cnt, that it consumed what nobody sent",
    [VSOCK_CODE_CREDIT_COUNTER_BACKWARDS] = "a side takes back, by its fwd_cnt, what it had consumed",
    [VSOCK_CODE_BUFFER_SHRUNK] = "a receive buffer was made smaller than what was in flight to it",
    [VSOCK_CODE_STALL_RECEIVER_NOT_READING] = ("a sender had no window for vsock.stall_warning (1 s) or "
                                               "longer; the receiver spoke meanwhile, and had read nothing"),
    [VSOCK_CODE_STALL_SLOW_READER] =
        "a sender had no window for vsock.stall_note (100 ms) or longer; the receiver reads little at a time",
    [VSOCK_CODE_STALL_OWN_CAP] = ("a sender waited for vsock.stall_warning (1 s) or longer; the receiver has "
                                  "room, but the sender keeps to its own buffer's size as well"),
    [VSOCK_CODE_STALL_UPDATE_MISSING] =
        ("a sender had no window for vsock.stall_warning (1 s) or longer, and to the end; the receiver was "
         "asked and silent, or never said that it read"),
    [VSOCK_CODE_STALL_UNDECIDED] =
        "a sender had no window for vsock.stall_warning (1 s) or longer, for any other reason",
    [VSOCK_CODE_CREDIT_REQUEST_UNANSWERED] =
        "a CREDIT_REQUEST had no answer within vsock.credit_request_timeout (1 s)",
    [VSOCK_CODE_HALF_CLOSE_HANG] = "one side ended its data, then nobody spoke for 10 s",
    [VSOCK_CODE_CLOSE_TIMEOUT] = "a SHUTDOWN both ways was not acknowledged (Linux waits 8 s for that)",
    [VSOCK_CODE_DATA_LOST_AT_CLOSE] =
        "a receiver stopped reading at the sender's SHUTDOWN, with bytes left to read",
    [VSOCK_CODE_ORPHANED_STREAM] =
        "a connection is silent since a gap of 10 s or more, after which others were opened",
    [VSOCK_CODE_NO_DATA] =
        "three connections or more to one port were open for 5 s, and never carried a byte",
    [VSOCK_CODE_HEAD_OF_LINE] = "three connections or more waited at once for a second, and went on at once",
    [VSOCK_CODE_LARGE_SEND_RISK] =
        "a connection was reset or got stuck after a packet of more than 32768 bytes that was not the host's",
    [VSOCK_CODE_MESSAGE_TOO_BIG] =
        "a SEQPACKET message fills the receiver's buffer and goes on: the rest can never fit",
    [VSOCK_CODE_MESSAGE_TRUNCATED] = "a SEQPACKET message has no end",
    [VSOCK_CODE_CAPTURE_LOSS] = "bytes that were read are not in the capture",
    [VSOCK_CODE_KERNEL_TAP_BUG] = "records hold bytes that are not their packets'",
    [VSOCK_CODE_CID_ANOMALY] = "a CID has more than 32 bits, or is one that no socket has",
};
static_assert(array_length(meanings) == VSOCK_CODE_COUNT, "every code has its meaning");

const char *vsock_code_meaning(enum vsock_code code)
{
    return meanings[code];
}

/* ---- connections that never were ---- */

static void add_accepted(GString *text, const char *before, uint64_t n)
{
    g_string_append(text, before);
    if (n > 0)
        g_string_append_printf(text, "%" PRIu64, n);
    else
        g_string_append(text, "none");
}

static void say_refused(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    if (d->own_fault) {
        g_string_append_printf(text, "%" PRIu64 " of %" PRIu64 " request%s from ", f->count, f->of, s(f->of));
        add_src(text, d);
        g_string_append(text, " to ");
        add_dst(text, d);
        g_string_append(text, d->dialled_itself
                                  ? " ended in a RST of the socket that had asked: it dialled itself"
                                  : " ended in a RST of the client itself (EPROTO)");
        return;
    }
    add_dst(text, d);
    g_string_append_printf(text, " refused %" PRIu64 " of %" PRIu64 " request%s from ", f->count, f->of,
                           s(f->of));
    add_src(text, d);
    add_span(text, d);
    add_accepted(text, ", and accepted ", f->others);
}

static void say_unanswered(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    g_string_append_printf(text, "%" PRIu64 " of %" PRIu64 " request%s from ", f->count, f->of, s(f->of));
    add_src(text, d);
    g_string_append(text, " to ");
    add_dst(text, d);
    add_accepted(text, " had no answer in time; accepted: ", f->others);
}

static void say_slow(GString *text, const struct vsock_diagnosis *d)
{
    add_dst(text, d);
    g_string_append_printf(
        text, " took %.3f s to accept ",
        seconds(d->figures.longest - d->figures.longest % 1000000)); /* 2 s is a threshold */
    add_src(text, d);
    if (d->severity >= VSOCK_SEVERITY_WARN)
        g_string_append(text, ": Linux gives up after 2 s unless told otherwise");
}

static void say_abandoned(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " no longer wanted its connection to ");
    add_dst(text, d);
    if (d->figures.longest > 0)
        g_string_append_printf(text, " when the response came, after %.3f s", seconds(d->figures.longest));
    else
        g_string_append(text, ", and no response to it was captured");
}

static void say_mismatch(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;
    bool stream = d->type == VSOCK_TYPE_STREAM;

    add_dst(text, d);
    g_string_append_printf(text, " refused %" PRIu64 " %s request%s from ", f->count,
                           stream ? "STREAM" : "SEQPACKET", s(f->count));
    add_src(text, d);
    g_string_append_printf(text, "; all that it ever accepted here (%" PRIu64 ") %s %s", f->others,
                           f->others == 1 ? "was" : "were", stream ? "SEQPACKET" : "STREAM");
}

static void say_listener_lost(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    add_dst(text, d);
    g_string_append(text, " had accepted ");
    add_count(text, f->others, "connection");
    add_client(text, d);
    g_string_append_printf(text, ", then refused %" PRIu64 " in a row", f->count);
    add_span(text, d);
    if (f->of == 0)
        g_string_append(text, "; none of those it had accepted was still open then");
    else
        g_string_append_printf(text, "; %" PRIu64 " of the accepted %s still open then", f->of,
                               f->of == 1 ? "was" : "were");
}

static void say_port_scan(GString *text, const struct vsock_diagnosis *d)
{
    add_dst(text, d);
    g_string_append(text, " refused ");
    add_count(text, d->figures.count, "request");
    g_string_append(text, " from ");
    add_src(text, d);
    add_span(text, d);
    g_string_append(text, ", to 10 ports or more within a second");
}

/* ---- connections that broke ---- */

static void say_gone(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " has no such socket any more, says the RST that ended the connection to ");
    add_dst(text, d);
    g_string_append_printf(text, " after %.3f s", seconds(d->figures.total));
}

static void say_reset(GString *text, const struct vsock_diagnosis *d, const char *why)
{
    add_src(text, d);
    g_string_append(text, " reset its connection to ");
    add_dst(text, d);
    g_string_append_printf(text, " after %.3f s, with ", seconds(d->figures.total));
    add_count(text, d->figures.bytes, "byte");
    g_string_append_printf(text, " unread of a buffer of %" PRIu64 "%s", d->figures.limit, why);
}

/* ---- flow control that was broken ---- */

static void say_overrun(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " sent ");
    add_count(text, d->figures.bytes, "byte");
    g_string_append(text, " more than ");
    add_dst(text, d);
    g_string_append(text, " ever allowed, in ");
    add_count(text, d->figures.count, "packet");
}

static void say_counter(GString *text, const struct vsock_diagnosis *d, const char *what)
{
    add_src(text, d);
    g_string_append(text, what);
    add_count(text, d->figures.bytes, "byte");
    g_string_append(text, ", in ");
    add_count(text, d->figures.count, "packet");
    g_string_append(text, " to ");
    add_dst(text, d);
}

static void say_shrunk(GString *text, const struct vsock_diagnosis *d)
{
    add_dst(text, d);
    g_string_append(text, " shrank its buffer to ");
    add_count(text, d->figures.limit, "byte");
    g_string_append(text, " while ");
    add_src(text, d);
    g_string_append_printf(text, " had %" PRIu64 " in flight", d->figures.limit + d->figures.bytes);
}

/* ---- senders that had to wait ---- */

static void say_stall(GString *text, const struct vsock_diagnosis *d, const char *why)
{
    const struct vsock_figures *f = &d->figures;

    add_src(text, d);
    if (f->count == 1)
        g_string_append_printf(text, " could not send for %.3f s", seconds(f->longest));
    else
        g_string_append_printf(text,
                               " could not send %" PRIu64 " times, for %.3f s in all and %.3f s at most",
                               f->count, seconds(f->total), seconds(f->longest));
    if (d->lasting)
        g_string_append(text, f->count == 1 ? ", to the end," : ", the last time to the end,");
    g_string_append(text, " with a buffer of ");
    add_count(text, f->limit, "byte");
    g_string_append(text, " full at ");
    add_dst(text, d);
    g_string_append(text, why);
}

static void say_own_cap(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    add_src(text, d);
    g_string_append(text, " had as much in flight to ");
    add_dst(text, d);
    g_string_append(text, " as its own buffer holds (");
    add_count(text, f->limit, "byte");
    g_string_append_printf(text, "), though not the other's, for %.3f s", seconds(f->total));
    g_string_append(text, d->lasting ? ", to the end" : "");
    g_string_append(text, ": Linux since January 2026 sends no more then");
}

static void say_request(GString *text, const struct vsock_diagnosis *d)
{
    uint64_t never = d->figures.others, late = d->figures.count - never;

    add_dst(text, d);
    g_string_append(text, late > 0 ? " was late to answer " : " never answered ");
    add_count(text, late > 0 ? late : never, "credit request");
    g_string_append(text, " of ");
    add_src(text, d);
    if (late > 0 && never > 0)
        g_string_append_printf(text, ", and never answered %" PRIu64 " more; the longest wait was %.3f s",
                               never, seconds(d->figures.longest));
    else
        g_string_append_printf(text, ", %s %.3f s", late > 0 ? "by up to" : "in",
                               seconds(d->figures.longest));
}

/* ---- ends, and silence ---- */

static void say_hang(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " said that it sends no more; then neither it nor ");
    add_dst(text, d);
    g_string_append_printf(text, " said anything for %.3f s%s", seconds(d->figures.longest),
                           d->lasting ? ", to the end" : "");
}

static void say_close_timeout(GString *text, const struct vsock_diagnosis *d)
{
    add_dst(text, d);
    g_string_append(text, " did not acknowledge that ");
    add_src(text, d);
    g_string_append_printf(text, " closed, within %.1f s; ", seconds(d->figures.longest));
    add_count(text, d->figures.bytes, "byte");
    g_string_append(text, " that it had sent were not read");
}

static void say_lost(GString *text, const struct vsock_diagnosis *d)
{
    add_count(text, d->figures.bytes, "byte");
    g_string_append(text, " that ");
    add_src(text, d);
    g_string_append(text, " had sent before it shut down were not read when ");
    add_dst(text, d);
    g_string_append(text, " ended the connection, although it had been reading before");
}

static void say_orphaned(GString *text, const struct vsock_diagnosis *d)
{
    g_string_append(text, "the stream between ");
    add_both(text, d);
    g_string_append_printf(text,
                           " has not spoken since a silence of %.1f s between the two CIDs, after which new "
                           "streams were opened: %.1f s in all",
                           seconds(d->figures.longest), seconds(d->figures.total));
}

static void say_no_data(GString *text, const struct vsock_diagnosis *d)
{
    add_count(text, d->figures.count, "stream");
    add_client(text, d);
    g_string_append(text, " to ");
    add_dst(text, d);
    g_string_append_printf(text, " were open for 5 s or more (%.1f s at most), and never carried a byte",
                           seconds(d->figures.longest));
}

static void say_head_of_line(GString *text, const struct vsock_diagnosis *d)
{
    add_count(text, d->figures.count, "stream");
    g_string_append(text, " or more between ");
    add_both(text, d);
    g_string_append_printf(text, " were all stalled for %.3f s, and went on within 0.1 s of each other",
                           seconds(d->figures.longest));
}

static void say_large(GString *text, const struct vsock_diagnosis *d)
{
    g_string_append(text, "the connection between ");
    add_both(text, d);
    g_string_append(text, " broke or got stuck after ");
    add_count(text, d->figures.count, "packet");
    g_string_append_printf(text, " of more than 32768 bytes (%" PRIu64 " at most)", d->figures.bytes);
}

/* ---- messages, and the capture ---- */

static void say_too_big(GString *text, const struct vsock_diagnosis *d)
{
    add_src(text, d);
    g_string_append(text, " sends a message that fills the buffer of ");
    add_dst(text, d);
    g_string_append(text, ", ");
    add_count(text, d->figures.limit, "byte");
    g_string_append(text, ", and goes on: the rest can never fit");
}

static void say_truncated(GString *text, const struct vsock_diagnosis *d)
{
    g_string_append(text, "the last message of ");
    add_src(text, d);
    g_string_append(text, " to ");
    add_dst(text, d);
    g_string_append(text, " has no end");
}

static void say_loss(GString *text, const struct vsock_diagnosis *d)
{
    const struct vsock_figures *f = &d->figures;

    if (f->bytes > 0) {
        add_count(text, f->bytes, "byte");
        g_string_append_printf(text, " that %s read %s not in the capture, in ",
                               f->bytes == 1 ? "was" : "were", f->bytes == 1 ? "is" : "are");
        add_count(text, f->count, "gap");
        g_string_append(text, " of ");
        add_count(text, f->of, "stream");
    }
    if (f->others > 0) {
        g_string_append(text, f->bytes > 0 ? "; " : "");
        g_string_append_printf(text,
                               "%" PRIu64 " more packet%s read than any captured packet allows: likely, what "
                               "allowed %s is not in the capture",
                               f->others, f->others == 1 ? " was" : "s were", f->others == 1 ? "it" : "them");
    }
}

static void say_tap_bug(GString *text, const struct vsock_diagnosis *d)
{
    add_count(text, d->figures.count, "record");
    g_string_append_printf(
        text,
        " hold%s more bytes than %s packet: a known bug of the kernel's tap with packets that "
        "vhost splits",
        d->figures.count == 1 ? "s" : "", d->figures.count == 1 ? "its" : "their");
}

static void say_cid(GString *text, const struct vsock_diagnosis *d)
{
    add_count(text, d->figures.count, "packet");
    g_string_append_printf(text,
                           " ha%s a CID of more than 32 bits, or data from or to a CID that no socket has",
                           d->figures.count == 1 ? "s" : "ve");
}

static void say(GString *text, const struct vsock_diagnosis *d)
{
    switch (d->code) {
    case VSOCK_CODE_CONNECT_REFUSED:
        say_refused(text, d);
        break;
    case VSOCK_CODE_CONNECT_UNANSWERED:
        say_unanswered(text, d);
        break;
    case VSOCK_CODE_CONNECT_SLOW:
        say_slow(text, d);
        break;
    case VSOCK_CODE_CONNECT_ABANDONED:
        say_abandoned(text, d);
        break;
    case VSOCK_CODE_CONNECT_TYPE_MISMATCH:
        say_mismatch(text, d);
        break;
    case VSOCK_CODE_LISTENER_LOST:
        say_listener_lost(text, d);
        break;
    case VSOCK_CODE_PORT_SCAN:
        say_port_scan(text, d);
        break;
    case VSOCK_CODE_PEER_GONE:
        say_gone(text, d);
        break;
    case VSOCK_CODE_RESET_ABORTED:
        say_reset(text, d, "");
        break;
    case VSOCK_CODE_RESET_QUEUE_OVERHEAD:
        say_reset(text, d, ": so many small packets that their overhead filled it, not their bytes");
        break;
    case VSOCK_CODE_RESET_AFTER_OVERRUN:
        say_reset(text, d, ": the other side had sent more than it was allowed");
        break;
    case VSOCK_CODE_CREDIT_OVERRUN:
        say_overrun(text, d);
        break;
    case VSOCK_CODE_CREDIT_COUNTER_AHEAD:
        say_counter(text, d, " says that it consumed what nobody was seen to send: ");
        break;
    case VSOCK_CODE_CREDIT_COUNTER_BACKWARDS:
        say_counter(text, d, " takes back what it had consumed: ");
        break;
    case VSOCK_CODE_BUFFER_SHRUNK:
        say_shrunk(text, d);
        break;
    case VSOCK_CODE_STALL_RECEIVER_NOT_READING:
        say_stall(text, d, ", which spoke meanwhile and had read nothing");
        break;
    case VSOCK_CODE_STALL_SLOW_READER:
        say_stall(text, d, ", which reads little at a time");
        break;
    case VSOCK_CODE_STALL_OWN_CAP:
        say_own_cap(text, d);
        break;
    case VSOCK_CODE_STALL_UPDATE_MISSING:
        say_stall(text, d, ", which never spoke since");
        break;
    case VSOCK_CODE_STALL_UNDECIDED:
        say_stall(text, d, "; what that side did meanwhile is not proved");
        break;
    case VSOCK_CODE_CREDIT_REQUEST_UNANSWERED:
        say_request(text, d);
        break;
    case VSOCK_CODE_HALF_CLOSE_HANG:
        say_hang(text, d);
        break;
    case VSOCK_CODE_CLOSE_TIMEOUT:
        say_close_timeout(text, d);
        break;
    case VSOCK_CODE_DATA_LOST_AT_CLOSE:
        say_lost(text, d);
        break;
    case VSOCK_CODE_ORPHANED_STREAM:
        say_orphaned(text, d);
        break;
    case VSOCK_CODE_NO_DATA:
        say_no_data(text, d);
        break;
    case VSOCK_CODE_HEAD_OF_LINE:
        say_head_of_line(text, d);
        break;
    case VSOCK_CODE_LARGE_SEND_RISK:
        say_large(text, d);
        break;
    case VSOCK_CODE_MESSAGE_TOO_BIG:
        say_too_big(text, d);
        break;
    case VSOCK_CODE_MESSAGE_TRUNCATED:
        say_truncated(text, d);
        break;
    case VSOCK_CODE_CAPTURE_LOSS:
        say_loss(text, d);
        break;
    case VSOCK_CODE_KERNEL_TAP_BUG:
        say_tap_bug(text, d);
        break;
    case VSOCK_CODE_CID_ANOMALY:
        say_cid(text, d);
        break;
    case VSOCK_CODE_COUNT:
        break;
    }
}

char *vsock_diagnosis_text(const struct vsock_diagnosis *d)
{
    GString *text = g_string_new(NULL);

    if (vsock_code_is_likely(d->code))
        g_string_append(text, "likely: ");
    say(text, d);
    text->str[0] = g_ascii_toupper(text->str[0]);
    return g_string_free(text, FALSE);
}

/* ---- what to look at next ---- */

static const char *const next[VSOCK_CODE_COUNT] = {
    [VSOCK_CODE_CONNECT_UNANSWERED] =
        "is the guest running, its driver loaded (vmw_vsock_virtio_transport), and the CID the right one? "
        "After a "
        "snapshot was restored: does the monitor still serve the guest's queues? Linux gives up after 2 s",
    [VSOCK_CODE_CONNECT_SLOW] =
        "what kept the server's machine busy? A monitor that connects on its own thread delays all others",
    [VSOCK_CODE_CONNECT_ABANDONED] =
        "was the client interrupted, or its connect timeout too short for this server? Compare connect-slow",
    [VSOCK_CODE_CONNECT_TYPE_MISMATCH] =
        "the client's socket type must be the listener's: SOCK_STREAM or SOCK_SEQPACKET",
    [VSOCK_CODE_PORT_SCAN] =
        "who looks for open ports there? A client that tries port after port looks the same",
    [VSOCK_CODE_PEER_GONE] =
        "did the program there crash, or was its machine reset or restored? See the last packets before",
    [VSOCK_CODE_RESET_ABORTED] =
        "why did that side give up a live connection? Its program's or monitor's log at this time",
    [VSOCK_CODE_RESET_QUEUE_OVERHEAD] = "a Linux that refuses more than buffer / 576 packets (6.12.94 to "
                                        "6.12.100 and their like): update it, read "
                                        "sooner, or send larger packets",
    [VSOCK_CODE_RESET_AFTER_OVERRUN] = "the sender is at fault: see credit-overrun",
    [VSOCK_CODE_CREDIT_OVERRUN] =
        "the sender must keep to buf_alloc - (sent - fwd_cnt): its monitor or driver does not. Draw "
        "vsock.credit.window",
    [VSOCK_CODE_CREDIT_COUNTER_AHEAD] = "does that side count fwd_cnt per connection, from 0? If data was "
                                        "sent before the first packet seen here, "
                                        "the capture misses it",
    [VSOCK_CODE_CREDIT_COUNTER_BACKWARDS] =
        "fwd_cnt only ever grows, modulo 2^32: a bug of that side's, or two captures mixed into one",
    [VSOCK_CODE_BUFFER_SHRUNK] = "SO_VM_SOCKETS_BUFFER_SIZE was lowered on an open connection: lower it "
                                 "before. Linux before January 2026 "
                                 "overruns such a window",
    [VSOCK_CODE_STALL_RECEIVER_NOT_READING] = "what does the receiving program wait for? It has data to read",
    [VSOCK_CODE_STALL_SLOW_READER] =
        "the receiving program is the bottleneck; a larger buffer helps with bursts only",
    [VSOCK_CODE_STALL_OWN_CAP] = "raise the sender's own SO_VM_SOCKETS_BUFFER_SIZE, or have the other side "
                                 "tell of what it read sooner",
    [VSOCK_CODE_STALL_UPDATE_MISSING] = "does the other side send CREDIT_UPDATEs when its program reads, and "
                                        "answer CREDIT_REQUESTs? Its driver or "
                                        "monitor is suspected, if its program reads",
    [VSOCK_CODE_CREDIT_REQUEST_UNANSWERED] =
        "which driver or monitor is it? Linux always answers; viosock and libkrun are known not to",
    [VSOCK_CODE_HALF_CLOSE_HANG] = "was the end of data passed on to the program? Proxies and monitors are "
                                   "known to drop a SHUTDOWN of one way. A driver that means to close has to "
                                   "shut both",
    [VSOCK_CODE_CLOSE_TIMEOUT] =
        "why did that side neither read to the end nor close? It may hold a descriptor open",
    [VSOCK_CODE_DATA_LOST_AT_CLOSE] = "did the receiver close before it had read to the end? Monitors are "
                                      "known to lose what is left in their buffers",
    [VSOCK_CODE_ORPHANED_STREAM] = "was the machine paused, or restored from a snapshot? Connections of "
                                   "before do not survive that: the program "
                                   "has to connect anew",
    [VSOCK_CODE_NO_DATA] = "who should speak first? A guest driver that no longer sends looks like this: "
                           "handshakes work, data does not",
    [VSOCK_CODE_HEAD_OF_LINE] =
        "one reader may hold up a queue that all streams share: which stream was stalled first, and by whom?",
    [VSOCK_CODE_LARGE_SEND_RISK] = "senders with Linux 6.17 or later hand over such packets in pieces, which "
                                   "some monitors cannot read: does it "
                                   "work with writes of 32 KiB at most?",
    [VSOCK_CODE_MESSAGE_TOO_BIG] = "a message must be smaller than the receiver's SO_VM_SOCKETS_BUFFER_SIZE: "
                                   "raise it there, or send less at once",
    [VSOCK_CODE_MESSAGE_TRUNCATED] =
        "was a send() interrupted, or the sender killed? The receiver never sees that message",
    [VSOCK_CODE_CAPTURE_LOSS] = "figures and payloads of these streams have holes. Record with a larger "
                                "buffer (dumpcap -B 64) and a snaplen "
                                "(-s 160); see vsock.analysis.unseen_data",
    [VSOCK_CODE_KERNEL_TAP_BUG] = "nothing is wrong on the wire: only this packet's bytes are shown. Fixed "
                                  "in Linux 7.1, and in stable kernels of "
                                  "May 2026",
    [VSOCK_CODE_CID_ANOMALY] =
        "who assigned that CID? Guests have 3 to 4294967294; see vsock.malformed.cid_bits and .cid_reserved",
};

static const char *next_of_refused(const struct vsock_diagnosis *d)
{
    if (d->own_fault)
        return d->dialled_itself
                   ? "a socket that is bound to the port it connects to cannot work: bind another port, or "
                     "none"
                   : "another packet than a RESPONSE reached the client: which one, just before the RST?";
    if (d->figures.others > 0)
        return "it also accepts: was its listener not up yet, restarted, or its backlog full?";
    return "is anything listening there, on that CID and port, with this socket type?";
}

/* Linux withholds credit while more than VIRTIO_VSOCK_MAX_PKT_BUF_SIZE is left of its buffer. */
static const char *next_of_undecided(const struct vsock_diagnosis *d)
{
    if (d->figures.limit > 65536)
        return "did the receiving program read all the time? Linux may tell only when less than 64 KiB of "
               "its "
               "buffer is left";
    return "did the receiving program read all the time? If so, its driver or monitor did not tell: Linux, "
           "with a "
           "buffer of 64 KiB or less, tells at each read";
}

const char *vsock_diagnosis_next(const struct vsock_diagnosis *d)
{
    switch ((unsigned)d->code) {
    case VSOCK_CODE_STALL_UNDECIDED:
        return next_of_undecided(d);
    case VSOCK_CODE_CONNECT_REFUSED:
        return next_of_refused(d);
    case VSOCK_CODE_LISTENER_LOST:
        if (d->figures.of > 0)
            return "is the program still accepting? Its backlog may be full of connections that it has not "
                   "taken";
        return "did the listening program end, or close its listener after the first connection?";
    }
    return next[d->code];
}
