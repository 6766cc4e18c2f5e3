/* SPDX-License-Identifier: GPL-2.0-or-later
 * intake.h - from records, whoever has read them, to the account of a capture (core/capture.h): which of them
 * are vsock's, as the plugin's dissector gets them; numbers and times as tshark gives them. The account is
 * kept small (forget.h), and what was judged of it before is kept apart (archive.h). */
#ifndef VSOCK_WATCH_INTAKE_H
#define VSOCK_WATCH_INTAKE_H

#include "archive.h"
#include "forget.h"
#include "report/report.h"

#define VSOCK_INTAKE_REMEMBERED 32768 /* connections that are over, usually */

/* RWs that are kept until they are consumed, of all connections: 100 MB. Of more, their bytes alone are
 * known: which of them a CREDIT_UPDATE acknowledges, and whether so many small ones filled a queue, is not.
 */
#define VSOCK_INTAKE_RWS (1U << 22)

/* What a record begins with. The last two are those of -i any: a cooked header, then the device's record. */
enum vsock_link {
    VSOCK_LINK_OTHER, /* no vsock is in it */
    VSOCK_LINK_VSOCK, /* LINKTYPE_VSOCK */
    VSOCK_LINK_SLL,   /* LINKTYPE_LINUX_SLL */
    VSOCK_LINK_SLL2,  /* LINKTYPE_LINUX_SLL2 */
};

struct vsock_frame {
    const uint8_t *bytes; /* the reader's, until it reads on */
    uint32_t captured, length;
    enum vsock_link link;
    uint32_t section, interface;
    bool untimed; /* its record has no time */
    int64_t time; /* nanoseconds since the epoch */
};

struct vsock_intake {
    wmem_allocator_t *memory; /* of all that is kept of packets */
    struct vsock_capture *capture;
    uint64_t bytes;                              /* of vsock's records, as they were on the device */
    int64_t stall_time[VSOCK_STALL_OWN_CAP + 1]; /* of stalls that ended, by enum vsock_stall_cause */
    uint32_t frames;                             /* records of any kind */
    uint32_t malformed[2]; /* packets: with what is but a note, and with what is worse */
    int64_t first_time;    /* of the first record */
    struct vsock_forget forget;
    struct vsock_archive archive;
    void (*forgetting)(const struct vsock_stream *stream, void *context); /* is about to; or NULL */
    void *forgetting_context;
};

/* Of connections that are over, so many are remembered, at least; `forgets` false: all of them are. */
void vsock_intake_init(struct vsock_intake *intake, uint32_t remembered, bool forgets);

/* Frees the account. */
void vsock_intake_clear(struct vsock_intake *intake);

/* What is wrong where the next is false. */
#define VSOCK_INTAKE_FULL "it has more records than can be counted"

/* Takes the next record. False: it was not, since there were 4,294,967,295 before. */
bool vsock_intake_take(struct vsock_intake *intake, const struct vsock_frame *frame);

/* Begins a report, to be cleared: on all that was taken, with what was judged of what is forgotten. */
void vsock_intake_report(const struct vsock_intake *intake, const struct vsock_report_kind *kind,
                         struct vsock_report *report);

#endif
