/* SPDX-License-Identifier: GPL-2.0-or-later
 * fuzz_contents.c - protocols that are known by their first bytes: core/contents.h. Input: the bytes. */
#include <string.h>

#include "check.h"
#include "core/contents.h"

typedef bool (*rule)(const uint8_t *bytes, size_t length);

static const rule rules[] = {vsock_is_ssh,  vsock_is_http, vsock_is_http2, vsock_is_tls,
                             vsock_is_mqtt, vsock_is_9p,   vsock_is_adb};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* The bytes are the beginning of one thing at most, and more of them do not change what it is; one line of
 * HTTP apart, of which it takes the whole to see its version. */
static void check_rules(const uint8_t *bytes, size_t length)
{
    unsigned matches = 0;

    for (size_t i = 0; i < RULES; i++) {
        bool is = rules[i](bytes, length);

        matches += is;
        if (length > 0 && rules[i](bytes, length - 1) && rules[i] != vsock_is_http)
            CHECK(is);
    }
    CHECK(matches + vsock_is_json(bytes, length) <= 1);
    CHECK_IMPLIES(length == 0, matches == 0);
}

/* White space around an object changes nothing, and half an object is none. */
static void check_json(const uint8_t *bytes, size_t length)
{
    uint8_t *more = (uint8_t *)malloc(length + 2);
    bool is = vsock_is_json(bytes, length);

    CHECK(more);
    more[0] = more[length + 1] = '\n';
    if (length > 0)
        memcpy(more + 1, bytes, length);
    CHECK(vsock_is_json(more, length + 2) == is);
    CHECK_IMPLIES(is && bytes[length - 1] == '}', !vsock_is_json(bytes, length - 1));
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rules(data, size);
    check_json(data, size);
    return 0;
}
