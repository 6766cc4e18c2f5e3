/* SPDX-License-Identifier: GPL-2.0-or-later
 * json_body.c - a message of JSON. */
#include "compat.h"

#include "json_body.h"

#include "apps.h"

/* Ours: of a message that is shown as JSON, which takes some 80 MB then. See core/weight.h. */
#define UNITS_MAX 200000

static dissector_handle_t json;

const char *vsock_json_part_text(tvbuff_t *tvb, packet_info *pinfo, struct vsock_json_part part,
                                 uint32_t most)
{
    if (part.length == 0)
        return NULL;
    return (const char *)tvb_get_string_enc(pinfo->pool, tvb, (int)part.begin, (int)MIN(part.length, most),
                                            ENC_UTF_8);
}

bool vsock_json_recognize(const struct vsock_look *look, vsock_json_rule rule, uint32_t *lacks)
{
    *lacks = 0;
    if (look->captured == look->reported && rule(look->bytes, look->captured, lacks))
        return true;
    *lacks = 0;
    return false;
}

void vsock_json_body_find(void)
{
    json = find_dissector("json");
}

static uint64_t units_of(tvbuff_t *tvb, int begin, int end)
{
    return end > begin ? vsock_units_of_json(tvb_get_ptr(tvb, begin, end - begin), (uint32_t)(end - begin))
                       : 0;
}

uint64_t vsock_json_body_units(tvbuff_t *tvb, int begin, int end)
{
    uint64_t units = units_of(tvb, begin, end);

    return units <= UNITS_MAX ? units : 0;
}

enum vsock_json_body vsock_json_body_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *top)
{
    int length = (int)tvb_captured_length(tvb);

    if (length == 0 || !vsock_json_may_begin(*tvb_get_ptr(tvb, 0, 1)))
        return VSOCK_JSON_BODY_IS_NONE;
    if (units_of(tvb, 0, length) > UNITS_MAX)
        return VSOCK_JSON_BODY_TOO_LARGE;
    vsock_app_call(json, tvb, pinfo, top, NULL);
    return VSOCK_JSON_BODY_SHOWN;
}
