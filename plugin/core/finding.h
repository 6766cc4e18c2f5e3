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
    VSOCK_FOUND_PROTOCOL_ERROR,  /* stamped RST of the client before any RESPONSE (EPROTO) */
    VSOCK_FOUND_ABANDONED,       /* the client answers the RESPONSE with a RST: it no longer wants it */
    VSOCK_FOUND_CLOSE_TIMEOUT,   /* RST of the side that had sent the full SHUTDOWN, after its timeout */
    VSOCK_FOUND_RESET_NO_SOCKET, /* RST (0,0) of an open connection: the peer's socket is gone */
    VSOCK_FOUND_RESET,           /* RST of a live socket on an open connection */
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
    VSOCK_FOUND_DUPLICATE_CAPTURE, /* every packet of this connection was captured twice; on the first copy */

    VSOCK_FOUND_COUNT
};
static_assert(VSOCK_FOUND_COUNT <= 64, "findings fit a 64-bit set");

#define VSOCK_FOUND_BIT(finding) (UINT64_C(1) << (finding))

#endif
