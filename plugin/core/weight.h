/* SPDX-License-Identifier: GPL-2.0-or-later
 * weight.h - what it costs to dissect bytes, told before a dissector is asked, and how much a capture may
 * cost. What a dissector makes items of is counted: messages, lines, fields. Each is worth some units, of
 * about a quarter of a microsecond where nothing is shown (measured with tshark 4.0: tests/bench/README.md).
 * How many bytes there are says little: 64 KB of TLS records of 16 KB cost what 20 bytes of MQTT's pings do.
 *
 * A packet has units of its own, and what it leaves over is there for later ones: traffic as programs make it
 * never uses up what a capture begins with. */
#ifndef VSOCK_CORE_WEIGHT_H
#define VSOCK_CORE_WEIGHT_H

#include <stdbool.h>
#include <stdint.h>

#define VSOCK_WEIGHT_LINE 1
#define VSOCK_WEIGHT_TOKEN 4 /* of JSON, and of what is like it: 1.6 KB of memory, too, while it is shown */
#define VSOCK_WEIGHT_FIELD 8 /* of protobuf */
#define VSOCK_WEIGHT_MESSAGE 20

/* What is handed over at once. JSON of this weight takes some 110 MB, and epan has room for a million items.
 */
#define VSOCK_WEIGHT_OF_PDU (UINT64_C(1) << 18)
/* What a capture begins with, and what a packet and its bytes add. */
#define VSOCK_WEIGHT_OF_CAPTURE (UINT64_C(1) << 20)
#define VSOCK_WEIGHT_OF_PACKET 64
#define VSOCK_BYTES_OF_UNIT 64

/* What is left for the packets to come. */
struct vsock_weight_left {
    uint64_t units;
};

struct vsock_weight_left vsock_weight_start(void);

/* A packet, of so many bytes of payload, has come. */
void vsock_weight_add_packet(struct vsock_weight_left *left, uint32_t payload_length);

void vsock_weight_spend(struct vsock_weight_left *left, uint64_t units);

/* How much may be spent. */
struct vsock_weight_limit {
    uint64_t units;
    uint32_t messages;
};

/* Of bytes that begin with a message. */
struct vsock_weight {
    uint32_t length;   /* how many of them are within the limit: all, or as many as are whole messages */
    uint64_t units;    /* what those weigh */
    uint32_t messages; /* in those, so far as it can be told */
    uint32_t beyond;   /* where not all are: bytes that the last message lacks, if it tells its length */
};

/* A message at the beginning of some bytes. */
struct vsock_weighed_message {
    uint64_t
        size; /* in bytes; it may have more than there are. 0 if it does not tell: it has all that follow */
    uint64_t units;
};

typedef struct vsock_weighed_message (*vsock_weigh_message)(const void *context, const uint8_t *bytes,
                                                            uint32_t length);

/* One after another, as `weigh` tells. */
struct vsock_weight vsock_weigh_messages(vsock_weigh_message weigh, const void *context, const uint8_t *bytes,
                                         uint32_t length, struct vsock_weight_limit limit);

/* Protocols that tell their messages' lengths. */
struct vsock_weighed_message vsock_weigh_tls(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_http2(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_mqtt(const void *context, const uint8_t *bytes, uint32_t length);
struct vsock_weighed_message vsock_weigh_9p(const void *context, const uint8_t *bytes, uint32_t length);

/* Lines, each a message that ends with CR or LF. */
struct vsock_weighed_message vsock_weigh_line(const void *context, const uint8_t *bytes, uint32_t length);

/* HTTP/1: lines, those that begin a message, and what is in bodies that JSON, XML and the like are said to
 * be. It is cut where a message begins, or behind a message's header. */
struct vsock_weight vsock_weigh_http(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit);

/* A JSON text: all of it or nothing, since half of one is none. */
uint64_t vsock_units_of_json(const uint8_t *bytes, uint32_t length);
struct vsock_weight vsock_weigh_json(const uint8_t *bytes, uint32_t length, struct vsock_weight_limit limit);

#endif
