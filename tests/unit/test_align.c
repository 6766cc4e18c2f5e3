/* SPDX-License-Identifier: GPL-2.0-or-later
 * test_align.c - one sequence of packets, recorded twice, with holes. */
#include <glib.h>

#include "core/align.h"

#define MAX_PACKETS 400

static uint32_t of_a[MAX_PACKETS];
static bool doubtful[MAX_PACKETS];

/* A letter is a packet: capitals are another operation. '?': of a payload that is not known. */
static struct vsock_print print_of(char letter)
{
    bool known = g_ascii_isalpha(letter);
    unsigned op = g_ascii_isupper(letter) ? 6 : 5;

    return (struct vsock_print){(uint32_t)g_ascii_tolower((gchar)(known ? letter : 'x')) << 3 | op,
                                known ? (uint32_t)letter : 0};
}

static struct vsock_sequence sequence_of(const char *text, struct vsock_print *prints)
{
    for (uint32_t i = 0; text[i]; i++)
        prints[i] = print_of(text[i]);
    return (struct vsock_sequence){prints, (uint32_t)strlen(text)};
}

/* What of `b` the packets of `a` are: letters of `b` in the order of `a`, '-' where there is none. */
static void assert_aligned(const char *a, const char *b, const char *expected)
{
    struct vsock_print one[MAX_PACKETS], other[MAX_PACKETS];
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    char found[MAX_PACKETS + 1] = "";

    memset(doubtful, 0, sizeof(doubtful));
    vsock_align(sequence_of(a, one), sequence_of(b, other), of_a, doubtful, memory);
    for (size_t i = 0; a[i]; i++)
        found[i] = (char)(of_a[i] == VSOCK_ALONE ? '-' : b[of_a[i]]);
    g_assert_cmpstr(found, ==, expected);
    wmem_destroy_allocator(memory);
}

static void the_same(void)
{
    assert_aligned("abcd", "abcd", "abcd");
    assert_aligned("", "", "");
    assert_aligned("abc", "", "---");
    assert_aligned("", "abc", "");
}

static void holes_in_either(void)
{
    assert_aligned("abcdefg", "abdefg", "ab-defg");
    assert_aligned("abdefg", "abcdefg", "abdefg");
    assert_aligned("abcefgh", "abdefgh", "abdefgh"); /* c and d in one place: one that was altered */
    assert_aligned("abcdfghijk", "abdefgijk", "ab-dfg-ijk");
    assert_aligned("abcdefg", "efg", "----efg"); /* began later */
    assert_aligned("abcdefg", "abc", "abc----"); /* ended earlier */
    assert_aligned("efg", "abcdefg", "efg");
}

static const char alphabet[] = "abcdefgh";

/* The alphabet, behind so many of one letter. */
static void write_behind(char text[MAX_PACKETS], char letter)
{
    memset(text, letter, 300);
    memcpy(text + 300, alphabet, sizeof(alphabet));
}

static void long_holes(void)
{
    char a[MAX_PACKETS], expected[MAX_PACKETS];

    write_behind(a, 'x');
    write_behind(expected, '-');
    assert_aligned(a, alphabet, expected);
    assert_aligned(alphabet, a, alphabet);
}

/* What looks the same is paired in order; a hole in it shows at its end. */
static void repeats(void)
{
    assert_aligned("axxxxb", "axxxb", "axxx-b");
    assert_aligned("axxxxb", "axxxxb", "axxxxb");
}

/* Of the sequence before: what has another place or look. */
static void assert_doubtful(const char *letters)
{
    for (size_t i = 0; letters[i]; i++)
        g_assert_cmpint(doubtful[i], ==, letters[i] == '!');
}

static void altered(void)
{
    assert_aligned("abcde", "abzde", "abzde");
    assert_doubtful("..!..");
    assert_aligned("abcde", "abZde", "ab-de"); /* of another operation: another packet */
    assert_doubtful(".....");
    assert_aligned("abxde", "ab?de", "ab?de"); /* not known: it can be the same */
    assert_doubtful(".....");
}

static void reordered(void)
{
    assert_aligned("abcdefg", "abdcefg", "abcdefg");
    assert_doubtful("..!!...");
    assert_aligned("abcdefg", "abdefcg", "abcdefg");
    assert_aligned("aNbcNde", "abcNdNe", "a-bcNde"); /* which N it is, is not known */
}

/* As RWs of one length have. */
static void reordered_with_equal_headers(void)
{
    struct vsock_print a[] = {{5, 1}, {5, 2}, {5, 3}, {5, 4}}, b[] = {{5, 1}, {5, 3}, {5, 2}, {5, 4}};
    const uint32_t expected[] = {0, 2, 1, 3};
    wmem_allocator_t *memory = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);

    vsock_align((struct vsock_sequence){a, 4}, (struct vsock_sequence){b, 4}, of_a, doubtful, memory);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(of_a[i], ==, expected[i]);
    wmem_destroy_allocator(memory);
}

/* Long after a recording that began earlier. */
static void reordered_behind_a_hole(void)
{
    char a[MAX_PACKETS], expected[MAX_PACKETS];

    write_behind(a, 'x');
    write_behind(expected, '-');
    assert_aligned(a, "abdcefgh", expected);
}

static void unlike(void)
{
    assert_aligned("abcdef", "ghijkl", "------");
}

static void told_apart_from_its_neighbours(void)
{
    struct vsock_print prints[MAX_PACKETS];
    struct vsock_sequence s = sequence_of("abbcb", prints);
    const bool repeated[] = {false, true, true, false, false};

    for (uint32_t i = 0; i < s.count; i++)
        g_assert_cmpint(vsock_print_is_repeated(s, i), ==, repeated[i]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    wmem_init();
    g_test_add_func("/align/the_same", the_same);
    g_test_add_func("/align/holes_in_either", holes_in_either);
    g_test_add_func("/align/long_holes", long_holes);
    g_test_add_func("/align/repeats", repeats);
    g_test_add_func("/align/altered", altered);
    g_test_add_func("/align/reordered", reordered);
    g_test_add_func("/align/reordered_with_equal_headers", reordered_with_equal_headers);
    g_test_add_func("/align/reordered_behind_a_hole", reordered_behind_a_hole);
    g_test_add_func("/align/unlike", unlike);
    g_test_add_func("/align/told_apart_from_its_neighbours", told_apart_from_its_neighbours);
    return g_test_run();
}
