/* SPDX-License-Identifier: GPL-2.0-or-later
 * share.c - how much of what is handed over is dissected. */
#include "compat.h"

#include "share.h"

#include "dissect/expert.h"

/* clang-format off */
static struct vsock_expert undissected = {.name = "vsock.payload.undissected", PI_NOTE,
    "More payload than is dissected",
    "More messages, fields or lines than are dissected of one packet, or of a capture (vsock.limit_dissection)",
    PI_UNDECODED};
/* clang-format on */

static struct vsock_expert *next_expert(size_t i)
{
    return i == 0 ? &undissected : NULL;
}

const struct vsock_fields vsock_share_fields = {.next_expert = next_expert};

static compat_bool limited = true;
static struct vsock_weight_left left;

void vsock_share_start(void)
{
    left = vsock_weight_start();
}

void vsock_share_register(module_t *preferences)
{
    prefs_register_bool_preference(
        preferences, "limit_dissection", "Limit how much payload is dissected",
        "A packet of very many small messages, a large JSON text, and what a capture has too many of, show "
        "as data. What programs usually say is not limited, nor is what you chose a dissector for with "
        "Decode As",
        &limited);
}

void vsock_share_add_packet(uint32_t payload_length)
{
    vsock_weight_add_packet(&left, payload_length);
}

struct vsock_weight vsock_share_of(tvbuff_t *tvb, const struct vsock_handoff *h)
{
    const struct vsock_scale *scale = vsock_scale_of(tvb, h);
    struct vsock_weight_limit limit = {.units = UINT64_MAX, .messages = UINT32_MAX};
    struct vsock_handoff first = *h;

    if (!scale)
        return (struct vsock_weight){.length = tvb_captured_length(tvb)};
    if (limited && !vsock_is_users_choice(h)) {
        limit.units = VSOCK_WEIGHT_OF_PDU;
        limit.left = &left;
    }
    first.remember = true;
    /* cppcheck-suppress returnDanglingLifetime ; what is returned has no pointers */
    return scale->weigh(scale->context, tvb, &first, limit);
}

void vsock_share_spend(const struct vsock_weight *share)
{
    vsock_weight_spend(&left, vsock_weight_cost(share->units, share->length) + share->work);
}

void vsock_share_return(const struct vsock_weight *share)
{
    left.units += vsock_weight_cost(share->units, share->length);
}

uint32_t vsock_share_next(tvbuff_t *tvb, uint32_t at, const struct vsock_handoff *h)
{
    const struct vsock_scale *scale = vsock_scale_of(tvb, h);
    struct vsock_weight_limit limit = {UINT64_MAX, VSOCK_SHARE_AT_ONCE, .stop = true};

    if (at > 0)
        tvb = tvb_new_subset_remaining(tvb, (int)at);
    return scale ? scale->weigh(scale->context, tvb, h, limit).length : tvb_captured_length(tvb);
}

void vsock_share_show(packet_info *pinfo, proto_item *item, tvbuff_t *tvb, uint32_t length)
{
    uint32_t all = tvb_captured_length(tvb);

    vsock_expert_add(
        pinfo, item, &undissected, NULL,
        wmem_strdup_printf(
            pinfo->pool,
            "%s %u bytes of payload are not dissected: they have, or may become, more messages, fields or "
            "lines than are dissected of one packet, or of a capture (the preference vsock.limit_dissection)",
            length == 0 ? "These" : "The last", all - length));
}
