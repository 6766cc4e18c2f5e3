/* SPDX-License-Identifier: GPL-2.0-or-later
 * expert_connection.c - findings about a packet in its connection: one row a finding. Nothing is decided
 * here; what later packets tell is asked of the core, and shows on the second pass. */
#include "compat.h"

#include "expert.h"
#include "expert_connection.h"

#include <wsutil/str_util.h>

/* Rows that are no finding: variants by what came later, and by how long it took. */
enum {
    UNANSWERED = VSOCK_FOUND_COUNT,
    NOT_FOLLOWED,
    CREDIT_EXCEEDED_RESET,
    CREDIT_RECORD_MISSING,
    CREDIT_UPDATE,
    CREDIT_REQUEST_UNANSWERED,
    STALL_BRIEF,
    STALL,
    STALL_LONG,
    STALL_OPEN,

    ROWS
};

/* What is to be shown, and where. */
struct shown {
    packet_info *pinfo;
    proto_item *item;
    const struct vsock_packet *p;
    const struct vsock_record *r;
    int *worst; /* severity of what was shown */
};

struct row {
    unsigned finding;
    struct vsock_expert expert;
    const char *tag; /* in front of Info: what a reader of the packet list must not miss; RSTs say
                      * theirs behind the operation */
};

static struct row *row_of[ROWS];

static const struct vsock_thresholds *thresholds(void)
{
    return &vsock_track_capture()->thresholds;
}

static double seconds(int64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

/* ---- texts with figures ---- */

static char *text(const struct shown *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

static char *text(const struct shown *s, const char *format, ...)
{
    va_list arguments;
    char *made;

    va_start(arguments, format);
    made = wmem_strdup_vprintf(s->pinfo->pool, format, arguments);
    va_end(arguments);
    return made;
}

static const char *late_text(const struct shown *s, int64_t timeout)
{
    return text(s, "No answer within %u ms", (unsigned)(timeout / 1000000));
}

/* ---- what the lists say, without figures; NULL for the row's summary ---- */

static const char *reset_message(unsigned rst_kind)
{
    if (rst_kind == VSOCK_RST_QUEUE_OVERFLOW)
        return "Connection reset: likely the receiver's queue was full (too many small packets for its "
               "buffer)";
    if (rst_kind == VSOCK_RST_WINDOW_OVERRUN)
        return "Connection reset: the other side had sent more than this side's buffer holds";
    return "Connection reset by a live socket that had not been shut down";
}

static const char *not_recorded_message(const struct shown *s)
{
    if (vsock_unrecorded_refuted(&s->r->stream->source->kernel, thresholds()->large_payload))
        return "This payload was taken for not recorded; later packets show that it was sent like this";
    return NULL;
}

static const char *const cause_messages[] = {
    [VSOCK_STALL_NOT_READING] =
        "the receiver spoke meanwhile and had consumed nothing: its application was not reading",
    [VSOCK_STALL_UNDECIDED] = "undecided: the receiver read late, or told of it late",
    [VSOCK_STALL_SLOW_READER] = "the receiver reads little at a time: a slow reader",
    [VSOCK_STALL_UPDATE_LATE] = "the sender had asked for credit, and the answer was late",
    [VSOCK_STALL_SHRUNK] = "the receiver had made its buffer smaller",
    [VSOCK_STALL_OWN_CAP] = "the receiver had room; the sender keeps to its own, smaller buffer",
};

static const char *message_of(const struct shown *s, unsigned row)
{
    switch (row) {
    case VSOCK_FOUND_RESET:
        return reset_message(s->r->rst_kind);
    case VSOCK_FOUND_PAYLOAD_NOT_RECORDED:
        return not_recorded_message(s);
    case STALL:
    case STALL_LONG:
        return text(s, "%s; %s", row_of[row]->expert.summary, cause_messages[s->r->ext->stall_cause]);
    default:
        return NULL;
    }
}

/* ---- what the tree says instead; NULL for the same ---- */

static const char *connection_text(const struct shown *s, unsigned row)
{
    const struct vsock_record_ext *ext = s->r->ext;

    switch (row) {
    case VSOCK_FOUND_UNCONSUMED_AT_CLOSE:
        return text(s, "Closed while %u bytes that were sent had not been consumed", ext->unconsumed);
    case VSOCK_FOUND_CLOSE_TIMEOUT:
        return text(s, "Close timeout: the peer did not acknowledge the shutdown within %u.%u s",
                    ext->waited / 1000, ext->waited % 1000 / 100);
    case VSOCK_FOUND_REUSED:
        return text(
            s,
            "New connection between the same endpoints while stream %u was open: its RST was lost, or "
            "the endpoint used again too early",
            s->r->stream->previous);
    default:
        return NULL;
    }
}

static const char *exceeded_text(const struct shown *s, unsigned row)
{
    uint64_t bytes = s->r->ext->exceeded;

    if (row == CREDIT_RECORD_MISSING)
        return text(s,
                    "%" PRIu64
                    " bytes more sent than any captured packet allowed; the receiver consumed them, "
                    "so the packet that allowed it is missing from the capture",
                    bytes);
    return text(s, "%" PRIu64 " byte%s more sent than the receiver ever allowed%s", bytes,
                plurality(bytes, "", "s"), row == CREDIT_EXCEEDED_RESET ? "; it reset the connection" : "");
}

/* Of the stall that ends with the packet. */
static int64_t stall_time(const struct vsock_record *r)
{
    return r->time - vsock_track_record(r->ext->stall)->time;
}

/* A brief one is how a stream at full speed looks: no reason to ask why. */
static const char *stall_text(const struct shown *s, unsigned row)
{
    const struct vsock_record_ext *ext = s->r->ext;
    const char *since = text(s, "The other side's window was shut for %.6f s since frame %u",
                             seconds(stall_time(s->r)), vsock_track_record(ext->stall)->frame);

    if (row == STALL_BRIEF)
        return since;
    if (ext->resumed_time == VSOCK_TIME_NONE)
        return text(s, "%s; %s", since, cause_messages[ext->stall_cause]);
    return text(s, "%s; %s; the sender went on after %.6f s", since, cause_messages[ext->stall_cause],
                seconds(ext->resumed_time - s->r->time));
}

static const char *credit_text(const struct shown *s, unsigned row)
{
    const struct vsock_record_ext *ext = s->r->ext;
    uint32_t buf_alloc = s->p->virtio.buf_alloc;

    switch (row) {
    case VSOCK_FOUND_CREDIT_EXCEEDED:
    case CREDIT_EXCEEDED_RESET:
    case CREDIT_RECORD_MISSING:
        return exceeded_text(s, row);
    case VSOCK_FOUND_BUF_ALLOC_SHRUNK:
        return text(s, "The receive buffer shrank by %u bytes to %u", ext->shrunk, buf_alloc);
    case VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT:
        return text(s, "The receive buffer shrank to %u bytes while %u are in flight", buf_alloc,
                    s->r->peer_in_flight);
    case VSOCK_FOUND_UNSEEN_DATA:
        return text(s, "%u bytes that the other side sent were consumed, but are not in the capture",
                    ext->ahead);
    case VSOCK_FOUND_FWD_CNT_AHEAD:
        return text(s,
                    "fwd_cnt covers %u bytes that no captured packet sent: a peer that does not count per "
                    "connection, or a capture that misses the beginning",
                    ext->ahead);
    case VSOCK_FOUND_FWD_CNT_BACKWARDS:
        return text(s, "The count of consumed bytes went backwards by %u", ext->backwards);
    case VSOCK_FOUND_FWD_CNT_AT_START:
        return text(
            s, "A new connection begins with %u bytes consumed: a peer that does not count per connection",
            s->p->virtio.fwd_cnt);
    case VSOCK_FOUND_MESSAGE_TOO_BIG:
        return text(s,
                    "The message fills the receiver's buffer of %u bytes and goes on: the rest can never fit",
                    s->p->virtio.op == VSOCK_OP_RW ? s->r->peer_buf_alloc : buf_alloc);
    case STALL_BRIEF:
    case STALL:
    case STALL_LONG:
        return stall_text(s, row);
    default:
        return NULL;
    }
}

/* ---- the findings ---- */

/* In the order in which Wireshark lists them. Laid out by hand, as tables of fields are. */
/* clang-format off */
static struct row connection_rows[] = {
    {VSOCK_FOUND_REQUEST, .expert = {.name = "vsock.connection.request", PI_CHAT, "Connection requested"}},
    {VSOCK_FOUND_RESPONSE, .expert = {.name = "vsock.connection.response", PI_CHAT, "Connection accepted"}},
    {VSOCK_FOUND_SHUTDOWN, .expert = {.name = "vsock.connection.shutdown", PI_CHAT,
     "Shutdown", "A side will send no more, or receive no more, or both"}},
    {VSOCK_FOUND_CLOSED, .expert = {.name = "vsock.connection.closed", PI_CHAT,
     "Connection closed", "The normal end, after a SHUTDOWN both ways: vsock.rst.kind 2"}},
    {VSOCK_FOUND_UNCONSUMED_AT_CLOSE, .expert = {.name = "vsock.connection.unconsumed_at_close", PI_CHAT,
     "Closed with data that was not consumed"}},
    {VSOCK_FOUND_REFUSED, .expert = {.name = "vsock.connection.refused", PI_NOTE, "Connection refused",
     "Nobody listens, the backlog is full, or the socket types differ: vsock.rst.kind 1"}},
    {VSOCK_FOUND_PROTOCOL_ERROR, .expert = {.name = "vsock.connection.protocol_error", PI_WARN,
     "The client gave up its own request: a packet other than a RESPONSE reached it (EPROTO)"}},
    {VSOCK_FOUND_ABANDONED, .expert = {.name = "vsock.connection.abandoned", PI_NOTE,
     "Connect abandoned: the client no longer wanted the connection",
     "When the response came, or before any did: vsock.rst.kind 4"}},
    {VSOCK_FOUND_CLOSE_TIMEOUT, .expert = {.name = "vsock.connection.close_timeout", PI_NOTE,
     "Close timeout: the peer did not acknowledge the shutdown", "vsock.rst.kind 3"}},
    {VSOCK_FOUND_CLOSED_TOO_SOON, .expert = {.name = "vsock.connection.closed_too_soon", PI_NOTE,
     "Closed too soon: reset by the side that closed, which did not wait for the other", "vsock.rst.kind 11"}},
    {VSOCK_FOUND_RESET_NO_SOCKET, .expert = {.name = "vsock.connection.reset_no_socket", PI_WARN,
     "Connection reset: the peer has no such socket",
     "It answers a packet: its machine or monitor has lost the connection. vsock.rst.kind 5"}},
    {VSOCK_FOUND_RESET, .expert = {.name = "vsock.connection.reset", PI_ERROR, "Connection reset",
     "By a live socket, on an open connection, with data that it had not read: vsock.rst.kind 6, 7 or 8"}},
    {VSOCK_FOUND_CLOSED_BY_RESET, .expert = {.name = "vsock.connection.closed_by_reset", PI_CHAT,
     "Closed by a reset, without a shutdown", "As some monitors and drivers close: vsock.rst.kind 5 or 6"}},
    {VSOCK_FOUND_STALE_RESET, .expert = {.name = "vsock.connection.stale_reset", PI_WARN,
     "Response after a RST that was not the answer: of a connection before, and it ended the request"},
     .tag = "Stale reset"},
    {VSOCK_FOUND_RETRIED, .expert = {.name = "vsock.connection.retried", PI_NOTE,
     "Connection requested again: the request before had no answer"}, .tag = "Retried"},
    {VSOCK_FOUND_REUSED, .expert = {.name = "vsock.connection.reused", PI_WARN,
     "New connection between the same endpoints while the one before was open"}, .tag = "Reused"},
    {VSOCK_FOUND_DEGENERATE, .expert = {.name = "vsock.connection.degenerate", PI_NOTE,
     "Both endpoints are the same: Linux cannot use such a connection"}, .tag = "Same endpoint"},
    {VSOCK_FOUND_MIDSTREAM, .expert = {.name = "vsock.analysis.midstream", PI_CHAT,
     "The connection began before the capture"}},
    {VSOCK_FOUND_TRAILING, .expert = {.name = "vsock.analysis.trailing", PI_CHAT,
     "Trails the end of its connection",
     "A packet after the connection's RST: normal where both sides close"}},
    {VSOCK_FOUND_DATA_AFTER_RESET, .expert = {.name = "vsock.analysis.data_after_reset", PI_NOTE,
     "Data after the connection's RST: nobody reads it"}, .tag = "Data after reset"},
    {VSOCK_FOUND_DATA_BEFORE_RESPONSE, .expert = {.name = "vsock.analysis.data_before_response", PI_NOTE,
     "Data before a RESPONSE: its record is probably missing"}, .tag = "Data before response"},
    {VSOCK_FOUND_DATA_AFTER_SHUTDOWN, .expert = {.name = "vsock.analysis.data_after_shutdown", PI_WARN,
     "Data from a side that had shut down sending"}, .tag = "Data after shutdown"},
    {VSOCK_FOUND_RESPONSE_WITHOUT_REQUEST,
     .expert = {.name = "vsock.analysis.response_without_request", PI_NOTE,
     "Response to a request that was not captured"}, .tag = "Response without request"},
    {VSOCK_FOUND_DUPLICATE_RESPONSE, .expert = {.name = "vsock.analysis.duplicate_response", PI_WARN,
     "Second response to the same request"}, .tag = "Duplicate response"},
    {VSOCK_FOUND_TYPE_CHANGED, .expert = {.name = "vsock.analysis.type_changed", PI_WARN,
     "Another socket type than the connection's"}, .tag = "Type changed"},
    {VSOCK_FOUND_PAYLOAD_NOT_RECORDED, .expert = {.name = "vsock.analysis.payload_not_recorded", PI_NOTE,
     "Payload likely not recorded: the kernel's tap did not copy what is larger than 32404 bytes",
     "A known bug, fixed in Linux 7.1 and stable kernels of May 2026; such payload is not dissected"},
     .tag = "Payload likely not recorded"},
    {VSOCK_FOUND_DUPLICATE_CAPTURE, .expert = {.name = "vsock.analysis.duplicate_capture", PI_CHAT,
     "This connection was captured twice; second copies are not counted",
     "As with -i any and two vsockmon devices; second copies have [Copy] in Info"}},
    {NOT_FOLLOWED, .expert = {.name = "vsock.analysis.not_followed", PI_NOTE,
     "Not followed: there are more connections than vsock.followed_connections",
     "Decoded by itself: of its connection nothing is known"}},
    {UNANSWERED, .expert = {.name = "vsock.connection.unanswered", PI_WARN,
     "No answer in time", "Within vsock.connect_timeout, while the capture goes on; on the second pass"}},
};

static struct row credit_rows[] = {
    {VSOCK_FOUND_ZERO_WINDOW, .expert = {.name = "vsock.analysis.zero_window", PI_CHAT,
     "Zero window: the receiver's buffer is full"}, .tag = "Zero window"},
    {VSOCK_FOUND_ZERO_EFFECTIVE_WINDOW, .expert = {.name = "vsock.analysis.zero_effective_window", PI_CHAT,
     "Zero effective window: as much in flight as the sender's own buffer holds; Linux since January "
     "2026 waits here"}, .tag = "Zero effective window"},
    {VSOCK_FOUND_CREDIT_EXCEEDED, .expert = {.name = "vsock.analysis.credit_exceeded", PI_WARN,
     "More sent than was ever allowed"}, .tag = "Credit exceeded"},
    {CREDIT_EXCEEDED_RESET, .expert = {.name = "vsock.analysis.credit_exceeded_reset", PI_ERROR,
     "More sent than was ever allowed, and the receiver reset the connection for it",
     "Takes the place of vsock.analysis.credit_exceeded on the second pass"}},
    {CREDIT_RECORD_MISSING, .expert = {.name = "vsock.analysis.credit_record_missing", PI_NOTE,
     "More sent than any captured packet allowed, but consumed: the packet that allowed it is missing",
     "Takes the place of vsock.analysis.credit_exceeded on the second pass"}},
    {VSOCK_FOUND_WINDOW_OVERRUN_AFTER_SHRINK,
     .expert = {.name = "vsock.analysis.window_overrun_after_shrink", PI_NOTE,
     "Sent into a window that is shut since the buffer shrank; an earlier advertisement covers it"},
     .tag = "Overrun after shrink"},
    {VSOCK_FOUND_BUF_ALLOC_SHRUNK, .expert = {.name = "vsock.analysis.buf_alloc_shrunk", PI_CHAT,
     "The receive buffer shrank"}},
    {VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT,
     .expert = {.name = "vsock.analysis.buf_alloc_below_in_flight", PI_NOTE,
     "The receive buffer shrank below what is in flight"}, .tag = "Buffer below in flight"},
    {VSOCK_FOUND_UNSEEN_DATA, .expert = {.name = "vsock.analysis.unseen_data", PI_NOTE,
     "Consumed more than was captured", "Bytes that were consumed are missing from the capture"},
     .tag = "Unseen data"},
    {VSOCK_FOUND_FWD_CNT_AHEAD, .expert = {.name = "vsock.analysis.fwd_cnt_ahead", PI_WARN,
     "Consumed bytes where none were sent"}, .tag = "Fwd_cnt ahead"},
    {VSOCK_FOUND_FWD_CNT_BACKWARDS, .expert = {.name = "vsock.analysis.fwd_cnt_backwards", PI_WARN,
     "The count of consumed bytes went backwards"}, .tag = "Fwd_cnt backwards"},
    {VSOCK_FOUND_FWD_CNT_AT_START, .expert = {.name = "vsock.analysis.fwd_cnt_at_start", PI_WARN,
     "A new connection begins with a count of consumed bytes that is not 0"}, .tag = "Fwd_cnt at start"},
    {CREDIT_UPDATE, .expert = {.name = "vsock.analysis.credit_update", PI_CHAT, "Credit update"}},
    {VSOCK_FOUND_CREDIT_REQUEST, .expert = {.name = "vsock.analysis.credit_request", PI_CHAT,
     "Credit request"}},
    {VSOCK_FOUND_CREDIT_REQUEST_REPEATED,
     .expert = {.name = "vsock.analysis.credit_request_repeated", PI_NOTE,
     "Repeated credit requests bring nothing new: the receiver's application is not reading",
     "On the second answer in a row that brings nothing new"}},
    {CREDIT_REQUEST_UNANSWERED, .expert = {.name = "vsock.analysis.credit_request_unanswered", PI_WARN,
     "Credit request without an answer in time", "Within vsock.credit_request_timeout; on the second pass"}},
    {VSOCK_FOUND_QUEUE_OVERFLOW_SUSPECTED,
     .expert = {.name = "vsock.analysis.queue_overflow_suspected", PI_WARN,
     "Likely the receiver's queue was full: so many small packets that their overhead fills the buffer",
     "With vsock.rst.kind 7"}},
    {VSOCK_FOUND_ZERO_LENGTH, .expert = {.name = "vsock.analysis.zero_length", PI_NOTE, "RW without data"}},
    {VSOCK_FOUND_MESSAGE_TRUNCATED, .expert = {.name = "vsock.analysis.message_truncated", PI_NOTE,
     "The end of a message is missing",
     "A side of a SEQPACKET ends without the EOM that it owes"}, .tag = "Message truncated"},
    {VSOCK_FOUND_MESSAGE_TOO_BIG, .expert = {.name = "vsock.analysis.message_too_big", PI_ERROR,
     "The message fills the receiver's buffer and goes on: the rest can never fit",
     "On SEQPACKET"}, .tag = "Message too big"},
    {VSOCK_FOUND_EOR_WITHOUT_EOM, .expert = {.name = "vsock.analysis.eor_without_eom", PI_WARN,
     "End of record without end of message",
     "On SEQPACKET: a record ends where a message does"}, .tag = "EOR without EOM"},
    {STALL_BRIEF, .expert = {.name = "vsock.analysis.stall_brief", PI_CHAT,
     "Brief stall", "The window was shut for less than vsock.stall_note"}},
    {STALL, .expert = {.name = "vsock.analysis.stall", PI_NOTE,
     "Stall", "The window was shut for vsock.stall_note or longer"}},
    {STALL_LONG, .expert = {.name = "vsock.analysis.stall_long", PI_WARN,
     "Long stall", "The window was shut for vsock.stall_warning or longer"}},
    {STALL_OPEN, .expert = {.name = "vsock.analysis.stall_open", PI_WARN, "The window never opened again",
     "Shut for vsock.stall_warning or longer, until the connection ended, or the capture; on the second "
     "pass"}},
};
/* clang-format on */

static struct vsock_expert *next_expert(struct row *table, size_t count, size_t i)
{
    if (i >= count)
        return NULL;
    table[i].expert.group = PI_SEQUENCE;
    row_of[table[i].finding] = &table[i];
    return &table[i].expert;
}

static struct vsock_expert *next_connection_expert(size_t i)
{
    return next_expert(connection_rows, array_length(connection_rows), i);
}

static struct vsock_expert *next_credit_expert(size_t i)
{
    return next_expert(credit_rows, array_length(credit_rows), i);
}

static_assert(array_length(connection_rows) + array_length(credit_rows) == ROWS - 1,
              "all have their row but STALL_ENDED");

static int hf_flags = -1;

static hf_register_info fields[] = {
    {&hf_flags,
     {"Analysis flags", "vsock.analysis.flags", FT_NONE, BASE_NONE, NULL, 0,
      "Something is wrong with the packet, its connection or its credit: a finding that is a note or worse",
      HFILL}},
};

const struct vsock_fields vsock_connection_experts = {
    .own = fields, .own_count = array_length(fields), .next_expert = next_connection_expert};
const struct vsock_fields vsock_credit_experts = {.next_expert = next_credit_expert};

static void add(const struct shown *s, unsigned row, const char *text)
{
    *s->worst = MAX(*s->worst, row_of[row]->expert.severity);
    vsock_expert_add(s->pinfo, s->item, &row_of[row]->expert, message_of(s, row), text);
}

/* Most have one row; some one of three, by what came later, or by how long it was. */
static unsigned row_for(const struct vsock_record *r, unsigned finding)
{
    static const unsigned overruns[] = {
        [VSOCK_OVERRUN_PENDING] = VSOCK_FOUND_CREDIT_EXCEEDED,
        [VSOCK_OVERRUN_RESET] = CREDIT_EXCEEDED_RESET,
        [VSOCK_OVERRUN_RECOVERED] = CREDIT_RECORD_MISSING,
    };

    if (finding == VSOCK_FOUND_CREDIT_EXCEEDED)
        return overruns[r->ext->overrun];
    if (finding != VSOCK_FOUND_STALL_ENDED)
        return finding;
    if (stall_time(r) >= thresholds()->stall_warning)
        return STALL_LONG;
    return stall_time(r) < thresholds()->stall_note ? STALL_BRIEF : STALL;
}

static void show(const struct shown *s, unsigned from, unsigned to,
                 const char *(*text_of)(const struct shown *, unsigned row))
{
    uint64_t findings = vsock_record_findings(s->r);

    for (unsigned i = from; i < to && findings >> i != 0; i++) {
        unsigned row;

        if (!(findings & VSOCK_FOUND_BIT(i)))
            continue;
        row = row_for(s->r, i);
        add(s, row, text_of(s, row));
    }
}

const char *vsock_finding_tag(const struct vsock_record *r, unsigned finding, char *buffer, size_t size)
{
    if (finding != VSOCK_FOUND_STALL_ENDED)
        return row_of[finding]->tag;
    if (stall_time(r) < thresholds()->stall_note)
        return NULL;
    snprintf(buffer, size, "Stall %.1f s", seconds(stall_time(r)));
    return buffer;
}

int vsock_connection_findings_show(packet_info *pinfo, const struct vsock_packet *p,
                                   const struct vsock_record *r, const struct vsock_header_items *items)
{
    int worst = 0;
    struct shown s = {pinfo, items->packet, p, r, &worst};

    show(&s, 0, VSOCK_FOUND_CREDIT_FIRST, connection_text);
    if (VSOCK_RECORD_HAS(r, REQUEST) && vsock_stream_unanswered(r->stream, thresholds()))
        add(&s, UNANSWERED, late_text(&s, thresholds()->connect_timeout));
    return worst;
}

int vsock_not_followed_show(packet_info *pinfo, const struct vsock_packet *p,
                            const struct vsock_header_items *items)
{
    int worst = 0;
    struct shown s = {pinfo, items->packet, p, NULL, &worst};

    if (vsock_is_of_connection(p) || (vsock_is_datagram(p) && !vsock_track_datagrams(pinfo, p)))
        add(&s, NOT_FOLLOWED, NULL);
    return worst;
}

static bool is_answer_late(const struct vsock_record *r)
{
    int64_t until;

    if (!r->ext || !r->ext->asks)
        return false;
    until = r->ext->answered_time != VSOCK_TIME_NONE ? r->ext->answered_time
                                                     : vsock_stream_known_until(r->stream);
    return vsock_answer_late(thresholds(), r->time, until);
}

/* The packet shut a window that nothing opened again. */
static void show_open_stall(const struct shown *s, uint8_t sender)
{
    const struct vsock_stream *stream = s->r->stream;
    const struct vsock_stall *stall = vsock_flow_stall(&stream->conn.flow, sender);
    int64_t time = vsock_stream_open_stall(stream, sender);
    const char *until = "the capture's end";

    if (!vsock_flow_is_stalled(&stream->conn.flow, sender) ||
        vsock_track_record(stall->began.record) != s->r || time < thresholds()->stall_warning)
        return;
    if (stall->frozen)
        until = "the receiver shut down";
    else if (stream->conn.ended)
        until = "the RST";
    else if (stream->superseded_time != VSOCK_TIME_NONE)
        until = "the next connection between these endpoints";
    add(s, STALL_OPEN,
        text(s, "The window that is shut here was not opened for %.6f s, until %s", seconds(time), until));
}

int vsock_credit_findings_show(packet_info *pinfo, const struct vsock_packet *p, const struct vsock_record *r,
                               const struct vsock_header_items *items)
{
    int worst = 0;
    struct shown s = {pinfo, items->packet, p, r, &worst};

    show(&s, VSOCK_FOUND_CREDIT_FIRST, VSOCK_FOUND_COUNT, credit_text);
    if (p->virtio.op == VSOCK_OP_CREDIT_UPDATE && r->has_credit && !VSOCK_RECORD_HAS(r, TRAILING))
        add(&s, CREDIT_UPDATE, NULL);
    if (is_answer_late(r))
        add(&s, CREDIT_REQUEST_UNANSWERED, late_text(&s, thresholds()->credit_request_timeout));
    show_open_stall(&s, 0);
    show_open_stall(&s, 1);
    return worst;
}

void vsock_flags_show(tvbuff_t *tvb, const struct vsock_header_items *items, int worst)
{
    if (items->tree && worst >= VSOCK_FLAGGED_FROM)
        proto_item_set_hidden(proto_tree_add_item(items->tree, hf_flags, tvb, 0, 0, ENC_NA));
}

const char *vsock_wait_tag(const struct vsock_record *r, char *buffer, size_t size)
{
    struct vsock_wait wait = vsock_capture_wait(vsock_track_capture(), r);
    uint32_t frame = vsock_track_frame(wait.ends_in);
    const char *who = wait.side == r->sender ? "Stalled" : "Peer stalled";

    if (wait.time <= 0 || wait.time < thresholds()->stall_note)
        return NULL;
    if (frame != 0)
        snprintf(buffer, size, "%s %.1f s, until %u", who, seconds(wait.time), frame);
    else
        snprintf(buffer, size, "%s %.1f s%s", who, seconds(wait.time),
                 wait.ends_in != 0 || wait.superseded ? "" : ", until the end");
    return buffer;
}

/* ---- preferences ---- */

/* In milliseconds. */
static unsigned connect_timeout = VSOCK_USUAL_CONNECT_TIMEOUT;
static unsigned stall_note = VSOCK_USUAL_STALL_NOTE;
static unsigned stall_warning = VSOCK_USUAL_STALL_WARNING;
static unsigned credit_request_timeout = VSOCK_USUAL_CREDIT_REQUEST_TIMEOUT;
static unsigned late = VSOCK_USUAL_LATE;
static int large_payload = VSOCK_USUAL_LARGE_PAYLOAD;
static unsigned followed = VSOCK_USUAL_FOLLOWED;

static const enum_val_t large_payload_values[] = {
    {"by_bytes", "Decide by its bytes", VSOCK_LARGE_PAYLOAD_BY_BYTES},
    {"recorded", "Recorded", VSOCK_LARGE_PAYLOAD_RECORDED},
    {"not_recorded", "Not recorded", VSOCK_LARGE_PAYLOAD_NOT_RECORDED},
    {NULL, NULL, 0},
};

void vsock_thresholds_register(module_t *preferences)
{
    prefs_register_uint_preference(
        preferences, "connect_timeout", "Connect timeout (ms)",
        "A request that has no answer for so many milliseconds is reported; Linux gives up "
        "after 2000; 0: never",
        10, &connect_timeout);
    prefs_register_uint_preference(
        preferences, "stall_note", "Stall (ms)",
        "Minimum zero-window time reported as a note (ms); a shorter one is a chat", 10, &stall_note);
    prefs_register_uint_preference(preferences, "stall_warning", "Long stall (ms)",
                                   "Minimum zero-window time reported as a warning (ms)", 10, &stall_warning);
    prefs_register_uint_preference(
        preferences, "credit_request_timeout", "Credit request timeout (ms)",
        "A credit request that has no answer for so many milliseconds is reported; 0: never", 10,
        &credit_request_timeout);
    prefs_register_uint_preference(
        preferences, "delivered_late", "Late between two sides (ms)",
        "A packet that host and guest have both recorded is reported where it was under way for so many "
        "milliseconds; 0: never",
        10, &late);
    prefs_register_enum_preference(preferences, "large_payload", "Payload above 32404 bytes",
                                   "Whether the kernel that recorded copied it: Linux 6.12.68 to 6.12.89 and "
                                   "6.17 to 7.0 did not. Its bytes tell "
                                   "only where such a kernel initialises memory",
                                   &large_payload, large_payload_values, false);
    prefs_register_uint_preference(preferences, "followed_connections", "Connections to follow",
                                   "So many connections are followed, or one for each five packets of the "
                                   "capture, if that is more: each takes up to "
                                   "3 KB; 0: all",
                                   10, &followed);
}

void vsock_thresholds_read(struct vsock_thresholds *t)
{
    const int64_t millisecond = 1000000;

    *t = (struct vsock_thresholds){
        .connect_timeout = connect_timeout * millisecond,
        .stall_note = stall_note * millisecond,
        .stall_warning = stall_warning * millisecond,
        .credit_request_timeout = credit_request_timeout * millisecond,
        .late = late * millisecond,
        .large_payload = (enum vsock_large_payload)large_payload,
        .followed = followed,
    };
}
