/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight.h - what it costs to dissect bytes, told before a dissector is asked, and how much a capture may
 * cost. What a dissector makes items of is counted: messages, lines, fields. Each is worth some units, of
 * about a quarter of a microsecond where nothing is shown (measured with tshark 4.0: tests/bench/README.md).
 * How many bytes there are says little: 64 KB of TLS records of 16 KB cost what 20 bytes of MQTT's pings do.
 *
 * What weighs no more than a unit for some bytes costs a capture nothing, however much of it there is: JSON
 * and certificates as they are usual are below that, and what is made to be dear is far above. What is beyond
 * it comes from what a capture begins with. A packet has units of its own, too, and what it leaves over is
 * there for later ones. */
#ifndef VSOCK_CORE_WEIGHT_H
#define VSOCK_CORE_WEIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define VSOCK_WEIGHT_LINE 1
#define VSOCK_WEIGHT_TOKEN 4   /* of JSON, and of what is like it: 1.7 KB of memory, too, while it is shown */
#define VSOCK_WEIGHT_BRACKET 2 /* that opens, or an escape: half of that */
#define VSOCK_WEIGHT_FIELD 8   /* of protobuf */
#define VSOCK_WEIGHT_FIELD_OF_GRPC 2 /* the same, where nothing but protobuf's own dissector shows it */
#define VSOCK_WEIGHT_MESSAGE 20

/* What is handed over at once: a list of a MiB of JSON, as programs write them, is less. JSON of this weight
 * takes up to 195 MB, and epan has room for a million items. */
#define VSOCK_WEIGHT_OF_PDU UINT64_C(462000)
/* What a capture begins with, and what a packet and its bytes add. */
#define VSOCK_WEIGHT_OF_CAPTURE (UINT64_C(3) << 19)
#define VSOCK_WEIGHT_OF_PACKET 64
#define VSOCK_BYTES_OF_UNIT 32
/* What is handed over at once is free up to a unit for so many of its bytes. JSON of Kubernetes, without
 * spaces, has 0.39 units a byte; a list of numbers of one digit 2. */
#define VSOCK_FREE_BYTES_OF_UNIT 2

/* What is left for the packets to come. */
struct vsock_weight_left {
    uint64_t units;
};

struct vsock_weight_left vsock_weight_start(void);

/* A packet, of so many bytes of payload, has come. */
void vsock_weight_add_packet(struct vsock_weight_left *left, uint32_t payload_length);

/* What so many bytes, of so many units, take from what is left. */
uint64_t vsock_weight_cost(uint64_t units, uint32_t length);

void vsock_weight_spend(struct vsock_weight_left *left, uint64_t units);

/* How much may be spent. */
struct vsock_weight_limit {
    uint64_t units; /* at once, whatever is free of it */
    uint32_t messages;
    bool stop;                            /* nobody asks for what is beyond */
    const struct vsock_weight_left *left; /* of the capture; NULL: no limit */
};

/* The most units that are within it, of so many bytes. */
uint64_t vsock_weight_most(const struct vsock_weight_limit *limit, uint32_t length);

/* Of bytes that begin with a message. */
struct vsock_weight {
    uint32_t length;   /* how many of them are within the limit: all, or as many as are whole messages */
    uint64_t units;    /* what those weigh */
    uint32_t messages; /* in those, so far as it can be told */
    uint32_t beyond;   /* where not all are: bytes that the last message lacks, if it tells its length */
    uint64_t work;     /* units: that it took to see that what follows is too much */
};

/* A message at the beginning of some bytes. */
struct vsock_weighed_message {
    /* In bytes; it may have more than there are. 0 if it does not tell: it has all that follow. */
    uint64_t size, units;
    uint64_t work;  /* of those, what it took to know it */
    bool looked_up; /* epan's lists of what is kept of a frame are searched for it: the longer, the more it
                       has */
};

typedef struct vsock_weighed_message (*vsock_weigh_message)(const void *context, const uint8_t *bytes,
                                                            uint32_t length);

/* One after another, as `weigh` tells. */
struct vsock_weight vsock_weigh_messages(vsock_weigh_message weigh, const void *context, const uint8_t *bytes,
                                         uint32_t length, struct vsock_weight_limit limit);

/* Protocols that tell their messages' lengths. */
struct vsock_weighed_message vsock_weigh_tls(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_mqtt(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_9p(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_ssh(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_adb(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_tpkt(const void *context, const uint8_t *bytes, uint32_t length);
/* VNC or SPICE: each byte may be part of an item, and what a message is takes what was said before to tell.
 * So it is never cut. */
struct vsock_weighed_message vsock_weigh_screen(const void *context, const uint8_t *bytes, uint32_t length);
/* context: uint32_t **, how many fragments there were of the message that is at its beginning, which is kept
 * up to date; or NULL, if that does not matter. epan looks through them for each that comes. */
struct vsock_weighed_message vsock_weigh_websocket(const void *context, const uint8_t *bytes,
                                                   uint32_t length);

/* Lines, each a message that ends with CR or LF. */
struct vsock_weighed_message vsock_weigh_line(const void *context, const uint8_t *bytes, uint32_t length);

/* What HTTP/1 may turn to, both ways, after a message that asks for it or grants it. */
enum vsock_http_next {
    VSOCK_HTTP_GOES_ON,
    VSOCK_HTTP_TUNNEL, /* CONNECT, or an Upgrade to what it may be */
    VSOCK_HTTP_WEBSOCKET,
};

enum vsock_http_next vsock_http_next(const uint8_t *bytes, uint32_t length);

/* What is in a tunnel: TLS as what it is, and of anything else each byte may be part of an item, unless it is
 * as varied as what is encrypted. */
struct vsock_weighed_message vsock_weigh_tunnel(const void *context, const uint8_t *bytes, uint32_t length);

/* HTTP/1: lines, those that begin a message, and what is in bodies that JSON, XML and the like are said to
 * be; a body that is packed weighs what it becomes, and is not taken where that cannot be known (br, zstd).
 * It is cut where a message begins, or behind a message's header. */
struct vsock_weight vsock_weigh_http(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit);

/* Bytes that may be JSON or the like, or part of it. */
uint64_t vsock_units_of_marks(const uint8_t *bytes, uint32_t length);

/* The same of what may be anything: random bytes have a mark in 32, or 43 that weigh as much. */
uint64_t vsock_units_beyond_random(uint64_t units, uint32_t length);

/* A JSON text: all of it or nothing, since half of one is none. */
uint64_t vsock_units_of_json(const uint8_t *bytes, uint32_t length);
struct vsock_weight vsock_weigh_json(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit);

#endif
