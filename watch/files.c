/* SPDX-License-Identifier: GPL-2.0-or-later
 * files.c - files, one after another: opened, read, judged, told. */
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "file.h"
#include "privileges.h"

#define LOOK_EVERY 4096                         /* records, for the time */
#define SHOW_EVERY (G_USEC_PER_SEC / 2)         /* the progress */
#define SHOW_AFTER ((gint64)2 * G_USEC_PER_SEC) /* it takes longer than one waits without a sign */

/* ---- progress, on a terminal, of a file whose size is known ---- */

struct progress {
    bool shown;
    gint64 begun, next; /* g_get_monotonic_time() */
    int64_t size;
};

static void start_progress(struct progress *progress, const struct vsock_file *file, const char *path)
{
    *progress = (struct progress){.begun = g_get_monotonic_time(), .size = vsock_file_size(file)};
    if (!isatty(STDERR_FILENO) || strcmp(path, "-") == 0)
        progress->size = 0;
    progress->next = progress->begun + SHOW_AFTER;
}

static void show_progress(struct progress *progress, const struct vsock_file *file)
{
    gint64 now = g_get_monotonic_time();
    double passed = (double)(now - progress->begun) / G_USEC_PER_SEC;
    double done = (double)vsock_file_read_so_far(file), size = (double)progress->size;

    if (now < progress->next || done <= 0)
        return;
    fprintf(stderr, "\r%.0f of %.0f MB, %.0f MB/s, %.0f s left \x1b[K", done / 1e6, size / 1e6,
            done / passed / 1e6, size > done ? passed * (size - done) / done : 0);
    progress->next = now + SHOW_EVERY;
    progress->shown = true;
}

static void end_progress(const struct progress *progress)
{
    if (progress->shown)
        fputs("\r\x1b[K", stderr);
}

/* ---- a file ---- */

/* Returns why it could not be read to its end, to be freed; or NULL. */
static char *take_all(struct vsock_intake *intake, struct vsock_file *file, struct progress *progress)
{
    struct vsock_frame frame;
    char *wrong;

    while (vsock_file_read(file, &frame, &wrong)) {
        if (intake->frames == 0)
            intake->capture->is_of_several = vsock_file_is_of_several(file);
        if (!vsock_intake_take(intake, &frame)) {
            wrong = g_strdup(VSOCK_INTAKE_FULL);
            break;
        }
        if (progress->size > 0 && intake->frames % LOOK_EVERY == 0)
            show_progress(progress, file);
    }
    end_progress(progress);
    return wrong;
}

/* A file that has a name alone is opened when its turn has come. */
struct input {
    const char *path;
    bool is_opened;
    int descriptor; /* or -1, and why: */
    int error;
};

static struct vsock_file *open_input(const struct input *input, char **wrong)
{
    if (!input->is_opened)
        return vsock_file_open(input->path, wrong);
    if (input->descriptor >= 0)
        return vsock_file_open_descriptor(input->descriptor, wrong);
    *wrong = g_strdup(g_strerror(input->error));
    return NULL;
}

static enum vsock_status watch_file(const struct input *input, const struct vsock_form *form,
                                    bool is_one_of_several)
{
    const char *name = vsock_name_of(input->path);
    enum vsock_status status = VSOCK_STATUS_FAILED;
    struct vsock_intake intake;
    struct progress progress;
    char *wrong;
    struct vsock_file *file = open_input(input, &wrong);

    if (!file) {
        vsock_complain(name, wrong);
        g_free(wrong);
        return status;
    }
    vsock_intake_init(&intake, form->remembered, !form->streams);
    start_progress(&progress, file, input->path);
    wrong = take_all(&intake, file, &progress);
    vsock_verdict_print(&intake, form, is_one_of_several ? name : NULL);
    if (wrong)
        vsock_complain(name, wrong);
    else
        status = vsock_verdict_status(&intake, form, name);
    g_free(wrong);
    wrong = vsock_verdict_forgotten(&intake);
    if (wrong)
        vsock_complain(name, wrong);
    g_free(wrong);
    vsock_file_close(file);
    vsock_intake_clear(&intake);
    return status;
}

static int watch_inputs(const struct input *inputs, int count, const struct vsock_form *form)
{
    enum vsock_status status = VSOCK_STATUS_GOOD;

    for (int i = 0; i < count; i++) {
        enum vsock_status one;

        if (count > 1 && !form->json) {
            char *name = vsock_printable(vsock_name_of(inputs[i].path));

            printf("==> %s\n", name);
            g_free(name);
        }
        one = watch_file(&inputs[i], form, count > 1);
        status = MAX(status, one);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        vsock_complain("standard output", "it could not be written");
        return VSOCK_STATUS_FAILED;
    }
    return (int)status;
}

/* As many files at once as there may be. */
static void open_inputs(struct input *inputs, int count)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    for (int i = 0; i < count; i++) {
        inputs[i].is_opened = true;
        inputs[i].descriptor = vsock_file_descriptor(inputs[i].path);
        inputs[i].error = errno;
    }
}

int vsock_files_run(char *const *paths, int count, const struct vsock_form *form, const char *user)
{
    struct input *inputs = g_new0(struct input, count);
    int status = VSOCK_STATUS_FAILED;
    char *wrong;

    for (int i = 0; i < count; i++)
        inputs[i].path = paths[i];
    if (vsock_privileges_are_roots())
        open_inputs(inputs, count);
    wrong = vsock_privileges_give_up(user);
    if (wrong) {
        fprintf(stderr, "vsockwatch: %s\n", wrong);
    } else {
        vsock_files_begin();
        status = watch_inputs(inputs, count, form);
    }
    g_free(wrong);
    g_free(inputs);
    return status;
}
