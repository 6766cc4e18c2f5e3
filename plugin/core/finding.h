/* SPDX-License-Identifier: GPL-2.0-or-later
 * finding.h - what can be said of a packet for the connection that it is in. One line a finding; the expert
 * infos of the same names (vsock.connection.*, vsock.analysis.*) are made from them by a table. */
#ifndef VSOCK_CORE_FINDING_H
#define VSOCK_CORE_FINDING_H

#include <assert.h>
#include <stdint.h>

enum vsock_finding {
    /* The life of a connection. */
    VSOCK_FOUND_REQUEST,
    VSOCK_FOUND_RESPONSE,
    VSOCK_FOUND_SHUTDOWN,
    VSOCK_FOUND_CLOSED,              /* RST that acknowledges a full SHUTDOWN */
    VSOCK_FOUND_UNCONSUMED_AT_CLOSE, /* ... while bytes of the other side had not been consumed */
    VSOCK_FOUND_REFUSED,
    VSOCK_FOUND_PROTOCOL_ERROR,  /* stamped RST of the client after another packet than a RESPONSE (EPROTO) */
    VSOCK_FOUND_ABANDONED,       /* RST of the client upon the RESPONSE, or without one: it no longer waits */
    VSOCK_FOUND_CLOSE_TIMEOUT,   /* RST of the side that had sent the full SHUTDOWN, after its timeout */
    VSOCK_FOUND_CLOSED_TOO_SOON, /* RST of that side, at once, with bytes under way */
    VSOCK_FOUND_RESET_NO_SOCKET, /* RST (0,0) that answers a packet: the connection is not known there */
    VSOCK_FOUND_RESET,           /* RST of a live socket, with data that it had not read */
    VSOCK_FOUND_CLOSED_BY_RESET, /* any other RST on an open connection: some close so */
    VSOCK_FOUND_STALE_RESET,     /* RESPONSE after a RST of the same side: that was not its answer */
    VSOCK_FOUND_RETRIED,         /* REQUEST while the one before had no answer */
    VSOCK_FOUND_REUSED,          /* REQUEST while the connection before was open */
    VSOCK_FOUND_DEGENERATE,      /* both endpoints are the same */

    /* What is odd in the order of packets. */
    VSOCK_FOUND_MIDSTREAM, /* the first packet of a connection is no REQUEST */
    VSOCK_FOUND_TRAILING,  /* anything but RW after the connection's RST: normal */
    VSOCK_FOUND_DATA_AFTER_RESET,
    VSOCK_FOUND_DATA_BEFORE_RESPONSE,
    VSOCK_FOUND_DATA_AFTER_SHUTDOWN, /* RW of a side that had sent SHUTDOWN(SEND) */
    VSOCK_FOUND_RESPONSE_WITHOUT_REQUEST,
    VSOCK_FOUND_DUPLICATE_RESPONSE,
    VSOCK_FOUND_TYPE_CHANGED, /* a packet of another socket type than the connection's: it does not count */
    VSOCK_FOUND_PAYLOAD_NOT_RECORDED, /* its bytes are likely not what was sent: see unrecorded.h */
    VSOCK_FOUND_DUPLICATE_CAPTURE, /* every packet of this connection was captured twice; on the first copy */

    /* Credit, from here to the end. CREDIT_UPDATE has none: its operation says it. */
    VSOCK_FOUND_ZERO_WINDOW,           /* RW that uses up the receiver's buffer */
    VSOCK_FOUND_ZERO_EFFECTIVE_WINDOW, /* RW that uses up the sender's own, smaller buffer */
    VSOCK_FOUND_CREDIT_EXCEEDED,       /* RW beyond all that was ever advertised */
    VSOCK_FOUND_WINDOW_OVERRUN_AFTER_SHRINK,
    VSOCK_FOUND_BUF_ALLOC_SHRUNK,
    VSOCK_FOUND_BUF_ALLOC_BELOW_IN_FLIGHT,
    VSOCK_FOUND_UNSEEN_DATA,       /* consumed, and not seen to be sent: missing from the capture */
    VSOCK_FOUND_FWD_CNT_AHEAD,     /* the same where nothing at all was seen to be sent */
    VSOCK_FOUND_FWD_CNT_BACKWARDS, /* fewer bytes consumed than before */
    VSOCK_FOUND_FWD_CNT_AT_START,  /* bytes consumed before any could be sent */
    VSOCK_FOUND_CREDIT_REQUEST,
    VSOCK_FOUND_CREDIT_REQUEST_REPEATED, /* a second answer in a row that brings nothing new */
    VSOCK_FOUND_QUEUE_OVERFLOW_SUSPECTED,
    VSOCK_FOUND_ZERO_LENGTH,
    VSOCK_FOUND_MESSAGE_TRUNCATED, /* the end of a side that owes an EOM */
    VSOCK_FOUND_MESSAGE_TOO_BIG,   /* a message without EOM that fills the receiver's buffer */
    VSOCK_FOUND_EOR_WITHOUT_EOM,
    VSOCK_FOUND_STALL_ENDED, /* three expert infos, by how long it was */

    VSOCK_FOUND_COUNT
};
static_assert(VSOCK_FOUND_COUNT <= 64, "findings fit a 64-bit set");

/* The findings about a connection's life come first. */
#define VSOCK_FOUND_CREDIT_FIRST VSOCK_FOUND_ZERO_WINDOW

#define VSOCK_FOUND_BIT(finding) (UINT64_C(1) << (finding))

/* Of a connection that overlaps another, a packet may be the other one's: what is found is what it says. */
#define VSOCK_FOUND_OF_OVERLAP                                                                               \
    (VSOCK_FOUND_BIT(VSOCK_FOUND_REQUEST) | VSOCK_FOUND_BIT(VSOCK_FOUND_RESPONSE) |                          \
     VSOCK_FOUND_BIT(VSOCK_FOUND_SHUTDOWN) | VSOCK_FOUND_BIT(VSOCK_FOUND_CLOSED) |                           \
     VSOCK_FOUND_BIT(VSOCK_FOUND_REFUSED))

#endif
