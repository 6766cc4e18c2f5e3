/* SPDX-License-Identifier: GPL-2.0-or-later
 * protobuf.c - reading a protobuf message field by field. */
#include "compat.h"

#include "protobuf.h"

static bool read_varint(tvbuff_t *tvb, int *offset, int end, uint64_t *value)
{
    int until = MIN(end, (int)tvb_captured_length(tvb));
    unsigned length = 0;

    if (*offset < until)
        length = tvb_get_varint(tvb, *offset, (unsigned)(until - *offset), value, ENC_VARINT_PROTOBUF);
    *offset += (int)length;
    return length != 0;
}

static bool read_value(tvbuff_t *tvb, int end, struct vsock_protobuf_field *f)
{
    uint64_t length = 0;

    switch ((unsigned)f->wire) {
    case VSOCK_PROTOBUF_VARINT:
        f->end = f->value_start;
        return read_varint(tvb, &f->end, end, &f->varint);
    case VSOCK_PROTOBUF_I64:
        length = 8;
        break;
    case VSOCK_PROTOBUF_LEN:
        if (!read_varint(tvb, &f->value_start, end, &length))
            return false;
        break;
    case VSOCK_PROTOBUF_I32:
        length = 4;
        break;
    default: /* groups, which proto3 has not, and what is no wire type */
        return false;
    }
    if (length > (uint64_t)(end - f->value_start))
        return false;
    f->end = f->value_start + (int)length;
    return true;
}

bool vsock_protobuf_next(tvbuff_t *tvb, int *offset, int end, struct vsock_protobuf_field *f)
{
    uint64_t tag = 0;

    *f = (struct vsock_protobuf_field){.start = *offset, .value_start = *offset};
    if (!read_varint(tvb, &f->value_start, end, &tag) || tag >> 3 == 0 || tag >> 32 != 0)
        return false;
    f->number = (uint32_t)(tag >> 3);
    f->wire = (enum vsock_protobuf_wire)(tag & 7);
    if (!read_value(tvb, end, f))
        return false;
    *offset = f->end;
    return true;
}
