/* SPDX-License-Identifier: GPL-2.0-or-later
 * protobuf.h - reading a protobuf message field by field. Wireshark's own dissector shows messages; it hands
 * no values back. Source: protobuf.dev, "Encoding". */
#ifndef VSOCK_APPS_PROTOBUF_H
#define VSOCK_APPS_PROTOBUF_H

#include <epan/packet.h>

enum vsock_protobuf_wire {
    VSOCK_PROTOBUF_VARINT = 0,
    VSOCK_PROTOBUF_I64 = 1,
    VSOCK_PROTOBUF_LEN = 2,
    VSOCK_PROTOBUF_I32 = 5,
};

struct vsock_protobuf_field {
    uint32_t number;
    enum vsock_protobuf_wire wire;
    int start, end;  /* in the tvb, tag included; what is before `end` need not be captured */
    int value_start; /* up to `end` */
    uint64_t varint; /* VSOCK_PROTOBUF_VARINT only */
};

/* The field at *offset, which moves behind it. False, without moving it, at `end`, where the capture ends,
 * and where there is no field that ends within `end`. Throws nothing. */
bool vsock_protobuf_next(tvbuff_t *tvb, int *offset, int end, struct vsock_protobuf_field *field);

#endif
