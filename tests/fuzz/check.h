/* SPDX-License-Identifier: GPL-2.0-or-later
 * check.h - what every fuzz target needs: bytes to read from, and a way to say that a promise was broken. */
#ifndef VSOCK_TESTS_FUZZ_CHECK_H
#define VSOCK_TESTS_FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The entry of a target, as libFuzzer calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds for any input. Not assert(): it is there whatever NDEBUG says. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                   \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#define CHECK_IMPLIES(condition, consequence) CHECK(!(condition) || (consequence))

/* What is left of an input. */
struct input {
    const uint8_t *data;
    size_t left;
};

/* The next `size` bytes as a little-endian number; what is not there is 0. */
static inline uint64_t take_number(struct input *in, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size && in->left > 0; i++, in->data++, in->left--)
        value |= (uint64_t)*in->data << (8 * i);
    return value;
}

#endif
