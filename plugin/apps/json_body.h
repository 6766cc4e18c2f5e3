/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_body.h - a message of JSON, as Wireshark shows it. */
#ifndef VSOCK_APPS_JSON_BODY_H
#define VSOCK_APPS_JSON_BODY_H

#include <epan/packet.h>

#include "core/json_object.h"
#include "payload/handoff.h"

/* Bytes of a message in Info. */
#define VSOCK_JSON_INFO_MAX 80

enum vsock_json_body {
    VSOCK_JSON_BODY_SHOWN,
    VSOCK_JSON_BODY_IS_NONE,   /* its first byte begins no value */
    VSOCK_JSON_BODY_TOO_LARGE, /* to be shown */
};

/* The text of that part, as far as `most` bytes of it go, of packet scope; NULL if the part is empty. */
const char *vsock_json_part_text(tvbuff_t *tvb, packet_info *pinfo, struct vsock_json_part part,
                                 uint32_t most);

/* How a protocol of JSON is recognised: a message's beginning, and what it lacks to be sure (core/qga.h). */
typedef bool (*vsock_json_rule)(const uint8_t *bytes, size_t length, uint32_t *lacks);

/* Does what there is, if nothing of it was cut off, begin so? *lacks: 0 if not. */
bool vsock_json_recognize(const struct vsock_look *look, vsock_json_rule rule, uint32_t *lacks);

/* For proto_reg_handoff_*(). */
void vsock_json_body_find(void);

/* Lets Wireshark's dissector show the value that is all of `tvb`, and says whether it did. */
enum vsock_json_body vsock_json_body_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top);

/* What that costs: see core/weight.h. 0 where it would not be shown. */
uint64_t vsock_json_body_units(tvbuff_t *tvb, int begin, int end);

#endif
