/* SPDX-License-Identifier: GPL-2.0-or-later
 * replay.c - runs a fuzz target without libFuzzer: over stored inputs, then over mutations of them.
 * TARGET [-runs=N] [-seed=N] FOLDER_OR_FILE... takes what libFuzzer takes of that. The same arguments do the
 * same. The input of a failure is left in ./crash-input; TARGET crash-input repeats it. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define INPUT_MAX 2048

struct stored {
    size_t size;
    uint8_t data[INPUT_MAX];
};

static struct stored *corpus;
static size_t corpus_size, corpus_room;

static uint64_t random_state = 1;
static const uint8_t *running;
static size_t running_size;

/* The sanitizers have it: what to do before they end the program. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* With nothing that a signal's handler may not do. */
static void save_running(void)
{
    static const char said[] = "the input is in crash-input\n";
    int file = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (file < 0)
        return;
    if (write(file, running, running_size) == (ssize_t)running_size)
        running_size = (size_t)write(STDERR_FILENO, said, sizeof(said) - 1);
    close(file);
}

static void on_abort(int signal_number)
{
    (void)signal_number;
    save_running();
    signal(SIGABRT, SIG_DFL);
}

/* xorshift64 */
static uint64_t any(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return below > 0 ? random_state % below : 0;
}

/* In memory of its very size, so that a sanitizer sees what is read beyond it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = (uint8_t *)malloc(size > 0 ? size : 1);

    CHECK(copy);
    if (size > 0)
        memcpy(copy, data, size);
    running = copy;
    running_size = size;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* ---- stored inputs ---- */

static void add_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stored *larger = corpus;

    if (corpus_size == corpus_room) { /* a sanitizer's realloc() moves all, every time */
        corpus_room = corpus_room > 0 ? 2 * corpus_room : 256;
        larger = (struct stored *)realloc(corpus, corpus_room * sizeof(*corpus));
    }
    if (!file || !larger) {
        perror(path);
        exit(2);
    }
    corpus = larger;
    corpus[corpus_size].size = fread(corpus[corpus_size].data, 1, INPUT_MAX, file);
    corpus_size++;
    fclose(file);
}

/* A file, or the files of a folder. */
static void add(const char *path)
{
    struct dirent **names = NULL;
    struct stat about;
    int count;

    if (stat(path, &about) != 0) {
        perror(path);
        exit(2);
    }
    if (!S_ISDIR(about.st_mode)) {
        add_file(path);
        return;
    }
    count = scandir(path, &names, NULL, alphasort); /* in the same order wherever it is run */
    for (int i = 0; i < count; i++) {
        char inside[4096];

        snprintf(inside, sizeof(inside), "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            add_file(inside);
        free(names[i]);
    }
    free(names);
}

/* ---- mutations ---- */

static void set_number(uint8_t *data, size_t size)
{
    static const uint32_t edges[] = {0,   1,      2,      44,         127,        128,       255,
                                     256, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, UINT32_MAX};
    uint32_t value = edges[any(sizeof(edges) / sizeof(edges[0]))];
    size_t width = (size_t)1 << any(3), at;

    if (size < width)
        return;
    at = any(size - width + 1);
    for (size_t i = 0; i < width; i++)
        data[at + i] = (uint8_t)(value >> (8 * i));
}

static size_t take_out(uint8_t *data, size_t size)
{
    size_t count = any(size < 64 ? size + 1 : 64), at = any(size - count + 1);

    memmove(data + at, data + at + count, size - at - count);
    return size - count;
}

/* Part of another input, or of this one, in place or between. */
static size_t put_in(uint8_t *data, size_t size)
{
    const struct stored *other = &corpus[any(corpus_size)];
    size_t count = any(other->size < 128 ? other->size + 1 : 128), from = any(other->size - count + 1);
    size_t at = any(size + 1);

    if (size + count > INPUT_MAX)
        return size;
    memmove(data + at + count, data + at, size - at);
    if (count > 0)
        memcpy(data + at, other->data + from, count);
    return size + count;
}

static size_t mutate(uint8_t *data, size_t size)
{
    switch (any(5)) {
    case 0:
        if (size > 0)
            data[any(size)] ^= (uint8_t)(1 << any(8));
        return size;
    case 1:
        if (size > 0)
            data[any(size)] = (uint8_t)any(256);
        return size;
    case 2:
        set_number(data, size);
        return size;
    case 3:
        return take_out(data, size);
    }
    return put_in(data, size);
}

static void run_mutation(void)
{
    const struct stored *s = &corpus[any(corpus_size)];
    uint8_t data[INPUT_MAX];
    size_t size = s->size;

    memcpy(data, s->data, size);
    for (uint64_t times = 1 + any(8); times > 0; times--)
        size = mutate(data, size);
    run(data, size);
}

int main(int argc, char **argv)
{
    uint64_t runs = 0;

    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(save_running);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-runs=", 6) == 0)
            runs = strtoull(argv[i] + 6, NULL, 10);
        else if (strncmp(argv[i], "-seed=", 6) == 0)
            random_state = strtoull(argv[i] + 6, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        else
            add(argv[i]);
    }
    if (corpus_size == 0) {
        fprintf(stderr, "%s: no input to start from\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < corpus_size; i++)
        run(corpus[i].data, corpus[i].size);
    for (uint64_t i = corpus_size; i < runs; i++)
        run_mutation();
    printf("%zu stored inputs, and mutations up to %" PRIu64 " runs\n", corpus_size, runs);
    free(corpus);
    return 0;
}
